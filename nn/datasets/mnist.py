"""MNIST: 70 000 handwritten digits of 28 × 28 pixels (LeCun, Cortes and Burges 1998).

Read from Keras's `mnist.npz` or from the four original IDX files, plain or compressed; nothing
in a file is ever executed.
"""

from __future__ import annotations

import gzip
import hashlib
import math
import os
import shutil
import struct
import urllib.request
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from autograd.atomic import replacing
from nn.saving.opening import CarefulFile, exactly, legible, npy_header, open_zip, require_file

__all__ = ["load_data", "read_idx"]

ORIGIN = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"
"""Of Keras's mnist.npz."""

LARGEST = 2**30
"""The most bytes of an array; MNIST's images have 47 million."""

TIMEOUT = 30.0
"""Seconds without an answer after which a download is given up."""

IDX_FILES = (
    "train-images-idx3-ubyte", "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte",
)  # fmt: skip

Images = NDArray[np.uint8]
Half = tuple[Images, Images]


def load_data(
    path: str | os.PathLike[str] = "mnist.npz", sha256: str | None = None
) -> tuple[Half, Half]:
    """Return (x_train, y_train), (x_test, y_test): images (n, 28, 28) from 0 to 255, and digits.

    A name without a folder is looked for here, then in `$KERAS_HOME/datasets` and in
    `~/.keras/datasets`, where Keras keeps it; the four IDX files may lie there as well.  If
    nothing is found, the file is downloaded to the first of these two.

    Args:
        path: an .npz file, or a folder with that file or with the four IDX files.
        sha256: what the .npz file has to be; Keras's file if not given, "" for anything.

    Raises:
        FileNotFoundError: no file, and no download; the message says where to put it.
        ValueError: a file that is damaged or not MNIST.
    """
    expected = SHA256 if sha256 is None else sha256
    path = Path(path).expanduser()
    if path.is_dir():
        return _from_folder(path, expected)
    if path.exists():
        return _from_npz(path, expected)
    folders = _keras_folders()
    if path != Path(path.name):
        raise FileNotFoundError(f"there is no {path}: {_remedy(folders[0])}")
    for folder in folders:
        if (folder / path).exists():
            return _from_npz(folder / path, expected)
        if all(_idx_file(folder, name) for name in IDX_FILES):
            return _from_idx(folder)
    target = folders[0] / path
    try:
        _download(target, expected)
    except OSError as error:
        raise FileNotFoundError(
            f"there is no {path}, and it could not be downloaded ({error}): {_remedy(folders[0])}"
        ) from error
    return _from_npz(target, expected)


def _keras_folders() -> list[Path]:
    homes = [Path(home) for home in [os.environ.get("KERAS_HOME")] if home]
    return [home.expanduser() / "datasets" for home in [*homes, Path("~/.keras")]]


def _remedy(folder: Path) -> str:
    return (
        f"get {ORIGIN} elsewhere and put it at {folder / 'mnist.npz'}, or put the four files "
        f"{', '.join(IDX_FILES)} (or .gz) into one folder, and give the file's or the folder's "
        "path to load_data"
    )


def _download(target: Path, expected: str) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with replacing(target) as file, urllib.request.urlopen(ORIGIN, timeout=TIMEOUT) as answer:
        shutil.copyfileobj(answer, file)
        file.flush()
        _check_sum(Path(file.name), expected, f"what {ORIGIN} sent")


def _check_sum(file: Path, expected: str, what: str) -> None:
    if not expected:
        return
    sum = hashlib.sha256()
    with open(file, "rb") as opened:
        while piece := opened.read(1 << 20):
            sum.update(piece)
    if sum.hexdigest() != expected.lower():
        raise ValueError(
            f"{what} is not Keras's mnist.npz, or it is damaged: its SHA-256 is "
            f"{sum.hexdigest()}, not {expected}; delete it, or say sha256='' if it is another "
            "file that you trust"
        )


# --- Keras's file -----------------------------------------------------------------------------


def _from_npz(path: Path, expected: str) -> tuple[Half, Half]:
    path = require_file(path)
    _check_sum(path, expected, str(path))
    names = ("x_train", "y_train", "x_test", "y_test")
    if not zipfile.is_zipfile(path):
        raise ValueError(f"{path} is not an .npz file, or it is cut off")
    try:
        with CarefulFile(path) as file, open_zip(file) as archive:
            x_train, y_train, x_test, y_test = (_member(archive, f"{n}.npy") for n in names)
    except _DAMAGE as error:
        raise ValueError(
            legible(f"{path} is not an .npz file with the arrays {', '.join(names)}: {error}")
        ) from error
    return _half(x_train, y_train, path), _half(x_test, y_test, path)


