"""One training step of micrograd's moons network, in micrograd and here.

2-16-16-1 neurons with relu, 100 samples, hinge loss and L2, forward, backward, update:
some 65,000 operations.  The plain code is one and the same for both engines, sums and
products of numbers; the third contestant is `nn.MLP`, where a neuron is one node.
"""

from __future__ import annotations

import gc
import math
import statistics
import time
from collections.abc import Callable
from importlib.util import find_spec
from itertools import pairwise
from typing import Any

import numpy as np

import autograd
import nn

SIZES = (2, 16, 16, 1)


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


def initial_weights() -> list[list[tuple[list[float], float]]]:
    """Return weights and bias of each neuron of each layer."""
    rng = np.random.default_rng(0)
    return [
        [(rng.uniform(-1, 1, nin).tolist(), 0.0) for _ in range(nout)]
        for nin, nout in pairwise(SIZES)
    ]


class PlainNetwork:
    """The network in plain sums and products, for any class of values."""

    def __init__(self, value: Any) -> None:
        self.value = value
        self.layers = [
            [([value(w) for w in weights], value(bias)) for weights, bias in layer]
            for layer in initial_weights()
        ]

    def parameters(self) -> list[Any]:
        """Return all weights and biases."""
        return [p for layer in self.layers for w, b in layer for p in [*w, b]]

    def __call__(self, point: list[float]) -> Any:
        """Return the score of a point."""
        x = [self.value(c) for c in point]
        for i, layer in enumerate(self.layers, 1):
            x = [sum((wi * xi for wi, xi in zip(w, x, strict=True)), b) for w, b in layer]
            if i < len(self.layers):
                x = [z.relu() for z in x]
        return x[0]


def mlp() -> nn.MLP:
    """Return the same network as an `nn.MLP`."""
    net = nn.MLP(SIZES[0], SIZES[1:], "relu")
    for layer, numbers in zip(net.layers, initial_weights(), strict=True):
        for neuron, (weights, bias) in zip(layer.neurons, numbers, strict=True):
            for w, number in zip(neuron.w, weights, strict=True):
                w.data = number
            neuron.b.data = bias
    return net


def step(net: Any, points: list[list[float]], labels: list[float], rate: float = 0.05) -> float:
    """Do one step of gradient descent and return the loss before it."""
    scores = [net(point) for point in points]
    losses = [(1.0 + -label * score).relu() for label, score in zip(labels, scores, strict=True)]
    parameters = net.parameters()
    loss = sum(losses) * (1.0 / len(losses)) + 1e-4 * sum(p * p for p in parameters)
    for p in parameters:
        p.grad = 0.0
    loss.backward()
    for p in parameters:
        p.data -= rate * p.grad
    return float(loss.data)


def contestants() -> dict[str, Callable[[], Any]]:
    """Return a maker of the network for each contestant that is installed."""
    found: dict[str, Callable[[], Any]] = {}
    if find_spec("micrograd"):
        from micrograd.engine import Value as MicrogradValue

        found["micrograd"] = lambda: PlainNetwork(MicrogradValue)
    found["chainrule, plain code"] = lambda: PlainNetwork(autograd.Value)
    found["chainrule, nn.MLP"] = mlp
    return found


def measure(rounds: int = 5, steps: int = 4) -> dict[str, list[float]]:
    """Return the seconds of each step for each contestant.

    They take turns, a few steps of training each, and every turn begins with a collected
    heap: the garbage that a contestant makes is paid for in its own turn.
    """
    points, labels = moons()
    makers = contestants()
    curves = {}
    for name, make in makers.items():
        net = make()
        curves[name] = [step(net, points, labels) for _ in range(3)]
    reference = next(iter(curves.values()))
    for name, curve in curves.items():
        if not np.allclose(curve, reference, rtol=1e-9, atol=0.0):
            raise RuntimeError(f"{name} computes other losses: {curve}, not {reference}")
    nets = {name: make() for name, make in makers.items()}
    times: dict[str, list[float]] = {name: [] for name in nets}
    for _ in range(rounds):
        for name, net in nets.items():
            gc.collect()
            for _ in range(steps):
                start = time.perf_counter()
                step(net, points, labels)
                times[name].append(time.perf_counter() - start)
    return times


def report() -> None:
    """Print the medians and how many times faster than micrograd they are."""
    times = measure()
    print("One training step of the moons network (2-16-16-1, 100 samples), median and range")
    slowest = times.get("micrograd")
    for name, seconds in times.items():
        middle = statistics.median(seconds)
        ratio = f"  {statistics.median(slowest) / middle:6.1f}x micrograd" if slowest else ""
        spread = f"({min(seconds) * 1e3:.1f} to {max(seconds) * 1e3:.1f})"
        print(f"  {name:22} {middle * 1e3:8.1f} ms {spread:20}{ratio}")
    if not slowest:
        print("  micrograd is not installed: pip install micrograd")
