"""Watching a function while it runs once on the engine: what it learns about the numbers.

A graph shows what was computed, but not that an ``if`` looked at a number, or that a
constant was a number of the arguments a moment ago.  The engine tells its watcher of that
(`autograd.contexts`), and the watcher notes it down as guards and as sources of leaves.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from autograd import array_functions, contexts
from autograd.anomaly import is_asked_by_us
from autograd.dual import without_tangents
from autograd.graph import Node
from autograd.operands import as_operand
from autograd.primitives import Primitive
from autograd.tensor import Tensor
from autograd.value import Value

__all__ = ["COMPARISONS", "Elements", "Guard", "Integer", "Number", "Truth", "Truths", "Watcher"]


def _comparison(name: str, symbol: str) -> Primitive:
    row = Primitive.__new__(Primitive)  # outside the table: it has no derivative
    row.name, row.symbol, row.ascii = name, symbol, symbol
    row.doc = f"Whether x {symbol} y: 1 or 0."
    row.value = lambda m, x, y: math.nan
    row.partials = ()
    row.variadic = row.commutes = row.chooses = False
    return row


COMPARISONS = {
    "gt": _comparison("greater", ">"),
    "ge": _comparison("greater_equal", ">="),
    "lt": _comparison("less", "<"),
    "le": _comparison("less_equal", "<="),
    "eq": _comparison("equal", "=="),
    "ne": _comparison("not_equal", "!="),
}
"""What a program calls Python's comparisons."""


LOGIC = {"and": _comparison("and", "&"), "or": _comparison("or", "|")}


class Guard(NamedTuple):
    """What the function has learnt about a node: a replay is right only if it still holds.

    Attributes:
        node: the Value or Tensor that was looked at.
        how: as "truth", "value", "integer" or "array".
        expected: what was seen.
    """

    node: Any
    how: str
    expected: Any


class Watcher:
    """Notes what a function that is being recorded does beside computing.

    Attributes:
        guards: what it has looked at.
        sources: the node that a leaf has its number from, though no gradient flows there.
        constants: leaves made of plain numbers.
        effects: functions that are called with what the function has computed.
        draws: leaves that hold random numbers, and who draws them.
        made: the ids of the nodes that operations have made; every other node has been there
            before, and is an input, whatever it was made of.
    """

    def __init__(self) -> None:
        self.guards: list[Guard] = []
        self.sources: dict[Node, Node] = {}
        self.constants: set[Node] = set()
        self.effects: list[tuple[Callable[..., Any], tuple[Any, ...]]] = []
        self.draws: dict[Node, Callable[[], Any]] = {}
        self.made: set[int] = set()
        self._numbers: set[Node] = set()
        self._seen: set[tuple[int, str]] = set()

    def number(self, stand_in: Any) -> Any:
        """Note that a node stands for a plain number or array, and return it."""
        self._numbers.add(stand_in)
        return stand_in

    def stands_for_number(self, data: Any) -> bool:
        """Tell whether something stands for a plain number or array of the arguments."""
        return isinstance(data, Node) and (data in self._numbers or data in self.sources)

    def born(self, leaf: Node) -> None:
        """Note a leaf that was made of a plain number."""
        self.constants.add(leaf)

    def drawn(self, draw: Callable[[], Any]) -> Tensor:
        """Return random numbers as a leaf, and note where they come from."""
        leaf = Tensor.__new__(Tensor)
        leaf._become_leaf(draw())
        self.draws[leaf] = draw
        return leaf

    def stopped(self, leaf: Node, source: Node) -> None:
        """Note that a leaf has its number from `source`."""
        source = without_tangents(source)
        if isinstance(source, Node):
            self.constants.discard(leaf)
            self.sources[leaf] = source
        else:
            self.born(leaf)

    def read(self, node: Node, how: str) -> None:
        """Note that the function has looked at a number or an array."""
        node = without_tangents(node)
        if not isinstance(node, Node) or (id(node), how) in self._seen:
            return
        self._seen.add((id(node), how))  # the guard keeps the node, and so its id
        datum = node._datum
        expected: Any
        if how == "truth":
            expected = bool(datum)
        elif how == "integer":
            expected = float(int(datum))
        elif how == "value":
            expected = float(datum)
        else:
            expected = np.array(datum)
        self.guards.append(Guard(node, how, expected))

    def compared(self, relation: Callable[[Any, Any], Any], left: Any, right: Any) -> Any:
        """Return the comparison as a node, which tells when somebody looks at it."""
        left, right = without_tangents(left), without_tangents(right)
        if not isinstance(left, Node) and not isinstance(right, Node):
            return relation(left, right)
        kind = Tensor if any(getattr(x, "_is_array", False) for x in (left, right)) else Value
        left = as_operand(left, relation.__name__, arrays=True)
        right = as_operand(right, relation.__name__, arrays=True)
        if isinstance(left, np.ndarray) or isinstance(right, np.ndarray):
            kind = Tensor
        outcome = relation(getattr(left, "_datum", left), getattr(right, "_datum", right))
        made = Truths if kind is Tensor else Truth
        node: Any = contexts.new(made)
        datum = np.asarray(outcome, float) if kind is Tensor else float(outcome)
        node._become_result(COMPARISONS[relation.__name__], [(left, right)], [None], datum)
        return node


