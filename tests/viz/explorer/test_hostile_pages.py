"""Every hostile name on pages in a real browser: shown, and nothing runs or is asked for."""

import viz
from autograd import Value
from demos._page import Page, lines
from tests.viz.hostile import HOSTILE
from viz.diagram import describe
from viz.svg import write_svg
from viz.text import visible


def test_a_page_of_all_names_shows_them_and_runs_nothing(browser, folder):
    page = Page("hostile")
    for label in HOSTILE:
        short = label[:2_000]
        page.text(short)
        page.table(["x"], [[short]])
    page.save(folder / "page.html")
    parts = []
    for label in HOSTILE:
        x = Value(0.5, label=label)
        y = x.tanh()
        y.label = y.scope = label
        parts += [
            f"<section>{viz.explain(y, x)._repr_html_()}</section>",
            f"<section>{viz.compare(y, x.tanh())._repr_html_()}</section>",
            f"<section>{write_svg(describe(y))}</section>",
        ]
    together = (folder / "page.html").read_text(encoding="utf-8")
    together = together.replace("</body>", "".join(parts) + "</body>")
    (folder / "page.html").write_text(together, encoding="utf-8", newline="")
    browser.driver.get_log("browser")
    browser.driver.get((folder / "page.html").as_uri())
    wanted = [lines(label[:2_000]) for label in HOSTILE]
    assert browser.texts("body > p") == wanted
    assert browser.texts("body > .scroll td") == wanted
    sections = browser.texts("body > section")
    assert len(sections) == 3 * len(HOSTILE)
    for number, label in enumerate(HOSTILE):
        for text in sections[3 * number : 3 * number + 3]:
            assert visible(label).strip() in text
    assert browser.count("script, a, b, img, iframe, link") == 0
    assert browser.count("style") == 1
    assert browser.run("return window.ran ?? null") is None
    assert browser.run("return performance.getEntriesByType('resource').length") == 0
    assert browser.complaints() == []
