"""Training goes on from a file as if it had never been broken off, bit for bit."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nn
from nn import layers, models, saving
from nn.random import generator, state_of
from tests.nn.test_saving import rewritten

ROOT = Path(__file__).resolve().parents[2]
X = np.random.default_rng(0).normal(size=(41, 3)).astype(np.float32)
Y = X.sum(axis=1)
OPTIONS: dict[str, Any] = {"batch_size": 8, "verbose": 0, "validation_split": 0.1}


def network() -> models.Sequential:
    nn.utils.set_random_seed(7)
    inner = models.Sequential([layers.Dense(4, "tanh"), layers.Dropout(0.2, seed=3)])
    model = models.Sequential(
        [
            layers.Input(shape=(3,)),
            layers.Dense(8, "relu"),
            layers.Dropout(0.3),
            layers.BatchNormalization(),
            inner,
            layers.Dense(1),
        ]
    )
    model.compile("adam", "mse", metrics=["mae"])
    return model


def go_on(path: str) -> dict[str, Any]:
    """What the other process does: the history, and the weights as hexadecimal digits."""
    model = saving.load_model(path, restore_random=True)
    history = model.fit(X, Y, epochs=4, initial_epoch=2, **OPTIONS).history
    return {"history": history, "weights": [w.tobytes().hex() for w in model.get_weights()]}


def test_two_epochs_and_two_in_another_process_are_four(tmp_path: Path) -> None:
    """With shuffling, and dropout from nn's generator and from the layer's own."""
    path = str(tmp_path / "half.keras")
    model = network()
    model.fit(X, Y, epochs=2, **OPTIONS)
    model.save(path)
    code = (
        "import json, sys; from tests.nn.test_resuming import go_on; "
        "print(json.dumps(go_on(sys.argv[1])))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, path], capture_output=True, cwd=ROOT, text=True, check=True
    )
    there = json.loads(done.stdout)
    whole = network()
    history = whole.fit(X, Y, epochs=4, **OPTIONS).history
    assert there["history"] == {name: numbers[2:] for name, numbers in history.items()}
    assert there["weights"] == [w.tobytes().hex() for w in whole.get_weights()]


@pytest.fixture
def half(tmp_path: Path) -> Path:
    model = network()
    model.fit(X, Y, **OPTIONS)
    model.save(tmp_path / "half.keras")
    return tmp_path / "half.keras"


def test_unless_asked_loading_leaves_the_generator_alone(half: Path) -> None:
    kept = state_of(generator())
    nn.utils.set_random_seed(1)
    before = state_of(generator())
    saving.load_model(half)
    assert state_of(generator()) == before
    saving.load_model(half, restore_random=True)
    assert state_of(generator()) == kept


def test_a_seeded_dropout_goes_on_without_being_asked(half: Path) -> None:
    first, second = saving.load_model(half), saving.load_model(half, compile=False)
    ones = np.ones((1, 50), np.float32)
    anew = layers.Dropout(0.2, seed=3)(ones, training=True)
    assert (second.layers[3].layers[1](ones, training=True) == anew).all()
    assert (first.layers[3].layers[1](ones, training=True) != anew).any()


def test_a_model_that_was_not_compiled_has_no_state(tmp_path: Path) -> None:
    models.Sequential([layers.Dense(1, input_shape=[2])]).save(tmp_path / "m")
    before = state_of(generator())
    with pytest.raises(ValueError, match="no state of the random generator"):
        saving.load_model(tmp_path / "m", restore_random=True)
    assert state_of(generator()) == before


def of_the_layer(random: dict[str, Any]) -> dict[str, Any]:
    entry: dict[str, Any] = random["layers"][0]["state"]
    return entry


EDITS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "no state": lambda random: random.update(generator=None),
    "text": lambda random: random["generator"].update(state="1"),
    "a truth": lambda random: random["generator"].update(state=True),
    "below 0": lambda random: random["generator"].update(state=-1),
    "too large": lambda random: random["generator"].update(inc=2**128 + 1),
    "even": lambda random: random["generator"].update(inc=2),
    "another kind": lambda random: random["generator"].update(bit_generator="MT19937"),
    "one key more": lambda random: random["generator"].update(key=1),
    "the layer's": lambda random: of_the_layer(random).update(uinteger=2**32),
    "a layer too few": lambda random: random["layers"].clear(),
    "a list of numbers": lambda random: random.update(layers=[1]),
    "another name": lambda random: random["layers"][0].update(name=["x"]),
}


@pytest.mark.parametrize("kind", EDITS)
def test_states_that_are_none(kind: str, half: Path) -> None:
    path = rewritten(half, lambda manifest: EDITS[kind](manifest["random"]))
    before = state_of(generator())
    with pytest.raises(ValueError, match="does not describe a model"):
        saving.load_model(path, restore_random=True)
    assert state_of(generator()) == before


def test_a_file_without_states_is_still_read(half: Path) -> None:
    path = rewritten(half, lambda manifest: manifest.pop("random"))
    assert saving.load_model(path).count_params() == network().count_params()
