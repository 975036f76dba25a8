"""BatchNormalization: each feature with mean 0 and variance 1, batch by batch."""

from __future__ import annotations

from typing import Any

from autograd import Tensor, contexts, mean, sqrt
from nn import initializers, regularizers
from nn.checks import as_flag, as_float, as_place
from nn.layers.dense import known_length
from nn.layers.layer import Layer, Shape, as_batch_shape, product, regularizer_of

__all__ = ["BatchNormalization"]


class BatchNormalization(Layer):
    """(x - mean) / sqrt(variance + epsilon) * gamma + beta, feature by feature.

    In training, mean and variance are those of the batch, the variance being that of a
    population (divided by n), and their running averages follow them::

        moving_mean     = momentum * moving_mean     + (1 - momentum) * mean
        moving_variance = momentum * moving_variance + (1 - momentum) * variance

    Outside training, and in training if `trainable` is False, the running averages take their
    place.  Source: Ioffe and Szegedy 2015; the details are those of Keras.

    Args:
        axis: the axis of the features.
        momentum: how slowly the running averages move, in [0, 1].
        epsilon: what keeps the square root away from 0.
        center: whether there is a beta.
        scale: whether there is a gamma.
        beta_initializer: what `nn.initializers.get` takes.
        gamma_initializer: the same for gamma.
        moving_mean_initializer: the same for the running mean.
        moving_variance_initializer: the same for the running variance.
        beta_regularizer: what `nn.regularizers.get` takes.
        gamma_regularizer: the same for gamma.
        **options: those of `Layer`.

    Raises:
        ValueError: an argument out of its range, or training with a single sample, whose
            variance is 0.

    >>> import numpy as np
    >>> normalization = BatchNormalization(momentum=0.5)
    >>> x = np.array([[1.0], [3.0]])
    >>> normalization(x, training=True).data.round(3)
    array([[-1.],
           [ 1.]], dtype=float32)
    >>> normalization.moving_mean, normalization.moving_variance
    (Buffer([1.], dtype=float32, label='moving_mean'),
     Buffer([1.], dtype=float32, label='moving_variance'))
    """

    gamma: Tensor | None
    beta: Tensor | None
    beta_regularizer: Any = regularizer_of("beta")
    gamma_regularizer: Any = regularizer_of("gamma")

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 0.001,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        moving_mean_initializer: Any = "zeros",
        moving_variance_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.axis = self._axis = as_place(axis, f"{self.name}: axis")
        self.momentum = as_float(momentum, f"{self.name}: momentum", 0, 1)
        self.epsilon = as_float(epsilon, f"{self.name}: epsilon", 0)
        self.center = as_flag(center, f"{self.name}: center")
        self.scale = as_flag(scale, f"{self.name}: scale")
        self.beta_initializer = initializers.get(beta_initializer)
        self.gamma_initializer = initializers.get(gamma_initializer)
        self.moving_mean_initializer = initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = initializers.get(moving_variance_initializer)
        self.beta_regularizer = beta_regularizer
        self.gamma_regularizer = gamma_regularizer

    def build(self, input_shape: Shape) -> None:
        """Make gamma, beta and the running averages."""
        features = known_length(input_shape, self.axis, self.name)
        shape, add = (features,), self.add_weight
        self.gamma = self.beta = None
        if self.scale:
            self.gamma = add(
                shape, self.gamma_initializer, None, True, self.gamma_regularizer, "gamma"
            )
        if self.center:
            self.beta = add(shape, self.beta_initializer, None, True, self.beta_regularizer, "beta")
        self.moving_mean = add(
            shape, self.moving_mean_initializer, trainable=False, name="moving_mean"
        )
        self.moving_variance = add(
            shape, self.moving_variance_initializer, trainable=False, name="moving_variance"
        )
        self._features = features
        axis = self.axis % len(input_shape)
        self._reduced = tuple(i for i in range(len(input_shape)) if i != axis)
        # the shape in which one number a feature meets the inputs; as it is if they are last
        last = axis == len(input_shape) - 1
        self._against = None if last else tuple(
            features if i == axis else 1 for i in range(len(input_shape))
        )  # fmt: skip

    def call(self, x: Any, training: bool = False) -> Any:
        """Return the normalized batch."""
        if training and self.trainable:
            count = x.size // (self._features or 1)
            if count < 2:
                raise ValueError(
                    f"{self.name} cannot be trained with one sample, the variance of which is 0: "
                    f"the batch has the shape {x.shape}.  Choose another batch_size; the last "
                    "batch of a training has n % batch_size samples"
                )
            average = mean(x, axis=self._reduced)
            deviation = x - self._shaped(average)
            variance = mean(deviation * deviation, axis=self._reduced)
            contexts.effect(self._follow, average, variance)
        else:
            deviation = x - self._shaped(_numbers(self.moving_mean))
            variance = _numbers(self.moving_variance)
        factor = (1.0 if self.gamma is None else self.gamma) / sqrt(variance + self.epsilon)
        result = deviation * self._shaped(factor)
        return result if self.beta is None else result + self._shaped(self.beta)

    def _of_one_sample(self) -> bool:
        """Tell whether a sample has one number for each feature, which is its own mean."""
        return self.built and product((self._built_shape or ())[1:]) == self._features

    def _shaped(self, numbers: Any) -> Any:
        return numbers if self._against is None else numbers.reshape(self._against)

    def _follow(self, average: Any, variance: Any) -> None:
        """Let the running averages take in those of a batch, two arrays."""
        for moving, now in (self.moving_mean, average), (self.moving_variance, variance):
            moving.data = moving.numpy() * self.momentum + now * (1.0 - self.momentum)

    def compute_output_shape(self, input_shape: Any) -> Shape:
        """Return the shape of the input."""
        return as_batch_shape(input_shape, f"{self.name}: input_shape")

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this layer again."""
        own: dict[str, Any] = {
            "axis": self.axis, "momentum": self.momentum, "epsilon": self.epsilon,
            "center": self.center, "scale": self.scale,
        }  # fmt: skip
        for name in ("beta", "gamma", "moving_mean", "moving_variance"):
            initializer = getattr(self, f"{name}_initializer")
            own[f"{name}_initializer"] = initializers.serialize(initializer)
        for name in ("beta", "gamma"):
            regularizer = getattr(self, f"{name}_regularizer")
            own[f"{name}_regularizer"] = regularizers.serialize(regularizer)
        return {**super().get_config(), **own}


def _numbers(moving: Tensor) -> Any:
    """Return a running average as a constant; a program reads it anew at each replay."""
    return moving.numpy() if contexts.watcher() is None else moving.detach()