class _Hashed(Value):
    """A stand-in that the function finds in sets and dicts by its number, which is a guard."""

    __slots__ = ()

    __eq__ = Value.__eq__

    def __hash__(self) -> int:
        if contexts.watcher() is None or is_asked_by_us():  # the engine's sets are of nodes
            return object.__hash__(self)
        contexts.read(self, "value")
        return hash(self._datum)


class Truth(_Hashed):
    """Whether a comparison holds, 1 or 0: who asks makes a guard of it."""

    __slots__ = ()

    def __and__(self, other: Any) -> Any:
        return self._joined("and", other, self._datum and getattr(other, "_datum", other))

    def __or__(self, other: Any) -> Any:
        return self._joined("or", other, self._datum or getattr(other, "_datum", other))

    def _joined(self, how: str, other: Any, outcome: Any) -> Any:
        if not isinstance(other, (Truth, bool)):
            return NotImplemented
        node = contexts.new(Truth)
        other = other if isinstance(other, Truth) else float(other)
        node._become_result(LOGIC[how], [(self, other)], [None], float(outcome))
        return node

    __rand__, __ror__ = __and__, __or__

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if ufunc in _OF_MASKS:
            return getattr(ufunc, method)(*map(_seen, inputs), **kwargs)
        return super().__array_ufunc__(ufunc, method, *inputs, **kwargs)

    def __repr__(self) -> str:
        return repr(bool(self))


class Truths(Tensor):
    """The same for arrays: a mask."""

    __slots__ = ()

    def _seen(self) -> Any:
        contexts.read(self, "array")
        return self._datum != 0.0

    def __and__(self, other: Any) -> Any:
        return self._seen() & _seen(other)

    def __or__(self, other: Any) -> Any:
        return self._seen() | _seen(other)

    __rand__, __ror__ = __and__, __or__

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if ufunc in _OF_MASKS:
            return getattr(ufunc, method)(*map(_seen, inputs), **kwargs)
        return super().__array_ufunc__(ufunc, method, *inputs, **kwargs)

    def __invert__(self) -> Any:
        return ~self._seen()

    as_index = _seen

    def any(self, axis: Any = None) -> Any:
        """Tell whether any of them holds."""
        return self._seen().any(axis)

    def all(self, axis: Any = None) -> Any:
        """Tell whether all of them hold."""
        return self._seen().all(axis)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.array(self._seen(), dtype=dtype)

    def __repr__(self) -> str:
        return repr(self._seen())


# of a mask numpy's own operators are computed at once: `array & mask` asks numpy first
_OF_MASKS = (np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.logical_and, np.logical_or)


def _seen(mask: Any) -> Any:
    if isinstance(mask, Truth):
        return bool(mask)
    return mask._seen() if isinstance(mask, Truths) else mask


class Number(_Hashed):
    """Stands for a float of the arguments, or for what was computed of plain numbers alone."""

    __slots__ = ()


