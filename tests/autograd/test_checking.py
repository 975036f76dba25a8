"""gradcheck finds wrong derivatives and lets right ones pass."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import GradcheckError, Tensor, Value, gradcheck, no_grad, primitive
from autograd.primitives import TABLE

SMOOTH = [row for row in TABLE.values() if row.value.__module__ == "autograd.primitives"]


@pytest.mark.parametrize("row", SMOOTH, ids=lambda row: row.name)
def test_every_row_of_the_table(row: Any) -> None:
    if row.variadic:
        function, point = getattr(autograd, row.name), ([0.3, -0.7, 1.2],)
        checked: Callable[..., Any] = (
            function if row.name == "sum" else lambda v: function(v[:1], v[1:2], v[2]) ** 2
        )
        assert gradcheck(checked, point, order=3)
    elif row.name == "where":
        assert gradcheck(lambda x, y: autograd.where(True, x * y, y), (0.3, 0.8), order=3)
    elif row.name == "identity":
        assert gradcheck(autograd.grad(lambda x: x**4), (0.3,), order=3)
    elif row.name == "acos":
        assert gradcheck(autograd.acos, (0.4,), order=3)
    else:
        point = (0.4, 0.7)[: row.arity]
        assert gradcheck(getattr(autograd, row.name), point, order=3)
        if row.name not in ("log", "log2", "log10", "sqrt", "power", "log1p"):
            assert gradcheck(getattr(autograd, row.name), (-0.4, 0.7)[: row.arity], order=3)


def test_lists_and_several_results() -> None:
    def f(weights: list[Any], x: Any) -> list[Any]:
        return [autograd.dot(weights, [x, x * x]).tanh(), weights[0] / x]

    assert gradcheck(f, ([0.5, -0.3], 1.2))
    assert gradcheck(f, ((0.5, -0.3), Value(1.2)), order=1)


def test_many_inputs_are_checked_in_random_directions() -> None:
    def f(v: list[Any]) -> Any:
        return autograd.sum(x * y for x, y in itertools.pairwise(v)).tanh()

    assert gradcheck(f, ([0.01 * i for i in range(30)],), directions=3)


def test_inside_no_grad() -> None:
    with no_grad():
        assert gradcheck(lambda x: x**3, (2.0,))


def wrong_slope() -> Callable[..., Any]:
    @primitive(partials=lambda m, out, x: 2.1 * x, name="nearly_square")
    def nearly_square(m: Any, x: Any) -> Any:
        return x * x

    return nearly_square


def wrong_curvature() -> Callable[..., Any]:
    # right as a number, but cut from x, so that it has no derivative in its turn
    @primitive(partials=lambda m, out, x: 2.0 * getattr(x, "data", x), name="cut_square")
    def cut_square(m: Any, x: Any) -> Any:
        return x * x

    return cut_square


def test_failure_shows_a_table() -> None:
    square = wrong_slope()
    with pytest.raises(GradcheckError) as caught:
        gradcheck(lambda x, y: square(x) + y, (1.5, 1.0))
    lines = str(caught.value).splitlines()
    assert lines[0] == "derivatives of order 1 differ"
    assert lines[1].split() == ["input", "mode", "analytic", "numeric", "difference"]
    assert lines[2].split()[:3] == ["input[0]", "reverse", "3.1500000"]
    assert lines[2].endswith("<--")
    assert lines[3].split()[:2] == ["input[0]", "forward"]
    assert not lines[4].endswith("<--")
    assert len(lines) == 6


def test_failure_names_labelled_inputs() -> None:
    with pytest.raises(GradcheckError, match=r"weight +reverse"):
        gradcheck(wrong_slope(), (Value(1.5, label="weight"),))


def test_wrong_second_derivative_is_found_only_by_order_two() -> None:
    square = wrong_curvature()
    assert gradcheck(square, (1.5,), order=1)
    with pytest.raises(GradcheckError, match="derivatives of order 2 differ"):
        gradcheck(square, (1.5,))


def test_failure_in_random_directions() -> None:
    square = wrong_slope()
    with pytest.raises(GradcheckError, match="direction 1"):
        gradcheck(lambda v: autograd.sum(map(square, v)), ([1.0] * 25,))


def test_lost_dependence_is_found() -> None:
    with pytest.raises(GradcheckError, match="order 1"):
        gradcheck(lambda x: x * x.detach(), (1.5,))


def test_outside_the_domain_fails() -> None:
    with pytest.raises(GradcheckError, match="nan"):
        gradcheck(autograd.sqrt, (-1.0,))


@pytest.mark.parametrize(
    ("inputs", "order", "error", "message"),
    [
        (2.0, 1, TypeError, r"the tuple of the arguments, \(x,\) for one, not 2.0"),
        ((2.0,), 0, ValueError, "at least 1, not 0"),
        ((2.0,), 1.5, ValueError, "at least 1, not 1.5"),
        (("2",), 1, TypeError, "input of gradcheck takes .* the str '2'"),
    ],
)
def test_wrong_use(inputs: Any, order: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        gradcheck(lambda x: x, inputs, order)


# --- arrays -----------------------------------------------------------------------------

ARRAYS = (np.array([[0.5, -0.3], [1.2, 0.8]]), np.array([0.7, -0.4]))


def test_functions_of_arrays() -> None:
    f: Callable[..., Any] = lambda w, x: (w @ x).tanh()
    assert gradcheck(f, ARRAYS, order=3, atol=1e-6)
    assert gradcheck(lambda w, x: f(w, x).sum(), tuple(map(Tensor, ARRAYS)))
    assert gradcheck(lambda x: x * x, (np.array(0.3),), order=3)
    assert gradcheck(lambda x: x.sum(), (np.float32([1.0, 2.0]),))
    assert gradcheck(lambda x: (x**2).sum(), (np.array([1, 2]),))
    assert gradcheck(lambda x: [x[0], {"y": x * x}], (ARRAYS[1],))
    assert gradcheck(lambda p: (p["w"] @ p["x"][0]).sum(), ({"w": ARRAYS[0], "x": [ARRAYS[1]]},))
    assert gradcheck(lambda x: x * 2.0, (np.zeros((0, 2)),))
    assert gradcheck(lambda x, k: (x * k).sum(), (np.array([0.5, 2.0]), 1.5), order=1)


def test_large_arrays_are_checked_in_random_directions() -> None:
    assert gradcheck(
        lambda x: (x * x.sigmoid()).sum(), (np.linspace(-1.0, 1.0, 400),), directions=2
    )


def test_failure_names_the_element() -> None:
    square = wrong_slope()
    with pytest.raises(GradcheckError) as caught:
        gradcheck(lambda x, y: square(x).sum() + y.sum(), ARRAYS, order=1)
    message = str(caught.value)
    assert "input[0][1,0]  reverse" in message
    assert "input[1][1]" in message
    wrong = [line for line in message.splitlines() if line.endswith("<--")]
    assert len(wrong) == 8
    assert all("input[0]" in line for line in wrong)
    with pytest.raises(GradcheckError, match=r"w\[0,1\] +reverse"):
        gradcheck(lambda w: square(w).sum(), (Tensor(ARRAYS[0], label="w"),))
    with pytest.raises(GradcheckError, match=r"input\[0\]\['w'\]\[0\] +reverse"):
        gradcheck(lambda p: square(p["w"]).sum(), ({"w": ARRAYS[1]},))
    with pytest.raises(GradcheckError, match="direction 1"):
        gradcheck(lambda x: square(x).sum(), (np.ones(30),))


def test_lost_dependence_and_nan_of_arrays_are_found() -> None:
    with pytest.raises(GradcheckError, match="order 1"):
        gradcheck(lambda x: (x * x.detach()).sum(), (ARRAYS[1],))
    with pytest.raises(GradcheckError, match="nan"):
        gradcheck(autograd.sqrt, (np.array([-1.0, 1.0]),))
    with pytest.raises(GradcheckError, match="inf"):
        gradcheck(lambda x: x.log().sum(), (np.array([0.0, 1.0]),))


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (np.ones(2), r"inputs is the tuple of the arguments, \(x,\) for one, not array"),
        ((np.array(["a"]),), "input of gradcheck takes .*dtype <U1"),
        ((np.array([1j]),), "input of gradcheck takes .*complex128"),
        (Tensor([1.0]), "inputs is the tuple of the arguments"),
    ],
)
def test_wrong_use_with_arrays(inputs: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        gradcheck(lambda x: x, inputs)
