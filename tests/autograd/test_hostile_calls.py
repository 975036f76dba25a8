"""Every public callable, with every kind of wrong argument in every place of it.

What may come of it: the right result, or a TypeError or ValueError that the code itself
raises, names the argument or shows the value, and never an error from somewhere inside.
An exception of a user's own object passes unchanged.
"""

from __future__ import annotations

import ast
import contextlib
import decimal
import enum
import fractions
import functools
import math
import operator
import re
import types
from collections.abc import Callable, Iterator
from numbers import Real
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import numpy as np
import pytest

import autograd
from autograd import Tensor, Value, contexts, functions, primitives, symbolic, topological_order
from autograd.compiler import Compiled
from autograd.dtypes import set_default_dtype
from autograd.graph import Node
from tests.raising import BoomError, raising_class

# --- hostile objects ------------------------------------------------------------------------


class RegisteredReal:
    """Counted among the real numbers, and no number."""

    def __float__(self) -> float:
        raise BoomError


Real.register(RegisteredReal)


class RealWithoutFloat:
    """Counted among the real numbers, and not even float() takes it."""


Real.register(RealWithoutFloat)


class FloatSubclass(float):
    pass


class IntSubclass(int):
    pass


class Whole(enum.IntEnum):
    ONE = 1


class ArraySubclass(np.ndarray):
    pass


class AsArray:
    """Something of another library that numpy knows how to read."""

    def __init__(self, data: Any) -> None:
        self.data = data

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return self.data if dtype is None else np.asarray(self.data, dtype)


class Indexable:
    def __index__(self) -> int:
        return 1


class Liar:
    """A sequence that says it is longer than any memory."""

    def __len__(self) -> int:
        return 2**62

    def __getitem__(self, index: Any) -> float:
        raise IndexError(index)


class EqualToAll:
    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return True


class Slotted:
    __slots__ = ()


def _containing_itself() -> list[Any]:
    inside: list[Any] = [1.0]
    inside.append(inside)
    return inside


def _deep(depth: int = 5_000) -> list[Any]:
    inside: list[Any] = []
    for _ in range(depth):
        inside = [inside]
    return inside


def _dict_containing_itself() -> dict[str, Any]:
    inside: dict[str, Any] = {}
    inside["a"] = inside
    return inside


def _object_array(*parts: Any) -> Any:
    array = np.empty(len(parts), dtype=object)
    array[:] = parts
    return array


def _array() -> Any:
    return np.array([[0.5, 0.25], [0.125, 1.0]])


def _read_only() -> Any:
    array = _array()
    array.flags.writeable = False
    return array


def _strided() -> Any:
    return np.repeat(np.repeat(_array(), 2, axis=0), 2, axis=1)[::2, ::2]


_MOCK = MagicMock()

NO_PLAIN = object()
"""There is no plain object that would mean the same: a result would be a surprise."""

