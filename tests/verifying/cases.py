"""Requests for the libraries: as a run of Taskhook has sent them, and changed in one thing each.

`python -m tests.verifying.cases` writes them as JSON. Each has a name, the secret, the headers, and
the body in base64.
"""

import base64
import json
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from chalicelib.domain import signature
from tests.support.local_run import LocalRun
from tests.support.receivers import Inbox, Received

SECRET = signature.new_secret(bytes(7 * place % 256 for place in range(32)))
"""In the URL's alphabet one character of it is another; and it ends with padding."""

OTHER = signature.new_secret(b"another secret of some 32 bytes!")


class Case(NamedTuple):
    """One request, and the secret that its receiver was given."""

    name: str
    secret: str
    headers: Mapping[str, str]
    body: bytes

    def as_json(self) -> dict[str, Any]:
        """Return it as the programs read it."""
        return self._asdict() | {"body": base64.b64encode(self.body).decode()}


class Sent(NamedTuple):
    """What a run of Taskhook has sent, by the path of the endpoint."""

    secret: str  # of the endpoint at /kanboard
    posts: Mapping[str, Received]


def sent_by_taskhook(folder: Path) -> Sent:
    """Return the request for a new task in two formats, and one with `v1a`, as a run sends them."""
    with Inbox() as inbox, LocalRun(folder, store="memory") as run:
        secret = _subscribe(run, inbox.url + "kanboard")["secret"]
        _subscribe(run, inbox.url + "cloudevents", "--format=cloudevents")
        _subscribe(run, inbox.url + "v1a", "--signing=v1a")
        run.add(title="Größe / 1")
        received = inbox.wait_for(3)
    return Sent(secret, {one.path.strip("/").partition("?")[0]: one for one in received})


def _subscribe(run: LocalRun, url: str, *options: str) -> dict[str, Any]:
    added = run.manage("endpoint", "add", url, "--json", *options)
    assert added.returncode == 0, added.stderr
    row: dict[str, Any] = json.loads(added.stdout)
    return row


def cases(secret: str, sent: Mapping[str, Received]) -> list[Case]:
    """Return what the libraries are given, first what Taskhook itself sends."""
    body, now = sent["kanboard"].body, int(time.time())
    signed = _signed([SECRET], now, body)
    return [
        Case("as sent", secret, _headers(sent["kanboard"]), body),
        Case("while the secret is rotated, by the new one", OTHER, _both(now, body), body),
        Case("while the secret is rotated, by the old one", SECRET, _both(now, body), body),
        Case("a text that is no JSON", SECRET, _signed([SECRET], now, b"Printer"), b"Printer"),
        Case("with `v1a`", SECRET, _headers(sent["v1a"]), sent["v1a"].body),
        Case("the body parsed and written again", SECRET, signed, _written_again(body)),
        Case("ten minutes old", SECRET, _signed([SECRET], now - 600, body), body),
        Case("a timestamp with a fraction", SECRET, _with_fraction(now, body), body),
        Case("the secret without `whsec_`", SECRET.removeprefix("whsec_"), signed, body),
        Case("the secret without padding", SECRET.rstrip("="), signed, body),
        Case("the secret in the URL's alphabet", _in_url_alphabet(SECRET), signed, body),
        *_cloudevents(sent["cloudevents"]),
    ]


def _signed(secrets: list[str], at: int, body: bytes) -> dict[str, str]:
    return signature.headers(secrets, "evt_1", at, body)


def _both(at: int, body: bytes) -> dict[str, str]:
    return _signed([OTHER, SECRET], at, body)


def _written_again(body: bytes) -> bytes:
    return json.dumps(json.loads(body), indent=1).encode()


def _with_fraction(now: int, body: bytes) -> dict[str, str]:
    """Sign a time as other senders write it; Taskhook sends whole seconds."""
    at = f"{now}.5"
    signed = signature.hmac_signature(SECRET, f"evt_1.{at}.".encode() + body)
    return {"webhook-id": "evt_1", "webhook-timestamp": at, "webhook-signature": signed}


def _in_url_alphabet(secret: str) -> str:
    return secret.replace("+", "-").replace("/", "_")


def _headers(received: Received) -> dict[str, str]:
    return {name.lower(): value for name, value in received.headers.items()}


def _cloudevents(received: Received) -> list[Case]:
    headers = _headers(received)
    found = [Case("CloudEvents, as sent", "", headers, received.body)]
    for parameter in ("; charset=utf-8", ";charset=UTF-8"):
        changed = {**headers, "content-type": headers["content-type"] + parameter}
        found.append(Case(f"CloudEvents, with `{parameter}`", "", changed, received.body))
    return found


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        found = cases(*sent_by_taskhook(Path(scratch)))
    json.dump([case.as_json() for case in found], sys.stdout, indent=1)
