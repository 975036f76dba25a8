"""Losses: how far predictions are from targets, as functions, as classes and by name.

A function takes ``(y_true, y_pred)``, in the order that Keras uses, and gives one number for
each sample: arrays are reduced over their last axis, so that shape (n, k) gives (n,), and a
flat list of numbers and Values is one sample.  Every formula is written once, for both.  A
class makes one number of a batch.

>>> y, prediction = np.array([[0.0], [1.0]]), Tensor([[0.5], [3.0]])
>>> mean_squared_error(y, prediction)
Tensor([0.25, 4.  ])
>>> MeanSquaredError()(y, prediction)
Tensor(2.125)
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import numpy as np

import autograd
from autograd import Tensor, clip, exp, log, maximum, softplus, where
from autograd import abs as absolute
from autograd import sum as sum_values
from autograd.graph import Node
from autograd.operands import as_array, as_number, as_operand
from nn.config import epsilon
from nn.names import Names
from nn.naming import snake_case

__all__ = [
    "BinaryCrossentropy", "CategoricalCrossentropy", "Hinge", "Huber", "KLDivergence", "Loss",
    "MeanAbsoluteError", "MeanAbsolutePercentageError", "MeanSquaredError",
    "MeanSquaredLogarithmicError", "SparseCategoricalCrossentropy", "as_loss",
    "binary_crossentropy", "categorical_crossentropy", "deserialize", "get", "hinge", "huber",
    "kl_divergence", "mean_absolute_error", "mean_absolute_percentage_error",
    "mean_squared_error", "mean_squared_logarithmic_error", "serialize",
    "sparse_categorical_crossentropy", "squared_error",
]  # fmt: skip

EPSILON = epsilon()
"""Probabilities are clipped to [EPSILON, 1 - EPSILON] before a logarithm, as in Keras."""

Made = TypeVar("Made", bound="Loss")
Formula = Callable[[Any, Any], Any]


# --- what is given: a list of numbers and Values, or arrays ---------------------------------
#
# In the formulas the prediction stands first (p - t, log(p) * t): it is the operand that
# decides how the operation is carried out, and what it meets is mostly a plain array.


def _of_samples(
    loss: str, y_true: Any, y_pred: Any, formula: Formula, labels: bool = False
) -> Any:
    """Return the formula of targets and predictions, two lists or two arrays, that fit.

    With `labels` the targets are class numbers, and the formula gets them as one-hot rows.
    """
    if _is_list(y_pred) and (_is_list(y_true) or getattr(y_true, "ndim", 0) == 1):
        true, pred = _listed(y_true, f"{loss}, y_true,"), _listed(y_pred, f"{loss}, y_pred,")
        if labels:
            true = _one_hot(np.array(true, float), len(pred), (), loss).tolist()
        if len(true) != len(pred):
            raise ValueError(f"{loss}: {len(true)} targets and {len(pred)} predictions")
        if not true:
            raise ValueError(f"{loss}: there are no targets")
        return formula(true, pred)
    pred = _array(y_pred, f"{loss}: y_pred")
    true = _array(y_true, f"{loss}: y_true", pred.dtype)
    if not pred.size:
        raise ValueError(f"{loss}: there are no targets, predictions have the shape {pred.shape}")
    if labels:
        true = _one_hot(true, pred.shape[-1], pred.shape[:-1], loss)
    elif true.shape != pred.shape:
        true, pred = _same_rank(true, pred)
        if true.shape != pred.shape:
            advice = _one_hot_wanted(pred.shape[-1]) if loss.startswith("categorical") else ""
            raise ValueError(
                f"{loss}: targets of the shape {true.shape} do not fit predictions of the shape "
                f"{pred.shape}{advice}"
            )
    return formula(true, pred)


def _is_list(y: Any) -> bool:
    """Tell whether y is one number or a list of numbers and Values, rather than of rows."""
    if isinstance(y, (list, tuple)):
        return not y or not all(isinstance(row, (list, tuple)) or _axes(row) for row in y)
    return not _axes(y)


def _axes(y: Any) -> int:
    axes: int = getattr(y, "ndim", 0)
    return axes


def _listed(y: Any, where: str) -> list[Any]:
    if hasattr(y, "tolist"):  # an ndarray, a numpy scalar, a pandas Series
        y = y.tolist()
    if isinstance(y, (Node, str)) or not isinstance(y, Iterable):
        y = [y]
    return [as_operand(number, where) for number in y]


def _array(y: Any, where: str, dtype: Any = None) -> Any:
    """Return a Tensor or an ndarray of the dtype; of its own, if it is a float, for None."""
    if isinstance(y, (list, tuple)) and _has_nodes(y):
        y = autograd.stack([_array(row, where) for row in y])
    if isinstance(y, Tensor):
        return y if dtype is None else y.astype(dtype)
    if isinstance(y, Node):
        return y
    array = as_array(y, where) if isinstance(y, (list, tuple)) else np.asarray(y)
    if array.dtype.kind not in "fiub":
        wrong = next((x for x in array.ravel().tolist() if not isinstance(x, (int, float))), array)
        raise TypeError(
            f"{where} is to hold numbers, and {wrong!r:.60} is none: names of classes are numbered "
            "by np.unique(y, return_inverse=True)[1], other columns by .astype(float)"
        )
    if dtype is None:
        dtype = array.dtype if array.dtype in (np.float32, np.float64) else np.float64
    return array.astype(dtype, copy=False)


def _has_nodes(rows: Any) -> bool:
    return any(
        _has_nodes(row) if isinstance(row, (list, tuple)) else isinstance(row, Node) for row in rows
    )


def _same_rank(x: Any, y: Any) -> tuple[Any, Any]:
    """Add or drop a last axis of length 1 that one of the arrays has and the other has not."""
    if x.ndim == y.ndim + 1 and x.shape[-1] == 1:
        return (x, y[..., None]) if y.ndim == 1 else (x[..., 0], y)
    if y.ndim == x.ndim + 1 and y.shape[-1] == 1:
        return (x[..., None], y) if x.ndim == 1 else (x, y[..., 0])
    return x, y


def _each(function: Callable[..., Any], *ys: Any) -> Any:
    """Apply a function to the numbers of lists one by one, to arrays at once."""
    if isinstance(ys[0], list):
        return [function(*numbers) for numbers in zip(*ys, strict=True)]
    return function(*ys)


def _mean(values: Any) -> Any:
    if isinstance(values, list):
        return sum_values(values) / float(len(values))
    return _plain(autograd.mean(values, axis=-1))


def _sum(values: Any) -> Any:
    return sum_values(values) if isinstance(values, list) else _plain(sum_values(values, axis=-1))


def _plain(result: Any) -> Any:
    return result[()] if isinstance(result, np.ndarray) else result


def _mean_of(loss: str, y_true: Any, y_pred: Any, function: Formula) -> Any:
    return _of_samples(
        loss, y_true, y_pred, lambda true, pred: _mean(_each(function, true, pred))
    )  # fmt: skip


# --- of numbers -----------------------------------------------------------------------------


def squared_error(y_true: Any, y_pred: Any) -> Any:
    """Return ½ Σ (t - y)², the error E of the backpropagation lecture.

    The ½ makes dE/dy equal to y - t.

    >>> squared_error(0.25, 0.75)
    0.125
    """

    def formula(true: Any, pred: Any) -> Any:
        squares = _each(lambda t, p: (t - p) ** 2, true, pred)
        one = isinstance(squares, list) and len(squares) == 1
        return 0.5 * (squares[0] if one else _sum(squares))

    return _of_samples("squared_error", y_true, y_pred, formula)


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
    return _mean_of("mean_squared_error", y_true, y_pred, lambda t, p: (p - t) ** 2)


def mean_absolute_error(y_true: Any, y_pred: Any) -> Any:
    """Return the mean of |t - y|; arguments and errors are those of `mean_squared_error`.

    >>> mean_absolute_error([0.0, 1.0], [1.0, 3.0])
    1.5
    """
    return _mean_of("mean_absolute_error", y_true, y_pred, lambda t, p: absolute(p - t))


def mean_absolute_percentage_error(y_true: Any, y_pred: Any) -> Any:
    """Return 100 times the mean of |t - y| / |t|, where |t| is taken to be at least 1e-7.

    Arguments and errors are those of `mean_squared_error`.

    >>> mean_absolute_percentage_error([2.0, 4.0], [1.0, 3.0])
    37.5
    """

    def part(t: Any, p: Any) -> Any:
        return absolute((p - t) / maximum(absolute(t), EPSILON))

    return 100.0 * _mean_of("mean_absolute_percentage_error", y_true, y_pred, part)


def mean_squared_logarithmic_error(y_true: Any, y_pred: Any) -> Any:
    """Return the mean of (log(1 + t) - log(1 + y))², for numbers of many orders of magnitude.

    What is below 1e-7 is taken for 1e-7, as in Keras.  Arguments and errors are those of
    `mean_squared_error`.

    >>> round(mean_squared_logarithmic_error([1.0, 3.0], [3.0, 3.0]), 6)
    0.240227
    """

    def square(t: Any, p: Any) -> Any:
        return (log(maximum(p, EPSILON) + 1.0) - log(maximum(t, EPSILON) + 1.0)) ** 2

    return _mean_of("mean_squared_logarithmic_error", y_true, y_pred, square)


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

    def part(t: Any, p: Any) -> Any:
        e = absolute(p - t)
        return where(e <= delta, 0.5 * e**2, delta * (e - 0.5 * delta))

    return _mean_of("huber", y_true, y_pred, part)


def hinge(y_true: Any, y_pred: Any) -> Any:
    """Return the mean of max(0, 1 - t y), with targets -1 and 1.

    Targets that are all 0 or 1 are taken for -1 and 1, as in Keras.

    >>> hinge([1, -1], [2.0, 0.5])
    0.75
    """

    def formula(true: Any, pred: Any) -> Any:
        if np.all(_each(lambda t: (t == 0.0) | (t == 1.0), true)):
            true = _each(lambda t: 2.0 * t - 1.0, true)
        return _mean(_each(lambda t, p: maximum(1.0 - t * p, 0.0), true, pred))

    return _of_samples("hinge", y_true, y_pred, formula)


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

    def of_logit(t: Any, z: Any) -> Any:
        return softplus(-z) * t + softplus(z) * (1.0 - t)

    def of_probability(t: Any, p: Any) -> Any:
        p = clip(p, EPSILON, 1.0 - EPSILON)
        return log(1.0 - p) * (t - 1.0) - log(p) * t

    def formula(true: Any, pred: Any) -> Any:
        wrong = _outside(true, 0.0, 1.0)
        if wrong is not None:
            raise ValueError(
                f"binary_crossentropy: the target {wrong!r} is not in [0, 1]; for the numbers of "
                "several classes there is sparse_categorical_crossentropy"
            )
        if not from_logits:
            _check_probabilities(pred, "binary_crossentropy")
        true = _smoothed(true, label_smoothing, 2)
        return _mean(_each(of_logit if from_logits else of_probability, true, pred))

    return _of_samples("binary_crossentropy", y_true, y_pred, formula)


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
    loss = "categorical_crossentropy"

    def formula(true: Any, pred: Any) -> Any:
        classes = len(pred) if isinstance(pred, list) else pred.shape[-1]
        wrong = _outside(true, 0.0, 1.0)
        if wrong is not None:
            advice = _one_hot_wanted(classes)
            raise ValueError(f"{loss}: the target {wrong!r} is not in [0, 1]{advice}")
        if classes == 1 and not isinstance(pred, list):
            warnings.warn(
                f"{loss}: the probability of a single class is always 1; for two classes take "
                "sigmoid and binary_crossentropy, or two outputs and softmax",
                stacklevel=4,
            )
        true = _smoothed(true, label_smoothing, classes)
        return _log_likelihood(true, pred, from_logits, loss)

    return _of_samples(loss, y_true, y_pred, formula)


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
    loss = "sparse_categorical_crossentropy"

    def formula(true: Any, pred: Any) -> Any:
        return _log_likelihood(true, pred, from_logits, loss)

    return _of_samples(loss, y_true, y_pred, formula, labels=True)


def kl_divergence(y_true: Any, y_pred: Any) -> Any:
    """Return Σ t log(t / p) for each sample, both clipped to [1e-7, 1] (Kullback, Leibler 1951).

    >>> round(kl_divergence([0.5, 0.5], [0.25, 0.75]), 6)
    0.143841
    """

    def part(t: Any, p: Any) -> Any:
        t, p = clip(t, EPSILON, 1.0), clip(p, EPSILON, 1.0)
        return t * log(t / p)

    return _of_samples(
        "kl_divergence", y_true, y_pred, lambda true, pred: _sum(_each(part, true, pred))
    )  # fmt: skip


def _log_likelihood(true: Any, pred: Any, from_logits: bool, loss: str) -> Any:
    if not from_logits:
        if isinstance(pred, list):
            _check_probabilities(pred, loss)
        else:
            _check_probabilities(pred, loss, np.inf)  # the rows become probabilities by this:
            pred = pred / sum_values(pred, axis=-1, keepdims=True)
        return -_sum(_each(lambda t, p: log(clip(p, EPSILON, 1.0 - EPSILON)) * t, true, pred))
    if not isinstance(pred, list):
        return -_sum(autograd.log_softmax(pred, axis=-1) * true)
    largest = max(float(z) for z in pred)
    shifted = [z - largest for z in pred]
    log_total = log(sum_values([exp(z) for z in shifted]))
    return sum_values([t * (log_total - z) for t, z in zip(true, shifted, strict=True)])


def _outside(y: Any, low: float, high: float) -> float | None:
    """Return the first number outside [low, high] if there is one; nan passes, to be seen."""
    if not isinstance(y, list):
        data = y.data if isinstance(y, Tensor) else y
        if not (data.min() < low or data.max() > high):
            return None
        y = data.ravel()
    return next((float(number) for number in y if number < low or number > high), None)


def _check_probabilities(pred: Any, loss: str, high: float = 1.0 + EPSILON) -> None:
    wrong = _outside(pred, -EPSILON, high)
    if wrong is not None:
        raise ValueError(
            f"{loss} takes probabilities, and {wrong!r} is none: end the network with "
            "sigmoid or softmax, or say from_logits=True"
        )


def _smoothed(true: Any, label_smoothing: Any, classes: int) -> Any:
    smoothing = as_number(label_smoothing, "label_smoothing")
    if not 0.0 <= smoothing <= 1.0:
        raise ValueError(f"label_smoothing is a number from 0 to 1, not {smoothing!r}")
    if not smoothing:
        return true
    return _each(lambda t: t * (1.0 - smoothing) + smoothing / classes, true)


def _one_hot_wanted(classes: int) -> str:
    return (
        f": it takes one-hot targets, nn.utils.to_categorical(y, {classes}); for class numbers "
        "there is sparse_categorical_crossentropy"
    )


def _one_hot(labels: Any, classes: int, shape: tuple[int, ...], loss: str) -> Any:
    """Return a row for each class number, in the dtype that the numbers have."""
    if isinstance(labels, Tensor):
        labels = labels.data
    if labels.shape == (*shape, 1):
        labels = labels[..., 0]
    if labels.shape != shape:
        advice = ""
        if labels.shape == (*shape, classes):
            advice = "; for one-hot targets there is categorical_crossentropy"
        raise ValueError(
            f"{loss}: targets of the shape {labels.shape} do not fit predictions of the shape "
            f"{(*shape, classes)}: it takes one class number for each sample{advice}"
        )
    rows = np.eye(classes, dtype=labels.dtype)
    with np.errstate(invalid="ignore"):
        numbers = labels.astype(np.intp)
    wrong = (numbers != labels) | (numbers < 0) | (numbers >= classes)
    if wrong.any():
        raise ValueError(
            f"{loss}: the label {labels[wrong].ravel()[0]:g} is no class number from 0 to "
            f"{classes - 1}, one for each of the {classes} outputs: number the classes from 0, or "
            "give the last layer more units"
        )
    return rows[numbers]


# --- the classes ----------------------------------------------------------------------------

_REDUCTIONS = ("sum_over_batch_size", "mean", "mean_with_sample_weight", "sum", "none", None)


class Loss:
    """Makes one number of a batch; subclass it and write ``call(y_true, y_pred)``.

    Args:
        name: what histories and messages call it; the name of the class if not given.
        reduction: what becomes of the numbers of the samples: "sum_over_batch_size" or "mean"
            is their mean, "mean_with_sample_weight" divides by the sum of the weights
            instead, "sum" is their sum, "none" or None leaves them as they are.

    Raises:
        ValueError: another reduction.

    >>> class Largest(Loss):
    ...     def call(self, y_true, y_pred):
    ...         return autograd.max(abs(y_pred - y_true), axis=-1)
    >>> Largest()(np.zeros((2, 2)), Tensor([[1.0, 2.0], [3.0, 0.0]]))
    Tensor(2.5)
    """

    def __init__(
        self, name: str | None = None, reduction: str | None = "sum_over_batch_size"
    ) -> None:
        if reduction not in _REDUCTIONS:
            listed = ", ".join(map(repr, _REDUCTIONS))
            raise ValueError(f"unknown reduction {reduction!r:.60}: there are {listed}")
        self.name = name or snake_case(type(self).__name__)
        self.reduction = reduction

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return one number for each sample."""
        raise NotImplementedError(f"{type(self).__name__} has no call(y_true, y_pred)")

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Return the loss of a batch.

        Args:
            y_true: the targets.
            y_pred: the predictions.
            sample_weight: a factor for each sample.

        Raises:
            ValueError: weights, targets and predictions whose shapes do not fit.
        """
        values = self.call(y_true, y_pred)
        weight = None
        if sample_weight is not None:
            values, weight = _weighted(values, sample_weight, self.name)
        if self.reduction in ("none", None) or not _axes(values):
            return values
        if self.reduction == "sum":
            return _plain(sum_values(values))
        if weight is not None and self.reduction == "mean_with_sample_weight":
            total = float(weight.sum())
            return _plain(sum_values(values)) / total if total else _plain(sum_values(values))
        return _plain(autograd.mean(values))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this loss again."""
        return {"name": self.name, "reduction": self.reduction}

    @classmethod
    def from_config(cls: type[Made], config: dict[str, Any]) -> Made:
        """Return the loss that `get_config` describes."""
        return cls(**config)

    def __repr__(self) -> str:
        listed = ", ".join(f"{name}={value!r}" for name, value in self.get_config().items())
        return f"{type(self).__name__}({listed})"


