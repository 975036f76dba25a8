"""One node before and after: what changed, in numbers, in words and as a colour."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from autograd.formatting import significant
from viz.colour import NOT_FINITE

__all__ = [
    "STILL_ZERO",
    "UNKNOWN",
    "Change",
    "colour_of",
    "decades_of",
    "mixed",
    "ratio_text",
    "written",
]

DIED = 1e-3
"""A gradient that has shrunk to so small a part of what it was has died."""

GREW = 2.0
"""A gradient that is so many times what it was has grown, and one of the inverse has shrunk."""

_LESS, _SAME, _MORE = (0x00, 0x72, 0xB2), (0xF4, 0xF4, 0xF4), (0xD5, 0x5E, 0x00)
"""Blue, light grey and vermilion: Okabe and Ito's palette, which everyone can tell apart."""

STILL_ZERO = "#ffffff"
"""The colour of a gradient that was 0 and is 0."""

UNKNOWN = "?: may have changed since; viz.snapshot(loss), taken before the change, would tell"
"""What a question mark in place of a value means."""


@dataclass(frozen=True)
class Change:
    """One node before and after.

    Attributes:
        id: ``n0 … nk`` in topological order, as in `draw` and `tree`.
        name: its label; empty if it has none.
        operation: the symbol of what made it; empty for a leaf.
        value: before and after; of a Tensor the norm.  None of a leaf that may have been
            changed since: only a snapshot could tell.
        gradient: before and after; of a Tensor the norm.
        is_array: whether it is a Tensor.

    >>> change = Change("n0", "w", "", (1.0, 1.0), (0.5, -0.125), False)
    >>> change.ratio, change.marks
    (0.25, ('shrank', 'flipped'))
    """

    id: str
    name: str
    operation: str
    value: tuple[float | None, float | None]
    gradient: tuple[float, float]
    is_array: bool

    @property
    def ratio(self) -> float:
        """|gradient| after, divided by before: inf if it was 0, nan if it was and is 0.

        And nan if one of them is nan or infinite.
        """
        before, after = map(abs, self.gradient)
        if not self.is_finite or before == after == 0.0:
            return math.nan
        return after / before if before else math.inf

    @property
    def is_finite(self) -> bool:
        """Whether both gradients are."""
        return all(map(math.isfinite, self.gradient))

    @property
    def marks(self) -> tuple[str, ...]:
        """What happened to the gradient, in words.

        "died" (it is 0, or a thousandth of what it was at most), "shrank" (to less than half),
        "woke" (it was 0), "grew" (to more than twice), "flipped" (its sign), "not finite".
        """
        before, after = self.gradient
        if not self.is_finite:
            return ("not finite",)
        marks = []
        if before and abs(after) <= DIED * abs(before):
            marks.append("died")
        elif before and abs(after) < abs(before) / GREW:
            marks.append("shrank")
        elif not before and after:
            marks.append("woke")
        elif before and abs(after) > GREW * abs(before):
            marks.append("grew")
        if before * after < 0.0 and not self.is_array:
            marks.append("flipped")
        return tuple(marks)

    @property
    def title(self) -> str:
        """``z = +``: the name, the operation, or both."""
        if not self.operation:
            return self.name or "leaf"
        return f"{self.name} = {self.operation}" if self.name else self.operation


def written(pair: tuple[float | None, float | None], arrow: str = "→") -> str:
    """Write a number before and after, or once if nothing changed; ? is what is not known.

    There are as many digits as it takes to see that they differ, four at least.

    >>> written((0.5, 2.0)), written((0.5, 0.5)), written((None, 2.0)), written((1.0, 1.00002))
    ('0.5000 → 2.000', '0.5000', '? → 2.000', '1.00000 → 1.00002')
    """
    before, after = pair
    if before is None or after is None:
        texts = ["?" if number is None else significant(number) for number in pair]
        return f" {arrow} ".join(texts)
    if before == after or (math.isnan(before) and math.isnan(after)):
        return significant(after)
    digits = 4
    while significant(before, digits) == significant(after, digits) and digits < 17:
        digits += 1
    return f"{significant(before, digits)} {arrow} {significant(after, digits)}"


def ratio_text(ratio: float, ascii: bool = False) -> str:
    """Write a ratio as a factor; a dash if it is not defined.

    >>> ratio_text(2.5), ratio_text(0.025), ratio_text(math.inf), ratio_text(math.nan)
    ('×2.5', '÷40', 'from 0', '—')
    """
    times, over, dash = ("x", "/", "-") if ascii else ("×", "÷", "—")
    if math.isnan(ratio):
        return dash
    if math.isinf(ratio):
        return "from 0"
    if ratio == 0.0:
        return "to 0"
    sign, factor = (times, ratio) if ratio >= 0.9995 else (over, 1.0 / ratio)
    return sign + (f"{factor:,.0f}" if 999.5 <= factor < 1e6 else f"{factor:.3g}")


def decades_of(rows: Iterable[Change]) -> float:
    """Return how many powers of ten the colours reach up and down: what it takes, at most 3."""
    ratios = [row.ratio for row in rows]
    logs = [abs(math.log10(r)) for r in ratios if r and math.isfinite(r)]
    if any(r == 0.0 or math.isinf(r) for r in ratios):
        return 3.0
    widest = max(logs, default=0.0)
    return next((step for step in (math.log10(2.0), 1.0, 2.0) if widest <= step), 3.0)


def colour_of(row: Change, decades: float) -> str:
    """Return the colour of a change, where the ends of the scale are so many powers of ten off."""
    if not row.is_finite:
        return NOT_FINITE
    ratio = row.ratio
    if math.isnan(ratio):
        return STILL_ZERO
    if ratio == 0.0 or math.isinf(ratio):
        return mixed(math.copysign(1.0, ratio - 1.0))
    return mixed(math.log10(ratio) / decades)


def mixed(share: float) -> str:
    """Return the colour at a place of the scale, -1 (blue) to 1 (vermilion).

    >>> mixed(-1.0), mixed(0.0), mixed(1.0)
    ('#0072b2', '#f4f4f4', '#d55e00')
    """
    end = _MORE if share > 0 else _LESS
    part = min(abs(share), 1.0)
    channels = (round(a + part * (b - a)) for a, b in zip(_SAME, end, strict=True))
    return "#" + "".join(f"{channel:02x}" for channel in channels)
