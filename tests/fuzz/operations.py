"""What random graphs are made of: every primitive, by us and by PyTorch, and how to draw one."""

from __future__ import annotations

import math
import operator
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import autograd as ag
from autograd import array_functions, array_primitives, primitives
from autograd.operations import apply, apply_array

TAME = (-2.0, -1.0, -0.5, 0.0, 0.25, 1.0, 1.0, 2.0, 3.0)
EXTREME = (
    0.0, -0.0, 1e-300, -1e-300, 1e300, -1e300, math.inf, -math.inf, math.nan,
    1.0, -1.0, 2.0, 0.5, -8.0, 1000.0, -1000.0,
)  # fmt: skip
EXTREME_SINGLE = tuple(
    {1e-300: 1e-30, -1e-300: -1e-30, 1e300: 1e30, -1e300: -1e30}.get(x, x) for x in EXTREME
)
SHAPES = (
    (), (1,), (2,), (3,), (2, 3), (3, 2), (2, 2), (1, 3), (2, 1), (1, 1), (2, 1, 3), (2, 2, 2),
)  # fmt: skip
EMPTY = ((0,), (2, 0), (0, 3), (1, 0, 2))


class Misfit(Exception):  # noqa: N818 - no error: another instruction is drawn
    """The operation has nothing to work on in this graph."""


class Draw:
    """Draws operands among the nodes that are there, and parameters that fit them."""

    def __init__(self, rng: random.Random, nodes: list[Any], wild: bool, single: bool) -> None:
        self.rng = rng
        self.nodes = nodes
        self.wild = wild
        self.single = single

    def number(self) -> float:
        if self.wild and self.rng.random() < 0.5:
            return self.rng.choice(EXTREME_SINGLE if self.single else EXTREME)
        if self.rng.random() < 0.35:
            return self.rng.choice(TAME)
        return round(self.rng.gauss(0.0, 1.3), 3)

    def array(self, shape: Sequence[int]) -> Any:
        numbers = [self.number() for _ in range(math.prod(shape))]
        dtype = np.float32 if self.single else np.float64
        return np.array(numbers, dtype).reshape(tuple(shape))

    def shape_of(self, operand: Any) -> tuple[int, ...]:
        found = self.nodes[operand] if isinstance(operand, int) else operand
        return np.shape(getattr(found, "_datum", found))

    def ndim(self, operand: Any) -> int:
        return len(self.shape_of(operand))

    def among(self, places: Sequence[int]) -> int:
        """One of them, more often a late one, so that few results are left unused."""
        if not places:
            raise Misfit
        if self.rng.random() < 0.5:
            return places[-1]
        return self.rng.choice(places)

    def node(self, suits: Callable[[tuple[int, ...]], bool] = lambda shape: True) -> int:
        return self.among([i for i in range(len(self.nodes)) if suits(self.shape_of(i))])

    def tensor(self, ndim: int = 0) -> int:
        return self.among(
            [i for i, n in enumerate(self.nodes) if n._is_array and n._datum.ndim >= ndim]
        )

    def beside(self, *shapes: tuple[int, ...], constant: float = 0.25) -> Any:
        """A node or a constant that broadcasts with these shapes."""
        if self.rng.random() < constant:
            choice = self.rng.random()
            if choice < 0.5:
                return self.number()
            shape = list(np.broadcast_shapes(*shapes))
            shape = [1 if self.rng.random() < 0.3 else n for n in shape]
            return self.array(shape[self.rng.randrange(len(shape) + 1) :])

        def fits(shape: tuple[int, ...]) -> bool:
            try:
                return len(np.broadcast_shapes(shape, *shapes)) <= 4
            except ValueError:
                return False

        return self.node(fits)

    def axis(self, x: Any) -> int:
        ndim = self.ndim(x)
        if not ndim:
            raise Misfit
        return self.rng.randrange(-ndim, ndim)

    def axes(self, x: Any) -> Any:
        """None, one axis or several."""
        ndim = self.ndim(x)
        if not ndim or self.rng.random() < 0.3:
            return None
        if self.rng.random() < 0.6:
            return self.axis(x)
        return tuple(sorted(self.rng.sample(range(ndim), self.rng.randint(1, ndim))))

    def flag(self) -> bool:
        return self.rng.random() < 0.5

    def index(self, shape: tuple[int, ...]) -> Any:
        """Any index: numbers, slices, None, ..., lists with repetitions, masks."""
        parts: list[Any] = []
        lists = 0
        rest = list(shape)
        if rest and self.rng.random() < 0.1:
            mask = [self.flag() for _ in range(math.prod(shape))]
            return np.array(mask, bool).reshape(shape)
        while rest and self.rng.random() < 0.8:
            length = rest.pop(0)
            choice = self.rng.random()
            if choice < 0.2 and length:
                parts.append(self.rng.randrange(-length, length))
            elif choice < 0.6 or not length or lists:
                ends = [self.rng.choice([None, 0, 1, -1, length]) for _ in range(2)]
                step = self.rng.choice([None, None, 1, 2, -1])
                parts.append(slice(*ends, step))
            elif choice < 0.9:
                lists += 1
                parts.append(
                    [self.rng.randrange(-length, length) for _ in range(self.rng.randint(0, 4))]
                )
            else:
                lists += 1
                parts.append(np.array([self.flag() for _ in range(length)], bool))
            if self.rng.random() < 0.1:
                parts.append(None)
        if self.rng.random() < 0.15:
            parts.append(...)
        return parts[0] if len(parts) == 1 and self.flag() else tuple(parts)


