"""What a function finds around it: the global names and the variables it closes over.

A program is made for what these names meant when it was recorded.  Whether they still do is
looked at before each replay: which object each name stands for and, of lists, tuples and dicts,
which Values and Tensors are in them; an attribute of another object is not looked at.
"""

from __future__ import annotations

import functools
import operator
import types
from collections.abc import Callable, Iterator
from typing import Any

from autograd.graph import Node

__all__ = ["Surroundings", "unbound"]

_CONSTANT = (float, int, str, bool, type(None))


class Surroundings:
    """The objects that the names in a function's code stand for.

    Args:
        function: any callable; one that is not written in Python has no surroundings.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self._seen = list(_named(function))
        self._inside = [_contents(thing) for thing in self._seen]

    def unchanged(self) -> bool:
        """Tell whether every name still stands for what it stood for."""
        seen, now = self._seen, list(_named(self._function))
        if len(seen) != len(now):
            return False
        for before, thing, inside in zip(seen, now, self._inside, strict=True):
            if before is not thing and not (
                isinstance(thing, _CONSTANT) and type(before) is type(thing) and before == thing
            ):
                return False
            if inside is not None:
                contents = _contents(thing)
                if contents is None or len(contents) != len(inside):
                    return False
                if not all(map(operator.is_, inside, contents)):
                    return False
        return True


def _contents(thing: Any) -> tuple[Any, ...] | None:
    if isinstance(thing, dict):
        thing = tuple(thing.values())
    if not isinstance(thing, (list, tuple)):
        return None
    return tuple([part for part in thing if isinstance(part, Node)])


def _named(function: Any) -> Iterator[Any]:
    code = getattr(function, "__code__", None)
    if not isinstance(code, types.CodeType):
        return
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:  # not assigned to yet
            yield None
    around = function.__globals__
    for name in _names(code):
        if name in around:
            yield around[name]


@functools.cache
def _names(code: types.CodeType) -> tuple[str, ...]:
    """List the names in a function's code, and in those of functions inside it."""
    names = dict.fromkeys(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names |= dict.fromkeys(_names(constant))
    return tuple(names)


def _of_class(thing: Any, name: str) -> Any:
    return next((vars(kind)[name] for kind in type(thing).__mro__ if name in vars(kind)), None)


def unbound(
    function: Callable[..., Any],
) -> tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]:
    """Return a function with the arguments that it already has.

    The object of a bound method or of a callable object, and the arguments of a
    `functools.partial`, are arguments like any other: their numbers are inputs.
    """
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = {}
    while True:
        if isinstance(function, types.MethodType):
            args = (function.__self__, *args)
            function = function.__func__
        elif isinstance(function, functools.partial):
            args = (*function.args, *args)
            kwargs = {**function.keywords, **kwargs}
            function = function.func
        elif isinstance(called := _of_class(function, "__call__"), types.FunctionType):
            args = (function, *args)
            function = called
        else:
            return function, args, kwargs
