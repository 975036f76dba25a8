"""The derivative table: every elementwise primitive, once.

Open this file first.  A primitive is a row of data: its name, the symbol that
diagrams draw, how its value is computed, and one partial derivative for each
operand.  The formulas are ordinary Python over a *namespace* ``m``:

    value(m, x, y)             computes out
    partial(m, out, x, y)      computes d out / d operand, and may use out

What ``m`` is decides what the formula means.  With ``FLOATS`` (the ``math``
functions) it computes numbers, with ``ARRAYS`` (numpy) it computes ndarrays,
and with the functions of this package it computes Values, which is how a
derivative comes to be differentiated again.  Nothing else in the project knows
a derivative: backward, forward mode and higher orders all read this table.

Where a function has no derivative, the rows follow PyTorch: relu'(0) = 0,
abs'(0) = 0, and a tie of maximum or minimum shares the gradient equally.
"""

from __future__ import annotations

import math
import operator
import sys
from collections.abc import Callable
from functools import partial, reduce
from types import SimpleNamespace
from typing import Any

import numpy as np

__all__ = ["ARRAYS", "FLOAT32_ARRAYS", "FLOATS", "TABLE", "Primitive", "evaluate"]

Formula = Callable[..., Any]

TABLE: dict[str, Primitive] = {}
"""Every row by its name; `autograd.primitive` adds to it."""


class Primitive:
    """One row of the table.

    Attributes:
        name: what the primitive is called everywhere, ``"tanh"``.
        symbol: what a diagram draws, ``"×"``.
        ascii: the same for terminals without unicode (and micrograd's ``_op``).
        doc: one sentence that says what it computes.
        value: ``value(m, *operands)``.
        partials: one formula ``partial(m, out, *operands)`` for each operand.
        variadic: whether it takes any number of operands (sum, dot).  They come in groups,
            each a tuple, and a single formula returns the partials in the same groups.
        commutes: whether the order of the operands makes no difference.
        chooses: whether an operand with a zero partial was *not chosen* and so
            receives nothing at all, not even 0 times nan (where).
    """

    __slots__ = (
        "ascii", "chooses", "commutes", "doc", "name", "partials", "symbol", "value", "variadic",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        symbol: str,
        doc: str,
        value: Formula,
        *partials: Formula,
        ascii: str | None = None,
        variadic: bool = False,
        commutes: bool = False,
        chooses: bool = False,
    ) -> None:
        self.name = name
        self.symbol = symbol
        self.doc = doc
        self.value = value
        self.partials = partials
        self.ascii = ascii or (symbol if symbol.isascii() else name)
        self.variadic = variadic
        self.commutes = commutes
        self.chooses = chooses
        TABLE[name] = self

    @property
    def arity(self) -> int | None:
        """The number of operands; None for a variadic primitive."""
        return None if self.variadic else len(self.partials)

    def __repr__(self) -> str:
        return f"<primitive {self.name} {self.symbol}>"

    def __reduce__(self) -> tuple[Callable[[str], Primitive], tuple[str]]:
        return (find if self.partials else opaque), (self.name,)

    def __deepcopy__(self, memo: object) -> Primitive:
        return self


def find(name: str) -> Primitive:
    """Return the row called `name`; ValueError if no such primitive was declared."""
    try:
        return TABLE[name]
    except KeyError:
        raise ValueError(
            f"there is no primitive called {name!r}; if it is one of yours, "
            "run its @autograd.primitive declaration first"
        ) from None


def opaque(symbol: str) -> Primitive:
    """Return a row, outside the table, for an operation of which only the symbol is known."""
    row = Primitive.__new__(Primitive)
    row.name = row.symbol = row.ascii = str(symbol) or "?"
    row.doc = "An operation recorded by hand: nothing is known of its derivative."
    row.value = lambda m, *operands: math.nan
    row.partials = ()
    row.variadic, row.commutes, row.chooses = True, False, False
    return row


