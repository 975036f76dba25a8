"""What may be an operand: a node, a real number or an array, and what to say of the rest."""

from __future__ import annotations

import operator
from numbers import Integral, Real
from typing import Any, TypeAlias

import numpy as np

from autograd.dtypes import computing_dtype, has_numbers
from autograd.formatting import shown
from autograd.graph import Node

__all__ = ["Number", "as_array", "as_flag", "as_index", "as_number", "as_operand",
           "is_of_called_code", "is_whole", "no_exclusive_or"]  # fmt: skip

Number: TypeAlias = "float | int | np.floating[Any] | np.integer[Any]"


def as_operand(
    operand: Any,
    where: str = "Value",
    wanted: str = "a Value or a real number",
    arrays: bool = False,
) -> Any:
    """Return a node as it is and any real number as a float.

    Args:
        operand: what was given.
        where: who takes it, for the message.
        wanted: what is taken, for the message.
        arrays: whether an ndarray of numbers is taken as well; one without axes is a number.

    Raises:
        TypeError: the operand is no real number; the message says what to use instead.
        ValueError: an int too large for a float.
    """
    if operand.__class__ is float or isinstance(operand, Node):
        return operand
    if isinstance(operand, (Real, np.bool_)):
        return _to_float(operand, where)
    if isinstance(operand, np.ndarray) and has_numbers(operand):
        if arrays and operand.ndim:
            return _float_array(operand)
        if operand.size == 1:
            return _to_float(operand.item(), where)
    raise TypeError(f"{where} takes {wanted}, not {_describe(operand)}")


def _float_array(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    if array.dtype.kind == "f" and array.dtype.itemsize not in (4, 8):
        return array.astype(computing_dtype(array.dtype))
    return np.asarray(array)


def no_exclusive_or(self: Any, other: Any) -> Any:
    """Raise a TypeError: who writes ``x ^ 2`` means a power."""
    raise TypeError("^ is Python's exclusive or; a power is written x ** 2")


def as_number(number: Any, where: str) -> float:
    """Return a real number as a float.

    Raises:
        TypeError: it is none, or a node.
        ValueError: an int too large for a float.
    """
    if isinstance(number, Node):
        raise TypeError(f"{where} takes a plain number; use .data of {shown(number)}")
    operand: float = as_operand(number, where, "a real number")
    return operand


def as_flag(flag: Any, where: str) -> bool:
    """Return what is True or False, or 1 or 0, as a bool.

    Raises:
        TypeError: it is anything else, such as a number in the place of another argument.

    >>> as_flag(np.True_, "keepdims"), as_flag(0, "keepdims")
    (True, False)
    """
    if isinstance(flag, np.bool_) or (is_whole(flag) and int(flag) in (0, 1)):
        return bool(flag)
    raise TypeError(f"{where} is True or False, not {shown(flag)}")


def is_whole(number: Any) -> bool:
    """Tell whether this is an integer; numpy counts its time spans among them."""
    return isinstance(number, Integral) and not isinstance(number, np.timedelta64)


def as_index(number: Any) -> int:
    """Return a whole number as an int; TypeError for numpy's bools too, of which 2.2 only warns."""
    if isinstance(number, np.bool_):
        raise TypeError
    return operator.index(number)


_FLOATS = (np.dtype(np.float32), np.dtype(np.float64))


def as_array(data: Any, where: str) -> np.ndarray[Any, Any]:
    """Return a new ndarray of real numbers with the contents of `data`.

    Raises:
        TypeError: `data` is a node, or not made of real numbers.
        ValueError: lists of unequal lengths.
    """
    if data.__class__ is np.ndarray and data.dtype in _FLOATS:
        return np.array(data)
    if isinstance(data, Node):
        raise TypeError(f"{where} takes plain numbers; use .data or .detach() of {shown(data)}")
    if isinstance(data, np.ma.MaskedArray):
        raise TypeError(f"{where} takes no masked array: .filled(number) says what is behind it")
    if _has_node(data, where):
        raise TypeError(f"{where} takes plain numbers; autograd.stack makes a Tensor of nodes")
    if isinstance(data, Real):
        return np.array(_to_float(data, where))
    try:
        # numpy asks for a copy in a way that not every __array__ knows, and warns: PyTorch's, say
        array = np.array(np.asarray(data) if hasattr(data, "__array__") else data)
    except MemoryError:
        raise ValueError(f"{where} takes what memory can hold, not {shown(data)}") from None
    except (ValueError, TypeError, OverflowError) as error:
        if is_of_called_code(error):
            raise
        raise ValueError(f"{where} takes lists of equal lengths: {error}") from None
    if array.dtype.kind not in "fiub":
        if isinstance(data, (list, tuple)) and array.ndim:
            for part in array.flat:
                part = part.item() if isinstance(part, np.generic) else part
                if not isinstance(part, (int, float)):
                    raise TypeError(f"{where} takes real numbers, and there is {_describe(part)}")
                _to_float(part, where)
        raise TypeError(f"{where} takes real numbers, not {_describe(data)}")
    return _float_array(array)


MOST_AXES = 64
"""How many numpy allows."""


def is_of_called_code(error: BaseException) -> bool:
    """Tell whether an error was raised by Python code that numpy called: a user's __array__."""
    return error.__traceback__ is not None and error.__traceback__.tb_next is not None


def _has_node(data: Any, where: str, depth: int = 0) -> bool:
    if isinstance(data, (list, tuple)):
        if depth > MOST_AXES:
            raise ValueError(
                f"{where} takes lists nested up to {MOST_AXES} deep, and this one is deeper, or "
                "contains itself"
            )
        return any(isinstance(part, Node) or _has_node(part, where, depth + 1) for part in data)
    if isinstance(data, np.ndarray) and data.dtype == object:
        return any(isinstance(part, Node) for part in data.flat)
    return False


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
        return f"the str {shown(operand)}; use float({shown(operand)}) if it is a number"
    if isinstance(operand, (complex, np.complexfloating)):
        return f"the complex number {shown(operand)}; use its .real and .imag"
    if isinstance(operand, np.ndarray):
        return (
            f"an ndarray of shape {operand.shape} and dtype {operand.dtype}; "
            "use one element at a time, [f(x) for x in array.ravel()], or a Tensor"
        )
    if isinstance(operand, (list, tuple, set, frozenset, dict)):
        return (
            f"a {kind} of {len(operand)}; use one element at a time, [f(x) for x in xs], "
            "a Tensor of them, or autograd.sum and autograd.dot, which take lists"
        )
    return f"{kind} {shown(operand)}; convert it with float(...) first"
