"""What a node is, the order of evaluation, the backward pass, hooks, depth and memory."""

from __future__ import annotations

import gc
import itertools
import math
import tracemalloc
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Tensor, Value, gradients, topological_order, where
from autograd.graph import propagate
from tests.autograd.helpers import run_python

# --- what a node is ---------------------------------------------------------------------


def test_leaf_has_no_operands() -> None:
    x = Value(2.0)
    assert (x.operands, x.partials, x.primitive, x.is_leaf, x.grad) == ((), (), None, True, None)


def test_operands_keep_their_order_and_constants_are_floats() -> None:
    x, y = Value(2.0), Value(5.0)
    quotient, constant = x / y, 3 / x
    assert quotient.operands == (x, y)
    assert quotient.operands[0] is x
    assert quotient.partials == (1 / 5.0, -2.0 / 25.0)
    assert constant.operands == (3.0, x)
    assert type(constant.operands[0]) is float
    assert constant.partials == (None, -0.75)
    assert not quotient.is_leaf
    assert quotient.primitive is not None
    assert quotient.primitive.name == "divide"


def test_square_has_two_arrows() -> None:
    x = Value(3.0)
    square = x * x
    assert [operand is x for operand in square.operands] == [True, True]
    assert square.partials == (3.0, 3.0)
    square.backward()
    assert x.grad == 6.0


def test_neuron_is_one_node() -> None:
    w, x, b = [Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)], Value(0.5)
    z = autograd.dot(w, x, b)
    assert z.data == 11.5
    assert len(z.operands) == 5
    assert z.partials == (3.0, 4.0, 1.0, 2.0, 1.0)
    assert len(topological_order(z)) == 6


def test_where_tells_which_branch_carries_nothing() -> None:
    x, y = Value(1.0), Value(2.0)
    assert where(x > y, x, y).partials == (None, None, 1.0)


def test_empty_sum_and_dot_are_the_float_zero() -> None:
    for zero in (autograd.sum([]), autograd.dot([], [])):
        assert type(zero) is float
        assert zero == 0.0
    assert autograd.dot([], [], 2.0) == 2.0


def test_unknown_attribute_is_refused() -> None:
    with pytest.raises(AttributeError):
        Value(1.0).gradient = 2.0


# --- the order of evaluation ------------------------------------------------------------


def test_topological_order_lists_every_node_once_after_its_operands() -> None:
    x = Value(2.0)
    a = x * x
    b = a + x
    root = autograd.sum([a, b, a, 1.0])
    order = topological_order(root)
    assert len(order) == len(set(order)) == 4
    position = {node: i for i, node in enumerate(order)}
    for node in order:
        for operand in node.operands:
            assert isinstance(operand, float) or position[operand] < position[node]
    assert order[-1] is root


def test_order_is_the_same_on_every_run() -> None:
    def labels() -> list[str]:
        x, y = Value(1.0, label="x"), Value(2.0, label="y")
        root = (x * y + y) * autograd.sum([y, x, 3.0]).tanh()
        return [node.label or node.primitive.name for node in topological_order(root)]  # type: ignore[union-attr]

    assert labels() == labels() == ["x", "y", "multiply", "add", "sum", "tanh", "multiply"]


# --- backward ---------------------------------------------------------------------------


def test_grad_is_none_until_a_pass_reaches_the_node() -> None:
    x, other = Value(2.0), Value(3.0)
    y = x * 4.0
    assert (x.grad, y.grad) == (None, None)
    y.backward()
    assert (x.grad, y.grad, other.grad) == (4.0, 1.0, None)


def test_leaf_is_its_own_root() -> None:
    x = Value(2.0)
    x.backward()
    assert x.grad == 1.0


def test_second_pass_doubles_every_gradient() -> None:
    x, w = Value(2.0), Value(-3.0)
    h = x * w
    y = h.tanh() * h + x
    y.backward()
    once = [node.grad for node in topological_order(y)]
    y.backward()
    assert [node.grad for node in topological_order(y)] == [2 * g for g in once]


def test_passes_over_two_roots_add_up() -> None:
    x = Value(3.0)
    h = x * x
    (2 * h).backward()
    (h + x).backward()
    assert (h.grad, x.grad) == (3.0, 19.0)


def test_changing_data_does_not_change_an_earlier_graph() -> None:
    x, w = Value(2.0), Value(-3.0)
    y = (x * w).exp() * x.sin()
    expected = gradients(y, [x, w])
    for node in topological_order(y):
        node.data = 100.0
    assert gradients(y, [x, w]) == expected
    y.backward()
    assert [x.grad, w.grad] == expected