# --- arithmetic -----------------------------------------------------------------------

identity = Primitive(
    "identity", "=", "x itself.",
    lambda m, x: x,
    lambda m, out, x: 1.0,
)
add = Primitive(
    "add", "+", "x + y.",
    lambda m, x, y: x + y,
    lambda m, out, x, y: 1.0,
    lambda m, out, x, y: 1.0,
    commutes=True,
)
subtract = Primitive(
    "subtract", "−", "x - y.",
    lambda m, x, y: x - y,
    lambda m, out, x, y: 1.0,
    lambda m, out, x, y: -1.0,
    ascii="-",
)
multiply = Primitive(
    "multiply", "×", "x * y.",
    lambda m, x, y: x * y,
    lambda m, out, x, y: y,
    lambda m, out, x, y: x,
    ascii="*", commutes=True,
)
divide = Primitive(
    "divide", "÷", "x / y; 1/0 is inf.",
    lambda m, x, y: x / y,
    lambda m, out, x, y: 1.0 / y,
    lambda m, out, x, y: -out / y,
    ascii="/",
)
power = Primitive(
    "power", "^", "x to the power y; a negative x to a fractional power is nan.",
    lambda m, x, y: m.pow(x, y),
    # 0**0 is 1 with derivative 0, not 0 * 0**-1 = nan
    lambda m, out, x, y: m.where((y == 0.0) & ((x == 0.0) | (x != x)), 0.0, y * m.pow(x, y - 1.0)),
    lambda m, out, x, y: m.where((x == 0.0) & (y >= 0.0), 0.0, out * m.log(x)),
    ascii="**",
)
negate = Primitive(
    "negate", "−", "-x.",
    lambda m, x: -x,
    lambda m, out, x: -1.0,
    ascii="-",
)
absolute = Primitive(
    "abs", "|·|", "The absolute value of x; its derivative at 0 is 0.",
    lambda m, x: abs(x),
    lambda m, out, x: m.sign(x),
)
sign = Primitive(
    "sign", "sign", "-1, 0 or 1 as x is negative, zero or positive.",
    lambda m, x: m.where(x > 0.0, 1.0, m.where(x < 0.0, -1.0, 0.0)),
    lambda m, out, x: 0.0,
)

# --- exponentials and logarithms ------------------------------------------------------

exp = Primitive(
    "exp", "exp", "e to the power x.",
    lambda m, x: m.exp(x),
    lambda m, out, x: out,
)
expm1 = Primitive(
    "expm1", "expm1", "exp(x) - 1, exact for small x.",
    lambda m, x: m.expm1(x),
    lambda m, out, x: out + 1.0,
)
log = Primitive(
    "log", "log", "The natural logarithm of x; log(0) is -inf, of a negative x nan.",
    lambda m, x: m.log(x),
    lambda m, out, x: 1.0 / x,
)
log1p = Primitive(
    "log1p", "log1p", "log(1 + x), exact for small x.",
    lambda m, x: m.log1p(x),
    lambda m, out, x: 1.0 / (1.0 + x),
)
log2 = Primitive(
    "log2", "log₂", "The logarithm of x to base 2.",
    lambda m, x: m.log2(x),
    lambda m, out, x: 1.0 / (x * math.log(2.0)),
)
log10 = Primitive(
    "log10", "log₁₀", "The logarithm of x to base 10.",
    lambda m, x: m.log10(x),
    lambda m, out, x: 1.0 / (x * math.log(10.0)),
)
sqrt = Primitive(
    "sqrt", "√", "The square root of x; its derivative at 0 is inf.",
    lambda m, x: m.sqrt(x),
    lambda m, out, x: 0.5 / out,
)

# --- trigonometric and hyperbolic -----------------------------------------------------

