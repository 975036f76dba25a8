"""The course's seven activations and their descendants, as functions and by name."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor, Value, gradcheck, gradients
from nn import activations

POINTS = [-1000.0, -2.5, -1e-8, 0.0, 1e-8, 0.75, 30.0, 1000.0]
COURSE = ["leaky_relu", "linear", "relu", "sigmoid", "softmax", "step", "tanh"]
NAMES = [*COURSE, "elu", "gelu", "log_softmax", "selu", "silu", "softplus"]
OF_LAYERS = ["log_softmax", "softmax"]
ELEMENTWISE = [name for name in NAMES if name not in OF_LAYERS]
SMOOTH = ["elu", "gelu", "log_softmax", "sigmoid", "silu", "softmax", "softplus", "tanh"]


@pytest.mark.parametrize("name", NAMES)
def test_by_name_is_the_function(name: str) -> None:
    assert activations.get(name) is getattr(activations, name)
    assert activations.get(name).__name__ == name


@pytest.mark.parametrize("name", COURSE)
def test_the_course_s_seven_stand_in_nn_itself(name: str) -> None:
    assert getattr(nn, name) is activations.get(name)


def test_swish_is_silu() -> None:
    assert activations.get("swish") is activations.swish is activations.silu


def test_the_slope_of_leaky_relu_is_keras_s_here_and_pytorch_s_in_autograd() -> None:
    assert activations.leaky_relu(-1.0) == -0.2
    assert activations.leaky_relu(-1.0, negative_slope=0.3) == -0.3
    assert autograd.leaky_relu(-1.0) == -0.01


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
    assert nn.leaky_relu(x) == pytest.approx(max(x, 0.2 * x), rel=1e-15)
    assert nn.leaky_relu(x, 0.01) == pytest.approx(max(x, 0.01 * x), rel=1e-15)
    assert nn.step(x) == (1.0 if x >= 0 else 0.0)


@pytest.mark.parametrize("x", POINTS)
@pytest.mark.parametrize("name", [n for n in ELEMENTWISE if n not in ("linear", "step")])
def test_against_pytorch(name: str, x: float) -> None:
    torch = pytest.importorskip("torch")
    function = getattr(torch.nn.functional, name, None) or getattr(torch, name)
    if name == "leaky_relu":
        function = torch.nn.LeakyReLU(0.2)
    theirs = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    out = function(theirs)
    out.backward()
    ours = Value(x)
    value = activations.get(name)(ours)
    assert value.data == pytest.approx(out.item(), rel=1e-14, abs=1e-300)
    assert gradients(value, ours) == pytest.approx(theirs.grad.item(), rel=1e-12, abs=1e-300)


class TestArrays:
    """Element by element the same as for numbers, in the dtype that came in."""

    @pytest.mark.parametrize("name", ELEMENTWISE)
    def test_ndarrays_and_tensors(self, name: str) -> None:
        function = activations.get(name)
        expected = [function(x) for x in POINTS]
        array, tensor = function(np.array(POINTS)), function(Tensor(POINTS))
        assert type(array) is np.ndarray
        assert type(tensor) is Tensor
        np.testing.assert_allclose(array, expected, rtol=1e-14, atol=1e-300)
        np.testing.assert_array_equal(tensor.data, array)

    @pytest.mark.parametrize("name", NAMES)
    def test_float32_stays(self, name: str) -> None:
        x = np.array([POINTS], np.float32)
        function = activations.get(name)
        assert function(x).dtype == function(Tensor(x)).dtype == np.float32

    @pytest.mark.parametrize("name", [*SMOOTH, "leaky_relu", "relu", "selu"])
    def test_derivatives_by_differences(self, name: str) -> None:
        x = np.array([[-2.5, -0.4, 0.75], [1.5, 3.0, -1.0]])
        factors = np.array([[1.0, -2.0, 0.5], [0.3, 1.0, 2.0]])  # a softmax sums to a constant
        order = 2 if name in SMOOTH else 1
        assert gradcheck(lambda t: (activations.get(name)(t) * factors).sum(), (x,), order=order)

    def test_gelu_by_tanh(self) -> None:
        torch = pytest.importorskip("torch")
        x = np.linspace(-4.0, 4.0, 41)
        expected = torch.nn.functional.gelu(torch.tensor(x), approximate="tanh").numpy()
        np.testing.assert_allclose(activations.gelu(x, approximate=True), expected, atol=1e-15)

    @pytest.mark.parametrize("name", OF_LAYERS)
    @pytest.mark.parametrize("axis", [-1, 0, 1])
    def test_rows_of_logits(self, name: str, axis: int) -> None:
        torch = pytest.importorskip("torch")
        x = np.array([[0.5, -1.0, 2.0], [1000.0, 0.0, -1000.0]])
        expected = getattr(torch, name)(torch.tensor(x), dim=axis).numpy()
        found = activations.get(name)(Tensor(x), axis=axis)
        np.testing.assert_allclose(found.data, expected, rtol=1e-14, atol=1e-15)

    @pytest.mark.parametrize("name", OF_LAYERS)
    def test_a_list_is_like_a_row(self, name: str) -> None:
        function, z = activations.get(name), [0.5, -1.0, 2.0]
        np.testing.assert_allclose(function(np.array(z)), function(z), rtol=1e-15)
        values = [Value(number) for number in z]
        assert [out.data for out in function(values)] == function(z)
        np.testing.assert_allclose(
            [gradients(out, values) for out in function(values)],
            autograd.jacobian(function)(np.array(z)),
            rtol=1e-13,
        )

    @pytest.mark.parametrize("name", OF_LAYERS)
    def test_no_logits_in_an_array(self, name: str) -> None:
        with pytest.raises(ValueError, match=rf"{name} takes at least one logit.*\(2, 0\)"):
            activations.get(name)(np.zeros((2, 0)))
        with pytest.raises(TypeError, match=f"{name} takes an array of logits with at least one"):
            activations.get(name)(np.array(1.0))


class TestByName:
    def test_a_name_that_is_nearly_right_is_guessed(self) -> None:
        with pytest.raises(ValueError, match="did you mean 'sigmoid'"):
            activations.get("sigmiod")

    def test_custom_objects_come_first(self) -> None:
        mine = {"relu": math.tanh, "wave": math.sin}
        assert activations.get("wave", mine) is math.sin
        assert activations.deserialize("relu", mine) is math.tanh

    @pytest.mark.parametrize("name", NAMES)
    def test_serialized_by_name(self, name: str) -> None:
        assert activations.serialize(activations.get(name)) == name
        assert activations.deserialize(name) is activations.get(name)

    def test_a_function_of_ones_own_goes_by_its_name(self) -> None:
        def wave(x: Any) -> Any:
            return x.sin()

        assert activations.serialize(wave) == "wave"
        with pytest.raises(ValueError, match="has no name to be saved by"):
            activations.serialize(lambda x: x)


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


def test_softmax_over_one_output_is_told() -> None:
    for x in (np.zeros((3, 1)), Tensor(np.zeros((3, 1)))):
        with pytest.warns(UserWarning, match="over a single output always gives 1.*use sigmoid"):
            found = activations.softmax(x)
        assert np.all(np.asarray(getattr(found, "data", found)) == 1.0)
    assert activations.softmax(np.zeros((1, 2))).shape == (1, 2)
    assert activations.softmax([0.0]) == [1.0]
