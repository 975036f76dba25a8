"""What the project promises of its speed, and whether the numbers keep it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks import digits as digits_race
from benchmarks import moons, training
from benchmarks.summary import Spread, between, digits, ratio, seconds

Results = Mapping[str, Any]


@dataclass(frozen=True)
class Bar:
    """A limit for one measured number.

    Args:
        work: what is measured.
        limit: the number to reach, or not to exceed.
        measured: finds it in the results; None where it was not measured.
        at_least: whether more is better.
        unit: behind the numbers.
        obstacle: what stands in the way where it is missed, in one sentence.
    """

    work: str
    limit: float
    measured: Callable[[Results], Spread | float | None]
    at_least: bool = False
    unit: str = "x"
    obstacle: str = ""

    def verdict(self, results: Results) -> Verdict:
        """Return what the results say of it."""
        found = self.measured(results)
        number = found.median if isinstance(found, Spread) else found
        if number is None:
            return Verdict(self, "not measured", None)
        met = number >= self.limit if self.at_least else number <= self.limit
        text = self._write(number)
        if isinstance(found, Spread):
            text += f" ({between(found)})"
        return Verdict(self, text, met)

    def claim(self) -> str:
        """Return the limit in words."""
        space = "" if self.unit == "x" else " "
        return f"{'at least' if self.at_least else 'at most'} {self.limit:,g}{space}{self.unit}"

    def _write(self, number: float) -> str:
        if self.unit == "s":
            return seconds(number)
        return f"{digits(number)}{'' if self.unit == 'x' else ' '}{self.unit}"


@dataclass(frozen=True)
class Verdict:
    """A bar, the measured number with its quartiles, and whether it was met (None: unknown)."""

    bar: Bar
    measured: str
    met: bool | None


def _faster(race: str, than: str, us: str) -> Callable[[Results], Spread | None]:
    return lambda results: ratio(results.get(race), than, us)


def _of_its_time(race: str, us: str, peer: str) -> Callable[[Results], Spread | None]:
    return lambda results: ratio(results.get(race), us, peer)


def _of_the_first_step(key: str, unit: float) -> Callable[[Results], float | None]:
    def find(results: Results) -> float | None:
        race = results.get("digits") or {"contestants": {}}
        found = race["contestants"].get(digits_race.COMPILED, {}).get(key)
        return None if found is None else found / unit

    return find


def worst_growth(points: Sequence[Mapping[str, Any]], key: str) -> float | None:
    """Return how many times more a node costs in a graph than in any smaller one, at worst.

    Up to about 1 the time is linear in the number of nodes, or the fixed cost of a call
    dominates.
    """
    each = [point[key] / point["nodes"] for point in points]
    pairs = [later / earlier for i, earlier in enumerate(each) for later in each[i + 1 :]]
    return max(pairs, default=None)


def _growth(collector: bool, key: str) -> Callable[[Results], float | None]:
    def find(results: Results) -> float | None:
        found = [
            worst_growth(series["points"], key)
            for series in (results.get("growth") or {"series": []})["series"]
            if series["collector"] is collector
        ]
        return max((number for number in found if number is not None), default=None)

    return find


BARS = [
    Bar("moons step, compiled: times faster than micrograd", 5000,
        _faster("moons", moons.MICROGRAD, moons.COMPILED), at_least=True),
    Bar("moons step, compiled: times faster than PyTorch with tensors", 3,
        _faster("moons", moons.PYTORCH, moons.COMPILED), at_least=True),
    Bar("moons step, compiled: of the time of numpy by hand", 1.5,
        _of_its_time("moons", moons.COMPILED, moons.NUMPY)),
    Bar("moons, recording and compiling: of the time of three micrograd steps", 1,
        _of_its_time("first_call", moons.FIRST, moons.THREE_STEPS)),
    Bar("digits, recording and compiling", 60, _of_the_first_step("first", 1.0), unit="s"),
    Bar("digits, peak memory meanwhile", 4, _of_the_first_step("peak_bytes", 2**30), unit="GiB"),
    Bar("digits step, compiled: of the time of numpy by hand", 2,
        _of_its_time("digits", digits_race.COMPILED, digits_race.NUMPY)),
    Bar("moons step, plain Values: times faster than micrograd", 7,
        _faster("moons", moons.MICROGRAD, moons.PLAIN), at_least=True),
    Bar("moons step, nn.MLP: times faster than micrograd", 30,
        _faster("moons", moons.MICROGRAD, moons.MLP), at_least=True,
        obstacle="The median of micrograd, whose time is mostly the collector's, moves by a tenth "
        "from run to run; our step takes what it took before there was a compiler"),
    Bar("fit, 8-50-50-1: of PyTorch's time", 0.5,
        _of_its_time("concrete", training.FIT, training.PYTORCH)),
    Bar("fit, 8-50-50-1: of the time of Keras on JAX", 0.8,
        _of_its_time("concrete", training.FIT, training.KERAS)),
    Bar("fit, 784-784-100-10: of PyTorch's time", 0.6,
        _of_its_time("mnist", training.FIT, training.PYTORCH),
        obstacle="The matrix products alone, in numpy's BLAS on both cores, take as long as 0.6 of "
        "PyTorch's step, and Adam adds a third of that"),
    Bar("fit, 784-784-100-10: of the time of Keras on JAX", 1.3,
        _of_its_time("mnist", training.FIT, training.KERAS)),
    Bar("growth of compiling a node, collector on", 3, _growth(True, "compile")),
    Bar("growth of compiling a node, collector off", 2, _growth(False, "compile")),
    Bar("growth of a step a node, collector on", 3, _growth(True, "step")),
    Bar("growth of a step a node, collector off", 2, _growth(False, "step"),
        obstacle="The numbers of a chain of a million operations are not in the caches any more"),
]  # fmt: skip


def verdicts(results: Results) -> list[Verdict]:
    """Return what the results say of every bar."""
    return [bar.verdict(results) for bar in BARS]
