"""Flatten: each sample as one row of numbers."""

from __future__ import annotations

from typing import Any

from autograd import reshape
from nn.layers.layer import Layer, Shape, as_batch_shape, product

__all__ = ["Flatten"]


class Flatten(Layer):
    """Turn samples of any shape into rows: (n, 28, 28) becomes (n, 784), and (n,) (n, 1).

    Args:
        **options: those of `Layer`.

    >>> import numpy as np
    >>> Flatten()(np.zeros((2, 28, 28))).shape
    (2, 784)
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)

    def call(self, x: Any) -> Any:
        """Return the samples as rows."""
        return reshape(x, (x.shape[0], product(x.shape[1:])))

    def compute_output_shape(self, input_shape: Any) -> Shape:
        """Return (batch, numbers of a sample)."""
        batch, *sample = as_batch_shape(input_shape, f"{self.name}: input_shape")
        return (batch, product(tuple(sample)))
