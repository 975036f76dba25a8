"""Opening a file that may be anything: what is no file, names that are no text, bombs."""

from __future__ import annotations

import io
import os
import re
import struct
import sys
import zipfile
from pathlib import Path
from typing import Any, BinaryIO

from autograd.atomic import as_path
from autograd.formatting import printable

__all__ = ["CarefulFile", "exactly", "legible", "npy_header", "open_zip", "require_file"]

_LARGEST_DIRECTORY = 4 * 2**20  # of a zip file: some 70 000 members
_LONGEST_HEADER = 2**16
_LONGEST_MESSAGE = 1000
_HEADER = re.compile(
    rb"\{'descr': *'([^']{1,20})', *'fortran_order': *(True|False), *"
    rb"'shape': *\(([0-9, ]{0,1000})\), *\} *\n?"
)


def legible(what: Any) -> str:
    r"""Return the text of an error as a terminal can show it, whatever a file put into it.

    >>> print(legible("the layer \x1b[2J"))
    the layer \x1b[2J
    """
    return printable(str(what), _LONGEST_MESSAGE)


def require_file(path: Any) -> Path:
    """Return a path as a Path, or say what is there if it is not a file.

    Raises:
        FileNotFoundError: there is nothing.
        ValueError: a folder; or a device or a pipe, which could go on for ever.
    """
    place = as_path(path)
    if not place.exists():
        raise FileNotFoundError(f"there is no file {legible(place)}")
    if place.is_dir():
        saved = place / "saved_model.pb"
        kind = "a TensorFlow SavedModel folder" if saved.exists() else "a folder"
        raise ValueError(f"{legible(place)} is {kind}, not a file")
    if not place.is_file():
        raise ValueError(f"{legible(place)} is no file but a device, a pipe or a socket")
    return place


class CarefulFile(io.BufferedReader):
    """A file to be opened by `open_zip`, which cannot be made to read a directory of gigabytes."""

    def __init__(self, place: Path) -> None:
        super().__init__(io.FileIO(place))
        self.longest = _LARGEST_DIRECTORY
        self.length = os.fstat(self.fileno()).st_size

    def read(self, size: int | None = -1, /) -> bytes:
        """Read, but no more at once than is allowed."""
        if size is not None and size > self.longest:
            raise zipfile.BadZipFile(f"its directory is larger than {_LARGEST_DIRECTORY} bytes")
        return super().read(size)


def open_zip(file: CarefulFile) -> zipfile.ZipFile:
    """Open a zip file whose directory is not too large to be held in memory."""
    archive = zipfile.ZipFile(file)
    file.longest = sys.maxsize
    return archive


def npy_header(file: BinaryIO) -> tuple[tuple[int, int], str, bool, tuple[int, ...]]:
    """Return version, dtype, whether in Fortran's order, and shape of the .npy array in a file.

    numpy's own reader takes the header for a Python expression; here nothing but the form in
    which numpy writes it is understood.

    Raises:
        ValueError: there is no such header.
    """
    start = file.read(8)
    if start[:6] != b"\x93NUMPY" or len(start) < 8:
        raise ValueError(f"it has no .npy header: it begins with {start!r}")
    length = "<H" if start[6] == 1 else "<I"
    (count,) = struct.unpack(length, exactly(file, struct.calcsize(length)))
    if count > _LONGEST_HEADER:
        raise ValueError(f"its .npy header is {count} bytes long")
    text = exactly(file, count)
    found = _HEADER.fullmatch(text)
    if found is None:
        raise ValueError(f"it has no proper .npy header: {text!r:.120}")
    shape = tuple(int(length) for length in re.findall(rb"[0-9]{1,100}", found[3]))
    return (start[6], start[7]), found[1].decode("ascii"), found[2] == b"True", shape


def exactly(file: BinaryIO, count: int) -> bytearray:
    """Read as many bytes, in pieces: a false number must not ask for terabytes.

    Raises:
        EOFError: there are fewer.
    """
    found = bytearray()
    while len(found) < count:
        piece = file.read(min(count - len(found), 1 << 20))
        if not piece:
            raise EOFError(f"it is cut off: {len(found)} bytes instead of {count}")
        found += piece
    return found
