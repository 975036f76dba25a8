"""The graph: what a node is, the order of evaluation, and the backward pass.

A graph is nothing but its root: every node holds its operands, no node holds its
consumers, so there is no reference cycle and the whole graph is released with the root.
Every walk over it is a loop, never a recursion: a chain of a million operations is an
ordinary graph.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain, filterfalse
from numbers import Real
from types import TracebackType
from typing import Any, TypeVar

from autograd import contexts
from autograd.anomaly import is_finite, raise_anomaly
from autograd.primitives import Primitive

__all__ = ["Handle", "Node", "backward", "gradients", "propagate", "topological_order"]

NodeT = TypeVar("NodeT", bound="Node")
Hook = Callable[[Any], Any]


class Notes:
    """What few nodes carry: a label, hooks, the source line that made them."""

    __slots__ = ("hooks", "label", "made_at")

    def __init__(self) -> None:
        self.label = ""
        self.hooks: dict[Handle, Hook] = {}
        self.made_at: str | None = None


class Node:
    """A value in the graph, with the operands and the primitive that made it.

    Almost every node has one or two operands.  They and their local derivatives stand in
    the node itself (`_left`, `_dleft`, `_right`, `_dright`) so that a node is one object:
    a tuple each would double the time and the memory.  A node with more operands keeps
    them in `_left` as a tuple of groups, which other nodes may share (all the neurons of a
    layer have one group of inputs), and the partials in `_dleft` in the same groups, None
    for a group of constants; a last operand by itself, a bias, stands in `_right` there
    too.  `operands` and `partials` hide the difference.

    A constant operand is a plain float and its partial is None: nothing flows there.
    """

    __slots__ = (
        "__weakref__",
        "_adjoint",  # scratch of the backward pass that is running
        "_datum",
        "_dleft",
        "_dright",
        "_grad",
        "_left",
        "_notes",
        "_primitive",
        "_right",
        "scope",
    )

    _datum: Any
    _grad: Any
    _primitive: Primitive | None
    _left: Any
    _right: Any
    _dleft: Any
    _dright: Any
    _notes: Notes | None
    _adjoint: Any
    scope: str
    """The part of a model the node belongs to, ``"layer 1 / neuron 3"``; mostly empty."""

    def _become_leaf(self, data: Any) -> None:
        self._datum = data
        self._grad = None
        self._primitive = None
        self._left = self._right = self._dleft = self._dright = None
        self._notes = None
        self.scope = ""

    def _become_result(
        self,
        primitive: Primitive,
        groups: Sequence[tuple[Any, ...]],
        partials: Sequence[tuple[Any, ...] | None],
        data: Any,
    ) -> None:
        self._become_leaf(data)
        self._primitive = primitive
        operands, d_operands = groups[0], partials[0]
        if d_operands is not None and len(groups) == 1 and _fit_inline(operands, d_operands):
            self._left, self._dleft = operands[0], d_operands[0]
            if len(operands) == 2:
                self._right, self._dright = operands[1], d_operands[1]
        else:
            self._left, self._dleft = tuple(groups), tuple(partials)

    @property
    def primitive(self) -> Primitive | None:
        """The primitive that made this node; None for a leaf."""
        return self._primitive

    @property
    def operands(self) -> tuple[Any, ...]:
        """The operands in argument order; a constant is a plain float."""
        return tuple(chain.from_iterable(self._groups))

    @property
    def partials(self) -> tuple[Any, ...]:
        """The local derivative for each operand, captured when this node was computed.

        None where nothing flows: a constant, or the branch that `where` did not choose.
        """
        return tuple(
            partial
            for operands, partials in zip(self._groups, self._partial_groups, strict=True)
            for partial in (partials or (None,) * len(operands))
        )

    @property
    def _groups(self) -> tuple[tuple[Any, ...], ...]:
        """The operands as the primitive's formulas take them."""
        return _grouped(self._left, self._left, self._right)

    @property
    def _partial_groups(self) -> tuple[tuple[Any, ...] | None, ...]:
        """The partials in the same groups; None for a group of constants."""
        return _grouped(self._left, self._dleft, self._dright, has_right=self._right is not None)

    @property
    def is_leaf(self) -> bool:
        """Whether the node was made by the user rather than by an operation."""
        return self._left is None

    def _noted(self) -> Notes:
        if self._notes is None:
            self._notes = Notes()
        return self._notes

    @property
    def label(self) -> str:
        """The name that pictures and messages use; empty if there is none."""
        return self._notes.label if self._notes is not None else ""

    @label.setter
    def label(self, label: str) -> None:
        if label is None:
            label = ""
        if not isinstance(label, str):
            raise TypeError(f"a label is a str, not {type(label).__name__} {label!r}")
        if label or self._notes is not None:
            self._noted().label = label

    def register_hook(self, hook: Hook) -> Handle:
        """Call `hook(gradient)` in every backward pass, when this node's gradient is known.

        What it returns, unless None, replaces the gradient, for this node and for all
        that flows on to its operands.

        Returns:
            A `Handle`: ``handle.remove()`` or leaving ``with handle:`` takes it off.

        >>> from autograd import Value
        >>> x = Value(3.0)
        >>> handle = x.register_hook(lambda gradient: 10 * gradient)
        >>> (x * x).backward(); x.grad
        60.0
        >>> handle.remove()
        """
        if not callable(hook):
            raise TypeError(f"a hook is a function of the gradient, not {hook!r}")
        return Handle(self._noted().hooks, hook)

    def _constant(self, data: Any) -> Node:
        """Return a leaf for a gradient that depends on nothing."""
        raise NotImplementedError

    def _differentiable_partials(self) -> tuple[Any, ...]:
        """Return the partials as nodes of a graph, so that they can be differentiated."""
        raise NotImplementedError


