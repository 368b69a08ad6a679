"""The errors that layers share; a layer defines its own beside them. Messages are safe to show.

TaskhookError
├── Refused              invalid input, with a reason for each field
│   └── KeyUsed          an idempotency key that another task has used
├── NotFound             a project, task, user, endpoint or delivery that does not exist
├── NotAuthorized        missing or wrong credentials, or an account that must wait
├── Busy                 more passwords to check than this process has memory for
├── Forbidden            an action that this caller may not take
├── ExpressionRefused    an invalid expression or template, with the place of the error
├── ExpressionFailed     an expression that cannot be evaluated over this value
├── ConfigError          an invalid environment variable
├── StoreUnavailable     the store did not answer, or not in time
│   ├── RowRefused       the store never accepts this row: it is too large, or of the wrong type
│   └── RowBroken        a row that was edited by hand and cannot be read
└── DeliveryError        an attempt that got no usable answer
    ├── TargetRefused    a URL or an address that may not be called
    ├── NotMade          a request that cannot be made of its event
    └── NotBegun         this machine had no socket or thread left: not the receiver's fault
"""

from collections.abc import Mapping


class TaskhookError(Exception):
    """The root of these errors, and of some in other modules."""


class Refused(TaskhookError):
    """Input is invalid; `reasons` maps each field to its fault."""

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
    """The object that was asked for does not exist; the message names it."""


class NotAuthorized(TaskhookError):
    """The credentials are missing or wrong; for `wait` seconds the account accepts none."""

    def __init__(self, message: str = "Not Authorized", *, wait: float = 0) -> None:
        """Keep how long to wait."""
        super().__init__(message)
        self.wait = wait

    @property
    def waiting(self) -> str:
        """The message for a person who must wait; "" without a wait."""
        return f"{self}; try again in {int(self.wait) + 1} s" if self.wait else ""


class Busy(TaskhookError):
    """Too many passwords are being checked in this process; retry after `wait` seconds."""

    wait = 1

    def __init__(self) -> None:
        """Set the message."""
        super().__init__("Too many passwords are being checked right now")


class Forbidden(TaskhookError):
    """The caller may not do this."""


class ExpressionRefused(TaskhookError):
    """An expression or a template is invalid; the message begins with the place of the error.

    `reason` is the message without the place. `column` counts the characters of the text from 1
    (0: the whole). `path` is the text's place in a template ("title", "fields[0].value").
    """

    def __init__(self, reason: str, *, column: int = 0, path: str = "") -> None:
        """Keep the parts; the message joins them as `title, column 7: reason`."""
        self.reason, self.column, self.path = reason, column, path
        place = ", ".join(filter(None, [path, f"column {column}" if column else ""]))
        super().__init__(f"{place}: {reason}" if place else reason)


class ExpressionFailed(TaskhookError):
    """An expression cannot be evaluated over this value; the message never contains the value.

    `path` is the place of its text in a template, "" without a template.
    """

    def __init__(self, reason: str, *, path: str = "") -> None:
        """Keep the parts; the message joins them as `title: reason`."""
        self.reason, self.path = reason, path
        super().__init__(f"{path}: {reason}" if path else reason)


class ConfigError(TaskhookError):
    """An environment variable is invalid; the message has its name, value and allowed values."""


class StoreUnavailable(TaskhookError):
    """The store did not answer, or not in time; trying again later may help."""


class RowRefused(StoreUnavailable):
    """The store refuses a row for its size or types; trying again does not help."""


class RowBroken(StoreUnavailable):
    """A row cannot be read until somebody repairs it; the message names it, `reason` its field."""

    def __init__(self, row: str, reason: str) -> None:
        """Keep the reason; the message adds the row."""
        super().__init__(f"{row} cannot be read: {reason}")
        self.reason = reason


class DeliveryError(TaskhookError):
    """An attempt got no usable answer; the message is a plain diagnosis.

    `timings` holds the durations measured so far, in ms; `address` is the address called, or "".
    """

    def __init__(
        self, message: str, *, timings: Mapping[str, int] | None = None, address: str = ""
    ) -> None:
        """Keep the diagnosis and the measurements."""
        super().__init__(message)
        self.timings = dict(timings or {})
        self.address = address


class TargetRefused(DeliveryError):
    """A URL or an address that may not be called."""


class NotMade(DeliveryError):
    """No request can be made of the event. The delivery is given up, without blaming the receiver.

    After a repair of the endpoint the delivery may be sent again.
    """


class NotBegun(DeliveryError):
    """This machine could not begin an attempt; the receiver is not at fault."""
