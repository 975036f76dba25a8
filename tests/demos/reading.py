"""Reading a page back."""

from __future__ import annotations

from html.parser import HTMLParser

EMPTY = {"br", "img", "meta"}


class Reader(HTMLParser):
    """The texts, pictures and tables of a page; a tag that is not closed in turn fails."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[str] = []
        self.texts: dict[str, list[str]] = {}
        self.pictures: list[tuple[str, str]] = []
        self.tables: list[list[list[str]]] = []
        self.feed(page)
        self.close()
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "img":
            found = dict(attrs)
            self.pictures.append((found["src"] or "", found["alt"] or ""))
        elif tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")
        if tag not in EMPTY:
            self.open.append(tag)
            self.texts.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open:
            assert not data.strip()
            return
        self.texts[self.open[-1]][-1] += data
        if self.open[-1] in ("td", "th"):
            self.tables[-1][-1][-1] += data


def printed_table(printed: str, first_cell: str) -> list[list[str]]:
    """The rows of the table on the terminal that begins so, up to the first other line."""
    lines = printed.split("\n")
    start = next(i for i, line in enumerate(lines) if line.startswith(first_cell + "  "))
    rows = []
    for line in lines[start:]:
        cells = [cell for cell in line.split("  ") if cell.strip()]
        if rows and len(cells) != len(rows[0]):
            break
        rows.append([cell.strip() for cell in cells])
    return rows