# what there is, and the plain object that means the same
HOSTILE: dict[str, tuple[Callable[[], Any], Any]] = {
    # numbers, ordinary only to the eye
    "nan": (lambda: math.nan, math.nan),
    "inf": (lambda: math.inf, math.inf),
    "-inf": (lambda: -math.inf, -math.inf),
    "-0.0": (lambda: -0.0, -0.0),
    "1e308": (lambda: 1e308, 1e308),
    "5e-324": (lambda: 5e-324, 5e-324),
    "0.5": (lambda: 0.5, 0.5),
    "0": (lambda: 0, 0),
    "-1": (lambda: -1, -1),
    "-7": (lambda: -7, -7),
    "2**62": (lambda: 2**62, 2**62),
    "2**63": (lambda: 2**63, 2**63),
    "-2**63": (lambda: -(2**63), -(2**63)),
    "10**400": (lambda: 10**400, math.inf),
    "-10**400": (lambda: -(10**400), -math.inf),
    "10**5000": (lambda: 10**5000, math.inf),
    "True": (lambda: True, 1),
    "np.True_": (lambda: np.True_, 1),
    "float16": (lambda: np.float16(0.5), 0.5),
    "float32": (lambda: np.float32(0.5), 0.5),
    "float64": (lambda: np.float64(0.5), 0.5),
    "longdouble": (lambda: np.longdouble(0.5), 0.5),
    "int64": (lambda: np.int64(1), 1),
    "uint8": (lambda: np.uint8(1), 1),
    "Fraction": (lambda: fractions.Fraction(1, 2), 0.5),
    "huge Fraction": (lambda: fractions.Fraction(10**400, 3), math.inf),
    "Decimal": (lambda: decimal.Decimal("0.5"), NO_PLAIN),
    "float subclass": (lambda: FloatSubclass(0.5), 0.5),
    "int subclass": (lambda: IntSubclass(1), 1),
    "IntEnum": (lambda: Whole.ONE, 1),
    "complex": (lambda: 0.5 + 1j, NO_PLAIN),
    "complex64": (lambda: np.complex64(0.5), NO_PLAIN),
    "datetime64": (lambda: np.datetime64("2020-01-01"), NO_PLAIN),
    "timedelta64": (lambda: np.timedelta64(1, "D"), NO_PLAIN),
    "np.void": (lambda: np.zeros(1, dtype=[("a", float)])[0], NO_PLAIN),
    "np.str_": (lambda: np.str_("x"), NO_PLAIN),
    # text
    "empty str": (lambda: "", NO_PLAIN),
    "str": (lambda: "0.5", NO_PLAIN),
    "control characters": (lambda: "\x00\n\x1b[31m\u202e\ud800", NO_PLAIN),
    "long str": (lambda: "x" * 100_000, NO_PLAIN),
    "bytes": (lambda: b"0.5", NO_PLAIN),
    "bytearray": (lambda: bytearray(b"0.5"), np.array([48.0, 46.0, 53.0])),
    "memoryview of bytes": (lambda: memoryview(b"12"), np.array([49, 50], np.uint8)),
    # containers
    "[]": (list, []),
    "()": (lambda: (), ()),
    "[[]]": (lambda: [[]], [[]]),
    "ragged": (lambda: [[0.5, 0.25], [0.125]], NO_PLAIN),
    "[None]": (lambda: [None], NO_PLAIN),
    "['a']": (lambda: ["a"], NO_PLAIN),
    "[10**400]": (lambda: [10**400], NO_PLAIN),
    "[nan]": (lambda: [math.nan], [math.nan]),
    "[0.5, 'a']": (lambda: [0.5, "a"], NO_PLAIN),
    "[1j]": (lambda: [1j], NO_PLAIN),
    "[object]": (lambda: [object()], NO_PLAIN),
    "list in itself": (_containing_itself, NO_PLAIN),
    "deep list": (_deep, NO_PLAIN),
    "set": (lambda: {0.5}, NO_PLAIN),
    "frozenset": (lambda: frozenset({0.5}), NO_PLAIN),
    "{}": (dict, NO_PLAIN),
    "dict": (lambda: {"a": "b"}, NO_PLAIN),
    "dict in itself": (_dict_containing_itself, NO_PLAIN),
    "generator": (lambda: (x for x in (0.5, 0.25)), (0.5, 0.25)),
    "iterator": (lambda: iter([0.5, 0.25]), (0.5, 0.25)),
    "map": (lambda: map(float, ("a",)), NO_PLAIN),
    "range": (lambda: range(2), [0, 1]),
    "endless range": (lambda: range(2**62), NO_PLAIN),
    "lying sequence": (Liar, NO_PLAIN),
    # arrays
    "array": (_array, _array()),
    "read-only": (_read_only, _array()),
    "strided": (_strided, _array()),
    "reversed": (lambda: _array()[::-1, ::-1].copy()[::-1, ::-1], _array()),
    "Fortran": (lambda: np.asfortranarray(_array()), _array()),
    "big-endian": (lambda: _array().astype(">f8"), _array()),
    "float16 array": (lambda: _array().astype(np.float16), _array()),
    "float32 array": (lambda: _array().astype(np.float32), _array()),
    "longdouble array": (lambda: _array().astype(np.longdouble), _array()),
    "int64 array": (lambda: np.arange(4, dtype=">i8").reshape(2, 2), np.arange(4).reshape(2, 2)),
    "big-endian int": (lambda: np.array([1, 0], ">i4"), np.array([1, 0])),
    "uint8 array": (lambda: np.array([1, 0], np.uint8), np.array([1, 0])),
    "uint64 array": (lambda: np.array([2**63], np.uint64), np.array([2.0**63])),
    "bool array": (lambda: np.array([True, False]), np.array([1.0, 0.0])),
    "0-d array": (lambda: np.array(0.5), 0.5),
    "one element": (lambda: np.array([[0.5]]), np.array([[0.5]])),
    "no elements": (lambda: np.empty(0), np.empty(0)),
    "(0, 3)": (lambda: np.empty((0, 3)), np.empty((0, 3))),
    "(7, 3)": (lambda: np.ones((7, 3)), np.ones((7, 3))),
    "64 axes": (lambda: np.ones((1,) * 64), np.ones((1,) * 64)),
    "stretched": (lambda: np.broadcast_to(0.5, (2, 2)), np.full((2, 2), 0.5)),
    "nan array": (lambda: np.full((2, 2), math.nan), np.full((2, 2), math.nan)),
    "complex array": (lambda: _array().astype(complex), NO_PLAIN),
    "structured": (lambda: np.zeros(2, dtype=[("a", float), ("b", int)]), NO_PLAIN),
    "recarray": (lambda: np.rec.array([(1.0, 2)], dtype=[("a", float), ("b", int)]), NO_PLAIN),
    "object array": (lambda: _object_array(0.5, 0.25), NO_PLAIN),
    "array of None": (lambda: _object_array(None, None), NO_PLAIN),
    "array of lists": (lambda: _object_array([1.0], [2.0, 3.0]), NO_PLAIN),
    "array of nodes": (lambda: _object_array(Value(0.5), Value(0.25)), NO_PLAIN),
    "array of str": (lambda: np.array(["a", "b"]), NO_PLAIN),
    "datetime array": (lambda: np.array(["2020-01-01"], "datetime64[D]"), NO_PLAIN),
    "void array": (lambda: np.zeros(2, "V8"), NO_PLAIN),
    "masked array": (lambda: np.ma.masked_less(_array(), 0.3), NO_PLAIN),
    "masked": (lambda: np.ma.masked, NO_PLAIN),
    "matrix": (lambda: np.asarray(_array()).view(np.matrix), _array()),
    "array subclass": (lambda: _array().view(ArraySubclass), _array()),
    "memoryview": (lambda: memoryview(_array()), _array()),
    # nodes
    "Value": (lambda: Value(0.5), 0.5),
    "nan Value": (lambda: Value(math.nan), math.nan),
    "Value of a graph": (lambda: Value(0.25) * 2.0, 0.5),
    "Tensor": (lambda: Tensor(_array()), _array()),
    "float32 Tensor": (lambda: Tensor(_array(), dtype="float32"), _array()),
    "0-d Tensor": (lambda: Tensor(0.5), 0.5),
    "empty Tensor": (lambda: Tensor([]), np.empty(0)),
    "[Value, str]": (lambda: [Value(0.5), "a"], NO_PLAIN),
    "[Tensor, None]": (lambda: [Tensor([0.5]), None], NO_PLAIN),
    "class Value": (lambda: Value, NO_PLAIN),
    "class Tensor": (lambda: Tensor, NO_PLAIN),
    "class Node": (lambda: Node, NO_PLAIN),
    "class float": (lambda: float, NO_PLAIN),
    "np.float64 itself": (lambda: np.float64, NO_PLAIN),
    "[Value]": (lambda: [Value], NO_PLAIN),
    # anything else
    "None": (lambda: None, None),
    "object": (object, NO_PLAIN),
    "slots": (Slotted, NO_PLAIN),
    "...": (lambda: ..., NO_PLAIN),
    "NotImplemented": (lambda: NotImplemented, NO_PLAIN),
    "slice": (lambda: slice(None), NO_PLAIN),
    "module": (lambda: math, NO_PLAIN),
    "builtin": (lambda: math.exp, NO_PLAIN),
    "lambda": (lambda: lambda: None, NO_PLAIN),
    "function of anything": (lambda: lambda *args, **kwargs: "nothing", NO_PLAIN),
    "generator function": (lambda: _generator_function, NO_PLAIN),
    "exception": (lambda: ValueError("x"), NO_PLAIN),
    "mock": (lambda: _MOCK, 1),
    "namespace": (
        lambda: types.SimpleNamespace(dtype="f8", shape=(2,), ndim=1, _datum=1.0, _is_array=True),
        NO_PLAIN,
    ),
    "equal to all": (EqualToAll, NO_PLAIN),
    "registered Real": (RegisteredReal, NO_PLAIN),
    "Real without float": (RealWithoutFloat, NO_PLAIN),
    "__index__": (Indexable, 1),
    "__array__": (lambda: AsArray(_array()), _array()),
    "__array__ of a str": (lambda: AsArray("x"), NO_PLAIN),
    "__array__ of objects": (lambda: AsArray(np.array([None])), NO_PLAIN),
    **{
        f"raising {method}": (lambda method=method: raising_class(method)(), NO_PLAIN)
        for method in (
            "__float__", "__array__", "__len__", "__iter__", "__repr__", "__eq__", "__bool__",
            "__index__", "__getattr__", "__call__", "__hash__", "__getitem__", "__str__",
            "__array_ufunc__", "__radd__",
        )
    },
    "raising float": (lambda: raising_class("__float__", "__repr__", base=float)(0.5), 0.5),
    "raising int": (lambda: raising_class("__float__", "__index__", base=int)(1), 1),
    "raising list": (lambda: raising_class("__iter__", "__len__", base=list)([1.0]), NO_PLAIN),
    "raising str": (
        lambda: raising_class("__str__", "__repr__", "__eq__", base=str)("a"), NO_PLAIN
    ),
    "raising dict": (lambda: raising_class("items", "values", "keys", base=dict)(a=1.0), NO_PLAIN),
}  # fmt: skip


