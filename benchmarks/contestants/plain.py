"""micrograd's moons net in plain sums and products, for any class of numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.data import L2, MOONS_RATE, MOONS_SIZES, initial_weights


class PlainNetwork:
    """The net, one number at a time.

    Args:
        value: makes a weight of a float.
        datum: makes an input of a float.
    """

    def __init__(self, value: Callable[[float], Any], datum: Callable[[float], Any]) -> None:
        self.datum = datum
        self.layers = [
            [
                ([value(float(w)) for w in row], value(float(b)))
                for row, b in zip(weights, biases, strict=True)
            ]
            for weights, biases in initial_weights(MOONS_SIZES)
        ]

    def parameters(self) -> list[Any]:
        """Return all weights and biases."""
        return [p for layer in self.layers for w, b in layer for p in [*w, b]]

    def __call__(self, point: list[float]) -> Any:
        """Return the score of a point."""
        x = [self.datum(c) for c in point]
        for i, layer in enumerate(self.layers, 1):
            x = [sum((wi * xi for wi, xi in zip(w, x, strict=True)), b) for w, b in layer]
            if i < len(self.layers):
                x = [z.relu() for z in x]
        return x[0]


def moons_loss(net: Any, points: list[list[float]], labels: list[float]) -> Any:
    """Return the hinge loss with L2."""
    scores = [net(point) for point in points]
    losses = [(1.0 + -label * score).relu() for label, score in zip(labels, scores, strict=True)]
    return sum(losses) * (1.0 / len(losses)) + L2 * sum(p * p for p in net.parameters())


def moons_step(net: Any, points: list[list[float]], labels: list[float]) -> float:
    """Do one step of gradient descent and return the loss before it."""
    loss = moons_loss(net, points, labels)
    parameters = net.parameters()
    for p in parameters:
        p.grad = 0.0
    loss.backward()
    for p in parameters:
        p.data -= MOONS_RATE * p.grad
    return float(loss.data)
