"""Layers, losses and the like of the user's that are not the same each time.

However they change, `fit` trains by them as the engine does, batch for batch.
"""

from __future__ import annotations

import copy
import math
import os
import random
import types
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import numpy as np
import pytest
from numpy.random import rand

import autograd
import nn
from nn import callbacks, layers, losses, metrics, models, optimizers, regularizers
from nn.models import Model, Sequential
from nn.models.reading import attributes_in, side_effect_of
from nn.random import generator

X = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
Y = X[:, :1] * 2 - 1

Training = dict[str, Any]  # middle layers, a loss, an optimizer, callbacks, metrics, or a model

TRAININGS: dict[str, tuple[Callable[[], Training], bool]] = {}


def training(recorded: bool) -> Callable[[Callable[[], Training]], None]:
    """Put a function that makes a training, anew each time, into the table."""

    def note(make: Callable[[], Training]) -> None:
        TRAININGS[make.__name__.replace("_", " ").strip()] = (make, recorded)

    return note


def layer(call: Callable[..., Any], **attributes: Any) -> layers.Layer:
    """A layer of a class of its own, with these attributes."""
    made: layers.Layer = type("Own", (layers.Layer,), {"call": call})()
    for name, value in attributes.items():
        setattr(made, name, value)
    return made


class Each(callbacks.Callback):
    """Does something before each epoch."""

    def __init__(self, change: Callable[[int], Any]) -> None:
        super().__init__()
        self.change = change

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.change(epoch)


def squares(y: Any, p: Any) -> Any:
    return ((p - y) ** 2).mean(-1)


def trained(make: Callable[[], Training], eagerly: bool) -> tuple[Model, list[float], list[Any]]:
    nn.utils.set_random_seed(1)
    given = make()
    middle, optimizer = given.get("middle", []), given.get("optimizer", optimizers.SGD(0.05))
    model = given.get("model") or Sequential([layers.Input(shape=(3,)), *middle, layers.Dense(1)])
    model.compile(
        optimizer, given.get("loss", "mse"), metrics=given.get("metrics"), run_eagerly=eagerly
    )
    history = model.fit(
        X, Y, epochs=4, batch_size=10, shuffle=False, verbose=0, callbacks=given.get("callbacks")
    )
    return model, history.history["loss"], model.get_weights()


# --- random numbers -------------------------------------------------------------------------


@training(recorded=False)
def noise_of_a_generator_of_its_own() -> Training:
    def call(self: Any, x: Any, training: bool = False) -> Any:
        return x + self.rng.normal(size=x.shape).astype("f") if training else x

    return {"middle": [layer(call, rng=np.random.default_rng(3))]}


@training(recorded=False)
def noise_of_a_generator_around_it() -> Training:
    rng = np.random.default_rng(3)
    return {"middle": [layer(lambda self, x: x * rng.normal())]}


@training(recorded=False)
def noise_of_numpy() -> Training:
    return {"middle": [layer(lambda self, x: x * np.random.normal())]}


@training(recorded=False)
def noise_of_a_function_of_numpy() -> Training:
    return {"middle": [layer(lambda self, x: x * rand())]}


@training(recorded=False)
def noise_of_python() -> Training:
    return {"middle": [layer(lambda self, x: x * random.random())]}


@training(recorded=False)
def noise_of_nn() -> Training:
    return {"middle": [layer(lambda self, x: x * nn.random.generator().random())]}


@training(recorded=False)
def noise_of_a_function_of_nn() -> Training:
    return {"middle": [layer(lambda self, x: x * generator().normal())]}


@training(recorded=False)
def stochastic_depth() -> Training:
    def call(self: Any, x: Any, training: bool = False) -> Any:
        return x * 0.0 if training and generator().uniform() < 0.5 else x

    return {"middle": [layer(call)]}


@training(recorded=False)
def numbers_of_an_iterator() -> Training:
    rates: Iterator[float] = iter(np.linspace(1.0, 0.1, 100).tolist())
    return {"middle": [layer(lambda self, x: x * next(self.rates), rates=rates)]}


# --- what the step itself changes -----------------------------------------------------------

COUNT = 0


@training(recorded=False)
def a_counter_among_the_globals() -> Training:
    global COUNT
    COUNT = 0

    def loss(y: Any, p: Any) -> Any:
        global COUNT
        COUNT += 1
        return squares(y, p) * (5.0 if COUNT > 6 else 1.0)

    return {"loss": loss}


