"""`name`: label nodes by the variables that hold them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autograd.formatting import shown
from autograd.graph import Node

__all__ = ["name"]


def name(namespace: Mapping[str, Any] | None = None, /, **values: Any) -> None:
    """Label every Value and Tensor of a namespace by its variable name, ``w[0]`` inside a list.

    Names that begin with an underscore are passed over, and of several names for one
    Value the first holds, a variable's own name before a place in a list.

    Args:
        namespace: ``locals()``, ``globals()`` or any dict of names.
        values: the same in keyword form.

    Raises:
        TypeError: `namespace` is not a mapping, or nothing is given at all.

    >>> from autograd import Value
    >>> x, w = Value(1.0), [Value(2.0), Value(3.0)]
    >>> name(x=x, w=w)
    >>> x.label, w[1].label
    ('x', 'w[1]')
    """
    if namespace is None and not values:
        raise TypeError("name labels what it is given: name(locals()), or name(x=x)")
    if namespace is not None and not isinstance(namespace, Mapping):
        raise TypeError(f"name takes locals() or keywords (name(x=x)), not {shown(namespace)}")
    # a copy: locals() may be the live namespace of another thread or of the prompt
    everything = [*(namespace or {}).items(), *values.items()]
    found = {
        key: value
        for key, value in everything
        if isinstance(key, str) and not key.startswith("_")
    }
    named: set[Node] = set()
    for depth_first in (False, True):
        for key, value in found.items():
            if isinstance(value, (list, tuple, dict)) == depth_first:
                try:
                    _label(key, value, named, set())
                except RecursionError:
                    raise ValueError(f"name: {key} is nested too deep") from None


def _label(label: str, value: Any, named: set[Node], inside: set[int]) -> None:
    if isinstance(value, Node):
        if value not in named:
            named.add(value)
            value.label = label
        return
    if isinstance(value, (list, tuple)):
        parts: Any = enumerate(value)
    elif isinstance(value, dict):
        parts = ((repr(key), part) for key, part in value.items())
    else:
        return
    if id(value) in inside:  # a list that contains itself
        return
    for key, part in parts:
        _label(f"{label}[{key}]", part, named, inside | {id(value)})
