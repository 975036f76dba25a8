"""What numpy's functions do with Values and Tensors.

A ufunc or function of numpy that has a rule here gives a Value or a Tensor.  One that has
none is a TypeError that names it: numpy must never detach a node silently.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd import array_functions as functions
from autograd import primitives
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
            result = ufunc(*(getattr(operand, "_datum", operand) for operand in inputs))
            return bool(result) if isinstance(result, np.bool_) else result
        if name in _UFUNC_RULES:
            return _UFUNC_RULES[name](*inputs)
        row = TABLE.get(_UFUNC_NAMES.get(name, name))
        if row is not None:
            return apply(row, *inputs)
    if method == "reduce" and name in _UFUNC_REDUCTIONS and kind == "Tensor":
        options = {k: v for k, v in options.items() if v is not None or k == "axis"}
        return _UFUNC_REDUCTIONS[name](*inputs, **{"axis": 0, **options})
    called = name if method == "__call__" else f"{name}.{method}"
    raise TypeError(
        f"numpy.{called} has no rule for a {kind}; compute with the functions of "
        "autograd, or with .data if no gradient is wanted"
    )


def _plain(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that sees the data: its result is nothing to differentiate."""

    def call(*args: Any, **kwargs: Any) -> Any:
        return function(*(getattr(arg, "_datum", arg) for arg in args), **kwargs)

    return call


_FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.sum: functions.array_sum, np.mean: functions.mean, np.var: functions.var,
    np.std: functions.std, np.prod: functions.prod, np.max: functions.max,
    np.min: functions.min, np.cumsum: functions.cumsum, np.reshape: functions.reshape,
    np.ravel: functions.ravel, np.transpose: functions.transpose,
    np.swapaxes: functions.swapaxes, np.expand_dims: functions.expand_dims,
    np.squeeze: functions.squeeze, np.broadcast_to: functions.broadcast_to,
    np.concatenate: functions.concatenate, np.stack: functions.stack,
    np.split: functions.split, np.pad: functions.pad, np.take: functions.take,
    np.clip: functions.clip, np.dot: functions.array_dot, np.outer: functions.outer,
    np.einsum: functions.einsum, np.linalg.norm: functions.norm,
    np.where: lambda condition, x, y: apply(primitives.where, condition, x, y),
    np.vstack: lambda arrays: functions.concatenate([_rows(x) for x in arrays]),
    np.hstack: lambda arrays: functions.concatenate(
        [functions.reshape(x, -1) if np.ndim(getattr(x, "_datum", x)) == 0 else x for x in arrays],
        axis=0 if np.ndim(getattr(arrays[0], "_datum", arrays[0])) < 2 else 1,
    ),
    np.inner: lambda x, y: functions.matmul(x, functions.transpose(y)),
}  # fmt: skip
_FUNCTIONS |= {
    function: _plain(function)
    for function in (
        np.shape, np.ndim, np.size, np.argmax, np.argmin, np.argsort, np.allclose, np.isclose,
        np.array_equal, np.zeros_like, np.ones_like, np.empty_like, np.full_like,
        np.count_nonzero, np.all, np.any, np.sign, np.array2string, np.array_repr, np.array_str,
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
