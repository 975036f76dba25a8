"""Where everything stands in the diagram of the explorer page.

The diagram is placed twice, from left to right for a wide screen and from top to bottom for a
narrow one.  All boxes have one size, so that no number, however it changes in the page, leaves
its box.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from viz.layered import Item, Link, arrange
from viz.routes import Direction, Lines, Point, coordinate

__all__ = ["BOX", "CONSTANT", "MANY_ARROWS", "Arrow", "Box", "is_dense", "placed"]

BOX = (98, 80)
"""Width and height of a value: three lines, wide enough for -1.234e-10."""

CONSTANT = (56, 24)
"""Width and height of a constant."""

MANY_ARROWS = 150
"""With more of them there is no room for texts on arrows."""

_HEAD = 10.0  # the length of an arrow's head
_MARGIN = 12.0

# Room for a local derivative on its arrow.  Sideways it stands above the line and may reach
# into the gaps beside its place; downwards it stands on the line.
_TEXT_SIDEWAYS, _TEXT_DOWNWARDS = (38.0, 34.0), (58.0, 20.0)
_LIFT_SIDEWAYS, _LIFT_DOWNWARDS = 6.0, -4.5  # of its baseline over the line


class Box(NamedTuple):
    """One item to be placed: a value, or a constant."""

    is_constant: bool = False

    @property
    def size(self) -> tuple[float, float]:
        """Width and height."""
        return CONSTANT if self.is_constant else BOX


class Arrow(NamedTuple):
    """From an operand to the value that it is used in, by their numbers."""

    tail: int
    head: int
    has_text: bool


def placed(boxes: Sequence[Box], arrows: Sequence[Arrow], direction: str) -> dict[str, Any]:
    """Return the places of boxes and the lines of arrows, for the page.

    Args:
        boxes: operands before the values that use them.
        arrows: one for each argument slot.
        direction: "LR" or "TB".

    Returns:
        "frame", the x, y, width and height of it all; for each of "boxes" its upper left
        corner [x, y]; for each of "arrows" the path of its line, the corners of its head, and,
        if it has a text, the x and y where the middle of its baseline stands.

    >>> view = placed([Box(), Box()], [Arrow(0, 1, False)], "LR")
    >>> view["frame"], view["boxes"]
    ([-12, -52, 237, 104], [[0, -40], [115, -40]])
    >>> view["arrows"]
    [['M98,0 L106,0', '115,0 105,-4.2 105,4.2']]
    """
    way = Direction(direction)
    text, lift = _TEXT_DOWNWARDS, _LIFT_DOWNWARDS
    if way.sideways:
        text, lift = _TEXT_SIDEWAYS, _LIFT_SIDEWAYS
    sizes = [box.size for box in boxes]
    layout = arrange(
        [Item(*way.turned(*size)) for size in sizes],
        [
            Link(arrow.tail, arrow.head, *way.turned(*text if arrow.has_text else (0.0, 0.0)))
            for arrow in arrows
        ],
        dense=is_dense(boxes, arrows),
    )
    ends = [(arrow.tail, arrow.head) for arrow in arrows]
    lines = Lines(way, layout, sizes, ends, [False] * len(boxes))
    centres = [way.point(*centre) for centre in layout.centres]
    drawn: list[list[Any]] = []
    corners: list[Point] = []
    for index, route in enumerate(layout.routes):
        drawn.append([lines.path(index, _HEAD, under_head=False), lines.head(index, _HEAD)])
        corners += [way.point(station[0], station[2]) for station in route.stations]
        if route.text is not None:
            x, y = way.point(*route.text)
            drawn[index] += [_n(x), _n(y - lift)]
            corners += [(x - text[0] / 2, y - text[1] / 2), (x + text[0] / 2, y + text[1] / 2)]
    starts = [(x - w / 2, y - h / 2) for (x, y), (w, h) in zip(centres, sizes, strict=True)]
    ends_at = [(x + w / 2, y + h / 2) for (x, y), (w, h) in zip(centres, sizes, strict=True)]
    xs, ys = zip(*starts, *ends_at, *corners, strict=True)
    left, top = min(xs) - _MARGIN, min(ys) - _MARGIN
    right, bottom = max(xs) + _MARGIN, max(ys) + _MARGIN
    return {
        "frame": [_n(left), _n(top), _n(right - left), _n(bottom - top)],
        "boxes": [[_n(x), _n(y)] for x, y in starts],
        "arrows": drawn,
    }


def is_dense(boxes: Sequence[Box], arrows: Sequence[Arrow]) -> bool:
    """Tell whether there are so many arrows that only thin, straight ones can be told apart."""
    return len(arrows) > max(MANY_ARROWS, 2 * len(boxes))


def _n(number: float) -> float:
    written = float(coordinate(number))
    return int(written) if written.is_integer() else written
