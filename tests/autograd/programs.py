"""Random expression graphs for hypothesis, as data that several engines can carry out.

A program is a list of instructions; each applies an operation to earlier results, to
leaves or to constants, so that nodes are shared, both slots of an operation may hold one
node, and any node may be a dead end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from hypothesis import strategies as st

import autograd

LEAVES = 3

Operation = Callable[..., Any]


def _layer(m: Any, inputs: Any, b: Any, c: Any, d: Any) -> Any:
    return m.dot([b, c], inputs, d) - m.dot([d, b], inputs, 0.5) * m.dot([c, 1.0], inputs, b)


# m is a namespace of functions: ours, or PyTorch's (see `for_torch`)
SMOOTH: dict[str, tuple[int, Operation]] = {
    "add": (2, lambda m, x, y: x + y),
    "subtract": (2, lambda m, x, y: x - y),
    "multiply": (2, lambda m, x, y: x * y),
    "divide": (2, lambda m, x, y: x / (1.5 + y * y)),
    # an exponent of 0 is one of the corners where the two differ on purpose
    "power": (2, lambda m, x, y: (1.0 + x * x) ** (1.5 + m.tanh(y))),
    "cube": (1, lambda m, x: x**3),
    "negate": (1, lambda m, x: -x),
    "tanh": (1, lambda m, x: m.tanh(x)),
    "sigmoid": (1, lambda m, x: m.sigmoid(x)),
    "sin": (1, lambda m, x: m.sin(x)),
    "atan2": (2, lambda m, x, y: m.atan2(x, 2.0 + y * y)),
    "exp": (1, lambda m, x: m.exp(m.tanh(x))),
    "log": (1, lambda m, x: m.log(1.0 + x * x)),
    "sqrt": (1, lambda m, x: m.sqrt(2.0 + m.sin(x))),
    "gelu": (1, lambda m, x: m.gelu(x)),
    "silu": (1, lambda m, x: m.silu(x)),
    "sum": (4, lambda m, *x: m.sum(x)),
    "layer": (5, lambda m, a, b, c, d, e: _layer(m, m.functions.Inputs([a, e]), b, c, d)),
    "dot": (5, lambda m, a, b, c, d, e: m.dot([a, b], [c, d], e)),
}
KINKED: dict[str, tuple[int, Operation]] = {
    "abs": (1, lambda m, x: abs(x)),
    "relu": (1, lambda m, x: m.relu(x)),
    "maximum": (2, lambda m, x, y: m.maximum(x, y)),
    "minimum": (2, lambda m, x, y: m.minimum(x, y)),
    "where": (3, lambda m, c, x, y: m.where(c > 0, x, y)),
}
# leave their domain, overflow, divide by zero
WILD: dict[str, tuple[int, Operation]] = {
    "divide": (2, lambda m, x, y: x / y),
    "power": (2, lambda m, x, y: x**y),
    "log": (1, lambda m, x: m.log(x)),
    "exp": (1, lambda m, x: m.exp(x)),
    "sqrt": (1, lambda m, x: m.sqrt(x)),
}


@dataclass(frozen=True)
class Program:
    """Instructions, and where the leaves stand."""

    steps: tuple[tuple[str, tuple[int | float, ...]], ...]
    point: tuple[float, ...]
    operations: str = "smooth"

    def run(self, leaves: list[Any], m: Any = autograd) -> tuple[Any, list[Any]]:
        """Carry it out on `leaves`; return the last result and all of them."""
        table = TABLES[self.operations]
        results = list(leaves)
        for name, operands in self.steps:
            given = [results[o] if isinstance(o, int) else o for o in operands]
            results.append(table[name][1](m, *given))
        return results[-1], results

    def __call__(self, *leaves: Any) -> Any:
        return self.run(list(leaves))[0]


TABLES = {
    "smooth": SMOOTH,
    "kinked": {**SMOOTH, **KINKED},
    "wild": {**SMOOTH, **KINKED, **WILD},
}

TAME = st.sampled_from([-2.0, -1.0, -0.5, 0.0, 0.25, 1.0, 3.0]) | st.floats(-2.0, 2.0)
ANY = TAME | st.floats()


@st.composite
def programs(draw: st.DrawFn, operations: str, size: int = 12) -> Program:
    """Any program of 1 to `size` instructions over `LEAVES` leaves."""
    table = TABLES[operations]
    numbers = ANY if operations == "wild" else TAME
    steps = []
    for i in range(draw(st.integers(1, size))):
        name = draw(st.sampled_from(sorted(table)))
        node = st.integers(0, LEAVES + i - 1)
        # the last operand is a node: an operation on constants leaves no trace
        others = table[name][0] - 1
        operands = draw(st.lists(node | numbers, min_size=others, max_size=others))
        steps.append((name, (*operands, draw(node))))
    point = draw(st.tuples(*[numbers] * LEAVES))
    return Program(tuple(steps), point, operations)


def for_torch() -> Any:
    """The functions that programs use, by PyTorch."""
    import torch
    from torch.nn import functional

    def tensor(x: Any) -> Any:
        return x if isinstance(x, torch.Tensor) else torch.tensor(x, dtype=torch.float64)

    def total(x: Any) -> Any:
        return torch.stack([tensor(v) for v in x]).sum()

    return SimpleNamespace(
        tanh=lambda x: torch.tanh(tensor(x)),
        sigmoid=lambda x: torch.sigmoid(tensor(x)),
        sin=lambda x: torch.sin(tensor(x)),
        atan2=lambda y, x: torch.atan2(tensor(y), tensor(x)),
        exp=lambda x: torch.exp(tensor(x)),
        log=lambda x: torch.log(tensor(x)),
        sqrt=lambda x: torch.sqrt(tensor(x)),
        gelu=lambda x: functional.gelu(tensor(x)),
        silu=lambda x: functional.silu(tensor(x)),
        relu=lambda x: torch.relu(tensor(x)),
        maximum=lambda x, y: torch.maximum(tensor(x), tensor(y)),
        minimum=lambda x, y: torch.minimum(tensor(x), tensor(y)),
        where=lambda c, x, y: torch.where(tensor(c).bool(), tensor(x), tensor(y)),
        functions=SimpleNamespace(Inputs=list),
        sum=total,
        dot=lambda w, x, b: total([*(p * q for p, q in zip(w, x, strict=True)), b]),
    )