class Integer(Number):
    """Stands for an int of the arguments: as an index or a length it becomes a guard."""

    __slots__ = ()

    def __int__(self) -> int:
        if abs(self._datum) > _EXACT:
            raise ValueError(
                "a compiled function has its numbers as floats, in which whole numbers beyond "
                f"2**53 are not exact, and it takes {self._datum:.17g} for an int: give a larger "
                "one as a str, or leave the function uncompiled"
            )
        return super().__int__()

    def __index__(self) -> int:
        return int(self)

    def __rmul__(self, other: Any) -> Any:
        if isinstance(other, (list, tuple, str)):
            return other * int(self)
        return super().__rmul__(other)

    def __format__(self, spec: str) -> str:
        return format(int(self), spec)


def _of_number(name: str) -> Any:
    of_values = getattr(Value, name)

    def method(self: Any) -> Any:
        result = of_values(self)
        if result.__class__ is Value:
            result.__class__ = self.__class__
        return result

    method.__name__ = name
    return method


def _of_numbers(name: str) -> Any:
    of_values, keeps_whole = getattr(Value, name), name in _WHOLE

    def method(self: Any, other: Any) -> Any:
        mine, kind = self.__class__, other.__class__
        stands_in = kind is Number or kind is Integer
        self.__class__ = Value  # which the engine has a short way for
        if stands_in:
            other.__class__ = Value
        try:
            result = of_values(self, other)
        finally:
            self.__class__ = mine
            if stands_in:
                other.__class__ = kind
        if result.__class__ is Value and issubclass(kind, _PLAIN):
            is_whole = keeps_whole and mine is Integer and issubclass(kind, _INTEGERS)
            if is_whole and abs(result._datum) > _EXACT:
                return getattr(int(self), name)(int(other))  # Python's ints have no end
            result.__class__ = Integer if is_whole else Number
        return result

    method.__name__ = name
    return method


def _of_ints(name: str) -> Any:
    def method(self: Integer, *others: Any) -> Any:
        plain = [int(other) if isinstance(other, Integer) else other for other in others]
        return getattr(int(self), name)(*plain)

    method.__name__ = name
    return method


_EXACT = 2.0**53
"""Up to here each whole number is a float."""

_INTEGERS = (int, Integer)
_PLAIN = (int, float, Number)
_WHOLE = ("__add__", "__radd__", "__sub__", "__rsub__", "__mul__", "__rmul__")

for _name in (*_WHOLE, "__truediv__", "__rtruediv__", "__pow__", "__rpow__"):
    setattr(Number, _name, _of_numbers(_name))
for _name in ("__neg__", "__abs__"):
    setattr(Number, _name, _of_number(_name))
for _name in ("floordiv", "mod", "divmod", "lshift", "rshift", "and", "or", "xor"):
    setattr(Integer, f"__{_name}__", _of_ints(f"__{_name}__"))
    setattr(Integer, f"__r{_name}__", _of_ints(f"__r{_name}__"))
for _name in ("__invert__", "__round__", "bit_length"):
    setattr(Integer, _name, _of_ints(_name))


