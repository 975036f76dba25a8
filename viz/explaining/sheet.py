"""An explanation on a page: sentences and tables, as text for a terminal or as HTML; LaTeX lines.

What stands in them is text already; only the escapes of the medium are added here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import TypeVar

from autograd.formatting import significant
from viz.text import columns

__all__ = [
    "UNBROKEN",
    "Block",
    "Prose",
    "Table",
    "aligned",
    "figure",
    "first_and_last",
    "html",
    "in_product",
    "latex_number",
    "plain",
]

Row = TypeVar("Row")

WIDTH = 100
"""Lines are broken to fit into so many columns."""

UNBROKEN = "\u00a0"
"""A space at which no line is broken; it is written as any other."""

_NARROWEST = 24

_ASCII = str.maketrans({
    "∂": "d", "·": "*", "−": "-", "…": "...", "′": "'", "≈": "~", "×": "x", "→": "->", "≤": "<=",
    "≥": ">=", "Σ": "sum", "σ": "sigmoid", "‘": "'", "’": "'", "⊙": "*", "‖": "||", "√": "sqrt",
    "ᵀ": ".T", "÷": "/",
})  # fmt: skip


@dataclass(frozen=True)
class Prose:
    """A line of text; what does not fit goes on below, `hang` columns to the right."""

    text: str = ""
    hang: int = 2


@dataclass(frozen=True)
class Table:
    """Rows of cells under each other.

    Attributes:
        rows: the cells of each row, as many as there are columns; in a shorter row the last
            cell reaches over what is left.
        header: a row of titles, or nothing.
        align: a letter a column, "l" or "r".
        stretch: the column that is broken into several lines if the table is too wide; if that
            is not enough, the last one is too.
    """

    rows: tuple[tuple[str, ...], ...]
    align: str
    header: tuple[str, ...] = ()
    stretch: int = 0

    def widths(self) -> list[int]:
        """Return how wide each column would like to be."""
        grid = [row for row in (self.header, *self.rows) if len(row) == len(self.align)]
        return [max(map(columns, cells)) for cells in zip(*grid, strict=True)]

    def fits(self, width: int = WIDTH) -> bool:
        """Tell whether no cell has to be broken."""
        return _all_together(self.widths()) <= width

    def without(self, column: int) -> Table:
        """Return the table with a column empty."""
        rows = [
            (*row[:column], "", *row[column + 1 :]) if len(row) == len(self.align) else row
            for row in self.rows
        ]
        return replace(self, rows=tuple(rows))


def _all_together(widths: Sequence[int]) -> int:
    return 2 + sum(widths) + 2 * (len(widths) - 1)


Block = Prose | Table


def figure(number: float) -> str:
    """Write a number to 4 significant digits, and a zero, of either sign, as 0.

    >>> figure(0.25), figure(-0.0)
    ('0.2500', '0')
    """
    return significant(number) if number else "0"


def in_product(number: float) -> str:
    """Write a number as a factor of a product, a negative one in parentheses."""
    text = figure(number)
    return f"({text})" if text.startswith("-") else text


def latex_number(number: float) -> str:
    r"""Write a number with 4 significant digits for math mode.

    >>> print(latex_number(0.5), latex_number(1.25e-9), latex_number(float("-inf")))
    0.5000 1.250 \cdot 10^{-9} -\infty
    """
    mantissa, _, exponent = figure(number).partition("e")
    mantissa = mantissa.replace("inf", r"\infty").replace("nan", r"\mathrm{nan}")
    return rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if exponent else mantissa


def aligned(lines: Sequence[str]) -> str:
    """Return lines as an ``aligned`` environment of LaTeX."""
    return "\\begin{aligned}\n" + " \\\\[4pt]\n".join(lines) + "\n\\end{aligned}"


def first_and_last(lines: Sequence[Row], most: int) -> tuple[Sequence[Row], int, Sequence[Row]]:
    """Return the first lines, how many are left out after them, and the last lines.

    >>> first_and_last("abcdefg", 4)
    ('ab', 3, 'fg')
    """
    if len(lines) <= most:
        return lines, 0, lines[:0]
    half = most // 2
    return lines[:half], len(lines) - 2 * half, lines[-half:]


def plain(blocks: Iterable[Block], ascii: bool = False, width: int = WIDTH) -> str:
    """Return blocks as text, at most `width` columns wide where words allow it.

    >>> print(plain([Prose("y = x · x"), Table((("1", "x"), ("10", "y")), "rl")]))
    y = x · x
       1  x
      10  y
    """
    lines: list[str] = []
    for block in blocks:
        lines += _prose(block, width) if isinstance(block, Prose) else _table(block, width)
    text = "\n".join(line.rstrip() for line in lines).replace(UNBROKEN, " ")
    return _to_ascii(text) if ascii else text


def _to_ascii(text: str) -> str:
    return text.translate(_ASCII).encode("ascii", "backslashreplace").decode("ascii")


def _prose(block: Prose, width: int) -> list[str]:
    first, *others = _wrapped(block.text, width, block.hang)
    return [first, *(" " * block.hang + line for line in others)]


def _wrapped(text: str, width: int, hang: int = 0) -> list[str]:
    """Break a text at its spaces; the first line may be `hang` columns longer than the others."""
    words = text.lstrip(" ").split(" ")
    line = " " * (len(text) - len(text.lstrip(" "))) + words[0]
    lines, room = [], width
    for word in words[1:]:
        if columns(line) + 1 + columns(word) <= room:
            line = f"{line} {word}"
        else:
            lines.append(line)
            line, room = word, width - hang
    return [*lines, line]


def _table(table: Table, width: int) -> list[str]:
    grid = [table.header, *table.rows] if table.header else list(table.rows)
    widths = table.widths()
    remarks = len(widths) - 1
    for column in dict.fromkeys((table.stretch, remarks)):  # the remarks only if that is not enough
        over = _all_together(widths) - width
        if over > 0:
            widths[column] = min(widths[column], max(widths[column] - over, _NARROWEST))
    lines = []
    for row in grid:
        last = len(row) - 1
        room = list(widths)
        if len(row) < len(table.align):
            room[last] = width - 2 - sum(widths[:last]) - 2 * last
        cells = [
            _wrapped(cell, room[column], 2) if column in (table.stretch, last) else [cell]
            for column, cell in enumerate(row)
        ]
        for number in range(max(map(len, cells))):
            parts = (part[number : number + 1] for part in cells)
            texts = [f"{'  ' if number else ''}{part[0]}" if part else "" for part in parts]
            lines.append("  " + "  ".join(map(_padded, texts, widths, table.align)))
    return lines


def _padded(cell: str, width: int, align: str) -> str:
    space = " " * (width - columns(cell))
    return cell + space if align == "l" else space + cell


def html(blocks: Iterable[Block]) -> str:
    """Return blocks as HTML, for front ends that show no formulas; every text is escaped.

    >>> html([Prose("a < b")])
    '<div><p>a &lt; b</p></div>'
    """
    return f"<div>{''.join(map(_html, blocks))}</div>"


def _html(block: Block) -> str:
    if isinstance(block, Prose):
        return f"<p>{escape(block.text.strip())}</p>" if block.text.strip() else ""
    head = f"<thead>{_html_row(block.header, block.align, 'th')}</thead>" if block.header else ""
    body = "".join(_html_row(row, block.align, "td") for row in block.rows)
    return f"<table>{head}<tbody>{body}</tbody></table>"


def _html_row(cells: Sequence[str], align: str, tag: str) -> str:
    sides = {"l": "left", "r": "right"}
    spans = [1] * (len(cells) - 1) + [len(align) - len(cells) + 1]
    written = []
    for cell, side, span in zip(cells, align, spans, strict=False):
        over = f' colspan="{span}"' if span > 1 else ""
        style = f"text-align:{sides['l' if over else side]};padding:0 0.6em"
        written.append(f'<{tag}{over} style="{style}">{escape(cell)}</{tag}>')
    return f"<tr>{''.join(written)}</tr>"
