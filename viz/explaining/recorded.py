"""Which leaves have been changed since a graph of Values was recorded.

An operation keeps its value and its local derivatives; a leaf keeps nothing, and a step of
training writes into it.  What it holds is then not what the graph was computed with.  It shows
where an operation would give something else now.  Where a local derivative is the operand
itself, as in a product, the graph still knows what the leaf held.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from autograd.graph import Node
from autograd.operations import local_derivatives
from autograd.primitives import evaluate
from autograd.symbolic import NotSymbolicError
from viz.notation import Notation

__all__ = ["changed_leaves", "note"]


def changed_leaves(names: Notation) -> dict[Any, float | None]:
    """Return the leaves that were changed, with what they held; None if that is not known.

    Of an operation on several leaves it may not be known which were changed; then all that may
    have been are returned.

    >>> from autograd import Value
    >>> w, x = Value(3.0, label="w"), Value(2.0, label="x")
    >>> y = w * x + w.sin()
    >>> w.data = 5.0
    >>> changed_leaves(Notation(y))
    {Value(5.000, label='w'): 3.0}
    """
    consumers: dict[Any, list[Any]] = {}
    for node in names.order:
        if not node._is_array and node.primitive is not None and node.primitive.partials:
            for leaf in _leaves(node):
                consumers.setdefault(leaf, []).append(node)
    broken = [n for n in _each(consumers.values()) if not _gives_the_same(n, {})]
    if not broken:
        return {}
    suspects = dict.fromkeys(leaf for node in broken for leaf in _leaves(node))
    held: dict[Any, float] = {}
    for node in _each(consumers[leaf] for leaf in suspects):
        held |= _remembered(node, names)
    found: dict[Any, float | None] = {}
    for node in broken:
        explained = _gives_the_same(node, held)
        for leaf in _leaves(node):
            if leaf in held and not _same(held[leaf], leaf._datum):
                found[leaf] = held[leaf]
            elif leaf not in held and not explained:
                found[leaf] = None
    return found


def _each(groups: Iterable[Iterable[Any]]) -> list[Any]:
    return list(dict.fromkeys(node for group in groups for node in group))


def _leaves(node: Any) -> list[Any]:
    return [o for o in node.operands if isinstance(o, Node) and o.is_leaf and not o._is_array]


def _gives_the_same(node: Any, held: Mapping[Any, float]) -> bool:
    """Tell whether an operation gives what it gave, value and local derivatives."""
    groups = [
        tuple(held.get(o, o._datum) if isinstance(o, Node) else o for o in group)
        for group in node._groups
    ]
    primitive = node.primitive
    out = evaluate(primitive.value, *(groups if primitive.variadic else groups[0]))
    if not _same(out, node._datum):
        return False
    constant = [tuple(not isinstance(o, Node) for o in group) for group in node._groups]
    found = local_derivatives(primitive, evaluate, out, groups, constant)
    partials = [partial for group in found for partial in group]
    return all(map(_same, partials, node.partials))


def _same(x: Any, y: Any) -> bool:
    if x is None or y is None:
        return x is y
    return bool(x == y or (math.isnan(x) and math.isnan(y)))


def _remembered(node: Any, names: Notation) -> dict[Any, float]:
    """Return the operands that a local derivative of this node is."""
    try:
        formulas = names.partials(node)
    except NotSymbolicError:
        return {}
    operands: dict[Any, Any] = {names[o]: o for o in node.operands if isinstance(o, Node)}
    return {
        operands[formula]: float(partial)
        for formula, partial in zip(formulas, node.partials, strict=True)
        if formula in operands and partial is not None
    }


def note(changed: Mapping[Any, float | None], names: Notation) -> str:
    """Say which leaves were changed; empty if none was.

    >>> from autograd import Value
    >>> w = Value(3.0, label="w")
    >>> note({w: None}, Notation(w * 2))
    'w has been changed since: all numbers are those of then; ? is one that is not known any more'
    """
    if not changed:
        return ""
    words = [names[leaf].text for leaf in changed]
    who = ", ".join(words[:3]) + (f" and {len(words) - 3:,} more" if len(words) > 3 else "")
    unknown = any(held is None for held in changed.values())
    some = "some of " if unknown and len(words) > 1 else ""
    said = f"{some}{who} {'has' if len(words) == 1 else 'have'} been changed since"
    end = "; ? is one that is not known any more" if unknown else ""
    return f"{said}: all numbers are those of then{end}"
