"""What the demos have in common: the lesson told twice, the command line, the drawn network."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from demos import _plots
from demos._page import Lesson, command, run
from tests.demos.lessons import needs_plots
from tests.demos.reading import Reader
from tests.viz.examples import texts

ROOT = Path(__file__).resolve().parents[2]


def test_everything_is_printed_and_on_the_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lesson = Lesson(tmp_path, "A title")
    lesson.heading("1. A part")
    lesson.text("word " * 40)
    lesson.terminal("a  =  1")
    lesson.table(["n", "square"], [["2", "4"]])
    for _ in range(2):
        lesson.leave_out("sound")
    lesson.close()
    printed = capsys.readouterr().out
    assert printed.startswith("A title\n\n1. A part\n---------\nword ")
    assert max(map(len, printed.split("Pictures")[0].split("\n"))) <= 96
    assert "\na  =  1\n" in printed
    assert "\nn  square\n2       4\n" in printed
    assert printed.count("left out: sound") == 1
    found = Reader((tmp_path / "index.html").read_text(encoding="utf-8"))
    assert found.texts["h2"] == ["1. A part"]
    assert found.texts["pre"] == ["a  =  1"]
    assert found.tables == [[["n", "square"], ["2", "4"]]]
    assert found.texts["p"][-1] == "Left out here: sound."


@needs_plots
def test_a_plot_is_written_twice_and_shown_once(tmp_path: Path) -> None:
    lesson = Lesson(tmp_path, "A title")
    lesson.plot("line", "A line, and nothing else.", lambda figure: figure.add_subplot().plot([1]))
    lesson.close()
    assert lesson.written == [tmp_path / "line.svg", tmp_path / "line.png"]
    found = Reader((tmp_path / "index.html").read_text(encoding="utf-8"))
    assert found.pictures == [("line.svg", "A line, and nothing else.")]


def test_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    parser = command("name", "First line.\n\nMore.")
    assert parser.parse_args([]).out == Path("pictures/name")
    assert parser.parse_args(["--out", "x"]).out == Path("x")
    with pytest.raises(SystemExit):
        parser.parse_args(["--help"])
    out = capsys.readouterr().out
    assert "python -m demos.name" in out
    assert "First line." in out
    assert "More." not in out


def test_the_folder_is_made(tmp_path: Path) -> None:
    told: list[Path] = []
    assert run(command("name", ""), tmp_path / "a" / "b", told.append) == 0
    assert told == [tmp_path / "a" / "b"]
    assert told[0].is_dir()


def test_a_file_in_the_place_of_the_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(SystemExit) as exit:
        run(command("name", ""), tmp_path / "file", lambda out: None)
    assert exit.value.code == 2
    assert f"--out {tmp_path / 'file'}: " in capsys.readouterr().err


@pytest.mark.skipif(os.name != "posix", reason="a pipe that is closed early")
def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    code = (
        "import sys; from demos._page import command, run; "
        "sys.exit(run(command('name', ''), __import__('pathlib').Path('.'), "
        "lambda out: [print('x' * 1000) for _ in range(1000)]))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1


@needs_plots
class TestDrawNetwork:
    def draw(self, folder: Path, *arguments: Any, **options: Any) -> list[str]:
        files = _plots.write_figure(
            folder / "net.svg",
            lambda figure: _plots.draw_network(figure.add_subplot(), *arguments, **options),
        )
        return [text.strip() for text in texts(files[0].read_text(encoding="utf-8"))]

    def test_every_text_is_there(self, tmp_path: Path) -> None:
        nodes = [[("x1", ""), ("x2", "")], [("h", "b = 1")]]
        shown = self.draw(tmp_path, nodes, [[[0.25, -4.0]]])
        assert {"x1", "x2", "h", "b = 1", "0.25", "-4"} <= set(shown)

    def test_signs_are_told_by_colour_and_dash(self, tmp_path: Path) -> None:
        self.draw(tmp_path, [[("x1", ""), ("x2", "")], [("h", "")]], [[[0.25, -4.0]]])
        svg = (tmp_path / "net.svg").read_text(encoding="utf-8")
        lines = [line for line in svg.split("\n") if f"stroke: {_plots.VERMILION}" in line]
        assert len(lines) == 1
        assert "stroke-dasharray" in lines[0]
        assert svg.count(f"stroke: {_plots.BLUE}") == 1

    def test_large_layers_and_weights_of_zero(self, tmp_path: Path) -> None:
        nodes = [[("x", "")] * 16, [("h", "")] * 16]
        shown = self.draw(tmp_path, nodes, [[[0.0] * 16] * 16], numbers=False)
        assert shown.count("x") == 16
        assert "0" not in shown
