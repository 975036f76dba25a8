"""`explain`: its figures against the engine's, and what it says, word by word."""

import html
import itertools
import math
import re
import subprocess
import sys
import tracemalloc
import unicodedata

import numpy as np
import pytest
from hypothesis import given

import autograd
from autograd import Tensor, Value, gradients, symbolic, topological_order, where
from autograd.operations import apply
from autograd.primitives import TABLE
from demos.vanishing_gradient import two_neurons
from tests.autograd.array_programs import array_programs
from tests.autograd.helpers import same
from tests.autograd.programs import programs
from tests.viz import examples
from tests.viz.hostile import HOSTILE
from viz.changed_leaves import changed_leaves
from viz.explaining.badges import badge
from viz.explaining.explanation import STYLES, ExplanationError, explain
from viz.text import columns


def named(name, node):
    node.label = name
    return node


def leaf_of(root, label):
    (found,) = [node for node in topological_order(root) if node.label == label]
    return found


# ---------------------------------------------------------------- figures


@pytest.mark.parametrize("operations", ["smooth", "kinked", "wild"])
def test_every_derivative_is_the_sum_of_its_paths(operations):
    checked = 0

    @given(programs(operations))
    def check(program):
        nonlocal checked
        leaves = [Value(number) for number in program.point]
        root = program.run(list(leaves))[0]
        order = topological_order(root)
        for wrt in {*leaves, order[len(order) // 2]} & set(order):
            explained = explain(root, wrt)
            gradient = gradients(root, wrt)
            assert same(explained.value, gradient, 0.0, 0.0)
            assert explained.check()
            assert explain(root, wrt, limit=1).check()
            checked += 1
            products = [path.product for path in explained.paths]
            if operations != "wild" and explained.count == len(products):
                scale = math.fsum(map(abs, products))
                assert abs(math.fsum(products) - gradient) <= 1e-12 * scale
        assert root.grad is None

    check()
    assert checked > 120


@pytest.mark.parametrize("operations", ["kinked", "wild"])
def test_whatever_the_graph_every_form_can_be_shown(operations):
    @given(programs(operations))
    def check(program):
        leaves = [Value(number, label=f"x{i}") for i, number in enumerate(program.point)]
        root = program.run(list(leaves))[0]
        wrt = topological_order(root)[0]
        for style in STYLES:
            explained = explain(root, wrt, style, limit=3)
            text = explained.text()
            assert max(map(columns, text.splitlines())) <= 100
            assert explained.text(ascii=True).isascii()
            assert explained.latex().count("{") == explained.latex().count("}")

    check()


@given(array_programs())
def test_every_derivative_of_tensors_is_the_sum_of_its_paths(program):
    leaves = [Tensor(data, label=f"x{i}") for i, data in enumerate(program.leaves)]
    root = program.run(list(leaves))[0]
    nodes = set(topological_order(root))
    for wrt in [leaf for leaf in leaves if leaf in nodes][:2]:
        explained = explain(root, wrt)
        gradient = gradients(root, wrt)
        assert np.array_equal(explained.value, gradient, equal_nan=True)
        assert explained.check()
        if explained.count == len(explained.paths):
            total = sum(path.product for path in explained.paths)
            scale = max([1.0, *(np.abs(path.product).max() for path in explained.paths)])
            assert np.allclose(total, gradient, rtol=1e-9, atol=1e-9 * scale)
        for style in STYLES:
            assert explain(root, wrt, style, limit=2).text(ascii=True).isascii()


NAMES = [name for name, row in TABLE.items() if row.partials and not row.variadic]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("point", [(0.3, 0.7, 0.9, 0.2), (-0.6, 0.4, 0.5, 0.1)])
def test_the_formula_of_every_primitive_is_its_number(name, point):
    row = TABLE[name]
    leaves = [Value(v, label="pqrs"[i]) for i, v in enumerate(point[: row.arity])]
    out = named("out", apply(row, *leaves))
    numbers = {node.label: node.data for node in (*leaves, out)}
    for wrt in leaves:
        explained = explain(out, wrt)
        assert explained.check()
        for path in explained.paths:
            (factor,) = path.factors
            value = symbolic.evaluate(factor.formula, numbers)
            assert same(value, factor.partial, 1e-12)
            assert same(factor.partial, path.product, 0.0, 0.0)
            assert str(explained)


def test_formulas_of_sum_and_dot():
    w, x = [Value(0.5, label="v"), Value(-2.0, label="w")], [Value(3.0, label="x")] * 2
    out = named("o", autograd.dot(w, x, Value(1.0, label="b")))
    assert [f.name for p in explain(out, x[0]).paths for f in p.factors] == ["∂o/∂x④", "∂o/∂x③"]
    total = named("s", autograd.sum([w[0], w[1], w[0]]))
    assert explain(total, w[0]).value == 2.0
    assert len(explain(total, w[0]).paths) == 2


def test_a_factor_of_several_arrows_is_their_product():
    network = two_neurons("sigmoid")
    first = explain(network.E, network.w1).paths[0].factors[0]
    assert first.name == "dE/da2"
    assert len(first.arrows) == 3
    assert (first.consumer, first.operand) == (network.E, network.a2)
    assert first.partial == network.a2.data - network.T.data
    assert symbolic.text(first.formula) == "a2 − T"


def test_nodes_and_arrows_of_a_path():
    network = two_neurons("tanh")
    (path,) = explain(network.E, network.w1).paths
    nodes = [network.E, network.a2, network.z2, network.a1, network.z1, network.w1]
    assert all(a is b for a, b in zip(path.nodes, nodes, strict=True))
    assert [arrow.slot for arrow in path.arrows] == [1, 0, 1, 0, 0, 1, 0, 0, 0]
    assert path.product == gradients(network.E, network.w1)
    assert math.isclose(10**path.log10, path.product)


def test_gradients_are_left_alone():
    network = two_neurons("sigmoid")
    network.E.backward()
    before = network.w1.grad
    str(explain(network.E, network.w1))
    assert network.w1.grad == before


def test_paths_that_cancel_are_judged_by_their_size():
    x = Value(1.0, label="x")
    y = 1e16 * x + (-1e16) * x + 0.1 * x
    explained = explain(y, x)
    assert abs(explained.value - 0.1) > 1e-3  # what a float makes of it
    assert explained.check()


def test_a_wrong_engine_would_be_found():
    x = Value(3.0, label="x")
    explained = explain(x * x, x)
    explained.value = 6.0 * (1.0 + 1e-11)
    with pytest.raises(ExplanationError, match=r"paths add up to 6\.0, .* is 6\.00000000006"):
        explained.check()
    assert "but the engine's gradient is 6.000: see .check()" in str(explained)


def test_a_hook_that_changes_the_gradient_is_named():
    x = Value(2.0, label="x")
    h = named("h", x.sigmoid())
    y = named("y", 3.0 * h)
    with h.register_hook(lambda gradient: 10.0 * gradient):
        explained = explain(y, x)
        assert "a hook on h makes the engine's gradient 3.150" in str(explained)
        with pytest.raises(ExplanationError, match="the hooks on h take part in it"):
            explained.check()
    with h.register_hook(lambda gradient: None):
        assert explain(y, x).check()


# ---------------------------------------------------------------- words


def test_two_neurons():
    network = two_neurons("sigmoid")
    assert str(explain(network.E, network.w1)).splitlines() == [
        "dE/dw1 = dE/da2 · da2/dz2 · dz2/da1 · da1/dz1 · dz1/dw1",
        "",
        "  factor   formula      number    so far",
        "  dE/da2   a2 − T       0.4653    0.4653",
        "  da2/dz2  a2·(1 − a2)  0.2037   0.09476  at most 0.25",
        "  dz2/da1  w2           0.4500   0.04264",
        "  da1/dz1  a1·(1 − a1)  0.2395   0.01021  at most 0.25",
        "  dz1/dw1  x            0.1000  0.001021  x is small",
        "",
        "product 0.001021, the engine's gradient",
        "",
        "shrunk most by dz1/dw1 = 0.1000 (10^-1.00, x is small), da2/dz2 = 0.2037 (10^-0.69),",
        "  da1/dz1 = 0.2395 (10^-0.62), dz2/da1 = 0.4500 (10^-0.35); in all 10^-2.99",
    ]


def test_two_slots_are_two_paths():
    x = Value(3.0, label="x")
    y = named("y", x * x)
    assert str(explain(y, x)).splitlines() == [
        "dy/dx, the sum over 2 paths",
        "",
        "  1  ∂y/∂x①  = 3.000  = 3.000",
        "  2  ∂y/∂x②  = 3.000  = 3.000",
        "",
        "sum 6.000, the engine's gradient",
        "",
        "  factor  formula  number",
        "  ∂y/∂x①  x         3.000",
        "  ∂y/∂x②  x         3.000",
    ]


def test_ascii():
    x = Value(3.0, label="x")
    y = named("y", x.sigmoid() * x)
    assert explain(y, x).text(ascii=True).splitlines() == [
        "dy/dx, the sum over 2 paths",
        "",
        "  1  dy/dx            = 0.9526           = 0.9526",
        "  2  dy/dn1 * dn1/dx  = 3.000 * 0.04518  = 0.1355",
        "",
        "sum 1.088, the engine's gradient",
        "",
        "  factor  formula       number",
        "  dy/dx   n1            0.9526",
        "  dy/dn1  x              3.000",
        "  dn1/dx  n1*(1 - n1)  0.04518  at most 0.25",
        "",
        "where n1 = sigmoid(x) = 0.9526",
    ]


def test_steps_show_what_is_added_up():
    x = Value(3.0, label="x")
    y = named("y", x * x)
    assert str(explain(y, x, "steps")).splitlines() == [
        "the backward pass from y to x, root first; x̄ stands for dy/dx",
        "",
        "start  ȳ = 1",
        "  1.  y = x·x",
        "      x̄ += ∂y/∂x① · ȳ  = x · ȳ  = 3.000 · 1.000    = 3.000",
        "      x̄ += ∂y/∂x② · ȳ  = x · ȳ  = 3.000 · 1.000    = 3.000",
        "                                x̄ = 3.000 + 3.000  = 6.000",
        "",
        "dy/dx = x̄ = 6.000",
    ]


def test_children_add_up_over_consumers():
    x = Value(3.0, label="x")
    h = named("h", x.tanh())
    y = named("y", h * x)
    text = str(explain(y, x, "children")).splitlines()
    assert text[2:5] == [
        "  dy/dy  = 1",
        "  dy/dh  = dy/dy·∂y/∂h                = 1.000·3.000                    = 3.000",
        "  dy/dx  = dy/dy·∂y/∂x + dy/dh·∂h/∂x  = 1.000·0.9951 + 3.000·0.009866  = 1.025",
    ]


def test_more_paths_than_atoms():
    x = Value(1.0, label="x")
    y = x
    for _ in range(1000):
        y = y + y
    explained = explain(y, x)
    text = str(explained)
    assert explained.count == 2**1000
    assert explained.check()
    assert text.startswith(
        "dn1000/dx, the sum over the 16 that contribute most of 2^1000 ≈ 1.07e301 paths"
    )
    assert "these add up to 16.00, the 1.07e301 others to 1.072e+301" in text
    assert 'the same sum without listing paths: explain(n1000, x, style="children")' in text
    children = str(explain(y, x, "children")).splitlines()
    assert "dn1000/dx" in "\n".join(children)
    assert len(children) < 300


def test_the_rest_is_what_is_left():
    x = Value(2.0, label="x")
    y = named("y", 1.0 * x + 10.0 * x + 100.0 * x)
    explained = explain(y, x, limit=2)
    assert [path.product for path in explained.paths] == [100.0, 10.0]
    assert "these add up to 110.0, the 1 others to 1.000" in str(explained)


def test_a_chain_of_a_hundred_thousand():
    x = Value(0.5, label="x")
    y = x
    for _ in range(100_000):
        y = y.sigmoid()
    for style in STYLES:
        explained = explain(y, x, style)
        assert explained.check()
        assert len(str(explained)) < 40_000
        assert len(explained.latex()) < 100_000
    text = str(explain(y, x))
    assert "which is too small for a float" in text
    assert "99,984 more" in text


def test_no_path():
    x, y = Value(2.0, label="x"), Value(3.0, label="y")
    r = named("r", where(x < 0, x * y, y))
    for style in STYLES:
        explained = explain(r, x, style)
        assert (explained.count, explained.paths, explained.value) == (0, (), 0.0)
        assert explained.check()
        assert str(explained).startswith("dr/dx = 0: no path")
        assert explained.latex()


def test_the_variable_itself():
    x = Value(2.0, label="x")
    explained = explain(x, x)
    (path,) = explained.paths
    assert (path.product, path.factors, path.nodes) == (1.0, (), (x,))
    assert str(explained).startswith("dx/dx = 1: it is the variable itself")
    assert explained.check()


def test_labels_override():
    x = Value(2.0, label="x")
    y = x.exp()
    assert str(explain(y, x, labels={x: "time", y: "growth"})).startswith("dgrowth/dtime")


def test_a_primitive_that_cannot_be_read_has_a_number_and_no_formula():
    @autograd.primitive(partials=lambda m, out, x: 2.0 if x > 0.0 else 1.0)
    def crooked(m, x):
        return 2.0 * x

    try:
        x = Value(2.0, label="x")
        y = named("y", crooked(x))
        explained = explain(y, x)
        assert explained.paths[0].factors[0].formula is None
        assert "  dy/dx   —         2.000   2.000" in str(explained)
        assert r"= 2.000" in explained.latex()
    finally:
        TABLE.pop("crooked", None)


def test_an_operation_recorded_by_hand_is_told_by_its_symbol():
    x = Value(2.0, label="x")
    y = named("y", Value(4.0, (x,), "sq") * x)
    assert "where n1 = sq(x) = 4.000" in str(explain(y, x))


# ---------------------------------------------------------------- badges


@pytest.mark.parametrize(
    ("f", "at", "said"),
    [
        (lambda x: x.sigmoid(), 6.0, "saturated: σ′ = 0.0025"),
        (lambda x: x.sigmoid(), 1.0, "at most 0.25"),
        (lambda x: x.tanh(), -4.0, "saturated: tanh′ = 0.0013"),
        (lambda x: x.relu(), -1.0, "ReLU is off: 0"),
        (lambda x: x.leaky_relu(), -1.0, "leaky ReLU lets 0.01 through"),
        (lambda x: x.softplus(), -9.0, "softplus is nearly flat: 0.00012"),
        (lambda x: x * 0.1, 3.0, ""),
        (lambda x: x * Value(0.0, label="w"), 3.0, "w is 0"),
        (lambda x: x * Value(0.1, label="w"), 3.0, "w is small"),
        (lambda x: autograd.dot([x], [Value(0.1, label="w")]), 3.0, "w is small"),
        (lambda x: x.log(), 50.0, "x is large"),
        (lambda x: x.log(), -8.0, "not a number: log at x = -8"),
        (lambda x: x.log10(), 3.0, ""),
        (lambda x: x / Value(50.0, label="n"), 1.0, "n is large"),
        (lambda x: x / Value(0.0, label="n"), 1.0, "n is 0"),
        (lambda x: x / 0.0, 1.0, "divided by 0"),
        (lambda x: x / 50.0, 1.0, ""),
        (lambda x: Value(0.0, label="n") / x, 1.0, "n is 0"),
        (lambda x: x * Value(math.inf, label="w"), 1.0, "w is infinite"),
        (lambda x: abs(x), 0.0, "abs has a corner at x = 0, taken as 0"),
        (lambda x: x.silu(), -1.27, "silu is nearly flat: 0.0019"),
        (lambda x: autograd.atan2(x, 0.0), 0.0, "atan2 jumps at x = 0, taken as 0"),
        (lambda x: apply(TABLE["clip"], x, 0.0, 1.0), 3.0, "clipped: 0"),
        (lambda x: apply(TABLE["clip"], 0.5, x, 1.0), 0.0, "not clipped at x: 0"),
        (lambda x: apply(TABLE["clip"], 0.5, 0.0, x), 1.0, "not clipped at x: 0"),
        (lambda x: apply(TABLE["elu"], Value(3.0, label="v"), x), 1.0, "x is unused, as v > 0"),
        (lambda x: apply(TABLE["leaky_relu"], Value(0.0, label="v"), x), 0.1, "v is 0"),
        (lambda x: x.sqrt(), 0.0, "infinite: sqrt at x = 0"),
        (lambda x: x.step(), 1.0, "step is flat but for a jump: 0"),
        (lambda x: x**2, 0.0, "power is flat at x = 0: 0"),
        (lambda x: autograd.maximum(x, 5.0), 1.0, "the other is larger: 0"),
        (lambda x: autograd.minimum(x, 1.0), 1.0, "a tie: half each"),
        (lambda x: x * math.nan, 1.0, "nan is a factor"),
    ],
)  # fmt: skip
def test_what_happens_to_a_gradient_is_named(f, at, said):
    x = Value(at, label="x")
    y = named("y", f(x))
    (row,) = [line for line in str(explain(y, x)).splitlines() if line.startswith("  dy/dx ")]
    assert row.endswith(said)
    if not said:
        assert re.search(r"\d$", row)


FLAT = re.compile(r"(?:nearly )?flat|off:|saturated|unused|not clipped|clipped|the other is")


def slopes_beside(row, point, slot):
    """Return how steep a primitive is on both sides of a point."""
    values = []
    for nudge in (-1e-6, 0.0, 1e-6):
        moved = [number + nudge * (i == slot) for i, number in enumerate(point)]
        values.append(apply(row, *map(Value, moved)).data)
    return abs(values[1] - values[0]) / 1e-6, abs(values[2] - values[1]) / 1e-6


@pytest.mark.parametrize("name", NAMES)
def test_what_is_said_of_a_slot_is_true(name):
    """Nudge the operand in the slot: where it is flat the value hardly moves, and so on."""
    row = TABLE[name]
    points = [-50.0, -3.0, -1.0, -0.1, 0.0, 0.1, 1.0, 3.0, 50.0]
    points = points if row.arity == 1 else points[1 : -1 : row.arity - 1]
    for point in itertools.product(points, repeat=row.arity):
        leaves = [Value(number, label="pqrs"[i]) for i, number in enumerate(point)]
        out = apply(row, *leaves)
        for slot, wrt in enumerate(leaves):
            explained = explain(out, wrt)
            if not explained.paths:
                continue
            (factor,) = explained.paths[0].factors
            said = badge(factor, explained._factors).text
            slopes = slopes_beside(row, point, slot)
            if FLAT.search(said) and "jump" not in said:
                assert min(slopes) < 0.1, (point, slot, said)
            if "jump" in said and point[slot] == 0.0:
                assert max(slopes) > 1e5, (point, slot, said)
            if found := re.search(r"(\w) is (large|small|0|infinite)$", said):
                number = abs(point["pqrs".index(found[1])])
                assert {"large": number >= 5.0, "small": 0.0 < number < 0.2,
                        "0": number == 0.0, "infinite": False}[found[2]]  # fmt: skip
            if "not a number" in said:
                assert math.isnan(out.data) or math.isnan(factor.partial)
            for who, number in re.findall(r"(\w) = ([-\d.e+]+?)(?:$|[,:]| )", said):
                assert float(number) == point["pqrs".index(who)]


def test_a_product_of_nan_is_not_said_to_be_nothing():
    i = Value(0.0, label="i")
    text = str(explain(i.sqrt() * 0.0, i))
    assert "nothing comes through" not in text
    assert text.endswith(
        "not a number, for 0 times inf is none: dn2/dn1 (0 is a factor), "
        "dn1/di (infinite: sqrt at i = 0)"
    )
    assert "not a number because of dn2/dn1" in str(explain((i * math.nan).sin(), i))
    assert "infinite because of dn1/di" in str(explain(i.sqrt().sin(), i))
    t = named("t", i * 0.0)
    u = named("u", t * 1e200)
    assert "too large for a float meets dt/di (0 is a factor)" in str(explain(u * 1e200, i))


def test_a_dead_path_names_its_killer():
    network = two_neurons("relu", x=-3.0)
    text = str(explain(network.E, network.w1))
    assert text.endswith("nothing comes through: da1/dz1 (ReLU is off: 0)")


def test_a_vanishing_gradient_ranks_its_factors():
    x = Value(0.3, label="x")
    a = x
    for i, weight in enumerate((1.0, 9.0, 0.01, 2.0)):
        a = named(f"a{i}", (a * weight).sigmoid())
    ranking = str(explain(a, x)).split("shrunk most by ")[1]
    sizes = [float(size) for size in re.findall(r"\(10\^(-[\d.]+)", ranking)]
    assert sizes == sorted(sizes)
    assert len(sizes) == 4
    assert "0.01000" not in ranking.split(",")[1]


def test_an_exploding_gradient_too():
    x = Value(2.0, label="x")
    y = named("y", 50.0 * (3.0 * x).exp())
    assert "grown most by" in str(explain(y, x))


# ---------------------------------------------------------------- LaTeX, HTML, notebooks


def test_latex_of_two_neurons():
    network = two_neurons("sigmoid")
    lines = explain(network.E, network.w1).latex().splitlines()
    assert lines[0] == r"\begin{aligned}"
    assert lines[-1] == r"\end{aligned}"
    assert lines[2] == r"\frac{\partial E}{\partial a_{2}} &= a_{2} - T &&= 0.4653 \\[4pt]"
    assert lines[-2] == r"\frac{\partial E}{\partial w_{1}} &= 0.001021"


def undefined(text):
    """Return the names without a label that a text uses and does not define."""
    text = unicodedata.normalize("NFD", text).replace("\N{COMBINING MACRON}", "")
    used = set(re.findall(r"(?<![a-z])d?(n\d+)\b", text.replace("∂", "")))
    return used - set(re.findall(r"(?:where|     )\s+(?:\d+\.\s+)?(n\d+) =", text))


def a_winding_chain(length):
    y = x = Value(0.3, label="x")
    for k in range(length):
        y = autograd.atan2(y.sin(), 2.0 * k + x).sin()
    return y, x


@pytest.mark.parametrize("style", ["paths", "children"])
def test_every_name_is_defined(style):
    y, x = a_winding_chain(3)
    explained = explain(y, x, style, limit=1)
    text = str(explained)
    assert undefined(text) == set()
    assert "more: see draw(root)" not in text
    latex = explained.latex()
    used = set(re.findall(r"n_\{\d+\}", latex))
    assert used == set(re.findall(r"(n_\{\d+\}) &:=", latex))


@pytest.mark.parametrize("style", ["paths", "children"])
def test_or_the_reader_is_told_how_many_are_not(style):
    y, x = a_winding_chain(16)
    explained = explain(y, x, style, limit=1)
    text = str(explained)
    (more,) = re.findall(r"^      … (\d+) more: see draw\(root\), or label", text, re.MULTILINE)
    assert int(more) == len(undefined(text)) > 0
    latex = explained.latex()
    used = set(re.findall(r"n_\{\d+\}", latex))
    defined = set(re.findall(r"(n_\{\d+\}) &:=", latex))
    assert rf"\mathrm{{{len(used - defined)}\ more:\ see\ draw(root)}}" in latex


def test_steps_define_what_is_beside_the_way():
    x, w = Value(2.0, label="x"), Value(3.0, label="w")
    text = str(explain(named("y", x * w.exp()), x, "steps"))
    assert text.endswith("where n2 = exp(w) = 20.09")


def test_steps_do_not_depend_on_what_was_read_before():
    p, q = Value(1.0, label="p"), Value(5.0, label="q")
    r = named("r", (p * q) * 5.0 + 1.0)
    fresh = str(explain(r, p, "steps"))
    explained = explain(r, p, "steps")
    assert [symbolic.text(f.formula) for f in explained.paths[0].factors] == ["5·q"]
    assert str(explained) == fresh
    assert "= 1 · r̄ " in fresh


# ---------------------------------------------------------------- leaves that were changed since


def test_the_number_of_a_changed_leaf_is_not_mixed_in():
    x = Value(0.0, label="x")
    y = named("y", x.sqrt() * 2.0)
    x.data = 4.0
    for style in STYLES:
        text = str(explain(y, x, style))
        assert "infinite: sqrt at x = ?" in text
        assert text.endswith(
            "x has been changed since: all numbers are those of then; "
            "? is one that is not known any more"
        )
    assert r"x\ has\ been\ changed\ since" in explain(y, x).latex()


def test_what_a_changed_leaf_held_is_told_where_a_product_remembers_it():
    w, v = Value(3.0), Value(2.0)
    y = named("y", w * v)
    w.data = 50.0
    assert str(explain(y, v)).endswith(
        "where n0 = 3.000\n      n1 = 2.000\n\n"
        "n0 has been changed since: all numbers are those of then"
    )
    w.data = 3.0
    assert "since" not in str(explain(y, v))


def test_a_leaf_without_a_label_has_no_number_any_more():
    v, w = Value(2.0), Value(3.0)
    y = named("y", (v + w).exp())
    w.data = 4.0
    text = str(explain(y, v))
    assert "where n0 = ?\n      n1 = ?\n      n2 = n0 + n1 = 5.000" in text
    assert text.count("some of n0, n1 have been changed since") == 1


def test_only_the_leaf_that_was_changed_is_called_so():
    w, x, b = (Value(number, label=name) for number, name in ((3.0, "w"), (2.0, "x"), (1.0, "b")))
    y = autograd.dot([w], [x], b) + x.sin()
    w.data -= 0.5
    assert changed_leaves(topological_order(y)) == {w: 3.0}
    b.data -= 0.5
    assert changed_leaves(topological_order(y)) == {w: 3.0, b: None}


@pytest.mark.parametrize("operations", ["kinked", "wild"])
def test_no_leaf_is_called_changed_that_was_not(operations):
    @given(programs(operations))
    def check(program):
        root = program.run([Value(number) for number in program.point])[0]
        assert changed_leaves(topological_order(root)) == {}

    check()


def test_the_numbers_of_a_changed_tensor_are_not_explained_one_by_one():
    w = Tensor([1.0, 2.0], label="w")
    explained = explain(named("y", (w * w).sum()), w)
    w.data = np.array([7.0, 8.0])
    assert "norm 4.472" in str(explained)
    with pytest.raises(ValueError, match=r"one was changed since: y was 5 and is now 113"):
        explained.scalars(0)


# ---------------------------------------------------------------- wide nodes


def test_a_formula_is_cut_in_the_middle():
    n = 300
    w = [Value(0.5, label=f"w{i}") for i in range(n)]
    x = [Value(1.0, label=f"x{i}") for i in range(n)]
    z = autograd.dot(w, x, Value(1.0, label="b"))
    y = named("y", z.tanh())
    for style in STYLES:
        explained = explain(y, w[7], style)
        (line,) = [line for line in str(explained).splitlines() if "x0" in line]
        assert re.search(r"n601 = w0·x0 \+ w1·x1 \+ .* \+ … \+ b", line)
        assert columns(line) < 100
    assert r"w_{0} \cdot x_{0} + w_{1} \cdot x_{1} + " in explain(y, w[7]).latex()
    assert r" + \cdots + b" in explain(y, w[7]).latex()
    assert "w0*x0 + w1*x1" in explain(y, w[7]).text(ascii=True)
    joined = named("j", 0.5 * (z - 1.0) ** 2)
    (factor,) = explain(joined, w[7]).paths[0].factors[:1]
    assert len(symbolic.text(factor.formula)) > 1000  # what is cut is only what is written


@pytest.mark.parametrize("style", STYLES)
def test_one_wide_node_takes_memory_linear_in_the_graph(style):
    peaks = []
    for n in (500, 4_000):
        x = [Value(1.0, label=f"x{i}") for i in range(n)]
        same = Value(2.0, label="s")
        root = (autograd.sum(x) - 1.0) ** 2 + autograd.sum([same] * n)
        tracemalloc.start()
        for wrt in (x[3], same):
            explained = explain(root, wrt, style)
            assert len(str(explained)) < 5_000
            assert len(explained.latex()) < 6_000
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 12 * peaks[0]  # 64 times as much if it were quadratic


def test_latex_of_several_paths():
    x = Value(3.0, label="x")
    latex = explain(named("y", x * x), x).latex()
    assert r"\left.\frac{\partial y}{\partial x}\right|_{(2)} &&= x &&= 3.000" in latex
    assert latex.startswith("\\begin{aligned}\n\\frac{d y}{d x} &= ")


@pytest.mark.parametrize("label", HOSTILE)
@pytest.mark.parametrize("style", STYLES)
def test_hostile_labels_stay_text(label, style):
    x = Value(0.5, label=label)
    explained = explain(named(label, x.tanh() * x), x, style)
    text = str(explained)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u2028]", text)
    assert explained.text(ascii=True).isascii()
    page = explained._repr_html_()
    tags = set(re.findall(r"<(/?\w+)", page))
    assert tags <= {t for n in ("div", "p", "table", "thead", "tbody", "tr", "td", "th")
                    for t in (n, f"/{n}")}  # fmt: skip
    assert "<" not in explained._repr_latex_()
    unescaped = explained.latex().replace(r"\\", "").replace(r"\{", "").replace(r"\}", "")
    assert unescaped.count("{") == unescaped.count("}")


def test_html_says_what_the_text_says():
    network = two_neurons("sigmoid")
    for style in STYLES:
        explained = explain(network.E, network.w1, style)
        page = html.unescape(re.sub(r"<[^>]*>", " ", explained._repr_html_()))
        assert page.split() == str(explained).split()


NOTEBOOK = """
from IPython.core.interactiveshell import InteractiveShell
from demos.vanishing_gradient import two_neurons
from viz.explaining.explanation import explain
shell = InteractiveShell.instance()
published = []
shell.display_pub.publish = lambda data, **kwargs: published.append(data)
network = two_neurons("sigmoid")
explained = explain(network.E, network.w1)
assert shell.display_formatter.format(explained) == ({}, {})
(data,) = published
assert set(data) == {"text/plain", "text/latex"}, data
assert data["text/latex"].startswith("$")
"""


def test_a_notebook_is_given_the_formulas_and_not_the_table():
    pytest.importorskip("IPython")
    subprocess.run([sys.executable, "-W", "ignore", "-c", NOTEBOOK], check=True)


# ---------------------------------------------------------------- Tensors


def test_tensors_show_rules_and_shapes():
    loss = examples.softmax_classifier()
    text = str(explain(loss, leaf_of(loss, "W1")))
    assert "  dn7/dh      n̄7 @ W2ᵀ                      3×3 → 3×5" in text
    assert "  dn2/dW1     Xᵀ @ n̄2                       3×5 → 4×5" in text
    assert "  dp/dn9      p ⊙ (p̄ − sum(p̄ ⊙ p, axis 1))  3×3 → 3×3" in text
    assert "ReLU is off in 9 of 15" in text
    assert "a product n2 = X @ W1 hands on X̄ += n̄2 @ W1ᵀ (3×4) and W̄1 += Xᵀ @ n̄2 (4×5)" in text
    assert "number by number: .scalars(0, 0) explains dloss/dW1[0, 0]" in text


def test_tensors_without_a_label_are_defined_or_counted():
    x, w = Tensor(np.ones((3, 2))), Tensor(np.ones((2, 2)), label="W")
    root = named("y", ((x @ w).tanh() @ (x.sum() * Tensor(np.ones((2, 2))))).sum())
    for style in STYLES:
        text = str(explain(root, w, style))
        assert "where n0 a leaf   (3×2)" in text
        assert "sum(n0)   (number)" in text
    for _ in range(20):
        w = (w @ w).tanh()
    text = str(explain(w.sum(), leaf_of(w, "W"), limit=1))
    assert re.search(r"\n      … \d+ more: see draw\(root\), or label", text)
    assert r"without\ a\ label:\ " in explain(w.sum(), leaf_of(w, "W"), limit=1).latex()


def test_steps_and_children_of_tensors():
    loss = examples.dense()
    w = leaf_of(loss, "W")
    assert "W̄ += outer(n̄2, x)" in str(explain(loss, w, "steps"))
    assert "W̄   = outer(n̄2, x)" in str(explain(loss, w, "children"))


def test_the_way_down_to_scalars():
    loss = examples.softmax_classifier()
    w1 = leaf_of(loss, "W1")
    explained = explain(loss, w1)
    below = explained.scalars(1, 2)
    assert math.isclose(below.value, explained.value[1, 2], rel_tol=1e-12)
    assert below.check()
    assert below.wrt.label == "W1[1,2]"
    with pytest.raises(ValueError, match=r"an index of one number of W1, whose shape is \(4, 5\)"):
        explained.scalars(1)
    with pytest.raises(ValueError, match=r"got \(9, 9\)"):
        explained.scalars(9, 9)
    with pytest.raises(ValueError, match="h was computed"):
        explain(loss, leaf_of(loss, "h")).scalars(0, 0)
    with pytest.raises(TypeError, match="tells every number"):
        below.scalars(0)


def test_values_and_tensors_mixed():
    v = Value(2.0, label="v")
    root = named("r", (v * Tensor([1.0, 2.0], label="t")).sum())
    explained = explain(root, v)
    assert explained.value == 3.0
    assert explained.check()
    assert "sum(n̄2 ⊙ t)" in str(explained)


def test_what_where_left_out_of_a_tensor_stays_out():
    x = Tensor([-1.0, 4.0], label="x")
    y = where(x > 0.0, x.sqrt(), 0.0 * x).sum()
    explained = explain(y, x)
    assert np.array_equal(explained.value, [0.0, 0.25])
    assert explained.check()


# ---------------------------------------------------------------- wrong input


def test_wrong_input():
    x = Value(2.0, label="x")
    y = x * 2.0
    with pytest.raises(TypeError, match="takes one wrt, got a list: call it once for each"):
        explain(y, [x])
    with pytest.raises(TypeError, match="as root, got float"):
        explain(2.0, x)
    with pytest.raises(TypeError, match="as wrt, got str"):
        explain(y, "x")
    with pytest.raises(ValueError, match="is not reachable from the root"):
        explain(y, Value(1.0, label="q"))
    with pytest.raises(ValueError, match="style must be one of paths, steps, children, got 'tree'"):
        explain(y, x, "tree")
    for limit in (0, True, 1.5):
        with pytest.raises(ValueError, match="limit is the number of paths to list"):
            explain(y, x, limit=limit)
    with pytest.raises(ValueError, match=r"root has the shape \(2,\): take its \.sum\(\)"):
        explain(Tensor([1.0, 2.0]) * x, x)
