"""Training by a recorded program: the same numbers as by the engine, batch for batch."""

from __future__ import annotations

import copy
import pickle
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor
from nn import callbacks, layers, losses, metrics, optimizers, regularizers
from nn.models import Model, Sequential
from nn.models.assumptions import Assumptions
from nn.models.data import Batch
from nn.models.differentiation import Recorded
from nn.random import generator, state_of

RNG = np.random.default_rng(0)
X = RNG.normal(size=(22, 4)).astype(np.float32)
Y = (X @ [[1.0], [-2.0], [0.5], [0.0]] + 0.25).astype(np.float32)
LABELS = RNG.integers(0, 3, 22)
ONE_HOT = np.eye(3, dtype=np.float32)[LABELS]
BINARY = (Y > 0).astype(np.float32)
WEIGHTS = RNG.uniform(0.5, 2.0, 22)

Make = Callable[[], Model]


def net(*middle: Any, out: Any = None) -> Sequential:
    return Sequential([
        layers.Input(shape=(4,)), layers.Dense(6, activation="tanh"), *middle,
        layers.Dense(1) if out is None else out,
    ])  # fmt: skip


def trained(
    make: Make, y: Any = Y, eagerly: bool = False, optimizer: Any = "adam", loss: Any = "mse",
    compiling: Any = None, x: Any = X, **options: Any,
) -> tuple[Model, dict[str, list[float]]]:  # fmt: skip
    """A new model after three epochs, and its history; the last batch of each is smaller."""
    nn.utils.set_random_seed(0)
    model = make()
    model.compile(optimizer, loss, run_eagerly=eagerly, **(compiling or {}))
    # made anew for each of the two trainings
    options = {k: v() if callable(v) else v for k, v in options.items()}
    history = model.fit(x, y, batch_size=8, epochs=3, verbose=0, **options).history
    return model, history


def is_recorded(model: Model) -> bool:
    return "\n\ndef forward(" in model.training_program


def check_the_same(
    make: Make, *arguments: Any, recorded: bool = True, rtol: float = 2e-5, **options: Any
) -> Model:
    """Train by the engine and by programs, and compare all that can be seen of it."""
    eager, expected = trained(make, *arguments, eagerly=True, **options)
    place = state_of(generator()), random.getstate()
    model, history = trained(make, *arguments, **options)
    assert model.training_program  # to read it draws nothing, either
    assert (state_of(generator()), random.getstate()) == place
    assert history.keys() == expected.keys()
    for name, numbers in history.items():
        np.testing.assert_allclose(numbers, expected[name], rtol=rtol, err_msg=name)
    for weight, own in zip(model.get_weights(), eager.get_weights(), strict=True):
        assert weight.dtype == own.dtype
        np.testing.assert_allclose(weight, own, rtol=rtol, atol=rtol / 10)
    assert is_recorded(model) is recorded, model.training_program
    steps = model._recorded
    assert steps is not None
    if steps._trusted:  # nothing of ours looks at the numbers
        assert all(recording.guards == 0 for recording in steps._program.recordings)
        assert len(steps._program.recordings) == len(steps._recorded)
    return model


# --- every kind of layer --------------------------------------------------------------------


class Noise(layers.Layer):
    """Draws from a generator that nobody knows of."""

    def __init__(self) -> None:
        super().__init__()
        self.draw = np.random.default_rng(5).normal

    def call(self, x: Any, training: bool = False) -> Any:
        return x + self.draw(size=x.shape).astype("float32") if training else x


class Branching(layers.Layer):
    """Looks at the numbers, and goes one of two ways."""

    def call(self, x: Any) -> Any:
        return 2.0 * x if autograd.mean(x) > 0.0 else -x


class Plain(layers.Layer):
    """Multiplies with numbers that it computes by hand."""

    def call(self, x: Any) -> Any:
        plain = x.data if isinstance(x, Tensor) else x
        return x * float(abs(plain).mean())


