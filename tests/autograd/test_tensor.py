"""Tensor: construction, data and gradients, aliasing, contexts, mixing, what it refuses."""

from __future__ import annotations

import copy
import math
import operator
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given

import autograd as ag
from autograd import (
    AnomalyError,
    Tensor,
    Value,
    detect_anomaly,
    enable_grad,
    grad,
    gradients,
    jvp,
    no_grad,
    topological_order,
    where,
)
from tests.autograd.array_oracle import wave
from tests.autograd.array_programs import ArrayProgram, array_programs, for_torch

INF, NAN = math.inf, math.nan


def same(ours: Any, theirs: Any) -> bool:
    return np.array_equal(getattr(ours, "data", ours), theirs, equal_nan=True)


# --- construction -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "shape"),
    [
        (2, ()),
        (2.5, ()),
        (True, ()),
        (np.float32(1.5), ()),
        (np.array(3), ()),
        ([], (0,)),
        ([1, 2], (2,)),
        ((1.0, 2), (2,)),
        ([[1], [2]], (2, 1)),
        (range(3), (3,)),
        ([True, False], (2,)),
        (np.arange(6).reshape(2, 3), (2, 3)),
        (np.zeros((0, 3)), (0, 3)),
        (np.uint8([1, 255]), (2,)),
        (np.float16([0.5]), (1,)),
        (np.longdouble([0.5]), (1,)),
        ([np.array([1.0]), [2]], (2, 1)),
        (np.array([1.5, 2.5], ">f8"), (2,)),
        ([INF, -INF, NAN], (3,)),
    ],
)
def test_what_a_tensor_is_made_of(data: Any, shape: tuple[int, ...]) -> None:
    x = Tensor(data, label="x")
    assert (x.shape, x.ndim, x.size) == (shape, len(shape), math.prod(shape))
    assert x.dtype in (np.float32, np.float64)
    assert x.dtype.isnative
    assert same(x, np.asarray(data, dtype=float))
    assert (x.label, x.grad, x.operands, x.primitive, x.is_leaf) == ("x", None, (), None, True)


@pytest.mark.parametrize(
    "view",
    [
        lambda a: a[::-1],
        lambda a: a.T,
        lambda a: a[:, ::2],
        lambda a: np.asfortranarray(a),
        lambda a: np.broadcast_to(a[0], (2, 4)),
        lambda a: a[:, 1:3],
    ],
)
def test_strides_do_not_matter(view: Callable[[Any], Any]) -> None:
    a = view(wave((3, 4)))
    a.flags.writeable = False
    x = Tensor(a)
    ((x * a).sum() + (x[::-1] @ a.T).sum() + x.T.ravel().sum()).backward()
    plain = Tensor(np.array(a, order="C"))
    b = np.array(a, order="C")
    ((plain * b).sum() + (plain[::-1] @ b.T).sum() + plain.T.ravel().sum()).backward()
    assert np.allclose(x.grad, plain.grad, rtol=1e-14)
    x.data[...] = 7.0
    assert a.max() < 7.0


REFUSED: list[tuple[Any, type[Exception], str]] = [
    ("abc", TypeError, "the str 'abc'; use float"),
    (["1"], TypeError, "there is the str '1'"),
    (None, TypeError, "None; did a function forget"),
    ([1.0, None], TypeError, "there is None"),
    (1j, TypeError, "complex"),
    ([1j], TypeError, "the complex number 1j; use its .real"),
    (np.array([1j]), TypeError, "complex128"),
    ({1.0}, TypeError, "a set of 1"),
    ({"a": 1.0}, TypeError, "a dict of 1"),
    ((x for x in [1.0]), TypeError, "generator"),
    (object(), TypeError, "object"),
    (np.array(["1"]), TypeError, "dtype <U1"),
    (np.array([None]), TypeError, "dtype object"),
    (np.array(["2020-01-01"], "M8[D]"), TypeError, "datetime64"),
    (np.ma.array([1.0], mask=[True]), TypeError, "takes no masked array"),
    ([[1.0], [1.0, 2.0]], ValueError, "takes lists of equal lengths"),
    (10**400, ValueError, "10000.* is too large"),
    ([10**400], ValueError, "10000.* is too large"),
    (Value(1.0), TypeError, r"takes plain numbers; use .data or .detach\(\)"),
    (Tensor([1.0]), TypeError, r"takes plain numbers; use .data or .detach\(\)"),
    ([Value(1.0)], TypeError, "autograd.stack makes a Tensor of"),
    ([Tensor([1.0]), Tensor([2.0])], TypeError, "autograd.stack makes a Tensor of"),
    ([[1.0, Value(1.0)]], TypeError, "autograd.stack makes a Tensor of"),
]


@pytest.mark.parametrize(
    ("wrong", "error", "message"), REFUSED, ids=[repr(r[0])[:30] for r in REFUSED]
)
def test_what_a_tensor_is_not_made_of(wrong: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match="^Tensor.*" + message):
        Tensor(wrong)
    x = Tensor([1.0])
    with pytest.raises(error, match="^Tensor.data.*" + message):
        x.data = wrong
    if isinstance(wrong, (Value, Tensor)) or wrong is None:
        return  # a gradient may be a node, and None takes it away
    with pytest.raises(error, match="^Tensor.grad.*" + message):
        x.grad = wrong
    if not isinstance(wrong, np.ma.MaskedArray):
        with pytest.raises(error, match="seed.*" + message):
            x.backward(wrong)


@pytest.mark.parametrize("wrong", REFUSED, ids=lambda r: repr(r[0])[:30])
@pytest.mark.parametrize("apply", [operator.add, operator.sub, operator.mul, operator.pow])
def test_operators_refuse_the_same(apply: Callable[[Any, Any], Any], wrong: Any) -> None:
    operand = wrong[0]
    if isinstance(operand, (Value, Tensor, np.ma.MaskedArray)):
        return
    x = Tensor([1.0, 2.0, 3.0], label="x")
    for left, right in ((x, operand), (operand, x)):
        with pytest.raises((TypeError, ValueError)):
            apply(left, right)


