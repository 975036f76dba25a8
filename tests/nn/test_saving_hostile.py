"""Files made to do harm: bombs, pipes, names for a terminal; and how much memory they get."""

from __future__ import annotations

import gzip
import io
import os
import pickle
import struct
import sys
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nn
from nn import callbacks, layers, limits, models, saving
from nn.datasets import mnist
from nn.saving import archive, opening
from nn.saving.weights import weight_names
from tests.nn.test_saving import network, npy, rewritten

Read = Callable[[Path], Any]


def load_weights(path: Path) -> None:
    models.Sequential([layers.Dense(1, input_shape=[2])]).load_weights(path)


def load_digits(path: Path) -> None:
    mnist.load_data(path, sha256="")


def log_more(path: Path) -> None:
    logger = callbacks.CSVLogger(path, append=True)
    logger.on_train_begin()
    logger.on_epoch_end(0, {"loss": 1.0})


READERS: dict[str, Read] = {
    "load_model": saving.load_model,
    "load_weights": load_weights,
    "mnist": load_digits,
    "idx": mnist.read_idx,
    "CSVLogger": log_more,
}


@contextmanager
def at_most(mebibytes: float) -> Iterator[None]:
    """Fail if more memory is asked for inside the block, numpy's arrays among it."""
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < mebibytes * 2**20, f"{peak / 2**20:.0f} MiB"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "model.keras"
    network(epochs=0).save(path)
    return path


# --- what is no file at all -------------------------------------------------------------------


