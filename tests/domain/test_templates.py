"""Templates: where values go, where a placeholder ends, what is refused."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.errors import ExpressionFailed, ExpressionRefused
from chalicelib.domain.templates import compile_template
from tests.support.jmespath_texts import expressions, objects, texts, values

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
        ({"a": ["{{ upper(id) }}"]}, "a[0]: upper() takes a text"),
        ("{{ upper(id) }}", "upper() takes a text"),
    ],
)
def test_what_fails_says_where(template, message):
    assert failure(template) == message


def test_a_value_cannot_be_changed_through_what_was_made_before():
    template = {"tags": ["bug"], "title": "{{ title }}"}

    render(template)["tags"].append("changed")

    assert render(template)["tags"] == ["bug"]


LARGE = "x" * 100_000


@pytest.mark.parametrize(
    ("template", "value", "message"),
    [
        (["{{ a }}", "{{ a }}", "{{ a }}"], {"a": LARGE}, "makes a value of more than 256 KB"),
        ({"b": "{{ a }}!"}, {"a": LARGE * 3}, "b: makes a value of more than 256 KB"),
        ("{{ a }}" * 3, {"a": LARGE}, "makes a value of more than 256 KB"),
        ("{{ a }}{{ a }}" * 1000, {"a": LARGE * 10}, "makes a value of more than 256 KB"),
        (".{{ a }}", {"a": [LARGE] * 3}, "makes a value of more than 256 KB"),
        (["{{ length(a) }}"] * 5, {"a": [0] * 4_000}, "[4]: takes more than 20,000 steps"),
        (["{{ a }}"], {"a": nested(50)}, "makes a value of more than 50 levels"),
    ],
)
def test_all_expressions_of_a_template_are_one_evaluation(template, value, message):
    assert failure(template, value) == message


def test_a_placeholder_alone_may_pick_what_is_larger_than_what_is_made():
    assert render("{{ a }}", {"a": LARGE * 3}) == LARGE * 3


def filled(template, value):
    """Return what is wanted of a template in which each text is `{{ @ }}` or has no placeholder."""
    if isinstance(template, dict):
        return {key: filled(child, value) for key, child in template.items()}
    if isinstance(template, list):
        return [filled(child, value) for child in template]
    return value if template == "{{ @ }}" else template


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.just("{{ @ }}")
    | st.sampled_from(["", "}}", "a"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("ab}", max_size=2), inner),
    max_leaves=12,
)


@given(plain, values)
def test_no_value_breaks_out_of_its_place(template, value):
    rendered = render(template, value)

    assert rendered == filled(template, value)
    assert render(json.loads(json.dumps(template)), value) == rendered


@given(texts, st.text("ab }", max_size=5), st.text("ab }", max_size=5))
def test_no_value_breaks_out_of_its_text(value, before, after):
    assert render(f"{before}.{{{{ @ }}}}.{after}", value) == f"{before}.{value}.{after}"


anything = st.recursive(
    st.one_of(
        expressions.map("{{{{ {} }}}}".format),
        st.builds("{} {{{{ {} }}}}{}".format, texts, expressions, texts),
        st.text("{}'`\"a ", max_size=12),
        values,
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("{a}", max_size=4), inner),
    max_leaves=6,
)


@given(anything, objects)
def test_a_template_gives_json_or_one_of_two_errors(template, value):
    rendered = None
    with suppress(ExpressionRefused, ExpressionFailed):
        rendered = render(template, value)

    json.dumps(rendered, allow_nan=False)