sin = Primitive(
    "sin", "sin", "The sine of x, in radians.",
    lambda m, x: m.sin(x),
    lambda m, out, x: m.cos(x),
)
cos = Primitive(
    "cos", "cos", "The cosine of x, in radians.",
    lambda m, x: m.cos(x),
    lambda m, out, x: -m.sin(x),
)
tan = Primitive(
    "tan", "tan", "The tangent of x, in radians.",
    lambda m, x: m.tan(x),
    lambda m, out, x: 1.0 + out * out,
)
asin = Primitive(
    "asin", "asin", "The angle in [-π/2, π/2] whose sine is x.",
    lambda m, x: m.asin(x),
    lambda m, out, x: 1.0 / m.sqrt(1.0 - x * x),
)
acos = Primitive(
    "acos", "acos", "The angle in [0, π] whose cosine is x.",
    lambda m, x: m.acos(x),
    lambda m, out, x: -1.0 / m.sqrt(1.0 - x * x),
)
atan = Primitive(
    "atan", "atan", "The angle in (-π/2, π/2) whose tangent is x.",
    lambda m, x: m.atan(x),
    lambda m, out, x: 1.0 / (1.0 + x * x),
)

atan2 = Primitive(
    "atan2", "atan2", "The angle in [-π, π] of the point (x, y), y given first.",
    lambda m, y, x: m.atan2(y, x),
    lambda m, out, y, x: m.where((x == 0.0) & (y == 0.0), 0.0, x / (x * x + y * y)),
    lambda m, out, y, x: m.where((x == 0.0) & (y == 0.0), 0.0, -y / (x * x + y * y)),
)
sinh = Primitive(
    "sinh", "sinh", "The hyperbolic sine of x.",
    lambda m, x: m.sinh(x),
    lambda m, out, x: m.cosh(x),
)
cosh = Primitive(
    "cosh", "cosh", "The hyperbolic cosine of x.",
    lambda m, x: m.cosh(x),
    lambda m, out, x: m.sinh(x),
)
tanh = Primitive(
    "tanh", "tanh", "The hyperbolic tangent of x, in [-1, 1].",
    lambda m, x: m.tanh(x),
    lambda m, out, x: 1.0 - out * out,
)
erf = Primitive(
    "erf", "erf", "The Gauss error function of x, in [-1, 1].",
    lambda m, x: m.erf(x),
    lambda m, out, x: 2.0 / math.sqrt(math.pi) * m.exp(-x * x),
)

# --- activations ----------------------------------------------------------------------


def _sigmoid(m: Any, x: Any) -> Any:
    e = m.exp(-abs(x))  # never overflows, whichever sign x has
    return m.where(x >= 0.0, 1.0 / (1.0 + e), e / (1.0 + e))


def _negative(m: Any, x: Any) -> Any:
    return m.where(x <= 0.0, x, 0.0)  # spares exp an overflow where x is positive


