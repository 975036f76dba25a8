"""The arguments of a compiled function: what of them is structure and what is input.

Every number in the arguments is an input of the program, wherever it stands in nested
lists, tuples and dicts; all else is structure, and a call with another structure needs
another recording.  The single numbers of one argument are laid end to end in one vector;
arrays are inputs as they are.
"""

from __future__ import annotations

import array
import functools
import operator
import types
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from numbers import Integral, Real
from typing import Any

import numpy as np

from autograd.compiler.watching import Elements, Integer, Number, Watcher
from autograd.dtypes import has_numbers
from autograd.formatting import shown
from autograd.graph import Node
from autograd.operands import as_number, as_operand, is_whole
from autograd.tensor import Tensor
from autograd.value import Value

__all__ = ["Arguments", "Found", "flat", "rebuilt", "stand_ins", "vector"]


class Found:
    """What was found in one argument.

    Attributes:
        numbers: the Values, floats and ints in it, in order.
        arrays: the Tensors and ndarrays in it, in order.
        owned_numbers: the Values that are attributes of objects in it.
        owned_arrays: the same for Tensors.
        told_apart: objects that the structure tells apart by their identity.
        lists: the lists in it, each with what it held.
        is_plain: whether there is nothing but lists and tuples of numbers and arrays, so that
            `lists` tell whether it has changed.
    """

    __slots__ = (
        "arrays", "is_plain", "lists", "numbers", "owned_arrays", "owned_numbers", "told_apart",
    )  # fmt: skip

    def __init__(self) -> None:
        self.numbers: list[Any] = []
        self.arrays: list[Any] = []
        self.owned_numbers: list[Any] = []
        self.owned_arrays: list[Any] = []
        self.told_apart: list[Any] = []
        self.lists: list[tuple[list[Any], tuple[Any, ...]]] = []
        self.is_plain = True


class Arguments:
    """What was found in the arguments of one call.

    Attributes:
        found: in each of them.
        structure: what is equal for two calls that one recording may serve.
        bound: the inputs of a program as they were last read, see `Inputs.bind`.
    """

    __slots__ = ("_args", "_lists", "_shapes", "bound", "found", "structure")

    def __init__(self, found: list[Found], structure: Any, args: tuple[Any, ...] | None) -> None:
        self.found = found
        self.structure = structure
        self.bound: Any = None
        self._args: tuple[Any, ...] | None = None
        if args is not None and all(part.is_plain for part in found):
            arrays = [array for part in found for array in part.arrays]
            if sum(getattr(array, "_datum", array).nbytes for array in arrays) <= _REMEMBERED:
                self._args = args
                self._lists = [pair for part in found for pair in part.lists]
                self._shapes = [(a, a.shape) for a in arrays if a.__class__ is np.ndarray]

    def are(self, args: tuple[Any, ...]) -> bool:
        """Tell whether these are the same lists and arrays, with the same things in them."""
        if self._args is None or len(args) != len(self._args):
            return False
        if not all(map(operator.is_, args, self._args)):
            return False
        for thing, held in self._lists:
            if len(thing) != len(held) or not all(map(operator.is_, thing, held)):
                return False
        return all([array.shape == shape for array, shape in self._shapes])  # noqa: C419 - hot


_REMEMBERED = 2**20
"""Arguments whose arrays have at most so many bytes are remembered until the next call."""


_PLAIN = {Value: "V", float: "f", int: "i"}
_STATIC = (bool, str, bytes, type(None), type, types.FunctionType, types.BuiltinFunctionType,
           types.MethodType, types.ModuleType, np.ufunc, np.dtype, slice, range, frozenset,
           type(Ellipsis))  # fmt: skip


