"""Optimizers against their formulas and against PyTorch, their flat lines, and trainings.

The numbers of Keras itself are in test_keras_parity.py.
"""

from __future__ import annotations

import copy
import gc
import json
import math
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nn
from autograd import Tensor, Value, detect_anomaly
from benchmarks.moons import moons
from nn import optimizers
from nn.optimizers import flat

GRADIENTS = np.random.default_rng(2).normal(size=(10, 3))
START = [0.5, -1.0, 2.0]

settings = pytest.mark.parametrize(
    ("momentum", "nesterov"),
    [(0.0, False), (0.9, False), (0.9, True), (0.5, True), (1.0, False)],
)


def follow(optimizer: nn.SGD, gradients: Any = GRADIENTS) -> list[list[float]]:
    """The parameters after each step, when the gradients are those."""
    parameters = [Value(number) for number in START]
    path = []
    for row in gradients:
        for parameter, gradient in zip(parameters, row, strict=True):
            parameter.grad = None if gradient is None else float(gradient)
        optimizer.step(parameters)
        path.append([p.data for p in parameters])
    return path


@settings
def test_the_written_formula(momentum: float, nesterov: bool) -> None:
    w, v = np.array(START), np.zeros(3)
    expected = []
    for g in GRADIENTS:
        v = momentum * v - 0.1 * g
        w = w + (momentum * v - 0.1 * g if nesterov else v)
        expected.append(w)
    np.testing.assert_allclose(follow(nn.SGD(0.1, momentum, nesterov)), expected, rtol=1e-13)


@settings
def test_against_pytorch(momentum: float, nesterov: bool) -> None:
    torch = pytest.importorskip("torch")
    w = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    theirs = torch.optim.SGD([w], lr=0.1, momentum=momentum, nesterov=nesterov)
    expected = []
    for g in GRADIENTS:
        w.grad = torch.tensor(g)
        theirs.step()
        expected.append(w.tolist())
    np.testing.assert_allclose(follow(nn.SGD(0.1, momentum, nesterov)), expected, rtol=1e-13)


def test_one_plain_step() -> None:
    w = Value(1.0)
    (w * w * 3).backward()
    nn.SGD().step([w])
    assert w.data == 1.0 - 0.01 * 6.0


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_without_a_gradient_nothing_moves(momentum: float) -> None:
    rows = [[1.0, None, 1.0], [None, 1.0, 1.0], [1.0, 1.0, 1.0]]
    path = follow(nn.SGD(0.1, momentum), rows)
    assert path[0][1] == START[1]
    assert path[1][0] == path[0][0]
    # a step that was skipped leaves the velocity as it was
    velocity = momentum * -0.1 - 0.1
    assert path[2][0] - path[1][0] == pytest.approx(velocity, rel=1e-14)
    assert path[2][1] - path[1][1] == pytest.approx(velocity, rel=1e-14)


def test_a_gradient_of_zero_is_a_gradient() -> None:
    path = follow(nn.SGD(0.1, momentum=0.5), [[1.0] * 3, [0.0] * 3])
    assert path[1] == pytest.approx([w - 0.1 - 0.05 for w in START], rel=1e-14)


def test_step_before_backward_changes_nothing() -> None:
    net = nn.MLP(2, [3, 1], seed=0)
    before = net.state_dict()
    sgd = nn.SGD(0.1, momentum=0.9)
    with pytest.raises(
        ValueError, match=r"none of the 13 parameters .* call loss.backward\(\) first"
    ):
        sgd.step(net.parameters())
    assert net.state_dict() == before
    assert sgd.iterations == 0


def test_velocities_belong_to_parameters_not_to_their_values() -> None:
    a, b = Value(1.0), Value(1.0)  # equal, and yet two
    sgd = nn.SGD(1.0, momentum=0.5)
    a.grad, b.grad = 1.0, 10.0
    for _ in range(2):
        sgd.step([a, b])
    assert (a.data, b.data) == (1.0 - 1.0 - 1.5, 1.0 - 10.0 - 15.0)


def test_two_optimizers_share_nothing() -> None:
    w = Value(0.0)
    w.grad = 1.0
    nn.SGD(1.0, momentum=0.5).step([w])
    nn.SGD(1.0, momentum=0.5).step([w])
    assert w.data == -2.0


def test_the_gradient_itself_is_left_alone() -> None:
    w = Value(1.0)
    w.grad = 2.0
    nn.SGD(0.1).step([w])
    assert w.grad == 2.0


def test_gradients_that_are_values() -> None:
    w = Value(3.0)
    (w**2).backward(create_graph=True)
    nn.SGD(0.5).step([w])
    assert w.data == 0.0
    assert type(w.data) is float


def test_any_iterable_of_parameters() -> None:
    net = nn.Neuron(1, "linear", seed=0)
    net([2.0]).backward()
    before = net.state_dict()
    nn.SGD(1.0).step(p for p in net.parameters())
    assert net.state_dict() == {"w.0": before["w.0"] - 2.0, "b": before["b"] - 1.0}


def test_a_rate_of_zero_and_one_set_later() -> None:
    w = Value(1.0)
    w.grad = 1.0
    sgd = nn.SGD(0)
    sgd.step([w])
    assert w.data == 1.0
    sgd.learning_rate = 0.25
    sgd.step([w])
    assert w.data == 0.75


def test_an_earlier_graph_does_not_see_the_step() -> None:
    w = Value(2.0)
    y = w * w
    y.backward()
    nn.SGD(0.5).step([w])
    w.grad = None
    y.backward()
    assert w.grad == 4.0


def test_repr() -> None:
    assert repr(nn.SGD(0.5, 0.9, nesterov=True)) == (
        "SGD(learning_rate=0.5, momentum=0.9, nesterov=True)"
    )


