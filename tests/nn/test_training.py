"""compile, fit, evaluate, predict: what they do, what they return, what they refuse."""

from __future__ import annotations

import json
import os
import random
import signal
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from nn import callbacks, layers, losses, metrics, optimizers
from nn.interruption import Interruption
from nn.models import Model, Sequential

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 3)).astype(np.float32)
Y = (X @ [1.0, -2.0, 0.5]).astype(np.float32)
LABELS = np.digitize(Y, [-1.0, 1.0])
BITS = (Y > 0).astype(int)


@pytest.fixture(autouse=True)
def seeded() -> None:
    nn.utils.set_random_seed(0)


def net(outputs: int = 1, activation: str | None = None, **compiled: Any) -> Sequential:
    model = Sequential(
        [layers.Input(shape=(3,)), layers.Dense(4, "tanh"), layers.Dense(outputs, activation)]
    )
    model.compile(**{"optimizer": "sgd", "loss": "mse", **compiled})
    return model


def copy_of(model: Sequential, **compiled: Any) -> Sequential:
    twin = Sequential.from_config(model.get_config())
    twin.set_weights(model.get_weights())
    twin.compile(**{"optimizer": "sgd", "loss": "mse", **compiled})
    return twin


class Calls(callbacks.Callback):
    """Writes down how it was called."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[Any, ...]] = []

    def __getattribute__(self, name: str) -> Any:
        if not name.startswith("on_") or name == "on_gradients":
            return super().__getattribute__(name)
        return lambda *arguments: self.calls.append((name, *arguments))


class TestCompile:
    def test_by_name_by_object_and_by_class(self) -> None:
        for optimizer in ("adam", "Adam", optimizers.Adam, optimizers.Adam()):
            for loss in (
                "mse",
                "MeanSquaredError",
                losses.MeanSquaredError,
                losses.mean_squared_error,
            ):
                model = net(optimizer=optimizer, loss=loss)
                assert isinstance(model.optimizer, optimizers.Adam)
                assert model.loss is loss
                assert model.evaluate(X, Y, verbose=0) > 0
                assert json.dumps(model.get_compile_config())

    def test_by_default(self) -> None:
        model = Sequential([layers.Dense(1)])
        model.compile(loss="mse")
        assert isinstance(model.optimizer, optimizers.RMSprop)
        assert model.compiled
        assert model.metrics_names == ["loss"]

    def test_what_has_no_effect_is_accepted(self) -> None:
        model = net(run_eagerly=True, jit_compile=True, steps_per_execution=4)
        assert len(model.fit(X, Y, verbose=0).epoch) == 1

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"optimizer": "adma"}, "unknown optimizer 'adma': did you mean 'adam'"),
            ({"loss": "mean_square_error"}, "did you mean 'mean_squared_error'"),
            ({"metrics": ["acuracy"]}, "did you mean 'accuracy'"),
            ({"metrics": "accuracy"}, r"metrics is a list, metrics=\['accuracy'\], not 'acc"),
            ({"weighted_metrics": "mae"}, "weighted_metrics is a list"),
            ({"loss_weights": [1, 2]}, "loss_weights is the factor of the one loss"),
        ],
    )
    def test_wrong_names(self, arguments: dict[str, Any], message: str) -> None:
        with pytest.raises(ValueError, match=message):
            net(**arguments)

    @pytest.mark.parametrize("wrong", [3, ["adam"], losses.MeanSquaredError()])
    def test_what_is_no_optimizer(self, wrong: Any) -> None:
        with pytest.raises(TypeError, match="optimizer: a name such as"):
            net(optimizer=wrong)

    @pytest.mark.parametrize("twice", ["metrics", "weighted_metrics", "both"])
    def test_one_metric_in_two_places(self, twice: str) -> None:
        one = metrics.MeanSquaredError()
        given: dict[str, Any] = {twice: [one, one]}
        if twice == "both":
            given = {"metrics": [one], "weighted_metrics": [one]}
        with pytest.raises(ValueError, match="twice, and it would take in every batch"):
            net(**given)

    def test_a_failed_compile_leaves_the_old_one(self) -> None:
        model = net()
        with pytest.raises(ValueError, match="unknown loss"):
            model.compile("adam", "msee")
        assert isinstance(model.optimizer, optimizers.SGD)

    def test_config(self) -> None:
        model = net(
            1, "sigmoid",
            optimizer=optimizers.Adam(0.01), loss=losses.BinaryCrossentropy(label_smoothing=0.1),
            metrics=["accuracy", metrics.BinaryAccuracy(name="strict", threshold=0.7)],
            weighted_metrics=["mae"],
        )  # fmt: skip
        config = model.get_compile_config()
        assert config is not None
        again = copy_of(model)
        again.compile_from_config(config)
        assert again.get_compile_config() == config
        json.dumps(config)
        assert again.evaluate(X, BITS, verbose=0) == model.evaluate(X, BITS, verbose=0)
        assert Sequential().get_compile_config() is None

    def test_config_with_losses_of_ones_own(self) -> None:
        def worst(y_true: Any, y_pred: Any) -> Any:
            return autograd.max(abs(y_true - y_pred), axis=-1)

        model = net(loss=worst, metrics=[worst])
        config = model.get_compile_config()
        assert config is not None
        again = copy_of(model)
        with pytest.raises(ValueError, match="unknown loss 'worst'"):
            again.compile_from_config(config)
        again.compile_from_config(config, {"worst": worst})
        assert again.evaluate(X, Y, verbose=0) == model.evaluate(X, Y, verbose=0)


class TestFit:
    def test_history(self) -> None:
        model = net(metrics=["mae", "mse"])
        history = model.fit(X, Y, epochs=3, batch_size=8, validation_split=0.25, verbose=0)
        assert history is model.history
        assert history.params == {"verbose": 0, "epochs": 3, "steps": 4}
        assert history.epoch == [0, 1, 2]
        assert list(history.history) == ["loss", "mae", "mse", "val_loss", "val_mae", "val_mse"]
        for numbers in history.history.values():
            assert [type(number) for number in numbers] == [float] * 3

    def test_keys_are_sorted(self) -> None:
        model = net(metrics=["mse", metrics.MeanAbsoluteError(name="Z"), "accuracy"])
        keys = list(model.fit(X, Y, validation_data=(X, Y), verbose=0).history)
        assert keys == [
            "Z", "accuracy", "loss", "mse", "val_Z", "val_accuracy", "val_loss", "val_mse",
        ]  # fmt: skip

    def test_names_that_come_twice(self) -> None:
        model = net(
            metrics=["mae", "mae", metrics.MeanSquaredError()], weighted_metrics=["mae", "mse"]
        )
        assert model.metrics_names == [
            "loss", "mae", "mae_1", "mean_squared_error", "weighted_mae", "mse",
        ]  # fmt: skip
        found = model.evaluate(X, Y, verbose=0, return_dict=True)
        assert found["mae"] == found["mae_1"] == found["weighted_mae"]

    def test_an_epochs_loss_is_the_mean_over_samples(self) -> None:
        model = net(optimizer=optimizers.SGD(0.0))
        history = model.fit(X, Y, batch_size=16, verbose=0)  # 16, 16 and 8
        assert history.history["loss"][0] == pytest.approx(
            np.mean((model.predict(X, verbose=0)[:, 0] - Y) ** 2), rel=1e-5
        )

    def test_weights_in_the_loss_and_not_in_the_metrics(self) -> None:
        weight = np.r_[np.full(20, 2.0), np.zeros(20)]
        model = net(optimizer=optimizers.SGD(0.0), metrics=["mae"], weighted_metrics=["mae"])
        found = model.fit(X, Y, sample_weight=weight, batch_size=40, verbose=0).history
        errors = np.abs(model.predict(X, verbose=0)[:, 0] - Y)
        assert found["loss"][0] == pytest.approx((2 * errors[:20] ** 2).sum() / 40, rel=1e-5)
        assert found["mae"][0] == pytest.approx(errors.mean(), rel=1e-5)
        assert found["weighted_mae"][0] == pytest.approx(errors[:20].mean(), rel=1e-5)

    def test_class_weight_is_a_sample_weight(self) -> None:
        one = net(3, "softmax", loss="sparse_categorical_crossentropy")
        other = copy_of(one, loss="sparse_categorical_crossentropy")
        weight = np.where(LABELS == 2, 5.0, np.where(LABELS == 0, 0.5, 1.0))
        one.fit(X, LABELS, class_weight={0: 0.5, 2: 5.0}, shuffle=False, verbose=0)
        other.fit(X, LABELS, sample_weight=weight, shuffle=False, verbose=0)
        np.testing.assert_array_equal(one.get_weights()[0], other.get_weights()[0])
        with pytest.raises(ValueError, match="class_weight or sample_weight, not both"):
            one.fit(X, LABELS, class_weight={0: 1.0}, sample_weight=weight)

    def test_the_last_rows_validate(self) -> None:
        one = net()
        other = copy_of(one)
        first = one.fit(X, Y, epochs=2, validation_split=0.3, shuffle=False, verbose=0)
        second = other.fit(
            X[:28], Y[:28], epochs=2, validation_data=(X[28:], Y[28:]), shuffle=False, verbose=0
        )
        assert first.history == second.history

    def test_validation_data_come_before_a_split(self) -> None:
        history = net().fit(
            X, Y, batch_size=10, validation_split=0.5, validation_data=(X[:4], Y[:4]), verbose=0
        )
        assert history.params["steps"] == 4

    def test_validation_weights(self) -> None:
        model = net(optimizer=optimizers.SGD(0.0))
        weight = np.r_[np.ones(10), np.zeros(30)]
        history = model.fit(X, Y, validation_data=(X, Y, weight), verbose=0).history
        expected = model.evaluate(X, Y, sample_weight=weight, verbose=0)
        assert history["val_loss"] == [expected]

    @pytest.mark.parametrize(("frequency", "times"), [(2, 2), (3, 1), ([1, 4], 2), ((5,), 0)])
    def test_validation_freq(self, frequency: Any, times: int) -> None:
        history = net().fit(
            X, Y, epochs=4, validation_data=(X, Y), validation_freq=frequency, verbose=0
        )
        assert len(history.history.get("val_loss", [])) == times

    def test_initial_epoch(self) -> None:
        assert net().fit(X, Y, initial_epoch=3, epochs=5, verbose=0).epoch == [3, 4]

    def test_no_epochs(self) -> None:
        history = net().fit(X, Y, epochs=0, verbose=0)
        assert (history.history, history.epoch) == ({}, [])

    def test_regularizers_are_part_of_the_loss(self) -> None:
        model = Sequential([layers.Dense(1, kernel_regularizer="l2", input_shape=[3])])
        model.compile(optimizers.SGD(0.0), "mse")
        found = model.fit(X, Y, batch_size=16, verbose=0).history["loss"][0]
        kernel = model.get_weights()[0]
        error = np.mean((model.predict(X, verbose=0)[:, 0] - Y) ** 2)
        assert found == pytest.approx(error + 0.01 * np.sum(kernel**2), rel=1e-5)
        assert model.evaluate(X, Y, verbose=0) == pytest.approx(found, rel=1e-5)

    def test_a_factor_for_the_loss(self) -> None:
        model = net()
        plain = model.evaluate(X, Y, verbose=0)
        assert copy_of(model, loss_weights=3.0).evaluate(X, Y, verbose=0) == pytest.approx(
            3 * plain, rel=1e-6
        )

    def test_targets_flat_or_in_a_column(self) -> None:
        one = net(metrics=["mae"])
        other = copy_of(one, metrics=["mae"])
        assert (
            one.fit(X, Y, shuffle=False, verbose=0).history
            == other.fit(X, Y[:, None], shuffle=False, verbose=0).history
        )

    @pytest.mark.parametrize("kind", ["list", "frame", "float64", "tensor"])
    def test_whatever_holds_the_numbers(self, kind: str) -> None:
        one = net()
        other = copy_of(one)
        x: Any = X
        y: Any = Y
        if kind == "list":
            x, y = X.tolist(), Y.tolist()
        elif kind == "float64":
            x, y = X.astype(float), Y.astype(float)
        elif kind == "tensor":
            x, y = autograd.Tensor(X), autograd.Tensor(Y)
        else:
            pd = pytest.importorskip("pandas")
            x, y = pd.DataFrame(X, columns=list("abc")), pd.Series(Y)
        expected = one.fit(X, Y, shuffle=False, validation_split=0.25, verbose=0).history
        assert other.fit(x, y, shuffle=False, validation_split=0.25, verbose=0).history == expected
        np.testing.assert_array_equal(other.predict(x, verbose=0), one.predict(X, verbose=0))

    def test_the_users_data_are_left_alone(self) -> None:
        x, y = X.copy(), Y.copy()
        net().fit(x, y, epochs=2, verbose=0)
        np.testing.assert_array_equal(x, X)
        np.testing.assert_array_equal(y, Y)

    def test_the_same_seed_gives_the_same_numbers(self) -> None:
        def train() -> tuple[Any, Any]:
            nn.utils.set_random_seed(3)
            model = Sequential([layers.Dense(8, "relu"), layers.Dropout(0.3), layers.Dense(1)])
            model.compile("adam", "mse")
            history = model.fit(X, Y, epochs=3, batch_size=8, verbose=0).history
            return history, model.get_weights()

        (one, first), (other, second) = train(), train()
        assert one == other
        for a, b in zip(first, second, strict=True):
            np.testing.assert_array_equal(a, b)

    def test_shuffling(self) -> None:
        def order(shuffle: bool) -> list[float]:
            seen: list[float] = []

            class Look(nn.Model):
                def call(self, x: Any, training: bool = False) -> Any:
                    if training:
                        seen.extend(np.asarray(x)[:, 0].tolist())
                    return x

            model = Look()
            model.compile(loss="mse")
            model.fit(X, X, epochs=2, shuffle=shuffle, verbose=0)
            return seen

        assert order(False) == [*X[:, 0].tolist()] * 2
        mixed = order(True)
        assert sorted(mixed[:40]) == sorted(mixed[40:]) == sorted(X[:, 0].tolist())
        assert mixed[:40] != mixed[40:]

    def test_inside_no_grad(self) -> None:
        model = net()
        with autograd.no_grad():
            found = model.fit(X, Y, epochs=2, verbose=0).history["loss"]
            found.append(model.train_on_batch(X, Y))
        assert len(set(found)) == 3

    def test_in_float64(self) -> None:
        nn.config.set_floatx("float64")
        try:
            model = net()
            model.fit(X, Y, verbose=0)
            assert {w.dtype for w in model.get_weights()} == {np.dtype("float64")}
            assert model.predict(X, verbose=0).dtype == np.float64
        finally:
            nn.config.set_floatx("float32")

    def test_with_detect_anomaly(self) -> None:
        with autograd.detect_anomaly():
            assert len(net().fit(X, Y, verbose=0).epoch) == 1

    def test_a_model_without_weights(self) -> None:
        model = Sequential([layers.Flatten()])
        model.compile(loss="mse")
        assert model.fit(X, X, verbose=0).history == {"loss": [0.0]}

    def test_a_loss_and_a_metric_of_ones_own(self) -> None:
        def cubed(y_true: Any, y_pred: Any) -> Any:
            return autograd.mean(abs(y_true - y_pred) ** 3, axis=-1)

        model = net(loss=cubed, metrics=[cubed])
        found = model.fit(X, Y, epochs=30, verbose=0).history
        assert list(found) == ["cubed", "loss"]
        assert found["loss"] == pytest.approx(found["cubed"], rel=1e-5)
        assert found["loss"][-1] < 0.5 * found["loss"][0]

    def test_full_batch_gradient_descent_is_the_plain_loop(self) -> None:
        """E = ½ Σ e² with rate r is mse with the rate r n / 2 (keras_conventions)."""
        rate = 0.01
        model = Sequential([layers.Dense(1, use_bias=False, input_shape=[3])])
        w = model.get_weights()[0].astype(float)
        model.compile(optimizers.SGD(rate * len(X) / 2), "mse")
        model.fit(X, Y, epochs=5, batch_size=len(X), verbose=0)
        for _ in range(5):
            w -= rate * X.T @ (X @ w - Y[:, None])
        np.testing.assert_allclose(model.get_weights()[0], w, rtol=1e-4)


class TestAnOutputThatChanges:
    class Net(Model):
        def __init__(self, outputs: int) -> None:
            super().__init__()
            self.hidden = layers.Dense(4)
            self.head = layers.Dense(outputs)

        def call(self, x: Any) -> Any:
            return self.head(self.hidden(x))

    def test_another_head(self) -> None:
        model = self.Net(1)
        model.compile("adam", "mse")
        model.fit(X, Y, verbose=0)
        model.head = layers.Dense(3)
        model.compile("adam", "mse")
        model.fit(X, X, verbose=0)
        assert model.evaluate(X, X, verbose=0) == pytest.approx(
            np.mean((model.predict(X, verbose=0) - X) ** 2), rel=1e-5
        )
        assert model.train_on_batch(X, X) == pytest.approx(
            model.evaluate(X, X, verbose=0), rel=0.05
        )

    @pytest.mark.parametrize("compiled_again", [True, False])
    def test_flat_targets_are_made_a_column_for_the_head_that_is_there(
        self, compiled_again: bool
    ) -> None:
        def own(y_true: Any, y_pred: Any) -> Any:
            return ((y_pred - y_true) ** 2).mean(-1)

        model = self.Net(3)
        model.compile(optimizers.SGD(0.0), own)
        model.fit(X, X, verbose=0)
        model.head = layers.Dense(1)
        if compiled_again:
            model.compile(optimizers.SGD(0.0), own)
        found = model.fit(X, Y, batch_size=40, verbose=0).history["loss"]
        right = np.mean((model.predict(X, verbose=0)[:, 0] - Y) ** 2)
        assert found == pytest.approx([right], rel=1e-5)
        for use in (model.evaluate, model.test_on_batch, model.train_on_batch):
            options = {"verbose": 0} if use == model.evaluate else {}
            assert use(X, Y, **options) == pytest.approx(right, rel=1e-5)

    def test_a_length_that_is_left_open(self) -> None:
        model = Sequential([layers.Input(shape=(None, 3)), layers.Dense(2)])
        model.compile("sgd", "mse")
        model.predict(np.ones((4, 5, 3)), verbose=0)
        for length in 2, 7:
            x, y = np.ones((4, length, 3)), np.ones((4, length, 2))
            model.fit(x, y, verbose=0)
            model.train_on_batch(x, y)
            right = np.mean((model.predict(x, verbose=0) - y) ** 2)
            assert model.evaluate(x, y, verbose=0) == pytest.approx(right, rel=1e-5)

    def test_accuracy_becomes_another(self) -> None:
        model = net(1, "sigmoid", metrics=["accuracy"])
        model.evaluate(X, BITS, verbose=0)
        kept = model.metrics[0]
        model.evaluate(X, BITS, verbose=0)
        assert model.metrics[0] is kept
        assert type(kept) is metrics.BinaryAccuracy
        model.pop()
        model.add(layers.Dense(3, "softmax"))
        rows = np.eye(3)[LABELS]
        right = np.mean(model.predict(X, verbose=0).argmax(axis=1) == LABELS)
        assert model.evaluate(X, rows, verbose=0)[1] == pytest.approx(right)
        assert type(model.metrics[0]) is metrics.CategoricalAccuracy


class TestAccuracy:
    @pytest.mark.parametrize(
        ("outputs", "loss", "y"),
        [
            (1, "binary_crossentropy", BITS),
            (3, "sparse_categorical_crossentropy", LABELS),
            (3, "sparse_categorical_crossentropy", LABELS[:, None]),
            (3, "categorical_crossentropy", np.eye(3)[LABELS]),
        ],
    )
    def test_is_the_one_that_fits(self, outputs: int, loss: str, y: Any) -> None:
        activation = "sigmoid" if outputs == 1 else "softmax"
        model = net(outputs, activation, optimizer="adam", loss=loss, metrics=["accuracy", "acc"])
        found = model.fit(X, y, epochs=2, verbose=0).history
        assert list(found) == ["acc", "accuracy", "loss"]
        predicted = model.predict(X, verbose=0)
        right = (
            (predicted[:, 0] > 0.5) == BITS if outputs == 1 else predicted.argmax(axis=1) == LABELS
        )
        assert model.evaluate(X, y, verbose=0)[1] == pytest.approx(right.mean())


class TestEvaluateAndPredict:
    def test_a_float_a_list_a_dict(self) -> None:
        assert type(net().evaluate(X, Y, verbose=0)) is float
        model = net(metrics=["mse", "mae"])
        found = model.evaluate(X, Y, verbose=0)
        named = model.evaluate(X, Y, verbose=0, return_dict=True)
        assert [type(number) for number in found] == [float] * 3
        assert list(named) == ["loss", "mae", "mse"]
        assert found == [named["loss"], named["mse"], named["mae"]]

    def test_nothing_moves(self) -> None:
        model = Sequential([layers.BatchNormalization(), layers.Dropout(0.5), layers.Dense(1)])
        model.compile("adam", "mse")
        model.predict(X, verbose=0)
        before = model.get_weights()
        assert model.evaluate(X, Y, verbose=0) == model.evaluate(X, Y, verbose=0)
        for a, b in zip(before, model.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)

    @pytest.mark.parametrize("batch_size", [None, 1, 7, 100])
    def test_predict(self, batch_size: int | None) -> None:
        model = net(2)
        predicted = model.predict(X, batch_size=batch_size, verbose=0)
        assert type(predicted) is np.ndarray
        assert (predicted.shape, predicted.dtype) == ((40, 2), np.float32)
        np.testing.assert_allclose(predicted, model(X).data, rtol=1e-5, atol=1e-6)

    def test_predict_before_compile(self) -> None:
        assert Sequential([layers.Dense(2)]).predict(X, verbose=0).shape == (40, 2)

    def test_one_feature(self) -> None:
        model = Sequential([layers.Input(shape=(1,)), layers.Dense(1)])
        model.compile(loss="mse")
        model.fit(np.arange(5.0), np.arange(5.0), verbose=0)
        assert model.predict(np.arange(5.0), verbose=0).shape == (5, 1)
        assert model.predict([3.0], verbose=0).shape == (1, 1)

    def test_nan_in_is_nan_out(self) -> None:
        x = X.copy()
        x[1, 1] = np.nan
        assert np.isnan(net().predict(x, verbose=0)[:, 0]).tolist() == [False, True] + [False] * 38

    def test_single_batches(self) -> None:
        model = net(metrics=["mae"])
        twin = copy_of(model, metrics=["mae"])
        before = model.test_on_batch(X, Y, return_dict=True)
        trained = model.train_on_batch(X, Y)
        assert trained == pytest.approx([before["loss"], before["mae"]], rel=1e-6)
        twin.fit(X, Y, batch_size=40, verbose=0)
        for a, b in zip(model.get_weights(), twin.get_weights(), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)  # fit has shuffled
        assert model.predict_on_batch(X).shape == (40, 1)
        assert type(net().train_on_batch(X, Y)) is float

    def test_what_is_predicted_belongs_to_the_caller(self) -> None:
        for layer in (layers.Dropout(0.5), layers.Flatten()):
            x = X.copy()
            model = Sequential([layer])
            for outputs in (model.predict_on_batch(x), model.predict(x, verbose=0)):
                outputs += 1.0
            np.testing.assert_array_equal(x, X)

    def test_single_batches_with_weights(self) -> None:
        model = net(3, "softmax", loss="sparse_categorical_crossentropy")
        twin = copy_of(model, loss="sparse_categorical_crossentropy")
        weights = np.where(LABELS == 1, 3.0, 1.0)
        one = model.train_on_batch(X, LABELS, sample_weight=weights)
        assert one == twin.train_on_batch(X, LABELS, class_weight={1: 3.0})
        assert model.test_on_batch(X, LABELS, sample_weight=weights) < one


class TestCallbacks:
    def test_what_is_called_and_when(self) -> None:
        calls = Calls()
        model = net(metrics=["mae"])
        model.fit(X, Y, batch_size=32, validation_split=0.1, verbose=0, callbacks=[calls])
        assert [call[:-1] for call in calls.calls] == [
            ("on_train_begin",),
            ("on_epoch_begin", 0),
            ("on_train_batch_begin", 0),
            ("on_train_batch_end", 0),
            ("on_train_batch_begin", 1),
            ("on_train_batch_end", 1),
            ("on_test_begin",),
            ("on_test_batch_begin", 0),
            ("on_test_batch_end", 0),
            ("on_test_end",),
            ("on_epoch_end", 0),
            ("on_train_end",),
        ]
        logs = calls.calls[-1][-1]
        assert list(logs) == ["loss", "mae", "val_loss", "val_mae"]
        assert list(calls.calls[3][-1]) == ["loss", "mae"]
        assert calls.params == {"verbose": 0, "epochs": 1, "steps": 2}
        assert calls.model is model

    def test_in_evaluate_and_predict(self) -> None:
        calls = Calls()
        model = net()
        model.evaluate(X[:4], Y[:4], verbose=0, callbacks=[calls])
        model.predict(X[:4], verbose=0, callbacks=calls)
        assert [call[0] for call in calls.calls] == [
            "on_test_begin", "on_test_batch_begin", "on_test_batch_end", "on_test_end",
            "on_predict_begin", "on_predict_batch_begin", "on_predict_batch_end", "on_predict_end",
        ]  # fmt: skip
        assert calls.calls[6][-1]["outputs"].shape == (4, 1)

    def test_logs_of_a_batch_are_means_so_far(self) -> None:
        seen: list[float] = []

        class See(callbacks.Callback):
            def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
                seen.append((logs or {})["loss"])

        model = net(optimizer=optimizers.SGD(0.0))
        model.fit(X, Y, batch_size=30, shuffle=False, verbose=0, callbacks=[See()])
        assert seen[0] == pytest.approx(model.evaluate(X[:30], Y[:30], verbose=0), rel=1e-5)
        assert seen[1] == pytest.approx(model.evaluate(X, Y, verbose=0), rel=1e-5)

    @pytest.mark.parametrize("event", ["on_train_batch_end", "on_test_batch_end"])
    def test_measuring_in_a_callback_leaves_the_epoch_alone(self, event: str) -> None:
        def also(epoch_or_step: int, logs: Any) -> None:
            measured.append(model.evaluate(X[:8], Y[:8] + 100.0, verbose=0))
            model.test_on_batch(X[:8], Y[:8] + 100.0)

        watch = callbacks.Callback()
        setattr(watch, event, also)
        found = []
        for watching in ([], [watch]):
            measured: list[Any] = []
            nn.utils.set_random_seed(0)
            model = net(metrics=["mae", metrics.MeanSquaredError()])
            history = model.fit(
                X, Y, batch_size=8, epochs=2, validation_split=0.2, verbose=0, callbacks=watching
            )
            found.append(history.history)
        assert len(measured) in (2, 8)
        assert all(mean_error > 50 for _, mean_error, _ in measured)
        assert found[0] == found[1]
        assert model.evaluate(X, Y, verbose=0)[1] == model.metrics[0].result()

    def test_stopping_after_a_batch(self) -> None:
        class Stop(callbacks.Callback):
            batches = 0

            def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
                self.batches += 1
                self.model.stop_training = batch == 1

        stop = Stop()
        model = net()
        assert model.fit(X, Y, batch_size=8, epochs=5, verbose=0, callbacks=stop).epoch == [0]
        assert stop.batches == 2
        assert model.fit(X, Y, batch_size=40, epochs=2, verbose=0).epoch == [0, 1]

    def test_gradients(self) -> None:
        seen: list[Any] = []

        class See(callbacks.Callback):
            def on_gradients(self, batch: int, gradients: Any) -> None:
                seen.append((batch, gradients))

        model = Sequential([layers.Dense(2, name="a", input_shape=[3]), layers.Dense(1, name="b")])
        model.compile(loss="mse")
        model.fit(X, Y, batch_size=30, verbose=0, callbacks=[See()])
        assert [batch for batch, _ in seen] == [0, 1]
        assert [entry[:2] for entry in seen[0][1]] == [
            ("a/kernel", "a"), ("a/bias", "a"), ("b/kernel", "b"), ("b/bias", "b"),
        ]  # fmt: skip
        assert [entry[2].shape for entry in seen[0][1]] == [(3, 2), (2,), (2, 1), (1,)]

    def test_gradient_monitor(self) -> None:
        monitor = callbacks.GradientMonitor()
        net().fit(X, Y, epochs=2, verbose=0, callbacks=[monitor])
        assert [len(norms) for norms in monitor.norms.values()] == [2, 2]

    def test_classes_and_other_things(self) -> None:
        with pytest.raises(TypeError, match="the class EarlyStopping"):
            net().fit(X, Y, callbacks=[callbacks.EarlyStopping])
        with pytest.raises(TypeError, match="callbacks is a list of"):
            net().fit(X, Y, callbacks=["EarlyStopping"])


class TestCtrlC:
    def signal_after(self, batches: int) -> callbacks.Callback:
        class Press(callbacks.Callback):
            seen = 0

            def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
                self.seen += 1
                if self.seen == batches:
                    os.kill(os.getpid(), signal.SIGINT)

        return Press()

    def test_the_batch_is_finished_and_the_history_returned(self) -> None:
        calls = Calls()
        model = net(optimizer="adam")
        twin = copy_of(model, optimizer="adam")
        options: dict[str, Any] = {"batch_size": 10, "shuffle": False, "verbose": 0}
        history = model.fit(
            X, Y, epochs=9, callbacks=[self.signal_after(7), calls], validation_split=0, **options
        )
        assert history.epoch == [0]  # four batches an epoch: three of the second were completed
        assert [call[0] for call in calls.calls][-2:] == ["on_train_batch_end", "on_train_end"]
        twin.fit(X, Y, **options)
        twin.fit(X[:30], Y[:30], **options)
        for a, b in zip(model.get_weights(), twin.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)
        assert model.optimizer.iterations == 7
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        assert model.fit(X, Y, epochs=2, verbose=0).epoch == [0, 1]

    @pytest.mark.parametrize(("verbose", "said"), [(0, False), (1, True), (2, True)])
    def test_is_said(self, verbose: int, said: bool, capsys: pytest.CaptureFixture[str]) -> None:
        press = self.signal_after(6)
        net().fit(X, Y, batch_size=10, epochs=9, callbacks=[press], verbose=verbose)
        lines = capsys.readouterr().out.splitlines()
        assert lines[-1:] == (["Interrupted; completed epochs: 1"] if said else [])
        net().fit(X, Y, verbose=verbose)
        assert "Interrupted" not in capsys.readouterr().out

    def test_inside_a_step(self) -> None:
        """However often it is pressed, the optimizer's step is whole."""

        class Pressed(optimizers.SGD):
            def apply(self, grads: Any, parameters: Any) -> None:
                for gradient, parameter in zip(grads, parameters, strict=True):
                    super().apply([gradient], [parameter])
                    os.kill(os.getpid(), signal.SIGINT)

        model = net(optimizer=Pressed(0.1))
        twin = copy_of(model, optimizer=optimizers.SGD(0.1))
        options: dict[str, Any] = {"batch_size": 10, "shuffle": False, "verbose": 0}
        assert model.fit(X, Y, **options).history == {}
        twin.fit(X[:10], Y[:10], **options)
        for a, b in zip(model.get_weights(), twin.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)

    def test_in_the_validation(self) -> None:
        class Press(callbacks.Callback):
            validated = 0

            def on_test_batch_begin(self, batch: int, logs: Any = None) -> None:
                self.validated += 1
                os.kill(os.getpid(), signal.SIGINT)

        press = Press()
        history = net().fit(
            X, Y, batch_size=8, epochs=3, validation_data=(X, Y), callbacks=[press], verbose=0
        )
        assert history.epoch == []
        assert press.validated == 1

    def test_raised_by_a_callback(self) -> None:
        class Press(callbacks.Callback):
            def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
                if epoch == 1:
                    raise KeyboardInterrupt

        assert net().fit(X, Y, epochs=5, callbacks=[Press()], verbose=0).epoch == [0]

    def test_a_second_one_ends_a_slow_callback(self) -> None:
        with Interruption() as interruption:
            os.kill(os.getpid(), signal.SIGINT)
            with pytest.raises(KeyboardInterrupt):
                os.kill(os.getpid(), signal.SIGINT)
            with pytest.raises(KeyboardInterrupt):
                interruption.check()

    def test_weights_are_not_set_by_halves(self) -> None:
        """EarlyStopping restores the best weights at the end; Ctrl-C again does not cut that."""

        class Press(callbacks.Callback):
            def on_train_end(self, logs: Any = None) -> None:
                os.kill(os.getpid(), signal.SIGINT)
                self.model.set_weights(Slow(self.model.get_weights()))
                with pytest.raises(KeyboardInterrupt):
                    os.kill(os.getpid(), signal.SIGINT)

        class Slow(list[Any]):
            def __iter__(self) -> Any:
                for array in super().__iter__():
                    os.kill(os.getpid(), signal.SIGINT)
                    yield array * 0.0

        model = net()
        assert model.fit(X, Y, callbacks=[Press()], verbose=0).epoch == [0]
        assert not any(array.any() for array in model.get_weights())

    def test_a_storm(self) -> None:
        """Whenever it is pressed, and however often, the weights are those of a whole step."""
        seen: list[Any] = []

        class Snapshot(callbacks.Callback):
            def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
                seen.append(self.model.get_weights())

        class Steps(optimizers.SGD):
            def apply(self, grads: Any, parameters: Any) -> None:
                parameters = list(parameters)
                super().apply(grads, parameters)
                seen.append([w.numpy() for w in parameters])

        def press(*ignored: Any) -> None:
            if fitting:
                try:
                    # outside of fit, Ctrl-C is Python's own affair
                    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
                        signal.raise_signal(signal.SIGINT)
                finally:
                    signal.setitimer(signal.ITIMER_REAL, 1e-4 * random.random() + 1e-6)

        fitting = False
        before = signal.signal(signal.SIGALRM, press)
        try:
            for i in range(20):
                model = net(optimizer=Steps(0.01))
                seen[:] = [model.get_weights()]
                fitting = True
                try:
                    signal.setitimer(signal.ITIMER_REAL, 1e-3 * (i + 1))
                    model.fit(X, Y, epochs=10**6, batch_size=8, callbacks=[Snapshot()], verbose=0)
                except KeyboardInterrupt:
                    pass  # before the training itself
                finally:
                    fitting = False
                    signal.setitimer(signal.ITIMER_REAL, 0)
                arrays = model.get_weights()
                assert any(
                    all((a == b).all() for a, b in zip(arrays, whole, strict=True))
                    for whole in reversed(seen)
                )
                assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
                assert autograd.contexts.recording()
                assert autograd.contexts.special == 0
        finally:
            signal.signal(signal.SIGALRM, before)

    def test_rows_of_whole_epochs_are_there(self, tmp_path: Any) -> None:
        log = callbacks.CSVLogger(tmp_path / "log.csv")
        net().fit(X, Y, batch_size=10, epochs=9, callbacks=[self.signal_after(7), log], verbose=0)
        assert len((tmp_path / "log.csv").read_text().splitlines()) == 2

    def test_in_another_thread_and_with_another_handler(self) -> None:
        found: list[Any] = []
        thread = threading.Thread(target=lambda: found.append(net().fit(X, Y, verbose=0).epoch))
        thread.start()
        thread.join()
        assert found == [[0]]
        pressed: list[int] = []
        before = signal.signal(signal.SIGINT, lambda number, frame: pressed.append(number))
        try:
            epochs = net().fit(X, Y, epochs=2, callbacks=[self.signal_after(1)], verbose=0).epoch
        finally:
            signal.signal(signal.SIGINT, before)
        assert (epochs, pressed) == ([0, 1], [signal.SIGINT])

    def test_an_error_puts_the_handler_back(self) -> None:
        class Fail(callbacks.Callback):
            def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
                raise RuntimeError("broken")

        with pytest.raises(RuntimeError, match="broken"):
            net().fit(X, Y, callbacks=[Fail()], verbose=0)
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler

    def test_an_error_closes_what_is_open(self, tmp_path: Any) -> None:
        """And the model can be trained on."""

        class Fail(callbacks.Callback):
            def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
                if epoch == 1:
                    raise RuntimeError("broken")

        log = callbacks.CSVLogger(tmp_path / "log.csv")
        model = net()
        for _ in range(2):
            with pytest.raises(RuntimeError, match="broken"):
                model.fit(X, Y, epochs=3, callbacks=[log, Fail()], verbose=1)
            assert len((tmp_path / "log.csv").read_text().splitlines()) == 3
            assert callbacks.writers == []
        assert model.fit(X, Y, epochs=2, verbose=0).epoch == [0, 1]

    def test_two_models_in_two_threads(self) -> None:
        def train(seed: int, found: dict[int, Any]) -> None:
            init = nn.initializers.HeNormal(seed=seed)
            model = Sequential(
                [
                    layers.Dense(4, "relu", kernel_initializer=init),
                    layers.BatchNormalization(),
                    layers.Dropout(0.2, seed=seed),
                    layers.Dense(1, kernel_initializer=init),
                ]
            )
            model.compile("adam", "mse")
            model.fit(X, Y, epochs=5, batch_size=8, shuffle=False, verbose=0)
            found[seed] = model.get_weights()

        one_by_one: dict[int, Any] = {}
        at_once: dict[int, Any] = {}
        for seed in range(3):
            train(seed, one_by_one)
        threads = [threading.Thread(target=train, args=(seed, at_once)) for seed in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for seed, arrays in one_by_one.items():
            for a, b in zip(arrays, at_once[seed], strict=True):
                np.testing.assert_array_equal(a, b)


def fits(*arguments: Any, **options: Any) -> Callable[[Sequential], Any]:
    return lambda model: model.fit(*arguments, **{"verbose": 0, **options})


class TestRefusals:
    @pytest.mark.parametrize(
        "use",
        [
            lambda model: model.fit(X, Y),
            lambda model: model.evaluate(X, Y),
            lambda model: model.train_on_batch(X, Y),
            lambda model: model.test_on_batch(X, Y),
        ],
    )
    def test_before_compile(self, use: Any) -> None:
        with pytest.raises(ValueError, match=r"before compile: say first how .* is to be trained"):
            use(Sequential([layers.Dense(1)]))

    def test_without_a_loss(self) -> None:
        model = Sequential([layers.Dense(1)])
        model.compile("adam")
        with pytest.raises(ValueError, match=r"was compiled without a loss: model\.compile"):
            model.fit(X, Y)

    @pytest.mark.parametrize(
        ("use", "message"),
        [
            (fits(X), r"fit takes the inputs and their targets, fit\(x, y\), and y is missing"),
            (lambda model: model.evaluate(X), "evaluate takes the inputs and their targets"),
            (fits(X[:, :2], Y), r"x has 2 features \(shape \(40, 2\)\), and the network takes 3"),
            (fits(X, Y[:30]), "x has 40 samples and y has 30"),
            (fits(X[:0], Y[:0]), "x is empty"),
            (fits(X, np.where(Y > 2, np.nan, Y)), "y has nan in row"),
            (fits(np.where(X > 2, np.nan, X), Y), "x has nan in column"),
            (fits(X, Y, validation_freq=0), "validation_freq is a whole number of at least 1"),
            (fits(X, Y, validation_freq="2"), "validation_freq is a whole number .*, not '2'"),
            (
                fits(X, Y, validation_data=(X, np.full(40, np.nan))),
                "^validation_data: y has nan in row 0",
            ),
            (fits(X, Y, validation_data=(X[:, :2], Y)), "^validation_data: x has 2 features"),
            (fits(X, Y, validation_data=(X,)), r"validation_data is \(x_val, y_val\)"),
            (fits(X, Y, validation_data=(X, None)), "and the targets, y_val, are None"),
            (fits(X, Y, validation_split=0.999), "leaves 0 to train on"),
            (fits(X, Y, batch_size=0), "batch_size is a whole number of at least 1, not 0"),
            (fits(X, Y, batch_size=2.5), "batch_size is a whole number of at least 1, not 2.5"),
            (fits(X, Y, epochs=-1), "epochs is a whole number of at least 0, not -1"),
            (fits(X, Y, epochs="5"), "epochs is a whole number of at least 0, not '5'"),
            (fits(X, Y, verbose=3), "verbose is 0, 1, 2 or 'auto', not 3"),
            (fits(X, Y, sample_weight=np.ones(3)), "sample_weight has 3"),
            (fits(X, np.c_[Y, Y]), r"y has shape \(40, 2\), and the network's output has \(40, 1"),
            (lambda model: model.predict(X[:, :2]), "x has 2 features"),
            (
                lambda model: model.predict(X[0]),
                r"one sample without a batch axis: .* x\[None, :\]",
            ),
        ],
    )
    def test_data_that_do_not_fit(self, use: Any, message: str) -> None:
        model = net()
        before = model.get_weights()
        with pytest.raises(ValueError, match=message):
            use(model)
        for a, b in zip(before, model.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)

    @pytest.mark.parametrize(
        ("outputs", "activation", "loss", "y", "message"),
        [
            (3, "softmax", "categorical_crossentropy", LABELS, "nn.utils.to_categorical"),
            (3, "softmax", "sparse_categorical_crossentropy", LABELS + 1, "train on y - 1"),
            (3, "softmax", "sparse_categorical_crossentropy", np.eye(3)[LABELS], "is no|use cat"),
            (1, "sigmoid", "binary_crossentropy", LABELS, "for 3 classes use sparse_categorical"),
            (1, "sigmoid", "bce", BITS * 2 - 1, "with the labels -1 and 1, train on y == 1"),
        ],
    )
    def test_labels_that_do_not_fit(
        self, outputs: int, activation: str, loss: str, y: Any, message: str
    ) -> None:
        for made in (loss, losses.as_loss(loss)):
            with pytest.raises(ValueError, match=message):
                net(outputs, activation, loss=made).fit(X, y, verbose=0)

    @pytest.mark.parametrize("eagerly", [True, False])
    @pytest.mark.parametrize("reduction", ["none", None])
    def test_a_loss_that_gives_several_numbers(self, reduction: Any, eagerly: bool) -> None:
        model = net(loss=losses.MeanSquaredError(reduction=reduction), run_eagerly=eagerly)
        before = model.get_weights()
        said = r"gave an array of the shape \(32,\) .* reduction="
        for use in (model.fit, model.evaluate):
            with pytest.raises(ValueError, match=said):
                use(X, Y, verbose=0)
        with pytest.raises(ValueError, match=said):
            model.train_on_batch(X[:32], Y[:32])
        for a, b in zip(before, model.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)

    def test_words_in_a_frame(self) -> None:
        pd = pytest.importorskip("pandas")
        frame = pd.DataFrame({"a": [1.0, 2.0], "b": [1.0, 2.0], "kind": ["red", "white"]})
        with pytest.raises(ValueError, match="column 'kind' holds strings") as raised:
            net().fit(frame, [0.0, 1.0])
        assert "get_dummies" in str(raised.value)

    def test_a_batch_of_one_in_batch_normalization(self) -> None:
        model = Sequential([layers.Dense(4), layers.BatchNormalization(), layers.Dense(1)])
        model.compile("sgd", "mse")
        for samples, batch_size in [(33, 32), (40, 1), (1, 32), (40, 13)]:
            with pytest.raises(ValueError, match="leave a batch of one, and 'batch_norm") as raised:
                model.fit(X[:samples], Y[:samples], batch_size=batch_size, verbose=0)
        assert "Choose another batch_size, 12 for instance" in str(raised.value)
        assert model.optimizer.iterations == 0
        folded = Sequential([layers.Input(shape=(1, 3)), layers.BatchNormalization()])
        folded.compile("sgd", "mse")
        with pytest.raises(ValueError, match="leave a batch of one, and 'batch_norm"):
            folded.fit(X[:33, None], X[:33, None], batch_size=32, verbose=0)
        assert folded.optimizer.iterations == 0
        several = Sequential([layers.Input(shape=(2, 3)), layers.BatchNormalization()])
        several.compile("sgd", "mse")
        several.fit(X[:34].reshape(17, 2, 3), X[:34].reshape(17, 2, 3), batch_size=16, verbose=0)
        model.fit(X[:33], Y[:33], batch_size=31, verbose=0)
        assert model.predict(X[:1], verbose=0).shape == (1, 1)
        model.layers[1].trainable = False
        model.fit(X[:33], Y[:33], batch_size=32, verbose=0)
