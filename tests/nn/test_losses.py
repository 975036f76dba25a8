"""Losses against formulas written out here, against PyTorch, and where they might overflow."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd import Tensor, Value, compile, gradcheck
from nn import losses
from nn.layers import Dense
from nn.losses.samples import as_numbers, same_rank
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


# --- arrays: shape (n, k) gives (n,) --------------------------------------------------------

ROWS = np.random.default_rng(6)
REAL = ROWS.normal(size=(4, 3)), ROWS.normal(size=(4, 3)) * 2
POSITIVE = np.exp(REAL[0]), np.exp(REAL[1])
BIT = (REAL[0] > 0).astype(float)
ONE_HOT = np.eye(3)[[2, 0, 0, 1]]
SHARES = np.apply_along_axis(softmax, 1, REAL[1])


def scce(t: Any, y: Any) -> Any:
    return losses.sparse_categorical_crossentropy(t, y)


def scce_logits(t: Any, y: Any) -> Any:
    return losses.sparse_categorical_crossentropy(t, y, from_logits=True)


ARRAYS: dict[str, tuple[Any, Array, Array, Any]] = {
    "mean_squared_error": (
        losses.mean_squared_error, *REAL, lambda t, y: ((t - y) ** 2).mean(1),
    ),
    "mean_absolute_error": (
        losses.mean_absolute_error, *REAL, lambda t, y: np.abs(t - y).mean(1),
    ),
    "mean_absolute_percentage_error": (
        losses.mean_absolute_percentage_error, *POSITIVE,
        lambda t, y: 100 * np.abs((t - y) / t).mean(1),
    ),
    "mean_squared_logarithmic_error": (
        losses.mean_squared_logarithmic_error, *POSITIVE,
        lambda t, y: ((np.log1p(t) - np.log1p(y)) ** 2).mean(1),
    ),
    "huber": (
        huber_half, *REAL,
        lambda t, y: np.array([huber_by_hand(0.5)(*row) for row in zip(t, y, strict=True)]),
    ),
    "hinge": (
        losses.hinge, np.sign(REAL[0]), REAL[1],
        lambda t, y: np.maximum(0, 1 - t * y).mean(1),
    ),
    "squared_error": (losses.squared_error, *REAL, lambda t, y: ((t - y) ** 2).sum(1) / 2),
    "binary_crossentropy": (
        losses.binary_crossentropy, BIT, sigmoid(REAL[1]),
        lambda t, p: -np.log(np.where(t == 1, p, 1 - p)).mean(1),
    ),
    "binary_crossentropy from logits": (
        bce_logits, BIT, REAL[1],
        lambda t, z: -np.log(np.where(t == 1, sigmoid(z), sigmoid(-z))).mean(1),
    ),
    "categorical_crossentropy": (
        losses.categorical_crossentropy, ONE_HOT, SHARES, lambda t, p: -np.log(p[t == 1]),
    ),
    "categorical_crossentropy from logits": (
        cce_logits, ONE_HOT, REAL[1],
        lambda t, z: -np.log(np.apply_along_axis(softmax, 1, z)[t == 1]),
    ),
    "sparse_categorical_crossentropy": (
        scce, ONE_HOT.argmax(1), SHARES, lambda t, p: -np.log(p[range(4), t]),
    ),
    "sparse_categorical_crossentropy from logits": (
        scce_logits, ONE_HOT.argmax(1), REAL[1],
        lambda t, z: -np.log(np.apply_along_axis(softmax, 1, z)[range(4), t]),
    ),
    "kl_divergence": (
        losses.kl_divergence, SHARES[::-1].copy(), SHARES, lambda t, p: (t * np.log(t / p)).sum(1),
    ),
}  # fmt: skip

arrays = pytest.mark.parametrize("name", ARRAYS)


@arrays
def test_one_number_a_sample(name: str) -> None:
    loss, t, y, formula = ARRAYS[name]
    expected = formula(t, y)
    found = loss(t, y)
    assert type(found) is np.ndarray
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    tensor = loss(t, Tensor(y))
    assert type(tensor) is Tensor
    np.testing.assert_allclose(tensor.data, expected, rtol=1e-12)
    np.testing.assert_array_equal(loss(t.tolist(), y.tolist()), found)
    np.testing.assert_array_equal(loss(t.tolist(), Tensor(y)).data, tensor.data)


@arrays
def test_a_row_is_like_a_list_of_values(name: str) -> None:
    loss, t, y, _ = ARRAYS[name]
    rows = Tensor(y)
    loss(t, rows).sum().backward()
    for i in range(4):
        values = [Value(number) for number in y[i]]
        one = loss(t[i].tolist(), values)
        one.backward()
        assert one.data == pytest.approx(float(loss(t, y)[i]), rel=1e-12)
        if name in ("categorical_crossentropy", "sparse_categorical_crossentropy"):
            # a list is not divided by its sum, which is 1: that adds a constant to the slope
            total = sum(v.grad * v.data for v in values)
            assert rows.grad[i] == pytest.approx([v.grad - total for v in values], rel=1e-9)
        else:
            assert rows.grad[i] == pytest.approx([v.grad for v in values], rel=1e-9, abs=1e-12)


@arrays
def test_rows_of_values(name: str) -> None:
    loss, t, y, _ = ARRAYS[name]
    values = [[Value(number) for number in row] for row in y]
    out = loss(t, values)
    np.testing.assert_allclose(out.data, loss(t, y), rtol=1e-14)
    out.sum().backward()
    rows = Tensor(y)
    loss(t, rows).sum().backward()
    np.testing.assert_allclose([[v.grad for v in row] for row in values], rows.grad, rtol=1e-12)


@arrays
def test_unrolled_into_values(name: str) -> None:
    loss, t, y, _ = ARRAYS[name]
    rows, leaves = Tensor(y), {}
    out = loss(t, rows)
    unrolled = out.scalars(leaves)
    np.testing.assert_allclose([v.data for v in unrolled], out.data, rtol=1e-12)
    sum(unrolled).backward()
    out.sum().backward()
    found = [[value.grad for value in row] for row in leaves[rows]]
    np.testing.assert_allclose(found, rows.grad, rtol=1e-12, atol=1e-14)


@arrays
def test_derivatives_of_arrays_by_differences(name: str) -> None:
    loss, t, y, _ = ARRAYS[name]
    kinks = ("mean_absolute", "hinge", "huber")
    order = 1 if name.startswith(kinks) else 2
    assert gradcheck(lambda p: loss(t, p), (y,), order=order, rtol=1e-4)


@arrays
def test_arrays_against_pytorch(name: str) -> None:
    torch = pytest.importorskip("torch")
    f = torch.nn.functional
    reference = {
        "mean_squared_error": lambda t, y: f.mse_loss(y, t, reduction="none").mean(1),
        "mean_absolute_error": lambda t, y: f.l1_loss(y, t, reduction="none").mean(1),
        "huber": lambda t, y: f.huber_loss(y, t, reduction="none", delta=0.5).mean(1),
        "binary_crossentropy": lambda t, y: f.binary_cross_entropy(y, t, reduction="none").mean(1),
        "binary_crossentropy from logits": lambda t, y: f.binary_cross_entropy_with_logits(
            y, t, reduction="none"
        ).mean(1),
        "categorical_crossentropy from logits": lambda t, y: f.cross_entropy(
            y, t, reduction="none"
        ),
        "sparse_categorical_crossentropy from logits": lambda t, y: f.cross_entropy(
            y, t, reduction="none"
        ),
        "kl_divergence": lambda t, y: f.kl_div(y.log(), t, reduction="none").sum(1),
    }.get(name)
    if reference is None:
        pytest.skip("PyTorch has no such loss")
    loss, t, y, _ = ARRAYS[name]
    theirs, ours = float64(torch, y.tolist(), requires_grad=True), Tensor(y)
    expected = reference(torch.tensor(t), theirs)
    expected.sum().backward()
    found = loss(t, ours)
    found.sum().backward()
    np.testing.assert_allclose(found.data, expected.detach(), rtol=1e-12)
    np.testing.assert_allclose(ours.grad, theirs.grad, rtol=1e-9, atol=1e-12)


@arrays
def test_the_dtype_of_the_predictions_is_kept(name: str) -> None:
    loss, t, y, _ = ARRAYS[name]
    small = y.astype(np.float32)
    assert loss(t, small).dtype == loss(t, Tensor(small)).dtype == np.float32
    assert loss(Tensor(t) if t.dtype == float else t, Tensor(small)).dtype == np.float32


class TestShapes:
    @pytest.mark.parametrize("name", ["mean_squared_error", "hinge", "binary_crossentropy"])
    def test_a_last_axis_of_one_makes_no_difference(self, name: str) -> None:
        loss = getattr(losses, name)
        t, y = np.array([0.0, 1.0, 1.0]), np.array([0.25, 0.5, 1.0])
        expected = loss(t[:, None], y[:, None])
        assert expected.shape == (3,)
        np.testing.assert_array_equal(loss(t, y[:, None]), expected)
        np.testing.assert_array_equal(loss(t[:, None], y), expected)
        np.testing.assert_array_equal(loss(t, Tensor(y[:, None])).data, expected)
        column = [Value(p) for p in y]
        np.testing.assert_array_equal(loss(t[:, None], column).data, expected)

    def test_three_axes(self) -> None:
        t, y = np.zeros((2, 3, 4)), np.ones((2, 3, 4, 1))
        assert losses.mean_squared_error(t, y).shape == (2, 3)
        assert scce(np.zeros((2, 3)), np.full((2, 3, 4), 0.25)).shape == (2, 3)

    @pytest.mark.parametrize("wanted", [(3, 1), (3,)])
    def test_class_numbers_in_a_row_or_a_column(self, wanted: tuple[int, ...]) -> None:
        labels = np.array([1, 0, 2]).reshape(wanted)
        for given in (labels, labels.astype(np.float32), labels.tolist(), Tensor(labels)):
            expected = -np.log(SHARES[range(3), [1, 0, 2]])
            np.testing.assert_allclose(scce(given, SHARES[:3]), expected)

    def test_what_does_not_fit_is_an_error_and_not_a_broadcast(self) -> None:
        with pytest.raises(ValueError, match=r"of the shape \(4, 1\) do not fit .*\(4, 3\)"):
            losses.mean_squared_error(np.zeros((4, 1)), np.zeros((4, 3)))
        with pytest.raises(ValueError, match=r"\(3, 1\).*\(4, 1\)"):
            losses.mean_absolute_error(np.zeros((3, 1)), Tensor(np.zeros((4, 1))))

    def test_no_samples(self) -> None:
        with pytest.raises(ValueError, match=r"there are no targets.*\(0, 3\)"):
            losses.mean_squared_error(np.zeros((0, 3)), np.zeros((0, 3)))


class TestLearnersErrors:
    """Each names what to do instead."""

    @pytest.mark.parametrize("labels", [[0, 2, 1, 0], [[0], [2], [1], [0]]])
    def test_class_numbers_for_the_categorical_loss(self, labels: Any) -> None:
        with pytest.raises(ValueError, match=r"to_categorical.*sparse_categorical_crossentropy"):
            losses.categorical_crossentropy(np.array(labels), SHARES)

    def test_targets_that_are_no_probabilities(self) -> None:
        with pytest.raises(ValueError, match=r"the target 2.0 is not in \[0, 1\].*to_categorical"):
            losses.categorical_crossentropy(2 * ONE_HOT, SHARES)
        with pytest.raises(ValueError, match=r"the target -1.0 is not in \[0, 1\]"):
            losses.binary_crossentropy(np.array([[-1.0]]), np.array([[0.5]]))

    @pytest.mark.parametrize("label", [-1, 3, 10])
    def test_a_label_outside_the_classes(self, label: int) -> None:
        labels = np.array([0, 1, label, 2])
        with pytest.raises(ValueError, match=rf"the label {label} is no .* from 0 to 2, one for"):
            scce(labels, SHARES)
        with pytest.raises(ValueError, match=rf"the label {label} is no class number"):
            scce(label, SHARES[0].tolist())

    @pytest.mark.parametrize("label", [0.5, math.nan])
    def test_a_label_that_is_no_class_number(self, label: float) -> None:
        with pytest.raises(ValueError, match=rf"the label {label:g} is no class number"):
            scce(np.array([0.0, label, 1.0, 2.0]), SHARES)

    def test_one_hot_for_the_sparse_loss(self) -> None:
        with pytest.raises(ValueError, match=r"one class number for each .* categorical_cross"):
            scce(ONE_HOT, SHARES)

    def test_logits_where_probabilities_are_wanted(self) -> None:
        for loss, t in ((losses.categorical_crossentropy, ONE_HOT), (scce, ONE_HOT.argmax(1))):
            with pytest.raises(ValueError, match=r"-.* is none: .* from_logits=True"):
                loss(t, Tensor(REAL[1]))
        with pytest.raises(ValueError, match=r"1\.5 is none: .* sigmoid .*from_logits=True"):
            losses.binary_crossentropy(np.array([[1.0]]), np.array([[1.5]]))

    def test_a_single_output_for_several_classes(self) -> None:
        with pytest.warns(UserWarning, match="binary_crossentropy"):
            losses.categorical_crossentropy(np.ones((2, 1)), np.full((2, 1), 0.5))

    def test_labels_that_are_text(self) -> None:
        for loss in (scce, losses.mean_squared_error):
            with pytest.raises(TypeError, match=r"y_true .* 'cat' is none: .*np\.unique"):
                loss(np.array(["cat", "dog"]), np.full((2, 2), 0.5))
        with pytest.raises(TypeError, match=r"y_true .* None is none"):
            losses.mean_squared_error(np.array([1.0, None], dtype=object), np.zeros((2, 1)))

    def test_rows_of_unequal_lengths(self) -> None:
        with pytest.raises(ValueError, match="y_true takes lists of equal lengths"):
            losses.mean_squared_error([[1.0, 2.0], [3.0]], np.zeros((2, 2)))

    def test_several_classes_for_the_binary_loss(self) -> None:
        with pytest.raises(ValueError, match=r"the target 2.0 .*sparse_categorical_cross"):
            losses.binary_crossentropy(np.array([0, 1, 2]), np.full((3, 1), 0.5))

    @pytest.mark.parametrize("smoothing", [-0.1, 1.1])
    def test_label_smoothing(self, smoothing: float) -> None:
        for loss in (losses.BinaryCrossentropy, losses.CategoricalCrossentropy):
            with pytest.raises(ValueError, match="label_smoothing is a number from 0 to 1"):
                loss(label_smoothing=smoothing)
        for function in (losses.binary_crossentropy, losses.categorical_crossentropy):
            with pytest.raises(ValueError, match="label_smoothing"):
                function([1.0, 0.0], [0.5, 0.5], label_smoothing=smoothing)


def test_the_largest_crossentropy_is_that_of_keras() -> None:
    wrong = np.array([[0.0, 1.0]], np.float32)
    right = np.array([[1.0, 0.0]], np.float32)
    for loss in (losses.binary_crossentropy, losses.categorical_crossentropy):
        assert float(loss(right, wrong)[0]) == pytest.approx(16.1181, abs=1e-4) or (
            loss is losses.binary_crossentropy
        )
    assert float(scce(np.array([0]), wrong)[0]) == pytest.approx(16.1181, abs=1e-4)


def test_targets_that_are_a_dataframe_or_series() -> None:
    pandas = pytest.importorskip("pandas")
    y = np.array([[1.0], [2.0]])
    for t in (pandas.Series([1, 3]), pandas.DataFrame({"y": [1, 3]})):
        np.testing.assert_array_equal(losses.mean_squared_error(t, y), [0.0, 1.0])


# --- the classes ----------------------------------------------------------------------------

CLASSES_AND_FUNCTIONS = {
    losses.MeanSquaredError: losses.mean_squared_error,
    losses.MeanAbsoluteError: losses.mean_absolute_error,
    losses.MeanAbsolutePercentageError: losses.mean_absolute_percentage_error,
    losses.MeanSquaredLogarithmicError: losses.mean_squared_logarithmic_error,
    losses.Huber: losses.huber,
    losses.Hinge: losses.hinge,
    losses.BinaryCrossentropy: losses.binary_crossentropy,
    losses.CategoricalCrossentropy: losses.categorical_crossentropy,
    losses.SparseCategoricalCrossentropy: losses.sparse_categorical_crossentropy,
    losses.KLDivergence: losses.kl_divergence,
}

classes = pytest.mark.parametrize("kind", CLASSES_AND_FUNCTIONS)


def an_example(kind: Any) -> tuple[Array, Array]:
    for loss, t, y, _ in ARRAYS.values():
        if loss is CLASSES_AND_FUNCTIONS[kind]:
            return t, y
    return ARRAYS["sparse_categorical_crossentropy" if "Sparse" in kind.__name__ else "huber"][1:3]


@classes
def test_reductions(kind: Any) -> None:
    t, y = an_example(kind)
    values = CLASSES_AND_FUNCTIONS[kind](t, y)
    weight = np.array([0.5, 2.0, 0.0, 1.25])  # their sum is not the number of the samples
    expected = {
        "sum_over_batch_size": (values.mean(), (values * weight).mean()),
        "mean": (values.mean(), (values * weight).mean()),
        "sum": (values.sum(), (values * weight).sum()),
        "mean_with_sample_weight": (values.mean(), (values * weight).sum() / 3.75),
        "none": (values, values * weight),
        None: (values, values * weight),
    }
    for reduction, (plain, weighted) in expected.items():
        loss = kind(reduction=reduction)
        np.testing.assert_allclose(loss(t, y), plain, rtol=1e-14)
        np.testing.assert_allclose(loss(t, Tensor(y)).data, plain, rtol=1e-14)
        for given in (weight, weight.tolist(), Tensor(weight), weight[:, None]):
            found = loss(t, Tensor(y), sample_weight=given).data
            np.testing.assert_allclose(found.ravel(), np.ravel(weighted), rtol=1e-14)


@classes
def test_config_round_trip(kind: Any) -> None:
    loss = kind(reduction="sum", name="mine")
    config = losses.serialize(loss)
    assert config["class_name"] == kind.__name__
    twin = losses.deserialize(config)
    assert type(twin) is kind
    assert twin.get_config() == loss.get_config()
    assert (twin.name, twin.reduction) == ("mine", "sum")


def test_options_are_part_of_the_config() -> None:
    loss = losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1)
    assert losses.deserialize(losses.serialize(loss)).get_config() == {
        "name": "categorical_crossentropy", "reduction": "sum_over_batch_size",
        "from_logits": True, "label_smoothing": 0.1,
    }  # fmt: skip


def test_names_of_keras() -> None:
    assert losses.MeanSquaredError().name == "mean_squared_error"
    assert losses.Huber().name == "huber_loss"
    assert losses.MeanSquaredError(name="mine").name == "mine"


class TestLists:
    """A class reduces what the function gives of lists of numbers and Values too."""

    def test_a_flat_list_is_one_sample(self) -> None:
        y = [Value(1.0), Value(3.0)]
        loss = losses.MeanSquaredError()([0.0, 1.0], y)
        assert type(loss) is Value
        loss.backward()
        assert (loss.data, [v.grad for v in y]) == (2.5, [1.0, 2.0])
        assert losses.MeanSquaredError()([0.0, 1.0], [1.0, 3.0]) == 2.5
        assert losses.MeanSquaredError()([0.0, 1.0], [1.0, 3.0], sample_weight=2.0) == 5.0

    def test_weights_for_one_sample(self) -> None:
        with pytest.raises(ValueError, match=r"for a single sample; .* \(n, 1\)"):
            losses.MeanSquaredError()([0.0, 1.0], [1.0, 3.0], sample_weight=[1.0, 2.0])

    def test_weights_of_another_number(self) -> None:
        with pytest.raises(ValueError, match=r"\(3,\) does not fit 4 samples"):
            losses.MeanSquaredError()(*REAL, sample_weight=[1.0, 2.0, 3.0])


def test_no_weight_at_all_gives_zero() -> None:
    loss = losses.MeanSquaredError(reduction="mean_with_sample_weight")
    assert loss(*REAL, sample_weight=np.zeros(4)) == 0.0


def test_a_loss_of_ones_own() -> None:
    class LargestError(losses.Loss):
        def call(self, y_true: Any, y_pred: Any) -> Any:
            return abs(y_pred - y_true).max(axis=-1)

    loss = LargestError(reduction="sum")
    assert loss.name == "largest_error"
    assert loss(np.zeros((2, 2)), Tensor([[1.0, -2.0], [3.0, 0.0]])).item() == 5.0
    with pytest.raises(NotImplementedError, match="Loss has no call"):
        losses.Loss()([1.0], [1.0])
    with pytest.raises(ValueError, match="unknown reduction 'average': there are 'sum_over_batch"):
        losses.MeanSquaredError(reduction="average")


class TestNames:
    @pytest.mark.parametrize("short", ["mse", "mae", "mape", "msle", "bce", "kld"])
    def test_short_names_are_the_functions(self, short: str) -> None:
        function = losses.get(short)
        assert function is losses.get(short.upper()) is losses.get(function.__name__)

    @classes
    def test_class_names_are_objects(self, kind: Any) -> None:
        assert type(losses.get(kind.__name__)) is kind
        assert type(losses.get(kind)) is kind

    def test_a_loss_and_a_function_are_themselves(self) -> None:
        loss = losses.Huber(0.5)
        assert losses.get(loss) is loss
        assert losses.get(huber_half) is huber_half
        assert losses.get(None) is None

    def test_as_loss(self) -> None:
        assert type(losses.as_loss("mse")) is losses.MeanSquaredError
        assert losses.as_loss(huber_half).name == "huber_half"
        assert losses.as_loss(huber_half)(*REAL) == pytest.approx(huber_half(*REAL).mean())

    def test_unknown_names_are_guessed(self) -> None:
        with pytest.raises(ValueError, match=r"unknown loss .* did you mean 'binary_crossentropy'"):
            losses.get("binary_cross_entropi")
        with pytest.raises(TypeError, match="loss: a name such as"):
            losses.get(3)

    def test_a_lambda_has_no_name(self) -> None:
        with pytest.raises(ValueError, match="has no name to be saved by"):
            losses.serialize(lambda t, y: y)
        assert losses.serialize(losses.mean_squared_error) == "mean_squared_error"


def test_a_plain_loop_with_a_layer() -> None:
    x, y = REAL[0].astype(np.float32), REAL[1][:, :1].astype(np.float32)
    layer, loss = Dense(1), losses.MeanSquaredError()
    before = loss(y, layer(x)).item()
    for _ in range(20):
        layer.zero_grad()
        loss(y, layer(x)).backward()
        for parameter in layer.parameters():
            parameter.data = parameter.data - 0.1 * parameter.grad
    assert loss(y, layer(x)).item() < before
    assert layer(x).dtype == np.float32


class TestSampleWeights:
    def test_one_for_all_numbers_of_a_sample(self) -> None:
        """Whatever the sizes of the axes: three samples of three rows are no special case."""
        for rows in (3, 4):
            true, pred = np.zeros((3, rows, 2)), np.ones((3, rows, 2))
            loss = losses.MeanSquaredError()
            assert loss(true, Tensor(pred), sample_weight=[0.0, 0.0, 3.0]).item() == 1.0
        weighted = losses.MeanSquaredError(reduction="mean_with_sample_weight")
        assert weighted(true, pred, sample_weight=[0.0, 0.0, 3.0]) == 1.0

    def test_more_axes_than_the_losses_have(self) -> None:
        with pytest.raises(ValueError, match=r"sample_weight of the shape \(3, 2\) does not fit"):
            losses.MeanSquaredError()(np.ones((3, 2)), np.ones((3, 2)), np.ones((3, 2)))


class TestFormulasAtTheirBounds:
    """What a formula does at its floors, thresholds and switches."""

    def test_percentage_of_a_target_of_zero(self) -> None:
        value, gradient = gradients_of(losses.mean_absolute_percentage_error, [0.0, -4.0], [2, 1])
        assert value == pytest.approx(50 * (2 / 1e-7 + 1.25), rel=1e-13)
        assert gradient == pytest.approx([50 / 1e-7, 12.5], rel=1e-13)

    def test_logarithms_of_what_is_below_their_floor(self) -> None:
        loss = losses.mean_squared_logarithmic_error
        assert loss([-3.0], [-5.0]) == loss([0.0], [0.0]) == 0.0
        floor = math.log(1 + 1e-7)
        assert loss([1.0], [-5.0]) == pytest.approx((math.log(2) - floor) ** 2, rel=1e-13)
        assert loss([-5.0], [3.0]) == pytest.approx((math.log(4) - floor) ** 2, rel=1e-13)

    def test_huber_wants_a_positive_delta(self) -> None:
        with pytest.raises(ValueError, match="delta is a positive number, not 0"):
            losses.huber([1.0], [2.0], delta=0.0)

    @pytest.mark.parametrize("form", [list, np.array, Tensor])
    def test_hinge_takes_bits_for_signs(self, form: Any) -> None:
        def hinge(t: list[float], y: list[float]) -> float:
            found = losses.hinge(form(t), form(y))
            return found.item() if isinstance(found, Tensor) else float(found)

        y = [0.25, 0.5, 2.0]
        assert hinge([0.0, 1.0, 1.0], y) == hinge([-1.0, 1.0, 1.0], y)
        assert hinge([0.0, 0.0, 0.0], y) == hinge([-1.0, -1.0, -1.0], y)
        assert hinge([1.0, 1.0, 1.0], y) == 1.25 / 3
        # with a -1 among them, a 0 is a 0: it asks for nothing, and costs the whole margin
        assert hinge([0.0, 1.0, -1.0], y) == (1.0 + 0.5 + 3.0) / 3
        assert hinge([0.5, 1.0, 1.0], y) == (0.875 + 0.5) / 3

    @pytest.mark.parametrize("smoothing", [0.0, 0.2, 1.0])
    def test_smoothed_bits(self, smoothing: float) -> None:
        t, p = np.array([1.0, 0.0, 0.25]), np.array([0.9, 0.3, 0.6])
        moved = t + smoothing * (0.5 - t)
        expected = -(moved * np.log(p) + (1 - moved) * np.log(1 - p)).mean()
        found = losses.binary_crossentropy(t.tolist(), p.tolist(), label_smoothing=smoothing)
        assert found == pytest.approx(expected, rel=1e-13)
        assert losses.BinaryCrossentropy(label_smoothing=smoothing)(t, p) == found

    @pytest.mark.parametrize("smoothing", [0.0, 0.3, 1.0])
    def test_smoothed_classes(self, smoothing: float) -> None:
        p = np.array([0.2, 0.5, 0.3])
        moved = np.array([0.0, 1.0, 0.0]) * (1 - smoothing) + smoothing / 3
        expected = -(moved * np.log(p)).sum()
        found = losses.categorical_crossentropy([0, 1, 0], p.tolist(), label_smoothing=smoothing)
        assert found == pytest.approx(expected, rel=1e-13)
        rows = losses.categorical_crossentropy([[0, 1, 0]], p[None], label_smoothing=smoothing)
        assert rows == pytest.approx([expected], rel=1e-13)

    def test_probabilities_may_be_off_by_a_rounding(self) -> None:
        for loss in (losses.binary_crossentropy, losses.categorical_crossentropy):
            for p in (1.0 + 5e-8, -5e-8):
                assert math.isfinite(loss([1.0, 0.0], [p, 0.5]))
            for p in (1.0 + 2e-7, -2e-7):
                with pytest.raises(ValueError, match=r"is none: .* from_logits=True"):
                    loss([1.0, 0.0], [0.5, p])
        with pytest.raises(ValueError, match="is none"):
            losses.categorical_crossentropy(np.eye(2), np.array([[0.5, 0.5], [1.0, -2e-7]]))

    def test_rows_need_not_sum_to_one(self) -> None:
        t = np.array([[0.0, 1.0], [1.0, 0.0]])
        found = losses.categorical_crossentropy(t, np.array([[1.0, 3.0], [0.2, 0.2]]))
        assert found == pytest.approx([-math.log(0.75), math.log(2)], rel=1e-13)

    def test_targets_at_the_ends_of_their_range(self) -> None:
        assert math.isfinite(losses.binary_crossentropy([0.0, 1.0], [0.5, 0.5]))
        for wrong in (-1e-9, 1.0 + 1e-9):
            with pytest.raises(ValueError, match="the target"):
                losses.binary_crossentropy([0.0, wrong], [0.5, 0.5])
            with pytest.raises(ValueError, match="the target"):
                losses.binary_crossentropy(np.array([[0.0, wrong]]), np.array([[0.5, 0.5]]))

    def test_kl_divergence_is_clipped(self) -> None:
        value = losses.kl_divergence([1.0, 0.0], [0.0, 2.0])
        assert value == pytest.approx(math.log(1e7) + 1e-7 * math.log(1e-7), rel=1e-13)
        assert losses.kl_divergence([3.0], [0.5]) == pytest.approx(math.log(2), rel=1e-13)

    def test_half_the_squares_of_lists_of_any_length(self) -> None:
        for n in (1, 2, 3):
            value, gradient = gradients_of(losses.squared_error, [0.0] * n, [1.0, 2.0, 3.0][:n])
            assert (value, gradient) == ([0.5, 2.5, 7.0][n - 1], [1.0, 2.0, 3.0][:n])

    def test_the_warning_points_at_the_callers_line(self) -> None:
        with pytest.warns(UserWarning, match="single class") as caught:
            losses.categorical_crossentropy(np.ones((1, 1)), np.ones((1, 1)))
        assert caught[0].filename == __file__

    def test_a_list_of_one_class_is_no_mistake(self) -> None:
        assert losses.categorical_crossentropy([1.0], [0.5]) == pytest.approx(math.log(2))
        with pytest.warns(UserWarning, match="single class"):
            losses.categorical_crossentropy(np.ones((1, 1)), np.ones((1, 1)))


class TestRanks:
    """A last axis of 1 that one of the two has is dropped, or added to the other."""

    @pytest.mark.parametrize(
        ("x", "y", "wanted"),
        [
            ((3, 1), (3,), ((3, 1), (3, 1))),
            ((3,), (3, 1), ((3, 1), (3, 1))),
            ((2, 3, 1), (2, 3), ((2, 3), (2, 3))),
            ((2, 3), (2, 3, 1), ((2, 3), (2, 3))),
            ((3, 2), (3,), ((3, 2), (3,))),
            ((3,), (3, 2), ((3,), (3, 2))),
            ((3, 1), (3, 1), ((3, 1), (3, 1))),
            ((2, 3, 1), (3,), ((2, 3, 1), (3,))),
            ((3,), (2, 3, 1), ((3,), (2, 3, 1))),
        ],
    )
    def test_same_rank(self, x: Any, y: Any, wanted: Any) -> None:
        found = same_rank(np.zeros(x), np.zeros(y))
        assert (found[0].shape, found[1].shape) == wanted

    def test_dtypes_of_numbers(self) -> None:
        for given, wanted in (
            (np.float32, np.float32), (np.float64, np.float64), (np.float16, np.float64),
            (np.int32, np.float64), (np.uint8, np.float64), (bool, np.float64),
        ):  # fmt: skip
            assert as_numbers(np.ones(2, given), "y").dtype == wanted
        assert as_numbers(np.ones(2), "y", np.float32).dtype == np.float32
        assert as_numbers(Tensor([1.0]), "y", np.float32).dtype == np.float32
        tensor = Tensor([1.0])
        assert as_numbers(tensor, "y") is tensor


class TestWhatIsOneSample:
    """Lists of numbers are one sample, and whatever has rows gives a number for each."""

    def test_rows_of_one_target_and_a_flat_list(self) -> None:
        found = losses.mean_squared_error([[1.0], [2.0]], [1.5, 2.0])
        assert found.tolist() == [0.25, 0.0]

    def test_an_array_and_a_list(self) -> None:
        assert type(losses.mean_squared_error(np.array([1.0, 2.0]), [1.5, 2.0])) is float
        of_values = losses.mean_squared_error(np.array([1.0, 2.0]), [Value(1.5), 2.0])
        assert (type(of_values), of_values.data) == (Value, 0.125)

    @pytest.mark.parametrize(("true", "pred"), [([[1.0]], 0.5), (Value(1.0), [[0.5]])])
    def test_rows_and_a_number(self, true: Any, pred: Any) -> None:
        with pytest.raises(ValueError, match="do not fit: a single number has a single target"):
            losses.mean_squared_error(true, pred)

    def test_the_gradient_of_a_tensor_without_axes(self) -> None:
        y = Tensor(0.5)
        losses.mean_squared_error(1.0, y).backward()
        assert y.grad == -1.0

    def test_the_advice_names_the_number_of_classes(self) -> None:
        with pytest.raises(ValueError, match=r"to_categorical\(y, 3\)"):
            losses.categorical_crossentropy(np.zeros((2, 4)), np.full((2, 4, 3), 1 / 3))

    def test_the_first_wrong_label_is_named(self) -> None:
        with pytest.raises(ValueError, match="the label 7 is no class number"):
            scce(np.array([0, 7, 5]), SHARES[:3])

    def test_nothing_is_copied_or_recorded_without_need(self) -> None:
        y = np.ones((3, 2))
        assert as_numbers(y, "y") is y
        assert losses.MeanSquaredError()(y, Tensor(y)).primitive.name == "mean"
        mean = losses.mean_squared_error(np.zeros(2), Tensor([1.0, 3.0]))
        assert mean.primitive.name == "mean"


class TestWeightsAndOptions:
    def test_weights_that_are_a_tensor_are_plain_numbers(self) -> None:
        weight = Tensor([1.0, 2.0])
        found = losses.MeanSquaredError()(np.zeros((2, 1)), np.ones((2, 1)), sample_weight=weight)
        assert (type(found), found) == (np.float64, 1.5)

    @pytest.mark.parametrize("shape", [(3, 2), (1, 4), (4, 4)])
    def test_weights_of_which_one_axis_fits(self, shape: tuple[int, ...]) -> None:
        with pytest.raises(ValueError, match=r"sample_weight of the shape \(\d, \d\) does not fit"):
            losses.MeanSquaredError()(np.zeros((3, 4, 2)), np.ones((3, 4, 2)), np.ones(shape))

    def test_weights_that_cancel(self) -> None:
        loss = losses.MeanSquaredError(reduction="mean_with_sample_weight")
        found = loss(np.zeros((2, 1)), np.array([[1.0], [2.0]]), sample_weight=[1.0, -1.0])
        assert found == 1.0 - 4.0  # divided by 1

    def test_weights_of_a_program(self) -> None:
        loss = losses.MeanSquaredError(reduction="mean_with_sample_weight")
        true, pred = np.zeros((2, 1)), Tensor([[1.0], [2.0]])
        program = compile(lambda weight: loss(true, pred, sample_weight=weight))
        for weight in ([1.0, 1.0], [1.0, 2.0], [1.0, -1.0], [0.0, 0.0], [2.0, -1.0], [1.0, -2.0]):
            assert program(Tensor(weight)).data == loss(true, pred, sample_weight=weight).data
        assert len(program.recordings) == 1

    def test_the_options_are_those_of_the_function(self) -> None:
        t, y = REAL
        assert losses.Huber(0.5)(t, y) == huber_half(t, y).mean()
        labels = ONE_HOT.argmax(1)
        sparse = losses.SparseCategoricalCrossentropy(from_logits=True)
        assert sparse(labels, y) == scce_logits(labels, y).mean()


class TestLabelsOfAProgram:
    """Class numbers that are arguments: one program for all of them, which checks each."""

    def test_arrays(self) -> None:
        pred = SHARES[:2]
        program = compile(lambda labels: scce(labels, Tensor(pred)))
        for labels in ([0.0, 1.0], [2.0, 2.0], [1.0, 0.0]):
            np.testing.assert_array_equal(program(Tensor(labels)).data, scce(labels, pred))
        with pytest.raises(ValueError, match="the label 3 is no class number from 0 to 2"):
            program(Tensor([1.0, 3.0]))
        assert len(program.recordings) == 1

    def test_a_list(self) -> None:
        pred = [0.5, 0.3, 0.2]
        program = compile(lambda label, *p: scce(label, list(p)))
        for label in (0.0, 2.0, 1.0):
            found = program(Value(label), *map(Value, pred))
            assert found.data == pytest.approx(scce(label, pred), rel=1e-15)
        for label in (3.0, 0.5):
            with pytest.raises(ValueError, match=f"the label {label:g} is no class number"):
                program(Value(label), *map(Value, pred))
        assert len(program.recordings) == 1

    def test_a_list_of_two_labels(self) -> None:
        with pytest.raises(ValueError, match=r"targets of the shape \(2,\) do not fit"):
            scce([1.0, 1.0], [0.5, 0.3, 0.2])


def test_a_name_that_the_module_lacks() -> None:
    for name in ("mse", "MSE"):
        with pytest.raises(AttributeError, match=rf"no '{name}': use mean_squared_error"):
            getattr(losses, name)


def test_a_masked_array_is_refused() -> None:
    hidden = np.ma.masked_array([1.0, 2.0], [False, True])
    with pytest.raises(TypeError, match=r"y_pred is a masked array: \.filled"):
        losses.mean_squared_error([1.0, 2.0], hidden)