def _weighted(values: Any, sample_weight: Any, name: str) -> tuple[Any, Any]:
    dtype = getattr(values, "dtype", None)
    weight = _array(sample_weight, f"{name}: sample_weight", dtype)
    if isinstance(weight, Tensor):
        weight = weight.data
    if not weight.ndim:
        return values * weight[()], weight
    if not _axes(values):
        raise ValueError(
            f"{name}: a sample_weight of the shape {weight.shape} for a single sample; several "
            "samples are rows, of the shape (n, 1) if each has one target"
        )
    values, weight = _same_rank(values, weight)
    if len(values) != len(weight):
        raise ValueError(
            f"{name}: a sample_weight of the shape {weight.shape} does not fit {len(values)} "
            "samples: it is one number for each"
        )
    return values * weight, weight


class _OfFunction(Loss):
    """A loss that calls one of the functions above with its options."""

    function: Callable[..., Any]

    def __init__(
        self, reduction: str | None = "sum_over_batch_size", name: str | None = None
    ) -> None:
        super().__init__(name or type(self).function.__name__, reduction)
        self.options: dict[str, Any] = {}

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return one number for each sample."""
        return type(self).function(y_true, y_pred, **self.options)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this loss again."""
        return {**super().get_config(), **self.options}


class MeanSquaredError(_OfFunction):
    """The mean of (t - y)²; arguments are those of `Loss`.

    >>> MeanSquaredError()(np.array([[0.0], [1.0]]), np.array([[1.0], [3.0]]))
    np.float64(2.5)
    """

    function = staticmethod(mean_squared_error)


