"""Dual: a value with its tangent, for forward-mode automatic differentiation.

A dual number a + a'ε, with ε² = 0, carries the derivative a' along with the value a.
Every primitive f takes a + a'ε to f(a) + f'(a) a' ε, with f' read from the same table as
the backward pass.  The two parts are floats or, when the computation is itself being
differentiated, Values or Duals of an outer derivative.  Each call of `jvp` has an ε of
its own, its `level`: an operation expands the innermost and treats the others as
constants, so that nested derivatives are never confused (Siskind & Pearlmutter 2005).
"""

from __future__ import annotations

import itertools
from itertools import chain
from typing import Any

from autograd import contexts
from autograd.anomaly import is_finite, raise_anomaly, source_line
from autograd.graph import Node, describe_operands
from autograd.primitives import Primitive, evaluate
from autograd.value import Groups, Value, _read_values, apply, local_derivatives

__all__ = ["Dual", "new_level"]

_levels = itertools.count(1)


def new_level() -> int:
    """Return an ε that no other derivative has."""
    return next(_levels)


class Dual(Value):
    """``primal + tangent * ε[level]``; a Value to whoever computes with it."""

    __slots__ = ("level", "primal", "tangent")

    primal: Any
    tangent: Any
    level: int

    _precedence = 1

    def __init__(self, primal: Any, tangent: Any, level: int) -> None:
        self._become_leaf(primal._datum if isinstance(primal, Node) else primal)
        self.primal = primal
        self.tangent = tangent
        self.level = level

    @property
    def data(self) -> float:
        """The number itself; inside `jvp` it cannot be assigned to."""
        return self._datum  # type: ignore[no-any-return]

    @data.setter
    def data(self, data: Any) -> None:
        raise TypeError("inside jvp a value carries a tangent: compute a new one instead")

    def __copy__(self) -> Value:  # a copy is another variable, as it is in reverse mode
        return self.detach()

    def __deepcopy__(self, memo: dict[int, Any]) -> Value:
        return self.detach()

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
        flat = list(chain.from_iterable(groups))
        level = max(o.level for o in flat if isinstance(o, Dual))
        constant = [
            tuple(not isinstance(o, Dual) or o.level != level for o in group) for group in groups
        ]
        primals = [
            tuple(o if fixed else o.primal for o, fixed in zip(group, fixeds, strict=True))
            for group, fixeds in zip(groups, constant, strict=True)
        ]
        out = apply(primitive, *(primals if primitive.variadic else primals[0]))
        read = _read_values if isinstance(out, Value) else evaluate
        # an anomaly is reported of the tangent, not of the inside of the formula
        with contexts.detect_anomaly(state=False):
            partials = local_derivatives(primitive, read, out, primals, constant)
        tangent: Any = 0.0
        for o, partial in zip(flat, chain.from_iterable(partials), strict=True):
            if partial is not None:
                tangent = tangent + partial * o.tangent
        if contexts.detecting_anomaly() and not is_finite(tangent):
            raise_anomaly(
                f"the tangent through {primitive.name} is {float(tangent)}",
                describe_operands(flat),
                source_line(),
            )
        return cls(out, tangent, level)
