"""The errors of all layers; a layer's own stand beside it. The messages are safe to show.

TaskhookError
├── Refused              input that cannot be used, with a reason for each field
│   └── KeyUsed          an idempotency key that stands for another task
├── NotFound             a project, task, user, endpoint or delivery that is not there
├── NotAuthorized        credentials that are missing or wrong, or an account that must wait
├── Busy                 more passwords to look at than this process has memory for
├── Forbidden            what this caller may not do
├── ExpressionRefused    an expression or a template that cannot be used, with its place
├── ExpressionFailed     an expression that cannot be evaluated over this value
├── ConfigError          an environment variable that cannot be used
├── StoreUnavailable     the store did not answer, or not in time
│   ├── RowRefused       the store will never take this row: it is too large, or not of its kind
│   └── RowBroken        a row that was edited by hand holds what cannot be read
└── DeliveryError        an attempt that got no usable answer
    ├── TargetRefused    a URL or an address that may not be called
    └── NotBegun         this side had no socket or thread left: no fault of the receiver's
"""

from collections.abc import Mapping


class TaskhookError(Exception):
    """The root of these, and of some that stand elsewhere."""


class Refused(TaskhookError):
    """Input that cannot be used; `reasons` maps each field to what is wrong with it."""

    def __init__(self, reasons: Mapping[str, str]) -> None:
        """Keep the reasons; the message joins them as `field: reason; field: reason`."""
        self.reasons = dict(reasons)
        super().__init__("; ".join(f"{field}: {reason}" for field, reason in reasons.items()))


class KeyUsed(Refused):
    """An idempotency key was used for another task."""

    def __init__(self) -> None:
        """Name the field."""
        super().__init__({"idempotency_key": "was used for another task"})


class NotFound(TaskhookError):
    """What was asked for is not there; the message names it."""


class NotAuthorized(TaskhookError):
    """The credentials are missing or wrong; for `wait` seconds the account accepts none."""

    def __init__(self, message: str = "Not Authorized", *, wait: float = 0) -> None:
        """Keep how long to wait."""
        super().__init__(message)
        self.wait = wait

    @property
    def waiting(self) -> str:
        """What to tell a person who must wait; "" where nobody must."""
        return f"{self}; try again in {int(self.wait) + 1} s" if self.wait else ""


class Busy(TaskhookError):
    """Too many passwords are being checked in this process; `wait` seconds may help."""

    wait = 1

    def __init__(self) -> None:
        """Say so."""
        super().__init__("Too many passwords are being tried at this moment")


class Forbidden(TaskhookError):
    """The caller may not do this."""


class ExpressionRefused(TaskhookError):
    """An expression or a template cannot be used; the message begins with its place.

    `reason` is the message without the place, `column` counts the characters of the text from 1
    (0: the whole), `path` leads to the text within a template ("title", "fields[0].value").
    """

    def __init__(self, reason: str, *, column: int = 0, path: str = "") -> None:
        """Keep the parts; the message joins them as `title, column 7: reason`."""
        self.reason, self.column, self.path = reason, column, path
        place = ", ".join(filter(None, [path, f"column {column}" if column else ""]))
        super().__init__(f"{place}: {reason}" if place else reason)


class ExpressionFailed(TaskhookError):
    """An expression cannot be evaluated over this value; the message holds nothing of the value.

    `path` leads to its text within a template, "" where there is none.
    """

    def __init__(self, reason: str, *, path: str = "") -> None:
        """Keep the parts; the message joins them as `title: reason`."""
        self.reason, self.path = reason, path
        super().__init__(f"{path}: {reason}" if path else reason)


class ConfigError(TaskhookError):
    """An environment variable cannot be used; the message names it, its value and what it takes."""


class StoreUnavailable(TaskhookError):
    """The store did not answer, or not in time; trying again later may help."""


class RowRefused(StoreUnavailable):
    """The store refuses a row for what it is; trying again does not help."""


class RowBroken(StoreUnavailable):
    """A row cannot be read until somebody repairs it; the message names it, `reason` its field."""

    def __init__(self, row: str, reason: str) -> None:
        """Keep the reason; the message says whose it is."""
        super().__init__(f"{row} cannot be read: {reason}")
        self.reason = reason


class DeliveryError(TaskhookError):
    """An attempt got no usable answer; the message is a plain diagnosis.

    `timings` holds what was measured until then, in ms; `address` the address called, or "".
    """

    def __init__(
        self, message: str, *, timings: Mapping[str, int] | None = None, address: str = ""
    ) -> None:
        """Keep the diagnosis and what was measured."""
        super().__init__(message)
        self.timings = dict(timings or {})
        self.address = address


class TargetRefused(DeliveryError):
    """A URL or an address that may not be called."""


class NotBegun(DeliveryError):
    """This side could not begin an attempt; the receiver has nothing to do with it."""