@dataclass(frozen=True)
class Operation:
    """One instruction: ours and PyTorch's take the operands, then the parameters."""

    ours: Callable[..., Any]
    theirs: Callable[..., Any]
    draw: Callable[[Draw], tuple[tuple[Any, ...], tuple[Any, ...]]]
    text: str = ""  # how it is written, with {0}, {1} for operands and parameters


OPERATIONS: dict[str, Operation] = {}


def torch() -> Any:
    """The module, imported at the first use."""
    import torch

    return torch


def _functional() -> Any:
    return torch().nn.functional


# --- element by element ---------------------------------------------------------------------------


def _one(d: Draw) -> Any:
    return (d.node(),), ()


def _two(d: Draw) -> Any:
    first = d.node()
    second = first if d.rng.random() < 0.12 else d.beside(d.shape_of(first))
    return ((first, second) if d.flag() else (second, first)), ()


def _three(d: Draw) -> Any:
    first = d.node()
    second = d.beside(d.shape_of(first))
    third = d.beside(d.shape_of(first), d.shape_of(second))
    found = [first, second, third]
    d.rng.shuffle(found)
    return tuple(found), ()


def _many(d: Draw) -> Any:
    found = [d.node()]
    for _ in range(d.rng.randint(0, 3)):
        found.append(d.beside(*map(d.shape_of, found)))
    d.rng.shuffle(found)
    return tuple(found), ()


def _neuron(d: Draw) -> Any:
    found = [d.node()]
    for _ in range(d.rng.choice([1, 2, 3, 4, 5, 6])):
        found.append(d.beside(*map(d.shape_of, found)))
    d.rng.shuffle(found)
    return tuple(found), ()


_UNARY: dict[str, Callable[[Any], Any]] = {
    "identity": lambda x: x.clone(),
    "negate": lambda x: -x,
    "abs": lambda x: x.abs(),
    "sign": lambda x: torch().sign(x),
    "step": lambda x: torch().where(x.isnan(), x, x >= 0).detach() + 0.0 * torch().sign(x),
    "relu": lambda x: torch().relu(x),
    "selu": lambda x: _functional().selu(x),
    "gelu": lambda x: _functional().gelu(x),
    "silu": lambda x: _functional().silu(x),
    # PyTorch replaces softplus by the identity above 20
    "softplus": lambda x: _functional().softplus(x, 1, 40),
    **{
        name: lambda x, name=name: getattr(torch(), name)(x)
        for name in (
            "exp", "expm1", "log", "log1p", "log2", "log10", "sqrt", "sin", "cos", "tan", "asin",
            "acos", "atan", "sinh", "cosh", "tanh", "erf", "sigmoid",
        )
    },
}  # fmt: skip
_BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "power": lambda x, y: torch().pow(x, y),
    "atan2": lambda y, x: torch().atan2(y, x),
    "maximum": lambda x, y: torch().maximum(*_spread(x, y)),
    "minimum": lambda x, y: torch().minimum(*_spread(x, y)),
    # PyTorch takes slope and alpha as numbers, so the functions are spelt out here
    "leaky_relu": lambda x, slope: torch().where(x > 0, x, slope * x),
    "elu": lambda x, alpha: torch().where(
        x > 0, x, alpha * torch().expm1(torch().where(x > 0, 0.0 * x.detach(), x))
    ),
}