class Elements(Tensor):
    """Stands for an array of the arguments: its single elements, if taken, are Values.

    An element knows the array and its place in it (`place`), so that the program finds it.
    """

    __slots__ = ("_base", "_given", "_is_plain", "_places", "_rows", "_values")

    _base: Elements
    _given: Any
    _is_plain: bool
    _places: Any
    _values: Any
    _rows: dict[Any, Any]

    @classmethod
    def of(cls, array: Any, label: str = "", is_plain: bool = False) -> Elements:
        """Return the stand-in of an ndarray, or of the array of a Tensor, which is not copied.

        Args:
            array: the array.
            label: a name for it.
            is_plain: whether it is an ndarray, whose elements are plain numbers.
        """
        stand_in = cls.__new__(cls)
        stand_in._become_leaf(array)
        stand_in.label = label
        stand_in._base = stand_in
        stand_in._given = array
        stand_in._is_plain = is_plain
        stand_in._places = np.arange(array.size).reshape(array.shape)
        stand_in._values = {}
        stand_in._rows = {}
        return stand_in

    def __getitem__(self, index: Any) -> Any:
        if type(index) is not int and not _picks_a_part(index):
            return array_functions.getitem(self, index)
        if not self._datum.ndim and self._datum.dtype.kind == "f":  # still an array, as outside
            return array_functions.getitem(self, index)
        with contextlib.suppress(KeyError, TypeError):  # a slice has a hash from 3.12 on
            return self._rows[index]
        index = _plain(index)
        places = self._places[index]
        part = self._element(int(places)) if places.ndim == 0 else self._part(index, places)
        if not isinstance(index, slice):
            with contextlib.suppress(TypeError):
                self._rows[index] = part
        return part

    def _element(self, place: int) -> Value:
        values = self._base._values
        if place not in values:
            datum = self._base._datum
            kind: type[Value] = Integer
            if datum.dtype.kind == "f":
                kind = Number if self._base._is_plain else Value
            values[place] = element = kind.__new__(kind)
            element._become_leaf(float(datum.flat[place]))
        return values[place]  # type: ignore[no-any-return]

    def _part(self, index: Any, places: Any) -> Any:
        taken = array_functions.getitem(self, index)
        part: Elements = contexts.new(Elements)
        for slot in Tensor.__slots__ + Node.__slots__:
            if slot not in ("__weakref__", "_adjoint"):
                setattr(part, slot, getattr(taken, slot))
        part._base, part._places, part._is_plain = self._base, places, self._is_plain
        part._given = self._given[index]
        part._values = {}
        part._rows = {}
        return part

    def __iter__(self) -> Iterator[Any]:
        if not self._datum.ndim:
            raise TypeError("a Tensor without axes cannot be iterated over")
        if self._datum.ndim == 1:
            return iter([self._element(place) for place in self._places.tolist()])
        return iter([self[i] for i in range(len(self._datum))])

    def as_index(self) -> Any:
        """Return the array itself, which is to be used as an index, and make a guard of it."""
        contexts.read(self, "array")
        return self._given.copy()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or not hasattr(np.ndarray, name):
            raise AttributeError(f"a Tensor has no attribute {name!r}")
        return getattr(self.as_index(), name)

    def __floordiv__(self, other: Any) -> Any:
        return self.as_index() // other

    def __mod__(self, other: Any) -> Any:
        return self.as_index() % other

    def __invert__(self) -> Any:
        return ~self.as_index()

    def elements(self) -> dict[int, Value]:
        """Return the elements that were taken one by one, by their places in the flat array."""
        return self._values  # type: ignore[no-any-return]


def _of_arrays(name: str) -> Any:
    of_tensors = getattr(Tensor, name, None)

    def method(self: Elements, other: Any) -> Any:
        if self._datum.dtype.kind == "f":
            return NotImplemented if of_tensors is None else of_tensors(self, other)
        other = other.as_index() if isinstance(other, Elements) else _plain(_seen(other))
        return getattr(self.as_index(), name)(other)

    method.__name__ = name
    return method


for _name in ("and", "or", "xor", "lshift", "rshift"):  # of numbers that are no floats
    setattr(Elements, f"__{_name}__", _of_arrays(f"__{_name}__"))
    setattr(Elements, f"__r{_name}__", _of_arrays(f"__r{_name}__"))


def _picks_a_part(index: Any) -> bool:
    """Tell whether an index is made of integers and slices, and so gives a view."""
    if isinstance(index, tuple):
        return all(map(_picks_a_part, index))
    if isinstance(index, (bool, np.bool_)):  # equal to 1, and yet another index
        return False
    return index is None or isinstance(index, (int, np.integer, Integer, slice, type(Ellipsis)))


def _plain(index: Any) -> Any:
    """Return an index of plain integers; those of the arguments become guards."""
    if isinstance(index, tuple):
        return tuple(map(_plain, index))
    if isinstance(index, slice):
        return slice(*(_plain(part) for part in (index.start, index.stop, index.step)))
    return int(index) if isinstance(index, Integer) else index


Elements.__name__ = Truths.__name__ = "Tensor"  # what an error message calls them
Integer.__name__ = Number.__name__ = Truth.__name__ = "Value"
