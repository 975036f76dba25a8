"""One training step of micrograd's moons net: 2-16-16-1, 100 samples, hinge loss, L2, SGD.

Forward, backward and update; written one number at a time it is some 65,000 operations.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.data import moons
from benchmarks.race import Entry, race

__all__ = ["CONTESTANTS", "FIRST_CALL", "measure", "moons"]

MICROGRAD, NUMPY, COMPILED = "micrograd", "numpy by hand", "chainrule, compiled"
PYTORCH, JAX = "PyTorch, tensors", "JAX, jit"
PLAIN, MLP = "chainrule, plain Values", "chainrule, nn.MLP"

CONTESTANTS = [
    Entry(MICROGRAD, "micrograd:Moons"),
    Entry("PyTorch, a tensor a number", "pytorch:MoonsScalars"),
    Entry("HIPS autograd, arrays", "hips:Moons", home="hips"),
    Entry("MyGrad, arrays", "mygrad:Moons"),
    Entry("tinygrad, TinyJit", "tinygrad:Moons"),
    Entry(PYTORCH, "pytorch:Moons"),
    Entry(JAX, "jax:Moons"),
    Entry(NUMPY, "numpy_by_hand:Moons"),
    Entry(PLAIN, "chainrule:MoonsPlain"),
    Entry(MLP, "chainrule:MoonsMLP"),
    Entry(COMPILED, "chainrule:MoonsCompiled"),
    Entry("chainrule, compiled, Values updated in Python", "chainrule:MoonsCompiledValues"),
]

THREE_STEPS, FIRST = "micrograd, three steps", "chainrule, compiled, first call"
FIRST_CALL = [
    Entry(THREE_STEPS, "micrograd:ThreeSteps"),
    Entry(FIRST, "chainrule:MoonsFirstCall"),
]
"""Recording and compiling against what a micrograd user has waited for in the meantime."""


def measure(say: Callable[[str], None], rounds: int = 12, samples: int = 100) -> dict[str, Any]:
    """Return the race of the steps and that of the first call."""
    given = {"samples": samples}
    return {
        "moons": race(CONTESTANTS, given, rounds=rounds, say=say),
        "first_call": race(
            FIRST_CALL, given, rounds=max(2, rounds // 2), checked=1, steps=1, say=say
        ),
    }
