"""Contestants side by side: first the same losses, then turn after turn on the clock."""

from __future__ import annotations

import dataclasses
import gc
import os
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.contestants.base import MissingError
from benchmarks.data import Task
from benchmarks.timing import Local
from benchmarks.worker import ROOT, Remote, WorkerDiedError

OURS = "chainrule"
"""How the names of our own contestants begin."""
BUDGET = 0.2
"""Seconds of a turn, if that makes a sensible number of steps."""
FEWEST, MOST = 3, 2000
"""Steps of a turn."""
PAUSE = 0.03
"""Seconds between turns, for threads that spin a while after their work."""


@dataclass(frozen=True)
class Entry:
    """A contestant before it has been made.

    Args:
        name: in the table.
        made: its class as ``module:attribute``, within `benchmarks.contestants`.
        home: "here", "fresh" (this interpreter in a process of its own), or the name of an
            environment: "hips", "keras".
        environment: variables of its process.
        arguments: of its class, besides those of the race.
    """

    name: str
    made: str
    home: str = "here"
    environment: Mapping[str, str] = field(default_factory=dict)

    def prepare(self, arguments: Mapping[str, Any]) -> Any:
        """Make the contestant, here or in a worker.

        Raises:
            MissingError: what it needs is not installed.
        """
        made = f"benchmarks.contestants.{self.made}"
        if self.home == "here":
            return Local(made, arguments)
        python = sys.executable if self.home == "fresh" else interpreter(self.home)
        plain = {
            name: dataclasses.asdict(value) if isinstance(value, Task) else value
            for name, value in arguments.items()
        }
        return Remote(made, plain, python, self.environment)


def interpreter(home: str) -> str:
    """Return the interpreter of an environment: the variable's, or that of `make bench`.

    Raises:
        MissingError: there is none.
    """
    variable = f"CHAINRULE_BENCH_{home.upper()}"
    if named := os.environ.get(variable):
        return named
    for folder in (Path(f"{sys.prefix}-{home}"), ROOT / f".venv-{home}"):
        for python in (folder / "bin" / "python", folder / "Scripts" / "python.exe"):
            if python.exists():
                return str(python)
    raise MissingError(
        f"it has no environment: `make bench` makes one, or {variable} names its python"
    )


def race(
    entries: Sequence[Entry],
    arguments: Mapping[str, Any],
    *,
    rounds: int = 15,
    checked: int = 3,
    steps: int | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Return the times of contestants that take turns, and who was left out.

    Args:
        entries: the contestants; the first that is there is the reference for the losses.
        arguments: of their classes.
        rounds: turns of each.
        checked: how many losses are compared before the clock starts.
        steps: of each turn; by default as many as make a fifth of a second, 3 to 2,000.
        say: told what is going on.

    Returns:
        "contestants": for each name its "seconds" (the median step of each round), "steps" of a
        turn, "first" (its very first step), "threads", "precision", "version" …; "left_out": for
        each name the reason.

    Raises:
        RuntimeError: contestants compute other losses than the reference, or one of ours fails.
    """
    runners: dict[str, Any] = {}
    left_out: dict[str, str] = {}

    def attempt(name: str, do: Callable[..., Any], *given: Any) -> Any:
        """Return what it returns, or leave the contestant out and return None."""
        try:
            return do(*given)
        except (MissingError, WorkerDiedError) as reason:
            left_out[name] = str(reason)
        except Exception as error:
            if name.startswith(OURS):
                raise
            left_out[name] = f"it fails here: {type(error).__name__}: {error}"[:200]
        say(f"left out: {name}: {left_out[name]}")
        if name in runners:
            runners.pop(name).close()
        return None

    try:
        curves: dict[str, list[float]] = {}
        turns: dict[str, int] = {}
        for entry in entries:
            if runner := attempt(entry.name, entry.prepare, arguments):
                runners[entry.name] = runner
        for name, runner in list(runners.items()):
            if found := attempt(name, runner.turn, checked):
                curves[name], seconds = found
                turns[name] = steps or fitting(min(seconds))
                runner.about["first"] = seconds[0]
                if isinstance(runner, Remote):
                    runner.about["peak_bytes"] = runner.peak_bytes()
        agree(curves, {name: runner.about["tolerance"] for name, runner in runners.items()})
        if steps is None:  # the first steps were slow: caches, threads, just-in-time compilers
            for name, runner in list(runners.items()):
                if found := attempt(name, runner.turn, turns[name]):
                    turns[name] = fitting(statistics.median(found[1]))
        for name, runner in list(runners.items()):
            attempt(name, runner.settle)
        times: dict[str, list[float]] = {name: [] for name in runners}
        for i in range(rounds):
            names = list(runners)
            start = i % max(1, len(names))
            for name in names[start:] + names[:start]:
                time.sleep(PAUSE)
                if found := attempt(name, runners[name].turn, turns[name]):
                    times[name].append(statistics.median(found[1]))
        return {
            "contestants": {
                name: {**runner.about, "steps": turns[name], "seconds": times[name]}
                for name, runner in runners.items()
            },
            "left_out": left_out,
        }
    finally:
        for runner in runners.values():
            runner.close()
        gc.unfreeze()


def fitting(seconds: float) -> int:
    """Return how many steps of so many seconds make a turn."""
    return min(MOST, max(FEWEST, int(BUDGET / seconds)))


def agree(curves: Mapping[str, Sequence[float]], tolerances: Mapping[str, float]) -> None:
    """Check that all losses are those of the first.

    Raises:
        RuntimeError: they differ by more than the tolerance, relatively.
    """
    reference, expected = next(iter(curves.items()), ("", []))
    for name, curve in curves.items():
        if not np.allclose(curve, expected, rtol=tolerances[name], atol=0.0):
            raise RuntimeError(
                f"{name} computes other losses than {reference}: {list(curve)}, "
                f"not {list(expected)}"
            )
