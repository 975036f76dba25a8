"""`explain` as a backward pass, step by step: a worked exercise.

Each node is told once, so that a graph with 2^1000 paths takes a thousand lines.
"""

from __future__ import annotations

from typing import Any

from autograd import symbolic
from viz.explaining.badges import badge
from viz.explaining.factors import Factor, Factors, barred
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
from viz.steps import BackwardStep, Contribution, backward_steps

__all__ = ["blocks", "latex_lines"]

_MOST_STEPS = 200
"""Of more nodes than this the first and the last are told."""

_MOST_ARROWS = 16
"""Of more arrows of one node too."""

_LONGEST_SYMBOLS = 32


class _Steps:
    """The steps of the backward pass from the root to the variable."""

    def __init__(self, factors: Factors) -> None:
        self.factors = factors
        self.names = factors.notation
        self.ways = factors.ways
        everything = backward_steps(self.ways.root, self.ways.wrt)  # type: ignore[arg-type]
        self.steps = [step for step in everything if self.arrows_of(step)]

    def arrows_of(self, step: BackwardStep) -> dict[int, Any]:
        return {arrow.slot: arrow for arrow in self.ways.arrows.get(step.node, ())}

    def contributions(self, step: BackwardStep) -> list[tuple[Contribution, Factor]]:
        arrows = self.arrows_of(step)
        return [
            (contribution, Factor(self.factors, (arrows[contribution.slot],)))
            for contribution in step.contributions
            if contribution.slot in arrows
        ]


def blocks(factors: Factors, ascii: bool) -> list[Block]:
    """Return the backward pass as a worked exercise."""
    told = _Steps(factors)
    names, ways = factors.notation, factors.ways
    root = names[ways.root].text
    bar = barred(names[ways.wrt].text, ascii)
    head = (
        f"the backward pass from {root} to {names[ways.wrt].text}, root first; "
        f"{bar} stands for {total_fraction(factors)}"
    )
    written: list[Block] = [Prose(head), Prose(), Prose(f"start  {barred(root, ascii)} = 1")]
    rows: list[tuple[str, ...]] = []
    legend = Legend(factors)
    first, left_out, last = first_and_last(told.steps, _MOST_STEPS)
    for number, step in enumerate(first, 1):
        rows += _rows(told, step, number, legend, ascii)
    if left_out:
        rows.append(("…", f"{left_out:,} more nodes"))
    for number, step in enumerate(last, len(first) + left_out + 1):
        rows += _rows(told, step, number, legend, ascii)
    if rows:
        table = Table(tuple(rows), "rlllrl", stretch=5)
        written.append(table if table.fits() else table.without(2))
    end = _last(told, ways.wrt) if told.steps else (1.0 if ways.wrt is ways.root else 0.0)
    written += [Prose(), Prose(f"{total_fraction(factors)} = {bar} = {figure(end)}")]
    lines = legend.lines(ascii)
    if lines:
        written += [Prose(), *(Prose(line, hang=8) for line in lines)]
    return written


def _last(told: _Steps, node: Any) -> float:
    for step in reversed(told.steps):
        for contribution in reversed(step.contributions):
            if contribution.operand is node:
                return contribution.after
    return 0.0


def _rows(
    told: _Steps, step: BackwardStep, number: int, legend: Legend, ascii: bool
) -> list[tuple[str, ...]]:
    name = told.names[step.node].text
    definition = symbolic.text(told.factors.brief_definition(step.node), ascii)
    place = f"{number}.".rjust(len(f"{len(told.steps)}."))
    rows: list[tuple[str, ...]] = [(place, f"{name} = {definition}")]
    legend.defines(step.node)
    first, left_out, last = first_and_last(told.contributions(step), _MOST_ARROWS)
    for contribution, factor in first:
        rows += _arrow_rows(told, step, contribution, factor, ascii)
    if left_out:
        rows.append(("", f"  … {left_out:,} more arrows"))
    for contribution, factor in last:
        rows += _arrow_rows(told, step, contribution, factor, ascii)
    legend.names_factors(factor for _, factor in (*first, *last))
    return rows


def _arrow_rows(
    told: _Steps, step: BackwardStep, contribution: Contribution, factor: Factor, ascii: bool
) -> list[tuple[str, ...]]:
    adjoint = barred(told.names[step.node].text, ascii)
    operand = barred(told.names[contribution.operand].text, ascii)
    local = told.factors.name(factor, ascii)
    numbers = f"= {in_product(contribution.partial)} · {in_product(step.adjoint)}"
    formula = told.factors.brief_formula(factor)
    symbols = "" if formula is None else f"= {_bracketed(formula, ascii)} · {adjoint}"
    rows: list[tuple[str, ...]] = [
        (
            "",
            f"  {operand} += {local} · {adjoint}",
            symbols if len(symbols) <= _LONGEST_SYMBOLS else "",
            numbers,
            f"= {figure(contribution.amount)}",
            badge(factor, told.factors).text,
        )
    ]
    if contribution.before is not None:
        before, amount = figure(contribution.before), in_product(contribution.amount)
        sum_ = f"{operand} = {before} + {amount}"
        rows.append(("", "", "", sum_, f"= {figure(contribution.after)}", ""))
    return rows


def _bracketed(formula: symbolic.Expression, ascii: bool) -> str:
    written = symbolic.text(formula, ascii)
    loose = any(sign in written for sign in (" + ", " − ", " - ", " if ")) or written[0] in "-−"
    whole = written.startswith("(") and written.endswith(")") and written.count("(") == 1
    return f"({written})" if loose and not whole and not _is_product(formula) else written


def _is_product(formula: symbolic.Expression) -> bool:
    return isinstance(formula, symbolic.Call) and formula.operation == "multiply"


# ---------------------------------------------------------------- LaTeX


def latex_lines(factors: Factors) -> list[str]:
    """Return the backward pass as the lines of an ``aligned`` environment."""
    told = _Steps(factors)
    lines = [rf"{_bar(factors, factors.ways.root)} &= 1"]
    legend = Legend(factors)
    first, left_out, last = first_and_last(told.steps, _MOST_STEPS)
    for part in (first, last):
        for step in part:
            begin, more, end = first_and_last(told.contributions(step), _MOST_ARROWS)
            lines += [_latex_line(factors, step, *pair) for pair in begin]
            lines += [r"& \;\;\vdots"] if more else []
            lines += [_latex_line(factors, step, *pair) for pair in end]
            legend.names_factors(factor for _, factor in (*begin, *end))
        if left_out and part is first:
            lines.append(r"& \;\;\vdots")
    return [*lines, *legend.latex_lines()]


def _bar(factors: Factors, node: Any) -> str:
    return rf"\overline{{{factors.latex_of(node)}}}"


def _latex_line(
    factors: Factors, step: BackwardStep, contribution: Contribution, factor: Factor
) -> str:
    operand = _bar(factors, contribution.operand)
    numbers = (
        rf"{_latex_part(contribution.partial)} \cdot {_latex_part(step.adjoint)}"
        rf" = {latex_number(contribution.amount)}"
    )
    line = (
        rf"{operand} &\mathrel{{+}}= {factors.latex(factor)} \cdot "
        rf"{_bar(factors, step.node)} &&= {numbers}"
    )
    if contribution.before is None:
        return line
    return rf"{line} && \;\; {operand} = {latex_number(contribution.after)}"


def _latex_part(number: float) -> str:
    written = latex_number(number)
    return rf"\left({written}\right)" if written.startswith("-") else written