class MeanAbsoluteError(_OfFunction):
    """The mean of |t - y|; arguments are those of `Loss`."""

    function = staticmethod(mean_absolute_error)


class MeanAbsolutePercentageError(_OfFunction):
    """100 times the mean of |t - y| / |t|; arguments are those of `Loss`."""

    function = staticmethod(mean_absolute_percentage_error)


class MeanSquaredLogarithmicError(_OfFunction):
    """The mean of (log(1 + t) - log(1 + y))²; arguments are those of `Loss`."""

    function = staticmethod(mean_squared_logarithmic_error)


class Hinge(_OfFunction):
    """The mean of max(0, 1 - t y); arguments are those of `Loss`."""

    function = staticmethod(hinge)


class KLDivergence(_OfFunction):
    """The mean of Σ t log(t / p); arguments are those of `Loss`."""

    function = staticmethod(kl_divergence)


class Huber(_OfFunction):
    """Like MeanSquaredError up to an error of `delta`, and beyond it linear; see `huber`.

    >>> Huber(delta=0.5).get_config()
    {'name': 'huber_loss', 'reduction': 'sum_over_batch_size', 'delta': 0.5}
    """

    function = staticmethod(huber)

    def __init__(
        self,
        delta: float = 1.0,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "huber_loss",
    ) -> None:
        super().__init__(reduction, name)
        huber(0.0, 0.0, delta)  # is it a positive number?
        self.options = {"delta": float(delta)}


