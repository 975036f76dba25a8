"""tinygrad: the whole step under its `TinyJit`."""

from __future__ import annotations

from tinygrad import Tensor, TinyJit
from tinygrad.helpers import NUM_CPU_THREADS

from benchmarks import data
from benchmarks.contestants.base import Contestant
from benchmarks.data import L2


class Moons(Contestant):
    """The moons step with arrays."""

    distribution = "tinygrad"

    def __init__(self, samples: int = 100) -> None:
        x, y = (Tensor(array).realize() for array in data.moons_arrays(samples))
        params = [
            Tensor(p).realize() for layer in data.initial_weights(data.MOONS_SIZES) for p in layer
        ]

        @TinyJit
        def step() -> Tensor:
            w1, b1, w2, b2, w3, b3 = params
            h = (x @ w1.T + b1).relu()
            h = (h @ w2.T + b2).relu()
            score = (h @ w3.T).squeeze(1) + b3
            squares = sum((p * p).sum() for p in params)
            loss = (1.0 - y * score).relu().mean() + L2 * squares
            gradients = loss.gradient(*params)
            updates = [
                p.assign(p - data.MOONS_RATE * g) for p, g in zip(params, gradients, strict=True)
            ]
            return loss.realize(*updates)

        self._step = step

    def step(self) -> float:
        """Do one step of gradient descent."""
        return float(self._step().item())

    def threads(self) -> int:
        """Return how many threads its kernels may use."""
        return int(NUM_CPU_THREADS.value)
