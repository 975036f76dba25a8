"""How a Tensor hands its adjoint on, in symbols: ``W̄ = Xᵀ @ Z̄``.

The rules are not written here.  The vector-Jacobian products of the table are read once more,
for arrays that keep, with their numbers, the words in which they were computed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd import symbolic
from autograd.array_primitives import NUMPY, Applied, Pullback, sum_to
from autograd.symbolic import NotSymbolicError
from viz import arrays
from viz.explaining.factors import barred
from viz.explaining.paths import Arrow
from viz.explaining.shortening import brief
from viz.nodes import short_constant, symbol
from viz.notation import Notation

__all__ = ["Words", "definition", "rule"]

Array = np.ndarray[Any, Any]

_SUM, _PRODUCT, _ATOM = range(3)


class Words:
    """An array, and the words in which it was computed.

    Args:
        data: the numbers; formulas ask for their shape.
        text: what is written.
        binds: how firmly the text holds together: as a sum, a product, or a name.
    """

    __array_ufunc__ = None

    def __init__(self, data: Any, text: str, binds: int = _ATOM) -> None:
        self.data = np.asarray(data)
        self.text = text
        self.binds = binds

    shape = property(lambda self: self.data.shape)
    ndim = property(lambda self: self.data.ndim)
    dtype = property(lambda self: self.data.dtype)

    def at(self, binds: int) -> str:
        """Return the text for a place that asks for so much firmness."""
        return self.text if self.binds >= binds else f"({self.text})"

    def _with(self, other: Any, between: str, binds: int, data: Any, flip: bool = False) -> Words:
        other = other if isinstance(other, Words) else Words(other, f"{float(other):.6g}")
        left, right = (other, self) if flip else (self, other)
        text = f"{left.at(binds)}{between}{right.at(binds + 1)}"
        return Words(data, text, binds)

    def __add__(self, other: Any) -> Words:
        return self._with(other, " + ", _SUM, self.data + _data(other))

    def __sub__(self, other: Any) -> Words:
        return self._with(other, " − ", _SUM, self.data - _data(other))

    def __rsub__(self, other: Any) -> Words:
        return self._with(other, " − ", _SUM, _data(other) - self.data, flip=True)

    def __mul__(self, other: Any) -> Words:
        data = self.data * _data(other)
        if isinstance(other, Words) and data.size > max(self.data.size, other.data.size):
            return Words(data, f"outer({self.text}, {other.text})")
        return self._with(other, " ⊙ ", _PRODUCT, data)

    def __truediv__(self, other: Any) -> Words:
        return self._with(other, "/", _PRODUCT, self.data / _data(other))

    def __eq__(self, other: Any) -> Words:  # type: ignore[override]
        return Words(self.data == _data(other), f"{self.text} = {_text(other)}", _SUM)

    def __ne__(self, other: Any) -> Words:  # type: ignore[override]
        return Words(self.data != _data(other), "")  # only to find a nan: not worth a word

    __hash__ = None  # type: ignore[assignment]

    def __or__(self, other: Any) -> Words:
        return Words(self.data | _data(other), self.text, self.binds)

    def sum(self, axis: Any, keepdims: bool) -> Words:
        """Return the sum over some axes."""
        return _sum(self, axis, keepdims)

    def astype(self, dtype: Any) -> Words:
        """Return the same words."""
        return Words(self.data.astype(dtype), self.text, self.binds)


def _data(thing: Any) -> Any:
    return thing.data if isinstance(thing, Words) else thing


def _text(thing: Any) -> str:
    return thing.text if isinstance(thing, Words) else f"{thing:.6g}"


# ---------------------------------------------------------------- a namespace of words


def _reshape(x: Words, shape: Any) -> Words:
    data = x.data.reshape(shape)
    if [n for n in x.shape if n != 1] == [n for n in data.shape if n != 1]:
        return Words(data, x.text, x.binds)  # only axes of 1 come or go
    return Words(data, f"reshape({x.text}, {arrays.shape(data.shape)})")


def _transpose(x: Words, axes: Any) -> Words:
    return Words(x.data.transpose(axes), f"{x.at(_ATOM)}ᵀ")


def _broadcast_to(x: Words, shape: Any) -> Words:
    data = np.broadcast_to(x.data, shape)
    if data.size == x.data.size:
        return Words(data, x.text, x.binds)
    return Words(data, f"spread({x.text}, {arrays.shape(data.shape)})")


def _sum(x: Words, axis: Any, keepdims: bool) -> Words:
    data = NUMPY.sum(x.data, axis, keepdims)
    axes = axis if isinstance(axis, tuple) else (axis,)
    if all(x.shape[i] == 1 for i in axes):
        return Words(data, x.text, x.binds)
    over = "" if len(axes) == x.ndim else f", axis {','.join(map(str, axes))}"
    return Words(data, f"sum({x.text}{over})")


def _matmul(x: Words, y: Words) -> Words:
    return Words(np.matmul(x.data, y.data), f"{x.at(_PRODUCT)} @ {y.at(_ATOM)}", _PRODUCT)


def _getitem(x: Words, index: Any) -> Words:
    data = x.data[index]
    last = index[-1] if isinstance(index, tuple) and index else index
    if isinstance(last, slice) and last.step == -1:
        return Words(data, f"reverse({x.text})")
    return Words(data, f"{x.at(_ATOM)}[…]")


def _scatter(x: Words, index: Any, shape: Any) -> Words:
    data = NUMPY.scatter(x.data, index, shape)
    return Words(data, f"scatter({x.text}, {arrays.shape(data.shape)})")


def _where(condition: Words, x: Any, y: Any) -> Words:
    # the rows guard a division by 0 so; what is said is what happens elsewhere
    said = y if isinstance(y, Words) else x
    return Words(np.where(condition.data, _data(x), _data(y)), said.text, said.binds)


def _einsum(*xs: Words, subscripts: str) -> Words:
    data = np.einsum(subscripts, *(x.data for x in xs))
    return Words(data, f"einsum({subscripts}, {', '.join(x.text for x in xs)})")


def _cumsum(x: Words, axis: Any) -> Words:
    return Words(x.data.cumsum(axis), f"cumsum({x.text})")


def _exp(x: Words) -> Words:
    return Words(np.exp(x.data), f"exp({x.text})")


class _Namespace:
    """Reads a vector-Jacobian product for words."""

    reshape = staticmethod(_reshape)
    transpose = staticmethod(_transpose)
    broadcast_to = staticmethod(_broadcast_to)
    sum = staticmethod(_sum)
    matmul = staticmethod(_matmul)
    getitem = staticmethod(_getitem)
    scatter = staticmethod(_scatter)
    where = staticmethod(_where)
    einsum = staticmethod(_einsum)
    cumsum = staticmethod(_cumsum)
    exp = staticmethod(_exp)
    astype = staticmethod(Words.astype)


_WORDS = _Namespace()

# ---------------------------------------------------------------- what an arrow hands on


def rule(arrow: Arrow, names: Notation, ascii: bool = False) -> str:
    """Return what an arrow adds to the adjoint of its operand.

    >>> from autograd import Tensor
    >>> x, w = Tensor(np.ones((3, 4)), label="X"), Tensor(np.ones((4, 2)), label="W")
    >>> z = x @ w
    >>> z.label = "Z"
    >>> for slot, partial in enumerate(z.partials):
    ...     print(rule(Arrow(z, slot, z.operands[slot], partial), Notation(z), ascii=True))
    Z_bar @ W.T
    X.T @ Z_bar
    """
    consumer, _, operand, partial = arrow
    adjoint = Words(np.ones(np.shape(consumer._datum)), barred(names[consumer].text, ascii))
    with np.errstate(all="ignore"):
        if isinstance(partial, Pullback):
            if not partial.applied.row.vjps:  # a compiled function, which has no formula
                prime = "'" if ascii else "′"
                return f"{adjoint.text} @ {consumer.primitive.name}{prime}"
            said = Words(partial.out, names[consumer].text)
            found = _vector_jacobian_product(partial, adjoint, said, _operands(consumer, names))
        else:
            found = _elementwise(arrow, adjoint, names, ascii)
            found = sum_to(_WORDS, found, np.shape(operand._datum))
    return found.text if not ascii else found.text.replace("ᵀ", ".T").replace(" ⊙ ", " * ")


def _operands(consumer: Any, names: Notation) -> list[Words]:
    return [
        Words(operand._datum, names[operand].text)
        if operand in names
        else Words(operand, short_constant(operand))
        for operand in consumer.operands
    ]


def _vector_jacobian_product(
    partial: Pullback, adjoint: Words, out: Words, operands: list[Words]
) -> Words:
    row, parameters = partial.applied.row, partial.applied.parameters
    formula: Callable[..., Words] = row.vjps[0 if row.variadic else partial.slot]
    if row.variadic:
        return formula(_WORDS, adjoint, out, *operands, slot=partial.slot, **parameters)
    return formula(_WORDS, adjoint, out, *operands, **parameters)


def _elementwise(arrow: Arrow, adjoint: Words, names: Notation, ascii: bool) -> Words:
    try:
        formula = names.partials(arrow.consumer)[arrow.slot]
    except NotSymbolicError:
        local = arrow.consumer.primitive.name + ("'" if ascii else "′")
        return Words(adjoint.data, f"{adjoint.text} ⊙ {local}", _PRODUCT)
    if isinstance(formula, symbolic.Number) and abs(formula.value) == 1.0:
        minus = "-" if ascii else "−"
        return adjoint if formula.value > 0.0 else Words(adjoint.data, minus + adjoint.text, _SUM)
    written = symbolic.text(brief(formula), ascii)
    if not isinstance(formula, (symbolic.Name, symbolic.Number)) or written[0] in "-−":
        written = f"({written})"
    return Words(adjoint.data, f"{adjoint.text} ⊙ {written}", _PRODUCT)


def definition(node: Any, names: Notation, ascii: bool = False) -> str:
    """Return what a node was computed from: ``X @ W``.

    >>> from autograd import Tensor
    >>> x, w = Tensor(np.ones((3, 4)), label="X"), Tensor(np.ones((4, 2)), label="W")
    >>> for node in (x @ w, x.sum(axis=0), x[0, 1:]):
    ...     print(definition(node, Notation(node)))
    X @ W
    sum(X, axis=0)
    X[0, 1:]
    """
    primitive = node.primitive
    if not isinstance(primitive, Applied):
        return symbolic.text(brief(symbolic.call(primitive, names.groups(node))), ascii)
    words = [operand.text for operand in _operands(node, names)]
    if primitive.name == "matmul":
        return " @ ".join(words)
    if primitive.name == "getitem":
        return words[0] + symbol(node, ascii).replace("·", "…")
    given = primitive.parameters
    if "axis" in given and primitive.name not in ("softmax", "cumsum"):
        axis = given["axis"] if isinstance(given["axis"], tuple) else (given["axis"],)
        if len(axis) < np.ndim(getattr(node.operands[0], "_datum", 0.0)):
            words.append(f"axis={','.join(map(str, axis))}")
    return f"{primitive.name}({', '.join(words)})"
