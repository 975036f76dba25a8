"""A picture as SVG, with the project's own layout: no Graphviz, no browser, no font needed.

Only attributes are used for looks, no style sheet and no ids, so that several diagrams can
stand in one HTML page without disturbing each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from viz.colour import ink
from viz.diagram import MUTED_COLOUR, Arrow, Box, Cluster, Legend, Line, Operation, Picture
from viz.fonts import text_width
from viz.layered import CLUSTER_PADDING, Area, Item, Layout, Link, arrange
from viz.routes import Direction, Lines
from viz.routes import coordinate as _n

__all__ = ["write_frames", "write_svg"]

FONT = "Helvetica,Arial,sans-serif"

_MARGIN = 12.0
_TITLE_SIZE, _LINE_SIZE, _PREFIX_SIZE, _ARROW_SIZE, _SMALL_SIZE = 12.0, 11.0, 9.5, 10.0, 9.5
_TITLE_HEIGHT, _STRIP_HEIGHT, _LINE_HEIGHT = 17.0, 7.0, 14.0
_COLUMN_GAP, _BRACKET = 7.0, 3.0  # of a matrix
_MATRIX_AIR = 6.0  # above and below a matrix, together
_PADDING = 4.0  # inside a box
_CIRCLE = 26.0
_CLUSTER_TITLE_HEIGHT = 14.0
_SWATCH_HEIGHT = 15.0
_CAPTION_SIZE, _CAPTION_HEIGHT = 15.0, 21.0

_STROKE = "#333333"
_FAINT = "#8a8a8a"
_CLUSTER_FILLS = ("#f4f7fa", "#e6edf4", "#d8e3ee")  # a nested cluster is a little darker


def write_svg(picture: Picture) -> str:
    """Return `picture` as an SVG document; the same picture gives the same bytes.

    >>> from autograd import Value
    >>> from viz.diagram import describe
    >>> write_svg(describe(Value(2.0, label="x"))).startswith("<svg xmlns=")
    True
    """
    return _Drawing([picture]).document(picture)


def write_frames(frames: Sequence[Picture]) -> list[str]:
    """Return pictures of the same items and arrows as SVG documents in which nothing moves.

    Each item, text and caption has the room that it needs in the frame where it is largest.

    >>> from dataclasses import replace
    >>> from autograd import Value
    >>> from viz.diagram import describe
    >>> picture = describe(Value(2.0, label="x"))
    >>> long, short = write_frames([replace(picture, caption=("a long caption",)), picture])
    >>> long.partition(">")[0] == short.partition(">")[0]  # size and viewBox
    True
    """
    drawing = _Drawing(frames)
    return [drawing.document(frame) for frame in frames]


class _Drawing:
    """A picture on its way to the page, or several of the same items and arrows."""

    def __init__(self, frames: Sequence[Picture]) -> None:
        self.frames = frames
        self.picture = picture = frames[0]
        self.direction = Direction(picture.direction)
        items = zip(*(frame.items for frame in frames), strict=True)
        self.sizes = [_largest(_size(item) for item in kinds) for kinds in items]
        arrows = zip(*(frame.arrows for frame in frames), strict=True)
        self.text_sizes = [_largest(_text_size(arrow) for arrow in kinds) for kinds in arrows]
        self.number = {item.id: index for index, item in enumerate(picture.items)}
        self.layout = self.arrange()
        self.lines = Lines(
            self.direction,
            self.layout,
            self.sizes,
            [(self.number[arrow.tail], self.number[arrow.head]) for arrow in picture.arrows],
            [isinstance(item, Operation) for item in picture.items],
            {index for index, arrow in enumerate(picture.arrows) if arrow.hidden},
        )

    def arrange(self) -> Layout:
        picture, turned = self.picture, self.direction.turned
        items = [
            Item(*turned(*self.room(size, item)), item.cluster)
            for size, item in zip(self.sizes, picture.items, strict=True)
        ]
        links = [
            Link(
                self.number[arrow.tail],
                self.number[arrow.head],
                *turned(*text_size),
                span=2 if arrow.enters else 1,
            )
            for arrow, text_size in zip(picture.arrows, self.text_sizes, strict=True)
        ]
        title_widths = [_cluster_title_width(cluster) for cluster in picture.clusters]
        return arrange(
            items,
            links,
            [cluster.parent for cluster in picture.clusters],
            [0.0] * len(title_widths) if self.direction.sideways else title_widths,
            title_across=_CLUSTER_TITLE_HEIGHT if self.direction.sideways else 0.0,
            title_along=0.0 if self.direction.sideways else _CLUSTER_TITLE_HEIGHT,
            dense=picture.dense,
            ordered=picture.columns,
        )

    def room(self, size: tuple[float, float], item: Box | Operation) -> tuple[float, float]:
        """Return the size of an item; in a column it is at least as wide as the title."""
        if not self.picture.columns or not self.direction.sideways or item.cluster is None:
            return size
        title = _cluster_title_width(self.picture.clusters[item.cluster])
        return max(size[0], title - 2 * CLUSTER_PADDING), size[1]

    # ------------------------------------------------------------ writing

    def document(self, picture: Picture) -> str:
        self.picture = picture
        clusters = [
            self.cluster(area, self.depth(cluster))
            for cluster, area in zip(picture.clusters, self.layout.areas, strict=True)
        ]
        titles = [
            self.cluster_title(cluster, area, self.depth(cluster))
            for cluster, area in zip(picture.clusters, self.layout.areas, strict=True)
        ]
        arrows = [self.arrow(i) for i, arrow in enumerate(picture.arrows) if not arrow.hidden]
        items = [self.item(index) for index in range(len(picture.items))]
        glows = [
            self.glow(index, item)
            for index, item in enumerate(picture.items)
            if isinstance(item, Box) and item.glow
        ]
        left, top, right, bottom = self.bounds()
        caption, right, bottom = self.caption(left, bottom, right)
        legend: list[str] = []
        if picture.legend is not None:
            legend, right, bottom = _legend(picture.legend, left, bottom + 14, right)
        left, top, right, bottom = left - _MARGIN, top - _MARGIN, right + _MARGIN, bottom + _MARGIN
        width, height = _n(right - left), _n(bottom - top)
        values = sum(isinstance(item, Box) and item.kind != "constant" for item in picture.items)
        title = _escaped(picture.title) or f"Computational graph with {values} boxes"
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
                f'viewBox="{_n(left)} {_n(top)} {width} {height}" role="img" '
                f'font-family="{FONT}" font-size="{_n(_LINE_SIZE)}">',
                f"<title>{title}</title>",
                f'<rect x="{_n(left)}" y="{_n(top)}" width="{width}" height="{height}" '
                'fill="white"/>',
                *clusters,
                *glows,
                *arrows,
                *titles,
                *items,
                *caption,
                *legend,
                "</svg>",
                "",
            ]
        )

    def bounds(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of everything but the legend."""
        xs, ys = [], []
        for (width, height), centre in zip(self.sizes, self.layout.centres, strict=True):
            x, y = self.direction.point(*centre)
            xs += [x - width / 2, x + width / 2]
            ys += [y - height / 2, y + height / 2]
        for cluster, area in zip(self.picture.clusters, self.layout.areas, strict=True):
            x, y, width, height = self.rectangle(area)
            xs += [x, x + max(width, _cluster_title_width(cluster))]
            ys += [y, y + height]
        for (width, height), route in zip(self.text_sizes, self.layout.routes, strict=True):
            for station in route.stations:
                x, y = self.direction.point(station[0], station[2])
                xs += [x - width / 2, x + width / 2]
                ys += [y - height / 2, y + height / 2]
        return min(xs), min(ys), max(xs), max(ys)

    def caption(self, left: float, bottom: float, right: float) -> tuple[list[str], float, float]:
        """Return the caption, and how far right and down the longest one reaches."""
        most = max(len(frame.caption) for frame in self.frames)
        if not most:
            return [], right, bottom
        top = bottom + 14
        lines = [
            _text(line, left, top + _CAPTION_HEIGHT * number + 15, size=_CAPTION_SIZE)
            for number, line in enumerate(self.picture.caption)
        ]
        widths = [text_width(line, _CAPTION_SIZE) for f in self.frames for line in f.caption]
        right = max(right, left + max(widths))
        return [f'<g class="caption">{"".join(lines)}</g>'], right, top + _CAPTION_HEIGHT * most

    def rectangle(self, area: Area) -> tuple[float, float, float, float]:
        """x, y, width and height of an area."""
        point = self.direction.point
        x, y = point(area.along, area.across)
        x_end, y_end = point(area.along_end, area.across_end)
        return min(x, x_end), min(y, y_end), abs(x_end - x), abs(y_end - y)

    def depth(self, cluster: Cluster) -> int:
        depth = 0
        while cluster.parent is not None:
            cluster = self.picture.clusters[cluster.parent]
            depth += 1
        return depth

    def cluster(self, area: Area, depth: int) -> str:
        x, y, width, height = self.rectangle(area)
        fill = _CLUSTER_FILLS[min(depth, len(_CLUSTER_FILLS) - 1)]
        rectangle = _rectangle(x, y, width, height, 6, fill, "#b7c6d6")
        return f'<g class="cluster">{rectangle}</g>'

    def cluster_title(self, cluster: Cluster, area: Area, depth: int) -> str:
        """Return a title that can be read even where an arrow enters the cluster under it."""
        x, y, _, _ = self.rectangle(area)
        fill = _CLUSTER_FILLS[min(depth, len(_CLUSTER_FILLS) - 1)]
        title = _text(cluster.title, x + 7, y + 12, size=_LINE_SIZE, fill="#33475b")
        halo = f'stroke="{fill}" stroke-width="4" stroke-linejoin="round"'
        return f'<g class="cluster-title" paint-order="stroke" {halo}>{title}</g>'

    def item(self, index: int) -> str:
        item = self.picture.items[index]
        x, y = self.direction.point(*self.layout.centres[index])
        width, height = self.sizes[index]
        if isinstance(item, Operation):
            return _operation(item, x, y, width, height)
        return _box(item, x - width / 2, y - height / 2, width, height)

    def glow(self, index: int, box: Box) -> str:
        """Return the band around a box, which lies under the arrows."""
        reach = 9.0 if box.root else 5.5
        x, y = self.direction.point(*self.layout.centres[index])
        width, height = (size + 2 * reach for size in self.sizes[index])
        corner = 3.0 if box.kind == "leaf" else 8.0 + reach
        band = _rectangle(x - width / 2, y - height / 2, width, height, corner, box.glow, "none")
        return f'<g class="glow">{band}</g>'

    def arrow(self, index: int) -> str:
        arrow, route = self.picture.arrows[index], self.layout.routes[index]
        colour = arrow.colour or (_STROKE if arrow.carries else _FAINT)
        dash = "" if arrow.carries and not arrow.dashed else ' stroke-dasharray="4 3"'
        size = (2.5 if self.picture.dense else 5.5) + 1.3 * arrow.width  # of the head
        if self.picture.columns:
            path, head = self.lines.straight(index), ""
        else:
            path = self.lines.path(index, size, arrow.against)
            head = self.lines.head(index, size, arrow.against)
        parts = [
            f'<path d="{path}" fill="none" stroke="{colour}" '
            f'stroke-width="{_n(arrow.width)}"{dash}/>'
        ]
        if head:
            parts.append(f'<polygon points="{head}" fill="{colour}"/>')
        if route.text is not None and arrow.text:
            x, y = self.direction.point(*route.text)
            width, height = _text_size(arrow)
            parts.append(
                f'<rect x="{_n(x - width / 2)}" y="{_n(y - height / 2)}" width="{_n(width)}" '
                f'height="{_n(height)}" rx="3" fill="white" fill-opacity="0.9"/>'
            )
            fill = "#222222" if arrow.carries else MUTED_COLOUR
            parts.append(_centred(arrow.text, x, y + 3.5, size=_ARROW_SIZE, fill=fill))
        return (
            f'<g class="arrow" data-tail="{arrow.tail}" data-head="{arrow.head}">'
            f"{''.join(parts)}</g>"
        )


