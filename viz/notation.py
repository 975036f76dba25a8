"""What each node of a graph is called in a formula.

A formula needs a name for every node, and no name twice.  A node is called by its label; one
without a label by its id, ``n3``, the one that `tree` and ``draw(root, ids=True)`` show; and if
two nodes have the same label, the second is called ``w (n7)``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograd.graph import Node, topological_order
from autograd.symbolic import (
    Expression,
    Name,
    Number,
    Simplifier,
    latex_name,
    latex_text,
    partials_of,
)
from viz.nodes import AnyNode, is_node, names_by_id, short_constant
from viz.text import visible

__all__ = ["Notation"]

_PLAIN = re.compile(r"[\w.'′]+(\[[\w, .'\"]*\])*( \(n\d+\))?")
"""A name that stands in a formula as it is; any other is put into quotation marks."""


class Notation:
    """The names of the nodes of one graph.

    Args:
        root: the value whose graph it is.
        labels: names that override `.label`.

    Raises:
        TypeError: `root` or `labels` is not made of Values and Tensors.

    >>> from autograd import Value
    >>> x = Value(3.0, label="x")
    >>> names = Notation(x * x + 1)
    >>> [names[node].text for node in names.order]
    ['x', 'n1', 'n2']
    """

    def __init__(self, root: AnyNode, labels: Mapping[Any, str] | None = None) -> None:
        if not is_node(root):
            raise TypeError(
                f"a formula needs a Value or a Tensor, got {type(root).__name__}; "
                "pass the result of an expression of them, such as y = w * x + b"
            )
        self.order: list[Any] = topological_order(root)
        self._index = {id(node): index for index, node in enumerate(self.order)}
        self._names: dict[int, Name] = {}
        self._has_label: set[int] = set()
        given = names_by_id(labels)
        taken: set[str] = set()
        taken_in_latex: set[str] = set()
        for index, node in enumerate(self.order):
            label = visible(given.get(id(node), node.label)).strip()
            if label:
                self._has_label.add(id(node))
            text = label or f"n{index}"
            while text in taken:
                text = f"{text} (n{index})"
            taken.add(text)
            quoted = text if _PLAIN.fullmatch(text) else f"‘{text}’"
            in_latex = latex_name(text)
            if in_latex in taken_in_latex:  # w1, w_1 and w[1] look alike
                in_latex = latex_text(text)
            taken_in_latex.add(in_latex)
            self._names[id(node)] = Name(quoted, in_latex)

    def __getitem__(self, node: Node) -> Name:
        """Return the name of a node; the same object each time."""
        return self._names[id(node)]

    def __contains__(self, node: object) -> bool:
        """Tell whether a node is part of the graph."""
        return id(node) in self._names

    def is_labelled(self, node: Node) -> bool:
        """Tell whether a node has a name of its own rather than an id."""
        return id(node) in self._has_label

    def has_label_like(self, letter: str) -> bool:
        """Tell whether a node is called by this letter and a number: t1, t_1, t[1]."""
        like = re.compile(rf"{letter}_?\[?\d+\]?")
        return any(like.fullmatch(name.text) for name in self._names.values())

    def id(self, node: Node) -> str:
        """Return the id of a node, ``n3``."""
        return f"n{self._index[id(node)]}"

    def index(self, node: Node) -> int:
        """Return the place of a node in the order of evaluation, from 0."""
        return self._index[id(node)]

    def groups(self, node: Node) -> list[tuple[Expression, ...]]:
        """Return the operands of a node as its primitive's formulas take them, by name."""
        return [tuple(self._operand(operand) for operand in group) for group in node._groups]

    def partials(self, node: Node, make: Simplifier | None = None) -> tuple[Expression, ...]:
        """Return the local derivative by each operand of a Value, as a simplified formula.

        They hold whatever the numbers are: where the number of an arrow is None because
        `where` did not choose it, the formula says when it would be.

        Raises:
            NotSymbolicError: a primitive of the user's own cannot be read for symbols.

        >>> from autograd import Value
        >>> from autograd.symbolic import text
        >>> z = Value(0.5, label="z")
        >>> a = z.sigmoid()
        >>> a.label = "a"
        >>> [text(partial) for partial in Notation(a).partials(a)]
        ['a·(1 − a)']
        """
        if node.primitive is None:
            return ()
        make = make or Simplifier()
        groups: Sequence[tuple[Expression, ...]] = self.groups(node)
        found = partials_of(node.primitive, self[node], groups)  # type: ignore[arg-type]
        return tuple(make.simplified(partial) for group in found for partial in group)

    def _operand(self, operand: Any) -> Expression:
        if isinstance(operand, Node):
            return self[operand]
        if isinstance(operand, np.ndarray):
            return Name(short_constant(operand))
        return Number(operand)
