"""Spelling: how each operation of numpy is written down, and each literal.

An expression is a text and how firmly it binds, so that parentheses stand only where they are
needed.  What an operand is called, or whether it is an expression itself, is not known here: a
subclass tells it (`statements`).
"""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np

from autograd.compiler.prelude import Prelude, dtype_text, literal, shape_text
from autograd.compiler.symbols import Symbol

__all__ = ["ATOM", "SIGN", "Spelling", "Text", "spelled"]

Text: TypeAlias = "tuple[str, int]"
"""An expression, and how firmly it binds."""

CHOICE, OR, AND, NOT, COMPARISON, BIT_OR, BIT_AND, SUM, PRODUCT, SIGN, POWER, ATOM = range(12)

_BETWEEN = {
    "add": (" + ", SUM, SUM, PRODUCT),
    "subtract": (" - ", SUM, SUM, PRODUCT),
    "multiply": (" * ", PRODUCT, PRODUCT, SIGN),
    "divide": (" / ", PRODUCT, PRODUCT, SIGN),
    "matmul": (" @ ", PRODUCT, PRODUCT, SIGN),
    "less": (" < ", COMPARISON, BIT_OR, BIT_OR),
    "less_equal": (" <= ", COMPARISON, BIT_OR, BIT_OR),
    "greater": (" > ", COMPARISON, BIT_OR, BIT_OR),
    "greater_equal": (" >= ", COMPARISON, BIT_OR, BIT_OR),
    "equal": (" == ", COMPARISON, BIT_OR, BIT_OR),
    "not_equal": (" != ", COMPARISON, BIT_OR, BIT_OR),
    "and": (" & ", BIT_AND, BIT_AND, SIGN),
    "or": (" | ", BIT_OR, BIT_OR, BIT_AND),
}
_BETWEEN_NUMBERS = _BETWEEN | {
    "and": (" and ", AND, AND, NOT),
    "or": (" or ", OR, OR, AND),
}

_OF_NUMBERS = frozenset({
    "exp", "expm1", "log", "log1p", "log2", "log10", "sqrt", "sin", "cos", "tan", "asin", "acos",
    "atan", "atan2", "sinh", "cosh", "tanh", "pow",
})  # fmt: skip
"""Functions that math and numpy both have, by the same name."""

_FUNCTIONS = {name: name for name in (
    "exp", "expm1", "log", "log1p", "log2", "log10", "sqrt", "sin", "cos", "tan", "sinh", "cosh",
    "tanh", "abs", "maximum", "minimum", "isfinite",
)} | {"asin": "arcsin", "acos": "arccos", "atan": "arctan", "atan2": "arctan2"}  # fmt: skip