class Scale(layers.Layer):
    """A weight of its own, with a regularizer, and an ordinary computation."""

    def build(self, input_shape: Any) -> None:
        self.factor = self.add_weight(input_shape[-1:], "ones", regularizer="l2", name="factor")

    def call(self, x: Any) -> Any:
        return autograd.sqrt(x * x + 0.5) * self.factor


class Counting(layers.Layer):
    """Grows weaker with each call."""

    calls = 0

    def call(self, x: Any, training: bool = False) -> Any:
        if not training:
            return x
        self.calls += 1
        return x * (1.0 / self.calls)


MIDDLES: dict[str, Any] = {
    "dropout": lambda: [layers.Dropout(0.3)],
    "dropout with a seed": lambda: [layers.Dropout(0.3, seed=3), layers.Dropout(0.5)],
    "dropout of whole columns": lambda: [layers.Dropout(0.3, noise_shape=(1, None))],
    "dropout of all": lambda: [layers.Dropout(1.0)],
    "dropout of nothing": lambda: [layers.Dropout(0.0)],
    "normalization": lambda: [layers.BatchNormalization()],
    "bare normalization": lambda: [layers.BatchNormalization(center=False, scale=False)],
    "frozen normalization": lambda: [layers.BatchNormalization(trainable=False)],
    "flatten": lambda: [layers.Flatten()],
    "scale": lambda: [Scale()],
    "a model": lambda: [Sequential([layers.Dense(5, activation="relu"), layers.Dropout(0.2)])],
    "frozen dense": lambda: [layers.Dense(5, trainable=False)],
    "without bias": lambda: [layers.Dense(5, use_bias=False)],
} | {
    name: (lambda name=name: [layers.Dense(5), layers.Activation(name)])
    for name in ("relu", "sigmoid", "tanh", "leaky_relu", "elu", "selu", "gelu", "silu", "softplus",
                 "softmax", "log_softmax", "linear")
}  # fmt: skip


@pytest.mark.parametrize("middle", MIDDLES)
def test_layers(middle: str) -> None:
    check_the_same(lambda: net(*MIDDLES[middle]()), compiling={"metrics": ["mae"]})


def test_normalization_along_another_axis() -> None:
    def make() -> Model:
        return Sequential([
            layers.Input(shape=(2, 2)), layers.BatchNormalization(axis=1), layers.Flatten(),
            layers.Dense(1),
        ])  # fmt: skip

    check_the_same(make, x=X.reshape(22, 2, 2))


@pytest.mark.parametrize("kind", [Plain, Counting])
def test_what_cannot_be_repeated_is_left_to_the_engine(kind: Any) -> None:
    model = check_the_same(lambda: net(kind()), recorded=False)
    assert model.training_program.startswith("# no program: the engine computes each batch, for")


def test_numbers_drawn_behind_its_back_are_noticed() -> None:
    model = check_the_same(lambda: net(Noise()), recorded=False)
    assert "the attributes of a Generator may change unnoticed" in model.training_program
    # without having read its code, it is noticed when it is recorded a second time
    step = Recorded(model, model._loss_of, model.trainable_weights, trusted=False)
    step(Batch(X[:8], Y[:8], None))
    assert step.reason == "TypeError: what it computes changes from one call to the next"


def test_guards_and_draws_do_not_go_together() -> None:
    model = check_the_same(lambda: net(layers.Dropout(0.5), Branching()), recorded=False)
    assert "it draws random numbers" in model.training_program


def test_two_ways_are_two_programs() -> None:
    model = check_the_same(lambda: Sequential([layers.Input(shape=(4,)), Branching()]), y=X)
    assert is_recorded(model)


class Skip(Model):
    def __init__(self) -> None:
        super().__init__()
        self.hidden = [layers.Dense(4, activation="relu"), layers.Dense(4)]
        self.out = layers.Dense(1)

    def call(self, x: Any, training: bool = False) -> Any:
        for layer in self.hidden:
            x = layer(x) + x
        return self.out(x)


