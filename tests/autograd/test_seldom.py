"""What is seldom done, and no other test does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import Tensor, Value, gradients, jvp, primitive, topological_order, vjp, where


@pytest.mark.parametrize("wrong", [3.0, None, "y", [Value(1.0)]])
def test_order_of_something_else_than_a_graph(wrong: Any) -> None:
    with pytest.raises(TypeError, match="takes the root of a graph"):
        topological_order(wrong)


def test_activations_with_a_constant_as_methods_of_a_tensor() -> None:
    x = Tensor([-2.0, 3.0])
    (x.leaky_relu(0.1) + x.elu(2.0)).sum().backward()
    np.testing.assert_allclose(x.grad, [0.1 + 2.0 * np.exp(-2.0), 2.0], rtol=1e-14)
    assert x.leaky_relu(0.1).tolist() == [-0.2, 3.0]
    np.testing.assert_allclose(x.elu(2.0).data, [2.0 * np.expm1(-2.0), 3.0], rtol=1e-14)


@pytest.mark.parametrize("value", [3.0, None, "square"])
def test_a_primitive_without_a_function_for_its_value(value: Any) -> None:
    with pytest.raises(TypeError, match="a primitive's value is a function"):
        primitive(partials=lambda m, out, x: 1.0)(value)


def test_forward_mode_through_a_sum_and_a_dot_of_arrays_in_lists() -> None:
    x, v = np.array([1.0, 2.0]), np.array([1.0, -1.0])
    total, along = jvp(lambda x: ag.sum([x, x * x, 3.0]), (x,), (v,))
    assert total.tolist() == [5.0, 9.0]
    assert along.tolist() == [3.0, -5.0]
    product, along = jvp(lambda x: ag.dot([x, 2.0], [x, x]), (x,), (v,))
    assert product.tolist() == [3.0, 8.0]
    assert along.tolist() == [4.0, -6.0]


def test_forward_mode_through_a_cotangent() -> None:
    # the seed moves, and so does the function: x · ∂(x y²)/∂y at y = 3 is 6x²
    value, slope = jvp(lambda x: vjp(lambda y: x * y * y, 3.0)[1](x)[0], (2.0,), (1.0,))
    assert (value, slope) == (24.0, 24.0)


def test_numpy_function_with_too_many_arguments() -> None:
    with pytest.raises(TypeError, match="positional arguments"):
        np.cumsum(Tensor([1.0, 2.0]), 0, None, None, 5)  # type: ignore[call-overload]


class Foreign:
    """A number of another library, which knows what to do with ours."""

    __array_ufunc__ = None

    def __radd__(self, other: Any) -> str:
        return f"{type(other).__name__} and I"


def test_a_foreign_operand_may_answer_for_itself() -> None:
    assert Tensor([1.0]) + Foreign() == "Tensor and I"
    assert Value(1.0) + Foreign() == "Value and I"


@pytest.mark.parametrize("create_graph", [False, True])
def test_rows_not_chosen_send_nothing_back_through_softmax(create_graph: bool) -> None:
    x = Tensor([[0.0, 0.0], [np.nan, 1.0]])
    chosen = np.array([[True, True], [False, False]])
    out = (where(chosen, x.softmax(), 0.0) * np.array([1.0, 3.0])).sum()
    found = gradients(out, x, create_graph=create_graph)
    assert np.asarray(getattr(found, "data", found)).tolist() == [[-0.5, 0.5], [0.0, 0.0]]
