"""A picture in the DOT language, for Graphviz to lay out.

Everything that came from a user is written as an HTML-like label, and only there: in a
plain DOT string entities and ``<…>`` mean something as well, in an HTML-like label five
characters do, and `_text` escapes them.  The ids are ours (``n3``, ``op3``), so no name
can become a port, an attribute or a second node.
"""

from __future__ import annotations

from itertools import pairwise

import graphviz

from viz.colour import ink
from viz.diagram import Arrow, Box, Cluster, Legend, Line, Operation, Picture

__all__ = ["write_dot"]

FONT = "Helvetica,Arial,sans-serif"

_STROKE = "#333333"
_MUTED = "#8a8a8a"
_CLUSTER_FILLS = ("#f4f7fa", "#e6edf4", "#d8e3ee")  # a nested cluster is a little darker


_MARGIN_COLUMNS = 10  # on either side of a matrix

# The compass points where arrows leave and enter a box, for each direction.
_SIDES = {"LR": ("e", "w"), "RL": ("w", "e"), "TB": ("s", "n"), "BT": ("n", "s")}

# What stands in each cluster: boxes, operations, and the names of way points.  An arrow that
# enters a cluster passes a point in it: Graphviz would lead it along the outside otherwise,
# and then across everything inside.
_Members = dict[int | None, list[Box | Operation | str]]


def write_dot(picture: Picture, digraph: graphviz.Digraph) -> None:
    """Add everything that `picture` shows to an empty `graphviz.Digraph`."""
    digraph.graph_attr.update(
        rankdir=picture.direction,
        fontname=FONT,
        fontsize="11",
        nodesep="0.22",
        ranksep="0.3",
        bgcolor="white",
    )
    digraph.node_attr.update(fontname=FONT, fontsize="11", color=_STROKE)
    digraph.edge_attr.update(
        fontname=FONT, fontsize="10", color=_STROKE, fontcolor="#222222", arrowsize="0.6"
    )
    if picture.dense:
        digraph.graph_attr.update(splines="line", ranksep="1.6")
        tail, head = _SIDES[picture.direction]
        digraph.edge_attr.update(tailport=tail, headport=head, arrowsize="0.4")
    if picture.columns:
        # a curve passes through the room of its text, a straight line beside it
        texts = any(arrow.text for arrow in picture.arrows)
        digraph.graph_attr.update(splines="true" if texts else "line")
        digraph.graph_attr.update(ranksep="1.6" if picture.dense else "0.9")
        digraph.edge_attr.update(arrowhead="none")
    members: _Members = {}
    for item in picture.items:
        members.setdefault(item.cluster, []).append(item)
    home = {item.id: item.cluster for item in picture.items}
    for index, arrow in enumerate(picture.arrows):
        if arrow.enters:
            members[home[arrow.head]].append(f"via{index}")
    _write_cluster(picture, members, None, digraph, depth=0)
    for index, arrow in enumerate(picture.arrows):
        _write_arrow(index, arrow, digraph)
    if picture.legend is not None or picture.caption:
        # as the label of the whole graph it stands below the picture and is no node in it
        digraph.graph_attr.update(label=_legend(picture), labelloc="b", labeljust="l")


def _write_cluster(
    picture: Picture,
    members: _Members,
    cluster: int | None,
    digraph: graphviz.Digraph,
    depth: int,
) -> None:
    """Write the items of one cluster, then the clusters inside it."""
    # in a cluster of a sideways picture dot stacks what it meets first at the bottom
    step = -1 if cluster is not None and picture.direction in ("LR", "RL") else 1
    for item in members.get(cluster, [])[::step]:
        if isinstance(item, Box):
            _write_box(item, digraph)
        elif isinstance(item, Operation):
            _write_operation(item, digraph)
        else:
            digraph.node(item, label="", shape="point", width="0.03")
    for index, inner in enumerate(picture.clusters):
        if picture.columns:
            _write_column(index, inner, members.get(index, []), digraph)
        elif inner.parent == cluster:
            with digraph.subgraph(name=f"cluster{index}") as subgraph:
                subgraph.graph_attr.update(_cluster_style(inner, depth))
                _write_cluster(picture, members, index, subgraph, depth + 1)


