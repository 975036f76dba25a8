"""Random programs: compiled is uncompiled, to 1e-12, on the first call and on every replay.

Two programs that compute the same sums in another order differ by their rounding, and a
program may enlarge that without bound: by a difference of nearly equal numbers, by the sine
of a large one, by a branch taken at 1e-17.  So each example is first run with every result
on its way moved in the fourteenth digit; where that moves the outcome by more than a
thousand times as much (or to another nan), there is nothing to compare.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import autograd
from autograd import Tensor, Value, primitives, topological_order
from autograd.operations import apply
from autograd.primitives import Primitive
from tests.autograd import oracle
from tests.autograd.array_programs import ArrayProgram, array_programs
from tests.autograd.compiler.helpers import all_close, assert_same, numbers, outcome
from tests.autograd.helpers import all_same
from tests.autograd.programs import ANY, LEAVES, TABLES, TAME, Program, programs

ROWS = {row.name: row for row in vars(primitives).values() if isinstance(row, Primitive)}

Outcome = tuple[list[float], list[float]]


# --- every primitive, at every point where its behaviour is published -------------------------


def _row(name: str) -> Primitive:
    return ROWS[name.split(" with ")[0]]


def _applied(name: str, point: Any) -> Any:
    row = _row(name)
    if row.name == "sum":
        return apply(row, tuple(point))
    if row.name == "dot":
        w1, w2, x1, x2, bias = point
        return apply(row, (w1, w2), (x1, x2), (bias,))
    if row.arity != len(point):  # the slope or alpha that goes without saying
        return getattr(autograd, name)(*point)
    return apply(row, *point)


POINTS: dict[str, list[tuple[float, ...]]] = {"identity": [(0.5,), (-2.0,), (float("nan"),)]}
for _name, _point in oracle.cases():
    POINTS.setdefault(_name, []).append(_point)


def test_no_primitive_is_left_out() -> None:
    assert {_row(name).name for name in POINTS} == ROWS.keys()
    found = set()
    for arity, operation in GROUPED.values():
        out = operation(autograd, *map(Value, (0.5, -0.25, 1.5, 2.0, 0.75)[:arity]))
        found |= {node.primitive.name for node in topological_order(out) if not node.is_leaf}
    assert found == ROWS.keys()


@pytest.mark.parametrize("name", POINTS)
def test_primitive_at_every_point_of_the_oracle(name: str) -> None:
    def one(point: Any) -> Any:
        return _applied(name, point)

    def many(points: Any) -> Any:
        return [_applied(name, point) for point in points]

    alone, grouped = autograd.compile(one), autograd.compile(many)
    points = [[Value(number) for number in point] for point in POINTS[name]]
    points = [point for point in points if len(point) == len(points[0])]
    for point in points:
        for ours, theirs in zip(outcome(alone, [point]), outcome(one, [point]), strict=True):
            assert all_same(ours, theirs), f"{name} at {point}: {ours} instead of {theirs}"
    for order in (points, points[::-1], points[1:] + points[:1]):
        for ours, theirs in zip(outcome(grouped, [order]), outcome(many, [order]), strict=True):
            assert all_same(ours, theirs), f"{name}: {ours} instead of {theirs}"


# --- programs over lists, in which arrays are to be found -------------------------------------


# those of the tables that random graphs are made of, and what they leave out
TAMED: dict[str, tuple[int, Callable[..., Any]]] = {
    "tan": (1, lambda m, x: m.tan(m.tanh(x))),
    "cos": (1, lambda m, x: m.cos(x)),
    "asin": (1, lambda m, x: m.asin(0.9 * m.sin(x))),
    "acos": (1, lambda m, x: m.acos(0.9 * m.tanh(x))),
    "atan": (1, lambda m, x: m.atan(x)),
    "sinh": (1, lambda m, x: m.sinh(m.sin(x))),
    "cosh": (1, lambda m, x: m.cosh(m.tanh(x))),
    "expm1": (1, lambda m, x: m.expm1(m.sin(x))),
    "log1p": (1, lambda m, x: m.log1p(x * x)),
    "log2": (1, lambda m, x: m.log2(1.5 + x * x)),
    "log10": (1, lambda m, x: m.log10(2.5 + m.sin(x))),
    "erf": (1, lambda m, x: m.erf(x)),
    "softplus": (1, lambda m, x: m.softplus(x)),
    "leaky_relu": (2, lambda m, x, y: m.leaky_relu(x, 0.5 * y)),
    "elu": (2, lambda m, x, y: m.elu(x, 1.0 + y * y)),
    "selu": (1, lambda m, x: m.selu(x)),
    "sign": (1, lambda m, x: m.sign(x) * x),
    "step": (2, lambda m, x, y: m.step(x) * y),
    "clip": (3, lambda m, x, y, z: apply(ROWS["clip"], x, y, z)),
    "identity": (1, lambda m, x: apply(ROWS["identity"], x)),
    "negate": (1, lambda m, x: -x),
}
RAW: dict[str, tuple[int, Callable[..., Any]]] = {
    name: (len(row.partials), lambda m, *x, row=row: apply(row, *x))
    for name, row in ROWS.items()
    if not row.variadic
}
GROUPED = {**TABLES["kinked"], **TAMED}

Step = tuple[str, tuple[Any, ...]]


@dataclass(frozen=True)
class ListProgram:
    """Instructions on lists of numbers, all of one length; each makes another list.

    map: an operation at every place; one: at a single place; layer: the dot products of
    some lists with one; loops: the same, one product and one sum after another; order:
    another order; total: the sum, at every place; branch: one list or another, as a number
    is positive or not; sorted: in the order of the numbers.
    """

    steps: tuple[Step, ...]
    lists: tuple[tuple[float, ...], ...]
    wild: bool = False

    def __call__(self, lists: Any, passed: Callable[[Any], Any] = lambda result: result) -> Any:
        """Carry it out; `passed` is told each result on the way and may change it."""
        table = RAW if self.wild else GROUPED
        results = [list(numbers_) for numbers_ in lists]
        size = len(results[0])
        for kind, details in self.steps:
            made: list[Any]
            if kind == "map":
                name, operands = details
                given = [[o] * size if isinstance(o, float) else results[o] for o in operands]
                made = [table[name][1](autograd, *column) for column in zip(*given, strict=True)]
            elif kind == "one":
                name, place, operands = details
                made = list(results[operands[-1]])
                given = [o if isinstance(o, float) else results[o][place % size] for o in operands]
                made[place % size] = table[name][1](autograd, *given)
            elif kind == "layer":
                rows, x, bias = details
                made = [
                    autograd.dot(results[rows[i % len(rows)]], results[x], results[bias][i])
                    for i in range(size)
                ]
            elif kind == "loops":
                rows, x, bias = details
                made = []
                for i in range(size):
                    z = results[bias][i]
                    for w, v in zip(results[rows[i % len(rows)]], results[x], strict=True):
                        z = z + w * v
                    made.append(z)
            elif kind == "order":
                x, places = details
                made = [results[x][place % size] for place in places[:size]]
                made += results[x][len(made) :]
            elif kind == "total":
                (x,) = details
                total = autograd.sum(results[x])
                made = [total * v for v in results[x]]
            elif kind == "branch":
                condition, place, x, y = details
                made = results[x] if results[condition][place % size] > 0 else results[y]
                made = [v * 1.5 for v in made]
            else:
                (x,) = details
                made = sorted(results[x])
                made = [v - 0.5 * made[0] for v in made]
            results.append([passed(v) if isinstance(v, Value) else v for v in made])
        return [
            autograd.sum(results[-1]),
            *results[-2],
            results[-1][0] * results[len(results) // 2][-1],
        ]


@st.composite
def list_programs(draw: st.DrawFn, wild: bool = False, size: int = 8) -> ListProgram:
    """Any program of 1 to `size` instructions over three lists."""
    length = draw(st.integers(2, 4))
    table = RAW if wild else GROUPED
    numbers_ = ANY.filter(lambda x: abs(x) != 0.0) if wild else TAME
    names = st.sampled_from(sorted(table))
    kinds = ["map"] * 4 + ["one", "layer", "loops", "order", "total"] + ["branch", "sorted"]
    steps: list[Step] = []
    for i in range(draw(st.integers(1, size))):
        node = st.integers(0, 2 + i)
        place = st.integers(0, length - 1)
        kind = draw(st.sampled_from(kinds))
        details: tuple[Any, ...]
        if kind in ("map", "one"):
            name = draw(names)
            others = table[name][0] - 1
            operands = draw(st.lists(node | numbers_, min_size=others, max_size=others))
            operands.append(draw(node))
            details = (name, operands) if kind == "map" else (name, draw(place), operands)
        elif kind in ("layer", "loops"):
            rows = draw(st.lists(node, min_size=1, max_size=length))
            details = (rows, draw(node), draw(node))
        elif kind == "order":
            details = (draw(node), draw(st.lists(place, min_size=length, max_size=length)))
        elif kind == "branch":
            details = (draw(node), draw(place), draw(node), draw(node))
        else:
            details = (draw(node),)
        steps.append((kind, details))
    lists = draw(st.tuples(*[st.tuples(*[numbers_] * length)] * 3))
    return ListProgram(tuple(steps), lists, wild)


# --- what may be compared ---------------------------------------------------------------------


def moved(seed: int) -> Callable[[Any], Any]:
    """Return what moves a result in its fourteenth digit, and makes a zero a positive one."""
    rng = random.Random(seed)
    return lambda result: result * (1.0 + rng.choice([-1e-14, 1e-14])) + 0.0


def is_steady(f: Callable[..., Any], args: Any, expected: Outcome) -> bool:
    """Whether rounding on the way makes no difference that counts."""
    for seed in range(3):
        passed = moved(seed)
        found = outcome(lambda *x: f(*x, passed=passed), args)  # noqa: B023
        if not all(all_same(a, b, 1e-11) for a, b in zip(found, expected, strict=True)):
            return False
    return True


def values(point: Any) -> Any:
    """The numbers of a point as fresh leaves."""
    return [values(part) if isinstance(part, tuple) else Value(part) for part in point]


def elsewhere(point: Any, i: int) -> Any:
    """Another point: other magnitudes, other signs, another order of the numbers."""
    if isinstance(point, tuple):
        return tuple(elsewhere(part, i + j) for j, part in enumerate(point))
    return (-0.75 if i % 2 else 1.25) * point + (0.0, 0.5, -1.0)[i % 3]


def compared(f: Callable[..., Any], points: Any) -> int:
    """Compare compiled and uncompiled at each point; return at how many that was possible."""
    compiled = autograd.compile(f)
    steady = 0
    for point in points:
        expected = outcome(f, values(point))
        found = outcome(compiled, values(point))
        if not is_steady(f, values(point), expected):
            continue
        steady += 1
        for ours, theirs in zip(found, expected, strict=True):
            assert all_same(ours, theirs), f"{ours} instead of {theirs}"
    return steady


# --- the tests --------------------------------------------------------------------------------


@settings(max_examples=50)
@given(list_programs())
def test_programs_over_lists(program: ListProgram) -> None:
    points = [(program.lists,), (elsewhere(program.lists, 0),), (elsewhere(program.lists, 1),)]
    assume(compared(program, [*points, points[0]]))


@settings(max_examples=30)
@given(list_programs(size=3))
def test_short_programs_over_lists(program: ListProgram) -> None:
    points = [(program.lists,), (elsewhere(program.lists, 0),), (elsewhere(program.lists, 1),)]
    assume(compared(program, points))


@settings(max_examples=50)
@given(list_programs(wild=True, size=4))
def test_programs_that_leave_their_domain(program: ListProgram) -> None:
    assume(compared(program, [(program.lists,), (elsewhere(program.lists, 1),)]))


@settings(max_examples=30)
@given(list_programs(size=5))
def test_value_and_grad_of_programs_over_lists(program: ListProgram) -> None:
    def first(lists: Any, passed: Callable[[Any], Any] = lambda result: result) -> Any:
        return program(lists, passed)[0]

    compiled, plain = autograd.compile(first), autograd.value_and_grad(first)
    for lists in (program.lists, elsewhere(program.lists, 1)):
        found = numbers(list(compiled.value_and_grad([list(part) for part in lists])))
        if is_steady(first, [values(lists)], outcome(first, [values(lists)])):
            assert all_same(found, numbers(list(plain([list(part) for part in lists]))))


def spelt_out(program: Program) -> Callable[..., Any]:
    """A program of `programs.py`, with a look at each result on its way."""
    table = TABLES[program.operations]

    def f(*leaves: Any, passed: Callable[[Any], Any] = lambda result: result) -> Any:
        results = list(leaves)
        for name, operands in program.steps:
            given = [results[o] if isinstance(o, int) else o for o in operands]
            results.append(passed(table[name][1](autograd, *given)))
        return results[-1]

    return f


@pytest.mark.parametrize("operations", ["kinked", "wild"])
def test_programs_over_single_numbers(operations: str) -> None:
    @settings(max_examples=40)
    @given(programs(operations))
    def check(program: Program) -> None:
        other = elsewhere(program.point, 1)
        assume(compared(spelt_out(program), [program.point, other, program.point]))

    check()


@settings(max_examples=30)
@given(programs("kinked", size=8))
def test_value_and_grad_of_programs_over_single_numbers(program: Program) -> None:
    everything = tuple(range(LEAVES))
    compiled = autograd.compile(program)
    plain = autograd.value_and_grad(program, everything)
    for point in (program.point, elsewhere(program.point, 0)):
        found = compiled.value_and_grad(*point, argnums=everything)
        f = spelt_out(program)
        if is_steady(f, values(point), outcome(f, values(point))):
            assert all_same(numbers(list(found)), numbers(list(plain(*point))))


# --- arrays -----------------------------------------------------------------------------------

# the same functions under another name: `ArrayProgram.run` looks at every result of autograd's
FUNCTIONS = SimpleNamespace(**vars(autograd))


def gradients_at(f: Callable[..., Any], leaves: Any) -> Outcome:
    return outcome(f, [[Tensor(leaf) for leaf in leaves]])


@settings(max_examples=60)
@given(array_programs())
def test_programs_over_arrays(program: ArrayProgram) -> None:
    def f(leaves: Any) -> Any:
        return program.run(leaves, FUNCTIONS)[0]

    compiled = autograd.compile(f)
    steady = 0
    for factor, shift in [(1.0, 0.0), (-0.75, 0.5), (1.25, -0.25)]:
        leaves = [factor * leaf + shift for leaf in program.leaves]
        found = gradients_at(compiled, leaves)
        expected = gradients_at(f, leaves)
        _, largest = program.run([Tensor(leaf) for leaf in leaves])
        near = gradients_at(f, [leaf * (1.0 + 1e-14) for leaf in leaves])
        scale = max(1.0, largest, *map(abs, expected[1]))
        if largest > 1e3 or not _near(near, expected, 1e-11 * scale):
            continue
        steady += 1
        assert _near(found, expected, 1e-12 * scale), f"{found} instead of {expected}"
    assume(steady)


def _near(ours: Outcome, theirs: Outcome, tolerance: float) -> bool:
    return all(
        abs(a - b) <= tolerance
        for left, right in zip(ours, theirs, strict=True)
        for a, b in zip(left, right, strict=True)
    )


@settings(max_examples=30)
@given(array_programs(size=5))
def test_value_and_grad_of_programs_over_arrays(program: ArrayProgram) -> None:
    def f(leaves: Any) -> Any:
        return program.run(leaves, FUNCTIONS)[0]

    compiled, plain = autograd.compile(f), autograd.value_and_grad(f)
    arrays = [np.array(leaf) for leaf in program.leaves]
    _, largest = program.run([Tensor(leaf) for leaf in arrays])
    assume(largest < 1e3)
    for _ in range(2):
        ours = numbers(list(compiled.value_and_grad(arrays)))
        assert all_close(ours, numbers(list(plain(arrays))), 1e-11)


# --- constants --------------------------------------------------------------------------------


@settings(max_examples=40)
@given(st.lists(ANY, min_size=1, max_size=5), st.lists(TAME, min_size=5, max_size=5))
def test_constants_of_every_kind(constants: list[float], point: list[float]) -> None:
    # 0, 1, -1, 2, nan and inf are what simplifications look for
    def f(*x: Any) -> Any:
        return [
            result
            for c, v in zip(constants, x, strict=False)
            for result in (v * c, c * v, v + c, c - v, v / c, v**c, autograd.maximum(v, c))
        ]

    assert_same(autograd.compile(f), f, *map(Value, point))


@pytest.mark.parametrize(
    "c", [0.0, -0.0, 1.0, -1.0, 2.0, 0.5, 3.0, -2.0, float("inf"), float("nan")]
)
def test_constants_that_simplify(c: float) -> None:
    def f(x: Any, y: Any) -> Any:
        return [
            x * c, c * x, x + c, c + x, x - c, c - x, x / c, c / x, x**c, c**x, -(1.0 * -x),
            (x * y) * c, x * -1.0 + y, x + -y, (x + y) - (x + y), x - x, x / x,
            autograd.sum([x, c, y, c]), autograd.dot([x, c], [c, y], c),
            autograd.where(x > c, x, c), autograd.maximum(c, y),
        ]  # fmt: skip

    compiled = autograd.compile(f)
    for x, y in [(2.0, -3.0), (0.0, 1.0), (-1.5, 0.0), (float("inf"), 2.0), (float("nan"), 1.0)]:
        for ours, theirs in zip(
            outcome(compiled, [Value(x), Value(y)]), outcome(f, [Value(x), Value(y)]), strict=True
        ):
            assert all_same(ours, theirs)
