"""What a factor does to the gradient, in words: saturated, off, nearly 0.

The largest slope of an activation is read from its row, at the place where it is: no number of
the table is written here again.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from autograd.primitives import TABLE, Primitive, evaluate
from viz.explaining.factors import Factor
from viz.explaining.paths import Arrow
from viz.nodes import is_node
from viz.notation import Notation

__all__ = ["badge", "grown", "log10", "remark", "shrunk", "steepest"]

_STEEPEST_AT_0 = frozenset({"sigmoid", "tanh", "erf", "atan"})
"""S-shaped: steepest in the middle, flat on both sides."""

_OFF_ON_THE_LEFT = frozenset({"softplus", "silu", "gelu", "elu", "selu"})
"""Flat towards -inf."""

_SATURATED = 0.1
"""An S-shaped function counts as saturated where it has less than this of its largest slope."""

_NEARLY_OFF = 0.05
_SMALL = 0.2

_FLATTENING = frozenset({"log", "log1p", "log2", "log10", "sqrt"})


def steepest(primitive: Primitive) -> float | None:
    """Return the largest slope of an S-shaped primitive, read from its row; else None.

    >>> steepest(TABLE["sigmoid"]), steepest(TABLE["tanh"]), steepest(TABLE["relu"])
    (0.25, 1.0, None)
    """
    if primitive.name not in _STEEPEST_AT_0 or TABLE.get(primitive.name) is not primitive:
        return None
    middle = evaluate(primitive.value, 0.0)
    return float(evaluate(primitive.partials[0], middle, 0.0))


def badge(factor: Factor, notation: Notation) -> str:
    """Name what kills or starves a gradient at a factor; empty if nothing does.

    >>> from autograd import Value
    >>> from viz.explaining.factors import Factors
    >>> from viz.explaining.paths import Ways
    >>> z, x = Value(6.0, label="z"), Value(-1.0, label="x")
    >>> for root, wrt in ((z.sigmoid(), z), (x.relu(), x), (x * 0.0, x), (z.tanh(), z)):
    ...     ways, names = Ways(root, wrt), Notation(root)
    ...     factors = Factors(ways, names, single=True).of_path(ways.largest(1)[0])
    ...     print(badge(factors[0], names))
    saturated: σ′ = 0.0025
    ReLU is off: 0
    0 is a factor
    saturated: tanh′ = 2.5e-05
    """
    arrow = min(factor.arrows, key=_gravity)
    return _named(arrow, notation)


def remark(factor: Factor, notation: Notation) -> str:
    """Return the badge of a factor, or else the bound that its primitive sets to it."""
    found = badge(factor, notation)
    if found or len(factor.arrows) > 1:
        return found
    most = steepest(factor.consumer.primitive)
    return "" if most is None else f"at most {most:.4g}"


def _gravity(arrow: Arrow) -> tuple[bool, float]:
    """Sort what is not finite first, then the smallest."""
    size = abs(arrow.partial)
    return (math.isfinite(size), size if math.isfinite(size) else 0.0)


def _named(arrow: Arrow, notation: Notation) -> str:
    primitive, partial = arrow.consumer.primitive, float(arrow.partial)
    name, size = primitive.name, abs(partial)
    at = f"{notation[arrow.operand].text} = {arrow.operand._datum:.4g}"
    if math.isnan(partial):
        return f"not a number: {name} at {at}"
    if math.isinf(partial):
        return f"infinite: {name} at {at}"
    most = steepest(primitive)
    if most is not None:
        saturated = size < _SATURATED * most
        return f"saturated: {_slope(primitive)} = {partial:.2g}" if saturated else ""
    if name == "relu":
        return "" if partial else "ReLU is off: 0"
    if name in _OFF_ON_THE_LEFT:
        return f"{name} is nearly off: {partial:.2g}" if size < _NEARLY_OFF else ""
    if name == "leaky_relu" and arrow.slot == 0:
        return f"leaky ReLU lets {partial:.2g} through" if size < _SMALL else ""
    if name in ("multiply", "dot"):
        return _of_product(arrow, notation)
    if name in ("maximum", "minimum"):
        word = "larger" if name == "maximum" else "smaller"
        return {0.0: f"the other is {word}: 0", 0.5: "a tie: half each"}.get(partial, "")
    if name == "clip":
        return "" if partial else "clipped: 0"
    if name in _FLATTENING or (name == "divide" and arrow.slot == 0):
        what = notation[arrow.operand].text if name != "divide" else _other(arrow, notation)
        return f"{what} is large" if size < _SMALL else ""
    if size == 0.0:
        always = name in ("step", "sign")
        return f"{name} is flat everywhere: 0" if always else f"{name} is flat at {at}: 0"
    if name == "exp":
        return "exp is nearly 0" if size < _NEARLY_OFF else ""
    return ""


def _slope(primitive: Primitive) -> str:
    return f"{primitive.symbol}′"


def _of_product(arrow: Arrow, notation: Notation) -> str:
    size = abs(arrow.partial)
    if size >= _SMALL:
        return ""
    other = _other(arrow, notation)
    if size == 0.0:
        return f"{other} is 0" if other else "0 is a factor"
    return f"{other} is small" if other else ""


def _other(arrow: Arrow, notation: Notation) -> str:
    """Name the other factor of a product, or the divisor; empty for a plain number."""
    consumer = arrow.consumer
    if consumer.primitive.name == "dot":
        ws, xs, *_ = consumer._groups
        slot = arrow.slot
        if slot >= 2 * len(ws):
            return ""
        other = xs[slot] if slot < len(ws) else ws[slot - len(ws)]
    else:
        other = consumer.operands[1 - arrow.slot]
    return notation[other].text if is_node(other) else ""


# ---------------------------------------------------------------- which factors did it


def log10(factor: Factor) -> float:
    """Return the size of a factor as a power of ten, -inf for 0."""
    size = abs(float(factor.partial))
    return math.log10(size) if size else -math.inf


def shrunk(factors: Iterable[Factor], most: int) -> Sequence[tuple[float, Factor]]:
    """Return the factors that shrink a product most, with log10 of their magnitude."""
    ranked = sorted(((log10(f), f) for f in factors), key=lambda pair: pair[0])
    return [pair for pair in ranked if pair[0] < 0.0][:most]


def grown(factors: Iterable[Factor], most: int) -> Sequence[tuple[float, Factor]]:
    """Return the factors that make a product grow most, with log10 of their magnitude."""
    ranked = sorted(((log10(f), f) for f in factors), key=lambda pair: -pair[0])
    return [pair for pair in ranked if pair[0] > 0.0][:most]
