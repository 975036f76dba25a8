"""The factors of a path, as a teacher writes them: ``dE/da2 · da2/dz2 · dz2/dw2``.

A factor is an arrow with a name, a formula and a number.  A value that nobody has named, such
as the product in ``z = w * x + b``, would have no name to be written by; where sums, products
and powers are plainly nested, their arrows are told as one factor, ``dz/dw = x``.
"""

from __future__ import annotations

import math
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any

from autograd import symbolic
from autograd.graph import Node
from autograd.symbolic import Expression, NotSymbolicError, Simplifier
from viz.changed_leaves import changed_leaves
from viz.explaining.paths import Arrow, Ways, product
from viz.explaining.shortening import brief
from viz.notation import Notation

__all__ = ["Factor", "Factors", "Path", "barred", "slot_mark"]

_ARITHMETIC = frozenset(
    {"add", "subtract", "multiply", "divide", "negate", "identity", "power", "sum", "dot"}
)
"""Operations that are read inside an expression; a function is a factor of its own."""

_MOST_JOINED = 3
"""So many nodes without a name may lie within one factor."""

_MARKS = "①②③④⑤⑥⑦⑧⑨"

_MACRON = "\u0304"


class Factor:
    """One factor of a path: the derivative of a node by one of those it was computed from.

    Attributes:
        arrows: the arrows it stands for, mostly one.
        consumer: the node that is differentiated.
        operand: the node by which.
        slot: the argument slot of `consumer` through which, from 0.
        partial: the number: a float, or for Tensors what the graph recorded.
        formula: the same in symbols; None for a primitive that cannot be read so.
        name: ``dz/dw``, or ``∂z/∂w`` where there are other ways from z to w.
    """

    __slots__ = ("_factors", "arrows")

    def __init__(self, factors: Factors, arrows: tuple[Arrow, ...]) -> None:
        self._factors = factors
        self.arrows = arrows

    consumer = property(lambda self: self.arrows[0].consumer)
    operand = property(lambda self: self.arrows[-1].operand)
    slot = property(lambda self: self.arrows[0].slot)

    @property
    def key(self) -> tuple[tuple[int, int], ...]:
        """What it is told from other factors by: several may begin with the same arrow."""
        return tuple((id(arrow.consumer), arrow.slot) for arrow in self.arrows)

    @property
    def partial(self) -> Any:
        """The number: the local derivative, or the product of those it stands for."""
        return self.arrows[0].partial if len(self.arrows) == 1 else product(self.arrows)

    @property
    def formula(self) -> Expression | None:
        """The local derivative in symbols."""
        return self._factors.formula(self)

    @property
    def name(self) -> str:
        """What it is called, in text."""
        return self._factors.name(self)

    def __repr__(self) -> str:
        formula = self.formula
        written = "" if formula is None else f" = {symbolic.text(formula)}"
        return f"<factor {self.name}{written} = {self.partial!r}>"


class Path:
    """A path from the root to the variable: its nodes, its factors and their product.

    Attributes:
        arrows: one for each operation on the way.
        factors: what it is told by; arrows of values without a name may be joined.
        nodes: those between and at the ends of the factors, the root first.
        product: the product of the local derivatives, multiplied from the root on.
        log10: the size of the product as a power of ten, also where a float cannot hold it.
    """

    def __init__(self, factors: Factors, arrows: tuple[Arrow, ...]) -> None:
        self._factors = factors
        self.arrows = arrows

    @cached_property
    def factors(self) -> tuple[Factor, ...]:
        """The factors from the root on; none if the root is the variable itself."""
        return self._factors.of_path(self.arrows)

    @property
    def nodes(self) -> tuple[Any, ...]:
        """The root, and the operand of each factor."""
        return (self._factors.ways.root, *(factor.operand for factor in self.factors))

    @cached_property
    def product(self) -> Any:
        """What the path contributes to the derivative."""
        return product(self.arrows)

    @cached_property
    def log10(self) -> float:
        """log10 of the magnitude; nan and the infinities where it has no size."""
        total = 0.0
        for arrow in self.arrows:
            size = abs(arrow.partial)
            total += math.log10(size) if size else -math.inf
        return total

    def __repr__(self) -> str:
        names = " · ".join(factor.name for factor in self.factors[:8])
        more = " · …" if len(self.factors) > 8 else ""
        return f"<path {names or '1'}{more} = {self.product!r}>"


