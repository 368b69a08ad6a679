"""What is asked of a page, and by whom."""

import hashlib
import json
from typing import NamedTuple

from chalice.app import Request

from chalicelib.domain.errors import Forbidden, NotFound, Refused
from chalicelib.domain.tasks import read_id
from chalicelib.services.accounts.access import Caller
from chalicelib.services.accounts.lockout import Origin
from chalicelib.web import origins, routing
from chalicelib.web.pages import presenting
from chalicelib.web.session import Session


class PageRequest(NamedTuple):
    """What is asked of a page, and by whom."""

    raw: Request
    session: Session
    values: dict[str, str]  # of the query and of the form
    device_cookie: str | None = None  # the header that makes this browser a known one

    @property
    def caller(self) -> Caller:
        """Who it is; only for somebody who has signed in."""
        if self.session.user is None:
            raise Forbidden("nobody has signed in")
        return Caller(self.session.user)

    @property
    def origin(self) -> Origin:
        """Where the request comes from."""
        return origins.origin_of(self.raw)

    @property
    def base_url(self) -> str:
        """Where this Taskhook stands, as the visitor has it."""
        return routing.base_url(self.raw)

    @property
    def root(self) -> str:
        """What stands before every path: the stage on AWS, else nothing."""
        return routing.stage(self.raw)

    @property
    def form_key(self) -> str | None:
        """What a form and its repeat share: its token and all fields; None: it has no token."""
        if "." not in self.get("csrf_token"):
            return None
        said = json.dumps([routing.path_of(self.raw), sorted(self.values.items())])
        return hashlib.sha256(said.encode()).hexdigest()

    def get(self, name: str, default: str = "") -> str:
        """Return a value of the query or of the form, without the space around it."""
        return self.values.get(name, default).strip()

    def number(self, name: str) -> int:
        """Return a whole number of the query or of the form. Raises Refused."""
        return read_id(name, self.get(name))


def number_of(text: str) -> int:
    """Return the number that a part of an address is, 0 where it is none."""
    try:
        return read_id("id", text)
    except Refused:
        return 0


def id_of(kind: str, text: str) -> int:
    """Return the id of a thing that a path names. Raises NotFound: nothing can have it."""
    if number := number_of(text):
        return number
    raise NotFound(f"there is no {kind} {presenting.decoded(text)[:50]}")
