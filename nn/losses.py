"""Losses over numbers and Values: how far predictions are from targets, as one Value.

Each takes ``(y_true, y_pred)``, two numbers or two lists of equal length, in the order
that Keras uses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from autograd import Value, exp, log, maximum, minimum, softplus, where
from autograd import abs as absolute
from autograd import sum as sum_values
from autograd.operands import as_number, as_operand

__all__ = [
    "binary_crossentropy", "categorical_crossentropy", "hinge", "huber",
    "mean_absolute_error", "mean_squared_error", "squared_error",
]  # fmt: skip

EPSILON = 1e-7
"""Probabilities are clipped to [EPSILON, 1 - EPSILON] before a logarithm, as in Keras."""


def _pairs(y_true: Any, y_pred: Any, loss: str) -> list[tuple[Any, Any]]:
    true, pred = _listed(y_true, f"{loss}, y_true,"), _listed(y_pred, f"{loss}, y_pred,")
    if len(true) != len(pred):
        raise ValueError(f"{loss}: {len(true)} targets and {len(pred)} predictions")
    if not true:
        raise ValueError(f"{loss}: there are no targets")
    return list(zip(true, pred, strict=True))


def _listed(y: Any, where: str) -> list[Any]:
    if hasattr(y, "tolist"):  # an ndarray, a numpy scalar, a pandas Series
        y = y.tolist()
    if isinstance(y, (Value, str)) or not isinstance(y, Iterable):
        y = [y]
    return [as_operand(number, where) for number in y]


def _mean(pairs: list[tuple[Any, Any]], loss: Callable[[Any, Any], Any]) -> Any:
    return sum_values([loss(t, p) for t, p in pairs]) / float(len(pairs))


def squared_error(y_true: Any, y_pred: Any) -> Any:
    """Return ½ Σ (t - y)², the error E of the backpropagation lecture.

    The ½ makes dE/dy equal to y - t.

    >>> squared_error(0.25, 0.75)
    0.125
    """
    squares = [(t - p) ** 2 for t, p in _pairs(y_true, y_pred, "squared_error")]
    return 0.5 * (squares[0] if len(squares) == 1 else sum_values(squares))


def mean_squared_error(y_true: Any, y_pred: Any) -> Any:
    """Return the mean of (t - y)².

    >>> mean_squared_error([0.0, 1.0], [1.0, 3.0])
    2.5
    """
    return _mean(_pairs(y_true, y_pred, "mean_squared_error"), lambda t, p: (t - p) ** 2)


def mean_absolute_error(y_true: Any, y_pred: Any) -> Any:
    """Return the mean of |t - y|.

    >>> mean_absolute_error([0.0, 1.0], [1.0, 3.0])
    1.5
    """
    return _mean(_pairs(y_true, y_pred, "mean_absolute_error"), lambda t, p: absolute(t - p))


def huber(y_true: Any, y_pred: Any, delta: float = 1.0) -> Any:
    """Return the mean of ½ e² where |e| <= delta, otherwise delta (|e| - ½ delta) (Huber 1964).

    Raises:
        ValueError: delta is not a positive number.

    >>> huber([0.0, 0.0], [0.5, 3.0])
    1.3125
    """
    delta = as_number(delta, "delta")
    if not delta > 0.0:
        raise ValueError(f"delta is a positive number, not {delta!r}")

    def loss(t: Any, p: Any) -> Any:
        e = absolute(t - p)
        return where(e <= delta, 0.5 * e**2, delta * (e - 0.5 * delta))

    return _mean(_pairs(y_true, y_pred, "huber"), loss)


def hinge(y_true: Any, y_pred: Any) -> Any:
    """Return the mean of max(0, 1 - t y), with targets -1 and 1.

    Targets that are all 0 or 1 are taken for -1 and 1, as in Keras.

    >>> hinge([1, -1], [2.0, 0.5])
    0.75
    """
    pairs = _pairs(y_true, y_pred, "hinge")
    if all(t in (0.0, 1.0) for t, _ in pairs):
        pairs = [(2.0 * t - 1.0, p) for t, p in pairs]
    return _mean(pairs, lambda t, p: maximum(1.0 - t * p, 0.0))


def _clipped(p: Any, loss: str) -> Any:
    if not -EPSILON <= float(p) <= 1.0 + EPSILON and float(p) == float(p):
        raise ValueError(
            f"{loss} takes probabilities, and {float(p)!r} is none: end the network with "
            "sigmoid or softmax, or say from_logits=True"
        )
    return minimum(maximum(p, EPSILON), 1.0 - EPSILON)


def binary_crossentropy(y_true: Any, y_pred: Any, from_logits: bool = False) -> Any:
    """Return the mean of -(t log p + (1 - t) log(1 - p)), with targets in [0, 1].

    Args:
        y_true: the targets.
        y_pred: probabilities p, or numbers z with p = sigmoid(z).
        from_logits: whether they are the z, for which the loss is exact however large.

    Raises:
        ValueError: a target or, without `from_logits`, a prediction outside [0, 1].

    >>> round(binary_crossentropy([1, 0], [0.9, 0.2]), 6)
    0.164252
    >>> binary_crossentropy([1], [-1000.0], from_logits=True)
    1000.0
    """

    def loss(t: Any, p: Any) -> Any:
        if not 0.0 <= float(t) <= 1.0:
            raise ValueError(f"binary_crossentropy: the target {float(t)!r} is not in [0, 1]")
        if from_logits:
            return t * softplus(-p) + (1.0 - t) * softplus(p)
        p = _clipped(p, "binary_crossentropy")
        return -(t * log(p) + (1.0 - t) * log(1.0 - p))

    return _mean(_pairs(y_true, y_pred, "binary_crossentropy"), loss)


def categorical_crossentropy(y_true: Any, y_pred: Any, from_logits: bool = False) -> Any:
    """Return -Σ t log p for one sample, with targets that are probabilities (one-hot).

    Args:
        y_true: the targets, one for each class.
        y_pred: probabilities, or numbers of which softmax is to be taken.
        from_logits: whether they are the latter.

    Raises:
        ValueError: without `from_logits`, a prediction outside [0, 1].

    >>> round(categorical_crossentropy([0, 1], [0.25, 0.75]), 6)
    0.287682
    >>> categorical_crossentropy([0, 1], [1000.0, 0.0], from_logits=True)
    1000.0
    """
    pairs = _pairs(y_true, y_pred, "categorical_crossentropy")
    if from_logits:
        largest = max(float(z) for _, z in pairs)
        shifted = [(t, z - largest) for t, z in pairs]
        log_total = log(sum_values([exp(z) for _, z in shifted]))
        return sum_values([t * (log_total - z) for t, z in shifted])
    return -sum_values([t * log(_clipped(p, "categorical_crossentropy")) for t, p in pairs])
