"""A formula cut to what a line holds: ``w0·x0 + w1·x1 + … + b``.

The sum of a hundred thousand terms is one operation, but nobody reads it.  What is cut is the
expression and not its text, so that text and LaTeX leave out the same, and so that the names
that are printed are those that `Name`s of the expression stand for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd.symbolic import Call, Expression, Name, Number, fold
from viz.text import columns

__all__ = ["LONGEST", "brief"]

LONGEST = 80
"""About so many columns a formula may take."""

_DOTS = Name("…", r"\cdots")

_NARROWEST = 8
"""What has less room than this is not begun."""

_CHAINS = {"add": ("add", "subtract"), "subtract": ("add", "subtract"), "multiply": ("multiply",)}

_SIGNS = {"add": 3, "subtract": 3, "multiply": 1, "divide": 1, "power": 1, "negate": 1}
_MOST_OPERANDS = 4
_NUMBER = 6
_ENOUGH = 1_000_000  # a part that is used again and again may be longer than any number


def brief(expression: Expression, longest: int = LONGEST) -> Expression:
    """Return an expression, with dots in the place of what makes it too long.

    >>> from autograd.symbolic import text
    >>> x = [Name(f"x{i}") for i in range(100)]
    >>> text(brief(sum(x[1:], x[0]), longest=25))
    'x0 + x1 + x2 + … + x99'
    """
    lengths: dict[int, int] = {}
    fold(expression, _length, lengths)
    return _cut(expression, longest, lengths)[0]


def _length(part: Any, operands: Sequence[int]) -> int:
    """Estimate how many columns a part takes."""
    if isinstance(part, Number):
        return _NUMBER if part.value % 1.0 else len(f"{part.value:.6g}")
    if isinstance(part, Name):
        return columns(part.text)
    return min(sum(operands) + _around(part, len(operands)), _ENOUGH)


def _around(part: Call, operands: int) -> int:
    """Return the columns that an operation takes beside its operands."""
    return _SIGNS.get(part.operation, len(part.operation) + 2 * operands)


def _cut(part: Any, room: int, lengths: dict[int, int]) -> tuple[Expression, int]:
    """Return what there is room for, and its length; the room gets less with every call."""
    length = lengths[id(part)]
    if length <= room or not isinstance(part, Call):
        return part, length
    if room < _NARROWEST:
        return _DOTS, 1
    terms = _terms(part)
    if len(terms) > 2:
        return _cut_chain(terms, room, lengths)
    if len(part.operands) > _MOST_OPERANDS:
        return _cut_operands(part, room, lengths)
    left = room - _around(part, len(part.operands))
    found: dict[int, tuple[Expression, int]] = {}
    by_length = sorted(enumerate(part.operands), key=lambda pair: lengths[id(pair[1])])
    for done, (place, operand) in enumerate(by_length):
        found[place] = _cut(operand, left // (len(by_length) - done), lengths)
        left -= found[place][1]
    operands = [found[place][0] for place in range(len(found))]
    return part.of(operands), room - left


def _terms(part: Any) -> list[tuple[str, Expression]]:
    """Return the terms of a sum or the factors of a product, each with what it is joined by."""
    chain = _CHAINS.get(part.operation, ())
    terms: list[tuple[str, Expression]] = []
    while isinstance(part, Call) and part.operation in chain:
        part_left, term = part.operands
        terms.append((part.operation, term))
        part = part_left
    terms.append(("", part))
    return terms[::-1]


def _cut_chain(
    terms: Sequence[tuple[str, Expression]], room: int, lengths: dict[int, int]
) -> tuple[Expression, int]:
    sign = _SIGNS[terms[-1][0]]
    *others, (joined_by, last) = terms
    end, length = _cut(last, room // 3, lengths)
    kept, length = _first_of([term for _, term in others], room, length + sign, sign, lengths)
    total = kept[0]
    for (operation, _), term in zip(others[1:], kept[1:], strict=False):
        total = _join(operation, total, term)
    if len(kept) < len(others):
        total = _join("add" if joined_by == "subtract" else joined_by, total, _DOTS)
    return _join(joined_by, total, end), length


def _cut_operands(part: Call, room: int, lengths: dict[int, int]) -> tuple[Expression, int]:
    *others, last = part.operands
    end, length = _cut(last, room // 3, lengths)
    kept, length = _first_of(others, room, length + _around(part, 2), 2, lengths)
    dots = [_DOTS] if len(kept) < len(others) else []
    return part.of([*kept, *dots, end]), length


def _first_of(
    parts: Sequence[Expression], room: int, length: int, sign: int, lengths: dict[int, int]
) -> tuple[list[Expression], int]:
    """Return the first parts, at least one, that fit beside what is there and the dots."""
    length += sign + 1
    kept: list[Expression] = []
    for part in parts:
        short, more = _cut(part, room // 3, lengths)
        if kept and length + sign + more > room:
            break
        kept.append(short)
        length += sign + more
    return kept, length


def _join(operation: str, left: Expression, right: Expression) -> Expression:
    return Call(operation, (left, right))
