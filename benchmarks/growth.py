"""How the time of compiling and of a compiled step grows with the number of nodes.

Two graphs from 1,000 to 1,000,000 nodes: the moons net with more and more samples, which is
arrays through and through, and one long chain of products and sums, in which nothing can be
done side by side.  Each series runs in a fresh process, with the collector on or off.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

from benchmarks.contestants.base import MissingError
from benchmarks.worker import WorkerDiedError, in_a_fresh_process

SIZES = {"moons net": (2, 15, 150, 1500), "chain": (1_000, 10_000, 100_000, 1_000_000)}
"""Samples of the one, operations of the other."""
SECONDS = 0.5
"""Of the steps of one size, if that makes a sensible number."""


def chain(length: int) -> Callable[[list[Any]], Any]:
    """Return a function that multiplies and adds in turn, all in all so many times."""

    def product_plus_term(numbers: list[Any]) -> Any:
        x, factor, term = numbers
        for _ in range(length // 2):
            x = x * factor
            x = x + term
        return x

    return product_plus_term


def work(graph: str, size: int) -> tuple[Callable[..., Any], list[Any]]:
    """Return the function of a graph and its arguments."""
    if graph == "chain":
        return chain(size), [[1.0, 0.999999, 1e-6]]
    from benchmarks.contestants.chainrule import moons_loss
    from benchmarks.data import MOONS_SIZES, initial_weights, moons_arrays

    return moons_loss, [initial_weights(MOONS_SIZES), *moons_arrays(size)]


def series(graph: str, collector: bool, sizes: list[int]) -> list[dict[str, Any]]:
    """Return seconds to record and compile (the first call) and of a step, for each size."""
    from benchmarks.contestants.chainrule import compiler

    compile = compiler()
    points = []
    for size in sizes:
        f, arguments = work(graph, size)
        firsts: list[float] = []
        while not firsts or (len(firsts) < 9 and sum(firsts) < SECONDS):
            gc.collect()
            gc.enable() if collector else gc.disable()
            loss = compile(f)
            start = time.perf_counter()
            loss.value_and_grad(*arguments)
            firsts.append(time.perf_counter() - start)
        steps: list[float] = []
        while len(steps) < 5 or (len(steps) < 2000 and sum(steps) < SECONDS):
            start = time.perf_counter()
            loss.value_and_grad(*arguments)
            steps.append(time.perf_counter() - start)
        gc.enable()
        points.append(
            {
                "nodes": loss.recordings[0].nodes,
                "compile": statistics.median(firsts),
                "step": statistics.median(steps),
            }
        )
    return points


def measure(
    say: Callable[[str], None], sizes: Mapping[str, tuple[int, ...]] = SIZES
) -> dict[str, Any]:
    """Return a series for each graph, with the collector on and off."""
    found: list[dict[str, Any]] = []
    for graph, of_graph in sizes.items():
        for collector in (True, False):
            given = {"graph": graph, "collector": collector, "sizes": list(of_graph)}
            try:
                points = in_a_fresh_process("benchmarks.growth:series", **given)
            except (MissingError, WorkerDiedError) as reason:
                say(f"left out: growth: {reason}")
                return {"growth": {"series": found, "left_out": str(reason)}}
            found.append({"graph": graph, "collector": collector, "points": points})
    return {"growth": {"series": found, "left_out": ""}}
