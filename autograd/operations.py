"""Carrying out an operation: find out whose it is, and let that class do it.

Operands may be Values, Tensors, numbers and arrays in any mixture.  The class with the
highest precedence among them carries out: a Value where there are only numbers, a Tensor
where there is an array, and before both what carries a tangent (`dual.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any, TypeAlias

import numpy as np

from autograd.array_primitives import ArrayPrimitive
from autograd.graph import Node
from autograd.operands import as_operand
from autograd.primitives import Primitive

__all__ = ["Groups", "Kinds", "apply", "apply_array", "local_derivatives"]

Groups: TypeAlias = Sequence[tuple[Any, ...]]


class Kinds:
    """Who computes with plain numbers and who with arrays; value.py and tensor.py enter."""

    number: Any
    array: Any


def apply(primitive: Primitive, *operands: Any) -> Any:
    """Carry out an elementwise primitive; plain operands give a plain result.

    >>> from autograd import Tensor, Value, primitives
    >>> apply(primitives.multiply, 2, 3), apply(primitives.multiply, Value(2.0), 3)
    (6.0, Value(6.000))
    >>> apply(primitives.multiply, Value(2.0), Tensor([1.0, 3.0]))
    Tensor([2., 6.])
    """
    kind = Kinds.number
    groups: list[tuple[Any, ...]] = []
    for group in operands if primitive.variadic else (operands,):
        converted: list[Any] = []
        for operand in group:
            if operand.__class__ is not float:
                if not isinstance(operand, Node):
                    position = sum(map(len, groups)) + len(converted) + 1
                    place = f"operand {position} of {primitive.name}"
                    operand = as_operand(operand, place, arrays=True)
                operand_kind = Kinds.array if isinstance(operand, np.ndarray) else type(operand)
                if operand_kind is not float and operand_kind._precedence > kind._precedence:
                    kind = operand_kind
            converted.append(operand)
        groups.append(tuple(converted))
    return kind._carry_out(primitive, groups)


def apply_array(row: ArrayPrimitive, *operands: Any, **parameters: Any) -> Any:
    """Carry out an array primitive; plain operands give a plain ndarray."""
    kind = Kinds.array
    converted: list[Any] = []
    for position, operand in enumerate(operands, 1):
        if isinstance(operand, Node):
            if operand._precedence > kind._precedence:
                kind = type(operand)
        elif operand.__class__ is not np.ndarray:
            place = f"operand {position} of {row.name}"
            operand = as_operand(operand, place, "a Tensor or an array", arrays=True)
        converted.append(operand)
    return kind._carry_out_array(row, tuple(converted), parameters)


def local_derivatives(
    primitive: Primitive,
    read: Callable[..., Any],
    out: Any,
    operands: Groups,
    constant: Groups,
) -> list[tuple[Any, ...]]:
    """Read a row's partials; None for a constant and for a branch that was not chosen."""
    if primitive.variadic:
        groups = read(primitive.partials[0], out, *operands)
    else:
        groups = [
            tuple(
                None if skip else read(formula, out, *operands[0])
                for formula, skip in zip(primitive.partials, constant[0], strict=True)
            )
        ]
    return [
        tuple(
            None if skip or (primitive.chooses and _is_zero(d)) else d
            for d, skip in zip(group, skips, strict=True)
        )
        for group, skips in zip(groups, constant, strict=True)
    ]


def _is_zero(partial: Any) -> bool:
    """Tell whether a partial is the number 0; of an array the caller has to see to each element."""
    if isinstance(partial, np.ndarray) or np.ndim(getattr(partial, "_datum", partial)):
        return False
    return bool(partial == 0.0)


def flat(groups: Groups) -> list[Any]:
    """List the operands of all groups."""
    return list(chain.from_iterable(groups))
