"""What a node of the graph says of itself, in the words of a picture.

A node is a Value or a Tensor; what a picture asks of it (how large its gradient is, how much
flows back along an arrow, what the local derivative is) is answered here for both.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np

from autograd import Tensor, Value
from autograd.array_primitives import Applied, Pullback
from autograd.formatting import shown, significant
from autograd.graph import Node, topological_order
from viz import arrays
from viz.arguments import items_of
from viz.text import visible

__all__ = [
    "AnyNode",
    "Derivative",
    "Scope",
    "Slot",
    "array_of",
    "as_targets",
    "derivative",
    "flow",
    "gradient_of",
    "is_node",
    "largest",
    "leading_to",
    "names_by_id",
    "require_one_number",
    "scope_of",
    "short_constant",
    "slots",
    "symbol",
]

AnyNode: TypeAlias = "Value | Tensor"

Scope = tuple[str, ...]

SCOPE_SEPARATOR = " / "

LONGEST_FACTOR = 16
"""A label with more characters is cut where it is part of an arrow's text."""

_MOST_ON_AN_ARROW = 4
_LONGEST_INDEX = 24

# One number for each group of elements, so that one array holds all the local derivatives.
_REDUCTIONS = frozenset({"sum", "mean", "max", "min", "norm", "logsumexp"})


def is_node(thing: Any) -> bool:
    """Tell whether something is a Value or a Tensor."""
    return isinstance(thing, (Value, Tensor))


def require_one_number(root: AnyNode, given: str) -> None:
    """Raise a ValueError unless a node holds a single number.

    Args:
        root: the node.
        given: what it was given for, and its name there: the message begins so.
    """
    shape = np.shape(root._datum)
    if math.prod(shape) != 1:
        raise ValueError(
            f"{given} has the shape {shape}: take its .sum() or .mean(), or one of its elements"
        )


def scope_of(node: Node) -> Scope:
    """Return the module, the layer and so on that a node belongs to, from the outermost."""
    return tuple(part for part in node.scope.split(SCOPE_SEPARATOR) if part)


class Slot(NamedTuple):
    """One argument slot of a node: its number, the operand there, and the local derivative."""

    number: int
    operand: Any
    partial: Any


def slots(node: Node) -> Iterator[Slot]:
    """Return the argument slots of a node in order."""
    pairs = zip(node.operands, node.partials, strict=True)
    return (Slot(number, *pair) for number, pair in enumerate(pairs))


# ---------------------------------------------------------------- what is asked for


def names_by_id(labels: Mapping[Any, str] | None) -> dict[int, str]:
    """Return the names that override `.label`, by identity: == of nodes compares their numbers."""
    if labels is None:
        return {}
    if not isinstance(labels, Mapping):
        raise TypeError(
            f"labels= takes a dict {{Value or Tensor: str}}, got {type(labels).__name__}"
        )
    for node, name in labels.items():
        if not is_node(node) or not isinstance(name, str):
            raise TypeError(
                "labels= takes a dict {Value or Tensor: str}, got an entry "
                f"{type(node).__name__}: {type(name).__name__}"
            )
    return {id(node): name for node, name in labels.items()}


def as_targets(wrt: AnyNode | Iterable[AnyNode]) -> list[AnyNode]:
    """Return what `wrt=` names as a list.

    Raises:
        TypeError: something else than Values and Tensors.
        ValueError: it is empty.
    """
    wanted = "wrt= takes a Value or a Tensor or several"
    targets: list[Any] = []
    for target in [wrt] if is_node(wrt) else items_of(wrt, wanted):
        if not is_node(target):
            raise TypeError(f"{wanted}, got {type(target).__name__}")
        targets.append(target)
    if not targets:
        raise ValueError("wrt= is empty: name at least one Value or Tensor, or leave it out")
    return targets


