"""From a batch to the gradients of its loss: the part of a training step that has several ways.

The loop of `fit` does not look at how the gradients are found.  Here they are found by the
engine as the book has it, an operation after the other; whatever else fulfils
`Differentiation` may stand in its place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

import autograd
from autograd import Tensor
from nn.models.data import Batch

__all__ = ["Differentiated", "Differentiation", "Eager", "as_plain"]

Array = NDArray[Any]


class Differentiated(NamedTuple):
    """What is known of a batch once it has been predicted and differentiated.

    Attributes:
        predictions: an array with a row for each sample.
        loss: one number, the regularizers' penalties included.
        gradients: an array for each parameter, in its shape and dtype.

    The arrays are only to be read, and only until the next batch is differentiated: they may
    be views of buffers that each batch uses again.
    """

    predictions: Array
    loss: float
    gradients: Sequence[Array]


class Differentiation(Protocol):
    """Predicts a batch in training mode and finds the gradients of its loss."""

    def __call__(self, batch: Batch) -> Differentiated:
        """Return the predictions, the loss and the gradients; the parameters stay as they are."""


class Eager:
    """Differentiates by the graph that the engine records anew for each batch.

    Args:
        model: called as ``model(x, training=True)``.
        loss: called as ``loss(batch, predictions)``; gives one number, in the graph.
        parameters: what the loss is differentiated by; with none there are no gradients.

    >>> from nn import layers
    >>> dense = layers.Dense(1, kernel_initializer="ones", use_bias=False)
    >>> squares = lambda batch, predictions: ((predictions - batch.y) ** 2).mean()
    >>> batch = Batch(np.float32([[1.0, 2.0]]), np.float32([[1.0]]), None)
    >>> dense(batch.x)
    Tensor([[3.]], dtype=float32)
    >>> Eager(dense, squares, dense.trainable_weights)(batch).gradients
    [array([[4.],
           [8.]], dtype=float32)]
    """

    def __init__(
        self,
        model: Callable[..., Any],
        loss: Callable[[Batch, Any], Any],
        parameters: Sequence[Tensor],
    ) -> None:
        self.model, self.loss, self.parameters = model, loss, parameters

    def __call__(self, batch: Batch) -> Differentiated:
        """Return the predictions, the loss and the gradients."""
        predictions = self.model(batch.x, training=True)
        loss = self.loss(batch, predictions)
        gradients: Sequence[Array] = []
        if self.parameters:
            gradients = autograd.gradients(loss, self.parameters, copy=False)
        return Differentiated(as_plain(predictions), float(loss), gradients)


def as_plain(outputs: Any) -> Array:
    """Return what a model has computed as an ndarray.

    >>> as_plain(Tensor([1.0, 2.0]))
    array([1., 2.])
    """
    return outputs.data if isinstance(outputs, Tensor) else np.asarray(outputs)
