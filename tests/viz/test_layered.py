"""The built-in layout: nothing overlaps, nothing is crossed, and the SVG says it all."""

import math
import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import Value
from tests.viz import examples
from viz import fonts, layered
from viz.diagram import describe
from viz.layered import Item, Link, arrange
from viz.svg import write_svg

CLOSE = 1e-6


@st.composite
def graphs(draw):
    """Draw items in topological order, links with and without text, and nested clusters."""
    parents = draw(st.sampled_from([[], [None], [None, None], [None, 0, 0, None], [None, 0, 1]]))
    cluster = st.sampled_from([None, *range(len(parents))])
    size = st.floats(4, 80)
    items = draw(st.lists(st.builds(Item, size, size, cluster), min_size=1, max_size=14))
    links = []
    for head in range(1, len(items)):
        for tail in draw(st.lists(st.integers(0, head - 1), max_size=4)):
            text = draw(st.sampled_from([(0.0, 0.0), (36.0, 14.0)]))
            links.append(Link(tail, head, *text, span=draw(st.integers(1, 2))))
    return items, links, parents


def rectangle(centre, length, breadth):
    (along, across) = centre
    return (
        along - length / 2,
        across - breadth / 2,
        along + length / 2,
        across + breadth / 2,
    )


def overlap(first, second):
    return (
        first[0] < second[2] - CLOSE
        and second[0] < first[2] - CLOSE
        and first[1] < second[3] - CLOSE
        and second[1] < first[3] - CLOSE
    )


def used_clusters(items, parents):
    used = set()
    for item in items:
        cluster = item.cluster
        while cluster is not None:
            used.add(cluster)
            cluster = parents[cluster]
    return used


def laid_out(graph, **options):
    items, links, parents = graph
    # a cluster without items does not occur in a picture
    used = sorted(used_clusters(items, parents))
    number = {cluster: index for index, cluster in enumerate(used)}
    items = [
        Item(item.length, item.breadth, None if item.cluster is None else number[item.cluster])
        for item in items
    ]
    parents = [None if parents[c] is None else number[parents[c]] for c in used]
    return items, links, parents, arrange(items, links, parents, **options)