def leading_to(wrt: AnyNode | Iterable[AnyNode], order: list[Any]) -> list[Any]:
    """Return the nodes of a graph, in its order, that lie on a path from the root to a target.

    Args:
        wrt: a Value or Tensor, or several.
        order: the nodes of the graph in topological order.

    Raises:
        TypeError: `wrt` is not made of Values and Tensors.
        ValueError: the graph does not contain one of them, or it is empty.
    """
    targets = as_targets(wrt)
    leading = {id(target) for target in targets}
    missing = leading - {id(node) for node in order}
    for target in targets:
        if id(target) in missing:
            name = f" {shown(target.label)}" if target.label else ""
            if isinstance(target, Value):
                kind, given = "Value", shown(target)
            else:
                kind, given = "Tensor", f"a Tensor of shape {target.shape}"
            raise ValueError(
                f"wrt={given} is not reachable from the root: no operation on the way to "
                f"the root used that {kind}{name}, so its gradient is not defined"
                + _likely_reason(target, order[-1])
            )
    for node in order:
        if any(id(operand) in leading for operand in node.operands):
            leading.add(id(node))
    return [node for node in order if id(node) in leading]


def _likely_reason(target: Node, root: Node) -> str:
    if any(node is root for node in topological_order(target)):
        return "; it is the other way round: the root comes first, then what it depends on"
    if root.is_leaf:
        return "; the root was not computed: it is a leaf, or was made under no_grad or detach()"
    return ""


# ---------------------------------------------------------------- gradients


def array_of(datum: Any) -> np.ndarray[Any, Any] | None:
    """Return the ndarray of a gradient or a constant; None if it is a single number."""
    datum = getattr(datum, "_datum", datum)
    return datum if isinstance(datum, np.ndarray) else None


def gradient_of(node: Node) -> float | None:
    """Return the gradient of a Value, and the norm of that of a Tensor; None if there is none."""
    return None if node._grad is None else _size(node._grad)


def _size(datum: Any) -> float:
    array = array_of(datum)
    if array is None:
        return float(datum)
    return float(array.reshape(())) if array.size == 1 else arrays.norm(array)


def flow(consumer: Node, slot: Slot) -> float | None:
    """Return the part of the operand's gradient that comes back along one arrow, or its norm."""
    grad, partial = consumer._grad, slot.partial
    if grad is None or partial is None:
        return None
    if not consumer._is_array:
        return float(grad) * float(partial)
    chosen = None
    if consumer._primitive.chooses:  # type: ignore[union-attr]
        chosen = np.broadcast_to(np.asarray(partial) != 0.0, consumer._datum.shape)
    with np.errstate(all="ignore"):
        return _size(slot.operand._receive(getattr(grad, "_datum", grad), partial, chosen))


def largest(gradients: Iterable[float | None]) -> float | None:
    """Return the largest magnitude; nan if there is one, None if nothing is known."""
    sizes = [abs(gradient) for gradient in gradients if gradient is not None]
    if any(math.isnan(size) for size in sizes):
        return math.nan
    return max(sizes, default=None)


# ---------------------------------------------------------------- operations


def symbol(node: Node, ascii: bool = False) -> str:
    """Return the symbol of the primitive, with the parameters that make a difference.

    >>> x = Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    >>> symbol(x.sum(axis=0)), symbol(x.reshape(6)), symbol(x[0, 1:]), symbol(x.sum())
    ('Σ axis=0', 'reshape 6', '[0, 1:]', 'Σ')
    """
    primitive = node._primitive
    if primitive is None:
        return ""
    written: str = primitive.ascii if ascii else primitive.symbol
    if not isinstance(primitive, Applied):
        return written
    parameters = _parameters(primitive, node)
    if ascii:
        parameters = parameters.replace("×", "x").replace("…", "...")
    if primitive.name == "getitem":
        return f"[{parameters}]" if parameters else written
    return f"{written} {parameters}" if parameters else written


def _parameters(primitive: Applied, node: Node) -> str:
    """Return what an operation's symbol leaves open, unless it is what anyone would expect."""
    given = primitive.parameters
    if primitive.name == "getitem":
        return _index(given["index"])
    operand = node.operands[0]
    before = np.shape(getattr(operand, "_datum", operand))
    if "axis" in given:
        axis = given["axis"] if isinstance(given["axis"], tuple) else (given["axis"],)
        axes = max(len(before), len(node._datum.shape))
        everything = primitive.name in _REDUCTIONS and len(axis) == axes
        return "" if everything or axes == 1 else f"axis={','.join(map(str, axis))}"
    if primitive.name in ("reshape", "broadcast_to"):
        return arrays.shape(given["shape"])
    if primitive.name == "transpose":
        is_reversed = given["axes"] == tuple(range(len(before)))[::-1]
        return "" if is_reversed else ",".join(map(str, given["axes"]))
    if primitive.name == "astype":
        return str(given["dtype"])
    return str(given["subscripts"]) if primitive.name == "einsum" else ""