def test_a_model_of_ones_own() -> None:
    check_the_same(Skip)


def test_a_model_without_parameters() -> None:
    check_the_same(lambda: Sequential([layers.Input(shape=(4,)), layers.Activation("relu")]), y=X)
    check_the_same(lambda: net(layers.Dense(2)), optimizer="sgd")


def test_float64() -> None:
    nn.config.set_floatx("float64")
    try:
        model = check_the_same(lambda: net(layers.Dropout(0.2)), rtol=1e-12)
        assert model.get_weights()[0].dtype == np.float64
    finally:
        nn.config.set_floatx("float32")


def test_layers_of_two_types() -> None:
    check_the_same(lambda: net(layers.Dense(3, dtype="float64"), layers.Dense(3)))


# --- every loss -----------------------------------------------------------------------------


def largest(y_true: Any, y_pred: Any) -> Any:
    return autograd.max(abs(y_pred - y_true), axis=-1)


class Asymmetric(losses.Loss):
    """More for what is too small; its choice is a part of the program."""

    def call(self, y_true: Any, y_pred: Any) -> Any:
        e = y_pred - y_true
        return autograd.mean(autograd.where(e > 0.0, e, -3.0 * e), axis=-1)


SIGMOID, SOFTMAX = "sigmoid", "softmax"
LOSSES: list[tuple[Any, Any, Any]] = [
    ("mse", Y, None),
    ("mae", Y, None),
    ("mape", Y, None),
    ("msle", abs(Y), "softplus"),
    ("huber", Y, None),
    (lambda: losses.Huber(0.1), Y, None),
    ("hinge", BINARY, None),
    ("hinge", 2 * BINARY - 1, None),
    ("hinge", Y, None),
    ("binary_crossentropy", BINARY, SIGMOID),
    (lambda: losses.BinaryCrossentropy(from_logits=True), BINARY, None),
    (lambda: losses.BinaryCrossentropy(label_smoothing=0.1), BINARY, SIGMOID),
    ("categorical_crossentropy", ONE_HOT, SOFTMAX),
    (lambda: losses.CategoricalCrossentropy(from_logits=True), ONE_HOT, None),
    (lambda: losses.CategoricalCrossentropy(label_smoothing=0.1), ONE_HOT, SOFTMAX),
    ("sparse_categorical_crossentropy", LABELS, SOFTMAX),
    ("sparse_categorical_crossentropy", LABELS[:, None], SOFTMAX),
    (lambda: losses.SparseCategoricalCrossentropy(from_logits=True), LABELS, None),
    ("kl_divergence", ONE_HOT, SOFTMAX),
    ("squared_error", Y, None),
    (lambda: losses.MeanSquaredError(reduction="sum"), Y, None),
    (lambda: losses.MeanSquaredError(reduction="mean_with_sample_weight"), Y, None),
    (largest, Y, None),
    (Asymmetric, Y, None),
]


@pytest.mark.parametrize("weights", ["none", "sample_weight", "class_weight"])
@pytest.mark.parametrize("number", range(len(LOSSES)))
def test_losses(number: int, weights: str) -> None:
    loss, y, activation = LOSSES[number]
    made = loss() if isinstance(loss, type) or getattr(loss, "__name__", "") == "<lambda>" else loss
    options: dict[str, Any] = {}
    if weights == "sample_weight":
        options["sample_weight"] = WEIGHTS
    elif weights == "class_weight":
        options["class_weight"] = {0: 0.5, 1: 2.0}
    units = 3 if y is ONE_HOT or y.dtype.kind == "i" else 1
    check_the_same(
        lambda: net(out=layers.Dense(units, activation=activation)), y, loss=made, **options
    )


def test_weights_that_are_all_zero_in_a_batch() -> None:
    check_the_same(
        net, loss=losses.MeanSquaredError(reduction="mean_with_sample_weight"),
        sample_weight=np.r_[np.zeros(8), np.ones(14)], shuffle=False,
    )  # fmt: skip


