"""Pictures of arrays: shape, summary and numbers in a box, and what stands on an arrow."""

import math

import numpy as np
import pytest

import autograd
import viz
from autograd import Tensor, Value
from autograd.graph import topological_order
from tests.viz import examples
from tests.viz.hostile import HOSTILE, ids
from tests.viz.test_hostile_labels import check_svg
from viz import arrays
from viz.colour import NO_GRADIENT, NOT_FINITE, ZERO, Scale
from viz.diagram import GRADIENT_COLOUR, VALUE_COLOUR, Box, Operation, describe
from viz.nodes import derivative, flow, slots, symbol
from viz.svg import write_svg
from viz.text import visible


def boxes(picture, *kinds):
    return [
        item
        for item in picture.items
        if isinstance(item, Box) and (not kinds or item.kind in kinds)
    ]


def symbols(picture):
    return [item.symbol for item in picture.items if isinstance(item, Operation)]


def by_title(picture):
    return {box.title: box for box in boxes(picture) if box.title}


def line(box, prefix):
    return next(line.text for line in box.lines if line.prefix == prefix)


def matrices(box):
    """The numbers that a box shows, by their colour."""
    return {line.colour: line.rows for line in box.lines if line.rows}


def texts_into(picture, head):
    return [arrow.text for arrow in picture.arrows if arrow.head == head]


def derivatives(node):
    return [derivative(node, slot, {}).text for slot in slots(node)]


class TestArrays:
    """How an array is written."""

    @pytest.mark.parametrize(
        ("array", "written"),
        [
            (np.zeros((3, 4)), "3×4"),
            (np.zeros((2, 3, 4), dtype="float32"), "2×3×4 float32"),
            (np.zeros(5), "5"),
            (np.zeros(()), "()"),
            (np.zeros((0, 3)), "0×3"),
            (np.arange(4), "4 int64"),
            (np.zeros(4, dtype=bool), "4 bool"),
        ],
    )
    def test_kind(self, array, written):
        assert arrays.kind(array) == written

    def test_the_default_dtype_is_not_named(self):
        autograd.set_default_dtype("float32")
        try:
            assert arrays.kind(np.zeros(2, dtype="float32")) == "2"
            assert arrays.kind(np.zeros(2)) == "2 float64"
        finally:
            autograd.set_default_dtype("float64")

    @pytest.mark.parametrize(
        ("array", "written"),
        [
            (np.array([3.0, -4.0]), "norm 5.000, -4 … 3"),
            (np.array([[2.5]]), "2.500"),
            (np.array(1e-6), "1.000e-06"),
            (np.full((3, 3), 0.25), "norm 0.7500, all 0.25"),
            (np.zeros(3), "norm 0.000, all 0"),
            (-np.zeros(3), "norm 0.000, all 0"),
            (np.zeros((0, 3)), "no elements"),
            (np.array([np.nan, 1.0, 2.0]), "norm nan, 1 … 2, 1 nan"),
            (np.array([np.inf, -np.inf, 2.0]), "norm inf, 2, 2 inf"),
            (np.array([np.nan, np.nan]), "norm nan, 2 nan"),
            (np.array([np.nan, np.inf]), "norm nan, 1 nan, 1 inf"),
            (np.array([1, 2, 2]), "norm 3.000, 1 … 2"),
            (np.array([0.25, 0.250001]), "norm 0.3536, all 0.25"),
            (np.array([True, False, True]), "2 of 3 true"),
            (np.array([1e200, 1e200]), "norm 1.414e+200, all 1e+200"),
            (np.array([3e38, 3e38], dtype="float32"), "norm 4.243e+38, all 3e+38"),
        ],
    )
    def test_summary(self, array, written):
        assert arrays.summary(array) == written

    @pytest.mark.parametrize(
        ("array", "norm"),
        [
            (np.array([3e-300, 4e-300]), 5e-300),
            (np.array([5e-324]), 5e-324),
            (np.full(4, 1.7e308), math.inf),
            (np.array([np.inf, 1.0]), math.inf),
            (np.array([]), 0.0),
        ],
    )
    def test_norms_at_the_ends_of_the_range(self, array, norm):
        with np.errstate(over="ignore"):
            assert arrays.norm(array) == pytest.approx(norm, rel=1e-12)

    def test_numbers_stand_in_rows(self):
        assert arrays.numbers(np.array([1.0, 0.5])) == (("1", "0.5"),)
        assert arrays.numbers(np.array([[1.0], [0.5]])) == (("1",), ("0.5",))
        assert arrays.numbers(np.arange(6.0).reshape(2, 1, 3)) == (
            ("0", "1", "2"),
            ("3", "4", "5"),
        )
        assert arrays.numbers(np.array(3.0)) == (("3",),)
        assert arrays.numbers(np.arange(7.0)) == ()
        assert arrays.numbers(np.zeros((0, 2))) == ()

    def test_inline(self):
        assert arrays.inline(np.array([[1.0, 0.5], [-2.0, 0.0]])) == "[[1 0.5] [-2 0]]"
        assert arrays.inline(np.array(2.0)) == "2"
        assert arrays.inline(np.arange(7.0)) == ""
        assert arrays.inline(np.full(4, -1.2345e-20)) == ""  # too long for a line


