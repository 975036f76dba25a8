"""Where everything stands: a layered layout for pictures that Graphviz cannot place.

After Sugiyama, Tagawa and Toda, "Methods for visual understanding of hierarchical system
structures", IEEE Transactions on Systems, Man, and Cybernetics 11(2), 1981, in four steps:

    1. levels       each item stands one level before the first item that consumes it
    2. way points   a link that passes levels gets a cell on each, and its text gets one too,
                    so that nothing else can stand where a link or a text wants to be
    3. order        on each level cells are sorted by the mean place of their neighbours, to
                    and fro, and the order with the fewest crossings is kept
    4. places       cells move towards their neighbours as far as those beside them allow

Clusters take part in steps 3 and 4: their cells stay together, and no two overlap.

Coordinates have no direction yet: `along` counts from operands to the root, `across` at a
right angle to it.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

__all__ = ["Area", "Item", "Layout", "Link", "Route", "arrange"]

ITEM_GAP = 14.0  # between two cells beside each other
LINK_GAP = 9.0  # between two links, or a link and a text
LEVEL_GAP = 17.0  # between one level and the next, at least
STEEPEST_GAP = 70.0  # more room than this is not given to steep links,
DENSE_GAP = 180.0  # unless there are very many of them
CLUSTER_PADDING = 8.0

WAY_POINT_BUDGET = 20_000  # links beyond it run straight, through whatever is there


@dataclass(frozen=True)
class Item:
    """A box or circle to be placed: its size, and the index of its cluster."""

    length: float
    breadth: float
    cluster: int | None = None


@dataclass(frozen=True)
class Link:
    """An arrow to be routed between two items.

    Attributes:
        tail, head: indices of the items.
        length, breadth: the size of its text, 0 for none.
        span: how many levels at least the head stands after the tail.
    """

    tail: int
    head: int
    length: float = 0.0
    breadth: float = 0.0
    span: int = 1


@dataclass(frozen=True)
class Route:
    """The way of one link: stations it passes straight, and the middle of its text.

    A station is (along where it starts, along where it ends, across).  The first lies in the
    tail's level and the last in the head's.
    """

    stations: tuple[tuple[float, float, float], ...]
    text: tuple[float, float] | None


@dataclass(frozen=True)
class Area:
    """A rectangle from (along, across) to (along_end, across_end)."""

    along: float
    across: float
    along_end: float
    across_end: float


@dataclass(frozen=True)
class Layout:
    """The centre of each item, the route of each link, and the area of each cluster."""

    centres: tuple[tuple[float, float], ...]
    routes: tuple[Route, ...]
    areas: tuple[Area, ...]


_Bounds = list[list[tuple[int, float]]]
"""For each place the ones that bound it, and how far away it must stay."""


@dataclass
class _Cell:
    """What takes room on one level: an item, a text, a passing link, or a cluster's place."""

    level: int
    length: float
    breadth: float
    path: tuple[int, ...]  # its clusters, from the outermost
    place: float = 0.0  # across
    is_item: bool = False
    before: list[int] = field(default_factory=list)  # linked cells on the previous level
    after: list[int] = field(default_factory=list)


def arrange(
    items: Sequence[Item],
    links: Sequence[Link],
    parents: Sequence[int | None] = (),
    title_breadths: Sequence[float] = (),
    title_across: float = 0.0,
    title_along: float = 0.0,
    dense: bool = False,
    ordered: bool = False,
) -> Layout:
    """Place items and route links.

    Args:
        items: operands stand before their consumers; a link the other way is drawn backwards.
        links: indices into `items`.
        parents: for each cluster the index of the one around it, which comes earlier.
        title_breadths: for each cluster how broad it must be for its title.
        title_across: room across for the title of a cluster.
        title_along: room along for the title of a cluster.
        dense: whether there are so many links that they need more room to be told apart.
        ordered: whether items keep their order on each level, however many links cross.

    >>> layout = arrange([Item(20, 10), Item(20, 10)], [Link(0, 1)])
    >>> layout.centres
    ((10.0, 0.0), (47.0, 0.0))
    """
    arrangement = _Arrangement(
        items, links, parents, title_breadths, title_across, title_along, dense, ordered
    )
    return arrangement.layout()