def _index(index: Any) -> str:
    """Write an index as in Python; nothing if it is too long."""
    parts = [_part_of_index(part) for part in (index if isinstance(index, tuple) else (index,))]
    text = ", ".join(parts)
    return text if all(parts) and len(text) <= _LONGEST_INDEX else ""


def _part_of_index(part: Any) -> str:
    if isinstance(part, slice):
        ends = ["" if end is None else str(end) for end in (part.start, part.stop)]
        return ":".join(ends) + (f":{part.step}" if part.step is not None else "")
    if isinstance(part, np.ndarray):
        if part.dtype == bool:
            return "mask"
        return arrays.inline(part, _MOST_ON_AN_ARROW)
    return "…" if part is Ellipsis else str(part)


# ---------------------------------------------------------------- local derivatives


class Derivative(NamedTuple):
    """A local derivative as it stands on an arrow, and which of its forms that is."""

    text: str = ""
    form: Literal["", "numbers", "extent", "factor"] = ""
    summed: bool = False  # the operand was broadcast: its gradient is summed back


def derivative(node: Node, slot: Slot, names: Mapping[int, str]) -> Derivative:
    """Return the local derivative by one operand in a few characters, or nothing.

    A number, or a few, or their extent, where each element of the result depends on the
    element of the operand in the same place, or is a reduction of some.  A product of
    matrices is told by the other factor: ``· Wᵀ`` says that the gradient that arrives, the
    dot, is multiplied by it.  What only moves elements about has nothing to tell.

    >>> W, x = Tensor([[1.0, 2.0], [3.0, 4.0]], label="W"), Tensor([1.0, 3.0], label="x")
    >>> for y in (W @ x, x * x, x.mean(), x.reshape(2, 1)):
    ...     print([derivative(y, slot, {}).text for slot in slots(y)])
    ['· xᵀ', 'Wᵀ ·']
    ['[1 3]', '[1 3]']
    ['0.5000']
    ['']
    """
    number, operand, partial = slot
    if partial is None:
        return Derivative()
    if isinstance(partial, Pullback):
        name = partial.applied.name
        if name == "matmul":
            other = _factor(node.operands[1 - number], names)
            return Derivative(f"{other} ·" if number else f"· {other}", "factor")
        if name not in _REDUCTIONS:
            return Derivative()
        with np.errstate(all="ignore"):
            array: Any = np.asarray(partial(np.ones_like(partial.out)))
        summed = False
    else:
        array = array_of(partial)
        if array is None:
            array = np.asarray(float(partial))
        summed = np.shape(operand._datum) != np.shape(node._datum)
    if not array.size:
        return Derivative()
    extent = arrays.extent(array)
    if array.size == 1 or extent.startswith("all "):
        text = significant(float(array.flat[0]))
    else:
        text = arrays.inline(array, _MOST_ON_AN_ARROW) if array.ndim == 1 else ""
    sign = "Σ " if summed else ""
    if text:
        return Derivative(sign + text, "numbers", summed)
    return Derivative(sign + extent, "extent", summed)


def _factor(operand: Any, names: Mapping[int, str]) -> str:
    """Name the other factor of a product, transposed."""
    if is_node(operand):
        name = names.get(id(operand), operand.label)
        if name.strip():
            return f"{visible(name, LONGEST_FACTOR)}ᵀ"
    datum = getattr(operand, "_datum", operand)
    few = arrays.inline(datum, _MOST_ON_AN_ARROW) if datum.ndim == 1 else ""
    return f"{few}ᵀ" if few else f"({arrays.shape(datum.shape)})ᵀ"


def short_constant(operand: Any) -> str:
    """Return a constant in a few characters: a number, a few, or the shape of an array."""
    array = array_of(operand)
    if array is None:
        return f"{operand:.4g}"
    return arrays.inline(array, _MOST_ON_AN_ARROW) or f"array {arrays.kind(array)}"
