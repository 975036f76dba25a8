"""One graph, carried out in every way there is: what differs, and by more than it may."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

import autograd as ag
from autograd import Tensor, Value
from autograd.graph import Node
from tests.fuzz import conventions
from tests.fuzz.noise import EVERYTHING, mover, noisy_functions
from tests.fuzz.operations import torch
from tests.fuzz.programs import Program, contracted, weights

RELATIVE = 1e-10
RELATIVE_SINGLE = 2e-5  # float32 has 7 digits, and a dozen instructions lose some
NOISE_SEEDS = range(1, 9)
_SMOOTH_ENOUGH = 1e8

Array = Any


@dataclass
class Difference:
    """Two answers to one question, as flat arrays."""

    check: str
    program: Program
    ours: Array
    theirs: Array
    error: str = ""

    def __str__(self) -> str:
        if self.error:
            return f"{self.check}: {self.error}"
        return f"{self.check}:\n  {_shown(self.ours)}\nis not\n  {_shown(self.theirs)}"


def _shown(array: Array) -> str:
    return np.array2string(array, precision=17, threshold=40, max_line_width=95, separator=", ")


@dataclass
class Outcome:
    """What the comparison of one graph has found."""

    differences: list[Difference] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


# --- reading answers ------------------------------------------------------------------------------


def flat(parts: Sequence[Any]) -> Array:
    """Return all the numbers of nodes, arrays and PyTorch's tensors in order."""
    found = []
    for part in parts:
        if isinstance(part, Node):
            part = part._datum
        elif not isinstance(part, (np.ndarray, float)) and hasattr(part, "detach"):
            # what PyTorch knows to be zero has no memory to be read before it is computed with
            part = (part.detach() - 0.0).numpy(force=True)
        found.append(np.ravel(np.asarray(part, dtype=np.float64)))
    return np.concatenate(found) if found else np.zeros(0)


def grads(leaves: Sequence[Any]) -> list[Any]:
    return [np.zeros(np.shape(x._datum)) if x.grad is None else x.grad for x in leaves]


def directions(program: Program) -> list[Any]:
    """What gradients are multiplied by before they are differentiated again."""
    found: list[Any] = []
    for i, x in enumerate(program.leaves):
        along = weights(np.shape(x), 1.1 + i)
        found.append(along.astype(x.dtype) if isinstance(x, np.ndarray) else float(along))
    return found


def along(gradient: Sequence[Any], direction: Sequence[Any]) -> Any:
    total: Any = 0.0
    for g, d in zip(gradient, direction, strict=True):
        product = g * d
        total = total + (product.sum() if np.ndim(d) else product)
    return total


# --- our answers ----------------------------------------------------------------------------------


def backward(program: Program, moved: Callable[[Any], Any] | None = None) -> tuple[Any, Any, Any]:
    """Return the leaves, the results and the root, after a backward pass."""
    leaves = _leaves(program, moved)
    results = program.run(leaves, moved)
    root = contracted(results[-1])
    root.backward()
    return leaves, results, root


def _leaves(program: Program, moved: Any) -> list[Any]:
    if moved is None:
        return program.fresh()
    # Tensors all, for the functions of Values cannot be moved; of the precision of the rest
    single = any(getattr(x, "dtype", None) == np.float32 for x in program.leaves)
    return [
        Tensor(x, dtype=None if isinstance(x, np.ndarray) else "float32" if single else "float64")
        for x in program.leaves
    ]


def hessian_product(program: Program, moved: Callable[[Any], Any] | None = None) -> list[Any]:
    leaves = _leaves(program, moved)
    root = contracted(program.run(leaves, moved)[-1])
    slopes = ag.gradients(root, leaves, create_graph=True)
    slope = along(slopes, directions(program))
    return list(ag.gradients(slope, leaves))


def _values(program: Program, moved: Any = None) -> Array:
    return flat(program.run(_leaves(program, moved), moved))


def _gradient(program: Program, moved: Any = None) -> Array:
    return flat(grads(backward(program, moved)[0]))


def _slope(program: Program, moved: Any = None) -> Array:
    gradient = grads(backward(program, moved)[0])
    return flat([along(gradient, directions(program))])


def _second(program: Program, moved: Any = None) -> Array:
    return flat(hessian_product(program, moved))


