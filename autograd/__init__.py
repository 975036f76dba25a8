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
from autograd.array_functions import (
    argmax,
    argmin,
    broadcast_to,
    clip,
    concatenate,
    cumsum,
    einsum,
    expand_dims,
    log_softmax,
    logsumexp,
    matmul,
    mean,
    norm,
    outer,
    pad,
    prod,
    ravel,
    reshape,
    softmax,
    split,
    squeeze,
    stack,
    std,
    swapaxes,
    take,
    transpose,
    var,
)
from autograd.array_functions import (
    max as max,
)
from autograd.array_functions import (
    min as min,
)
from autograd.checking import GradcheckError, gradcheck
from autograd.compiler import compile as compile
from autograd.compiler import vectorize
from autograd.contexts import detect_anomaly, enable_grad, no_grad
from autograd.custom import primitive
from autograd.dtypes import default_dtype, set_default_dtype
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
from autograd.tensor import Tensor
from autograd.transforms import grad, gradients, hessian, jacobian, jvp, value_and_grad, vjp
from autograd.value import Value

# abs, max, min, pow and sum are here too, but `from autograd import *` leaves Python's own in place
__all__ = [
    "AnomalyError", "GradcheckError", "Tensor", "Value", "acos", "add", "argmax", "argmin",
    "asin", "atan", "atan2", "broadcast_to", "clip", "concatenate", "cos", "cosh", "cumsum",
    "default_dtype", "detect_anomaly", "divide", "dot", "einsum", "elu", "enable_grad", "erf",
    "exp", "expand_dims", "expm1", "gelu", "grad", "gradcheck", "gradients", "hessian",
    "jacobian", "jvp", "leaky_relu", "log", "log10", "log1p", "log2", "log_softmax",
    "logsumexp", "matmul", "maximum", "mean", "minimum", "multiply", "name", "negate",
    "no_grad", "norm", "outer", "pad", "power", "primitive", "prod", "ravel", "relu",
    "reshape", "selu", "set_default_dtype", "sigmoid", "sign", "silu", "sin", "sinh",
    "softmax", "softplus", "split", "sqrt", "squeeze", "stack", "std", "step", "subtract",
    "swapaxes", "take", "tan", "tanh", "topological_order", "transpose", "value_and_grad",
    "var", "vectorize", "vjp", "where",
]  # fmt: skip