@pytest.mark.parametrize("seed", [2.5, -1, 0.0, True])
def test_seed_scales_every_gradient(seed: float) -> None:
    x = Value(3.0)
    y = x * x
    y.backward(seed)
    assert (x.grad, y.grad) == (6.0 * seed, float(seed))
    assert type(y.grad) is float


def test_seed_of_zero_meets_an_infinite_slope() -> None:
    x = Value(0.0)
    x.sqrt().backward(0.0)
    assert math.isnan(x.grad)


def test_gradient_of_zero_is_an_ordinary_zero_when_used_as_a_seed() -> None:
    unused, x = Value(1.0), Value(0.0)
    zero = gradients(where(True, 2.0 * x, unused), unused)
    assert zero == 0.0
    x.sqrt().backward(zero)
    assert math.isnan(x.grad)  # as for any other 0.0


def test_zero_grad_clears_the_whole_graph() -> None:
    x, w = Value(2.0), Value(3.0)
    y = (x * w).tanh() + x
    y.backward()
    y.zero_grad()
    assert [node.grad for node in topological_order(y)] == [None] * 5


def test_zero_grad_forgets_gradients_that_are_graphs() -> None:
    x = Value(2.0)
    y = x**3
    y.backward(create_graph=True)
    y.zero_grad()
    y.backward()
    assert x.grad == 12.0
    assert type(x.grad) is float


def test_create_graph_gives_gradients_that_can_be_differentiated() -> None:
    x = Value(2.0)
    y = x**3
    y.backward(create_graph=True)
    slope = x.grad
    assert isinstance(slope, Value)
    assert slope.data == 12.0
    y.zero_grad()
    slope.backward()
    assert x.grad == 12.0


def test_create_graph_from_a_leaf_of_another_class() -> None:
    class Named(Value):
        def __init__(self, data: float, name: str) -> None:
            super().__init__(data, label=name)

    x = Named(2.0, "x")
    x.backward(create_graph=True)
    assert type(x.grad) is Value
    assert x.grad.data == 1.0


def test_create_graph_twice_doubles() -> None:
    x = Value(2.0)
    y = x * x
    y.backward(create_graph=True)
    y.backward(create_graph=True)
    assert x.grad.data == 8.0


def test_create_graph_seed_may_be_a_value() -> None:
    x, seed = Value(2.0), Value(5.0)
    (x * x).backward(seed, create_graph=True)
    assert gradients(x.grad, seed) == 4.0


@pytest.mark.parametrize("kind", [Value, Tensor])
def test_create_graph_gives_gradients_of_their_own(kind: Any) -> None:
    a, b, seed = kind(2.0), kind(3.0), kind(1.0)
    y = a * b
    y.backward(create_graph=True)
    a.grad.data = b.grad.data = 0.5
    assert (a.data, b.data) == (2.0, 3.0)
    z = a + b
    z.backward(seed, create_graph=True)
    e = a.exp()
    e.backward(create_graph=True)
    nodes = [a, b, seed, y, z, e]
    assert len({*nodes, *(node.grad for node in (a, b, y, z, e))}) == 11
    assert gradients(z.grad, seed) == 1.0


def test_create_graph_after_a_change_of_data_is_refused() -> None:
    x = Value(2.0)
    y = x.sin()
    x.data = 1.0
    with pytest.raises(RuntimeError, match=r"operand of sin .* was changed after"):
        y.backward(create_graph=True)
    assert x.grad is None


def test_gradients_leaves_grad_alone() -> None:
    x, w = Value(2.0), Value(3.0)
    y = x * w
    y.backward()
    assert gradients(y, [x, [w, y]]) == [3.0, [2.0, 1.0]]
    assert gradients(y, (x, x)) == (3.0, 3.0)
    assert (x.grad, w.grad, y.grad) == (3.0, 2.0, 1.0)


def test_gradients_of_an_intermediate_node_and_of_a_stranger() -> None:
    x, stranger = Value(2.0), Value(1.0)
    h = x * x
    assert gradients(h.exp(), h) == math.exp(4.0)
    assert gradients(h, stranger) == 0.0
    zero = gradients(h, stranger, create_graph=True)
    assert isinstance(zero, Value)
    assert zero.data == 0.0


