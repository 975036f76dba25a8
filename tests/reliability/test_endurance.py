"""A short run of `python -m tests.reliability.endurance`."""

from __future__ import annotations

import gc
import itertools

import pytest

import autograd
from autograd import Value
from tests.reliability.endurance import (
    PYTHON_BOUND,
    TRAININGS,
    forgotten_structures,
    growth,
    moons_values,
)

SHORT = {moons_values: (6, 3), forgotten_structures: (24, 8)}


@pytest.mark.parametrize("training", TRAININGS, ids=lambda training: training.__name__)
def test_a_training_does_not_grow(training) -> None:
    steps, warm_up = SHORT.get(training, (200, 40))
    held, _, cyclic, where = growth(training, steps, warm_up)
    assert held < PYTHON_BOUND, where
    assert cyclic == 0


def test_gradients_are_no_part_of_a_cycle() -> None:
    x = [Value(float(i)) for i in range(50)]
    y = sum(a * b for a, b in itertools.pairwise(x))
    autograd.gradients(y, x)
    gc.collect()
    gc.disable()
    try:
        autograd.gradients(y, {"all": x, "some": (x[0],)})
        assert gc.collect() == 0
    finally:
        gc.enable()
