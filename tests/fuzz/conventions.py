"""Where we and PyTorch, or two of our own ways, differ on purpose: each with its reason.

Every difference that one of these explains is counted, and the counts are printed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd import Tensor
from tests.fuzz.operations import CHOOSING, SPELT_WITH_WHERE
from tests.fuzz.programs import Program, contracted

Array = Any


@dataclass(frozen=True)
class Convention:
    """A name, the reason, and where it holds.

    `holds(program, check, ours, theirs)` tells which of the numbers it explains.
    """

    name: str
    reason: str
    holds: Callable[[Program, str, Array, Array], Array]


CONVENTIONS: list[Convention] = []


def convention(name: str, reason: str) -> Callable[[Any], Any]:
    def declare(holds: Any) -> Any:
        CONVENTIONS.append(Convention(name, reason, holds))
        return holds

    return declare


def _names(program: Program) -> set[str]:
    return {step.name for step in program.steps}


def _some_adjoint_is_infinite(program: Program) -> bool:
    leaves = program.fresh()
    results = program.run(leaves)
    contracted(results[-1]).backward()
    return any(not np.isfinite(r._grad).all() for r in results if r._grad is not None)


def _some_curvature_is_infinite(program: Program) -> bool:
    """Tell whether a local derivative is so large that its own, its square, leaves the range."""
    partials = [p for r in program.run(program.fresh()) for p in getattr(r, "partials", ())]
    numbers = [np.abs(np.asarray(p)) for p in partials if isinstance(p, (float, np.ndarray))]
    return any(bool((p > np.sqrt(np.finfo(p.dtype).max)).any()) for p in numbers)


def _run(program: Program) -> list[Any]:
    return [r for r in program.run(program.fresh()) if isinstance(r, Tensor)]


def _operands(program: Program, *names: str) -> Iterator[list[Any]]:
    """Yield the operands' numbers of every step with one of these names."""
    results = program.run(program.fresh())
    for step in program.steps:
        if step.name in names:
            given = [results[o] if o.__class__ is int else o for o in step.operands]
            yield [np.asarray(getattr(x, "_datum", x)) for x in given]


def _results(program: Program, *names: str) -> Iterator[Any]:
    """Yield the numbers that came out of every step with one of these names."""
    results = program.run(program.fresh())[len(program.leaves) :]
    for step, made in zip(program.steps, results, strict=True):
        if step.name in names:
            yield np.asarray(made._datum)


def _some(program: Program, *names: str, where: Callable[[Array], Array]) -> bool:
    """Tell whether some number that a step with one of these names was given is so."""
    return any(bool(where(x).any()) for given in _operands(program, *names) for x in given)


def _some_result(program: Program, *names: str, where: Callable[[Array], Array]) -> bool:
    """Tell whether some number that came out of a step with one of these names is so."""
    return any(bool(where(out).any()) for out in _results(program, *names))


@convention(
    "a zero partial times an infinite adjoint is nan",
    "as in 0 * sqrt(x) at 0; PyTorch's relu, maximum, clip and sign set the adjoint to 0 instead",
)
def _zero_times_inf(program: Program, check: str, ours: Array, theirs: Array) -> Array:
    second = "second derivatives" in check  # where a sum of nothing, 0, meets 1 / 0
    if "PyTorch" not in check or not (_names(program) & CHOOSING or second):
        return np.zeros(ours.shape, bool)
    found = np.isnan(ours) & ~np.isnan(theirs)
    if second and found.any() and any(r._datum.size == 0 for r in _run(program)):
        return found
    if found.any() and not (
        _some_adjoint_is_infinite(program) or (second and _some_curvature_is_infinite(program))
    ):
        return np.zeros(ours.shape, bool)
    return found


@convention(
    "the branch that where did not choose contributes nothing",
    "even if its own derivative is nan or inf, where PyTorch's 0 times that is nan",
)
def _not_chosen(program: Program, check: str, ours: Array, theirs: Array) -> Array:
    if "PyTorch" not in check or not _names(program) & SPELT_WITH_WHERE:
        return np.zeros(ours.shape, bool)
    return np.isnan(theirs) & ~np.isnan(ours)


@convention(
    "second derivatives of atan2 at the origin",
    "they are 0 as the first are; PyTorch's are nan",
)
def _origin(program: Program, check: str, ours: Array, theirs: Array) -> Array:
    found = "second derivatives by PyTorch" in check and any(
        bool(((y == 0.0) & (x == 0.0)).any()) for y, x in _operands(program, "atan2")
    )
    return np.full(ours.shape, found) & np.isnan(theirs)