@pytest.mark.parametrize("create_graph", [False, True])
def test_nan_of_an_unreached_branch_does_not_spread(create_graph: bool) -> None:
    x, deep = Value(-1.0), Value(0.0)
    inner = (deep / deep).log() * x
    y = where(False, inner, x * 3)
    found = gradients(y, [x, deep, inner], create_graph)
    assert [float(g) for g in found] == [3.0, 0.0, 0.0]


# --- hooks ------------------------------------------------------------------------------


def test_hook_sees_the_whole_gradient_once() -> None:
    seen: list[float] = []
    x = Value(3.0)
    x.register_hook(seen.append)
    (x * x + x).backward()
    assert seen == [7.0]


def test_hook_on_an_intermediate_node_changes_what_flows_on() -> None:
    x = Value(3.0)
    h = x * x
    h.register_hook(lambda gradient: 10 * gradient)
    y = 2 * h
    y.backward()
    assert (h.grad, x.grad, y.grad) == (20.0, 120.0, 1.0)


def test_hook_on_the_root() -> None:
    x = Value(3.0)
    y = x * x
    y.register_hook(lambda gradient: gradient + 1)
    y.backward()
    assert (y.grad, x.grad) == (2.0, 12.0)


def test_hooks_run_in_the_order_of_registration() -> None:
    x = Value(3.0)
    x.register_hook(lambda gradient: gradient + 1)
    x.register_hook(lambda gradient: gradient * 10)
    x.register_hook(lambda gradient: None)
    (2 * x).backward()
    assert x.grad == 30.0


def test_removed_hook_is_silent() -> None:
    x = Value(3.0)
    handle = x.register_hook(lambda gradient: 100.0)
    handle.remove()
    handle.remove()
    with x.register_hook(lambda gradient: 50.0):
        pass
    x.backward()
    assert x.grad == 1.0


def test_hook_that_removes_itself() -> None:
    x = Value(3.0)
    handles: list[Any] = []
    handles.append(x.register_hook(lambda gradient: handles[0].remove()))
    x.register_hook(lambda gradient: 2 * gradient)
    x.backward()
    x.backward()
    assert x.grad == 4.0


def test_exception_in_a_hook_leaves_no_partial_gradient() -> None:
    def fail(gradient: float) -> None:
        raise KeyError("from the hook")

    x, w = Value(3.0), Value(4.0)
    h = x * x
    h.register_hook(fail)
    y = h * w
    w.grad = 7.0
    with pytest.raises(KeyError, match="from the hook"):
        y.backward()
    assert [node.grad for node in (y, w, h, x)] == [None, 7.0, None, None]


def test_hook_that_runs_a_backward_pass_of_its_own() -> None:
    x, z = Value(3.0), Value(5.0)
    other = z * z
    x.register_hook(lambda gradient: other.backward(gradient))
    (x * z).backward()
    assert (x.grad, z.grad) == (5.0, 3.0 + 5.0 * 10.0)


def test_hook_that_runs_the_same_graph_again() -> None:
    x = Value(3.0)
    h = x * 2.0
    y = h * h
    handle = h.register_hook(lambda gradient: (handle.remove(), y.backward(), None)[-1])
    y.backward()
    assert (y.grad, h.grad, x.grad) == (2.0, 24.0, 48.0)


def test_hook_with_create_graph_sees_a_value() -> None:
    seen: list[Any] = []
    x = Value(3.0)
    with x.register_hook(lambda gradient: seen.append(gradient) or gradient * 2):
        (x**3).backward(create_graph=True)
    assert isinstance(seen[0], Value)
    assert x.grad.data == 54.0
    assert gradients(x.grad / 2, x) == 18.0


def test_hook_off_the_path_stays_silent() -> None:
    # as in PyTorch's autograd.grad
    seen: list[float] = []
    x, w = Value(3.0), Value(2.0)
    x.register_hook(seen.append)
    assert gradients(x * w, w) == 3.0
    assert seen == []


@pytest.mark.parametrize("wrong", [3, "f", None])
def test_hook_must_be_a_function(wrong: Any) -> None:
    with pytest.raises(TypeError, match="a hook is a function of the gradient, not"):
        Value(1.0).register_hook(wrong)


@pytest.mark.parametrize("wrong", ["5", [1.0], 1j])
def test_what_a_hook_returns_must_be_a_number(wrong: Any) -> None:
    x = Value(3.0)
    x.register_hook(lambda gradient: wrong)
    with pytest.raises(TypeError, match="hook"):
        x.backward()
    assert x.grad is None


