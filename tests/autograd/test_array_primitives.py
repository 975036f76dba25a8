"""The array primitives against PyTorch's numbers, difference quotients, and at their corners."""

from __future__ import annotations

import copy
import math
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import Tensor, Value, grad, gradcheck, gradients, hessian, jvp, vjp
from autograd.array_primitives import ARRAY_TABLE, Applied
from tests.autograd import array_oracle
from tests.autograd.array_oracle import CASES, Case, wave

INF, NAN = math.inf, math.nan

FROZEN = array_oracle.read()

every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def close(ours: Any, theirs: Any, relative: float = 1e-11) -> None:
    data = getattr(ours, "data", ours)
    assert np.shape(data) == np.shape(theirs)
    scale = np.abs(np.asarray(theirs)).max(initial=1.0)
    np.testing.assert_allclose(data, theirs, rtol=relative, atol=relative * scale)


# --- every function, by every way to differentiate -------------------------------------------


@every_case
def test_value_and_gradients_are_pytorchs(case: Case) -> None:
    frozen, x = FROZEN[case.name], [Tensor(v) for v in case.inputs]
    y = case.ours(*x)
    assert isinstance(y, Tensor)
    close(y, frozen["value"])
    plain = case.ours(*case.inputs)
    assert not isinstance(plain, Tensor)
    close(plain, frozen["value"])
    y.backward(wave(y.shape, 0.5))
    for v, expected in zip(x, frozen["first"], strict=True):
        close(v.grad, expected)
        assert v.grad.dtype == float


@every_case
def test_second_derivatives_are_pytorchs(case: Case) -> None:
    frozen, x = FROZEN[case.name], [Tensor(v) for v in case.inputs]
    y = case.ours(*x)
    first = gradients((y * wave(y.shape, 0.5)).sum(), x, create_graph=True)
    for ours, expected in zip(first, frozen["first"], strict=True):
        close(ours, expected)
    along = ag.sum([(g * d).sum() for g, d in zip(first, case.directions, strict=True)])
    for ours, expected in zip(gradients(along, x), frozen["second"], strict=True):
        close(ours, expected, 1e-9)


@every_case
def test_forward_mode_is_the_transpose_of_reverse(case: Case) -> None:
    frozen = FROZEN[case.name]
    value, tangent = jvp(case.ours, case.inputs, case.directions)
    close(value, frozen["value"])
    pushed = float((wave(np.shape(value), 0.5) * tangent).sum())
    pulled = sum(
        float((g * d).sum()) for g, d in zip(frozen["first"], case.directions, strict=True)
    )
    assert math.isclose(pushed, pulled, rel_tol=1e-10, abs_tol=1e-10)


@every_case
def test_forward_over_reverse_gives_pytorchs_second_derivatives(case: Case) -> None:
    def first(*x: Any) -> Any:
        result, pull_back = vjp(case.ours, *x)
        return pull_back(wave(np.shape(getattr(result, "data", result)), 0.5))

    _, second = jvp(first, case.inputs, case.directions)
    for ours, expected in zip(second, FROZEN[case.name]["second"], strict=True):
        close(ours, expected, 1e-9)


# a difference quotient of one in eight: the others are compared with PyTorch
@pytest.mark.parametrize(
    "case", [c for c in CASES if "1000" not in c.name][::8], ids=lambda case: case.name
)
def test_difference_quotients(case: Case) -> None:
    assert gradcheck(case.ours, case.inputs, atol=1e-6, directions=2)


def test_frozen_values_are_pytorchs() -> None:
    pytest.importorskip("torch")
    assert list(FROZEN) == [case.name for case in CASES]
    for case in CASES:
        asked = array_oracle.ask_torch(case)
        close(asked["value"], FROZEN[case.name]["value"])
        for key in ("first", "second"):
            for now, before in zip(asked[key], FROZEN[case.name][key], strict=True):
                close(now, before)


def test_every_row_and_every_function_has_a_case() -> None:
    asked: set[str] = set()
    for case in CASES:
        for node in ag.topological_order(case.ours(*map(Tensor, case.inputs))):
            if isinstance(node.primitive, Applied):
                asked.add(node.primitive.name)
    assert set(ARRAY_TABLE) - asked == {"astype", "scatter"}  # casts: test_dtypes.py
    names = " ".join(case.name for case in CASES)
    without_gradient = {"argmax", "argmin"}
    assert [
        name
        for name in ag.array_functions.__all__
        if name not in names and name not in without_gradient
    ] == []


