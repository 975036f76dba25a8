"""The file format of models and weights: one zip file of JSON and .npy arrays.

docs/file_format.md describes it.  Reading trusts nothing: members are stored without
compression, so that no size can be larger than the file itself; every array's shape, dtype
and length are compared with what the JSON lists before it is read; arrays of Python objects
are refused; and nothing in a file is ever executed.
"""

from __future__ import annotations

import io
import json
import math
import re
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, NoReturn, cast

import numpy as np
from numpy.typing import NDArray

from autograd.atomic import as_path, replacing
from autograd.formatting import shown
from nn.saving.opening import CarefulFile, exactly, legible, npy_header, open_zip, require_file

__all__ = ["FORMAT", "VERSION", "Arrays", "read", "write"]

Array = NDArray[Any]
Arrays = dict[str, list[tuple[str, Array]]]
"""For each section ("weights", "optimizer") the names and arrays, in order."""

FORMAT, VERSION = "chainrule", 1
MANIFEST = "model.json"
SECTIONS = ("weights", "optimizer")

_LARGEST_MANIFEST = 16 * 2**20
_MOST_PARTS = 200_000  # lists and objects, each some hundred bytes of memory
_LONGEST_NUMBER = 100
_DEEPEST = 100
_FILE = re.compile(r"(weights|optimizer)/[0-9]{1,9}\.npy", re.ASCII)
_DTYPES = ("float32", "float64")
_LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the same model gives the same bytes


# --- writing ----------------------------------------------------------------------------------


def write(path: Any, manifest: Mapping[str, Any], arrays: Arrays, overwrite: bool = True) -> None:
    """Write the manifest and the arrays as one file, whole or not at all.

    Raises:
        TypeError: the manifest holds something that JSON does not know.
        ValueError: it holds nan or an infinity, or more than `read` would read, or an array
            is not of float32 or float64.
        FileExistsError: there is a file, and it is not to be overwritten.
    """
    members: list[tuple[str, bytes]] = []
    index: dict[str, list[dict[str, Any]]] = {}
    for section in SECTIONS:
        index[section] = []
        for number, (name, array) in enumerate(arrays.get(section, ())):
            if array.dtype.name not in _DTYPES:
                raise ValueError(f"{name} is an array of {array.dtype}, not of float32 or float64")
            file = f"{section}/{number}.npy"
            index[section].append(
                {
                    "name": name,
                    "file": file,
                    "shape": list(array.shape),
                    "dtype": array.dtype.name,
                }
            )
            members.append((file, _as_npy(array)))
    place = as_path(path)
    text = _as_json({"format": FORMAT, "version": VERSION, **manifest, "arrays": index})
    try:
        _index(place, _parse(place, text))
    except _Refusal as refusal:  # what cannot be read again is not written
        raise ValueError(legible(refusal)) from None
    with replacing(place, overwrite) as file_object, zipfile.ZipFile(file_object, "w") as archive:
        for name, content in [(MANIFEST, text), *members]:
            info = zipfile.ZipInfo(name, _LONG_AGO)
            info.external_attr = 0o644 << 16
            archive.writestr(info, content)


def _as_npy(array: Array) -> bytes:
    buffer = io.BytesIO()
    little = np.array(array, array.dtype.newbyteorder("<"), order="C")
    np.lib.format.write_array(buffer, little, version=(1, 0), allow_pickle=False)
    return buffer.getvalue()


def _as_json(manifest: Mapping[str, Any]) -> bytes:
    try:
        text = json.dumps(manifest, indent=1, allow_nan=False, default=_as_plain)
    except RecursionError:
        raise ValueError("a configuration that contains itself cannot be saved") from None
    except ValueError as error:
        raise ValueError(
            f"a configuration holds nan, an infinity or itself, which JSON cannot hold: {error}"
        ) from None
    if text != json.dumps(json.loads(text), indent=1):
        raise TypeError("a configuration has a dict with two keys that are one in JSON: 1 and '1'")
    return text.encode("utf-8")


def _as_plain(thing: Any) -> Any:
    if isinstance(thing, np.generic):
        return thing.item()
    raise TypeError(
        f"a configuration holds {shown(thing)}, a {type(thing).__name__}, which JSON does not "
        "know: get_config returns numbers, strings, True, False, None, lists and dicts"
    )


# --- reading ----------------------------------------------------------------------------------


def read(path: Any) -> tuple[dict[str, Any], Arrays]:
    """Return the manifest and the arrays of a file that `write` has written.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is another kind of file, damaged, or does not keep to the format; the
            message names the file and what is wrong.
    """
    place = require_file(path)
    with CarefulFile(place) as file:
        refuse_other_formats(place, file.read(16))
        file.seek(0)
        try:
            with open_zip(file) as archive:
                return _read_archive(place, archive, file.length)
        except _Refusal as refusal:
            raise ValueError(legible(refusal)) from refusal.__cause__
        except _DAMAGE as error:
            raise ValueError(legible(f"{place} is damaged or cut short: {error}")) from error