class BinaryCrossentropy(_OfFunction):
    """The mean of -(t log p + (1 - t) log(1 - p)); see `binary_crossentropy`.

    >>> BinaryCrossentropy(from_logits=True)(np.array([[1.0]]), np.array([[-1000.0]]))
    np.float64(1000.0)
    """

    function = staticmethod(binary_crossentropy)

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        *,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
    ) -> None:
        super().__init__(reduction, name)
        _smoothed([], label_smoothing, 1)
        self.options = {"from_logits": bool(from_logits), "label_smoothing": label_smoothing}


class CategoricalCrossentropy(BinaryCrossentropy):
    """The mean of -Σ t log p, with one-hot targets; see `categorical_crossentropy`.

    >>> loss = CategoricalCrossentropy()
    >>> loss(np.array([[0.0, 1.0]]), np.array([[0.25, 0.75]])).round(6)
    np.float64(0.287682)
    """

    function = staticmethod(categorical_crossentropy)


class SparseCategoricalCrossentropy(_OfFunction):
    """The mean of -log p, with class numbers as targets; see `sparse_categorical_crossentropy`.

    >>> loss = SparseCategoricalCrossentropy()
    >>> loss(np.array([1]), np.array([[0.25, 0.75]])).round(6)
    np.float64(0.287682)
    """

    function = staticmethod(sparse_categorical_crossentropy)

    def __init__(
        self,
        from_logits: bool = False,
        *,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
    ) -> None:
        super().__init__(reduction, name)
        self.options = {"from_logits": bool(from_logits)}


