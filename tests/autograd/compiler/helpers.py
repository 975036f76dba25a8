"""What the compiler's test files share: one call compiled and uncompiled, compared."""

from __future__ import annotations

import copy
import math
import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from autograd import Tensor, Value
from nn import Module
from tests.autograd.helpers import same

# --- reading results --------------------------------------------------------------------------


def numbers(result: Any) -> list[float]:
    """Every number of a result in order: nodes, arrays, floats, in any nesting."""
    if isinstance(result, (list, tuple)):
        return [number for part in result for number in numbers(part)]
    if isinstance(result, dict):
        return numbers(list(result.values()))
    if isinstance(result, (Tensor, Value)):
        result = result.data
    return [float(number) for number in np.ravel(result)]


def leaves(structure: Any) -> list[Any]:
    """Every Value and Tensor of an argument in order, and the parameters of a Module."""
    if isinstance(structure, (Value, Tensor)):
        return [structure]
    if isinstance(structure, Module):
        return list(structure.parameters())
    if isinstance(structure, dict):
        structure = list(structure.values())
    if isinstance(structure, (list, tuple)):
        return [leaf for part in structure for leaf in leaves(part)]
    return []


def gradients_of(nodes: Sequence[Any]) -> list[float]:
    """The numbers of every `.grad`, with zeros where there is none."""
    return [
        number
        for node in nodes
        for number in numbers(np.zeros(np.shape(node.data)) if node.grad is None else node.grad)
    ]


def all_close(ours: Sequence[float], theirs: Sequence[float], relative: float = 1e-12) -> bool:
    """Whether all agree to a relative error; nan is nan and inf is inf.

    A number that is what a sum of much larger ones has left over may differ by their rounding:
    it is held to a hundredth of the tolerance of the largest.
    """
    largest = max((abs(number) for number in theirs if math.isfinite(number)), default=0.0)
    absolute = max(1e-2 * relative * largest, 1e-300)
    return len(ours) == len(theirs) and all(
        same(a, b, relative, absolute) for a, b in zip(ours, theirs, strict=True)
    )


# --- one call, both ways ----------------------------------------------------------------------


def outcome(
    f: Callable[..., Any], args: Sequence[Any], kwargs: Any = None, captured: Sequence[Any] = ()
) -> tuple[list[float], list[float]]:
    """The numbers that a call returns, and the gradients that backward leaves.

    The arguments are copied, so that two calls know nothing of each other.  The i-th
    result is given the seed i, so that no two of them are taken for each other.
    """
    args, kwargs = copy.deepcopy((list(args), kwargs or {}))
    for leaf in captured:
        leaf.grad = None
    result = f(*args, **kwargs)
    values = numbers(result)
    for seed, node in enumerate(leaves(result), 1):
        node.backward(np.full(node.shape, seed) if isinstance(node, Tensor) else float(seed))
    found = gradients_of([*leaves(args), *leaves(kwargs), *captured])
    for leaf in captured:
        leaf.grad = None
    return values, found


def assert_same(
    compiled: Callable[..., Any],
    f: Callable[..., Any],
    *args: Any,
    captured: Sequence[Any] = (),
    relative: float = 1e-12,
    **kwargs: Any,
) -> None:
    """Call both on copies of the arguments: equal numbers, equal gradients."""
    values, gradients = outcome(f, args, kwargs, captured)
    our_values, our_gradients = outcome(compiled, args, kwargs, captured)
    assert all_close(our_values, values, relative), f"values {our_values} instead of {values}"
    assert all_close(our_gradients, gradients, relative), (
        f"gradients {our_gradients} instead of {gradients}"
    )


def count(compiled: Any) -> int:
    """How many recordings a compiled function holds."""
    return len(compiled.recordings)


# --- sentences --------------------------------------------------------------------------------


def is_one_sentence(text: str) -> bool:
    return 20 <= len(text) <= 300 and "\n" not in text and not re.search(r"[.!?] +[A-Z]", text)


def same_or_refused(
    ours: Callable[[], Any], theirs: Callable[[], Any], relative: float = 1e-12
) -> None:
    """The compiled way gives the same numbers, or says in one sentence that it does not.

    The sentence has to speak of compiling: an error that merely happens is no refusal.
    """
    expected = numbers(theirs())
    try:
        found = ours()
    except (TypeError, ValueError, RuntimeError) as error:
        text = str(error)
        assert is_one_sentence(text) and "compil" in text, f"{type(error).__name__}: {text}"  # noqa: PT017, PT018
        return
    assert all_close(numbers(found), expected, relative)


# --- the moons network, one number at a time --------------------------------------------------

SIZES = (2, 16, 16, 1)

Weights = list[list[tuple[list[Any], Any]]]


def moons(samples: int = 100, seed: int = 1337) -> tuple[list[list[float]], list[float]]:
    """Two interleaved half circles as points and labels -1 and 1."""
    rng = np.random.default_rng(seed)
    points, labels = [], []
    for i in range(samples):
        angle = math.pi * rng.uniform()
        x, y = math.cos(angle), math.sin(angle)
        point = (1.0 - x, 0.5 - y) if i % 2 else (x, y)
        points.append([float(c + 0.1 * rng.standard_normal()) for c in point])
        labels.append(-1.0 if i % 2 else 1.0)
    return points, labels


def moons_weights(make: Callable[[float], Any] = Value, seed: int = 0) -> Weights:
    """The weights and the bias of each neuron of each layer."""
    rng = np.random.default_rng(seed)
    return [
        [([make(w) for w in rng.uniform(-1, 1, nin).tolist()], make(0.1)) for _ in range(nout)]
        for nin, nout in pairwise(SIZES)
    ]


def moons_score(layers: Weights, point: Sequence[Any]) -> Any:
    x = list(point)
    for i, layer in enumerate(layers, 1):
        x = [sum((wi * xi for wi, xi in zip(w, x, strict=True)), b) for w, b in layer]
        if i < len(layers):
            x = [z.relu() for z in x]
    return x[0]


def moons_loss(layers: Weights, points: Sequence[Any], labels: Sequence[Any]) -> Any:
    """Hinge loss and L2."""
    scores = [moons_score(layers, point) for point in points]
    losses = [(1.0 + -label * score).relu() for label, score in zip(labels, scores, strict=True)]
    parameters = [p for layer in layers for w, b in layer for p in [*w, b]]
    return sum(losses) * (1.0 / len(losses)) + 1e-4 * sum(p * p for p in parameters)