@pytest.mark.parametrize("eagerly", [False, True])
def test_wrong_predictions_are_found_at_any_batch(eagerly: bool) -> None:
    def fit(x: Any) -> None:
        model.fit(x, BINARY, batch_size=11, shuffle=False, verbose=0)

    model = Sequential([layers.Dense(1, input_shape=[1], kernel_initializer="ones")])
    model.compile(optimizers.SGD(0.0), "binary_crossentropy", run_eagerly=eagerly)
    fit(np.full(22, 0.5))
    for x in (np.full(22, 2.0), np.r_[np.full(21, 0.5), 2.0]):
        with pytest.raises(ValueError, match=r"takes probabilities, and 2\.0 is none: end the"):
            fit(x)
    fit(np.full(22, 0.5))
    assert is_recorded(model) is not eagerly


@pytest.mark.parametrize("eagerly", [False, True])
def test_wrong_targets_are_found_by_a_loss_inside_another(eagerly: bool) -> None:
    def loss(y_true: Any, y_pred: Any) -> Any:
        return losses.sparse_categorical_crossentropy(y_true, y_pred)

    model = net(out=layers.Dense(3, activation="softmax"))
    model.compile("sgd", loss, run_eagerly=eagerly)
    model.fit(X, LABELS, batch_size=11, verbose=0)
    wrong = np.where(np.arange(22) == 21, 3, LABELS)
    with pytest.raises(ValueError, match="the label 3 is no class number from 0 to 2"):
        model.fit(X, wrong, batch_size=11, verbose=0, shuffle=False)


def test_errors_of_ones_own_layer_are_ones_own() -> None:
    class Wrong(layers.Layer):
        def call(self, x: Any, training: bool = False) -> Any:
            if training:
                raise LookupError("not with me")
            return x

    model = net(Wrong())
    model.compile("sgd", "mse")
    with pytest.raises(LookupError, match="not with me"):
        model.fit(X, Y, verbose=0)


# --- what else training has -----------------------------------------------------------------


@pytest.mark.parametrize("name", ["sgd", "adam", "rmsprop", "adamw", "adagrad"])
def test_optimizers(name: str) -> None:
    check_the_same(net, optimizer=name)


@pytest.mark.parametrize(
    "regularizer",
    ["l1", "l2", regularizers.L1L2(0.1, 0.1), lambda w: 0.1 * autograd.sum(abs(w) ** 1.5)],
)
def test_regularizers(regularizer: Any) -> None:
    check_the_same(
        lambda: net(layers.Dense(3, kernel_regularizer=regularizer, bias_regularizer="l2"))
    )


def test_metrics_validation_and_loss_weights() -> None:
    def worst(y_true: Any, y_pred: Any) -> Any:
        return abs(y_true - y_pred).max(axis=-1)

    check_the_same(
        net,
        compiling={
            "metrics": ["mae", worst], "weighted_metrics": ["mse"], "loss_weights": 0.5,
        },
        validation_split=0.25,
        sample_weight=WEIGHTS,
    )  # fmt: skip
    check_the_same(
        lambda: net(out=layers.Dense(1, activation="sigmoid")), BINARY,
        loss="bce", compiling={"metrics": ["accuracy"]}, validation_data=lambda: (X, BINARY),
    )  # fmt: skip
    check_the_same(net, compiling={"metrics": [metrics.get("mae")]})


def test_early_stopping_and_schedules() -> None:
    check_the_same(
        lambda: net(layers.Dropout(0.2)),
        callbacks=lambda: [
            callbacks.EarlyStopping(monitor="loss", min_delta=1.0, restore_best_weights=True),
            callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2),
        ],
    )


class Keep(callbacks.Callback):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Any] = []

    def on_gradients(self, batch: int, gradients: Any) -> None:
        self.seen.append(gradients)


