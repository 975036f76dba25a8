"""The data that the lessons learn from: real, and either shipped with scikit-learn or a CSV.

Nothing is downloaded.  scikit-learn is part of the extra `demos` and imported where it is
used.
"""

from __future__ import annotations

import csv
import math
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

MOST = 1e30  # of a cell, with room below the largest float32, in which networks calculate


class DataError(ValueError):
    """Data that cannot be had or read; the message says why, in one line."""


@dataclass(frozen=True)
class Table:
    """Samples in rows.

    Attributes:
        name: what the data are called.
        x: the predictors, shape (samples, columns), float64.
        y: the targets, shape (samples,).
        columns: the names of the predictors.
        target: the name of what is to be predicted.
        source: where the data come from.
    """

    name: str
    x: Array
    y: Array
    columns: tuple[str, ...]
    target: str
    source: str

    def __len__(self) -> int:
        return len(self.x)

    def rows(self, which: Array) -> Table:
        """Return the table of some rows, by their numbers."""
        return replace(self, x=self.x[which], y=self.y[which])


def diabetes() -> Table:
    """Return 442 patients: ten measurements, and the progress of their disease in a year."""
    found = _sklearn().load_diabetes(scaled=False)
    return Table(
        "diabetes", found.data, found.target, tuple(found.feature_names), "progression",
        "Efron, Hastie, Johnstone & Tibshirani 2004, shipped with scikit-learn",
    )  # fmt: skip


def breast_cancer() -> Table:
    """Return 569 tumours: thirty measurements of cell nuclei, and whether benign (1) or not."""
    found = _sklearn().load_breast_cancer()
    return Table(
        "breast cancer", found.data, found.target.astype(float), tuple(found.feature_names),
        "benign", "Wolberg, Street & Mangasarian 1995, shipped with scikit-learn",
    )  # fmt: skip


def digits() -> Table:
    """Return 1797 handwritten digits, 8 x 8 pixels from 0 to 16, and which digit it is."""
    found = _sklearn().load_digits()
    return Table(
        "digits", found.data, found.target, tuple(found.feature_names), "digit",
        "Alpaydin & Kaynak 1998, shipped with scikit-learn",
    )  # fmt: skip


def _sklearn() -> Any:
    try:
        from sklearn import datasets
    except ImportError:
        raise DataError(
            "the data of this lesson ship with scikit-learn, which is not installed: "
            "pip install 'chainrule[demos]', or give a table of your own with --csv"
        ) from None
    return datasets


def read_csv(path: Path | str) -> Table:
    """Return a table of numbers with a line of column names; the last column is the target.

    Raises:
        DataError: no such file, no table of numbers; with the line and the column.
    """
    path = Path(path)
    # a pipe or a device may go on for ever; Path.exists does not take every name
    if os.path.exists(path) and not os.path.isfile(path):
        raise DataError(f"{path} is a folder, a device or a pipe, not a file")
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            lines = [line for line in csv.reader(file) if any(cell.strip() for cell in line)]
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise DataError(f"{path} is no CSV file: it is not text in UTF-8") from None
    except csv.Error as error:
        raise DataError(f"{path} is no CSV file: {error}") from None
    except ValueError:  # a NUL, or half a surrogate pair
        raise DataError(f"{path}: no file can have this name") from None
    if len(lines) < 2 or len(lines[0]) < 2:
        raise DataError(
            f"{path} is no table: it needs a line of column names, separated by commas, and rows "
            "of numbers"
        )
    names = [name.strip() for name in lines[0]]
    for name in names:
        if not name.isprintable():
            raise DataError(f"{path}: the name of the column {name!r:.40} cannot be printed")
    if all(map(_is_number, names)):
        raise DataError(f"{path} begins with numbers: its first line must name the columns")
    for row, cells in enumerate(lines[1:]):
        if len(cells) != len(names):
            raise DataError(
                f"{path}, row {row + 1}: {len(cells)} cells, and there are {len(names)} columns"
            )
        for column, cell in enumerate(cells):
            if not _is_number(cell):
                raise DataError(
                    f"{path}, row {row + 1}, column {names[column]!r:.40}: {cell!r:.40} is no "
                    "number; leave out the rows that are not complete"
                )
            if abs(float(cell)) > MOST:
                raise DataError(
                    f"{path}, row {row + 1}, column {names[column]!r:.40}: {cell!r:.40} is more "
                    f"than {MOST:g}, too much for float32; give the column in a larger unit"
                )
    numbers = np.array([[float(cell) for cell in cells] for cells in lines[1:]])
    return Table(
        path.stem, numbers[:, :-1], numbers[:, -1], tuple(names[:-1]), names[-1], str(path)
    )


def _is_number(cell: str) -> bool:
    try:
        return math.isfinite(float(cell)) and "_" not in cell  # 1_000 is one to Python alone
    except ValueError:
        return False


def shuffled(count: int, seed: int = 0) -> Array:
    """Return the numbers from 0 to count - 1 in an order that the seed decides."""
    return np.random.default_rng(seed).permutation(count)


def standardised(x: Array, by: Array | None = None, ddof: int = 0) -> Array:
    """Return columns less their mean, divided by their standard deviation.

    Args:
        x: the columns.
        by: whose mean and deviation to take, those of x itself if not given: the training
            rows, so that nothing is learnt from the test rows.
        ddof: 1 for the deviation of a sample (pandas), 0 for that of a population (numpy).
    """
    by = x if by is None else by
    deviation = by.std(axis=0, ddof=ddof)
    return (x - by.mean(axis=0)) / np.where(deviation > 0.0, deviation, 1.0)


def scaled(x: Array, by: Array | None = None) -> Array:
    """Return columns moved and stretched to [0, 1], by the range of the training rows."""
    by = x if by is None else by
    low, high = by.min(axis=0), by.max(axis=0)
    return (x - low) / np.where(high > low, high - low, 1.0)
