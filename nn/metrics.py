"""Metrics: what is reported of a training, computed on plain arrays and never differentiated.

A metric is told of batches by `update_state`, and `result` is the mean over all samples that it
has seen since `reset_state`.

>>> metric = SparseCategoricalAccuracy()
>>> metric.update_state([0, 1], [[0.9, 0.1], [0.8, 0.2]])
>>> metric.update_state([1], [[0.3, 0.7]])
>>> round(metric.result(), 4)
0.6667
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from autograd.formatting import shown
from nn.checks import as_float, as_name, as_whole, is_number
from nn.names import Configured, Names, as_custom
from nn.unknown import lacking
from nn.utils import as_array

__all__ = [
    "Accuracy", "BinaryAccuracy", "CategoricalAccuracy", "Mean", "MeanAbsoluteError",
    "MeanMetricWrapper", "MeanSquaredError", "Metric", "RootMeanSquaredError",
    "SparseCategoricalAccuracy", "SparseTopKCategoricalAccuracy", "TopKCategoricalAccuracy",
    "accuracy_for", "binary_accuracy", "categorical_accuracy", "deserialize", "direction_of",
    "for_output", "get", "serialize", "sparse_categorical_accuracy",
    "sparse_top_k_categorical_accuracy", "top_k_categorical_accuracy",
]  # fmt: skip

Array = NDArray[Any]


# What each metric gives for each sample; the classes below take the mean.


def accuracy(y_true: Any, y_pred: Any) -> Array:
    """Return 1 where a prediction equals its target, else 0."""
    true, pred = _pair(y_true, y_pred, "accuracy")
    return np.asarray(true == pred, dtype=float)


def binary_accuracy(y_true: Any, y_pred: Any, threshold: float = 0.5) -> Array:
    """Return 1 where a prediction lies on its target's side of the threshold, else 0.

    Raises:
        ValueError: `threshold` is no finite number.

    >>> binary_accuracy([0, 1, 1], [0.2, 0.7, 0.5])
    array([1., 1., 0.])
    """
    true, pred = _pair(y_true, y_pred, "binary_accuracy")
    if threshold.__class__ is not float or not math.isfinite(threshold):
        threshold = as_float(threshold, "threshold")
    return np.asarray(true == (pred > threshold), dtype=float)


def categorical_accuracy(y_true: Any, y_pred: Any) -> Array:
    """Return 1 where the largest prediction is that of the one-hot target's class, else 0.

    >>> categorical_accuracy([[0, 1], [1, 0]], [[0.3, 0.7], [0.4, 0.6]])
    array([1., 0.])
    """
    true, pred = _pair(y_true, y_pred, "categorical_accuracy")
    return np.asarray(_largest(true) == _largest(pred), dtype=float)


def sparse_categorical_accuracy(y_true: Any, y_pred: Any) -> Array:
    """Return 1 where the largest prediction is that of the target, a class number, else 0.

    >>> sparse_categorical_accuracy([1, 0], [[0.3, 0.7], [0.4, 0.6]])
    array([1., 0.])
    """
    true, pred = _classes(y_true, y_pred, "sparse_categorical_accuracy")
    return np.asarray(true == _largest(pred), dtype=float)


def top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> Array:
    """Return 1 where fewer than k predictions are larger than that of the one-hot target's class.

    >>> top_k_categorical_accuracy([[0, 1, 0], [1, 0, 0]], [[0.1, 0.3, 0.6], [0.1, 0.3, 0.6]], k=2)
    array([1., 0.])
    """
    true, pred = _pair(y_true, y_pred, "top_k_categorical_accuracy")
    return _among(_largest(true), pred, k)


def sparse_top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> Array:
    """Return 1 where fewer than k predictions are larger than that of the target's class.

    >>> sparse_top_k_categorical_accuracy([1, 0], [[0.1, 0.3, 0.6], [0.1, 0.3, 0.6]], k=2)
    array([1., 0.])
    """
    true, pred = _classes(y_true, y_pred, "sparse_top_k_categorical_accuracy")
    return _among(true, pred, k)


def _squared_error(y_true: Any, y_pred: Any) -> Array:
    true, pred = _pair(y_true, y_pred, "squared error")
    return np.square(np.subtract(pred, true, dtype=float))


def _absolute_error(y_true: Any, y_pred: Any) -> Array:
    true, pred = _pair(y_true, y_pred, "absolute error")
    return np.abs(np.subtract(pred, true, dtype=float))


def _pair(y_true: Any, y_pred: Any, what: str) -> tuple[Array, Array]:
    """Return both as arrays of one shape; a last dimension of 1 may be missing in either."""
    true, pred = as_array(y_true, what, "y_true"), as_array(y_pred, what, "y_pred")
    if true.ndim + 1 == pred.ndim and pred.shape[-1] == 1:
        true = true[..., None]
    elif pred.ndim + 1 == true.ndim and true.shape[-1] == 1:
        pred = pred[..., None]
    if true.shape != pred.shape:
        raise ValueError(
            f"{what}: targets of shape {true.shape} do not fit predictions of shape {pred.shape}"
        )
    return true, pred


def _classes(y_true: Any, y_pred: Any, what: str) -> tuple[Array, Array]:
    """Return class numbers and predictions of one dimension more."""
    true, pred = as_array(y_true, what, "y_true"), as_array(y_pred, what, "y_pred")
    if true.ndim == pred.ndim and true.ndim > 0 and true.shape[-1] == 1:
        true = true[..., 0]
    if true.shape != pred.shape[:-1] or not pred.ndim:
        one_hot = true.shape == pred.shape
        raise ValueError(
            f"{what}: targets of shape {true.shape} do not fit predictions of shape {pred.shape}"
            + (": for one-hot targets it is called " + what.replace("sparse_", "")) * one_hot
        )
    return true, pred


def _largest(scores: Array) -> Array:
    return np.asarray(np.argmax(scores, axis=-1))


def _among(true: Array, pred: Array, k: int) -> Array:
    if k.__class__ is not int or k < 1:
        k = as_whole(k, "k", 1)
    index = np.where(np.isfinite(true), true, -1).astype(np.intp)[..., None]
    outside = (index < 0) | (index >= pred.shape[-1])
    of_true = np.take_along_axis(pred, np.where(outside, 0, index), axis=-1)
    larger = np.sum(pred > of_true, axis=-1)
    known = np.isfinite(of_true) & ~outside  # nan is among the largest of nothing
    return np.asarray((larger < k) & known[..., 0], dtype=float)


class Metric(Configured):
    """The base of metrics: subclass it and write update_state, result and reset_state.

    `direction` says which way is better, "min" or "max"; callbacks that watch the metric ask.
    """

    direction: str | None = None

    def __init__(self, name: str | None = None, dtype: Any = None) -> None:
        self.name = as_name(name, "the name of a metric", type(self).__name__.lower())
        self.dtype = dtype  # accepted as in Keras; the sums are kept in float64

    def update_state(self, *args: Any, **kwargs: Any) -> None:
        """Take in a batch: (y_true, y_pred, sample_weight=None)."""
        raise NotImplementedError(f"{type(self).__name__} has no update_state(y_true, y_pred)")

    def result(self) -> float:
        """Return the metric over all that was taken in."""
        raise NotImplementedError(f"{type(self).__name__} has no result()")

    def reset_state(self) -> None:
        """Forget all that was taken in."""
        raise NotImplementedError(f"{type(self).__name__} has no reset_state()")

    def __call__(self, *args: Any, **kwargs: Any) -> float:
        """Take in a batch and return the result so far."""
        self.update_state(*args, **kwargs)
        return self.result()

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this metric again."""
        return {"name": self.name}

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"


