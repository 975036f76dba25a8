"""The functions that take numbers and Values alike."""

from __future__ import annotations

import builtins
import inspect
import math
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Value, gradients, topological_order
from autograd.functions import Inputs

UNARY = (
    "abs", "acos", "asin", "atan", "cos", "cosh", "elu", "erf", "exp", "expm1", "gelu",
    "leaky_relu", "log", "log10", "log1p", "log2", "negate", "relu", "selu", "sigmoid", "sign",
    "silu", "sin", "sinh", "softplus", "sqrt", "step", "tan", "tanh",
)  # fmt: skip
BINARY = (
    "add", "atan2", "divide", "maximum", "minimum", "multiply", "pow", "power", "subtract",
    "leaky_relu", "elu",
)  # fmt: skip


@pytest.mark.parametrize("name", UNARY)
def test_function_of_a_number_is_a_float_and_of_a_value_a_value(name: str) -> None:
    function = getattr(autograd, name)
    plain = function(0.5)
    assert type(plain) is float
    for number in (np.float64(0.5), np.array(0.5)):
        assert type(function(number)) is float
        assert function(number) == plain
    x = Value(0.5)
    node, by_method = function(x), getattr(x, name)()
    assert (type(node), node.data, node.operands[0]) == (Value, plain, x)
    assert (by_method.data, by_method.primitive) == (node.data, node.primitive)


@pytest.mark.parametrize("name", BINARY)
def test_function_of_two_operands_mixes_numbers_and_values(name: str) -> None:
    function = getattr(autograd, name)
    plain = function(0.5, 2)
    assert type(plain) is float
    for left, right in ((Value(0.5), 2), (0.5, Value(2.0)), (Value(0.5), Value(2.0))):
        assert type(function(left, right)) is Value
        assert function(left, right).data == plain
    assert getattr(Value(0.5), name)(2).data == plain


@pytest.mark.parametrize("name", sorted({*UNARY, *BINARY, "where", "sum", "dot"}))
def test_function_has_a_name_and_a_docstring(name: str) -> None:
    function = getattr(autograd, name)
    assert function.__name__ in (name, "power")
    assert inspect.getdoc(function)
    assert inspect.getdoc(getattr(Value, name))


def test_integer_and_boolean_arguments() -> None:
    assert autograd.exp(0) == 1.0
    assert autograd.relu(True) == 1.0
    assert type(autograd.relu(-3)) is float


def test_parameters_may_be_values() -> None:
    x, slope = Value(-2.0), Value(0.1)
    assert gradients(autograd.leaky_relu(x, slope), [x, slope]) == [0.1, -2.0]
    assert gradients(x.elu(slope), slope) == math.expm1(-2.0)
    assert x.leaky_relu(slope=0.5).data == -1.0
    assert autograd.elu(x, alpha=2.0).data == 2.0 * math.expm1(-2.0)


# --- where ------------------------------------------------------------------------------


@pytest.mark.parametrize("yes", [True, 1, 2.5, np.bool_(True), Value(1.0), Value(2.0) > 1])
def test_where_takes_any_condition(yes: Any) -> None:
    x, y = Value(3.0), Value(4.0)
    assert autograd.where(yes, x, y).data == 3.0
    assert x.where(yes, y).data == 3.0
    assert autograd.where(not yes, x, y).data == 4.0


def test_where_of_numbers_is_a_float() -> None:
    assert autograd.where(True, 1, 2) == 1.0
    assert type(autograd.where(False, 1, 2)) is float


@pytest.mark.parametrize("wrong", [[True], None, "yes"])
def test_where_refuses_other_conditions(wrong: Any) -> None:
    with pytest.raises(TypeError, match="operand 1 of where takes"):
        autograd.where(wrong, 1.0, Value(2.0))


# --- sum and dot ------------------------------------------------------------------------


def test_sum_takes_any_iterable() -> None:
    x = Value(1.5)
    assert autograd.sum(v for v in (x, 2, np.float64(3))).data == 6.5
    assert autograd.sum(np.array([1.0, 2.0])) == 3.0
    assert autograd.sum({x: "x"}.keys()).data == 1.5
    assert x.sum(x, 1).data == 4.0
    assert autograd.sum([1, 2]) == 3.0
    assert type(autograd.sum([1, 2])) is float


