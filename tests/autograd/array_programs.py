"""Random graphs over arrays for hypothesis, as data that several engines can carry out."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
from hypothesis import strategies as st

import autograd

# every result is brought to one of these shapes, so that any two of them broadcast
SHAPES = [(2, 3), (3,), (2, 1), (1, 3), (), (1, 1)]

# m is a namespace of functions: ours, or PyTorch's (see `for_torch`)
UNARY: dict[str, Callable[..., Any]] = {
    "tanh": lambda m, x: m.tanh(x),
    "sigmoid": lambda m, x: m.sigmoid(x),
    "exp": lambda m, x: m.exp(m.tanh(x)),
    "log": lambda m, x: m.log(1.5 + m.sin(x)),
    "square": lambda m, x: x**2,
    "negate": lambda m, x: -x,
    "abs": lambda m, x: abs(x),
    "relu": lambda m, x: m.relu(x),
    "softplus": lambda m, x: m.softplus(x),
    "gelu": lambda m, x: m.gelu(x),
    "row mean": lambda m, x: m.mean(x, -1, True),
    "column sum": lambda m, x: m.sum(x, 0, True),
    "centred": lambda m, x: x - m.mean(x, 0, True),
    "softmax": lambda m, x: m.softmax(x, -1),
    "log_softmax": lambda m, x: m.log_softmax(x, -1),
    "logsumexp": lambda m, x: m.logsumexp(x, 0, True),
    "max": lambda m, x: m.max(x, -1, True),
    "cumsum": lambda m, x: m.cumsum(x, -1),
    "first row": lambda m, x: x[:1],
    "rows": lambda m, x: x[[0, -1]],
    "last column": lambda m, x: x[:, -1:],
    "gram": lambda m, x: (x @ x.T)[:, :1],
    "flip": lambda m, x: m.concatenate([x[:, 1:], x[:, :1]], 1),
    "norm": lambda m, x: m.norm(2.0 + m.tanh(x), axis=-1),
    "prod": lambda m, x: m.prod(m.tanh(x) + 1.5, 0),
    "var": lambda m, x: m.var(x, -1),
}
BINARY: dict[str, Callable[..., Any]] = {
    "add": lambda m, x, y: x + y,
    "subtract": lambda m, x, y: x - y,
    "multiply": lambda m, x, y: x * y,
    "divide": lambda m, x, y: x / (1.5 + y * y),
    # an exponent of 0 is one of the corners where the two differ on purpose
    "power": lambda m, x, y: (1.0 + x * x) ** (1.5 + m.tanh(y)),
    "maximum": lambda m, x, y: m.maximum(x, y),
    "minimum": lambda m, x, y: m.minimum(x, y),
    "where": lambda m, x, y: m.where(x > y, x * y, y),
    "matmul": lambda m, x, y: (x - y).T @ (x * y),
    "einsum": lambda m, x, y: m.einsum("ij,kl->il", x, y),
    "concatenate": lambda m, x, y: m.concatenate([x * y, y * x], 0),
    "atan2": lambda m, x, y: m.atan2(x, 2.0 + y * y),
}


def _fitted(x: Any) -> Any:
    """Bring a result back to at most two rows and three columns, always with two axes."""
    while len(x.shape) < 2:
        x = x[None]
    if x.shape[0] > 2:
        x = x[-2:]
    if x.shape[1] not in (1, 3):
        x = x[:, :1]
    return x


@dataclass(frozen=True)
class ArrayProgram:
    """Instructions, each a name and the places of its operands, and the leaves."""

    steps: tuple[tuple[str, tuple[int, ...]], ...]
    leaves: tuple[Any, ...]

    def run(self, leaves: list[Any], m: Any = autograd) -> tuple[Any, float]:
        """Carry it out; return the sum of the last result and the largest number on the way."""
        results = [_fitted(x) for x in leaves]
        for name, operands in self.steps:
            f = UNARY.get(name) or BINARY[name]
            results.append(_fitted(f(m, *(results[o] for o in operands))))
        root = (results[-1] * results[-1]).sum() + (results[0] * results[-1]).sum()
        if m is not autograd:
            return root, 0.0
        sizes = [float(np.abs(r.data).max(initial=0.0)) for r in results]
        return root, max(sizes) if all(map(math.isfinite, sizes)) else math.inf


@st.composite
def array_programs(draw: st.DrawFn, size: int = 8) -> ArrayProgram:
    """Any program of 1 to `size` instructions over two or three leaves."""
    count = draw(st.integers(2, 3))
    numbers = st.sampled_from([-1.0, -0.5, 0.25, 1.0, 2.0]) | st.floats(-2.0, 2.0)
    leaves = []
    for _ in range(count):
        shape = draw(st.sampled_from(SHAPES))
        length = math.prod(shape)
        values = draw(st.lists(numbers, min_size=length, max_size=length))
        leaves.append(np.array(values, dtype=float).reshape(shape))
    steps = []
    for i in range(draw(st.integers(1, size))):
        name = draw(st.sampled_from(sorted({**UNARY, **BINARY})))
        arity = 1 if name in UNARY else 2
        place = st.integers(0, count + i - 1)
        steps.append((name, tuple(draw(st.lists(place, min_size=arity, max_size=arity)))))
    return ArrayProgram(tuple(steps), tuple(leaves))


def for_torch() -> Any:
    """The functions that programs use, by PyTorch."""
    import torch
    from torch.nn import functional

    def reduction(f: Callable[..., Any]) -> Callable[..., Any]:
        return lambda x, axis, keepdims=False: f(x, axis, keepdim=keepdims)

    return SimpleNamespace(
        tanh=torch.tanh, sigmoid=torch.sigmoid, exp=torch.exp, log=torch.log, sin=torch.sin,
        relu=torch.relu, gelu=functional.gelu, atan2=torch.atan2,
        # PyTorch replaces softplus by the identity above 20
        softplus=lambda x: torch.logaddexp(x, torch.zeros_like(x)),
        mean=reduction(torch.mean), sum=reduction(torch.sum), logsumexp=reduction(torch.logsumexp),
        max=reduction(torch.amax), softmax=torch.softmax, log_softmax=torch.log_softmax,
        cumsum=torch.cumsum, concatenate=torch.cat, norm=lambda x, axis: x.norm(dim=axis),
        prod=torch.prod, var=lambda x, axis: torch.var(x, axis, correction=0), einsum=torch.einsum,
        maximum=torch.maximum, minimum=torch.minimum, where=torch.where,
    )  # fmt: skip
