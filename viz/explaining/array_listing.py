"""`explain` for Tensors: the same three forms, with rules and shapes where numbers would stand."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from autograd.array_primitives import Pullback
from autograd.symbolic import latex_text
from viz import arrays
from viz.explaining.array_paths import ArrayPath, Carried, badge, carry, collected, size
from viz.explaining.array_rules import definition, rule
from viz.explaining.factors import Factor, Factors, barred
from viz.explaining.path_listing import total_fraction
from viz.explaining.paths import Arrow, many
from viz.explaining.sheet import Block, Prose, Table, aligned, figure, first_and_last
from viz.nodes import is_node

__all__ = ["children_blocks", "latex", "paths_blocks", "steps_blocks"]

_MOST_ROWS = 60
_MOST_LINES = 240
_MOST_DEFINITIONS = 12
_MOST_TERMS = 8


def paths_blocks(
    factors: Factors, paths: Sequence[ArrayPath], count: int, value: Any, verdict: str,
    elsewhere: str, ascii: bool,
) -> list[Block]:  # fmt: skip
    """Return the sum over paths, with the rule, the shapes and the norm at every factor."""
    total = total_fraction(factors)
    ways = factors.ways
    shape = _shape(ways.wrt)
    norm = f"norm {figure(size(value))}"
    blocks: list[Block] = []
    if count == 0:
        return [Prose(f"{total} ({shape}) is 0: no path; a branch that was not chosen is on each")]
    if count == 1 and not paths[0].arrows:
        return [Prose(f"{total} = 1: it is the variable itself")]
    if count == 1:
        line = _names(paths[0], factors, ascii)
        blocks += [Prose(f"{total} ({shape}) = {line}", hang=len(total) + len(shape) + 6), Prose()]
        rows = []
        for factor, carried in zip(paths[0].factors, paths[0].carried(), strict=True):
            rows.append((*_row(factors, factor, ascii), _norm(carried), badge(factor.arrows[0])))
        header = ("factor", "what it hands on", "shape", "norm", "")
        blocks.append(Table(tuple(_few(rows)), "lllrl", header, stretch=1))
    else:
        listed = f"{len(paths)} of " if count > len(paths) else ""
        head = f"{total} ({shape}), the sum over {listed}{many(count)} paths; norms at the right"
        blocks += [Prose(head), Prose()]
        lines = [
            (str(n), _names(path, factors, ascii), f"{figure(size(path.product))}")
            for n, path in enumerate(paths, 1)
        ]
        blocks += [Table(tuple(lines), "rlr", stretch=1), Prose()]
        if count > len(paths):
            rest = value - sum(path.product for path in paths)
            blocks += [
                Prose(f"the {many(count - len(paths))} others add up to norm {figure(size(rest))}"),
                Prose(f"the same sum without listing paths: {elsewhere}"),
            ]
        every = {
            (id(factor.consumer), factor.slot): factor for path in paths for factor in path.factors
        }
        header4 = ("factor", "what it hands on", "shape", "")
        rows4 = [(*_row(factors, f, ascii), badge(f.arrows[0])) for f in every.values()]
        blocks.append(Table(tuple(_few(rows4)), "llll", header4, stretch=1))
    blocks += [Prose(), Prose(f"{'product' if count == 1 else 'sum'} {norm}{verdict}")]
    arrows = [arrow for path in paths for arrow in path.arrows]
    return [*blocks, *_ending(factors, arrows, ascii)]


def steps_blocks(factors: Factors, ascii: bool) -> list[Block]:
    """Return the backward pass as a worked exercise, with shapes and norms."""
    names, ways = factors.notation, factors.ways
    bar = barred(names[ways.wrt].text, ascii)
    head = f"the backward pass from {names[ways.root].text} to {names[ways.wrt].text}, root first"
    blocks: list[Block] = [Prose(f"{head}; {bar} stands for {total_fraction(factors)}"), Prose()]
    rows: list[tuple[str, ...]] = [
        ("", f"{barred(names[ways.root].text, ascii)} = 1", _shape(ways.root), "1", "")
    ]
    adjoints, _ = collected(ways)
    met: set[Any] = set()
    for number, node in enumerate((n for n in ways.nodes if ways.arrows[n]), 1):
        written = f"{names[node].text} = {definition(node, names, ascii)}"
        rows.append((f"{number}.", written, _shape(node), "", ""))
        for arrow in ways.arrows[node]:
            operand = arrow.operand
            part = carry(arrow, Carried(adjoints[node]))
            added = "added up" if operand in met else ""
            met.add(operand)
            note = ", ".join(word for word in (added, badge(arrow)) if word)
            line = f"  {barred(names[operand].text, ascii)} += {rule(arrow, names, ascii)}"
            rows.append(("", line, _shape(operand), _norm(part), note))
    header = ("", "", "shape", "norm", "")
    blocks.append(Table(tuple(_few(rows, _MOST_LINES)), "rllrl", header, stretch=1))
    value = adjoints.get(ways.wrt)
    if value is not None:
        blocks += [Prose(), Prose(f"{total_fraction(factors)} = {bar}, norm {figure(size(value))}")]
    arrows = [arrow for node in ways.nodes for arrow in ways.arrows[node]]
    told = {node for node in ways.nodes if ways.arrows[node]} if len(rows) <= _MOST_LINES else ()
    return [*blocks, *_ending(factors, arrows, ascii, told)]


def children_blocks(factors: Factors, ascii: bool) -> list[Block]:
    """Return the derivative by every node on the way, as a sum over the node's consumers."""
    names, ways = factors.notation, factors.ways
    incoming: dict[Any, list[Arrow]] = {}
    for node in ways.nodes:
        for arrow in ways.arrows[node]:
            incoming.setdefault(arrow.operand, []).append(arrow)
    adjoints, _ = collected(ways)
    root = barred(names[ways.root].text, ascii)
    rows = [(root, "= 1", _shape(ways.root), "1")]
    for node in ways.nodes[1:]:
        terms = [rule(arrow, names, ascii) for arrow in incoming[node][:_MOST_TERMS]]
        if len(incoming[node]) > len(terms):
            terms.append(f"… {len(incoming[node]) - len(terms):,} more")
        name = barred(names[node].text, ascii)
        rows.append((name, f"= {' + '.join(terms)}", _shape(node), figure(size(adjoints[node]))))
    bar = barred(names[ways.wrt].text, ascii)
    head = f"{total_fraction(factors)}, node by node: a sum over all that use the node; "
    blocks: list[Block] = [Prose(f"{head}{bar} stands for {total_fraction(factors)}"), Prose()]
    header = ("", "", "shape", "norm")
    blocks.append(Table(tuple(_few(rows, _MOST_LINES)), "lllr", header, stretch=1))
    return [*blocks, *_ending(factors, [a for n in ways.nodes for a in ways.arrows[n]], ascii)]


