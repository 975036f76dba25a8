"""A lesson told twice: on the terminal, and as an HTML page with its pictures.

`Page` is the page alone: headings, text, tables and pictures in one file.  `Lesson` prints
each part and puts it on the page.  `document` is the frame of every page, the gallery's too;
`command` and `run` are what the demos' command lines have in common.
"""

from __future__ import annotations

import argparse
import errno
import io
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from html import escape
from pathlib import Path
from textwrap import fill
from typing import Any, NoReturn

import viz
from autograd.atomic import write_atomically
from demos import _plots
from viz.text import visible

STYLE = """\
body { font: 17px/1.5 system-ui, sans-serif; max-width: 88rem; margin: 2rem auto; padding: 0 1rem;
       color: #1b1b1b; background: #fff; }
h1, h2 { line-height: 1.2; margin: 2.2rem 0 .6rem; overflow-wrap: anywhere; }
p { max-width: 46rem; }
.pictures { display: flex; flex-wrap: wrap; gap: 1rem; margin: 1.2rem 0; }
figure { flex: 0 1 auto; min-width: 0; max-width: 100%; margin: 0; }
.pictures:has(figure + figure) figure { flex: 1 1 20rem; }
figure img { max-width: 100%; height: auto; }
figcaption { color: #444; max-width: 46rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .9rem; text-align: right; border-bottom: 1px solid #ddd; }
th:first-child, td:first-child { text-align: left; }
pre { background: #f5f5f5; padding: .8rem 1rem; overflow-x: auto; line-height: 1.35; }
"""

LONGEST_COMPLAINT = 500  # characters of a line that says what is wrong with the command line


class Page:
    """A page in the making; every text is escaped."""

    def __init__(self, title: str) -> None:
        self.title = title
        self._parts = [f"<h1>{_markup(title)}</h1>"]

    def heading(self, text: str) -> None:
        """Add a heading."""
        self._parts.append(f"<h2>{_markup(text)}</h2>")

    def text(self, text: str) -> None:
        """Add a paragraph."""
        self._parts.append(f"<p>{_markup(text)}</p>")

    def terminal(self, text: str) -> None:
        """Add lines as the terminal shows them."""
        self._parts.append(f"<pre>{_markup(text)}</pre>")

    def pictures(self, *pictures: tuple[Path, str]) -> None:
        """Add pictures that stand in the page's own folder, side by side, with captions."""
        figures = "\n".join(
            f'<figure><a href="{escape(file.name)}">'
            f'<img src="{escape(file.name)}" alt="{_markup(caption)}"></a>'
            f"<figcaption>{_markup(caption)}</figcaption></figure>"
            for file, caption in pictures
        )
        self._parts.append(f'<div class="pictures">{figures}</div>')

    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Add a table of texts."""

        def line(cells: Sequence[str], tag: str) -> str:
            return "<tr>" + "".join(f"<{tag}>{_markup(cell)}</{tag}>" for cell in cells) + "</tr>"

        body = "\n".join(line(row, "td") for row in rows)
        self._parts.append(
            f'<div class="scroll"><table><thead>{line(head, "th")}</thead>\n'
            f"<tbody>{body}</tbody></table></div>"
        )

    def save(self, path: Path) -> None:
        """Write the page, whole or not at all."""
        write_text(path, document(self.title, "\n".join(self._parts), STYLE))


def document(title: str, body: str, style: str) -> str:
    """Return a page that stands alone; `body` is markup, `title` any text."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_markup(title)}</title>\n<style>\n{style}</style></head><body>\n"
        f"{body}\n</body></html>\n"
    )


def lines(text: str) -> str:
    """Return a text in which all can be seen: what a terminal or HTML cannot hold by its code."""
    return "\n".join(visible(line, len(line) + 1) for line in text.split("\n"))


def _markup(text: str) -> str:
    return escape(lines(text))


def write_text(path: Path, text: str) -> None:
    """Write a text, whole or not at all."""
    write_atomically(path, text.encode("utf-8"))


