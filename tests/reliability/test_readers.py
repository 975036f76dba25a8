"""A short run of the fuzzer of files, which has no need of atheris."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.reliability import readers

READERS = readers.readers()


@pytest.mark.skipif(sys.platform == "win32", reason="memory is measured as on POSIX")
def test_files_that_say_anything(capsys: pytest.CaptureFixture[str]) -> None:
    assert readers.main(["--plain", "--runs", "60", "--only", "model", "--only", "csv"]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == "readers: 2 readers, 120 files, seed 0, at random: 0 faults"


@pytest.mark.parametrize("name", READERS)
def test_mutations_of_one_reader(name: str, tmp_path: Path) -> None:
    draw, reader = random.Random(name), READERS[name]
    read = 0
    for _ in range(100):
        part = readers.mutated(draw.choice(reader.parts), draw)
        wrong = readers.fault(reader, part, tmp_path / "file")
        assert wrong is None, (wrong, part[:200])
    for part in reader.parts:  # what is mutated can be read as it is
        (tmp_path / "file").write_bytes(reader.file(part))
        reader.read(tmp_path / "file")
        read += 1
    assert read == len(reader.parts)


@pytest.mark.parametrize("name", READERS)
def test_cut_off_at_every_byte_and_every_bit_turned(name: str, tmp_path: Path) -> None:
    reader = READERS[name]
    part = min(reader.parts, key=len)
    places = range(0, len(part), max(1, len(part) // 100))  # every byte of a small file
    for place in places:
        turned = bytearray(part)
        turned[place] ^= 1 << (place % 8)
        for content in (part[:place], bytes(turned)):
            wrong = readers.fault(reader, content, tmp_path / "file")
            assert wrong is None, (wrong, place)


def failing(error: BaseException) -> Callable[[Path], None]:
    def read(path: Path) -> None:
        raise error

    return read


def test_faults_are_found(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for error, message in [
        (KeyError("a"), "KeyError"),
        (RecursionError(), "RecursionError"),
        (ValueError("damaged"), "the file is not named"),
        (ValueError(f"{path}: \x1b[2J"), "cannot be printed"),
        (ValueError(f"{path}: " + "a" * 3000), "characters of message"),
        (MemoryError(), "MemoryError"),
    ]:
        reader = readers.Reader([b"x"], readers.as_it_is, failing(error))
        assert message in (readers.fault(reader, b"x", path) or "")
    good = readers.Reader([b"x"], readers.as_it_is, failing(ValueError(f"{path} is damaged")))
    assert readers.fault(good, b"x", path) is None


def test_the_same_seed_gives_the_same_files() -> None:
    part = READERS["manifest"].parts[0]
    first, second = ([readers.mutated(part, random.Random(s)) for s in range(50)] for _ in range(2))
    assert first == second
    assert len({*first, part}) > 45
    assert sum(_is_json(each) for each in first) > 10


def _is_json(part: bytes) -> bool:
    try:
        json.loads(part)
    except ValueError:
        return False
    return True
