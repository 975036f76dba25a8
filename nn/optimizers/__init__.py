"""Optimizers: how parameters follow their gradients, by name or as objects.

>>> from autograd import Value
>>> w = Value(2.0)
>>> optimizer = get("adam")
>>> for _ in range(3):
...     w.grad = None
...     (w * w).backward()
...     optimizer.step([w])
>>> round(w.data, 3)
1.997
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from autograd.formatting import shown
from nn.names import Names
from nn.optimizers import schedules
from nn.optimizers.base import Optimizer
from nn.optimizers.rules import SGD, Adagrad, Adam, AdamW, RMSprop
from nn.unknown import lacking

__all__ = [
    "SGD", "Adagrad", "Adam", "AdamW", "Optimizer", "RMSprop", "deserialize", "get",
    "schedules", "serialize",
]  # fmt: skip

if not TYPE_CHECKING:
    __getattr__ = lacking(__name__, {"legacy": "the optimizers of nn.optimizers themselves"})

_names = Names(
    "optimizer",
    {"sgd": SGD, "adam": Adam, "adamw": AdamW, "rmsprop": RMSprop, "adagrad": Adagrad},
    base=Optimizer,
)


def get(identifier: Any, custom_objects: Mapping[str, Any] | None = None) -> Optimizer:
    """Return the optimizer that a name, a config, a class or an optimizer itself stands for.

    Args:
        identifier: "adam" in any spelling, ``{"class_name": "Adam", "config": {...}}``, …
        custom_objects: classes of your own by name.

    Raises:
        ValueError: a name that is not known; the message has the nearest.
        TypeError: something else than an optimizer.

    >>> get("RMSProp")
    RMSprop(learning_rate=0.001, rho=0.9, momentum=0.0, epsilon=1e-07, centered=False)
    >>> get("adamm")
    Traceback (most recent call last):
        ...
    ValueError: unknown optimizer 'adamm': did you mean 'adam'? There are 'adagrad', 'adam',
    'adamw', 'rmsprop', 'sgd'
    """
    made: Optimizer = _names.get(identifier, custom_objects)
    return made


def serialize(optimizer: Optimizer) -> dict[str, Any]:
    """Return the config from which `deserialize` makes the optimizer again, without its state.

    Raises:
        TypeError: it is no optimizer.
        ValueError: it is of a class of your own that is called as one of these is, or whose
            config lacks arguments.

    >>> serialize(SGD(0.5))["class_name"]
    'SGD'
    """
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"optimizer is an object such as Adam(), not {shown(optimizer)}")
    return cast("dict[str, Any]", _names.serialize(optimizer))


def deserialize(
    config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None
) -> Optimizer:
    """Return the optimizer that `serialize` has described.

    >>> deserialize(serialize(SGD(0.5))).learning_rate
    0.5
    """
    return get(config, custom_objects)