@pytest.mark.skipif(os.name != "posix", reason="pipes and devices are those of POSIX")
@pytest.mark.parametrize("name", READERS)
def test_pipes_and_devices_are_not_waited_for(name: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/dev/zero")
    for path in (tmp_path / "pipe", tmp_path / "link", Path("/dev/zero")):
        with pytest.raises(ValueError, match="no file but a") as caught:
            READERS[name](path)
        assert str(path) in str(caught.value)


@pytest.mark.skipif(os.name != "posix", reason="links are those of POSIX")
def test_links(file: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(file)
    assert saving.load_model(tmp_path / "link").built
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    (tmp_path / "dangling").symlink_to(tmp_path / "nothing")
    for name in ("circle", "dangling"):
        with pytest.raises(FileNotFoundError, match=f"there is no file .*{name}"):
            saving.load_model(tmp_path / name)


@pytest.mark.parametrize("name", ["load_model", "load_weights", "mnist", "idx"])
@pytest.mark.parametrize(
    "content",
    [
        b"", b"\x89PNG\r\n\x1a\n", b"\x89HDF\r\n\x1a\n", pickle.dumps([1]),
        b"PK\x05\x06" + bytes(18), b"\x1f\x8b\x08\0", b"\xff" * 40, b"\x93NUMPY",
        b"PK\x03\x04" + b"\xff" * 60,
    ],
)  # fmt: skip
def test_other_formats(name: str, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="file"):
        READERS[name](path)


def test_what_pytorch_writes(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")
    path = tmp_path / "net.pt"
    for zipped in (True, False):
        torch.save({"w": torch.ones(2)}, path, _use_new_zipfile_serialization=zipped)
        for name in ("load_model", "load_weights"):
            with pytest.raises(ValueError, match="pickles are never opened"):
                READERS[name](path)


def test_names_for_a_terminal_are_escaped(tmp_path: Path) -> None:
    path = tmp_path / "a\x1b[2Jb"
    for name in ("load_model", "load_weights"):
        with pytest.raises(FileNotFoundError, match=r"a\\x1b\[2Jb"):
            READERS[name](path)
        path.write_bytes(b"hello")
        with pytest.raises(ValueError, match=r"a\\x1b\[2Jb"):
            READERS[name](path)
        path.unlink()
    model = models.Sequential([layers.Dense(1, input_shape=[2], name="\x1b[2J")], name="\x1b[1m")
    model.save(tmp_path / "m")
    changed = rewritten(tmp_path / "m", lambda m: m["model"]["config"]["layers"][0].pop("config"))
    with pytest.raises(ValueError, match="can be built") as caught:
        saving.load_model(changed)
    assert str(caught.value).isprintable()
    with pytest.raises(ValueError, match=r"does not fit \\x1b\[1m") as caught:
        model.load_weights(saved(network(epochs=0), tmp_path / "other"))
    assert str(caught.value).isprintable()


def saved(model: Any, path: Path) -> Path:
    model.save(path)
    return path


# --- bombs ------------------------------------------------------------------------------------


def test_a_directory_of_millions(tmp_path: Path) -> None:
    """One entry takes 60 bytes in the file and a thousand in memory."""
    path = tmp_path / "many"
    entry = struct.pack("<4s6H3L5H2L", b"PK\x01\x02", *(20, 20, 0, 0, 0, 33), *(0, 0, 0),
                        *(1, 0, 0, 0, 0), *(0, 0)) + b"a"  # fmt: skip
    directory = entry * 200_000
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0, 0, len(directory), 4, 0)
    path.write_bytes(b"PK\x03\x04" + directory + end)
    for read in (saving.load_model, load_digits):
        with at_most(12), pytest.raises(ValueError, match="directory is larger than"):
            read(path)


def test_an_array_that_is_said_to_be_huge(file: Path) -> None:
    def edit(manifest: dict[str, Any]) -> None:
        manifest["arrays"]["weights"][0]["shape"] = [10**6, 10**6]

    huge = npy(np.zeros(4, np.float32)).replace(b"(4,), }" + b" " * 14, b"(1000000, 1000000), }")
    assert b"(1000000, 1000000)" in huge
    path = rewritten(file, edit, {"weights/0.npy": huge})
    with at_most(12), pytest.raises(ValueError, match="cut off: 16 bytes instead of 4000000000000"):
        saving.load_model(path)


def test_json_that_becomes_large(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for text in (b"[" + b"[]," * 10**6 + b"[]]", b" " * (archive._LARGEST_MANIFEST + 1)):
        path = rewritten(file, members={"model.json": text})
        with at_most(3 * len(text) / 2**20 + 2), pytest.raises(ValueError, match=r"model\.json"):
            saving.load_model(path)
    # two of a hundred thousand keys are the same, at the end
    keys = ",".join(f'"{number}":0' for number in [*range(100_000), 99_999])
    with pytest.raises(ValueError, match="the key '99999' twice"):
        saving.load_model(rewritten(file, members={"model.json": f"{{{keys}}}".encode()}))


def test_layers_that_would_be_huge(file: Path) -> None:
    def edit(manifest: dict[str, Any]) -> None:
        manifest["model"]["config"]["layers"] += [
            {"class_name": "Dense", "config": {"units": 20_000, "input_shape": [1]}},
            {"class_name": "Dense", "config": {"units": 20_000, "input_shape": [1]}},
        ]

    with at_most(12), pytest.raises(ValueError, match="more weights than the 57 that the file"):
        saving.load_model(rewritten(file, edit))


def test_the_limit_is_that_of_the_block() -> None:
    with pytest.raises(ValueError, match="more weights than the 9"), limits.weights_limited_to(9):
        layers.Dense(2).build((None, 4))
    with limits.weights_limited_to(10):
        layers.Dense(2).build((None, 4))
        with pytest.raises(ValueError, match=r"more weights than the 10 .*: 2 in one array"):
            layers.Dense(2).build((None, 0))
    large = layers.Dense(200)
    large.build((None, 4))
    assert large.count_params() == 1000


@pytest.mark.parametrize("kind", ["npz", "idx"])
def test_compressed_digits_are_not_unpacked_without_end(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mnist, "LARGEST", 2**20)
    path = tmp_path / "bomb"
    if kind == "npz":
        zeros = np.zeros((50_000, 28, 28), np.uint8)
        np.savez_compressed(path, x_train=zeros, y_train=zeros[:, 0, 0], x_test=zeros, y_test=zeros)
        path = path.with_suffix(".npz")
    else:
        sizes = struct.pack(">3I", 50_000, 28, 28)
        path.write_bytes(gzip.compress(b"\0\0\x08\x03" + sizes + bytes(50_000 * 784)))
    assert path.stat().st_size < 2**18
    with at_most(8), pytest.raises(ValueError, match="an array of 39200000 numbers is larger than"):
        (load_digits if kind == "npz" else mnist.read_idx)(path)


def test_digits_that_are_damaged_where_they_are_compressed(tmp_path: Path) -> None:
    content = bytearray(gzip.compress(b"\0\0\x08\x01\0\0\0\x04abcd"))
    content[10] = 0xFF  # the first block is of a kind that there is not
    (tmp_path / "idx").write_bytes(content)
    with pytest.raises(ValueError, match=r"idx cannot be read: .*invalid"):
        mnist.read_idx(tmp_path / "idx")
    arrays = {name: np.zeros(9, np.uint8) for name in ("x_train", "y_train", "x_test", "y_test")}
    path = tmp_path / "digits.npz"
    np.savez_compressed(path, **arrays)
    whole = path.read_bytes()
    with zipfile.ZipFile(path) as opened:
        (info, *_) = opened.infolist()
    start = info.header_offset + 30 + len(info.filename) + whole[info.header_offset + 28]
    for edit, message in [
        (lambda b: b.__setitem__(start, 0xFF), "invalid"),
        # the flag of a member that is encrypted, here and in the directory
        (lambda b: [b.__setitem__(at + 8 - 2 * (at == 0), 1) for at in (0, b.index(b"PK\1\2"))],
         "encrypted"),
        (lambda b: [b.__setitem__(at + 10 - 2 * (at == 0), 14) for at in (0, b.index(b"PK\1\2"))],
         "compressed in a way"),
    ]:  # fmt: skip
        changed = bytearray(whole)
        edit(changed)
        path.write_bytes(changed)
        with pytest.raises(ValueError, match=rf"digits\.npz is not an .*{message}"):
            mnist.load_data(path, sha256="")


@pytest.mark.parametrize(
    "header",
    [
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (4, 5", b"(" * 200, b"-" * 5000 + b"1",
        b"{'descr': __import__('os').abort(), 'fortran_order': False, 'shape': (4, 5), }",
        b"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (), }", b"'''", b"\x0c\\",
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (4L, 5L), }",
    ],
)  # fmt: skip
def test_headers_that_python_would_choke_on(header: bytes) -> None:
    content = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header
    with pytest.raises(ValueError, match=r"no proper \.npy header"):
        opening.npy_header(io.BytesIO(content))


def test_headers_of_every_version() -> None:
    for version, order in [((1, 0), "C"), ((2, 0), "F"), ((3, 0), "C")]:
        for shape in [(), (3,), (2, 3), (0, 4)]:
            written = npy(np.zeros(shape, np.uint8, order=order), version=version)
            found = opening.npy_header(io.BytesIO(written))
            fortran = order == "F" and shape == (2, 3)  # the others are of both orders
            assert found == (version, "|u1", fortran, shape)
    with pytest.raises(ValueError, match="is 16777216 bytes long"):
        opening.npy_header(io.BytesIO(b"\x93NUMPY\x02\x00\0\0\0\1"))


def test_safetensors_whose_header_has_no_end(tmp_path: Path) -> None:
    pytest.importorskip("safetensors", reason="safetensors is not installed")
    path = tmp_path / "m.safetensors"
    with open(path, "wb") as made:
        made.write(struct.pack("<Q", 2**25) + b"{")
        made.truncate(2**25 + 8)
    with at_most(1), pytest.raises(ValueError, match="header is said to be 33554432 bytes long"):
        load_weights(path)
    name = "\x1b[2J" + "a" * 1000
    from safetensors.numpy import save_file

    save_file({name: np.ones(2, np.float32)}, str(path))
    with pytest.raises(ValueError, match=r"unexpected \\x1b\[2Ja*…") as caught:
        load_weights(path)
    assert len(str(caught.value)) < 400


# --- what is written can be read --------------------------------------------------------------


def test_what_could_not_be_read_is_not_written(file: Path) -> None:
    before = file.read_bytes()
    model: Any = models.Sequential([layers.Dense(1, input_shape=[2])])
    for _ in range(40):
        model = models.Sequential([model])
    with pytest.raises(ValueError, match="is nested more than 100 deep"):
        model.save(file)
    model = network(epochs=0)
    model.get_config = lambda: {"number": 10**200}
    with pytest.raises(ValueError, match="an integer of 201 digits"):
        model.save(file)
    assert file.read_bytes() == before


def test_every_weight_has_a_name_of_its_own(tmp_path: Path) -> None:
    class Odd(models.Model):
        def __init__(self) -> None:
            super().__init__(name="odd")
            self.first = layers.Dense(1, name="a")
            self.second = layers.Dense(1, name="a")
            self.third = Named()

        def call(self, x: Any) -> Any:
            return self.third(self.second(self.first(x)))

    class Named(layers.Layer):
        def build(self, input_shape: Any) -> None:
            self.kernel_1 = self.add_weight((1,), name="kernel_1")
            self.kernel = self.add_weight((1,), name="kernel")

        def __init__(self) -> None:
            super().__init__(name="a")

        def call(self, x: Any) -> Any:
            return x * self.kernel

    model = Odd()
    model.predict(np.ones((1, 1)), verbose=0)
    names = weight_names(model)
    assert len(set(names)) == len(names) == 6
    model.save_weights(tmp_path / "odd.weights")
    model.load_weights(tmp_path / "odd.weights")


# --- callbacks --------------------------------------------------------------------------------


def test_a_log_whose_last_row_was_broken_off(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes(b"epoch,loss\r\n0,1.5\r\n1,1.")
    log_more(path)
    assert path.read_bytes() == b"epoch,loss\r\n0,1.5\r\n1,1.\r\n0,1.0\r\n"


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a" * 200_000])
def test_a_log_that_is_none(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"log\.csv is no CSV file to go on with"):
        log_more(path)
    assert path.read_bytes() == content


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on the size of files there")
def test_a_row_that_does_not_fit_on_the_disk_is_not_begun(tmp_path: Path) -> None:
    import resource
    import signal

    path = tmp_path / "log.csv"
    log_more(path)
    before = path.read_bytes()
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 3, limit[1]))
        with pytest.raises(OSError, match="File too large") as caught:
            log_more(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        signal.signal(signal.SIGXFSZ, handler)
    assert caught.value.filename == str(path)
    assert path.read_bytes() == before


def test_an_epoch_that_could_not_be_saved_is_not_the_best(tmp_path: Path) -> None:
    class Full(nn.Sequential):
        def save(self, path: Any, *args: Any, **options: Any) -> None:
            saves.append(path)
            if len(saves) == 1:
                raise OSError("no room")

    saves: list[Any] = []
    checkpoint = callbacks.ModelCheckpoint(tmp_path / "m.keras", save_best_only=True)
    checkpoint.set_model(Full())
    checkpoint.on_train_begin()
    with pytest.raises(OSError, match="no room"):
        checkpoint.on_epoch_end(0, {"val_loss": 1.0})
    checkpoint.on_epoch_end(1, {"val_loss": 2.0})
    assert len(saves) == 2
    checkpoint.on_epoch_end(2, {"val_loss": 3.0})
    assert len(saves) == 2