# ---------------------------------------------------------------- sizes


def _size(item: Box | Operation) -> tuple[float, float]:
    """Width and height of a box or circle."""
    if isinstance(item, Operation):
        return max(_CIRCLE, text_width(item.symbol, _symbol_size(item)) + 14), _CIRCLE
    if item.kind == "constant":
        widths = [text_width(item.title, _SMALL_SIZE) + 10]
        widths += [_line_size(line, _SMALL_SIZE)[0] + 4 for line in item.lines]
        height = sum(_line_size(line, _SMALL_SIZE)[1] for line in item.lines)
        return max(widths), 16.0 + height
    widths = [text_width(item.title, _TITLE_SIZE, bold=True) + 8, 30.0]
    widths += [_line_size(line)[0] for line in item.lines]
    title = _TITLE_HEIGHT if item.title else _STRIP_HEIGHT
    height = title + sum(_line_size(line)[1] for line in item.lines) + (3 if item.lines else 0)
    return max(widths) + 2 * _PADDING, height + 2 * _PADDING


def _largest(sizes: Iterable[tuple[float, float]]) -> tuple[float, float]:
    widths, heights = zip(*sizes, strict=True)
    return max(widths), max(heights)


def _line_size(line: Line, size: float = _LINE_SIZE) -> tuple[float, float]:
    """Width and height of one line of a box."""
    if line.rows:
        breadth = sum(_column_widths(line, size)) + _COLUMN_GAP * (len(line.rows[0]) - 1)
        return breadth + 4 * _BRACKET + 6, _LINE_HEIGHT * len(line.rows) + _MATRIX_AIR
    prefix = f"{line.prefix} " if line.prefix else ""
    width = text_width(prefix, _PREFIX_SIZE) + text_width(line.text, size) + 6
    return width, _LINE_HEIGHT


