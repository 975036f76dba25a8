"""Some elements of an array, wanted in a certain arrangement: a view of it if there is one.

The numbers that an operation needs stand somewhere in an array that was computed before.
If their places form a regular pattern, numpy reads them where they are: all of a matrix,
some rows, a transpose.  Otherwise they are gathered by a list of their places.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd import array_primitives as rows

__all__ = ["element", "view"]

Places = np.ndarray[Any, np.dtype[np.int64]]


def element(trace: Any, symbol: Any, place: int) -> Any:
    """Return one element as a number, by its place in the flattened array."""
    return trace.element(symbol, tuple(int(i) for i in np.unravel_index(place, symbol.shape)))


def view(trace: Any, symbol: Any, places: Places) -> Any:
    """Return the elements at `places`, as an array that broadcasts to the shape of `places`."""
    shape = []
    for axis, length in enumerate(places.shape):
        if length > 1 and (places == (first := places.take([0], axis))).all():
            places = first
        shape.append(places.shape[axis])
    while shape and shape[0] == 1:
        del shape[0]
    wanted = places.reshape([length for length in shape if length > 1])
    if not wanted.ndim:
        return element(trace, symbol, int(places.flat[0]))
    found = _regular(trace, symbol, wanted)
    if found is None:
        found = trace.apply_array(rows.getitem, _flat(trace, symbol), index=wanted)
    return _reshaped(trace, found, tuple(shape))


def _reshaped(trace: Any, symbol: Any, shape: tuple[int, ...]) -> Any:
    if symbol.shape == shape:
        return symbol
    return trace.apply_array(rows.reshape, symbol, shape=shape)


def _flat(trace: Any, symbol: Any) -> Any:
    return _reshaped(trace, symbol, (math.prod(symbol.shape),))


def _regular(trace: Any, symbol: Any, places: Places) -> Any:
    """Return the elements without gathering them, or None."""
    start = int(places.flat[0])
    steps = [
        int(places[(0,) * axis + (1,) + (0,) * (places.ndim - axis - 1)]) - start
        for axis in range(places.ndim)
    ]
    grid = np.full((), start)
    for axis, (step, length) in enumerate(zip(steps, places.shape, strict=True)):
        ahead = places.ndim - axis - 1
        grid = grid + (step * np.arange(length)).reshape((length,) + (1,) * ahead)
    if any(step <= 0 for step in steps) or not np.array_equal(grid, places):
        return None
    if places.size == math.prod(symbol.shape) and np.array_equal(
        places.ravel(), np.arange(places.size)
    ):
        return _reshaped(trace, symbol, places.shape)
    found = _sliced(trace, symbol, start, steps, places.shape)
    return _cut(trace, symbol, start, steps, places.shape) if found is None else found


def _sliced(
    trace: Any, symbol: Any, start: int, steps: list[int], lengths: tuple[int, ...]
) -> Any:
    """Return ``symbol[a:b, ::c].T`` or the like, if each wanted axis lies along one of its."""
    strides = [math.prod(symbol.shape[axis + 1 :]) for axis in range(len(symbol.shape))]
    origin = [int(i) for i in np.unravel_index(start, symbol.shape)]
    index: list[Any] = list(origin)
    order: list[int] = []  # the axes of the array, in the order in which they are wanted
    for step, length in zip(steps, lengths, strict=True):
        for axis, stride in enumerate(strides):
            hop, rest = divmod(step, stride)
            fits = origin[axis] + hop * (length - 1) < symbol.shape[axis]
            if not rest and hop and fits and axis not in order:
                index[axis] = _slice(origin[axis], hop, length, symbol.shape[axis])
                order.append(axis)
                break
        else:
            return None
    found = symbol
    if any(part != slice(None) for part in index):
        while index and index[-1] == slice(None):
            del index[-1]
        found = trace.apply_array(rows.getitem, symbol, index=tuple(index))
    ranks = tuple(sorted(order).index(axis) for axis in order)
    if ranks != tuple(range(len(ranks))):
        found = trace.apply_array(rows.transpose, found, axes=ranks)
    return found


def _slice(start: int, step: int, length: int, size: int) -> slice:
    stop = start + step * (length - 1) + 1
    return slice(start or None, None if stop + step > size else stop, step if step > 1 else None)


def _cut(
    trace: Any, symbol: Any, start: int, steps: list[int], lengths: tuple[int, ...]
) -> Any:
    """Return a part of the flattened array as a matrix of whole rows, or columns of it."""
    flat, size = _flat(trace, symbol), math.prod(symbol.shape)
    if len(lengths) == 1:
        index = (_slice(start, steps[0], lengths[0], size),)
        return trace.apply_array(rows.getitem, flat, index=index)
    if len(lengths) != 2 or steps[1] != 1 or lengths[1] > steps[0]:
        return None
    count, width = lengths[0], steps[0]
    first = max(0, start + count * width - size)  # the last row has to be a whole one
    if first > start or first + lengths[1] > width:
        return None
    begin = start - first
    index = (_slice(begin, 1, count * width, size),)
    part = trace.apply_array(rows.getitem, flat, index=index) if index != (slice(None),) else flat
    table = _reshaped(trace, part, (count, width))
    if width == lengths[1]:
        return table
    columns = (slice(None), _slice(first, 1, lengths[1], width))
    return trace.apply_array(rows.getitem, table, index=columns)
