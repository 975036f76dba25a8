"""Where a plot is drawn: a figure of its own, or the axes that were given.

A figure of ours belongs to nobody but who asked for it: no pyplot, no backend, no global list
of figures.  A notebook shows it as the value of a cell.  matplotlib is an extra and imported
by the functions that use it.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from autograd.formatting import shown
from viz.text import visible

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

__all__ = [
    "Array", "as_array", "curve", "figure_class", "finish", "label_text", "panels",
    "ticks_at_integers",
]  # fmt: skip

Array = NDArray[Any]

_SHARPNESS = 2  # pixels of a notebook's picture for each of its points: screens are fine today


@cache
def figure_class() -> Any:
    """Return the class of our figures: matplotlib's own, which a notebook shows by itself.

    Raises:
        ImportError: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError(
            "matplotlib is needed for this: pip install 'chainrule[plots]'"
        ) from error

    class PlotFigure(Figure):
        """A figure that is its own picture in a notebook, without pyplot or a magic command.

        Attributes:
            gif: the bytes of an animation that the notebook shows in place of the still.
        """

        gif: bytes | None = None

        def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
            file = io.BytesIO()
            self.savefig(file, format="png", dpi=_SHARPNESS * self.dpi)
            width, height = self.get_size_inches() * self.dpi
            return file.getvalue(), {"width": round(width), "height": round(height)}

        def _repr_html_(self) -> str | None:
            if self.gif is None:
                return None
            data = base64.b64encode(self.gif).decode("ascii")
            return f'<img alt="animation" src="data:image/gif;base64,{data}">'

        def __reduce__(self) -> Any:  # the class is made in a function, where pickle cannot look
            this: Any = self
            return _blank, (), this.__getstate__()

    return PlotFigure


def _blank() -> Any:
    kind = figure_class()
    return kind.__new__(kind)


