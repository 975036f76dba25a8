"""``python -m autograd``: a prompt with everything at hand."""

from __future__ import annotations

import os
import subprocess
import sys
import types
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import pytest

import autograd
import viz
from autograd import Value
from autograd import __main__ as prompt
from tests.autograd.helpers import ROOT

PLAIN = """
import runpy, sys
sys.modules["IPython"] = None  # as if it were not installed
runpy.run_module("autograd", run_name="__main__")
"""


def type_in(lines: str, *command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", *command], input=lines, cwd=ROOT, capture_output=True,
        text=True, encoding="utf-8", timeout=120,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", "IPYTHONDIR": str(folder)},
    )  # fmt: skip


def test_what_is_at_hand() -> None:
    names = prompt.namespace()
    assert names["Value"] is Value
    assert names["autograd"] is autograd
    for name in ("draw", "save", "tree"):
        assert names[name] is getattr(viz, name)
    for name in ("grad", "exp", "tanh", "relu", "maximum", "where", "dot", "jacobian", "no_grad"):
        assert names[name] is getattr(autograd, name)


def test_pythons_own_functions_stay_what_they_are() -> None:
    names = prompt.namespace()
    assert {"abs", "pow", "sum", "min", "max"}.isdisjoint(names)
    assert eval("sum([Value(1.0), 2]) + abs(Value(-1.0)) + pow(Value(2.0), 2)", names).data == 8.0


def test_the_banner_is_three_lines_and_what_it_says_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first, *code = prompt.BANNER.split("\n")
    assert len(code) == 2
    assert all(len(line) <= 80 for line in prompt.BANNER.split("\n"))
    for name in ("Value", "grad", "draw", "save", "tree"):
        assert name in first
    monkeypatch.chdir(tmp_path)
    names = {**prompt.namespace(), "help": lambda thing: None}
    for line in code:
        exec(line.strip(), names)
    assert names["x"].grad == pytest.approx(3 * (1 - names["y"].data ** 2))
    assert "tanh" in capsys.readouterr().out
    assert "</svg>" in (tmp_path / "y.svg").read_text(encoding="utf-8")


def test_the_plain_prompt(tmp_path: Path) -> None:
    lines = (
        "Value(2.0)*3\nx = Value(2.0, label='x')\ny = x * x\ny.backward()\nx\nprint(tree(y))\n"
        "grad(exp)(0.0)\nlen(draw(y).source) > 100\nValue('2')\n"
    )
    done = type_in(lines, "-c", PLAIN, folder=tmp_path)
    assert done.returncode == 0
    for expected in (
        "Value(6.000)\n", "Value(2.000, grad=4.000, label='x')\n", "└─ x → n0\n", "1.0\n", "True\n",
    ):  # fmt: skip
        assert expected in done.stdout
    assert done.stderr.startswith(prompt.BANNER + "\n")
    assert "use float('2')" in done.stderr  # and the prompt went on to its end


def test_the_prompt_that_is_installed(tmp_path: Path) -> None:
    done = type_in("Value(2.0)*3\n", "-m", "autograd", folder=tmp_path)
    assert done.returncode == 0
    assert "Value(6.000)" in done.stdout
    assert prompt.BANNER.split("\n")[0] in done.stdout + done.stderr


def test_ipython_is_used_if_it_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    class Config:
        def __init__(self) -> None:
            self.TerminalInteractiveShell = types.SimpleNamespace()

    called: dict[str, Any] = {}
    fakes = {
        "IPython": {"start_ipython": lambda **options: called.update(options)},
        "traitlets": {},
        "traitlets.config": {"Config": Config},
    }
    for name, contents in fakes.items():
        fake = types.ModuleType(name)
        fake.__spec__ = ModuleSpec(name, None)
        vars(fake).update(contents)
        monkeypatch.setitem(sys.modules, name, fake)
    monkeypatch.setattr(sys, "argv", ["autograd", "--quick"])
    prompt.main()
    assert called["argv"] == ["--quick"]
    assert called["user_ns"]["Value"] is Value
    assert called["config"].TerminalInteractiveShell.banner1 == prompt.BANNER + "\n"
