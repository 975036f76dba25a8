"""The array primitives as functions, with numpy's names and arguments.

Each takes Tensors, ndarrays, Values, numbers and nested lists of numbers; with plain
arguments it gives a plain ndarray, so that one function serves for computing and for
differentiating.  What the functions do here is to settle the arguments (which axes, which
shape); the formulas stand in `array_primitives.py`.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from contextlib import suppress
from functools import reduce
from typing import Any

import numpy as np

from autograd import array_primitives as rows
from autograd import contexts, primitives
from autograd.array_primitives import NUMPY, without
from autograd.formatting import shown
from autograd.graph import Node
from autograd.operands import MOST_AXES, as_array, as_flag, as_index, as_number
from autograd.operations import apply, apply_array

__all__ = [
    "argmax", "argmin", "broadcast_to", "clip", "concatenate", "cumsum", "einsum",
    "expand_dims", "log_softmax", "logsumexp", "matmul", "max", "mean", "min", "norm", "outer",
    "pad", "prod", "ravel", "reshape", "softmax", "split", "squeeze", "stack", "std",
    "swapaxes", "take", "transpose", "var",
]  # fmt: skip

Axis = int | Sequence[int] | None


# --- what is given ------------------------------------------------------------------------


def as_operand(x: Any, where: str) -> Any:
    """Return a Tensor or ndarray as it is, and anything else as one of them."""
    if x.__class__ is np.ndarray and x.dtype.kind in "fiub":
        return x
    if isinstance(x, Node):
        if x._is_array:
            return x
        # a Value: an array without axes
        return apply_array(rows.reshape, apply_array(rows.stack, x, axis=0), shape=())
    if isinstance(x, (list, tuple)) and any(isinstance(part, Node) for part in x):
        return _stacked(x, 0, where)
    return as_array(x, where)


def _axis(axis: Any, ndim: int, where: str) -> int:
    try:
        number = as_index(axis)
    except TypeError:
        raise TypeError(f"{where}: an axis is a whole number, not {shown(axis)}") from None
    if not -ndim <= number < ndim:
        raise ValueError(
            f"{where}: axis {number} of an array with {ndim} ax{'i' if ndim == 1 else 'e'}s"
        )
    return number % ndim


def _flag(keepdims: Any, where: str) -> bool:
    return keepdims if keepdims.__class__ is bool else as_flag(keepdims, f"{where}: keepdims")


def _axes(axis: Any, ndim: int, where: str) -> tuple[int, ...]:
    """Return the axes in order; all of them for None."""
    if axis is None:
        return tuple(range(ndim))
    if not isinstance(axis, (tuple, list)):
        return (_axis(axis, ndim, where),)
    axes = sorted(_axis(one, ndim, where) for one in axis)
    if len(set(axes)) < len(axes):
        raise ValueError(f"{where}: axis={shown(axis)} names an axis twice")
    return tuple(axes)


def _shape(shape: Any, where: str) -> tuple[int, ...]:
    try:
        if isinstance(shape, (tuple, list)):
            return tuple(map(as_index, shape))
        return (as_index(shape),)
    except TypeError:
        raise TypeError(f"{where}: a shape is whole numbers, not {shown(shape)}") from None


def _count(shape: tuple[int, ...], axes: tuple[int, ...]) -> int:
    return reduce(operator.mul, (shape[i] for i in axes), 1)


# --- sums and their kin -------------------------------------------------------------------------


def array_sum(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Return the sum over some axes, over all of them by default.

    >>> from autograd import Tensor
    >>> Tensor([[1.0, 2.0], [3.0, 4.0]]).sum(axis=0)
    Tensor([4., 6.])
    """
    x = as_operand(x, "sum")
    axes = _axes(axis, x.ndim, "sum")
    return apply_array(rows.sum_, x, axis=axes, keepdims=_flag(keepdims, "sum"))


