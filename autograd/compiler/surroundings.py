"""What a function finds around it: the global names and the variables it closes over.

A program is made for what these names meant when it was recorded.  Whether they still do is
looked at before each replay: which object each name stands for and, of lists, tuples and dicts,
which Values, Tensors and functions are in them; an attribute of another object is not looked at.
"""

from __future__ import annotations

import dis
import functools
import operator
import types
from collections.abc import Callable
from typing import Any

from autograd.graph import Node

__all__ = ["UNSET", "Surroundings", "meaning", "names_around", "unbound"]

_CONSTANT = (float, int, str, bool, type(None))

_FUNCTIONS = (types.FunctionType, types.MethodType, functools.partial)

UNSET = object()  # what a name stands for that has not been assigned to yet, or no longer


class Surroundings:
    """The objects that the names in a function's code stand for.

    Args:
        functions: any callables; one that is not written in Python has no surroundings.  What the
            functions that it closes over, and those of its module that it names, find around
            them belongs to its own, as do those in a list or dict, a partial and what is
            compiled.
    """

    def __init__(self, *functions: Callable[..., Any]) -> None:
        found: dict[tuple[int, str], tuple[str, Any, Any]] = {}
        self._inside: list[tuple[Any, tuple[Any, ...]]] = []
        seen: set[int] = set()
        waiting = [function for thing in functions if (function := _function_of(thing))]
        while waiting:
            called = waiting.pop()
            if id(called) in seen:
                continue
            seen.add(id(called))
            for name, place in names_around(called).items():
                closed_over = place.__class__ is types.CellType
                if not closed_over and _is_ours(called):
                    continue
                thing = meaning(name, place)
                found[id(place), name] = (name, place, thing)
                inside = _inside(thing)
                if inside is not None:
                    self._inside.append((thing, inside))
                for part in (thing,) if inside is None else inside:
                    other = _function_of(part)
                    if other and (closed_over or _belongs_to(other, called)):
                        waiting.append(other)
        self._found = list(found.values())

    def unchanged(self) -> bool:
        """Tell whether every name still stands for what it stood for."""
        for name, place, before in self._found:
            now = meaning(name, place)
            if now is not before and not _equal(before, now):
                return False
        for thing, inside in self._inside:
            now = _inside(thing)
            if len(now) != len(inside) or not all(map(operator.is_, inside, now)):
                return False
        return True


def _function_of(thing: Any) -> types.FunctionType | None:
    """Return the function that a method, a partial or a compiled function calls in the end."""
    while not isinstance(thing, types.FunctionType):
        if isinstance(thing, types.MethodType):
            thing = thing.__func__
        elif isinstance(thing, functools.partial):
            thing = thing.func
        elif isinstance(thing, type) or not callable(thing) or not hasattr(thing, "__wrapped__"):
            return None
        else:
            thing = thing.__wrapped__
    return thing


def _belongs_to(function: types.FunctionType, caller: types.FunctionType) -> bool:
    return function.__globals__ is caller.__globals__ or _is_ours(function)


def _is_ours(function: types.FunctionType) -> bool:
    """Tell whether it is the library's own: what it names is constant, what it closes over not."""
    return str(function.__globals__.get("__name__")).partition(".")[0] == "autograd"


def _equal(before: Any, now: Any) -> bool:
    if not isinstance(now, _CONSTANT) or type(before) is not type(now) or before != now:
        return False
    return now.__class__ is not float or bool(now) or repr(now) == repr(before)  # 0.0 and -0.0


def _inside(thing: Any) -> Any:
    """Return the nodes and functions in a list, tuple or dict; None if it is none."""
    if isinstance(thing, dict):
        thing = tuple(thing.values())
    if not isinstance(thing, (list, tuple)):
        return None
    return tuple([part for part in thing if isinstance(part, (Node, *_FUNCTIONS))])


def names_around(function: types.FunctionType) -> dict[str, types.CellType | dict[str, Any]]:
    """Return where each name that a function's code finds around it is kept.

    That is a cell, if the function closes over the name, or else its module's globals.

    >>> def outer(rate):
    ...     return lambda x: max(x, rate) + ceiling
    >>> ceiling = 1.0
    >>> {name: meaning(name, place) for name, place in names_around(outer(0.5)).items()}
    {'rate': 0.5, 'ceiling': 1.0}
    """
    code, around = function.__code__, function.__globals__
    places: dict[str, Any] = dict(zip(code.co_freevars, function.__closure__ or (), strict=True))
    return places | {name: around for name in _global_names(code) if name in around}


def meaning(name: str, place: types.CellType | dict[str, Any]) -> Any:
    """Return what a name stands for now, or `UNSET`."""
    if not isinstance(place, types.CellType):
        return place.get(name, UNSET)
    try:
        return place.cell_contents
    except ValueError:
        return UNSET


_READING = {"LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS"}


@functools.cache
def _global_names(code: types.CodeType) -> tuple[str, ...]:
    """List the global names that a function's code reads, and those of functions inside it."""
    names = {i.argval: None for i in dis.get_instructions(code) if i.opname in _READING}
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names |= dict.fromkeys(_global_names(constant))
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
