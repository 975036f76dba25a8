"""Programs: they read well, run alone, keep what backward needs, and grow linearly."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest

from autograd import Tensor, Value
from autograd.array_primitives import ARRAY_TABLE
from autograd.compiler.adjoints import adjoints
from autograd.compiler.arrays import Symbol, Trace
from autograd.compiler.naming import Names, identifier
from autograd.compiler.writing import Source, write
from autograd.primitives import TABLE


class Spoken:
    """`spoken.tanh(x)` applies a row of either table."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace

    def __getattr__(self, name: str) -> Any:
        if name in TABLE and name != "sum":
            return lambda *xs: self.trace.apply(TABLE[name], *xs)
        return lambda *xs, **parameters: self.trace.apply_array(
            ARRAY_TABLE[name], *xs, **parameters
        )


SHAPES = [(16, 2), (16,), (16, 16), (16,), (16,), ()]


def moons(dtype: str = "float64") -> tuple[Source, list[Symbol]]:
    trace = Trace()
    m = Spoken(trace)
    weights = [
        trace.input(name, shape, dtype)
        for name, shape in zip(["W1", "b1", "W2", "b2", "w3", "b3"], SHAPES, strict=True)
    ]
    W1, b1, W2, b2, w3, b3 = weights  # noqa: N806
    xs, ys = trace.input("xs", (100, 2), dtype), trace.input("ys", (100,), dtype)
    h = m.relu(m.add(m.matmul(xs, m.transpose(W1, axes=(1, 0))), b1))
    trace.name(h, "h1")
    trace.note(h, "layer 1: 16 neurons over 100 samples")
    h = m.relu(m.add(m.matmul(h, m.transpose(W2, axes=(1, 0))), b2))
    trace.name(h, "h2")
    scores = m.add(m.matmul(h, w3), b3)
    losses = m.relu(m.subtract(1.0, m.multiply(ys, scores)))
    loss = m.mean(losses, axis=(0,), keepdims=False)
    for w in weights:
        square = m.multiply(w, w)
        squares = m.sum(square, axis=tuple(range(w.ndim)), keepdims=False) if w.ndim else square
        loss = m.add(loss, m.multiply(1e-4, squares))
    trace.name(loss, "loss")
    inputs = [*weights, xs, ys]
    return write(trace, inputs, [loss], adjoints(trace, [(loss, 1.0)], weights)), inputs


def moons_by_tensors(*arrays: Any) -> tuple[float, list[Any]]:
    W1, b1, W2, b2, w3, b3 = leaves = [Tensor(x) for x in arrays[:6]]  # noqa: N806
    h = ((arrays[6] @ W1.T + b1).relu() @ W2.T + b2).relu()
    loss = (1.0 - arrays[7] * (h @ w3 + b3)).relu().mean()
    for w in leaves:
        loss = loss + 1e-4 * (w * w).sum()
    loss.backward()
    return loss.item(), [leaf.grad for leaf in leaves]


def moons_data(dtype: str = "float64") -> list[Any]:
    rng = np.random.default_rng(0)
    weights = [np.asarray(rng.uniform(-1, 1, shape), dtype) for shape in SHAPES]
    ys = np.where(rng.random(100) < 0.5, -1.0, 1.0).astype(dtype)
    return [*weights, rng.normal(size=(100, 2)).astype(dtype), ys]


@pytest.mark.parametrize(("dtype", "rtol"), [("float64", 1e-12), ("float32", 1e-4)])
def test_moons_network_equals_the_engine(dtype: str, rtol: float) -> None:
    source, _ = moons(dtype)
    data = moons_data(dtype)
    loss, gradients = moons_by_tensors(*data)
    (result,), kept = source.forward(*data)
    np.testing.assert_allclose(result, loss, rtol=rtol)
    for found in (
        source.backward(kept), source.step(*data)[1], source.buffered_step()(*data)[1]
    ):  # fmt: skip
        for one, other in zip(found, gradients, strict=True):
            assert one.dtype == dtype
            np.testing.assert_allclose(one, other, rtol=rtol, atol=rtol)


def test_moons_program_fits_on_a_screen() -> None:
    text = moons()[0].text
    lines = text.splitlines()
    assert len(lines) <= 40, text
    assert max(map(len, lines)) <= 96
    assert "np.maximum(t1, 0.0)  # layer 1: 16 neurons over 100 samples" in text
    assert "d_t2.T @ h1" in text
    assert "xs @ W1.T + b1" in text


