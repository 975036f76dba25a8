"""One epoch of `Sequential.fit` and of the same loop in eager PyTorch.

Two nets of the course, with data of the right shape made up from a seed, float32, batches
in order, Adam: the concrete net (8-50-50-1, 1030 rows, batch 32, mse), which is all
overhead, and the MNIST net (784-784-100-10, batch 200, cross-entropy), which is all matrix
products.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import pairwise
from typing import Any

import numpy as np

from nn import layers, models

THREADS = 2


@dataclass(frozen=True)
class Task:
    """A net, its loss, and how much data one epoch has."""

    name: str
    sizes: tuple[int, ...]
    rows: int
    batch: int
    loss: str

    def data(self) -> tuple[Any, Any]:
        """Return inputs and targets: numbers, or integers for classes."""
        rng = np.random.default_rng(0)
        x = rng.standard_normal((self.rows, self.sizes[0])).astype(np.float32)
        if self.loss == "mse":
            return x, rng.standard_normal((self.rows, self.sizes[-1])).astype(np.float32)
        return x, rng.integers(0, self.sizes[-1], self.rows)

    def weights(self) -> list[Any]:
        """Return kernels and biases, in turn."""
        rng = np.random.default_rng(1)
        found = []
        for nin, nout in pairwise(self.sizes):
            limit = (6.0 / (nin + nout)) ** 0.5
            found.append(rng.uniform(-limit, limit, (nin, nout)).astype(np.float32))
            found.append(np.zeros(nout, np.float32))
        return found


CONCRETE = Task("8-50-50-1, 1030 rows, batch 32", (8, 50, 50, 1), 1030, 32, "mse")
MNIST = Task(
    "784-784-100-10, 4000 rows, batch 200", (784, 784, 100, 10), 4000, 200,
    "sparse_categorical_crossentropy",
)  # fmt: skip

Epoch = Callable[[], float]
"""Trains for one epoch and returns its mean loss."""


def chainrule(task: Task) -> Epoch:
    """Return an epoch of `Sequential.fit`."""
    model = models.Sequential([layers.Input(shape=task.sizes[:1])])
    for size in task.sizes[1:-1]:
        model.add(layers.Dense(size, activation="relu"))
    model.add(layers.Dense(task.sizes[-1], activation=None if task.loss == "mse" else "softmax"))
    model.compile(optimizer="adam", loss=task.loss)
    model.set_weights(task.weights())
    x, y = task.data()

    def epoch() -> float:
        history = model.fit(x, y, batch_size=task.batch, epochs=1, shuffle=False, verbose=0)
        return float(history.history["loss"][0])

    return epoch


def pytorch(task: Task) -> Epoch:
    """Return an epoch of the loop that PyTorch's tutorials write."""
    import torch

    torch.set_num_threads(THREADS)
    parts: list[Any] = []
    weights = task.weights()
    for kernel, bias in zip(weights[::2], weights[1::2], strict=True):
        linear = torch.nn.Linear(*kernel.shape)
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(kernel.T))
            linear.bias.copy_(torch.from_numpy(bias))
        parts += [linear, torch.nn.ReLU()]
    net = torch.nn.Sequential(*parts[:-1])
    loss_of = torch.nn.MSELoss() if task.loss == "mse" else torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(net.parameters(), lr=0.001, eps=1e-7)
    x, y = (torch.from_numpy(array) for array in task.data())

    def epoch() -> float:
        total = 0.0
        for start in range(0, task.rows, task.batch):
            inputs, targets = x[start : start + task.batch], y[start : start + task.batch]
            optimizer.zero_grad()
            loss = loss_of(net(inputs), targets)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(inputs)
        return total / task.rows

    return epoch


def contestants(task: Task) -> dict[str, Epoch]:
    """Return an epoch for each contestant that is installed; they begin at equal weights."""
    found = {"chainrule, Sequential.fit": chainrule(task)}
    if find_spec("torch"):
        found["PyTorch, eager"] = pytorch(task)
    return found


def measure(task: Task, rounds: int = 15) -> dict[str, list[float]]:
    """Return the seconds of each epoch for each contestant; they take turns.

    Raises:
        RuntimeError: their losses differ by more than their epsilons explain.
    """
    epochs = contestants(task)
    losses = {name: [epoch() for _ in range(2)] for name, epoch in epochs.items()}
    reference = next(iter(losses.values()))
    for name, found in losses.items():
        if not np.allclose(found, reference, rtol=1e-3):
            raise RuntimeError(f"{name} computes other losses: {found}, not {reference}")
    times: dict[str, list[float]] = {name: [] for name in epochs}
    for _ in range(rounds):
        for name, epoch in epochs.items():
            gc.collect()
            start = time.perf_counter()
            epoch()
            times[name].append(time.perf_counter() - start)
    return times


def report() -> None:
    """Print the medians and how they compare with PyTorch's."""
    for task in (CONCRETE, MNIST):
        times = measure(task)
        print(f"One epoch of {task.name}, Adam, median and range")
        peer = times.get("PyTorch, eager")
        for name, seconds in times.items():
            middle = statistics.median(seconds)
            ratio = f"  {middle / statistics.median(peer):5.2f} of PyTorch's time" if peer else ""
            spread = f"({min(seconds) * 1e3:.1f} to {max(seconds) * 1e3:.1f})"
            print(f"  {name:26} {middle * 1e3:8.1f} ms {spread:20}{ratio}")
        if not peer:
            print("  torch is not installed: pip install torch")
