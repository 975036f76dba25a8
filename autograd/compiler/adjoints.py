"""The reverse pass over a trace: it writes symbols where `graph.propagate` computes numbers.

The chain rule is the engine's, and so are the derivatives, which are read from the two tables.
What is decided here and not while the program runs is along which paths anything flows, and
where `where` keeps a contribution from flowing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.array_primitives import NUMPY, Applied, ArrayPrimitive, Pullback, sum_to
from autograd.compiler.arrays import ELEMENT, GATHERED, Trace
from autograd.compiler.simplifying import FEW
from autograd.compiler.symbols import BOOL, Operand, Symbol, collector_paused
from autograd.primitives import Primitive

__all__ = ["adjoints"]


def adjoints(
    trace: Trace,
    seeds: Sequence[tuple[Symbol, Operand]],
    wrt: Sequence[Symbol],
    *,
    of_numbers: bool = False,
) -> list[Operand | None]:
    """Return the sum of seed * d output / d symbol for each symbol of `wrt`.

    Args:
        trace: what has been applied; the operations of the reverse pass join it.
        seeds: outputs, each with the symbol or number its adjoint begins with.
        wrt: inputs, or other symbols.
        of_numbers: whether the arrays stand for numbers that have nothing to do with each
            other, as in a graph of Values: an element that nobody reads receives nothing, not
            even 0 times the inf of its derivative.

    Returns:
        A symbol of the shape and dtype of each of `wrt`, or None where nothing flows.
    """
    return collector_paused(_adjoints, _Sweep(trace, wrt, of_numbers), seeds, wrt)


def _adjoints(
    sweep: _Sweep, seeds: Sequence[tuple[Symbol, Operand]], wrt: Sequence[Symbol]
) -> list[Operand | None]:
    trace = sweep.trace
    for output, seed in seeds:
        if output in sweep.moving:
            if output.dtype is not None:
                seed = trace.filled(seed, output.shape, output.dtype)
            sweep.receive(output, seed, True)
    applications = trace.applications
    for place in range(len(applications) - 1, -1, -1):
        row, operands, out, parameters = applications[place]
        if out in sweep.arrived:
            sweep.back(row, operands, out, parameters)
    return [sweep.adjoint(symbol) for symbol in wrt]


class _Arriving:
    """What has arrived at a symbol so far.

    Attributes:
        total: the sum of the contributions to the whole symbol; None if there is none yet.
        parts: contributions to parts of an array, each with its index.
        elements: contributions to single elements, by their place in memory.
        element_masks: whether they have arrived, if that depends.
        mask: where anything has arrived; True: everywhere; None: nowhere yet.
    """

    __slots__ = ("element_masks", "elements", "mask", "parts", "total")

    def __init__(self) -> None:
        self.total: Any = None
        self.parts: list[tuple[Any, Any]] = []
        self.elements: dict[int, Any] = {}
        self.element_masks: dict[int, Any] = {}
        self.mask: Any = None


class _Sweep:
    """One reverse pass."""

    def __init__(self, trace: Trace, wrt: Sequence[Symbol], of_numbers: bool) -> None:
        self.trace = trace
        self.of_numbers = of_numbers
        self.start = trace.size  # symbols from here on are of this pass
        self.arrived: dict[Symbol, _Arriving] = {}
        self.moving = moving = set(wrt)
        for _, operands, out, _ in trace.applications:
            for operand in operands:
                if operand.__class__ is Symbol and operand in moving:
                    moving.add(out)
                    break

    def adjoint(self, symbol: Symbol) -> Any:
        """Return the sum of all that has arrived at a symbol; None for nothing."""
        arriving = self.arrived.get(symbol)
        if arriving is None:
            return None
        total, dtype = arriving.total, symbol.dtype
        assert dtype is not None or (not arriving.parts and not arriving.elements)
        if arriving.parts and arriving.elements and len(arriving.elements) <= FEW:
            for place, element in arriving.elements.items():
                at = tuple(map(int, np.unravel_index(place, symbol.shape)))
                arriving.parts.append((element, at))
            arriving.elements = {}
        if arriving.parts:
            parts = self.trace.scattered(arriving.parts, symbol.shape, dtype)
            total = parts if total is None else total + parts
        if arriving.elements:
            elements = self.trace.spread_out(arriving.elements, symbol.shape, dtype)
            total = elements if total is None else total + elements
        arriving.total, arriving.parts, arriving.elements = total, [], {}
        if arriving.element_masks and arriving.mask is not True:
            found = self._elements_reached(arriving.element_masks, symbol.shape)
            before = arriving.mask
            arriving.mask = found if before is None else self.trace.either(before, found)
        arriving.element_masks = {}
        if total.__class__ is Symbol and total.operation not in ("input", "constant"):
            self.trace.adjoint_of.setdefault(total, symbol)
        return total

    def _elements_reached(self, masks: dict[int, Any], shape: tuple[int, ...]) -> Any:
        if any(mask is not True for mask in masks.values()):
            return self.trace.spread_out(masks, shape, BOOL)
        reached = np.zeros(shape, bool)
        reached.flat[list(masks)] = True
        return True if reached.all() else self.trace.constant(reached)

    def _parts_reached(self, indices: Sequence[Any], shape: tuple[int, ...]) -> Any:
        reached = np.zeros(shape, bool)
        for index in indices:
            reached[index] = True
        return True if reached.all() else self.trace.constant(reached)

    def _turned(self, x: Symbol) -> Any:
        """Return (A @ B).T as B.T @ A.T, if the product was made here."""
        product = x.operands[0]
        if product.__class__ is Symbol and product.operation == "matmul" and x.ndim == 2:
            left, right = product.operands
            if product.number >= self.start and left.ndim == right.ndim == 2:  # type: ignore[union-attr]
                return right.T @ left.T  # type: ignore[union-attr]
        return x

    def receive(self, symbol: Symbol, contribution: Any, mask: Any) -> None:
        """Add to the adjoint of a symbol."""
        if self.of_numbers and mask is True and _is_scattered(contribution):
            mask = self._parts_reached(contribution.parameters[0], symbol.shape)
        arriving = self._arriving(symbol, mask)
        if contribution.__class__ is Symbol:
            if contribution.dtype != symbol.dtype:
                if symbol.dtype is None:
                    contribution = self.trace.as_number(contribution)
                else:
                    contribution = self.trace.filled(contribution, symbol.shape, symbol.dtype)
            elif contribution.operation == "transpose":
                contribution = self._turned(contribution)
            elif contribution.operation == "scatter":
                indices, _ = contribution.parameters
                arriving.parts += zip(contribution.operands, indices, strict=True)
                return
        elif symbol.dtype is not None:
            contribution = self.trace.filled(contribution, symbol.shape, symbol.dtype)
        arriving.total = self._sum(arriving.total, contribution)

    def _sum(self, total: Any, contribution: Any) -> Any:
        if total is None:
            return contribution
        if total.__class__ is Symbol and total.operation == "add":
            before, last = total.operands
            if contribution.__class__ is Symbol and contribution.operation == "full":
                contribution = contribution.operands[0]
            if last is contribution and last.__class__ is Symbol and not last.is_truth:
                return before + 2.0 * last  # x * x hands the same on twice
        return total + contribution

    def _arriving(self, symbol: Symbol, mask: Any) -> _Arriving:
        arriving = self.arrived.get(symbol)
        if arriving is None:
            arriving = self.arrived[symbol] = _Arriving()
        before = arriving.mask
        if before is None or mask is True:
            arriving.mask = mask
        elif mask is not None and before is not True:
            arriving.mask = self.trace.either(before, mask)
        return arriving

    def back(self, row: Any, operands: Any, out: Symbol, parameters: dict[str, Any]) -> None:
        """Hand on to the operands of one application what has arrived at its result."""
        adjoint = self.adjoint(out)
        mask = self.arrived[out].mask
        if row is ELEMENT:
            self._to_element(operands[0], parameters["place"], adjoint, mask)
        elif row is GATHERED:
            self._to_numbers(operands, out, adjoint, mask)
        elif isinstance(row, Primitive):
            self._elementwise(row, operands, out, adjoint, mask)
        else:
            self._array(row, operands, out, parameters, adjoint, mask)

    def _elementwise(
        self, row: Primitive, operands: Any, out: Symbol, adjoint: Any, mask: Any
    ) -> None:
        trace = self.trace
        dtype, data = trace.data(row, operands)
        m = trace.reading(dtype)
        shape = out.shape
        for formula, operand in zip(row.partials, operands, strict=True):
            if operand.__class__ is not Symbol or operand not in self.moving:
                continue
            partial = trace.read(formula, dtype, out, *data)
            if row.chooses and partial.__class__ is float and partial == 0.0:
                continue
            if partial.__class__ is Symbol and partial.dtype != dtype:
                partial = trace.filled(partial, shape, dtype) if dtype else partial
            chosen = mask
            if row.chooses:
                chosen = trace.both(mask, _not_zero(trace, partial))
            contribution = adjoint * partial
            if chosen is not True and (row.chooses or not _is_finite(partial)):
                contribution = trace.where(chosen, contribution, 0.0, dtype)
            if chosen is not True:
                if chosen.__class__ is Symbol:
                    chosen = (
                        self._summed(trace.filled(chosen, shape, bool), operand.shape)
                        if (dtype is not None)
                        else chosen
                    )
                if chosen is False:
                    continue
            if operand.shape != shape and dtype is not None:
                contribution = trace.filled(contribution, shape, dtype)
                contribution = sum_to(m, contribution, operand.shape)
            self.receive(operand, contribution, chosen)

    def _summed(self, mask: Any, shape: tuple[int, ...]) -> Any:
        """Return where an operand of this shape is reached, if broadcasting stretched it."""
        if mask.shape == shape:
            return mask
        if mask.operation == "constant":
            known = sum_to(NUMPY, mask.parameters.astype(float), shape) != 0.0
            if not known.ndim or known.all():
                return bool(known.all())
            return self.trace.constant(known)
        extra = len(mask.shape) - len(shape)
        axis = (*range(max(extra, 0)), *(
            i + extra for i, n in enumerate(shape) if i + extra >= 0 and n == 1
            and mask.shape[i + extra] != 1
        ))  # fmt: skip
        if axis:
            mask = self.trace.any(mask, axis)
        if mask.dtype is None:
            return mask
        if mask.size == np.prod(shape, dtype=int):
            return self.trace.reshape(mask, shape)
        return self.trace.broadcast_to(mask, shape)

    def _array(
        self,
        row: ArrayPrimitive,
        operands: Any,
        out: Symbol,
        parameters: dict[str, Any],
        adjoint: Any,
        mask: Any,
    ) -> None:
        trace = self.trace
        dtype, data = trace.data(row, operands)
        m = trace.reading(dtype)

        def pulled(slot: int, g: Any, others: Sequence[Any], result: Any = out) -> Any:
            if row.variadic:
                return row.vjps[0](m, g, result, *others, slot=slot, **parameters)
            return row.vjps[slot](m, g, result, *others, **parameters)

        for slot, operand in enumerate(operands):
            if operand.__class__ is not Symbol or operand not in self.moving:
                continue
            contribution = pulled(slot, adjoint, data)
            reached = True
            if mask is not True:
                spread = trace.filled(mask, out.shape, bool)
                contribution, reached = self._of_chosen(
                    row, slot, contribution, adjoint, spread, data, parameters, pulled
                )
                if reached is False:
                    continue
            self.receive(operand, contribution, reached)

    def _of_chosen(
        self, row: Any, slot: int, contribution: Any, adjoint: Any, mask: Any, data: Any,
        parameters: Any, pulled: Any,
    ) -> tuple[Any, Any]:  # fmt: skip
        """Do what `Pullback.of_chosen` does: 0 times a nan of another operand is to be 0."""
        trace = self.trace
        x = data[slot]
        ones = trace.astype(mask, x.dtype)
        if mask.operation == "constant":  # so it is known now what is reached
            shapes = [np.ones(o.shape) for o in data]
            pullback = Pullback(Applied(row, parameters), slot, np.ones(mask.shape), shapes)
            known = pullback.reached(mask.parameters)
            reached = bool(known.all()) if known.all() or not known.any() else trace.constant(known)
        elif row.tangent == "symmetric":
            some = trace.any(mask, parameters["axis"], True)
            reached = trace.broadcast_to(some, x.shape)
        elif row.tangent == "reduction":
            axis = parameters["axis"]
            kept = tuple(1 if i in axis else n for i, n in enumerate(x.shape))
            reached = trace.broadcast_to(trace.reshape(mask, kept), x.shape)
        elif _moves_only(row):
            reached = _not_zero(trace, pulled(slot, ones, data))
        else:
            full = [trace.filled(1.0, o.shape, o.dtype) for o in data]
            result = trace.filled(1.0, mask.shape, x.dtype)
            reached = _not_zero(trace, pulled(slot, ones, full, result))
        if row.tangent == "linear" and len(data) > 1:
            finite = [trace.elementwise("isfinite", o) for o in data]
            zeroed = [trace.where(f, o, 0.0) for f, o in zip(finite, data, strict=True)]
            broken = [
                trace.astype(trace.neither(f), o.dtype) for f, o in zip(finite, data, strict=True)
            ]
            clean = pulled(slot, adjoint, zeroed)
            met = _not_zero(trace, pulled(slot, ones, broken))
            contribution = trace.where(met, contribution, clean)
        if reached is not True and not _moves_only(row):
            contribution = trace.where(reached, contribution, 0.0)
        return contribution, reached

    def _to_element(self, x: Symbol, place: int, adjoint: Any, mask: Any) -> None:
        sure = mask is True and not self.of_numbers
        arriving = self._arriving(x, True if sure else None)
        if not sure:
            masks = arriving.element_masks
            masks[place] = self.trace.either(masks[place], mask) if place in masks else mask
        arriving.elements[place] = self._sum(arriving.elements.get(place), adjoint)

    def _to_numbers(self, operands: Any, out: Symbol, adjoint: Any, mask: Any) -> None:
        trace = self.trace
        for place, operand in enumerate(operands):
            if operand.__class__ is not Symbol or operand not in self.moving:
                continue
            at = np.unravel_index(place, out.shape)
            index = tuple(map(int, at))
            reached: Any = True
            if mask is not True:
                if mask.__class__ is Symbol and mask.operation == "constant":
                    reached = bool(mask.parameters[index])
                else:
                    reached = trace.as_number(trace.getitem(mask, index)) if out.shape else mask
                if reached is False:
                    continue
            self.receive(operand, trace.as_number(trace.getitem(adjoint, index)), reached)


def _is_scattered(x: Any) -> bool:
    return x.__class__ is Symbol and x.operation == "scatter"


def _moves_only(row: Any) -> bool:
    return row.name in ("reshape", "transpose", "broadcast_to", "getitem", "scatter", "pad",
                        "astype", "concatenate", "stack", "sum")  # fmt: skip


def _not_zero(trace: Trace, x: Any) -> Any:
    """Return where something is not 0; of what is made of bools, without a comparison."""
    if x.__class__ is not Symbol:
        return bool(x != 0.0)
    if x.is_truth:
        return x
    if x.operation == "where":
        condition, one, other = x.operands
        if one.__class__ is float and other.__class__ is float and (one != 0.0) != (other != 0.0):
            return condition if one != 0.0 else trace.neither(condition)
    source: Any = x.operands[0] if x.operands else None
    if x.operation == "astype" and source.is_truth:
        return source
    if x.operation in ("reshape", "transpose", "broadcast_to", "getitem"):
        inner = _not_zero(trace, source)
        if inner.__class__ is Symbol and inner.shape == source.shape and inner.dtype:
            return getattr(trace, x.operation)(inner, x.parameters)
    return trace.elementwise("not_equal", x, 0.0)


def _is_finite(partial: Any) -> bool:
    """Tell whether a partial is known to be finite, so that 0 times it is 0."""
    if partial.__class__ is not Symbol:
        return bool(np.isfinite(partial))
    if partial.operation == "where":
        return all(o.__class__ is float and np.isfinite(o) for o in partial.operands[1:])
    return partial.is_truth
