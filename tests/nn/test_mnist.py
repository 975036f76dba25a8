"""MNIST from small files of the same formats; nothing here needs a network."""

from __future__ import annotations

import gzip
import hashlib
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nn.datasets import mnist

RNG = np.random.default_rng(0)
ARRAYS = {
    "x_train": RNG.integers(0, 256, (6, 28, 28), dtype=np.uint8),
    "y_train": np.array([5, 0, 4, 1, 9, 2], dtype=np.uint8),
    "x_test": RNG.integers(0, 256, (3, 28, 28), dtype=np.uint8),
    "y_test": np.array([7, 2, 1], dtype=np.uint8),
}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home, and no network."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    monkeypatch.delenv("KERAS_HOME", raising=False)
    monkeypatch.setattr(mnist, "ORIGIN", (tmp_path / "nowhere.npz").as_uri())
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "home"


@pytest.fixture
def npz(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that passes for Keras's."""
    file = tmp_path / "digits.npz"
    np.savez(file, **ARRAYS)
    monkeypatch.setattr(mnist, "SHA256", hashlib.sha256(file.read_bytes()).hexdigest())
    return file


def put(file: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mnist.npz").write_bytes(file.read_bytes())


def idx(array: Any) -> bytes:
    sizes = struct.pack(f">{array.ndim}I", *array.shape)
    return bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes()


def put_idx(folder: Path, compressed: bool = False, dotted: bool = False) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in zip(mnist.IDX_FILES, ARRAYS.values(), strict=True):
        name = name.replace("-idx", ".idx") if dotted else name
        content = idx(array)
        if compressed:
            name, content = name + ".gz", gzip.compress(content)
        (folder / name).write_bytes(content)


def check(data: Any) -> None:
    (x_train, y_train), (x_test, y_test) = data
    for found, name in zip((x_train, y_train, x_test, y_test), ARRAYS, strict=True):
        assert found.dtype == np.uint8
        assert (found == ARRAYS[name]).all()
        found[:1] = 0  # it belongs to the caller


def test_a_file_by_its_path(npz: Path) -> None:
    check(mnist.load_data(npz))
    check(mnist.load_data(str(npz)))


def test_keras_caches(npz: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(npz, home / ".keras" / "datasets")
    check(mnist.load_data())
    (home / ".keras" / "datasets" / "mnist.npz").write_bytes(b"damaged")
    monkeypatch.setenv("KERAS_HOME", str(home / "elsewhere"))
    put(npz, home / "elsewhere" / "datasets")  # comes first
    check(mnist.load_data())


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("dotted", [False, True])
def test_idx_files(tmp_path: Path, home: Path, compressed: bool, dotted: bool) -> None:
    put_idx(tmp_path / "raw", compressed, dotted)
    check(mnist.load_data(tmp_path / "raw"))
    put_idx(home / ".keras" / "datasets", compressed, dotted)
    check(mnist.load_data())


def test_a_compressed_file_without_its_ending(tmp_path: Path) -> None:
    (tmp_path / "labels").write_bytes(gzip.compress(idx(ARRAYS["y_test"])))
    assert mnist.read_idx(tmp_path / "labels").tolist() == [7, 2, 1]


def test_a_folder_with_the_npz(npz: Path, tmp_path: Path) -> None:
    put(npz, tmp_path / "data")
    check(mnist.load_data(tmp_path / "data"))


def test_a_folder_with_too_little(tmp_path: Path) -> None:
    put_idx(tmp_path)
    (tmp_path / mnist.IDX_FILES[1]).unlink()
    with pytest.raises(FileNotFoundError, match=r"no mnist.npz.*train-labels-idx1-ubyte \(or .gz"):
        mnist.load_data(tmp_path)


def test_download(npz: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mnist, "ORIGIN", npz.as_uri())
    check(mnist.load_data())
    folder = home / ".keras" / "datasets"
    assert [file.name for file in folder.iterdir()] == ["mnist.npz"]
    monkeypatch.setattr(mnist, "ORIGIN", "https://127.0.0.1:9/no")
    check(mnist.load_data())  # from the file now


def test_a_download_of_something_else(
    npz: Path, home: Path, tmp_path: Path, monkeypatch: Any
) -> None:
    (tmp_path / "page.html").write_text("please log in")
    monkeypatch.setattr(mnist, "ORIGIN", (tmp_path / "page.html").as_uri())
    with pytest.raises(ValueError, match=r"what file:.* sent is not Keras's mnist.npz"):
        mnist.load_data()
    assert list((home / ".keras" / "datasets").iterdir()) == []


def test_no_file_and_no_network(home: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        mnist.load_data()
    text = str(caught.value)
    assert f"put it at {home / '.keras' / 'datasets' / 'mnist.npz'}" in text
    assert mnist.ORIGIN in text
    assert "train-images-idx3-ubyte" in text
    assert list((home / ".keras" / "datasets").iterdir()) == []


def test_a_path_that_is_not_there_is_not_downloaded(
    npz: Path, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr(mnist, "ORIGIN", npz.as_uri())
    with pytest.raises(FileNotFoundError, match=r"there is no .*mnist.npz: get "):
        mnist.load_data(tmp_path / "no" / "mnist.npz")


def test_the_checksum(npz: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = mnist.SHA256
    monkeypatch.setattr(mnist, "SHA256", "0" * 64)
    with pytest.raises(ValueError, match=f"its SHA-256 is {found}, not 0000"):
        mnist.load_data(npz)
    check(mnist.load_data(npz, sha256=found.upper()))
    check(mnist.load_data(npz, sha256=""))


def test_the_checksum_is_that_of_keras() -> None:
    assert mnist.SHA256 == "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x_test": None}, "is not an .npz file with the arrays"),
        ({"x_train": np.zeros((6, 28, 27), np.uint8)}, r"is not MNIST: .*\(6, 28, 27\)"),
        ({"y_train": np.zeros(5, np.uint8)}, "is not MNIST"),
        ({"y_train": np.zeros(6)}, "y_train.npy is an array of <f8, not of bytes"),
        ({"y_test": np.array([0, 1, 12], np.uint8)}, "is not MNIST: it has the digit 12"),
        ({"y_test": np.array([print, 1, 2], object)}, r"is not an \.npz file.*array of \|O"),
    ],
)
def test_another_npz(change: Any, message: str, tmp_path: Path) -> None:
    arrays = {name: a for name, a in {**ARRAYS, **change}.items() if a is not None}
    np.savez(tmp_path / "other.npz", **arrays)
    with pytest.raises(ValueError, match=message):
        mnist.load_data(tmp_path / "other.npz", sha256="")


@pytest.mark.parametrize("keep", [0, 3, 100, -30])
def test_a_truncated_npz(npz: Path, keep: int) -> None:
    npz.write_bytes(npz.read_bytes()[:keep])
    with pytest.raises(ValueError, match=r"is not Keras's mnist.npz, or it is damaged"):
        mnist.load_data(npz)
    with pytest.raises(ValueError, match=r"is not an \.npz file, or it is cut off"):
        mnist.load_data(npz, sha256="")


def test_a_single_array(tmp_path: Path) -> None:
    np.save(tmp_path / "one.npy", ARRAYS["x_test"])
    with pytest.raises(ValueError, match=r"is not an \.npz file"):
        mnist.load_data(tmp_path / "one.npy", sha256="")


def test_a_zip_that_is_damaged_inside(npz: Path) -> None:
    content = bytearray(npz.read_bytes())
    content[300:400] = b"x" * 100
    npz.write_bytes(content)
    with pytest.raises(ValueError, match=r"is not an \.npz file with the arrays .*CRC"):
        mnist.load_data(npz, sha256="")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not an IDX file of bytes: it begins with b''"),
        (b"PK\x03\x04....", "is not an IDX file of bytes"),
        (b"\0\0\x0d\x01" + b"\0" * 8, "is not an IDX file of bytes"),  # floats
        (b"\0\0\x08\x07" + b"\0" * 40, "is not an IDX file of bytes"),
        (b"\0\0\x08\x01\0\0", "is cut off: 2 bytes instead of 4"),
        (b"\0\0\x08\x01\0\0\0\x04abc", "is cut off: 3 bytes instead of 4"),
        (b"\0\0\x08\x01\0\0\0\x04abcde", "goes on after its 4 numbers"),
        (b"\0\0\x08\x03" + b"\xff" * 12 + b"abc", "an array of 79228.* numbers is larger than"),
    ],
)
def test_idx_files_that_are_none(content: bytes, message: str, tmp_path: Path) -> None:
    for name, written in [("plain", content), ("packed", gzip.compress(content))]:
        (tmp_path / name).write_bytes(written)
        with pytest.raises(ValueError, match=message):
            mnist.read_idx(tmp_path / name)


def test_a_compressed_file_that_is_cut_off(tmp_path: Path) -> None:
    packed = gzip.compress(idx(ARRAYS["x_train"]))
    (tmp_path / "cut").write_bytes(packed[: len(packed) // 2])
    with pytest.raises(ValueError, match="cannot be read: "):
        mnist.read_idx(tmp_path / "cut")


def test_images_and_labels_of_different_numbers(tmp_path: Path) -> None:
    put_idx(tmp_path)
    (tmp_path / mnist.IDX_FILES[1]).write_bytes(idx(ARRAYS["y_test"]))
    with pytest.raises(ValueError, match=r"is not MNIST: .*\(6, 28, 28\).*\(3,\)"):
        mnist.load_data(tmp_path)