@convention(
    "second derivative of selu at 0",
    "the branch of the first derivative, alpha * exp(x), has one; PyTorch takes that of the line",
)
def _selu(program: Program, check: str, ours: Array, theirs: Array) -> Array:
    found = "second derivatives by PyTorch" in check and _some(
        program, "selu", where=lambda x: x == 0.0
    )
    return np.full(ours.shape, found)


@convention(
    "a variance where infinity meets: among its numbers, or as the adjoint",
    "its derivatives are inf - inf, nan, through the mean; PyTorch's formula leaves inf for some",
)
def _variance_of_inf(program: Program, check: str, ours: Array, theirs: Array) -> Array:
    found = "PyTorch" in check and (
        _some(program, "var", where=np.isinf)
        or ("var" in _names(program) and _some_adjoint_is_infinite(program))
    )
    return np.full(ours.shape, found) & np.isnan(ours)


@convention(
    "the largest or smallest of numbers one of which is nan",
    "the gradient goes to those that are nan, as with maximum; PyTorch's is nan for all",
)
def _largest_is_nan(program: Program, check: str, ours: Array, theirs: Array) -> Array:
    found = "PyTorch" in check and _some(program, "max", "min", where=np.isnan)
    return np.full(ours.shape, found) & np.isnan(theirs)


@convention(
    "a number that max or min did not choose",
    "its adjoint is 0 in an array, and 0 times an infinite partial is nan; scalars() has no edge "
    "to it",
)
def _left_out(program: Program, check: str, ours: Array, theirs: Array) -> Array:
    found = "scalars()" in check and bool(_names(program) & {"max", "min"})
    apart = (np.isnan(ours) & (theirs == 0.0)) | (np.isnan(theirs) & (ours == 0.0))
    return np.full(ours.shape, found) & apart


@convention(
    "logsumexp of nothing but -inf",
    "exp(x) and so every gradient is 0; PyTorch's is exp(-inf + inf), nan",
)
def _log_of_zero(program: Program, check: str, ours: Array, theirs: Array) -> Array:
    found = "PyTorch" in check and _some_result(program, "logsumexp", where=np.isneginf)
    return np.full(ours.shape, found) & np.isnan(theirs)


@convention(
    "a norm at the zero vector",
    "its derivatives are 0 at every order and times any adjoint, nan too; PyTorch's second ones "
    "are nan, and so is 0 times nan where scalars() spells it out",
)
def _zero_vector(program: Program, check: str, ours: Array, theirs: Array) -> Array:
    found = ("PyTorch" in check or "scalars()" in check) and _some_result(
        program, "norm", "std", where=lambda out: (out == 0.0) | np.isnan(out)
    )
    return np.full(ours.shape, found) & (np.isnan(theirs) | np.isnan(ours))


@convention(
    "derivatives of a power at 0, and so near that 1/x² overflows",
    "0**0 is 1 with derivatives 0 at every order, where PyTorch's second ones are nan; nearby "
    "those of x**0 are 0 times an overflow, nan, where PyTorch sets 0",
)
def _power_of_zero(program: Program, check: str, ours: Array, theirs: Array) -> Array:
    names = ("power", "**", "power of a number")
    bases = [np.abs(x[0]) for x in _operands(program, *names)]
    second = "second derivatives by PyTorch" in check and any(
        bool((x <= np.sqrt(np.finfo(x.dtype).tiny)).any()) for x in bases
    )
    first = "gradient by PyTorch" in check and any(
        bool(((x > 0.0) & (x < np.finfo(x.dtype).tiny)).any()) for x in bases
    )
    return np.full(ours.shape, first or second) & (np.isnan(theirs) | np.isnan(ours))


@convention(
    "mixed second derivatives of a power whose exponent is 0",
    "d²(x**y)/dxdy is 1/x there; PyTorch's rule sets the derivative by x to a constant 0",
)
def _exponent_of_zero(program: Program, check: str, ours: Array, theirs: Array) -> Array:
    found = "second derivatives by PyTorch" in check and any(
        bool((x[1] == 0.0).any()) for x in _operands(program, "power", "**")
    )
    return np.full(ours.shape, found)


@convention(
    "a power ½ or -½ of -0 or -inf",
    "C's pow has 0 and inf there, which Values follow; PyTorch's sqrt -0 and nan, and numpy's "
    "power of arrays too",
)
def _root_of_minus_zero(program: Program, check: str, ours: Array, theirs: Array) -> Array:
    found = False
    for x in _operands(program, "power", "**", "power of a number"):
        base = x[0]
        found |= bool((np.isneginf(base) | ((base == 0.0) & np.signbit(base))).any())
    halves = any(
        bool((np.abs(np.asarray(n)) == 0.5).any())
        for step in program.steps
        for n in (*step.operands[1:], *step.parameters)
        if isinstance(n, (float, np.ndarray))
    )
    return np.full(ours.shape, found and halves)


