"""Neurons, activations, losses and optimizers over the Values of `autograd`.

>>> import nn
>>> net = nn.MLP(2, [3, 1], activation="tanh", seed=0)
>>> loss = nn.losses.squared_error(1.0, net([0.5, -0.5]))
>>> loss.backward()
>>> nn.SGD(learning_rate=0.1).step(net.parameters())
"""

try:
    from autograd._foreign import refuse_foreign_files
except ImportError as error:
    raise ImportError(
        "the package 'autograd' that Python finds is not chainrule's but another distribution of "
        "that name, probably HIPS autograd: use a virtual environment of its own for chainrule"
    ) from error

refuse_foreign_files()  # HIPS autograd may own the package's __init__ by now

from nn import activations, losses, optimizers
from nn.activations import leaky_relu, linear, relu, sigmoid, softmax, step, tanh
from nn.module import Module
from nn.neurons import MLP, Layer, Neuron
from nn.optimizers import SGD

__all__ = [
    "MLP", "SGD", "Layer", "Module", "Neuron", "activations", "leaky_relu", "linear",
    "losses", "optimizers", "relu", "sigmoid", "softmax", "step", "tanh",
]  # fmt: skip
