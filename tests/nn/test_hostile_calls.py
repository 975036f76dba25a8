"""Every public function, constructor and method of nn, called with what nobody should give it.

A call gives a right result, or a TypeError or ValueError of our own that names the argument or
shows the value.  What may come back at all is said for each argument in `TAKEN`; what has no row
in `ROWS` fails, so that a new name is not forgotten.
"""

import contextlib
import dis
import importlib.util
import inspect
import math
import re
import types
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

import nn
from autograd import Tensor, Value
from autograd.formatting import shown
from nn import callbacks, initializers, layers, losses, metrics, models, optimizers, regularizers
from nn.optimizers import schedules
from tests.raising import BoomError, boom, endless, raising

OURS = tuple(str(Path(inspect.getfile(thing)).parent) for thing in (nn, Value))


def _frame():
    import pandas

    return pandas.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"]})


def _series():
    import pandas

    return pandas.Series(["x", "y"], name="s")


HOSTILE: dict[str, Callable[[], Any]] = {
    "None": lambda: None,
    "True": lambda: True,
    "False": lambda: False,
    "numpy True": lambda: np.True_,
    "zero": lambda: 0,
    "minus one": lambda: -1,
    "three": lambda: 3,
    "big": lambda: 10**12,
    "huge": lambda: 10**400,
    "half": lambda: 0.5,
    "three and a half": lambda: 3.5,
    "minus half": lambda: -0.5,
    "nan": lambda: math.nan,
    "inf": lambda: math.inf,
    "minus inf": lambda: -math.inf,
    "numpy nan": lambda: np.float32("nan"),
    "complex": lambda: 1 + 1j,
    "Decimal": lambda: Decimal("sNaN"),
    "Fraction": lambda: Fraction(1, 3),
    "huge Fraction": lambda: Fraction(10**400, 3),
    "date": lambda: date(2026, 1, 1),
    "time span": lambda: np.timedelta64(3, "s"),
    "empty text": lambda: "",
    "text": lambda: "exe",
    "digits": lambda: "3",
    "escape": lambda: "\x1b[31m\u202e",
    "nul": lambda: "a\0b",
    "surrogate": lambda: "\ud800",
    "long text": lambda: "x" * 100_000,
    "bytes": lambda: b"x",
    "empty list": list,
    "ragged": lambda: [[1.0], [2.0, 3.0]],
    "Nones": lambda: [None, None],
    "texts": lambda: ["a", "b"],
    "nans": lambda: [math.nan, math.nan],
    "huge numbers": lambda: [10**400, 1],
    "nested": lambda: [[[[1.0]]]],
    "empty dict": dict,
    "dict": lambda: {"a": 1},
    "dict of None": lambda: {None: None},
    "set": lambda: {1},
    "iterator": lambda: iter(()),
    "endless": endless,
    "function": lambda: lambda *_args, **_options: None,
    "raising function": lambda: boom,
    "class": lambda: Value,
    "module": lambda: math,
    "object": object,
    "empty array": lambda: np.zeros((0, 2)),
    "array": lambda: np.zeros((2, 3)),
    "array of 3-d": lambda: np.zeros((2, 1, 2)),
    "text array": lambda: np.array(["a", "b"]),
    "object array": lambda: np.array([None, {}], dtype=object),
    "complex array": lambda: np.array([1 + 1j, 2]),
    "date array": lambda: np.array(["2026-01-01", "2026-01-02"], dtype="datetime64[D]"),
    "record array": lambda: np.zeros(2, dtype=[("a", float), ("b", int)]),
    "masked array": lambda: np.ma.masked_array([1.0, 2.0], [True, False]),
    "frame of words": _frame,
    "series of words": _series,
    "node": lambda: Value(2.0, label="other"),
    "nan node": lambda: Value(math.nan) * 2.0,
    "tensor": lambda: Tensor([[1.0, 2.0], [3.0, 4.0]]) * 2.0,
    "empty tensor": lambda: Tensor(np.zeros((0, 3))) * 2.0,
    "layer": lambda: layers.Dense(1, name="other"),
    "raising iter": lambda: raising("__iter__", "__len__"),
    "raising number": lambda: raising("__float__", "__index__", "__bool__", "__eq__", "__hash__"),
    "raising array": lambda: raising("__array__"),
}


# what messages call an argument, if not by its name
WORDS = {
    "y_true": ("targets", "the target", "the label"),
    "y_pred": ("targets", "prediction", "probabilities"),
    "sample_weight": ("targets", "samples"),
    "values": ("sample_weight", "a value"),
    "x": ("input", "takes", "is too large", "called with", "logit", "the label", "class numbers"),
    "data": ("Tensor takes", "Tensor:"),
    "weights": ("weight 0",),
    "fn": ("a metric is a function",),
    "boundaries": ("a boundary",),
    "nouts": ("nout", "layer of"),
    "grads": ("gradient",),
    "shape": ("Input",),
    "input_shape": ("the shape",),
    "metrics": ("metric",),
    "config": ("made without arguments",),
    "alpha": ("operand 2 of",),
    "negative_slope": ("operand 2 of",),
    "grads_and_vars": ("takes pairs",),
    "print_fn": ("takes",),
}


class Row(NamedTuple):
    """One callable: how to make it anew, and arguments that it takes."""

    make: Callable[[], Callable[..., Any]]
    arguments: dict[str, Any]


def made(make, /, **arguments):
    return Row(lambda: make, arguments)


def method(owner, name, /, **arguments):
    return Row(lambda: getattr(owner(), name), arguments)


def setter(owner, name, value, /):
    return Row(lambda: lambda **to: setattr(owner(), name, to[name]), {name: value})


class Stop(callbacks.Callback):
    """Ends a training after its first batch, however many epochs are asked for."""

    def on_train_batch_end(self, batch, logs=None):
        self.model.stop_training = True


def model():
    net = models.Sequential(
        [layers.Input(shape=(2,)), layers.Dense(2, name="a"), layers.Dense(1, name="b")],
        name="net",
    )
    net.compile("sgd", "mse", run_eagerly=True)  # a program would only cost time
    return net


