"""How the numbers of a network are spread, layer by layer: its weights, and its activations.

A layer whose sigmoids all answer 0 or 1 is saturated, and one whose relus all answer 0 is dead:
both can be seen here before a training has been wasted on them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd import no_grad
from autograd.formatting import shown
from viz.arguments import attribute, whole
from viz.plots.canvas import Array, as_array, finish, label_text, panels
from viz.plots.palette import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["activation_histograms", "weight_histograms"]


def weight_histograms(
    model: Any, *, bins: int = 30, ax: Axes | Sequence[Axes] | None = None
) -> Figure:
    """Draw how the weights of each layer are spread.

    Weights that are all the same, such as biases of 0, are a line.  The legend says how many
    are nan or infinite, which no histogram can hold.

    Args:
        model: a model of layers, each with `weights` (or, neuron by neuron, parameters).
        bins: into how many bins the numbers of a layer are sorted, 1 to 1000.
        ax: an Axes, into which all layers go, each as one outline, or one for each layer that
            has weights.  A new figure, with a panel for each, if not given.

    Raises:
        TypeError: `model` has no layers.
        ValueError: no layer has weights, as before a model is built.

    >>> from types import SimpleNamespace
    >>> layer = SimpleNamespace(name="dense", weights=[np.array([[0.5, -0.5, 0.5]])])
    >>> figure = weight_histograms(SimpleNamespace(layers=[layer]), bins=2)
    >>> figure.axes[0].patches[0].get_data().values.round(1).tolist()
    [33.3, 66.7]
    """
    layers = {}
    for name, layer in _layers(model, "weight_histograms").items():
        groups = _weights(layer)
        if groups:
            layers[name] = groups
    if not layers:
        raise ValueError(
            "no layer has weights yet: build the model first, by input_shape or by calling it"
        )
    return _draw(layers, "Weights", "weight", "weights", bins, ax)


def activation_histograms(
    model: Any, inputs: Any, *, bins: int = 30, ax: Axes | Sequence[Axes] | None = None
) -> Figure:
    r"""Draw how the outputs of each layer are spread for some inputs.

    Above each panel stands what part of the outputs is exactly 0, which for relu is what part
    of the layer is silent.

    Args:
        model: a model whose layers follow one another, a Sequential for instance.
        inputs: a batch, a row for each sample.
        bins: into how many bins the outputs of a layer are sorted, 1 to 1000.
        ax: an Axes, into which all layers go, each as one outline, or one for each layer.  A
            new figure, with a panel for each, if not given.

    Raises:
        TypeError: `model` has no layers, or they do not follow one another.
        ValueError: there are no inputs.

    >>> from types import SimpleNamespace
    >>> double = SimpleNamespace(name="double", layers=[lambda x: 2.0 * x])
    >>> figure = activation_histograms(double, np.array([[1.0], [1.0], [0.0]]), bins=2)
    >>> figure.axes[0].get_title()
    'layer 1\n33 % are 0'
    """
    try:
        rows = np.asarray(inputs.numpy() if hasattr(inputs, "numpy") else inputs)
    except Exception:  # whatever comes of what was given, it is no batch
        rows = np.empty(0)
    if rows.ndim == 0 or rows.size == 0 or rows.dtype.kind not in "fiub":
        raise ValueError(f"inputs is a batch of numbers, a row a sample, not {shown(inputs)}")
    layers = _layers(model, "activation_histograms")
    outputs: dict[str, dict[str, Array]] = {}
    with no_grad():
        here: Any = rows
        for name, layer in layers.items():
            here = _through(layer, here)
            outputs[_with_activation(name, layer)] = {"outputs": as_array(here).ravel()}
        _check_the_order(model, rows, as_array(here))
    return _draw(outputs, "Activations", "output of the layer", "outputs", bins, ax, zeros=True)


# --- what a model is made of ----------------------------------------------------------------------


def _layers(model: Any, where: str) -> dict[str, Any]:
    """Return the layers of a model by name, in order."""
    layers = attribute(model, "layers")
    if not isinstance(layers, (list, tuple)):
        raise TypeError(f"{where} takes a model with layers, not {shown(model)}")
    if not layers:
        raise ValueError("the model has no layers yet")
    named: dict[str, Any] = {}
    for i, layer in enumerate(layers, start=1):
        name, again = str(getattr(layer, "name", f"layer {i}")), 2
        unique = name
        while unique in named:  # one layer may stand in several places
            unique, again = f"{name} ({again})", again + 1
        named[unique] = layer
    return named


def _weights(layer: Any) -> dict[str, Array]:
    """Return the numbers of a layer's weights: kernel, bias and so on."""
    weights = getattr(layer, "weights", None)
    if weights is not None:
        pairs = [(_label(weight, i), weight) for i, weight in enumerate(weights, start=1)]
    elif hasattr(layer, "named_parameters"):  # neurons.0.w.1 is a w
        pairs = [
            (next((p for p in reversed(path.split(".")) if not p.isdigit()), path), parameter)
            for path, parameter in layer.named_parameters()
        ]
    else:
        pairs = []
    groups: dict[str, list[Array]] = {}
    for label, weight in pairs:
        groups.setdefault(label, []).append(as_array(weight).ravel())
    return {label: np.concatenate(parts) for label, parts in groups.items()}