def test_text_runs_alone() -> None:
    source, _ = moons()
    namespace: dict[str, Any] = {}
    exec(source.text, namespace)
    data = moons_data()
    (loss,), kept = namespace["forward"](*data)
    assert loss == source.forward(*data)[0][0]
    for one, other in zip(namespace["backward"](kept), source.step(*data)[1], strict=True):
        np.testing.assert_array_equal(one, other)


def test_seed_multiplies() -> None:
    source, _ = moons()
    _, kept = source.forward(*moons_data())
    once, thrice = source.backward(kept), source.backward(kept, 3.0)
    for one, other in zip(once, thrice, strict=True):
        np.testing.assert_allclose(3.0 * one, other, rtol=1e-15)


def test_gradients_share_no_memory() -> None:
    trace = Trace()
    m = Spoken(trace)
    x, y = trace.input("x", (3, 2), "float64"), trace.input("y", (3, 2), "float64")
    out = m.sum(m.add(x, m.multiply(y, 1.0)), axis=(0, 1), keepdims=False)
    doubled = m.reshape(x, shape=(6,))
    source = write(trace, [x, y], [out, doubled], adjoints(trace, [(out, 1.0)], [x, y]))
    one, other = source.step(np.ones((3, 2)), np.ones((3, 2)))[1]
    assert not np.shares_memory(one, other)
    one += 1.0
    one, other = source.backward(source.forward(np.ones((3, 2)), np.ones((3, 2)))[1])
    assert one.flags.writeable
    assert not np.shares_memory(one, other)


def test_buffers_are_reused_and_right() -> None:
    trace = Trace()
    m = Spoken(trace)
    shape = (200, 100)
    x, w = trace.input("x", shape, "float32"), trace.input("w", shape, "float32")
    h = x
    for _ in range(4):
        h = m.relu(m.subtract(m.multiply(h, w), m.tanh(x)))
        h = m.add(h, m.reshape(m.transpose(m.transpose(h, axes=(1, 0)), axes=(1, 0)), shape=shape))
        h = m.matmul(m.matmul(h, m.transpose(w, axes=(1, 0))), m.divide(h, 100.0))
    out = m.sum(h, axis=(0, 1), keepdims=False)
    source = write(trace, [x, w], [out], adjoints(trace, [(out, 1.0)], [x, w]))
    rng = np.random.default_rng(0)
    buffered = source.buffered_step()
    for _ in range(3):
        data = [0.3 * rng.normal(size=shape).astype("float32") for _ in range(2)]
        (loss,), gradients = buffered(*data)
        (expected,), others = source.step(*data)
        assert loss == expected
        for one, other in zip(gradients, others, strict=True):
            np.testing.assert_array_equal(one, other)


# --- numbers ----------------------------------------------------------------------------------


