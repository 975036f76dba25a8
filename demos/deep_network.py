"""A deep network: layers on layers, and why there is an activation between them.

    python -m demos.deep_network [--out DIR] [--csv PATH]

A layer of linear units feeds the next one.  Without an activation in between, the stack is
no more than one layer; with one, each layer can bend what it is given.  The last network of
the lesson has three hidden layers of 512 units, as the course builds it for its concrete
(`--csv` with that table of eight columns and the strength); by default it takes the ten
columns of the diabetes data.  Nothing is trained here: that is the next lesson.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import nn as keras
from demos._data import Array, Table, diabetes, standardised
from demos._learning import add_csv, begin, listing, table
from demos._page import command, run
from demos._plots import GREY, draw_network, style
from nn import layers
from nn.naming import reset_names

ACTIVATIONS = ("relu", "elu", "selu", "swish")


def small_network() -> keras.Sequential:
    return keras.Sequential([
        # the hidden ReLU layers
        layers.Dense(units=4, activation="relu", input_shape=[2]),
        layers.Dense(units=3, activation="relu"),
        # the linear output layer
        layers.Dense(units=1),
    ])  # fmt: skip


def apart(columns: int) -> keras.Sequential:
    return keras.Sequential([
        layers.Dense(32, input_shape=[columns]),
        layers.Activation("relu"),
        layers.Dense(32),
        layers.Activation("relu"),
        layers.Dense(1),
    ])  # fmt: skip


def together(columns: int) -> keras.Sequential:
    return keras.Sequential([
        layers.Dense(32, activation="relu", input_shape=[columns]),
        layers.Dense(32, activation="relu"),
        layers.Dense(1),
    ])  # fmt: skip


def large_network(columns: int) -> keras.Sequential:
    return keras.Sequential([
        layers.Dense(512, activation="relu", input_shape=[columns]),
        layers.Dense(512, activation="relu"),
        layers.Dense(512, activation="relu"),
        layers.Dense(1),
    ])  # fmt: skip


def two_layers(activation: str | None) -> keras.Sequential:
    """Return one input, eight hidden units with random biases, one output."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential([
        layers.Dense(8, activation=activation, bias_initializer="random_normal", input_shape=[1]),
        layers.Dense(1),
    ])  # fmt: skip
    kernel, _, *rest = model.get_weights()
    model.set_weights([kernel, np.linspace(-1, 1, 8), *rest])
    return model


def collapsed(model: keras.Sequential) -> tuple[float, float]:
    """Return weight and bias of the one linear unit that two layers without activation are."""
    kernel, bias, last_kernel, last_bias = model.get_weights()
    return float((kernel @ last_kernel)[0, 0]), float((bias @ last_kernel + last_bias)[0])


# --- pictures -------------------------------------------------------------------------------------


def plot_stacks(figure: Any) -> None:
    """Draw the output of two layers without and with an activation in between."""
    x = np.linspace(-2.0, 2.0, 201)
    cells = figure.subplots(1, 2, sharey=True)
    for i, (axes, activation) in enumerate(zip(cells, (None, "relu"), strict=True)):
        axes.plot(x, two_layers(activation).predict(x, verbose=0)[:, 0], linewidth=2.5, **style(i))
        axes.set(
            xlabel="input x", title="with relu: bends" if activation else "linear: a line again"
        )
        axes.title.set_fontsize(12)
        axes.grid(alpha=0.3)
    cells[0].set_ylabel("output y")


def plot_network(figure: Any, model: keras.Sequential, point: Array) -> None:
    """Draw the small network with all its weights."""
    names = [[("x0", f"{point[0]:.2f}"), ("x1", f"{point[1]:.2f}")]]
    value: Any = point[None].astype(np.float32)
    weights = []
    for layer in model.layers:
        value = layer(value)
        inside = "relu" if layer.activation.__name__ == "relu" else "Σ"
        names.append([(inside, f"{v:.2f}") for v in value.data[0]])
        weights.append(layer.get_weights()[0].T.tolist())
    axes = figure.add_subplot()
    draw_network(axes, names, weights, numbers=False)


def plot_activations(figure: Any) -> None:
    """Draw four activations, each as a layer is called."""
    x = np.linspace(-3.0, 3.0, 121, dtype=np.float32)
    cells = figure.subplots(2, 2, sharex=True, sharey=True)
    for i, (axes, name) in enumerate(zip(cells.flat, ACTIVATIONS, strict=True)):
        activation_layer = layers.Activation(name)
        y = activation_layer(x)  # a layer is called like a function
        axes.axhline(0, color=GREY, linewidth=0.8)
        axes.axvline(0, color=GREY, linewidth=0.8)
        axes.plot(x, np.asarray(getattr(y, "data", y)), linewidth=2.5, **style(i))
        axes.set(title=name, xlim=(-3, 3), ylim=(-2.2, 3.3))
        axes.grid(alpha=0.3)
    figure.supxlabel("input", fontsize=12)
    figure.supylabel("output", fontsize=12)


# --- the lesson -----------------------------------------------------------------------------------


