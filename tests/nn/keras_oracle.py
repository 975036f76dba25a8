"""What Keras says, frozen so that machines without it can compare too.

In an environment with Keras 3 and a backend (PyTorch's and JAX's CPU wheels will do):

    KERAS_BACKEND=torch python -m tests.nn.keras_oracle             writes keras_reference.json
    KERAS_BACKEND=jax python -m tests.nn.keras_oracle --compare     how far this backend is from it

Every program below is written once and takes what it runs on as an argument: here that is
``keras``, in test_keras_parity.py it is ``nn``.  A program builds its own model, layer or
optimizer from the numbers in the section "given" of the file and returns numbers, strings,
lists and dicts.  Everything is float32; nan and the infinities are written as strings.

Histories, predictions and final weights of all fits differ between PyTorch and JAX by at
most 0.6 of 1e-5 relative + 1e-7, which is the tolerance of the tests.  Two traps in float32:
Keras computes beta**t of Adam in float32, where 1 - 0.999 is off by 5e-5 (with powers in
float64, "Adam, 0.1" below differs by six times the tolerance); and a gradient that is zero
but for round-off, as of a bias in front of a BatchNormalization, is a whole step for Adam.
"""

from __future__ import annotations

import contextlib
import io
import json
import math
import re
import sys
import tempfile
import warnings
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

FILE = Path(__file__).with_name("keras_reference.json")

Keras = Any  # the module `keras`, or `nn`
Given = dict[str, Any]


class WithKeras:
    """How a program speaks with Keras where its arrays are not numpy's."""

    def __init__(self) -> None:
        import keras

        self.keras = keras

    def array(self, tensor: Any) -> Any:
        return np.asarray(self.keras.ops.convert_to_numpy(tensor))

    def name(self, weight: Any) -> str:
        return str(weight.name)

    def constant(self, array: Any) -> Any:
        return self.keras.ops.convert_to_tensor(np.asarray(array, np.float32))

    def variable(self, array: Any) -> Any:
        return self.keras.Variable(np.asarray(array, np.float32))

    def gradient(self, function: Callable[[Any], Any], x: Any) -> Any:
        """Return the derivative of the sum of the function's values."""
        x = np.asarray(x, np.float32)
        if self.keras.backend.backend() == "torch":
            import torch

            leaf = torch.tensor(x, requires_grad=True)
            function(leaf).sum().backward()
            return np.zeros_like(x) if leaf.grad is None else leaf.grad.numpy()
        import jax

        return np.asarray(jax.grad(lambda leaf: function(leaf).sum())(x))


Program = Callable[[Any, Given], Any]


# --- fit, step by step ------------------------------------------------------------------


def _dense(*layers: tuple[int, str | None]) -> Callable[[Keras], list[Any]]:
    def build(k: Keras) -> list[Any]:
        dense = [k.layers.Dense(units, activation=activation) for units, activation in layers]
        return [k.layers.Input(shape=(4,)), *dense]

    return build


def _regularized(k: Keras) -> list[Any]:
    return [
        k.layers.Input(shape=(4,)),
        k.layers.Dense(5, activation="tanh", kernel_regularizer=k.regularizers.L2(0.01)),
        k.layers.Dense(3, activation="tanh", kernel_regularizer=k.regularizers.L1L2(0.002, 0.02)),
        k.layers.Dense(1, kernel_regularizer=k.regularizers.L1(0.01)),
    ]


def _normalized(k: Keras) -> list[Any]:
    return [
        k.layers.Input(shape=(4,)),
        k.layers.BatchNormalization(),
        k.layers.Dense(5, activation="relu", use_bias=False),
        k.layers.BatchNormalization(momentum=0.9, epsilon=0.01),
        k.layers.Dense(1),
    ]


def _biased_normalized(k: Keras) -> list[Any]:
    return [
        k.layers.Dense(5, input_shape=[4]),
        k.layers.BatchNormalization(),
        k.layers.Activation("relu"),
        k.layers.Dense(3, activation="softmax"),
    ]


def _flat(k: Keras) -> list[Any]:
    return [
        k.layers.Input(shape=(2, 2)),
        k.layers.Flatten(),
        k.layers.Dense(5),
        k.layers.Activation("sigmoid"),
        k.layers.Dropout(0.0),
        k.layers.Dense(1),
    ]


# no net that Adam or RMSprop trains has a bias in front of a BatchNormalization: see above
NETS: dict[str, Callable[[Keras], list[Any]]] = {
    "4-5-1 tanh": _dense((5, "tanh"), (1, None)),
    "4-5-1 relu": _dense((5, "relu"), (1, "linear")),
    "4-5-1 relu sigmoid": _dense((5, "relu"), (1, "sigmoid")),
    "4-5-1 relu logit": _dense((5, "relu"), (1, None)),
    "4-5-3 sigmoid softmax": _dense((5, "sigmoid"), (3, "softmax")),
    "4-5-3 tanh logits": _dense((5, "tanh"), (3, None)),
    "4-5-2 tanh": _dense((5, "tanh"), (2, None)),
    "4-3-1 elu": _dense((3, "elu"), (1, None)),
    "4-3-1 selu": _dense((3, "selu"), (1, None)),
    "4-3-1 gelu": _dense((3, "gelu"), (1, None)),
    "4-3-1 silu": _dense((3, "silu"), (1, None)),
    "4-3-1 swish": _dense((3, "swish"), (1, None)),
    "4-3-1 softplus": _dense((3, "softplus"), (1, "softplus")),
    "4-3-1 leaky_relu": _dense((3, "leaky_relu"), (1, None)),
    "4-3-1 log_softmax": _dense((3, "log_softmax"), (1, None)),
    "4-4-4-4-1 tanh": _dense((4, "tanh"), (4, "tanh"), (4, "tanh"), (1, None)),
    "4-1": _dense((1, None)),
    "regularized": _regularized,
    "normalized": _normalized,
    "normalized, biased": _biased_normalized,
    "flat": _flat,
}


@dataclass(frozen=True)
class Fit:
    """A model, its starting weights by the model's name, and how it is trained."""

    net: str
    loss: Any
    optimizer: Any
    target: str
    metrics: tuple[Any, ...] = ()
    options: Callable[[Keras, Given], dict[str, Any]] = lambda k, given: {}
    epochs: int = 4
    batch_size: int = 8
    prepare: Callable[[Any], None] = lambda model: None

    def model(self, k: Keras, given: Given) -> Any:
        model = k.models.Sequential(NETS[self.net](k))
        model.set_weights([np.array(w, np.float32) for w in given["weights"][self.net]])
        self.prepare(model)
        model.compile(
            optimizer=_made(self.optimizer, k),
            loss=_made(self.loss, k),
            metrics=[_made(metric, k) for metric in self.metrics] or None,
        )
        return model

    def data(self, given: Given) -> tuple[Any, Any]:
        x = np.array(given["x"], np.float32)
        if self.net == "flat":
            x = x.reshape(-1, 2, 2)
        return x, target(given, self.target)

    def __call__(self, on: Any, given: Given) -> dict[str, Any]:
        k = on.keras
        model = self.model(k, given)
        x, y = self.data(given)
        options = {
            "epochs": self.epochs, "batch_size": self.batch_size, "shuffle": False, "verbose": 0,
            **self.options(k, given),
        }  # fmt: skip
        history = model.fit(x, y, **options)
        evaluated = model.evaluate(x, y, batch_size=10, verbose=0)
        return {
            "history": history.history,
            "epoch": history.epoch,
            "weights": model.get_weights(),
            "evaluate": evaluated,
            "predict": model.predict(x[:3], verbose=0),
        }


def _freeze(layer: Any) -> None:
    layer.trainable = False


def _made(what: Any, k: Keras) -> Any:
    return what(k) if callable(what) else what


def target(given: Given, name: str) -> Any:
    """Return the targets of a name as an array."""
    if name == "one-hot":
        return np.eye(3, dtype=np.float32)[np.array(given["class"])]
    if name == "column":
        return np.array(given["real"], np.float32)[:, None]
    if name == "class column":
        return np.array(given["class"])[:, None]
    return np.array(given[name], np.int64 if name in ("binary", "class") else np.float32)


def _validation(given: Given, name: str) -> tuple[Any, Any]:
    fewer = {"real": given["real"][:11], "binary": given["binary"][:11]}
    return np.array(given["x_validation"], np.float32), target(fewer, name)


_LOSSES: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "mse": ("4-5-1 tanh", "column", ()),
    "mae": ("4-5-1 relu", "real", ()),
    "binary_crossentropy": ("4-5-1 relu sigmoid", "binary", ("accuracy",)),
    "categorical_crossentropy": ("4-5-3 sigmoid softmax", "one-hot", ("accuracy",)),
    "sparse_categorical_crossentropy": ("4-5-3 sigmoid softmax", "class", ("accuracy",)),
}
_OPTIMIZERS: dict[str, Callable[[Keras], Any]] = {
    "SGD": lambda k: k.optimizers.SGD(learning_rate=0.05),
    "momentum": lambda k: k.optimizers.SGD(learning_rate=0.02, momentum=0.9),
    "Nesterov": lambda k: k.optimizers.SGD(learning_rate=0.02, momentum=0.9, nesterov=True),
    "Adam": lambda k: k.optimizers.Adam(learning_rate=0.01),
    "RMSprop": lambda k: k.optimizers.RMSprop(learning_rate=0.01),
}


