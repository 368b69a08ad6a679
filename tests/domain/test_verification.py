"""Each sender's own proof, made here by another hand than the one that checks it."""

import base64
import hashlib
import hmac

import pytest

from chalicelib.domain.verification import (
    SCHEMES,
    WHAT_IS_READ,
    Sent,
    is_proven,
    why_unproven,
    without_proof,
)

NOW = 1_800_000_000
SECRET = "correct horse battery"
WHSEC = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"name": "\xff\x00", "n": 1.0}'


def sent(headers=None, query=None, body=BODY, now=NOW, *, is_local=False):
    return Sent(headers or {}, query or {}, body, now, is_local)


def mac(signed, key=None):
    return hmac.new(SECRET.encode() if key is None else key, signed, hashlib.sha256)


def standard(at=NOW, body=BODY, message_id="msg_1"):
    key = base64.b64decode(WHSEC.removeprefix("whsec_"))
    made = mac(f"{message_id}.{at}.".encode() + body, key).digest()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(at),
        "webhook-signature": "v1," + base64.b64encode(made).decode(),
    }


def stripe(at=NOW, body=BODY):
    return {"stripe-signature": f"t={at},v1={mac(f'{at}.'.encode() + body).hexdigest()},v0=aa"}


def grafana(at=NOW, body=BODY):
    made = mac(f"{at}:".encode() + body).hexdigest()
    return {"x-grafana-alerting-signature": made, "x-grafana-alerting-timestamp": str(at)}


PROOFS = {
    "token": (SECRET, {"authorization": f"Bearer {SECRET}"}),
    "github": (SECRET, {"x-hub-signature-256": f"sha256={mac(BODY).hexdigest()}"}),
    "gitea": (SECRET, {"x-gitea-signature": mac(BODY).hexdigest()}),
    "gitlab": (SECRET, {"x-gitlab-token": SECRET}),
    "standard": (WHSEC, standard()),
    "stripe": (SECRET, stripe()),
    "sentry": (SECRET, {"sentry-hook-signature": mac(BODY).hexdigest()}),
    "grafana": (SECRET, {"x-grafana-alerting-signature": mac(BODY).hexdigest()}),
}


def test_there_is_a_proof_here_for_each_scheme():
    assert set(PROOFS) == set(SCHEMES) - {"none"}


@pytest.mark.parametrize("verify", PROOFS)
def test_a_right_proof_is_taken_and_one_by_another_secret_is_not(verify):
    secret, headers = PROOFS[verify]
    other = (
        "whsec_" + base64.b64encode(b"x" * 24).decode() if verify == "standard" else "another one"
    )

    assert is_proven(verify, [secret], sent(headers)) is True
    assert is_proven(verify, [other], sent(headers)) is False
    assert is_proven(verify, [other, secret], sent(headers)) is True
    assert is_proven(verify, [secret], sent()) is False


@pytest.mark.parametrize("verify", PROOFS)
@pytest.mark.parametrize("secrets", [[], [""], ["  "]])
def test_a_blank_secret_proves_nothing(verify, secrets):
    nothing = mac(BODY, b"").hexdigest()
    headers = dict.fromkeys(["x-gitlab-token", "authorization", "webhook-signature"], "")
    headers |= {"x-hub-signature-256": "sha256=" + nothing, "x-gitea-signature": nothing}
    headers |= {"sentry-hook-signature": nothing, "x-grafana-alerting-signature": nothing}

    assert (
        is_proven(verify, secrets, sent(headers, {"token": secrets[0] if secrets else ""})) is False
    )


@pytest.mark.parametrize("verify", sorted(set(PROOFS) - {"token", "gitlab"}))
def test_a_signature_is_over_the_bytes_as_they_were_sent(verify):
    secret, headers = PROOFS[verify]

    assert is_proven(verify, [secret], sent(headers, body=BODY + b" ")) is False


@pytest.mark.parametrize("verify", sorted(set(PROOFS) - {"token"}))
def test_with_a_signature_a_token_counts_for_nothing(verify):
    secret, _ = PROOFS[verify]
    headers = {"authorization": f"Bearer {secret}"}

    assert is_proven(verify, [secret], sent(headers, {"token": secret})) is False


def test_a_token_of_the_query_wins_over_the_header():
    headers = {"authorization": f"bearer {SECRET}"}

    assert is_proven("token", [SECRET], sent(headers, {"token": "wrong"})) is False
    assert is_proven("token", [SECRET], sent(headers, {"token": " "})) is True
    assert is_proven("token", [SECRET], sent({}, {"token": SECRET})) is True


def test_blanks_around_a_token_count_on_neither_side():
    assert is_proven("token", [f" {SECRET} "], sent({}, {"token": f" {SECRET} "})) is True
    assert is_proven("token", [f" {SECRET} "], sent({"authorization": f"Bearer {SECRET}"})) is True