def _generator_function() -> Iterator[float]:
    yield 0.5


# --- the valid arguments of everything public -------------------------------------------------


class Row:
    """A callable with valid arguments, made anew for each call.

    The slot of a keyword argument ends with "=".  What is `open` takes anything at all, and
    nothing is known of the result.
    """

    def __init__(
        self, function: Callable[..., Any], given: Callable[[], dict[str, Any]], *open: str
    ) -> None:
        self.function = function
        self.given = given
        self.open = frozenset(open)

    def called_with(self, slot: str, value: Any) -> Any:
        given = self.given()
        given[slot] = value
        args = [v for name, v in given.items() if not name.endswith("=")]
        kwargs = {name[:-1]: v for name, v in given.items() if name.endswith("=")}
        return self.function(*args, **kwargs)


ROWS: dict[str, Row] = {}


def row(name: str, function: Any, /, *open: str, **given: Callable[[], Any]) -> None:
    """Enter a row; an argument ``x_=`` in `given` is one that goes by keyword."""
    slots = {
        key.removesuffix("_") + ("=" if key.endswith("_") else ""): make
        for key, make in given.items()
    }
    ROWS[name] = Row(function, lambda: {slot: make() for slot, make in slots.items()}, *open)


def _vector() -> Tensor:
    return Tensor([0.5, 0.25, 1.0])


def _matrix() -> Tensor:
    return Tensor(_array())


def _square(x: Any) -> Any:
    return x * x


def _sum_of_squares(x: Any) -> Any:
    return (x * x).sum() if hasattr(x, "ndim") else _square(x)


def _setter(name: str) -> Callable[[Any, Any], Any]:
    def assign(self: Any, value: Any) -> Any:
        setattr(self, name, value)
        return getattr(self, name)

    return assign


def _method(name: str) -> Callable[..., Any]:
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        return getattr(self, name)(*args, **kwargs)

    return call


UNARY = [
    "abs", "acos", "asin", "atan", "cos", "cosh", "erf", "exp", "expm1", "gelu", "log", "log10",
    "log1p", "log2", "negate", "relu", "selu", "sigmoid", "sign", "silu", "sin", "sinh",
    "softplus", "sqrt", "step", "tan", "tanh",
]  # fmt: skip
BINARY = ["add", "atan2", "divide", "maximum", "minimum", "multiply", "pow", "power", "subtract"]
OPERATORS = {
    "__add__": operator.add, "__sub__": operator.sub, "__mul__": operator.mul,
    "__truediv__": operator.truediv, "__pow__": operator.pow, "__matmul__": operator.matmul,
    "__floordiv__": operator.floordiv, "__mod__": operator.mod, "__xor__": operator.xor,
    "__lt__": operator.lt, "__le__": operator.le, "__gt__": operator.gt, "__ge__": operator.ge,
    "__eq__": operator.eq, "__ne__": operator.ne,
}  # fmt: skip


def _reverse(operation: Any) -> Any:
    return lambda self, other: operation(other, self)


for _name in UNARY:
    row(f"autograd.{_name}", getattr(autograd, _name), x=lambda: 0.5)
for _name in BINARY:
    row(f"autograd.{_name}", getattr(autograd, _name), x=lambda: 0.5, y=lambda: Value(0.25))
