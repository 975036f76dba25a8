"""A derivative as the sum over paths, in LaTeX for math mode.

What is written is one ``aligned`` environment of plain LaTeX, which MathJax and KaTeX know.
"""

from __future__ import annotations

from collections.abc import Sequence

from autograd import symbolic
from viz.explaining import badges
from viz.explaining.factors import Factor, Factors
from viz.explaining.path_listing import Found, named, unnamed
from viz.explaining.paths import many
from viz.explaining.sheet import figure

__all__ = ["aligned", "definitions", "latex", "latex_number"]

_MOST_ROWS = 20
_MOST_NAMES = 12
_IN_A_LINE = 6
_MOST_FORMULAS = 6


def aligned(lines: Sequence[str]) -> str:
    """Return lines as an ``aligned`` environment."""
    return "\\begin{aligned}\n" + " \\\\[4pt]\n".join(lines) + "\n\\end{aligned}"


def latex(found: Found) -> str:
    """Return the explanation as an ``aligned`` environment, for math mode."""
    naming = found.factors
    d = r"\partial" if found.count == 1 else "d"
    above, below = (naming.latex_of(n) for n in (found.factors.ways.root, found.factors.ways.wrt))
    total = rf"\frac{{{d} {above}}}{{{d} {below}}}"
    if found.count < 2:
        factors = [factor for path in found.paths for factor in path.factors]
        lines = [f"{total} &= {_names(factors, naming)}"] if len(factors) > 1 else []
        for factor in _some(factors):
            if factor is None:
                lines.append(r"& \;\;\vdots")
                continue
            note = badges.remark(factor, found.factors.notation)
            written = rf" && \;\;{symbolic.latex_name(note)}" if note else ""
            lines.append(f"{naming.latex(factor)} &{_formula(factor)}{written}")
        lines.append(rf"{total} &= {latex_number(found.total.total)}")
    else:
        lines = []
        for path in found.paths:
            sign = f"{total} &= " if not lines else "&+ "
            product = latex_number(path.product)
            names = _names(path.factors, naming)
            lines.append(f"{sign}{names} {_product(path.factors)}&&= {product}")
        if found.left_out:
            rest = found.rest
            more = symbolic.latex_name(f"{many(found.left_out)} more paths")
            lines.append(rf"&+ \cdots \;\; {more} &&= {latex_number(rest)}")
        lines.append(f"&= {latex_number(found.total.total)}")
    if not found.agrees:
        lines.append(rf"& \;\; \mathrm{{engine:}} \; {latex_number(found.engine)}")
    if found.count:
        lines += definitions(naming, named(found))
    return aligned(lines)


def definitions(factors: Factors, told: Sequence[Factor]) -> list[str]:
    """Return a line for each node without a name: what it was computed from."""
    lines = []
    for node in unnamed(factors, told):
        if node.primitive is not None:
            written = symbolic.latex(factors.written_out(node))
            lines.append(rf"{factors.latex_of(node)} &:= {written}")
    return lines


def latex_number(number: float) -> str:
    r"""Write a number with 4 significant digits for math mode.

    >>> print(latex_number(0.5), latex_number(1.25e-9), latex_number(float("-inf")))
    0.5000 1.250 \cdot 10^{-9} -\infty
    """
    mantissa, _, exponent = figure(number).partition("e")
    mantissa = mantissa.replace("inf", r"\infty").replace("nan", r"\mathrm{nan}")
    return rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if exponent else mantissa


def _some(factors: Sequence[Factor]) -> list[Factor | None]:
    if len(factors) <= _MOST_ROWS:
        return list(factors)
    half = _MOST_ROWS // 2
    return [*factors[:half], None, *factors[-half:]]


def _names(factors: Sequence[Factor], naming: Factors) -> str:
    if not factors:
        return "1"
    parts = [naming.latex(factor) for factor in factors[:_MOST_NAMES]]
    if len(factors) > _MOST_NAMES:
        parts = [*parts[:-2], r"\cdots", naming.latex(factors[-1])]
    lines = [r" \cdot ".join(parts[i : i + _IN_A_LINE]) for i in range(0, len(parts), _IN_A_LINE)]
    return " \\\\\n& \\quad \\cdot ".join(lines)


def _formula(factor: Factor) -> str:
    formula = factor.formula
    number = latex_number(factor.partial)
    if formula is None:
        return f"= {number}"
    return f"= {symbolic.latex(formula)} &&= {number}"


def _product(factors: Sequence[Factor]) -> str:
    """Return the formulas of the factors as a product, if it is short enough to be read."""
    total: symbolic.Expression | None = None
    for factor in factors:
        formula = factor.formula
        if formula is None:
            return ""
        total = formula if total is None else symbolic.Call("multiply", (total, formula))
    if total is None or len(factors) > _MOST_FORMULAS:
        return ""
    return f"&&= {symbolic.latex(total)} "
