"""`explain` as sums over consumers: the derivative by every node on the way.

Each node is told once, so that a graph with 2^1000 paths takes a thousand lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd import symbolic
from viz.explaining.badges import remark
from viz.explaining.factors import Factor, Factors
from viz.explaining.legend import Legend
from viz.explaining.path_listing import total_fraction
from viz.explaining.sheet import (
    Block,
    Prose,
    Table,
    figure,
    first_and_last,
    in_product,
    latex_number,
)

__all__ = ["blocks", "latex_lines"]

_MOST_NODES = 200
"""Of more nodes than this the first and the last are told."""

_MOST_TERMS = 8
_MOST_NUMBERS = 2
_MOST_FORMULAS = 40


class _Sums:
    """For each node the arrows that lead to it, with the derivative of their consumers."""

    def __init__(self, factors: Factors) -> None:
        self.factors = factors
        ways = factors.ways
        self.incoming: dict[Any, list[Any]] = {}
        self.derivative: dict[Any, float] = {ways.root: 1.0}
        for node in ways.nodes:
            for arrow in ways.arrows[node]:
                self.incoming.setdefault(arrow.operand, []).append(arrow)
                part = self.derivative[node] * arrow.partial
                before = self.derivative.get(arrow.operand)
                self.derivative[arrow.operand] = part if before is None else before + part
        self.nodes = [node for node in ways.nodes if node is not ways.root]

    def told(self, node: Any) -> list[Factor]:
        """Return the factors that are written out for a node."""
        return [Factor(self.factors, (arrow,)) for arrow in self.incoming[node][:_MOST_TERMS]]


def blocks(factors: Factors, ascii: bool) -> list[Block]:
    """Return the derivative by every node on the way, as a sum over the node's consumers."""
    sums = _Sums(factors)
    names, ways = factors.notation, factors.ways
    root = names[ways.root].text
    written: list[Block] = [
        Prose(f"{total_fraction(factors)}, node by node: a sum over all that use the node"),
        Prose(),
    ]
    rows: list[tuple[str, ...]] = [(f"d{root}/d{root}", "= 1", "", "")]
    first, left_out, last = first_and_last(sums.nodes, _MOST_NODES)
    rows += [_sum_row(sums, node, root, ascii) for node in first]
    if left_out:
        rows.append((f"… {left_out:,} more nodes",))
    rows += [_sum_row(sums, node, root, ascii) for node in last]
    table = Table(tuple(rows), "lllr", stretch=1)
    written.append(table if table.fits() else table.without(2))
    told = [factor for node in (*first, *last) for factor in sums.told(node)]
    formulas = _formulas(factors, told, ascii)
    if formulas:
        header = ("factor", "formula", "")
        written += [Prose(), Table(tuple(formulas), "lll", header, stretch=1)]
    legend = Legend(factors)
    legend.names_factors(told)
    lines = legend.lines(ascii)
    if lines:
        written += [Prose(), *(Prose(line, hang=8) for line in lines)]
    return written


def _sum_row(sums: _Sums, node: Any, root: str, ascii: bool) -> tuple[str, ...]:
    names = sums.factors.notation
    terms, numbers = [], []
    for factor in sums.told(node):
        consumer = names[factor.consumer].text
        terms.append(f"d{root}/d{consumer}·{sums.factors.name(factor, ascii)}")
        adjoint = sums.derivative[factor.consumer]
        numbers.append(f"{in_product(adjoint)}·{in_product(factor.partial)}")
    left_out = len(sums.incoming[node]) - len(terms)
    if left_out:
        terms.append(f"… {left_out:,} more")
    return (
        f"d{root}/d{names[node].text}",
        f"= {' + '.join(terms)}",
        f"= {' + '.join(numbers)}" if len(terms) <= _MOST_NUMBERS else "",
        f"= {figure(sums.derivative[node])}",
    )


def _formulas(factors: Factors, told: Sequence[Factor], ascii: bool) -> list[tuple[str, ...]]:
    rows: dict[str, tuple[str, ...]] = {}
    for factor in told:
        formula = factors.brief_formula(factor)
        if formula is not None:
            name = factors.name(factor, ascii)
            rows[name] = (name, symbolic.text(formula, ascii), remark(factor, factors).text)
    first, left_out, last = first_and_last(list(rows.values()), _MOST_FORMULAS)
    return [*first, *([(f"… {left_out:,} more", "", "")] if left_out else []), *last]


def latex_lines(factors: Factors) -> list[str]:
    """Return the sums over consumers as the lines of an ``aligned`` environment."""
    sums = _Sums(factors)
    above = factors.latex_of(factors.ways.root)
    legend = Legend(factors)

    def by(node: Any) -> str:
        return rf"\frac{{d {above}}}{{d {factors.latex_of(node)}}}"

    def line(node: Any) -> str:
        told = sums.told(node)
        legend.names_factors(told)
        terms = [rf"{by(factor.consumer)} \cdot {factors.latex(factor)}" for factor in told]
        if len(sums.incoming[node]) > len(told):
            terms.append(r"\cdots")
        return f"{by(node)} &= {' + '.join(terms)} &&= {latex_number(sums.derivative[node])}"

    first, left_out, last = first_and_last(sums.nodes, _MOST_NODES)
    lines = [line(node) for node in first]
    if left_out:
        lines.append(r"& \;\;\vdots")
    lines += [line(node) for node in last]
    return [*(lines or [f"{by(factors.ways.root)} &= 1"]), *legend.latex_lines()]