def test_gradients_are_the_callbacks_to_keep() -> None:
    seen = []
    for eagerly in (True, False):
        keep = Keep()
        trained(net, eagerly=eagerly, callbacks=[keep])
        seen.append(keep.seen)
    assert len(seen[0]) == len(seen[1]) == 9
    for expected, found in zip(*seen, strict=True):
        for (path, layer, own), (same_path, same_layer, gradient) in zip(
            expected, found, strict=True
        ):
            assert path.split("/")[1] == same_path.split("/")[1]
            assert layer[:5] == same_layer[:5]
            np.testing.assert_allclose(gradient, own, rtol=1e-4, atol=1e-6)


class SetRate(callbacks.Callback):
    """Changes a number that the program takes for granted, in the middle of an epoch."""

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        self.model.layers[1].rate = 0.1 * batch


class Freeze(callbacks.Callback):
    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.model.layers[0].trainable = epoch != 1


class Regularize(callbacks.Callback):
    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.model.layers[1].kernel_regularizer.l2 = 0.1 * epoch


def test_what_callbacks_change() -> None:
    check_the_same(lambda: net(layers.Dropout(0.5)), callbacks=lambda: [SetRate()])
    check_the_same(net, callbacks=lambda: [Freeze()])

    def by_lambda() -> list[Any]:
        def weaken(batch: int, logs: Any) -> None:
            by.model.layers[1].rate = 0.1 * batch

        by = callbacks.LambdaCallback(on_train_batch_end=weaken)
        return [by]

    check_the_same(lambda: net(layers.Dropout(0.5)), callbacks=by_lambda)
    check_the_same(
        lambda: net(layers.Dense(2, kernel_regularizer=regularizers.L2(0.1))),
        callbacks=lambda: [Regularize()],
    )


def test_a_number_that_a_loss_reads_around_it() -> None:
    factor = 1.0

    def loss(y_true: Any, y_pred: Any) -> Any:
        return factor * losses.mean_squared_error(y_true, y_pred)

    class Lower(callbacks.Callback):
        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            nonlocal factor
            factor = 1.0 / (1 + epoch)

    check_the_same(net, loss=loss, callbacks=lambda: [Lower()])


def test_single_batches() -> None:
    measured = []
    for eagerly in (True, False):
        nn.utils.set_random_seed(0)
        model = net(layers.Dropout(0.2))
        model.compile("sgd", "mse", metrics=["mae"], run_eagerly=eagerly)
        measured.append([
            model.train_on_batch(X[: 4 + i % 3], Y[: 4 + i % 3]) for i in range(12)
        ])  # fmt: skip
    np.testing.assert_allclose(measured[1], measured[0], rtol=1e-5)
    assert is_recorded(model)


def test_more_shapes_than_are_kept() -> None:
    measured = []
    for eagerly in (True, False):
        nn.utils.set_random_seed(0)
        model = net()
        model.compile("sgd", "mse", run_eagerly=eagerly)
        measured.append([
            model.train_on_batch(X[:n], Y[:n]) for _ in range(5) for n in range(1, 20)
        ])  # fmt: skip
    np.testing.assert_allclose(measured[1], measured[0], rtol=1e-5)
    assert "the batches have had 19 shapes so far" in model.training_program


def test_detecting_anomalies_sees_every_node() -> None:
    model = net(out=layers.Dense(1, activation=lambda z: autograd.log(z * 0.0)))
    model.compile("sgd", "mse")
    with pytest.raises(autograd.AnomalyError, match="log"), autograd.detect_anomaly():
        model.fit(X, Y, verbose=0)


def test_no_grad_around_fit() -> None:
    model = net()
    model.compile("sgd", "mse")
    with autograd.no_grad():
        model.fit(X, Y, verbose=0)
    assert is_recorded(model)


# --- scalar code ----------------------------------------------------------------------------


