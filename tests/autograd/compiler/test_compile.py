"""autograd.compile: the same numbers as uncompiled, and recorded once."""

from __future__ import annotations

import copy
import functools
import inspect
import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor, Value, gradients
from tests.autograd.compiler.helpers import (
    all_close,
    assert_same,
    count,
    gradients_of,
    is_one_sentence,
    leaves,
    moons,
    moons_loss,
    moons_weights,
    numbers,
)


def polynomial(x: Any, y: Any) -> Any:
    """A little of everything."""
    return x * y + (x - y).tanh() * x**3 / (2.0 + y * y)


def squared_error(params: Any, xs: Any, ys: Any) -> Any:
    """Of a line, one number at a time."""
    total = 0.0
    for x, y in zip(xs, ys, strict=True):
        total = total + (params[0] * x + params[1] - y) ** 2
    return total / len(ys)


def line() -> list[Value]:
    return [Value(0.5), Value(-0.25)]


# --- the moons network ------------------------------------------------------------------------


def test_moons_loss_and_gradients_are_those_of_the_plain_loops() -> None:
    loss = autograd.compile(moons_loss)
    assert_same(loss, moons_loss, moons_weights(), *moons())
    # other data and other weights need no other recording
    assert_same(loss, moons_loss, moons_weights(seed=1), *moons(seed=2))
    assert_same(loss, moons_loss, moons_weights(seed=3), *moons(seed=4))
    assert count(loss) == 1
    assert_same(loss, moons_loss, moons_weights(), *moons(7))
    assert count(loss) == 2


def train(loss: Callable[..., Any], steps: int = 10) -> tuple[list[float], list[float]]:
    """Gradient descent by `.backward()`: the losses, and the weights that it ends with."""
    weights, (points, labels) = moons_weights(), moons(40)
    parameters = leaves(weights)
    history = []
    for _ in range(steps):
        value = loss(weights, points, labels)
        for p in parameters:
            p.grad = None
        value.backward()
        for p in parameters:
            p.data -= 0.1 * p.grad
        history.append(value.data)
    return history, [p.data for p in parameters]


def test_ten_steps_of_training_are_the_same() -> None:
    loss = autograd.compile(moons_loss)
    history, weights = train(moons_loss)
    our_history, our_weights = train(loss)
    assert all_close(our_history, history)
    assert all_close(our_weights, weights)
    assert our_history[-1] < our_history[0]
    assert count(loss) == 1


def test_ten_steps_with_value_and_grad_on_plain_numbers() -> None:
    _, weights = train(moons_loss)
    loss = autograd.compile(moons_loss)
    layers, (points, labels) = moons_weights(float), moons(40)
    for _ in range(10):
        value, slopes = loss.value_and_grad(layers, points, labels)
        assert isinstance(value, float)
        layers = [
            [
                ([p - 0.1 * d for p, d in zip(w, dw, strict=True)], b - 0.1 * db)
                for (w, b), (dw, db) in zip(layer, d_layer, strict=True)
            ]
            for layer, d_layer in zip(layers, slopes, strict=True)
        ]
    assert all_close(numbers(layers), weights)
    assert count(loss) == 1


def test_moons_by_nn_mlp() -> None:
    def loss(net: Any, points: Any, labels: Any) -> Any:
        hinge = [
            (1.0 + -label * net(point)).relu() for point, label in zip(points, labels, strict=True)
        ]
        return autograd.sum(hinge) / len(hinge) + 1e-4 * autograd.sum(
            [p * p for p in net.parameters()]
        )

    compiled = autograd.compile(loss)
    for seed in (0, 1, 2):
        net = nn.MLP(2, [16, 16, 1], seed=seed)
        assert_same(compiled, loss, net, *moons(30, seed=seed))
    assert count(compiled) == 1


# --- recording once, replaying ----------------------------------------------------------------


def test_function_itself_runs_only_to_be_recorded() -> None:
    runs = []

    @autograd.compile
    def f(x: Any) -> Any:
        runs.append(x)
        return x * x

    assert [float(f(Value(number))) for number in (2.0, 3.0, 4.0)] == [4.0, 9.0, 16.0]
    assert len(runs) == 1


@pytest.mark.parametrize("make", [float, Value], ids=["floats", "Values"])
def test_new_numbers_need_no_new_recording(make: Any) -> None:
    f = autograd.compile(polynomial)
    for x, y in [(1.0, 2.0), (-0.5, 0.0), (3.25, -7.0), (0.0, 0.0)]:
        x, y = make(x), make(y)
        if make is Value:
            assert_same(f, polynomial, x, y)
        assert float(f(x, y)) == pytest.approx(
            float(polynomial(Value(float(x)), Value(float(y)))), rel=1e-12
        )
    assert count(f) == 1


def test_another_structure_or_shape_records_again() -> None:
    def f(xs: Any) -> Any:
        return autograd.sum([x * x for x in (xs.values() if isinstance(xs, dict) else xs)])

    compiled = autograd.compile(f)
    structures = [
        [Value(1.0), Value(2.0)],
        [Value(1.0), Value(2.0), Value(3.0)],
        {"a": Value(1.0), "b": Value(2.0)},
        {"a": Value(1.0), "c": Value(2.0)},
        Tensor([1.0, 2.0]),
        Tensor([1.0, 2.0, 4.0]),
    ]
    for recordings, xs in enumerate(structures, 1):
        for _ in range(2):
            assert_same(compiled, f, xs)
        assert count(compiled) == recordings
    for xs in structures:
        assert_same(compiled, f, xs)
    assert count(compiled) == len(structures)


def test_cache_is_bounded_and_keeps_what_was_used_last() -> None:
    runs = []

    def f(xs: Any) -> Any:
        runs.append(len(xs))
        return autograd.sum([x * x for x in xs])

    compiled = autograd.compile(f, max_recordings=2)
    one, two, three = ([Value(2.0)] * n for n in (1, 2, 3))
    compiled(one)
    first = compiled.recordings[0]
    compiled(two)
    assert len(compiled.recordings) == 2
    assert compiled.recordings[1] is first
    compiled(one)
    assert compiled.recordings[0] is first
    compiled(three)  # in the place of two
    assert len(compiled.recordings) == 2
    assert compiled.recordings[1] is first
    assert runs == [1, 2, 3]
    assert [float(compiled(xs)) for xs in (one, three, two)] == [4.0, 12.0, 8.0]
    assert runs == [1, 2, 3, 2]


def test_default_cache_holds_eight() -> None:
    f = autograd.compile(lambda xs: autograd.sum(xs))
    for n in range(1, 13):
        assert float(f([Value(1.0)] * n)) == n
    assert count(f) == 8
    assert isinstance(f.recordings, tuple)


def test_recording_tells_of_itself() -> None:
    f = autograd.compile(lambda x, y: x * y + x)
    f(Value(2.0), Value(3.0))
    (recording,) = f.recordings
    before = recording.calls
    f(Value(2.0), Value(4.0))
    f(Value(2.0), Value(5.0))
    assert recording.calls == before + 2
    assert recording.nodes >= 2
    assert not recording.guards
    assert recording.program == f.program


