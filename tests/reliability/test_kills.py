"""What stays on the disk when a writer is killed, the disk is full or the folder closed."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("kills and limits are those of POSIX", allow_module_level=True)

import viz
from tests.reliability import kills

WRITERS = {writer.name: writer for writer in kills.writers()}


def test_killed_at_any_moment(capsys: pytest.CaptureFixture[str]) -> None:
    assert kills.main(["--times", "35"]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith(f"kills: {len(WRITERS)} writers, 35 kills, seed 0: ")
    assert last.endswith(" 0 a torn one")


def test_a_writer_that_writes_in_place_is_found_out() -> None:
    def write(path: Path, version: int) -> None:
        with open(path, "wb", buffering=0) as file:
            for _ in range(200):
                file.write(bytes([version]) * 1000)

    writer = kills.Writer("file", write, kills.one_of)
    with tempfile.TemporaryDirectory() as folder:
        tally = kills.killed(writer, 30, kills.random.Random(0), Path(folder))
    assert tally.torn


def test_a_log_that_lost_something_is_found_out(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    for content in (b"a,b\r\n1,2\r\n3,", b"a,b\r\n1,3\r\n", b"a,b\r\n1,2\r\n3\r\n"):
        path.write_bytes(content)
        with pytest.raises(kills.Torn):
            kills.rows_are_whole(path, [b"a,b\r\n1,2\r\n"])


# --- in a child of its own, whose rights and limits are other ones ----------------------------


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may enter, which those of pytest are not."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        yield Path(name)


def in_child(work: str, name: str, path: Path) -> str:
    """Let a forked child prepare itself and write; return the error that it met."""
    heard, said = os.pipe()
    child = kills.fork()
    if child == 0:
        try:
            if work == "limit":
                import resource
                import signal

                signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
                resource.setrlimit(resource.RLIMIT_FSIZE, (700, 700))
            elif os.geteuid() == 0:
                os.setgid(65534)
                os.setuid(65534)  # permissions do not bind root
                os.listdir(Path(viz.__file__).parent)  # a page is made of files there
            WRITERS[name].write(path, 1)
            text = "nothing"
        except BaseException as error:
            text = f"{type(error).__name__}: {error}"
        finally:
            os.write(said, text.encode())
            os._exit(0)
    os.close(said)
    with os.fdopen(heard, "rb") as answer:
        text = answer.read().decode()
    os.waitpid(child, 0)
    return text


@pytest.mark.parametrize("name", WRITERS)
def test_a_full_disk(name: str, open_folder: Path) -> None:
    path = open_folder / name
    WRITERS[name].write(path, 0)
    before = path.read_bytes()
    answer = in_child("limit", name, path)
    assert answer.startswith("OSError: [Errno 27]")
    assert str(path) in answer
    assert path.read_bytes().startswith(before)  # the log has grown by some rows
    WRITERS[name].judge(path, [before])
    assert os.listdir(open_folder) == [name]


@pytest.mark.parametrize("name", [name for name in WRITERS if name != "log.csv"])
def test_a_folder_that_may_not_be_written_to(name: str, open_folder: Path) -> None:
    path = open_folder / name
    WRITERS[name].write(path, 0)
    before = path.read_bytes()
    os.chmod(open_folder, 0o555)
    try:
        answer = in_child("rights", name, path)
    finally:
        os.chmod(open_folder, 0o755)
    if str(Path(viz.__file__).parent) in answer:
        pytest.skip("nobody else may read where the project lies")
    assert answer.startswith("PermissionError: ")
    assert str(path) in answer
    assert path.read_bytes() == before
    assert os.listdir(open_folder) == [name]


@pytest.mark.parametrize("name", [name for name in WRITERS if name != "checkpoint.keras"])
def test_a_folder_that_is_missing(name: str, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        WRITERS[name].write(tmp_path / "nowhere" / name, 0)
    assert os.listdir(tmp_path) == []


def test_a_small_disk_that_is_full(tmp_path: Path) -> None:
    """The same with a real disk of 16 KiB, where one may be mounted."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(tmp_path)]
    try:
        mounted = subprocess.run(mount, capture_output=True).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("no disk may be mounted here")
    try:
        path = tmp_path / "model.keras"
        path.write_bytes(b"before")
        with pytest.raises(OSError, match="No space left on device") as caught:
            WRITERS["model.keras"].write(path, 0)
        assert caught.value.filename == str(path)
        assert path.read_bytes() == b"before"
        assert os.listdir(tmp_path) == ["model.keras"]
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)
