"""A request of a page: session and values."""

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
    """A request of a page: session and values."""

    raw: Request
    session: Session
    values: dict[str, str]  # of the query and of the form
    device_cookie: str | None = None  # the header that marks this browser as known

    @property
    def caller(self) -> Caller:
        """The signed-in user. Raises Forbidden for anybody else."""
        if self.session.user is None:
            raise Forbidden("nobody has signed in")
        return Caller(self.session.user)

    @property
    def origin(self) -> Origin:
        """The origin of the request."""
        return origins.origin_of(self.raw)

    @property
    def base_url(self) -> str:
        """The base URL of this Taskhook, as the visitor sees it."""
        return routing.base_url(self.raw)

    @property
    def root(self) -> str:
        """The prefix of every path: the stage on AWS, else empty."""
        return routing.stage(self.raw)

    @property
    def form_key(self) -> str | None:
        """A digest of a form's token and fields, equal for its repeats; None without a token."""
        if "." not in self.get("csrf_token"):
            return None
        said = json.dumps([routing.path_of(self.raw), sorted(self.values.items())])
        return hashlib.sha256(said.encode()).hexdigest()

    def get(self, name: str, default: str = "") -> str:
        """Return a stripped value of the query or the form."""
        return self.values.get(name, default).strip()

    def number(self, name: str) -> int:
        """Return a whole number of the query or the form. Raises Refused."""
        return read_id(name, self.get(name))


def own_path(path: str) -> str:
    """Return a path of this Taskhook, never the address of another site."""
    is_own = (
        path.startswith("/")
        and not path.startswith(("//", "/\\"))
        and path.isascii()
        and path.isprintable()
    )
    return path if is_own else "/boards"


def number_of(text: str) -> int:
    """Return the number in a path segment, 0 if it is not one."""
    try:
        return read_id("id", text)
    except Refused:
        return 0


def id_of(kind: str, text: str) -> int:
    """Return the id in a path. Raises NotFound if it cannot be an id."""
    if number := number_of(text):
        return number
    raise NotFound(f"there is no {kind} {presenting.decoded(text)[:50]}")