def test_sum_counts_a_value_as_often_as_it_stands_there() -> None:
    x = Value(1.5)
    assert gradients(autograd.sum([x, x, x]), x) == 3.0


@pytest.mark.parametrize("wrong", [Value(1.0), 3.0, None])
def test_sum_and_dot_take_lists(wrong: Any) -> None:
    with pytest.raises(TypeError, match="sum takes a list of Values and numbers, not"):
        autograd.sum(wrong)
    with pytest.raises(TypeError, match="dot takes a list of Values and numbers, not"):
        autograd.dot(wrong, wrong)
    with pytest.raises(TypeError, match="dot takes a list of Values and numbers, not"):
        autograd.dot([1.0], wrong)


@pytest.mark.parametrize("wrong", ["x", None, [1.0], 2j])
def test_operand_of_sum_and_dot_is_named(wrong: Any) -> None:
    x = Value(1.0)
    with pytest.raises(TypeError, match="operand 2 of sum takes a Value or a real number"):
        autograd.sum([x, wrong])
    with pytest.raises(TypeError, match=r"(operand 3|input 1|inputs\[0\]) of dot takes a V"):
        autograd.dot([x, x], [wrong, x])


def test_dot_is_the_sum_of_products() -> None:
    w, x, b = [Value(1.0), Value(-2.0)], [Value(3.0), Value(0.5)], Value(0.25)
    plain = sum((p * q for p, q in zip(w, x, strict=True)), b)
    one_node = autograd.dot(w, x, b)
    assert one_node.data == plain.data
    assert gradients(one_node, [w, x, b]) == gradients(plain, [w, x, b])
    assert autograd.dot(w, (3.0, 0.5)).data == 2.0
    assert autograd.dot([1.0, 2.0], np.array([3.0, 4.0])) == 11.0
    assert Value(3.0).dot(2.0).data == 6.0


def test_inputs_that_several_dot_products_share() -> None:
    x = [Value(3.0), Value(0.5)]
    shared, w = Inputs(x), [Value(1.0), Value(-2.0)]
    both = autograd.dot(w, shared).tanh() * autograd.dot(w, shared, x[0]) + shared[1]
    apart = autograd.dot(w, x).tanh() * autograd.dot(w, x, x[0]) + x[1]
    assert gradients(both, [*x, *w]) == gradients(apart, [*x, *w])
    assert len(topological_order(both)) == len(topological_order(apart))


@pytest.mark.parametrize("numbers", [[3.0, 0.5], [3, np.float64(0.5)], np.array([3.0, 0.5])])
def test_shared_inputs_that_are_constants(numbers: Any) -> None:
    w = [Value(1.0), Value(-2.0)]
    z = autograd.dot(w, Inputs(numbers), 1)
    assert z.operands == (*w, 3.0, 0.5, 1.0)
    assert {type(operand) for operand in z.operands} == {Value, float}
    assert z.partials == (3.0, 0.5, None, None, None)
    assert gradients(z, w) == [3.0, 0.5]


def test_dot_of_one_vector_with_itself() -> None:
    x, y = Value(3.0), Value(4.0)
    assert gradients(autograd.dot([x, y], [x, y]), [x, y]) == [6.0, 8.0]


def test_dot_refuses_an_array_with_a_data_attribute() -> None:
    with pytest.raises(TypeError, match="operand 1 of dot takes a Value or a real number"):
        autograd.dot([np.ma.array([1.0, 2.0])], [Value(1.0)])


@pytest.mark.parametrize(("weights", "inputs"), [([1.0], [1.0, 2.0]), ([1.0], []), ([], [1.0])])
def test_dot_gives_both_lengths(weights: list[float], inputs: list[float]) -> None:
    with pytest.raises(ValueError, match=rf"not {len(inputs)} and {len(weights)}"):
        autograd.dot(weights, inputs)


def test_builtins_still_work_beside_ours() -> None:
    assert builtins.sum([Value(1.0), 2.0]).data == 3.0
    assert builtins.abs(Value(-1.0)).data == 1.0
    assert builtins.pow(Value(3.0), 2).data == 9.0
