"""`compare`: what changed between two backward passes, as a diagram and as a table.

The usual case is the loss before a step of training and after it: two graphs of one structure,
which are compared node by node.
"""

from __future__ import annotations

import html
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from autograd.graph import Node
from viz.arguments import choice
from viz.colour import NOT_FINITE, Scale, ink
from viz.comparing.changes import (
    GREW,
    STILL_ZERO,
    UNKNOWN,
    Change,
    colour_of,
    decades_of,
    mixed,
    ratio_text,
    written,
)
from viz.comparing.snapshots import Snapshot, forget_changed_leaves, require_one_structure, snapshot
from viz.diagram import (
    DIRECTIONS,
    FUSED_LIMIT,
    GRADIENT_COLOUR,
    MUTED_COLOUR,
    VALUE_COLOUR,
    Arrow,
    Box,
    Legend,
    Line,
    Picture,
    describe,
)
from viz.nodes import (
    AnyNode,
    Slot,
    derivative,
    is_node,
    leading_to,
    names_by_id,
    require_one_number,
    slots,
    symbol,
)
from viz.render import Diagram
from viz.svg import write_svg
from viz.text import columns, visible

__all__ = ["Comparison", "compare", "snapshot"]

_LONGEST_NAME = 32

_HEADING = ("", "id", "value", "grad", "|grad|", "")


