"""Is an argument of the kind that is wanted, and in its range? One wording for all of `nn`."""

from __future__ import annotations

import math
import operator
import os
from contextlib import suppress
from numbers import Real
from typing import Any

import numpy as np

from autograd.formatting import shown

__all__ = ["as_flag", "as_float", "as_name", "as_place", "as_whole", "require_memory"]


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
    if isinstance(number, Real) and not isinstance(number, bool):
        with suppress(OverflowError, TypeError):  # 10**400; numpy counts time spans as numbers
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
    try:
        whole = operator.index(number)
    except TypeError:
        whole = least - 1
    if whole < least or isinstance(number, bool):
        raise ValueError(f"{where} is a whole number of at least {least}, not {shown(number)}")
    return whole


def as_place(number: Any, where: str) -> int:
    """Return a whole number, which may be negative and count from the end, as an int."""
    try:
        place = operator.index(number)
    except TypeError:
        place = None
    if place is None or isinstance(number, bool):
        raise ValueError(f"{where} is a whole number, not {shown(number)}")
    return place


def as_flag(answer: Any, where: str) -> bool:
    """Return True or False; 1, 0 and numpy's own are taken for them, and nothing else is.

    Raises:
        ValueError: something else, the text "False" for instance, which Python takes for true.

    >>> as_flag(np.True_, "use_bias"), as_flag(0, "use_bias")
    (True, False)
    """
    number = isinstance(answer, (bool, int, np.bool_, np.integer))
    if not number or answer not in (0, 1):
        raise ValueError(f"{where} is True or False, not {shown(answer)}")
    return bool(answer)


def as_name(name: Any, where: str, instead: str) -> str:
    """Return a name, or the other one if None was given.

    Raises:
        TypeError: no str.
    """
    if name is None:
        return instead
    if not isinstance(name, str):
        raise TypeError(f"{where} is a str, not {shown(name)}")
    return name or instead


def require_memory(numbers: int, where: str, each: int = 8) -> None:
    """Refuse more numbers than fit into the memory of this machine, before one of them is made.

    Linux grants such arrays all the same, and ends the program when they are written to.

    Args:
        numbers: how many there are to be.
        where: what holds them, for the message.
        each: how many bytes one of them takes.

    >>> require_memory(10**15, "the kernel")
    Traceback (most recent call last):
        ...
    ValueError: the kernel would hold 1,000,000,000,000,000 numbers, which is more than fits into
    the memory of this machine
    """
    if numbers * each > _memory():
        count = f"{numbers:,}" if numbers < 10**30 else "far too many"
        raise ValueError(
            f"{where} would hold {count} numbers, which is more than fits into the memory of "
            "this machine"
        )


def _memory() -> int:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # Windows grants what there is, and no more
        return 2**48
