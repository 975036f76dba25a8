"""A single neuron fits a line: the line after each step, as a picture and as an animation."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.atomic import as_path, write_atomically
from autograd.formatting import printable, shown
from viz.arguments import items_of, two_names, whole
from viz.filenames import require_folder, require_no_folder
from viz.gif import write_gif
from viz.plots.canvas import Array, as_array, finish, label_text, panels
from viz.plots.palette import BLUE, GREY, VERMILION

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["line_fit"]

_FIRST, _LAST = 1000, 2500  # milliseconds that these frames stay
_BETWEEN = 6  # lines that the still picture has between the first and the last


def line_fit(
    x: Any,
    y: Any,
    lines: Iterable[Any],
    path: os.PathLike[str] | str | None = None,
    *,
    names: Sequence[str] = ("x", "y"),
    frames: int = 40,
    milliseconds: int = 200,
    ax: Axes | None = None,
) -> Figure:
    """Draw how a neuron, y = w·x + b, is fitted to points, and write it as an animated GIF.

    The figure shows the first line, the last one, and some on the way.  The GIF shows one line
    after another with its mean squared error; a notebook shows it in place of the figure.

    Args:
        x: the inputs, one number each.
        y: the targets, as many.
        lines: weight and bias before the first step and after each: pairs (w, b), or what
            ``model.get_weights()`` returned.
        path: the GIF to write, "fit.gif"; none if not given.
        names: what x and y are called, with their units.
        frames: the most frames that the GIF has, 2 to 500; of more lines than that, more of
            the first ones are shown than of the last, which hardly differ.
        milliseconds: how long a frame stays, 20 to 10,000; the first and the last stay longer.
        ax: the Axes to draw in; a new figure if not given.

    Raises:
        ValueError: x and y of different lengths, or empty; lines that are no pairs, or none; a
            path that does not end in .gif.
        FileNotFoundError: its folder does not exist.

    >>> figure = line_fit([0.0, 1.0], [1.0, 3.0], [(0.0, 0.0), (1.5, 0.5), (2.0, 1.0)])
    >>> print(figure.axes[0].get_title())
    Line fit y = w·x + b, step 2 of 2
    w = 2, b = 1, mean squared error 0
    """
    xs, ys = _points(x, y)
    fitted = _pairs(lines)
    whole(frames, "frames", 2, 500)
    whole(milliseconds, "milliseconds", 20, 10_000)
    file = None if path is None else _gif(path)
    names = two_names(names, "names are two, of x and of y")
    figure, (axes,) = panels(ax, ["line fit"], (6.8, 4.8))
    drawing = _Drawing(axes, xs, ys, fitted, [label_text(name) for name in names])
    if file is not None:
        gif = _animation(figure, drawing, frames, milliseconds)
        write_atomically(file, gif)
        if hasattr(figure, "gif"):
            figure.gif = gif
    drawing.show(len(fitted) - 1, on_the_way=True)
    return figure


class _Drawing:
    """The points and the line of one step."""

    def __init__(self, axes: Any, xs: Array, ys: Array, lines: Array, names: list[str]) -> None:
        self.axes, self.xs, self.ys, self.lines, self.names = axes, xs, ys, lines, names
        margin = 0.08 * float(np.ptp(xs)) or 1.0
        self.ends = np.array([xs.min() - margin, xs.max() + margin])
        axes.scatter(xs, ys, s=22, color=GREY, linewidth=0, alpha=0.8, label="samples")
        axes.plot(self.ends, self._heights(0), color=VERMILION, linestyle="--", label="step 0")
        (self.line,) = axes.plot(
            self.ends, self._heights(len(lines) - 1), color=BLUE, linewidth=3, label="fit"
        )
        self.between = [
            axes.plot(self.ends, self._heights(i), color=BLUE, linewidth=0.8, alpha=0.6)[0]
            for i in _spread(len(lines), _BETWEEN + 2)[1:-1]
        ]
        room = 0.3 * float(np.ptp(ys)) or 1.0
        axes.set(xlim=self.ends, ylim=(ys.min() - room, ys.max() + room))
        self.show(0)
        axes.legend(loc="best")

    def _heights(self, i: int) -> Array:
        w, b = self.lines[i]
        return np.asarray(w * self.ends + b)  # nan: matplotlib draws no line

    def show(self, i: int, on_the_way: bool = False) -> None:
        """Show the line after step i, and with it some of those before."""
        w, b = self.lines[i]
        for line in self.between:
            line.set_visible(on_the_way)
        self.line.set_ydata(self._heights(i))
        with np.errstate(over="ignore", invalid="ignore"):  # of a fit that diverges
            error = float(np.mean((w * self.xs + b - self.ys) ** 2))
        numbers = f"w = {w:.3g}, b = {b:.3g}, mean squared error {error:.3g}".replace("-", "−")
        title = f"Line fit y = w·x + b, step {i} of {len(self.lines) - 1}\n{numbers}"
        finish(self.axes, title, *self.names, legend=False)


def _animation(figure: Any, drawing: _Drawing, frames: int, milliseconds: int) -> bytes:
    """Return the bytes of the GIF."""
    steps = _spread(len(drawing.lines), frames)
    times = [milliseconds] * len(steps)
    times[0], times[-1] = max(_FIRST, milliseconds), max(_LAST, milliseconds)

    def pictures() -> Iterator[Array]:
        for i in steps:
            drawing.show(i)
            yield _pixels(figure)

    return write_gif(pictures(), [time / 1000 for time in times])


def _pixels(figure: Any) -> Array:
    """Return a figure as an array of pixels, whatever shows it otherwise."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = figure.canvas
    try:
        agg: Any = FigureCanvasAgg(figure)  # which puts itself in the place of the other
        agg.draw()
        return np.array(agg.buffer_rgba())[..., :3]
    finally:
        figure.set_canvas(canvas)


