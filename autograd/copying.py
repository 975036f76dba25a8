"""Copies and pickles of a graph, written as loops so that no depth is too deep.

`copy.copy` gives a node of its own over the same operands, `copy.deepcopy` the whole
graph again.  A pickle keeps values, gradients (as numbers), labels and scopes; hooks are
functions and stay behind.  Within one root all sharing is kept, and leaves are shared
between all the roots of one pickle; an intermediate node that is pickled both by itself
and inside another root comes back as two nodes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from autograd import contexts
from autograd.array_primitives import Applied
from autograd.graph import Node, topological_order
from autograd.primitives import Primitive

__all__ = ["copy_graph", "copy_node", "reduce_node"]

NodeT = TypeVar("NodeT", bound=Node)


def copy_node(node: NodeT) -> NodeT:
    """Return a new node with the same operands, value, gradient, label and scope."""
    new = contexts.new(type(node))
    new._become_leaf(node._datum.copy() if node._is_array else node._datum)
    new._primitive = node._primitive
    new._left, new._right = node._left, node._right
    new._dleft, new._dright = node._dleft, node._dright
    new._grad = node._grad.copy() if isinstance(node._grad, np.ndarray) else node._grad
    new.label, new.scope = node.label, node.scope
    vars_of(new).update(vars_of(node))
    if contexts.watched and node.is_leaf:
        contexts.stopped(new, node)
    return new


def vars_of(node: Node) -> dict[str, Any]:
    """Return the attributes that a user's subclass has added."""
    return getattr(node, "__dict__", {})


def copy_graph(root: NodeT, memo: dict[int, Any]) -> NodeT:
    """Return the root of a copy of the whole graph; `memo` is that of `copy.deepcopy`."""
    for node in topological_order(root):
        if id(node) in memo:
            continue
        new = memo[id(node)] = copy_node(node)
        if isinstance(node._grad, Node):
            new._grad = copy_graph(node._grad, memo)
        if node._notes is not None and node._notes.hooks:
            for hook in node._notes.hooks.values():
                new.register_hook(hook)
        if node._left.__class__ is tuple:
            new._left = tuple(
                tuple(memo.get(id(operand), operand) for operand in group) for group in node._left
            )
        else:
            new._left = memo.get(id(node._left), node._left)
        new._right = memo.get(id(node._right), node._right)
    copied: NodeT = memo[id(root)]
    return copied


def reduce_node(root: Node) -> tuple[Callable[..., Node], tuple[Any, ...]]:
    """Write a graph as one flat list of rows, for `pickle`.

    A leaf among the rows is the leaf itself, which `pickle` writes once however many
    roots use it; an operand is written as the number of its row, a constant as a float.
    """
    if root.is_leaf:
        return _restore_leaf, (type(root), root._datum, *_rest(root))
    rows: list[Any] = []
    row_of: dict[Node, int] = {}
    for node in topological_order(root):
        row_of[node] = len(rows)
        if node.is_leaf:
            rows.append(node)
            continue
        groups = tuple(
            tuple(row_of[o] if isinstance(o, Node) else o for o in group) for group in node._groups
        )
        made = (node._primitive, groups, node._partial_groups)
        rows.append((type(node), *made, node._datum, *_rest(node)))
    return _restore_graph, (rows,)


def _rest(node: Node) -> tuple[Any, ...]:
    grad = getattr(node._grad, "_datum", node._grad)
    return grad, node.label, node.scope, vars_of(node)


def _restore_leaf(
    kind: type[NodeT],
    data: Any,
    grad: Any,
    label: str,
    scope: str,
    attributes: dict[str, Any],
) -> NodeT:
    leaf = kind.__new__(kind)
    leaf._become_leaf(data)
    leaf._grad, leaf.label, leaf.scope = grad, label, scope
    vars_of(leaf).update(attributes)
    return leaf


def _restore_graph(rows: list[Any]) -> Node:
    nodes: list[Any] = []
    for row in rows:
        if isinstance(row, Node):
            nodes.append(row)
            continue
        kind, primitive, groups, partials, data, grad, label, scope, attributes = row
        node = contexts.new(kind)
        node._become_result(
            _known(primitive),
            [tuple(nodes[o] if isinstance(o, int) else o for o in group) for group in groups],
            partials,
            data,
        )
        node._grad, node.label, node.scope = grad, label, scope
        vars_of(node).update(attributes)
        nodes.append(node)
    root: Node = nodes[-1]
    return root


def _known(primitive: Any) -> Primitive | Applied:
    if not isinstance(primitive, (Primitive, Applied)):
        raise ValueError(f"a pickled node was made by {primitive!r}, which is not a primitive")
    return primitive