class Mine(models.Model):
    """A model of the user's own."""

    def __init__(self, name="mine"):
        super().__init__(name=name)
        self.inner = layers.Dense(1, name="inner")

    def call(self, x):
        return self.inner(x)


def dense():
    return layers.Dense(3, name="d")


def built():
    layer = dense()
    layer.build((None, 2))
    return layer


def stepped():
    sgd = optimizers.SGD(0.5, momentum=0.9)
    sgd.apply([np.array([1.0, 2.0])], [WEIGHT])
    return sgd


def schedule():
    return schedules.ExponentialDecay(0.1, 10, 0.5)


X = np.array([[1.0, 2.0], [3.0, 4.0]])
Y = np.array([[1.0], [0.0]])
WEIGHT = Tensor([1.0, 2.0], label="w")
TARGETS = {"y_true": [[0.0, 1.0], [1.0, 0.0]], "y_pred": [[0.25, 0.75], [0.5, 0.5]]}
LABELS = {"y_true": [1, 0], "y_pred": [[0.25, 0.75], [0.5, 0.5]]}
SIGNS = {"y_true": [[-1.0], [1.0]], "y_pred": [[0.5], [2.0]]}
LAYER = {"name": "n", "trainable": True, "dtype": None, "input_shape": (2,), "input_dim": None}
NAMED = {"name": "n", "dtype": None}
CUSTOM = {"custom_objects": None}
CLIPPED = {
    "name": None, "weight_decay": 0.1, "clipnorm": 1.0, "clipvalue": None, "global_clipnorm": None
}  # fmt: skip
REDUCED = {"reduction": "sum", "name": None}
PENALTY = {"kernel_regularizer": "l2", "bias_regularizer": None}
STARTS = {"kernel_initializer": "zeros", "bias_initializer": "zeros"}
NEURON = {"activation": "relu", "rng": None, "seed": 0}
DATA = {"x": X, "y": Y}
MONITOR = {"monitor": "loss", "verbose": 0, "mode": "min"}
SHAPE = {"shape": (2, 3), "dtype": None}
CONFIG = {"class_name": "Dense", "config": {"units": 3}}
MODEL_CONFIG = {"name": "net", "layers": [CONFIG], "build_input_shape": [None, 2]}