def _fits() -> Iterator[tuple[str, Fit]]:
    for loss, (net, wanted, metrics) in _LOSSES.items():
        for name, optimizer in _OPTIMIZERS.items():
            yield f"{loss}, {name}", Fit(net, loss, optimizer, wanted, metrics)

    tanh, sigmoid, softmax = "4-5-1 tanh", "4-5-1 relu sigmoid", "4-5-3 sigmoid softmax"
    adam = _OPTIMIZERS["Adam"]

    # by name, with the learning rates that the names stand for
    for name in ("sgd", "adam", "rmsprop", "adamw", "adagrad", "Adam"):
        yield f"optimizer {name!r}", Fit(tanh, "mse", name, "real")
    yield "AdamW", Fit(tanh, "mse", lambda k: k.optimizers.AdamW(0.01, weight_decay=0.1), "real")
    yield "Adagrad", Fit(tanh, "mse", lambda k: k.optimizers.Adagrad(0.1), "real")

    # clipping
    yield (
        "clipvalue",
        Fit(tanh, "mse", lambda k: k.optimizers.SGD(0.1, momentum=0.5, clipvalue=0.1), "real"),
    )
    yield "clipnorm", Fit(tanh, "mse", lambda k: k.optimizers.SGD(0.1, clipnorm=0.3), "real")
    yield (
        "global_clipnorm",
        Fit(tanh, "mse", lambda k: k.optimizers.SGD(0.1, global_clipnorm=0.3), "real"),
    )
    yield (
        "global_clipnorm with Adam",
        Fit(tanh, "mse", lambda k: k.optimizers.Adam(0.01, global_clipnorm=0.3), "real"),
    )

    # learning-rate schedules
    yield "ExponentialDecay", Fit(
        tanh, "mse",
        lambda k: k.optimizers.SGD(k.optimizers.schedules.ExponentialDecay(0.1, 4, 0.8)), "real",
    )  # fmt: skip
    yield "PiecewiseConstantDecay", Fit(
        tanh, "mse",
        lambda k: k.optimizers.Adam(
            k.optimizers.schedules.PiecewiseConstantDecay([5, 12], [0.02, 0.01, 0.001])
        ), "real",
    )  # fmt: skip
    yield "CosineDecay with warm-up", Fit(
        tanh, "mse",
        lambda k: k.optimizers.RMSprop(
            k.optimizers.schedules.CosineDecay(0.0, 12, warmup_target=0.02, warmup_steps=6)
        ), "real",
    )  # fmt: skip

    # activations
    for name in ("elu", "selu", "gelu", "silu", "swish", "softplus", "leaky_relu", "log_softmax"):
        wanted = "positive" if name == "softplus" else "real"
        yield f"activation {name}", Fit(f"4-3-1 {name}", "mse", adam, wanted)
    yield "three hidden layers", Fit("4-4-4-4-1 tanh", "mse", adam, "real")
    yield "one neuron", Fit("4-1", "mse", "sgd", "real", ("mae",))
    yield "Flatten, Activation, Dropout(0)", Fit("flat", "mse", adam, "real")

    # other losses
    yield (
        "binary_crossentropy from logits",
        Fit(
            "4-5-1 relu logit",
            lambda k: k.losses.BinaryCrossentropy(from_logits=True),
            adam,
            "binary",
        ),
    )
    yield "categorical_crossentropy from logits", Fit(
        "4-5-3 tanh logits",
        lambda k: k.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1),
        adam, "one-hot", ("accuracy",),
    )  # fmt: skip
    yield "sparse_categorical_crossentropy from logits", Fit(
        "4-5-3 tanh logits", lambda k: k.losses.SparseCategoricalCrossentropy(from_logits=True),
        adam, "class column", ("accuracy",),
    )  # fmt: skip
    yield "huber", Fit(tanh, lambda k: k.losses.Huber(delta=0.5), adam, "real")
    yield "hinge", Fit("4-5-1 relu logit", "hinge", "sgd", "binary")
    yield "mape", Fit("4-3-1 softplus", "mape", adam, "positive")
    yield "msle", Fit("4-3-1 softplus", "msle", adam, "positive")
    yield "two outputs", Fit("4-5-2 tanh", "mse", adam, "pair", ("mae",))

    yield (
        "a loss as a function",
        Fit(tanh, lambda k: k.losses.mean_absolute_error, adam, "real", ("mse",)),
    )
    yield (
        "a loss summed",
        Fit(tanh, lambda k: k.losses.MeanSquaredError(reduction="sum"),
            lambda k: k.optimizers.SGD(0.005), "real"),
    )  # fmt: skip

    # weights of samples and of classes
    def weights(given: Given) -> Any:
        return np.array(given["sample_weight"], np.float32)

    yield "sample_weight", Fit(
        tanh, "mse", adam, "real", ("mae",),
        lambda k, given: {"sample_weight": weights(given)},
    )  # fmt: skip
    yield "sample_weight, two outputs", Fit(
        "4-5-2 tanh", "mae", "sgd", "pair", (),
        lambda k, given: {"sample_weight": weights(given)},
    )  # fmt: skip
    yield "class_weight, binary", Fit(
        sigmoid, "binary_crossentropy", adam, "binary", ("accuracy",),
        lambda k, given: {"class_weight": {0: 0.5, 1: 2.0}},
    )  # fmt: skip
    yield "class_weight, one-hot", Fit(
        softmax, "categorical_crossentropy", adam, "one-hot", ("accuracy",),
        lambda k, given: {"class_weight": {0: 0.5, 1: 2.0, 2: 1.25}},
    )  # fmt: skip
    yield "class_weight, sparse", Fit(
        softmax, "sparse_categorical_crossentropy", adam, "class", ("accuracy",),
        lambda k, given: {"class_weight": {0: 0.5, 1: 2.0, 2: 1.25}},
    )  # fmt: skip

    yield (
        "class_weight, a class without",
        Fit(
            softmax, "sparse_categorical_crossentropy", adam, "class", ("accuracy",),
            lambda k, given: {"class_weight": {0: 0.5, 2: 3.0}, "validation_split": 0.2},
        ),
    )  # fmt: skip

    # validation
    yield (
        "validation_split and validation_data",
        Fit(
            tanh, "mse", adam, "real", ("mae",),
            lambda k, given: {
                "validation_split": 0.3, "validation_data": _validation(given, "real"),
            },
        ),
    )  # fmt: skip
    yield (
        "validation_split",
        Fit(tanh, "mse", adam, "real", ("mae",), lambda k, given: {"validation_split": 0.3}),
    )
    yield "validation_split, sample_weight", Fit(
        tanh, "mse", adam, "real", ("mae",),
        lambda k, given: {"validation_split": 0.25, "sample_weight": weights(given)},
    )  # fmt: skip
    yield "validation_data", Fit(
        sigmoid, "binary_crossentropy", adam, "binary", ("accuracy",),
        lambda k, given: {"validation_data": _validation(given, "binary")},
    )  # fmt: skip
    yield "validation_data with weights", Fit(
        tanh, "mse", adam, "real", (),
        lambda k, given: {"validation_data": (*_validation(given, "real"), weights(given)[:11])},
    )  # fmt: skip
    yield "validation_freq", Fit(
        tanh, "mse", adam, "real", ("mae",),
        lambda k, given: {
            "validation_data": _validation(given, "real"),
            "validation_batch_size": 4, "validation_freq": 2,
        },
    )  # fmt: skip

    # names of metrics
    yield (
        "metrics by name",
        Fit(tanh, "mse", adam, "real", ("mae", "mse", "mean_absolute_error", "MeanSquaredError")),
    )
    yield "metrics as objects", Fit(
        softmax, "sparse_categorical_crossentropy", adam, "class",
        (
            lambda k: k.metrics.SparseCategoricalAccuracy(),
            lambda k: k.metrics.SparseCategoricalAccuracy(name="hits"),
            "acc",
        ),
        lambda k, given: {"validation_split": 0.2},
    )  # fmt: skip
    yield "binary_accuracy", Fit(
        sigmoid, "binary_crossentropy", adam, "binary",
        ("binary_accuracy", lambda k: k.metrics.BinaryAccuracy(name="strict", threshold=0.7)),
    )  # fmt: skip
    yield "RootMeanSquaredError", Fit(
        tanh, "mse", adam, "real", (lambda k: k.metrics.RootMeanSquaredError(),),
        lambda k, given: {"validation_split": 0.2},
    )  # fmt: skip

    # layers that add to the loss or keep a state
    yield (
        "regularizers",
        Fit(
            "regularized", "mse", adam, "real", ("mae",), lambda k, given: {"validation_split": 0.2}
        ),
    )
    yield (
        "BatchNormalization",
        Fit(
            "normalized", "mse", adam, "real", ("mae",), lambda k, given: {"validation_split": 0.2}
        ),
    )
    yield (
        "BatchNormalization, SGD, biased",
        Fit("normalized, biased", "sparse_categorical_crossentropy", "sgd", "class", ("accuracy",)),
    )

    yield (
        "a layer that is not trained",
        Fit(tanh, "mse", adam, "real", prepare=lambda model: _freeze(model.layers[0])),
    )
    yield (
        "a BatchNormalization that is not trained",
        Fit("normalized", "mse", adam, "real", prepare=lambda model: _freeze(model.layers[2])),
    )
    yield (
        "a regularizer of a layer that is not trained",
        Fit("regularized", "mse", "sgd", "real", prepare=lambda model: _freeze(model.layers[0])),
    )

    # batches and epochs
    yield "one batch", Fit(tanh, "mse", adam, "real", ("mae",), batch_size=100)
    yield "a last batch of one", Fit(tanh, "mse", adam, "real", ("mae",), batch_size=12)
    yield (
        "batch_size by default",
        Fit(tanh, "mse", adam, "real", (), lambda k, given: {"batch_size": None}),
    )
    yield (
        "initial_epoch",
        Fit(tanh, "mse", adam, "real", (), lambda k, given: {"initial_epoch": 2}, epochs=5),
    )

    # callbacks
    def stop(k: Keras, given: Given) -> dict[str, Any]:
        callback = k.callbacks.EarlyStopping(
            monitor="loss", min_delta=0.05, patience=2, restore_best_weights=True
        )
        return {"callbacks": [callback], "epochs": 30}

    yield "EarlyStopping", Fit(tanh, "mse", lambda k: k.optimizers.SGD(0.02), "real", (), stop)
    yield "LearningRateScheduler", Fit(
        tanh, "mse", adam, "real", ("mae",),
        lambda k, given: {
            "callbacks": [k.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.5)]
        },
    )  # fmt: skip
    yield "ReduceLROnPlateau", Fit(
        tanh, "mse", adam, "real", ("mae",),
        lambda k, given: {
            "callbacks": [
                k.callbacks.ReduceLROnPlateau("val_loss", 0.5, patience=1, min_delta=0.5)
            ],
            "validation_split": 0.2, "epochs": 6,
        },
    )  # fmt: skip


