"""The page for every reader, on every screen and on paper; and safe from its labels."""

import pytest

import autograd
from autograd import Value
from demos.vanishing_gradient import two_neurons
from tests.viz.explorer.driven import channels, check_against_python
from tests.viz.hostile import HOSTILE
from viz.colour import contrast
from viz.text import visible


# ---------------------------------------------------------------- for everyone
def test_the_diagram_says_what_it_is(browser, folder):
    browser.show(two_neurons("sigmoid").E, folder)
    svg = browser.find("svg.diagram")
    assert svg.get_attribute("role") == "group"
    title = browser.text(f"#{svg.get_attribute('aria-labelledby')}")
    description = browser.text(f"#{svg.get_attribute('aria-describedby')}")
    assert title == "Diagram: how E is computed"
    assert description.startswith("6 leaves lead to E over 9 operations. E is 0.1082.")
    label = browser.find('.box[data-node="11"]').get_attribute("aria-label")
    assert label == "a2 = 0.7153, dE/da2 = 0.4653"
    assert browser.find("#told").get_attribute("aria-live") == "polite"
    assert browser.find("#told").find_elements("css selector", "#sentence")
    unnamed = browser.run(
        "return [...document.querySelectorAll('button, input, select')].filter(e =>"
        " !e.textContent.trim() && !e.getAttribute('aria-label') && !e.labels?.length).length"
    )
    assert unnamed == 0


def test_every_control_is_reached_by_tab_and_shows_it(browser, folder):
    browser.show(two_neurons("sigmoid").E, folder)
    wanted = set(
        browser.run(
            "return [...document.querySelectorAll('button, input, select, summary,"
            ' .box[tabindex="0"]\')].filter(e => !e.disabled && e.checkVisibility())'
            ".map((e, i) => { e.dataset.place = i; return i; })"
        )
    )
    reached = set()
    for _ in range(len(wanted) + 8):
        browser.press("TAB")
        place, outline, stroke = browser.run(
            "const e = document.activeElement, s = getComputedStyle(e);"
            "const frame = e.querySelector?.('.frame');"
            "return [e.dataset.place ?? null, s.outlineStyle + ' ' + s.outlineWidth,"
            " frame ? getComputedStyle(frame).strokeWidth : null]"
        )
        if place is not None:
            reached.add(int(place))
            assert outline == "solid 3px" or stroke == "4.5px"
    assert reached == wanted


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_can_be_read_in_the_light_and_in_the_dark(browser, folder, scheme):
    features = [("prefers-color-scheme", scheme)]
    browser.show(two_neurons("sigmoid").E, folder, features=features)
    browser.go_to(13)

    def hexadecimal(colour):
        return "#" + "".join(f"{part:02x}" for part in channels(colour))

    card = hexadecimal(browser.style("#walk", "backgroundColor"))
    assert (card == "#ffffff") == (scheme == "light")
    for selector, name in (
        ("#sentence", "color"),
        ("#formulas .note", "color"),
        (".hint", "color"),
        ("#leaves output", "color"),
        (".box .value", "fill"),
        (".box .gradient", "fill"),
        (".local", "fill"),
        (".constant text", "fill"),
    ):
        assert contrast(hexadecimal(browser.style(selector, name)), card) >= 4.5, selector
    active = hexadecimal(browser.style(".box.active .frame", "fill"))
    for selector in (".box.active .value", ".box.active .gradient"):
        assert contrast(hexadecimal(browser.style(selector, "fill")), active) >= 4.5
    page = hexadecimal(browser.style("body", "backgroundColor"))
    for selector in ("h1", "#summary", ".key .value", ".key .gradient"):
        assert contrast(hexadecimal(browser.style(selector, "color")), page) >= 4.5
    pressed = [browser.style("#mode-steps", each) for each in ("color", "backgroundColor")]
    assert contrast(*map(hexadecimal, pressed)) >= 4.5


def test_motion_is_reduced_where_that_is_preferred(browser, folder):
    browser.show(two_neurons("sigmoid").E, folder)
    browser.go_to(13)
    assert browser.style(".arrow.backward .line", "animationName") == "flow"
    features = [("prefers-reduced-motion", "reduce")]
    browser.show(two_neurons("sigmoid").E, folder, features=features)
    browser.go_to(13)
    assert browser.style(".arrow.backward .line", "animationName") == "none"


