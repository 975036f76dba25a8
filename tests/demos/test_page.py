"""The page: every text as itself, and written whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from demos._page import Page, columns, lines, write_text
from tests.demos.reading import Reader

HOSTILE = "</p></title><script>alert('1')</script> & &lt; \" ' <b>bold</b> ü ′ \u2028"


def test_texts_are_never_markup(tmp_path: Path) -> None:
    page = Page(HOSTILE)
    page.heading(HOSTILE)
    page.text(HOSTILE)
    page.terminal(HOSTILE)
    page.table([HOSTILE, "b"], [[HOSTILE, "1"], ["c", HOSTILE]])
    page.pictures((Path("/some/where/a b\"'&<x>.svg"), HOSTILE))
    page.save(tmp_path / "index.html")
    found = Reader((tmp_path / "index.html").read_text(encoding="utf-8"))
    assert {"script", "b"}.isdisjoint(found.tags)
    for tag in ("title", "h1", "h2", "p", "pre", "figcaption"):
        assert found.texts[tag] == [lines(HOSTILE)]
    shown = lines(HOSTILE)
    assert found.tables == [[[shown, "b"], [shown, "1"], ["c", shown]]]
    assert found.pictures == [("a b\"'&<x>.svg", shown)]


def test_parts_stand_in_the_order_in_which_they_were_added(tmp_path: Path) -> None:
    page = Page("lesson")
    page.text("first")
    page.heading("second")
    page.terminal("third")
    page.save(tmp_path / "x.html")
    html = (tmp_path / "x.html").read_text(encoding="utf-8")
    places = [html.index(text) for text in ("<h1>lesson</h1>", "<p>first", "second", "third")]
    assert places == sorted(places)
    assert html.startswith("<!doctype html>")
    assert '<meta charset="utf-8">' in html


def test_a_file_is_replaced_and_no_other_is_left(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    for text in ("first, and longer", "ü"):
        write_text(path, text)
        assert path.read_text(encoding="utf-8") == text
    assert [p.name for p in tmp_path.iterdir()] == ["page.html"]
    assert path.stat().st_mode & 0o777 == 0o644


def test_after_an_error_the_file_is_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    write_text(path, "before")
    with pytest.raises(UnicodeEncodeError):
        write_text(path, "after \ud800")
    assert path.read_text() == "before"
    assert [p.name for p in tmp_path.iterdir()] == ["page.html"]


def test_columns_are_aligned() -> None:
    assert columns(["name", "n"], [["a", "100"], ["longer", "1"]]) == (
        "name      n\n"  # the first to the left, the others to the right
        "a       100\n"
        "longer    1"
    )
