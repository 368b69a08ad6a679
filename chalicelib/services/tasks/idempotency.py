"""Idempotency keys: for 24 h each belongs to one task and the request that created it."""

import hashlib
import json
import time
from collections.abc import Mapping
from typing import NamedTuple

from chalicelib.adapters.dynamodb.tables import Claim
from chalicelib.domain import tasks
from chalicelib.domain.errors import KeyUsed, Refused
from chalicelib.domain.values import is_blank

LIFETIME = 86400
"""Seconds for which a key is remembered."""


class Key(NamedTuple):
    """A key, and a digest of the parameters of its request."""

    claim_id: str
    asked: str

    def claim(self, task_id: int) -> Claim:
        """Return the row that claims the key for a task."""
        return Claim(
            id=self.claim_id,
            owner=task_id,
            expires_at=int(time.time()) + LIFETIME,
            asked=self.asked,
        )

    def first(self) -> int | None:
        """Return the id of the task that has used the key, None if it is free.

        Raises:
            KeyUsed: It was used with other parameters.
        """
        claim = Claim.find(self.claim_id, time.time())
        if claim is None:
            return None
        if claim.asked not in (None, self.asked):  # None: an earlier release has written it
            raise KeyUsed
        return int(claim.owner)


def read_key(text: str, parameters: Mapping[str, str]) -> Key:
    """Return a key of 1 to 255 characters with its request's parameters, given as text.

    Raises:
        Refused: It is empty, too long or not text.
    """
    if not 1 <= len(text) <= 255:
        raise Refused({"idempotency_key": "takes 1 to 255 characters"})
    key = tasks.read_text("idempotency_key", text)
    return Key("idempotency:" + hashlib.sha256(key.encode()).hexdigest(), _digest(parameters))


def _digest(parameters: Mapping[str, str]) -> str:
    """Return a digest that is equal for parameters with the same meaning.

    `01` is `1`, and a parameter with the meaning of an absent one is left out. The defaults of
    absent projects and columns are not part of the digest: they may change before a repeat.
    """
    read = {name: _meaning(name, text) for name, text in parameters.items()}
    given = sorted((name, value) for name, value in read.items() if value not in ("", 0))
    return hashlib.sha256(json.dumps(given).encode()).hexdigest()


def _meaning(name: str, text: str) -> str | int:
    if is_blank(text) or (name, text) == ("color_id", tasks.DEFAULT_COLOR):
        return ""
    if name in {"title", "description"}:
        return text
    try:
        return tasks.read_id(name, text)
    except Refused:  # a colour, or a value that is refused anyway
        return text
