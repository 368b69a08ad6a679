"""Where h11 and http.client both accept an answer, ours reads it alike: they are the oracle.

h11 decides where the two differ: it follows RFC 9112 to the letter. Ours is stricter than both in
one thing, a status line of HTTP/0.9, which the last test shows.
"""

import http.client
import io
import re
from typing import Any, NamedTuple

import h11
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from chalicelib.adapters.http import answers
from chalicelib.adapters.http.answers import KEPT_BODY
from chalicelib.domain.errors import DeliveryError

LISTS = {"retry-after"}
"""Headers whose values are joined where they come twice; of others the last one counts."""

FRAMING = {"content-length", "transfer-encoding"}
"""Headers that are shown by the body that they frame: h11 does not keep them as they were
written."""


class Reading(NamedTuple):
    """What one parser makes of an answer."""

    status: int
    headers: dict[str, str]
    body: bytes  # the first KEPT_BODY bytes


def ours(wire: bytes) -> Reading:
    reply = answers.read(io.BytesIO(wire))
    return Reading(reply.status, decisive(reply.headers), reply.body)


def by_h11(wire: bytes) -> Reading:
    connection = h11.Connection(h11.CLIENT)
    connection.send(
        h11.Request(method="POST", target="/", headers=[("Host", "x"), ("Content-Length", "0")])
    )
    connection.send(h11.EndOfMessage())
    connection.receive_data(wire)
    connection.receive_data(b"")
    head, body = None, b""
    while not isinstance(event := connection.next_event(), h11.EndOfMessage):
        if isinstance(event, h11.Response):
            head = event
        elif isinstance(event, h11.Data):
            body += event.data
        elif not isinstance(event, h11.InformationalResponse):
            raise TypeError(event)
    assert head is not None
    pairs = [(name.decode(), value.decode("latin-1")) for name, value in head.headers]
    return Reading(head.status_code, decisive(joined(pairs)), body[:KEPT_BODY])


def by_http_client(wire: bytes) -> Reading:
    file = Unclosed(wire)
    response = http.client.HTTPResponse(file, method="POST")  # type: ignore[arg-type]  # of a socket it takes makefile
    response.begin()
    while 102 <= response.status <= 199:  # final ones to http.client
        response = http.client.HTTPResponse(file, method="POST")  # type: ignore[arg-type]
        response.begin()
    return Reading(
        response.status, decisive(joined(response.getheaders())), response.read()[:KEPT_BODY]
    )


class Unclosed(io.BytesIO):
    """The socket that http.client takes, and the file that it makes of it."""

    def makefile(self, *_: Any) -> "Unclosed":
        return self

    def close(self) -> None:
        """Stay open: the next head is read from here too."""


