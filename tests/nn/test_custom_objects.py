"""What the user made himself is found at every depth of a file or a config."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nn import initializers, layers, models, optimizers, regularizers, saving
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
