"""What the demos share to plot: the way a figure is written, a network drawn.

Colours, dashes and markers are those of `viz.plots`.  matplotlib is an extra, imported where it
is used.  Ask `available` first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from autograd.atomic import replacing
from viz.plots import canvas
from viz.plots.palette import (
    BLACK,
    BLUE,
    CYCLE,
    DASHES,
    GREEN,
    GREY,
    MARKERS,
    ORANGE,
    PINK,
    SKY,
    VERMILION,
    style,
)
from viz.text import visible

__all__ = [
    "BLACK", "BLUE", "CYCLE", "DASHES", "GREEN", "GREY", "MARKERS", "ORANGE", "PINK", "SKY",
    "VERMILION", "available", "draw_network", "label_text", "style", "write_figure",
]  # fmt: skip

LONGEST_NAME = 40  # characters of a column's name, beyond which it leaves no room for the plot


def label_text(name: str) -> str:
    """Return the name of a column as matplotlib shows it: letter by letter, and not too long."""
    return canvas.label_text(visible(name, LONGEST_NAME))


def available() -> bool:
    """Return whether plots can be made here."""
    return find_spec("matplotlib") is not None


def write_figure(
    svg: Path, draw: Callable[[Any], None], size: tuple[float, float] = (8.4, 4.8)
) -> list[Path]:
    """Let `draw` fill a figure, write it as SVG and as PNG, the same bytes each time."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib.figure import Figure

    settings = {"svg.hashsalt": svg.stem, "svg.fonttype": "none", "font.size": 12}
    with matplotlib.rc_context(settings):
        figure = Figure(figsize=size, layout="constrained")
        draw(figure)
        png = svg.with_suffix(".png")
        with replacing(svg) as file:
            figure.savefig(file, format="svg", metadata={"Date": None})
        with replacing(png) as file:
            figure.savefig(file, format="png", dpi=120)
    return [svg, png]


def draw_network(
    axes: Any,
    nodes: Sequence[Sequence[tuple[str, str]]],
    weights: Sequence[Sequence[Sequence[float]]],
    numbers: bool = True,
) -> None:
    """Draw layers of neurons from left to right, with an arrow for each weight.

    A positive weight is a solid blue arrow, a negative one dashed and vermilion; the width
    follows its size.

    Args:
        axes: where.
        nodes: for each layer, what stands in each node and what stands below it.
        weights: for each layer after the first, a row of weights for each of its nodes.
        numbers: whether each arrow has its number.
    """
    from matplotlib.patches import Circle

    tallest = max(len(layer) for layer in nodes)
    step = min(1.2, 6.0 / tallest)
    across, radius = 2.4, min(0.33, 0.31 * step)
    places = [
        [(across * i, step * ((len(layer) - 1) / 2 - j)) for j in range(len(layer))]
        for i, layer in enumerate(nodes)
    ]
    largest = max((abs(w) for layer in weights for row in layer for w in row), default=0.0) or 1.0
    for i, layer in enumerate(weights):
        for (x1, y1), row in zip(places[i + 1], layer, strict=True):
            for j, ((x0, y0), w) in enumerate(zip(places[i], row, strict=True)):
                color, line = (BLUE, "-") if w >= 0 else (VERMILION, "--")
                width = (0.6 + 3.4 * abs(w) / largest) * min(1.0, step)
                axes.plot(
                    [x0, x1], [y0, y1], color=color, linestyle=line, linewidth=width, zorder=1
                )
                if numbers:  # nearer to where it comes from, and never all at one height
                    t = 0.3 + 0.1 * (j % 2)
                    axes.text(
                        x0 + t * (x1 - x0), y0 + t * (y1 - y0), f"{w:.3g}", color=color,
                        fontsize=11, ha="center", va="center", zorder=2,
                        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0},
                    )  # fmt: skip
    for layer_places, layer in zip(places, nodes, strict=True):
        for (x, y), (inside, below) in zip(layer_places, layer, strict=True):
            axes.add_patch(Circle((x, y), radius, facecolor="#fff8e7", edgecolor=BLACK, zorder=3))
            size = 12 if tallest <= 6 else max(5.0, 12 * step)
            axes.text(x, y, inside, ha="center", va="center", fontsize=size, zorder=4)
            axes.text(
                x, y - radius - 0.04, below, ha="center", va="top", fontsize=min(size, 10),
                color="#333333", zorder=4,
                bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 0.5},
            )  # fmt: skip
    half = step * (tallest - 1) / 2 + radius
    axes.set(xlim=(-0.6, across * (len(nodes) - 1) + 0.6), ylim=(-half - 0.4, half + 0.15))
    axes.set_aspect("equal")
    axes.set_axis_off()