@pytest.mark.parametrize("wrong", [3, b"x", ["x"]])
def test_label_is_a_str(wrong: Any) -> None:
    with pytest.raises(TypeError, match="a label is a str, not"):
        Tensor([1.0], label=wrong)


def test_arrays_whose_makers_know_no_copy() -> None:
    class Foreign:
        numbers = np.array([1.0, 2.0])

        def __array__(self, dtype: Any = None) -> Any:  # as numpy 1 asked for it
            return self.numbers

    x = Tensor(Foreign())
    x.data[0] = 5.0
    np.testing.assert_array_equal(x.data, [5.0, 2.0])
    np.testing.assert_array_equal(Foreign.numbers, [1.0, 2.0])


@pytest.mark.parametrize("count", [1, 3])
def test_masked_arrays_are_no_operands(count: int) -> None:
    with pytest.raises(TypeError, match="operand 2 of multiply takes"):
        Tensor([1.0]) * np.ma.array([1.0] * count, mask=[True] * count)
    with pytest.raises(TypeError):
        np.ma.array([1.0] * count, mask=[True] * count) * Tensor([1.0])


# --- what it shows ------------------------------------------------------------------------


def test_repr() -> None:
    assert repr(Tensor([1.0, 2.5])) == "Tensor([1. , 2.5])"
    assert repr(Tensor([1.0], label="w")) == "Tensor([1.], label='w')"
    assert repr(Tensor(2, dtype="float32")) == "Tensor(2., dtype=float32)"
    assert repr(Tensor([[1.0], [2.0]])) == "Tensor([[1.],\n        [2.]])"
    assert repr(Tensor([])) == "Tensor([])"
    assert "..." in repr(Tensor(np.zeros(1000)))
    assert repr(Tensor([NAN, INF])) == "Tensor([nan, inf])"


def test_conversions() -> None:
    x = Tensor([[2.5]])
    assert (x.item(), float(x), int(x), bool(x), x.tolist()) == (2.5, 2.5, 2, True, [[2.5]])
    assert bool(Tensor(0.0)) is False
    assert x.numpy() is not x.numpy()
    assert len(Tensor([1.0, 2.0])) == 2
    assert [v.item() for v in Tensor([1.0, 2.0])] == [1.0, 2.0]
    many = Tensor([1.0, 2.0])
    for use in (float, int, lambda t: t.item()):
        with pytest.raises(ValueError, match=r"one element, and the shape is \(2,\)"):
            use(many)
    with pytest.raises(ValueError, match=r"shape \(2,\) is ambiguous.*\.any\(\) or \.all\(\)"):
        bool(many)
    for use in (len, list):
        with pytest.raises(TypeError, match="a Tensor without axes"):
            use(Tensor(1.0))


@pytest.mark.parametrize(
    "relation", [operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge]
)
def test_comparisons_are_arrays_of_bool(relation: Callable[[Any, Any], Any]) -> None:
    a, b = np.array([1.0, 2.0, NAN]), np.array([1.0, 3.0, NAN])
    for left, right in ((Tensor(a), Tensor(b)), (Tensor(a), b), (a, Tensor(b))):
        found = relation(left, right)
        assert type(found) is np.ndarray
        assert found.dtype == bool
        assert np.array_equal(found, relation(a, b))
    assert np.array_equal(relation(Tensor(a), 2), relation(a, 2))
    assert np.array_equal(relation(Value(2.0), Tensor(a)), relation(2.0, a))
    assert np.array_equal(relation(Tensor(a), [1.0, 3.0, NAN]), relation(a, b))


def test_comparison_with_something_else() -> None:
    x = Tensor([1.0])
    assert (x == None) is False  # noqa: E711
    assert (x != "x") is True
    with pytest.raises(TypeError, match="not supported"):
        x < "x"  # noqa: B015
    with pytest.raises(ValueError, match=r"\(1, 2\) and \(3,\)"):
        Tensor([[1.0, 2.0]]) == Tensor([1.0, 2.0, 3.0])  # noqa: B015
    assert len({x, Tensor([1.0]), x}) == 2


# --- gradients ----------------------------------------------------------------------------


def test_grad_is_none_until_it_is_reached_and_then_adds_up() -> None:
    x, other = Tensor([1.0, 2.0]), Tensor([3.0, 4.0])
    h = x * x
    y = h.sum()
    assert x.grad is h.grad is y.grad is None
    y.backward()
    assert (x.grad.tolist(), h.grad.tolist(), y.grad.tolist()) == ([2, 4], [1, 1], 1.0)
    assert other.grad is None
    y.backward()
    assert (x.grad.tolist(), h.grad.tolist(), y.grad.tolist()) == ([4, 8], [2, 2], 2.0)
    y.zero_grad()
    assert x.grad is h.grad is y.grad is None
    y.backward(10.0)
    assert x.grad.tolist() == [20.0, 40.0]


def test_node_that_the_gradient_does_not_reach_has_zeros() -> None:
    x, c = Tensor([1.0, 2.0]), Tensor([1.0, 0.0])
    where(c, 1.0, x.detach()).sum().backward()
    where(np.array([True, True]), 2.0, x).sum().backward()
    assert x.grad.tolist() == [0.0, 0.0]
    assert c.grad.tolist() == [0.0, 0.0]


def test_one_tensor_in_both_slots() -> None:
    x = Tensor([1.0, 2.0])
    for y in (x * x, ag.multiply(x, x)):
        assert gradients(y.sum(), x).tolist() == [2.0, 4.0]
    assert gradients((x @ x), x).tolist() == [2.0, 4.0]
    assert gradients(ag.concatenate([x, x, x]).sum(), x).tolist() == [3.0, 3.0]