# --- arguments --------------------------------------------------------------------------------


def test_keyword_arguments() -> None:
    def f(x: Any, *, scale: Any = 2.0, shift: Any = 0.0) -> Any:
        return x * scale + shift * shift

    compiled = autograd.compile(f)
    assert_same(compiled, f, Value(3.0))
    assert_same(compiled, f, Value(3.0), scale=Value(5.0))
    assert_same(compiled, f, Value(4.0), scale=Value(-1.0))
    assert_same(compiled, f, Value(4.0), shift=Value(7.0), scale=Value(3.0))
    assert_same(compiled, f, Value(4.0), scale=Value(3.0), shift=Value(6.0))
    assert_same(compiled, f, x=Value(4.0), shift=2.0)


def test_positional_arguments_by_name_and_variadic_ones() -> None:
    def f(x: Any, y: Any = 3.0, *rest: Any, **named: Any) -> Any:
        total = x - y
        for z in (*rest, *named.values()):
            total = total * z
        return total

    compiled = autograd.compile(f)
    assert_same(compiled, f, Value(2.0), Value(5.0))
    assert_same(compiled, f, y=Value(2.0), x=Value(5.0))
    assert_same(compiled, f, x=Value(2.0), y=Value(5.0))
    assert_same(compiled, f, Value(2.0), Value(5.0), Value(-1.0), 3.0, last=Value(0.5))


def test_wrong_number_of_arguments_is_pythons_own_error() -> None:
    f = autograd.compile(polynomial)
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        f(Value(1.0))
    with pytest.raises(TypeError, match="unexpected keyword argument"):
        f(Value(1.0), Value(1.0), power=3)
    assert f.recordings == ()


def test_nested_dicts_tuples_and_lists() -> None:
    def f(params: Any, batch: Any) -> Any:
        first, (second, third) = params["layers"]
        xs, y = batch
        hidden = [first["w"] * x + first["b"] for x in xs]
        return (autograd.dot(second, hidden, third).tanh() - y) ** 2

    def params(seed: int) -> Any:
        a, b, *rest = np.random.default_rng(seed).normal(size=5).tolist()
        first = {"w": Value(a), "b": Value(b)}
        return {"layers": (first, ([Value(v) for v in rest[:2]], Value(rest[2])))}

    compiled = autograd.compile(f)
    for seed in range(3):
        assert_same(compiled, f, params(seed), ([0.5 * seed, -1.0], 2.0))
    assert count(compiled) == 1
    expected = autograd.value_and_grad(f)(params(0), ([0.5, -1.0], 2.0))
    value, slopes = compiled.value_and_grad(params(0), ([0.5, -1.0], 2.0))
    assert slopes.keys() == {"layers"}
    assert isinstance(slopes["layers"], tuple)
    assert slopes["layers"][0].keys() == {"w", "b"}
    assert all_close(numbers([value, slopes]), numbers(list(expected)))


def test_dict_is_read_by_key_whatever_the_order() -> None:
    def f(p: Any) -> Any:
        return p["a"] - 2.0 * p["b"]

    compiled = autograd.compile(f)
    assert float(compiled({"a": Value(1.0), "b": Value(3.0)})) == -5.0
    p = {"b": Value(3.0), "a": Value(1.0)}
    compiled(p).backward()
    assert (p["a"].grad, p["b"].grad) == (1.0, -2.0)


def test_the_same_value_in_two_places() -> None:
    def f(x: Any, ys: Any) -> Any:
        return x * ys[0] + ys[1].exp()

    compiled = autograd.compile(f)
    x, y, z = Value(2.0), Value(0.5), Value(-1.0)
    for args in [(x, [y, z]), (x, [x, x]), (x, [y, y]), (y, [x, y])]:
        assert_same(compiled, f, *args)


def test_an_argument_that_is_not_used_receives_nothing() -> None:
    f = autograd.compile(lambda x, y: x * x)
    x, y = Value(3.0), Value(4.0)
    f(x, y).backward()
    assert (x.grad, y.grad) == (6.0, None)
    assert f.value_and_grad(3.0, 4.0, argnums=(0, 1)) == (9.0, (6.0, 0.0))


def test_results_of_computations_as_arguments() -> None:
    f = autograd.compile(polynomial)
    grads = []
    for function in (polynomial, f, f):
        a, b = Value(0.75), Value(-1.5)
        function(a * b, a.exp()).backward()
        grads.append([a.grad, b.grad])
    assert all_close(grads[1], grads[0])
    assert all_close(grads[2], grads[0])
    assert count(f) == 1


@pytest.mark.parametrize("kind", [list, tuple, np.array, Tensor])
def test_vectors_of_every_kind(kind: Any) -> None:
    def f(w: Any, xs: Any) -> Any:
        total = Value(0.0)
        for i in range(len(xs)):
            total = total + w[i] * xs[i] * xs[-1]
        return total.tanh()

    compiled = autograd.compile(f)
    for xs in ([0.1, 0.2, 0.3], [-0.5, 0.25, 0.125]):
        assert_same(compiled, f, [Value(1.0), Value(-2.0), Value(0.5)], kind(xs))
    assert count(compiled) == 1


def test_tensor_read_number_by_number() -> None:
    def f(W: Any, x: Any) -> Any:  # noqa: N803
        total = 0.0
        for i, row in enumerate(W):
            z = 0.0
            for j in range(len(x)):
                z = z + W[i, j] * x[j]
            total = total + z.tanh() * row[0] - W[i][-1]
        return total

    compiled = autograd.compile(f)
    rng = np.random.default_rng(0)
    for _ in range(3):
        assert_same(compiled, f, Tensor(rng.normal(size=(4, 3))), Tensor(rng.normal(size=3)))
        assert_same(compiled, f, Tensor(rng.normal(size=(4, 3))), rng.normal(size=3))
    assert count(compiled) == 2


def test_tensor_read_as_a_whole() -> None:
    def f(W: Any, b: Any, x: Any) -> Any:  # noqa: N803
        hidden = (x @ W + b).relu()
        return (hidden.softmax() * hidden).mean() + (W * W).sum()

    compiled = autograd.compile(f)
    rng = np.random.default_rng(0)
    for _ in range(3):
        W, b, x = (rng.normal(size=shape) for shape in [(4, 3), (3,), (5, 4)])  # noqa: N806
        assert_same(compiled, f, Tensor(W), Tensor(b), Tensor(x))
        assert_same(compiled, f, Tensor(W), Tensor(b), x)
    assert count(compiled) == 2


def test_tensor_read_both_ways_in_one_function() -> None:
    def f(W: Any, b: Any) -> Any:  # noqa: N803
        scale = W[0, 0] * b + W[1, 2].exp()
        rows = [row for row in W]  # noqa: C416
        return ((W @ W.T) * scale).sum() + (rows[1] * W[:, 1].sum()).sum() + scale

    compiled = autograd.compile(f)
    rng = np.random.default_rng(0)
    for _ in range(3):
        assert_same(compiled, f, Tensor(rng.normal(size=(2, 3))), Value(rng.normal()))
    assert count(compiled) == 1


