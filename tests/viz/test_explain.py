"""`explain`: its figures against the engine's, and what it says, word by word."""

import html
import math
import re
import subprocess
import sys

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
from tests.viz.test_hostile_labels import HOSTILE
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
        (lambda x: x.softplus(), -9.0, "softplus is nearly off: 0.00012"),
        (lambda x: x * 0.1, 3.0, ""),
        (lambda x: x * Value(0.0, label="w"), 3.0, "w is 0"),
        (lambda x: x * Value(0.1, label="w"), 3.0, "w is small"),
        (lambda x: autograd.dot([x], [Value(0.1, label="w")]), 3.0, "w is small"),
        (lambda x: x.log(), 50.0, "x is large"),
        (lambda x: x / Value(50.0, label="n"), 1.0, "n is large"),
        (lambda x: x.sqrt(), 0.0, "infinite: sqrt at x = 0"),
        (lambda x: x.step(), 1.0, "step is flat everywhere: 0"),
        (lambda x: x**2, 0.0, "power is flat at x = 0: 0"),
        (lambda x: autograd.maximum(x, 5.0), 1.0, "the other is larger: 0"),
        (lambda x: autograd.minimum(x, 1.0), 1.0, "a tie: half each"),
        (lambda x: x * math.nan, 1.0, "not a number: multiply at x = 1"),
    ],
)
def test_what_happens_to_a_gradient_is_named(f, at, said):
    x = Value(at, label="x")
    y = named("y", f(x))
    (row,) = [line for line in str(explain(y, x)).splitlines() if line.startswith("  dy/dx ")]
    assert row.endswith(said)
    if not said:
        assert re.search(r"\d$", row)


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
    with pytest.raises(ValueError, match="backward starts from one number"):
        explain(Tensor([1.0, 2.0]) * x, x)