for _kind, _make, _other in (
    ("Value", lambda: Value(0.5), lambda: 0.25),
    ("Tensor", _matrix, _array),
):
    for _name in UNARY:
        row(f"{_kind}.{_name}", _method(_name), self=_make)
    for _name in BINARY:
        row(f"{_kind}.{_name}", _method(_name), self=_make, other=_other)
    for _name, _operation in OPERATORS.items():
        _open = ("other",) if _name in ("__eq__", "__ne__") else ()
        row(f"{_kind}.{_name}", _operation, *_open, self=_make, other=_other)
        _reflected = _name.replace("__", "__r", 1)
        row(
            f"{_kind}.{_reflected}", _reverse(_operation), *_open,
            self=_make, other=_other,
        )  # fmt: skip
    row(f"{_kind}.leaky_relu", _method("leaky_relu"), self=_make, slope=lambda: 0.1)
    row(f"{_kind}.elu", _method("elu"), self=_make, alpha=lambda: 0.1)
    row(
        f"{_kind}.where", _method("where"),
        self=_make, condition=lambda: True, other=_other,
    )  # fmt: skip
    row(f"{_kind}.label", _setter("label"), self=_make, label=lambda: "x")
    row(f"{_kind}.scope", _setter("scope"), "scope", self=_make, scope=lambda: "x")
    row(f"{_kind}.data", _setter("data"), self=_make, data=_other)
    row(f"{_kind}.grad", _setter("grad"), self=_make, grad=_other)
    row(
        f"{_kind}.register_hook", _method("register_hook"), "hook",
        self=_make, hook=lambda: _square,
    )  # fmt: skip
    row(f"{_kind}.__format__", lambda self, spec: format(self, spec),
        self=_make, spec=lambda: "")  # fmt: skip


def _backward(self: Any, seed: Any = 1.0, create_graph: Any = False) -> Any:
    root = self * 2.0
    root.backward(seed, create_graph)
    return self.grad


row("Value.backward", _backward,
    self=lambda: Value(0.5), seed=lambda: 1.0, create_graph=lambda: False)  # fmt: skip
row("Tensor.backward", _backward,
    self=_matrix, seed=lambda: np.ones((2, 2)), create_graph=lambda: False)  # fmt: skip


def _hooked(make: Callable[[], Any], replacement: Any) -> Any:
    x = make()
    x.register_hook(lambda gradient: replacement)
    (x * 2.0).sum().backward()
    return x.grad


row("a hook of a Value", functools.partial(_hooked, lambda: Value(0.5)), replacement=lambda: 0.5)
row("a hook of a Tensor", functools.partial(_hooked, _matrix), replacement=_array)
row("Value.sum", _method("sum"), self=lambda: Value(0.5), others=lambda: 0.5)
row("Value.dot", _method("dot"), self=lambda: Value(0.5), other=lambda: 0.5)
row("Value", Value, "_children", data=lambda: 0.5,
    _children=lambda: (), _op=lambda: "", label=lambda: "")  # fmt: skip
row("Tensor", Tensor, "dtype", data=_array, label=lambda: "", dtype=lambda: "float64")

ARRAY_ARGUMENTS: dict[str, dict[str, Callable[[], Any]]] = {
    **{
        name: {"axis": lambda: 0, "keepdims": lambda: False}
        for name in ("sum", "mean", "prod", "max", "min", "logsumexp")
    },
    **{
        name: {"axis": lambda: 0, "ddof": lambda: 0, "keepdims": lambda: False}
        for name in ("var", "std")
    },
    **{
        name: {"axis": lambda: 0}
        for name in ("argmax", "argmin", "cumsum", "softmax", "log_softmax", "expand_dims")
    },
    "norm": {"ord": lambda: 2, "axis": lambda: 0, "keepdims": lambda: False},
    "ravel": {},
    "squeeze": {"axis": lambda: None},
    "swapaxes": {"axis1": lambda: 0, "axis2": lambda: 1},
    "transpose": {"axes": lambda: (1, 0)},
    "reshape": {"shape": lambda: (4,)},
    "broadcast_to": {"shape": lambda: (3, 2, 2)},
    "take": {"indices": lambda: [0, 1], "axis": lambda: 0},
    "clip": {"low": lambda: 0.25, "high": lambda: 0.5},
    "matmul": {"y": _array},
    "outer": {"y": _array},
    "dot": {"inputs": _array},
    "split": {"indices_or_sections": lambda: 2, "axis": lambda: 0},
    "pad": {
        "pad_width": lambda: 1, "mode": lambda: "constant", "constant_values": lambda: 0.5,
    },
}  # fmt: skip
for _name, _given in ARRAY_ARGUMENTS.items():
    row(f"autograd.{_name}", getattr(autograd, _name), "indices_or_sections",
        **{"x": _matrix, **_given})  # fmt: skip
    if hasattr(Tensor, _name):
        row(f"Tensor.{_name}", _method(_name), **{"self": _matrix, **_given})
row("Tensor.flatten", _method("flatten"), self=_matrix)
row("Tensor.dot", _method("dot"), self=_matrix, y=_array)
row("Tensor.astype", _method("astype"), "dtype", self=_matrix, dtype=lambda: "float32")
row("Tensor.scalars", _method("scalars"), "leaves", self=_matrix, leaves=dict)
row("Tensor.__getitem__", operator.getitem, "index", self=_matrix, index=lambda: 0)
row("autograd.dot", autograd.dot, "weights", "inputs",
    weights=lambda: [Value(0.5), 2.0], inputs=lambda: [0.5, 0.25], bias=lambda: 0.5)  # fmt: skip
row("autograd.concatenate", autograd.concatenate, "arrays",
    arrays=lambda: [_array(), _matrix()], axis=lambda: 0)  # fmt: skip
row("autograd.concatenate of", lambda x: autograd.concatenate([_matrix(), x]), arrays=_array)
row("autograd.stack", autograd.stack, "arrays",
    arrays=lambda: [_array(), _matrix()], axis=lambda: 0)  # fmt: skip