class _Refusal(Exception):  # noqa: N818 - becomes a ValueError at the door
    """What is wrong with a file, told apart from the errors of the zip library."""


_DAMAGE = (
    zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, OSError, RuntimeError, ValueError,
    KeyError, IndexError, OverflowError, NotImplementedError, MemoryError, struct.error,
)  # fmt: skip


def _refuse(place: Path, what: str) -> NoReturn:
    raise _Refusal(f"{place}: {what}")


_CARRY_OVER = (
    'in the program that wrote it, np.savez("w.npz", *model.get_weights()); here, build the same '
    'layers and model.set_weights(list(np.load("w.npz").values()))'
)


def refuse_other_formats(place: Path, start: bytes) -> None:
    """Tell a file that is no zip file at all by its first bytes."""
    if start.startswith(b"PK\x03\x04"):
        return
    if start.startswith(b"\x89HDF\r\n\x1a\n"):
        what = f"an HDF5 file, as Keras writes. To bring the weights over: {_CARRY_OVER}"
    elif not start:
        what = "empty"
    elif start.startswith((b"\x80", b"PK\x05\x06")):
        what = "a pickle or an empty archive, not a model; pickles are never opened"
    elif start[8:9] == b"{":
        what = "a safetensors file, which holds weights alone: use model.load_weights"
    elif start.startswith(b"\x93NUMPY"):
        what = "one .npy array, not a model"
    else:
        what = f"not a model file: it begins with {start[:8]!r}"
    raise ValueError(legible(f"{place} is {what}"))


def _refuse_other_archives(place: Path, names: set[str]) -> None:
    if "model.weights.h5" in names or {"config.json", "metadata.json"} <= names:
        _refuse(
            place,
            "written by Keras itself, whose format is another. To bring the weights over: "
            + _CARRY_OVER,
        )
    if any(name.endswith("data.pkl") for name in names):
        _refuse(place, "written by PyTorch; pickles are never opened. Save it as safetensors there")
    if names and all(name.endswith(".npy") for name in names):
        _refuse(place, "an .npz file of numpy: use model.set_weights(list(np.load(path).values()))")
    _refuse(place, f"a zip file without {MANIFEST}, not one that chainrule has written")


def _read_archive(
    place: Path, archive: zipfile.ZipFile, size: int
) -> tuple[dict[str, Any], Arrays]:
    infos = {info.filename: info for info in archive.infolist()}
    if MANIFEST not in infos:
        _refuse_other_archives(place, set(infos))
    if len(infos) != len(archive.infolist()):
        _refuse(place, "two members of one name")
    for info in infos.values():
        # stored as they are: a small file cannot unpack to a large one
        if info.compress_type != zipfile.ZIP_STORED or info.file_size != info.compress_size:
            _refuse(place, f"the member {info.filename!r:.60} is compressed, and none should be")
        if info.flag_bits & 0x1:
            _refuse(place, f"the member {info.filename!r:.60} is encrypted")
    if sum(info.file_size for info in infos.values()) > size:
        _refuse(place, "its members claim to be larger than the file")
    if infos[MANIFEST].file_size > _LARGEST_MANIFEST:
        _refuse(place, f"{MANIFEST} is larger than {_LARGEST_MANIFEST} bytes")
    manifest = _parse(place, archive.read(MANIFEST))
    index = _index(place, manifest)
    listed = {entry["file"] for entries in index.values() for entry in entries}
    for name in infos:
        if name != MANIFEST and name not in listed:
            _refuse(place, f"the member {name!r:.60} is not listed in {MANIFEST}")
    for name in sorted(listed):
        if name not in infos:
            _refuse(place, f"{MANIFEST} lists {name!r}, and there is no such member")
    arrays: Arrays = {section: [] for section in SECTIONS}
    for section, entries in index.items():
        for entry in entries:
            with archive.open(infos[entry["file"]]) as member:
                array = _from_npy(place, entry, cast(BinaryIO, member))
            arrays[section].append((entry["name"], array))
    return manifest, arrays


def _from_npy(place: Path, entry: Mapping[str, Any], member: BinaryIO) -> Array:
    shape, dtype = tuple(entry["shape"]), np.dtype(entry["dtype"])
    where = f"the array {entry['file']}"
    try:
        version, kind, fortran, stored = npy_header(member)
    except (ValueError, EOFError) as error:
        raise _Refusal(f"{place}: {where}: {error}") from error
    if version != (1, 0):
        _refuse(place, f"{where} is not of version 1.0 of the .npy format")
    if stored != shape or kind != dtype.newbyteorder("<").str or fortran:
        order = " in Fortran's order" if fortran else ""
        _refuse(
            place,
            f"{where} says it has shape {stored!r:.60} and dtype {kind!r:.60}{order}, "
            f"and {MANIFEST} lists {shape} and {dtype}",
        )
    content = exactly(member, math.prod(shape) * dtype.itemsize)
    if member.read(1):  # the checksum is compared with the last byte
        _refuse(place, f"{where} goes on after its {len(content)} bytes of data")
    array: Array = np.frombuffer(content, kind).reshape(shape)
    return array.astype(dtype, copy=False)


