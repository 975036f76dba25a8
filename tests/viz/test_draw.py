"""What a diagram says: boxes, arrows, numbers, colours, levels of detail."""

import math

import pytest

import autograd
import viz
from autograd import Value
from tests.viz import examples
from viz.colour import NO_GRADIENT, NOT_FINITE, ZERO, Scale, contrast, ink
from viz.diagram import Box, Operation, describe
from viz.svg import write_svg


def boxes(picture, *kinds):
    return [
        item
        for item in picture.items
        if isinstance(item, Box) and (not kinds or item.kind in kinds)
    ]


def operations(picture):
    return [item for item in picture.items if isinstance(item, Operation)]


def line(box, prefix):
    return next(line.text for line in box.lines if line.prefix == prefix)


def by_title(picture):
    return {box.title: box for box in boxes(picture) if box.title}


class TestContent:
    def test_two_neurons(self):
        picture = describe(examples.two_neurons())
        assert len(boxes(picture, "leaf", "value")) == 15
        assert len(boxes(picture, "constant")) == 2
        assert sorted(item.symbol for item in operations(picture)) == sorted("××++σσ−^×")
        named = by_title(picture)
        assert (line(named["a1"], "value"), line(named["w1"], "grad")) == ("0.6023", "0.001021")
        assert [box.title for box in boxes(picture) if box.root] == ["E"]
        operands = {arrow.text for arrow in picture.arrows if arrow.head.startswith("op")}
        assert {"0.1000", "0.1500", "0.2395", "0.2037", "① -0.9305", "② -1.000"} <= operands

    def test_every_argument_slot_has_an_arrow(self):
        picture = describe(examples.square())
        into = [arrow for arrow in picture.arrows if arrow.head == "op1"]
        assert [(arrow.tail, arrow.text) for arrow in into] == [("n0", "3.000"), ("n0", "3.000")]

    def test_ids_are_in_topological_order(self):
        picture = describe(examples.two_neurons())
        ids = [box.id for box in boxes(picture, "leaf", "value")]
        assert ids == [f"n{index}" for index in range(15)]
        position = {item.id: index for index, item in enumerate(picture.items)}
        assert all(position[arrow.tail] < position[arrow.head] for arrow in picture.arrows)

    def test_a_constant_is_drawn_once_for_each_use_and_carries_nothing(self):
        x = Value(3.0, label="x")
        picture = describe(x * 2 + 2)
        assert [box.title for box in boxes(picture, "constant")] == ["2", "2"]
        constants = {box.id for box in boxes(picture, "constant")}
        from_constants = [arrow for arrow in picture.arrows if arrow.tail in constants]
        assert [(arrow.text, arrow.carries) for arrow in from_constants] == [("", False)] * 2

    def test_where_does_not_carry_to_the_branch_that_was_not_chosen(self):
        a, b = Value(1.0, label="a"), Value(2.0, label="b")
        picture = describe(autograd.where(True, a, b))
        box = by_title(picture)
        carries = {arrow.tail: arrow.carries for arrow in picture.arrows}
        assert carries[box["a"].id]
        assert not carries[box["b"].id]

    def test_before_backward_there_are_dashes_and_no_legend(self):
        picture = describe(Value(2.0, label="x") * Value(3.0, label="y"))
        assert {line(box, "grad") for box in boxes(picture, "leaf", "value")} == {"—"}
        assert {box.fill for box in boxes(picture)} == {NO_GRADIENT}
        assert picture.legend is None

    def test_the_legend_shows_the_decades_of_the_gradients(self):
        legend = describe(examples.two_neurons()).legend
        assert [text for _, text in legend.colours] == ["0.001", "0.01", "0.1", "1"]
        assert [text for _, text in legend.widths] == ["0.001", "0.1", "1"]
        assert legend.widths[0][0] < legend.widths[1][0] < legend.widths[2][0]
        assert legend.others == ()

    def test_parts_can_be_left_out(self):
        root = examples.two_neurons()
        picture = describe(root, values=False, gradients=False, local_derivatives=False)
        assert all(box.lines == () for box in boxes(picture))
        assert {arrow.text for arrow in picture.arrows} <= {"", "①", "②"}
        assert {arrow.width for arrow in picture.arrows} == {1.0}
        svg = write_svg(describe(root, gradients=False))
        assert "grad" not in " ".join(examples.texts(svg))

    def test_arrow_width_follows_the_gradient_that_flows(self):
        picture = describe(examples.two_neurons())
        named = by_title(picture)
        width = {arrow.tail: arrow.width for arrow in picture.arrows}
        assert width[named["w1"].id] < width[named["w2"].id] < width[named["a2"].id]

    def test_a_gradient_that_is_a_value_is_drawn(self):
        x = Value(3.0, label="x")
        (x**3).backward(create_graph=True)
        assert line(boxes(describe(x))[0], "grad") == "27.00"

    def test_a_single_leaf(self):
        picture = describe(Value(2.5, label="only"))
        assert len(picture.items) == 1
        assert picture.items[0].root
        assert examples.texts(write_svg(picture)) == ["only", "value", "2.500", "grad", "—"]

    def test_labels_override_names_in_the_picture_only(self):
        x, y = Value(2.0, label="x"), Value(2.0)  # equal numbers, different Values
        root = x * y
        picture = describe(root, labels={y: "same number", root: "z"})
        assert sorted(by_title(picture)) == ["same number", "x", "z"]
        assert (x.label, y.label, root.label) == ("x", "", "")

    def test_scopes_become_nested_clusters(self):
        picture = describe(examples.network([2, 2, 1]))
        titles = [(cluster.title, cluster.parent) for cluster in picture.clusters]
        assert sorted(title for title, _ in titles) == [
            "layer 1",
            "layer 2",
            "neuron 0",
            "neuron 0",
            "neuron 1",
        ]
        for title, parent in titles:
            assert (parent is None) == title.startswith("layer")
        by_id = {item.id: item for item in picture.items}
        inputs = [box for box in boxes(picture) if box.title.startswith("x")]
        assert all(box.cluster is None for box in inputs)
        assert sum(arrow.enters for arrow in picture.arrows) == 2 * 2 + 2
        for arrow in picture.arrows:
            if arrow.enters:
                assert by_id[arrow.tail].cluster != by_id[arrow.head].cluster


