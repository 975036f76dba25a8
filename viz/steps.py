"""The forward and the backward pass as a list of steps, for whoever tells them one by one.

The steps are those of the engine: values in the order of evaluation; then, from the root back,
one node after the other hands its adjoint on to its operands.  They are computed from the
local derivatives that the graph recorded, so that `.grad` is neither read nor changed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from autograd import Value
from autograd.graph import topological_order
from viz.nodes import AnyNode, is_node, leading_to

__all__ = ["BackwardStep", "Contribution", "backward_steps", "require_value"]


class Contribution(NamedTuple):
    """What one arrow adds to the adjoint of an operand.

    Attributes:
        slot: which operand it is, from 0.
        operand: the node that receives.
        partial: the local derivative on the arrow.
        amount: the adjoint that is handed on, times `partial`.
        before: the adjoint of the operand so far; None if this is the first contribution.
        after: the adjoint of the operand from now on.
    """

    slot: int
    operand: Value
    partial: float
    amount: float
    before: float | None
    after: float


class BackwardStep(NamedTuple):
    """One node hands its adjoint on, along all its arrows."""

    node: Value
    adjoint: float
    contributions: tuple[Contribution, ...]


def backward_steps(
    root: Value, wrt: AnyNode | Iterable[AnyNode] | None = None, seed: float = 1.0
) -> list[BackwardStep]:
    """Return the steps of the backward pass, the root's first.

    Args:
        root: where the pass begins, with the adjoint `seed`.
        wrt: tell only what lies on a path from `root` to this Value, or to one of several.
        seed: the adjoint of the root.

    Raises:
        TypeError: `root` is not a Value.
        ValueError: `root` does not depend on `wrt`.

    >>> x = Value(3.0, label="x")
    >>> for step in backward_steps(x * x):
    ...     for c in step.contributions:
    ...         print(c.operand.label, c.partial, c.before, c.after)
    x 3.0 None 3.0
    x 3.0 3.0 6.0
    """
    require_value(root, "backward_steps(root)")
    order = topological_order(root)
    wanted = {id(node) for node in (order if wrt is None else leading_to(wrt, order))}
    adjoints: dict[int, float] = {id(root): float(seed)}
    steps = []
    for node in reversed(order):
        if id(node) not in adjoints or id(node) not in wanted or node.is_leaf:
            continue
        adjoint = adjoints[id(node)]
        contributions = []
        for slot, (operand, partial) in enumerate(zip(node.operands, node.partials, strict=True)):
            if partial is None or id(operand) not in wanted:
                continue
            amount = adjoint * float(partial)
            before = adjoints.get(id(operand))
            after = amount if before is None else before + amount
            adjoints[id(operand)] = after
            contributions.append(Contribution(slot, operand, float(partial), amount, before, after))
        if contributions:
            steps.append(BackwardStep(node, adjoint, tuple(contributions)))
    return steps


def require_value(root: Any, where: str) -> None:
    """Raise a TypeError unless `root` is a Value; of a Tensor it says the way to Values.

    Args:
        root: what was given.
        where: what it was given to, for the message.
    """
    if isinstance(root, Value):
        return
    if is_node(root):
        raise TypeError(
            f"{where} takes one number at a time: call .scalars() on the Tensor of shape "
            f"{root.shape} and pass the Value that it returns, or one of its elements; "
            ".scalars(leaves), with leaves = {}, finds the Values of a leaf x too: leaves[x]"
        )
    raise TypeError(
        f"{where} takes a Value, got {type(root).__name__}; "
        "pass the result of an expression of Values, such as y = w * x + b"
    )