class TestRefusals:
    @pytest.mark.parametrize("wrong", [-0.1, math.nan, "0.1", None, True, [0.1], Value(0.1)])
    def test_learning_rate(self, wrong: Any) -> None:
        with pytest.raises(ValueError, match="learning_rate is a number of at least 0, not ") as e:
            nn.SGD(wrong)
        assert str(e.value).endswith(repr(wrong))

    @pytest.mark.parametrize("wrong", [-0.1, 1.1, math.nan, math.inf, "0.9", None])
    def test_momentum(self, wrong: Any) -> None:
        with pytest.raises(ValueError, match="momentum is a number from 0 to 1, not ") as e:
            nn.SGD(0.1, wrong)
        assert str(e.value).endswith(repr(wrong))

    @pytest.mark.parametrize("wrong", [[1.0], ["w"], [None], {"w": Value(1.0)}])
    def test_what_is_no_parameter(self, wrong: Any) -> None:
        with pytest.raises(TypeError, match="step takes the list of parameters, optimizer"):
            nn.SGD(0.1).step(wrong)

    @pytest.mark.parametrize("wrong", [nn.Neuron(1, seed=0), Value(1.0), None])
    def test_what_is_no_list(self, wrong: Any) -> None:
        with pytest.raises(TypeError, match="parameters"):
            nn.SGD(0.1).step(wrong)

    def test_numpy_numbers_are_numbers(self) -> None:
        assert nn.SGD(np.float32(0.5), np.float32(0.5)).momentum == 0.5


class TestTraining:
    def test_xor(self) -> None:
        def train() -> tuple[list[float], list[float]]:
            net = nn.MLP(2, [4, 1], "tanh", "sigmoid", seed=0)
            sgd = nn.SGD(0.5, momentum=0.9)
            points, targets = [(0, 0), (0, 1), (1, 0), (1, 1)], [0, 1, 1, 0]
            errors = []
            for _ in range(120):
                loss = nn.losses.binary_crossentropy(targets, [net(p) for p in points])
                net.zero_grad()
                loss.backward()
                sgd.step(net.parameters())
                errors.append(loss.data)
            return errors, [net(p).data for p in points]

        errors, outputs = train()
        assert errors[0] > 0.5
        assert errors[-1] < 0.01
        assert [round(out) for out in outputs] == [0, 1, 1, 0]
        assert (errors, outputs) == train()  # to the last bit

    def test_moons(self) -> None:
        points, labels = moons(40)
        net = nn.MLP(2, [8, 1], "tanh", seed=0)
        sgd = nn.SGD(0.2, momentum=0.9, nesterov=True)
        for _ in range(60):
            loss = nn.losses.hinge(labels, [net(point) for point in points])
            net.zero_grad()
            loss.backward()
            sgd.step(net.parameters())
        assert loss.data < 0.05
        assert all(net(p).data * label > 0 for p, label in zip(points, labels, strict=True))

    def test_softmax_classes(self) -> None:
        # three points, three classes; one sample at a time
        net = nn.MLP(1, [8, 3], "tanh", "softmax", seed=0)
        sgd = nn.SGD(0.1, momentum=0.9)
        data = [([-1.0], [1, 0, 0]), ([0.0], [0, 1, 0]), ([1.0], [0, 0, 1])]
        for _ in range(150):
            for x, target in data:
                net.zero_grad()
                nn.losses.categorical_crossentropy(target, net(x)).backward()
                sgd.step(net.parameters())
        for x, target in data:
            assert [round(p.data) for p in net(x)] == target

    def test_data_with_a_nan_is_found_by_detect_anomaly(self) -> None:
        net = nn.MLP(2, [2, 1], "tanh", seed=0)
        with pytest.raises(Exception, match="dot gave nan"), detect_anomaly():
            net([math.nan, 1.0])


# --- the rules on arrays ----------------------------------------------------------------------

RULES: dict[str, Callable[[], optimizers.Optimizer]] = {
    "SGD": lambda: optimizers.SGD(0.1),
    "momentum": lambda: optimizers.SGD(0.1, momentum=0.9),
    "Nesterov": lambda: optimizers.SGD(0.1, momentum=0.9, nesterov=True),
    "Adam": lambda: optimizers.Adam(0.1, epsilon=1e-3),
    "amsgrad": lambda: optimizers.Adam(0.1, beta_2=0.5, amsgrad=True),
    "AdamW": lambda: optimizers.AdamW(0.1, weight_decay=0.1),
    "RMSprop": lambda: optimizers.RMSprop(0.1),
    "centered": lambda: optimizers.RMSprop(0.1, momentum=0.5, centered=True),
    "Adagrad": lambda: optimizers.Adagrad(0.5),
    "clipvalue": lambda: optimizers.SGD(0.1, clipvalue=0.5),
    "clipnorm": lambda: optimizers.Adam(0.1, clipnorm=0.5),
    "global_clipnorm": lambda: optimizers.SGD(0.1, momentum=0.9, global_clipnorm=0.5),
}
every_rule = pytest.mark.parametrize("make", RULES.values(), ids=RULES.keys())
RNG = np.random.default_rng(4)
SHAPES: list[tuple[int, ...]] = [(3, 4), (), (5,), (0, 2), (2, 1, 3)]


def drawn(dtype: str = "float64", shapes: Any = SHAPES, seed: int = 0) -> list[Any]:
    rng = np.random.default_rng(seed)
    return [np.asarray(rng.normal(size=shape), dtype) for shape in shapes]


