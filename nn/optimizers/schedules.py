"""Learning rates that follow a plan: functions of the number of steps taken so far.

>>> halved = ExponentialDecay(0.1, decay_steps=100, decay_rate=0.5)
>>> [halved(step) for step in (0, 100, 200)]
[0.1, 0.05, 0.025]
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.formatting import shown
from nn.checks import as_flag, as_float, as_name
from nn.names import Configured, Names

__all__ = [
    "CosineDecay", "ExponentialDecay", "LearningRateSchedule", "PiecewiseConstantDecay",
    "deserialize", "get", "serialize",
]  # fmt: skip


class LearningRateSchedule(Configured):
    """Gives the learning rate when called with a step; subclass it and write __call__."""

    def __call__(self, step: int) -> float:
        """Return the learning rate of a step, counted from 0."""
        raise NotImplementedError(f"{type(self).__name__} has no __call__(step)")

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this schedule again; needed to save it."""
        raise NotImplementedError(f"{type(self).__name__} has no get_config()")

    __repr__ = object.__repr__  # one of the user's need not have a get_config


class ExponentialDecay(LearningRateSchedule):
    """The rate is multiplied by `decay_rate` every `decay_steps` steps: r · d^(step / steps).

    Args:
        initial_learning_rate: r, at step 0.
        decay_steps: a positive number of steps.
        decay_rate: d.
        staircase: at once after `decay_steps`, not little by little.
        name: as in Keras.

    Raises:
        TypeError: `name` is no str.
        ValueError: another argument out of its range.

    >>> ExponentialDecay(0.1, 10, 0.5, staircase=True)(19)
    0.05
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        decay_rate: float,
        staircase: bool = False,
        name: str = "ExponentialDecay",
    ) -> None:
        self.initial_learning_rate = as_float(initial_learning_rate, "initial_learning_rate", 0)
        self.decay_steps = _steps(decay_steps, "decay_steps")
        self.decay_rate = as_float(decay_rate, "decay_rate", 0)
        self.staircase = as_flag(staircase, "staircase")
        self.name = as_name(name, "name", "ExponentialDecay")

    def __call__(self, step: int) -> float:
        """Return the learning rate of a step, counted from 0."""
        try:
            times = step / self.decay_steps
            power = math.floor(times) if self.staircase else times
            return float(self.initial_learning_rate * self.decay_rate**power)
        except (TypeError, ValueError, ArithmeticError):
            raise _no_step(step) from None

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this schedule again."""
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "decay_steps": self.decay_steps,
            "decay_rate": self.decay_rate,
            "staircase": self.staircase,
            "name": self.name,
        }


