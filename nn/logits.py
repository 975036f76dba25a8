"""Logits, less the largest of them: nothing overflows, and softmax remains the same."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

from autograd import Value, contexts, maximum

__all__ = ["shifted"]


def shifted(logits: Sequence[Any]) -> list[Any]:
    """Return a list of numbers and Values, the largest of which is subtracted from each.

    It counts as a constant: softmax does not depend on it, nor do derivatives.
    Source: Goodfellow et al., Deep Learning, section 4.1.

    >>> shifted([1.0, 3.0])
    [-2.0, 0.0]
    """
    if contexts.watcher() is None:
        largest: Any = max(float(z) for z in logits)
    else:  # a program is to find the largest itself
        numbers = [z.detach() if isinstance(z, Value) else z for z in logits]
        largest = reduce(maximum, numbers)
    return [z - largest for z in logits]
