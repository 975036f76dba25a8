"""The trace: which rows of the two tables were applied to which symbols, in order.

It is the array twin of the engine's graph, in which nothing has been computed yet.  The
formulas of the tables make symbols when they are read with `Trace.reading` as their namespace,
so that the value of a row, its partials and its vector-Jacobian products all turn into
operations of numpy without being written again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeAlias

import numpy as np

from autograd.array_primitives import ArrayPrimitive
from autograd.array_primitives import reshape as reshape_row
from autograd.compiler.simplifying import Operations
from autograd.compiler.symbols import (
    COMPARISONS,
    ELEMENTWISE,
    DType,
    NotTraceableError,
    Operand,
    Shape,
    Symbol,
    bare,
    broadcast,
    collector_paused,
    frozen,
    is_truth,
    is_weak,
)
from autograd.dtypes import default_dtype
from autograd.primitives import TABLE, Primitive

__all__ = [
    "Application",
    "NotTraceableError",
    "Operand",
    "Symbol",
    "Trace",
    "bare",
    "collector_paused",
]

Application: TypeAlias = (
    "tuple[Primitive | ArrayPrimitive, tuple[Operand, ...], Symbol, dict[str, Any]]"
)

_UNCHANGED = frozenset({"identity", "multiply", "divide", "power", "where",
                        "reshape", "transpose", "broadcast_to", "sum", "astype"})  # fmt: skip
"""Rows that sometimes give their operand back, and whose derivative is 1 when they do."""


class _Reading:
    """The namespace ``m`` for one dtype: its functions make symbols."""

    def __init__(self, trace: Trace, dtype: DType) -> None:
        for name in ELEMENTWISE:
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


class Trace(Operations):
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
        super().__init__()
        self.applications: list[Application] = []
        self.notes: dict[Symbol, str] = {}
        self.names: dict[Symbol, str] = {}
        self.adjoint_of: dict[Symbol, Symbol] = {}
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
            out = self._filled(out, broadcast(data), dtype)
        return self._record(key, made_before, row, operands, out, {})

    def apply_array(self, row: ArrayPrimitive, *operands: Any, **parameters: Any) -> Any:
        """Apply a row of the second table."""
        operands = tuple(map(self.operand, operands))
        key = (row, tuple(map(repr, operands)), frozen(parameters))
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
        if len(operands) > 1 and all(x is operands[0] for x in operands):
            out = self._filled(operands[0], tuple(shape), dtype)
        else:
            listed = tuple(_whole(x, dtype) for x in operands)
            key = (listed, dtype, tuple(shape))
            out = self._make("gathered", listed, None, tuple(shape), dtype, key)
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
        if dtype is None and (is_array_row or strong or (chooses and not is_weak(operands[0]))):
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
            data[0] = condition if is_truth(condition) else self._not_zero(condition)
        if is_array_row:
            data = [self._filled(o, (), dtype) if is_weak(o) else o for o in data]
        return dtype, data

    def read(self, formula: Callable[..., Any], dtype: DType, *operands: Any) -> Any:
        """Return what a formula of the first table is for symbols and literals.

        Raises:
            NotTraceableError: it cannot be read for symbols.
        """
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
        except NotTraceableError:
            raise
        except (AttributeError, TypeError, ValueError) as error:  # a function of numpy's, say
            raise NotTraceableError(
                "a formula that is not made of arithmetic, m.exp and its like cannot be compiled: "
                f"{error}"
            ) from error

    def _not_zero(self, x: Any) -> Any:
        return self.elementwise("not_equal", x, 0.0)

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


def _all_positive(operands: tuple[Any, ...]) -> bool:
    for operand in operands:
        if operand.__class__ is float and operand == 0.0 and math.copysign(1.0, operand) < 0.0:
            return False
    return True


def _whole(x: Any, dtype: DType) -> Any:
    """Return the array without axes whose only element a number is, if it is one."""
    if x.__class__ is Symbol and x.operation == "element":
        base: Any = x.operands[0]
        if not base.shape and base.dtype == dtype:
            return base
    return x
