"""autograd.vectorize: a function of one sample over many, as the loop would compute it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor, Value
from tests.autograd.compiler.helpers import (
    all_close,
    gradients_of,
    is_one_sentence,
    leaves,
    numbers,
)

RNG = np.random.default_rng(0)
SAMPLES = RNG.normal(size=(7, 3))
LABELS = RNG.normal(size=7)


def score(w: Any, x: Any) -> Any:
    """Of one sample, one number at a time."""
    z = w["bias"]
    for weight, number in zip(w["weights"], x, strict=True):
        z = z + weight * number
    return z.tanh() * z


def loss(w: Any, x: Any, y: Any) -> Any:
    return (score(w, x) - y) ** 2


def weights(seed: int = 1) -> Any:
    numbers_ = np.random.default_rng(seed).normal(size=4).tolist()
    return {"weights": [Value(v) for v in numbers_[:3]], "bias": Value(numbers_[3])}


def assert_as_the_loop(
    mapped: Callable[..., Any], f: Callable[..., Any], in_axes: Any, *args: Any
) -> None:
    """Compare with f of each sample: values, and gradients with a weight for each sample."""
    theirs, ours = copy.deepcopy(args), copy.deepcopy(args)
    size = next(len(a) for a, axis in zip(args, in_axes, strict=True) if axis is not None)
    seeds = np.linspace(-1.0, 2.0, size)
    looped = [
        f(*(a if axis is None else a[i] for a, axis in zip(theirs, in_axes, strict=True)))
        for i in range(size)
    ]
    for result, seed in zip(looped, seeds.tolist(), strict=True):
        for j, part in enumerate(leaves(result), 1):
            part.backward(np.full(part.shape, j * seed) if isinstance(part, Tensor) else j * seed)
    stacked = mapped(*ours)
    parts = leaves(stacked)
    columns = list(zip(*map(leaves, looped), strict=True))
    assert len(parts) == len(columns)
    for j, (part, column) in enumerate(zip(parts, columns, strict=True), 1):
        assert isinstance(part, Tensor)
        assert part.shape == (size, *np.shape(column[0].data))
        assert all_close(numbers(part), numbers(list(column)))
        part.backward((j * seeds).reshape(-1, *[1] * (part.ndim - 1)) * np.ones(part.shape))
    assert all_close(gradients_of(leaves(list(ours))), gradients_of(leaves(list(theirs))))


def test_function_of_one_number() -> None:
    f = lambda x: x.sin() * x + 1.0
    mapped = autograd.vectorize(f)
    for data in ([0.5, -1.0, 2.0], [3.0, 0.0, -2.0], [1.0]):
        assert_as_the_loop(mapped, f, (0,), Tensor(data))


def test_plain_arrays() -> None:
    mapped = autograd.vectorize(lambda x: x.tanh() * 2.0)
    found = mapped(np.array([0.5, -1.0]))
    assert isinstance(found, Tensor)
    assert all_close(numbers(found), numbers(2.0 * np.tanh([0.5, -1.0])))


def test_two_arguments_are_taken_together() -> None:
    f = lambda x, y: x * y + (x - y).exp()
    mapped = autograd.vectorize(f)
    assert_as_the_loop(mapped, f, (0, 0), Tensor([1.0, 2.0, 3.0]), Tensor([-1.0, 0.5, 2.0]))


def test_function_of_one_sample_over_a_data_set() -> None:
    mapped = autograd.vectorize(loss, in_axes=(None, 0, 0))
    for seed in (1, 2):
        assert_as_the_loop(mapped, loss, (None, 0, 0), weights(seed), SAMPLES, LABELS)
        assert_as_the_loop(
            mapped, loss, (None, 0, 0), weights(seed), Tensor(SAMPLES), Tensor(LABELS)
        )


def test_another_number_of_samples() -> None:
    mapped = autograd.vectorize(loss, in_axes=(None, 0, 0))
    for size in (7, 3, 1, 7):
        assert_as_the_loop(mapped, loss, (None, 0, 0), weights(), SAMPLES[:size], LABELS[:size])


def test_shared_arguments_of_every_kind() -> None:
    f = lambda scale, x, t: scale * x[0] + (t * x[1]).sum()
    mapped = autograd.vectorize(f, in_axes=(None, 0, None))
    args = (Value(2.0), Tensor(SAMPLES), Tensor([1.0, -2.0]))
    assert_as_the_loop(mapped, f, (None, 0, None), *args)
    assert_as_the_loop(mapped, f, (None, 0, None), Value(3.0), SAMPLES, Tensor([0.5, 0.5]))


def test_in_axes_for_all_arguments_at_once() -> None:
    f = lambda x, y: x * y
    mapped = autograd.vectorize(f, in_axes=0)
    assert_as_the_loop(mapped, f, (0, 0), Tensor([1.0, 2.0]), Tensor([3.0, 4.0]))


def test_lists_of_numbers() -> None:
    mapped = autograd.vectorize(lambda x, y: x * y)
    assert numbers(mapped([1.0, 2.0, 3.0], [4.0, 5.0, 6.0])) == [4.0, 10.0, 18.0]


def test_captured_network() -> None:
    net = nn.MLP(3, [4, 1], "tanh", seed=0)
    mapped = autograd.vectorize(net)
    for _ in range(2):
        found = mapped(SAMPLES)
        expected = [net(x) for x in SAMPLES]
        assert found.shape == (7,)
        assert all_close(numbers(found), numbers(expected))
        (found * LABELS).sum().backward()
        ours = gradients_of(net.parameters())
        net.zero_grad()
        autograd.dot(expected, LABELS.tolist()).backward()
        assert all_close(ours, gradients_of(net.parameters()))
        net.zero_grad()
        for p in net.parameters():
            p.data += 0.25


def test_several_results() -> None:
    f = lambda w, x: (score(w, x), [x[0] * w["bias"], x[1] ** 2 + x[2]])
    mapped = autograd.vectorize(f, in_axes=(None, 0))
    assert_as_the_loop(mapped, f, (None, 0), weights(), Tensor(SAMPLES))
    first, rest = mapped(weights(), SAMPLES)
    assert isinstance(rest, list)
    assert [part.shape for part in (first, *rest)] == [(7,)] * 3


def test_results_in_a_dict() -> None:
    mapped = autograd.vectorize(lambda x: {"double": x * 2.0, "square": x * x})
    found = mapped(Tensor([1.0, 3.0]))
    assert {key: part.tolist() for key, part in found.items()} == {
        "double": [2.0, 6.0], "square": [1.0, 9.0],
    }  # fmt: skip


def test_results_that_are_arrays() -> None:
    f = lambda x, M: (M @ x).tanh()  # noqa: N803
    mapped = autograd.vectorize(f, in_axes=(0, None))
    args = Tensor(SAMPLES), Tensor([[1.0, 2.0, 3.0], [0.5, -1.0, 0.25]])
    assert_as_the_loop(mapped, f, (0, None), *args)


def test_each_sample_takes_its_own_branch() -> None:
    f = lambda x, w: x * w if x > 0 else x * x - w
    mapped = autograd.vectorize(f, in_axes=(0, None))
    for data in ([1.0, -1.0, 2.0], [-1.0, 1.0, 2.0], [1.0, -2.0, 3.0], [0.0, 0.0, 0.0]):
        assert_as_the_loop(mapped, f, (0, None), Tensor(data), Value(0.5))


def test_constant_results() -> None:
    mapped = autograd.vectorize(lambda x: 3.0)
    assert numbers(mapped(np.array([1.0, 2.0]))) == [3.0, 3.0]


def test_result_in_a_larger_graph() -> None:
    mapped = autograd.vectorize(loss, in_axes=(None, 0, 0))
    ours, theirs = weights(), weights()
    mapped(ours, SAMPLES, LABELS).mean().backward()
    (
        autograd.sum([loss(theirs, x, y) for x, y in zip(SAMPLES, LABELS, strict=True)]) / 7
    ).backward()
    assert all_close(gradients_of(leaves(ours)), gradients_of(leaves(theirs)))


def test_vectorized_function_compiled_and_the_other_way_round() -> None:
    inner = autograd.vectorize(loss, in_axes=(None, 0, 0))
    mean = autograd.compile(lambda w, xs, ys: inner(w, xs, ys).mean())
    mapped = autograd.vectorize(autograd.compile(loss), in_axes=(None, 0, 0))
    for seed in (1, 2):
        w = weights(seed)
        expected = [float(loss(w, x, y)) for x, y in zip(SAMPLES, LABELS, strict=True)]
        assert float(mean(w, SAMPLES, LABELS)) == pytest.approx(np.mean(expected), rel=1e-12)
        assert all_close(numbers(mapped(w, SAMPLES, LABELS)), expected)


def test_gradient_of_each_sample() -> None:
    # the classic use: one gradient a sample
    slope = autograd.grad(lambda x: x**3 + x.sin())
    mapped = autograd.vectorize(slope)
    xs = np.array([0.5, -1.0, 2.0])
    assert all_close(numbers(mapped(xs)), numbers(3.0 * xs**2 + np.cos(xs)))


def test_name_and_docstring_are_the_functions() -> None:
    mapped = autograd.vectorize(score, in_axes=(None, 0))
    assert mapped.__name__ == "score"
    assert mapped.__doc__ == "Of one sample, one number at a time."


def test_program_is_one_matrix_product() -> None:
    mapped = autograd.vectorize(loss, in_axes=(None, 0, 0))
    mapped(weights(), SAMPLES, LABELS)
    assert "@" in mapped.program


# --- what goes wrong --------------------------------------------------------------------------


def refused(kind: Any, match: str, call: Callable[[], Any]) -> None:
    with pytest.raises(kind, match=match) as error:
        call()
    assert is_one_sentence(str(error.value))


def test_unequal_lengths() -> None:
    mapped = autograd.vectorize(lambda x, y: x * y)
    for _ in range(2):
        refused(ValueError, r"3.*4|4.*3", lambda: mapped(np.zeros(3), np.zeros(4)))
        assert numbers(mapped(np.ones(3), np.ones(3))) == [1.0, 1.0, 1.0]


def test_in_axes_that_do_not_fit() -> None:
    f = lambda x, y: x * y
    refused(
        (ValueError, TypeError), "in_axes",
        lambda: autograd.vectorize(f, in_axes=(0,))(np.zeros(3), np.zeros(3)),
    )  # fmt: skip
    refused(
        (ValueError, TypeError), "in_axes",
        lambda: autograd.vectorize(f, in_axes=(None, None))(np.zeros(3), np.zeros(3)),
    )  # fmt: skip
    refused(
        (ValueError, TypeError), "in_axes",
        lambda: autograd.vectorize(f, in_axes="first")(np.zeros(3), np.zeros(3)),
    )  # fmt: skip


def test_argument_without_a_first_axis() -> None:
    mapped = autograd.vectorize(lambda x: x * x)
    for x in (2.0, Value(2.0), np.array(2.0)):
        refused((TypeError, ValueError), "ax[ei]s|length|array", lambda: mapped(x))  # noqa: B023


def test_function_that_returns_nothing() -> None:
    with pytest.raises(TypeError, match="None"):
        autograd.vectorize(lambda x: None)(np.ones(2))


def test_only_functions_are_vectorized() -> None:
    refused(TypeError, "function", lambda: autograd.vectorize(3.0))


def test_exceptions_of_the_function_pass_unchanged() -> None:
    def f(x: Any) -> Any:
        if x > 1:
            raise KeyError("mine")
        return x

    mapped = autograd.vectorize(f)
    with pytest.raises(KeyError, match="mine"):
        mapped(np.array([0.5, 2.0]))
    assert numbers(mapped(np.array([0.5, 0.25]))) == [0.5, 0.25]