def _spread(*xs: Any) -> Any:
    return torch().broadcast_tensors(*xs)


def _ours(name: str) -> Callable[..., Any]:
    if name == "identity":
        return lambda x: apply(primitives.identity, x)
    function: Callable[..., Any] = getattr(ag, name)
    return function


for _name, _theirs in _UNARY.items():
    OPERATIONS[_name] = Operation(_ours(_name), _theirs, _one)
for _name, _theirs2 in _BINARY.items():
    OPERATIONS[_name] = Operation(_ours(_name), _theirs2, _two)
for _symbol, _function, _theirs2 in (
    ("+", operator.add, operator.add),
    ("-", operator.sub, operator.sub),
    ("*", operator.mul, operator.mul),
    ("/", operator.truediv, operator.truediv),
    ("**", operator.pow, _BINARY["power"]),
):
    OPERATIONS[_symbol] = Operation(_function, _theirs2, _two, "{0} " + _symbol + " {1}")
OPERATIONS["neg"] = Operation(operator.neg, operator.neg, _one, "-{0}")


def _power(d: Draw) -> Any:
    return (d.node(),), (d.rng.choice([2, 3, 2.0, 0.5, -1, 1, 0, -2.0, 1.5]),)


def _choice(d: Draw) -> Any:
    operands, _ = _three(d)
    return operands, ()


OPERATIONS["power of a number"] = Operation(
    lambda x, n: x**n, lambda x, n: torch().pow(x, n), _power, "{0} ** {1}"
)
OPERATIONS["where"] = Operation(
    ag.where, lambda c, x, y: torch().where(c != 0, x, y), _choice, "ag.where({0}, {1}, {2})"
)
OPERATIONS["choose"] = Operation(
    lambda x, y: ag.where(x > y, x * y, y),
    lambda x, y: torch().where(x > y, x * y, y),
    _two,
    "ag.where({0} > {1}, {0} * {1}, {1})",
)
OPERATIONS["clip"] = Operation(
    ag.clip, lambda x, low, high: torch().clamp(*_spread(x, low, high)), _three
)
OPERATIONS["clip between"] = Operation(
    ag.clip,
    lambda x, low, high: torch().clamp(x, low, high),
    lambda d: ((d.node(),), d.rng.choice([(-1.0, 1.0), (0.0, 0.0), (None, 0.25), (-0.5, None)])),
    "ag.clip({0}, {1}, {2})",
)
OPERATIONS["sum of a list"] = Operation(
    lambda *xs: ag.sum(xs), lambda *xs: sum(xs[1:], xs[0]), _many, "ag.sum([{}])"
)


def _dot(xs: Sequence[Any], total: Callable[..., Any]) -> Any:
    half = len(xs) // 2
    bias = xs[-1] if len(xs) % 2 else None
    return total(list(xs[:half]), list(xs[half : 2 * half]), bias)


def _dot_of_torch(ws: Any, xs: Any, bias: Any) -> Any:
    total = sum(w * x for w, x in zip(ws, xs, strict=True))
    return total if bias is None else total + bias


OPERATIONS["dot of lists"] = Operation(
    lambda *xs: _dot(xs, ag.dot), lambda *xs: _dot(xs, _dot_of_torch), _neuron, "dot of {}"
)

# --- reductions -----------------------------------------------------------------------------------


def _reduction(d: Draw) -> Any:
    x = d.node()
    return (x,), (d.axes(x), d.flag())


