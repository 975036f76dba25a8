"""What PyTorch says in float64, frozen so that machines without it can compare too.

``python -m tests.autograd.oracle`` computes every row again and writes
``oracle_values.json``: for each function and point the value, the first derivatives and
the matrix of second derivatives.  nan and the infinities are written as strings.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("oracle_values.json")

Row = dict[str, Any]

_INF, _NAN = math.inf, math.nan

_UNARY = (
    "abs", "acos", "asin", "atan", "cos", "cosh", "elu", "erf", "exp", "expm1", "gelu",
    "leaky_relu", "log", "log10", "log1p", "log2", "negate", "relu", "selu", "sigmoid", "sign",
    "silu", "sin", "sinh", "softplus", "sqrt", "step", "tan", "tanh",
)  # fmt: skip
_BINARY = ("add", "atan2", "divide", "maximum", "minimum", "multiply", "power", "subtract")

# ±1000 is where a careless sigmoid or cosh overflows, 1e-8 where a careless expm1 is coarse
_POINTS = (
    -1000.0, -40.0, -1.7, -1.0, -0.3, -1e-8, 0.0, 1e-8, 0.3, 1.0, 1.7, 25.0, 1000.0,
    _INF, -_INF, _NAN,
)  # fmt: skip
_PAIRS = tuple(itertools.product((-2.0, -0.5, 0.0, 0.7, 1.0, 3.0, _INF, _NAN), repeat=2))

_MANY: dict[str, tuple[tuple[float, ...], ...]] = {
    "sum": ((1.5,), (1.5, -2.0, 0.25), (_INF, 1.0), (_NAN, 1.0)),
    # w1, w2, x1, x2, bias
    "dot": ((0.5, -2.0, 3.0, 0.25, 1.0), (0.0, 1.0, 2.0, 0.0, -1.0), (0.5, _INF, 3.0, 1.0, 1.0)),
    # condition, x, y
    "where": ((1.0, 2.0, 3.0), (0.0, 2.0, 3.0), (1.0, _INF, _NAN)),
    # x, low, high
    "clip": (
        (-1.0, 0.0, 2.0), (0.5, 0.0, 2.0), (3.0, 0.0, 2.0), (0.0, 0.0, 2.0), (2.0, 0.0, 2.0),
        (0.5, 2.0, 1.0), (_INF, 0.0, 2.0), (0.5, -_INF, _INF),
    ),
    # x, slope or alpha
    "leaky_relu with a slope": ((-2.0, 0.3), (0.0, 0.3), (2.0, 0.3)),
    "elu with an alpha": ((-2.0, 1.3), (2.0, 1.3)),
}


def cases() -> Iterator[tuple[str, tuple[float, ...]]]:
    """Every function with every point at which it is asked."""
    for name in _UNARY:
        yield from ((name, (x,)) for x in _POINTS)
    for name in _BINARY:
        yield from ((name, pair) for pair in _PAIRS)
    for name, points in _MANY.items():
        yield from ((name, point) for point in points)


# --- asking PyTorch ---------------------------------------------------------------------


def _torch_functions() -> dict[str, Callable[..., Any]]:
    import torch
    from torch.nn import functional

    def step(x: Any) -> Any:
        return torch.heaviside(x, torch.ones_like(x))

    renamed = {
        "negate": torch.neg, "subtract": torch.sub, "multiply": torch.mul, "divide": torch.div,
        "power": torch.pow, "step": step,
        "sum": lambda *x: torch.stack(x).sum(),
        "dot": lambda w1, w2, x1, x2, b: torch.stack([w1, w2]) @ torch.stack([x1, x2]) + b,
        "where": lambda condition, x, y: torch.where(condition != 0, x, y),
        "clip": torch.clamp,
        # PyTorch takes slope and alpha as numbers, so the functions are spelt out here
        "leaky_relu with a slope": lambda x, slope: torch.where(x > 0, x, slope * x),
        "elu with an alpha": lambda x, alpha: torch.where(x > 0, x, alpha * torch.expm1(x)),
    }  # fmt: skip
    plain = {
        name: getattr(functional, name) if hasattr(functional, name) else getattr(torch, name)
        for name in (*_UNARY, *_BINARY)
        if name not in renamed
    }
    return {**plain, **renamed}


def ask_torch() -> list[Row]:
    """Compute every row with PyTorch."""
    import torch

    functions = _torch_functions()

    def numbers(y: Any, x: list[Any]) -> list[float]:
        if not y.requires_grad:
            return [0.0] * len(x)
        found = torch.autograd.grad(y, x, allow_unused=True, retain_graph=True)
        return [0.0 if g is None else g.item() for g in found]

    rows = []
    for name, point in cases():
        x = [torch.tensor(number, dtype=torch.float64, requires_grad=True) for number in point]
        row: Row = {"function": name, "point": list(point)}
        if name == "step":  # PyTorch has no derivative for heaviside
            row["value"] = functions[name](x[0].detach()).item()
        else:
            y = functions[name](*x)
            row["value"] = y.item()
            first = torch.autograd.grad(y, x, create_graph=True, allow_unused=True)
            row["first"] = [0.0 if g is None else g.item() for g in first]
            row["second"] = [[0.0] * len(x) if g is None else numbers(g, x) for g in first]
        rows.append(row)
    return rows


# --- the file ---------------------------------------------------------------------------


def _to_json(value: Any) -> Any:
    if isinstance(value, list):
        return [_to_json(v) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def _from_json(value: Any) -> Any:
    if isinstance(value, list):
        return [_from_json(v) for v in value]
    return float(value) if isinstance(value, (str, float, int)) else value


def read() -> list[Row]:
    """Return the frozen rows."""
    frozen = json.loads(FILE.read_text(encoding="utf-8"))
    return [
        {key: v if key == "function" else _from_json(v) for key, v in row.items()}
        for row in frozen["rows"]
    ]


def main() -> None:
    """Write the file anew."""
    import torch

    rows = [json.dumps({key: _to_json(value) for key, value in row.items()}) for row in ask_torch()]
    header = json.dumps(f"PyTorch {torch.__version__.split('+')[0]}, float64, on the CPU")
    FILE.write_text(
        f'{{"source": {header},\n"rows": [\n' + ",\n".join(rows) + "\n]}\n", encoding="utf-8"
    )
    print(f"{len(rows)} rows written to {FILE.name}")


if __name__ == "__main__":
    main()