def by_formula(o: Any, w: Any, gradients: list[Any]) -> Any:
    """The rules once more, written out for one array in float64."""
    m, v, largest = np.zeros_like(w), np.zeros_like(w), np.zeros_like(w)
    a = np.full_like(w, getattr(o, "initial_accumulator_value", 0.0))
    rate = o.learning_rate
    for t, g in enumerate(gradients, start=1):
        w = w - w * (o.weight_decay or 0.0) * rate
        if o.clipvalue:
            g = np.clip(g, -o.clipvalue, o.clipvalue)
        if o.clipnorm and np.linalg.norm(g) > o.clipnorm:
            g = g * o.clipnorm / np.linalg.norm(g)
        if isinstance(o, optimizers.SGD):
            m = o.momentum * m - rate * g
            w = w + (o.momentum * m - rate * g if o.nesterov else m)
        elif isinstance(o, optimizers.Adam):
            m = o.beta_1 * m + (1 - o.beta_1) * g
            v = o.beta_2 * v + (1 - o.beta_2) * g * g
            largest = np.maximum(largest, v) if o.amsgrad else v
            scale = math.sqrt(1 - o.beta_2**t) / (1 - o.beta_1**t)
            w = w - rate * scale * m / (np.sqrt(largest) + o.epsilon)
        elif isinstance(o, optimizers.RMSprop):
            v = o.rho * v + (1 - o.rho) * g * g
            a = o.rho * a + (1 - o.rho) * g
            variance = v - a * a if o.centered else v
            m = o.momentum * m + rate * g / np.sqrt(variance + o.epsilon)
            w = w - m
        else:
            a = a + g * g
            w = w - rate * g / np.sqrt(a + o.epsilon)
    return w


@every_rule
@pytest.mark.parametrize("block", [2, 5, 16384])
def test_the_formulas_for_any_cut_into_blocks(
    make: Any, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flat, "BLOCK", block)
    optimizer = make()
    parameters = [Tensor(w) for w in drawn()]
    steps = [drawn(seed=seed) for seed in range(1, 6)]
    for gradients in steps:
        optimizer.apply(gradients, parameters)
    if optimizer.global_clipnorm:
        norms = [math.sqrt(sum(float((g * g).sum()) for g in gs)) for gs in steps]
        steps = [
            [g * min(1.0, optimizer.global_clipnorm / norm) for g in gs]
            for gs, norm in zip(steps, norms, strict=True)
        ]
    for i, (parameter, start) in enumerate(zip(parameters, drawn(), strict=True)):
        expected = by_formula(optimizer, start, [gradients[i] for gradients in steps])
        np.testing.assert_allclose(parameter.data, expected, rtol=1e-12, atol=1e-14)
        assert parameter.data.shape == start.shape


@pytest.mark.parametrize("name", [name for name in RULES if "norm" not in name])
def test_values_tensors_and_both_types_at_once(name: str) -> None:
    """Values and float64 Tensors move to the same numbers, and float32 near them."""
    numbers, gradients = [1.5, -0.5], [[0.25, -2.0], [1.0, 0.5], [-0.5, 0.0]]
    optimizer = RULES[name]()
    a, b = Tensor(numbers), Tensor(np.float32(numbers))
    values = [Value(number) for number in numbers]
    for row in gradients:
        a.grad, b.grad = row, row
        values[0].grad, values[1].grad = row
        optimizer.step([values[0], a, b, values[1]])
    np.testing.assert_allclose([v.data for v in values], a.data, rtol=1e-15)
    np.testing.assert_allclose(b.data, a.data, rtol=1e-5)  # 1 - beta^t in float32
    assert (a.dtype, b.dtype, type(values[0].data)) == (np.float64, np.float32, float)


@every_rule
def test_a_parameter_without_a_gradient_stays_and_does_not_count(make: Any) -> None:
    optimizer, other = make(), make()
    parameters, alone = [Tensor(w) for w in drawn()], [Tensor(w) for w in drawn()]
    for seed in range(4):
        gradients: list[Any] = drawn(seed=seed)
        gradients[2] = None
        before = parameters[2].data.copy()
        optimizer.apply(gradients, parameters)
        np.testing.assert_array_equal(parameters[2].data, before)
        del gradients[2]
        other.apply(gradients, [p for i, p in enumerate(alone) if i != 2])
    for mine, yours in zip(parameters, alone, strict=True):
        np.testing.assert_array_equal(mine.data, yours.data)


def test_lists_that_change() -> None:
    """A parameter keeps its velocity whatever list it comes in."""
    a, b, c = (Tensor([0.0]) for _ in range(3))
    sgd = optimizers.SGD(1.0, momentum=0.5)
    one = np.ones(1)
    sgd.apply([one, one], [a, b])
    sgd.apply([one], [b])
    sgd.apply([one, one, one], [c, b, a])
    assert [float(p.data[0]) for p in (a, b, c)] == [-1.0 - 1.5, -1.0 - 1.5 - 1.75, -1.0]
    assert sgd.iterations == 3


def test_large_parameters_are_cut_and_the_rest_is_not_mixed_up() -> None:
    shapes = [(7,), (300, 400), (5,), (222, 222), (1,)]
    assert 222 * 222 > flat.BLOCK > 221 * 221
    whole, alone = [Tensor(w) for w in drawn(shapes=shapes)], drawn(shapes=shapes)
    adam = optimizers.Adam(0.1)
    for seed in (1, 2):
        adam.apply(drawn(shapes=shapes, seed=seed), whole)
    for i, start in enumerate(alone):
        expected = by_formula(adam, start, [drawn(shapes=shapes, seed=s)[i] for s in (1, 2)])
        np.testing.assert_allclose(whole[i].data, expected, rtol=1e-12, atol=1e-14)


def test_gradients_in_any_memory_order_and_type() -> None:
    w = Tensor(np.zeros((400, 300), np.float32))
    g = RNG.normal(size=(300, 400)).T
    optimizers.SGD(1.0).apply([g], [w])
    np.testing.assert_array_equal(w.data, -g.astype(np.float32))
    optimizers.SGD(1.0).apply([np.ones((400, 300), int)], [w])
    np.testing.assert_array_equal(w.data, -g.astype(np.float32) - 1)


# --- who else holds the arrays ----------------------------------------------------------------


@pytest.mark.parametrize("shape", [(3,), (200, 300)])
def test_graphs_keep_what_they_saw(shape: tuple[int, ...]) -> None:
    w = Tensor(np.ones(shape, np.float32))
    adam = optimizers.Adam(0.1)
    graphs, seen = [], []
    for _ in range(8):  # every graph stays alive, longer than the optimizer has lines
        graphs.append((w * w).sum())
        seen.append(2 * w.numpy())
        adam.apply([np.ones(shape, np.float32)], [w])
    for graph, expected in zip(graphs, seen, strict=True):
        w.grad = None
        graph.backward()
        np.testing.assert_array_equal(w.grad, expected)


