"""What numpy's functions do with Values and Tensors.

A ufunc or function of numpy that has a rule here gives a Value or a Tensor.  One that has
none is a TypeError that names it: numpy must never detach a node silently.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd import array_functions as functions
from autograd import contexts, primitives
from autograd.formatting import shown
from autograd.graph import Node
from autograd.operands import as_operand
from autograd.operations import apply
from autograd.primitives import TABLE

__all__ = ["call_array_function", "call_ufunc"]

_COMPARISONS = {"equal", "not_equal", "less", "less_equal", "greater", "greater_equal"}

_UFUNC_NAMES = {
    "negative": "negate", "absolute": "abs", "float_power": "power",
    "arcsin": "asin", "arccos": "acos", "arctan": "atan", "arctan2": "atan2",
}  # fmt: skip
"""numpy's names for rows of the table that have another."""

_UFUNC_RULES: dict[str, Callable[..., Any]] = {
    "matmul": functions.matmul,
    "square": lambda x: apply(primitives.multiply, x, x),
    "reciprocal": lambda x: apply(primitives.divide, 1.0, x),
    "positive": lambda x: x,
}

_UFUNC_REDUCTIONS = {"add": functions.array_sum, "multiply": functions.prod,
                     "maximum": functions.max, "minimum": functions.min}  # fmt: skip

_TESTS = {"isnan", "isfinite", "isinf", "signbit"}
"""ufuncs whose result is no number: nothing to differentiate."""


def call_ufunc(kind: str, ufunc: Any, method: str, inputs: Any, options: dict[str, Any]) -> Any:
    """Answer ``ufunc(*inputs)`` where at least one of the inputs is a node."""
    name = ufunc.__name__
    if options.get("out") is not None:
        raise TypeError(
            f"a {kind} cannot be written into an ndarray (array += v): write array = array + v, "
            "or make a list or a Tensor"
        )
    options = {key: option for key, option in options.items() if key != "out"}
    if method == "__call__" and not options:
        if name in _COMPARISONS:
            inputs = [as_operand(operand, name, arrays=True) for operand in inputs]
        if name in _COMPARISONS or name in _TESTS:
            try:
                result = ufunc(*map(contexts.plain, inputs))
            except ValueError:
                shapes = " and ".join(str(np.shape(contexts.plain(x))) for x in inputs)
                raise ValueError(f"{name}: the shapes {shapes} do not fit") from None
            return bool(result) if isinstance(result, np.bool_) else result
        if name in _UFUNC_RULES:
            return _UFUNC_RULES[name](*inputs)
        row = TABLE.get(_UFUNC_NAMES.get(name, name))
        if row is not None:
            return apply(row, *inputs)
    if method == "reduce" and name in _UFUNC_REDUCTIONS and kind == "Tensor":
        options = {k: v for k, v in options.items() if v is not None or k == "axis"}
        if options.keys() <= {"axis", "keepdims"}:
            return _UFUNC_REDUCTIONS[name](*inputs, **{"axis": 0, **options})
    called = name if method == "__call__" else f"{name}.{method}"
    raise TypeError(
        f"numpy.{called} has no rule for a {kind}; compute with the functions of "
        "autograd, or with .data if no gradient is wanted"
    )


