"""The plane of a classifier's two inputs: what it answers where, and where it changes its mind."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd import no_grad
from autograd.formatting import shown
from viz.arguments import attribute, exactly, number, two_names, whole
from viz.plots.canvas import Array, as_array, finish, label_text, panels
from viz.plots.palette import BLACK, BLUE, GREEN, ORANGE, PINK, SKY, VERMILION, tint

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["decision_boundary"]

# of the classes, in order: no is vermilion and yes is blue
_COLORS = (VERMILION, BLUE, GREEN, PINK, ORANGE, SKY)
_MARKERS = ("s", "o", "^", "v", "D", "P")

_TWO_NAMES = "feature_names has a name for each of the two inputs"

_MARGIN = 0.08  # around the samples, as a part of their extent
_FIELD = 0.35  # how much colour the map has: the samples stand out


def decision_boundary(
    model: Any,
    X: Any,  # noqa: N803 - the field's name for it
    y: Any = None,
    *,
    threshold: float | None = None,
    resolution: int = 150,
    feature_names: Sequence[str] = ("x₁", "x₂"),
    class_names: Sequence[Any] | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Draw what a classifier of two inputs answers everywhere, where it changes, and samples.

    One output is a probability (or, if it leaves 0 … 1, a score such as a logit) of the second
    class, and the black line is where it crosses the threshold.  Several outputs are one for
    each class; the largest decides, and black lines separate the classes.

    Args:
        model: what has ``predict(points)``, or a function, of an array of shape (points, 2);
            its answers have the shape (points,), (points, 1) or (points, classes).
        X: the samples, of shape (samples, 2); they say how far the map reaches.
        y: their classes: one label each, or a row for each with a 1 at its class.
        threshold: where one output changes its mind: 0.5, or 0 for scores, if not given.
        resolution: how many points the map is wide and high, 10 to 1000.
        feature_names: what the two inputs are called, with their units.
        class_names: what the classes are called, in their order; the labels if not given.
        ax: the Axes to draw in; a new figure if not given.

    Raises:
        ValueError: samples that have not two columns; another number of labels than samples,
            or of classes than outputs; another argument out of its range; a model that answers
            nan everywhere.
        TypeError: `model` cannot predict; labels that cannot be put in order; a threshold that
            is no number.

    >>> figure = decision_boundary(lambda p: 1.0 * (p[:, 0] > 0), [[-1, 0], [1, 1]], [0, 1])
    >>> figure.axes[0].get_title(), figure.axes[1].get_ylabel()
    ('Decision boundary', 'output (class 1 above 0.5)')
    """
    points = _samples(X)
    whole(resolution, "resolution", 10, 1000)
    threshold = None if threshold is None else number(threshold, "threshold")
    xlabel, ylabel = map(label_text, two_names(feature_names, _TWO_NAMES))
    xs, ys = (_axis(column, resolution) for column in points.T)
    across, up = np.meshgrid(xs, ys)
    answers = _answers(model, np.column_stack([across.ravel(), up.ravel()]))
    outputs = answers.shape[1]
    labels, codes = _classes(y, len(points), max(outputs, 2))
    names = _class_names(class_names, labels)
    figure, (axes,) = panels(ax, ["decision boundary"], (6.8, 5.2))
    field = answers.reshape(resolution, resolution, outputs)
    if outputs == 1:
        title = _draw_output(axes, xs, ys, field[..., 0], threshold, names)
    else:
        title = _draw_winners(axes, xs, ys, field, names)
    _draw_samples(axes, points, codes, names)
    axes.set(xlim=(xs[0], xs[-1]), ylim=(ys[0], ys[-1]))
    finish(axes, title, xlabel, ylabel, legend=False, grid=False)
    return figure


def _draw_samples(axes: Any, points: Array, codes: Any, names: Sequence[str]) -> None:
    """Draw the samples, each class with a colour and a marker of its own."""
    look = {"s": float(np.clip(12_000 / len(points), 14, 36)), "edgecolor": "white", "zorder": 3}
    if codes is None:
        axes.scatter(*points.T, color=BLACK, linewidth=0.5, **look)
        return
    for k in np.unique(codes).tolist():
        axes.scatter(
            *points[codes == k].T, color=_COLORS[k % len(_COLORS)], linewidth=0.5,
            marker=_MARKERS[k % len(_MARKERS)], label=names[k], **look,
        )  # fmt: skip
    axes.legend(title="class", loc="best")


# --- the two kinds of maps ------------------------------------------------------------------------


def _draw_output(
    axes: Any, xs: Array, ys: Array, field: Array, threshold: float | None, names: Sequence[str]
) -> str:
    """Draw the one output as colours, with the line where it crosses the threshold."""
    from matplotlib.colors import LinearSegmentedColormap

    low, high = np.nanmin(field), np.nanmax(field)
    probability = low >= -1e-6 and high <= 1.0 + 1e-6
    middle = (0.5 if probability else 0.0) if threshold is None else threshold
    if probability and 0.0 <= middle <= 1.0:
        levels, field = np.linspace(0.0, 1.0, 11), np.clip(field, 0.0, 1.0)
    else:
        reach = max(abs(low - middle), abs(high - middle)) or 1.0
        levels = np.linspace(middle - reach, middle + reach, 11)
    first, second = (tint(color, _FIELD) for color in _COLORS[:2])
    shades = LinearSegmentedColormap.from_list("classes", [first, "#ffffff", second])
    map_ = axes.contourf(xs, ys, field, levels=levels, cmap=shades)
    axes.figure.colorbar(map_, ax=axes, label=f"output ({names[1]} above {middle:g})")
    if low < middle < high:
        axes.contour(xs, ys, field, levels=[middle], colors=[BLACK], linewidths=2)
        return "Decision boundary"
    return f"No decision boundary here: {names[int(low >= middle)]} everywhere"