def test_values_and_tensors_in_one_expression() -> None:
    def f(t: Any, v: Any, data: Any) -> Any:
        stacked = autograd.stack([v, v * v, v.sin()])
        return (t * v + data * stacked).sum() + autograd.sum([v, t[0], 2.0])

    compiled = autograd.compile(f)
    for v in (0.5, -2.0):
        assert_same(compiled, f, Tensor([1.0, 2.0, 3.0]), Value(v), np.array([0.5, v, 1.5]))


def test_float32_stays_float32() -> None:
    def f(W: Any, x: Any) -> Any:  # noqa: N803
        return (W @ x).tanh() * 2.0 + (W > 0).sum(axis=1) * 0.5

    W = Tensor(np.linspace(-1, 1, 6).reshape(2, 3), dtype="float32")  # noqa: N806
    x = np.array([0.5, -1.0, 2.0], np.float32)
    compiled = autograd.compile(f)
    for _ in range(2):
        assert compiled(W, x).dtype == f(W, x).dtype
        assert_same(compiled, f, W, x, relative=1e-6)

    def mean(W: Any, x: Any) -> Any:  # noqa: N803
        return ((W @ x).tanh() * 2.0).mean()

    compiled = autograd.compile(mean)
    for _ in range(2):
        assert compiled(W, x).dtype == np.float32
        _, slope = compiled.value_and_grad(W, x)
        assert slope.dtype == np.float32


def test_whole_numbers_as_numbers() -> None:
    def f(x: Any, n: Any) -> Any:
        return x**n + n * x

    compiled = autograd.compile(f)
    for x, n in [(2.0, 3), (-1.5, 2), (0.5, 7)]:
        assert_same(compiled, f, Value(x), n)
    assert count(compiled) == 1


def test_whole_numbers_as_indices_and_ranges() -> None:
    def f(xs: Any, k: Any, n: Any) -> Any:
        total = xs[k]
        for i in range(n):
            total = total * xs[i] + n
        return total

    compiled = autograd.compile(f)
    xs = [Value(0.5), Value(2.0), Value(-1.0)]
    for k, n in [(0, 2), (1, 2), (0, 2), (-1, 3), (2, 0), (0, 2)]:
        assert_same(compiled, f, xs, k, n)
    assert count(compiled) == 4
    assert_same(compiled, f, Tensor([0.5, 2.0, -1.0]), 1, 2)
    assert_same(compiled, f, Tensor([0.5, 2.0, -1.0]), 2, 1)


def test_whole_numbers_as_slices_shapes_and_axes() -> None:
    def f(t: Any, n: Any, axis: Any) -> Any:
        return (t[:n].sum(axis=axis) ** 2).sum() + t.reshape(-1, n)[0, n - 1]

    compiled = autograd.compile(f)
    t = Tensor(np.arange(12.0).reshape(6, 2))
    for n, axis in [(2, 0), (3, 0), (2, 1), (2, 0), (4, -1)]:
        assert_same(compiled, f, t, n, axis)


def test_bool_str_none_and_functions_are_part_of_the_structure() -> None:
    def f(x: Any, training: Any, activation: Any, bias: Any, g: Any) -> Any:
        z = x * 2.0 if training else x
        z = z.tanh() if activation == "tanh" else z.exp()
        return g(z) if bias is None else g(z) + bias

    compiled = autograd.compile(f)
    options = [
        (True, "tanh", None, autograd.sin),
        (False, "tanh", None, autograd.sin),
        (True, "exp", None, autograd.sin),
        (True, "tanh", Value(0.5), autograd.sin),
        (True, "tanh", None, autograd.cos),
    ]
    for x in (0.5, -1.0):
        for option in options:
            assert_same(compiled, f, Value(x), *option)
    assert count(compiled) == len(options)


def test_numpy_scalars_are_numbers() -> None:
    def f(x: Any, y: Any) -> Any:
        return x * y + y

    compiled = autograd.compile(f)
    for kind in (np.float64, np.float32, np.int64):
        assert_same(compiled, f, Value(2.0), kind(3))
        assert_same(compiled, f, Value(2.0), kind(5))


def test_number_arguments_may_be_made_values_inside() -> None:
    # what micrograd's users write
    def f(xs: Any, w: Any) -> Any:
        return sum((wi * Value(x) for wi, x in zip(w, xs, strict=True)), Value(1.0)).tanh()

    compiled = autograd.compile(f)
    for xs in ([1.0, -0.5], [0.25, 2.0]):
        assert_same(compiled, f, xs, line())
    assert count(compiled) == 1


def test_an_empty_list_is_a_structure() -> None:
    f = autograd.compile(lambda x, ys: x + autograd.sum(ys))
    assert float(f(Value(1.0), [])) == 1.0
    assert float(f(Value(1.0), [Value(2.0)])) == 3.0
    assert float(f(Value(5.0), [])) == 5.0


# --- Modules ----------------------------------------------------------------------------------


def mean_squares(net: Any, xs: Any, ys: Any) -> Any:
    errors = [(net(x) - y) ** 2 for x, y in zip(xs, ys, strict=True)]
    return autograd.sum(errors) / len(errors)


POINTS, LABELS = [[0.5, -1.0], [1.5, 0.25], [-0.75, 2.0]], [1.0, -1.0, 0.5]


def test_mlp_as_an_argument() -> None:
    compiled = autograd.compile(mean_squares)
    for seed in range(3):
        assert_same(compiled, mean_squares, nn.MLP(2, [4, 1], "tanh", seed=seed), POINTS, LABELS)
    net = nn.MLP(2, [4, 1], "tanh", seed=5)
    value, slopes = compiled.value_and_grad(net, POINTS, LABELS)
    assert isinstance(value, float)
    assert list(slopes) == [name for name, _ in net.named_parameters()]
    mean_squares(net, POINTS, LABELS).backward()
    assert all_close(numbers(slopes), gradients_of(net.parameters()))
    assert count(compiled) == 1


def test_weights_are_read_anew_at_each_call() -> None:
    net = nn.MLP(2, [4, 1], "tanh", seed=0)
    compiled = autograd.compile(mean_squares)
    optimizer = nn.SGD(learning_rate=0.1)
    for _ in range(5):
        expected = mean_squares(net, POINTS, LABELS).data
        net.zero_grad()
        loss = compiled(net, POINTS, LABELS)
        assert loss.data == pytest.approx(expected, rel=1e-12)
        loss.backward()
        optimizer.step(net.parameters())
    net.load_state_dict(nn.MLP(2, [4, 1], "tanh", seed=1).state_dict())
    assert_same(compiled, mean_squares, net, POINTS, LABELS)
    assert count(compiled) == 1


def test_captured_mlp() -> None:
    net = nn.MLP(2, [3, 1], "tanh", seed=0)
    f = lambda xs, ys: mean_squares(net, xs, ys)
    compiled = autograd.compile(f)
    for shift in (0.0, 1.0):
        for p in net.parameters():
            p.data += shift
        assert_same(compiled, f, POINTS, LABELS, captured=net.parameters())
        assert_same(compiled, f, POINTS[::-1], LABELS, captured=net.parameters())
    assert count(compiled) == 1