def joined(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """Return the headers by name: the last of each, or all of a list."""
    headers: dict[str, str] = {}
    for spelled, text in pairs:
        name, value = spelled.lower(), text.strip(" \t")
        headers[name] = f"{headers[name]}, {value}" if name in LISTS and name in headers else value
    return headers


def decisive(headers: dict[str, str]) -> dict[str, str]:
    """Return the headers that decide: spaces and folds as one space, no empty list members."""
    shown = {}
    for name in headers.keys() - FRAMING:
        words = headers[name].replace(",", " , " if name in LISTS else ",")
        members = [
            " ".join(re.split("[ \t\r\n]+", member)).strip(" ") for member in words.split(" , ")
        ]
        shown[name] = ", ".join(member for member in members if member)
    return shown


spaces = st.text(" \t", max_size=2)
ends = st.sampled_from([b"\r\n", b"\r\n", b"\r\n", b"\n"])
words = st.text(st.characters(min_codepoint=0x21, max_codepoint=0xFF), max_size=6)
values = st.lists(words, max_size=3).map(" ".join)
names = st.sampled_from(["Location", "Retry-After", "Webhook-Delivery", "X-A", "x-a", "Connection"])
sizes = st.integers(0, 3000)


@st.composite
def lines(draw: st.DrawFn, name: str, value: str) -> bytes:
    """Return a header as receivers write it: spaces, folds, either end of a line."""
    end = draw(ends)
    fold = draw(st.sampled_from([b"", b"", b"", end + b" ", draw(spaces).encode() + end + b"\t "]))
    return b"".join([
        name.encode(), b":", draw(spaces).encode(), fold,
        value.encode("latin-1"), draw(spaces).encode(), end,
    ])  # fmt: skip


@st.composite
def heads(draw: st.DrawFn, codes: st.SearchStrategy[int], framing: list[tuple[str, str]]) -> bytes:
    """Return a status line, headers, and those that frame the body among them."""
    version, code = draw(st.sampled_from(["1.1", "1.1", "1.0"])), draw(codes)
    reason = draw(st.sampled_from(["", " ", " OK", " Not  so\tOK"]))
    pairs = draw(st.permutations(draw(st.lists(st.tuples(names, values), max_size=4)) + framing))
    written = [draw(lines(name, value)) for name, value in pairs]
    return f"HTTP/{version} {code}{reason}".encode() + draw(ends) + b"".join(written) + draw(ends)


@st.composite
def bodies(draw: st.DrawFn) -> tuple[list[tuple[str, str]], bytes]:
    """Return the headers that frame a body, and the body as it is sent."""
    body = bytes(draw(st.binary(max_size=20))) + b"x" * draw(sizes)
    kind = draw(st.sampled_from(["length", "two lengths", "chunked", "end"]))
    if kind == "end":
        return [], body
    if kind == "chunked":
        coding = draw(st.sampled_from(["chunked", "Chunked", "CHUNKED"]))
        return [("Transfer-Encoding", coding)], draw(chunked(body))
    length = str(len(body)).zfill(draw(st.integers(1, 6)))
    more = b"beyond its length" * draw(st.booleans())
    return [("Content-Length", length)] * (2 if kind == "two lengths" else 1), body + more


@st.composite
def chunked(draw: st.DrawFn, body: bytes) -> bytes:
    """Return a body in chunks, with extensions and trailers."""
    cuts = sorted(
        draw(st.sets(st.integers(1, max(1, len(body) - 1)), max_size=3)) & set(range(1, len(body)))
    )
    parts = [
        body[begin:end]
        for begin, end in zip([0, *cuts], [*cuts, len(body)], strict=True)
        if end > begin
    ]
    written = b""
    for part in [*parts, b""]:
        size = draw(st.sampled_from(["{:x}", "{:X}", "{:06x}"])).format(len(part)).encode()
        more = draw(st.sampled_from([b"", b"", b";a=b", b' ; a="b;c"', b" ", b";a=" + b"b" * 2000]))
        written += size + more + b"\r\n" + part + (b"\r\n" if part else b"")
    return written + draw(st.sampled_from([b"", b"X-Trailer: yes\r\n"])) + b"\r\n"


@st.composite
def wires(draw: st.DrawFn) -> bytes:
    """Return what a receiver sends, at times with some bytes changed."""
    framing, body = draw(bodies())
    interim = b"".join(draw(st.lists(heads(st.sampled_from([100, 102, 103]), []), max_size=2)))
    wire = (
        interim + draw(heads(st.sampled_from([200, 200, 204, 304, 410, 500, 999]), framing)) + body
    )
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 2]))):
        place = draw(st.integers(0, min(len(wire) - 1, 200)))
        gone, put = draw(st.integers(0, 2)), draw(st.binary(max_size=2))
        wire = wire[:place] + put + wire[place + gone :]
    return wire


OK = b"HTTP/1.1 200 OK\r\n"


@settings(max_examples=150)
@given(wires())
@example(OK + b"Location: /voil\xc3\xa0\r\n\r\n")  # its last byte is a space to str.strip
@example(OK + b"Transfer-Encoding: chunked\r\n\r\n1;a=" + b"b" * 2000 + b"\r\nx\r\n0\r\n\r\n")
def test_an_answer_that_h11_and_http_client_accept_is_read_alike(wire):
    assume(b"HTTP/0." not in wire)
    try:
        expected = by_h11(wire)
        by_http_client(wire)
    except (h11.RemoteProtocolError, http.client.HTTPException, ValueError):
        assume(False)

    assert ours(wire) == expected


def test_a_status_line_of_http_0_9_is_refused_which_h11_and_http_client_accept():
    wire = b"HTTP/0.9 200 OK\r\n\r\n"

    with pytest.raises(DeliveryError, match="the answer is not HTTP"):
        ours(wire)

    assert by_h11(wire) == by_http_client(wire) == Reading(200, {}, b"")