# --- depth ------------------------------------------------------------------------------

DEEP = """
import copy, gc, pickle
from autograd import Value, gradients, topological_order
x = root = Value(0.5)
for i in range({n}):
    root = {step}
{then}
"""


@pytest.mark.parametrize(
    "then",
    [
        "root.backward(); print(x.grad)",
        "print(gradients(root, x))",
        "root.backward(); root.zero_grad(); print(x.grad)",
        "twin = copy.deepcopy(root); del root; twin.backward(); print(x.grad)",
        "again = pickle.loads(pickle.dumps(root)); again.backward()\n"
        "print(topological_order(again)[0].grad)",
        "gc.disable(); del root; print(len(gc.get_objects()) < 200_000)",
        "gc.collect(); del root; print(gc.collect())",
        "print('the interpreter releases it')",
        "x.register_hook(print); root.backward()",
    ],
    ids=["backward", "gradients", "zero_grad", "deepcopy", "pickle", "del", "gc", "exit", "hook"],
)
def test_chain_of_200_000_operations(then: str) -> None:
    printed = run_python(DEEP.format(n=200_000, step="root + 1e-9", then=then)).strip()
    assert printed in {"1.0", "None", "True", "0", "the interpreter releases it"}


def test_deep_graph_of_shared_nodes() -> None:
    # every level uses the one below twice: 2**1000 paths, 1000 nodes
    then = "root.backward(); print(x.grad == 2.0**1000)"
    assert run_python(DEEP.format(n=1000, step="root + root", then=then)) == "True\n"


def test_deep_second_derivative() -> None:
    then = """
slope = gradients(root, x, create_graph=True)
print(gradients(slope, x))
del slope, root
"""
    assert run_python(DEEP.format(n=20_000, step="root * 1.0", then=then)) == "0.0\n"


# --- memory -----------------------------------------------------------------------------


@pytest.fixture
def _no_collector() -> Any:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def network() -> Value:
    x = [Value(0.1 * i) for i in range(4)]
    h = [autograd.dot(x, [0.5] * 4, 0.1 * i).tanh() for i in range(4)]
    y = autograd.sum(h) / 4 + where(x[0] > 0, x[1], x[2]) ** 2
    y.backward()
    return y


@pytest.mark.usefixtures("_no_collector")
@pytest.mark.parametrize(
    "use",
    [
        lambda y: y.backward(),
        lambda y: gradients(y, y.operands[0]),
        lambda y: y.operands[0].register_hook(lambda gradient: None),
        lambda y: gradients(y, y.operands[0], create_graph=True),
        lambda y: (y.backward(create_graph=True), y.zero_grad()),
    ],
    ids=["backward", "gradients", "hook", "create_graph", "backward create_graph, zero_grad"],
)
def test_graph_dies_with_its_root(use: Callable[[Value], Any]) -> None:
    root = network()
    use(root)
    nodes = [weakref.ref(node) for node in topological_order(root)]
    del root
    assert [ref() for ref in nodes] == [None] * len(nodes)


@pytest.mark.usefixtures("_no_collector")
def test_graph_leaves_nothing_for_the_collector() -> None:
    network()
    gc.collect()
    for _ in range(20):
        network()
    assert gc.collect() == 0


@pytest.mark.usefixtures("_no_collector")
def test_memory_returns_to_where_it_was() -> None:
    network()
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(50):
            network()
        # empties Python's free lists of tuples and floats; of the graphs it finds nothing
        assert gc.collect() == 0
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak - before > 5_000  # it does measure the nodes
    assert after - before < 2_000


# --- what only few graphs have ------------------------------------------------------------


def test_an_operation_recorded_by_hand_has_no_partials() -> None:
    x, y, z = Value(1.0), Value(2.0), Value(3.0)
    for operands in ((x,), (x, y), (x, y, z)):
        node = Value(6.0, operands, "+")
        assert (node.operands, node.partials) == (operands, (None,) * len(operands))
        node.backward()
        assert x.grad == 0.0
        x.grad = None


def test_a_compiled_function_registers_no_hook() -> None:
    def f(x: Any) -> Any:
        y = x * 2.0
        y.register_hook(print)
        return y

    with pytest.raises(TypeError, match=r"a compiled function .* registers a hook"):
        autograd.compile(f)(3.0)


