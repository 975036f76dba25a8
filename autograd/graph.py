"""The graph: what a node is, the order of evaluation, and the backward pass.

A graph is nothing but its root: every node holds its operands, no node holds its
consumers, so there is no reference cycle and the whole graph is released with the root.
Every walk over it is a loop, never a recursion: a chain of a million operations is an
ordinary graph.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain, filterfalse, repeat
from numbers import Real
from types import TracebackType
from typing import Any, TypeVar

import numpy as np

from autograd import contexts
from autograd.anomaly import described, is_finite, raise_anomaly
from autograd.array_primitives import NUMPY, Applied, Pullback, sum_to
from autograd.dtypes import has_numbers
from autograd.formatting import shown
from autograd.primitives import Primitive, identity

__all__ = ["Handle", "Node", "accumulate", "as_nodes", "backward", "gradients",
           "have_hooks", "propagate", "reach", "topological_order", "zero_grad"]  # fmt: skip

NodeT = TypeVar("NodeT", bound="Node")
Hook = Callable[[Any], Any]


class Notes:
    """What few nodes carry: a label, hooks, the source line that made them.

    `lent` says that the array of a leaf has been handed out, so that it may be written into
    at any time: an operation then keeps a copy.
    """

    __slots__ = ("hooks", "label", "lent", "made_at")

    def __init__(self) -> None:
        self.label = ""
        self.lent = False
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

    A constant operand is a plain float or ndarray and its partial is None: nothing flows
    there.  The partial of an array primitive's operand is a `Pullback`, a linear map.
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
    _primitive: Primitive | Applied | None
    _left: Any
    _right: Any
    _dleft: Any
    _dright: Any
    _notes: Notes | None
    _adjoint: Any
    scope: str
    """The part of a model the node belongs to, ``"layer 1 / neuron 3"``; mostly empty."""

    _precedence = 0  # of several classes among the operands, the highest carries out
    _is_array = False

    def _become_leaf(self, data: Any) -> None:
        self._datum = data
        self._grad = None
        self._primitive = None
        self._left = self._right = self._dleft = self._dright = None
        self._notes = None
        self.scope = ""

    def _become_result(
        self,
        primitive: Primitive | Applied,
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
    def primitive(self) -> Primitive | Applied | None:
        """The primitive that made this node; None for a leaf."""
        return self._primitive

    @property
    def operands(self) -> tuple[Any, ...]:
        """The operands in argument order; a constant is a plain float or ndarray."""
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
            raise TypeError(f"a label is a str, not {type(label).__name__} {shown(label)}")
        if label or self._notes is not None:
            self._noted().label = label

    def register_hook(self, hook: Hook) -> Handle:
        """Call `hook(gradient)` in every backward pass, when this node's gradient is known.

        What it returns, unless None, replaces the gradient, for this node and for all
        that flows on to its operands.

        Returns:
            A `Handle`: ``handle.remove()`` or leaving ``with handle:`` takes it off.

        Raises:
            TypeError: `hook` is no function; in a backward pass, it returned something else than
                None, a number or an array in the gradient's shape.

        >>> from autograd import Value
        >>> x = Value(3.0)
        >>> handle = x.register_hook(lambda gradient: 10 * gradient)
        >>> (x * x).backward(); x.grad
        60.0
        >>> handle.remove()
        """
        if not callable(hook):
            raise TypeError(f"a hook is a function of the gradient, not {shown(hook)}")
        if contexts.watched:
            contexts.refuse("registers a hook")
        return Handle(self._noted().hooks, hook)

    @classmethod
    def _carry_out(cls, primitive: Primitive, groups: Sequence[tuple[Any, ...]]) -> Any:
        """Return what a primitive makes of its operands, in its groups."""
        raise NotImplementedError

    def _constant(self, data: Any) -> Node:
        """Return a leaf for a gradient that depends on nothing."""
        raise NotImplementedError

    def _receive(self, adjoint: Any, partial: Any, chosen: Any = None) -> Any:
        """Return what an arrow with this local derivative adds to the adjoint of its operand.

        Args:
            adjoint: of the node that the arrow comes from.
            partial: the local derivative.
            chosen: a mask over the adjoint; the rest of it contributes nothing.
        """
        raise NotImplementedError

    def _nothing(self) -> Any:
        """Return the adjoint of a node that no contribution has reached."""
        return 0.0

    def _added(self, grad: Any, adjoint: Any) -> Any:
        """Return what becomes of a `.grad`, which may be None, when this is added to it."""
        return adjoint if grad is None else grad + adjoint

    def _as_operations(self) -> Node:
        """Return a node whose primitive is a row of a table: mostly itself."""
        return self

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


def have_hooks(nodes: Iterable[Node]) -> bool:
    """Tell whether a hook is registered on one of some nodes."""
    return any(node._notes is not None and node._notes.hooks for node in nodes)


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

    Raises:
        TypeError: `root` is no node.

    >>> from autograd import Value
    >>> x = Value(2.0)
    >>> [node.data for node in topological_order(x * x + 1)]
    [2.0, 4.0, 5.0]
    """
    if not isinstance(root, Node):
        raise TypeError(f"topological_order takes the root of a graph, a Value, not {shown(root)}")
    order: list[Any] = []
    seen: set[Any] = set()
    finished_groups: set[int] = set()
    stack: list[Any] = [root]
    pop, push, see, finish = stack.pop, stack.append, seen.add, order.append
    ndarray = np.ndarray
    while stack:
        node = pop()
        if node is None:  # all the operands of the node below are in the list
            node = pop()
            finish(node)
            left = node._left
            if left.__class__ is tuple:
                finished_groups.update(map(id, left))
            continue
        kind = node.__class__
        if kind is float or kind is ndarray or node in seen:
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
                    try:
                        stack += filterfalse(seen.__contains__, reversed(group))
                    except TypeError:  # an array among them, which cannot be in a set
                        stack += reversed(group)
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
    with np.errstate(all="ignore"):  # a nan or inf is a result, as it is for numbers
        if contexts.detecting_anomaly():
            # what is found is reported of the arrow, not of the products made on the way
            with contexts.detect_anomaly(state=False):
                return _propagate(root, seed, order, create_graph, detecting=True)
        return _propagate(root, seed, order, create_graph, detecting=False)


