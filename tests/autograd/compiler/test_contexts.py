"""Contexts, hooks and higher orders on a compiled function: the same numbers, or one sentence."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import (
    AnomalyError,
    Tensor,
    Value,
    contexts,
    detect_anomaly,
    enable_grad,
    grad,
    gradcheck,
    gradients,
    hessian,
    jacobian,
    jvp,
    no_grad,
    value_and_grad,
    vjp,
)
from tests.autograd.compiler.helpers import (
    all_close,
    assert_same,
    count,
    is_one_sentence,
    numbers,
    outcome,
    same_or_refused,
)


@pytest.fixture(autouse=True)
def _nothing_stays_open() -> Any:
    yield
    assert contexts.special == 0
    assert contexts.recording()
    assert not contexts.detecting_anomaly()


def smooth(x: Any, y: Any) -> Any:
    return (x * y).sin() + x**3 / (2.0 + y * y)


def of_arrays(t: Any, v: Any) -> Any:
    return ((t @ t.T).tanh() * v).sum() + v * v


POINT = (0.5, -1.25)
OTHER = (-2.0, 0.75)
MATRIX = np.array([[0.5, -1.0], [0.25, 2.0]])


def fresh(recorded: bool, f: Callable[..., Any] = smooth) -> Any:
    """A compiled function, before its first call or after it."""
    compiled = autograd.compile(f)
    if recorded:
        compiled(*map(Value, OTHER)) if f is smooth else compiled(Tensor(MATRIX), Value(1.0))
    return compiled


both = pytest.mark.parametrize("recorded", [False, True], ids=["first call", "replay"])


# --- no_grad ----------------------------------------------------------------------------------


@both
def test_results_inside_no_grad_are_leaves(recorded: bool) -> None:
    f = fresh(recorded)
    x, y = map(Value, POINT)
    with no_grad():
        result = f(x, y)
    assert result.is_leaf
    assert float(result) == pytest.approx(smooth(x, y).data, rel=1e-12)
    result.backward()
    assert (x.grad, y.grad) == (None, None)


@both
def test_array_results_inside_no_grad_are_leaves(recorded: bool) -> None:
    plain = lambda t, v: [t * v, (t @ t).sum()]
    f = autograd.compile(plain)
    if recorded:
        f(Tensor(MATRIX), Value(2.0))
    with no_grad():
        results = f(Tensor(MATRIX), Value(3.0))
        assert all_close(numbers(results), numbers(plain(Tensor(MATRIX), Value(3.0))))
    assert all(result.is_leaf for result in results)


def test_recorded_inside_no_grad_and_differentiated_outside() -> None:
    f = autograd.compile(smooth)
    with no_grad():
        f(*map(Value, POINT))
    assert_same(f, smooth, *map(Value, POINT))
    with no_grad():
        assert f(*map(Value, OTHER)).is_leaf
    assert_same(f, smooth, *map(Value, OTHER))
    assert count(f) == 1


def test_enable_grad_inside_no_grad() -> None:
    f = autograd.compile(smooth)
    with no_grad():
        f(*map(Value, POINT))
        with enable_grad():
            assert_same(f, smooth, *map(Value, POINT))


@both
def test_value_and_grad_inside_no_grad(recorded: bool) -> None:
    # as autograd.value_and_grad does, which is asked for a gradient
    f = fresh(recorded)
    expected = value_and_grad(smooth)(*POINT)
    with no_grad():
        assert numbers(list(f.value_and_grad(*POINT))) == pytest.approx(list(expected), rel=1e-12)


def test_no_grad_around_the_function_itself() -> None:
    f = no_grad(autograd.compile(smooth))
    g = autograd.compile(no_grad(smooth))
    for point in (POINT, OTHER):
        x, y = map(Value, point)
        for h in (f, g):
            result = h(x, y)
            assert float(result) == pytest.approx(smooth(x, y).data, rel=1e-12)
            result.backward()
        assert not x.grad
        assert not y.grad


# --- detect_anomaly ---------------------------------------------------------------------------


@both
def test_what_is_finite_passes_inside_detect_anomaly(recorded: bool) -> None:
    f = fresh(recorded)
    expected = outcome(smooth, map(Value, POINT))
    with detect_anomaly():
        found = outcome(f, map(Value, POINT))
    assert all_close(found[0], expected[0])
    assert all_close(found[1], expected[1])
    assert_same(f, smooth, *map(Value, OTHER))


@both
def test_anomaly_of_the_value_is_found(recorded: bool) -> None:
    f = autograd.compile(lambda x: x.log() * 2.0)
    if recorded:
        f(Value(1.0))
    with detect_anomaly(), pytest.raises(AnomalyError, match="log gave -inf"):
        f(Value(0.0))
    assert float(f(Value(0.0))) == -math.inf
    assert float(f(Value(1.0))) == 0.0


@both
def test_anomaly_of_an_array_is_found(recorded: bool) -> None:
    f = autograd.compile(lambda t: t.log().sum())
    if recorded:
        f(Tensor([1.0, 2.0]))
    with detect_anomaly(), pytest.raises(AnomalyError, match="log gave"):
        f(Tensor([1.0, 0.0]))


@both
def test_anomaly_of_a_gradient_is_found(recorded: bool) -> None:
    f = autograd.compile(lambda x: x.sqrt() * 2.0)
    if recorded:
        f(Value(1.0)).backward()
    with detect_anomaly():
        result = f(Value(0.0))
        with pytest.raises(AnomalyError):
            result.backward()


def test_anomaly_of_a_gradient_outside_of_where_it_was_computed() -> None:
    f = autograd.compile(lambda x: x.sqrt() * 2.0)
    f(Value(1.0))
    x = Value(0.0)
    result = f(x)
    with detect_anomaly():
        with pytest.raises((AnomalyError, TypeError, RuntimeError)) as error:
            result.backward()
        assert isinstance(error.value, AnomalyError) or is_one_sentence(str(error.value))


def test_anomaly_of_value_and_grad_is_found() -> None:
    f = autograd.compile(lambda x: x.sqrt() * 2.0)
    assert f.value_and_grad(1.0) == (2.0, 1.0)
    with detect_anomaly(), pytest.raises(AnomalyError):
        f.value_and_grad(0.0)


# --- hooks ------------------------------------------------------------------------------------


@both
def test_hook_on_an_argument(recorded: bool) -> None:
    f = fresh(recorded)
    seen = []
    for function in (smooth, f):
        x, y = map(Value, POINT)
        told: list[float] = []
        with x.register_hook(lambda g: told.append(g) or 10.0 * g):  # noqa: B023
            result = function(x, y)
            result.backward()
        seen.append([*told, x.grad, y.grad])
    assert len(seen[0]) == 3
    assert all_close(seen[1], seen[0])
    assert_same(f, smooth, *map(Value, POINT))


@both
def test_hook_put_on_an_argument_after_the_call(recorded: bool) -> None:
    f = fresh(recorded)
    grads = []
    for function in (smooth, f):
        x, y = map(Value, POINT)
        result = function(x, y)
        with x.register_hook(lambda g: 10.0 * g):
            result.backward()
        grads.append([x.grad, y.grad])
    assert all_close(grads[1], grads[0])


@both
def test_hook_on_the_result(recorded: bool) -> None:
    f = fresh(recorded)
    grads = []
    for function in (smooth, f):
        x, y = map(Value, POINT)
        result = function(x, y)
        with result.register_hook(lambda g: -2.0 * g):
            result.backward()
        grads.append([x.grad, y.grad])
    assert all_close(grads[1], grads[0])


@both
def test_hook_on_a_tensor_argument(recorded: bool) -> None:
    f = fresh(recorded, of_arrays)
    grads = []
    for function in (of_arrays, f):
        t, v = Tensor(MATRIX), Value(0.5)
        with t.register_hook(lambda g: np.clip(g, -0.1, 0.1)):
            function(t, v).backward()
        grads.append([*numbers(t.grad), v.grad])
    assert all_close(grads[1], grads[0])


def test_hook_on_a_captured_leaf() -> None:
    w = Value(2.0)
    plain = lambda x: x * w * w
    f = autograd.compile(plain)
    f(Value(1.0))
    with w.register_hook(lambda g: 100.0 * g):
        assert_same(f, plain, Value(3.0), captured=[w])
    assert_same(f, plain, Value(3.0), captured=[w])


def test_hook_registered_inside() -> None:
    def plain(x: Any) -> Any:
        z = x * x
        z.register_hook(lambda g: 10.0 * g)
        return z.sin()

    def gradient(f: Callable[..., Any]) -> float:
        x = Value(0.5)
        f(x).backward()
        return float(x.grad)

    compiled = autograd.compile(plain)
    for _ in range(2):
        same_or_refused(lambda: gradient(compiled), lambda: gradient(plain))


# --- derivatives of compiled functions --------------------------------------------------------


@both
def test_grad_and_value_and_grad_of_a_compiled_function(recorded: bool) -> None:
    f = fresh(recorded)
    for point in (POINT, OTHER):
        assert grad(f)(*point) == pytest.approx(grad(smooth)(*point), rel=1e-12)
        found, expected = (value_and_grad(g, (0, 1))(*point) for g in (f, smooth))
        assert all_close(numbers(list(found)), numbers(list(expected)))
    # what is given as a node comes back as one
    slope = grad(f)(*map(Value, POINT))
    assert float(slope) == pytest.approx(grad(smooth)(*POINT), rel=1e-12)


@both
def test_vjp_and_jacobian_of_a_compiled_function(recorded: bool) -> None:
    plain = lambda x: [x[0] * x[1], x[0].sin(), x[1] ** 2 / x[0]]
    f = autograd.compile(plain)
    if recorded:
        f([Value(2.0), Value(3.0)])
    assert all_close(numbers(jacobian(f)([0.5, -1.5])), numbers(jacobian(plain)([0.5, -1.5])))
    found, expected = (vjp(g, [0.5, -1.5])[1]([1.0, 10.0, 100.0]) for g in (f, plain))
    assert all_close(numbers(found), numbers(expected))


@both
def test_jacobian_of_a_compiled_function_of_arrays(recorded: bool) -> None:
    plain = lambda t: (t @ t.T).tanh()
    f = autograd.compile(plain)
    if recorded:
        f(Tensor(MATRIX))
    assert all_close(numbers(jacobian(f)(MATRIX)), numbers(jacobian(plain)(MATRIX)))


@both
def test_forward_mode_through_a_compiled_function(recorded: bool) -> None:
    f = fresh(recorded)
    same_or_refused(lambda: jvp(f, POINT, (1.0, -2.0)), lambda: jvp(smooth, POINT, (1.0, -2.0)))
    g = fresh(recorded, of_arrays)
    args = (MATRIX, 0.5), (MATRIX * 0.1, 1.0)
    same_or_refused(lambda: jvp(g, *args), lambda: jvp(of_arrays, *args))
    assert_same(f, smooth, *map(Value, POINT))  # no trace of the tangents


@both
def test_second_derivatives_through_a_compiled_function(recorded: bool) -> None:
    f = fresh(recorded)
    same_or_refused(lambda: grad(grad(f))(*POINT), lambda: grad(grad(smooth))(*POINT))
    of_list, plain = (lambda g: lambda x: g(*x))(f), lambda x: smooth(*x)
    same_or_refused(lambda: hessian(of_list)(list(POINT)), lambda: hessian(plain)(list(POINT)))


@both
def test_create_graph_of_a_result(recorded: bool) -> None:
    def second(f: Callable[..., Any]) -> list[float]:
        x, y = map(Value, POINT)
        slope = gradients(f(x, y), x, create_graph=True)
        return [slope.data, *gradients(slope, [x, y])]

    def by_backward(f: Callable[..., Any]) -> list[float]:
        x, y = map(Value, POINT)
        f(x, y).backward(create_graph=True)
        x_slope, y.grad = x.grad, None
        x_slope.backward()
        return [x_slope.data, float(y.grad)]

    f = fresh(recorded)
    same_or_refused(lambda: second(f), lambda: second(smooth))
    same_or_refused(lambda: by_backward(f), lambda: by_backward(smooth))
    assert_same(f, smooth, *map(Value, POINT))


def squares(xs: Any) -> Any:
    return sum(x * x * x for x in xs)


def test_higher_orders_of_numbers_that_are_an_array() -> None:
    point, compiled = np.array([2.0, 3.0]), autograd.compile(squares)
    assert grad(compiled)(Tensor(point)).data.tolist() == [12.0, 27.0]
    assert hessian(compiled)(point).tolist() == [[12.0, 0.0], [0.0, 18.0]]
    t = Tensor(point)
    compiled(t).backward(create_graph=True)
    assert gradients(t.grad.sum(), t).tolist() == [12.0, 18.0]


def test_higher_orders_of_an_array_that_is_returned() -> None:
    cubes = autograd.compile(lambda t, v: t * t * t * v)
    t, v = Tensor([1.0, 2.0]), Value(2.0)
    cubes(t, v).sum().backward(create_graph=True)
    slope, t.grad, v.grad = t.grad, None, None
    slope.sum().backward()
    assert slope.data.tolist() == [6.0, 24.0]
    assert (t.grad.data.tolist(), float(v.grad)) == ([12.0, 24.0], 15.0)
    third = grad(lambda x: grad(lambda x: grad(lambda x: cubes(x, 2.0).sum())(x).sum())(x).sum())
    assert third(np.array([1.0, 2.0])).tolist() == [12.0, 12.0]


def test_second_derivative_where_the_result_is_nearly_zero() -> None:
    def misfit(weights: Any, rows: Any, targets: Any) -> Any:
        return sum(
            (sum(w * x for w, x in zip(weights, row, strict=True)) - y) ** 2
            for row, y in zip(rows, targets, strict=True)
        )

    draw = np.random.default_rng(0)
    rows, weights = draw.normal(size=(20, 3)), draw.normal(size=3)
    fit = autograd.compile(misfit)
    found = hessian(lambda w: fit(w, rows, rows @ weights))(weights.tolist())
    assert all_close(numbers(found), numbers(2.0 * rows.T @ rows))


def product(pair: Any) -> Any:
    return pair[0] * pair[1]


def swap_data(pair: Any) -> None:
    pair[0].data, pair[1].data = pair[1].data, pair[0].data


def exchange(pair: Any) -> None:
    pair[0] = Value(pair[0].data)


@pytest.mark.parametrize("change", [swap_data, exchange, list.reverse, list.pop])
def test_create_graph_after_an_argument_was_changed(change: Callable[..., Any]) -> None:
    pair = [Value(2.0), Value(3.0)]
    result = autograd.compile(product)(pair)
    change(pair)
    with pytest.raises(RuntimeError, match="was changed after the call") as refusal:
        result.backward(create_graph=True)
    assert is_one_sentence(str(refusal.value))


DROPOUT = nn.layers.Dropout(0.5)


def test_create_graph_of_what_is_no_longer_computed() -> None:
    class Around:
        rate = 2.0

    drawn = np.random.default_rng(0)
    for f, change in [
        (lambda x: x * x * drawn.normal(), lambda: None),
        (lambda x: x * x * Around.rate, lambda: setattr(Around, "rate", 3.0)),
    ]:
        result = autograd.compile(f)(Value(2.0))
        change()
        with pytest.raises(RuntimeError, match="call the function again") as refusal:
            result.backward(create_graph=True)
        assert is_one_sentence(str(refusal.value))
    dropped = autograd.compile(lambda t: DROPOUT(t, training=True).sum())(Tensor(MATRIX))
    with pytest.raises(RuntimeError, match="draws random numbers") as refusal:
        dropped.backward(create_graph=True)
    assert is_one_sentence(str(refusal.value))


def test_hook_runs_once_for_create_graph() -> None:
    x = Value(3.0)
    x.register_hook(lambda gradient: 10.0 * gradient)
    autograd.compile(lambda x: x * x)(x).backward(create_graph=True)
    assert float(x.grad) == 60.0


def test_gradient_of_a_gradient_that_a_program_computes() -> None:
    cube = autograd.compile(lambda x: x**3)
    assert grad(cube.grad)(2.0) == 12.0
    assert grad(lambda x: cube.value_and_grad(x)[1] * cube.value_and_grad(x)[0])(2.0) == 240.0
    assert grad(grad(cube.grad))(2.0) == 6.0
    assert hessian(lambda xs: cube.grad(xs[0] * xs[1]))([1.0, 2.0]) == [[24.0, 24.0], [24.0, 6.0]]
    assert grad(lambda w: autograd.compile(lambda x: x * x * w**3).grad(2.0))(1.0) == 12.0
    of_array = autograd.compile(lambda t: (t**3).sum())
    assert jacobian(of_array.grad)(np.array([1.0, 2.0])).tolist() == [[6.0, 0.0], [0.0, 12.0]]
    assert cube.grad(Value(2.0)) == 12.0
    slope = grad(lambda w: w * cube.grad(Value(2.0)))(1.0)  # of something else: a plain number
    assert slope == 12.0
    assert contexts.transforming == 0


def test_gradient_that_is_refused_leaves_no_grad() -> None:
    f = autograd.compile(smooth)
    x, y = map(Value, POINT)
    result = f(x, y)
    try:
        result.backward(create_graph=True)
    except (TypeError, RuntimeError):
        assert (x.grad, y.grad, result.grad) == (None, None, None)


def test_gradcheck_of_a_compiled_function() -> None:
    for f, inputs in [
        (smooth, POINT),
        (of_arrays, (MATRIX, 0.5)),
        (lambda x: x[0].tanh() * autograd.dot(x, x), ([0.5, -1.0, 2.0],)),
    ]:
        compiled = autograd.compile(f)
        same_or_refused(
            lambda: gradcheck(compiled, inputs, order=1),  # noqa: B023
            lambda: gradcheck(f, inputs, order=1),  # noqa: B023
        )
        same_or_refused(
            lambda: gradcheck(compiled, inputs),  # noqa: B023
            lambda: gradcheck(f, inputs),  # noqa: B023
        )


# --- compiled functions that differentiate ----------------------------------------------------


@pytest.mark.parametrize("point", [POINT, OTHER])
def test_derivatives_compiled(point: tuple[float, float]) -> None:
    transforms: list[Callable[[Any], Any]] = [
        grad,
        lambda f: value_and_grad(f, (0, 1)),
        lambda f: grad(grad(f)),
        lambda f: lambda x, y: hessian(lambda v: f(*v))([x, y]),
        lambda f: lambda x, y: vjp(f, x, y)[1](2.0),
        lambda f: lambda x, y: jvp(f, (x, y), (1.0, -2.0)),
    ]
    for transform in transforms:
        compiled = autograd.compile(transform(smooth))

        def at(where: tuple[float, float], f: Any = compiled) -> Any:
            return f(*where)

        for where in (OTHER, point, point):
            same_or_refused(lambda: at(where), lambda: transform(smooth)(*where))  # noqa: B023


def branches(z: Any) -> Any:
    return autograd.where(z > 0.0, z * z * z, 2.0 * z * z)


def along(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda x: jvp(f, (x,), (x,))[1]


def slope(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return grad(lambda x: f(x).sum())


@pytest.mark.parametrize(
    "derivative",
    [
        along(branches), along(along(branches)), along(lambda z: branches(z).sum()),
        slope(branches), slope(slope(branches)), along(slope(branches)), slope(along(branches)),
        along(along(along(autograd.elu))), along(along(lambda z: autograd.selu(z * z - z))),
        along(lambda z: z * z if z.sum() > 0.0 else 3.0 * z), along(lambda z: z * z.detach()),
        along(lambda z: autograd.where(z.sum() > 0.0, z * z, 3.0 * z)),
        lambda x: x * along(branches)(np.array([1.0, -1.0])),
    ],
)  # fmt: skip
def test_derivatives_of_choices_compiled(derivative: Callable[[Any], Any]) -> None:
    compiled = autograd.compile(derivative)
    for point in ([1.0, -1.5], [-1.0, 0.5], [-3.0, -2.0], [2.0, 3.0], [1.0, -1.5]):
        x = np.array(point)
        assert np.allclose(compiled(x).data, derivative(x), rtol=1e-13)


def test_a_branch_inside_forward_mode_is_seen() -> None:
    derivative = along(along(lambda z: z * z * z if z > 0.0 else 3.0 * z * z))
    compiled = autograd.compile(derivative)
    for x in (1.0, -1.0, 2.0, -3.0):
        assert compiled(x).data == derivative(x)


def test_compiled_gradient_is_differentiable() -> None:
    plain = grad(smooth)
    compiled = autograd.compile(plain)
    for point in (POINT, OTHER):
        same_or_refused(
            lambda: outcome(compiled, map(Value, point)),  # noqa: B023
            lambda: outcome(plain, map(Value, point)),  # noqa: B023
        )


def test_gradient_inside_is_a_constant_without_create_graph() -> None:
    def step(x: Any) -> Any:
        return x - 0.1 * gradients(x**3, x)

    def step_of_arrays(t: Any) -> Any:
        return (t - 0.1 * gradients((t**3).sum(), t)).sum()

    for f, point in [(step, Value(2.0)), (step_of_arrays, Tensor([2.0, 1.0]))]:
        compiled = autograd.compile(f)
        assert_same(compiled, f, point)
        assert_same(compiled, f, point * 1.5)


def test_create_graph_inside() -> None:
    # a penalty on the slope, as in score matching or physics-informed networks
    def penalized(x: Any, w: Any) -> Any:
        y = (w * x).tanh() * w
        slope = gradients(y, x, create_graph=True)
        return y * y + 0.5 * slope * slope

    compiled = autograd.compile(penalized)
    for x, w in [(0.5, 1.5), (-1.0, 0.25), (2.0, 2.0)]:
        assert_same(compiled, penalized, Value(x), Value(w))
    assert count(compiled) == 1


def test_create_graph_inside_over_arrays() -> None:
    def penalized(t: Any, v: Any) -> Any:
        energy = ((t @ t.T).tanh() * v).sum()
        force = gradients(energy, t, create_graph=True)
        return (force * force).sum() + energy

    compiled = autograd.compile(penalized)
    for shift in (0.0, 0.5):
        assert_same(compiled, penalized, Tensor(MATRIX + shift), Value(0.5 - shift))


def test_physics_inside_a_network() -> None:
    net = nn.MLP(1, [4, 1], "tanh", seed=0)

    def residual(xs: Any) -> Any:
        total = 0.0
        for x in xs:
            point = Value(x)
            u = net([point])
            du = gradients(u, point, create_graph=True)
            total = total + (du + u) ** 2
        return total

    compiled = autograd.compile(residual)
    for xs in ([0.0, 0.5, 1.0], [0.25, -0.5, 2.0]):
        assert_same(compiled, residual, xs, captured=net.parameters())


@pytest.mark.parametrize("create_graph", [False, True])
def test_backward_inside_is_refused(create_graph: bool) -> None:
    def f(x: Any) -> Any:
        y = x * x
        y.backward(create_graph=create_graph)
        return x.grad * x

    compiled = autograd.compile(f)
    for _ in range(2):
        with pytest.raises(TypeError, match="backward") as error:
            compiled(Value(3.0))
        assert is_one_sentence(str(error.value))
    assert compiled.recordings == ()


def test_gradients_without_a_graph_inside() -> None:
    # the slope is a plain number there: it must be that of the call, not of the recording
    def plain(x: Any) -> Any:
        return x * gradients(x**3, x)

    compiled = autograd.compile(plain)
    for number in (2.0, 3.0, -1.0):
        same_or_refused(
            lambda: float(compiled(Value(number))),  # noqa: B023
            lambda: float(plain(Value(number))),  # noqa: B023
        )


# --- other libraries' ways in -----------------------------------------------------------------


def test_primitives_of_ones_own() -> None:
    from autograd.primitives import TABLE

    before = dict(TABLE)
    try:

        @autograd.primitive(partials=lambda m, out, x: 2.0 * x * out)
        def exp_of_square(m: Any, x: Any) -> Any:
            return m.exp(x * x)

        def f(x: Any, t: Any) -> Any:
            values = [exp_of_square(x * number) for number in (0.1, 0.2, 0.3)]
            return autograd.sum(values) + exp_of_square(t).sum()

        compiled = autograd.compile(f)
        for number in (0.5, -1.0):
            assert_same(compiled, f, Value(number), Tensor([number, 0.25]))
    finally:
        for name in TABLE.keys() - before.keys():
            del TABLE[name]


def test_numpys_functions_inside() -> None:
    def f(t: Any, x: Any) -> Any:
        return np.exp(t).sum() * np.sin(x) + np.mean(np.concatenate([t, t * 2.0]))

    compiled = autograd.compile(f)
    for number in (0.5, -1.0):
        assert_same(compiled, f, Tensor([number, 0.25]), Value(number))