def _column_widths(line: Line, size: float) -> list[float]:
    columns = zip(*line.rows, strict=True)
    return [max(text_width(text, size) for text in column) for column in columns]


def _symbol_size(operation: Operation) -> float:
    return 15.0 if len(operation.symbol) <= 2 else 11.0


def _text_size(arrow: Arrow) -> tuple[float, float]:
    if not arrow.text:
        return 0.0, 0.0
    return text_width(arrow.text, _ARROW_SIZE) + 6, 14.0


def _cluster_title_width(cluster: Cluster) -> float:
    return text_width(cluster.title, _LINE_SIZE) + 14


# ---------------------------------------------------------------- parts


def _operation(operation: Operation, x: float, y: float, width: float, height: float) -> str:
    size = _symbol_size(operation)
    symbol = _centred(operation.symbol, x, y + 0.35 * size, size=size)
    return (
        f'<g class="operation" data-id="{operation.id}"><ellipse cx="{_n(x)}" cy="{_n(y)}" '
        f'rx="{_n(width / 2)}" ry="{_n(height / 2)}" fill="#fff8e6" stroke="{_STROKE}"/>'
        f"{symbol}</g>"
    )


def _box(box: Box, x: float, y: float, width: float, height: float) -> str:
    parts = []
    if box.kind == "constant":
        parts.append(_rectangle(x, y, width, height, 0, "#eeeeee", _FAINT))
        parts.append(_centred(box.title, x + width / 2, y + 11.3, size=_SMALL_SIZE, fill="#444444"))
        top = y + 15.0
        for line in box.lines:
            parts.append(_constant_line(line, x + width / 2, top))
            top += _line_size(line, _SMALL_SIZE)[1]
        return f'<g class="constant" data-id="{box.id}">{"".join(parts)}</g>'
    corner = 0.0 if box.kind == "leaf" else 8.0
    if box.kind == "group":  # a pile of boxes
        parts.append(_rectangle(x + 5, y + 5, width, height, corner, "white", _STROKE))
        parts.append(_rectangle(x + 2.5, y + 2.5, width, height, corner, "white", _STROKE))
    dash = ' stroke-dasharray="5 3"' if box.cut else ""
    if box.root:
        outer = _rectangle(
            x - 3.5, y - 3.5, width + 7, height + 7, corner and corner + 3, "white", _STROKE, dash
        )
        parts.append(outer)
    parts.append(_rectangle(x, y, width, height, corner, "white", _STROKE, dash))
    title_height = _TITLE_HEIGHT if box.title else _STRIP_HEIGHT
    bar_corner = 0.0 if box.kind == "leaf" else 4.0
    parts.append(
        _rectangle(
            x + _PADDING,
            y + _PADDING,
            width - 2 * _PADDING,
            title_height,
            bar_corner,
            box.fill,
            _FAINT,
        )
    )
    if box.title:
        middle = x + width / 2
        baseline = y + _PADDING + 12.7
        parts.append(
            _centred(box.title, middle, baseline, size=_TITLE_SIZE, fill=box.ink, bold=True)
        )
    baseline = y + _PADDING + title_height + 12.0
    for line in box.lines:
        start = x + _PADDING + 2
        if line.rows:
            parts.append(_matrix(line, x + width / 2, baseline - 10.0, _LINE_SIZE))
            baseline += _line_size(line)[1]
            continue
        if line.prefix:
            parts.append(_text(line.prefix, start, baseline, size=_PREFIX_SIZE, fill=MUTED_COLOUR))
            start += text_width(f"{line.prefix} ", _PREFIX_SIZE)
        parts.append(_text(line.text, start, baseline, size=_LINE_SIZE, fill=line.colour))
        baseline += _LINE_HEIGHT
    kind = f"{box.kind} root" if box.root else box.kind
    return f'<g class="{kind}" data-id="{box.id}">{"".join(parts)}</g>'


