"""Medians, quartiles and ratios, and how they are written."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

BUSY = 0.5
"""The load average above which the numbers are not to be trusted, and say so."""


class Spread(NamedTuple):
    """The middle of some numbers and the quartiles around it."""

    lower: float
    median: float
    upper: float

    def scaled(self, factor: float) -> Spread:
        """Return the same in another unit."""
        return Spread(*(factor * number for number in self))


def spread(numbers: Sequence[float]) -> Spread:
    """Return median and quartiles."""
    lower, median, upper = np.quantile(numbers, [0.25, 0.5, 0.75]).tolist()
    return Spread(lower, median, upper)


def ratio(race: Mapping[str, Any] | None, of: str, to: str, times: float = 1.0) -> Spread | None:
    """Return the time of one contestant over that of another, round by round.

    The two of one round met the same machine: if it slows down for a while, for both.

    Args:
        race: what `benchmarks.race.race` returned, or None.
        of: the name of a contestant.
        to: the name of another.
        times: a factor on the time of the second.

    Returns:
        The ratios' spread over the rounds; None if one of them was not there.
    """
    contestants = race["contestants"] if race else {}
    if of not in contestants or to not in contestants:
        return None
    pairs = zip(contestants[of]["seconds"], contestants[to]["seconds"], strict=True)
    return spread([a / (times * b) for a, b in pairs])


def digits(number: float) -> str:
    """Return a number with three digits, grouped by thousands.

    >>> [digits(x) for x in (0.01234, 1.0, 56.78, 91234.5)]
    ['0.0123', '1.00', '56.8', '91,200']
    """
    if number == 0.0 or not math.isfinite(number):
        return f"{number:g}"
    number = float(f"{number:.3g}")
    places = 2 - math.floor(math.log10(abs(number)))
    return f"{number:,.{max(0, places)}f}"


def seconds(number: float) -> str:
    """Return a time in the unit that suits it.

    >>> [seconds(x) for x in (3.14e-8, 3.7e-5, 0.0125, 1.5, 90.0)]
    ['31.4 ns', '37.0 µs', '12.5 ms', '1.50 s', '90.0 s']
    """
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if number >= 0.9995 * size:
            return f"{digits(number / size)} {unit}"
    return f"{digits(number / 1e-9)} ns"


def between(found: Spread, write: Any = digits) -> str:
    """Return the quartiles as a range."""
    return f"{write(found.lower)} to {write(found.upper)}"
