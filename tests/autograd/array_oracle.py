"""What PyTorch says of the array primitives in float64, frozen.

``python -m tests.autograd.array_oracle`` computes every case again and writes
``array_values.json``: for each case the value, the gradients with a given cotangent, and
the gradients of the gradients along a given direction.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

FILE = Path(__file__).with_name("array_values.json")

Array = Any


def wave(shape: tuple[int, ...], phase: float = 0.0) -> Array:
    """Numbers between -1 and 1 without a tie, the same on every machine."""
    size = math.prod(shape)
    return np.array([math.sin(1.7 * i + phase) for i in range(size)]).reshape(shape)


def positive(shape: tuple[int, ...], phase: float = 0.0) -> Array:
    return np.asarray(1.5 + wave(shape, phase))


@dataclass(frozen=True)
class Case:
    """A function by us and by PyTorch, and where it is asked."""

    name: str
    ours: Callable[..., Any]
    theirs: Callable[..., Any]  # takes the module torch first
    inputs: tuple[Array, ...]

    @property
    def directions(self) -> tuple[Array, ...]:
        return tuple(wave(x.shape, 1.1 + i) for i, x in enumerate(self.inputs))


CASES: list[Case] = []


def case(name: str, ours: Callable[..., Any], theirs: Callable[..., Any], *inputs: Array) -> None:
    CASES.append(Case(name, ours, theirs, inputs))


A, B, C = wave((2, 3), 0.1), wave((3, 2), 0.7), wave((2, 2, 3), 0.3)
V, W = wave((3,), 2.0), wave((2,), 1.3)
P = positive((2, 3))
MASK = np.array([[True, False, True], [False, False, True]])


def _fill() -> None:
    import autograd as ag

    # products
    shapes = {
        1: [(3,)],
        2: [(2, 3)],
        3: [(2, 2, 3), (1, 2, 3)],
        4: [(3, 1, 2, 3)],
    }
    for left in [s for found in shapes.values() for s in found]:
        for right in [(3,), (3, 2), (2, 3, 2), (1, 3, 1), (3, 2, 3, 1)]:
            case(
                f"matmul {left} {right}",
                lambda x, y: x @ y,
                lambda torch, x, y: x @ y,
                wave(left),
                wave(right, 0.7),
            )
    case("outer", ag.outer, lambda torch, x, y: torch.outer(x, y), V, W)
    for x, y in ((V, V + 1), (A, V), (A, B), (C, B), (A, C.swapaxes(1, 2)), (V, C.swapaxes(1, 2))):
        axis = 0 if y.ndim == 1 else y.ndim - 2
        case(
            f"dot {x.shape} {y.shape}",
            ag.dot,
            lambda torch, x, y, axis=axis: torch.tensordot(x, y, ([x.ndim - 1], [axis])),
            x,
            y,
        )
    case("dot with a number", ag.dot, lambda torch, x, y: x * y, A, np.array(1.3))
    for subscripts, *given in (
        ("ij,jk->ik", A, B),
        ("ij,jk->ki", A, B),
        ("ij,jk", A, B),
        ("ji,kj", A, B),
        ("ij->j", A),
        ("ij->", A),
        ("ij->ji", A),
        ("ba", A),
        ("ii->", wave((3, 3))),
        ("ii->i", wave((3, 3))),
        ("ii", wave((3, 3))),
        ("iij->j", wave((2, 2, 3))),
        ("ij,ij->ij", A, A + 1),
        ("ij,ij->", A, A + 1),
        ("i,j->ij", V, W),
        ("i,i", V, V + 1),
        ("i,j,k->ijk", V, W, W),
        ("ij,jk,kl->il", A, B, A),
        ("...ij,jk->...ik", C, B),
        ("...ij,...jk->...ik", C, C.swapaxes(1, 2)),
        ("...j,j", C, V),
        ("i...->...", C),
        ("...->...", A),
        ("...i,...i->...", A, V),
        ("ij,j...->i...", A, wave((3, 2, 2))),
        ("bij,bjk,ik->b", C, C.swapaxes(1, 2), wave((2, 2))),
        (",ij->ij", np.array(1.3), A),
        ("ij,kl->", A, B),
        ("i,i->i", V, wave((1,))),
        ("ii,i->i", wave((2, 2)), W),
    ):
        case(
            f"einsum {subscripts} {[x.shape for x in given]}",
            lambda *xs, s=subscripts: ag.einsum(s, *xs),
            lambda torch, *xs, s=subscripts: torch.einsum(s, *xs),
            *given,
        )

    # sums and their kin
    for name, theirs in (("sum", "sum"), ("mean", "mean"), ("max", "amax"), ("min", "amin")):
        f = getattr(ag, name)
        for axis in (None, 0, -1, (0, 2), (1,)):
            for keepdims in (False, True):
                case(
                    f"{name} axis={axis} keepdims={keepdims}",
                    lambda x, f=f, axis=axis, keep=keepdims: f(x, axis, keep),
                    lambda torch, x, f=theirs, axis=axis, keep=keepdims: getattr(torch, f)(
                        x, tuple(range(3)) if axis is None else axis, keepdim=keep
                    ),
                    C,
                )
    for name in ("var", "std"):
        f = getattr(ag, name)
        for axis, ddof in ((None, 0), (0, 1), ((1, 2), 0), (-1, 1)):
            case(
                f"{name} axis={axis} ddof={ddof}",
                lambda x, f=f, axis=axis, ddof=ddof: f(x, axis, ddof),
                lambda torch, x, f=name, axis=axis, ddof=ddof: getattr(torch, f)(
                    x, axis, correction=ddof
                ),
                C,
            )
        case(
            f"{name} keepdims",
            lambda x, f=f: f(x, 1, keepdims=True),
            lambda torch, x, f=name: getattr(torch, f)(x, 1, correction=0, keepdim=True),
            A,
        )
    one_zero, two_zeros = A.copy(), A.copy()
    one_zero[0, 1] = 0.0
    two_zeros[0, :2] = 0.0
    for name, x in (("", A), (" with a zero", one_zero), (" with two zeros", two_zeros)):
        case(f"prod{name}", ag.prod, lambda t, x: t.prod(x), x)
        case(
            f"prod axis=1{name}",
            lambda x: ag.prod(x, 1, keepdims=True),
            lambda t, x: t.prod(x, 1, keepdim=True),
            x,
        )
        case(f"prod axis=(0, 1){name}", lambda x: ag.prod(x, (0, 1)), lambda t, x: x.prod(), x)
    case("cumsum", ag.cumsum, lambda t, x: x.ravel().cumsum(0), A)
    for axis in (0, 1, -1):
        case(
            f"cumsum axis={axis}",
            lambda x, axis=axis: ag.cumsum(x, axis) ** 2,
            lambda torch, x, axis=axis: torch.cumsum(x, axis) ** 2,
            C,
        )
    for axis in (None, 0, 1, (0, 1)):
        for keep in (False, True):
            case(
                f"logsumexp axis={axis} {keep}",
                lambda x, a=axis, k=keep: ag.logsumexp(x, a, k),
                lambda torch, x, a=axis, k=keep: torch.logsumexp(x, (0, 1) if a is None else a, k),
                A,
            )
            for ord in (None, 1, 2, math.inf):
                case(
                    f"norm ord={ord} axis={axis} {keep}",
                    lambda x, o=ord, a=axis, k=keep: ag.norm(x, o, a, k),
                    lambda torch, x, o=ord, a=axis, k=keep: torch.linalg.vector_norm(
                        x, 2 if o is None else o, a, k
                    ),
                    A,
                )
    for name in ("softmax", "log_softmax"):
        f = getattr(ag, name)
        for axis in (-1, 0, 1):
            case(
                f"{name} axis={axis}",
                lambda x, f=f, a=axis: f(x, a),
                lambda torch, x, f=name, a=axis: getattr(torch, f)(x, a),
                C,
            )
    for axis, point in ((-1, [1000.0, -1000.0, 999.0]), (0, [-1000.0, -1000.0, -1001.0])):
        for name in ("softmax", "log_softmax", "logsumexp"):
            f = getattr(ag, name)
            case(
                f"{name} of {point}",
                lambda x, f=f, a=axis: f(x, a),
                lambda torch, x, f=name, a=axis: getattr(torch, f)(x, a),
                np.array(point),
            )

    # shapes; squared, so that there is something to differentiate twice
    squared: list[tuple[str, Callable[..., Any], Callable[..., Any], Array]] = [
        ("reshape", lambda x: ag.reshape(x, (3, -1)), lambda t, x: x.reshape(3, -1), A),
        ("reshape to a number", lambda x: ag.reshape(x, ()), lambda t, x: x.reshape(()), V[:1]),
        ("ravel", ag.ravel, lambda t, x: x.ravel(), A),
        ("transpose", ag.transpose, lambda t, x: x.permute(2, 1, 0), C),
        (
            "transpose axes",
            lambda x: ag.transpose(x, (1, 2, 0)),
            lambda t, x: x.permute(1, 2, 0),
            C,
        ),
        ("transpose -1", lambda x: ag.transpose(x, (-1, 0, 1)), lambda t, x: x.permute(2, 0, 1), C),
        ("swapaxes", lambda x: ag.swapaxes(x, 0, -1), lambda t, x: x.swapaxes(0, -1), C),
        ("expand_dims", lambda x: ag.expand_dims(x, 1), lambda t, x: x.unsqueeze(1), A),
        (
            "expand_dims two",
            lambda x: ag.expand_dims(x, (0, -1)),
            lambda t, x: x[None, :, :, None],
            A,
        ),
        ("squeeze", ag.squeeze, lambda t, x: x.squeeze(), A[None, :, None]),
        ("squeeze axis", lambda x: ag.squeeze(x, 0), lambda t, x: x.squeeze(0), A[None, :, None]),
        (
            "broadcast_to",
            lambda x: ag.broadcast_to(x, (2, 2, 3)),
            lambda t, x: x.expand(2, 2, 3),
            V,
        ),
        (
            "broadcast_to 1",
            lambda x: ag.broadcast_to(x, (2, 3)),
            lambda t, x: x.expand(2, 3),
            V[:1],
        ),
        ("broadcast_to ()", lambda x: ag.broadcast_to(x, (2,)), lambda t, x: x.expand(2), V[0]),
        ("split", lambda x: ag.split(x, 3, axis=1)[1], lambda t, x: x.split(1, 1)[1], A),
        ("split at", lambda x: ag.split(x, [1, 2], -1)[2], lambda t, x: x[:, 2:], A),
        (
            "pad",
            lambda x: ag.pad(x, ((1, 0), (0, 2)), constant_values=0.5),
            lambda t, x: t.nn.functional.pad(x, (0, 2, 1, 0), value=0.5),
            A,
        ),
        ("pad all", lambda x: ag.pad(x, 1), lambda t, x: t.nn.functional.pad(x, (1, 1, 1, 1)), A),
        ("pad pair", lambda x: ag.pad(x, (1, 2)), lambda t, x: t.nn.functional.pad(x, (1, 2)), V),
        ("take", lambda x: ag.take(x, [5, 0, 5]), lambda t, x: x.ravel()[[5, 0, 5]], A),
        ("take axis", lambda x: ag.take(x, [2, 0, 2], -1), lambda t, x: x[:, [2, 0, 2]], A),
        (
            "take grid",
            lambda x: ag.take(x, [[1, 0], [1, 1]], 0),
            lambda t, x: x[np.array([[1, 0], [1, 1]])],
            A,
        ),
        ("take one", lambda x: ag.take(x, 1, 0), lambda t, x: x[1], A),
        ("clip", lambda x: ag.clip(x, -0.5, 0.5), lambda t, x: x.clamp(-0.5, 0.5), A),
        ("clip low", lambda x: ag.clip(x, -0.5), lambda t, x: x.clamp(min=-0.5), A),
        ("clip high", lambda x: ag.clip(x, high=0.5), lambda t, x: x.clamp(max=0.5), A),
    ]
    indices: dict[str, Any] = {
        "0": 0,
        "-1": -1,
        "1:": slice(1, None),
        "::2": (slice(None), slice(None, None, 2)),
        "1,2": (1, 2),
        "...,0": (..., 0),
        "None": None,
        "None,0": (None, 0),
        ":,None,1:": (slice(None), None, slice(1, None)),
        "...": ...,
        "()": (),
        "[0,1,0]": [0, 1, 0],
        ":,[2,2,0]": (slice(None), [2, 2, 0]),
        "[0,1],[1,1]": ([0, 1], [1, 1]),
        "[[0,1],[1,1]]": np.array([[0, 1], [1, 1]]),
        "mask": MASK,
        "row mask": np.array([True, False]),
        ":,mask": (slice(None), np.array([True, False, True])),
        "mask,0": (np.array([True, True]), 0),
        "mask,[0,2]": (np.array([True, True]), [0, 2]),
        "[0],None,1:": ([0, 0], None, slice(1, None)),
        "no mask": np.zeros((2, 3), bool),
        "empty": slice(5, None),
        "int32": np.array([1, 1], np.int32),
        "-1,-1": ([-1, 1], [-1, 2]),
        "empty list": [],
    }
    for name, index in indices.items():
        squared.append(
            (f"getitem {name}", lambda x, i=index: x[i], lambda torch, x, i=index: x[i], A)
        )
    for negative, index in (("::-1", slice(None, None, -1)), ("1::-1", (slice(1, None, -1),))):
        squared.append((f"getitem {negative}", lambda x, i=index: x[i], lambda t, x: x.flip(0), A))
    for name, ours, theirs, *inputs in squared:
        case(
            name,
            lambda *xs, f=ours: f(*xs) * f(*xs),
            lambda t, *xs, f=theirs: f(t, *xs) ** 2,
            *inputs,
        )
    for axis in (0, 1, -1):
        case(
            f"concatenate {axis}",
            lambda x, y, a=axis: ag.concatenate([x, y, x * y], a) ** 2,
            lambda torch, x, y, a=axis: torch.cat([x, y, x * y], a) ** 2,
            A,
            A + 1,
        )
        case(
            f"stack {axis}",
            lambda x, y, a=axis: ag.stack([x, y, x * y], a) ** 2,
            lambda torch, x, y, a=axis: torch.stack([x, y, x * y], a) ** 2,
            A,
            A + 1,
        )

    # broadcasting, by elementwise rows with two and three operands
    for left, right in (
        ((), (3,)),
        ((1,), (3,)),
        ((3,), (2, 3)),
        ((2, 1), (2, 3)),
        ((2, 1), (1, 3)),
        ((2, 1), (3,)),
        ((1, 1), (2, 3)),
        ((2, 2, 3), (2, 1, 1)),
        ((1, 3), (2, 2, 3)),
        ((), ()),
        ((2, 1, 3), (2, 1)),
        ((0,), (1,)),
        ((2, 0), (1, 1)),
        ((0, 3), (3,)),
    ):
        for name, f in (
            ("multiply", lambda x, y: x * y),
            ("divide", lambda x, y: y / x),
            ("power", lambda x, y: x**y),
            ("subtract", lambda x, y: (x - y) * (x + y)),
        ):
            case(
                f"{name} {left} {right}",
                f,
                lambda torch, x, y, f=f: f(x, y),
                positive(left),
                positive(right, 0.7),
            )
    for condition, left, right in (
        ((2, 3), (3,), (2, 1)),
        ((2, 1), (), (1, 3)),
        ((3,), (2, 3), ()),
    ):
        chosen = wave(condition, 0.2) > 0
        case(
            f"where {condition} {left} {right}",
            lambda x, y, c=chosen: ag.where(c, x * x, y**3),
            lambda torch, x, y, c=chosen: torch.where(torch.tensor(c), x * x, y**3),
            wave(left),
            wave(right, 0.7),
        )
    case(
        "maximum",
        lambda x, y: ag.maximum(x, y) * ag.minimum(x, y),
        lambda torch, x, y: torch.maximum(x, y) * torch.minimum(x, y),
        A,
        V,
    )
    case(
        "a layer",
        lambda w, x, b: ag.softmax(ag.tanh(x @ w + b) @ w.T, 1),
        lambda torch, w, x, b: torch.softmax(torch.tanh(x @ w + b) @ w.T, 1),
        B,
        A,
        W,
    )
    case(
        "batch normalisation",
        lambda x, g: g * (x - ag.mean(x, 0)) / ag.sqrt(ag.var(x, 0) + 1e-3),
        lambda torch, x, g: g * (x - x.mean(0)) / (x.var(0, correction=0) + 1e-3).sqrt(),
        B.T,
        V,
    )


_fill()


# --- asking PyTorch -----------------------------------------------------------------------


def ask_torch(one: Case) -> dict[str, Any]:
    import torch

    x = [torch.tensor(v, requires_grad=True) for v in one.inputs]
    y = one.theirs(torch, *x)
    seed = torch.tensor(wave(tuple(y.shape), 0.5))
    first = torch.autograd.grad((y * seed).sum(), x, create_graph=True, materialize_grads=True)
    along = sum((g * torch.tensor(d)).sum() for g, d in zip(first, one.directions, strict=True))
    second: Any = [torch.zeros_like(v) for v in x]
    if along.requires_grad:
        second = torch.autograd.grad(along, x, materialize_grads=True)
    return {
        "value": y.detach().numpy(),
        "first": [g.detach().numpy(force=True) for g in first],
        "second": [g.detach().numpy(force=True) for g in second],
    }


# --- the file -----------------------------------------------------------------------------


def _to_json(value: Any) -> Any:
    if isinstance(value, list):
        return [_to_json(v) for v in value]
    # to 15 digits: more would differ from one processor to the next
    return [list(value.shape), [float(f"{v:.15g}") for v in value.ravel()]]


def _from_json(value: Any) -> Any:
    shape, numbers = value
    return np.array(numbers, dtype=float).reshape(shape)


def read() -> dict[str, dict[str, Any]]:
    """Return the frozen values by the name of the case."""
    frozen = json.loads(FILE.read_text(encoding="utf-8"))["cases"]
    return {
        name: {
            "value": _from_json(row["value"]),
            "first": [_from_json(v) for v in row["first"]],
            "second": [_from_json(v) for v in row["second"]],
        }
        for name, row in frozen.items()
    }


def main() -> None:
    """Write the file anew."""
    import torch

    rows = [
        f"{json.dumps(one.name)}: "
        + json.dumps({key: _to_json(v) for key, v in ask_torch(one).items()})
        for one in CASES
    ]
    header = json.dumps(f"PyTorch {torch.__version__.split('+')[0]}, float64, on the CPU")
    FILE.write_text(
        f'{{"source": {header},\n"cases": {{\n' + ",\n".join(rows) + "\n}}\n", encoding="utf-8"
    )
    print(f"{len(rows)} cases written to {FILE.name}")


if __name__ == "__main__":
    main()