@convention(
    "the root of what is 0 but for rounding",
    "one order of adding leaves 0, whose root has the derivative inf, and another 1e-36, and so "
    "the slope of a distance from 0 is any number from -1 to 1",
)
def _root_of_nothing(program: Program, check: str, ours: Array, theirs: Array) -> Array:
    largest = max([1.0, *(float(np.max(np.abs(r._datum), initial=0.0)) for r in _run(program))])
    found = "values" not in check and _some_result(
        program, "sqrt", "std", "norm", where=lambda root: np.abs(root) < 1e-7 * largest
    )
    return np.full(ours.shape, found)


@convention(
    "sigmoid and silu from -745 to -709",
    "exp(x), subnormal, where PyTorch's 1 / (1 + exp(-x)) is 0 already",
)
def _underflow(program: Program, check: str, ours: Array, theirs: Array) -> Array:
    found = "PyTorch" in check and _some(
        program, "sigmoid", "silu", where=lambda x: (x < -700.0) & (x > -750.0)
    )
    return np.full(ours.shape, found)


@convention(
    "selu of nan",
    "its slope is that of the line; PyTorch's is nan in arrays long enough to be vectorised",
)
def _selu_of_nan(program: Program, check: str, ours: Array, theirs: Array) -> Array:
    found = "PyTorch" in check and _some(program, "selu", where=np.isnan)
    return np.full(ours.shape, found) & np.isnan(theirs)


@convention(
    "the range and the digits of float32",
    "scalars() are Python's floats, which hold what overflows or underflows in float32, and "
    "where an exponent is not whole that is so by rounding in float32",
)
def _range_of_single(program: Program, check: str, ours: Array, theirs: Array) -> Array:
    single = [np.abs(r._datum) for r in _run(program) if r._datum.dtype == np.float32]
    left = any(bool((~np.isfinite(r) | (r < 1e-37)).any()) for r in single)
    powers = [x[0] for x in _operands(program, "power", "**") if x[0].dtype == np.float32]
    negative = any(bool((x < 0.0).any()) for x in powers)
    return np.full(ours.shape, "scalars()" in check and (left or negative))


@convention(
    "einsum of three arrays, one of them infinite",
    "inf - inf is nan where the products are added first, and not where finite ones are",
)
def _infinite_product(program: Program, check: str, ours: Array, theirs: Array) -> Array:
    found = any(
        len(arrays) == 3 and any(bool(np.isinf(x).any()) for x in arrays)
        for arrays in _operands(program, "einsum")
    )
    return np.full(ours.shape, found) & ~(np.isfinite(ours) & np.isfinite(theirs))


@convention(
    "products that leave the range",
    "norm, var, std and atan2 take squares as they are and prod multiplies halves; PyTorch "
    "scales, widens, or takes another order, and overflows elsewhere",
)
def _out_of_range(program: Program, check: str, ours: Array, theirs: Array) -> Array:
    def leaves_the_range(x: Array) -> Array:
        large, small = (1e18, 1e-18) if x.dtype == np.float32 else (1e150, 1e-150)
        size = np.abs(x[np.isfinite(x)])
        return (size > large) | ((size < small) & (size > 0.0))

    squaring = ("norm", "var", "std", "atan2", "prod")
    found = "PyTorch" in check and _some(program, *squaring, where=leaves_the_range)
    return np.full(ours.shape, found)


def excused(
    program: Program, check: str, ours: Array, theirs: Array, bad: Array
) -> tuple[list[str], Array]:
    """Return the conventions that a difference follows from, and where they hold."""
    names, found = [], np.zeros_like(bad)
    for one in CONVENTIONS:
        holds = bad & ~found & one.holds(program, check, ours, theirs)
        if holds.any():
            names.append(one.name)
            found |= holds
    return names, found


def excused_error(program: Program, stage: str, message: str) -> str:
    """Return the convention that an exception follows from, if there is one.

    In a compiled function an element that is taken by its number out of an array argument is
    a Value (this is how loops over numbers are found), which has no axes to ask for.
    """
    taken = "getitem" in _names(program) and "'Value' object" in message
    missing = "has no attribute" in message or "not subscriptable" in message
    holds = taken and missing and "compile" in stage
    return "an element of a compiled argument is a Value" if holds else ""