class TestBoxes:
    def test_shape_summary_numbers_and_gradient(self):
        named = by_title(describe(examples.dense()))
        box = named["W"]
        assert [(line.prefix, line.text) for line in box.lines] == [
            ("shape", "2×3"),
            ("value", "norm 1.609, -1.2 … 0.8"),
            ("", ""),
            ("grad", "norm 3.684, 0.4869 … 2.567"),
            ("", ""),
        ]
        assert matrices(box) == {
            VALUE_COLOUR: (("0.5", "-1.2", "0.3"), ("0.8", "0.1", "-0.4")),
            GRADIENT_COLOUR: (("0.4869", "0.9738", "1.461"), ("0.8556", "1.711", "2.567")),
        }
        root = named["y"]
        assert [(line.prefix, line.text) for line in root.lines] == [
            ("shape", "()"),
            ("value", "-1.096"),
            ("grad", "1.000"),
        ]
        assert root.root

    def test_many_elements_are_summarized(self):
        box = boxes(describe(Tensor(np.arange(20.0).reshape(4, 5))))[0]
        assert [(line.prefix, line.text) for line in box.lines] == [
            ("shape", "4×5"),
            ("value", "norm 49.70, 0 … 19"),
            ("grad", "—"),
        ]
        assert box.fill == NO_GRADIENT

    def test_the_dtype_is_named_unless_it_is_the_default(self):
        x = Tensor(np.zeros((2, 2), dtype="float32"), label="x")
        assert line(boxes(describe(x))[0], "shape") == "2×2 float32"

    def test_parts_can_be_left_out(self):
        root = examples.dense()
        picture = describe(root, values=False, gradients=False, local_derivatives=False)
        assert {line.prefix for box in boxes(picture) for line in box.lines} == {"shape"}
        assert {arrow.text for arrow in picture.arrows} == {"", "①", "②"}
        shown = examples.texts(write_svg(describe(root, gradients=False)))
        assert not {"grad", "|grad|"} & set(shown)

    def test_looking_does_not_hand_out_the_data(self):
        x = Tensor([1.0, 2.0], label="x")
        y = (x * x).sum()
        y.backward()
        viz.draw(y)
        viz.tree(y)
        assert not x._notes.lent
        assert y.grad == 1.0

    def test_the_norm_of_the_gradient_is_its_colour(self):
        x, y, z = (Tensor([3.0, 4.0], label=name) for name in "xyz")
        for tensor, grad in ((x, [3.0, 4.0]), (y, [0.0, 0.0]), (z, [1.0, np.nan])):
            tensor.grad = np.array(grad)
        named = by_title(describe(autograd.concatenate([x, y, z])))
        assert named["x"].fill == Scale.of([5.0]).colour(5.0)
        assert named["y"].fill == ZERO
        assert named["z"].fill == NOT_FINITE

    def test_a_gradient_that_is_a_tensor_is_drawn(self):
        x = Tensor([1.0, 2.0], label="x")
        (x**3).sum().backward(create_graph=True)
        assert line(boxes(describe(x))[0], "grad") == "norm 12.37, 3 … 12"

    def test_values_and_tensors_in_one_picture(self):
        picture = describe(examples.line_fit())
        named = by_title(picture)
        assert [(line.prefix, line.text) for line in named["w"].lines] == [
            ("value", "1.500"),
            ("grad", "-7.500"),
        ]
        assert line(named["loss"], "shape") == "()"
        assert symbols(picture) == ["×", "−", "^", "mean"]

    def test_constants(self):
        picture = describe(examples.line_fit())
        data, target, two = boxes(picture, "constant")
        assert (data.title, data.lines[0].rows) == ("shape 4", (("1", "2", "3", "4"),))
        assert (target.title, target.lines[0].rows) == ("shape 4", (("2", "4", "6", "8"),))
        assert (two.title, two.lines) == ("2", ())

    def test_large_constants(self):
        x = Tensor(np.zeros((3, 4)), label="x")
        mask = np.arange(12).reshape(3, 4) > 4
        constant, other = boxes(describe(autograd.where(mask, x, 0.0)), "constant")
        assert (constant.title, constant.lines[0].text) == ("shape 3×4 bool", "7 of 12 true")
        assert other.title == "0"
        constant = boxes(describe(x * np.arange(12).reshape(3, 4)), "constant")[0]
        assert (constant.title, constant.lines[0].text) == (
            "shape 3×4 int64",
            "norm 22.49, 0 … 11",
        )

    def test_empty_arrays(self):
        x = Tensor(np.zeros((0, 3)), label="x")
        y = (x * 2.0).sum()
        y.backward()
        assert line(by_title(describe(y))["x"], "value") == "no elements"
        assert "no elements" in viz.tree(y)
        viz.draw(y)


