"""The values and gradients of a graph at one moment, and whether two graphs are alike.

A node keeps its own value and its local derivatives, so that an earlier graph can still tell
what was computed then.  A leaf cannot: a step of training has changed the very object that
both graphs use.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import zip_longest
from typing import Any, NamedTuple

from autograd import gradients
from autograd.graph import Node, topological_order
from viz import arrays
from viz.changed_leaves import changed_leaves
from viz.nodes import AnyNode, array_of, is_node, require_one_number, symbol
from viz.text import visible

__all__ = ["Snapshot", "forget_changed_leaves", "require_one_structure", "snapshot"]


class Snapshot:
    """The values and gradients of a graph, as they were at one moment; `snapshot` makes one.

    Attributes:
        root: the node whose graph it is.
        nodes: all nodes in topological order.
        values: the number of each Value and the norm of each Tensor; None where a leaf may have
            been changed since, so that the graph no longer knows.
        gradients: d root / d node for each node; the norm for a Tensor.
    """

    def __init__(self, root: AnyNode) -> None:
        if not is_node(root):
            raise TypeError(
                f"a snapshot is taken of a Value or a Tensor, not of {type(root).__name__}; pass "
                "the result of an expression of them, such as the loss"
            )
        require_one_number(root, "a snapshot is taken of one number, and root")
        self.root = root
        self.nodes: list[Any] = topological_order(root)
        self.values: list[float | None] = [_size(node._datum) for node in self.nodes]
        # not what .grad holds: it is a sum over all passes so far, or has been set to zero
        found = gradients(root, self.nodes, copy=False)
        self.gradients: list[float] = [_size(gradient) for gradient in found]

    def __repr__(self) -> str:
        return f"<snapshot of {len(self.nodes):,} nodes>"


def snapshot(root: AnyNode) -> Snapshot:
    """Note the values and gradients of a graph as they are now, for `compare`.

    An optimizer's step writes into the leaves; what they were before it, only a snapshot that
    was taken before can tell.

    Args:
        root: the Value, or Tensor of one element, such as the loss.

    Raises:
        TypeError: something else.
        ValueError: a Tensor of several elements.

    >>> from autograd import Value
    >>> w = Value(3.0, label="w")
    >>> before = snapshot(w * w)
    >>> w.data = 2.0
    >>> before.values, before.gradients
    ([3.0, 9.0], [6.0, 1.0])
    """
    return Snapshot(root)


def _size(datum: Any) -> float:
    """Return a number as it is, and the norm of an array."""
    array = array_of(datum)
    if array is None:
        return float(getattr(datum, "_datum", datum))
    return float(array.reshape(())) if array.size == 1 else arrays.norm(array)


# ---------------------------------------------------------------- two graphs


def require_one_structure(before: Snapshot, after: Snapshot) -> None:
    """Raise a ValueError that names the first node in which two graphs differ."""
    places: list[dict[int, int]] = [{}, {}]
    for place, pair in enumerate(zip_longest(before.nodes, after.nodes)):
        made = [
            None if node is None else _structure(node, known)
            for node, known in zip(pair, places, strict=True)
        ]
        if made[0] != made[1]:
            names = {visible(node.label) for node in pair if node is not None and node.label}
            called = f" ({' or '.join(sorted(names))})" if names else ""
            raise ValueError(
                f"compare needs two graphs of one structure, and they differ at n{place}{called}: "
                f"{_in_words(made[0])} before, {_in_words(made[1])} after"
            )
        for node, known in zip(pair, places, strict=True):
            known[id(node)] = place


class _Made(NamedTuple):
    """How a node was made: what two graphs of one structure have in common."""

    shape: tuple[int, ...] | None  # None for a Value
    operation: str  # empty for a leaf
    operands: tuple[int | None, ...]  # their places; None for a constant


def _structure(node: Any, places: Mapping[int, int]) -> _Made:
    operands = (places[id(o)] if isinstance(o, Node) else None for o in node.operands)
    operation = "" if node.primitive is None else symbol(node) or node.primitive.name
    return _Made(node.shape if node._is_array else None, visible(operation), tuple(operands))


def _in_words(made: _Made | None) -> str:
    if made is None:
        return "nothing"
    kind = "a Value" if made.shape is None else f"a Tensor of shape {made.shape}"
    if not made.operation:
        return f"{kind} that is a leaf"
    operands = ["a constant" if place is None else f"n{place}" for place in made.operands]
    more = f" and {len(operands) - 6} more" if len(operands) > 6 else ""
    return f"{kind} made by {made.operation} of {', '.join(operands[:6])}{more}"


def forget_changed_leaves(taken: Snapshot) -> None:
    """Set to None what a graph can no longer tell: the values of leaves that may have changed."""
    changed = changed_leaves(taken.nodes)
    for place, node in enumerate(taken.nodes):
        if node in changed:
            taken.values[place] = None
