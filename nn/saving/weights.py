"""The weights of a model alone, as a file."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from autograd.atomic import as_path
from autograd.formatting import shown
from nn.layers.layer import Layer
from nn.saving import archive, safetensors
from nn.saving.opening import legible, require_file

__all__ = ["load_weights", "named_weights", "save_weights", "set_weights", "weight_names"]

Array = NDArray[Any]


def weight_names(model: Any) -> list[str]:
    """Return a name for each of `model.weights`: the layer's and the weight's, "dense/kernel".

    >>> from nn import layers, models
    >>> weight_names(models.Sequential([layers.Dense(1, input_shape=[2], name="out")]))
    ['out/kernel', 'out/bias']
    """
    found: dict[int, str] = {}
    _name(model, "", found)
    names: dict[str, None] = {}
    for weight in model.weights:
        name = found[id(weight)]
        tried = (f"{name}_{number}" if number else name for number in itertools.count())
        names[next(each for each in tried if each not in names)] = None
    return list(names)


def _name(module: Any, prefix: str, found: dict[int, str]) -> None:
    for layer in getattr(module, "layers", ()):
        _name(layer, f"{prefix}{layer.name}/", found)
    for path, weight, _ in module._named_weights():  # those that are in no layer
        found.setdefault(id(weight), prefix + path.replace(".", "/"))


def named_weights(model: Any) -> list[tuple[str, Array]]:
    """Return copies of `model.weights` with their names."""
    arrays = (weight.numpy() for weight in model.weights)
    return list(zip(weight_names(model), arrays, strict=True))


def save_weights(model: Any, path: str | Path, overwrite: bool = True) -> None:
    """Write the weights of a model to a file, whole or not at all.

    Args:
        model: a model that is built.
        path: a name ending in ".safetensors" for that format, which PyTorch and Hugging Face
            tools read; any other, "net.weights" for instance, for the format of our own.
        overwrite: whether a file of that name may be replaced.

    Raises:
        ValueError: the model is not built.
        FileExistsError: there is a file, and it is not to be overwritten.
        ImportError: safetensors is not installed.

    >>> from nn import layers, models
    >>> model = models.Sequential([layers.Dense(1, input_shape=[2])])
    >>> save_weights(model, "line.weights")
    >>> load_weights(model, "line.weights")
    """
    _require_built(model, "saved")
    entries = named_weights(model)
    if as_path(path).suffix == ".safetensors":
        safetensors.write(path, entries, overwrite)
    else:
        archive.write(path, {"kind": "weights"}, {"weights": entries}, overwrite)


def load_weights(model: Any, path: str | Path) -> None:
    """Set the weights of a model to those of a file.

    A file that this library wrote is taken in the order of the weights, whatever the layers
    are called; a safetensors file from elsewhere by its names.  Nothing is changed unless
    everything fits.

    Args:
        model: a model that is built.
        path: what `save_weights` or `save` wrote, or any safetensors file.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: another kind of file, a damaged one, or weights that do not fit the model.
    """
    _require_built(model, "loaded")
    place = require_file(path)
    with open(place, "rb") as file:
        start = file.read(9)
    if start[8:] == b"{" or place.suffix == ".safetensors":
        entries = safetensors.read(place, weight_names(model))
    else:
        _, arrays = archive.read(place)
        entries = arrays["weights"]
    try:
        set_weights(model, entries)
    except ValueError as error:
        raise ValueError(legible(f"{place} does not fit {model.name}: {error}")) from None


def set_weights(model: Any, entries: Sequence[tuple[str, Array]]) -> None:
    """Set the weights of a model, in their order, once all of them are found to fit."""
    weights, names = model.weights, weight_names(model)
    if len(entries) != len(weights):
        raise ValueError(f"the model has {len(weights)} weights, and the file {len(entries)}")
    for (name, array), weight, own in zip(entries, weights, names, strict=True):
        if array.shape != weight.shape or _last(name) != _last(own):
            raise ValueError(
                f"the model's {own!r} has the shape {weight.shape}, "
                f"and the file has {name!r} of the shape {array.shape} in its place"
            )
    model.set_weights([array for _, array in entries])


def _last(name: str) -> str:
    return name.rpartition("/")[2]


def _require_built(model: Any, done: str) -> None:
    if not isinstance(model, Layer):
        raise TypeError(f"a model is wanted, not {shown(model)}")
    if not model.built:
        raise ValueError(
            f"the weights of {model.name} cannot be {done}: it has none yet. Put "
            "Input(shape=(features,)) first, or call it with data"
        )