ROWS: dict[str, Row] = {
    # neurons
    "nn.neurons.Neuron": made(nn.Neuron, nin=2, nout=1, scope="s", **NEURON),
    "nn.neurons.Layer": made(nn.Layer, nin=2, nout=2, scope="s", **NEURON),
    "nn.neurons.MLP": made(nn.MLP, nin=2, nouts=[2, 1], output_activation="linear", **NEURON),
    "nn.neurons.Neuron.__call__": method(lambda: nn.Neuron(2, seed=0), "__call__", x=[1.0, 2.0]),
    "nn.neurons.Layer.__call__": method(lambda: nn.Layer(2, 2, seed=0), "__call__", x=[1.0, 2.0]),
    "nn.neurons.MLP.__call__": method(lambda: nn.MLP(2, [1], seed=0), "__call__", x=[1.0, 2.0]),
    "nn.module.Buffer": made(nn.Buffer, data=[1.0], label="b", dtype=None),
    "nn.module.Module.load_state_dict": method(
        lambda: nn.Neuron(1, seed=0), "load_state_dict", state={"w.0": 0.5, "b": 1.0}
    ),
    "nn.module.Module.scalars": Row(lambda: lambda x: built().scalars(x), {"x": X}),
    # activations
    "nn.activations.elu": made(nn.activations.elu, x=0.5, alpha=1.0),
    "nn.activations.gelu": made(nn.activations.gelu, x=0.5, approximate=True),
    "nn.activations.leaky_relu": made(nn.leaky_relu, x=0.5, negative_slope=0.5),
    "nn.activations.softmax": made(nn.softmax, x=X, axis=-1),
    "nn.activations.log_softmax": made(nn.activations.log_softmax, x=X, axis=-1),
    "nn.activations.get": made(nn.activations.get, activation="relu", **CUSTOM),
    "nn.activations.serialize": made(nn.activations.serialize, activation=nn.relu),
    "nn.activations.deserialize": made(nn.activations.deserialize, config="relu", **CUSTOM),
    # initializers
    **{
        f"nn.initializers.{name}": made(getattr(initializers, name), seed=0)
        for name in (
            "GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "LecunNormal", "LecunUniform"
        )
    },
    **{
        f"nn.initializers.{kind.__name__}.__call__": method(kind, "__call__", **SHAPE)
        for kind in (initializers.Constant, initializers.Ones, initializers.Zeros)
    },
    "nn.initializers._Random.__call__": method(initializers.HeNormal, "__call__", **SHAPE),
    "nn.initializers.Constant": made(initializers.Constant, value=0.5),
    "nn.initializers.RandomNormal": made(initializers.RandomNormal, mean=0.0, stddev=1.0, seed=0),
    "nn.initializers.TruncatedNormal": made(
        initializers.TruncatedNormal, mean=0.0, stddev=1.0, seed=0
    ),
    "nn.initializers.RandomUniform": made(
        initializers.RandomUniform, minval=-1.0, maxval=1.0, seed=0
    ),
    "nn.initializers.VarianceScaling": made(
        initializers.VarianceScaling, scale=1.0, mode="fan_in", distribution="normal", seed=0
    ),
    "nn.initializers.get": made(initializers.get, initializer="zeros", **CUSTOM),
    "nn.initializers.serialize": made(initializers.serialize, initializer=initializers.Zeros()),
    "nn.initializers.deserialize": made(initializers.deserialize, config="zeros", **CUSTOM),
    # regularizers
    "nn.regularizers.L1": made(regularizers.L1, l1=0.5),
    "nn.regularizers.L2": made(regularizers.L2, l2=0.5),
    "nn.regularizers.L1L2": made(regularizers.L1L2, l1=0.5, l2=0.5),
    "nn.regularizers.L1.__call__": method(regularizers.L1, "__call__", x=X),
    "nn.regularizers.L2.__call__": method(regularizers.L2, "__call__", x=X),
    "nn.regularizers.L1L2.__call__": method(lambda: regularizers.L1L2(1, 1), "__call__", x=X),
    "nn.regularizers.get": made(regularizers.get, regularizer="l2", **CUSTOM),
    "nn.regularizers.serialize": made(regularizers.serialize, regularizer=regularizers.L2()),
    "nn.regularizers.deserialize": made(regularizers.deserialize, config="l2", **CUSTOM),
    # layers
    "nn.layers.layer.Layer": made(layers.Layer, **LAYER),
    "nn.layers.activation.Activation": made(layers.Activation, activation="relu", **LAYER),
    "nn.layers.dense.Dense": made(
        layers.Dense, units=3, activation="relu", use_bias=True, **STARTS, **PENALTY, **LAYER
    ),
    "nn.layers.dropout.Dropout": made(
        layers.Dropout, rate=0.5, noise_shape=(None, 1), seed=0, **LAYER
    ),
    "nn.layers.flatten.Flatten": made(layers.Flatten, **LAYER),
    "nn.layers.input.Input": made(layers.Input, shape=(2,), batch_size=None, **NAMED),
    "nn.layers.input.InputLayer": made(layers.InputLayer, shape=(2,), batch_size=None, **NAMED),
    "nn.layers.normalization.BatchNormalization": made(
        layers.BatchNormalization, axis=-1, momentum=0.5, epsilon=0.1, center=True, scale=True,
        beta_initializer="zeros", gamma_initializer="ones", moving_mean_initializer="zeros",
        moving_variance_initializer="ones", beta_regularizer=None, gamma_regularizer="l2", **LAYER,
    ),
    "nn.layers.layer.Layer.__call__": method(dense, "__call__", x=X, training=False),
    "nn.layers.layer.Layer.build": method(layers.Flatten, "build", input_shape=(None, 2)),
    "nn.layers.dense.Dense.build": method(dense, "build", input_shape=(None, 2)),
    "nn.layers.normalization.BatchNormalization.build": method(
        layers.BatchNormalization, "build", input_shape=(None, 2)
    ),
    "nn.layers.layer.Layer.compute_output_shape": method(
        Mine, "compute_output_shape", input_shape=(None, 2)
    ),
    **{
        f"{kind.__module__}.{kind.__name__}.compute_output_shape": method(
            make, "compute_output_shape", input_shape=(None, 2)
        )
        for kind, make in (
            (layers.Activation, lambda: layers.Activation("relu")),
            (layers.BatchNormalization, layers.BatchNormalization),
            (layers.Dense, dense),
            (layers.Dropout, lambda: layers.Dropout(0.5)),
            (layers.Flatten, layers.Flatten),
            (layers.InputLayer, lambda: layers.Input((2,))),
        )
    },
    "nn.layers.layer.Layer.add_weight": method(
        dense, "add_weight", shape=(2, 3), initializer="zeros", dtype=None, trainable=True,
        regularizer="l2", name="w",
    ),
    "nn.layers.layer.Layer.from_config": made(layers.Dense.from_config, config={"units": 3}),
    "nn.layers.layer.Layer.set_weights": method(
        built, "set_weights", weights=[np.ones((2, 3)), [1.0, 2.0, 3.0]]
    ),
    "nn.layers.layer.Layer.trainable=": setter(built, "trainable", True),
    "nn.layers.registry.serialize": Row(lambda: layers.serialize, {"layer": dense()}),
    "nn.layers.registry.deserialize": made(layers.deserialize, config=CONFIG, **CUSTOM),
    # losses
    "nn.losses.classes.Loss": made(losses.Loss, **REDUCED),
    **{
        f"nn.losses.classes.{name}": made(getattr(losses, name), **REDUCED)
        for name in (
            "Hinge", "KLDivergence", "MeanAbsoluteError", "MeanAbsolutePercentageError",
            "MeanSquaredError", "MeanSquaredLogarithmicError",
        )
    },
    "nn.losses.classes.Huber": made(losses.Huber, delta=1.0, **REDUCED),
    "nn.losses.classes.BinaryCrossentropy": made(
        losses.BinaryCrossentropy, from_logits=False, label_smoothing=0.5, **REDUCED
    ),
    "nn.losses.classes.CategoricalCrossentropy": made(
        losses.CategoricalCrossentropy, from_logits=False, label_smoothing=0.5, **REDUCED
    ),
    "nn.losses.classes.SparseCategoricalCrossentropy": made(
        losses.SparseCategoricalCrossentropy, from_logits=False, **REDUCED
    ),
    "nn.losses.classes.Loss.__call__": method(
        losses.MeanSquaredError, "__call__", sample_weight=[1.0, 2.0], **TARGETS
    ),
    "nn.losses.functions.squared_error": made(losses.squared_error, y_true=[0.5], y_pred=[1.0]),
    **{
        f"nn.losses.functions.{name}": made(getattr(losses, name), **TARGETS)
        for name in (
            "kl_divergence", "mean_absolute_error", "mean_absolute_percentage_error",
            "mean_squared_error", "mean_squared_logarithmic_error",
        )
    },
    "nn.losses.functions.hinge": made(losses.hinge, **SIGNS),
    "nn.losses.functions.huber": made(losses.huber, delta=1.0, **TARGETS),
    "nn.losses.functions.binary_crossentropy": made(
        losses.binary_crossentropy, from_logits=False, label_smoothing=0.5, **TARGETS
    ),
    "nn.losses.functions.categorical_crossentropy": made(
        losses.categorical_crossentropy, from_logits=False, label_smoothing=0.5, **TARGETS
    ),
    "nn.losses.functions.sparse_categorical_crossentropy": made(
        losses.sparse_categorical_crossentropy, from_logits=False, **LABELS
    ),
    "nn.losses.get": made(losses.get, loss="mse", **CUSTOM),
    "nn.losses.as_loss": made(losses.as_loss, loss="mse", **CUSTOM),
    "nn.losses.serialize": made(losses.serialize, loss=losses.mean_squared_error),
    "nn.losses.deserialize": made(losses.deserialize, config="mse", **CUSTOM),
    # metrics
    **{
        f"nn.metrics.{name}": made(getattr(metrics, name), **NAMED)
        for name in (
            "Accuracy", "CategoricalAccuracy", "Mean", "MeanAbsoluteError", "MeanSquaredError",
            "Metric", "RootMeanSquaredError", "SparseCategoricalAccuracy",
        )
    },
    "nn.metrics.BinaryAccuracy": made(metrics.BinaryAccuracy, threshold=0.5, **NAMED),
    "nn.metrics.TopKCategoricalAccuracy": made(metrics.TopKCategoricalAccuracy, k=2, **NAMED),
    "nn.metrics.SparseTopKCategoricalAccuracy": made(
        metrics.SparseTopKCategoricalAccuracy, k=2, **NAMED
    ),
    "nn.metrics.MeanMetricWrapper": made(metrics.MeanMetricWrapper, fn=np.subtract, **NAMED),
    "nn.metrics.Mean.update_state": method(
        metrics.Mean, "update_state", values=[1.0, 2.0], sample_weight=[1.0, 2.0]
    ),
    "nn.metrics.MeanMetricWrapper.update_state": method(
        metrics.MeanSquaredError, "update_state", sample_weight=[1.0, 2.0], **TARGETS
    ),
    "nn.metrics.binary_accuracy": made(metrics.binary_accuracy, threshold=0.5, **TARGETS),
    "nn.metrics.categorical_accuracy": made(metrics.categorical_accuracy, **TARGETS),
    "nn.metrics.sparse_categorical_accuracy": made(metrics.sparse_categorical_accuracy, **LABELS),
    "nn.metrics.top_k_categorical_accuracy": made(
        metrics.top_k_categorical_accuracy, k=1, **TARGETS
    ),
    "nn.metrics.sparse_top_k_categorical_accuracy": made(
        metrics.sparse_top_k_categorical_accuracy, k=1, **LABELS
    ),
    "nn.metrics.accuracy_for": made(
        metrics.accuracy_for, y_true_shape=(2, 1), y_pred_shape=(2, 1), name="acc"
    ),
    "nn.metrics.for_output": made(
        metrics.for_output, metric="acc", y_true_shape=(2, 1), y_pred_shape=(2, 1), **CUSTOM
    ),
    "nn.metrics.direction_of": made(metrics.direction_of, name="acc", metrics=()),
    "nn.metrics.get": made(metrics.get, metric="mae", **CUSTOM),
    "nn.metrics.serialize": Row(lambda: metrics.serialize, {"metric": metrics.Mean()}),
    "nn.metrics.deserialize": made(metrics.deserialize, config="mae", **CUSTOM),
    # optimizers and schedules
    "nn.optimizers.base.Optimizer": made(optimizers.Optimizer, learning_rate=0.1, **CLIPPED),
    "nn.optimizers.rules.SGD": made(
        nn.SGD, learning_rate=0.1, momentum=0.5, nesterov=True, **CLIPPED
    ),
    "nn.optimizers.rules.Adam": made(
        optimizers.Adam, learning_rate=0.1, beta_1=0.5, beta_2=0.5, epsilon=0.1, amsgrad=True,
        **CLIPPED,
    ),
    "nn.optimizers.rules.AdamW": made(
        optimizers.AdamW, learning_rate=0.1, beta_1=0.5, beta_2=0.5, epsilon=0.1, amsgrad=True,
        **CLIPPED,
    ),
    "nn.optimizers.rules.RMSprop": made(
        optimizers.RMSprop, learning_rate=0.1, rho=0.5, momentum=0.5, epsilon=0.1, centered=True,
        **CLIPPED,
    ),
    "nn.optimizers.rules.Adagrad": made(
        optimizers.Adagrad, learning_rate=0.1, initial_accumulator_value=0.1, epsilon=0.1,
        **CLIPPED,
    ),
    "nn.optimizers.base.Optimizer.apply": method(
        nn.SGD, "apply", grads=[np.array([1.0, 2.0])], parameters=[WEIGHT]
    ),
    "nn.optimizers.base.Optimizer.apply_gradients": method(
        nn.SGD, "apply_gradients", grads_and_vars=[(np.array([1.0, 2.0]), WEIGHT)]
    ),
    "nn.optimizers.base.Optimizer.step": Row(
        lambda: lambda parameters: nn.SGD().step(parameters), {"parameters": [WEIGHT]}
    ),
    "nn.optimizers.base.Optimizer.exclude_from_weight_decay": method(
        optimizers.AdamW, "exclude_from_weight_decay", var_list=[WEIGHT], var_names=["bias"]
    ),
    "nn.optimizers.base.Optimizer.learning_rate=": setter(nn.SGD, "learning_rate", 0.5),
    "nn.optimizers.base.Optimizer.state": method(stepped, "state", parameters=[WEIGHT]),
    "nn.optimizers.base.Optimizer.load_state": Row(
        lambda: lambda state, parameters: stepped().load_state(state, parameters),
        {
            "state": {"iterations": 1, "learning_rate": 0.5, "momentum/0": np.zeros(2)},
            "parameters": [WEIGHT],
        },
    ),
    "nn.optimizers.get": made(optimizers.get, identifier="adam", **CUSTOM),
    "nn.optimizers.serialize": Row(lambda: optimizers.serialize, {"optimizer": nn.SGD()}),
    "nn.optimizers.deserialize": made(
        optimizers.deserialize, config={"class_name": "SGD", "config": {}}, **CUSTOM
    ),
    "nn.optimizers.schedules.CosineDecay": made(
        schedules.CosineDecay, initial_learning_rate=0.1, decay_steps=10, alpha=0.1, name="n",
        warmup_target=0.2, warmup_steps=5,
    ),
    "nn.optimizers.schedules.ExponentialDecay": made(
        schedules.ExponentialDecay, initial_learning_rate=0.1, decay_steps=10, decay_rate=0.5,
        staircase=True, name="n",
    ),
    "nn.optimizers.schedules.PiecewiseConstantDecay": made(
        schedules.PiecewiseConstantDecay, boundaries=[10], values=[0.1, 0.2], name="n"
    ),
    **{
        f"nn.optimizers.schedules.{type(each).__name__}.__call__": made(each, step=1)
        for each in (
            schedules.CosineDecay(0.1, 10), schedules.ExponentialDecay(0.1, 10, 0.5),
            schedules.PiecewiseConstantDecay([10], [0.1, 0.2]),
        )
    },
    "nn.optimizers.schedules.get": made(schedules.get, schedule=schedule(), **CUSTOM),
    "nn.optimizers.schedules.serialize": made(schedules.serialize, schedule=schedule()),
    "nn.optimizers.schedules.deserialize": made(
        schedules.deserialize, config=schedules.serialize(schedule()), **CUSTOM
    ),
    # callbacks
    "nn.callbacks.CSVLogger": made(
        callbacks.CSVLogger, filename="log.csv", separator=",", append=False
    ),
    "nn.callbacks.CallbackList": made(
        callbacks.CallbackList, callbacks=[Stop()], add_history=True, model=None
    ),
    "nn.callbacks.EarlyStopping": made(
        callbacks.EarlyStopping, min_delta=0.1, patience=1, baseline=1.0,
        restore_best_weights=True, start_from_epoch=1, **MONITOR,
    ),
    "nn.callbacks.LambdaCallback": made(
        callbacks.LambdaCallback, on_epoch_end=None, on_train_begin=print
    ),
    "nn.callbacks.LearningRateScheduler": made(
        callbacks.LearningRateScheduler, schedule=abs, verbose=0
    ),
    "nn.callbacks.ModelCheckpoint": made(
        callbacks.ModelCheckpoint, filepath="a.keras", save_best_only=True,
        save_weights_only=False, save_freq="epoch", initial_value_threshold=1.0, **MONITOR,
    ),
    "nn.callbacks.ReduceLROnPlateau": made(
        callbacks.ReduceLROnPlateau, factor=0.5, patience=1, min_delta=0.1, cooldown=1, min_lr=0.1,
        **MONITOR,
    ),
    "nn.callbacks.TerminateOnNaN": made(callbacks.TerminateOnNaN, raise_error=True),
    # models
    "nn.models.model.Model": made(models.Model, name="n", trainable=True, dtype=None),
    "nn.models.sequential.Sequential": Row(
        lambda: models.Sequential, {"layers": [dense()], "trainable": True, **NAMED}
    ),
    "nn.models.model.Model.build": method(Mine, "build", input_shape=(None, 2)),
    "nn.models.sequential.Sequential.build": method(
        lambda: models.Sequential([dense()]), "build", input_shape=(None, 2)
    ),
    "nn.models.sequential.Sequential.compute_output_shape": method(
        model, "compute_output_shape", input_shape=(None, 2)
    ),
    "nn.models.sequential.Sequential.add": Row(lambda: model().add, {"layer": dense()}),
    "nn.models.model.Model.get_layer": Row(
        lambda: lambda **one: model().get_layer(**one), {"name": "a", "index": None}
    ),
    "nn.models.model.Model.summary": method(
        model, "summary", line_length=80, print_fn=len, expand_nested=True, show_trainable=True
    ),
    "nn.models.model.Model.from_config": made(
        Mine.from_config, config={"name": "m", "trainable": True}, **CUSTOM
    ),
    "nn.models.sequential.Sequential.from_config": made(
        models.Sequential.from_config, config=MODEL_CONFIG, **CUSTOM
    ),
    "nn.models.sequential.model_from_json": made(
        models.model_from_json, json_string=model().to_json(), **CUSTOM
    ),
    "nn.models.training.Trainer.compile": method(
        model, "compile", optimizer="sgd", loss="mse", loss_weights=0.5, metrics=["mae"],
        weighted_metrics=None, run_eagerly=False, steps_per_execution=1, jit_compile="auto",
        auto_scale_loss=True,
    ),
    "nn.models.training.Trainer.compile_from_config": method(
        model, "compile_from_config", config=model().get_compile_config(), **CUSTOM
    ),
    "nn.models.training.Trainer.fit": method(
        model, "fit", batch_size=2, epochs=1, verbose=0, callbacks=[Stop()], validation_split=0.5,
        validation_data=None, shuffle=True, class_weight=None, sample_weight=[1.0, 2.0],
        initial_epoch=0, validation_batch_size=None, validation_freq=1, **DATA,
    ),
    "nn.models.training.Trainer.evaluate": method(
        model, "evaluate", batch_size=2, verbose=0, sample_weight=None, callbacks=None,
        return_dict=False, **DATA,
    ),
    "nn.models.training.Trainer.predict": method(
        model, "predict", x=X, batch_size=2, verbose=0, callbacks=None
    ),
    "nn.models.training.Trainer.train_on_batch": method(
        model, "train_on_batch", sample_weight=None, class_weight=None, return_dict=False, **DATA
    ),
    "nn.models.training.Trainer.test_on_batch": method(
        model, "test_on_batch", sample_weight=None, return_dict=False, **DATA
    ),
    "nn.models.training.Trainer.predict_on_batch": method(model, "predict_on_batch", x=X),
    # the rest
    "nn.config.set_floatx": made(nn.config.set_floatx, value="float32"),
    "nn.random.set_random_seed": made(nn.random.set_random_seed, seed=0),
    "nn.random.as_seed": made(nn.random.as_seed, seed=0),
    "nn.random.Chance": made(nn.random.Chance, more=()),
    "nn.random.state_of": made(nn.random.state_of, generator=np.random.default_rng(0)),
    "nn.random.set_state": made(
        nn.random.set_state, generator=np.random.default_rng(0),
        state=nn.random.state_of(np.random.default_rng(0)),
    ),
    "nn.utils.to_categorical": made(nn.utils.to_categorical, x=[0, 1], num_classes=2),
}  # fmt: skip