@pytest.mark.parametrize("from_logits", [True, False])
@pytest.mark.parametrize("sparse", [True, False])
def test_cross_entropy_of_lists_is_one_program(sparse: bool, from_logits: bool) -> None:
    def loss(rows: Any, targets: Any) -> Any:
        found = []
        for row, target in zip(rows, targets, strict=True):
            zs = row if from_logits else nn.activations.softmax(row)
            function = losses.categorical_crossentropy
            if sparse:
                function = losses.sparse_categorical_crossentropy
            found.append(function(target, zs, from_logits=from_logits))
        return autograd.sum(found)

    compiled = autograd.compile(loss)
    for seed in range(3):
        rng = np.random.default_rng(seed)
        rows = rng.normal(size=(5, 3)).tolist()
        labels = rng.integers(0, 3, 5).tolist()
        targets = labels if sparse else np.eye(3)[labels].tolist()
        value, gradients = compiled.value_and_grad(rows, targets)
        expected, own = autograd.value_and_grad(loss)(rows, targets)
        np.testing.assert_allclose(value, expected, rtol=1e-12)
        np.testing.assert_allclose(gradients, own, rtol=1e-12, atol=1e-15)
    assert len(compiled.recordings) == 1
    # the guards left are the checks of targets and probabilities, which good numbers pass
    assert compiled.recordings[0].calls == 3
    # what is no class number is found by the very same check
    if sparse:
        with pytest.raises(ValueError, match="the label 3 is no class number from 0 to 2"):
            compiled.value_and_grad(rows, [3, *labels[1:]])


# --- the program ----------------------------------------------------------------------------


def test_the_program_and_when_there_is_none() -> None:
    model = net()
    model.compile("adam", "mse")
    assert model.training_program == "# no program yet: no batch has been trained"
    model.fit(X, Y, verbose=0)
    assert "x @ kernel" in model.training_program
    names: dict[str, Any] = {}
    exec(model.training_program, names)
    results, kept = names["forward"](X, Y, *(w.data for w in model.trainable_weights))
    np.testing.assert_allclose(results[0], model.evaluate(X, Y, verbose=0), rtol=1e-6)
    loss = model._compiled_loss(Y, model(X, training=True))
    expected = autograd.gradients(loss, model.trainable_weights)
    for gradient, own in zip(names["backward"](kept), expected, strict=True):
        np.testing.assert_allclose(gradient, own, rtol=1e-4, atol=1e-6)
    model.compile("adam", "mse")
    assert model.training_program == "# no program yet: no batch has been trained"
    model.compile("adam", "mse", run_eagerly=True)
    model.fit(X, Y, verbose=0)
    assert model.training_program == "# no program: the model was compiled with run_eagerly=True"


def test_layers_that_come_and_go() -> None:
    model = net()
    model.compile("sgd", "mse")
    model.fit(X, Y, verbose=0)
    before = model.training_program
    model.pop()
    model.add(layers.Activation("relu"))
    model.add(layers.Dense(1))
    model.fit(X, Y, verbose=0)
    assert model.training_program != before
    assert model.training_program.count("np.maximum") == 1


def test_copies_record_for_themselves() -> None:
    model = net()
    model.compile("sgd", "mse")
    model.fit(X, Y, verbose=0)
    for other in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert other.training_program == "# no program yet: no batch has been trained"
        before = model.get_weights()
        other.fit(X, Y, verbose=0)
        assert is_recorded(other)
        for weight, own in zip(model.get_weights(), before, strict=True):
            np.testing.assert_array_equal(weight, own)


def test_it_goes_on_from_a_file(tmp_path: Any) -> None:
    whole, _ = trained(lambda: net(layers.Dropout(0.5)))
    assert is_recorded(whole)
    whole.save(tmp_path / "model.keras")
    config = nn.models.load_model(tmp_path / "model.keras").get_compile_config()
    assert config is not None
    assert config["run_eagerly"] is False


WEIGHT = 1.0


def _weighted(true: Any, pred: Any) -> Any:
    return ((true - pred) ** 2).mean(axis=-1) * WEIGHT


