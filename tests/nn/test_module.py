"""Module: parameters are found wherever they are, once each, and restored whole or not at all."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nn
from autograd import Tensor, Value, topological_order


class Parts(nn.Module):
    """A module whose attributes are what it was made with."""

    def __init__(self, **parts: Any) -> None:
        vars(self).update(parts)


def names(module: nn.Module) -> list[str]:
    return [name for name, _ in module.named_parameters()]


class TestFinding:
    def test_by_attribute_in_the_order_of_assignment(self) -> None:
        b, a = Value(1.0), Value(2.0)
        assert list(Parts(b=b, a=a).named_parameters()) == [("b", b), ("a", a)]
        assert Parts(b=b, a=a).parameters() == [b, a]

    def test_in_lists_tuples_dicts_and_modules_at_any_depth(self) -> None:
        module = Parts(
            list=[Value(0.0), [Value(1.0)]],
            pair=(Value(2.0), {"x": Value(3.0), 7: [Value(4.0)]}),
            part=Parts(w=Value(5.0), parts=[Parts(b=Value(6.0))]),
        )
        assert {name: parameter.data for name, parameter in module.named_parameters()} == {
            "list.0": 0.0, "list.1.0": 1.0,
            "pair.0": 2.0, "pair.1.x": 3.0, "pair.1.7.0": 4.0,
            "part.w": 5.0, "part.parts.0.b": 6.0,
        }  # fmt: skip

    def test_shared_parameters_come_once_under_the_first_name(self) -> None:
        w = Value(1.0)
        part = Parts(w=w)
        assert names(Parts(a=w, b=[w, w], c=part, d=part, e={"w": w})) == ["a"]

    def test_equal_parameters_are_not_the_same(self) -> None:
        module = Parts(a=Value(1.0), b=Value(1.0))
        assert len(module.parameters()) == 2
        assert len({id(p) for p in module.parameters()}) == 2

    def test_a_cycle_of_modules_ends(self) -> None:
        inner, outer = Parts(w=Value(1.0)), Parts(w=Value(2.0))
        inner.parent, outer.child, outer.me = outer, inner, outer
        ring: list[Any] = [Value(3.0)]
        ring.append(ring)
        outer.ring = ring
        assert names(outer) == ["w", "child.w", "ring.0"]
        assert names(inner) == ["w", "parent.w", "parent.ring.0"]

    def test_depth_is_no_limit(self) -> None:
        module = Parts(w=Value(1.0))
        for _ in range(5000):
            module = Parts(inner=[module])
        assert len(module.parameters()) == 1

    def test_what_is_no_parameter(self) -> None:
        w = Value(1.0)
        module = Parts(w=w, computed=w * 2, number=3.0, text="w", nothing=None, f=nn.relu)
        assert names(module) == ["w"]
        assert nn.Module().parameters() == []

    def test_names_of_a_network(self) -> None:
        assert names(nn.MLP(2, [2, 1], seed=0)) == [
            f"layers.{layer}.neurons.{neuron}.{parameter}"
            for layer, neuron in ((0, 0), (0, 1), (1, 0))
            for parameter in ("w.0", "w.1", "b")
        ]

    def test_what_is_assigned_later_is_found(self) -> None:
        neuron = nn.Neuron(1, seed=0)
        neuron.slope = Value(0.25)
        assert names(neuron) == ["w.0", "b", "slope"]

    def test_an_activation_with_a_parameter_of_its_own_is_part_of_the_network(self) -> None:
        class Prelu(nn.Module):
            def __init__(self) -> None:
                self.slope = Value(0.25)

            def __call__(self, x: Any) -> Any:
                return nn.leaky_relu(x, self.slope)

        prelu = Prelu()
        net = nn.MLP(2, [3, 1], prelu, seed=0)
        assert len(net.parameters()) == 13 + 1  # all neurons share it
        assert [p for p in net.parameters() if p is prelu.slope] == [prelu.slope]
        net([-1.0, 2.0]).backward()
        assert prelu.slope.grad != 0.0


def test_zero_grad_is_the_state_before_the_first_backward_pass() -> None:
    net = nn.MLP(2, [3, 1], "tanh", seed=0)
    x = Value(0.5)
    for _ in range(2):
        net([x, 1.0]).backward()
    assert all(p.grad is not None for p in net.parameters())
    net.zero_grad()
    assert [p.grad for p in net.parameters()] == [None] * 13
    assert x.grad is not None  # it is no parameter


def test_gradients_add_up_until_they_are_zeroed() -> None:
    net = nn.MLP(2, [3, 1], "tanh", seed=0)
    net([0.5, 1.0]).backward()
    once = [p.grad for p in net.parameters()]
    net([0.5, 1.0]).backward()
    assert [p.grad for p in net.parameters()] == [2 * g for g in once]


class TestState:
    def test_is_plain_numbers_by_name(self) -> None:
        net = nn.MLP(2, [3, 1], seed=0)
        state = net.state_dict()
        assert list(state) == names(net)
        assert {type(number) for number in state.values()} == {float}

    def test_round_trip(self) -> None:
        first, second = nn.MLP(2, [3, 1], "tanh", seed=0), nn.MLP(2, [3, 1], "tanh", seed=1)
        parameters, x = second.parameters(), [0.3, -0.8]
        assert first(x).data != second(x).data
        assert second.load_state_dict(first.state_dict()) is None
        assert second.state_dict() == first.state_dict()
        assert second(x).data == first(x).data
        # the same Values as before, so that an optimizer's list of them stays good
        assert all(a is b for a, b in zip(second.parameters(), parameters, strict=True))

    def test_is_a_copy(self) -> None:
        neuron = nn.Neuron(1, seed=0)
        state = neuron.state_dict()
        neuron.b.data = 5.0
        assert state["b"] == 0.0
        state["b"] = 7.0
        assert neuron.b.data == 5.0

    def test_keeps_labels_and_takes_any_real_number(self) -> None:
        neuron = nn.Neuron(1, seed=0)
        neuron.load_state_dict({"b": np.float32(0.5), "w.0": 3})
        assert (neuron.w[0].data, neuron.b.data) == (3.0, 0.5)
        assert type(neuron.w[0].data) is float
        assert (neuron.w[0].label, neuron.b.label) == ("w[0]", "b")

    @pytest.mark.parametrize(
        ("change", "error", "message"),
        [
            (lambda s: s.pop("w.1"), ValueError, r"Neuron: missing w\.1; unexpected none"),
            (lambda s: s.update(c=1.0), ValueError, "Neuron: missing none; unexpected c"),
            (lambda s: s.update({3: 1.0}), ValueError, "unexpected 3"),
            (lambda s: s.update(b="1.0"), TypeError, r"str '1\.0'"),
            (lambda s: s.update(b=None), TypeError, "None"),
            (lambda s: s.update(b=[1.0]), TypeError, "list"),
            (lambda s: s.update(b=1j), TypeError, "complex"),
        ],
    )
    def test_what_does_not_fit_changes_nothing(
        self, change: Callable[[dict[Any, Any]], Any], error: type[Exception], message: str
    ) -> None:
        neuron = nn.Neuron(2, seed=0)
        before = neuron.state_dict()
        state: dict[Any, Any] = dict.fromkeys(before, 9.0)
        change(state)
        with pytest.raises(error, match=message):
            neuron.load_state_dict(state)
        assert neuron.state_dict() == before

    @pytest.mark.parametrize("state", [None, [1.0, 2.0], "state", nn.Neuron(1, seed=0)])
    def test_what_is_no_mapping(self, state: Any) -> None:
        with pytest.raises(TypeError, match="a state is a dict of names and numbers, not "):
            nn.Neuron(1, seed=0).load_state_dict(state)

    def test_many_missing_names_are_counted_not_listed(self) -> None:
        with pytest.raises(ValueError, match=r"missing layers\.0\S*, .* and 8 more; unexpected"):
            nn.MLP(2, [3, 1], seed=0).load_state_dict({})

    def test_state_of_another_shape(self) -> None:
        with pytest.raises(ValueError, match=r"unexpected layers\.0\.neurons\.0\.w\.2, "):
            nn.MLP(2, [3, 1], seed=0).load_state_dict(nn.MLP(3, [3, 1], seed=0).state_dict())

    def test_a_wrong_value_is_reported_by_the_name_of_its_parameter(self) -> None:
        with pytest.raises(TypeError, match=r"w\.0"):
            nn.Neuron(1, seed=0).load_state_dict({"w.0": "1.0", "b": 0.0})

    @pytest.mark.parametrize(
        "parts",
        [{"a.b": Value(1.0), "a": {"b": Value(2.0)}}, {1: Value(1.0), "1": Value(2.0)}],
    )
    def test_names_are_unique(self, parts: dict[Any, Any]) -> None:
        module = Parts(d=parts)
        assert len(module.parameters()) == 2
        with pytest.raises(ValueError, match="two parameters of Parts are called 'd"):
            module.state_dict()
        with pytest.raises(ValueError, match="two parameters"):
            module.load_state_dict({})

    def test_a_parameter_is_not_replaced_by_a_result(self) -> None:
        neuron = nn.Neuron(1, seed=0)
        with pytest.raises(TypeError, match=r"b is a parameter.*assign to \.b\.data"):
            neuron.b = neuron.b - 0.1
        neuron.b = Value(2.0)
        assert neuron.state_dict()["b"] == 2.0


class Affine(nn.Module):
    """x @ W + b, and a count of the calls that no gradient moves."""

    def __init__(self) -> None:
        self.weight = Tensor([[1.0, 2.0], [3.0, 4.0]], label="W", dtype="float32")
        self.bias = Tensor([0.5, -0.5], label="b")
        self.scale = Value(2.0)
        self.calls = nn.Buffer([0.0])

    def forward(self, x: Any) -> Any:
        return (x @ self.weight + self.bias) * self.scale


X = np.array([[1.0, -1.0]])


class TestTensors:
    def test_parameters_are_values_and_tensors_that_are_leaves(self) -> None:
        module = Affine()
        assert names(module) == ["weight", "bias", "scale"]
        vars(module)["computed"] = module.bias * 2
        assert len(module.parameters()) == 3

    def test_a_buffer_is_state_but_no_parameter(self) -> None:
        module = Parts(mean=nn.Buffer([1.0]), parts=[nn.Buffer([2.0]), Tensor([3.0])])
        assert names(module) == ["parts.1"]
        assert list(module.state_dict()) == ["mean", "parts.0", "parts.1"]

    def test_what_is_not_trainable_is_state_but_no_parameter(self) -> None:
        part = Parts(w=Tensor([1.0]), inner=Parts(v=Value(2.0)))
        module = Parts(a=part, b=Value(3.0))
        part.trainable = False
        assert names(module) == ["b"]
        assert list(module.state_dict()) == ["a.w", "a.inner.v", "b"]
        part.trainable = True
        assert names(module) == ["a.w", "a.inner.v", "b"]

    def test_zero_grad(self) -> None:
        module = Affine()
        module(X).sum().backward()
        assert all(p.grad is not None for p in module.parameters())
        module.zero_grad()
        assert all(p.grad is None for p in module.parameters())

    def test_state_is_arrays_and_floats(self) -> None:
        module = Affine()
        state = module.state_dict()
        assert {name: type(part) for name, part in state.items()} == {
            "weight": np.ndarray, "bias": np.ndarray, "scale": float, "calls": np.ndarray,
        }  # fmt: skip
        state["weight"][:] = 0.0
        assert (module.weight != 0).all()

    def test_round_trip(self) -> None:
        first, second = Affine(), Affine()
        first.weight.data = first.weight.data * 3
        first.scale.data = 0.5
        first.calls.data = [7.0]
        parameters = second.parameters()
        second.load_state_dict(first.state_dict())
        np.testing.assert_array_equal(second(X).data, first(X).data)
        assert (second.calls.item(), second.weight.dtype) == (7.0, np.float32)
        assert all(a is b for a, b in zip(second.parameters(), parameters, strict=True))

    def test_what_is_loaded_is_a_copy(self) -> None:
        module, bias = Affine(), np.array([5.0, 6.0])
        module.load_state_dict({**module.state_dict(), "bias": bias})
        bias[:] = 0.0
        assert module.bias.tolist() == [5.0, 6.0]

    def test_lists_and_tensors_are_arrays_too(self) -> None:
        module = Affine()
        module.load_state_dict(
            {**module.state_dict(), "bias": [1, 2], "weight": Tensor(np.eye(2))}
        )
        assert (module.bias.tolist(), module.weight.tolist()) == ([1, 2], [[1, 0], [0, 1]])

    @pytest.mark.parametrize(
        ("wrong", "error", "message"),
        [
            (np.zeros(3), ValueError, r"bias has the shape \(3,\), and the weight \(2,\)"),
            (np.zeros((1, 2)), ValueError, r"\(1, 2\), and the weight \(2,\)"),
            (1.0, ValueError, r"bias has the shape \(\), and the weight \(2,\)"),
            (["a", "b"], TypeError, "the state of bias"),
            (None, TypeError, "the state of bias"),
        ],
    )
    def test_what_does_not_fit_changes_nothing(
        self, wrong: Any, error: type[Exception], message: str
    ) -> None:
        module = Affine()
        state: dict[str, Any] = {**module.state_dict(), "weight": np.zeros((2, 2)), "bias": wrong}
        with pytest.raises(error, match=message):
            module.load_state_dict(state)
        assert (module.weight != 0).all()

    def test_a_parameter_is_not_replaced_by_a_result(self) -> None:
        module = Affine()
        with pytest.raises(TypeError, match=r"bias is a parameter.*assign to \.bias\.data"):
            module.bias = module.bias - 0.1
        module.bias = Tensor([1.0, 1.0])
        assert module.bias.tolist() == [1.0, 1.0]

    def test_an_earlier_graph_keeps_the_numbers_it_was_made_with(self) -> None:
        module = Affine()
        out = module(X).sum()
        module.load_state_dict({**module.state_dict(), "scale": 100.0, "bias": [9.0, 9.0]})
        out.backward()
        assert module.bias.grad.tolist() == [2.0, 2.0]


class TestCalling:
    def test_forward_or_call(self) -> None:
        class Twice(nn.Module):
            def call(self, x: float, times: float = 2.0) -> float:
                return times * x

        assert Twice()(3.0) == 6.0
        assert Twice()(3.0, times=3.0) == 9.0
        assert Affine()(X).tolist() == [[-3.0, -5.0]]

    def test_neither(self) -> None:
        with pytest.raises(NotImplementedError, match=r"Parts has no forward\(x\)"):
            Parts()(1.0)


class TestScalars:
    def test_the_same_numbers_and_gradients(self) -> None:
        module = Affine()
        first, second = module.scalars(X)[0]
        assert (first.data, second.data) == (-3.0, -5.0)
        (first * second).backward()
        product = module(X)
        (product[0, 0] * product[0, 1]).backward()
        found = {n.label: n.grad for n in topological_order(first) if n.is_leaf and n.label}
        for weight in (module.weight, module.bias):
            for place in np.ndindex(weight.shape):
                label = f"{weight.label}[{','.join(map(str, place))}]"
                if label in found:
                    assert found[label] == pytest.approx(weight.grad[place], rel=1e-12)
        assert len(found) == 3

    def test_what_returns_no_tensor(self) -> None:
        with pytest.raises(TypeError, match="scalars spells out a Tensor, and MLP returned Value"):
            nn.MLP(1, [1], seed=0).scalars([1.0])


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))])
def test_a_copy_computes_the_same_and_goes_its_own_way(duplicate: Callable[[Any], Any]) -> None:
    net = nn.MLP(2, [3, 2], "tanh", "softmax", seed=0)
    twin = duplicate(net)
    assert repr(twin) == repr(net)
    x = [0.5, -1.0]
    assert [out.data for out in twin(x)] == [out.data for out in net(x)]
    assert [(p.label, p.scope) for p in twin.parameters()] == [
        (p.label, p.scope) for p in net.parameters()
    ]
    before = net.state_dict()
    twin(x)[0].backward()
    nn.SGD(0.1).step(twin.parameters())
    assert net.state_dict() == before != twin.state_dict()
    assert all(p.grad is None for p in net.parameters())


class TestAWeightStaysAWeight:
    @pytest.mark.parametrize("numbers", [np.zeros((2, 1)), [[0.0], [0.0]], 1.0, np.float32(1.0)])
    def test_numbers_do_not_take_its_place(self, numbers: Any) -> None:
        dense = nn.layers.Dense(1)
        dense.build((None, 2))
        kernel = dense.kernel
        with pytest.raises(TypeError, match=r"kernel is a weight, .*: assign to \.kernel\.data"):
            dense.kernel = numbers
        assert dense.kernel is kernel

    def test_another_weight_or_none_may(self) -> None:
        dense = nn.layers.Dense(1)
        dense.build((None, 2))
        dense.kernel = other = Tensor(np.ones((2, 1), np.float32))
        dense.bias = None
        assert len(dense.weights) == 1
        assert dense.weights[0] is other
        assert dense([[1.0, 2.0]]).item() == 3.0
