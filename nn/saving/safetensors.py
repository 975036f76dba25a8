"""Weights as safetensors, the format in which PyTorch and Hugging Face tools exchange them.

A safetensors file is a list of names, dtypes and shapes followed by the numbers: nothing in it
can be executed.  Source: https://huggingface.co/docs/safetensors.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd.atomic import replacing
from autograd.formatting import printable, shown
from nn.module import Module
from nn.names import some
from nn.saving.opening import legible, require_file

__all__ = ["load_safetensors", "read", "save_safetensors", "write"]

Array = NDArray[Any]

_LARGEST_HEADER = 16 * 2**20


def save_safetensors(module: Module, path: str | Path, overwrite: bool = True) -> None:
    """Write the `state_dict` of any module as safetensors, under its own names.

    Args:
        module: a Module; its Values are written as float64 without axes.
        path: the file's name.
        overwrite: whether a file of that name may be replaced.

    Raises:
        TypeError: it is no Module.
        FileExistsError: there is a file, and it is not to be overwritten.
        ImportError: safetensors is not installed.

    >>> from nn import Neuron
    >>> neuron = Neuron(1, seed=0)
    >>> save_safetensors(neuron, "neuron.safetensors")
    >>> before = neuron.state_dict()
    >>> neuron.b.data = 7.0
    >>> load_safetensors(neuron, "neuron.safetensors")
    >>> neuron.state_dict() == before
    True
    """
    if not isinstance(module, Module):
        raise TypeError(f"save_safetensors takes a Module, not {shown(module)}")
    entries = [(name, np.asarray(data)) for name, data in module.state_dict().items()]
    write(path, entries, overwrite)


def load_safetensors(module: Module, path: str | Path) -> None:
    """Set a module's weights to those of a safetensors file, found by their names.

    Args:
        module: a Module whose `state_dict` has the names of the file.
        path: the file's name.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is no safetensors file, or its names or shapes do not fit.
        ImportError: safetensors is not installed.
    """
    if not isinstance(module, Module):
        raise TypeError(f"load_safetensors takes a Module, not {shown(module)}")
    own = module.state_dict()
    try:
        module.load_state_dict(dict(read(path, list(own))))
    except ValueError as error:
        raise ValueError(legible(f"{path}: {error}")) from None


def write(path: Any, entries: Sequence[tuple[str, Array]], overwrite: bool = True) -> None:
    """Write named arrays; their order is noted too, which the format itself does not keep."""
    save = _library().numpy.save
    tensors = {name: np.array(array, order="C") for name, array in entries}
    order = json.dumps(list(tensors))
    content = save(tensors, metadata={"format": "np", "chainrule.order": order})
    start, numbers = _with_sorted_metadata(content)
    with replacing(path, overwrite) as file:
        file.write(start)
        file.write(numbers)


def _with_sorted_metadata(content: bytes) -> tuple[bytes, memoryview]:
    """Return the header and the numbers; the library shuffles the metadata anew for each file."""
    end = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:end])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # the numbers begin at a multiple of 8
    return len(text).to_bytes(8, "little") + text, memoryview(content)[end:]


def read(path: Any, names: Sequence[str]) -> list[tuple[str, Array]]:
    """Return the arrays of a file: of these names and in their order, if it has them.

    If it has others, a file that `write` wrote is returned in the order of its writing.

    Raises:
        ValueError: it is no safetensors file, a damaged one, or has other names.
    """
    library = _library()
    place = require_file(path)
    with open(place, "rb") as opened:
        header = int.from_bytes(opened.read(8), "little")
    if header > min(_LARGEST_HEADER, place.stat().st_size):
        raise ValueError(
            legible(
                f"{place} is no safetensors file that can be read: its header is said to be "
                f"{header} bytes long"
            )
        )
    try:
        with library.safe_open(str(place), framework="np") as file:
            there = list(file.keys())
            order = _order(file.metadata() or {}, there)
            wanted = list(names) if set(names) == set(there) else order
            if wanted is None:
                missing, extra = set(names) - set(there), set(there) - set(names)
                raise _OtherNames(
                    f"its names are not those of the model: missing {_some(missing)}; "
                    f"unexpected {_some(extra)}"
                )
            return [(name, _floats(name, file.get_tensor(name))) for name in wanted]
    except _OtherNames as error:
        raise ValueError(legible(f"{place}: {error}")) from None
    except (library.SafetensorError, TypeError, AttributeError, ValueError) as error:
        what = f"{place} is no safetensors file that can be read: {error}"
        raise ValueError(legible(what)) from error


class _OtherNames(Exception):  # noqa: N818 - becomes a ValueError at the door
    pass


def _some(names: set[str]) -> str:
    return some(printable(name, 60) for name in names)


def _order(metadata: dict[str, str], there: Sequence[str]) -> list[str] | None:
    try:
        order = json.loads(metadata["chainrule.order"])
    except (KeyError, ValueError, RecursionError):
        return None
    proper = isinstance(order, list) and all(isinstance(name, str) for name in order)
    return order if proper and sorted(order) == sorted(there) else None


def _floats(name: str, array: Array) -> Array:
    if array.dtype.kind != "f":
        raise _OtherNames(f"{name!r} is an array of {array.dtype}, not of floats")
    return array


def _library() -> Any:
    try:
        import safetensors
        import safetensors.numpy
    except ImportError as error:
        raise ImportError(
            "safetensors is needed for this: pip install 'chainrule[safetensors]'"
        ) from error
    return safetensors
