"""What a compiled function returns: nodes whose backward pass is the program's.

A result has the leaves that the program depends on as its operands, and as their local
derivatives what the program's backward half computes, once somebody asks.  So a result is an
ordinary node to everybody else: it can be a part of a larger graph.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd import contexts, graph
from autograd.array_primitives import NUMPY, Applied, ArrayPrimitive, Pullback
from autograd.formatting import shown
from autograd.graph import Handle, Node
from autograd.primitives import opaque
from autograd.tensor import Tensor
from autograd.value import Value

__all__ = ["Replay", "replayed"]


class Replay:
    """One run of a program, whose backward half may still be run.

    Args:
        name: of the function.
        pull: takes a seed, the adjoint of the output, to the gradients by the inputs.
        holders: who gets the gradient of each of these inputs: a Tensor, or a list with a Value
            for each number, and something else for numbers that nobody asks the gradient of.
        again: computes the output once more on the engine, for derivatives of derivatives.
    """

    def __init__(
        self,
        name: str,
        pull: Callable[[Any], Sequence[Any]],
        holders: Sequence[Any],
        again: Callable[[], Any],
    ) -> None:
        self.name = name
        self._again = again
        self._pull = pull
        self._holders = holders
        self._of_one: list[Any] | None = None
        operands: list[Node] = []
        for holder in holders:
            if isinstance(holder, Node):
                operands.append(holder)
            else:
                operands += [node for node in holder if isinstance(node, Node)]
        self.operands = tuple(operands)
        self.on_leaves = all(node._left is None for node in operands)
        self.has_arrays = any(node._is_array for node in operands)

    def gradients(self, seed: Any) -> list[Any]:
        """Return the gradient by each operand, a float or an ndarray; None: nothing flows."""
        found: list[Any] = []
        with np.errstate(all="ignore"):
            pulled = self._pull(seed)
        for holder, gradient in zip(self._holders, pulled, strict=True):
            if isinstance(holder, Node):
                found.append(
                    gradient if holder._is_array or gradient is None else float(gradient)
                )
            elif gradient is None:
                found += [None for x in holder if isinstance(x, Node)]
            else:
                numbers = gradient.tolist()
                found += [g for x, g in zip(holder, numbers, strict=True) if isinstance(x, Node)]
        return found

    def of_one(self) -> list[Any]:
        """Return the gradients for the seed 1, computed at the first call."""
        if self._of_one is None:
            self._of_one = self.gradients(1.0)
        return self._of_one


    def graph(self, datum: Any) -> tuple[Any, list[Any]]:
        """Return the output as a graph of the engine, and its nodes in order up to the operands.

        What the operands were made of is not among them: the graph that they belong to knows it.

        Raises:
            RuntimeError: the arguments are no longer what they were, or what the function finds
                around it is not.
        """
        root = self._again()
        order = graph.topological_order(root)
        if not _agree(root._datum, datum, order):
            raise RuntimeError(
                f"the compiled {self.name}, run again for create_graph, gave "
                f"{shown(root._datum)} instead of {shown(datum)}: something that it finds around "
                "it, or draws by chance, is not what it was; call the function again"
            )
        ends = set(self.operands)
        return root, [node for node in order if node not in ends]

    def recorded_pull(self, datum: Any) -> Callable[[Any], list[Any]]:
        """Return what takes an adjoint to the gradients, as nodes: once more on the engine."""
        root, order = self.graph(datum)

        def pull(seed: Any) -> list[Any]:
            if root._is_array and not np.shape(getattr(seed, "_datum", seed)):
                seed = seed * np.ones_like(root._datum)
            with contexts.enable_grad():
                adjoints = graph.propagate(root, seed, order, create_graph=True)
            return [adjoints.get(operand) for operand in self.operands]

        return pull


def _agree(again: Any, datum: Any, order: Sequence[Any]) -> bool:
    """Tell whether two results are equal but for the rounding of what they were computed from."""
    scale = 0.0
    for node in order:
        size = float(np.max(np.abs(node._datum), initial=0.0))
        if scale < size < math.inf:
            scale = size
    single = getattr(datum, "dtype", None) == np.float32
    tolerance = 1e-4 if single else 1e-9
    return np.allclose(again, datum, tolerance, tolerance * scale, equal_nan=True)


class _Replayed(Value):
    """A Value that a program has computed."""

    __slots__ = ("_found", "_replay")

    _replay: Replay | None
    _found: Any

    @property
    def _dleft(self) -> Any:
        if self._found is None and self._replay is not None:
            self._found = (tuple(self._replay.of_one()),)
        return self._found

    @_dleft.setter
    def _dleft(self, partials: Any) -> None:
        self._replay = getattr(self, "_replay", None)
        self._found = partials

    def backward(self, seed: Any = 1.0, create_graph: bool = False) -> None:
        """Add seed * d self / d node to the `.grad` of every node of this graph.

        With `create_graph` the function is run once more, on the engine.
        """
        replay = self._replay
        if (
            replay is None
            or create_graph
            or Handle.used
            or contexts.special
            or contexts.watched
            or seed.__class__ is not float
            or not replay.on_leaves
        ):
            super().backward(seed, create_graph)
            return
        found = replay.of_one()
        if seed != 1.0:
            found = [None if gradient is None else gradient * seed for gradient in found]
        if replay.has_arrays:
            operands = replay.operands
            adjoints = [
                node._nothing() if gradient is None else gradient
                for node, gradient in zip(operands, found, strict=True)
            ]
            graph.accumulate((*operands, self), (*adjoints, seed))
            return
        pending = zip(replay.operands, found, strict=True)
        node: Any = self
        gradient, grad = seed, replay
        try:
            for node, gradient in pending:
                grad = node._grad
                if gradient is None:
                    gradient = 0.0
                node._grad = gradient if grad is None else grad + gradient
        except BaseException:  # a Ctrl-C comes before all of it or after all of it
            rest: list[Any] = [(node, gradient)] if node._grad is grad else []
            rest += [*pending, (self, seed)]
            graph.accumulate([n for n, _ in rest], [0.0 if g is None else g for _, g in rest])
            raise
        grad = self._grad
        self._grad = seed if grad is None else grad + seed

    def _differentiable_partials(self) -> tuple[Any, ...]:
        if self._replay is None:
            return self.partials
        return tuple(self._replay.recorded_pull(self._datum)(1.0))


class _Pulled(Pullback):
    """The local derivative of an array that a program has computed."""

    __slots__ = ("_cache", "_place", "_replay")

    def __init__(self, applied: Applied, replay: Replay, place: int, cache: list[Any]) -> None:
        super().__init__(applied, place, None, ())
        self._replay, self._place, self._cache = replay, place, cache

    def __call__(self, g: Any) -> Any:
        if not self._cache or self._cache[0] is not g:  # all the operands ask with the same seed
            self._cache[:] = [g, self._pulled(g)]
        gradient = self._cache[1][self._place]
        if gradient is None:
            gradient = self._replay.operands[self._place]._nothing()
        return gradient if isinstance(gradient, Node) else np.asarray(gradient)

    def _pulled(self, g: Any) -> list[Any]:
        return self._replay.gradients(g)

    def of_chosen(self, g: Any, mask: Any, m: Any) -> Any:
        """Return the contribution; what `where` did not choose is 0 in g."""
        return self(g)

    def reached(self, mask: Any) -> Any:
        """Tell which elements of the operand may have been reached: all."""
        return np.ones(np.shape(self._replay.operands[self._place]._datum), bool)

    def __reduce__(self) -> Any:
        raise TypeError(
            "an array that a compiled function returned keeps no graph that could be copied: "
            "use .detach()"
        )


class _PulledAgain(_Pulled):
    """The same, computed on the engine: what it returns can be differentiated again."""

    __slots__ = ("_recorded_pull",)

    def __init__(self, pulled: _Pulled, pull: Callable[[Any], list[Any]], cache: list[Any]) -> None:
        super().__init__(pulled.applied, pulled._replay, pulled._place, cache)
        self._recorded_pull = pull

    def _pulled(self, g: Any) -> list[Any]:
        return self._recorded_pull(g)


class _ReplayedTensor(Tensor):
    """A Tensor that a program has computed."""

    __slots__ = ()

    def _as_operations(self) -> Node:
        partials = self.partials
        return partials[0]._replay.graph(self._datum)[0] if partials else self

    def _differentiable_partials(self) -> tuple[Any, ...]:
        captured = self.partials
        if not captured:  # a leaf, made of it by copying
            return captured
        pull = captured[0]._replay.recorded_pull(self._datum)
        cache: list[Any] = []
        return tuple(_PulledAgain(partial, pull, cache) for partial in captured)


_Replayed.__name__, _ReplayedTensor.__name__ = "Value", "Tensor"  # what a user takes them for


def replayed(datum: Any, is_array: bool, replay: Replay | None) -> Node:
    """Return a node for an output of a program.

    Args:
        datum: what the program computed.
        is_array: whether a Tensor is wanted; else a Value.
        replay: the run; None for a leaf through which no gradient flows.
    """
    if replay is None or not replay.operands:
        leaf: Node = (Tensor if is_array else Value).__new__(Tensor if is_array else Value)
        leaf._become_leaf(_floats(datum) if is_array else float(datum))
        return leaf
    if is_array:
        return _array(_floats(datum), replay)
    node = _Replayed.__new__(_Replayed)
    node._datum = float(datum)
    node._grad = None
    node._primitive = opaque(replay.name)
    node._left = (replay.operands,)
    node._right = node._dright = node._notes = None
    node._replay = replay
    node._found = None
    node.scope = ""
    if replay.has_arrays:
        graph.Mixed.used = True
    return node


def _floats(datum: Any) -> Any:
    array = np.array(datum)
    return array if array.dtype.kind == "f" else array.astype(float)


def _array(datum: Any, replay: Replay) -> Node:
    node = _ReplayedTensor.__new__(_ReplayedTensor)
    node._become_leaf(datum)
    node._primitive = applied = Applied(_row(replay.name), {})
    cache: list[Any] = []
    node._left = (replay.operands,)
    node._dleft = (
        tuple(_Pulled(applied, replay, place, cache) for place in range(len(replay.operands))),
    )
    return node


def _row(name: str) -> ArrayPrimitive:
    row = ArrayPrimitive.__new__(ArrayPrimitive)  # outside the table
    row.name = row.symbol = row.ascii = name
    row.doc = "A compiled function."
    row.value, row.vjps, row.variadic, row.tangent = NUMPY.reshape, (), True, "joint"
    return row