def _propagate(
    root: Node, seed: Any, order: Iterable[Node], create_graph: bool, detecting: bool
) -> dict[Any, Any]:
    adjoints: dict[Any, Any] = {root: seed}
    masks: dict[Any, Any] = {}  # of what `where` has not chosen; most nodes have none
    for node in reversed(list(order)):
        if node not in adjoints:  # only arrows that carry nothing lead here
            continue
        adjoint = adjoints[node]
        if detecting and not is_finite(adjoint):
            raise_anomaly(f"the gradient of {node!r} is {described(adjoint)}", (), _made_at(node))
        if node._notes is not None and node._notes.hooks:
            adjoint = adjoints[node] = _run_hooks(node._notes, adjoint, create_graph)
        mask = masks.get(node) if masks else None
        for operand, partial in _arrows(node, create_graph):
            reached = None
            if mask is not None or (node._is_array and node._primitive.chooses):  # type: ignore[union-attr]
                chosen, reached = reach(node, operand, partial, mask)
                if reached is None:
                    continue
                contribution = operand._receive(adjoint, partial, chosen)
            else:
                contribution = operand._receive(adjoint, partial)
            if detecting and not is_finite(contribution):
                _report(node, contribution, adjoint, partial)
            if operand in adjoints:
                contribution = adjoints[operand] + contribution
                if masks:
                    before = masks.pop(operand, None)
                    if before is not None and reached is not None:
                        masks[operand] = before | reached
            elif reached is not None and not reached.all():
                masks[operand] = reached
            adjoints[operand] = contribution
    return adjoints


def _arrows(node: Node, create_graph: bool) -> Iterable[tuple[Any, Any]]:
    """Return the arrows from a node on which something flows: operands and local derivatives."""
    left, d_left = node._left, node._dleft
    if left is None:
        return ()
    if left.__class__ is not tuple and not create_graph:  # spares two thirds of the time
        right, d_right = node._right, node._dright
        if right is None or d_right is None:
            return () if d_left is None else ((left, d_left),)
        return ((right, d_right),) if d_left is None else ((left, d_left), (right, d_right))
    partials = node._differentiable_partials() if create_graph else node.partials
    return [
        (operand, partial)
        for operand, partial in zip(node.operands, partials, strict=True)
        if partial is not None
    ]


