"""What the program of a training step takes for granted: all of a model but its numbers.

The program reads the weights anew for each batch.  What else decides how a batch is computed
went into it when it was recorded: which layers there are, which of them are trainable, their
rates and activations, the options of the loss and of the regularizers.  `Assumptions` lists
all that, so that a program can be told to be out of date.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from autograd.compiler.surroundings import UNSET, meaning, names_around
from nn.layers.layer import Layer, Penalty
from nn.losses import Loss
from nn.module import Module
from nn.names import Configured
from nn.regularizers import Regularizer

__all__ = ["Assumptions", "is_ours"]

_MOSTLY = frozenset({bool, int, float, str, type(None)})
_PLAIN = (bool, int, float, str, bytes, type(None), np.generic, np.dtype)
_CHANGING = (list, dict, set, bytearray)
_LASTING = (type, ModuleType)
_FUNCTIONS = (FunctionType, BuiltinFunctionType, MethodType, np.ufunc)


class Assumptions:
    """What, if it is equal later on, makes the program of a training step still right.

    Attributes that are numbers, texts, arrays, or lists and dicts of them count by what they
    are; regularizers and losses by their own attributes; functions and methods that somebody
    else wrote by the numbers and arrays around them; everything else, weights among them, by
    being the same object.

    Args:
        model: all modules inside it count.
        loss: how its result is judged.
        parameters: what the loss is differentiated by.

    Attributes:
        unseen: what may change without being noticed, in a sentence: a list around a function
            of the user's, or an object of the user's own; "" if there is no such thing.

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
        self._note(loss)
        for parameter in parameters:
            self._note_identity(parameter)
        for module in self._modules:  # which grows
            self._note_attributes(vars(module), module._of_training)
            self._note_methods(module.__class__)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Assumptions) and self._facts == other._facts

    __hash__ = None  # type: ignore[assignment]

    def _note(self, value: Any) -> None:
        facts, kind = self._facts, value.__class__
        if kind in _MOSTLY:
            facts.append(value)
        elif kind is list or kind is tuple:
            facts.append(len(value))
            for part in value:
                self._note(part)
        elif kind is dict:
            self._note_attributes(value, ())
        elif isinstance(value, Module):
            self._note_identity(value)
            if id(value) not in self._seen:
                self._seen.add(id(value))
                self._modules.append(value)
        elif isinstance(value, (Regularizer, Loss)):
            self._note_identity(kind)
            self._note_attributes(vars(value), ())
            self._note_methods(kind)
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
        else:
            self._note_identity(value)
            owner = value.__self__ if kind is MethodType else value
            if isinstance(owner, Module) or _is_ours(owner) or isinstance(owner, _LASTING):
                return
            self.unseen = f"the attributes of a {type(owner).__name__} may change unnoticed"

    def _note_identity(self, thing: Any) -> None:
        self._facts.append(id(thing))
        self._objects.append(thing)

    def _note_attributes(self, values: dict[Any, Any], without: Any) -> None:
        facts = self._facts
        facts.append(len(values))
        for name, value in values.items():
            if name not in without:
                facts.append(name)
                if value.__class__ in _MOSTLY:
                    facts.append(value)
                else:
                    self._note(value)

    def _note_surroundings(self, function: FunctionType) -> None:
        """Note the numbers around a function that it reads: a rate that is lowered, say."""
        if _is_ours(function):
            return
        for name, place in names_around(function).items():
            value = meaning(name, place)
            if value is UNSET:
                continue
            if value.__class__ in _CHANGING:
                self.unseen = f"{name}, which {function.__name__} reads, may change unnoticed"
            elif value.__class__ is not FunctionType:
                self._facts.append(name)
                self._note(value)
            elif id(value) not in self._seen:
                self._seen.add(id(value))
                self._note_surroundings(value)

    def _note_methods(self, kind: type) -> None:
        for part in kind.__mro__:
            if part.__module__.partition(".")[0] == "nn":
                return
            for method in vars(part).values():
                if method.__class__ is FunctionType and id(method) not in self._seen:
                    self._seen.add(id(method))
                    self._note_surroundings(method)


def is_ours(model: Module, loss: Any) -> bool:
    """Tell whether nothing that a training step calls was written by somebody else.

    >>> from operator import neg
    >>> from nn.layers import Activation
    >>> is_ours(Activation("relu"), None), is_ours(Activation(neg), None)
    (True, False)
    """
    return all(map(_is_ours, _called(model, loss)))


def _called(model: Module, loss: Any) -> list[Any]:
    """List the layers and the functions and objects that are called with numbers."""
    found = [loss, *vars(loss).values()] if isinstance(loss, Configured) else [loss]
    for _, part, _ in model._walk():
        if isinstance(part, Module):
            found += [part, *vars(part).values()]
            if isinstance(part, Layer):
                found += [penalty.regularizer for penalty in part._penalties]
    return [thing for thing in found if callable(thing)]


def _is_ours(thing: Callable[..., Any]) -> bool:
    where = getattr(thing if isinstance(thing, _FUNCTIONS) else type(thing), "__module__", None)
    return (where or "numpy").partition(".")[0] in ("nn", "autograd", "numpy", "builtins")
