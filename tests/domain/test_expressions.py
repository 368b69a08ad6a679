"""Expressions: what they pick, what functions make, what is refused, and what bounds them."""

import pytest

from chalicelib.domain.errors import ExpressionFailed, ExpressionRefused
from chalicelib.domain.expressions import compile_expression

EVENT = {
    "type": "task.modified",
    "data": {"title": "Fix <b>it</b> & go", "score": 0, "owner_id": 5, "note": ""},
    "tags": ["urgent", "api"],
    "owner": None,
    "items": [{"name": "b", "size": 2}, {"name": "a", "size": 10}, {"name": None, "size": 3}],
    "at": 1_700_000_000,
}


def search(text, value=EVENT):
    return compile_expression(text).search(value)


def refusal(text):
    with pytest.raises(ExpressionRefused) as refused:
        compile_expression(text)
    return str(refused.value)


def failure(text, value=EVENT):
    with pytest.raises(ExpressionFailed) as failed:
        search(text, value)
    return str(failed.value)


def brief(text):
    return str(text)[:40]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("data.owner_id == `5`", True),
        ("owner.name", None),
        ("items[?size > `2`].name", ["a"]),
        ("items[].{n: name, s: size} | [0]", {"n": "b", "s": 2}),
        ("sort_by(items, &size)[].size", [2, 3, 10]),
        ("data.note || type", "task.modified"),
        ("!(data.note)", True),
        ("!tags[0]", False),
        ("(!data).note", None),
        ("tags[::-1]", ["api", "urgent"]),
        ("`open` == 'open'", True),
        (" || ".join(["nothing"] * 200 + ["type"]), "task.modified"),
        (" && ".join(["type"] * 200 + ["data.score"]), 0),
        (" | ".join(["@"] * 200), EVENT),
    ],
)
def test_an_expression_is_jmespath(text, value):
    assert search(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("upper(type)", "TASK.MODIFIED"),
        ("lower('ÄB')", "äb"),
        ("trim('  a b\n')", "a b"),
        ("truncate(type, `6`)", "task.…"),
        ("truncate(type, `13`)", "task.modified"),
        ("truncate(type, `1`)", "…"),
        ("truncate(type, `0`)", ""),
        ("truncate('👩👩👩', `2`)", "👩…"),
        ("replace(type, 'task.', 'card ')", "card modified"),
        ("replace(type, '', '-')", "task.modified"),
        ("split(type, '.')", ["task", "modified"]),
        ("split('abc', '')", ["a", "b", "c"]),
        ("lines(tags)", "urgent\napi"),
        (
            "lines([type, owner, data.score, `true`, tags])",
            'task.modified\n0\ntrue\n["urgent","api"]',
        ),
        ("date(at)", "2023-11-14T22:13:20Z"),
        ("date('2026-07-01T14:25:00.5+02:00')", "2026-07-01T12:25:00Z"),
        ("date('2026-07-01 14:25:00 UTC')", "2026-07-01T14:25:00Z"),
        ("date('2026-07-01')", "2026-07-01T00:00:00Z"),
        ("date('soon')", None),
        ("date(data.score)", None),
        ("date(`1700000000000`)", None),
        ("date(`1e300`)", None),
        ("date('')", None),
        ("escape(data.title, 'html')", "Fix &lt;b&gt;it&lt;/b&gt; &amp; go"),
        ("""escape('"&<', 'html')""", "&quot;&amp;&lt;"),
        (r"escape('it\'s', 'html')", "it&#x27;s"),
        ("""escape('"&<!channel>', 'slack')""", '"&amp;&lt;!channel&gt;'),
        ("escape('[a](b) *c* d_e', 'markdown')", r"\[a\]\(b\) \*c\* d\_e"),
        ("url('a b/ü~.-_')", "a%20b%2F%C3%BC~.-_"),
    ],
)
def test_functions_beside_jmespaths_own(text, value):
    assert search(text) == value


@pytest.mark.parametrize(
    "text",
    [
        *(
            "upper(owner)",
            "truncate(owner, `3`)",
            "truncate(type, owner)",
            "replace(type, owner, 'a')",
        ),
        *(
            "split(owner, '.')",
            "lines(owner)",
            "date(owner)",
            "escape(owner, 'html')",
            "url(owner)",
        ),
        *("length(owner)", "join(', ', owner)", "sort(owner)", "sum(owner)", "keys(owner)"),
        *(
            "map(&name, owner)",
            "sort_by(owner, &name)",
            "max_by(owner, &name)",
            "merge(data, owner)",
        ),
        *("reverse(owner)", "to_number(owner)", "abs(owner)", "values(owner)", "not_null(owner)"),
    ],
)
def test_a_null_argument_makes_the_result_null(text):
    assert search(text) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("contains(owner, 'a')", False),
        ("contains(tags, owner)", False),
        ("contains(type, owner)", False),
        ("starts_with(owner, 'a')", False),
        ("ends_with(type, owner)", False),
        ("type(owner)", "null"),
        ("to_string(owner)", "null"),
        ("to_array(owner)", [None]),
        ("not_null(owner, type)", "task.modified"),
    ],
)
def test_some_functions_take_null(text, value):
    assert search(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("contains(`[1, 2]`, `true`)", False),
        ("`[1]` == `[true]`", False),
        ('`{"a": [0]}` != `{"a": [false]}`', True),
        ('`{"a": [1]}` == `{"a": [1.0]}`', True),
        ("contains(type, `5`)", False),
        ("'a' < `1`", None),
        ("'a' < 'b'", True),
        ("to_number('1_0')", None),
        ("to_number(' 1')", None),
        ("to_number('-12')", -12),
        ("to_number('1.5e1')", 15.0),
        ('to_string(`[1, "ü"]`)', '[1,"ü"]'),
    ],
)
def test_what_python_takes_for_the_same_is_not(text, value):
    assert search(text) == value


