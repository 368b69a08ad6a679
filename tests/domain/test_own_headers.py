"""The headers of endpoints: what is refused when it is saved, and what when it is evaluated."""

import pytest

from chalicelib.domain import own_headers
from chalicelib.domain.errors import NotMade
from chalicelib.domain.free_fields import Unreadable

EVENT = {"type": "task.created", "data": {"task_id": 7, "title": "Café"}, "tags": ["a"]}


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ([], "takes an object"),
        ({f"X-{n}": "x" for n in range(21)}, "takes up to 20 headers"),
        ({"X": "x" * 4096}, "takes up to 4 KB"),
        ({"X": 5}, "X takes a text"),
        ({"X Y": "x"}, "takes names of letters, digits and !#$%&'*+-.^_`|~"),
        ({"X:": "x"}, "takes names of letters, digits and !#$%&'*+-.^_`|~"),
        ({"X-A": "x", "x-a": "y"}, "x-a is there twice"),
        ({"HOST": "x"}, "HOST cannot be set: it comes from the URL"),
        ({"Content-Length": "1"}, "Content-Length cannot be set: it says where a request ends"),
        ({"User-Agent": "x"}, "User-Agent cannot be set: it names Taskhook"),
        ({"Webhook-Id": "x"}, "Webhook-Id cannot be set: it belongs to the signature"),
        ({"X-Taskhook-X": "x"}, "X-Taskhook-X cannot be set: it tells of the attempt"),
        ({"X": "sesame {{ data. }}"}, "X, column 17: is no valid expression"),
        ({"X": "a\nb"}, "X takes visible characters of Latin-1"),
        ({"X": "日本"}, "X takes visible characters of Latin-1"),
        ({"X": ""}, "X takes visible characters of Latin-1"),
    ],
)
def test_headers_that_cannot_be_sent_are_refused_with_the_reason(headers, reason):
    with pytest.raises(Unreadable) as refusal:
        own_headers.read_headers(headers)

    assert str(refusal.value) == reason


@pytest.mark.parametrize("name", ["Transfer-Encoding", "Connection", "Expect", "Accept-Encoding"])
def test_a_header_that_an_attempt_needs_for_itself_is_refused(name):
    with pytest.raises(Unreadable, match=f"^{name} cannot be set: "):
        own_headers.read_headers({name: "x"})


def test_headers_are_made_of_the_event():
    headers = {
        "Authorization": "Bearer abc",
        "X-Task": "{{ data.task_id }}",
        "X-Title": "{{ upper(data.title) }}!",
        "X-Owner": "{{ owner.name }}",
        "X-None": None,
    }

    made = own_headers.evaluate(own_headers.read_headers(headers), EVENT)

    assert made == {"Authorization": "Bearer abc", "X-Task": "7", "X-Title": "CAFÉ!"}


@pytest.mark.parametrize(
    "value",
    [
        "a\r\nX-Injected: 1",
        "a\nb",
        "日本",
        "",
        " ",
        "\xa0",
        "tab\there",
        "{{ tags }}",
        "{{ data }}",
    ],
)
def test_a_value_that_is_not_visible_latin_1_is_not_sent_and_not_told(value):
    with pytest.raises(NotMade) as failure:
        own_headers.evaluate({"X-Key": value}, EVENT)

    assert str(failure.value) == "headers: X-Key takes visible characters of Latin-1"


def test_an_expression_that_fails_does_not_tell_what_it_was_made_of():
    headers = {"X-Key": "{{ join('', ['hunter2', data.task_id]) }}"}

    with pytest.raises(NotMade) as failure:
        own_headers.evaluate(headers, EVENT)

    assert str(failure.value) == "headers: X-Key cannot be made of this event"


@pytest.mark.parametrize(("body_format", "is_refused"), [("custom", False), (None, True)])
def test_the_content_type_belongs_to_the_format_but_for_a_custom_one(body_format, is_refused):
    values = {"headers": {"content-type": "text/plain"}, "format": body_format}

    assert bool(own_headers.fault_of(values)) is is_refused
