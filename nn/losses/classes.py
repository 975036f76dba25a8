"""The losses as classes: objects with options that make one number of a batch.

>>> MeanSquaredError()([[0.0], [1.0]], Tensor([[0.5], [3.0]]))
Tensor(2.125)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd
from autograd import Tensor, Value, contexts
from autograd import sum as sum_values
from autograd.formatting import shown
from nn.checks import as_flag, as_float, as_name
from nn.losses import functions
from nn.losses.samples import as_numbers, axes, plain, same_rank
from nn.names import Configured
from nn.naming import snake_case

__all__ = [
    "BinaryCrossentropy", "CategoricalCrossentropy", "Hinge", "Huber", "KLDivergence", "Loss",
    "MeanAbsoluteError", "MeanAbsolutePercentageError", "MeanSquaredError",
    "MeanSquaredLogarithmicError", "SparseCategoricalCrossentropy",
]  # fmt: skip


_REDUCTIONS = ("sum_over_batch_size", "mean", "mean_with_sample_weight", "sum", "none", None)


class Loss(Configured):
    """Makes one number of a batch; subclass it and write ``call(y_true, y_pred)``.

    Args:
        name: what histories and messages call it; the name of the class if not given.
        reduction: what becomes of the numbers of the samples: "sum_over_batch_size" or "mean"
            is their mean, "mean_with_sample_weight" divides by the sum of the weights
            instead, "sum" is their sum, "none" or None leaves them as they are.

    Raises:
        TypeError: `name` is no str.
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
        if not isinstance(reduction, (str, type(None))) or reduction not in _REDUCTIONS:
            listed = ", ".join(map(repr, _REDUCTIONS))
            raise ValueError(f"unknown reduction {shown(reduction)}: there are {listed}")
        self.name = as_name(name, "the name of a loss", snake_case(type(self).__name__))
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
        if self.reduction in ("none", None) or not axes(values):
            return values
        if self.reduction == "sum":
            return plain(sum_values(values))
        if weight is not None and self.reduction == "mean_with_sample_weight":
            total = sum_values(weight)
            return plain(sum_values(values)) / _or_one(total)
        return plain(autograd.mean(values))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this loss again."""
        return {"name": self.name, "reduction": self.reduction}


def _weighted(values: Any, sample_weight: Any, name: str) -> tuple[Any, Any]:
    dtype = getattr(values, "dtype", None)
    weight = as_numbers(sample_weight, f"{name}: sample_weight", dtype)
    if isinstance(weight, Value):
        raise TypeError(f"{name}: sample_weight is a list or an array of numbers, not {weight!r}")
    if isinstance(weight, Tensor):
        weight = weight.data if contexts.watcher() is None else weight.detach()
    if not weight.ndim:
        return values * plain(weight), weight
    if not axes(values):
        raise ValueError(
            f"{name}: a sample_weight of the shape {weight.shape} for a single sample; several "
            "samples are rows, of the shape (n, 1) if each has one target"
        )
    values, weight = same_rank(values, weight)
    if weight.ndim < values.ndim:  # one for each sample, that is, for all of its numbers
        weight = weight.reshape(weight.shape + (1,) * (values.ndim - weight.ndim))
    pairs = zip(weight.shape, values.shape, strict=False)
    fits = len(weight) == len(values) and all(w in (1, v) for w, v in pairs)
    if weight.ndim > values.ndim or not fits:
        raise ValueError(
            f"{name}: a sample_weight of the shape {weight.shape} does not fit {len(values)} "
            "samples: it is one number for each"
        )
    return values * weight, autograd.broadcast_to(weight, values.shape)


def _or_one(total: Any) -> Any:
    """Return the sum of the weights, a constant, or 1 if it is 0."""
    if isinstance(total, Tensor):
        return autograd.where(total == 0.0, np.ones((), total.dtype), total)
    return float(total) or 1.0


class _OfFunction(Loss):
    """A loss that calls one of `nn.losses.functions` with its options."""

    function: Callable[..., Any]

    def __init__(
        self, reduction: str | None = "sum_over_batch_size", name: str | None = None
    ) -> None:
        own = type(self).function.__name__
        super().__init__(as_name(name, "the name of a loss", own), reduction)
        self.options: dict[str, Any] = {}

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return one number for each sample."""
        return type(self).function(y_true, y_pred, **self.options)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this loss again."""
        return {**super().get_config(), **self.options}


class MeanSquaredError(_OfFunction):
    """The mean of (t - y)²; arguments are those of `Loss`.

    >>> MeanSquaredError()([[0.0], [1.0]], [[1.0], [3.0]])
    np.float64(2.5)
    """

    function = staticmethod(functions.mean_squared_error)


class MeanAbsoluteError(_OfFunction):
    """The mean of |t - y|; arguments are those of `Loss`."""

    function = staticmethod(functions.mean_absolute_error)


class MeanAbsolutePercentageError(_OfFunction):
    """100 times the mean of |t - y| / |t|; arguments are those of `Loss`."""

    function = staticmethod(functions.mean_absolute_percentage_error)


class MeanSquaredLogarithmicError(_OfFunction):
    """The mean of (log(1 + t) - log(1 + y))²; arguments are those of `Loss`."""

    function = staticmethod(functions.mean_squared_logarithmic_error)


class Hinge(_OfFunction):
    """The mean of max(0, 1 - t y); arguments are those of `Loss`."""

    function = staticmethod(functions.hinge)


class KLDivergence(_OfFunction):
    """The mean of Σ t log(t / p); arguments are those of `Loss`."""

    function = staticmethod(functions.kl_divergence)


class Huber(_OfFunction):
    """Like MeanSquaredError up to an error of `delta`, and beyond it linear; see `huber`.

    >>> Huber(delta=0.5).get_config()
    {'name': 'huber_loss', 'reduction': 'sum_over_batch_size', 'delta': 0.5}
    """

    function = staticmethod(functions.huber)

    def __init__(
        self,
        delta: float = 1.0,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "huber_loss",
    ) -> None:
        super().__init__(reduction, name)
        self.options = {"delta": functions.as_delta(delta)}


class BinaryCrossentropy(_OfFunction):
    """The mean of -(t log p + (1 - t) log(1 - p)); see `binary_crossentropy`.

    Raises:
        ValueError: `from_logits` is neither True nor False, or `label_smoothing` not in [0, 1].

    >>> BinaryCrossentropy(from_logits=True)([[1.0]], [[-1000.0]])
    np.float64(1000.0)
    """

    function = staticmethod(functions.binary_crossentropy)

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        *,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
    ) -> None:
        super().__init__(reduction, name)
        self.options = {
            "from_logits": as_flag(from_logits, "from_logits"),
            "label_smoothing": as_float(label_smoothing, "label_smoothing", 0, 1),
        }


class CategoricalCrossentropy(BinaryCrossentropy):
    """The mean of -Σ t log p, with one-hot targets; see `categorical_crossentropy`.

    >>> loss = CategoricalCrossentropy()
    >>> loss([[0.0, 1.0]], [[0.25, 0.75]]).round(6)
    np.float64(0.287682)
    """

    function = staticmethod(functions.categorical_crossentropy)


class SparseCategoricalCrossentropy(_OfFunction):
    """The mean of -log p, with class numbers as targets; see `sparse_categorical_crossentropy`.

    Raises:
        ValueError: `from_logits` is neither True nor False.

    >>> loss = SparseCategoricalCrossentropy()
    >>> loss([1], [[0.25, 0.75]]).round(6)
    np.float64(0.287682)
    """

    function = staticmethod(functions.sparse_categorical_crossentropy)

    def __init__(
        self,
        from_logits: bool = False,
        *,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
    ) -> None:
        super().__init__(reduction, name)
        self.options = {"from_logits": as_flag(from_logits, "from_logits")}
