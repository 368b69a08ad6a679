"""Receivers in their own process, light enough not to dominate measurements."""

import asyncio
import multiprocessing
import re
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from multiprocessing.connection import Connection
from typing import NamedTuple

from bench.common import Added

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_TASK_ID = re.compile(rb'"task_id": ?"?(\d+)')
_ANSWER = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"
_BACKLOG = 512  # a batch connects at once


class Post(NamedTuple):
    """A received POST."""

    receiver: int  # of `Receivers.urls`
    at: float  # seconds of the monotonic clock, which is the same in all processes
    raw: bytes

    @property
    def path(self) -> str:
        """Return the requested path and query."""
        return self.raw.split(maxsplit=2)[1].decode()

    @property
    def headers(self) -> dict[str, str]:
        """Return the headers as they were sent."""
        lines = self.raw.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")[1:]
        return {name: value for name, _, value in (line.partition(": ") for line in lines)}

    @property
    def body(self) -> bytes:
        """Return the body."""
        return self.raw.partition(b"\r\n\r\n")[2]

    @property
    def task_id(self) -> int:
        """Return the task id in a body of any format."""
        return int(_TASK_ID.search(self.body)[1])  # type: ignore[index]


class Receivers:
    """Receivers on 127.0.0.1, some of which never answer."""

    def __init__(self, answering: int, silent: int = 0) -> None:
        """Start them.

        Args:
            answering: How many answer at once with 204.
            silent: How many never answer; they come last.
        """
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        answers = [True] * answering + [False] * silent
        context.Process(
            target=_serve, args=(theirs, answers), name="receivers", daemon=True
        ).start()
        theirs.close()  # else they would not notice the end of this process
        self.urls: list[str] = self._pipe.recv()
        self.arrived: dict[tuple[int, int], float] = {}
        """When a task's first POST came to a receiver, as far as `look` has seen."""

    def close(self) -> None:
        """Stop them."""
        self._pipe.close()

    def take(self) -> list[Post]:
        """Return the POSTs since the last call, with any body."""
        self._pipe.send(None)
        return [Post(*fields) for fields in self._pipe.recv()]

    def look(self) -> list[Post]:
        """Return the POSTs since the last call, and note when each task's arrived."""
        posts = self.take()
        for post in posts:
            self.arrived.setdefault((post.receiver, post.task_id), post.at)
        return posts

    def lags(
        self, added: Iterable[Added], receivers: Sequence[int], patience: float = 60
    ) -> list[float]:
        """Return the seconds from each task's `OK` to its arrival at each receiver.

        All must arrive within `patience` seconds.
        """
        answered = {
            (receiver, one.task_id): one.answered_at for one in added for receiver in receivers
        }
        give_up_at = time.monotonic() + patience
        while missing := self._missing(answered):
            if time.monotonic() > give_up_at:
                raise SystemExit(f"{len(missing)} of {len(answered)} POSTs never arrived")
            time.sleep(0.25)
        return [max(self.arrived[post] - answered_at, 0) for post, answered_at in answered.items()]

    def _missing(self, posts: Iterable[tuple[int, int]]) -> set[tuple[int, int]]:
        self.look()
        return set(posts) - self.arrived.keys()


class _Receiver(asyncio.Protocol):
    """A connection to a receiver."""

    def __init__(self, note: Callable[[float, bytes], None], *, answers: bool) -> None:
        self._note = note
        self._answers = answers
        self._raw = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, part: bytes) -> None:
        self._raw += part
        head, end, body = self._raw.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not (end and length and len(body) >= int(length[1])):
            return
        self._note(time.monotonic(), self._raw)
        if self._answers and isinstance(self._transport, asyncio.WriteTransport):
            self._transport.write(_ANSWER)
            self._transport.close()


def _serve(pipe: Connection, answers: list[bool]) -> None:
    asyncio.run(_receive(pipe, answers))


async def _receive(pipe: Connection, answers: list[bool]) -> None:
    """Listen, report the ports, and send received POSTs on request; end with the parent."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    posts: list[tuple[int, float, bytes]] = []

    def hand_over() -> None:
        try:
            pipe.recv()
            pipe.send(posts)
        except (EOFError, OSError):
            ended.set()
        posts.clear()

    urls = []
    for number, does in enumerate(answers):
        note = partial(lambda number, at, raw: posts.append((number, at, raw)), number)
        server = await loop.create_server(
            partial(_Receiver, note, answers=does), "127.0.0.1", 0, backlog=_BACKLOG
        )
        urls.append(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
    pipe.send(urls)
    loop.add_reader(pipe.fileno(), hand_over)
    await ended.wait()
