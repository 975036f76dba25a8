"""The page that a demo writes: headings, text, tables and pictures in one HTML file."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from html import escape
from pathlib import Path

STYLE = """\
body { font: 17px/1.5 system-ui, sans-serif; max-width: 88rem; margin: 2rem auto; padding: 0 1rem;
       color: #1b1b1b; background: #fff; }
h1, h2 { line-height: 1.2; margin: 2.2rem 0 .6rem; }
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


class Page:
    """A page in the making; every text is escaped."""

    def __init__(self, title: str) -> None:
        self.title = title
        self._parts = [f"<h1>{escape(title)}</h1>"]

    def heading(self, text: str) -> None:
        """Add a heading."""
        self._parts.append(f"<h2>{escape(text)}</h2>")

    def text(self, text: str) -> None:
        """Add a paragraph."""
        self._parts.append(f"<p>{escape(text)}</p>")

    def terminal(self, text: str) -> None:
        """Add lines as the terminal shows them."""
        self._parts.append(f"<pre>{escape(text)}</pre>")

    def pictures(self, *pictures: tuple[Path, str]) -> None:
        """Add pictures that stand in the page's own folder, side by side, with captions."""
        figures = "\n".join(
            f'<figure><a href="{escape(file.name)}">'
            f'<img src="{escape(file.name)}" alt="{escape(caption)}"></a>'
            f"<figcaption>{escape(caption)}</figcaption></figure>"
            for file, caption in pictures
        )
        self._parts.append(f'<div class="pictures">{figures}</div>')

    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Add a table of texts."""

        def line(cells: Sequence[str], tag: str) -> str:
            return "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells) + "</tr>"

        body = "\n".join(line(row, "td") for row in rows)
        self._parts.append(
            f'<div class="scroll"><table><thead>{line(head, "th")}</thead>\n'
            f"<tbody>{body}</tbody></table></div>"
        )

    def save(self, path: Path) -> None:
        """Write the page, whole or not at all."""
        write_text(
            path,
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>{escape(self.title)}</title>\n<style>\n{STYLE}</style></head><body>\n"
            + "\n".join(self._parts)
            + "\n</body></html>\n",
        )


def write_text(path: Path, text: str) -> None:
    """Write a file under a temporary name and rename it, so that it is never half there."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


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
