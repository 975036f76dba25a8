"""Value: a float in the graph.

Read `primitives.py` and `graph.py` first.  There are two ways to carry out an operation:
`apply`, which handles everything, and the short methods that `_unary` and `_binary` make
from a row of the table for the case that matters for speed, Values and floats with no
context open.  Both record the same node.
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable, Iterable
from functools import partial
from importlib import import_module
from itertools import chain
from numbers import Real
from types import SimpleNamespace
from typing import Any, TypeVar

import numpy as np

from autograd import contexts, primitives
from autograd.anomaly import is_finite, raise_anomaly, source_line
from autograd.copying import copy_graph, copy_node, reduce_node
from autograd.formatting import shown, significant
from autograd.graph import Node, backward, describe_operands, zero_grad
from autograd.numpy_protocol import call_ufunc
from autograd.operands import Number, as_flag, as_number, as_operand, no_exclusive_or
from autograd.operations import Groups, Kinds, apply, local_derivatives
from autograd.primitives import FLOATS, TABLE, Primitive, evaluate, opaque

__all__ = ["VALUES", "Value"]


Method = TypeVar("Method", bound=Callable[..., Any])


# --- carrying out an operation ------------------------------------------------------------


def read_value(primitive: Primitive, numbers: Groups) -> Any:
    """Compute a row's value from floats."""
    return evaluate(primitive.value, *(numbers if primitive.variadic else numbers[0]))


def record_value(
    primitive: Primitive, out: float, left: Any, d_left: Any, right: Any = None, d_right: Any = None
) -> Value:
    """Return the Value of an operation whose operands and partials are these."""
    node = contexts.new(Value)
    node._datum = out
    node._grad = None
    node._primitive = primitive
    node._left = left
    node._dleft = d_left
    node._right = right
    node._dright = d_right
    node._notes = None
    node.scope = ""
    return node


def _unary(primitive: Primitive) -> Callable[[Value], Value]:
    value, (d_operand,) = primitive.value, primitive.partials

    def method(self: Value) -> Any:
        if self.__class__ is Value and not contexts.special:
            x = self._datum
            try:
                out = value(FLOATS, x)
                return record_value(primitive, out, self, d_operand(FLOATS, out, x))
            except (ArithmeticError, ValueError):
                pass
        return apply(primitive, self)

    return _documented(method, primitive)


def _binary(primitive: Primitive, reflected: str = "") -> Callable[[Value, Any], Value]:
    value, (d_left, d_right) = primitive.value, primitive.partials
    general = partial(_apply_operator, reflected) if reflected else apply

    def method(self: Value, other: Any) -> Any:
        kind = other.__class__
        if self.__class__ is Value and not contexts.special:
            x = self._datum
            try:
                if kind is Value:
                    y = other._datum
                    out = value(FLOATS, x, y)
                    dx = d_left(FLOATS, out, x, y)
                    dy = d_right(FLOATS, out, x, y)
                elif kind is float or kind is int:
                    other = float(other)
                    out = value(FLOATS, x, other)
                    dx = d_left(FLOATS, out, x, other)
                    dy = None
                else:
                    return general(primitive, self, other)
            except (ArithmeticError, ValueError):
                return apply(primitive, self, other)
            node = contexts.new(Value)  # `record_value`, without the call
            node._datum = out
            node._grad = None
            node._primitive = primitive
            node._left = self
            node._dleft = dx
            node._right = other
            node._dright = dy
            node._notes = None
            node.scope = ""
            return node
        return general(primitive, self, other)

    return _documented(method, primitive, reflected)


def _reflected(primitive: Primitive) -> Callable[[Value, Any], Value]:
    value, (_, d_right) = primitive.value, primitive.partials

    def method(self: Value, other: Any) -> Any:
        kind = other.__class__
        if (kind is float or kind is int) and self.__class__ is Value and not contexts.special:
            y = self._datum
            try:
                x = float(other)
                out = value(FLOATS, x, y)
                return record_value(primitive, out, x, None, self, d_right(FLOATS, out, x, y))
            except (ArithmeticError, ValueError):
                pass
        return apply(primitive, other, self)

    return _documented(method, primitive)


def _apply_operator(reflected: str, primitive: Primitive, self: Value, other: Any) -> Any:
    if not isinstance(other, _OPERANDS) and hasattr(type(other), reflected):
        return NotImplemented  # another library's number knows better what to do
    return apply(primitive, self, other)