class Factors:
    """Names and formulas for the arrows between a root and a variable.

    Args:
        ways: what lies between them.
        notation: what the nodes are called.
        single: whether there is one path only; then a local derivative is the derivative.
    """

    def __init__(self, ways: Ways, notation: Notation, single: bool) -> None:
        self.ways = ways
        self.notation = notation
        self.single = single
        self.make = Simplifier()
        self._incoming: dict[Any, Arrow | None] = {}
        for node in ways.nodes:
            for arrow in ways.arrows[node]:
                operand = arrow.operand
                self._incoming[operand] = None if operand in self._incoming else arrow
        self._hidden: dict[Any, bool] = {}
        self._partials: dict[Any, Sequence[Expression] | None] = {}
        self._formulas: dict[Any, Expression | None] = {}
        self._brief: dict[Any, Expression | None] = {}
        self._definitions: dict[Any, Expression] = {}
        self._ends: dict[Any, Counter[Any]] = {}
        self._uses: dict[Any, Counter[int]] = {}

    # which arrows are told as one

    def of_path(self, arrows: Iterable[Arrow]) -> tuple[Factor, ...]:
        """Return the factors of a path."""
        found, waiting = [], []
        for arrow in arrows:
            waiting.append(arrow)
            if not self.is_hidden(arrow.operand):
                found.append(Factor(self, tuple(waiting)))
                waiting = []
        return tuple(found)

    def is_hidden(self, node: Any) -> bool:
        """Tell whether a node is not named on a path, because its arrows are told as one."""
        if node not in self._hidden:
            chain = self._chain(node)
            hidden = 0 < len(chain) <= _MOST_JOINED and self._is_only_way(chain)
            for inner in chain or (node,):
                self._hidden[inner] = hidden
        return self._hidden[node]

    def _chain(self, node: Any) -> list[Any]:
        """Return the nodes around this one that might be hidden with it, the root's side first."""
        if not self._may_hide(node):
            return []
        chain = [node]
        while len(chain) <= _MOST_JOINED:
            above = self._incoming[chain[0]].consumer  # type: ignore[union-attr]
            if not self._may_hide(above):
                break
            chain.insert(0, above)
        while len(chain) <= _MOST_JOINED:
            below = self.ways.arrows[chain[-1]][0].operand
            if not self._may_hide(below):
                break
            chain.append(below)
        return chain

    def _may_hide(self, node: Any) -> bool:
        incoming = self._incoming.get(node)
        return (
            incoming is not None
            and node is not self.ways.wrt
            and len(self.ways.arrows[node]) == 1
            and not self.notation.is_labelled(node)
            and _is_arithmetic(node)
            and _is_arithmetic(incoming.consumer)
        )

    def _is_only_way(self, chain: list[Any]) -> bool:
        """Tell whether no other arrows that would be told as one lead to the same end."""
        start = self._incoming[chain[0]].consumer  # type: ignore[union-attr]
        end = self.ways.arrows[chain[-1]][0].operand
        if start not in self._ends:
            self._ends[start] = Counter(
                id(node) for arrow in self.ways.arrows[start] for node in self._passed(arrow)
            )
        return self._ends[start][id(end)] == 1

    def _passed(self, arrow: Arrow) -> Iterator[Any]:
        """Return the nodes to which this arrow and those after it might be told as one."""
        node = arrow.operand
        yield node
        for _ in range(_MOST_JOINED + 1):
            if not self._may_hide(node):
                return
            node = self.ways.arrows[node][0].operand
            yield node

    # names

    def name(self, factor: Factor, ascii: bool = False) -> str:
        """Write a factor as text: ``dz/dw``, ``∂z/∂w``, ``∂y/∂x②`` for the second slot."""
        d = "d" if self.single or ascii else "∂"
        above, below = (self.notation[n].text for n in (factor.consumer, factor.operand))
        return f"{d}{above}/{d}{below}{slot_mark(self.twin(factor), ascii)}"

    def latex(self, factor: Factor) -> str:
        """Write a factor in LaTeX."""
        above, below = (self.latex_of(n) for n in (factor.consumer, factor.operand))
        written = rf"\frac{{\partial {above}}}{{\partial {below}}}"
        twin = self.twin(factor)
        return written if twin is None else rf"\left.{written}\right|_{{({twin + 1})}}"

    def latex_of(self, node: Any) -> str:
        """Write the name of a node in LaTeX."""
        return symbolic.latex(self.notation[node])

    def twin(self, factor: Factor) -> int | None:
        """Return the slot if the consumer uses the operand in several of them, else None."""
        if len(factor.arrows) > 1:
            return None
        consumer = factor.consumer
        if consumer not in self._uses:
            self._uses[consumer] = Counter(id(a.operand) for a in self.ways.arrows[consumer])
        return factor.slot if self._uses[consumer][id(factor.operand)] > 1 else None

    # formulas

    def formula(self, factor: Factor) -> Expression | None:
        """Return the product of the local derivatives of a factor, in symbols and simplified."""
        if factor.key not in self._formulas:
            self._formulas[factor.key] = self._formula(factor)
        return self._formulas[factor.key]

    def brief_formula(self, factor: Factor) -> Expression | None:
        """Return the formula as it is written, cut where it is too long for a line."""
        if factor.key not in self._brief:
            formula = self.formula(factor)
            self._brief[factor.key] = None if formula is None else brief(formula)
        return self._brief[factor.key]

    def _formula(self, factor: Factor) -> Expression | None:
        total: Expression | None = None
        for arrow in factor.arrows:
            partials = self.partials(arrow.consumer)
            if partials is None:
                return None
            partial = partials[arrow.slot]
            total = partial if total is None else self.make.call("multiply", total, partial)
        if total is None or len(factor.arrows) == 1:
            return total
        for arrow in factor.arrows[1:]:
            inner = arrow.consumer
            total = symbolic.replaced(total, {self.notation[inner]: self.definition(inner)})
        return self.make.simplified(total)

    def partials(self, node: Any) -> Sequence[Expression] | None:
        """Return the local derivatives of a node in symbols; None if they cannot be read."""
        if node not in self._partials:
            try:
                self._partials[node] = self.notation.partials(node, self.make)
            except NotSymbolicError:
                self._partials[node] = None
        return self._partials[node]

    def definition(self, node: Any) -> Expression:
        """Return what an operation computes a node from: ``w·x + b``."""
        if node not in self._definitions:
            groups = self.notation.groups(node)
            self._definitions[node] = symbolic.call(node.primitive, groups)
        return self._definitions[node]

    def brief_definition(self, node: Any, inner: bool = False) -> Expression:
        """Return a definition as it is written, cut where it is too long for a line.

        Args:
            node: what was computed.
            inner: whether to write the values that no factor names out.
        """
        key = (node, inner)
        if key not in self._brief:
            whole = self._written_out(node) if inner else self.definition(node)
            self._brief[key] = brief(whole)
        return self._brief[key]  # type: ignore[return-value]

    def _written_out(self, node: Any) -> Expression:
        inner = {
            self.notation[operand]: self._written_out(operand)  # at most _MOST_JOINED deep
            for operand in node.operands
            if isinstance(operand, Node) and self.is_hidden(operand)
        }
        definition = self.definition(node)
        return symbolic.replaced(definition, inner) if inner else definition

    # numbers

    @cached_property
    def changed(self) -> dict[Any, float | None]:
        """The leaves that were changed since, with what they held if that is known."""
        found = changed_leaves(self.notation.order)
        return {leaf: held for leaf, held in found.items() if not leaf._is_array}

    def number(self, node: Any) -> float | None:
        """Return the number of a Value when the graph was recorded; None if it is not known."""
        return self.changed[node] if node in self.changed else float(node._datum)


def _is_arithmetic(node: Any) -> bool:
    primitive = node.primitive
    if primitive is None or primitive.name not in _ARITHMETIC or node._is_array:
        return False
    # x**y with a y that is computed is a function like any other
    return primitive.name != "power" or isinstance(node.operands[1], float)


def slot_mark(slot: int | None, ascii: bool = False) -> str:
    """Write the number of an argument slot behind a name; nothing for None.

    >>> slot_mark(0), slot_mark(1, ascii=True), slot_mark(11), slot_mark(None)
    ('①', '(2)', '(12)', '')
    """
    if slot is None:
        return ""
    return _MARKS[slot] if slot < len(_MARKS) and not ascii else f"({slot + 1})"


def barred(name: str, ascii: bool = False) -> str:
    """Write the adjoint of what has this name: a bar over its first letter.

    >>> print(barred("a2"), barred("a2", ascii=True), barred("‘my x’"))
    ā2 a2_bar bar(‘my x’)
    """
    if ascii:
        return f"{name}_bar"
    if not name[:1].isalpha():
        return f"bar({name})"
    return unicodedata.normalize("NFC", name[0] + _MACRON) + name[1:]
