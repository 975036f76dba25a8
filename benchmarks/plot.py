"""The numbers as one picture: who takes how long, and how our time grows."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from benchmarks.contestants.base import MissingError
from benchmarks.race import OURS
from benchmarks.report import RACES
from benchmarks.summary import seconds, spread

Results = Mapping[str, Any]
US, PEERS, LINES = "#b5442e", "#4a6785", "#d9d9d9"


def figure(results: Results) -> Any:
    """Return the matplotlib figure: a panel for each race, one for each kind of growth.

    Raises:
        MissingError: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingError("matplotlib is not installed") from None

    races = [s for s in RACES if results.get(s.key, {}).get("contestants")]
    growth = [s for s in results.get("growth", {}).get("series", []) if s["points"]]
    heights = [0.3 * len(results[s.key]["contestants"]) + 0.75 for s in races]
    parts = ([sum(heights)] if races else []) + ([3.2] if growth else [])
    fig = Figure(figsize=(9.0, max(2.0, sum(parts))), layout="constrained")
    if not parts:
        return fig
    halves = fig.subfigures(len(parts), 1, height_ratios=parts, squeeze=False)[:, 0]
    if races:
        ratios = {"height_ratios": heights}
        rows = halves[0].subplots(len(races), 1, squeeze=False, gridspec_kw=ratios)[:, 0]
        for shown, axes in zip(races, rows, strict=True):
            _race(axes, results[shown.key]["contestants"], shown.heading)
    if growth:
        left, right = halves[-1].subplots(1, 2, sharex=True)
        _growth(left, growth, "compile", "recording and compiling")
        _growth(right, growth, "step", "compiled step")
        left.set_ylabel("time a node")
        left.legend(fontsize=8, frameon=False)
    return fig


def _race(axes: Any, contestants: Results, heading: str) -> None:
    found = sorted(((spread(c["seconds"]), name) for name, c in contestants.items()), reverse=True)
    fastest, slowest = found[-1][0].median, found[0][0].median
    axes.set_xscale("log")
    # at least a power of ten, and room on the right for the last number
    wide = max(10.0, slowest / fastest)
    room = (wide / (slowest / fastest)) ** 0.5
    axes.set_xlim(fastest / room / wide**0.05, slowest * room * wide**0.14)
    for i, (taken, name) in enumerate(found):
        color = US if name.startswith(OURS) else PEERS
        axes.axhline(i, color=LINES, linewidth=0.8, zorder=0)
        axes.plot([taken.lower, taken.upper], [i, i], color=color, linewidth=2.5, alpha=0.5)
        axes.plot(taken.median, i, "o", color=color, markersize=6)
        axes.annotate(
            seconds(taken.median),
            (max(taken.median, taken.upper), i),
            xytext=(7, 0),
            textcoords="offset points",
            va="center",
            fontsize=8.5,
            color=color,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8},
        )
    axes.set_yticks(range(len(found)), [name for _, name in found], fontsize=9)
    for label, (_, name) in zip(axes.get_yticklabels(), found, strict=True):
        label.set_color(US if name.startswith(OURS) else "black")
    axes.set_ylim(len(found) - 0.5, -0.5)  # the slowest on top
    axes.set_title(heading, loc="left", fontsize=10, fontweight="bold")
    _times(axes.xaxis)
    _bare(axes)


def _growth(axes: Any, growth: Any, key: str, heading: str) -> None:
    for series in growth:
        nodes = [point["nodes"] for point in series["points"]]
        each = [point[key] / point["nodes"] for point in series["points"]]
        axes.plot(
            nodes,
            each,
            "o-" if series["collector"] else "s--",
            color=US if series["graph"] == "chain" else PEERS,
            markersize=4,
            label=f"{series['graph']}, collector {'on' if series['collector'] else 'off'}",
        )
    axes.set_xscale("log")
    axes.set_yscale("log")
    each = [point[key] / point["nodes"] for series in growth for point in series["points"]]
    room = max(1.6, (10.0 * min(each) / max(each)) ** 0.5)
    axes.set_ylim(min(each) / room, max(each) * room)
    axes.set_xlabel("nodes")
    axes.set_title(f"Growth: {heading}", loc="left", fontsize=10, fontweight="bold")
    _times(axes.yaxis)
    axes.grid(color=LINES, linewidth=0.6)
    _bare(axes)


def _times(axis: Any) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    low, high = axis.get_view_interval()
    # within two powers of ten there would be a single label, or two
    axis.set_major_locator(LogLocator(subs=(1.0,) if high > 100.0 * low else (1.0, 2.0, 5.0)))
    axis.set_major_formatter(FuncFormatter(lambda size, _: _plain(size)))
    axis.set_minor_formatter(NullFormatter())


def _plain(size: float) -> str:
    for unit, length in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6), ("ns", 1e-9)):
        if size >= 0.9999 * length:
            return f"{size / length:g} {unit}"
    return f"{size:g} s"


def _bare(axes: Any) -> None:
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.tick_params(labelsize=8.5)


def svg(results: Results) -> str:
    """Return the picture as SVG: the same numbers, the same bytes.

    Raises:
        MissingError: matplotlib is not installed.
    """
    drawn = figure(results)
    from matplotlib import rc_context

    text = io.StringIO()
    with rc_context({"svg.hashsalt": "chainrule", "svg.fonttype": "path"}):
        drawn.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines()) + "\n"
