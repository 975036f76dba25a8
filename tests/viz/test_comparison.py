"""`compare`: numbers against the engine's, what died, and what cannot be compared."""

import math
import random

import numpy as np
import pytest

import autograd
from autograd import Tensor, Value, dot, gradients, maximum, primitive, topological_order
from autograd.graph import Node
from autograd.primitives import TABLE
from tests.viz import examples
from viz.comparing.changes import UNKNOWN, Change
from viz.comparing.comparison import compare, snapshot


class Line:
    """A small model: loss = (tanh(w·x + b) - 1)², a new graph at each call."""

    def __init__(self, w=0.5, b=0.25):
        self.w, self.b = Value(w, label="w"), Value(b, label="b")
        self.x = Value(2.0, label="x")

    def loss(self):
        y = (self.w * self.x + self.b).tanh()
        y.label = "y"
        loss = (y - 1.0) ** 2
        loss.label = "loss"
        return loss

    def step(self, rate=0.5):
        for parameter in (self.w, self.b):
            parameter.data -= rate * parameter.grad
            parameter.grad = None


@pytest.fixture
def trained():
    """A snapshot before a step, the root before it, and the root after it."""
    line = Line()
    before = line.loss()
    before.backward()
    noted = snapshot(before)
    line.step()
    return noted, before, line.loss()


def by_name(comparison):
    return {row.name: row for row in comparison.rows if row.name}


class TestNumbers:
    def test_values_and_gradients_are_those_of_the_two_passes(self, trained):
        noted, before, after = trained
        rows = compare(noted, after).rows
        orders = topological_order(before), topological_order(after)
        slopes = [gradients(root, nodes) for root, nodes in zip((before, after), orders,
                                                                strict=True)]  # fmt: skip
        assert len(rows) == len(orders[0])
        for place, row in enumerate(rows):
            assert row.id == f"n{place}"
            assert row.value[1] == orders[1][place].data
            assert row.gradient == (slopes[0][place], slopes[1][place])

    def test_a_snapshot_knows_the_leaves_as_they_were(self, trained):
        noted, _, after = trained
        rows = by_name(compare(noted, after))
        assert rows["w"].value[0] == 0.5
        assert rows["w"].value[1] != 0.5
        assert rows["b"].value[0] == 0.25

    def test_without_one_a_changed_leaf_is_a_question_mark(self, trained):
        _, before, after = trained
        comparison = compare(before, after)
        rows = by_name(comparison)
        assert rows["w"].value[0] is rows["b"].value[0] is None
        assert rows["y"].value[0] == pytest.approx(math.tanh(1.25))
        assert "? → " in str(comparison)
        assert "viz.snapshot(loss)" in str(comparison)
        assert any("viz.snapshot(loss)" in n for n in comparison.diagram.picture.legend.notes)

    def test_gradients_do_not_depend_on_grad(self, trained):
        noted, before, after = trained
        expected = [row.gradient for row in compare(noted, after).rows]
        before.backward()
        after.backward()
        held = [node.grad for node in topological_order(after)]
        assert [row.gradient for row in compare(noted, after).rows] == expected
        assert [node.grad for node in topological_order(after)] == held

    def test_no_backward_pass_is_needed(self):
        line = Line()
        before = snapshot(line.loss())
        line.w.data = 1.0
        assert compare(before, line.loss()).rows[-1].gradient == (1.0, 1.0)
        assert line.w.grad is None

    def test_other_leaves_correspond_by_place(self):
        rows = by_name(compare(Line(w=0.5).loss(), Line(w=1.5).loss()))
        assert rows["w"].value == (0.5, 1.5)
        assert rows["x"].value == (2.0, 2.0)
        assert rows["x"].ratio == pytest.approx(
            abs(rows["x"].gradient[1]) / abs(rows["x"].gradient[0])
        )

    def test_tensors_are_compared_by_norm(self):
        w = Tensor([3.0, 4.0], label="w")

        def loss():
            return (w * w).sum()

        before = snapshot(loss())
        w.data = np.array([0.6, 0.8])
        rows = by_name(compare(before, loss()))
        assert rows["w"].value == pytest.approx((5.0, 1.0))
        assert rows["w"].gradient == pytest.approx((10.0, 2.0))
        assert rows["w"].ratio == pytest.approx(0.2)
        lines = [(line.prefix, line.text) for line in compare(before, loss()).diagram
                 .picture.items[0].lines]  # fmt: skip
        assert ("‖grad‖", "10.00 → 2.000") in lines

    def test_changed_tensors_are_question_marks_too(self):
        w, x = Tensor([3.0, 4.0], label="w"), np.ones((2, 2))

        def loss():
            return maximum(x @ w, 0.0).sum()

        before = loss()
        w.data = np.array([1.0, 2.0])
        assert by_name(compare(before, loss()))["w"].value[0] is None


