"""MyGrad: numpy's functions over tensors that remember."""

from __future__ import annotations

import mygrad as mg
import numpy as np
from mygrad.nnet.activations import relu

from benchmarks import data
from benchmarks.contestants.base import Contestant, blas_threads
from benchmarks.data import L2

mg.turn_memory_guarding_off()  # its manual's advice for code that is known to work


class Moons(Contestant):
    """The moons step with arrays."""

    distribution = "mygrad"

    def __init__(self, samples: int = 100) -> None:
        self.x, self.y = data.moons_arrays(samples)
        self.params = [mg.tensor(p) for layer in data.initial_weights(data.MOONS_SIZES)
                       for p in layer]  # fmt: skip

    def step(self) -> float:
        """Do one step of gradient descent."""
        w1, b1, w2, b2, w3, b3 = self.params
        h = relu(self.x @ w1.T + b1)
        h = relu(h @ w2.T + b2)
        score = (h @ w3.T)[:, 0] + b3
        squares = sum(mg.sum(p * p) for p in self.params)
        loss = mg.mean(relu(1.0 - self.y * score)) + L2 * squares
        loss.backward()
        for p in self.params:
            p.data -= data.MOONS_RATE * np.asarray(p.grad)
        return float(loss.item())

    def threads(self) -> int:
        """Return the threads of its matrix products."""
        return blas_threads()