def _along(d: Draw) -> Any:
    x = d.tensor(1)
    return (x,), (d.axis(x),)


def _reducing(f: Callable[..., Any]) -> Callable[..., Any]:
    """Let a function of PyTorch's take all the axes, and numbers without any."""

    def theirs(x: Any, *parameters: Any) -> Any:
        *others, axis, keepdims = parameters
        if not x.ndim:
            return f(x.reshape(1), *others, (0,), False)
        dims = tuple(range(x.ndim)) if axis is None else axis
        return f(x, *others, dims if isinstance(dims, tuple) else (dims,), keepdims)

    return theirs


def _product(x: Any, dims: Any, keepdims: bool) -> Any:
    # not torch.prod, which divides in its derivatives and so leaves rounding where 0 is exact
    for i in sorted((i % x.ndim for i in dims), reverse=True):
        out = torch().ones_like(x.sum(i, keepdim=keepdims))
        for part in x.split(1, i) if x.shape[i] else ():
            out = out * (part if keepdims else part.squeeze(i))
        x = out
    return x


_REDUCTIONS: dict[str, Callable[..., Any]] = {
    "mean": lambda x, dims, keep: torch().mean(x, dims, keepdim=keep),
    "max": lambda x, dims, keep: torch().amax(x, dims, keepdim=keep),
    "min": lambda x, dims, keep: torch().amin(x, dims, keepdim=keep),
    "prod": _product,
    "logsumexp": lambda x, dims, keep: torch().logsumexp(x, dims, keepdim=keep),
}
for _name, _theirs in _REDUCTIONS.items():
    OPERATIONS[f"{_name}"] = Operation(getattr(ag, _name), _reducing(_theirs), _reduction)
OPERATIONS["sum"] = Operation(
    array_functions.array_sum,
    _reducing(lambda x, dims, keep: torch().sum(x, dims, keepdim=keep)),
    _reduction,
    "ag.sum({0}, {1}, {2})",
)


def _spread_of(d: Draw) -> Any:
    x = d.node()
    return (x,), (d.axes(x), d.rng.choice([0, 0, 1]), d.flag())


for _name in ("var", "std"):
    OPERATIONS[_name] = Operation(
        getattr(ag, _name),
        lambda x, axis, ddof, keep, name=_name: _reducing(
            lambda x, dims, keep: getattr(torch(), name)(x, dims, correction=ddof, keepdim=keep)
        )(x, axis, keep),
        _spread_of,
    )


def _norm(d: Draw) -> Any:
    x = d.node()
    return (x,), (d.rng.choice([None, 2, 1, math.inf]), d.axes(x), d.flag())


OPERATIONS["norm"] = Operation(
    ag.norm,
    _reducing(
        lambda x, order, dims, keep: torch().linalg.vector_norm(
            x, 2 if order is None else order, dims, keep
        )
    ),
    _norm,
)
OPERATIONS["softmax"] = Operation(ag.softmax, lambda x, axis: torch().softmax(x, axis), _along)
OPERATIONS["log_softmax"] = Operation(
    ag.log_softmax, lambda x, axis: torch().log_softmax(x, axis), _along
)
OPERATIONS["cumsum"] = Operation(
    ag.cumsum,
    lambda x, axis: x.ravel().cumsum(0) if axis is None else x.cumsum(axis),
    lambda d: ((x := d.node(),), (None if d.flag() or not d.ndim(x) else d.axis(x),)),
)

# --- shapes ---------------------------------------------------------------------------------------


