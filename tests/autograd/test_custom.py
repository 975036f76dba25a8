"""Primitives declared by users."""

from __future__ import annotations

import copy
import math
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import (
    AnomalyError,
    Tensor,
    Value,
    detect_anomaly,
    grad,
    gradcheck,
    gradients,
    jvp,
    primitive,
)
from autograd.primitives import TABLE


@pytest.fixture(autouse=True)
def _table_stays_as_it_was() -> Any:
    before = dict(TABLE)
    yield
    assert {name: TABLE[name] for name in before} == before
    for name in set(TABLE) - set(before):
        del TABLE[name]


@primitive(partials=lambda m, out, x: 2 * x * out, symbol="e^x²")
def exp_square(m: Any, x: Any) -> Any:
    """The exponential of x squared."""
    return m.exp(x * x)


@primitive(partials=[lambda m, out, x, y: x / out, lambda m, out, x, y: y / out])
def hypotenuse(m: Any, x: Any, y: Any) -> Any:
    return m.sqrt(x * x + y * y)


def test_value_and_gradient() -> None:
    x, y = Value(3.0), Value(4.0)
    z = hypotenuse(x, y)
    z.backward()
    assert (z.data, x.grad, y.grad) == (5.0, 0.6, 0.8)
    assert (z.primitive.name, z.primitive.symbol, z._op) == ("hypotenuse",) * 3
    assert z.operands == (x, y)


def test_numbers_and_mixtures() -> None:
    assert hypotenuse(3, 4) == 5.0
    assert type(hypotenuse(3, 4)) is float
    assert hypotenuse(3, Value(4.0)).partials == (None, 0.8)


@pytest.mark.parametrize("f", [exp_square, lambda x: hypotenuse(x, 2 * x), exp_square.__call__])
def test_every_mode_and_order(f: Callable[[Any], Any]) -> None:
    assert gradcheck(f, (0.4,), order=3)


def test_forward_and_higher_orders() -> None:
    e = math.e
    assert jvp(exp_square, (1.0,), (1.0,)) == (e, 2 * e)
    assert math.isclose(grad(grad(exp_square))(1.0), 6 * e, rel_tol=1e-15)


def test_names_docstring_symbol() -> None:
    assert (exp_square.__name__, exp_square.__doc__) == (
        "exp_square", "The exponential of x squared.",
    )  # fmt: skip
    row = TABLE["exp_square"]
    assert (row.name, row.symbol, row.ascii, row.doc) == (
        "exp_square", "e^x²", "exp_square", "The exponential of x squared.",
    )  # fmt: skip


def test_one_primitive_in_terms_of_another() -> None:
    @primitive(partials=lambda m, out, x: m.exp_square(x) * (1 + 2 * x * x))
    def x_exp_square(m: Any, x: Any) -> Any:
        return x * m.exp_square(x)

    assert gradcheck(x_exp_square, (0.4,), order=3)


def test_corners_get_ieee_results() -> None:
    @primitive(partials=lambda m, out, x: -1.0 / (x * x))
    def reciprocal(m: Any, x: Any) -> Any:
        return 1.0 / x

    x = Value(0.0)
    y = reciprocal(x)
    y.backward()
    assert (y.data, x.grad) == (math.inf, -math.inf)


def test_anomaly_names_the_primitive() -> None:
    message = r"exp_square gave inf\n  operand 1: x = 100\.0"
    with pytest.raises(AnomalyError, match=message), detect_anomaly():
        exp_square(Value(100.0, label="x"))


def test_copies_and_pickles() -> None:
    x = Value(1.0)
    y = exp_square(x)
    for again in (copy.deepcopy(y), pickle.loads(pickle.dumps(y))):
        again.backward()
        assert again.operands[0].grad == gradients(y, x)
        assert again.primitive is TABLE["exp_square"]


def test_pickle_of_an_unknown_primitive_says_what_to_run() -> None:
    @primitive(partials=lambda m, out, x: 1.0)
    def soon_gone(m: Any, x: Any) -> Any:
        return x

    pickled = pickle.dumps(soon_gone(Value(1.0)))
    del TABLE["soon_gone"]
    with pytest.raises(ValueError, match=r"no primitive called 'soon_gone'.*@autograd.primitive"):
        pickle.loads(pickled)


def test_declaring_a_name_again_replaces_it_and_leaves_old_graphs_alone() -> None:
    def declare(factor: float) -> Callable[..., Any]:
        @primitive(partials=lambda m, out, x: factor, name="scaled")
        def scaled(m: Any, x: Any) -> Any:
            return factor * x

        return scaled

    x = Value(1.0)
    old = declare(2.0)(x)
    new = declare(3.0)(x)
    assert (gradients(old, x), gradients(new, x)) == (2.0, 3.0)
    slope = gradients(old, x, create_graph=True)
    assert slope.data == 2.0