row("autograd.stack of", lambda x: autograd.stack([_matrix(), x]), arrays=_array)
row("autograd.einsum", autograd.einsum,
    subscripts=lambda: "ij,jk->ik", operands=_array, operand=_matrix)  # fmt: skip
row("autograd.sum of", lambda x: autograd.sum([0.5, x]), values=lambda: Value(0.5))
row("autograd.where", autograd.where, condition=lambda: True, x=lambda: 0.5, y=lambda: Value(0.5))
row("autograd.leaky_relu", autograd.leaky_relu, x=lambda: -0.5, slope=lambda: 0.1)
row("autograd.elu", autograd.elu, x=lambda: -0.5, alpha=lambda: 0.1)

# functions of functions
for _name in ("grad", "value_and_grad", "jacobian", "hessian"):
    _transform = getattr(autograd, _name)
    row(f"autograd.{_name}", _transform, "f", "argnums", f=lambda: _square, argnums=lambda: 0)
    row(f"autograd.{_name} of f", lambda x, t=_transform: t(_sum_of_squares)(x), x=lambda: 0.5)
    row(f"autograd.{_name} by", lambda n, t=_transform: t(_square, n)(0.5), argnums=lambda: 0)
    row(f"autograd.{_name} of a function that returns",
        lambda result, t=_transform: t(lambda x: result)(0.5), result=lambda: 0.5)  # fmt: skip
row("autograd.vjp", lambda f, x: autograd.vjp(f, x)[0], "f", f=lambda: _square, primals=lambda: 0.5)
row("autograd.vjp of a function that returns",
    lambda result: autograd.vjp(lambda x: result, 0.5)[0], result=lambda: 0.5)  # fmt: skip
row("autograd.vjp's pull_back", lambda c: autograd.vjp(_square, _array())[1](c), cotangent=_array)
row("autograd.vjp's pull_back of a number", lambda c: autograd.vjp(_square, 0.5)[1](c),
    cotangent=lambda: 0.5)  # fmt: skip
row("autograd.jvp", autograd.jvp, "f",
    f=lambda: _square, primals=lambda: (0.5,), tangents=lambda: (1.0,))  # fmt: skip
row("autograd.jvp along", lambda x, t: autograd.jvp(_square, (x,), (t,)),
    primals=lambda: 0.5, tangents=lambda: 1.0)  # fmt: skip
row("autograd.jvp of a function that returns",
    lambda result: autograd.jvp(lambda x: result, (0.5,), (1.0,)), result=lambda: 0.5)  # fmt: skip


def _gradients(root: Any = None, wrt: Any = None, **options: Any) -> Any:
    x = Value(0.5)
    return autograd.gradients(
        x * x if root is None else root, [x] if wrt is None else wrt, **options
    )


row("autograd.gradients", _gradients, "root", "wrt",
    root=lambda: None, wrt=lambda: None, create_graph_=lambda: False,
    copy_=lambda: True)  # fmt: skip
row("autograd.gradcheck", autograd.gradcheck, "f",
    f=lambda: _square, inputs=lambda: (0.5,), order=lambda: 1, step_=lambda: 1e-5,
    rtol_=lambda: 1e-5, atol_=lambda: 1e-7, every_coordinate_up_to_=lambda: 20,
    directions_=lambda: 5, seed_=lambda: 0)  # fmt: skip
row("autograd.gradcheck of", lambda x: autograd.gradcheck(_square, (x,), 1), inputs=lambda: 0.5)
row("autograd.gradcheck in directions", functools.partial(
        autograd.gradcheck, lambda x: (x * x).sum(), (np.full(30, 0.5),), 1),
    directions_=lambda: 5, seed_=lambda: 0, every_coordinate_up_to_=lambda: 20)  # fmt: skip
row("autograd.gradcheck of a function that returns",
    lambda result: autograd.gradcheck(lambda x: result, (0.5,), 1), result=lambda: 0.5)  # fmt: skip
row("autograd.topological_order", topological_order, "root", root=lambda: Value(0.5))
row("autograd.name", autograd.name, "x=", "namespace", namespace=dict, x_=lambda: Value(0.5))
row("autograd.default_dtype", autograd.default_dtype)
row("autograd.set_default_dtype", set_default_dtype, "dtype", dtype=lambda: "float64")

# contexts, hooks
for _name in ("no_grad", "enable_grad", "detect_anomaly"):
    row(f"autograd.{_name}", getattr(autograd, _name), "function", function=lambda: _square)
    row(f"autograd.{_name}()", lambda f, c=_name: getattr(autograd, c)()(f), "function",
        function=lambda: _square)  # fmt: skip
row("autograd.detect_anomaly state", autograd.detect_anomaly, "state=", state_=lambda: True)

# compiling
row("autograd.compile", autograd.compile, "function",
    function=lambda: _square, max_recordings_=lambda: 8)  # fmt: skip
row("autograd.compile()", lambda f: autograd.compile()(f), "function", function=lambda: _square)
row("autograd.vectorize", autograd.vectorize, "f", "in_axes",
    f=lambda: _square, in_axes=lambda: 0, max_recordings_=lambda: 8)  # fmt: skip
row("autograd.vectorize along", lambda a: autograd.vectorize(_square, a)(_array()),
    in_axes=lambda: 0)  # fmt: skip
row("autograd.vectorize of f", lambda x: autograd.vectorize(_square)(x), f=_array)
row("autograd.vectorize of a function that returns",
    lambda result: autograd.vectorize(lambda x: result)(_array()), result=lambda: 0.5)  # fmt: skip
row("Compiled", Compiled, "function", function=lambda: _square, max_recordings=lambda: 8)
row("Compiled.__call__", lambda x: autograd.compile(_square)(x), x=lambda: 0.5)
row("Compiled.__call__ with", lambda x: autograd.compile(lambda n, x: n * 2.0)(0.5, x), "x",
    x=lambda: 0.5)  # fmt: skip
