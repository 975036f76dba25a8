"""What the program of a training step takes for granted: all of a model but its numbers.

The program reads the weights anew for each batch.  What else decides how a batch is computed
went into it when it was recorded: which layers there are, which of them are trainable, their
rates and activations, the options of the loss and of the regularizers.  `Assumptions` lists
all that, so that a program can be told to be out of date.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from autograd.compiler.surroundings import UNSET, meaning, names_around
from autograd.graph import Node
from nn.initializers import Initializer
from nn.layers.layer import Layer, Penalty
from nn.losses import Loss
from nn.models.reading import attributes_in, side_effect_of
from nn.module import Module
from nn.names import Configured
from nn.regularizers import Regularizer

__all__ = ["Assumptions", "are_ours", "is_ours"]

_MOSTLY = frozenset({bool, int, float, str, type(None)})
_PLAIN = (bool, int, float, str, bytes, type(None), np.generic, np.dtype)
_CHANGING = (list, dict, set, bytearray)
_OURS = ("nn", "autograd", "numpy", "builtins")
_HARMLESS = frozenset({*_OURS, "math", "operator", "_operator", "functools", "_functools",
                       "itertools"})  # fmt: skip
_ENTRIES = frozenset({"__call__", "call"})
_FUNCTIONS = (FunctionType, BuiltinFunctionType, MethodType, np.ufunc)


class Assumptions:
    """What, if it is equal later on, makes the program of a training step still right.

    Attributes that are numbers, texts, arrays, or lists and dicts of them count by what they
    are; regularizers and losses by their own attributes; functions and methods that somebody
    else wrote by the numbers and arrays around them; everything else, weights among them, by
    being the same object.  In what somebody else wrote, whatever is not known to stay the same
    is `unseen`.

    Args:
        model: all modules inside it count.
        loss: how its result is judged.
        parameters: what the loss is differentiated by.

    Attributes:
        unseen: what may change without being noticed, in a sentence: a list around a function
            of the user's, an object of the user's own, a counter that a layer of theirs keeps,
            random numbers that it draws; "" if there is no such thing.

    >>> from nn.layers import Dropout
    >>> dropout = Dropout(0.5)
    >>> before = Assumptions(dropout, None)
    >>> before == Assumptions(dropout, None)
    True
    >>> dropout.rate = 0.25
    >>> before == Assumptions(dropout, None)
    False
    """

    def __init__(self, model: Module, loss: Any, parameters: Sequence[Any] = ()) -> None:
        self.unseen = ""
        self._facts: list[Any] = []
        self._objects: list[Any] = []  # kept alive, so that no other object gets their ids
        self._modules = [model]
        self._seen = {id(model)}
        self._classes: dict[type, set[str]] = {}  # of the user's: which attributes were noted
        self._asked_for = set(_ENTRIES)  # of all objects: the attributes that the user's code reads
        self._note(loss)
        for parameter in parameters:
            self._note_identity(parameter)
        for module in self._modules:  # which grows
            self._note_object(module, module._of_training)
        known = 0
        while known < len(self._asked_for):
            known = len(self._asked_for)
            for kind, noted in self._classes.items():
                self._note_class(kind, noted)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Assumptions) and self._facts == other._facts

    __hash__ = None  # type: ignore[assignment]

    def _note(self, value: Any, theirs: bool = False) -> None:
        """Note what a value is; `theirs` is one that code of the user's may read."""
        facts, kind = self._facts, value.__class__
        if kind in _MOSTLY:
            facts.append(value)
        elif kind is list or kind is tuple:
            facts.append(len(value))
            for part in value:
                self._note(part, theirs)
        elif kind is dict:
            self._note_attributes(value, (), theirs)
        elif isinstance(value, Module):
            self._note_identity(value)
            if id(value) not in self._seen:
                self._seen.add(id(value))
                self._modules.append(value)
        elif isinstance(value, (Regularizer, Loss)):
            self._note_identity(kind)
            self._note_object(value, ())
        elif kind is Penalty:
            self._note_identity(value.weight)
            self._note(value.regularizer)
        elif kind is FunctionType:
            self._note_identity(value)
            self._note_surroundings(value)
        elif isinstance(value, np.ndarray):
            facts += [value.shape, value.dtype, value.tobytes()]
        elif isinstance(value, _PLAIN):
            facts.append(value)
        elif kind is MethodType:
            self._note_identity(value.__func__)
            self._note_surroundings(value.__func__)
            self._note(value.__self__, theirs=True)
        else:
            self._note_identity(value)
            if not (_lasts(value) if theirs else is_ours(value)):
                named = isinstance(value, (type, ModuleType, *_FUNCTIONS))
                what = value.__name__ if named else f"a {kind.__name__}"
                self._doubt(f"the attributes of {what} may change unnoticed")

    def _doubt(self, reason: str) -> None:
        self.unseen = self.unseen or reason

    def _note_identity(self, thing: Any) -> None:
        self._facts.append(id(thing))
        self._objects.append(thing)

    def _note_object(self, thing: Any, without: Any) -> None:
        kind = thing.__class__
        theirs = not is_ours(kind)
        if theirs:
            self._classes.setdefault(kind, set())
        self._note_attributes(vars(thing), without, theirs)

    def _note_attributes(self, values: dict[Any, Any], without: Any, theirs: bool) -> None:
        facts = self._facts
        facts.append(len(values))
        for name, value in values.items():
            if name not in without:
                facts.append(name)
                if value.__class__ in _MOSTLY:
                    facts.append(value)
                else:
                    self._note(value, theirs)

    def _note_surroundings(self, function: FunctionType) -> None:
        """Note the numbers around a function that it reads: a rate that is lowered, say."""
        if is_ours(function):
            if not _lasts(function):
                self._doubt(f"{function.__name__} draws random numbers")
            return
        if id(function) in self._seen:
            return
        self._seen.add(id(function))
        self._doubt(side_effect_of(function))
        self._asked_for |= attributes_in(function.__code__)
        around = {name: meaning(name, place) for name, place in names_around(function).items()}
        code, defaults = function.__code__, function.__defaults__ or ()
        around |= function.__kwdefaults__ or {}
        around |= zip(code.co_varnames[: code.co_argcount][::-1], defaults[::-1], strict=False)
        for name, value in (*around.items(), *vars(function).items()):
            if value is not UNSET and name != "__class__":  # the cell of super()
                self._note_around(name, value, function.__name__)

    def _note_around(self, name: str, value: Any, reader: str) -> None:
        if value.__class__ in _CHANGING:
            self._doubt(f"{name}, which {reader} reads, may change unnoticed")
            return
        self._facts.append(name)
        self._note(value, theirs=True)

    def _note_class(self, kind: type, noted: set[str]) -> None:
        """Note what the user's code reads of the user's part of a class, beginning with `call`."""
        asked_for = self._asked_for - noted
        noted |= asked_for
        theirs: dict[str, Any] = {}
        for part in reversed(kind.__mro__):
            if not is_ours(part):
                theirs |= vars(part)
        if theirs.keys() & {"__getattr__", "__getattribute__"}:
            self._doubt(f"a {kind.__name__} finds attributes in a way of its own")
        if hidden := asked_for & getattr(kind, "_of_training", frozenset()):
            self._doubt(f"{min(hidden)}, which a {kind.__name__} reads, may change unnoticed")
        for name in sorted(asked_for & theirs.keys()):
            thing = theirs[name]
            thing = thing.fget if isinstance(thing, property) else thing
            self._note_around(name, getattr(thing, "__func__", thing), kind.__name__)


