"""What the values without a label are that names and formulas speak of: ``n1 = x·x = 4``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from autograd import symbolic
from autograd.symbolic import Expression, Name, fold
from viz.changed_leaves import said_to_have_changed
from viz.explaining.badges import remark
from viz.explaining.factors import Factor, Factors
from viz.explaining.sheet import figure, latex_number
from viz.notation import Notation

__all__ = ["Legend", "changes"]

_MOST = 12
"""So many values are defined; of the others the reader is told where they are."""


class Legend:
    """Collects which nodes are named in what is told, and defines those without a label.

    Args:
        factors: names and formulas.
    """

    def __init__(self, factors: Factors) -> None:
        self._factors = factors
        self._by_name = {factors.notation[node]: node for node in factors.notation.order}
        self._named: dict[Any, None] = {}
        self._defined: set[Any] = set()

    def names(self, nodes: Iterable[Any]) -> None:
        """Note that nodes have been named."""
        self._named.update(dict.fromkeys(nodes))

    def names_factors(self, factors: Iterable[Factor], formulas: bool = True) -> None:
        """Note that factors have been written: what they are called and what is said of them.

        Args:
            factors: those that were written.
            formulas: whether with their formulas.
        """
        for factor in factors:
            self.names((factor.consumer, factor.operand))
            formula = self._factors.brief_formula(factor) if formulas else None
            if formula is not None:
                self.names(self._nodes_in(formula))
            self.names(remark(factor, self._factors).about)

    def defines(self, node: Any) -> None:
        """Note that the definition of a node has been written."""
        self._defined.add(node)
        self.names(self._nodes_in(self._factors.brief_definition(node)))

    def lines(self, ascii: bool) -> list[str]:
        """Return a line for each value without a label, in text."""
        names = self._factors.notation
        found, left_out = self._unlabelled()
        lines = []
        for node in found:
            parts = [names[node].text]
            if node.primitive is not None:
                parts.append(symbolic.text(self._definition(node), ascii))
            number = self._factors.number(node)
            parts.append("?" if number is None else figure(number))
            lines.append(" = ".join(parts))
        if left_out:
            lines.append(f"… {left_out:,} more: see draw(root), or label the values that matter")
        return [f"{'      ' if i else 'where '}{line}" for i, line in enumerate(lines)]

    def latex_lines(self) -> list[str]:
        """Return a line for each value without a label, in LaTeX."""
        found, left_out = self._unlabelled()
        lines = []
        for node in found:
            number = self._factors.number(node)
            written = "?" if number is None else latex_number(number)
            if node.primitive is not None:
                written = symbolic.latex(self._definition(node))
            lines.append(rf"{self._factors.latex_of(node)} &:= {written}")
        if left_out:
            more = symbolic.latex_text(f"{left_out:,} more: see draw(root)")
            lines.append(rf"& \cdots \;\; {more}")
        return lines

    def _unlabelled(self) -> tuple[list[Any], int]:
        """Return the nodes to be defined, and how many others are named."""
        names = self._factors.notation
        waiting = list(self._named)
        found: dict[Any, None] = {}
        others: set[Any] = set()
        for node in waiting:  # grows while it is walked
            if names.is_labelled(node) or node in found or node in self._defined:
                continue
            if len(found) == _MOST:
                others.add(node)
                continue
            found[node] = None
            if node.primitive is not None:
                waiting += self._nodes_in(self._definition(node))
        return sorted(found, key=names.index), len(others)

    def _definition(self, node: Any) -> Expression:
        return self._factors.brief_definition(node, inner=True)

    def _nodes_in(self, expression: Expression) -> Iterator[Any]:
        found: list[Name] = []

        def visit(part: Any, _: list[None]) -> None:
            if isinstance(part, Name) and part in self._by_name:
                found.append(part)

        fold(expression, visit)
        return (self._by_name[name] for name in found)


def changes(changed: Mapping[Any, float | None], names: Notation) -> str:
    """Say which leaves were changed; empty if none was.

    >>> from autograd import Value
    >>> w = Value(3.0, label="w")
    >>> changes({w: None}, Notation(w * 2))
    'w has been changed since: all numbers are those of then; ? is one that is not known any more'
    """
    if not changed:
        return ""
    said = said_to_have_changed(changed, lambda leaf: names[leaf].text)
    unknown = any(held is None for held in changed.values())
    end = "; ? is one that is not known any more" if unknown else ""
    return f"{said}: all numbers are those of then{end}"
