"""The steps of a pass in words and formulas, a few lines each, for under a picture."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from typing import Any

from autograd import Value
from autograd.formatting import significant
from autograd.symbolic import Expression, NotSymbolicError, Number, call, replaced, text
from viz.notation import Notation
from viz.steps import BackwardStep, Contribution
from viz.text import columns

__all__ = ["Captions"]

_MOST_LINES = 5
_LONGEST_FORMULA = 44


class Captions:
    """What there is to say of the steps of one pass.

    Args:
        root: where the backward pass begins.
        names: what its nodes are called.

    >>> x, w = Value(2.0, label="x"), Value(-3.0, label="w")
    >>> y = w * x
    >>> Captions(y, Notation(y)).computation(y)
    'n2 = w·x = −3·2 = -6.000'
    """

    def __init__(self, root: Value, names: Notation) -> None:
        self.root = root
        self.names = names

    def name(self, node: Value) -> str:
        """Return what a node is called."""
        return text(self.names[node])

    def derivative(self, below: Value, above: Value | None = None) -> str:
        """Write the derivative of one node, or of the root, by another: ``∂E/∂w``."""
        return f"∂{self.name(above if above is not None else self.root)}/∂{self.name(below)}"

    def numbers(self, node: Value) -> dict[Any, Expression]:
        """Return what stands for each name in the formulas of one operation."""
        known = [node, *(operand for operand in node.operands if isinstance(operand, Value))]
        return {self.names[one]: Number(one.data) for one in known}

    def computation(self, node: Value) -> str:
        """``z = w·x = 0.15·0.1 = 0.015``, as far as it can be read for symbols and is short."""
        parts = [self.name(node)]
        try:
            formula = call(node.primitive, self.names.groups(node))  # type: ignore[arg-type]
        except NotSymbolicError:
            parts.append(f"{node.primitive.name}(…)")  # type: ignore[union-attr]
        else:
            forms = [text(formula), text(replaced(formula, self.numbers(node)), digits=4)]
            parts += [form for form in forms if columns(form) <= _LONGEST_FORMULA]
        return " = ".join([*parts, significant(node.data)])

    def chain_rule(self, count: str, step: BackwardStep) -> list[str]:
        """Return what one step does, in a line for each contribution.

        Args:
            count: which step it is, of how many.
            step: the step.
        """
        node = step.node
        lines = [
            f"Back {count}: {self.name(node)} hands on "
            f"{self.derivative(node)} = {significant(step.adjoint)}"
        ]
        try:
            formulas = self.names.partials(node)
        except NotSymbolicError:
            formulas = ()
        told = step.contributions
        if len(told) > _MOST_LINES - 1:
            told = told[: _MOST_LINES - 2]
        for c in told:
            lines.append(self.contribution(step, c, formulas[c.slot] if formulas else None))
        if len(told) < len(step.contributions):
            rest = len(step.contributions) - len(told)
            lines.append(f"and in the same way to {rest} more operands")
        return lines

    def start(self, leaves: Sequence[Value]) -> list[str]:
        """Return what there is to say before the backward pass."""
        names = ", ".join(map(self.name, leaves))
        to = f" to {names}" if 1 <= len(leaves) <= 6 and not self.root.is_leaf else ""
        done = f"The forward pass is done: {self.name(self.root)} = {significant(self.root.data)}."
        return [f"{done} Now back, from {self.name(self.root)}{to}."]

    def contribution(self, step: BackwardStep, c: Contribution, formula: Expression | None) -> str:
        """Write the chain rule of one arrow, with its numbers.

        Args:
            step: the step that the arrow is part of.
            c: what the arrow carries.
            formula: of the local derivative, if it is known.
        """
        slots = [other.slot for other in step.contributions if other.operand is c.operand]
        which = ""
        if len(slots) > 1:
            ordinals = ("first", "second", "third")
            place = f"{ordinals[c.slot]} operand" if c.slot < 3 else f"operand {c.slot + 1}"
            which = f" ({place})"
        sign = "=" if c.before is None else "+="
        adjoint, partial = significant(step.adjoint), _factor(c.partial)
        line = (
            f"{self.derivative(c.operand)} {sign} {self.derivative(step.node)} · "
            f"{self.derivative(c.operand, step.node)}{which}"
        )
        if formula is not None and not isinstance(formula, Number):
            written = text(formula)
            if columns(written) <= _LONGEST_FORMULA and not _is_number(written):
                line += f" = {adjoint} · {_bracketed(written)}"
        line += f" = {adjoint} · {partial} = {significant(c.amount)}"
        return line if c.before is None else f"{line}, makes {significant(c.after)}"

    def summary(self, gradients: Iterable[tuple[Value, float]]) -> list[str]:
        """Return the gradient of each leaf, a few to a line."""
        found = [f"{self.derivative(leaf)} = {significant(g)}" for leaf, g in gradients]
        found = found or ["every gradient is known"]
        rows = [found[start : start + 4] for start in range(0, len(found), 4)]
        lines = [", ".join(row) for row in rows[: _MOST_LINES - 1]]
        if len(rows) > len(lines):
            lines[-1] += f" and {len(found) - 4 * len(lines)} more"
        return [f"Done: {lines[0]}", *lines[1:]]


def _factor(number: float) -> str:
    written = significant(number)
    return f"({written})" if number < 0 else written


def _bracketed(formula: str) -> str:
    """Write a formula as a factor: a sum, a difference or a case gets brackets."""
    simple = re.fullmatch(r"[\w.′\[\]]+(\([^()]*\))?(·\([^()]*\)|·[\w.′\[\]]+)*", formula)
    return formula if simple else f"({formula})"


def _is_number(written: str) -> bool:
    try:
        return math.isfinite(float(written.replace("−", "-")))
    except ValueError:
        return False
