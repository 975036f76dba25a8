"""Writers that are killed at any moment: afterwards a file is the old one or the new one, whole.

    python -m tests.reliability.kills --times 200 --seed 0

A child process writes the same file again and again and gets a SIGKILL; then the file is read.
POSIX only: the child is a fork.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import signal
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, NamedTuple

import viz
from autograd import Value
from autograd.atomic import TEMPORARY
from demos._page import Page
from nn import layers, models, saving, utils
from nn.callbacks import CSVLogger, ModelCheckpoint
from tests.arguments import count


class Writer(NamedTuple):
    """What is killed: it writes a version of its file, and afterwards the file is judged."""

    name: str
    write: Callable[[Path, int], Any]
    judge: Callable[[Path, list[bytes]], None]


class Torn(Exception):  # noqa: N818 - it is what is looked for
    """A file that is neither the old one nor a new one."""


def one_of(path: Path, versions: list[bytes]) -> None:
    content = path.read_bytes()
    if content not in versions:
        raise Torn(f"{path.name} has {len(content)} bytes that nobody wrote")


def loadable(path: Path, versions: list[bytes]) -> None:
    one_of(path, versions)
    saving.load_model(path)


def rows_are_whole(path: Path, versions: list[bytes]) -> None:
    """Judge a log: it goes on where it was, row by row, and what is there is never lost."""
    content = path.read_bytes()
    if not content.startswith(versions[0]) or not content.endswith(b"\n"):
        raise Torn(f"{path.name} has lost what was in it, or half a row is at its end")
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    if any(len(row) != len(rows[0]) for row in rows):
        raise Torn(f"{path.name} has a row that is not whole")


def network(version: int) -> Any:
    utils.set_random_seed(version)
    model = models.Sequential(
        [
            layers.Input(shape=(100,)),
            layers.Dense(100 + version, name="a"),
            layers.Dense(1, name="b"),
        ],
        name="network",
    )
    model.compile("adam", "mse")
    return model


def graph(version: int) -> Value:
    x = Value(2.0 + version, label="x")
    y = x
    for _ in range(3):
        y = (y * x).tanh()
    y.backward()
    return y


def lesson(path: Path, version: int) -> None:
    page = Page(f"version {version}")
    for _ in range(2000):
        page.text(f"what the lesson says in its version {version}")
    page.save(path)


class _Checkpoint:
    """Writes as ModelCheckpoint does after an epoch."""

    def __init__(self) -> None:
        self.models = [network(version) for version in range(2)]

    def __call__(self, path: Path, version: int) -> None:
        callback = ModelCheckpoint(path)
        callback.set_model(self.models[version])
        callback.on_epoch_end(0, {})


def log(path: Path, version: int) -> None:
    logger = CSVLogger(path, append=True)
    logger.on_train_begin()
    for epoch in range(20):
        logger.on_epoch_end(epoch, {"loss": 1.0 / 3.0, "a" * 50: version})
    logger.on_train_end()


def writers() -> list[Writer]:
    two = [network(version) for version in range(2)]
    graphs = [graph(version) for version in range(2)]
    drawn = [viz.draw(root) for root in graphs]
    for diagram in drawn:  # drawn once: it is the writing that is to be killed
        diagram.pipe = {"svg": diagram.pipe("svg")}.get  # type: ignore[method-assign]
    return [
        Writer("diagram.svg", lambda path, v: viz.save(drawn[v], path), one_of),
        Writer("page.html", lambda path, v: viz.explorer(graphs[v], path), one_of),
        Writer("model.keras", lambda path, v: two[v].save(path), loadable),
        Writer("checkpoint.keras", _Checkpoint(), loadable),
        Writer("net.weights", lambda path, v: two[v].save_weights(path), one_of),
        Writer("log.csv", log, rows_are_whole),
        Writer("index.html", lesson, one_of),
    ]


class Tally(NamedTuple):
    """How often one writer was killed, and what was found."""

    kills: int
    old: int
    left_over: int
    torn: list[str]


def killed(writer: Writer, times: int, draw: random.Random, folder: Path) -> Tally:
    """Kill a writer so many times and judge its file after each."""
    path = folder / writer.name
    versions = []
    for version in range(2):
        writer.write(path, version)
        versions.append(path.read_bytes())
    if writer.judge is rows_are_whole:
        versions = [versions[-1]]
    old, left_over, torn = 0, 0, []
    for _ in range(times):
        before = path.read_bytes()
        kill_while(lambda: [writer.write(path, version) for version in range(2)], draw)
        names = {each.name for each in folder.iterdir()} - {path.name}
        for name in names:
            if not fnmatch(name, TEMPORARY):
                torn.append(f"{name} is left over, and is not called {TEMPORARY}")
            (folder / name).unlink()
        left_over += len(names)
        old += path.read_bytes() == before
        try:
            writer.judge(path, versions)
        except (Torn, ValueError, OSError) as error:
            torn.append(str(error))
        if writer.judge is rows_are_whole:
            versions = [path.read_bytes()]  # from now on this is what may not be lost
    return Tally(times, old, left_over, torn)


def kill_while(work: Callable[[], Any], draw: random.Random) -> None:
    """Fork, let the child work again and again, and kill it after some milliseconds."""
    heard, said = os.pipe()
    child = fork()
    if child == 0:
        try:
            os.close(heard)
            os.write(said, b".")
            while True:
                work()
        finally:
            os._exit(1)
    try:
        os.close(said)
        os.read(heard, 1)
        # most of the time nearly at once, in the first file, and sometimes after several
        time.sleep(draw.choice((0.002, 0.01, 0.05)) * draw.random())
    finally:
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        os.close(heard)
    if not os.WIFSIGNALED(status):
        raise RuntimeError("the child ended by itself")


def fork() -> int:
    with warnings.catch_warnings():
        # from 3.12 on of every fork beside other threads; those of numpy are idle here
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.reliability.kills", description=__doc__)
    parser.add_argument("--times", type=count, default=200, help="over all writers")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    draw, all_ = random.Random(given.seed), writers()
    each = -(-given.times // len(all_))
    kills = left_over = old = torn = 0
    for writer in all_:
        with tempfile.TemporaryDirectory(prefix="kills-") as folder:
            tally = killed(writer, each, draw, Path(folder))
        print(
            f"{writer.name}: {tally.kills} kills, {tally.left_over} left a temporary file, "
            f"{len(tally.torn)} torn",
            *tally.torn[:5], sep="\n  ", flush=True,
        )  # fmt: skip
        kills, left_over = kills + tally.kills, left_over + tally.left_over
        old, torn = old + tally.old, torn + len(tally.torn)
    print(
        f"kills: {len(all_)} writers, {kills} kills, seed {given.seed}: {old} left the file as it "
        f"was, {left_over} a temporary file beside it, {torn} a torn one"
    )
    return 1 if torn else 0


if __name__ == "__main__":
    sys.exit(main())
