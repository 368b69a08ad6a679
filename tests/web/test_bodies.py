"""How a body is read: nothing is dropped silently, and nothing fails after the write."""

import codecs
import gzip
import json
import zlib

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st

from chalicelib.adapters.dynamodb.tables import Task
from chalicelib.services.tasks import lifecycle
from chalicelib.web import bodies
from tests.support.cloud import TOKEN
from tests.support.http_calls import APPLICATION, FORM, JSON, Answer, add, call, post_json, post_rpc
from tests.support.stored_tasks import titles

pytestmark = pytest.mark.usefixtures("cloud")

ADD = "controller=task&action=add"
PARTS = "multipart/form-data; boundary=x"


def post(body: bytes, content_type: str = FORM, query: str = "", **headers: str) -> Answer:
    """Add a task by what a body says, its token too where the query is all that there is of it."""
    return add(query, method="POST", headers={"content-type": content_type, **headers}, body=body)


def part(name: str, content: str | bytes, *, more: str = "", headers: str = "") -> bytes:
    """Return a part of a form and what comes before it."""
    content = content.encode() if isinstance(content, str) else content
    return (
        f'--x\r\nContent-Disposition: form-data; name="{name}"{more}\r\n{headers}\r\n'.encode()
        + content
        + b"\r\n"
    )


def reason(answer: Answer) -> tuple[int, str]:
    assert answer.text == "FAILED"
    return answer.status, answer.headers["X-Failure-Reason"]


def test_a_byte_order_mark_hides_no_field():
    sent = [
        (FORM, "title=Größe"),
        (FORM, "title=Gr%C3%B6%C3%9Fe"),
        (JSON, '{"title": "Größe"}'),
        ("text/plain", ' {"title": "Größe"}'),
        (PARTS, part("title", "Größe").decode() + "--x--\r\n"),
    ]

    answers = [post(codecs.BOM_UTF8 + text.encode(), content_type) for content_type, text in sent]

    assert ([answer.status for answer in answers], titles()) == ([200] * 5, ["Größe"] * 5)


def test_a_byte_order_mark_says_how_a_body_is_read():
    sent = [(FORM, "\ufefftitle=Größe"), (JSON, '\ufeff{"title": "Größe"}')]
    charsets = ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"]

    answers = [
        post(text.encode(charset), content_type)
        for content_type, text in sent
        for charset in charsets
    ]

    assert ([answer.status for answer in answers], titles()) == ([200] * 8, ["Größe"] * 8)


def test_a_declared_charset_is_obeyed():
    latin_1 = part("title", b"Gr\xf6\xdfe", headers="Content-Type: text/plain; charset=cp1252\r\n")
    sent = [
        (f"{FORM}; charset=ISO-8859-1", b"title=Gr\xf6\xdfe"),
        (f"{FORM}; charset=iso-8859-1", b"title=Gr%F6%DFe"),
        (f'{FORM}; charset="windows-1252"', b"title=Gr%F6%DFe"),
        (f"{JSON};charset=latin1", b'{"title": "Gr\xf6\xdfe"}'),
        (f"{JSON}; charset=UTF-16", '{"title": "Größe"}'.encode("utf-16")),
        (f"{JSON}; charset=cp037", '{"title": "Größe"}'.encode("cp037")),
        (f"{PARTS}; charset=latin-1", part("title", b"Gr\xf6\xdfe") + b"--x--"),
        (PARTS, latin_1 + b"--x--"),
    ]

    answers = [post(body, content_type) for content_type, body in sent]

    assert ([answer.status for answer in answers], titles()) == ([200] * 8, ["Größe"] * 8)


def test_a_charset_that_nobody_knows_is_refused():
    charsets = ["nonsense", "bz2", "punycode", "idna", "unicode_escape", "undefined", "x" * 9000]

    answers = {
        charset: post(b'{"title": "x"}', f"{JSON}; charset={charset}") for charset in charsets
    }

    assert {charset: reason(answer) for charset, answer in answers.items()} == {
        charset: (415, f"body: takes a charset that Python knows, not {charset[:100]}")
        for charset in charsets
    }
    assert titles() == []


def test_a_body_that_is_not_of_its_charset_is_refused():
    charsets = ["utf-8", "us-ascii", "utf-16", "utf-7", "euc-jp"]

    answers = [
        post(b'{"title": "\xff+2AA-"}', f"{JSON}; charset={charset}") for charset in charsets
    ]

    assert {answer.status for answer in answers} == {400}
    assert {answer.headers["X-Failure-Reason"].partition(" valid ")[0] for answer in answers} == {
        "body: must be"
    }
    assert titles() == []


def raw_deflate(body: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-15)
    return stream.compress(body) + stream.flush()