@pytest.mark.parametrize("index", [(0, [1, 1]), slice(1, None), np.array([True, False])], ids=repr)
def test_scatter_is_the_transpose_of_getitem(index: Any) -> None:
    # it comes up only inside derivatives, and has derivatives of its own
    x = wave((2, 3))
    cube: Callable[[Any], Any] = lambda x: (x[index] ** 3).sum()
    found = grad(lambda x: (grad(cube)(x) ** 2).sum())(x)
    expected = np.zeros((2, 3))
    np.add.at(expected, index, 6 * x[index])
    first = np.zeros((2, 3))
    np.add.at(first, index, 3 * x[index] ** 2)
    expected = 2 * first * expected
    if isinstance(index, tuple):  # an element taken twice counts twice
        expected[0, 1] = 2 * first[0, 1] * 12 * x[0, 1]
    close(found, expected)
    assert gradcheck(lambda x: x[index] ** 2, (x,), order=3, atol=1e-6)


@pytest.mark.parametrize("row", ARRAY_TABLE.values(), ids=lambda row: row.name)
def test_row_describes_itself(row: Any) -> None:
    assert row.ascii.isascii()
    assert row.doc.endswith(".")
    assert row.symbol
    assert row.name in repr(row)
    assert len(row.vjps) >= 1


def test_what_made_a_node_shows_its_parameters() -> None:
    y = Tensor(wave((2, 3))).sum(axis=1)
    assert repr(y.primitive) == "<array primitive sum Σ, axis=(1,), keepdims=False>"
    assert "product of sum by operand 1" in repr(y.partials[0])


def test_row_is_pickled_by_its_name() -> None:
    row = ARRAY_TABLE["matmul"]
    assert pickle.loads(pickle.dumps(row)) is copy.deepcopy(row) is row
    restore, _ = row.__reduce__()
    with pytest.raises(ValueError, match="there is no array primitive called 'matmull'"):
        restore("matmull")  # type: ignore[arg-type]


# --- lists, Values and numbers in place of Tensors ---------------------------------------------


def test_values_and_numbers_among_the_operands() -> None:
    a, b, t = Value(2.0), Value(3.0), Tensor([1.0, -1.0])
    y = ag.concatenate([t * a, ag.stack([a, b * b, 1.0]), np.array([4.0])])
    assert y.tolist() == [2.0, -2.0, 2.0, 9.0, 1.0, 4.0]
    y.backward([1.0, 10.0, 100.0, 1.0, 1.0, 1.0])
    assert (a.grad, b.grad, t.grad.tolist()) == (1.0 - 10.0 + 100.0, 6.0, [2.0, 20.0])
    assert type(a.grad) is float


def test_functions_take_lists_of_values() -> None:
    a, b = Value(2.0), Value(-3.0)
    for f in (ag.mean, ag.max, ag.softmax, ag.norm, ag.cumsum, ag.ravel, ag.prod, ag.std):
        found = gradients((f([a, b]) * 2.0).sum(), [a, b])
        x = Tensor([2.0, -3.0])
        assert np.allclose(found, gradients((f(x) * 2.0).sum(), x), rtol=1e-14)
    y = ag.stack([[a, b], [b, 1.0]]) @ [1.0, 2.0]
    assert y.tolist() == [-4.0, -1.0]
    assert gradients(y.sum(), [a, b]) == [1.0, 3.0]


def test_a_value_is_an_array_without_axes() -> None:
    a = Value(3.0)
    for f in (ag.mean, ag.max, ag.ravel, ag.norm, ag.logsumexp, lambda x: ag.expand_dims(x, 0)):
        assert gradients(f(a).sum(), a) == 1.0
    assert ag.outer(a, [1.0, 2.0]).shape == (1, 2)
    assert ag.einsum(",i->i", a, [1.0, 2.0]).tolist() == [3.0, 6.0]


def test_constants_in_place_of_one_operand() -> None:
    x, y = wave((2, 3)), wave((3, 2), 1.0)
    for f in (ag.matmul, ag.dot, lambda a, b: ag.einsum("ij,jk", a, b)):
        both = vjp(f, x, y)[1](np.ones((2, 2)))
        for other in (y, y.tolist()):
            close(grad(lambda a, f=f, other=other: f(a, other).sum())(x), both[0])
        close(grad(lambda b, f=f: f(x, b).sum())(y), both[1])


def test_plain_arguments_give_plain_results() -> None:
    assert type(ag.mean([1.0, 2.0])) is np.float64
    assert type(ag.matmul([[1.0]], [[2.0]])) is np.ndarray
    assert type(ag.split([1.0, 2.0], 2)[0]) is np.ndarray
    assert ag.argmax(Tensor([1.0, 3.0])) == 1
    assert ag.argmin([[1.0, 3.0], [2.0, 0.0]], axis=0).tolist() == [0, 1]
    assert Tensor([[1.0, 3.0]]).argmax(axis=-1).tolist() == [1]
    assert ag.sum(np.ones((2, 3)), axis=0).tolist() == [2.0, 2.0, 2.0]


