"""SGD against its formula and against PyTorch, and two trainings."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import nn
from autograd import Value, detect_anomaly
from benchmarks.moons import moons

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
    nn.SGD(0.1, momentum=0.9).step(net.parameters())
    assert net.state_dict() == before


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
        with pytest.raises(ValueError, match="learning_rate is a number at least 0, not ") as e:
            nn.SGD(wrong)
        assert str(e.value).endswith(repr(wrong))

    @pytest.mark.parametrize("wrong", [-0.1, 1.1, math.nan, math.inf, "0.9", None])
    def test_momentum(self, wrong: Any) -> None:
        with pytest.raises(ValueError, match="momentum is a number between 0 and 1, not ") as e:
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
