"""One node explained, activations swapped, gradients compared by size."""

import math

import pytest

import autograd
from autograd import Value, gradients, topological_order
from demos.vanishing_gradient import two_neurons
from tests.viz.explorer.driven import agree, channels, check_against_python, names
from viz.colour import Scale


# ---------------------------------------------------------------- one node
def test_a_click_explains_a_box_and_points_out_its_way(browser, folder):
    network = two_neurons("sigmoid")
    number = names(network.E)
    browser.show(network.E, folder)
    browser.click_box(number["a1"])
    card = browser.text("#node")
    assert "a1 = σ(z1) = σ(0.4150) = 0.6023" in card
    assert "∂a1/∂z1 = a1·(1 − a1) = 0.6023·(1 − 0.6023) = 0.2395" in card
    assert "dE/da1 = dE/dn8 · ∂n8/∂a1 = 0.09476 · 0.4500 = 0.04264" in card
    assert "∂n8/∂a1 = w2 = 0.4500" in card
    assert "a1 → n8 → z2 → a2 → n12 → n13 → E" in card
    on_the_way = {number["a1"], number["z2"], number["a2"], number["E"], 8, 12, 13}
    assert browser.nodes(".box:not(.dim)") == on_the_way
    assert browser.count(".arrow.on-path") == 6
    browser.press("ESCAPE")
    assert browser.count(".dim") == 0
    assert "Choose a box" in browser.text("#node")
    browser.click_box(number["a1"])
    browser.click("#node .corner")
    assert browser.count(".dim") == 0


def test_a_value_that_is_used_twice_adds_up(browser, folder):
    x = Value(2.0, label="x")
    root = x * x + x.sin()
    root.label = "y"
    browser.show(root, folder)
    browser.click_box(0)
    lines = browser.texts("#node .main")
    assert lines[-1] == "dy/dx = (−0.4161) + 2.000 + 2.000 = 3.584"
    assert "3 paths" in browser.text("#node")
    browser.click_box(len(topological_order(root)) - 1)
    assert "dy/dy = 1" in browser.text("#node")


def test_boxes_can_be_chosen_by_keys(browser, folder):
    network = two_neurons("sigmoid")
    browser.show(network.E, folder)
    browser.run("document.querySelector('.box[tabindex=\"0\"]').focus()")
    browser.press("ARROW_UP", "ARROW_UP", "ARROW_UP", "ENTER")
    a2 = names(network.E)["a2"]
    assert browser.nodes(".box.chosen") == {a2}
    assert browser.run("return document.activeElement.dataset.node") == str(a2)
    browser.press(" ")
    assert browser.nodes(".box.chosen") == set()
    browser.press("ARROW_DOWN", "ENTER", "ARROW_RIGHT")
    assert browser.nodes(".box.chosen") == {a2 + 1}
    assert browser.position[0] == 0  # left and right still step


# ---------------------------------------------------------------- activations
def test_the_activation_can_be_swapped(browser, folder):
    browser.show(two_neurons("sigmoid").E, folder)
    menu = browser.texts("#activation option")
    assert menu == ["sigmoid (as written)", "tanh", "relu"]
    for value, name in (("1", "tanh"), ("2", "relu"), ("", "sigmoid")):
        browser.choose("#activation", value)
        python = two_neurons(name).E
        check_against_python(browser, python)
        browser.click_box(7)
        assert f"∂a1/∂z1 = {'1 − a1²' if name == 'tanh' else ''}" in browser.text("#node")
        browser.press("ESCAPE")
    assert browser.texts(".box .symbol").count("σ") == 2


def test_two_activations_side_by_side(browser, folder):
    browser.show(two_neurons("sigmoid").E, folder)
    browser.choose("#rival", "1")
    assert browser.count("svg.diagram") == 2
    assert browser.texts("figcaption") == ["sigmoid", "tanh"]
    check_against_python(browser, two_neurons("sigmoid").E, 0)
    check_against_python(browser, two_neurons("tanh").E, 1)
    root = two_neurons("sigmoid").E
    browser.set_leaves({names(root)["w1"]: 2.0})
    sigmoid, tanh = (two_neurons(each, w1=2.0) for each in ("sigmoid", "tanh"))
    check_against_python(browser, sigmoid.E, 0)
    check_against_python(browser, tanh.E, 1)
    rows = browser.run(
        "return [...document.querySelectorAll('#comparison tr')]"
        ".map(r => [...r.cells].map(c => c.textContent))"
    )
    assert rows[0] == ["", "sigmoid", "tanh", ""]
    assert rows[1][0] == "E"
    one, other = gradients(sigmoid.E, [sigmoid.w1])[0], gradients(tanh.E, [tanh.w1])[0]
    assert [f"{one:#.4g}", f"{other:#.4g}"] == rows[2][1:3]
    assert rows[2][0] == "dE/dw1"
    assert rows[2][3] == f"× {other / one:#.3g}"
    browser.go_to(5)
    assert browser.numbers("value", 1)[14] is None
    browser.choose("#rival", "")
    assert browser.count("svg.diagram") == 1
    assert not browser.is_shown("#comparison")


