"""Telling any lesson, and what holds for all of them."""

from __future__ import annotations

import io
import os
import struct
from collections.abc import Callable
from contextlib import redirect_stdout
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import pytest

from tests.demos.conftest import Told
from tests.demos.reading import Reader, printed_table
from tests.viz.examples import parse

needs_plots = pytest.mark.skipif(find_spec("matplotlib") is None, reason="needs matplotlib")


def tell(demo: ModuleType, out: Path, *arguments: str) -> Told:
    """Run a demo by its command line and keep what it prints."""
    printed = io.StringIO()
    with redirect_stdout(printed):
        assert demo.main(["--out", str(out), *arguments]) == 0
    return Told(out, printed.getvalue())


def check_terminal(told: Told) -> None:
    """No line is too wide, and every file that is named is there, and no other."""
    for line in told.printed.split("\n"):
        assert len(line) <= 100 or str(told.out) in line
    named = {Path(line.strip()) for line in told.printed.split("\n") if line.startswith("  /")}
    if os.name == "posix":
        assert {*named, told.out / "index.html"} == set(told.out.iterdir())
    assert f"Open {(told.out / 'index.html').resolve().as_uri()}" in told.printed


def check_page(told: Told) -> None:
    """The page says what the terminal says, and its pictures are there."""
    found = Reader(told.page)
    assert "http" not in told.page
    assert {"script", "link", "iframe"}.isdisjoint(found.tags)
    for table in found.tables:
        filled = [[cell.strip() for cell in row if cell.strip()] for row in table]
        printed = [" ".join(line.split()) for line in told.printed.split("\n")]
        for row in filled:
            assert " ".join(" ".join(row).split()) in printed
    for text in found.texts.get("pre", []):
        assert text in told.printed
    flat = " ".join(told.printed.split())
    for text in found.texts["p"]:
        if not text.startswith("Left out here"):
            assert " ".join(text.split()) in flat
    assert found.texts["h1"] == found.texts["title"]
    for i, heading in enumerate(found.texts["h2"], start=1):
        assert heading.startswith(f"{i}. ")
    for name, alternative in found.pictures:
        parse(told.svg(Path(name).stem))
        assert len(alternative) > 20
    for file in told.out.glob("*.png"):
        data = file.read_bytes()
        assert data.startswith(b"\x89PNG\r\n\x1a\n")
        width, height = struct.unpack(">II", data[16:24])
        assert width > 400
        assert height > 200
        assert data.endswith(b"IEND\xaeB`\x82")


def check_pictures(told: Told, *names: str) -> None:
    """These plots, and no others, are on the page, in this order."""
    assert [Path(src).stem for src, _ in Reader(told.page).pictures] == list(names)


def check_bare(told: Told, full: Told, *diagrams: str) -> None:
    """Without matplotlib and Graphviz the same is printed, and what is missing is named."""
    left_out = [line for line in told.printed.split("\n") if line.startswith("left out: ")]
    assert sum("plots (no matplotlib: pip install matplotlib)" in line for line in left_out) == 1
    assert sorted(file.name for file in told.out.iterdir()) == sorted(
        ["index.html", *(f"{name}.svg" for name in diagrams)]
    )
    assert told.printed.split("\nPictures\n")[0] == full.printed.split("\nPictures\n")[0]
    last = Reader(told.page).texts["p"][-1]
    assert last.startswith("Left out here: ")
    assert all(line.removeprefix("left out: ") in last for line in left_out)
    check_terminal(told)
    check_page(told)


def check_again(told: Told, again: Told) -> None:
    """The same bytes a second time."""
    for path in told.out.iterdir():
        assert path.read_bytes() == (again.out / path.name).read_bytes()


def refused(
    main: Callable[[list[str]], int], arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> str:
    """What a command line says to arguments that it does not take."""
    with pytest.raises(SystemExit) as exit:
        main(arguments)
    assert exit.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    return err


__all__ = [
    "check_again", "check_bare", "check_page", "check_pictures", "check_terminal", "needs_plots",
    "printed_table", "refused", "tell",
]  # fmt: skip
