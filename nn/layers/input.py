"""Input: the shape of one sample, as the first entry of a model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nn.checks import as_whole
from nn.layers.layer import Layer, Shape, as_batch_shape, as_shape

__all__ = ["Input", "InputLayer"]


class InputLayer(Layer):
    """Says what a model's inputs look like and passes them on; `Input` makes one.

    Args:
        shape: the shape of one sample, without the batch.
        batch_size: the number of samples of every batch, where it is fixed.
        dtype: "float32" or "float64".
        name: what it is called.

    Raises:
        ValueError: a shape that is none.
    """

    def __init__(
        self,
        shape: Sequence[int | None],
        batch_size: int | None = None,
        dtype: Any = None,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        if batch_size is not None:
            batch_size = as_whole(batch_size, "the batch_size of an Input", 1)
        self.shape: Shape = (batch_size, *as_shape(shape, "the shape of an Input"))
        self.given_input_shape = self.shape
        self.build(self.shape)

    def call(self, x: Any) -> Any:
        """Return the batch itself; ValueError if its samples have another shape."""
        wanted, given = self.shape[1:], x.shape[1:]
        if len(wanted) != len(given) or any(
            n not in (None, length) for n, length in zip(wanted, given, strict=True)
        ):
            raise ValueError(
                f"{self.name} takes samples of the shape {wanted}, and the input has the shape "
                f"{x.shape}, its first axis being the samples"
            )
        return x

    def compute_output_shape(self, input_shape: Any) -> Shape:
        """Return the shape of the inputs."""
        return as_batch_shape(input_shape, f"{self.name}: input_shape")

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this layer again."""
        shape = {"shape": list(self.shape[1:]), "batch_size": self.shape[0]}
        return {**shape, "dtype": self.dtype, "name": self.name}


def Input(  # noqa: N802 - as in Keras
    shape: Sequence[int | None],
    batch_size: int | None = None,
    dtype: Any = None,
    name: str | None = None,
) -> InputLayer:
    """Return the first entry of a model: ``Sequential([Input(shape=(8,)), Dense(1)])``.

    Arguments and errors are those of `InputLayer`.

    >>> Input(shape=(8,)).shape
    (None, 8)
    """
    return InputLayer(shape, batch_size, dtype, name)
