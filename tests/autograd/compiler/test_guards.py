"""What a function learns about its numbers is checked at each replay: never the wrong branch."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Tensor, Value, no_grad
from tests.autograd.compiler.helpers import assert_same, count, numbers

INF, NAN = math.inf, math.nan


# --- ways to look at numbers: each a function of three Values ---------------------------------


def branches(x: Any, y: Any, z: Any) -> Any:
    if x > 0:
        return x * y
    if y >= x and z != 1.0:
        return y.exp() - z
    return z * 3.0 if 2.0 < z else x + y + z  # noqa: SIM300


def halving(x: Any, y: Any, z: Any) -> Any:
    while abs(x) > 0.5:
        x = x * 0.5
    return x * y + z


def newton(x: Any, y: Any, z: Any) -> Any:
    target = 1.0 + x * x
    root = target
    for _ in range(30):
        step = (root * root - target) / (2.0 * root)
        if abs(step) < 1e-6:
            break
        root = root - step
    return root * y + z


def in_order(x: Any, y: Any, z: Any) -> Any:
    smallest, middle, largest = sorted([x, y * 1.0, z])
    return smallest + 2.0 * middle + 3.0 * largest**2


def in_order_by_key(x: Any, y: Any, z: Any) -> Any:
    first, *_, last = sorted([x, y, z], key=lambda v: (float(v * v), v.data))
    return first * 5.0 - last.sin()


def extremes(x: Any, y: Any, z: Any) -> Any:
    return max(x, y, z) * 2.0 + min([x * y, z])


def absolute(x: Any, y: Any, z: Any) -> Any:
    x = x if x > 0 else -x
    y = -y if y < 0 else y
    return x * y + z


def truth(x: Any, y: Any, z: Any) -> Any:
    if not x:
        return z + y
    return (y or z) * x if bool(z) else (x and y) * 3.0


def as_float(x: Any, y: Any, z: Any) -> Any:
    return y * 2.0 if float(x) > 0.25 else z * float(y > z)


def as_integer(x: Any, y: Any, z: Any) -> Any:
    return [x, y, z][int(x) % 3] ** 2 + math.floor(y) * z


def equal(x: Any, y: Any, z: Any) -> Any:
    if x == y:
        return x * z
    return y * 2.0 if 1.0 == z else z * z * x  # noqa: SIM300


def membership(x: Any, y: Any, z: Any) -> Any:
    factor = 2.0 if x in [0.5, 1.0, y] else -1.0
    return factor * z + [x, y, z].index(z) * x


def by_hand(x: Any, y: Any, z: Any) -> Any:
    return y * x if x.data > 0 and math.cos(y.data) > 0 else z + y


def not_a_number(x: Any, y: Any, z: Any) -> Any:
    return z * 2.0 if x != x else x * y


def nested(x: Any, y: Any, z: Any) -> Any:
    # the second question is only asked, and can only be answered, if the first is true
    if x > 0 and x.log() > 0 and (x.log().log() > y or 1.0 / x.log() < z):
        return x.log() * y
    return z * x


def counted(x: Any, y: Any, z: Any) -> Any:
    positive = [v for v in (x, y, z) if v > 0]
    return autograd.sum(positive) * len(positive) + x


LOOKS = [
    branches, halving, newton, in_order, in_order_by_key, extremes, absolute, truth, as_float,
    as_integer, equal, membership, by_hand, not_a_number, nested, counted,
]  # fmt: skip

POINTS = [
    (0.5, 1.0, 2.0), (-0.5, 1.0, 2.0), (0.5, 1.0, 3.0), (2.0, -1.0, 0.5), (-3.0, -4.0, 2.5),
    (1.0, 1.0, 1.0), (0.0, 0.0, 0.0), (0.0, 2.0, 0.0), (-0.0, -2.0, 1.0), (5.0, 3.0, -1.0),
    (20.0, 0.25, 0.125), (-1.0, 1.0, -1.0), (0.1, 0.2, 0.3),
]  # fmt: skip
ODD = [(NAN, 1.0, 2.0), (1.0, NAN, 2.0), (1.0, 2.0, NAN), (INF, 1.0, -INF), (-INF, INF, 1.0)]
CANNOT = {halving: "does not end", as_integer: "int() refuses", newton: "is all nan"}


def called_with(f: Callable[..., Any], points: Any) -> None:
    compiled = autograd.compile(f)
    for point in points:
        assert_same(compiled, f, *map(Value, point))
        assert count(compiled) <= 8


@pytest.mark.parametrize("f", LOOKS)
def test_every_point_is_answered_by_its_own_branch(f: Callable[..., Any]) -> None:
    called_with(f, [*POINTS, *reversed(POINTS), *POINTS[::3]])


@pytest.mark.parametrize("f", LOOKS)
def test_branches_that_alternate(f: Callable[..., Any]) -> None:
    for other in POINTS[1::3]:
        called_with(f, [POINTS[0], other] * 3)


@pytest.mark.parametrize("f", [f for f in LOOKS if f not in CANNOT])
def test_comparisons_with_nan_and_inf(f: Callable[..., Any]) -> None:
    # recorded with nan and replayed without, and the other way round
    for odd in ODD:
        called_with(f, [odd, POINTS[0], odd, POINTS[3], odd])
        called_with(f, [POINTS[0], odd, POINTS[0], odd])


@pytest.mark.parametrize("f", LOOKS)
def test_the_same_with_plain_numbers_and_value_and_grad(f: Callable[..., Any]) -> None:
    compiled, plain = autograd.compile(f), autograd.value_and_grad(f, (0, 1, 2))
    for point in POINTS:
        found = compiled.value_and_grad(*point, argnums=(0, 1, 2))
        assert numbers(list(found)) == pytest.approx(numbers(list(plain(*point))), rel=1e-12)


@pytest.mark.parametrize("f", LOOKS)
def test_the_same_with_the_elements_of_an_array(f: Callable[..., Any]) -> None:
    read = lambda t: f(t[0], t[1], t[2]) if isinstance(t, list) else f(*[t[i] for i in range(3)])
    compiled = autograd.compile(read)
    for point in POINTS[:8]:
        expected, x = read([Value(number) for number in point]), Tensor(point)
        assert float(compiled(x)) == pytest.approx(float(expected), rel=1e-12)


# --- how many recordings that takes -----------------------------------------------------------


def test_two_branches_are_two_recordings() -> None:
    f = lambda x: x * 2.0 if x > 0 else x * x
    compiled = autograd.compile(f)
    for number in (1.0, -1.0, 2.0, -2.0, 0.0, 1e300, -0.0, NAN):
        assert_same(compiled, f, Value(number))
    assert count(compiled) == 2


def test_recordings_tell_of_their_guards() -> None:
    compiled = autograd.compile(lambda x: x * 2.0 if x > 0 else x * x)
    compiled(Value(1.0))
    assert compiled.recordings[0].guards


def test_recording_used_last_comes_first() -> None:
    f = autograd.compile(lambda x: x * 2.0 if x > 0 else x * x)
    f(Value(1.0))
    positive = f.recordings[0]
    f(Value(-1.0))
    negative = f.recordings[0]
    assert negative is not positive
    program = f.program
    f(Value(3.0))
    assert f.recordings == (positive, negative)
    assert f.program == positive.program != program
    f(Value(-3.0))
    assert f.recordings == (negative, positive)
    assert f.program == program


def test_comparison_that_where_takes_needs_no_recording() -> None:
    def f(x: Any, y: Any) -> Any:
        return autograd.where(x > 0, x.log(), y * x) + y.where(y <= x, 2.0 * x)

    compiled = autograd.compile(f)
    for x, y in [(1.0, 2.0), (-1.0, 2.0), (3.0, -2.0), (0.0, 0.0), (NAN, 1.0), (-2.0, -3.0)]:
        assert_same(compiled, f, Value(x), Value(y))
    assert count(compiled) == 1


def test_comparison_of_arrays_that_where_takes_needs_no_recording() -> None:
    def f(t: Any, v: Any) -> Any:
        return autograd.where(t > v, t * v, t - v).sum() + ((t < 0) * t).sum()

    compiled = autograd.compile(f)
    for shift in (0.0, 1.0, -5.0):
        assert_same(compiled, f, Tensor([-1.0 + shift, 0.5, 2.0]), Value(0.5 - shift))
    assert count(compiled) == 1


def test_functions_that_choose_need_no_recording() -> None:
    def f(x: Any, y: Any) -> Any:
        return autograd.maximum(x, y) * autograd.relu(x) + abs(y) + autograd.minimum(x, 0.5)

    compiled = autograd.compile(f)
    for x, y in [(1.0, 2.0), (2.0, 1.0), (-1.0, -1.0), (0.0, 0.0), (0.5, -3.0)]:
        assert_same(compiled, f, Value(x), Value(y))
    assert count(compiled) == 1


def test_the_same_question_twice_and_the_opposite_one() -> None:
    def f(x: Any) -> Any:
        a = x if x > 0 else -x
        b = x * 2.0 if not x > 0 else x * 3.0
        return a * b if x <= 0 else a + b

    compiled = autograd.compile(f)
    for number in (1.0, -1.0, 2.0, 0.0, -0.5):
        assert_same(compiled, f, Value(number))
    assert count(compiled) == 2


def test_guard_that_fails_each_time_stays_correct_and_bounded() -> None:
    f = lambda x, y: x * float(x) + y * y.data
    compiled = autograd.compile(f, max_recordings=3)
    for i in range(20):
        assert_same(compiled, f, Value(0.5 * i), Value(-0.25 * i))
        assert count(compiled) <= 3
    # and what has been seen before is found again
    assert_same(compiled, f, Value(9.5), Value(-4.75))


def test_guard_that_fails_each_time_by_default() -> None:
    runs = []

    def f(x: Any) -> Any:
        runs.append(float(x))
        return x * runs[-1]

    compiled = autograd.compile(f)
    for i in range(30):
        assert float(compiled(Value(float(i)))) == i * i
    assert count(compiled) <= 8


def test_guards_see_what_surrounds_the_function() -> None:
    w = Value(1.0)
    f = lambda x: x * w if w > 0 else x - w
    compiled = autograd.compile(f)
    for number in (1.0, -1.0, 2.0, -3.0):
        w.data = number
        assert_same(compiled, f, Value(5.0), captured=[w])
    assert count(compiled) == 2


def test_guards_see_what_was_computed() -> None:
    def f(x: Any, w: Any) -> Any:
        z = (x * w).tanh() * 2.0
        return z.exp() if z > 1.0 else -z

    compiled = autograd.compile(f)
    for x, w in [(1.0, 2.0), (1.0, 0.25), (-2.0, -1.0), (-2.0, 1.0), (0.3, 0.3)]:
        assert_same(compiled, f, Value(x), Value(w))
    assert count(compiled) == 2


def test_guards_alone_make_a_result() -> None:
    f = lambda x, y: Value(1.0) if x > y else Value(2.0)
    compiled = autograd.compile(f)
    for x, y in [(1.0, 2.0), (2.0, 1.0), (1.0, 3.0), (3.0, 1.0)]:
        assert_same(compiled, f, Value(x), Value(y))


def test_guards_of_nested_compiled_functions() -> None:
    plain = lambda x: x * 2.0 if x > 0 else x * x
    inner = autograd.compile(plain)
    outer = autograd.compile(lambda x, y: inner(x) + inner(y))
    for x, y in [(1.0, 2.0), (-1.0, 2.0), (1.0, -2.0), (-1.0, -2.0), (3.0, -4.0)]:
        assert_same(outer, lambda x, y: plain(x) + plain(y), Value(x), Value(y))
    assert count(outer) == 4


def test_comparison_may_be_returned() -> None:
    f = autograd.compile(lambda x: [x * x, x > 1.0])
    assert [bool(f(Value(number))[1]) for number in (0.0, 2.0, 0.5, 3.0)] == [
        False, True, False, True,
    ]  # fmt: skip


# --- arrays -----------------------------------------------------------------------------------


def any_negative(t: Any) -> Any:
    return (t * t).sum() if (t < 0).any() else t.sum()


def all_small(t: Any) -> Any:
    return t.sin().sum() if np.all(t < 2.0) else t.mean()


def masked(t: Any) -> Any:
    return (t[t.data > 0] ** 2).sum() + t.sum()


def masked_by_comparison(t: Any) -> Any:
    return (t[t > 0] ** 2).sum() + t.sum()


def largest(t: Any) -> Any:
    return t[int(t.argmax())] * 3.0 + t[autograd.argmin(t)]


def in_numpys_order(t: Any) -> Any:
    return (t[np.argsort(t.data)] * np.arange(len(t))).sum()


def one_element(t: Any) -> Any:
    return t.sum() if t[0] > t[1] else t.prod()


def item(t: Any) -> Any:
    return t * 2.0 if t.sum().item() > 1.0 else t * t


def listed(t: Any) -> Any:
    return (t * np.array([1.0 if number > 0 else -2.0 for number in t.tolist()])).sum()


def copied(t: Any) -> Any:
    return (t * np.sign(t.numpy())).sum()


def as_a_constant(t: Any) -> Any:
    return (t * t.data.max()).sum()


def truth_of_one(t: Any) -> Any:
    return t.sum() * 2.0 if t[:1] else t.mean()


@pytest.mark.parametrize(
    "f",
    [any_negative, all_small, masked, masked_by_comparison, largest, in_numpys_order, one_element,
     item, listed, copied, as_a_constant, truth_of_one],
)  # fmt: skip
def test_looks_at_arrays(f: Callable[..., Any]) -> None:
    compiled = autograd.compile(f)
    for data in [
        [0.5, 1.0, 2.0], [0.25, 1.5, 1.75], [-0.5, 1.0, 3.0], [2.0, 1.0, -0.5], [0.0, 0.0, 0.0],
        [-1.0, -2.0, -3.0], [3.0, 2.0, 1.0], [0.5, 1.0, 2.0], [NAN, 1.0, 2.0], [1.0, 2.0, NAN],
    ]:  # fmt: skip
        assert_same(compiled, f, Tensor(data))
        assert count(compiled) <= 8


def test_numbers_that_the_engine_itself_looks_up_are_found_anew() -> None:
    def f(t: Any) -> Any:
        return autograd.log_softmax(t)[0] + autograd.logsumexp(t) * autograd.std(t)

    compiled = autograd.compile(f)
    for data in ([0.0, 0.5, 0.25], [1000.0, -1000.0, 900.0], [-2000.0, -2000.0, -2000.5]):
        assert_same(compiled, f, Tensor(data))
    assert count(compiled) == 1


def test_softmax_of_values_is_found_anew() -> None:
    from nn.activations import softmax

    def f(xs: Any) -> Any:
        return -softmax(xs)[0].log()

    compiled = autograd.compile(f)
    for data in ([0.0, 0.5, 0.25], [50.0, -50.0, 49.0], [-700.0, -701.0, -700.5]):
        assert_same(compiled, f, [Value(number) for number in data])


# --- values without a gradient ----------------------------------------------------------------


def test_detach_inside() -> None:
    def f(x: Any, t: Any) -> Any:
        return x * x.detach() * (t.detach() * t).sum() + (x * x).detach() * 3.0

    compiled = autograd.compile(f)
    for number in (2.0, -3.0, 0.5):
        assert_same(compiled, f, Value(number), Tensor([number, 1.0]))
    assert count(compiled) == 1


def test_no_grad_inside() -> None:
    def f(x: Any, t: Any) -> Any:
        with no_grad():
            scale = x * x + 1.0
            shifted = t.tanh() * scale
            product = autograd.matmul(shifted, t)
        return x * scale + (shifted * t).sum() * product

    compiled = autograd.compile(f)
    for number in (2.0, -3.0, 0.5):
        assert_same(compiled, f, Value(number), Tensor([number, 1.0]))


def test_data_as_a_constant() -> None:
    f = lambda x: x * Value(x.data) + x * x.data
    compiled = autograd.compile(f)
    for number in (2.0, -3.0, 2.0):
        assert_same(compiled, f, Value(number))


def test_number_in_a_text() -> None:
    # a text may decide as well as a number does
    f = lambda x: x * 2.0 if f"{x:.1f}".startswith("-") else x * x
    compiled = autograd.compile(f)
    for number in (2.0, -3.0, 4.0, -1.0):
        assert_same(compiled, f, Value(number))
