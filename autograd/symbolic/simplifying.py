"""Light simplification: what a person would not write down.

0·x, 1·x, x + 0 and −(−x) go, numbers are computed, signs and coefficients come to the front,
x·x is x² and x + x is 2·x.  Nothing is expanded and no common factor is sought.  0·x and x − x
are 0 here even where x is infinite; everything else keeps the value, up to rounding.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd.formatting import shown
from autograd.operands import as_number
from autograd.primitives import TABLE, Primitive
from autograd.symbolic.expressions import NOTHING, Call, Expression, Number, compute, fold

__all__ = ["Simplifier", "simplified"]

_COMPUTED = frozenset(
    {"add", "subtract", "multiply", "divide", "power", "negate", "abs", "sign",
     "<", "<=", ">", ">=", "==", "!=", "&", "|"}
)  # fmt: skip
"""Operations on numbers that are carried out; √2 stays √2."""

_PASSING_ON_NOTHING = frozenset({"multiply", "divide", "negate"})

_SHORT = 50  # parts of a branch that is searched, so that simplifying stays linear


def simplified(expression: Expression) -> Expression:
    """Return an expression of the same value, simplified.

    >>> from autograd.symbolic.expressions import Name
    >>> from autograd.symbolic.printing import text
    >>> x, y = Name("x"), Name("y")
    >>> text(simplified(0.0 * y + 1.0 * x + x)), text(simplified(-(1.0 - x) * (1.0 / y)))
    ('2·x', '(x − 1)/y')
    """
    return Simplifier().simplified(expression)


class Simplifier:
    """Builds simplified expressions; equal parts become the same object.

    One simplifier for a whole computation keeps it linear: what is built from simplified
    parts with `call` is simplified.
    """

    def __init__(self) -> None:
        self._made: dict[tuple[Any, ...], Expression] = {}

    def simplified(self, expression: Expression) -> Expression:
        """Return an expression of the same value, simplified."""

        def visit(part: Expression, operands: list[Expression]) -> Expression:
            if isinstance(part, Call):
                return self.call(part.operation, *operands, row=part.row)
            if isinstance(part, Number) and part is not NOTHING:
                return self.number(part.value)
            return part

        return fold(expression, visit)

    def number(self, value: float) -> Expression:
        """Return a number; the same object each time."""
        value = as_number(value, "a Number")
        key = ("number", repr(value))
        return self._made.setdefault(key, Number(value))

    def call(
        self, operation: str, *operands: Expression, row: Primitive | None = None
    ) -> Expression:
        """Return an operation on simplified operands.

        Args:
            operation: its name.
            operands: what it is applied to.
            row: its row, if that is not the one of this name in the table.
        """
        if not isinstance(operation, str):
            raise TypeError(f"an operation is named by a str, not {shown(operation)}")
        for operand in operands:
            if not isinstance(operand, Expression):
                raise TypeError(f"operands are expressions, not {shown(operand)}")
        if operation in _PASSING_ON_NOTHING and any(part is NOTHING for part in operands):
            return NOTHING
        numbers = [operand.value for operand in operands if isinstance(operand, Number)]
        if len(numbers) == len(operands) and operation in _COMPUTED:
            return self.number(compute(operation, numbers))
        rule = _RULES.get(operation)
        found = rule(self, *operands) if rule is not None else None
        if found is not None:
            return found
        key = (operation, row or TABLE.get(operation), *map(id, operands))
        if key not in self._made:
            self._made[key] = Call(operation, operands, row)
        return self._made[key]


Rule = Callable[..., "Expression | None"]


def _is(expression: Expression, value: float) -> bool:
    return isinstance(expression, Number) and expression.value == value


def _is_call(expression: Expression, operation: str) -> bool:
    return isinstance(expression, Call) and expression.operation == operation


def _coefficient(term: Expression) -> tuple[float, Expression]:
    """Split 3·x into 3 and x, −x into −1 and x."""
    if _is_call(term, "negate"):
        number, core = _coefficient(term.operands[0])
        return -number, core
    if _is_call(term, "multiply") and isinstance(term.operands[0], Number):
        return term.operands[0].value, term.operands[1]
    return 1.0, term


def _exponent(term: Expression) -> tuple[float, Expression]:
    """Split x³ into 3 and x; other exponents are left alone, for x may be negative."""
    if _is_call(term, "power") and isinstance(term.operands[1], Number):
        exponent = term.operands[1].value
        if exponent > 0.0 and exponent.is_integer():
            return exponent, term.operands[0]
    return 1.0, term


def _fraction(term: Expression) -> tuple[Expression, list[Expression]]:
    """Split x/y into x and [y]; anything else has nothing below the line."""
    if _is_call(term, "divide"):
        return term.operands[0], [term.operands[1]]
    return term, []


def _add(make: Simplifier, x: Expression, y: Expression) -> Expression | None:
    if _is(x, 0.0):
        return y
    if _is(y, 0.0):
        return x
    (p, left), (q, right) = _coefficient(x), _coefficient(y)
    if left is right:
        return make.call("multiply", make.number(p + q), left)
    if isinstance(x, Call) and x.operation == "add":  # a + x + x is a + 2·x
        p, left = _coefficient(x.operands[1])
        if left is right:
            term = make.call("multiply", make.number(p + q), left)
            return make.call("add", x.operands[0], term)
    if isinstance(y, Number) and y.value < 0.0:
        return make.call("subtract", x, make.number(-y.value))
    if _is_call(y, "negate"):
        return make.call("subtract", x, y.operands[0])
    if _is_call(x, "negate"):
        return make.call("subtract", y, x.operands[0])
    return None


def _subtract(make: Simplifier, x: Expression, y: Expression) -> Expression | None:
    if _is(y, 0.0):
        return x
    if _is(x, 0.0):
        return make.call("negate", y)
    (p, left), (q, right) = _coefficient(x), _coefficient(y)
    if left is right:
        return make.call("multiply", make.number(p - q), left)
    if isinstance(y, Number) and y.value < 0.0:
        return make.call("add", x, make.number(-y.value))
    if _is_call(y, "negate"):
        return make.call("add", x, y.operands[0])
    return None


def _multiply(make: Simplifier, x: Expression, y: Expression) -> Expression | None:
    if _is(x, 0.0) or _is(y, 0.0):
        return make.number(0.0)
    if _is(x, 1.0):
        return y
    if _is(y, 1.0):
        return x
    if _is(x, -1.0):
        return make.call("negate", y)
    if _is(y, -1.0):
        return make.call("negate", x)
    if _is_call(x, "divide") or _is_call(y, "divide"):  # one fraction, and one line under it
        (above, below), (above_y, below_y) = _fraction(x), _fraction(y)
        below = [*below, *below_y]
        under = below[0] if len(below) == 1 else make.call("multiply", *below)
        return make.call("divide", make.call("multiply", above, above_y), under)
    (p, left), (q, right) = _coefficient(x), _coefficient(y)
    if isinstance(left, Number):
        p, left = p * left.value, make.number(1.0)
    if isinstance(right, Number):
        q, right = q * right.value, make.number(1.0)
    if p != 1.0 or q != 1.0:
        pulled_out = x is not left or y is not right
        if pulled_out and not (isinstance(x, Number) and y is right):
            return make.call("multiply", make.number(p * q), make.call("multiply", left, right))
        return None
    (m, base), (n, other) = _exponent(x), _exponent(y)
    if base is other:
        return make.call("power", base, make.number(m + n))
    if _is_call(x, "multiply"):  # a·b·b is a·b²
        (m, base) = _exponent(x.operands[1])
        if base is other:
            power = make.call("power", base, make.number(m + n))
            return make.call("multiply", x.operands[0], power)
    return None


def _divide(make: Simplifier, x: Expression, y: Expression) -> Expression | None:
    if _is(x, 0.0):
        return make.number(0.0)
    if _is(y, 1.0):
        return x
    if _is_call(x, "divide"):  # (a/b)/c is a/(b·c)
        return make.call("divide", x.operands[0], make.call("multiply", x.operands[1], y))
    if _is_call(x, "negate"):
        return make.call("negate", make.call("divide", x.operands[0], y))
    if _is_call(y, "negate"):
        return make.call("negate", make.call("divide", x, y.operands[0]))
    return None


def _power(make: Simplifier, x: Expression, y: Expression) -> Expression | None:
    if _is(y, 1.0):
        return x
    return make.number(1.0) if _is(y, 0.0) else None


def _negate(make: Simplifier, x: Expression) -> Expression | None:
    if _is_call(x, "negate"):
        return x.operands[0]
    if _is_call(x, "subtract"):
        return make.call("subtract", *reversed(x.operands))
    if _is_call(x, "multiply") and isinstance(x.operands[0], Number):
        return make.call("multiply", make.number(-x.operands[0].value), x.operands[1])
    if _is_call(x, "multiply") and _is_call(x.operands[0], "subtract"):
        return make.call("multiply", make.call("negate", x.operands[0]), x.operands[1])
    if _is_call(x, "divide") and _is_call(x.operands[0], "subtract"):
        return make.call("divide", make.call("negate", x.operands[0]), x.operands[1])
    return None


def _where(
    make: Simplifier, condition: Expression, x: Expression, y: Expression
) -> Expression | None:
    if isinstance(condition, Number):
        return x if condition.value != 0.0 else y
    # inside a branch it is known which way the same condition went
    inner_x = _decided(make, condition, x, 1)
    inner_y = _decided(make, condition, y, 2)
    if inner_x is not x or inner_y is not y:
        return make.call("where", condition, inner_x, inner_y)
    return x if x is y else None


def _decided(
    make: Simplifier, condition: Expression, branch: Expression, chosen: int
) -> Expression:
    """Replace every choice by the same condition by what it chooses, if the branch is short."""

    def visit(part: Expression, operands: list[Expression]) -> Expression:
        if not isinstance(part, Call):
            return part
        if part.operation == "where" and part.operands[0] is condition:
            return operands[chosen]
        if all(new is old for new, old in zip(operands, part.operands, strict=True)):
            return part
        return make.call(part.operation, *operands, row=part.row)

    return fold(branch, visit) if _is_short(branch) else branch


def _is_short(expression: Expression) -> bool:
    parts = [expression]
    for part in parts:
        if len(parts) > _SHORT:
            return False
        parts += part.operands
    return True


def _and(make: Simplifier, x: Expression, y: Expression) -> Expression | None:
    if _is(x, 0.0) or _is(y, 0.0):
        return make.number(0.0)
    if isinstance(x, Number):
        return y
    return x if isinstance(y, Number) else None


def _or(make: Simplifier, x: Expression, y: Expression) -> Expression | None:
    if _is(x, 0.0):
        return y
    if _is(y, 0.0):
        return x
    return make.number(1.0) if isinstance(x, Number) or isinstance(y, Number) else None


_RULES: dict[str, Rule] = {
    "add": _add,
    "subtract": _subtract,
    "multiply": _multiply,
    "divide": _divide,
    "power": _power,
    "negate": _negate,
    "where": _where,
    "&": _and,
    "|": _or,
}
