"""An expression as people read it: in plain text, and in LaTeX.

How an operation is written follows from its row's symbol: ``+`` stands between its operands,
``σ`` before them, and a symbol with a dot in it, ``|·|``, has the operand in the dot's place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from autograd.formatting import shown
from autograd.operands import as_flag, is_whole
from autograd.symbolic.expressions import Call, Expression, Name, Number, fold

__all__ = ["Pieces", "joined", "latex", "latex_name", "latex_text", "number_text", "text"]

# How firmly an operation binds; what binds less firmly than its place asks gets parentheses.
_CHOICE, _OR, _AND, _COMPARISON, _SUM, _PRODUCT, _POWER, _ATOM = range(8)

_PLACES: dict[str, tuple[int, int, int]] = {  # binds, and asks of its left and right operand
    "|": (_OR, _OR, _AND),
    "&": (_AND, _AND, _COMPARISON),
    "<": (_COMPARISON, _SUM, _SUM),
    "<=": (_COMPARISON, _SUM, _SUM),
    ">": (_COMPARISON, _SUM, _SUM),
    ">=": (_COMPARISON, _SUM, _SUM),
    "==": (_COMPARISON, _SUM, _SUM),
    "!=": (_COMPARISON, _SUM, _SUM),
    "add": (_SUM, _SUM, _PRODUCT),
    "subtract": (_SUM, _SUM, _PRODUCT),
    "multiply": (_PRODUCT, _PRODUCT, _PRODUCT),
    "divide": (_PRODUCT, _PRODUCT, _POWER),
    "@": (_PRODUCT, _PRODUCT, _POWER),
}

_BETWEEN = {
    "|": " or ", "&": " and ", "<": " < ", "<=": " ≤ ", ">": " > ",
    ">=": " ≥ ", "==": " = ", "!=": " ≠ ",
    "add": " + ", "subtract": " − ", "multiply": "·", "divide": "/", "@": " @ ",
}  # fmt: skip
_BETWEEN_ASCII = _BETWEEN | {
    "<=": " <= ", ">=": " >= ", "==": " == ", "!=": " != ",
    "subtract": " - ", "multiply": "*",
}  # fmt: skip
_BETWEEN_LATEX = {
    "|": r" \text{ or } ", "&": r" \text{ and } ", "<": r" \lt ", "<=": r" \le ",
    ">": r" \gt ", ">=": r" \ge ", "==": " = ", "!=": r" \ne ",
    "add": " + ", "subtract": " - ", "multiply": r" \cdot ", "@": r" \, ",
}  # fmt: skip

_MOST_DIGITS = 100
_SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_LONGEST_SUPERSCRIPT = 3


Pieces: TypeAlias = "str | tuple[Pieces, ...]"
"""A text in pieces, which are joined once: a long sum would be copied for each of its terms."""


def joined(pieces: Pieces) -> str:
    """Return the text.

    >>> joined(("a", (" + ", ("b",)), " + c"))
    'a + b + c'
    """
    found: list[str] = []
    stack: list[Pieces] = [pieces]
    while stack:
        piece = stack.pop()
        if isinstance(piece, str):
            found.append(piece)
        else:
            stack += reversed(piece)
    return "".join(found)


class _Written(NamedTuple):
    """A piece of text, and how firmly it binds."""

    text: Pieces
    binds: int
    signed: bool = False  # begins with a minus, which nothing may stand directly before

    def at(self, place: int, brackets: tuple[str, str] = ("(", ")")) -> Pieces:
        """Return the text for a place that asks for so much firmness."""
        return self.text if self.binds >= place else (brackets[0], self.text, brackets[1])


def text(expression: Expression, ascii: bool = False, digits: int = 6) -> str:
    """Write an expression in one line of text.

    Args:
        expression: what is written.
        ascii: whether to keep to ASCII, as far as the names do: ``*`` for ``·``.
        digits: the most significant digits of a number, from 1 to 100.

    Raises:
        TypeError: `expression` is none, or `ascii` is neither True nor False.
        ValueError: another number of digits.

    >>> x, y = Name("x"), Name("y")
    >>> text((x - y) ** 2.0 / abs(x) * -y), text((x - y) ** 2.0, ascii=True)
    ('(x − y)²/|x|·(−y)', '(x - y)**2')
    """
    ascii = as_flag(ascii, "ascii of text")
    return joined(fold(expression, _Text(ascii, _count(digits)).visit).text)


def latex(expression: Expression, digits: int = 6) -> str:
    r"""Write an expression in LaTeX, for math mode.

    Args:
        expression: what is written.
        digits: the most significant digits of a number, from 1 to 100.

    Raises:
        TypeError: `expression` is none.
        ValueError: another number of digits.

    >>> a = Name("a1")
    >>> print(latex(a * (1.0 - a) / 2.0))
    \frac{a_{1} \cdot \left(1 - a_{1}\right)}{2}
    """
    return joined(fold(expression, _Latex(_count(digits)).visit).text)


def _count(digits: Any) -> int:
    if not is_whole(digits) or not 1 <= digits <= _MOST_DIGITS:
        raise ValueError(f"digits is a whole number from 1 to {_MOST_DIGITS}, not {shown(digits)}")
    return int(digits)


def number_text(value: float, digits: int = 6) -> str:
    """Write a number in at most so many significant digits: 2, 0.5, 1e-7.

    >>> number_text(2.0), number_text(1 / 3), number_text(1e-7)
    ('2', '0.333333', '1e-7')
    """
    mantissa, _, exponent = f"{value:.{digits}g}".partition("e")
    return f"{mantissa}e{int(exponent)}" if exponent else mantissa


class _Writer:
    """What writing as text and writing as LaTeX have in common.

    Attributes:
        digits: the most significant digits of a number.
        between: what stands between the operands of an operation.
        brackets: what is put around what does not bind firmly enough.
        minus: the sign of a negative number.
        is_nan: what is said of a number that differs from itself.
        writers: of the operations that are not written as functions or between operands.
    """

    digits: int
    between: Mapping[str, str]
    brackets: tuple[str, str]
    minus: str
    is_nan: str
    writers: Mapping[str, Callable[..., _Written]]

    def visit(self, part: Any, operands: list[_Written]) -> _Written:
        if isinstance(part, Number):
            return self.number(part.value)
        if isinstance(part, Name):
            return self.name(part)
        if part.operation in self.writers:
            return self.writers[part.operation](part, *operands)
        if part.operation in _PLACES:
            return self.infix(part.operation, *operands)
        return self.function(part, operands)

    def number(self, value: float) -> _Written:
        size = self.size(number_text(abs(value), self.digits))
        return self.negative(size) if value < 0.0 else size

    def size(self, digits: str) -> _Written:
        raise NotImplementedError

    def name(self, name: Name) -> _Written:
        raise NotImplementedError

    def function(self, part: Call, operands: list[_Written]) -> _Written:
        raise NotImplementedError

    def negative(self, operand: _Written) -> _Written:
        # −x² is −(x²), and −a·b is the same as −(a·b)
        inner = operand.at(_ATOM if operand.signed else _PRODUCT, self.brackets)
        return _Written((self.minus, inner), _PRODUCT, signed=True)

    def infix(self, operation: str, left: _Written, right: _Written) -> _Written:
        binds, on_the_left, on_the_right = _PLACES[operation]
        before = left.at(on_the_left, self.brackets)
        after = right.at(_ATOM if right.signed else on_the_right, self.brackets)
        signed = left.signed and left.binds >= on_the_left
        return _Written((before, self.between[operation], after), binds, signed)

    def write_negate(self, part: Call, operand: _Written) -> _Written:
        return self.negative(operand)

    def write_not_equal(self, part: Call, x: _Written, y: _Written) -> _Written:
        if part.operands[0] is part.operands[1]:  # only nan differs from itself
            return _Written((x.at(_SUM, self.brackets), self.is_nan), _COMPARISON)
        return self.infix("!=", x, y)


def _listed(operands: Sequence[_Written]) -> Pieces:
    return tuple((", " if index else "", operand.text) for index, operand in enumerate(operands))


# ---------------------------------------------------------------- plain text


class _Text(_Writer):
    """Writes the parts of an expression as plain text."""

    brackets = ("(", ")")
    is_nan = " is nan"

    def __init__(self, ascii: bool, digits: int) -> None:
        self.ascii = ascii
        self.digits = digits
        self.between = _BETWEEN_ASCII if ascii else _BETWEEN
        self.minus = "-" if ascii else "−"
        self.writers = {
            "negate": self.write_negate, "!=": self.write_not_equal, "power": self.write_power,
            "[]": self.write_getitem, "where": self.write_where,
        }  # fmt: skip

    def size(self, digits: str) -> _Written:
        return _Written(digits, _ATOM)

    def name(self, name: Name) -> _Written:
        return _Written(name.text, _ATOM)

    def function(self, part: Call, operands: list[_Written]) -> _Written:
        symbol = part.operation
        if part.row is not None:
            symbol = part.row.ascii if self.ascii else part.row.symbol
        inside = _listed(operands)
        before, dot, after = symbol.replace(",", ", ").partition("·")
        if dot:
            return _Written((before, inside, after), _ATOM)
        is_word = symbol.isidentifier() or symbol == "√"
        return _Written((symbol if is_word else part.operation, "(", inside, ")"), _ATOM)

    def write_power(self, part: Call, base: _Written, exponent: _Written) -> _Written:
        below = base.at(_ATOM)
        if self.ascii:
            return _Written((below, "**", exponent.at(_ATOM)), _POWER)
        known = part.operands[1]
        if isinstance(known, Number) and known.value.is_integer():
            digits = number_text(known.value)
            if len(digits) <= _LONGEST_SUPERSCRIPT and "e" not in digits:
                return _Written((below, digits.translate(_SUPERSCRIPTS)), _POWER)
        return _Written((below, "^", exponent.at(_ATOM)), _POWER)

    def write_getitem(self, part: Call, x: _Written, index: _Written) -> _Written:
        return _Written((x.at(_ATOM), "[", index.text, "]"), _ATOM)

    def write_where(self, part: Call, condition: _Written, x: _Written, y: _Written) -> _Written:
        said = (x.at(_OR), " if ", condition.at(_OR), " else ", y.at(_OR))
        return _Written(said, _CHOICE)


# ---------------------------------------------------------------- LaTeX

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


class _Latex(_Writer):
    """Writes the parts of an expression as LaTeX."""

    between = _BETWEEN_LATEX
    brackets = (r"\left(", r"\right)")
    minus = "-"
    is_nan = r" \text{ is nan}"

    def __init__(self, digits: int) -> None:
        self.digits = digits
        self.writers = {
            "negate": self.write_negate, "!=": self.write_not_equal, "power": self.write_power,
            "divide": self.write_divide, "exp": self.write_exp, "sqrt": self.write_sqrt,
            "abs": self.write_abs, "relu": self.write_relu,
            "[]": self.write_getitem, "where": self.write_where,
        }  # fmt: skip

    def size(self, digits: str) -> _Written:
        mantissa, _, exponent = digits.partition("e")
        mantissa = {"inf": r"\infty", "nan": r"\mathrm{nan}"}.get(mantissa, mantissa)
        if exponent:
            return _Written(rf"{mantissa} \cdot 10^{{{exponent}}}", _PRODUCT)
        return _Written(mantissa, _ATOM)

    def name(self, name: Name) -> _Written:
        return _Written(latex_name(name.text) if name.latex is None else name.latex, _ATOM)

    def function(self, part: Call, operands: list[_Written]) -> _Written:
        name = _FUNCTIONS.get(part.operation)
        if name is None:
            plain = part.operation if part.row is None else part.row.ascii
            name = rf"\operatorname{{{_escaped(plain)}}}"
        return _Written((name, self.brackets[0], _listed(operands), self.brackets[1]), _ATOM)

    def write_divide(self, part: Call, x: _Written, y: _Written) -> _Written:
        return _Written((r"\frac{", x.text, "}{", y.text, "}"), _POWER)

    def write_power(self, part: Call, base: _Written, exponent: _Written) -> _Written:
        return _Written((base.at(_ATOM, self.brackets), "^{", exponent.text, "}"), _POWER)

    def write_exp(self, part: Call, x: _Written) -> _Written:
        return _Written(("e^{", x.text, "}"), _POWER)

    def write_sqrt(self, part: Call, x: _Written) -> _Written:
        return _Written((r"\sqrt{", x.text, "}"), _ATOM)

    def write_abs(self, part: Call, x: _Written) -> _Written:
        return _Written((r"\left|", x.text, r"\right|"), _ATOM)

    def write_relu(self, part: Call, x: _Written) -> _Written:
        return _Written((r"\max\left(0, ", x.text, r"\right)"), _ATOM)

    def write_getitem(self, part: Call, x: _Written, index: _Written) -> _Written:
        return _Written((x.at(_ATOM, self.brackets), "_{", index.text, "}"), _ATOM)

    def write_where(self, part: Call, condition: _Written, x: _Written, y: _Written) -> _Written:
        chosen = (x.text, r" & \text{if } ", condition.text, r" \\ ")
        other = (y.text, r" & \text{otherwise}")
        return _Written((r"\begin{cases} ", chosen, other, r" \end{cases}"), _ATOM)


_GREEK = frozenset(
    {"alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa",
     "lambda", "mu", "nu", "xi", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi",
     "omega"}
)  # fmt: skip

_SUBSCRIPTED = re.compile(r"([^\W\d_]+)_?(\d*)(?:\[(\d+(?:, ?\d+)*)\])?", re.ASCII)

_WITH_A_WORD = re.compile(r"([^\W\d_]+)_([^\W\d_]+\d*)", re.ASCII)  # T_max

_ESCAPES = {
    "\\": r"\backslash ", "{": r"\{", "}": r"\}", "$": r"\$", "%": r"\%", "&": r"\&",
    "#": r"\#", "_": r"\_", "^": "ˆ", "~": "˜", " ": r"\ ",
    "<": r"\lt ", ">": r"\gt ",  # what shows LaTeX may read HTML first
}  # fmt: skip


def latex_name(name: str) -> str:
    r"""Write a name in LaTeX, for math mode; no character of it is read as a command.

    Raises:
        TypeError: the name is no str.

    >>> print(*map(latex_name, ("w1", "alpha", "W[0,1]", "loss", "50% of $x_1")))
    w_{1} \alpha W_{0,1} \mathrm{loss} \mathrm{50\%\ of\ \$x\_1}
    """
    if not isinstance(name, str):
        raise TypeError(f"a name is a str, not {shown(name)}")
    with_a_word = _WITH_A_WORD.fullmatch(name)
    if with_a_word:
        letters, word = with_a_word.groups()
        if len(letters) == 1 or letters in _GREEK:
            return f"{latex_name(letters)}_{{{latex_name(word)}}}"
    found = _SUBSCRIPTED.fullmatch(name)
    if not found:
        return latex_text(name)
    letters, digits, index = found.groups()
    subscript = ",".join(part for part in (digits, index) if part)
    if letters in _GREEK:
        letters = f"\\{letters}"
    elif len(letters) > 1:
        letters = rf"\mathrm{{{letters}}}"
    return f"{letters}_{{{subscript}}}" if subscript else letters


def latex_text(name: str) -> str:
    r"""Write a name in LaTeX letter by letter, without subscripts.

    Raises:
        TypeError: the name is no str.

    >>> print(latex_text("w_1"))
    \mathrm{w\_1}
    """
    if not isinstance(name, str):
        raise TypeError(f"a name is a str, not {shown(name)}")
    return rf"\mathrm{{{_escaped(name)}}}"


def _escaped(name: str) -> str:
    return "".join(_ESCAPES.get(character, character) for character in name)