def _shape(d: Draw) -> Any:
    x = d.node()
    shape = list(d.shape_of(x))
    size = math.prod(shape)
    choices: list[Any] = [-1, (-1,), (size,), (1, size), (size, 1), tuple(reversed(shape))]
    if size == 1:
        choices += [(), (1, 1, 1)]
    if size and size % 2 == 0:
        choices += [(2, size // 2), (-1, 2)]
    wanted = d.rng.choice(choices)
    if not size and wanted in (-1, (-1,), (-1, 2)):
        wanted = (0,)
    return (x,), (wanted,)


def _order(d: Draw) -> Any:
    x = d.node()
    axes = list(range(d.ndim(x)))
    d.rng.shuffle(axes)
    return (x,), (d.rng.choice([None, tuple(axes)]),)


def _stretched(d: Draw) -> Any:
    x = d.node()
    shape = [d.rng.choice([1, 2, 3]) if n == 1 else n for n in d.shape_of(x)]
    before = [d.rng.choice([1, 2]) for _ in range(d.rng.choice([0, 0, 1]))]
    return (x,), ((*before, *shape),)


def _two_axes(d: Draw) -> Any:
    x = d.tensor(1)
    return (x,), (d.axis(x), d.axis(x))


def _new_axis(d: Draw) -> Any:
    x = d.node()
    return (x,), (d.rng.randrange(-d.ndim(x) - 1, d.ndim(x) + 1),)


def _joined(d: Draw) -> Any:
    first = d.tensor(1)
    axis = d.axis(first)
    shape = d.shape_of(first)
    place = axis % len(shape)

    def fits(other: tuple[int, ...]) -> bool:
        return len(other) == len(shape) and all(
            i == place or n == m for i, (n, m) in enumerate(zip(other, shape, strict=True))
        )

    found: list[Any] = [first]
    for _ in range(d.rng.randint(0, 2)):
        found.append(d.array(shape) if d.rng.random() < 0.2 else d.node(fits))
    d.rng.shuffle(found)
    return tuple(found), (axis,)


def _stacked(d: Draw) -> Any:
    first = d.node()
    shape = d.shape_of(first)
    found: list[Any] = [first]
    for _ in range(d.rng.randint(0, 2)):
        found.append(d.array(shape) if d.rng.random() < 0.2 else d.node(lambda s: s == shape))
    d.rng.shuffle(found)
    return tuple(found), (d.rng.randrange(-len(shape) - 1, len(shape) + 1),)


def _padded(d: Draw) -> Any:
    x = d.tensor(1)
    widths = tuple((d.rng.choice([0, 1, 2]), d.rng.choice([0, 1])) for _ in range(d.ndim(x)))
    return (x,), (widths, d.rng.choice([0.0, 0.5, -3.0]))


def _theirs_padded(x: Any, widths: Any, constant: float) -> Any:
    flat = [n for pair in reversed(widths) for n in pair]
    return _functional().pad(x, flat, value=constant)


def _part(d: Draw) -> Any:
    x = d.tensor(1)
    axis = d.axis(x)
    length = d.shape_of(x)[axis]
    cuts = sorted(d.rng.randint(0, length) for _ in range(2))
    return (x,), (cuts, axis, d.rng.randrange(3))


def _gathered(x: Any, places: Any) -> Any:
    """Choose elements by their places in order: no index of PyTorch's has to be trusted."""
    places = np.asarray(places)
    chosen = x.reshape(-1).index_select(0, torch().tensor(places.ravel(), dtype=torch().int64))
    return chosen.reshape(places.shape)


def _places(x: Any) -> Any:
    shape = tuple(x.shape)
    return np.arange(math.prod(shape)).reshape(shape)


def _index(d: Draw) -> Any:
    x = d.tensor()
    return (x,), (d.index(d.shape_of(x)),)


def _taken(d: Draw) -> Any:
    x = d.tensor(1)
    axis = d.axis(x) if d.flag() else None
    length = math.prod(d.shape_of(x)) if axis is None else d.shape_of(x)[axis]
    if not length:
        raise Misfit
    return (x,), ([d.rng.randrange(-length, length) for _ in range(d.rng.randint(1, 4))], axis)


def _scattered(d: Draw) -> Any:
    shape = d.rng.choice([s for s in SHAPES if s])
    index = d.index(shape)
    index = tuple(map(_as_index, index)) if isinstance(index, tuple) else _as_index(index)
    wanted = np.shape(np.zeros(shape)[index])
    x = d.node(lambda s: s == wanted)
    return (x,), (index, shape)


def _as_index(part: Any) -> Any:
    return np.array(part, int) if isinstance(part, list) else part


def _theirs_scattered(x: Any, index: Any, shape: Any) -> Any:
    places = np.arange(math.prod(shape)).reshape(shape)[index]
    out = torch().zeros(math.prod(shape), dtype=x.dtype)
    flat = torch().tensor(np.ravel(places), dtype=torch().int64)
    return out.index_add(0, flat, x.reshape(-1)).reshape(shape)


def _typed(d: Draw) -> Any:
    return (d.tensor(),), (d.rng.choice(["float32", "float64"]) if d.single else "float64",)


for _name, _draw, _theirs in (
    ("reshape", _shape, lambda x, shape: x.reshape(shape)),
    ("ravel", _one, lambda x: x.reshape(-1)),
    (
        "transpose", _order,
        lambda x, axes: x.permute(tuple(range(x.ndim))[::-1] if axes is None else axes),
    ),
    ("swapaxes", _two_axes, lambda x, a, b: x.swapaxes(a, b)),
    ("expand_dims", _new_axis, lambda x, axis: x.unsqueeze(axis)),
    ("squeeze", _one, lambda x: x.squeeze()),
    ("broadcast_to", _stretched, lambda x, shape: x.expand(shape)),
    ("take", _taken, lambda x, places, axis: _gathered(x, np.take(_places(x), places, axis))),
):  # fmt: skip
    OPERATIONS[_name] = Operation(getattr(ag, _name), _theirs, _draw)
OPERATIONS["concatenate"] = Operation(
    lambda *xs: ag.concatenate(xs[:-1], xs[-1]),
    lambda *xs: torch().cat(xs[:-1], xs[-1]),
    _joined,
    "ag.concatenate([{}], axis=last)",
)
OPERATIONS["stack"] = Operation(
    lambda *xs: ag.stack(xs[:-1], xs[-1]),
    lambda *xs: torch().stack(xs[:-1], xs[-1]),
    _stacked,
    "ag.stack([{}], axis=last)",
)
OPERATIONS["pad"] = Operation(
    lambda x, widths, constant: ag.pad(x, widths, constant_values=constant),
    _theirs_padded,
    _padded,
    "ag.pad({0}, {1}, constant_values={2})",
)
OPERATIONS["split"] = Operation(
    lambda x, cuts, axis, i: ag.split(x, cuts, axis)[i],
    lambda x, cuts, axis, i: _gathered(x, np.split(_places(x), cuts, axis)[i]),
    _part,
    "ag.split({0}, {1}, {2})[{3}]",
)
OPERATIONS["getitem"] = Operation(
    operator.getitem, lambda x, index: _gathered(x, _places(x)[index]), _index, "{0}[{1}]"
)
OPERATIONS["scatter"] = Operation(
    lambda x, index, shape: apply_array(array_primitives.scatter, x, index=index, shape=shape),
    _theirs_scattered,
    _scattered,
    "apply_array(array_primitives.scatter, {0}, index={1}, shape={2})",
)
OPERATIONS["astype"] = Operation(
    lambda x, dtype: x.astype(dtype),
    lambda x, dtype: x.to(getattr(torch(), dtype)),
    _typed,
    "{0}.astype({1})",
)
OPERATIONS["T"] = Operation(
    lambda x: x.T,
    lambda x: x.permute(tuple(range(x.ndim))[::-1]),
    lambda d: ((d.tensor(),), ()),
    "{0}.T",
)

# --- products -------------------------------------------------------------------------------------


def _product_of(d: Draw) -> Any:
    x = d.tensor(1)
    shape = d.shape_of(x)

    def fits(other: tuple[int, ...]) -> bool:
        try:
            return bool(other) and len(np.shape(np.matmul(np.zeros(shape), np.zeros(other)))) < 5
        except ValueError:
            return False

    if d.rng.random() < 0.35:
        last = shape[-1]
        wanted = d.rng.choice([(last,), (last, 2), (last, 1), (2, last, 3), (1, last, 2)])
        return (x, d.array(wanted)), ()
    return (x, d.node(fits)), ()


def _dot_of_two(d: Draw) -> Any:
    x = d.tensor()
    last = (d.shape_of(x) or (2,))[-1]

    def fits(other: tuple[int, ...]) -> bool:
        return not other or not d.ndim(x) or other[-2:][0] == last

    if d.rng.random() < 0.35:
        return (x, d.array(d.rng.choice([(last,), (last, 2), (2, last, 2), ()]))), ()
    return (x, d.node(fits)), ()


def _theirs_dot(x: Any, y: Any) -> Any:
    if not x.ndim or not y.ndim:
        return x * y
    return torch().tensordot(x, y, ([x.ndim - 1], [0 if y.ndim == 1 else y.ndim - 2]))


_SUBSCRIPTS: dict[int, tuple[str, ...]] = {
    0: ("->", ",ij->ij", ",i->"),
    1: ("i->", "i->i", "i,i->", "i,i->i", "i,j->ij", "i,ij->j", "i,j,k->ijk", "...i,...i->..."),
    2: (
        "ij->ji", "ij->i", "ij->", "ij", "ba", "ij,jk->ik", "ij,jk->ki", "ij,ij->", "ij,ij->ij",
        "ij,j->i", "ij,kl->il", "ii->i", "ii->", "ii,i->i", "i...->...", "...j,j", "ij,jk,kl->il",
        "ij,ik->jk",
    ),
    3: ("bij,bjk->bik", "...ij,jk->...ik", "bij->b", "iij->j", "...->...", "bij,bij->b"),
}  # fmt: skip


def _contracted(d: Draw) -> Any:
    x = d.tensor()
    ndim = d.ndim(x)
    if ndim > 3:
        raise Misfit
    subscripts = d.rng.choice(_SUBSCRIPTS[ndim])
    terms = subscripts.partition("->")[0].split(",")
    sizes: dict[str, int] = {}
    found: list[Any] = []
    for term in terms:
        operand: Any = x
        if found:
            letters = term.replace("...", "")
            shape = tuple(sizes.setdefault(c, d.rng.choice([1, 2, 3])) for c in letters)
            if "..." in term and d.flag():
                shape = (*d.shape_of(x)[: ndim - len(letters)], *shape)
            suitable = [i for i in range(len(d.nodes)) if d.shape_of(i) == shape]
            operand = d.among(suitable) if suitable and d.flag() else d.array(shape)
        shape = d.shape_of(operand)
        before, _, after = term.partition("...")
        names = [*before, *after]
        lengths = [*shape[: len(before)], *shape[len(shape) - len(after) :]]
        for name, length in zip(names, lengths, strict=True):
            if sizes.setdefault(name, length) != length:
                raise Misfit
        found.append(operand)
    return (*found,), (subscripts,)


OPERATIONS["@"] = Operation(
    operator.matmul, lambda x, y: torch().matmul(x, y), _product_of, "{0} @ {1}"
)
OPERATIONS["dot"] = Operation(ag.dot, _theirs_dot, _dot_of_two, "ag.dot({0}, {1})")
OPERATIONS["outer"] = Operation(
    ag.outer, lambda x, y: torch().outer(x.reshape(-1), y.reshape(-1)),
    lambda d: ((d.tensor(), d.tensor()), ()),
)  # fmt: skip
OPERATIONS["einsum"] = Operation(
    lambda *xs: ag.einsum(xs[-1], *xs[:-1]),
    lambda *xs: torch().einsum(xs[-1], *xs[:-1]),
    _contracted,
    "ag.einsum({last}, {})",
)

ELEMENTWISE = (
    *_UNARY, *_BINARY, "+", "-", "*", "/", "**", "neg", "power of a number", "where", "choose",
    "clip", "clip between", "sum of a list", "dot of lists",
)  # fmt: skip
"""What a graph of Values alone can hold."""

CHOOSING = {
    "abs", "sign", "step", "relu", "selu", "leaky_relu", "elu", "maximum", "minimum", "choose",
    "clip", "clip between", "max", "min", "where", "norm", "power", "**", "power of a number",
    "atan2",
}  # fmt: skip

SPELT_WITH_WHERE = {"where", "choose", "leaky_relu", "elu"}
