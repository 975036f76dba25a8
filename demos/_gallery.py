"""One site from every lesson: their pages, what they print, their source, the explorers.

    python -m demos gallery [--out DIR] [--only NAME [NAME ...]]

Each lesson is run with its defaults, by its own command line and in a process of its own, so
that the site shows what a reader gets who runs it.  Every link is relative: the folder can be
opened from a disk, copied, or put on any web server.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from html.parser import HTMLParser
from pathlib import Path

import viz
from demos import _explorers, _source
from demos._explorers import EXPLORATIONS
from demos._page import STYLE, CommandLine, document, run, write_text

ORDER = (
    "forward_propagation", "activation_functions", "gradient_descent", "backpropagation",
    "vanishing_gradient", "single_neuron", "deep_network", "stochastic_gradient_descent",
    "overfitting", "dropout_batchnorm", "binary_classification", "regression", "classification",
)  # fmt: skip
"""The lessons as they build on each other; one that is not named here comes last."""

INDEX_STYLE = """\
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(19rem, 100%), 1fr));
         gap: 1.2rem; padding: 0; list-style: none; }
.cards li { border: 1px solid #ccc; border-radius: 6px; overflow: hidden; display: flex;
            flex-direction: column; }
.cards .picture { display: block; padding: .6rem; border-bottom: 1px solid #ddd; }
.cards img { display: block; width: 100%; height: 11rem; object-fit: contain; }
.cards li.long { grid-column: 1 / -1; }
.cards h3 { margin: .9rem 1rem .2rem; line-height: 1.25; font-size: 1.1rem; }
.cards p { margin: .2rem 1rem .5rem; }
.cards .links { margin-top: auto; padding: .3rem 0 .7rem; }
.missing { border-left: 4px solid #b3261e; padding-left: .7rem; overflow-wrap: anywhere; }
a { color: #00507a; }
a:focus-visible { outline: 3px solid #d55e00; outline-offset: 2px; }
nav { margin-bottom: -1rem; }
"""

HOME = "../index.html"
LONGEST_REASON = 300  # characters of a line that says why something is missing


@dataclass(frozen=True)
class Told:
    """What a lesson left behind."""

    name: str
    title: str
    sentence: str
    printed: str
    """What it printed, less the list of its files; nothing if it failed."""
    picture: str | None
    """The file of its picture for the index, in its own folder."""
    missing: tuple[str, ...]
    """A line for each thing that is not in the site, and why."""
    failed: bool


class _Glance(HTMLParser):
    """The title and the pictures of a page."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.title, self.pictures = "", list[str]()
        self._in_title = False
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_title = tag == "title"
        if tag == "img":
            self.pictures.append(dict(attrs)["src"] or "")

    def handle_endtag(self, tag: str) -> None:
        self._in_title = False

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data


def tell(name: str, sentence: str, site: Path) -> Told:
    """Run a lesson into its folder of the site and look at what it wrote and printed."""
    folder = site / name
    root = str(Path(__file__).resolve().parents[1])
    path = os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        [sys.executable, "-m", f"demos.{name}", "--out", str(folder.resolve())],
        stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", errors="replace",
        env={**os.environ, "PYTHONPATH": path, "PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip
    plain_title = name.replace("_", " ").capitalize()
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"it ended with status {done.returncode}"]
        reason = _one_line(re.sub(r"^python -m demos\.\w+: error: ", "", lines[-1]))
        return Told(name, plain_title, sentence, "", None, (reason,), failed=True)
    # the list of files that follows names folders of this machine
    printed = done.stdout.partition("\nPictures\n")[0].rstrip() + "\n"
    left_out = re.findall(r"^left out: (.*)$", done.stdout, flags=re.MULTILINE)
    page = _Glance((folder / "index.html").read_text(encoding="utf-8"))
    return Told(
        name, page.title or plain_title, sentence, printed, _thumbnail(folder, page.pictures),
        tuple(map(_one_line, left_out)), failed=False,
    )  # fmt: skip


def _one_line(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= LONGEST_REASON else text[: LONGEST_REASON - 1] + "…"


def _thumbnail(folder: Path, pictures: Sequence[str]) -> str | None:
    """Return the first picture that can be made out when it is small: no long or tall one."""
    fitting = (name for name in pictures if 0.6 <= _proportion(folder / name) <= 2.4)
    return next(fitting, pictures[0] if pictures else None)


def _proportion(picture: Path) -> float:
    """Return how many times as wide as high an SVG is; 1 if it does not say."""
    head = picture.read_bytes()[:4000].decode("utf-8", errors="replace")
    box = re.search(r'viewBox="[-\d.]+ [-\d.]+ ([\d.]+) ([\d.]+)"', head)
    return float(box[1]) / float(box[2]) if box else 1.0


# --- the pages ------------------------------------------------------------------------------------


def write_terminal_page(told: Told, site: Path) -> None:
    """Write what a lesson printed as a page beside its own."""
    body = (
        f'<nav><a href="{HOME}">All lessons</a> · <a href="index.html">The lesson with its '
        f"pictures</a></nav>\n<h1>{escape(told.title)}</h1>\n"
        f"<p>What <code>python -m demos.{escape(told.name)}</code> prints:</p>\n"
        f"<pre>{escape(told.printed)}</pre>"
    )
    page = document(f"{told.title}: on the terminal", body, STYLE + INDEX_STYLE)
    write_text(site / told.name / "terminal.html", page)


def write_source_page(file: Path, site: Path) -> None:
    """Write a module as a page with numbered lines."""
    folder = site / "source"
    folder.mkdir(exist_ok=True)
    title = f"demos/{file.name}"
    body = (
        f'<nav><a href="{HOME}">All lessons</a></nav>\n<h1>{escape(title)}</h1>\n'
        + _source.listing(file.read_text(encoding="utf-8"))
    )
    style = STYLE + INDEX_STYLE + _source.STYLE
    write_text(folder / f"{file.stem}.html", document(title, body, style))


def write_explorers(site: Path) -> list[str]:
    """Write an explorer page and a picture of each graph; return the names of the long ones."""
    folder, long = site / "explorers", []
    folder.mkdir(exist_ok=True)
    for each in EXPLORATIONS:
        root = each.build()
        root.backward()
        viz.explorer(root, folder / f"{each.name}.html")
        picture = viz.save(root, folder / f"{each.name}.svg")
        if _proportion(picture) > 4.0:
            long.append(each.name)
    return long


def index(lessons: Sequence[Told], long: Collection[str] = ()) -> str:
    """Return the first page of the site.

    Args:
        lessons: what they left behind, in the order in which they are shown.
        long: the explorers whose graph takes the whole width.
    """
    parts = [
        "<h1>The chain rule made visible</h1>",
        "<p>An expression is a graph, and every arrow in the graph carries one local derivative. "
        "These lessons look at that from all sides. Each has its page of pictures, what it "
        "prints, and its source; the explorers are graphs to step through and to change.</p>",
    ]
    missing = [(told, line) for told in lessons for line in told.missing]
    if missing:
        items = "\n".join(
            f"<li>{escape(told.title)}: {_verdict(told)}{escape(line)}</li>"
            for told, line in missing
        )
        parts.append(f'<div class="missing"><p>Missing here:</p><ul>{items}</ul></div>')
    parts.append('<h2>Lessons</h2>\n<ul class="cards">')
    parts += [_lesson_card(told) for told in lessons]
    parts.append('</ul>\n<h2>Explorers</h2>\n<ul class="cards">')
    parts += [_explorer_card(each, each.name in long) for each in EXPLORATIONS]
    parts.append("</ul>")
    return document("The chain rule made visible", "\n".join(parts), STYLE + INDEX_STYLE)


def _lesson_card(told: Told) -> str:
    links = [] if told.failed else [("lesson", f"{told.name}/index.html")]
    links += [] if told.failed else [("what it prints", f"{told.name}/terminal.html")]
    links.append(("source", f"source/{told.name}.html"))
    links += [
        (f"explorer: {each.name.replace('_', ' ')}", f"explorers/{each.name}.html")
        for each in EXPLORATIONS
        if each.lesson == told.name
    ]
    picture = f"{told.name}/{told.picture}" if told.picture else None
    page = None if told.failed else f"{told.name}/index.html"
    sentence = told.sentence.removeprefix(f"{told.title}: ")
    said = [
        sentence[:1].upper() + sentence[1:],
        *(f"{_verdict(told)}{line}" for line in told.missing),
    ]
    return _card(told.title, page, picture, said, links)


def _explorer_card(each: _explorers.Exploration, long: bool) -> str:
    page = f"explorers/{each.name}.html"
    line = _source.first_line(each.build)
    links = [("explorer", page), ("source", f"source/_explorers.html#L{line}")]
    return _card(each.title, page, f"explorers/{each.name}.svg", [each.line], links, long)


def _verdict(told: Told) -> str:
    return "could not be told: " if told.failed else "left out: "


def _card(
    title: str,
    page: str | None,
    picture: str | None,
    said: Sequence[str],
    links: Sequence[tuple[str, str]],
    long: bool = False,
) -> str:
    """Return a list item.

    Args:
        title: what stands above, and leads to the page.
        page: what the title and the picture lead to, if there is anything.
        picture: the file of a picture, if there is one.
        said: a sentence, and then a line for each thing that is missing.
        links: their texts, and where they lead.
        long: whether the picture is a long graph, which takes the whole width.
    """
    heading = escape(title)
    parts = ['<li class="long">' if long else "<li>"]
    if page and picture:  # the title is the link that counts: this one is for the mouse
        parts.append(
            f'<a class="picture" href="{escape(page)}" tabindex="-1">'
            f'<img src="{escape(picture)}" alt="" loading="lazy"></a>'
        )
    if page:
        heading = f'<a href="{escape(page)}">{heading}</a>'
    parts.append(f"<h3>{heading}</h3>")
    parts.append(f"<p>{escape(said[0])}</p>")
    parts += [f'<p class="missing">{escape(line)}</p>' for line in said[1:]]
    shown = " · ".join(f'<a href="{escape(to)}">{escape(text)}</a>' for text, to in links)
    parts.append(f'<p class="links">{shown}</p></li>')
    return "\n".join(parts)


# --- the command ----------------------------------------------------------------------------------


def build(site: Path, lessons: Mapping[str, str]) -> list[Told]:
    """Write the site, saying what is being done.

    Args:
        site: its folder, which exists.
        lessons: the first sentence of each lesson by its module's name.
    """
    long = write_explorers(site)
    here = Path(__file__).parent
    write_source_page(here / "_explorers.py", site)
    print(f"explorers: {', '.join(each.name for each in EXPLORATIONS)}")
    told = []
    for i, (name, sentence) in enumerate(lessons.items(), start=1):
        print(f"{i} of {len(lessons)}  {name} …", end="", flush=True)
        began = time.perf_counter()
        each = tell(name, sentence, site)
        print(f" {time.perf_counter() - began:.1f} s", flush=True)
        for line in each.missing:
            print(f"    {_verdict(each)}{line}", flush=True)
        write_source_page(here / f"{name}.py", site)
        if not each.failed:
            write_terminal_page(each, site)
        told.append(each)
    write_text(site / "index.html", index(told, long))
    print(f"\nOpen {(site / 'index.html').resolve().as_uri()}")
    return told


def in_order(lessons: Mapping[str, str]) -> dict[str, str]:
    """Return the lessons as they build on each other."""
    place = {name: i for i, name in enumerate(ORDER)}
    names = sorted(lessons, key=lambda name: (place.get(name, len(ORDER)), name))
    return {name: lessons[name] for name in names}


def main(arguments: Sequence[str], lessons: Mapping[str, str]) -> int:
    """Read the command line and build the site; 1 if something is missing in it."""
    parser = CommandLine(
        prog="python -m demos gallery",
        description="Build one site from every lesson; it takes a few minutes.",
    )
    parser.add_argument(
        "--out", type=Path, default=Path("pictures") / "gallery", metavar="DIR",
        help="folder for the site (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--only", nargs="+", default=list(lessons), metavar="NAME",
        help="lessons to take, by their names (default: all)",
    )  # fmt: skip
    options = parser.parse_args(arguments)
    for name in options.only:
        if name not in lessons:
            parser.error(f"--only {name}: there are {', '.join(lessons)}")
    chosen = in_order({name: lessons[name] for name in options.only})
    told: list[Told] = []
    try:
        status = run(parser, options.out, lambda out: told.extend(build(out, chosen)))
    except KeyboardInterrupt:
        print("\ninterrupted: the pages are not finished", file=sys.stderr)
        return 130
    return status or int(any(each.missing for each in told))