class _Arrangement:
    def __init__(
        self,
        items: Sequence[Item],
        links: Sequence[Link],
        parents: Sequence[int | None],
        title_breadths: Sequence[float],
        title_across: float,
        title_along: float,
        dense: bool,
        ordered: bool,
    ) -> None:
        self.items = items
        self.links = links
        self.title_breadths = title_breadths or [0.0] * len(parents)
        self.title_across = title_across
        self.title_along = title_along
        self.steepest_gap = DENSE_GAP if dense else STEEPEST_GAP
        self.paths = _cluster_paths(parents)
        self.forward = [(min(link.tail, link.head), max(link.tail, link.head)) for link in links]
        self.cells: list[_Cell] = []
        self.chains: list[list[int]] = []  # the cells of each link, from tail to head
        self.text_cells: list[int | None] = []
        self.spans: dict[int, tuple[int, int]] = {}  # the levels of each cluster

        self.make_cells()
        self.fill_clusters()
        self.levels: list[list[int]] = [
            [] for _ in range(1 + max((cell.level for cell in self.cells), default=0))
        ]
        for index, cell in enumerate(self.cells):
            self.levels[cell.level].append(index)
        self.sort_levels([float(index) for index in self.starting_order()])
        if not ordered:
            self.reduce_crossings()
        self.choose_places()

    # ------------------------------------------------------------ 1 and 2: cells

    def make_cells(self) -> None:
        levels = self.item_levels()
        texted = self.links_with_a_text_cell()
        # texts stand between the levels of items, on odd levels; unused ones are dropped
        odd = {2 * levels[self.forward[index][1]] - 1 for index in texted}
        used = sorted({2 * level for level in levels} | odd)
        number = {level: position for position, level in enumerate(used)}

        for item, level in zip(self.items, levels, strict=True):
            path = self.paths[item.cluster] if item.cluster is not None else ()
            self.cells.append(
                _Cell(number[2 * level], item.length, item.breadth, path, is_item=True)
            )
            for cluster in path:
                low, high = self.spans.get(cluster, (number[2 * level],) * 2)
                self.spans[cluster] = (min(low, number[2 * level]), max(high, number[2 * level]))

        straight = self.links_beyond_the_budget()
        for index, (tail, head) in enumerate(self.forward):
            chain = [tail]
            text_level = number[2 * levels[head] - 1] if index in texted else None
            text_cell = None
            first, last = self.cells[tail].level + 1, self.cells[head].level
            passed = range(first, last) if index not in straight else range(last - 1, last)
            for level in passed:
                link = self.links[index]
                is_text = level == text_level
                if index in straight and not is_text:
                    continue
                path = self.path_of_way_point(tail, head, level)
                length, breadth = (link.length, link.breadth) if is_text else (0.0, 0.0)
                chain.append(len(self.cells))
                if is_text:
                    text_cell = len(self.cells)
                self.cells.append(_Cell(level, length, breadth, path))
            chain.append(head)
            self.chains.append(chain)
            self.text_cells.append(text_cell)
            for left, right in pairwise(chain):
                if self.cells[right].level == self.cells[left].level + 1:
                    self.cells[left].after.append(right)
                    self.cells[right].before.append(left)

    def item_levels(self) -> list[int]:
        """Choose levels, as late as possible, so that leaves stand beside their first use.

        What has more operands than consumers then moves to its operands: fewer links grow
        longer than shorter.
        """
        consumers: list[list[tuple[int, int]]] = [[] for _ in self.items]
        operands: list[list[tuple[int, int]]] = [[] for _ in self.items]
        for link, (tail, head) in zip(self.links, self.forward, strict=True):
            if tail != head:
                consumers[tail].append((head, link.span))
                operands[head].append((tail, link.span))
        distance = [0] * len(self.items)  # to the end
        for index in range(len(self.items) - 1, -1, -1):
            distance[index] = max(
                (distance[head] + span for head, span in consumers[index]), default=0
            )
        deepest = max(distance, default=0)
        levels = [deepest - steps for steps in distance]
        for index, sources in enumerate(operands):
            if len(sources) > len(consumers[index]):
                levels[index] = max(levels[tail] + span for tail, span in sources)
        return levels

    def links_with_a_text_cell(self) -> set[int]:
        """Links with a text, and links that would otherwise lie on top of each other."""
        seen: dict[tuple[int, int], int] = {}
        chosen = set()
        for index, ends in enumerate(self.forward):
            if self.links[index].breadth:
                chosen.add(index)
            if ends in seen:
                chosen |= {index, seen[ends]}
            seen[ends] = index
        return chosen

    def links_beyond_the_budget(self) -> set[int]:
        """Return the longest links, when all together would pass too many levels."""
        lengths = [self.cells[head].level - self.cells[tail].level for tail, head in self.forward]
        left = WAY_POINT_BUDGET
        straight = set()
        for index in sorted(range(len(lengths)), key=lambda index: (lengths[index], index)):
            left -= lengths[index]
            if left < 0:
                straight.add(index)
        return straight

    def path_of_way_point(self, tail: int, head: int, level: int) -> tuple[int, ...]:
        """Return the clusters that a link runs through: those of its head, else of its tail."""
        for end in (head, tail):
            path = self.cells[end].path
            while path and not self.spans[path[-1]][0] <= level <= self.spans[path[-1]][1]:
                path = path[:-1]
            if path:
                return path
        return ()

    def fill_clusters(self) -> None:
        """Give each cluster an empty cell on a level that it spans but does not use."""
        present = {(cluster, cell.level) for cell in self.cells for cluster in cell.path}
        for cluster, (low, high) in sorted(self.spans.items()):
            for level in range(low, high + 1):
                if (cluster, level) not in present:
                    path = self.paths[cluster]
                    self.cells.append(_Cell(level, 0.0, 0.0, path))
                    present |= {(around, level) for around in path}

    # ------------------------------------------------------------ 3: order

    def reduce_crossings(self) -> None:
        """Sort each level by the places of its neighbours; keep the best order found."""
        best, fewest = [list(level) for level in self.levels], self.crossings()
        sweeps = 24 if len(self.cells) < 2_000 else 8
        since_best = 0
        for sweep in range(sweeps):
            self.sweep(forwards=sweep % 2 == 1)
            crossings = self.crossings()
            since_best += 1
            if crossings < fewest:
                best, fewest = [list(level) for level in self.levels], crossings
                since_best = 0
            if fewest == 0 or since_best >= 8:
                break
        self.levels = best
        for level in self.levels:
            self.stack(level)

    def starting_order(self) -> list[int]:
        """Items keep the order of evaluation; way points stand with the tail of their link."""
        order = list(range(len(self.cells)))
        for chain in self.chains:
            for cell in chain[1:-1]:
                order[cell] = chain[0]
        return order

    def sort_levels(self, wishes: Sequence[float]) -> None:
        centres = self.cluster_centres(wishes)
        for level in self.levels:
            self.sort_level(level, wishes, centres)
            self.stack(level)

    def sweep(self, forwards: bool) -> None:
        places = [cell.place for cell in self.cells]
        centres = self.cluster_centres(places)
        for level in self.levels if forwards else reversed(self.levels):
            wishes = {}
            for index in level:
                cell = self.cells[index]
                near = cell.before if forwards else cell.after
                wishes[index] = (
                    sum(self.cells[other].place for other in near) / len(near)
                    if near
                    else cell.place
                )
            self.sort_level(level, wishes, centres)
            self.stack(level, wishes)

    def cluster_centres(self, wishes: Sequence[float]) -> dict[int, float]:
        """One place for each cluster on all levels, so that two never change sides."""
        total: dict[int, float] = {}
        count: dict[int, int] = {}
        for cell, wish in zip(self.cells, wishes, strict=True):
            for cluster in cell.path:
                total[cluster] = total.get(cluster, 0.0) + wish
                count[cluster] = count.get(cluster, 0) + 1
        return {cluster: total[cluster] / count[cluster] for cluster in total}

    def sort_level(
        self,
        level: list[int],
        wishes: Sequence[float] | dict[int, float],
        centres: dict[int, float],
    ) -> None:
        """Sort one level; the cells of a cluster have a common start of their key."""
        keys = {}
        for position, index in enumerate(level):
            path = [(centres[cluster], cluster) for cluster in self.cells[index].path]
            keys[index] = (*path, (wishes[index], len(self.paths) + position))
        level.sort(key=keys.__getitem__)

    def stack(self, level: list[int], wishes: dict[int, float] | None = None) -> None:
        """Place the cells of a level beside each other, around the places they wish for."""
        place = 0.0
        for index in level:
            cell = self.cells[index]
            cell.place = place + cell.breadth / 2
            place += cell.breadth + LINK_GAP
        if level:
            wished = sum(wishes[index] for index in level) if wishes else 0.0
            shift = (wished - sum(self.cells[index].place for index in level)) / len(level)
            for index in level:
                self.cells[index].place += shift

    def crossings(self) -> int:
        """Return the number of pairs of links that cross between one level and the next."""
        position = [0] * len(self.cells)
        for level in self.levels:
            for place, index in enumerate(level):
                position[index] = place
        total = 0
        for level in self.levels:
            ends: list[int] = []
            for index in level:
                heads = sorted(position[head] for head in self.cells[index].after)
                total += sum(len(ends) - bisect_right(ends, head) for head in heads)
                for head in heads:
                    insort(ends, head)
        return total

    # ------------------------------------------------------------ 4: places

    def choose_places(self) -> None:
        """Move every cell towards its neighbours, as far as the cells beside it allow.

        What must stand before what, and how far, is a list of `y[second] >= y[first] + gap`.
        One pass from the front gives the least places that satisfy all of them and the
        wishes; one from the back the largest.  The mean of two solutions is a solution,
        because the conditions are linear, and it is fair to both sides.
        """
        separations = self.separations()
        count = len(self.cells) + 2 * len(self.paths)
        order, lower, upper = _sorted_separations(count, separations)
        places = [cell.place for cell in self.cells] + [0.0] * (count - len(self.cells))
        # First from the root back and forth again, so that a change travels the whole way at
        # once; then both ways together, which settles the details.
        few = count >= 2_000
        plan = ["after", "before"] * (3 if few else 8) + ["both"] * (8 if few else 40)
        for sides in plan:
            wishes = self.wishes(places, sides)
            least, most = wishes[:], wishes[:]
            for index in order:
                for other, gap in lower[index]:
                    least[index] = max(least[index], least[other] + gap)
            for index in reversed(order):
                for other, gap in upper[index]:
                    most[index] = min(most[index], most[other] - gap)
            places = [(a + b) / 2 for a, b in zip(least, most, strict=True)]
        self.straighten(places, lower, upper)
        for cell, place in zip(self.cells, places, strict=False):
            cell.place = place

    def straighten(self, places: list[float], lower: _Bounds, upper: _Bounds) -> None:
        """Put the cells of a run in one line where those beside them leave the room."""
        runs = self.runs()
        for _ in range(6):
            for run in runs:
                line: list[int] = []
                least, most = float("-inf"), float("inf")
                for cell in run:
                    low = max((places[other] + gap for other, gap in lower[cell]), default=least)
                    high = min((places[other] - gap for other, gap in upper[cell]), default=most)
                    if max(least, low) > min(most, high):  # no room: here the line must bend
                        self.align(line, places, least, most)
                        line, least, most = [], low, high
                    line.append(cell)
                    least, most = max(least, low), min(most, high)
                self.align(line, places, least, most)

    def align(self, line: list[int], places: list[float], least: float, most: float) -> None:
        """Put cells in one line, between its ends' neighbours if these bounds allow."""
        if line and least <= most:
            near = self.cells[line[0]].before + self.cells[line[-1]].after or line
            wish = sum(places[cell] for cell in near) / len(near)
            for cell in line:
                places[cell] = min(max(wish, least), most)

    def runs(self) -> list[list[int]]:
        """Cells that follow each other with no other link between them, the longest run first."""
        runs = []
        for index, cell in enumerate(self.cells):
            if len(cell.before) == 1 and len(self.cells[cell.before[0]].after) == 1:
                continue  # in the middle of a run
            run = [index]
            while len(cell.after) == 1 and len(self.cells[cell.after[0]].before) == 1:
                run.append(cell.after[0])
                cell = self.cells[cell.after[0]]
            runs.append(run)
        return sorted(runs, key=len, reverse=True)

    def wishes(self, places: Sequence[float], sides: str) -> list[float]:
        """Where each cell would stand if it were alone: beside its neighbours.

        Links with way points pull harder, so that long links become straight.
        """
        wishes = list(places)
        levels = self.levels if sides != "after" else self.levels[::-1]
        source = wishes if sides != "both" else places  # wishes: those just made on this walk
        for level in levels:
            for index in level:
                cell = self.cells[index]
                near = {
                    "before": cell.before,
                    "after": cell.after,
                    "both": cell.before + cell.after,
                }[sides]
                pull, weight = 0.0, 0
                for other in near:
                    strength = 4 if not (cell.is_item or self.cells[other].is_item) else 1
                    pull += strength * source[other]
                    weight += strength
                if weight:
                    wishes[index] = pull / weight
                    if sides == "both":  # half way, or two cells would swap for ever
                        wishes[index] = (wishes[index] + places[index]) / 2
        # the sides of a cluster wish to be tight around its cells
        near_sides = [float("inf")] * len(self.paths)
        far_sides = [float("-inf")] * len(self.paths)
        for cell, wish in zip(self.cells, wishes, strict=False):
            for cluster in cell.path:
                near_sides[cluster] = min(near_sides[cluster], wish - cell.breadth / 2)
                far_sides[cluster] = max(far_sides[cluster], wish + cell.breadth / 2)
        for cluster in self.spans:
            wishes[self.near_side(cluster)] = near_sides[cluster] - CLUSTER_PADDING
            wishes[self.far_side(cluster)] = far_sides[cluster] + CLUSTER_PADDING
        return wishes

    def separations(self) -> list[tuple[int, int, float]]:
        """Return what must stand before what, and how far: (first, second, gap)."""
        found = [
            (self.near_side(cluster), self.far_side(cluster), self.title_breadths[cluster])
            for cluster in self.spans
        ]
        for level in self.levels:
            row = self.row(level)
            for first, second in pairwise(row):
                gap = self.half(first) + self.spacing(first, second) + self.half(second)
                found.append((first, second, gap))
        return found

    def row(self, level: Sequence[int]) -> list[int]:
        """Return the cells of a level, and the sides of the clusters that they enter and leave."""
        row: list[int] = []
        inside: tuple[int, ...] = ()
        for index in level:
            path = self.cells[index].path
            shared = _common_start(inside, path)
            row += [self.far_side(cluster) for cluster in reversed(inside[shared:])]
            row += [self.near_side(cluster) for cluster in path[shared:]]
            row.append(index)
            inside = path
        return row + [self.far_side(cluster) for cluster in reversed(inside)]

    # Numbers after those of the cells stand for the two sides of each cluster.

    def near_side(self, cluster: int) -> int:
        return len(self.cells) + 2 * cluster

    def far_side(self, cluster: int) -> int:
        return len(self.cells) + 2 * cluster + 1

    def half(self, index: int) -> float:
        return self.cells[index].breadth / 2 if index < len(self.cells) else 0.0

    def spacing(self, first: int, second: int) -> float:
        """Return the gap between the edges of two neighbours in a row."""
        sides = len(self.cells)
        if first >= sides and (first - sides) % 2 == 0:
            return CLUSTER_PADDING + self.title_across
        if second >= sides and (second - sides) % 2 == 1:
            return CLUSTER_PADDING
        if first >= sides or second >= sides:
            return ITEM_GAP
        both_items = self.cells[first].is_item and self.cells[second].is_item
        return ITEM_GAP if both_items else LINK_GAP

    # ------------------------------------------------------------ the finished layout

    def layout(self) -> Layout:
        starts, lengths = self.place_levels()
        centres = tuple(
            (starts[cell.level] + lengths[cell.level] / 2, cell.place)
            for cell in self.cells[: len(self.items)]
        )
        routes = tuple(self.route(index, starts, lengths) for index in range(len(self.links)))
        return Layout(centres, routes, tuple(self.areas(starts, lengths)))

    def place_levels(self) -> tuple[list[float], list[float]]:
        """Where each level starts along, and how long it is."""
        lengths = [
            max((self.cells[index].length for index in level), default=0.0) for level in self.levels
        ]
        opening, closing = self.cluster_rims()
        starts = [0.0] * len(lengths)
        for level in range(1, len(lengths)):
            gap = max(self.gap_before(level), closing[level - 1] + LEVEL_GAP / 2 + opening[level])
            starts[level] = starts[level - 1] + lengths[level - 1] + gap
        return starts, lengths

    def gap_before(self, level: int) -> float:
        """Return the steeper the links between two levels, the more room they get to turn in."""
        climb = max(
            (
                abs(self.cells[index].place - self.cells[other].place)
                for index in self.levels[level]
                for other in self.cells[index].before
            ),
            default=0.0,
        )
        return min(LEVEL_GAP + 0.14 * climb, self.steepest_gap)

    def cluster_rims(self) -> tuple[list[float], list[float]]:
        """How far clusters that open (or close) at a level reach into the gap beside it."""
        rim = CLUSTER_PADDING + self.title_along
        opening = [0.0] * len(self.levels)
        closing = [0.0] * len(self.levels)
        for low, high, before, after in self.rims().values():
            opening[low] = max(opening[low], before * rim)
            closing[high] = max(closing[high], after * rim)
        return opening, closing

    def rims(self) -> dict[int, tuple[int, int, int, int]]:
        """For each cluster its levels, and how many rims, its own included, it has there."""
        rims = {cluster: (*span, 1, 1) for cluster, span in self.spans.items()}
        for cluster in sorted(rims, reverse=True):  # the inner ones first
            path = self.paths[cluster]
            if len(path) > 1:
                low, high, before, after = rims[cluster]
                around = path[-2]
                low_around, high_around, most_before, most_after = rims[around]
                if low == low_around:
                    most_before = max(most_before, before + 1)
                if high == high_around:
                    most_after = max(most_after, after + 1)
                rims[around] = (low_around, high_around, most_before, most_after)
        return rims

    def areas(self, starts: Sequence[float], lengths: Sequence[float]) -> list[Area]:
        """Return the rectangle of each cluster, tight around what stands in it."""
        rim = CLUSTER_PADDING + self.title_along
        rims = self.rims()
        near: dict[int, float] = {}
        far: dict[int, float] = {}
        for cell in self.cells:
            for depth, cluster in enumerate(reversed(cell.path)):
                before = cell.place - cell.breadth / 2
                after = cell.place + cell.breadth / 2
                padding = (depth + 1) * CLUSTER_PADDING
                title = (depth + 1) * self.title_across
                near[cluster] = min(near.get(cluster, before), before - padding - title)
                far[cluster] = max(far.get(cluster, after), after + padding)
        areas = []
        for cluster in range(len(self.paths)):
            low, high, before, after = rims[cluster]
            along = starts[low] - before * rim
            along_end = starts[high] + lengths[high] + after * rim
            missing = self.title_breadths[cluster] - (far[cluster] - near[cluster])
            across_end = far[cluster] + max(missing, 0.0)
            areas.append(Area(along, near[cluster], along_end, across_end))
        return areas

    def route(self, index: int, starts: Sequence[float], lengths: Sequence[float]) -> Route:
        stations = []
        for number in self.chains[index]:
            cell = self.cells[number]
            stations.append(
                (starts[cell.level], starts[cell.level] + lengths[cell.level], cell.place)
            )
        text = None
        text_cell = self.text_cells[index]
        if text_cell is not None and self.links[index].breadth:
            cell = self.cells[text_cell]
            text = (starts[cell.level] + lengths[cell.level] / 2, cell.place)
        return Route(tuple(stations), text)


