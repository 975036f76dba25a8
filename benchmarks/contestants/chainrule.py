"""Ours: plain Values, `nn.MLP`, the same scalar code compiled, and `Sequential.fit`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import autograd
import nn
from benchmarks import data
from benchmarks.contestants.base import Contestant, MissingError, blas_threads
from benchmarks.contestants.plain import PlainNetwork, moons_step
from benchmarks.data import L2


def compiler() -> Callable[..., Any]:
    """Return `autograd.compile`.

    Raises:
        MissingError: it has not been written yet.
    """
    if not hasattr(autograd, "compile"):
        raise MissingError("autograd.compile is not there yet")
    found: Callable[..., Any] = autograd.compile
    return found


class MoonsPlain(Contestant):
    """The moons step in the same plain sums and products as micrograd's."""

    def __init__(self, samples: int = 100) -> None:
        self.points, self.labels = data.moons(samples)
        self.net: Any = PlainNetwork(autograd.Value, autograd.Value)

    def step(self) -> float:
        """Do one step of gradient descent."""
        return moons_step(self.net, self.points, self.labels)


class MoonsMLP(MoonsPlain):
    """The moons step with an `nn.MLP`, where a neuron is one node."""

    def __init__(self, samples: int = 100) -> None:
        super().__init__(samples)
        sizes = data.MOONS_SIZES
        self.net = nn.MLP(sizes[0], sizes[1:], "relu")
        for layer, (weights, biases) in zip(
            self.net.layers, data.initial_weights(sizes), strict=True
        ):
            for neuron, row, bias in zip(layer.neurons, weights, biases, strict=True):
                for w, number in zip(neuron.w, row.tolist(), strict=True):
                    w.data = number
                neuron.b.data = float(bias)


def moons_loss(params: Any, points: Any, labels: Any) -> Any:
    """Return the hinge loss with L2 of the moons net, written one number at a time."""
    losses = []
    for point, label in zip(points, labels, strict=True):
        x = point
        for i, (weights, biases) in enumerate(params, 1):
            x = [
                sum(w * xi for w, xi in zip(row, x, strict=True)) + b
                for row, b in zip(weights, biases, strict=True)
            ]
            if i < len(params):
                x = [z.relu() for z in x]
        losses.append((1.0 - label * x[0]).relu())
    squares = 0.0
    for weights, biases in params:
        squares += sum(w * w for row in weights for w in row) + sum(b * b for b in biases)
    return sum(losses) / len(losses) + L2 * squares


class MoonsCompiled(Contestant):
    """The moons step in scalar code, compiled; the weights are kept in arrays."""

    def __init__(self, samples: int = 100) -> None:
        self.points, self.labels = data.moons_arrays(samples)
        self.params = data.initial_weights(data.MOONS_SIZES)
        self.loss = compiler()(moons_loss)

    def step(self) -> float:
        """Do one step of gradient descent."""
        loss, gradients = self.loss.value_and_grad(self.params, self.points, self.labels)
        for (w, b), (d_w, d_b) in zip(self.params, gradients, strict=True):
            w -= data.MOONS_RATE * d_w
            b -= data.MOONS_RATE * d_b
        return float(loss)

    def threads(self) -> int:
        """Return the threads of its matrix products."""
        return blas_threads()


class MoonsFirstCall(MoonsCompiled):
    """The first call of the above: the recording, the compiling, one forward and backward."""

    def step(self) -> float:
        """Compile anew and call it once."""
        loss = compiler()(moons_loss)
        return float(loss.value_and_grad(self.params, self.points, self.labels)[0])


class MoonsCompiledValues(MoonsCompiled):
    """The same with the weights as nested lists of Values, updated in Python one by one."""

    def __init__(self, samples: int = 100) -> None:
        super().__init__(samples)
        self.params = [
            ([[autograd.Value(w) for w in row] for row in weights.tolist()],
             [autograd.Value(b) for b in biases.tolist()])
            for weights, biases in self.params
        ]  # fmt: skip
        rows = [row for weights, biases in self.params for row in [*weights, biases]]
        self.flat = [p for row in rows for p in row]

    def step(self) -> float:
        """Do one step of gradient descent."""
        loss = self.loss(self.params, self.points, self.labels)
        loss.backward()
        for p in self.flat:
            p.data -= data.MOONS_RATE * p.grad
            p.grad = None
        return float(loss.data)


def digits_loss(params: Any, images: Any, classes: Any) -> Any:
    """Return the softmax cross-entropy of a 64-32-10 net, written one number at a time."""
    (w1, b1), (w2, b2) = params
    losses = []
    for image, target in zip(images, classes, strict=True):
        hidden = [
            (sum(w * x for w, x in zip(row, image, strict=True)) + b).relu()
            for row, b in zip(w1, b1, strict=True)
        ]
        logits = [
            sum(w * h for w, h in zip(row, hidden, strict=True)) + b
            for row, b in zip(w2, b2, strict=True)
        ]
        chosen = sum(t * z for t, z in zip(target, logits, strict=True))
        losses.append(autograd.log(sum(autograd.exp(z) for z in logits)) - chosen)
    return sum(losses) / len(losses)


class DigitsCompiled(Contestant):
    """The digits step in scalar code, compiled."""

    def __init__(self, samples: int = 200, sizes: tuple[int, ...] = data.DIGITS_SIZES) -> None:
        self.images, self.classes = data.digits(samples)
        self.params = data.initial_weights(tuple(sizes))
        self.loss = compiler()(digits_loss)

    def step(self) -> float:
        """Do one step of gradient descent."""
        loss, gradients = self.loss.value_and_grad(self.params, self.images, self.classes)
        for (w, b), (d_w, d_b) in zip(self.params, gradients, strict=True):
            w -= data.DIGITS_RATE * d_w
            b -= data.DIGITS_RATE * d_b
        return float(loss)

    def threads(self) -> int:
        """Return the threads of its matrix products."""
        return blas_threads()


class Fit(Contestant):
    """One epoch of `Sequential.fit`."""

    precision, tolerance = "float32", 1e-4
    settings: ClassVar[dict[str, Any]] = {}
    """Of `compile`, beyond its defaults."""

    def __init__(self, task: data.Task) -> None:
        self.task = task
        self.model = nn.Sequential([nn.layers.Input(shape=task.sizes[:1])])
        for size in task.sizes[1:-1]:
            self.model.add(nn.layers.Dense(size, activation="relu"))
        last = None if task.loss == "mse" else "softmax"
        self.model.add(nn.layers.Dense(task.sizes[-1], activation=last))
        self.model.compile(optimizer="adam", loss=task.loss, **self.settings)
        self.model.set_weights(task.weights())
        self.x, self.y = task.data()

    def step(self) -> float:
        """Train for one epoch and return its mean loss."""
        history = self.model.fit(
            self.x, self.y, batch_size=self.task.batch, epochs=1, shuffle=False, verbose=0
        )
        return float(history.history["loss"][0])

    def threads(self) -> int:
        """Return the threads of its matrix products."""
        return blas_threads()


class FitEager(Fit):
    """The same with ``run_eagerly=True``: every batch builds its graph."""

    settings: ClassVar[dict[str, Any]] = {"run_eagerly": True}
