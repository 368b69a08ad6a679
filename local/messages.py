"""An SQS message and its attributes."""

import hashlib
import uuid
from dataclasses import dataclass, field


@dataclass(slots=True)
class Message:
    """A message; times are epoch seconds."""

    body: str
    sent_at: float
    visible_at: float
    message_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    receive_count: int = 0
    first_received_at: float = 0
    receipt_handle: str = ""
    entry: int = 0  # the valid entry of the queue's heap; others of this message are stale

    @property
    def md5(self) -> str:
        """Return the checksum by which SQS callers verify the body."""
        return hashlib.md5(self.body.encode(), usedforsecurity=False).hexdigest()

    @property
    def attributes(self) -> dict[str, str]:
        """Return SQS's attributes of a received message; times are in milliseconds."""
        return {
            "SenderId": "AIDAIT2UOQQY3AUEKVGXU",
            "SentTimestamp": str(int(self.sent_at * 1000)),
            "ApproximateReceiveCount": str(self.receive_count),
            "ApproximateFirstReceiveTimestamp": str(int(self.first_received_at * 1000)),
        }
