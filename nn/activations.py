"""The activations of the course, as functions and by name.

Six map one number; softmax maps the outputs of a whole layer.  Source of the formulas:
the table in `autograd.primitives`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from autograd import Value, exp, leaky_relu, relu, sigmoid, step, tanh
from autograd import sum as sum_values
from autograd.operands import as_operand

__all__ = ["get", "leaky_relu", "linear", "relu", "sigmoid", "softmax", "step", "tanh"]

Activation = Callable[[Any], Any]


def linear(x: Any) -> Any:
    """Return x itself: no activation.

    >>> linear(0.5)
    0.5
    """
    return x


def softmax(logits: Iterable[Any]) -> list[Any]:
    """Return exp(z_i) / sum of exp(z_j) for each of the logits: probabilities that sum to 1.

    The largest logit is subtracted first, so that nothing overflows (Goodfellow et al.,
    Deep Learning, section 4.1); a constant, as it cancels out.

    Raises:
        ValueError: there are no logits.
        TypeError: something else than a list of numbers and Values.

    >>> softmax([0.0, 0.0])
    [0.5, 0.5]
    """
    if isinstance(logits, (str, Value)) or not isinstance(logits, Iterable):
        raise TypeError(f"softmax takes the list of all logits, not {logits!r:.60}")
    zs = [as_operand(z, "softmax") for z in logits]
    if not zs:
        raise ValueError("softmax takes at least one logit, not an empty list")
    largest = max(float(z) for z in zs)
    exps = [exp(z - largest) for z in zs]
    total = sum_values(exps)
    return [e / total for e in exps]


_BY_NAME: dict[str, Activation] = {
    "linear": linear,
    "sigmoid": sigmoid,
    "tanh": tanh,
    "relu": relu,
    "leaky_relu": leaky_relu,
    "step": step,
    "softmax": softmax,
}


def get(activation: str | Activation | None) -> Activation:
    """Return the activation of that name; a function is returned as it is, None is linear.

    Raises:
        ValueError: there is none of that name.
        TypeError: neither a name nor a function.

    >>> get("tanh")(0.0)
    0.0
    """
    if activation is None:
        return linear
    if isinstance(activation, str):
        try:
            return _BY_NAME[activation]
        except KeyError:
            names = ", ".join(map(repr, sorted(_BY_NAME)))
            raise ValueError(f"unknown activation {activation!r}: there are {names}") from None
    if not callable(activation) or isinstance(activation, Value):
        raise TypeError(f"an activation is a name or a function, not {activation!r:.60}")
    return activation
