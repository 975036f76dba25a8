"""A lesson told once, with what is installed, and machines on which things are missing."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

from demos.vanishing_gradient import main
from viz import render


@dataclass
class Told:
    """What a run of the demo left behind."""

    out: Path
    printed: str

    @property
    def page(self) -> str:
        return (self.out / "index.html").read_text(encoding="utf-8")

    def svg(self, name: str) -> str:
        return (self.out / f"{name}.svg").read_text(encoding="utf-8")


class Teller:
    """Runs the demo into a folder of its own and reads what it prints."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.capsys = folder, capsys

    def __call__(self, *arguments: str, out: str = "out") -> Told:
        self.capsys.readouterr()
        assert main(["--out", str(self.folder / out), *arguments]) == 0
        return Told(self.folder / out, self.capsys.readouterr().out)


@pytest.fixture
def tell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Teller:
    return Teller(tmp_path, capsys)


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without matplotlib, pygraphviz and `dot`, on which nothing was hinted yet."""
    for name in [*sys.modules, "matplotlib", "pygraphviz"]:
        if name.partition(".")[0] in ("matplotlib", "pygraphviz"):
            monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(render, "_hinted", False)
    assert find_spec("matplotlib") is None
    assert render._engines() == []


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """The lesson as it is told by default; plots and Graphviz if they are installed."""
    out = tmp_path_factory.mktemp("lesson") / "deep" / "folder"
    with pytest.MonkeyPatch.context() as patch:
        printed: list[str] = []
        patch.setattr("builtins.print", lambda *parts, **_: printed.append(" ".join(parts)))
        assert main(["--out", str(out)]) == 0
    return Told(out, "\n".join(printed) + "\n")
