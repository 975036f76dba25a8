"""Time and memory a node in a long chain, and the time that the import takes."""

from __future__ import annotations

import gc
import os
import statistics
import subprocess
import sys
import time
import tracemalloc
import weakref
from typing import Any

from autograd import Value


def chain(length: int) -> Any:
    """Return the last node of a chain of products and sums."""
    node, factor, term = Value(1.0), Value(0.999999), Value(1e-6)
    for _ in range(length // 2):
        node = node * factor
        node = node + term
    return node


def seconds_per_node(length: int, repeats: int) -> tuple[float, float, float]:
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
    build, back, release = map(statistics.median, zip(*rows, strict=True))
    return build / length, back / length, release / length


def report_time() -> None:
    """Print the time a node at 1,000 and at 1,000,000 operations."""
    print("A chain of operations, nanoseconds a node: build + backward + release")
    for collector in ("on", "off"):
        gc.enable() if collector == "on" else gc.disable()
        short, long = seconds_per_node(1_000, 300), seconds_per_node(1_000_000, 3)
        gc.enable()
        for length, row in ((1_000, short), (1_000_000, long)):
            parts = " + ".join(f"{part * 1e9:.0f}" for part in row)
            total = f"{sum(row) * 1e9:.0f}"
            print(f"  collector {collector:3} {length:9,} operations: {parts} = {total}")
        print(f"  collector {collector:3} growth: {sum(long) / sum(short):.2f}x")


def report_memory(length: int = 100_000) -> None:
    """Print the bytes a node, and what is left when the root goes with the collector off."""
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
    per_node, later = (built - before) / length, (differentiated - before) / length
    print("Memory")
    print(f"  {per_node:.0f} bytes a node, {later:.0f} after the backward pass")
    print(
        f"  the root gone, collector off: {(after - before) / length:.2f} bytes a node left, "
        f"root {'released' if watched() is None else 'alive'}; "
        f"the collector then finds {unreachable} objects"
    )


def report_import(repeats: int = 9) -> None:
    """Print how long ``import autograd`` takes when numpy is there, once Python has compiled it."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    code = (
        "import time, numpy; start = time.perf_counter(); import autograd; "
        "print(time.perf_counter() - start)"
    )
    times = [
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True,
                             check=True, env=environment).stdout)
        for _ in range(repeats)
    ]  # fmt: skip
    print(f"Import\n  autograd after numpy: {statistics.median(times) * 1e3:.1f} ms")