# --- ties, zeros, infinities --------------------------------------------------------------------


@pytest.mark.parametrize("name", ["max", "min"])
def test_ties_share_the_gradient_equally(name: str) -> None:
    sign = 1.0 if name == "max" else -1.0
    x = sign * np.array([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0], [5.0, 1.0, 1.0]])
    found = grad(lambda x: (getattr(ag, name)(x, axis=1) * np.array([2.0, 3.0, 4.0])).sum())(x)
    assert found.tolist() == [[0.0, 1.0, 1.0], [1.0, 1.0, 1.0], [4.0, 0.0, 0.0]]
    assert grad(getattr(ag, name))(np.full(4, INF)).tolist() == [0.25] * 4
    tangent = jvp(getattr(ag, name), (np.ones(4),), (np.arange(4.0),))[1]
    assert tangent == 1.5


def test_nan_is_the_largest_and_the_smallest() -> None:
    for f in (ag.max, ag.min):
        assert math.isnan(f(np.array([1.0, NAN])))
        assert grad(f)(np.array([1.0, NAN, NAN])).tolist() == [0.0, 0.5, 0.5]


@pytest.mark.parametrize(
    ("point", "slope", "curvature"),
    [
        ([2.0, 0.0, 5.0], [0.0, 10.0, 0.0], [[0, 5, 0], [5, 0, 2], [0, 2, 0]]),
        ([0.0, 0.0, 5.0], [0.0, 0.0, 0.0], [[0, 5, 0], [5, 0, 0], [0, 0, 0]]),
        ([0.0, 0.0, 0.0], [0.0, 0.0, 0.0], np.zeros((3, 3))),
        ([3.0], [1.0], [[0.0]]),
    ],
)
def test_prod_at_zeros(point: list[float], slope: list[float], curvature: Any) -> None:
    x = np.array(point)
    assert grad(ag.prod)(x).tolist() == slope
    assert np.array_equal(hessian(ag.prod)(x), curvature)


@pytest.mark.parametrize("shape", [(3,), (1,), (2, 3)])
@pytest.mark.parametrize("keepdims", [False, True])
def test_norm_at_the_zero_vector_has_no_nan(shape: tuple[int, ...], keepdims: bool) -> None:
    f: Callable[[Any], Any] = lambda x: ag.norm(x, axis=-1, keepdims=keepdims).sum()
    x = np.zeros(shape)
    assert not np.any(grad(f)(x))
    assert not np.any(hessian(f)(x))
    assert not np.any(grad(lambda x: grad(f)(x).sum())(x))
    assert not np.any(jvp(f, (x,), (np.ones(shape),))[1])
    assert not np.any(jvp(grad(f), (x,), (np.ones(shape),))[1])


def test_norm_of_one_zero_vector_among_others() -> None:
    x = np.array([[3.0, 4.0], [0.0, 0.0]])
    close(grad(lambda x: ag.norm(x, axis=1).sum())(x), [[0.6, 0.8], [0.0, 0.0]])
    for ord in (1, INF):
        assert not np.any(grad(lambda x, o=ord: ag.norm(x, o))(np.zeros(3)))


def test_std_of_equal_elements_has_the_derivative_zero() -> None:
    # as in PyTorch; the square root of the variance would give nan
    for ddof in (0, 1):
        f: Callable[[Any], Any] = lambda x, ddof=ddof: ag.std(x, axis=1, ddof=ddof).sum()
        x = np.array([[2.0, 2.0, 2.0], [1.0, 2.0, 4.0]])
        assert grad(f)(x)[0].tolist() == [0.0, 0.0, 0.0]
        assert np.isfinite(hessian(f)(x)).all()
        close(ag.std(x, 1, ddof), np.std(x, 1, ddof=ddof))


def test_variance_without_degrees_of_freedom_is_nan() -> None:
    for f in (ag.var, ag.std):
        assert math.isnan(f([1.0], ddof=1))
        assert math.isnan(f(Tensor([1.0, 2.0]), ddof=3).item())


