"""`explain` without listing paths: as a backward pass, step by step, or as sums over consumers.

Both visit each node once, so that a graph with 2^1000 paths takes a thousand lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from autograd import symbolic
from viz.explaining import badges
from viz.explaining.factors import Factor, Factors, barred
from viz.explaining.path_latex import aligned, definitions, latex_number
from viz.explaining.path_listing import legend, total_fraction
from viz.explaining.sheet import Block, Prose, Table, figure
from viz.steps import BackwardStep, Contribution, backward_steps

__all__ = ["children_blocks", "children_latex", "steps_blocks", "steps_latex"]

MOST_STEPS = 200
"""Of more nodes than this the first and the last are told."""

_MOST_TERMS = 8
_MOST_NUMBERS = 2
_LONGEST_SYMBOLS = 32


def _few(lines: Sequence[Any]) -> tuple[Sequence[Any], int, Sequence[Any]]:
    """Return the first lines, how many are left out, and the last lines."""
    if len(lines) <= MOST_STEPS:
        return lines, 0, ()
    half = MOST_STEPS // 2
    return lines[:half], len(lines) - 2 * half, lines[-half:]


def _in_product(number: float) -> str:
    text = figure(number)
    return f"({text})" if text.startswith("-") else text


# ---------------------------------------------------------------- the backward pass as an exercise


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

    def contributions(self, step: BackwardStep) -> Iterator[tuple[Contribution, Factor]]:
        arrows = self.arrows_of(step)
        for contribution in step.contributions:
            if contribution.slot in arrows:
                yield contribution, Factor(self.factors, (arrows[contribution.slot],))


def steps_blocks(factors: Factors, ascii: bool) -> list[Block]:
    """Return the backward pass as a worked exercise."""
    told = _Steps(factors)
    names, ways = factors.notation, factors.ways
    root = names[ways.root].text
    bar = barred(names[ways.wrt].text, ascii)
    head = (
        f"the backward pass from {root} to {names[ways.wrt].text}, root first; "
        f"{bar} stands for {total_fraction(factors)}"
    )
    blocks: list[Block] = [Prose(head), Prose(), Prose(f"start  {barred(root, ascii)} = 1")]
    rows: list[tuple[str, ...]] = []
    first, left_out, last = _few(told.steps)
    number = 0
    for part in (first, last):
        for step in part:
            number += 1
            rows += _step_rows(told, step, number, ascii)
        if left_out and part is first:
            rows.append(("…", f"{left_out:,} more nodes"))
            number += left_out
    if rows:
        table = Table(tuple(rows), "rlllrl", stretch=5)
        blocks.append(table if table.fits() else table.without(2))
    end = _last(told, ways.wrt) if told.steps else (1.0 if ways.wrt is ways.root else 0.0)
    blocks += [Prose(), Prose(f"{total_fraction(factors)} = {bar} = {figure(end)}")]
    return blocks


def _last(told: _Steps, node: Any) -> float:
    for step in reversed(told.steps):
        for contribution in reversed(step.contributions):
            if contribution.operand is node:
                return contribution.after
    return 0.0


def _step_rows(told: _Steps, step: BackwardStep, number: int, ascii: bool) -> list[tuple[str, ...]]:
    names = told.names
    name = names[step.node].text
    adjoint = barred(name, ascii)
    written = symbolic.text(told.factors.definition(step.node), ascii)
    rows: list[tuple[str, ...]] = [(f"{number}.", f"{name} = {written}")]
    for contribution, factor in told.contributions(step):
        operand = barred(names[contribution.operand].text, ascii)
        local = told.factors.name(factor, ascii)
        numbers = f"= {_in_product(contribution.partial)} · {_in_product(step.adjoint)}"
        formula = factor.formula
        symbols = "" if formula is None else f"= {_bracketed(formula, ascii)} · {adjoint}"
        rows.append(
            (
                "",
                f"  {operand} += {local} · {adjoint}",
                symbols if len(symbols) <= _LONGEST_SYMBOLS else "",
                numbers,
                f"= {figure(contribution.amount)}",
                badges.badge(factor, names),
            )
        )
        if contribution.before is not None:
            before, amount = figure(contribution.before), _in_product(contribution.amount)
            sum_ = f"{operand} = {before} + {amount}"
            rows.append(("", "", "", sum_, f"= {figure(contribution.after)}", ""))
    return rows


def _bracketed(formula: symbolic.Expression, ascii: bool) -> str:
    written = symbolic.text(formula, ascii)
    loose = any(sign in written for sign in (" + ", " − ", " - ", " if ")) or written[0] in "-−"
    whole = written.startswith("(") and written.endswith(")") and written.count("(") == 1
    return f"({written})" if loose and not whole and not _is_product(formula) else written


def _is_product(formula: symbolic.Expression) -> bool:
    is_call = isinstance(formula, symbolic.Call)
    return is_call and formula.operation == "multiply"  # type: ignore[attr-defined]


def steps_latex(factors: Factors) -> str:
    """Return the backward pass as an ``aligned`` environment."""
    told = _Steps(factors)
    names = factors.notation

    def bar(node: Any) -> str:
        return rf"\overline{{{symbolic.latex(names[node])}}}"

    lines = [f"{bar(factors.ways.root)} &= 1"]
    told_of: list[Factor] = []
    first, left_out, last = _few(told.steps)
    for part in (first, last):
        for step in part:
            for contribution, factor in told.contributions(step):
                numbers = (
                    f"{_latex_part(contribution.partial)} \\cdot {_latex_part(step.adjoint)}"
                    f" = {latex_number(contribution.amount)}"
                )
                line = (
                    f"{bar(contribution.operand)} &\\mathrel{{+}}= {factors.latex(factor)} \\cdot "
                    f"{bar(step.node)} &&= {numbers}"
                )
                if contribution.before is not None:
                    line += (
                        f" && \\;\\; {bar(contribution.operand)} = "
                        f"{latex_number(contribution.after)}"
                    )
                lines.append(line)
                told_of.append(factor)
        if left_out and part is first:
            lines.append(r"& \;\;\vdots")
    return aligned([*lines, *definitions(factors, told_of)])


def _latex_part(number: float) -> str:
    written = latex_number(number)
    return rf"\left({written}\right)" if written.startswith("-") else written


# ---------------------------------------------------------------- sums over consumers


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


def children_blocks(factors: Factors, ascii: bool) -> list[Block]:
    """Return the derivative by every node on the way, as a sum over the node's consumers."""
    sums = _Sums(factors)
    names, ways = factors.notation, factors.ways
    root = names[ways.root].text
    blocks: list[Block] = [
        Prose(f"{total_fraction(factors)}, node by node: a sum over all that use the node"),
        Prose(),
    ]
    rows: list[tuple[str, ...]] = [(f"d{root}/d{root}", "= 1", "", "")]
    first, left_out, last = _few(sums.nodes)
    for part in (first, last):
        rows += [_sum_row(sums, node, root, ascii) for node in part]
        if left_out and part is first:
            rows.append((f"… {left_out:,} more nodes",))
    table = Table(tuple(rows), "lllr", stretch=1)
    blocks.append(table if table.fits() else table.without(2))
    told = [
        Factor(factors, (arrow,))
        for node in (*first[:40], *last[-8:])
        for arrow in sums.incoming[node][:_MOST_TERMS]
    ]
    formulas = _formulas(factors, told, ascii)
    if formulas:
        blocks += [Prose(), Table(tuple(formulas), "lll", ("factor", "formula", ""), stretch=1)]
    defined = legend(factors, told, ascii)
    if defined:
        blocks += [Prose(), *(Prose(line, hang=8) for line in defined)]
    return blocks