def _draw_winners(axes: Any, xs: Array, ys: Array, field: Array, names: Sequence[str]) -> str:
    """Draw which output is the largest, with lines where two are equal."""
    from matplotlib.colors import ListedColormap

    known = np.asarray(np.isfinite(field).all(axis=-1))
    winners = np.ma.masked_array(np.argmax(field, axis=-1), ~known)
    count = field.shape[-1]
    tints = [tint(_COLORS[k % len(_COLORS)], _FIELD) for k in range(count)]
    axes.pcolormesh(
        xs, ys, winners, cmap=ListedColormap(tints), vmin=-0.5, vmax=count - 0.5,
        shading="nearest", rasterized=True,
    )  # fmt: skip
    present = np.unique(winners.compressed())
    if len(present) == 1:
        return f"No decision boundary here: {names[present[0]]} everywhere"
    for k in present:  # a class is ahead of the best of the others by so much
        ahead = field[..., k] - np.delete(field, k, axis=-1).max(axis=-1)
        axes.contour(
            xs, ys, np.ma.masked_array(ahead, ~known), levels=[0.0], colors=[BLACK], linewidths=2
        )
    return "Decision boundary"


# --- what was given -------------------------------------------------------------------------------


def _samples(X: Any) -> Array:  # noqa: N803
    try:
        points = as_array(X)
    except (TypeError, ValueError):
        points = np.empty(0)
    if points.ndim != 2 or points.shape[1] != 2 or not len(points):
        given = f"of shape {points.shape}" if points.size else shown(X)
        raise ValueError(
            "decision_boundary draws the plane of two inputs: X has the shape (samples, 2), and "
            f"this is {given}"
        )
    if not np.isfinite(points).all():
        whole_rows = np.isfinite(points).all(axis=1, keepdims=True)
        points = np.where(whole_rows, points, np.nan)  # which is not drawn
        if np.isnan(points).all():
            raise ValueError("all samples in X are nan or infinite")
    return points


def _axis(column: Array, resolution: int) -> Array:
    low, high = np.nanmin(column), np.nanmax(column)
    margin = _MARGIN * (high - low) or 1.0
    return np.linspace(low - margin, high + margin, resolution)


def _answers(model: Any, points: Array) -> Array:
    """Return what the model answers to points, a row for each; nan where it is not finite."""
    predict = attribute(model, "predict") or model
    if not callable(predict):
        raise TypeError(
            "decision_boundary takes a model with predict, or a function of an array of shape "
            f"(points, 2), not {shown(model)}"
        )
    try:
        known = inspect.signature(predict).parameters
    except (TypeError, ValueError):  # of a function in C nothing is known
        known = {}  # type: ignore[assignment]
    options = {k: v for k, v in (("verbose", 0), ("batch_size", 4096)) if k in known}
    try:
        with no_grad():
            answers = as_array(predict(points, **options))
    except ValueError as error:
        raise ValueError(
            f"the model does not take points of two inputs, shape {points.shape}: {error}"
        ) from error
    if answers.ndim == 1:
        answers = answers[:, None]
    if answers.ndim != 2 or len(answers) != len(points) or not answers.shape[1]:
        raise ValueError(
            f"for {len(points)} points the model answers with the shape {answers.shape}: "
            f"({len(points)},) or ({len(points)}, classes) is needed"
        )
    answers = np.where(np.isfinite(answers), answers, np.nan)
    if np.isnan(answers).all():
        raise ValueError("the model answers nan or inf everywhere: has its training diverged?")
    return answers


def _classes(y: Any, samples: int, count: int) -> tuple[list[Any], Any]:
    """Return the classes' labels, in order, and the number of the class of each sample."""
    if y is None:
        return list(range(count)), None
    try:
        given = np.asarray(y)
    except Exception as error:  # lists of unequal lengths, or whatever it raises
        raise ValueError(f"y has a class for each sample, and this is {shown(y)}") from error
    if given.ndim == 2 and given.shape[1] == 1:
        given = given[:, 0]
    if given.ndim == 2 and given.shape[1] > 1:
        given = given.argmax(axis=1)
    if given.shape != (samples,):
        raise ValueError(
            f"y has a class for each of the {samples} samples, and this has the shape {np.shape(y)}"
        )
    if given.dtype.kind == "f" and not np.isfinite(given).all():
        raise ValueError("y has a class for each sample, and some are nan or infinite")
    if given.dtype.kind in "biuf" and np.isin(given, np.arange(count)).all():
        return list(range(count)), given.astype(int)
    try:
        labels, codes = np.unique(given, return_inverse=True)
    except Exception as error:
        raise TypeError(
            f"y has labels that can be put in order, numbers or texts, not {shown(y)}"
        ) from error
    if len(labels) > count:
        raise ValueError(
            f"y has {len(labels)} classes, {', '.join(map(shown, labels[:5].tolist()))}"
            f"{', …' if len(labels) > 5 else ''}, and the model's output tells {count} apart"
        )
    listed = [*labels.tolist(), *(f"({k})" for k in range(len(labels), count))]
    return listed, codes


def _class_names(given: Sequence[Any] | None, labels: Sequence[Any]) -> list[str]:
    if given is None:
        return [label_text(f"class {label}") for label in labels]
    wanted = f"class_names has a name for each of {len(labels)} classes"
    return [label_text(name) for name in exactly(len(labels), given, wanted)]
