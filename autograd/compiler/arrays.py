"""Symbols of arrays, and the trace: a graph in which nothing has been computed yet.

A `Trace` lists which rows of the two tables were applied to which `Symbol`s.  A symbol stands
for one array, or one number, of the program that will be written: it knows the operation
that computes it, its shape and its dtype.  The formulas of the tables make symbols when they
are read with `Trace.reading` as their namespace, so that the value of a row, its partials and
its vector-Jacobian products all turn into operations of numpy without being written again.

A symbol of shape () and dtype None is a Python float; beside arrays it is as weak as a literal.
The same operation on the same operands is one symbol, and what can be simplified without
changing a digit, not even that of a nan, is simplified as it is made.
"""

from __future__ import annotations

import gc
import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeAlias

import numpy as np

from autograd.array_primitives import ArrayPrimitive, kept, without
from autograd.array_primitives import reshape as reshape_row
from autograd.dtypes import default_dtype
from autograd.primitives import ARRAYS, TABLE, Primitive

__all__ = [
    "Application",
    "NotTraceableError",
    "Operand",
    "Symbol",
    "Trace",
    "bare",
    "collector_paused",
]

Shape: TypeAlias = tuple[int, ...]
DType: TypeAlias = "np.dtype[Any] | None"

BOOL = np.dtype(bool)
_FLOAT64 = np.dtype(np.float64)

COMPARISONS = frozenset(
    {"less", "less_equal", "greater", "greater_equal", "equal", "not_equal"}
)  # fmt: skip
LOGIC = frozenset({"and", "or", "not"})
_TRUTHS = COMPARISONS | LOGIC | {"isfinite"}