class TestSymbols:
    def test_parameters_stand_with_the_symbol(self):
        x, v = Tensor(np.arange(12.0).reshape(3, 4)), Tensor(np.arange(3.0))
        shown = {
            "Σ": x.sum(),
            "Σ axis=0": x.sum(axis=0),
            "mean axis=1": x.mean(axis=1, keepdims=True),
            "max axis=0,2": x.reshape(3, 2, 2).max(axis=(0, 2)),
            "‖·‖": x.norm(),
            "softmax axis=1": x.softmax(),
            "softmax": v.softmax(),
            "log Σ exp axis=1": x.logsumexp(axis=1),
            "reshape 2×6": x.reshape(2, 6),
            "reshape 12": x.ravel(),
            "reshape ()": v[:1].reshape(()),
            "broadcast 2×3": autograd.broadcast_to(v, (2, 3)),
            "ᵀ": x.T,
            "ᵀ 0,2,1": x.reshape(3, 2, 2).transpose(0, 2, 1),
            "dtype float32": x.astype("float32"),
            "concat axis=1": autograd.concatenate([x, x], axis=1),
            "concat": autograd.concatenate([v, v]),
            "stack axis=0": autograd.stack([v, v]),
            "cumsum": v.cumsum(),
            "einsum ij->j": autograd.einsum("ij->j", x),
            "pad": autograd.pad(v, 1),
            "@": x.T @ v,
            "tanh": x.tanh(),
        }
        assert {name: symbol(node) for name, node in shown.items()} == {
            name: name for name in shown
        }

    @pytest.mark.parametrize(
        ("index", "written"),
        [
            (0, "[0]"),
            (slice(1, 3), "[1:3]"),
            ((slice(None), -1), "[:, -1]"),
            (slice(None, None, -1), "[::-1]"),
            ((Ellipsis, None), "[…, None]"),
            ([0, 2], "[[0 2]]"),
            (np.arange(12).reshape(3, 4) > 3, "[mask]"),
            (([0, 1, 2, 0, 1, 2],), "[·]"),
            ((), "[·]"),
        ],
    )
    def test_indices(self, index, written):
        x = Tensor(np.arange(12.0).reshape(3, 4))
        assert symbol(x[index]) == written

    def test_in_ascii(self):
        x = Tensor(np.arange(12.0).reshape(3, 4))
        nodes = [x.reshape(2, 6), x[..., 0], x.T, x[np.zeros(9, int)], x.logsumexp(axis=0)]
        assert [symbol(node, ascii=True) for node in nodes] == [
            *("reshape 2x6", "[..., 0]", "T", "[]", "logsumexp axis=0"),
        ]


