"""The primitives as functions that take numbers and Values alike.

``exp(0.5)`` is a float and ``exp(Value(0.5))`` a Value, so that one function serves for
plain computing and for differentiating.  Each is a row of the table in `primitives.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter, length_hint
from typing import Any, Protocol, overload

import numpy as np

from autograd import array_functions, contexts, primitives
from autograd.formatting import shown
from autograd.graph import Node
from autograd.operands import Number
from autograd.operations import apply
from autograd.primitives import FLOATS, Primitive
from autograd.value import Value, record_value

__all__ = [
    "abs", "acos", "add", "asin", "atan", "atan2", "cos", "cosh", "divide", "dot", "elu", "erf",
    "exp", "expm1", "gelu", "leaky_relu", "log", "log10", "log1p", "log2", "maximum", "minimum",
    "multiply", "negate", "pow", "power", "relu", "selu", "sigmoid", "sign", "silu", "sin",
    "sinh", "softplus", "sqrt", "step", "subtract", "sum", "tan", "tanh", "where",
]  # fmt: skip


class UnaryFunction(Protocol):
    """A function of one number or Value."""

    @overload
    def __call__(self, x: Value, /) -> Value: ...
    @overload
    def __call__(self, x: Number, /) -> float: ...


class BinaryFunction(Protocol):
    """A function of two numbers or Values."""

    @overload
    def __call__(self, x: Value, y: Value | Number, /) -> Value: ...
    @overload
    def __call__(self, x: Number, y: Value, /) -> Value: ...
    @overload
    def __call__(self, x: Number, y: Number, /) -> float: ...


def _unary(row: Primitive) -> UnaryFunction:
    fast = attrgetter(f"__{row.name}__" if row.name == "abs" else row.name)(Value)

    def function(x: Any, /) -> Any:
        return fast(x) if x.__class__ is Value else apply(row, x)

    return _documented(function, row, "x")  # type: ignore[no-any-return]


def _binary(row: Primitive, operands: str = "x, y") -> BinaryFunction:
    def function(x: Any, y: Any, /) -> Any:
        return apply(row, x, y)

    return _documented(function, row, operands)  # type: ignore[no-any-return]


def _documented(function: Any, row: Primitive, operands: str) -> Any:
    function.__name__ = function.__qualname__ = row.name
    function.__doc__ = f"Return {row.name}({operands}): {row.doc}"
    return function


add = _binary(primitives.add)
subtract = _binary(primitives.subtract)
multiply = _binary(primitives.multiply)
divide = _binary(primitives.divide)
power = pow = _binary(primitives.power)
negate = _unary(primitives.negate)
abs = _unary(primitives.absolute)
sign = _unary(primitives.sign)
exp = _unary(primitives.exp)
expm1 = _unary(primitives.expm1)
log = _unary(primitives.log)
log1p = _unary(primitives.log1p)
log2 = _unary(primitives.log2)
log10 = _unary(primitives.log10)
sqrt = _unary(primitives.sqrt)
sin = _unary(primitives.sin)
cos = _unary(primitives.cos)
tan = _unary(primitives.tan)
asin = _unary(primitives.asin)
acos = _unary(primitives.acos)
atan = _unary(primitives.atan)
atan2 = _binary(primitives.atan2, "y, x")
sinh = _unary(primitives.sinh)
cosh = _unary(primitives.cosh)
tanh = _unary(primitives.tanh)
erf = _unary(primitives.erf)
sigmoid = _unary(primitives.sigmoid)
softplus = _unary(primitives.softplus)
relu = _unary(primitives.relu)
selu = _unary(primitives.selu)
gelu = _unary(primitives.gelu)
silu = _unary(primitives.silu)
step = _unary(primitives.step)
maximum = _binary(primitives.maximum)
minimum = _binary(primitives.minimum)


def leaky_relu(x: Any, slope: Any = 0.01) -> Any:
    """Return x where it is positive, otherwise ``slope * x``.

    >>> leaky_relu(-2.0, slope=0.1)
    -0.2
    """
    return apply(primitives.leaky_relu, x, slope)


def elu(x: Any, alpha: Any = 1.0) -> Any:
    """Return x where it is positive, otherwise ``alpha * (exp(x) - 1)`` (Clevert et al. 2015).

    >>> elu(-1.0)
    -0.6321205588285577
    """
    return apply(primitives.elu, x, alpha)


def where(condition: Any, x: Any, y: Any) -> Any:
    """Return x where the condition holds, otherwise y; the other receives a gradient of 0.

    >>> x = Value(-1.0)
    >>> y = where(x > 0, x.log(), x)     # log(-1) is nan, and so is nothing else
    >>> y.backward(); x.grad
    1.0
    """
    return apply(primitives.where, condition, x, y)


def sum(values: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Return the sum of a list of numbers and Values as one node, or of an array.

    Args:
        values: a list, a Tensor or an ndarray.
        axis: of an array: which axes to sum over; all by default.
        keepdims: of an array: keep the axes, with length 1.

    Raises:
        TypeError: `values` is not iterable, or holds something that is not a number.
        ValueError: an axis that is not there.

    >>> sum([Value(1.0), Value(2.0), 3])
    Value(6.000)
    >>> sum([])
    0.0
    """
    if _is_array(values) or axis is not None or keepdims:
        return array_functions.array_sum(values, axis, keepdims)
    return apply(primitives.sum_, _listed(values, "sum"))


