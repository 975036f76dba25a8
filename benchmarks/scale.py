"""The uncompiled engine: time and memory a node in a long chain, and the time of the import."""

from __future__ import annotations

import gc
import os
import statistics
import subprocess
import sys
import time
import tracemalloc
import weakref
from collections.abc import Callable
from typing import Any

from benchmarks.worker import ROOT, in_a_fresh_process


def chain(length: int) -> Any:
    """Return the last node of a chain of products and sums."""
    from autograd import Value

    node, factor, term = Value(1.0), Value(0.999999), Value(1e-6)
    for _ in range(length // 2):
        node = node * factor
        node = node + term
    return node


def seconds_per_node(length: int, repeats: int) -> dict[str, float]:
    """Return the median time a node to build, to go backward and to release."""
    rows = []
    for _ in range(repeats):
        t0 = time.perf_counter()
        root = chain(length)
        t1 = time.perf_counter()
        root.backward()
        t2 = time.perf_counter()
        del root
        t3 = time.perf_counter()
        rows.append((t1 - t0, t2 - t1, t3 - t2))
    build, backward, release = (statistics.median(row) / length for row in zip(*rows, strict=True))
    return {"build": build, "backward": backward, "release": release}


def times(lengths: tuple[int, int] = (1_000, 1_000_000)) -> list[dict[str, Any]]:
    """Return the time a node in a short and in a long chain, with the collector on and off."""
    found = []
    for collector in (True, False):
        for length in lengths:
            gc.enable() if collector else gc.disable()
            repeats = 3 if length > 100_000 else 300
            row = seconds_per_node(length, repeats)
            gc.enable()
            found.append({"collector": collector, "nodes": length, **row})
    return found


def memory(length: int = 100_000) -> dict[str, Any]:
    """Return bytes a node, and what is left when the root goes with the collector off."""
    gc.collect()
    gc.disable()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    root = chain(length)
    built = tracemalloc.get_traced_memory()[0]
    root.backward()
    differentiated = tracemalloc.get_traced_memory()[0]
    watched = weakref.ref(root)
    del root
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    unreachable = gc.collect()
    gc.enable()
    return {
        "built": (built - before) / length,
        "differentiated": (differentiated - before) / length,
        "left": (after - before) / length,
        "released": watched() is None,
        "unreachable": unreachable,
    }


def import_seconds(repeats: int = 9) -> float:
    """Return how long ``import autograd`` takes when numpy is there, once it has been compiled."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    code = (
        "import time, numpy; start = time.perf_counter(); import autograd; "
        "print(time.perf_counter() - start)"
    )
    found = [
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True,
                             check=True, env=environment, cwd=ROOT).stdout)
        for _ in range(repeats)
    ]  # fmt: skip
    return statistics.median(found)


def engine() -> dict[str, Any]:
    """Return all of it."""
    return {"times": times(), "memory": memory(), "import": import_seconds()}


def measure(say: Callable[[str], None]) -> dict[str, Any]:
    """Return all of it, taken in a fresh process."""
    return {"engine": in_a_fresh_process("benchmarks.scale:engine")}
