"""Dropout: training with some of the inputs missing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd import contexts
from autograd.formatting import shown
from nn.checks import is_number
from nn.layers.layer import Checked, Layer, Shape, as_batch_shape
from nn.random import as_seed, generator

__all__ = ["Dropout"]


def _as_rate(layer: Layer, rate: Any) -> float:
    if not is_number(rate) or not 0 <= rate <= 1:
        raise ValueError(
            f"{layer.name}: rate is the part of the inputs that is dropped, from 0 to 1, not "
            f"{shown(rate)}"
        )
    return float(rate)


class Dropout(Layer):
    """In training, set each input to 0 with a probability; the rest grows by 1 / (1 - rate).

    So the expected sum stays what it was, and outside training nothing is done at all.
    Source: Srivastava et al. 2014.

    Args:
        rate: the probability, in [0, 1].
        noise_shape: the shape of the random decisions, where they are to be shared along an
            axis (1); None in it, or for it, is the length of the input.
        seed: for decisions that do not depend on what else draws random numbers.
        **options: those of `Layer`.

    Raises:
        ValueError: a rate outside [0, 1].

    >>> import numpy as np
    >>> dropout = Dropout(0.5, seed=0)
    >>> dropout(np.ones((1, 6)), training=True)
    array([[2., 2., 2., 0., 0., 0.]], dtype=float32)
    >>> dropout(np.ones((1, 6)))
    array([[1., 1., 1., 1., 1., 1.]], dtype=float32)
    """

    rate: Any = Checked(_as_rate)

    def __init__(
        self,
        rate: float,
        noise_shape: Sequence[int | None] | None = None,
        seed: int | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.rate = rate
        self.noise_shape = None
        if noise_shape is not None:
            self.noise_shape = as_batch_shape(noise_shape, f"{self.name}: noise_shape")
        self.seed = None if seed is None else as_seed(seed)
        self._generator = None if seed is None else np.random.default_rng(self.seed)

    def call(self, x: Any, training: bool = False) -> Any:
        """Return the batch, in training with some numbers missing."""
        if not training or not self.rate:
            return x
        shape = x.shape
        return x * contexts.drawn(lambda: self._factors(shape))

    def _factors(self, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
        if self.noise_shape is not None:
            fits = len(self.noise_shape) == len(shape)
            if not fits or any(
                n not in (None, 1, m) for n, m in zip(self.noise_shape, shape, strict=True)
            ):
                raise ValueError(
                    f"{self.name}: the noise_shape {self.noise_shape} does not fit an input of "
                    f"the shape {shape}"
                )
            pairs = zip(self.noise_shape, shape, strict=True)
            shape = tuple(length if n is None else n for n, length in pairs)
        if self.rate == 1.0:
            return np.zeros(shape, self._dtype)
        rng = self._generator or generator()
        kept = rng.random(shape, self._dtype) >= self.rate
        factors: np.ndarray[Any, Any] = kept * self._dtype.type(1.0 / (1.0 - self.rate))
        return factors

    def compute_output_shape(self, input_shape: Any) -> Shape:
        """Return the shape of the input."""
        return as_batch_shape(input_shape, f"{self.name}: input_shape")

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this layer again."""
        own = {"rate": self.rate, "noise_shape": self.noise_shape, "seed": self.seed}
        return {**super().get_config(), **own}
