"""The derivative table against PyTorch's numbers, and at every corner of its own."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Tensor, Value, gradients, hessian, where
from autograd.primitives import ARRAYS, FLOAT32_ARRAYS, FLOATS, TABLE, evaluate, opaque
from tests.autograd import oracle
from tests.autograd.helpers import WAYS, all_same, by_backward, same, second_derivatives

INF, NAN = math.inf, math.nan

# other test files add rows of their own
ROWS = [row for row in TABLE.values() if row.value.__module__ == "autograd.primitives"]


# --- PyTorch's numbers, frozen ----------------------------------------------------------

ENGINE: dict[str, Callable[..., Any]] = {
    "sum": lambda *x: autograd.sum(x),
    "dot": lambda w1, w2, x1, x2, b: autograd.dot([w1, w2], [x1, x2], b),
    "leaky_relu with a slope": autograd.leaky_relu,
    "elu with an alpha": autograd.elu,
}


def engine(name: str) -> Callable[..., Any]:
    return ENGINE.get(name) or getattr(autograd, name)


def point_has_nan(point: list[float]) -> bool:
    return any(map(math.isnan, point))


# Where this project differs from PyTorch on purpose: function, points, what differs, why.
CONVENTIONS: list[tuple[str, Callable[[list[float]], bool], tuple[str, ...], str]] = [
    ("step", point_has_nan, ("value",), "nan in, nan out; PyTorch's heaviside(nan) is 0"),
    ("elu", lambda p: p[0] == 0.0, ("second",), "the one-sided alpha, as for the slope, not 0"),
    ("selu", lambda p: p[0] == 0.0, ("second",), "one-sided, as for the slope, not 0"),
    ("atan2", lambda p: p == [0.0, 0.0], ("second",), "0 at the origin, as the slope, not nan"),
    (
        "softplus", lambda p: p[0] > 20.0, ("first", "second"),
        "PyTorch replaces softplus by the identity above 20; this one is exact everywhere",
    ),
    (
        "power", lambda p: p[0] <= 0.0 or p[1] == 0.0, ("second",),
        "PyTorch's second derivatives are nan where a factor of 0 meets an infinite one",
    ),
]  # fmt: skip


def conventions_for(row: oracle.Row) -> set[str]:
    return {
        key
        for name, applies, keys, _ in CONVENTIONS
        if name == row["function"] and applies(row["point"])
        for key in keys
    }


def row_name(row: oracle.Row) -> str:
    return f"{row['function']}({', '.join(map(str, row['point']))})"


@pytest.mark.parametrize("row", oracle.read(), ids=row_name)
def test_engine_agrees_with_frozen_pytorch(row: oracle.Row) -> None:
    f, point, differs = engine(row["function"]), row["point"], conventions_for(row)
    if "value" not in differs:
        assert same(f(*map(Value, point)).data, row["value"])
        assert same(float(f(*point)), row["value"])
    if "first" in row and "first" not in differs:
        for way, differentiate in WAYS.items():
            ours = differentiate(f, point)
            assert all_same(ours, row["first"]), (way, ours, row["first"])
    if "second" in row and "second" not in differs:
        ours = list(itertools.chain(*second_derivatives(f, point)))
        theirs = list(itertools.chain(*row["second"]))
        # atan2 has terms that cancel: what remains of a 0 is measured by its neighbours
        tiny = 1e-15 * max([abs(d) for d in theirs if math.isfinite(d)], default=0.0)
        assert all_same(ours, theirs, absolute=tiny), (ours, theirs)


@pytest.mark.parametrize("convention", CONVENTIONS, ids=lambda c: f"{c[0]}: {c[3]}")
def test_every_convention_is_still_one(convention: tuple[Any, ...]) -> None:
    name, applies, keys, _ = convention
    f = engine(name)
    rows = [row for row in oracle.read() if row["function"] == name and applies(row["point"])]
    for key in keys:
        found = {
            "value": lambda p: [f(*map(Value, p)).data],
            "first": lambda p: by_backward(f, p),
            "second": lambda p: list(itertools.chain(*second_derivatives(f, p))),
        }[key]
        theirs = {
            "value": lambda row: [row["value"]],
            "first": lambda row: row["first"],
            "second": lambda row: list(itertools.chain(*row["second"])),
        }[key]
        assert not all(all_same(found(row["point"]), theirs(row)) for row in rows), key


def test_frozen_values_are_pytorchs() -> None:
    pytest.importorskip("torch")
    asked, frozen = oracle.ask_torch(), oracle.read()
    assert [row_name(row) for row in asked] == [row_name(row) for row in frozen]
    for now, before in zip(asked, frozen, strict=True):
        assert same(now["value"], before["value"]), row_name(now)
        for key in ("first", "second"):
            assert np.allclose(
                now.get(key, 0.0), before.get(key, 0.0), rtol=1e-11, atol=0.0, equal_nan=True
            ), (row_name(now), key)


def test_every_row_of_the_table_has_frozen_values() -> None:
    asked = {name for name, _ in oracle.cases()}
    assert {row.name for row in ROWS} - asked == {"identity"}


# --- the same numbers, by arrays: the whole grid of a function at once -------------------


FROZEN = oracle.read()
FUNCTIONS = sorted({row["function"] for row in FROZEN} - {"sum", "dot"})


def grid(name: str) -> tuple[list[oracle.Row], list[np.ndarray]]:
    rows = [row for row in FROZEN if row["function"] == name]
    return rows, [np.array(x) for x in zip(*(row["point"] for row in rows), strict=True)]


def by_array_backward(f: Callable[..., Any], x: list[np.ndarray]) -> list[np.ndarray]:
    tensors = [Tensor(v) for v in x]
    f(*tensors).backward(np.ones_like(x[0]))
    return [t.grad for t in tensors]


def by_array_create_graph(f: Callable[..., Any], x: list[np.ndarray]) -> list[np.ndarray]:
    tensors = [Tensor(v) for v in x]
    return [g.data for g in gradients(f(*tensors).sum(), tensors, create_graph=True)]


def by_array_forward(f: Callable[..., Any], x: list[np.ndarray]) -> list[np.ndarray]:
    def along(i: int) -> Callable[[Any], Any]:
        return lambda moving: f(*x[:i], moving, *x[i + 1 :])

    return [autograd.jvp(along(i), (v,), (np.ones_like(v),))[1] for i, v in enumerate(x)]


ARRAY_WAYS = {
    "backward": by_array_backward,
    "create_graph": by_array_create_graph,
    "forward": by_array_forward,
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_arrays_have_the_values_of_floats(name: str) -> None:
    rows, x = grid(name)
    found = engine(name)(*map(Tensor, x)).data
    plain = engine(name)(*x)
    for row, ours, of_arrays in zip(rows, found, plain, strict=True):
        assert same(ours, of_arrays, 0.0), row_name(row)
        assert same(ours, engine(name)(*map(Value, row["point"])).data, 1e-14), row_name(row)
        if "value" not in conventions_for(row):
            assert same(ours, row["value"]), row_name(row)


@pytest.mark.parametrize("way", ARRAY_WAYS)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_arrays_have_the_derivatives_of_floats(name: str, way: str) -> None:
    rows, x = grid(name)
    found = ARRAY_WAYS[way](engine(name), x)
    for i, row in enumerate(rows):
        ours = [float(g[i]) for g in found]
        by_value = by_backward(engine(name), row["point"])
        assert all_same(ours, by_value, 1e-13), (row_name(row), ours, by_value)
        if "first" in row and "first" not in conventions_for(row):
            assert all_same(ours, row["first"]), (row_name(row), ours, row["first"])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_arrays_have_the_second_derivatives_of_floats(name: str) -> None:
    rows, x = grid(name)
    tensors = [Tensor(v) for v in x]
    f = engine(name)
    first = gradients(f(*tensors).sum(), tensors, create_graph=True)
    found = [gradients(g.sum(), tensors) for g in first]
    for i, row in enumerate(rows):
        ours = [float(h[i]) for line in found for h in line]
        by_value = list(itertools.chain(*second_derivatives(f, row["point"])))
        tiny = 1e-14 * max([abs(d) for d in by_value if math.isfinite(d)], default=0.0)
        assert all_same(ours, by_value, absolute=tiny), (row_name(row), ours, by_value)


@pytest.mark.parametrize("name", ["relu", "abs", "sign", "step", "elu", "sigmoid", "sqrt", "log"])
def test_a_grid_of_two_axes_and_a_number_see_the_same_corners(name: str) -> None:
    _, (x,) = grid(name)
    f = engine(name)
    square = Tensor(x.reshape(4, 4))
    f(square).backward(np.ones((4, 4)))
    numbers = [Tensor(v) for v in x]
    for v in numbers:
        f(v).backward()
    assert all_same(square.grad.ravel().tolist(), [v.grad.item() for v in numbers], 0.0)


# --- the corner table of the documentation, row by row ----------------------------------

CORNERS: list[tuple[str, tuple[float, ...], float, tuple[float, ...]]] = [
    # function, point, value, first derivatives
    ("relu", (0.0,), 0.0, (0.0,)),
    ("abs", (0.0,), 0.0, (0.0,)),
    ("maximum", (2.0, 2.0), 2.0, (0.5, 0.5)),
    ("minimum", (2.0, 2.0), 2.0, (0.5, 0.5)),
    ("maximum", (INF, INF), INF, (0.5, 0.5)),
    ("sqrt", (0.0,), 0.0, (INF,)),
    ("log", (0.0,), -INF, (INF,)),
    ("divide", (1.0, 0.0), INF, (INF, -INF)),
    ("divide", (-1.0, 0.0), -INF, (INF, INF)),
    ("divide", (0.0, 0.0), NAN, (INF, NAN)),
    ("log", (-1.0,), NAN, (-1.0,)),
    ("sqrt", (-1.0,), NAN, (NAN,)),
    ("power", (0.0, 0.0), 1.0, (0.0, 0.0)),
    ("power", (0.0, 1.0), 0.0, (1.0, 0.0)),
    ("power", (0.0, 0.5), 0.0, (INF, 0.0)),
    ("power", (0.0, -1.0), INF, (-INF, -INF)),
    ("power", (-8.0, 1.0 / 3.0), NAN, (NAN, NAN)),
    ("power", (-2.0, 2.0), 4.0, (-4.0, NAN)),
    ("sigmoid", (1000.0,), 1.0, (0.0,)),
    ("sigmoid", (-1000.0,), 0.0, (0.0,)),
    ("softplus", (1000.0,), 1000.0, (1.0,)),
    ("softplus", (-1000.0,), 0.0, (0.0,)),
    ("tanh", (1000.0,), 1.0, (0.0,)),
    ("silu", (-1000.0,), 0.0, (0.0,)),
    ("gelu", (-1000.0,), 0.0, (0.0,)),
    ("elu", (1000.0,), 1000.0, (1.0,)),
    ("selu", (1000.0,), 1000.0 * 1.0507009873554805, (1.0507009873554805,)),
    ("exp", (1000.0,), INF, (INF,)),
    ("cosh", (1000.0,), INF, (INF,)),
    ("expm1", (1000.0,), INF, (INF,)),
    ("log1p", (-1.0,), -INF, (INF,)),
    ("asin", (1.0,), math.pi / 2, (INF,)),
    ("acos", (1.0,), 0.0, (-INF,)),
    ("asin", (2.0,), NAN, (NAN,)),
    ("sin", (INF,), NAN, (NAN,)),
    ("step", (0.0,), 1.0, (0.0,)),
    ("step", (-1e-300,), 0.0, (0.0,)),
    ("sign", (0.0,), 0.0, (0.0,)),
    ("maximum", (NAN, 1.0), NAN, (1.0, 1.0)),
    ("minimum", (1.0, NAN), NAN, (1.0, 1.0)),
    ("multiply", (1e200, 1e200), INF, (1e200, 1e200)),
    ("power", (1e200, 2.0), INF, (2e200, INF)),
    ("leaky_relu", (0.5, 0.1), 0.5, (1.0, 0.0)),
    ("leaky_relu", (0.0, 0.1), 0.0, (0.1, 0.0)),
    ("elu", (0.5, 2.0), 0.5, (1.0, 0.0)),
    ("elu", (-0.5, 2.0), 2.0 * math.expm1(-0.5), (2.0 * math.exp(-0.5), math.expm1(-0.5))),
    ("clip", (-1.0, 0.0, 0.0), 0.0, (0.0, 0.0, 0.0)),
    ("clip", (1.0, 0.0, 0.0), 0.0, (0.0, 0.0, 1.0)),
    ("clip", (0.0, 0.0, 0.0), 0.0, (1.0, 0.0, 0.0)),
    ("clip", (-1.0, 1.0, 0.0), 0.0, (0.0, 0.0, 1.0)),
]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("name", "point", "value", "slopes"), CORNERS, ids=[f"{c[0]}{c[1]}" for c in CORNERS]
)
def test_corner(
    way: str, name: str, point: tuple[float, ...], value: float, slopes: tuple[float, ...]
) -> None:
    f = getattr(autograd, name)
    assert same(f(*map(Value, point)).data, value)
    ours = WAYS[way](f, point)
    assert all_same(ours, slopes), ours


@pytest.mark.parametrize("way", ARRAY_WAYS)
@pytest.mark.parametrize(
    ("name", "point", "value", "slopes"), CORNERS, ids=[f"{c[0]}{c[1]}" for c in CORNERS]
)
def test_corner_of_arrays(
    way: str, name: str, point: tuple[float, ...], value: float, slopes: tuple[float, ...]
) -> None:
    f, x = getattr(autograd, name), [np.array([v, v]) for v in point]
    assert all_same(f(*map(Tensor, x)).tolist(), [value] * 2)
    ours = ARRAY_WAYS[way](f, x)
    for g, slope in zip(ours, slopes, strict=True):
        assert all_same(g.tolist(), [slope] * 2), (g, slope)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("wrong_branch", "x"), [(autograd.log, -1.0), (autograd.sqrt, 0.0), (autograd.exp, 1000.0)]
)
def test_branch_not_chosen_contributes_nothing(
    way: str, wrong_branch: Callable[[Value], Value], x: float
) -> None:
    # PyTorch gives nan here: 0 times the nan or inf of the branch that was not taken
    assert WAYS[way](lambda v: where(False, wrong_branch(v), 3 * v), [x]) == [3.0]
    assert WAYS[way](lambda v: where(True, 3 * v, wrong_branch(v)), [x]) == [3.0]


def test_branch_not_chosen_contributes_nothing_to_second_derivatives() -> None:
    assert second_derivatives(lambda v: where(v > 0, v.log(), v**3), [-1.0]) == [[-6.0]]


@pytest.mark.parametrize("x", [0.5, -0.0, 0.0, -2.0])
def test_second_derivative_of_a_square_is_two(x: float) -> None:
    assert second_derivatives(lambda v: v**2, [x]) == [[2.0]]
    assert second_derivatives(lambda v: v * v, [x]) == [[2.0]]


def test_powers_at_zero_to_every_order() -> None:
    # the k-th derivative of x**3 at 0: a careless rule makes 0 * inf of the higher ones
    f: Callable[[Any], Any] = lambda x: x**3
    found = []
    for _ in range(5):
        f = autograd.grad(f)
        found.append(f(0.0))
    assert found == [0.0, 0.0, 6.0, 0.0, 0.0]


@pytest.mark.parametrize("x", [2.0, 0.5])
def test_mixed_second_derivatives_of_power_are_symmetric(x: float) -> None:
    # at y = 0, where PyTorch masks one of the two and says 0
    (_, xy), (yx, _) = hessian(lambda v: v[0] ** v[1])([x, 0.0])
    assert xy == yx == 1.0 / x


def test_a_tie_is_shared_when_both_slots_hold_one_value() -> None:
    x = Value(3.0)
    assert gradients(autograd.maximum(x, x), x) == 1.0
    assert gradients(autograd.minimum(x, x), x) == 1.0


def test_sums_are_the_same_on_every_python() -> None:
    tenths, from_left = [Value(0.1)] * 10, 0.0
    for tenth in tenths:
        from_left += tenth.data
    assert autograd.sum(tenths).data == from_left
    assert autograd.dot(tenths, [1.0] * 10).data == from_left


# --- rows as data -----------------------------------------------------------------------


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_row_describes_itself(row: Any) -> None:
    assert row.ascii.isascii()
    assert row.doc.endswith(".")
    assert row.symbol
    assert row.name in repr(row)
    assert row.arity == (None if row.variadic else len(row.partials))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_row_commutes_if_the_order_makes_no_difference(row: Any) -> None:
    same_both_ways = row.variadic or (
        row.arity == 2 and evaluate(row.value, 2.0, 3.0) == evaluate(row.value, 3.0, 2.0)
    )
    assert row.commutes is same_both_ways


def test_of_an_opaque_row_only_the_symbol_is_known() -> None:
    row = opaque("⊕")
    assert (row.name, row.symbol, row.ascii, row.partials) == ("⊕", "⊕", "⊕", ())
    assert row.doc.endswith(".")
    assert math.isnan(row.value(FLOATS, 1.0, 2.0))
    assert (row.arity, row.variadic, row.commutes, row.chooses) == (None, True, False, False)
    assert opaque("").symbol == "?"
    assert "⊕" not in TABLE


@pytest.mark.parametrize("namespace", [ARRAYS, FLOAT32_ARRAYS])
@pytest.mark.parametrize("x", [-1.0, 0.0, 1.0, 2.0])
@pytest.mark.parametrize("y", [-1.0, 0.0, 1.0, 2.0])
def test_where_of_two_numbers(namespace: Any, x: float, y: float) -> None:
    # a choice between 0 and 1 has a way of its own
    found = namespace.where(np.array([True, False]), x, y)
    assert found.tolist() == [x, y]
    if {x, y} == {0.0, 1.0}:
        assert found.dtype == (np.float64 if namespace is ARRAYS else np.float32)


def test_powers_of_arrays_by_a_number() -> None:
    # squares have a way of their own
    for y, expected in ((2.0, [9.0, 0.25]), (3.0, [-27.0, 0.125]), (1.0, [-3.0, 0.5])):
        assert ARRAYS.pow(np.array([-3.0, 0.5]), y).tolist() == expected


POINTS = {1: [(0.3,), (-0.7,), (0.9,)], 2: [(0.3, 1.4), (0.9, 0.2)], 3: [(1.0, 2.0, 3.0)]}


@pytest.mark.parametrize("row", [row for row in ROWS if not row.variadic], ids=lambda row: row.name)
def test_floats_and_arrays_read_one_formula_alike(row: Any) -> None:
    for point in POINTS[row.arity]:
        out = evaluate(row.value, *point)
        arrays = [np.array([x, x]) for x in point]
        with np.errstate(invalid="ignore"):  # acos(1.4) and the like
            many = row.value(ARRAYS, *arrays)
            assert np.allclose(many, out, rtol=1e-14, equal_nan=True)
            for formula in row.partials:
                one = evaluate(formula, out, *point)
                several = formula(ARRAYS, many, *arrays)
                assert np.allclose(several, one, rtol=1e-12, equal_nan=True)


@pytest.mark.parametrize(
    ("name", "numbers", "expected"),
    [
        ("divide", (1.0, 0.0), INF), ("divide", (-1.0, 0.0), -INF), ("divide", (0.0, 0.0), NAN),
        ("log", (0.0,), -INF), ("log", (-1.0,), NAN), ("exp", (1e4,), INF), ("sqrt", (-1.0,), NAN),
        ("power", (0.0, -1.0), INF), ("power", (-8.0, 1 / 3), NAN), ("asin", (2.0,), NAN),
    ],
)  # fmt: skip
def test_evaluate_gives_ieee_results_as_plain_floats(
    name: str, numbers: tuple[float, ...], expected: float
) -> None:
    found = evaluate(TABLE[name].value, *numbers)
    assert type(found) is float
    assert same(found, expected)