def reach(node: Node, operand: Node, partial: Any, mask: Any) -> tuple[Any, Any]:
    """Return two masks: what an arrow carries on, and what of its operand that reaches.

    What `where` did not choose does not flow, not even as 0 times the nan of a branch that
    should not have been computed there.  The second mask is None if nothing is reached.
    """
    shape = np.shape(operand._datum)
    chosen: Any = mask
    if isinstance(partial, Pullback):
        reached = partial.reached(mask)
    else:
        chosen = np.True_ if mask is None else mask
        if node._primitive.chooses:  # type: ignore[union-attr]
            chosen = chosen & (contexts.plain(partial) != 0.0)  # what a program is recorded for
        chosen = np.broadcast_to(chosen, np.shape(node._datum))
        reached = sum_to(NUMPY, chosen.astype(float), shape) != 0.0
    return chosen, np.asarray(reached) if np.any(reached) else None


def _run_hooks(notes: Notes, adjoint: Any, create_graph: bool) -> Any:
    for hook in list(notes.hooks.values()):
        # a copy, for the hook may write into it
        replacement = hook(np.array(adjoint) if isinstance(adjoint, np.ndarray) else adjoint)
        if replacement is None:
            continue
        data = getattr(adjoint, "_datum", adjoint)
        shape = np.shape(data)
        number = _as_float(replacement)
        if number is not None:
            adjoint = number if data.__class__ is float else np.full(shape, number, data.dtype)
        elif isinstance(replacement, Node) and create_graph:
            adjoint = replacement
        elif has_numbers(replacement) and replacement.shape == shape and shape:
            adjoint = replacement.astype(data.dtype)
        else:
            wanted = f"an array of shape {shape}" if shape else "a number"
            raise TypeError(
                f"a hook returns {wanted} for the gradient, or None, not {shown(replacement)}"
            )
    return adjoint


def _as_float(replacement: Any) -> float | None:
    try:
        return float(replacement) if isinstance(replacement, Real) else None
    except (OverflowError, TypeError):  # numpy counts its time spans among the numbers
        return None


def _made_at(node: Node) -> str | None:
    return node._notes.made_at if node._notes is not None else None


def _report(node: Node, contribution: Any, adjoint: Any, partial: Any) -> None:
    raise_anomaly(
        f"the gradient through {getattr(node.primitive, 'name', '')} is {described(contribution)}",
        describe_operands(node.operands),
        _made_at(node),
        (described(adjoint), described(partial)),
    )


def describe_operands(operands: Iterable[Any]) -> list[tuple[str, Any]]:
    """Pair the label and the value of each operand, for an error message."""
    return [(o.label, o._datum) if isinstance(o, Node) else ("", o) for o in operands]


class Mixed:
    """Until a Value has had a Tensor among its operands, a graph of Values has no arrays."""

    used = False


_NOTHING = float("0")
# A 0.0 that is told from every other by identity: no contribution has arrived.  A real
# zero is multiplied on (0 * inf is nan, as in PyTorch), this one is not.

_scratch = contexts.kept_over_fork(threading.RLock())


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
        or order[-1]._is_array
        or contexts.detecting_anomaly()
        or (Handle.used and have_hooks(order))
        or (Mixed.used and any(node._is_array for node in order))
    )


def backward(root: Node, seed: Any, create_graph: bool) -> None:
    """Add seed * d root / d node to the `.grad` of every node of the graph."""
    if contexts.watched:
        contexts.refuse("calls backward()")
    order = topological_order(root)
    if _needs_care(order, create_graph):
        adjoints: Mapping[Any, Any] = propagate(root, seed, order, create_graph)
        found = [adjoints[node] if node in adjoints else node._nothing() for node in order]
        if create_graph:
            found = as_nodes(order, _as_own_nodes(found, [*order, seed]))
        accumulate(order, found)
        return
    contexts.alone(_scratch, _accumulate_floats, root, seed, order)


