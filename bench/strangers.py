"""Measure the CPU time that requests without the token can cause, and print a table.

Everything runs in this process, over a dynoxide in its own folder.
"""

import base64
import gzip
from collections.abc import Callable, Mapping
from functools import partial
from hashlib import shake_128
from typing import Any

from bench import in_process
from chalicelib.web.bodies import FORM, JSON, LARGEST, MULTIPART

ADDRESS = "/?controller=task&action=add"
PARTS = f"{MULTIPART}; boundary=x"
_TIMES = 5


def filled(pattern: bytes, head: bytes = b"", tail: bytes = b"") -> bytes:
    """Return a body of the largest size read: a repeated part between a head and a tail."""
    return head + pattern * ((LARGEST - len(head) - len(tail)) // len(pattern)) + tail


def part(name: bytes) -> bytes:
    """Return a field of a form in parts."""
    return b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\nx\r\n' % name


def bodies() -> dict[str, tuple[dict[str, str], bytes]]:
    """Return bodies of up to 1 MB without the token, and their headers, by the costly part."""
    plain = {name: ({"content-type": kind}, body) for name, (kind, body) in _plain().items()}
    gzipped = {"content-type": FORM, "content-encoding": "gzip"}
    return plain | {name: (gzipped, body) for name, body in _compressed().items()}


def _plain() -> dict[str, tuple[str, bytes]]:
    return {
        "no body": (FORM, b""),
        "one field": (FORM, filled(b"x", b"a=")),
        "empty fields": (FORM, filled(b"&")),
        "wrong tokens": (FORM, filled(b"token=x&")),
        "a token of escapes": (FORM, filled(b"%F6", b"token=")),
        "JSON, numbers": (JSON, filled(b"1,", b'{"a": [', b"1]}")),
        "JSON, 300 levels": (
            JSON,
            filled(b'{"a":' * 300 + b"1" + b"}" * 300 + b",", b'{"b": [', b"1]}"),
        ),
        "JSON, wrong tokens": (JSON, filled(b'"token": "x", ', b"{", b'"a": 1}')),
        "JSON, a token without end": (JSON, filled(b"\\n", b'{"token": "')),
        "parts": (PARTS, filled(part(b"a"), tail=b"--x--")),
        "parts, wrong tokens": (PARTS, filled(part(b"token"), tail=b"--x--")),
        "parts, headers": (PARTS, filled(b'name="token"\r\n' + b"x: y\r\n" * 8)),
        "UTF-16": (f"{FORM}; charset=utf-16-le", filled("\N{GRINNING FACE}".encode("utf-16-le"))),
        "EBCDIC": (f"{FORM}; charset=cp037", filled(b"\x81")),
        "HZ": (f"{FORM}; charset=hz", filled(b"~{~}")),
    }


def _compressed() -> dict[str, bytes]:
    hex_digits = shake_128(b"any").hexdigest(LARGEST // 2).encode()  # the slowest input of zlib
    return {
        "gzip of 1 MB": gzip.compress(filled(b"x")),
        "gzip of hex digits": gzip.compress(hex_digits),
        "gzip of 50 MB": gzip.compress(b"x" * (50 * LARGEST)),
        "gzip, empty members": filled(gzip.compress(b"")),
    }


def event_of(app: Any, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """Return API Gateway's event for a body; bytes are in base64."""
    encoded = base64.b64encode(body).decode() or None
    return in_process.event_of(app, "POST", ADDRESS, headers) | {
        "body": encoded,
        "isBase64Encoded": bool(body),
    }


def main() -> None:
    """Print the CPU of each body, best of five, and the part of decoding base64."""
    with in_process.system() as system:
        for name, (headers, body) in bodies().items():
            event = event_of(system.app, headers, body)
            status = system.app(event, in_process.CONTEXT)["statusCode"]
            whole = _best(partial(system.app, event, in_process.CONTEXT))
            decoding = _best(partial(base64.b64decode, event["body"] or ""))
            print(
                f"{name:<26} {status} {len(body) / 1e6:5.2f} MB {whole:6.2f} ms, {decoding:.2f} of "
                f"it for base64"
            )


def _best(act: Callable[[], object]) -> float:
    return min(in_process.cost_of(act).cpu for _ in range(_TIMES)) * 1000


if __name__ == "__main__":
    main()
