"""A scalar computational graph with reverse-mode automatic differentiation.

>>> from autograd import Value
>>> x, y = Value(2.0, label="x"), Value(3.0, label="y")
>>> z = x * y + x.sin()
>>> z.backward()
>>> x.grad                                 # y + cos(x)
2.5838531634528574

Read the files in this order: `primitives` (the derivative table), `graph` (the node and
the backward pass), `value` (the Value and its operators), `transforms`.
"""

from autograd._foreign import refuse_foreign_files

refuse_foreign_files()

from autograd.anomaly import AnomalyError
from autograd.checking import GradcheckError, gradcheck
from autograd.contexts import detect_anomaly, enable_grad, no_grad
from autograd.custom import primitive
from autograd.functions import (
    abs as abs,
)
from autograd.functions import (
    acos,
    add,
    asin,
    atan,
    atan2,
    cos,
    cosh,
    divide,
    dot,
    elu,
    erf,
    exp,
    expm1,
    gelu,
    leaky_relu,
    log,
    log1p,
    log2,
    log10,
    maximum,
    minimum,
    multiply,
    negate,
    power,
    relu,
    selu,
    sigmoid,
    sign,
    silu,
    sin,
    sinh,
    softplus,
    sqrt,
    step,
    subtract,
    tan,
    tanh,
    where,
)
from autograd.functions import (
    pow as pow,
)
from autograd.functions import (
    sum as sum,
)
from autograd.graph import topological_order
from autograd.naming import name
from autograd.transforms import grad, gradients, hessian, jacobian, jvp, value_and_grad, vjp
from autograd.value import Value

# abs, pow and sum are here too, but `from autograd import *` leaves Python's own in place
__all__ = [
    "AnomalyError", "GradcheckError", "Value", "acos", "add", "asin", "atan", "atan2",
    "cos", "cosh", "detect_anomaly", "divide", "dot", "elu", "enable_grad", "erf", "exp",
    "expm1", "gelu", "grad", "gradcheck", "gradients", "hessian", "jacobian", "jvp",
    "leaky_relu", "log", "log10", "log1p", "log2", "maximum", "minimum", "multiply", "name",
    "negate", "no_grad", "power", "primitive", "relu", "selu", "sigmoid", "sign",
    "silu", "sin", "sinh", "softplus", "sqrt", "step", "subtract", "tan", "tanh",
    "topological_order", "value_and_grad", "vjp", "where",
]  # fmt: skip
