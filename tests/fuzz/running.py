"""Examining graphs one after another: what a worker process does."""

from __future__ import annotations

import time
from collections import Counter

from tests.fuzz.comparing import Difference, compare
from tests.fuzz.operations import torch
from tests.fuzz.programs import Program, draw
from tests.fuzz.reducing import reduced

SHOWN = 20


def examine(seed: int, index: int, only: str | None) -> tuple[Counter[str], list[Difference]]:
    """Draw one graph and compare; what raises while it is drawn is a difference too."""
    try:
        program = draw(seed, index, only)
    except Exception as error:
        message = f"{type(error).__name__}: {error}"
        nothing = Difference("drawing", Program("", (), ()), None, None, message)
        return Counter({"graphs": 1}), [nothing]
    outcome = compare(program, index)
    outcome.counts["graphs"] += 1
    outcome.counts["instructions"] += len(program.steps)
    return outcome.counts, outcome.differences


def described(difference: Difference, seed: int, index: int, only: str | None) -> str:
    """Reduce the graph and write it down."""
    program, check = difference.program, difference.check

    def found(candidate: Program) -> list[Difference]:
        return [d for d in compare(candidate, index).differences if d.check == check]

    if program.steps and found(program):
        smaller = reduced(program, lambda candidate: bool(found(candidate)))
        difference = found(smaller)[0]
        difference.program = smaller
    command = f"--replay {seed}:{index}" + (f" --only {only}" if only else "")
    return f"--- {command} ({program.kind})\n{difference.program.text()}\n{difference}\n"


def share(task: tuple[int, int, int, str | None, float]) -> tuple[Counter[str], list[str]]:
    """Examine some graphs, in a process of its own."""
    seed, start, stop, only, deadline = task
    torch().set_num_threads(1)
    counts: Counter[str] = Counter()
    texts: list[str] = []
    for index in range(start, stop):
        if time.time() > deadline:
            break
        more, differences = examine(seed, index, only)
        counts += more
        for one in differences:
            counts[f"difference: {one.check}"] += 1
        counts["differences"] += len(differences)
        if differences and len(texts) < SHOWN:
            texts.append(described(differences[0], seed, index, only))
    return counts, texts