def _spread(count: int, most: int) -> list[int]:
    """Return up to `most` of the numbers 0 … count-1, both ends, nearer to each other first.

    >>> _spread(3, 8), _spread(100, 5)
    ([0, 1, 2], [0, 6, 25, 56, 99])
    """
    if count <= most:
        return list(range(count))
    chosen = np.round((count - 1) * np.linspace(0.0, 1.0, most) ** 2).astype(int)
    return sorted(set(chosen.tolist()))


# --- what was given -------------------------------------------------------------------------------


def _points(x: Any, y: Any) -> tuple[Array, Array]:
    try:
        xs, ys = as_array(x), as_array(y)
    except (TypeError, ValueError) as error:
        raise ValueError(f"x and y are lists of numbers: {printable(str(error))}") from error
    if xs.size == 0 or xs.size != max(xs.shape, default=0) or ys.size != xs.size:
        raise ValueError(
            "a line is fitted to one number y for each number x, and the shapes are "
            f"{xs.shape} and {ys.shape}"
        )
    finite = np.isfinite(xs.ravel()) & np.isfinite(ys.ravel())
    if not finite.any():
        raise ValueError("all samples, x and y, are nan or infinite")
    return xs.ravel()[finite], ys.ravel()[finite]


def _pairs(lines: Iterable[Any]) -> Array:
    """Return weight and bias of each line, a row each."""
    try:
        found = [
            np.concatenate([as_array(part).ravel() for part in line]).tolist()
            for line in items_of(lines, "lines are pairs of weight and bias")
        ]
    except (TypeError, ValueError) as error:
        raise ValueError(f"lines are pairs of weight and bias: {printable(str(error))}") from error
    if not found:
        raise ValueError("lines is empty: give weight and bias before the first step and after")
    wrong = next((line for line in found if len(line) != 2), None)
    if wrong is not None:
        raise ValueError(
            f"a line has one weight and one bias, and one of these lines has {len(wrong)} numbers"
        )
    return np.array(found, dtype=float)


def _gif(path: os.PathLike[str] | str) -> Path:
    file = as_path(path)
    if file.suffix.lower() != ".gif":
        raise ValueError(f"the name of an animation must end in .gif, got {shown(file.name)}")
    require_folder(file)
    require_no_folder(file)
    return file
