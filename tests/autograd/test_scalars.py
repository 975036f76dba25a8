"""Tensor.scalars: the same computation, number by number, with the same gradients."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import Tensor, Value, gradients, topological_order, where
from autograd.primitives import TABLE
from tests.autograd.array_oracle import CASES, Case, wave


def compare(y: Tensor, tensors: list[Tensor]) -> None:
    """Values, first and second derivatives of the graph of Values are those of the arrays."""
    leaves: dict[Any, Any] = {}
    spelled = y.scalars(leaves)
    numbers = np.asarray(spelled, dtype=object)
    assert numbers.shape == y.shape
    ours = np.array([float(v) for v in numbers.ravel()]).reshape(y.shape)
    assert np.allclose(ours, y.data, rtol=1e-12, atol=1e-14, equal_nan=True)
    seed = wave(y.shape, 0.5)
    total = ag.dot(seed.ravel().tolist(), numbers.ravel().tolist())
    used = [x for x in tensors if x in leaves]
    if not isinstance(total, Value) or not used:
        return
    flat = [np.asarray(leaves[x], dtype=object).ravel().tolist() for x in used]
    values = list(itertools.chain(*flat))
    by_value = np.array(gradients(total, values))
    by_array = np.concatenate([g.ravel() for g in gradients((y * seed).sum(), used)])
    scale = np.abs(by_array).max(initial=1.0)
    assert np.allclose(by_value, by_array, rtol=1e-12, atol=1e-13 * scale)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_array_primitive(case: Case) -> None:
    tensors = [Tensor(x) for x in case.inputs]
    compare(case.ours(*tensors), tensors)


@pytest.mark.parametrize(
    "row",
    [r for r in TABLE.values() if not r.variadic and r.value.__module__ == "autograd.primitives"],
    ids=lambda row: row.name,
)
def test_every_row_of_the_table(row: Any) -> None:
    shapes = [(2, 3), (3,), (2, 1)][: row.arity]
    numbers = [0.5 + 0.3 * wave(shape, i) for i, shape in enumerate(shapes)]
    tensors = [Tensor(x) for x in numbers]
    y = ag.operations.apply(row, *tensors)
    compare(y, tensors)


def test_small_network() -> None:
    w1, b1 = Tensor(wave((3, 4)), label="w1"), Tensor(wave((4,), 1.0), label="b1")
    w2, b2 = Tensor(wave((4, 2), 2.0), label="w2"), Tensor(wave((2,), 3.0), label="b2")
    x, t = wave((5, 3), 4.0), np.eye(2)[[0, 1, 1, 0, 1]]
    h = (x @ w1 + b1).tanh()
    loss = -(t * (h @ w2 + b2).log_softmax(axis=1)).sum(axis=1).mean()
    compare(loss, [w1, b1, w2, b2])
    leaves: dict[Any, Any] = {}
    root = loss.scalars(leaves)
    assert isinstance(root, Value)
    root.backward()
    loss.backward()
    for weight in (w1, b1, w2, b2):
        values = leaves[weight]
        assert values.shape == weight.shape
        found = np.array([v.grad for v in values.ravel()]).reshape(weight.shape)
        assert np.allclose(found, weight.grad, rtol=1e-12, atol=1e-16)
    assert leaves[w1][1, 2].label == "w1[1,2]"
    assert leaves[b2][0].label == "b2[0]"
    assert set(leaves) == {w1, b1, w2, b2}


def test_a_matrix_product_is_the_dot_products_of_neurons() -> None:
    w, x = Tensor(np.ones((2, 3)), label="w"), Tensor([1.0, 2.0, 3.0], label="x")
    w.scope = "layer 1"
    neurons = (w @ x).scalars()
    assert [v.primitive.name for v in neurons] == ["dot", "dot"]
    assert [o.label for o in neurons[1].operands] == [
        "w[1,0]",
        "w[1,1]",
        "w[1,2]",
        "x[0]",
        "x[1]",
        "x[2]",
    ]
    assert neurons[1].operands[0].scope == "layer 1"


def test_values_in_the_graph_are_shared_and_not_copied() -> None:
    v, x = Value(2.0, label="v"), Tensor([1.0, 2.0])
    root = (v * x).sum().scalars()
    assert v in topological_order(root)
    root.backward()
    assert v.grad == 3.0


def test_moving_numbers_about_leaves_no_node() -> None:
    x = Tensor(wave((2, 3)))
    y = ag.concatenate([x.T.reshape(2, 3)[::-1], ag.pad(x[:, :1], ((0, 0), (0, 2)))]).ravel()
    leaves: dict[Any, Any] = {}
    numbers = y.scalars(leaves)
    own = set(leaves[x].ravel())
    assert all(v in own or float(v) == 0.0 for v in numbers)


def test_leaf_and_number() -> None:
    x = Tensor(3.0, label="x")
    assert (x.scalars().data, x.scalars().label) == (3.0, "x")
    assert (x * x).scalars().data == 9.0
    assert Tensor([]).scalars().shape == (0,)
    assert (Tensor(np.zeros((0, 3))) * 2.0).sum(0).scalars().shape == (3,)


CORNERS: list[tuple[str, Callable[[Any], Any], list[float]]] = [
    ("norm at zero", lambda x: x.norm(), [0.0, 0.0]),
    ("norm of rows", lambda x: ag.norm(x.reshape(2, 2), axis=1), [0.0, 0.0, 3.0, 4.0]),
    ("std of equals", lambda x: x.std(), [2.0, 2.0, 2.0]),
    ("max tie", lambda x: x.max(), [3.0, 3.0, 1.0]),
    ("min tie", lambda x: x.min(), [1.0, 1.0, 1.0]),
    ("prod zeros", lambda x: x.prod(), [0.0, 0.0, 3.0]),
    ("softmax 1000", lambda x: x.softmax(), [1000.0, -1000.0, 999.0]),
    ("log_softmax 1000", lambda x: x.log_softmax(), [1000.0, -1000.0, 999.0]),
    ("logsumexp -1000", lambda x: x.logsumexp(), [-1000.0, -1000.0]),
    ("relu and abs at 0", lambda x: x.relu() + abs(x), [0.0, -1.0, 2.0]),
    ("where", lambda x: where(x > 0, x.log(), x * 2.0), [-1.0, 0.0, 2.0]),
    ("clip", lambda x: x.clip(0.0, 1.0), [0.0, 1.0, 2.0, -1.0, 0.5]),
    ("taken twice", lambda x: x[[0, 0, 1]] ** 2, [2.0, 3.0]),
]


@pytest.mark.parametrize(("f", "point"), [c[1:] for c in CORNERS], ids=[c[0] for c in CORNERS])
def test_corner(f: Callable[[Any], Any], point: list[float]) -> None:
    x = Tensor(point)
    compare(f(x), [x])


@pytest.mark.parametrize("f", [lambda x: x.max(), lambda x: x.min()])
def test_nan_is_the_largest_wherever_it_stands(f: Callable[[Any], Any]) -> None:
    for point in ([np.nan, 1.0], [1.0, np.nan], [2.0, np.nan, np.nan]):
        x = Tensor(point)
        leaves: dict[Any, Any] = {}
        root = f(x).scalars(leaves)
        assert np.isnan(root.data)
        found = gradients(root, leaves[x].tolist())
        assert np.array_equal(found, gradients(f(x), x))


def test_what_max_did_not_choose_has_no_edge() -> None:
    x, leaves = Tensor([1.0, -1.0]), {}
    y = ag.max(ag.asin(x))
    spelled = y.scalars(leaves)
    y.backward()
    spelled.backward()
    chosen, other = leaves[x]
    assert np.array_equal(x.grad, [np.inf, np.nan], equal_nan=True)  # 0 times inf
    assert (chosen.grad, other.grad) == (np.inf, None)


def test_what_compiled_functions_returned_is_spelled_out() -> None:
    step = ag.compile(lambda state, x: (state * x).tanh() * x.sum())
    first, x = Tensor([0.5, -0.25]), Tensor([1.0, 2.0])
    state = first
    for _ in range(3):
        state = step(state, x)
    compare(state.sum() + (state * x).sum(), [first, x])
    compare(ag.compile(lambda x: x[0] * x)(x), [x])


def test_compiled_function_whose_argument_was_changed_is_not_spelled_out() -> None:
    x = Tensor([1.0, 2.0])
    y = ag.compile(lambda x: x * x)(x)
    x.data = [3.0, 4.0]
    with pytest.raises(RuntimeError, match="was changed after the call"):
        y.scalars()


def test_float32_is_spelled_out_in_floats() -> None:
    x = Tensor([0.1, 0.2], dtype="float32")
    numbers = (x * 3.0).scalars()
    assert type(numbers[0].data) is float
    assert np.allclose([v.data for v in numbers], [0.3, 0.6], rtol=1e-6)