def latex(factors: Factors, paths: Sequence[ArrayPath], count: int) -> str:
    """Return the sum over paths by name, with the shape of each derivative's operand."""
    ways = factors.ways
    d = r"\partial" if count == 1 else "d"
    above, below = (factors.latex_of(node) for node in (ways.root, ways.wrt))
    total = rf"\frac{{{d} {above}}}{{{d} {below}}}"
    lines: list[str] = []
    named: set[Any] = set()
    for path in paths:
        for factor in path.factors[:12]:
            named |= {factor.consumer, factor.operand}
        product = r" \cdot ".join(
            rf"\underset{{{_latex_shape(factor.operand)}}}{{{factors.latex(factor)}}}"
            for factor in path.factors[:12]
        )
        more = r" \cdots" if len(path.factors) > 12 else ""
        lines.append(f"{'&+ ' if lines else total + ' &= '}{product or '1'}{more}")
    if count > len(paths):
        lines.append(r"&+ \cdots")
    lines = lines or [f"{total} &= 0"]
    unlabelled = sum(not factors.notation.is_labelled(node) for node in named)
    if unlabelled:
        lines.append(rf"& \;\; {latex_text(f'without a label: {unlabelled}, see draw(root)')}")
    return aligned(lines)


# ---------------------------------------------------------------- parts of these


def _few(rows: Sequence[tuple[str, ...]], most: int = _MOST_ROWS) -> list[tuple[str, ...]]:
    first, left_out, last = first_and_last(rows, most)
    gap = ("", f"… {left_out:,} more …", *[""] * (len(rows[0]) - 2)) if rows else ()
    return [*first, *([gap] if left_out else []), *last]


