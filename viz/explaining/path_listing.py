"""`explain` in its usual form: a derivative as the sum over paths of products of factors.

One line a path, by name and by number; under them each factor once, with its formula, its
number and what there is to say of it; and what shrank the largest product most.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from autograd import symbolic
from autograd.graph import Node
from viz.explaining.badges import remark
from viz.explaining.factors import Factor, Factors, Path
from viz.explaining.legend import Legend
from viz.explaining.paths import Sum, many
from viz.explaining.ranking import rank
from viz.explaining.sheet import (
    Block,
    Prose,
    Row,
    Table,
    figure,
    first_and_last,
    in_product,
)
from viz.text import columns

__all__ = ["Found", "blocks", "total_fraction"]

_MOST_ROWS = 40
"""A table with more rows shows the first and the last of them."""

_MOST_IN_A_LINE = 16
_MOST_DIFFERENT = 4
_NAMES_AND_NUMBERS = 78
_LONGEST_FORMULA = 40


@dataclass(frozen=True)
class Found:
    """What there is to tell of the paths.

    Attributes:
        factors: names and formulas.
        paths: those that are told.
        count: how many there are.
        total: the sum over all, from the local derivatives that the graph recorded.
        engine: the gradient of the engine.
        agrees: whether the two are the same.
        hooked: nodes on the way whose hooks take part in the engine's.
        elsewhere: what to call for the form that lists no paths.
    """

    factors: Factors
    paths: Sequence[Path]
    count: int
    total: Sum
    engine: float
    agrees: bool
    hooked: Sequence[Node]
    elsewhere: str

    @property
    def left_out(self) -> int:
        """How many paths are not told."""
        return self.count - len(self.paths)

    @cached_property
    def told(self) -> list[Sequence[Factor]]:
        """The factors by which each path is told: of a long one what the first does not have."""
        first = self.paths[0].factors
        known = {factor.key for factor in first}
        told: list[Sequence[Factor]] = [first]
        for path in self.paths[1:]:
            factors: Sequence[Factor] = path.factors
            if len(factors) > _MOST_IN_A_LINE:
                factors = [f for f in factors if f.key not in known]
            told.append(factors)
        return told

    @property
    def listed(self) -> float:
        """What the paths that are told add up to."""
        return sum((path.product for path in self.paths), 0.0)

    @property
    def rest(self) -> float:
        """What the others add up to."""
        return self.total.total - self.listed


def total_fraction(factors: Factors) -> str:
    """Write what is explained: ``dE/dw1``."""
    names, ways = factors.notation, factors.ways
    return f"d{names[ways.root].text}/d{names[ways.wrt].text}"


# ---------------------------------------------------------------- text


def blocks(found: Found, ascii: bool) -> list[Block]:
    """Return the explanation as sentences and tables."""
    if found.count == 0:
        return _no_path(found)
    if found.count == 1:
        return [*_one_path(found, ascii), *_ending(found, ascii)]
    return [*_several_paths(found, ascii), *_ending(found, ascii)]


def _no_path(found: Found) -> list[Block]:
    return [
        Prose(f"{total_fraction(found.factors)} = {figure(found.engine)}: no path"),
        Prose(),
        Prose("Each way from the one to the other goes through a branch that was not chosen."),
    ]


def _one_path(found: Found, ascii: bool) -> list[Block]:
    (path,) = found.paths
    total = total_fraction(found.factors)
    factors = path.factors
    number = figure(path.product)
    if not factors:
        return [Prose(f"{total} = 1: it is the variable itself"), Prose()]
    line = _names(factors, found.factors, ascii)
    if line == total:
        what = "one operation" if len(path.arrows) == 1 else "one path"
        head: list[Block] = [Prose(f"{total}, {what}")]
    else:
        head = [Prose(f"{total} = {line}", hang=len(total) + 3)]
    so_far, number_so_far = [], 1.0
    for factor in factors:
        number_so_far *= factor.partial
        so_far.append(number_so_far)
    cells = []
    for factor, product in _few(list(zip(factors, so_far, strict=True))):
        name, formula, local, note = _row(found, factor, ascii)
        cells.append((name, formula, local, figure(product), note))
    if len(factors) > len(cells):
        gap = (f"… {len(factors) - len(cells):,} more", "", "", "", "")
        cells.insert(len(cells) // 2, gap)
    header = ("factor", "formula", "number", "so far", "")
    table = Table(tuple(cells), "llrrl", header, stretch=1)
    ending = f"product {number}{_verdict(found)}"
    if path.product == 0.0 and math.isfinite(path.log10):
        ending += f"; about 10^{path.log10:.0f}, which is too small for a float"
    return [*head, Prose(), table, Prose(), Prose(ending)]


def _several_paths(found: Found, ascii: bool) -> list[Block]:
    total = total_fraction(found.factors)
    rows = [
        (str(n + 1), _line(found, n, ascii), _numbers(path), figure(path.product))
        for n, path in enumerate(found.paths)
    ]
    table: list[tuple[str, ...]]
    if max(columns(f"{names}{numbers}") for _, names, numbers, _ in rows) > _NAMES_AND_NUMBERS:
        table, align = [(n, a, f"= {c}") for n, a, _, c in rows], "rlr"
    else:
        table, align = [(n, a, f"= {b}", f"= {c}") for n, a, b, c in rows], "rllr"
    listed = f"the {len(found.paths)} that contribute most of " if found.left_out else ""
    head = Prose(f"{total}, the sum over {listed}{many(found.count)} paths")
    told: list[Block] = [head, Prose(), Table(tuple(table), align, stretch=1), Prose()]
    if found.left_out:
        others = f"the {many(found.left_out)} others to {figure(found.rest)}"
        told += [Prose(f"these add up to {figure(found.listed)}, {others}")]
    told += [Prose(f"sum {figure(found.total.total)}{_verdict(found)}")]
    if found.left_out:
        told += [Prose(f"the same sum without listing paths: {found.elsewhere}")]
    every = _named(found)
    rows4 = [_row(found, factor, ascii) for factor in _few(every)]
    if len(every) > len(rows4):
        rows4.insert(len(rows4) // 2, (f"… {len(every) - len(rows4):,} more", "", "", ""))
    header = ("factor", "formula", "number", "")
    told += [Prose(), Table(tuple(rows4), "llrl", header, stretch=1)]
    return told


def _line(found: Found, number: int, ascii: bool) -> str:
    """Return a path by name; a long one by what it has in place of the factors of the first."""
    told = found.told[number]
    if number == 0 or len(told) == len(found.paths[number].factors):
        return _names(told, found.factors, ascii)
    words = [found.factors.name(factor, ascii) for factor in told[:_MOST_DIFFERENT]]
    more = " …" if len(told) > _MOST_DIFFERENT else ""
    return f"like 1, but for {', '.join(words)}{more}"


def _named(found: Found) -> list[Factor]:
    """Return the factors that are named, each once."""
    if found.count == 1:
        return _few(found.paths[0].factors)
    every: dict[Any, Factor] = {}
    for number, told in enumerate(found.told):
        whole = number == 0 or len(told) == len(found.paths[number].factors)
        for factor in _few(told, _MOST_IN_A_LINE) if whole else told[:_MOST_DIFFERENT]:
            every.setdefault(factor.key, factor)
    return list(every.values())


def _verdict(found: Found) -> str:
    if found.hooked and not found.agrees:
        names = ", ".join(found.factors.notation[node].text for node in found.hooked[:3])
        return f"; a hook on {names} makes the engine's gradient {figure(found.engine)}"
    if found.agrees:
        return ", the engine's gradient"
    return f", but the engine's gradient is {figure(found.engine)}: see .check()"


def _names(factors: Sequence[Factor], naming: Factors, ascii: bool) -> str:
    words = [naming.name(factor, ascii) for factor in _few(factors, _MOST_IN_A_LINE)]
    if len(factors) > _MOST_IN_A_LINE:
        words.insert(len(words) // 2, f"… {len(factors) - len(words):,} more …")
    return " · ".join(words) or "1"


def _numbers(path: Path) -> str:
    return " · ".join(in_product(factor.partial) for factor in _few(path.factors)) or "1"


def _few(rows: Sequence[Row], most: int = _MOST_ROWS) -> list[Row]:
    """Return the rows, of many the first and the last."""
    first, _, last = first_and_last(rows, most)
    return [*first, *last]


def _row(found: Found, factor: Factor, ascii: bool) -> tuple[str, str, str, str]:
    """Return name, formula, number and remark."""
    name = found.factors.name(factor, ascii)
    written = _written(found.factors, factor, ascii)
    if columns(written) > _LONGEST_FORMULA:
        written = _short(factor) or "see below"
    return name, written, figure(factor.partial), remark(factor, found.factors).text


def _written(naming: Factors, factor: Factor, ascii: bool) -> str:
    formula = naming.brief_formula(factor)
    return symbolic.text(formula, ascii) if formula is not None else "-" if ascii else "—"


def _short(factor: Factor) -> str:
    """Write the derivative of a function of one operand by its name: ``gelu′(z)``."""
    consumer = factor.consumer
    if len(factor.arrows) > 1 or len(consumer.operands) != 1:
        return ""
    return f"{consumer.primitive.name}′({factor._factors.notation[factor.operand].text})"


# ---------------------------------------------------------------- under the tables


def _ending(found: Found, ascii: bool) -> list[Block]:
    told: list[Block] = []
    factors = _named(found)
    ranking = rank(found.paths[0])
    legend = Legend(found.factors)
    in_the_table = _few(factors)
    legend.names_factors(in_the_table)
    legend.names_factors(factors, formulas=False)
    if ranking is not None:
        legend.names_factors((factor for _, factor in ranking.factors), formulas=False)
    lines = [*_long_formulas(found.factors, in_the_table, ascii), *legend.lines(ascii)]
    if lines:
        told += [Prose(), *(Prose(line, hang=8) for line in lines)]
    if ranking is not None:
        on = "on path 1, the largest, " if found.count > 1 else ""
        told += [Prose(), Prose(on + ranking.text(found.factors, ascii))]
    return told


def _long_formulas(naming: Factors, factors: Sequence[Factor], ascii: bool) -> list[str]:
    """Return the formulas that are too long for the table."""
    lines: dict[str, None] = {}
    for factor in factors:
        written = _written(naming, factor, ascii)
        if columns(written) > _LONGEST_FORMULA:
            lines[f"{_short(factor) or naming.name(factor, ascii)} = {written}"] = None
    return list(lines)
