"""Code in the style of micrograd runs with nothing but the import changed.

Every program here is written once, for a `Value` class that is handed in, and runs with
ours and, where it is installed, with micrograd's own.
"""

from __future__ import annotations

import math
import random
from typing import Any

import pytest

from autograd import Value


@pytest.fixture(params=["autograd", "micrograd"])
def engine(request: pytest.FixtureRequest) -> Any:
    if request.param == "autograd":
        return Value
    return pytest.importorskip("micrograd.engine").Value


def expression(engine: Any) -> tuple[Any, Any, Any]:
    """Every operator that micrograd has, with numbers on both sides."""
    a, b = engine(1.5), engine(-0.5)
    c = a * b + b**3
    d = c + 2 * a - b / 4 + (-c) * 0.5
    d += 1 - a
    d = d * 3 + (b + a).relu() + (b - a).relu()
    e = 10.0 / d + d / 2.0 + a**-1
    e.backward()
    return a, b, e


def test_expression(engine: Any) -> None:
    a, b, e = expression(engine)

    def f(a: float, b: float) -> float:
        c = a * b + b**3
        d = (c + 2 * a - b / 4 - 0.5 * c + 1 - a) * 3 + max(b + a, 0) + max(b - a, 0)
        return 10 / d + d / 2 + 1 / a

    h = 1e-6
    assert math.isclose(e.data, f(1.5, -0.5), rel_tol=1e-14)
    assert math.isclose(a.grad, (f(1.5 + h, -0.5) - f(1.5 - h, -0.5)) / (2 * h), rel_tol=1e-8)
    assert math.isclose(b.grad, (f(1.5, -0.5 + h) - f(1.5, -0.5 - h)) / (2 * h), rel_tol=1e-8)


def test_expression_agrees_with_micrograd_itself() -> None:
    micrograd = pytest.importorskip("micrograd.engine")
    ours, theirs = expression(Value), expression(micrograd.Value)
    assert [v.data for v in ours] == pytest.approx([v.data for v in theirs], rel=1e-14)
    assert [v.grad for v in ours] == pytest.approx([v.grad for v in theirs], rel=1e-14)


def walk(root: Any) -> tuple[set[Any], set[tuple[Any, Any]]]:
    """The nodes and edges of a graph, as drawing code for micrograd collects them."""
    nodes: set[Any] = set()
    edges: set[tuple[Any, Any]] = set()

    def build(node: Any) -> None:
        if node not in nodes:
            nodes.add(node)
            for child in node._prev:
                edges.add((child, node))
                build(child)

    build(root)
    return nodes, edges


def test_walk_over_prev_and_op(engine: Any) -> None:
    a, b = engine(2.0), engine(3.0)
    root = (a * b + a).relu()
    nodes, edges = walk(root)
    assert {a, b, root} <= nodes
    assert (len(nodes), len(edges)) == (5, 5)
    assert sorted(node._op for node in nodes) == ["", "", "*", "+", "ReLU"]
    assert isinstance(a._prev, set)


def test_constant_operand_is_a_child(engine: Any) -> None:
    a = engine(2.0)
    nodes, edges = walk(a + 1.0)
    assert sorted(node.data for node in nodes) == [1.0, 2.0, 3.0]
    assert len(edges) == 2


def test_a_square_has_one_child_in_the_set(engine: Any) -> None:
    a = engine(2.0)
    assert (a * a)._prev == {a}


def test_node_with_children_and_op_of_its_own(engine: Any) -> None:
    a, b = engine(2.0), engine(3.0)
    node = engine(6.0, (a, b), "my op")
    assert (node._prev, node._op, node.data) == ({a, b}, "my op", 6.0)
    node.backward()
    assert node.grad == 1.0
    assert not a.grad
    assert not b.grad


def test_label_and_the_functions_of_the_lecture() -> None:
    # added to micrograd's Value in the lecture, not in the package
    x = Value(0.5, (), "", "x")
    assert x.label == "x"
    o = (2 * x).exp()
    y = (o - 1) / (o + 1)
    y.label = "y"
    y.backward()
    assert math.isclose(y.data, x.tanh().data)
    assert math.isclose(x.grad, 1 - math.tanh(0.5) ** 2)


def parameters_of_a_network(engine: Any) -> tuple[list[list[list[Any]]], list[Any]]:
    uniform = random.Random(1337).uniform
    layers = [
        [[engine(uniform(-1, 1)) for _ in range(n_in + 1)] for _ in range(n_out)]
        for n_in, n_out in ((2, 4), (4, 1))
    ]
    return layers, [p for layer in layers for neuron in layer for p in neuron]


def train(engine: Any, steps: int) -> tuple[list[float], list[float]]:
    """A small network, a hinge loss with L2, and plain gradient descent."""
    inputs = [[0.5, -1.0], [-1.5, 0.3], [1.0, 1.2], [-0.2, -0.8]]
    targets = [1, -1, 1, -1]
    layers, parameters = parameters_of_a_network(engine)

    def predict(x: list[Any]) -> Any:
        for layer in layers:
            x = [
                sum((w * v for w, v in zip(neuron, x, strict=False)), neuron[-1])
                for neuron in layer
            ]
            if layer is not layers[-1]:
                x = [z.relu() for z in x]
        return x[0]

    losses = []
    for step in range(steps):
        scores = [predict(list(map(engine, x))) for x in inputs]
        hinge = [(1 + -t * s).relu() for t, s in zip(targets, scores, strict=True)]
        loss = sum(hinge) * (1.0 / len(hinge)) + 1e-4 * sum(p * p for p in parameters)
        for p in parameters:
            p.grad = 0.0
        loss.backward()
        for p in parameters:
            p.data += -(0.5 - 0.3 * step / steps) * p.grad
        losses.append(loss.data)
    return losses, [p.data for p in parameters]


def test_training_loop(engine: Any) -> None:
    losses, _ = train(engine, 30)
    # numbers computed once with micrograd
    assert losses[0] == pytest.approx(0.9261193773800384, rel=1e-12)
    assert losses[-1] == pytest.approx(0.0010726604138575388, rel=1e-9)


def test_training_agrees_with_micrograd_itself() -> None:
    micrograd = pytest.importorskip("micrograd.engine")
    ours, theirs = train(Value, 30), train(micrograd.Value, 30)
    assert ours[0] == pytest.approx(theirs[0], rel=1e-10)
    assert ours[1] == pytest.approx(theirs[1], rel=1e-9)
