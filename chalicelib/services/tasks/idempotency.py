"""Idempotency keys: for 24 h each stands for its task and the request that created it."""

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
"""Seconds that a key is remembered."""


class Key(NamedTuple):
    """A key, and a digest of the parameters that came with it."""

    claim_id: str
    asked: str

    def claim(self, task_id: int) -> Claim:
        """Return the row that keeps the key for a task."""
        return Claim(
            id=self.claim_id,
            owner=task_id,
            expires_at=int(time.time()) + LIFETIME,
            asked=self.asked,
        )

    def first(self) -> int | None:
        """Return the id of the task that the key stands for, None where it is free.

        Raises:
            KeyUsed: It was used with other parameters.
        """
        claim = Claim.find(self.claim_id, time.time())
        if claim is None:
            return None
        if claim.asked not in (None, self.asked):  # None: a release before this one has written it
            raise KeyUsed
        return int(claim.owner)


def read_key(text: str, parameters: Mapping[str, str]) -> Key:
    """Return a key of 1 to 255 characters, used with parameters as text.

    Raises:
        Refused: It is empty, too long or not text.
    """
    if not 1 <= len(text) <= 255:
        raise Refused({"idempotency_key": "takes 1 to 255 characters"})
    key = tasks.read_text("idempotency_key", text)
    return Key("idempotency:" + hashlib.sha256(key.encode()).hexdigest(), _digest(parameters))


def _digest(parameters: Mapping[str, str]) -> str:
    """Return what tells two sets of parameters apart.

    They are the same where they say the same: `01` is `1`, and one that says no more than its
    absence is absent. It does not matter which project or column an absent one stands for: that may
    change before a repeat.
    """
    said = {name: _said(name, text) for name, text in parameters.items()}
    told = sorted((name, value) for name, value in said.items() if value not in ("", 0))
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def _said(name: str, text: str) -> str | int:
    if is_blank(text) or (name, text) == ("color_id", tasks.DEFAULT_COLOR):
        return ""
    if name in {"title", "description"}:
        return text
    try:
        return tasks.read_id(name, text)
    except Refused:  # a colour, or what was refused then or will be now
        return text
