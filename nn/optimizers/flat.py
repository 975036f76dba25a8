"""Parameters laid end to end: a whole network moves with a handful of numpy calls.

A small network has many short arrays, and a numpy call each would cost more than the
arithmetic; a large one has arrays that do not fit the processor's cache, and passing over
them once for each operation would wait for memory most of the time.  Both are cured by the
same picture: think of all parameters as one long line of numbers, cut it into blocks of
`BLOCK` numbers, and carry out all of a rule's operations on one block before the next.

The moments of an optimizer lie in such lines and are updated in place.  The parameters
themselves are not: a graph that was built before the step holds their arrays, and must keep
what it saw.  So the new values go into a line that nobody holds, of which the parameters'
arrays become views.

All of it runs in one thread.  Two would halve the time of a large network's step if they had
two cores for themselves, but the threads of numpy's matrix products go on spinning for some
hundredths of a second after the last product, on every core but one: inside a training on
two cores, with OpenBLAS, two threads were no faster than one.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from operator import is_
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd.formatting import shown
from autograd.graph import Node
from autograd.operands import as_number, is_of_called_code

__all__ = ["BLOCK", "Block", "Constants", "Flat", "ScalarFlat", "described"]

BLOCK = 49152
"""Numbers in a block: the six float32 arrays of an Adam step then take 1.1 MiB.  Smaller blocks
would lie nearer to the processor, but each has a dozen numpy calls of its own: of the sizes
from 8,192 to 131,072 this was the fastest, a tenth faster than 16,384."""

Array = NDArray[Any]
Rule = Callable[["Block", Array, Array, Array], None]


class Constants(dict[float, Array]):
    """Numbers as 0-d arrays of one dtype, made once: numpy takes them faster than floats.

    >>> constants = Constants(np.dtype("float32"))
    >>> constants[0.5]
    array(0.5, dtype=float32)
    >>> constants[0.5] is constants[0.5]
    True
    """

    def __init__(self, dtype: np.dtype[Any]) -> None:
        super().__init__()
        self.dtype = dtype

    def __missing__(self, number: float) -> Array:
        constant = self[number] = np.array(number, self.dtype)
        return constant


class Block:
    """A stretch of the line: either several whole parameters, or a part of a large one.

    Attributes:
        first, last: the parameters are numbers first to last - 1.
        inside: which part of the one parameter; None if they are whole.
        start, stop: where in the line.
        slots: this stretch of each of the optimizer's moments.
        scratch, spare: room for a rule's intermediate results.
        decays: 1 where weight decay acts and 0 where it does not; None if it acts everywhere.
        constants: numbers as arrays of the parameters' dtype.
    """

    __slots__ = (
        "constants", "decays", "first", "gradient", "inside", "last", "scratch", "slots", "spare",
        "start", "stop",
    )  # fmt: skip

    def __init__(
        self, flat: Flat, first: int, last: int, start: int, stop: int, inside: slice | None
    ) -> None:
        self.first, self.last, self.inside = first, last, inside
        self.start, self.stop = start, stop
        self.slots = {name: line[start:stop] for name, line in flat.slots.items()}
        self.gradient, self.scratch, self.spare = (room[: stop - start] for room in flat.rooms)
        self.decays = None if flat.decays is None else flat.decays[start:stop]
        self.constants = flat.constants


class Flat:
    """The parameters of one dtype, and an optimizer's moments for them, as lines.

    Args:
        parameters: Tensors whose arrays have that dtype.
        dtype: float32 or float64.
        slots: what each moment is called and the number that it starts from.
    """

    def __init__(
        self, parameters: Sequence[Any], dtype: np.dtype[Any], slots: dict[str, float]
    ) -> None:
        self.parameters = list(parameters)
        self.dtype = dtype
        self.shapes = [self._shape(parameter) for parameter in self.parameters]
        sizes = [int(np.prod(shape, dtype=np.int64)) for shape in self.shapes]
        self.ends = np.cumsum(sizes, dtype=np.int64).tolist()
        self.starts = [end - size for end, size in zip(self.ends, sizes, strict=True)]
        self.size = sum(sizes)
        self.slots = {name: np.full(self.size, start, dtype) for name, start in slots.items()}
        # a gradient that is gathered and two intermediate results, reused by every block
        self.rooms = [np.empty(min(self.size, BLOCK), dtype) for _ in range(3)]
        self.decays: Array | None = None
        self.constants = Constants(dtype)
        self._lines: list[Array] = []
        self._plan: tuple[list[int], list[Block]] = ([], [])
        self._current: Array | None = None  # the line of which all parameters were made views,
        self._views: list[Array] = []  # and these

    @staticmethod
    def _shape(parameter: Any) -> tuple[int, ...]:
        shape: tuple[int, ...] = parameter._datum.shape
        return shape

    # --- what is given ----------------------------------------------------------------

    def checked(self, gradients: Sequence[Any]) -> tuple[list[int], list[Any]]:
        """Return which parameters have a gradient, and the gradients, fit to be gathered.

        Raises:
            ValueError: a gradient has another shape than its parameter, or a parameter
                another shape than at the steps before.
            TypeError: a gradient is no array.
        """
        moving: list[int] = []
        arrays: list[Any] = []
        dtype = self.dtype
        for i, gradient in enumerate(gradients):
            if gradient is not None:
                moving.append(i)
                datum, shape = self.parameters[i]._datum, self.shapes[i]
                if datum.shape != shape or datum.dtype != dtype:
                    raise ValueError(
                        f"{described(self.parameters[i])} was an array of shape {shape} and dtype "
                        f"{self.dtype} at the steps before, and now has shape {datum.shape} and "
                        f"dtype {datum.dtype}: make a new optimizer for it"
                    )
                if (
                    gradient.__class__ is not np.ndarray
                    or gradient.shape != shape
                    or gradient.dtype != dtype
                ):
                    gradient = self._fitting(gradient, self.parameters[i], shape)
            arrays.append(gradient)
        return moving, arrays

    def _fitting(self, gradient: Any, parameter: Any, shape: tuple[int, ...]) -> Array:
        if isinstance(gradient, Node):  # after backward(create_graph=True)
            gradient = gradient._datum
        try:
            array = np.asarray(gradient)
        except ValueError as error:
            if is_of_called_code(error):
                raise
            array = np.asarray(None)  # rows of different lengths
        if array.dtype.kind not in "fiub":
            raise TypeError(
                f"the gradient of {described(parameter)} is an array of numbers, "
                f"not {shown(gradient)}"
            )
        if array.shape != shape:
            raise ValueError(
                f"the gradient of {described(parameter)} has shape {array.shape}, "
                f"and the parameter {shape}"
            )
        return array.astype(self.dtype, copy=False)

    # --- one step ---------------------------------------------------------------------

    def move(self, moving: list[int], gradients: Sequence[Any], rule: Rule) -> None:
        """Carry out `rule(block, weights, gradient, new)` on every block that moves.

        The rule writes the block's new weights into `new`, reads the others (`weights` may
        be the same array as `new`) and may change the block's slots and scratch.
        """
        data = [parameter._datum for parameter in self.parameters]
        if self._current is not None and not all(map(is_, data, self._views)):
            self._current, self._views = None, []  # somebody has set a parameter
        before, line = self._current, self._unshared()
        for block in self._blocks(moving):
            start, stop, inside = block.start, block.stop, block.inside
            first, last = block.first, block.last
            new = line[start:stop]
            if inside is None:
                gradient = self._joined(gradients[first:last], block.gradient)
            else:
                if inside.start == 0:  # once, as it copies an array in another memory order
                    stretched = gradients[first].reshape(-1)
                gradient = stretched[inside]
            if before is not None:
                weights = before[start:stop]
            elif inside is None:
                weights = self._joined(data[first:last], new)
            else:
                weights = data[first].reshape(-1)[inside]
            rule(block, weights, gradient, new)
        self._put(line, moving)

    def _blocks(self, moving: list[int]) -> list[Block]:
        planned, blocks = self._plan
        if planned == moving and blocks:
            return blocks
        blocks = []
        first = last = -1  # the parameters of the block that is being filled
        for i in moving:
            whole = self.ends[i] - self.starts[i] <= BLOCK
            if first >= 0 and (i != last or not whole or self.ends[i] - self.starts[first] > BLOCK):
                blocks.append(self._whole(first, last))
                first = -1
            if whole:
                first, last = (i if first < 0 else first), i + 1
                continue
            start, stop = self.starts[i], self.ends[i]
            for a in range(start, stop, BLOCK):
                b = min(a + BLOCK, stop)
                blocks.append(Block(self, i, i + 1, a, b, slice(a - start, b - start)))
        if first >= 0:
            blocks.append(self._whole(first, last))
        self._plan = (moving, blocks)
        return blocks

    def _whole(self, first: int, last: int) -> Block:
        return Block(self, first, last, self.starts[first], self.ends[last - 1], None)

    def _joined(self, arrays: Sequence[Any], out: Array) -> Array:
        return np.concatenate(arrays, axis=None, out=out)

    def _put(self, line: Array, moving: list[int]) -> None:
        parameters, shapes, starts, ends = self.parameters, self.shapes, self.starts, self.ends
        views = [line[starts[i] : ends[i]].reshape(shapes[i]) for i in moving]
        try:
            for i, view in zip(moving, views):  # noqa: B905 - hot
                parameters[i]._rebind(view)
        except BaseException:  # a Ctrl-C comes before or after all of them
            for i, view in zip(moving, views):  # noqa: B905
                parameters[i]._rebind(view)
            raise
        whole = len(moving) == len(parameters)  # the others are views of an older line
        self._current, self._views = (line, views) if whole else (None, [])

    def _unshared(self) -> Array:
        """Return a line of which no view is left anywhere, a new one if there is none.

        A view refers to the array that owns the memory, whatever it was made from, so
        nobody looks at a line that has no more references than one just made.
        """
        lines = self._lines
        for i in range(len(lines)):
            if sys.getrefcount(lines[i]) == _ALONE:
                return lines[i]
        if len(lines) == 3:  # a long-lived graph keeps the oldest alive, not this list
            del lines[0]
        lines.append(np.empty(self.size, self.dtype))
        return lines[-1]

    # --- state ------------------------------------------------------------------------

    def let_decay(self, which: Sequence[bool]) -> None:
        """Say on which parameters weight decay acts."""
        sizes = [end - start for start, end in zip(self.starts, self.ends, strict=True)]
        self.decays = np.repeat(np.array(which, self.dtype), sizes)

    def __getstate__(self) -> dict[str, Any]:
        # the blocks' views would come back from a copy or a pickle as arrays by themselves
        views: dict[str, Any] = {"_lines": [], "_plan": ([], []), "_current": None, "_views": []}
        return {**self.__dict__, **views}

    def slot_of(self, i: int, name: str) -> Array:
        """Return a view of one moment of one parameter, in the parameter's shape."""
        return self.slots[name][self.starts[i] : self.ends[i]].reshape(self.shapes[i])