def test_what_a_function_that_a_loss_calls_finds_around_it(monkeypatch: Any) -> None:
    model = net()
    model.compile(nn.SGD(0.0), lambda true, pred: _weighted(true, pred))
    before = model.fit(X, Y, verbose=0).history["loss"][0]
    assert is_recorded(model)
    monkeypatch.setitem(globals(), "WEIGHT", 2.0)
    after = model.fit(X, Y, verbose=0).history["loss"][0]
    assert after == pytest.approx(2.0 * before, rel=1e-5)


class Rates:
    """What is around, or belongs to, functions of the user's."""

    def __init__(self) -> None:
        self.listed, self.array, self.of_an_object = [1.0], np.ones(1, np.float32), 1.0

    def judge(self, true: Any, pred: Any) -> Any:
        return ((true - pred) ** 2).mean() * self.of_an_object

    def __call__(self, true: Any, pred: Any) -> Any:
        return self.judge(true, pred)


def _surrounded(where: str, rates: Rates) -> tuple[list[Any], Any]:
    """Return a layer and a loss of the user's, one of which reads a number of `rates`."""
    numbers, array = rates.listed, rates.array

    class Scaled(layers.Layer):
        def call(self, x: Any) -> Any:
            return x * (WEIGHT if where == "a global of a layer" else self.rates.of_an_object)

    scaled = Scaled()
    scaled.rates = rates if where == "an object of a layer" else None
    return {
        "a list around a loss": ([], lambda t, p: ((t - p) ** 2).mean() * numbers[0]),
        "an array around a loss": ([], lambda t, p: ((t - p) ** 2).mean() * array[0]),
        "a list around an activation": ([layers.Activation(lambda x: x * numbers[0])], "mse"),
        "a global of a layer": ([scaled], "mse"),
        "an object of a layer": ([scaled], "mse"),
        "an object's method": ([], rates.judge),
        "an object that is called": ([], rates),
    }[where]


@pytest.mark.parametrize(
    ("where", "recorded"),
    {"a list around a loss": False, "an array around a loss": True,
     "a list around an activation": False, "a global of a layer": True,
     "an object of a layer": False, "an object's method": False,
     "an object that is called": False}.items(),
)  # fmt: skip
def test_a_number_that_a_callback_changes_somewhere(
    where: str, recorded: bool, monkeypatch: Any
) -> None:
    def losses_of(eagerly: bool) -> list[float]:
        rates = Rates()
        middle, loss = _surrounded(where, rates)

        class Changes(callbacks.Callback):
            def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
                rates.listed[0] = rates.array[0] = rates.of_an_object = 1.0 + batch
                monkeypatch.setitem(globals(), "WEIGHT", 1.0 + batch)

        model, history = trained(
            lambda: net(*middle), eagerly=eagerly, loss=loss, callbacks=[Changes()]
        )
        assert eagerly or is_recorded(model) == recorded
        return history["loss"]

    assert losses_of(eagerly=False) == pytest.approx(losses_of(eagerly=True), rel=2e-5)


def test_assumptions() -> None:
    model = net(layers.Dropout(0.5))
    model.compile("sgd", losses.Huber(1.0))
    model.fit(X, Y, verbose=0)
    loss = model._compiled_loss.loss
    changes: list[Callable[[], None]] = [
        lambda: setattr(model.layers[1], "rate", 0.25),
        lambda: setattr(model.layers[0], "trainable", False),
        lambda: loss.options.update(delta=2.0),
        lambda: setattr(model.layers[0], "activation", autograd.relu),
        lambda: setattr(loss, "reduction", "sum"),
    ]
    for change in changes:
        before = Assumptions(model, loss)
        assert before == Assumptions(model, loss)
        change()
        assert before != Assumptions(model, loss)
    before = Assumptions(model, loss)
    model.fit(X, Y, verbose=0)
    assert before == Assumptions(model, loss)
