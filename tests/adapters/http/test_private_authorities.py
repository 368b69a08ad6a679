"""Receivers with a private authority's certificate: trusted through CA_BUNDLE."""

import ssl

import certifi
import pytest

from chalicelib.adapters.http import transport
from chalicelib.adapters.http.sockets import tls_context
from chalicelib.domain.errors import DeliveryError
from chalicelib.domain.targets import parse_networks
from tests.support.certificate_authorities import Authority
from tests.support.local_run import LocalRun
from tests.support.receivers import Inbox


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("root"), "Root")


@pytest.fixture(scope="module")
def authority(tmp_path_factory, root):
    return Authority(tmp_path_factory.mktemp("authority"), "Company", root)


@pytest.fixture
def inbox(authority):
    """A receiver that proves itself by the company's authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue("127.0.0.1"))
    with Inbox() as inbox:
        inbox.socket = context.wrap_socket(inbox.socket, server_side=True)
        inbox.url = inbox.url.replace("http:", "https:")
        yield inbox


def post(inbox, **more):
    return transport.post(
        inbox.url, b"{}", {}, timeout=5, allowed=parse_networks("127.0.0.0/8"), **more
    )


def test_without_the_bundle_a_private_authority_is_not_believed(inbox):
    with pytest.raises(DeliveryError, match="the certificate is not valid: "):
        post(inbox)


def test_an_authority_of_the_bundle_is_believed(inbox, root):
    assert post(inbox, tls=tls_context(certifi.where(), str(root.file))).status == 204


def test_of_a_chain_the_part_that_the_bundle_holds_is_enough(inbox, authority):
    assert post(inbox, tls=tls_context(certifi.where(), str(authority.file))).status == 204


def test_the_public_authorities_are_believed_beside_the_bundle(root):
    public, both = tls_context(certifi.where()), tls_context(certifi.where(), str(root.file))

    more = [held for held in both.get_ca_certs() if held not in public.get_ca_certs()]

    assert [held["subject"] for held in more] == [((("commonName", "Root"),),)]
    assert len(both.get_ca_certs()) == len(public.get_ca_certs()) + 1


def test_a_private_authority_needs_not_be_stricter_on_a_newer_python(root):
    assert not tls_context(certifi.where(), str(root.file)).verify_flags & ssl.VERIFY_X509_STRICT


@pytest.mark.process
@pytest.mark.xdist_group("local runs")
def test_dispatch_retry_and_test_believe_the_bundle(tmp_path, inbox, root):
    environ = {"CA_BUNDLE": str(root.file), "RETRY_DELAYS": "0.1,0.1"}
    with LocalRun(tmp_path / "data", store="memory", environ=environ) as run:
        run.configure(inbox.url)
        inbox.status = 500
        run.add(title="x")
        inbox.wait_for(1)
        inbox.status = 204
        run.wait_until(lambda: run.states() == ["delivered"])
        del run._environ["CA_BUNDLE"]  # a command asks the run for it
        tested = run.manage("endpoint", "test", "ci")

    assert (tested.returncode, tested.stderr) == (0, "")
    assert {received.headers["X-Taskhook-Event"] for received in inbox.received} == {
        "task.created",
        "ping",
    }