class TestArrows:
    def test_elementwise_derivatives(self):
        x, y = Tensor([1.0, 2.0, 3.0]), Tensor([[1.0, 2.0], [3.0, 4.0]])
        assert derivatives(x * x) == ["[1 2 3]"] * 2
        assert derivatives(x - x) == ["1.000", "-1.000"]
        assert derivatives(x * 2.0) == ["2.000", ""]
        assert derivatives(x * np.full(3, 2.0)) == ["2.000", ""]
        assert derivatives(x * np.array([2.0, 2.00001, 2.0])) == ["2.000", ""]
        assert derivatives(y * y) == ["1 … 4"] * 2
        assert derivatives(Tensor(np.linspace(0, 1, 9)).sigmoid()) == ["0.1966 … 0.25"]
        assert derivatives(Tensor([-1.0, 0.0, 4.0]).sqrt()) == ["[nan inf 0.25]"]
        assert derivatives(Tensor([[-1.0, 0.0, 4.0]]).sqrt()) == ["0.25, 1 nan, 1 inf"]

    def test_reductions(self):
        x = Tensor([1.0, 5.0, 5.0])
        assert derivatives(x.sum()) == ["1.000"]
        assert derivatives(x.mean()) == ["0.3333"]
        assert derivatives(x.max()) == ["[0 0.5 0.5]"]
        assert derivatives(Tensor([3.0, 4.0]).norm()) == ["[0.6 0.8]"]
        assert derivatives(Tensor(np.zeros((2, 3))).logsumexp(axis=1)) == ["0.3333"]

    def test_matrix_products_name_the_other_factor(self):
        w, x = Tensor(np.ones((3, 4)), label="W"), Tensor(np.ones((4, 2)), label="X")
        assert derivatives(w @ x) == ["· Xᵀ", "Wᵀ ·"]
        assert derivatives(w @ np.ones((4, 2))) == ["· (4×2)ᵀ", ""]
        assert derivatives(w @ np.arange(4.0)) == ["· [0 1 2 3]ᵀ", ""]
        assert derivatives(np.ones((2, 3)) @ w) == ["", "(2×3)ᵀ ·"]
        other = Tensor(np.ones((4, 2)), label=" ")
        assert derivatives(w @ other)[0] == "· (4×2)ᵀ"
        arrow = describe(w @ x, labels={x: "batch"}).arrows[0]
        assert arrow.text == "① · batchᵀ"
        x.label = "x" * 100
        assert derivatives(w @ x)[0] == "· " + "x" * 15 + "…ᵀ"

    def test_what_only_moves_elements_says_nothing(self):
        x = Tensor(np.arange(6.0).reshape(2, 3))
        for node in (x.T, x.ravel(), x[0], autograd.concatenate([x, x]), x.astype("float32")):
            assert set(derivatives(node)) == {""}
        assert derivatives(x.softmax()) == [""]  # every element depends on every other

    def test_a_broadcast_operand_says_that_its_gradient_is_a_sum(self):
        x, b, w = Tensor(np.ones((3, 2))), Tensor([1.0, 2.0]), Value(2.0)
        assert derivatives(x + b) == ["1.000", "Σ 1.000"]
        assert derivatives(w * b) == ["Σ [1 2]", "2.000"]
        assert derivatives(x * b) == ["[1 2]", "Σ 1.000"]

    def test_empty_arrays_say_nothing(self):
        assert derivatives(Tensor(np.zeros((0, 3))).tanh()) == [""]

    def test_the_legend_explains_what_is_there(self):
        legend = describe(examples.dense()).legend
        assert any(note.startswith("· Aᵀ on an arrow") for note in legend.notes)
        assert any("norm" in note for note in legend.notes)
        assert not any(note.startswith(("Σ", "a … b")) for note in legend.notes)
        notes = describe(examples.softmax_classifier()).legend.notes
        assert any(note.startswith("Σ on an arrow") for note in notes)
        assert any(note.startswith("a … b on an arrow") for note in notes)
        assert not any("norm" in note for note in describe(examples.two_neurons()).legend.notes)

    def test_the_legend_before_backward(self):
        x = Tensor([1.0, 2.0], label="x")
        notes = describe((x @ x) * Value(2.0)).legend.notes
        assert [note.split()[0] for note in notes] == ["·", "①"]

    def test_texts_in_the_picture(self):
        picture = describe(examples.dense())
        assert texts_into(picture, "op2") == ["① · xᵀ", "② Wᵀ ·"]
        assert texts_into(picture, "op4") == ["1.000", "1.000"]
        assert texts_into(picture, "op5") == ["[0.4869 0.8556]"]
        assert texts_into(picture, "op6") == ["1.000"]

    def test_what_flows_back_adds_up_to_the_gradient(self):
        root = examples.softmax_classifier()
        arriving = {}
        for node in topological_order(root):
            for slot in slots(node):
                if slot.partial is not None:
                    arriving.setdefault(id(slot.operand), []).append(flow(node, slot))
        for node in topological_order(root):
            flows = arriving.get(id(node), [])
            if len(flows) == 1:
                assert abs(flows[0]) == pytest.approx(np.linalg.norm(node.grad), rel=1e-12)

    def test_the_width_is_by_the_norm_of_what_flows_back(self):
        picture = describe(examples.dense())
        named = by_title(picture)
        width = {arrow.tail: arrow.width for arrow in picture.arrows}
        assert width[named["W"].id] > width[named["x"].id]
        scale = Scale(-1, 1)
        assert width[named["x"].id] == scale.width(arrays.norm(np.array([0.928, -0.4987, -0.1962])))

    def test_the_branch_that_where_did_not_choose(self):
        x = Tensor([1.0, -1.0, 0.0], label="x")
        y = autograd.where(np.array([True, False, False]), x.log(), 0.0).sum()
        y.grad = None
        where = y.operands[0]
        where.grad = np.array([1.0, np.nan, np.inf])
        assert flow(where, list(slots(where))[1]) == 1.0

    def test_no_gradient_no_flow(self):
        x = Tensor([1.0, 2.0])
        y = x * 2.0
        assert [flow(y, slot) for slot in slots(y)] == [None, None]
        assert {arrow.width for arrow in describe(y).arrows} == {1.0}
        assert describe(y).legend is None


