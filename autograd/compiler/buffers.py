"""Which arrays of a program can be computed into memory that is there already.

To allocate an array of some hundred kilobytes costs more than to fill it.  A step that is
taken again and again keeps its large intermediate results in buffers: an array that is not
read any more lends its memory to the next of the same shape, and an operation that works
element by element writes over an operand that it is the last to read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd.compiler.symbols import Symbol, bare

__all__ = ["LARGE", "Buffers", "memory_of"]

LARGE = 1 << 16
"""From so many bytes on an array is worth a buffer."""

_VIEWS = frozenset({"alias", "reshape", "transpose", "broadcast_to", "getitem"})

UFUNCS = {name: name for name in (
    "add", "subtract", "multiply", "divide", "matmul", "less", "less_equal", "greater",
    "greater_equal", "equal", "not_equal", "exp", "expm1", "log", "log1p", "log2", "log10",
    "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "maximum", "minimum", "isfinite",
)} | {
    "negate": "negative", "abs": "abs", "pow": "power", "and": "logical_and",
    "or": "logical_or", "not": "logical_not", "asin": "arcsin", "acos": "arccos",
    "atan": "arctan", "atan2": "arctan2",
}  # fmt: skip
"""The operations that numpy computes into a given array."""


def memory_of(symbol: Symbol) -> Symbol:
    """Return the symbol in whose memory this one is, if it is but a view."""
    while symbol.operation in _VIEWS:
        operand = symbol.operands[0]
        if operand.__class__ is not Symbol:
            break
        symbol = operand
    return symbol


class Buffers:
    """A buffer for each large array among some symbols, which are computed in order.

    Attributes:
        name_of: the buffer of a symbol.
        shapes: shape and dtype of each buffer, by name.
    """

    def __init__(self, symbols: Sequence[Symbol], lasting: Sequence[Any], taken: Sequence[Any]):
        self.name_of: dict[Symbol, str] = {}
        self.shapes: dict[str, tuple[tuple[int, ...], Any]] = {}
        last: dict[Symbol, int] = {}
        for place, symbol in enumerate(symbols):
            for operand in symbol.operands:
                if operand.__class__ is Symbol:
                    last[memory_of(bare(operand))] = place
        for symbol in lasting:
            last[memory_of(symbol)] = len(symbols)
        fresh = {memory_of(symbol) for symbol in taken}
        free: dict[Any, list[str]] = {}
        for place, symbol in enumerate(symbols):
            dying = {
                operand
                for operand in map(bare, symbol.operands)
                if operand.__class__ is Symbol and last.get(operand) == place
            }
            dying |= {
                memory_of(o) for o in map(bare, symbol.operands)
                if o.__class__ is Symbol and last.get(memory_of(o)) == place
            }  # fmt: skip
            if symbol.operation == "matmul":  # it cannot write over what it reads
                self._give(symbol, fresh, free)
                self._release(dying, free)
            else:
                self._release(dying, free)
                self._give(symbol, fresh, free)

    def _release(self, dying: set[Symbol], free: dict[Any, list[str]]) -> None:
        for symbol in sorted(dying, key=lambda s: s.number):
            name = self.name_of.get(symbol)
            if name is not None:
                free.setdefault((symbol.shape, symbol.dtype), []).append(name)

    def _give(self, symbol: Symbol, fresh: set[Symbol], free: dict[Any, list[str]]) -> None:
        if symbol.dtype is None or symbol.operation not in UFUNCS or symbol in fresh:
            return
        if symbol.size * symbol.dtype.itemsize < LARGE:
            return
        pool = free.get((symbol.shape, symbol.dtype))
        if pool:
            self.name_of[symbol] = pool.pop()
        else:
            name = f"B{len(self.shapes) + 1}"
            self.shapes[name] = (symbol.shape, symbol.dtype)
            self.name_of[symbol] = name