class Spelling:
    """Spells operations as expressions.

    Attributes:
        prelude: gathers what the expressions need: functions of math, constants.
        weakening: whether numpy's numbers have to become Python's beside an array.
    """

    def __init__(self, prelude: Prelude) -> None:
        self.prelude = prelude
        self.weakening = False

    def operand(self, x: Any) -> Text:
        """Spell an operand: a literal, a variable, or the expression itself."""
        raise NotImplementedError

    def single(self, x: Any) -> str:
        """Spell an operand that is written more than once: a name or a literal."""
        raise NotImplementedError

    def at(self, x: Any, place: int) -> str:
        """Spell an operand for a place that asks for so much firmness."""
        text, binds = self.operand(x)
        return text if binds >= place else f"({text})"

    def expression(self, symbol: Symbol) -> Text:
        """Spell one operation."""
        operation, operands = symbol.operation, symbol.operands
        is_number = symbol.dtype is None
        self.weakening = self.prelude.careful and not is_number and _in_single_precision(symbol)
        between = (_BETWEEN_NUMBERS if is_number else _BETWEEN).get(operation)
        if between is not None:
            sign, binds, left, right = between
            one, firm = self.operand(operands[0])
            other, firm_too = self.operand(operands[1])
            if firm < left:
                one = f"({one})"
            return f"{one}{sign}{other if firm_too >= right else f'({other})'}", binds
        if operation == "negate":
            return f"-{self.at(operands[0], SIGN)}", SIGN
        if is_number:
            return self.of_numbers(symbol)
        if operation in _FUNCTIONS:
            listed = ", ".join(self.operand(x)[0] for x in operands)
            return f"np.{_FUNCTIONS[operation]}({listed})", ATOM
        return getattr(self, f"_spell_{operation}")(symbol, *operands)  # type: ignore[no-any-return]

    def of_numbers(self, symbol: Symbol) -> Text:
        """Spell an operation on Python floats."""
        operation, operands = symbol.operation, symbol.operands
        if operation in _OF_NUMBERS:
            self.prelude.functions.add(operation)
            return f"{operation}({', '.join(self.operand(x)[0] for x in operands)})", ATOM
        if operation == "where":
            condition, x, y = operands
            chosen, other = self.branch(x, OR), self.branch(y, CHOICE)
            return f"{chosen} if {self.at(condition, OR)} else {other}", CHOICE
        if operation == "not":
            return f"not {self.at(operands[0], NOT)}", NOT
        if operation == "abs":
            return f"abs({self.operand(operands[0])[0]})", ATOM
        if operation in ("maximum", "minimum"):
            one, other = map(self.single, operands)
            sign = ">" if operation == "maximum" else "<"
            unless_nan = f"{one} {sign} {other} or {one} != {one}"
            chosen, instead = self.branch(operands[0], OR), self.branch(operands[1], CHOICE)
            return f"{chosen} if {unless_nan} else {instead}", CHOICE
        if operation == "element":
            return self._spell_element(symbol, operands[0])
        self.prelude.uses_math = True
        inner = f"math.{operation}({self.operand(operands[0])[0]})"
        return (f"np.float64({inner})" if self.prelude.careful else inner), ATOM

    def branch(self, x: Any, place: int) -> str:
        """Spell what may be chosen; a literal would be a Python float, which may raise later."""
        text = self.at(x, place)
        return f"np.float64({text})" if self.prelude.careful and x.__class__ is float else text

    def _spell_element(self, symbol: Symbol, x: Any) -> Text:
        index = tuple(map(int, np.unravel_index(symbol.parameters, x.shape))) if x.shape else ()
        text = f"{self.at(x, ATOM)}.item({', '.join(map(str, index))})"
        return (f"np.float64({text})" if self.prelude.careful else text), ATOM

    def _spell_not(self, symbol: Symbol, x: Any) -> Text:
        return f"~{self.at(x, SIGN)}", SIGN

    def _spell_pow(self, symbol: Symbol, x: Any, y: Any) -> Text:
        if y.__class__ is float and y.is_integer() and 3.0 <= y <= 9.0:
            return f"{self.at(x, ATOM)} ** {y!r}", POWER
        return f"np.power({self.operand(x)[0]}, {self.operand(y)[0]})", ATOM

    def _spell_erf(self, symbol: Symbol, x: Any) -> Text:
        self.prelude.uses_erf = True
        return f"erf({self.operand(x)[0]})", ATOM

    def _spell_where(self, symbol: Symbol, condition: Any, x: Any, y: Any) -> Text:
        if symbol.parameters is not None and (x, y) == (1.0, 0.0):
            return f"{self.at(condition, ATOM)}.astype(np.{symbol.dtype})", ATOM
        listed = ", ".join(self.operand(o)[0] for o in (condition, x, y))
        cast = f".astype(np.{symbol.dtype})" if symbol.parameters is not None else ""
        return f"np.where({listed}){cast}", ATOM

    def _spell_full(self, symbol: Symbol, x: Any) -> Text:
        shape, dtype = symbol.parameters
        if not shape:
            return f"np.{'bool_' if dtype.kind == 'b' else dtype}({self.operand(x)[0]})", ATOM
        said = dtype_text(dtype)
        if x.__class__ is float and x in (0.0, 1.0) and math.copysign(1.0, x) > 0.0:
            return f"np.{'ones' if x else 'zeros'}({shape_text(shape)}{said})", ATOM
        return f"np.full({shape_text(shape)}, {self.operand(x)[0]}{said})", ATOM

    def _spell_reshape(self, symbol: Symbol, x: Any) -> Text:
        shape = ", ".join(map(str, symbol.parameters)) or "()"
        return f"{self.at(x, ATOM)}.reshape({shape})", ATOM

    def _spell_transpose(self, symbol: Symbol, x: Any) -> Text:
        axes = symbol.parameters
        if axes == tuple(reversed(range(len(axes)))):
            return f"{self.at(x, ATOM)}.T", ATOM
        return f"{self.at(x, ATOM)}.transpose({', '.join(map(str, axes))})", ATOM

    def _spell_broadcast_to(self, symbol: Symbol, x: Any) -> Text:
        return f"np.broadcast_to({self.operand(x)[0]}, {shape_text(symbol.parameters)})", ATOM

    def _spell_astype(self, symbol: Symbol, x: Any) -> Text:
        return f"{self.at(x, ATOM)}.astype(np.{symbol.dtype})", ATOM

    def _spell_getitem(self, symbol: Symbol, x: Any) -> Text:
        return f"{self.at(x, ATOM)}[{self.index(symbol.parameters)}]", ATOM

    def _spell_pad(self, symbol: Symbol, x: Any) -> Text:
        widths, constant = symbol.parameters
        number = literal(constant)
        return f"np.pad({self.operand(x)[0]}, {widths}, constant_values={number})", ATOM

    def _spell_concatenate(self, symbol: Symbol, *xs: Any) -> Text:
        listed = ", ".join(self.operand(x)[0] for x in xs)
        axis = f", axis={symbol.parameters}" if symbol.parameters else ""
        return f"np.{symbol.operation}([{listed}]{axis})", ATOM

    _spell_stack = _spell_concatenate

    def _spell_gathered(self, symbol: Symbol, *numbers: Any) -> Text:
        listed = ", ".join(self.operand(x)[0] for x in numbers)
        dtype = "" if symbol.dtype == np.float64 and numbers else dtype_text(symbol.dtype)
        shape = symbol.shape
        if not shape:
            return f"np.{symbol.dtype}({listed})", ATOM
        text = f"np.array([{listed}]{dtype})"
        if len(shape) != 1:
            text += f".reshape({', '.join(map(str, shape))})"
        return text, ATOM

    def _reduction(self, symbol: Symbol, x: Any, name: str, more: str = "") -> Text:
        axis, keepdims = symbol.parameters
        said = []
        if keepdims or len(axis) != x.ndim:
            said.append(f"axis={axis[0] if len(axis) == 1 else axis}")
        if keepdims:
            said.append("keepdims=True")
        return f"{self.at(x, ATOM)}.{name}({', '.join([*said, *([more] if more else [])])})", ATOM

    def _spell_sum(self, symbol: Symbol, x: Any) -> Text:
        return self._reduction(symbol, x, "sum")

    def _spell_max(self, symbol: Symbol, x: Any) -> Text:
        return self._reduction(symbol, x, "max")

    def _spell_min(self, symbol: Symbol, x: Any) -> Text:
        return self._reduction(symbol, x, "min")

    def _spell_any(self, symbol: Symbol, x: Any) -> Text:
        return self._reduction(symbol, x, "any")

    def _spell_peak(self, symbol: Symbol, x: Any) -> Text:
        return self._reduction(symbol, x, "max", "initial=-np.inf")

    def _spell_cumsum(self, symbol: Symbol, x: Any) -> Text:
        return f"{self.at(x, ATOM)}.cumsum({symbol.parameters})", ATOM

    def _spell_einsum(self, symbol: Symbol, *xs: Any) -> Text:
        listed = ", ".join(self.operand(x)[0] for x in xs)
        return f'np.einsum("{symbol.parameters}", {listed})', ATOM

    # --- what takes several lines ---------------------------------------------------------

    def lines(self, symbol: Symbol) -> list[str]:
        """Return the statements that compute a symbol, whose name is written ``$``."""
        lines = [f"np.zeros({shape_text(symbol.shape)}{dtype_text(symbol.dtype)})"]
        if symbol.operation == "placed":
            places, _ = symbol.parameters
            at = self.prelude.constant(np.array(places)) if len(places) > 8 else list(places)
            values = ", ".join(self.operand(x)[0] for x in symbol.operands)
            return [*lines, f"$.flat[{at}] = [{values}]"]
        indices, shape = symbol.parameters
        numbers = np.arange(math.prod(shape)).reshape(shape)
        seen = np.zeros(math.prod(shape), bool)
        for x, index in zip(symbol.operands, indices, strict=True):
            picked = numbers[index].ravel()
            once = isinstance(index, slice) or _picks_once(index, picked)
            text, said = self.operand(x)[0], self.index(index)
            if not once and _is_flat(symbol, x, index):
                places = self.prelude.constant(np.ravel(index))
                counted = f"np.bincount({places}, {text}, {symbol.size})"
                if seen.any():
                    lines.append(f"$ += {counted}")
                else:
                    lines[0] = counted
            elif not once:
                lines.append(f"np.add.at($, {_index_tuple(index, said)}, {text})")
            else:
                lines.append(f"$[{said}] {'+=' if seen[picked].any() else '='} {text}")
            seen[picked] = True
        return lines

    def index(self, index: Any) -> str:
        """Spell an index."""
        if isinstance(index, tuple):
            if len(index) == 1 and not isinstance(index[0], (np.ndarray, list)):
                return self.index(index[0])
            return ", ".join(map(self.index, index)) + ("," if len(index) == 1 else "") or "()"
        if isinstance(index, slice):
            start, stop, step = (
                "" if i is None else str(i) for i in (index.start, index.stop, index.step)
            )
            if start == "0" and not step:
                start = ""
            return f"{start}:{stop}" + (f":{step}" if step else "")
        if isinstance(index, (np.ndarray, list)):
            return self.prelude.constant(np.asarray(index))
        if index is Ellipsis:
            return "..."
        return (
            "None"
            if index is None
            else str(int(index))
            if not isinstance(index, (bool, np.bool_))
            else str(bool(index))
        )


