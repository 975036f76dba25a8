"""Which leaves have been changed since a graph was recorded.

An operation keeps its value and its local derivatives; a leaf keeps nothing, and a step of
training writes into it.  What it holds is then not what the graph was computed with.  Three
things bear witness to what a leaf held:

    1. an operation may have kept the number: the local derivative of w·x by w is x
    2. one that gives now what it gave then, value and local derivatives, vouches for its
       operands, but for those that it does not feel, as relu below 0
    3. if it gives something else, one of its operands was changed: any of those that nothing
       vouches for
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np

from autograd.array_primitives import Applied
from autograd.graph import Node
from autograd.operations import apply, local_derivatives
from autograd.primitives import evaluate
from autograd.symbolic import Name, NotSymbolicError, partials_of

__all__ = ["MOST_LOOKED_AT", "changed_leaves", "note_of_changes", "said_to_have_changed"]

MOST_LOOKED_AT = 3_000
"""Nodes of a graph of which a picture is looked at number by number."""


def changed_leaves(order: Sequence[Any]) -> dict[Any, Any]:
    """Return the leaves that may have been changed, with what they held; None if that is unknown.

    Where only the value of a sum is known, any of its terms may have been; then all are returned.

    Args:
        order: the nodes of a graph in topological order.

    >>> from autograd import Value, topological_order
    >>> w, x = Value(3.0, label="w"), Value(2.0, label="x")
    >>> y = w * x + w.sin()
    >>> w.data = 5.0
    >>> changed_leaves(topological_order(y))
    {Value(5.000, label='w'): 3.0}
    """
    kept = _Kept()
    held: dict[Any, Any] = {}  # by the leaves that were changed
    vouched_for: set[Any] = set()
    broken: list[Any] = []
    for node in order:
        if not _leaves(node):
            continue
        for operand, then in kept.numbers(node):
            if not operand.is_leaf:
                continue
            if _is_alike(node, operand._datum, then):
                vouched_for.add(operand)
            else:
                held[operand] = then
        if isinstance(node.primitive, Applied) or not node.primitive.partials:
            continue  # it has kept all; or it was recorded by hand, without a formula
        if _gives_the_same(node, {}):
            pairs = zip(node.operands, node.partials, strict=True)
            vouched_for |= {o for o, partial in pairs if _is_felt(partial)}
        else:
            broken.append(node)
    vouched_for -= held.keys()
    found = dict(held)
    for node in broken:
        if held.keys() & set(_leaves(node)) and _gives_the_same(node, held):
            continue  # what is known to have changed explains it
        suspects = [leaf for leaf in _leaves(node) if leaf not in vouched_for] or _leaves(node)
        found |= {leaf: held.get(leaf) for leaf in suspects}
    return {leaf: found[leaf] for leaf in order if leaf in found}


def said_to_have_changed(changed: Mapping[Any, Any], name: Callable[[Any], str]) -> str:
    """Say which leaves were changed.

    Args:
        changed: what `changed_leaves` has found.
        name: what a leaf is called; "" if it has no name.

    >>> from autograd import Value
    >>> said_to_have_changed({Value(3.0, label="w"): None}, lambda leaf: leaf.label)
    'w has been changed since'
    """
    words = [name(leaf) or "a leaf" for leaf in changed]
    who = ", ".join(words[:3]) + (f" and {len(words) - 3:,} more" if len(words) > 3 else "")
    unknown = any(held is None for held in changed.values())
    some = "some of " if unknown and len(words) > 1 else ""
    return f"{some}{who} {'has' if len(words) == 1 else 'have'} been changed since"


def note_of_changes(order: Sequence[Any], name: Callable[[Any], str]) -> str:
    """Return what stands under a picture that mixes the numbers of then and of now.

    Empty if no leaf was changed since the graph was recorded, or the graph is larger than
    `MOST_LOOKED_AT`.

    Args:
        order: the nodes of a graph in topological order.
        name: what a leaf is called; "" if it has no name.

    >>> from autograd import Value, topological_order
    >>> w = Value(3.0, label="w")
    >>> y = w * 2
    >>> w.data = 5.0
    >>> note_of_changes(topological_order(y), lambda leaf: leaf.label)
    'w has been changed since: its number is that of now, all others are those of then'
    """
    changed = changed_leaves(order) if len(order) <= MOST_LOOKED_AT else {}
    if not changed:
        return ""
    whose = "its number is that" if len(changed) == 1 else "their numbers are those"
    return f"{said_to_have_changed(changed, name)}: {whose} of now, all others are those of then"


def _leaves(node: Any) -> list[Any]:
    return [o for o in node.operands if isinstance(o, Node) and o.is_leaf]


class _Kept:
    """What operations have kept of their operands' numbers, among their local derivatives."""

    def __init__(self) -> None:
        self._known: dict[Any, list[int | None]] = {}

    def numbers(self, node: Any) -> Iterator[tuple[Any, Any]]:
        """Yield operands of a node, each with the number that it held in the forward pass."""
        operands, partials = node.operands, node.partials
        found: Iterable[tuple[Any, Any]]
        if isinstance(node.primitive, Applied):
            then = next(partial.operands for partial in partials if partial is not None)
            # a compiled function has kept nothing in this form
            found = zip(operands, then, strict=True) if then else ()
        else:
            pairs = zip(self._places(node), partials, strict=True)
            found = [(operands[i], p) for i, p in pairs if i is not None and p is not None]
        yield from ((operand, then) for operand, then in found if isinstance(operand, Node))

    def _places(self, node: Any) -> list[int | None]:
        """Return for each slot which operand its local derivative is, if it is one."""
        lengths = tuple(map(len, node._groups))
        key = (node.primitive, lengths)
        if key not in self._known:
            groups = [tuple(Name("x") for _ in range(length)) for length in lengths]
            slot = {id(name): i for i, name in enumerate(chain.from_iterable(groups))}
            try:
                found = chain.from_iterable(partials_of(node.primitive, Name("out"), groups))
                self._known[key] = [slot.get(id(partial)) for partial in found]
            except NotSymbolicError:
                self._known[key] = [None] * len(slot)
        return self._known[key]