# (function, point, value, gradient of the first element, or of the number, of the result)
CORNERS: list[tuple[str, list[float], Any, Any]] = [
    ("softmax", [1000.0, -1000.0], [1.0, 0.0], [0.0, 0.0]),
    ("softmax", [-1000.0, -1000.0], [0.5, 0.5], [0.25, -0.25]),
    ("softmax", [1000.0, 1000.0], [0.5, 0.5], [0.25, -0.25]),
    ("softmax", [-INF, 0.0], [0.0, 1.0], [0.0, 0.0]),
    ("softmax", [INF, 0.0], [NAN, NAN], [NAN, NAN]),
    ("softmax", [-INF, -INF], [NAN, NAN], [NAN, NAN]),
    ("softmax", [NAN, 0.0], [NAN, NAN], [NAN, NAN]),
    ("log_softmax", [1000.0, -1000.0], [0.0, -2000.0], [0.0, 0.0]),
    ("log_softmax", [-1000.0, 1000.0], [-2000.0, 0.0], [1.0, -1.0]),
    ("log_softmax", [-INF, 0.0], [-INF, 0.0], [1.0, -1.0]),
    ("log_softmax", [NAN, 0.0], [NAN, NAN], [NAN, NAN]),
    ("log_softmax", [INF, 0.0], [NAN, NAN], [NAN, NAN]),
    ("log_softmax", [-INF, -INF], [NAN, NAN], [NAN, NAN]),
    ("logsumexp", [1000.0, -1000.0], 1000.0, [1.0, 0.0]),
    ("logsumexp", [-1000.0, -1000.0], -1000.0 + math.log(2.0), [0.5, 0.5]),
    ("logsumexp", [-INF, 0.0], 0.0, [0.0, 1.0]),
    ("logsumexp", [INF, 0.0], INF, [NAN, 0.0]),
    ("logsumexp", [INF, -INF], INF, [NAN, 0.0]),
    ("logsumexp", [NAN, 0.0], NAN, [NAN, NAN]),
    # PyTorch says nan: here nothing has a share in a sum of zeros
    ("logsumexp", [-INF, -INF], -INF, [0.0, 0.0]),
    ("norm", [INF, 1.0], INF, [NAN, 0.0]),
    ("norm", [NAN, 1.0], NAN, [NAN, NAN]),
    ("norm", [3e-200, 4e-200], 0.0, [0.0, 0.0]),
    ("mean", [INF, 1.0], INF, [0.5, 0.5]),
    ("sum", [INF, -INF], NAN, [1.0, 1.0]),
    ("prod", [INF, 0.0], NAN, [0.0, INF]),
    ("cumsum", [NAN, 1.0], [NAN, NAN], [1.0, 0.0]),
    ("var", [INF, 1.0], NAN, [NAN, NAN]),
    ("max", [-INF, -INF], -INF, [0.5, 0.5]),
]


@pytest.mark.parametrize(
    ("name", "point", "value", "slope"), CORNERS, ids=[f"{c[0]}{c[1]}" for c in CORNERS]
)
def test_corner(name: str, point: list[float], value: Any, slope: Any) -> None:
    f, x = getattr(ag, name), np.array(point)

    def first(x: Any) -> Any:
        y = f(x)
        return y[0] if y.ndim else y

    np.testing.assert_allclose(f(x), value, rtol=1e-13)
    np.testing.assert_allclose(f(Tensor(x)).data, value, rtol=1e-13)
    with np.errstate(all="ignore"):  # test_tensor.py: no warning escapes
        np.testing.assert_allclose(grad(first)(x), slope, rtol=1e-12, atol=1e-300)
        x_ = Tensor(x)
        recorded = gradients(first(x_), x_, create_graph=True)
    np.testing.assert_allclose(recorded.data, slope, rtol=1e-12, atol=1e-300)


def test_corners_of_groups_do_not_touch_each_other() -> None:
    x = np.array([[0.0, 1.0], [NAN, 0.0], [-INF, -INF], [INF, 0.0]])
    for f in (
        ag.softmax,
        ag.log_softmax,
        lambda x: ag.logsumexp(x, 1),
        lambda x: ag.norm(x, axis=1),
    ):
        with np.errstate(all="ignore"):
            whole = grad(lambda x, f=f: f(x).sum())(x)
            alone = grad(lambda x, f=f: f(x).sum())(x[:1])
        assert np.array_equal(whole[:1], alone)