class TestColour:
    @pytest.mark.parametrize(
        ("gradient", "colour"),
        [
            (None, NO_GRADIENT),
            (0.0, ZERO),
            (-0.0, ZERO),
            (math.nan, NOT_FINITE),
            (math.inf, NOT_FINITE),
            (-math.inf, NOT_FINITE),
        ],
    )
    def test_gradients_without_a_logarithm(self, gradient, colour):
        scale = Scale.of([1.0, 0.001, gradient])
        assert scale == Scale(-3, 0)
        assert scale.colour(gradient) == colour
        assert 0 < scale.width(gradient) < 6

    def test_they_differ_from_each_other_and_from_the_scale(self):
        scale = Scale(-3, 0)
        on_scale = {scale.colour(10 ** (-3 * i / 50)) for i in range(51)}
        assert len({NO_GRADIENT, ZERO, NOT_FINITE} | on_scale) == 3 + len(on_scale)

    @pytest.mark.parametrize("gradients", [[5e-324], [1.7e308], [5e-324, 1.7e308], [0.0], [1.0]])
    def test_extreme_scales(self, gradients):
        scale = Scale.of(gradients)
        assert scale.low < scale.high
        samples = scale.samples()
        assert 2 <= len(samples) <= 5
        for size, text in samples:
            assert text
            scale.colour(size)
        for gradient in gradients:
            assert 0 <= scale.width(gradient) <= 5

    def test_the_sign_does_not_matter(self):
        scale = Scale(-3, 0)
        assert scale.colour(-0.02) == scale.colour(0.02)

    def test_text_is_readable_on_every_colour(self):
        scale = Scale(-3, 0)
        colours = [scale.colour(10 ** (-3 * i / 200)) for i in range(201)]
        for colour in [*colours, NO_GRADIENT, ZERO, NOT_FINITE]:
            assert contrast(colour, ink(colour)) >= 4.5  # WCAG AA
        for text in ("#00568a", "#b34700", "#5f5f5f"):
            assert contrast(text, "#ffffff") >= 4.5

    def test_the_table_is_that_of_matplotlib(self):
        colormaps = pytest.importorskip("matplotlib").colormaps
        for i in range(256):
            here = Scale(0, 255).colour(float(f"1e{i}"))
            expected = [round(255 * channel) for channel in colormaps["cividis"](i)[:3]]
            actual = [int(here[place : place + 2], 16) for place in (1, 3, 5)]
            assert max(abs(a - b) for a, b in zip(actual, expected, strict=True)) <= 3


