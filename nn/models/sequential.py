"""Sequential: layers that follow one another."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from autograd.formatting import shown
from nn.layers import registry
from nn.layers.input import InputLayer
from nn.layers.layer import Layer, Shape, as_batch_shape
from nn.models.model import Model
from nn.names import as_arguments, as_custom, custom_names, refuse_namesake

__all__ = ["Sequential", "model_from_json"]


class Sequential(Model):
    """A stack of layers, each of which takes what the one before gives.

    The weights are made as soon as the shape of the inputs is known: from an `Input` at the
    beginning, from ``input_shape`` of the first layer, or from the first data.

    Args:
        layers: the layers, from the input to the output.
        trainable: whether the weights are parameters.
        name: what it is called.

    Raises:
        TypeError: something that is no layer.
        ValueError: two layers of the same name, or an Input that is not at the beginning.

    >>> from nn.layers import Dense, Input
    >>> model = Sequential([Input(shape=(8,)), Dense(50, activation="relu"), Dense(1)])
    >>> model.count_params(), model.output_shape
    (501, (None, 1))
    >>> model.pop().name == model.add(Dense(2, name="last"))
    False
    >>> model.output_shape
    (None, 2)
    """

    def __init__(
        self,
        layers: Iterable[Any] | None = None,
        trainable: bool = True,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        no_list = isinstance(layers, (Layer, str, bytes, Mapping))
        if layers is not None and (no_list or not isinstance(layers, Iterable)):
            raise TypeError(
                f"Sequential takes the list of its layers, Sequential([...]), not {shown(layers)}"
            )
        super().__init__(name=name, trainable=trainable, dtype=dtype)
        self._layers: list[Layer] = []
        self._input: InputLayer | None = None
        self._input_implied = False  # by the first layer, and not given as a layer of its own
        self._put(() if layers is None else layers)

    @property
    def layers(self) -> list[Layer]:
        """The layers, without an Input."""
        return list(self._layers)

    def add(self, layer: Any) -> None:
        """Put a layer on top.

        Raises:
            TypeError: it is no layer.
            ValueError: another layer has its name, or it is an Input that comes too late.
        """
        self._put([layer])

    def _put(self, layers: Iterable[Any]) -> None:
        names = {layer.name: layer for layer in self._layers}
        for layer in layers:
            if not isinstance(layer, Layer):
                hint = f": call it, {layer.__name__}(...)" if isinstance(layer, type) else ""
                raise TypeError(f"Sequential is made of layers, and {shown(layer)} is none{hint}")
            if isinstance(layer, InputLayer):
                self._add_input(layer)
                continue
            if names.setdefault(layer.name, layer) is not layer:
                raise ValueError(
                    f"{self.name} has a layer {layer.name!r} already: "
                    "give each layer a name of its own, name=..."
                )
            if not self._layers and self._input is None and layer.input_shape is not None:
                self._input, self._input_implied = InputLayer(shape=layer.input_shape[1:]), True
            self._layers.append(layer)
        if self._layers:
            self._build_further()

    def _add_input(self, layer: InputLayer) -> None:
        if self._layers or self._input is not None:
            raise ValueError(
                f"{self.name} has its inputs already: an Input comes first, and there is one"
            )
        self._input = layer

    def pop(self) -> Layer:
        """Take the last layer off and return it.

        Raises:
            ValueError: there is none.
        """
        if not self._layers:
            raise ValueError(f"{self.name} has no layers to take off")
        layer = self._layers.pop()
        if not self._layers:
            self.built = False
        return layer

    def _build_further(self) -> None:
        """Make the weights of a layer that was added, if the shape of its input is known."""
        known = self._built_shape if self.built else None
        if known is None and self._input is not None:
            known = self._input.output_shape
        if known is not None:
            self.build(known)

    def build(self, input_shape: Shape) -> None:
        """Make the weights of all layers for inputs of this shape, the batch being None."""
        if not self._layers:
            raise ValueError(f"{self.name} has no layers yet: model.add(...)")
        shape = (None, *input_shape[1:])
        known = self._built_shape if self.built else None
        if known is None and self._input is not None:
            known = self._input.output_shape
        if known is not None and known != shape:
            raise ValueError(f"{self.name} takes inputs of the shape {known}, not {shape}")
        for layer in self._layers:
            if not layer.built:
                layer.build(shape)
                layer.built = True
            shape = layer.compute_output_shape(shape)

    def call(self, x: Any, training: bool = False) -> Any:
        """Return what the last layer makes of it."""
        for layer in self._layers:
            x = layer(x, training=training)
        return x

    def compute_output_shape(self, input_shape: Any) -> Shape:
        """Return the shape of the output for inputs of this shape."""
        shape = as_batch_shape(input_shape, f"{self.name}: input_shape")
        for layer in self._layers:
            shape = layer.compute_output_shape(shape)
        return shape

    def get_config(self) -> dict[str, Any]:
        """Return the layers' classes and arguments; `from_config` makes the model again."""
        first = [] if self._input is None or self._input_implied else [self._input]
        config = {
            **super().get_config(),
            "layers": [_described(layer) for layer in [*first, *self._layers]],
        }
        if self.built:
            config["build_input_shape"] = list(self._built_shape or ())
        return config

    @classmethod
    def from_config(
        cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None
    ) -> Sequential:
        """Return a model of the layers that `get_config` describes, with new weights.

        Args:
            config: what it returned.
            custom_objects: your own layers by the names of their classes.

        Raises:
            TypeError: `config` or `custom_objects` is no dict.
            ValueError: the config has no list of layers, or one that does not fit its class.

        >>> from nn.layers import Dense
        >>> model = Sequential([Dense(3, input_shape=[2], name="a")])
        >>> again = Sequential.from_config(model.get_config())
        >>> again.layers[0].name, again.count_params()
        ('a', 9)
        """
        as_custom(custom_objects)
        arguments = as_arguments(config, cls)
        shape = arguments.pop("build_input_shape", None)
        described_layers = arguments.pop("layers", None)
        if not isinstance(described_layers, (list, tuple)) or not all(
            isinstance(described, Mapping) and isinstance(described.get("config", {}), Mapping)
            for described in described_layers
        ):
            raise ValueError(
                f"the config of a {cls.__name__} has the list of its layers' configs under "
                f"'layers', not {shown(described_layers)}"
            )
        layers: list[Layer] = []
        before: dict[Any, tuple[Any, Layer]] = {}  # by name
        for described in described_layers:
            name = described.get("config", {}).get("name")
            same, layer = before.get(name, (None, None))
            if layer is None or same != described:
                layer = _layer(described, custom_objects)
                before.setdefault(layer.name, (described, layer))
            layers.append(layer)  # one layer may stand in several places
        model = cls(layers, **arguments)
        if shape and not model.built:
            model.build(tuple(shape))
        return model