def unknown(before, *changes):
    """Change leaves after a forward pass; name those whose former value is then a question mark."""
    for leaf, number in changes:
        leaf.data = number
    return {row.name for row in compare(before, before).rows if None in row.value}


class TestWhichLeavesMayHaveChanged:
    """Without a snapshot: all those that did and can be told, and no others."""

    def setup_method(self):
        self.w, self.x, self.b = (Value(n, label=name) for n, name in ((2.0, "w"), (3.0, "x"),
                                                                         (5.0, "b")))  # fmt: skip

    def test_the_other_factor_of_a_product_has_not(self):
        w, x, b = self.w, self.x, self.b
        assert unknown((w * x + b).tanh(), (w, 1.0)) == {"w"}
        assert unknown((w * x + b).tanh(), (x, 1.0), (b, 1.0)) == {"x", "b"}

    def test_nor_the_other_operands_of_a_neuron(self):
        xs = [Value(float(i), label=f"x{i}") for i in range(4)]
        ws = [Value(float(i), label=f"w{i}") for i in range(4)]
        assert unknown(dot(ws, xs, self.b), (ws[2], 7.0), (xs[0], 1.0)) == {"w2", "x0"}
        assert unknown(dot(ws, xs, self.b) + self.b, (ws[2], 8.0)) == {"w2"}  # + b is as it was

    def test_of_a_sum_any_operand_could_have(self):
        root = self.w + self.x
        assert unknown(root, (self.w, 1.0)) == {"w", "x"}
        assert UNKNOWN.startswith("?: may have changed since")
        assert UNKNOWN in str(compare(root, root))

    def test_unless_another_operation_vouches_for_it(self):
        w, x = self.w, self.x
        assert unknown((w + x) * x.tanh(), (w, 1.0)) == {"w"}

    def test_an_operation_that_does_not_feel_a_leaf_does_not_vouch_for_it(self):
        w, x = Value(-1.0, label="w"), Value(-1.0, label="x")
        assert unknown((w + x) * w.relu(), (w, -2.0)) == {"w", "x"}
        w, x = Value(-1.0, label="w"), Value(1.0, label="x")
        assert unknown((w + x) + maximum(w, 0.0) + x.exp(), (w, -2.0)) == {"w"}

    def test_a_change_that_two_operations_deny_is_still_one(self):
        root = self.w**2 + self.w.cosh() + (self.w + self.x) * self.x**4
        assert unknown(root, (self.w, -2.0), (self.x, -3.0)) == {"w", "x"}

    def test_a_factor_beside_a_zero_is_told_too(self):
        zero = Value(0.0, label="zero")
        assert unknown(self.w * zero + self.b, (self.w, 1.0)) == {"w"}

    def test_a_primitive_that_has_no_formula_to_read(self):
        @primitive(partials=[lambda m, out, x, y: 1.0] * 2, name="compare_by_math")
        def by_math(m, x, y):
            return math.hypot(x, y) if not isinstance(x, Node) else x

        try:
            assert unknown(by_math(self.w, self.x), (self.w, 1.0)) == {"w", "x"}
            assert unknown(by_math(self.w, self.x)) == set()
        finally:
            del TABLE["compare_by_math"]

    def test_array_primitives_have_kept_what_they_read(self):
        w, x = Tensor([[3.0, 4.0], [1.0, 2.0]], label="w"), Tensor([1.0, 2.0], label="x")
        b = Tensor([1.0, 1.0], label="b")
        assert unknown(((w @ x + b) * x).sum(), (w, np.eye(2))) == {"w"}
        t = Tensor([1.0, 5.0], label="t")
        assert unknown(t.max(), (t, [2.0, 5.0])) == {"t"}  # the largest is what it was

    def test_elementwise_operations_on_arrays(self):
        w, x = Tensor([3.0, 4.0], label="w"), Tensor([[1.0, 2.0], [5.0, 6.0]], label="x")
        v = Tensor([1.0, 2.0], label="v", dtype="float32")
        assert unknown((w * x).sum(), (w, [1.0, 4.0])) == {"w"}
        assert unknown((v * w * self.b).sum(), (v, [1.0, 3.0])) == {"v"}
        assert unknown((v * self.w).sum()) == set()

    @pytest.mark.parametrize("seed", range(20))
    def test_every_leaf_that_changed_is_found(self, seed):
        rng = random.Random(seed)
        leaves = [Value(rng.uniform(-2, 2), label=f"x{i}") for i in range(6)]
        made = list(leaves)
        for _ in range(12):
            one, other = rng.choices(made, k=2)
            made.append(rng.choice([one * other, one + other, one - other, one.tanh(), one / 2.0]))
        root = autograd.sum(made)
        chosen = rng.sample(leaves, rng.randrange(3))
        found = unknown(root, *((leaf, rng.uniform(-2, 2)) for leaf in chosen))
        assert found >= {leaf.label for leaf in chosen}
        if not chosen:
            assert not found


