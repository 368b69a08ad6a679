"""What bounds an evaluation: visits, the size of each value made, levels; whatever is evaluated."""

import json
import sys
import tracemalloc
from contextlib import suppress

import jmespath
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chalicelib.domain.errors import ExpressionFailed, ExpressionRefused
from chalicelib.domain.expressions import Expression, compile_expression
from chalicelib.domain.jmes import meter
from chalicelib.domain.jmes.interpreter import Interpreter
from chalicelib.domain.jmes.meter import Meter
from tests.support.jmespath_texts import expressions, objects, plain_expressions, values

SIZE = "makes a value of more than 256 KB"
STEPS = "takes more than 20,000 steps"
LARGE = "x" * 100_000
LONG = list(range(20_001))


def failure(text, value):
    with pytest.raises(ExpressionFailed) as failed:
        compile_expression(text).search(value)
    return str(failed.value)


@pytest.mark.parametrize(
    ("text", "value", "message"),
    [
        ("[@, @] | [@, @] | [@, @] | [@, @] | [@, @]", "x" * 10_000, SIZE),
        ("[@, @, @]", LARGE, SIZE),
        ("{a: @, b: @, c: @}", LARGE, SIZE),
        ("a[*]", {"a": [LARGE] * 3}, SIZE),
        ("a[?@]", {"a": [LARGE] * 3}, SIZE),
        ("*", {"a": LARGE, "b": LARGE, "c": LARGE}, SIZE),
        ("a[:]", {"a": [LARGE] * 3}, SIZE),
        ("a[]", {"a": [[LARGE], [LARGE], LARGE]}, SIZE),
        ("reverse(@)", [LARGE] * 3, SIZE),
        ("map(&@, @)", [LARGE] * 3, SIZE),
        ("merge(@, {a: b, c: b})", {"b": LARGE}, SIZE),
        ("to_array(@)", {"a": [LARGE] * 3}, SIZE),
        ("to_string(@)", [LARGE] * 3, SIZE),
        ('join(@, `["", "", "", ""]`)', LARGE, SIZE),
        ("lines(@)", [LARGE] * 3, SIZE),
        ("replace(@, 'x', 'yyy')", LARGE, SIZE),
        ("escape(@, 'html')", "<" * 100_000, SIZE),
        ("url(@)", "ü" * 50_000, SIZE),
        ("length(map(&replace(@, 'x', 'yyy'), [@]))", LARGE, SIZE),
        ("a[].b", {"a": LONG}, STEPS),
        ("a[*]", {"a": LONG}, STEPS),
        ("length(a[1:])", {"a": LONG}, STEPS),
        ("a[?@ > `1`]", {"a": LONG[:10_000]}, STEPS),
        ("*", dict.fromkeys(map(str, LONG)), STEPS),
        ("length(@)", LONG, STEPS),
        ("sum(@)", LONG, STEPS),
        ("sort(@)", LONG, STEPS),
        ("contains(@, `-1`)", LONG, STEPS),
        ("keys(@)", dict.fromkeys(map(str, LONG)), STEPS),
        ("split(@, '')", "x" * 20_001, STEPS),
        ("map(&[@, @], @)", LONG[:8000], STEPS),
        ("[" + ", ".join(["length(a)"] * 201) + "]", {"a": LARGE}, None),
        ("[" + ", ".join(["length(reverse(a))"] * 201) + "]", {"a": LARGE}, STEPS),
        ("[" + ", ".join(["a == b"] * 201) + "]", {"a": LARGE, "b": LARGE + "."[1:]}, None),
        ("[" + ", ".join(["a == b"] * 201) + "]", {"a": LONG[:5000], "b": LONG[:5000][:]}, STEPS),
        ("|".join(["[@]"] * 51), 1, "makes a value of more than 50 levels"),
    ],
    ids=lambda part: part[:40] if isinstance(part, str) else "",
)
def test_what_goes_beyond_a_bound_fails(text, value, message):
    if message is None:
        compile_expression(text).search(value)
    else:
        assert failure(text, value) == message


@pytest.mark.parametrize(
    "text",
    [
        "replace(a, 'x', b)",
        "join(b, c)",
        "lines(map(&@, d))",
        "to_string(d)",
        "[d, d, d, d]",
    ],
)
def test_what_is_too_large_is_refused_before_it_is_made(text):
    value = {"a": LARGE[:5000], "b": LARGE[:2000], "c": ["x"] * 5000, "d": [LARGE] * 100}
    expression = compile_expression(text)
    with suppress(ExpressionFailed):
        expression.search(value)

    tracemalloc.start()
    with pytest.raises(ExpressionFailed, match=SIZE):
        expression.search(value)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 1_000_000


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a", LARGE * 3),
        ("not_null(b, a)", LARGE * 3),
        ("max_by(c, &length(@))", LARGE * 3),
        ("c[0]", LARGE * 3),
        ("a || b", LARGE * 3),
        ("length(a)", 300_000),
        ("truncate(a, `3`)", "xx…"),
        ("starts_with(a, 'xx')", True),
    ],
)
def test_what_is_picked_may_be_larger_than_what_is_made(text, found):
    assert compile_expression(text).search({"a": LARGE * 3, "c": [LARGE * 3, "y"]}) == found


