"""The losses as functions ``(y_true, y_pred)`` that give one number for each sample.

Every formula is written once, for lists of numbers and Values and for arrays.

>>> mean_squared_error(np.array([[0.0], [1.0]]), Tensor([[0.5], [3.0]]))
Tensor([0.25, 4.  ])
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

import autograd
from autograd import Tensor, clip, exp, log, maximum, softplus, where
from autograd import abs as absolute
from autograd import sum as sum_values
from autograd.formatting import shown
from autograd.operands import as_number
from nn.checks import as_flag
from nn.config import epsilon
from nn.logits import shifted
from nn.losses.samples import each, looked_at, mean, mean_of, of_samples, one_hot_wanted, total

__all__ = [
    "EPSILON", "binary_crossentropy", "categorical_crossentropy", "hinge", "huber",
    "kl_divergence", "mean_absolute_error", "mean_absolute_percentage_error",
    "mean_squared_error", "mean_squared_logarithmic_error", "smoothed",
    "sparse_categorical_crossentropy", "squared_error",
]  # fmt: skip

EPSILON = epsilon()
"""Probabilities are clipped to [EPSILON, 1 - EPSILON] before a logarithm, as in Keras."""


# --- of numbers -----------------------------------------------------------------------------


def squared_error(y_true: Any, y_pred: Any) -> Any:
    """Return ½ Σ (t - y)², the error E of the backpropagation lecture.

    The ½ makes dE/dy equal to y - t.

    >>> squared_error(0.25, 0.75)
    0.125
    """

    def formula(true: Any, pred: Any) -> Any:
        squares = each(lambda t, p: (t - p) ** 2, true, pred)
        one = isinstance(squares, list) and len(squares) == 1
        return 0.5 * (squares[0] if one else total(squares))

    return of_samples("squared_error", y_true, y_pred, formula)


def mean_squared_error(y_true: Any, y_pred: Any) -> Any:
    """Return the mean of (t - y)².

    Args:
        y_true: the targets t.
        y_pred: the predictions y.  A last axis of 1 that only one of the two has makes no
            difference.

    Raises:
        ValueError: shapes or lengths that do not fit, or no targets.
        TypeError: something that is no number.

    >>> mean_squared_error([0.0, 1.0], [1.0, 3.0])
    2.5
    """
    return mean_of("mean_squared_error", y_true, y_pred, lambda t, p: (p - t) ** 2)


def mean_absolute_error(y_true: Any, y_pred: Any) -> Any:
    """Return the mean of |t - y|; arguments and errors are those of `mean_squared_error`.

    >>> mean_absolute_error([0.0, 1.0], [1.0, 3.0])
    1.5
    """
    return mean_of("mean_absolute_error", y_true, y_pred, lambda t, p: absolute(p - t))


def mean_absolute_percentage_error(y_true: Any, y_pred: Any) -> Any:
    """Return 100 times the mean of |t - y| / |t|, where |t| is taken to be at least 1e-7.

    Arguments and errors are those of `mean_squared_error`.

    >>> mean_absolute_percentage_error([2.0, 4.0], [1.0, 3.0])
    37.5
    """

    def part(t: Any, p: Any) -> Any:
        return absolute((p - t) / maximum(absolute(t), EPSILON))

    return 100.0 * mean_of("mean_absolute_percentage_error", y_true, y_pred, part)


def mean_squared_logarithmic_error(y_true: Any, y_pred: Any) -> Any:
    """Return the mean of (log(1 + t) - log(1 + y))², for numbers of many orders of magnitude.

    What is below 1e-7 is taken for 1e-7, as in Keras.  Arguments and errors are those of
    `mean_squared_error`.

    >>> round(mean_squared_logarithmic_error([1.0, 3.0], [3.0, 3.0]), 6)
    0.240227
    """

    def square(t: Any, p: Any) -> Any:
        return (log(maximum(p, EPSILON) + 1.0) - log(maximum(t, EPSILON) + 1.0)) ** 2

    return mean_of("mean_squared_logarithmic_error", y_true, y_pred, square)


def huber(y_true: Any, y_pred: Any, delta: float = 1.0) -> Any:
    """Return the mean of ½ e² where |e| <= delta, otherwise delta (|e| - ½ delta) (Huber 1964).

    Raises:
        ValueError: delta is not a positive number.

    >>> huber([0.0, 0.0], [0.5, 3.0])
    1.3125
    """
    delta = as_delta(delta)

    def part(t: Any, p: Any) -> Any:
        e = absolute(p - t)
        return where(e <= delta, 0.5 * e**2, delta * (e - 0.5 * delta))

    return mean_of("huber", y_true, y_pred, part)


def as_delta(delta: Any) -> float:
    """Return the delta of `huber` as a float; ValueError if it is not positive."""
    number = as_number(delta, "delta")
    if not number > 0.0:
        raise ValueError(f"delta is a positive number, not {shown(delta)}")
    return number


def hinge(y_true: Any, y_pred: Any) -> Any:
    """Return the mean of max(0, 1 - t y), with targets -1 and 1.

    Targets that are all 0 or 1 are taken for -1 and 1, as in Keras.

    >>> hinge([1, -1], [2.0, 0.5])
    0.75
    """

    def formula(true: Any, pred: Any) -> Any:
        if isinstance(true, Tensor):  # t (t - 1) is 0 for 0 and 1 alone
            largest = abs(true * (true - 1.0)).max()
            true = where(largest == 0.0, 2.0 * true - 1.0, true)
        elif np.all(each(lambda t: (t == 0.0) | (t == 1.0), true)):
            true = each(lambda t: 2.0 * t - 1.0, true)
        return mean(each(lambda t, p: maximum(1.0 - t * p, 0.0), true, pred))

    return of_samples("hinge", y_true, y_pred, formula)


# --- of probabilities -----------------------------------------------------------------------


def binary_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0
) -> Any:
    """Return the mean of -(t log p + (1 - t) log(1 - p)), with targets in [0, 1].

    Args:
        y_true: the targets.
        y_pred: probabilities p, or numbers z with p = sigmoid(z).
        from_logits: whether they are the z, for which the loss is exact however large.
        label_smoothing: how far, from 0 to 1, targets are first moved towards ½.

    Raises:
        ValueError: a target or, without `from_logits`, a prediction outside [0, 1].

    >>> round(binary_crossentropy([1, 0], [0.9, 0.2]), 6)
    0.164252
    >>> binary_crossentropy([1], [-1000.0], from_logits=True)
    1000.0
    """
    from_logits = as_flag(from_logits, "from_logits")

    def of_logit(t: Any, z: Any) -> Any:
        return softplus(-z) * t + softplus(z) * (1.0 - t)

    def of_probability(t: Any, p: Any) -> Any:
        p = clip(p, EPSILON, 1.0 - EPSILON)
        return log(1.0 - p) * (t - 1.0) - log(p) * t

    def formula(true: Any, pred: Any) -> Any:
        advice = "; for the numbers of several classes there is sparse_categorical_crossentropy"
        _check_targets(true, "binary_crossentropy", advice)
        if not from_logits:
            _check_probabilities(pred, "binary_crossentropy")
        true = smoothed(true, label_smoothing, 2)
        return mean(each(of_logit if from_logits else of_probability, true, pred))

    return of_samples("binary_crossentropy", y_true, y_pred, formula)


def categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0
) -> Any:
    """Return -Σ t log p for each sample, with targets that are probabilities (one-hot).

    Args:
        y_true: the targets, one for each class.
        y_pred: probabilities, or numbers of which softmax is to be taken.  The rows of an
            array are first divided by their sum, as in Keras, so that they need not sum to 1;
            a list is taken as it is.
        from_logits: whether they are the latter.
        label_smoothing: how far, from 0 to 1, targets are first moved towards equal shares.

    Raises:
        ValueError: targets that are not one-hot or, without `from_logits`, a prediction
            that is no probability.

    >>> round(categorical_crossentropy([0, 1], [0.25, 0.75]), 6)
    0.287682
    >>> categorical_crossentropy([0, 1], [1000.0, 0.0], from_logits=True)
    1000.0
    """
    loss, from_logits = "categorical_crossentropy", as_flag(from_logits, "from_logits")

    def formula(true: Any, pred: Any) -> Any:
        classes = len(pred) if isinstance(pred, list) else pred.shape[-1]
        _check_targets(true, loss, one_hot_wanted(classes))
        if classes == 1 and not isinstance(pred, list):
            warnings.warn(
                f"{loss}: the probability of a single class is always 1; for two classes take "
                "sigmoid and binary_crossentropy, or two outputs and softmax",
                stacklevel=4,
            )
        true = smoothed(true, label_smoothing, classes)
        return _log_likelihood(true, pred, from_logits, loss)

    return of_samples(loss, y_true, y_pred, formula)


def sparse_categorical_crossentropy(y_true: Any, y_pred: Any, from_logits: bool = False) -> Any:
    """Return -log p of the right class for each sample, with targets that are class numbers.

    Args:
        y_true: the numbers of the right classes, from 0: the shape of y_pred without its last
            axis, or with 1 in its place.
        y_pred: as for `categorical_crossentropy`.
        from_logits: as for `categorical_crossentropy`.

    Raises:
        ValueError: a target that is no class number, or what is an error there.

    >>> round(sparse_categorical_crossentropy(1, [0.25, 0.75]), 6)
    0.287682
    """
    loss, from_logits = "sparse_categorical_crossentropy", as_flag(from_logits, "from_logits")

    def formula(true: Any, pred: Any) -> Any:
        return _log_likelihood(true, pred, from_logits, loss)

    return of_samples(loss, y_true, y_pred, formula, labels=True)


def kl_divergence(y_true: Any, y_pred: Any) -> Any:
    """Return Σ t log(t / p) for each sample, both clipped to [1e-7, 1] (Kullback, Leibler 1951).

    >>> round(kl_divergence([0.5, 0.5], [0.25, 0.75]), 6)
    0.143841
    """

    def part(t: Any, p: Any) -> Any:
        t, p = clip(t, EPSILON, 1.0), clip(p, EPSILON, 1.0)
        return t * log(t / p)

    return of_samples(
        "kl_divergence", y_true, y_pred, lambda true, pred: total(each(part, true, pred))
    )  # fmt: skip


def _log_likelihood(true: Any, pred: Any, from_logits: bool, loss: str) -> Any:
    if not from_logits:
        if isinstance(pred, list):
            _check_probabilities(pred, loss)
        else:
            _check_probabilities(pred, loss, np.inf)  # the rows become probabilities by this:
            with np.errstate(divide="ignore", invalid="ignore"):  # nan where all are 0
                pred = pred / sum_values(pred, axis=-1, keepdims=True)
        return -total(each(lambda t, p: log(clip(p, EPSILON, 1.0 - EPSILON)) * t, true, pred))
    if not isinstance(pred, list):
        return -total(autograd.log_softmax(pred, axis=-1) * true)
    zs = shifted(pred)
    log_total = log(sum_values([exp(z) for z in zs]))
    return sum_values([t * (log_total - z) for t, z in zip(true, zs, strict=True)])


def _check_targets(true: Any, loss: str, advice: str) -> None:
    def check(data: Any) -> None:
        wrong = _outside(data, 0.0, 1.0)
        if wrong is not None:
            raise ValueError(f"{loss}: the target {wrong!r} is not in [0, 1]{advice}")

    looked_at(true, check)


def _check_probabilities(pred: Any, loss: str, high: float = 1.0 + EPSILON) -> None:
    def check(data: Any) -> None:
        wrong = _outside(data, -EPSILON, high)
        if wrong is not None:
            raise ValueError(
                f"{loss} takes probabilities, and {wrong!r} is none: end the network with "
                "sigmoid or softmax, or say from_logits=True"
            )

    looked_at(pred, check)


def _outside(y: Any, low: float, high: float) -> float | None:
    """Return the first number outside [low, high] if there is one; nan passes, to be seen."""
    if not isinstance(y, list):
        if not (y.min() < low or y.max() > high):
            return None
        y = y.ravel()
    return next((float(number) for number in y if number < low or number > high), None)


def smoothed(true: Any, label_smoothing: Any, classes: int) -> Any:
    """Return the targets moved towards equal shares; ValueError for a number outside [0, 1]."""
    smoothing = as_number(label_smoothing, "label_smoothing")
    if not 0.0 <= smoothing <= 1.0:
        raise ValueError(f"label_smoothing is a number from 0 to 1, not {shown(label_smoothing)}")
    if not smoothing:
        return true
    return each(lambda t: t * (1.0 - smoothing) + smoothing / classes, true)
