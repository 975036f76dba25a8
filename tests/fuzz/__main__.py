"""``python -m tests.fuzz``: random graphs until the time or the number is reached."""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
from collections import Counter, deque
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from tests.arguments import count
from tests.fuzz.operations import torch
from tests.fuzz.programs import KINDS, draw
from tests.fuzz.running import SHOWN, described, examine, share

SHARE = 50  # graphs that a worker is given at a time


def place(text: str) -> tuple[int, int]:
    """Seed and index of a graph, 2026:27574."""
    seed, _, index = text.partition(":")
    if not seed.isdecimal() or not index.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r:.40} is no SEED:INDEX, two whole numbers")
    return int(seed), int(index)


def replay(seed: int, index: int, only: str | None) -> int:
    """Show a graph, and what differs in it."""
    torch().set_num_threads(1)
    _, differences = examine(seed, index, only)
    print(draw(seed, index, only).text())
    for one in differences:
        print(described(one, seed, index, only))
    print(f"{len(differences)} differences")
    return 1 if differences else 0


def main(arguments: list[str] | None = None) -> int:
    """Run what the command line asks for; 1 if anything differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, help="stop after so many minutes")
    parser.add_argument("--graphs", type=count, help="stop after so many graphs (1000)")
    parser.add_argument("--start", type=int, default=0, help="the index of the first graph")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=count, default=1, help="processes")
    parser.add_argument("--only", choices=KINDS, help="graphs of one kind")
    parser.add_argument("--replay", type=place, metavar="SEED:INDEX", help="show one graph again")
    given = parser.parse_args(arguments)
    if given.replay:
        return replay(*given.replay, given.only)
    began = time.time()
    deadline = began + 60.0 * given.minutes if given.minutes else float("inf")
    limit = given.graphs or (10**9 if given.minutes else 1000)
    stop = given.start + limit
    tasks = (
        (given.seed, i, min(i + SHARE, stop), given.only, deadline)
        for i in range(given.start, stop, SHARE)
    )
    total: Counter[str] = Counter()
    shown = 0
    told = began
    with ProcessPoolExecutor(given.workers, multiprocessing.get_context("spawn")) as pool:
        waiting: deque[tuple[int, Future[Any]]] = deque()
        try:
            for task in tasks:
                if time.time() > deadline:
                    break
                waiting.append((task[1], pool.submit(share, task)))
                while len(waiting) >= 2 * given.workers:
                    shown = _gathered(waiting[0][1], total, shown)
                    waiting.popleft()
                if time.time() - told > 60.0:
                    told = time.time()
                    so_far = f"{total['graphs']} graphs, {total['differences']} differences"
                    print(so_far, flush=True)
            while waiting:
                shown = _gathered(waiting[0][1], total, shown)
                waiting.popleft()
        except BrokenProcessPool:
            first, last = waiting[0][0], waiting[-1][0] + SHARE - 1
            print(f"a process died in one of the graphs {first} to {last}: --replay each")
            return 1
    seconds = time.time() - began
    for name in sorted(total):
        if ":" in name:
            print(f"{total[name]:8d}  {name}")
    print(
        f"{total['graphs']} graphs of {total['instructions']} instructions, "
        f"{total['comparisons']} comparisons, seed {given.seed}: "
        f"{total['differences']} differences; "
        f"{total['graphs with nan or inf']} graphs with nan or inf, "
        f"{total['left to rounding']} comparisons left to rounding, "
        f"{sum(n for name, n in total.items() if name.startswith('convention'))} to conventions; "
        f"{total['graphs'] / seconds:.1f} graphs a second"
    )
    return 1 if total["differences"] else 0


def _gathered(result: Future[Any], total: Counter[str], shown: int) -> int:
    counts, texts = result.result()
    total.update(counts)
    for text in texts[: max(0, SHOWN - shown)]:
        print(text, flush=True)
    return shown + len(texts)


if __name__ == "__main__":
    sys.exit(main())
