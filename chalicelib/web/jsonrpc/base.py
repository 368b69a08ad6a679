"""API procedures: name, parameters and required role."""

import functools
import inspect
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from chalicelib.adapters.dynamodb.store import ConditionFailed
from chalicelib.domain import accounts
from chalicelib.domain.comments import task_of
from chalicelib.domain.errors import Forbidden, NotFound, Refused
from chalicelib.domain.tasks import LARGEST_ID
from chalicelib.domain.values import Number, is_blank, whole_number
from chalicelib.services.accounts import access
from chalicelib.services.accounts.access import Caller
from chalicelib.services.projects import project_items
from chalicelib.services.tasks import lifecycle

ANYBODY = "anybody"
"""Any authenticated caller, including the application."""

A_USER = "a user"
"""Any authenticated user, but not the application, which is no user."""


class InvalidParams(Exception):
    """Parameters that a procedure does not take; the message names them."""


class Call:
    """One call: caller, origin, reasons of refusal and ignored parameters."""

    def __init__(self, caller: Caller, base_url: str) -> None:
        """Start without refusals or ignored parameters."""
        self.caller = caller
        self.base_url = base_url
        self.refusal = ""
        self.ignored: list[str] = []


_SUBJECTS = (
    "project_id",
    "task_id",
    "comment_id",
    "column_id",
    "category_id",
    "tag_id",
    "swimlane_id",
)