class _Averaged(Metric):
    def __init__(self, name: str | None = None, dtype: Any = None) -> None:
        super().__init__(name, dtype)
        self.reset_state()

    def _add(self, values: Any, sample_weight: Any) -> None:
        """Take in numbers, the first axis being that of the samples."""
        numbers = np.asarray(as_array(values, self.name, "values"), dtype=float)
        if sample_weight is None:
            self._total += float(np.sum(_per_sample(numbers)))
            self._count += float(numbers.shape[0] if numbers.ndim else 1)
            return
        weights = np.asarray(as_array(sample_weight, self.name, "sample_weight"), dtype=float)
        if weights.ndim == numbers.ndim + 1 and weights.shape[-1] == 1:
            weights = weights[..., 0]
        if 0 < weights.ndim < numbers.ndim:
            numbers = numbers.mean(axis=tuple(range(weights.ndim, numbers.ndim)))
        try:
            weights = np.broadcast_to(weights, numbers.shape)
        except ValueError:
            raise ValueError(
                f"{self.name}: sample_weight of shape {weights.shape} does not fit "
                f"{numbers.shape[0] if numbers.ndim else 1} samples"
            ) from None
        self._total += float(np.sum(_per_sample(numbers * weights)))
        self._count += float(np.sum(_per_sample(weights)))

    def result(self) -> float:
        """Return the mean so far, 0.0 before anything was taken in."""
        return self._total / self._count if self._count else 0.0

    def reset_state(self) -> None:
        """Forget all that was taken in."""
        self._total = self._count = 0.0


