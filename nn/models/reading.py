"""What the code of a function that somebody else wrote does beside computing.

A program repeats a training step as it was recorded.  Code that changes something, or asks for
what is another thing each time, cannot be repeated so; here it is found by its bytecode.  What
is not known to be harmless counts as harmful: such a step is left to the engine.
"""

from __future__ import annotations

import builtins
import dis
import functools
from collections.abc import Iterator
from itertools import islice
from types import CodeType, FunctionType

__all__ = ["attributes_in", "side_effect_of"]

_STORING = {
    "STORE_ATTR", "DELETE_ATTR", "STORE_SUBSCR", "DELETE_SUBSCR", "STORE_SLICE", "STORE_GLOBAL",
    "DELETE_GLOBAL",
}  # fmt: skip
_STORING_AROUND = {"STORE_DEREF", "DELETE_DEREF"}
_READING = {"LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS"}
_ATTRIBUTES = {"LOAD_ATTR", "LOAD_METHOD", "LOAD_SUPER_ATTR"}

# methods that change a list, a dict, a set or an array, and numpy's way to random numbers
_CHANGING = {
    "add", "add_weight", "append", "assign", "clear", "difference_update", "discard", "extend",
    "fill", "insert", "intersection_update", "itemset", "pop", "popitem", "put", "random",
    "remove", "resize", "reverse", "set_weights", "setdefault", "sort",
    "symmetric_difference_update", "update",
}  # fmt: skip

_HARMLESS = {
    "abs", "all", "any", "bool", "callable", "dict", "divmod", "enumerate", "filter", "float",
    "frozenset", "int", "isinstance", "issubclass", "len", "list", "map", "max", "min", "object",
    "pow", "range", "reversed", "round", "set", "slice", "sorted", "str", "sum", "super", "tuple",
    "type", "zip",
}  # fmt: skip


def side_effect_of(function: FunctionType) -> str:
    """Return what may make the next call of a function another one; "" if nothing may.

    >>> side_effect_of(lambda x: sum(part * part for part in x))
    ''
    >>> seen = []
    >>> side_effect_of(lambda x: seen.append(x))
    '<lambda> calls append'
    """
    done, names = _read(function.__code__)
    wrong = (name for name in names if name not in function.__globals__)
    called = "".join(f"calls {name}" for name in islice(wrong, 1))
    return f"{function.__name__} {done or called}" if done or called else ""


@functools.cache
def _read(code: CodeType) -> tuple[str, tuple[str, ...]]:
    """Return what code does, and what it takes from Python itself that is not harmless."""
    done, names, outside = "", [], set(code.co_freevars)
    for instruction in _instructions(code):
        name, what = instruction.argval, instruction.opname
        if what in _STORING or (what in _STORING_AROUND and name in outside):
            done = f"sets {name}" if isinstance(name, str) else "sets an element"
        elif what == "IMPORT_NAME":
            done = f"imports {name}"
        elif what in _ATTRIBUTES and name in _CHANGING:
            done = f"calls {name}"
        elif what in _READING and not _is_harmless(name):
            names.append(name)
    return done, tuple(names)


@functools.cache
def attributes_in(code: CodeType) -> frozenset[str]:
    """Return the names that stand after a dot in a function's code.

    >>> sorted(attributes_in((lambda layer: layer.units + layer.kernel.size).__code__))
    ['kernel', 'size', 'units']
    """
    return frozenset(i.argval for i in _instructions(code) if i.opname in _ATTRIBUTES)


def _instructions(code: CodeType) -> Iterator[dis.Instruction]:
    """Yield the instructions of a function, and of those inside it."""
    yield from dis.get_instructions(code)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _instructions(constant)


def _is_harmless(name: str) -> bool:
    thing = getattr(builtins, name, None)
    return name in _HARMLESS or (isinstance(thing, type) and issubclass(thing, BaseException))
