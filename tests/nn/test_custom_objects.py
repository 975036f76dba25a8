"""What the user made himself is found at every depth of a file or a config."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd
from nn import (
    activations,
    callbacks,
    initializers,
    layers,
    losses,
    metrics,
    models,
    optimizers,
    regularizers,
    saving,
)
from nn.models import model_from_json
from nn.names import Names, custom_names
from nn.optimizers import schedules
from nn.random import set_random_seed

X = np.random.default_rng(0).normal(size=(8, 2)).astype(np.float32)
Y = X.sum(axis=1)


def cube(x: Any) -> Any:
    return x * x * x


def fourth_power(y_true: Any, y_pred: Any) -> Any:
    return ((y_pred - y_true) ** 4).mean(axis=-1)


def worst(y_true: Any, y_pred: Any) -> Any:
    return np.abs(y_true - y_pred).max(axis=-1)


class Halves(initializers.Initializer):
    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        return np.full(shape, 0.5, dtype)


class Sum(regularizers.Regularizer):
    def __call__(self, x: Any) -> Any:
        return (x * x).sum()


class Slower(schedules.LearningRateSchedule):
    def __call__(self, step: int) -> float:
        return 1e-4 / (step + 1)

    def get_config(self) -> dict[str, Any]:
        return {}


OWN = {
    thing.__name__: thing for thing in (cube, fourth_power, worst, Halves, Sum, Slower)
}  # fmt: skip


def network() -> models.Sequential:
    set_random_seed(0)
    inner = models.Sequential(
        [layers.Dense(3, cube, kernel_initializer=Halves(), kernel_regularizer=Sum())]
    )
    model = models.Sequential([layers.Input(shape=(2,)), inner, layers.Dense(1)])
    model.compile(optimizers.SGD(Slower(), momentum=0.5), fourth_power, metrics=[worst])
    return model


def test_in_a_file(tmp_path: Path) -> None:
    model = network()
    model.fit(X, Y, shuffle=False, verbose=0)
    model.save(tmp_path / "m")
    again = saving.load_model(tmp_path / "m", custom_objects=OWN)
    again.fit(X, Y, shuffle=False, verbose=0)
    model.fit(X, Y, shuffle=False, verbose=0)
    for a, b in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert again.layers[0].layers[0].activation is cube
    assert again.evaluate(X, Y, verbose=0) == model.evaluate(X, Y, verbose=0)


@pytest.mark.parametrize("name", OWN)
def test_each_is_needed(name: str, tmp_path: Path) -> None:
    network().save(tmp_path / "m")
    others = {key: thing for key, thing in OWN.items() if key != name}
    with pytest.raises(ValueError, match=f"unknown .*'{name}'"):
        saving.load_model(tmp_path / "m", custom_objects=others)


def test_in_json() -> None:
    text = network().to_json()
    assert model_from_json(text, custom_objects=OWN).to_json() == text
    with pytest.raises(ValueError, match="unknown activation 'cube'"):
        model_from_json(text)


def test_only_inside_the_block() -> None:
    shapes = Names("shape", {"square": max})
    with custom_names({"ring": min}), custom_names({"disc": sum}):
        assert shapes.get("ring") is min
        assert shapes.get("disc") is sum
        assert shapes.get("ring", {"ring": max}) is max
    with pytest.raises(ValueError, match="unknown shape 'ring'"):
        shapes.get("ring")


def test_exact_names() -> None:
    shapes = Names("shape", {"big_square": max}, exact=True)
    assert "big_square" in shapes
    assert "BigSquare" not in shapes
    with pytest.raises(ValueError, match="unknown shape 'BigSquare': did you mean 'big_square'"):
        shapes.get("BigSquare")


class Times(layers.Layer):
    def __init__(self, factor: float = 2.0, **options: Any) -> None:
        super().__init__(**options)
        self.factor = factor

    def call(self, x: Any) -> Any:
        return x * self.factor


class TimesAgain(Times):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)


class Thrice(Times):
    def __init__(self) -> None:
        super().__init__(3.0)

    @classmethod
    def from_config(cls, config: Any) -> Any:
        return cls()


class Told(Times):
    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "factor": self.factor}


class Pull(regularizers.Regularizer):
    def __init__(self, to: float = 0.0) -> None:
        self.to = to

    def __call__(self, x: Any) -> Any:
        return ((x - self.to) ** 2).sum()


class Level(initializers.Initializer):
    def __init__(self, level: float) -> None:
        self.level = level

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        return np.full(shape, self.level, dtype)


class Power(losses.Loss):
    def __init__(self, power: float = 2.0, **options: Any) -> None:
        super().__init__(**options)
        self.power = power

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return (abs(y_pred - y_true) ** self.power).mean(axis=-1)


class Within(metrics.Mean):
    def __init__(self, tolerance: float = 0.1, name: str = "within") -> None:
        super().__init__(name)
        self.tolerance = tolerance

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        super().update_state(abs(y_true - y_pred) < self.tolerance, sample_weight)


class Boosted(optimizers.SGD):
    def __init__(self, boost: float = 1.0, **options: Any) -> None:
        super().__init__(**options)
        self.boost = boost


class Steady(schedules.LearningRateSchedule):
    def __init__(self, rate: float = 0.1) -> None:
        self.rate = rate

    def __call__(self, step: int) -> float:
        return self.rate

    def get_config(self) -> dict[str, Any]:
        return {}


class Wide(models.Model):
    def __init__(self, units: int = 3, **options: Any) -> None:
        super().__init__(**options)
        self.out = layers.Dense(units)

    def call(self, x: Any) -> Any:
        return self.out(x)


def with_layer(layer: Any, **compiled: Any) -> models.Sequential:
    model = models.Sequential([layers.Input(shape=(2,)), layer, layers.Dense(1)])
    model.compile(**{"optimizer": "sgd", "loss": "mse", **compiled})
    return model


class TestArgumentsThatNoConfigTells:
    @pytest.mark.parametrize(
        ("make", "told"),
        [
            (lambda: with_layer(Times(5.0)), "Times is made with factor"),
            (lambda: with_layer(TimesAgain(factor=5.0)), "TimesAgain is made with factor"),
            (lambda: with_layer(Wide(5)), "Wide is made with units"),
            (lambda: Wide(5), "Wide is made with units"),
            (lambda: with_layer(layers.Dense(2, kernel_regularizer=Pull(1.0))), "Pull .* with to,"),
            (lambda: with_layer(layers.Dense(2, bias_initializer=Level(1.0))), "Level .* level"),
            (lambda: with_layer(layers.Dense(2), loss=Power(4.0)), "Power is made with power"),
            (lambda: with_layer(layers.Dense(2), metrics=[Within(2.0)]), "Within .* tolerance"),
            (lambda: with_layer(layers.Dense(2), optimizer=Boosted(2.0)), "Boosted .* boost"),
            (
                lambda: with_layer(layers.Dense(2), optimizer=optimizers.SGD(Steady(0.2))),
                "Steady is made with rate",
            ),
        ],
    )
    def test_are_refused_before_anything_is_written(
        self, make: Any, told: str, tmp_path: Path
    ) -> None:
        remedy = r"which its get_config\(\) does not tell: give the class .* with save_weights"
        with pytest.raises(ValueError, match=f"{told}.*{remedy}"):
            make().save(tmp_path / "m")
        assert not any(tmp_path.iterdir())

    def test_in_json(self) -> None:
        with pytest.raises(ValueError, match="Wide is made with units, which"):
            Wide(5).to_json()

    @pytest.mark.parametrize("layer", [Told(5.0), Thrice()])
    def test_a_class_that_tells_them_comes_back(self, layer: Any, tmp_path: Path) -> None:
        model = with_layer(layer)
        model.save(tmp_path / "m")
        own = {type(layer).__name__: type(layer)}
        again = saving.load_model(tmp_path / "m", custom_objects=own)
        assert again.layers[0].factor == layer.factor
        np.testing.assert_array_equal(again.predict(X, verbose=0), model.predict(X, verbose=0))


@pytest.mark.parametrize("options", [{"name": "mine"}, {"axis": 0}])
def test_a_wrapped_function_is_saved_as_itself_alone(options: Any, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"metric: .* is saved by its name, without"):
        with_layer(
            layers.Dense(2), metrics=[metrics.MeanMetricWrapper(worst, **options)]
        ).save(tmp_path / "m")
    model = with_layer(layers.Dense(2), metrics=[metrics.MeanMetricWrapper(worst)])
    model.save(tmp_path / "m")
    again = saving.load_model(tmp_path / "m", custom_objects={"worst": worst})
    assert again.metrics_names == ["loss", "worst"]


def test_a_regularizer_that_was_set_later(tmp_path: Path) -> None:
    model = with_layer(layers.Dense(2))
    plain = model.evaluate(X, Y, verbose=0)
    model.layers[0].kernel_regularizer = regularizers.L2(1.0)
    loss = model.evaluate(X, Y, verbose=0)
    assert loss == pytest.approx(plain + np.sum(model.get_weights()[0] ** 2), rel=1e-5)
    model.save(tmp_path / "m")
    again = saving.load_model(tmp_path / "m")
    assert again.evaluate(X, Y, verbose=0) == loss
    found = [m.fit(X, Y, shuffle=False, verbose=0).history["loss"] for m in (again, model)]
    assert found[0] == pytest.approx(found[1]) == [pytest.approx(loss, rel=1e-5)]


def test_a_regularizer_that_a_callback_sets() -> None:
    model = with_layer(layers.Dense(2))

    def tighten(epoch: int, logs: Any) -> None:
        model.layers[0].kernel_regularizer = regularizers.L2(10.0 * epoch)
        expected.append(model.evaluate(X, Y, verbose=0))

    expected: list[float] = []
    watch = callbacks.LambdaCallback(on_epoch_begin=tighten)
    found = model.fit(X, Y, epochs=2, shuffle=False, verbose=0, callbacks=[watch])
    assert found.history["loss"] == pytest.approx(expected, rel=1e-5)


def relu(x: Any) -> Any:
    return x * 2


def mse(y_true: Any, y_pred: Any) -> Any:
    return abs(y_pred - y_true).mean(axis=-1)


def namesake(name: str, kind: type) -> Any:
    return type(name, (kind,), {})


class TestNamesakesOfNn:
    @pytest.mark.parametrize(
        ("make", "message"),
        [
            (lambda: with_layer(layers.Dense(2, relu)), "activation: .* called as nn's own 'relu'"),
            (
                lambda: with_layer(layers.Dense(2, autograd.leaky_relu)),
                "activation: .* called as nn's own 'leaky_relu'",
            ),
            (lambda: with_layer(layers.Dense(2), loss=mse), "loss: .* nn's own 'MeanSquaredError'"),
            (lambda: with_layer(layers.Dense(2), metrics=[mse]), "metric: .* called as nn's own"),
            (
                lambda: with_layer(layers.Dense(2), optimizer=namesake("Sgd", optimizers.SGD)()),
                "optimizer: .* called as nn's own 'SGD'",
            ),
            (lambda: with_layer(namesake("Dense", layers.Dense)(2)), "layer: .* nn's own 'Dense'"),
            (
                lambda: with_layer(namesake("Sequential", models.Sequential)([layers.Dense(2)])),
                "model: .* nn's own 'Sequential'",
            ),
            (
                lambda: namesake("Sequential", models.Sequential)([layers.Dense(2)]),
                "model: .* nn's own 'Sequential'",
            ),
        ],
    )
    def test_are_refused(self, make: Any, message: str, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match=f"{message}.* give it another name"):
            make().save(tmp_path / "m")
        assert not any(tmp_path.iterdir())

    def test_unless_the_name_is_theirs_for_now(self, tmp_path: Path) -> None:
        model = with_layer(layers.Dense(2, relu))
        with custom_names({"relu": relu}):
            model.save(tmp_path / "m")
        again = saving.load_model(tmp_path / "m", custom_objects={"relu": relu})
        np.testing.assert_array_equal(again.predict(X, verbose=0), model.predict(X, verbose=0))

    def test_what_is_nns_own_is_no_namesake(self, tmp_path: Path) -> None:
        model = with_layer(
            layers.Dense(2, activations.leaky_relu), loss=losses.mean_squared_error,
            metrics=[losses.mean_absolute_error, metrics.MeanSquaredError()],
        )  # fmt: skip
        model.save(tmp_path / "m")
        again = saving.load_model(tmp_path / "m")
        found = again.evaluate(X, Y, verbose=0)
        assert found == pytest.approx(model.evaluate(X, Y, verbose=0), rel=1e-6)


class TestALayerInTwoPlaces:
    def network(self) -> models.Sequential:
        twice = layers.Dense(2, "tanh", name="twice")
        return models.Sequential([layers.Input(shape=(2,)), twice, layers.Flatten(), twice])

    def test_is_one_in_the_file(self, tmp_path: Path) -> None:
        model = self.network()
        assert model.count_params() == 6
        model.save(tmp_path / "m")
        again = saving.load_model(tmp_path / "m")
        assert again.layers[0] is again.layers[2]
        np.testing.assert_array_equal(again.predict(X, verbose=0), model.predict(X, verbose=0))

    def test_two_different_ones_of_a_name_are_refused(self) -> None:
        config = self.network().get_config()
        config["layers"][3] = {
            "class_name": "Dense", "config": {**config["layers"][3]["config"], "units": 3},
        }  # fmt: skip
        with pytest.raises(ValueError, match="has a layer 'twice' already"):
            models.Sequential.from_config(config)


def test_a_description_stays_the_same_over_and_over() -> None:
    inner = models.Sequential([layers.Dense(3)])
    model = models.Sequential([inner, layers.Dense(1)])
    model.predict(X, verbose=0)
    text = model.to_json()
    assert model_from_json(text).to_json() == text