class TestSize:
    def test_sixty_values_are_drawn_in_full_and_more_are_fused(self):
        full, fused = describe(examples.chain(60)), describe(examples.chain(61))
        assert (len(boxes(full)), len(operations(full))) == (60, 59)
        assert (len(boxes(fused)), len(operations(fused))) == (61, 0)
        assert [box.title for box in boxes(fused)] == ["x"] + ["tanh"] * 60
        assert fused.arrows[0].text == "0.7864"

    def test_a_fused_box_names_its_constants_and_itself(self):
        root = examples.chain(61) ** 2
        root.label = "y"
        assert boxes(describe(root))[-1].title == "^ ② 2 → y"

    def test_four_hundred_values_keep_their_boxes(self):
        assert len(boxes(describe(examples.chain(400)))) == 400

    def test_above_that_neurons_collapse(self):
        picture = describe(examples.network([4, 24, 12, 1]))
        assert len(boxes(picture, "group")) == 37
        group = next(box for box in boxes(picture, "group"))
        assert group.title == "neuron 0"
        assert group.lines[0].text == "×7 values"
        assert line(group, "max |grad|") != "—"
        assert [cluster.title for cluster in picture.clusters] == ["layer 1", "layer 2", "layer 3"]

    def test_above_that_layers_collapse(self):
        picture = describe(examples.network([4, 300, 150, 1]))
        groups = boxes(picture, "group")
        assert [box.title for box in groups] == ["layer 1", "layer 2", "layer 3"]
        assert groups[0].lines[0].text == "×2,100 values"
        between = {(arrow.tail, arrow.head): arrow.text for arrow in picture.arrows}
        assert between[groups[0].id, groups[1].id] == "×45000"

    def test_neurons_with_too_many_arrows_collapse_into_layers(self):
        picture = describe(examples.network([2, 60, 40, 1]))
        assert [box.title for box in boxes(picture, "group")] == ["layer 1", "layer 2", "layer 3"]

    def test_a_module_that_is_applied_twice_is_drawn(self):
        w = Value(0.5, label="w")
        x = Value(1.0)
        for index in range(600):
            x = (x * w).tanh()
            x.scope = "a" if index % 2 else "b"
        w.scope = "a"
        picture = describe(x)
        assert {box.title for box in boxes(picture, "group")} == {"a", "b"}
        assert len(examples.groups(write_svg(picture), "group")) == 2

    def test_a_graph_that_is_too_large_names_the_ways_out(self):
        root = examples.chain(3001)
        with pytest.raises(ValueError, match=r"3,001 boxes.*wrt=.*max_depth=.*force=True"):
            viz.draw(root)
        assert len(boxes(describe(root, force=True))) == 3001
        assert len(boxes(describe(root, max_depth=10))) == 11
        assert len(boxes(describe(examples.chain(3000)))) == 3000

    def test_the_scale_is_that_of_what_is_drawn(self):
        x = Value(1.0, label="x")
        inner = x
        for _ in range(500):
            inner = (inner * 0.5).tanh()
            inner.scope = "module"
            inner.operands[0].scope = "module"
        root = inner.exp()
        root.backward()
        legend = describe(root).legend
        assert [text for _, text in legend.colours][-1] == "1"
        assert len(boxes(describe(root))) == 3

    def test_dense_pictures_have_thin_arrows(self):
        sparse, dense = (
            describe(examples.network([2, 3, 1])),
            describe(examples.network([8, 20, 20, 1])),
        )
        assert (sparse.dense, dense.dense) == (False, True)
        assert max(arrow.width for arrow in dense.arrows) < 1.5
        assert dense.legend.widths == ()
        assert dense.legend.notes[0].startswith("the thicker an arrow")


