"""What was given to a function, checked before anything is done with it."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from autograd.formatting import shown

__all__ = ["attribute", "choice", "items_of", "names_of", "number"]


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


def names_of(names: Iterable[str], wanted: str) -> list[str]:
    """Return two names, of the two axes; ValueError if they are not two."""
    found: list[Any] = []
    if not isinstance(names, (str, bytes)):
        for name in items_of(names, wanted):
            found.append(name)
            if len(found) > 2:
                break
    if len(found) != 2 or not all(isinstance(name, str) for name in found):
        raise ValueError(f"{wanted}, not {shown(names)}")
    return found