sigmoid = Primitive(
    "sigmoid", "σ", "1 / (1 + exp(-x)), in [0, 1].",
    _sigmoid,
    lambda m, out, x: out * (1.0 - out),
)
softplus = Primitive(
    "softplus", "softplus", "log(1 + exp(x)), a smooth relu.",
    lambda m, x: m.maximum(x, 0.0) + m.log1p(m.exp(-abs(x))),
    lambda m, out, x: m.sigmoid(x),
)
relu = Primitive(
    "relu", "max(0,·)", "max(0, x); its derivative at 0 is 0.",
    lambda m, x: m.maximum(x, 0.0),
    lambda m, out, x: m.where(x <= 0.0, 0.0, 1.0),
    ascii="ReLU",
)
leaky_relu = Primitive(
    "leaky_relu", "leaky", "x where it is positive, otherwise slope * x.",
    lambda m, x, slope: m.where(x > 0.0, x, slope * x),
    lambda m, out, x, slope: m.where(x > 0.0, 1.0, slope),
    lambda m, out, x, slope: m.where(x > 0.0, 0.0, x),
)
elu = Primitive(
    "elu", "elu", "x where it is positive, otherwise alpha * (exp(x) - 1) (Clevert et al. 2015).",
    lambda m, x, alpha: m.where(x <= 0.0, alpha * m.expm1(_negative(m, x)), x),
    lambda m, out, x, alpha: m.where(x <= 0.0, alpha * m.exp(_negative(m, x)), 1.0),
    lambda m, out, x, alpha: m.where(x <= 0.0, m.expm1(_negative(m, x)), 0.0),
)
ALPHA, SCALE = 1.6732632423543772, 1.0507009873554805  # selu's
selu = Primitive(
    "selu", "selu", "scale * elu(x, alpha) with the constants of Klambauer et al. 2017.",
    lambda m, x: SCALE * m.elu(x, ALPHA),
    lambda m, out, x: m.where(x <= 0.0, SCALE * ALPHA * m.exp(_negative(m, x)), SCALE),
)
gelu = Primitive(
    "gelu", "gelu", "x times the probability that a standard normal is below x.",
    lambda m, x: 0.5 * x * (1.0 + m.erf(x / math.sqrt(2.0))),
    lambda m, out, x: (
        0.5 * (1.0 + m.erf(x / math.sqrt(2.0))) + x * m.exp(-0.5 * x * x) / math.sqrt(2.0 * math.pi)
    ),
)
silu = Primitive(
    "silu", "silu", "x * sigmoid(x), also called swish.",
    lambda m, x: x * m.sigmoid(x),
    lambda m, out, x: m.sigmoid(x) * (1.0 + x * (1.0 - m.sigmoid(x))),
)
step = Primitive(
    "step", "step", "The binary step: 1 where x is at least 0, otherwise 0; its derivative is 0.",
    lambda m, x: m.where(x >= 0.0, 1.0, m.where(x < 0.0, 0.0, x)),
    lambda m, out, x: 0.0,
)

# --- choosing -------------------------------------------------------------------------

maximum = Primitive(
    "maximum", "max", "The larger of x and y; a tie shares the gradient equally.",
    lambda m, x, y: m.where((x > y) | (x != x), x, y),
    lambda m, out, x, y: m.where(x == y, 0.5, m.where(x < y, 0.0, 1.0)),
    lambda m, out, x, y: m.where(x == y, 0.5, m.where(x > y, 0.0, 1.0)),
    commutes=True,
)
minimum = Primitive(
    "minimum", "min", "The smaller of x and y; a tie shares the gradient equally.",
    lambda m, x, y: m.where((x < y) | (x != x), x, y),
    lambda m, out, x, y: m.where(x == y, 0.5, m.where(x > y, 0.0, 1.0)),
    lambda m, out, x, y: m.where(x == y, 0.5, m.where(x < y, 0.0, 1.0)),
    commutes=True,
)
where = Primitive(
    "where", "where", "x where the condition holds, otherwise y.",
    lambda m, condition, x, y: m.where(condition != 0.0, x, y),
    lambda m, out, condition, x, y: 0.0,
    lambda m, out, condition, x, y: m.where(condition != 0.0, 1.0, 0.0),
    lambda m, out, condition, x, y: m.where(condition != 0.0, 0.0, 1.0),
    chooses=True,
)

clip = Primitive(
    "clip", "clip", "x, but no less than low and no more than high.",
    lambda m, x, low, high: m.minimum(m.maximum(x, low), high),
    lambda m, out, x, low, high: m.where((x >= low) & (x <= high), 1.0, 0.0),
    lambda m, out, x, low, high: m.where((x < low) & (low < high), 1.0, 0.0),
    lambda m, out, x, low, high: m.where((x > high) | (low > high), 1.0, 0.0),
)

# --- many operands: a neuron is one node, not 2n ----------------------------------------

_add_from_left: Formula = sum  # (numbers, start)
if sys.version_info >= (3, 12):  # there sum() compensates rounding: the digits would differ
    _add_from_left = partial(reduce, operator.add)

