"""What was given to a function, checked before anything is done with it."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from itertools import islice
from typing import Any

from autograd.formatting import shown
from autograd.operands import is_whole

__all__ = ["attribute", "choice", "exactly", "items_of", "number", "two_names", "whole"]


def choice(value: Any, name: str, known: Collection[str]) -> str:
    """Return an argument that is one of a few words; ValueError if it is another.

    >>> choice("LR", "direction", ("LR", "TB"))
    'LR'
    """
    if isinstance(value, str) and value in known:
        return value
    raise ValueError(f"{name} must be one of {', '.join(known)}, got {shown(value)}")


def attribute(thing: Any, name: str) -> Any:
    """Return an attribute, by which it is told what something is; None if it has none."""
    try:
        return getattr(thing, name, None)
    except Exception:  # whatever looking at it raises, it is not what is asked for
        return None


def number(value: Any, name: str) -> float:
    """Return an argument that is a finite number; TypeError or ValueError if it is none."""
    try:
        found = math.nan if isinstance(value, (str, bytes)) else float(value)
    except Exception as error:
        raise TypeError(f"{name} is a number, not {shown(value)}") from error
    if not math.isfinite(found):
        raise ValueError(f"{name} is a finite number, not {shown(value)}")
    return found


def whole(number: Any, name: str, low: int, high: int) -> int:
    """Return a whole number of a range; ValueError if it is none."""
    good = is_whole(number) and not isinstance(number, bool)
    if not good or not low <= number <= high:
        raise ValueError(f"{name} is a whole number from {low} to {high}, not {shown(number)}")
    return int(number)


def items_of(things: Any, wanted: str) -> Iterator[Any]:
    """Yield what an argument holds; TypeError if it holds nothing, or fails on the way.

    Args:
        things: what was given.
        wanted: what is asked for, such as "metrics is a list of names".
    """
    try:
        iterator = iter(things)
    except Exception as error:
        raise TypeError(f"{wanted}, not {shown(things)}") from error
    while True:
        try:
            item = next(iterator)
        except StopIteration:
            return
        except Exception as error:
            raise TypeError(f"{wanted}, and this one fails: {type(error).__name__}") from error
        yield item


def exactly(count: int, things: Any, wanted: str) -> list[Any]:
    """Return what an argument holds, which is no text; ValueError if it is not that many.

    >>> exactly(2, (0.5, 1.5), "ends is a pair of numbers")
    [0.5, 1.5]
    """
    if not isinstance(things, (str, bytes)):
        found = list(islice(items_of(things, wanted), count + 1))  # it may be endless
        if len(found) == count:
            return found
    raise ValueError(f"{wanted}, not {shown(things)}")


def two_names(names: Any, wanted: str) -> list[str]:
    """Return the names of the two axes; ValueError if they are not two texts."""
    found = exactly(2, names, wanted)
    if not all(isinstance(name, str) for name in found):
        raise ValueError(f"{wanted}, not {shown(names)}")
    return found
