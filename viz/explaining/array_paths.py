"""The paths of a graph of Tensors: on each arrow an adjoint is carried by a linear map.

What a path contributes is an array in the shape of the variable: the seed of the root, carried
along the path.  Which of very many paths carry most is found by keeping, at each node, those
that have carried most so far; unlike with numbers, a later one might have overtaken them.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from autograd.array_primitives import Pullback
from autograd.graph import reach
from autograd.primitives import TABLE, Primitive
from viz import arrays
from viz.explaining.badges import steepest
from viz.explaining.factors import Factors, Path
from viz.explaining.paths import Arrow, Ways
from viz.nodes import array_of

__all__ = ["ArrayPath", "Carried", "badge", "collected", "is_about_arrays", "largest", "size"]


class Carried(NamedTuple):
    """An adjoint on its way back, and which of its elements count; None for all."""

    adjoint: Any
    mask: Any = None


def is_about_arrays(ways: Ways) -> bool:
    """Tell whether any node between root and variable is a Tensor."""
    return any(node._is_array for node in ways.nodes)


def size(datum: Any) -> float:
    """Return the magnitude of a number, or the Euclidean norm of an array."""
    array = array_of(datum)
    return abs(float(datum)) if array is None else arrays.norm(array)


def seed(root: Any) -> Any:
    """Return the adjoint of the root: 1, or an array of one 1."""
    return np.ones_like(root._datum) if root._is_array else 1.0


def carry(arrow: Arrow, carried: Carried) -> Carried:
    """Return what an arrow adds to the adjoint of its operand, as a backward pass has it."""
    consumer, _, operand, partial = arrow
    adjoint, mask = carried
    with np.errstate(all="ignore"):
        if mask is None and not (consumer._is_array and consumer._primitive.chooses):
            return Carried(operand._receive(adjoint, partial))
        chosen, reached = reach(consumer, operand, partial, mask)
        if reached is None:
            return Carried(operand._nothing(), np.zeros(np.shape(operand._datum), bool))
        contribution = operand._receive(adjoint, partial, chosen)
    return Carried(contribution, None if reached.all() else reached)


class ArrayPath(Path):
    """A path of which at least one node is a Tensor.

    `product` is what the path contributes to the gradient, an array in its shape; `log10` is
    the size of its norm.
    """

    @cached_property
    def product(self) -> Any:
        """What the path contributes to the derivative."""
        carried = Carried(seed(self._factors.ways.root))
        for carried in self.carried():  # noqa: B007 - the last one counts
            pass
        return carried.adjoint

    def carried(self) -> Iterator[Carried]:
        """Carry the seed along the path, arrow by arrow."""
        carried = Carried(seed(self._factors.ways.root))
        for arrow in self.arrows:
            carried = carry(arrow, carried)
            yield carried

    @cached_property
    def log10(self) -> float:
        """log10 of the norm of what the path contributes."""
        found = size(self.product)
        return math.log10(found) if found else -math.inf


def largest(ways: Ways, limit: int, factors: Factors) -> list[ArrayPath]:
    """Return paths that contribute much, at most so many, the largest norm first."""
    best: dict[Any, list[tuple[float, Carried, Any]]] = {
        ways.root: [(1.0, Carried(seed(ways.root)), None)]
    }
    for node in ways.nodes:
        found = best.pop(node)
        if len(found) > limit or node is ways.wrt:
            found = heapq.nlargest(limit, found, key=_rank)
        if node is ways.wrt:
            return [ArrayPath(factors, _arrows(link)) for _, _, link in found]
        for arrow in ways.arrows[node]:
            following = best.setdefault(arrow.operand, [])
            for _, carried, link in found:
                onwards = carry(arrow, carried)
                following.append((size(onwards.adjoint), onwards, (arrow, link)))
    return []


def _rank(one: tuple[float, Carried, Any]) -> tuple[bool, float]:
    return (math.isnan(one[0]), 0.0 if math.isnan(one[0]) else one[0])


def _arrows(link: Any) -> tuple[Arrow, ...]:
    arrows = []
    while link is not None:
        arrow, link = link
        arrows.append(arrow)
    return tuple(reversed(arrows))


def collected(ways: Ways) -> tuple[dict[Any, Any], float]:
    """Return d root / d node for every node on the way, and the largest number met.

    Adjoints are collected node by node, as the engine does.
    """
    found: dict[Any, Carried] = {ways.root: Carried(seed(ways.root))}
    most = 1.0
    for node in ways.nodes:
        for arrow in ways.arrows[node]:
            part = carry(arrow, found[node])
            most = max(most, _largest(part.adjoint))
            before = found.get(arrow.operand)
            if before is not None:
                both = before.mask is not None and part.mask is not None
                mask = before.mask | part.mask if both else None
                with np.errstate(all="ignore"):
                    part = Carried(before.adjoint + part.adjoint, mask)
            found[arrow.operand] = part
    return {node: carried.adjoint for node, carried in found.items()}, most


def _largest(datum: Any) -> float:
    array = np.abs(np.asarray(datum, dtype=float))
    finite = array[np.isfinite(array)]
    return float(finite.max()) if finite.size else 0.0


# ---------------------------------------------------------------- what kills a gradient


def badge(arrow: Arrow) -> str:
    """Say in how many elements an activation lets nothing, or almost nothing, through.

    >>> from autograd import Tensor
    >>> x = Tensor([-1.0, 2.0, -3.0], label="x")
    >>> h = x.relu()
    >>> badge(Arrow(h, 0, x, h.partials[0]))
    'ReLU is off in 2 of 3'
    """
    primitive: Primitive = arrow.consumer._primitive
    partial = arrow.partial
    if isinstance(partial, Pullback) or TABLE.get(primitive.name) is not primitive:
        return ""
    slopes = np.broadcast_to(np.asarray(partial, dtype=float), arrow.consumer._datum.shape)
    if not slopes.size:
        return ""
    bad = int(np.isnan(slopes).sum() + np.isinf(slopes).sum())
    if bad:
        return f"not finite in {bad:,} of {slopes.size:,}"
    most = steepest(primitive)
    if most is not None:
        flat = int((np.abs(slopes) < 0.1 * most).sum())
        return f"saturated in {flat:,} of {slopes.size:,}" if flat else f"at most {most:.4g}"
    off = int((slopes == 0.0).sum())
    if not off:
        return ""
    name = "ReLU is off" if primitive.name == "relu" else "0"
    return f"{name} in {off:,} of {slopes.size:,}"