# --- by name --------------------------------------------------------------------------------

_CLASSES: dict[Any, type[Loss]] = {
    mean_squared_error: MeanSquaredError,
    mean_absolute_error: MeanAbsoluteError,
    mean_absolute_percentage_error: MeanAbsolutePercentageError,
    mean_squared_logarithmic_error: MeanSquaredLogarithmicError,
    huber: Huber,
    hinge: Hinge,
    binary_crossentropy: BinaryCrossentropy,
    categorical_crossentropy: CategoricalCrossentropy,
    sparse_categorical_crossentropy: SparseCategoricalCrossentropy,
    kl_divergence: KLDivergence,
}
_SHORT = {
    "mse": mean_squared_error,
    "mae": mean_absolute_error,
    "mape": mean_absolute_percentage_error,
    "msle": mean_squared_logarithmic_error,
    "bce": binary_crossentropy,
    "kld": kl_divergence,
}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "squared_error": squared_error,
    **{function.__name__: function for function in _CLASSES},
    **_SHORT,
    **{name.upper(): function for name, function in _SHORT.items()},
}
_NAMES = Names(
    "loss",
    {
        "squared_error": squared_error,
        **{function.__name__: kind for function, kind in _CLASSES.items()},
    },
    aliases={name: _CLASSES[function] for name, function in _SHORT.items()},
)