_NUMPY: dict[str, Callable[..., Any]] = {
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

_UNCHANGED = frozenset({"identity", "multiply", "divide", "power", "where",
                        "reshape", "transpose", "broadcast_to", "sum", "astype"})  # fmt: skip
"""Rows that sometimes give their operand back, and whose derivative is 1 when they do."""


@contextmanager
def collector_paused() -> Iterator[None]:
    """Make many objects that all stay: looking for garbage among them doubles the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
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
        trace: Trace,
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
        return self.operation in _TRUTHS if self.dtype is None else self.dtype == BOOL

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
Application: TypeAlias = (
    "tuple[Primitive | ArrayPrimitive, tuple[Operand, ...], Symbol, dict[str, Any]]"
)


class _Reading:
    """The namespace ``m`` for one dtype: its functions make symbols."""

    def __init__(self, trace: Trace, dtype: DType) -> None:
        for name in _NUMPY:
            setattr(self, name, partial(trace.elementwise, name))
        for name in ("pow", "reshape", "transpose", "broadcast_to", "getitem", "scatter", "pad",
                     "astype", "concatenate", "stack", "sum", "length", "cumsum", "max", "min",
                     "matmul", "einsum", "peak"):  # fmt: skip
            setattr(self, name, getattr(trace, name))
        self.where = partial(trace.where, dtype=dtype)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in TABLE or TABLE[name].variadic:
            raise AttributeError(f"the table has no function {name!r}")
        return partial(TABLE[name].value, self)


class Trace:
    """A list of applied rows over symbols, which are made here.

    Gradients flow through what `apply`, `apply_array`, `element` and `gathered` have made.  The
    operators of a symbol are what formulas are written in: nothing is recorded of them.

    Attributes:
        applications: ``(row, operands, result, parameters)`` in order; a backward pass walks
            through them in reverse (`adjoints`).
        notes: the comment for the line on which a symbol is computed.
        names: wished-for names of variables.
        adjoint_of: of which symbol a symbol is the adjoint.

    >>> trace = Trace()
    >>> x, w = trace.input("x", (100, 2), "float64"), trace.input("w", (2,), "float64")
    >>> from autograd.array_primitives import ARRAY_TABLE
    >>> trace.apply_array(ARRAY_TABLE["matmul"], x, w)
    <symbol 2: matmul, float64 (100,)>
    """

    def __init__(self) -> None:
        self.applications: list[Application] = []
        self.notes: dict[Symbol, str] = {}
        self.names: dict[Symbol, str] = {}
        self.adjoint_of: dict[Symbol, Symbol] = {}
        self.size = 0  # how many symbols there are
        self._made: defaultdict[str, dict[Any, Symbol]] = defaultdict(dict)
        self._applied: dict[Any, Any] = {}
        self._readings: dict[DType, _Reading] = {}
        self._elements: dict[Symbol, dict[int, Symbol]] = {}

    # --- what a trace is told -------------------------------------------------------------

    def input(self, name: str, shape: Shape = (), dtype: Any = None) -> Symbol:
        """Return a symbol for an argument of the program; dtype None: a Python float."""
        dtype = None if dtype is None else np.dtype(dtype)
        symbol = self._new("input", (), None, tuple(shape), dtype)
        self.names[symbol] = name
        return symbol

    def constant(self, array: Any) -> Any:
        """Return a symbol for an array that never changes; one without axes is a literal."""
        array = np.array(array)
        if not array.ndim:
            return bool(array) if array.dtype == bool else float(array)
        array.flags.writeable = False
        key = (array.dtype, array.shape, array.tobytes())
        return self._make("constant", (), array, array.shape, array.dtype, key)

    def note(self, symbol: Operand, text: str) -> None:
        """Put a comment on the line on which a symbol is computed."""
        if isinstance(symbol, Symbol):
            self.notes[symbol] = text

    def name(self, symbol: Operand, text: str) -> None:
        """Wish for a name; the first wish for a symbol counts."""
        if isinstance(symbol, Symbol):
            self.names.setdefault(symbol, text)

    def stopped(self, x: Operand) -> Operand:
        """Return the same value as something through which no gradient flows."""
        return self._alias(x) if isinstance(x, Symbol) else x

    def compare(self, relation: str, x: Any, y: Any) -> Any:
        """Compare: ``"less"``, ``"less_equal"``, ``"equal"``, …; no gradient flows."""
        if relation not in COMPARISONS:
            raise ValueError(f"relation is one of {sorted(COMPARISONS)}, not {relation!r}")
        return self.elementwise(relation, x, y)

    def apply(self, row: Primitive, *operands: Any) -> Any:
        """Apply an elementwise row of the table.

        Raises:
            NotTraceableError: its formula cannot be read for symbols.
        """
        for operand in operands:
            if operand.__class__ is not Symbol and operand.__class__ is not float:
                operands = tuple(map(self.operand, operands))
                break
        key = (row, operands) if _all_positive(operands) else (row, tuple(map(repr, operands)))
        if key in self._applied:
            return self._applied[key]
        made_before = self.size
        dtype, data = self.data(row, operands)
        out = self.read(row.value, dtype, *data)
        if dtype is not None:
            out = self._filled(out, _broadcast(data), dtype)
        return self._record(key, made_before, row, operands, out, {})

    def apply_array(self, row: ArrayPrimitive, *operands: Any, **parameters: Any) -> Any:
        """Apply a row of the second table."""
        operands = tuple(map(self.operand, operands))
        key = (row, tuple(map(repr, operands)), _frozen(parameters))
        if key in self._applied:
            return self._applied[key]
        made_before = self.size
        dtype, data = self.data(row, operands)
        out = self.operand(row.value(self.reading(dtype), *data, **parameters))
        return self._record(key, made_before, row, operands, out, parameters)

    def element(self, x: Symbol, index: Sequence[int] = ()) -> Any:
        """Return one element of an array as a Python float.

        Args:
            x: the array.
            index: an integer for each axis.
        """
        place = int(np.ravel_multi_index(tuple(index), x.shape)) if x.shape else 0
        elements = self._elements.setdefault(x, {})
        if place not in elements:
            made_before = self.size
            base = x.operands[0] if x.operation == "reshape" else x
            out = self._make("element", (base,), place, (), None)
            elements[place] = self._record(None, made_before, ELEMENT, (x,), out, {"place": place})
        return elements[place]

    def gathered(self, numbers: Sequence[Operand], shape: Shape, dtype: Any = None) -> Symbol:
        """Return an array whose elements are Python floats, in the order of memory."""
        dtype = np.dtype(dtype or default_dtype())
        operands = tuple(map(self.operand, numbers))
        made_before = self.size
        parameters = {"shape": tuple(shape), "dtype": dtype}
        out = self._make("gathered", operands, None, tuple(shape), dtype, (operands, dtype))
        return self._record(None, made_before, GATHERED, operands, out, parameters)  # type: ignore[no-any-return]

    # --- how rows are read ----------------------------------------------------------------

    def reading(self, dtype: DType) -> _Reading:
        """Return the namespace that reads a formula for symbols of this dtype."""
        if dtype not in self._readings:
            self._readings[dtype] = _Reading(self, dtype)
        return self._readings[dtype]

    def data(
        self, row: Primitive | ArrayPrimitive, operands: Sequence[Operand]
    ) -> tuple[DType, list[Any]]:
        """Return the dtype in which a row computes, and what its formulas are given.

        The rule is the engine's: float64 among the arrays makes the result float64; numbers,
        ints and bools go along with the rest.
        """
        is_array_row = row.__class__ is ArrayPrimitive
        chooses = not is_array_row and row.chooses  # type: ignore[union-attr]
        dtype: DType = None
        others = strong = False
        for operand in operands[1:] if chooses else operands:
            if operand.__class__ is Symbol and operand.dtype is not None:
                strong = True
                if operand.dtype.kind != "f":
                    others = True
                elif dtype is None:
                    dtype = operand.dtype
                elif operand.dtype is not dtype:
                    dtype = np.promote_types(dtype, operand.dtype)
        if dtype is None and (is_array_row or strong or (chooses and not _is_weak(operands[0]))):
            dtype = default_dtype()
        data: list[Any] = list(operands)
        if others:
            data = [
                self.astype(o, dtype)
                if isinstance(o, Symbol) and o.dtype is not None and o.dtype.kind != "f"
                else o
                for o in data
            ]
        if chooses:
            condition = operands[0]
            data[0] = condition if _is_truth(condition) else self._not_zero(condition)
        if is_array_row:
            data = [self._filled(o, (), dtype) if _is_weak(o) else o for o in data]
        return dtype, data

    def read(self, formula: Callable[..., Any], dtype: DType, *operands: Any) -> Any:
        """Return what a formula of the first table is for symbols and literals."""
        m = self.reading(dtype)
        try:
            return self.operand(formula(m, *operands))
        except ArithmeticError:  # literals among themselves, 1.0 / 0.0: inf, as for arrays
            shielded = [
                o if o.__class__ is Symbol else self._make("full", (o,), ((), dtype), (), dtype)
                for o in operands
            ]
            result = self.operand(formula(m, *shielded))
            if result.__class__ is Symbol and result.operation == "full":
                return result.operands[0] if not result.shape else result
            return result

    def _not_zero(self, x: Any) -> Any:
        return self.elementwise("not_equal", x, 0.0)

    def operand(self, x: Any) -> Any:
        """Return a symbol or a literal for anything that may stand in a formula."""
        kind = x.__class__
        if kind is Symbol or kind is float or kind is bool:
            return x
        if isinstance(x, np.ndarray):
            return self.constant(x)
        return bool(x) if kind is np.bool_ else float(x)

    def _record(
        self, key: Any, before: int, row: Any, operands: Any, out: Any, parameters: dict[str, Any]
    ) -> Any:
        given_back = row.name in _UNCHANGED and any(out is operand for operand in operands)
        if isinstance(out, Symbol) and not given_back:
            if out.number < before:
                # the same number by another row, which may have another derivative
                out = self._alias(out)
            self.applications.append((row, operands, out, parameters))
        if key is not None:
            self._applied[key] = out
        return out

    def _alias(self, x: Symbol) -> Symbol:
        return self._new("alias", (x,), None, x.shape, x.dtype)

    def _new(
        self, operation: str, operands: tuple[Any, ...], parameters: Any, shape: Shape, dtype: DType
    ) -> Symbol:
        number = self.size
        self.size = number + 1
        return Symbol(self, operation, operands, parameters, shape, dtype, number)

    def _make(
        self,
        operation: str,
        operands: tuple[Operand, ...],
        parameters: Any,
        shape: Shape,
        dtype: DType,
        key: Any = None,
    ) -> Symbol:
        if key is None:
            key = operands if parameters is None else (operands, parameters)
            for operand in operands:  # -0.0 == 0.0, but they are two literals
                if operand.__class__ is float and not operand and math.copysign(1.0, operand) < 0.0:
                    key = (*map(repr, operands), parameters)
                    break
        made = self._made[operation]
        symbol = made.get(key)
        if symbol is None:
            number = self.size
            self.size = number + 1
            symbol = Symbol(self, operation, operands, parameters, shape, dtype, number)
            made[key] = symbol
        return symbol

    # --- element by element ---------------------------------------------------------------

    def elementwise(self, operation: str, *operands: Any) -> Any:
        """Return an operation that works element by element; of literals, its result."""
        numbers = literal = True
        shielded = False
        for operand in operands:
            kind = operand.__class__
            if kind is Symbol:
                literal = False
                if operand.dtype is not None:
                    numbers = False
                if operand.operation == "full":
                    shielded = True
            elif kind is not float and kind is not bool:
                return self.elementwise(operation, *map(self.operand, operands))
        if literal:
            with np.errstate(all="ignore"):
                result = _NUMPY[operation](*operands)
            return bool(result) if operation in _TRUTHS else float(result)
        if numbers:
            if not shielded:
                return self._make(operation, operands, None, (), None)
            bared = [o.operands[0] if _operation(o) == "full" else o for o in operands]
            result = self.elementwise(operation, *bared)
            if result.__class__ is not float:
                return result
            return self._make("full", (result,), ((), None), (), None)
        shape = _broadcast(operands)
        dtype = _dtype(operation, operands)
        if shape or shielded:
            operands = _without_stretching(operands, shape, operation, dtype)
            if all(_is_weak(o) for o in operands):  # nothing but numbers is left
                return self._filled(self.elementwise(operation, *operands), shape, dtype)
            if operation in _SIMPLER:
                return getattr(self, _SIMPLER[operation])(*operands, plain=True)
        return self._make(operation, operands, None, shape, dtype)

    def add(self, x: Any, y: Any) -> Any:
        """Return x + y."""
        if y.__class__ is Symbol and y.operation == "negate":
            return self.elementwise("subtract", x, y.operands[0])
        if x.__class__ is Symbol and x.operation == "negate":
            return self.elementwise("subtract", y, x.operands[0])
        if y.__class__ is float and y < 0.0:
            return self.elementwise("subtract", x, -y)
        if x is y and x.__class__ is Symbol and not x.is_truth:
            return self.multiply(2.0, x)
        return self.elementwise("add", x, y)

    def multiply(self, x: Any, y: Any, plain: bool = False) -> Any:
        """Return x * y."""
        if x.__class__ is float and _is_float(y):
            if x == 1.0:
                return y
            if x == -1.0:
                return self.negate(y)
        if y.__class__ is float and _is_float(x):
            if y == 1.0:
                return x
            if y == -1.0:
                return self.negate(x)
        if x.__class__ is float and x in (2.0, 4.0, 0.5) and _operation(y) == "multiply":
            factor, other = y.operands
            if factor.__class__ is float:  # a power of 2 rounds nothing
                return self.multiply(x * factor, other)
        if y.__class__ is Symbol and y.operation == "where":
            product = self._chosen(x, y)
            if product is not None:
                return product
        if x.__class__ is Symbol and x.operation == "where":
            product = self._chosen(y, x)
            if product is not None:
                return product
        if plain:
            operands = (x, y)
            return self._make("multiply", operands, None, _broadcast(operands),
                              _dtype("multiply", operands))  # fmt: skip
        return self.elementwise("multiply", x, y)

    def _chosen(self, x: Any, choice: Symbol) -> Any:
        """Return x times a choice between 0 and 1, which is x times the condition."""
        condition, one, zero = choice.operands
        if one.__class__ is not float or zero.__class__ is not float:
            return None
        if x.__class__ is not Symbol or x.dtype != choice.dtype or x.is_truth:
            return None
        if one == 1.0 and zero == 0.0 and math.copysign(1.0, zero) > 0.0:
            return self.multiply(x, condition)
        if one == 0.0 and zero == 1.0 and math.copysign(1.0, one) > 0.0:
            return self.multiply(x, self.neither(condition))
        return None

    def divide(self, x: Any, y: Any, plain: bool = False) -> Any:
        """Return x / y."""
        if y.__class__ is float and y == 1.0 and _is_float(x):
            return x
        if plain:
            operands = (x, y)
            return self._make("divide", operands, None, _broadcast(operands),
                              _dtype("divide", operands))  # fmt: skip
        return self.elementwise("divide", x, y)

    def negate(self, x: Any) -> Any:
        """Return -x."""
        if x.__class__ is Symbol and x.operation == "negate":
            return x.operands[0]
        return self.elementwise("negate", x)

    def pow(self, x: Any, y: Any) -> Any:
        """Return x to the power y."""
        x, y = self.operand(x), self.operand(y)
        if y.__class__ is float and x.__class__ is Symbol:
            if y == 2.0:
                return x * x
            if y == 1.0:
                return x
        return self.elementwise("pow", x, y)

    def where(self, condition: Any, x: Any, y: Any, dtype: DType = None) -> Any:
        """Return x where the condition holds, otherwise y."""
        condition, x, y = self.operand(condition), self.operand(x), self.operand(y)
        if condition.__class__ is not Symbol:
            return x if condition else y
        if condition.operation == "not":
            return self.where(condition.operands[0], y, x, dtype)
        if x is y and (x.__class__ is float or x.shape == _broadcast((condition, x))):
            return x
        if _operation(x) == "multiply" and condition is x.operands[1]:
            factor = x.operands[0]  # where the condition holds the other one is 1
            if _broadcast((condition, factor, y)) == _broadcast((condition, x, y)):
                x = factor
        if y.__class__ is Symbol and y.operation == "multiply":
            factor = y.operands[1]
            if (
                factor.__class__ is Symbol
                and factor.operation == "not"
                and factor.operands[0] is condition
                and _broadcast((condition, x, y.operands[0])) == _broadcast((condition, x, y))
            ):
                y = y.operands[0]
        if condition.dtype is None or not (_is_weak(x) and _is_weak(y)):
            return self.elementwise("where", condition, x, y)
        # numbers on both sides: numpy would make float64 of them
        shape, operands = condition.shape, (condition, x, y)
        out = self._make("where", operands, None, shape, _FLOAT64)
        if dtype is None or dtype == _FLOAT64:
            return out
        if x.__class__ is float and y.__class__ is float:
            return self._make("where", operands, dtype, shape, dtype)
        return self.astype(out, dtype)

    def both(self, x: Any, y: Any) -> Any:
        """Return x and y, of bools."""
        x, y = self.operand(x), self.operand(y)
        if x.__class__ is bool:
            return y if x else False
        if y.__class__ is bool:
            return x if y else False
        return x if x is y else self.elementwise("and", x, y)

    def either(self, x: Any, y: Any) -> Any:
        """Return x or y, of bools."""
        x, y = self.operand(x), self.operand(y)
        if x.__class__ is bool:
            return True if x else y
        if y.__class__ is bool:
            return True if y else x
        if x is y:
            return x
        if x.operation == y.operation == "constant":
            known = x.parameters | y.parameters
            return True if known.all() else self.constant(known)
        for one, other in ((x, y), (y, x)):
            if one.operation == "not" and one.operands[0] is other:
                return True
        return self.elementwise("or", x, y)

    def neither(self, x: Any) -> Any:
        """Return the opposite, of bools."""
        if x.__class__ is bool:
            return not x
        if x.operation == "not":
            return x.operands[0]
        if x.operation in _OPPOSITES:
            return self._make(_OPPOSITES[x.operation], x.operands, None, x.shape, x.dtype)
        return self.elementwise("not", x)

    # --- more than one element at a time --------------------------------------------------

    def _filled(self, x: Any, shape: Shape, dtype: DType) -> Any:
        """Return x as an array of this shape and dtype; a number is repeated."""
        if _is_weak(x):
            return self._make("full", (x,), (shape, dtype), shape, dtype)
        x = x if x.shape == shape else self.broadcast_to(x, shape)
        return x if x.dtype == dtype else self.astype(x, dtype)

    def filled(self, x: Any, shape: Shape, dtype: Any) -> Any:
        """Return an array in which every element is the number x."""
        return self._filled(x, tuple(shape), None if dtype is None else np.dtype(dtype))

    def astype(self, x: Any, dtype: Any) -> Any:
        """Return the elements of x in another dtype."""
        dtype = np.dtype(dtype)
        if _is_weak(x):
            return self._filled(x, (), dtype)
        if x.dtype == dtype:
            return x
        if x.operation == "constant":
            with np.errstate(all="ignore"):
                return self.constant(x.parameters.astype(dtype))
        if x.operation == "full":
            return self._filled(x.operands[0], x.shape, dtype)
        return self._make("astype", (x,), dtype, x.shape, dtype)

    def as_number(self, x: Any) -> Any:
        """Return an array without axes as a Python float."""
        if _is_weak(x):
            return x
        if x.operation == "full":
            return x.operands[0]
        if x.operation == "getitem" and x.operands[0].dtype is not None:
            index = x.parameters if isinstance(x.parameters, tuple) else (x.parameters,)
            base = x.operands[0]
            if len(index) == base.ndim and all(isinstance(i, (int, np.integer)) for i in index):
                place = np.ravel_multi_index(
                    tuple(int(i) % n for i, n in zip(index, base.shape, strict=True)), base.shape
                )
                return self._make("element", (base,), int(place), (), None)
        return self._make("element", (x,), 0, (), None)

    def reshape(self, x: Any, shape: Any) -> Any:
        """Return the elements of x in another shape."""
        shape = (shape,) if isinstance(shape, int) else tuple(int(n) for n in shape)
        if -1 in shape:
            rest = -math.prod(shape)
            shape = tuple(x.size // rest if n == -1 else n for n in shape)
        if x.operation == "reshape":
            x = x.operands[0]
        if x.shape == shape:
            return x
        if x.operation == "full":
            return self._filled(x.operands[0], shape, x.dtype)
        if x.operation == "matmul" and len(x.shape) == 2 and len(shape) == 1:
            left, right = x.operands  # a vector that was made a matrix for the product
            if _is_vector(left, (1, left.size)) and right.ndim == 2:
                return self.matmul(left.operands[0], right)
            if _is_vector(right, (right.size, 1)) and left.ndim == 2:
                return self.matmul(left, right.operands[0])
        return self._make("reshape", (x,), shape, shape, x.dtype)

    def transpose(self, x: Any, axes: Any) -> Any:
        """Return the axes of x in another order."""
        axes = tuple(int(i) % x.ndim for i in axes)
        if x.operation == "transpose":
            axes = tuple(x.parameters[i] for i in axes)
            x = x.operands[0]
        if axes == tuple(range(x.ndim)):
            return x
        shape = tuple(x.shape[i] for i in axes)
        if x.operation == "full":
            return self._filled(x.operands[0], shape, x.dtype)
        return self._make("transpose", (x,), axes, shape, x.dtype)

    def broadcast_to(self, x: Any, shape: Any) -> Any:
        """Return x repeated to fill a shape."""
        shape = tuple(shape)
        if x.operation == "broadcast_to":
            x = x.operands[0]
        if x.shape == shape:
            return x
        if x.operation == "full":
            return self._filled(x.operands[0], shape, x.dtype)
        if _adds_leading_axes(x):
            x = x.operands[0]
        return self._make("broadcast_to", (x,), shape, shape, x.dtype)

    def getitem(self, x: Any, index: Any) -> Any:
        """Return the elements of x at an index."""
        dummy = np.broadcast_to(np.zeros((), bool), x.shape)
        shape = dummy[index].shape
        if isinstance(index, slice) and index == slice(None):
            return x
        if x.operation == "full":
            return self._filled(x.operands[0], shape, x.dtype)
        return self._make("getitem", (x,), index, shape, x.dtype, (x, _frozen(index)))

    def scatter(self, x: Any, index: Any, shape: Any) -> Any:
        """Return zeros, with the elements of x added at an index."""
        return self.scattered([(x, index)], tuple(shape), x.dtype)

    def scattered(self, parts: Sequence[tuple[Any, Any]], shape: Shape, dtype: DType) -> Any:
        """Return zeros, with several arrays added, each at its index."""
        operands = tuple(x for x, _ in parts)
        indices = tuple(index for _, index in parts)
        key = (operands, _frozen(indices), shape)
        return self._make("scatter", operands, (indices, shape), shape, dtype, key)

    def spread_out(self, numbers: dict[int, Any], shape: Shape, dtype: DType) -> Any:
        """Return zeros, with Python floats at some places in the order of memory."""
        places = tuple(sorted(numbers))
        operands = tuple(numbers[place] for place in places)
        if len(places) == math.prod(shape):
            return self._make("gathered", operands, None, shape, dtype, (operands, dtype, shape))
        return self._make("placed", operands, (places, shape), shape, dtype)

    def pad(self, x: Any, pad_width: Any, constant: float) -> Any:
        """Return x with a constant put around it."""
        widths = tuple((int(low), int(high)) for low, high in pad_width)
        shape = tuple(low + n + high for (low, high), n in zip(widths, x.shape, strict=True))
        return self._make("pad", (x,), (widths, float(constant)), shape, x.dtype)

    def concatenate(self, *xs: Any, axis: int) -> Any:
        """Return arrays one after another along an axis."""
        shape = list(xs[0].shape)
        shape[axis] = sum(x.shape[axis] for x in xs)
        return self._make("concatenate", xs, axis, tuple(shape), _dtype("concatenate", xs))

    def stack(self, *xs: Any, axis: int) -> Any:
        """Return arrays side by side along a new axis."""
        shape = list(xs[0].shape)
        shape.insert(axis if axis >= 0 else axis + len(shape) + 1, len(xs))
        return self._make("stack", xs, axis, tuple(shape), _dtype("stack", xs))

    def _reduction(self, operation: str, x: Any, axis: Any, keepdims: bool, dtype: DType) -> Any:
        axis = range(x.ndim) if axis is None else (axis,) if isinstance(axis, int) else axis
        axis = tuple(sorted(int(i) % x.ndim for i in axis))
        shape = (kept if keepdims else without)(x.shape, axis)
        return self._make(operation, (x,), (axis, bool(keepdims)), shape, dtype)

    def sum(self, x: Any, axis: Any, keepdims: bool = False) -> Any:
        """Return the sum over some axes."""
        if axis == () or (axis is None and not x.ndim):
            return x
        dtype = np.dtype(np.intp) if x.dtype == BOOL else x.dtype
        return self._reduction("sum", x, axis, keepdims, dtype)

    def any(self, x: Any, axis: Any, keepdims: bool = False) -> Any:
        """Return whether any of the bools over some axes holds."""
        if axis == () or x.__class__ is bool:
            return x
        return self._reduction("any", x, axis, keepdims, BOOL)

    def length(self, x: Any, axis: Any, keepdims: bool) -> Any:
        """Return the Euclidean norm over some axes."""
        return self.elementwise("sqrt", self.sum(x * x, axis, keepdims))

    def cumsum(self, x: Any, axis: int) -> Any:
        """Return the sums of all elements up to each."""
        return self._make("cumsum", (x,), axis, x.shape, x.dtype)

    def max(self, x: Any, axis: Any, keepdims: bool) -> Any:
        """Return the largest element over some axes."""
        return self._reduction("max", x, axis, keepdims, x.dtype)

    def min(self, x: Any, axis: Any, keepdims: bool) -> Any:
        """Return the smallest element over some axes."""
        return self._reduction("min", x, axis, keepdims, x.dtype)

    def peak(self, x: Any, axis: Any) -> Any:
        """Return the largest element over some axes, kept as 1; -inf if there is none."""
        return self._reduction("peak", x, axis, True, x.dtype)

    def matmul(self, x: Any, y: Any) -> Any:
        """Return the matrix product."""
        shape = _matmul_shape(x.shape, y.shape)
        return self._make("matmul", (x, y), None, shape, _dtype("matmul", (x, y)))

    def einsum(self, *xs: Any, subscripts: str) -> Any:
        """Return a sum of products."""
        inputs, output = subscripts.split("->")
        sizes: dict[str, int] = {}
        for term, x in zip(inputs.split(","), xs, strict=True):
            for letter, n in zip(term, x.shape, strict=True):
                sizes[letter] = max(n, sizes.get(letter, 1)) if n != 0 else 0
        shape = tuple(sizes[letter] for letter in output)
        return self._make("einsum", xs, subscripts, shape, _dtype("einsum", xs))


# --- numbers out of arrays, and arrays out of numbers ------------------------------------


def _own_row(name: str) -> ArrayPrimitive:
    """Return a row outside the table: `adjoints` knows what flows back through it."""
    row = ArrayPrimitive.__new__(ArrayPrimitive)
    row.name = row.symbol = row.ascii = name
    row.doc = ""
    row.value, row.vjps, row.variadic, row.tangent = reshape_row.value, (), True, "joint"
    return row


ELEMENT = _own_row("element")
GATHERED = _own_row("gathered")

_SIMPLER = {"multiply": "multiply", "divide": "divide"}
_OPPOSITES = {"equal": "not_equal", "not_equal": "equal"}  # the others differ for a nan


def bare(x: Any) -> Any:
    """Return what an alias stands for."""
    while x.__class__ is Symbol and x.operation == "alias":
        x = x.operands[0]
    return x


def _all_positive(operands: tuple[Any, ...]) -> bool:
    for operand in operands:
        if operand.__class__ is float and operand == 0.0 and math.copysign(1.0, operand) < 0.0:
            return False
    return True


def _is_vector(x: Any, shape: Shape) -> bool:
    return bool(x.operation == "reshape" and x.shape == shape and x.operands[0].ndim == 1)


def _operation(x: Any) -> str:
    return x.operation if x.__class__ is Symbol else ""


def _is_weak(x: Any) -> bool:
    return x.__class__ is not Symbol or x.dtype is None


def _is_float(x: Any) -> bool:
    return x.__class__ is float or (x.__class__ is Symbol and not x.is_truth)


def _is_truth(x: Any) -> bool:
    return x.__class__ is bool or (x.__class__ is Symbol and x.is_truth)


def _broadcast(operands: Sequence[Any]) -> Shape:
    shape: Shape = ()
    for operand in operands:
        if operand.__class__ is Symbol and operand.shape and operand.shape != shape:
            shape = np.broadcast_shapes(shape, operand.shape) if shape else operand.shape
    return shape


def _dtype(operation: str, operands: Sequence[Any]) -> DType:
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
    if operation in _TRUTHS:
        return BOOL
    if dtype is None:
        return _FLOAT64
    if dtype.kind != "f" and (weak or operation in _ALWAYS_FLOAT):
        return _FLOAT64
    return dtype


_ALWAYS_FLOAT = frozenset(_NUMPY) - {
    "add", "subtract", "multiply", "negate", "abs", "where", "maximum", "minimum",
}  # fmt: skip


def _adds_leading_axes(x: Any) -> bool:
    if x.operation != "reshape":
        return False
    before = x.operands[0].shape
    extra = len(x.shape) - len(before)
    return extra >= 0 and x.shape == (1,) * extra + before


def _without_stretching(
    operands: tuple[Any, ...], shape: Shape, operation: str, dtype: DType
) -> tuple[Any, ...]:
    """Replace operands that were repeated to fill a shape which the others have anyway."""
    for i, operand in enumerate(operands):
        if operand.__class__ is not Symbol:
            continue
        if operand.operation in ("broadcast_to", "full") or _adds_leading_axes(operand):
            simpler = (*operands[:i], operand.operands[0], *operands[i + 1 :])
            numbers = operand.operation == "full" and all(_is_weak(o) for o in simpler)
            if numbers or (_broadcast(simpler) == shape and _dtype(operation, simpler) == dtype):
                operands = simpler
    return operands


def _matmul_shape(x: Shape, y: Shape) -> Shape:
    inner = y[-2] if len(y) > 1 else y[0]
    if x[-1] != inner:
        raise ValueError(f"matmul: the shapes {x} and {y} do not fit")
    rows = x[-2:-1] if len(x) > 1 else ()
    columns = y[-1:] if len(y) > 1 else ()
    return (*np.broadcast_shapes(x[:-2], y[:-2]), *rows, *columns)


def _frozen(value: Any) -> Any:
    """Return something hashable that tells parameters apart."""
    if isinstance(value, (tuple, list)):
        return tuple(map(_frozen, value))
    if isinstance(value, dict):
        return tuple((key, _frozen(value[key])) for key in sorted(value))
    if isinstance(value, slice):
        return ("slice", value.start, value.stop, value.step)
    if isinstance(value, np.ndarray):
        return ("array", value.dtype, value.shape, value.tobytes())
    return (value.__class__, value)
