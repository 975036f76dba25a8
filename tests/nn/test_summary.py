"""The table of model.summary(), character by character as Keras 3.15.1 prints it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nn
from nn import layers
from nn.models import Model, Sequential
from nn.models.summary import summary

BUILT = """\
Model: "net"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━┓
┃ Layer (type)                    ┃ Output Shape           ┃       Param # ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━┩
│ dense (Dense)                   │ (None, 50)             │           450 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ dropout (Dropout)               │ (None, 50)             │             0 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ batch_normalization             │ (None, 50)             │           200 │
│ (BatchNormalization)            │                        │               │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ dense_1 (Dense)                 │ (None, 1)              │            51 │
└─────────────────────────────────┴────────────────────────┴───────────────┘
 Total params: 701 (2.74 KB)
 Trainable params: 601 (2.35 KB)
 Non-trainable params: 100 (400.00 B)"""

UNBUILT = """\
Model: "net"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━┓
┃ Layer (type)                    ┃ Output Shape           ┃       Param # ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━┩
│ dense (Dense)                   │ ?                      │   0 (unbuilt) │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ dropout (Dropout)               │ ?                      │             0 │
└─────────────────────────────────┴────────────────────────┴───────────────┘
 Total params: 0 (0.00 B)
 Trainable params: 0 (0.00 B)
 Non-trainable params: 0 (0.00 B)"""

LONG = """\
Model: "mine"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━┓
┃ Layer (type)                    ┃ Output Shape           ┃       Param # ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━┩
│ flatten (Flatten)               │ (None, 784)            │             0 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ a_very_long_name_for_a_layer_o… │ (None, 50)             │        39,250 │
│ (Dense)                         │                        │               │
└─────────────────────────────────┴────────────────────────┴───────────────┘
 Total params: 39,250 (153.32 KB)
 Trainable params: 0 (0.00 B)
 Non-trainable params: 39,250 (153.32 KB)"""

TRAINABLE = """\
Model: "net"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━┳━━━━━━━┓
┃ Layer (type)                ┃ Output Shape          ┃    Param # ┃ Trai… ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━╇━━━━━━━┩
│ dense (Dense)               │ (None, 4)             │         36 │   Y   │
├─────────────────────────────┼───────────────────────┼────────────┼───────┤
│ dropout (Dropout)           │ (None, 4)             │          0 │   -   │
├─────────────────────────────┼───────────────────────┼────────────┼───────┤
│ dense_1 (Dense)             │ (None, 1)             │          5 │   N   │
└─────────────────────────────┴───────────────────────┴────────────┴───────┘
 Total params: 41 (164.00 B)
 Trainable params: 36 (144.00 B)
 Non-trainable params: 5 (20.00 B)"""

NESTED = """\
Model: "outer"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━┓
┃ Layer (type)                    ┃ Output Shape           ┃       Param # ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━┩
│ dense_4 (Dense)                 │ (None, 4)              │            36 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ inner (Sequential)              │ (None, 1)              │            19 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│    └ dense_5 (Dense)            │ (None, 3)              │            15 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│    └ dense_6 (Dense)            │ (None, 1)              │             4 │
└─────────────────────────────────┴────────────────────────┴───────────────┘
 Total params: 55 (220.00 B)
 Trainable params: 55 (220.00 B)
 Non-trainable params: 0 (0.00 B)"""

NARROW = """\
┏━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━┓
┃ Layer (type)             ┃ Output Shape      ┃   Param # ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━┩
│ dense (Dense)            │ (None, 4)         │        36 │
├──────────────────────────┼───────────────────┼───────────┤
│ dense_1 (Dense)          │ (None, 1)         │         5 │
└──────────────────────────┴───────────────────┴───────────┘"""


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def printed(model: Model, **options: Any) -> str:
    lines: list[str] = []
    model.summary(print_fn=lines.append, **options)
    assert len(lines) == 1
    return lines[0]


def test_built() -> None:
    model = Sequential(
        [
            layers.Input(shape=(8,)),
            layers.Dense(50, activation="relu", name="dense"),
            layers.Dropout(0.1, name="dropout"),
            layers.BatchNormalization(name="batch_normalization"),
            layers.Dense(1, name="dense_1"),
        ],
        name="net",
    )
    assert printed(model) == BUILT


def test_unbuilt() -> None:
    model = Sequential(
        [layers.Dense(50, name="dense"), layers.Dropout(0.5, name="dropout")], name="net"
    )
    assert printed(model) == UNBUILT
    model.predict(np.ones((2, 3)), verbose=0)
    assert "(None, 50)" in printed(model)


def test_long_names_and_layers_that_are_not_trained() -> None:
    model = Sequential(
        [
            layers.Flatten(input_shape=(28, 28), name="flatten"),
            layers.Dense(50, name="a_very_long_name_for_a_layer_of_mine", trainable=False),
        ],
        name="mine",
    )
    assert printed(model) == LONG


def test_show_trainable() -> None:
    model = Sequential(
        [
            layers.Dense(4, input_shape=[8], name="dense"),
            layers.Dropout(0.5, name="dropout"),
            layers.Dense(1, name="dense_1", trainable=False),
        ],
        name="net",
    )
    assert printed(model, show_trainable=True) == TRAINABLE


def test_expand_nested() -> None:
    inner = Sequential([layers.Dense(3, name="dense_5"), layers.Dense(1, name="dense_6")])
    inner.name = "inner"
    model = Sequential([layers.Dense(4, input_shape=[8], name="dense_4"), inner], name="outer")
    assert printed(model, expand_nested=True) == NESTED
    assert "└ dense_5" not in printed(model)


def test_the_width() -> None:
    model = Sequential(
        [layers.Dense(4, input_shape=[8], name="dense"), layers.Dense(1, name="dense_1")]
    )
    assert "\n".join(printed(model, line_length=60).splitlines()[1:-3]) == NARROW
    with pytest.raises(ValueError, match="more room than a line_length of 20"):
        summary(model, line_length=20)


def test_a_wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    model = Sequential([layers.Dense(4, input_shape=[8])])
    assert {len(line) for line in printed(model).splitlines()[1:-3]} == {88}


def test_the_numbers_of_the_optimizer() -> None:
    model = Sequential([layers.Dense(1, input_shape=[4])])
    x = np.ones((4, 4))
    for optimizer, numbers in [("adam", "12 (48.00 B)"), ("sgd", "2 (8.00 B)")]:
        model.compile(optimizer, "mse")
        assert "Optimizer" not in printed(model)
        model.fit(x, x[:, 0], verbose=0)
        assert printed(model).splitlines()[-1] == f" Optimizer params: {numbers}"


def test_a_class_of_the_users(capsys: pytest.CaptureFixture[str]) -> None:
    class Net(nn.Model):
        def __init__(self) -> None:
            super().__init__()
            self.parts = {"first": layers.Dense(4), "others": [layers.Dense(2), layers.Dense(1)]}

        def call(self, x: Any) -> Any:
            for layer in self.layers:
                x = layer(x)
            return x

    model = Net()
    model.summary()
    assert capsys.readouterr().out.count("0 (unbuilt)") == 3
    model.build((None, 8))
    model.summary()
    out = capsys.readouterr().out
    assert "(None, 4)" in out
    assert " Total params: 49 (196.00 B)" in out


def test_a_layer_used_twice_is_counted_once() -> None:
    layer = layers.Dense(3)
    model = Sequential([layer, layer])
    model.build((None, 3))
    assert " Total params: 12 (48.00 B)" in printed(model)
