"""copy, deepcopy and pickle keep a graph as it is."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest

import autograd
from autograd import Value, gradients, topological_order


def by_pickle(protocol: int) -> Callable[[Any], Any]:
    return lambda thing: pickle.loads(pickle.dumps(thing, protocol))


WAYS = [copy.deepcopy, *map(by_pickle, range(2, pickle.HIGHEST_PROTOCOL + 1))]
both = pytest.mark.parametrize("duplicate", WAYS)


def network() -> tuple[Value, Value]:
    x, w = Value(0.5, label="x"), Value(-2.0, label="w")
    h = (x * w + 1).tanh()
    y = autograd.sum([h, h * h, autograd.where(h > 0, h, x), 3.0]) / w
    y.label, h.scope = "y", "layer 1"
    y.backward()
    return x, y


def describe(root: Value) -> list[Any]:
    order = topological_order(root)
    number = {node: i for i, node in enumerate(order)}
    return [
        (
            node.data, node.grad, node.label, node.scope, node.partials, node.primitive,
            [number.get(operand, operand) for operand in node.operands],
        )
        for node in order
    ]  # fmt: skip


@both
def test_duplicate_is_the_same_graph_of_other_nodes(duplicate: Callable[[Any], Any]) -> None:
    _, y = network()
    again = duplicate(y)
    assert describe(again) == describe(y)
    assert not set(topological_order(again)) & set(topological_order(y))
    assert type(again) is Value


@both
def test_duplicate_goes_its_own_way(duplicate: Callable[[Any], Any]) -> None:
    x, y = network()
    before = describe(y)
    again = duplicate(y)
    again.backward()
    again.zero_grad()
    topological_order(again)[0].data = 100.0
    assert describe(y) == before
    assert gradients(again, topological_order(again)[0]) == gradients(y, x)


@both
def test_duplicate_can_be_differentiated_twice(duplicate: Callable[[Any], Any]) -> None:
    x = Value(3.0)
    again = duplicate(x**3)
    leaf = topological_order(again)[0]
    assert gradients(gradients(again, leaf, create_graph=True), leaf) == 18.0


@both
def test_sharing_within_a_list_of_roots_and_leaves(duplicate: Callable[[Any], Any]) -> None:
    x, y = network()
    z = x * 2
    x2, y2, z2 = duplicate([x, y, z])
    assert z2.operands[0] is x2
    assert x2 in topological_order(y2)
    y2.zero_grad()
    (y2 + z2).backward()
    assert x2.grad == gradients(y, x) + 2.0


def test_deepcopy_keeps_sharing_between_roots() -> None:
    x = Value(2.0)
    h = x * x
    h2, y2 = copy.deepcopy([h, h + 1])
    assert y2.operands[0] is h2


def test_copy_is_a_new_node_over_the_same_operands() -> None:
    x, y = network()
    twin = copy.copy(y)
    assert twin is not y
    assert all(a is b for a, b in zip(twin.operands, y.operands, strict=True))
    assert (twin.data, twin.grad, twin.label, twin.partials) == (y.data, y.grad, "y", y.partials)
    assert gradients(twin, x) == gradients(y, x)
    assert copy.copy(x) is not x


def test_hooks_are_deep_copied_and_not_pickled() -> None:
    x = Value(2.0)
    x.register_hook(lambda gradient: 10 * gradient)
    twin, pickled = copy.deepcopy(x), pickle.loads(pickle.dumps(x))
    twin.backward()
    pickled.backward()
    assert (twin.grad, pickled.grad, x.grad) == (10.0, 1.0, None)


def test_removing_a_hook_leaves_that_of_the_copy() -> None:
    x = Value(2.0)
    handle = x.register_hook(lambda gradient: 10 * gradient)
    twin = copy.deepcopy(x)
    handle.remove()
    x.backward()
    twin.backward()
    assert (x.grad, twin.grad) == (1.0, 10.0)


def test_gradients_that_are_graphs() -> None:
    x = Value(3.0)
    y = x**3
    y.backward(create_graph=True)
    twin = copy.deepcopy(y)
    leaf = twin.operands[0]
    assert leaf.grad.data == 27.0
    assert gradients(leaf.grad, leaf) == 18.0
    assert gradients(leaf.grad, x) == 0.0
    pickled = pickle.loads(pickle.dumps(y))
    assert pickled.operands[0].grad == 27.0


class Parameter(Value):
    """A class of somebody's own, with an attribute of its own."""

    def __init__(self, data: float, rate: float) -> None:
        super().__init__(data)
        self.rate = rate


@pytest.mark.parametrize("duplicate", [copy.copy, *WAYS])
def test_attributes_of_a_subclass(duplicate: Callable[[Any], Any]) -> None:
    again = duplicate(Parameter(2.0, rate=0.5))
    assert (type(again), again.data, again.rate) == (Parameter, 2.0, 0.5)


@pytest.mark.parametrize("duplicate", WAYS)
def test_subclass_among_the_leaves_of_a_graph(duplicate: Callable[[Any], Any]) -> None:
    again = duplicate(Parameter(2.0, rate=0.5) * 3)
    assert [type(node) for node in topological_order(again)] == [Parameter, Value]
    assert gradients(again, topological_order(again)[0]) == 3.0


def test_node_recorded_by_hand() -> None:
    child = Value(1.0)
    node = Value(3.0, (child,), "my op")
    for again in (copy.deepcopy(node), pickle.loads(pickle.dumps(node))):
        assert (again.data, again._op, len(again.operands)) == (3.0, "my op", 1)


def test_pickle_refuses_a_primitive_that_is_none() -> None:
    data = pickle.dumps(Value(1.0) + 2.0).replace(b"find", b"str_")
    assert b"str_" in data
    with pytest.raises((AttributeError, ValueError)):
        pickle.loads(data)
