"""Finding the arrays: many computations on single numbers that are one on arrays.

The numbers are gone through level by level: those of one level depend on earlier levels
only.  What is of the same kind there, the same row of the table or a sum of as many terms, is
one instruction on arrays.  A sum of products over all pairs of two families of vectors is a
matrix product: ``w[j] · x[i]`` for all samples i and neurons j is ``X @ W.T``.  What finds no
company stays a single number.

The order in which the results of an instruction are laid down is free.  It is chosen such
that the operands are read as they stand, and remembered (`home` and `at`) for those who need
the results.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from autograd import array_primitives as array_rows
from autograd import primitives
from autograd.compiler.arrays import Symbol
from autograd.compiler.numbering import CONSTANT, INPUT, STOPPED, SUM, Numbering
from autograd.compiler.views import element, view

__all__ = ["Finder"]

Numbers = np.ndarray[Any, np.dtype[np.int64]]

COMPANY = 4
"""So many numbers of a kind are an array; fewer are computed one by one."""

_GIVEN = (CONSTANT, INPUT)
_SINGLE, _CONSTANT = -2, -1  # homes of what stands in no array


class Finder:
    """Turns the numbers of a graph into symbols of a trace.

    Args:
        trace: takes the instructions.
        numbering: the numbers, with their sums found.
        inputs: the symbol of each input; the captured leaves are the last of them.
        about: says what the comment on some numbers' instruction is.
    """

    def __init__(
        self, trace: Any, numbering: Numbering, inputs: Sequence[Any], about: Any = None
    ) -> None:
        count = len(numbering.code)
        self.trace = trace
        self.numbering = numbering
        self.about = about
        self.symbols = list(inputs)
        self.home: Numbers = np.full(count, _CONSTANT, np.int64)
        self.at: Numbers = np.zeros(count, np.int64)
        self.values = np.array(numbering.values)
        self._single: dict[int, Any] = {}
        for number, (which, place) in numbering.inputs.items():
            if inputs[which].dtype is None:
                self._single[number] = inputs[which]
                self.home[number] = _SINGLE
            else:
                self.home[number] = which
                self.at[number] = place

    def run(self) -> None:
        """Give every number its place."""
        for numbers in self._groups():
            if len(numbers) < COMPANY:
                for number in numbers:
                    self._compute_single(int(number))
            elif self.numbering.code[numbers[0]] == SUM:
                self._compute_sums(numbers)
            else:
                self._compute_rows(numbers)

    def _groups(self) -> Iterable[Any]:
        """Return numbers of one level and kind, level after level."""
        code, operands = self.numbering.code, self.numbering.operands
        level = [0] * len(code)
        keys: list[tuple[int, int, int, int]] = []
        members: list[int] = []
        for number, kind in enumerate(code):
            if kind < 0 or kind in _GIVEN:
                continue
            products = 0
            if kind == SUM:
                terms = operands[number]
                length = len(terms)
                highest = 0
                for term in terms:
                    for operand in term:
                        if level[operand] > highest:
                            highest = level[operand]
                    products += len(term) - 1
            else:
                length = len(operands[number])
                highest = max([level[operand] for operand in operands[number]])
            level[number] = highest + 1
            keys.append((highest, kind, length, products))
            members.append(number)
        if not members:
            return []
        table, numbers = np.array(keys), np.array(members)
        order = np.lexsort((numbers, *table.T[::-1]))
        table, numbers = table[order], numbers[order]
        cuts = np.flatnonzero((table[1:] != table[:-1]).any(axis=1)) + 1
        edges = [0, *cuts.tolist(), len(numbers)]
        return (numbers[a:b] for a, b in pairwise(edges))

    def place(self, number: int) -> tuple[Any, int]:
        """Return the symbol in which a number stands, or its float, and the place in it."""
        if self.home[number] < 0:
            return self.symbol(number), 0
        return self.symbols[self.home[number]], int(self.at[number])

    def gathered(self, numbers: Sequence[int], dtype: Any) -> Any:
        """Return an array of some numbers, in their order."""
        symbol = self._operand(np.array(numbers))
        shape = (len(numbers),)
        if isinstance(symbol, float):
            return self.trace.filled(symbol, shape, dtype)
        if not symbol.shape:
            alone = self._alone(numbers[0])
            return self.trace.gathered([alone] * len(numbers), shape, dtype)
        if symbol.dtype != dtype:
            symbol = self.trace.apply_array(array_rows.astype, symbol, dtype=np.dtype(dtype))
        if symbol.shape != shape:
            symbol = self.trace.apply_array(array_rows.broadcast_to, symbol, shape=shape)
        return symbol

    # --- one number ---------------------------------------------------------------------------

    def symbol(self, number: int) -> Any:
        """Return the symbol, or the float, of one number."""
        home = self.home[number]
        if home == _CONSTANT:
            return float(self.values[number])
        if home == _SINGLE:
            return self._single[number]
        return element(self.trace, self.symbols[home], int(self.at[number]))

    def _alone(self, number: int) -> Any:
        """Return one number as a Python float, not as an array without axes."""
        symbol = self._number(self.symbol(number))
        if isinstance(symbol, Symbol) and symbol.dtype is not None:
            return self.trace.element(symbol)
        return symbol

    def _compute_single(self, number: int) -> None:
        numbering = self.numbering
        code, operands = numbering.code[number], numbering.operands[number]
        if code == SUM:
            symbol = self._sum_of_terms(operands)
        elif code == STOPPED:
            symbol = self.trace.stopped(self.symbol(operands[0]))
        else:
            symbol = self._applied(numbering.rows[code], [self.symbol(o) for o in operands])
        self._single[number] = symbol
        self.home[number] = _SINGLE
        self._tell(symbol, (number,))

    def _applied(self, row: Any, operands: list[Any]) -> Any:
        if not row.partials:  # not of the table: comparisons
            if row.name in ("and", "or"):
                join = self.trace.both if row.name == "and" else self.trace.either
                return join(*[bool(o) if isinstance(o, float) else o for o in operands])
            return self.trace.compare(row.name, *operands)
        if row.chooses:
            return self.trace.apply(row, operands[0], *map(self._number, operands[1:]))
        return self.trace.apply(row, *map(self._number, operands))

    def _number(self, x: Any) -> Any:
        """Return 1 and 0 for what a comparison has made, if there is to be computed with it."""
        if isinstance(x, Symbol) and x.is_truth:
            return self.trace.apply(primitives.where, x, 1.0, 0.0)
        return x

    def _sum_of_terms(self, terms: list[tuple[int, ...]]) -> Any:
        if len(terms) < COMPANY:
            return self._total([self._term(term) for term in terms])
        left, right = _columns([terms])
        left, right, keys = self._sorted(left, right)
        parts: list[Any] = []
        for a, b in _runs(keys[0]):
            if b - a >= COMPANY and left[0, a:b].max() > left[0, a:b].min():
                parts.append(self._piece(left[:, a:b], right[:, a:b], ()))
            else:
                pairs = zip(left[0, a:b].tolist(), right[0, a:b].tolist(), strict=True)
                for (x, y), count in Counter(pairs).items():
                    part = self._term((x,) if y < 0 else (x, y))
                    parts.append(part if count == 1 else self._product(float(count), part))
        return self._total(parts)

    def _term(self, term: tuple[int, ...]) -> Any:
        if len(term) == 1:
            return self._number(self.symbol(term[0]))
        return self._product(self.symbol(term[0]), self.symbol(term[1]))

    def _product(self, x: Any, y: Any) -> Any:
        x, y = self._number(x), self._number(y)
        for factor, other in ((x, y), (y, x)):
            if isinstance(factor, float) and factor == -1.0:
                return self.trace.apply(primitives.negate, other)
        return self.trace.apply(primitives.multiply, x, y)

    def _total(self, parts: list[Any]) -> Any:
        total = parts[0]
        for part in parts[1:]:
            total = self.trace.apply(primitives.add, total, part)
        return total

    # --- rows of the table --------------------------------------------------------------------

    def _compute_rows(self, numbers: Numbers) -> None:
        operands = np.array([self.numbering.operands[number] for number in numbers.tolist()])
        for members in self._alike(self.home[operands]):
            if len(members) < COMPANY:
                for number in numbers[members].tolist():
                    self._compute_single(number)
                continue
            columns = operands[members].T
            order, shape = self._layout(list(columns), None)
            wanted = [self._operand(column[order].reshape(shape)) for column in columns]
            code = self.numbering.code[numbers[0]]
            if code == STOPPED:
                symbol = self.trace.stopped(wanted[0])
            else:
                symbol = self._applied(self.numbering.rows[code], wanted)
            self._lay_down(symbol, numbers[members][order], shape)

    def _alike(self, homes: Numbers) -> list[Numbers]:
        """Part instructions by the arrays that their operands stand in.

        Those that find too little company in that way are left together: their operands are
        gathered from several arrays.
        """
        _, group = _distinct_rows(homes)
        counts = np.bincount(group)
        if len(counts) == 1:
            return [np.arange(len(homes))]
        large = counts >= COMPANY
        parts = [np.flatnonzero(group == one) for one in np.flatnonzero(large)]
        rest = np.flatnonzero(~large[group])
        return [*parts, rest] if len(rest) else parts

    def _lay_down(self, symbol: Any, numbers: Numbers, shape: tuple[int, ...]) -> None:
        if not isinstance(symbol, Symbol):  # whatever the operands are
            symbol = self.trace.constant(np.full(shape, symbol))
        if tuple(symbol.shape) != shape:  # all operands were the same number, or constants
            symbol = self.trace.apply_array(array_rows.broadcast_to, symbol, shape=shape)
        self.home[numbers] = len(self.symbols)
        self.at[numbers] = np.arange(len(numbers))
        self.symbols.append(symbol)
        self._tell(symbol, numbers)

    def _tell(self, symbol: Any, numbers: Any) -> None:
        if self.about is not None:
            self.about(symbol, numbers)

    # --- sums of terms ------------------------------------------------------------------------

    def _compute_sums(self, numbers: Numbers) -> None:
        terms = [self.numbering.operands[number] for number in numbers.tolist()]
        left, right, keys = self._sorted(*_columns(terms))
        for members in self._alike(keys):
            if len(members) < COMPANY:
                for number in numbers[members].tolist():
                    self._compute_single(number)
                continue
            x, y, key = left[members], right[members], keys[members]
            if (key == key[0]).all():
                runs = _runs(key[0])
            else:  # of several arrays each: products here, other terms there
                order = np.argsort(y < 0, axis=1, kind="stable")
                x, y = np.take_along_axis(x, order, 1), np.take_along_axis(y, order, 1)
                runs = _runs((y[0] < 0).astype(np.int64))
            pieces = [(x[:, a:b], y[:, a:b]) for a, b in runs]
            pieces.sort(key=lambda piece: (piece[1][0, 0] < 0, -piece[0].shape[1]))
            long = next((p for p in pieces if p[1][0, 0] >= 0 and p[0].shape[1] > 1), None)
            pieces_by_length = sorted(pieces, key=lambda piece: piece[0].shape[1])
            heads = [c[:, 0] for piece in pieces_by_length for c in piece]
            order, shape = self._layout([c for c in heads if c[0] >= 0], long)
            parts = [self._piece(x[order], y[order], shape) for x, y in pieces]
            self._lay_down(self._total(parts), numbers[members][order], shape)

    def _sorted(self, left: Numbers, right: Numbers) -> tuple[Numbers, Numbers, Numbers]:
        """Bring the terms of each sum into the order of the arrays that they stand in."""
        homes = np.append(self.home, np.iinfo(np.int64).max // 4)  # of the number -1: no factor
        swap = (right >= 0) & (homes[left] > homes[right])
        left, right = np.where(swap, right, left), np.where(swap, left, right)
        span = len(self.symbols) + 3
        other = np.where(right < 0, span, homes[right] + 2)
        keys = other * span + homes[left] + 2
        order = np.argsort(keys, axis=1, kind="stable")
        return (
            np.take_along_axis(left, order, 1),
            np.take_along_axis(right, order, 1),
            np.take_along_axis(keys, order, 1),
        )

    def _piece(self, left: Numbers, right: Numbers, shape: tuple[int, ...]) -> Any:
        """Return the sum of K terms for each of the sums, laid down in `shape`.

        Args:
            left: numbers, one row of K for each sum.
            right: the second factors; -1 where there are none.
            shape: of the result.
        """
        count = left.shape[1]
        x = left.reshape((*shape, count))
        if right[0, 0] < 0:
            if count == 1:
                return self._number(self._operand(x[..., 0]))
            return self._summed(self._operand(x), x)
        y = right.reshape((*shape, count))
        if count == 1:
            return self._product(self._operand(x[..., 0]), self._operand(y[..., 0]))
        for one, other in ((x, y), (y, x)):  # the same factor of all the terms
            if _same_along(one, -1):
                total = self._summed(self._operand(other), other)
                return self._product(self._operand(one[..., 0]), total)
        if not shape:
            return self._matmul(self._exactly(x), self._exactly(y))
        product = self._matrix_product(x, y)
        if product is None:
            product = self._product(self._operand(x), self._operand(y))
            product = self._summed(product, x)
        return product

    def _summed(self, symbol: Any, numbers: Numbers) -> Any:
        symbol = self._number(symbol)
        if isinstance(symbol, float) or not symbol.shape or symbol.shape[-1] == 1:
            symbol = self._product(float(numbers.shape[-1]), symbol)  # one number many times
            if isinstance(symbol, float) or not symbol.shape:
                return symbol
        axis = (len(symbol.shape) - 1,)
        return self.trace.apply_array(array_rows.sum_, symbol, axis=axis, keepdims=False)

    def _matrix_product(self, x: Numbers, y: Numbers) -> Any:
        """Return the sums of x * y over the last axis as a matrix product, or None."""
        if x.ndim == 2:  # one vector with many
            if _same_along(x, 0):
                return self._matmul(self._exactly(y), self._exactly(x[0]))
            if _same_along(y, 0):
                return self._matmul(self._exactly(x), self._exactly(y[0]))
            return None
        if _same_along(x, -3) and _same_along(y, -2):
            x, y = y, x
        elif not (_same_along(x, -2) and _same_along(y, -3)):
            return None
        first = self._exactly(x[..., 0, :])
        second = self._exactly(y[..., 0, :, :])
        axes = (*range(len(second.shape) - 2), len(second.shape) - 1, len(second.shape) - 2)
        second = self.trace.apply_array(array_rows.transpose, second, axes=axes)
        return self._matmul(first, second)

    def _matmul(self, x: Any, y: Any) -> Any:
        return self.trace.apply_array(array_rows.matmul, x, y)

    def _exactly(self, numbers: Numbers) -> Any:
        """Return the numbers as an array of their shape."""
        symbol = self._number(self._operand(numbers))
        if symbol.shape == numbers.shape:
            return symbol
        return self.trace.apply_array(array_rows.broadcast_to, symbol, shape=numbers.shape)

    # --- where the operands stand -------------------------------------------------------------

    def _operand(self, numbers: Numbers) -> Any:
        """Return the numbers as an array that broadcasts to their shape, or as one float."""
        numbers = np.asarray(numbers)
        homes = np.asarray(self.home[numbers])
        home = int(homes.flat[0])
        if (homes == home).all():
            if home >= 0:
                return view(self.trace, self.symbols[home], self.at[numbers])
            if (numbers == numbers.flat[0]).all():
                return self.symbol(int(numbers.flat[0]))
            if home == _CONSTANT:
                return self._constants(numbers)
        return self._gathered(numbers, homes)

    def _constants(self, numbers: Numbers) -> Any:
        for axis, length in enumerate(numbers.shape):
            if length > 1 and _same_along(numbers, axis):
                numbers = numbers.take([0], axis)
        while numbers.shape[0] == 1:
            numbers = numbers[0]
        return self.trace.constant(self.values[numbers])

    def _gathered(self, numbers: Numbers, homes: Numbers) -> Any:
        """Return the numbers by their places in all the arrays that they stand in, joined."""
        places: Numbers = np.empty_like(numbers)
        parts: list[Any] = []
        offset = 0
        for home in np.unique(homes).tolist():
            here = homes == home
            if home >= 0:
                symbol = self.symbols[home]
                size = int(np.prod(symbol.shape))
                if len(symbol.shape) != 1:
                    symbol = self.trace.apply_array(array_rows.reshape, symbol, shape=(size,))
                parts.append(symbol)
                places[here] = offset + self.at[numbers[here]]
                offset += size
                continue
            distinct, where = np.unique(numbers[here], return_inverse=True)
            if home == _CONSTANT:
                parts.append(self.trace.constant(self.values[distinct]))
            else:
                singles = [self._alone(number) for number in distinct.tolist()]
                parts.append(self.trace.gathered(singles, (len(singles),)))
            places[here] = offset + where.reshape(-1)
            offset += len(distinct)
        joined = parts[0]
        if len(parts) > 1:
            joined = self.trace.apply_array(array_rows.concatenate, *parts, axis=0)
        return view(self.trace, joined, places)

    # --- the order of the results -------------------------------------------------------------

    def _layout(
        self, columns: list[Numbers], vectors: tuple[Numbers, Numbers] | None
    ) -> tuple[Numbers, tuple[int, ...]]:
        """Choose the order and the shape of the results of an instruction.

        Args:
            columns: for each operand the numbers that it is in each of the results.
            vectors: the factors of a sum of products, a row of numbers for each result.
        """
        if vectors is not None:
            found = self._families(*vectors)
            if found is not None:
                return found
        for column in columns:
            home = int(self.home[column[0]])
            if home < 0 or not (self.home[column] == home).all():
                continue
            at = self.at[column]
            shape = self.symbols[home].shape
            if len(at) == int(np.prod(shape)) and len(np.unique(at)) == len(at):
                return np.argsort(at, kind="stable"), shape
        if vectors is None:
            for i, column in enumerate(columns):
                for other in columns[i + 1 :]:
                    found = self._families(column[:, None], other[:, None])
                    if found is not None and len(found[1]) > 1:
                        return found
        for column in columns:
            found = self._grid(column)
            if found is not None:
                return found
        count = len(columns[0])
        return np.arange(count), (count,)

    def _grid(self, column: Numbers) -> tuple[Numbers, tuple[int, ...]] | None:
        """Return the order in which an operand is a regular part of its array."""
        home = int(self.home[column[0]])
        if home < 0 or not (self.home[column] == home).all():
            return None
        at = self.at[column]
        order = np.argsort(at, kind="stable")
        hops = np.diff(at[order])
        if not (hops > 0).all():
            return None
        breaks = np.flatnonzero(hops != hops[0])
        length = int(breaks[0]) + 1 if len(breaks) else len(at)
        if len(at) % length:
            return None
        shape = (len(at),) if length == len(at) or length == 1 else (len(at) // length, length)
        return order, shape

    def _families(
        self, left: Numbers, right: Numbers
    ) -> tuple[Numbers, tuple[int, ...]] | None:
        """Return the layout in which two families of vectors meet, each with each of the other.

        There may be several such meetings of equal sizes: a batch.  None if there is no meeting
        of more than one with more than one, or of one with many.
        """
        rows_x, x = self._family(left)
        rows_y, y = self._family(right)
        count = len(x)
        batch, sizes = np.zeros(count, np.int64), (1, len(rows_x), len(rows_y))
        if len(rows_x) * len(rows_y) != count:
            found = _meetings(x, y, len(rows_x), len(rows_y))
            if found is None:
                return None
            batch, x, y, sizes = found
        if sizes[1] == sizes[2] == 1:
            return None
        slow, fast = (x, y), (sizes[1], sizes[2])
        if (np.diff(x) != 0).sum() > (np.diff(y) != 0).sum():
            slow, fast = (y, x), (sizes[2], sizes[1])
        key = (batch * fast[0] + slow[0]) * fast[1] + slow[1]
        order = np.argsort(key, kind="stable")
        if (np.diff(key[order]) == 0).any():
            return None  # a pair that comes twice
        shape = tuple(length for length in (sizes[0], *fast) if length > 1)
        return order, shape

    def _family(self, vectors: Numbers) -> tuple[Numbers, Numbers]:
        """Return the distinct vectors, in the order in which they stand, and which is where."""
        first, which = _distinct_rows(vectors)
        heads = vectors[first][:, 0]
        order = np.lexsort((first, self.at[heads]))
        rank = np.empty_like(order)
        rank[order] = np.arange(len(order))
        return vectors[first][order], rank[which]


def _columns(terms: Sequence[Sequence[tuple[int, ...]]]) -> tuple[Numbers, Numbers]:
    """Return first and second factors of sums of equally many terms; -1 for no factor."""
    pairs = np.array(
        [[term if len(term) == 2 else (term[0], -1) for term in row] for row in terms], np.int64
    )
    return pairs[..., 0], pairs[..., 1]


def _runs(keys: Numbers) -> list[tuple[int, int]]:
    """Return where each stretch of equal keys begins and ends."""
    cuts = (np.flatnonzero(keys[1:] != keys[:-1]) + 1).tolist()
    return list(zip([0, *cuts], [*cuts, len(keys)], strict=True))


def _same_along(numbers: Numbers, axis: int) -> bool:
    return bool((numbers == numbers.take([0], axis)).all())


def _distinct_rows(rows: Numbers) -> tuple[Numbers, Numbers]:
    """Return the first of each of the distinct rows, and which of them each row is."""
    if rows.shape[1] == 1:
        keys: Any = rows[:, 0]
    else:  # a hash of each row: sorting whole rows would take many times as long
        factors = np.random.default_rng(0).integers(1, 2**63, rows.shape[1], np.uint64) | 1
        keys = (rows.astype(np.uint64) * factors).sum(axis=1)
        keys ^= keys >> np.uint64(29)
    _, first, which = np.unique(keys, return_index=True, return_inverse=True)
    which = which.reshape(-1)
    if not np.array_equal(rows[first[which]], rows):  # two rows of one hash, which hardly is
        _, first, which = np.unique(rows, axis=0, return_index=True, return_inverse=True)
        which = which.reshape(-1)
    order = np.argsort(first, kind="stable")  # in the order in which they come
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return first[order], rank[which]


def _meetings(x: Numbers, y: Numbers, count_x: int, count_y: int) -> Any:
    """Part pairs into meetings, in which everybody of one family meets all of the other.

    Returns:
        The meeting of each pair, the ranks of its two in it, and how many meetings of how many
        there are; None unless all are of equal sizes.
    """
    label = np.arange(count_x)
    lowest = np.full(count_y, count_x)
    np.minimum.at(lowest, y, label[x])
    np.minimum.at(label, x, lowest[y])
    if not (label[x] == lowest[y]).all():
        return None
    heads, meeting_x = np.unique(label, return_inverse=True)
    meeting_y = np.searchsorted(heads, lowest)
    meetings = len(heads)
    sizes = []
    ranks = []
    for meeting, count in ((meeting_x, count_x), (meeting_y, count_y)):
        each = np.bincount(meeting, minlength=meetings)
        if not (each == each[0]).all():
            return None
        order = np.argsort(meeting, kind="stable")
        rank = np.empty_like(order)
        rank[order] = np.arange(count) % each[0]
        sizes.append(int(each[0]))
        ranks.append(rank)
    if meetings * sizes[0] * sizes[1] != len(x):
        return None
    return meeting_x[x], ranks[0][x], ranks[1][y], (meetings, *sizes)
