"""Activation: an activation as a layer of its own."""

from __future__ import annotations

from typing import Any

from nn import activations
from nn.layers.layer import Checked, Layer, Shape, as_batch_shape

__all__ = ["Activation"]


class Activation(Layer):
    """Apply an activation to the inputs.

    Args:
        activation: what `nn.activations.get` takes.
        **options: those of `Layer`.

    Raises:
        ValueError: a name that is not known.

    >>> import numpy as np
    >>> Activation("relu")(np.array([[-1.0, 2.0]]))
    array([[0., 2.]], dtype=float32)
    """

    activation: Any = Checked(lambda layer, given: activations.get(given))

    def __init__(self, activation: Any, **options: Any) -> None:
        super().__init__(**options)
        self.activation = activation

    def call(self, x: Any) -> Any:
        """Return activation(x)."""
        return self.activation(x)

    def compute_output_shape(self, input_shape: Any) -> Shape:
        """Return the shape of the input."""
        return as_batch_shape(input_shape, f"{self.name}: input_shape")

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this layer again."""
        return {**super().get_config(), "activation": activations.serialize(self.activation)}