class TestArrange:
    @given(graphs())
    def test_items_and_texts_do_not_overlap(self, graph):
        items, links, _, layout = laid_out(graph)
        taken = [
            rectangle(centre, item.length, item.breadth)
            for centre, item in zip(layout.centres, items, strict=True)
        ]
        taken += [
            rectangle(route.text, link.length, link.breadth)
            for route, link in zip(layout.routes, links, strict=True)
            if route.text is not None
        ]
        for index, first in enumerate(taken):
            assert not any(overlap(first, second) for second in taken[:index])

    @given(graphs())
    def test_links_run_forward_and_through_no_item(self, graph):
        items, links, _, layout = laid_out(graph)
        boxes = [
            rectangle(centre, item.length, item.breadth)
            for centre, item in zip(layout.centres, items, strict=True)
        ]
        for link, route in zip(links, layout.routes, strict=True):
            assert (route.text is not None) == (link.breadth > 0)
            for before, after in zip(route.stations, route.stations[1:], strict=False):
                assert before[1] < after[0]  # curves turn between levels, where no item is
            for start, end, across in route.stations[1:-1]:
                way = (start, across, end, across)
                assert not any(
                    box[0] < way[2] and way[0] < box[2] and box[1] < across < box[3]
                    for box in boxes
                )

    @given(graphs())
    def test_clusters_hold_their_items_and_no_others(self, graph):
        items, _, parents, layout = laid_out(graph)
        paths = layered._cluster_paths(parents)
        areas = [(a.along, a.across, a.along_end, a.across_end) for a in layout.areas]
        for item, centre in zip(items, layout.centres, strict=True):
            box = rectangle(centre, item.length, item.breadth)
            inside = paths[item.cluster] if item.cluster is not None else ()
            for cluster, area in enumerate(areas):
                if cluster in inside:
                    assert area[0] <= box[0]
                    assert area[1] <= box[1]
                    assert area[2] >= box[2]
                    assert area[3] >= box[3]
                else:
                    assert not overlap(box, area)
        for first in range(len(areas)):
            for second in range(first):
                if second not in paths[first] and first not in paths[second]:
                    assert not overlap(areas[first], areas[second])

    @given(graphs())
    def test_heads_stand_after_tails(self, graph):
        _, links, _, layout = laid_out(graph)
        for link in links:
            assert layout.centres[link.tail][0] < layout.centres[link.head][0]

    def test_two_links_between_the_same_items_part(self):
        layout = arrange([Item(20, 20), Item(20, 20)], [Link(0, 1), Link(0, 1)])
        ways = {route.stations[1][2] for route in layout.routes}
        assert len(ways) == 2

    def test_a_link_backwards_is_routed(self):
        items = [Item(10, 10)] * 3
        layout = arrange(items, [Link(0, 1), Link(1, 2), Link(2, 0)])
        assert len(layout.routes) == 3
        assert [centre[0] for centre in layout.centres] == sorted(c[0] for c in layout.centres)

    def test_crossings_are_removed(self):
        # written so that the order of the items crosses all three links
        items = [Item(10, 10)] * 7
        links = [Link(0, 5), Link(1, 4), Link(2, 3), Link(3, 6), Link(4, 6), Link(5, 6)]
        centres = arrange(items, links).centres
        across = [centre[1] for centre in centres]
        assert (across[0] - across[1]) * (across[5] - across[4]) > 0
        assert (across[1] - across[2]) * (across[4] - across[3]) > 0

    def test_a_chain_is_a_straight_line(self):
        items = [Item(10, 10 + index) for index in range(8)]
        layout = arrange(items, [Link(i, i + 1, 20, 10) for i in range(7)])
        assert len({round(across, 6) for _, across in layout.centres}) == 1

    def test_links_beyond_the_budget_are_drawn_straight(self, monkeypatch):
        monkeypatch.setattr(layered, "WAY_POINT_BUDGET", 20)
        items = [Item(10, 10)] * 12
        links = [Link(i, i + 1) for i in range(11)] + [Link(0, 11, 20, 10), Link(0, 10)]
        layout = arrange(items, links)
        assert len(layout.routes[11].stations) == 3  # tail, text, head
        assert len(layout.routes[12].stations) == 2


def box_groups(svg):
    """Map the id of each drawn item to its rectangle or ellipse."""
    shapes = {}
    for group in examples.parse(svg).iter(f"{examples.SVG}g"):
        if group.get("data-id"):
            shapes[group.get("data-id")] = group
    return shapes


