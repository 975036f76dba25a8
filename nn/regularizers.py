"""Regularizers: what large weights add to the loss."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autograd import abs as absolute
from autograd import sum as sum_values
from autograd.graph import Node
from autograd.operands import as_array
from nn.checks import as_float
from nn.names import Configured, Names

__all__ = [
    "L1", "L2", "L1L2", "Regularizer", "deserialize", "get", "l1", "l1_l2", "l2", "serialize",
]  # fmt: skip


class Regularizer(Configured):
    """Gives the penalty of an array of weights when called with it; subclass and write __call__."""

    def __call__(self, x: Any) -> Any:
        """Return the penalty, one number."""
        raise NotImplementedError(f"{type(self).__name__} has no __call__(x)")


class L1(Regularizer):
    """l1 times the sum of |w|, which pulls weights to exactly 0 (Tibshirani 1996).

    Args:
        l1: how strongly, a number of at least 0.

    Raises:
        ValueError: it is not.

    >>> from autograd import Tensor
    >>> L1(0.5)(Tensor([1.0, -2.0]))
    Tensor(1.5)
    """

    def __init__(self, l1: float = 0.01) -> None:
        self.l1 = as_float(l1, "l1", 0)

    def __call__(self, x: Any) -> Any:
        """Return the penalty of a Tensor or array, one number."""
        return self.l1 * sum_values(absolute(_weights(x)))

    def get_config(self) -> dict[str, Any]:
        """Return {"l1": ...}."""
        return {"l1": self.l1}


class L2(Regularizer):
    """l2 times the sum of w², which keeps weights small: ridge, or weight decay.

    Source: Hoerl and Kennard 1970.  Args and errors are like those of `L1`.

    >>> from autograd import Tensor
    >>> L2(0.5)(Tensor([1.0, -2.0]))
    Tensor(2.5)
    """

    def __init__(self, l2: float = 0.01) -> None:
        self.l2 = as_float(l2, "l2", 0)

    def __call__(self, x: Any) -> Any:
        """Return the penalty of a Tensor or array, one number."""
        x = _weights(x)
        return self.l2 * sum_values(x * x)

    def get_config(self) -> dict[str, Any]:
        """Return {"l2": ...}."""
        return {"l2": self.l2}


def _weights(x: Any) -> Any:
    return x if isinstance(x, Node) else as_array(x, "x")


class L1L2(Regularizer):
    """The sum of both penalties, each only if it is given: the elastic net (Zou, Hastie 2005).

    >>> from autograd import Tensor
    >>> L1L2(l1=0.5, l2=0.25)(Tensor([1.0, -2.0]))
    Tensor(2.75)
    """

    def __init__(self, l1: float = 0.0, l2: float = 0.0) -> None:
        self.l1, self.l2 = as_float(l1, "l1", 0), as_float(l2, "l2", 0)

    def __call__(self, x: Any) -> Any:
        """Return the penalty of a Tensor or array, one number."""
        if not self.l1:
            return L2(self.l2)(x)
        return L1(self.l1)(x) + L2(self.l2)(x) if self.l2 else L1(self.l1)(x)

    def get_config(self) -> dict[str, Any]:
        """Return {"l1": ..., "l2": ...}."""
        return {"l1": self.l1, "l2": self.l2}


l1, l2, l1_l2 = L1, L2, L1L2

_NAMES = Names("regularizer", {"l1": L1, "l2": L2, "l1_l2": L1L2})


def get(regularizer: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """Return the regularizer of a name or config; a function of the weights is taken as it is.

    Raises:
        ValueError: there is none of that name.
        TypeError: neither a name, a config nor something to call.

    >>> get("l2"), get(None)
    (L2(l2=0.01), None)
    """
    return None if regularizer is None else _NAMES.get(regularizer, custom_objects)


def serialize(regularizer: Any) -> Any:
    """Return what `get` makes the regularizer from again; None of None.

    >>> serialize(L1(0.5))
    {'class_name': 'L1', 'config': {'l1': 0.5}}
    """
    return None if regularizer is None else _NAMES.serialize(regularizer)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """Return the regularizer that `serialize` described.

    >>> deserialize({"class_name": "L1", "config": {"l1": 0.5}})
    L1(l1=0.5)
    """
    return get(config, custom_objects)