class PiecewiseConstantDecay(LearningRateSchedule):
    """The rate is values[0] up to and with step boundaries[0], then values[1], and so on.

    Raises:
        ValueError: not one value more than boundaries, or boundaries that do not ascend.

    >>> [PiecewiseConstantDecay([10, 20], [0.1, 0.01, 0.001])(step) for step in (10, 11, 21)]
    [0.1, 0.01, 0.001]
    """

    def __init__(
        self,
        boundaries: Sequence[float],
        values: Sequence[float],
        name: str = "PiecewiseConstant",
    ) -> None:
        self.boundaries = [as_float(n, "a boundary") for n in _listed(boundaries, "boundaries")]
        self.values = [as_float(value, "a value", 0) for value in _listed(values, "values")]
        self.name = as_name(name, "name", "PiecewiseConstant")
        if len(self.values) != len(self.boundaries) + 1:
            raise ValueError(
                f"{len(self.boundaries)} boundaries part {len(self.boundaries) + 1} values, "
                f"not {len(self.values)}"
            )
        if self.boundaries != sorted(set(self.boundaries)):
            raise ValueError(f"boundaries ascend, and {self.boundaries} do not")

    def __call__(self, step: int) -> float:
        """Return the learning rate of a step, counted from 0."""
        try:
            return float(self.values[bisect_left(self.boundaries, as_float(step, "step"))])
        except (TypeError, ValueError, ArithmeticError):
            raise _no_step(step) from None

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this schedule again."""
        return {"boundaries": self.boundaries, "values": self.values, "name": self.name}


class CosineDecay(LearningRateSchedule):
    """The rate follows half a cosine down to alpha · rate, after a warm-up if one is asked for.

    Source: Loshchilov and Hutter 2017, SGDR, without its restarts.

    Args:
        initial_learning_rate: at step 0.
        decay_steps: how many steps it takes down.
        alpha: what remains at the end, as a part of the rate it starts down from.
        name: as in Keras.
        warmup_target: if given, the rate first rises to this along a line.
        warmup_steps: how many steps that takes.

    Raises:
        TypeError: `name` is no str.
        ValueError: another argument out of its range.

    >>> schedule = CosineDecay(0.0, 100, warmup_target=0.1, warmup_steps=10)
    >>> [round(schedule(step), 6) for step in (0, 5, 10, 60, 110, 200)]
    [0.0, 0.05, 0.1, 0.05, 0.0, 0.0]
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        alpha: float = 0.0,
        name: str = "CosineDecay",
        warmup_target: float | None = None,
        warmup_steps: float = 0,
    ) -> None:
        self.initial_learning_rate = as_float(initial_learning_rate, "initial_learning_rate", 0)
        self.decay_steps = _steps(decay_steps, "decay_steps")
        self.alpha = as_float(alpha, "alpha", 0)
        self.name = as_name(name, "name", "CosineDecay")
        self.warmup_target = warmup_target
        if warmup_target is not None:
            self.warmup_target = as_float(warmup_target, "warmup_target", 0)
        self.warmup_steps = as_float(warmup_steps, "warmup_steps", 0)

    def __call__(self, step: int) -> float:
        """Return the learning rate of a step, counted from 0."""
        try:
            return self._rate(as_float(step, "step"))
        except (TypeError, ValueError, ArithmeticError):
            raise _no_step(step) from None

    def _rate(self, step: float) -> float:
        start, top = self.initial_learning_rate, self.warmup_target
        if top is None:
            top = start
        elif step < self.warmup_steps:
            return float(start + (top - start) * step / self.warmup_steps)
        along = step if self.warmup_target is None else step - self.warmup_steps
        along = min(along / self.decay_steps, 1.0)
        cosine = 0.5 * (1.0 + math.cos(math.pi * along))
        return float(top * ((1.0 - self.alpha) * cosine + self.alpha))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this schedule again."""
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "decay_steps": self.decay_steps,
            "alpha": self.alpha,
            "name": self.name,
            "warmup_target": self.warmup_target,
            "warmup_steps": self.warmup_steps,
        }


def _no_step(step: Any) -> Exception:
    return ValueError(f"step is the number of a step, from 0, not {shown(step)}")


def _listed(numbers: Any, name: str) -> Any:
    line = numbers.__class__ is np.ndarray and numbers.ndim == 1
    if not line and not isinstance(numbers, (list, tuple)):
        raise TypeError(f"{name} is a list of numbers, not {shown(numbers)}")
    return numbers


def _steps(number: Any, name: str) -> float:
    steps = as_float(number, name)
    if not steps > 0:
        raise ValueError(f"{name} is a positive number of steps, not {shown(number)}")
    return steps


_NAMES = Names(
    "learning rate schedule",
    {
        "exponential_decay": ExponentialDecay,
        "piecewise_constant_decay": PiecewiseConstantDecay,
        "cosine_decay": CosineDecay,
    },
    base=LearningRateSchedule,
)


def get(schedule: Any, custom_objects: dict[str, Any] | None = None) -> LearningRateSchedule:
    """Return the schedule of a config; a schedule is returned as it is.

    Raises:
        ValueError: an unknown class, or a config that does not fit it.
        TypeError: neither a config nor a schedule.
    """
    if isinstance(schedule, (str, type)):
        raise TypeError(
            f"a learning rate schedule has arguments, ExponentialDecay(0.01, 1000, 0.9): "
            f"give the object, not {shown(schedule)}"
        )
    found: LearningRateSchedule = _NAMES.get(schedule, custom_objects)
    return found


def serialize(schedule: LearningRateSchedule) -> dict[str, Any] | str:
    """Return what `deserialize` makes the schedule from again."""
    return _NAMES.serialize(schedule)


def deserialize(
    config: dict[str, Any], custom_objects: dict[str, Any] | None = None
) -> LearningRateSchedule:
    """Return the schedule that `serialize` described.

    >>> deserialize(serialize(ExponentialDecay(0.1, 100, 0.5)))(100)
    0.05
    """
    return get(config, custom_objects)
