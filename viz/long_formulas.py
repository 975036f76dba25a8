"""A formula that is too long for one line, in several lines.

What it uses more than once gets a line of its own and a name, ``t1``, and so does what would
make a line too long.  That keeps the text linear in the graph, where writing everything out
may double it with every operation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from typing import NamedTuple

from autograd.symbolic import Call, Expression, Name, fold
from viz.notation import Notation

__all__ = ["LONGEST", "Definition", "in_lines"]

LONGEST = 200
"""A formula of more symbols is written in several lines."""

_WORTH_A_NAME = 4  # symbols of a part that is used again

_LETTERS = "tuvqrskcdefghij"


class Definition(NamedTuple):
    """One line of a formula: what it defines, in text and in LaTeX, and as what."""

    name: str
    latex: str
    expression: Expression


def in_lines(names: Notation, definitions: Sequence[Definition]) -> list[Definition]:
    """Return the definitions, those that are too long cut into several.

    Args:
        names: of the graph, so that no line is called by one of them.
        definitions: in an order in which each uses only earlier ones.
    """
    sizes: dict[int, int] = {}
    uses: dict[int, int] = {}

    def measure(part: Expression, operands: list[int]) -> int:
        for operand in part.operands:
            uses[id(operand)] = uses.get(id(operand), 0) + 1
        return 1 + sum(operands)

    for definition in definitions:
        fold(definition.expression, measure, sizes)
    wholes = {id(definition.expression) for definition in definitions}
    new_names = _new_names(names)
    found: list[Definition] = []
    shortened: dict[int, tuple[Expression, int]] = {}

    def shorten(part: Expression, operands: list[tuple[Expression, int]]) -> tuple[Expression, int]:
        if not isinstance(part, Call):
            return part, 1
        short = part.of([operand for operand, _ in operands])
        size = 1 + sum(size for _, size in operands)
        is_shared = uses.get(id(part), 0) > 1 and sizes[id(part)] >= _WORTH_A_NAME
        if id(part) in wholes or not (is_shared or size > LONGEST // 2):
            return short, size
        name = next(new_names)
        found.append(Definition(name.text, name.latex or "", short))
        return name, 1

    for definition in definitions:
        if sizes[id(definition.expression)] > LONGEST:
            short, _ = fold(definition.expression, shorten, shortened)
            definition = definition._replace(expression=short)
        found.append(definition)
    return found


def _new_names(names: Notation) -> Iterator[Name]:
    """Return t1, t2 …, or another letter, or several, if a label is like that."""
    letters = (letter * times for times in count(1) for letter in _LETTERS)
    letter = next(letter for letter in letters if not names.has_label_like(letter))
    for number in count(1):
        yield Name(f"{letter}{number}", f"{letter}_{{{number}}}")
