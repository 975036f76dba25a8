"""Is an argument of the kind that is wanted, and in its range? One wording for all of `nn`."""

from __future__ import annotations

import math
from contextlib import suppress
from numbers import Real
from typing import Any

import numpy as np

from autograd import operands
from autograd.formatting import shown

__all__ = ["as_flag", "as_float", "as_name", "as_place", "as_whole", "index_or_none", "is_number",
           "refuse_mask"]  # fmt: skip


def is_number(number: Any) -> bool:
    """Tell whether this is a real number; Python counts its bools among them, numpy its spans.

    >>> [is_number(x) for x in (0.5, np.float32(2.0), True, np.timedelta64(1, "s"))]
    [True, True, False, False]
    """
    return isinstance(number, Real) and not isinstance(number, (bool, np.timedelta64))


def as_float(
    number: Any, where: str, least: float = -math.inf, most: float = math.inf, below: bool = False
) -> float:
    """Return a finite number from `least` to `most`, or just below it, as a float.

    Raises:
        ValueError: it is none; the message begins with `where`.

    >>> as_float(np.float32(0.5), "rate", 0, 1)
    0.5
    >>> as_float(1, "rho", 0, 1, below=True)
    Traceback (most recent call last):
        ...
    ValueError: rho is a number of at least 0 and below 1, not 1
    """
    if isinstance(number, np.ndarray) and not number.ndim:
        number = number.item()
    value = math.nan
    if is_number(number):
        with suppress(OverflowError, TypeError):  # 10**400, or a Real of somebody's own
            value = float(number)
    if not math.isfinite(value) or not least <= value <= most or (below and value == most):
        if least == -math.inf:
            wanted = "finite number"
        elif most == math.inf:
            wanted = f"number of at least {least:g}"
        elif below:
            wanted = f"number of at least {least:g} and below {most:g}"
        else:
            wanted = f"number from {least:g} to {most:g}"
        raise ValueError(f"{where} is a {wanted}, not {shown(number)}")
    return value


def as_whole(number: Any, where: str, least: int = 0) -> int:
    """Return a whole number of at least `least` as an int.

    Raises:
        ValueError: it is none; the message begins with `where`.

    >>> as_whole(2.5, "epochs")
    Traceback (most recent call last):
        ...
    ValueError: epochs is a whole number of at least 0, not 2.5
    """
    whole = index_or_none(number)
    if whole is None or whole < least:
        raise ValueError(f"{where} is a whole number of at least {least}, not {shown(number)}")
    return whole


def as_place(number: Any, where: str) -> int:
    """Return a whole number, which may be negative and count from the end, as an int.

    Raises:
        ValueError: it is none.

    >>> as_place(np.int64(-1), "axis")
    -1
    """
    place = index_or_none(number)
    if place is None:
        raise ValueError(f"{where} is a whole number, not {shown(number)}")
    return place


def index_or_none(number: Any) -> int | None:
    """Return a whole number as an int, and None for what is none; True and False are none."""
    if isinstance(number, bool):
        return None
    try:
        return operands.as_index(number)
    except TypeError:
        return None


def as_flag(answer: Any, where: str) -> bool:
    """Return True or False; 1, 0 and numpy's own are taken for them, and nothing else is.

    Raises:
        ValueError: something else, the text "False" for instance, which Python takes for true.

    >>> as_flag(np.True_, "use_bias"), as_flag(0, "use_bias")
    (True, False)
    """
    try:
        return operands.as_flag(answer, where)
    except TypeError as error:  # the same words, in nn's kind of error
        raise ValueError(str(error)) from None


def as_name(name: Any, where: str, instead: str) -> str:
    """Return a name, or the other one if None or an empty one was given.

    Raises:
        TypeError: no str.

    >>> as_name("x", "name", "loss"), as_name(None, "name", "loss")
    ('x', 'loss')
    """
    if name is None:
        return instead
    if not isinstance(name, str):
        raise TypeError(f"{where} is a str, not {shown(name)}")
    return name or instead


def refuse_mask(x: Any, where: str) -> None:
    """Raise a TypeError for a masked array: numpy would compute with what is behind the mask."""
    if isinstance(x, np.ma.MaskedArray):
        raise TypeError(f"{where} is a masked array: .filled(number) says what is behind the mask")