_DAMAGE = (
    ValueError, LookupError, OSError, EOFError, RuntimeError, NotImplementedError, MemoryError,
    OverflowError, struct.error, zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error,
)  # fmt: skip


def _member(archive: zipfile.ZipFile, name: str) -> Images:
    info = archive.getinfo(name)
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(f"{name} is compressed in a way that np.savez_compressed does not use")
    with archive.open(info) as member:
        _, kind, fortran, shape = npy_header(cast(BinaryIO, member))
        if kind != "|u1":
            raise ValueError(f"{name} is an array of {kind}, not of bytes")
        content = _exactly(cast(BinaryIO, member), shape)
        if member.read(1):  # the checksum is compared with the last byte
            raise ValueError(f"{name} goes on after its {len(content)} numbers")
    return np.frombuffer(content, np.uint8).reshape(shape, order="F" if fortran else "C")


def _half(images: Any, digits: Any, path: Path) -> Half:
    good = images.dtype == digits.dtype == np.uint8 and images.ndim == 3 and digits.ndim == 1
    if not good or images.shape[1:] != (28, 28) or len(images) != len(digits):
        raise ValueError(
            f"{path} is not MNIST: images (n, 28, 28) and digits (n,) of uint8 are expected, not "
            f"{images.shape} of {images.dtype} and {digits.shape} of {digits.dtype}"
        )
    if len(digits) and digits.max() > 9:
        raise ValueError(f"{path} is not MNIST: it has the digit {int(digits.max())}")
    return images, digits


# --- the original files -----------------------------------------------------------------------


def _from_folder(folder: Path, expected: str) -> tuple[Half, Half]:
    if (folder / "mnist.npz").exists():
        return _from_npz(folder / "mnist.npz", expected)
    return _from_idx(folder)


def _from_idx(folder: Path) -> tuple[Half, Half]:
    found = {name: _idx_file(folder, name) for name in IDX_FILES}
    missing = [name for name, file in found.items() if file is None]
    if missing:
        raise FileNotFoundError(
            f"{folder} has no mnist.npz, and of the four IDX files {', '.join(missing)} "
            "(or .gz) is missing"
        )
    arrays = [read_idx(file) for file in found.values() if file is not None]
    return _half(arrays[0], arrays[1], folder), _half(arrays[2], arrays[3], folder)


def _idx_file(folder: Path, name: str) -> Path | None:
    # some copies are called train-images.idx3-ubyte
    names = [f"{n}{end}" for n in (name, name.replace("-idx", ".idx")) for end in ("", ".gz")]
    return next((folder / n for n in names if (folder / n).is_file()), None)


def read_idx(path: str | os.PathLike[str]) -> Images:
    """Return the array of an IDX file of bytes, compressed or not.

    The file begins with two zero bytes, 8 for unsigned bytes and the number of dimensions, then
    has each size as four bytes, the highest first, and then the numbers.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: not such a file, or one that is cut off or too long.
    """
    path = require_file(path)
    with open(path, "rb") as start:
        compressed = start.read(2) == b"\x1f\x8b"
    try:
        with cast(BinaryIO, gzip.open(path) if compressed else open(path, "rb")) as file:
            magic = file.read(4)
            if magic[:3] != b"\0\0\x08" or len(magic) < 4 or not 1 <= magic[3] <= 3:
                raise ValueError(f"{path} is not an IDX file of bytes: it begins with {magic!r}")
            sizes = struct.unpack(f">{magic[3]}I", exactly(file, 4 * magic[3]))
            numbers = _exactly(file, sizes)
            if file.read(1):
                raise ValueError(f"{path} goes on after its {len(numbers)} numbers")
    except (OSError, EOFError, MemoryError, zlib.error) as error:
        raise ValueError(legible(f"{path} cannot be read: {error}")) from error
    # of a bytearray, so that it may be written to
    return np.frombuffer(numbers, dtype=np.uint8).reshape(sizes)


def _exactly(file: BinaryIO, shape: Sequence[int]) -> bytearray:
    count = math.prod(shape)
    if count > LARGEST:  # a compressed file of a few bytes can hold any number of zeros
        raise EOFError(f"an array of {count} numbers is larger than {LARGEST}")
    return exactly(file, count)
