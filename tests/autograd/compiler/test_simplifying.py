"""Simplifications: what is made is shorter, and its numbers are the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd.array_primitives import ARRAY_TABLE
from autograd.compiler.adjoints import adjoints
from autograd.compiler.arrays import Trace
from autograd.compiler.writing import write
from autograd.primitives import TABLE

SHAPE = (4, 3)
X = np.array([[1.5, -0.0, np.inf], [np.nan, -2.5, 0.1], [0.7, 1e-300, -np.inf], [0.0, 3.0, 7.1]])


def program(make: Callable[[Any], Any]) -> tuple[Any, str]:
    """Return what a program of one matrix computes of `X`, and its text."""
    trace = Trace()
    x = trace.input("x", SHAPE, "float64")
    source = write(trace, [x], [make(x)])
    with np.errstate(all="ignore"):
        return source.forward(X)[0][0], source.text


def ones(x: Any, *shape: int) -> Any:
    return x.trace.filled(1.0, shape, "float64")


with np.errstate(all="ignore"):
    CASES: list[tuple[Callable[[Any], Any], Any, str]] = [
        (lambda x: -(0.01 * x), -(0.01 * X), "-0.01 * x"),
        (lambda x: -(x / 3.0), X / -3.0, "x / -3.0"),
        (lambda x: abs(x) + -(0.01 * x), abs(X) + -(0.01 * X), "np.abs(x) - 0.01 * x"),
        (lambda x: (2.0 * x.reshape(12)).reshape(4, 3), 2.0 * X, "2.0 * x\n"),
        (lambda x: ones(x, 5, 4, 3) * x, np.ones((5, 4, 3)) * X, "np.broadcast_to(x, (5, 4, 3))"),
        (lambda x: ones(x, 30).sum(), np.float64(30.0), "30.0"),
        (lambda x: ones(x, 2, 4) @ x, np.ones((2, 4)) @ X, "x.sum(axis=0)"),
        (lambda x: x @ ones(x, 3), X @ np.ones(3), "x.sum(axis=1)"),
        (
            lambda x: x.trace.broadcast_to(x[1], (5, 3)) @ x.T,
            np.broadcast_to(X[1], (5, 3)) @ X.T,
            "x[1] @ x.T",
        ),
    ]


@pytest.mark.parametrize(("make", "expected", "written"), CASES)
def test_shorter_and_equal(make: Callable[[Any], Any], expected: Any, written: str) -> None:
    found, text = program(make)
    np.testing.assert_allclose(found, expected, rtol=1e-14)
    zeros = expected == 0.0
    np.testing.assert_array_equal(np.signbit(found[zeros]), np.signbit(expected[zeros]))
    assert written in text, text


def test_repeated_rows_are_copied_for_a_product() -> None:
    make = lambda x: x.T @ x.trace.broadcast_to(x[:, 0].reshape(4, 1), (4, 2))
    found, text = program(make)
    np.testing.assert_allclose(found, X.T @ np.repeat(X[:, :1], 2, axis=1), rtol=1e-14)
    assert "broadcast_to" not in text


def test_few_numbers_are_added_without_an_array() -> None:
    trace = Trace()
    x, v = trace.input("x", (3,), "float64"), trace.input("v", (), None)
    total = trace.gathered([trace.element((x * x).sum()), v, 2.5], (3,)).sum()
    source = write(trace, [x, v], [total])
    assert source.forward(np.arange(3.0), 0.5)[0][0] == 8.0
    assert "np.array" not in source.text


def test_a_number_that_is_repeated_is_not_listed() -> None:
    trace = Trace()
    v = trace.input("v", (), None)
    source = write(trace, [v], [trace.gathered([v] * 5, (5,))])
    assert source.forward(2.0)[0][0].tolist() == [2.0] * 5
    assert "np.full(5, v)" in source.text


def test_gradients_of_slices_and_elements_share_one_array() -> None:
    trace = Trace()
    x = trace.input("x", (5,), "float64")
    v = trace.element(x, (4,))
    part = trace.apply_array(ARRAY_TABLE["getitem"], x, index=slice(0, 4))
    out = trace.apply(TABLE["multiply"], trace.apply(TABLE["multiply"], part, part), v)
    gradients = adjoints(trace, [(out, trace.filled(1.0, (4,), "float64"))], [x])
    source = write(trace, [x], [out], gradients)
    (d_x,) = source.step(np.arange(5.0))[1]
    assert d_x.tolist() == [0.0, 8.0, 16.0, 24.0, 14.0]
    assert source.text.count("np.zeros") == 1


def test_places_that_come_twice_are_counted() -> None:
    trace = Trace()
    x = trace.input("x", (4,), "float64")
    out = trace.scatter(x, np.array([0, 2, 2, 5]), (7,))
    source = write(trace, [x], [out])
    assert source.forward(np.arange(1.0, 5.0))[0][0].tolist() == [1, 0, 5, 0, 0, 4, 0]
    assert "np.bincount" in source.text


def test_all_symbols_are_listed() -> None:
    trace = Trace()
    x = trace.input("x", (2,), "float64")
    stopped, doubled = trace.stopped(x), 2.0 * x
    assert set(map(id, trace.symbols())) == {id(x), id(stopped), id(doubled)}
    assert len(trace.symbols()) == trace.size
