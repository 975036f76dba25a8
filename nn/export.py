"""Models for other runtimes: ONNX, which onnxruntime, browsers and phones execute.

>>> from nn import layers, models
>>> model = models.Sequential([layers.Input(shape=(2,)), layers.Dense(1, activation="relu")])
>>> onnx(model, "small.onnx")  # doctest: +SKIP
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd.atomic import replacing
from autograd.formatting import shown
from nn import activations, layers
from nn.layers.layer import Layer
from nn.models.sequential import Sequential

__all__ = ["onnx"]

Array = NDArray[Any]

OPSET = 17
"""The version of the operators: understood by every runtime since 2022."""


def onnx(model: Any, path: str | Path, overwrite: bool = True) -> None:
    """Write a Sequential as an ONNX model in float32, with a batch of any size.

    Dropout is left out and BatchNormalization uses its running averages: what is written is
    the model that `predict` computes, and its results agree to 1e-5.  The input is called
    "input", the output "output".  The file is checked by onnx and written whole or not at all.

    Args:
        model: a Sequential that is built, of the layers that `nn` has.
        path: the file's name, "model.onnx" for instance.
        overwrite: whether a file of that name may be replaced.

    Raises:
        TypeError: something else than a Sequential.
        ValueError: it is not built, or has a layer or an activation that ONNX cannot be told.
        FileExistsError: there is a file, and it is not to be overwritten.
        ImportError: onnx is not installed.
    """
    library = _library()
    if not _is_sequential(model):
        why = ": what a call computes is Python, which ONNX cannot be told"
        raise TypeError(
            f"onnx takes a Sequential, not {shown(model)}{why if isinstance(model, Layer) else ''}"
        )
    if not model.built or model.input_shape is None or model.output_shape is None:
        raise ValueError(
            f"{model.name} is not built, and the shape of its input not known: put "
            "Input(shape=(features,)) first, or call it with data"
        )
    graph = _Graph(library)
    result = graph.stack(model, "input")
    graph.add("Identity", [result], output="output")
    float32 = library.TensorProto.FLOAT
    described = library.helper.make_model(
        library.helper.make_graph(
            graph.nodes,
            model.name,
            [library.helper.make_tensor_value_info("input", float32, _axes(model.input_shape))],
            [library.helper.make_tensor_value_info("output", float32, _axes(model.output_shape))],
            graph.initializers,
        ),
        producer_name="chainrule",
        opset_imports=[library.helper.make_opsetid("", OPSET)],
        ir_version=8,
    )
    library.checker.check_model(described, full_check=True)
    with replacing(path, overwrite) as file:
        file.write(described.SerializeToString(deterministic=True))


class _Graph:
    """ONNX's nodes and constants, as they are put together."""

    def __init__(self, library: Any) -> None:
        self.library = library
        self.nodes: list[Any] = []
        self.initializers: list[Any] = []

    def add(self, operator: str, inputs: Sequence[str], output: str = "", **attributes: Any) -> str:
        """Append an operation and return the name of its result."""
        output = output or f"{operator.lower()}_{len(self.nodes)}"
        self.nodes.append(
            self.library.helper.make_node(operator, list(inputs), [output], **attributes)
        )
        return output

    def constant(self, numbers: Any, name: str = "") -> str:
        """Add numbers in float32 and return their name."""
        name = f"{name or 'constant'}_{len(self.initializers)}"
        array = np.array(numbers, np.float32)
        self.initializers.append(self.library.numpy_helper.from_array(array, name))
        return name

    def stack(self, model: Any, x: str) -> str:
        """Append all layers of a Sequential."""
        for layer in model.layers:
            if _is_sequential(layer):
                x = self.stack(layer, x)
                continue
            write = _LAYERS.get(type(layer))
            if write is None:
                known = ", ".join(kind.__name__ for kind in _LAYERS)
                raise ValueError(
                    f"{layer.name} is a {type(layer).__name__}, which onnx does not export: "
                    f"it knows {known}"
                )
            x = write(self, layer, x)
        return x


# --- layers -----------------------------------------------------------------------------------


def _dense(graph: _Graph, layer: Any, x: str) -> str:
    x = graph.add("MatMul", [x, graph.constant(layer.kernel.numpy(), f"{layer.name}/kernel")])
    if layer.bias is not None:
        x = graph.add("Add", [x, graph.constant(layer.bias.numpy(), f"{layer.name}/bias")])
    return _activation(graph, layer, x)


