"""Symbols: the arrays and numbers of a program that has not run yet.

A `Symbol` stands for one array, or one number: it knows the operation that computes it, its
operands, its shape and its dtype.  One of shape () and dtype None is a Python float; beside
arrays it is as weak as a literal.  Its operators ask the trace that it belongs to for another
symbol, so that a formula written for numbers can be read for symbols.
"""

from __future__ import annotations

import gc
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, ParamSpec, TypeAlias, TypeVar

import numpy as np

from autograd.primitives import ARRAYS

__all__ = ["NotTraceableError", "Operand", "Symbol", "bare", "collector_paused"]

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")
Shape: TypeAlias = tuple[int, ...]
DType: TypeAlias = "np.dtype[Any] | None"

BOOL = np.dtype(bool)
FLOAT64 = np.dtype(np.float64)

COMPARISONS = frozenset(
    {"less", "less_equal", "greater", "greater_equal", "equal", "not_equal"}
)  # fmt: skip
LOGIC = frozenset({"and", "or", "not"})
TRUTHS = COMPARISONS | LOGIC | {"isfinite"}

ELEMENTWISE: dict[str, Callable[..., Any]] = {
    **{name: getattr(ARRAYS, name) for name in (
        "exp", "expm1", "log", "log1p", "log2", "log10", "sqrt", "erf", "sin", "cos", "tan",
        "asin", "acos", "atan", "atan2", "sinh", "cosh", "tanh", "maximum", "minimum",
    )},
    **{name: getattr(np, name) for name in sorted(COMPARISONS)},
    "add": np.add, "subtract": np.subtract, "multiply": np.multiply, "divide": np.divide,
    "negate": np.negative, "abs": np.abs, "pow": np.power, "where": np.where,
    "and": np.logical_and, "or": np.logical_or, "not": np.logical_not, "isfinite": np.isfinite,
}  # fmt: skip
"""What works element by element: how it is computed of literals, at once."""