# --- empty arrays and arrays without axes -------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "shape"),
    [
        (lambda x: x.sum(), ()),
        (lambda x: x.sum(0), (3,)),
        (lambda x: x.sum(1), (0,)),
        (lambda x: x.prod(), ()),
        (lambda x: x.prod(0), (3,)),
        (lambda x: x.prod(1), (0,)),
        (lambda x: x.prod(0, keepdims=True), (1, 3)),
        (lambda x: x.mean(1), (0,)),
        (lambda x: x.max(1), (0,)),
        (lambda x: x.cumsum(0), (0, 3)),
        (lambda x: x.norm(axis=0), (3,)),
        (lambda x: x.softmax(1), (0, 3)),
        (lambda x: x.softmax(0), (0, 3)),
        (lambda x: x.logsumexp(1), (0,)),
        (lambda x: x.logsumexp(0), (3,)),
        (lambda x: x.T, (3, 0)),
        (lambda x: x.reshape(3, 0), (3, 0)),
        (lambda x: x.reshape(0, -1), None),
        (lambda x: x @ np.ones((3, 2)), (0, 2)),
        (lambda x: x.T @ x, (3, 3)),
        (lambda x: x[[]], (0, 3)),
        (lambda x: ag.concatenate([x, np.ones((1, 3))]), (1, 3)),
        (lambda x: ag.stack([x, x]), (2, 0, 3)),
        (lambda x: ag.pad(x, ((1, 0), (0, 0))), (1, 3)),
        (lambda x: ag.einsum("ij->j", x), (3,)),
        (lambda x: ag.where(x > 0, x, 1.0), (0, 3)),
        (lambda x: x.exp().relu().gelu() * x, (0, 3)),
        (lambda x: ag.split(x, 3, axis=1)[0], (0, 1)),
        (lambda x: x.std(1), (0,)),
        (lambda x: x.ravel(), (0,)),
        (lambda x: ag.broadcast_to(x, (2, 0, 3)), (2, 0, 3)),
    ],
)
def test_empty_arrays(f: Callable[[Any], Any], shape: tuple[int, ...] | None) -> None:
    x = Tensor(np.zeros((0, 3)))
    if shape is None:
        with pytest.raises(ValueError, match="do not fit"):
            f(x)
        return
    y = f(x)
    assert y.shape == shape
    y.backward(np.ones(shape))
    assert x.grad.shape == (0, 3)
    assert gradients(y.sum(), x, create_graph=True).shape == (0, 3)
    assert jvp(f, (Tensor(x.data),), (np.zeros((0, 3)),))[1].shape == shape


@pytest.mark.parametrize("f", [ag.max, ag.min, ag.mean, ag.var, ag.std, ag.argmax, ag.argmin])
def test_reductions_of_nothing(f: Callable[..., Any]) -> None:
    with pytest.raises(ValueError, match=rf"{f.__name__} of no elements: the shape is \(0, 3\)"):
        f(Tensor(np.zeros((0, 3))))
    with pytest.raises(ValueError, match=rf"{f.__name__} of no elements"):
        f(Tensor(np.zeros((0, 3))), axis=0)


def test_the_product_of_nothing_is_a_tensor_of_ones() -> None:
    y = ag.prod(Tensor(np.zeros((0, 2)), dtype="float32"), axis=0, keepdims=True)
    assert isinstance(y, Tensor)
    assert (y.tolist(), y.dtype) == ([[1.0, 1.0]], np.float32)
    assert ag.prod([]) == 1.0


def test_reductions_over_no_axes_and_without_axes() -> None:
    x = wave((2, 3))
    for f in (ag.sum, ag.mean, ag.max, ag.prod, ag.logsumexp):
        close(f(x, axis=()), x)
        assert grad(f)(np.array(2.0)) == 1.0
    close(ag.norm(x, axis=()), np.abs(x))
    close(ag.var(x, axis=()), np.zeros((2, 3)))


# --- wrong use -----------------------------------------------------------------------------------

X, M = Tensor([1.0, 2.0, 3.0], label="x"), Tensor(np.ones((2, 3)), label="m")

