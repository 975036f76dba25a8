"""`vectorize`: a function of one sample, mapped over a data set.

The function is called for every sample while it is recorded, and the compiler finds that
all samples go through the same instructions.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd import array_functions
from autograd.compiler.compiled import Compiled
from autograd.formatting import shown
from autograd.graph import Node

__all__ = ["vectorize"]


def vectorize(f: Callable[..., Any], in_axes: Any = 0, *, max_recordings: int = 8) -> Compiled:
    """Map a function of one sample over the first axis of its arguments.

    Args:
        f: a function of one sample, written with ordinary arithmetic; it returns a number,
            an array, or a list, tuple or dict of them.
        in_axes: 0 for an argument that has a row, or a number, for each sample, None for one
            that all samples share; or a tuple of these, one for each argument.
        max_recordings: how many programs are kept, see `compile`.

    Returns:
        A compiled function; each of its results is a Tensor whose first axis is the samples.

    Raises:
        TypeError: f is no function, or returns nothing; an argument has no samples.
        ValueError: arguments with unequal numbers of samples, in_axes that do not fit.

    >>> from autograd import Tensor
    >>> def distance(x, y):
    ...     return ((x[0] - y[0]) ** 2 + (x[1] - y[1]) ** 2) ** 0.5
    >>> points = np.array([[0.0, 0.0], [3.0, 4.0], [6.0, 8.0], [0.0, 1.0]])
    >>> vectorize(distance, in_axes=(0, None))(Tensor(points), [0.0, 0.0])
    Tensor([ 0.,  5., 10.,  1.])
    """
    if not callable(f) or isinstance(f, Node):
        raise TypeError(f"vectorize takes a function, not {shown(f)}")
    name = getattr(f, "__name__", None) or shown(f)

    @functools.wraps(f)
    def over_samples(*args: Any, **kwargs: Any) -> Any:
        axes = _axes(in_axes, len(args), name)
        count = _count(args, axes, name)
        results = []
        for i in range(count):
            sample = [arg if axis is None else arg[i] for arg, axis in zip(args, axes, strict=True)]
            results.append(f(*sample, **kwargs))
        try:
            return _stacked(results, name)
        except RecursionError:
            raise ValueError(
                f"vectorize: {name} returned lists that are nested too deep, or contain themselves"
            ) from None

    return Compiled(over_samples, max_recordings)


def _axes(in_axes: Any, count: int, name: str) -> Sequence[Any]:
    axes = in_axes if isinstance(in_axes, (list, tuple)) else (in_axes,) * count
    if len(axes) != count:
        raise ValueError(
            f"in_axes={shown(in_axes)} is for {len(axes)} arguments, and {name} was called with "
            f"{count}"
        )
    for axis in axes:
        if axis is not None and (axis.__class__ is not int or axis != 0):
            raise ValueError(
                f"in_axes is 0, for an argument with a row for each sample, or None, for one that "
                f"all samples share, not {shown(axis)}"
            )
    return axes


_HAVING_SAMPLES: Any = (list, tuple, np.ndarray, Node)


def _count(args: Sequence[Any], axes: Sequence[Any], name: str) -> int:
    counts = {}
    for i, (arg, axis) in enumerate(zip(args, axes, strict=True), 1):
        if axis is None:
            continue
        try:
            if not isinstance(arg, _HAVING_SAMPLES):
                raise TypeError
            counts[i] = len(arg)
        except TypeError:
            raise TypeError(
                f"argument {i} of {name} has no samples: it is neither a list nor an array of "
                f"them, but {shown(arg)}; give in_axes=None for one that all samples share"
            ) from None
    if not counts:
        raise ValueError(f"vectorize: no argument of {name} has samples, by in_axes")
    if len(set(counts.values())) > 1:
        told = ", ".join(f"argument {i} has {count}" for i, count in counts.items())
        raise ValueError(f"{name} takes as many samples of each argument: {told}")
    (count,) = set(counts.values())
    if not count:
        raise ValueError(f"vectorize: {name} was given no samples")
    return count


def _stacked(results: Sequence[Any], name: str) -> Any:
    """Return the samples' results as one, in the structure that each of them has."""
    first = results[0]
    if first is None:
        raise TypeError(f"vectorize: {name} returned None; did it forget to return its result?")
    if isinstance(first, (list, tuple)):
        if any(not isinstance(r, (list, tuple)) or len(r) != len(first) for r in results):
            kind = type(first).__name__
            raise ValueError(f"vectorize: {name} returned {kind}s of unequal lengths")
        parts = [_stacked(part, name) for part in zip(*results, strict=True)]
        if hasattr(first, "_fields"):
            return type(first)(*parts)
        return parts if isinstance(first, list) else tuple(parts)
    if isinstance(first, dict):
        if any(not isinstance(r, dict) or r.keys() != first.keys() for r in results):
            raise ValueError(f"vectorize: {name} returned dicts with unequal keys")
        return {key: _stacked([result[key] for result in results], name) for key in first}
    try:
        stacked = array_functions.stack(list(results))
    except (TypeError, ValueError) as error:
        raise type(error)(f"vectorize: {name} returned what does not stack: {error}") from None
    return stacked if isinstance(stacked, Node) else np.asarray(stacked)