@pytest.mark.parametrize("width", [320, 360, 1280])
def test_nothing_leaves_the_screen(browser, folder, width):
    root = two_neurons("sigmoid").E
    browser.show(root, folder, size=(width, 740))
    layout = browser.find("svg.diagram").get_attribute("data-layout")
    assert layout == ("wide" if width > 700 else "narrow")
    too_wide = (
        "const end = document.documentElement; if (end.scrollWidth > innerWidth) return ['page'];"
        "return [...document.querySelectorAll('button, input, select, p, h1, h2, h3, li')]"
        ".filter(e => e.checkVisibility() && !e.closest('#comparison, .skip') &&"
        " e.getBoundingClientRect().right > innerWidth + 0.5).map(e => e.outerHTML)"
    )
    assert browser.run(too_wide) == []
    for position in (0, 8, 13, 19):
        browser.go_to(position)
        assert browser.run(too_wide) == []
    browser.click_box(7)
    browser.choose("#rival", "2")
    assert browser.run(too_wide) == []
    browser.click("#mode-quiz")
    browser.type("#answer", "1")
    browser.click("#check")
    assert browser.run(too_wide) == []
    text = browser.run(
        "return document.querySelector('.box .value').getBoundingClientRect().height"
    )
    assert text > 11


def test_on_a_phone_the_step_brings_its_box_into_view(browser, folder):
    browser.show(two_neurons("sigmoid").E, folder, size=(360, 740))
    for position in (1, 9, 10, 15, 19):
        browser.go_to(position)
        top, bottom, panel = browser.run(
            "const box = document.querySelector('.box.active').getBoundingClientRect();"
            "const walk = document.getElementById('walk').getBoundingClientRect();"
            "return [box.top, box.bottom, walk.top]"
        )
        assert top >= 0
        assert bottom <= panel


def test_it_prints_in_grey_and_without_controls(browser, folder):
    browser.show(
        two_neurons("sigmoid").E,
        folder,
        media="print",
        features=[("prefers-color-scheme", "dark")],
    )
    browser.go_to(13)
    colours = browser.run(
        "return [...document.querySelectorAll('body *')].filter(e => e.checkVisibility()).flatMap("
        "e => { const s = getComputedStyle(e); return s.filter === 'grayscale(1)' ? [] :"
        " [s.color, s.backgroundColor, ...(e.ownerSVGElement ? [s.fill, s.stroke] : [])]; })"
        ".filter(c => c !== 'none')"
    )
    assert len(colours) > 100
    for each in set(colours):
        assert len(set(channels(each))) == 1, each
    assert browser.style("body", "backgroundColor") == "rgb(255, 255, 255)"
    assert channels(browser.style("#sentence", "color"))[0] < 60
    for selector in (".bar", ".zoom", "#reset", "#keys", '#leaves input[type="range"]'):
        assert not browser.is_shown(selector)
    for selector in ("svg.diagram", "#sentence", "#leaves output", "#legend"):
        assert browser.is_shown(selector)
    assert browser.style("#walk", "position") == "static"


# ---------------------------------------------------------------- safe
def test_hostile_labels_stay_text(browser, folder):
    leaves = [Value(float(index), label=label) for index, label in enumerate(HOSTILE)]
    for leaf in leaves:
        leaf.scope = leaf.label
    root = autograd.sum([leaf.tanh() for leaf in leaves])
    root.label = "</title><script>alert(1)</script>"
    browser.show(root, folder)
    check_against_python(browser, root)
    shown = browser.run(
        "return [...document.querySelectorAll('.box.leaf title')].map(t => t.textContent)"
    )
    for label in HOSTILE:
        wanted = visible(label).strip()
        assert any(wanted in each for each in shown)
    for position in (0, 5, 80):
        browser.go_to(position)
    for number in (1, 10, len(HOSTILE)):
        browser.run(f"choose({number})")
    browser.choose("#rival", "0")
    assert browser.run(
        "return [...document.querySelectorAll('body *')].map(e => e.localName)"
        ".filter(n => ['a', 'b', 'script', 'iframe', 'img', 'td'].includes(n) || n.includes('<'))"
        ".filter(n => n !== 'td').sort()"
    ) == ["a", "script", "script"]  # the link that skips the diagram, the data, and the page's own
    assert browser.text("h1") == "‘</title><script>alert(1)</script>’"
    assert browser.complaints() == []


def test_the_policy_lets_nothing_in_and_nothing_out(browser, folder):
    browser.show(two_neurons("sigmoid").E, folder)
    assert browser.complaints() == []
    refused = browser.driver.execute_async_script(
        """
        const done = arguments[0], refused = [];
        addEventListener("securitypolicyviolation", (e) => refused.push(e.effectiveDirective));
        const image = new Image();
        image.src = "data:image/gif;base64,R0lGODlhAQABAAAAACw=";
        const script = document.createElement("script");
        script.textContent = "window.intruder = 1";
        document.body.append(script);
        const link = document.createElement("link");
        link.rel = "stylesheet";
        link.href = "data:text/css,body{}";
        document.head.append(link);
        const button = document.createElement("p");
        button.setAttribute("onclick", "window.intruder = 2");
        document.body.append(button);
        button.click();
        fetch("data:text/plain,hello").catch(() => 0).then(() =>
          setTimeout(() => done([refused, window.intruder ?? null]), 200));
        """
    )
    directives, intruder = refused
    assert intruder is None
    assert {"img-src", "connect-src", "script-src-elem", "style-src-elem"} <= set(directives)
    assert "script-src-attr" in directives