def _two_fits(on: Any, given: Given) -> dict[str, Any]:
    """The second call goes on with the optimizer's state and counts epochs from 0 again."""
    case = Fit("4-5-1 tanh", "mse", _OPTIMIZERS["Adam"], "real", ("mae",))
    model, (x, y) = case.model(on.keras, given), case.data(given)
    options = {"batch_size": 8, "shuffle": False, "verbose": 0}
    first = model.fit(x, y, epochs=2, **options).history
    second = model.fit(x, y, epochs=1, **options)
    return {
        "first": first, "second": second.history, "epoch": second.epoch,
        "weights": model.get_weights(),
    }  # fmt: skip


def _rate_changed(on: Any, given: Given) -> dict[str, Any]:
    """Another learning rate from the second call of fit on."""
    case = Fit("4-5-1 tanh", "mse", _OPTIMIZERS["momentum"], "real")
    model, (x, y) = case.model(on.keras, given), case.data(given)
    options = {"batch_size": 8, "shuffle": False, "verbose": 0, "epochs": 2}
    first = model.fit(x, y, **options).history
    model.optimizer.learning_rate = 0.005
    second = model.fit(x, y, **options).history
    return {"first": first, "second": second, "weights": model.get_weights()}


def _by_batches(on: Any, given: Given) -> dict[str, Any]:
    """train_on_batch gives the numbers of its own batch."""
    case = Fit("4-5-1 relu sigmoid", "binary_crossentropy", "adam", "binary", ("accuracy",))
    model, (x, y) = case.model(on.keras, given), case.data(given)
    trained = [model.train_on_batch(x[a:b], y[a:b]) for a, b in ((0, 8), (8, 12), (12, 37))]
    named = model.train_on_batch(x[:5], y[:5], return_dict=True)
    weighted = model.train_on_batch(
        x[:5], y[:5], sample_weight=np.array(given["sample_weight"][:5], np.float32)
    )
    return {
        "trained": trained,
        "named": named,
        "weighted": weighted,
        "weights": model.get_weights(),
    }


def _evaluated(on: Any, given: Given) -> dict[str, Any]:
    case = Fit("4-5-1 tanh", "mse", "adam", "real", ("mae",))
    model, (x, y) = case.model(on.keras, given), case.data(given)
    weights = np.array(given["sample_weight"], np.float32)
    return {
        "list": model.evaluate(x, y, batch_size=8, verbose=0),
        "dict": model.evaluate(x, y, batch_size=8, verbose=0, return_dict=True),
        "weighted": model.evaluate(x, y, batch_size=8, verbose=0, sample_weight=weights),
        "column": model.evaluate(x, y[:, None], batch_size=8, verbose=0),
    }


FITS: dict[str, Program] = {
    **dict(_fits()),
    "two calls of fit": _two_fits,
    "another learning rate": _rate_changed,
    "train_on_batch": _by_batches,
    "evaluate": _evaluated,
}


# --- losses -----------------------------------------------------------------------------