def test_module_itself_compiled() -> None:
    net = nn.MLP(3, [4, 2], "sigmoid", seed=0)
    compiled = autograd.compile(net)
    for x in ([1.0, 2.0, 3.0], [-1.0, 0.0, 0.5]):
        assert_same(compiled, net, x, captured=net.parameters())
    assert count(compiled) == 1


def test_layer_with_softmax() -> None:
    def f(layer: Any, x: Any, label: Any) -> Any:
        return -layer(x)[label].log()

    compiled = autograd.compile(f)
    for seed, label in [(0, 0), (1, 2), (2, 0)]:
        assert_same(compiled, f, nn.Layer(2, 3, "softmax", seed=seed), [0.5, -1.0 * seed], label)


class Scaled(nn.Module):
    """Values, a Tensor, lists, and plain attributes that the computation looks at."""

    def __init__(self, factor: float = 2.0, cubed: bool = False) -> None:
        self.slopes = [Value(0.5), Value(-1.5)]
        self.matrix = Tensor([[1.0, -2.0], [0.5, 3.0]])
        self.frozen = nn.Buffer([0.5, 2.0])
        self.factor, self.cubed = factor, cubed

    def forward(self, x: Any) -> Any:
        scores = (self.matrix @ autograd.stack([s * x for s in self.slopes])) * self.frozen
        total = scores.sum() * self.factor
        return total**3 if self.cubed else total


def test_hand_written_module() -> None:
    f = lambda module, x: module(x)
    compiled = autograd.compile(f)
    assert_same(compiled, f, Scaled(), Value(2.0))
    changed = Scaled()
    changed.matrix.data *= 3.0
    changed.frozen.data += 1.0
    changed.slopes[1].data = 4.0
    assert_same(compiled, f, changed, Value(-1.0))
    assert count(compiled) == 1
    _, slopes = compiled.value_and_grad(changed, -1.0)
    assert list(slopes) == ["slopes.0", "slopes.1", "matrix"]  # a Buffer is no parameter
    assert slopes["matrix"].shape == (2, 2)
    assert isinstance(slopes["slopes.0"], float)


def test_plain_attributes_of_a_module_are_never_those_of_another() -> None:
    f = lambda module, x: module(x)
    compiled = autograd.compile(f)
    for module in (Scaled(), Scaled(factor=5.0), Scaled(cubed=True), Scaled(factor=-1.0)):
        assert_same(compiled, f, module, Value(2.0))
    module = Scaled()
    for factor in (2.0, 3.0):
        module.factor = factor
        assert_same(compiled, f, module, Value(2.0))


def test_two_networks_that_differ_in_their_activation_only() -> None:
    compiled = autograd.compile(mean_squares)
    for activation in ("tanh", "relu", "tanh", "sigmoid"):
        net = nn.MLP(2, [3, 1], activation, seed=0)
        assert_same(compiled, mean_squares, net, POINTS, LABELS)


def test_weights_that_are_not_trained() -> None:
    net = nn.MLP(2, [3, 1], "tanh", seed=0)
    net.layers[0].trainable = False
    compiled = autograd.compile(mean_squares)
    _, slopes = compiled.value_and_grad(net, POINTS, LABELS)
    assert list(slopes) == [name for name, _ in net.named_parameters()]
    expected = gradients(mean_squares(net, POINTS, LABELS), net.parameters())
    assert all_close(numbers(slopes), expected)


# --- what surrounds the function --------------------------------------------------------------


def test_captured_leaves_are_inputs() -> None:
    w, b, t = Value(2.0), [Value(1.0)], Tensor([1.0, 2.0])
    f = lambda x: x * w + b[0] * (t * t).sum()
    compiled = autograd.compile(f)
    assert_same(compiled, f, Value(3.0), captured=[w, *b, t])
    w.data, b[0].data = -1.0, 0.5
    t.data *= 2.0
    assert_same(compiled, f, Value(5.0), captured=[w, *b, t])
    assert count(compiled) == 1


def test_captured_leaf_in_a_default_argument() -> None:
    w = Value(2.0)

    def f(x: Any, w: Any = w) -> Any:
        return x * w

    compiled = autograd.compile(f)
    assert_same(compiled, f, Value(3.0), captured=[w])
    w.data = 7.0
    assert_same(compiled, f, Value(3.0), captured=[w])


def test_captured_leaf_given_as_the_argument_too() -> None:
    w = Value(2.0)
    f = lambda x: x * w * w
    compiled = autograd.compile(f)
    grads = []
    for function in (f, compiled, compiled):
        w.grad = None
        function(w).backward()
        grads.append(w.grad)
    assert grads == [12.0, 12.0, 12.0]
    # neither recording takes w for the argument, nor the argument for w
    assert_same(compiled, f, Value(5.0), captured=[w])
    assert float(compiled(Value(5.0))) == 20.0


def test_captured_result_of_a_computation() -> None:
    w = Value(3.0)
    h = w * w
    f = lambda x: x * h
    compiled = autograd.compile(f)
    for x in (2.0, -1.0):
        assert_same(compiled, f, Value(x), captured=[w])


def test_function_without_arguments() -> None:
    net = nn.MLP(2, [3, 1], "tanh", seed=0)
    f = lambda: mean_squares(net, POINTS, LABELS)
    compiled = autograd.compile(f)
    for _ in range(3):
        assert_same(compiled, f, captured=net.parameters())
        for p in net.parameters():
            p.data *= 0.5
    assert count(compiled) == 1


def test_captured_plain_numbers_and_arrays_are_constants() -> None:
    scale, data = 0.5, np.array([[1.0, 2.0], [3.0, 4.0]])
    f = lambda x, t: x * scale + (data @ t).sum() + data[0, 1] * x
    compiled = autograd.compile(f)
    for number in (2.0, -3.0):
        assert_same(compiled, f, Value(number), Tensor([number, 1.0]))


# --- results ----------------------------------------------------------------------------------


def test_results_in_lists_tuples_and_dicts() -> None:
    def f(x: Any, y: Any) -> Any:
        return {"sum": x + y, "both": [x * y, (x / y, 3.0)], "n": 2}

    compiled = autograd.compile(f)
    for x, y in [(1.0, 2.0), (-3.0, 0.5)]:
        result = compiled(Value(x), Value(y))
        assert list(result) == ["sum", "both", "n"]
        assert isinstance(result["both"], list)
        assert isinstance(result["both"][1], tuple)
        assert result["n"] == 2
        assert_same(compiled, f, Value(x), Value(y))
    assert count(compiled) == 1


def test_the_list_that_is_returned_is_a_new_one() -> None:
    f = autograd.compile(lambda x: [x * x])
    first = f(Value(2.0))
    first.append("mine")
    assert len(f(Value(3.0))) == 1


def test_argument_as_the_result() -> None:
    f = lambda x, y: [x, y * x, x]
    compiled = autograd.compile(f)
    for x in (2.0, 3.0):
        assert_same(compiled, f, Value(x), Value(5.0))
    same = autograd.compile(lambda x: x)
    x = Value(4.0)
    for _ in range(2):
        result = same(x)
        assert float(result) == 4.0
        result.backward()
    assert x.grad == 2.0


