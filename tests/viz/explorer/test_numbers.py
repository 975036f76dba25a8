"""The page computes what Python computes."""

import math
import random

import pytest

import autograd
import nn
from autograd import Value, gradients, operations, primitive, topological_order
from autograd.primitives import TABLE
from demos.vanishing_gradient import two_neurons
from tests.viz.explorer.driven import agree, check_against_python, names
from tests.viz.explorer.graphs import neuron, repeated, scale_by
from viz.webpage.contents import MOST_SLOTS


def test_the_page_opens_with_everything_to_be_seen(browser, folder):
    network = two_neurons("sigmoid")
    browser.show(network.E, folder)
    check_against_python(browser, network.E)
    assert browser.position == (20, 20)
    assert "All is computed: E = 0.1082." in browser.text("#sentence")
    assert browser.text("h1") == "E"
    assert browser.text("#summary") == "6 leaves, 9 operations"
    assert browser.count(".constant") == 2
    assert browser.run("return performance.getEntriesByType('resource').length") == 0
    assert not browser.is_shown("#frozen")
    assert browser.complaints() == []


def test_the_boxes_show_four_digits(browser, folder):
    network = two_neurons("sigmoid")
    browser.show(network.E, folder)
    a2 = f'.box[data-node="{names(network.E)["a2"]}"]'
    assert browser.text(f"{a2} .value") == "0.7153"
    assert browser.text(f"{a2} .gradient") == "0.4653"
    assert browser.text(f"{a2} .symbol") == "σ"
    value, name, gradient = (
        browser.run("return document.querySelector(arguments[0]).getBoundingClientRect().y", each)
        for each in (f"{a2} .value", f"{a2} .name", f"{a2} .gradient")
    )
    assert value < name < gradient


def test_two_neurons_at_random_settings(browser, folder):
    root = two_neurons("sigmoid").E
    leaves = names(root)
    browser.show(root, folder)
    rng = random.Random(0)
    for _ in range(40):
        setting = {
            name: rng.choice([rng.uniform(-3, 3), rng.uniform(-60, 60)])
            for name in ("x", "w1", "b1", "w2", "b2")
        }
        setting["target"] = rng.uniform(-2, 2)
        python = two_neurons("sigmoid", **setting)
        browser.set_leaves(
            {leaves[{"target": "T"}.get(name, name)]: number for name, number in setting.items()}
        )
        check_against_python(browser, python.E)


def test_a_network_with_dot_products_at_random_settings(browser, folder):
    net = nn.MLP(3, [4, 3, 1], "relu", seed=1)
    inputs = [Value(number, label=f"x{i}") for i, number in enumerate((0.5, -0.2, 0.1))]

    def loss():
        return (net(inputs) - 1.0) ** 2

    root = loss()
    order = topological_order(root)
    number_of = {id(node): index for index, node in enumerate(order)}
    browser.show(root, folder)
    check_against_python(browser, root)
    rng = random.Random(1)
    leaves = [node for node in order if node.is_leaf]
    for _ in range(10):
        for leaf in leaves:
            leaf.data = rng.uniform(-2, 2)
        browser.set_leaves({number_of[id(leaf)]: leaf.data for leaf in leaves})
        check_against_python(browser, loss())


BUILT_IN = frozenset(TABLE)


def every_primitive(*numbers):
    """Use each row of the table at least once."""
    a, b, c = (Value(number, label=name) for number, name in zip(numbers, "abc", strict=True))
    parts = [autograd.sum([a, b, c]), autograd.dot([a, b], [b, c], c)]
    for row in [TABLE[name] for name in sorted(BUILT_IN)]:
        if not row.variadic:
            parts.append(operations.apply(row, *(a, b, c, a)[: row.arity]))
    # weights, so that each part counts
    return autograd.dot([0.1 * (i + 1) for i in range(len(parts))], parts)


