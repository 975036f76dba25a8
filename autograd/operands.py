"""What may be an operand: a node of the graph or a real number, and what to say of the rest."""

from __future__ import annotations

from numbers import Real
from typing import Any, TypeAlias

import numpy as np

from autograd.graph import Node

__all__ = ["Number", "as_number", "as_operand"]

Number: TypeAlias = "float | int | np.floating[Any] | np.integer[Any]"


def as_operand(
    operand: Any, where: str = "Value", wanted: str = "a Value or a real number"
) -> Any:
    """Return a Value as it is and any real number as a float.

    Raises:
        TypeError: the operand is no real number; the message says what to use instead.
        ValueError: an int too large for a float.
    """
    if operand.__class__ is float or isinstance(operand, Node):
        return operand
    if isinstance(operand, (Real, np.bool_)):
        return _to_float(operand, where)
    if isinstance(operand, np.ndarray) and operand.size == 1 and operand.dtype.kind in "fiub":
        return _to_float(operand.item(), where)
    raise TypeError(f"{where} takes {wanted}, not {_describe(operand)}")


def as_number(number: Any, where: str) -> float:
    """Return a real number as a float; a Value is refused."""
    if isinstance(number, Node):
        raise TypeError(f"{where} takes a plain number; use .data of {number!r}")
    operand: float = as_operand(number, where, "a real number")
    return operand


def _to_float(number: Any, where: str) -> float:
    try:
        return float(number)
    except OverflowError:
        raise ValueError(f"{where}: {str(number)[:20]}… is too large for a float") from None
    except TypeError:  # numpy counts its time spans among the numbers
        raise TypeError(f"{where} takes a real number, not {_describe(number)}") from None


def _describe(operand: Any) -> str:
    kind = type(operand).__name__
    if operand is None:
        return "None; did a function forget to return something?"
    if isinstance(operand, str):
        return f"the str {operand!r}; use float({operand!r}) if it is a number"
    if isinstance(operand, (complex, np.complexfloating)):
        return f"the complex number {operand!r}; use its .real and .imag"
    if isinstance(operand, np.ndarray):
        return (
            f"an ndarray of shape {operand.shape} and dtype {operand.dtype}; "
            "use one element at a time: [f(x) for x in array.ravel()]"
        )
    if isinstance(operand, (list, tuple, set, frozenset, dict)):
        return (
            f"a {kind} of {len(operand)}; use one element at a time, [f(x) for x in xs], "
            "or autograd.sum and autograd.dot, which take lists"
        )
    return f"{kind} {operand!r:.60}; convert it with float(...) first"
