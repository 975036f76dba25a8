"""An exception in a function of the user's: it arrives as it is, and all is usable afterwards."""

from __future__ import annotations

import traceback

import numpy as np
import pytest

import nn
from autograd import Tensor, Value, contexts, graph, primitive
from nn import callbacks, layers, models


class UserError(Exception):
    """The user's own."""


def fails_in_user_code(*args, **kwargs):
    raise UserError("of the user")


def names_the_user(error):
    """Tell whether the traceback shows the user's function."""
    return any(f.name == "fails_in_user_code" for f in traceback.extract_tb(error.__traceback__))


def assert_as_before():
    assert (contexts.special, contexts.watched) == (0, 0)
    assert contexts.recording()
    assert not graph._scratch._is_owned()
    x = Value(3.0)
    (x * x).backward()
    assert x.grad == 6.0


def test_hook() -> None:
    x, t = Value(2.0), Tensor([1.0, 2.0])
    for leaf, root in ((x, x * x), (t, (t * t).sum())):
        with leaf.register_hook(fails_in_user_code), pytest.raises(UserError) as caught:
            root.backward()
        assert names_the_user(caught.value)
        assert leaf.grad is None
        assert root.grad is None
        root.backward()
        assert np.all(leaf.grad == 2.0 * leaf.data)
    assert_as_before()


@pytest.mark.parametrize("where", ["value", "partial"])
def test_primitive(where) -> None:
    failing = [True]

    def value(m, x):
        return fails_in_user_code() if failing and where == "value" else x * x

    def partial(m, out, x):
        return fails_in_user_code() if failing and where == "partial" else 2.0 * x

    square = primitive(partials=partial, name=f"faulty_square_{where}")(value)
    for x in (Value(3.0), Tensor([3.0])):
        with pytest.raises(UserError) as caught:
            square(x).sum().backward() if isinstance(x, Tensor) else square(x).backward()
        assert names_the_user(caught.value)
        assert x.grad is None
    assert_as_before()
    failing.clear()
    x = Value(3.0)
    square(x).backward()
    assert x.grad == 6.0


X = np.random.default_rng(0).normal(size=(24, 2)).astype("float32")
Y = (X.sum(1, keepdims=True) > 0).astype("float32")


class Faulty(layers.Layer):
    failing = False

    def call(self, x):
        return fails_in_user_code() if self.failing else x * 1.0


def model(run_eagerly, loss="mse", metrics=None):
    nn.utils.set_random_seed(1)
    made = models.Sequential(
        [layers.Input(shape=(2,)), layers.Dense(4, "tanh"), Faulty(), layers.Dense(1)]
    )
    made.compile("adam", loss, metrics=metrics, run_eagerly=run_eagerly)
    return made


def assert_usable(made):
    """The weights are finite, and training goes on."""
    assert_as_before()
    assert callbacks.writers == []
    history = made.fit(X, Y, epochs=2, batch_size=8, verbose=0)
    assert len(history.epoch) == 2
    assert np.isfinite(history.history["loss"]).all()


METHODS = [name for name in dir(callbacks.Callback) if name.startswith("on_")]


@pytest.mark.parametrize("name", [*METHODS, "on_gradients"])
@pytest.mark.parametrize("verbose", [0, 1])
def test_each_method_of_a_callback(name, verbose, capsys) -> None:
    made = model(False)
    faulty = type("Faulty", (callbacks.Callback,), {name: fails_in_user_code})()
    options = {"batch_size": 8, "verbose": verbose, "callbacks": [faulty]}
    with pytest.raises(UserError) as caught:  # noqa: PT012 - one of two calls
        if "predict" in name:
            made.predict(X, **options)
        else:
            made.fit(X, Y, validation_split=0.25, **options)
    assert names_the_user(caught.value)
    assert_usable(made)


@pytest.mark.parametrize("run_eagerly", [False, True])
@pytest.mark.parametrize("what", ["loss", "metric", "layer", "second batch"])
def test_what_a_model_is_made_of(what, run_eagerly) -> None:
    failing: list[bool] = []
    calls: list[int] = []

    def loss(y_true, y_pred):
        calls.append(1)
        if failing and (what == "loss" or (what == "second batch" and len(calls) > 1)):
            fails_in_user_code()
        return (y_true - y_pred) ** 2

    def metric(y_true, y_pred):
        return fails_in_user_code() if failing and what == "metric" else (y_true - y_pred) ** 2

    made = model(run_eagerly, loss, [metric])
    failing.append(True)
    made.layers[1].failing = what == "layer"
    given = [X[:8], Y[:8]] if what != "second batch" else [X[:13], Y[:13]]
    with pytest.raises(UserError) as caught:
        made.fit(*given, batch_size=8, verbose=0)
    assert names_the_user(caught.value)
    failing.clear()
    made.layers[1].failing = False
    assert_usable(made)