def test_seed_of_an_array() -> None:
    x = Tensor([1.0, 2.0])
    y = x * 3.0
    y.backward([1.0, 10.0])
    y.backward(np.array([1, 1]))
    assert x.grad.tolist() == [6.0, 33.0]
    with pytest.raises(ValueError, match=r"shape \(2,\): take .sum\(\) or .mean\(\) first"):
        y.backward()
    with pytest.raises(ValueError, match=r"the seed has the shape \(3,\), and self \(2,\)"):
        y.backward([1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match=r"the seed has the shape \(\), and self \(2,\)"):
        y.backward(1.0)
    for node in (Value(1.0), Tensor([1.0, 1.0])):
        with pytest.raises(TypeError, match=r"seed takes plain numbers; use \.data"):
            y.backward(node)


def test_seed_that_is_a_tensor_with_create_graph() -> None:
    x, seed = Tensor([1.0, 2.0]), Tensor([1.0, 10.0])
    (x * x).backward(seed, create_graph=True)
    assert x.grad.tolist() == [2.0, 40.0]
    assert gradients(x.grad.sum(), seed).tolist() == [2.0, 4.0]


def test_a_tensor_with_one_element_needs_no_seed() -> None:
    for shape in ((), (1,), (1, 1)):
        x = Tensor(np.full(shape, 3.0))
        (x * x).backward()
        assert x.grad.shape == shape
        assert x.grad.item() == 6.0


def test_gradient_that_can_be_differentiated() -> None:
    x = Tensor([1.0, 2.0])
    (x**3).sum().backward(create_graph=True)
    assert isinstance(x.grad, Tensor)
    assert gradients(x.grad.sum(), x).tolist() == [6.0, 12.0]


def test_gradients_touches_nothing() -> None:
    x = Tensor([1.0, 2.0])
    y = (x * x).sum()
    assert gradients(y, [x, Tensor([5.0])])[1].tolist() == [0.0]
    assert gradients(y, (x, y), create_graph=True)[1].item() == 1.0
    assert all(node.grad is None for node in topological_order(y))
    with pytest.raises(ValueError, match="backward starts from one number"):
        gradients(x * x, x)


def test_grad_can_be_assigned_to() -> None:
    x = Tensor([1.0, 2.0])
    x.grad = [3, 4]
    assert (x.grad.tolist(), x.grad.dtype) == ([3.0, 4.0], float)
    x.grad = None
    assert x.grad is None
    with pytest.raises(
        ValueError, match=r"a gradient of shape \(3,\) for a Tensor of shape \(2,\)"
    ):
        x.grad = [1.0, 2.0, 3.0]


# --- whose array is it --------------------------------------------------------------------


def test_the_data_given_is_copied() -> None:
    a = np.array([1.0, 2.0])
    x = Tensor(a)
    a[0] = 100.0
    assert x.tolist() == [1.0, 2.0]
    x.data = a
    a[0] = 200.0
    assert x.tolist() == [100.0, 2.0]
    x.grad = a
    a[0] = 300.0
    assert x.grad.tolist() == [200.0, 2.0]


def test_data_of_a_leaf_may_be_written_into_and_that_of_a_result_not() -> None:
    x = Tensor([1.0, 2.0])
    x.data[0] = 5.0
    x.data -= 1.0
    assert x.tolist() == [4.0, 1.0]
    y = x * 2.0
    with pytest.raises(ValueError, match="read-only"):
        y.data[0] = 0.0
    with pytest.raises(ValueError, match=r"array of shape \(1,\) cannot take the place .* \(2,\)"):
        x.data = [1.0]


USES: dict[str, Callable[[Any], Any]] = {
    "square": lambda x: (x * x).sum(),
    "matmul": lambda x: (x @ x.T).sum(),
    "constant": lambda x: (x * np.ones((2, 2))).exp().sum(),
    "einsum": lambda x: ag.einsum("ij,jk->", x, x),
    "view": lambda x: (x.T.reshape(-1)[1:] ** 3).sum(),
    "where": lambda x: where(x > 0, x * x, x).sum(),
    "softmax": lambda x: (x.softmax() * x.log_softmax()).sum(),
    "norm": lambda x: x.norm() * x.max(),
    "stack": lambda x: (ag.stack([x, x]) ** 2).sum(),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
@pytest.mark.parametrize("lent_before", [False, True])
@pytest.mark.parametrize(
    "change",
    [
        lambda x: operator.setitem(x.data, 0, 100.0),
        lambda x: setattr(x, "data", [[7.0] * 2] * 2),
        lambda x: operator.isub(x.data, 3.0),
        lambda x: x.data.fill(NAN),
        lambda x: x.data.sort(),
    ],
)
def test_changing_a_leaf_changes_no_earlier_graph(
    use: Callable[[Any], Any], lent_before: bool, change: Callable[[Any], Any]
) -> None:
    start = np.array([[1.0, 2.0], [0.5, -1.0]])
    x = Tensor(start)
    if lent_before:
        x.data  # noqa: B018
    y = use(x)
    expected = gradients(y, x)
    change(x)
    assert np.array_equal(gradients(y, x), expected)
    y.backward()
    assert np.array_equal(x.grad, expected)
    assert y.item() == use(Tensor(start)).item()


def test_create_graph_of_a_changed_leaf_is_refused() -> None:
    x = Tensor([1.0, 2.0], label="x")
    for y in ((x * x).sum(), (x @ x), x.sin().sum(), x.norm()):
        x.data[0] += 1.0
        with pytest.raises(RuntimeError, match="was changed after the forward pass"):
            gradients(y, x, create_graph=True)


def read_only(array: Any) -> Any:
    array.flags.writeable = False
    return array


@pytest.mark.parametrize(
    "view",
    [
        lambda m: m.diagonal(), lambda m: np.broadcast_to(m[0], (2,)), lambda m: read_only(m[1]),
        lambda m: np.broadcast_to(m, (3, 2, 2)).diagonal(axis1=1, axis2=2)[0],
    ],
)  # fmt: skip
def test_changing_what_a_constant_is_a_view_of_changes_no_earlier_graph(view: Any) -> None:
    matrix = np.ones((2, 2))
    constant = view(matrix)
    x = Tensor([1.0, 2.0])
    y = (x * x * constant).sum()
    matrix[:] = 0.0
    assert constant.tolist() == [0.0, 0.0]
    y.backward()
    assert x.grad.tolist() == [2.0, 4.0]


def test_a_constant_that_nobody_can_change_is_not_copied() -> None:
    whole = read_only(np.ones((2, 2)))
    for constant in (whole, whole[0]):
        assert (Tensor([1.0, 2.0]) * constant).operands[1] is constant


def test_formatting() -> None:
    x = Tensor(1.5)
    assert f"{x}|{x:.3f}|{x * 2:>6}" == "Tensor(1.5)|1.500|   3.0"
    assert f"{Tensor([1.5])}" == "Tensor([1.5])"
    with pytest.raises(TypeError, match=r"'\.2f' is for one number, .* shape \(1,\): .*item\(\)"):
        format(Tensor([1.5]), ".2f")
    with pytest.raises(ValueError, match="format"):
        format(x, "nonsense")


def test_changing_a_constant_changes_no_earlier_graph() -> None:
    for use in (lambda x, a: x * a, lambda x, a: x @ a, lambda x, a: ag.einsum("ij,jk", a, x)):
        x, a = Tensor(np.ones((2, 2))), wave((2, 2))
        y = use(x, a).sum()
        expected = gradients(y, x)
        a[...] = NAN
        assert np.array_equal(gradients(y, x), expected)


def test_changing_an_index_or_a_condition_changes_no_earlier_graph() -> None:
    x = Tensor([1.0, 2.0, 3.0])
    index, mask = np.array([0, 2]), np.array([True, False, True])
    roots = [(x[index] ** 2).sum(), (x[mask] ** 2).sum(), where(mask, x * x, 1.0).sum()]
    index[...] = 1
    mask[...] = False
    for root in roots:
        assert gradients(root, x).tolist() == [2.0, 0.0, 6.0]
    for root in roots[:2]:
        assert gradients(root, x, create_graph=True).tolist() == [2.0, 0.0, 6.0]


def test_gradients_share_no_memory() -> None:
    x, y = Tensor([1.0, 2.0]), Tensor([3.0, 4.0])
    h = x + y
    z = h.reshape(2, 1).T
    z.backward([[1.0, 10.0]])
    for node in (x, y, h, z):
        node.grad[...] = 0.0
        others = [o.grad for o in (x, y, h, z) if o is not node]
        assert all(o.any() for o in others)
        node.grad[...] = [1.0, 10.0]
    kept = x.grad
    z.backward([[1.0, 1.0]])
    assert kept.tolist() == [1.0, 10.0]
    a, b = gradients((x + y).sum(), [x, y])
    a[...] = 7.0
    assert b.tolist() == [1.0, 1.0]


@pytest.mark.parametrize(
    "view",
    [
        lambda x: x.reshape(2, 2),
        lambda x: x[1:],
        lambda x: x.T,
        lambda x: ag.broadcast_to(x, (2, 4)),
        lambda x: x.astype("float64"),
        lambda x: ag.split(x, 2)[0],
        lambda x: x.ravel(),
        lambda x: +x,
        lambda x: x.detach(),
        lambda x: Tensor(x.data),
        lambda x: copy.copy(x),
        copy.deepcopy,
    ],
)
def test_leaf_made_without_recording_shares_nothing(view: Callable[[Any], Any]) -> None:
    x = Tensor([1.0, 2.0, 3.0, 4.0])
    y = (x * x).sum()
    with no_grad():
        leaf = view(x)
    if leaf is not x:
        leaf.data[...] = 0.0
        assert x.tolist() == [1.0, 2.0, 3.0, 4.0]
    assert gradients(y, x).tolist() == [2.0, 4.0, 6.0, 8.0]


def test_detach_and_numpy_are_copies() -> None:
    x = Tensor([1.0, 2.0])
    y = x * 2.0
    assert y.detach().is_leaf
    y.numpy()[0] = 100.0
    y.detach().data[0] = 100.0
    assert y.tolist() == [2.0, 4.0]
    assert gradients((x * x.detach()).sum(), x).tolist() == [1.0, 2.0]


def test_setting_an_item_names_the_other_ways() -> None:
    x = Tensor([1.0, 2.0])
    for leaf in (x, x * 2.0):
        with pytest.raises(TypeError, match=r"autograd\.where or autograd\.concatenate"):
            leaf[0] = 1.0


def test_writing_into_an_array_names_the_other_way() -> None:
    a = np.ones(2)
    with pytest.raises(TypeError, match="a Tensor cannot be written into an ndarray"):
        a += Tensor([1.0, 2.0])
    x = Tensor([1.0, 2.0])
    y = x
    y += 1.0  # another Tensor, not the same one changed
    assert (x.tolist(), y.tolist()) == ([1.0, 2.0], [2.0, 3.0])


# --- Value and Tensor in one expression -----------------------------------------------------


@pytest.mark.parametrize(
    "f",
    [
        lambda v, t: v * t,
        lambda v, t: t * v,
        lambda v, t: t / v,
        lambda v, t: v / t,
        lambda v, t: v - t,
        lambda v, t: t**v,
        lambda v, t: v**t,
        lambda v, t: ag.maximum(v, t),
        lambda v, t: ag.atan2(t, v),
        lambda v, t: where(t > 1.5, v, t),
        lambda v, t: ag.elu(-t, v),
        lambda v, t: ag.clip(t, -1.0, v),
        lambda v, t: ag.leaky_relu(-t, v),
        lambda v, t: v.tanh() * t,
        lambda v, t: ag.stack([v, v * v]) * t[0],
        lambda v, t: ag.sum([v, t, v]),
        lambda v, t: ag.dot([v, v], [t, 2.0]),
        lambda v, t: t.where(t > 1.5, v),
    ],
)
def test_value_and_tensor_mix(f: Callable[[Any, Any], Any]) -> None:
    x, numbers = 1.7, np.array([0.6, 1.2, 2.5])
    v, t = Value(x), Tensor(numbers)
    y = f(v, t)
    assert isinstance(y, Tensor)
    y.backward(np.arange(1.0, 1.0 + y.size).reshape(y.shape))
    assert type(v.grad) is float
    w, u = Tensor(x), Tensor(numbers)  # all arrays
    z = f(w, u)
    z.backward(np.arange(1.0, 1.0 + z.size).reshape(z.shape))
    assert np.allclose(y.data, z.data, rtol=1e-15)
    assert np.allclose(v.grad, w.grad, rtol=1e-14)
    assert np.allclose(t.grad, u.grad, rtol=1e-14)


@pytest.mark.parametrize(
    "f", [lambda v, t: v * t, lambda v, t: t * v * v, lambda v, t: t / v, lambda v, t: v**2 * t**2]
)
def test_second_derivatives_of_value_and_tensor(f: Callable[[Any, Any], Any]) -> None:
    w = np.array([1.0, 10.0, 100.0])

    def second(v: Any, t: Any) -> Any:
        dv, dt = gradients((f(v, t) * w).sum(), [v, t], create_graph=True)
        return gradients((dt * w).sum() + dv * dv, [v, t])

    numbers = np.array([0.6, 1.2, 2.5])
    found = second(Value(1.7), Tensor(numbers))
    expected = second(Tensor(1.7), Tensor(numbers))
    assert np.allclose(found[0], expected[0], rtol=1e-13)
    assert np.allclose(found[1], expected[1], rtol=1e-13)
    assert ag.gradcheck(f, (1.7, numbers))


def test_gradient_of_a_value_sums_over_the_array() -> None:
    v = Value(2.0, label="v")
    (v * Tensor(np.ones((3, 4)))).sum().backward()
    assert v.grad == 12.0
    w = v * v
    (w + Tensor([1.0, 2.0])).backward([1.0, 1.0])
    assert v.grad == 12.0 + 8.0


# --- shapes that do not fit -------------------------------------------------------------------


@pytest.mark.parametrize(
    "f", [operator.add, operator.mul, operator.truediv, operator.pow, ag.maximum, ag.atan2]
)
def test_shapes_that_do_not_fit(f: Callable[[Any, Any], Any]) -> None:
    a, b = Tensor(np.ones((2, 3)), label="a"), Tensor(np.ones((4, 3)), label="b")
    with pytest.raises(ValueError, match=r"\w+: the shapes \(2, 3\) of 'a' and \(4, 3\) of 'b' do"):
        f(a, b)
    with pytest.raises(ValueError, match=r"the shapes \(2, 3\) of 'a' and \(2,\) do not fit"):
        f(a, np.ones(2))
    with pytest.raises(ValueError, match=r"the shapes \(2,\) and \(2, 3\) of 'a' do not fit"):
        f(np.ones(2), a)


def test_shapes_of_three_operands() -> None:
    with pytest.raises(ValueError, match=r"\(2,\) and \(3,\) of 'x' and \(\) do not fit"):
        where(np.ones(2), Tensor(np.ones(3), label="x"), 1.0)


# --- hooks, contexts, anomalies ----------------------------------------------------------------


def test_hook_sees_and_replaces_the_gradient() -> None:
    x, seen = Tensor([1.0, 2.0]), []
    h = x * 3.0
    handle = h.register_hook(lambda g: seen.append(g.copy()))
    with h.register_hook(lambda g: 10.0 * g):
        (h * h).sum().backward()
    assert seen[0].tolist() == [6.0, 12.0]
    assert x.grad.tolist() == [180.0, 360.0]
    assert h.grad.tolist() == [60.0, 120.0]
    handle.remove()
    x.grad = None
    h.register_hook(lambda g: 1.0)
    (h * h).sum().backward()
    assert x.grad.tolist() == [3.0, 3.0]


@pytest.mark.parametrize("wrong", [[1.0, 2.0], np.ones(3), "x", Value(1.0), Tensor([1.0, 1.0])])
def test_hook_that_returns_something_else(wrong: Any) -> None:
    x = Tensor([1.0, 2.0])
    x.register_hook(lambda g: wrong)
    with pytest.raises(TypeError, match=r"a hook returns an array of shape \(2,\) for the grad"):
        (x * 2.0).sum().backward()


def test_hook_may_write_into_what_it_is_given_or_is_stopped() -> None:
    # the array may be another node's as well: it must not change there
    x, y = Tensor([1.0, 2.0]), Tensor([3.0, 4.0])

    def write(g: Any) -> None:
        g *= 0.0

    y.register_hook(write)
    try:
        ((x + y) * 2.0).sum().backward()
    except ValueError as error:
        assert "read-only" in str(error)  # noqa: PT017
    else:
        assert x.grad.tolist() == [2.0, 2.0]


def test_hook_in_create_graph_gets_a_tensor() -> None:
    x = Tensor([1.0, 2.0])
    x.register_hook(lambda g: g * g)
    found = gradients((x**3).sum(), x, create_graph=True)
    assert found.tolist() == [9.0, 144.0]
    assert gradients(found.sum(), x).shape == (2,)


def test_no_grad() -> None:
    x = Tensor([1.0, 2.0])
    with no_grad():
        for y in (x * 2.0, x @ x, x.sum(), x[0], ag.stack([x, x]), np.exp(x), Value(1.0) * x):
            assert isinstance(y, Tensor)
            assert y.is_leaf
        assert np.asarray(x).tolist() == [1.0, 2.0]
        with enable_grad():
            assert not (x * 2.0).is_leaf
    assert not (x * 2.0).is_leaf


def test_anomaly_forward_names_primitive_operands_and_line() -> None:
    p, w = Tensor([0.5, 0.0], label="p"), Tensor(np.full((2, 2), 1e308), label="w")
    with detect_anomaly():
        with pytest.raises(
            AnomalyError, match=r"log gave an array of shape \(2,\) with 1 inf"
        ) as e:
            p.log()
        assert "p = an array of shape (2,)" in str(e.value)
        assert "test_tensor.py" in str(e.value)
        with pytest.raises(
            AnomalyError, match=r"matmul gave an array of shape \(2, 2\) with 4 inf"
        ):
            w @ w
        (p * 2.0).sum().backward()
    assert not np.isfinite(p.log().data).all()


def test_anomaly_backward_names_the_arrow() -> None:
    x = Tensor([0.0, 1.0], label="x")
    with detect_anomaly():
        y = x.sqrt().sum()
        with pytest.raises(AnomalyError, match=r"gradient through sqrt is .* 1 inf") as e:
            y.backward()
    assert "test_tensor.py" in str(e.value)
    z = x.sqrt().sum()
    with detect_anomaly(), pytest.raises(AnomalyError, match=r"build the graph inside detect_an"):
        z.backward()
    with detect_anomaly(), pytest.raises(AnomalyError, match="tangent through sqrt"):
        jvp(ag.sqrt, (np.array([0.0]),), (np.array([1.0]),))


# --- no warning escapes -------------------------------------------------------------------------

ZERO = np.array([0.0, 1.0])
NOISY: dict[str, Callable[[], Any]] = {
    "backward": lambda: (Tensor(ZERO).sqrt() * 0.0).sum().backward(),
    "backward twice": lambda: [y.backward() for y in [(1.0 / Tensor(ZERO) ** 2).sum()] * 2],
    "backward of inf - inf": lambda: (Tensor(ZERO).log() - Tensor(ZERO).log()).sum().backward(),
    "create_graph": lambda: (Tensor(ZERO).sqrt() * 0.0).sum().backward(create_graph=True),
    "grad": lambda: grad(lambda x: (x.sqrt() * 0.0).sum())(ZERO),
    "grad of grad": lambda: grad(lambda x: grad(lambda x: x.sqrt().sum())(x).sum())(ZERO),
    "jvp": lambda: jvp(lambda x: x.sqrt() * 0.0, (ZERO,), (ZERO,)),
    "jvp of grad": lambda: jvp(grad(lambda x: (x.log() * x).sum()), (ZERO,), (ZERO,)),
    "hessian": lambda: ag.hessian(lambda x: (x.log() * x).sum())(ZERO),
    "jacobian": lambda: ag.jacobian(lambda x: x.log() * 0.0)(ZERO),
    "matmul": lambda: grad(lambda x: (x @ np.array([INF, -INF])) * 0.0)(ZERO),
    "overflow": lambda: (Tensor([1e200]) * 1e200).exp().sum().backward(),
    "float32 data": lambda: Tensor([1e300], dtype="float32"),
    "float32 set": lambda: setattr(Tensor([1.0], dtype="float32"), "data", [1e300]),
    "float32 seed": lambda: Tensor([1.0], dtype="float32").backward([1e300]),
    "float32 grad": lambda: setattr(Tensor([1.0], dtype="float32"), "grad", [1e300]),
    "float32 adjoint": lambda: (Tensor([1.0], dtype="float32") * Tensor([1e300])).sum().backward(),
    "float32 number": lambda: (
        ag.stack([Tensor(1.0, dtype="float32"), Value(1e300)]).sum().backward()
    ),
    "float32 astype": lambda: Tensor([1e300]).astype("float32"),
    "float32 hook": lambda: (
        lambda x: [x.register_hook(lambda g: 1e300), (x * x).sum().backward()]
    )(Tensor([1.0], dtype="float32")),
    "float32 jvp": lambda: jvp(ag.exp, (np.ones(1, np.float32),), (np.array([1e300]),)),
    "var": lambda: ag.var([INF, 1.0]),
    "std": lambda: ag.std(np.array([INF, 1.0])),
    "log_softmax": lambda: ag.log_softmax([INF, 1.0]),
    "norm": lambda: ag.norm([1e200, 1e200]),
    "anomaly off": lambda: Tensor([-1.0]).log().sqrt().sum().backward(),
    "repr": lambda: repr(Tensor([NAN, INF, 1e300, 1e-300])),
    "compare": lambda: Tensor([NAN]) < Tensor([INF]),
    "vjp": lambda: ag.vjp(lambda x: x.log() * x, ZERO)[1](np.array([INF, 0.0])),
    "value_and_grad": lambda: ag.value_and_grad(lambda x, y: (x / y).sum(), (0, 1))(ZERO, ZERO),
    "Value": lambda: (Value(INF) * Tensor(ZERO)).sum().backward(),
}


@pytest.mark.parametrize("noisy", NOISY.values(), ids=NOISY)
def test_no_warning_of_numpys_escapes(noisy: Callable[[], Any]) -> None:
    noisy()  # a warning is an error in these tests


# --- where: what is not chosen contributes nothing ------------------------------------------------

BAD = np.array([-1.0, 4.0])
BRANCHES: dict[str, tuple[Callable[[Any], Any], list[float]]] = {
    "sqrt": (lambda x: where(x > 0, x.sqrt(), x), [1.0, 0.25]),
    "inside": (lambda x: where(x > 0, (x.sqrt() * 2.0).exp().log(), x), [1.0, 0.5]),
    "both": (lambda x: where(x > 0, x.log(), (-x).log()), [-1.0, 0.25]),
    "broadcast": (lambda x: where(x > 0, ag.stack([x, x]).sqrt(), x), [2.0, 0.5]),
    "sum": (lambda x: where(np.array([False, False]), x.sqrt().sum(), x), [1.0, 1.0]),
    "row of a matmul": (
        lambda x: where(np.array([True, False]), np.array([[1.0, 2.0], [NAN, 1.0]]) @ x, 0.0),
        [1.0, 2.0],
    ),
    "row of an einsum": (
        lambda x: where(
            np.array([True, False]), ag.einsum("ij,j", np.array([[1.0, 2.0], [INF, 1.0]]), x), 0.0
        ),
        [1.0, 2.0],
    ),
    "nan from x in a matmul": (
        lambda x: where(np.array([True, False]), ag.stack([x, x.log()]) @ np.ones(2), 0.0),
        [1.0, 1.0],
    ),
    "norm of a row": (
        lambda x: where(np.array([True, False]), ag.norm(ag.stack([x * 3, x.log()]), axis=1), 0.0),
        [-3 / math.sqrt(17), 12 / math.sqrt(17)],
    ),
    "cumsum": (lambda x: where(np.array([True, False]), x[::-1].sqrt().cumsum(), x), [0.0, 1.25]),
    "getitem": (lambda x: where(np.array([True, False]), x.sqrt()[[1, 0]], x), [0.0, 1.25]),
    "twice": (
        lambda x: where(x > 0, where(x > 1, x.sqrt(), x.log()), where(x < 0, x, x.log())),
        [1, 0.25],
    ),
}


@pytest.mark.parametrize("name", BRANCHES)
def test_branch_not_chosen_contributes_nothing(name: str) -> None:
    f, expected = BRANCHES[name]
    x = Tensor(BAD)
    y = f(x)
    y.sum().backward()
    assert np.allclose(x.grad, expected, rtol=1e-14)
    assert np.allclose(grad(lambda x: f(x).sum())(BAD), expected, rtol=1e-14)


@pytest.mark.parametrize("name", BRANCHES)
def test_branch_not_chosen_contributes_nothing_with_create_graph(name: str) -> None:
    f, expected = BRANCHES[name]
    x = Tensor(BAD)
    found = gradients(f(x).sum(), x, create_graph=True)
    assert np.allclose(found.data, expected, rtol=1e-14)
    assert np.isfinite(gradients((found * found).sum(), x)).all()


@pytest.mark.parametrize("create_graph", [False, True])
def test_rows_of_a_matmul_that_are_not_chosen(create_graph: bool) -> None:
    a, x = Tensor([[1.0, 2.0], [NAN, 1.0]]), Tensor([[1.0], [2.0]])
    y = where(np.array([[True], [False]]), a @ x, 0.0).sum()
    by_a, by_x = gradients(y, [a, x], create_graph=create_graph)
    assert by_a.tolist() == [[1.0, 2.0], [0.0, 0.0]]
    assert by_x.tolist() == [[1.0], [2.0]]


def test_branch_not_chosen_contributes_nothing_to_second_derivatives() -> None:
    f: Callable[[Any], Any] = lambda x: where(x > 0, x.sqrt(), x * x).sum()
    expected = np.diag([2.0, -1 / 32])
    assert np.allclose(ag.hessian(f)(BAD), expected, rtol=1e-14)
    for row, unit in zip(expected, np.eye(2), strict=True):
        assert np.allclose(jvp(grad(f), (BAD,), (unit,))[1], row, rtol=1e-14)


@pytest.mark.parametrize("name", ["sqrt", "inside", "both", "broadcast", "sum", "getitem", "twice"])
def test_branch_not_chosen_contributes_nothing_in_forward_mode(name: str) -> None:
    f, expected = BRANCHES[name]
    found = [jvp(lambda x: f(x).sum(), (BAD,), (unit,))[1] for unit in np.eye(2)]
    assert np.allclose(found, expected, rtol=1e-14)


def test_part_of_a_node_that_is_also_used_elsewhere() -> None:
    x = Tensor([-1.0, 4.0])
    h = x.sqrt()
    (where(x > 0, h, 0.0) + h * 0.0).sum().backward()  # the second use is no branch
    assert np.isnan(x.grad[0])
    assert x.grad[1] == 0.25


# --- copies ---------------------------------------------------------------------------------------


def by_pickle(protocol: int) -> Callable[[Any], Any]:
    return lambda thing: pickle.loads(pickle.dumps(thing, protocol))


both = pytest.mark.parametrize(
    "duplicate", [copy.deepcopy, *map(by_pickle, range(2, pickle.HIGHEST_PROTOCOL + 1))]
)


def network() -> tuple[Tensor, Tensor]:
    x, w, v = Tensor(wave((2, 3)), label="x"), Tensor(wave((3, 2), 1.0), label="w"), Value(2.0)
    h = (x @ w * v + 1.0).tanh()
    parts = [h, where(h > 0, h, 0.5), ag.einsum("ij,kj->ik", h, h), h[[0, 0]], h * 2.0]
    y = ag.concatenate(parts).softmax(0).max(axis=1).sum()
    y.label, h.scope = "y", "layer 1"
    y.backward()
    return x, y


@both
def test_duplicate_is_the_same_graph_of_other_nodes(duplicate: Callable[[Any], Any]) -> None:
    x, y = network()
    again = duplicate(y)
    ours, theirs = topological_order(again), topological_order(y)
    assert len(ours) == len(theirs)
    assert not set(ours) & set(theirs)
    for a, b in zip(ours, theirs, strict=True):
        assert type(a) is type(b)
        assert (a.label, a.scope) == (b.label, b.scope)
        assert np.array_equal(a.data, b.data)
        assert np.array_equal(a.grad, b.grad)
    leaf = next(node for node in ours if node.label == "x")
    again.backward()
    assert np.array_equal(leaf.grad, 2.0 * x.grad)
    leaf.grad[...] = 0.0
    leaf.data[...] = 0.0
    assert x.grad.any()
    assert x.data.any()
    assert np.array_equal(gradients(y, x), x.grad)


@both
def test_duplicate_can_be_differentiated_twice(duplicate: Callable[[Any], Any]) -> None:
    x = Tensor([1.0, 2.0])
    again = duplicate(((x**3).reshape(1, 2) @ np.ones((2, 1))).sum())
    leaf = topological_order(again)[0]
    first = gradients(again, leaf, create_graph=True)
    assert gradients(first.sum(), leaf).tolist() == [6.0, 12.0]


def test_copy_shares_no_array() -> None:
    x = Tensor([1.0, 2.0], label="x")
    (x * x).sum().backward()
    twin = copy.copy(x)
    assert (twin.tolist(), twin.grad.tolist(), twin.label) == ([1.0, 2.0], [2.0, 4.0], "x")
    twin.data[0], twin.grad[0] = 100.0, 100.0
    assert (x.tolist(), x.grad.tolist()) == ([1.0, 2.0], [2.0, 4.0])


def test_float32_and_labels_survive_a_pickle() -> None:
    x = pickle.loads(pickle.dumps(Tensor([1.5], dtype="float32", label="w")))
    assert (x.dtype, x.label, x.tolist()) == (np.float32, "w", [1.5])


# --- primitives and classes of one's own ---------------------------------------------------------


@ag.primitive(partials=lambda m, out, x: 2.0 * x * out, name="exp_square_of_arrays")
def exp_square(m: Any, x: Any) -> Any:
    return m.exp(x * x)


def test_primitive_of_ones_own() -> None:
    assert ag.gradcheck(exp_square, (wave((2, 3)),), order=3, atol=1e-6)
    assert exp_square(Tensor([0.5], dtype="float32")).dtype == np.float32
    x = Tensor([0.5, 1.0], label="x")
    assert exp_square(x).primitive.name == "exp_square_of_arrays"


def test_error_in_a_formula_of_ones_own_passes() -> None:
    @ag.primitive(partials=lambda m, out, x: 1.0, name="raises_on_arrays")
    def raises(m: Any, x: Any) -> Any:
        raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        raises(Tensor([1.0]))


class Parameter(Tensor):
    """A subclass with an attribute of its own."""

    trainable = True


def test_subclass() -> None:
    p = Parameter([1.0, 2.0], label="p")
    p.trainable = False
    assert type(p * 2.0) is Tensor
    for again in (copy.deepcopy(p), copy.copy(p), pickle.loads(pickle.dumps(p))):
        assert type(again) is Parameter
        assert again.trainable is False
        assert again.tolist() == [1.0, 2.0]
    (p @ p).backward()
    assert p.grad.tolist() == [2.0, 4.0]
    assert repr(p).startswith("Parameter([1., 2.]")


@pytest.mark.parametrize(
    "use", [lambda x: x % 2, lambda x: 2 % x, lambda x: x // 2, lambda x: 2 // x, round]
)
def test_operation_without_a_rule_names_a_remedy(use: Callable[[Any], Any]) -> None:
    with pytest.raises(TypeError, match=r"a Tensor has no .*use "):
        use(Tensor([1.0, 2.0]))


@pytest.mark.parametrize("wrong", [Tensor([1.0]), Value(1.0)])
def test_gradient_that_is_a_node_has_the_shape_too(wrong: Any) -> None:
    with pytest.raises((TypeError, ValueError), match=r"Tensor.grad"):
        Tensor([1.0, 2.0]).grad = wrong


# --- large and deep -----------------------------------------------------------------------------


def test_a_long_chain() -> None:
    x = Tensor([1.0, 2.0])
    y = x
    for _ in range(5_000):
        y = y + 1e-3
    y.sum().backward()
    assert x.grad.tolist() == [1.0, 1.0]
    assert len(topological_order(copy.deepcopy(y))) == 5_001


def test_graph_is_released_with_its_root() -> None:
    import gc
    import weakref

    x = Tensor([1.0, 2.0])
    h = x * x
    h_ref = weakref.ref(h)
    y = h.sum()
    gc.disable()
    try:
        y.backward()
        del h, y
        assert h_ref() is None
    finally:
        gc.enable()


# --- random graphs --------------------------------------------------------------------------------


def test_random_graphs_are_pytorchs() -> None:
    torch = pytest.importorskip("torch")

    @given(array_programs())
    def check(program: ArrayProgram) -> None:
        x = [Tensor(v) for v in program.leaves]
        root, largest = program.run(x)
        assume(largest < 1e6)
        theirs = [torch.tensor(v, requires_grad=True) for v in program.leaves]
        expected, _ = program.run(theirs, for_torch())
        scale = max(1.0, largest)
        assert abs(root.item() - expected.item()) <= 1e-9 * scale
        first = torch.autograd.grad(expected, theirs, create_graph=True, materialize_grads=True)
        ours = gradients(root, x, create_graph=True)
        plain = gradients(root, x)
        for a, p, b in zip(ours, plain, first, strict=True):
            b_ = b.detach().numpy(force=True)
            scale = max(scale, float(np.abs(b_).max(initial=0.0)))
            assert np.allclose(a.data, b_, rtol=1e-9, atol=1e-9 * scale)
            assert np.allclose(p, b_, rtol=1e-9, atol=1e-9 * scale)
        assume(scale < 1e5)
        along = sum((b * torch.cos(b.detach())).sum() for b in first)
        if not along.requires_grad:
            return
        second = torch.autograd.grad(along, theirs, materialize_grads=True)
        mine = gradients(ag.sum([(a * np.cos(a.data)).sum() for a in ours]), x)
        for a, b in zip(mine, second, strict=True):
            b_ = b.numpy(force=True)
            size = max(scale**2, float(np.abs(b_).max(initial=0.0)))
            assert np.allclose(a, b_, rtol=1e-8, atol=1e-8 * size)

    check()


@given(array_programs())
def test_random_graphs_by_every_way(program: ArrayProgram) -> None:
    x = [Tensor(v) for v in program.leaves]
    root, largest = program.run(x)
    assume(largest < 1e6)
    plain = gradients(root, x)
    tangents = [np.cos(v) for v in program.leaves]
    _, tangent = jvp(lambda *x: program.run(list(x))[0], program.leaves, tangents)
    pulled = sum(float((g * t).sum()) for g, t in zip(plain, tangents, strict=True))
    scale = max(1.0, largest, *(float(np.abs(g).max(initial=0.0)) for g in plain))
    assert abs(float(tangent) - pulled) <= 1e-9 * scale
    for again in (copy.deepcopy(root), pickle.loads(pickle.dumps(root))):
        order = topological_order(again)
        assert len(order) == len(topological_order(root))
        assert again.item() == root.item()