class Mean(_Averaged):
    """The mean of numbers, weighted by their samples.

    >>> mean = Mean()
    >>> mean.update_state([1.0, 3.0])
    >>> mean.update_state([11.0], sample_weight=[2.0])
    >>> mean.result()
    6.5
    """

    def __init__(self, name: str = "mean", dtype: Any = None) -> None:
        super().__init__(name, dtype)

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        """Take in numbers, the first axis being that of the samples.

        Args:
            values: an array; what a sample has along further axes is averaged.
            sample_weight: one number a sample, or one for each value.

        Raises:
            ValueError: the weights do not fit the values.
        """
        self._add(values, sample_weight)


def _per_sample(values: Array) -> Array:
    return np.asarray(values.mean(axis=tuple(range(1, values.ndim))) if values.ndim > 1 else values)


class MeanMetricWrapper(_Averaged):
    """The mean of a function of targets and predictions: how a plain function becomes a metric.

    Args:
        fn: called with (y_true, y_pred), two arrays; gives a number for each sample.
        name: the key in the history; the function's own name if not given.
        dtype: as in Keras, and of no effect.
        kwargs: further arguments of the function.

    Raises:
        TypeError: `fn` is no function, or `name` no str.

    >>> def worst(y_true, y_pred):
    ...     return np.max(np.abs(y_true - y_pred), axis=-1)
    >>> metric = MeanMetricWrapper(worst)
    >>> metric.name, metric([[0.0, 0.0]], [[0.5, -2.0]])
    ('worst', 2.0)
    """

    def __init__(
        self, fn: Callable[..., Any], name: str | None = None, dtype: Any = None, **kwargs: Any
    ) -> None:
        if not callable(fn):
            raise TypeError(f"a metric is a function of (y_true, y_pred), not {shown(fn)}")
        self._fn, self._kwargs = fn, kwargs
        own = getattr(fn, "__name__", type(fn).__name__)
        super().__init__(as_name(name, "the name of a metric", own), dtype)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take in a batch; the first axis is that of the samples."""
        true = as_array(y_true, self.name, "y_true")
        values = self._fn(true, as_array(y_pred, self.name, "y_pred"), **self._kwargs)
        self._add(values, sample_weight)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this metric again; a user's function among them."""
        if type(self) is MeanMetricWrapper:
            return {"fn": self._fn, "name": self.name, **self._kwargs}
        return {"name": self.name, **self._kwargs}


class Accuracy(MeanMetricWrapper):
    """How often predictions equal their targets."""

    direction = "max"

    def __init__(self, name: str = "accuracy", dtype: Any = None) -> None:
        super().__init__(accuracy, name, dtype)


class BinaryAccuracy(MeanMetricWrapper):
    """How often a probability lies on its target's side of the threshold; targets are 0 and 1.

    Raises:
        ValueError: `threshold` does not lie between 0 and 1.

    >>> BinaryAccuracy()([0, 1, 1, 1], [0.2, 0.7, 0.5, 0.9])
    0.75
    """

    direction = "max"

    def __init__(
        self, name: str = "binary_accuracy", dtype: Any = None, threshold: float = 0.5
    ) -> None:
        if not is_number(threshold) or not 0.0 < threshold < 1.0:
            raise ValueError(f"threshold lies between 0 and 1, and {shown(threshold)} does not")
        self.threshold = threshold = float(threshold)
        super().__init__(binary_accuracy, name, dtype, threshold=threshold)


