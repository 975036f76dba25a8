"""The table that `model.summary()` prints: a row for each layer, then the parameters."""

from __future__ import annotations

import math
import shutil
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from autograd.formatting import printable, shown
from nn.checks import as_whole
from nn.layers.layer import Layer

__all__ = ["count", "summary"]

_WIDTH, _WIDEST = 88, 10_000
_ENDS = (0.45, 0.8, 1.0)  # where each column ends, as a part of the width


def summary(
    model: Any,
    line_length: int | None = None,
    expand_nested: bool = False,
    show_trainable: bool = False,
) -> str:
    """Return the table as text.

    Args:
        model: has a `name`, `layers` and weights.
        line_length: the width; by default 88, or less in a narrow terminal.
        expand_nested: list the layers of models inside the model as well.
        show_trainable: add a column that says whether a layer is trained.

    Raises:
        ValueError: a width too small for the table.
    """
    if line_length is not None:
        line_length = as_whole(line_length, "line_length", 1)
        if line_length > _WIDEST:
            raise ValueError(f"line_length is at most {_WIDEST}, not {shown(line_length)}")
    width = line_length or min(_WIDTH + 12 * show_trainable, shutil.get_terminal_size().columns - 4)
    header = ["Layer (type)", "Output Shape", "Param #"]
    justify = ["<", "<", ">"]
    ends: Sequence[float] = _ENDS
    if show_trainable:
        header, justify = [*header, "Trainable"], [*justify, "^"]
        ends = [*(0.9 * end for end in _ENDS), 1.0]
    rows = list(_rows(model.layers, expand_nested, show_trainable))
    lines = [f'Model: "{printable(model.name)}"']
    lines += _table(header, rows, justify, _column_widths(width, ends))
    return "\n".join([*lines, *_totals(model)])


def count(weights: Iterable[Any]) -> int:
    """Return how many numbers the weights hold, each weight counted once.

    >>> import numpy as np
    >>> count([np.zeros((8, 50)), np.zeros(50)])
    450
    """
    return sum(math.prod(w.shape) for w in {id(w): w for w in weights}.values())


def _rows(
    layers: Iterable[Any], expand_nested: bool, show_trainable: bool, depth: int = 0
) -> Iterator[list[str]]:
    for layer in layers:
        prefix = "   " * depth + "└ " if depth else ""
        # a layer without a build of its own, Dropout for instance, has nothing to be built
        known = layer.built or type(layer).build is Layer.build
        parameters = f"{count(layer.weights):,}" if known else "0 (unbuilt)"
        title = f"{prefix}{printable(layer.name)} ({type(layer).__name__})"
        row = [title, _shape(layer), parameters]
        if show_trainable:
            row.append(("Y" if layer.trainable else "N") if layer.weights else "-")
        yield row
        if expand_nested:
            yield from _rows(getattr(layer, "layers", ()), True, show_trainable, depth + 1)


def _shape(layer: Any) -> str:
    shape = getattr(layer, "output_shape", None) if layer.built else None
    return "?" if shape is None else f"({', '.join(map(str, shape))})"


def _column_widths(width: int, ends: Sequence[float]) -> list[int]:
    """Return the columns' widths without their margins and rules."""
    at = [0, *(int(end * width) for end in ends)]
    wished = [stop - start for start, stop in pairwise(at)]
    # a column is as wide as its part of the line; the rules and margins then take from all
    # of them in turn, as the library does that lays out Keras's table
    over = 3 * len(wished) + 1
    widths = []
    for i, wish in enumerate(wished):
        taken = round(over / (len(wished) - i))
        over -= taken
        widths.append(wish - taken)
    if min(widths) < 3:
        raise ValueError(f"a summary needs more room than a line_length of {width}")
    return widths


def _table(
    header: list[str], rows: list[list[str]], justify: list[str], widths: list[int]
) -> Iterator[str]:
    def rule(left: str, line: str, cross: str, right: str) -> str:
        return left + cross.join(line * (width + 2) for width in widths) + right

    def row(cells: list[str], bar: str) -> Iterator[str]:
        wrapped = [_wrap(cell, width) for cell, width in zip(cells, widths, strict=True)]
        for i in range(max(map(len, wrapped))):
            texts = (lines[i] if i < len(lines) else "" for lines in wrapped)
            padded = [f" {t:{j}{w}} " for t, j, w in zip(texts, justify, widths, strict=True)]
            yield bar + bar.join(padded) + bar

    yield rule("┏", "━", "┳", "┓")
    yield from row(header, "┃")
    yield rule("┡", "━", "╇", "┩")
    for i, cells in enumerate(rows):
        if i:
            yield rule("├", "─", "┼", "┤")
        yield from row(cells, "│")
    yield rule("└", "─", "┴", "┘")


def _wrap(text: str, width: int) -> list[str]:
    words = textwrap.wrap(
        text, width, break_long_words=False, break_on_hyphens=False, drop_whitespace=True
    )
    return [line if len(line) <= width else line[: width - 1] + "…" for line in words] or [""]


def _totals(model: Any) -> Iterator[str]:
    trainable, fixed = model.trainable_weights, model.non_trainable_weights
    item = {id(w): w.dtype.itemsize for w in (*trainable, *fixed)}

    def size(weights: Iterable[Any]) -> tuple[int, int]:
        once = {id(w): w for w in weights}.values()
        return count(once), sum(math.prod(w.shape) * item[id(w)] for w in once)

    optimizer = _optimizer_size(model.optimizer)
    parts = [("Trainable", size(trainable)), ("Non-trainable", size(fixed))]
    if optimizer is not None:
        parts.append(("Optimizer", optimizer))
    total = (sum(numbers for _, (numbers, _) in parts), sum(b for _, (_, b) in parts))
    for name, (numbers, memory) in [("Total", total), *parts]:
        yield f" {name} params: {numbers:,} ({_memory(memory)})"


def _optimizer_size(optimizer: Any) -> tuple[int, int] | None:
    """Return the numbers that an optimizer keeps and their bytes; None before its first step."""
    if optimizer is None or not optimizer.iterations:
        return None
    slots = [part for part in optimizer.state().values() if getattr(part, "ndim", 0)]
    # Keras counts the number of steps and the learning rate, four bytes each, as well
    return 2 + sum(s.size for s in slots), 8 + sum(s.nbytes for s in slots)


def _memory(size: float) -> str:
    for unit in ("B", "KB", "MB", "GB"):
        if size < 1024:
            return f"{size:.2f} {unit}"
        size /= 1024
    return f"{size:.2f} TB"