def columns(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table for the terminal, the first column to the left, the others to the right."""
    table = [head, *rows]
    widths = [max(len(row[i]) for row in table) for i in range(len(head))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in table
    )


class Lesson:
    """Prints each part and puts it on the page; keeps account of what had to be left out."""

    def __init__(self, out: Path, title: str) -> None:
        self.out = out
        self.page = Page(title)
        self.written: list[Path] = []
        self.left_out: list[str] = []
        print(lines(title))

    def heading(self, text: str) -> None:
        """Begin a part."""
        print(f"\n{lines(text)}\n{'-' * len(text)}")
        self.page.heading(text)

    def text(self, text: str) -> None:
        """Say a paragraph."""
        print(fill(lines(text), 96, break_on_hyphens=False))
        self.page.text(text)

    def terminal(self, text: str) -> None:
        """Show lines as they are."""
        print(lines(text))
        self.page.terminal(text)

    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Show a table."""
        print(lines(columns(head, rows)))
        self.page.table(head, rows)

    def diagrams(self, *diagrams: tuple[Any, str, str], **options: Any) -> None:
        """Draw graphs side by side, each with file name and caption; options as of `viz.draw`."""
        pictures = []
        for root, file, caption in diagrams:
            svg = viz.save(root, self.out / f"{file}.svg", **options)
            self.written.append(svg)
            pictures.append((svg, caption))
            try:
                self.written.append(viz.save(root, svg.with_suffix(".png"), **options))
            except viz.RenderError:
                self.leave_out("diagrams as PNG (no Graphviz: pip install pygraphviz)")
        self.page.pictures(*pictures)

    def plot(
        self,
        file: str,
        caption: str,
        draw: Callable[[Any], None],
        size: tuple[float, float] = (8.4, 4.8),
    ) -> None:
        """Let `draw` fill a matplotlib Figure of `size` inches."""
        if not _plots.available():
            self.leave_out("plots (no matplotlib: pip install matplotlib)")
            return
        svg, png = _plots.write_figure(self.out / f"{file}.svg", draw, size)
        self.written += [svg, png]
        self.page.pictures((svg, caption))

    def leave_out(self, what: str) -> None:
        """Note once what could not be given."""
        if what not in self.left_out:
            self.left_out.append(what)

    def close(self) -> None:
        """Write the page and say where everything is."""
        index = self.out / "index.html"
        if self.left_out:
            self.page.text("Left out here: " + "; ".join(self.left_out) + ".")
        self.page.save(index)
        print("\nPictures")
        for path in map(str, self.written):
            print(f"  {visible(path, len(path) + 1)}")
        for what in self.left_out:
            print(f"left out: {what}")
        print(f"\nOpen {index.resolve().as_uri()}")


class CommandLine(argparse.ArgumentParser):
    """A command line whose complaint is one line that can be read, whatever was typed."""

    def error(self, message: str) -> NoReturn:
        """Print the usage and the message, and end with status 2."""
        if len(message) > LONGEST_COMPLAINT:  # both the option and what is wrong with it stay
            half = LONGEST_COMPLAINT // 2
            message = f"{message[:half]} … {message[-half:]}"
        super().error(visible(message, len(message) + 1))


def whole_number(text: str) -> int:
    """Read the value of an option that is a whole number."""
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"invalid int value: {text!r:.40}; give a whole number, such as 7"
        ) from None


def real_number(text: str) -> float:
    """Read the value of an option that is a number."""
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"invalid float value: {text!r:.40}; give a number, such as 0.5"
        ) from None


def command(name: str, doc: str | None) -> CommandLine:
    """Return the command line of a demo, with --out and the first line of its docstring."""
    parser = CommandLine(
        prog=f"python -m demos.{name}", description=(doc or "").partition("\n")[0]
    )
    parser.add_argument(
        "--out", type=Path, default=Path("pictures") / name, metavar="DIR",
        help="folder for the pictures and the page (default: %(default)s)",
    )  # fmt: skip
    return parser


def run(parser: argparse.ArgumentParser, out: Path, tell: Callable[[Path], None]) -> int:
    """Make the folder and tell the lesson; a file that cannot be written is one line."""
    try:
        _make_folder(out)
        with _printing_codes():
            tell(out)
            sys.stdout.flush()
    except BrokenPipeError:  # whoever was reading has seen enough: `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        file, reason = error.filename2 or error.filename, error.strerror or str(error)
        where = "" if file is None or str(file) == str(out) else f"{file}: "
        parser.error(f"--out {out}: {where}{reason}; give a folder that can be written to")
    return 0


def _make_folder(out: Path) -> None:
    """Make the folder, or find out before a lesson is told that nothing can be written there."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except ValueError:  # a NUL, or half a surrogate pair
        raise OSError(errno.EINVAL, "no folder can have this name", str(out)) from None
    if not os.access(out, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(out))


@contextmanager
def _printing_codes() -> Iterator[None]:
    """Print the code of a character that the terminal or the file does not have: a minus sign."""
    stdout = sys.stdout
    if not isinstance(stdout, io.TextIOWrapper):
        yield
        return
    errors = stdout.errors
    stdout.reconfigure(errors="backslashreplace")
    try:
        yield
    finally:
        stdout.reconfigure(errors=errors)
