"""A source in a local run, over real HTTP: it makes, changes and closes tasks."""

import gzip
import hashlib
import hmac
import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.local_run import LocalRun, wait_until
from tests.support.receivers import Inbox

pytestmark = pytest.mark.xdist_group("sources")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    with LocalRun(tmp_path_factory.mktemp("sources") / "data") as started:
        yield started


def manage(run, *arguments):
    done = run.manage("--json", *arguments)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def add_source(run, source_id, *arguments):
    """Add a source and return its secret."""
    return manage(run, "source", "add", "--id", source_id, *arguments)["secret"]


def await_source(run, path):
    """Wait until a source is known: what strangers ask for is read once a second."""
    closes_nothing = b'{"closed": true}'
    wait_until(lambda: run.request("POST", path, closes_nothing, {}).status == 200)


def issue(action, title="The door squeaks", state="open", number=7):
    return json.dumps(
        {
            "action": action,
            "issue": {
                "number": number,
                "title": title,
                "state": state,
                "html_url": f"https://github.com/acme/house/issues/{number}",
                "labels": [{"name": "bug"}],
            },
            "repository": {"full_name": "acme/house"},
        }
    ).encode()


def send(run, source_id, secret, body, delivery="", *, encoding=""):
    """Send a body as GitHub signs it."""
    made = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    headers = {"Content-Type": "application/json", "X-Hub-Signature-256": f"sha256={made}"}
    headers |= {"X-GitHub-Delivery": delivery} if delivery else {}
    headers |= {"Content-Encoding": encoding} if encoding else {}
    return run.request("POST", f"/in/{source_id}", body, headers)


def test_an_issue_of_github_makes_changes_and_closes_a_task(run):
    secret = add_source(run, "github", "--preset", "github")
    with Inbox() as inbox:
        manage(run, "endpoint", "add", inbox.url, "--id", "journey")
        opened = send(run, "github", secret, issue("opened"), "first")
        repeat = send(run, "github", secret, issue("opened"), "first")
        same = send(run, "github", secret, issue("edited"), "second")
        edited = send(run, "github", secret, issue("edited", "The door is stuck"), "third")
        closed = send(run, "github", secret, issue("closed", state="closed"), "fourth")
        wait_until(lambda: len(inbox.received) == 3)
        manage(run, "endpoint", "remove", "journey")

    number = json.loads(opened.body)["created"][0]
    assert json.loads(repeat.body) == json.loads(opened.body)
    assert repeat.headers["Idempotent-Replayed"] == "true"
    assert json.loads(same.body)["ignored"] == 1
    assert json.loads(edited.body)["changed"] == [number]
    assert json.loads(closed.body)["closed"] == [number]
    posts = [json.loads(post.body) for post in inbox.received]
    assert [post["title"] for post in posts] == ["The door squeaks", *["The door is stuck"] * 2]
    assert posts[0]["color_id"] == "orange"
    assert posts[2]["changes"]["is_active"] == [1, 0]
    figures = manage(run, "source", "show", "github")["last_24_hours"]
    assert figures == {"created": 1, "changed": 1, "closed": 1, "ignored": 1, "failed": 0}


def test_the_gateway_hands_on_the_bytes_that_were_signed(run):
    secret = add_source(run, "bytes", "--preset", "github")
    packed = gzip.compress(issue("opened", "Packed", number=8))
    spoilt = issue("opened", "Not UTF-8", number=9).replace(b"squeaks", b"\xff\xfe")
    spoilt = spoilt.replace(b"UTF-8", b"\xff\xfe\x00")

    wait_until(lambda: send(run, "bytes", secret, packed, encoding="gzip").status == 200)
    assert send(run, "bytes", secret, spoilt).status == 400  # proven, and no JSON
    assert run.request("POST", "/in/bytes", spoilt, {}).status == 401


def test_payloads_of_a_key_at_the_same_moment_make_one_task(run):
    secret = add_source(run, "alerts", "--preset", "custom")

    def alert(number):
        body = json.dumps({"key": "disk", "title": f"The disk is {90 + number} % full"})
        return run.request("POST", f"/in/alerts?token={secret}", body.encode(), {})

    await_source(run, f"/in/alerts?token={secret}")
    with ThreadPoolExecutor(8) as threads:
        answers = [json.loads(answer.body) for answer in threads.map(alert, range(8))]

    assert sum(len(answer["created"]) for answer in answers) == 1
    assert sum(len(answer["changed"]) for answer in answers) == 7


def test_a_failed_payload_is_mended_by_another_mapping(run):
    secret = add_source(run, "mended", "--preset", "custom")
    await_source(run, f"/in/mended?token={secret}")
    failed = run.request("POST", f"/in/mended?token={secret}", b'{"what": "Lamp"}', {})
    manage(run, "source", "change", "mended", "--task", '{"title": "{{ payload.what }}"}')

    ended = manage(run, "source", "replay", "mended")

    assert failed.status == 202
    assert (ended["payloads"], ended["created"]) == (1, 1)


def test_a_page_of_a_known_origin_may_ask_first(run):
    add_source(run, "page", "--preset", "form", "--origin", "https://shop.example.com")
    headers = {"Origin": "https://shop.example.com", "Access-Control-Request-Method": "POST"}

    def ask():
        return run.request("OPTIONS", "/in/page", None, headers)

    # What strangers ask for is read once a second.
    wait_until(lambda: "Access-Control-Allow-Origin" in ask().headers)

    answer = ask()

    assert (answer.status, answer.body) == (204, "")
    assert answer.headers["Access-Control-Allow-Origin"] == "https://shop.example.com"


def test_without_a_proof_a_local_run_takes_what_comes_from_this_machine(run):
    add_source(run, "open", "--verify", "none")
    await_source(run, "/in/open")

    assert run.request("POST", "/in/open", b'{"title": "x"}', {}).status == 200
    proxied = {"X-Forwarded-For": "192.0.2.7"}
    assert run.request("POST", "/in/open", b'{"title": "x"}', proxied).status == 401


def test_links_and_payloads_outlive_a_kill(run):
    secret = add_source(run, "kept", "--preset", "custom")
    await_source(run, f"/in/kept?token={secret}")
    body = b'{"key": 1, "title": "x"}'
    first = run.request("POST", f"/in/kept?token={secret}", body, {"Idempotency-Key": "a"})
    run.kill()
    run.start()

    again = run.request("POST", f"/in/kept?token={secret}", body, {"Idempotency-Key": "a"})
    other = run.request("POST", f"/in/kept?token={secret}", body, {})

    assert again.headers["Idempotent-Replayed"] == "true"
    assert json.loads(again.body) == json.loads(first.body)
    assert json.loads(other.body)["ignored"] == 1
