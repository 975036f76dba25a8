"""Large and irregular graphs compile to the same numbers; how fast is for the benchmarks."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Tensor, Value
from tests.autograd.compiler.helpers import all_close, assert_same, count, outcome


def classifier(sizes: tuple[int, ...]) -> Callable[..., Any]:
    """Neurons in plain loops, relu, softmax cross-entropy."""

    def loss(layers: Any, xs: Any, labels: Any) -> Any:
        total = 0.0
        for x, label in zip(xs, labels, strict=True):
            out = list(x)
            for i, (weights, biases) in enumerate(layers, 2):
                out = [
                    sum((w * v for w, v in zip(row, out, strict=True)), b)
                    for row, b in zip(weights, biases, strict=True)
                ]
                if i < len(sizes):
                    out = [z.relu() for z in out]
            exps = [z.exp() for z in out]
            total = total + sum(exps[1:], exps[0]).log() - out[label]
        return total / len(xs)

    return loss


def digits(samples: int, sizes: tuple[int, ...], seed: int) -> Any:
    rng = np.random.default_rng(seed)
    layers = [
        ((rng.normal(size=(nout, nin)) / nin**0.5).tolist(), rng.normal(size=nout).tolist())
        for nin, nout in pairwise(sizes)
    ]
    xs = rng.uniform(0, 1, (samples, sizes[0])).tolist()
    return layers, xs, [i % sizes[-1] for i in range(samples)]


def as_values(structure: Any) -> Any:
    if isinstance(structure, (list, tuple)):
        return type(structure)(as_values(part) for part in structure)
    return Value(structure)


def test_network_for_digits() -> None:
    sizes = (16, 8, 4)
    loss = classifier(sizes)
    compiled = autograd.compile(loss)
    for seed in range(3):
        layers, xs, labels = digits(20, sizes, seed)
        assert_same(compiled, loss, as_values(layers), xs, labels)
    assert count(compiled) == 1


def test_network_for_digits_with_weights_in_arrays() -> None:
    sizes = (16, 8, 4)
    loss = classifier(sizes)
    compiled = autograd.compile(loss)
    for seed in range(2):
        layers, xs, labels = digits(20, sizes, seed)
        values = as_values(layers)
        expected, gradients = outcome(loss, [values, xs, labels])
        arrays = [(Tensor(weights), Tensor(biases)) for weights, biases in layers]
        ours, our_gradients = outcome(compiled, [arrays, np.array(xs), labels])
        assert all_close(ours, expected)
        assert all_close(our_gradients, gradients)
        value, (slopes, _) = compiled.value_and_grad(arrays, np.array(xs), labels, argnums=(0, 1))
        assert value == pytest.approx(expected[0], rel=1e-12)
        assert [np.shape(part) for layer in slopes for part in layer] == [
            (8, 16),
            (8,),
            (4, 8),
            (4,),
        ]


def test_chain_of_twenty_thousand_operations() -> None:
    def chain(x: Any, w: Any) -> Any:
        for i in range(5_000):
            x = (x * w + 0.25).sin() + (0.5 if i % 7 else -0.5)
        return x

    compiled = autograd.compile(chain)
    for x, w in [(0.5, 0.9), (-1.0, 0.75), (2.0, -0.5)]:
        assert_same(compiled, chain, Value(x), Value(w))
    assert count(compiled) == 1


def test_chain_is_no_matter_of_recursion() -> None:
    f = lambda x: sum([x] * 20_000, x * 0.0)
    compiled = autograd.compile(f)
    for number in (1.0, -0.5):
        assert_same(compiled, f, Value(number))


def irregular(seed: int, levels: int, width: int) -> Callable[..., Any]:
    """A graph in which every node is made from any two before it, in one of many ways."""
    rng = random.Random(seed)
    ways = [
        lambda a, b: (a * b).tanh(),
        lambda a, b: a.sin() + 0.5 * b,
        lambda a, b: (a - b).sigmoid(),
        lambda a, b: a / (2.0 + b * b),
        lambda a, b: autograd.dot([a, b], [b, 0.3], a),
        lambda a, b: autograd.sum([a, b, a, -0.1]).cos(),
        lambda a, b: (a * a + b * b + 0.5).log(),
        lambda a, b: (0.25 * a).atan2(1.5 + b * b),
    ]
    plan = [
        [(rng.choice(ways), rng.random(), rng.randrange(width)) for _ in range(width)]
        for _ in range(levels)
    ]

    def f(xs: Any) -> Any:
        nodes = list(xs)
        for level in plan:
            made = []
            for way, anywhere, near in level:
                a = nodes[int(anywhere * len(nodes))]
                made.append(way(a, nodes[-1 - near]).tanh())
            nodes += made
        return autograd.sum(nodes[-width:])

    return f


@pytest.mark.parametrize(("levels", "width"), [(100, 5), (100, 40), (5, 300), (1, 50)])
def test_irregular_graphs(levels: int, width: int) -> None:
    f = irregular(levels + width, levels, width)
    compiled = autograd.compile(f)
    for seed in range(2):
        xs = np.random.default_rng(seed).normal(size=width).tolist()
        assert_same(compiled, f, [Value(x) for x in xs])
    assert count(compiled) == 1


def test_regular_graph_with_one_odd_number_in_it() -> None:
    # one place that is unlike the others: rows of another length, another activation
    def f(weights: Any, xs: Any) -> Any:
        total = 0.0
        for i, x in enumerate(xs):
            for j, row in enumerate(weights):
                z = sum(
                    w * v for w, v in zip(row, x, strict=True) if (i, j) != (3, 1) or v is not x[0]
                )
                total = total + (z.tanh() if (i, j) != (2, 2) else z.sin() * weights[0][0])
        return total

    compiled = autograd.compile(f)
    rng = np.random.default_rng(0)
    for _ in range(2):
        weights, xs = rng.normal(size=(4, 3)), rng.normal(size=(6, 3))
        assert_same(compiled, f, as_values(weights.tolist()), as_values(xs.tolist()))


def test_families_that_share_members() -> None:
    # a convolution: every weight with every window, and the windows overlap
    def f(kernel: Any, signal: Any) -> Any:
        windows = [signal[i : i + len(kernel)] for i in range(len(signal) - len(kernel) + 1)]
        out = [autograd.dot(kernel, window).relu() for window in windows]
        back = [autograd.dot(kernel[::-1], out[i : i + 3]) for i in range(len(out) - 2)]
        return autograd.sum([o * o for o in back]) + out[0] * signal[-1]

    compiled = autograd.compile(f)
    rng = np.random.default_rng(0)
    for _ in range(2):
        kernel, signal = rng.normal(size=3).tolist(), rng.normal(size=20).tolist()
        assert_same(compiled, f, as_values(kernel), as_values(signal))


def test_attention_number_by_number() -> None:
    def f(queries: Any, keys: Any, values: Any) -> Any:
        total = 0.0
        for q in queries:
            scores = [autograd.dot(q, k) for k in keys]
            exps = [(s - scores[0]).exp() for s in scores]
            norm = autograd.sum(exps)
            mixed = [
                autograd.sum([e * v[i] for e, v in zip(exps, values, strict=True)]) / norm
                for i in range(len(values[0]))
            ]
            total = total + autograd.dot(mixed, q)
        return total

    compiled = autograd.compile(f)
    rng = np.random.default_rng(0)
    for _ in range(2):
        arrays = [rng.normal(size=(5, 4)).tolist() for _ in range(3)]
        assert_same(compiled, f, *map(as_values, arrays))
