"""Operations on symbols, with the simplifications that change no digit.

`Operations` has a method for each operation of numpy that the formulas of the two tables use.
The same operation on the same operands is one symbol.  ``1.0 * x`` is x, ``x + -y`` is
``x - y``, a transpose of a transpose is what it began with: whatever gives the same result to
the last digit, also of an inf or a nan, and takes less is what is made.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.array_primitives import kept, without
from autograd.compiler.symbols import (
    BOOL,
    ELEMENTWISE,
    FLOAT64,
    TRUTHS,
    DType,
    Operand,
    Shape,
    Symbol,
    broadcast,
    frozen,
    is_float,
    is_weak,
    operation_of,
    result_dtype,
)

__all__ = ["Operations"]

_SIMPLER = {"multiply": "multiply", "divide": "divide"}
_OPPOSITES = {"equal": "not_equal", "not_equal": "equal"}  # the others differ for a nan

_REPEATED = frozenset({"full", "broadcast_to"})

FEW = 7
"""Up to so many numbers are added without being put into an array."""


class Operations:
    """Makes symbols, and none of them twice.

    Attributes:
        size: how many symbols there are.
    """

    def __init__(self) -> None:
        self.size = 0
        self._made: defaultdict[str, dict[Any, Symbol]] = defaultdict(dict)
        self._told: list[Symbol] = []  # what is not computed of anything: inputs, aliases

    def symbols(self) -> list[Symbol]:
        """List all symbols."""
        return [*self._told, *(s for made in self._made.values() for s in made.values())]

    def constant(self, array: Any) -> Any:
        """Return a symbol for an array that never changes; one without axes is a literal."""
        array = np.array(array)
        if not array.ndim:
            return bool(array) if array.dtype == bool else float(array)
        array.flags.writeable = False
        key = (array.dtype, array.shape, array.tobytes())
        return self._make("constant", (), array, array.shape, array.dtype, key)

    def operand(self, x: Any) -> Any:
        """Return a symbol or a literal for anything that may stand in a formula."""
        kind = x.__class__
        if kind is Symbol or kind is float or kind is bool:
            return x
        if isinstance(x, np.ndarray):
            return self.constant(x)
        return bool(x) if kind is np.bool_ else float(x)

    def _new(
        self, operation: str, operands: tuple[Any, ...], parameters: Any, shape: Shape, dtype: DType
    ) -> Symbol:
        number = self.size
        self.size = number + 1
        symbol = Symbol(self, operation, operands, parameters, shape, dtype, number)
        self._told.append(symbol)
        return symbol

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
                result = ELEMENTWISE[operation](*operands)
            return bool(result) if operation in TRUTHS else float(result)
        if numbers:
            if not shielded:
                return self._make(operation, operands, None, (), None)
            bared = tuple(o.operands[0] if operation_of(o) == "full" else o for o in operands)
            result = self.elementwise(operation, *bared)
            if result.__class__ is not float:
                return result
            return self._make("full", (result,), ((), None), (), None)
        shape = broadcast(operands)
        dtype = result_dtype(operation, operands)
        if shape or shielded:
            operands = _without_stretching(operands, shape, operation, dtype)
            if all(is_weak(o) for o in operands):  # nothing but numbers is left
                return self._filled(self.elementwise(operation, *operands), shape, dtype)
            if shielded and operation != "where":
                bared = tuple(o.operands[0] if operation_of(o) == "full" else o for o in operands)
                changed = any(one is not other for one, other in zip(bared, operands, strict=True))
                if changed and result_dtype(operation, bared) == dtype:
                    result = self.elementwise(operation, *bared)
                    if result.__class__ is float:
                        return self._filled(result, shape, dtype)
                    return self.broadcast_to(result, shape)
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
        if _has_sign(y):
            return self.elementwise("subtract", x, self._turned(y))
        if _has_sign(x):
            return self.elementwise("subtract", y, self._turned(x))
        if x is y and x.__class__ is Symbol and not x.is_truth:
            return self.multiply(2.0, x)
        return self.elementwise("add", x, y)

    def multiply(self, x: Any, y: Any, plain: bool = False) -> Any:
        """Return x * y."""
        if x.__class__ is float and is_float(y):
            if x == 1.0:
                return y
            if x == -1.0:
                return self.negate(y)
        if y.__class__ is float and is_float(x):
            if y == 1.0:
                return x
            if y == -1.0:
                return self.negate(x)
        if x.__class__ is float and x in (2.0, 4.0, 0.5) and operation_of(y) == "multiply":
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
            return self._make("multiply", operands, None, broadcast(operands),
                              result_dtype("multiply", operands))  # fmt: skip
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
        if y.__class__ is float and y == 1.0 and is_float(x):
            return x
        if plain:
            operands = (x, y)
            return self._make("divide", operands, None, broadcast(operands),
                              result_dtype("divide", operands))  # fmt: skip
        return self.elementwise("divide", x, y)

    def negate(self, x: Any) -> Any:
        """Return -x."""
        if x.__class__ is Symbol:
            if x.operation == "negate":
                return x.operands[0]
            if x.operation in _SIMPLER and any(o.__class__ is float for o in x.operands):
                return self._turned(x)
        return self.elementwise("negate", x)

    def _turned(self, x: Symbol) -> Symbol:
        """Return minus a product with a literal, or a quotient, by turning the literal's sign."""
        operands = tuple(-o if o.__class__ is float else o for o in x.operands)
        return self._make(x.operation, operands, None, x.shape, x.dtype)

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
        if x is y and (x.__class__ is float or x.shape == broadcast((condition, x))):
            return x
        if operation_of(x) == "multiply" and condition is x.operands[1]:
            factor = x.operands[0]  # where the condition holds the other one is 1
            if broadcast((condition, factor, y)) == broadcast((condition, x, y)):
                x = factor
        if y.__class__ is Symbol and y.operation == "multiply":
            factor = y.operands[1]
            if (
                factor.__class__ is Symbol
                and factor.operation == "not"
                and factor.operands[0] is condition
                and broadcast((condition, x, y.operands[0])) == broadcast((condition, x, y))
            ):
                y = y.operands[0]
        if condition.dtype is None or not (is_weak(x) and is_weak(y)):
            return self.elementwise("where", condition, x, y)
        # numbers on both sides: numpy would make float64 of them
        shape, operands = condition.shape, (condition, x, y)
        out = self._make("where", operands, None, shape, FLOAT64)
        if dtype is None or dtype == FLOAT64:
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
        if is_weak(x):
            return self._make("full", (x,), (shape, dtype), shape, dtype)
        x = x if x.shape == shape else self.broadcast_to(x, shape)
        return x if x.dtype == dtype else self.astype(x, dtype)

    def filled(self, x: Any, shape: Shape, dtype: Any) -> Any:
        """Return an array in which every element is the number x."""
        return self._filled(x, tuple(shape), None if dtype is None else np.dtype(dtype))

    def astype(self, x: Any, dtype: Any) -> Any:
        """Return the elements of x in another dtype."""
        dtype = np.dtype(dtype)
        if is_weak(x):
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
        if is_weak(x):
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
        if x.operation in _SIMPLER or x.operation == "negate":  # by a number: in the old shape
            arrays = [o for o in x.operands if not is_weak(o)]
            base: Any = arrays[0]
            if len(arrays) == 1 and base.operation == "reshape" and base.shape == x.shape:
                whole = base.operands[0]
                if whole.shape == shape:
                    operands = tuple(whole if o is base else o for o in x.operands)
                    return self._make(x.operation, operands, None, shape, x.dtype)
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
        return self._make("getitem", (x,), index, shape, x.dtype, (x, frozen(index)))

    def scatter(self, x: Any, index: Any, shape: Any) -> Any:
        """Return zeros, with the elements of x added at an index."""
        return self.scattered([(x, index)], tuple(shape), x.dtype)

    def scattered(self, parts: Sequence[tuple[Any, Any]], shape: Shape, dtype: DType) -> Any:
        """Return zeros, with several arrays added, each at its index."""
        operands = tuple(x for x, _ in parts)
        indices = tuple(index for _, index in parts)
        key = (operands, frozen(indices), shape)
        return self._make("scatter", operands, (indices, shape), shape, dtype, key)

    def spread_out(self, numbers: dict[int, Any], shape: Shape, dtype: DType) -> Any:
        """Return zeros, with Python floats at some places in the order of memory."""
        if not shape:
            return self._filled(numbers[0], shape, dtype)
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
        return self._make("concatenate", xs, axis, tuple(shape), result_dtype("concatenate", xs))

    def stack(self, *xs: Any, axis: int) -> Any:
        """Return arrays side by side along a new axis."""
        shape = list(xs[0].shape)
        shape.insert(axis if axis >= 0 else axis + len(shape) + 1, len(xs))
        return self._make("stack", xs, axis, tuple(shape), result_dtype("stack", xs))

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
        if x.operation == "gathered" and x.ndim == 1 and x.size <= FEW and dtype == FLOAT64:
            total = x.operands[0]  # numpy, too, adds so few one after another
            for number in x.operands[1:]:
                total = total + number
            return self._filled(total, (1,) if keepdims else (), dtype)
        total = self._reduction("sum", x, axis, keepdims, dtype)
        if x.operation == "full" and _is_one(x.operands[0]) and dtype.kind == "f":
            count = x.size // max(total.size, 1)
            if count < 1 << 24:  # which float32 can tell from the next
                return self._filled(float(count), total.shape, dtype)
        return total

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
        if x.operation in _REPEATED or y.operation in _REPEATED:
            product = self._of_repeated(x, y, shape)
            if product is not None:
                return product
            x, y = (self._copied(o) if o.operation == "broadcast_to" else o for o in (x, y))
        return self._make("matmul", (x, y), None, shape, result_dtype("matmul", (x, y)))

    def _of_repeated(self, x: Any, y: Any, shape: Shape) -> Any:
        """Return the product of matrices of which one has equal rows, or only one number."""
        if max(x.ndim, y.ndim) > 2 or x.dtype != y.dtype or x.dtype.kind != "f":
            return None
        if x.operation == "broadcast_to" and x.ndim == 2 and x.operands[0].shape == x.shape[1:]:
            return self.broadcast_to(self.matmul(x.operands[0], y), shape)
        if x.operation == "full":  # every row of the product is a sum over all rows of y
            rows = y if _is_one(x.operands[0]) else self.elementwise("multiply", x.operands[0], y)
            return self.broadcast_to(self.sum(rows, (0,)), shape)
        if y.operation == "full":
            rows = x if _is_one(y.operands[0]) else self.elementwise("multiply", x, y.operands[0])
            return self.broadcast_to(self.sum(rows, (x.ndim - 1,), y.ndim == 2), shape)
        return None

    def _copied(self, x: Any) -> Any:
        """Return what is repeated as an array in memory: BLAS takes nothing else."""
        ones = self._filled(1.0, x.shape, x.dtype)
        return self._make("multiply", (ones, x.operands[0]), None, x.shape, x.dtype)

    def einsum(self, *xs: Any, subscripts: str) -> Any:
        """Return a sum of products."""
        inputs, output = subscripts.split("->")
        sizes: dict[str, int] = {}
        for term, x in zip(inputs.split(","), xs, strict=True):
            for letter, n in zip(term, x.shape, strict=True):
                sizes[letter] = max(n, sizes.get(letter, 1)) if n != 0 else 0
        shape = tuple(sizes[letter] for letter in output)
        return self._make("einsum", xs, subscripts, shape, result_dtype("einsum", xs))


def _is_one(x: Any) -> bool:
    return x.__class__ is float and x == 1.0


def _has_sign(x: Any) -> bool:
    """Tell whether it is a negative number times something."""
    return x.__class__ is Symbol and x.operation == "multiply" and any(
        o.__class__ is float and o < 0.0 for o in x.operands
    )  # fmt: skip


def _is_vector(x: Any, shape: Shape) -> bool:
    return bool(x.operation == "reshape" and x.shape == shape and x.operands[0].ndim == 1)


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
            numbers = operand.operation == "full" and all(is_weak(o) for o in simpler)
            if numbers or (
                broadcast(simpler) == shape and result_dtype(operation, simpler) == dtype
            ):
                operands = simpler
    return operands


def _matmul_shape(x: Shape, y: Shape) -> Shape:
    inner = y[-2] if len(y) > 1 else y[0]
    if x[-1] != inner:
        raise ValueError(f"matmul: the shapes {x} and {y} do not fit")
    rows = x[-2:-1] if len(x) > 1 else ()
    columns = y[-1:] if len(y) > 1 else ()
    return (*np.broadcast_shapes(x[:-2], y[:-2]), *rows, *columns)
