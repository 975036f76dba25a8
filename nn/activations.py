"""Activations as functions and by name: the course's seven and their descendants.

Each takes numbers, Values, ndarrays and Tensors, element by element; softmax and log_softmax
map all the outputs of a layer together, and take a list of Values too.  Names and defaults
are those of Keras.  Source of the formulas: the table in `autograd.primitives`.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

import autograd
from autograd import Tensor, exp, log, relu, selu, sigmoid, silu, softplus, step, tanh
from autograd import sum as sum_values
from autograd.formatting import shown
from autograd.graph import Node
from autograd.operands import as_operand
from nn.checks import as_flag, as_place
from nn.logits import shifted
from nn.names import Names

__all__ = [
    "deserialize", "elu", "gelu", "get", "leaky_relu", "linear", "log_softmax", "relu", "selu",
    "serialize", "sigmoid", "silu", "softmax", "softplus", "step", "swish", "tanh",
]  # fmt: skip

Activation = Callable[[Any], Any]

swish = silu


def linear(x: Any) -> Any:
    """Return x itself: no activation.

    >>> linear(0.5)
    0.5
    """
    return x


def leaky_relu(x: Any, negative_slope: Any = 0.2) -> Any:
    """Return x where it is positive, otherwise ``negative_slope * x`` (Maas et al. 2013).

    The slope is 0.2 by default, as in Keras 3; that of `autograd.leaky_relu` is 0.01, the
    paper's own, as in PyTorch.

    >>> leaky_relu(-2.0)
    -0.4
    """
    return autograd.leaky_relu(x, negative_slope)


def elu(x: Any, alpha: Any = 1.0) -> Any:
    """Return x where it is positive, otherwise ``alpha * (exp(x) - 1)`` (Clevert et al. 2015).

    >>> round(elu(-1.0), 6)
    -0.632121
    """
    return autograd.elu(x, alpha)


def gelu(x: Any, approximate: bool = False) -> Any:
    """Return x times the probability that a standard normal number is below x.

    With `approximate` the probability is ``(1 + tanh(sqrt(2/π) (x + 0.044715 x³))) / 2``.
    Source: Hendrycks and Gimpel 2016.

    Raises:
        ValueError: `approximate` is neither True nor False.

    >>> round(gelu(1.0), 6), round(gelu(1.0, approximate=True), 6)
    (0.841345, 0.841192)
    """
    if approximate is False or not as_flag(approximate, "approximate"):
        return autograd.gelu(x)
    x = as_operand(x, "gelu", arrays=True)
    return 0.5 * x * (1.0 + tanh(math.sqrt(2.0 / math.pi) * (x + 0.044715 * (x * x * x))))


def softmax(x: Any, axis: int = -1) -> Any:
    """Return exp(z_i) / sum of exp(z_j) for each of the logits: probabilities that sum to 1.

    The largest logit is subtracted first, so that nothing overflows (see `nn.logits`).

    Args:
        x: a list of numbers and Values, or an array of logits.
        axis: of an array: the axis that the classes lie along.

    Returns:
        A list for a list, otherwise an array or Tensor of the same shape.

    Raises:
        ValueError: there are no logits.
        TypeError: something else than a list of numbers and Values, or an array.

    Warns:
        UserWarning: an array has a single logit along the axis.

    >>> softmax([0.0, 0.0])
    [0.5, 0.5]
    >>> softmax(np.array([[0.0, 0.0], [1000.0, 0.0]]))
    array([[0.5, 0.5],
           [1. , 0. ]])
    """
    if isinstance(x, (np.ndarray, Tensor)):
        if axis.__class__ is not int:
            axis = as_place(axis, "axis")
        if x.ndim and -x.ndim <= axis < x.ndim and x.shape[axis] == 1:
            warnings.warn(
                "softmax over a single output always gives 1, and nothing can be learnt: use "
                "sigmoid for two classes, or one output for each class",
                stacklevel=2,
            )
        return autograd.softmax(_some(x, "softmax"), axis=axis)
    exps = [exp(z) for z in _shifted(x, "softmax")]
    total = sum_values(exps)
    return [e / total for e in exps]


def log_softmax(x: Any, axis: int = -1) -> Any:
    """Return the logarithms of softmax, exact where a probability is too small for a float.

    Args and errors are those of `softmax`.

    >>> log_softmax([0.0, -1000.0])
    [0.0, -1000.0]
    """
    if isinstance(x, (np.ndarray, Tensor)):
        if axis.__class__ is not int:
            axis = as_place(axis, "axis")
        return autograd.log_softmax(_some(x, "log_softmax"), axis=axis)
    shifted = _shifted(x, "log_softmax")
    log_total = log(sum_values([exp(z) for z in shifted]))
    return [z - log_total for z in shifted]


def _some(x: Any, where: str) -> Any:
    if not x.ndim:
        raise TypeError(f"{where} takes an array of logits with at least one axis, not {shown(x)}")
    if not x.size:
        raise ValueError(f"{where} takes at least one logit, and the shape is {x.shape}")
    return x


def _shifted(logits: Any, where: str) -> list[Any]:
    no_list = isinstance(logits, (str, bytes, dict, set, frozenset, Node))
    if no_list or not isinstance(logits, Iterable):
        raise TypeError(f"{where} takes the list of all logits, not {shown(logits)}")
    zs = [as_operand(z, where) for z in logits]
    if not zs:
        raise ValueError(f"{where} takes at least one logit, not an empty list")
    return shifted(zs)


_BY_NAME: dict[str, Activation] = {
    "linear": linear,
    "step": step,
    "sigmoid": sigmoid,
    "tanh": tanh,
    "relu": relu,
    "leaky_relu": leaky_relu,
    "softmax": softmax,
    "elu": elu,
    "selu": selu,
    "gelu": gelu,
    "silu": silu,
    "softplus": softplus,
    "log_softmax": log_softmax,
}
_NAMES = Names("activation", _BY_NAME, {"swish": silu}, exact=True)  # as in Keras


def get(activation: Any, custom_objects: Mapping[str, Any] | None = None) -> Activation:
    """Return the activation of that name; a function is returned as it is, None is linear.

    Raises:
        ValueError: there is none of that name.
        TypeError: neither a name nor a function.

    >>> get("tanh")(0.0)
    0.0
    """
    if activation is None:
        return linear
    if isinstance(activation, (str, Mapping)):
        return _NAMES.get(activation, custom_objects)  # type: ignore[no-any-return]
    if not callable(activation) or isinstance(activation, (Node, type)):
        raise TypeError(f"an activation is a name or a function, not {shown(activation)}")
    return activation  # type: ignore[no-any-return]


def serialize(activation: Activation) -> Any:
    """Return the name, or the config, that `get` finds the activation by again.

    Raises:
        ValueError: a lambda, which has no name.

    >>> serialize(relu)
    'relu'
    """
    return _NAMES.serialize(activation)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Activation:
    """Return the activation that `serialize` described.

    >>> deserialize("relu") is relu
    True
    """
    return get(config, custom_objects)
