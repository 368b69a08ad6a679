"""Keys that change, a clock that is off, connections that end, and bodies of 16 MB."""

import calendar
import datetime as dt
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate

import pytest
from botocore.credentials import CredentialProvider, CredentialResolver, RefreshableCredentials
from botocore.exceptions import NoCredentialsError, SSLError
from botocore.session import Session
from urllib3.util import wait_for_read

from tests.support.failing_store import answers, answers_and_closes, closes, failing, refuses
from tests.support.receivers import make_certificate
from tests.support.two_clients import ours, outcome


def test_a_write_is_repeated_with_the_same_content_and_a_signature_of_its_own_connection():
    with failing(closes) as store:
        ours(store.url)("PutItem", {"TableName": "tasks", "Item": {"task_id": {"N": "1"}}})

    first, second = store.received
    assert (first.body, first.headers["X-Amz-Target"]) == (
        second.body,
        "DynamoDB_20120810.PutItem",
    )
    assert first.port != second.port


def test_connections_stay_open_and_one_that_the_store_has_closed_costs_no_attempt():
    with failing(answers(), answers(), answers_and_closes) as store:
        call = ours(store.url, attempts=1)
        for _ in range(3):
            call("GetItem", {})
        [idle] = call.__self__._connections._idle
        assert wait_for_read(idle._sock, timeout=10)  # its end has arrived
        call("GetItem", {})

    ports = [request.port for request in store.received]
    assert len(ports) == 4
    assert ports[0] == ports[1] == ports[2] != ports[3]


def stamp_of(request):
    return calendar.timegm(time.strptime(request.headers["X-Amz-Date"], "%Y%m%dT%H%M%SZ"))


@pytest.mark.parametrize("hours", [-1, 30])
def test_a_clock_that_is_off_is_set_once_by_the_answer_of_the_store(hours):
    its_time = time.time() + hours * 3600
    early = answers(
        {"__type": "#InvalidSignatureException", "message": "Signature expired"},
        400,
        Date=formatdate(its_time, usegmt=True),
    )
    with failing(early) as store:
        call = ours(store.url)
        call("GetItem", {})
        call("GetItem", {})

    assert len(store.received) == 3
    assert [abs(stamp_of(request) - its_time) < 60 for request in store.received[1:]] == [True] * 2


def test_a_signature_that_is_refused_for_another_reason_is_not_tried_again():
    refused = refuses("InvalidSignatureException")
    with failing(refused) as store:
        code = outcome(ours(store.url))[0]["Code"]

    assert (code, len(store.received)) == ("InvalidSignatureException", 1)


class Temporary(CredentialProvider):
    """Provides credentials that are refreshed before each use, with a token that counts."""

    METHOD = CANONICAL_NAME = "temporary"

    def __init__(self):
        self.made = 0

    def load(self):
        return RefreshableCredentials.create_from_metadata(self.next(), self.next, self.METHOD)

    def next(self):
        self.made += 1
        soon = dt.datetime.now(dt.timezone.utc) + dt.timedelta(seconds=1)
        return {
            "access_key": "key",
            "secret_key": "secret",
            "token": f"token {self.made}",
            "expiry_time": soon.isoformat(),
        }


def test_temporary_credentials_send_their_token_and_are_refreshed():
    session = Session()
    session.register_component("credential_provider", CredentialResolver([Temporary()]))
    with failing() as store:
        call = ours(store.url, session.get_credentials)
        call("GetItem", {})
        call("GetItem", {})

    tokens = [request.headers["X-Amz-Security-Token"] for request in store.received]
    assert tokens == ["token 2", "token 3"]
    assert all("x-amz-security-token" in r.headers["Authorization"] for r in store.received)


def test_without_credentials_nothing_is_sent_and_later_ones_are_found():
    session = Session()
    session.register_component("credential_provider", CredentialResolver([]))
    with failing() as store:
        call = ours(store.url, session.get_credentials)
        with pytest.raises(NoCredentialsError):
            call("GetItem", {})
        session.set_credentials("key", "secret")
        call("GetItem", {})

    assert len(store.received) == 1


def test_bodies_of_16_mb_go_both_ways():
    text = "x" * 16_000_000
    with failing(answers({"Item": {"title": {"S": text}}})) as store:
        answer = ours(store.url)("PutItem", {"Item": {"title": {"S": text}}})

    assert answer["Item"] == {"title": {"S": text}} == json.loads(store.received[0].body)["Item"]


