"""PyTorch, eager: with tensors as everybody writes it, and with one tensor a number."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch.nn.functional import linear

from benchmarks import data
from benchmarks.contestants.base import Contestant
from benchmarks.contestants.plain import PlainNetwork, moons_loss
from benchmarks.data import L2


class _PyTorch(Contestant):
    distribution = "torch"

    def threads(self) -> int:
        """Return how many threads its kernels may use."""
        return int(torch.get_num_threads())


class Moons(_PyTorch):
    """The moons step with tensors."""

    def __init__(self, samples: int = 100) -> None:
        self.x, self.y = map(torch.from_numpy, data.moons_arrays(samples))
        layers = data.initial_weights(data.MOONS_SIZES)
        self.params = [torch.from_numpy(p).requires_grad_() for layer in layers for p in layer]

    def step(self) -> float:
        """Do one step of gradient descent."""
        w1, b1, w2, b2, w3, b3 = self.params
        h = linear(self.x, w1, b1).relu()
        h = linear(h, w2, b2).relu()
        score = linear(h, w3, b3).squeeze(1)
        squares = sum((p * p).sum() for p in self.params)
        loss = (1.0 - self.y * score).relu().mean() + L2 * squares
        loss.backward()
        with torch.no_grad():
            for p in self.params:
                p.sub_(p.grad, alpha=data.MOONS_RATE)
                p.grad = None
        return float(loss.item())


class MoonsScalars(_PyTorch):
    """The moons step in plain sums and products of scalar tensors."""

    def __init__(self, samples: int = 100) -> None:
        self.points, self.labels = data.moons(samples)
        self.net = PlainNetwork(
            lambda w: torch.tensor(w, dtype=torch.float64, requires_grad=True), float
        )

    def step(self) -> float:
        """Do one step of gradient descent."""
        loss = moons_loss(self.net, self.points, self.labels)
        loss.backward()
        with torch.no_grad():
            for p in self.net.parameters():
                p.sub_(p.grad, alpha=data.MOONS_RATE)
                p.grad = None
        return float(loss.item())


class Fit(_PyTorch):
    """One epoch of the loop that PyTorch's tutorials write."""

    precision, tolerance = "float32", 1e-4
    settings: ClassVar[dict[str, Any]] = {}
    """Of Adam, beyond its defaults."""

    def __init__(self, task: data.Task) -> None:
        self.task = task
        parts: list[Any] = []
        weights = task.weights()
        for kernel, bias in zip(weights[::2], weights[1::2], strict=True):
            layer = torch.nn.Linear(*kernel.shape)
            with torch.no_grad():
                layer.weight.copy_(torch.from_numpy(kernel.T))
                layer.bias.copy_(torch.from_numpy(bias))
            parts += [layer, torch.nn.ReLU()]
        self.net = torch.nn.Sequential(*parts[:-1])
        mse = task.loss == "mse"
        self.loss = torch.nn.MSELoss() if mse else torch.nn.CrossEntropyLoss()
        self.optimizer = torch.optim.Adam(
            self.net.parameters(), lr=0.001, eps=1e-7, **self.settings
        )
        self.x, self.y = map(torch.from_numpy, task.data())

    def step(self) -> float:
        """Train for one epoch and return its mean loss."""
        total = 0.0
        for start in range(0, self.task.rows, self.task.batch):
            batch = slice(start, start + self.task.batch)
            inputs, targets = self.x[batch], self.y[batch]
            self.optimizer.zero_grad()
            loss = self.loss(self.net(inputs), targets)
            loss.backward()
            self.optimizer.step()
            total += loss.item() * len(inputs)
        return total / self.task.rows


class FitFused(Fit):
    """The same with ``Adam(fused=True)``."""

    settings: ClassVar[dict[str, Any]] = {"fused": True}