row("a compiled function that returns", lambda result: autograd.compile(lambda x: result)(0.5),
    "result", result=lambda: 0.5)  # fmt: skip
row("Compiled.value_and_grad",
    lambda x, n: autograd.compile(_sum_of_squares).value_and_grad(x, argnums=n),
    x=lambda: 0.5, argnums=lambda: 0)  # fmt: skip
row("Compiled.grad", lambda x, n: autograd.compile(_sum_of_squares).grad(x, argnums=n),
    x=lambda: 0.5, argnums=lambda: 0)  # fmt: skip
row("Compiled.differentiate",
    lambda leaves, x: autograd.compile(_square).differentiate(leaves, x),
    leaves=list, x=lambda: 0.5)  # fmt: skip

# primitives of one's own


def _declared(**given: Any) -> Any:
    def double(m: Any, x: Any) -> Any:
        return 2.0 * x

    with _table_as_it_is():
        return autograd.primitive(**{"partials": lambda m, out, x: 2.0, **given})(double)(0.5)


@contextlib.contextmanager
def _table_as_it_is() -> Iterator[None]:
    before = dict(primitives.TABLE)
    try:
        yield
    finally:
        primitives.TABLE.clear()
        primitives.TABLE.update(before)


def _decorated(value: Any) -> Any:
    with _table_as_it_is():
        autograd.primitive(partials=lambda m, out, x: 2.0)(value)


def _with_formulas(value: Any, partial: Any, x: Any) -> Any:
    with _table_as_it_is():

        @autograd.primitive(partials=lambda m, out, x: partial, name="hostile")
        def function(m: Any, x: Any) -> Any:
            return value

        y = function(Value(0.5) if x is None else x)
        if isinstance(y, Node):
            y.backward()
        return y


row("autograd.primitive", autograd.primitive, "partials=", value=lambda: None,
    partials_=lambda: _square)  # fmt: skip
row("autograd.primitive named", _declared, "partials=",
    partials_=lambda: (lambda m, out, x: 2.0), symbol_=lambda: None,
    name_=lambda: None)  # fmt: skip
row("autograd.primitive()", _decorated, "value", value=lambda: lambda m, x: x)
row("a primitive of one's own", _with_formulas,
    value=lambda: 0.5, partial=lambda: 0.5, x=lambda: None)  # fmt: skip

# symbols
X, Y = symbolic.Name("x"), symbolic.Name("y")


def _expression() -> Any:
    return X * 2.0 + abs(Y)


for _name in ("text", "latex", "simplified", "javascript"):
    row(f"symbolic.{_name}", getattr(symbolic, _name), expression=_expression)
row("symbolic.text options", symbolic.text,
    expression=_expression, ascii=lambda: False, digits=lambda: 6)  # fmt: skip
row("symbolic.latex options", symbolic.latex, expression=_expression, digits=lambda: 6)
row("symbolic.latex_name", symbolic.latex_name, name=lambda: "w1")
row("symbolic.latex_text", symbolic.latex_text, name=lambda: "w1")
row("symbolic.evaluate", symbolic.evaluate,
    expression=_expression, numbers=lambda: {"x": 0.5, "y": 0.25})  # fmt: skip
row("symbolic.evaluate at", lambda x: symbolic.evaluate(X * 2.0, {"x": x}), numbers=lambda: 0.5)
row("symbolic.replaced", symbolic.replaced, "replacements",
    expression=_expression, replacements=lambda: {X: Y})  # fmt: skip
row("symbolic.replaced by", lambda new: symbolic.text(symbolic.replaced(_expression(), {X: new})),
    replacements=lambda: Y)  # fmt: skip
row("symbolic.fold", symbolic.fold, "visit", "results", expression=_expression,
    visit=lambda: (lambda part, operands: 1.0), results=dict)  # fmt: skip
row("symbolic.call", symbolic.call,
    primitive=lambda: primitives.multiply, groups=lambda: [(X, Y)])  # fmt: skip
row("symbolic.value_of", symbolic.value_of,
    primitive=lambda: primitives.multiply, groups=lambda: [(X, Y)])  # fmt: skip
row("symbolic.partials_of", symbolic.partials_of,
    primitive=lambda: primitives.multiply, out=lambda: X, groups=lambda: [(X, Y)])  # fmt: skip
row("symbolic.javascript_kernel", symbolic.javascript_kernel,
    primitive=lambda: primitives.multiply, lengths=lambda: (2,))  # fmt: skip
row("symbolic.javascript_runtime", symbolic.javascript_runtime, "primitives",
    primitives=lambda: [primitives.log])  # fmt: skip
row("symbolic.Number", lambda value: symbolic.Number(value).value, value=lambda: 0.5)
row("symbolic.Name", lambda *given: symbolic.text(symbolic.Name(*given)),
    text=lambda: "x", latex=lambda: None)  # fmt: skip
row("symbolic.Call", lambda *given: symbolic.text(symbolic.Call(*given)),
    operation=lambda: "add", operands=lambda: (X, Y), row=lambda: None)  # fmt: skip
row("symbolic.Simplifier.simplified", lambda e: symbolic.Simplifier().simplified(e),
    expression=_expression)  # fmt: skip
row("symbolic.Simplifier.number", lambda value: symbolic.Simplifier().number(value).value,
    value=lambda: 0.5)  # fmt: skip
row("symbolic.Simplifier.call", lambda *given: symbolic.text(symbolic.Simplifier().call(*given)),
    operation=lambda: "add", operands=lambda: X, operand=lambda: Y)  # fmt: skip
for _name, _operation in OPERATORS.items():
    if hasattr(symbolic.Expression, _name):
        row(f"Expression.{_name}", lambda x, o=_operation: symbolic.evaluate(o(X, x), {"x": 0.25}),
            operand=lambda: 0.5)  # fmt: skip

