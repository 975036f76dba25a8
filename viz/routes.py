"""From a layout to lines on a page: where arrows touch what they connect, and their curves.

A layout (`viz.layered`) knows only `along` and `across`; here they become x and y, and the
stations of a link become the path of an SVG line.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from viz.layered import Layout, Route

__all__ = ["Direction", "Lines", "Point", "coordinate"]

Point = tuple[float, float]


def coordinate(number: float) -> str:
    """Return a coordinate as SVG writes it: a tenth of a pixel is enough, and -0 is 0.

    >>> coordinate(2.0), coordinate(-0.04), coordinate(1.25)
    ('2', '0', '1.2')
    """
    return f"{round(number, 1) + 0.0:g}" if abs(number) < 1e5 else f"{number:.1f}"


@dataclass(frozen=True)
class Direction:
    """From where to where the computation runs: "LR", "RL", "TB" or "BT"."""

    name: str

    @property
    def sideways(self) -> bool:
        """Whether `along` runs left and right."""
        return self.name in ("LR", "RL")

    @property
    def reversed(self) -> bool:
        """Whether the root stands at the near end."""
        return self.name in ("RL", "BT")

    def turned(self, width: float, height: float) -> tuple[float, float]:
        """Width and height as (length along, breadth across), and back."""
        return (width, height) if self.sideways else (height, width)

    def point(self, along: float, across: float) -> Point:
        """Return a place of the layout as (x, y) on the page."""
        if self.reversed:
            along = -along
        return (along, across) if self.sideways else (across, along)

    def pair(self, along: float, across: float) -> str:
        """Return a place of the layout as SVG writes it."""
        x, y = self.point(along, across)
        return f"{coordinate(x)},{coordinate(y)}"


class Lines:
    """The lines of all the arrows of a layout.

    Args:
        direction: of the page.
        layout: where everything stands.
        sizes: width and height of each item.
        ends: for each link the indices of the items at its tail and its head.
        ellipses: for each item whether it is one; the others are rectangles.
        hidden: the indices of links that are not drawn, and touch nothing.
    """

    def __init__(
        self,
        direction: Direction,
        layout: Layout,
        sizes: Sequence[tuple[float, float]],
        ends: Sequence[tuple[int, int]],
        ellipses: Sequence[bool],
        hidden: Collection[int] = (),
    ) -> None:
        self.direction = direction
        self.layout = layout
        self.sizes = sizes
        self.ends = ends
        self.ellipses = ellipses
        self.hidden = hidden
        self.ports = self.find_ports()

    def find_ports(self) -> dict[tuple[int, bool], float]:
        """How far from the middle each arrow leaves its tail (False) or enters its head (True).

        Arrows at one side of an item are spread over it, in the order of where they come
        from, so that neither lines nor heads lie on each other.
        """
        sides: dict[tuple[int, bool], list[tuple[float, int, bool]]] = {}
        for index, route in enumerate(self.layout.routes):
            if index in self.hidden:
                continue
            for at_head in (False, True):
                item = self.ends[index][at_head]
                # a link that runs backwards has its stations in the other order
                at_end = at_head != self.is_backward(index)
                across = route.stations[-2 if at_end else 1][2]
                sides.setdefault((item, at_end), []).append((across, index, at_head))
        ports = {}
        for (item, _), touching in sides.items():
            breadth = self.direction.turned(*self.sizes[item])[1]
            step = min(12.0, 0.7 * breadth / len(touching))
            for position, (_, index, at_head) in enumerate(sorted(touching)):
                ports[index, at_head] = step * (position - (len(touching) - 1) / 2)
        return ports

    def is_backward(self, index: int) -> bool:
        """Whether an arrow runs against the layout."""
        tail, head = self.ends[index]
        return tail > head

    def touch(self, index: int, at_head: bool) -> tuple[float, float]:
        """(along, across) of the point where an arrow meets its tail or head."""
        item = self.ends[index][at_head]
        offset = self.ports[index, at_head]
        along, across = self.layout.centres[item]
        length, breadth = self.direction.turned(*self.sizes[item])
        reach = length / 2
        if self.ellipses[item]:
            reach *= math.sqrt(1 - (2 * offset / breadth) ** 2)
        side = -1 if at_head != self.is_backward(index) else 1
        return along + side * reach, across + offset

    def path(
        self, index: int, head_size: float, against: bool = False, under_head: bool = True
    ) -> str:
        """Return the line of an arrow: straight through stations, curved from one to the next.

        It leaves room for the arrow's head, which stands at the tail if `against` is true.
        Where there is little room it may go on under the head, unless `under_head` is false.
        """
        route: Route = self.layout.routes[index]
        pair = self.direction.pair
        start = self.touch(index, at_head=False)
        end = self.touch(index, at_head=True)
        forward = 1 if not self.is_backward(index) else -1
        if against:
            start = (start[0] + forward * (head_size - 1), start[1])
        else:
            end = (end[0] - forward * (head_size - 1), end[1])
        stations = list(route.stations)
        if forward < 0:
            stations = [(there, here, across) for here, there, across in reversed(stations)]
        # the first and last stations are those of the items: only their outer half is free
        first = (start[0], stations[0][1], start[1])
        last = (stations[-1][0], end[0], end[1])
        if not under_head:
            nearer = min if forward > 0 else max
            last = (nearer(stations[-1][0], end[0]), end[0], end[1])
        d = f"M{pair(start[0], start[1])}"
        before = first
        for station in [*stations[1:-1], last]:
            here, there = before[1], station[0]
            middle = (here + there) / 2
            d += f" L{pair(here, before[2])}" if here != before[0] else ""
            if abs(station[2] - before[2]) < 0.05:
                d += f" L{pair(there, station[2])}"
            else:
                d += (
                    f" C{pair(middle, before[2])} {pair(middle, station[2])} "
                    f"{pair(there, station[2])}"
                )
            before = station
        if abs(before[1] - before[0]) > 0.05:
            d += f" L{pair(before[1], before[2])}"
        return d

    def straight(self, index: int) -> str:
        """Return the line of an arrow without a head, straight but for the way past its text."""
        pair = self.direction.pair
        start, end = self.touch(index, at_head=False), self.touch(index, at_head=True)
        route: Route = self.layout.routes[index]
        # a text stands in a cell of its own, and its line runs level through it
        cells = [(place, across) for a, b, across in route.stations[1:-1] for place in (a, b)]
        if self.is_backward(index):
            cells.reverse()
        return f"M{pair(*start)}" + "".join(f" L{pair(*point)}" for point in [*cells, end])

    def head(self, index: int, size: float, against: bool = False) -> str:
        """Return the corners of an arrow's head, a triangle that points the way it runs.

        Or the other way, at the tail, if `against` is true.
        """
        tip = self.direction.point(*self.touch(index, at_head=not against))
        back = size * (1 if self.is_backward(index) != self.direction.reversed else -1)
        if against:
            back = -back
        half = 0.42 * size
        x, y = tip
        corners: Sequence[Point]
        if self.direction.sideways:
            corners = (tip, (x + back, y - half), (x + back, y + half))
        else:
            corners = (tip, (x - half, y + back), (x + half, y + back))
        return " ".join(f"{coordinate(x)},{coordinate(y)}" for x, y in corners)