def test_constant_arrays_as_results_belong_to_the_caller() -> None:
    for f in (
        autograd.compile(lambda x: np.zeros(3)),
        autograd.compile(lambda x: [np.zeros(3), x * 2.0][0]),
        autograd.compile(lambda x: {"a": (x, np.zeros(3))}),
    ):
        for _ in range(2):
            result = f(Value(1.0))
            array = result["a"][1] if isinstance(result, dict) else result
            assert array.tolist() == [0.0, 0.0, 0.0]
            array[0] = 99.0


def test_tuple_of_lists_of_floats() -> None:
    compiled = autograd.compile(lambda p: sum(map(sum, p)))
    for given in (([1.0, 2.0], [3.0, 4.0]), ([5.0, 6.0], [7.0, 9.0])):
        assert float(compiled(given)) == sum(map(sum, given))
    assert compiled.value_and_grad(([1.0, 2.0], [3.0, 4.0])) == (10.0, ([1.0, 1.0], [1.0, 1.0]))
    products = autograd.vectorize(lambda p: p[0] * p[1])(([1.0, 2.0], [3.0, 4.0]))
    assert products.data.tolist() == [2.0, 12.0]


@pytest.mark.parametrize("shape", [(2,), (2, 1), (1, 2, 1)])
def test_gradient_of_one_number_in_an_array(shape: Any) -> None:
    compiled = autograd.compile(lambda w, x: (w @ x) ** 2)
    value, (by_w, by_x) = compiled.value_and_grad(
        np.array([[1.0, 2.0]]), np.ones(shape), argnums=(0, 1)
    )
    assert value == 9.0
    assert by_w.tolist() == [[6.0, 6.0]]
    assert by_x.ravel().tolist() == [6.0, 12.0]


def test_constant_as_the_result() -> None:
    f = autograd.compile(lambda x: 3.0)
    assert [float(f(Value(1.0))), float(f(Value(2.0)))] == [3.0, 3.0]
    assert numbers(f.value_and_grad(1.0)) == [3.0, 0.0]
    pair = autograd.compile(lambda x: [1.5, x * x])
    assert [numbers(pair(Value(2.0))), numbers(pair(Value(3.0)))] == [[1.5, 4.0], [1.5, 9.0]]


FACTOR = 2.0


def _scaled(x: Any) -> Any:
    return x * FACTOR


def test_what_functions_that_it_calls_find_around_them(monkeypatch: pytest.MonkeyPatch) -> None:
    shift = 1.0

    def shifted(x: Any) -> Any:
        return _scaled(x) + shift

    compiled = autograd.compile(lambda x: shifted(x) * x)
    assert compiled(Value(3.0)).data == compiled(Value(3.0)).data == 21.0
    shift = 2.0
    assert compiled(Value(3.0)).data == 24.0
    monkeypatch.setitem(globals(), "FACTOR", 5.0)
    assert compiled(Value(3.0)).data == 51.0
    mapped = autograd.vectorize(_scaled)
    assert mapped([1.0, 2.0]).tolist() == mapped([1.0, 2.0]).tolist() == [5.0, 10.0]
    monkeypatch.setitem(globals(), "FACTOR", 3.0)
    assert mapped([1.0, 2.0]).tolist() == [3.0, 6.0]
    monkeypatch.setitem(globals(), "_scaled", lambda x: x)
    assert compiled(Value(3.0)).data == 15.0


def test_what_a_function_of_another_module_finds_around_it() -> None:
    elsewhere: dict[str, Any] = {"rate": 2.0}
    source = "def scaled(x): return x * rate\nclass Rate:\n    def times(self, x): return x * rate"
    exec(source, elsewhere)
    scaled, times = elsewhere["scaled"], elsewhere["Rate"]().times
    compiled = autograd.compile(lambda x: scaled(x) + times(x))
    mapped = autograd.vectorize(times)
    assert compiled(Value(3.0)).data == compiled(Value(3.0)).data == 12.0
    assert mapped([1.0, 3.0]).tolist() == mapped([1.0, 3.0]).tolist() == [2.0, 6.0]
    elsewhere["rate"] = 5.0
    assert compiled(Value(3.0)).data == 30.0
    assert mapped([1.0, 3.0]).tolist() == [5.0, 15.0]
    del elsewhere["rate"]
    with pytest.raises(NameError, match="rate"):
        compiled(Value(3.0))


_COMPILED = autograd.compile(_scaled)
_PARTIAL = functools.partial(_scaled)
_SLOPE = autograd.grad(lambda x: x * _scaled(x))
_TABLE = {"a": _scaled}


