"""One epoch of `Sequential.fit`, of the same loop in eager PyTorch, and of Keras 3 on JAX.

Two nets of the course with data of the right shape made up from a seed, float32, batches in
order, Adam, equal starting weights.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.data import CONCRETE, MNIST, Task
from benchmarks.race import Entry, race

FIT, PYTORCH, KERAS = "chainrule, Sequential.fit", "PyTorch, eager", "Keras on JAX, fit"
CONTESTANTS = [
    Entry(FIT, "chainrule:Fit"),
    Entry("chainrule, Sequential.fit, run_eagerly", "chainrule:FitEager"),
    Entry(PYTORCH, "pytorch:Fit"),
    Entry("PyTorch, eager, Adam(fused=True)", "pytorch:FitFused"),
    Entry(KERAS, "keras:Fit", home="keras", environment={"KERAS_BACKEND": "jax"}),
]
TASKS = {"concrete": CONCRETE, "mnist": MNIST}


def measure(
    say: Callable[[str], None], rounds: int = 15, tasks: dict[str, Task] = TASKS
) -> dict[str, Any]:
    """Return the race of each net.

    The losses of the first epoch are compared; later ones drift apart, in float32, and because
    PyTorch's Adam has its epsilon in another place.
    """
    return {
        name: race(CONTESTANTS, {"task": task}, rounds=rounds, checked=1, say=say)
        for name, task in tasks.items()
    }
