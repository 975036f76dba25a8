"""``python -m demos`` lists the demos."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from demos import __main__ as listing

ROOT = Path(__file__).resolve().parents[2]


def test_each_demo_with_its_command_and_its_first_line() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "demos"],
        cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=True,
    )  # fmt: skip
    assert done.stderr == ""
    listed, _, also = done.stdout.partition("\n\n")
    lines = listed.splitlines()
    assert lines[::2] == [
        f"python -m demos.{file.stem}"
        for file in sorted((ROOT / "demos").glob("*.py"))
        if not file.name.startswith("_")
    ]
    told = lines[lines.index("python -m demos.vanishing_gradient") + 1]
    assert told == "    Why a sigmoid network forgets its first layer: two neurons, then many."
    assert all(line.strip() for line in lines[1::2])
    assert also.splitlines()[::2] == ["python -m demos gallery --out DIR", "demos/notebooks/"]


def test_gallery_is_no_lesson_and_has_a_command_line_of_its_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "gallery" not in listing.lessons()
    monkeypatch.setattr(sys, "argv", ["demos", "gallery", "--only", "nothing"])
    with pytest.raises(SystemExit) as exit:
        listing.main()
    assert exit.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "python -m demos gallery: error: --only nothing: there are " in err


def test_a_file_that_begins_with_an_underscore_is_no_demo(tmp_path: Path) -> None:
    (tmp_path / "_helper.py").write_text('"""Helps."""')
    (tmp_path / "b.py").write_text('"""Second line\nof what it says."""')
    (tmp_path / "a.py").write_text("x = 1")
    assert listing.lessons(tmp_path) == {"a": "", "b": "Second line"}


@pytest.mark.parametrize(
    ("argument", "hint"),
    [("vanishing_gradient", "python -m demos.vanishing_gradient"), ("nothing", "python -m demos")],
)
def test_a_name_after_it(
    argument: str, hint: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["demos", argument])
    assert listing.main() == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.endswith(f"try: {hint}\n")
