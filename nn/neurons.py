"""Neuron, Layer and MLP: a network written one number at a time."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from autograd import Value, dot
from autograd.formatting import shown
from autograd.functions import Inputs
from nn import activations
from nn.activations import Activation, linear, softmax
from nn.checks import as_name, as_whole
from nn.limits import require_memory
from nn.module import Module

__all__ = ["MLP", "Layer", "Neuron"]


_BYTES = 200  # of a Value with its label, roughly


def _generator(rng: np.random.Generator | None, seed: int | None) -> np.random.Generator:
    if rng is not None and seed is not None:
        raise ValueError("give rng= or seed=, not both")
    if rng is not None and not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng is a numpy.random.Generator, not {shown(rng)}; or give seed=")
    seed = None if seed is None else as_whole(seed, "seed")
    return rng if rng is not None else np.random.default_rng(seed)


def _inputs(x: Any, nin: int, module: Module) -> Inputs:
    if isinstance(x, np.ndarray):
        x = x.tolist()  # Python floats: many times faster than numpy's scalars
    if isinstance(x, (Value, str, bytes, dict, set, frozenset)) or not isinstance(x, Iterable):
        raise TypeError(f"{module!r} takes a list of {_inputs_of(nin)}, not {shown(x)}")
    inputs = Inputs(x)
    if inputs and isinstance(inputs[0], (list, tuple)):
        raise TypeError(
            f"{module!r} takes a list of {_inputs_of(nin)}, one sample at a time: "
            "[net(x) for x in samples]"
        )
    if len(inputs) != nin:
        raise ValueError(f"{module!r} takes {_inputs_of(nin)}, but was given {len(inputs)}")
    return inputs


def _inputs_of(nin: int) -> str:
    return f"{nin} input{'' if nin == 1 else 's'}"


class Neuron(Module):
    """activation(w · x + b).

    Args:
        nin: how many inputs it has.
        activation: a name or a function of one number, see `nn.activations`.
        rng, seed: where the weights come from; fresh random ones if neither is given.
        nout: how many neurons the layer has, for the range of the weights: uniform in
            ±sqrt(6 / (nin + nout)) (Glorot & Bengio 2010). The bias begins at 0.
        scope: the part of a model it is, for diagrams.

    Raises:
        ValueError: an unknown activation, softmax (which needs a whole layer), nin below 1.

    >>> neuron = Neuron(2, "tanh", seed=0)
    >>> neuron.w[0].data, neuron.w[1].data, neuron.b.data = 0.5, -1.0, 0.25
    >>> neuron([2.0, 1.0])             # tanh(0.5*2 - 1*1 + 0.25)
    Value(0.2449)
    """

    def __init__(
        self,
        nin: int,
        activation: str | Activation | None = "relu",
        *,
        rng: np.random.Generator | None = None,
        seed: int | None = None,
        nout: int = 1,
        scope: str = "neuron",
    ) -> None:
        nin, scope = as_whole(nin, "nin", 1), as_name(scope, "scope", "")
        require_memory(nin, f"a neuron of nin={shown(nin)} inputs", _BYTES)
        self.activation = activations.get(activation)
        if self.activation is softmax:
            raise ValueError("softmax needs all the outputs of a layer: use nn.Layer")
        nout = as_whole(nout, "nout", 1)
        require_memory(nout, f"a layer of nout={shown(nout)} neurons")
        limit = math.sqrt(6.0 / (nin + nout))
        weights = _generator(rng, seed).uniform(-limit, limit, nin).tolist()
        self.w = tuple(Value(weight, label=f"w[{i}]") for i, weight in enumerate(weights))
        self.b = Value(0.0, label="b")
        self.scope = scope
        for parameter in (*self.w, self.b):
            parameter.scope = scope

    def __call__(self, x: Iterable[Any]) -> Any:
        """Return the output for a list of as many numbers or Values as there are weights."""
        return self._output(_inputs(x, len(self.w), self))

    def _output(self, inputs: Inputs) -> Any:
        z = dot(self.w, inputs, self.b)
        if isinstance(z, Value):  # plain numbers may stand in for the parameters
            z.scope = self.scope
        if self.activation is linear:
            return z
        out = self.activation(z)
        if isinstance(out, Value):
            out.scope = self.scope
        return out

    def __repr__(self) -> str:
        return f"Neuron({len(self.w)}, activation={_name(self.activation)!r})"


def _name(activation: Activation) -> str:
    return getattr(activation, "__name__", repr(activation))


class Layer(Module):
    """`nout` neurons over the same `nin` inputs.

    Args and errors are those of `Neuron`; the activation may also be ``"softmax"``.

    >>> layer = Layer(2, 3, "sigmoid", seed=0)
    >>> layer
    Layer(2, 3, activation='sigmoid')
    >>> len(layer([1.0, -1.0]))
    3
    """

    def __init__(
        self,
        nin: int,
        nout: int,
        activation: str | Activation | None = "relu",
        *,
        rng: np.random.Generator | None = None,
        seed: int | None = None,
        scope: str = "",
    ) -> None:
        self.nin, nout = as_whole(nin, "nin", 1), as_whole(nout, "nout", 1)
        sizes = f"nin={shown(nin)} and nout={shown(nout)}"
        require_memory(self.nin * nout, f"a layer of {sizes}", _BYTES)
        self.activation = activations.get(activation)
        self.scope = scope = as_name(scope, "scope", "")
        shared = self.activation is softmax  # one activation for all the neurons together
        rng = _generator(rng, seed)
        prefix = f"{scope} / " if scope else ""
        self.neurons = [
            Neuron(
                self.nin,
                "linear" if shared else self.activation,
                rng=rng,
                nout=nout,
                scope=f"{prefix}neuron {i}",
            )
            for i in range(1, nout + 1)
        ]

    def __call__(self, x: Iterable[Any]) -> list[Any]:
        """Return the list of the neurons' outputs."""
        inputs = _inputs(x, self.nin, self)
        outputs = [neuron._output(inputs) for neuron in self.neurons]
        if self.activation is softmax:
            outputs = softmax(outputs)
            if self.scope:
                _put_in_scope(outputs, self.scope)
        return outputs

    def __repr__(self) -> str:
        return f"Layer({self.nin}, {len(self.neurons)}, activation={_name(self.activation)!r})"


