"""One generator for everything, started by set_random_seed."""

from __future__ import annotations

import json
import random
from typing import Any

import numpy as np
import pytest

from nn.random import generator, set_random_seed, set_state, state_of


def draw() -> list[float]:
    return [float(generator().normal()), random.random(), float(np.random.rand())]


def test_same_seed_same_numbers_from_all_three() -> None:
    set_random_seed(7)
    first = draw()
    assert draw() != first
    set_random_seed(7)
    assert draw() == first
    set_random_seed(8)
    assert all(a != b for a, b in zip(draw(), first, strict=True))


def test_pythons_and_numpys_are_seeded_as_their_users_would() -> None:
    set_random_seed(3)
    numbers = random.random(), np.random.rand()
    random.seed(3)
    np.random.seed(3)
    assert numbers == (random.random(), np.random.rand())


def test_whoever_holds_the_generator_starts_anew() -> None:
    held = generator()
    set_random_seed(1)
    first = held.normal()
    set_random_seed(1)
    assert generator() is held
    assert held.normal() == first


def test_its_place_can_be_kept_and_set() -> None:
    generator().integers(0, 9, dtype="uint32")  # half of a number is left over
    state = json.loads(json.dumps(state_of(generator())))
    first = generator().normal(), generator().integers(0, 9, dtype="uint32")
    set_state(generator(), state)
    assert (generator().normal(), generator().integers(0, 9, dtype="uint32")) == first


def test_numpy_integers_are_seeds() -> None:
    set_random_seed(np.int64(5))
    first = draw()
    set_random_seed(5)
    assert draw() == first


@pytest.mark.parametrize("seed", [1.0, "1", None, [1]])
def test_what_is_no_integer(seed: Any) -> None:
    with pytest.raises(TypeError, match="a seed is an integer, not"):
        set_random_seed(seed)


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_out_of_range(seed: int) -> None:
    with pytest.raises(ValueError, match="a seed lies between"):
        set_random_seed(seed)
