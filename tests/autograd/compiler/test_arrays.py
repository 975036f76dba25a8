"""Symbols: what is one symbol, what is simplified, and what must not be."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from autograd.array_primitives import ARRAY_TABLE
from autograd.compiler.arrays import NotTraceableError, Symbol, Trace, bare
from autograd.primitives import TABLE


@pytest.fixture
def trace() -> Trace:
    return Trace()


@pytest.fixture
def x(trace: Trace) -> Symbol:
    return trace.input("x", (2, 3), "float64")


def test_same_operation_is_one_symbol(trace: Trace, x: Symbol) -> None:
    assert x * x is x * x
    assert trace.apply(TABLE["exp"], x) is trace.apply(TABLE["exp"], x)
    assert len(trace.applications) == 1
    assert x + 0.0 is not x + -0.0
    assert trace.input("x", (2, 3), "float64") is not x


def test_simplifications_that_change_no_digit(trace: Trace, x: Symbol) -> None:
    y = trace.input("y", (2, 3), "float64")
    assert x * 1.0 is x
    assert 1.0 * x is x
    assert x / 1.0 is x
    negative = -x
    assert -negative is x
    assert -1.0 * x is -x
    assert x + -y is x - y
    assert x + -2.0 is x - 2.0
    assert x + x is 2.0 * x
    assert x**2.0 is x * x
    assert x**1.0 is x
    assert x.T.T is x
    assert x.reshape(6).reshape(3, 2) is x.reshape(3, 2)
    assert x.reshape(2, -1) is x
    assert trace.broadcast_to(x, (2, 3)) is x
    assert x.sum(axis=()) is x
    assert trace.broadcast_to(trace.filled(2.0, (), float), (2, 3)) * x is 2.0 * x
    assert ~(x == y) is (x != y)
    not_less = ~(x < y)
    assert ~not_less is (x < y)
    assert ((x < y) | ~(x < y)) is True
    chosen = trace.where(x < 0.0, 0.0, 1.0)
    assert chosen * y is y * ~(x < 0.0)
    assert trace.where(x < 0.0, y * (x < 0.0), 0.0) is trace.where(x < 0.0, y, 0.0)


def test_no_digit_of_a_nan_or_a_zero_is_lost(trace: Trace, x: Symbol) -> None:
    zero = x * 0.0
    assert isinstance(zero, Symbol)
    assert x + 0.0 is not x  # -0.0 + 0.0 is 0.0
    assert x - x is not 0.0  # noqa: F632
    assert ~(x < 0.0) is not (x >= 0.0)
    assert isinstance(x != x, Symbol)
    assert isinstance(trace.where(x < 0.0, -0.0, 1.0) * x, Symbol)


def test_literals_are_computed_at_once(trace: Trace) -> None:
    x = trace.input("x", (), None)
    assert trace.elementwise("exp", 0.0) == 1.0
    assert trace.apply(TABLE["divide"], 1.0, 0.5) == 2.0
    assert trace.apply(TABLE["divide"], 1.0, 0.0) == math.inf
    assert trace.apply(TABLE["where"], 1.0, x, 3.0) is x


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("float32", "float32", "float32"), ("float32", "float64", "float64"),
        ("float32", None, "float32"), (None, None, None), ("float32", "int64", "float32"),
        ("int64", "int64", "float64"), ("bool", "float32", "float32"),
    ],
)  # fmt: skip
def test_dtypes_are_the_engines(left: Any, right: Any, expected: Any) -> None:
    trace = Trace()
    x = trace.input("x", () if left is None else (2,), left)
    y = trace.input("y", () if right is None else (2,), right)
    for row in ("add", "divide", "maximum", "power", "atan2"):
        out = trace.apply(TABLE[row], x, y)
        assert out.dtype == (None if expected is None else np.dtype(expected)), row


def test_shapes(trace: Trace, x: Symbol) -> None:
    assert (x + trace.input("b", (3,), "float64")).shape == (2, 3)
    assert (x @ x.T).shape == (2, 2)
    assert x[:, 0].shape == (2,)
    assert x[None, ..., 1].shape == (1, 2)
    assert x.sum(axis=1, keepdims=True).shape == (2, 1)
    assert trace.einsum(x, x, subscripts="ij,kj->ik").shape == (2, 2)
    assert x.size == 6
    with pytest.raises(ValueError, match=r"matmul: the shapes \(2, 3\) and \(2, 3\) do not fit"):
        x @ x


def test_same_number_by_two_rows_is_two_symbols(trace: Trace, x: Symbol) -> None:
    one, other = trace.apply(TABLE["relu"], x), trace.apply(TABLE["clip"], x, 0.0, math.inf)
    again = trace.apply(TABLE["identity"], one)
    assert again is one
    twice = trace.apply(TABLE["negate"], trace.apply(TABLE["negate"], x))
    assert twice is not x
    assert bare(twice) is x
    assert one is not other


def test_constants(trace: Trace) -> None:
    data = np.array([1.0, 2.0])
    symbol = trace.constant(data)
    data[0] = 5.0
    assert symbol.parameters[0] == 1.0
    assert trace.constant(np.array([1.0, 2.0])) is symbol
    assert trace.constant(np.array(3.0)) == 3.0
    assert trace.constant(np.array([1, 2])).astype("float64") is symbol


def test_what_a_formula_may_not_do(trace: Trace, x: Symbol) -> None:
    with pytest.raises(NotTraceableError, match=r"use m\.where"):
        bool(x > 0.0)
    with pytest.raises(NotTraceableError, match=r"use m\.exp"):
        math.exp(x)
    with pytest.raises(NotTraceableError, match="index it"):
        list(x)
    with pytest.raises(NotTraceableError, match=r"not made of arithmetic, m\.exp and its like"):
        trace.read(lambda m, x: x.nonsense, None, x)
    with pytest.raises(NotTraceableError, match=r"^a formula that branches"):
        trace.read(lambda m, x: x if x > 0.0 else 0.0, None, x)
    with pytest.raises(AttributeError, match="no function 'nonsense'"):
        trace.reading(None).nonsense  # noqa: B018
    with pytest.raises(ValueError, match="relation is one of"):
        trace.compare("about", x, x)


def test_notes_are_kept_of_symbols_only(trace: Trace, x: Symbol) -> None:
    trace.note(1.0, "a number")
    trace.name(1.0, "one")
    trace.name(x, "another name")
    assert not trace.notes
    assert trace.names[x] == "x"
    assert trace.stopped(2.0) == 2.0


def test_array_row_of_numbers(trace: Trace) -> None:
    number = trace.input("a", (), None)
    out = trace.apply_array(ARRAY_TABLE["stack"], number, 2.0, axis=0)
    assert out.shape == (2,)
    assert out.dtype == np.float64
