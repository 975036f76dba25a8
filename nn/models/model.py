"""Model: a layer made of layers, which can be trained, described and saved."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from inspect import signature
from pathlib import Path
from typing import Any

from autograd import no_grad
from autograd.formatting import shown
from nn import saving
from nn.checks import as_flag, as_place
from nn.layers.layer import Layer, Shape, zeros_of
from nn.models.summary import summary
from nn.models.training import Trainer
from nn.names import as_arguments, as_custom
from nn.saving.whole import describe

__all__ = ["Model"]


class Model(Trainer):
    """A network of your own: assign layers in ``__init__`` and use them in ``call``.

    A model is itself a layer, and a part of other models.  For layers that simply follow one
    another there is `Sequential`.

    Args:
        name: what it is called; the name of the class if not given.
        trainable: whether its weights are parameters.
        dtype: "float32" or "float64".

    >>> import numpy as np
    >>> from nn import layers
    >>> class Skip(Model):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.hidden = layers.Dense(2, activation="relu")
    ...         self.out = layers.Dense(1)
    ...     def call(self, x):
    ...         return self.out(self.hidden(x) + x)
    >>> model = Skip()
    >>> model.compile("adam", "mse")
    >>> history = model.fit(np.ones((4, 2)), np.zeros(4), verbose=0)
    >>> [layer.name.split("_")[0] for layer in model.layers], model.count_params()
    (['dense', 'dense'], 9)
    """

    def __init__(self, *args: Any, name: str | None = None, **options: Any) -> None:
        if args or {"inputs", "outputs"} & options.keys():
            raise TypeError(
                "Model(inputs, outputs) is Keras's functional way, which nn does not have: use "
                "Sequential([...]), or a class of your own with a call(x)"
            )
        super().__init__(name=name, **options)

    def build(self, input_shape: Shape) -> None:
        """Make the weights of all layers, by calling the model with zeros of this shape.

        Args:
            input_shape: the shape of a batch, None standing for the number of samples.
        """
        zeros = zeros_of(input_shape, self.dtype)
        with no_grad():
            self.call(zeros)

    @property
    def layers(self) -> list[Layer]:
        """The layers that the model is made of, in order."""
        return _layers_in(list(vars(self).values()))

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """Return one of `layers`.

        Args:
            name: the one of this name.
            index: or the one at this place, from 0.

        Raises:
            ValueError: there is none.
        """
        if (name is None) == (index is None):
            raise ValueError("get_layer takes the name of a layer or its index")
        layers = self.layers
        if index is not None:
            index = as_place(index, "index")
            if not -len(layers) <= index < len(layers):
                raise ValueError(f"{self.name} has {len(layers)} layers, and none at {index}")
            return layers[index]
        if not isinstance(name, str):
            raise TypeError(f"name is that of a layer, a str, not {shown(name)}")
        for layer in layers:
            if layer.name == name:
                return layer
        names = ", ".join(repr(layer.name) for layer in layers)
        raise ValueError(f"{self.name} has no layer {shown(name)}: there are {names or 'none'}")

    def summary(
        self,
        line_length: int | None = None,
        print_fn: Callable[[str], Any] | None = None,
        expand_nested: bool = False,
        show_trainable: bool = False,
    ) -> None:
        """Print a table of the layers, their output shapes and numbers of parameters.

        Args:
            line_length: the width of the table, in characters.
            print_fn: what is called with the text in place of `print`.
            expand_nested: list the layers of models inside the model as well.
            show_trainable: tell for each layer whether it is trained.

        Raises:
            TypeError: `print_fn` is no function.
            ValueError: a width too small for the table, or another argument out of its range.

        >>> from nn import layers, models
        >>> net = models.Sequential([layers.Dense(3, input_shape=[2], name="only")], name="net")
        >>> net.summary(line_length=54)
        Model: "net"
        ┏━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━┳━━━━━━━━━━┓
        ┃ Layer (type)          ┃ Output Shape    ┃  Param # ┃
        ┡━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━╇━━━━━━━━━━┩
        │ only (Dense)          │ (None, 3)       │        9 │
        └───────────────────────┴─────────────────┴──────────┘
         Total params: 9 (36.00 B)
         Trainable params: 9 (36.00 B)
         Non-trainable params: 0 (0.00 B)
        """
        if print_fn is not None and not callable(print_fn):
            raise TypeError(f"print_fn is a function of the text, not {shown(print_fn)}")
        expand_nested = as_flag(expand_nested, "expand_nested")
        show_trainable = as_flag(show_trainable, "show_trainable")
        (print_fn or print)(summary(self, line_length, expand_nested, show_trainable))

    # --- files ------------------------------------------------------------------------------

    def save(self, filepath: str | Path, overwrite: bool = True) -> None:
        """Write the model to one file: architecture, weights, and the state of its training.

        `nn.models.load_model` reads it, and training can go on where it was: the optimizer's
        moments and the random generator's state are in the file.  The format is described in
        docs/file_format.md.

        Args:
            filepath: the file's name, "model.keras" for instance.
            overwrite: whether a file of that name may be replaced.
        """
        saving.save_model(self, filepath, overwrite=overwrite)

    def save_weights(self, filepath: str | Path, overwrite: bool = True) -> None:
        """Write the weights alone to a file."""
        saving.save_weights(self, filepath, overwrite=overwrite)

    def load_weights(self, filepath: str | Path) -> None:
        """Set the weights to those of a file that `save_weights` wrote for such a model."""
        saving.load_weights(self, filepath)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make the model again, without its weights.

        Raises:
            TypeError: a class of your own whose ``__init__`` takes more than these, and that
                has no `get_config` to say what it was given.
        """
        config = super().get_config()
        if type(self).get_config is Model.get_config:
            more = [name for name in _required(type(self)) if name not in config]
            if more:
                raise TypeError(
                    f"{type(self).__name__} is made with {', '.join(more)}: give it a method "
                    "get_config that returns a dict of what it was made with, added to "
                    "super().get_config(), so that it can be described and saved"
                )
        return config

    @classmethod
    def from_config(
        cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None
    ) -> Any:
        """Return the model that `get_config` describes, with new weights."""
        as_custom(custom_objects)
        config = as_arguments(config, cls)
        parameters = signature(cls).parameters
        takes_all = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
        given = {
            name: value
            for name, value in config.items()
            if takes_all or name in parameters or name not in ("name", "trainable", "dtype")
        }
        model = cls(**given)
        # a class of your own need not take these three
        model.name = config.get("name", model.name)
        if config.get("trainable", model.trainable) != model.trainable:
            model.trainable = config["trainable"]
        return model

    def to_json(self, **options: Any) -> str:
        """Return the architecture as JSON, without weights; `model_from_json` reads it.

        Args:
            options: those of `json.dumps`: ``indent=2``.

        Raises:
            ValueError: a class of your own has a name that nn has too, or a config that lacks
                arguments.
        """
        return json.dumps(describe(self), **options)


def _required(kind: type) -> list[str]:
    """Return the arguments that a class cannot be made without."""
    return [
        p.name
        for p in signature(kind).parameters.values()
        if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
    ]


def _layers_in(things: Any) -> list[Layer]:
    """Return the layers among things and in lists and dicts of them, each once."""
    found: list[Layer] = []
    for thing in things.values() if isinstance(things, dict) else things:
        if isinstance(thing, (list, tuple, dict)):
            found.extend(layer for layer in _layers_in(thing) if layer not in found)
        elif isinstance(thing, Layer) and thing not in found:
            found.append(thing)
    return found
