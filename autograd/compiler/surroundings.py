"""What a function finds around it: the global names and the variables it closes over.

A program is made for what these names meant when it was recorded.  Whether they still do is
looked at before each replay: which object each name stands for and, of lists, tuples and dicts,
which Values and Tensors are in them; an attribute of another object is not looked at.
"""

from __future__ import annotations

import dis
import functools
import operator
import types
from collections.abc import Callable
from typing import Any

from autograd.graph import Node

__all__ = ["Surroundings", "global_names", "unbound"]

_CONSTANT = (float, int, str, bool, type(None))


class Surroundings:
    """The objects that the names in a function's code stand for.

    Args:
        function: any callable; one that is not written in Python has no surroundings.  What the
            functions of its module that it names find around them belongs to its own.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self._cells: list[tuple[types.CellType, Any]] = []
        self._names: list[tuple[str, Any]] = []
        self._around: dict[str, Any] = {}
        if getattr(function, "__globals__", {}).get("__name__") == "autograd.compiler.vectorizing":
            function = function.__wrapped__  # type: ignore[attr-defined]  # the user's
        code = getattr(function, "__code__", None)
        if isinstance(code, types.CodeType):
            around = self._around = function.__globals__
            seen = {id(function)}
            cells: dict[int, types.CellType] = {}
            names: dict[str, None] = {}
            waiting = [function]
            while waiting:  # functions of the same module that it calls have names of their own
                called = waiting.pop()
                its_cells = {id(cell): cell for cell in called.__closure__ or ()}
                its_names = [name for name in global_names(called.__code__) if name in around]
                cells |= its_cells
                names |= dict.fromkeys(its_names)
                for thing in (*map(_content, its_cells.values()), *map(around.get, its_names)):
                    local = thing.__class__ is types.FunctionType and thing.__globals__ is around
                    if local and id(thing) not in seen:
                        seen.add(id(thing))
                        waiting.append(thing)
            self._cells = [(cell, _content(cell)) for cell in cells.values()]
            self._names = [(name, around[name]) for name in names]
        things = [thing for _, thing in (*self._cells, *self._names)]
        self._inside = [(t, inside) for t in things if (inside := _nodes_in(t)) is not None]

    def unchanged(self) -> bool:
        """Tell whether every name still stands for what it stood for."""
        around = self._around
        for name, before in self._names:
            if around.get(name) is not before and not _equal(before, around.get(name)):
                return False
        for cell, before in self._cells:
            now = _content(cell)
            if now is not before and not _equal(before, now):
                return False
        for thing, inside in self._inside:
            now = _nodes_in(thing)
            if len(now) != len(inside) or not all(map(operator.is_, inside, now)):
                return False
        return True


def _equal(before: Any, now: Any) -> bool:
    return isinstance(now, _CONSTANT) and type(before) is type(now) and before == now


def _content(cell: types.CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not assigned to yet
        return None


def _nodes_in(thing: Any) -> Any:
    if isinstance(thing, dict):
        thing = tuple(thing.values())
    if not isinstance(thing, (list, tuple)):
        return None
    return tuple([part for part in thing if isinstance(part, Node)])


_READING = {"LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS"}


@functools.cache
def global_names(code: types.CodeType) -> tuple[str, ...]:
    """List the global names that a function's code reads, and those of functions inside it.

    >>> global_names((lambda x: [abs(number) for number in x.numbers]).__code__)
    ('abs',)
    """
    names = {i.argval: None for i in dis.get_instructions(code) if i.opname in _READING}
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names |= dict.fromkeys(global_names(constant))
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
