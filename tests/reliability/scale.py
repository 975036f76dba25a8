"""Deep, wide and huge graphs through everything that walks a graph.

    python -m tests.reliability.scale                   # a million nodes, and five million
    python -m tests.reliability.scale --nodes 20000 --memory 100000 --only tree pickle

`deep` is a chain, as many operations as were asked for one after the other; `wide` is a sum of
as many terms.  Of each the value and the derivative are known without an engine.  A walk gives
the right answer or, where nobody could look at the answer, refuses and says what to do instead.
"""

from __future__ import annotations

import argparse
import copy
import gc
import math
import pickle
import re
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import autograd
import viz
from autograd import Value

BYTES_A_NODE = 250  # resident, after a backward pass; the README tells what the objects take
FACTOR, TERM = 0.75, 0.25
X = 0.5


@dataclass(frozen=True)
class Shape:
    """A function of one number, what it is at `X` and what its derivative is there."""

    name: str
    function: Callable[[Any], Any]
    value: float
    derivative: float


def deep(nodes: int) -> Shape:
    """Return a chain: x·0.75 + 0.25, again and again; the value tends to 1, the slope to 0."""

    def function(x: Any) -> Any:
        for _ in range(nodes // 2):
            x = x * FACTOR + TERM
        return x

    number = X
    for _ in range(nodes // 2):
        number = number * FACTOR + TERM
    return Shape("deep", function, number, FACTOR ** (nodes // 2))


def wide(nodes: int) -> Shape:
    """Return a sum of terms, 1·x + 2·x + … + 7·x + 1·x + …"""
    factors = [float(i % 7 + 1) for i in range(nodes)]

    def function(x: Any) -> Any:
        return autograd.functions.sum([x * factor for factor in factors])

    return Shape("wide", function, math.fsum(factors) * X, math.fsum(factors))


def refuses(walk: Callable[[], Any], *ways_out: str) -> None:
    """Carry a walk out that is to be refused in a sentence that names the ways out."""
    try:
        walk()
        refusal = ""
    except ValueError as error:
        refusal = str(error)
    missing = [way for way in ways_out if way not in refusal]
    assert not missing, f"no refusal that says {missing}: {refusal!r}"


def close(found: float, wanted: float) -> bool:
    return math.isclose(found, wanted, rel_tol=1e-9, abs_tol=1e-300)


class Walks:
    """Everything public that walks a graph; each method checks what it got."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.x = Value(X, label="x")
        self.root = shape.function(self.x)
        self.nodes = len(list(autograd.topological_order(self.root)))

    def repr(self) -> None:
        assert repr(self.root).startswith("Value(")

    def backward(self) -> None:
        self.root.backward()
        assert close(self.x.grad, self.shape.derivative)

    def gradients(self) -> None:
        (slope,) = autograd.gradients(self.root, [self.x])
        assert close(slope, self.shape.derivative)

    def second_order(self) -> None:
        (slope,) = autograd.gradients(self.root, [self.x], create_graph=True)
        assert close(slope.data, self.shape.derivative)
        # both shapes are straight lines, whose slope depends on nothing
        assert autograd.gradients(slope, [self.x]) in ([0.0], [None])

    def jvp(self) -> None:
        value, slope = autograd.jvp(self.shape.function, (X,), (1.0,))
        assert close(value, self.shape.value)
        assert close(slope, self.shape.derivative)

    def hessian(self) -> None:
        assert autograd.hessian(self.shape.function)(X) == 0.0

    def gradcheck(self) -> None:
        assert autograd.gradcheck(self.shape.function, [X])

    def anomaly(self) -> None:
        x = Value(X)
        with autograd.detect_anomaly():
            self.shape.function(x).backward()
        assert close(x.grad, self.shape.derivative)

    def pickle(self) -> None:
        again = pickle.loads(pickle.dumps(self.root))
        assert again.data == self.root.data
        assert len(list(autograd.topological_order(again))) == self.nodes

    def deepcopy(self) -> None:
        again = copy.deepcopy(self.root)
        assert again.data == self.root.data
        assert len(list(autograd.topological_order(again))) == self.nodes

    def compile(self) -> None:
        compiled = autograd.compile(self.shape.function)
        for _ in range(2):
            x = Value(X)
            result = compiled(x)
            result.backward()
            assert close(result.data, self.shape.value)
            assert close(x.grad, self.shape.derivative)

    def vectorize(self) -> None:
        results = autograd.vectorize(self.shape.function)([X, X])
        assert all(close(result, self.shape.value) for result in results.data.tolist())

    def tree(self) -> None:
        text = viz.tree(self.root)
        assert text.count("\n") > self.nodes - 2 or "more" in text

    def explain(self) -> None:
        explanation = viz.explain(self.root, self.x)
        explanation.check()
        assert close(explanation.value, self.shape.derivative)
        assert str(explanation)

    def formula(self) -> None:
        assert close(viz.formula(self.root).evaluate(), self.shape.value)

    def derivative(self) -> None:
        assert close(viz.derivative(self.root, self.x).evaluate(), self.shape.derivative)

    def snapshot(self) -> None:
        assert f"{self.nodes:,}" in repr(viz.snapshot(self.root))

    def compare(self) -> None:
        assert "x" in str(viz.compare(viz.snapshot(self.root), self.root))

    def draw(self) -> None:
        refuses(lambda: viz.draw(self.root), "wrt=", "max_depth=", "force=True")

    def save(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            refuses(lambda: viz.save(self.root, f"{folder}/graph.svg"), "wrt=", "max_depth=")
            assert list(Path(folder).iterdir()) == []

    def draw_the_end(self) -> None:
        if self.shape.name == "wide":  # one operation, and all its terms
            refuses(lambda: viz.draw(self.root, max_depth=3), "wrt=")
        else:
            assert viz.draw(self.root, max_depth=3).source.startswith("digraph")

    def explorer(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            refuses(lambda: viz.explorer(self.root, f"{folder}/page.html"), "wrt=")
            assert list(Path(folder).iterdir()) == []

    def animate(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            refuses(lambda: viz.animate(self.root, f"{folder}/film.gif"), "wrt=")
            assert list(Path(folder).iterdir()) == []


WALKS = [name for name in vars(Walks) if not name.startswith("_")]


def walk(nodes: int, only: list[str], say: Callable[[str], None] = print) -> list[str]:
    """Carry the walks out on both shapes; return the names of those that failed."""
    failed = []
    for shape in (deep(nodes), wide(nodes)):
        walks = Walks(shape)
        for name in only:
            start = time.perf_counter()
            try:
                getattr(walks, name)()
                outcome = "ok"
            except Exception as error:
                outcome = f"FAILED: {type(error).__name__}: {error}"
                failed.append(f"{shape.name} {name}")
            say(
                f"{shape.name} {name:12} {time.perf_counter() - start:7.1f} s "
                f"{_peak() / 2**20:7.0f} MiB  {outcome}"
            )
    return failed


def measure(nodes: int) -> tuple[float, float]:
    """Return the bytes a node of a chain takes after its backward pass, and what is left of it.

    The garbage collector is off: the graph goes because nobody holds its root.
    """
    gc.collect()
    gc.disable()
    try:
        before = _resident()
        x = Value(X)
        root = deep(nodes).function(x)
        root.backward()
        assert close(x.grad, FACTOR ** (nodes // 2))
        held = _resident() - before
        del root
        return held / nodes, (_resident() - before) / nodes
    finally:
        gc.enable()


def _resident() -> int:
    """Return the bytes of memory the process holds now."""
    found = re.search(r"VmRSS:\s*(\d+) kB", Path("/proc/self/status").read_text())
    if found is None:
        raise OSError("/proc/self/status does not say how much memory there is")
    return int(found.group(1)) * 1024


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.reliability.scale")
    parser.add_argument("--nodes", type=int, default=1_000_000, help="of each shape")
    parser.add_argument("--memory", type=int, default=5_000_000, help="nodes to be weighed")
    parser.add_argument("--only", nargs="+", choices=WALKS, default=WALKS, metavar="WALK")
    options = parser.parse_args()
    held, left = measure(options.memory)
    print(f"{options.memory:,} nodes: {held:.0f} bytes a node, {left:.1f} left afterwards")
    failed = walk(options.nodes, options.only, lambda line: print(line, flush=True))
    heavy = held > BYTES_A_NODE
    print(
        f"scale: {2 * len(options.only)} walks over {options.nodes:,} nodes, {len(failed)} failed"
        f"{': ' + ', '.join(failed) if failed else ''}; {options.memory:,} nodes took "
        f"{held:.0f} bytes each"
    )
    return 1 if failed or heavy else 0


if __name__ == "__main__":
    sys.exit(main())
