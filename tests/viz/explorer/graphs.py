"""Graphs that several tests of the explorer page need."""

import autograd
from autograd import Value, primitive


def scale_by(factor):
    """Declare a primitive, as a notebook's cell does that is run again with another number."""

    @primitive(partials=lambda m, out, x: factor + 0 * x, name="explorer_scale")
    def scale(m, x):
        return factor * x

    return scale


def repeated(count, number=1.5):
    """A sum of one leaf, so many times; and what to show of it: all."""
    return autograd.sum([Value(number, label="x")] * count), None


def neuron(operands, number=0.25):
    """A neuron that takes so many numbers, half of them weights; and its first weight."""
    weights = [Value(number), *(Value(0.01 * i) for i in range(1, operands // 2))]
    return autograd.dot(weights, [Value(0.5)] * len(weights)), weights[0]
