"""grad, value_and_grad, vjp, jvp, jacobian, hessian, gradients: nesting, structures, messages."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

import autograd
from autograd import (
    Tensor,
    Value,
    enable_grad,
    grad,
    gradients,
    hessian,
    jacobian,
    jvp,
    no_grad,
    value_and_grad,
    vjp,
)

Scalar = Callable[[Any], Any]


def by_grad(f: Scalar) -> Scalar:
    return grad(f)


def by_jvp(f: Scalar) -> Scalar:
    return lambda x: jvp(f, (x,), (1.0,))[1]


def by_vjp(f: Scalar) -> Scalar:
    return lambda x: vjp(f, x)[1](1.0)[0]


def by_jacobian(f: Scalar) -> Scalar:
    return jacobian(f)


def by_gradients(f: Scalar) -> Scalar:
    def slope(x: Any) -> Any:
        x = x * 1.0 if isinstance(x, Value) else Value(x)
        return gradients(f(x), x, create_graph=True)

    return slope


MODES = [by_grad, by_jvp, by_vjp, by_jacobian]
ALL_MODES = [*MODES, by_gradients]


# --- nesting ----------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("order", range(1, 6))
def test_derivatives_to_the_fifth_order(mode: Callable[[Scalar], Scalar], order: int) -> None:
    derivative: Scalar = autograd.sin
    for _ in range(order):
        derivative = mode(derivative)
    found = derivative(0.3)
    assert type(found) is float
    assert math.isclose(found, math.sin(0.3 + order * math.pi / 2), rel_tol=1e-13)


@pytest.mark.parametrize("outer", MODES)
@pytest.mark.parametrize("middle", MODES)
@pytest.mark.parametrize("inner", MODES)
def test_third_derivative_by_any_mixture_of_modes(
    inner: Callable[[Scalar], Scalar], middle: Callable[[Scalar], Scalar],
    outer: Callable[[Scalar], Scalar],
) -> None:  # fmt: skip
    f: Scalar = lambda x: (x.tanh() * x).exp()
    expected = grad(grad(grad(f)))(0.4)
    assert math.isclose(outer(middle(inner(f)))(0.4), expected, rel_tol=1e-12)


# Siskind and Pearlmutter 2005, "Perturbation confusion and referential transparency": the inner
# derivative must not see the variable of the outer one.
CONFUSING: list[tuple[str, Callable[[Any, Any], Any], float, float]] = [
    # d/dx (x * d/dy f(x, y) at y = at) at x
    ("x * d/dy (x + y)", lambda x, y: x + y, 1.0, 1.0),
    ("x * d/dy (x * y)", lambda x, y: x * y, 3.0, 6.0),
    ("x * d/dy (x * y * y)", lambda x, y: x * y * y, 3.0, 2 * 3.0 * 2 * 2.0),
    ("x * d/dy (x ** y)", lambda x, y: x**y, 3.0, 9.0 * (3.0 * math.log(3.0) + 1.0)),
    ("x * d/dy y", lambda x, y: y, 3.0, 1.0),
    ("x * d/dy x", lambda x, y: x, 3.0, 0.0),
]


@pytest.mark.parametrize("outer", ALL_MODES)
@pytest.mark.parametrize("inner", MODES)
@pytest.mark.parametrize("case", CONFUSING, ids=[c[0] for c in CONFUSING])
def test_no_perturbation_confusion(
    inner: Callable[[Scalar], Scalar], outer: Callable[[Scalar], Scalar], case: Any
) -> None:
    _, f, at, expected = case
    found = outer(lambda x: x * inner(lambda y: f(x, y))(2.0))(at)
    assert math.isclose(float(found), expected, rel_tol=1e-13)


@pytest.mark.parametrize("outer", MODES)
@pytest.mark.parametrize("middle", MODES)
@pytest.mark.parametrize("inner", MODES)
def test_no_confusion_between_three_levels(
    inner: Callable[[Scalar], Scalar], middle: Callable[[Scalar], Scalar],
    outer: Callable[[Scalar], Scalar],
) -> None:  # fmt: skip
    # d/dx x d/dy y d/dz (x y z²) at z=y, y=x:  d/dz = 2xyz = 2xy² ; y * that = 2xy³ ;
    # d/dy = 6xy² = 6x³ ; x * that = 6x⁴ ; d/dx = 24x³ — each evaluated with its own variable
    def along_x(x: Any) -> Any:
        def along_y(y: Any) -> Any:
            return y * inner(lambda z: x * y * z * z)(y)

        return x * middle(along_y)(x)

    assert math.isclose(outer(along_x)(1.5), 24 * 1.5**3, rel_tol=1e-13)


def test_inner_derivative_as_a_step_of_the_outer_function() -> None:
    # one step of gradient descent, differentiated by the learning rate
    def loss(w: Any) -> Any:
        return (w - 3.0) ** 2

    def after_a_step(rate: Any) -> Any:
        w = 1.0
        return loss(w - rate * grad(loss)(w))

    assert math.isclose(grad(after_a_step)(0.1), 2 * (1.0 + 0.4 - 3.0) * 4.0)


# --- what comes out ---------------------------------------------------------------------


def test_numbers_in_numbers_out() -> None:
    value, slope = value_and_grad(lambda x: x**3)(2)
    assert (value, slope, type(value), type(slope)) == (8.0, 12.0, float, float)


@pytest.mark.parametrize("f", [lambda x: x * x, lambda x: 3 * x, lambda x: x, lambda x: 7.0])
def test_value_in_value_out(f: Scalar) -> None:
    # even where the derivative happens to be a constant
    x = Value(3.0)
    for derivative in (grad(f)(x), vjp(f, x)[1](1.0)[0], jacobian(f)(x)):
        assert isinstance(derivative, Value)
    assert x.grad is None


def test_derivative_by_a_value_is_part_of_its_graph() -> None:
    x = Value(3.0)
    slope = grad(lambda t: t**3)(x)
    slope.backward()
    assert (slope.data, x.grad) == (27.0, 18.0)


def test_function_that_closes_over_values() -> None:
    w = Value(5.0)
    slope = grad(lambda x: w * x * x)(3.0)
    assert isinstance(slope, Value)
    assert gradients(slope, w) == 6.0
    assert w.grad is None


@pytest.mark.parametrize("f", [lambda x: 7, lambda x: Value(7.0), lambda x: x.detach() * 2])
def test_function_that_does_not_depend_on_its_argument(f: Scalar) -> None:
    value, slope = value_and_grad(f)(3.5)
    assert (float(value), float(slope)) == (7.0, 0.0)
    assert float(grad(grad(f))(3.5)) == 0.0


def test_value_of_an_argument_returned_as_it_is() -> None:
    assert value_and_grad(lambda x: x)(2.0) == (2.0, 1.0)
    assert jacobian(lambda v: v)([2.0, 3.0]) == [[1.0, 0.0], [0.0, 1.0]]
    assert vjp(lambda x, y: (y, x, 1.0), 2.0, 3.0)[0] == (3.0, 2.0, 1.0)


@pytest.mark.parametrize(
    "point", [[1.0, [2.0, (3.0, 4.0)], []], (1.0, (2.0,), [3.0, 4.0]), [[[1.0, 2.0, 3.0, 4.0]]]]
)
def test_gradient_has_the_structure_of_the_argument(point: Any) -> None:
    def leaves(structure: Any) -> list[Any]:
        if isinstance(structure, (list, tuple)):
            return [leaf for part in structure for leaf in leaves(part)]
        return [structure]

    found = grad(lambda p: autograd.sum(leaf**2 for leaf in leaves(p)))(point)
    assert leaves(found) == [2.0, 4.0, 6.0, 8.0]

    def shape(structure: Any) -> Any:
        if isinstance(structure, (list, tuple)):
            return type(structure)(map(shape, structure))
        return None

    assert shape(found) == shape(point)


def test_argnums() -> None:
    f = lambda x, y, z: x * y**2 * z
    assert grad(f, 1)(2.0, 3.0, 5.0) == 60.0
    assert grad(f, -1)(2.0, 3.0, 5.0) == 18.0
    assert grad(f, (2, 0))(2.0, 3.0, 5.0) == (18.0, 45.0)
    assert grad(f, (0,))(2.0, 3.0, 5.0) == (45.0,)
    assert jacobian(lambda x, y: [x * y, y], argnums=(0, 1))(2.0, 3.0) == ([3.0, 0.0], [2.0, 1.0])
    assert hessian(lambda x, y: x * y**3, argnums=1)(2.0, 3.0) == 36.0


def test_other_arguments_and_keywords_pass_through() -> None:
    f = lambda x, names, *, power: x**power * len(names)
    assert grad(f)(3.0, {"a": None, "b": None}, power=2) == 12.0


def test_grad_keeps_the_name_and_docstring() -> None:
    def loss(x: Any) -> Any:
        """How far off."""
        return x

    assert (grad(loss).__name__, grad(loss).__doc__) == ("loss", "How far off.")


# --- vjp, jvp, jacobian, hessian --------------------------------------------------------


def test_vjp_can_be_pulled_back_more_than_once() -> None:
    result, pull_back = vjp(lambda x, y: [x * y, (x + y,)], 2.0, 3.0)
    assert result == [6.0, (5.0,)]
    assert pull_back([1.0, [0.0]]) == (3.0, 2.0)
    assert pull_back([0.0, [10.0]]) == (10.0, 10.0)


def test_vjp_of_lists() -> None:
    result, pull_back = vjp(lambda v: [v[0] * v[1], v[0]], [2.0, 3.0])
    assert (result, pull_back([1.0, 100.0])) == ([6.0, 2.0], ([103.0, 2.0],))


def test_vjp_of_no_results_is_zero() -> None:
    assert vjp(lambda x: [], 2.0)[1]([]) == (0.0,)


def test_vjp_with_a_cotangent_that_is_a_value() -> None:
    c = Value(2.0)
    (slope,) = vjp(lambda x: x**2, 3.0)[1](c)
    assert gradients(slope, c) == 6.0


def test_jvp_of_structures() -> None:
    value, tangent = jvp(lambda v, w: ([v[0] * w], (v[1],)), ([2.0, 3.0], 5.0), ([1.0, 0.5], 10.0))
    assert value == ([10.0], (3.0,))
    assert tangent == ([25.0], (0.5,))


def test_jacobian_of_structures() -> None:
    f = lambda v: (v[0] * v[1], [v[0]])
    assert jacobian(f)([2.0, 3.0]) == ([3.0, 2.0], [[1.0, 0.0]])
    assert jacobian(lambda x: [x, x * x])(3.0) == [1.0, 6.0]
    assert jacobian(lambda v: v[0] * v[1])([2.0, 3.0]) == [3.0, 2.0]


def test_hessian_is_symmetric_and_right() -> None:
    def f(v: Any) -> Any:
        x, y, z = v
        return (x * y).sin() + z**3 * x / y

    point = [0.7, 1.3, -0.4]
    found = np.array(hessian(f)(point))
    assert np.allclose(found, found.T, rtol=1e-14)
    x, y, z = point
    s, c = math.sin(x * y), math.cos(x * y)
    expected = [
        [-y * y * s, c - x * y * s - z**3 / y**2, 3 * z**2 / y],
        [c - x * y * s - z**3 / y**2, -x * x * s + 2 * z**3 * x / y**3, -3 * z**2 * x / y**2],
        [3 * z**2 / y, -3 * z**2 * x / y**2, 6 * z * x / y],
    ]
    assert np.allclose(found, expected, rtol=1e-12)


def test_hessian_of_a_linear_function_is_zero() -> None:
    assert hessian(lambda v: 2 * v[0] - v[1])([1.0, 2.0]) == [[0.0, 0.0], [0.0, 0.0]]
    assert hessian(lambda x: x)(1.0) == 0.0
    assert hessian(lambda x: x**3)(2.0) == 12.0


# --- contexts around them ---------------------------------------------------------------


def test_transforms_record_inside_no_grad() -> None:
    with no_grad():
        assert grad(grad(lambda x: x**3))(2.0) == 12.0
        assert jvp(lambda x: x**3, (2.0,), (1.0,)) == (8.0, 12.0)
        assert hessian(lambda x: x**3)(2.0) == 12.0
        assert (Value(1.0) * 2).is_leaf


def test_part_of_a_function_may_switch_recording_off_and_on() -> None:
    def f(x: Any) -> Any:
        with no_grad():
            constant = x * x
            with enable_grad():
                linear = 2 * x
        return constant * linear

    assert float(grad(f)(3.0)) == 18.0


def test_function_may_run_backward_itself() -> None:
    def f(x: Any) -> Any:
        y = Value(3.0)
        (y * y).backward()
        return x * y.grad

    assert grad(f)(2.0) == 6.0


# --- wrong use --------------------------------------------------------------------------


@pytest.mark.parametrize("transform", [grad, value_and_grad, jacobian])
@pytest.mark.parametrize(
    ("argnums", "message"),
    [
        (1, "argnums=1, but the function was called with 1 positional argument$"),
        (-2, "argnums=-2, but"), (1.5, "argnums=1.5"), ("0", "argnums='0'"), (None, "argnums=None"),
    ],
)  # fmt: skip
def test_wrong_argnums(transform: Any, argnums: Any, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        transform(lambda x: x, argnums)(2.0)


@pytest.mark.parametrize("argnums", [(0, 0), (0, -1)])
def test_argument_named_twice(argnums: Any) -> None:
    with pytest.raises(ValueError, match="names an argument twice"):
        grad(lambda x: x, argnums)(2.0)


@pytest.mark.parametrize("argnums", [(0, 1), 1.5, None])
def test_hessian_by_several_arguments_names_the_way_out(argnums: Any) -> None:
    with pytest.raises(TypeError, match="put the variables in one list"):
        hessian(lambda x, y: x * y, argnums)(1.0, 2.0)
    with pytest.raises(ValueError, match="argnums=2, but the function was called with 2"):
        hessian(lambda x, y: x * y, 2)(1.0, 2.0)


def test_keyword_instead_of_an_argument() -> None:
    with pytest.raises(ValueError, match="called with 0 positional arguments"):
        grad(lambda x: x)(x=2.0)


@pytest.mark.parametrize(
    ("result", "message"),
    [
        ([1.0, 2.0], "returned a list of 2: use jacobian or vjp"),
        ((), "returned a tuple of 0: use jacobian"),
        (None, "returned None; did it forget"),
        ("1", "the str '1'"),
        (np.array([1.0, 2.0]), r"an array of shape \(2,\): take its .sum\(\)"),
    ],
)
def test_function_that_returns_no_number(result: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        grad(lambda x: result)(2.0)


@pytest.mark.parametrize("wrong", ["2", None, {1.0}, np.array(["1"]), [1.0, "2"], 1j])
@pytest.mark.parametrize("transform", [grad, jacobian, hessian])
def test_argument_that_is_no_number(transform: Any, wrong: Any) -> None:
    with pytest.raises(TypeError, match="takes a Value or a real number, not"):
        transform(lambda x: x)(wrong)


@pytest.mark.parametrize("transform", [grad, value_and_grad, jacobian, hessian])
@pytest.mark.parametrize("wrong", [3.0, None, Value(2.0)])
def test_something_else_than_a_function(transform: Any, wrong: Any) -> None:
    with pytest.raises(TypeError, match="takes a function, not"):
        transform(wrong)(2.0)


@pytest.mark.parametrize(
    ("primals", "tangents", "error"),
    [
        (2.0, 1.0, "as tuples"), ((2.0,), 1.0, "as tuples"),
        ((2.0,), (1.0, 2.0), "structure"), (([1.0, 2.0],), (1.0, 2.0), "structure"),
        ((1.0, 2.0), ([1.0, 2.0],), "structure"), ((2.0,), (None,), "tangent"),
        ((None,), (1.0,), "primal"),
    ],
)  # fmt: skip
def test_wrong_tangents(primals: Any, tangents: Any, error: str) -> None:
    with pytest.raises((TypeError, ValueError), match=error):
        jvp(lambda *x: 1.0, primals, tangents)


@pytest.mark.parametrize("cotangent", [1.0, [1.0], [1.0, 2.0, 3.0]])
def test_wrong_cotangent(cotangent: Any) -> None:
    with pytest.raises(ValueError, match=r"the cotangent .* result"):
        vjp(lambda x: [x, x], 2.0)[1](cotangent)


@pytest.mark.parametrize(
    "cotangent",
    [
        {"b": 1.0, "c": [1.0]}, {"b": 1.0, "a": 1.0}, {"b": [1.0], "a": [1.0]}, [1.0, [1.0]],
        {"a": (1.0,), "b": {"a": 1.0}},
    ],
)  # fmt: skip
def test_a_cotangent_of_another_structure(cotangent: Any) -> None:
    _, pull_back = vjp(lambda x: {"a": [x], "b": x * x}, 2.0)
    with pytest.raises(ValueError, match=r"has not the keys and the nesting of the function's"):
        pull_back(cotangent)


def test_dicts_belong_together_by_key() -> None:
    def f(p: Any) -> Any:
        return 10.0 * p["a"] + p["b"]["c"].sum()

    point = {"a": 1.0, "b": {"c": np.ones(2)}}
    tangent = {"b": {"c": np.array([5.0, 6.0])}, "a": 3.0}
    assert jvp(f, (point,), (tangent,)) == (12.0, 41.0)
    for wrong in ({"a": 1.0, "c": {"c": np.ones(2)}}, {"a": 1.0}, [1.0, [np.ones(2)]]):
        with pytest.raises(ValueError, match="structure of the primals"):
            jvp(f, (point,), (wrong,))
    _, pull_back = vjp(lambda x: {"a": x, "b": (x * x, x.sum())}, np.array([2.0, 3.0]))
    (found,) = pull_back({"b": [np.ones(2), 10.0], "a": np.array([100.0, 200.0])})
    assert found.tolist() == [114.0, 216.0]


class Point(NamedTuple):
    a: Any
    b: Any


def test_namedtuples_stay_namedtuples() -> None:
    point = Point(2.0, 3.0)

    def swapped(p: Point) -> Point:
        return Point(p.b, p.a * p.b)

    found = grad(lambda p: p.a * p.b)(point)
    assert type(found) is Point
    assert found == Point(3.0, 2.0)
    assert jvp(swapped, (point,), (Point(1.0, 0.0),)) == (Point(3.0, 6.0), Point(0.0, 3.0))
    result, pull_back = vjp(swapped, point)
    (pulled,) = pull_back((1.0, 10.0))
    rows = jacobian(swapped)(point)
    assert {type(part) for part in (result, pulled, rows, *rows)} == {Point}
    assert (result, pulled, rows.b) == (Point(3.0, 6.0), Point(30.0, 21.0), Point(3.0, 2.0))


def test_other_kinds_of_dict_become_plain_ones() -> None:
    found = grad(lambda p: p["a"] * p["b"])(OrderedDict(b=2.0, a=3.0))
    assert type(found) is dict
    assert found == {"a": 2.0, "b": 3.0}


@pytest.mark.parametrize(
    ("root", "wrt", "message"),
    [
        (3.0, Value(1.0), "gradients takes a Value to differentiate, not 3.0"),
        (Value(1.0), 3.0, "3.0 is a plain number"),
        (Value(1.0), None, "wrt takes"),
        (Value(1.0), [Value(1.0), "x"], "wrt takes .* the str 'x'"),
    ],
)
def test_gradients_of_something_else(root: Any, wrt: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        gradients(root, wrt)


def test_exception_of_the_function_passes_and_restores_the_state() -> None:
    def fail(x: Any) -> Any:
        raise KeyError("mine")

    for call in (lambda: grad(fail)(1.0), lambda: jvp(fail, (1.0,), (1.0,))):
        with no_grad():
            with pytest.raises(KeyError, match="mine"):
                call()
            assert (Value(1.0) * 2).is_leaf
        assert not (Value(1.0) * 2).is_leaf
    assert autograd.contexts.special == 0


# --- arrays -----------------------------------------------------------------------------

POINT = np.array([0.3, -0.7, 1.2])


def cubes(x: Any) -> Any:
    return (x**3).sum() + x[0] * x[1] * x[2]


CUBES_GRADIENT = 3 * POINT**2 + np.array([-0.7 * 1.2, 0.3 * 1.2, -0.3 * 0.7])
CUBES_HESSIAN = np.diag(6 * POINT) + np.array([[0, 1.2, -0.7], [1.2, 0, 0.3], [-0.7, 0.3, 0]])


def test_array_in_array_out() -> None:
    value, slope = value_and_grad(cubes)(POINT)
    assert np.isclose(value, cubes(POINT))
    assert type(slope) is np.ndarray
    assert np.allclose(slope, CUBES_GRADIENT, rtol=1e-14)
    assert grad(lambda x: x.sum())(np.array([1, 2])).dtype == float
    assert grad(lambda x: x * x)(np.array(3.0)) == 6.0
    assert grad(lambda x: (x * x).reshape(1, 1))(np.array([3.0])).tolist() == [6.0]


def test_tensor_in_tensor_out() -> None:
    x = Tensor(POINT)
    for found in (grad(cubes)(x), vjp(cubes, x)[1](1.0)[0], jacobian(cubes)(x)):
        assert isinstance(found, Tensor)
        assert np.allclose(found.data, CUBES_GRADIENT, rtol=1e-14)
    assert isinstance(grad(lambda x: 7.0)(x), Tensor)
    assert x.grad is None
    assert np.allclose(gradients(grad(cubes)(x).sum(), x), CUBES_HESSIAN.sum(0), rtol=1e-13)


def array_by_grad(f: Scalar) -> Scalar:
    return grad(f)


def array_by_vjp(f: Scalar) -> Scalar:
    return lambda x: vjp(f, x)[1](1.0)[0]


def array_by_jacobian(f: Scalar) -> Scalar:
    return jacobian(f)


def array_by_jvp(f: Scalar) -> Scalar:
    return lambda x: autograd.stack([jvp(f, (x,), (unit,))[1] for unit in np.eye(3)])


ARRAY_MODES = [array_by_grad, array_by_vjp, array_by_jacobian, array_by_jvp]


@pytest.mark.parametrize("outer", ARRAY_MODES)
@pytest.mark.parametrize("inner", ARRAY_MODES)
def test_second_derivatives_of_arrays_by_any_two_modes(inner: Any, outer: Any) -> None:
    weights = np.array([1.0, 10.0, 100.0])
    found = outer(lambda x: (inner(cubes)(x) * weights).sum())(POINT)
    assert np.allclose(np.asarray(found), CUBES_HESSIAN @ weights, rtol=1e-13)


@pytest.mark.parametrize("outer", ARRAY_MODES)
@pytest.mark.parametrize("middle", ARRAY_MODES)
@pytest.mark.parametrize("inner", ARRAY_MODES)
def test_third_derivatives_of_arrays(inner: Any, middle: Any, outer: Any) -> None:
    f: Scalar = lambda x: (x**4).sum()
    first: Scalar = lambda x: (inner(f)(x)).sum()
    second: Scalar = lambda x: (middle(first)(x)).sum()
    assert np.allclose(np.asarray(outer(second)(POINT)), 24 * POINT, rtol=1e-13)


@pytest.mark.parametrize("outer", ARRAY_MODES)
@pytest.mark.parametrize("inner", ARRAY_MODES)
def test_no_perturbation_confusion_of_arrays(inner: Any, outer: Any) -> None:
    # d/dx Σ x · d/dy Σ(x y²) at y = (1, 2, 3), elementwise: Σ x · 2 x y → 4 x y
    y = np.array([1.0, 2.0, 3.0])
    found = outer(lambda x: (x * inner(lambda y: (x * y * y).sum())(y)).sum())(POINT)
    assert np.allclose(getattr(found, "data", found), 4 * POINT * y, rtol=1e-13)


def test_hessian_and_jacobian_of_arrays() -> None:
    assert np.allclose(hessian(cubes)(POINT), CUBES_HESSIAN, rtol=1e-14)
    a = np.arange(6.0).reshape(2, 3)
    assert np.allclose(jacobian(lambda x: a @ x)(POINT), a)
    found = jacobian(lambda x: autograd.outer(x, x))(POINT)
    assert found.shape == (3, 3, 3)
    expected = np.einsum("ik,j->ijk", np.eye(3), POINT) + np.einsum("jk,i->ijk", np.eye(3), POINT)
    assert np.allclose(found, expected)
    square = jacobian(lambda x: x @ x)(a[:, :2])
    assert square.shape == (2, 2, 2, 2)
    assert jacobian(lambda x: x.sum())(a).shape == (2, 3)
    matrix = hessian(lambda x: (x @ x.T).sum())(a)
    assert matrix.shape == (2, 3, 2, 3)
    assert np.allclose(matrix.reshape(6, 6), matrix.reshape(6, 6).T)


def test_jacobian_of_nothing() -> None:
    assert jacobian(lambda x: x[:0])(POINT).shape == (0, 3)


def test_array_that_a_number_does_not_depend_on_has_an_array_of_zeros() -> None:
    found = grad(lambda p: p["a"] * 2.0)({"a": 2.0, "x": POINT})
    assert found["a"] == 2.0
    assert np.array_equal(found["x"], np.zeros(3))
    assert np.shape(gradients(Value(2.0) * 3.0, Tensor(POINT))) == (3,)
    assert np.shape(jacobian(lambda p: [p[0], p[1]])((2.0, POINT))[0][1]) == (3,)


def test_hessian_of_a_tensor_is_a_tensor() -> None:
    x = Tensor(POINT)
    found = hessian(cubes)(x)
    assert isinstance(found, Tensor)
    assert np.allclose(found.data, CUBES_HESSIAN)
    third = gradients((found * found).sum(), x)
    assert np.allclose(third, 2 * np.diag(CUBES_HESSIAN) * 6 + 4 * POINT)


def test_vjp_and_jvp_of_arrays() -> None:
    a = np.arange(6.0).reshape(2, 3)
    result, pull_back = vjp(lambda a, x: (a @ x).tanh(), a, POINT)
    slope = 1 - np.tanh(a @ POINT) ** 2
    by_a, by_x = pull_back(np.array([1.0, 10.0]))
    assert np.allclose(result, np.tanh(a @ POINT))
    assert np.allclose(by_x, a.T @ (slope * [1.0, 10.0]))
    assert np.allclose(by_a, np.outer(slope * [1.0, 10.0], POINT))
    value, tangent = jvp(lambda x: (a @ x).tanh(), (POINT,), (np.ones(3),))
    assert np.allclose(value, result)
    assert np.allclose(tangent, slope * a.sum(1))
    assert type(value) is type(tangent) is np.ndarray
    assert jvp(lambda x: np.ones(2), (POINT,), (POINT,))[1].tolist() == [0.0, 0.0]


STRUCTURE = {"w": np.array([[1.0, 2.0], [3.0, 4.0]]), "b": [np.array([0.5, -0.5]), 2.0]}


def layer(p: Any, x: Any) -> Any:
    return ((p["w"] @ x + p["b"][0]) ** 2).sum() * p["b"][1]


def test_structures_of_arrays_and_numbers() -> None:
    x = np.array([1.0, -1.0])
    r = STRUCTURE["w"] @ x + STRUCTURE["b"][0]  # type: ignore[call-overload]
    found = grad(layer)(STRUCTURE, x)
    assert list(found) == ["w", "b"]
    assert np.allclose(found["w"], 4 * np.outer(r, x))
    assert np.allclose(found["b"][0], 4 * r)
    assert found["b"][1] == pytest.approx((r**2).sum())
    assert type(found["b"][1]) is float
    by_p, by_x = grad(layer, (0, 1))(STRUCTURE, x)
    assert np.allclose(by_p["w"], found["w"])
    assert np.allclose(by_x, 4 * STRUCTURE["w"].T @ r)  # type: ignore[attr-defined]
    _, tangent = jvp(layer, (STRUCTURE, x), (found, np.zeros(2)))
    squares = sum(float((g * g).sum()) for g in (found["w"], found["b"][0]))
    assert float(tangent) == pytest.approx(squares + found["b"][1] ** 2)
    value, pull_back = vjp(lambda p: {"y": p["w"] * 2.0, "z": (p["b"][1],)}, STRUCTURE)
    assert value["z"] == (2.0,)
    (back,) = pull_back({"y": np.ones((2, 2)), "z": (5.0,)})
    assert (back["w"].tolist(), back["b"][1]) == ([[2.0, 2.0], [2.0, 2.0]], 5.0)
    assert back["b"][0].tolist() == [0.0, 0.0]


def test_jacobian_of_structures_of_arrays() -> None:
    found = jacobian(lambda p: [p["x"] * p["a"], p["a"]])({"x": POINT, "a": 2.0})
    assert np.allclose(found[0]["x"], 2 * np.eye(3))
    assert np.allclose(found[0]["a"], POINT)
    assert found[1]["a"] == 1.0
    first, second = jacobian(lambda x, y: x * y, (0, 1))(POINT, POINT + 1)
    assert np.allclose(first, np.diag(POINT + 1))
    assert np.allclose(second, np.diag(POINT))


@pytest.mark.parametrize("transform", [grad, value_and_grad])
@pytest.mark.parametrize(
    ("result", "message"),
    [
        (lambda x: x, r"an array of shape \(3,\): take its .sum\(\) or .mean\(\)"),
        (lambda x: x.reshape(3, 1), r"shape \(3, 1\): take its"),
        (lambda x: [x.sum()], "returned a list of 1"),
        (lambda x: None, "returned None"),
        (lambda x: "y", "the str 'y'"),
    ],
)
def test_function_of_an_array_that_returns_no_number(
    transform: Any, result: Any, message: str
) -> None:
    with pytest.raises(TypeError, match=message):
        transform(result)(POINT)


@pytest.mark.parametrize(
    ("use", "error", "message"),
    [
        (lambda: jvp(cubes, (POINT,), (np.ones(2),)), ValueError, "structure of the primals"),
        (lambda: jvp(cubes, (POINT,), (1.0,)), ValueError, "structure of the primals"),
        (lambda: jvp(cubes, POINT, POINT), TypeError, "as tuples"),
        (lambda: vjp(lambda x: x, POINT)[1](np.ones(2)), ValueError, r"\(2,\) .* \(3,\)"),
        (lambda: vjp(lambda x: x, POINT)[1]([1.0, 1.0, 1.0]), ValueError, "the cotangent has 3"),
        (lambda: grad(cubes)(np.array(["a"])), TypeError, "dtype <U1"),
        (lambda: grad(cubes)(np.array([1j])), TypeError, "complex128"),
        (lambda: grad(cubes)(np.ma.array([1.0, 2.0])), TypeError, "takes"),
        (lambda: gradients(Tensor(POINT) * 2.0, Tensor(POINT)), ValueError, r"shape \(3,\)"),
        (lambda: gradients(Tensor(1.0), POINT), TypeError, "is a plain number"),
    ],
)
def test_wrong_use_with_arrays(use: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        use()


def test_a_function_may_not_change_its_argument_or_keep_its_results() -> None:
    point = POINT.copy()
    found = grad(lambda x: (x * x).sum())(point)
    found[...] = 7.0
    assert np.array_equal(point, POINT)
    result, pull_back = vjp(lambda x: x, point)
    result[...] = 0.0
    assert np.array_equal(point, POINT)
    assert np.array_equal(pull_back(np.ones(3))[0], np.ones(3))
    a, b = grad(lambda x, y: (x + y).sum(), (0, 1))(point, point)
    a[...] = 5.0
    assert b.tolist() == [1.0, 1.0, 1.0]
    direction = np.ones(3)
    (value, again), (tangent, _) = jvp(lambda x: (x, x), (point,), (direction,))
    value[...] = tangent[...] = 6.0
    assert np.array_equal(point, POINT)
    assert np.array_equal(again, POINT)
    assert direction.tolist() == [1.0, 1.0, 1.0]
    of_nodes = Value(2.0), Value(1.0)
    for part in jvp(lambda x: x, of_nodes[:1], of_nodes[1:]):
        part.data = 7.0
    assert [node.data for node in of_nodes] == [2.0, 1.0]


def test_a_gradient_is_not_a_weight() -> None:
    w = Value(3.0)
    slope = grad(lambda x: x * w)(Value(2.0))
    slope.data = 0.5
    assert w.data == 3.0
    assert gradients(slope, w) == 1.0
    a, b = Value(2.0), Value(3.0)
    by_a, by_b, by_neither = gradients(a * b, [a, b, w], create_graph=True)
    by_a.data = by_b.data = 0.5
    assert (a.data, b.data, by_neither.is_leaf) == (2.0, 3.0, True)
    assert [gradients(by_a, b), gradients(by_b, a)] == [1.0, 1.0]
    left, right = grad(lambda x, y: (x + y) * w, (0, 1))(a, b)
    assert left is not right


def test_arrays_inside_no_grad() -> None:
    with no_grad():
        assert np.allclose(hessian(cubes)(POINT), CUBES_HESSIAN)
        assert np.allclose(jvp(grad(cubes), (POINT,), (np.ones(3),))[1], CUBES_HESSIAN.sum(0))
        assert (Tensor(POINT) * 2.0).is_leaf
