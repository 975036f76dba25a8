"""Random graphs as data: drawn, carried out by us and by PyTorch, written as a program."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd import Tensor, Value
from autograd.graph import Node
from tests.fuzz.operations import (
    ELEMENTWISE,
    EMPTY,
    OPERATIONS,
    SHAPES,
    Draw,
    Misfit,
    Operation,
    torch,
)

KINDS = ("values", "tensors", "mixed", "single", "wild")
"""All Values; all Tensors; both; float32; extreme numbers in any of these."""

_WEIGHTS = (20, 30, 22, 13, 15)
_LARGEST = 1e4
ALL = tuple(OPERATIONS)


@dataclass(frozen=True)
class Step:
    """An operation with its operands (places of results, or constants) and parameters."""

    name: str
    operands: tuple[Any, ...]
    parameters: tuple[Any, ...] = ()

    @property
    def operation(self) -> Operation:
        return OPERATIONS[self.name]


@dataclass(frozen=True)
class Program:
    """Leaves, each a float (a Value) or an ndarray (a Tensor), and instructions."""

    kind: str
    leaves: tuple[Any, ...]
    steps: tuple[Step, ...]

    def fresh(self) -> list[Any]:
        """New nodes for the leaves."""
        return [Tensor(x) if isinstance(x, np.ndarray) else Value(x) for x in self.leaves]

    def run(self, leaves: Sequence[Any], passed: Callable[[Any], Any] | None = None) -> list[Any]:
        """Return every result; `passed` is told each operand that is a node, and may change it."""
        results = list(leaves)
        for step in self.steps:
            given = [results[o] if o.__class__ is int else o for o in step.operands]
            if passed:
                given = [passed(x) if isinstance(x, Node) else x for x in given]
            results.append(step.operation.ours(*given, *step.parameters))
        return results

    def root(self, *leaves: Any) -> Any:
        """Return the one number that is differentiated."""
        return contracted(self.run(leaves)[-1])

    def run_by_torch(self, leaves: Sequence[Any], dtypes: Sequence[str]) -> list[Any]:
        """Return every result; `dtypes` are those that our results have."""
        results = list(leaves)
        for step, dtype in zip(self.steps, dtypes[len(leaves) :], strict=True):
            wanted = getattr(torch(), dtype)
            given = [
                results[o]
                if o.__class__ is int
                else torch().tensor(o, dtype=wanted)
                for o in step.operands
            ]
            if step.name != "astype":
                given = [x if x.dtype == wanted else x.to(wanted) for x in given]
            results.append(step.operation.theirs(*given, *step.parameters))
        return results

    def text(self) -> str:
        """Write it as a program over our functions."""
        lines = [
            f"x{i} = {'Tensor' if isinstance(x, np.ndarray) else 'Value'}({_written(x)})"
            for i, x in enumerate(self.leaves)
        ]
        for i, step in enumerate(self.steps, len(self.leaves)):
            operands = [f"x{o}" if o.__class__ is int else _written(o) for o in step.operands]
            parameters = [_written(p) for p in step.parameters]
            form = step.operation.text or f"ag.{step.name}({{}})"
            last = parameters[-1] if parameters else ""
            if "{}" in form:
                given = operands if "last" in form else operands + parameters
                call = form.replace("{last}", last).replace("=last", f"={last}")
                call = call.replace("{}", ", ".join(given))
            else:
                call = form.format(*operands, *parameters)
            lines.append(f"x{i} = {call}")
        last = len(self.leaves) + len(self.steps) - 1
        lines.append(f"root = x{last}  # times weights(…), summed")
        return "\n".join(lines)


def weights(shape: tuple[int, ...], phase: float = 0.4) -> Any:
    """Numbers without a tie, the same on every machine."""
    size = math.prod(shape)
    return np.array([round(math.sin(1.7 * i + phase), 6) for i in range(size)]).reshape(shape)


def contracted(result: Any) -> Any:
    """One number: a result without axes as it is, an array times weights, summed."""
    shape = np.shape(getattr(result, "_datum", result))
    if not shape:
        return result
    # weights of the result's dtype: they are not to raise float32 to float64
    dtype = getattr(result, "dtype", np.float64)
    return (result * weights(shape).astype(dtype)).sum()


def _written(x: Any) -> str:
    if isinstance(x, np.ndarray):
        dtype = f", dtype=np.{x.dtype}" if x.dtype not in (np.float64, np.int64, bool) else ""
        if not x.size:
            return f"np.zeros({x.shape}{dtype})"
        return f"np.array({x.tolist()!r}{dtype})"
    if isinstance(x, slice):
        return ":".join("" if end is None else str(end) for end in (x.start, x.stop, x.step))
    if isinstance(x, tuple) and any(isinstance(part, slice) for part in x):
        return ", ".join(map(_written, x)) + ("," if len(x) == 1 else "")
    if isinstance(x, tuple):
        return "(" + ", ".join(map(_written, x)) + ("," if len(x) == 1 else "") + ")"
    return "..." if x is ... else repr(x)


# --- drawing --------------------------------------------------------------------------------------


def draw(seed: int, index: int, only: str | None = None) -> Program:
    """Return the graph of this seed and index, always the same."""
    rng = random.Random(f"{seed}:{index}")
    kind = rng.choices(KINDS, _WEIGHTS)[0]
    kind = only or kind
    wild = kind == "wild"
    base = rng.choice(("values", "tensors", "mixed", "single")) if wild else kind
    single = base == "single"
    while True:
        program = _drawn(rng, kind, base, wild, single)
        if program.steps:
            return program


def _drawn(rng: random.Random, kind: str, base: str, wild: bool, single: bool) -> Program:
    d = Draw(rng, [], wild, single)
    leaves: list[Any] = []
    family = rng.choice(SHAPES)  # leaves that fit each other make longer graphs
    for i in range(rng.randint(1, 4)):
        if base == "values" or (base == "mixed" and i % 2) or (single and rng.random() < 0.15):
            leaves.append(float(d.number()))
            continue
        shape = family
        if rng.random() < 0.4:
            shape = rng.choice(SHAPES)
        if rng.random() < 0.04:
            shape = rng.choice(EMPTY)
        leaves.append(d.array(shape))
    program = Program(kind, tuple(leaves), ())
    d.nodes = program.fresh()
    names = ELEMENTWISE if base == "values" else ALL
    steps: list[Step] = []
    tries = 0
    length = rng.choice((1, 2, 3, 4, 5, 6, 7, 8, 10, 12))
    while len(steps) < length and tries < 4 * length:
        tries += 1
        name = rng.choice(names)
        try:
            operands, parameters = OPERATIONS[name].draw(d)
        except Misfit:
            continue
        if not any(o.__class__ is int for o in operands):
            continue
        step = Step(name, tuple(operands), tuple(parameters))
        given = [d.nodes[o] if o.__class__ is int else o for o in step.operands]
        try:
            made = step.operation.ours(*given, *step.parameters)
        except (ValueError, TypeError, IndexError):  # what does not fit is for other tests
            continue
        datum = np.asarray(made._datum)
        if datum.size > 64 or datum.ndim > 4:
            continue
        if not wild and not bool((np.abs(datum) < _LARGEST).all()):
            continue
        steps.append(step)
        d.nodes.append(made)
    return Program(kind, tuple(leaves), tuple(steps))