def test_a_compiled_function_runs_no_backward_pass() -> None:
    def f(x: Any) -> Any:
        y = x * 2.0
        y.backward()
        return y

    with pytest.raises(TypeError, match=r"a compiled function .* calls backward\(\)"):
        autograd.compile(f)(3.0)


@pytest.mark.parametrize("chosen", [True, False])
def test_the_walk_goes_on_behind_a_branch_that_nothing_reaches(chosen: bool) -> None:
    x, w = Value(2.0), Value(3.0)
    where(chosen, x * 2.0, w * 5.0).backward()
    assert (x.grad, w.grad) == ((2.0, 0.0) if chosen else (0.0, 5.0))


def test_an_anomaly_of_a_named_node_that_was_built_outside() -> None:
    x = Value(0.0, label="x")
    y = x.log()
    y.label = "y"
    with autograd.detect_anomaly(), pytest.raises(autograd.AnomalyError, match="build the graph"):
        y.backward()


def test_propagate_returns_the_adjoints_as_numbers() -> None:
    x = Value(3.0)
    y = x * x
    adjoints = propagate(y, 2.0, topological_order(y))
    assert (adjoints[y], adjoints[x]) == (2.0, 12.0)
    assert type(adjoints[x]) is float
    assert (x.grad, y.grad) == (None, None)


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_what_where_has_chosen_meets_what_flows_freely(order: tuple[int, ...]) -> None:
    condition, unfit = np.array([True, False, True]), np.array([1.0, np.inf, 2.0])
    x, z = Tensor([1.0, 2.0, 3.0]), Tensor([4.0, 5.0, 6.0])
    middle = x * unfit  # 0 times inf would be nan, where nothing is chosen
    terms = [
        x, where(condition, middle, 0.0), where(condition, z, 0.0), where(~condition, x, 0.0),
    ]  # fmt: skip
    total = terms[order[0]] + terms[order[1]] + terms[order[2]] + terms[order[3]]
    total.sum().backward()
    assert x.grad.tolist() == [2.0, 2.0, 3.0]
    assert z.grad.tolist() == [1.0, 0.0, 1.0]
    assert middle.grad.tolist() == [1.0, 0.0, 1.0]


@pytest.mark.parametrize("wrong", [10**400, np.timedelta64(1, "s"), "1.0", [1.0], np.ones(2)])
def test_what_a_hook_must_not_return_for_a_value(wrong: Any) -> None:
    x = Value(2.0, label="x")
    x.register_hook(lambda gradient: wrong)
    with pytest.raises(TypeError, match="a hook returns a number for the gradient, or None, not"):
        (x * x).backward()
    assert x.grad is None


class Interrupted(Value):
    """A Value at which a KeyboardInterrupt comes, before or after its `.grad` is set."""

    __slots__ = ("when",)

    @property
    def _grad(self) -> Any:
        return vars(autograd.graph.Node)["_grad"].__get__(self)

    @_grad.setter
    def _grad(self, grad: Any) -> None:
        when = getattr(self, "when", "")
        self.when = ""
        if when != "before":
            vars(autograd.graph.Node)["_grad"].__set__(self, grad)
        if when:
            raise KeyboardInterrupt


def one_of_them_interrupted(which: int) -> list[Any]:
    return [Interrupted(2.0) if i == which else Value(2.0) for i in range(3)]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("which", [0, 1, 2])
@pytest.mark.parametrize("earlier", [False, True])
def test_an_interrupt_while_gradients_are_handed_out(
    earlier: bool, which: int, when: str
) -> None:
    x, y, z = leaves = one_of_them_interrupted(which)
    root = x * y * z + x
    nodes = topological_order(root)
    if earlier:
        root.backward()
    leaves[which].when = when
    with pytest.raises(KeyboardInterrupt):
        root.backward()
    times = 2.0 if earlier else 1.0
    assert [leaf.grad for leaf in leaves] == [5.0 * times, 4.0 * times, 4.0 * times]
    assert [node.grad for node in nodes if not node.is_leaf] == [2.0 * times, times, times]
    root.backward()
    assert x.grad == 5.0 * (times + 1.0)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("which", [0, 1, 2])
def test_an_interrupt_while_gradients_are_taken_away(which: int, when: str) -> None:
    x, y, z = leaves = one_of_them_interrupted(which)
    root = x * y * z + x
    root.backward()
    leaves[which].when = when
    with pytest.raises(KeyboardInterrupt):
        autograd.graph.zero_grad(root)
    assert [node.grad for node in topological_order(root)] == [None] * 6
