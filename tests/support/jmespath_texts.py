"""Expressions and JSON values as hypothesis makes them."""

import json

from hypothesis import strategies as st
from jmespath.functions import Functions as StandardFunctions

from chalicelib.domain.jmes.functions import Functions

NAMES = ["a", "b", "c", '"d e"']

texts = st.text(st.characters(codec=None, exclude_categories=()), max_size=12)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([0, 1, 10**400, -1e308, 1e308, 0.0]),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["", "a", "1", "nan", "1e999", "{{ a }}", "}}", "2026-07-01"]),
    texts,
)
keys = st.sampled_from(["a", "b", "c", "d e"])


def containers(inner):
    return st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4)


values = st.recursive(scalars, containers, max_leaves=20)
objects = st.dictionaries(keys, values, max_size=4)


def literal(value):
    return "`" + json.dumps(value).replace("`", "\\`") + "`"


def raw(text):
    return "'" + text.replace("\\", "").replace("'", "\\'") + "'"


paths = st.sampled_from([*NAMES, "@", "*", "[]", "[*]", "[0]", "a.b", "b.c", "a[]", "c[*].a"])
leaves = st.one_of(paths, paths, scalars.map(literal), texts.map(raw))
parts = st.sampled_from(["[0]", "[-1]", "[]", "[*]", "[1:]", "[::-1]", "[:2]"])
operators = st.sampled_from(["||", "&&", "|", "==", "!=", "<", "<=", ">", ">="])


def steps(inner):
    """Return the strategy of what is made of expressions, without functions."""
    return st.one_of(
        st.tuples(inner, st.sampled_from([*NAMES, "*"])).map(".".join),
        st.tuples(inner, parts).map("".join),
        st.builds("{}[?{}]".format, inner, inner),
        st.builds("{}[?{}].{}".format, inner, inner, st.sampled_from(NAMES)),
        st.builds("({})".format, inner),
        st.builds("!({})".format, inner),
        st.builds("({} {} {})".format, inner, operators, inner),
        st.builds("{} {} {}".format, inner, operators, inner),
        st.lists(inner, min_size=1, max_size=3).map(lambda all_: f"[{', '.join(all_)}]"),
        st.builds("{{a: {}, b: {}}}".format, inner, inner),
    )


def calls(inner):
    """Return the strategy of calls of functions with as many arguments as they take."""
    return st.sampled_from(sorted(Functions.FUNCTION_TABLE)).flatmap(
        lambda name: st.tuples(
            *(
                inner.map("&{}".format) if place["types"] == ["expref"] else inner
                for place in Functions.FUNCTION_TABLE[name]["signature"]
            )
        ).map(lambda args: f"{name}({', '.join(args)})")
    )


def grown(*ways):
    return st.recursive(
        leaves, lambda inner: st.one_of(*(way(inner) for way in ways)), max_leaves=8
    )


expressions = grown(steps, calls, calls)
"""Expressions, with functions at any place."""

plain_expressions = grown(steps)
"""Expressions without functions."""

OURS = set(Functions.FUNCTION_TABLE) - set(StandardFunctions.FUNCTION_TABLE)