def test_lines_are_used_again_when_nobody_holds_them() -> None:
    w, g = Tensor(np.ones(1000)), np.ones(1000)
    sgd = optimizers.SGD(0.1)
    addresses = set()
    for _ in range(20):
        sgd.apply([g], [w])
        addresses.add(w._datum.__array_interface__["data"][0])
    gc.collect()
    assert len(addresses) == 2
    held = [w.data[10:20]]  # a view of a part is enough
    kept = held[0].copy()
    for _ in range(5):
        sgd.apply([g], [w])
    np.testing.assert_array_equal(held[0], kept)


def test_data_that_was_replaced_from_outside() -> None:
    a, b = Tensor([1.0, 2.0]), Tensor([3.0])
    sgd = optimizers.SGD(1.0)
    ones = [np.ones(2), np.ones(1)]
    sgd.apply(ones, [a, b])
    a.data = [10.0, 20.0]
    sgd.apply(ones, [a, b])
    assert (a.tolist(), b.tolist()) == ([9.0, 19.0], [1.0])
    b.data[0] = 100.0
    sgd.apply(ones, [a, b])
    assert (a.tolist(), b.tolist()) == ([8.0, 18.0], [99.0])
    sgd.apply([np.ones(2), None], [a, b])  # b stays behind, in an older line
    sgd.apply(ones, [a, b])
    sgd.apply(ones, [a, b])
    assert (a.tolist(), b.tolist()) == ([5.0, 15.0], [97.0])


def test_gradients_in_buffers_that_are_used_again() -> None:
    line = np.empty(60_006)
    views = [line[:6].reshape(2, 3), line[6:].reshape(300, 200)]
    shapes = [view.shape for view in views]
    ours, theirs = ([Tensor(w) for w in drawn(shapes=shapes)] for _ in range(2))
    one, other = optimizers.Adam(0.1), optimizers.Adam(0.1)
    for seed in range(1, 4):
        gradients = drawn(shapes=shapes, seed=seed)
        for view, gradient in zip(views, gradients, strict=True):
            view[...] = gradient
        one.apply(views, ours)
        line.fill(np.nan)
        other.apply(gradients, theirs)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(a.data, b.data)


def test_the_gradients_themselves_are_left_alone() -> None:
    for make in RULES.values():
        gradients, again = drawn(seed=1), drawn(seed=1)
        make().apply(gradients, [Tensor(w) for w in drawn()])
        for gradient, before in zip(gradients, again, strict=True):
            np.testing.assert_array_equal(gradient, before)


# --- clipping, decay, rates -------------------------------------------------------------------


def test_what_is_infinite_shows() -> None:
    for clip in ("clipnorm", "global_clipnorm"):
        w = Tensor([1.0, 1.0])
        optimizers.SGD(1.0, **{clip: 1.0}).apply([np.array([math.inf, 1.0])], [w])
        assert np.isnan(w.data[0])
    w = Tensor([1.0])
    optimizers.Adam().apply([np.array([1e300])], [w])  # its square overflows, without a warning
    assert w.data[0] == 1.0


def test_no_decay_for_biases() -> None:
    kernel, bias, other = Tensor([1.0], label="kernel"), Tensor([1.0], label="bias"), Tensor([1.0])
    adamw = optimizers.AdamW(0.1, weight_decay=0.5)
    adamw.exclude_from_weight_decay(var_list=[other], var_names=["bias"])
    adamw.apply([np.zeros(1)] * 3, [kernel, bias, other])
    assert [float(p.data[0]) for p in (kernel, bias, other)] == [0.95, 1.0, 1.0]


def test_a_schedule_is_a_function_of_the_steps_taken() -> None:
    w = Tensor([0.0])
    schedule = optimizers.schedules.PiecewiseConstantDecay([1], [1.0, 0.25])
    sgd = optimizers.SGD(schedule)
    for rate in (1.0, 1.0, 0.25):
        assert sgd.learning_rate == rate
        sgd.apply([np.ones(1)], [w])
    assert w.tolist() == [-2.25]
    with pytest.raises(TypeError, match="follows the schedule"):
        sgd.learning_rate = 0.1
    sgd.learning_rate = optimizers.schedules.ExponentialDecay(0.5, 1, 0.5)
    assert sgd.learning_rate == 0.5**4


def test_a_schedule_that_gives_nan() -> None:
    w = Tensor([0.0])
    sgd = optimizers.SGD(lambda step: math.nan if step else 1.0)
    sgd.apply([np.ones(1)], [w])
    with pytest.raises(ValueError, match="gave nan for step 1"):
        sgd.apply([np.ones(1)], [w])
    assert (w.tolist(), sgd.iterations) == ([-1.0], 1)


# --- state and config -------------------------------------------------------------------------


@every_rule
@pytest.mark.parametrize("when", ["before", "given", "after"])
def test_a_training_goes_on_bit_for_bit(make: Any, when: str) -> None:
    one, two = make(), make()
    parameters = [Tensor(w) for w in drawn("float32")]
    for seed in range(3):
        one.apply(drawn("float32", seed=seed), parameters)
    copies = [Tensor(p.data) for p in parameters]
    if when == "after":  # steps of another training are forgotten
        two.apply(drawn("float32", seed=9), copies)
        for mine, yours in zip(copies, parameters, strict=True):
            mine.data = yours.numpy()
    two.load_state(one.state(), copies if when == "given" else None)
    assert two.state().keys() == one.state().keys()
    for seed in range(3, 6):
        one.apply(drawn("float32", seed=seed), parameters)
        two.apply(drawn("float32", seed=seed), copies)
    for mine, yours in zip(copies, parameters, strict=True):
        np.testing.assert_array_equal(mine.data, yours.data)