def _is_felt(partial: Any) -> bool:
    """Tell whether an operation would give something else if this operand were another."""
    return partial is not None and bool(np.all(partial != 0.0))


def _gives_the_same(node: Any, held: Mapping[Any, Any]) -> bool:
    """Tell whether an operation gives what it gave then, with `held` in place of some leaves."""
    primitive = node.primitive
    groups = [
        tuple(held.get(o, o._datum) if isinstance(o, Node) else o for o in group)
        for group in node._groups
    ]
    operands = groups if primitive.variadic else groups[0]
    if node._is_array:
        with np.errstate(all="ignore"):
            return _is_alike(node, apply(primitive, *operands), node._datum)
    out = evaluate(primitive.value, *operands)
    if not _is_alike(node, out, node._datum):
        return False
    constant = [tuple(not isinstance(o, Node) for o in group) for group in node._groups]
    partials = chain.from_iterable(local_derivatives(primitive, evaluate, out, groups, constant))
    return all(
        now is then if now is None or then is None else _is_alike(node, now, then)
        for now, then in zip(partials, node.partials, strict=True)
    )


def _is_alike(node: Any, now: Any, then: Any) -> bool:
    """Tell whether two numbers that belong to an operation are the same."""
    if node._is_array:  # arrays may be added up in another order, or read as float32
        return bool(np.allclose(now, then, rtol=1e-6, atol=0.0, equal_nan=True))
    now, then = float(getattr(now, "_datum", now)), float(getattr(then, "_datum", then))
    return now == then or (math.isnan(now) and math.isnan(then))