def _root(program: Program, moved: Any = None) -> Array:
    return flat([contracted(program.run(_leaves(program, moved), moved)[-1])])


# --- comparing ------------------------------------------------------------------------------------


def unequal(ours: Array, theirs: Array, relative: float) -> Array:
    """Tell which differ by more than a relative error; nan equals nan, inf equals inf."""
    with np.errstate(all="ignore"):
        close = np.abs(ours - theirs) <= relative * np.maximum(np.abs(ours), np.abs(theirs))
    close &= np.isfinite(ours) & np.isfinite(theirs)
    return ~((ours == theirs) | close | (np.isnan(ours) & np.isnan(theirs)))


def _sorts(x: Array) -> Array:
    """0 where finite, and another number for each of nan, inf and -inf."""
    return np.where(np.isnan(x), 3, np.where(np.isinf(x), np.sign(x), 0))


def cannot_be_told_apart(
    ours: Array, theirs: Array, samples: Sequence[Array]
) -> Array:
    """Tell where noise moves our answer by a tenth of the difference, or to its sort."""
    found = np.zeros(ours.shape, bool)
    with np.errstate(all="ignore"):
        for sample in samples:
            sort = _sorts(sample)
            finite = (_sorts(ours) == 0) & (_sorts(theirs) == 0)
            near = 10.0 * np.abs(sample - ours) >= np.abs(ours - theirs)
            found |= np.where(finite, near | (sort != 0), sort == _sorts(theirs))
    return found


QUANTITIES: dict[str, Callable[..., Array]] = {
    "values": _values, "gradient": _gradient, "slope": _slope, "second": _second, "root": _root,
}  # fmt: skip


