"""Paths counted, ranked and added up, against listing them all."""

import math

import pytest
from hypothesis import given

from autograd import Value, gradients, primitives, topological_order, where
from autograd.operations import apply
from tests.autograd.helpers import same
from tests.autograd.programs import programs
from viz.explaining.paths import Arrow, Ways, many, product


def every_path(root, wrt):
    """List all paths by following every arrow, one after the other."""
    found, waiting = [], [(root, ())]
    while waiting:
        node, arrows = waiting.pop()
        if node is wrt:
            found.append(arrows)
            continue
        pairs = zip(node.operands, node.partials, strict=True)
        for slot, (operand, partial) in enumerate(pairs):
            if partial is not None:
                waiting.append((operand, (*arrows, Arrow(node, slot, operand, partial))))
    return found


def rank(number):
    """Sort nan first, then by magnitude, the largest first."""
    return (not math.isnan(number), 0.0 if math.isnan(number) else -abs(number))


def arrows_of(paths):
    return {tuple((id(arrow.consumer), arrow.slot) for arrow in path) for path in paths}


@pytest.mark.parametrize("operations", ["smooth", "kinked", "wild"])
def test_counts_and_sums_are_those_of_all_paths(operations):
    checked = 0

    @given(programs(operations))
    def check(program):
        nonlocal checked
        leaves = [Value(number) for number in program.point]
        root = program.run(list(leaves))[0]
        nodes = set(topological_order(root))
        for wrt in (leaf for leaf in leaves if leaf in nodes):
            paths = every_path(root, wrt)
            ways = Ways(root, wrt)
            assert ways.count() == len(paths)
            listed = ways.largest(len(paths) + 1)
            assert arrows_of(listed) == arrows_of(paths)
            checked += 1
            if operations == "wild":
                assert same(ways.backward().total, gradients(root, wrt), 0.0, 0.0)
                continue
            products = [product(path) for path in paths]
            scale = math.fsum(map(abs, products))
            for sums in (ways.forward(), ways.backward()):
                assert abs(sums.total - math.fsum(products)) <= 1e-12 * scale
                assert math.isclose(sums.scale, scale, rel_tol=1e-12)
                assert sums.steps == max(map(len, paths), default=0)

    check()
    assert checked > 60


@given(programs("kinked"))
def test_the_largest_are_the_largest(program):
    leaves = [Value(number) for number in program.point]
    root = program.run(list(leaves))[0]
    nodes = set(topological_order(root))
    for wrt in (leaf for leaf in leaves if leaf in nodes):
        sizes = sorted((abs(product(path)) for path in every_path(root, wrt)), reverse=True)
        for limit in (1, 2, 3, 5):
            found = [abs(product(path)) for path in Ways(root, wrt).largest(limit)]
            expected = sizes[:limit]
            assert len(found) == len(expected)
            pairs = zip(found, expected, strict=True)
            assert all(math.isclose(a, b, rel_tol=1e-8, abs_tol=1e-300) for a, b in pairs)


def test_nan_and_infinite_products_come_before_numbers_and_zeros_last():
    x = Value(1.0, label="x")
    sizes = [0.0, 2.0, math.inf, -5.0, math.nan]
    terms = [apply(primitives.multiply, x, size) for size in sizes]
    found = [product(path) for path in Ways(apply(primitives.sum_, tuple(terms)), x).largest(5)]
    assert math.isnan(found[0])
    assert found[1:] == [math.inf, -5.0, 2.0, 0.0]
    assert sorted(found, key=rank)[1:] == found[1:]


def test_both_slots_are_paths_in_their_order():
    x = Value(3.0)
    assert [[arrow.slot for arrow in path] for path in Ways(x * x, x).largest(9)] == [[0], [1]]


def test_a_variable_is_reached_from_itself_by_the_empty_path():
    x = Value(3.0)
    ways = Ways(x, x)
    assert (ways.count(), ways.largest(3), product(())) == (1, [()], 1.0)
    assert ways.forward() == ways.backward() == (1.0, 1.0, 0, True)


def test_what_was_not_chosen_and_constants_are_on_no_path():
    x, y = Value(-2.0), Value(3.0)
    chosen = where(x > 0, x.sqrt(), y * 2.0)
    assert Ways(chosen, x).count() == 0
    assert Ways(chosen, x).largest(3) == []
    assert Ways(chosen, x).forward().total == 0.0
    assert Ways(chosen, y).count() == 1


def test_no_graph_of_the_root_holds_the_variable():
    with pytest.raises(ValueError, match="not reachable from the root"):
        Ways(Value(1.0) * 2.0, Value(2.0, label="w"))


def test_two_to_the_thousandth():
    x = Value(1.0)
    y = x
    for _ in range(1000):
        y = y + y
    ways = Ways(y, x)
    assert ways.count() == 2**1000
    assert len(ways.largest(16)) == 16
    assert ways.forward().total == 2.0**1000


def test_a_hundred_thousand_operations():
    x = Value(0.5)
    y = x
    for _ in range(100_000):
        y = y.sin()
    ways = Ways(y, x)
    assert ways.count() == 1
    (path,) = ways.largest(2)
    assert len(path) == 100_000
    assert product(path) == gradients(y, x)


def test_products_beyond_a_float_are_still_ranked():
    x = Value(1.0)
    small, smaller = x, x
    for _ in range(400):
        small, smaller = small * 0.1, smaller * 0.01
    (first, second) = Ways(smaller + small, x).largest(2)
    assert product(first) == product(second) == 0.0
    assert first[1].partial == 0.1


def test_numbers_of_paths_in_words():
    assert many(1) == "1"
    assert many(999_999_999) == "999,999,999"
    assert many(2**100) == "2^100 ≈ 1.27e30"
    assert many(10**5000) == "1.00e5000"
    assert many(10**400 - 1) == "1.00e400"
