"""What a formula of the table is when its operands are symbols: an expression.

An expression is a number, a name, or an operation on expressions.  Operators of Python build
larger ones, so that a row of the table, read with `SYMBOLS` as its namespace, returns what it
would compute instead of computing it.

Expressions share their parts, as nodes of a graph do, and may be as deep: whoever reads one
does it through `fold`, which visits every part once and never recurs.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any, TypeVar

from autograd import primitives
from autograd.formatting import shown
from autograd.operands import as_number
from autograd.primitives import TABLE, Primitive

__all__ = [
    "NOTHING",
    "SYMBOLS",
    "Call",
    "Expression",
    "Groups",
    "Name",
    "NotSymbolicError",
    "Number",
    "call",
    "evaluate",
    "fold",
    "partials_of",
    "replaced",
    "value_of",
]

Result = TypeVar("Result")


class NotSymbolicError(TypeError):
    """A formula wants to know a number where it was given a symbol."""


class Expression:
    """A formula over symbols.  Compare with ``is``: ``==`` builds an expression."""

    __slots__ = ()

    __array_ufunc__ = None  # numpy has nothing to do here

    operands: tuple[Expression, ...] = ()

    __hash__ = object.__hash__

    def __add__(self, other: Any) -> Expression:
        return _operation("add", self, other)

    def __radd__(self, other: Any) -> Expression:
        return _operation("add", other, self)

    def __sub__(self, other: Any) -> Expression:
        return _operation("subtract", self, other)

    def __rsub__(self, other: Any) -> Expression:
        return _operation("subtract", other, self)

    def __mul__(self, other: Any) -> Expression:
        return _operation("multiply", self, other)

    def __rmul__(self, other: Any) -> Expression:
        return _operation("multiply", other, self)

    def __truediv__(self, other: Any) -> Expression:
        return _operation("divide", self, other)

    def __rtruediv__(self, other: Any) -> Expression:
        return _operation("divide", other, self)

    def __pow__(self, other: Any) -> Expression:
        return _operation("power", self, other)

    def __rpow__(self, other: Any) -> Expression:
        return _operation("power", other, self)

    def __neg__(self) -> Expression:
        return Call("negate", (self,))

    def __abs__(self) -> Expression:
        return Call("abs", (self,))

    def __lt__(self, other: Any) -> Expression:
        return _operation("<", self, other)

    def __le__(self, other: Any) -> Expression:
        return _operation("<=", self, other)

    def __gt__(self, other: Any) -> Expression:
        return _operation(">", self, other)

    def __ge__(self, other: Any) -> Expression:
        return _operation(">=", self, other)

    def __eq__(self, other: Any) -> Expression:  # type: ignore[override]
        return _operation("==", self, other)

    def __ne__(self, other: Any) -> Expression:  # type: ignore[override]
        return _operation("!=", self, other)

    def __and__(self, other: Any) -> Expression:
        return _operation("&", self, other)

    def __rand__(self, other: Any) -> Expression:
        return _operation("&", other, self)

    def __or__(self, other: Any) -> Expression:
        return _operation("|", self, other)

    def __ror__(self, other: Any) -> Expression:
        return _operation("|", other, self)

    def __bool__(self) -> bool:
        raise NotSymbolicError(
            "a formula that branches with `if` has no one expression: use m.where in it"
        )

    def __float__(self) -> float:
        raise NotSymbolicError(
            "a formula that computes with `math` has no expression: use m.exp and its like in it"
        )


class Number(Expression):
    """A known number."""

    __slots__ = ("value",)

    def __init__(self, value: float) -> None:
        self.value = as_number(value, "a Number")

    def __repr__(self) -> str:
        return f"Number({self.value!r})"


class Name(Expression):
    """An unknown, with the way it is written in LaTeX if that is another one."""

    __slots__ = ("latex", "text")

    def __init__(self, text: str, latex: str | None = None) -> None:
        if not isinstance(text, str) or not (latex is None or isinstance(latex, str)):
            wrong = latex if isinstance(text, str) else text
            raise TypeError(f"the text and latex of a Name are strs, not {shown(wrong)}")
        self.text = text
        self.latex = latex

    def __repr__(self) -> str:
        return f"Name({self.text!r})"


class Call(Expression):
    """An operation: the name of a row of the table, a comparison, ``"&"`` or ``"|"``.

    The row itself is kept too: one of the user's own may be declared again under its name.
    What is no row has no word for a name, so that a row may be called ``less``.
    """

    __slots__ = ("operands", "operation", "row")

    def __init__(
        self, operation: str, operands: tuple[Expression, ...], row: Primitive | None = None
    ) -> None:
        if not isinstance(operation, str):
            raise TypeError(f"an operation is named by a str, not {shown(operation)}")
        if not isinstance(operands, tuple) or not all(isinstance(x, Expression) for x in operands):
            raise TypeError(f"operands is a tuple of expressions, not {shown(operands)}")
        if row is not None and not isinstance(row, Primitive):
            raise TypeError(f"row is a primitive of the table, not {shown(row)}")
        self.operation = operation
        self.operands = operands
        self.row = TABLE.get(operation) if row is None else row
        arity = None if self.row is None else self.row.arity
        if arity is not None and len(operands) != arity:
            raise ValueError(f"operands of {operation} are {arity}, not {len(operands)}")

    def of(self, operands: Sequence[Expression]) -> Call:
        """Return the same operation on other operands."""
        return Call(self.operation, tuple(operands), self.row)

    def __repr__(self) -> str:
        return f"<expression {self.operation} of {len(self.operands)}>"


NOTHING = Number(0.0)
"""What `where` hands to the branch that it did not choose: a 0 that stays 0 even times nan."""

Groups = Sequence[tuple[Any, ...]]
"""Operands as the formulas of a primitive take them: one group, several if it is variadic."""


def _operation(name: str, *operands: Any) -> Expression:
    return Call(name, tuple(map(_as_expression, operands)))


def _as_expression(operand: Any) -> Expression:
    return operand if isinstance(operand, Expression) else Number(operand)


# ---------------------------------------------------------------- reading a row


class _Symbols:
    """The namespace that reads a formula for symbols: every function of the table, as a `Call`."""

    def __getattr__(self, name: str) -> Callable[..., Expression]:
        name = "power" if name == "pow" else name
        if name not in TABLE:
            raise AttributeError(f"the table has no function {name!r}")
        return lambda *operands: _operation(name, *operands)


SYMBOLS = _Symbols()
"""Reads a formula for symbols."""


def call(primitive: Primitive, groups: Groups) -> Expression:
    """Return a primitive applied to symbols, as people write it: σ(z), w·x + b.

    Raises:
        NotSymbolicError: the formula cannot be read for symbols.
        TypeError: `primitive` is no row of the table, or `groups` no list of tuples.
        ValueError: the row has another number of operands.

    >>> call(primitives.sigmoid, [(Name("z"),)])
    <expression sigmoid of 1>
    """
    _require(primitive, groups)
    if not primitive.partials:  # recorded by hand: only its symbol is known
        operands = tuple(_as_expression(operand) for group in groups for operand in group)
        return Call(primitive.symbol, operands, primitive)
    if not primitive.variadic:
        operands = tuple(map(_as_expression, groups[0]))
        if primitive is primitives.identity:
            return operands[0]
        return Call(primitive.name, operands, primitive)
    terms = _terms(value_of(primitive, groups[:2]))
    terms += [_as_expression(bias) for group in groups[2:] for bias in group]  # as one says it
    return reduce(operator.add, terms)


def _terms(total: Expression) -> list[Expression]:
    """List what a formula adds up, without the 0.0 with which it begins."""
    terms: list[Expression] = []
    while isinstance(total, Call) and total.operation == "add":
        total, term = total.operands
        terms.append(term)
    return terms[::-1] or [total]


def value_of(primitive: Primitive, groups: Groups) -> Expression:
    """Return what a primitive computes, its row's formula written out.

    Raises:
        NotSymbolicError: the formula cannot be read for symbols.
        TypeError, ValueError: as for `call`.
    """
    _require(primitive, groups)
    result = _read(primitive, primitive.value, *_operands(primitive, groups))
    return _as_expression(result)


def partials_of(
    primitive: Primitive, out: Expression, groups: Groups
) -> list[tuple[Expression, ...]]:
    """Return the partial derivatives of a primitive, in the same groups as its operands.

    Args:
        primitive: a row of the table.
        out: what stands for the primitive's own value.
        groups: what stands for its operands; a number is a constant.

    Raises:
        NotSymbolicError: a formula cannot be read for symbols, or there is none.
        TypeError, ValueError: as for `call`.
    """
    _require(primitive, groups)
    if not primitive.partials:
        raise NotSymbolicError(f"of {primitive.symbol!r} no derivative is known")
    operands, out = _operands(primitive, groups), _as_expression(out)
    if primitive.variadic:
        found = _read(primitive, primitive.partials[0], out, *operands)
        return [tuple(map(_as_expression, group)) for group in found]
    return [
        tuple(
            _as_expression(_read(primitive, formula, out, *operands))
            for formula in primitive.partials
        )
    ]


def _require(primitive: Any, groups: Any) -> None:
    if not isinstance(primitive, Primitive):
        raise TypeError(f"primitive is a row of the table, not {shown(primitive)}")
    if not isinstance(groups, (list, tuple)) or not all(
        isinstance(group, (list, tuple)) for group in groups
    ):
        raise TypeError(f"groups is a list of tuples of operands, not {shown(groups)}")
    arity = primitive.arity
    if arity is not None and (len(groups) != 1 or len(groups[0]) != arity):
        raise ValueError(
            f"groups has one tuple of the {arity} operands of {primitive.name}, not {shown(groups)}"
        )


def _operands(primitive: Primitive, groups: Groups) -> tuple[Any, ...]:
    expressions = tuple(tuple(map(_as_expression, group)) for group in groups)
    return expressions if primitive.variadic else expressions[0]


def _read(primitive: Primitive, formula: Callable[..., Any], *operands: Any) -> Any:
    try:
        return formula(SYMBOLS, *operands)
    except Exception as error:
        raise NotSymbolicError(
            f"the formulas of primitive {primitive.name} cannot be read for symbols: {error}"
        ) from error


# ---------------------------------------------------------------- reading an expression


def fold(
    expression: Expression, visit: Callable[..., Result], results: dict[int, Result] | None = None
) -> Result:
    """Visit every part of an expression once, operands first, and return the last result.

    Args:
        expression: where the parts are found.
        visit: ``visit(part, results of its operands)``.
        results: of parts that were visited before, by ``id``; those of this visit are added.

    Raises:
        TypeError: an argument of another kind.
    """
    if not isinstance(expression, Expression):
        raise TypeError(f"an expression of autograd.symbolic is wanted, not {shown(expression)}")
    if not callable(visit):
        raise TypeError(f"visit is a function of a part and its operands, not {shown(visit)}")
    if results is not None and not isinstance(results, dict):
        raise TypeError(f"results is a dict of what was visited before, not {shown(results)}")
    results = {} if results is None else results
    stack = [expression]
    while stack:
        part = stack[-1]
        waiting = [operand for operand in part.operands if id(operand) not in results]
        if waiting:
            stack += reversed(waiting)
            continue
        stack.pop()
        if id(part) not in results:
            results[id(part)] = visit(part, [results[id(operand)] for operand in part.operands])
    return results[id(expression)]


def replaced(expression: Expression, replacements: Mapping[Name, Expression]) -> Expression:
    """Return an expression in which names have been replaced.

    Raises:
        TypeError: `expression` is none, or `replacements` no dict from names to expressions.

    >>> x, y = Name("x"), Name("y")
    >>> evaluate(replaced(x * y, {y: x + 1.0}), {"x": 3.0})
    12.0
    """
    if not isinstance(replacements, Mapping) or not all(
        isinstance(x, Expression) for pair in replacements.items() for x in pair
    ):
        raise TypeError(
            f"replacements is a dict from names to expressions, not {shown(replacements)}"
        )
    by_id = {id(name): replacement for name, replacement in replacements.items()}

    def visit(part: Expression, operands: list[Expression]) -> Expression:
        if not isinstance(part, Call):
            return by_id.get(id(part), part)
        return part.of(operands)

    return fold(expression, visit)


_LOGIC: dict[str, Callable[[float, float], bool]] = {
    "<": lambda x, y: x < y,
    "<=": lambda x, y: x <= y,
    ">": lambda x, y: x > y,
    ">=": lambda x, y: x >= y,
    "==": lambda x, y: x == y,
    "!=": lambda x, y: x != y,
    "&": lambda x, y: bool(x) and bool(y),
    "|": lambda x, y: bool(x) or bool(y),
}


def compute(operation: str, numbers: Sequence[float], row: Primitive | None = None) -> float:
    """Carry out one operation on numbers; what holds is 1, what does not is 0."""
    if operation in _LOGIC:
        return float(_LOGIC[operation](*numbers))
    return float(primitives.evaluate((row or TABLE[operation]).value, *numbers))


def evaluate(expression: Expression, numbers: Mapping[str, float]) -> float:
    """Return the value of an expression.

    Args:
        expression: what is computed.
        numbers: the number of each name, by its text.

    Raises:
        TypeError: `expression` is none, or `numbers` no dict of real numbers.
        ValueError: a name has no number.

    >>> evaluate(2.0 * Name("x") + 1.0, {"x": 3.0})
    7.0
    """
    if not isinstance(numbers, Mapping):
        raise TypeError(f"numbers is a dict from names to numbers, not {shown(numbers)}")
    nothing = NOTHING.value  # told from every other zero by identity, as in a backward pass

    def visit(part: Any, operands: list[float]) -> float:
        if isinstance(part, Number):
            return part.value
        if isinstance(part, Call) and any(number is nothing for number in operands):
            if part.operation in ("multiply", "divide", "negate"):
                return nothing
            if part.operation == "add":
                return operands[1] if operands[0] is nothing else operands[0]
        if isinstance(part, Call):
            if part.operation == "where":  # the other branch may hold a nan: it must not count
                return operands[1] if operands[0] != 0.0 else operands[2]
            return compute(part.operation, operands, part.row)
        name = part.text
        if name not in numbers:
            raise ValueError(f"there is no number for {name!r}: give one in {{{name!r}: …}}")
        return as_number(numbers[name], f"evaluate: the name {name!r}")

    return fold(expression, visit)