class Procedure:
    """A procedure under Kanboard's name."""

    def __init__(
        self,
        function: Callable[..., Any],
        may: str,
        otherwise: object,
        id_is: str,
        *,
        blank_is_absent: bool = False,
    ) -> None:
        """Wrap a function; its parameters after the call are the procedure's."""
        self.function = function
        self.may = may
        self.otherwise = otherwise
        self.id_is = id_is
        self.blank_is_absent = blank_is_absent
        first, *others = function.__name__.split("_")
        self.name = first + "".join(word.title() for word in others)

    @functools.cached_property
    def parameters(self) -> dict[str, inspect.Parameter]:
        """The parameters by name, in order."""
        return dict(list(inspect.signature(self.function).parameters.items())[1:])

    def run(self, call: Call, given: Sequence[Any] | Mapping[str, Any]) -> Any:
        """Run the procedure and return its result, or Kanboard's answer to a refusal.

        Raises InvalidParams, Forbidden where the caller may not, and StoreUnavailable.
        """
        named = self._named(given)
        call.ignored = [name for name in named if name not in self.parameters]
        arguments = dict(self._read(named))
        self._check(call.caller, arguments)
        try:
            return self.function(call, **arguments)
        except (Refused, NotFound, ConditionFailed) as refusal:
            call.refusal = str(refusal)
            return self.otherwise

    def _named(self, given: Sequence[Any] | Mapping[str, Any]) -> Mapping[str, Any]:
        if isinstance(given, Mapping):
            return given
        if len(given) > len(self.parameters):
            raise InvalidParams(
                f"{self.name} takes {len(self.parameters)} parameters, not {len(given)}"
            )
        return dict(zip(self.parameters, given, strict=False))

    def _read(self, given: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        for name, parameter in self.parameters.items():
            value, is_required = given.get(name), parameter.default is inspect.Parameter.empty
            if (
                self.blank_is_absent
                and not is_required
                and isinstance(value, str)
                and is_blank(value)
            ):
                value = None
            if value is not None:
                yield name, _read(name, parameter.annotation, value)
            elif is_required:
                raise InvalidParams(f"{name}: is required")
            else:
                yield name, parameter.default

    def _check(self, caller: Caller, arguments: Mapping[str, Any]) -> None:
        if self.may == A_USER:
            if caller.user is None:
                raise Forbidden("only a user may call this")
        elif self.may in accounts.ROLES:
            access.require(caller, self.may)
        elif self.may != ANYBODY and not caller.is_at_least(accounts.ADMINISTRATOR):
            for project_id in self._projects_of(arguments):
                access.require_in_project(caller, project_id, self.may)

    def _projects_of(self, arguments: Mapping[str, Any]) -> Iterator[int]:
        """Yield the ids of a call's projects; 0 for a missing one, in which nobody has a role."""
        named = {self.id_is if name == "id" else name: value for name, value in arguments.items()}
        yield from dict.fromkeys(named.get("project_ids", ()))
        for name in _SUBJECTS:
            if name in named:
                yield _project_of(name, named[name])
            if name == "task_id" and ("project_id" in named or "task_id" in named):
                return  # a column, category or swimlane only says where the task goes


def _project_of(name: str, number: int) -> int:
    try:
        if name in {"project_id", "swimlane_id"}:  # a swimlane's id is its project's
            return number
        if name in {"task_id", "comment_id"}:
            return int(
                lifecycle.find_task(number if name == "task_id" else task_of(number)).project_id
            )
        group = {"column_id": "columns", "category_id": "categories", "tag_id": "tags"}[name]
        return int(project_items.project_of(group, number).id)
    except NotFound:
        return 0


def _read(name: str, kind: Any, value: Any) -> Any:
    """Return a value converted for its parameter; like Kanboard, accept numbers as text."""
    kinds = kind if isinstance(kind, str) else inspect.formatannotation(kind)
    kinds = kinds.replace("typing.", "")  # which Python writes or not by its version
    is_json = "Any" in kinds and (kinds == "Any" or isinstance(value, dict))
    if is_json or ("float" in kinds and isinstance(value, (list, Number))):
        return plain_json(name, value)
    texts = value if isinstance(value, list) else [value]
    if any(isinstance(text, str) and _SURROGATE.search(text) for text in texts):
        raise InvalidParams(f"{name}: must be valid UTF-8")
    if "list[str]" in kinds and isinstance(value, list) and all(_is_text(part) for part in value):
        return value
    if "list[int]" in kinds and isinstance(value, list):
        return [_read(name, int, part) for part in value]
    number = whole_number(value) if isinstance(value, str) else None
    if "bool" in kinds and (isinstance(value, bool) or number in (0, 1)):
        return bool(value if number is None else number)
    if "int" in kinds and "list" not in kinds and number is not None and 0 <= number <= LARGEST_ID:
        return number
    if "str" in kinds.split(" | ") and isinstance(value, str):
        return value
    raise InvalidParams(f"{name}: takes {_TAKES.get(kinds.removesuffix(' | None'), kinds)}")


def plain_json(name: str, value: Any) -> Any:
    """Return JSON with its numbers as numbers. Raises InvalidParams: One is too large."""
    if isinstance(value, dict):
        return {key: plain_json(name, one) for key, one in value.items()}
    if isinstance(value, list):
        return [plain_json(name, one) for one in value]
    plain = value.plain if isinstance(value, Number) else value
    if isinstance(plain, float) and math.isinf(plain):
        raise InvalidParams(f"{name}: holds a number that is too large")
    return plain


_SURROGATE = re.compile("[\ud800-\udfff]")
"""Half of a surrogate pair: JSON can express it, stores cannot keep it."""

_TAKES = {
    "int": "a whole number, 0 or more",
    "str": "a text",
    "bool": "true or false",
    "dict[str, Any] | str": "an object or its JSON",
    "bool | str": "true or false",
    "float | str": "a number",
    "list[float] | str": "an array of numbers or its JSON",
    "list[str]": "an array of texts",
    "list[int]": "an array of whole numbers",
}


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and not isinstance(value, Number)


PROCEDURES: dict[str, Procedure] = {}
"""Each procedure by its name."""


def procedure(
    may: str, *, otherwise: object = False, id_is: str = "task_id", blank_is_absent: bool = False
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function as a procedure under its name in camel case.

    Args:
        may: Who may call it: ANYBODY, A_USER, a role of users, or a role in the project that the
            call is about.
        otherwise: The answer if it is refused or its subject does not exist.
        id_is: The kind of thing that `id` names.
        blank_is_absent: Whether an optional parameter of only white space counts as absent.
    """

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        made = Procedure(function, may, otherwise, id_is, blank_is_absent=blank_is_absent)
        PROCEDURES[made.name] = made
        return function

    return register
