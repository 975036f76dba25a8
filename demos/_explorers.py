"""The graphs that the gallery gives an explorer page each: small ones, and what to try on them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import nn
from autograd import Value, name, tanh
from demos import backpropagation
from demos.vanishing_gradient import two_neurons


def one_neuron() -> Value:
    """Return y = tanh(w·x + b), the neuron of the README."""
    x, w, b = Value(2.0), Value(-3.0), Value(6.88)
    z = w * x + b
    y = tanh(z)
    name({"x": x, "w": w, "b": b, "z": z, "y": y})
    return y


def two_sigmoid_neurons() -> Value:
    """Return the error E of the two-neuron network of the lecture."""
    return two_neurons("sigmoid").E


def xor_network() -> Value:
    """Return E for the row (0, 1) of the truth table, with the weights before training."""
    parameters = backpropagation.start(backpropagation.LEARNS)
    row = backpropagation.X[:, 1]
    return backpropagation.one_row(parameters, row, backpropagation.TARGETS["XOR"][0, 1])


POINTS = ((-1.0, -1.0), (0.0, 1.0), (1.0, 3.0))  # on the line y = 2x + 1


def loss_of_one_neuron() -> Value:
    """Return the mean squared error of y = w·x + b over three points."""
    w, b = Value(0.5), Value(0.0)
    named, targets, predictions = {"w": w, "b": b}, [], []
    for i, (x, t) in enumerate(POINTS, start=1):
        x_, target = Value(x), Value(t)
        y = w * x_ + b
        named |= {f"x{i}": x_, f"t{i}": target, f"y{i}": y}
        targets.append(target)
        predictions.append(y)
    loss: Value = nn.losses.mean_squared_error(targets, predictions)
    name(named | {"L": loss})
    return loss


@dataclass(frozen=True)
class Exploration:
    """A page to build: whose graph it is, and what to look for."""

    name: str
    title: str
    line: str
    lesson: str
    """The lesson that it goes with."""
    build: Callable[[], Value]


EXPLORATIONS = (
    Exploration(
        "one_neuron", "One neuron: y = tanh(w·x + b)",
        "Drag b up to 10 and watch every gradient die: tanh is saturated.",
        "activation_functions", one_neuron,
    ),
    Exploration(
        "two_neurons", "Two neurons and their error",
        "Step backwards from E and watch the gradient shrink on its way to w1. Then swap σ for "
        "tanh or relu.",
        "vanishing_gradient", two_sigmoid_neurons,
    ),
    Exploration(
        "xor", "The XOR network, one row of the truth table",
        "x1 and x2 feed both hidden neurons: there two contributions meet, and add.",
        "backpropagation", xor_network,
    ),
    Exploration(
        "loss", "The loss of one neuron over three points",
        "Every point pulls on the same w and b. Find the setting at which all the pulls are 0.",
        "single_neuron", loss_of_one_neuron,
    ),
)  # fmt: skip