class Comparison:
    """Compares answers about one graph and keeps account."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.outcome = Outcome()
        self.relative = RELATIVE
        self.zeros_differ = False

    def _is_in_the_last_place(
        self, quantity: str, program: Program, ours: Array, theirs: Array
    ) -> Array:
        samples = _samples(quantity, program, EVERYTHING)
        share = 0.02 if self.relative == RELATIVE else 0.5  # of what moves by 1e-12, or by 3e-6
        with np.errstate(all="ignore"):
            moved = np.max([np.abs(sample - ours) for sample in samples], axis=0)
            sizes = np.abs([theirs, *samples])
            largest = np.max(sizes[np.isfinite(sizes)], initial=1.0)
            apart = np.abs(ours - theirs)
            found = (apart <= share * moved) & (apart <= self.relative * largest)
            # what terms of the size of the largest number leave over where they cancel inside
            # one instruction, as in the second derivatives of the std of two numbers or in the
            # softmax of one that wins, and what a steep operation behind it makes of that
            precision = np.float64 if self.relative == RELATIVE else np.float32
            left_over = 64.0 * np.finfo(precision).eps * largest * _steepest(program)
            return found | ((quantity != "values") & (apart <= left_over))

    def __call__(
        self, check: str, quantity: str, ours: Array, theirs: Array, program: Program | None = None
    ) -> None:
        """Compare; `quantity` names what is asked, for noise."""
        program = program or self.program
        counts = self.outcome.counts
        counts["comparisons"] += 1
        if ours.shape != theirs.shape:
            message = f"{ours.size} numbers instead of {theirs.size}"
            self.outcome.differences.append(Difference(check, program, ours, theirs, message))
            return
        bad = unequal(ours, theirs, self.relative)
        if not bad.any():
            return
        excused = bad & cannot_be_told_apart(ours, theirs, _samples(quantity, program, 0))
        if (bad & ~excused).any():
            excused |= bad & self._is_in_the_last_place(quantity, program, ours, theirs)
        if excused.any():
            counts["left to rounding"] += 1
            bad &= ~excused
        if bad.any() and self.zeros_differ and "PyTorch" in check:
            counts["convention: the sign of a zero that is a sum"] += 1
            return
        if bad.any():
            names, excused = conventions.excused(program, check, ours, theirs, bad)
            counts.update(f"convention: {name}" for name in names)
            bad &= ~excused
        if bad.any():
            self.outcome.differences.append(Difference(check, program, ours, theirs))


def _steepest(program: Program) -> float:
    """Return the largest of the local derivatives in a graph, from 1 to a million.

    A length is a root, and steep inside where it is short.
    """
    _, _, root = backward(program)
    order = ag.topological_order(root)
    partials = [p for node in order for p in node.partials]
    with np.errstate(all="ignore"):
        partials += [1.0 / np.asarray(node._datum) for node in order if _is_norm(node)]
    sizes = np.abs(flat([p for p in partials if isinstance(p, (float, np.ndarray))]))
    return float(min(np.max(sizes[np.isfinite(sizes)], initial=1.0), 1e6))


def _is_norm(node: Node) -> bool:
    return node.primitive is not None and node.primitive.name == "norm"


def _samples(quantity: str, program: Program, first: int) -> list[Array]:
    found = []
    for seed in NOISE_SEEDS:
        with noisy_functions(first + seed):
            found.append(QUANTITIES[quantity](program, mover(first + seed)))
    return found


def moved_point(program: Program) -> Program:
    """The same graph at another point, for a program that is replayed."""
    leaves: list[Any] = []
    for x in program.leaves:
        if program.kind == "wild":
            leaves.append(x if np.ndim(x) == 0 else np.ravel(x)[::-1].reshape(x.shape).copy())
        else:
            y = x * 0.75 + 0.125
            leaves.append(np.asarray(y, x.dtype) if isinstance(x, np.ndarray) else y)
    return replace(program, leaves=tuple(leaves))


def compare(program: Program, index: int = 0) -> Outcome:
    """Carry a graph out in every way; what raises an exception is a difference as well."""
    comparison = Comparison(program)
    numbers = [*program.leaves, *(o for s in program.steps for o in s.operands)]
    if any(np.asarray(x).dtype == np.float32 for x in numbers) or any(
        s.name == "astype" for s in program.steps
    ):
        comparison.relative = RELATIVE_SINGLE
    stage = ["our forward and backward pass"]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            _compare(program, index, comparison, stage)
    except Exception as error:  # whatever it is, it is a finding
        message = f"{type(error).__name__}: {error}"
        name = conventions.excused_error(program, stage[0], message)
        if name:
            comparison.outcome.counts[f"convention: {name}"] += 1
            return comparison.outcome
        empty = np.zeros(0)
        comparison.outcome.differences.append(Difference(stage[0], program, empty, empty, message))
    return comparison.outcome


def _compare(program: Program, index: int, same: Comparison, stage: list[str]) -> None:
    leaves, results, root = backward(program)
    values, gradient = flat(results), flat(grads(leaves))
    finite = bool(np.isfinite(values).all() and np.isfinite(gradient).all())
    tame = finite and bool(max(
        np.abs(values).max(initial=0.0), np.abs(gradient).max(initial=0.0)
    ) < _SMOOTH_ENOUGH)  # fmt: skip
    if not finite:
        same.outcome.counts["graphs with nan or inf"] += 1

    stage[0] = "PyTorch"
    their_results, their_grads, their_second = by_torch(program, results, tame)
    their_values = flat(their_results)
    if their_values.shape == values.shape:
        # PyTorch starts a sum from 0, so that of -0.0 is 0.0, and 1 / x and atan2 tell them apart
        zeros = (values == 0.0) & (their_values == 0.0)
        same.zeros_differ = bool((zeros & (np.signbit(values) != np.signbit(their_values))).any())
    same("values by PyTorch", "values", values, their_values)
    same("gradient by PyTorch", "gradient", gradient, flat(their_grads))

    stage[0] = "gradients()"
    again = flat(ag.gradients(root, leaves))
    same("gradients() and backward()", "gradient", again, gradient)
    stage[0] = "create_graph"
    slopes = ag.gradients(root, leaves, create_graph=True)
    same("create_graph and backward()", "gradient", flat(slopes), gradient)
    second = None
    if tame:
        slope = along(slopes, directions(program))
        stage[0] = "second derivatives"
        second = flat(ag.gradients(slope, leaves) if isinstance(slope, Node) else
                      [np.zeros(np.shape(x)) for x in program.leaves])  # fmt: skip
        same("second derivatives by PyTorch", "second", second, flat(their_second))

    stage[0] = "jvp"
    direction = directions(program)
    value, tangent = ag.jvp(program.root, program.leaves, direction)
    same("value of jvp", "root", flat([value]), flat([root]))
    if finite:
        same("jvp and vjp", "slope", flat([tangent]), flat([along(grads(leaves), direction)]))
    everything = tuple(range(len(leaves)))
    if index % 2:
        stage[0] = "grad()"
        found = ag.grad(program.root, everything)(*program.leaves)
        same("grad() and backward()", "gradient", flat(found), gradient)
    elif second is not None:
        stage[0] = "jvp of grad()"
        f = ag.grad(program.root, everything)
        _, forward = ag.jvp(lambda *x: list(f(*x)), program.leaves, direction)
        same("jvp of grad() and reverse over reverse", "second", flat(forward), second)

    stage[0] = "compile"
    compiled = ag.compile(program.root)
    for point in (program, moved_point(program)):
        where = "compiled" if point is program else "compiled, replayed"
        if point is not program:
            leaves, _, root = backward(point)
        ours = point.fresh()
        node = compiled(*ours)
        same(f"value {where}", "root", flat([node]), flat([root]), point)
        node.backward()
        same(f"gradient {where}", "gradient", flat(grads(ours)), flat(grads(leaves)), point)
    if index % 3 == 0:
        stage[0] = "compile(...).value_and_grad"
        value, found = compiled.value_and_grad(*program.leaves, argnums=everything)
        same("gradient by compile().value_and_grad", "gradient", flat(found), gradient)
    elif index % 3 == 1 and second is not None:
        stage[0] = "a compiled function that differentiates"
        f = ag.grad(program.root, everything)
        compiled = ag.compile(lambda *x: along(f(*x), direction))
        ours = program.fresh()
        node = compiled(*ours)
        if isinstance(node, Node):
            node.backward()
        same("second derivatives compiled", "second", flat(grads(ours)), second)

    stage[0] = "scalars()"
    fresh = program.fresh()
    root = program.root(*fresh)
    if isinstance(root, Tensor):
        spelled: dict[Any, Any] = {}
        number = root.scalars(spelled)
        same("value of scalars()", "root", flat([number]), flat([root]))
        number.backward()
        found = [
            _grads_of_values(spelled[x])
            if x in spelled
            else np.zeros(np.shape(x._datum))
            if x.grad is None
            else x.grad
            for x in fresh
        ]
        same("gradient of scalars()", "gradient", flat(found), gradient)

    if all(not s.operation.text for s in program.steps):
        stage[0] = "plain numbers"
        plain = flat(program.run(program.leaves))
        same("values of plain numbers", "values", plain, values)


def _grads_of_values(values: Any) -> Any:
    if isinstance(values, Value):
        return values.grad or 0.0
    found = [0.0 if v.grad is None else v.grad for v in np.ravel(values)]
    return np.array(found, float).reshape(np.shape(values))


def by_torch(program: Program, results: Sequence[Any], second: bool) -> tuple[Any, Any, Any]:
    """Return PyTorch's results, gradients and, if asked, their derivatives."""
    t = torch()
    leaves = [
        t.tensor(x, requires_grad=True)
        if isinstance(x, np.ndarray)
        else t.tensor(x, dtype=t.float64, requires_grad=True)
        for x in program.leaves
    ]
    dtypes = [str(getattr(r._datum, "dtype", "float64")) for r in results]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of var() with no freedom left
        found = program.run_by_torch(leaves, dtypes)
    last = found[-1]
    root = last
    if last.ndim:
        root = (last * t.tensor(weights(tuple(last.shape)), dtype=last.dtype)).sum()
    gradient = _torch_gradient(root, leaves, second)
    curvature = []
    if second:
        slope: Any = t.zeros(())
        for g, d in zip(gradient, directions(program), strict=True):
            slope = slope + (g * t.tensor(d, dtype=g.dtype)).sum()
        curvature = _torch_gradient(slope, leaves, False)
    return found, gradient, curvature


def _torch_gradient(root: Any, leaves: list[Any], create_graph: bool) -> list[Any]:
    if not root.requires_grad:
        return [torch().zeros_like(x) for x in leaves]
    return list(
        torch().autograd.grad(
            root, leaves, create_graph=create_graph, retain_graph=True, allow_unused=True,
            materialize_grads=True,
        )
    )  # fmt: skip