def panels(
    ax: Axes | Iterable[Any] | None,
    titles: Sequence[str],
    size: tuple[float, float],
    columns: int = 3,
) -> tuple[Figure, list[Axes]]:
    """Return the figure and the axes to draw in: one for each title, or a single one for all.

    Args:
        ax: what the caller was given.  None: a new figure with a panel for each title.  One
            Axes: all goes into it.  Several: a panel each.
        titles: what there is to draw, for the message.
        size: of one panel of a new figure, in inches.
        columns: how many panels a new figure has side by side.

    Raises:
        TypeError: `ax` is something else.
        ValueError: another number of Axes than there are panels.
    """
    kind = figure_class()
    from matplotlib.axes import Axes

    if ax is None:
        columns = min(columns, len(titles))
        rows = -(-len(titles) // columns)
        figure = kind(figsize=(size[0] * columns, size[1] * rows), layout="constrained")
        return figure, [figure.add_subplot(rows, columns, i + 1) for i in range(len(titles))]
    if isinstance(ax, Axes):
        return _root(ax), [ax]
    found: list[Any] = list(ax.flat if isinstance(ax, np.ndarray) else ax) if _several(ax) else [ax]
    wrong = [each for each in found if not isinstance(each, Axes)]
    if wrong or not found:
        what = shown(wrong[0]) if wrong else "an empty list"
        raise TypeError(f"ax is an Axes of matplotlib, or a list of them, not {what}")
    if len(found) not in (1, len(titles)):
        raise ValueError(
            f"ax is one Axes, or {len(titles)}, one for each of {', '.join(map(visible, titles))}; "
            f"not {len(found)}"
        )
    return _root(found[0]), found


def _several(ax: Any) -> bool:
    return isinstance(ax, (list, tuple, np.ndarray))


def _root(axes: Any) -> Any:
    """Return the figure that axes belong to, and not the part of it that a SubFigure is."""
    return axes.figure.figure


def as_array(thing: Any) -> Array:
    """Return the numbers of an array, a Tensor, a Value, a variable of Keras, or lists of them.

    Raises:
        TypeError, ValueError: they are no numbers.
    """
    try:
        return _as_array(thing)
    except (TypeError, ValueError):
        raise
    except Exception as error:  # too large for a float, nested too deep, or of the object's own
        raise ValueError(f"{shown(thing)} is no array: {type(error).__name__}") from error


def _as_array(thing: Any) -> Array:
    if isinstance(thing, (list, tuple)):
        return np.array([_as_array(part) for part in thing], dtype=float)
    if hasattr(thing, "numpy"):
        thing = thing.numpy()
    elif not isinstance(thing, (np.ndarray, np.generic)):
        thing = getattr(thing, "data", thing)
    return np.asarray(thing, dtype=float)


def _in_the_font(character: str) -> str:
    code = ord(character) - 0x2400  # where Unicode has symbols for control characters
    return f"\\x{code if code < 0x21 else 0x7F:02x}" if 0 <= code <= 0x21 else character


def label_text(text: object) -> str:
    r"""Return a name as matplotlib shows it letter by letter.

    A dollar sign begins no formula, a name that begins with _ is not left out of a legend, and
    control characters are escape codes, for matplotlib's font lacks their symbols.

    >>> label_text("cost in $"), label_text("_hidden")
    ('cost in \\$', ' _hidden')
    """
    shown = "".join(map(_in_the_font, visible(str(text)))).replace("$", r"\$")
    return f" {shown}" if shown.startswith("_") else shown


def curve(
    axes: Axes,
    xs: Any,
    ys: Any,
    label: str,
    *,
    log: bool = False,
    breaks: Any = (),
    **look: Any,
) -> Line2D:
    """Draw a curve in which what cannot be drawn is a gap, and say so in its label.

    A point between two gaps, which no line would show, has a marker.

    Args:
        axes: where.
        xs: the points.
        ys: their heights.
        label: what the legend calls it.
        log: whether the y axis is logarithmic: 0 and what is below has no place on it.
        breaks: numbers of points before which the curve is interrupted.
        look: keywords of matplotlib's `plot`.
    """
    x, y = np.asarray(xs, dtype=float), np.array(ys, dtype=float)
    notes = []
    for what, bad in (
        ("not finite", ~np.isfinite(y)),
        ("0" if not (y < 0).any() else "not above 0", np.isfinite(y) & (y <= 0) & log),
    ):
        count = int(bad.sum())
        if count:
            notes.append(
                f"{what} at {count} of {len(y)}" if count < len(y) else f"{what} at all {count}"
            )
        y[bad] = np.nan
    if notes:
        label = f"{label} ({', '.join(notes)})"
    x, y = np.insert(x, breaks, np.nan), np.insert(y, breaks, np.nan)
    drawn = np.concatenate([[False], ~np.isnan(y), [False]])
    alone = np.flatnonzero(drawn[1:-1] & ~drawn[:-2] & ~drawn[2:])
    if len(alone) and "marker" not in look:
        look |= {"marker": "o", "markevery": alone.tolist()}
    (line,) = axes.plot(x, y, label=label, **look)
    return line


def ticks_at_integers(axes: Axes, lines: Iterable[Line2D]) -> None:
    """Let the x axis, of epochs or steps, be marked at whole numbers, and hold these curves."""
    from matplotlib.ticker import MaxNLocator

    if all(np.isnan(line.get_ydata()).all() for line in lines):  # the axis would be around 0
        ends = [
            end for line in lines for end in (np.min(line.get_xdata()), np.max(line.get_xdata()))
        ]
        axes.set_xlim(min(ends) - 0.5, max(ends) + 0.5)
    axes.xaxis.set_major_locator(MaxNLocator("auto", integer=True, steps=[1, 2, 5, 10]))


def finish(
    axes: Axes,
    title: str,
    xlabel: str,
    ylabel: str,
    *,
    legend: bool = True,
    grid: bool = True,
) -> None:
    """Give axes their title, their labels, a grid and a legend."""
    axes.set(title=title, xlabel=xlabel, ylabel=ylabel)
    axes.grid(visible=False)
    if grid:
        axes.grid(alpha=0.3)
    if legend:
        # said aloud: by default matplotlib warns where its search took a second
        axes.legend(loc="best")
