"""What a diagram shows, before anyone decides where it stands on the page.

`describe` turns a graph into a `Picture`: boxes, operations, arrows, clusters and a legend,
with every text, colour and width decided.  The renderers (`viz.dot`, `viz.layered`) read the
same `Picture`, so they cannot disagree about what is true, only about where to put it.

A large graph is drawn with less detail:

    up to 60 values     full: every value a box, every primitive a circle
    up to 400 values    fused: the primitive stands in the box of its value, and of an array
                        only the summary
    above               collapsed: one box a neuron, or one a layer if that is still too much
    above 3,000 boxes   an error that names the ways out
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from autograd.formatting import shown, significant
from autograd.graph import Node, topological_order
from autograd.operands import as_flag
from viz import arrays
from viz.arguments import choice
from viz.colour import NO_GRADIENT, NOT_FINITE, ZERO, Scale, ink
from viz.nodes import (
    AnyNode,
    Scope,
    Slot,
    array_of,
    derivative,
    flow,
    gradient_of,
    is_node,
    largest,
    leading_to,
    names_by_id,
    scope_of,
    short_constant,
    slots,
    symbol,
)
from viz.text import visible

__all__ = [
    "DIRECTIONS",
    "GRADIENT_COLOUR",
    "VALUE_COLOUR",
    "Arrow",
    "Box",
    "Cluster",
    "Legend",
    "Line",
    "Operation",
    "Picture",
    "describe",
    "gradient_legend",
]

DIRECTIONS = ("LR", "RL", "TB", "BT")

FULL_LIMIT = 60
FUSED_LIMIT = 400
BOX_LIMIT = 3_000

NEURON_ARROW_LIMIT = 1_500
"""With more arrows between them, neurons collapse into layers."""

_MANY_ARROWS = 150
_DENSE_WIDTH = 0.25  # arrows of a dense picture, as a share of their usual width

VALUE_COLOUR = "#00568a"
GRADIENT_COLOUR = "#b34700"
MUTED_COLOUR = "#5f5f5f"

_SLOT_MARKS = "①②③④⑤⑥⑦⑧⑨"

_MOST_FUSED_CONSTANTS = 4

_Group = tuple[list[Node], Scope]


@dataclass(frozen=True)
class Line:
    """One line of a box: a prefix that says what the text is, and the text.

    A line may hold a small matrix instead, its numbers row by row; it is as high as they are.
    """

    prefix: str
    text: str
    colour: str
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Box:
    """A Value or Tensor, a constant, or a group of nodes that are drawn as one.

    Attributes:
        id: ``n0 … nk`` in topological order; constants have the operation's number in theirs.
        kind: "leaf", "value" (made by an operation), "constant" or "group".
        title: the first line; empty for a value without a name.
        lines: what stands under the title; of a constant, only an array has any.
        fill, ink: colours of the title line, by the size of the gradient.
        root: whether this is the value that was asked for.
        cut: whether operands were left out because of `max_depth`.
        cluster: the index of the innermost cluster that holds it, or None.
        glow: the colour of a band around it, which draws the eye to it; empty for none.
    """

    id: str
    kind: Literal["leaf", "value", "constant", "group"]
    title: str
    lines: tuple[Line, ...] = ()
    fill: str = NO_GRADIENT
    ink: str = "#000000"
    root: bool = False
    cut: bool = False
    cluster: int | None = None
    glow: str = ""


@dataclass(frozen=True)
class Operation:
    """The primitive that made a value, as a small circle with its symbol."""

    id: str
    name: str
    symbol: str
    cluster: int | None = None


@dataclass(frozen=True)
class Arrow:
    """An arrow from operand to operation, or from an operation to its result.

    Attributes:
        tail, head: ids of what it connects.
        text: the local derivative, or empty.
        width: in points, by the gradient that flows back along this arrow.
        carries: whether a gradient can flow back along it at all.
        enters: whether it leads from outside into a cluster to an item that the cluster's own
            values feed too.  It is a step longer, so that these do not stand beside its tail.
        slot: the argument slot of the operation at its head; None for an arrow out of one, and
            for one that stands for several.
        colour: of its line; empty for the usual one.
        dashed: whether its line is broken, as it is where it carries nothing.
        against: whether its point is at the tail, where something moves against the direction
            of the computation.
        hidden: whether it only keeps two items in their places, and is not drawn.
    """

    tail: str
    head: str
    text: str = ""
    width: float = 1.0
    carries: bool = True
    enters: bool = False
    slot: int | None = None
    colour: str = ""
    dashed: bool = False
    against: bool = False
    hidden: bool = False


@dataclass(frozen=True)
class Cluster:
    """A module or neuron: what is drawn on a common background."""

    title: str
    parent: int | None = None


@dataclass(frozen=True)
class Legend:
    """What colours, widths and marks mean.

    Attributes:
        colours: (colour, text) from the smallest gradient to the largest.
        others: (colour, text) for what has no place on the scale: 0, nan and inf, none.
        widths: (width in points, text).
        notes: short sentences.
        of_colours, of_widths: what the colours and the widths measure.
    """

    colours: tuple[tuple[str, str], ...] = ()
    others: tuple[tuple[str, str], ...] = ()
    widths: tuple[tuple[float, str], ...] = ()
    notes: tuple[str, ...] = ()
    of_colours: str = "|grad|"
    of_widths: str = "gradient flowing back along an arrow:"


@dataclass(frozen=True)
class Picture:
    """Everything that a diagram shows.

    Attributes:
        direction: "LR", "RL", "TB" or "BT".
        items: in topological order, operands first.
        arrows: one for each argument slot, and one from each operation to its result.
        clusters: each after the one around it.
        legend: None if there is nothing to explain.
        dense: whether there are so many arrows that only thin, straight ones can be told apart.
        columns: whether each cluster is a column, whose items keep their order, and arrows are
            plain straight lines from one to the next.
        caption: lines in larger letters under the picture.
        title: what a screen reader says; empty for the number of boxes in the graph.
    """

    direction: str
    items: tuple[Box | Operation, ...]
    arrows: tuple[Arrow, ...]
    clusters: tuple[Cluster, ...]
    legend: Legend | None
    dense: bool = False
    columns: bool = False
    caption: tuple[str, ...] = ()
    title: str = ""


def describe(
    root: AnyNode,
    *,
    direction: str = "LR",
    values: bool = True,
    gradients: bool = True,
    local_derivatives: bool = True,
    labels: Mapping[Any, str] | None = None,
    wrt: AnyNode | Iterable[AnyNode] | None = None,
    max_depth: int | None = None,
    force: bool = False,
    gradient_range: tuple[float, float] | None = None,
    ids: bool = False,
) -> Picture:
    """Return what a diagram of `root` shows; `viz.draw` documents the arguments.

    >>> from autograd import Value
    >>> x = Value(3.0, label="x")
    >>> picture = describe(x * x)
    >>> [(arrow.tail, arrow.head, arrow.text) for arrow in picture.arrows]
    [('n0', 'op1', '3.000'), ('n0', 'op1', '3.000'), ('op1', 'n1', '')]
    """
    if not is_node(root):
        raise TypeError(
            f"a diagram needs a Value or a Tensor, got {type(root).__name__}; "
            "pass the result of an expression of them, such as y = w * x + b"
        )
    choice(direction, "direction", DIRECTIONS)
    values, gradients = as_flag(values, "values"), as_flag(gradients, "gradients")
    local_derivatives = as_flag(local_derivatives, "local_derivatives")
    force, ids = as_flag(force, "force"), as_flag(ids, "ids")
    nodes: list[Node] = topological_order(root)
    numbered = {id(node): f"n{index}" for index, node in enumerate(nodes)} if ids else {}
    if wrt is not None:
        nodes = leading_to(wrt, nodes)
    cut: set[int] = set()
    if max_depth is not None:
        nodes, cut = _within(max_depth, nodes)
    groups = _groups(nodes, force)
    sizes = [largest(map(gradient_of, group)) for group, _ in groups]
    painter = _Painter(
        root=root,
        names=names_by_id(labels),
        ids=numbered,
        values=values,
        gradients=gradients,
        local_derivatives=local_derivatives,
        constants=wrt is None,  # a constant is on no path to a node
        scale=Scale.of(_as_range(gradient_range) or sizes) if gradients else None,
        cut=cut,
        in_full=len(nodes) <= FULL_LIMIT,
    )
    if painter.in_full:
        painter.paint_in_full(nodes)
    else:
        painter.paint_groups(groups)
    return painter.picture(direction)


# ---------------------------------------------------------------- which nodes are drawn


def _as_range(gradient_range: tuple[float, float] | None) -> list[float]:
    if gradient_range is None:
        return []
    try:
        low, high = map(float, gradient_range)
    except Exception:  # whatever comes of what was given, it is no pair of numbers
        low = high = 0.0
    if not 0.0 < low <= high < math.inf:
        raise ValueError(
            "gradient_range takes the smallest and the largest |gradient|, such as (1e-3, 1), "
            f"got {shown(gradient_range)}"
        )
    return [low, high]


def _within(max_depth: int, nodes: list[Node]) -> tuple[list[Node], set[int]]:
    """Return the nodes at most `max_depth` operations before the root, and those cut off there."""
    if isinstance(max_depth, bool) or not isinstance(max_depth, int) or max_depth < 0:
        raise ValueError(f"max_depth must be an integer of at least 0, got {shown(max_depth)}")
    chosen = {id(node) for node in nodes}
    seen = {id(nodes[-1])}
    frontier = [nodes[-1]]
    for _ in range(max_depth):
        following = []
        for node in frontier:
            for operand in node.operands:
                if id(operand) in chosen and id(operand) not in seen:
                    seen.add(id(operand))
                    following.append(operand)
        frontier = following
        if not frontier:
            break
    cut = {id(node) for node in frontier if node.operands}
    return [node for node in nodes if id(node) in seen], cut


def _groups(nodes: list[Node], force: bool) -> list[_Group]:
    """Return what gets a box of its own: each value, or each neuron or layer."""
    if len(nodes) <= FUSED_LIMIT:
        return [([node], scope_of(node)) for node in nodes]
    # what has no scope cannot collapse: a graph that is too large is refused at once
    count = sum(not node.scope for node in nodes)
    groups = _collapse(nodes) if count <= BOX_LIMIT or force else []
    count = max(count, len(groups))
    if count > BOX_LIMIT and not force:
        raise ValueError(
            f"the diagram would have {count:,} boxes, more than {BOX_LIMIT:,}: draw only the "
            "paths to some values with wrt=, only the last operations with max_depth=, or "
            "everything with force=True"
        )
    return groups


def _collapse(nodes: list[Node]) -> list[_Group]:
    """Group nodes by scope, as finely as FUSED_LIMIT allows: neurons first, then layers."""
    paths = [scope_of(node) for node in nodes]
    depth = max(len(path) for path in paths)
    while True:
        groups: dict[object, _Group] = {}
        for node, path in zip(nodes, paths, strict=True):
            # what has no scope stays on its own
            key: object = path[:depth] if path else id(node)
            groups.setdefault(key, ([], path[:depth]))[0].append(node)
        fits = len(groups) <= FUSED_LIMIT and _bundles(groups.values()) <= NEURON_ARROW_LIMIT
        if fits or depth <= 1:
            return _operands_first(list(groups.values()), nodes)
        depth -= 1


def _bundles(groups: Iterable[_Group]) -> int:
    """Return the number of pairs of groups with an arrow between them."""
    home = {id(node): index for index, (group, _) in enumerate(groups) for node in group}
    return len(
        {
            (home[id(operand)], index)
            for index, (group, _) in enumerate(groups)
            for node in group
            for operand in node.operands
            if home.get(id(operand), index) != index
        }
    )


def _operands_first(groups: list[_Group], nodes: list[Node]) -> list[_Group]:
    """Sort groups so that operands stand before consumers.

    A module that is applied more than once can make a circle of groups.  It is opened at the
    group that was complete first.
    """
    completed = {id(node): position for position, node in enumerate(nodes)}
    groups = sorted(groups, key=lambda group: completed[id(group[0][-1])])
    home = {id(node): index for index, (group, _) in enumerate(groups) for node in group}
    feeds: list[set[int]] = [set() for _ in groups]
    waits_for = [0] * len(groups)
    for index, (group, _) in enumerate(groups):
        sources = {home.get(id(operand), index) for node in group for operand in node.operands}
        sources.discard(index)
        waits_for[index] = len(sources)
        for source in sources:
            feeds[source].add(index)
    ready = [index for index, count in enumerate(waits_for) if count == 0]
    heapq.heapify(ready)
    waiting = dict.fromkeys(range(len(groups)))  # an ordered set
    order = []
    while waiting:
        index = heapq.heappop(ready) if ready else next(iter(waiting))
        if index not in waiting:
            continue
        del waiting[index]
        order.append(index)
        for consumer in feeds[index]:
            waits_for[consumer] -= 1
            if waits_for[consumer] == 0:
                heapq.heappush(ready, consumer)
    return [groups[index] for index in order]


# ---------------------------------------------------------------- how they are drawn


@dataclass
class _Painter:
    """Collects the parts of a picture; one of its `paint_` methods is called, once."""

    root: AnyNode
    names: Mapping[int, str]
    ids: Mapping[int, str]
    values: bool
    gradients: bool
    local_derivatives: bool
    constants: bool
    scale: Scale | None
    cut: set[int]
    in_full: bool
    items: list[Box | Operation] = field(default_factory=list)
    arrows: list[Arrow] = field(default_factory=list)
    clusters: dict[Scope, int] = field(default_factory=dict)
    shown_gradients: list[float | None] = field(default_factory=list)
    has_derivatives: bool = False
    has_extents: bool = False
    has_sums: bool = False
    has_factors: bool = False
    has_arrays: bool = False
    has_slot_marks: bool = False

    def paint_in_full(self, nodes: Sequence[Node]) -> None:
        """Every value is a box and every primitive a circle."""
        ids = {id(node): f"n{index}" for index, node in enumerate(nodes)}
        for index, node in enumerate(nodes):
            cluster = self.cluster(scope_of(node))
            if id(node) not in self.cut:
                self.paint_operation(node, index, ids, cluster)
            self.items.append(self.value_box(f"n{index}", node, self.name(node), cluster))

    def paint_operation(
        self, node: Node, index: int, ids: Mapping[int, str], cluster: int | None
    ) -> None:
        """Return the circle of one primitive, its constants, and the arrows in and out."""
        circle = f"op{index}"
        arrows = []
        for slot in slots(node):
            mark = self.slot_mark(node, slot.number)
            if id(slot.operand) in ids:
                tail = ids[id(slot.operand)]
                arrows.append(self.arrow(tail, circle, node, slot, mark))
            elif self.constants and not isinstance(slot.operand, Node):
                constant = f"c{index}_{slot.number}"
                self.items.append(_constant_box(constant, slot.operand, cluster))
                arrows.append(Arrow(constant, circle, mark, carries=False, slot=slot.number))
        if node.primitive is not None and arrows:  # no arrow: a leaf, or where `wrt` ends
            name = visible(node.primitive.name)
            self.items.append(Operation(circle, name, visible(symbol(node)), cluster))
            self.arrows += arrows
            self.arrows.append(Arrow(circle, f"n{index}", width=self.width(gradient_of(node))))

    def paint_groups(self, groups: Sequence[_Group]) -> None:
        """Every group is a box; a group of one shows the symbol of its primitive."""
        ids = {id(node): f"n{index}" for index, (group, _) in enumerate(groups) for node in group}
        sizes = {f"n{index}": len(group) for index, (group, _) in enumerate(groups)}
        bundles: dict[tuple[str, str], list[float | None]] = {}
        for index, (group, scope) in enumerate(groups):
            head = f"n{index}"
            if len(group) == 1:
                title = self.fused_title(group[0])
                self.items.append(self.value_box(head, group[0], title, self.cluster(scope)))
            else:
                self.items.append(self.group_box(head, group, scope))
            for node in group:
                if id(node) in self.cut:
                    continue
                for slot in slots(node):
                    tail = ids.get(id(slot.operand), head)
                    if tail == head:  # inside the group, or not drawn
                        continue
                    if sizes[tail] == sizes[head] == 1:
                        mark = self.slot_mark(node, slot.number)
                        self.arrows.append(self.arrow(tail, head, node, slot, mark))
                    else:
                        bundles.setdefault((tail, head), []).append(flow(node, slot))
        for (tail, head), flows in bundles.items():
            text = f"×{len(flows)}" if len(flows) > 1 else ""
            self.arrows.append(Arrow(tail, head, text, self.width(largest(flows))))

    def value_box(self, box: str, node: Node, title: str, cluster: int | None) -> Box:
        """Return the box of one Value or Tensor."""
        size = gradient_of(node)
        lines = []
        if node._is_array:
            self.has_arrays = True
            lines.append(Line("shape", arrays.kind(node._datum), MUTED_COLOUR))
        if self.values:
            lines += self.datum_lines("value", node._datum, VALUE_COLOUR)
        if self.gradients:
            self.shown_gradients.append(size)
            if size is None:
                lines.append(Line("grad", "—", GRADIENT_COLOUR))
            else:
                lines += self.datum_lines("grad", node._grad, GRADIENT_COLOUR)
        is_cut = id(node) in self.cut
        if is_cut:
            lines.append(Line("", "operands not drawn", MUTED_COLOUR))
        fill = self.scale.colour(size) if self.scale else NO_GRADIENT
        return Box(
            id=box,
            kind="leaf" if node.primitive is None else "value",
            title=title,
            lines=tuple(lines),
            fill=fill,
            ink=ink(fill),
            root=node is self.root,
            cut=is_cut,
            cluster=cluster,
        )

    def datum_lines(self, prefix: str, datum: Any, colour: str) -> list[Line]:
        """Return a number in one line; an array as its summary, and its numbers if they are few."""
        array = array_of(datum)
        if array is None:
            return [Line(prefix, significant(float(getattr(datum, "_datum", datum))), colour)]
        lines = [Line(prefix, arrays.summary(array), colour)]
        rows = arrays.numbers(array) if self.in_full and array.size > 1 else ()
        return [*lines, Line("", "", colour, rows)] if rows else lines

    def group_box(self, box: str, group: Sequence[Node], scope: Scope) -> Box:
        """Return the box of a neuron or layer: how many nodes, and the largest gradient."""
        size = largest(map(gradient_of, group))
        tensors = sum(node._is_array for node in group)
        self.has_arrays |= tensors > 0
        what = "Tensors" if tensors == len(group) else "nodes" if tensors else "values"
        lines = [Line("", f"×{len(group):,} {what}", MUTED_COLOUR)]
        if self.gradients:
            self.shown_gradients.append(size)
            prefix = "max ‖grad‖" if tensors else "max |grad|"
            lines.append(Line(prefix, _number_or_dash(size), GRADIENT_COLOUR))
        fill = self.scale.colour(size) if self.scale else NO_GRADIENT
        return Box(
            id=box,
            kind="group",
            title=visible(scope[-1]),
            lines=tuple(lines),
            fill=fill,
            ink=ink(fill),
            root=any(node is self.root for node in group),
            cut=any(id(node) in self.cut for node in group),
            cluster=self.cluster(scope[:-1]),
        )

    def arrow(self, tail: str, head: str, consumer: Node, slot: Slot, mark: str) -> Arrow:
        """Return the arrow of one argument slot, with its local derivative."""
        if slot.partial is None:
            return Arrow(tail, head, mark, carries=False, slot=slot.number)
        text = f"{mark} {self.derivative(consumer, slot)}".strip()
        return Arrow(tail, head, text, self.width(flow(consumer, slot)), slot=slot.number)

    def derivative(self, consumer: Node, slot: Slot) -> str:
        """Return the local derivative as an arrow shows it; the legend explains its forms."""
        if not self.local_derivatives:
            return ""
        found = derivative(consumer, slot, self.names)
        self.has_derivatives |= found.form in ("numbers", "extent")
        self.has_extents |= found.form == "extent"
        self.has_factors |= found.form == "factor"
        self.has_sums |= found.summed
        return found.text

    def slot_mark(self, node: Node, slot: int) -> str:
        """① for the first operand and so on, where swapping the operands changes the result."""
        primitive = node.primitive
        if primitive is None or primitive.commutes:
            return ""
        if not 2 <= len(node.operands) <= len(_SLOT_MARKS):
            return ""
        self.has_slot_marks = True
        return _SLOT_MARKS[slot]

    def width(self, size: float | None) -> float:
        return self.scale.width(size) if self.scale else 1.0

    def name(self, node: Node) -> str:
        label = visible(self.names.get(id(node), node.label))
        return label or self.ids.get(id(node), "")

    def fused_title(self, node: Node) -> str:
        """Return the primitive with its constants and the name of the result: ``^ ② 2 → a``."""
        name = self.name(node)
        if node.primitive is None:
            return name
        parts = [visible(symbol(node))]
        for slot, operand in enumerate(node.operands[:_MOST_FUSED_CONSTANTS]):
            if self.constants and not isinstance(operand, Node):
                parts.append(f"{self.slot_mark(node, slot)} {short_constant(operand)}".strip())
        return " ".join(parts) + (f" → {name}" if name else "")

    def cluster(self, scope: Scope) -> int | None:
        """Return the index of the cluster for `scope`, made with its parents when it is new."""
        parent = None
        for depth in range(1, len(scope) + 1):
            parent = self.clusters.setdefault(scope[:depth], len(self.clusters))
        return parent

    def picture(self, direction: str) -> Picture:
        """Return the finished picture."""
        clusters = tuple(
            Cluster(visible(scope[-1]), self.clusters.get(scope[:-1])) for scope in self.clusters
        )
        around: dict[int | None, frozenset[int]] = {None: frozenset()}
        for index, cluster in enumerate(clusters):  # parents come first
            around[index] = around[cluster.parent] | {index}
        home = {item.id: around[item.cluster] for item in self.items}
        from_outside = [not home[arrow.head] <= home[arrow.tail] for arrow in self.arrows]
        arrows_from = list(zip(self.arrows, from_outside, strict=True))
        fed_inside = {arrow.head for arrow, outside in arrows_from if not outside}
        arrows = tuple(
            replace(arrow, enters=outside and arrow.head in fed_inside)
            for arrow, outside in arrows_from
        )
        legend = self.legend()
        dense = len(arrows) > max(_MANY_ARROWS, 2 * len(self.items))
        if dense:
            arrows = tuple(
                replace(arrow, width=round(_DENSE_WIDTH * arrow.width, 2)) for arrow in arrows
            )
            if legend is not None and legend.widths:
                note = "the thicker an arrow, the more gradient flows back along it"
                legend = replace(legend, widths=(), notes=(note, *legend.notes))
        return Picture(direction, tuple(self.items), arrows, clusters, legend, dense)

    def legend(self) -> Legend | None:
        """Return what the picture's colours, widths and marks mean; None if it has none."""
        notes = []
        if self.scale and self.has_derivatives:
            notes.append("number on an arrow: local derivative of its result by its operand")
        if self.has_extents:
            notes.append("a … b on an arrow: the smallest and the largest, over all elements")
        if self.has_sums:
            notes.append("Σ on an arrow: the operand was broadcast, so its gradient is a sum")
        if self.has_factors:
            notes.append("· Aᵀ on an arrow: going back, the gradient (the dot) is multiplied by Aᵀ")
        if self.has_slot_marks:
            notes.append("① ② …: first operand, second operand, …")
        if self.scale is None:
            return Legend(notes=tuple(notes)) if notes else None
        if self.has_arrays:
            notes.append("colour and width where there are Tensors: by the norm of the gradient")
        return gradient_legend(self.scale, self.shown_gradients, notes)