@pytest.mark.parametrize(
    ("function", "given"),
    {
        "an argument": (lambda f, x: f(x), (_scaled,)),
        "a compiled function": (lambda x: _COMPILED(x), ()),
        "compiled twice": (_COMPILED, ()),
        "a partial": (lambda x: _PARTIAL(x), ()),
        "a compiled partial": (functools.partial(_COMPILED), ()),
        "a derivative": (lambda x: _SLOPE(x), ()),
        "in a dict": (lambda x: _TABLE["a"](x), ()),
    }.values(),
)
def test_what_functions_reached_in_other_ways_find_around_them(
    function: Any, given: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled = autograd.compile(function)
    for factor in (2.0, 2.0, 5.0):
        monkeypatch.setitem(globals(), "FACTOR", factor)
        assert compiled(*given, Value(3.0)).data == function(*given, Value(3.0)).data


def test_another_function_in_a_list_around_a_function() -> None:
    layers = [lambda x: x * 2.0]
    compiled = autograd.compile(lambda x: layers[0](x))
    assert compiled(Value(3.0)).data == compiled(Value(3.0)).data == 6.0
    layers[0] = lambda x: x * 5.0
    assert compiled(Value(3.0)).data == 15.0


def test_captured_leaf_as_the_result() -> None:
    w = Value(2.0)
    f = autograd.compile(lambda x: [w, x * x])
    for number in (2.0, 5.0):
        w.data, w.grad = number, None
        first, second = f(Value(3.0))
        assert (float(first), float(second)) == (number, 9.0)
        first.backward()
        assert w.grad == 1.0


def test_one_node_in_two_places_of_the_result() -> None:
    def f(x: Any) -> Any:
        y = x.exp()
        return [y, y, y * y]

    compiled = autograd.compile(f)
    for x in (0.5, -1.0):
        assert_same(compiled, f, Value(x))


def test_tensors_as_results() -> None:
    f = lambda t, v: (t * v, t.sum(), [t.T, v * 2.0])
    compiled = autograd.compile(f)
    for shift in (0.0, 1.0):
        assert_same(compiled, f, Tensor([[1.0, 2.0, 3.0 + shift]]), Value(2.0 - shift))
    product, total, (transposed, _) = compiled(Tensor([[1.0, 2.0, 3.0]]), Value(2.0))
    assert (product.shape, total.shape, transposed.shape) == ((1, 3), (), (3, 1))


def test_plain_arguments_give_the_numbers_too() -> None:
    f = autograd.compile(polynomial)
    expected = polynomial(Value(2.0), Value(3.0)).data
    assert [float(f(2.0, 3.0)), float(f(2, 3))] == pytest.approx([expected] * 2, rel=1e-12)
    g = autograd.compile(lambda a: (a * a).sum(axis=0))
    assert numbers(g(np.array([[1.0, 2.0], [3.0, 4.0]]))) == [10.0, 20.0]


# --- results are nodes ------------------------------------------------------------------------


def test_result_in_a_larger_graph() -> None:
    compiled = autograd.compile(polynomial)
    grads = []
    for f in (polynomial, compiled, compiled):
        x, y = Value(0.5), Value(-1.25)
        inner = f(x * 2.0, y)
        outer = f(inner.tanh(), x) * inner + y
        outer.backward()
        grads.append([outer.data, x.grad, y.grad])
    assert all_close(grads[1], grads[0])
    assert all_close(grads[2], grads[0])


def test_several_results_in_a_larger_graph() -> None:
    f = lambda x, y: (x * y, x + y.sin(), y.exp())
    compiled = autograd.compile(f)
    grads = []
    for function in (f, compiled, compiled):
        x, y = Value(0.5), Value(-1.25)
        a, b, _ = function(x, y)
        (a * b + a).backward()
        grads.append([x.grad, y.grad])
    assert all_close(grads[1], grads[0])
    assert all_close(grads[2], grads[0])


def test_one_of_several_results() -> None:
    f = autograd.compile(lambda x, y: (x * x, y * y))
    x, y = Value(3.0), Value(4.0)
    first, second = f(x, y)
    first.backward()
    assert x.grad == 6.0
    assert not y.grad
    second.backward()
    assert (x.grad, y.grad) == (6.0, 8.0)


def test_tensor_result_in_a_larger_graph() -> None:
    f = lambda t: (t @ t.T).tanh()
    compiled = autograd.compile(f)
    grads = []
    for function in (f, compiled, compiled):
        t = Tensor([[0.5, -1.0], [0.25, 2.0]])
        out = function(t * 0.5)
        (out[0] * t + out.sum()).mean().backward()
        grads.append(numbers(t.grad))
    assert all_close(grads[1], grads[0])
    assert all_close(grads[2], grads[0])


def test_backward_twice_doubles() -> None:
    f = autograd.compile(polynomial)
    for _ in range(2):
        x, y = Value(0.5), Value(-1.25)
        result = f(x, y)
        result.backward()
        once = [x.grad, y.grad, result.grad]
        result.backward()
        assert [x.grad, y.grad, result.grad] == [2.0 * g for g in once]
        assert once[2] == 1.0


def test_backward_with_a_seed() -> None:
    f = autograd.compile(polynomial)
    for seed in (1.0, -2.5, 0.0):
        x, y, u, v = Value(0.5), Value(-1.25), Value(0.5), Value(-1.25)
        f(x, y).backward(seed)
        polynomial(u, v).backward(seed)
        assert all_close([x.grad, y.grad], [u.grad, v.grad])


def test_gradients_add_to_what_is_there() -> None:
    f = autograd.compile(lambda x, t: x * (t * t).sum())
    x, t = Value(2.0), Tensor([1.0, 3.0])
    x.grad, t.grad = 100.0, np.array([10.0, 20.0])
    f(x, t).backward()
    f(x, t).backward()
    assert x.grad == 120.0
    assert t.grad.tolist() == [18.0, 44.0]


def test_gradients_function_leaves_grad_alone() -> None:
    f = autograd.compile(polynomial)
    for _ in range(2):
        x, y = Value(0.5), Value(-1.25)
        found = gradients(f(x, y), [x, y])
        assert all_close(found, gradients(polynomial(x, y), [x, y]))
        assert (x.grad, y.grad) == (None, None)


def test_later_calls_do_not_reach_into_earlier_results() -> None:
    def f(t: Any, v: Any) -> Any:
        hidden = (t * v).tanh()
        return (hidden * hidden).sum() + (t @ t).tanh() * v

    compiled = autograd.compile(f)
    pairs = []
    for i in range(4):
        t, v = Tensor(np.linspace(0.0, 1.0 + i, 2000)), Value(0.1 * i - 0.15)
        pairs.append((t, v, compiled(t, v)))
    for t, v, result in reversed(pairs):
        expected = f(t, v)
        assert result.data == pytest.approx(expected.data, rel=1e-12)
        theirs = gradients(expected, [t, v])
        v.data = 100.0  # nor does what becomes of the arguments
        t.data *= -3.0
        result.backward()
        assert all_close(gradients_of([t, v]), numbers(theirs))


def test_gradient_arrays_belong_to_the_caller() -> None:
    f = autograd.compile(lambda t, u: (t.tanh() * u).sum())
    t, u = np.linspace(-1, 1, 3000), np.linspace(0, 1, 3000)
    _, slopes = f.value_and_grad(t, u, argnums=(0, 1))
    kept = [slope.copy() for slope in slopes]
    slopes[0][:] = 7.0
    assert u[0] == 0.0
    _, again = f.value_and_grad(t, u, argnums=(0, 1))
    assert np.array_equal(again[0], kept[0])
    f.value_and_grad(2.0 * t, u + 1.0)
    assert np.array_equal(again[0], kept[0])
    assert np.array_equal(again[1], kept[1])
    x = Tensor(t)
    f(x, u).backward()
    before = x.grad.copy()
    f(Tensor(3.0 * t), u).backward()
    assert np.array_equal(x.grad, before)


def test_result_arrays_belong_to_the_caller() -> None:
    f = autograd.compile(lambda t: t * 2.0 + 1.0)
    first = f(Tensor(np.zeros(3000)))
    f(Tensor(np.ones(3000)))
    assert first.tolist() == [1.0] * 3000


# --- value_and_grad and grad ------------------------------------------------------------------


@pytest.mark.parametrize("argnums", [0, 1, -1, (0, 2), (2, 0, 1)])
def test_argnums(argnums: Any) -> None:
    def f(w: Any, x: Any, t: Any) -> Any:
        return w["a"] * x + (t * t * w["b"][0]).sum() - x**2

    args = ({"a": 2.0, "b": [0.5]}, -1.5, np.array([1.0, 2.0]))
    compiled = autograd.compile(f)
    for _ in range(2):
        value, slopes = compiled.value_and_grad(*args, argnums=argnums)
        theirs, expected = autograd.value_and_grad(f, argnums)(*args)
        assert all_close([value], [float(theirs)])
        assert all_close(numbers(slopes), numbers(expected))
        assert type(slopes) is type(expected)
        assert numbers(compiled.grad(*args, argnums=argnums)) == numbers(slopes)


def test_value_and_grad_of_nodes_gives_plain_numbers_and_touches_no_grad() -> None:
    f = autograd.compile(lambda x, t: x * (t * t).sum())
    x, t = Value(2.0), Tensor([1.0, 3.0])
    for _ in range(2):
        value, (dx, dt) = f.value_and_grad(x, t, argnums=(0, 1))
        assert isinstance(dx, float)
        assert isinstance(dt, np.ndarray)
        assert float(value) == 20.0
        assert (dx, dt.tolist()) == (10.0, [4.0, 12.0])
        assert (x.grad, t.grad) == (None, None)


def test_value_and_grad_with_keywords_and_captured_leaves() -> None:
    w = Value(3.0)
    f = autograd.compile(lambda x, *, scale: x * x * scale * w)
    for x, scale in [(2.0, 1.0), (3.0, -1.0)]:
        assert f.value_and_grad(x, scale=scale) == (3.0 * x * x * scale, 6.0 * x * scale)
    assert w.grad is None


def test_value_and_grad_and_backward_share_a_recording() -> None:
    f = autograd.compile(polynomial)
    f(Value(1.0), Value(2.0)).backward()
    f.value_and_grad(Value(1.0), Value(3.0))
    f.value_and_grad(Value(1.0), Value(3.0), argnums=1)
    f(Value(1.5), Value(2.0)).backward()
    assert count(f) == 1


# --- corners of the table: what `math` would raise for ----------------------------------------


@pytest.mark.parametrize("x", [0.0, -0.0, -1.0, 1000.0, math.inf, -math.inf, math.nan, 1e-320])
def test_infinities_and_nans_are_those_of_the_engine(x: float) -> None:
    f = lambda x: [1.0 / x, x.log(), x.sqrt(), x.exp(), x**-1.5, x.sinh(), x.sin(), x * x]
    compiled = autograd.compile(f)
    assert_same(compiled, f, Value(2.0))
    assert_same(compiled, f, Value(x))
    assert_same(compiled, f, Value(3.0))
    assert count(compiled) == 1
    assert_same(autograd.compile(f), f, Value(x))
    alone = autograd.compile(lambda x: x.log() * 0.0 + x**0.5)
    assert_same(alone, lambda x: x.log() * 0.0 + x**0.5, Value(x))


# --- calls within calls -----------------------------------------------------------------------


def test_compiled_function_calls_a_compiled_function() -> None:
    inner = autograd.compile(polynomial)

    def f(x: Any, y: Any) -> Any:
        return inner(x, y) * inner(y, x) + inner(x, 2.0)

    plain = lambda x, y: polynomial(x, y) * polynomial(y, x) + polynomial(x, Value(2.0))
    outer = autograd.compile(f)
    for x, y in [(0.5, 2.0), (-1.0, 0.25), (3.0, 3.0)]:
        assert_same(outer, plain, Value(x), Value(y))
        assert_same(inner, polynomial, Value(y), Value(x))
    assert count(outer) == 1


def test_compiled_function_calls_itself() -> None:
    @autograd.compile
    def product(xs: Any) -> Any:
        return xs[0] if len(xs) == 1 else xs[0] * product(xs[1:]).tanh()

    def plain(xs: Any) -> Any:
        return xs[0] if len(xs) == 1 else xs[0] * plain(xs[1:]).tanh()

    for numbers_ in ([1.0, 2.0, 3.0], [0.5, -1.0], [2.0, 0.25, -1.5], [4.0]):
        assert_same(product, plain, [Value(number) for number in numbers_])


def test_compiled_function_of_captured_weights_inside_another() -> None:
    w = Value(2.0)
    inner = autograd.compile(lambda x: x * w)
    plain = lambda x: (x * w).tanh() * (x * x * w)
    outer = autograd.compile(lambda x: inner(x).tanh() * inner(x * x))
    for number in (2.0, -1.0):
        w.data = number
        assert_same(outer, plain, Value(0.5), captured=[w])
        assert_same(outer, plain, Value(number), captured=[w])


# --- threads ----------------------------------------------------------------------------------


def test_many_threads_share_a_compiled_function() -> None:
    def f(xs: Any, t: Any) -> Any:
        total = autograd.sum([x * x * x for x in xs]) * (t.tanh() * t).sum()
        return -total if total > 0 else total * 2.0

    compiled = autograd.compile(f)

    def work(seed: int) -> bool:
        rng = np.random.default_rng(seed)
        for _ in range(15):
            xs = [Value(number) for number in rng.normal(size=3 + seed % 2).tolist()]
            assert_same(compiled, f, xs, Tensor(rng.normal(size=500)))
        return True

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(8)))
    assert count(compiled) <= 8