@training(recorded=False)
def a_counter_around_a_loss() -> Training:
    count = 0

    def loss(y: Any, p: Any) -> Any:
        nonlocal count
        count += 1
        return squares(y, p) * (5.0 if count > 6 else 1.0)

    return {"loss": loss}


@training(recorded=False)
def a_counter_of_a_layer() -> Training:
    def call(self: Any, x: Any) -> Any:
        self.count += 1
        return x * 2.0 if self.count > 4 else x

    return {"middle": [layer(call, count=0)]}


@training(recorded=False)
def a_counter_in_a_dict() -> Training:
    def call(self: Any, x: Any) -> Any:
        self.counts["calls"] += 1
        return x * 2.0 if self.counts["calls"] > 4 else x

    return {"middle": [layer(call, counts={"calls": 0})]}


@training(recorded=False)
def a_list_that_grows() -> Training:
    def call(self: Any, x: Any) -> Any:
        self.seen.append(len(x))
        return x / len(self.seen)

    return {"middle": [layer(call, seen=[])]}


@training(recorded=False)
def a_moving_mean() -> Training:
    def call(self: Any, x: Any) -> Any:
        self.mean = 0.9 * self.mean + 0.1 * float(autograd.mean(x))
        return x + self.mean

    return {"middle": [layer(call, mean=0.0)]}


class Growing(losses.Loss):
    calls = 0

    def call(self, y_true: Any, y_pred: Any) -> Any:
        self.calls += 1
        return squares(y_true, y_pred) * self.calls


@training(recorded=False)
def a_loss_that_counts() -> Training:
    return {"loss": Growing()}


@training(recorded=False)
def a_copy_of_the_targets() -> Training:
    return {"loss": lambda y, p: ((p - copy.copy(y)) ** 2).mean(-1)}


@training(recorded=False)
def a_deep_copy_of_the_targets() -> Training:
    return {"loss": lambda y, p: ((p - deepcopy(y)) ** 2).mean(-1)}


# --- what others change ---------------------------------------------------------------------


@training(recorded=False)
def a_loss_that_reads_the_optimizer() -> Training:
    sgd = optimizers.SGD(0.05)
    loss = lambda y, p: squares(y, p) * min(1.0, sgd.iterations / 10)
    return {"loss": loss, "optimizer": sgd}


class Annealed(Model):
    def __init__(self) -> None:
        super().__init__()
        self.out = layers.Dense(1)

    def call(self, x: Any) -> Any:
        return self.out(x) * (0.1 + 0.1 * self.optimizer.iterations)


@training(recorded=False)
def a_model_that_reads_its_optimizer() -> Training:
    return {"model": Annealed()}


class Scaled(layers.Layer):
    factor = 1.0

    def call(self, x: Any) -> Any:
        return x * self.factor


@training(recorded=True)
def an_attribute_of_a_class() -> Training:
    Scaled.factor = 1.0
    change = Each(lambda epoch: setattr(Scaled, "factor", 1.0 / (1 + epoch)))
    return {"middle": [Scaled()], "callbacks": [change]}


class Listed(layers.Layer):
    factors = [1.0]  # noqa: RUF012

    def call(self, x: Any) -> Any:
        return x * self.factors[0]


@training(recorded=False)
def a_list_of_a_class() -> Training:
    Listed.factors[0] = 1.0

    def change(epoch: int) -> None:
        Listed.factors[0] = 1.0 / (1 + epoch)

    return {"middle": [Listed()], "callbacks": [Each(change)]}


settings = types.ModuleType("settings")


@training(recorded=False)
def an_attribute_of_a_module() -> Training:
    settings.rate = 1.0
    change = Each(lambda epoch: setattr(settings, "rate", 1.0 / (1 + epoch)))
    return {"middle": [layer(lambda self, x: x * settings.rate)], "callbacks": [change]}


class Config:
    rate = 1.0


@training(recorded=False)
def an_attribute_of_another_class() -> Training:
    Config.rate = 1.0
    change = Each(lambda epoch: setattr(Config, "rate", 1.0 / (1 + epoch)))
    return {"middle": [layer(lambda self, x: x * Config.rate)], "callbacks": [change]}