def _write_column(
    index: int, column: Cluster, members: list[Box | Operation | str], digraph: graphviz.Digraph
) -> None:
    """Write a column as nodes of one rank, under a node with its title.

    Arrows inside a rank are how an order of its nodes is told to dot.  In a cluster it heeds
    them only by halves, so there is none.
    """
    with digraph.subgraph() as rank:
        rank.graph_attr.update(rank="same")
        rank.node(f"t{index}", label=_label(column.title), shape="plain", fontcolor="#33475b")
        order = [f"t{index}"]
        for item in members:
            if isinstance(item, Box):
                _write_box(item, rank)
                order.append(item.id)
        for above, below in pairwise(order):
            rank.edge(above, below, style="invis")


def _cluster_style(cluster: Cluster, depth: int) -> dict[str, str]:
    return {
        "label": _label(cluster.title),
        "style": "filled,rounded",
        "fillcolor": _CLUSTER_FILLS[min(depth, len(_CLUSTER_FILLS) - 1)],
        "color": "#b7c6d6",
        "fontcolor": "#33475b",
        "margin": "8",
        "labelloc": "t",
        "labeljust": "l",
    }


def _write_box(box: Box, digraph: graphviz.Digraph) -> None:
    if box.kind == "constant":
        digraph.node(
            box.id,
            label=_constant_table(box) if box.lines else _label(box.title),
            shape="box",
            style="filled",
            fillcolor="#eeeeee",
            color=_MUTED,
            fontcolor="#444444",
            fontsize="9",
            margin="0.05,0.02",
            height="0",
            width="0",
            **{"class": "constant"},
        )
        return
    style = ["filled"]
    if box.kind in ("value", "group"):
        style.append("rounded")
    if box.cut:
        style.append("dashed")
    attributes = {
        "shape": "box",
        "style": ",".join(style),
        "fillcolor": "white",
        "margin": "0.06,0.055",
        "height": "0",
        "width": "0",
        "penwidth": "1.3" if box.root else "1",
        "class": f"{box.kind} root" if box.root else box.kind,
    }
    if box.glow:
        attributes.update(color=box.glow, penwidth="4")
    if box.root:
        attributes["peripheries"] = "2"
    elif box.kind == "group":
        attributes["peripheries"] = "3"
    digraph.node(box.id, label=_table(box), **attributes)


def _table(box: Box) -> str:
    """Return the lines of a box under each other, the title on the colour of the gradient."""
    cell = f'<td bgcolor="{box.fill}" border="1" color="{_MUTED}"'
    if box.title:
        title = f'<font color="{box.ink}"><b>{_text(box.title)}</b></font>'
        rows = [f'<tr>{cell} cellpadding="2">{title}</td></tr>']
    else:
        rows = [f'<tr>{cell} cellpadding="0" height="7"></td></tr>']
    rows += [f"<tr>{_line(line)}</tr>" for line in box.lines]
    return (
        '<<table border="0" cellborder="0" cellspacing="1" cellpadding="1">'
        + "".join(rows)
        + "</table>>"
    )


def _constant_table(box: Box) -> str:
    """Return the shape of a constant array above its numbers, or above a summary of them."""
    rows = "".join(f"<tr>{_line(line)}</tr>" for line in box.lines)
    return (
        '<<table border="0" cellborder="0" cellspacing="0" cellpadding="1">'
        f"<tr><td>{_text(box.title)}</td></tr>{rows}</table>>"
    )


def _line(line: Line) -> str:
    if line.rows:
        return f'<td align="center">{_matrix(line)}</td>'
    prefix = f'<font color="#5f5f5f" point-size="9">{_text(line.prefix)} </font>'
    text = f'<font color="{line.colour}">{_text(line.text)}</font>'
    return f'<td align="left">{prefix if line.prefix else ""}{text}</td>'


def _matrix(line: Line) -> str:
    """Return the numbers of a small array, column by column to the right, between brackets."""
    count = len(line.rows)
    left, right = (
        f'<td rowspan="{count}" width="4" border="1" sides="{sides}" color="{line.colour}" '
        'cellpadding="0"></td>'
        for sides in ("LTB", "RTB")
    )
    rows = []
    for number, row in enumerate(line.rows):
        cells = "".join(
            f'<td align="right"><font color="{line.colour}">{_text(text)}</font></td>'
            for text in row
        )
        edges = (left, right) if number == 0 else ("", "")
        rows.append(f"<tr>{edges[0]}{cells}{edges[1]}</tr>")
    matrix = (
        '<table border="0" cellborder="0" cellspacing="0" cellpadding="3">'
        + "".join(rows)
        + "</table>"
    )
    # Graphviz shares room to spare among all columns: these keep the numbers together
    room = '<td cellpadding="0"></td>' * _MARGIN_COLUMNS
    return (
        '<table border="0" cellborder="0" cellspacing="0" cellpadding="0">'
        f"<tr>{room}<td>{matrix}</td>{room}</tr></table>"
    )