class TestRestriction:
    def test_wrt_a_tensor(self):
        root = examples.softmax_classifier()
        kernel = next(node for node in topological_order(root) if node.label == "W1")
        picture = describe(root, wrt=kernel)
        assert [box.title for box in boxes(picture, "leaf")] == ["W1"]
        assert boxes(picture, "constant") == []

    def test_wrt_a_value_among_tensors_and_the_other_way_round(self):
        w, x = Value(2.0, label="w"), Tensor([1.0, 2.0], label="x")
        root = ((w * w) * x).sum()
        assert set(by_title(describe(root, wrt=w))) == {"w"}
        assert set(by_title(describe(root, wrt=[w, x]))) == {"w", "x"}

    def test_wrt_that_is_not_reachable(self):
        x, other = Tensor([1.0, 2.0]), Tensor(np.zeros((3, 4)), label="other")
        with pytest.raises(ValueError, match=r"wrt=a Tensor of shape .3, 4.* that Tensor 'other'"):
            viz.draw(x.sum(), wrt=other)

    def test_max_depth(self):
        picture = describe(examples.softmax_classifier(), max_depth=2)
        assert [box.cut for box in boxes(picture, "leaf", "value")] == [True, False, False]
        assert boxes(picture)[0].lines[-1].text == "operands not drawn"

    def test_gradient_range(self):
        legend = describe(examples.dense(), gradient_range=(1e-3, 1)).legend
        assert [text for _, text in legend.colours] == ["0.001", "0.01", "0.1", "1"]

    @pytest.mark.parametrize("thing", [np.zeros(3), [Tensor([1.0])], 1.0, None])
    def test_what_is_neither_a_value_nor_a_tensor(self, thing, tmp_path):
        kind = type(thing).__name__
        with pytest.raises(TypeError, match=f"needs a Value or a Tensor, got {kind}"):
            viz.draw(thing)
        with pytest.raises(TypeError, match=f"needs a Value or a Tensor, got {kind}"):
            viz.tree(thing)
        with pytest.raises(TypeError, match="diagram of a Value or a Tensor"):
            viz.save(thing, tmp_path / "y.svg")

    @pytest.mark.parametrize("wrt", [np.zeros(3), [np.zeros(3)]])
    def test_wrt_that_is_an_array(self, wrt):
        with pytest.raises(TypeError, match="wrt= takes a Value or a Tensor"):
            viz.draw(Tensor([1.0, 2.0]).sum(), wrt=wrt)


