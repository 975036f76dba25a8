"""`draw_model`: a network as its layers, or as its neurons and weights."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from autograd.operands import as_flag
from viz import arrays
from viz.arguments import choice
from viz.colour import NO_GRADIENT, NOT_FINITE, Scale, ink
from viz.diagram import (
    DIRECTIONS,
    GRADIENT_COLOUR,
    MUTED_COLOUR,
    VALUE_COLOUR,
    Arrow,
    Box,
    Cluster,
    Legend,
    Line,
    Operation,
    Picture,
    gradient_legend,
)
from viz.models import LayerView, NetworkView, count_numbers, read_network, read_numbers
from viz.nodes import gradient_of
from viz.render import FORMATS, Diagram

__all__ = ["NEGATIVE", "POSITIVE", "draw_model"]

POSITIVE, NEGATIVE = "#0072b2", "#d55e00"  # of Okabe and Ito's palette

MOST_NEURONS = 12
"""A layer with more is drawn with its first few, an ellipsis and its last."""

_MOST_NUMBERS = 30  # arrows that show their weight
_MANY_ARROWS = 150  # more than these are drawn thin and straight
_THINNEST, _THICKEST = 0.4, 4.8
_DENSE_WIDTH = 0.5
_NEUTRAL = "#8a8a8a"


def draw_model(
    model: Any,
    *,
    expand: bool = False,
    by: str = "weight",
    direction: str = "LR",
    format: str | None = None,
) -> Diagram:
    """Return the diagram of a network, as a `graphviz.Digraph`.

    One box a layer, with its name, class, activation, output shape and number of parameters.
    With `expand`, one box a neuron and one arrow a weight: the larger the weight, the wider the
    arrow, and broken and orange if it is negative.  A layer of more than 12 neurons is drawn
    with its first eight, an ellipsis and its last, and the legend says so; small networks show
    the numbers too.

    Args:
        model: a `Sequential` whose weights are made, or an `nn.MLP`, `nn.Layer` or `nn.Neuron`.
        expand: whether to draw neurons and weights in place of layers.
        by: "weight", or "gradient" for what the last backward pass left in `.grad`: then the
            width of arrows and the colour of boxes follow log10|gradient|.
        direction: "LR", "RL", "TB" or "BT": from where to where the computation runs.
        format: what `.render()` writes by default: "svg", "png", "pdf" or "dot".

    Raises:
        TypeError: something else than a model of layers that follow one another, or an `expand`
            that is neither True nor False.
        ValueError: the model is not built or has no layers; an unknown `by`, direction or
            format; `by="gradient"` before a backward pass.

    >>> class Neuron:
    ...     pass
    >>> from autograd import Value
    >>> neuron = Neuron()
    >>> neuron.w, neuron.b = [Value(0.5), Value(-2.0)], Value(0.1)
    >>> picture = draw_model(neuron, expand=True).picture
    >>> [(arrow.text, arrow.width, arrow.dashed) for arrow in picture.arrows if not arrow.hidden]
    [('0.5', 1.5, False), ('-2', 4.8, True)]
    """
    choice(direction, "direction", DIRECTIONS)
    choice(by, "by", ("weight", "gradient"))
    if format is not None:
        choice(format, "format", FORMATS)
    kind = _Neurons if as_flag(expand, "expand") else _Layers
    painter = kind(read_network(model), by == "gradient")
    return Diagram.of(painter.picture(direction), format)


def _scale_of(gradients: Iterable[float | None], network: NetworkView) -> Scale:
    scale = Scale.of(gradients)
    if scale is None:
        raise ValueError(
            f"{network.name} has no gradients yet: call backward() on a loss, or draw it "
            'by="weight"'
        )
    return scale


def _links(layer: LayerView) -> Iterator[tuple[int, int, int, int]]:
    """Yield the weights that are drawn: from which place to which, and where in the kernel."""
    seen, features, units = set(_drawn(layer.inputs)), layer.inputs[-1], layer.outputs[-1]
    for head in _drawn(layer.outputs):
        position, unit = divmod(head, units)
        for feature in range(features):
            tail = position * features + feature
            if tail in seen:
                yield tail, head, feature, unit


# ---------------------------------------------------------------- layers


class _Layers:
    """One box a layer."""

    def __init__(self, network: NetworkView, gradients: bool) -> None:
        self.network = network
        self.clusters: dict[tuple[str, ...], int] = {}
        self.scale = None
        if gradients:
            self.scale = _scale_of([_norm(layer.weights) for layer in network.layers], network)

    def picture(self, direction: str) -> Picture:
        network = self.network
        boxes = [_input_box("n0", network)]
        for number, layer in enumerate(network.layers, start=1):
            last = number == len(network.layers)
            boxes.append(self.box(f"n{number}", layer, last))
        arrows = tuple(Arrow(f"n{i}", f"n{i + 1}") for i in range(len(network.layers)))
        clusters = tuple(Cluster(path[-1], self.clusters.get(path[:-1])) for path in self.clusters)
        return Picture(
            direction,
            tuple(boxes),
            arrows,
            clusters,
            self.legend(),
            title=f"{network.name}: {len(network.layers)} layers",
        )

    def box(self, id: str, layer: LayerView, last: bool) -> Box:
        lines = [Line("", _kind(layer), MUTED_COLOUR)] if _kind(layer) else []
        lines.append(Line("output", layer.shape, VALUE_COLOUR))
        lines.append(Line("params", _parameters(layer), VALUE_COLOUR))
        fill = NO_GRADIENT
        if self.scale and layer.weights:
            size = _norm(layer.weights)
            fill = self.scale.colour(size)
            shown = "—" if size is None else arrays.number(size)
            lines.append(Line("‖grad‖", shown, GRADIENT_COLOUR))
        cluster = None
        for depth in range(1, len(layer.inside) + 1):
            cluster = self.clusters.setdefault(layer.inside[:depth], len(self.clusters))
        return Box(
            id, "value", layer.name, tuple(lines), fill, ink(fill), root=last, cluster=cluster
        )

    def legend(self) -> Legend:
        notes = [_total(self.network)]
        if self.scale is None:
            return Legend(notes=tuple(notes))
        sizes = [_norm(layer.weights) for layer in self.network.layers if layer.weights]
        legend = gradient_legend(self.scale, sizes, notes)
        return replace(legend, widths=(), of_colours="‖grad‖ of a layer's weights")


def _kind(layer: LayerView) -> str:
    return " · ".join(part for part in (layer.kind, layer.activation, layer.detail) if part)


def _parameters(layer: LayerView) -> str:
    count = count_numbers(layer.weights)
    fixed = count - count_numbers(layer.trained)
    if not fixed:
        return f"{count:,}"
    return f"{count:,} (not trained)" if fixed == count else f"{count:,} ({fixed:,} not trained)"


def _total(network: NetworkView) -> str:
    weights = [weight for layer in network.layers for weight in layer.weights]
    count = count_numbers(weights)
    fixed = count - count_numbers(weight for layer in network.layers for weight in layer.trained)
    trained = f", {fixed:,} of them not trained" if fixed else ""
    return f"{network.name}: {count:,} parameters{trained}"


def _norm(weights: Iterable[Any]) -> float | None:
    """Return the Euclidean norm of the gradients of some weights; None if there is none."""
    known = [gradient_of(weight) for weight in weights]
    sizes = [size for size in known if size is not None]
    return arrays.norm(np.array(sizes)) if sizes else None


def _input_box(id: str, network: NetworkView) -> Box:
    return Box(id, "leaf", "input", (Line("shape", network.input_shape, VALUE_COLOUR),))


# ---------------------------------------------------------------- neurons


@dataclass
class _Column:
    """The neurons of one layer: the places of those that are drawn, and the ids of their boxes."""

    outputs: tuple[int, ...]
    cluster: int
    header: str
    boxes: dict[int, str] = field(default_factory=dict)
    ellipsis: str = ""

    @property
    def all_boxes(self) -> list[str]:
        return [*self.boxes.values(), *([self.ellipsis] if self.ellipsis else [])]


class _Neurons:
    """One box a neuron, one arrow a weight."""

    def __init__(self, network: NetworkView, gradients: bool) -> None:
        self.network = network
        self.items: list[Box | Operation] = []
        self.arrows: list[Arrow] = []
        self.clusters: list[Cluster] = []
        self.gradients: list[float | None] = []  # of the biases
        self.left_out: list[str] = []
        self.has_plain = False
        dense = [layer for layer in network.layers if layer.kernel is not None]
        self.weights = {id(layer): _drawn_weights(layer, gradients) for layer in dense}
        shown = [number for found in self.weights.values() for number in found.values()]
        self.with_numbers = len(shown) <= _MOST_NUMBERS
        self.scale = None
        if gradients:
            biases = [read_numbers(layer.bias, True) for layer in dense if layer.bias is not None]
            known = [number for bias in biases for number in bias.reshape(-1)]
            self.scale = _scale_of([*shown, *known], network)
        finite = [abs(number) for number in shown if number is not None and math.isfinite(number)]
        self.largest = max(finite, default=0.0)
        self.has_wild = len(finite) < sum(number is not None for number in shown)

    def picture(self, direction: str) -> Picture:
        network = self.network
        shape = network.layers[0].inputs
        lines = (Line("", network.input_shape, MUTED_COLOUR),)
        column = self.column("input", shape, lines, [f"x{place}" for place in _places(shape)])
        for number, layer in enumerate(network.layers):
            last = number == len(network.layers) - 1
            previous, column = column, self.layer(layer, last)
            pairs = self.connect(previous, column, layer)
            self.keep_in_place(previous, column, pairs)
        shown = sum(not arrow.hidden for arrow in self.arrows)
        dense = shown > _MANY_ARROWS
        if dense:
            self.arrows = [replace(a, width=round(_DENSE_WIDTH * a.width, 2)) for a in self.arrows]
        return Picture(
            direction,
            tuple(self.items),
            tuple(self.arrows),
            tuple(self.clusters),
            self.legend(dense),
            dense,
            columns=True,
            title=f"{network.name}: {len(network.layers)} layers of neurons",
        )

    def column(
        self,
        title: str,
        outputs: tuple[int, ...],
        lines: tuple[Line, ...],
        names: Sequence[str],
        biases: Sequence[float] = (),
        gradients: Sequence[float | None] = (),
        root: bool = False,
    ) -> _Column:
        """Add the boxes of one layer, on a common background."""
        cluster = len(self.clusters)
        self.clusters.append(Cluster(title))
        header = f"h{cluster}"
        self.items.append(Box(header, "constant", lines[0].text, lines[1:], cluster=cluster))
        column = _Column(outputs, cluster, header)
        drawn = _drawn(outputs)
        for position, place in enumerate(drawn):
            if position and place > drawn[position - 1] + 1:
                missing = place - drawn[position - 1] - 1
                column.ellipsis = f"e{cluster}"
                text = f"⋮ {missing:,} more"
                self.items.append(Box(column.ellipsis, "constant", text, cluster=cluster))
                self.left_out.append(f"{missing:,} of {math.prod(outputs):,} in {title}")
            id = f"n{cluster}_{place}"
            column.boxes[place] = id
            box_lines = []
            if len(biases) and self.with_numbers:
                box_lines.append(Line("bias", arrays.number(biases[place]), VALUE_COLOUR))
            fill = NO_GRADIENT
            if self.scale is not None and len(gradients):
                size = gradients[place]
                self.gradients.append(size)
                fill = self.scale.colour(size)
                if self.with_numbers:
                    shown = "—" if size is None else arrays.number(size)
                    box_lines.append(Line("grad", shown, GRADIENT_COLOUR))
            kind: Any = "leaf" if title == "input" and cluster == 0 else "value"
            self.items.append(
                Box(
                    id, kind, names[place], tuple(box_lines), fill, ink(fill), root, cluster=cluster
                )
            )
        return column

    def layer(self, layer: LayerView, last: bool) -> _Column:
        lines = [_kind(layer) or "Layer", layer.shape, f"params {_parameters(layer)}"]
        count = math.prod(layer.outputs)
        biases: list[float] = []
        gradients: list[float | None] = []
        if layer.bias is not None:
            repeat = count // layer.outputs[-1]
            biases = repeat * list(read_numbers(layer.bias, gradients=False))
            if self.scale is not None:
                gradients = repeat * list(read_numbers(layer.bias, gradients=True))
        title = " / ".join([*layer.inside, layer.name])  # a cluster in a cluster is no column
        rows = tuple(Line("", text, MUTED_COLOUR) for text in lines)
        names = [str(place) for place in _places(layer.outputs)]
        return self.column(title, layer.outputs, rows, names, biases, gradients, last)

    def keep_in_place(self, before: _Column, after: _Column, in_rows: bool) -> None:
        """Let headers stand in a row, and an ellipsis where its neurons would."""
        pairs = [(before.header, after.header)]
        if in_rows and before.ellipsis and after.ellipsis:
            pairs.append((before.ellipsis, after.ellipsis))
        else:
            pairs += [(before.ellipsis, head) for head in after.all_boxes if before.ellipsis]
            pairs += [(tail, after.ellipsis) for tail in before.boxes.values() if after.ellipsis]
        self.arrows += [Arrow(tail, head, hidden=True) for tail, head in pairs]

    def connect(self, before: _Column, after: _Column, layer: LayerView) -> bool:
        """Add an arrow for each weight; where there are none, from each input to its output.

        Returns:
            Whether the arrows lead from one neuron to one other each.
        """
        if layer.kernel is None:
            return self.connect_plainly(before, after)
        for (tail, head), number in self.weights[id(layer)].items():
            self.arrows.append(self.weight(before.boxes[tail], after.boxes[head], number))
        return False

    def weight(self, tail: str, head: str, number: float | None) -> Arrow:
        """Return the arrow of one weight, as wide as it or its gradient is large."""
        text = ("—" if number is None else arrays.number(number)) if self.with_numbers else ""
        if self.scale is not None:
            width = self.scale.width(number)
        else:
            width = self.width(abs(number or 0.0) / self.largest if self.largest else 0.0)
        if number is None:
            return Arrow(tail, head, text, width, colour=_NEUTRAL)
        if not math.isfinite(number):
            return Arrow(tail, head, text, _THICKEST, colour=NOT_FINITE)
        colour = NEGATIVE if number < 0 else POSITIVE
        return Arrow(tail, head, text, width, colour=colour, dashed=number < 0)

    def width(self, share: float) -> float:
        """Return how wide the arrow of a weight is, by its share of the largest."""
        share = min(share, 1.0) if math.isfinite(share) else 0.0
        return round(_THINNEST + (_THICKEST - _THINNEST) * share, 2)

    def connect_plainly(self, before: _Column, after: _Column) -> bool:
        self.has_plain = True
        in_rows = math.prod(before.outputs) == math.prod(after.outputs)
        if in_rows:
            pairs = [(before.boxes[place], after.boxes[place]) for place in after.boxes]
        else:
            pairs = [
                (tail, head) for head in after.boxes.values() for tail in before.boxes.values()
            ]
        self.arrows += [Arrow(tail, head, width=1.0, colour=_NEUTRAL) for tail, head in pairs]
        return in_rows

    def legend(self, dense: bool) -> Legend:
        notes = []
        what = "weight" if self.scale is None else "gradient"
        if self.weights:
            notes.append(f"blue line: a positive {what}; orange broken line: a negative one")
        if self.has_wild:
            notes.append("dark red line: nan or inf")
        if self.has_plain:
            notes.append("grey line: no weight")
        if self.left_out:
            notes.append(f"not drawn, with their arrows: {'; '.join(self.left_out)}")
        notes.append(_total(self.network))
        factor = _DENSE_WIDTH if dense else 1.0
        if self.scale is not None:
            legend = gradient_legend(self.scale, self.gradients, notes)
            widths = tuple((round(factor * width, 2), text) for width, text in legend.widths)
            return replace(
                legend,
                widths=widths,
                of_colours="|grad| of the bias",
                of_widths="|grad| of the weight:",
            )
        widths = ()
        if self.largest:
            widths = tuple(
                (round(factor * self.width(share), 2), arrays.number(share * self.largest))
                for share in (0.1, 0.5, 1.0)
            )
        return Legend(widths=widths, notes=tuple(notes), of_widths="|weight|:")


def _drawn_weights(layer: LayerView, gradients: bool) -> dict[tuple[int, int], float | None]:
    """Return the weights that are drawn, or their gradients, by the places they connect."""
    numbers = read_numbers(layer.kernel, gradients)
    return {(tail, head): numbers[feature, unit] for tail, head, feature, unit in _links(layer)}


def _drawn(outputs: Sequence[int]) -> list[int]:
    """Return the places of a layer's neurons that are drawn.

    >>> _drawn((3,)), _drawn((50,))
    ([0, 1, 2], [0, 1, 2, 3, 4, 5, 6, 7, 49])
    """
    count = math.prod(outputs)
    if count <= MOST_NEURONS:
        return list(range(count))
    return [*range(MOST_NEURONS - 4), count - 1]


def _places(outputs: tuple[int, ...]) -> list[str]:
    """Return how neurons are numbered: 1 2 3, and with an index along each of several axes."""
    if len(outputs) <= 1:
        return [str(place + 1) for place in range(math.prod(outputs))]
    return ["[" + ", ".join(map(str, place)) + "]" for place in np.ndindex(*outputs)]
