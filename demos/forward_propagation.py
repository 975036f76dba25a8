"""From inputs to a prediction: a 2-2-1 network by hand, then a network of any size.

    python -m demos.forward_propagation [--out DIR] [--inputs N] [--hidden N [N ...]]
                                        [--outputs N] [--seed S]

Every neuron does the same two things: it adds up its inputs, each times a weight, and a bias,
z = w1·x1 + w2·x2 + … + b; and it squeezes the sum between 0 and 1, a = σ(z) = 1/(1 + e⁻ᶻ).
A layer hands its activations on as the inputs of the next.  That is all of forward
propagation; what makes a network clever is in the weights.

The lesson in three parts: the network of the lab, line by line; the same as functions for any
number of layers and neurons; and a whole layer at once, as a product of a matrix.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import fill
from typing import Any

import numpy as np

from autograd import Tensor, Value, dot, name, sigmoid
from demos._page import Lesson, columns, command, run, whole_number
from demos._plots import draw_network

WEIGHTS = (0.24, 0.62, 0.78, 0.41, 0.03, 0.13)
BIASES = (0.3, 0.21, 0.06)
INPUTS = (0.5, 0.85)
SEED = 12
DRAWN = 16  # neurons in a layer that still can be told apart in a picture


# --- part 1: two inputs, two hidden neurons, one output -------------------------------------------


@dataclass
class TwoTwoOne:
    """The network of the lab with every quantity under its own name."""

    x1: Value
    x2: Value
    w1: Value
    w2: Value
    w3: Value
    w4: Value
    w5: Value
    w6: Value
    b11: Value
    b12: Value
    b2: Value
    z11: Value
    a11: Value
    z12: Value
    a12: Value
    z2: Value
    a2: Value


def two_two_one(
    inputs: Sequence[float] = INPUTS,
    weights: Sequence[float] = WEIGHTS,
    biases: Sequence[float] = BIASES,
) -> TwoTwoOne:
    """Return the network, computed forward and labelled."""
    x1, x2 = (Value(number) for number in inputs)
    w1, w2, w3, w4, w5, w6 = (Value(number) for number in weights)
    b11, b12, b2 = (Value(number) for number in biases)

    z11 = dot([w1, w2], [x1, x2], b11)  # w1·x1 + w2·x2 + b11
    a11 = sigmoid(z11)
    z12 = dot([w3, w4], [x1, x2], b12)
    a12 = sigmoid(z12)
    z2 = dot([w5, w6], [a11, a12], b2)
    a2 = sigmoid(z2)

    network = TwoTwoOne(
        x1, x2, w1, w2, w3, w4, w5, w6, b11, b12, b2, z11, a11, z12, a12, z2, a2
    )
    name(vars(network))
    return network


def by_hand(n: TwoTwoOne) -> str:
    """Write each line of the computation with its numbers."""

    def weighted(z: str, inputs: str, weights: str, bias: str) -> str:
        pairs = list(zip(weights.split(), inputs.split(), strict=True))
        symbols = " + ".join(f"{w}·{x}" for w, x in pairs)
        numbers = " + ".join(
            f"{getattr(n, w).data:g}·{getattr(n, x).data:.4g}" for w, x in pairs
        )
        line = f"{z:3} = {symbols} + {bias:3} = {numbers} + {getattr(n, bias).data:g}"
        return f"{line:63} = {getattr(n, z).data:.4f}"

    def squeezed(a: str, z: str) -> str:
        line = f"{a:3} = σ({z})"
        return f"{line:22} = 1/(1 + e^−{getattr(n, z).data:.4f})".ljust(63) + (
            f" = {getattr(n, a).data:.4f}"
        )

    return "\n".join(
        [
            weighted("z11", "x1 x2", "w1 w2", "b11"), squeezed("a11", "z11"),
            weighted("z12", "x1 x2", "w3 w4", "b12"), squeezed("a12", "z12"),
            weighted("z2", "a11 a12", "w5 w6", "b2"), squeezed("a2", "z2"),
        ]
    )  # fmt: skip


# --- part 2: any size -----------------------------------------------------------------------------


@dataclass
class Node:
    """A neuron: a weight for each of its inputs, and a bias."""

    weights: list[Value]
    bias: Value


Network = list[list[Node]]  # the layers after the inputs, the output last


def initialize_network(
    inputs: int, hidden: Sequence[int], outputs: int, random: np.random.RandomState
) -> Network:
    """Return a network with weights and biases from 0 to 1, rounded to two places."""
    network, before = [], inputs
    for number, size in enumerate([*hidden, outputs], start=1):
        layer = []
        for k in range(1, size + 1):
            weights = np.around(random.uniform(size=before), 2)
            bias = np.around(random.uniform(size=1), 2)[0]
            layer.append(
                Node(
                    [Value(w, label=f"w{number}[{k},{j}]") for j, w in enumerate(weights, 1)],
                    Value(bias, label=f"b{number}[{k}]"),
                )
            )
        network.append(layer)
        before = size
    return network


def compute_weighted_sum(inputs: Sequence[Any], node: Node) -> Value:
    """Return z = w·x + b."""
    return dot(node.weights, inputs, node.bias)


def node_activation(weighted_sum: Value) -> Value:
    """Return a = σ(z)."""
    return sigmoid(weighted_sum)


def forward_propagate(network: Network, inputs: Sequence[Any]) -> list[list[Any]]:
    """Return the activations of every layer; those of the last are the predictions."""
    layers, flowing = [], list(inputs)
    for layer in network:
        flowing = [node_activation(compute_weighted_sum(flowing, node)) for node in layer]
        layers.append(flowing)
    return layers


# --- part 3: a layer at once ----------------------------------------------------------------------


def matrices(network: Network) -> list[tuple[Tensor, Tensor]]:
    """Return each layer as a matrix W, a row for each neuron, and a vector b."""
    return [
        (
            Tensor([[w.data for w in node.weights] for node in layer], label=f"W{i}"),
            Tensor([node.bias.data for node in layer], label=f"b{i}"),
        )
        for i, layer in enumerate(network, start=1)
    ]


def forward_by_layers(layers: Sequence[tuple[Tensor, Tensor]], x: Any) -> Tensor:
    """Return σ(W·a + b), layer after layer."""
    a = x
    for W, b in layers:  # noqa: N806, the name of the field
        a = sigmoid(W @ a + b)
    return a


# --- pictures -------------------------------------------------------------------------------------


def plot_two_two_one(figure: Any, n: TwoTwoOne) -> None:
    """Draw the network as circles and arrows."""

    def node(a: str, bias: str) -> tuple[str, str]:
        return f"{a}\n{getattr(n, a).data:.3g}", f"{bias} = {getattr(n, bias).data:g}"

    draw_network(
        figure.add_subplot(),
        [
            [(f"x1\n{n.x1.data:g}", ""), (f"x2\n{n.x2.data:g}", "")],
            [node("a11", "b11"), node("a12", "b12")],
            [node("a2", "b2")],
        ],
        [[[n.w1.data, n.w2.data], [n.w3.data, n.w4.data]], [[n.w5.data, n.w6.data]]],
    )


def plot_network(
    figure: Any, network: Network, inputs: Sequence[float], layers: Sequence[Sequence[Value]]
) -> None:
    """Draw the network of any size with the activation in each circle."""
    draw_network(
        figure.add_subplot(),
        [
            [(f"{x:.2f}", "") for x in inputs],
            *([(f"{a.data:.2f}", "") for a in layer] for layer in layers),
        ],
        [[[w.data for w in node.weights] for node in layer] for layer in network],
        numbers=False,
    )


# --- the lesson -----------------------------------------------------------------------------------


def lesson(
    out: Path,
    inputs: int = 5,
    hidden: Sequence[int] = (3, 2, 3),
    outputs: int = 1,
    seed: int = SEED,
) -> None:
    """Tell the lesson and write its pictures and its page to `out`."""
    telling = Lesson(out, "From inputs to a prediction: forward propagation")

    telling.heading("1. Two inputs, two hidden neurons, one output")
    n = two_two_one()
    telling.text(
        f"The inputs x1 = {INPUTS[0]:g} and x2 = {INPUTS[1]:g} go to both hidden neurons; w1 and "
        "w2 belong to the first of them, w3 and w4 to the second, w5 and w6 to the output."
    )
    telling.terminal(
        f"weights  w1 … w6      = {', '.join(f'{w:g}' for w in WEIGHTS)}\n"
        f"biases   b11, b12, b2 = {', '.join(f'{b:g}' for b in BIASES)}"
    )
    telling.terminal(by_hand(n))
    telling.text(
        f"The output of the network for x1 = {INPUTS[0]:g} and x2 = {INPUTS[1]:g} is "
        f"{n.a2.data:.4f}."
    )
    telling.plot(
        "two_two_one",
        "The network: what a neuron says stands in its circle, its bias below, and on each "
        "arrow the weight.",
        lambda figure: plot_two_two_one(figure, n),
        size=(8.4, 3.6),
    )
    telling.text(
        "The engine keeps the whole computation as a graph, so that it can be asked for "
        "derivatives later. It reads from left to right: every box a number, every circle an "
        "operation."
    )
    caption = "The same pass as the engine's graph; w·x is the weighted sum, with bias."
    telling.diagrams((n.a2, "graph", caption), gradients=False, local_derivatives=False)

    telling.heading(f"2. Any size: {'-'.join(map(str, [inputs, *hidden, outputs]))}")
    random = np.random.RandomState(seed)
    x = [float(number) for number in np.around(random.uniform(size=inputs), 2)]
    network = initialize_network(inputs, hidden, outputs, random)
    count = sum(len(node.weights) + 1 for layer in network for node in layer)
    telling.text(
        f"Inputs, weights and biases are numbers from 0 to 1 with two places, from seed {seed}; "
        f"weights and biases together are {count}. The first hidden layer:"
    )
    telling.terminal(_listed_layer(network[0]))
    layers = forward_propagate(network, x)
    lines = [
        f"The inputs to the network are {_numbers(x, 2)}",
        *(
            f"The outputs of the nodes in hidden layer number {i} are "
            + _numbers(a.data for a in layer)
            for i, layer in enumerate(layers[:-1], start=1)
        ),
        "The predicted values by the network for the given input are "
        + _numbers(a.data for a in layers[-1]),
    ]
    telling.terminal("\n".join(fill(line, 96, subsequent_indent="    ") for line in lines))
    if max(inputs, *hidden, outputs) <= DRAWN:
        telling.plot(
            "network",
            "The network with what each neuron says. The thicker an arrow, the larger its "
            "weight.",
            lambda figure: plot_network(figure, network, x, layers),
            size=(2.2 + 2.4 * len(layers), 5.6),
        )
    else:
        telling.leave_out(f"the drawing of a layer of more than {DRAWN} neurons")
    low, high = (
        forward_propagate(network, [number] * inputs)[-1][0].data for number in (0.0, 1.0)
    )
    telling.text(
        f"With all inputs 0 {'the' if outputs == 1 else 'the first'} output is {low:.4f}, with all "
        f"inputs 1 it is {high:.4f}. Weights drawn at random know nothing; and as all of these "
        "are positive, the sums are large and land where σ is flat, so that the inputs matter "
        "little. To learn, a network begins with weights on both sides of 0, and changes them: "
        "python -m demos.backpropagation"
    )

    telling.heading("3. A layer at once")
    telling.text(
        "The weights of a layer are the rows of a matrix W, its biases a vector b. The whole "
        "layer is then one line, a = σ(W·a + b), and it is the same numbers:"
    )
    shapes = matrices(network)
    predicted = forward_by_layers(shapes, np.array(x)).data
    telling.table(
        ["layer", "shape of W", "shape of b"],
        [[str(i), str(W.shape), str(b.shape)] for i, (W, b) in enumerate(shapes, start=1)],
    )
    difference = max(
        abs(a.data - float(p)) for a, p in zip(layers[-1], predicted, strict=True)
    )
    telling.table(
        ["output", "neuron by neuron", "layer by layer"],
        [
            [str(k), f"{a.data:.12f}", f"{float(p):.12f}"]
            for k, (a, p) in enumerate(zip(layers[-1], predicted, strict=True), start=1)
        ],
    )
    telling.text(f"The largest difference is {difference:.1e}.")
    telling.close()


def _numbers(numbers: Any, places: int = 4) -> str:
    texts = [f"{number:.{places}f}" for number in numbers]
    if len(texts) > 10:
        texts = [*texts[:5], "…", *texts[-2:]]
    return "[" + ", ".join(texts) + "]"


def _listed_layer(layer: Sequence[Node]) -> str:
    rows = [
        [f"node {k}", _numbers((w.data for w in node.weights), 2), f"{node.bias.data:.2f}"]
        for k, node in enumerate(layer, start=1)
    ]
    if len(rows) > 10:
        rows = [*rows[:5], ["…", "…", "…"], *rows[-2:]]
    return columns(["", "weights", "bias"], rows)


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line and run the lesson."""
    parser = command("forward_propagation", __doc__)
    parser.add_argument(
        "--inputs", type=whole_number, default=5, metavar="N",
        help="inputs of the network of part 2 (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--hidden", type=whole_number, nargs="+", default=[3, 2, 3], metavar="N",
        help="neurons in each of its hidden layers (default: 3 2 3)",
    )  # fmt: skip
    parser.add_argument(
        "--outputs", type=whole_number, default=1, metavar="N",
        help="its outputs (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--seed", type=whole_number, default=SEED, metavar="S",
        help="of its inputs and weights (default: %(default)s)",
    )  # fmt: skip
    options = parser.parse_args(arguments)
    for option, sizes in (
        ("--inputs", [options.inputs]),
        ("--hidden", options.hidden),
        ("--outputs", [options.outputs]),
    ):
        for size in sizes:
            if not 1 <= size <= 200:
                parser.error(f"{option} {size}: a layer has 1 to 200 neurons")
    if len(options.hidden) > 10:
        parser.error(f"--hidden: {len(options.hidden)} layers; at most 10 are shown")
    if not 0 <= options.seed < 2**32:
        parser.error(f"--seed {options.seed}: a seed is a whole number from 0 to 4294967295")
    return run(
        parser, options.out,
        lambda out: lesson(
            out, options.inputs, options.hidden, options.outputs, options.seed
        ),
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
