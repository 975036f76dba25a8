"""The reverse pass over a trace agrees with the engine's, row by row and at the corners."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd import Tensor, Value
from autograd.array_primitives import ARRAY_TABLE
from autograd.compiler.adjoints import adjoints
from autograd.compiler.arrays import Trace
from autograd.compiler.writing import Source, write
from autograd.operations import apply, apply_array
from autograd.primitives import TABLE

ROWS = [row for row in TABLE.values() if not row.variadic]
CORNERS = (0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 0.5, 1e-3, 30.0, -800.0, 800.0,
           math.inf, -math.inf, math.nan)  # fmt: skip


def traced(
    f: Callable[..., Any], inputs: list[Any], constant: tuple[int, ...] = ()
) -> tuple[Any, list[Any], Source]:
    """Apply f to symbols, run the program, and return the result and the gradients."""
    trace = Trace()
    symbols = []
    for i, x in enumerate(inputs):
        if isinstance(x, float):
            symbols.append(trace.input(f"x{i}", (), None))
        else:
            symbols.append(trace.input(f"x{i}", x.shape, x.dtype))
    given = [
        x if i in constant else s for i, (x, s) in enumerate(zip(inputs, symbols, strict=True))
    ]
    out = f(trace, *[trace.operand(x) for x in given])
    seed = trace.input("seed", out.shape, out.dtype)
    wrt = [s for i, s in enumerate(symbols) if i not in constant]
    source = write(trace, symbols, [out], adjoints(trace, [(out, seed)], wrt), seed=seed)
    with np.errstate(all="ignore"):
        (result,), kept = source.careful.forward(*inputs)
        assert out.dtype is None or np.asarray(result).dtype == out.dtype, source.text
        assert np.shape(result) == out.shape
        gradients = source.careful.backward(kept, seed_like(result))
        (again,), same = source.careful.step(*inputs, seed_like(result))
    assert_same(again, result)
    for one, other in zip(gradients, same, strict=True):
        assert_same(one, other)
    return result, list(gradients), source


def seed_like(result: Any) -> Any:
    if isinstance(result, float) and not np.shape(result) and type(result) is not np.float32:
        return 1.5
    numbers = np.linspace(0.5, 2.0, num=max(np.size(result), 1))
    return numbers[: np.size(result)].reshape(np.shape(result)).astype(result.dtype)


def assert_same(found: Any, expected: Any, rtol: float = 0.0) -> None:
    """Equal bit for bit (but for the sign of a nan), or within a relative tolerance."""
    found, expected = np.asarray(found), np.asarray(expected)
    assert found.shape == expected.shape
    if rtol:
        np.testing.assert_allclose(found, expected, rtol=rtol, atol=rtol, equal_nan=True)
    else:
        np.testing.assert_array_equal(found, expected)


def compare(
    f: Callable[..., Any], g: Callable[..., Any], inputs: list[Any],
    constant: tuple[int, ...] = (), rtol: float = 0.0,
) -> Source:  # fmt: skip
    """Check that f of symbols and g of nodes have the same result and gradients."""
    result, gradients, source = traced(f, inputs, constant)
    nodes = [
        x if i in constant else Value(x) if isinstance(x, float) else Tensor(x)
        for i, x in enumerate(inputs)
    ]
    expected = g(*nodes)
    try:
        assert_same(result, expected.data, rtol)
        expected.backward(seed_like(result))
        leaves = [node for i, node in enumerate(nodes) if i not in constant]
        for leaf, gradient in zip(leaves, gradients, strict=True):
            if gradient is None:
                assert leaf.grad is None or not np.any(leaf.grad)
                continue
            if leaf.grad is None:
                assert not np.any(gradient)
            else:
                assert_same(gradient, leaf.grad, rtol)
                assert np.asarray(gradient).dtype == np.asarray(leaf.grad).dtype
    except AssertionError as error:
        raise AssertionError(f"{error}\n{source.text}") from None
    return source


# --- the elementwise table ---------------------------------------------------------------


def corners(arity: int, dtype: Any) -> list[Any]:
    if arity == 1:
        return [np.array(CORNERS, dtype)]
    some = CORNERS if arity == 2 else CORNERS[:4] + CORNERS[-3:]
    return [
        np.array(column, dtype)
        for column in zip(*itertools.product(some, repeat=arity), strict=True)
    ]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_elementwise_row_at_the_corners(row: Any, dtype: str) -> None:
    with np.errstate(all="ignore"):
        compare(
            lambda trace, *xs: trace.apply(row, *xs),
            lambda *xs: apply(row, *xs),
            corners(len(row.partials), dtype),
        )


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    "row", [row for row in ROWS if len(row.partials) > 1], ids=lambda r: r.name
)
def test_broadcasting_and_constants(row: Any, dtype: str) -> None:
    rng = np.random.default_rng(0)
    shapes = [(3, 1), (4,), (2, 1, 1)][: len(row.partials)]
    inputs: list[Any] = [rng.uniform(0.5, 2.0, shape).astype(dtype) for shape in shapes]
    f = lambda trace, *xs: trace.apply(row, *xs)
    g = lambda *xs: apply(row, *xs)
    tight = 1e-12 if dtype == "float64" else 1e-5  # sums in another order
    compare(f, g, inputs, rtol=tight)
    for i in range(len(inputs)):
        compare(f, g, inputs, constant=(i,), rtol=tight)
        literal = [1.5 if j == i else x for j, x in enumerate(inputs)]
        compare(f, g, literal, rtol=tight)  # a Value beside arrays
        for number in (0.0, -0.0, 1.0, -1.0, 2.0, 3.0, 0.5):
            given = [number if j == i else x for j, x in enumerate(inputs)]
            compare(f, g, given, constant=(i,), rtol=tight)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_elementwise_row_of_numbers(row: Any) -> None:
    arity = len(row.partials)
    some = CORNERS if arity < 3 else CORNERS[:4] + CORNERS[-2:]
    trace = Trace()
    xs = [trace.input(f"x{i}", (), None) for i in range(arity)]
    out = trace.apply(row, *xs)
    source = write(trace, xs, [out], adjoints(trace, [(out, 1.0)], xs))
    for numbers in itertools.product(some, repeat=arity):
        values = [Value(x) for x in numbers]
        expected = apply(row, *values)
        expected.backward()
        try:
            (result,), kept = source.forward(*numbers)
            gradients = source.backward(kept)
            assert repr(source.step(*numbers)) == repr(((result,), gradients))
        except (ArithmeticError, ValueError):
            with np.errstate(all="ignore"):
                (result,), kept = source.careful.forward(*numbers)
                gradients = source.careful.backward(kept)
        tight = 2e-15
        assert_same(result, expected.data, tight)
        for value, gradient in zip(values, gradients, strict=True):
            assert_same(0.0 if gradient is None else gradient, value.grad, tight)


# --- the array table ---------------------------------------------------------------------

RNG = np.random.default_rng(5)


def normal(*shape: int) -> Any:
    return RNG.normal(size=shape)


TIED = np.array([[1.0, 3.0, 3.0], [2.0, 2.0, -1.0]])
WITH_NAN = np.array([[1.0, np.nan, 3.0], [np.inf, 2.0, np.inf]])
APPLIED: list[tuple[str, list[Any], dict[str, Any]]] = [
    ("reshape", [normal(2, 3)], {"shape": (3, 2)}),
    ("reshape", [normal(2, 3)], {"shape": (6,)}),
    ("reshape", [normal(1, 1)], {"shape": ()}),
    ("transpose", [normal(2, 3)], {"axes": (1, 0)}),
    ("transpose", [normal(2, 3, 4)], {"axes": (2, 0, 1)}),
    ("broadcast_to", [normal(3, 1)], {"shape": (2, 3, 4)}),
    ("broadcast_to", [np.array(1.5)], {"shape": (2,)}),
    ("getitem", [normal(4, 3)], {"index": (slice(None), 1)}),
    ("getitem", [normal(4, 3)], {"index": 2}),
    ("getitem", [normal(4, 3)], {"index": (2, 1)}),
    ("getitem", [normal(4, 3)], {"index": (slice(None, None, -1), slice(0, 2))}),
    ("getitem", [normal(4, 3)], {"index": (Ellipsis, None, 0)}),
    ("getitem", [normal(4, 3)], {"index": np.array([0, 2, 2, -1])}),
    ("getitem", [normal(4, 3)], {"index": (np.array([0, 1]), np.array([2, 0]))}),
    ("getitem", [normal(4, 3)], {"index": (slice(None), np.array([2, 2]))}),
    ("getitem", [normal(4, 3)], {"index": np.array([True, False, True, True])}),
    ("scatter", [normal(3)], {"index": np.array([0, 2, 2]), "shape": (4,)}),
    ("scatter", [normal(2, 3)], {"index": (slice(1, 3),), "shape": (4, 3)}),
    ("pad", [normal(2, 3)], {"pad_width": ((1, 0), (0, 2)), "constant": 1.5}),
    ("astype", [normal(2, 3)], {"dtype": np.dtype("float32")}),
    ("concatenate", [normal(2, 3), normal(1, 3)], {"axis": 0}),
    ("concatenate", [normal(2, 3), normal(2, 1), normal(2, 2)], {"axis": 1}),
    ("stack", [normal(2, 3), normal(2, 3)], {"axis": 1}),
    ("sum", [normal(2, 3, 4)], {"axis": (0, 2), "keepdims": False}),
    ("sum", [normal(2, 3, 4)], {"axis": (1,), "keepdims": True}),
    ("sum", [normal(2, 3)], {"axis": (0, 1), "keepdims": False}),
    ("sum", [normal(2, 3)], {"axis": (), "keepdims": False}),
    ("mean", [normal(2, 3)], {"axis": (1,), "keepdims": False}),
    ("mean", [normal(2, 3)], {"axis": (0, 1), "keepdims": True}),
    ("cumsum", [normal(2, 3)], {"axis": 1}),
    ("matmul", [normal(2, 3), normal(3, 4)], {}),
    ("matmul", [normal(3), normal(3, 4)], {}),
    ("matmul", [normal(2, 3), normal(3)], {}),
    ("matmul", [normal(3), normal(3)], {}),
    ("matmul", [normal(5, 2, 3), normal(3, 4)], {}),
    ("matmul", [normal(5, 2, 3), normal(3)], {}),
    ("matmul", [normal(3), normal(5, 3, 2)], {}),
    ("einsum", [normal(2, 3), normal(3, 4)], {"subscripts": "ij,jk->ik"}),
    ("einsum", [normal(3, 3)], {"subscripts": "ii->i"}),
    ("einsum", [normal(2, 3), normal(4)], {"subscripts": "ij,k->k"}),
    *((name, [x], {"axis": axis, "keepdims": keepdims})
      for name in ("max", "min", "norm", "logsumexp") for x in (normal(2, 3), TIED, WITH_NAN)
      for axis, keepdims in (((1,), False), ((0, 1), False), ((0,), True))),
    ("norm", [np.zeros((2, 3))], {"axis": (1,), "keepdims": False}),
    ("logsumexp", [np.full((2, 3), -np.inf)], {"axis": (1,), "keepdims": False}),
    ("softmax", [normal(2, 3)], {"axis": (1,)}),
    ("softmax", [WITH_NAN], {"axis": (0,)}),
]  # fmt: skip


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(("name", "inputs", "parameters"), APPLIED)
def test_array_row(name: str, inputs: list[Any], parameters: Any, dtype: str) -> None:
    row = ARRAY_TABLE[name]
    with np.errstate(all="ignore"):
        compare(
            lambda trace, *xs: trace.apply_array(row, *xs, **parameters),
            lambda *xs: apply_array(row, *xs, **parameters),
            [x.astype(dtype) for x in inputs],
            rtol=1e-12 if dtype == "float64" else 1e-5,
        )


def test_every_array_row_is_here() -> None:
    assert {name for name, _, _ in APPLIED} == set(ARRAY_TABLE)


# --- what `where` has not chosen contributes nothing -------------------------------------


class Both:
    """Applies rows to symbols and to nodes in the same words."""

    def __init__(self, trace: Trace | None = None) -> None:
        self.trace = trace

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name in TABLE:
            row = TABLE[name]
            if self.trace is None:
                return lambda *xs: apply(row, *xs)
            trace = self.trace
            return lambda *xs: trace.apply(row, *xs)
        array_row = ARRAY_TABLE[name.rstrip("_")]
        if self.trace is None:
            return lambda *xs, **parameters: apply_array(array_row, *xs, **parameters)
        return lambda *xs, **parameters: trace_of(self).apply_array(array_row, *xs, **parameters)


def trace_of(both: Both) -> Trace:
    assert both.trace is not None
    return both.trace


def total(m: Both, x: Any) -> Any:
    return m.sum_(x, axis=tuple(range(len(x.shape))), keepdims=False)


MIXED = np.array([[1.0, -1.0, 0.0], [np.inf, 2.0, np.nan]])
CONDITION = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
CHOICES: dict[str, tuple[Callable[..., Any], list[Any]]] = {
    "log": (lambda m, c, x: m.where(c, m.log(x), 0.0), [CONDITION, MIXED]),
    "log and sqrt": (lambda m, c, x: m.where(c, m.log(m.sqrt(x)), m.exp(x)), [CONDITION, MIXED]),
    "nested": (
        lambda m, c, x: m.where(
            c, m.where(x, m.log(x), x), m.where(c, m.sqrt(x), m.divide(1.0, x))
        ),
        [CONDITION, MIXED],
    ),
    "stretched": (
        lambda m, c, x: m.where(c, m.log(x), 1.0), [CONDITION, np.array([2.0, -1.0, 0.0])]
    ),
    "a scalar condition": (lambda m, c, x: m.where(c, m.log(x), x), [np.array(0.0), MIXED]),
    "matmul": (
        lambda m, c, x, w: m.where(c, m.matmul(x, w), 0.0),
        [np.array([[1.0], [0.0]]), np.array([[1.0, 2.0], [np.inf, np.nan]]), normal(2, 3)],
    ),
    "sum": (
        lambda m, c, x: m.where(c, m.sum_(m.log(x), axis=(1,), keepdims=False), 0.0),
        [np.array([1.0, 0.0]), np.array([[1.0, 2.0], [-1.0, 0.0]])],
    ),
    "softmax": (
        lambda m, c, x: m.where(c, m.softmax(x, axis=(1,)), 0.0),
        [np.array([[1.0], [0.0]]), np.array([[1.0, 2.0], [np.inf, np.nan]])],
    ),
    "max": (
        lambda m, c, x: m.where(c, m.max_(m.log(x), axis=(1,), keepdims=False), 0.0),
        [np.array([1.0, 0.0]), np.array([[1.0, 2.0], [-1.0, 0.0]])],
    ),
    "moved about": (
        lambda m, c, x: m.where(
            c, m.transpose(m.getitem(m.log(x), index=(slice(0, 2),)), axes=(1, 0)), 0.0
        ),
        [np.array([[1.0, 0.0], [0.0, 0.0]]), np.array([[1.0, 0.0], [-1.0, 0.0], [3.0, 4.0]])],
    ),
    "meeting": (
        lambda m, c, x: m.add(m.where(c, m.log(x), 0.0), m.multiply(x, 2.0)), [CONDITION, MIXED]
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CHOICES)
def test_choice(name: str) -> None:
    f, inputs = CHOICES[name]
    with np.errstate(all="ignore"):
        compare(
            lambda trace, *xs: f(Both(trace), *xs), lambda *xs: f(Both(), *xs), inputs, rtol=1e-12
        )
        compare(
            lambda trace, *xs: f(Both(trace), *xs), lambda *xs: f(Both(), *xs), inputs,
            constant=(0,), rtol=1e-12,
        )  # fmt: skip


@pytest.mark.parametrize("x", [2.0, 0.0, -1.0])
def test_choice_of_numbers(x: float) -> None:
    f = lambda m, c, x, y: m.where(c, m.multiply(m.log(x), y), m.where(x, y, m.divide(1.0, x)))
    for c in (0.0, 1.0):
        compare(
            lambda trace, *xs: f(Both(trace), *xs), lambda *xs: f(Both(), *xs), [c, x, 3.0],
            rtol=1e-15,
        )  # fmt: skip


# --- numbers out of arrays, and arrays out of numbers ------------------------------------


def test_elements_and_gathered_numbers() -> None:
    trace = Trace()
    x = trace.input("x", (2, 3), "float64")
    a, b = trace.element(x, (0, 1)), trace.element(x, (1, 2))
    assert a.dtype is None
    product = trace.apply(TABLE["multiply"], a, trace.apply(TABLE["exp"], b))
    array = trace.gathered([product, a, 2.0, b], (2, 2))
    squares = trace.apply(TABLE["multiply"], array, array)
    out = trace.apply_array(ARRAY_TABLE["sum"], squares, axis=(0, 1), keepdims=False)
    source = write(trace, [x], [out], adjoints(trace, [(out, 1.0)], [x]))
    data = normal(2, 3)
    t = Tensor(data)
    u, v = t[0, 1], t[1, 2]
    expected = (u * v.exp()) ** 2 + u * u + 4.0 + v * v
    expected.backward()
    for careful in (source, source.careful):
        (result,), kept = careful.forward(data)
        assert_same(result, expected.data, 1e-14)
        assert_same(careful.backward(kept)[0], t.grad, 1e-14)
        assert_same(careful.backward(kept, 2.0)[0], 2.0 * t.grad, 1e-14)


def test_every_element_and_a_view_of_it() -> None:
    trace = Trace()
    x = trace.input("x", (4,), "float64")
    view = trace.apply_array(ARRAY_TABLE["reshape"], x, shape=(2, 2))
    numbers = [trace.element(x, (i,)) for i in range(4)] + [trace.element(view, (1, 1))]
    out: Any = 1.0
    for number in numbers:
        out = trace.apply(TABLE["multiply"], out, number)
    source = write(trace, [x], [out], adjoints(trace, [(out, 1.0)], [x]))
    (result,), kept = source.forward(np.array([1.0, 2.0, 3.0, 4.0]))
    assert result == 96.0
    assert_same(source.backward(kept)[0], [96.0, 48.0, 32.0, 48.0])


def test_mask_of_an_element() -> None:
    trace = Trace()
    x = trace.input("x", (2,), "float64")
    logs = trace.apply(TABLE["log"], trace.apply(TABLE["sqrt"], x))
    first = trace.element(logs, (0,))
    out = trace.apply(TABLE["where"], trace.element(x, (1,)), first, 1.0)
    source = write(trace, [x], [out], adjoints(trace, [(out, 1.0)], [x]))
    with np.errstate(all="ignore"):
        assert_same(source.step(np.array([0.0, 0.0]))[1][0], [0.0, 0.0])
        assert_same(source.step(np.array([2.0, 1.0]))[1][0], [0.25, 0.0], 1e-15)


# --- paths -------------------------------------------------------------------------------


def test_nothing_flows() -> None:
    trace = Trace()
    x, y = trace.input("x", (3,), "float64"), trace.input("y", (3,), "float64")
    stopped = trace.stopped(y)
    out = trace.apply(TABLE["multiply"], x, stopped)
    first, second = adjoints(trace, [(out, trace.input("seed", (3,), "float64"))], [x, y])
    assert first is not None
    assert second is None


def test_same_number_by_another_row_keeps_its_own_derivative() -> None:
    for f in (
        lambda m, x: m.add(m.relu(x), m.maximum(x, 0.0)),
        lambda m, x: m.multiply(m.identity(x), m.identity(m.identity(x))),
        lambda m, x: m.subtract(m.negate(m.negate(x)), m.multiply(x, 1.0)),
        lambda m, x: m.add(m.power(x, 2.0), m.multiply(x, x)),
    ):
        compare(
            lambda trace, x, f=f: f(Both(trace), x), lambda x, f=f: f(Both(), x),
            [np.array([0.0, 1.0, -2.0])], rtol=1e-15,
        )  # fmt: skip


def test_unused_weights_cost_nothing() -> None:
    trace = Trace()
    x, w = trace.input("x", (3, 3), "float64"), trace.input("w", (3, 3), "float64")
    out = trace.apply_array(ARRAY_TABLE["matmul"], x, w)
    seed = trace.input("seed", (3, 3), "float64")
    text = write(trace, [x, w], [out], adjoints(trace, [(out, seed)], [w]), seed=seed).text
    assert text.count("@") == 2  # forward, and backward by w alone


def test_elements_that_nobody_reads_receive_nothing() -> None:
    for rate, expected in ((False, [np.nan, 0.5, np.nan]), (True, [0.0, 0.5, 0.0])):
        trace = Trace()
        m = Both(trace)
        x, w = trace.input("x", (3,), "float64"), trace.input("w", (3, 3), "float64")
        logs = m.log(m.matmul(w, x))
        out = trace.element(logs, (1,))
        source = write(trace, [x, w], [out], adjoints(trace, [(out, 1.0)], [w], of_numbers=rate))
        with np.errstate(all="ignore"):
            (gradient,) = source.step(np.array([0.0, 2.0, 0.0]), np.eye(3))[1]
        assert_same(gradient[:, 1], [2.0 * d for d in expected])
        trace = Trace()
        m = Both(trace)
        x = trace.input("x", (3,), "float64")
        part = m.getitem(
            m.divide(1.0, m.getitem(x, index=slice(None, None, -1))), index=slice(0, 2)
        )
        out = m.sum_(part, axis=(0,), keepdims=False)
        source = write(trace, [x], [out], adjoints(trace, [(out, 1.0)], [x], of_numbers=rate))
        with np.errstate(all="ignore"):
            (gradient,) = source.step(np.array([0.0, 2.0, 1.0]))[1]
        assert_same(gradient, [0.0 if rate else np.nan, -0.25, -1.0])
