"""The look of curves: colours, dashes and markers that every pair of eyes tells apart.

Eight colours that people with any kind of colour vision distinguish, and because a picture may
be printed in grey, each curve has a dash of its own as well.

Source: M. Okabe, K. Ito, "Color Universal Design: how to make figures and presentations that are
friendly to colorblind people", 2002, revised 2008.
"""

from __future__ import annotations

import sys
from typing import Any

from autograd.operands import as_flag
from viz.arguments import whole
from viz.colour import cividis

__all__ = [
    "BLACK", "BLUE", "CYCLE", "DASHES", "GREEN", "GREY", "MARKERS", "ORANGE", "PINK", "SKY",
    "VERMILION", "ramp", "style", "tint",
]  # fmt: skip

BLUE, VERMILION, GREEN, PINK = "#0072b2", "#d55e00", "#009e73", "#cc79a7"
ORANGE, SKY, BLACK, GREY = "#e69f00", "#56b4e9", "#000000", "#777777"

CYCLE = (BLUE, VERMILION, GREEN, PINK, ORANGE, SKY)
"""The colours of curves, in order."""

DASHES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (1, 1)))
"""Their dashes, as matplotlib takes them."""

MARKERS = ("o", "s", "^", "v", "D", "P")
"""The markers of their points."""

_LIGHTEST = 0.75  # of cividis: its yellow end cannot be seen on white


def style(i: int, marker: bool = False) -> dict[str, Any]:
    """Return the look of the i-th curve of a picture, as keywords of matplotlib's `plot`.

    From the seventh curve on the colours come back, each with another dash: 36 curves in a row
    look different, and two neighbours differ in colour and in dash.

    Args:
        i: the number of the curve, from 0.
        marker: whether its points are marked.

    Raises:
        TypeError: `marker` is neither True nor False.
        ValueError: `i` is no whole number of at least 0.

    >>> style(1)
    {'color': '#d55e00', 'linestyle': '--'}
    >>> style(7, marker=True)
    {'color': '#d55e00', 'linestyle': '-.', 'marker': '^'}
    """
    i, marker = whole(i, "i", 0, sys.maxsize), as_flag(marker, "marker")
    color = CYCLE[i % len(CYCLE)]
    second = (i + i // len(CYCLE)) % len(DASHES)
    look = {"color": color, "linestyle": DASHES[second]}
    return look | ({"marker": MARKERS[second]} if marker else {})


def ramp(i: int, count: int, marker: bool = False) -> dict[str, Any]:
    """Return the look of the i-th of `count` curves that have an order, such as layers.

    Up to six look as `style` says; more go from dark to light, so that their order is seen.

    >>> ramp(0, 3) == style(0)
    True
    >>> ramp(0, 10), ramp(9, 10)["color"]
    ({'color': '#00224e', 'linestyle': '-'}, '#bbad6b')
    """
    look = style(i, marker)
    if count > len(CYCLE):
        look["color"] = cividis(_LIGHTEST * i / (count - 1))
    return look


def tint(color: str, share: float) -> str:
    """Return a colour mixed with white: `share` of it, 0 (white) to 1 (the colour itself).

    >>> tint("#0072b2", 0.5)
    '#80b8d8'
    """
    channels = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{round(255 + share * (c - 255)):02x}" for c in channels)
