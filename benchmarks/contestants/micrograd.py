"""micrograd: a closure a node."""

from __future__ import annotations

from micrograd.engine import Value

from benchmarks import data
from benchmarks.contestants.base import Contestant
from benchmarks.contestants.plain import PlainNetwork, moons_step


class Moons(Contestant):
    """The moons step in plain sums and products, data as Values like in its demo."""

    distribution = "micrograd"

    def __init__(self, samples: int = 100) -> None:
        self.points, self.labels = data.moons(samples)
        self.net = PlainNetwork(Value, Value)

    def step(self) -> float:
        """Do one step of gradient descent."""
        return moons_step(self.net, self.points, self.labels)


class ThreeSteps(Moons):
    """Three moons steps in a row; the loss is that of fresh weights."""

    def step(self) -> float:
        """Begin anew and do three steps."""
        self.net = PlainNetwork(Value, Value)
        first = super().step()
        for _ in range(2):
            super().step()
        return first
