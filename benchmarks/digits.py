"""Handwritten digits, 64-32-10 with 200 samples: a million scalar operations, compiled.

The compiled contestant lives in a fresh process, so that its peak of memory is its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.race import Entry, race

NUMPY, COMPILED = "numpy by hand", "chainrule, compiled"
CONTESTANTS = [
    Entry(NUMPY, "numpy_by_hand:Digits"),
    Entry(COMPILED, "chainrule:DigitsCompiled", home="fresh"),
]


def measure(say: Callable[[str], None], rounds: int = 15, samples: int = 200) -> dict[str, Any]:
    """Return the race; "first" and "peak_bytes" of the compiled one are the recording's."""
    return {"digits": race(CONTESTANTS, {"samples": samples}, rounds=rounds, say=say)}
