"""The inputs of a program: where in the arguments of a call each of them is read.

The single numbers of an argument are one input, a vector, if the program computes with them as
an array; otherwise each of them is an input by itself, a Python float.  Arrays are inputs as
they are.  What a function takes from its surroundings is laid out like an argument of its own.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Iterator, Sequence
from numbers import Real
from typing import Any, NamedTuple

import numpy as np

from autograd.compiler.arguments import Arguments, Found, rebuilt, vector
from autograd.compiler.arrays import Symbol, Trace
from autograd.compiler.watching import Elements
from autograd.dtypes import computing_dtype
from autograd.formatting import shown
from autograd.graph import Node, topological_order
from autograd.operands import as_number

__all__ = ["Inputs"]

_VECTOR, _NUMBER, _ARRAY, _OWNED_VECTOR, _OWNED_NUMBER, _OWNED_ARRAY, _DRAWN = range(7)


class Slot(NamedTuple):
    """Where one input is read.

    Attributes:
        kind: what of the argument it is.
        argument: which argument; the surroundings come after the last.
        place: which of the numbers or arrays of this kind; -1 for a vector of all.
        symbol: of the input.
    """

    kind: int
    argument: int
    place: int
    symbol: Symbol


class Inputs:
    """The inputs of one recording.

    Args:
        trace: makes the symbols.
        spread: the arguments, and for owned numbers -1 - the argument, whose numbers are inputs
            one by one.

    Attributes:
        slots: one for each input.
        places: the input of each leaf that is a number, and the place in it.
        arrays: the symbol of each leaf that is an array.
        captured: the leaves that the function takes from its surroundings.
    """

    def __init__(self, trace: Trace, spread: frozenset[int]) -> None:
        self.slots: list[Slot] = []
        self.places: dict[Any, tuple[int, int]] = {}
        self.arrays: dict[Any, Symbol] = {}
        self.captured = Found()
        self.used: list[set[int]] = []
        self._trace = trace
        self._spread = spread
        self._count = 0
        self._of_arguments: dict[tuple[int, ...], tuple[int, ...]] = {}
        self._of_leaves: tuple[list[Node], tuple[int, ...]] | None = None
        self._draws: list[Callable[[], Any]] = []
        self._drawn: list[Any] | None = []
        self._results: list[Node] = []  # owned and captured nodes that are no leaves

    @property
    def symbols(self) -> list[Symbol]:
        """The symbols of the inputs, in order."""
        return [slot.symbol for slot in self.slots]

    @property
    def draws(self) -> bool:
        """Whether random numbers are among the inputs."""
        return bool(self._draws)

    # --- made while the function is being recorded ----------------------------------------------

    def add_argument(
        self, name: str, numbers: Sequence[Any], arrays: Sequence[Any], found: Found
    ) -> None:
        """Lay out an argument.

        Args:
            name: of the parameter.
            numbers: the stand-ins of its numbers.
            arrays: the stand-ins of its arrays.
            found: what was found in it.
        """
        argument = self._count
        self._count += 1
        self._add_numbers(_VECTOR, argument, numbers, name, argument in self._spread)
        for place, array in enumerate(arrays):
            if isinstance(array, Elements):
                dtype = computing_dtype(array._datum.dtype)
                symbol = self._trace.input(array.label or name, array._datum.shape, dtype)
                self.arrays[array] = symbol
                leaves = array.elements()
            else:  # the rows of a grid
                symbol = self._trace.input(name, (len(array), len(array[0])), "float64")
                leaves = dict(enumerate(leaf for row in array for leaf in row))
            for element, leaf in leaves.items():
                self.places[leaf] = (len(self.slots), element)
            self.slots.append(Slot(_ARRAY, argument, place, symbol))
        self._add_owned(argument, found)

    def add_captured(self, leaves: Sequence[Node]) -> None:
        """Lay out the leaves that the function takes from its surroundings."""
        self.captured.owned_numbers = [leaf for leaf in leaves if not leaf._is_array]
        self.captured.owned_arrays = [leaf for leaf in leaves if leaf._is_array]
        self._add_owned(self._count, self.captured)

    def add_drawn(self, leaf: Node, draw: Callable[[], Any]) -> None:
        """Add an array that is drawn anew at each replay; the first has what was recorded."""
        symbol = self._trace.input("drawn", leaf._datum.shape, leaf._datum.dtype)
        self.arrays[leaf] = symbol
        self.slots.append(Slot(_DRAWN, self._count, len(self._draws), symbol))
        self._draws.append(draw)
        if self._drawn is not None:
            self._drawn.append(leaf._datum)

    def _add_owned(self, argument: int, found: Found) -> None:
        spread = -1 - argument in self._spread
        owned = [*found.owned_numbers, *found.owned_arrays]
        self._results += [node for node in owned if not node.is_leaf]
        self._add_numbers(_OWNED_VECTOR, argument, found.owned_numbers, "weights", spread)
        for place, node in enumerate(found.owned_arrays):
            name = node.label or "weights"
            symbol = self._trace.input(name, node._datum.shape, node._datum.dtype)
            self.arrays.setdefault(node, symbol)
            self.slots.append(Slot(_OWNED_ARRAY, argument, place, symbol))

    def _add_numbers(
        self, kind: int, argument: int, leaves: Sequence[Any], name: str, spread: bool
    ) -> None:
        if not leaves:
            return
        if not spread:
            symbol = self._trace.input(name, (len(leaves),), "float64")
            for place, leaf in enumerate(leaves):
                self.places.setdefault(leaf, (len(self.slots), place))
            self.slots.append(Slot(kind, argument, -1, symbol))
            return
        for place, leaf in enumerate(leaves):
            label = leaf.label or (name if len(leaves) == 1 else f"{name}_{place}")
            self.places.setdefault(leaf, (len(self.slots), 0))
            symbol = self._trace.input(label)
            self.slots.append(Slot(kind + _NUMBER - _VECTOR, argument, place, symbol))

    def note_used(self, places: Sequence[tuple[int, int]], arrays: Sequence[Any]) -> None:
        """Note which inputs, and which numbers of them, the graph has among its leaves.

        Args:
            places: of numbers.
            arrays: leaves that are used as a whole.
        """
        self.used = [set() for _ in self.slots]
        for which, place in places:
            self.used[which].add(place)
        whole = {id(self.arrays[leaf]) for leaf in arrays if leaf in self.arrays}
        for slot, used in zip(self.slots, self.used, strict=True):
            if id(slot.symbol) in whole:
                used.add(-1)

    def only_single(self, symbols: set[int]) -> frozenset[int]:
        """Return the arguments whose vectors are among `symbols`, by id, as `spread` wants them."""
        found = set()
        for slot in self.slots:
            if id(slot.symbol) in symbols and slot.kind == _VECTOR:
                found.add(slot.argument)
            elif id(slot.symbol) in symbols and slot.kind == _OWNED_VECTOR:
                found.add(-1 - slot.argument)
        return frozenset(found)

    # --- at each call ---------------------------------------------------------------------------

    def bind(self, arguments: Arguments) -> list[Any]:
        """Return the numbers and arrays that the program is run on."""
        values: list[Any]
        if arguments.bound is not None and arguments.bound[0] is self:
            _, values, changing = arguments.bound
            values = values[:]
            for i in changing:
                values[i] = self._read(i, arguments)
        else:
            values = [
                self._read(i, arguments)
                for i, slot in enumerate(self.slots)
                if slot.kind != _DRAWN
            ]
            changing = [i for i, v in enumerate(values) if not self._stands(i, v, arguments)]
            arguments.bound = (self, values[:], changing)
        if self._draws:
            drawn, self._drawn = self._drawn, None
            values += [draw() for draw in self._draws] if drawn is None else drawn
        return values

    def _read(self, i: int, arguments: Arguments) -> Any:
        kind, argument, place, _ = self.slots[i]
        found = arguments.found
        of = found[argument] if argument < len(found) else self.captured
        if kind == _ARRAY:
            array = of.arrays[place]
            return _as_float(getattr(array, "_datum", array))
        if kind == _OWNED_ARRAY:
            return of.owned_arrays[place]._datum
        if kind == _VECTOR:
            return vector(of.numbers)
        if kind == _OWNED_VECTOR:
            return np.array([number._datum for number in of.owned_numbers])
        number = of.numbers[place] if kind == _NUMBER else of.owned_numbers[place]
        try:
            return float(getattr(number, "_datum", number))
        except OverflowError:
            return as_number(number, "a compiled function")  # it has words for it

    def _stands(self, i: int, value: Any, arguments: Arguments) -> bool:
        """Tell whether an input is an ndarray of the arguments itself, whatever is in it."""
        kind, argument, place, _ = self.slots[i]
        return kind == _ARRAY and arguments.found[argument].arrays[place] is value

    def holders(self, arguments: Arguments, wanted: Iterable[int] | None = None) -> list[Any]:
        """Return who gets the gradient of each input, or of those that are wanted.

        A Tensor or a Value; for a vector a list with a Value for each number that has one; None
        if nobody asks for it, or the graph does not have the input.
        """
        found = arguments.found
        holders: list[Any] = []
        for i in range(len(self.slots)) if wanted is None else wanted:
            kind, argument, place, _ = self.slots[i]
            used = self.used[i]
            of = found[argument] if argument < len(found) else self.captured
            holder: Any = None
            if not used or kind == _DRAWN:
                pass
            elif kind == _ARRAY:
                holder = of.arrays[place]
            elif kind == _OWNED_ARRAY:
                holder = of.owned_arrays[place]
            elif kind == _NUMBER:
                holder = of.numbers[place]
            elif kind == _OWNED_NUMBER:
                holder = of.owned_numbers[place]
            else:
                several = of.numbers if kind == _VECTOR else of.owned_numbers
                if len(used) < len(several):
                    several = [x if i in used else None for i, x in enumerate(several)]
                if any(isinstance(x, Node) for x in several):
                    holders.append(several)
                    continue
            holders.append(holder if isinstance(holder, Node) else None)
        return holders

    def kept(self, values: Sequence[Any], arguments: Arguments) -> list[Any]:
        """Return the inputs such that nobody writes into them before the backward pass."""
        found = [*arguments.found, self.captured]
        safe = list(values)
        for i, (kind, argument, place, _) in enumerate(self.slots):
            if kind == _ARRAY:
                given = found[argument].arrays[place]
            elif kind == _OWNED_ARRAY:
                given = found[argument].owned_arrays[place]
            else:
                continue
            value = values[i]
            if given is value:  # an ndarray, and not a copy of one
                if value.flags.writeable:
                    safe[i] = value.copy()
            elif (notes := getattr(given, "_notes", None)) is not None and notes.lent:
                safe[i] = value.copy()
        return safe

    def are_unchanged(self, values: Sequence[Any], before: Arguments, now: Arguments) -> bool:
        """Tell whether the inputs have the numbers that they had, and are the same nodes.

        Args:
            values: what a program was run on, without random numbers.
            before: what was found in the arguments then.
            now: what is found in them now.
        """
        for then, found in zip(before.found, now.found, strict=True):
            for name in ("numbers", "arrays", "owned_numbers", "owned_arrays"):
                for x, y in zip(getattr(then, name), getattr(found, name), strict=True):
                    if x is not y and (isinstance(x, Node) or isinstance(y, Node)):
                        return False
        return all(
            np.array_equal(value, self._read(i, now), equal_nan=True)
            for i, value in enumerate(values)
        )

    def of_arguments(self, chosen: tuple[int, ...]) -> tuple[int, ...]:
        """Return which inputs some arguments are."""
        known = self._of_arguments.get(chosen)
        if known is not None:
            return known
        self._of_arguments[chosen] = known = tuple(
            i for number in chosen for i, slot in enumerate(self.slots) if slot.argument == number
        )
        return known

    def of_leaf(self, leaf: Node) -> int:
        """Return which input a Tensor is that is no argument itself; -1 if it is none."""
        symbol = self.arrays.get(leaf)
        return next((i for i, slot in enumerate(self.slots) if slot.symbol is symbol), -1)

    def of_leaves(self, leaves: Sequence[Node]) -> tuple[int, ...]:
        """Return which inputs some Tensors are; those that are none are left out.

        Raises:
            TypeError: another input was computed from one of them, before the function ran.
        """
        known = self._of_leaves
        if known is None or list(map(id, known[0])) != list(map(id, leaves)):
            wanted = set(leaves)
            for node in self._results:
                if not wanted.isdisjoint(topological_order(node)):
                    raise TypeError(
                        f"the function uses {shown(node)}, which was computed from a parameter "
                        "before: compute it inside the function"
                    )
            places = tuple(i for i in map(self.of_leaf, leaves) if i >= 0)
            self._of_leaves = known = (list(leaves), places)
        return known[1]

    def in_structure(
        self,
        chosen: Sequence[int],
        gradients: Sequence[Any],
        args: Sequence[Any],
        arguments: Arguments,
    ) -> list[Any]:
        """Return the gradients by some arguments in the arguments' structures.

        Args:
            chosen: which arguments.
            gradients: of the inputs that they are, see `of_arguments`.
            args: the arguments.
            arguments: what was found in them.

        Raises:
            TypeError: an argument has no numbers.
        """
        supply = iter(gradients)
        results: list[Any] = []
        for number in chosen:
            parts: tuple[list[Any], ...] = ([], [], [], [], [], [], [])
            for i in self.of_arguments((number,)):
                slot = self.slots[i]
                gradient = next(supply)
                if gradient is None:
                    gradient = np.zeros(slot.symbol.shape, slot.symbol.dtype)
                if slot.kind == _VECTOR or slot.kind == _OWNED_VECTOR:
                    parts[slot.kind].extend(gradient.tolist())
                else:
                    parts[slot.kind].append(gradient)
            thing = args[number]
            is_object = (hasattr(thing, "__dict__") or hasattr(thing, "__slots__")) and (
                not isinstance(thing, (Node, Real, list, tuple, dict, types.FunctionType))
            )
            if is_object and not hasattr(thing, "named_parameters"):
                raise TypeError(
                    "the gradient by an object has the names of its named_parameters(), which "
                    f"{type(thing).__name__} does not have: take it by a dict of its attributes"
                )
            if not any(parts):
                raise TypeError(
                    f"argument {number + 1} has no numbers to take the gradient by: "
                    f"{shown(args[number])}"
                )
            by_id: dict[int, Any] = {}
            found = arguments.found[number]
            if found.owned_arrays:
                by_id |= zip(map(id, found.owned_arrays), parts[_OWNED_ARRAY], strict=True)
            if found.owned_numbers:
                singles = _floats(parts[_OWNED_VECTOR] + parts[_OWNED_NUMBER])
                by_id |= zip(map(id, found.owned_numbers), singles, strict=True)
            numbers = _floats(parts[_VECTOR] + parts[_NUMBER])
            results.append(rebuilt(args[number], numbers, iter(parts[_ARRAY]), by_id))
        return results


def _floats(numbers: Sequence[Any]) -> Iterator[float]:
    return map(float, numbers)


def _as_float(array: Any) -> Any:
    if array.__class__ is list or array.__class__ is tuple:  # a grid
        return np.array(array)
    dtype = computing_dtype(array.dtype)
    return array if array.dtype == dtype else array.astype(dtype)