def test_many_threads_share_the_connections_and_each_gets_its_own_answer():
    def ask(call, number):
        return call("GetItem", {"number": number})["number"]

    def say_back(handler):
        own = [r for r in handler.server.received if r.port == handler.client_address[1]][-1]
        answers(own.body)(handler)

    with failing(*[say_back] * 200) as store, ThreadPoolExecutor(8) as threads:
        call = ours(store.url)
        told = list(threads.map(lambda number: ask(call, number), range(200)))

    assert told == list(range(200))
    assert len({request.port for request in store.received}) <= 8


def test_a_process_that_was_frozen_repeats_a_lost_call_on_a_new_connection():
    together = threading.Barrier(3, timeout=10)

    def say_all_at_once(handler):
        together.wait()
        answers()(handler)

    with failing(*[say_all_at_once] * 3, closes) as store, ThreadPoolExecutor(3) as threads:
        call = ours(store.url)
        list(threads.map(lambda _: call("GetItem", {}), range(3)))
        old_ports = {request.port for request in store.received}
        call("PutItem", {})

    assert len(old_ports) == 3
    lost, repeated = store.received[3:]
    assert lost.port in old_ports
    assert repeated.port not in old_ports


def test_a_certificate_of_the_configured_authority_is_trusted_and_no_other_one(tmp_path):
    certificate = make_certificate(tmp_path, "127.0.0.1")
    with failing(certificate=certificate) as store:
        refused = outcome(ours(store.url))
        trusted = outcome(ours(store.url, certificates=str(certificate[0])))

    assert (refused, trusted, len(store.received)) == (SSLError, {}, 1)


def test_a_connection_over_tls_stays_open_too(tmp_path):
    certificate = make_certificate(tmp_path, "127.0.0.1")
    with failing(certificate=certificate) as store:
        call = ours(store.url, certificates=str(certificate[0]))
        for _ in range(3):
            call("GetItem", {})

    assert len({request.port for request in store.received}) == 1


def raw(*parts):
    def step(handler):
        handler.wfile.write(b"".join(parts))
        handler.close_connection = b"close" in b"".join(parts).lower() or b"1.0 " in parts[0]

    return step


OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "step",
    [
        raw(CHUNKED, b'8\r\n{"Item":\r\n3;x=y\r\n {}\r\n1\r\n}\r\n0\r\nX-Trailer: z\r\n\r\n'),
        raw(b"HTTP/1.0 200 OK\r\nContent-Length: 11\r\n\r\n", b'{"Item":{}}'),
        raw(OK, b"Connection: close\r\n\r\n", b'{"Item":{}}'),
        raw(OK, b"Connection: Close\r\nContent-Length: 11\r\n\r\n", b'{"Item":{}}'),
        raw(b"HTTP/1.1 100 Continue\r\n\r\n", OK, b"Content-Length: 11\r\n\r\n", b'{"Item":{}}'),
    ],
    ids=["chunks", "HTTP 1.0", "to the end", "then closes", "interim"],
)
def test_each_way_to_end_an_answer_is_read_and_the_next_call_is_answered(step):
    with failing(step) as store:
        call = ours(store.url, attempts=1)
        answers_of_both = [outcome(call), outcome(call)]

    assert answers_of_both == [{"Item": {}}, {}]


def test_what_comes_behind_an_answer_is_not_taken_for_the_next_one():
    surplus = OK + b'Content-Length: 11\r\n\r\n{"Item":{}}'
    with failing(raw(OK, b"Content-Length: 2\r\n\r\n{}", surplus)) as store:
        call = ours(store.url)
        answers_of_both = [outcome(call), outcome(call)]

    assert answers_of_both == [{}, {}]


@pytest.mark.parametrize(
    "step",
    [
        raw(b"SSH-2.0-OpenSSH\r\n"),
        raw(OK, b"Content-Length: -1x\r\n\r\n{}"),
        raw(OK, b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}"),
        raw(CHUNKED, b"zz\r\n{}\r\n"),
        raw(OK, b"X: y\r\n" * 200),
    ],
    ids=["no HTTP", "no length", "two lengths", "no chunk", "too many headers"],
)
def test_an_answer_that_cannot_be_read_is_asked_for_again_on_another_connection(step):
    with failing(step) as store:
        answer = outcome(ours(store.url))

    assert (answer, len({request.port for request in store.received})) == ({}, 2)
