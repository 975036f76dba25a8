"""What the contestants work on: nets, data and starting weights, made with numpy alone.

A contestant in another environment reads this file, too; nothing of ours is imported here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

MOONS_SIZES = (2, 16, 16, 1)
MOONS_RATE = 0.05
DIGITS_SIZES = (64, 32, 10)
DIGITS_RATE = 0.1
L2 = 1e-4

Layer = tuple[Any, Any]
"""Weights of shape (nout, nin), a row a neuron, and biases of shape (nout,)."""


def moons(samples: int = 100, noise: float = 0.1) -> tuple[list[list[float]], list[float]]:
    """Return two interleaved half circles as points and labels -1 and 1."""
    rng = np.random.default_rng(1337)
    points, labels = [], []
    for i in range(samples):
        angle = math.pi * rng.uniform()
        upper = i % 2 == 0
        x, y = math.cos(angle), math.sin(angle)
        point = (x, y) if upper else (1.0 - x, 0.5 - y)
        points.append([float(c + noise * rng.standard_normal()) for c in point])
        labels.append(1.0 if upper else -1.0)
    return points, labels


def moons_arrays(samples: int = 100) -> tuple[Any, Any]:
    """Return the same as arrays of shapes (samples, 2) and (samples,)."""
    points, labels = moons(samples)
    return np.array(points), np.array(labels)


def digits(samples: int = 200) -> tuple[Any, Any]:
    """Return images of shape (samples, 64), 0 to 1, and one-hot classes of shape (samples, 10).

    They are scikit-learn's handwritten digits, or numbers of the same shape without it.
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        rng = np.random.default_rng(3)
        images, classes = rng.uniform(0.0, 1.0, (samples, 64)), rng.integers(0, 10, samples)
    else:
        images, classes = load_digits(return_X_y=True)
        images, classes = images[:samples] / 16.0, classes[:samples]
    return np.ascontiguousarray(images), np.eye(10)[classes]


def initial_weights(sizes: tuple[int, ...], seed: int = 0) -> list[Layer]:
    """Return fresh arrays of weights and biases for each layer, float64."""
    rng = np.random.default_rng(seed)
    found = []
    for nin, nout in pairwise(sizes):
        limit = 1.0 if nin < 20 else nin**-0.5  # micrograd's range where the nets are small
        found.append((rng.uniform(-limit, limit, (nout, nin)), np.zeros(nout)))
    return found


@dataclass(frozen=True)
class Task:
    """What `fit` is to learn: a net, its loss, and how much data one epoch has."""

    sizes: tuple[int, ...]
    rows: int
    batch: int
    loss: str

    @property
    def name(self) -> str:
        """Return the task in a few words."""
        return f"{'-'.join(map(str, self.sizes))}, {self.rows:,} rows, batch {self.batch}"

    def data(self) -> tuple[Any, Any]:
        """Return float32 inputs, and targets: numbers, or integers for classes."""
        rng = np.random.default_rng(0)
        x = rng.standard_normal((self.rows, self.sizes[0])).astype(np.float32)
        if self.loss == "mse":
            return x, rng.standard_normal((self.rows, self.sizes[-1])).astype(np.float32)
        return x, rng.integers(0, self.sizes[-1], self.rows)

    def weights(self) -> list[Any]:
        """Return float32 kernels of shape (nin, nout) and biases, in turn."""
        rng = np.random.default_rng(1)
        found = []
        for nin, nout in pairwise(self.sizes):
            limit = (6.0 / (nin + nout)) ** 0.5
            found.append(rng.uniform(-limit, limit, (nin, nout)).astype(np.float32))
            found.append(np.zeros(nout, np.float32))
        return found


CONCRETE = Task((8, 50, 50, 1), 1030, 32, "mse")
"""The course's regression: all overhead."""
MNIST = Task((784, 784, 100, 10), 4000, 200, "sparse_categorical_crossentropy")
"""The course's classifier: all matrix products."""
