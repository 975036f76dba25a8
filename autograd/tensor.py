"""Tensor: an ndarray in the graph.

Read `value.py` first: a Tensor is the same kind of node, and its elementwise operations are
the same rows of the same table, read for arrays.  What differs stands here: shapes that
broadcasting stretches are summed back when an adjoint arrives (`_received`), and the
primitives of `array_primitives.py` leave a `Pullback` where a number would stand.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from numbers import Real
from types import SimpleNamespace
from typing import Any

import numpy as np

from autograd import array_functions, contexts, primitives
from autograd.anomaly import described, is_finite, raise_anomaly, source_line
from autograd.array_primitives import (
    ARRAY_TABLE,
    NUMPY,
    Applied,
    ArrayPrimitive,
    Pullback,
    sum_to,
)
from autograd.copying import copy_graph, copy_node, reduce_node
from autograd.dtypes import default_dtype, float_dtype, has_numbers
from autograd.formatting import shown
from autograd.graph import Node, backward, describe_operands, zero_grad
from autograd.numpy_protocol import call_array_function, call_ufunc
from autograd.operands import as_array, as_flag, no_exclusive_or
from autograd.operations import Groups, Kinds, apply, apply_array
from autograd.primitives import ARRAYS, FLOAT32_ARRAYS, Primitive
from autograd.scalars import scalars
from autograd.value import VALUES, Value, refused

__all__ = ["TENSORS", "Tensor"]

Array = np.ndarray[Any, Any]
Shape = tuple[int, ...]

_new = object.__new__


# --- carrying out an operation ------------------------------------------------------------


def _read(operands: Sequence[Any]) -> tuple[list[Any], np.dtype[Any]]:
    """Return the data of the operands, and the dtype of the result.

    float64 among the arrays makes the result float64; numbers, constants without axes,
    Values, ints and bools go along with the rest, as in PyTorch.
    """
    data: list[Any] = []
    dtype: np.dtype[Any] | None = None
    weak: np.dtype[Any] | None = None  # of constants without axes, should there be nothing else
    others = False
    for operand in operands:
        if isinstance(operand, Node):
            datum, notes = operand._datum, operand._notes
            if notes is not None and notes.lent:
                datum = datum.copy()  # whoever has the array may write into it
        else:
            datum = operand
        data.append(datum)
        if datum.__class__ is not float:
            kind = datum.dtype
            if kind is not dtype:
                if kind.kind == "f" and (datum.ndim or datum is not operand):
                    dtype = kind if dtype is None else np.promote_types(dtype, kind)
                else:
                    others = True
                    weak = kind if kind.kind == "f" else weak
    if dtype is None:
        dtype = weak or default_dtype()
    if others:
        with np.errstate(all="ignore"):
            data = [
                datum if datum.__class__ is float or _counts(datum) else datum.astype(dtype)
                for datum in data
            ]
    return data, dtype


def _counts(datum: Array) -> bool:
    return datum.dtype.kind == "f" and bool(datum.ndim)


def _record(primitive: Any, out: Any, operands: Sequence[Any], partials: Sequence[Any]) -> Tensor:
    node = contexts.new(Tensor)
    node._datum = out
    node._grad = None
    node._primitive = primitive
    node._notes = None
    node.scope = ""
    count = len(operands)
    if count <= 2:
        node._left, node._dleft = operands[0], partials[0]
        if count == 2:
            node._right, node._dright = operands[1], partials[1]
        else:
            node._right = node._dright = None
    else:
        node._left, node._dleft = (tuple(operands),), (tuple(partials),)
        node._right = node._dright = None
    if contexts.special and (contexts.detecting_anomaly() or contexts.locating()):
        node._noted().made_at = source_line()
    return node


def _elementwise(primitive: Primitive, operands: Sequence[Any]) -> Any:
    """Carry out a row of the table on arrays: an ndarray if no operand is a node."""
    if primitive.chooses:  # the condition has no part in the dtype
        condition = getattr(operands[0], "_datum", operands[0]) != 0.0
        data, dtype = _read(operands[1:])
        data.insert(0, condition)
    else:
        data, dtype = _read(operands)
    try:
        return _computed(primitive, operands, data, dtype)
    except ArithmeticError:  # numbers among themselves, 1.0 / 0.0: as arrays they give inf
        return _computed(primitive, operands, [np.asarray(d, dtype) for d in data], dtype)


def _computed(
    primitive: Primitive, operands: Sequence[Any], data: list[Any], dtype: np.dtype[Any]
) -> Any:
    m = FLOAT32_ARRAYS if dtype == np.float32 else ARRAYS
    with np.errstate(all="ignore"):
        try:
            out = np.asarray(primitive.value(m, *data), dtype)
        except ValueError as error:
            raise _misfit(primitive.name, operands, error) from None
        is_node = [isinstance(operand, Node) for operand in operands]
        if True not in is_node:
            return out[()]
        if contexts.special:
            if contexts.detecting_anomaly() and not is_finite(out):
                _report(primitive.name, out, operands)
            if not contexts.recording():
                leaf = _leaf(out.copy() if any(out is datum for datum in data) else out)
                if contexts.watched:
                    contexts.unrecorded(leaf, _elementwise, primitive, operands)
                return leaf
        operands, data = _kept(operands, data)
        partials: list[Any] = []
        for formula, flows in zip(primitive.partials, is_node, strict=True):
            partial = formula(m, out, *data) if flows else None
            if partial.__class__ is float:
                if partial == 0.0 and primitive.chooses:
                    partial = None
            elif partial is not None and (
                partial.__class__ is not np.ndarray or partial.dtype != dtype
            ):
                partial = np.asarray(partial, dtype)
            partials.append(partial)
    return _record(primitive, out, operands, partials)


def _kept(operands: Sequence[Any], data: list[Any]) -> tuple[Sequence[Any], list[Any]]:
    """Return the same with copies of the constants: their owners may write into them later."""
    for i, operand in enumerate(operands):
        if operand.__class__ is np.ndarray and _may_change(operand):
            copy = operand.copy()
            operands = [*operands[:i], copy, *operands[i + 1 :]]
            data = [copy if datum is operand else datum for datum in data]
    return operands, data


def _may_change(array: Any) -> bool:
    """Tell whether somebody can write into an array, itself or what it is a view of."""
    while isinstance(array, np.ndarray):
        if array.flags.writeable:
            return True
        array = array.base
    return False


def _leaf(out: Array) -> Tensor:
    node = _new(Tensor)
    node._become_leaf(out)
    return node


def _report(name: str, out: Array, operands: Sequence[Any]) -> None:
    raise_anomaly(f"{name} gave {described(out)}", describe_operands(operands), source_line())


def _misfit(name: str, operands: Sequence[Any], error: ValueError) -> ValueError:
    """Return the error that gives the shapes and labels of operands that do not fit."""
    told_by_numpy = str(error)
    if not any(word in told_by_numpy for word in _ABOUT_SHAPES):
        return error  # of a formula of the user's
    described = [
        f"{np.shape(getattr(o, '_datum', o))}" + (f" of {o.label!r}" if _labelled(o) else "")
        for o in operands
    ]
    obvious = "broadcast together with shapes" in told_by_numpy or name == "matmul"
    why = "" if obvious else f" ({told_by_numpy})"
    return ValueError(f"{name}: the shapes {' and '.join(described)} do not fit{why}")


_ABOUT_SHAPES = ("shape", "dimension", "broadcast", "axis", "axes", "operand", "size")


def _labelled(operand: Any) -> bool:
    return isinstance(operand, Node) and bool(operand.label)


def _unary(primitive: Primitive) -> Callable[[Tensor], Tensor]:
    def method(self: Tensor) -> Any:
        if self.__class__ is Tensor:
            return _elementwise(primitive, (self,))
        return apply(primitive, self)

    return _documented(method, primitive)  # type: ignore[no-any-return]


def _binary(primitive: Primitive, reflected: str = "") -> Callable[[Tensor, Any], Tensor]:
    def method(self: Tensor, other: Any) -> Any:
        kind = other.__class__
        if self.__class__ is Tensor and (
            kind is Tensor
            or kind is float
            or (kind is np.ndarray and other.ndim and other.dtype in _FLOATS)
        ):
            return _elementwise(primitive, (self, other))
        if reflected and not isinstance(other, _OPERANDS) and hasattr(kind, reflected):
            return NotImplemented  # another library's array knows better what to do
        return apply(primitive, self, other)

    return _documented(method, primitive, reflected)  # type: ignore[no-any-return]


def _reflected(primitive: Primitive) -> Callable[[Tensor, Any], Tensor]:
    def method(self: Tensor, other: Any) -> Any:
        return apply(primitive, other, self)

    return _documented(method, primitive)  # type: ignore[no-any-return]


def _documented(method: Any, primitive: Any, reflected: str = "") -> Any:
    name = reflected.replace("__r", "__", 1) or primitive.name
    method.__name__, method.__qualname__ = name, f"Tensor.{name}"
    method.__doc__ = primitive.doc
    return method


def _comparison(relation: Callable[[Any, Any], Any]) -> Callable[[Tensor, Any], Any]:
    def method(self: Tensor, other: Any) -> Any:
        if isinstance(other, (list, tuple)):
            other = array_functions.as_operand(other, method.__name__)
        elif not isinstance(other, (Node, int, float, np.ndarray, np.generic)):
            return NotImplemented
        elif isinstance(other, (np.ndarray, np.generic)) and not has_numbers(other):
            raise TypeError(f"{method.__name__} of a Tensor takes real numbers, not {shown(other)}")
        if contexts.watched and (watcher := contexts.watcher()) is not None:
            return watcher.compared(relation, self, other)
        try:
            return relation(self._datum, getattr(other, "_datum", other))
        except OverflowError:
            raise ValueError(f"{method.__name__}: {shown(other)} is too large") from None
        except ValueError as error:
            raise _misfit(method.__name__, (self, other), error) from None

    method.__name__ = f"__{relation.__name__}__"
    method.__doc__ = "Compare the data element by element: an ndarray of bool."
    return method


# --- the class ----------------------------------------------------------------------------


class Tensor(Node):
    """An ndarray that remembers how it was computed, so that it can be differentiated.

    Plain ndarrays and numbers in an expression are constants; what gradients are wanted of
    is a Tensor.  Values may take part too, as arrays without axes.  A graph keeps copies of
    its constants, unless they are read-only, with all that they are views of.

    Args:
        data: an array of real numbers, or nested lists of them; it is copied.  float32 and
            float64 are kept, everything else becomes the default dtype (float64, see
            `autograd.set_default_dtype`).
        label: a name for pictures and messages.
        dtype: ``"float32"`` or ``"float64"``.

    Raises:
        TypeError: `data` is not made of real numbers, or is a node already.
        ValueError: lists of unequal lengths.

    >>> W, x = Tensor([[1.0, 2.0], [3.0, 4.0]], label="W"), np.array([1.0, -1.0])
    >>> loss = ((W @ x) ** 2).sum()
    >>> loss.backward()
    >>> W.grad
    array([[-2.,  2.],
           [-2.,  2.]])
    """

    __slots__ = ()

    _precedence = 1
    _is_array = True

    def __init__(self, data: Any, label: str = "", dtype: Any = None) -> None:
        if dtype is None and not hasattr(data, "dtype"):
            dtype = default_dtype()
        watcher = contexts.watcher()
        if watcher is not None and watcher.stands_for_number(data):
            self._become_leaf(_as_float(data._datum, dtype or data._datum.dtype))
            watcher.stopped(self, data)
        else:
            self._become_leaf(_as_float(as_array(data, "Tensor"), dtype))
            if contexts.watched:
                contexts.born(self)
        if label.__class__ is not str or label:
            self.label = label

    # --- what it is -----------------------------------------------------------------------

    @property
    def data(self) -> Array:
        """The ndarray itself.

        That of a leaf may be written into (``w.data -= rate * w.grad``): graphs built
        before keep what they saw.  That of a result is read-only.
        """
        if contexts.watched:
            contexts.read(self, "array")
        datum: Array = self._datum
        if self.is_leaf:
            notes = self._noted()
            if not notes.lent:  # a graph may hold the array: whoever asks gets another
                self._datum = datum = datum.copy()
                notes.lent = True
            return datum
        datum = datum.view()
        datum.flags.writeable = False
        return datum

    @data.setter
    def data(self, data: Any) -> None:
        if contexts.watched:
            contexts.refuse("assigns to .data")
        array = as_array(data, "Tensor.data")
        if array.shape != self._datum.shape:
            raise ValueError(
                f"Tensor.data: an array of shape {array.shape} cannot take the place of one of "
                f"shape {self._datum.shape}; make a new Tensor"
            )
        self._rebind(_as_float(array, self._datum.dtype))

    def _rebind(self, array: Array) -> None:
        """Take an array of the same shape and dtype that nobody else will write into."""
        self._datum = array
        if self._notes is not None:
            self._notes.lent = False

    @property
    def grad(self) -> Any:
        """The sum over backward passes of d root / d self; None before the first one.

        An ndarray of the shape of self, or a Tensor after ``backward(create_graph=True)``.
        """
        if contexts.watched:
            contexts.refuse("reads .grad")
        return self._grad

    @grad.setter
    def grad(self, grad: Any) -> None:
        if contexts.watched:
            contexts.refuse("assigns to .grad")
        if grad is None:
            self._grad = None
            return
        array = grad
        if not isinstance(grad, Tensor):
            array = _as_float(as_array(grad, "Tensor.grad"), self._datum.dtype)
        if array.shape != self._datum.shape:
            raise ValueError(
                f"Tensor.grad: a gradient of shape {array.shape} for a Tensor of shape "
                f"{self._datum.shape}"
            )
        self._grad = array

    @property
    def shape(self) -> Shape:
        """The length of each axis."""
        return self._datum.shape  # type: ignore[no-any-return]

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self._datum.ndim  # type: ignore[no-any-return]

    @property
    def size(self) -> int:
        """The number of elements."""
        return self._datum.size  # type: ignore[no-any-return]

    @property
    def dtype(self) -> np.dtype[Any]:
        """float32 or float64."""
        return self._datum.dtype  # type: ignore[no-any-return]

    def item(self) -> float:
        """Return the only element as a float, without a graph."""
        if self._datum.size != 1:
            raise ValueError(f"item() is for one element, and the shape is {self.shape}")
        if contexts.watched:
            contexts.read(self, "array")
        return float(self._datum.reshape(()))

    def tolist(self) -> Any:
        """Return the elements as nested lists of floats."""
        if contexts.watched:
            contexts.read(self, "array")
        return self._datum.tolist()

    def numpy(self) -> Array:
        """Return a copy of the ndarray, without a graph."""
        if contexts.watched:
            contexts.read(self, "array")
        return self._datum.copy()  # type: ignore[no-any-return]

    def __len__(self) -> int:
        if not self._datum.ndim:
            raise TypeError("a Tensor without axes has no len()")
        return len(self._datum)

    def __iter__(self) -> Iterator[Tensor]:
        if not self._datum.ndim:
            raise TypeError("a Tensor without axes cannot be iterated over")
        return (self[i] for i in range(len(self._datum)))

    def __float__(self) -> float:
        return self.item()

    def __int__(self) -> int:
        return int(self.item())

    def __bool__(self) -> bool:
        if self._datum.size != 1:
            raise ValueError(
                f"the truth of a Tensor of shape {self.shape} is ambiguous: compare it and use "
                ".any() or .all()"
            )
        if contexts.watched:
            contexts.read(self, "array")
        return bool(self._datum)

    def __repr__(self) -> str:
        if contexts.watched:
            contexts.read(self, "array")
        numbers = np.array2string(
            self._datum, precision=4, separator=", ", threshold=60, edgeitems=3, prefix="Tensor("
        )
        dtype = "" if self.dtype == default_dtype() else f", dtype={self.dtype}"
        label = f", label={self.label!r}" if self.label else ""
        return f"{type(self).__name__}({numbers}{dtype}{label})"

    def __format__(self, spec: str) -> str:
        if not spec:
            return repr(self)
        if self._datum.ndim:
            raise TypeError(
                f"the format {shown(spec)} is for one number, and this Tensor has the shape "
                f"{self.shape}: take one with .item(), or format each of .tolist()"
            )
        return format(self.item(), spec)

    __hash__ = object.__hash__
    __eq__ = _comparison(operator.eq)
    __ne__ = _comparison(operator.ne)
    __lt__ = _comparison(operator.lt)
    __le__ = _comparison(operator.le)
    __gt__ = _comparison(operator.gt)
    __ge__ = _comparison(operator.ge)

    # --- the elementwise operations, each a row of the table ------------------------------

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

    def __pos__(self) -> Tensor:
        return self

    __floordiv__ = __rfloordiv__ = refused("Tensor", "//", "its derivative is 0; use x.data // y")
    __mod__ = __rmod__ = refused("Tensor", "%", "use x.data % y if no gradient is wanted")
    __round__ = refused("Tensor", "round()", "its derivative is 0; use x.data.round(n)")

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

    def leaky_relu(self, slope: Any = 0.01) -> Tensor:
        """Return self where it is positive, otherwise ``slope * self``."""
        return apply(primitives.leaky_relu, self, slope)  # type: ignore[no-any-return]

    def elu(self, alpha: Any = 1.0) -> Tensor:
        """Return self where it is positive, otherwise ``alpha * (exp(self) - 1)``."""
        return apply(primitives.elu, self, alpha)  # type: ignore[no-any-return]

    def clip(self, low: Any = None, high: Any = None) -> Tensor:
        """Return self, but no less than `low` and no more than `high`."""
        return array_functions.clip(self, low, high)  # type: ignore[no-any-return]

    def where(self, condition: Any, other: Any) -> Tensor:
        """Return self where the condition holds, otherwise `other`, like PyTorch's method."""
        return apply(primitives.where, condition, self, other)  # type: ignore[no-any-return]

    # --- the array primitives; arguments as in numpy ----------------------------------------

    __matmul__ = matmul = array_functions.matmul

    def __rmatmul__(self, other: Any) -> Tensor:
        return array_functions.matmul(other, self)  # type: ignore[no-any-return]

    def __getitem__(self, index: Any) -> Tensor:
        return array_functions.getitem(self, index)  # type: ignore[no-any-return]

    def __setitem__(self, index: Any, value: Any) -> None:
        raise TypeError(
            "an element of a Tensor cannot be assigned to, for the graph holds what it was: "
            "build another Tensor with autograd.where or autograd.concatenate, or write into "
            ".data of a leaf between two passes"
        )

    @property
    def T(self) -> Tensor:  # noqa: N802
        """The axes in reverse order."""
        return array_functions.transpose(self)  # type: ignore[no-any-return]

    sum = array_functions.array_sum
    mean = array_functions.mean
    var = array_functions.var
    std = array_functions.std
    prod = array_functions.prod
    max = array_functions.max
    min = array_functions.min
    argmax = array_functions.argmax
    argmin = array_functions.argmin
    cumsum = array_functions.cumsum
    norm = array_functions.norm
    logsumexp = array_functions.logsumexp
    softmax = array_functions.softmax
    log_softmax = array_functions.log_softmax
    ravel = flatten = array_functions.ravel
    swapaxes = array_functions.swapaxes
    squeeze = array_functions.squeeze
    take = array_functions.take
    dot = array_functions.array_dot

    def reshape(self, *shape: Any) -> Tensor:
        """Return the elements in another shape; one length may be -1."""
        return array_functions.reshape(self, shape[0] if len(shape) == 1 else shape)  # type: ignore[no-any-return]

    def transpose(self, *axes: Any) -> Tensor:
        """Return the axes in another order, reversed by default."""
        order = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes or None
        return array_functions.transpose(self, order)  # type: ignore[no-any-return]

    def astype(self, dtype: Any) -> Tensor:
        """Return the elements as float32 or float64."""
        wanted = float_dtype(dtype)
        if wanted == self.dtype:
            return self
        return apply_array(ARRAY_TABLE["astype"], self, dtype=wanted)  # type: ignore[no-any-return]

    # --- numpy's protocols --------------------------------------------------------------------

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        return call_ufunc("Tensor", ufunc, method, inputs, options)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return call_array_function(function, args, kwargs)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        if contexts.recording():
            raise TypeError(
                "a Tensor does not turn into an ndarray by itself, for its gradient would be "
                "lost: use t.data, or t.detach() for a Tensor without a graph"
            )
        if contexts.watched:
            contexts.read(self, "array")
        return np.array(self._datum, dtype=dtype)

    # --- the graph ------------------------------------------------------------------------------

    def backward(self, seed: Any = None, create_graph: bool = False) -> None:
        """Add seed * d self / d node to the `.grad` of every node of this graph.

        A Ctrl-C, or an error in a hook, comes before anything is added or after all of it.
        Threads may share leaves and whole graphs: each pass is added as one step, and none is
        lost.  Between two passes, though, another thread may come: one that zeroes gradients,
        or moves the leaves along them, has to be alone.

        Args:
            seed: the gradient of something else with respect to self, an array of the same
                shape; 1 by default, if self has one element.
            create_graph: make the gradients Tensors that can be differentiated again.

        Raises:
            TypeError: a seed of no numbers, or a `create_graph` that is neither True nor False.
            ValueError: no seed for a Tensor of several elements, or one of another shape.

        >>> x = Tensor([1.0, 2.0, 3.0])
        >>> (x * x).sum().backward()
        >>> x.grad
        array([2., 4., 6.])
        """
        if create_graph.__class__ is not bool:
            create_graph = as_flag(create_graph, "create_graph")
        backward(self, self._seed(seed, create_graph), create_graph)

    def _seed(self, seed: Any, create_graph: bool = False) -> Any:
        if isinstance(seed, Node) and create_graph:
            given: Any = seed
        elif seed is None:
            if self._datum.size != 1:
                raise ValueError(
                    f"backward starts from one number, and this Tensor has the shape {self.shape}: "
                    "take .sum() or .mean() first, or give seed= an array of that shape"
                )
            return np.ones_like(self._datum)
        else:
            given = _as_float(as_array(seed, "seed"), self._datum.dtype)
        if given.shape != self.shape:
            raise ValueError(f"the seed has the shape {given.shape}, and self {self.shape}")
        return given

    def zero_grad(self) -> None:
        """Set `.grad` to None in every node of this graph."""
        zero_grad(self)

    def detach(self) -> Tensor:
        """Return a leaf with the same data, through which no gradient flows."""
        leaf = _leaf(self._datum.copy())
        if contexts.watched:
            contexts.stopped(leaf, self)
        return leaf

    def scalars(self, leaves: dict[Tensor, Any] | None = None) -> Any:
        """Return the same computation, number by number, as a graph of Values.

        What `max` or `min` did not choose has no edge to the result.

        Args:
            leaves: if given, receives for every leaf of the graph the array of its Values.

        Returns:
            A Value, or an ndarray of Values in the shape of self.

        Raises:
            TypeError: `leaves` is no dict.

        >>> from autograd import topological_order
        >>> x = Tensor([1.0, 2.0], label="x")
        >>> y = (x * x).sum().scalars()
        >>> y.backward()
        >>> y, [leaf for leaf in topological_order(y) if leaf.is_leaf]
        (Value(5.000, grad=1.000), [Value(1.000, grad=2.000, label='x[0]'),
                                    Value(2.000, grad=4.000, label='x[1]')])
        """
        if leaves is not None and not isinstance(leaves, MutableMapping):
            raise TypeError(f"leaves is a dict that receives the Values, not {shown(leaves)}")
        return scalars(self, leaves)

    # --- what graph.py and operations.py ask of a kind of node -----------------------------------

    @classmethod
    def _carry_out(cls, primitive: Primitive, groups: Groups) -> Any:
        if primitive.variadic:  # sum and dot of lists: spelled out, operation by operation
            with np.errstate(all="ignore"):
                return primitive.value(TENSORS, *groups)
        return _elementwise(primitive, groups[0])

    @classmethod
    def _carry_out_array(
        cls, row: ArrayPrimitive, operands: tuple[Any, ...], parameters: dict[str, Any]
    ) -> Any:
        data, dtype = _read(operands)
        with np.errstate(all="ignore"):
            data = [np.asarray(d, dtype) if d.__class__ is float else d for d in data]
            try:
                out = np.asarray(row.value(NUMPY, *data, **parameters))
            except ValueError as error:
                raise _misfit(row.name, operands, error) from None
        is_node = [isinstance(operand, Node) for operand in operands]
        if True not in is_node:
            return out[()]
        if contexts.special:
            if contexts.detecting_anomaly() and not is_finite(out):
                _report(row.name, out, operands)
            if not contexts.recording():
                leaf = _leaf(out.copy() if out.base is not None else out)
                if contexts.watched:
                    contexts.unrecorded(leaf, cls._carry_out_array, row, operands, parameters)
                return leaf
        applied = Applied(row, parameters)
        kept, data = _kept(operands, data)
        partials = [
            Pullback(applied, slot, out, data) if node else None
            for slot, node in enumerate(is_node)
        ]
        return _record(applied, out, kept, partials)

    def _receive(self, adjoint: Any, partial: Any, chosen: Any = None) -> Any:
        contribution = Tensor._received(adjoint, partial, chosen, self._datum.shape)
        dtype = self._datum.dtype
        if contribution.dtype != dtype:
            return (TENSORS if isinstance(contribution, Node) else NUMPY).astype(
                contribution, dtype
            )
        return contribution

    @staticmethod
    def _received(adjoint: Any, partial: Any, chosen: Any, shape: Shape) -> Any:
        """Return adjoint times partial, summed back to the operand's shape."""
        if isinstance(partial, Pullback):
            if chosen is None:
                contribution = partial(adjoint)
            else:
                m = TENSORS if isinstance(adjoint, Node) else NUMPY
                contribution, chosen = partial.of_chosen(adjoint, chosen, m), None
        elif partial.__class__ is float and partial == 1.0:
            contribution = adjoint
        else:
            contribution = adjoint * partial
        recorded = isinstance(contribution, Node)
        if recorded and not contribution._is_array:  # the partial was a Value
            contribution = array_functions.as_operand(contribution, "backward")
        m = TENSORS if recorded else NUMPY
        if chosen is not None:
            contribution = m.where(chosen, contribution, 0.0)
        if contribution.shape != shape:
            contribution = sum_to(m, contribution, shape)
        return contribution

    def _constant(self, data: Any) -> Tensor:
        return _leaf(np.array(data, self._datum.dtype))

    def _nothing(self) -> Array:
        return np.zeros_like(self._datum)

    def _added(self, grad: Any, adjoint: Any) -> Any:
        if grad is not None:
            return grad + adjoint
        # a copy: adjoints may be shared between nodes, and `.grad` may be written into
        return adjoint if isinstance(adjoint, Node) else np.array(adjoint)

    def _differentiable_partials(self) -> tuple[Any, ...]:
        captured = self.partials
        operands = self.operands
        primitive = self._primitive
        if isinstance(primitive, Applied):
            recorded: list[Any] = [
                None if p is None else RecordedPullback(primitive, p.slot, self, operands)
                for p in captured
            ]
            seen = next(p.operands for p in captured if p is not None)
        elif primitive is None:
            return captured
        else:
            beside_value = any(isinstance(o, Node) and not o._is_array for o in operands)
            recorded = [
                partial
                if partial is None or (partial.__class__ is float and not beside_value)
                else read_tensors(formula, self, *operands)
                for formula, partial in zip(primitive.partials, captured, strict=True)
            ]
            seen = None
        for i, operand in enumerate(operands):
            if captured[i] is None:
                continue
            then, now = (
                (seen[i], operand._datum)
                if seen is not None
                else (captured[i], getattr(recorded[i], "_datum", recorded[i]))
            )
            if then is not now and not _same(then, now):
                raise RuntimeError(
                    f"the data of an operand of {primitive.name} ({shown(operand)}) was changed "
                    "after the forward pass; create_graph needs it as it was: compute the graph "
                    "again"
                )
        return tuple(recorded)

    def _repr_mimebundle_(self, **options: Any) -> Any:
        return Value._repr_mimebundle_(self, **options)  # type: ignore[arg-type]

    def __copy__(self) -> Tensor:
        return copy_node(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        return copy_graph(self, memo)

    def __reduce__(self) -> tuple[Any, ...]:
        return reduce_node(self)


Kinds.array = Tensor


def _same(before: Any, now: Any) -> bool:
    """Tell whether a partial is what it was, but for the rounding of another order of steps."""
    before = np.asarray(before)
    tolerance = 1e-4 if before.dtype == np.float32 else 1e-9
    size = np.abs(before[np.isfinite(before)]).max(initial=0.0)
    return np.allclose(before, now, tolerance, tolerance * float(size), equal_nan=True)


_OPERANDS = (
    Node, Real, np.ndarray, np.generic,
    complex, str, bytes, list, tuple, dict, set, type(None),
)  # fmt: skip


_FLOATS = (np.dtype(np.float32), np.dtype(np.float64))


def _as_float(array: Array, dtype: Any = None) -> Array:
    if dtype is not None:
        with np.errstate(all="ignore"):
            return array.astype(float_dtype(dtype), copy=False)
    if array.dtype in (np.float32, np.float64):
        return array
    return array.astype(default_dtype())


# --- reading formulas for Tensors -----------------------------------------------------------


class RecordedPullback(Pullback):
    """A `Pullback` over nodes: what it returns can be differentiated again."""

    __slots__ = ()


def _array_reader(row: ArrayPrimitive) -> Callable[..., Any]:
    def read(*operands: Any, **parameters: Any) -> Any:
        return apply_array(row, *operands, **parameters)

    return read


def read_tensors(formula: Callable[..., Any], out: Any, *operands: Any) -> Any:
    """Read a formula of the first table for Tensors: the result can be differentiated."""
    with np.errstate(all="ignore"):  # of the plain arrays among the operands
        try:
            return formula(TENSORS, out, *operands)
        except ArithmeticError:  # as in `_elementwise`
            arrays = (np.asarray(o, out.dtype) if o.__class__ is float else o for o in operands)
            return formula(TENSORS, out, *arrays)


def read_arrays(formula: Callable[..., Any], out: Any, *operands: Any) -> Any:
    """Read a formula of the first table for ndarrays, without warnings."""
    with np.errstate(all="ignore"):
        try:
            return formula(ARRAYS, out, *operands)
        except ArithmeticError:  # as in `_elementwise`
            return formula(ARRAYS, out, *(np.asarray(o, out.dtype) for o in operands))


TENSORS = SimpleNamespace(**vars(VALUES))
"""Reads a formula for Tensors: every function records a node."""
TENSORS.where = lambda condition, x, y: apply(primitives.where, condition, x, y)
TENSORS.reshape = lambda x, shape: apply_array(ARRAY_TABLE["reshape"], x, shape=shape)
TENSORS.transpose = lambda x, axes: apply_array(ARRAY_TABLE["transpose"], x, axes=axes)
TENSORS.broadcast_to = lambda x, shape: apply_array(ARRAY_TABLE["broadcast_to"], x, shape=shape)
TENSORS.getitem = lambda x, index: apply_array(ARRAY_TABLE["getitem"], x, index=index)
TENSORS.scatter = lambda x, index, shape: apply_array(
    ARRAY_TABLE["scatter"], x, index=index, shape=shape
)
TENSORS.astype = lambda x, dtype: apply_array(ARRAY_TABLE["astype"], x, dtype=dtype)
TENSORS.sum = lambda x, axis, keepdims: apply_array(
    ARRAY_TABLE["sum"], x, axis=axis, keepdims=keepdims
)
TENSORS.cumsum = lambda x, axis: apply_array(ARRAY_TABLE["cumsum"], x, axis=axis)
TENSORS.matmul = _array_reader(ARRAY_TABLE["matmul"])
TENSORS.einsum = _array_reader(ARRAY_TABLE["einsum"])
RecordedPullback.namespace = TENSORS
