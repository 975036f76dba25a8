"""The two floating-point types that a Tensor may have, and which one is the default."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np

from autograd.formatting import shown

__all__ = ["computing_dtype", "default_dtype", "float_dtype", "has_numbers", "set_default_dtype"]

FLOAT32, FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)

_default = FLOAT64


def float_dtype(dtype: Any) -> np.dtype[Any]:
    """Return a dtype, or the name of one, as float32 or float64.

    Raises:
        TypeError: it is neither.

    >>> float_dtype("float32")
    dtype('float32')
    """
    found: np.dtype[Any] = np.dtype(object)
    if isinstance(dtype, (str, type, np.dtype)):
        with suppress(TypeError, ValueError):  # numpy knows no such name
            found = np.dtype(dtype)
    if found not in (FLOAT32, FLOAT64):
        raise TypeError(f"a Tensor is of dtype float32 or float64, not {shown(dtype)}")
    return found


def computing_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return what numbers of a dtype are computed in: float16 in float32, ints in float64.

    >>> computing_dtype(np.dtype("float16")), computing_dtype(np.dtype("uint8"))
    (dtype('float32'), dtype('float64'))
    """
    if dtype.kind == "f" and dtype.itemsize <= 8:
        return dtype if dtype.itemsize >= 4 else FLOAT32
    return FLOAT64


def has_numbers(array: Any) -> bool:
    """Tell whether this is an array, or a number, of numpy with real numbers and no mask.

    >>> has_numbers(np.arange(3)), has_numbers(np.array("a")), has_numbers(np.ma.array([1.0]))
    (True, False, False)
    """
    ours = isinstance(array, (np.ndarray, np.generic)) and array.dtype.kind in "fiub"
    return ours and not isinstance(array, np.ma.MaskedArray)


def default_dtype() -> np.dtype[Any]:
    """Return the dtype that numbers, lists and ints become in a Tensor."""
    return _default


def set_default_dtype(dtype: Any) -> None:
    """Set the dtype that numbers, lists and ints become in a Tensor: float64 unless set.

    Args:
        dtype: ``"float32"`` or ``"float64"``, or numpy's type of that name.

    Raises:
        TypeError: another dtype.

    >>> from autograd import Tensor
    >>> set_default_dtype("float32")
    >>> Tensor([1, 2]).dtype
    dtype('float32')
    >>> set_default_dtype("float64")
    """
    global _default
    _default = float_dtype(dtype)