def test_recording_in_one_thread_does_not_see_another() -> None:
    f = autograd.compile(moons_loss)
    expected = [moons_loss(moons_weights(), *moons(8, seed=i)).data for i in range(6)]

    def compiled(seed: int) -> float:
        return float(f(moons_weights(), *moons(8, seed=seed)))

    def uncompiled(seed: int) -> float:
        return float(moons_loss(moons_weights(), *moons(8, seed=seed)))

    with ThreadPoolExecutor(6) as pool:
        both = [pool.submit(g, i) for i in range(6) for g in (compiled, uncompiled)]
        found = [future.result() for future in both]
    assert all_close(found[::2], expected)
    assert found[1::2] == expected


# --- what is decorated ------------------------------------------------------------------------


def test_name_and_docstring_are_the_functions() -> None:
    compiled = autograd.compile(polynomial)
    assert compiled.__name__ == "polynomial"
    assert compiled.__qualname__ == "polynomial"
    assert compiled.__doc__ == "A little of everything."
    assert compiled.__module__ == __name__
    assert compiled.__wrapped__ is polynomial
    assert callable(compiled)


def test_method_of_a_module() -> None:
    class Model(nn.Module):
        def __init__(self, w: float) -> None:
            self.w = Value(w)

        @autograd.compile
        def loss(self, x: Any, power: int = 2) -> Any:
            """Of this model."""
            return (self.w * x) ** power

    for w in (2.0, 3.0):
        model = Model(w)
        for x in (1.0, -2.0):
            model.w.grad = None
            loss = model.loss(Value(x))
            assert float(loss) == (w * x) ** 2
            loss.backward()
            assert model.w.grad == 2.0 * w * x * x
    assert Model.loss.__doc__ == "Of this model."
    assert float(Model.loss(Model(5.0), Value(1.0))) == 25.0


def test_method_of_any_object() -> None:
    class Model:
        def __init__(self, w: float, power: int) -> None:
            self.w, self.power = Value(w), power

        @autograd.compile
        def loss(self, x: Any) -> Any:
            return (self.w * x) ** self.power

    models = [Model(2.0, 2), Model(3.0, 2), Model(2.0, 3)]
    for _ in range(2):
        for model in models:
            model.w.grad = None
            loss = model.loss(Value(1.5))
            assert float(loss) == pytest.approx((model.w.data * 1.5) ** model.power, rel=1e-12)
            loss.backward()
            assert model.w.grad == pytest.approx(
                model.power * 1.5 * (model.w.data * 1.5) ** (model.power - 1), rel=1e-12
            )
        models[0].w.data = 0.5


