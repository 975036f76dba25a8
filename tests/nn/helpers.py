"""What several of these test files share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

import nn
from autograd import Value, topological_order


def operations(root: Value) -> list[str]:
    """The names of the primitives of a graph, in the order of evaluation."""
    return [node.primitive.name for node in topological_order(root) if node.primitive is not None]


def gradients_of(loss: Callable[..., Any], true: Sequence[float], pred: Sequence[float]) -> Any:
    """The value of a loss, and its gradient by every prediction."""
    y = [Value(p) for p in pred]
    out = loss(list(true), y)
    out.backward()
    return out.data, [0.0 if p.grad is None else p.grad for p in y]


def float64(torch: Any, numbers: Any, requires_grad: bool = False) -> Any:
    return torch.tensor(numbers, dtype=torch.float64, requires_grad=requires_grad)


def torch_twin(net: nn.MLP, activations: Sequence[str]) -> Any:
    """The same network, with the same weights, in PyTorch."""
    torch = pytest.importorskip("torch")
    made = {
        "linear": torch.nn.Identity,
        "sigmoid": torch.nn.Sigmoid,
        "tanh": torch.nn.Tanh,
        "relu": torch.nn.ReLU,
        "leaky_relu": lambda: torch.nn.LeakyReLU(0.2),
        "softmax": lambda: torch.nn.Softmax(dim=-1),
    }
    parts = []
    for layer, activation in zip(net.layers, activations, strict=True):
        linear = torch.nn.Linear(layer.nin, len(layer.neurons), dtype=torch.float64)
        with torch.no_grad():
            linear.weight.copy_(
                float64(torch, [[w.data for w in neuron.w] for neuron in layer.neurons])
            )
            linear.bias.copy_(float64(torch, [neuron.b.data for neuron in layer.neurons]))
        parts += [linear, made[activation]()]
    return torch.nn.Sequential(*parts)
