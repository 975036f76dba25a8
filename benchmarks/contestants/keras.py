"""Keras 3 on JAX, in an environment of its own with ``KERAS_BACKEND=jax``."""

from __future__ import annotations

import keras

from benchmarks import data
from benchmarks.contestants.base import Contestant, MissingError, cores


class Fit(Contestant):
    """One epoch of `fit`."""

    precision, tolerance = "float32", 1e-4
    distribution = "keras"

    def __init__(self, task: data.Task) -> None:
        if keras.backend.backend() != "jax":
            raise MissingError(f"Keras runs on {keras.backend.backend()}, not on JAX")
        self.task = task
        self.model = keras.Sequential([keras.layers.Input(shape=task.sizes[:1])])
        for size in task.sizes[1:-1]:
            self.model.add(keras.layers.Dense(size, activation="relu"))
        last = None if task.loss == "mse" else "softmax"
        self.model.add(keras.layers.Dense(task.sizes[-1], activation=last))
        self.model.compile(optimizer="adam", loss=task.loss)
        self.model.set_weights(task.weights())
        self.x, self.y = task.data()

    def step(self) -> float:
        """Train for one epoch and return its mean loss."""
        history = self.model.fit(
            self.x, self.y, batch_size=self.task.batch, epochs=1, shuffle=False, verbose=0
        )
        return float(history.history["loss"][0])

    def threads(self) -> int:
        """Return the size of XLA's pool."""
        return cores()