class Inputs(tuple[Any, ...]):
    """Inputs that several dot products share: their numbers are read once.

    >>> xs = Inputs([Value(1.0), Value(2.0)])
    >>> dot([Value(3.0), Value(4.0)], xs), dot([Value(5.0), Value(6.0)], xs)
    (Value(11.00), Value(17.00))
    """

    numbers: tuple[float, ...] | None
    constant: bool

    def __init__(self, values: Iterable[Any]) -> None:
        kinds = set(map(type, self))
        self.constant = kinds == {float}
        if self.constant:
            self.numbers = tuple(self)
        elif kinds == {Value}:
            self.numbers = tuple([value._datum for value in self])
        else:
            self.numbers = None  # numbers and Values mixed, or such as need converting


def dot(weights: Iterable[Any], inputs: Iterable[Any], bias: Any = None) -> Any:
    """Return ``w1*x1 + … + wn*xn + bias`` as one node: a neuron before its activation.

    Of arrays it is numpy's dot: the inner product of vectors, the product of matrices.

    Raises:
        ValueError: there are not as many inputs as weights.

    >>> w, b = [Value(1.0), Value(2.0)], Value(0.5)
    >>> z = dot(w, [3.0, 4.0], b)
    >>> z.backward()
    >>> z.data, w[1].grad, b.grad
    (11.5, 4.0, 1.0)
    """
    if _is_tensor(weights) or _is_array(inputs) or _is_matrix(weights):
        product = array_functions.array_dot(weights, inputs)
        return product if bias is None else product + bias
    ws: Any = weights if weights.__class__ is tuple else _listed(weights, "dot")
    xs = inputs if isinstance(inputs, Inputs) else Inputs(_listed(inputs, "dot"))
    if len(xs) != len(ws):
        raise ValueError(f"dot takes as many inputs as weights, not {len(xs)} and {len(ws)}")
    groups = (ws, xs)
    x = xs.numbers
    if x and bias is not None and not contexts.special:
        # what `apply` does, for the case that every step of a training loop consists of
        try:
            w = tuple([weight._datum for weight in ws])
            offset = (bias._datum,)
            if w[0].__class__ is not float or offset[0].__class__ is not float:  # arrays
                return apply(_DOT, *groups, (bias,))
            out = _DOT.value(FLOATS, w, x, offset)
        except (AttributeError, ValueError):  # there are numbers among them, or arrays
            return apply(_DOT, *groups, (bias,))
        if out.__class__ is not float:  # an array further on
            return apply(_DOT, *groups, (bias,))
        d_weights, d_inputs, (d_bias,) = _D_DOT(FLOATS, out, w, x, offset)
        if xs.constant:
            d_inputs = None
        return record_value(_DOT, out, groups, (d_weights, d_inputs), bias, d_bias)
    return apply(_DOT, *groups) if bias is None else apply(_DOT, *groups, (bias,))


_DOT = primitives.dot
(_D_DOT,) = _DOT.partials


def _is_array(x: Any) -> bool:
    return isinstance(x, np.ndarray) or _is_tensor(x)


def _is_matrix(x: Any) -> bool:
    return x.__class__ is not tuple and isinstance(x, np.ndarray) and x.ndim > 1


def _is_tensor(x: Any) -> bool:
    return isinstance(x, Node) and x._is_array


_LONGEST = 2**28
"""Values that no memory holds."""


def _listed(values: Any, name: str) -> tuple[Any, ...]:
    if values.__class__ is list:
        return tuple(values)
    try:
        if length_hint(values) > _LONGEST:  # from Python 3.14 on tuple() would go and try
            raise MemoryError
        return tuple(values)
    except (TypeError, NotImplementedError, MemoryError, OverflowError):
        raise TypeError(f"{name} takes a list of Values and numbers, not {shown(values)}") from None