def test_every_row_of_the_table_at_random_settings(browser, folder):
    root = every_primitive(0.3, 0.4, 0.5)
    order = topological_order(root)
    assert {node.primitive.name for node in order if node.primitive} == BUILT_IN
    leaves = names(root)
    browser.show(root, folder)
    rng = random.Random(2)
    settings = [(0.0, 0.0, 0.0), (1.0, 1.0, 1.0), (-1.0, 0.0, 2.0), (0.0, -1.0, 0.5)]
    settings += [(-30.0, 800.0, 0.5), (1e-9, -2.0, -3.0)]
    settings += [tuple(rng.uniform(-3, 3) for _ in range(3)) for _ in range(20)]
    settings += [tuple(rng.uniform(0, 1) for _ in range(3)) for _ in range(10)]
    for setting in settings:
        browser.set_leaves({leaves[name]: setting[i] for i, name in enumerate("abc")})
        python = every_primitive(*setting)
        check_against_python(browser, python)
        # one nan hides the gradients of all the others: so each local derivative by itself
        partials = browser.run(
            "return models[0].partials.map(each => each.map(p => p === null ? null : exact(p)))"
        )
        for node, found in zip(topological_order(python), partials, strict=True):
            wanted = node.partials
            assert [each is None for each in found] == [each is None for each in wanted]
            agree(
                [float(each) for each in found if each is not None],
                [each for each in wanted if each is not None],
            )


def test_what_where_did_not_choose_contributes_nothing(browser, folder):
    x = Value(-1.0, label="x")
    root = autograd.where(x > 0, autograd.log(x), x * 2.0)
    browser.show(root, folder)
    check_against_python(browser, root)
    assert browser.numbers("gradient")[0] == 2.0  # not nan, which log would bring
    not_chosen = browser.count(".arrow:not(.carries)")
    browser.set_leaves({0: 0.5})
    assert browser.complaints() == []
    assert not_chosen >= 2


def test_nan_and_inf_are_shown_as_text(browser, folder):
    x, y = Value(math.nan, label="x"), Value(math.inf, label="y")
    root = x * y + y
    browser.show(root, folder)
    check_against_python(browser, root)
    leaves = names(root)
    assert browser.text(f'.box[data-node="{leaves["x"]}"] .value') == "nan"
    assert browser.text(f'.box[data-node="{leaves["y"]}"] .value') == "inf"
    field = f"#leaf{leaves['x']}"
    assert browser.run("return document.querySelector(arguments[0]).placeholder", field) == "nan"
    browser.set_leaves({leaves["x"]: 2.0, leaves["y"]: -1e300})
    x, y = Value(2.0), Value(-1e300)
    check_against_python(browser, x * y + y)
    assert browser.complaints() == []


def test_the_gradient_is_that_of_the_root_whatever_grad_holds(browser, folder):
    network = two_neurons("sigmoid")
    network.E.backward()
    network.E.backward()
    browser.show(network.E, folder)
    check_against_python(browser, network.E)


def test_it_computes_from_the_numbers_that_the_leaves_hold(browser, folder):
    x = Value(3.0, label="x")
    root = x * x
    x.data = 5.0  # after the forward pass, as an optimizer does it
    browser.show(root, folder)
    assert browser.numbers("value") == [5.0, 25.0]
    assert browser.numbers("gradient") == [10.0, 1.0]


def test_wrt_shows_only_the_paths(browser, folder):
    network = two_neurons("sigmoid")
    browser.show(network.E, folder, wrt=[network.w1, network.w2])
    shown = browser.run(
        "return [...document.querySelectorAll('.box title')].map(t => t.textContent)"
    )
    assert shown == ["w2", "w1", "n4", "z1", "a1", "n8", "z2", "a2", "n12", "n13", "E"]
    wanted = [network.w2, network.w1, network.z1, network.a1, network.z2, network.a2]
    found = dict(zip(shown, browser.numbers("gradient"), strict=True))
    agree([found[node.label] for node in wanted], gradients(network.E, wanted))
    assert browser.is_shown("#frozen")
    browser.set_leaves({shown.index("w1"): 2.5})
    again = two_neurons("sigmoid", w1=2.5)
    found = dict(zip(shown, browser.numbers("gradient"), strict=True))
    agree([found["w1"], found["w2"]], gradients(again.E, [again.w1, again.w2]))
    browser.click_box(shown.index("n4"))
    assert "n4 = w1·x = 2.500·0.1000 = 0.2500" in browser.text("#node")