class ScalarFlat(Flat):
    """The same for Values, whose data and gradients are floats."""

    @staticmethod
    def _shape(parameter: Any) -> tuple[int, ...]:
        return ()

    def checked(self, gradients: Sequence[Any]) -> tuple[list[int], list[Any]]:
        """Return which parameters have a gradient, and the gradients as floats."""
        numbers = [
            None if g is None else g if g.__class__ is float else _as_float(g)
            for g in gradients
        ]
        return [i for i, g in enumerate(numbers) if g is not None], numbers

    def _joined(self, arrays: Sequence[Any], out: Array) -> Array:
        out[:] = arrays
        return out

    def _put(self, line: Array, moving: list[int]) -> None:
        numbers = line.tolist()
        try:
            for i in moving:
                self.parameters[i]._datum = numbers[i]
        except BaseException:
            for i in moving:
                self.parameters[i]._datum = numbers[i]
            raise


def _as_float(gradient: Any) -> float:
    if isinstance(gradient, Node):  # after backward(create_graph=True)
        gradient = gradient._datum
    return as_number(gradient, "grads: the gradient of a Value")


def described(parameter: Any) -> str:
    """Name a parameter for a message, by its label if it has one."""
    label = getattr(parameter, "label", "")
    return f"parameter {label!r}" if label else f"a parameter {shown(parameter)}"


def _references_alone() -> int:
    lines = [np.empty(1)]
    for i in range(len(lines)):  # as in `Flat._unshared`
        return sys.getrefcount(lines[i])
    return 0


_ALONE = _references_alone()