WRONG: list[tuple[str, Callable[[], Any], type[Exception], str]] = [
    ("matmul", lambda: X @ [1.0, 2.0], ValueError, r"matmul: .*\(3,\) of 'x' and \(2,\)"),
    (
        "matmul labels",
        lambda: M @ Tensor([1.0], label="v"),
        ValueError,
        r"\(2, 3\) of 'm' and \(1,\) of 'v'",
    ),
    ("matmul number", lambda: M @ 2.0, ValueError, r"matmul: the shapes \(2, 3\) of 'm' and \(\)"),
    ("matmul left", lambda: 2.0 @ M, ValueError, r"matmul: the shapes \(\) and \(2, 3\) of 'm'"),
    (
        "matmul batch",
        lambda: np.ones((2, 3, 3)) @ Tensor(np.ones((4, 3, 3))),
        ValueError,
        r"\(2, 3, 3\) and \(4, 3, 3\)",
    ),
    ("matmul str", lambda: M @ "abc", TypeError, "matmul takes real numbers, not the str 'abc'"),
    ("matmul None", lambda: M @ None, TypeError, "matmul takes real numbers, not None"),
    ("dot", lambda: ag.dot(M, M), ValueError, r"matmul: the shapes \(2, 3\) of 'm' and \(2, 3\)"),
    ("sum axis", lambda: M.sum(2), ValueError, "sum: axis 2 of an array with 2 axes"),
    ("sum axis -3", lambda: M.sum((0, -3)), ValueError, "sum: axis -3 of an array with 2 axes"),
    ("sum axes twice", lambda: M.sum((0, -2)), ValueError, "names an axis twice"),
    ("sum axis 1.5", lambda: M.sum(1.5), TypeError, "sum: an axis is a whole number, not 1.5"),
    ("sum axis str", lambda: M.sum("rows"), TypeError, "an axis is a whole number, not 'rows'"),
    ("huge axis", lambda: X.mean(10**30), ValueError, "mean: axis 10000.* of an array with 1 axis"),
    ("cumsum axis", lambda: X.cumsum(1), ValueError, "cumsum: axis 1 of an array with 1 axis"),
    ("softmax number", lambda: ag.softmax(1.0), ValueError, "softmax: axis -1 of an array with 0"),
    ("argmax axis", lambda: X.argmax(1), ValueError, "argmax: axis 1 of an array with 1 axis"),
    ("argmin axis", lambda: X.argmin(0.5), TypeError, "argmin: an axis is a whole number"),
    ("norm ord", lambda: X.norm(3), ValueError, "norm: ord is None, 1, 2 or inf, not 3"),
    ("norm ord str", lambda: X.norm("fro"), ValueError, "norm: ord is .* not 'fro'"),
    ("norm ord array", lambda: X.norm([1, 2]), ValueError, r"norm: ord is .* not \[1, 2\]"),
    ("norm ord node", lambda: X.norm(X), ValueError, "norm: ord is"),
    ("ddof", lambda: X.var(ddof="1"), TypeError, "ddof of var takes a real number, not the str"),
    ("ddof node", lambda: X.std(ddof=Value(1.0)), TypeError, "ddof of std takes a plain number"),
    (
        "reshape",
        lambda: X.reshape(2, 2),
        ValueError,
        r"the 3 elements of shape \(3,\) do not fit \(2, 2\)",
    ),
    ("reshape -1 -1", lambda: X.reshape(-1, -1), ValueError, "do not fit"),
    ("reshape -2", lambda: X.reshape(-3), ValueError, "do not fit -3"),
    ("reshape 1.5", lambda: X.reshape(1.5), TypeError, "a shape is whole numbers, not 1.5"),
    ("reshape str", lambda: X.reshape("3"), TypeError, "a shape is whole numbers, not '3'"),
    ("reshape huge", lambda: X.reshape(10**30, -1), ValueError, "do not fit"),
    ("transpose", lambda: M.transpose(0, 0), ValueError, r"axes=\(0, 0\) is not an order of the 2"),
    ("transpose few", lambda: M.transpose([1]), ValueError, "is not an order of the 2 axes"),
    ("transpose 1.5", lambda: ag.transpose(M, 1.5), TypeError, "axes is a list of axes, not 1.5"),
    (
        "transpose str",
        lambda: ag.transpose(M, "ab"),
        TypeError,
        "an axis is a whole number, not 'a'",
    ),
    ("swapaxes", lambda: M.swapaxes(0, 2), ValueError, "swapaxes: axis 2 of an array with 2 axes"),
    ("expand_dims", lambda: ag.expand_dims(X, 2), ValueError, "expand_dims: axis 2 of an array"),
    ("squeeze", lambda: M.squeeze(0), ValueError, r"axis=0 of shape \(2, 3\) is not of length 1"),
    (
        "broadcast",
        lambda: ag.broadcast_to(X, (2,)),
        ValueError,
        r"broadcast_to: .*\(3,\) of 'x'.*\(2,\)",
    ),
    ("broadcast -1", lambda: ag.broadcast_to(X, (-1, 3)), ValueError, r"\(3,\) of 'x'"),
    ("broadcast huge", lambda: ag.broadcast_to(X, (10**30, 3)), ValueError, r"\(3,\) of 'x'"),
    (
        "concatenate",
        lambda: ag.concatenate([M, X]),
        ValueError,
        r"\(2, 3\) of 'm' and \(3,\) of 'x' do not fit",
    ),
    (
        "concatenate axis",
        lambda: ag.concatenate([M, M], 2),
        ValueError,
        "axis 2 of an array with 2",
    ),
    (
        "concatenate none",
        lambda: ag.concatenate([]),
        ValueError,
        "at least one array, not an empty",
    ),
    (
        "concatenate numbers",
        lambda: ag.concatenate([Value(1.0), 2.0]),
        ValueError,
        "autograd.stack joins numbers",
    ),
    (
        "concatenate value",
        lambda: ag.concatenate(Value(1.0)),
        TypeError,
        "a list of arrays, not Value",
    ),
    (
        "concatenate str",
        lambda: ag.concatenate(["a"]),
        TypeError,
        "concatenate takes real numbers, not the str",
    ),
    ("stack", lambda: ag.stack([X, M]), ValueError, r"\(3,\) of 'x' and \(2, 3\) of 'm'"),
    ("stack None", lambda: ag.stack(None), TypeError, "stack takes a list of arrays, not None"),
    (
        "stack axis",
        lambda: ag.stack([X, X], 2),
        ValueError,
        "stack: axis 2 of an array with 2 axes",
    ),
    ("split", lambda: ag.split(X, 2), ValueError, "3 elements do not divide into 2 equal parts"),
    ("split 0", lambda: ag.split(X, 0), ValueError, "do not divide into 0"),
    ("split 2.5", lambda: ag.split(X, 2.5), TypeError, "split takes a number of parts .* not 2.5"),
    ("split list", lambda: ag.split(X, [0.5]), TypeError, r"whole numbers, not \[0.5\]"),
    ("split None", lambda: ag.split(X, None), TypeError, "whole numbers, not None"),
    ("pad -1", lambda: ag.pad(X, -1), ValueError, r"pad_width=-1 does not fit the shape \(3,\)"),
    ("pad 1.5", lambda: ag.pad(X, 1.5), ValueError, r"pad_width=1.5 does not fit"),
    ("pad many", lambda: ag.pad(X, ((1, 1), (1, 1))), ValueError, "does not fit the shape"),
    ("pad str", lambda: ag.pad(X, "1"), ValueError, "pad_width='1' does not fit"),
    ("pad ragged", lambda: ag.pad(M, ((1,), (1, 2))), ValueError, "does not fit the shape"),
    ("pad mode", lambda: ag.pad(X, 1, "wrap"), ValueError, "mode is 'constant', not 'wrap'"),
    (
        "pad node",
        lambda: ag.pad(X, 1, constant_values=Value(1.0)),
        TypeError,
        "constant_values of pad takes a plain number",
    ),
    (
        "take far",
        lambda: X.take(3),
        IndexError,
        r"\[\(3,\)\] does not fit the array of shape \(3,\): index 3",
    ),
    ("take node", lambda: X.take(Tensor([0.0])), TypeError, "plain integers, not of Tensor"),
    ("take floats", lambda: X.take([0.5]), TypeError, "integers or booleans, not float64"),
    ("take mask", lambda: X.take([True, False, True]), TypeError, "indices are whole numbers"),
    ("take slice", lambda: X.take(slice(1)), TypeError, "indices are whole numbers"),
    ("take axis", lambda: X.take(0, 1), ValueError, "take: axis 1 of an array with 1 axis"),
    (
        "index far",
        lambda: X[5],
        IndexError,
        r"\[5\] does not fit the array 'x' of shape \(3,\): index 5",
    ),
    ("index huge", lambda: X[10**30], IndexError, "does not fit the array 'x'"),
    ("index axes", lambda: X[0, 0], IndexError, r"\[\(0, 0\)\] does not fit .* \(3,\): too many"),
    ("index str", lambda: X["a"], TypeError, "an index is made of .* not 'a'"),
    ("index 1.0", lambda: X[1.0], TypeError, "an index is made of integers.* not 1.0"),
    ("index array 1.0", lambda: X[np.array([1.0])], TypeError, "integers or booleans, not float64"),
    ("index node", lambda: X[Value(1.0)], TypeError, "plain integers, not of Value"),
    ("index slice", lambda: X[Value(1.0) :], TypeError, "a slice is made of plain integers"),
    ("index nodes", lambda: X[[Value(1.0)]], TypeError, "an index"),
    ("index ragged", lambda: X[[[0], [1, 2]]], TypeError, "an index list holds plain integers"),
    ("index mask", lambda: X[np.array([True, False])], IndexError, "boolean index did not match"),
    ("index set", lambda: X[{0}], TypeError, r"an index is made of .* not \{0\}"),
    ("einsum first", lambda: ag.einsum(X, "i"), TypeError, "takes its subscripts first"),
    ("einsum count", lambda: ag.einsum("i,i", X), ValueError, "is for 2 operands, and there are 1"),
    (
        "einsum axes",
        lambda: ag.einsum("ij", X),
        ValueError,
        r"'ij' does not fit an operand of shape \(3,\)",
    ),
    (
        "einsum few",
        lambda: ag.einsum("i", M),
        ValueError,
        r"'i' does not fit an operand of shape \(2, 3\)",
    ),
    ("einsum digits", lambda: ag.einsum("1->1", X), ValueError, "'1' does not fit"),
    ("einsum output", lambda: ag.einsum("i->j", X), ValueError, "an output that does not follow"),
    ("einsum twice", lambda: ag.einsum("i->ii", X), ValueError, "an output that does not follow"),
    (
        "einsum sizes",
        lambda: ag.einsum("i,i", X, [1.0, 2.0]),
        ValueError,
        r"einsum: the shapes \(3,\) of 'x' and \(2,\)",
    ),
    (
        "einsum diagonal",
        lambda: ag.einsum("ii", M),
        ValueError,
        r"einsum: the shapes \(2, 3\) of 'm'",
    ),
    ("einsum nothing", lambda: ag.einsum("i"), ValueError, "is for 1 operands, and there are 0"),
    ("clip", lambda: ag.clip(X, "0"), TypeError, "operand 2 of clip takes .* the str '0'"),
    ("clip list", lambda: ag.clip(X, [0.0]), TypeError, "operand 2 of clip takes .* a list of 1"),
    (
        "ragged",
        lambda: ag.mean([[1.0], [1.0, 2.0]]),
        ValueError,
        "mean takes lists of equal lengths",
    ),
    ("complex", lambda: ag.mean(np.array([1j])), TypeError, "mean takes real numbers"),
    ("object", lambda: ag.matmul(M, np.array([None, 1, 2])), TypeError, "matmul takes"),
    ("dict", lambda: ag.mean({"a": 1}), TypeError, "mean takes real numbers, not a dict of 1"),
    ("generator", lambda: ag.mean(x for x in [1.0]), TypeError, "mean takes real numbers, not gen"),
]