# what is not called here, and why
WITHOUT_ROW = {
    "nn.activations.linear": "returns what it is given, whatever that is",
    "nn.callbacks.Callback.set_model": "takes what fit gives it",
    "nn.callbacks.Callback.set_params": "takes what fit gives it",
    "nn.callbacks.CallbackList.set_model": "takes what fit gives it",
    "nn.callbacks.CallbackList.set_params": "takes what fit gives it",
    "nn.callbacks.History.set_model": "takes what fit gives it",
    "nn.metrics.Metric.__call__": "passes its arguments on to update_state",
    "nn.module.Module.__call__": "passes its arguments on to forward",
    "nn.names.Configured.from_config": "is called through deserialize",
    "nn.models.model.Model.to_json": "passes its arguments on to json.dumps",
    "nn.models.model.Model.save": "tests/nn/test_saving.py",
    "nn.models.model.Model.save_weights": "tests/nn/test_saving.py",
    "nn.models.model.Model.load_weights": "tests/nn/test_saving.py",
    "nn.saving.whole.load_model": "tests/nn/test_saving.py",
    "nn.saving.whole.save_model": "tests/nn/test_saving.py",
    "nn.optimizers.base.Optimizer.lr=": "is always refused",
    **dict.fromkeys(
        (
            "nn.initializers.Initializer.__call__", "nn.layers.layer.Layer.call",
            "nn.losses.classes.Loss.call", "nn.metrics.Metric.update_state",
            "nn.optimizers.schedules.LearningRateSchedule.__call__",
            "nn.regularizers.Regularizer.__call__",
        ),
        "is to be written by a subclass",
    ),
    **dict.fromkeys(
        (
            "nn.layers.activation.Activation.call", "nn.layers.dense.Dense.call",
            "nn.layers.dropout.Dropout.call", "nn.layers.flatten.Flatten.call",
            "nn.layers.input.InputLayer.call", "nn.layers.normalization.BatchNormalization.call",
            "nn.models.sequential.Sequential.call", "nn.losses.classes._OfFunction.call",
        ),
        "takes what __call__ has looked over",
    ),
}  # fmt: skip

