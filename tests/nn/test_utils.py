"""to_categorical: as Keras, and an answer to what is no class number."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import nn
from nn import utils
from nn.utils import to_categorical


@pytest.mark.parametrize(
    ("x", "shape"),
    [
        ([0, 2, 1], (3, 3)),
        ([[0], [1]], (2, 2)),
        ([[0, 1, 2], [2, 1, 0]], (2, 3, 3)),
        (np.array(2), (3,)),
        ([1.0, 0.0], (2, 2)),
        ([True, False], (2, 2)),
        (np.array([7], dtype=np.uint8), (1, 8)),
        (SimpleNamespace(data=np.array([0, 1])), (2, 2)),
    ],
)
def test_shape_and_type(x: Any, shape: tuple[int, ...]) -> None:
    one_hot = to_categorical(x)
    assert one_hot.shape == shape
    assert one_hot.dtype == np.float64
    labels = np.asarray(getattr(x, "data", x) if isinstance(x, SimpleNamespace) else x)
    assert (one_hot.argmax(-1) == labels.reshape(shape[:-1])).all()
    assert (one_hot.sum(-1) == 1.0).all()


def test_more_classes_than_there_are() -> None:
    assert to_categorical([0, 1], num_classes=4).shape == (2, 4)
    assert to_categorical([], num_classes=4).shape == (0, 4)


def test_pandas() -> None:
    pandas = pytest.importorskip("pandas")
    assert to_categorical(pandas.Series([1, 0], index=[5, 6])).tolist() == [[0, 1], [1, 0]]


@pytest.mark.parametrize(
    ("x", "classes", "message"),
    [
        ([0, 3], 3, r"the label 3 is outside \[0, 3\)$"),
        ([1, 2, 3], 3, r"the label 3 is outside \[0, 3\): do the labels start at 1\?"),
        ([0, -1], None, r"the label -1 is outside \[0, 1\)$"),
        ([0.5, 1.0], None, "takes class numbers, not 0.5"),
        ([np.nan], None, "takes class numbers, not nan"),
        (["cat", "dog"], None, "not labels such as 'cat': number them with np.unique"),
        ([], None, "num_classes has to be given"),
    ],
)
def test_mistakes(x: Any, classes: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        to_categorical(x, classes)


def test_set_random_seed_is_at_hand() -> None:
    utils.set_random_seed(0)
    first = np.random.rand()
    utils.set_random_seed(0)
    assert np.random.rand() == first


def test_clear_session_leaves_models_as_they_are() -> None:
    model = nn.Sequential([nn.layers.Dense(1, input_shape=[2], name="kept")])
    utils.clear_session()
    assert nn.layers.Dense(1).name == "dense"
    assert [layer.name for layer in model.layers] == ["kept"]
    assert model.predict([[1.0, 2.0]], verbose=0).shape == (1, 1)
