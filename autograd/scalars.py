"""`scalars`: a computation on arrays, again as a graph of single numbers.

Every element becomes a Value, an elementwise primitive is applied once an element, and the
array primitives are spelled out by reading their values for arrays of Values: a matrix
product turns into the dot products of neurons.  This is what a layer was all along.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from autograd import primitives
from autograd.array_primitives import NUMPY, Applied
from autograd.graph import Node, topological_order
from autograd.operations import Kinds, apply
from autograd.primitives import TABLE, Primitive

__all__ = ["scalars"]

Objects = np.ndarray[Any, Any]


def scalars(root: Node, leaves: dict[Any, Any] | None = None) -> Any:
    """Return `root` as a Value or an array of Values; see `Tensor.scalars`."""
    spelled: dict[Node, Any] = {}
    _spell(root, spelled, leaves)
    found = spelled[root]
    for place in np.ndindex(found.shape):
        if not isinstance(found[place], Node):  # a sum of nothing, or the constant of a pad
            found[place] = Kinds.number(float(found[place]))
    return found[()]


def _spell(root: Node, spelled: dict[Node, Any], leaves: dict[Any, Any] | None) -> None:
    for node in topological_order(root):
        if node in spelled:
            continue
        written = node._as_operations()
        if not node._is_array:
            spelled[node] = np.array(node, dtype=object)  # a Value is shared, not copied
        elif node.is_leaf:
            spelled[node] = _leaf(node)
            if leaves is not None:
                leaves[node] = spelled[node][()]
        elif written is not node:  # by a compiled function, on these operands
            _spell(written, spelled, leaves)
            spelled[node] = spelled[written].reshape(np.shape(node._datum))
        else:
            operands = [spelled[o] if isinstance(o, Node) else _constant(o) for o in node.operands]
            with np.errstate(all="ignore"):  # numpy would warn of log(0) in a branch not chosen
                spelled[node] = _spelled_out(node, operands)


def _constant(data: Any) -> Objects:
    return np.asarray(data).astype(float).astype(object)


def _leaf(node: Node) -> Objects:
    values = np.empty(np.shape(node._datum), dtype=object)
    for place in np.ndindex(values.shape):
        values[place] = Kinds.number(float(node._datum[place]))
        _named(values[place], node, place)
    return values


def _named(value: Any, node: Node, place: tuple[int, ...]) -> None:
    if not value.scope:
        value.scope = node.scope
    if node.label and not value.label:
        value.label = node.label + (f"[{','.join(map(str, place))}]" if place else "")


def _spelled_out(node: Node, operands: list[Objects]) -> Objects:
    made_by = node._primitive
    if isinstance(made_by, Applied):
        out = made_by.row.value(OBJECTS, *operands, **made_by.parameters)
    elif made_by is None:
        return _leaf(node)
    else:
        out = _by_element(made_by)(*operands)
    values = np.empty(np.shape(node._datum), dtype=object)
    values[...] = out
    computing = made_by.name not in _MOVING
    for place in np.ndindex(values.shape):
        if computing and isinstance(values[place], Node):
            _named(values[place], node, place)
    return values


_MOVING = {"reshape", "transpose", "broadcast_to", "getitem", "scatter", "pad", "concatenate",
           "stack", "astype"}  # fmt: skip
"""What moves numbers about and computes none: in a graph of Values nothing is left of it."""


def _by_element(primitive: Primitive) -> Callable[..., Any]:
    def one(*operands: Any) -> Any:
        return apply(primitive, *operands)

    each = np.frompyfunc(one, len(primitive.partials), 1)
    # an array without axes comes out as the Value that was in it: it goes in as an array again
    return lambda *operands: _objects(each(*map(_objects, operands)))


def _objects(x: Any) -> Objects:
    return x if isinstance(x, np.ndarray) else np.array(x, dtype=object)


# --- reading the values of array primitives for arrays of Values ------------------------------


def _total(numbers: Any) -> Any:
    return apply(primitives.sum_, tuple(numbers))


def _grouped(x: Objects, axis: tuple[int, ...]) -> Objects:
    """Return x with the elements of each group along the last axis."""
    rest = [i for i in range(x.ndim) if i not in axis]
    moved = x.transpose([*rest, *axis])
    count = math.prod([x.shape[i] for i in axis])  # -1 would not do where there is nothing
    groups: Objects = moved.reshape((*(x.shape[i] for i in rest), count))
    return groups


def _reduced(of_group: Callable[[Any], Any]) -> Callable[..., Objects]:
    def reduce(x: Any, axis: tuple[int, ...], keepdims: bool) -> Objects:
        groups = _grouped(_objects(x), axis)
        out = np.empty(groups.shape[:-1], dtype=object)
        for place in np.ndindex(out.shape):
            out[place] = of_group(groups[place])
        return np.expand_dims(out, axis) if keepdims else out

    return reduce


def _extreme(choose: Callable[[Any], float]) -> Callable[[Any], Any]:
    def of_group(numbers: Any) -> Any:
        data = [float(number) for number in numbers]
        best = next((number for number in data if number != number), choose(data))
        chosen = [i for i, number in enumerate(data) if number == best or number != number]
        share = 1.0 / len(chosen)
        return apply(primitives.dot, (share,) * len(chosen), tuple(numbers[i] for i in chosen))

    return of_group


def _length(numbers: Any) -> Any:
    if all(float(number) == 0.0 for number in numbers):  # where the derivative is 0
        return apply(primitives.dot, (0.0,) * len(numbers), tuple(numbers))
    return apply(primitives.sqrt, apply(primitives.dot, tuple(numbers), tuple(numbers)))


def _matmul(x: Objects, y: Objects) -> Objects:
    left = x if x.ndim > 1 else x[None, :]
    right = y if y.ndim > 1 else y[:, None]
    batch = np.broadcast_shapes(left.shape[:-2], right.shape[:-2])
    out = np.empty((*batch, left.shape[-2], right.shape[-1]), dtype=object)
    left = np.broadcast_to(left, (*batch, *left.shape[-2:]))
    right = np.broadcast_to(right, (*batch, *right.shape[-2:]))
    for place in np.ndindex(out.shape):
        at, i, j = place[:-2], place[-2], place[-1]
        row, column = left[at][i], right[at][:, j]
        out[place] = apply(primitives.dot, tuple(row), tuple(column))
    if x.ndim == 1:
        out = out[..., 0, :]
    return out[..., 0] if y.ndim == 1 else out


def _einsum(*xs: Objects, subscripts: str) -> Objects:
    inputs, output = subscripts.split("->")
    letters = output + "".join(dict.fromkeys(c for c in inputs if c.isalpha() and c not in output))
    product: Any = None
    for term, x in zip(inputs.split(","), xs, strict=True):
        distinct = "".join(dict.fromkeys(term))
        grid = np.indices([x.shape[term.index(c)] for c in distinct])
        diagonal = x[tuple(grid[distinct.index(c)] for c in term)] if term else x
        order = sorted(range(len(distinct)), key=lambda i: letters.index(distinct[i]))
        axes = tuple(slice(None) if c in distinct else None for c in letters)
        spread = diagonal.transpose(order)[axes]
        product = spread if product is None else _by_element(primitives.multiply)(product, spread)
    summed = tuple(range(len(output), len(letters)))
    return _reduced(_total)(product, summed, False) if summed else product


def _peak(x: Objects, axis: tuple[int, ...]) -> Objects:
    plain = np.array([float(number) for number in x.flat]).reshape(x.shape)
    return np.asarray(NUMPY.peak(plain, axis)).astype(object)


def _scatter(x: Objects, index: Any, shape: tuple[int, ...]) -> Objects:
    out = np.full(shape, 0.0, dtype=object)
    np.add.at(out, index, x)
    return out


OBJECTS = SimpleNamespace(**vars(NUMPY))
"""Reads the value of an array primitive for arrays of Values."""
for _name, _row in TABLE.items():
    if not _row.variadic:
        setattr(OBJECTS, _name, _by_element(_row))
OBJECTS.reshape = lambda x, shape: _objects(x).reshape(shape)
OBJECTS.sum = _reduced(_total)
OBJECTS.length = _reduced(_length)
OBJECTS.max = _reduced(_extreme(max))
OBJECTS.min = _reduced(_extreme(min))
OBJECTS.matmul = _matmul
OBJECTS.einsum = _einsum
OBJECTS.peak = _peak
OBJECTS.scatter = _scatter
OBJECTS.astype = lambda x, dtype: x