def _put_in_scope(nodes: list[Any], scope: str) -> None:
    """Give a scope to nodes and to what they were computed from, up to what has one."""
    pending = list(nodes)
    while pending:
        node = pending.pop()
        if isinstance(node, Value) and not node.scope:
            node.scope = scope
            pending.extend(node.operands)


class MLP(Module):
    """A multilayer perceptron: layers one after another.

    Args:
        nin: how many inputs it has.
        nouts: how many neurons each layer has.
        activation: of the hidden layers.
        output_activation: of the last layer.
        rng, seed: as for `Neuron`.

    Raises:
        ValueError: no layers, a size below 1, an unknown activation.

    >>> net = MLP(2, [16, 16, 1], seed=0)
    >>> net
    MLP(2, [16, 16, 1], activation='relu', output_activation='linear'), 337 parameters
    >>> net([0.5, -1.0]).label, len(net.parameters())
    ('', 337)
    """

    def __init__(
        self,
        nin: int,
        nouts: Sequence[int],
        activation: str | Activation | None = "relu",
        output_activation: str | Activation | None = "linear",
        *,
        rng: np.random.Generator | None = None,
        seed: int | None = None,
    ) -> None:
        if not isinstance(nouts, (list, tuple, np.ndarray)) or not len(nouts):
            raise ValueError(f"nouts is the list of the layers' sizes, [16, 1], not {shown(nouts)}")
        rng = _generator(rng, seed)
        sizes = [as_whole(nin, "nin", 1), *(as_whole(nout, "nout", 1) for nout in nouts)]
        weights = sum(a * b for a, b in pairwise(sizes))
        require_memory(weights, f"an MLP of nouts={shown(nouts)}", _BYTES)
        last = len(nouts)
        self.layers = [
            Layer(
                sizes[i - 1],
                sizes[i],
                output_activation if i == last else activation,
                rng=rng,
                scope=f"layer {i}",
            )
            for i in range(1, last + 1)
        ]
        self._activations = (activations.get(activation), self.layers[-1].activation)

    def __call__(self, x: Iterable[Any]) -> Any:
        """Return the outputs as a list, or the output itself if there is only one."""
        outputs: Any = _inputs(x, self.layers[0].nin, self)
        for layer in self.layers:
            outputs = layer(outputs)
        return outputs[0] if len(outputs) == 1 else outputs

    def __repr__(self) -> str:
        hidden, output = map(_name, self._activations)
        sizes = [len(layer.neurons) for layer in self.layers]
        return (
            f"MLP({self.layers[0].nin}, {sizes}, activation={hidden!r}, "
            f"output_activation={output!r}), {len(self.parameters())} parameters"
        )