@pytest.mark.parametrize(
    ("use", "error", "message"), [w[1:] for w in WRONG], ids=[w[0] for w in WRONG]
)
def test_wrong_use_is_explained(
    use: Callable[[], Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        use()


# --- what nothing above would notice ------------------------------------------------------------


def test_signs_for_terminals() -> None:
    names = ("matmul", "transpose", "getitem", "sum", "reshape", "norm")
    assert [ARRAY_TABLE[n].ascii for n in names] == ["@", "T", "[]", "sum", "reshape", "norm"]


def test_what_made_a_node_answers_as_an_elementwise_primitive_does() -> None:
    x = Tensor(wave((2, 2)))
    for y in (x @ x, ag.einsum("ij,jk->ik", x, x), ag.concatenate([x, x])):
        made = y.primitive
        assert isinstance(made, Applied)
        assert (made.variadic, made.commutes, made.chooses) == (False, False, False)


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("axis", [0, 1])
def test_groups_of_a_softmax_that_are_not_chosen(axis: int, create_graph: bool) -> None:
    point = np.array([[0.0, 1.0, 2.0], [INF, 0.0, NAN]])  # the second row is not to be seen
    chosen = np.array([[True, False, False], [False, False, False]])
    x = Tensor(point if axis else point.T)
    y = ag.where(chosen if axis else chosen.T, ag.softmax(x, axis), 0.0).sum()
    found = gradients(y, x, create_graph=create_graph)
    p = np.exp(point[0]) / np.exp(point[0]).sum()
    expected = np.array([p[0] * (np.array([1.0, 0.0, 0.0]) - p), np.zeros(3)])
    close(found, expected if axis else expected.T)


@pytest.mark.parametrize(
    ("shape", "wanted"),
    [
        ((1, 1), (2, 3, 1)), ((1, 1), (2, 1, 3)), ((1, 3), (2, 4, 3)), ((3, 1), (2, 3, 1)),
        ((1,), (1, 1, 2)), ((), (2, 1)), ((1, 3, 1), (2, 3, 1)), ((1, 1), (1, 1, 1)),
    ],
)  # fmt: skip
def test_what_broadcasting_has_stretched_is_summed(
    shape: tuple[int, ...], wanted: tuple[int, ...]
) -> None:
    g = wave(wanted)
    found = vjp(lambda x: ag.broadcast_to(x, wanted), np.ones(shape))[1](g)
    size = int(np.prod(shape, dtype=int))
    owner = np.broadcast_to(np.arange(size).reshape(shape), wanted)
    expected = np.bincount(owner.ravel(), g.ravel(), size).reshape(shape)
    close(found[0] if isinstance(found, (tuple, list)) else found, expected)


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize(("before", "after"), [("float32", "float64"), ("float64", "float32")])
def test_the_gradient_of_a_cast_has_the_type_from_before(
    before: str, after: str, create_graph: bool
) -> None:
    x = Tensor(np.array([1.5, -2.0], before))
    y = x.astype(after)
    assert y.dtype == after
    g = gradients((y * np.array([0.25, 3.0], after)).sum(), x, create_graph=create_graph)
    assert (g.tolist(), g.dtype) == ([0.25, 3.0], np.dtype(before))
    pulled = y.partials[0](np.array([0.25, 3.0], after))
    assert (pulled.tolist(), pulled.dtype) == ([0.25, 3.0], np.dtype(before))


@pytest.mark.parametrize("x", [[0.6, 0.8], [1.0, 0.0], [0.0, -1.0], [3.0, 4.0]])
def test_second_derivatives_of_a_norm_of_1_are_those_of_any(x: list[float]) -> None:
    point, length = np.array(x), math.hypot(*x)
    expected = (np.eye(2) - np.outer(point, point) / length**2) / length
    close(hessian(ag.norm)(point), expected)
    close(jvp(grad(ag.norm), (point,), (np.ones(2),))[1], expected @ np.ones(2))
