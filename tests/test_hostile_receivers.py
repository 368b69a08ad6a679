"""What becomes of a POST to each hostile receiver; docs/hostile-receivers.md shows it."""

import gzip
import os
import platform
import ssl
from pathlib import Path

import pytest

from tests.support.hostile_posts import (
    ANSWERED_TLS,
    CONNECTED,
    LOOKED_UP,
    SECOND_HOST,
    Call,
    Names,
    Scenario,
    hang,
    playing,
)
from tests.support.receivers import (
    answer_early,
    drip,
    endless,
    make_certificate,
    redirect,
    reset_after,
    say,
    stay_silent,
)

pytestmark = pytest.mark.xdist_group("hostile receivers")

DOCUMENT = Path(__file__).parent.parent / "docs" / "hostile-receivers.md"
MOST_MS, MOST_MB = 1100, 30

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n"
EARLY = b"HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig"
MEGABYTE = b"x" * 1_000_000
BOMB = gzip.compress(bytes(50_000_000), mtime=0)

FINE = "200: success"
SILENT = "no answer within 1.0 s: connected, nothing sent back"
CUT_SHORT = "no answer within 1.0 s: the answer was cut short"
NO_LOOKUP = "no answer within 1.0 s: looking up the name"
NO_HANDSHAKE = "no answer within 1.0 s: the TLS handshake did not end"
CLOSED = "the connection was closed before the answer was complete"
TOO_LARGE = "the answer's headers are too large"
NO_HTTP = "the answer is not HTTP"
NOBODY_LISTENS = "connection refused by 127.0.0.3"
NOT_VALID = "the certificate is not valid"
NO_LENGTH = "the answer's Content-Length is not valid"


def answer(status, *headers, body=b""):
    """Send one whole answer."""
    head = [f"HTTP/1.1 {status} Said", *headers, f"Content-Length: {len(body)}", "", ""]
    return say("\r\n".join(head).encode() + body)


def interim(status):
    return b"HTTP/1.1 %d Not yet\r\nX: y\r\n\r\n" % status


def length(size):
    return b"Content-Length: %d\r\n\r\n" % size


SLOW = [
    Scenario("never answers", stay_silent, SILENT, CONNECTED),
    Scenario("status line, a byte at a time", drip(b"", OK, pause=0.1), CUT_SHORT),
    Scenario("headers, a byte at a time", drip(OK, b"X: y\r\n" * 90), CUT_SHORT),
    Scenario(
        "body, a byte at a time", drip(CHUNKED + b"\r\n1\r\na\r\n", b"0" * 90), FINE, body=b"a"
    ),
    Scenario("102 for good, slowly", endless(b"", interim(102), 0.05), CUT_SHORT),
]
LARGE = [
    Scenario("102 for good, fast", endless(b"", interim(102) * 1000), TOO_LARGE),
    Scenario("100 for good, fast", endless(b"", interim(100) * 1000), TOO_LARGE),
    Scenario("headers for good", endless(OK, b"X: y\r\n" * 1000), TOO_LARGE),
    Scenario("one header for good", endless(OK + b"X: ", b"y" * 65536), TOO_LARGE),
    Scenario(
        "300 MB of body", endless(OK + length(300_000_000), b"x" * 65536), FINE, body=b"x" * 1024
    ),
    Scenario(
        "chunks for good",
        endless(CHUNKED + b"\r\n", (b"40\r\n" + b"x" * 64 + b"\r\n") * 1000),
        FINE,
        body=b"x" * 1024,
    ),
    Scenario("one chunk's size for good", endless(CHUNKED + b"\r\n", b"0" * 65536), FINE),
    Scenario(
        "48 kB of gzip that is 50 MB",
        answer(200, "Content-Encoding: gzip", body=BOMB),
        FINE,
        body=BOMB[:1024],
    ),
]
BROKEN = [
    Scenario("closes without a byte", say(b""), CLOSED, CONNECTED),
    Scenario("reset in the headers", reset_after(OK + b"X: "), CLOSED),
    Scenario("closed in the headers", say(OK + b"X: y\r\n"), CLOSED),
    Scenario("reset in the body", reset_after(OK + length(9) + b"abc"), FINE, body=b"abc"),
    Scenario("body shorter than said", say(OK + length(9) + b"abc"), FINE, body=b"abc"),
    Scenario(
        "broken gzip",
        answer(200, "Content-Encoding: gzip", body=b"\x1f\x8b!"),
        FINE,
        body=b"\x1f\x8b!",
    ),
    Scenario("HTTP/1.0", say(b"HTTP/1.0 200 OK\r\n\r\nold"), FINE, body=b"old"),
    Scenario("HTTP/0.9", say(b"<html>hello</html>"), NO_HTTP),
    Scenario("HTTP/2", say(b"HTTP/2 200\r\n\r\n"), NO_HTTP),
    Scenario("garbage", say(bytes(range(255, -1, -1)) * 9), NO_HTTP),
    Scenario("a header without a colon", say(OK + b"X y\r\nContent-Length: 0\r\n\r\n"), FINE),
    Scenario(
        "Content-Length twice, equal",
        answer(200, "Content-Length: 3", body=b"abc"),
        FINE,
        body=b"abc",
    ),
    Scenario(
        "Content-Length twice, different", answer(200, "Content-Length: 4", body=b"abc"), NO_LENGTH
    ),
    Scenario("Content-Length: -1", say(OK + length(-1) + b"abc"), NO_LENGTH),
    Scenario("Content-Length: three", say(OK + b"Content-Length: three\r\n\r\nabc"), NO_LENGTH),
    Scenario(
        "Content-Length with chunks",
        say(CHUNKED + length(99) + b"3\r\nabc\r\n0\r\n\r\n"),
        FINE,
        body=b"abc",
    ),
    Scenario(
        "413 before 1 MB of body is read",
        answer_early(EARLY),
        "413: retry",
        body=b"big",
        call=Call(body=MEGABYTE),
    ),
]


