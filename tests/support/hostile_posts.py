"""POSTs to hostile receivers, each in its own process to measure its time and memory."""

import multiprocessing
import resource
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from multiprocessing.pool import AsyncResult
from pathlib import Path
from typing import Any, NamedTuple

from chalicelib.adapters.http import transport
from chalicelib.adapters.http.sockets import Resolve, tls_context
from chalicelib.domain.errors import DeliveryError, TargetRefused
from chalicelib.domain.retries import judge, wait_asked
from chalicelib.domain.targets import parse_networks
from tests.support.receivers import Certificate, Inbox, Peer, Talk, encrypted

TIMEOUT = 1.0
NOW = 1_790_000_000.0
"""What the clock shows where a `Retry-After` is read: Mon, 21 Sep 2026 14:13:20 GMT."""

SECOND_HOST = "127.0.0.2"
"""Where each scenario has a second receiver, at the same port: it must hear nothing."""

LOOKED_UP = "lookup total"
CONNECTED = "lookup connect total"
ANSWERED = "lookup connect first_byte total"
ANSWERED_TLS = "lookup connect tls first_byte total"


class Names:
    """A name server: answers each lookup with the next of these lists of addresses."""

    def __init__(self, *answers: list[str]) -> None:
        """Know no name without a list."""
        self.answers = list(answers)

    def __call__(self, host: str, port: int, **_: object) -> list[Any]:
        """Answer as `socket.getaddrinfo`."""
        if not self.answers:
            raise socket.gaierror(socket.EAI_NONAME, f"Name or service not known: {host}")
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
            for address in self.answers.pop(0)
        ]


def hang(*_: object, **__: object) -> list[Any]:
    """Take long over a lookup."""
    time.sleep(5)
    return []


@dataclass(frozen=True)
class Call:
    """What is posted where; `{port}` in the URL is the receivers'."""

    url: str = "http://127.0.0.1:{port}/hook?token=the-token"
    body: bytes = b"{}"
    allowed: str = "127.0.0.0/8"
    resolve: Resolve = socket.getaddrinfo
    believed: str = ""  # a file of certificates, instead of the authorities that everybody believes


class Recorded(NamedTuple):
    """What is kept of an attempt besides its verdict."""

    address: str
    steps: str  # the names of its timings
    body: bytes = b""
    location: str = ""


class Outcome(NamedTuple):
    """What became of a call, and what it took."""

    said: str  # the verdict, or the diagnosis
    recorded: Recorded
    timings: Mapping[str, int]
    ms: int
    starved_ms: int  # of these, while others kept the CPUs
    mb: float


@dataclass(frozen=True)
class Scenario:
    """A receiver, the call that it gets, and what shall become of that."""

    name: str
    talk: Talk
    said: str
    steps: str = ANSWERED
    body: bytes = b""
    location: str = ""
    address: str = "127.0.0.1"
    connections: int = 1
    certificate: str = ""  # which one the receiver shows; without one, it speaks no TLS
    believed: bool = True
    call: Call = field(default_factory=Call)

    def recorded(self, port: int) -> Recorded:
        """Return what shall be recorded, where this is the receiver's port."""
        return Recorded(self.address, self.steps, self.body, self.location.format(port=port))


class Played(NamedTuple):
    """A scenario under way: the call, and the receivers that it may reach."""

    outcome: "AsyncResult[Outcome]"
    first: Peer
    second: Peer


@contextmanager
def playing(
    scenarios: Sequence[Scenario], certificates: Mapping[str, Certificate]
) -> Iterator[dict[str, Played]]:
    """Run the scenarios, a few at a time, and yield them by name."""
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["__main__", __name__])  # once, and not in each process
    with (
        Inbox() as inbox,
        processes.Pool(4, _begin, [inbox.url], maxtasksperchild=1) as pool,
        ExitStack() as receivers,
    ):
        yield {
            scenario.name: _play(scenario, certificates, pool, receivers) for scenario in scenarios
        }
        pool.close()
        pool.join()


def _play(
    scenario: Scenario, certificates: Mapping[str, Certificate], pool: Any, receivers: ExitStack
) -> Played:
    talk, believed = scenario.talk, ""
    if scenario.certificate:
        talk = encrypted(talk, certificates[scenario.certificate])
        believed = str(certificates[scenario.certificate].chain) if scenario.believed else ""
    first = receivers.enter_context(Peer(talk))
    second = receivers.enter_context(Peer(talk, SECOND_HOST, first.port))
    call = replace(scenario.call, url=scenario.call.url.format(port=first.port), believed=believed)
    return Played(pool.apply_async(_post, (call,)), first, second)


def _begin(url: str) -> None:
    """Make an ordinary call first: what a process needs but once is no receiver's doing."""
    _attempt(Call(url), {})


def _post(call: Call) -> Outcome:
    more = {"tls": tls_context(call.believed)} if call.believed else {}
    memory, starved, begun = _peak(), _starved(), time.perf_counter()
    said, recorded, timings = _attempt(call, more)
    ms = round((time.perf_counter() - begun) * 1000)
    return Outcome(
        said, recorded, timings, ms, round(_starved() - starved), round(_peak() - memory, 1)
    )


def _attempt(call: Call, more: dict[str, Any]) -> tuple[str, Recorded, Mapping[str, int]]:
    more |= {"timeout": TIMEOUT, "allowed": parse_networks(call.allowed), "resolve": call.resolve}
    try:
        answer = transport.post(
            call.url, call.body, {"webhook-signature": "v1,c2lnbmF0dXJl"}, **more
        )
    except DeliveryError as error:
        said = f"refused: {error}" if isinstance(error, TargetRefused) else str(error)
        return said, Recorded(error.address, " ".join(error.timings)), error.timings
    location = answer.headers.get("location", "")
    return (
        _said(answer),
        Recorded(answer.address, " ".join(answer.timings), answer.body, location),
        answer.timings,
    )


def _said(answer: transport.Answer) -> str:
    said = f"{answer.status}: {judge(answer.status, answer.headers).value}"
    if "retry-after" in answer.headers:
        said += f", not within {wait_asked(answer.headers['retry-after'], NOW):g} s"
    return said


def _starved() -> float:
    """Return the ms that this process waited for a CPU while runnable (sched-stats.rst)."""
    schedstat = Path("/proc/self/schedstat")
    return int(schedstat.read_text().split()[1]) / 1e6 if schedstat.exists() else 0


def _peak() -> float:
    """Return the most memory that this process has had so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
