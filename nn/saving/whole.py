"""A model as a file: architecture, weights, and the state of its training."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from autograd.formatting import shown
from nn.layers.layer import Layer
from nn.limits import weights_limited_to
from nn.names import custom_names, described, nearest, refuse_namesake
from nn.random import generator
from nn.saving import chance
from nn.saving.archive import Arrays, read, write
from nn.saving.opening import legible, require_file
from nn.saving.weights import named_weights, set_weights

__all__ = ["describe", "load_model", "save_model"]

_NUMBERS = ("iterations", "learning_rate")


def save_model(
    model: Any, path: str | Path, overwrite: bool = True, include_optimizer: bool = True
) -> None:
    """Write a model to one file, whole or not at all.

    Args:
        model: a `Sequential`, or a model of your own with a `get_config`.
        path: the file's name, in a folder that exists.
        overwrite: whether a file of that name may be replaced.
        include_optimizer: write how the model was compiled and the optimizer's state, so
            that training can go on where it was; and with them the state of the random
            generators.

    Raises:
        TypeError: it is no model, or its config holds something that JSON does not know.
        ValueError: its config holds nan or an infinity; or a class of your own in it has a name
            that nn has too, or a config that lacks arguments.
        FileExistsError: there is a file, and it is not to be overwritten.

    >>> from nn import layers, models
    >>> save_model(models.Sequential([layers.Dense(1, input_shape=[2])]), "line.keras")
    >>> load_model("line.keras").count_params()
    3
    """
    if not isinstance(model, Layer) or not hasattr(model, "get_compile_config"):
        raise TypeError(f"save_model takes a model, not {shown(model)}")
    built = model.input_shape if model.built else None
    manifest: dict[str, Any] = {
        "kind": "model",
        "model": {
            **describe(model),
            "build_input_shape": None if built is None else list(built),
        },
        "compile": model.get_compile_config() if include_optimizer else None,
        "optimizer": None,
        "random": None,
    }
    arrays: Arrays = {"weights": named_weights(model)}
    if manifest["compile"] is not None:
        state = model.optimizer.state(model.weights)
        manifest["optimizer"] = {key: state[key] for key in _NUMBERS if key in state}
        manifest["random"] = chance.describe(model)
        arrays["optimizer"] = [(key, state[key]) for key in state if key not in _NUMBERS]
    write(path, manifest, arrays, overwrite)


def describe(model: Any) -> dict[str, Any]:
    """Return the class and the config of a model, without its weights.

    Raises:
        ValueError: the class is the user's, and has a name that nn has too, or a config that
            lacks arguments.
    """
    refuse_namesake(type(model), _own_models().get(type(model).__name__), "model")
    return described(model)


def load_model(
    path: str | Path,
    custom_objects: Mapping[str, Any] | None = None,
    compile: bool = True,
    restore_random: bool = False,
) -> Any:
    """Return the model that a file holds, ready to predict and to train on.

    Nothing in the file is executed: classes and functions are `nn`'s own, found by their
    names, or those of `custom_objects`.

    To train on to the same numbers, bit for bit, as without the break::

        model = load_model("half.keras", restore_random=True)
        model.fit(x, y, initial_epoch=2, epochs=4)

    Args:
        path: what `model.save` has written.
        custom_objects: your own layers, losses, … by name: ``{"MyLayer": MyLayer}``.
        compile: whether to compile the model as it was, with the optimizer's state.
        restore_random: set nn's random generator to where it stood when the model was saved,
            so that shuffling and dropout go on as they would have.  The whole program draws
            from that generator, and otherwise loading leaves it alone.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: another kind of file, a damaged one, or one that does not keep to the
            format; the message names the file and what is wrong.
    """
    place = require_file(path)
    manifest, arrays = read(place)
    if manifest.get("kind") != "model":
        raise ValueError(
            f"{legible(place)} holds weights alone: build the model, then "
            f"model.load_weights({str(path)!r})"
        )
    custom = dict(custom_objects or {})
    # the starting weights that are drawn and replaced should not change what is drawn later
    bits = generator().bit_generator
    before = bits.state
    try:
        described = _dict(manifest, "model")
        kind = _class(described.get("class_name"), custom)
        config = _dict(described, "config")
        shape = described.get("build_input_shape")
        shape = None if not shape else tuple(shape)
        held = sum(array.size for _, array in arrays["weights"])
        with custom_names(custom), weights_limited_to(held):
            model = kind.from_config(config)
            if shape is not None and not model.built:
                model.build(shape)
        set_weights(model, arrays["weights"])
        compiled = manifest.get("compile")
        if compile and compiled is not None:
            model.compile_from_config(_dict(manifest, "compile"), custom_objects=custom)
            numbers = _dict(manifest, "optimizer")
            state = {key: numbers[key] for key in _NUMBERS if key in numbers}
            model.optimizer.load_state({**state, **dict(arrays["optimizer"])}, model.weights)
            chance.restore_layers(model, manifest.get("random"))
        if restore_random:
            chance.restore(manifest.get("random"))
            before = bits.state
    except _UNFIT as error:
        what = str(error) or type(error).__name__
        what = f"{place} does not describe a model that can be built: {what}"
        raise ValueError(legible(what)) from error
    finally:
        bits.state = before
    return model


# what classes raise when they are made with arguments that do not fit
_UNFIT = (
    TypeError, ValueError, LookupError, AttributeError, ArithmeticError, MemoryError,
    RecursionError,
)  # fmt: skip


def _dict(inside: Mapping[str, Any], key: str) -> dict[str, Any]:
    found = inside.get(key)
    if not isinstance(found, dict):
        raise ValueError(f"{key!r} is {found!r:.60}, not an object")
    return found


def _class(name: Any, custom: Mapping[str, Any]) -> Any:
    own = _own_models()
    if isinstance(name, str) and name in custom:
        return custom[name]
    if isinstance(name, str) and name in own:
        return own[name]
    close = nearest(str(name), own)
    guess = f"did you mean {close!r}? " if close else ""
    raise ValueError(
        f"its class is {name!r:.60}, which nn does not have. {guess}A class of your own is given "
        "as load_model(path, custom_objects={'Name': Name})"
    )


def _own_models() -> dict[str, Any]:
    return {kind.__name__: kind for kind in _subclasses(Layer) if _is_model(kind)}


def _is_model(kind: type) -> bool:
    # nn.models stands on this package and cannot be imported here: its classes are found as
    # what nn has made of Layer
    return kind.__module__.split(".")[:2] == ["nn", "models"] and hasattr(kind, "from_config")


def _subclasses(kind: Any) -> Iterator[Any]:
    for below in kind.__subclasses__():
        yield below
        yield from _subclasses(below)
