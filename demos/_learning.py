"""What the lessons on training share: the table to learn from, its split, the curves."""

from __future__ import annotations

import inspect
from argparse import ArgumentParser
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from demos._data import Array, DataError, Table, read_csv
from demos._page import Lesson, whole_number
from nn.naming import reset_names
from viz import plots

LEAST = 20  # rows, below which a split leaves too few to say anything


def add_csv(parser: ArgumentParser, default: str) -> None:
    """Add --csv to a command line."""
    parser.add_argument(
        "--csv", type=Path, metavar="PATH",
        help="a table of numbers with column names, its last column the target "
        f"(default: {default}, from scikit-learn)",
    )  # fmt: skip


def add_epochs(parser: ArgumentParser, epochs: int) -> None:
    """Add --epochs to a command line."""
    parser.add_argument(
        "--epochs", type=whole_number, default=epochs, metavar="N",
        help="passes over the data, 2 to 2000 (default: %(default)s)",
    )  # fmt: skip


def check_epochs(parser: ArgumentParser, epochs: int) -> None:
    """End with one line if --epochs is out of its range."""
    if not 2 <= epochs <= 2000:
        parser.error(f"--epochs {epochs}: 2 to 2000 epochs")


def table(parser: ArgumentParser, path: Path | None, default: Callable[[], Table]) -> Table:
    """Return the table of --csv, or the default; if it cannot be had, end with one line."""
    try:
        if path is None:
            return default()
        found = read_csv(path)
        if len(found) < LEAST:
            raise DataError(f"{path}: {len(found)} rows; a lesson needs {LEAST} at least")
        if not np.ptp(found.y):
            raise DataError(f"{path}: the last column, {found.target!r}, is {found.y[0]:g} in all")
    except DataError as error:
        parser.error(f"--csv {error}" if path is not None else str(error))
    return replace(found, source=path.name)


def split(count: int, fraction: float = 0.7, seed: int = 0) -> tuple[Array, Array]:
    """Return the numbers of the rows to train on, drawn, and of the others, in order.

    They are those of pandas' ``train = df.sample(frac=fraction, random_state=seed)`` and
    ``df.drop(train.index)``.

    >>> split(5)
    (array([2, 0, 1, 3]), array([4]))
    """
    order = np.random.RandomState(seed).permutation(count)
    training = round(fraction * count)
    return order[:training], np.sort(order[training:])


def begin(out: Path, title: str) -> Lesson:
    """Return a new lesson, for which layers are numbered from the beginning again."""
    reset_names()
    return Lesson(out, title)


def listing(telling: Lesson, *functions: Callable[..., Any]) -> None:
    """Show the lines of the functions that the lesson runs."""
    source = "\n\n".join(inspect.getsource(each).rstrip() for each in functions)
    print()
    telling.terminal(source.replace("  # fmt: skip", ""))
    print()


def draw_curves(
    axes: Any, history: Mapping[str, Sequence[float]], title: str, ylabel: str, key: str = "loss"
) -> None:
    """Draw what was measured on the training and on the validation rows, by epoch."""
    plots.history(history, key, ax=axes)
    axes.set(title=title, ylabel=ylabel)
    axes.title.set_fontsize(12)