class TestRestriction:
    def test_wrt_keeps_the_paths_only(self):
        root = examples.two_neurons()
        w1 = next(node for node in autograd.graph.topological_order(root) if node.label == "w1")
        picture = describe(root, wrt=w1)
        assert boxes(picture, "leaf") == [by_title(picture)["w1"]]
        assert boxes(picture, "constant") == []
        assert {"z1", "a1", "z2", "a2", "E"} <= set(by_title(picture))
        assert len(picture.arrows) == 2 * len(operations(picture))

    def test_wrt_an_intermediate_value_starts_there(self):
        x = Value(2.0, label="x")
        middle = x.tanh()
        middle.label = "m"
        picture = describe(middle.exp(), wrt=middle)
        assert [item.id for item in picture.items] == ["n0", "op1", "n1"]

    def test_wrt_several_values(self):
        a, b, c = (Value(float(i), label=name) for i, name in enumerate("abc", start=1))
        assert set(by_title(describe(a * b * c, wrt=[a, c]))) == {"a", "c"}

    def test_wrt_that_is_not_reachable(self):
        with pytest.raises(ValueError, match=r"not reachable.*'other'"):
            viz.draw(Value(1.0).tanh(), wrt=Value(1.0, label="other"))

    @pytest.mark.parametrize("wrt", [[], [1.0], "x"])
    def test_wrt_that_is_no_value(self, wrt):
        with pytest.raises((TypeError, ValueError), match="wrt="):
            viz.draw(Value(1.0).tanh(), wrt=wrt)

    def test_max_depth_marks_what_it_cuts(self):
        picture = describe(examples.chain(10), max_depth=3)
        assert len(boxes(picture)) == 4
        assert [box.cut for box in boxes(picture)] == [True, False, False, False]
        assert boxes(picture)[0].lines[-1].text == "operands not drawn"
        assert len(boxes(describe(examples.chain(10), max_depth=0))) == 1
        assert not any(box.cut for box in boxes(describe(examples.chain(4), max_depth=3)))

    @pytest.mark.parametrize("depth", [-1, 1.5, True, "2"])
    def test_max_depth_must_be_a_count(self, depth):
        with pytest.raises(ValueError, match="max_depth"):
            viz.draw(Value(1.0), max_depth=depth)


class TestArguments:
    @pytest.mark.parametrize("thing", [1.0, None, "x", [Value(1.0)]])
    def test_what_is_not_a_value(self, thing):
        kind = type(thing).__name__
        with pytest.raises(TypeError, match=f"needs a Value or a Tensor, got {kind}"):
            viz.draw(thing)

    def test_directions(self):
        with pytest.raises(ValueError, match=r"LR, RL, TB, BT, got 'down'"):
            viz.draw(Value(1.0), direction="down")
        for direction in ("LR", "RL", "TB", "BT"):
            source = viz.draw(Value(1.0), direction=direction).source
            assert f"rankdir={direction}" in source

    def test_formats(self):
        with pytest.raises(ValueError, match=r"svg, png, pdf, dot, got 'gif'"):
            viz.draw(Value(1.0), format="gif")
        assert viz.draw(Value(1.0), format="png").format == "png"

    @pytest.mark.parametrize("labels", [["x"], {"x": "y"}, {Value(1.0): 3}])
    def test_labels_that_are_no_names(self, labels):
        with pytest.raises(TypeError, match="labels="):
            viz.draw(Value(1.0), labels=labels)