def test_a_made_value_has_at_most_256_kb_to_the_byte():
    at_most = "ü" * 65_536 + "x" * 131_071

    assert compile_expression("lower(@)").search(at_most + "Y") == at_most + "y"
    assert failure("lower(@)", at_most + "YY") == SIZE


@given(values)
def test_the_size_of_a_value_is_that_of_its_compact_json(value):
    assert Meter().size(value) == size([value]) - 2


def size(value):
    """Return the bytes of a text, of other values those of their compact JSON."""
    if not isinstance(value, str):
        value = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return len(value.encode("utf-8", "surrogatepass"))


PICKING = {"flatten", "slice", "index_expression"}
"""They hand items on to a projection, which makes the list that counts."""


class Recorder(Interpreter):
    """An evaluation of which each value is kept."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def visit(self, node, value):
        found = super().visit(node, value)
        if node["type"] not in PICKING:
            self.seen.append(found)
        return found


def compiled(text) -> Expression | None:
    try:
        return compile_expression(text)
    except ExpressionRefused:
        return None


def evaluated(interpreter, expression, value):
    with suppress(ExpressionFailed):
        interpreter.evaluate(expression.tree, value)


def parts_of(*roots):
    """Return the ids of all values within some."""
    waiting, ids = list(roots), set()
    while waiting:
        value = waiting.pop()
        ids.add(id(value))
        if isinstance(value, dict):
            waiting += [*value, *value.values()]
        elif isinstance(value, list):
            waiting += value
    return ids


@settings(max_examples=150)
@given(expressions, objects)
@example("replace(a, 'x', a)", {"a": "x" * 60})
@example("a[].b", {"a": [{"b": 1, "c": "x" * 60}]})
def test_no_value_made_on_the_way_is_larger_than_the_bound(text, value):
    expression, recorder = compiled(text), Recorder()
    if expression is None:
        return

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(meter, "MAX_BYTES", 60)
        evaluated(recorder, expression, value)

    known = parts_of(value, expression.tree)
    made = [
        one for one in recorder.seen if isinstance(one, (str, list, dict)) and id(one) not in known
    ]
    assert max(map(size, made), default=0) <= 60


@settings(max_examples=150)
@given(expressions, objects)
@example("a[].b[].c[]", {"a": [{"b": [{"c": [1] * 20}] * 20}] * 20})
@example("contains(a, b)", {"a": [[1, 2, 3]] * 200, "b": [1, 2, 4]})
def test_the_work_of_an_evaluation_is_what_was_counted(text, value):
    """Each call of a function, Python's own included, stands for a visit that was counted."""
    expression, calls = compiled(text), 0
    if expression is None:
        return

    def count(_frame, event, _argument):
        nonlocal calls
        calls += event in {"call", "c_call"}

    interpreter = Interpreter()
    evaluated(Interpreter(), expression, value)
    sys.setprofile(count)
    try:
        evaluated(interpreter, expression, value)
    finally:
        sys.setprofile(None)

    assert calls <= 40 * interpreter.meter.visits + 12 * len(json.dumps(value))


@settings(max_examples=200)
@given(expressions, objects)
@example("avg(a)", {"a": [10**400]})
@example("sum(a)", {"a": [10**400, 1.5]})
@example("a < b", {"a": "x", "b": 1})
@example("contains(a, b)", {"a": "x", "b": 1})
def test_an_expression_gives_json_or_one_of_two_errors(text, value):
    found = None
    with suppress(ExpressionRefused, ExpressionFailed):
        found = compile_expression(text).search(value)

    written = json.dumps(found, allow_nan=False)
    assert json.dumps(json.loads(written)) == written


@settings(max_examples=200)
@given(st.text("abc()[]{}.*?:&|!=<>'\"`\\,-@ 019\nü", max_size=30) | st.text(max_size=20))
def test_any_text_is_an_expression_or_is_refused(text):
    with suppress(ExpressionRefused, ExpressionFailed):
        compile_expression(text).search({"a": [1, {"b": "c"}]})


def without_booleans(value):
    if isinstance(value, dict):
        return {key: without_booleans(child) for key, child in value.items()}
    if isinstance(value, list):
        return [without_booleans(child) for child in value]
    return None if isinstance(value, bool) else value


@settings(max_examples=200)
@given(plain_expressions, objects.map(without_booleans))
def test_without_functions_an_expression_gives_what_jmespath_gives(text, value):
    """All but booleans within lists and objects, which jmespath takes for numbers."""
    expression = compiled(text)
    if expression is None or "true" in text or "false" in text:
        return
    try:
        wanted = jmespath.parser.Parser().parse(text).search(value)
    except TypeError:  # of a text and a number that are compared
        return

    assert expression.search(value) == wanted