def _accumulate_floats(root: Node, seed: float, order: list[Any]) -> None:
    _propagate_floats(root, seed, order)
    pending = iter(order)
    node, grad = root, _NOTHING
    try:
        for node in pending:
            grad = node._grad
            node._grad = node._adjoint if grad is None else grad + node._adjoint
    except BaseException:  # a Ctrl-C comes before all of it or after all of it
        rest = [node, *pending] if node._grad is grad else list(pending)
        accumulate(rest, [node._adjoint for node in rest])
        raise


_set_grad: Callable[[Any, Any], None] = vars(Node)["_grad"].__set__


def accumulate(nodes: Sequence[Any], adjoints: Sequence[Any]) -> None:
    """Add an adjoint to the `.grad` of each node: to all of them or, if it fails, to none."""
    contexts.alone(_scratch, _accumulate, nodes, adjoints)  # others may add to the same leaves


def _accumulate(nodes: Sequence[Any], adjoints: Sequence[Any]) -> None:
    grads: dict[Any, Any] = {}
    with np.errstate(all="ignore"):
        for node, adjoint in zip(nodes, adjoints, strict=True):
            grads[node] = node._added(grads.get(node, node._grad), adjoint)
    # one call of a function in C, during which neither a Ctrl-C nor another thread comes
    deque(map(_set_grad, grads, grads.values()), maxlen=0)


def as_nodes(nodes: Iterable[Any], adjoints: Iterable[Any]) -> list[Any]:
    """Return the adjoint of each node as a node: one that does not depend on any as a constant."""
    return [
        adjoint if isinstance(adjoint, Node) else node._constant(adjoint)
        for node, adjoint in zip(nodes, adjoints, strict=True)
    ]


def _as_own_nodes(adjoints: Iterable[Any], others: Iterable[Any]) -> list[Any]:
    """Return the adjoints with nodes of their own for those that somebody else has.

    d(w x)/dx is w, and who writes into that gradient does not mean the weight.

    Args:
        adjoints: nodes and numbers; a leaf, or a node that comes twice, is somebody else's.
        others: nodes that are, and perhaps numbers.
    """
    taken = {other for other in others if isinstance(other, Node)}
    found: list[Any] = []
    for adjoint in adjoints:
        own = adjoint
        if isinstance(adjoint, Node):
            if adjoint.is_leaf or adjoint in taken:
                own = type(adjoint)._carry_out(identity, ((adjoint,),))
            taken.add(own)
        found.append(own)
    return found


def zero_grad(root: Node) -> None:
    """Set `.grad` to None in every node of the graph."""
    order = topological_order(root)
    try:
        for node in order:
            node._grad = None
    except BaseException:
        deque(map(_set_grad, order, repeat(None)), maxlen=0)
        raise


def gradients(root: Node, wrt: list[Any], seed: Any, create_graph: bool) -> list[Any]:
    """Return seed * d root / d node for each node of `wrt`, leaving every `.grad` alone."""
    recorded = create_graph or contexts.watcher() is not None  # to be computed anew
    order = topological_order(root)
    if _needs_care(order, recorded):
        leading = _leading_to(wrt, order) if Handle.used or recorded else order
        adjoints = propagate(root, seed, leading, recorded)
        found = [adjoints[node] if node in adjoints else node._nothing() for node in wrt]
        return _as_own_nodes(found, [*order, seed]) if create_graph else found
    return contexts.alone(_scratch, _adjoints_of, wrt, root, seed, order)


def _adjoints_of(wrt: list[Any], root: Node, seed: float, order: list[Any]) -> list[Any]:
    for node in wrt:  # those that the graph does not contain
        node._adjoint = node._nothing()
    _propagate_floats(root, seed, order)
    return [node._adjoint for node in wrt]


def _leading_to(wrt: list[Any], order: list[Any]) -> list[Any]:
    """Return the nodes on the paths to `wrt`: the hooks of others are not to be run."""
    leading = set(wrt)
    for node in order:
        if any(operand in leading for operand in node.operands if isinstance(operand, Node)):
            leading.add(node)
    return [node for node in order if node in leading]
