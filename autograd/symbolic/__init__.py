"""The table read as formulas: plain text, LaTeX, JavaScript.

- `expressions`: what a formula is when its operands are symbols, and how a row is read so
- `simplifying`: 0·x, 1·x, x + 0 and their like
- `printing`: an expression as text and as LaTeX
- `javascript`: the arithmetic of a row as JavaScript, for a page

    >>> from autograd import primitives
    >>> z, a = Name("z"), Name("a")
    >>> text(simplified(partials_of(primitives.sigmoid, a, [(z,)])[0][0]))
    'a·(1 − a)'
"""

from autograd.symbolic.expressions import NOTHING as NOTHING
from autograd.symbolic.expressions import SYMBOLS as SYMBOLS
from autograd.symbolic.expressions import Call as Call
from autograd.symbolic.expressions import Expression as Expression
from autograd.symbolic.expressions import Name as Name
from autograd.symbolic.expressions import NotSymbolicError as NotSymbolicError
from autograd.symbolic.expressions import Number as Number
from autograd.symbolic.expressions import call as call
from autograd.symbolic.expressions import evaluate as evaluate
from autograd.symbolic.expressions import fold as fold
from autograd.symbolic.expressions import partials_of as partials_of
from autograd.symbolic.expressions import replaced as replaced
from autograd.symbolic.expressions import value_of as value_of
from autograd.symbolic.javascript import javascript as javascript
from autograd.symbolic.javascript import javascript_kernel as javascript_kernel
from autograd.symbolic.javascript import javascript_runtime as javascript_runtime
from autograd.symbolic.printing import latex as latex
from autograd.symbolic.printing import latex_name as latex_name
from autograd.symbolic.printing import latex_text as latex_text
from autograd.symbolic.printing import text as text
from autograd.symbolic.simplifying import Simplifier as Simplifier
from autograd.symbolic.simplifying import simplified as simplified

__all__ = [
    "NOTHING",
    "SYMBOLS",
    "Call",
    "Expression",
    "Name",
    "NotSymbolicError",
    "Number",
    "Simplifier",
    "call",
    "evaluate",
    "fold",
    "javascript",
    "javascript_kernel",
    "javascript_runtime",
    "latex",
    "latex_name",
    "latex_text",
    "partials_of",
    "replaced",
    "simplified",
    "text",
    "value_of",
]