class TestMarks:
    @pytest.mark.parametrize(
        ("before", "after", "marks"),
        [
            (1.0, 0.0, ("died",)),
            (1.0, 1e-3, ("died",)),
            (1.0, 2e-3, ("shrank",)),
            (1.0, 0.5, ()),
            (1.0, 2.0, ()),
            (1.0, 2.5, ("grew",)),
            (0.0, 1e-9, ("woke",)),
            (0.0, 0.0, ()),
            (1.0, -1.0, ("flipped",)),
            (1.0, -9.0, ("grew", "flipped")),
            (1.0, math.nan, ("not finite",)),
            (math.inf, 1.0, ("not finite",)),
        ],
    )
    def test_what_happened(self, before, after, marks):
        assert Change("n0", "", "", (1.0, 1.0), (before, after), False).marks == marks

    def test_a_relu_that_dies_takes_all_below_with_it(self):
        line = {"w": Value(1.0, label="w"), "x": Value(2.0, label="x")}

        def loss():
            a = (line["w"] * line["x"]).relu()
            a.label = "a"
            return a * 3.0

        before = snapshot(loss())
        line["w"].data = -1.0
        comparison = compare(before, loss())
        rows = by_name(comparison)
        assert rows["w"].marks == rows["x"].marks == ("died",)
        assert rows["a"].marks == ()
        assert comparison.summary == "gradients: 3 died, 2 within a factor of 2"
        svg = examples.texts(comparison.diagram.pipe("svg", encoding="utf-8"))
        assert sum(text.strip() == "died" for text in svg) == 3

    def test_colours_go_to_the_ends_of_the_scale(self):
        leaf = Value(1.0, label="w")
        before = snapshot((leaf * 1.0).relu())
        leaf.data = -1.0
        boxes = [b for b in compare(before, (leaf * 1.0).relu()).diagram.picture.items
                 if b.id.startswith("n")]  # fmt: skip
        assert [box.fill for box in boxes] == ["#0072b2", "#0072b2", "#f4f4f4"]


