"""The two numbers that everything in `nn` agrees on: the type of weights, and a small epsilon."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np

from autograd.formatting import shown

__all__ = ["epsilon", "floatx", "set_floatx"]

_FLOATS = ("float32", "float64")
_floatx = "float32"


def floatx() -> str:
    """Return the name of the type that new weights and data have: "float32" unless set.

    >>> floatx()
    'float32'
    """
    return _floatx


def set_floatx(value: Any) -> None:
    """Let weights and data be "float32" or "float64" from now on; what exists stays as it is.

    Raises:
        ValueError: another type.

    >>> set_floatx("float64")
    >>> floatx()
    'float64'
    >>> set_floatx("float32")
    """
    global _floatx
    _floatx = as_floatx(value, "floatx")


def as_floatx(value: Any, where: str) -> str:
    """Return the name of a float type that was given as a name, a numpy type or a dtype."""
    name = ""
    if isinstance(value, (str, type, np.dtype)):  # what has a dtype, a Tensor, is none itself
        with suppress(TypeError, ValueError):
            name = np.dtype(value).name
    if name not in _FLOATS:
        raise ValueError(f"{where} is 'float32' or 'float64', not {shown(value)}")
    return name


def epsilon() -> float:
    """Return 1e-7, what keeps a division or a logarithm away from zero.

    >>> epsilon()
    1e-07
    """
    return 1e-7
