"""Chance, from one generator: starting weights, shuffling and dropout all draw from it.

>>> set_random_seed(0)
>>> first = generator().normal()
>>> set_random_seed(0)
>>> generator().normal() == first
True
"""

from __future__ import annotations

import operator
import random
from typing import Any

import numpy as np

__all__ = ["as_seed", "generator", "set_random_seed"]

_generator = np.random.default_rng()


def generator() -> np.random.Generator:
    """Return the generator that `nn` draws from; it is the same one for the whole program.

    Its place in the sequence can be kept and set: ``generator().bit_generator.state``.
    """
    return _generator


def set_random_seed(seed: int) -> None:
    """Start `nn`'s generator, Python's `random` and numpy's legacy one from this seed.

    Args:
        seed: an integer from 0 to 2³² - 1, which is what numpy's legacy generator takes.

    Raises:
        TypeError: not an integer.
        ValueError: outside that range.

    >>> set_random_seed(1)
    >>> round(float(np.random.rand()), 6)
    0.417022
    """
    seed = as_seed(seed)
    random.seed(seed)
    np.random.seed(seed)
    # in place, so that whoever holds the generator starts anew with everyone else
    _generator.bit_generator.state = np.random.default_rng(seed).bit_generator.state


def as_seed(seed: Any) -> int:
    """Return a seed as an int, or say what a seed is."""
    try:
        number = operator.index(seed)
    except TypeError:
        raise TypeError(f"a seed is an integer, not {seed!r:.60}") from None
    if not 0 <= number < 2**32:
        raise ValueError(f"a seed lies between 0 and 2**32 - 1, and {number} does not")
    return number