def _cluster_paths(parents: Sequence[int | None]) -> list[tuple[int, ...]]:
    """For each cluster those around it, from the outermost, and itself."""
    paths: list[tuple[int, ...]] = []
    for cluster, parent in enumerate(parents):
        paths.append((*paths[parent], cluster) if parent is not None else (cluster,))
    return paths


def _common_start(first: Sequence[int], second: Sequence[int]) -> int:
    shared = 0
    while shared < min(len(first), len(second)) and first[shared] == second[shared]:
        shared += 1
    return shared


def _sorted_separations(
    count: int, separations: Sequence[tuple[int, int, float]]
) -> tuple[list[int], _Bounds, _Bounds]:
    """Return an order in which firsts come before seconds, and the bounds of each place."""
    lower: _Bounds = [[] for _ in range(count)]
    upper: _Bounds = [[] for _ in range(count)]
    waits_for = [0] * count
    for first, second, gap in separations:
        lower[second].append((first, gap))
        upper[first].append((second, gap))
        waits_for[second] += 1
    order = [index for index in range(count) if waits_for[index] == 0]
    for index in order:  # grows while it is walked
        for other, _ in upper[index]:
            waits_for[other] -= 1
            if waits_for[other] == 0:
                order.append(other)
    return order, lower, upper
