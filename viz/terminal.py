"""A graph as plain text, for the terminal: what made what, with values and gradients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from autograd.formatting import significant
from autograd.graph import Node, topological_order
from autograd.operands import as_flag
from viz import arrays
from viz.changed_leaves import note_of_changes
from viz.nodes import AnyNode, array_of, is_node, names_by_id, short_constant, symbol
from viz.text import columns, visible

__all__ = ["tree"]

LONGEST_NAME = 40

DEEPEST_INDENT = 16
"""Operands that would be indented further are drawn in a part of their own, at the margin."""


@dataclass(frozen=True)
class _Marks:
    """The characters that a tree is drawn with."""

    branch: str
    last_branch: str
    line: str
    reference: str
    no_gradient: str


_UNICODE = _Marks("├─ ", "└─ ", "│  ", "→", "—")
_ASCII = _Marks("|- ", "`- ", "|  ", "->", "-")
_BLANK = "   "


@dataclass(frozen=True)
class _Row:
    """One line: branches, what they lead to, and what stands in the columns beside it."""

    branches: str
    title: str
    cells: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        return len(self.branches) + columns(self.title)


def tree(
    root: AnyNode,
    *,
    ascii: bool = False,
    values: bool = True,
    gradients: bool = True,
    labels: Mapping[Any, str] | None = None,
) -> str:
    """Return a picture of the graph that computed `root`, as text.

    The result stands above its operands, which stand in argument order.  Each value is
    drawn once, where it is met first; every later mention is a reference, ``→ n3``.  The ids
    are those of `draw`: topological order, operands first.  A Tensor has its shape in a column
    of its own, and a summary in place of more than a few numbers.  A line at the end says which
    leaves were changed after the graph was computed.

    Args:
        root: the value whose computation is drawn.
        ascii: whether to use ASCII characters only.
        values: whether to show the numbers.
        gradients: whether to show the gradients; ``—`` where there is none yet.
        labels: names that override `Value.label` in this picture.

    Raises:
        TypeError: `root` is neither a Value nor a Tensor; `labels` is not a dict of such and
            names; `ascii`, `values` or `gradients` is neither True nor False.

    >>> from autograd import Value
    >>> x, w = Value(2.0, label="x"), Value(-3.0, label="w")
    >>> y = (w * x).tanh() + x
    >>> y.label = "y"
    >>> y.backward()
    >>> print(tree(y))
                id   value       grad
    y = +       n4   1.000      1.000
    ├─ tanh     n3  -1.000      1.000
    │  └─ ×     n2  -6.000  2.458e-05
    │     ├─ w  n0  -3.000  4.915e-05
    │     └─ x  n1   2.000     0.9999
    └─ x → n1
    """
    if not is_node(root):
        raise TypeError(
            f"a tree needs a Value or a Tensor, got {type(root).__name__}; "
            "pass the result of an expression of them, such as y = w * x + b"
        )
    ascii, values = as_flag(ascii, "ascii"), as_flag(values, "values")
    gradients = as_flag(gradients, "gradients")
    drawn = _Tree(root, ascii, values, gradients, labels)
    lines = _aligned(drawn.rows())
    if values and (note := note_of_changes(drawn.nodes, drawn.called)):
        lines += ["", note]
    return "\n".join(lines)


class _Tree:
    def __init__(
        self,
        root: AnyNode,
        ascii: bool,
        values: bool,
        gradients: bool,
        labels: Mapping[Any, str] | None,
    ) -> None:
        self.root = root
        self.ascii = ascii
        self.values = values
        self.gradients = gradients
        self.marks = _ASCII if ascii else _UNICODE
        self.names = names_by_id(labels)
        self.nodes: list[Node] = topological_order(root)
        self.shapes = any(node._is_array for node in self.nodes)
        self.ids = {id(node): f"n{index}" for index, node in enumerate(self.nodes)}

    def rows(self) -> list[_Row]:
        """Return the table, from its heading down; a loop, because a graph may be very deep."""
        rows = [_Row("", "", self.heading())]
        drawn: set[int] = set()
        parts: list[Node] = [self.root]  # each is drawn from the left margin
        for part in parts:  # grows while it is walked
            if id(part) in drawn:
                continue
            # what is still to be written: the node, the text before it, that before its operands
            waiting: list[tuple[Any, str, str, int]] = [(part, "", "", 0)]
            while waiting:
                node, lead, inner, depth = waiting.pop()
                if not isinstance(node, Node):
                    rows.append(_Row(lead, self.constant(node)))
                    continue
                too_deep = depth >= DEEPEST_INDENT and bool(node.operands)
                if id(node) in drawn or too_deep:
                    rows.append(_Row(lead, self.reference(node)))
                    if too_deep:
                        parts.append(node)
                    continue
                drawn.add(id(node))
                rows.append(_Row(lead, self.title(node), self.cells(node)))
                waiting += reversed(self.branches(node, inner, depth + 1))
        return rows

    def branches(self, node: Node, inner: str, depth: int) -> list[tuple[Any, str, str, int]]:
        operands = node.operands
        found = []
        for slot, operand in enumerate(operands):
            is_last = slot == len(operands) - 1
            lead = inner + (self.marks.last_branch if is_last else self.marks.branch)
            found.append((operand, lead, inner + (_BLANK if is_last else self.marks.line), depth))
        return found

    def heading(self) -> tuple[str, ...]:
        shown = {"shape": self.shapes, "value": self.values, "grad": self.gradients}
        return ("id", *(name for name, wanted in shown.items() if wanted))

    def cells(self, node: Node) -> tuple[str, ...]:
        cells = [self.ids[id(node)]]
        if self.shapes:
            cells.append(self.plain(arrays.kind(node._datum)) if node._is_array else "")
        if self.values:
            cells.append(self.datum(node._datum))
        if self.gradients:
            has_none = node._grad is None
            cells.append(self.marks.no_gradient if has_none else self.datum(node._grad))
        return tuple(cells)

    def datum(self, datum: Any) -> str:
        """Return a number, the few numbers of an array, or a summary of it."""
        array = array_of(datum)
        if array is None:
            return significant(float(getattr(datum, "_datum", datum)))
        few = arrays.inline(array) if array.size > 1 else ""
        return few or self.plain(arrays.summary(array))

    def constant(self, operand: Any) -> str:
        array = array_of(operand)
        if array is None:
            return short_constant(operand)
        few = arrays.inline(array)
        return few or self.plain(f"array {arrays.kind(array)}: {arrays.summary(array)}")

    def title(self, node: Node) -> str:
        """``y = tanh``: the name, the primitive, or both."""
        name = self.name(node)
        if node.primitive is None:
            return name or "leaf"
        written = self.shown(symbol(node, self.ascii))
        return f"{name} = {written}" if name else written

    def reference(self, node: Node) -> str:
        return f"{self.name(node)} {self.marks.reference} {self.ids[id(node)]}".lstrip()

    def called(self, node: Node) -> str:
        return self.name(node) or self.ids[id(node)]

    def name(self, node: Node) -> str:
        return self.shown(self.names.get(id(node), node.label))

    def plain(self, text: str) -> str:
        """`text` of our own, in ASCII if that is asked for."""
        return text.replace("×", "x").replace("…", "...") if self.ascii else text

    def shown(self, text: str) -> str:
        """`text` as one visible line; in ASCII other characters are written as their codes."""
        if self.ascii:
            text = visible(text, LONGEST_NAME).replace("…", "...")
            return text.encode("ascii", "backslashreplace").decode("ascii")
        return visible(text, LONGEST_NAME)


def _aligned(rows: list[_Row]) -> list[str]:
    """Rows with their cells under each other, the numbers to the right."""
    width = max(row.width for row in rows)
    table = [row.cells for row in rows if row.cells]
    cell_widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = []
    for row in rows:
        line = row.branches + row.title
        if row.cells:
            line += " " * (width - row.width)
            for number, cell in enumerate(row.cells):
                room = cell_widths[number]
                line += "  " + (cell.ljust(room) if number == 0 else cell.rjust(room))
        lines.append(line.rstrip())
    return lines
