"""Dual numbers: a value with its tangent, for forward-mode automatic differentiation.

A dual number a + a'ε, with ε² = 0, carries the derivative a' along with the value a.
Every primitive f takes a + a'ε to f(a) + f'(a) a' ε, with f' read from the same table as
the backward pass.  The two parts are floats or arrays or, when the computation is itself
being differentiated, Values, Tensors or duals of an outer derivative.  Each call of `jvp`
has an ε of its own, its `level`: an operation expands the innermost and treats the others
as constants, so that nested derivatives are never confused (Siskind & Pearlmutter 2005).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd import array_functions, array_primitives, contexts, primitives
from autograd.anomaly import described, is_finite, raise_anomaly, source_line
from autograd.array_primitives import Applied, ArrayPrimitive
from autograd.graph import Node, describe_operands
from autograd.operations import Groups, apply, apply_array, flat, local_derivatives
from autograd.primitives import Primitive, evaluate
from autograd.tensor import RecordedPullback, Tensor, read_arrays, read_tensors
from autograd.value import Value, read_values

__all__ = ["Dual", "DualTensor", "dual", "is_dual", "new_level", "without_tangents"]

_levels = itertools.count(1)


def new_level() -> int:
    """Return an ε that no other derivative has."""
    return next(_levels)


class _Carrier(Node):
    """``primal + tangent * ε[level]``: what a dual number and a dual array have in common."""

    primal: Any
    tangent: Any
    level: int

    _precedence = 2

    def __init__(self, primal: Any, tangent: Any, level: int) -> None:
        self._become_leaf(primal._datum if isinstance(primal, Node) else primal)
        self.primal = primal
        self.tangent = tangent
        self.level = level

    @property
    def data(self) -> Any:
        """The data itself; inside `jvp` it cannot be assigned to."""
        return self._datum

    @data.setter
    def data(self, data: Any) -> None:
        raise TypeError("inside jvp a value carries a tangent: compute a new one instead")

    def __copy__(self) -> Any:  # a copy is another variable, as it is in reverse mode
        return self.detach()  # type: ignore[attr-defined]

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return self.detach()  # type: ignore[attr-defined]

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("a value that carries a tangent of jvp cannot be pickled: use .detach()")

    def backward(self, seed: Any = 1.0, create_graph: bool = False) -> None:
        """Raise a TypeError: inside `jvp` derivatives are taken with `grad` and its kin."""
        raise TypeError(
            "inside jvp a value carries a tangent and no graph of its own: "
            "take a derivative there with autograd.grad, not with .backward()"
        )

    @classmethod
    def _carry_out(cls, primitive: Primitive, groups: Groups) -> Any:
        if primitive.variadic and any(_is_array(o) for o in flat(groups)):
            with np.errstate(all="ignore"):
                return primitive.value(None, *groups)  # sums of lists are made of + and × alone
        level = _innermost(flat(groups))
        constant = [tuple(not is_dual(o, level) for o in group) for group in groups]
        primals = [tuple(_primal(o, level) for o in group) for group in groups]
        out = apply(primitive, *(primals if primitive.variadic else primals[0]))
        if not isinstance(out, (Node, np.ndarray)):
            arrays = [o.dtype for o in flat(groups) if isinstance(o, DualTensor)]
            if arrays:  # one without axes, which comes out as a number
                with np.errstate(all="ignore"):
                    out = np.asarray(out, np.result_type(*arrays))
        # an anomaly is reported of the tangent, not of the inside of the formula
        with contexts.detect_anomaly(state=False):
            partials = local_derivatives(primitive, _reader(out), out, primals, constant)
        return _with_tangent(
            primitive.name,
            out,
            [
                _term(primitive, partial, operand.tangent)
                for operand, partial in zip(flat(groups), flat(partials), strict=True)
                if partial is not None
            ],
            flat(groups),
            level,
        )

    @classmethod
    def _carry_out_array(
        cls, row: ArrayPrimitive, operands: tuple[Any, ...], parameters: dict[str, Any]
    ) -> Any:
        level = _innermost(operands)
        primals = [_primal(o, level) for o in operands]
        tangents = [o.tangent if is_dual(o, level) else None for o in operands]
        out = apply_array(row, *primals, **parameters)
        out = out if isinstance(out, Node) else np.asarray(out)
        with contexts.detect_anomaly(state=False), np.errstate(all="ignore"):
            terms = _pushed_forward(row, out, primals, tangents, parameters)
        return _with_tangent(row.name, out, terms, operands, level)


class Dual(_Carrier, Value):
    """A dual number; a Value to whoever computes with it."""


class DualTensor(_Carrier, Tensor):
    """An array of dual numbers; a Tensor to whoever computes with it."""


def dual(primal: Any, tangent: Any, level: int) -> Any:
    """Return ``primal + tangent * ε[level]``, as a dual number or as an array of them."""
    if _is_array(primal):
        return DualTensor(primal, tangent, level)
    return Dual(primal, tangent, level)


def is_dual(operand: Any, level: int) -> bool:
    """Tell whether an operand carries a tangent of this level."""
    return isinstance(operand, _Carrier) and operand.level == level


def without_tangents(operand: Any) -> Any:
    """Return what carries the tangents of an operand, of every level; else the operand itself."""
    while isinstance(operand, _Carrier):
        operand = operand.primal
    return operand


def _is_array(operand: Any) -> bool:
    return isinstance(operand, (Tensor, np.ndarray))


def _innermost(operands: Sequence[Any]) -> int:
    return max(o.level for o in operands if isinstance(o, _Carrier))


def _primal(operand: Any, level: int) -> Any:
    return operand.primal if is_dual(operand, level) else operand


def _reader(out: Any) -> Any:
    """Return who reads a partial: its result is of the kind that the value is of."""
    if isinstance(out, Tensor):
        return read_tensors
    if isinstance(out, np.ndarray):
        return read_arrays
    return read_values if isinstance(out, Node) else evaluate


def _term(primitive: Primitive, partial: Any, tangent: Any) -> Any:
    with np.errstate(all="ignore"):
        term = partial * tangent
    if primitive.chooses and np.ndim(getattr(partial, "_datum", partial)):
        return apply(primitives.where, partial != 0.0, term, 0.0)
    return term


def _with_tangent(
    name: str, out: Any, terms: list[Any], operands: Sequence[Any], level: int
) -> Any:
    tangent: Any = 0.0
    with np.errstate(all="ignore"):
        for term in terms:
            tangent = tangent + term
    if _is_array(out):
        tangent = array_functions.broadcast_to(tangent, out.shape)
        if tangent.dtype != out.dtype:
            tangent = apply_array(array_primitives.astype, tangent, dtype=out.dtype)
    if contexts.detecting_anomaly() and not is_finite(tangent):
        raise_anomaly(
            f"the tangent through {name} is {described(tangent)}",
            describe_operands(operands),
            source_line(),
        )
    return dual(out, tangent, level)


def _pushed_forward(
    row: ArrayPrimitive,
    out: Any,
    primals: list[Any],
    tangents: list[Any],
    parameters: dict[str, Any],
) -> list[Any]:
    """Return the parts of which the tangent of an array primitive's result is the sum."""
    if row.tangent == "joint":
        every = [
            np.zeros(np.shape(getattr(p, "_datum", p))) if t is None else t
            for p, t in zip(primals, tangents, strict=True)
        ]
        if "constant" in parameters:
            parameters = {**parameters, "constant": 0.0}
        return [apply_array(row, *every, **parameters)]
    if row.tangent == "linear":
        return [
            apply_array(row, *primals[:slot], tangent, *primals[slot + 1 :], **parameters)
            for slot, tangent in enumerate(tangents)
            if tangent is not None
        ]
    pullback = RecordedPullback(Applied(row, parameters), 0, out, primals)
    tangent = tangents[0]
    if row.tangent == "symmetric":
        return [pullback(tangent)]
    gradient = pullback(np.ones(np.shape(getattr(out, "_datum", out))))
    return [
        apply_array(
            array_primitives.sum_,
            gradient * tangent,
            axis=parameters["axis"],
            keepdims=parameters["keepdims"],
        )
    ]
