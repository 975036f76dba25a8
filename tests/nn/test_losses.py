"""Losses against formulas written out here, against PyTorch, and where they might overflow."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd import Value, gradcheck
from nn import losses
from tests.nn.helpers import float64, gradients_of

Array = Any
RNG = np.random.default_rng(5)
TARGETS = RNG.normal(size=6)
PREDICTIONS = TARGETS + RNG.normal(size=6) * 2  # |error| on both sides of 1
SIGNS = np.array([1.0, -1.0, 1.0, -1.0, 1.0, -1.0])
SCORES = np.array([2.0, -0.3, 0.4, 3.0, -1.0, -5.0])
BITS = np.array([1.0, 0.0, 1.0, 0.0, 0.25, 0.5])
PROBABILITIES = np.array([0.9, 0.2, 0.01, 0.7, 0.5, 0.99])
LOGITS = np.array([2.0, -1.0, 0.0, 5.0, -3.0, 0.7])
CLASSES = np.array([0.0, 0.7, 0.0, 0.0, 0.3, 0.0])
DISTRIBUTION = np.array([0.1, 0.3, 0.05, 0.15, 0.25, 0.15])


def sigmoid(z: Array) -> Array:
    return 1 / (1 + np.exp(-z))


def softmax(z: Array) -> Array:
    return np.exp(z) / np.exp(z).sum()


def bce_logits(t: Any, z: Any) -> Any:
    return losses.binary_crossentropy(t, z, from_logits=True)


def cce_logits(t: Any, z: Any) -> Any:
    return losses.categorical_crossentropy(t, z, from_logits=True)


def huber_half(t: Any, y: Any) -> Any:
    return losses.huber(t, y, delta=0.5)


def huber_by_hand(delta: float) -> Callable[[Array, Array], float]:
    def loss(t: Array, y: Array) -> float:
        e = np.abs(t - y)
        return np.mean([0.5 * d * d if d <= delta else delta * (d - delta / 2) for d in e])

    return loss


# loss, targets, predictions, its formula, its gradient
CASES: dict[str, tuple[Any, Array, Array, Any, Any]] = {
    "squared_error": (
        losses.squared_error, TARGETS, PREDICTIONS,
        lambda t, y: ((t - y) ** 2).sum() / 2, lambda t, y: y - t,
    ),
    "mean_squared_error": (
        losses.mean_squared_error, TARGETS, PREDICTIONS,
        lambda t, y: ((t - y) ** 2).mean(), lambda t, y: 2 * (y - t) / 6,
    ),
    "mean_absolute_error": (
        losses.mean_absolute_error, TARGETS, PREDICTIONS,
        lambda t, y: np.abs(t - y).mean(), lambda t, y: np.sign(y - t) / 6,
    ),
    "huber": (
        losses.huber, TARGETS, PREDICTIONS,
        huber_by_hand(1.0), lambda t, y: np.clip(y - t, -1, 1) / 6,
    ),
    "huber, delta 0.5": (
        huber_half, TARGETS, PREDICTIONS,
        huber_by_hand(0.5), lambda t, y: np.clip(y - t, -0.5, 0.5) / 6,
    ),
    "hinge": (
        losses.hinge, SIGNS, SCORES,
        lambda t, y: np.maximum(0, 1 - t * y).mean(), lambda t, y: -t * (t * y < 1) / 6,
    ),
    "binary_crossentropy": (
        losses.binary_crossentropy, BITS, PROBABILITIES,
        lambda t, p: -(t * np.log(p) + (1 - t) * np.log(1 - p)).mean(),
        lambda t, p: (p - t) / (p * (1 - p)) / 6,
    ),
    "binary_crossentropy from logits": (
        bce_logits, BITS, LOGITS,
        lambda t, z: -(t * np.log(sigmoid(z)) + (1 - t) * np.log(1 - sigmoid(z))).mean(),
        lambda t, z: (sigmoid(z) - t) / 6,
    ),
    "categorical_crossentropy": (
        losses.categorical_crossentropy, CLASSES, DISTRIBUTION,
        lambda t, p: -(t * np.log(p)).sum(), lambda t, p: -t / p,
    ),
    "categorical_crossentropy from logits": (
        cce_logits, CLASSES, LOGITS,
        lambda t, z: -(t * np.log(softmax(z))).sum(), lambda t, z: softmax(z) - t,
    ),
}  # fmt: skip

cases = pytest.mark.parametrize("name", CASES)


@cases
def test_value_and_gradient(name: str) -> None:
    loss, t, y, formula, derivative = CASES[name]
    value, gradient = gradients_of(loss, t.tolist(), y.tolist())
    assert value == pytest.approx(formula(t, y), rel=1e-13)
    assert gradient == pytest.approx(derivative(t, y), rel=1e-13, abs=1e-15)


@cases
def test_derivatives_by_differences(name: str) -> None:
    loss, t, y, _, _ = CASES[name]
    order = 1 if name in ("mean_absolute_error", "hinge") or "huber" in name else 2
    assert gradcheck(lambda *v: loss(t.tolist(), list(v)), y.tolist(), order=order)


@cases
def test_numbers_give_a_number(name: str) -> None:
    loss, t, y, formula, _ = CASES[name]
    found = loss(t.tolist(), y.tolist())
    assert type(found) is float
    assert found == pytest.approx(formula(t, y), rel=1e-13)


@cases
def test_lists_tuples_arrays_and_single_numbers(name: str) -> None:
    loss, t, y, _, _ = CASES[name]
    expected = loss(t.tolist(), y.tolist())
    assert loss(tuple(t), tuple(y)) == expected
    assert loss(t, y) == expected
    assert loss(t, [Value(number) for number in y]).data == expected
    assert loss(1.0, 0.5) == loss([1.0], [0.5])
    assert loss(1.0, Value(0.5)).data == loss(1.0, [Value(0.5)]).data == loss([1.0], [0.5])


@cases
def test_against_pytorch(name: str) -> None:
    torch = pytest.importorskip("torch")
    f = torch.nn.functional
    loss, t, y, _, _ = CASES[name]
    theirs = {
        "squared_error": lambda t, y: 0.5 * f.mse_loss(y, t, reduction="sum"),
        "mean_squared_error": lambda t, y: f.mse_loss(y, t),
        "mean_absolute_error": lambda t, y: f.l1_loss(y, t),
        "huber": lambda t, y: f.huber_loss(y, t),
        "huber, delta 0.5": lambda t, y: f.huber_loss(y, t, delta=0.5),
        "hinge": lambda t, y: f.relu(1 - t * y).mean(),
        "binary_crossentropy": lambda t, y: f.binary_cross_entropy(y, t),
        "binary_crossentropy from logits": lambda t, y: f.binary_cross_entropy_with_logits(y, t),
        "categorical_crossentropy": lambda t, y: f.nll_loss(y.log()[None], torch.tensor([1])),
        "categorical_crossentropy from logits": lambda t, y: f.cross_entropy(y, t),
    }[name]
    if name == "categorical_crossentropy":  # PyTorch takes a class, not a distribution
        t = np.eye(6)[1]
    y_torch = float64(torch, y.tolist(), requires_grad=True)
    out = theirs(float64(torch, t.tolist()), y_torch)
    out.backward()
    value, gradient = gradients_of(loss, t.tolist(), y.tolist())
    assert value == pytest.approx(out.item(), rel=1e-13)
    assert gradient == pytest.approx(y_torch.grad.tolist(), rel=1e-12, abs=1e-15)


def test_the_gradient_of_the_target_is_the_other_way_round() -> None:
    t, y = Value(0.25), Value(0.75)
    losses.squared_error(t, y).backward()
    assert (t.grad, y.grad) == (-0.5, 0.5)


class TestKinks:
    """Where a loss has no derivative: what `autograd` says of abs, maximum and where."""

    def test_no_error_no_gradient(self) -> None:
        for loss in (losses.mean_absolute_error, losses.huber, losses.mean_squared_error):
            assert gradients_of(loss, [1.0], [1.0]) == (0.0, [0.0])

    def test_huber_at_delta(self) -> None:
        assert gradients_of(losses.huber, [0.0], [1.0]) == (0.5, [1.0])
        assert gradients_of(losses.huber, [0.0], [-1.0]) == (0.5, [-1.0])

    def test_hinge_at_the_margin_is_a_subgradient(self) -> None:
        value, (gradient,) = gradients_of(losses.hinge, [1.0], [1.0])
        assert value == 0.0
        assert -1.0 <= gradient <= 0.0


class TestExtremes:
    @pytest.mark.parametrize(
        ("t", "z", "loss", "gradient"),
        [
            (1.0, 1000.0, 0.0, 0.0),
            (1.0, -1000.0, 1000.0, -1.0),
            (0.0, 1000.0, 1000.0, 1.0),
            (0.0, -1000.0, 0.0, 0.0),
            (0.5, 1000.0, 500.0, 0.5),
            (1.0, -1e300, 1e300, -1.0),
        ],
    )
    def test_binary_logits(self, t: float, z: float, loss: float, gradient: float) -> None:
        assert gradients_of(bce_logits, [t], [z]) == (loss, [gradient])

    @pytest.mark.parametrize(
        ("t", "z"),
        [
            (0.0, -40.0), (1.0, -40.0), (0.0, 40.0), (1.0, 40.0),
        ],
    )  # fmt: skip
    def test_binary_logits_keep_their_digits(self, t: float, z: float) -> None:
        away = -z if t == 1.0 else z  # loss = log(1 + exp(away))
        expected = max(away, 0.0) + math.log1p(math.exp(-abs(away)))
        assert bce_logits([t], [z]) == pytest.approx(expected, rel=1e-14, abs=0.0)

    @pytest.mark.parametrize(
        ("z", "loss", "gradient"),
        [
            ([1000.0, 0.0], 0.0, [0.0, 0.0]),
            ([-1000.0, 1000.0], 2000.0, [-1.0, 1.0]),
            ([-1000.0, -1000.0], math.log(2), [-0.5, 0.5]),
            ([1000.0, 1000.0], math.log(2), [-0.5, 0.5]),
        ],
    )
    def test_categorical_logits(self, z: list[float], loss: float, gradient: list[float]) -> None:
        assert gradients_of(cce_logits, [1.0, 0.0], z) == (loss, gradient)

    @pytest.mark.parametrize(
        ("loss", "true", "wrong", "right"),
        [
            (losses.binary_crossentropy, [1.0, 0.0], [0.0, 1.0], [1.0, 0.0]),
            (losses.categorical_crossentropy, [1.0, 0.0], [0.0, 1.0], [1.0, 0.0]),
        ],
    )
    def test_certainty_is_clipped(self, loss: Any, true: Any, wrong: Any, right: Any) -> None:
        for prediction, bound in ((wrong, -math.log(1e-7)), (right, -math.log(1 - 1e-7))):
            value, gradient = gradients_of(loss, true, prediction)
            assert value == pytest.approx(bound, rel=1e-8)
            assert gradient == [0.0, 0.0]

    @cases
    def test_nan_is_not_hidden(self, name: str) -> None:
        loss, t, y, _, _ = CASES[name]
        spoiled = y.tolist()
        spoiled[1] = math.nan
        assert math.isnan(loss(t.tolist(), spoiled))

    @pytest.mark.parametrize("loss", [losses.hinge, losses.huber, losses.mean_absolute_error])
    def test_large_scores(self, loss: Any) -> None:
        value, gradient = gradients_of(loss, [-1.0], [1e300])
        assert value == pytest.approx(1e300)
        assert gradient == [1.0]


class TestRefusals:
    @cases
    def test_lengths_that_differ_are_both_named(self, name: str) -> None:
        loss = CASES[name][0]
        with pytest.raises(ValueError, match=r"^\w+: 2 targets and 3 predictions$"):
            loss([0.0, 1.0], [0.1, 0.2, 0.3])
        with pytest.raises(ValueError, match=r"^\w+: 1 targets and 2 predictions$"):
            loss(1.0, [Value(0.2), Value(0.3)])

    @cases
    def test_nothing(self, name: str) -> None:
        loss = CASES[name][0]
        with pytest.raises(ValueError, match=r"^\w+: there are no targets$"):
            loss([], [])

    @pytest.mark.parametrize("wrong", ["a", None, 1j, [0.5, 0.5]])
    @cases
    def test_predictions_that_are_no_numbers(self, name: str, wrong: Any) -> None:
        loss = CASES[name][0]
        with pytest.raises(TypeError):
            loss([1.0, 0.0], [Value(0.5), wrong])

    @pytest.mark.parametrize("wrong", ["0.5", None])
    def test_the_message_names_what_is_wrong(self, wrong: Any) -> None:
        with pytest.raises(TypeError, match="mean_squared_error"):
            losses.mean_squared_error([1.0], [wrong])

    @pytest.mark.parametrize("delta", [-1.0, math.nan])
    def test_huber_delta(self, delta: float) -> None:
        with pytest.raises(ValueError, match="delta"):
            losses.huber([1.0], [2.0], delta=delta)

    @pytest.mark.parametrize("score", [-3.0, 1.5])
    def test_scores_are_no_probabilities(self, score: float) -> None:
        for loss in (losses.binary_crossentropy, losses.categorical_crossentropy):
            with pytest.raises(ValueError, match="from_logits"):
                loss([1.0], [Value(score)])
