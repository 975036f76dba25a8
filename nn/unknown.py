"""What nn does not have: the answer says what to write in its place.

Keras programs ask for layers, arguments and methods that are not here, and so do misspellings.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from inspect import signature
from typing import Any, NoReturn

from autograd.formatting import shown
from nn.names import nearest

__all__ = ["lacking", "refuse_arguments"]


def lacking(module: str, instead: Mapping[str, str] | None = None) -> Callable[[str], NoReturn]:
    """Return the `__getattr__` of a module: an AttributeError that says what there is.

    Args:
        module: the name of the module, which has an ``__all__``.
        instead: for names that are asked for again and again, what to write.

    >>> lacking("nn.layers", {"ReLU": 'Activation("relu")'})("ReLU")
    Traceback (most recent call last):
        ...
    AttributeError: nn.layers has no 'ReLU': use Activation("relu")
    """
    known = dict(instead or {})

    def missing(name: str) -> NoReturn:
        if name.startswith("_"):  # Python itself asks for such names
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        there = [each for each in sys.modules[module].__all__ if not each.startswith("_")]
        # a class is asked for with a capital, and a class is what it was to be
        alike = [each for each in there if each[0].isupper() == name[0].isupper()]
        if name.lower() in map(str.lower, there) or not alike:
            alike = there
        raise AttributeError(f"{module} has no {name!r}: {_remedy(name, alike, known)}")

    return missing


def refuse_arguments(
    kind: type, given: Mapping[str, Any], instead: Mapping[str, str] | None = None
) -> None:
    """Refuse what a class does not take, if anything was given.

    Args:
        kind: the class.
        given: the arguments that were left over.
        instead: as for `lacking`.

    Raises:
        TypeError: something was; the message has the nearest argument there is, or all.

    >>> class Kettle:
    ...     def __init__(self, water=1.0): ...
    >>> refuse_arguments(Kettle, {"watre": 2})
    Traceback (most recent call last):
        ...
    TypeError: Kettle has no argument 'watre' (=2): did you mean 'water'?
    """
    for name, value in given.items():
        there: dict[str, None] = {}
        for each in kind.__mro__:
            if "__init__" in vars(each) and each is not object:
                there |= dict.fromkeys(
                    p.name
                    for p in list(signature(vars(each)["__init__"]).parameters.values())[1:]
                    if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
                )
        raise TypeError(
            f"{kind.__name__} has no argument {name!r} (={shown(value, 40)}): "
            + _remedy(name, list(there), dict(instead or {}))
        )


def _remedy(name: str, there: list[str], instead: Mapping[str, str]) -> str:
    if name in instead:
        return f"use {instead[name]}"
    by_plain = {each.replace("_", "").lower(): each for each in there}
    close = nearest(name.replace("_", "").lower(), by_plain)
    return f"did you mean {by_plain[close]!r}?" if close else "there are " + ", ".join(there)