def collector_paused(
    function: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> Result:
    """Call what makes many objects that all stay: to look for garbage doubles the time.

    It is no context manager, whose end a Ctrl-C might skip.
    """
    enabled = gc.isenabled()
    try:
        gc.disable()
        return function(*args, **kwargs)
    finally:
        if enabled:
            gc.enable()


class NotTraceableError(TypeError):
    """A formula wants to know a number where it was given a symbol."""


class Symbol:
    """One array, or one number, of the program; made by a `Trace`.

    Attributes:
        trace: what it belongs to.
        operation: how it is computed: ``"input"``, ``"multiply"``, ``"matmul"``, ….
        operands: of the operation; a Python number is a literal.
        parameters: of the operation: an axis, a shape, an index; None if it has none.
        shape: the length of each axis.
        dtype: None for a Python float (or bool).
        number: counts the symbols of a trace; operands have lower numbers than results.
    """

    __slots__ = ("dtype", "number", "operands", "operation", "parameters", "shape", "trace")

    __array_ufunc__ = None  # numpy has nothing to do here

    def __init__(
        self,
        trace: Any,
        operation: str,
        operands: tuple[Operand, ...],
        parameters: Any,
        shape: Shape,
        dtype: DType,
        number: int,
    ) -> None:
        self.trace = trace
        self.operation = operation
        self.operands = operands
        self.parameters = parameters
        self.shape = shape
        self.dtype = dtype
        self.number = number

    __hash__ = object.__hash__

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)

    @property
    def is_truth(self) -> bool:
        """Whether it is made of bools."""
        return self.operation in TRUTHS if self.dtype is None else self.dtype == BOOL

    @property
    def T(self) -> Any:  # noqa: N802
        """The axes in reverse order."""
        return self.trace.transpose(self, tuple(reversed(range(self.ndim))))

    def astype(self, dtype: Any) -> Any:
        """Return the elements in another dtype."""
        return self.trace.astype(self, dtype)

    def reshape(self, *shape: Any) -> Any:
        """Return the elements in another shape."""
        return self.trace.reshape(self, shape if isinstance(shape[0], int) else shape[0])

    def sum(self, axis: Any = None, keepdims: bool = False) -> Any:
        """Return the sum over some axes, by default all."""
        return self.trace.sum(self, axis, keepdims)

    def __getitem__(self, index: Any) -> Any:
        return self.trace.getitem(self, index)

    def __add__(self, other: Any) -> Any:
        return self.trace.add(self, other)

    def __radd__(self, other: Any) -> Any:
        return self.trace.add(other, self)

    def __sub__(self, other: Any) -> Any:
        return self.trace.elementwise("subtract", self, other)

    def __rsub__(self, other: Any) -> Any:
        return self.trace.elementwise("subtract", other, self)

    def __mul__(self, other: Any) -> Any:
        return self.trace.multiply(self, other)

    def __rmul__(self, other: Any) -> Any:
        return self.trace.multiply(other, self)

    def __truediv__(self, other: Any) -> Any:
        return self.trace.divide(self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return self.trace.divide(other, self)

    def __matmul__(self, other: Any) -> Any:
        return self.trace.matmul(self, other)

    def __pow__(self, other: Any) -> Any:
        return self.trace.pow(self, other)

    def __rpow__(self, other: Any) -> Any:
        return self.trace.pow(other, self)

    def __neg__(self) -> Any:
        return self.trace.negate(self)

    def __abs__(self) -> Any:
        return self.trace.elementwise("abs", self)

    def __lt__(self, other: Any) -> Any:
        return self.trace.elementwise("less", self, other)

    def __le__(self, other: Any) -> Any:
        return self.trace.elementwise("less_equal", self, other)

    def __gt__(self, other: Any) -> Any:
        return self.trace.elementwise("greater", self, other)

    def __ge__(self, other: Any) -> Any:
        return self.trace.elementwise("greater_equal", self, other)

    def __eq__(self, other: Any) -> Any:
        return self.trace.elementwise("equal", self, other)

    def __ne__(self, other: Any) -> Any:
        if other.__class__ is float and other == 0.0 and self.is_truth:
            return self
        return self.trace.elementwise("not_equal", self, other)

    def __and__(self, other: Any) -> Any:
        return self.trace.both(self, other)

    __rand__ = __and__

    def __or__(self, other: Any) -> Any:
        return self.trace.either(self, other)

    __ror__ = __or__

    def __invert__(self) -> Any:
        return self.trace.neither(self)

    def __bool__(self) -> bool:
        raise NotTraceableError(
            "a formula that branches with `if` cannot be compiled: use m.where in it"
        )

    def __float__(self) -> float:
        raise NotTraceableError(
            "a formula that computes with `math` cannot be compiled: use m.exp and its like in it"
        )

    def __iter__(self) -> Iterator[Any]:
        raise NotTraceableError("a symbol cannot be iterated over: index it")

    def __repr__(self) -> str:
        kind = "number" if self.dtype is None else f"{self.dtype} {self.shape}"
        return f"<symbol {self.number}: {self.operation}, {kind}>"


Operand: TypeAlias = "Symbol | float | bool"


# --- what an operand is, and what comes of several ----------------------------------------


def bare(x: Any) -> Any:
    """Return what an alias stands for."""
    while x.__class__ is Symbol and x.operation == "alias":
        x = x.operands[0]
    return x


def operation_of(x: Any) -> str:
    """Return the operation of a symbol, nothing for a literal."""
    return x.operation if x.__class__ is Symbol else ""


def is_weak(x: Any) -> bool:
    """Tell whether it is a number, which takes the dtype of an array beside it."""
    return x.__class__ is not Symbol or x.dtype is None


def is_float(x: Any) -> bool:
    """Tell whether it is not made of bools."""
    return x.__class__ is float or (x.__class__ is Symbol and not x.is_truth)


def is_truth(x: Any) -> bool:
    """Tell whether it is made of bools."""
    return x.__class__ is bool or (x.__class__ is Symbol and x.is_truth)


def broadcast(operands: Sequence[Any]) -> Shape:
    """Return the shape of what broadcasting makes of several operands."""
    shape: Shape = ()
    for operand in operands:
        if operand.__class__ is Symbol and operand.shape and operand.shape != shape:
            shape = np.broadcast_shapes(shape, operand.shape) if shape else operand.shape
    return shape


def result_dtype(operation: str, operands: Sequence[Any]) -> DType:
    """Return the dtype of a result by the rules of numpy 2."""
    dtype: DType = None
    weak = False
    for operand in operands[1:] if operation == "where" else operands:
        if operand.__class__ is Symbol and operand.dtype is not None:
            if dtype is None:
                dtype = operand.dtype
            elif operand.dtype is not dtype:
                dtype = np.promote_types(dtype, operand.dtype)
        else:
            weak = True
    if operation in TRUTHS:
        return BOOL
    if dtype is None:
        return FLOAT64
    if dtype.kind != "f" and (weak or operation in _ALWAYS_FLOAT):
        return FLOAT64
    return dtype


_ALWAYS_FLOAT = frozenset(ELEMENTWISE) - {
    "add", "subtract", "multiply", "negate", "abs", "where", "maximum", "minimum",
}  # fmt: skip


def frozen(value: Any) -> Any:
    """Return something hashable that tells parameters apart."""
    if isinstance(value, (tuple, list)):
        return tuple(map(frozen, value))
    if isinstance(value, dict):
        return tuple((key, frozen(value[key])) for key in sorted(value))
    if isinstance(value, slice):
        return ("slice", value.start, value.stop, value.step)
    if isinstance(value, np.ndarray):
        return ("array", value.dtype, value.shape, value.tobytes())
    return (value.__class__, value)