def _described(layer: Layer) -> Any:
    if type(layer).__name__ == Sequential.__name__:
        refuse_namesake(type(layer), Sequential, "model")
    return registry.serialize(layer)


def _layer(config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None) -> Layer:
    if config.get("class_name") == "Sequential":
        return Sequential.from_config(config.get("config", {}), custom_objects)
    return registry.deserialize(config, custom_objects)


def model_from_json(json_string: str, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """Return the model that `Model.to_json` described, with new weights.

    Args:
        json_string: what it returned.
        custom_objects: your own models and layers by the names of their classes.

    Raises:
        ValueError: not such a text, or a class that is not known.

    >>> from nn.layers import Dense
    >>> model = Sequential([Dense(3, input_shape=[2])])
    >>> model_from_json(model.to_json()).count_params()
    9
    """
    try:
        described = json.loads(json_string)
        name, config = described["class_name"], described["config"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise ValueError(
            f"json_string {shown(json_string)}: this is not what to_json returns: {error}"
        ) from None
    kinds = {"Sequential": Sequential, **as_custom(custom_objects)}
    if not isinstance(name, str) or name not in kinds:
        own = f"custom_objects={{{name!r}: {name}}}" if isinstance(name, str) else "custom_objects="
        raise ValueError(f"unknown model {shown(name)}: give your own classes, {own}")
    with custom_names(custom_objects):
        return kinds[name].from_config(config)