# numpy's own functions of Tensors
for _function, _given in (
    *((f, {"axis": lambda: 0}) for f in (np.sum, np.mean, np.prod, np.max, np.min, np.cumsum)),
    *((f, {"axis": lambda: 0, "ddof_": lambda: 0}) for f in (np.var, np.std)),
    (np.reshape, {"shape": lambda: (4,)}), (np.transpose, {"axes": lambda: (1, 0)}),
    (np.swapaxes, {"axis1": lambda: 0, "axis2": lambda: 1}), (np.squeeze, {"axis": lambda: None}),
    (np.expand_dims, {"axis": lambda: 0}), (np.broadcast_to, {"shape": lambda: (3, 2, 2)}),
    (np.split, {"indices_or_sections": lambda: 2, "axis": lambda: 0}),
    (np.take, {"indices": lambda: [0, 1], "axis": lambda: 0}),
    (np.pad, {"pad_width": lambda: 1}), (np.clip, {"a_min": lambda: 0.25, "a_max": lambda: 0.5}),
    (np.dot, {"b": _array}), (np.outer, {"b": _array}), (np.inner, {"b": _array}),
    (np.linalg.norm, {"ord": lambda: None, "axis": lambda: 0}),
):  # fmt: skip
    row(f"numpy.{_function.__name__}", _function, "indices_or_sections",
        **{"self": _matrix, **_given})  # fmt: skip
for _ufunc in (np.add, np.power, np.maximum, np.less, np.equal, np.matmul):
    row(f"numpy.{_ufunc.__name__}", _ufunc, self=_matrix, operand=_array)


TEXTS = frozenset(
    {"label", "scope", "spec", "text", "latex", "symbol=", "name", "name=", "_op", "operation"}
)
"""Slots in which any str is right."""

# --- the sweep ------------------------------------------------------------------------------------


PACKAGE = Path(autograd.__file__).parent


@functools.cache
def _raising_lines(file: str) -> frozenset[int]:
    tree = ast.parse(Path(file).read_text(encoding="utf-8"))
    return frozenset(
        line
        for node in ast.walk(tree)
        if isinstance(node, ast.Raise)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    )


def _of_plain(name: str, slot: str, hostile: str) -> tuple[Any, BaseException | None]:
    return _outcome(lambda: ROWS[name].called_with(slot, HOSTILE[hostile][1]))


_TOO_LARGE = (math.inf, -math.inf)


def _outcome(call: Callable[[], Any]) -> tuple[Any, BaseException | None]:
    try:
        return call(), None
    except Exception as error:
        return None, error


def _last_place(error: BaseException) -> tuple[str, str, int]:
    traceback: Any = error.__traceback__
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    code = traceback.tb_frame.f_code
    return code.co_filename, code.co_name, traceback.tb_lineno


def _is_deliberate(error: BaseException) -> bool:
    """Whether the last line of the traceback is a `raise` of ours."""
    file, _, line = _last_place(error)
    return Path(file).is_relative_to(PACKAGE) and line in _raising_lines(file)


def _fault(row: Row, name: str, slot: str, hostile: str) -> str | None:
    """Say what is wrong with what came of one call; None: nothing is."""
    make, plain = HOSTILE[hostile]
    value = make()
    result, error = _outcome(lambda: row.called_with(slot, value))
    if error is None:
        if slot in row.open or (isinstance(value, str) and slot in TEXTS):
            return None
        if "__" in name and ("masked" in hostile or isinstance(value, (str, bytes, bytearray))):
            return None  # the other operand has been asked
        if hostile == "mock":
            return None
        if slot == "result" and isinstance(value, (list, tuple, dict, range)):
            return None
        if plain is NO_PLAIN:
            return f"gave {_shown(result)}"
        wanted, refused = _of_plain(name, slot, hostile)
        if refused is not None and isinstance(plain, float) and plain in _TOO_LARGE:
            return None  # a number of any size is meant
        if refused is not None:
            return f"gave {_shown(result)}, and {plain!r:.40} is refused: {refused!r:.80}"
        return None if _agree(result, wanted) else f"gave {_shown(result)}, not {_shown(wanted)}"
    if isinstance(error, BoomError) or (hostile == "map" and "convert string" in str(error)):
        return None  # of the user's own object
    if slot in row.open and (callable(value) or isinstance(value, str)):
        return None  # of the user's own function
    file, function, _ = _last_place(error)
    if "__" in name and (
        not Path(file).is_relative_to(PACKAGE) or re.search("not supported|format", str(error))
    ):
        return None  # Python's own, or that of the other operand
    if re.search("missing 1 required positional|positional argument but", str(error)):
        return None  # of the user's function, called with no arguments
    told = f"{type(error).__name__}: {str(error)[:150]}"
    if not isinstance(error, (TypeError, ValueError)):
        if isinstance(error, autograd.GradcheckError):
            return None
        if isinstance(error, IndexError) and ("take" in name or slot == "index"):
            return None
        return f"raised {told}"
    if file == __file__ and function in ("_square", "_sum_of_squares"):
        return None  # of the user's function
    if not _is_deliberate(error):
        return f"raised from inside {told}"
    return None if _tells(str(error), name, slot, value) else f"does not tell what is wrong: {told}"


def _tells(message: str, name: str, slot: str, value: Any) -> bool:
    called = name.split(" ")[0].rpartition(".")[2].strip("_()='s")
    names = {
        called, called.removeprefix("r"), "__", _MESSAGES_SAY.get(called, called), slot.rstrip("="),
        type(value).__name__, "operand", "shape", "index", "returned",
        "has no ", "^ is", "by itself", "contains itself", "too large", "give one",
    }  # fmt: skip
    if any(word and word in message for word in names):
        return True
    with contextlib.suppress(Exception):
        return repr(value)[:10] in message
    return False