def get(loss: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """Return the loss of a name or config; a function or Loss is returned as it is.

    As in Keras, "mean_squared_error" and "mse" are the function, with a number for each
    sample, and "MeanSquaredError" is an object of the class, with one for the batch.

    Raises:
        ValueError: there is none of that name; the message has the nearest.
        TypeError: neither a name, a config nor something to call.

    >>> get("mse") is mean_squared_error
    True
    >>> get("MeanSquaredError")
    MeanSquaredError(name='mean_squared_error', reduction='sum_over_batch_size')
    """
    if loss is None:
        return None
    if isinstance(loss, str) and loss in _FUNCTIONS and loss not in (custom_objects or {}):
        return _FUNCTIONS[loss]
    return _NAMES.get(loss, custom_objects)


def as_loss(loss: Any, custom_objects: Mapping[str, Any] | None = None) -> Loss:
    """Return a `Loss` for anything that `get` takes: a function's numbers are averaged.

    >>> as_loss("mse")
    MeanSquaredError(name='mean_squared_error', reduction='sum_over_batch_size')
    >>> def largest(y_true, y_pred):
    ...     return autograd.max(abs(y_pred - y_true), axis=-1)
    >>> as_loss(largest).name
    'largest'
    """
    found = get(loss, custom_objects)
    if isinstance(found, Loss):
        return found
    if found in _CLASSES:
        return _CLASSES[found]()
    wrapped = Loss(getattr(found, "__name__", type(found).__name__))
    wrapped.call = found  # type: ignore[method-assign]
    return wrapped


def serialize(loss: Any) -> Any:
    """Return what `get` makes the loss from again.

    Raises:
        ValueError: a lambda, which has no name.

    >>> serialize(Huber(0.5))["config"]["delta"], serialize(mean_squared_error)
    (0.5, 'mean_squared_error')
    """
    return _NAMES.serialize(loss)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """Return the loss that `serialize` described.

    >>> deserialize(serialize(Huber(0.5))).get_config()["delta"]
    0.5
    """
    return get(config, custom_objects)
