"""The arithmetic of a row as JavaScript: what a page needs to compute as Python does.

A *kernel* is one primitive for a number of operands, its value and its partials.  The
*runtime* is the object `m` of the functions that kernels call.  Rows that the table composes
of others are emitted from the table; those that Python takes from its `math` module are those
of JavaScript's `Math`, and the two that it lacks, or defines otherwise, stand here.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Sequence
from typing import Any

from autograd.formatting import shown
from autograd.operands import is_whole
from autograd.primitives import TABLE, Primitive
from autograd.symbolic.expressions import (
    Call,
    Expression,
    Name,
    Number,
    fold,
    partials_of,
    value_of,
)
from autograd.symbolic.printing import Pieces, joined
from autograd.symbolic.simplifying import simplified

__all__ = ["javascript", "javascript_kernel", "javascript_runtime"]

_BETWEEN = {
    "add": "+", "subtract": "-", "multiply": "*", "divide": "/",
    "<": "<", "<=": "<=", ">": ">", ">=": ">=", "==": "===", "!=": "!==", "&": "&&", "|": "||",
}  # fmt: skip

_OURS = {
    # C and Python say 1 where JavaScript says nan
    "power": "(x, y) => x === 1 || (x === -1 && Math.abs(y) === Infinity) ? 1 : Math.pow(x, y)",
    # 2/√π · exp(-x²) · Σ 2ⁿ x²ⁿ⁺¹ / (1·3·…·(2n+1)), whose terms are all of one sign
    # (Abramowitz & Stegun 1964, formula 7.1.6); beyond 6 the function is ±1 to the last digit
    "erf": """(x) => {
  if (Number.isNaN(x)) return x;
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x, total = x;
  for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(total); n++) {
    term *= 2 * x * x / (2 * n + 1);
    total += term;
  }
  return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * total;
}""",
}


def javascript(expression: Expression) -> str:
    """Write an expression as JavaScript over the runtime `m`; names stand as they are.

    >>> x = Name("x0")
    >>> javascript(x * (1.0 - x)), javascript(abs(x) ** 0.5)
    ('(x0 * (1 - x0))', 'm.power(m.abs(x0), 0.5)')
    """

    def visit(part: Any, operands: list[Pieces]) -> Pieces:
        if isinstance(part, Number):
            return _number(part.value)
        if isinstance(part, Name):
            return part.text
        if part.operation == "add":  # the only one that may be thousands deep: a sum stays flat
            left = part.operands[0]
            first = operands[0][1] if _is_add(left) else operands[0]
            return ("(", (first, " + ", operands[1]), ")")
        if part.operation in _BETWEEN:
            return ("(", operands[0], f" {_BETWEEN[part.operation]} ", operands[1], ")")
        if part.operation == "negate":
            return ("(-", operands[0], ")")
        if part.operation == "where":
            return ("(", operands[0], " ? ", operands[1], " : ", operands[2], ")")
        inside = tuple((", " if i else "", operand) for i, operand in enumerate(operands))
        return (_function(part.operation), "(", inside, ")")

    return joined(fold(expression, visit))


def _is_add(part: Any) -> bool:
    return isinstance(part, Call) and part.operation == "add"


def _function(name: str) -> str:
    """Write a function of the runtime; a row of the user's may have any name."""
    return (
        f"m.{name}" if re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII) else f"m[{json.dumps(name)}]"
    )


def _number(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "(-Infinity)"
    written = repr(value).removesuffix(".0")
    return f"({written})" if written.startswith("-") else written


_LONGEST = 100_000


def javascript_kernel(primitive: Primitive, lengths: Sequence[int]) -> str:
    """Write one primitive as an object of JavaScript with its value and its partials.

    Args:
        primitive: a row of the table.
        lengths: how many operands each of its groups has: ``(2,)`` for a product, ``(2, 2, 1)``
            for a neuron of two inputs with its bias.

    Raises:
        NotSymbolicError: a formula of the row cannot be read for symbols.
        TypeError: `primitive` is no row, or `lengths` no tuple of numbers up to 100,000.
        ValueError: the row has another number of operands.

    >>> from autograd import primitives
    >>> print(javascript_kernel(primitives.multiply, (2,)))
    {value: (x0, x1) => (x0 * x1), partials: (out, x0, x1) => [x1, x0]}
    """
    if not isinstance(lengths, (list, tuple)) or not all(
        is_whole(length) and 0 <= length <= _LONGEST for length in lengths
    ):
        raise TypeError(
            f"lengths is a tuple of whole numbers up to {_LONGEST}, (2,), not {shown(lengths)}"
        )
    groups = _names(lengths)
    parameters = ", ".join(name.text for group in groups for name in group)
    value = javascript(value_of(primitive, groups))
    partials = ", ".join(
        javascript(partial)
        for group in partials_of(primitive, Name("out"), groups)
        for partial in group
    )
    return f"{{value: ({parameters}) => {value}, partials: (out, {parameters}) => [{partials}]}}"


def _names(lengths: Sequence[int]) -> list[tuple[Name, ...]]:
    names: list[tuple[Name, ...]] = []
    for length in lengths:
        first = sum(map(len, names))
        names.append(tuple(Name(f"x{first + i}") for i in range(length)))
    return names


def javascript_runtime(primitives: Iterable[Primitive]) -> str:
    """Write the object `m` of all the functions that kernels of these primitives call.

    Raises:
        NotSymbolicError: a formula cannot be read for symbols.
        TypeError: one of them is no row of the table.

    >>> from autograd import primitives
    >>> print(javascript_runtime([primitives.log, primitives.maximum]))
    const m = {};
    m.log = Math.log;
    """
    rows: list[Any]
    try:
        rows = list(primitives)
    except (TypeError, NotImplementedError, MemoryError):
        rows = [primitives]
    for row in rows:
        if not isinstance(row, Primitive):
            raise TypeError(f"primitives is a list of rows of the table, and has {shown(row)}")
    needed: dict[str, str] = {}
    waiting: list[str] = []
    for row in rows:
        if row.variadic:  # made of + and × alone
            continue
        groups = _names((row.arity or 0,))
        expressions = [value_of(row, groups)]
        expressions += [e for group in partials_of(row, Name("out"), groups) for e in group]
        for expression in expressions:
            waiting += _functions(expression)
    while waiting:
        name = waiting.pop()
        if name in needed:
            continue
        row = TABLE[name]
        operands = _names((row.arity or 0,))
        value = value_of(row, operands)
        if isinstance(value, Call) and value.operation == name:  # not composed of others
            needed[name] = _OURS.get(name, f"Math.{name}")
            continue
        parameters = ", ".join(operand.text for operand in operands[0])
        needed[name] = f"({parameters}) => {javascript(simplified(value))}"
        waiting += _functions(value)
    lines = [f"{_function(name)} = {needed[name]};" for name in sorted(needed)]
    return "\n".join(["const m = {};", *lines])


def _functions(expression: Expression) -> list[str]:
    """List the functions of `m` that an expression calls."""
    found: dict[str, None] = {}

    def visit(part: Any, operands: list[None]) -> None:
        if isinstance(part, Call) and part.operation not in (*_BETWEEN, "negate", "where"):
            found[part.operation] = None

    fold(expression, visit)
    return list(found)
