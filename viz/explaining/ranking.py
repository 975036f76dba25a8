"""Which factors made a product small, or large, or no number at all."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from viz.explaining.badges import badge
from viz.explaining.factors import Factor, Factors, Path
from viz.explaining.sheet import UNBROKEN, figure

__all__ = ["Ranking", "rank"]

_RANKED = 4


class Ranking(NamedTuple):
    """What made a product what it is.

    Attributes:
        lead: what the factors did, ``shrunk most by``.
        factors: those that did it, with their size as a power of ten; None goes unsaid.
        end: what is said after them.
    """

    lead: str
    factors: Sequence[tuple[float | None, Factor]]
    end: str = ""

    def text(self, naming: Factors, ascii: bool) -> str:
        """Return it as a sentence."""
        parts = [_ranked(naming, factor, log, ascii) for log, factor in self.factors]
        return f"{self.lead} {', '.join(parts)}{self.end}"


def rank(path: Path) -> Ranking | None:
    """Return what made the product of a path what it is; None if it is of a usual size."""
    factors, product, size = path.factors, path.product, path.log10
    if math.isnan(product):
        return _not_a_number(factors)
    dead = [factor for factor in factors if factor.partial == 0.0]
    if dead:
        return _unsized("nothing comes through:", dead)
    infinite = [factor for factor in factors if math.isinf(factor.partial)]
    if infinite:
        return _unsized("infinite because of", infinite)
    if abs(size) <= 1.0 or len(factors) < 2:
        return None
    ranked, verb = (_shrunk(factors), "shrunk") if size < 0.0 else (_grown(factors), "grown")
    return Ranking(f"{verb} most by", ranked, f"; in all 10^{size:.2f}") if ranked else None


def _not_a_number(factors: Sequence[Factor]) -> Ranking:
    bad = [factor for factor in factors if math.isnan(factor.partial)]
    if bad:
        return _unsized("not a number because of", bad)
    infinite = [factor for factor in factors if math.isinf(factor.partial)]
    zero = [factor for factor in factors if factor.partial == 0.0]
    if infinite:
        both = [*zero[: _RANKED // 2], *infinite[: _RANKED // 2]]
        return _unsized("not a number, for 0 times inf is none:", both)
    return _unsized("not a number, for what is too large for a float meets", zero)


def _unsized(lead: str, factors: Sequence[Factor]) -> Ranking:
    return Ranking(lead, [(None, factor) for factor in factors[:_RANKED]])


def _log10(factor: Factor) -> float:
    return math.log10(abs(float(factor.partial)))


def _shrunk(factors: Iterable[Factor]) -> Sequence[tuple[float, Factor]]:
    ranked = sorted(((_log10(f), f) for f in factors), key=lambda pair: pair[0])
    return [pair for pair in ranked if pair[0] < 0.0][:_RANKED]


def _grown(factors: Iterable[Factor]) -> Sequence[tuple[float, Factor]]:
    ranked = sorted(((_log10(f), f) for f in factors), key=lambda pair: -pair[0])
    return [pair for pair in ranked if pair[0] > 0.0][:_RANKED]


def _ranked(naming: Factors, factor: Factor, log: float | None, ascii: bool) -> str:
    size = "" if log is None else f"10^{log:.2f}"
    inside = ", ".join(part for part in (size, badge(factor, naming).text) if part)
    number = f" = {figure(factor.partial)}" if size or not inside else ""
    text = naming.name(factor, ascii) + number + (f" ({inside})" if inside else "")
    return text.replace(" ", UNBROKEN)