def _normalization(graph: _Graph, layer: Any, x: str) -> str:
    shape = [1] * len(layer.input_shape)
    shape[layer.axis] = -1

    def numbers(array: Array, name: str) -> str:
        return graph.constant(array.reshape(shape), f"{layer.name}/{name}")

    # not folded into one factor and one summand, which loses digits where means are large
    factor = 1.0 / np.sqrt(layer.moving_variance.numpy() + layer.epsilon)
    if layer.gamma is not None:
        factor = factor * layer.gamma.numpy()
    x = graph.add("Sub", [x, numbers(layer.moving_mean.numpy(), "mean")])
    x = graph.add("Mul", [x, numbers(factor, "factor")])
    return x if layer.beta is None else graph.add("Add", [x, numbers(layer.beta.numpy(), "beta")])


def _nothing(graph: _Graph, layer: Any, x: str) -> str:
    return x


def _flatten(graph: _Graph, layer: Any, x: str) -> str:
    return graph.add("Flatten", [x], axis=1)


def _activation(graph: _Graph, layer: Any, x: str) -> str:
    for function, write in _ACTIVATIONS.items():
        if layer.activation is function:
            return write(graph, x)
    name = getattr(layer.activation, "__name__", repr(layer.activation))
    known = ", ".join(function.__name__ for function in _ACTIVATIONS)
    raise ValueError(
        f"{layer.name} has the activation {name}, which onnx does not export: it knows {known}"
    )


_LAYERS: dict[type, Callable[[_Graph, Any, str], str]] = {
    layers.Dense: _dense,
    layers.Activation: _activation,
    layers.Dropout: _nothing,
    layers.BatchNormalization: _normalization,
    layers.Flatten: _flatten,
    layers.InputLayer: _nothing,
}


# --- activations ------------------------------------------------------------------------------


def _operator(name: str, **attributes: Any) -> Callable[[_Graph, str], str]:
    return lambda graph, x: graph.add(name, [x], **attributes)


def _silu(graph: _Graph, x: str) -> str:
    return graph.add("Mul", [x, graph.add("Sigmoid", [x])])


def _gelu(graph: _Graph, x: str) -> str:
    # x/2 (1 + erf(x / √2)); ONNX has an operator of its own only from version 20 on
    shifted = graph.add("Mul", [x, graph.constant(0.5**0.5)])
    twice = graph.add("Add", [graph.add("Erf", [shifted]), graph.constant(1.0)])
    return graph.add("Mul", [graph.add("Mul", [x, graph.constant(0.5)]), twice])


def _step(graph: _Graph, x: str) -> str:
    above = graph.add("GreaterOrEqual", [x, graph.constant(0.0)])
    return graph.add("Cast", [above], to=graph.library.TensorProto.FLOAT)


_ACTIVATIONS: dict[Any, Callable[[_Graph, str], str]] = {
    activations.linear: lambda graph, x: x,
    activations.relu: _operator("Relu"),
    # alpha is the function's own default, read from the function
    activations.leaky_relu: _operator("LeakyRelu", alpha=-float(activations.leaky_relu(-1.0))),
    activations.elu: _operator("Elu", alpha=1.0),
    activations.selu: _operator(
        "Selu",
        gamma=float(activations.selu(1.0)),
        alpha=-float(activations.selu(-1000.0)) / float(activations.selu(1.0)),
    ),
    activations.sigmoid: _operator("Sigmoid"),
    activations.tanh: _operator("Tanh"),
    activations.softplus: _operator("Softplus"),
    activations.softmax: _operator("Softmax", axis=-1),
    activations.log_softmax: _operator("LogSoftmax", axis=-1),
    activations.silu: _silu,
    activations.gelu: _gelu,
    activations.step: _step,
}


def _is_sequential(model: Any) -> bool:
    return isinstance(model, Sequential) and type(model).call is Sequential.call


def _axes(shape: Sequence[int | None]) -> list[int | str]:
    return [
        ("batch" if axis == 0 else f"length_{axis}") if n is None or axis == 0 else n
        for axis, n in enumerate(shape)
    ]


def _library() -> Any:
    try:
        import onnx
        import onnx.checker
        import onnx.helper
        import onnx.numpy_helper
    except ImportError as error:
        raise ImportError("onnx is needed for this: pip install 'chainrule[onnx]'") from error
    return onnx
