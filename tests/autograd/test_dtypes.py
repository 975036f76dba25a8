"""float32 and float64: kept through every operation and every gradient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import (
    Tensor,
    Value,
    default_dtype,
    grad,
    gradients,
    jvp,
    set_default_dtype,
    topological_order,
    vjp,
    where,
)
from autograd.primitives import TABLE
from tests.autograd.array_oracle import CASES, Case, wave

F32, F64 = np.dtype(np.float32), np.dtype(np.float64)


@pytest.fixture
def default_float32() -> Any:
    set_default_dtype("float32")
    yield
    set_default_dtype("float64")


def kept(f: Callable[..., Any], inputs: Any) -> None:
    """Values, gradients in every mode, and every node on the way are float32 throughout."""
    arrays = [np.asarray(x, F32) for x in inputs]
    x = [Tensor(a) for a in arrays]
    y = f(*x)
    assert all(n.dtype == F32 for n in topological_order(y) if isinstance(n, Tensor))
    y.backward(np.ones(y.shape))
    assert all(n.grad.dtype == F32 for n in topological_order(y) if isinstance(n, Tensor))
    assert all(g.dtype == F32 for g in gradients(y.sum(), x))
    recorded = gradients(y.sum(), x, create_graph=True)
    assert all(g.dtype == F32 for g in recorded)
    for ours, plain in zip(recorded, x, strict=True):
        np.testing.assert_allclose(ours.data, plain.grad, rtol=2e-3, atol=2e-3)
    if any(a.ndim for a in arrays):
        assert np.asarray(f(*arrays)).dtype == F32
    result, pull_back = vjp(f, *arrays)
    assert result.dtype == F32
    assert all(g.dtype == F32 for g in pull_back(np.ones(y.shape)))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_array_primitive_keeps_float32(case: Case) -> None:
    if "1000" not in case.name:
        kept(case.ours, case.inputs)


def test_tangents_keep_float32() -> None:
    widened = []
    for case in CASES:
        arrays = [x.astype(F32) for x in case.inputs]
        if not any(x.ndim for x in arrays):  # numbers have no dtype
            continue
        parts = jvp(case.ours, arrays, arrays)
        # a result without axes is a plain number
        widened += [case.name for part in parts if np.ndim(part) and part.dtype != F32]
    assert widened == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_float32_agrees_with_float64(case: Case) -> None:
    exact, rounded = [Tensor(v) for v in case.inputs], [Tensor(v, dtype=F32) for v in case.inputs]
    y, z = case.ours(*exact), case.ours(*rounded)
    seed = wave(y.shape, 0.5)
    y.backward(seed)
    z.backward(seed)
    for a, b in [
        (z.data, y.data),
        *((r.grad, e.grad) for r, e in zip(rounded, exact, strict=True)),
    ]:
        scale = np.abs(b).max(initial=1.0)
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=2e-5 * scale)


@pytest.mark.parametrize(
    "row",
    [r for r in TABLE.values() if not r.variadic and r.value.__module__ == "autograd.primitives"],
    ids=lambda row: row.name,
)
def test_every_row_of_the_table_keeps_float32(row: Any) -> None:
    shapes = [(2, 3), (3,), (2, 1)][: row.arity]
    kept(
        lambda *x: ag.operations.apply(row, *x),
        [0.5 + 0.3 * wave(shape, i) for i, shape in enumerate(shapes)],
    )


@pytest.mark.parametrize(
    "name", ["gelu", "erf", "silu", "tanh", "softplus", "elu", "selu", "log1p"]
)
def test_gradients_of_many_numbers_in_float32_can_be_differentiated(name: str) -> None:
    # where terms cancel, the graph of a partial and the partial are rounded differently
    x = Tensor(np.linspace(-0.9, 3.0, 5000), dtype=F32)
    found = gradients(getattr(ag, name)(x).sum(), x, create_graph=True)
    assert found.dtype == F32
    assert gradients(found.sum(), x).dtype == F32


@pytest.mark.parametrize(
    "other",
    [
        2,
        2.0,
        True,
        Value(2.0),
        np.float64(2.0),
        np.int64(2),
        np.array(2.0),
        np.array([2, 3]),
        np.array([True, False]),
        np.float16([2.0, 3.0]),
        np.uint8([1, 2]),
        Tensor([1, 2], dtype=F32),
    ],
    ids=repr,
)
def test_what_does_not_widen_float32(other: Any) -> None:
    x = Tensor([0.5, 1.5], dtype=F32)
    for f in (ag.add, ag.multiply, ag.divide, ag.power, ag.maximum, ag.atan2):
        for y in (f(x, other), f(other, x)):
            assert y.dtype == F32
            assert gradients(y.sum(), x).dtype == F32
    assert (x * other).dtype == (other * x).dtype == F32
    assert (x - other).dtype == (other / x).dtype == F32
    assert where(np.array([1.0, 0.0]), x, 0.0).dtype == F32
    assert where(x > 1.0, x, other).dtype == F32
    assert ag.clip(x, 0, 1.0).dtype == F32


def test_numbers_among_arrays_do_not_widen_float32() -> None:
    x = Tensor([0.5, 1.5], dtype=F32)
    assert ag.stack([x[0], Value(1.0)]).dtype == F32
    assert ag.stack([x[0], 2.0, Value(1.0)]).dtype == F32
    assert ag.einsum(",i->i", 2.0, x).dtype == F32


@pytest.mark.parametrize("other", [np.array([1.0, 2.0]), Tensor([1.0, 2.0])], ids=repr)
def test_float64_arrays_widen(other: Any) -> None:
    x = Tensor([0.5, 1.5], dtype=F32)
    for y in (x * other, other - x, x @ other, ag.concatenate([x, other]), ag.stack([other, x])):
        assert y.dtype == F64
        y.sum().backward()
        assert x.grad.dtype == F32
        x.grad = None
        assert gradients(y.sum(), x, create_graph=True).dtype == F32
    if isinstance(other, Tensor):
        other.grad = None
        (x * other).sum().backward()
        assert other.grad.dtype == F64


def test_value_beside_float32_has_a_gradient_that_is_a_float() -> None:
    v, x = Value(3.0), Tensor([0.5, 1.5], dtype=F32)
    (v * x).sum().backward()
    assert (type(v.grad), v.grad) == (float, 2.0)


def test_gradients_that_are_assigned_and_seeds_are_cast() -> None:
    x = Tensor([1.0, 2.0], dtype=F32)
    x.grad = [1.0, 2.0]
    assert x.grad.dtype == F32
    x.data = np.array([1.5, 2.5])
    assert x.dtype == F32
    (x * 2.0).backward(np.array([1.0, 2.0]))
    assert x.grad.dtype == F32
    for replacement in (3.0, np.array([1.0, 2.0])):
        with x.register_hook(lambda g, r=replacement: r):
            x.grad = None
            (x * 2.0).sum().backward()
            assert x.grad.dtype == F32


def test_transforms_keep_the_dtype_of_the_argument() -> None:
    x = np.array([0.5, 1.5], F32)
    f: Callable[[Any], Any] = lambda x: (x**3).sum()
    assert grad(f)(x).dtype == F32
    assert grad(lambda x: grad(f)(x).sum())(x).dtype == F32
    assert ag.hessian(f)(x).dtype == F32
    assert ag.jacobian(lambda x: x * x)(x).dtype == F32
    assert jvp(grad(f), (x,), (np.ones(2),))[1].dtype == F32


def test_astype() -> None:
    x = Tensor([0.1, 0.2])
    y = x.astype("float32")
    assert (y.dtype, y.primitive.name) == (F32, "astype")
    assert x.astype(np.float64) is x
    (y * y).sum().backward()
    assert x.grad.dtype == F64
    assert np.allclose(x.grad, [0.2, 0.4], rtol=1e-6)
    first = gradients((x.astype(F32) ** 3).sum(), x, create_graph=True)
    assert first.dtype == F64
    assert np.allclose(gradients(first.sum(), x), [0.6, 1.2], rtol=1e-6)
    assert jvp(lambda x: x.astype(F32), (np.ones(2),), (np.ones(2),))[1].dtype == F32


@pytest.mark.parametrize(
    "wrong",
    [
        "int64",
        "float16",
        "double?",
        "abc",
        complex,
        np.longdouble,
        None,
        3,
        object(),
        [("a", float)],
    ],
    ids=repr,
)
def test_other_dtypes_are_refused(wrong: Any) -> None:
    uses = [lambda: set_default_dtype(wrong), lambda: Tensor([1.0]).astype(wrong)]
    if wrong is not None:
        uses.append(lambda: Tensor([1.0], dtype=wrong))
    for use in uses:
        with pytest.raises(TypeError, match="a Tensor is of dtype float32 or float64, not"):
            use()
    assert default_dtype() == F64


@pytest.mark.parametrize("data", [np.array([1]), np.array([True])])
def test_dtype_of_the_data_is_refused_as_well(data: Any) -> None:
    with pytest.raises(TypeError, match="a Tensor is of dtype float32 or float64, not"):
        Tensor(data, dtype=data.dtype)


@pytest.mark.parametrize("name", ["float32", np.float32, F32, "f4", "<f4"])
def test_names_of_float32(name: Any) -> None:
    assert Tensor([1.0], dtype=name).dtype == F32


@pytest.mark.usefixtures("default_float32")
def test_default_dtype() -> None:
    assert default_dtype() == F32
    for data in (range(3), [1, 2], [True], np.arange(3)):
        assert Tensor(data).dtype == F32
    assert Tensor(np.array([1.0])).dtype == F64
    assert Tensor(np.array([1.0]), dtype="float32").dtype == F32
    assert Tensor([1.0], dtype="float64").dtype == F64
    assert ag.stack([Value(1.0), Value(2.0)]).dtype == F32
    assert (Value(2.0) * np.arange(3)).dtype == F32
    assert repr(Tensor([1.0], dtype="float64")) == "Tensor([1.], dtype=float64)"
    x = Tensor([1, 2])
    (x * x).sum().backward()
    assert x.grad.dtype == F32


@pytest.mark.usefixtures("default_float32")
@pytest.mark.parametrize("data", [1, 1.0, [1.0], [[1.5], [2.5]], (1.0, 2)])
def test_numbers_and_lists_become_the_default_dtype(data: Any) -> None:
    assert Tensor(data).dtype == F32
    assert "float" not in repr(Tensor(data))


def test_default_dtype_is_float64() -> None:
    assert default_dtype() == F64
    for data in (1, [1, 2], np.arange(3), np.array([True]), np.longdouble([1.0]), np.int8([1])):
        assert Tensor(data).dtype == F64
    assert Tensor(np.float32([1.0])).dtype == F32