def spelled(x: Any) -> Text:
    """Spell a number, and tell how firmly it binds."""
    return literal(x), SIGN if x.__class__ is not bool and math.copysign(1.0, x) < 0.0 else ATOM


def _in_single_precision(symbol: Symbol) -> bool:
    """Tell whether a number would widen an array if it were numpy's and not Python's."""
    single = np.float32
    return bool(symbol.dtype == single) or any(
        o.__class__ is Symbol and o.dtype is not None and o.dtype == single for o in symbol.operands
    )


def _index_tuple(index: Any, said: str) -> str:
    if not isinstance(index, tuple):
        return said
    if any(isinstance(part, slice) or part is Ellipsis for part in index):
        return f"np.s_[{said}]"
    return f"({said})"


def _is_flat(symbol: Symbol, x: Any, index: Any) -> bool:
    """Tell whether a vector is added at the places of a vector, which `np.bincount` does."""
    if isinstance(index, tuple) and len(index) == 1:
        index = index[0]
    return bool(
        isinstance(index, np.ndarray)
        and symbol.ndim == index.ndim == x.ndim == 1
        and index.dtype.kind == "i"
        and index.shape == x.shape
        and symbol.dtype == x.dtype == np.float64
        and index.min(initial=0) >= 0
    )


def _picks_once(index: Any, picked: Any) -> bool:
    parts = index if isinstance(index, tuple) else (index,)
    if not any(isinstance(part, (np.ndarray, list)) for part in parts):
        return True
    return bool(len(np.unique(picked)) == picked.size)