def are_ours(model: Module, loss: Any) -> bool:
    """Tell whether nothing that a training step calls was written by somebody else.

    >>> from operator import neg
    >>> from nn.layers import Activation
    >>> are_ours(Activation("relu"), None), are_ours(Activation(neg), None)
    (True, False)
    """
    return all(map(is_ours, _called(model, loss)))


def _called(model: Module, loss: Any) -> list[Any]:
    """List the layers and the functions and objects that are called with numbers."""
    found = [loss, *vars(loss).values()] if isinstance(loss, Configured) else [loss]
    for _, part, _ in model._walk():
        if isinstance(part, Module):
            found += [part, *vars(part).values()]
            if isinstance(part, Layer):
                found += [penalty.regularizer for penalty in part._penalties]
    return [thing for thing in found if callable(thing)]


def _module_of(thing: Any) -> list[str]:
    if isinstance(thing, ModuleType):
        return thing.__name__.split(".")
    named = thing if isinstance(thing, (*_FUNCTIONS, type)) else type(thing)
    return (getattr(named, "__module__", None) or "numpy").split(".")


def is_ours(thing: Any) -> bool:
    """Tell whether a module, class, function, or the class of an object was not the user's.

    >>> from operator import neg
    >>> is_ours(np.exp), is_ours(neg)
    (True, False)
    """
    return _module_of(thing)[0] in _OURS


def _lasts(thing: Any) -> bool:
    """Tell whether a module, class, function or object that the user's code reads stays as it is.

    >>> import random
    >>> [_lasts(thing) for thing in (np, np.exp, len, random, np.random.rand, [].pop)]
    [True, True, True, False, False, False]
    """
    module = _module_of(thing)
    if module[0] not in _HARMLESS or "random" in module:
        return False
    if isinstance(thing, BuiltinFunctionType):  # or a method of an object that changes
        return thing.__self__ is None or isinstance(thing.__self__, ModuleType)
    function = isinstance(thing, (type, ModuleType, FunctionType, np.ufunc, _NUMPYS))
    return function or isinstance(thing, (Node, Initializer))


_NUMPYS = type(np.mean)