def test_a_primitive_of_the_users_own(browser, folder):
    @primitive(partials=lambda m, out, x: 2.0 * x * out, name="explorer_exp_square")
    def exp_square(m, x):
        return m.exp(x * x)

    try:
        root = exp_square(Value(1.5)) * 2.0
        browser.show(root, folder)
        check_against_python(browser, root)
        browser.set_leaves({0: -0.7})
        check_against_python(browser, exp_square(Value(-0.7)) * 2.0)
    finally:
        del TABLE["explorer_exp_square"]


def test_two_rows_of_one_name_compute_each_its_own(browser, folder):
    declared = [scale_by(2.0), scale_by(5.0)]
    try:

        def root(number):
            x = Value(number, label="x")
            return declared[0](x) + declared[1](x)

        browser.show(root(2.0), folder)
        check_against_python(browser, root(2.0))
        assert browser.numbers("value") == [2.0, 4.0, 10.0, 14.0]
        assert browser.numbers("gradient")[0] == 7.0
        browser.set_leaves({0: -3.0})
        check_against_python(browser, root(-3.0))
    finally:
        del TABLE["explorer_scale"]


@pytest.mark.parametrize("called", ["explorer evil name", "1st", "</script>", 'a"b\\', "x-y"])
def test_a_primitive_of_any_name_called_by_another(browser, folder, called):
    @primitive(partials=lambda m, out, x: 3.0 * x * x, name=called)
    def cube(m, x):
        return x * x * x

    @primitive(
        partials=lambda m, out, x: getattr(m, called)(x) + 0.75 * x**4, name="explorer_caller"
    )
    def caller(m, x):
        return getattr(m, called)(x) * x * 0.25

    try:
        browser.show(caller(Value(1.5)), folder)
        check_against_python(browser, caller(Value(1.5)))
        browser.set_leaves({0: -0.7})
        check_against_python(browser, caller(Value(-0.7)))
        assert browser.complaints() == []
    finally:
        del TABLE[called], TABLE["explorer_caller"]


def test_the_sign_of_zero_counts(browser, folder):
    def root(x, y):
        return 1.0 / Value(x) + autograd.atan2(Value(y), Value(x)) + 1.0 / (Value(y) * -0.0)

    for x, y in [(-0.0, 1.0), (0.0, -1.0)]:
        browser.show(root(x, y), folder)
        check_against_python(browser, root(x, y))
    y, x = Value(-0.0, label="y"), Value(-0.0, label="x")
    browser.show(autograd.atan2(y, x), folder)
    assert browser.numbers("value")[-1] == -math.pi
    browser.set_leaves({0: 3.0})
    browser.click("#reset")
    assert browser.numbers("value")[-1] == -math.pi


@pytest.mark.parametrize("make", [repeated, neuron], ids=["a sum", "a neuron"])
def test_as_many_operands_as_there_may_be(browser, folder, make):
    root, wrt = make(MOST_SLOTS)
    browser.show(root, folder, wrt=wrt)
    for number in (None, -2.5):
        if number is not None:
            browser.set_leaves({0: number})
            root, wrt = make(MOST_SLOTS, number)
        leaf = wrt or topological_order(root)[0]
        agree(browser.numbers("value"), [leaf.data, root.data])
        agree(browser.numbers("gradient"), [*gradients(root, [leaf]), 1.0])
    browser.go_to(3)
    assert "Backward: n" in browser.text("#sentence")
    assert browser.count("#formulas p") == (MOST_SLOTS if wrt is None else 1)
    browser.click_box(1)
    assert browser.count("#node p") > browser.count("#formulas p")
    assert browser.complaints() == []
