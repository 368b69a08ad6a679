"""The commands of `taskhook request`."""

from chalicelib.services.sources import refused_requests
from tools.commands.rows import Row, time_text
from tools.verbs.parts import Args


def request_list(args: Args) -> list[Row]:
    """List the requests that were refused last, the newest first."""
    listed = refused_requests.list_refused()
    return [
        {**one._asdict(), "received_at": time_text(one.received_at)}
        for one in listed
        if args.since <= one.received_at <= args.until
    ]
