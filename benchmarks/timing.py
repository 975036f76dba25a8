"""Making a contestant by name and taking the time of its steps."""

from __future__ import annotations

import gc
import importlib
import time
from collections.abc import Mapping
from importlib import metadata
from typing import Any

from benchmarks.contestants.base import Contestant, MissingError
from benchmarks.data import Task


def load(name: str) -> Any:
    """Return what ``module:attribute`` names.

    Raises:
        MissingError: a library that the module needs is not installed.
    """
    module, _, attribute = name.partition(":")
    try:
        return getattr(importlib.import_module(module), attribute)
    except ModuleNotFoundError as error:
        if str(error.name).startswith("benchmarks"):
            raise
        raise MissingError(f"{str(error.name).partition('.')[0]} is not installed") from None


def turn(contestant: Contestant, steps: int) -> tuple[list[float], list[float]]:
    """Return the losses and the seconds of some steps.

    A turn begins with a collected heap: the garbage that a contestant makes is paid for in its
    own turn.
    """
    losses, seconds = [], []
    gc.collect()
    for _ in range(steps):
        start = time.perf_counter()
        loss = contestant.step()
        seconds.append(time.perf_counter() - start)
        losses.append(loss)
    return losses, seconds


class Local:
    """A contestant that lives in this process.

    Args:
        made: its class as ``module:attribute``.
        arguments: of the class; those of a `Task` may come as a dict, as JSON has it.

    Raises:
        MissingError: what it needs is not installed.
    """

    def __init__(self, made: str, arguments: Mapping[str, Any]) -> None:
        given = dict(arguments)
        if isinstance(given.get("task"), dict):
            task = given["task"]
            given["task"] = Task(**{**task, "sizes": tuple(task["sizes"])})
        self.contestant: Contestant = load(made)(**given)
        self.about = {
            "distribution": self.contestant.distribution,
            "version": version(self.contestant.distribution),
            "precision": self.contestant.precision,
            "tolerance": self.contestant.tolerance,
            "threads": self.contestant.threads(),
        }

    def turn(self, steps: int) -> tuple[list[float], list[float]]:
        """Return the losses and the seconds of some steps."""
        return turn(self.contestant, steps)

    def settle(self) -> None:
        """Let the collector forget what has been made so far.

        Otherwise each full collection of one library's garbage would walk through the modules
        of all the others, which it would not meet in a program of its own.
        """
        gc.collect()
        gc.freeze()

    def close(self) -> None:
        """Let the contestant go."""
        del self.contestant


def version(distribution: str) -> str:
    """Return the installed version of a library, or nothing if it has none."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""
