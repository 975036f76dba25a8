"""How many weights an architecture will have, found without making any of them.

A file of a few bytes can describe a layer of a billion weights.  Before a model is built from
a file, its weights are counted and compared with those that the file really holds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

__all__ = ["count_weights"]

Shape = tuple[Any, ...]


def count_weights(
    config: Mapping[str, Any],
    input_shape: Shape | None = None,
    custom_objects: Mapping[str, Any] | None = None,
) -> int:
    """Return the number of weights of the Sequential that a config describes.

    Those that are not known before the first data are not counted, nor those of layers of the
    user's own, which are the user's own code: it is the least number that there will be.

    Raises:
        TypeError, ValueError, KeyError, IndexError, AttributeError: a config that fits no layer.

    >>> dense = {"class_name": "Dense", "config": {"units": 10}}
    >>> count_weights({"layers": [dense, dense], "build_input_shape": [None, 4]})
    160
    >>> count_weights({"layers": [dense, dense]})
    0
    """
    return _count(config, input_shape, custom_objects or {})[0]


def _count(
    config: Mapping[str, Any], shape: Shape | None, custom: Mapping[str, Any]
) -> tuple[int, Shape | None]:
    """Return the number of weights, and the shape of the output as far as it is known."""
    total = 0
    if config.get("build_input_shape"):
        shape = tuple(config["build_input_shape"])
    before: dict[Any, Any] = {}  # by name: a layer in several places has its weights once
    for described in config["layers"]:
        name, inner = described["class_name"], described.get("config", {})
        again = inner.get("name") is not None and before.get(inner["name"]) == described
        before.setdefault(inner.get("name"), described)
        if "batch_shape" in inner:
            shape = tuple(inner["batch_shape"])
        if inner.get("input_shape"):
            shape = (None, *inner["input_shape"])
        if inner.get("input_dim"):
            shape = (None, inner["input_dim"])
        kind = name.replace("_", "").lower()  # as names are found
        if name in custom:
            shape = None
        elif kind == "inputlayer":
            shape = (None, *inner["shape"])
        elif kind == "sequential":
            further, shape = _count(inner, shape, custom)
            total += 0 if again else further
        elif shape is not None:
            further, shape = _layer(kind, inner, shape)
            total += 0 if again else further
    return total, shape


def _layer(kind: str, config: Mapping[str, Any], shape: Shape) -> tuple[int, Shape | None]:
    if kind == "dense":
        units, features = config["units"], shape[-1]
        bias = units if config.get("use_bias", True) else 0
        return features * units + bias, (*shape[:-1], units)
    if kind == "batchnormalization":
        arrays = 2 + bool(config.get("center", True)) + bool(config.get("scale", True))
        return arrays * shape[config.get("axis", -1)], shape
    if kind == "flatten":
        sample = shape[1:]
        return 0, (shape[0], None if None in sample else math.prod(sample))
    if kind in ("activation", "dropout"):
        return 0, shape
    return 0, None
