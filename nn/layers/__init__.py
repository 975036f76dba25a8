"""Layers: parts of a model that compute with whole batches.

>>> import numpy as np
>>> layer = Dense(1, kernel_initializer="ones")
>>> layer(np.array([[1.0, 2.0]]))
Tensor([[3.]], dtype=float32)
"""

from typing import TYPE_CHECKING

from nn.layers.activation import Activation
from nn.layers.dense import Dense
from nn.layers.dropout import Dropout
from nn.layers.flatten import Flatten
from nn.layers.input import Input, InputLayer
from nn.layers.layer import Layer
from nn.layers.normalization import BatchNormalization
from nn.layers.registry import deserialize, serialize
from nn.unknown import lacking

__all__ = [
    "Activation", "BatchNormalization", "Dense", "Dropout", "Flatten", "Input", "InputLayer",
    "Layer", "deserialize", "serialize",
]  # fmt: skip

if not TYPE_CHECKING:
    _INSTEAD = {
        **{name: f'Activation("{name.lower()}")' for name in ("ELU", "ReLU", "Softmax")},
        "LeakyReLU": 'Activation("leaky_relu")',
        "Reshape": "x.reshape(...) before the model, or Flatten",
    }
    __getattr__ = lacking(__name__, _INSTEAD)