class TestDot:
    def test_the_source_has_the_nodes_and_arrows_of_the_picture(self):
        root = examples.two_neurons()
        picture = describe(root)
        nodes, edges, attributes = examples.dot_statements(viz.draw(root).source)
        assert sorted(nodes) == sorted(item.id for item in picture.items)
        assert edges == [(arrow.tail, arrow.head) for arrow in picture.arrows]
        labels = [text for found in attributes for kind, text in found.values() if kind == "html"]
        shown = " ".join(text for label in labels for text in examples.html_text(label))
        for text in ("value ", "0.6023", "grad ", "0.001021", "0.2395", "|grad|", "σ", "−"):
            assert text in shown

    def test_shapes_tell_leaf_value_and_root_apart(self):
        x = Value(1.0, label="x")
        _, _, attributes = examples.dot_statements(viz.draw(x.tanh().exp()).source)
        styles = {
            found["class"][1].strip('"'): (found["style"][1].strip('"'), "peripheries" in found)
            for found in attributes
            if "class" in found
        }
        assert styles["leaf"] == ("filled", False)
        assert styles["value"] == ("filled,rounded", False)
        assert styles["value root"] == ("filled,rounded", True)

    def test_clusters(self):
        root = examples.network([2, 2, 1])
        source = viz.draw(root).source
        assert source.count("subgraph cluster") == 5
        nodes, edges, _ = examples.dot_statements(source)
        way_points = {node for node in nodes if node.startswith("via")}
        assert len(way_points) == 6
        # an arrow through a way point is two pieces of one line
        assert len(edges) == len(describe(root).arrows) + len(way_points)


SCRIPT = """
import sys
import viz
from tests.viz import examples
from viz.diagram import describe
from viz.svg import write_svg
for root in (examples.two_neurons(), examples.network([3, 4, 2]), examples.network([4, 24, 12, 1])):
    sys.stdout.write(viz.draw(root).source + write_svg(describe(root)) + viz.tree(root))
"""


def test_the_same_bytes_on_every_run():
    first = examples.printed_with_hash_seed("1", SCRIPT)
    assert len(first) > 50_000
    assert first == examples.printed_with_hash_seed("2", SCRIPT)


def test_ids_name_what_has_no_name():
    x = Value(2.0, label="x")
    y = (x * 3).tanh()
    titles = {box.title for box in describe(y, ids=True).items if isinstance(box, Box)}
    assert titles == {"x", "3", "n1", "n2"}
    assert "n1" in viz.tree(y)
    only = describe(y, ids=True, max_depth=1)
    assert [box.title for box in only.items if isinstance(box, Box)] == ["n1", "n2"]


def test_a_diagram_that_is_drawn_already_is_saved(tmp_path):
    x = Value(2.0, label="x")
    diagram = viz.draw(x * x, direction="TB")
    assert viz.save(diagram, tmp_path / "y.svg").read_bytes() == diagram.pipe("svg")
    comparison = viz.compare(x * x, x * x)
    drawn = viz.save(comparison, tmp_path / "c.svg").read_bytes()
    assert drawn == comparison.diagram.pipe("svg")
    with pytest.raises(TypeError, match="give the options to draw"):
        viz.save(diagram, tmp_path / "y.svg", direction="LR")
    with pytest.raises(TypeError, match="or one that draw, draw_model or compare has drawn"):
        viz.save("y", tmp_path / "y.svg")
    with pytest.raises(ValueError, match=r"animate\(root, path\) writes a \.gif"):
        viz.save(x * x, tmp_path / "y.gif")
    with pytest.raises(ValueError, match="leave out the character"):
        viz.save(x * x, tmp_path / "y\0.svg")
