"""The table read for symbols says what the table computes: evaluated, printed, simplified."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import primitive
from autograd.primitives import TABLE, Primitive, evaluate
from autograd.symbolic import (
    NOTHING,
    SYMBOLS,
    Call,
    Expression,
    Name,
    NotSymbolicError,
    Number,
    Simplifier,
    call,
    fold,
    latex,
    latex_name,
    partials_of,
    replaced,
    simplified,
    text,
    value_of,
)
from autograd.symbolic import evaluate as evaluated
from tests.autograd.helpers import same

ROWS = [row for row in TABLE.values() if row.partials and not row.variadic]
VARIADIC = {"sum": (3,), "dot": (2, 2, 1)}
POINTS = (-1000.0, -2.5, -1.0, -0.3, 0.0, 0.3, 0.5, 1.0, 2.0, 1000.0)

x, y, z = Name("x"), Name("y"), Name("z")


def named(lengths: tuple[int, ...]) -> list[tuple[Name, ...]]:
    names = iter("pqrstuvwxyz")
    return [tuple(Name(next(names)) for _ in range(length)) for length in lengths]


def settings(count: int) -> list[tuple[float, ...]]:
    """Every point in the first slot, and others in those after it."""
    n = len(POINTS)
    return [tuple(POINTS[(i + 3 * j) % n] for j in range(count)) for i in range(n)] + [
        (POINTS[i],) * count for i in range(n)
    ]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_row_read_for_symbols_computes_what_the_row_computes(row: Primitive) -> None:
    (names,) = groups = named((row.arity or 0,))
    out = Name("out")
    (partials,) = partials_of(row, out, groups)
    for point in settings(len(names)):
        numbers = {name.text: number for name, number in zip(names, point, strict=True)}
        value = evaluate(row.value, *point)
        assert same(evaluated(value_of(row, groups), numbers), value), (point, row)
        assert same(evaluated(call(row, groups), numbers), value), (point, row)
        numbers["out"] = value
        for formula, partial in zip(row.partials, partials, strict=True):
            expected = evaluate(formula, value, *point)
            assert same(evaluated(partial, numbers), expected), (point, row)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_simplifying_keeps_the_number(row: Primitive) -> None:
    (names,) = groups = named((row.arity or 0,))
    (partials,) = partials_of(row, Name("out"), groups)
    for point in settings(len(names)):
        if any(math.isinf(n) or abs(n) == 1000 for n in point):
            continue  # 0 * inf is nan, and 0 here
        numbers = {name.text: number for name, number in zip(names, point, strict=True)}
        numbers["out"] = evaluate(row.value, *point)
        for partial in (*partials, value_of(row, groups)):
            assert same(evaluated(simplified(partial), numbers), evaluated(partial, numbers))


@pytest.mark.parametrize("name", VARIADIC)
def test_a_row_of_many_operands(name: str) -> None:
    row, groups = TABLE[name], named(VARIADIC[name])
    numbers = {n.text: 0.5 + i for i, n in enumerate(n for group in groups for n in group)}
    read = [tuple(numbers[n.text] for n in group) for group in groups]
    value = evaluate(lambda m: row.value(m, *read))
    assert same(evaluated(value_of(row, groups), numbers), value)
    assert same(evaluated(call(row, groups), numbers), value)
    expected = row.partials[0](None, value, *read)
    found = partials_of(row, Name("out"), groups)
    assert [[evaluated(e, numbers) for e in group] for group in found] == [
        list(group) for group in expected
    ]


def test_a_neuron_reads_as_people_write_it() -> None:
    assert text(call(TABLE["dot"], [(x, y), (Name("a"), Name("b")), (z,)])) == "x·a + y·b + z"
    assert text(call(TABLE["dot"], [(x,), (y,)])) == "x·y"
    assert text(call(TABLE["sum"], [(x, y, z)])) == "x + y + z"
    assert call(TABLE["identity"], [(x,)]) is x


# ---------------------------------------------------------------- printing


@pytest.mark.parametrize(
    ("expression", "as_text", "as_ascii", "as_latex"),
    [
        (x - (y - z), "x − (y − z)", "x - (y - z)", r"x - \left(y - z\right)"),
        (x - y - z, "x − y − z", "x - y - z", "x - y - z"),
        (x / (y * z), "x/(y·z)", "x/(y*z)", r"\frac{x}{y \cdot z}"),
        (x / y / z, "x/y/z", "x/y/z", r"\frac{\frac{x}{y}}{z}"),
        (x * (y + z), "x·(y + z)", "x*(y + z)", r"x \cdot \left(y + z\right)"),
        ((-x) ** 2.0, "(−x)²", "(-x)**2", r"\left(-x\right)^{2}"),
        (-(x**2.0), "−x²", "-x**2", "-x^{2}"),
        (x.__neg__().__neg__(), "−(−x)", "-(-x)", r"-\left(-x\right)"),
        (x * -y, "x·(−y)", "x*(-y)", r"x \cdot \left(-y\right)"),
        (x + -y, "x + (−y)", "x + (-y)", r"x + \left(-y\right)"),
        (x * -2.0, "x·(−2)", "x*(-2)", r"x \cdot \left(-2\right)"),
        ((x**y) ** z, "(x^y)^z", "(x**y)**z", r"\left(x^{y}\right)^{z}"),
        (x ** (y**z), "x^(y^z)", "x**(y**z)", "x^{y^{z}}"),
        (x**-1.0, "x⁻¹", "x**(-1)", "x^{-1}"),
        (x**0.5, "x^0.5", "x**0.5", "x^{0.5}"),
        ((x / y) ** 2.0, "(x/y)²", "(x/y)**2", r"\left(\frac{x}{y}\right)^{2}"),
        (x * 1e-7, "x·1e-7", "x*1e-7", r"x \cdot 1 \cdot 10^{-7}"),
        (abs(x - y), "|x − y|", "abs(x - y)", r"\left|x - y\right|"),
        (SYMBOLS.exp(-x), "exp(−x)", "exp(-x)", "e^{-x}"),
        (SYMBOLS.exp(x) ** 2.0, "exp(x)²", "exp(x)**2", r"\left(e^{x}\right)^{2}"),
        (SYMBOLS.sqrt(x + y), "√(x + y)", "sqrt(x + y)", r"\sqrt{x + y}"),
        (SYMBOLS.sigmoid(x), "σ(x)", "sigmoid(x)", r"\sigma\left(x\right)"),
        (SYMBOLS.relu(x), "max(0, x)", "ReLU(x)", r"\max\left(0, x\right)"),
        (
            SYMBOLS.where(x > 0.0, y, z) * 2.0,
            "(y if x > 0 else z)·2",
            "(y if x > 0 else z)*2",
            r"\begin{cases} y & \text{if } x \gt 0 \\ z & \text{otherwise} \end{cases} \cdot 2",
        ),
        (
            SYMBOLS.where((x == y) & ((x > 0.0) | (y != y)), x, y),
            "x if x = y and (x > 0 or y is nan) else y",
            "x if x == y and (x > 0 or y is nan) else y",
            None,
        ),
    ],
)  # fmt: skip
def test_parentheses_stand_where_they_are_needed(
    expression: Expression, as_text: str, as_ascii: str, as_latex: str | None
) -> None:
    assert text(expression) == as_text
    assert text(expression, ascii=True) == as_ascii
    if as_latex is not None:
        assert latex(expression) == as_latex


def expressions() -> st.SearchStrategy[Expression]:
    leaves = st.sampled_from([x, y, z, Number(2.0), Number(-0.5), Number(3.0), Number(1.0)])

    def extend(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
        binary = st.sampled_from(["add", "subtract", "multiply", "divide"])
        return st.one_of(
            st.builds(lambda o, a, b: Call(o, (a, b)), binary, inner, inner),
            st.builds(lambda a: -a, inner),
            st.builds(lambda a, n: a**n, inner, st.sampled_from([0.0, 1.0, 2.0, 3.0])),
            st.builds(lambda c, a, b: SYMBOLS.where(c > 0.0, a, b), inner, inner, inner),
        )

    return st.recursive(leaves, extend, max_leaves=12)


POINT = {"x": 1.7, "y": -0.6, "z": 0.9}


@given(expressions())
def test_the_ascii_text_is_python_that_computes_the_same(expression: Expression) -> None:
    value = evaluated(expression, POINT)
    written = text(expression, ascii=True, digits=17)
    try:
        by_python = eval(written, {"__builtins__": {}}, dict(POINT))
    except ZeroDivisionError:
        return
    if isinstance(by_python, float | int) and math.isfinite(by_python):
        assert same(by_python, value, 1e-9, 1e-9), written


@given(expressions())
def test_simplified_expressions_keep_their_value(expression: Expression) -> None:
    value = evaluated(expression, POINT)
    if math.isfinite(value) and abs(value) < 1e12:
        found = evaluated(simplified(expression), POINT)
        if math.isfinite(found):
            assert same(found, value, 1e-6, 1e-6), text(expression)
        # inf and nan come only of a 0 that rounding made or missed
        else:
            assert "/" in text(expression)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (0.0 * x + 1.0 * y, "y"),
        (x * x * x, "x³"),
        (y * x * x, "y·x²"),
        (x + x + x, "3·x"),
        (2.0 * x - x, "x"),
        (x - x, "0"),
        (-(x - y), "y − x"),
        ((-x) * (-y), "x·y"),
        ((-x) * y, "−x·y"),
        (2.0 * (x * 3.0), "6·x"),
        (x * (1.0 / y), "x/y"),
        ((x / y) * (z / y), "x·z/y²"),
        (x / y / z, "x/(y·z)"),
        (x**1.5 * x**1.5, "(x^1.5)²"),
        (x + -y, "x − y"),
        (x - -y, "x + y"),
        (x + -2.0, "x − 2"),
        (x**1.0 + x**0.0, "x + 1"),
        (Number(2.0) ** Number(3.0) * x, "8·x"),
        (SYMBOLS.sqrt(Number(2.0)), "√(2)"),
        (SYMBOLS.where(Number(1.0), x, y), "x"),
        (SYMBOLS.where(x > 0.0, y, y), "y"),
        (SYMBOLS.where(x > 0.0, SYMBOLS.where(x > 0.0, y, z), z), "y if x > 0 else z"),
    ],
)
def test_what_a_person_would_not_write_down_goes(expression: Expression, expected: str) -> None:
    assert text(simplified(expression)) == expected


def test_one_simplifier_makes_equal_parts_one_object() -> None:
    make = Simplifier()
    first, second = make.simplified(x * (y + 1.0)), make.simplified(x * (y + 1.0))
    assert first is second


def test_nothing_stays_nothing_even_times_nan() -> None:
    assert (
        evaluated(simplified(x * SYMBOLS.where(y > 0.0, 1.0, NOTHING)), {"x": math.nan, "y": 0.0})
        == 0.0
    )
    assert math.isnan(evaluated(x * 0.0, {"x": math.nan}))


@pytest.mark.parametrize("depth", [100_000])
def test_depth_is_no_limit(depth: int) -> None:
    deep: Expression = x
    for _ in range(depth):
        deep = deep * 0.5 + 1.0
    assert same(evaluated(deep, {"x": 1.0}), 2.0)
    assert same(evaluated(simplified(replaced(deep, {x: y})), {"y": 1.0}), 2.0)
    count = fold(deep, lambda part, operands: 1 + sum(operands))
    assert count == 4 * depth + 1


# ---------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("w1", "w_{1}"),
        ("w_12", "w_{12}"),
        ("x", "x"),
        ("theta2", r"\theta_{2}"),
        ("W[0, 1]", "W_{0, 1}"),
        ("loss", r"\mathrm{loss}"),
        ("T_m", "T_{m}"),
        ("eta_max", r"\eta_{\mathrm{max}}"),
        ("loss_fn", r"\mathrm{loss\_fn}"),
        ("n3", "n_{3}"),
        (r"\input{/etc/passwd}", r"\mathrm{\backslash input\{/etc/passwd\}}"),
        ("$x$", r"\mathrm{\$x\$}"),
        ("<b>", r"\mathrm{\lt b\gt }"),
        ("a^b~c", r"\mathrm{aˆb˜c}"),
        ("x } \\end{aligned}", r"\mathrm{x\ \}\ \backslash end\{aligned\}}"),
    ],
)
def test_names_in_latex(name: str, expected: str) -> None:
    assert latex_name(name) == expected


# ---------------------------------------------------------------- rows of the user's own


def test_a_row_of_ones_own_is_read_too() -> None:
    @primitive(partials=lambda m, out, x: 2 * x * m.exp(x * x), symbol="e^x²")
    def exp_square_symbolic(m, x):  # type: ignore[no-untyped-def]
        return m.exp(x * x)

    try:
        row = TABLE["exp_square_symbolic"]
        assert text(call(row, [(x,)])) == "exp_square_symbolic(x)"
        assert text(value_of(row, [(x,)])) == "exp(x·x)"
        assert text(simplified(partials_of(row, y, [(x,)])[0][0])) == "2·x·exp(x²)"
    finally:
        del TABLE["exp_square_symbolic"]


@pytest.mark.parametrize("name", ["less", "equal", "and", "or", "greater", "not_equal"])
def test_a_row_may_have_the_name_of_what_is_no_row(name: str) -> None:
    @primitive(partials=[lambda m, out, x, y: 2.0, lambda m, out, x, y: 3.0], name=name)
    def own(m, x, y):  # type: ignore[no-untyped-def]
        return 2.0 * x + 3.0 * y

    try:
        written = call(TABLE[name], [(x, y)])
        assert text(written) == f"{name}(x, y)"
        assert evaluated(simplified(written), {"x": 1.0, "y": 10.0}) == 32.0
        assert evaluated(written * (x < y), {"x": 1.0, "y": 10.0}) == 32.0
    finally:
        del TABLE[name]


@pytest.mark.parametrize(
    ("partial", "complaint"),
    [
        (lambda m, out, x: math.exp(x), "m.exp"),
        (lambda m, out, x: 1.0 if x > 0 else 2.0, "m.where"),
        (lambda m, out, x: m.no_such_function(x), "no_such_function"),
    ],
)
def test_a_row_that_cannot_be_read_says_why(partial, complaint) -> None:  # type: ignore[no-untyped-def]
    @primitive(partials=partial, name="unreadable")
    def unreadable(m, x):  # type: ignore[no-untyped-def]
        return m.exp(x)

    try:
        with pytest.raises(NotSymbolicError, match=f"primitive unreadable .*{complaint}"):
            partials_of(TABLE["unreadable"], y, [(x,)])
    finally:
        del TABLE["unreadable"]


def test_what_is_no_expression_is_refused() -> None:
    for function in (text, latex, simplified):
        with pytest.raises(TypeError, match=r"an expression .* is wanted, not None"):
            function(None)  # type: ignore[arg-type]


def test_a_name_without_a_number_is_named() -> None:
    with pytest.raises(ValueError, match="no number for 'y'"):
        evaluated(x * y, {"x": 1.0})
