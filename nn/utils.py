"""Small helpers that a Keras user knows: `to_categorical`, `set_random_seed`, `clear_session`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from autograd.formatting import shown
from nn.checks import as_whole, refuse_mask
from nn.limits import require_memory
from nn.naming import reset_names
from nn.random import set_random_seed
from nn.unknown import lacking

__all__ = ["clear_session", "set_random_seed", "to_categorical"]

if not TYPE_CHECKING:
    _INSTEAD = {
        "np_utils": "nn.utils.to_categorical",
        "plot_model": "model.summary(), or viz.draw(model.scalars(x)[0, 0]) for a small model",
    }
    __getattr__ = lacking(__name__, _INSTEAD)


def clear_session() -> None:
    """Name new layers from the beginning again: the next Dense is "dense".

    Nothing else is kept from model to model that would have to be cleared.

    >>> from nn import layers
    >>> clear_session()
    >>> layers.Dense(1).name, layers.Dense(1).name
    ('dense', 'dense_1')
    """
    reset_names()


def to_categorical(x: Any, num_classes: int | None = None) -> NDArray[np.float64]:
    """Return class numbers as one-hot rows.

    Args:
        x: integers from 0, of any shape; a last dimension of 1 is dropped.
        num_classes: how many columns; the largest number plus 1 if not given.

    Returns:
        An array of zeros and ones with one dimension more than x, of `num_classes`.

    Raises:
        ValueError: not class numbers, or one outside [0, num_classes).

    >>> to_categorical([0, 2, 1])
    array([[1., 0., 0.],
           [0., 0., 1.],
           [0., 1., 0.]])
    """
    labels = _raw(x, "to_categorical: x")
    if labels.dtype.kind not in "buif":
        raise ValueError(
            "to_categorical takes class numbers 0, 1, 2, ..., not labels such as "
            f"{shown(_first(labels), 40)}: number them with "
            "np.unique(labels, return_inverse=True)[1]"
        )
    whole = np.isfinite(labels) & (labels == np.floor(labels)) & (np.abs(labels) < 2.0**62)
    if not whole.all():
        raise ValueError(f"to_categorical takes class numbers, not {_first(labels[~whole])!r}")
    labels = labels.astype(np.int64)
    if labels.ndim > 1 and labels.shape[-1] == 1:
        labels = labels[..., 0]
    if num_classes is None:
        if not labels.size:
            raise ValueError("to_categorical: without labels, num_classes has to be given")
        num_classes = int(labels.max()) + 1 if labels.max() >= 0 else 1
    num_classes = as_whole(num_classes, "to_categorical: num_classes", 1)
    outside = (labels < 0) | (labels >= num_classes)
    if outside.any():
        raise ValueError(
            f"to_categorical: the label {_first(labels[outside])} is outside [0, {num_classes})"
            + ("" if labels.min() < 0 or labels.min() == 0 else ": do the labels start at 1?")
        )
    require_memory(labels.size * num_classes, f"to_categorical of {num_classes} classes")
    one_hot = np.zeros((labels.size, num_classes))
    one_hot[np.arange(labels.size), labels.ravel()] = 1.0
    return one_hot.reshape(*labels.shape, num_classes)


def as_array(x: Any, *where: str) -> NDArray[Any]:
    """Return lists, DataFrames and whatever holds an ndarray as `.data` (a Tensor) as an array.

    Raises:
        TypeError: it is not made of numbers; the message begins with the words of `where`.
        ValueError: lists of different lengths.
    """
    if x.__class__ is np.ndarray and x.dtype.kind == "f":
        found: NDArray[Any] = x
        return found
    name = ": ".join(where) or "it"
    array = _raw(x, name)
    if array.dtype.kind not in "buif":
        raise TypeError(f"{name} is an array of numbers, not {shown(x)}")
    return array


def _raw(x: Any, where: str) -> NDArray[Any]:
    refuse_mask(x, where)
    data = None if isinstance(x, np.ndarray) else getattr(x, "data", None)
    try:
        return np.asarray(data if isinstance(data, (np.ndarray, float)) else x)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{where} is an array of numbers, not {shown(x)}: {error}") from None


def _first(array: NDArray[Any]) -> Any:
    return array.ravel()[:1].tolist()[0] if array.size else None