# --- wrong declarations -----------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["add", "power", "pow", "sum", "dot", "where", "abs", "exp", "sign", "maximum", "identity",
     "matmul", "getitem", "reshape"],
)
def test_name_of_the_tables_own_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"'{name}' is in the table already"):
        primitive(partials=lambda m, out, x: 1.0, name=name)(lambda m, x: x)
    assert (Value(3.0) ** 2).data == 9.0


@pytest.mark.parametrize("partials", [[], None, 3.0, [lambda m, out, x: 1.0, 2.0]])
def test_partials_are_functions(partials: Any) -> None:
    with pytest.raises(TypeError, match="partials takes one function for each operand"):
        primitive(partials=partials)(lambda m, x: x)


def test_missing_parentheses_are_explained() -> None:
    with pytest.raises(TypeError, match="partials"):

        @primitive
        def square(m: Any, x: Any) -> Any:
            return x * x


@pytest.mark.parametrize(
    ("value", "partial", "message"),
    [
        (lambda x: x, lambda m, out, x: 1.0, "the value of primitive wrong .* with 2 arguments"),
        (lambda m, x: x, lambda x: 1.0, "partial 1 of primitive wrong .* with 3 arguments"),
        (lambda m, x, y: x, lambda m, out, x: 1.0, "the value of primitive wrong"),
    ],
)
def test_wrong_number_of_parameters(
    value: Callable[..., Any], partial: Callable[..., Any], message: str
) -> None:
    with pytest.raises(TypeError, match=message):
        primitive(partials=partial, name="wrong")(value)
    assert "wrong" not in TABLE


@pytest.mark.parametrize("count", [0, 1, 3])
def test_wrong_number_of_operands(count: int) -> None:
    with pytest.raises(TypeError, match=rf"hypotenuse .* 2 operands, not {count}"):
        hypotenuse(*[1.0] * count)


@pytest.mark.parametrize("result", [None, "1", [1.0], 1j])
def test_formula_that_returns_no_number(result: Any) -> None:
    @primitive(partials=lambda m, out, x: result, name="no_slope")
    def no_slope(m: Any, x: Any) -> Any:
        return x

    @primitive(partials=lambda m, out, x: 1.0, name="no_value")
    def no_value(m: Any, x: Any) -> Any:
        return result

    with pytest.raises(TypeError, match=r"partial 1 of primitive no_slope returned .* return"):
        no_slope(Value(1.0))
    with pytest.raises(TypeError, match=r"the value of primitive no_value returned .* return"):
        no_value(Value(1.0))


def test_results_become_floats() -> None:
    @primitive(partials=lambda m, out, x: 2, name="integers")
    def integers(m: Any, x: Any) -> Any:
        return 3 if x > 0 else 4

    x = Value(1.0)
    y = integers(x)
    assert (type(y.data), type(y.partials[0])) == (float, float)


def test_an_array_for_a_number_is_refused() -> None:
    @primitive(partials=lambda m, out, x: np.ones(1), name="slope_in_an_array")
    def slope_in_an_array(m: Any, x: Any) -> Any:
        return x * 1.0

    @primitive(partials=lambda m, out, x: np.array(2.0), name="in_an_array")
    def in_an_array(m: Any, x: Any) -> Any:
        return np.array(x) if x > 0 else np.array([x])

    for of_one in (slope_in_an_array, lambda x: in_an_array(-x)):
        for x in (Value(1.0), Tensor(1.0)):
            with pytest.raises(ValueError, match=r"returned an array of shape \(1,\) for operands"):
                of_one(x)
    x = Value(1.0)
    y = in_an_array(x)
    assert [type(number) for number in (y.data, *y.partials)] == [float, float]


def test_math_in_a_partial_is_refused_when_it_is_differentiated_again() -> None:
    @primitive(partials=lambda m, out, x: math.cos(x), name="my_sine")
    def my_sine(m: Any, x: Any) -> Any:
        return m.sin(x)

    assert grad(my_sine)(0.5) == math.cos(0.5)
    with pytest.raises(TypeError, match=r"use the functions of its argument m"):
        grad(grad(my_sine))(0.5)
    assert autograd.contexts.special == 0


def test_operands_are_checked_as_everywhere() -> None:
    with pytest.raises(TypeError, match=r"operand 2 of hypotenuse takes .* the str '4'"):
        hypotenuse(3.0, "4")