def test_a_state_is_a_copy() -> None:
    w = Tensor([0.0])
    sgd = optimizers.SGD(1.0, momentum=0.5)
    sgd.apply([np.ones(1)], [w])
    state = sgd.state()
    sgd.apply([np.ones(1)], [w])
    assert state["momentum/0"].tolist() == [-1.0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"iterations": -1}, "number of steps"),
        ({"iterations": 1.5}, "number of steps"),
        ({"learning_rate": math.nan}, "learning_rate is a number"),
        ({"velocity/0": np.ones(2)}, "another kind of optimizer"),
        ({"momentum/x": np.ones(2)}, "another kind of optimizer"),
        ({"momentum/00": np.ones(2)}, "the state has 'momentum/00', and SGD keeps 'momentum/0'"),
        ({"momentum/" + "9" * 5000: np.ones(2)}, "another kind of optimizer"),
        ({"momentum/0": np.ones(3)}, r"momentum/0 has the shape \(3,\), and parameter 'w' \(2,\)"),
        ({"momentum/0": np.ones(2, int)}, "array of floats"),
        ({"momentum/1": np.ones(2)}, "there are 1 parameters"),
    ],
)
def test_states_that_do_not_fit(change: dict[str, Any], message: str) -> None:
    w = Tensor([0.0, 0.0], label="w")
    sgd = optimizers.SGD(1.0, momentum=0.5)
    sgd.apply([np.ones(2)], [w])
    before = sgd.state()
    with pytest.raises(ValueError, match=message):
        sgd.load_state({**before, **change})
    after = sgd.state()
    assert (after["iterations"], after["momentum/0"].tolist()) == (1, [-1.0, -1.0])
    with pytest.raises(TypeError, match="a state is a dict"):
        sgd.load_state([1])  # type: ignore[arg-type]
    fresh = optimizers.SGD(1.0, momentum=0.5)
    fresh.load_state(before)
    with pytest.raises(ValueError, match="the state is of 1 parameters, and there are 2"):
        fresh.apply([np.ones(2)] * 2, [w, Tensor([0.0])])


@every_rule
def test_copies_and_pickles(make: Any) -> None:
    optimizer = make()
    parameters = [Tensor(w) for w in drawn()]
    optimizer.apply(drawn(seed=1), parameters)
    twins = [
        copy.deepcopy((optimizer, parameters)), pickle.loads(pickle.dumps((optimizer, parameters))),
    ]  # fmt: skip
    optimizer.apply(drawn(seed=2), parameters)
    for other, theirs in twins:
        other.apply(drawn(seed=2), theirs)
        for mine, yours in zip(parameters, theirs, strict=True):
            np.testing.assert_array_equal(mine.data, yours.data)
        ours, state = optimizer.state(), other.state()
        assert all(np.array_equal(ours[key], state[key]) for key in ours)


@every_rule
def test_configs(make: Any) -> None:
    optimizer = make()
    config = json.loads(json.dumps(optimizers.serialize(optimizer)))
    again = optimizers.deserialize(config)
    assert type(again) is type(optimizer)
    assert again.get_config() == optimizer.get_config()
    assert repr(again) == repr(optimizer)


def test_names() -> None:
    for name in ("sgd", "SGD", "Sgd", "adam", "AdamW", "rmsprop", "RMSprop", "adagrad"):
        assert type(optimizers.get(name)).__name__.lower() == name.lower()
    adam = optimizers.Adam()
    assert optimizers.get(adam) is adam
    with pytest.raises(ValueError, match="unknown optimizer 'adamm': did you mean 'adam'"):
        optimizers.get("adamm")
    with pytest.raises(TypeError, match="optimizer: a name such as"):
        optimizers.get(3)
    schedule = optimizers.schedules.CosineDecay(0.1, 10)
    again = optimizers.deserialize(optimizers.serialize(optimizers.Adam(schedule)))
    assert again.learning_rate == schedule(0)


class TestMoreRefusals:
    @pytest.mark.parametrize(
        ("make", "message"),
        [
            (lambda o: o.Adam(beta_1=1.0), "beta_1 is a number of at least 0 and below 1, not 1.0"),
            (lambda o: o.Adam(epsilon=-1), "epsilon is a number of at least 0"),
            (lambda o: o.Adam(amsgrad=1), "amsgrad is True or False"),
            (lambda o: o.RMSprop(rho=math.nan), "rho is a number"),
            (lambda o: o.AdamW(weight_decay=None), "without, use Adam"),
            (lambda o: o.SGD(clipnorm=1.0, clipvalue=1.0), "one way of clipping at a time"),
            (lambda o: o.SGD(clipnorm=0), "above 0, or None"),
            (lambda o: o.SGD(weight_decay=-0.1), "weight_decay is a number of at least 0"),
            (lambda o: o.SGD(name=3), "the name of an optimizer is a str"),
        ],
    )
    def test_arguments(self, make: Any, message: str) -> None:
        with pytest.raises(ValueError, match=message):
            make(optimizers)

    def test_gradients(self) -> None:
        sgd, w = optimizers.SGD(0.1), Tensor([[1.0, 2.0]], label="w")
        with pytest.raises(ValueError, match=r"of parameter 'w' has shape \(2,\), .* \(1, 2\)"):
            sgd.apply([np.ones(2)], [w])
        for wrong in ("one", [[1.0], [2.0, 3.0]]):
            with pytest.raises(TypeError, match="is an array of numbers"):
                sgd.apply([wrong], [w])
        with pytest.raises(ValueError, match="2 gradients for 1 parameters"):
            sgd.apply([np.ones((1, 2))] * 2, [w])
        with pytest.raises(ValueError, match="all 1 gradients are None"):
            sgd.apply([None], [w])
        with pytest.raises(TypeError, match="takes pairs"):
            sgd.apply_gradients([w])  # type: ignore[list-item]
        assert (w.tolist(), sgd.iterations) == ([[1.0, 2.0]], 0)

    def test_parameters(self) -> None:
        sgd, w = optimizers.SGD(0.1), Tensor([1.0], label="w")
        w.grad = [1.0]
        with pytest.raises(ValueError, match="'w' stands in the list twice"):
            sgd.step([w, w])
        with pytest.raises(TypeError, match="result of a computation"):
            sgd.step([w * 2])
        with pytest.raises(TypeError, match="not a Tensor"):
            sgd.step(w)
        with pytest.raises(ValueError, match="list of parameters is empty"):
            sgd.step([])
        sgd.apply([], [])
        assert (w.tolist(), sgd.iterations) == ([1.0], 0)


