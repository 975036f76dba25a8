"""Stepping through the two passes, and dragging leaves meanwhile."""

import re

import pytest

from autograd import Value, topological_order
from demos.vanishing_gradient import two_neurons
from tests.viz.browser import until
from tests.viz.explorer.driven import check_against_python, names
from viz.steps import backward_steps


# ---------------------------------------------------------------- steps
def test_steps_tell_the_forward_pass_in_the_order_of_evaluation(browser, folder):
    root = two_neurons("sigmoid").E
    order = topological_order(root)
    browser.show(root, folder)
    browser.click("#next")  # from the end to the beginning
    assert browser.position == (0, 20)
    assert browser.text("#sentence") == "The leaves are given: w1, x, b1, w2, b2 and T."
    for position, node in enumerate((n for n in order if not n.is_leaf), start=1):
        browser.click("#next")
        assert browser.position == (position, 20)
        index = order.index(node)
        values = browser.numbers("value")
        for other, value in enumerate(values):
            known = order[other].is_leaf or other <= index
            assert (value is not None) == known
        assert browser.nodes(".box.active") == {index}
        assert set(browser.numbers("gradient")) == {None}
        assert re.search(
            rf"so {node.label or f'n{index}'} can be computed\.$", browser.text("#sentence")
        )
    assert browser.text("#formulas") == "E = 0.5·n13 = 0.5·0.2165 = 0.1082"


def test_steps_tell_the_backward_pass_as_the_engine_runs_it(browser, folder):
    x, y = Value(2.0, label="x"), Value(-3.0, label="y")
    root = x * x * y + x.sin() + x
    root.label = "z"
    order = topological_order(root)
    browser.show(root, folder)
    operations = sum(not node.is_leaf for node in order)
    browser.go_to(operations + 1)
    assert "Seed" in browser.text("#sentence")
    assert [g for g in browser.numbers("gradient") if g is not None] == [1.0]
    adjoints = {len(order) - 1: 1.0}
    steps = backward_steps(root)
    for step in steps:
        browser.press("ARROW_RIGHT")
        lines = browser.texts("#formulas .main")
        assert len(lines) == len(step.contributions)
        adds = set()
        for line, each in zip(lines, step.contributions, strict=True):
            target = order.index(each.operand)
            adjoints[target] = each.after
            assert (" += " in line) == (each.before is not None)
            if each.before is not None:
                adds.add(target)
        assert browser.nodes(".box.active") == {order.index(step.node)}
        assert browser.nodes(".box.target") == {order.index(c.operand) for c in step.contributions}
        assert browser.nodes(".box.adds") == adds
        sent = browser.run(
            "return [...document.querySelectorAll('.arrow.backward')]"
            ".map(a => [Number(a.dataset.head), Number(a.dataset.slot)])"
        )
        index = order.index(step.node)
        assert sorted(sent) == [[index, c.slot] for c in step.contributions]
        for node, gradient in enumerate(browser.numbers("gradient")):
            assert gradient == adjoints.get(node)
    assert browser.position[0] == operations + 1 + len(steps)
    browser.press("ARROW_RIGHT")
    assert browser.position == (operations + len(steps) + 2,) * 2
    check_against_python(browser, root)


def test_the_sum_where_paths_meet_is_written_with_its_numbers(browser, folder):
    x = Value(3.0, label="x")
    root = x * x
    root.label = "y"
    browser.show(root, folder)
    browser.go_to(3)
    assert browser.texts("#formulas .main") == [
        "dy/dx = dy/dy · ∂y/∂x (place 1) = 1.000 · 3.000 = 3.000",
        "dy/dx += dy/dy · ∂y/∂x (place 2) = 1.000 · 3.000 = 3.000, and 3.000 + 3.000 = 6.000",
    ]
    assert "(+=)" in browser.text("#sentence")


def test_keys_buttons_and_slider_agree(browser, folder):
    browser.show(two_neurons("sigmoid").E, folder)
    browser.press("HOME")
    assert browser.position[0] == 0
    assert browser.find("#back").get_attribute("disabled")
    browser.press("ARROW_RIGHT", "ARROW_RIGHT", "ARROW_RIGHT", "ARROW_LEFT")
    assert browser.position[0] == 2
    sentence = browser.text("#sentence")
    browser.press("END")
    assert browser.position == (20, 20)
    browser.click("#first")
    browser.click("#next")
    browser.click("#next")
    assert browser.text("#sentence") == sentence
    browser.click("#back")
    browser.click("#last")
    assert browser.position == (20, 20)
    browser.find("#position").send_keys("\ue012")  # the slider's own key: arrow left
    assert browser.position[0] == 19
    value = browser.find("#position").get_attribute("aria-valuetext")
    assert value == f"19 of 20: {browser.text('#sentence')}"


def test_play_runs_by_itself_and_pauses(browser, folder):
    x = Value(3.0, label="x")
    browser.show(x * 2.0, folder)
    browser.run("document.getElementById('play').click()")
    assert browser.text("#play") == "Pause"
    assert browser.position[0] == 0
    until(lambda: browser.position[0] == 1)
    browser.press("p")
    assert browser.text("#play") == "Play"
    here = browser.position
    browser.press("p")
    until(lambda: browser.position[0] == browser.position[1])
    assert browser.text("#play") == "Play"
    assert here[0] >= 1


# ---------------------------------------------------------------- what if
def test_a_slider_moves_everything(browser, folder):
    root = two_neurons("sigmoid").E
    w1 = names(root)["w1"]
    browser.show(root, folder)
    slider = f'input[type="range"][data-leaf="{w1}"]'
    browser.find(slider).send_keys("\ue014" * 7)  # arrow right
    moved = browser.numbers("value")[w1]
    assert moved == pytest.approx(0.15 + 7 * 0.005)
    check_against_python(browser, two_neurons("sigmoid", w1=moved).E)
    assert float(browser.find(f"#leaf{w1}").get_attribute("value")) == pytest.approx(moved)
    browser.run(
        "const s = document.querySelector(arguments[0]); s.value = -2;"
        "s.dispatchEvent(new Event('input', {bubbles: true}));",
        slider,
    )
    check_against_python(browser, two_neurons("sigmoid", w1=-2.0).E)


def test_a_field_takes_any_number_and_stretches_the_slider(browser, folder):
    root = two_neurons("sigmoid").E
    w1 = names(root)["w1"]
    browser.show(root, folder)
    for number in (-123.5, 1e-7, 0.0):
        browser.type(f"#leaf{w1}", f"{number:g}")
        check_against_python(browser, two_neurons("sigmoid", w1=number).E)
    assert float(browser.find(f'input[type="range"][data-leaf="{w1}"]').get_attribute("max")) >= 494
    before = browser.numbers("value")
    browser.type(f"#leaf{w1}", "-")  # not yet a number
    assert browser.numbers("value") == before
    browser.click("#reset")
    check_against_python(browser, root)
    assert browser.find(f"#leaf{w1}").get_attribute("value") == "0.15"


def test_what_if_in_the_middle_of_a_step_stays_there(browser, folder):
    root = two_neurons("sigmoid").E
    browser.show(root, folder)
    browser.go_to(13)
    browser.set_leaves({names(root)["T"]: 2.0})
    assert browser.position == (13, 20)
    again = two_neurons("sigmoid", target=2.0)
    (difference,) = (s for s in backward_steps(again.E) if s.node.primitive.name == "subtract")
    assert f"= {-difference.adjoint:.4g}".replace("-", "−") in browser.text("#formulas")
