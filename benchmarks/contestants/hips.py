"""HIPS autograd: numpy with a tape.  It shares our import name, so it lives elsewhere."""

from __future__ import annotations

from typing import Any

import autograd.numpy as np

from autograd import value_and_grad
from benchmarks import data
from benchmarks.contestants.base import Contestant, blas_threads
from benchmarks.data import L2


def moons_loss(params: Any, x: Any, y: Any) -> Any:
    """Return the hinge loss with L2."""
    (w1, b1), (w2, b2), (w3, b3) = params
    h = np.maximum(np.dot(x, w1.T) + b1, 0.0)
    h = np.maximum(np.dot(h, w2.T) + b2, 0.0)
    score = np.dot(h, w3[0]) + b3
    squares = sum(np.sum(p * p) for layer in params for p in layer)
    return np.mean(np.maximum(1.0 - y * score, 0.0)) + L2 * squares


class Moons(Contestant):
    """The moons step with arrays."""

    distribution = "autograd"

    def __init__(self, samples: int = 100) -> None:
        self.x, self.y = data.moons_arrays(samples)
        self.params = data.initial_weights(data.MOONS_SIZES)
        self.loss = value_and_grad(moons_loss)

    def step(self) -> float:
        """Do one step of gradient descent."""
        loss, gradients = self.loss(self.params, self.x, self.y)
        for (w, b), (d_w, d_b) in zip(self.params, gradients, strict=True):
            w -= data.MOONS_RATE * d_w
            b -= data.MOONS_RATE * d_b
        return float(loss)

    def threads(self) -> int:
        """Return the threads of its matrix products."""
        return blas_threads()
