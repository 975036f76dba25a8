"""Forward mode: dual numbers, their levels, and what may be asked of them."""

from __future__ import annotations

import copy
import math
import pickle
from collections.abc import Callable
from typing import Any

import pytest

import autograd
from autograd import Value, grad, jvp, no_grad, value_and_grad
from autograd.dual import Dual
from tests.autograd.helpers import same


class Parameter(Value):
    """A class of somebody's own."""

    __slots__ = ()


@pytest.mark.parametrize(
    ("f", "slope"),
    [
        (lambda x: x * x, 6.0),
        (lambda x: 2 ** (x - 3) * x, 1.0 + 3.0 * math.log(2.0)),
        (lambda x: autograd.dot([x, 2.0], [x, x], x), 9.0),
        (lambda x: autograd.dot([x, x], [Value(1.0), Value(2.0)]), 3.0),
        (lambda x: autograd.sum([x, 1, x]), 2.0),
        (lambda x: autograd.where(x > 0, x, x.log()), 1.0),
        (lambda x: autograd.where(x, x * x, x), 6.0),
        (lambda x: max(x, 1.0) + abs(-x), 2.0),
        (lambda x: autograd.maximum(1.0, x), 1.0),
        (lambda x: x * x.detach(), 3.0),
        (lambda x: x + float(x), 1.0),
        (lambda x: 7.0, 0.0),
        (lambda x: Value(7.0), 0.0),
        (lambda x: Parameter(5.0) * x, 5.0),
        (lambda x: x * Parameter(5.0), 5.0),
    ],
)
def test_slope_at_three(f: Callable[[Any], Any], slope: float) -> None:
    assert float(jvp(f, (3.0,), (1.0,))[1]) == slope
    assert float(jvp(f, (3.0,), (-2.0,))[1]) == -2.0 * slope
    outer = grad(lambda t: jvp(f, (t,), (1.0,))[0])(3.0)
    assert float(outer) == slope


def test_a_copy_is_another_variable_in_either_mode() -> None:
    for duplicate in (copy.copy, copy.deepcopy):
        value, tangent = jvp(lambda x: duplicate(x) * x, (3.0,), (1.0,))  # noqa: B023
        assert (float(value), float(tangent)) == (9.0, 3.0)
        assert float(grad(lambda x: duplicate(x) * x)(3.0)) == 3.0  # noqa: B023


def test_results_are_floats_unless_a_value_goes_in() -> None:
    value, tangent = jvp(lambda x: x.tanh(), (0.5,), (1,))
    assert (type(value), type(tangent)) == (float, float)
    value, tangent = jvp(lambda x: x * x, (Value(3.0),), (1.0,))
    assert (type(value), type(tangent)) == (Value, Value)


def test_no_graph_is_recorded() -> None:
    seen = []

    def f(x: Any) -> Any:
        y = x
        for _ in range(100):
            y = y * x
        seen.append(y)
        return y

    jvp(f, (1.0,), (1.0,))
    assert seen[0].operands == ()


def test_no_grad_is_about_recording_and_stops_no_tangent() -> None:
    def f(x: Any) -> Any:
        with no_grad():
            return x * x

    assert jvp(f, (3.0,), (1.0,)) == (9.0, 6.0)
    assert grad(f)(3.0) == 0.0


@pytest.mark.parametrize("name", ["sqrt", "exp", "sigmoid", "softplus", "relu", "abs"])
@pytest.mark.parametrize("x", [0.0, 1000.0, -1000.0])
def test_every_order_of_nesting_agrees_at_corners(name: str, x: float) -> None:
    f = getattr(autograd, name)

    def forward(g: Callable[[Any], Any]) -> Callable[[Any], Any]:
        return lambda t: jvp(g, (t,), (1.0,))[1]

    found = [grad(grad(f))(x), forward(grad(f))(x), grad(forward(f))(x), forward(forward(f))(x)]
    assert all(same(second, found[0]) for second in found), found


def test_dual_behaves_like_a_number() -> None:
    def f(x: Any) -> Any:
        assert isinstance(x, Value)
        assert (float(x), int(x), bool(x), f"{x:.1f}") == (3.0, 3, True, "3.0")
        assert x > 2
        assert x == 3.0
        assert (x.data, x.grad, x.is_leaf) == (3.0, None, True)
        assert repr(x).startswith("Dual(3.000")
        assert len({x, x * 1}) == 2
        return x

    assert jvp(f, (3.0,), (1.0,)) == (3.0, 1.0)


def test_dual_refuses_what_would_lose_its_tangent() -> None:
    def backward(x: Any) -> Any:
        (x * x).backward()

    def assign(x: Any) -> Any:
        x.data = 5.0

    with pytest.raises(TypeError, match=r"autograd\.grad, not with \.backward"):
        jvp(backward, (3.0,), (1.0,))
    with pytest.raises(TypeError, match="compute a new one"):
        jvp(assign, (3.0,), (1.0,))
    with pytest.raises(TypeError, match="cannot be pickled"):
        jvp(pickle.dumps, (3.0,), (1.0,))


def test_detached_dual_has_no_tangent() -> None:
    def f(x: Any) -> Any:
        leaf = x.detach()
        assert type(leaf) is Value
        return leaf * 2

    value, tangent = jvp(f, (3.0,), (1.0,))
    assert (float(value), tangent) == (6.0, 0.0)


def test_inner_levels_see_outer_ones_as_constants() -> None:
    levels = []

    def inner(y: Any) -> Any:
        levels.append(y.level)
        return y * y

    def outer(x: Any) -> Any:
        levels.append(x.level)
        return jvp(inner, (x,), (1.0,))[1]

    assert jvp(outer, (3.0,), (1.0,)) == (6.0, 2.0)
    assert levels[0] < levels[1]


def test_value_and_gradient_inside_forward_mode_are_duals() -> None:
    def f(x: Any) -> Any:
        value, slope = value_and_grad(lambda y: y**3)(x)
        assert isinstance(value, Dual)
        assert isinstance(slope, Dual)
        return value + slope

    assert jvp(f, (2.0,), (1.0,)) == (8.0 + 12.0, 12.0 + 12.0)