_MESSAGES_SAY = {
    "value_and_grad": "grad", "hessian": "jacobian", "pull_back": "cotangent",
}  # fmt: skip
"""What does the work, and is what a message names."""


def _shown(result: Any) -> str:
    try:
        return f"{type(result).__name__} {result!s:.60}"
    except Exception:
        return f"{type(result).__name__}"


def _agree(a: Any, b: Any) -> bool:
    a, b = (getattr(x, "_datum", x) for x in (a, b))
    if isinstance(a, (list, tuple)):
        return isinstance(b, (list, tuple)) and len(a) == len(b) and all(map(_agree, a, b))
    if isinstance(a, dict):
        return isinstance(b, dict) and list(a) == list(b) and all(_agree(a[k], b[k]) for k in a)
    if isinstance(a, (Real, np.ndarray, np.generic)) and not isinstance(a, bool):
        if not isinstance(b, (Real, np.ndarray, np.generic)) or np.shape(a) != np.shape(b):
            return False
        return np.allclose(np.asarray(a, float), np.asarray(b, float), 1e-3, 1e-6, equal_nan=True)
    return type(a) is type(b)


def faults(name: str) -> list[str]:
    """List what is wrong with the outcome of every call of one callable."""
    found = []
    row = ROWS[name]
    for slot in row.given():
        if slot == "self":
            continue
        for hostile in HOSTILE:
            try:
                fault = _fault(row, name, slot, hostile)
            finally:
                set_default_dtype("float64")
            if fault is not None:
                found.append(f"{name}, {slot} = {hostile}: {fault}")
    return found


NEVER_RIGHT = (
    "Value.__matmul__", "Value.__rmatmul__", "floordiv__", "mod__", "xor__",
)  # fmt: skip
"""Operators that only say what to use instead."""


@pytest.mark.parametrize("name", ROWS)
def test_a_wrong_argument_is_told_or_makes_no_difference(name: str) -> None:
    row = ROWS[name]
    if not name.endswith(NEVER_RIGHT):
        slot, value = next(iter(row.given().items()), ("", None))
        row.called_with(slot, value) if slot else row.function()
    assert faults(name) == []
    assert not contexts.special
    assert not contexts.watched


# --- nothing public is left out -----------------------------------------------------------------

WITHOUT_ARGUMENTS = {
    "autograd": {"AnomalyError", "GradcheckError"},  # exceptions take anything
    "symbolic": {"NOTHING", "SYMBOLS", "Expression", "NotSymbolicError", "Simplifier"},
    "Value": {"detach", "is_leaf", "operands", "partials", "primitive", "zero_grad"},
    "Tensor": {
        "T", "detach", "dtype", "is_leaf", "item", "ndim", "numpy", "operands", "partials",
        "primitive", "shape", "size", "tolist", "zero_grad",
    },
    "Compiled": {"program", "recordings"},
}  # fmt: skip
"""What cannot be given a wrong argument."""

PUBLIC = {
    "autograd": {*autograd.__all__, *functions.__all__, "compile", "max", "min", "vectorize"},
    "symbolic": set(symbolic.__all__),
    **{
        kind.__name__: {name for name in dir(kind) if not name.startswith("_")}
        for kind in (Value, Tensor, Compiled)
    },
}


@pytest.mark.parametrize("where", PUBLIC)
def test_everything_public_is_called(where: str) -> None:
    rows = {"autograd.Value": ROWS["Value"], "autograd.Tensor": ROWS["Tensor"], **ROWS}
    called = {name.split(" ")[0].removesuffix("()") for name in rows}
    wanted = {f"{where}.{name}" for name in PUBLIC[where] - WITHOUT_ARGUMENTS[where]}
    assert wanted - called == set(), "enter a row of valid arguments above"


# --- what the sweep has found, each by itself ----------------------------------------------------


def test_dot_of_a_matrix_and_a_list_is_the_matrix_times_the_vector() -> None:
    weights = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert autograd.dot(weights, [10.0, 1.0]).tolist() == [12.0, 34.0]
    assert autograd.dot(weights, [10.0, 1.0], 0.5).tolist() == [12.5, 34.5]


def test_log_softmax_takes_whole_numbers() -> None:
    expected = autograd.log_softmax([1.0, 2.0]).tolist()
    assert autograd.log_softmax(np.array([1, 2])).tolist() == expected


def test_a_compiled_function_takes_a_subclass_of_ndarray() -> None:
    doubled = autograd.compile(lambda x: (x * 2.0).sum())
    array = np.array([1.0, 2.0]).view(ArraySubclass)
    assert float(doubled(array)) == 6.0
    assert float(doubled(array)) == 6.0
    with pytest.raises(TypeError, match="arrays of real numbers"):
        doubled(np.ma.masked_less(array, 1.5))


def test_a_primitive_of_one_s_own_with_a_constant_value_has_the_shape_of_its_operand() -> None:
    with _table_as_it_is():

        @autograd.primitive(partials=lambda m, out, x: 0.0, name="five")
        def five(m: Any, x: Any) -> Any:
            return 5.0

        x = Tensor(_array())
        y = five(x)
        y.sum().backward()
    assert y.data.tolist() == [[5.0, 5.0], [5.0, 5.0]]
    assert x.grad.tolist() == [[0.0, 0.0], [0.0, 0.0]]


@pytest.mark.parametrize("result", [{"a": 1.0}, {}, []])
def test_grad_refuses_a_function_that_returns_a_structure(result: Any) -> None:
    with pytest.raises(TypeError, match="returns one number"):
        autograd.grad(lambda x: result)(0.5)


def test_gradcheck_does_not_begin_what_would_not_end() -> None:
    with pytest.raises(ValueError, match="order is a whole number of at most 10"):
        autograd.gradcheck(_square, (0.5,), 2**62)
    assert autograd.gradcheck(_sum_of_squares, (np.ones(30),), 1, directions=2**62)