def _sum_row(sums: _Sums, node: Any, root: str, ascii: bool) -> tuple[str, ...]:
    names = sums.factors.notation
    terms, numbers = [], []
    arrows = sums.incoming[node]
    for arrow in arrows[:_MOST_TERMS]:
        consumer = names[arrow.consumer].text
        local = sums.factors.name(Factor(sums.factors, (arrow,)), ascii)
        terms.append(f"d{root}/d{consumer}·{local}")
        adjoint = sums.derivative[arrow.consumer]
        numbers.append(f"{_in_product(adjoint)}·{_in_product(arrow.partial)}")
    if len(arrows) > _MOST_TERMS:
        terms.append(f"… {len(arrows) - _MOST_TERMS:,} more")
        numbers = []
    return (
        f"d{root}/d{names[node].text}",
        f"= {' + '.join(terms)}",
        f"= {' + '.join(numbers)}" if 0 < len(numbers) <= _MOST_NUMBERS else "",
        f"= {figure(sums.derivative[node])}",
    )


def _formulas(factors: Factors, told: Sequence[Factor], ascii: bool) -> list[tuple[str, ...]]:
    rows: dict[str, tuple[str, ...]] = {}
    for factor in told:
        formula = factor.formula
        if formula is None:
            continue
        name = factors.name(factor, ascii)
        note = badges.remark(factor, factors.notation)
        rows[name] = (name, symbolic.text(formula, ascii), note)
    return list(rows.values())[:40]


def children_latex(factors: Factors) -> str:
    """Return the sums over consumers as an ``aligned`` environment."""
    sums = _Sums(factors)
    above = factors.latex_of(factors.ways.root)

    def by(node: Any) -> str:
        return rf"\frac{{d {above}}}{{d {factors.latex_of(node)}}}"

    lines: list[str] = []
    told: list[Factor] = []
    first, left_out, last = _few(sums.nodes)
    for part in (first, last):
        for node in part:
            arrows = sums.incoming[node]
            told += [Factor(factors, (arrow,)) for arrow in arrows[:_MOST_TERMS]]
            terms = [
                rf"{by(arrow.consumer)} \cdot {factors.latex(Factor(factors, (arrow,)))}"
                for arrow in arrows[:_MOST_TERMS]
            ]
            if len(arrows) > _MOST_TERMS:
                terms.append(r"\cdots")
            number = latex_number(sums.derivative[node])
            lines.append(f"{by(node)} &= {' + '.join(terms)} &&= {number}")
        if left_out and part is first:
            lines.append(r"& \;\;\vdots")
    if not lines:
        lines = [f"{by(factors.ways.root)} &= 1"]
    return aligned([*lines, *definitions(factors, told)])
