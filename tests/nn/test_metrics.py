"""Metrics against numbers of Keras 3.15.1, names, the accuracy that "accuracy" means, mistakes."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from nn import metrics

RNG = np.random.default_rng(0)
SCORES = RNG.random((7, 4)).astype("float32")
CLASSES = RNG.integers(0, 4, 7)
ONE_HOT = np.eye(4)[CLASSES]
WEIGHTS = RNG.random(7)
BINARY = RNG.integers(0, 2, (7, 1))
PROBABILITIES = RNG.random((7, 1)).astype("float32")

KERAS: dict[str, Any] = {  # all seven rows and then the first three again: without and with weights
    "SparseCategoricalAccuracy": (CLASSES, SCORES, 0.2, 0.33872681856155396),
    "CategoricalAccuracy": (ONE_HOT, SCORES, 0.2, 0.33872681856155396),
    "BinaryAccuracy": (BINARY, PROBABILITIES, 0.4, 0.42630255222320557),
    "MeanSquaredError": (ONE_HOT, SCORES, 0.4059458374977112, 0.42813819646835327),
    "MeanAbsoluteError": (ONE_HOT, SCORES, 0.5465315580368042, 0.5727771520614624),
    "RootMeanSquaredError": (ONE_HOT, SCORES, 0.6371387839317322, 0.6543226838111877),
    "Accuracy": (ONE_HOT, SCORES.round(), 0.375, 0.3685564398765564),
    "TopKCategoricalAccuracy": (ONE_HOT, SCORES, 0.5, 0.44654449820518494),
    "SparseTopKCategoricalAccuracy": (CLASSES, SCORES, 0.5, 0.44654449820518494),
}


def made(name: str) -> metrics.Metric:
    config = {"k": 2} if "TopK" in name else {}
    return metrics.get({"class_name": name, "config": config})


@pytest.mark.parametrize("name", KERAS)
def test_against_keras(name: str) -> None:
    true, pred, plain, weighted = KERAS[name]
    for weights, expected in [(None, plain), (WEIGHTS, weighted)]:
        metric = made(name)
        metric.update_state(true, pred, sample_weight=weights)
        metric.update_state(true[:3], pred[:3], None if weights is None else weights[:3])
        assert metric.result() == pytest.approx(expected, rel=2e-6)
        assert type(metric.result()) is float


@pytest.mark.parametrize("name", KERAS)
def test_a_trailing_dimension_lists_tensors_and_weight_columns(name: str) -> None:
    true, pred, _, _ = KERAS[name]
    expected = made(name)(true, pred)
    assert made(name)(true.tolist(), pred.tolist()) == expected
    tensor = SimpleNamespace(data=pred)
    assert made(name)(SimpleNamespace(data=true), tensor) == expected
    weighted = made(name)(true, pred, WEIGHTS)
    assert made(name)(true, pred, WEIGHTS[:, None]) == pytest.approx(weighted, rel=1e-12)
    if true.ndim == 1 or true.shape[-1] == 1:
        assert made(name)(true.reshape(7, 1), pred) == expected
        assert made(name)(true.reshape(7), pred) == expected


@pytest.mark.parametrize("name", KERAS)
def test_nothing_seen_and_reset(name: str) -> None:
    true, pred, _, _ = KERAS[name]
    metric = made(name)
    assert metric.result() == 0.0
    expected = metric(true, pred)
    metric.reset_state()
    assert metric.result() == 0.0
    assert metric(true, pred) == expected


@pytest.mark.parametrize("name", KERAS)
def test_config_there_and_back(name: str) -> None:
    config = metrics.serialize(made(name))
    again = metrics.deserialize(config)
    assert type(again).__name__ == name
    assert metrics.serialize(again) == config


def test_samples_of_one_number_weigh_alike_however_they_are_batched() -> None:
    metric = metrics.MeanSquaredError()
    metric.update_state([0.0, 0.0, 0.0], [1.0, 1.0, 1.0])
    metric.update_state([0.0], [3.0])
    assert metric.result() == 3.0


def test_half_is_not_above_the_threshold() -> None:
    assert metrics.binary_accuracy([1, 0], [0.5, 0.5]).tolist() == [0.0, 1.0]
    assert metrics.BinaryAccuracy(threshold=0.4)([1], [0.5]) == 1.0


def test_top_k_at_ties_nan_and_more_than_there_are() -> None:
    assert metrics.TopKCategoricalAccuracy(k=1)([[0, 0, 1]], [[0.5, 0.5, 0.5]]) == 1.0
    assert metrics.TopKCategoricalAccuracy(k=9)([[0, 0, 1]], [[0.1, 0.2, 0.3]]) == 1.0
    assert metrics.TopKCategoricalAccuracy(k=3)([[0, 0, 1]], [[0.1, 0.2, math.nan]]) == 0.0
    assert metrics.SparseTopKCategoricalAccuracy(k=9)([5], [[0.1, 0.2]]) == 0.0


def test_weights_of_zero_take_samples_out() -> None:
    assert metrics.MeanAbsoluteError()([0.0, 0.0], [1.0, 9.0], [1.0, 0.0]) == 1.0
    assert metrics.MeanAbsoluteError()([0.0], [1.0], [0.0]) == 0.0


def test_nan_is_reported() -> None:
    assert math.isnan(metrics.MeanSquaredError()([0.0], [math.nan]))
    assert math.isnan(metrics.RootMeanSquaredError()([0.0], [math.nan]))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("mse", "MeanSquaredError"), ("MSE", "MeanSquaredError"), ("mae", "MeanAbsoluteError"),
        ("MAE", "MeanAbsoluteError"), ("rmse", "RootMeanSquaredError"), ("acc", "Accuracy"),
        ("mean_squared_error", "MeanSquaredError"), ("BinaryAccuracy", "BinaryAccuracy"),
        ("top_k_categorical_accuracy", "TopKCategoricalAccuracy"),
    ],
)  # fmt: skip
def test_names(name: str, kind: str) -> None:
    assert type(metrics.get(name)).__name__ == kind


@pytest.mark.parametrize(
    ("true", "pred", "kind"),
    [
        ((32, 1), (32, 1), "BinaryAccuracy"),
        ((32,), (32, 1), "BinaryAccuracy"),
        ((32,), (32, 10), "SparseCategoricalAccuracy"),
        ((32, 1), (32, 10), "SparseCategoricalAccuracy"),
        ((32, 10), (32, 10), "CategoricalAccuracy"),
        ((None, 2), (None, 2), "CategoricalAccuracy"),
    ],
)
@pytest.mark.parametrize("name", ["accuracy", "acc", "Accuracy"])
def test_which_accuracy(true: Any, pred: Any, kind: str, name: str) -> None:
    metric = metrics.for_output(name, true, pred)
    assert (type(metric).__name__, metric.name) == (kind, name)


def test_the_key_is_the_string_that_was_given() -> None:
    assert metrics.for_output("MSE", (3, 1), (3, 1)).name == "MSE"
    assert metrics.for_output(metrics.MeanSquaredError, (3, 1), (3, 1)).name == "mean_squared_error"
    assert metrics.for_output(metrics.MeanSquaredError("m"), (3, 1), (3, 1)).name == "m"


def test_a_function_of_ones_own() -> None:
    def biggest(y_true: Any, y_pred: Any) -> Any:
        return np.max(np.abs(y_true - y_pred), axis=-1)

    metric = metrics.for_output(biggest, (2, 2), (2, 2))
    assert metric.name == "biggest"
    assert metric([[0, 0], [0, 0]], [[1, 2], [3, 4]]) == 3.0
    assert metrics.serialize(metric) == "biggest"
    assert metrics.for_output("biggest", (2, 2), (2, 2), {"biggest": biggest}).name == "biggest"


@pytest.mark.parametrize(
    ("name", "direction"),
    [("loss", "min"), ("val_loss", "min"), ("val_acc", "max"), ("accuracy", "max"),
     ("val_mae", "min"), ("RMSE", "min"), ("learning_rate", None), ("val_mine", None)],
)  # fmt: skip
def test_which_way_is_better(name: str, direction: str | None) -> None:
    assert metrics.direction_of(name) == direction
    known = [SimpleNamespace(name="mine", direction="max")]
    assert metrics.direction_of("val_mine", known) == "max"


@pytest.mark.parametrize(
    ("name", "true", "pred", "message"),
    [
        ("mse", (3, 1), (3, 2), r"targets of shape \(3, 1\) do not fit .* shape \(3, 2\)"),
        ("mse", (3,), (4,), r"targets of shape \(3,\) do not fit"),
        ("mae", (3,), (3, 3), r"targets of shape \(3,\) do not fit"),
        ("categorical_accuracy", (3,), (3, 2), "targets of shape"),
        ("sparse_categorical_accuracy", (3, 2), (3, 2),
         "for one-hot targets it is called categorical_accuracy$"),
        ("sparse_categorical_accuracy", (4,), (3, 2), r"shape \(3, 2\)$"),
    ],
)  # fmt: skip
def test_shapes_that_do_not_fit(name: str, true: Any, pred: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        metrics.get(name).update_state(np.zeros(true), np.zeros(pred))


def test_weights_that_do_not_fit() -> None:
    with pytest.raises(ValueError, match=r"sample_weight of shape \(2,\) does not fit 3 samples"):
        metrics.get("mse").update_state([1, 2, 3], [1, 2, 3], [1, 2])


def test_mistakes() -> None:
    with pytest.raises(ValueError, match=r"unknown metric 'acuracy': did you mean 'accuracy'\?"):
        metrics.get("acuracy")
    with pytest.raises(TypeError, match="metric: a name such as"):
        metrics.get(3)
    with pytest.raises(ValueError, match="threshold lies between 0 and 1, and 50 does not"):
        metrics.BinaryAccuracy(threshold=50)
    with pytest.raises(TypeError, match="a metric is a function"):
        metrics.MeanMetricWrapper("mse")  # type: ignore[arg-type]