def _label(weight: Any, number: int) -> str:
    return str(getattr(weight, "label", "") or getattr(weight, "name", "") or f"weight {number}")


def _through(layer: Any, rows: Any) -> Any:
    if hasattr(layer, "neurons"):  # written number by number: one sample at a time
        return [layer(as_array(row).tolist()) for row in rows]
    return layer(rows)


def _check_the_order(model: Any, rows: Array, last: Array) -> None:
    """Refuse a model that gives something else than its layers one after another."""
    if hasattr(model, "predict"):
        given = as_array(model.predict(rows, verbose=0))
    elif callable(model) and not hasattr(model, "parameters"):
        given = as_array(model(rows))
    else:
        return
    if given.shape != last.shape or not np.allclose(given, last, 1e-4, 1e-6, equal_nan=True):
        raise TypeError(
            "the layers of this model do not simply follow one another, so what each of them "
            "gives cannot be told: activation_histograms takes a Sequential"
        )


def _with_activation(name: str, layer: Any) -> str:
    activation = getattr(getattr(layer, "activation", None), "__name__", "")
    return f"{name} ({activation})" if activation else name


# --- the panels -----------------------------------------------------------------------------------


def _draw(
    layers: dict[str, dict[str, Array]],
    title: str,
    xlabel: str,
    noun: str,
    bins: int,
    ax: Axes | Sequence[Axes] | None,
    zeros: bool = False,
) -> Figure:
    whole(bins, "bins", 1, 1000)
    figure, axes = panels(ax, list(layers), (4.2, 3.2))
    together = len(axes) < len(layers)
    if together:  # one outline a layer, all its numbers in it
        pooled = {name: np.concatenate(list(groups.values())) for name, groups in layers.items()}
        _draw_groups(axes[0], pooled, bins, fill=False)
    for here, (name, groups) in zip(axes, layers.items(), strict=False):
        if not together:
            _draw_groups(here, groups, bins, fill=True)
        heading = f"{title} of each layer" if together else label_text(name)
        if zeros and not together:
            silent = int(np.sum(next(iter(groups.values())) == 0.0))
            if silent:
                heading += f"\n{100 * silent / len(next(iter(groups.values()))):.0f} % are 0"
        finish(here, heading, xlabel, f"share of the {noun} (%)")
    return figure


def _draw_groups(axes: Axes, groups: dict[str, Array], bins: int, fill: bool) -> None:
    """Draw a histogram for each group of numbers, all with the same bins."""
    from matplotlib.colors import to_rgba

    finite = {name: numbers[np.isfinite(numbers)] for name, numbers in groups.items()}
    spread = [numbers for numbers in finite.values() if _differ(numbers)]
    edges = np.histogram_bin_edges(np.concatenate(spread), bins) if spread else None
    highest = 0.0
    for i, (name, numbers) in enumerate(finite.items()):
        look = style(i)
        label = f"{label_text(name)} ({len(groups[name]):,})"
        if len(numbers) < len(groups[name]):
            label += f", {len(groups[name]) - len(numbers):,} not finite"
        if len(numbers) == 0:
            axes.plot([], [], label=label, **look)
        elif edges is None or not _differ(numbers):
            about = "" if np.ptp(numbers) == 0 else "≈ "
            label += f", all {about}{numbers[0]:.4g}"
            axes.axvline(numbers[0], linewidth=2.0, label=label, **look)
        else:
            counts, _ = np.histogram(numbers, edges)
            axes.stairs(
                100.0 * counts / len(numbers), edges, fill=fill, label=label, linewidth=1.5,
                linestyle=look["linestyle"], edgecolor=look["color"],
                facecolor=to_rgba(look["color"], 0.25) if fill else "none",
            )  # fmt: skip
            highest = max(highest, 100.0 * counts.max() / len(numbers))
    axes.set_ylim(0.0, 1.25 * highest or 100.0)  # room for the legend


def _differ(numbers: Array) -> bool:
    """Tell whether there are numbers that are far enough apart to be sorted into bins."""
    return len(numbers) > 0 and bool(np.ptp(numbers) > 1e-5 * np.abs(numbers).max())
