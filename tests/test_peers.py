"""What users of micrograd, HIPS autograd, MyGrad and minitorch expect of an engine.

The cases are our own, in the manner of each project's tests.  What is right comes from a formula
by hand or from a difference quotient, never from the engine itself.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import autograd as ag
import nn
from autograd import Tensor, Value, grad, gradients, hessian, jacobian, jvp, value_and_grad, vjp
from tests.autograd.helpers import by_backward


def normal(*shape: int, seed: int = 0) -> Any:
    return np.random.default_rng([seed, *shape]).normal(size=shape)


def slopes(f: Callable[..., float], point: tuple[float, ...], h: float = 1e-6) -> list[float]:
    """Central differences of a function of floats."""
    found = []
    for i, x in enumerate(point):
        up, down = [*point[:i], x + h, *point[i + 1 :]], [*point[:i], x - h, *point[i + 1 :]]
        found.append((f(*up) - f(*down)) / (2.0 * h))
    return found


def array_slopes(f: Callable[[Any], Any], x: Any, h: float = 1e-6) -> Any:
    """Central differences of a number that depends on an array."""
    found = np.zeros_like(x)
    for index in np.ndindex(*x.shape):
        step = np.zeros_like(x)
        step[index] = h
        found[index] = (float(f(x + step)) - float(f(x - step))) / (2.0 * h)
    return found


# --- micrograd: numbers, operators, and a network that one can read ------------------------------

EXPRESSIONS: dict[str, tuple[Callable[..., Any], tuple[float, ...]]] = {
    "a sum of itself": (lambda x: x + x + x, (3.0,)),
    "a product with itself": (lambda x: x * x * x, (-2.0,)),
    "used in two branches": (lambda x, y: (x * y) + (x - y) * (x + y), (2.0, -3.0)),
    "a name bound again": (lambda x: _bound_again(x), (0.7,)),
    "minus on the left": (lambda x: 3.0 - (-x) - 1.0, (2.0,)),
    "a number divided by it": (lambda x: 6.0 / x / 2.0, (1.5,)),
    "a negative power": (lambda x: x**-2 + x**-0.5, (2.5,)),
    "a number to its power": (lambda x: 2.0**x, (3.0,)),
    "one to the power of the other": (lambda x, y: x**y, (2.0, 3.5)),
    "sum() of Python": (lambda x, y: sum([x * y, x, y]), (1.5, 2.5)),
    "a neuron by zip": (
        lambda w, x, b: sum((wi * xi for wi, xi in zip([w, w], [x, 2.0], strict=True)), b).tanh(),
        (0.5, -0.25, 0.125),
    ),
    "a loop": (lambda x: _repeated(x, 20), (0.5,)),
    "a conditional": (lambda x: x * x if x > 1 else -x, (2.0,)),
    "the other way": (lambda x: x * x if x > 1 else -x, (0.5,)),
    "a squared hinge": (lambda w, x: ((1.0 - w * x).relu()) ** 2, (0.25, 2.0)),
    "a softmax by hand": (lambda a, b: a.exp() / (a.exp() + b.exp()), (0.5, -1.0)),
    "a logistic loss by hand": (lambda w, b: (1.0 + (-(2.0 * w + b)).exp()).log(), (0.5, 0.25)),
}  # fmt: skip


def _bound_again(x: Any) -> Any:
    y = x
    y += x * 2.0
    y *= x
    y -= 1.0
    y /= x + 3.0
    return y


def _repeated(x: Any, count: int) -> Any:
    y = x
    for _ in range(count):
        y = y * 0.9 + x * 0.1
    return y * y


class Number(float):
    """A float with the methods of a Value, to compute the same without it."""

    def __new__(cls, number: float) -> Number:
        return float.__new__(cls, number)

    tanh = lambda self: Number(math.tanh(self))
    exp = lambda self: Number(math.exp(self))
    log = lambda self: Number(math.log(self))
    relu = lambda self: Number(max(self, 0.0))
    __add__ = __radd__ = lambda self, other: Number(float(self) + float(other))
    __mul__ = __rmul__ = lambda self, other: Number(float(self) * float(other))
    __sub__ = lambda self, other: Number(float(self) - float(other))
    __rsub__ = lambda self, other: Number(float(other) - float(self))
    __truediv__ = lambda self, other: Number(float(self) / float(other))
    __rtruediv__ = lambda self, other: Number(float(other) / float(self))
    __neg__ = lambda self: Number(-float(self))


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_micrograd_expression(name: str) -> None:
    f, point = EXPRESSIONS[name]
    out = f(*map(Value, point))
    assert out.data == pytest.approx(f(*map(Number, point)), rel=1e-14)
    wanted = slopes(lambda *x: f(*map(Number, x)), point)
    assert by_backward(f, point) == pytest.approx(wanted, rel=1e-7, abs=1e-9)


def test_micrograd_sanity_by_hand() -> None:
    # z = 2x + 2 + x, q = relu(z) + zx, h = relu(z²), y = h + q + qx, with z < 0
    x = Value(-4.0)
    z = 2 * x + 2 + x
    q = z.relu() + z * x
    y = (z * z).relu() + q + q * x
    y.backward()
    # with q = zx: y = z² + zx + zx², y' = 2z·3 + (3x + z) + (3x² + 2zx)
    assert y.data == 100.0 + 40.0 - 160.0
    assert x.grad == 6 * -10.0 + (-12.0 - 10.0) + (48.0 + 80.0)


def test_micrograd_gradients_of_two_roots_add_up_in_a_shared_leaf() -> None:
    x = Value(3.0)
    for scale in (1.0, 10.0, 100.0):
        (x * scale).backward()
    assert x.grad == 111.0


def test_micrograd_gradient_descent_by_hand_finds_the_minimum() -> None:
    x, y = Value(5.0), Value(-3.0)
    for _ in range(200):
        loss = (x - 1.0) ** 2 + 2.0 * (y + 2.0) ** 2
        x.zero_grad(), y.zero_grad()
        loss.backward()
        for leaf in (x, y):
            leaf.data -= 0.1 * leaf.grad  # type: ignore[operator]
    assert (x.data, y.data) == pytest.approx((1.0, -2.0), abs=1e-12)


def test_micrograd_network_learns_what_a_line_cannot() -> None:
    points, wanted = [(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)], [-1.0, 1.0, 1.0, -1.0]
    w = [Value(number) for number in (1.0, 1.0, -0.5, 1.0, 1.0, -1.5, 0.5, -0.5, 0.1)]

    def predict(p: Any) -> Any:
        a = (w[0] * p[0] + w[1] * p[1] + w[2]).tanh()
        b = (w[3] * p[0] + w[4] * p[1] + w[5]).tanh()
        return (w[6] * a + w[7] * b + w[8]).tanh()

    first = None
    for _ in range(300):
        loss = sum((predict(p) - t) ** 2 for p, t in zip(points, wanted, strict=True))
        first = first or loss.data
        for each in w:
            each.zero_grad()
        loss.backward()
        for each in w:
            each.data -= 0.1 * each.grad  # type: ignore[operator]
    assert loss.data < first / 20.0
    assert [math.copysign(1.0, predict(p).data) for p in points] == wanted


def test_micrograd_intermediate_nodes_hold_their_gradients() -> None:
    a, b, c, f = Value(2.0), Value(-3.0), Value(10.0), Value(-2.0)
    e = a * b
    d = e + c
    loss = d * f
    loss.backward()
    assert [v.grad for v in (loss, d, e, c, f, a, b)] == [1.0, -2.0, -2.0, -2.0, 4.0, 6.0, -4.0]


# --- HIPS autograd: functions in, functions out ---------------------------------------------------


def test_hips_derivatives_of_tanh_to_the_sixth() -> None:
    f: Callable[..., Any] = ag.tanh
    x, t = 0.4, math.tanh(0.4)
    s = 1.0 - t * t
    wanted = [t, s, -2 * t * s, -2 * s * s + 4 * t * t * s, 16 * t * s * s - 8 * t**3 * s]
    for number in wanted:
        assert float(f(x)) == pytest.approx(number, rel=1e-12)
        f = grad(f)


def test_hips_grad_by_each_argument_and_by_several() -> None:
    f = lambda x, y, z: x * y**2 + ag.sin(z)
    assert grad(f, 0)(2.0, 3.0, 0.5) == 9.0
    assert grad(f, 1)(2.0, 3.0, 0.5) == 12.0
    assert grad(f, -1)(2.0, 3.0, 0.5) == pytest.approx(math.cos(0.5))
    assert grad(f, (0, 1))(2.0, 3.0, 0.5) == (9.0, 12.0)


def test_hips_flow_of_control_depends_on_the_argument() -> None:
    def power(x: Any, n: int) -> Any:
        return 1.0 if n == 0 else power(x * x, n // 2) if n % 2 == 0 else x * power(x, n - 1)

    for n in range(1, 12):
        assert grad(power)(1.25, n) == pytest.approx(n * 1.25 ** (n - 1), rel=1e-13)


def test_hips_iteration_until_it_settles() -> None:
    def root(a: Any) -> Any:
        x = a
        while abs(x * x - a) > 1e-13:
            x = 0.5 * (x + a / x)
        return x

    assert grad(root)(7.0) == pytest.approx(0.5 / math.sqrt(7.0), rel=1e-9)


def test_hips_value_that_is_falsy_is_a_value() -> None:
    f = lambda x: x * 3.0 or x  # 0.0 or x is x
    assert grad(f)(0.0) == 1.0
    assert grad(f)(2.0) == 3.0


def test_hips_argument_that_does_not_matter_has_a_zero() -> None:
    assert grad(lambda x, y: y * 2.0)(3.0, 4.0) == 0.0
    assert grad(lambda x: 5.0)(3.0) == 0.0
    assert grad(lambda x: ag.sum(x[:1]))(np.array([1.0, 2.0])).tolist() == [1.0, 0.0]


def test_hips_one_node_with_a_thousand_consumers() -> None:
    assert grad(lambda x: ag.sum([x * float(i) for i in range(1000)]))(1.0) == 499_500.0


def test_hips_derivative_inside_a_function_is_a_function() -> None:
    # d/dx of x · d/dy (x + y)² at y = 1, that is x·2(x + 1)
    f = lambda x: x * grad(lambda y: (x + y) ** 2)(1.0)
    assert grad(f)(3.0) == 2 * 3.0 * 2 + 2


def test_hips_hessian_vector_product_needs_no_hessian() -> None:
    a = normal(4, 4)
    f = lambda x: ag.sum(ag.tanh(x @ a) ** 2)
    x, v = normal(4), normal(4, seed=1)
    forward = jvp(grad(f), (x,), (v,))[1]
    reverse = grad(lambda x: ag.sum(grad(f)(x) * v))(x)
    np.testing.assert_allclose(forward, hessian(f)(x) @ v, rtol=1e-10)
    np.testing.assert_allclose(reverse, forward, rtol=1e-10)


def test_hips_jacobian_of_an_elementwise_function_is_diagonal() -> None:
    x = np.array([0.25, -1.0, 2.0])
    np.testing.assert_allclose(jacobian(ag.sin)(x), np.diag(np.cos(x)), rtol=1e-14)


def test_hips_jacobian_of_a_linear_map_is_the_map() -> None:
    a = normal(3, 5)
    np.testing.assert_allclose(jacobian(lambda x: a @ x)(np.ones(5)), a, rtol=1e-14)
    _, pull = vjp(lambda x: a @ x, np.ones(5))
    np.testing.assert_allclose(pull(np.array([1.0, 0.0, 2.0]))[0], a[0] + 2 * a[2], rtol=1e-14)


def test_hips_value_and_grad_of_a_dict_of_lists() -> None:
    parameters = {"layers": [(np.ones((2, 2)), np.zeros(2)), (np.ones((2, 1)), np.zeros(1))]}

    def loss(p: Any) -> Any:
        x = np.array([[0.5, -0.25]])
        for kernel, bias in p["layers"]:
            x = ag.tanh(x @ kernel + bias)
        return ag.sum(x)

    value, found = value_and_grad(loss)(parameters)
    (w1, b1), (w2, b2) = found["layers"]
    hidden = math.tanh(0.25)
    out = math.tanh(2 * hidden)
    assert value == pytest.approx(out, rel=1e-14)
    np.testing.assert_allclose(b2, [1 - out**2], rtol=1e-13)
    np.testing.assert_allclose(w2, [[hidden * (1 - out**2)]] * 2, rtol=1e-13)
    np.testing.assert_allclose(b1, [(1 - out**2) * (1 - hidden**2)] * 2, rtol=1e-13)
    np.testing.assert_allclose(w1, np.outer([0.5, -0.25], b1), rtol=1e-13)


def test_hips_gradient_of_the_argument_itself_is_not_an_alias() -> None:
    x = np.array([1.0, 2.0])
    found = grad(lambda x: ag.sum(x))(x)
    found[0] = 99.0
    assert x.tolist() == [1.0, 2.0]
    assert grad(lambda x: ag.sum(x))(x).tolist() == [1.0, 1.0]


def test_hips_function_is_not_changed_by_being_differentiated() -> None:
    calls = []

    def f(x: Any) -> Any:
        calls.append(type(x).__name__)
        return x * x

    assert f(2.0) == 4.0
    assert grad(f)(2.0) == 4.0
    assert f(2.0) == 4.0
    assert calls == ["float", "Value", "float"]


def test_hips_elementwise_derivative_of_many_points_at_once() -> None:
    x = np.linspace(-3.0, 3.0, 61)
    found = grad(lambda x: ag.sum(ag.tanh(x)))(x)
    np.testing.assert_allclose(found, 1 - np.tanh(x) ** 2, rtol=1e-12)


INDICES: dict[str, Any] = {
    "one": 1, "the last": -1, "a slice": slice(1, 3), "backwards": slice(None, None, -1),
    "every other": slice(None, None, 2), "none of them": slice(2, 2), "an ellipsis": ...,
    "a new axis": None, "a list": [0, 2, 2], "a mask": np.array([True, False, True, True]),
    "a row": (slice(None), 1), "pairs": ([0, 1, 1], [2, 0, 0]), "a corner": (-1, -1),
}  # fmt: skip


@pytest.mark.parametrize("name", INDICES)
def test_hips_index(name: str) -> None:
    index, x = INDICES[name], normal(4, 3)
    counts = np.zeros((4, 3))
    np.add.at(counts, index, 2.0 * x[index])
    np.testing.assert_allclose(grad(lambda x: ag.sum(x[index] ** 2))(x), counts, rtol=1e-14)


SHAPES = [
    ((), ()), ((3,), ()), ((), (2, 3)), ((3,), (2, 3)), ((2, 1), (1, 3)), ((2, 3), (2, 3)),
    ((1,), (2, 3)), ((4, 1, 3), (2, 1)), ((0, 3), (3,)),
]  # fmt: skip
ARITHMETIC: dict[str, tuple[Any, Any, Any]] = {
    "+": (lambda x, y: x + y, lambda x, y: 1.0, lambda x, y: 1.0),
    "-": (lambda x, y: x - y, lambda x, y: 1.0, lambda x, y: -1.0),
    "*": (lambda x, y: x * y, lambda x, y: y, lambda x, y: x),
    "/": (lambda x, y: x / y, lambda x, y: 1 / y, lambda x, y: -x / y**2),
    "**": (lambda x, y: x**y, lambda x, y: y * x ** (y - 1), lambda x, y: x**y * np.log(x)),
}


def unbroadcast(array: Any, shape: tuple[int, ...]) -> Any:
    """Sum over the axes along which an operand of this shape was repeated."""
    array = array.sum(axis=tuple(range(array.ndim - len(shape))))
    for axis, length in enumerate(shape):
        if length == 1:
            array = array.sum(axis=axis, keepdims=True)
    return array


@pytest.mark.parametrize("shapes", SHAPES, ids=str)
@pytest.mark.parametrize("operator", ARITHMETIC)
def test_hips_broadcasting(operator: str, shapes: tuple[tuple[int, ...], ...]) -> None:
    f, *partials = ARITHMETIC[operator]
    x, y = (np.random.default_rng(len(s)).uniform(0.5, 2.0, s) for s in shapes)
    weights = np.random.default_rng(9).normal(size=np.broadcast_shapes(*shapes))
    found = grad(lambda x, y: ag.sum(weights * f(x, y)), (0, 1))(x, y)
    for ours, partial, shape in zip(found, partials, shapes, strict=True):
        wanted = unbroadcast(weights * partial(x, y), shape)
        np.testing.assert_allclose(ours, wanted, rtol=1e-12, atol=1e-15)
        assert np.shape(ours) == shape


# --- MyGrad: a tensor in the place of an ndarray -------------------------------------------------


def test_mygrad_ufuncs_of_numpy_record() -> None:
    x = Tensor([0.5, 1.5])
    y = np.multiply(np.exp(x), np.sin(x)) + np.sqrt(x)
    assert isinstance(y, Tensor)
    y.sum().backward()
    a = np.array([0.5, 1.5])
    wanted = np.exp(a) * (np.sin(a) + np.cos(a)) + 0.5 / np.sqrt(a)
    np.testing.assert_allclose(x.grad, wanted, rtol=1e-14)


@pytest.mark.parametrize("array_first", [True, False])
@pytest.mark.parametrize("operator", ["+", "-", "*", "/", "**", "@"])
def test_mygrad_an_array_on_either_side(operator: str, array_first: bool) -> None:
    a, t = np.array([[1.5, 2.0], [0.5, 1.0]]), Tensor([[2.0, 1.0], [0.5, 3.0]])
    f = eval(f"lambda x, y: x {operator} y")
    out = f(a, t) if array_first else f(t, a)
    assert isinstance(out, Tensor)
    out.sum().backward()
    g = lambda x: (f(a, x) if array_first else f(x, a)).sum()
    np.testing.assert_allclose(t.grad, array_slopes(g, t.data), rtol=1e-7)


def test_mygrad_constants_have_no_gradient() -> None:
    x, c = Tensor([1.0, 2.0]), Tensor([3.0, 4.0]).detach()
    (x * c).sum().backward()
    assert x.grad.tolist() == [3.0, 4.0]
    y = Tensor([1.0, 2.0])
    (x * y.detach()).sum().backward()
    assert y.grad is None


def test_mygrad_no_graph_is_kept_inside_no_grad() -> None:
    x = Tensor([1.0, 2.0])
    with ag.no_grad():
        y = x * x
    assert y.is_leaf
    assert y.tolist() == [1.0, 4.0]
    (y * x).sum().backward()
    assert x.grad.tolist() == [1.0, 4.0]


def test_mygrad_gradient_has_the_shape_and_dtype_of_its_tensor() -> None:
    for shape, dtype in itertools.product([(), (1,), (2, 0), (2, 3)], ["float32", "float64"]):
        x = Tensor(np.ones(shape, dtype))
        (x * np.ones((4, *shape), dtype)).sum().backward()
        assert x.grad.shape == shape
        assert x.grad.dtype == dtype
        assert (np.asarray(x.grad) == 4.0).all()


def test_mygrad_backward_of_an_array_takes_a_seed() -> None:
    x = Tensor([1.0, 2.0, 3.0])
    (x**2).backward(np.array([1.0, 0.0, -1.0]))
    assert x.grad.tolist() == [2.0, 0.0, -6.0]


def test_mygrad_reused_parts_of_one_tensor() -> None:
    x = Tensor(np.arange(1.0, 7.0).reshape(2, 3))
    top, bottom = x
    (top * bottom).sum().backward()
    assert x.grad.tolist() == [[4.0, 5.0, 6.0], [1.0, 2.0, 3.0]]


def test_mygrad_views_of_views() -> None:
    x = Tensor(np.arange(12.0).reshape(3, 4))
    y = x[1:].T[::-1, 0]  # the second row, from its end
    assert y.tolist() == [7.0, 6.0, 5.0, 4.0]
    (y * np.array([1.0, 2.0, 3.0, 4.0])).sum().backward()
    assert x.grad.tolist() == [[0.0] * 4, [4.0, 3.0, 2.0, 1.0], [0.0] * 4]


def test_mygrad_scalar_tensor_is_a_number() -> None:
    x = Tensor(3.0)
    assert float(x) == 3.0
    assert x.shape == ()
    (x * x).backward()
    assert float(x.grad) == 6.0


EINSUMS = ["ij,jk->ik", "ij,ij->", "ij,ij->ij", "ij,jk->ki", "ii,jk->jk", "ij,kj->", "ij,jk->i"]


@pytest.mark.parametrize("subscripts", EINSUMS)
def test_mygrad_einsum(subscripts: str) -> None:
    x, y = normal(3, 3), normal(3, 3, seed=1)
    seed = normal(*np.shape(np.einsum(subscripts, x, y)), seed=2)
    found = grad(lambda x, y: ag.sum(seed * ag.einsum(subscripts, x, y)), (0, 1))(x, y)
    for ours, argument in zip(found, (0, 1), strict=True):
        f = lambda z, n=argument: np.sum(
            seed * np.einsum(subscripts, *((z, y) if n == 0 else (x, z)))
        )
        np.testing.assert_allclose(ours, array_slopes(f, (x, y)[argument]), rtol=1e-6, atol=1e-8)


def test_mygrad_least_squares_by_gradient_descent_is_the_normal_equation() -> None:
    a = np.column_stack([np.ones(20), np.linspace(-1.0, 1.0, 20)])
    y = a @ np.array([0.5, -2.0]) + 0.1 * np.cos(7.0 * a[:, 1])
    w = Tensor([0.0, 0.0])
    for _ in range(400):
        w.zero_grad()
        (((a @ w - y) ** 2).mean()).backward()
        w.data = w.data - 0.5 * w.grad
    np.testing.assert_allclose(w.data, np.linalg.lstsq(a, y, rcond=None)[0], atol=1e-10)


@pytest.mark.parametrize("loss", ["mean_squared_error", "mean_absolute_error", "huber", "hinge"])
def test_mygrad_loss_of_a_tensor_without_axes_has_a_gradient(loss: str) -> None:
    # the graph was lost: a Tensor without axes was taken for numpy's number
    f = getattr(nn.losses, loss)
    x, v = Tensor(0.25), Value(0.25)
    out = f(1.0, x)
    assert isinstance(out, Tensor)
    out.backward()
    f(1.0, v).backward()
    assert out.item() == f(1.0, 0.25)
    assert float(x.grad) == v.grad != 0.0


# --- minitorch: laws that operations obey, and modules -------------------------------------------

SAMPLES = [(-2.5, 0.5, 3.0), (1.0, -1.0, 0.25), (0.0, 4.0, -0.5), (1e-3, 1e3, -7.0)]
LAWS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "addition commutes": (lambda x, y, z: x + y, lambda x, y, z: y + x),
    "multiplication commutes": (lambda x, y, z: x * y, lambda x, y, z: y * x),
    "multiplication distributes": (lambda x, y, z: z * (x + y), lambda x, y, z: z * x + z * y),
    "subtraction adds the negative": (lambda x, y, z: x - y, lambda x, y, z: x + -y),
    "twice negated is nothing": (lambda x, y, z: 0.0 - (-x) * y, lambda x, y, z: x * y),
    "sigmoid is symmetric": (
        lambda x, y, z: x.sigmoid(), lambda x, y, z: 1.0 - (-x).sigmoid()),
    "tanh is a sigmoid": (
        lambda x, y, z: x.tanh(), lambda x, y, z: 2.0 * (2.0 * x).sigmoid() - 1.0),
    "exp of a sum": (lambda x, y, z: (x / 9 + z / 9).exp(),
                     lambda x, y, z: (x / 9).exp() * (z / 9).exp()),
    "log of a square": (lambda x, y, z: (y * y).log(), lambda x, y, z: 2.0 * abs(y).log()),
    "sine and cosine": (lambda x, y, z: x.sin() ** 2 + x.cos() ** 2 + y,
                        lambda x, y, z: 1.0 + 0.0 * x + y),
    "maximum and minimum": (lambda x, y, z: x.maximum(y) + x.minimum(y), lambda x, y, z: x + y),
    "relu of both signs": (lambda x, y, z: z.relu() - (-z).relu(), lambda x, y, z: z + 0.0),
    "softplus of both signs": (lambda x, y, z: z.softplus() - (-z).softplus(), lambda x, y, z: z),
    "a quotient is a product": (lambda x, y, z: x / y, lambda x, y, z: x * y**-1),
}  # fmt: skip


@pytest.mark.parametrize("name", LAWS)
def test_minitorch_law(name: str) -> None:
    left, right = LAWS[name]
    for point in SAMPLES:
        x = [Value(number) for number in point]
        a, b = left(*x), right(*x)
        assert a.data == pytest.approx(b.data, rel=1e-12, abs=1e-12)
        assert gradients(a, x) == pytest.approx(gradients(b, x), rel=1e-11, abs=1e-11)
        t = [Tensor([number] * 2) for number in point]
        np.testing.assert_allclose(left(*t).data, [a.data] * 2, rtol=1e-12, atol=1e-15)


def test_minitorch_addition_is_not_associative_but_its_gradient_is() -> None:
    x = [Value(number) for number in (1e16, -1e16, 1.0)]
    a, b = (x[0] + x[1]) + x[2], x[0] + (x[1] + x[2])
    assert (a.data, b.data) == (1.0, 0.0)
    assert gradients(a, x) == gradients(b, x) == [1.0, 1.0, 1.0]


@pytest.mark.parametrize("axes", list(itertools.permutations(range(3))), ids=str)
def test_minitorch_permuting_and_back_is_nothing(axes: tuple[int, ...]) -> None:
    x, seed = Tensor(normal(2, 3, 4)), normal(2, 3, 4, seed=1)
    y = x.transpose(axes).transpose(tuple(np.argsort(axes)))
    assert y.tolist() == x.tolist()
    y.backward(seed)
    assert np.array_equal(x.grad, seed)


@pytest.mark.parametrize("axis", [None, 0, 1, 2, -1, (0, 2)], ids=str)
@pytest.mark.parametrize("name", ["sum", "mean", "max", "min", "prod", "var"])
def test_minitorch_reduction(name: str, axis: Any) -> None:
    x = np.random.default_rng(5).permutation(np.linspace(0.5, 2.0, 24)).reshape(2, 3, 4)
    numpys = {"max": np.max, "min": np.min}.get(name, getattr(np, name))
    found = grad(lambda x: ag.sum(getattr(ag, name)(x, axis=axis) ** 2))(x)
    wanted = array_slopes(lambda x: np.sum(numpys(x, axis=axis) ** 2), x)
    np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-7 * np.abs(wanted).max())


class Scale(nn.Module):
    """A parameter, and another module below it."""

    def __init__(self, depth: int) -> None:
        super().__init__()
        self.factor = Value(2.0)
        if depth:
            self.below = Scale(depth - 1)

    def __call__(self, x: Any) -> Any:
        x = self.factor * x
        return self.below(x) if hasattr(self, "below") else x


def parameters(module: Any) -> Iterator[Value]:
    yield from module.parameters()


def test_minitorch_module_finds_the_parameters_of_those_below() -> None:
    stack = Scale(3)
    found = list(parameters(stack))
    assert len(found) == len(set(map(id, found))) == 4
    out = stack(Value(1.0))
    out.backward()
    assert out.data == 16.0
    assert [p.grad for p in found] == [8.0] * 4
    stack.zero_grad()
    assert not any(p.grad for p in found)


def test_minitorch_parameter_given_twice_is_counted_once() -> None:
    stack = Scale(1)
    stack.below.factor = stack.factor  # type: ignore[union-attr]
    (only,) = parameters(stack)
    stack(Value(3.0)).backward()
    assert only.grad == 2 * 2.0 * 3.0


@pytest.mark.parametrize("rate", [0.0, 0.25, 0.9])
def test_minitorch_dropout_keeps_the_mean(rate: float) -> None:
    layer, x = nn.layers.Dropout(rate, seed=3), np.ones((200, 500))
    assert np.array_equal(np.asarray(layer(x, training=False)), x)
    dropped = np.asarray(layer(Tensor(x), training=True).data)
    kept = dropped[dropped != 0.0]
    np.testing.assert_allclose(kept, 1.0 / (1.0 - rate), rtol=1e-6)
    assert abs(kept.size / x.size - (1.0 - rate)) <= 5.0 * math.sqrt(rate * (1.0 - rate) / x.size)
    # the standard error of the mean is √(rate / (1 - rate) / 100,000)
    assert abs(dropped.mean() - 1.0) <= 5.0 * math.sqrt(rate / (1.0 - rate) / x.size)


def test_minitorch_softmax_rows_sum_to_one_and_their_gradients_to_zero() -> None:
    x = Tensor(normal(5, 4) * 20.0)
    p = x.softmax()
    np.testing.assert_allclose(p.data.sum(axis=-1), 1.0, rtol=1e-14)
    p.backward(normal(5, 4, seed=1))
    np.testing.assert_allclose(x.grad.sum(axis=-1), 0.0, atol=1e-15)
    np.testing.assert_allclose(np.exp(Tensor(x.data).log_softmax().data), p.data, rtol=1e-13)


def test_minitorch_maximum_along_an_axis_sends_the_gradient_to_it_alone() -> None:
    x = np.array([[1.0, 5.0, 2.0], [7.0, 0.0, 7.0]])
    found = grad(lambda x: ag.sum(ag.max(x, axis=1)))(x)
    assert found.tolist() == [[0.0, 1.0, 0.0], [0.5, 0.0, 0.5]]