_REAL = ([[1.0, -2.0], [0.5, 0.0], [3.0, 4.0]], [[1.5, -1.0], [0.5, 1e-3], [-2.0, 4.5]])
_POSITIVE = ([[1.0, 0.0], [0.5, 20.0], [3.0, 4.0]], [[1.5, 1.0], [0.0, 10.0], [2.0, -0.5]])
_BITS = ([[0.0, 1.0], [1.0, 1.0], [1.0, 0.0]], [[0.2, 0.9], [0.6, 0.01], [0.3, 0.5]])
_CERTAIN = ([[0.0, 1.0], [1.0, 0.0], [1.0, 0.0]], [[0.0, 1.0], [0.0, 1.0], [1e-9, 1.0 - 1e-7]])
_BIT_LOGITS = ([[0.0, 1.0], [1.0, 0.0], [0.0, 1.0]], [[0.2, -0.9], [1000, 1000], [-50, -1000]])
_ONE_HOT = [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
_CLASSES = (_ONE_HOT, [[0.1, 0.7, 0.2], [0.3, 0.3, 0.4], [0.5, 0.4, 0.1]])
_ROUGH = (_ONE_HOT, [[0.2, 1.4, 0.4], [0.0, 1.0, 0.0], [0.0, 0.0, 3.0]])
_LOGITS = (_ONE_HOT, [[0.5, -1.0, 2.0], [1000, 0, -1000], [1000, 0, -1000]])
_SIGNS = ([[-1.0, 1.0], [1.0, 1.0], [1.0, -1.0]], [[0.2, 0.9], [1.6, -0.4], [-3.0, 0.5]])
_ZERO_ONE = ([[0.0, 1.0], [1.0, 1.0], [1.0, 0.0]], [[0.2, 0.9], [1.6, -0.4], [-3.0, 0.5]])


def _indices(pair: tuple[Any, Any]) -> tuple[Any, Any]:
    return np.argmax(pair[0], axis=1).tolist(), pair[1]


_PAIRS: dict[str, tuple[str, str, dict[str, Any], tuple[Any, Any]]] = {
    "mse": ("mean_squared_error", "MeanSquaredError", {}, _REAL),
    "mae": ("mean_absolute_error", "MeanAbsoluteError", {}, _REAL),
    "mape": (
        "mean_absolute_percentage_error", "MeanAbsolutePercentageError", {},
        ([[1.0, -2.0], [0.5, 20.0], [3.0, 4.0]], _POSITIVE[1]),
    ),
    "mape with a target of zero": (
        "mean_absolute_percentage_error", "MeanAbsolutePercentageError", {}, _POSITIVE,
    ),
    "msle": ("mean_squared_logarithmic_error", "MeanSquaredLogarithmicError", {}, _POSITIVE),
    "huber": ("huber", "Huber", {}, _REAL),
    "huber, delta 0.25": ("huber", "Huber", {"delta": 0.25}, _REAL),
    "bce": ("binary_crossentropy", "BinaryCrossentropy", {}, _BITS),
    "bce of certainties": ("binary_crossentropy", "BinaryCrossentropy", {}, _CERTAIN),
    "bce from logits": (
        "binary_crossentropy", "BinaryCrossentropy", {"from_logits": True}, _BIT_LOGITS
    ),
    "bce, label_smoothing": (
        "binary_crossentropy", "BinaryCrossentropy", {"label_smoothing": 0.2}, _BITS
    ),
    "bce from logits, label_smoothing": (
        "binary_crossentropy", "BinaryCrossentropy",
        {"from_logits": True, "label_smoothing": 0.2}, _BIT_LOGITS,
    ),
    "cce": ("categorical_crossentropy", "CategoricalCrossentropy", {}, _CLASSES),
    "cce of rows that do not sum to 1": (
        "categorical_crossentropy", "CategoricalCrossentropy", {}, _ROUGH
    ),
    "cce from logits": (
        "categorical_crossentropy", "CategoricalCrossentropy", {"from_logits": True}, _LOGITS
    ),
    "cce, label_smoothing": (
        "categorical_crossentropy", "CategoricalCrossentropy", {"label_smoothing": 0.3}, _CLASSES
    ),
    "scce": (
        "sparse_categorical_crossentropy", "SparseCategoricalCrossentropy", {}, _indices(_CLASSES)
    ),
    "scce of rows that do not sum to 1": (
        "sparse_categorical_crossentropy", "SparseCategoricalCrossentropy", {}, _indices(_ROUGH)
    ),
    "scce from logits": (
        "sparse_categorical_crossentropy", "SparseCategoricalCrossentropy",
        {"from_logits": True}, _indices(_LOGITS),
    ),
    "scce of a column": (
        "sparse_categorical_crossentropy", "SparseCategoricalCrossentropy", {},
        ([[1], [0], [2]], _CLASSES[1]),
    ),
    "hinge, targets ±1": ("hinge", "Hinge", {}, _SIGNS),
    "hinge, targets 0 and 1": ("hinge", "Hinge", {}, _ZERO_ONE),
}  # fmt: skip


def _loss(function: str, kind: str, options: dict[str, Any], pair: tuple[Any, Any]) -> Program:
    def program(on: Any, given: Given) -> dict[str, Any]:
        losses = on.keras.losses
        true = np.array(pair[0], np.int64 if kind.startswith("Sparse") else np.float32)
        pred = np.array(pair[1], np.float32)
        weight = np.array([0.5, 2.0, 0.25], np.float32)
        per_sample = getattr(losses, function)
        found: dict[str, Any] = {
            "per sample": on.array(per_sample(true, on.constant(pred), **options)),
            "gradient": on.gradient(lambda p: per_sample(true, p, **options), pred),
        }
        for reduction in ("sum_over_batch_size", "sum", "none", "mean_with_sample_weight"):
            loss = getattr(losses, kind)(reduction=reduction, **options)
            found[reduction] = on.array(loss(true, on.constant(pred)))
            found[f"{reduction}, weighted"] = on.array(
                loss(true, on.constant(pred), sample_weight=weight)
            )
        found["name"] = getattr(losses, kind)(**options).name
        return found

    return program


def _ranks(on: Any, given: Given) -> dict[str, Any]:
    """Targets of shape (n,) for outputs of shape (n, 1), and the other way round."""
    flat, column = np.array([0.0, 1.0, 1.0], np.float32), np.array([[0.5], [0.25], [2.0]])
    mse = on.keras.losses.MeanSquaredError()
    bce = on.keras.losses.BinaryCrossentropy()
    chances = np.array([[0.5], [0.25], [0.875]], np.float32)
    return {
        "mse, target flat": on.array(mse(flat, on.constant(column))),
        "mse, prediction flat": on.array(mse(column, on.constant(flat))),
        "bce, target flat": on.array(bce(flat, on.constant(chances))),
    }


_ALIASES = (
    "mse", "MSE", "mean_squared_error", "MeanSquaredError", "mae", "MAE", "mean_absolute_error",
    "mape", "MAPE", "msle", "MSLE", "huber", "Huber", "hinge", "Hinge", "bce", "BCE",
    "binary_crossentropy", "BinaryCrossentropy", "categorical_crossentropy",
    "CategoricalCrossentropy", "sparse_categorical_crossentropy", "SparseCategoricalCrossentropy",
)  # fmt: skip


def _aliases(on: Any, given: Given) -> dict[str, Any]:
    """A function or an object: the mean of either is the same number."""
    found = {}
    for alias in _ALIASES:
        true, pred = _indices(_CLASSES) if alias.lower().startswith("sparse") else _CLASSES
        loss = on.keras.losses.get(alias)
        values = loss(np.array(true), on.constant(np.array(pred, np.float32)))
        found[alias] = float(on.array(values).mean())
    return found


LOSSES: dict[str, Program] = {
    **{name: _loss(*arguments) for name, arguments in _PAIRS.items()},
    "ranks": _ranks,
    "names": _aliases,
}


# --- activations ------------------------------------------------------------------------

GRID = (
    -1000.0, -40.0, -5.0, -2.5, -1.0, -0.5, -1e-3, -1e-6, 0.0, 1e-6, 1e-3, 0.5, 1.0, 2.5, 5.0,
    15.0, 40.0, 1000.0,
)  # fmt: skip
ROWS = (
    (0.0, 0.0, 0.0), (1.0, 2.0, 3.0), (-1.0, 0.5, 0.25), (1000.0, 0.0, -1000.0),
    (-1000.0, -1000.0, -999.0), (50.0, 0.0, 49.0),
)  # fmt: skip


def _activation(name: str, **options: Any) -> Program:
    def program(on: Any, given: Given) -> dict[str, Any]:
        function = getattr(on.keras.activations, name)
        x = np.array(GRID, np.float32)
        return {
            "values": on.array(function(on.constant(x), **options)),
            "gradient": on.gradient(lambda leaf: function(leaf, **options), x),
        }

    return program


def _rows(name: str, **options: Any) -> Program:
    def program(on: Any, given: Given) -> dict[str, Any]:
        function = getattr(on.keras.activations, name)
        x = np.array(ROWS, np.float32)
        factors = on.constant([1.0, -2.0, 0.5])  # the sum of a softmax is constant
        return {
            "values": on.array(function(on.constant(x), **options)),
            "gradient": on.gradient(lambda leaf: function(leaf, **options) * factors, x),
        }

    return program


ACTIVATIONS: dict[str, Program] = {
    **{
        name: _activation(name)
        for name in (
            "linear", "sigmoid", "tanh", "relu", "leaky_relu", "elu", "selu", "gelu", "silu",
            "swish", "softplus",
        )
    },
    "leaky_relu, negative_slope 0.01": _activation("leaky_relu", negative_slope=0.01),
    "elu, alpha 0.5": _activation("elu", alpha=0.5),
    "gelu, approximate": _activation("gelu", approximate=True),
    "softmax": _rows("softmax"),
    "log_softmax": _rows("log_softmax"),
    "softmax, axis 0": _rows("softmax", axis=0),
}  # fmt: skip


# --- metrics ----------------------------------------------------------------------------

_BINARY_BATCHES = (
    ([[1], [0], [1], [1]], [[0.9], [0.2], [0.5], [0.4]], [1.0, 2.0, 0.5, 1.0]),
    ([[0]], [[0.51]], [3.0]),
    ([[1], [0]], [[0.50001], [0.7]], [0.25, 0.0]),
)
_CLASS_BATCHES = (
    ([[1, 0, 0], [0, 1, 0]], [[0.5, 0.5, 0.0], [0.1, 0.2, 0.7]], [1.0, 2.0]),
    ([[0, 0, 1]], [[0.1, 0.1, 0.8]], [0.5]),
    ([[0, 1, 0]] * 3, [[0.3, 0.6, 0.1], [0.4, 0.4, 0.2], [0.0, 0.0, 0.0]], [1.0, 4.0, 2.0]),
)
_INDEX_BATCHES = tuple((np.argmax(t, axis=1).tolist(), p, w) for t, p, w in _CLASS_BATCHES)
_REAL_BATCHES = (
    ([[1.0], [2.0], [3.0]], [[1.5], [1.0], [3.25]], [1.0, 2.0, 0.5]),
    ([[-1.0]], [[1.0]], [3.0]),
    ([[0.0], [0.5]], [[0.0], [-7.0]], [0.25, 0.0]),
)
_METRICS: dict[str, tuple[str, dict[str, Any], Any]] = {
    "accuracy": ("Accuracy", {}, (([1, 2, 3], [1, 2, 0], [1.0, 2.0, 0.5]), ([4], [4], [3.0]))),
    "binary_accuracy": ("BinaryAccuracy", {}, _BINARY_BATCHES),
    "binary_accuracy, threshold 0.7": ("BinaryAccuracy", {"threshold": 0.7}, _BINARY_BATCHES),
    "binary_accuracy, several outputs": ("BinaryAccuracy", {}, _CLASS_BATCHES),
    "categorical_accuracy": ("CategoricalAccuracy", {}, _CLASS_BATCHES),
    "sparse_categorical_accuracy": ("SparseCategoricalAccuracy", {}, _INDEX_BATCHES),
    "mae": ("MeanAbsoluteError", {}, _REAL_BATCHES),
    "mse": ("MeanSquaredError", {}, _REAL_BATCHES),
    "mse, several outputs": ("MeanSquaredError", {}, _CLASS_BATCHES),
    "root_mean_squared_error": ("RootMeanSquaredError", {}, _REAL_BATCHES),
    "root_mean_squared_error, several outputs": ("RootMeanSquaredError", {}, _CLASS_BATCHES),
}


def _metric(kind: str, options: dict[str, Any], batches: Any) -> Program:
    def program(on: Any, given: Given) -> dict[str, Any]:
        metric = getattr(on.keras.metrics, kind)(**options)
        found: dict[str, Any] = {"name": metric.name, "before": float(metric.result())}
        for weighted in (False, True):
            metric.reset_state()
            results = []
            for true, pred, weight in batches:
                arrays = np.array(true), np.array(pred, np.float32)
                if weighted:
                    metric.update_state(*arrays, sample_weight=np.array(weight, np.float32))
                else:
                    metric.update_state(*arrays)
                results.append(float(metric.result()))
            found["weighted" if weighted else "unweighted"] = results
        return found

    return program


def _accuracy_for(wanted: str, loss: str, outputs: int, column: bool = False) -> Program:
    """Which metric the name stands for shows in the number that evaluate gives."""

    def program(on: Any, given: Given) -> dict[str, Any]:
        k = on.keras
        dense = k.layers.Dense(outputs, use_bias=False)
        model = k.models.Sequential([k.layers.Input(shape=(outputs,)), dense])
        dense.set_weights([np.eye(outputs, dtype=np.float32)])
        rows = np.array([[0.2, 0.7, 0.1], [0.6, 0.9, 0.1], [0.4, 0.3, 0.35], [0.1, 0.3, 0.9]])
        x = rows[:, -outputs:].astype(np.float32)
        labels = np.array([1, 0, 0, 1]) if outputs == 1 else np.array([1, 0, 0, 2])
        y = np.eye(3, dtype=np.float32)[labels] if wanted == "one-hot" else labels
        y = y[:, None] if column else y
        model.compile(optimizer="sgd", loss=loss, metrics=["accuracy", "acc"])
        return {"evaluate": model.evaluate(x, y, verbose=0, return_dict=True)}

    return program


METRICS: dict[str, Program] = {
    **{name: _metric(*arguments) for name, arguments in _METRICS.items()},
    "'accuracy' of targets (n,), outputs (n, 1)": _accuracy_for("labels", "binary_crossentropy", 1),
    "'accuracy' of targets (n, 1), outputs (n, 1)": _accuracy_for(
        "labels", "binary_crossentropy", 1, column=True
    ),
    "'accuracy' of targets (n,), outputs (n, 3)": _accuracy_for(
        "labels", "sparse_categorical_crossentropy", 3
    ),
    "'accuracy' of targets (n, 1), outputs (n, 3)": _accuracy_for(
        "labels", "sparse_categorical_crossentropy", 3, column=True
    ),
    "'accuracy' of targets (n, 3), outputs (n, 3)": _accuracy_for(
        "one-hot", "categorical_crossentropy", 3
    ),
    "'accuracy' of targets (n, 3), outputs (n, 3), binary loss": _accuracy_for(
        "one-hot", "binary_crossentropy", 3
    ),
}

# --- learning rates ---------------------------------------------------------------------

_STEPS = (0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 14, 15, 16, 19, 20, 21, 29, 30, 31, 50, 100, 1000)


def _schedule(make: Callable[[Any], Any]) -> Program:
    def program(on: Any, given: Given) -> dict[str, Any]:
        schedule = make(on.keras.optimizers.schedules)
        rates = [float(on.array(schedule(step))) for step in _STEPS]
        return {"rates": rates, "config": schedule.get_config()}

    return program


SCHEDULES: dict[str, Program] = {
    "ExponentialDecay": _schedule(lambda s: s.ExponentialDecay(0.1, 10, 0.9)),
    "ExponentialDecay, staircase": _schedule(
        lambda s: s.ExponentialDecay(0.1, decay_steps=10, decay_rate=0.5, staircase=True)
    ),
    "PiecewiseConstantDecay": _schedule(
        lambda s: s.PiecewiseConstantDecay(boundaries=[5, 10, 30], values=[1.0, 0.5, 0.25, 0.1])
    ),
    "CosineDecay": _schedule(lambda s: s.CosineDecay(0.1, 20)),
    "CosineDecay, alpha": _schedule(lambda s: s.CosineDecay(0.1, decay_steps=30, alpha=0.1)),
    "CosineDecay, warm-up": _schedule(
        lambda s: s.CosineDecay(0.0, 20, warmup_target=0.1, warmup_steps=10)
    ),
    "CosineDecay, warm-up from a rate, alpha": _schedule(
        lambda s: s.CosineDecay(0.02, 20, alpha=0.2, warmup_target=0.1, warmup_steps=6)
    ),
    "CosineDecay, warm-up steps only": _schedule(lambda s: s.CosineDecay(0.1, 20, warmup_steps=6)),
}


# --- optimizers on given gradients ------------------------------------------------------


def _descent(make: Callable[[Any], Any]) -> Program:
    def program(on: Any, given: Given) -> dict[str, Any]:
        optimizer = make(on.keras.optimizers)
        parameters = [on.variable(start) for start in given["optimizer"]["start"]]
        steps = []
        for gradients in given["optimizer"]["gradients"]:
            pairs = zip([on.constant(g) for g in gradients], parameters, strict=True)
            optimizer.apply_gradients(list(pairs))
            steps.append([on.array(parameter).copy() for parameter in parameters])
        return {"steps": steps, "iterations": int(optimizer.iterations)}

    return program


def _optimizer_names(on: Any, given: Given) -> dict[str, Any]:
    names = "sgd", "SGD", "adam", "Adam", "ADAM", "adamw", "AdamW", "rmsprop", "RMSprop", "adagrad"
    made = {name: on.keras.optimizers.get(name) for name in names}
    return {
        name: [type(optimizer).__name__, float(on.array(optimizer.learning_rate))]
        for name, optimizer in made.items()
    }


OPTIMIZERS: dict[str, Program] = {"names": _optimizer_names}
OPTIMIZERS |= {
    name: _descent(make)
    for name, make in {
        "SGD": lambda o: o.SGD(),
        "SGD, momentum": lambda o: o.SGD(0.1, momentum=0.9),
        "SGD, Nesterov": lambda o: o.SGD(0.1, momentum=0.9, nesterov=True),
        "SGD, weight_decay": lambda o: o.SGD(0.1, weight_decay=0.1),
        "SGD, clipvalue": lambda o: o.SGD(0.1, clipvalue=0.3),
        "SGD, clipnorm": lambda o: o.SGD(0.1, clipnorm=0.5),
        "SGD, global_clipnorm": lambda o: o.SGD(0.1, global_clipnorm=0.5),
        "SGD, momentum, clipnorm": lambda o: o.SGD(0.1, momentum=0.5, clipnorm=0.5),
        "Adam": lambda o: o.Adam(),
        "Adam, 0.1": lambda o: o.Adam(0.1),
        "Adam, betas and epsilon": lambda o: o.Adam(0.05, beta_1=0.5, beta_2=0.9, epsilon=0.01),
        "Adam, amsgrad": lambda o: o.Adam(0.1, amsgrad=True),
        "Adam, weight_decay": lambda o: o.Adam(0.1, weight_decay=0.1),
        "Adam, clipvalue": lambda o: o.Adam(0.1, clipvalue=0.3),
        "Adam, global_clipnorm": lambda o: o.Adam(0.1, global_clipnorm=0.5),
        "AdamW": lambda o: o.AdamW(),
        "AdamW, 0.1": lambda o: o.AdamW(0.1, weight_decay=0.2),
        "RMSprop": lambda o: o.RMSprop(),
        "RMSprop, rho and epsilon": lambda o: o.RMSprop(0.05, rho=0.7, epsilon=0.01),
        "RMSprop, momentum": lambda o: o.RMSprop(0.05, momentum=0.9),
        "RMSprop, centered": lambda o: o.RMSprop(0.05, centered=True, epsilon=1e-3),
        "RMSprop, centered, momentum": lambda o: o.RMSprop(
            0.02, centered=True, momentum=0.8, epsilon=1e-3
        ),
        "RMSprop, weight_decay": lambda o: o.RMSprop(0.05, weight_decay=0.1),
        "Adagrad": lambda o: o.Adagrad(),
        "Adagrad, 0.5": lambda o: o.Adagrad(0.5, initial_accumulator_value=0.0, epsilon=1e-3),
        "ExponentialDecay, momentum": lambda o: o.SGD(
            o.schedules.ExponentialDecay(0.5, 2, 0.5), momentum=0.5
        ),
        "CosineDecay, weight_decay": lambda o: o.AdamW(
            o.schedules.CosineDecay(0.0, 6, warmup_target=0.1, warmup_steps=3), weight_decay=0.2
        ),
    }.items()
}


# --- layers and what stands around them -------------------------------------------------


def _normalize(shape: tuple[int, ...], **options: Any) -> Program:
    def program(on: Any, given: Given) -> dict[str, Any]:
        layer = on.keras.layers.BatchNormalization(**options)
        batches = np.array(given["batches"], np.float32)
        layer.build((None, *shape))
        found: dict[str, Any] = {"start": layer.get_weights()}
        numbers = given["normalization"]
        layer.set_weights(
            [np.array(numbers[on.name(w)][: shape[-1]], np.float32) for w in layer.weights]
        )
        cut = [batch.reshape(-1)[: 6 * math.prod(shape)].reshape(6, *shape) for batch in batches]
        found["inference"] = on.array(layer(cut[0], training=False))
        found["training"] = on.array(layer(cut[0], training=True))
        for batch in cut[1:]:
            layer(batch, training=True)
        names = [on.name(w) for w in layer.weights]
        found["after three batches"] = dict(zip(names, layer.get_weights(), strict=True))
        found["inference after"] = on.array(layer(cut[0], training=False))
        found["parameters"] = layer.count_params()
        return found

    return program


def _dropout(on: Any, given: Given) -> dict[str, Any]:
    x = np.arange(1.0, 1001.0, dtype=np.float32).reshape(10, 100)
    layer = on.keras.layers.Dropout(0.25, seed=1)
    dropped = on.array(layer(x, training=True))
    kept = dropped != 0
    return {
        "scale": sorted({round(float(r), 4) for r in (dropped / x)[kept]}),
        "inference": bool((on.array(layer(x, training=False)) == x).all()),
        "by default": bool((on.array(layer(x)) == x).all()),
        "about a quarter": bool(abs(1 - kept.mean() - 0.25) < 0.05),
        "rate 0": bool((on.array(on.keras.layers.Dropout(0)(x, training=True)) == x).all()),
    }


def _initializer(name: str, *arguments: Any, shape: tuple[int, ...] = (400, 600)) -> Program:
    """The spread of many draws.

    Not their maximum: on PyTorch, Keras's truncated normal lets four values in a million
    through that lie beyond two standard deviations.
    """

    def program(on: Any, given: Given) -> dict[str, Any]:
        on.keras.utils.set_random_seed(0)
        drawn = on.array(getattr(on.keras.initializers, name)(*arguments)(shape))
        outermost = float(np.quantile(np.abs(drawn), 0.999))
        return {
            "std": float(f"{drawn.std():.3g}"),
            "99.9% lie within": float(f"{outermost:.3g}"),
            "mean": round(float(drawn.mean()), 2),
            "dtype": str(drawn.dtype),
        }

    return program


def _to_categorical(on: Any, given: Given) -> dict[str, Any]:
    encode = on.keras.utils.to_categorical
    made = {
        "list": encode([0, 2, 1]),
        "column": encode(np.array([[1], [0]])),
        "classes": encode([0, 1], num_classes=4),
        "matrix": encode(np.array([[0, 1], [2, 0]])),
        "floats": encode(np.array([1.0, 0.0], np.float32)),
        "int": encode(2),
    }
    return {name: {"value": v, "dtype": str(np.asarray(v).dtype)} for name, v in made.items()}


def _dense_layer(on: Any, given: Given) -> dict[str, Any]:
    layer = on.keras.layers.Dense(3, activation="relu")
    before = layer.built, len(layer.weights)
    output = layer(np.zeros((2, 4), np.float32))
    return {
        "built": [*before, layer.built, len(layer.weights)],
        "output": on.array(output).shape,
        "activation": [layer.activation.__name__, on.keras.layers.Dense(1).activation.__name__],
        "weights": [on.name(w) for w in layer.weights],
        "shapes": [w.shape for w in layer.get_weights()],
        "bias": layer.get_weights()[1],
        "parameters": layer.count_params(),
        "without bias": len(_built(on.keras.layers.Dense(3, use_bias=False)).weights),
    }


def _built(layer: Any) -> Any:
    layer.build((None, 4))
    return layer


def _returned(on: Any, given: Given) -> dict[str, Any]:
    k = on.keras
    plain = Fit("4-5-1 tanh", "mse", "adam", "real")
    x, y = plain.data(given)
    model = plain.model(k, given)
    history = model.fit(x, y, epochs=2, verbose=0, validation_split=0.25)
    evaluated = model.evaluate(x, y, verbose=0)
    predicted = model.predict(x, verbose=0)
    measured = Fit("4-5-1 tanh", "mse", "adam", "real", ("mae", "mse")).model(k, given)
    many = measured.evaluate(x, y, verbose=0)
    one = Fit("4-1", "mse", "adam", "real").model(k, given)
    line = k.models.Sequential([k.layers.Input(shape=(1,)), k.layers.Dense(1)])
    return {
        "fit": type(history).__name__,
        "history": {key: [type(v).__name__ for v in vs] for key, vs in history.history.items()},
        "epoch": history.epoch,
        "params": history.params,
        "the model's history": model.history is history,
        "evaluate": type(evaluated).__name__,
        "evaluate with metrics": [type(v).__name__ for v in many],
        "predict": [type(predicted).__name__, str(predicted.dtype), predicted.shape],
        "predict one": one.predict(x[:1], verbose=0).shape,
        "predict, 1-D x": line.predict(np.zeros(7, np.float32), verbose=0).shape,
        "call": on.array(model(x)).shape,
        "weights": [type(w).__name__ for w in model.get_weights()],
        "parameters": model.count_params(),
        "layers": [type(layer).__name__ for layer in model.layers],
        "dtype": sorted({str(w.dtype) for w in model.get_weights()}),
        "input and output": [model.input_shape, model.output_shape],
    }


def _verbose(on: Any, given: Given) -> dict[str, Any]:
    """The lines of verbose=2, times taken out."""
    case = Fit("4-5-1 relu sigmoid", "binary_crossentropy", "adam", "binary", ("accuracy",))
    model, (x, y) = case.model(on.keras, given), case.data(given)
    options = {"batch_size": 8, "shuffle": False, "verbose": 2}

    def lines(call: Callable[[], Any]) -> list[str]:
        with contextlib.redirect_stdout(io.StringIO()) as out:
            call()
        text = re.sub(r"\d+s - \d+[mu]?s/step", "0s - 0ms/step", out.getvalue())
        return [line.rstrip() for line in text.splitlines() if line.strip()]

    small = Fit("4-1", "mse", "sgd", "real").model(on.keras, given)
    tiny = np.full(37, 0.0, np.float32), np.full(37, 0.02, np.float32)
    small.set_weights([np.zeros((4, 1), np.float32), np.zeros(1, np.float32)])
    return {
        "fit": lines(lambda: model.fit(x, y, epochs=2, validation_split=0.25, **options)),
        "one epoch": lines(lambda: model.fit(x, y, **options)),
        "evaluate": lines(lambda: model.evaluate(x, y, batch_size=8, verbose=2)),
        "predict": lines(lambda: model.predict(x, batch_size=8, verbose=2)),
        "small numbers": lines(lambda: small.fit(x, tiny[1], **options)),
    }


def _plain(text: str) -> str:
    """Take the colours of a terminal out."""
    return re.sub("\x1b\\[[0-9;]*m", "", text)


def _summary(on: Any, given: Given) -> dict[str, Any]:
    """The tables of summary(), a list of cells a row."""
    layers = on.keras.layers

    def table(model: Any) -> list[list[str]]:
        with contextlib.redirect_stdout(io.StringIO()) as out:
            model.summary()
        rows = (re.split("[│┃]", line) for line in _plain(out.getvalue()).splitlines())
        cells = ([cell.strip() for cell in row if cell.strip()] for row in rows)
        return [row for row in cells if row and not set(row[0]) <= set("┏━┓┡╇┩├─┼┤└┴┘┳╋┴")]

    def stack() -> list[Any]:
        return [
            layers.Dense(512, activation="relu", name="first"),
            layers.BatchNormalization(name="normalize"),
            layers.Dropout(0.3, name="drop"),
            layers.Dense(1, name="last"),
        ]

    unbuilt = on.keras.models.Sequential(stack(), name="net")
    built = on.keras.models.Sequential([layers.Input(shape=(11,)), *stack()], name="net")
    flat = [layers.Input(shape=(28, 28)), layers.Flatten(name="flat"), layers.Dense(10, name="d")]
    found = {
        "unbuilt": table(unbuilt),
        "built": table(built),
        "flat": table(on.keras.models.Sequential(flat, name="flat_net")),
    }
    trained = Fit("4-1", "mse", "adam", "real")
    model, (x, y) = trained.model(on.keras, given), trained.data(given)
    model.fit(x, y, verbose=0)
    # the names of layers count up through a whole process; the last rows say what is told here
    found["trained, the totals"] = table(model)[-4:]
    return found


LAYERS: dict[str, Program] = {
    "BatchNormalization": _normalize((4,)),
    "BatchNormalization, momentum and epsilon": _normalize((4,), momentum=0.5, epsilon=0.1),
    "BatchNormalization, center and scale off": _normalize((4,), center=False, scale=False),
    "BatchNormalization, (n, 2, 2)": _normalize((2, 2), momentum=0.8),
    "Dense": _dense_layer,
    "Dropout": _dropout,
    "to_categorical": _to_categorical,
    "what is returned": _returned,
    "verbose=2": _verbose,
    "summary": _summary,
}
INITIALIZERS: dict[str, Program] = {
    "zeros": _initializer("Zeros"),
    "ones": _initializer("Ones"),
    "constant": _initializer("Constant", 0.5),
    "random_normal": _initializer("RandomNormal"),
    "random_normal, mean and stddev": _initializer("RandomNormal", 1.0, 0.2),
    "random_uniform": _initializer("RandomUniform"),
    "random_uniform, -1 to 3": _initializer("RandomUniform", -1.0, 3.0),
    **{
        f"{family.lower()}_{kind.lower()}": _initializer(family + kind)
        for family in ("Glorot", "He", "Lecun")
        for kind in ("Normal", "Uniform")
    },
    "glorot_uniform (900, 30)": _initializer("GlorotUniform", shape=(900, 30)),
    "he_normal (900, 30)": _initializer("HeNormal", shape=(900, 30)),
}


# --- callbacks on given logs ------------------------------------------------------------

_FALLING = [5.0, 4.0, 3.5, 3.6, 3.55, 3.45, 3.46, 3.47, 3.48, 3.449, 3.5, 3.6]
_RISING = [0.5, 0.6, 0.7, 0.69, 0.71, 0.705, 0.7, 0.7, 0.72, 0.6, 0.5, 0.4]
_UP_AT_ONCE = [1.0, 2.0, 3.0, 4.0]
_WITH_NAN = [3.0, math.nan, 2.0, math.nan, math.nan, math.nan]


def _scripted(
    make: Callable[[Any, str], Any], monitor: str, values: list[float], rate: float = 0.1
) -> Program:
    """Feed a callback one number an epoch; the model's one weight is the epoch's number."""

    def program(on: Any, given: Given) -> dict[str, Any]:
        k = on.keras
        model = k.models.Sequential([k.layers.Input(shape=(1,)), k.layers.Dense(1, use_bias=False)])
        model.compile(optimizer=k.optimizers.SGD(rate), loss="mse", metrics=["accuracy", "mae"])
        x = np.ones((2, 1), np.float32)
        model.evaluate(x, x, verbose=0)
        model.stop_training = False
        rates, stopped, saved, extra = [], None, [], []
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "best.keras"
            callback = make(k, str(path))
            callback.set_model(model)
            callback.set_params({"epochs": len(values), "steps": 1, "verbose": 0})
            callback.on_train_begin({})
            for epoch, value in enumerate(values):
                callback.on_epoch_begin(epoch, {})
                model.set_weights([np.array([[epoch]], np.float32)])
                logs = {"loss": 9.0, monitor: value}
                callback.on_epoch_end(epoch, logs)
                rates.append(float(on.array(model.optimizer.learning_rate)))
                extra.append(sorted(set(logs) - {"loss", monitor}))
                if path.exists():
                    saved.append(epoch)
                    path.unlink()
                if model.stop_training:
                    stopped = epoch
                    break
            callback.on_train_end({})
        return {
            "stopped": stopped, "rates": rates, "saved": saved, "added to the logs": extra[-1],
            "weight": float(model.get_weights()[0][0, 0]),
            "stopped_epoch": getattr(callback, "stopped_epoch", None),
        }  # fmt: skip

    return program


def _stopping(monitor: str, values: list[float], **options: Any) -> Program:
    return _scripted(
        lambda k, path: k.callbacks.EarlyStopping(monitor=monitor, **options), monitor, values
    )


def _reducing(monitor: str, values: list[float], **options: Any) -> Program:
    return _scripted(
        lambda k, path: k.callbacks.ReduceLROnPlateau(monitor=monitor, **options), monitor, values
    )


def _saving(monitor: str, values: list[float], **options: Any) -> Program:
    return _scripted(
        lambda k, path: k.callbacks.ModelCheckpoint(path, monitor=monitor, **options),
        monitor, values,
    )  # fmt: skip


def _scheduling(schedule: Callable[..., float]) -> Program:
    return _scripted(
        lambda k, path: k.callbacks.LearningRateScheduler(schedule), "val_loss", _FALLING[:5]
    )


_BEST = {"restore_best_weights": True}
CALLBACKS: dict[str, Program] = {
    "EarlyStopping": _stopping("val_loss", _FALLING),
    "EarlyStopping, patience 2": _stopping("val_loss", _FALLING, patience=2),
    "EarlyStopping, patience 3, best": _stopping("val_loss", _FALLING, patience=3, **_BEST),
    "EarlyStopping, patience 4, never, best": _stopping("val_loss", _FALLING, patience=4, **_BEST),
    "EarlyStopping, min_delta": _stopping("val_loss", _FALLING, min_delta=0.2, patience=3, **_BEST),
    "EarlyStopping, negative min_delta": _stopping(
        "val_loss", _FALLING, min_delta=-0.2, patience=3
    ),
    "EarlyStopping, worse from the start": _stopping("val_loss", _UP_AT_ONCE, **_BEST),
    "EarlyStopping, patience 1, worse from the start": _stopping(
        "val_loss", _UP_AT_ONCE, patience=1, **_BEST
    ),
    "EarlyStopping, accuracy": _stopping("val_accuracy", _RISING, patience=2, **_BEST),
    "EarlyStopping, mode max": _stopping("val_loss", _RISING, patience=3, mode="max", **_BEST),
    "EarlyStopping, mode min": _stopping("val_accuracy", _FALLING, patience=2, mode="min"),
    "EarlyStopping, mae": _stopping("val_mae", _FALLING, patience=2, **_BEST),
    "EarlyStopping, baseline": _stopping("val_loss", _FALLING, patience=3, baseline=3.47, **_BEST),
    "EarlyStopping, baseline not reached": _stopping(
        "val_loss", _FALLING, patience=3, baseline=1.0, **_BEST
    ),
    "EarlyStopping, start_from_epoch": _stopping(
        "val_loss", _FALLING, patience=1, start_from_epoch=4, **_BEST
    ),
    "EarlyStopping, nan": _stopping("val_loss", _WITH_NAN, patience=2, **_BEST),
    "ReduceLROnPlateau": _reducing("val_loss", _FALLING, patience=2),
    "ReduceLROnPlateau, factor": _reducing("val_loss", _FALLING, factor=0.5, patience=1),
    "ReduceLROnPlateau, min_delta": _reducing("val_loss", _FALLING, patience=2, min_delta=0.2),
    "ReduceLROnPlateau, cooldown": _reducing(
        "val_loss", [1.0] * 12, factor=0.5, patience=1, cooldown=2
    ),
    "ReduceLROnPlateau, min_lr": _reducing(
        "val_loss", [1.0] * 12, factor=0.5, patience=1, min_lr=0.02
    ),
    "ReduceLROnPlateau, patience 0": _reducing("val_loss", _FALLING, factor=0.5, patience=0),
    "ReduceLROnPlateau, accuracy": _reducing("val_accuracy", _RISING, factor=0.5, patience=2),
    "ReduceLROnPlateau, nan": _reducing("val_loss", _WITH_NAN, factor=0.5, patience=2),
    "LearningRateScheduler, epoch": _scheduling(lambda epoch: 0.1 / (1 + epoch)),
    "LearningRateScheduler, epoch and rate": _scheduling(lambda epoch, rate: rate * 0.5),
    "ModelCheckpoint": _saving("val_loss", _FALLING),
    "ModelCheckpoint, best": _saving("val_loss", _FALLING, save_best_only=True),
    "ModelCheckpoint, best accuracy": _saving("val_accuracy", _RISING, save_best_only=True),
    "ModelCheckpoint, best, mode max": _saving(
        "val_loss", _RISING, save_best_only=True, mode="max"
    ),
    "ModelCheckpoint, threshold": _saving(
        "val_loss", _FALLING, save_best_only=True, initial_value_threshold=3.47
    ),
    "ModelCheckpoint, nan": _saving("val_loss", _WITH_NAN, save_best_only=True),
}

SECTIONS: dict[str, dict[str, Program]] = {
    "fit": FITS,
    "losses": LOSSES,
    "activations": ACTIVATIONS,
    "metrics": METRICS,
    "schedules": SCHEDULES,
    "optimizers": OPTIMIZERS,
    "layers": LAYERS,
    "initializers": INITIALIZERS,
    "callbacks": CALLBACKS,
}


# --- the numbers that programs start from -----------------------------------------------


def make_given(k: Keras) -> Given:
    """Draw data and starting weights, rounded so that they are short to write."""
    rng = np.random.RandomState(3)

    def drawn(*shape: int) -> Any:
        return rng.normal(size=shape).round(3)

    x, noise = drawn(37, 4), drawn(37)
    real = 2 * np.tanh(x[:, 0] - x[:, 1]) + 0.5 * x[:, 2] + 0.2 * noise
    weights = {}
    for name, build in NETS.items():
        rng = np.random.RandomState(zlib.crc32(name.encode()))
        model = k.models.Sequential(build(k))
        weights[name] = [_start(variable, drawn) for variable in model.weights]
    rng = np.random.RandomState(4)
    gradients = [[drawn(3, 2), drawn(2)] for _ in range(10)]
    gradients[3] = [0 * g for g in gradients[3]]
    gradients[5] = [100 * g for g in gradients[5]]
    gradients[7] = [0.001 * g for g in gradients[7]]
    return {
        "x": x, "real": real.round(3), "positive": np.exp(0.5 * real).round(3),
        "pair": np.stack([real, -x[:, 3]], axis=1).round(3), "binary": (real > 0.1).astype(int),
        "class": np.digitize(real, [-0.8, 0.8]), "x_validation": drawn(11, 4),
        "sample_weight": np.abs(drawn(37)).round(2), "batches": drawn(3, 6, 4) + 0.5,
        "normalization": {
            "gamma": 1 + 0.2 * drawn(4), "beta": 0.3 * drawn(4), "moving_mean": 0.5 * drawn(4),
            "moving_variance": np.abs(drawn(4)) + 0.5,
        },
        "optimizer": {"start": [drawn(3, 2), drawn(2)], "gradients": gradients},
        "weights": weights,
    }  # fmt: skip


def _start(variable: Any, drawn: Callable[..., Any]) -> Any:
    shape = tuple(variable.shape)
    if variable.name == "kernel":
        return (drawn(*shape) / math.sqrt(shape[0])).round(3)
    positive = variable.name in ("gamma", "moving_variance")
    return ((0.1 * drawn(*shape)) + (1 if positive else 0)).round(3)


# --- for information: what Keras says where a program goes wrong, and its configs --------


def information(k: Keras) -> dict[str, Any]:
    """What no test compares: the arguments of get_config and the words of errors."""
    x, y = np.zeros((6, 4), np.float32), np.zeros(6, np.float32)

    def model(outputs: int = 1, activation: str | None = None, **compiled: Any) -> Any:
        made = k.models.Sequential(
            [k.layers.Input(shape=(4,)), k.layers.Dense(outputs, activation=activation)]
        )
        if compiled:
            made.compile(**compiled)
        return made

    labels = np.array([0, 1, 2, 3, 0, 9])
    attempts: dict[str, Callable[[], Any]] = {
        "fit before compile": lambda: model().fit(x, y, verbose=0),
        "five features for four": lambda: model(loss="mse").fit(np.zeros((6, 5)), y, verbose=0),
        "lengths differ": lambda: model(loss="mse").fit(x, y[:5], verbose=0),
        "labels for a categorical loss": lambda: model(
            3, "softmax", loss="categorical_crossentropy"
        ).fit(x, labels % 3, verbose=0),
        "label outside": lambda: model(3, "softmax", loss="sparse_categorical_crossentropy").fit(
            x, labels, verbose=0
        ),
        "unknown loss": lambda: model(loss="msee").fit(x, y, verbose=0),
        "unknown optimizer": lambda: model(optimizer="adamm", loss="mse"),
        "unknown activation": lambda: k.layers.Dense(1, activation="rellu"),
        "unknown initializer": lambda: k.layers.Dense(1, kernel_initializer="glorot"),
        "unknown metric": lambda: model(loss="mse", metrics=["acuracy"]).fit(x, y, verbose=0),
        "metrics a string": lambda: model(loss="mse", metrics="accuracy"),
        "validation_split 0.01": lambda: model(loss="mse").fit(
            x, y, validation_split=0.01, verbose=0
        ),
        "validation_split 1": lambda: model(loss="mse").fit(x, y, validation_split=1.0, verbose=0),
        "weights of another shape": lambda: model().set_weights([np.zeros((3, 1)), np.zeros(1)]),
        "one weight for two": lambda: model().set_weights([np.zeros((4, 1))]),
        "units 0": lambda: k.layers.Dense(0),
        "rate 2": lambda: k.layers.Dropout(2.0),
        "two clippings": lambda: k.optimizers.SGD(clipnorm=1.0, clipvalue=1.0),
        "momentum 2": lambda: k.optimizers.SGD(momentum=2.0),
        "strings": lambda: model(loss="mse").fit(np.array([["a"] * 4] * 6), y, verbose=0),
        "no data": lambda: model(loss="mse").fit(x[:0], y[:0], verbose=0),
        "class_weight for a regression": lambda: model(loss="mse").fit(
            x, y, class_weight={0: 1.0}, sample_weight=y, verbose=0
        ),
        "unbuilt weights": lambda: k.models.Sequential([k.layers.Dense(1)]).summary(),
        "summary before build": lambda: k.models.Sequential([k.layers.Dense(1)]).count_params(),
        "to_categorical beyond": lambda: k.utils.to_categorical([0, 5], 3),
        "load_model of nothing": lambda: k.models.load_model("nowhere.keras"),
        "save without an ending": lambda: model().save("m"),
    }
    messages = {}
    for name, attempt in attempts.items():
        said = "no error"
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            try:
                attempt()
            except Exception as error:
                said = f"{type(error).__name__}: {str(error).strip()}"
        messages[name] = _plain(said)[:400]
    objects = [
        k.layers.Dense(1), k.layers.Activation("relu"), k.layers.Dropout(0.1), k.layers.Flatten(),
        k.layers.BatchNormalization(), k.layers.InputLayer(shape=(2,)), k.optimizers.SGD(),
        k.optimizers.Adam(), k.optimizers.AdamW(), k.optimizers.RMSprop(), k.optimizers.Adagrad(),
        k.losses.BinaryCrossentropy(), k.losses.MeanSquaredError(), k.metrics.BinaryAccuracy(),
        k.regularizers.L2(), k.regularizers.L1L2(), k.initializers.GlorotUniform(),
    ]  # fmt: skip
    config = {
        type(thing).__name__: {
            key: value if isinstance(value, (int, float, str, type(None))) else type(value).__name__
            for key, value in thing.get_config().items()
        }
        for thing in objects
    }
    return {"messages": messages, "config": config}


# --- the file ---------------------------------------------------------------------------


def to_json(value: Any) -> Any:
    """Return what JSON can hold: arrays as lists, floats with nine digits."""
    if isinstance(value, dict):
        return {str(key): to_json(v) for key, v in value.items()}
    if isinstance(value, np.ndarray):
        return to_json(value.tolist())
    if isinstance(value, (list, tuple)):
        return [to_json(v) for v in value]
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (float, np.floating)):
        number = float(f"{value:.9g}")
        if not math.isfinite(number):
            return str(number)
        return int(number) if number.is_integer() and abs(number) < 1e9 else number
    if isinstance(value, np.integer):
        return int(value)
    return value


