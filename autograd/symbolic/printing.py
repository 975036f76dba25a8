"""An expression as people read it: in plain text, and in LaTeX.

How an operation is written follows from its row's symbol: ``+`` stands between its operands,
``σ`` before them, and a symbol with a dot in it, ``|·|``, has the operand in the dot's place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from autograd.primitives import TABLE
from autograd.symbolic.expressions import Call, Expression, Name, Number, fold

__all__ = ["latex", "latex_name", "number_text", "text"]

# How firmly an operation binds; what binds less firmly than its place asks gets parentheses.
_CHOICE, _OR, _AND, _COMPARISON, _SUM, _PRODUCT, _POWER, _ATOM = range(8)

_PLACES: dict[str, tuple[int, int, int]] = {  # binds, and asks of its left and right operand
    "or": (_OR, _OR, _AND),
    "and": (_AND, _AND, _COMPARISON),
    "less": (_COMPARISON, _SUM, _SUM),
    "less_equal": (_COMPARISON, _SUM, _SUM),
    "greater": (_COMPARISON, _SUM, _SUM),
    "greater_equal": (_COMPARISON, _SUM, _SUM),
    "equal": (_COMPARISON, _SUM, _SUM),
    "not_equal": (_COMPARISON, _SUM, _SUM),
    "add": (_SUM, _SUM, _PRODUCT),
    "subtract": (_SUM, _SUM, _PRODUCT),
    "multiply": (_PRODUCT, _PRODUCT, _PRODUCT),
    "divide": (_PRODUCT, _PRODUCT, _POWER),
    "matmul": (_PRODUCT, _PRODUCT, _POWER),
}

_BETWEEN = {
    "or": " or ", "and": " and ", "less": " < ", "less_equal": " ≤ ", "greater": " > ",
    "greater_equal": " ≥ ", "equal": " = ", "not_equal": " ≠ ",
    "add": " + ", "subtract": " − ", "multiply": "·", "divide": "/", "matmul": " @ ",
}  # fmt: skip
_BETWEEN_ASCII = _BETWEEN | {
    "less_equal": " <= ", "greater_equal": " >= ", "equal": " == ", "not_equal": " != ",
    "subtract": " - ", "multiply": "*",
}  # fmt: skip
_BETWEEN_LATEX = {
    "or": r" \text{ or } ", "and": r" \text{ and } ", "less": r" \lt ", "less_equal": r" \le ",
    "greater": r" \gt ", "greater_equal": r" \ge ", "equal": " = ", "not_equal": r" \ne ",
    "add": " + ", "subtract": " - ", "multiply": r" \cdot ", "matmul": r" \, ",
}  # fmt: skip

_SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_LONGEST_SUPERSCRIPT = 3


class _Written(NamedTuple):
    """A piece of text, and how firmly it binds."""

    text: str
    binds: int
    signed: bool = False  # begins with a minus, which nothing may stand directly before

    def at(self, place: int, brackets: tuple[str, str] = ("(", ")")) -> str:
        """Return the text for a place that asks for so much firmness."""
        return self.text if self.binds >= place else brackets[0] + self.text + brackets[1]


def text(expression: Expression, ascii: bool = False, digits: int = 6) -> str:
    """Write an expression in one line of text.

    Args:
        expression: what is written.
        ascii: whether to keep to ASCII, as far as the names do: ``*`` for ``·``.
        digits: the most significant digits of a number.

    >>> x, y = Name("x"), Name("y")
    >>> text((x - y) ** 2.0 / abs(x) * -y), text((x - y) ** 2.0, ascii=True)
    ('(x − y)²/|x|·(−y)', '(x - y)**2')
    """
    return fold(expression, _Text(ascii, digits).visit).text


def latex(expression: Expression, digits: int = 6) -> str:
    r"""Write an expression in LaTeX, for math mode.

    Args:
        expression: what is written.
        digits: the most significant digits of a number.

    >>> a = Name("a1")
    >>> print(latex(a * (1.0 - a) / 2.0))
    \frac{a_{1} \cdot \left(1 - a_{1}\right)}{2}
    """
    return fold(expression, _Latex(digits).visit).text


def number_text(value: float, digits: int = 6) -> str:
    """Write a number in at most so many significant digits: 2, 0.5, 1e-7.

    >>> number_text(2.0), number_text(1 / 3), number_text(1e-7)
    ('2', '0.333333', '1e-7')
    """
    mantissa, _, exponent = f"{value:.{digits}g}".partition("e")
    return f"{mantissa}e{int(exponent)}" if exponent else mantissa


# ---------------------------------------------------------------- plain text


class _Text:
    """Writes the parts of an expression as plain text."""

    def __init__(self, ascii: bool, digits: int) -> None:
        self.ascii = ascii
        self.digits = digits
        self.between = _BETWEEN_ASCII if ascii else _BETWEEN
        self.minus = "-" if ascii else "−"

    def visit(self, part: Any, operands: list[_Written]) -> _Written:
        if isinstance(part, Number):
            return self.number(part.value)
        if isinstance(part, Name):
            return _Written(part.text, _ATOM)
        writer: Callable[..., _Written] | None = getattr(self, f"write_{part.operation}", None)
        if writer is not None:
            return writer(part, *operands)
        if part.operation in _PLACES:
            return _infix(part.operation, operands, self.between[part.operation])
        return self.function(part.operation, operands)

    def number(self, value: float) -> _Written:
        digits = number_text(abs(value), self.digits)
        return self.negative(_Written(digits, _ATOM)) if value < 0.0 else _Written(digits, _ATOM)

    def negative(self, operand: _Written) -> _Written:
        # −x² is −(x²), and −a·b is the same as −(a·b)
        inner = f"({operand.text})" if operand.signed else operand.at(_PRODUCT)
        return _Written(self.minus + inner, _PRODUCT, signed=True)

    def function(self, operation: str, operands: list[_Written]) -> _Written:
        row = TABLE.get(operation)
        symbol = (row.ascii if self.ascii else row.symbol) if row is not None else operation
        inside = ", ".join(operand.text for operand in operands)
        if "·" in symbol:
            return _Written(symbol.replace(",", ", ").replace("·", inside), _ATOM)
        is_word = symbol.isidentifier() or symbol == "√"
        return _Written(f"{symbol if is_word else operation}({inside})", _ATOM)

    def write_negate(self, part: Call, operand: _Written) -> _Written:
        return self.negative(operand)

    def write_not_equal(self, part: Call, x: _Written, y: _Written) -> _Written:
        if part.operands[0] is part.operands[1]:  # only nan differs from itself
            return _Written(f"{x.at(_SUM)} is nan", _COMPARISON)
        return _infix("not_equal", [x, y], self.between["not_equal"])

    def write_power(self, part: Call, base: _Written, exponent: _Written) -> _Written:
        below = base.at(_ATOM)
        if self.ascii:
            return _Written(f"{below}**{exponent.at(_ATOM)}", _POWER)
        known = part.operands[1]
        if isinstance(known, Number) and known.value.is_integer():
            digits = number_text(known.value)
            if len(digits) <= _LONGEST_SUPERSCRIPT and "e" not in digits:
                return _Written(below + digits.translate(_SUPERSCRIPTS), _POWER)
        return _Written(f"{below}^{exponent.at(_ATOM)}", _POWER)

    def write_getitem(self, part: Call, x: _Written, index: _Written) -> _Written:
        return _Written(f"{x.at(_ATOM)}[{index.text}]", _ATOM)

    def write_where(self, part: Call, condition: _Written, x: _Written, y: _Written) -> _Written:
        return _Written(f"{x.at(_OR)} if {condition.at(_OR)} else {y.at(_OR)}", _CHOICE)


def _infix(
    operation: str,
    operands: Sequence[_Written],
    between: str,
    brackets: tuple[str, str] = ("(", ")"),
) -> _Written:
    binds, on_the_left, on_the_right = _PLACES[operation]
    left, right = operands
    before = left.at(on_the_left, brackets)
    after = right.at(_ATOM if right.signed else on_the_right, brackets)
    return _Written(before + between + after, binds, signed=left.signed and before == left.text)


# ---------------------------------------------------------------- LaTeX

_BRACKETS = (r"\left(", r"\right)")

_FUNCTIONS = {
    "sigmoid": r"\sigma",
    "log": r"\log",
    "log2": r"\log_{2}",
    "log10": r"\log_{10}",
    "sin": r"\sin", "cos": r"\cos", "tan": r"\tan",
    "asin": r"\arcsin", "acos": r"\arccos", "atan": r"\arctan",
    "sinh": r"\sinh", "cosh": r"\cosh", "tanh": r"\tanh",
    "maximum": r"\max", "minimum": r"\min",
}  # fmt: skip


class _Latex:
    """Writes the parts of an expression as LaTeX."""

    def __init__(self, digits: int) -> None:
        self.digits = digits

    def visit(self, part: Any, operands: list[_Written]) -> _Written:
        if isinstance(part, Number):
            return self.number(part.value)
        if isinstance(part, Name):
            return _Written(latex_name(part.text) if part.latex is None else part.latex, _ATOM)
        writer: Callable[..., _Written] | None = getattr(self, f"write_{part.operation}", None)
        if writer is not None:
            return writer(part, *operands)
        if part.operation in _PLACES:
            between = _BETWEEN_LATEX[part.operation]
            return _infix(part.operation, operands, between, _BRACKETS)
        return self.function(part.operation, operands)

    def number(self, value: float) -> _Written:
        mantissa, _, exponent = number_text(abs(value), self.digits).partition("e")
        mantissa = {"inf": r"\infty", "nan": r"\mathrm{nan}"}.get(mantissa, mantissa)
        if exponent:
            size = _Written(rf"{mantissa} \cdot 10^{{{exponent}}}", _PRODUCT)
        else:
            size = _Written(mantissa, _ATOM)
        return self.negative(size) if value < 0.0 else size

    def negative(self, operand: _Written) -> _Written:
        inner = operand.at(_ATOM if operand.signed else _PRODUCT, _BRACKETS)
        return _Written("-" + inner, _PRODUCT, signed=True)

    def function(self, operation: str, operands: list[_Written]) -> _Written:
        name = _FUNCTIONS.get(operation)
        if name is None:
            row = TABLE.get(operation)
            name = rf"\operatorname{{{_escaped(row.ascii if row else operation)}}}"
        inside = ", ".join(operand.text for operand in operands)
        return _Written(f"{name}{_BRACKETS[0]}{inside}{_BRACKETS[1]}", _ATOM)

    def write_negate(self, part: Call, operand: _Written) -> _Written:
        return self.negative(operand)

    def write_divide(self, part: Call, x: _Written, y: _Written) -> _Written:
        return _Written(rf"\frac{{{x.text}}}{{{y.text}}}", _POWER)

    def write_not_equal(self, part: Call, x: _Written, y: _Written) -> _Written:
        if part.operands[0] is part.operands[1]:
            return _Written(rf"{x.at(_SUM, _BRACKETS)} \text{{ is nan}}", _COMPARISON)
        return _infix("not_equal", [x, y], _BETWEEN_LATEX["not_equal"], _BRACKETS)

    def write_power(self, part: Call, base: _Written, exponent: _Written) -> _Written:
        return _Written(f"{base.at(_ATOM, _BRACKETS)}^{{{exponent.text}}}", _POWER)

    def write_exp(self, part: Call, x: _Written) -> _Written:
        return _Written(f"e^{{{x.text}}}", _POWER)

    def write_sqrt(self, part: Call, x: _Written) -> _Written:
        return _Written(rf"\sqrt{{{x.text}}}", _ATOM)

    def write_abs(self, part: Call, x: _Written) -> _Written:
        return _Written(rf"\left|{x.text}\right|", _ATOM)

    def write_relu(self, part: Call, x: _Written) -> _Written:
        return _Written(rf"\max\left(0, {x.text}\right)", _ATOM)

    def write_getitem(self, part: Call, x: _Written, index: _Written) -> _Written:
        return _Written(f"{x.at(_ATOM, _BRACKETS)}_{{{index.text}}}", _ATOM)

    def write_where(self, part: Call, condition: _Written, x: _Written, y: _Written) -> _Written:
        cases = rf"{x.text} & \text{{if }} {condition.text} \\ {y.text} & \text{{otherwise}}"
        return _Written(rf"\begin{{cases}} {cases} \end{{cases}}", _ATOM)


_GREEK = frozenset(
    {"alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa",
     "lambda", "mu", "nu", "xi", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi",
     "omega"}
)  # fmt: skip

_SUBSCRIPTED = re.compile(r"([^\W\d_]+)_?(\d*)(?:\[(\d+(?:, ?\d+)*)\])?", re.ASCII)

_ESCAPES = {
    "\\": r"\backslash ", "{": r"\{", "}": r"\}", "$": r"\$", "%": r"\%", "&": r"\&",
    "#": r"\#", "_": r"\_", "^": "ˆ", "~": "˜", " ": r"\ ",
    "<": r"\lt ", ">": r"\gt ",  # what shows LaTeX may read HTML first
}  # fmt: skip


def latex_name(name: str) -> str:
    r"""Write a name in LaTeX, for math mode; no character of it is read as a command.

    >>> print(*map(latex_name, ("w1", "alpha", "W[0,1]", "loss", "50% of $x_1")))
    w_{1} \alpha W_{0,1} \mathrm{loss} \mathrm{50\%\ of\ \$x\_1}
    """
    found = _SUBSCRIPTED.fullmatch(name)
    if not found:
        return rf"\mathrm{{{_escaped(name)}}}"
    letters, digits, index = found.groups()
    subscript = ",".join(part for part in (digits, index) if part)
    if letters in _GREEK:
        letters = f"\\{letters}"
    elif len(letters) > 1:
        letters = rf"\mathrm{{{letters}}}"
    return f"{letters}_{{{subscript}}}" if subscript else letters


def _escaped(name: str) -> str:
    return "".join(_ESCAPES.get(character, character) for character in name)