def test_several_activations_in_one_expression(browser, folder):
    def both(first, second):
        x = Value(0.7, label="x")
        return second(first(x) * 2.0)

    browser.show(both(autograd.tanh, autograd.relu), folder)
    assert browser.texts("#activation option") == [
        *("tanh and relu (as written)", "sigmoid", "tanh", "relu"),
    ]
    browser.choose("#activation", "0")
    check_against_python(browser, both(autograd.sigmoid, autograd.sigmoid))
    browser.choose("#rival", "none")
    check_against_python(browser, both(autograd.tanh, autograd.relu), 1)


def test_without_an_activation_there_is_no_such_card(browser, folder):
    browser.show(Value(2.0) * 3.0, folder)
    assert not browser.is_shown("#swap")


# ---------------------------------------------------------------- sizes
def test_colours_and_widths_are_those_of_the_diagrams(browser, folder):
    root = two_neurons("sigmoid").E
    order = topological_order(root)
    browser.show(root, folder)
    found = gradients(root, order)
    scale = Scale.of(found)
    fills = browser.run(
        "return [...document.querySelectorAll('.box .band')].map(b => b.getAttribute('fill'))"
    )
    for fill, gradient in zip(fills, found, strict=True):
        wanted = channels(scale.colour(gradient))
        assert max(abs(a - b) for a, b in zip(channels(fill), wanted, strict=True)) <= 2
    widths = browser.run(
        "return [...document.querySelectorAll('.arrow')].map(a => [Number(a.dataset.head),"
        " Number(a.dataset.slot), Number(a.querySelector('path').getAttribute('stroke-width'))])"
    )
    for head, slot, width in widths:
        partial = order[head].partials[slot]
        flow = None if partial is None else found[head] * partial
        assert width == pytest.approx(scale.width(flow), abs=0.011)


def test_zero_and_nan_have_colours_of_their_own(browser, folder):
    x = Value(-1.0, label="x")
    browser.show(x.relu() * math.nan + x, folder)
    fills = set(
        browser.run(
            "return [...document.querySelectorAll('.box .band')].map(b => b.getAttribute('fill'))"
        )
    )
    assert "#8b0038" in fills
    browser.show(x.relu() * 2.0, folder)
    fills = browser.run(
        "return [...document.querySelectorAll('.box .band')].map(b => b.getAttribute('fill'))"
    )
    assert fills[0] == "#ffffff"


def test_there_is_a_bar_a_layer(browser, folder):
    network = two_neurons("sigmoid")
    browser.show(network.E, folder)
    assert browser.texts("#bars .name") == ["layer 1", "layer 2", "after the last layer"]
    sizes = browser.run(
        "return [...document.querySelectorAll('#bars .bar')].map(b => Number(b.dataset.size))"
    )
    layers = [
        [network.x, network.w1, network.b1],
        [network.w2, network.b2],
        [network.T],
    ]
    agree(sizes, [max(map(abs, gradients(network.E, layer))) for layer in layers])
    browser.choose("#rival", "2")
    assert browser.count("#bars .bar") == 6
    assert "from 0.001 to 1" in browser.find("#legend svg").get_attribute("aria-label")


def test_the_scale_grows_and_never_shrinks_until_reset(browser, folder):
    root = two_neurons("sigmoid").E
    browser.show(root, folder)
    browser.set_leaves({names(root)["b1"]: -40.0})
    label = browser.find("#legend svg").get_attribute("aria-label")
    assert "from 1e−20" in label
    browser.set_leaves({names(root)["b1"]: 0.4})
    assert browser.find("#legend svg").get_attribute("aria-label") == label
    browser.click("#reset")
    assert "from 0.001 to 1" in browser.find("#legend svg").get_attribute("aria-label")
