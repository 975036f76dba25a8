"""Schedules against numbers of Keras 3.15.1 (float32), at the edges, and as configs."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from nn.optimizers import schedules
from nn.optimizers.schedules import CosineDecay, ExponentialDecay, PiecewiseConstantDecay

STEPS = (0, 1, 3, 4, 5, 9, 10, 11, 20, 25, 30)
KERAS: dict[str, Any] = {
    "exponential": (
        ExponentialDecay(0.1, 10, 0.5),
        [0.1, 0.0933033, 0.0812252, 0.0757858, 0.0707107, 0.0535887, 0.05, 0.0466517, 0.025,
         0.0176777, 0.0125],
    ),
    "staircase": (
        ExponentialDecay(0.1, 10, 0.5, staircase=True),
        [0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.05, 0.05, 0.025, 0.025, 0.0125],
    ),
    "piecewise": (
        PiecewiseConstantDecay([3, 10], [0.1, 0.05, 0.01]),
        [0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.05, 0.01, 0.01, 0.01, 0.01],
    ),
    "cosine": (
        CosineDecay(0.1, 20, alpha=0.1),
        [0.1, 0.099446, 0.0950953, 0.0914058, 0.0868198, 0.0620396, 0.055, 0.0479604, 0.01, 0.01,
         0.01],
    ),
    "warm-up": (
        CosineDecay(0.01, 20, alpha=0.1, warmup_target=0.2, warmup_steps=5),
        [0.01, 0.048, 0.124, 0.162, 0.2, 0.1828115, 0.1736396, 0.1629007, 0.0463604, 0.02, 0.02],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", KERAS)
def test_against_keras(name: str) -> None:
    schedule, expected = KERAS[name]
    found = [schedule(step) for step in STEPS]
    assert found == pytest.approx(expected, rel=1e-5, abs=1e-8)
    assert all(type(rate) is float for rate in found)


@pytest.mark.parametrize("name", KERAS)
def test_config_there_and_back(name: str) -> None:
    schedule = KERAS[name][0]
    config: Any = schedules.serialize(schedule)
    assert config["class_name"] == type(schedule).__name__
    again = schedules.deserialize(config)
    assert again.get_config() == schedule.get_config()
    assert [again(step) for step in STEPS] == [schedule(step) for step in STEPS]


def test_a_warm_up_of_no_steps() -> None:
    assert CosineDecay(0.1, 10, warmup_target=0.5, warmup_steps=0)(0) == 0.5
    # without a target there is none, whatever its steps
    assert CosineDecay(0.1, 10, warmup_steps=5)(0) == 0.1


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ExponentialDecay(0.1, 0, 0.5), "decay_steps is a positive number of steps"),
        (lambda: CosineDecay(0.1, -1), "decay_steps is a positive number of steps"),
        (lambda: ExponentialDecay(-0.1, 1, 0.5), "initial_learning_rate is a number of at least 0"),
        (lambda: ExponentialDecay("0.1", 1, 0.5), "initial_learning_rate is a number"),
        (lambda: CosineDecay(math.inf, 1), "initial_learning_rate is a number"),
        (lambda: CosineDecay(0.1, 1, warmup_target="x"), "warmup_target is a number"),
        (lambda: PiecewiseConstantDecay([1], [0.1]), "1 boundaries part 2 values, not 1"),
        (lambda: PiecewiseConstantDecay([2, 1], [3, 2, 1]), r"boundaries ascend, and \[2.0, 1.0\]"),
        (lambda: schedules.get({"class_name": "CosinDecay"}), "did you mean 'cosine_decay'"),
    ],
)
def test_mistakes(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("thing", ["cosine_decay", CosineDecay])
def test_a_schedule_needs_its_arguments(thing: Any) -> None:
    with pytest.raises(TypeError, match="give the object, not"):
        schedules.get(thing)


def test_a_schedule_of_ones_own() -> None:
    class Inverse(schedules.LearningRateSchedule):
        def __call__(self, step: int) -> float:
            return 1.0 / (1 + step)

    mine = Inverse()
    assert schedules.get(mine) is mine
    with pytest.raises(NotImplementedError, match=r"Inverse has no get_config"):
        schedules.serialize(mine)


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda n: ExponentialDecay(n, 1, 0.5), "initial_learning_rate"),
        (lambda n: ExponentialDecay(0.1, 1, n), "decay_rate"),
        (lambda n: PiecewiseConstantDecay([1], [0.1, n]), "a value"),
        (lambda n: CosineDecay(n, 1), "initial_learning_rate"),
        (lambda n: CosineDecay(0.1, 1, alpha=n), "alpha"),
        (lambda n: CosineDecay(0.1, 1, warmup_target=n), "warmup_target"),
        (lambda n: CosineDecay(0.1, 1, warmup_steps=n), "warmup_steps"),
    ],
)
def test_numbers_of_at_least_0(make: Any, name: str) -> None:
    assert make(0)(0) >= 0.0
    with pytest.raises(ValueError, match=f"^{name} is a number of at least 0, not -0.5"):
        make(-0.5)


@pytest.mark.parametrize(
    ("schedule", "steps"),
    [
        (KERAS["exponential"][0], ["3", None, 10**400, np.array([1.0, 2.0])]),
        (KERAS["staircase"][0], ["3", math.nan, math.inf, 10**400]),
        (KERAS["piecewise"][0], ["3", None, np.array([1.0, 2.0]), Decimal("sNaN")]),
        (KERAS["cosine"][0], ["3", None, -math.inf, 10**400]),
        (KERAS["warm-up"][0], ["3", None, np.array([1.0, 2.0]), 10**400]),
    ],
)
def test_what_is_no_step(schedule: Any, steps: list[Any]) -> None:
    for step in steps:
        with pytest.raises(ValueError, match=r"^step is the number of a step, from 0, not "):
            schedule(step)


def test_defaults_are_those_of_keras() -> None:
    assert ExponentialDecay(0.1, 10, 0.5).get_config() == {
        "initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.5, "staircase": False,
        "name": "ExponentialDecay",
    }  # fmt: skip
    assert CosineDecay(0.1, 10).get_config() == {
        "initial_learning_rate": 0.1, "decay_steps": 10, "alpha": 0.0, "name": "CosineDecay",
        "warmup_target": None, "warmup_steps": 0,
    }  # fmt: skip
    assert PiecewiseConstantDecay([], [0.1]).name == "PiecewiseConstant"


def test_lists_of_boundaries_and_values() -> None:
    schedule = PiecewiseConstantDecay(np.array([3, 10]), np.array([0.1, 0.05, 0.01]))
    assert schedule.get_config() == KERAS["piecewise"][0].get_config()
    for wrong in (3, "3", {3: 10}, np.array(3), np.array([[3, 10]])):
        with pytest.raises(TypeError, match=r"^boundaries is a list of numbers, not "):
            PiecewiseConstantDecay(wrong, [0.1, 0.05, 0.01])
