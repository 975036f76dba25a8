"""A graph of nodes as columns of integers: each distinct computation has a number.

The graph is walked once.  What is computed twice is one number, what depends on constants
alone is a constant, and what nothing depends on is not there.  Then chains of additions
become sums of terms, and products that only a sum uses become terms of it:
``w1*x1 + w2*x2 + b`` is one sum of the terms (w1, x1), (w2, x2) and b.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from autograd import primitives
from autograd.compiler.watching import Watcher
from autograd.primitives import Primitive

__all__ = ["CONSTANT", "INPUT", "STOPPED", "SUM", "Numbering", "UnrecordableError"]

INPUT, CONSTANT, STOPPED, SUM = 0, 1, 2, 3
"""Codes of what is no row of the table; the codes of rows come after them."""

_KINDS = 4
_PLUS, _MINUS, _NEGATIVE, _TIMES = (
    primitives.add, primitives.subtract, primitives.negate, primitives.multiply,
)  # fmt: skip


class UnrecordableError(TypeError):
    """A function does something that no program can repeat; it has to run as it is."""


class Numbering:
    """The numbers of a graph of Values, in an order in which each comes after its operands.

    Args:
        places: the input and the place in it of each leaf that the arguments hold.
        watcher: what was noted while the function ran.

    Attributes:
        rows: the row of the table of each code.
        code: what each number is: INPUT, CONSTANT, STOPPED, SUM or the code of a row.
        operands: of each number, its operands' numbers: none, one, two or more.
        values: of each number the float it is, should it be a constant, else 0.
        inputs: of each input its place: ``(which input, where in it)``.
        nodes: of each number a node that computed it.
        captured: Values that are in no argument and were there before the function ran, in the
            order of their places; whatever they were made of, the graph ends at them.
        arrays: the Tensors of the graph, each after its operands.
    """

    def __init__(self, places: Mapping[Any, tuple[int, int]], watcher: Watcher) -> None:
        self.rows: list[Any] = [None] * _KINDS
        self.code: list[int] = []
        self.operands: list[Any] = []
        self.values: list[float] = []
        self.inputs: dict[int, tuple[int, int]] = {}
        self.nodes: list[Any] = []
        self.captured: list[Any] = []
        self.arrays: list[Any] = []
        self.of: dict[Any, int] = {}
        self._places = places
        self._watcher = watcher
        self._codes: dict[Primitive, int] = {}
        self._constants: dict[Any, int] = {}
        self._known: dict[Any, int] = {}
        self._seen_arrays: set[Any] = set()

    # --- walking the graph --------------------------------------------------------------------

    def add(self, roots: Iterable[Any]) -> None:
        """Give a number to every node that the roots depend on."""
        of, stack, made = self.of, list(roots)[::-1], self._watcher.made
        while stack:
            node = stack[-1]
            if node in of or node in self._seen_arrays:
                stack.pop()
                continue
            left = node._left
            if left is None or id(node) not in made:
                source = self._watcher.sources.get(node)
                if source is not None and source not in of and source not in self._seen_arrays:
                    stack.append(source)
                    continue
                stack.pop()
                self._leaf(node, source)
                continue
            if node._is_array:
                pending = [o for o in node.operands if self._is_pending(o)]
                if pending:
                    stack += reversed(pending)
                    continue
                stack.pop()
                self._seen_arrays.add(node)
                self.arrays.append(node)
                continue
            if left.__class__ is tuple:
                groups = [*left] if node._right is None else [*left, (node._right,)]
                pending = [
                    o for group in groups for o in group if o.__class__ is not float and o not in of
                ]
                if pending:
                    stack += reversed(pending)
                    continue
                stack.pop()
                of[node] = self._grouped(node, groups)
                continue
            if left.__class__ is float:
                a = self.constant(left)
            else:
                a = of.get(left, -1)
                if a < 0:
                    stack.append(left)
                    continue
            right = node._right
            if right is None:
                stack.pop()
                of[node] = self._row(node, (a,))
                continue
            if right.__class__ is float:
                b = self.constant(right)
            else:
                b = of.get(right, -1)
                if b < 0:
                    stack.append(right)
                    continue
            stack.pop()
            of[node] = self._row(node, (a, b))

    def is_given(self, node: Any) -> bool:
        """Tell whether a node is an end of the graph: a leaf, or made before the function ran."""
        return node._left is None or id(node) not in self._watcher.made

    def _is_pending(self, operand: Any) -> bool:
        if operand.__class__ in (float, np.ndarray):
            return False
        return operand not in self.of and operand not in self._seen_arrays

    def _leaf(self, node: Any, source: Any) -> None:
        if node._is_array:
            self._seen_arrays.add(node)
            self.arrays.append(node)
        elif source is not None:
            self.of[node] = self._made(STOPPED, (self.of[source],), node)
        elif node in self._places:
            self.of[node] = self._made(INPUT, (), node, self._places[node])
        elif node in self._watcher.constants:
            self.of[node] = self.constant(node._datum)
        else:
            self.of[node] = self._made(INPUT, (), node, (-1, len(self.captured)))
            self.captured.append(node)

    def constant(self, value: float) -> int:
        """Return the number of a constant."""
        key: Any = value if value else str(value)  # 0.0 and -0.0 are equal, and two constants
        number = self._constants.get(key, -1)
        if number < 0:
            self._constants[key] = number = self._new(CONSTANT, (), None)
            self.values[number] = value
        return number

    def _new(self, code: int, operands: Any, node: Any) -> int:
        self.code.append(code)
        self.operands.append(operands)
        self.values.append(0.0)
        self.nodes.append(node)
        return len(self.code) - 1

    def _made(self, code: int, operands: Any, node: Any, place: Any = None) -> int:
        key = (code, operands, place)
        number = self._known.get(key, -1)
        if number < 0:
            self._known[key] = number = self._new(code, operands, node)
            if place is not None:
                self.inputs[number] = place
        return number

    def _row(self, node: Any, operands: tuple[int, ...]) -> int:
        row = node._primitive
        if row.variadic:
            return self._variadic(node, [operands])
        code = self._codes.get(row, -1)
        if code < 0:
            code = self._codes[row] = len(self.rows)
            self.rows.append(row)
        if row.commutes and len(operands) == 2 and operands[0] > operands[1]:
            key: Any = (code, operands[1], operands[0])
        else:
            key = (code, *operands)
        number = self._known.get(key, -1)
        if number < 0:
            codes = self.code
            for operand in operands:
                if codes[operand] != CONSTANT:
                    break
            else:
                return self.constant(float(node._datum))
            self._known[key] = number = self._new(code, operands, node)
        return number

    def _grouped(self, node: Any, groups: list[Any]) -> int:
        of, constant = self.of, self.constant
        numbers = [
            tuple([constant(o) if o.__class__ is float else of[o] for o in group])
            for group in groups
        ]
        if not node._primitive.variadic:
            return self._row(node, numbers[0])
        return self._variadic(node, numbers)

    def _variadic(self, node: Any, numbers: list[tuple[int, ...]]) -> int:
        row = node._primitive
        if all(self.code[number] == CONSTANT for group in numbers for number in group):
            return self.constant(float(node._datum))
        terms: list[tuple[int, ...]]
        if row is primitives.dot:
            biases = [(bias,) for group in numbers[2:] for bias in group]
            terms = [*zip(numbers[0], numbers[1], strict=True), *biases]
        elif row is primitives.sum_:
            terms = [(number,) for number in numbers[0]]
        else:
            raise UnrecordableError(
                f"{node!r} was recorded by hand ({row.name}), and no program can compute it: "
                "declare an operation of your own with @autograd.primitive"
            )
        return self._made(SUM, tuple(terms), node)

    # --- sums ---------------------------------------------------------------------------------

    def find_sums(self, roots: Iterable[int]) -> None:
        """Turn additions into sums of terms, and let sums take in what only they use.

        What is added one by one to the same total is one sum.  But a sum that is added to a
        total stays a term of it: the scores of all samples are many dot products of a kind, and
        their total is one sum of scores, not of everything that is in them.

        After it the operands of a SUM are its terms, tuples of one number or two factors, and
        what has been taken in has the code -1, as has what nothing depends on.
        """
        code, operands = self.code, self.operands
        plus, minus, negative, times = (
            self._codes.get(row, -2) for row in (_PLUS, _MINUS, _NEGATIVE, _TIMES)
        )
        uses = self._uses(roots)
        minus_one = self.constant(-1.0)
        uses += [1] * (len(code) - len(uses))
        terms_of: dict[int, list[tuple[int, ...]]] = {}
        totals: set[int] = set()  # sums to which sums are added
        taken: set[int] = set()

        def term_of(operand: int) -> tuple[int, ...]:
            if uses[operand] == 1:
                if code[operand] == times:
                    taken.add(operand)
                    return operands[operand]  # type: ignore[no-any-return]
                if code[operand] == negative:
                    taken.add(operand)
                    return (minus_one, operands[operand][0])
            return (operand,)

        def take_in(operand: int) -> list[tuple[int, ...]]:
            taken.add(operand)
            return terms_of.pop(operand)

        for number in range(len(code)):
            kind = code[number]
            if not uses[number]:
                continue
            if kind == SUM:
                terms_of[number] = [
                    term if len(term) == 2 else term_of(term[0]) for term in operands[number]
                ]
                if any(len(term) == 1 and term[0] in terms_of for term in operands[number]):
                    totals.add(number)
            elif kind in (plus, minus):
                x, y = operands[number]
                terms: list[tuple[int, ...]]
                adds_a_sum = y in terms_of
                if x in terms_of:
                    may_go_on = uses[x] == 1 and (x in totals or not adds_a_sum)
                    if adds_a_sum or x in totals:
                        totals.add(number)
                    terms = take_in(x) if may_go_on else [(x,)]
                    terms.append(term_of(y) if kind == plus else (minus_one, y))
                elif adds_a_sum and uses[y] == 1 and kind == plus and self._is_zero(x):
                    if y in totals:  # the first of a loop that begins with 0
                        totals.add(number)
                    terms = take_in(y)
                else:
                    terms = [term_of(x), term_of(y) if kind == plus else (minus_one, y)]
                terms_of[number] = terms
        for number, terms in terms_of.items():
            code[number] = SUM
            others = [term for term in terms if len(term) == 2 or not self._is_zero(term[0])]
            # a sum may begin with 0, but 0 + x and 0 - x are more than x and -x: never -0.0
            if len(others) == 1 and (len(others[0]) == 1 or others[0][0] == minus_one):
                others = [term for term in terms if not self._is_minus_zero(term)]
            operands[number] = others or terms[:1]
        for number in taken:
            code[number] = -1
        for number in range(len(uses)):
            if not uses[number] and code[number] != CONSTANT:
                code[number] = -1

    def _is_zero(self, number: int) -> bool:
        return self.code[number] == CONSTANT and self.values[number] == 0.0

    def _is_minus_zero(self, term: tuple[int, ...]) -> bool:
        (number, *more) = term
        return not more and self._is_zero(number) and math.copysign(1.0, self.values[number]) < 0.0

    def _uses(self, roots: Iterable[int]) -> list[int]:
        """Count how often each number is used by what the roots depend on."""
        uses = [0] * len(self.code)
        for root in roots:
            uses[root] += 2  # as if by two: it has to be there by itself
        code, operands = self.code, self.operands
        for number in range(len(uses) - 1, -1, -1):
            if not uses[number]:
                continue
            if code[number] == SUM:
                for term in operands[number]:
                    for operand in term:
                        uses[operand] += 1
            else:
                for operand in operands[number]:
                    uses[operand] += 1
        return uses