class Handle:
    """A registered hook; `remove` takes it off, as does leaving its ``with`` block."""

    used = False  # until a hook is registered somewhere, a backward pass need not look for any

    def __init__(self, hooks: dict[Handle, Hook], hook: Hook) -> None:
        self._hooks = hooks
        hooks[self] = hook
        Handle.used = True

    def remove(self) -> None:
        """Take the hook off; a second call does nothing."""
        self._hooks.pop(self, None)

    def __enter__(self) -> Handle:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.remove()


def _grouped(
    operands: Any, left: Any, right: Any, has_right: bool | None = None
) -> tuple[Any, ...]:
    last = (right,) if (right is not None if has_right is None else has_right) else ()
    if operands.__class__ is tuple:
        return (*left, last) if last else tuple(left)
    return () if operands is None else ((left, *last),)


def _fit_inline(operands: tuple[Any, ...], partials: tuple[Any, ...]) -> bool:
    # an inline partial of None always means a constant: the fast pass relies on it
    return 1 <= len(operands) <= 2 and all(
        partial is not None or operand.__class__ is float
        for operand, partial in zip(operands, partials, strict=True)
    )


def topological_order(root: NodeT) -> list[NodeT]:
    """List every node of a graph once, each after its operands; the root comes last.

    >>> from autograd import Value
    >>> x = Value(2.0)
    >>> [node.data for node in topological_order(x * x + 1)]
    [2.0, 4.0, 5.0]
    """
    if not isinstance(root, Node):
        raise TypeError(f"topological_order takes the root of a graph, a Value, not {root!r:.60}")
    order: list[Any] = []
    seen: set[Any] = set()
    finished_groups: set[int] = set()
    stack: list[Any] = [root]
    pop, push, see, finish = stack.pop, stack.append, seen.add, order.append
    while stack:
        node = pop()
        if node is None:  # all the operands of the node below are in the list
            node = pop()
            finish(node)
            left = node._left
            if left.__class__ is tuple:
                finished_groups.update(map(id, left))
            continue
        if node in seen or node.__class__ is float:
            continue
        see(node)
        left = node._left
        if left is None:
            finish(node)
            continue
        push(node)
        push(None)
        right = node._right
        if right is not None:
            push(right)
        if left.__class__ is tuple:
            for group in reversed(left):
                if id(group) not in finished_groups:
                    stack += filterfalse(seen.__contains__, reversed(group))
        else:
            push(left)
    return order


def propagate(
    root: Node, seed: Any, order: Iterable[Node], create_graph: bool = False
) -> dict[Any, Any]:
    """Run reverse-mode automatic differentiation over `order`, which ends with `root`.

    This is the chain rule: visit the nodes from the root back; each hands on to each
    operand its own adjoint times the local derivative, and where arrows meet, the
    contributions add up.

    Returns:
        d root / d node times `seed` for every node that a contribution has reached.
    """
    if contexts.detecting_anomaly():
        # what is found is reported of the arrow, not of the products made on the way
        with contexts.detect_anomaly(state=False):
            return _propagate(root, seed, order, create_graph, detecting=True)
    return _propagate(root, seed, order, create_graph, detecting=False)


def _propagate(
    root: Node, seed: Any, order: Iterable[Node], create_graph: bool, detecting: bool
) -> dict[Any, Any]:
    adjoints: dict[Any, Any] = {root: seed}
    for node in reversed(list(order)):
        if node not in adjoints:  # only arrows that carry nothing lead here
            continue
        adjoint = adjoints[node]
        if detecting and not is_finite(adjoint):
            raise_anomaly(f"the gradient of {node!r} is {float(adjoint)}", (), _made_at(node))
        if node._notes is not None and node._notes.hooks:
            adjoint = adjoints[node] = _run_hooks(node._notes, adjoint, create_graph)
        partials = node._differentiable_partials() if create_graph else node.partials
        for operand, partial in zip(node.operands, partials, strict=True):
            if partial is None:
                continue
            contribution = _times(adjoint, partial)
            if detecting and not is_finite(contribution):
                _report(node, contribution, adjoint, partial)
            if operand in adjoints:
                contribution = adjoints[operand] + contribution
            adjoints[operand] = contribution
    return adjoints