sum_ = Primitive(
    "sum", "Σ", "x1 + … + xn in one node.",
    lambda m, xs: _add_from_left(xs, 0.0),
    lambda m, out, xs: ((1.0,) * len(xs),),
    variadic=True, commutes=True,
)
dot = Primitive(
    "dot", "w·x", "w1*x1 + … + wn*xn, and the bias if there is one, in one node.",
    lambda m, ws, xs, bias=(0.0,): _add_from_left(map(operator.mul, ws, xs), *bias),
    lambda m, out, ws, xs, *bias: (xs, ws, (1.0,))[: 2 + len(bias)],
    variadic=True, commutes=True, ascii="w.x",
)

# --- namespaces: what a formula may call ------------------------------------------------

FLOATS = SimpleNamespace(
    exp=math.exp, expm1=math.expm1, log=math.log, log1p=math.log1p, log2=math.log2,
    log10=math.log10, sqrt=math.sqrt, pow=math.pow, erf=math.erf,
    sin=math.sin, cos=math.cos, tan=math.tan, asin=math.asin, acos=math.acos, atan=math.atan,
    atan2=math.atan2, sinh=math.sinh, cosh=math.cosh, tanh=math.tanh,
    where=lambda condition, x, y: x if condition else y,
    maximum=lambda x, y: x if x > y or x != x else y,
    minimum=lambda x, y: x if x < y or x != x else y,
)  # fmt: skip
"""Reads a formula for Python floats."""

_each_erf = np.vectorize(math.erf, otypes=[float])


def _erf(x: Any) -> Any:
    return _each_erf(x).astype(getattr(x, "dtype", float))


def _where(condition: Any, x: Any, y: Any, dtype: Any = np.float64) -> Any:
    if x.__class__ is float and y.__class__ is float:  # most partials: ten times faster so
        if x == 1.0 and y == 0.0:
            return np.asarray(condition).astype(dtype)
        if x == 0.0 and y == 1.0:
            return np.logical_not(condition).astype(dtype)
    return np.where(condition, x, y)


def _power(x: Any, y: Any) -> Any:
    return x * x if y.__class__ is float and y == 2.0 else np.power(x, y)  # many times faster


ARRAYS = SimpleNamespace(
    exp=np.exp, expm1=np.expm1, log=np.log, log1p=np.log1p, log2=np.log2,
    log10=np.log10, sqrt=np.sqrt, pow=_power, erf=_erf,
    sin=np.sin, cos=np.cos, tan=np.tan, asin=np.arcsin, acos=np.arccos, atan=np.arctan,
    atan2=np.arctan2, sinh=np.sinh, cosh=np.cosh, tanh=np.tanh,
    where=_where, maximum=np.maximum, minimum=np.minimum,
)  # fmt: skip
"""Reads a formula for ndarrays, with IEEE results where `math` raises an exception."""


class _SinglePrecision(SimpleNamespace):
    where = staticmethod(partial(_where, dtype=np.float32))

    def __getattr__(self, name: str) -> Any:
        return getattr(ARRAYS, name)


FLOAT32_ARRAYS = _SinglePrecision()
"""The same where all is float32: a choice between 0 and 1 is not made in float64 first."""



def add_reading(namespace: SimpleNamespace, row: Primitive) -> None:
    """Let the formulas of other rows call this one."""
    setattr(namespace, row.name, partial(row.value, namespace))


for _row in list(TABLE.values()):
    for _namespace in (FLOATS, ARRAYS):
        if not hasattr(_namespace, _row.name):
            add_reading(_namespace, _row)


def evaluate(formula: Formula, *numbers: float) -> Any:
    """Read a formula for floats; where `math` would raise, give the IEEE result instead.

    >>> evaluate(divide.value, 1.0, 0.0), evaluate(log.value, -1.0)
    (inf, nan)
    """
    try:
        return formula(FLOATS, *numbers)
    except (ArithmeticError, ValueError):
        with np.errstate(all="ignore"):
            return float(formula(ARRAYS, *map(np.float64, numbers)))
