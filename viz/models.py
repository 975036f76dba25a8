"""What a model is made of, as pictures of it need to know.

A model is taken for what it has, not for what class it is of: layers that follow one another,
each with its weights and an output shape, or with neurons that have weights of their own.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viz.arguments import attribute
from viz.nodes import array_of
from viz.text import visible

__all__ = ["LayerView", "NetworkView", "count_numbers", "read_network",
           "read_numbers"]  # fmt: skip


@dataclass(frozen=True)
class LayerView:
    """What a picture tells of a layer.

    Attributes:
        name, kind, activation: in words; no activation is an empty one.
        inputs, outputs: the shapes of one sample, before and after.
        shape: the output shape as it is written.
        weights: all its Values and Tensors.
        trained: those of them that training moves.
        kernel, bias: what is multiplied and added: Tensors, or Values, a row for each neuron;
            None if that is not what the layer does.
        detail: what else there is to say of it.
        inside: the names of the models that it is part of, from the outermost.
    """

    name: str
    kind: str
    activation: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    shape: str
    weights: tuple[Any, ...]
    trained: tuple[Any, ...]
    kernel: Any = None
    bias: Any = None
    detail: str = ""
    inside: tuple[str, ...] = ()


@dataclass(frozen=True)
class NetworkView:
    """A model: its name, the shape of its input, and its layers from the input on."""

    name: str
    input_shape: str
    layers: tuple[LayerView, ...]


def read_network(model: Any) -> NetworkView:
    """Return what there is to draw of a model.

    Raises:
        TypeError: something else than a model of layers that follow one another.
        ValueError: the model is not built, or has no layers.

    >>> from autograd import Value
    >>> class Neuron:
    ...     w, b = [Value(0.5), Value(-2.0)], Value(0.1)
    >>> [layer.shape for layer in read_network(Neuron()).layers]
    ['(1)']
    """
    if isinstance(model, type):
        raise TypeError(f"draw_model takes a model, not a class: {model.__name__}(...)")
    if _is_neuron(model):
        return _scalar_network("neuron", [[model]])
    if _is_neuron_layer(model):
        return _scalar_network("layer", [model.neurons])
    layers = attribute(model, "layers")
    if isinstance(layers, (list, tuple)):
        if layers and all(map(_is_neuron_layer, layers)):
            return _scalar_network(type(model).__name__, [layer.neurons for layer in layers])
        if hasattr(model, "add"):  # what makes a stack of layers: they follow one another
            return _sequential(model)
        raise TypeError(
            f"draw_model draws layers that follow one another, a Sequential; how {_called(model)} "
            "uses its layers is Python: draw what a call computes, viz.draw(model(x).sum())"
        )
    raise TypeError(
        "draw_model takes a Sequential, an MLP, or a Layer or Neuron of Values, got "
        f"{type(model).__name__}"
    )


def _called(model: Any) -> str:
    return visible(str(getattr(model, "name", "") or type(model).__name__))


# --- layers of Tensors


def _sequential(model: Any) -> NetworkView:
    name = _called(model)
    if not model.layers:
        raise ValueError(f"{name} has no layers yet: model.add(...)")
    shape = model.input_shape if getattr(model, "built", True) else None
    if shape is None:
        raise ValueError(
            f"{name} is not built, for the number of its inputs is not known: put "
            "Input(shape=(features,)) first, or call it with data once"
        )
    layers = tuple(_stacked(model, tuple(shape), ()))
    return NetworkView(name, _written(shape), layers)


def _stacked(model: Any, shape: tuple[Any, ...], inside: tuple[str, ...]) -> Iterator[LayerView]:
    """Yield the layers of a model, and those of models inside it in their place."""
    for layer in model.layers:
        result = tuple(layer.compute_output_shape(shape))
        if hasattr(layer, "add") and getattr(layer, "layers", None):
            yield from _stacked(layer, shape, (*inside, _called(layer)))
        else:
            yield _tensor_layer(layer, shape, result, inside)
        shape = result


def _tensor_layer(
    layer: Any, before: tuple[Any, ...], after: tuple[Any, ...], inside: tuple[str, ...]
) -> LayerView:
    kernel, bias = getattr(layer, "kernel", None), getattr(layer, "bias", None)
    is_dense = kernel is not None and len(kernel.shape) == 2 and kernel.shape[1] == after[-1]
    rate = getattr(layer, "rate", None)
    return LayerView(
        name=_called(layer),
        kind=visible(type(layer).__name__),
        activation=_activation(layer),
        inputs=_lengths(before),
        outputs=_lengths(after),
        shape=_written(after),
        weights=tuple(layer.weights),
        trained=tuple(getattr(layer, "trainable_weights", layer.weights)),
        kernel=kernel if is_dense else None,
        bias=bias if is_dense else None,
        detail=f"rate {rate:g}" if isinstance(rate, float) else "",
        inside=inside,
    )


def _activation(layer: Any) -> str:
    function = getattr(layer, "activation", None)
    if function is None:
        return ""
    name = str(getattr(function, "__name__", type(function).__name__))
    return "" if name == "linear" else visible(name)


def _lengths(shape: Sequence[Any]) -> tuple[int, ...]:
    """Return the shape of a sample; a length that is not known counts as 1."""
    return tuple(1 if length is None else int(length) for length in shape[1:])


def _written(shape: Iterable[Any]) -> str:
    return f"({', '.join(map(str, shape))})"


def count_numbers(weights: Iterable[Any]) -> int:
    """Return how many numbers weights hold, each weight counted once."""
    return sum(_size(w) for w in {id(w): w for w in weights}.values())


def _size(weight: Any) -> int:
    return math.prod(getattr(weight, "shape", ()))


# --- neurons of Values


def _is_neuron(thing: Any) -> bool:
    return isinstance(attribute(thing, "w"), (list, tuple)) and hasattr(thing, "b")


def _is_neuron_layer(thing: Any) -> bool:
    neurons = attribute(thing, "neurons")
    return isinstance(neurons, (list, tuple)) and bool(neurons) and all(map(_is_neuron, neurons))


def _scalar_network(name: str, stacks: Sequence[Sequence[Any]]) -> NetworkView:
    layers = []
    for number, neurons in enumerate(stacks, start=1):
        kernel = [list(neuron.w) for neuron in neurons]
        bias = [neuron.b for neuron in neurons]
        weights = [weight for row in kernel for weight in row] + bias
        activations = {_activation(neuron) for neuron in neurons}
        layers.append(
            LayerView(
                name=f"layer {number}" if name != "neuron" else "neuron",
                kind="" if len(neurons) > 1 or name != "neuron" else "Neuron",
                activation=" or ".join(sorted(activations - {""})),
                inputs=(len(kernel[0]),),
                outputs=(len(neurons),),
                shape=_written((len(neurons),)),
                weights=tuple(weights),
                trained=tuple(weights),
                kernel=kernel,
                bias=bias,
            )
        )
    return NetworkView(visible(name), _written(layers[0].inputs), tuple(layers))


# --- numbers


def read_numbers(weights: Any, gradients: bool) -> NDArray[np.object_]:
    """Return the data or the gradients of weights, None where there is no gradient yet.

    Rows of Values, one for each neuron, become a kernel: inputs by neurons.
    """
    if isinstance(weights, list):
        rows = [read_numbers(row, gradients) for row in weights]
        return np.stack(rows, axis=-1)
    datum = weights._grad if gradients else weights._datum
    found = np.full(getattr(weights, "shape", ()), None, object)
    if datum is not None:
        array = array_of(datum)
        found[...] = float(getattr(datum, "_datum", datum)) if array is None else array
    return found
