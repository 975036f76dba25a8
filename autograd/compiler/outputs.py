"""What a function returns: lists, tuples and dicts, with nodes in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from numbers import Real
from typing import Any

import numpy as np

from autograd.formatting import shown
from autograd.graph import Node

__all__ = ["Output", "filled", "nodes_of", "refuse_what_may_hide_nodes", "with_outputs"]


class Output:
    """Stands in a result where the function returned a node."""

    __slots__ = ("position",)

    def __init__(self, position: int) -> None:
        self.position = position


def _replaced(result: Any, kind: type[Any], by: Callable[[Any], Any]) -> Any:
    """Return the lists, tuples, dicts and arrays of a result anew, with `by(part)` for some."""
    if isinstance(result, kind):
        return by(result)
    if isinstance(result, (list, tuple)):
        parts = [_replaced(part, kind, by) for part in result]
        if hasattr(result, "_fields"):
            return type(result)(*parts)
        return parts if isinstance(result, list) else tuple(parts)
    if isinstance(result, dict):
        return {key: _replaced(part, kind, by) for key, part in result.items()}
    if isinstance(result, np.ndarray):
        if result.dtype != object:
            return result.copy()  # who receives it may write into it
        array = np.empty(result.shape, object)
        for place in np.ndindex(result.shape):
            array[place] = _replaced(result[place], kind, by)
        return array
    return result


def with_outputs(result: Any, found: list[Any]) -> Any:
    """Return the result with an `Output` for each node, which are listed in `found`.

    Raises:
        ValueError: the lists are nested too deep, or contain themselves.
    """

    def output(node: Node) -> Output:
        found.append(node)
        return Output(len(found) - 1)

    try:
        return _replaced(result, Node, output)
    except RecursionError:
        raise ValueError(
            "a compiled function returned lists or dicts that are nested too deep, or contain "
            "themselves"
        ) from None


def refuse_what_may_hide_nodes(result: Any, name: str) -> None:
    """Raise a TypeError for what a program cannot make anew at each call."""
    if isinstance(result, (list, tuple)):
        for part in result:
            refuse_what_may_hide_nodes(part, name)
    elif isinstance(result, dict):
        for part in result.values():
            refuse_what_may_hide_nodes(part, name)
    elif not isinstance(result, (Output, Real, str, bytes, type(None), np.ndarray, np.generic)):
        raise TypeError(
            f"a compiled function returns Values, Tensors, numbers, and lists, tuples and dicts of "
            f"them, and {name} returned {type(result).__name__} {shown(result)}"
        )


def nodes_of(result: Any) -> list[Any]:
    """List the nodes in what a function has returned."""
    found: list[Any] = []
    with_outputs(result, found)
    return found


def filled(result: Any, values: Sequence[Any]) -> Any:
    """Return the result with values in the places of the outputs."""
    return _replaced(result, Output, lambda output: values[output.position])
