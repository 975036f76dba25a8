"""JAX: the whole step, update included, under `jax.jit`."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from benchmarks import data
from benchmarks.contestants.base import Contestant, cores
from benchmarks.data import L2

jax.config.update("jax_enable_x64", True)


def moons_loss(params: Any, x: Any, y: Any) -> Any:
    """Return the hinge loss with L2."""
    (w1, b1), (w2, b2), (w3, b3) = params
    h = jax.nn.relu(x @ w1.T + b1)
    h = jax.nn.relu(h @ w2.T + b2)
    score = h @ w3[0] + b3
    squares = sum(jnp.sum(p * p) for layer in params for p in layer)
    return jnp.mean(jax.nn.relu(1.0 - y * score)) + L2 * squares


@jax.jit
def moons_update(params: Any, x: Any, y: Any) -> Any:
    """Return the loss and the weights after a step."""
    loss, gradients = jax.value_and_grad(moons_loss)(params, x, y)
    return loss, jax.tree.map(lambda p, g: p - data.MOONS_RATE * g, params, gradients)


class Moons(Contestant):
    """The moons step with arrays."""

    distribution = "jax"

    def __init__(self, samples: int = 100) -> None:
        self.x, self.y = map(jnp.asarray, data.moons_arrays(samples))
        self.params = jax.tree.map(jnp.asarray, data.initial_weights(data.MOONS_SIZES))

    def step(self) -> float:
        """Do one step of gradient descent."""
        loss, self.params = moons_update(self.params, self.x, self.y)
        jax.block_until_ready(self.params)
        return float(loss)

    def threads(self) -> int:
        """Return the size of XLA's pool."""
        return cores()
