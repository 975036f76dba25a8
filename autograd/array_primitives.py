"""The second table: primitives that look at more than one element of an array at a time.

Read `primitives.py` first: whatever works element by element stands there.  A row here has
parameters (an axis, a shape, an index) beside its operands, and where an elementwise row
has a partial derivative for each operand this one has a *vector-Jacobian product*:

    value(m, *operands, **parameters)     computes out
    vjp(m, g, out, *operands, **parameters)
                                          takes g, the adjoint of out, to that of an operand

Both are ordinary Python over a namespace ``m``: ``NUMPY`` computes ndarrays, the functions
of this package record Tensors, so that a vector-Jacobian product can be differentiated
again, and ``autograd.scalars`` reads the values for arrays of Values.

Forward mode needs no formula of its own.  Most rows are linear in each operand, so the
tangent takes the operand's place; in the others the Jacobian is symmetric, or has one row
for each group of elements, which is the vector-Jacobian product of ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any, Literal

import numpy as np

from autograd.primitives import ARRAYS, Formula

__all__ = ["ARRAY_TABLE", "NUMPY", "Applied", "ArrayPrimitive", "Pullback", "sum_to"]

Shape = tuple[int, ...]

ARRAY_TABLE: dict[str, ArrayPrimitive] = {}
"""Every row by its name."""


class ArrayPrimitive:
    """One row of the table.

    Attributes:
        name: what the primitive is called everywhere, ``"matmul"``.
        symbol: what a diagram draws, ``"@"``.
        ascii: the same for terminals without unicode.
        doc: one sentence that says what it computes.
        value: ``value(m, *operands, **parameters)``.
        vjps: one formula ``vjp(m, g, out, *operands, **parameters)`` for each operand; a
            variadic row has a single one, which is told the operand's number, ``slot``.
        variadic: whether it takes any number of operands (concatenate, einsum).
        tangent: how forward mode finds the tangent: the row is "linear" in each operand
            by itself, "joint"ly linear in all of them, a "reduction" to one number for each
            group of elements, or has a "symmetric" Jacobian.
    """

    __slots__ = ("ascii", "doc", "name", "symbol", "tangent", "value", "variadic", "vjps")

    def __init__(
        self,
        name: str,
        symbol: str,
        doc: str,
        value: Formula,
        *vjps: Formula,
        ascii: str | None = None,
        variadic: bool = False,
        tangent: Literal["linear", "joint", "reduction", "symmetric"] = "linear",
    ) -> None:
        self.name = name
        self.symbol = symbol
        self.ascii = ascii or (symbol if symbol.isascii() else name)
        self.doc = doc
        self.value = value
        self.vjps = vjps
        self.variadic = variadic
        self.tangent = tangent
        ARRAY_TABLE[name] = self

    def __repr__(self) -> str:
        return f"<array primitive {self.name} {self.symbol}>"

    def __reduce__(self) -> tuple[Callable[[str], ArrayPrimitive], tuple[str]]:
        return find, (self.name,)

    def __deepcopy__(self, memo: object) -> ArrayPrimitive:
        return self


def find(name: str) -> ArrayPrimitive:
    """Return the row called `name`; ValueError if there is none."""
    try:
        return ARRAY_TABLE[name]
    except KeyError:
        raise ValueError(f"there is no array primitive called {name!r}") from None


class Applied:
    """A row with the parameters it was applied with: what made one node."""

    __slots__ = ("parameters", "row")

    variadic = False
    commutes = False
    chooses = False

    def __init__(self, row: ArrayPrimitive, parameters: dict[str, Any]) -> None:
        self.row = row
        self.parameters = parameters

    name = property(lambda self: self.row.name)
    symbol = property(lambda self: self.row.symbol)
    ascii = property(lambda self: self.row.ascii)
    doc = property(lambda self: self.row.doc)

    def __repr__(self) -> str:
        given = "".join(f", {key}={value!r:.40}" for key, value in self.parameters.items())
        return f"<array primitive {self.name} {self.symbol}{given}>"

    def __reduce__(self) -> tuple[type[Applied], tuple[Any, ...]]:
        return Applied, (self.row, self.parameters)

    def __deepcopy__(self, memo: object) -> Applied:
        return self


class Pullback:
    """The local derivative of an array primitive by one operand: a linear map of adjoints.

    It stands where an elementwise primitive has a number or an array, holds what its
    formula needs, and is called with the adjoint of the result.
    """

    __slots__ = ("applied", "operands", "out", "slot")

    namespace: Any = None  # NUMPY, below

    def __init__(self, applied: Applied, slot: int, out: Any, operands: Sequence[Any]) -> None:
        self.applied = applied
        self.slot = slot
        self.out = out
        self.operands = operands

    def __call__(self, g: Any) -> Any:
        """Return the contribution to the operand's adjoint."""
        return self._pull(self.namespace, g, self.out, self.operands)

    def _pull(self, m: Any, g: Any, out: Any, operands: Sequence[Any]) -> Any:
        row, parameters = self.applied.row, self.applied.parameters
        if row.variadic:
            return row.vjps[0](m, g, out, *operands, slot=self.slot, **parameters)
        return row.vjps[self.slot](m, g, out, *operands, **parameters)

    def of_chosen(self, g: Any, mask: np.ndarray[Any, Any], m: Any) -> Any:
        """Do what a call does where `where` has chosen only the part of g that is in `mask`.

        The rest of g is 0, and 0 times a nan or inf of another operand is to be 0 here.
        """
        adjoint = self(g)
        others = [getattr(operand, "_datum", operand) for operand in self.operands]
        finite = [np.isfinite(o) for o in others]
        linear = self.applied.row.tangent == "linear" and len(others) > 1
        if linear and not all(f.all() for f in finite):
            zeroed = [m.where(f, o, 0.0) for f, o in zip(finite, self.operands, strict=True)]
            clean = self._pull(m, g, self.out, zeroed)
            met = self._pull(NUMPY, mask.astype(float), None, [1.0 - f for f in finite])
            adjoint = m.where(met != 0.0, adjoint, clean)
        return m.where(self.reached(mask), adjoint, 0.0)

    def reached(self, mask: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Tell which elements of the operand have an arrow to an element in `mask`."""
        row, g = self.applied.row, mask.astype(float)
        if row.tangent == "symmetric":
            some = mask.any(axis=self.applied.parameters["axis"], keepdims=True)
            return np.broadcast_to(some, mask.shape)
        if row.tangent == "reduction":
            axis, keepdims = (self.applied.parameters[key] for key in ("axis", "keepdims"))
            return np.asarray(_spread(NUMPY, g, self.operands[0].shape, axis, keepdims) != 0.0)
        ones = [np.ones_like(operand) for operand in self.operands]
        return np.asarray(self._pull(NUMPY, g, np.ones_like(self.out), ones) != 0.0)

    def __repr__(self) -> str:
        return f"<vector-Jacobian product of {self.applied.name} by operand {self.slot + 1}>"

    def __reduce__(self) -> tuple[type[Pullback], tuple[Any, ...]]:
        return type(self), (self.applied, self.slot, self.out, self.operands)


# --- shapes -------------------------------------------------------------------------------


def kept(shape: Shape, axis: Shape) -> Shape:
    """Return the shape with the axes that a reduction takes away kept as 1."""
    return tuple([1 if i in axis else n for i, n in enumerate(shape)])


def without(shape: Shape, axis: Shape) -> Shape:
    """Return the shape without the axes that a reduction takes away."""
    return tuple([n for i, n in enumerate(shape) if i not in axis])


def _spread(m: Any, g: Any, shape: Shape, axis: Shape, keepdims: bool = False) -> Any:
    """Give every element of a group the group's number: what undoes a sum's shape."""
    return m.broadcast_to(g if keepdims else m.reshape(g, kept(shape, axis)), shape)


def sum_to(m: Any, g: Any, shape: Shape) -> Any:
    """Sum over the axes that broadcasting has stretched: the transpose of `broadcast_to`."""
    if g.shape == shape:
        return g
    extra = g.ndim - len(shape)
    axis = (
        *range(extra),
        *(i + extra for i, n in enumerate(shape) if n == 1 and g.shape[i + extra] != 1),
    )
    return m.reshape(m.sum(g, axis=axis, keepdims=False) if axis else g, shape)


reshape = ArrayPrimitive(
    "reshape", "reshape", "The same elements in another shape.",
    lambda m, x, shape: m.reshape(x, shape),
    lambda m, g, out, x, shape: m.reshape(g, x.shape),
)
transpose = ArrayPrimitive(
    "transpose", "ᵀ", "The axes in another order.",
    lambda m, x, axes: m.transpose(x, axes),
    lambda m, g, out, x, axes: m.transpose(g, tuple(axes.index(i) for i in range(len(axes)))),
    ascii="T",
)
broadcast_to = ArrayPrimitive(
    "broadcast_to", "broadcast", "x repeated to fill a shape.",
    lambda m, x, shape: m.broadcast_to(x, shape),
    lambda m, g, out, x, shape: sum_to(m, g, x.shape),
)
getitem = ArrayPrimitive(
    "getitem", "[·]", "The elements of x at an index.",
    lambda m, x, index: m.getitem(x, index),
    lambda m, g, out, x, index: m.scatter(g, index, x.shape),
    ascii="[]",
)
scatter = ArrayPrimitive(
    "scatter", "scatter", "Zeros, with the elements of x added at an index.",
    lambda m, x, index, shape: m.scatter(x, index, shape),
    lambda m, g, out, x, index, shape: m.getitem(g, index),
)
pad = ArrayPrimitive(
    "pad", "pad", "x with a constant put around it.",
    lambda m, x, pad_width, constant: m.pad(x, pad_width, constant),
    lambda m, g, out, x, pad_width, constant: m.getitem(
        g, tuple(slice(low, low + n) for (low, _), n in zip(pad_width, x.shape, strict=True))
    ),
    tangent="joint",
)
astype = ArrayPrimitive(
    "astype", "dtype", "x in another floating-point type.",
    lambda m, x, dtype: m.astype(x, dtype),
    lambda m, g, out, x, dtype: m.astype(g, x.dtype),
)


def _part(axis: int, index: Any) -> tuple[Any, ...]:
    return (slice(None),) * axis + (index,)


def _concatenated(m: Any, g: Any, out: Any, *xs: Any, axis: int, slot: int) -> Any:
    start = sum(x.shape[axis] for x in xs[:slot])
    return m.getitem(g, _part(axis, slice(start, start + xs[slot].shape[axis])))


concatenate = ArrayPrimitive(
    "concatenate", "concat", "Arrays one after another along an axis.",
    lambda m, *xs, axis: m.concatenate(*xs, axis=axis),
    _concatenated,
    variadic=True, tangent="joint",
)
stack = ArrayPrimitive(
    "stack", "stack", "Arrays side by side along a new axis.",
    lambda m, *xs, axis: m.stack(*xs, axis=axis),
    lambda m, g, out, *xs, axis, slot: m.getitem(g, _part(axis, slot)),
    variadic=True, tangent="joint",
)

# --- sums ---------------------------------------------------------------------------------


def _count(shape: Shape, axis: Shape) -> float:
    count = 1.0
    for i in axis:
        count *= shape[i]
    return count


def _reversed(m: Any, x: Any, axis: int) -> Any:
    return m.getitem(x, _part(axis, slice(None, None, -1)))


sum_ = ArrayPrimitive(
    "sum", "Σ", "The sum over some axes.",
    lambda m, x, axis, keepdims: m.sum(x, axis, keepdims),
    lambda m, g, out, x, axis, keepdims: _spread(m, g, x.shape, axis, keepdims),
    ascii="sum",
)
mean = ArrayPrimitive(
    "mean", "mean", "The mean over some axes.",
    lambda m, x, axis, keepdims: m.sum(x, axis, keepdims) / _count(x.shape, axis),
    lambda m, g, out, x, axis, keepdims: _spread(
        m, g / _count(x.shape, axis), x.shape, axis, keepdims
    ),
)
cumsum = ArrayPrimitive(
    "cumsum", "cumsum", "The sums of all the elements up to each along an axis.",
    lambda m, x, axis: m.cumsum(x, axis),
    lambda m, g, out, x, axis: _reversed(m, m.cumsum(_reversed(m, g, axis), axis), axis),
)

# --- products -------------------------------------------------------------------------------


def _matrix_transposed(m: Any, x: Any) -> Any:
    axes = tuple(range(x.ndim))
    return m.transpose(x, (*axes[:-2], axes[-1], axes[-2]))


def _column(m: Any, x: Any) -> Any:
    return m.reshape(x, (*x.shape, 1))


def _row(m: Any, x: Any) -> Any:
    return m.reshape(x, (*x.shape[:-1], 1, *x.shape[-1:]))


def _matmul_by_left(m: Any, g: Any, out: Any, x: Any, y: Any) -> Any:
    if y.ndim == 1:
        return _column(m, g) * y
    if x.ndim == 1:
        return sum_to(m, m.reshape(m.matmul(y, _column(m, g)), y.shape[:-1]), x.shape)
    return sum_to(m, m.matmul(g, _matrix_transposed(m, y)), x.shape)


def _matmul_by_right(m: Any, g: Any, out: Any, x: Any, y: Any) -> Any:
    if x.ndim == 1:
        return g * x if y.ndim == 1 else _column(m, x) * _row(m, g)
    if y.ndim == 1:
        product = m.matmul(_row(m, g), x)
        return sum_to(m, m.reshape(product, (*x.shape[:-2], x.shape[-1])), y.shape)
    return sum_to(m, m.matmul(_matrix_transposed(m, x), g), y.shape)


matmul = ArrayPrimitive(
    "matmul", "@", "The matrix product; axes before the last two are a batch of matrices.",
    lambda m, x, y: m.matmul(x, y),
    _matmul_by_left,
    _matmul_by_right,
)


def _einsum_by_one(
    m: Any, g: Any, out: Any, *xs: Any, subscripts: str, slot: int
) -> Any:
    """Contract g with the other operands, in the subscripts of the one that is asked for."""
    inputs, output = subscripts.split("->")
    terms = inputs.split(",")
    term, x = terms[slot], xs[slot]
    others = [(t, o) for i, (t, o) in enumerate(zip(terms, xs, strict=True)) if i != slot]
    letters = "".join(dict.fromkeys(term))  # a repeated one is a diagonal
    inner = "".join(c for c in letters if c in output or any(c in t for t, _ in others))
    factors = ",".join([output, *(t for t, _ in others)])
    result = m.einsum(g, *(o for _, o in others), subscripts=f"{factors}->{inner}")
    size = dict(zip(term, x.shape, strict=True))
    if inner != letters:  # summed over in this operand alone
        found = dict(zip(inner, result.shape, strict=True))
        result = m.reshape(result, tuple(found.get(c, 1) for c in letters))
        result = m.broadcast_to(result, tuple(found.get(c, size[c]) for c in letters))
    result = sum_to(m, result, tuple(size[c] for c in letters))
    if letters != term:
        grid = np.indices(tuple(size[c] for c in letters))
        result = m.scatter(result, tuple(grid[letters.index(c)] for c in term), x.shape)
    return result


einsum = ArrayPrimitive(
    "einsum", "einsum", "A sum of products, by the subscripts of Einstein's convention.",
    lambda m, *xs, subscripts: m.einsum(*xs, subscripts=subscripts),
    _einsum_by_one,
    variadic=True,
)

# --- one number for a group of elements -------------------------------------------------------


def _extreme(m: Any, g: Any, out: Any, x: Any, axis: Shape, keepdims: bool) -> Any:
    # as in PyTorch, those that share the largest value share the gradient equally
    most = m.reshape(out, kept(x.shape, axis))
    chosen = (x == most) | (x != x)
    share = chosen / chosen.sum(axis=axis, keepdims=True)
    return _spread(m, g, x.shape, axis, keepdims) * share.astype(x.dtype)


max_ = ArrayPrimitive(
    "max", "max", "The largest element over some axes; a tie shares the gradient equally.",
    lambda m, x, axis, keepdims: m.max(x, axis, keepdims),
    _extreme,
    tangent="reduction",
)
min_ = ArrayPrimitive(
    "min", "min", "The smallest element over some axes; a tie shares the gradient equally.",
    lambda m, x, axis, keepdims: m.min(x, axis, keepdims),
    _extreme,
    tangent="reduction",
)
norm = ArrayPrimitive(
    "norm", "‖·‖", "The Euclidean norm over some axes; its derivative at the zero vector is 0.",
    lambda m, x, axis, keepdims: m.length(x, axis, keepdims),
    lambda m, g, out, x, axis, keepdims: x * _spread(
        m, m.where(out == 0.0, 0.0, g / m.where(out == 0.0, 1.0, out)), x.shape, axis, keepdims
    ),
    ascii="norm", tangent="reduction",
)


def _logsumexp(m: Any, x: Any, axis: Shape, keepdims: bool) -> Any:
    peak = m.peak(x, axis)  # a constant that cancels out, so that exp does not overflow
    peak = m.where(abs(peak) == np.inf, 0.0, peak)
    out = m.log(m.sum(m.exp(x - peak), axis, True)) + peak
    return out if keepdims else m.reshape(out, without(x.shape, axis))


def _softmax(m: Any, x: Any, axis: Shape) -> Any:
    e = m.exp(x - m.peak(x, axis))
    return e / m.sum(e, axis, True)


logsumexp = ArrayPrimitive(
    "logsumexp", "log Σ exp", "log of the sum of exp(x) over some axes, without overflow.",
    _logsumexp,
    lambda m, g, out, x, axis, keepdims: _spread(m, g, x.shape, axis, keepdims)
    * m.exp(x - _spread(m, m.where(out == -np.inf, 0.0, out), x.shape, axis, keepdims)),
    ascii="logsumexp", tangent="reduction",
)
softmax = ArrayPrimitive(
    "softmax", "softmax", "exp(x) divided by its sum along an axis: probabilities.",
    _softmax,
    lambda m, g, out, x, axis: out * (g - m.sum(g * out, axis, True)),
    tangent="symmetric",
)

# --- the namespace for ndarrays ----------------------------------------------------------------


def _is_basic(index: Any) -> bool:
    """Tell whether an index picks no element twice: slices, integers, one boolean mask."""
    parts = index if isinstance(index, tuple) else (index,)
    return all(
        part is None
        or part is Ellipsis
        or isinstance(part, (slice, int, np.integer))
        or (isinstance(part, np.ndarray) and part.dtype == bool)
        for part in parts
    )


def _scatter(x: Any, index: Any, shape: Shape) -> Any:
    out = np.zeros(shape, x.dtype)
    if _is_basic(index):
        out[index] = x
    else:
        np.add.at(out, index, x)
    return out


def _peak(x: Any, axis: Shape) -> Any:
    return x.max(axis=axis, keepdims=True, initial=-np.inf)


# read after the rows of primitives.py, whose names (where, exp, …) it takes over
NUMPY = SimpleNamespace(**vars(ARRAYS))
"""Reads a formula for ndarrays."""
NUMPY.reshape = lambda x, shape: x.reshape(shape)
NUMPY.transpose = lambda x, axes: x.transpose(axes)
NUMPY.broadcast_to = np.broadcast_to
NUMPY.getitem = lambda x, index: x[index]
NUMPY.scatter = _scatter
NUMPY.pad = lambda x, pad_width, constant: np.pad(x, pad_width, constant_values=constant)
NUMPY.astype = lambda x, dtype: x.astype(dtype)
NUMPY.concatenate = lambda *xs, axis: np.concatenate(xs, axis)
NUMPY.stack = lambda *xs, axis: np.stack(xs, axis)
NUMPY.sum = lambda x, axis, keepdims: np.add.reduce(x, axis=axis, keepdims=keepdims)
NUMPY.length = lambda x, axis, keepdims: np.sqrt(np.add.reduce(x * x, axis, keepdims=keepdims))
NUMPY.cumsum = lambda x, axis: x.cumsum(axis)
NUMPY.max = lambda x, axis, keepdims: x.max(axis=axis, keepdims=keepdims)
NUMPY.min = lambda x, axis, keepdims: x.min(axis=axis, keepdims=keepdims)
NUMPY.matmul = np.matmul
NUMPY.einsum = lambda *xs, subscripts: np.einsum(subscripts, *xs)
NUMPY.peak = _peak
Pullback.namespace = NUMPY
