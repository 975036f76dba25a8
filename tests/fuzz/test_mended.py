"""What random graphs have brought to light, each as the smallest graph that showed it."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import Tensor, Value, gradients, jvp


def test_a_value_times_a_tensor_is_differentiated_twice() -> None:
    x, t = Value(2.0), Tensor([1.0, 3.0])
    by_x, by_t = gradients(x * (t * t).sum(), [x, t], create_graph=True)
    assert by_x.data == 10.0
    assert by_t.data.tolist() == [4.0, 12.0]
    assert gradients(by_x, t).tolist() == [2.0, 6.0]
    assert gradients(by_t.sum(), x) == 8.0


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_jvp_keeps_arrays_without_axes(dtype: type) -> None:
    def f(x: Tensor) -> Tensor:
        y = ag.exp(abs(x))
        assert y.dtype == dtype
        return ag.squeeze(ag.mean(ag.expand_dims(y, 0)))

    value, tangent = jvp(f, (np.array(-2.0, dtype),), (np.array(1.0, dtype),))
    assert np.allclose([value, tangent], [np.exp(2.0), -np.exp(2.0)], 1e-6)
    assert isinstance(value, np.floating)


def test_jvp_of_a_reduction_of_an_array_goes_on_as_an_array() -> None:
    value, tangent = jvp(
        lambda x: x.mean().reshape((1,)), (np.array([1.0, 3.0]),), (np.array([2.0, 0.0]),)
    )
    assert value.tolist() == [2.0]
    assert tangent.tolist() == [1.0]


@pytest.mark.parametrize("x", [[0.0, np.inf], [1e300, 1.0], [np.nan, 0.0]])
def test_jvp_warns_of_nothing(x: list[float]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        point = np.array(x)
        _, tangent = jvp(lambda x: ag.norm(x) + ag.max(x) + ag.logsumexp(x), (point,), (point,))
        single = np.array(1e30, np.float32)
        value, _ = jvp(lambda x: x * x, (single,), (single,))
    assert not tangent < 1e300  # nan, inf or 2e300
    assert value == np.inf


def test_scalars_of_nothing_is_a_value() -> None:
    total = Tensor(np.zeros((0, 2))).sum().scalars()
    assert isinstance(total, Value)
    assert total.data == 0.0
    padded = ag.pad(Tensor([1.0]), (1, 0), constant_values=0.5).scalars()
    assert [(type(v), v.data) for v in padded] == [(Value, 0.5), (Value, 1.0)]


def test_scalars_of_a_reduction_without_axes() -> None:
    x = Tensor(np.array(0.5))
    leaves: dict[Tensor, Value] = {}
    root = ag.logsumexp(x).scalars(leaves)
    root.backward()
    assert root.data == 0.5
    assert leaves[x].grad == 1.0


def test_scalars_of_a_reduction_of_empty_groups() -> None:
    assert Tensor(np.zeros((2, 0))).mean(axis=0).scalars().shape == (0,)
    assert ag.var(Tensor(np.zeros((2, 0))), 0).scalars().shape == (0,)


def test_log_softmax_of_nothing_is_compiled() -> None:
    f = ag.compile(lambda x: ag.log_softmax(x, -1))
    for _ in range(2):
        assert f(Tensor(np.zeros((2, 0)))).shape == (2, 0)


def test_an_array_without_axes_stays_one_while_it_is_compiled() -> None:
    f = ag.compile(lambda x: x[()].reshape((1,)) * x[...].astype("float64"))
    for number in (2.0, 3.0):
        x = Tensor(np.array(number))
        y = f(x)
        y.sum().backward()
        assert (y.data.tolist(), x.grad) == ([number**2], 2.0 * number)


def test_forward_mode_divides_an_array_by_the_number_zero() -> None:
    one = np.array(1.0, dtype=np.float32)
    value, tangent = jvp(lambda a, b: b / a, (0.0, one), (1.0, one))
    assert value == np.inf
    assert np.isnan(tangent)
    assert tangent.dtype == np.float32


@pytest.mark.parametrize("x", [Value(1.0), Tensor(1.0), Tensor([1.0, 2.0])], ids=type)
def test_gradient_of_a_division_by_the_number_zero_as_a_graph(x: Any) -> None:
    (slope,) = gradients((x / 0.0).sum() if isinstance(x, Tensor) else x / 0.0, [x], True)
    assert np.isposinf(getattr(slope, "data", slope)).all()


def test_a_filled_array_times_another_is_compiled() -> None:
    def f(x: Any) -> Any:
        return ag.outer(ag.elu(1.5, x), ag.elu(1.5, x)).sum()  # 1.5, whatever x is

    compiled, x = ag.compile(f), Tensor([1.0, 2.0])
    for _ in range(2):
        y = compiled(x)
        y.backward()
        assert y.data == 9.0
        assert x.grad.tolist() == [0.0, 0.0]


def test_lists_of_arrays_overflow_without_a_warning() -> None:
    huge, x = np.array([1e300]), Tensor([1.0])
    assert ag.dot([huge], [1e300], x).data.tolist() == [np.inf]
    assert ag.sum([huge, huge * 1e8, x]).data.tolist() == [1e300 + 1e308 + 1.0]
    assert jvp(lambda t: ag.dot([huge], [1e300], t), (np.ones(1),), (np.ones(1),))[1] == [1.0]


def test_second_derivative_of_a_power_at_the_exponent_zero() -> None:
    # sigmoid(t)**t at 0: (log ½)² + 2 · ¼ / ½
    curvature = ag.grad(ag.grad(lambda t: ag.sigmoid(t) ** t))(0.0)
    assert curvature == pytest.approx(np.log(0.5) ** 2 + 1.0, rel=1e-14)


def test_dot_of_lists_with_tensors_among_the_weights_and_numbers_as_inputs() -> None:
    w, b = Tensor([[1.0], [2.0]]), Tensor([1.0])
    z = ag.dot([w], [3.0], b)
    z.sum().backward()
    assert (z.data.tolist(), w.grad.tolist(), b.grad.tolist()) == ([[4], [7]], [[3], [3]], [2])
    with pytest.raises(ValueError, match="shapes"):
        ag.dot([Tensor([1.0, 2.0])], [3.0], Tensor([1.0, 2.0, 3.0]))


@pytest.mark.parametrize("number", [np.array(0.5), 0.5, np.array([[0.5], [2.0]])], ids=np.shape)
def test_masks_of_every_kind_meet_while_a_gradient_is_compiled(number: Any) -> None:
    def slope(x: Any) -> Any:
        (d,) = ag.gradients(ag.clip(number, x, x + 1.0).sum() + ag.atan2(x, number).sum(), [x])
        return d

    compiled = ag.compile(slope)
    for start in (0.0, 1.0, -3.0):
        for x in (Tensor(np.array(start)), Tensor(np.array([start, 2.0])), Value(start)):
            found, wanted = compiled(x), slope(x)
            assert np.array_equal(getattr(found, "data", found), getattr(wanted, "data", wanted))


def test_forward_over_reverse_through_a_plain_array_gives_no_warning() -> None:
    slope = ag.grad(lambda x: (x / np.array([0.0])).sum())
    value, tangent = jvp(slope, (np.array([1.0]),), (np.array([1.0]),))
    assert (value, tangent) == (np.inf, 0.0)


def test_numbers_beside_a_float32_array_without_axes_are_stacked_in_float32() -> None:
    def f(x: Any) -> Any:
        return ag.tan(ag.stack([x, x, np.array(1.914, dtype=np.float32)])).sum()

    x, y = Value(2.0), Value(2.0)
    found, wanted = ag.compile(f)(x), f(y)
    found.backward()
    wanted.backward()
    assert (found.data, x.grad) == (wanted.data, y.grad)
    assert wanted.data.dtype == np.float32
