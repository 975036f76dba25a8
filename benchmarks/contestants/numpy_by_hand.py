"""numpy alone: forward and backward pass written by hand."""

from __future__ import annotations

import numpy as np

from benchmarks import data
from benchmarks.contestants.base import Contestant, blas_threads
from benchmarks.data import L2


class Moons(Contestant):
    """The moons step: three layers, hinge loss, L2."""

    distribution = "numpy"

    def __init__(self, samples: int = 100) -> None:
        self.x, self.y = data.moons_arrays(samples)
        self.params = data.initial_weights(data.MOONS_SIZES)

    def step(self) -> float:
        """Do one step of gradient descent."""
        x, y = self.x, self.y
        (w1, b1), (w2, b2), (w3, b3) = self.params

        h1 = np.maximum(x @ w1.T + b1, 0.0)
        h2 = np.maximum(h1 @ w2.T + b2, 0.0)
        score = h2 @ w3[0] + b3
        margin = np.maximum(1.0 - y * score, 0.0)
        loss = margin.mean() + L2 * sum(np.vdot(p, p) for layer in self.params for p in layer)

        d_score = (margin > 0.0) * y / -len(y)
        d_w3, d_b3 = (d_score @ h2)[None, :], d_score.sum(keepdims=True)
        d_z2 = np.outer(d_score, w3) * (h2 > 0.0)
        d_w2, d_b2 = d_z2.T @ h1, d_z2.sum(axis=0)
        d_z1 = d_z2 @ w2 * (h1 > 0.0)
        d_w1, d_b1 = d_z1.T @ x, d_z1.sum(axis=0)

        gradients = (d_w1, d_b1), (d_w2, d_b2), (d_w3, d_b3)
        for layer, layer_gradients in zip(self.params, gradients, strict=True):
            for p, gradient in zip(layer, layer_gradients, strict=True):
                p -= data.MOONS_RATE * (gradient + 2.0 * L2 * p)
        return float(loss)

    def threads(self) -> int:
        """Return the threads of its matrix products."""
        return blas_threads()


class Digits(Contestant):
    """The digits step: two layers, softmax cross-entropy."""

    distribution = "numpy"

    def __init__(self, samples: int = 200, sizes: tuple[int, ...] = data.DIGITS_SIZES) -> None:
        self.x, self.t = data.digits(samples)
        self.params = data.initial_weights(tuple(sizes))

    def step(self) -> float:
        """Do one step of gradient descent."""
        x, t = self.x, self.t
        (w1, b1), (w2, b2) = self.params

        h = np.maximum(x @ w1.T + b1, 0.0)
        z = h @ w2.T + b2
        e = np.exp(z)
        total = e.sum(axis=1)
        loss = (np.log(total) - (t * z).sum(axis=1)).mean()

        d_z = (e / total[:, None] - t) / len(x)
        d_w2, d_b2 = d_z.T @ h, d_z.sum(axis=0)
        d_h = d_z @ w2 * (h > 0.0)
        d_w1, d_b1 = d_h.T @ x, d_h.sum(axis=0)

        w1 -= data.DIGITS_RATE * d_w1
        b1 -= data.DIGITS_RATE * d_b1
        w2 -= data.DIGITS_RATE * d_w2
        b2 -= data.DIGITS_RATE * d_b2
        return float(loss)

    def threads(self) -> int:
        """Return the threads of its matrix products."""
        return blas_threads()