def _names(path: ArrayPath, factors: Factors, ascii: bool) -> str:
    words = [factors.name(factor, ascii) for factor in path.factors]
    if len(words) > 16:
        words = [*words[:8], f"… {len(words) - 16:,} more …", *words[-8:]]
    return " · ".join(words) or "1"


def _row(factors: Factors, factor: Factor, ascii: bool) -> tuple[str, str, str]:
    arrow = factor.arrows[0]
    shapes = f"{_shape(arrow.consumer)} → {_shape(arrow.operand)}"
    return factors.name(factor, ascii), rule(arrow, factors.notation, ascii), shapes


def _shape(node: Any) -> str:
    shape = np.shape(node._datum)
    return arrays.shape(shape) if shape else "number"


def _latex_shape(node: Any) -> str:
    return _shape(node).replace("×", r" \times ").replace("number", "1")


def _norm(carried: Carried) -> str:
    return figure(size(carried.adjoint))


def _ending(
    factors: Factors, arrows: Sequence[Arrow], ascii: bool, told: Collection[Any] = ()
) -> list[Block]:
    """State matmul's two rules, say what unnamed Tensors are, and name the way down.

    Args:
        factors: names and rules.
        arrows: those that were told.
        ascii: whether to use ASCII characters only.
        told: nodes whose definition has been written already.
    """
    names = factors.notation
    lines: list[str] = []
    nodes: dict[Any, None] = {}
    for arrow in arrows:
        nodes.update({arrow.consumer: None, arrow.operand: None})
    products = [n for n in nodes if getattr(n.primitive, "name", "") == "matmul"]
    for node in products[-1:]:  # of several the one next to the variable
        lines.append(_two_rules(node, factors, ascii))
    lines += _legend(factors, arrows, ascii, told)
    blocks: list[Block] = [Prose(), *(Prose(line, hang=8) for line in lines)] if lines else []
    wrt = factors.ways.wrt
    if wrt.primitive is None and wrt._is_array:
        index = ", ".join("0" for _ in wrt._datum.shape)
        one = f"d{names[factors.ways.root].text}/d{names[wrt].text}[{index}]" if index else "it"
        blocks += [Prose(), Prose(f"number by number: .scalars({index}) explains {one}")]
    return blocks


def _legend(
    factors: Factors, arrows: Sequence[Arrow], ascii: bool, told: Collection[Any]
) -> list[str]:
    """Say what the Tensors without a label are that rules and definitions speak of."""
    names = factors.notation
    waiting: list[Any] = []
    for arrow in arrows:
        waiting += [arrow.consumer, arrow.operand]
    for arrow in arrows:
        waiting += _operands(arrow.consumer)
    found: dict[Any, None] = {}
    others: set[Any] = set()
    for node in waiting:  # grows while it is walked
        if names.is_labelled(node) or node in found or node in told:
            continue
        if len(found) == _MOST_DEFINITIONS:
            others.add(node)
            continue
        found[node] = None
        waiting += _operands(node)
    lines = []
    for node in sorted(found, key=names.index):
        written = "a leaf" if node.primitive is None else f"= {definition(node, names, ascii)}"
        lines.append(f"{names[node].text} {written}   ({_shape(node)})")
    if others:
        lines.append(f"… {len(others):,} more: see draw(root), or label the values that matter")
    return [f"{'      ' if i else 'where '}{line}" for i, line in enumerate(lines)]


def _operands(node: Any) -> list[Any]:
    """Return the operands that a rule or a definition may name."""
    return [operand for operand in node.operands if is_node(operand)][:_MOST_TERMS]


def _two_rules(node: Any, factors: Factors, ascii: bool) -> str:
    names = factors.notation
    x, y = (names[o].text if o in names else "…" for o in node.operands)
    rules = []
    for slot, (operand, partial) in enumerate(zip(node.operands, node.partials, strict=True)):
        if isinstance(partial, Pullback):
            written = rule(Arrow(node, slot, operand, partial), names, ascii)
            adjoint = barred(names[operand].text, ascii)
            rules.append(f"{adjoint} += {written} ({_shape(operand)})")
    return f"a product {names[node].text} = {x} @ {y} hands on {' and '.join(rules)}"
