"""Dense: every output sees every input."""

from __future__ import annotations

from typing import Any

from autograd import matmul
from nn import activations, initializers, regularizers
from nn.activations import linear
from nn.checks import as_flag, as_whole
from nn.layers.layer import Checked, Layer, Shape, as_batch_shape, regularizer_of

__all__ = ["Dense"]


class Dense(Layer):
    """activation(x @ kernel + bias): a layer of neurons, computed together.

    Args:
        units: the number of outputs.
        activation: what `nn.activations.get` takes; none, "linear", by default.
        use_bias: whether there is a bias.
        kernel_initializer: what `nn.initializers.get` takes; the kernel has the shape
            (features, units).
        bias_initializer: the same for the bias, of the shape (units,).
        kernel_regularizer: what `nn.regularizers.get` takes.
        bias_regularizer: the same for the bias.
        **options: those of `Layer`.

    Raises:
        ValueError: units that are no positive integer, or a name that is not known.

    >>> import numpy as np
    >>> dense = Dense(2, "relu", kernel_initializer="ones", name="first")
    >>> dense(np.array([[1.0, 2.0, 3.0]]))
    Tensor([[6., 6.]], dtype=float32)
    >>> dense(np.array([[1.0, 2.0]]))
    Traceback (most recent call last):
        ...
    ValueError: first takes inputs of 3 features, and this one has 2: its shape is (1, 2)
    """

    _least_axes = 2
    activation: Any = Checked(lambda layer, given: activations.get(given))
    kernel_regularizer: Any = regularizer_of("kernel")
    bias_regularizer: Any = regularizer_of("bias")

    def __init__(
        self,
        units: int,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.units = as_whole(units, f"{self.name}: units", 1)
        self.activation = activation
        self.use_bias = as_flag(use_bias, f"{self.name}: use_bias")
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = kernel_regularizer
        self.bias_regularizer = bias_regularizer

    def build(self, input_shape: Shape) -> None:
        """Make the kernel and the bias."""
        features = known_length(input_shape, -1, self.name)
        self.kernel = self.add_weight(
            (features, self.units), self.kernel_initializer, None, True, self.kernel_regularizer,
            "kernel",
        )  # fmt: skip
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                (self.units,), self.bias_initializer, None, True, self.bias_regularizer, "bias"
            )
        self._features = features

    def call(self, x: Any) -> Any:
        """Return activation(x @ kernel + bias)."""
        z = matmul(x, self.kernel)
        z.scope = self.name
        if self.bias is not None:
            z = z + self.bias
            z.scope = self.name
        return z if self.activation is linear else self.activation(z)

    def compute_output_shape(self, input_shape: Any) -> Shape:
        """Return the shape of the input with the last axis replaced by `units`."""
        return (*as_batch_shape(input_shape, f"{self.name}: input_shape")[:-1], self.units)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this layer again."""
        return {
            **super().get_config(),
            "units": self.units,
            "activation": activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "kernel_initializer": initializers.serialize(self.kernel_initializer),
            "bias_initializer": initializers.serialize(self.bias_initializer),
            "kernel_regularizer": regularizers.serialize(self.kernel_regularizer),
            "bias_regularizer": regularizers.serialize(self.bias_regularizer),
        }


def known_length(input_shape: Shape, axis: int, name: str) -> int:
    """Return the length of an axis, which weights depend on."""
    if not -len(input_shape) <= axis < len(input_shape) or axis % len(input_shape) == 0:
        raise ValueError(
            f"{name}: axis {axis} of inputs of the shape {input_shape} is not there, or is the "
            "axis of the samples"
        )
    length = input_shape[axis]
    if length is None:
        raise ValueError(
            f"{name} needs to know the number of features, and the shape {input_shape} of its "
            f"inputs leaves it open: say Input(shape=(features,))"
        )
    return length
