"""Every reader of files under mutated files: it returns, or raises a ValueError that says why.

    python -m tests.reliability.readers --minutes 10 --seed 0

With atheris (pip install atheris) the mutations are guided by coverage; without it they are
drawn at random.  Each reader runs in a process of its own, whose memory is measured.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import re
import struct
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
GROWTH = 512 * 2**20
"""Bytes of memory by which a reader's process may grow; its files have a few thousand."""

WORDS = [
    "NaN", "-Infinity", "1e999", "-1", "0", "0.5", "true", "null", "999999999999", "9" * 40,
    "[]", "{}", "[[[[[[", '""', '"a"', r'"\u001b"', r'"\ud800"', '"Dense"', '"Sequential"',
    '"InputLayer"', '"Dropout"', '"units"', '"shape"', '"input_shape"', '"batch_shape"',
    '"build_input_shape"', "PK\x03\x04", "PK\x01\x02", "PK\x05\x06", "PK\x06\x06", "PK\x06\x07",
    "(", "'|O'", "'<f4'", "1_0", "inf", ";",
]  # fmt: skip


class Reader(NamedTuple):
    """What is fuzzed: the mutated part of a file, how it becomes a file, and what reads it."""

    parts: list[bytes]
    file: Callable[[bytes], bytes]
    read: Callable[[Path], Any]


def as_it_is(part: bytes) -> bytes:
    return part


@cache
def readers() -> dict[str, Reader]:
    import numpy as np

    from demos._data import read_csv
    from nn import layers, models, saving, utils
    from nn.datasets import mnist

    utils.set_random_seed(0)
    model = models.Sequential(
        [
            layers.Input(shape=(3,)),
            layers.Dense(2, activation="relu", kernel_regularizer="l2", name="a"),
            layers.BatchNormalization(name="b"),
            layers.Dropout(0.5, seed=1, name="c"),
            layers.Dense(1, name="d"),
        ],
        name="m",
    )
    model.compile("adam", "mse")
    model.fit(np.ones((4, 3)), np.ones((4, 1)), verbose=0)
    with tempfile.TemporaryDirectory() as folder:

        def written(name: str, write: Callable[[Path], Any]) -> bytes:
            write(Path(folder, name))
            return Path(folder, name).read_bytes()

        whole = written("m.keras", model.save)
        weights = written("m.weights", model.save_weights)
        tensors = b""
        if find_spec("safetensors"):
            tensors = written("m.safetensors", model.save_weights)
    members = unzipped(whole)
    digits = {
        f"{kind}_{half}.npy": np.zeros((2, 28, 28) if kind == "x" else 2, np.uint8)
        for half in ("train", "test")
        for kind in ("x", "y")
    }
    arrays = {name: npy(array) for name, array in digits.items()}
    image = arrays["x_train.npy"]
    idx = b"\0\0\x08\x03" + struct.pack(">3I", 1, 28, 28) + bytes(784)
    load = saving.load_model
    found = {
        "model": Reader([whole, zipped(members)], as_it_is, load),
        "manifest": Reader([members["model.json"]], part_of(members, "model.json"), load),
        "array": Reader([members["weights/0.npy"]], part_of(members, "weights/0.npy"), load),
        "weights": Reader([weights, whole], as_it_is, model.load_weights),
        "npz": Reader([zipped(arrays)], as_it_is, partial(mnist.load_data, sha256="")),
        "npz array": Reader(
            [image], part_of(arrays, "x_train.npy"), partial(mnist.load_data, sha256="")
        ),
        "idx": Reader([idx, gzipped(idx)], as_it_is, mnist.read_idx),
        "csv": Reader([b'a,"b",c\n1,2.5,3\n\n4,5e3,6\n'], as_it_is, read_csv),
    }
    if tensors:
        (length,) = struct.unpack("<Q", tensors[:8])
        numbers = tensors[8 + length :]
        found["safetensors"] = Reader([tensors], as_it_is, model.load_weights)
        found["safetensors header"] = Reader(
            [tensors[8 : 8 + length]],
            lambda part: struct.pack("<Q", len(part)) + part + numbers,
            model.load_weights,
        )
    return found


def npy(array: Any) -> bytes:
    import numpy as np

    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, array)
    return buffer.getvalue()


def gzipped(content: bytes) -> bytes:
    import gzip

    return gzip.compress(content, mtime=0)


