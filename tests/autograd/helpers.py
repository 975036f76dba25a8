"""What several of these test files share: comparing numbers, and the ways to differentiate."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import autograd
from autograd import Value, gradients, jvp

ROOT = Path(autograd.__file__).parent.parent

Function = Callable[..., Value]


def same(ours: float, theirs: float, relative: float = 1e-12, absolute: float = 1e-300) -> bool:
    """Whether two numbers agree: nan with nan, inf with inf, others to a relative error."""
    if math.isnan(ours) or math.isnan(theirs):
        return math.isnan(ours) and math.isnan(theirs)
    return ours == theirs or math.isclose(ours, theirs, rel_tol=relative, abs_tol=absolute)


def all_same(
    ours: Sequence[float],
    theirs: Sequence[float],
    relative: float = 1e-12,
    absolute: float = 1e-300,
) -> bool:
    return len(ours) == len(theirs) and all(
        same(a, b, relative, absolute) for a, b in zip(ours, theirs, strict=True)
    )


def by_backward(f: Function, point: Sequence[float]) -> list[float]:
    """The gradient that the fast pass over plain floats leaves in `.grad`."""
    x = [Value(number) for number in point]
    f(*x).backward()
    return [0.0 if v.grad is None else v.grad for v in x]


def by_create_graph(f: Function, point: Sequence[float]) -> list[float]:
    """The gradient as a graph of its own, read off as numbers."""
    x = [Value(number) for number in point]
    return [g.data for g in gradients(f(*x), x, create_graph=True)]


def by_forward(f: Function, point: Sequence[float]) -> list[float]:
    """The gradient by forward mode, one operand moving at a time."""

    def along(i: int) -> Callable[[Value], Value]:
        return lambda moving: f(*point[:i], moving, *point[i + 1 :])

    return [jvp(along(i), (number,), (1.0,))[1] for i, number in enumerate(point)]


WAYS = {"backward": by_backward, "create_graph": by_create_graph, "forward": by_forward}


def second_derivatives(f: Function, point: Sequence[float]) -> list[list[float]]:
    """Reverse over reverse: row i differentiates d f / d x[i] by every operand."""
    x = [Value(number) for number in point]
    return [gradients(g, x) for g in gradients(f(*x), x, create_graph=True)]


def run_python(code: str) -> str:
    """Run a script in an interpreter of its own, which must end well; return what it prints."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=ROOT, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, f"exit code {done.returncode}\n{done.stderr}"
    assert done.stderr == ""
    return done.stdout