def skipping(status):
    return Scenario(
        f"{status}, then 200", say(interim(status) + OK + b"\r\nabc"), FINE, body=b"abc"
    )


def pointing(status, name, there):
    return Scenario(
        f"{status} to {name}", redirect(status, there), f"{status}: retry", location=there
    )


def judged(status, header, verdict):
    return Scenario(f"{status} with {header}", answer(status, header), f"{status}: {verdict}")


WAITS = {
    "120": 120,
    "1.5": 1.5,
    "-120": 0,
    "315360000": 86400,
    "Mon, 21 Sep 2026 14:15:20 GMT": 120,
    "Sun, 21 Sep 2025 14:13:20 GMT": 0,
    "Sat, 20 Sep 2036 14:13:20 GMT": 86400,
    "soon": 0,
    "NaN": 0,
}
STATUSES = [
    *(skipping(status) for status in (100, 102, 103)),
    Scenario("101", say(interim(101)), "101: retry"),
    *(Scenario(f"{status}", answer(status), f"{status}: success") for status in (204, 205)),
    *(Scenario(f"{status}", answer(status), f"{status}: retry") for status in (300, 304, 404, 500)),
    Scenario("410", answer(410), "410: disable"),
    *(
        pointing(status, "a second host", f"http://{SECOND_HOST}:{{port}}/")
        for status in (301, 302, 303, 307, 308)
    ),
    pointing(307, "itself", "http://127.0.0.1:{port}/hook"),
    pointing(307, "a private address", "http://10.0.0.1/"),
    judged(200, "webhook-delivery: disable", "disable"),
    judged(500, "webhook-delivery: disable", "disable"),
    judged(200, "webhook-delivery: abort-message", "success"),
    judged(500, "webhook-delivery: abort-message", "give up"),
    *(
        judged(status, f"Retry-After: {wait}", f"retry, not within {seconds} s")
        for status in (429, 503)
        for wait, seconds in WAITS.items()
    ),
]

RIGHT = Call("https://right.example:{port}/hook", MEGABYTE, resolve=Names(["127.0.0.1"]))


def proving(name, said, certificate, *, believed=True):
    return Scenario(
        name, answer(200), said, CONNECTED, certificate=certificate, believed=believed, call=RIGHT
    )


TLS = [
    Scenario(
        "413 in TLS",
        answer_early(EARLY),
        "413: retry",
        ANSWERED_TLS,
        body=b"big",
        certificate="right",
        call=RIGHT,
    ),
    Scenario("a TLS handshake that stalls", stay_silent, NO_HANDSHAKE, CONNECTED, call=RIGHT),
    Scenario("a TLS handshake that is reset", reset_after(b""), CLOSED, CONNECTED, call=RIGHT),
    proving(
        "a self-signed certificate",
        f"{NOT_VALID}: self-signed certificate",
        "right",
        believed=False,
    ),
    proving("an expired certificate", f"{NOT_VALID}: certificate has expired", "expired"),
    proving("a certificate of another name", "the certificate is for other.example", "other"),
    Scenario(
        "https to a plain port",
        answer(400),
        "TLS failed: the port does not speak TLS",
        CONNECTED,
        call=RIGHT,
    ),
    Scenario("http to a TLS port", answer(200), CLOSED, CONNECTED, certificate="right"),
]