NOTHING = {"None"}
FRACTIONS = {"half", "Fraction", "zero"}
WHOLE = {"three", "big", "huge"}
POSITIVE = {"three", "big", "half", "three and a half", "Fraction"}
COUNTED = POSITIVE | {"zero"}
FINITE = COUNTED | {"minus one", "minus half"}
FLAG = {"True", "False", "numpy True", "zero"}
BOOLS = {"True", "False"}
NAME = {"None", "digits", "empty text", "escape", "long text", "nul", "surrogate", "text"}
CALLED = {"function", "raising function", "layer"}
EMPTY = {"empty list", "empty dict", "empty text", "empty array", "iterator"}
REAL = FINITE | {"True", "False", "numpy True", "nan", "numpy nan", "inf", "minus inf"}
NODES = {"node", "nan node", "tensor", "empty tensor"}
ARRAYS = {"array", "array of 3-d", "empty array"}
SHAPES = {"Nones", "empty list", "huge numbers"}
ANYTHING = set(HOSTILE)

# what may come back: for these arguments, with these objects in their place
TAKEN: dict[str, set[str]] = {
    **dict.fromkeys(("units", "k", "save_freq", "steps_per_execution", "nin", "nout"), WHOLE),
    **dict.fromkeys(("start_from_epoch", "cooldown", "epochs", "initial_epoch"), WHOLE | {"zero"}),
    **dict.fromkeys(("input_dim", "batch_size", "validation_batch_size"), WHOLE | NOTHING),
    "seed": WHOLE | {"zero", "None"},
    "num_classes": {"three", "None"},
    **dict.fromkeys(("rate", "momentum", "beta_1", "beta_2", "rho", "factor"), FRACTIONS),
    "label_smoothing": FRACTIONS | FLAG,
    "validation_split": FRACTIONS | {"None", "False"},
    "decay_steps": POSITIVE,
    "clipnorm": POSITIVE | NOTHING,
    "delta": POSITIVE | {"True", "numpy True", "inf"},
    **dict.fromkeys(
        ("stddev", "l1", "l2", "epsilon", "initial_accumulator_value", "initial_learning_rate",
         "warmup_steps", "decay_rate", "min_lr"),
        COUNTED,
    ),
    **dict.fromkeys(("weight_decay", "warmup_target"), COUNTED | NOTHING),
    "learning_rate": COUNTED | CALLED,
    "patience": COUNTED | {"huge", "huge Fraction", "inf"},
    **dict.fromkeys(("value", "mean", "minval", "maxval", "min_delta"), FINITE),
    **dict.fromkeys(("baseline", "initial_value_threshold", "loss_weights"), FINITE | NOTHING),
    "threshold": FINITE,
    **dict.fromkeys(("nesterov", "amsgrad", "centered"), BOOLS),
    **dict.fromkeys(
        ("approximate", "trainable", "use_bias", "center", "from_logits", "staircase", "append",
         "add_history", "restore_best_weights", "verbose", "save_best_only", "save_weights_only",
         "raise_error", "expand_nested", "show_trainable", "run_eagerly", "jit_compile",
         "auto_scale_loss", "shuffle", "return_dict"),
        FLAG,
    ),
    "scale": POSITIVE | FLAG,
    **dict.fromkeys(("name", "scope", "label"), NAME),
    **dict.fromkeys(("filename", "filepath", "monitor"), NAME - NOTHING),
    "separator": {"digits", "surrogate"},
    **dict.fromkeys(
        ("rng", "reduction", "clipvalue", "global_clipnorm", "index", "line_length",
         "validation_data"),
        NOTHING,
    ),
    "print_fn": CALLED | NOTHING | {"class"},
    **dict.fromkeys(("kernel_initializer", "bias_initializer", "beta_initializer",
                     "gamma_initializer", "moving_mean_initializer",
                     "moving_variance_initializer", "metric"), CALLED),
    **dict.fromkeys(("activation", "output_activation", "initializer", "regularizer",
                     "kernel_regularizer", "bias_regularizer", "beta_regularizer",
                     "gamma_regularizer", "loss"), CALLED | NOTHING),
    **dict.fromkeys(("fn", "schedule"), CALLED | {"class"}),
    **dict.fromkeys(("on_epoch_end", "on_train_begin"), CALLED | {"None", "class"}),
    "config": CALLED | {"None", "empty dict"},
    "layer": {"layer"},
    "custom_objects": {"None", "empty dict", "dict", "dict of None"},
    "class_weight": {"None", "empty dict"},
    "shape": SHAPES,
    "input_shape": SHAPES | NOTHING,
    "noise_shape": {"None", "Nones", "huge numbers"},
    **dict.fromkeys(("y_true_shape", "y_pred_shape"),
                    SHAPES | {"nans", "nested", "ragged", "texts"}),
    "callbacks": {"None", "Nones", "empty list"},
    "layers": {"None", "empty list", "empty array", "empty tensor", "iterator"},
    "metrics": ANYTHING,
    "weighted_metrics": {"None", "empty list"},
    "grads_and_vars": EMPTY,
    "var_list": EMPTY | NOTHING,
    "var_names": EMPTY | {"None", "dict", "texts", "text array", "frame of words",
                          "series of words"},
    "parameters": EMPTY | {"None"},
    "more": EMPTY | {"empty tensor"},
    "validation_freq": WHOLE | {"empty array", "empty list", "huge numbers", "set"},
    "axis": WHOLE | {"zero", "minus one"},
    "model": ANYTHING,
    "step": REAL | {"huge", "huge Fraction", "node", "nan node"},
    "values": ARRAYS | {"nans", "tensor"},
    "sample_weight": REAL | NODES | {"None", "nans"},
    "y_true": REAL | NODES | {"nans"},
    "y_pred": REAL | NODES | ARRAYS | {"nans"},
    "x": REAL | NODES | ARRAYS | {"nans", "nested", "empty list"},
    "data": REAL | ARRAYS | {"nans", "nested", "empty list"},
    **dict.fromkeys(("alpha", "negative_slope"), REAL | NODES | ARRAYS),
    "dtype": NOTHING,
    "training": ANYTHING,
}  # fmt: skip


