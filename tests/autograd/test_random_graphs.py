"""Random expression graphs: against PyTorch, and the engine's own ways against each other."""

from __future__ import annotations

import copy
import math
import pickle
from typing import Any

import pytest
from hypothesis import assume, given

from autograd import Value, grad, gradients, graph, jvp, topological_order, vjp
from tests.autograd.helpers import same
from tests.autograd.programs import LEAVES, Program, for_torch, programs

DIRECTION = (0.7, -1.3, 0.4)


def close(ours: list[float], theirs: list[float], scale: float = 1.0) -> bool:
    """Equal to 1e-9 of the largest number about: sums in another order differ by their rounding."""
    scale = max([scale, *map(abs, theirs)])
    return all(abs(a - b) <= 1e-9 * scale for a, b in zip(ours, theirs, strict=True))


def along(gradient: list[Any]) -> Any:
    return sum((g * d for g, d in zip(gradient, DIRECTION, strict=True)), 0.0)


def by_torch(program: Program) -> tuple[float, list[float], list[float]]:
    """The value, the gradient, and the Hessian times DIRECTION."""
    import torch

    x = [torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in program.point]
    root, _ = program.run(list(x), for_torch())

    def differentiate(y: Any, create_graph: bool) -> list[Any]:
        if not (isinstance(y, torch.Tensor) and y.requires_grad):
            return [torch.zeros((), dtype=torch.float64)] * LEAVES
        found = torch.autograd.grad(
            y, x, create_graph=create_graph, allow_unused=True, materialize_grads=True
        )
        return list(found)

    slopes = differentiate(root, create_graph=True)
    curvature = differentiate(along(slopes), create_graph=False)
    return root.item(), [g.item() for g in slopes], [h.item() for h in curvature]


def by_us(program: Program) -> tuple[Value, list[Value], list[Any], float]:
    """The leaves' graph: root, leaves, all results, and how large its numbers get."""
    x = [Value(v) for v in program.point]
    root, results = program.run(list(x))
    return root, x, results, max(abs(r.data) for r in results)


@pytest.mark.parametrize("operations", ["smooth", "kinked"])
def test_values_gradients_and_second_derivatives_are_pytorchs(operations: str) -> None:
    pytest.importorskip("torch")

    @given(programs(operations))
    def check(program: Program) -> None:
        root, x, _, largest = by_us(program)
        assume(largest < 1e6)
        value, slopes, curvature = by_torch(program)
        assert close([root.data], [value], largest)
        ours = gradients(root, x, create_graph=True)
        assert close([g.data for g in ours], slopes, largest)
        scale = max([largest, *map(abs, slopes)])
        assert close(gradients(along(ours), x), curvature, scale)

    check()


@given(programs("kinked"))
def test_every_way_to_differentiate_agrees(program: Program) -> None:
    root, x, _, largest = by_us(program)
    assume(largest < 1e6)
    slopes = gradients(root, x)
    assert close(vjp(program, *program.point)[1](1.0), slopes)
    assert close(grad(program, argnums=tuple(range(LEAVES)))(*program.point), slopes)
    value, tangent = jvp(program, program.point, DIRECTION)
    # a where between equal floats may choose one that is not the root
    assert float(value) == root.data
    assert close([float(tangent)], [along(slopes)], max(map(abs, slopes)))


@given(programs("smooth", size=8))
def test_second_derivatives_by_four_mixtures_agree(program: Program) -> None:
    *_, largest = by_us(program)
    assume(largest < 1e4)
    everything = tuple(range(LEAVES))

    def slope(*x: Any) -> Any:
        return along(grad(program, everything)(*x))

    def tangent(*x: Any) -> Any:
        return jvp(program, x, DIRECTION)[1]

    reverse = grad(slope, everything)(*program.point)
    assert close(grad(tangent, everything)(*program.point), reverse)
    expected = along(reverse)
    scale = max(map(abs, reverse))
    for f in (slope, tangent):
        assert close([float(jvp(f, program.point, DIRECTION)[1])], [float(expected)], scale)


@given(programs("wild"))
def test_fast_pass_is_the_readable_one(program: Program) -> None:
    # to the last digit, and with every nan and inf in its place
    root = by_us(program)[0]
    order = topological_order(root)
    readable = graph.propagate(root, 1.0, order)
    fast = gradients(root, order)
    for node, ours in zip(order, fast, strict=True):
        theirs = readable.get(node, 0.0)
        assert ours == theirs or (math.isnan(ours) and math.isnan(theirs))


@given(programs("wild"))
def test_gradient_as_a_graph_has_the_same_numbers(program: Program) -> None:
    root, x, *_ = by_us(program)
    plain = gradients(root, x)
    as_graph = [g.data for g in gradients(root, x, create_graph=True)]
    assert all(same(a, b, 1e-13) for a, b in zip(as_graph, plain, strict=True))


@given(programs("wild"))
def test_backward_twice_doubles_and_gradients_touches_nothing(program: Program) -> None:
    root, x, *_ = by_us(program)
    order = topological_order(root)
    once = gradients(root, order)
    gradients(root, x, create_graph=True)
    assert [node.grad for node in order] == [None] * len(order)
    root.backward()
    assert all(same(node.grad, g, 0.0) for node, g in zip(order, once, strict=True))
    root.backward()
    assert all(same(node.grad, g + g, 0.0) for node, g in zip(order, once, strict=True))


@given(programs("wild"))
def test_changed_data_changes_no_earlier_graph(program: Program) -> None:
    root, x, *_ = by_us(program)
    before = gradients(root, x)
    for node in topological_order(root):
        node.data = -12.5
    assert all(map(same, gradients(root, x), before))


@given(programs("wild"))
def test_copies_keep_values_and_gradients(program: Program) -> None:
    root = by_us(program)[0]
    root.backward()
    for again in (copy.deepcopy(root), pickle.loads(pickle.dumps(root))):
        pairs = list(zip(topological_order(again), topological_order(root), strict=True))
        for new, old in pairs:
            assert new is not old
            assert same(new.data, old.data, 0.0)
            assert same(new.grad, old.grad, 0.0)
            assert all(
                a is b is None or same(a, b, 0.0)
                for a, b in zip(new.partials, old.partials, strict=True)
            )
        again.backward()
        assert all(same(new.grad, old.grad + old.grad, 0.0) for new, old in pairs)