class CategoricalAccuracy(MeanMetricWrapper):
    """How often the largest prediction is that of the class; targets are one-hot rows.

    >>> CategoricalAccuracy()([[0, 1], [1, 0]], [[0.3, 0.7], [0.4, 0.6]])
    0.5
    """

    direction = "max"

    def __init__(self, name: str = "categorical_accuracy", dtype: Any = None) -> None:
        super().__init__(categorical_accuracy, name, dtype)


class SparseCategoricalAccuracy(MeanMetricWrapper):
    """How often the largest prediction is that of the class; targets are class numbers.

    >>> SparseCategoricalAccuracy()([1, 0], [[0.3, 0.7], [0.4, 0.6]])
    0.5
    """

    direction = "max"

    def __init__(self, name: str = "sparse_categorical_accuracy", dtype: Any = None) -> None:
        super().__init__(sparse_categorical_accuracy, name, dtype)


class TopKCategoricalAccuracy(MeanMetricWrapper):
    """How often the class is among the k largest predictions; targets are one-hot rows."""

    direction = "max"

    def __init__(
        self, k: int = 5, name: str = "top_k_categorical_accuracy", dtype: Any = None
    ) -> None:
        self.k = k = as_whole(k, "k", 1)
        super().__init__(top_k_categorical_accuracy, name, dtype, k=k)


class SparseTopKCategoricalAccuracy(MeanMetricWrapper):
    """How often the class is among the k largest predictions; targets are class numbers."""

    direction = "max"

    def __init__(
        self, k: int = 5, name: str = "sparse_top_k_categorical_accuracy", dtype: Any = None
    ) -> None:
        self.k = k = as_whole(k, "k", 1)
        super().__init__(sparse_top_k_categorical_accuracy, name, dtype, k=k)


class MeanSquaredError(MeanMetricWrapper):
    """The mean of (t - y)².

    >>> MeanSquaredError()([0.0, 1.0], [1.0, 3.0])
    2.5
    """

    direction = "min"

    def __init__(self, name: str = "mean_squared_error", dtype: Any = None) -> None:
        super().__init__(_squared_error, name, dtype)


class MeanAbsoluteError(MeanMetricWrapper):
    """The mean of |t - y|.

    >>> MeanAbsoluteError()([0.0, 1.0], [1.0, 3.0])
    1.5
    """

    direction = "min"

    def __init__(self, name: str = "mean_absolute_error", dtype: Any = None) -> None:
        super().__init__(_absolute_error, name, dtype)


class RootMeanSquaredError(MeanMetricWrapper):
    """The root of the mean of (t - y)², in the units of the targets.

    >>> round(RootMeanSquaredError()([0.0, 1.0], [1.0, 3.0]), 4)
    1.5811
    """

    direction = "min"

    def __init__(self, name: str = "root_mean_squared_error", dtype: Any = None) -> None:
        super().__init__(_squared_error, name, dtype)

    def result(self) -> float:
        """Return the root of the mean so far."""
        mean = super().result()
        return math.sqrt(mean) if mean >= 0.0 else math.nan


_NAMES = Names(
    "metric",
    {
        "accuracy": Accuracy,
        "binary_accuracy": BinaryAccuracy,
        "categorical_accuracy": CategoricalAccuracy,
        "sparse_categorical_accuracy": SparseCategoricalAccuracy,
        "top_k_categorical_accuracy": TopKCategoricalAccuracy,
        "sparse_top_k_categorical_accuracy": SparseTopKCategoricalAccuracy,
        "mean_squared_error": MeanSquaredError,
        "mean_absolute_error": MeanAbsoluteError,
        "root_mean_squared_error": RootMeanSquaredError,
    },
    aliases={
        "acc": Accuracy,
        "mse": MeanSquaredError,
        "mae": MeanAbsoluteError,
        "rmse": RootMeanSquaredError,
    },
)


def get(metric: Any, custom_objects: dict[str, Any] | None = None) -> Metric:
    """Return the metric of a name, config, class or function (which is averaged over samples).

    Raises:
        ValueError: there is none of that name.
        TypeError: none of these.

    >>> get("mae").name
    'mean_absolute_error'
    >>> get("MeanSquareError")
    Traceback (most recent call last):
        ...
    ValueError: unknown metric 'MeanSquareError': did you mean 'mean_squared_error'? There are
    'accuracy', 'binary_accuracy', 'categorical_accuracy', 'mean_absolute_error',
    'mean_squared_error', 'root_mean_squared_error', 'sparse_categorical_accuracy',
    'sparse_top_k_categorical_accuracy', 'top_k_categorical_accuracy'
    """
    found = _NAMES.get(metric, custom_objects)
    return found if isinstance(found, Metric) else MeanMetricWrapper(found)


