"""The paths from a root back to one of its nodes: counted, ranked and added up.

A path is a chain of arrows, each from a node to one of its operands.  The chain rule says that
the derivative is the sum, over all paths, of the product of the local derivatives on the path.
There may be more paths than atoms, so nothing here lists them all: every question is answered
node by node, in the order of evaluation or against it, with one figure a node.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable
from typing import Any, NamedTuple, TypeAlias

from autograd.graph import Node, topological_order
from viz.nodes import AnyNode, leading_to, slots

__all__ = ["Arrow", "Sum", "Ways", "many", "product"]


class Arrow(NamedTuple):
    """One arrow on which something flows: from a node to the operand in one of its slots.

    Attributes:
        consumer: the node that the operation computed.
        slot: the number of the argument slot, from 0.
        operand: the node in that slot.
        partial: the local derivative, as it was recorded.
    """

    consumer: Any
    slot: int
    operand: Any
    partial: Any


class Sum(NamedTuple):
    """The sum over all paths, and what it is to be judged by.

    Attributes:
        total: the sum of the products.
        scale: the sum of their magnitudes: `total` itself unless terms cancel.
        steps: the number of arrows of the longest path, each of which rounds once.
        in_range: whether no figure on the way came near the limits of a float.
    """

    total: float
    scale: float
    steps: int
    in_range: bool


_SMALL, _LARGE = 1e-280, 1e280


def product(arrows: Iterable[Arrow]) -> float:
    """Multiply the local derivatives of a path, from the root on, as a backward pass does."""
    number = 1.0
    for arrow in arrows:
        number *= arrow.partial
    return number


class Ways:
    """Everything that lies between a root and a node that it was computed from.

    Args:
        root: where the paths begin.
        wrt: where they end.

    Attributes:
        nodes: those on a path, the root first, each before its operands.
        arrows: the arrows of each node that lead on to `wrt`, in the order of the slots.

    An arrow without a local derivative (a constant's, or that of the branch which `where` did
    not choose) is on no path: nothing flows there.

    Raises:
        ValueError: the graph of `root` does not contain `wrt`.

    >>> from autograd import Value
    >>> x = Value(3.0, label="x")
    >>> ways = Ways(x * x + x, x)
    >>> ways.count(), [product(path) for path in ways.largest(2)], ways.forward().total
    (3, [3.0, 3.0], 7.0)
    """

    def __init__(self, root: AnyNode, wrt: AnyNode) -> None:
        self.root, self.wrt = root, wrt
        order: list[Any] = topological_order(root)
        leading_to(wrt, order)  # raises if there is none
        leading: dict[Any, tuple[Arrow, ...]] = {wrt: ()}
        for node in order:
            if node is wrt:
                continue
            arrows = tuple(_arrows_to(leading, node))
            if arrows:
                leading[node] = arrows
        reached: set[Any] = {root}
        self.nodes: list[Any] = []
        self.arrows: dict[Any, tuple[Arrow, ...]] = {}
        for node in reversed(order):
            if node in reached and node in leading:
                self.nodes.append(node)
                self.arrows[node] = leading[node]
                reached.update(arrow.operand for arrow in leading[node])

    def count(self) -> int:
        """Return the number of paths, exactly; 0 if something was not chosen on every one."""
        found: dict[Any, int] = {self.root: 1}
        for node in self.nodes:
            # taken out, for a thousand doublings make numbers of a thousand digits
            ways = found.pop(node)
            if node is self.wrt:
                return ways
            for arrow in self.arrows[node]:
                found[arrow.operand] = found.get(arrow.operand, 0) + ways
        return 0

    def largest(self, limit: int) -> list[tuple[Arrow, ...]]:
        """Return the paths that contribute most, at most so many, the largest first.

        Each node passes on the best ways to reach it.  Their order is kept by whatever
        factor follows, so no other can overtake them.  Products that are nan come first, then
        infinite ones, then by magnitude, which is told apart beyond the range of a float.
        """
        best: dict[Any, list[_Best]] = {self.root: [(_NOTHING_YET, None, None)]}
        for node in self.nodes:
            found = best.pop(node)
            if node is self.wrt:
                found.sort(key=_rounded_weight, reverse=True)
                return [_path(one) for one in found[:limit]]
            if len(found) > limit:
                found = heapq.nlargest(limit, found, key=_weight)
            for arrow in self.arrows[node]:
                n, i, z, s = _weigh(arrow.partial)
                best.setdefault(arrow.operand, []).extend(
                    [
                        ((nans + n, infinities + i, zeros + z, size + s), arrow, before)
                        for before in found
                        for nans, infinities, zeros, size in (before[0],)
                    ]
                )
        return []

    def forward(self) -> Sum:
        """Add up d node / d wrt in the order of evaluation, the other way round than the engine."""
        found: dict[Any, tuple[float, float, int]] = {}
        in_range = True
        for node in reversed(self.nodes):
            if node is self.wrt:
                found[node] = (1.0, 1.0, 0)
                continue
            total, scale, steps = 0.0, 0.0, 0
            for arrow in self.arrows[node]:
                t, s, n = found[arrow.operand]
                total += arrow.partial * t
                size = abs(arrow.partial) * s
                scale += size
                steps = max(steps, n + 1)
                in_range = in_range and _is_in_range(size, arrow.partial, s)
            found[node] = (total, scale, steps)
        total, scale, steps = found.get(self.root, (0.0, 0.0, 0))
        return Sum(total, scale, steps, in_range)

    def backward(self) -> Sum:
        """Add up d root / d node from the root on, as the engine does."""
        found: dict[Any, tuple[float, float, int]] = {self.root: (1.0, 1.0, 0)}
        in_range = True
        for node in self.nodes:
            adjoint, scale, steps = found[node]
            for arrow in self.arrows[node]:
                a, s, n = found.get(arrow.operand, (0.0, 0.0, 0))
                size = scale * abs(arrow.partial)
                in_range = in_range and _is_in_range(size, scale, arrow.partial)
                found[arrow.operand] = (
                    a + adjoint * arrow.partial,
                    s + size,
                    max(n, steps + 1),
                )
        total, scale, steps = found.get(self.wrt, (0.0, 0.0, 0))
        return Sum(total, scale, steps, in_range)


def _arrows_to(leading: dict[Any, Any], node: Node) -> Iterable[Arrow]:
    for number, operand, partial in slots(node):
        if partial is not None and operand in leading:
            yield Arrow(node, number, operand, partial)


def _is_in_range(product: float, left: float, right: float) -> bool:
    return _SMALL < product < _LARGE or (product == 0.0 and (left == 0.0 or right == 0.0))


# ---------------------------------------------------------------- which of two paths is larger


# The size of a product as (how many factors are nan, how many infinite, minus how many zero,
# log2 of the others' product): the larger tuple is the larger product.  These add up as factors
# are multiplied, so that what is larger stays so, and a product of a hundred thousand factors,
# which is 0 as a float, still has a size.
_Weight: TypeAlias = "tuple[int, int, int, float]"

_NOTHING_YET: _Weight = (0, 0, 0, 0.0)

# One of the best ways to a node: its size, its last arrow, and the way to that arrow.
_Best: TypeAlias = "tuple[_Weight, Arrow | None, Any]"


def _weigh(partial: float) -> _Weight:
    size = abs(partial)
    if 0.0 < size < math.inf:
        return (0, 0, 0, math.log2(size))
    if size == 0.0:
        return (0, 0, -1, 0.0)
    return (0, 1, 0, 0.0) if size == math.inf else (1, 0, 0, 0.0)


def _weight(one: _Best) -> _Weight:
    return one[0]


def _rounded_weight(one: _Best) -> _Weight:
    nans, infinities, zeros, size = one[0]
    return (nans, infinities, zeros, round(size, 9))  # equal products stay in their order


def _path(one: _Best) -> tuple[Arrow, ...]:
    arrows = []
    while one[1] is not None:
        arrows.append(one[1])
        one = one[2]
    return tuple(reversed(arrows))


# ---------------------------------------------------------------- large numbers in words


def many(count: int) -> str:
    """Write a number of paths, however large.

    >>> many(3), many(1_048_576), many(2**1000), many(3**1000)
    ('3', '1,048,576', '2^1000 ≈ 1.07e301', '1.32e477')
    """
    if count < 10**9:
        return f"{count:,}"
    exponent, fraction = divmod(math.log10(count), 1.0)
    mantissa = f"{10.0**fraction:.2f}"
    if mantissa == "10.00":
        mantissa, exponent = "1.00", exponent + 1.0
    short = f"{mantissa}e{int(exponent)}"
    return f"2^{count.bit_length() - 1} ≈ {short}" if not count & (count - 1) else short