def test_a_compressed_body_is_read():
    ways = [
        ("gzip", gzip.compress),
        ("GZIP", gzip.compress),
        ("x-gzip", gzip.compress),
        ("gzip", lambda body: gzip.compress(body[:7]) + gzip.compress(body[7:])),
        ("deflate", zlib.compress),
        ("deflate", raw_deflate),
        ("deflate, gzip", lambda body: gzip.compress(zlib.compress(body))),
        ("identity", bytes),
    ]
    form = f"{ADD}&token={TOKEN}&title=x".encode()
    as_json = json.dumps(
        {"controller": "task", "action": "add", "token": TOKEN, "title": "x"}
    ).encode()

    answers = [
        call(
            method="POST",
            headers={"content-type": content_type, "content-encoding": coding},
            body=compress(body),
        )
        for coding, compress in ways
        for content_type, body in [(FORM, form), (JSON, as_json)]
    ]

    assert ([answer.status for answer in answers], titles()) == ([200] * 16, ["x"] * 16)


def test_a_compression_that_is_not_read_is_refused():
    codings = ["br", "zstd", "compress", "gzip, br", "gzip, gzip, gzip", "\N{POUND SIGN}"]

    answers = [post(b"title=x", **{"content-encoding": coding}) for coding in codings]

    wanted = "body: takes the Content-Encoding gzip or deflate, not "
    assert [reason(answer) for answer in answers] == [
        *((415, wanted + coding) for coding in codings[:-1]),
        (415, wanted + "?"),
    ]
    assert titles() == []


def test_a_body_that_is_not_compressed_as_it_says_is_refused():
    sent = [
        ("gzip", b"title=x"),
        ("gzip", gzip.compress(b"title=x")[:-1]),
        ("gzip", gzip.compress(b"title=x") + b"more"),
        ("gzip", gzip.compress(b"title=x") * 100),
        ("deflate", b"title=x"),
        ("deflate", zlib.compress(b"title=x") + zlib.compress(b"more")),
    ]

    answers = [post(body, **{"content-encoding": coding}) for coding, body in sent]

    assert [reason(answer) for answer in answers] == [
        (415, f"body: is not {coding}, as its Content-Encoding says") for coding, _ in sent
    ]
    assert titles() == []


@pytest.mark.parametrize("size", [bodies.LARGEST + 1, 6 * 1024 * 1024])
@pytest.mark.parametrize("coding", ["gzip", "deflate", "gzip, gzip", ""])
def test_a_body_of_more_than_1_mb_is_refused_compressed_or_not(coding, size):
    body = b"title=x&more=" + b"y" * (size - 13)
    for each in filter(None, coding.split(", ")):
        body = gzip.compress(body) if each == "gzip" else zlib.compress(body)

    answer = post(body, **{"content-encoding": coding})

    assert reason(answer) == (413, "body: takes at most 1 MB")
    assert titles() == []


@pytest.mark.parametrize("coding", ["gzip", ""])
def test_a_body_of_1_mb_is_read(coding):
    body = b"title=x&more=" + b"y" * (bodies.LARGEST - 13)

    answer = post(gzip.compress(body) if coding else body, **{"content-encoding": coding})

    assert (answer.status, answer.headers["X-Ignored-Parameters"]) == (200, "more")


def test_a_form_in_parts_is_read():
    body = b"".join(
        part(name, text)
        for name, text in {"token": TOKEN, "title": "Größe", "description": "a\r\nb"}.items()
    )

    answer = call(ADD, method="POST", headers={"content-type": PARTS}, body=body + b"--x--\r\n")

    task = lifecycle.find_task(1)
    assert (answer.status, task.title, task.description) == (200, "Größe", "a\r\nb")


def test_a_part_is_read_as_it_was_written():
    written = {
        "base64": b"R3LDtsOfZQ==",
        "Quoted-Printable": b"Gr=C3=B6=C3=9Fe",
        "8bit": "Größe".encode(),
    }

    answers = [
        post(
            part("title", content, headers=f"Content-Transfer-Encoding: {transfer}\r\n") + b"--x--",
            PARTS,
        )
        for transfer, content in written.items()
    ]

    assert ([answer.status for answer in answers], titles()) == ([200] * 3, ["Größe"] * 3)


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        (part("color_id", "red", more='; filename="a.txt"'), "color_id: takes a text, not a file"),
        (
            part("title", "x", headers="Content-Transfer-Encoding: uu\r\n"),
            "title: takes no Content-Transfer-Encoding 'uu'",
        ),
        (
            part("title", "x", headers="Content-Transfer-Encoding: base64\r\n"),
            "title: is not base64, as its part says",
        ),
        (part("title", b"\xff"), "title: must be valid UTF-8"),
    ],
)
def test_a_part_that_cannot_be_read_is_refused_by_its_name(sent, why):
    answer = post((b"" if b'"title"' in sent else part("title", "x")) + sent + b"--x--", PARTS)

    assert (reason(answer), titles()) == ((400, why), [])