class TestSize:
    def test_a_fused_box_shows_the_summary_only(self):
        x = Tensor([1.0, 2.0], label="x")
        root = x
        for _ in range(30):
            root = root.reshape(2, 1).reshape(2)
        root = root * np.array([2.0, 3.0]) ** 1.0
        root.label = "y"
        picture = describe(root)
        assert symbols(picture) == []
        assert [box.title for box in boxes(picture)][-3:] == [
            *("reshape 2×1", "reshape 2", "× [2 3] → y"),
        ]
        assert not any(line.rows for box in boxes(picture) for line in box.lines)
        title = boxes(describe(root * np.zeros((3, 2))))[-1].title
        assert title == "× array 3×2"

    def test_layers_of_tensors_collapse(self):
        root = examples.deep_network(90)
        picture = describe(root)
        groups = boxes(picture, "group")
        assert [box.title for box in groups[:2]] == ["layer 0", "layer 1"]
        assert groups[0].lines[0].text == "×5 Tensors"
        largest = max(
            np.linalg.norm(node.grad) for node in topological_order(root) if node.scope == "layer 0"
        )
        assert float(line(groups[0], "max ‖grad‖")) == pytest.approx(largest, rel=1e-3)
        assert "norm" in picture.legend.notes[-1]

    def test_groups_of_both_kinds(self):
        w, x = Value(2.0), Tensor([1.0, 2.0])
        for _ in range(201):
            w, x = w.tanh(), x.tanh()
            w.scope = x.scope = "both"
        root = w * x
        assert "×402 nodes" in [line.text for box in boxes(describe(root)) for line in box.lines]


class TestRenderers:
    def test_each_engine_shows_the_numbers(self, engine):
        svg = viz.draw(examples.dense()).pipe("svg", encoding="utf-8")
        shown = [text.strip().replace("\xa0", " ") for text in examples.texts(svg)]
        for text in ("2×3", "norm 1.609, -1.2 … 0.8", "-1.2", "1.461", "① · xᵀ", "@", "W"):
            assert text in shown
        assert len(examples.groups(svg, "leaf")) == 3

    def test_each_engine_shows_constants(self, engine):
        svg = viz.draw(examples.line_fit()).pipe("svg", encoding="utf-8")
        assert len(examples.groups(svg, "constant")) == 3
        shown = [text.strip().replace("\xa0", " ") for text in examples.texts(svg)]
        assert shown.count("shape 4") == 2
        assert "Σ [1 2 3 4]" in shown

    @pytest.mark.parametrize("direction", ["LR", "RL", "TB", "BT"])
    def test_nothing_leaves_its_box(self, direction):
        svg = write_svg(describe(examples.softmax_classifier(), direction=direction))
        for kind in ("leaf", "value", "constant"):
            for group in examples.groups(svg, kind):
                outer = group.find(f"{examples.SVG}rect")
                left, top = float(outer.get("x")), float(outer.get("y"))
                right = left + float(outer.get("width"))
                bottom = top + float(outer.get("height"))
                for text in group.iter(f"{examples.SVG}text"):
                    assert left < float(text.get("x")) < right
                    assert top < float(text.get("y")) < bottom - 1
                for path in group.iter(f"{examples.SVG}path"):
                    start, across, down, _ = path.get("d").split()
                    x, y = map(float, start.removeprefix("M").split(","))
                    assert left < min(x, float(across[1:])) < max(x, float(across[1:])) < right
                    assert top < y < float(down[1:]) < bottom

    def test_columns_of_a_matrix_end_at_the_same_place(self):
        svg = write_svg(describe(Tensor([[0.5, -1.25], [100.0, 3.0]], label="W")))
        ends = {
            text.text: text.get("x")
            for text in examples.parse(svg).iter(f"{examples.SVG}text")
            if text.get("text-anchor") == "end"
        }
        assert ends["0.5"] == ends["100"]
        assert ends["-1.25"] == ends["3"]
        assert float(ends["0.5"]) < float(ends["3"])

    def test_the_notebook_picture(self):
        y = examples.dense()
        bundle = y._repr_mimebundle_()
        assert "image/svg+xml" in bundle
        assert bundle["text/plain"] == repr(y)

    def test_dot_has_the_nodes_and_arrows_of_the_picture(self):
        root = examples.softmax_classifier()
        picture = describe(root)
        nodes, edges, attributes = examples.dot_statements(viz.draw(root).source)
        assert sorted(nodes) == sorted(item.id for item in picture.items)
        assert edges == [(arrow.tail, arrow.head) for arrow in picture.arrows]
        for found in attributes:
            if found.get("label", ("",))[0] == "html":
                examples.html_text(found["label"][1])

    @pytest.mark.parametrize("label", HOSTILE, ids=ids)
    def test_hostile_labels(self, label):
        w, x = Tensor([[1.0, 2.0]], label=label), Tensor([1.0, -1.0], label="x")
        root = w @ x
        root.label = label
        root.scope = f"{label} / inner"
        root.backward()
        svg = write_svg(describe(root))
        check_svg(svg, label)
        assert examples.texts(svg).count(visible(label)) == 3  # w, the root, the cluster
        _, edges, attributes = examples.dot_statements(viz.draw(root).source)
        assert {name for edge in edges for name in edge if not name.startswith("via")} == {
            *("n0", "n1", "n2", "op2"),
        }
        assert not {"URL", "href", "tooltip", "evil"} & {key for each in attributes for key in each}
        assert len(viz.tree(root).split("\n")) == 4


