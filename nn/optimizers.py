"""Optimizers: how parameters follow their gradients."""

from __future__ import annotations

import math
from collections.abc import Iterable
from numbers import Real
from typing import Any

import numpy as np

from autograd import Value

__all__ = ["SGD"]


class SGD:
    """Stochastic gradient descent, with momentum if asked for.

    With g the gradient, v = momentum * v - learning_rate * g is added to a parameter, or
    with Nesterov's variant momentum * v - learning_rate * g; without momentum both are
    plain descent.  Source: Sutskever et al. 2013, in the form that Keras uses.

    Args:
        learning_rate: at least 0.
        momentum: in [0, 1].
        nesterov: look ahead along the velocity.

    Raises:
        ValueError: a number out of its range.

    >>> w = Value(1.0)
    >>> optimizer = SGD(learning_rate=0.1)
    >>> for _ in range(2):
    ...     w.grad = None
    ...     (w * w).backward()
    ...     optimizer.step([w])
    >>> round(w.data, 10)
    0.64
    """

    def __init__(
        self, learning_rate: float = 0.01, momentum: float = 0.0, nesterov: bool = False
    ) -> None:
        self.learning_rate = _in_range(learning_rate, "learning_rate", math.inf)
        self.momentum = _in_range(momentum, "momentum", 1.0)
        if not isinstance(nesterov, bool):
            raise ValueError(f"nesterov is True or False, not {nesterov!r:.60}")
        self.nesterov = nesterov
        self._velocities: dict[Value, float] = {}

    def step(self, parameters: Iterable[Value]) -> None:
        """Move each parameter once; one whose gradient is None stays where it is."""
        rate, momentum = self.learning_rate, self.momentum
        wanted = "step takes the list of parameters, optimizer.step(net.parameters()), not a {}"
        if isinstance(parameters, Value) or not isinstance(parameters, Iterable):
            raise TypeError(wanted.format(type(parameters).__name__))
        moved = list(parameters)
        for parameter in moved:
            if not isinstance(parameter, Value):
                raise TypeError(wanted.format(type(parameter).__name__))
        for parameter in moved:
            if parameter.grad is None:
                continue
            move = -rate * float(parameter.grad)
            if momentum:
                velocity = momentum * self._velocities.get(parameter, 0.0) + move
                self._velocities[parameter] = velocity
                move = momentum * velocity + move if self.nesterov else velocity
            parameter.data += move

    def __repr__(self) -> str:
        return (
            f"SGD(learning_rate={self.learning_rate}, momentum={self.momentum}, "
            f"nesterov={self.nesterov})"
        )


def _in_range(number: Any, name: str, most: float) -> float:
    good = isinstance(number, (Real, np.floating)) and not isinstance(number, bool)
    if not good or not 0 <= float(number) <= most or math.isinf(float(number)):
        limit = "at least 0" if most == math.inf else f"between 0 and {most:g}"
        raise ValueError(f"{name} is a number {limit}, not {number!r:.60}")
    return float(number)