@pytest.mark.parametrize(
    ("value", "is_true"),
    [
        *((None, False), (False, False), ("", False), ([], False), ({}, False)),
        *((0, True), (0.0, True), (True, True), ("0", True), ([None], True), ({"a": None}, True)),
    ],
)
def test_truth_is_jmespaths(value, is_true):
    assert compile_expression("a").is_true({"a": value}) is is_true


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("!a.b", "column 1: `!a.b` means `(!a).b`: write `!(a.b)`"),
        ("x && !a[0].b", "column 6: `!a.b` means `(!a).b`: write `!(a.b)`"),
        ("!a[?b]", "column 1: `!a.b` means `(!a).b`: write `!(a.b)`"),
        ("!!a.b", "column 2: `!a.b` means `(!a).b`: write `!(a.b)`"),
        ("a > 5", "column 5: a number stands in backquotes: `5`"),
        ("a ==", "column 5: ends too early"),
        ("a = 'b'", "column 3: Unknown token '='"),
        ("\x07", "column 1: Unknown token \\x07"),
        ("a b", "column 3: `b` is not expected here"),
        ("a == 'b", "column 6: Unclosed ' delimiter"),
        ("a == `\\x`", "column 6: what stands in backquotes is no JSON"),
        ("a == `1e400`", "has a number that is too large"),
        ("a || toupper(b)", "column 6: there is no function toupper()"),
        ("truncate(a)", "column 1: truncate() takes 2 arguments"),
        ("upper(a, b)", "column 1: upper() takes 1 argument"),
        ("sort_by(a, b)", "column 1: argument 2 of sort_by() begins with `&`"),
        ("[&a]", "column 2: `&` belongs before an argument of map, sort_by, min_by or max_by"),
        (
            "length(&a)",
            "column 8: `&` belongs before an argument of map, sort_by, min_by or max_by",
        ),
        ("a[::0]", "column 6: a slice has no step 0"),
        ("escape(a, 'slak')", "column 1: escape() knows slack, markdown, html"),
        ("", "is empty"),
        (" ", "column 2: ends too early"),
        ("(" * 51 + "a" + ")" * 51, "column 52: has more than 50 levels"),
        ("(" * 4000, "column 52: has more than 50 levels"),
        ("a" + "[]" * 51, "has more than 50 levels"),
        ("`" + "[" * 51 + "]" * 51 + "`", "column 1: has more than 50 levels"),
        ("`" + "[" * 2000 + "]" * 2000 + "`", "column 1: has more than 50 levels"),
        ("[" * 51 + "a" + "]" * 51, "column 52: has more than 50 levels"),
        ("!" * 51 + "a", "column 52: has more than 50 levels"),
        ("'" + "ü" * 2048 + "'", "has more than 4 KB"),
        (None, "takes a text"),
    ],
    ids=brief,
)
def test_a_mistake_is_refused_with_its_place(text, message):
    assert refusal(text) == message


@pytest.mark.parametrize(
    "text",
    [
        "(" * 50 + "a" + ")" * 50,
        "[" * 50 + "a" + "]" * 50,
        "!" * 50 + "a",
        "`" + "[" * 50 + "]" * 50 + "`",
    ],
    ids=brief,
)
def test_an_expression_may_have_50_levels(text):
    assert compile_expression(text).text == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("upper(at)", "upper() takes a text"),
        ("join(', ', items)", "join() takes a list of texts"),
        ('sort(`[1, "a"]`)', "sort() takes a list of texts or a list of numbers"),
        ("sort_by(items, &name)", "sort_by() takes items whose key is a text"),
        ("min_by(items, &[0])", "min_by() takes items whose key is a number or a text"),
        ("truncate(type, `-1`)", "truncate() takes a whole number from 0 on"),
        ("truncate(type, `1.5`)", "truncate() takes a whole number from 0 on"),
        ("escape(type, tags[1])", "escape() knows slack, markdown, html"),
        ("to_number('1e999')", "makes a number that is too large"),
        ("sum(`[1e308, 1e308]`)", "makes a number that is too large"),
        (
            "to_number(replace('aaaaaaaa', 'a', '" + "9" * 50 + "'))",
            "makes a number that is too large",
        ),
        ("avg([to_number('" + "9" * 309 + "')])", "makes a number that is too large"),
    ],
)
def test_what_cannot_be_evaluated_fails_and_tells_nothing_of_the_value(text, message):
    assert failure(text) == message