def _plain(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that sees the data: its result is nothing to differentiate."""

    def call(*args: Any, **kwargs: Any) -> Any:
        plain = {key: contexts.plain(arg) for key, arg in kwargs.items()}
        return function(*map(contexts.plain, args), **plain)

    return call


def _in_order(function: Callable[..., Any], *names: str) -> Callable[..., Any]:
    """Return a function of x that takes its other arguments in numpy's order.

    A dtype and an array to write into are refused: a Tensor has neither to choose.
    """

    def call(a: Any, *args: Any, **kwargs: Any) -> Any:
        if len(args) > len(names):
            raise TypeError(f"it takes at most {1 + len(names)} positional arguments")
        given = {**dict(zip(names, args, strict=False)), **kwargs}
        for name in ("dtype", "out"):
            if given.pop(name, None) is not None:
                raise TypeError(f"there is no rule for the argument {name}=")
        return function(a, **given)

    return call


def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    ndim = np.ndim(getattr(x, "_datum", x))
    vectors = ndim == 1 if axis is None else not isinstance(axis, (tuple, list)) or len(axis) == 1
    if ord is not None and not vectors:
        raise TypeError(
            f"numpy.linalg.norm of matrices with ord={shown(ord)} has no rule for a Tensor: "
            "autograd.norm takes all elements for one vector"
        )
    return functions.norm(x, ord, axis, keepdims)


def _clip(a: Any, a_min: Any = None, a_max: Any = None, **limits: Any) -> Any:
    return functions.clip(a, limits.pop("min", a_min), limits.pop("max", a_max), **limits)


def _where(condition: Any, *branches: Any) -> Any:
    if len(branches) != 2:
        raise TypeError(
            "numpy.where of a Tensor takes three arguments; np.nonzero(t.data) tells the places"
        )
    return apply(primitives.where, condition, *branches)


def _inner(a: Any, b: Any) -> Any:
    a, b = functions.as_operand(a, "inner"), functions.as_operand(b, "inner")
    if not a.ndim or not b.ndim:
        return apply(primitives.multiply, a, b)
    axes = range(b.ndim)
    return functions.array_dot(a, functions.transpose(b, [*axes[:-2], axes[-1], *axes[-2:-1]]))


_FUNCTIONS: dict[Any, Callable[..., Any]] = {
    **{
        function: _in_order(ours, "axis", "dtype", "out", "keepdims")
        for function, ours in (
            (np.sum, functions.array_sum), (np.mean, functions.mean), (np.prod, functions.prod)
        )
    },
    **{
        function: _in_order(ours, "axis", "dtype", "out", "ddof", "keepdims")
        for function, ours in ((np.var, functions.var), (np.std, functions.std))
    },
    **{
        function: _in_order(ours, "axis", "out", "keepdims")
        for function, ours in (
            (np.max, functions.max), (np.amax, functions.max),
            (np.min, functions.min), (np.amin, functions.min),
        )
    },
    np.cumsum: _in_order(functions.cumsum, "axis", "dtype", "out"),
    np.reshape: functions.reshape,
    np.ravel: functions.ravel, np.transpose: functions.transpose,
    np.swapaxes: functions.swapaxes, np.expand_dims: functions.expand_dims,
    np.squeeze: functions.squeeze, np.broadcast_to: functions.broadcast_to,
    np.concatenate: functions.concatenate, np.stack: functions.stack,
    np.split: functions.split, np.pad: functions.pad, np.take: functions.take,
    np.clip: _clip, np.dot: functions.array_dot, np.outer: functions.outer,
    np.einsum: functions.einsum, np.linalg.norm: _norm, np.where: _where, np.inner: _inner,
    np.vstack: lambda arrays: functions.concatenate([_rows(x) for x in arrays]),
    np.hstack: lambda arrays: functions.concatenate(
        [functions.reshape(x, -1) if np.ndim(getattr(x, "_datum", x)) == 0 else x for x in arrays],
        axis=0 if np.ndim(getattr(arrays[0], "_datum", arrays[0])) < 2 else 1,
    ),
}  # fmt: skip
_FUNCTIONS |= {
    function: _plain(function)
    for function in (
        np.shape, np.ndim, np.size, np.argmax, np.argmin, np.argsort, np.allclose, np.isclose,
        np.array_equal, np.zeros_like, np.ones_like, np.empty_like, np.full_like,
        np.count_nonzero, np.all, np.any, np.array2string, np.array_repr, np.array_str,
    )
}  # fmt: skip


def _rows(x: Any) -> Any:
    ndim = np.ndim(getattr(x, "_datum", x))
    return x if ndim >= 2 else functions.reshape(x, (1, -1))


def call_array_function(function: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    """Answer ``function(*args, **kwargs)`` of numpy where a Tensor is among the arguments."""
    rule = _FUNCTIONS.get(function)
    if rule is None:
        name = f"{function.__module__}.{function.__name__}"
        raise TypeError(
            f"{name} has no rule for a Tensor; compute with the functions of autograd, or with "
            ".data if no gradient is wanted"
        )
    try:
        return rule(*args, **kwargs)
    except TypeError as error:
        if "argument" not in str(error) or any(isinstance(a, Node) for a in kwargs.values()):
            raise
        raise TypeError(f"numpy.{function.__name__} of a Tensor: {error}") from None