def test_a_plain_loop_over_tensors() -> None:
    x = RNG.normal(size=(50, 2))
    w, b = Tensor([0.0, 0.0]), Tensor(0.0)
    adam = optimizers.Adam(0.1)
    for _ in range(300):
        loss = ((x @ w + b - (x @ np.array([2.0, -1.0]) + 0.5)) ** 2).mean()
        w.zero_grad()
        b.zero_grad()
        loss.backward()
        adam.step([w, b])
    np.testing.assert_allclose(w.data, [2.0, -1.0], atol=1e-4)
    np.testing.assert_allclose(b.data, 0.5, atol=1e-4)


# --- arguments: what they are by default, and their ranges ------------------------------------

DEFAULTS: dict[str, dict[str, Any]] = {
    "SGD": {"learning_rate": 0.01, "momentum": 0.0, "nesterov": False},
    "Adam": {
        "learning_rate": 0.001, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7, "amsgrad": False,
    },
    "AdamW": {
        "learning_rate": 0.001, "weight_decay": 0.004, "beta_1": 0.9, "beta_2": 0.999,
        "epsilon": 1e-7, "amsgrad": False,
    },
    "RMSprop": {
        "learning_rate": 0.001, "rho": 0.9, "momentum": 0.0, "epsilon": 1e-7, "centered": False,
    },
    "Adagrad": {"learning_rate": 0.001, "initial_accumulator_value": 0.1, "epsilon": 1e-7},
}  # fmt: skip


@pytest.mark.parametrize("name", DEFAULTS)
def test_defaults_are_those_of_keras(name: str) -> None:
    none = dict.fromkeys(("weight_decay", "clipnorm", "clipvalue", "global_clipnorm"))
    config = getattr(optimizers, name)().get_config()
    del config["name"]
    assert config == {**none, **DEFAULTS[name]}


RANGES = {
    "momentum": ([0, 0.5, 1], [-0.1, 1.1, math.nan]),
    "beta_1": ([0, 0.5], [-0.1, 1, 1.1, math.nan]),
    "beta_2": ([0, 0.5], [-0.1, 1, 1.1, math.nan]),
    "rho": ([0, 0.5], [-0.1, 1, 1.1, math.nan]),
    "epsilon": ([0, 0.5, 2], [-0.1, math.nan]),
    "initial_accumulator_value": ([0, 0.5, 2], [-0.1, math.nan]),
    "weight_decay": ([0, 0.5, 2], [-0.1, math.nan]),
    "learning_rate": ([0, 0.5, 2], [-0.1, math.nan]),
    "clipnorm": ([0.5, 2], [0, -0.1, math.nan]),
    "clipvalue": ([0.5, 2], [0, -0.1, math.nan]),
    "global_clipnorm": ([0.5, 2], [0, -0.1, math.nan]),
}


@pytest.mark.parametrize(
    ("name", "argument"),
    [
        (name, argument)
        for name in DEFAULTS
        for argument in RANGES
        if argument in getattr(optimizers, name)().get_config()
    ],
)
def test_ranges(name: str, argument: str) -> None:
    make = getattr(optimizers, name)
    good, bad = RANGES[argument]
    for number in good:
        assert getattr(make(**{argument: number}), argument) == number
    for number in bad:
        with pytest.raises(ValueError, match=argument):
            make(**{argument: number})


def test_the_moments_are_what_they_are_called() -> None:
    w, g = Tensor([1.0, 2.0]), np.array([0.5, -1.0])
    rmsprop = optimizers.RMSprop(0.1, rho=0.75, momentum=0.5, centered=True)
    rmsprop.apply([g], [w])
    state = rmsprop.state()
    np.testing.assert_allclose(state["average_gradient/0"], 0.25 * g)
    np.testing.assert_allclose(state["velocity/0"], 0.25 * g * g)
    np.testing.assert_allclose(state["momentum/0"], np.array([1.0, 2.0]) - w.data)
    adagrad = optimizers.Adagrad(0.1, initial_accumulator_value=0.5)
    adagrad.apply([g], [w])
    np.testing.assert_allclose(adagrad.state()["accumulator/0"], 0.5 + g * g)


# --- what nothing above would notice ----------------------------------------------------------