def lesson(out: Path, data: Table) -> None:
    """Tell the lesson and write its pictures and its page to `out`."""
    telling = begin(out, "A deep network: stacking layers")
    columns = len(data.columns)

    telling.heading("1. Layers on layers")
    telling.text("Sequential connects layers in the order of the list: two inputs, one output.")
    listing(telling, small_network)
    keras.utils.set_random_seed(0)
    model = small_network()
    model.summary(print_fn=telling.terminal, line_length=72)
    telling.text(
        "Each unit has a weight for each of its inputs, and a bias, so a layer has "
        "inputs · units + units parameters. None in a shape stands for the number of samples."
    )
    rows, here = [["input", "(None, 2)", ""]], 2
    for layer in model.layers:
        rows.append(
            [layer.name, f"(None, {layer.units})", f"{here}·{layer.units} + {layer.units} = "
             f"{layer.count_params()}"]
        )  # fmt: skip
        here = layer.units
    telling.table(["layer", "output shape", "parameters"], rows)
    telling.plot(
        "network",
        "The network with its untrained weights, and the outputs of its units below them: a "
        "solid blue arrow is a positive weight, a dashed one negative, a thick one large.",
        lambda figure: plot_network(figure, model, np.array([0.8, 0.5])),
        size=(8.4, 5.4),
    )

    telling.heading("2. Why an activation?")
    w, b = collapsed(two_layers(None))
    x = np.linspace(-2.0, 2.0, 9)
    linear = two_layers(None).predict(x, verbose=0)[:, 0]
    bent = two_layers("relu").predict(x, verbose=0)[:, 0]
    # a straight line has no second differences
    curved = float(np.abs(np.diff(bent, 2)).max())
    straight = bool(np.abs(linear - (w * x + b)).max() < 1e-5)
    telling.text(
        "Eight linear units and one more on top of them are a sum of sums, again a linear unit: "
        f"here y = {w:.4f}·x {'−' if b < 0 else '+'} {abs(b):.4f}, the product of the two layers' "
        f"weights. Is the output of the stack this line to 5 digits? {'Yes' if straight else 'No'}."
    )
    telling.text(
        "With relu, max(0, x), after each hidden unit the same weights give a line with bends: "
        f"its slope changes by up to {curved / (x[1] - x[0]):.3f} from one point to the next, in "
        "place of 0."
    )
    telling.plot(
        "stacks", "Two layers with the same weights, without and with relu between them.",
        plot_stacks, size=(9.0, 4.2),
    )  # fmt: skip

    telling.heading("3. The activation as a layer of its own")
    telling.text(
        "layers.Activation puts it apart, which is needed when something else shall stand "
        "between a layer and its activation. It has no parameters."
    )
    listing(telling, apart, together)
    keras.utils.set_random_seed(0)
    first, second = apart(columns), together(columns)
    second.set_weights(first.get_weights())
    inputs = standardised(data.x)
    difference = np.abs(first.predict(inputs, verbose=0) - second.predict(inputs, verbose=0)).max()
    telling.text(
        f"With the same weights, the largest difference of their outputs over {len(data)} rows "
        f"is {difference:g}."
    )

    telling.heading("4. Other activations")
    telling.table(
        ["activation", *(f"at {each:g}" for each in (-3, -1, 0, 1, 3))],
        [
            [name, *(f"{float(v):.4f}" for v in _values(name, [-3, -1, 0, 1, 3]))]
            for name in ACTIVATIONS
        ],
    )
    telling.plot(
        "activations",
        "relu is 0 on the left. elu and selu go on below 0, to a floor; swish dips and returns.",
        plot_activations, size=(8.4, 6.4),
    )  # fmt: skip

    telling.heading(f"5. A large one for {data.name}")
    telling.text(
        f"{columns} columns, {len(data)} rows ({data.source}), and three hidden layers of 512:"
    )
    listing(telling, large_network)
    reset_names()  # as in a program of its own
    keras.utils.set_random_seed(0)
    large = large_network(columns)
    large.summary(print_fn=telling.terminal, line_length=72)
    telling.text(
        f"{large.count_params():,} parameters for {len(data)} rows: more than enough to learn "
        "every row by heart. Before training, its predictions have nothing to do with "
        f"{data.target}:"
    )
    guesses = large.predict(inputs[:4], verbose=0)[:, 0]
    telling.table(
        ["row", "untrained prediction", data.target],
        [[str(i + 1), f"{guesses[i]:.3f}", f"{data.y[i]:g}"] for i in range(4)],
    )
    telling.diagrams(
        (
            large(inputs[:1].astype(np.float32)), "large",
            "The large network as the engine sees it, for one row: each step is one array.",
        ),
        direction="TB",
    )  # fmt: skip
    telling.close()


def _values(name: str, at: Sequence[float]) -> Array:
    y = layers.Activation(name)(np.array(at, dtype=np.float32))
    return np.asarray(getattr(y, "data", y))


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line and run the lesson."""
    parser = command("deep_network", __doc__)
    add_csv(parser, "diabetes")
    options = parser.parse_args(arguments)
    data = table(parser, options.csv, diabetes)
    return run(parser, options.out, lambda out: lesson(out, data))


if __name__ == "__main__":
    sys.exit(main())