def modules(module=nn, found=None):
    """nn and its public modules, but those that read and write files."""
    found = {} if found is None else found
    if module.__name__ not in found and not module.__name__.startswith(FILES):
        found[module.__name__] = module
        for name in module.__all__:
            part = getattr(module, name)
            if isinstance(part, types.ModuleType) and part.__name__.startswith("nn."):
                modules(part, found)
    return list(found.values())


FILES = ("nn.saving", "nn.export", "nn.datasets")


def slots(function, without):
    """The arguments of a function, less self or cls."""
    return list(inspect.signature(function).parameters)[without:]


def of_class(kind):
    """The public methods with arguments of a class of ours, and what can be set."""
    for base in kind.__mro__:
        if base.__module__.partition(".")[0] != "nn":
            continue
        for name, part in vars(base).items():
            if (name.startswith("_") and name != "__call__") or name.startswith("on_"):
                continue  # a callback's on_... are called by fit
            function = getattr(part, "__func__", part)
            if isinstance(part, property) and part.fset:
                yield f"{base.__module__}.{base.__qualname__}.{name}="
            elif isinstance(part, (types.FunctionType, classmethod)) and slots(function, 1):
                yield f"{function.__module__}.{function.__qualname__}"


def public():
    """What nn has to be called: functions and constructors with arguments, and methods."""
    found = set()
    for module in modules():
        for name in module.__all__:
            part = getattr(module, name)
            if not getattr(part, "__module__", "").startswith("nn") or not callable(part):
                continue
            if slots(part, 0):
                found.add(f"{part.__module__}.{part.__qualname__}")
            if isinstance(part, type):
                found.update(of_class(part))
    return found