def _constant_line(line: Line, middle: float, top: float) -> str:
    if line.rows:
        return _matrix(line, middle, top, _SMALL_SIZE)
    return _centred(line.text, middle, top + 9.5, size=_SMALL_SIZE, fill=line.colour)


def _matrix(line: Line, middle: float, top: float, size: float) -> str:
    """Return the numbers of a small array, column by column to the right, between brackets."""
    widths = _column_widths(line, size)
    breadth = sum(widths) + _COLUMN_GAP * (len(widths) - 1)
    left, right = middle - breadth / 2 - 2 * _BRACKET, middle + breadth / 2 + 2 * _BRACKET
    top += 1.5
    bottom = top + _LINE_HEIGHT * len(line.rows) + _MATRIX_AIR - 4.0
    parts = [
        f'<path d="M{_n(edge + turn)},{_n(top)} H{_n(edge)} V{_n(bottom)} H{_n(edge + turn)}" '
        f'fill="none" stroke="{line.colour}"/>'
        for edge, turn in ((left, _BRACKET), (right, -_BRACKET))
    ]
    first = top + _MATRIX_AIR / 2 - 2.0 + _LINE_HEIGHT / 2 + 0.36 * size
    for number, row in enumerate(line.rows):
        baseline = first + _LINE_HEIGHT * number
        end = middle - breadth / 2
        for width, text in zip(widths, row, strict=True):
            end += width
            parts.append(_text(text, end, baseline, size=size, fill=line.colour, anchor="end"))
            end += _COLUMN_GAP
    return "".join(parts)