def serialize(metric: Any) -> dict[str, Any] | str:
    """Return what `deserialize` makes the metric from again.

    Raises:
        ValueError: a function that was wrapped with options or another name, which its own name
            does not tell.

    >>> serialize(BinaryAccuracy(threshold=0.4))["config"]
    {'name': 'binary_accuracy', 'threshold': 0.4}
    """
    if type(metric) is MeanMetricWrapper:  # a user's function: by its name
        fn, options = metric._fn, metric._kwargs
        if options or metric.name != MeanMetricWrapper(fn).name:
            raise ValueError(
                f"metric: {shown(fn)} is saved by its name, without its options "
                f"{shown({'name': metric.name, **options})}: write a function that has them"
            )
        return _NAMES.serialize(fn)
    return _NAMES.serialize(metric)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Metric:
    """Return the metric that `serialize` described.

    >>> deserialize({"class_name": "BinaryAccuracy", "config": {"threshold": 0.4}}).threshold
    0.4
    """
    return get(config, custom_objects)


def accuracy_for(y_true_shape: Sequence[Any], y_pred_shape: Sequence[Any], name: str) -> Metric:
    """Return the accuracy that "accuracy" means for targets and predictions of these shapes.

    One output is binary; class numbers (a dimension less, or a last one of 1) are sparse
    categorical; one-hot rows are categorical.

    Raises:
        TypeError: a shape that is no tuple.

    >>> accuracy_for((32,), (32, 10), "acc")
    <SparseCategoricalAccuracy name=acc>
    """
    for where, shape in (("y_true_shape", y_true_shape), ("y_pred_shape", y_pred_shape)):
        if not isinstance(shape, (tuple, list)):
            raise TypeError(f"{where} is a tuple such as (32, 10), not {shown(shape)}")
    if not y_pred_shape or y_pred_shape[-1] == 1:
        return BinaryAccuracy(name)
    if len(y_true_shape) < len(y_pred_shape) or not y_true_shape or y_true_shape[-1] == 1:
        return SparseCategoricalAccuracy(name)
    return CategoricalAccuracy(name)


def for_output(
    metric: Any,
    y_true_shape: Sequence[Any],
    y_pred_shape: Sequence[Any],
    custom_objects: dict[str, Any] | None = None,
) -> Metric:
    """Return one of compile's metrics for targets and predictions of these shapes.

    "accuracy" and "acc" become the accuracy that fits; a string, as it was given, is the
    metric's name and so the key in the history.

    >>> for_output("accuracy", (32, 10), (32, 10))
    <CategoricalAccuracy name=accuracy>
    >>> for_output("mae", (32, 1), (32, 1))
    <MeanAbsoluteError name=mae>
    """
    if not isinstance(metric, str):
        return get(metric, custom_objects)
    if metric.lower() in ("accuracy", "acc") and metric not in as_custom(custom_objects):
        return accuracy_for(y_true_shape, y_pred_shape, metric)
    found = get(metric, custom_objects)
    found.name = metric
    return found


def direction_of(name: str, metrics: Sequence[Any] = ()) -> str | None:
    """Return whether less ("min") or more ("max") of a logged number is better, or None.

    Args:
        name: a key of the logs, "val_accuracy".
        metrics: those of the model, which know best.

    Raises:
        TypeError: `name` is no str, or `metrics` no list.

    >>> direction_of("val_loss"), direction_of("accuracy"), direction_of("learning_rate")
    ('min', 'max', None)
    """
    if not isinstance(name, str):
        raise TypeError(f"name is a key of the logs, 'val_loss', not {shown(name)}")
    if isinstance(metrics, str) or not isinstance(metrics, Iterable):
        raise TypeError(f"metrics is a list of metrics, not {shown(metrics)}")
    name = name.removeprefix("val_")
    if name == "loss":
        return "min"
    for metric in metrics:
        if getattr(metric, "name", None) == name:
            return getattr(metric, "direction", None)
    if name in _NAMES:
        found: type[Metric] = _NAMES.find(name)
        return found.direction
    return None


if not TYPE_CHECKING:
    __getattr__ = lacking(__name__)