class TestArgumentsThatThereAreNot:
    @pytest.mark.parametrize(
        ("argument", "instead"),
        [("lr", "use learning_rate"), ("decay", "a schedule"), ("momentun", "did you mean")],
    )
    def test_unknown(self, argument: str, instead: str) -> None:
        with pytest.raises(TypeError, match=f"SGD has no argument '{argument}' .*{instead}"):
            optimizers.SGD(**{argument: 0.1})

    def test_lr(self) -> None:
        sgd = optimizers.SGD(0.5)
        with pytest.raises(AttributeError, match="SGD has no lr: use learning_rate"):
            sgd.lr  # noqa: B018
        with pytest.raises(AttributeError, match=r"no lr to set to 0\.1: set learning_rate"):
            sgd.lr = 0.1
        assert sgd.learning_rate == 0.5

    def test_the_module(self) -> None:
        with pytest.raises(AttributeError, match=r"'legacy': use the optimizers of nn\.opt"):
            optimizers.legacy  # noqa: B018

    @pytest.mark.parametrize("wrong", ["ab", b"ab", {0: 1.0}, Tensor([1.0]), Value(1.0), 3, None])
    def test_gradients(self, wrong: Any) -> None:
        with pytest.raises(TypeError, match="grads is a list of arrays, one a parameter, not "):
            optimizers.SGD().apply(wrong, [Tensor([1.0])])

    @pytest.mark.parametrize("wrong", [Tensor([[1.0, 2.0]]), Value(1.0), 3, None])
    def test_no_list_of_pairs(self, wrong: Any) -> None:
        with pytest.raises(TypeError, match="grads_and_vars is a list of pairs, zip"):
            optimizers.SGD().apply_gradients(wrong)

    @pytest.mark.parametrize("wrong", ["ab", (1.0,), (1.0, 2.0, 3.0), 3])
    def test_no_pair(self, wrong: Any) -> None:
        w = Value(1.0)
        with pytest.raises(TypeError, match="apply_gradients takes pairs: zip"):
            optimizers.SGD().apply_gradients([(1.0, w), wrong])
        assert w.data == 1.0

    @pytest.mark.parametrize("wrong", ["w", Tensor([1.0]), 3, ["w"], [Tensor([1.0]), 3]])
    def test_var_list(self, wrong: Any) -> None:
        with pytest.raises(TypeError, match="var_list is a list of parameters, not "):
            optimizers.AdamW().exclude_from_weight_decay(var_list=wrong)

    @pytest.mark.parametrize("wrong", ["bias", 3, [Tensor([1.0])], ["bias", None]])
    def test_var_names(self, wrong: Any) -> None:
        with pytest.raises(TypeError, match="var_names is a list of parts of labels, not "):
            optimizers.AdamW().exclude_from_weight_decay(var_names=wrong)

    def test_a_schedule_that_gives_less_than_0(self) -> None:
        with pytest.raises(ValueError, match=r"gave -0\.5 for step 0: a learning rate is a number"):
            optimizers.SGD(lambda step: -0.5).learning_rate  # noqa: B018


def test_pairs_of_gradients_and_parameters() -> None:
    a, b = Tensor([1.0, 2.0]), Value(3.0)
    optimizers.SGD(1.0).apply_gradients([(np.array([0.5, 0.25]), a), [1.0, b]])
    assert (a.tolist(), b.data) == ([0.5, 1.75], 2.0)


@pytest.mark.parametrize("gradient", [0.5, 1e-200, 0.0])  # the square of the second is 0
def test_short_gradients_are_not_made_longer(gradient: float) -> None:
    for clip in ("clipnorm", "clipvalue", "global_clipnorm"):
        w = Tensor([0.0])
        optimizers.SGD(1.0, **{clip: 0.75}).apply([np.array([gradient])], [w])
        assert w.tolist() == [-gradient]


@pytest.mark.parametrize("by", ["var_list", "var_names", "nothing"])
def test_no_decay_from_now_on(by: str) -> None:
    w, b = Tensor([1.0], label="kernel"), Tensor([1.0], label="bias")
    adamw = optimizers.AdamW(0.5, weight_decay=0.5)
    gradients = [np.zeros(1), np.zeros(1)]
    adamw.apply(gradients, [w, b])
    assert (w.tolist(), b.tolist()) == ([0.75], [0.75])
    adamw.exclude_from_weight_decay(**{"var_list": {"var_list": [b]}, "nothing": {}}.get(
        by, {"var_names": ["bi"]}
    ))  # fmt: skip
    adamw.apply(gradients, [w, b])
    assert (w.tolist(), b.tolist()) == ([0.5625], [0.5625 if by == "nothing" else 0.75])


class TestStates:
    def test_the_rate_is_part_of_it(self) -> None:
        schedule = optimizers.schedules.ExponentialDecay(0.5, 1, 0.5)
        by_number, by_schedule = optimizers.SGD(0.25), optimizers.SGD(schedule)
        assert by_number.state() == {"iterations": 0, "learning_rate": 0.25}
        assert by_schedule.state() == {"iterations": 0}
        by_schedule.load_state({"iterations": 1, "learning_rate": 0.125})
        assert by_schedule.learning_rate == 0.25  # the schedule's
        by_number.load_state({"iterations": 0})
        assert by_number.learning_rate == 0.25
        by_number.load_state({"iterations": np.int64(2), "learning_rate": 0})
        assert (by_number.learning_rate, by_number.iterations) == (0.0, 2)
        with pytest.raises(ValueError, match=r"learning_rate is a number of at least 0, not -0\.5"):
            by_number.load_state({"iterations": 3, "learning_rate": -0.5})
        assert by_number.iterations == 2

    @pytest.mark.parametrize("wrong", [["iterations"], {1: 2, "iterations": 0}, "iterations", None])
    def test_what_is_no_state(self, wrong: Any) -> None:
        with pytest.raises(TypeError, match="a state is a dict, as state"):
            optimizers.SGD().load_state(wrong)

    def test_of_more_or_fewer_parameters(self) -> None:
        one, two = optimizers.SGD(1.0, momentum=0.5), optimizers.SGD(1.0, momentum=0.5)
        a, b = Tensor([0.0]), Tensor([0.0])
        one.apply([np.ones(1)], [a])
        two.apply([np.ones(1)] * 2, [a, b])
        with pytest.raises(ValueError, match="the state is of 1 parameters, and there are 2"):
            two.load_state(one.state())
        two.load_state(one.state(), [b, a])  # those that had no step when it was saved
        assert {key: value for key, value in two.state([b]).items() if "/" in key} == {
            "momentum/0": np.array([-1.0])
        }

    def test_moments_that_there_are_not(self) -> None:
        w = Tensor([0.0])
        with pytest.raises(ValueError, match="has 'momentum/0', and SGD keeps no moments: is it"):
            optimizers.SGD().load_state({"iterations": 1, "momentum/0": np.ones(1)})
        adam = optimizers.Adam()
        adam.apply([np.ones(1)], [w])
        state = adam.state()
        with pytest.raises(ValueError, match="and SGD keeps 'momentum/0': is it the state of"):
            optimizers.SGD(0.1, momentum=0.5).load_state(state)
        first, *others = [key for key in state if "/" in key]
        for missing in others:
            less = {key: value for key, value in state.items() if key != missing}
            with pytest.raises(ValueError, match=f"the state has '{first}' but no '{missing}'"):
                adam.load_state(less)


