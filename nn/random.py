"""Chance, from one generator: starting weights, shuffling and dropout all draw from it.

>>> set_random_seed(0)
>>> first = generator().normal()
>>> set_random_seed(0)
>>> generator().normal() == first
True
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from autograd.formatting import shown
from nn.checks import index_or_none

__all__ = ["Chance", "as_seed", "generator", "set_random_seed", "set_state", "state_of"]

_generator = np.random.default_rng()


def generator() -> np.random.Generator:
    """Return the generator that `nn` draws from; it is the same one for the whole program.

    Its place in the sequence can be kept and set: `state_of` and `set_state`.
    """
    return _generator


def state_of(generator: np.random.Generator) -> dict[str, Any]:
    """Return the place of a PCG64 generator in its sequence, as JSON holds it.

    >>> at = state_of(generator())
    >>> first = generator().normal()
    >>> set_state(generator(), at)
    >>> generator().normal() == first
    True
    """
    state: Any = _of_pcg64(generator).bit_generator.state
    return {
        "bit_generator": state["bit_generator"],
        **state["state"],
        "has_uint32": state["has_uint32"],
        "uinteger": state["uinteger"],
    }


def set_state(generator: np.random.Generator, state: Any) -> None:
    """Set a PCG64 generator to a place in its sequence, as `state_of` returned it.

    Raises:
        ValueError: something that is no such state.
    """
    _of_pcg64(generator)
    limits = {"state": 2**128, "inc": 2**128, "has_uint32": 2, "uinteger": 2**32}
    if not isinstance(state, Mapping) or state.keys() != {"bit_generator", *limits}:
        raise ValueError(f"the state of a random generator is a dict, not {shown(state)}")
    numbers = {name: state[name] for name in limits}
    for name, number in numbers.items():
        if type(number) is not int or not 0 <= number < limits[name]:
            raise ValueError(
                f"{name} of a random generator is an integer below {limits[name]}, not "
                f"{shown(number)}"
            )
    if state["bit_generator"] != "PCG64" or not numbers["inc"] % 2:
        raise ValueError(f"this is not the state of a PCG64 generator: {shown(state)}")
    pair = {name: numbers.pop(name) for name in ("state", "inc")}
    generator.bit_generator.state = {"bit_generator": "PCG64", "state": pair, **numbers}


def _of_pcg64(generator: Any) -> np.random.Generator:
    if not isinstance(generator, np.random.Generator) or not isinstance(
        generator.bit_generator, np.random.PCG64
    ):
        raise TypeError(
            "generator is one that numpy.random.default_rng() makes, of the kind PCG64, not "
            f"{shown(generator)}"
        )
    return generator


class Chance:
    """Where `nn`'s generator, Python's `random` and numpy's legacy one stand, to go back there.

    Args:
        more: generators that are to go back, too.

    Raises:
        TypeError: `more` is no list of generators.

    >>> chance = Chance()
    >>> first = generator().normal(), random.random()
    >>> chance.restore()
    >>> (generator().normal(), random.random()) == first
    True
    """

    def __init__(self, more: Iterable[np.random.Generator] = ()) -> None:
        if isinstance(more, np.random.Generator) or not isinstance(more, Iterable):
            raise TypeError(f"more is a list of generators, not {shown(more)}")
        self._generators = []
        for each in (_generator, *more):
            if not isinstance(each, np.random.Generator):
                raise TypeError(f"more is a list of numpy.random.Generator, not of {shown(each)}")
            self._generators.append((each, each.bit_generator.state))
        self._python, self._legacy = random.getstate(), np.random.get_state()

    def has_moved(self) -> bool:
        """Tell whether something has been drawn from a numpy generator, the legacy one apart."""
        return any(each.bit_generator.state != state for each, state in self._generators)

    def restore(self) -> None:
        """Let all of them go on from where they stood."""
        for each, state in self._generators:
            each.bit_generator.state = state
        random.setstate(self._python)
        np.random.set_state(self._legacy)


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
    """Return a seed as an int.

    Raises:
        TypeError: it is no integer.
        ValueError: it does not lie between 0 and 2**32 - 1.
    """
    number = index_or_none(seed)
    if number is None:
        raise TypeError(f"a seed is an integer, not {shown(seed)}")
    if not 0 <= number < 2**32:
        raise ValueError(f"a seed lies between 0 and 2**32 - 1, and {shown(number)} does not")
    return number
