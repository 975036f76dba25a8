"""One way to write a file for all packages: whole or not at all, and errors that name it."""

from __future__ import annotations

import ast
import errno
import os
import re
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest

from autograd import atomic
from autograd.atomic import TEMPORARY, as_path, replacing, write_atomically

ROOT = Path(__file__).resolve().parents[2]


def test_a_file_is_there_when_the_block_has_ended(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for content in (b"longer than the second", b"second"):
        with replacing(path) as file:
            file.write(content)
            (temporary,) = set(os.listdir(tmp_path)) - {"file"}
            assert fnmatch(temporary, TEMPORARY)
        assert path.read_bytes() == content
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize("where", ["fsync", "replace"])
@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(errno.EIO, "broken"), ValueError()])
def test_an_error_leaves_what_was_there(
    where: str, error: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"before")

    def fail(*args: object) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(atomic.os, where, fail)
        with pytest.raises(type(error)):
            write_atomically(path, b"after")
    assert path.read_bytes() == b"before"
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize("name", ["ENOSPC", "EFBIG", "EIO", "EROFS"])
def test_an_error_of_the_disk_names_the_file(name: str, tmp_path: Path) -> None:
    code = getattr(errno, name)
    with pytest.raises(OSError, match="broken") as caught, replacing(tmp_path / "file"):
        raise OSError(code, "broken")
    assert caught.value.errno == code
    assert caught.value.filename == str(tmp_path / "file")


def test_an_error_of_something_else_stays_as_it_is(tmp_path: Path) -> None:
    """A download that fails is not the fault of the file that it is written to."""
    for error in (
        ConnectionResetError(errno.ECONNRESET, "reset"),
        TimeoutError("timed out"),
        FileNotFoundError(errno.ENOENT, "No such file", "another"),
    ):
        with pytest.raises(type(error)) as caught, replacing(tmp_path / "file"):
            raise error
        assert caught.value is error


def test_a_name_that_is_too_long(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="too long"):
        write_atomically(tmp_path / ("a" * 300), b"")
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(os.name != "posix", reason="pipes and devices are those of POSIX")
def test_what_is_no_file_is_not_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/dev/null")
    for name in ("pipe", "link"):
        with pytest.raises(FileExistsError, match="no file but a device, a pipe or a socket"):
            write_atomically(tmp_path / name, b"x")
    assert Path("/dev/null").is_char_device()
    assert sorted(os.listdir(tmp_path)) == ["link", "pipe"]


@pytest.mark.parametrize("name", ["a\0b", "a\ud800b", ""])
def test_names_that_no_file_can_have(name: str) -> None:
    with pytest.raises(ValueError, match=r"no file can be called|the path is empty"):
        as_path(name)
    with pytest.raises(TypeError, match=r"a path is a str or a pathlib.Path, not 3"):
        as_path(3)


def test_a_message_names_the_argument() -> None:
    with pytest.raises(TypeError, match=r"^filename is a str or a pathlib.Path, not 3"):
        as_path(3, "filename")
    with pytest.raises(ValueError, match=r"^filename is empty: a name is wanted"):
        as_path("", "filename")


def test_a_message_has_no_control_characters_of_a_path(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="there is no folder") as caught:
        write_atomically(tmp_path / "a\x1b[2Jb" / "c", b"x")
    assert str(caught.value).count(r"a\x1b[2Jb") == 2
    assert str(caught.value).isprintable()


def test_the_engine_does_not_import_it() -> None:
    code = "import sys, autograd; sys.exit('autograd.atomic' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_nothing_else_in_the_packages_writes_files() -> None:
    """Whatever is written for a user goes through this one file."""
    in_place = []
    for package in ("autograd", "nn", "viz", "demos", "benchmarks"):
        for file in (ROOT / package).rglob("*.py"):
            text = file.read_text(encoding="utf-8")
            if not re.search(r"open\(|\.write_|tofile|tempfile", text):
                continue
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.Call) and _writes(node):
                    in_place.append(f"{file.relative_to(ROOT).as_posix()}: {ast.unparse(node)}")
    assert sorted(in_place) == [
        "autograd/atomic.py: open(temporary, 'xb')",
        # the pipe of the parent process
        "benchmarks/worker.py: os.fdopen(os.dup(1), 'w', encoding='utf-8')",
        # a row is added, and taken away again if it is not whole
        "nn/callbacks.py: open(self.filename, 'a+b', buffering=0)",
    ]


def _writes(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name in ("write_text", "write_bytes", "tofile", "mkstemp", "NamedTemporaryFile"):
        return ast.unparse(call.func) != "write_text"  # demos._page's own
    modes = [arg.value for arg in call.args if isinstance(arg, ast.Constant)]
    modes += [each.value.value for each in call.keywords
              if each.arg == "mode" and isinstance(each.value, ast.Constant)]  # fmt: skip
    return name in ("open", "fdopen") and any(set(str(mode)) & set("wax+") for mode in modes
                                              if isinstance(mode, str) and len(mode) <= 3)