class TestSvg:
    def test_it_shows_every_part_of_the_picture(self):
        picture = describe(examples.two_neurons())
        svg = write_svg(picture)
        assert set(box_groups(svg)) == {item.id for item in picture.items}
        assert len(examples.groups(svg, "operation")) == 9
        assert len(examples.groups(svg, "leaf")) == 6
        assert len(examples.groups(svg, "constant")) == 2
        assert len(examples.groups(svg, "root")) == 1
        arrows = [(g.get("data-tail"), g.get("data-head")) for g in examples.groups(svg, "arrow")]
        assert arrows == [(arrow.tail, arrow.head) for arrow in picture.arrows]
        shown = examples.texts(svg)
        for item in picture.items:
            for line in getattr(item, "lines", ()):
                assert line.text in shown
        for arrow in picture.arrows:
            assert not arrow.text or arrow.text in shown

    def test_colours_of_the_texts(self):
        svg = examples.parse(write_svg(describe(examples.square())))
        colours = {text.text: text.get("fill") for text in svg.iter(f"{examples.SVG}text")}
        assert colours["9.000"] == "#00568a"
        assert colours["6.000"] == "#b34700"

    def test_shapes_tell_leaf_value_and_root_apart(self):
        x = Value(1.0, label="x")
        svg = write_svg(describe(x.tanh().exp()))
        corners = {}
        for kind in ("leaf", "value", "root"):
            rectangles = examples.groups(svg, kind)[0].findall(f"{examples.SVG}rect")
            corners[kind] = (len(rectangles), float(rectangles[0].get("rx")) > 0)
        assert corners == {"leaf": (2, False), "value": (2, True), "root": (3, True)}

    @pytest.mark.parametrize("direction", ["LR", "RL", "TB", "BT"])
    def test_the_root_stands_at_the_end_of_the_direction(self, direction):
        svg = write_svg(describe(examples.square(), direction=direction))
        shapes = box_groups(svg)
        axis = "x" if direction in ("LR", "RL") else "y"
        leaf, root = (
            float(shapes[name].find(f"{examples.SVG}rect").get(axis)) for name in ("n0", "n1")
        )
        assert (leaf < root) == (direction in ("LR", "TB"))

    @pytest.mark.parametrize("direction", ["LR", "RL", "TB", "BT"])
    @pytest.mark.parametrize("make", [examples.two_neurons, lambda: examples.network([2, 4, 1])])
    def test_everything_is_on_the_page(self, make, direction):
        svg = examples.parse(write_svg(describe(make(), direction=direction)))
        left, top, width, height = map(float, svg.get("viewBox").split())
        seen = 0
        for rectangle in svg.iter(f"{examples.SVG}rect"):
            x, y = float(rectangle.get("x")), float(rectangle.get("y"))
            assert left - 0.11 <= x
            assert top - 0.11 <= y
            assert x + float(rectangle.get("width")) <= left + width + 0.11
            assert y + float(rectangle.get("height")) <= top + height + 0.11
            seen += 1
        for text in svg.iter(f"{examples.SVG}text"):
            size = float(text.get("font-size"))
            room = fonts.text_width(text.text, size, bold=text.get("font-weight") == "bold")
            share = 0.5 if text.get("text-anchor") == "middle" else 0.0
            start = float(text.get("x")) - share * room
            assert left <= start
            assert start + room <= left + width
            assert top <= float(text.get("y")) <= top + height
        assert seen > 5

    def test_texts_fit_in_their_boxes(self):
        x = Value(-1.234e-300, label="a name that is longer than any number in its box")
        svg = write_svg(describe(x * 1.5))
        for group in box_groups(svg).values():
            shape = group.find(f"{examples.SVG}rect")
            if shape is None:
                continue
            start, room = float(shape.get("x")), float(shape.get("width"))
            for text in group.iter(f"{examples.SVG}text"):
                width = fonts.text_width(text.text, float(text.get("font-size")))
                share = 0.5 if text.get("text-anchor") == "middle" else 0.0
                left = float(text.get("x")) - share * width
                assert start <= left
                assert left + width <= start + room

    def test_several_pictures_can_stand_in_one_page(self):
        svg = ElementTree.fromstring(write_svg(describe(examples.two_neurons())))
        for element in svg.iter():
            assert element.get("id") is None
            assert element.tag != f"{examples.SVG}style"

    def test_a_number_is_finite(self):
        x = Value(math.inf, label="x")
        y = x - x
        y.backward()
        svg = write_svg(describe(y))
        for element in examples.parse(svg).iter():
            for name in ("x", "y", "width", "height", "stroke-width", "points", "d"):
                assert "nan" not in element.get(name, "")
                assert "inf" not in element.get(name, "")
        assert "nan" in examples.texts(svg)


class TestFonts:
    def test_width_grows_with_the_text_and_the_size(self):
        assert fonts.text_width("", 10) == 0
        assert fonts.text_width("iii", 10) < fonts.text_width("mmm", 10)
        assert fonts.text_width("0.5", 20) == 2 * fonts.text_width("0.5", 10)
        assert fonts.text_width("重", 10) > fonts.text_width("m", 10)
        assert fonts.text_width("a", 10, bold=True) > fonts.text_width("a", 10)
