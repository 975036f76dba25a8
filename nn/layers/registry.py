"""Layers by name: what a saved model is made from again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nn.layers.activation import Activation
from nn.layers.dense import Dense
from nn.layers.dropout import Dropout
from nn.layers.flatten import Flatten
from nn.layers.input import InputLayer
from nn.layers.layer import Layer
from nn.layers.normalization import BatchNormalization
from nn.names import Names

__all__ = ["deserialize", "serialize"]

_KNOWN = (Activation, BatchNormalization, Dense, Dropout, Flatten, InputLayer)
_NAMES = Names("layer", {kind.__name__: kind for kind in _KNOWN}, base=Layer)


def serialize(layer: Layer) -> Any:
    """Return the config that `deserialize` makes the layer from again, without its weights.

    >>> serialize(Flatten(name="flat"))
    {'class_name': 'Flatten', 'config': {'name': 'flat', 'trainable': True, 'dtype': 'float32'}}
    """
    return _NAMES.serialize(layer)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Layer:
    """Return the layer that `serialize` described, with new weights.

    Args:
        config: ``{"class_name": ..., "config": {...}}``.
        custom_objects: layers of one's own by their names.

    Raises:
        ValueError: a layer that is not known, or a config that does not fit it.

    >>> deserialize({"class_name": "Dense", "config": {"units": 3}}).units
    3
    """
    layer: Layer = _NAMES.get(config, custom_objects)
    return layer