class TestTree:
    def test_unicode(self):
        assert viz.tree(examples.dense()).splitlines() == [
            "               id  shape                   value                        grad",
            "y = Σ          n6     ()                  -1.096                       1.000",
            "└─ tanh        n5      2       [-0.7163 -0.3799]                       [1 1]",
            "   └─ z = +    n4      2             [-0.9 -0.4]             [0.4869 0.8556]",
            "      ├─ @     n2      2               [-1 -0.2]             [0.4869 0.8556]",
            "      │  ├─ W  n0    2×3  norm 1.609, -1.2 … 0.8  norm 3.684, 0.4869 … 2.567",
            "      │  └─ x  n1      3                 [1 2 3]     [0.928 -0.4987 -0.1962]",
            "      └─ b     n3      2              [0.1 -0.2]             [0.4869 0.8556]",
        ]

    def test_ascii(self):
        text = viz.tree(examples.dense(), ascii=True)
        assert text.isascii()
        assert "norm 1.609, -1.2 ... 0.8" in text
        assert "2x3" in text

    def test_values_and_constants(self):
        assert viz.tree(examples.line_fit(), gradients=False).splitlines() == [
            "                       id  shape              value",
            "loss = mean            n4     ()              1.875",
            "└─ ^                   n3      4    [0.25 1 2.25 4]",
            "   ├─ −                n2      4  [-0.5 -1 -1.5 -2]",
            "   │  ├─ ×             n1      4      [1.5 3 4.5 6]",
            "   │  │  ├─ w          n0                     1.500",
            "   │  │  └─ [1 2 3 4]",
            "   │  └─ [2 4 6 8]",
            "   └─ 2",
        ]

    def test_large_constants(self):
        lines = viz.tree(Tensor(np.zeros((3, 4))) * np.ones((3, 4), dtype="float32")).splitlines()
        assert lines[-1] == "└─ array 3×4 float32: norm 3.464, all 1"


def test_array_that_a_compiled_function_returned():
    x = Tensor([1.0, 2.0], label="x")

    @autograd.compile
    def squares(x):
        return x * x

    root = squares(x).sum()
    explained = viz.explain(root, x).text(ascii=True)
    assert "@ squares'" in explained
    assert "product norm 4.472" in explained  # of [2, 4]
    assert "squares" in viz.draw(root).source
    assert "squares" in viz.tree(root)


SCRIPT = """
import sys
import viz
from tests.viz import examples
from viz.diagram import describe
from viz.svg import write_svg
for make in (examples.dense, examples.line_fit, examples.softmax_classifier):
    root = make()
    sys.stdout.write(viz.draw(root).source + write_svg(describe(root)) + viz.tree(root))
"""


def test_the_same_bytes_on_every_run():
    first = examples.printed_with_hash_seed("1", SCRIPT)
    assert len(first) > 50_000
    assert first == examples.printed_with_hash_seed("2", SCRIPT)