@training(recorded=False)
def a_variable_of_the_environment() -> Training:
    os.environ["CHAINRULE_TEST_RATE"] = "1.0"

    def change(epoch: int) -> None:
        os.environ["CHAINRULE_TEST_RATE"] = str(1.0 / (1 + epoch))

    read = layer(lambda self, x: x * float(os.environ["CHAINRULE_TEST_RATE"]))
    return {"middle": [read], "callbacks": [Each(change)]}


RATE = 1.0


class Mixed:
    def helper(self, x: Any) -> Any:
        return x * RATE


class Ways(layers.Layer, Mixed):
    """Reads a global in one of several ways."""

    def __init__(self, way: str) -> None:
        super().__init__()
        self.way = way

    @property
    def rate(self) -> float:
        return RATE

    @staticmethod
    def scaled(x: Any) -> Any:
        return x * RATE

    @classmethod
    def scaled_by_class(cls, x: Any) -> Any:
        return x * RATE

    def call(self, x: Any) -> Any:
        if self.way == "property":
            return x * self.rate
        if self.way == "static":
            return self.scaled(x)
        return self.scaled_by_class(x) if self.way == "class" else self.helper(x)


def _ways(way: str) -> Callable[[], Training]:
    def make() -> Training:
        def change(epoch: int) -> None:
            global RATE
            RATE = 1.0 / (1 + epoch)

        change(0)
        return {"middle": [Ways(way)], "callbacks": [Each(change)]}

    return make


TRAININGS |= {
    f"a global that a {way} method reads": (_ways(way), True)
    for way in ("property", "static", "class", "mixed in")
}


class Helper:
    def scaled(self, x: Any) -> Any:
        return x * RATE


@training(recorded=False)
def a_global_that_another_class_reads() -> Training:
    return {**_ways("")(), "middle": [layer(lambda self, x: Helper().scaled(x))]}


@training(recorded=True)
def an_attribute_of_a_loss() -> Training:
    def loss(y: Any, p: Any) -> Any:
        return squares(y, p) * loss.scale

    loss.scale = 1.0
    change = Each(lambda epoch: setattr(loss, "scale", 1.0 / (1 + epoch)))
    return {"loss": loss, "callbacks": [change]}


@training(recorded=False)
def a_list_as_a_default() -> Training:
    factors = [1.0]

    def change(epoch: int) -> None:
        factors[0] = 1.0 / (1 + epoch)

    return {
        "loss": lambda y, p, factors=factors: squares(y, p) * factors[0],
        "callbacks": [Each(change)],
    }


@training(recorded=True)
def a_method_that_is_replaced() -> Training:
    middle = layer(lambda self, x: x)

    def change(epoch: int) -> None:
        if epoch == 2:
            type(middle).call = lambda self, x: x * 0.5

    return {"middle": [middle], "callbacks": [Each(change)]}


class Weighted(regularizers.Regularizer):
    weight = 1.0

    def __call__(self, x: Any) -> Any:
        return autograd.sum(x * x) * self.weight


@training(recorded=True)
def an_attribute_of_a_regularizer_s_class() -> Training:
    Weighted.weight = 1.0
    change = Each(lambda epoch: setattr(Weighted, "weight", 0.1 / (1 + epoch)))
    return {"middle": [layers.Dense(3, kernel_regularizer=Weighted())], "callbacks": [change]}


# --- in the middle of an epoch --------------------------------------------------------------


def _weakened() -> tuple[layers.Layer, Callable[..., None]]:
    """A layer, and what makes it weaker."""
    middle = layer(lambda self, x: x * self.k, k=1.0)

    def weaken(*_: Any) -> None:
        middle.k *= 0.9

    return middle, weaken


@training(recorded=True)
def a_hook_of_a_single_callback() -> Training:
    middle, weaken = _weakened()
    hooked = callbacks.Callback()
    hooked.on_train_batch_end = weaken
    return {"middle": [middle], "callbacks": [hooked]}


@training(recorded=True)
def a_metric_that_changes_a_layer() -> Training:
    middle, weaken = _weakened()

    class Weakening(metrics.Mean):
        def update_state(self, *_: Any, **__: Any) -> None:
            weaken()

        def result(self) -> float:
            return 0.0

    return {"middle": [middle], "metrics": [Weakening(name="weakening")]}


@training(recorded=True)
def a_function_as_a_metric_that_changes_a_layer() -> Training:
    middle, weaken = _weakened()

    def weakening(y: Any, p: Any) -> Any:
        weaken()
        return abs(p - y)

    return {"middle": [middle], "metrics": [weakening]}


