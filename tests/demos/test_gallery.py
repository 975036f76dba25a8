"""``python -m demos gallery``: a site whose every link leads somewhere inside it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from autograd import Value, topological_order
from demos import _explorers, _gallery, _source, backpropagation, gradient_descent
from demos.__main__ import lessons
from tests.demos.lessons import needs_plots, refused, tell
from tests.demos.reading import Reader

ROOT = Path(__file__).resolve().parents[2]
TWO = ("forward_propagation", "gradient_descent")


class Links(HTMLParser):
    """What a page refers to, the places in it that can be referred to, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.targets: list[str] = []
        self.ids: list[str] = []
        self.source = ""
        self._inside = False
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("href", "src", "srcset", "data", "action", "poster", "xlink:href"):
                self.targets.append(value or "")
            elif name == "id":
                self.ids.append(value or "")
        self._inside |= tag == "pre"

    def handle_endtag(self, tag: str) -> None:
        self._inside &= tag != "pre"

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.source += data


@dataclass
class Site:
    folder: Path
    status: int
    printed: str
    errors: str

    def page(self, name: str) -> str:
        return (self.folder / name).read_text(encoding="utf-8")

    @property
    def index(self) -> Reader:
        return Reader(self.page("index.html"))


def build(folder: Path, *names: str, **environment: str) -> Site:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "demos", "gallery", "--out", folder,
         "--only", *names],
        cwd=ROOT, capture_output=True, encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **environment},
    )  # fmt: skip
    return Site(folder, done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return build(tmp_path_factory.mktemp("gallery") / "a" / "site", *reversed(TWO))


def check_links(site: Site) -> set[Path]:
    """Every link leads to a file of the site, and where it names a place, to one that is there."""
    pages = {page: Links(page.read_text(encoding="utf-8")) for page in site.folder.rglob("*.html")}
    reached = {site.folder / "index.html"}
    for page, found in pages.items():
        assert len(set(found.ids)) == len(found.ids), page
        for target in found.targets:
            parts = urlsplit(target)
            if parts.scheme == "data":
                continue
            assert (parts.scheme, parts.netloc) == ("", ""), f"{page.name} points to {target}"
            assert not parts.path.startswith("/"), f"{page.name} points to {target}"
            file = page
            if parts.path:
                file = Path(os.path.normpath(page.parent / unquote(parts.path)))
                assert file.is_relative_to(site.folder), f"{page.name} leaves the site: {target}"
                assert file.is_file(), f"{page.name} points to {target}, which is not there"
                reached.add(file)
            if parts.fragment:
                assert unquote(parts.fragment) in pages[file].ids, f"{page.name}: {target}"
    return reached


def test_every_link_leads_into_the_site(site: Site) -> None:
    reached = check_links(site)
    there = {file for file in site.folder.rglob("*") if file.suffix in (".html", ".svg")}
    assert there <= reached, "nothing lies there that no page shows"
    for file in there:
        text = file.read_text(encoding="utf-8")
        assert str(site.folder.parent) not in text
        assert "file:" not in text
        if file.suffix == ".svg":
            named = re.findall(r'href="([^"]*)"', text) + re.findall(r"url\(([^)]*)\)", text)
            assert all(name.startswith(("#", "data:")) for name in named), file


def test_what_it_says_while_it_builds(site: Site) -> None:
    drawn = find_spec("pygraphviz") or shutil.which("dot")
    assert site.errors == "" if drawn else "pip install pygraphviz" in site.errors
    lines = [line for line in site.printed.splitlines() if not line.startswith("    left out: ")]
    assert lines[0] == "explorers: one_neuron, two_neurons, xor, loss"
    for i, (line, name) in enumerate(zip(lines[1:3], TWO, strict=True), start=1):
        assert re.fullmatch(rf"{i} of 2  {name} … \d+\.\d s", line)
    assert lines[-1] == f"Open {(site.folder / 'index.html').as_uri()}"
    if find_spec("matplotlib") and find_spec("pygraphviz"):
        assert site.status == 0
        assert len(lines) == 5


def test_the_index_has_each_lesson_with_its_links(site: Site) -> None:
    page = site.index
    assert page.texts["h1"] == page.texts["title"] == ["The chain rule made visible"]
    assert page.texts["h2"] == ["Lessons", "Explorers"]
    told = page.texts["a"]
    assert "From inputs to a prediction: forward propagation" in told
    assert "How large a step: gradient descent on z = 2x" in told
    said = page.texts["p"]
    assert (
        "From inputs to a prediction: a 2-2-1 network by hand, then a network of any size." in said
    )
    targets = Links(site.page("index.html")).targets
    for name in TWO:
        for target in (f"{name}/index.html", f"{name}/terminal.html", f"source/{name}.html"):
            assert target in targets
    for each in _explorers.EXPLORATIONS:
        assert f"explorers/{each.name}.html" in targets
        assert each.title in told
        assert each.line in said


@needs_plots
def test_a_picture_of_each_lesson_that_can_be_made_out(site: Site) -> None:
    shown = [name for name, _ in site.index.pictures]
    assert shown[:2] == ["forward_propagation/two_two_one.svg", "gradient_descent/lines.svg"]


def test_the_lesson_keeps_its_own_page_and_its_words(site: Site, tmp_path: Path) -> None:
    alone = tell(gradient_descent, tmp_path / "alone")
    assert site.page("gradient_descent/index.html") == alone.page
    terminal = Reader(site.page("gradient_descent/terminal.html"))
    (printed,) = terminal.texts["pre"]
    assert printed == alone.printed.partition("\nPictures\n")[0].rstrip() + "\n"
    assert re.search(r"^0\.75 +\+0\.4474 ", printed, flags=re.MULTILINE)


def test_the_source_is_the_file_line_by_line(site: Site) -> None:
    for name in (*TWO, "_explorers"):
        source = (ROOT / "demos" / f"{name}.py").read_text(encoding="utf-8")
        found = Links(site.page(f"source/{name}.html"))
        assert found.source == source
        assert found.ids == [f"L{i + 1}" for i in range(len(source.splitlines()))]


def test_an_explorer_links_to_the_function_that_builds_its_graph(site: Site) -> None:
    lines = (ROOT / "demos" / "_explorers.py").read_text(encoding="utf-8").splitlines()
    targets = Links(site.page("index.html")).targets
    places = [int(t.rpartition("#L")[2]) for t in targets if t.startswith("source/_explorers")]
    begun = [lines[place - 1].partition("(")[0] for place in places]
    assert begun == [f"def {each.build.__name__}" for each in _explorers.EXPLORATIONS]


def test_a_second_time_it_is_replaced(site: Site) -> None:
    before = site.page("index.html")
    (site.folder / "index.html").write_text("something else")
    again = build(site.folder, *TWO)
    assert again.status == site.status
    assert again.page("index.html") == before


# --- what is missing ------------------------------------------------------------------------------


def test_a_lesson_that_fails_or_lacks_a_library_is_named(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\nfor name in ('matplotlib', 'sklearn'):\n    sys.modules[name] = None\n"
    )
    site = build(tmp_path / "site", "gradient_descent", "single_neuron", PYTHONPATH=str(tmp_path))
    assert site.status == 1
    assert "Traceback" not in site.errors + site.printed
    plots = "left out: plots (no matplotlib: pip install matplotlib)"
    data = "could not be told: the data of this lesson ship with scikit-learn, which is not"
    lines = [line.strip() for line in site.printed.splitlines()]
    assert lines[2] == plots
    assert lines[4].startswith(data)
    page = site.index
    first, second = page.texts["li"][:2]
    assert first == f"How large a step: gradient descent on z = 2x: {plots}"
    assert second.startswith(f"Single neuron: {data}")
    assert plots in page.texts["p"]
    assert not (site.folder / "single_neuron" / "terminal.html").exists()
    targets = Links(site.page("index.html")).targets
    assert "single_neuron/index.html" not in targets
    assert "source/single_neuron.html" in targets
    check_links(site)


def test_a_page_of_an_earlier_build_is_not_shown_for_a_lesson_that_fails_now(
    tmp_path: Path,
) -> None:
    old = tmp_path / "site" / "broken"
    old.mkdir(parents=True)
    (old / "index.html").write_text("<title>Old</title>")
    told = _gallery.tell("broken", "No such lesson.", tmp_path / "site")
    assert told.failed
    assert told.title == "Broken"
    assert "No module named demos.broken" in told.missing[0]
    assert "broken/index.html" not in _gallery.index([told])


def test_texts_of_a_lesson_are_never_markup(tmp_path: Path) -> None:
    hostile = "</p><script>alert('1')</script> & \" ' <b>"
    told = _gallery.Told("x", hostile, hostile, hostile, "a\"'<.svg", (hostile,), failed=False)
    page = Reader(_gallery.index([told]))
    assert {"script", "b"}.isdisjoint(page.tags)
    assert hostile in page.texts["p"]
    assert ("x/a\"'<.svg", "") in page.pictures
    (tmp_path / "x").mkdir()
    _gallery.write_terminal_page(told, tmp_path)
    terminal = Reader((tmp_path / "x" / "terminal.html").read_text(encoding="utf-8"))
    assert terminal.texts["pre"] == [hostile]


# --- the command line -----------------------------------------------------------------------------


def gallery(arguments: list[str]) -> int:
    return _gallery.main(arguments, lessons())


def test_a_lesson_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    error = refused(gallery, ["--only", "gradient_descent", "nothing"], capsys)
    assert "--only nothing: there are activation_functions, backpropagation, " in error


def test_a_file_in_the_place_of_the_site(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("mine")
    error = refused(gallery, ["--out", str(tmp_path / "file")], capsys)
    assert f"--out {tmp_path / 'file'}: " in error
    assert (tmp_path / "file").read_text() == "mine"


def test_an_interruption_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(site: Path, chosen: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(_gallery, "build", interrupted)
    assert gallery(["--out", str(tmp_path)]) == 130
    assert capsys.readouterr().err == "\ninterrupted: the pages are not finished\n"


def test_the_order_names_every_lesson() -> None:
    assert sorted(_gallery.ORDER) == sorted(lessons())
    some = {"z": "", "backpropagation": "", "a": "", "gradient_descent": ""}
    assert list(_gallery.in_order(some)) == ["gradient_descent", "backpropagation", "a", "z"]


# --- the explorers' graphs ------------------------------------------------------------------------


def test_one_neuron() -> None:
    y = _explorers.one_neuron()
    y.backward()
    assert y.data == pytest.approx(0.7064193203972352, rel=1e-14)
    gradients = {leaf.label: leaf.grad for leaf in _leaves(y)}
    slope = 1.0 - y.data**2
    assert gradients == pytest.approx({"w": 2 * slope, "x": -3 * slope, "b": slope}, rel=1e-14)


def test_two_neurons() -> None:
    E = _explorers.two_sigmoid_neurons()  # noqa: N806
    E.backward()
    gradients = {leaf.label: leaf.grad for leaf in _leaves(E)}
    assert E.data == pytest.approx(0.1082295630, abs=5e-11)
    assert gradients["w1"] == pytest.approx(0.0010213959, abs=5e-11)


def test_the_xor_network_is_that_of_the_lesson() -> None:
    E = _explorers.xor_network()  # noqa: N806
    E.backward()
    found = {leaf.label: leaf.grad for leaf in _leaves(E)}
    w1, b1, w2, b2 = (p.data for p in backpropagation.start(backpropagation.LEARNS))
    a1 = 1 / (1 + 2.718281828459045 ** -(w1[:, 1] + b1[:, 0]))  # the row (0, 1)
    a2 = 1 / (1 + 2.718281828459045 ** -(w2[0] @ a1 + b2[0, 0]))
    delta2 = (a2 - 1.0) * a2 * (1 - a2)
    delta1 = delta2 * w2[0] * a1 * (1 - a1)
    assert E.data == pytest.approx(0.5 * (1 - a2) ** 2)
    assert found["b2"] == pytest.approx(delta2)
    assert [found["W1[1,2]"], found["W1[2,2]"]] == pytest.approx(list(delta1))
    assert found["x2"] == pytest.approx(float(delta1 @ w1[:, 1])), "two contributions, added"


def test_the_loss_of_one_neuron() -> None:
    L = _explorers.loss_of_one_neuron()  # noqa: N806
    L.backward()
    found = {leaf.label: leaf.grad for leaf in _leaves(L)}
    errors = [0.5 * x - t for x, t in _explorers.POINTS]
    assert L.data == pytest.approx(sum(e * e for e in errors) / 3)
    slope = sum(2 * e * x for e, (x, _) in zip(errors, _explorers.POINTS, strict=True)) / 3
    assert found["w"] == pytest.approx(slope)
    assert found["b"] == pytest.approx(sum(2 * e for e in errors) / 3)


def _leaves(root: Value) -> list[Value]:
    return [node for node in topological_order(root) if node.is_leaf]


# --- the source page ------------------------------------------------------------------------------


@pytest.mark.parametrize("file", sorted((ROOT / "demos").glob("*.py")), ids=lambda file: file.stem)
def test_marking_a_source_changes_no_character(file: Path) -> None:
    source = file.read_text(encoding="utf-8")
    assert Links(_source.listing(source)).source == source


def test_what_is_marked() -> None:
    source = 'if x:  # why < not\n    y = f"{x!r} {"" if x else 1}" + """a\n& b"""\n'
    if sys.version_info < (3, 12):
        source = source.replace('{"" if x', "{'' if x")
    page = Reader(_source.listing(source))
    text = source.split("y = ")[1].split(" + ")[0]
    assert page.texts["i"] == ["if", "# why < not", text, '"""a', '& b"""']