def test_every_public_name_has_a_row():
    """A new function, class or method needs valid arguments above, or a reason to have none."""
    found = public()
    assert sorted(found - ROWS.keys() - WITHOUT_ROW.keys()) == []
    assert sorted((ROWS.keys() | WITHOUT_ROW.keys()) - found) == []


def test_every_argument_has_a_row():
    places = {f"{part.__module__}.{part.__qualname__}": part
              for module in modules() for part in map(vars(module).get, module.__all__)
              if callable(part)}  # fmt: skip
    for key, row in ROWS.items():
        if key in places:
            parameters = inspect.signature(places[key]).parameters.values()
            named = {p.name for p in parameters if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)}
            assert named <= row.arguments.keys(), key


def complaint(error, slot, value):
    """What is wrong with the way in which something was refused; None if nothing is."""
    text = str(error)
    if isinstance(error, BoomError):
        return None
    if not isinstance(error, (TypeError, ValueError)):
        return f"{type(error).__name__} is neither a TypeError nor a ValueError"
    if "unexpected keyword argument" in text or "required positional argument" in text:
        return None  # Python's own, of a config: it names what is too much or missing
    at = error.__traceback__
    while at.tb_next:
        at = at.tb_next
    code = at.tb_frame.f_code
    if not code.co_filename.startswith(OURS) or not raises(code, at.tb_lasti):
        return f"it comes from inside, {code.co_filename}:{at.tb_lineno}"
    if any(not c.isprintable() and c != "\n" for c in text):
        return "the message holds what a terminal cannot show"
    if len(text) > 700:
        return f"the message has {len(text)} characters"
    flat, seen = " ".join(text.split()), " ".join(shown(value).split())
    kind = slot.rpartition("_")[2].rstrip("s")  # "initializer"
    names = (slot, slot.replace("_", " "), kind, *WORDS.get(slot, ()), type(value).__name__)
    if seen[:12] in flat or any(re.search(rf"\b{re.escape(name)}", text) for name in names):
        return None
    return "the message neither names the argument nor shows the value"


def raises(code, instruction):
    return dis.opname[code.co_code[instruction]] == "RAISE_VARARGS"


@pytest.fixture(autouse=True)
def _as_before(capsys):
    """The float type and the generators as they were; nothing is printed."""
    before = nn.config.floatx()
    chance = nn.random.Chance()
    yield
    nn.config.set_floatx(before)
    chance.restore()


@pytest.mark.parametrize("key", ROWS)
def test_valid_arguments(key):
    row = ROWS[key]
    WEIGHT.grad = [1.0, 1.0]
    row.make()(**{k: v for k, v in row.arguments.items() if k != "index"})


# without pandas the objects of it are left out
OBJECTS = [
    name
    for name in HOSTILE
    if "words" not in name or importlib.util.find_spec("pandas") is not None
]


