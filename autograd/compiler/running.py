"""Running a program: fast with Python's floats, and with numpy's where those would raise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.compiler.writing import Source

__all__ = ["Runner"]


class Runner:
    """Runs a program; where Python's floats would raise an exception, again with numpy's."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._step: Callable[..., Any] | None = None
        self._forward: Callable[..., Any] | None = None

    def step(self, values: Sequence[Any]) -> tuple[Any, Any]:
        """Return the outputs and the gradients."""
        if self._step is None:
            self._step = self.source.step
        try:
            return self._step(*values)  # type: ignore[no-any-return]
        except (ArithmeticError, ValueError):
            if not self.source.has_numbers:
                raise
            return self.source.careful.step(*_careful(values))  # type: ignore[no-any-return]

    def forward(self, values: Sequence[Any]) -> tuple[Any, tuple[Any, Any]]:
        """Return the outputs, and a pair of what has run and what its backward half needs."""
        if self._forward is None:
            self._forward = self.source.forward
        ran = self.source
        try:
            results, rest = self._forward(*values)
        except (ArithmeticError, ValueError):
            if not ran.has_numbers:
                raise
            ran = ran.careful
            results, rest = ran.forward(*_careful(values))
        return results, (ran, rest)

    def backward(self, ran: Source, rest: Any, seed: Any, values: Sequence[Any]) -> Sequence[Any]:
        """Return the gradients; what `forward` returned tells what has run."""
        try:
            return ran.backward(rest, seed)  # type: ignore[no-any-return]
        except (ArithmeticError, ValueError):
            if not ran.has_numbers:
                raise
            careful = ran.careful
            _, rest = careful.forward(*_careful(values))
            return careful.backward(rest, seed)  # type: ignore[no-any-return]


def _careful(values: Sequence[Any]) -> list[Any]:
    return [np.float64(value) if value.__class__ is float else value for value in values]
