"""How far a result may move by rounding: our own answer with every number moved a little.

Two engines that do the same sums in another order differ by their rounding, and a graph may
enlarge that without bound: by a difference of nearly equal numbers, by the sine of a large
one, by a maximum of two that are equal but for the last digit.  So where two answers differ,
the graph is carried out again with every operand and every elementary function on the way
moved in the twelfth digit (the sixth, in single precision).  What that moves by more than a
tenth of the difference cannot be told apart; everything else is a difference.

Numbers with few binary digits are left where they are: they are exact, and so are ties and
zeros, corners that noise would blur.  Only a difference of a hundred units in the last place
of the largest number about may be explained by moving those too: what a formula leaves over
inside a single instruction.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from autograd.array_primitives import NUMPY
from autograd.primitives import ARRAYS

_MOVED = (
    "exp", "expm1", "log", "log1p", "log2", "log10", "sqrt", "pow", "erf", "sin", "cos", "tan",
    "asin", "acos", "atan", "atan2", "sinh", "cosh", "tanh",
)  # fmt: skip


_ADDED = ("sum", "cumsum", "matmul", "einsum")

EVERYTHING = 1 << 20
"""Seeds from here on move numbers with few binary digits as well."""


def factors(data: Any, seed: int) -> Any:
    """Return a number near 1 for each number; 1 for those that have few binary digits."""
    data = np.asarray(data)
    single = data.dtype == np.float32
    amplitude, grid, bound = (3e-6, 2.0**4, 2.0**8) if single else (1e-12, 2.0**10, 2.0**20)
    with np.errstate(all="ignore"):
        wide = np.abs(data.astype(np.float64))
        bits = wide.view(np.uint64) * np.uint64((0x9E3779B97F4A7C15 + 2 * seed) % 2**64)
        bits += np.uint64(0x2545F4914F6CDD1D * (seed + 1) % 2**64)
        bits ^= bits >> np.uint64(29)
        bits *= np.uint64(0xBF58476D1CE4E5B9)
        unit = (bits >> np.uint64(11)).astype(np.float64) / 2.0**52 - 1.0
        exact = (seed < EVERYTHING) & (wide < bound) & (np.floor(wide * grid) == wide * grid)
    found = np.where(exact | ~np.isfinite(wide), 1.0, 1.0 + amplitude * unit)
    return found.astype(data.dtype) if data.dtype.kind == "f" else found


def mover(seed: int) -> Callable[[Any], Any]:
    """Return what moves a node and its adjoint, at each turn otherwise."""

    turns = itertools.count(seed % EVERYTHING * 1000 + (seed >= EVERYTHING) * EVERYTHING)

    def moved(x: Any) -> Any:
        found = factors(x._datum, next(turns))
        return x if bool((found == 1.0).all()) else x * found

    return moved


@contextmanager
def noisy_functions(seed: int) -> Iterator[None]:
    """Let every elementary function that a formula calls err in the twelfth digit.

    What adds several numbers errs in that digit of the largest of them: 1e300 - 1e300 + 4 is
    0 or 4, by the order.
    """

    def noisy_sum(f: Callable[..., Any]) -> Callable[..., Any]:
        def function(*operands: Any, **parameters: Any) -> Any:
            out = f(*operands, **parameters)
            arrays = [np.abs(x) for x in operands if isinstance(x, np.ndarray)]
            largest = np.prod([x[np.isfinite(x)].max(initial=0.0) for x in arrays], initial=1.0)
            error = largest * (factors(largest, seed) - 1.0)
            return (out + error).astype(out.dtype) if np.isfinite(error) and error else out

        return function

    def noisy(f: Callable[..., Any]) -> Callable[..., Any]:
        def function(*operands: Any) -> Any:
            out = f(*operands)
            return out * factors(out, seed)

        return function

    before = {id(m): dict(vars(m)) for m in (ARRAYS, NUMPY)}
    try:
        for namespace in (ARRAYS, NUMPY):
            for name in _MOVED:
                setattr(namespace, name, noisy(before[id(namespace)][name]))
        for name in _ADDED:
            setattr(NUMPY, name, noisy_sum(before[id(NUMPY)][name]))
        yield
    finally:
        for namespace in (ARRAYS, NUMPY):
            vars(namespace).update(before[id(namespace)])