def chain(count: int) -> tuple[Source, Any]:
    trace = Trace()
    m = Spoken(trace)
    x, w = trace.input("x", (), None), trace.input("w", (), None)
    v = x
    for i in range(count // 4):
        v = m.tanh(m.add(m.multiply(v, w), m.multiply(x, float(i % 7 + 1))))
    return write(trace, [x, w], [v], adjoints(trace, [(v, 1.0)], [x, w])), v


def test_long_chain_of_numbers() -> None:
    source, _ = chain(20_000)
    a, b = Value(0.3), Value(0.7)
    v = a
    for i in range(5_000):
        v = (v * b + a * float(i % 7 + 1)).tanh()
    v.backward()
    (result,), kept = source.forward(0.3, 0.7)
    for gradients in (source.backward(kept), source.backward(kept), source.step(0.3, 0.7)[1]):
        np.testing.assert_allclose(gradients, (a.grad, b.grad), rtol=1e-12)
    assert result == v.data
    text = source.text
    assert "forward_2(shared)" in text
    namespace: dict[str, Any] = {}
    exec(text, namespace)
    found, kept = namespace["forward"](0.3, 0.7)
    np.testing.assert_allclose(found, (v.data,), rtol=1e-12)  # numpy's tanh
    np.testing.assert_allclose(
        namespace["backward"](kept, 2.0), (2 * a.grad, 2 * b.grad), rtol=1e-12
    )


def test_time_grows_linearly() -> None:
    times = []
    for count in (4_000, 64_000):
        began = time.perf_counter()
        source, _ = chain(count)
        source.forward(0.3, 0.7)
        times.append((time.perf_counter() - began) / count)
    assert times[1] < 3.0 * times[0], times


def test_printed_program_never_raises() -> None:
    trace = Trace()
    m = Spoken(trace)
    x, y = trace.input("x", (), None), trace.input("y", (), None)
    out = m.add(m.log(x), m.divide(m.exp(y), x))
    source = write(trace, [x, y], [out], adjoints(trace, [(out, 1.0)], [x, y]))
    with pytest.raises(ZeroDivisionError):
        source.forward(0.0, 1.0)
    namespace: dict[str, Any] = {}
    exec(source.text, namespace)
    with np.errstate(all="ignore"):
        (result,), kept = namespace["forward"](0.0, 1000.0)
        assert np.isnan(result)  # -inf + inf
        assert namespace["backward"](kept)[1] == np.inf
        assert source.careful.forward(0.0, 1000.0)[1] is not None


# --- constants and names -----------------------------------------------------------------------


def test_constants_are_written_out() -> None:
    trace = Trace()
    m = Spoken(trace)
    x = trace.input("x", (40,), "float64")
    rng = np.random.default_rng(0)
    arrays = [
        rng.normal(size=40), np.full(40, 0.1), np.array([np.nan, np.inf, -np.inf, -0.0] * 10),
        np.zeros(40), np.arange(40.0),
    ]  # fmt: skip
    out = x
    for array in arrays:
        out = m.add(out, trace.constant(array))
    out = m.getitem(out, index=np.arange(3, 30, 2))
    source = write(trace, [x], [out])
    namespace: dict[str, Any] = {}
    exec(source.text, namespace)
    expected = sum(arrays, np.ones(40))[3:30:2]
    np.testing.assert_array_equal(namespace["forward"](np.ones(40))[0][0], expected)
    np.testing.assert_array_equal(source.forward(np.ones(40))[0][0], expected)
    assert "np.arange(3, 31, 2)" in source.text or "np.arange(3, 30, 2)" in source.text
    assert "np.full(40, 0.1)" in source.text
    assert max(map(len, source.text.splitlines())) <= 96


def test_many_operands_on_a_line() -> None:
    trace = Trace()
    xs = [trace.input(f"number_{i}", (), None) for i in range(60)]
    array = trace.gathered([trace.apply(TABLE["multiply"], x, 2.0) for x in xs], (60,))
    out = trace.apply_array(ARRAY_TABLE["sum"], array, axis=(0,), keepdims=False)
    source = write(trace, xs, [out], adjoints(trace, [(out, 1.0)], xs))
    assert source.forward(*[1.0] * 60)[0][0] == 120.0
    assert source.step(*[1.0] * 60)[1] == (2.0,) * 60
    namespace: dict[str, Any] = {}
    exec(source.text, namespace)
    assert namespace["forward"](*[1.0] * 60)[0][0] == 120.0
    assert max(map(len, source.text.splitlines())) <= 96


def test_strange_names_and_notes() -> None:
    trace = Trace()
    m = Spoken(trace)
    xs = [trace.input(name, (), None) for name in ("lambda", "np", "a b\n# c", "2x", "x", "x")]
    out = 1.0
    for x in xs:
        out = m.multiply(out, m.exp(x))
        trace.name(out, "exp")
        trace.note(out, "a\nb " * 40)
    source = write(trace, xs, [out], adjoints(trace, [(out, 1.0)], xs))
    compile(source.text, "", "exec")
    np.testing.assert_allclose(source.forward(*[0.5] * 6)[0][0], np.exp(3.0), rtol=1e-15)


def test_identifiers() -> None:
    assert identifier("w[0]") == "w_0"
    assert identifier("σ′") == "σ"
    assert identifier("") == "v"
    names = Names()
    assert [names.new("np"), names.new("np"), names.counted("t"), names.new("t1")] == [
        "np_", "np__2", "t1", "t1_2",
    ]  # fmt: skip


def test_program_without_gradients() -> None:
    trace = Trace()
    x = trace.input("x", (2,), "float64")
    source = write(trace, [x], [x * 2.0, 3.0, x])
    (twice, three, same), kept = source.forward(np.ones(2))
    assert twice.tolist() == [2.0, 2.0]
    assert three == 3.0
    assert same.tolist() == [1.0, 1.0]
    assert kept == ()
    with pytest.raises(ValueError, match="no backward"):
        source.backward(kept)