def test_a_file_of_a_name_that_counts_for_nothing_is_named():
    answer = post(
        part("title", "x") + part("scan", "y", more='; filename="a.pdf"') + b"--x--", PARTS
    )

    assert (answer.status, answer.headers["X-Ignored-Parameters"]) == (200, "scan")


def test_what_is_no_form_in_parts_is_refused():
    sent = [
        b"title=x",
        b"--x",
        part("title", "x"),
        b"--x\r\n\r\nx\r\n--x--",
        b"--x\r\nno colon\r\n\r\nx\r\n--x--",
        b"--x\r\nContent-Disposition: attachment; name=title\r\n\r\nx\r\n--x--",
        b"--x\r\nContent-Disposition: form-data; name=\xff\r\n\r\nx\r\n--x--",
        part("title", "x", headers="X-More: y\r\n" * 20) + b"--x--",
        part("title", "x", headers=f"X-More: {'y' * 5000}\r\n") + b"--x--",
        part("title", "x") * 1001 + b"--x--",
    ]

    answers = [post(body, PARTS) for body in sent] + [
        post(sent[2] + b"--x--", "multipart/form-data; boundary=")
    ]

    assert {answer.status for answer in answers} == {400}
    starts = {
        answer.headers["X-Failure-Reason"].partition(": ")[2].partition(":")[0]
        for answer in answers
    }
    assert starts == {"is not multipart/form-data"}
    assert titles() == []


def test_an_ignored_name_that_is_no_unicode_is_shown_escaped():
    answer = post(rb'{"title": "x", "\ud800": "y", "more": "\udfff"}', JSON)

    assert (answer.status, answer.headers["X-Ignored-Parameters"]) == (200, "%5Cud800, more")
    assert titles() == ["x"]


_texts = st.text(st.characters(), max_size=5)  # halves of surrogate pairs too
_values = (
    st.none() | st.booleans() | st.integers() | st.floats() | _texts | st.lists(_texts, max_size=2)
)
_names = _texts | st.sampled_from(
    ["title", "description", "idempotency_key", "color_id", "owner_id", "body", "\ud800"]
)


@how(
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.dictionaries(_names, _values, max_size=4), st.booleans())
def test_a_task_is_stored_exactly_where_ok_is_answered_whatever_a_body_holds(said, is_json_wanted):
    before = Task.count()

    answer = add(
        method="POST",
        headers={"content-type": JSON} | ({"accept": JSON} if is_json_wanted else {}),
        body=json.dumps({"title": "x"} | said),
    )

    is_added = answer.status == 200 and "Idempotent-Replayed" not in answer.headers
    assert answer.status in {200, 400, 422}
    assert Task.count() - before == is_added
    assert all(str(text).isascii() and str(text).isprintable() for text in answer.headers.values())


def test_the_api_reads_bodies_as_the_hook_does():
    asked = json.dumps(
        {"jsonrpc": "2.0", "id": 1, "method": "createTask", "params": ["Größe", 1]},
        ensure_ascii=False,
    )

    answers = [
        post_rpc(codecs.BOM_UTF8 + asked.encode()),
        post_rpc(gzip.compress(asked.encode()), APPLICATION | {"Content-Encoding": "gzip"}),
        post_rpc(asked.replace("Größe", "x").encode("utf-16")),
        post_rpc(
            asked.encode("latin-1"),
            APPLICATION | {"Content-Type": "application/json; charset=latin-1"},
        ),
        post_rpc(asked, APPLICATION | {"Content-Encoding": "br"}),
        post_rpc(" " * (4 * 1024 * 1024 + 1)),
    ]

    assert [answer.status for answer in answers] == [200, 200, 200, 200, 415, 413]
    assert json.loads(answers[4].text)["error"] == {
        "code": -32700,
        "message": "Parse error: the body takes the Content-Encoding gzip or deflate, not br",
    }
    assert len(titles()) == 4


def test_an_object_of_many_fields_is_read_once_the_token_is_good():
    answer = post_json({"title": "x"} | {f"n{number}": number for number in range(5000)})

    assert answer.status == 200


@pytest.mark.parametrize("content_type", [FORM, JSON])
def test_a_compressed_body_that_does_not_say_so_is_told_what_to_say(content_type):
    answer = post(gzip.compress(b'{"title": "x"}'), content_type)

    assert (answer.status, titles()) == (400, [])
    assert answer.headers["X-Failure-Reason"] == "body: is compressed: send Content-Encoding: gzip"