def test_gradients_of_a_compiled_method() -> None:
    class Model:
        rate = 2.0

        @autograd.compile
        def loss(self, x: Any = 3.0, y: Any = 1.0) -> Any:
            return self.rate * x * x * y

    model = Model()
    assert float(model.loss()) == 18.0
    assert model.loss.value_and_grad(2.0) == (8.0, 8.0)
    assert model.loss.value_and_grad(2.0, 3.0, argnums=(0, 1)) == (24.0, (24.0, 8.0))
    assert model.loss.grad(2.0, 3.0, argnums=1) == 8.0
    assert Model.loss.value_and_grad(model, 2.0, argnums=1) == (8.0, 8.0)
    with pytest.raises(ValueError, match="argnums"):
        model.loss.value_and_grad(2.0, argnums=1)
    assert model.loss == model.loss != Model().loss
    assert hash(model.loss) == hash(model.loss)
    assert model.loss.__self__ is model
    assert model.loss.__func__ is Model.loss
    assert model.loss.recordings is Model.loss.recordings
    assert list(inspect.signature(model.loss).parameters) == ["x", "y"]
    assert autograd.compile(model.loss).value_and_grad(2.0) == (8.0, 8.0)
    assert "compiled loss" in repr(model.loss)
    for copied in (copy.copy(model.loss), copy.deepcopy(model.loss)):
        assert float(copied(2.0)) == 8.0
    assert copy.deepcopy(model.loss).__self__ is not model


def test_bound_method_compiled() -> None:
    model = SimpleNamespace(w=Value(2.0))
    f = autograd.compile(functools.partial(lambda model, x: model.w * x, model))
    assert float(f(Value(3.0))) == 6.0
    model.w.data = 5.0
    assert float(f(Value(3.0))) == 15.0


def test_partial_and_lambda() -> None:
    w = Value(2.0)
    partial = functools.partial(polynomial, y=w)
    f = autograd.compile(partial)
    for x in (0.5, -1.0):
        assert_same(f, lambda x: polynomial(x, w), Value(x), captured=[w])
        w.data += 1.0
    g = autograd.compile(lambda x: x * x)
    assert float(g(Value(3.0))) == 9.0


# --- what goes wrong --------------------------------------------------------------------------


def test_exceptions_of_the_function_pass_unchanged() -> None:
    error = KeyError("mine")

    def f(x: Any, *, fail: bool = False) -> Any:
        if fail:
            raise error
        return x * x

    compiled = autograd.compile(f)
    with pytest.raises(KeyError) as found:
        compiled(Value(1.0), fail=True)
    assert found.value is error
    assert compiled.recordings == ()
    assert float(compiled(Value(3.0))) == 9.0
    with pytest.raises(KeyError):
        compiled(Value(1.0), fail=True)
    assert count(compiled) == 1
    assert float(compiled(Value(4.0))) == 16.0


def test_exception_that_depends_on_the_data() -> None:
    @autograd.compile
    def f(x: Any) -> Any:
        if x < 0:
            raise ValueError("mine: a negative number")
        return x.sqrt()

    assert float(f(Value(4.0))) == 2.0
    for _ in range(2):
        with pytest.raises(ValueError, match="mine: a negative number"):
            f(Value(-4.0))
        assert float(f(Value(9.0))) == 3.0
    assert count(f) == 1


def test_everything_is_as_before_after_an_exception() -> None:
    @autograd.compile
    def f(x: Any) -> Any:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        f(Value(1.0))
    x = Value(3.0)
    y = x * x
    assert type(y) is Value
    assert not y.is_leaf
    y.backward()
    assert x.grad == 6.0


def test_function_that_returns_nothing() -> None:
    f = autograd.compile(lambda x: None)
    for call in (f, f.value_and_grad, f.grad):
        with pytest.raises(TypeError, match="None") as error:
            call(Value(1.0))
        assert is_one_sentence(str(error.value).replace("; did", ", did"))
    assert f.recordings == ()


@pytest.mark.parametrize(
    "argument", [object(), 1 + 2j, {1.0, 2.0}], ids=["object", "complex", "set"]
)
def test_argument_of_an_unknown_type(argument: Any) -> None:
    f = autograd.compile(lambda x, y: x * 2.0)
    with pytest.raises(TypeError, match=type(argument).__name__) as error:
        f(Value(1.0), argument)
    assert is_one_sentence(str(error.value))
    with pytest.raises(TypeError):
        f(Value(1.0), [Value(1.0), {"deep": argument}])
    assert f.recordings == ()


def test_program_before_the_first_call() -> None:
    f = autograd.compile(polynomial)
    with pytest.raises(RuntimeError, match="call") as error:
        f.program  # noqa: B018
    assert is_one_sentence(str(error.value))
    assert f.recordings == ()


@pytest.mark.parametrize("f", [3.0, "loss", None, Value(1.0)], ids=repr)
def test_only_functions_are_compiled(f: Any) -> None:
    with pytest.raises(TypeError, match="function") as error:
        autograd.compile(f)
    assert is_one_sentence(str(error.value))


@pytest.mark.parametrize("n", [0, -1, 2.5, "many"])
def test_max_recordings_is_at_least_one(n: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="max_recordings") as error:
        autograd.compile(polynomial, max_recordings=n)
    assert is_one_sentence(str(error.value))


def test_gradient_of_what_is_not_one_number() -> None:
    pair = autograd.compile(lambda x: [x, x * x])
    array = autograd.compile(lambda t: t * t)
    for f, x in [(pair, 2.0), (array, np.array([1.0, 2.0]))]:
        for _ in range(2):
            with pytest.raises(TypeError, match="one number"):
                f.value_and_grad(x)


@pytest.mark.parametrize("argnums", [2, -3, (0, 0), "x"])
def test_argnums_that_name_no_argument(argnums: Any) -> None:
    f = autograd.compile(polynomial)
    with pytest.raises((TypeError, ValueError), match="argnums"):
        f.value_and_grad(1.0, 2.0, argnums=argnums)


def test_gradient_by_what_has_no_numbers() -> None:
    f = autograd.compile(lambda mode, x: x * x)
    with pytest.raises(TypeError):
        f.value_and_grad("fast", 2.0)
    assert f.value_and_grad("fast", 2.0, argnums=1) == (4.0, 4.0)


@pytest.mark.parametrize(
    "act",
    [
        lambda x: (x * x).backward(),
        lambda x: setattr(x, "data", 3.0),
    ],
    ids=["backward", "data"],
)
def test_what_no_program_can_repeat_is_refused(act: Any) -> None:
    def f(x: Any) -> Any:
        act(x)
        return x * x

    compiled = autograd.compile(f)
    with pytest.raises(TypeError, match="compiled function") as error:
        compiled(Value(2.0))
    assert is_one_sentence(str(error.value))
    assert compiled.recordings == ()


def test_copies_of_arguments_are_not_needed() -> None:
    # the arguments themselves are untouched by a call
    params, xs, ys = line(), [1.0, 2.0], [0.5, -0.5]
    before = copy.deepcopy((numbers(params), xs, ys))
    labels = [p.label for p in params]
    f = autograd.compile(squared_error)
    for _ in range(2):
        f(params, xs, ys)
        assert (numbers(params), xs, ys) == before
        assert [p.label for p in params] == labels
        assert all(type(p) is Value and p.is_leaf and p.grad is None for p in params)
