"""Run all of Taskhook on this machine: `python -m local`."""

import argparse
import logging
import os
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

from chalicelib.domain.errors import TaskhookError
from chalicelib.domain.printable import one_line
from local import accepting, store, terminal
from local.credentials import Credentials, new_credentials
from local.directory import DataDirectory, clear, write_json
from local.environment import ACCOUNT, LOOPBACK, TABLE_PREFIX, Cloud
from local.event_source_mapping import CALLS
from local.events import Events
from local.loopback import is_loopback
from local.trouble import Watch
from local.writes import table_of, telling

_ENDING = {signal.SIGTERM, signal.SIGINT}
_LONGEST_END = 4.5  # seconds from a signal to the exit, whatever still hangs
_OPENED = (
    "opens the pages, the API and the URL that adds tasks to everyone who can reach this machine, "
    "over http; the store and the queues stay on this machine"
)
_log = logging.getLogger(__name__)


def main(arguments: list[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT and return the exit code."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)  # waited for below, and by no other thread
    options = _parse(arguments)
    os.umask(0o077)  # this and its children write tokens and secrets
    terminal.show_log()
    try:
        with ExitStack() as parts:
            events = _start(options, parts)
            signal.sigwait(_ENDING)
            _end_by_force_after(_LONGEST_END, int(events.has_failed))
    except TaskhookError as error:
        print(one_line(f"taskhook: {error}"), file=sys.stderr)
        return 1
    return int(events.has_failed)


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    parser.add_argument(
        "--host", default="127.0.0.1", help="the address to listen on (default: %(default)s)"
    )
    parser.add_argument(
        "--port", type=_port, default=8000, help="0 picks a free one (default: %(default)s)"
    )
    parser.add_argument(
        "--data-dir", type=Path, default=Path(".data"), help="(default: %(default)s)"
    )
    parser.add_argument(
        "--store",
        type=_store,
        default="dynoxide",
        help="dynoxide, memory or http://HOST:PORT (default: %(default)s)",
    )
    parser.add_argument(
        "--dispatches",
        type=_count,
        default=CALLS,
        help=(
            "concurrent calls of dispatch; a deployed stack makes 10 for each shard (default: "
            "%(default)s)"
        ),
    )
    parser.add_argument("--ready-file", type=Path, help="a JSON file to write once HTTP answers")
    return parser.parse_args(arguments)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= 65_535):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: it takes 0 to 65535")
    return int(text)


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 1_000):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of calls: it takes 1 to 1000")
    return int(text)


def _store(text: str) -> str:
    if text in {"dynoxide", "memory"}:
        return text
    try:
        address = urlsplit(text)
        usable = address.scheme == "http" and bool(address.hostname) and address.port is not None
    except ValueError:
        usable = False
    if not usable:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a store: it takes dynoxide, memory or http://HOST:PORT"
        )
    return text


_PLACES = ("stream.json", "comments-stream.json")
"""The files of the dispatched positions in the streams of `system.STREAMS`."""


def _start(options: argparse.Namespace, parts: ExitStack) -> Events:
    """Start the parts in order and return the one that may fail; `parts` stops them in reverse.

    Modules that read the environment or import slowly are imported late: bad arguments do not pay.
    """
    directory = _hold(options, parts)
    events = parts.enter_context(Events(options.dispatches))
    accepting.check_port(options.host, options.port)
    if not is_loopback(options.host):
        _log.warning("taskhook: --host %s %s", options.host, _OPENED)
    keys, address = keys_of(options.store)
    opened = parts.enter_context(store.opened(address, options.data_dir))
    cloud = cloud_at(opened.url or events.url, events.url, keys)
    cloud.enter()
    events.enter(cloud, opened.url if opened.is_ours else None)
    os.environ["_HANDLER"] = "app.app"  # as Lambda has it: `app` loads no more than HTTP needs
    from local import system  # noqa: PLC0415

    watch = Watch(options.data_dir / store.DATABASE, os.getpid())
    if opened.is_ours:
        system.listen(watch.note)
    events.wait()
    first_start = system.bootstrap()
    files = [options.data_dir / name if opened.lasts else None for name in _PLACES]
    _deliver(parts, events, files)
    url = _open_gateway(options, parts, system.app, watch)
    shown = cloud._replace(dynamodb_url=events.url) if opened.is_ours else cloud
    _announce(directory, options.ready_file, shown, url, first_start)
    return events


