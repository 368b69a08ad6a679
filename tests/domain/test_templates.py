"""Templates: where values go, where a placeholder ends, what is refused."""

import pytest

from chalicelib.domain.errors import ExpressionFailed, ExpressionRefused
from chalicelib.domain.templates import compile_template

VALUE = {
    "id": 42,
    "title": 'Say "hi" {{ id }}\n',
    "done": False,
    "ratio": 1.0,
    "owner": None,
    "tags": ["ü", 1],
    "payload": {"x": {"y": 1}},
}


def render(template, value=VALUE):
    return compile_template(template).render(value)


def refusal(template):
    with pytest.raises(ExpressionRefused) as refused:
        compile_template(template)
    return str(refused.value)


def failure(template, value=VALUE):
    with pytest.raises(ExpressionFailed) as failed:
        render(template, value)
    return str(failed.value)


@pytest.mark.parametrize(
    ("template", "rendered"),
    [
        ({"id": "{{ id }}", "l": ["{{tags}}", 1, None]}, {"id": 42, "l": [["ü", 1], 1, None]}),
        ("{{ owner }}", None),
        ("{{ title }}", 'Say "hi" {{ id }}\n'),
        ("#{{ id }}: {{ title }}", '#42: Say "hi" {{ id }}\n'),
        (" {{ id }}", " 42"),
        ("{{ id }}{{ done }}{{ ratio }}{{ owner }}", "42false1.0"),
        ("{{ tags }} {{ payload }}", '["ü",1] {"x":{"y":1}}'),
        ("{{ '}}' }}", "}}"),
        ("{{ '{{' }}", "{{"),
        ("{{ 'it\\'s }}' }}.", "it's }}."),
        ('{{ {"}}": id} }}', {"}}": 42}),
        ('{{ `"}}"` }}', "}}"),
        ("{{ {a: {b: payload.x}} }}", {"a": {"b": {"y": 1}}}),
        ("{{{a: {b: payload.x}}}}", {"a": {"b": {"y": 1}}}),
        ("{{ tags[?@ == '}}'] }}", []),
        ("no }} and { and }", "no }} and { and }"),
        ("", ""),
        (7, 7),
    ],
)
def test_a_placeholder_is_replaced_by_its_value(template, rendered):
    assert render(template) == rendered


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ({"title": "a {{ id"}, "title, column 3: a placeholder does not end"),
        ("{{ 'a }}", "column 1: a placeholder does not end"),
        ("{{ [id }}", "column 1: a placeholder does not end"),
        ({"a": [{"{{ id }}": 1}]}, "a[0]: a key takes no placeholder"),
        ({"{{": 1}, "a key takes no placeholder"),
        ({"a": ["", "x {{ !b.c }}"]}, "a[1], column 6: `!a.b` means `(!a).b`: write `!(a.b)`"),
        ("{{}}", "column 3: is empty"),
        ("{{ id) }}", "column 6: `)` is not expected here"),
        (["x" * 16384], "has more than 16 KB"),
        ({1: object()}, "is no JSON"),
        (float("nan"), "is no JSON"),
    ],
)
def test_a_mistake_is_refused_with_its_place(template, message):
    assert refusal(template) == message


def nested(levels):
    value: object = "{{ id }}"
    for _ in range(levels):
        value = [value]
    return value


def test_a_template_has_at_most_50_levels():
    render(nested(50))

    assert refusal(nested(51)) == "has more than 50 levels"
    assert refusal(nested(5000)) == "has more than 50 levels"


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ({"a": ["{{ upper(id) }}"]}, "a[0]: upper() takes string"),
        ("{{ upper(id) }}", "upper() takes string"),
    ],
)
def test_what_fails_says_where(template, message):
    assert failure(template) == message


def test_a_value_cannot_be_changed_through_what_was_made_before():
    template = {"tags": ["bug"], "title": "{{ title }}"}

    render(template)["tags"].append("changed")

    assert render(template)["tags"] == ["bug"]