def _legend(
    legend: Legend, left: float, top: float, right: float
) -> tuple[list[str], float, float]:
    """Return the legend with its upper left corner at (left, top), and how far it reaches."""
    parts = ['<g class="legend">']
    x, y = left, top
    if legend.colours:
        parts.append(_text(legend.of_colours, x, y + 11, size=_SMALL_SIZE))
        x += text_width(f"{legend.of_colours} ", _SMALL_SIZE) + 3
        for colour, text in legend.colours + legend.others:
            width = max(34.0, text_width(text, _SMALL_SIZE) + 8)
            parts.append(_rectangle(x, y, width, _SWATCH_HEIGHT, 0, colour, _FAINT))
            middle = x + width / 2
            parts.append(_centred(text, middle, y + 11, size=_SMALL_SIZE, fill=ink(colour)))
            x += width
        right = max(right, x)
        x, y = left, y + 19
    if legend.widths:
        parts.append(_text(legend.of_widths, x, y + 11, size=_SMALL_SIZE))
        x += text_width(legend.of_widths, _SMALL_SIZE) + 6
        for width, text in legend.widths:
            parts.append(
                f'<line x1="{_n(x)}" y1="{_n(y + 7.5)}" x2="{_n(x + 24)}" y2="{_n(y + 7.5)}" '
                f'stroke="{_STROKE}" stroke-width="{_n(width)}"/>'
            )
            parts.append(_text(text, x + 28, y + 11, size=_SMALL_SIZE))
            x += 28 + text_width(text, _SMALL_SIZE) + 12
        right = max(right, x)
        y += 17
    for note in legend.notes:
        parts.append(_text(note, left, y + 11, size=_SMALL_SIZE))
        right = max(right, left + text_width(note, _SMALL_SIZE))
        y += 14
    parts.append("</g>")
    return ["".join(parts)], right, y


def _rectangle(
    x: float,
    y: float,
    width: float,
    height: float,
    corner: float,
    fill: str,
    stroke: str,
    more: str = "",
) -> str:
    return (
        f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}" '
        f'rx="{_n(corner)}" fill="{fill}" stroke="{stroke}"{more}/>'
    )


def _text(
    text: str,
    x: float,
    y: float,
    *,
    size: float,
    fill: str = "#222222",
    anchor: str = "start",
    bold: bool = False,
) -> str:
    """One line of text."""
    weight = ' font-weight="bold"' if bold else ""
    return (
        f'<text x="{_n(x)}" y="{_n(y)}" font-size="{_n(size)}" fill="{fill}" '
        f'text-anchor="{anchor}"{weight} xml:space="preserve">{_escaped(text)}</text>'
    )


def _escaped(text: str) -> str:
    """Escape all that XML reads: a name can hold any character."""
    for character, entity in (
        ("&", "&amp;"),
        ("<", "&lt;"),
        (">", "&gt;"),
        ('"', "&quot;"),
        ("'", "&#39;"),
    ):
        text = text.replace(character, entity)
    return text


def _centred(
    text: str, x: float, y: float, *, size: float, fill: str = "#222222", bold: bool = False
) -> str:
    return _text(text, x, y, size=size, fill=fill, anchor="middle", bold=bold)
