"""Neuron, Layer and MLP: their numbers, their gradients, and what they refuse."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nn
import viz
from autograd import Value, gradcheck, no_grad, topological_order
from tests.nn.helpers import float64, operations, torch_twin

W, B, X = [0.5, -1.0, 2.0], 0.25, [2.0, 1.0, -0.25]
Z = 0.5 * 2.0 - 1.0 * 1.0 + 2.0 * -0.25 + 0.25  # -0.25


def neuron_of(activation: Any, w: list[float] = W, b: float = B) -> nn.Neuron:
    neuron = nn.Neuron(len(w), activation, seed=0)
    neuron.load_state_dict({**{f"w.{i}": wi for i, wi in enumerate(w)}, "b": b})
    return neuron


# value and derivative at z, written out by hand
BY_HAND: dict[str, tuple[Callable[[float], float], Callable[[float], float]]] = {
    "linear": (lambda z: z, lambda z: 1.0),
    "sigmoid": (
        lambda z: 1 / (1 + math.exp(-z)),
        lambda z: math.exp(-z) / (1 + math.exp(-z)) ** 2,
    ),
    "tanh": (math.tanh, lambda z: 1 / math.cosh(z) ** 2),
    "relu": (lambda z: max(z, 0.0), lambda z: float(z > 0)),
    "leaky_relu": (lambda z: z if z > 0 else 0.2 * z, lambda z: 1.0 if z > 0 else 0.2),
    "step": (lambda z: float(z >= 0), lambda z: 0.0),
}


class TestNeuron:
    @pytest.mark.parametrize("bias", [B, 1.25])  # z = -0.25 and z = 0.75
    @pytest.mark.parametrize("activation", BY_HAND)
    def test_value_and_gradients(self, activation: str, bias: float) -> None:
        neuron = neuron_of(activation, b=bias)
        x = [Value(number) for number in X]
        out = neuron(x)
        value, derivative = BY_HAND[activation]
        z = Z - B + bias
        assert out.data == pytest.approx(value(z), rel=1e-14)
        out.backward()
        slope = derivative(z)
        assert [w.grad for w in neuron.w] == pytest.approx([slope * xi for xi in X], rel=1e-14)
        assert [xi.grad for xi in x] == pytest.approx([slope * w for w in W], rel=1e-14)
        assert neuron.b.grad == pytest.approx(slope, rel=1e-14)

    def test_is_one_dot_node_and_its_activation(self) -> None:
        assert operations(neuron_of("linear")(X)) == ["dot"]
        assert operations(neuron_of("tanh")(X)) == ["dot", "tanh"]

    def test_operands_are_weights_inputs_bias_in_that_order(self) -> None:
        neuron = neuron_of("linear")
        out = neuron(X)
        assert list(out.operands) == [*neuron.w, *X, neuron.b]
        assert all(a is b for a, b in zip(out.operands[:3], neuron.w, strict=True))
        assert out.operands[6] is neuron.b

    @pytest.mark.parametrize(
        "inputs",
        [
            (2.0, 1.0, -0.25),
            np.array(X),
            np.array(X, dtype=np.float32),
            iter(X),
            [np.float64(2.0), True, np.array(-0.25)],
            [Value(2.0), 1, Value(-0.25)],
        ],
        ids=["tuple", "float64", "float32", "iterator", "numbers of all kinds", "mixed"],
    )
    def test_inputs_of_every_kind(self, inputs: Any) -> None:
        neuron = neuron_of("linear")
        out = neuron(inputs)
        assert type(out) is Value
        assert out.data == Z
        out.backward()
        assert [w.grad for w in neuron.w] == X
        assert neuron.b.grad == 1.0

    def test_a_function_as_activation(self) -> None:
        neuron = neuron_of(lambda z: z * z)
        out = neuron(X)
        assert out.data == Z * Z
        out.backward()
        assert neuron.b.grad == 2 * Z
        assert neuron_of(None)(X).data == Z

    def test_repeated_input_counts_twice(self) -> None:
        x = Value(3.0)
        neuron = neuron_of("linear", [2.0, 5.0])
        neuron([x, x]).backward()
        assert x.grad == 7.0

    def test_second_derivatives(self) -> None:
        def f(x: Any, y: Any) -> Any:
            return neuron_of("tanh", [0.7, -0.4])([x, y])

        assert gradcheck(f, (0.5, 0.25), order=2)

    def test_without_a_graph(self) -> None:
        with no_grad():
            out = neuron_of("tanh")(X)
        assert out.is_leaf
        assert out.data == pytest.approx(math.tanh(Z), rel=1e-15)

    def test_repr(self) -> None:
        assert repr(neuron_of("tanh")) == "Neuron(3, activation='tanh')"


class TestWeights:
    def test_labels_and_scope(self) -> None:
        neuron = nn.Neuron(2, seed=0, scope="output / neuron 5")
        assert [w.label for w in neuron.w] == ["w[0]", "w[1]"]
        assert neuron.b.label == "b"
        out = neuron([1.0, 2.0])
        assert {node.scope for node in topological_order(out)} == {"output / neuron 5"}

    def test_the_bias_begins_at_zero(self) -> None:
        net = nn.MLP(3, [4, 2], seed=1)
        assert {n.b.data for layer in net.layers for n in layer.neurons} == {0.0}

    def test_glorot_range(self) -> None:
        layer = nn.Layer(20, 30, seed=0)
        weights = np.array([[w.data for w in neuron.w] for neuron in layer.neurons])
        limit = math.sqrt(6 / (20 + 30))
        assert np.abs(weights).max() <= limit
        # 600 uniform draws: their extremes and moments, each within some four deviations
        assert weights.max() > 0.97 * limit
        assert weights.min() < -0.97 * limit
        assert abs(weights.mean()) < 4 * limit / math.sqrt(3 * 600)
        assert weights.std() == pytest.approx(limit / math.sqrt(3), rel=0.1)
        assert len(np.unique(weights)) == 600

    def test_glorot_range_of_a_neuron_alone(self) -> None:
        limit = math.sqrt(6 / (3 + 1))
        many = [w.data for seed in range(200) for w in nn.Neuron(3, seed=seed).w]
        assert 0.97 * limit < max(many) <= limit
        assert -limit <= min(many) < -0.97 * limit

    def test_a_seed_gives_the_same_weights_again(self) -> None:
        for make in (
            lambda seed: nn.Neuron(3, seed=seed),
            lambda seed: nn.Layer(3, 2, seed=seed),
            lambda seed: nn.MLP(3, [2, 1], seed=seed),
        ):
            assert make(7).state_dict() == make(7).state_dict() != make(8).state_dict()

    def test_seed_and_rng_are_the_same_source(self) -> None:
        rng = np.random.default_rng(7)
        assert nn.MLP(3, [2, 1], rng=rng).state_dict() == nn.MLP(3, [2, 1], seed=7).state_dict()
        # the generator has moved on
        assert nn.MLP(3, [2, 1], rng=rng).state_dict() != nn.MLP(3, [2, 1], seed=7).state_dict()

    def test_the_global_generator_has_no_say(self) -> None:
        state = np.random.get_state()[1].copy()
        nn.MLP(3, [2, 1], seed=0)
        nn.MLP(3, [2, 1])
        assert (np.random.get_state()[1] == state).all()

    def test_without_a_seed_they_are_fresh(self) -> None:
        assert nn.Neuron(3).state_dict() != nn.Neuron(3).state_dict()

    def test_neurons_of_a_layer_and_layers_of_a_network_differ(self) -> None:
        net = nn.MLP(3, [3, 3], seed=0)
        weights = [w.data for layer in net.layers for neuron in layer.neurons for w in neuron.w]
        assert len(set(weights)) == 18

    def test_known_weights(self) -> None:
        # pinned: a seed means the same network in every version
        limit = math.sqrt(6 / 3)
        expected = np.random.default_rng(0).uniform(-limit, limit, 2).tolist()
        assert [w.data for w in nn.Neuron(2, seed=0).w] == expected
        assert expected == pytest.approx([0.38738615147, -0.65114150327], abs=1e-10)


class TestLayer:
    def test_each_neuron_sees_the_same_inputs(self) -> None:
        layer = nn.Layer(2, 3, "sigmoid", seed=0)
        x = [0.5, -1.5]
        outs = layer(x)
        assert [o.data for o in outs] == [neuron(x).data for neuron in layer.neurons]
        assert type(outs) is list
        assert len(nn.Layer(2, 1, seed=0)(x)) == 1  # one output is still a list

    def test_gradients_of_shared_inputs_add_up(self) -> None:
        layer = nn.Layer(2, 3, "linear", seed=0)
        x = [Value(0.5), Value(-1.5)]
        sum(layer(x)).backward()
        for i in range(2):
            assert x[i].grad == pytest.approx(sum(n.w[i].data for n in layer.neurons))

    def test_inputs_may_be_used_up(self) -> None:
        layer = nn.Layer(2, 3, "linear", seed=0)
        assert [o.data for o in layer(iter([1.0, 2.0]))] == [o.data for o in layer([1.0, 2.0])]

    def test_softmax(self) -> None:
        layer = nn.Layer(2, 3, "softmax", seed=0)
        x = [0.5, -1.5]
        outs = layer(x)
        z = np.array([[w.data for w in n.w] for n in layer.neurons]) @ x
        expected = np.exp(z) / np.exp(z).sum()
        assert [o.data for o in outs] == pytest.approx(expected, rel=1e-14)
        outs[0].backward()
        p = expected
        slopes = [p[0] * (1 - p[0]), -p[0] * p[1], -p[0] * p[2]]
        assert [n.b.grad for n in layer.neurons] == pytest.approx(slopes, rel=1e-13)

    @pytest.mark.parametrize(
        ("biases", "expected"),
        [
            ([1000.0, 0.0, -1000.0], [1.0, 0.0, 0.0]),
            ([-1000.0, -1000.0, -1000.0], [1 / 3] * 3),
            ([1000.0, 1000.0, -1000.0], [0.5, 0.5, 0.0]),
        ],
    )
    def test_softmax_does_not_overflow(self, biases: list[float], expected: list[float]) -> None:
        layer = nn.Layer(1, 3, "softmax", seed=0)
        for neuron, bias in zip(layer.neurons, biases, strict=True):
            neuron.b.data = bias
        outs = layer([0.0])
        assert [o.data for o in outs] == pytest.approx(expected, rel=1e-14, abs=0.0)
        outs[0].backward()
        p = expected
        slopes = [p[0] * (1 - p[0]), -p[0] * p[1], -p[0] * p[2]]
        assert [n.b.grad for n in layer.neurons] == pytest.approx(slopes, rel=1e-14, abs=0.0)

    def test_scopes(self) -> None:
        layer = nn.Layer(1, 2, "tanh", seed=0, scope="layer 4")
        assert [o.scope for o in layer([1.0])] == ["layer 4 / neuron 1", "layer 4 / neuron 2"]
        assert [o.scope for o in nn.Layer(1, 2, seed=0)([1.0])] == ["neuron 1", "neuron 2"]
        softmax = nn.Layer(1, 2, "softmax", seed=0, scope="layer 4")
        assert {o.scope for o in softmax([1.0])} == {"layer 4"}

    def test_softmax_is_wholly_inside_its_layer(self) -> None:
        layer = nn.Layer(1, 2, "softmax", seed=0, scope="layer 4")
        nodes = topological_order(layer([1.0])[0])
        assert all(node.scope.startswith("layer 4") for node in nodes)

    def test_repr(self) -> None:
        assert repr(nn.Layer(2, 3, "tanh")) == "Layer(2, 3, activation='tanh')"


class TestMLP:
    def test_forward_against_numpy(self) -> None:
        net = nn.MLP(3, [4, 2], "tanh", "sigmoid", seed=3)
        rng = np.random.default_rng(0)
        for neuron in (n for layer in net.layers for n in layer.neurons):
            neuron.b.data = float(rng.normal())
        x = np.array(X)
        expected = x
        for layer, f in zip(net.layers, (np.tanh, lambda z: 1 / (1 + np.exp(-z))), strict=True):
            w = np.array([[wi.data for wi in n.w] for n in layer.neurons])
            expected = f(w @ expected + np.array([n.b.data for n in layer.neurons]))
        assert [out.data for out in net(x)] == pytest.approx(expected, rel=1e-14)

    def test_gradients_against_numpy(self) -> None:
        net = nn.MLP(3, [4, 1], "tanh", seed=3)
        net(X).backward()
        hidden, output = net.layers
        w1 = np.array([[w.data for w in n.w] for n in hidden.neurons])
        w2 = np.array([w.data for w in output.neurons[0].w])
        a = np.tanh(w1 @ X)
        delta = w2 * (1 - a**2)
        assert [w.grad for w in output.neurons[0].w] == pytest.approx(a, rel=1e-13)
        assert output.neurons[0].b.grad == 1.0
        assert [n.b.grad for n in hidden.neurons] == pytest.approx(delta, rel=1e-13)
        found = [[w.grad for w in n.w] for n in hidden.neurons]
        np.testing.assert_allclose(found, np.outer(delta, X), rtol=1e-13)

    @pytest.mark.parametrize("activation", ["linear", "sigmoid", "tanh", "relu", "leaky_relu"])
    @pytest.mark.parametrize("output", ["linear", "sigmoid", "softmax"])
    def test_against_pytorch(self, activation: str, output: str) -> None:
        torch = pytest.importorskip("torch")
        net = nn.MLP(3, [5, 4, 2], activation, output, seed=1)
        twin = torch_twin(net, [activation, activation, output])
        weights = [1.0, -2.0]
        ours, x = net(X), float64(torch, X, requires_grad=True)
        theirs = twin(x)
        assert [o.data for o in ours] == pytest.approx(theirs.tolist(), rel=1e-13)
        inputs = [Value(number) for number in X]
        sum(w * o for w, o in zip(weights, net(inputs), strict=True)).backward()
        (theirs @ float64(torch, weights)).backward()
        assert [i.grad for i in inputs] == pytest.approx(x.grad.tolist(), rel=1e-12, abs=1e-16)
        for layer, linear in zip(net.layers, twin[::2], strict=True):
            found = [[w.grad for w in n.w] for n in layer.neurons]
            np.testing.assert_allclose(found, linear.weight.grad, rtol=1e-12, atol=1e-16)
            biases = [n.b.grad for n in layer.neurons]
            np.testing.assert_allclose(biases, linear.bias.grad, rtol=1e-12, atol=1e-16)

    def test_one_output_is_a_value_and_several_are_a_list(self) -> None:
        assert type(nn.MLP(2, [3, 1], seed=0)([1.0, 2.0])) is Value
        assert type(nn.MLP(2, [3, 2], seed=0)([1.0, 2.0])) is list

    def test_one_dot_node_a_neuron(self) -> None:
        found = operations(nn.MLP(2, [16, 16, 1], "relu", seed=0)([1.0, 2.0]))
        assert sorted(found) == ["dot"] * 33 + ["relu"] * 32

    def test_scopes_count_from_one(self) -> None:
        net = nn.MLP(2, [3, 1], "tanh", seed=0)
        for i, layer in enumerate(net.layers, 1):
            for j, neuron in enumerate(layer.neurons, 1):
                scopes = {p.scope for p in neuron.parameters()}
                assert scopes == {f"layer {i} / neuron {j}"}
        assert net.layers[0].neurons[2].b.scope == "layer 1 / neuron 3"
        computed = [n for n in topological_order(net([1.0, 2.0])) if not n.is_leaf]
        assert sorted({n.scope for n in computed}) == [
            "layer 1 / neuron 1", "layer 1 / neuron 2", "layer 1 / neuron 3", "layer 2 / neuron 1",
        ]  # fmt: skip

    def test_scopes_become_clusters_of_the_diagram(self) -> None:
        source = viz.draw(nn.MLP(2, [2, 1], "tanh", seed=0)([1.0, 2.0])).source
        assert source.count("subgraph") >= 3
        for text in ("layer 1", "layer 2", "neuron 2"):
            assert text in source

    def test_sizes_of_every_kind(self) -> None:
        expected = nn.MLP(2, [3, 1], seed=0).state_dict()
        for sizes in ((3, 1), np.array([3, 1])):
            assert nn.MLP(np.int64(2), sizes, seed=0).state_dict() == expected

    def test_repr_is_readable(self) -> None:
        assert repr(nn.MLP(2, [16, 16, 1])) == (
            "MLP(2, [16, 16, 1], activation='relu', output_activation='linear'), 337 parameters"
        )
        net = nn.MLP(1, [2, 3], "tanh", "softmax")
        assert repr(net) == (
            "MLP(1, [2, 3], activation='tanh', output_activation='softmax'), 13 parameters"
        )

    def test_a_single_layer_has_the_output_activation(self) -> None:
        net = nn.MLP(2, [1], "relu", "tanh", seed=0)
        assert operations(net([1.0, 2.0])) == ["dot", "tanh"]


class TestRefusals:
    @pytest.mark.parametrize("given", [[], [1.0], [1.0, 2.0, 3.0], np.zeros(4)])
    @pytest.mark.parametrize(
        "module",
        [nn.Neuron(2, seed=0), nn.Layer(2, 3, seed=0), nn.MLP(2, [3, 1], seed=0)],
        ids=["Neuron", "Layer", "MLP"],
    )
    def test_a_wrong_length_names_both_lengths(self, module: Any, given: Any) -> None:
        pattern = rf"^{type(module).__name__}\(2, .* takes 2 inputs, but was given {len(given)}$"
        with pytest.raises(ValueError, match=pattern):
            module(given)

    @pytest.mark.parametrize("given", [1.0, None, Value(1.0), np.array(1.0)])
    @pytest.mark.parametrize(
        "module", [nn.Neuron(1, seed=0), nn.Layer(1, 3, seed=0), nn.MLP(1, [3], seed=0)]
    )
    def test_a_number_where_a_list_belongs(self, module: Any, given: Any) -> None:
        with pytest.raises(TypeError, match=rf"^{type(module).__name__}.* takes a list of 1 "):
            module(given)

    @pytest.mark.parametrize("wrong", ["a", None, 1j, [1.0, 2.0]])
    def test_an_input_that_is_no_number(self, wrong: Any) -> None:
        with pytest.raises(TypeError, match="a Value or a real number, not "):
            nn.Neuron(2, seed=0)([1.0, wrong])

    @pytest.mark.parametrize("wrong", [0, -1, 2.0, "2", True, None, [2]])
    def test_a_size_that_is_no_count(self, wrong: Any) -> None:
        for make in (
            lambda: nn.Neuron(wrong),
            lambda: nn.Layer(wrong, 1),
            lambda: nn.Layer(1, wrong),
            lambda: nn.MLP(wrong, [1]),
            lambda: nn.MLP(1, [1, wrong, 1]),
        ):
            with pytest.raises(ValueError, match="is a whole number of at least 1, not ") as e:
                make()
            assert str(e.value).endswith(repr(wrong))

    @pytest.mark.parametrize("wrong", [3, np.int64(3), [], ()])
    def test_sizes_that_are_no_list(self, wrong: Any) -> None:
        with pytest.raises(ValueError, match=r"nouts is the list of the layers' sizes, \[16, 1\]"):
            nn.MLP(2, wrong)

    @pytest.mark.parametrize("wrong", [None, 3.0])
    def test_sizes_without_a_length(self, wrong: Any) -> None:
        with pytest.raises((TypeError, ValueError), match="nouts is the list"):
            nn.MLP(2, wrong)

    @pytest.mark.parametrize("activation", ["softmax", nn.softmax])
    def test_softmax_needs_a_layer(self, activation: Any) -> None:
        with pytest.raises(ValueError, match=r"use nn\.Layer"):
            nn.Neuron(2, activation)

    def test_unknown_activation(self) -> None:
        for make in (
            lambda: nn.Neuron(2, "rleu"),
            lambda: nn.Layer(2, 2, "rleu"),
            lambda: nn.MLP(2, [2, 1], "rleu"),
            lambda: nn.MLP(2, [2, 1], output_activation="rleu"),
        ):
            with pytest.raises(ValueError, match=r"activation 'rleu': did you mean 'relu'\?"):
                make()

    def test_an_activation_that_is_none(self) -> None:
        with pytest.raises(TypeError, match="a name or a function, not 3"):
            nn.Neuron(2, 3)

    def test_rng(self) -> None:
        with pytest.raises(ValueError, match="give rng= or seed=, not both"):
            nn.MLP(2, [1], rng=np.random.default_rng(0), seed=0)
        with pytest.raises(TypeError, match=r"rng is a numpy\.random\.Generator, not 0; .*seed="):
            nn.Neuron(2, rng=0)

    @pytest.mark.parametrize("seed", ["a", 1.5, -1])
    def test_a_wrong_seed(self, seed: Any) -> None:
        with pytest.raises((TypeError, ValueError), match="seed is "):
            nn.Neuron(2, seed=seed)