def test_a_token_that_is_no_ascii_is_compared_as_utf_8():
    assert is_proven("token", ["grün und 漢字"], sent({}, {"token": "grün und 漢字"})) is True
    assert is_proven("token", ["grün und 漢字"], sent({}, {"token": "\udcff"})) is False


@pytest.mark.parametrize(
    ("verify", "secret", "signed"),
    [("standard", WHSEC, standard), ("stripe", SECRET, stripe), ("grafana", SECRET, grafana)],
)
@pytest.mark.parametrize(
    ("age", "is_taken"), [(0, True), (300, True), (301, False), (-300, True), (-301, False)]
)
def test_a_signed_time_may_be_300_seconds_old_or_ahead(verify, secret, signed, age, is_taken):
    assert is_proven(verify, [secret], sent(signed(NOW - age))) is is_taken


@pytest.mark.parametrize("at", ["", "soon", "1e9", "-1", "١٢٣", f"{NOW}.0", "9" * 5000])
def test_a_time_that_is_no_whole_number_proves_nothing(at):
    assert is_proven("standard", [WHSEC], sent(standard(at))) is False
    assert is_proven("stripe", [SECRET], sent(stripe(at))) is False


def test_one_of_several_signatures_is_enough():
    headers = standard()
    headers["webhook-signature"] = f"v1a,zzz v1,wrong {headers['webhook-signature']}"
    of_stripe = {"stripe-signature": stripe()["stripe-signature"].replace("v1=", "v1=00,v1=")}

    assert is_proven("standard", [WHSEC], sent(headers)) is True
    assert is_proven("stripe", [SECRET], sent(of_stripe)) is True


def test_gitlabs_signing_token_signs_and_its_text_proves_nothing():
    assert is_proven("gitlab", [WHSEC], sent(standard())) is True
    assert is_proven("gitlab", [WHSEC], sent({"x-gitlab-token": WHSEC})) is False


def test_while_gitlabs_token_is_replaced_by_a_signing_token_each_proves_in_its_own_way():
    both = [WHSEC, SECRET]

    assert is_proven("gitlab", both, sent(standard())) is True
    assert is_proven("gitlab", both, sent({"x-gitlab-token": SECRET})) is True


def test_the_whole_text_of_a_secret_of_stripe_is_its_key():
    made = mac(f"{NOW}.".encode() + BODY, WHSEC.encode()).hexdigest()

    assert is_proven("stripe", [WHSEC], sent({"stripe-signature": f"t={NOW},v1={made}"})) is True


def test_without_the_time_that_grafana_signed_its_signature_proves_nothing():
    headers = grafana()
    del headers["x-grafana-alerting-timestamp"]

    assert is_proven("grafana", [SECRET], sent(headers)) is False


def test_none_is_taken_from_this_machine_alone():
    assert is_proven("none", [], sent(is_local=True)) is True
    assert is_proven("none", [SECRET], sent({}, {"token": SECRET})) is False


def test_the_published_example_of_standard_webhooks_is_proven():
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    request = sent(headers, body=b'{"test": 2432232314}', now=1614265330)

    assert is_proven("standard", [WHSEC], request) is True


def test_the_published_example_of_github_is_proven():
    signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    request = sent({"x-hub-signature-256": signature}, body=b"Hello, World!")

    assert is_proven("github", ["It's a Secret to Everybody"], request) is True


def test_no_expression_sees_what_proves_a_request():
    headers = {
        "Authorization": "Bearer x",
        "Cookie": "a=b",
        "X-Hub-Signature": "sha1=x",
        "X-Hub-Signature-256": "sha256=x",
        "X-Gitlab-Token": "x",
        "X-Api-Key": "x",
        "Webhook-Id": "msg_1",
        "X-GitHub-Event": "issues",
        "User-Agent": "x",
    }

    assert without_proof("standard", headers) == {"x-github-event": "issues", "user-agent": "x"}
    assert "webhook-id" in without_proof("github", headers)


def test_every_scheme_says_which_header_or_parameter_it_reads():
    assert {*WHAT_IS_READ, "none"} == {*SCHEMES}
    for request, scheme in [
        ({"x-hub-signature-256": ""}, "github"),
        ({"x-gitea-signature": ""}, "gitea"),
        ({"x-gitlab-token": "", "webhook-signature": ""}, "gitlab"),
        ({"webhook-signature": ""}, "standard"),
        ({"stripe-signature": ""}, "stripe"),
        ({"sentry-hook-signature": ""}, "sentry"),
        ({"x-grafana-alerting-signature": "", "x-grafana-alert-signature": ""}, "grafana"),
        ({"token": "", "authorization": ""}, "token"),
    ]:
        said = why_unproven(scheme)
        assert said.startswith("its proof is missing or wrong: the source takes ")
        assert [name for name in request if name not in said.lower()] == []


def test_a_source_without_a_proof_says_whose_requests_it_takes():
    assert why_unproven("none") == "the source takes requests from this machine only"