def unzipped(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(members: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, compression)
    return buffer.getvalue()


def part_of(members: dict[str, bytes], name: str) -> Callable[[bytes], bytes]:
    """Return what puts a part in its place, with a checksum that is right."""
    return lambda part: zipped({**members, name: part})


def fault(reader: Reader, part: bytes, path: Path) -> str | None:
    """Return what a reader does wrong with a file."""
    path.write_bytes(reader.file(part))
    try:
        reader.read(path)
    except ValueError as error:
        text = str(error)
        if str(path) not in text:
            return f"the file is not named in {text!r}"
        if not text.isprintable():
            return f"what cannot be printed is in {text!r}"
        return f"{len(text)} characters of message" if len(text) > 2000 else None
    except BaseException as error:  # PanicException is no Exception
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            raise
        return f"{type(error).__name__}: {error}"
    return None


def mutated(part: bytes, draw: random.Random) -> bytes:
    """Return a part with a few changes, of bytes or of what it says."""
    if part[:1] == b"{" and draw.random() < 0.5:
        return mutated_json(part, draw)
    content = bytearray(part)
    for _ in range(draw.choice((1, 1, 1, 2, 4, 16))):
        at, kind = draw.randrange(len(content) + 1), draw.randrange(7)
        to = min(len(content), at + draw.choice((1, 2, 4, 30)))
        if kind == 0 and at < len(content):
            content[at] ^= 1 << draw.randrange(8)
        elif kind == 1 and at < len(content):
            content[at] = draw.choice((0, 1, 0x7F, 0x80, 0xFF, draw.randrange(256)))
        elif kind == 2:
            del content[at:to]
        elif kind == 3:
            content[at:at] = content[at:to] * draw.choice((1, 2, 50))
        elif kind == 4:
            content[at : draw.choice((at, to))] = draw.choice(WORDS).encode()
        elif kind == 5:
            del content[at:]
        else:
            number = draw.choice((0, 1, 2**15, 2**16 - 1, 2**31, 2**32 - 1))
            content[at : at + 4] = struct.pack(draw.choice(("<I", ">I")), number)
    return bytes(content)


def mutated_json(part: bytes, draw: random.Random) -> bytes:
    document = json.loads(part)
    places = [(document, key) for key in document]
    for holder, key in places:
        inside = holder[key]
        if isinstance(inside, dict):
            places += [(inside, each) for each in inside]
        elif isinstance(inside, list):
            places += [(inside, each) for each in range(len(inside))]
    for _ in range(draw.choice((1, 1, 2, 3))):
        holder, key = draw.choice(places)
        other, further = draw.choice(places)
        odd = [
            None, True, -1, 0, 7, 10**12, 10**30, 0.5, -1e308, "", "x", "\x1b[2J", "Dense", [],
            [[]], {}, [None, -3], {"class_name": "Dense", "config": {"units": 10**12}},
            {"class_name": "Sequential", "config": {"layers": []}}, [10**6, 10**6],
        ]  # fmt: skip
        try:
            holder[key] = draw.choice(odd) if draw.random() < 0.6 else other[further]
            text = json.dumps(document)
        except (KeyError, IndexError, ValueError):  # gone already, or inside itself
            return part
    return text.encode()


# --- one reader in a process of its own -------------------------------------------------------


def alone(name: str, seconds: float, seed: int, runs: int, folder: Path, guided: bool) -> None:
    """Fuzz one reader, and write what came of it as one line of JSON."""
    import resource
    import warnings

    warnings.simplefilter("error")  # a warning is no way to say that a file is damaged
    path = folder / "file"
    if guided:
        with_atheris(name, seconds, seed, runs, folder)
        return
    reader, draw = readers()[name], random.Random(f"{name} {seed}")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    done, faults, until = 0, [], time.monotonic() + seconds
    while (done < runs if runs else time.monotonic() < until) and len(faults) < 5:
        part = mutated(draw.choice(reader.parts), draw)
        wrong = fault(reader, part, path)
        if wrong is not None:
            faults.append(f"{wrong} (at {part[:200]!r}...)")
        done += 1
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    print(json.dumps({"done": done, "faults": faults, "grown": grown}))


def with_atheris(name: str, seconds: float, seed: int, runs: int, folder: Path) -> None:
    import atheris

    with atheris.instrument_imports(include=["nn", "demos", "zipfile", "gzip", "csv"]):
        reader = readers()[name]
    corpus, path = folder / "corpus", folder / "file"
    corpus.mkdir()
    for number, part in enumerate(reader.parts):
        (corpus / str(number)).write_bytes(part)
    draw = random.Random(seed)
    for number in range(200):
        (corpus / f"m{number}").write_bytes(mutated(reader.parts[0], draw))
    known = {word.encode() for word in WORDS} | set(re.findall(rb'"\w{1,30}"', reader.parts[0]))
    shown = ("".join(f"\\x{byte:02x}" for byte in word) for word in sorted(known))
    (folder / "words").write_text("".join(f'"{word}"\n' for word in shown))

    def once(part: bytes) -> None:
        wrong = fault(reader, part, path)
        if wrong is not None:
            raise AssertionError(f"FAULT {wrong} (at {part[:200]!r}...)")

    limit = f"-runs={runs}" if runs else f"-max_total_time={seconds:.0f}"
    atheris.Setup(
        [
            sys.argv[0], limit, f"-seed={seed + 1}", "-rss_limit_mb=2048", "-timeout=30",
            "-max_len=20000", "-print_final_stats=1", f"-artifact_prefix={folder}/",
            f"-dict={folder / 'words'}", str(corpus),
        ],
        once,
    )  # fmt: skip
    atheris.Fuzz()


def fuzzed(name: str, seconds: float, seed: int, runs: int, guided: bool) -> dict[str, Any]:
    """Return what came of fuzzing one reader in another process."""
    with tempfile.TemporaryDirectory(prefix="readers-") as folder:
        command = [
            sys.executable, "-m", "tests.reliability.readers", "--alone", name, "--folder", folder,
            "--seconds", str(seconds), "--seed", str(seed), "--runs", str(runs),
        ]  # fmt: skip
        ended = subprocess.run(
            command + ["--plain"] * (not guided), cwd=ROOT, capture_output=True, text=True,
            errors="replace", timeout=seconds + 600,
        )  # fmt: skip
        if not guided:
            if ended.returncode:
                last = ended.stderr.strip().splitlines()[-1:]
                return {"done": 0, "faults": [f"ended with {ended.returncode}: {last}"], "grown": 0}
            result: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
            return result
        counted = re.search(r"number_of_executed_units: (\d+)", ended.stderr)
        grown = re.search(r"peak_rss_mb: (\d+)", ended.stderr)
        faults = re.findall(r"FAULT .*|ERROR: libFuzzer: .*", ended.stderr)
        if ended.returncode and not faults:
            faults = [f"ended with {ended.returncode}: {ended.stderr[-500:]}"]
        return {
            "done": int(counted[1]) if counted else 0,
            "faults": faults[:5],
            # the interpreter, numpy and the counters of coverage are some 300 MB of it
            "grown": max(0, int(grown[1]) - 300) * 2**20 if grown else 0,
        }


def main(arguments: list[str] | None = None) -> int:
    names = list(readers())
    parser = argparse.ArgumentParser("python -m tests.reliability.readers", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="over all readers")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--runs", type=int, default=0, help="for each reader, in place of minutes")
    parser.add_argument("--plain", action="store_true", help="without atheris")
    parser.add_argument(
        "--only", action="append", choices=names, metavar="READER", help=", ".join(names)
    )
    parser.add_argument("--alone", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=float, default=0.0, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    guided = not given.plain and find_spec("atheris") is not None
    if given.alone:
        alone(given.alone, given.seconds, given.seed, given.runs, given.folder, guided)
        return 0
    if not guided:
        print("atheris is not installed: mutations are drawn at random", flush=True)
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), *filter(None, sys.path)])
    names = given.only or names
    done, found = 0, 0
    for name in names:
        result = fuzzed(name, 60 * given.minutes / len(names), given.seed, given.runs, guided)
        faults = list(result["faults"])
        if result["grown"] > GROWTH:
            faults.append(f"memory grew by {result['grown'] / 2**20:.0f} MiB")
        counted = f"{name}: {result['done']} files, {len(faults)} faults"
        print(counted, *faults, sep="\n  ", flush=True)
        done, found = done + result["done"], found + len(faults)
    print(
        f"readers: {len(names)} readers, {done} files, seed {given.seed}, "
        f"{'guided by coverage' if guided else 'at random'}: {found} faults"
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