@training(recorded=True)
def an_optimizer_that_changes_a_layer() -> Training:
    middle, weaken = _weakened()

    class Weakening(optimizers.SGD):
        def apply(self, *arguments: Any) -> None:
            weaken()
            super().apply(*arguments)

    return {"middle": [middle], "optimizer": Weakening(0.05)}


@training(recorded=True)
def a_schedule_that_changes_a_layer() -> Training:
    middle, weaken = _weakened()

    class Weakening(optimizers.schedules.LearningRateSchedule):
        def __call__(self, step: Any) -> float:
            weaken()
            return 0.05

    return {"middle": [middle], "optimizer": optimizers.SGD(Weakening())}


# --- what can be repeated -------------------------------------------------------------------


class Residual(layers.Layer):
    def __init__(self) -> None:
        super().__init__()
        self.blocks = [layers.Dense(3, activation="relu"), layers.Dense(3)]

    def call(self, x: Any) -> Any:
        h = x
        for block in self.blocks:
            h = block(h)
        if len(self.blocks) > 5:
            raise ValueError(f"too many: {self.blocks}")
        return x + h


@training(recorded=True)
def layers_inside_a_layer() -> Training:
    return {"middle": [Residual()]}


class Gentle(Residual):
    def call(self, x: Any) -> Any:
        return 0.5 * super().call(x)


@training(recorded=True)
def a_layer_that_asks_the_one_it_is_made_from() -> Training:
    return {"middle": [Gentle()]}


@training(recorded=True)
def ordinary_arithmetic() -> Training:
    def call(self: Any, x: Any) -> Any:
        parts = [x[:, i : i + 1] * math.exp(-i) for i in range(3)]
        return autograd.concatenate([np.pi * part for part in parts], axis=-1)

    return {"middle": [layer(call)], "loss": lambda y, p: autograd.sum(squares(y, p)) / len(y)}


@pytest.mark.parametrize("name", TRAININGS)
def test_it_is_trained_as_by_the_engine(name: str) -> None:
    make, recorded = TRAININGS[name]
    _, expected, expected_weights = trained(make, eagerly=True)
    model, found, weights = trained(make, eagerly=False)
    assert found == pytest.approx(expected, rel=2e-5)
    for weight, own in zip(weights, expected_weights, strict=True):
        np.testing.assert_allclose(weight, own, rtol=2e-4, atol=2e-6)
    program = model.training_program
    assert program.startswith("# no program: the engine computes each batch") is not recorded


@pytest.mark.parametrize("eagerly", [False, True])
@pytest.mark.parametrize("batch_size", [10, 40])
@pytest.mark.parametrize(
    "loss", [lambda y, p: np.mean((p.numpy() - y) ** 2), lambda y, p: None, lambda y, p: 3.0]
)
def test_a_loss_without_a_gradient_is_refused(loss: Any, batch_size: int, eagerly: bool) -> None:
    model = models.Sequential([layers.Input(shape=(3,)), layers.Dense(1)])
    model.compile("sgd", loss, run_eagerly=eagerly)
    with pytest.raises(TypeError, match=r"the loss given to compile returned .*has no gradient"):
        model.fit(X, Y, batch_size=batch_size, verbose=0)


# --- reading --------------------------------------------------------------------------------


def _generating(numbers: Any) -> Any:
    total = 0.0
    for number in numbers:
        total += number
    return [total + abs(n) for n in numbers if not isinstance(n, str)], (lambda: total)


def _importing() -> Any:
    import math

    return math.pi


def _deleting(thing: Any) -> None:
    del thing.part


def _slicing(numbers: Any) -> None:
    numbers[1:] = []


def _opening(name: str) -> Any:
    return open(name)


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (_generating, ""),
        (_importing, "_importing imports math"),
        (_deleting, "_deleting sets part"),
        (_slicing, "_slicing sets an element"),
        (_opening, "_opening calls open"),
        (lambda x: (lambda y: y.sort())(x), "<lambda> calls sort"),
        (lambda x: getattr(x, "shape"), "<lambda> calls getattr"),  # noqa: B009
    ],
)
def test_side_effects(function: Any, told: str) -> None:
    assert side_effect_of(function) == told


def test_attributes_of_functions_inside_a_function() -> None:
    code = (lambda x: [part.shape for part in x.parts]).__code__
    assert attributes_in(code) == {"shape", "parts"}
