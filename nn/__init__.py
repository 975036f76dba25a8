"""Neural networks over `autograd`: with Keras's names on top, and plain underneath.

Layers and models compute with Tensors, and carry the names that Keras's users know:

>>> import nn as keras
>>> from nn import layers
>>> model = keras.Sequential([keras.Input(shape=(8,)), layers.Dense(50, "relu"), layers.Dense(1)])
>>> model.compile(optimizer="adam", loss="mse")
>>> model.count_params()
501

The same written one number at a time, over the Values of `autograd`:

>>> import nn
>>> net = nn.MLP(2, [3, 1], activation="tanh", seed=0)
>>> loss = nn.losses.squared_error(1.0, net([0.5, -0.5]))
>>> loss.backward()
>>> nn.SGD(learning_rate=0.1).step(net.parameters())
"""

from typing import TYPE_CHECKING

try:
    from autograd._foreign import refuse_foreign_files
except ImportError as error:
    raise ImportError(
        "the package 'autograd' that Python finds is not chainrule's but another distribution of "
        "that name, probably HIPS autograd: use a virtual environment of its own for chainrule"
    ) from error

refuse_foreign_files()  # HIPS autograd may own the package's __init__ by now

from nn import (
    activations,
    backend,
    callbacks,
    config,
    datasets,
    export,
    initializers,
    layers,
    losses,
    metrics,
    models,
    optimizers,
    random,
    regularizers,
    saving,
    utils,
)
from nn.activations import leaky_relu, linear, relu, sigmoid, softmax, step, tanh
from nn.layers import Input
from nn.models import Model, Sequential
from nn.module import Buffer, Module
from nn.neurons import MLP, Layer, Neuron
from nn.optimizers import SGD
from nn.unknown import lacking

__all__ = [
    "MLP", "SGD", "Buffer", "Input", "Layer", "Model", "Module", "Neuron", "Sequential",
    "activations", "backend", "callbacks", "config", "datasets", "export", "initializers",
    "layers", "leaky_relu", "linear", "losses", "metrics", "models", "optimizers", "random",
    "regularizers", "relu", "saving", "sigmoid", "softmax", "step", "tanh", "utils",
]  # fmt: skip

if not TYPE_CHECKING:
    __getattr__ = lacking(__name__, {"ops": "numpy and the functions of autograd"})
