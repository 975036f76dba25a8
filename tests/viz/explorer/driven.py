"""An explorer page in a browser: how a test reads it and works with it."""

import math
import re

from autograd import gradients, topological_order
from viz.webpage.page import explorer

RELATIVE = 1e-9


class Browser:
    """One browser, and the page that is open in it."""

    def __init__(self, driver):
        self.driver = driver
        self.run = driver.execute_script

    def show(self, root, folder, size=(1280, 800), features=(), media="", **options):
        """Write the page of a graph and open it from its file."""
        path = explorer(root, folder / "page.html", **options)
        width, height = size
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False},
        )
        wanted = [{"name": name, "value": value} for name, value in features]
        self.driver.execute_cdp_cmd(
            "Emulation.setEmulatedMedia", {"media": media, "features": wanted}
        )
        self.driver.get_log("browser")
        self.driver.get(path.as_uri())
        return self

    def complaints(self):
        """What the browser had to say since the last time: errors, violations of the policy."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    # ------------------------------------------------------------ reading

    def numbers(self, what, diagram=0):
        """The values or gradients of a diagram by the number of the node, as they are."""
        found = self.run(
            "const svg = document.querySelectorAll('svg.diagram')[arguments[0]];"
            "return [...svg.querySelectorAll('.box')].map(b => b.dataset[arguments[1]] ?? null)",
            diagram,
            what,
        )
        return [None if number is None else float(number) for number in found]

    def text(self, selector):
        return self.run("return document.querySelector(arguments[0]).textContent", selector)

    def texts(self, selector):
        return self.run(
            "return [...document.querySelectorAll(arguments[0])].map(e => e.textContent)", selector
        )

    def count(self, selector):
        return self.run("return document.querySelectorAll(arguments[0]).length", selector)

    def nodes(self, selector):
        """The numbers of the boxes of the first diagram that a selector finds."""
        return set(
            self.run(
                "const svg = document.querySelector('svg.diagram');"
                "return [...svg.querySelectorAll(arguments[0])].map(b => Number(b.dataset.node))",
                selector,
            )
        )

    def is_shown(self, selector):
        return self.run(
            "const e = document.querySelector(arguments[0]);"
            "return e.checkVisibility ? e.checkVisibility() : e.offsetParent !== null",
            selector,
        )

    def style(self, selector, name, of=""):
        return self.run(
            "return getComputedStyle(document.querySelector(arguments[0]),"
            " arguments[2] || null)[arguments[1]]",
            selector,
            name,
            of,
        )

    # ------------------------------------------------------------ doing

    def find(self, selector):
        return self.driver.find_element("css selector", selector)

    def click(self, selector):
        self.find(selector).click()

    def click_box(self, number, diagram=0):
        boxes = self.driver.find_elements("css selector", f'.box[data-node="{number}"]')
        boxes[diagram].click()

    def press(self, *keys):
        from selenium.webdriver import ActionChains, Keys

        chain = ActionChains(self.driver)
        for key in keys:
            chain.send_keys(getattr(Keys, key) if len(key) > 1 and key.isupper() else key)
        chain.perform()

    def type(self, selector, text):
        """Put a text in a field as a user does: select what is there and type."""
        from selenium.webdriver import Keys

        field = self.find(selector)
        field.send_keys(Keys.CONTROL, "a")
        field.send_keys(text)

    def set_leaves(self, numbers):
        """Give leaves numbers through their fields, {number of the node: number}."""
        self.run(
            "for (const [leaf, number] of Object.entries(arguments[0])) {"
            "  const field = document.getElementById('leaf' + leaf);"
            "  field.value = number;"
            "  field.dispatchEvent(new Event('input', {bubbles: true}));"
            "}",
            {str(leaf): repr(float(number)) for leaf, number in numbers.items()},
        )

    def choose(self, selector, value):
        self.run(
            "const menu = document.querySelector(arguments[0]);"
            "menu.value = arguments[1]; menu.dispatchEvent(new Event('change', {bubbles: true}));",
            selector,
            value,
        )

    def go_to(self, position):
        self.run(
            "const s = document.getElementById('position'); s.value = arguments[0];"
            "s.dispatchEvent(new Event('input', {bubbles: true}));",
            position,
        )

    @property
    def position(self):
        here, end = map(int, self.text("#counter").split(" / "))
        return here, end


def names(root):
    return {node.label: index for index, node in enumerate(topological_order(root)) if node.label}


def agree(found, wanted, tolerance=RELATIVE):
    """Compare two lists of numbers; where both are nan or the same infinity they agree."""
    assert len(found) == len(wanted)
    for number, right in zip(found, wanted, strict=True):
        if math.isnan(right):
            assert math.isnan(number)
        elif math.isinf(right):
            assert number == right
        else:
            assert abs(number - right) <= tolerance * max(abs(right), 1e-300), (number, right)


def check_against_python(browser, root, diagram=0):
    """The page shows every value and every gradient that Python computes."""
    order = topological_order(root)
    agree(browser.numbers("value", diagram), [node.data for node in order])
    agree(browser.numbers("gradient", diagram), gradients(root, order))


def channels(colour):
    if colour.startswith("#"):
        return tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return tuple(int(part) for part in re.findall(r"\d+", colour)[:3])
