"""A derivative as the sum over paths, in LaTeX for math mode."""

from __future__ import annotations

from collections.abc import Sequence

from autograd import symbolic
from viz.explaining.badges import remark
from viz.explaining.factors import Factor, Factors
from viz.explaining.legend import Legend
from viz.explaining.path_listing import Found
from viz.explaining.paths import many
from viz.explaining.sheet import first_and_last, latex_number
from viz.explaining.shortening import brief

__all__ = ["lines"]

_MOST_ROWS = 20
_MOST_NAMES = 12
_IN_A_LINE = 6
_MOST_FORMULAS = 6


def lines(found: Found) -> list[str]:
    """Return the lines of an ``aligned`` environment."""
    naming = found.factors
    legend = Legend(naming)
    d = r"\partial" if found.count == 1 else "d"
    above, below = (naming.latex_of(n) for n in (found.factors.ways.root, found.factors.ways.wrt))
    total = rf"\frac{{{d} {above}}}{{{d} {below}}}"
    if found.count < 2:
        factors = [factor for path in found.paths for factor in path.factors]
        told = [f"{total} &= {_names(factors, naming)}"] if len(factors) > 1 else []
        first, left_out, last = first_and_last(factors, _MOST_ROWS)
        told += [_row(factor, naming) for factor in first]
        if left_out:
            told.append(r"& \;\;\vdots")
        told += [_row(factor, naming) for factor in last]
        legend.names_factors([*first, *last])
        legend.names_factors(_named(factors), formulas=False)
        told.append(rf"{total} &= {latex_number(found.total.total)}")
    else:
        told = []
        for path in found.paths:
            sign = f"{total} &= " if not told else "&+ "
            product = latex_number(path.product)
            names = _names(path.factors, naming)
            told.append(f"{sign}{names} {_product(path.factors, naming)}&&= {product}")
            short = len(path.factors) <= _MOST_FORMULAS
            legend.names_factors(_named(path.factors), formulas=short)
        if found.left_out:
            rest = found.rest
            more = symbolic.latex_text(f"{many(found.left_out)} more paths")
            told.append(rf"&+ \cdots \;\; {more} &&= {latex_number(rest)}")
        told.append(f"&= {latex_number(found.total.total)}")
    if not found.agrees:
        told.append(rf"& \;\; \mathrm{{engine:}} \; {latex_number(found.engine)}")
    return [*told, *legend.latex_lines()]


def _names(factors: Sequence[Factor], naming: Factors) -> str:
    if not factors:
        return "1"
    parts = [naming.latex(factor) for factor in _named(factors)]
    if len(factors) > len(parts):
        parts.insert(-1, r"\cdots")
    rows = [r" \cdot ".join(parts[i : i + _IN_A_LINE]) for i in range(0, len(parts), _IN_A_LINE)]
    return " \\\\\n& \\quad \\cdot ".join(rows)


def _named(factors: Sequence[Factor]) -> Sequence[Factor]:
    if len(factors) <= _MOST_NAMES:
        return factors
    return [*factors[: _MOST_NAMES - 2], factors[-1]]


def _row(factor: Factor, naming: Factors) -> str:
    formula = naming.brief_formula(factor)
    number = latex_number(factor.partial)
    note = remark(factor, naming).text
    written = "" if formula is None else f"= {symbolic.latex(formula)} &&"
    said = rf" && \;\;{symbolic.latex_text(note)}" if note else ""
    return f"{naming.latex(factor)} &{written}= {number}{said}"


def _product(factors: Sequence[Factor], naming: Factors) -> str:
    """Return the formulas of the factors as a product, if it is short enough to be read."""
    if len(factors) > _MOST_FORMULAS:
        return ""
    total: symbolic.Expression | None = None
    for factor in factors:
        formula = naming.brief_formula(factor)
        if formula is None:
            return ""
        total = formula if total is None else symbolic.Call("multiply", (total, formula))
    return "" if total is None else f"&&= {symbolic.latex(brief(total))} "
