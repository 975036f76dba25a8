"""The quiz; zoom and pan."""

import pytest

import nn
from autograd import Value, gradients, topological_order
from demos.vanishing_gradient import two_neurons
from tests.viz.explorer.driven import check_against_python, names


# ---------------------------------------------------------------- quiz
def test_the_quiz_hides_asks_judges_and_counts(browser, folder):
    network = two_neurons("sigmoid")
    number = names(network.E)
    browser.show(network.E, folder)
    browser.click("#mode-quiz")
    assert [g for g in browser.numbers("gradient") if g is not None] == [1.0]
    assert browser.texts(".box .gradient").count("?") == 14
    assert not any(browser.is_shown(each) for each in ("#told", "#node", "#sizes", "#transport"))
    assert set(browser.texts("#leaves output")) == {"?"}
    widths = browser.run(
        "return [...document.querySelectorAll('.line')].map(l => l.getAttribute('stroke-width'))"
    )
    assert set(widths) == {"0.80"}  # they would tell
    assert browser.text("#question").startswith("How large is dE/dn13?")
    browser.type("#answer", "0.5")
    browser.press("ENTER")
    assert browser.text("#verdict .verdict") == "Right."
    assert "dE/dE · ∂E/∂n13 = 1.000 · 0.5000 = 0.5000" in browser.text("#verdict")
    assert browser.text("#score") == "1 of 1 right"
    assert browser.numbers("gradient")[13] == 0.5
    browser.press("ENTER")  # counts once
    assert browser.text("#score") == "1 of 1 right"

    browser.click("#another")
    assert browser.text("#question").startswith("How large is dE/dn12?")
    browser.type("#answer", "0.4653")  # the sign is wrong
    browser.click("#check")
    assert browser.text("#verdict .verdict") == "Not quite."
    assert "2·n12 = 2·(−0.4653) = −0.9305" in browser.text("#verdict")
    assert browser.text("#score") == "1 of 2 right"

    browser.click_box(number["w1"])
    assert browser.text("#question").startswith("How large is dE/dw1?")
    browser.type("#answer", "about a half")
    browser.click("#check")
    assert "Type a number" in browser.text("#verdict")
    assert browser.find("#answer").get_attribute("aria-invalid") == "true"
    assert browser.text("#score") == "1 of 2 right"
    browser.type("#answer", "1,021e-3")  # a comma is a point, three digits are enough
    browser.click("#check")
    assert browser.text("#score") == "2 of 3 right"

    browser.click("#mode-steps")
    check_against_python(browser, network.E)
    assert browser.is_shown("#told")
    assert browser.complaints() == []


def test_the_quiz_goes_through_all_gradients(browser, folder):
    x = Value(3.0, label="x")
    root = x * 2.0 * x
    order = topological_order(root)
    browser.show(root, folder)
    browser.click("#mode-quiz")
    for node in (order[1], order[0]):
        gradient = gradients(root, [node])[0]
        browser.type("#answer", repr(gradient).replace("-", "−"))
        browser.click("#check")
        browser.click("#another")
    assert browser.text("#score") == "2 of 2 right"
    assert browser.texts(".box .gradient").count("?") == 2  # it begins again
    browser.press("ARROW_RIGHT")
    assert browser.is_shown("#quiz")


def test_an_infinite_gradient_can_be_answered(browser, folder):
    browser.show(Value(0.0, label="x").sqrt() * 1.0, folder)
    browser.click("#mode-quiz")
    browser.click_box(0)
    browser.type("#answer", "inf")
    browser.click("#check")
    assert browser.text("#verdict .verdict") == "Right."


# ---------------------------------------------------------------- zoom and pan
def view_box(browser):
    box = browser.run("return document.querySelector('svg.diagram').getAttribute('viewBox')")
    return [float(number) for number in box.split()]


def test_zoom_and_pan(browser, folder):
    browser.show(two_neurons("sigmoid").E, folder)
    x, _, width, _ = whole = view_box(browser)
    browser.click("#zoom-in")
    browser.click("#zoom-in")
    assert view_box(browser)[2] == pytest.approx(width / 1.25**2)
    middle = view_box(browser)[0] + view_box(browser)[2] / 2
    assert middle == pytest.approx(x + width / 2)
    browser.click("#zoom-out")
    assert view_box(browser)[2] == pytest.approx(width / 1.25)
    browser.run("document.querySelector('.box[tabindex=\"0\"]').focus({preventScroll: true})")
    from selenium.webdriver import ActionChains, Keys

    before = view_box(browser)
    ActionChains(browser.driver).key_down(Keys.SHIFT).send_keys(Keys.ARROW_LEFT).key_up(
        Keys.SHIFT
    ).perform()
    assert view_box(browser)[0] == pytest.approx(before[0] - 0.2 * before[2])
    browser.press("+", "+")
    assert view_box(browser)[2] == pytest.approx(width / 1.25**3)
    browser.press("-")
    before = view_box(browser)
    stage = browser.find("svg.diagram")
    ActionChains(browser.driver).move_to_element(stage).click_and_hold().move_by_offset(
        100, 0
    ).release().perform()
    assert view_box(browser)[0] < before[0]
    assert browser.nodes(".box.chosen") == set()  # a drag is no click
    browser.press("0")
    assert view_box(browser) == whole
    for _ in range(30):
        browser.press("-")
    assert view_box(browser) == whole


def test_the_wheel_zooms_with_control_only(browser, folder):
    browser.show(two_neurons("sigmoid").E, folder)
    turn = (
        "const svg = document.querySelector('svg.diagram'), at = svg.getBoundingClientRect();"
        "const event = new WheelEvent('wheel', {deltaY: -100, ctrlKey: arguments[0], bubbles: true,"
        " cancelable: true, clientX: at.x + 100, clientY: at.y + 100});"
        "svg.dispatchEvent(event); return event.defaultPrevented;"
    )
    whole = view_box(browser)
    assert browser.run(turn, False) is False
    assert view_box(browser) == whole
    assert browser.run(turn, True) is True
    assert view_box(browser)[2] < whole[2]


def test_a_large_graph_begins_where_it_can_be_read(browser, folder):
    net = nn.MLP(8, [12, 12, 1], "relu", seed=0)
    root = net([0.1 * i for i in range(8)])
    browser.show(root, folder)
    check_against_python(browser, root)
    size = browser.run(
        "return document.querySelector('.box.root .frame').getBoundingClientRect().width"
    )
    assert size > 60
    browser.click("#zoom-fit")
    assert view_box(browser)[2:] == browser.run("return graph.views.wide.frame.slice(2)")
    browser.click("#zoom-in")
    browser.go_to(3)
    seen, box = browser.run(
        "const box = document.querySelector('.box.active').getBoundingClientRect();"
        "const seen = document.querySelector('svg.diagram').getBoundingClientRect();"
        "return [seen.toJSON(), box.toJSON()]"
    )
    assert seen["left"] <= box["left"]
    assert box["right"] <= seen["right"]
    assert seen["top"] <= box["top"]
    assert box["bottom"] <= seen["bottom"]
    assert browser.complaints() == []