def flat(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Arguments:
    """Look through the arguments of a call.

    Raises:
        TypeError: something that is neither a number, an array or a structure of them nor an
            object or a constant.
    """
    found: list[Found] = []
    structure: list[Any] = []
    try:
        for argument in args:
            found.append(Found())
            structure.append(_walk(argument, found[-1]))
        for name in kwargs:
            found.append(Found())
            structure.append((name, _walk(kwargs[name], found[-1])))
    except RecursionError:
        raise ValueError(
            "a compiled function takes lists and dicts that are not nested so deep, and do not "
            f"contain themselves: argument {len(found)} does"
        ) from None
    return Arguments(found, tuple(structure), None if kwargs else args)


def _walk(thing: Any, found: Found) -> Any:
    kind = thing.__class__
    if kind is Tensor:
        found.arrays.append(thing)
        return ("T", thing._datum.shape, thing._datum.dtype.char)
    if kind is np.ndarray and thing.dtype.kind in "fiub":
        found.arrays.append(thing)
        return ("A", thing.shape, thing.dtype.char)
    if kind in _PLAIN:
        found.numbers.append(thing)
        return _PLAIN[kind]
    if kind is list or kind is tuple:
        if kind is list:
            found.lists.append((thing, tuple(thing)))
        kinds = set(map(type, thing))
        if len(kinds) == 1:
            (only,) = kinds
            if only in _PLAIN:
                found.numbers += thing
                return (kind, _PLAIN[only], len(thing))
            if only is list and _is_grid(thing):
                found.arrays.append(thing)
                found.is_plain = False
                return (kind, "grid", len(thing), len(thing[0]))
        return (kind, *[_walk(part, found) for part in thing])
    if kind is dict:
        found.is_plain = False
        return (dict, _keys(thing), *[_walk(part, found) for part in thing.values()])
    return _walk_rest(thing, found)


def _keys(thing: dict[Any, Any]) -> tuple[Any, ...]:
    keys = tuple(thing)
    return keys if set(map(type, keys)) <= {str} else tuple(map(exact, keys))


def exact(thing: Any) -> Any:
    """Return what is equal for constants that are the same: True is not 1, nor -0.0 0.0."""
    kind = thing.__class__
    if isinstance(thing, (float, complex)):
        return (kind, repr(thing))
    if isinstance(thing, tuple):
        return (kind, *map(exact, thing))
    if isinstance(thing, frozenset):
        return (kind, frozenset(map(exact, thing)))
    if isinstance(thing, (range, slice)):
        return (kind, exact(thing.start), exact(thing.stop), exact(thing.step))
    return (kind, thing)


def _is_grid(rows: Sequence[list[Any]]) -> bool:
    length = len(rows[0])
    return length > 0 and all(len(row) == length and set(map(type, row)) == {float} for row in rows)


def _walk_rest(thing: Any, found: Found) -> Any:
    found.is_plain = False
    if isinstance(thing, Node):
        if thing._is_array:
            found.arrays.append(thing)
            return ("T", thing._datum.shape, thing._datum.dtype.char)
        found.numbers.append(thing)
        return "V"
    if isinstance(thing, _STATIC):
        if isinstance(thing, type):
            return ("is", thing, *[_class(base, found) for base in _written(thing)])
        if _is_hashable(thing):
            return ("is", *exact(thing))
        return _by_identity(thing, found)
    if isinstance(thing, Iterator):
        raise TypeError(
            "a compiled function reads its arguments at every call, and an iterator gives each "
            f"thing only once: give it list(...) of {shown(thing)}"
        )
    if is_whole(thing):
        found.numbers.append(int(thing))
        return "i"
    if isinstance(thing, np.ndarray):
        if not has_numbers(thing):
            raise TypeError(f"a compiled function takes arrays of real numbers, not {shown(thing)}")
        found.arrays.append(np.asarray(thing))
        return ("A", thing.shape, thing.dtype.char)
    if isinstance(thing, Real):
        found.numbers.append(as_number(thing, "a compiled function"))
        return "f"
    if isinstance(thing, (list, tuple)):
        return (type(thing), *[_walk(part, found) for part in thing])
    if isinstance(thing, dict):
        return (type(thing), _keys(thing), *[_walk(part, found) for part in thing.values()])
    kind = thing.__class__
    if hasattr(thing, "__dict__") or (_slots(kind) and _is_transparent(kind)):
        return ("object", _attributes(thing, found, {}))
    raise TypeError(
        "a compiled function takes numbers, arrays, lists, tuples and dicts of them, and "
        f"objects that hold them, not {type(thing).__name__} {shown(thing)}"
    )


def _by_identity(thing: Any, found: Found) -> Any:
    found.told_apart.append(thing)  # while it is there, no other object has its id
    return ("is", type(thing), id(thing))


def _is_hashable(thing: Any) -> bool:
    try:
        hash(thing)
    except TypeError:
        return False
    return True


def _attributes(thing: Any, found: Found, seen: dict[int, int]) -> Any:
    """Describe an object by what its attributes are; Values and Tensors in it are inputs."""
    kind = thing.__class__
    if kind in (int, str, bool) or thing is None:
        return (kind, thing)
    if kind is float:
        return exact(thing)
    if id(thing) in seen:
        return seen[id(thing)]
    seen[id(thing)] = len(seen)
    if isinstance(thing, Node):
        if not thing._is_array:
            found.owned_numbers.append(thing)
            return kind
        found.owned_arrays.append(thing)
        return (kind, thing._datum.shape, thing._datum.dtype.char)
    inside: list[Any] = []
    if isinstance(thing, (list, tuple, deque)):
        inside = [_attributes(part, found, seen) for part in thing]
    elif isinstance(thing, dict):
        inside = [(exact(key), _attributes(part, found, seen)) for key, part in thing.items()]
    elif not _is_transparent(kind):
        held = _held(thing)
        if held is None:
            return _by_identity(thing, found)
        known, parts = held
        inside = [known, *[_attributes(part, found, seen) for part in parts]]
    if kind not in _WITHOUT_ATTRIBUTES:
        named = getattr(thing, "__dict__", {}).items()
        inside += [(key, _attributes(part, found, seen)) for key, part in named]
        slots = _slots(kind)
        if slots:
            inside += [_attributes(_in_slot(slot, thing), found, seen) for slot in slots]
        if id(kind) not in seen:
            seen[id(kind)] = len(seen)
            inside += [_class(base, found) for base in _written(kind)]
    return (kind, *inside)


def _held(thing: Any) -> tuple[Any, Iterable[Any]] | None:
    """Return what a container holds: a constant for all that is no object, and the objects."""
    if isinstance(thing, (set, frozenset)) and not any(isinstance(part, Node) for part in thing):
        return frozenset(map(exact, thing)), ()
    if isinstance(thing, np.ndarray):
        if thing.dtype == object:
            return thing.shape, thing.flat
        return (thing.shape, thing.dtype, thing.tobytes()), ()
    if isinstance(thing, (bytearray, memoryview, array.array)):
        return (bytes(thing), memoryview(thing).format), ()
    if isinstance(thing, BaseException):
        return None, thing.args
    if isinstance(thing, functools.partial):
        return None, (thing.func, thing.args, thing.keywords)
    return None


_WITHOUT_ATTRIBUTES = frozenset({list, tuple, dict, deque, set, np.ndarray, bytearray, array.array})


def _class(kind: Any, found: Found) -> Any:
    """Describe a class by which objects its attributes are."""
    values = tuple(vars(kind).values())
    found.told_apart.append(values)
    return (kind, *map(id, values))


@functools.cache
def _written(kind: Any) -> tuple[type[Any], ...]:
    """Return those of its classes that are written in Python, whose attributes may be set."""
    return tuple(base for base in kind.__mro__ if base.__flags__ & _HEAP_TYPE)


_HEAP_TYPE = 1 << 9  # of the flags of a class: made by a class statement, or as if by one
_WORD = np.intp().nbytes


@functools.cache
def _slots(kind: Any) -> tuple[Any, ...]:
    """Return the descriptors of a class's slots."""
    return tuple(
        slot
        for base in _written(kind)
        for slot in vars(base).values()
        if isinstance(slot, types.MemberDescriptorType)
    )


def _in_slot(slot: Any, thing: Any) -> Any:
    try:
        return slot.__get__(thing)
    except AttributeError:  # nothing is in it
        return type(slot)


@functools.cache
def _is_transparent(kind: Any) -> bool:
    """Tell whether the attributes and slots of such objects are all that there is to them.

    A class written in C may keep more: it makes its objects larger.  One that says how it is
    pickled may stand for something that is not among its attributes.
    """
    if any(isinstance(getattr(kind, name, None), types.FunctionType) for name in _PICKLING):
        return False
    slots = len(_slots(kind))
    # a dict that CPython keeps in front of the object, from 3.11 on, has no positive offset
    words = slots + (kind.__dictoffset__ > 0) + (kind.__weakrefoffset__ > 0)
    small = kind.__basicsize__ <= object.__basicsize__ + _WORD * words
    return bool((slots or kind.__dictoffset__) and kind.__itemsize__ == 0 and small)


_PICKLING = ("__reduce__", "__reduce_ex__", "__getnewargs__", "__getnewargs_ex__")


# --- stand-ins: what the function is given while it is recorded ---------------------------------


def stand_ins(
    thing: Any, watcher: Watcher, numbers: list[Any], arrays: list[Any], name: str = ""
) -> Any:
    """Return the argument with a node in the place of every number and array.

    Args:
        thing: the argument.
        watcher: is told which Values stand for plain numbers.
        numbers: receives the stand-ins of the numbers in the order of `Arguments.numbers`.
        arrays: the same for arrays: an `Elements` each, or the rows of Values of a grid.
        name: a label for what has none.
    """
    if isinstance(thing, Node):
        label = thing.label or name
        if thing._is_array:
            arrays.append(Elements.of(thing._datum.copy(), label))
            return arrays[-1]
        numbers.append(_value(Value, thing._datum, label))
        numbers[-1].scope = thing.scope
        return numbers[-1]
    if isinstance(thing, np.ndarray):
        arrays.append(watcher.number(Elements.of(np.array(thing), name, is_plain=True)))
        return arrays[-1]
    if isinstance(thing, _STATIC):
        return thing
    if isinstance(thing, Integral):
        number = as_number(thing, "a compiled function")
        numbers.append(watcher.number(_value(Integer, number, name)))
        return numbers[-1]
    if isinstance(thing, Real):
        numbers.append(watcher.number(_value(Number, float(thing), name)))
        return numbers[-1]
    if isinstance(thing, (list, tuple)):
        if thing and type(thing[0]) is list and set(map(type, thing)) == {list} and _is_grid(thing):
            rows = [[watcher.number(_value(Number, x, "")) for x in row] for row in thing]
            arrays.append(rows)
            return rows if type(thing) is list else tuple(rows)
        parts = [
            stand_ins(part, watcher, numbers, arrays, f"{name}[{i}]" if name else "")
            for i, part in enumerate(thing)
        ]
        return _like(thing, parts)
    if isinstance(thing, dict):
        return {
            key: stand_ins(part, watcher, numbers, arrays, f"{name}[{key!r}]" if name else "")
            for key, part in thing.items()
        }
    return thing


def _value(kind: type[Value], number: float, label: str) -> Value:
    stand_in = kind.__new__(kind)
    stand_in._become_leaf(number)
    if label:
        stand_in.label = label
    return stand_in


def _like(thing: Any, parts: list[Any]) -> Any:
    if hasattr(thing, "_fields"):  # a namedtuple
        return type(thing)(*parts)
    return parts if isinstance(thing, list) else tuple(parts)


def rebuilt(
    thing: Any, numbers: Iterator[Any], arrays: Iterator[Any], owned: Mapping[int, Any]
) -> Any:
    """Return what belongs to each number and array of an argument, in the argument's structure.

    Args:
        thing: the argument.
        numbers: what belongs to each number.
        arrays: what belongs to each array.
        owned: what belongs to each attribute of objects, by its id.

    Returns:
        For an object with named parameters a dict of what belongs to each by its name; None for
        what is neither number nor array nor a structure of them.
    """
    kind = thing.__class__
    if kind is Tensor or kind is np.ndarray:
        return next(arrays)
    if kind is list or kind is tuple:
        if thing:
            only = thing[0].__class__
            if only in _PLAIN and set(map(type, thing)) == {only}:
                return kind(islice(numbers, len(thing)))
            if only is list and set(map(type, thing)) == {list} and _is_grid(thing):
                return kind(next(arrays).tolist())
        return kind([rebuilt(part, numbers, arrays, owned) for part in thing])
    if isinstance(thing, Node):
        return next(arrays) if thing._is_array else next(numbers)
    if isinstance(thing, np.ndarray):
        return next(arrays)
    if isinstance(thing, _STATIC):
        return None
    if isinstance(thing, Real):
        return next(numbers)
    if isinstance(thing, (list, tuple)):
        return _like(thing, [rebuilt(part, numbers, arrays, owned) for part in thing])
    if isinstance(thing, dict):
        return {key: rebuilt(part, numbers, arrays, owned) for key, part in thing.items()}
    if hasattr(thing, "named_parameters"):
        return {name: owned[id(parameter)] for name, parameter in thing.named_parameters()}
    return None


def vector(numbers: Iterable[Any]) -> Any:
    """Return the numbers of Values, floats and ints as one float64 array."""
    try:
        return _vector(numbers)
    except OverflowError:
        for number in numbers:
            as_operand(number, "a compiled function")  # it has words for it
        raise


def _vector(numbers: Iterable[Any]) -> Any:
    kinds = set(map(type, numbers))
    if kinds == {Value}:
        return np.array([value._datum for value in numbers])
    if Value not in kinds and not any(issubclass(kind, Node) for kind in kinds):
        return np.array(numbers, dtype=float)
    return np.array([getattr(x, "_datum", x) for x in numbers], dtype=float)
