"""How an array is written in a picture: its shape, a summary, and its numbers if they are few.

A picture has room for a handful of numbers.  An array with more of them is told by its norm,
the size that a gradient is judged by, and by its smallest and largest element; elements that
are nan or infinite are counted, because no summary may hide them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd import default_dtype
from autograd.formatting import significant

__all__ = ["MOST_NUMBERS", "extent", "inline", "kind", "norm", "number", "numbers", "shape",
           "summary"]  # fmt: skip

MOST_NUMBERS = 6
"""An array with more elements is summarized."""

_LONGEST_INLINE = 24

Array = np.ndarray[Any, Any]


def shape(lengths: Sequence[int]) -> str:
    """Write a shape: ``3×4``, ``5`` for one axis, ``()`` for none.

    >>> shape((3, 4)), shape((5,)), shape(())
    ('3×4', '5', '()')
    """
    return "×".join(map(str, lengths)) or "()"


def kind(array: Array) -> str:
    """Write a shape, and the dtype if it is not the default one.

    >>> kind(np.zeros((3, 4))), kind(np.zeros(5, dtype="float32"))
    ('3×4', '5 float32')
    """
    name = "" if array.dtype == default_dtype() else f" {array.dtype}"
    return shape(array.shape) + name


def number(value: Any) -> str:
    """Write a number as people do, in at most four significant digits: 2, 0.5, 3.142."""
    return f"{float(value) + 0.0:.4g}"  # + 0.0: a zero has no sign here


def numbers(array: Array) -> tuple[tuple[str, ...], ...]:
    """Write the elements row by row, an array of one axis as one row; () if they are too many.

    >>> numbers(np.array([[1.0, 0.5], [-2.0, 0.0]]))
    (('1', '0.5'), ('-2', '0'))
    """
    if not 1 <= array.size <= MOST_NUMBERS:
        return ()
    length = array.shape[-1] if array.ndim else 1
    return tuple(tuple(map(number, row)) for row in array.reshape(-1, length))


def inline(array: Array, most: int = MOST_NUMBERS) -> str:
    """Write at most so many elements in one line, with a bracket for each axis; else nothing.

    >>> inline(np.array([[1.0, 0.5], [-2.0, 0.0]])), inline(np.arange(100.0))
    ('[[1 0.5] [-2 0]]', '')
    """
    text = _bracketed(array.tolist()) if array.size <= most else ""
    return text if len(text) <= _LONGEST_INLINE else ""


def _bracketed(elements: Any) -> str:
    if not isinstance(elements, list):
        return number(elements)
    return f"[{' '.join(map(_bracketed, elements))}]"


def norm(array: Array) -> float:
    """Return the Euclidean norm of all the elements, without overflow.

    >>> norm(np.array([3.0, -4.0])), norm(np.full(4, 1e200))
    (5.0, 2e+200)
    """
    if not array.size:
        return 0.0
    sizes = np.abs(array.astype(float))
    largest = float(sizes.max())
    if largest == 0.0 or not math.isfinite(largest):
        return largest
    exponent = math.frexp(largest)[1]  # scaling by a power of two rounds nothing
    scaled = math.sqrt(float(np.square(np.ldexp(sizes, -exponent)).sum()))
    return float(np.ldexp(scaled, exponent))


def extent(array: Array) -> str:
    """Write the smallest and the largest element, and how many are nan or infinite.

    What is the same in four digits is written once.

    >>> extent(np.array([0.25, 0.1, 0.2])), extent(np.array([2.0, 2.0]))
    ('0.1 … 0.25', 'all 2')
    >>> extent(np.array([1.0, np.nan, 3.0]))
    '1 … 3, 1 nan'
    """
    parts = []
    finite = array[np.isfinite(array)]
    if finite.size:
        low, high = number(finite.min()), number(finite.max())
        one = low if finite.size < array.size else f"all {low}"
        parts.append(one if low == high else f"{low} … {high}")
    for name, found in (("nan", np.isnan(array)), ("inf", np.isinf(array))):
        if found.any():
            parts.append(f"{int(found.sum()):,} {name}")
    return ", ".join(parts)


def summary(array: Array) -> str:
    """Write an array in a line: a single number, or the norm and the extent.

    >>> summary(np.array([3.0, -4.0])), summary(np.array([[2.0]]))
    ('norm 5.000, -4 … 3', '2.000')
    >>> summary(np.array([True, False, True]))
    '2 of 3 true'
    """
    if array.size == 0:
        return "no elements"
    if array.dtype == bool:
        return f"{int(array.sum()):,} of {array.size:,} true"
    if array.size == 1:
        return significant(float(array.reshape(())))
    return f"norm {significant(norm(array))}, {extent(array)}"