def _hold(options: argparse.Namespace, parts: ExitStack) -> DataDirectory:
    """Lock the data directory until `parts` end, and clear an earlier run's ready file."""
    directory = DataDirectory(options.data_dir)
    parts.enter_context(directory.held())
    if options.ready_file:
        clear(options.ready_file)
    return directory


def _deliver(parts: ExitStack, events: Events, files: Sequence[Path | None]) -> None:
    """Deliver what is written until `parts` end; `files` hold the positions in the streams."""
    from local import system  # noqa: PLC0415

    streams = dict(zip(system.stream_arns(), files, strict=True))
    parts.enter_context(events.calling(list(streams.items())))
    system.listen(telling(events.nudge, map(table_of, streams)))


def _open_gateway(options: argparse.Namespace, parts: ExitStack, app: Any, watch: Watch) -> str:
    """Serve the application until `parts` end, and return its URL."""
    from local import gateway  # noqa: PLC0415

    public_url = os.environ.get("PUBLIC_URL", "")
    http = gateway.Gateway(app, options.host, options.port, watch, public_url=public_url)
    parts.enter_context(http)
    return http.url


def keys_of(choice: str) -> tuple[Credentials, str]:
    """Return the keys of a run, and the chosen store without the keys in its URL.

    An external store gets the keys in its URL, else the id `local` in every run: DynamoDB Local
    separates tables by id.
    """
    if choice in {"dynoxide", "memory"}:
        return new_credentials(), choice
    where = urlsplit(choice)
    address = where._replace(netloc=where.netloc.rpartition("@")[2]).geturl()
    if where.username and where.password:
        return Credentials(unquote(where.username), unquote(where.password)), address
    return new_credentials("local"), address


def cloud_at(dynamodb_url: str, sqs_url: str, keys: Credentials) -> Cloud:
    """Return the environment of a run with these stores."""
    bundle = os.environ.get("CA_BUNDLE", "")
    queues = f"{sqs_url}/{ACCOUNT}/taskhook-dev-"
    return Cloud(
        dynamodb_url=dynamodb_url,
        sqs_url=sqs_url,
        retry_queue_url=queues + "retries",
        failure_queue_url=queues + "failures",
        table_prefix=os.environ.get("TABLE_PREFIX", TABLE_PREFIX),
        allowed_private_networks=os.environ.get("ALLOWED_PRIVATE_NETWORKS", LOOPBACK),
        aws_access_key_id=keys.access_key_id,
        aws_secret_access_key=keys.secret_access_key,
        ca_bundle=bundle and str(Path(bundle).absolute()),  # commands may run in another directory
        delivery_proxy=os.environ.get("DELIVERY_PROXY", ""),
    )


def _announce(
    directory: DataDirectory, ready_file: Path | None, cloud: Cloud, url: str, first_start: Any
) -> None:
    directory.publish(cloud._asdict() | {"url": url, "pid": os.getpid()})
    token = first_start.webhook_token
    query = urlencode(
        {"controller": "task", "action": "add", "token": token, "title": "mySuperTask"}
    )
    print(f"Taskhook runs on {url}\n")
    print(f'  Add a task      curl "{url}/?{query}"')
    print(f"  Settings page   {url}/settings")
    if first_start.admin_password is not None:
        credentials = f"{first_start.admin_username} / {first_start.admin_password}"
        print(f"  Sign in         {credentials}  (shown this once)")
    print("\nCtrl-C stops it.", flush=True)
    if ready_file:
        ready = {
            "url": url,
            "token": token,
            "api_token": first_start.api_token,
            "admin_username": first_start.admin_username,
            "admin_password": first_start.admin_password,
            "dynamodb_url": cloud.dynamodb_url,
            "sqs_url": cloud.sqs_url,
            "aws_access_key_id": cloud.aws_access_key_id,
            "aws_secret_access_key": cloud.aws_secret_access_key,
            "pid": os.getpid(),
        }
        write_json(ready_file, ready)


def _end_by_force_after(seconds: float, code: int) -> None:
    timer = threading.Timer(seconds, os._exit, (code,))
    timer.daemon = True
    timer.start()


if __name__ == "__main__":
    sys.exit(main())
