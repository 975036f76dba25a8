"""Contestants that misbehave."""

import os
import sys

from benchmarks.contestants.base import Contestant, MissingError


class Steady(Contestant):
    """Its loss is always the same, and it talks."""

    loss = 1.0

    def step(self) -> float:
        print("a library that prints is no answer")
        return self.loss


class Other(Steady):
    loss = 1.001


class Dies(Steady):
    def __init__(self) -> None:
        self.left = 4

    def step(self) -> float:
        self.left -= 1
        if not self.left:
            print("out of luck", file=sys.stderr, flush=True)
            os._exit(3)
        return self.loss


class Raises(Steady):
    def step(self) -> float:
        raise ValueError("no clang here")


class Absent(Contestant):
    def __init__(self) -> None:
        raise MissingError("it is on holiday")


def give_back(**arguments: object) -> dict[str, object]:
    return arguments