def test_repr_has_what_is_not_by_default() -> None:
    assert repr(optimizers.SGD(0.5, weight_decay=0.25, clipnorm=2.0)) == (
        "SGD(learning_rate=0.5, momentum=0.0, nesterov=False, weight_decay=0.25, clipnorm=2.0)"
    )


class TestFlat:
    """The lines themselves: how they are cut, which are kept, and what is refused."""

    @staticmethod
    def cut(sizes: list[int], moving: list[int]) -> list[tuple[Any, ...]]:
        line = flat.Flat([Tensor(np.zeros(n)) for n in sizes], np.dtype(float), {})
        blocks = line._blocks(moving)
        assert line._blocks(list(moving)) is blocks  # planned once
        return [(b.first, b.last, b.start, b.stop, b.inside) for b in blocks]

    def test_blocks(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(flat, "BLOCK", 5)
        sizes = [2, 3, 1, 5, 7, 0, 4, 1, 11]
        assert self.cut(sizes, list(range(9))) == [
            (0, 2, 0, 5, None), (2, 3, 5, 6, None), (3, 4, 6, 11, None),
            (4, 5, 11, 16, slice(0, 5)), (4, 5, 16, 18, slice(5, 7)), (5, 8, 18, 23, None),
            (8, 9, 23, 28, slice(0, 5)), (8, 9, 28, 33, slice(5, 10)),
            (8, 9, 33, 34, slice(10, 11)),
        ]  # fmt: skip
        assert self.cut(sizes, [0, 2, 6, 7]) == [
            (0, 1, 0, 2, None), (2, 3, 5, 6, None), (6, 8, 18, 23, None)
        ]  # fmt: skip
        assert self.cut([6, 2, 2, 2], [0, 1, 2, 3]) == [
            (0, 1, 0, 5, slice(0, 5)), (0, 1, 5, 6, slice(5, 6)), (1, 3, 6, 10, None),
            (3, 4, 10, 12, None),
        ]  # fmt: skip

    def test_three_lines_are_kept_the_latest(self) -> None:
        w = Tensor([1.0, 2.0])
        line = flat.Flat([w], np.dtype(float), {})
        seen = []
        for _ in range(6):
            line.move([0], [np.ones(2)], lambda block, w, g, new: np.subtract(w, g, out=new))
            seen.append(w._datum)  # as a graph would hold it
        assert w.tolist() == [-5.0, -4.0]
        assert len(line._lines) == 3
        for kept, held in zip(line._lines, seen[-3:], strict=True):
            assert np.shares_memory(kept, held)

    def test_decay_of_parameters_of_several_numbers(self) -> None:
        shapes = [(3,), (2, 2), (1,), (2,)]
        parameters = [Tensor(np.ones(shape)) for shape in shapes]
        sgd = optimizers.SGD(0.5, weight_decay=0.5)
        sgd.exclude_from_weight_decay(var_list=[parameters[1], parameters[3]])
        sgd.apply([np.zeros(shape) for shape in shapes], parameters)
        for parameter, wanted in zip(parameters, [0.75, 1.0, 0.75, 1.0], strict=True):
            assert set(parameter.data.ravel().tolist()) == {wanted}

    @pytest.mark.parametrize("data", [[1.0, 2.0, 3.0], np.ones(2, np.float32), [[1.0, 2.0]]])
    def test_a_parameter_that_is_another_array_now(self, data: Any) -> None:
        w, sgd = Tensor([1.0, 2.0], label="w"), optimizers.SGD(0.1)
        sgd.apply([np.ones(2)], [w])
        w._datum = np.asarray(data)
        with pytest.raises(ValueError, match=r"parameter 'w' was an array of shape .* make a new"):
            sgd.apply([np.ones(2)], [w])

    @pytest.mark.parametrize("wrong", [np.array([1j]), np.array([None]), np.array(["1"])])
    def test_arrays_of_no_numbers(self, wrong: Any) -> None:
        w = Tensor([1.0], label="w")
        with pytest.raises(TypeError, match="the gradient of parameter 'w' is an array of numbers"):
            optimizers.SGD(0.1).apply([wrong], [w])

    @pytest.mark.parametrize("wrong", ["1.0", 1j, np.ones(2)])
    def test_gradients_of_a_value_that_are_no_numbers(self, wrong: Any) -> None:
        w = Value(1.0)
        with pytest.raises(TypeError, match="grads: the gradient of a Value"):
            optimizers.SGD(0.1).apply([wrong], [w])
        assert w.data == 1.0

    def test_numbers_for_a_value(self) -> None:
        for gradient in (1, np.float32(1.0), Value(1.0), np.array(1.0), True):
            w = Value(1.0)
            optimizers.SGD(0.5).apply([gradient], [w])
            assert w.data == 0.5

    @pytest.mark.parametrize("kind", [flat.Flat, flat.ScalarFlat])
    @pytest.mark.parametrize("when", [1, 2, 3])
    def test_an_interrupt_comes_before_or_after_all_parameters_move(
        self, kind: Any, when: int
    ) -> None:
        left = when

        class Parameter:
            def __init__(self) -> None:
                self.number = np.ones(()) if kind is flat.Flat else 1.0

            def _rebind(self, number: Any) -> None:
                nonlocal left
                left -= 1
                if not left:
                    raise KeyboardInterrupt
                self.number = number

            _datum = property(lambda self: self.number, _rebind)

        parameters = [Parameter() for _ in range(3)]
        line = kind(parameters, np.dtype(float), {})
        gradients = [np.ones(()) if kind is flat.Flat else 1.0] * 3
        with pytest.raises(KeyboardInterrupt):
            line.move(
                [0, 1, 2], gradients, lambda block, w, g, new: np.subtract(w, 0.5 * g, out=new)
            )
        assert [float(parameter.number) for parameter in parameters] == [0.5] * 3
