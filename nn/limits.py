"""How many numbers may be made: as many as the memory holds, and of weights in a file the file.

A file of a few bytes can describe a layer of a billion weights.  While a model is built from a
file, every weight is counted before its array is made, and there may be as many as the file
really holds.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

__all__ = ["count_weight", "require_memory", "weights_limited_to"]

_left: ContextVar[tuple[int, int] | None] = ContextVar("weights_left", default=None)


@contextmanager
def weights_limited_to(most: int) -> Iterator[None]:
    """Let no more than this many numbers be made by `Layer.add_weight` inside the block.

    >>> from nn.layers import Dense
    >>> with weights_limited_to(100):
    ...     Dense(1000).build((None, 4))
    Traceback (most recent call last):
        ...
    ValueError: its layers have more weights than the 100 that the file holds: 4000 in one array
    """
    token = _left.set((most, most))
    try:
        yield
    finally:
        _left.reset(token)


def count_weight(shape: Sequence[int]) -> None:
    """Count an array of weights that is about to be made.

    Raises:
        ValueError: there would be more numbers than there may be.
    """
    limit = _left.get()
    if limit is None:
        return
    most, left = limit
    size = math.prod(shape)
    if not 0 <= size <= left:
        raise ValueError(
            f"its layers have more weights than the {most} that the file holds: {size} in one array"
        )
    _left.set((most, left - size))


def require_memory(numbers: int, where: str, each: int = 8) -> None:
    """Refuse more numbers than fit into the memory of this machine, before one of them is made.

    Linux grants such arrays all the same, and ends the program when they are written to.

    Args:
        numbers: how many there are to be.
        where: what holds them, for the message.
        each: how many bytes one of them takes.

    Raises:
        ValueError: there would be more.

    >>> require_memory(10**15, "the kernel")
    Traceback (most recent call last):
        ...
    ValueError: the kernel would hold 1,000,000,000,000,000 numbers, which is more than fits into
    the memory of this machine
    """
    if numbers * each > _memory():
        count = f"{numbers:,}" if numbers < 10**30 else "far too many"
        raise ValueError(
            f"{where} would hold {count} numbers, which is more than fits into the memory of "
            "this machine"
        )


def _memory() -> int:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # Windows grants what there is, and no more
        return 2**48