def from_json(value: Any) -> Any:
    """Return the value with nan and the infinities as floats again."""
    if isinstance(value, dict):
        return {key: from_json(v) for key, v in value.items()}
    if isinstance(value, list):
        return [from_json(v) for v in value]
    return float(value) if value in ("nan", "inf", "-inf") else value


def read() -> dict[str, Any]:
    """Return the frozen file: "source", "given" and a dict of results a section."""
    frozen: dict[str, Any] = from_json(json.loads(FILE.read_text(encoding="utf-8")))
    return frozen


def differences(ours: Any, frozen: Any, where: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Walk two results side by side: where they stand, and two arrays or two other things."""
    if isinstance(frozen, dict) and isinstance(ours, dict) and set(ours) == set(frozen):
        for key in frozen:
            yield from differences(ours[key], frozen[key], f"{where}/{key}")
    elif isinstance(frozen, list) and isinstance(ours, list) and len(ours) == len(frozen):
        try:
            arrays = np.array(ours, float), np.array(frozen, float)
        except (TypeError, ValueError):
            for i, pair in enumerate(zip(ours, frozen, strict=True)):
                yield from differences(*pair, f"{where}/{i}")
        else:
            yield (where, *arrays)
    else:
        yield where, ours, frozen


def _compare(on: WithKeras) -> None:
    frozen = read()
    for section, programs in SECTIONS.items():
        if section == "initializers":  # draws differ from backend to backend
            continue
        for name, program in programs.items():
            found = from_json(to_json(program(on, frozen["given"])))
            worst, place = 0.0, ""
            for where, a, b in differences(found, frozen[section][name]):
                if isinstance(b, (np.ndarray, int, float)):
                    a, b = np.asarray(a, float), np.asarray(b, float)
                    if a.shape != b.shape:
                        print(f"{section}, {name}, {where}: shapes {a.shape} and {b.shape}")
                        continue
                    off = np.abs(a - b) / (np.abs(b) * 1e-5 + 1e-7)
                    off = np.where((a == b) | (np.isnan(a) & np.isnan(b)), 0, off)
                    if off.size and not off.max() <= worst:
                        worst, place = float(off.max()), where
                elif a != b:
                    print(f"{section}, {name}, {where}: {a!r} is {b!r} in the file")
            if worst > 0.1:
                print(f"{section}, {name}, {place}: {worst:.2f} of the tolerance")


def main() -> None:
    """Write the file anew, or compare with it."""
    on = WithKeras()
    if "--compare" in sys.argv[1:]:
        _compare(on)
        return
    k = on.keras
    given = from_json(to_json(make_given(k)))
    out = [f'"source": {json.dumps(f"Keras {k.__version__}, {k.backend.backend()}, float32, CPU")}']
    out.append(f'"given": {_compact(given)}')
    for section, programs in SECTIONS.items():
        rows = []
        for name, program in programs.items():
            rows.append(f"{json.dumps(name)}: {_compact(program(on, given))}")
        out.append(f'"{section}": {{\n' + ",\n".join(rows) + "\n}")
    out.append(f'"information": {json.dumps(to_json(information(k)), indent=1)}')
    FILE.write_text("{\n" + ",\n".join(out) + "\n}\n", encoding="utf-8")
    print(f"{FILE.stat().st_size} bytes written to {FILE.name}")


def _compact(value: Any) -> str:
    return json.dumps(to_json(value), separators=(",", ":"), ensure_ascii=False, allow_nan=False)


if __name__ == "__main__":
    main()