def _write_operation(operation: Operation, digraph: graphviz.Digraph) -> None:
    short = len(operation.symbol) <= 2
    digraph.node(
        operation.id,
        label=_label(operation.symbol),
        shape="circle" if short else "ellipse",
        fixedsize="true" if short else "false",
        width="0.34" if short else "0",
        height="0.34",
        margin="0.07,0.03",
        style="filled",
        fillcolor="#fff8e6",
        fontsize="14" if short else "11",
        **{"class": "operation"},
    )


def _write_arrow(index: int, arrow: Arrow, digraph: graphviz.Digraph) -> None:
    attributes = {"penwidth": f"{arrow.width:g}"}
    if not arrow.carries:
        attributes.update(color=_MUTED, style="dashed", fontcolor="#5f5f5f")
    if arrow.colour:
        attributes["color"] = arrow.colour
    if arrow.dashed:
        attributes["style"] = "dashed"
    if arrow.against:
        attributes["dir"] = "back"
    if arrow.hidden:
        attributes["style"] = "invis"
    tail = arrow.tail
    if arrow.enters:
        tail = f"via{index}"
        digraph.edge(arrow.tail, tail, arrowhead="none", **attributes)
    if arrow.text:
        # the table keeps the text clear of the line, which may be thick
        attributes["label"] = (
            '<<table border="0" cellborder="0" cellspacing="0" cellpadding="3">'
            f"<tr><td>{_text(arrow.text)}</td></tr></table>>"
        )
    digraph.edge(tail, arrow.head, **attributes)


def _legend(picture: Picture) -> str:
    legend = picture.legend or Legend()
    cells = []
    if legend.colours:
        cells.append(f"<td>{_text(legend.of_colours)}</td>")
        cells += [_swatch(colour, text) for colour, text in legend.colours]
        cells += [_swatch(colour, text) for colour, text in legend.others]
    if legend.widths:
        cells.append(f"<td>   {_text(legend.of_widths)}</td>")
        for width, text in legend.widths:
            line = (
                '<table border="0" cellborder="0" cellspacing="0" cellpadding="0"><tr>'
                f'<td width="24" height="{max(1, round(width))}" fixedsize="true" '
                f'bgcolor="{_STROKE}"></td>'
                "</tr></table>"
            )
            cells.append(f"<td>{line}</td><td>{_text(text)}</td>")
    rows = [
        f'<tr><td align="left"><font point-size="14">{_text(line)}</font></td></tr>'
        for line in picture.caption
    ]
    rows += [
        '<tr><td align="left"><table border="0" cellborder="0" cellspacing="2" cellpadding="2">'
        f"<tr>{''.join(cells)}</tr></table></td></tr>"
    ] * bool(cells)
    rows += [f'<tr><td align="left">{_text(note)}</td></tr>' for note in legend.notes]
    return (
        '<<font point-size="9" color="#333333">'
        '<table border="0" cellborder="0" cellspacing="0" cellpadding="1">'
        f"{''.join(rows)}</table></font>>"
    )


def _swatch(colour: str, text: str) -> str:
    return (
        f'<td border="1" color="{_MUTED}" bgcolor="{colour}">'
        f'<font color="{ink(colour)}">{_text(text)}</font></td>'
    )


def _label(text: str) -> str:
    """`text` as an HTML-like label; an empty one may not be HTML-like."""
    return f"<{_text(text)}>" if text.strip() else ""


def _text(text: str) -> str:
    r"""Escape what HTML-like labels would read as markup.

    A backslash is doubled: Graphviz replaces ``\N`` by the name of the node even here.
    """
    for character, entity in (
        ("\\", "\\\\"),
        ("&", "&amp;"),
        ("<", "&lt;"),
        (">", "&gt;"),
        ('"', "&quot;"),
    ):
        text = text.replace(character, entity)
    return text