def mean(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Return the mean over some axes, over all of them by default.

    Raises:
        ValueError: an axis that is not there, or a mean of nothing.

    >>> from autograd import Tensor
    >>> mean(Tensor([1.0, 3.0]))
    Tensor(2.)
    """
    x = as_operand(x, "mean")
    axes = _axes(axis, x.ndim, "mean")
    _some(x, axes, "mean")
    return apply_array(rows.mean, x, axis=axes, keepdims=_flag(keepdims, "mean"))


def _some(x: Any, axes: tuple[int, ...], where: str) -> None:
    if not _count(x.shape, axes):
        raise ValueError(f"{where} of no elements: the shape is {x.shape}")


def var(x: Any, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Any:
    """Return the variance over some axes: the mean of (x - mean)².

    Args:
        x: the array.
        axis: one axis, several, or all by default.
        ddof: what is subtracted from the number of elements before dividing by it; 1 for
            the variance of a sample, 0 (numpy's default) for that of a population.
        keepdims: keep the axes, with length 1.

    >>> print(var([1.0, 3.0]), var([1.0, 3.0], ddof=1))
    1.0 2.0
    """
    x = as_operand(x, "var")
    axes = _axes(axis, x.ndim, "var")
    _some(x, axes, "var")
    deviation = apply(primitives.subtract, x, mean(x, axes, keepdims=True))
    squares = apply(primitives.multiply, deviation, deviation)
    return array_sum(squares, axes, _flag(keepdims, "var")) / _freedom(x, axes, ddof, "var")


def std(x: Any, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Any:
    """Return the standard deviation over some axes; see `var`.

    It is the norm of the deviations divided by √(n - ddof), and so its derivative where all
    elements are equal is 0, as in PyTorch.

    >>> print(std([1.0, 3.0]))
    1.0
    """
    x = as_operand(x, "std")
    axes = _axes(axis, x.ndim, "std")
    _some(x, axes, "std")
    deviation = apply(primitives.subtract, x, mean(x, axes, keepdims=True))
    root = float(np.sqrt(_freedom(x, axes, ddof, "std")))
    return norm(deviation, axis=axes, keepdims=_flag(keepdims, "std")) / root


def _freedom(x: Any, axes: tuple[int, ...], ddof: Any, where: str) -> float:
    """Return n - ddof, by which a sum of squares is divided; nan if nothing is left."""
    count = _count(x.shape, axes) - as_number(ddof, f"ddof of {where}")
    return count if count > 0 else np.nan


def prod(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Return the product over some axes, over all of them by default.

    Half of the elements are multiplied by the other half until one is left, so that a
    derivative at a zero is the product of the others, at every order.

    >>> from autograd import grad
    >>> grad(prod)(np.array([2.0, 0.0, 5.0]))
    array([ 0., 10.,  0.])
    """
    x = as_operand(x, "prod")
    axes = _axes(axis, x.ndim, "prod")
    rest = [i for i in range(x.ndim) if i not in axes]
    shape = without(x.shape, axes)
    x = reshape(transpose(x, [*axes, *rest]), (_count(x.shape, axes), *shape))
    if not x.shape[0]:  # the product of nothing, still a function of x
        x = apply(primitives.add, array_sum(x, 0, keepdims=True), 1.0)
    while x.shape[0] > 1:
        half = x.shape[0] // 2
        product = apply(primitives.multiply, x[:half], x[half : 2 * half])
        x = concatenate([product, x[2 * half :]]) if x.shape[0] % 2 else product
    result = reshape(x, shape)
    return expand_dims(result, axes) if _flag(keepdims, "prod") else result


def max(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Return the largest element over some axes; a tie shares the gradient equally.

    >>> from autograd import Tensor
    >>> x = Tensor([1.0, 3.0, 3.0])
    >>> x.max().backward(); x.grad
    array([0. , 0.5, 0.5])
    """
    x = as_operand(x, "max")
    axes = _axes(axis, x.ndim, "max")
    _some(x, axes, "max")
    return apply_array(rows.max_, x, axis=axes, keepdims=_flag(keepdims, "max"))


def min(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Return the smallest element over some axes; a tie shares the gradient equally."""
    x = as_operand(x, "min")
    axes = _axes(axis, x.ndim, "min")
    _some(x, axes, "min")
    return apply_array(rows.min_, x, axis=axes, keepdims=_flag(keepdims, "min"))


def argmax(x: Any, axis: int | None = None) -> Any:
    """Return the index of the largest element: a plain integer or ndarray, no gradient.

    >>> print(argmax([1.0, 3.0, 2.0]))
    1
    """
    return np.argmax(*_searched(x, axis, "argmax"))


def argmin(x: Any, axis: int | None = None) -> Any:
    """Return the index of the smallest element: a plain integer or ndarray, no gradient."""
    return np.argmin(*_searched(x, axis, "argmin"))


def _searched(x: Any, axis: int | None, where: str) -> tuple[Any, int | None]:
    x = as_operand(x, where)
    place = None if axis is None else _axis(axis, x.ndim, where)
    _some(x, _axes(place, x.ndim, where), where)
    return contexts.plain(x), place


def cumsum(x: Any, axis: int | None = None) -> Any:
    """Return the sums of all the elements up to each, along an axis or over all in order.

    >>> cumsum([1.0, 2.0, 3.0])
    array([1., 3., 6.])
    """
    x = as_operand(x, "cumsum")
    if axis is None:
        x, axis = ravel(x), 0
    return apply_array(rows.cumsum, x, axis=_axis(axis, x.ndim, "cumsum"))


def logsumexp(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Return log Σ exp(x) over some axes, without overflow.

    The largest element is taken out of the sum first (Blanchard, Higham & Higham 2021).

    >>> logsumexp([1000.0, 1000.0]).round(4)
    np.float64(1000.6931)
    """
    x = as_operand(x, "logsumexp")
    axes = _axes(axis, x.ndim, "logsumexp")
    return apply_array(rows.logsumexp, x, axis=axes, keepdims=_flag(keepdims, "logsumexp"))


def softmax(x: Any, axis: int = -1) -> Any:
    """Return exp(x) divided by its sum along an axis: numbers above 0 that sum to 1.

    >>> softmax([0.0, 0.0])
    array([0.5, 0.5])
    """
    x = as_operand(x, "softmax")
    return apply_array(rows.softmax, x, axis=(_axis(axis, x.ndim, "softmax"),))


def log_softmax(x: Any, axis: int = -1) -> Any:
    """Return the logarithm of softmax along an axis, exact where softmax underflows.

    >>> log_softmax([0.0, -1000.0])
    array([    0., -1000.])
    """
    x = as_operand(x, "log_softmax")
    axes = (_axis(axis, x.ndim, "log_softmax"),)
    # a constant that cancels out; what is left is small, and so is its rounding
    some = _count(x.shape, axes)
    if contexts.watcher() is None or not isinstance(x, Node) or not some:
        data: Any = getattr(x, "_datum", x)
        peak = NUMPY.peak(data if data.dtype.kind == "f" else data.astype(float), axes)
    else:  # a program has to find it anew
        peak = max(x, axes, keepdims=True).detach()
    shifted = apply(primitives.subtract, x, peak)
    return apply(primitives.subtract, shifted, logsumexp(shifted, axis, keepdims=True))


def norm(x: Any, ord: float | None = None, axis: Axis = None, keepdims: bool = False) -> Any:
    """Return the norm of the vectors along some axes; by default that of all the elements.

    Args:
        x: the array.
        ord: None or 2 for the Euclidean norm, whose derivative at the zero vector is 0;
            1 for the sum of absolute values, inf for the largest of them.
        axis: one axis, several, or all by default.
        keepdims: keep the axes, with length 1.

    >>> print(norm([3.0, 4.0]), norm([3.0, -4.0], ord=1))
    5.0 7.0
    """
    x = as_operand(x, "norm")
    order = 2.0 if ord is None else _order(ord)
    if order == 2.0:
        axes = _axes(axis, x.ndim, "norm")
        return apply_array(rows.norm, x, axis=axes, keepdims=_flag(keepdims, "norm"))
    reduction = array_sum if order == 1.0 else max
    return reduction(apply(primitives.absolute, x), axis, _flag(keepdims, "norm"))


def _order(ord: Any) -> float:
    with suppress(TypeError):
        if (order := as_number(ord, "ord")) in (1.0, 2.0, np.inf):
            return order
    raise ValueError(f"norm: ord is None, 1, 2 or inf, not {shown(ord)}")


# --- shapes -----------------------------------------------------------------------------------


def reshape(x: Any, shape: Any) -> Any:
    """Return the elements in another shape; one length may be -1.

    Raises:
        ValueError: the new shape has not as many elements as the old.
    """
    x = as_operand(x, "reshape")
    wanted = _shape(shape, "reshape")
    if -1 in wanted:
        known = -reduce(operator.mul, wanted, 1)
        if wanted.count(-1) == 1 and known > 0 and x.size % known == 0:
            wanted = tuple(x.size // known if n == -1 else n for n in wanted)
    if any(n < 0 for n in wanted) or reduce(operator.mul, wanted, 1) != x.size:
        raise ValueError(
            f"reshape: the {x.size} elements of shape {x.shape} do not fit {shown(shape)}"
        )
    return apply_array(rows.reshape, x, shape=wanted)


def ravel(x: Any) -> Any:
    """Return the elements along one axis."""
    return reshape(as_operand(x, "ravel"), -1)


def transpose(x: Any, axes: Sequence[int] | None = None) -> Any:
    """Return the axes in another order, reversed by default.

    Raises:
        ValueError: `axes` does not name every axis once.
    """
    x = as_operand(x, "transpose")
    order = tuple(range(x.ndim))[::-1]
    if axes is not None:
        try:
            listed = list(axes)
        except (TypeError, NotImplementedError, MemoryError):  # of a memoryview, of an endless one
            raise TypeError(f"transpose: axes is a list of axes, not {shown(axes)}") from None
        order = tuple(_axis(one, x.ndim, "transpose") for one in listed)
        if sorted(order) != list(range(x.ndim)):
            raise ValueError(
                f"transpose: axes={shown(axes)} is not an order of the {x.ndim} axes of the array"
            )
    return apply_array(rows.transpose, x, axes=order)


def swapaxes(x: Any, axis1: int, axis2: int) -> Any:
    """Return the array with two of its axes exchanged."""
    x = as_operand(x, "swapaxes")
    order = list(range(x.ndim))
    one, two = _axis(axis1, x.ndim, "swapaxes"), _axis(axis2, x.ndim, "swapaxes")
    order[one], order[two] = two, one
    return transpose(x, order)


def expand_dims(x: Any, axis: Any) -> Any:
    """Return the array with axes of length 1 put in, at these places of the result.

    >>> expand_dims([1.0, 2.0], 0).shape
    (1, 2)
    """
    x = as_operand(x, "expand_dims")
    count = len(axis) if isinstance(axis, (tuple, list)) else 1
    axes = _axes(axis, x.ndim + count, "expand_dims")
    rest = iter(x.shape)
    return reshape(x, tuple(1 if i in axes else next(rest) for i in range(x.ndim + count)))


def squeeze(x: Any, axis: Axis = None) -> Any:
    """Return the array without its axes of length 1, or without these.

    Raises:
        ValueError: an axis that is longer.
    """
    x = as_operand(x, "squeeze")
    if axis is None:
        axes = tuple(i for i, n in enumerate(x.shape) if n == 1)
    else:
        axes = _axes(axis, x.ndim, "squeeze")
        if any(x.shape[i] != 1 for i in axes):
            raise ValueError(f"squeeze: axis={shown(axis)} of shape {x.shape} is not of length 1")
    return reshape(x, without(x.shape, axes))


def broadcast_to(x: Any, shape: Any) -> Any:
    """Return the array repeated to fill a shape.

    Raises:
        ValueError: it does not fit.
    """
    x = as_operand(x, "broadcast_to")
    wanted = _shape(shape, "broadcast_to")
    try:
        return apply_array(rows.broadcast_to, x, shape=wanted)
    except ValueError:
        label = f" of {x.label!r}" if isinstance(x, Node) and x.label else ""
        raise ValueError(
            f"broadcast_to: the shape {x.shape}{label} cannot be repeated to {wanted}"
        ) from None


def concatenate(arrays: Sequence[Any], axis: int = 0) -> Any:
    """Return arrays one after another along an axis that they have.

    Raises:
        ValueError: there is none, or their other axes differ.

    >>> from autograd import Tensor
    >>> concatenate([Tensor([1.0]), [2.0, 3.0]])
    Tensor([1., 2., 3.])
    """
    given = [as_operand(x, "concatenate") for x in _listed(arrays, "concatenate")]
    if not given[0].ndim:
        raise ValueError("concatenate: a number has no axis; autograd.stack joins numbers")
    return apply_array(rows.concatenate, *given, axis=_axis(axis, given[0].ndim, "concatenate"))


def stack(arrays: Sequence[Any], axis: int = 0) -> Any:
    """Return arrays, numbers or Values side by side along a new axis.

    Raises:
        ValueError: there is none, or their shapes differ.

    >>> from autograd import Value
    >>> stack([Value(1.0), Value(2.0), 3.0])
    Tensor([1., 2., 3.])
    """
    return _stacked(_listed(arrays, "stack"), axis, "stack")


def _stacked(arrays: Sequence[Any], axis: int, where: str) -> Any:
    given = [x if isinstance(x, Node) else as_operand(x, where) for x in arrays]
    first: Any = given[0]
    ndim = np.ndim(getattr(first, "_datum", first))
    if ndim >= MOST_AXES:
        raise ValueError(f"{where}: an array has at most {MOST_AXES} axes, and these have {ndim}")
    return apply_array(rows.stack, *given, axis=_axis(axis, ndim + 1, where))


def _listed(arrays: Any, where: str) -> list[Any]:
    unordered = isinstance(arrays, (set, frozenset, dict, str, bytes))
    if unordered or (isinstance(arrays, Node) and not arrays._is_array):
        raise TypeError(f"{where} takes a list of arrays, not {shown(arrays)}")
    try:
        found = list(arrays)
    except (TypeError, NotImplementedError, MemoryError, OverflowError):
        raise TypeError(f"{where} takes a list of arrays, not {shown(arrays)}") from None
    if not found:
        raise ValueError(f"{where} takes at least one array, not an empty list")
    return found


def split(x: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """Return the parts of an array: so many of equal length, or between these indices.

    Raises:
        ValueError: an axis that cannot be divided into so many.

    >>> [part.tolist() for part in split([1.0, 2.0, 3.0, 4.0], [1, 3])]
    [[1.0], [2.0, 3.0], [4.0]]
    """
    x = as_operand(x, "split")
    place = _axis(axis, x.ndim, "split")
    length = x.shape[place]
    try:
        if isinstance(indices_or_sections, (list, tuple, np.ndarray)):
            cuts = list(map(as_index, indices_or_sections))
        else:
            cuts, count = [], as_index(indices_or_sections)
    except TypeError:
        raise TypeError(
            "split takes a number of parts or a list of indices, whole numbers, not "
            f"{shown(indices_or_sections)}"
        ) from None
    if not isinstance(indices_or_sections, (list, tuple, np.ndarray)):
        if count < 1 or length % count:
            raise ValueError(f"split: {length} elements do not divide into {count} equal parts")
        cuts = [length // count * i for i in range(1, count)]
    return [
        getitem(x, (slice(None),) * place + (slice(start, stop),))
        for start, stop in zip([0, *cuts], [*cuts, length], strict=True)
    ]


_LONGEST = 2**48
"""Elements along an axis that no memory holds."""


def pad(x: Any, pad_width: Any, mode: str = "constant", constant_values: float = 0.0) -> Any:
    """Return the array with a constant around it.

    Args:
        x: the array.
        pad_width: how many to put before and after: a number, a pair, or a pair an axis.
        mode: "constant" is the only one.
        constant_values: the number to put there.

    Raises:
        TypeError: `constant_values` is no real number.
        ValueError: another mode, or a `pad_width` that does not fit the axes of the array.

    >>> pad([1.0, 2.0], (1, 2))
    array([0., 1., 2., 0., 0.])
    """
    if not isinstance(mode, str) or mode != "constant":
        raise ValueError(f"pad: mode is 'constant', not {shown(mode)}")
    x = as_operand(x, "pad")
    if not x.ndim:
        raise ValueError("pad: a number has no axis around which something could stand")
    try:
        given = np.asarray(pad_width)
        widths = np.broadcast_to(given, (x.ndim, 2))
    except (ValueError, TypeError, MemoryError):
        widths = np.full((1, 2), -1)
    pairs = tuple(map(tuple, widths.tolist()))
    if widths.dtype.kind not in "iu" or not all(0 <= n <= _LONGEST for pair in pairs for n in pair):
        raise ValueError(f"pad: pad_width={shown(pad_width)} does not fit the shape {x.shape}")
    constant = as_number(constant_values, "constant_values of pad")
    return apply_array(rows.pad, x, pad_width=pairs, constant=constant)


# --- choosing elements ----------------------------------------------------------------------------


def getitem(x: Any, index: Any) -> Any:
    """Return ``x[index]``: numbers, slices, arrays of integers, masks, as in numpy.

    Raises:
        TypeError: an index that is a Tensor or a Value, or made of fractions.
        IndexError: an index out of bounds, or of more axes than there are.
    """
    x = as_operand(x, "getitem")
    parts = tuple(map(_index, index)) if isinstance(index, tuple) else _index(index)
    try:
        return apply_array(rows.getitem, x, index=parts)
    except (IndexError, OverflowError) as error:
        label = f" {x.label!r}" if isinstance(x, Node) and x.label else ""
        raise IndexError(
            f"[{shown(index)}] does not fit the array{label} of shape {x.shape}: {error}"
        ) from None


def _end(part: Any) -> Any:
    # while a function is being compiled, an int of its arguments and a mask are nodes, too
    if isinstance(part, Node) and contexts.watched:
        if hasattr(part, "__index__"):
            return operator.index(part)
        if hasattr(part, "as_index"):
            return part.as_index()
    return part


def _index(part: Any) -> Any:
    if part is None or part is Ellipsis or isinstance(part, (int, np.integer, np.bool_)):
        return part
    part = _end(part)
    if isinstance(part, int):
        return part
    if isinstance(part, slice):
        ends = [_end(end) for end in (part.start, part.stop, part.step)]
        if any(isinstance(end, Node) for end in ends):
            raise TypeError(f"a slice is made of plain integers, not of nodes: {shown(part)}")
        return slice(*ends)
    if isinstance(part, Node):
        raise TypeError(f"an index is made of plain integers, not of {shown(part)}; see .data")
    if not isinstance(part, (list, tuple, range, np.ndarray)):
        raise TypeError(
            "an index is made of integers, slices, None, ..., lists and arrays of integers and "
            f"masks, not {shown(part)}"
        )
    if contexts.watched and isinstance(part, (list, tuple)):
        part = [_end(one) for one in part]
    try:
        array = np.array(part)  # a copy: the caller may change it before the backward pass
    except (ValueError, TypeError, MemoryError):
        raise TypeError(f"an index list holds plain integers or booleans: {shown(part)}") from None
    if not array.size and not isinstance(part, np.ndarray):
        array = array.astype(int)
    if array.dtype.kind not in "iub":
        raise TypeError(f"an index array holds integers or booleans, not {array.dtype}")
    return array


def take(x: Any, indices: Any, axis: int | None = None) -> Any:
    """Return the elements at these places along an axis, or of all the elements in order.

    Raises:
        TypeError: places that are no whole numbers, a mask for instance.
        IndexError: a place that is not there.
        ValueError: an axis that is not there.

    >>> take([10.0, 20.0, 30.0], [2, 0, 2])
    array([30., 10., 30.])
    """
    x = as_operand(x, "take")
    if axis is None:
        x, axis = ravel(x), 0
    places = _index(indices)
    if isinstance(places, (slice, type(None), type(Ellipsis))) or np.asarray(places).dtype == bool:
        raise TypeError(
            f"take: indices are whole numbers, not {shown(indices)}; use x[…] for masks"
        )
    axis = _axis(axis, x.ndim, "take")
    length, wanted = x.shape[axis], np.asarray(places)
    # before numpy 2.3 a wrong index only warns where there is nothing to be taken
    if not x.size and not np.all((wanted >= -length) & (wanted < length)):
        raise IndexError(f"take: {shown(indices)} are not all places of an axis of {length}")
    return getitem(x, (slice(None),) * axis + (places,))


def clip(x: Any, low: Any = None, high: Any = None) -> Any:
    """Return x, but no less than `low` and no more than `high`; None is no limit.

    The derivative is 1 between the limits and on them, as in PyTorch, and 0 outside.

    >>> clip(3.0, 0.0, 1.0)
    1.0
    """
    return apply(
        primitives.clip, x, -np.inf if low is None else low, np.inf if high is None else high
    )


# --- products -----------------------------------------------------------------------------------


def matmul(x: Any, y: Any) -> Any:
    """Return the matrix product ``x @ y`` of arrays with at least one axis.

    Axes before the last two are a batch of matrices; an array with one axis is a row on
    the left and a column on the right.

    Raises:
        ValueError: the shapes do not fit.

    >>> matmul([[1.0, 2.0], [3.0, 4.0]], [1.0, 1.0])
    array([3., 7.])
    """
    return apply_array(rows.matmul, as_operand(x, "matmul"), as_operand(y, "matmul"))


def array_dot(x: Any, y: Any) -> Any:
    """Return numpy's dot: the inner product of vectors, the product of matrices."""
    x, y = as_operand(x, "dot"), as_operand(y, "dot")
    if not x.ndim or not y.ndim:
        return apply(primitives.multiply, x, y)
    if y.ndim <= 2:
        return matmul(x, y)
    left = "abcdefghijkl"[: x.ndim - 1]
    right = "mnopqrstuvw"[: y.ndim - 2]
    return einsum(f"{left}z,{right}zy->{left}{right}y", x, y)


def outer(x: Any, y: Any) -> Any:
    """Return the matrix of all the products of an element of x and one of y.

    >>> outer([1.0, 2.0], [3.0, 4.0])
    array([[3., 4.],
           [6., 8.]])
    """
    x, y = as_operand(x, "outer"), as_operand(y, "outer")
    return apply(primitives.multiply, expand_dims(ravel(x), 1), expand_dims(ravel(y), 0))


_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def einsum(subscripts: str, *operands: Any) -> Any:
    """Return the sum of products that the subscripts name, as in numpy.

    Without ``->`` the letters that occur once are kept, in alphabetical order.

    Raises:
        ValueError: subscripts that fit neither the operands nor each other.

    >>> einsum("ij,j->i", [[1.0, 2.0], [3.0, 4.0]], [1.0, 1.0])
    array([3., 7.])
    """
    if not isinstance(subscripts, str):
        raise TypeError(f"einsum takes its subscripts first, 'ij,jk->ik', not {shown(subscripts)}")
    given = [as_operand(x, "einsum") for x in operands]
    return apply_array(rows.einsum, *given, subscripts=_explicit(subscripts, given))


def _explicit(subscripts: str, operands: list[Any]) -> str:
    """Return the subscripts with an output and with letters in place of ``...``."""
    inputs, arrow, output = subscripts.replace(" ", "").partition("->")
    terms = inputs.split(",")
    if len(terms) != len(operands):
        raise ValueError(
            f"einsum: {shown(subscripts)} is for {len(terms)} operands, and there are "
            f"{len(operands)}"
        )
    free = [c for c in _LETTERS if c not in subscripts]
    batch = ""
    for i, (term, x) in enumerate(zip(terms, operands, strict=True)):
        before, dots, after = term.partition("...")
        extra = x.ndim - len(before) - len(after)
        if extra < 0 or (extra and not dots) or not (before + after + "a").isalpha():
            raise ValueError(f"einsum: {term!r} does not fit an operand of shape {x.shape}")
        letters = "".join(free[:extra][::-1])  # the last axes are aligned
        batch = letters if len(letters) > len(batch) else batch
        terms[i] = before + letters + after
    if not arrow:
        joined = "".join(terms)
        output = batch + "".join(
            sorted(c for c in set(joined) if joined.count(c) == 1 and c not in batch)
        )
    output = output.replace("...", batch)
    if len(set(output)) < len(output) or set(output) - set("".join(terms)):
        raise ValueError(
            f"einsum: {shown(subscripts)} has an output that does not follow from the rest"
        )
    return f"{','.join(terms)}->{output}"