class Comparison:
    """What changed between two passes through graphs of one structure; `compare` makes one.

    Attributes:
        rows: a `Change` for each node, in topological order.
    """

    def __init__(
        self,
        before: Snapshot,
        after: Snapshot,
        labels: Mapping[Any, str] | None,
        wrt: AnyNode | Iterable[AnyNode] | None,
        direction: str,
    ) -> None:
        self._before, self._after = before, after
        self._names = names_by_id(labels)
        self._wrt, self._direction = wrt, direction
        chosen = {
            id(node) for node in (after.nodes if wrt is None else leading_to(wrt, after.nodes))
        }
        self._places = [i for i, node in enumerate(after.nodes) if id(node) in chosen]
        self.rows: list[Change] = [self._change(place) for place in self._places]

    def _change(self, place: int) -> Change:
        before, after = self._before, self._after
        node = after.nodes[place]
        return Change(
            f"n{place}",
            self._name(node) or self._name(before.nodes[place]),
            visible(symbol(node)),
            (before.values[place], after.values[place]),
            (before.gradients[place], after.gradients[place]),
            node._is_array,
        )

    def _name(self, node: Node) -> str:
        return visible(self._names.get(id(node), node.label))

    @property
    def summary(self) -> str:
        """How many gradients died, shrank, grew and so on, in a line."""
        counts = Counter(mark for row in self.rows for mark in row.marks)
        parts = [f"{counts[mark]} {mark}" for mark in _MARKS if counts[mark]]
        steady = sum(not row.marks for row in self.rows)
        if steady:
            parts.append(f"{steady} within a factor of {GREW:g}")
        return f"gradients: {', '.join(parts)}"

    @property
    def diagram(self) -> Diagram:
        """The graph, each box with its value and gradient before → after.

        The colour follows log10 of the ratio of |gradient|, blue where it shrank and orange
        where it grew, and a line of each box says it in words.  The number on an arrow is the
        local derivative, before → after if it changed.

        Raises:
            ValueError: the graph has more than 400 nodes.
        """
        return Diagram.of(self._picture())

    def table(self, ascii: bool = False) -> str:
        """Return the changes as text: a row for each node, operands first.

        Args:
            ascii: whether to use ASCII characters only.
        """
        arrow = "->" if ascii else "→"
        table: list[tuple[str, ...]] = [_HEADING]
        for place, row in self._numbered():
            if ascii:
                row = replace(row, operation=visible(symbol(self._after.nodes[place], ascii=True)))
            cells = (
                visible(row.title, _LONGEST_NAME),
                row.id,
                written(row.value, arrow),
                written(row.gradient, arrow),
                ratio_text(row.ratio, ascii),
                ", ".join(row.marks),
            )
            table.append(tuple(_as_ascii(cell) for cell in cells) if ascii else cells)
        widths = [max(map(columns, column)) for column in zip(*table, strict=True)]
        lines = []
        for line in table:
            pairs = zip(line, widths, strict=True)
            padded = [cell + " " * (width - columns(cell)) for cell, width in pairs]
            lines.append("  ".join(padded).rstrip())
        notes = [self.summary, *([UNKNOWN] if self._has_unknown else [])]
        return "\n".join([*lines, *(_as_ascii(note) if ascii else note for note in notes)])

    @property
    def _has_unknown(self) -> bool:
        return any(None in row.value for row in self.rows)

    def __str__(self) -> str:
        return self.table()

    def __repr__(self) -> str:
        return f"<Comparison of {len(self.rows):,} nodes; {self.summary}>"

    def _repr_html_(self) -> str:
        """Return the diagram, if the graph is not too large for one, and the table."""
        head = "".join(f'<th style="text-align:left">{title}</th>' for title in _HEADING)
        decades = decades_of(self.rows)
        body = []
        for row in self.rows:
            fill = colour_of(row, decades)
            cells = [
                f"<td>{html.escape(text)}</td>"
                for text in (row.title, row.id, written(row.value), written(row.gradient))
            ]
            cells.append(
                f'<td style="background:{fill};color:{ink(fill)}">{ratio_text(row.ratio)}</td>'
            )
            cells.append(f"<td>{', '.join(row.marks)}</td>")
            body.append(f"<tr>{''.join(cells)}</tr>")
        notes = [self.summary, *([UNKNOWN] if self._has_unknown else [])]
        drawn = len(self.rows) <= FUSED_LIMIT
        return (
            f'<div style="overflow-x:auto">{write_svg(self._picture()) if drawn else ""}'
            f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>"
            f"{''.join(f'<p>{html.escape(note)}</p>' for note in notes)}</div>"
        )

    # ------------------------------------------------------------ the diagram

    def _picture(self) -> Picture:
        if len(self.rows) > FUSED_LIMIT:
            raise ValueError(
                f"the diagram would have {len(self.rows):,} boxes, more than {FUSED_LIMIT}: "
                "compare only the paths to some values with wrt=, or print the table"
            )
        picture = describe(
            self._after.root,
            direction=self._direction,
            values=False,
            gradients=False,
            local_derivatives=False,
            labels={
                self._after.nodes[place]: row.name or row.id  # as the table calls it
                for place, row in zip(self._places, self.rows, strict=True)
            },
            wrt=self._wrt,
        )
        # a picture counts only what it shows
        by_box = {f"n{i}": (place, row) for i, (place, row) in enumerate(self._numbered())}
        decades = decades_of(self.rows)
        flows = self._flows(picture, by_box)
        scale = Scale.of(flows)
        items = tuple(
            _shown(item, by_box[item.id][1], decades)
            if isinstance(item, Box) and item.id in by_box
            else item
            for item in picture.items
        )
        arrows = []
        for arrow, flow in zip(picture.arrows, flows, strict=True):
            width = scale.width(flow) if scale is not None else 1.0
            arrows.append(replace(arrow, width=width, text=self._text(arrow, by_box)))
        return replace(
            picture,
            items=items,
            arrows=tuple(arrows),
            legend=self._legend(picture, decades, scale),
            title=f"What changed in a graph of {len(self.rows)} nodes",
        )

    def _numbered(self) -> Iterable[tuple[int, Change]]:
        return zip(self._places, self.rows, strict=True)

    def _slots(
        self, arrow: Arrow, by_box: Mapping[str, tuple[int, Change]]
    ) -> tuple[int, Slot, Slot] | None:
        """Return the place of the result and the slot of an arrow, before and after."""
        if arrow.slot is None:
            return None
        place = by_box[f"n{arrow.head.lstrip('opn')}"][0]
        before, after = (list(slots(s.nodes[place])) for s in (self._before, self._after))
        return place, before[arrow.slot], after[arrow.slot]

    def _flows(
        self, picture: Picture, by_box: Mapping[str, tuple[int, Change]]
    ) -> list[float | None]:
        """Return what flows back along each arrow in the pass after, where that is a number."""
        flows: list[float | None] = []
        for arrow in picture.arrows:
            found = self._slots(arrow, by_box)
            if found is None:
                row = by_box[arrow.head][1]
                flows.append(row.gradient[1])
                continue
            place, _, slot = found
            is_number = not self._after.nodes[place]._is_array and slot.partial is not None
            number = self._after.gradients[place] * float(slot.partial) if is_number else None
            flows.append(number)
        return flows

    def _text(self, arrow: Arrow, by_box: Mapping[str, tuple[int, Change]]) -> str:
        """Return the local derivative, before → after if that is another."""
        found = self._slots(arrow, by_box)
        if found is None:
            return arrow.text
        place, *both = found
        nodes = (self._before.nodes[place], self._after.nodes[place])
        texts = [derivative(n, s, self._names).text for n, s in zip(nodes, both, strict=True)]
        if texts[0] == texts[1]:
            return f"{arrow.text} {texts[1]}".strip()
        before, after = (text or "—" for text in texts)
        return f"{arrow.text} {before} → {after}".strip()

    def _legend(self, picture: Picture, decades: float, scale: Scale | None) -> Legend:
        steps = [-1.0, -0.5, 0.0, 0.5, 1.0]
        colours = [(mixed(step), ratio_text(10.0 ** (step * decades))) for step in steps]
        others = []
        if any(row.is_finite and math.isnan(row.ratio) for row in self.rows):
            others.append((STILL_ZERO, "0 and 0"))
        if not all(row.is_finite for row in self.rows):
            others.append((NOT_FINITE, "nan, inf"))
        own = picture.legend.notes if picture.legend else ()
        notes = [self.summary, "number on an arrow: local derivative of its result by its operand"]
        if self._has_unknown:
            notes.append(UNKNOWN)
        samples = scale.samples() if scale is not None else []
        return Legend(
            colours=tuple(colours),
            others=tuple(others),
            widths=tuple(
                (scale.width(size), text)
                for size, text in (samples[0], samples[len(samples) // 2], samples[-1])
            )
            if scale is not None
            else (),
            notes=(*notes, *own),
            of_colours="|grad| after / before",
            of_widths="gradient flowing back along an arrow, after:",
        )


_MARKS = ("died", "shrank", "woke", "grew", "flipped", "not finite")


def compare(
    before: AnyNode | Snapshot,
    after: AnyNode | Snapshot,
    *,
    labels: Mapping[Any, str] | None = None,
    wrt: AnyNode | Iterable[AnyNode] | None = None,
    direction: str = "LR",
) -> Comparison:
    """Return what changed from one backward pass to another: values, gradients, which died.

    The two graphs must have one structure: the same operations in the same order, such as the
    loss before a step of training and the loss computed again after it.  Their leaves may be
    the same objects or others; nodes belong together by their places.  Constants may differ.

    The gradients are d root / d node, computed from the local derivatives that each graph
    recorded; what `.grad` holds by now does not matter, and it is left alone.

    Args:
        before: the root of the earlier graph, or a `snapshot` of it.  A node keeps its value
            and local derivatives, but a step of training writes into the leaves that both graphs
            use: what they were before, a snapshot taken then can tell.  Otherwise ``?`` stands
            for the value of a leaf that may have been another.
        after: the root of the later graph, or a `snapshot`.
        labels: names that override `.label`.
        wrt: show only what lies on a path from the root to this node of `after`, or to one of
            several.
        direction: of the diagram: "LR", "RL", "TB" or "BT".

    Raises:
        TypeError: `before` or `after` is neither a Value, a Tensor nor a snapshot.
        ValueError: a Tensor of several elements; the graphs differ in structure; a `wrt` that
            `after` does not depend on; an unknown direction.

    >>> from autograd import Value
    >>> w = Value(0.25, label="w")
    >>> def loss():
    ...     y = (w * 8.0).tanh()
    ...     y.label = "y"
    ...     return y
    >>> before = snapshot(loss())
    >>> w.data = 1.0
    >>> print(compare(before, loss()))
              id  value           grad                 |grad|
    w         n0  0.2500 → 1.000  0.5652 → 3.601e-06   ÷156,953  died
    ×         n1  2.000 → 8.000   0.07065 → 4.501e-07  ÷156,953  died
    y = tanh  n2  0.9640 → 1.000  1.000                ×1
    gradients: 2 died, 1 within a factor of 2
    """
    choice(direction, "direction", DIRECTIONS)
    first = before if isinstance(before, Snapshot) else _taken("before", before)
    second = after if isinstance(after, Snapshot) else _taken("after", after)
    require_one_structure(first, second)
    return Comparison(first, second, labels, wrt, direction)


def _taken(name: str, root: Any) -> Snapshot:
    if not is_node(root):
        raise TypeError(
            f"compare takes two roots, the loss before and after: {name}= is "
            f"{type(root).__name__}, not a Value, a Tensor or a snapshot"
        )
    require_one_number(root, f"compare takes two roots of one number each: {name}=")
    taken = Snapshot(root)
    forget_changed_leaves(taken)
    return taken


def _as_ascii(text: str) -> str:
    return text.encode("ascii", "backslashreplace").decode("ascii")


def _shown(box: Box, row: Change, decades: float) -> Box:
    """Return the box of a node with both its numbers, and in words what happened."""
    bars = ("‖value‖", "‖grad‖") if row.is_array else ("value", "grad")
    lines = [
        *box.lines,
        Line(bars[0], written(row.value), VALUE_COLOUR),
        Line(bars[1], written(row.gradient), GRADIENT_COLOUR),
    ]
    said = ", ".join(row.marks)
    if row.gradient[0] != row.gradient[1] and row.ratio and math.isfinite(row.ratio):
        said = f"{ratio_text(row.ratio)} {said}".strip()
    if said:
        lines.append(Line("", said, MUTED_COLOUR))
    fill = colour_of(row, decades)
    return replace(box, lines=tuple(lines), fill=fill, ink=ink(fill))