def _documented(method: Method, primitive: Primitive, reflected: str = "") -> Method:
    name = reflected.replace("__r", "__", 1) or primitive.name
    method.__name__, method.__qualname__ = name, f"Value.{name}"
    method.__doc__ = primitive.doc
    return method


def refused(kind: str, name: str, remedy: str) -> Callable[..., Any]:
    """Return a method that says what to use instead of an operation without a derivative."""

    def method(self: Node, *others: Any) -> Any:
        raise TypeError(f"a {kind} has no {name}: {remedy}")

    return method


# --- the class ----------------------------------------------------------------------------


class Value(Node):
    """A float that remembers how it was computed, so that it can be differentiated.

    Args:
        data: a real number; ints, bools and numpy scalars become floats.
        _children, _op: the operands and the symbol of an operation of your own, as in
            micrograd.  No gradient flows through such a node: declare an
            `autograd.primitive` to have one that does.
        label: a name for pictures and messages.

    Raises:
        TypeError: `data` is not a real number.

    >>> x, w, b = Value(2.0, label="x"), Value(-3.0, label="w"), Value(6.88, label="b")
    >>> y = (w * x + b).tanh()
    >>> y.backward()
    >>> w
    Value(-3.000, grad=1.002, label='w')
    """

    __slots__ = ()

    def __init__(
        self, data: Number, _children: Iterable[Value] = (), _op: str = "", label: str = ""
    ) -> None:
        if data.__class__ is not float:
            if isinstance(data, Value):
                watcher = contexts.watcher()
                if watcher is None or not watcher.stands_for_number(data):
                    raise TypeError(
                        f"{shown(data)} is a Value already; use it as it is, or .detach() for a "
                        "leaf"
                    )
                watcher.stopped(self, data)
                data = data._datum
            data = as_number(data, "Value")
        if not isinstance(_children, (list, tuple, set, frozenset)):
            raise TypeError(
                f"_children is a tuple of Values, not {shown(_children)}; a name goes in label="
            )
        operands = tuple(as_operand(child, "_children") for child in _children)
        if not isinstance(_op, str):
            raise TypeError(f"_op is the symbol of an operation, a str, not {shown(_op)}")
        if operands:
            self._become_result(opaque(_op), [operands], [None], data)
        else:
            self._become_leaf(data)
            if contexts.watched:
                contexts.born(self)
        if label.__class__ is not str or label:
            self.label = label

    @property
    def data(self) -> float:
        """The number itself; assigning to it changes no graph that was built before."""
        if contexts.watched:
            contexts.read(self, "value")
        return self._datum  # type: ignore[no-any-return]

    @data.setter
    def data(self, data: Number) -> None:
        if contexts.watched:
            contexts.refuse("assigns to .data")
        self._datum = as_number(data, "Value.data")

    @property
    def grad(self) -> Any:
        """The sum over backward passes of d root / d self; None before the first one.

        A float, or a Value after ``backward(create_graph=True)``.
        """
        if contexts.watched:
            contexts.refuse("reads .grad")
        return self._grad

    @grad.setter
    def grad(self, grad: Any) -> None:
        if contexts.watched:
            contexts.refuse("assigns to .grad")
        if isinstance(grad, Node) and grad._is_array and grad._datum.ndim:
            raise TypeError(f"Value.grad takes a Value or a real number, not {shown(grad)}")
        self._grad = None if grad is None else as_operand(grad, "Value.grad")

    # micrograd's names for what a node is made of

    @property
    def _prev(self) -> set[Value]:
        return {o if isinstance(o, Value) else _drawn_constant(o) for o in self.operands}

    @property
    def _op(self) -> str:
        return "" if self._primitive is None else self._primitive.ascii

    @property
    def _backward(self) -> Any:
        raise AttributeError(_NO_CLOSURE)

    @_backward.setter
    def _backward(self, closure: Any) -> None:
        raise AttributeError(_NO_CLOSURE)

    # the operators and methods, each a row of the table

    __add__ = _binary(primitives.add, "__radd__")
    __radd__ = _reflected(primitives.add)
    __sub__ = _binary(primitives.subtract, "__rsub__")
    __rsub__ = _reflected(primitives.subtract)
    __mul__ = _binary(primitives.multiply, "__rmul__")
    __rmul__ = _reflected(primitives.multiply)
    __truediv__ = _binary(primitives.divide, "__rtruediv__")
    __rtruediv__ = _reflected(primitives.divide)
    __pow__ = _binary(primitives.power, "__rpow__")
    __xor__ = __rxor__ = no_exclusive_or
    __rpow__ = _reflected(primitives.power)
    __neg__ = _unary(primitives.negate)
    __abs__ = _unary(primitives.absolute)

    def __pos__(self) -> Value:
        return self

    def __matmul__(self, other: Any) -> Any:
        if getattr(other, "_is_array", False):
            return NotImplemented
        raise TypeError("a Value has no @: use autograd.dot(weights, inputs) for lists")

    __rmatmul__ = __matmul__
    __floordiv__ = __rfloordiv__ = refused(
        "Value", "//", "its derivative is 0; use int(x.data // y)"
    )
    __mod__ = __rmod__ = refused("Value", "%", "use x.data % y if no gradient is wanted")
    __round__ = refused("Value", "round()", "its derivative is 0; use round(x.data, n)")

    add = _binary(primitives.add)
    subtract = _binary(primitives.subtract)
    multiply = _binary(primitives.multiply)
    divide = _binary(primitives.divide)
    power = pow = _binary(primitives.power)
    negate = __neg__
    abs = __abs__
    sign = _unary(primitives.sign)
    exp = _unary(primitives.exp)
    expm1 = _unary(primitives.expm1)
    log = _unary(primitives.log)
    log1p = _unary(primitives.log1p)
    log2 = _unary(primitives.log2)
    log10 = _unary(primitives.log10)
    sqrt = _unary(primitives.sqrt)
    sin = _unary(primitives.sin)
    cos = _unary(primitives.cos)
    tan = _unary(primitives.tan)
    asin = _unary(primitives.asin)
    acos = _unary(primitives.acos)
    atan = _unary(primitives.atan)
    atan2 = _binary(primitives.atan2)
    sinh = _unary(primitives.sinh)
    cosh = _unary(primitives.cosh)
    tanh = _unary(primitives.tanh)
    erf = _unary(primitives.erf)
    sigmoid = _unary(primitives.sigmoid)
    softplus = _unary(primitives.softplus)
    relu = _unary(primitives.relu)
    selu = _unary(primitives.selu)
    gelu = _unary(primitives.gelu)
    silu = _unary(primitives.silu)
    step = _unary(primitives.step)
    maximum = _binary(primitives.maximum)
    minimum = _binary(primitives.minimum)

    _leaky_relu = _binary(primitives.leaky_relu)
    _elu = _binary(primitives.elu)

    def leaky_relu(self, slope: Value | Number = 0.01) -> Value:
        """Return self where it is positive, otherwise ``slope * self``."""
        return self._leaky_relu(slope)

    def elu(self, alpha: Value | Number = 1.0) -> Value:
        """Return self where it is positive, otherwise ``alpha * (exp(self) - 1)``."""
        return self._elu(alpha)

    def where(self, condition: Any, other: Value | Number) -> Value:
        """Return self where the condition holds, otherwise `other`, like PyTorch's method."""
        return apply(primitives.where, condition, self, other)  # type: ignore[no-any-return]

    def sum(self, *others: Value | Number) -> Value:
        """Return ``self + others[0] + others[1] + …`` in one node."""
        return apply(primitives.sum_, (self, *others))  # type: ignore[no-any-return]

    def dot(self, other: Value | Number) -> Value:
        """Return ``self * other`` as a dot product of length one; see `autograd.dot`."""
        return apply(primitives.dot, (self,), (other,))  # type: ignore[no-any-return]

    # numbers: comparisons and conversions see the data, hashing sees the node

    def __eq__(self, other: object) -> bool:
        return _compare(operator.eq, self, other)  # type: ignore[no-any-return]

    def __ne__(self, other: object) -> bool:
        return _compare(operator.ne, self, other)  # type: ignore[no-any-return]

    def __lt__(self, other: Any) -> bool:
        return _compare(operator.lt, self, other)  # type: ignore[no-any-return]

    def __le__(self, other: Any) -> bool:
        return _compare(operator.le, self, other)  # type: ignore[no-any-return]

    def __gt__(self, other: Any) -> bool:
        return _compare(operator.gt, self, other)  # type: ignore[no-any-return]

    def __ge__(self, other: Any) -> bool:
        return _compare(operator.ge, self, other)  # type: ignore[no-any-return]

    __hash__ = object.__hash__

    def __float__(self) -> float:
        if contexts.special and contexts.reading_formula():
            raise TypeError(
                "a formula of a primitive turned a Value into a float, which cannot be "
                "differentiated again; use the functions of its argument m (m.exp, not math.exp)"
            )
        if contexts.watched:
            contexts.read(self, "value")
        return float(self._datum)

    def __int__(self) -> int:
        if contexts.watched:
            contexts.read(self, "integer")
        return int(self._datum)

    def __bool__(self) -> bool:
        if contexts.watched:
            contexts.read(self, "truth")
        return bool(self._datum)

    def __format__(self, spec: str) -> str:
        if contexts.watched:
            contexts.read(self, "value")
        return format(self._datum, spec) if spec else repr(self)

    def __repr__(self) -> str:
        if contexts.watched:
            contexts.read(self, "value")
        grad = "" if self._grad is None else f", grad={significant(float(self._grad))}"
        label = f", label={self.label!r}" if self.label else ""
        return f"{type(self).__name__}({significant(self._datum)}{grad}{label})"

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        return call_ufunc("Value", ufunc, method, inputs, options)

    def _repr_mimebundle_(self, **options: Any) -> Any:
        # the one place where the engine looks up to viz, and only when a notebook asks
        text = {"text/plain": repr(self)}
        if _in_a_terminal():
            return text
        try:
            picture = import_module("viz").draw(self)._repr_mimebundle_(**options)
        except (ImportError, ValueError, RuntimeError) as error:
            return {"text/plain": f"{self!r}\n(no diagram: {error})"}
        return {**picture, **text}

    # the graph

    def backward(self, seed: Value | Number = 1.0, create_graph: bool = False) -> None:
        """Add seed * d self / d node to the `.grad` of every node of this graph.

        A Ctrl-C, or an error in a hook, comes before anything is added or after all of it.
        Threads may share leaves and whole graphs: each pass is added as one step, and none is
        lost.  Between two passes, though, another thread may come: one that zeroes gradients,
        or moves the leaves along them, has to be alone.

        Args:
            seed: the gradient of something else with respect to self; 1 by default.
            create_graph: make the gradients Values that can be differentiated again.

        Raises:
            TypeError: a seed that is no number, or a `create_graph` that is neither True nor False.

        >>> x = Value(3.0)
        >>> y = x * x
        >>> y.backward()
        >>> x.grad, y.grad
        (6.0, 1.0)
        """
        if create_graph.__class__ is not bool:
            create_graph = as_flag(create_graph, "create_graph")
        backward(self, _as_seed(seed, create_graph), create_graph)

    def zero_grad(self) -> None:
        """Set `.grad` to None in every node of this graph."""
        zero_grad(self)

    def detach(self) -> Value:
        """Return a leaf with the same data, through which no gradient flows.

        >>> x = Value(3.0)
        >>> (x * x.detach()).backward(); x.grad
        3.0
        """
        leaf = Value(self._datum)
        if contexts.watched:
            contexts.stopped(leaf, self)
        return leaf

    @classmethod
    def _carry_out(cls, primitive: Primitive, groups: Groups) -> Any:
        numbers = [tuple(o._datum if isinstance(o, Value) else o for o in g) for g in groups]
        out = read_value(primitive, numbers)
        detecting = contexts.detecting_anomaly()
        made_at = source_line() if detecting or contexts.locating() else None
        if detecting and not is_finite(out):
            operands = chain.from_iterable(groups)
            raise_anomaly(f"{primitive.name} gave {out}", describe_operands(operands), made_at)
        constant = [tuple(not isinstance(o, Value) for o in group) for group in groups]
        if all(map(all, constant)):
            return out
        node = contexts.new(Value)
        if contexts.recording():
            partials = local_derivatives(primitive, evaluate, out, numbers, constant)
            node._become_result(primitive, groups, partials, out)
        else:
            node._become_leaf(out)
            if contexts.watched:
                contexts.unrecorded(node, cls._carry_out, primitive, groups)
        if made_at is not None:
            node._noted().made_at = made_at
        return node

    def _constant(self, data: Any) -> Value:
        return Value(data)

    def _differentiable_partials(self) -> tuple[Any, ...]:
        captured = self.partials
        primitive: Any = self._primitive
        if primitive is None or all(d is None for d in captured):
            return captured
        skips = iter(d is None for d in captured)
        constant = [tuple(next(skips) for _ in group) for group in self._groups]
        groups = local_derivatives(primitive, read_values, self, self._groups, constant)
        partials = tuple(chain.from_iterable(groups))
        for before, now, operand in zip(captured, partials, self.operands, strict=True):
            if before is not None and not _same(before, getattr(now, "_datum", now)):
                raise RuntimeError(
                    f"the data of an operand of {primitive.name} ({shown(operand)}) was changed "
                    "after the forward pass; create_graph needs it as it was: compute the graph "
                    "again"
                )
        return partials

    def _receive(self, adjoint: Any, partial: Any, chosen: Any = None) -> Any:
        if adjoint.__class__ is float or isinstance(adjoint, Value):
            return _times(adjoint, partial)
        # from a Tensor: every element of it has used this number
        total = Kinds.array._received(adjoint, partial, chosen, ())
        return total if isinstance(total, Node) else float(total)

    def __copy__(self) -> Value:
        return copy_node(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> Value:
        return copy_graph(self, memo)

    def __reduce__(self) -> tuple[Any, ...]:
        return reduce_node(self)


def _times(adjoint: Any, partial: Any) -> Any:
    # spares second derivatives a node that multiplies by the seed
    if adjoint.__class__ is float and adjoint == 1.0:
        return partial
    if partial.__class__ is float and partial == 1.0:
        return adjoint
    return adjoint * partial


Kinds.number = Value


def _drawn_constant(number: float) -> Value:
    constant = Value(number)
    constant.grad = 0.0  # micrograd's drawing code formats every gradient
    return constant


def _in_a_terminal() -> bool:
    """Tell whether IPython asks for a picture that its terminal will not show."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    types = getattr(getattr(shell, "display_formatter", None), "active_types", None)
    return types is not None and not any(kind.startswith("image/") for kind in types)


_NO_CLOSURE = (
    "a node holds no _backward function as in micrograd: its derivative comes from the table; "
    "declare an operation of your own with @autograd.primitive(partials=…)"
)

_OPERANDS = (
    Value, Real, np.generic, np.ndarray,
    complex, str, bytes, list, tuple, set, frozenset, dict, type(None),
)  # fmt: skip


def _as_seed(seed: Any, create_graph: bool) -> Any:
    return as_operand(seed, "seed") if create_graph else as_number(seed, "seed")


def _compare(relation: Callable[[Any, Any], Any], self: Value, other: Any) -> Any:
    if isinstance(other, Value):
        number = other._datum
    elif other.__class__ is np.ndarray and other.ndim and other.dtype.kind in "fiub":
        return relation(self.data, other)
    elif not isinstance(other, (Real, np.bool_, np.ndarray)):
        return NotImplemented
    elif isinstance(other, (np.ndarray, np.timedelta64)):  # numpy counts those among the numbers
        number = as_operand(other, f"__{relation.__name__}__ of a Value")
    else:
        number = other
    if contexts.watched and (watcher := contexts.watcher()) is not None:
        return watcher.compared(relation, self, other)
    return bool(relation(self._datum, number))


def _same(before: float, now: float) -> bool:
    return before == now or before != before or abs(before - now) <= 1e-9 * abs(before)


# --- reading formulas for Values -------------------------------------------------------------


def _reader(row: Primitive) -> Callable[..., Any]:
    def read(*operands: Any) -> Any:
        return apply(row, *operands)

    return read


VALUES = SimpleNamespace(**{name: _reader(row) for name, row in TABLE.items()})
"""Reads a formula for Values: every function records a node."""
VALUES.pow = VALUES.power


def _choice(condition: Any, x: Any, y: Any) -> Any:
    if contexts.watcher() is not None and isinstance(condition, Value):
        return apply(primitives.where, condition, x, y)
    # inside a formula it has been made once the operands are known: no node is needed
    return x if condition else y


VALUES.where = _choice


def read_values(formula: Callable[..., Any], out: Any, *operands: Any) -> Any:
    """Read a formula for Values: the result can be differentiated."""
    try:
        return formula(VALUES, out, *operands)
    except ArithmeticError:  # numbers among themselves, 1.0 / 0.0: to numpy it is inf
        with np.errstate(all="ignore"):
            numbers = (np.float64(o) if o.__class__ is float else o for o in operands)
            partial = formula(VALUES, out, *numbers)
        return partial if isinstance(partial, Node) else float(partial)
