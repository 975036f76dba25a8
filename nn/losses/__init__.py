"""Losses: how far predictions are from targets, as functions, as classes and by name.

A function takes ``(y_true, y_pred)``, in the order that Keras uses, and gives one number for
each sample: arrays are reduced over their last axis, so that shape (n, k) gives (n,), and a
flat list of numbers and Values is one sample.  Every formula is written once, for both.  A
class makes one number of a batch.

>>> import numpy as np
>>> from autograd import Tensor
>>> y, prediction = np.array([[0.0], [1.0]]), Tensor([[0.5], [3.0]])
>>> mean_squared_error(y, prediction)
Tensor([0.25, 4.  ])
>>> MeanSquaredError()(y, prediction)
Tensor(2.125)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import FunctionType
from typing import TYPE_CHECKING, Any

from nn.losses.classes import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    Hinge,
    Huber,
    KLDivergence,
    Loss,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    SparseCategoricalCrossentropy,
)
from nn.losses.functions import (
    binary_crossentropy,
    categorical_crossentropy,
    hinge,
    huber,
    kl_divergence,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
    sparse_categorical_crossentropy,
    squared_error,
)
from nn.names import Names, as_custom
from nn.unknown import lacking

__all__ = [
    "BinaryCrossentropy", "CategoricalCrossentropy", "Hinge", "Huber", "KLDivergence", "Loss",
    "MeanAbsoluteError", "MeanAbsolutePercentageError", "MeanSquaredError",
    "MeanSquaredLogarithmicError", "SparseCategoricalCrossentropy", "as_loss",
    "binary_crossentropy", "categorical_crossentropy", "deserialize", "get", "hinge", "huber",
    "kl_divergence", "mean_absolute_error", "mean_absolute_percentage_error",
    "mean_squared_error", "mean_squared_logarithmic_error", "serialize",
    "sparse_categorical_crossentropy", "squared_error",
]  # fmt: skip

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

if not TYPE_CHECKING:
    __getattr__ = lacking(__name__, {name: f.__name__ for name, f in _FUNCTIONS.items()})


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
    if isinstance(loss, str) and loss in _FUNCTIONS and loss not in as_custom(custom_objects):
        return _FUNCTIONS[loss]
    return _NAMES.get(loss, custom_objects)


def as_loss(loss: Any, custom_objects: Mapping[str, Any] | None = None) -> Loss:
    """Return a `Loss` for anything that `get` takes: a function's numbers are averaged.

    >>> as_loss("mse")
    MeanSquaredError(name='mean_squared_error', reduction='sum_over_batch_size')
    >>> def largest(y_true, y_pred):
    ...     return abs(y_pred - y_true).max(axis=-1)
    >>> as_loss(largest).name
    'largest'
    """
    found = get(loss, custom_objects)
    if isinstance(found, Loss):
        return found
    if isinstance(found, FunctionType) and found in _CLASSES:
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
