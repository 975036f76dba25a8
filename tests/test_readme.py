"""What the README says is so: its table of corners, and its pictures."""

import re
import runpy
from pathlib import Path

import numpy as np
import pytest

import autograd
import nn
import viz
from autograd import Tensor, Value

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = {
    command
    for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]
    for command in re.findall(
        r"`((?:python -m (?:tests|demos|benchmarks)|pytest )[^`]*)`",
        page.read_text(encoding="utf-8"),
    )
    if "NAME" not in command
}
NAMES = {**vars(autograd), **vars(nn.losses)}
CORNERS = re.findall(r"^\| `(.+?)` \| (x = .+?) \| (.+?) \| (.+?) \|$", README, re.MULTILINE)


def numbers(text: str) -> list[float]:
    return [float(part) for part in text.split(",")]


def test_the_table_of_corners_is_found() -> None:
    assert len(CORNERS) >= 20


@pytest.mark.parametrize(("expression", "at", "value", "gradient"), CORNERS)
def test_corner(expression: str, at: str, value: str, gradient: str) -> None:
    point = {name: float(number) for name, number in re.findall(r"(\w) = ([^,]+)", at)}

    def function(*arguments: Value) -> Value:
        return eval(expression, {**NAMES, **dict(zip(point, arguments, strict=True))})

    inputs = [Value(number) for number in point.values()]
    out = function(*inputs)
    out.backward()
    np.testing.assert_allclose(out.data, float(value), rtol=1e-12)
    np.testing.assert_allclose([x.grad for x in inputs], numbers(gradient), rtol=1e-12)

    for i, expected in enumerate(numbers(gradient)):
        direction = tuple(1.0 if j == i else 0.0 for j in range(len(point)))
        if len(point) == 1 or expected == expected:  # elsewhere 0 * nan is nan
            along = autograd.jvp(function, tuple(point.values()), direction)[1]
            np.testing.assert_allclose(float(along), expected, rtol=1e-12)

    if "crossentropy" not in expression:  # that takes the mean over an array
        arrays = [Tensor([number, number]) for number in point.values()]
        many = eval(expression, {**NAMES, **dict(zip(point, arrays, strict=True))})
        many.sum().backward()
        np.testing.assert_allclose(many.data, float(value), rtol=1e-12)
        for x, expected in zip(arrays, numbers(gradient), strict=True):
            np.testing.assert_allclose(x.grad, expected, rtol=1e-12)


def test_the_chain_rule_is_what_the_project_writes() -> None:
    x = Value(2.0, label="x")
    u = x * x + x.sin()
    u.label = "u"
    (written,) = re.findall(r"^```text\n(.*?)```", README, re.MULTILINE | re.DOTALL)
    assert written.strip() == str(viz.explain(u, x)).strip()


def test_the_pictures_are_what_the_project_draws() -> None:
    drawn = runpy.run_path(str(ROOT / "docs" / "pictures.py"))["pictures"]()
    measured = "benchmarks.svg"  # by python -m benchmarks, and asserted with its table
    assert drawn.keys() == {path.name for path in (ROOT / "docs").glob("*.svg")} - {measured}
    for name, svg in drawn.items():
        assert f"docs/{name}" in README
        assert (ROOT / "docs" / name).read_text(encoding="utf-8") == svg


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_a_command_that_is_named_exists(command: str) -> None:
    words = command.removeprefix("python -m ").split()
    paths = [word for word in words[1:] if "/" in word]
    if words[0] == "pytest":
        assert paths
    else:
        module = ROOT / words[0].replace(".", "/")
        entry = module / "__main__.py" if module.is_dir() else module.with_suffix(".py")
        source = entry.read_text(encoding="utf-8")
        for option in (word for word in words if word.startswith("--")):
            assert f'"{option}"' in source
    for path in paths:
        assert any(ROOT.glob(path)), path
