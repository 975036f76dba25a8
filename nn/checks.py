"""Is an argument a number, and one in its range? One wording for all of `nn`."""

from __future__ import annotations

import math
import operator
from numbers import Real
from typing import Any

import numpy as np

__all__ = ["as_float", "as_whole"]


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
    good = isinstance(number, Real) and not isinstance(number, bool)
    value = float(number) if good else math.nan
    if not math.isfinite(value) or not least <= value <= most or (below and value == most):
        if least == -math.inf:
            wanted = "finite number"
        elif most == math.inf:
            wanted = f"number of at least {least:g}"
        elif below:
            wanted = f"number of at least {least:g} and below {most:g}"
        else:
            wanted = f"number from {least:g} to {most:g}"
        raise ValueError(f"{where} is a {wanted}, not {number!r:.60}")
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
        raise ValueError(f"{where} is a whole number of at least {least}, not {number!r:.60}")
    return whole