def _parse(place: Path, text: bytes) -> dict[str, Any]:
    def constant(name: str) -> NoReturn:
        _refuse(place, f"{MANIFEST} holds {name}, which is no JSON")

    def number(digits: str) -> float:
        value = float(digits)
        if math.isinf(value):
            _refuse(place, f"{MANIFEST} holds {digits:.20}, too large for a float")
        return value

    def integer(digits: str) -> int:
        if len(digits) > _LONGEST_NUMBER:
            _refuse(place, f"{MANIFEST} holds an integer of {len(digits)} digits")
        return int(digits)

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in pairs:
            if key in found:
                _refuse(place, f"{MANIFEST} has the key {key!r:.60} twice in one object")
            found[key] = value
        return found

    if len(text) > _LARGEST_MANIFEST:
        _refuse(place, f"{MANIFEST} is larger than {_LARGEST_MANIFEST} bytes")
    if text.count(b"[") + text.count(b"{") > _MOST_PARTS:
        _refuse(place, f"{MANIFEST} has more than {_MOST_PARTS} lists and objects")
    try:
        manifest = json.loads(
            text.decode("utf-8"), parse_constant=constant, parse_float=number,
            parse_int=integer, object_pairs_hook=unique,
        )  # fmt: skip
    except RecursionError:
        _refuse(place, f"{MANIFEST} is nested too deeply")
    except ValueError as error:
        raise _Refusal(f"{place}: {MANIFEST} is not JSON: {error}") from error
    if _depth(manifest) > _DEEPEST:
        _refuse(place, f"{MANIFEST} is nested more than {_DEEPEST} deep")
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        _refuse(place, f'{MANIFEST} does not say "format": "{FORMAT}"')
    version: Any = manifest.get("version")
    if not _is_count(version):
        _refuse(place, f"{MANIFEST} has the version {version!r:.60}, which is no number")
    if version > VERSION:
        _refuse(
            place,
            f"written in version {version} of the format, and this chainrule reads up to "
            f"{VERSION}: install a newer one",
        )
    return manifest


def _depth(thing: Any) -> int:
    deepest, level = 0, [thing]
    while level:
        deepest += 1
        inner: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                inner.extend(item.values())
            elif isinstance(item, list):
                inner.extend(item)
        level = inner
    return deepest


def _index(place: Path, manifest: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Return the lists of arrays, once they are found to be what they should be."""
    index = manifest.get("arrays")
    if not isinstance(index, dict) or set(index) != set(SECTIONS):
        _refuse(place, f'"arrays" in {MANIFEST} has the lists {" and ".join(SECTIONS)}')
    files: set[str] = set()
    for section, entries in index.items():
        if not isinstance(entries, list):
            _refuse(place, f'"{section}" in {MANIFEST} is no list')
        names: set[str] = set()
        for entry in entries:
            if not isinstance(entry, dict) or set(entry) != {"name", "file", "shape", "dtype"}:
                _refuse(place, f"an array in {MANIFEST} has name, file, shape and dtype")
            _check_entry(place, section, entry)
            if entry["file"] in files or entry["name"] in names:
                _refuse(place, f"{MANIFEST} lists {entry['name']!r:.60} or its file twice")
            files.add(entry["file"])
            names.add(entry["name"])
    return index


def _check_entry(place: Path, section: str, entry: Mapping[str, Any]) -> None:
    name, file, shape, dtype = (entry[key] for key in ("name", "file", "shape", "dtype"))
    if not isinstance(name, str) or not name:
        _refuse(place, f"an array in {MANIFEST} has the name {name!r:.60}")
    matched = isinstance(file, str) and _FILE.fullmatch(file)
    if not matched or not file.startswith(f"{section}/"):
        _refuse(place, f"the file of {name!r:.60} is called {file!r:.60}, not {section}/NUMBER.npy")
    if not isinstance(shape, list) or len(shape) > 32 or not all(map(_is_count, shape)):
        _refuse(place, f"the shape of {name!r:.60} is {shape!r:.60}, not a list of lengths")
    if dtype not in _DTYPES:
        _refuse(place, f"the dtype of {name!r:.60} is {dtype!r:.60}, not {' or '.join(_DTYPES)}")


def _is_count(number: Any) -> bool:
    return type(number) is int and 0 <= number < 2**48