def reaching_nobody(name, url, said, steps, address="", **more):
    call = Call(url, **more)
    return Scenario(name, answer(200), said, steps, address=address, connections=0, call=call)


def refused(name, host, because, **more):
    said = (
        f"refused: {because}, not public internet: name its network in ALLOWED_PRIVATE_NETWORKS to "
        f"allow it"
    )
    return reaching_nobody(name, f"http://{host}:{{port}}/", said, LOOKED_UP, allowed="", **more)


BOTH = Names(["93.184.215.14", "10.0.0.1"])
CHANGING = Call("http://changing.example:{port}/", resolve=Names(["127.0.0.1"], [SECOND_HOST]))
ADDRESSES = [
    reaching_nobody(
        "connection refused", "http://127.0.0.3:{port}/", NOBODY_LISTENS, LOOKED_UP, "127.0.0.3"
    ),
    reaching_nobody(
        "no such name", "http://no.example/", "no such name: no.example", "total", resolve=Names()
    ),
    reaching_nobody(
        "a lookup that takes 5 s", "http://slow.example/", NO_LOOKUP, "total", resolve=hang
    ),
    refused("the host 127.0.0.1", "127.0.0.1", "127.0.0.1 is loopback"),
    refused("the host 2130706433", "2130706433", "127.0.0.1 is loopback"),
    refused("the host 0x7f000001", "0x7f000001", "127.0.0.1 is loopback"),
    refused("the host 127.1", "127.1", "127.0.0.1 is loopback"),
    refused("the host [::1]", "[::1]", "::1 is loopback"),
    refused("the host [::ffff:127.0.0.1]", "[::ffff:127.0.0.1]", "::ffff:127.0.0.1 is loopback"),
    refused("the host 169.254.169.254", "169.254.169.254", "169.254.169.254 is link-local"),
    refused(
        "a name with a public and a private address",
        "both.example",
        "10.0.0.1 is private",
        resolve=BOTH,
    ),
    Scenario(
        "a name that leads elsewhere once it is checked", answer(204), "204: success", call=CHANGING
    ),
]
SCENARIOS = SLOW + LARGE + BROKEN + STATUSES + TLS + ADDRESSES


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    certificates = {
        "right": make_certificate(tmp_path_factory.mktemp("right"), "right.example"),
        "other": make_certificate(tmp_path_factory.mktemp("other"), "other.example"),
        "expired": make_certificate(
            tmp_path_factory.mktemp("expired"), "right.example", ends_in=-1
        ),
    }
    with playing(SCENARIOS, certificates) as played:
        yield played


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_receiver_is_judged_in_time_in_little_memory_and_alone(played, scenario):
    call, first, second = played[scenario.name]

    outcome = call.get(timeout=30)

    assert (outcome.said, outcome.recorded) == (scenario.said, scenario.recorded(first.port))
    assert max(outcome.timings.values()) == outcome.timings["total"] <= outcome.ms
    assert outcome.ms - outcome.starved_ms <= MOST_MS
    assert outcome.mb <= MOST_MB
    assert (first.connections, second.connections) == (scenario.connections, 0)


def test_the_table_in_the_documentation_is_that_of_these_receivers(played):
    outcomes = {name: call.get(timeout=30) for name, (call, *_) in played.items()}
    rows = [
        (name, outcome.said, str(outcome.ms), str(outcome.mb)) for name, outcome in outcomes.items()
    ]
    worst = (
        max(outcome.ms for outcome in outcomes.values()),
        max(outcome.mb for outcome in outcomes.values()),
    )
    if os.environ.get("TASKHOOK_WRITE_DOCS"):
        write_table([*rows, ("the worst", "", *map(str, worst))])

    documented = [
        line.strip("| ").split(" | ")[:2]
        for line in DOCUMENT.read_text().splitlines()
        if line[:1] == "|"
    ]

    assert documented[2:-1] == [[name, said] for name, said, *_ in rows]


def write_table(rows):
    text = DOCUMENT.read_text()
    head = ["| receiver | verdict, or diagnosis | ms | MB |", "|---|---|--:|--:|"]
    where = (
        f"Python {platform.python_version()}, {ssl.OPENSSL_VERSION}, {platform.system()}, "
        f"{os.cpu_count()} CPUs"
    )
    table = [*head, *(f"| {' | '.join(row)} |" for row in rows), "", f"Measured with {where}.", ""]
    DOCUMENT.write_text(text[: text.index(head[0])] + "\n".join(table))
