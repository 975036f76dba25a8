"""backend: what Keras programs ask it for."""

from __future__ import annotations

import nn as keras
from nn import backend, config, layers


def test_what_it_has() -> None:
    assert keras.backend is backend
    assert backend.epsilon() == 1e-7
    assert backend.floatx() == config.floatx() == "float32"


def test_clear_session_names_layers_from_the_beginning() -> None:
    layers.Dense(1)
    backend.clear_session()
    assert [layers.Dense(1).name, layers.Dense(1).name] == ["dense", "dense_1"]