def _times(adjoint: Any, partial: Any) -> Any:
    # spares second derivatives a node that multiplies by the seed
    if adjoint.__class__ is float and adjoint == 1.0:
        return partial
    if partial.__class__ is float and partial == 1.0:
        return adjoint
    return adjoint * partial


def _run_hooks(notes: Notes, adjoint: Any, create_graph: bool) -> Any:
    for hook in list(notes.hooks.values()):
        replacement = hook(adjoint)
        if isinstance(replacement, Real):
            adjoint = float(replacement)
        elif isinstance(replacement, Node) and create_graph:
            adjoint = replacement
        elif replacement is not None:
            raise TypeError(
                f"a hook returns a number for the gradient, or None, not {replacement!r:.60}"
            )
    return adjoint


def _made_at(node: Node) -> str | None:
    return node._notes.made_at if node._notes is not None else None


def _report(node: Node, contribution: Any, adjoint: Any, partial: Any) -> None:
    raise_anomaly(
        f"the gradient through {getattr(node.primitive, 'name', '')} is {float(contribution)}",
        describe_operands(node.operands),
        _made_at(node),
        (float(adjoint), float(partial)),
    )


def describe_operands(operands: Iterable[Any]) -> list[tuple[str, Any]]:
    """Pair the label and the value of each operand, for an error message."""
    return [(o.label, o._datum) if isinstance(o, Node) else ("", o) for o in operands]


_NOTHING = float("0")
# A 0.0 that is told from every other by identity: no contribution has arrived.  A real
# zero is multiplied on (0 * inf is nan, as in PyTorch), this one is not.

_scratch = threading.RLock()


def _propagate_floats(root: Node, seed: float, order: list[Any]) -> None:
    """Do what `propagate` does for plain floats, three times as fast.

    The adjoints stand in the nodes' `_adjoint`, which is why one pass at a time may run
    (`_scratch`) and why hooks, which might start another, are left to `propagate`.
    """
    nothing = _NOTHING
    for node in order:
        node._adjoint = nothing
    root._adjoint = seed + 0.0  # another object than _NOTHING, whatever the seed
    for node in reversed(order):
        adjoint = node._adjoint
        if adjoint is nothing:
            continue
        partial = node._dleft
        if partial is not None:
            if partial.__class__ is tuple:
                for operands, partials in zip(node._left, partial):  # noqa: B905 - hot
                    if partials is not None:
                        for operand, d_operand in zip(operands, partials):  # noqa: B905
                            if d_operand is not None:
                                operand._adjoint += adjoint * d_operand
            else:
                node._left._adjoint += adjoint * partial
        partial = node._dright
        if partial is not None:
            node._right._adjoint += adjoint * partial


def _needs_care(order: list[Any], create_graph: bool) -> bool:
    return (
        create_graph
        or contexts.detecting_anomaly()
        or (Handle.used and any(node._notes and node._notes.hooks for node in order))
    )


def backward(root: Node, seed: Any, create_graph: bool) -> None:
    """Add seed * d root / d node to the `.grad` of every node of the graph."""
    order = topological_order(root)
    if _needs_care(order, create_graph):
        adjoints: Mapping[Any, Any] = propagate(root, seed, order, create_graph)
        for node in order:
            adjoint = adjoints.get(node, 0.0)
            if create_graph and not isinstance(adjoint, Node):
                adjoint = root._constant(adjoint)
            node._grad = adjoint if node._grad is None else node._grad + adjoint
        return
    with _scratch:
        _propagate_floats(root, seed, order)
        for node in order:
            grad = node._grad
            node._grad = node._adjoint if grad is None else grad + node._adjoint


def gradients(root: Node, wrt: list[Any], seed: Any, create_graph: bool) -> list[Any]:
    """Return seed * d root / d node for each node of `wrt`, leaving every `.grad` alone."""
    order = topological_order(root)
    if _needs_care(order, create_graph):
        adjoints = propagate(root, seed, _leading_to(wrt, order), create_graph)
        return [adjoints.get(node, 0.0) for node in wrt]
    with _scratch:
        for node in wrt:  # those that the graph does not contain
            node._adjoint = 0.0
        _propagate_floats(root, seed, order)
        return [node._adjoint for node in wrt]


def _leading_to(wrt: list[Any], order: list[Any]) -> list[Any]:
    """Return the nodes on the paths to `wrt`: the hooks of others are not to be run."""
    leading = set(wrt)
    for node in order:
        if any(operand in leading for operand in node.operands if isinstance(operand, Node)):
            leading.add(node)
    return [node for node in order if node in leading]