@pytest.mark.parametrize("key", ROWS)
def test_hostile_arguments(key):
    row = ROWS[key]
    wrong = []
    for slot in row.arguments:
        for name in OBJECTS:
            value = HOSTILE[name]()
            call = row.make()
            try:
                with np.errstate(all="ignore"):
                    call(**{**row.arguments, slot: value})
            except Exception as error:
                found = complaint(error, slot, value)
                if found:
                    wrong.append(f"{slot}={name}: {found}: {type(error).__name__}: {error!s:.200}")
            else:
                taken = TAKEN.get(slot, set())
                if key.startswith("nn.metrics.") and slot == "dtype":
                    taken = ANYTHING  # as in Keras, and of no effect
                if name not in taken:
                    wrong.append(f"{slot}={name}: was taken")
            nn.config.set_floatx("float32")
    assert wrong == []


def test_what_is_no_number_of_inputs_for_this_machine():
    """Refused before a single number is made: Linux would grant the memory and end the program."""
    for make in (
        lambda: layers.Dense(10**12).build((None, 8)),
        lambda: layers.BatchNormalization().build((None, 10**12)),
        lambda: models.Sequential([layers.Dense(10**400, input_shape=(2,))]),
        lambda: nn.Layer(2, 10**12),
        lambda: nn.MLP(2, [10**6, 10**6]),
        lambda: nn.Neuron(10**15),
        lambda: initializers.Zeros()((10**9, 10**9)),
        lambda: nn.utils.to_categorical([0], 10**15),
        lambda: nn.utils.to_categorical([10**15]),
        lambda: Mine().build((None, 10**15)),
    ):
        with pytest.raises(ValueError, match="more than fits into the memory of this machine"):
            make()


@pytest.mark.parametrize(
    ("use", "error", "message"),
    [
        (lambda: layers.Dense(1, use_bias="no"), ValueError, "use_bias is True or False, not 'no'"),
        (lambda: losses.BinaryCrossentropy("False"), ValueError, "from_logits is True or False"),
        (lambda: model().fit(X, Y, shuffle="no"), ValueError, "shuffle is True or False, not 'no'"),
        (
            lambda: model().fit(X, Y, class_weight={0: math.nan}),
            TypeError,
            "class_weight is a dict",
        ),
        (
            lambda: model().fit(np.ma.masked_array(X, X > 3), Y),
            TypeError,
            "x is a masked array: .filled",
        ),
        (
            lambda: optimizers.AdamW().exclude_from_weight_decay(var_names="bias"),
            TypeError,
            "var_names is a list of parts of labels, not 'bias'",
        ),
        (
            lambda: nn.Neuron(2, seed=0)({1.0, 2.0}),  # in no order
            TypeError,
            "takes a list of 2 inputs, not {1.0, 2.0}",
        ),
        (
            lambda: callbacks.EarlyStopping(min_delta=math.nan),
            ValueError,
            "min_delta is a finite number, not nan",
        ),
        (
            lambda: layers.Dropout(0.5, noise_shape=(5, 2))(X, training=True),
            ValueError,
            r"noise_shape \(5, 2\) does not fit an input of the shape \(2, 2\)",
        ),
        (
            lambda: metrics.SparseTopKCategoricalAccuracy(k=2.5),
            ValueError,
            "k is a whole number of at least 1, not 2.5",
        ),
        (lambda: layers.Dense(10**5000), None, ""),
        (
            lambda: layers.Dense(-(10**5000)),
            ValueError,
            "units is a whole number of at least 1",
        ),
    ],
)
def test_what_was_taken_for_something_else(use, error, message):
    """Each of these gave another result than what was asked for, or an error from inside."""
    if error is None:
        use()
        return
    with pytest.raises(error, match=message):
        use()


def test_epochs_of_an_iterator_are_refused():
    """It is used up after the first epoch: validation would have stopped without a word."""
    with pytest.raises(ValueError, match="validation_freq is a whole number"):
        model().fit(X, Y, validation_data=(X, Y), validation_freq=iter([1, 2]))
    history = model().fit(
        X, Y, epochs=3, validation_data=(X, Y), validation_freq=range(1, 3), verbose=0
    )
    assert len(history.history["val_loss"]) == 2


class Raises(callbacks.Callback):
    on_epoch_end = on_train_batch_end = boom


@pytest.mark.parametrize(
    "use",
    [
        lambda net: net.fit(X, Y, verbose=0, callbacks=[Raises()]),
        lambda net: net.fit(X, Y, verbose=0, callbacks=callbacks.LambdaCallback(on_train_end=boom)),
        lambda net: net.evaluate(X, Y, verbose=0, callbacks=callbacks.LambdaCallback(
            on_test_begin=boom
        )),
        lambda net: net.fit(raising("__array__"), Y, verbose=0),
        lambda net: net.summary(print_fn=boom),
    ],
)  # fmt: skip
def test_what_the_users_own_raise_comes_through(use):
    """The model can be used afterwards."""
    net = model()
    with pytest.raises(BoomError):
        use(net)
    history = net.fit(X, Y, epochs=2, verbose=0)
    assert len(history.history["loss"]) == 2
    assert np.isfinite(net.predict(X, verbose=0)).all()


def test_losses_and_metrics_that_raise():
    for arguments in ({"loss": boom}, {"loss": "mse", "metrics": [boom]}):
        net = model()
        before = net.get_weights()
        net.compile("sgd", **arguments)
        with pytest.raises(BoomError):
            net.train_on_batch(X, Y)
        if arguments["loss"] is boom:
            assert all(map(np.array_equal, before, net.get_weights()))
        net.compile("sgd", "mse")
        assert math.isfinite(net.train_on_batch(X, Y))


@pytest.mark.parametrize("slot", ROWS["nn.models.training.Trainer.compile"].arguments)
def test_a_refused_compile_changes_nothing(slot):
    net = model()
    before = net.get_compile_config()
    with contextlib.suppress(TypeError, ValueError):
        net.compile(**{"optimizer": "sgd", "loss": "mse", slot: Value})
    assert net.get_compile_config() == before
    assert math.isfinite(net.train_on_batch(X, Y))
