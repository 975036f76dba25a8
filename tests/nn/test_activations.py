"""The course's seven activations, as functions and by name."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import nn
from autograd import Value, gradients
from nn import activations

POINTS = [-1000.0, -2.5, -1e-8, 0.0, 1e-8, 0.75, 30.0, 1000.0]
NAMES = ["leaky_relu", "linear", "relu", "sigmoid", "softmax", "step", "tanh"]
ELEMENTWISE = [name for name in NAMES if name != "softmax"]


@pytest.mark.parametrize("name", NAMES)
def test_by_name_is_the_function(name: str) -> None:
    assert activations.get(name) is getattr(nn, name) is getattr(activations, name)
    assert activations.get(name).__name__ == name


def test_a_function_is_itself_and_none_is_linear() -> None:
    assert activations.get(math.tanh) is math.tanh
    assert activations.get(None) is nn.linear


@pytest.mark.parametrize("wrong", ["RELU", "", "soft max"])
def test_unknown_name_lists_those_there_are(wrong: str) -> None:
    with pytest.raises(ValueError, match="unknown activation") as error:
        activations.get(wrong)
    assert repr(wrong) in str(error.value)
    assert all(repr(name) in str(error.value) for name in NAMES)


@pytest.mark.parametrize("wrong", [5, Value(1.0), ["relu"], 0.5])
def test_neither_name_nor_function(wrong: Any) -> None:
    with pytest.raises(TypeError, match="an activation is a name or a function, not "):
        activations.get(wrong)


@pytest.mark.parametrize("x", POINTS)
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_numbers_and_values_alike(name: str, x: float) -> None:
    function = activations.get(name)
    number, value = function(x), function(Value(x))
    assert type(number) is float
    assert type(value) is Value
    assert number == value.data


@pytest.mark.parametrize("x", [x for x in POINTS if abs(x) < 100])
def test_values(x: float) -> None:
    assert nn.linear(x) == x
    assert nn.sigmoid(x) == pytest.approx(1 / (1 + math.exp(-x)), rel=1e-14)
    assert nn.tanh(x) == math.tanh(x)
    assert nn.relu(x) == max(x, 0.0)
    assert nn.leaky_relu(x) == pytest.approx(max(x, 0.01 * x), rel=1e-15)
    assert nn.leaky_relu(x, 0.2) == pytest.approx(max(x, 0.2 * x), rel=1e-15)
    assert nn.step(x) == (1.0 if x >= 0 else 0.0)


@pytest.mark.parametrize("x", POINTS)
@pytest.mark.parametrize("name", ["leaky_relu", "relu", "sigmoid", "tanh"])
def test_against_pytorch(name: str, x: float) -> None:
    torch = pytest.importorskip("torch")
    function = getattr(torch.nn.functional, name, None) or getattr(torch, name)
    theirs = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    out = function(theirs)
    out.backward()
    ours = Value(x)
    value = activations.get(name)(ours)
    assert value.data == pytest.approx(out.item(), rel=1e-14, abs=1e-300)
    assert gradients(value, ours) == pytest.approx(theirs.grad.item(), rel=1e-12, abs=1e-300)


class TestSoftmax:
    def test_values(self) -> None:
        z = [0.5, -1.0, 2.0]
        expected = np.exp(z) / np.exp(z).sum()
        assert nn.softmax(z) == pytest.approx(expected, rel=1e-15)
        assert all(type(p) is float for p in nn.softmax(z))
        assert nn.softmax(np.array(z)) == pytest.approx(expected, rel=1e-15)
        assert nn.softmax(iter(z)) == nn.softmax(tuple(z)) == nn.softmax(z)

    def test_jacobian(self) -> None:
        z = [Value(number) for number in (0.5, -1.0, 2.0)]
        p = nn.softmax(z)
        found = [gradients(pi, z) for pi in p]
        data = np.array([pi.data for pi in p])
        np.testing.assert_allclose(found, np.diag(data) - np.outer(data, data), rtol=1e-14)

    @pytest.mark.parametrize("shift", [-1000.0, 1000.0, 1e300])
    def test_equal_logits_however_large(self, shift: float) -> None:
        assert nn.softmax([shift, shift]) == [0.5, 0.5]

    @pytest.mark.parametrize(
        ("z", "expected"),
        [
            ([1000.0, -1000.0], [1.0, 0.0]),
            ([-1000.0, 1000.0, 0.0], [0.0, 1.0, 0.0]),
            ([-math.inf, 2.0], [0.0, 1.0]),
            ([3.0], [1.0]),
        ],
    )
    def test_extremes(self, z: list[float], expected: list[float]) -> None:
        assert nn.softmax(z) == expected
        values = [Value(number) for number in z]
        out = nn.softmax(values)
        assert [p.data for p in out] == expected
        assert gradients(out[0], values) == [0.0] * len(z)

    def test_second_derivative(self) -> None:
        # of two logits the first probability is sigmoid(z0 - z1)
        z = [Value(0.3), Value(-0.4)]
        first = gradients(nn.softmax(z)[0], z[0], create_graph=True)
        p = 1 / (1 + math.exp(-0.7))
        assert first.data == pytest.approx(p * (1 - p), rel=1e-14)
        assert gradients(first, z[0]) == pytest.approx(p * (1 - p) * (1 - 2 * p), rel=1e-12)

    def test_nan_is_not_hidden(self) -> None:
        for z in ([math.nan, 1.0], [1.0, math.nan]):
            assert all(math.isnan(p) for p in nn.softmax(z))

    def test_no_logits(self) -> None:
        with pytest.raises(ValueError, match="softmax takes at least one logit, not an empty"):
            nn.softmax([])

    @pytest.mark.parametrize("wrong", [1.0, ["a"], [None]])
    def test_what_is_no_list_of_numbers(self, wrong: Any) -> None:
        with pytest.raises(TypeError, match="softmax"):
            nn.softmax(wrong)