def gradient_legend(
    scale: Scale, gradients: Iterable[float | None], notes: Iterable[str] = ()
) -> Legend:
    """Return what the colours and widths of a scale mean in a picture of these gradients.

    >>> gradient_legend(Scale(-2, 0), [0.5, 0.0]).others
    (('#ffffff', '0'),)
    """
    samples, shown = scale.samples(), list(gradients)
    others = []
    if any(gradient == 0 for gradient in shown):
        others.append((ZERO, "0"))
    if any(_is_wild(gradient) for gradient in shown):
        others.append((NOT_FINITE, "nan, inf"))
    if any(gradient is None for gradient in shown):
        others.append((NO_GRADIENT, "none yet"))
    return Legend(
        colours=tuple((scale.colour(size), text) for size, text in samples),
        others=tuple(others),
        widths=tuple(
            (scale.width(size), text)
            for size, text in (samples[0], samples[len(samples) // 2], samples[-1])
        ),
        notes=tuple(notes),
    )


# ---------------------------------------------------------------- numbers in boxes


def _constant_box(box: str, operand: Any, cluster: int | None) -> Box:
    array = array_of(operand)
    if array is None:
        return Box(box, "constant", short_constant(operand), cluster=cluster)
    rows = arrays.numbers(array)
    text = "" if rows else arrays.summary(array)
    line = Line("", text, MUTED_COLOUR, rows)
    return Box(box, "constant", f"shape {arrays.kind(array)}", (line,), cluster=cluster)


def _is_wild(gradient: float | None) -> bool:
    return gradient is not None and not math.isfinite(gradient)


def _number_or_dash(gradient: float | None) -> str:
    return "—" if gradient is None else significant(gradient)