class TestPictureAndTable:
    def test_arrows_show_how_local_derivatives_changed(self):
        before, after = Line(w=0.5).loss(), Line(w=1.5).loss()
        texts = {arrow.text for arrow in compare(before, after).diagram.picture.arrows}
        assert "0.5000 → 1.500" in texts  # d(w·x)/dx
        first, second = (1 - math.tanh(2 * w + 0.25) ** 2 for w in (0.5, 1.5))
        assert f"{first:#.4g} → {second:#.4g}" in texts
        assert "2.000" in texts  # d(w·x)/dw, which has not changed

    def test_every_engine_draws_it(self, trained, engine):
        noted, _, after = trained
        svg = compare(noted, after).diagram.pipe("svg", encoding="utf-8")
        shown = [text.strip() for text in examples.texts(svg)]
        assert "|grad| after / before" in shown
        assert any("→" in text for text in shown)

    def test_the_table_has_a_row_for_each_node(self, trained):
        noted, _, after = trained
        comparison = compare(noted, after)
        lines = comparison.table().splitlines()
        assert lines[0].split() == ["id", "value", "grad", "|grad|"]
        assert len(lines) == 1 + len(comparison.rows) + 1
        assert lines[-1] == comparison.summary
        assert str(comparison) == comparison.table()

    def test_in_ascii(self, trained):
        noted, _, after = trained
        table = compare(noted, after).table(ascii=True)
        assert table.isascii()
        assert " -> " in table
        assert "\\x" not in table

    def test_in_a_notebook(self, trained):
        noted, _, after = trained
        after.label = '<script>alert("1")</script>'
        page = compare(noted, after)._repr_html_()
        assert "<script" not in page
        assert page.count("<tr>") == 1 + len(compare(noted, after).rows)
        examples.parse(page)  # well formed

    def test_wrt_leaves_out_what_is_on_no_path(self):
        line = Line()
        before = snapshot(line.loss())
        line.w.data = 1.0
        after = line.loss()
        whole, part = compare(before, after), compare(before, after, wrt=line.w)
        assert "b" not in by_name(part)
        assert part.rows == [row for row in whole.rows if row.name not in ("b", "x")]
        assert len([i for i in part.diagram.picture.items if i.id.startswith("n")]) == len(
            part.rows
        )

    def test_labels_override(self):
        line = Line()
        root = line.loss()
        assert "slope" in by_name(compare(root, root, labels={line.w: "slope"}))

    def test_a_graph_too_large_for_a_diagram_still_has_a_table(self):
        comparison = compare(examples.chain(500), examples.chain(500))
        with pytest.raises(ValueError, match=r"500 boxes, more than 400.*wrt=.*table"):
            _ = comparison.diagram
        assert len(comparison.table().splitlines()) == 502
        assert "<svg" not in comparison._repr_html_()

    def test_a_deep_graph(self):
        root = examples.chain(20_000)
        assert len(compare(root, root).rows) == 20_000


class TestRefusals:
    @pytest.mark.parametrize("direction", [3.0, None, "up", ["LR"]])
    def test_an_unknown_direction_at_once(self, direction):
        with pytest.raises(ValueError, match="direction must be one of LR, RL, TB, BT, got"):
            compare(Value(1.0), Value(1.0), direction=direction)

    def test_another_operation(self):
        x = Value(0.5, label="x")
        with pytest.raises(ValueError, match=r"differ at n1: a Value made by tanh of n0 before, "
                                             r"a Value made by σ of n0 after"):  # fmt: skip
            compare(x.tanh() * 2, x.sigmoid() * 2)

    def test_other_operands(self):
        x, y = Value(0.5, label="x"), Value(0.5, label="y")
        with pytest.raises(ValueError, match=r"differ at n1 \(y\): .* before, .* leaf after"):
            compare(x * x, x * y)

    def test_more_nodes(self):
        x = Value(0.5)
        with pytest.raises(ValueError, match="nothing before, a Value made by tanh of n1 after"):
            compare(x.tanh(), x.tanh().tanh())

    def test_another_shape(self):
        one, other = Tensor([1.0, 2.0]), Tensor([1.0, 2.0, 3.0])
        with pytest.raises(ValueError, match=r"n0: a Tensor of shape \(2,\) .* \(3,\)"):
            compare(one.sum(), other.sum())

    def test_a_late_difference_in_a_long_sum_is_found(self):
        w, v = [Value(1.0) for _ in range(9)], Value(1.0)
        with pytest.raises(ValueError, match="one structure"):
            compare(dot(w, w), dot(w, [*w[:-1], v]))

    @pytest.mark.parametrize("thing", [None, 1.0, [Value(1.0)], "loss"])
    def test_what_is_no_root(self, thing):
        with pytest.raises(TypeError, match=r"compare takes two roots.*after= is"):
            compare(Value(1.0), thing)
        with pytest.raises(TypeError, match="a snapshot is taken of a Value or a Tensor"):
            snapshot(thing)
