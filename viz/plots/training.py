"""How a training went: loss and metrics by epoch, and the gradient that each layer received."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.formatting import shown
from autograd.operands import as_flag
from viz.arguments import attribute, items_of
from viz.plots.canvas import Array, curve, finish, label_text, panels, ticks_at_integers
from viz.plots.palette import ramp, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

__all__ = ["gradient_norms", "history"]

_RATES = ("learning_rate", "lr")


def history(
    history: Any,
    metrics: str | Iterable[str] | None = None,
    *,
    log: bool = False,
    ax: Axes | Sequence[Axes] | None = None,
) -> Figure:
    """Draw loss and metrics against the epoch: on the training data and on the validation data.

    What is nan or infinite is a gap in the curve, and the legend says so.  A validation curve
    with fewer numbers than there are epochs is taken to be of every second, third, ... epoch,
    as ``validation_freq`` makes it.

    Args:
        history: the History that `fit` returns, the model it has trained, or a dict
            ``{"loss": [one number an epoch], ...}``.
        metrics: which to draw, "loss" for instance, each with its validation curve; all if not
            given.
        log: whether the y axis is logarithmic.
        ax: an Axes, into which all curves go, or one for each metric.  A new figure, with a
            panel for each metric, if not given.

    Raises:
        TypeError: `history` is nothing of the kind; `metrics` holds something else than names;
            `log` is neither True nor False.
        ValueError: no epoch has ended; an unknown metric; numbers that belong to no epoch.

    >>> figure = history({"loss": [4.0, 2.0, 1.0], "val_loss": [5.0, 3.0, 2.5]})
    >>> [(line.get_label(), line.get_ydata().tolist()) for line in figure.axes[0].lines]
    [('training', [4.0, 2.0, 1.0]), ('validation', [5.0, 3.0, 2.5])]
    >>> figure.axes[0].get_title(), figure.axes[0].get_xlabel()
    ('Loss by epoch', 'epoch')
    """
    log = as_flag(log, "log")
    numbers, first = _numbers_of(history)
    families = _families(numbers, metrics)
    figure, axes = panels(ax, list(families), (5.6, 3.9))
    titles = [label_text(family.replace("_", " ")) for family in families]
    alone = len(axes) < len(families)
    lines: dict[Axes, list[Line2D]] = {here: [] for here in axes}
    for place, (family, names) in enumerate(families.items()):
        here = axes[0] if alone else axes[place]
        for name in names:
            kind = "validation" if name.startswith("val_") else "training"
            if family in _RATES:
                kind = "at the end of the epoch"
            epochs, note = _epochs(name, len(numbers[name]), numbers, first)
            label = f"{titles[place]}, {kind}" if alone else kind
            if log:
                here.set_yscale("log")
            look = style(len(here.lines))  # a second history beside the first looks different
            lines[here].append(curve(here, epochs, numbers[name], label + note, log=log, **look))
    for here, title in zip(axes, [", ".join(titles)] if alone else titles, strict=True):
        ticks_at_integers(here, lines[here])
        heading = f"{title[:1].upper()}{title[1:]} by epoch"
        finish(here, heading, "epoch", title + (" (log scale)" if log else ""))
    return figure


def gradient_norms(monitor: Any, *, ax: Axes | None = None) -> Figure:
    """Draw the norm of each layer's gradient against the epoch, on a logarithmic scale.

    A layer whose curve lies far below the others hardly learns: its gradient has vanished.  A
    gradient of 0, which has no place on the scale, is a gap, and the legend says so.

    Args:
        monitor: the GradientMonitor that `fit` was given as a callback, or a dict
            ``{"dense": [one norm an epoch], ...}``, the layers in order.
        ax: the Axes to draw in; a new figure if not given.

    Raises:
        TypeError: `monitor` is neither.
        ValueError: it has seen no epoch; layers with different numbers of epochs.

    >>> figure = gradient_norms({"first": [1e-6, 1e-5], "last": [0.1, 0.2]})
    >>> figure.axes[0].get_yscale(), figure.axes[0].lines[0].get_ydata().tolist()
    ('log', [1e-06, 1e-05])
    """
    found = monitor if isinstance(monitor, Mapping) else attribute(monitor, "norms")
    if not isinstance(found, Mapping):
        raise TypeError(
            "gradient_norms draws a GradientMonitor, fit(..., callbacks=[monitor]), or a dict "
            f"{{layer: norms}}, not {shown(monitor)}"
        )
    norms = {str(layer): _floats(layer, row) for layer, row in found.items()}
    lengths = {layer: len(row) for layer, row in norms.items()}
    if not any(lengths.values()):
        raise ValueError(
            "the monitor has seen no epoch: give it to fit(..., callbacks=[monitor]) first"
        )
    if len(set(lengths.values())) > 1:
        raise ValueError(
            f"one norm an epoch is needed for each layer, and there are {shown(lengths, 200)}"
        )
    _, (axes,) = figure, _ = panels(ax, ["gradient norms"], (7.6, 4.6))
    epochs = _first_epoch(monitor, max(lengths.values())) + np.arange(max(lengths.values()))
    few = len(epochs) <= 25  # more markers than that hide the curves
    axes.set_yscale("log")
    lines = []
    for i, (layer, row) in enumerate(norms.items()):
        look = ramp(i, len(norms), marker=few) | {"markersize": 5}
        lines.append(curve(axes, epochs, row, label_text(layer), log=True, **look))
    ticks_at_integers(axes, lines)
    finish(
        axes, "Gradient norm of each layer", "epoch", "norm of the gradient, √Σg² (log scale)",
        legend=False,
    )  # fmt: skip
    if ax is None:
        figure.legend(loc="outside right upper", title="layer")
    else:
        axes.legend(title="layer", loc="best")
    return figure


# --- what there is to draw ------------------------------------------------------------------------


def _numbers_of(thing: Any) -> tuple[dict[str, Array], int]:
    """Return the numbers of each metric, and the first epoch, from 1."""
    found = thing
    while not isinstance(found, Mapping):  # a model has a History, which has a dict
        inside = attribute(found, "history")
        if inside is None or callable(inside):
            if callable(attribute(found, "fit")):
                raise ValueError("the model has no history yet: fit it first")
            raise TypeError(
                "history draws the History that fit returns, or a dict of lists of numbers such "
                f"as {{'loss': [0.9, 0.5]}}, not {shown(thing)}"
            )
        thing, found = found, inside
    numbers = {str(name): _floats(name, row) for name, row in found.items()}
    numbers = {name: row for name, row in numbers.items() if len(row)}
    if not numbers:
        raise ValueError("the history has no epoch: nothing has been trained yet, fit first")
    return numbers, _first_epoch(thing, max(map(len, numbers.values())))


def _floats(name: object, row: Any) -> Array:
    try:
        numbers = np.asarray(row, dtype=float)
    except Exception:  # whatever comes of what was given, it is no list of numbers
        numbers = np.empty((0, 0))
    if numbers.ndim != 1:
        raise TypeError(f"{shown(name)} is a list of numbers, one an epoch, not {shown(row)}")
    return numbers


def _first_epoch(thing: Any, count: int) -> int:
    """Return the number of the first epoch, from 1: a training may go on where another ended."""
    epochs = getattr(thing, "epoch", None)
    if isinstance(epochs, Sequence) and len(epochs) == count:
        return int(epochs[0]) + 1
    return 1


def _families(
    numbers: Mapping[str, Array], metrics: str | Iterable[str] | None
) -> dict[str, list[str]]:
    """Return each metric that is to be drawn with the names of its one or two curves."""
    if metrics is None:
        names = list(dict.fromkeys(name.removeprefix("val_") for name in numbers))
        # the loss first, the rate, which is no result, last
        wanted = sorted(names, key=lambda name: (name in _RATES) - (name == "loss"))
    else:
        wanted = [metrics] if isinstance(metrics, str) else _names(metrics)
        if not wanted:
            raise ValueError("metrics is empty: name at least one, or leave it out for all")
    found = {name: [n for n in (name, f"val_{name}") if n in numbers] for name in wanted}
    for name, curves in found.items():
        if not curves:
            there = ", ".join(map(repr, numbers))
            raise ValueError(f"metrics: the history has no {shown(name)}; there are {there}")
    return found


def _names(metrics: Any) -> list[str]:
    wanted = "metrics is a name or a list of names"
    names = []
    for name in items_of(metrics, wanted):
        if not isinstance(name, str):
            raise TypeError(f"{wanted}, and one is {shown(name)}")
        names.append(name)
    return names


def _epochs(name: str, count: int, numbers: Mapping[str, Array], first: int) -> tuple[Array, str]:
    """Return the epochs of a curve, and what is to be said of them."""
    total = max(map(len, numbers.values()))
    if count == total:
        return first + np.arange(total), ""
    # validated every k-th epoch, counted from the very first one of the model
    last = first + total - 1
    possible = [k for k in range(2, last + 1) if last // k - (first - 1) // k == count]
    if not name.startswith("val_") or len(possible) != 1:
        raise ValueError(
            f"{name!r} has {count} numbers and there are {total} epochs: it cannot be told which "
            "epochs they belong to"
        )
    step = possible[0]
    return np.arange(step * -(-first // step), last + 1, step), f" (every {step} epochs)"
