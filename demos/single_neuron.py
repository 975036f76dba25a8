"""A single neuron: one input, three inputs, a whole table; its weights before and after training.

    python -m demos.single_neuron [--out DIR] [--csv PATH] [--column NAME] [--epochs N]

A linear unit multiplies each input with a weight and adds a bias:

    y = w0·x0 + w1·x1 + ... + b

By default the inputs are measurements of 442 diabetes patients.  With --csv any table of
numbers whose last column is to be predicted: the red wines of the course, for instance.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import nn as keras
from demos._data import Array, Table, diabetes, standardised
from demos._learning import add_csv, add_epochs, begin, check_epochs, listing, table
from demos._page import command, run
from demos._plots import BLACK, BLUE, GREY, VERMILION, label_text, style
from nn import layers
from nn.naming import reset_names

EPOCHS = 40
SEEDS = range(6)


def linear_unit(inputs: int) -> keras.Sequential:
    return keras.Sequential([
        layers.Dense(units=1, input_shape=[inputs]),
    ])  # fmt: skip


def train(model: keras.Sequential, x: Array, y: Array, epochs: int) -> Any:
    model.compile(optimizer="sgd", loss="mse")
    return model.fit(x, y, epochs=epochs, verbose=0)


def least_squares(x: Array, y: Array) -> Array:
    """Return the weights and, last, the bias of the best linear unit, by linear algebra."""
    return np.linalg.lstsq(np.column_stack([x, np.ones(len(x))]), y, rcond=None)[0]


def mean_absolute_error(model: keras.Sequential, x: Array, y: Array) -> float:
    """Return by how much the predictions are off on average."""
    return float(np.abs(model.predict(x, verbose=0)[:, 0] - y).mean())


def clearest_column(data: Table) -> int:
    """Return which column goes most nearly in a straight line with the target."""
    return int(np.argmax(np.abs(standardised(data.x).T @ standardised(data.y))))


# --- pictures -------------------------------------------------------------------------------------


def plot_untrained(figure: Any) -> None:
    """Draw the line of a linear unit for several random weights."""
    x = np.linspace(-1.0, 1.0, 100)
    cells = figure.subplots(2, 3, sharex=True, sharey=True)
    for axes, seed in zip(cells.flat, SEEDS, strict=True):
        keras.utils.set_random_seed(seed)
        model = linear_unit(1)
        w, b = model.get_weights()
        axes.axhline(0, color=GREY, linewidth=0.8)
        axes.axvline(0, color=GREY, linewidth=0.8)
        axes.plot(x, model.predict(x, verbose=0)[:, 0], color=BLUE, linewidth=2)
        axes.set(xlim=(-1, 1), ylim=(-2, 2), title=f"weight {w[0, 0]:.2f}, bias {b[0]:.2f}")
        axes.title.set_fontsize(12)
    figure.supxlabel("input x", fontsize=12)
    figure.supylabel("output y", fontsize=12)


def plot_line(figure: Any, data: Table, column: int, before: Array, after: Array) -> None:
    """Draw one column against the target, and the unit before and after training."""
    axes = figure.add_subplot()
    x = standardised(data.x)[:, column]
    ends = np.array([x.min(), x.max()])
    axes.scatter(x, data.y, s=14, color=GREY, alpha=0.6, linewidth=0, label="data")
    for (w, b), color, line, label in (
        (before, VERMILION, "--", "untrained"), (after, BLUE, "-", "trained"),
    ):  # fmt: skip
        axes.plot(
            ends, w * ends + b, color=color, linestyle=line, linewidth=2.5,
            label=f"{label}: y = {w:.2f} x {'−' if b < 0 else '+'} {abs(b):.2f}",
        )  # fmt: skip
    name = label_text(data.columns[column])
    axes.set(xlabel=f"{name} (standardised)", ylabel=label_text(data.target))
    axes.grid(alpha=0.3)
    figure.legend(loc="outside upper center", ncols=3, fontsize=11)


def plot_weights(figure: Any, data: Table, weights: Array) -> None:
    """Draw the weight of each column."""
    axes = figure.add_subplot()
    order = np.argsort(np.abs(weights))
    colors = [BLUE if w >= 0 else VERMILION for w in weights[order]]
    bars = axes.barh([label_text(data.columns[i]) for i in order], weights[order], color=colors)
    for bar, w in zip(bars, weights[order], strict=True):
        bar.set_hatch("" if w >= 0 else "//")
        bar.set_edgecolor("white")
    axes.axvline(0, color=BLACK, linewidth=1)
    target = label_text(data.target)
    axes.set(xlabel=f"weight: what one standard deviation more does to {target}")
    axes.grid(axis="x", alpha=0.3)


def plot_loss(figure: Any, one: Sequence[float], every: Sequence[float], name: str) -> None:
    """Draw the loss by epoch of the unit with one input and of that with all."""
    axes = figure.add_subplot()
    alone = f"{label_text(name)} alone"
    for i, (losses, label) in enumerate(((one, alone), (every, "all columns"))):
        axes.plot(range(1, len(losses) + 1), losses, **style(i), linewidth=2, label=label)
    axes.set(xlabel="epoch", ylabel="loss: mean squared error", yscale="log")
    axes.grid(alpha=0.3, which="both")
    axes.legend()


# --- the lesson -----------------------------------------------------------------------------------


def lesson(out: Path, data: Table, column: int, epochs: int = EPOCHS) -> None:
    """Tell the lesson and write its pictures and its page to `out`."""
    telling = begin(out, "A single neuron")
    x, name = standardised(data.x), data.columns[column]

    telling.heading("1. One input")
    telling.text("The linear unit y = w·x + b is a model of one layer with one unit:")
    listing(telling, linear_unit)
    keras.utils.set_random_seed(0)
    model = linear_unit(1)
    w, b = model.weights
    telling.terminal(f"w, b = model.weights\n\nw = {w}\nb = {b}")
    telling.text(
        "Nobody has trained it. The weight is random, drawn between −√3 and √3 (Glorot's rule "
        "for one input and one output), and the bias is 0, so that each untrained unit is a "
        "line through the origin. With another seed it is another line:"
    )
    telling.plot(
        "untrained", "Six untrained linear units: six random slopes, and no bias yet.",
        plot_untrained, size=(9.6, 5.6),
    )  # fmt: skip

    some = _three(column, len(data.columns))
    telling.heading(f"2. {_count(len(some))}")
    names = ", ".join(data.columns[i] for i in some)
    telling.text(
        f"Each input has a weight of its own. With {names} as inputs, input_shape=[{len(some)}], "
        f"the weights are a column of {len(some)} numbers; there is still one bias."
    )
    reset_names()
    keras.utils.set_random_seed(0)
    model = linear_unit(len(some))
    kernel, bias = (each.astype(float) for each in model.get_weights())
    row = x[0, some]
    telling.table(
        ["input", "x, first row", "weight", "x · weight"],
        [
            [data.columns[i], f"{v:+.4f}", f"{w:+.4f}", f"{v * w:+.4f}"]
            for i, v, w in zip(some, row, kernel[:, 0], strict=True)
        ],
    )
    by_hand = float(row @ kernel[:, 0] + bias[0])
    telling.text(
        f"The sum of the last column and the bias {bias[0]:.4f} is {by_hand:+.4f}; "
        f"model.predict gives {model.predict(row[None], verbose=0)[0, 0]:+.4f}."
    )
    telling.diagrams(
        (
            model.scalars(row[None])[0, 0], "neuron",
            "The same neuron as the engine sees it: a multiplication for each weight, and sums.",
        ),
    )  # fmt: skip

    telling.heading(f"3. A table: {data.name}")
    telling.text(
        f"{len(data)} rows, {len(data.columns)} columns to predict {data.target} from: "
        f"input_shape=[{len(data.columns)}]. ({data.source}.)"
    )
    telling.text("Columns: " + ", ".join(data.columns) + ".")
    keras.utils.set_random_seed(0)
    model = linear_unit(len(data.columns))
    w, b = model.weights
    telling.terminal(f"Weights {w.shape}\n{w}\n\nBias {b.shape}\n{b}")

    telling.heading("4. Training finds the weights")
    telling.text(
        "Every column is first standardised, less its mean and divided by its standard "
        "deviation. Then stochastic gradient descent, which a later lesson looks into, lowers "
        f"the mean squared error for {epochs} epochs, once with {name} alone and once with all "
        "columns:"
    )
    listing(telling, train)
    keras.utils.set_random_seed(0)
    one = linear_unit(1)
    before = _line(one)
    one_loss = train(one, x[:, column], data.y, epochs).history["loss"]
    keras.utils.set_random_seed(0)
    every = linear_unit(len(data.columns))
    every_loss = train(every, x, data.y, epochs).history["loss"]
    best_one, best = least_squares(x[:, [column]], data.y), least_squares(x, data.y)
    middle = float(np.abs(data.y - np.median(data.y)).mean())
    telling.table(
        ["", "parameters", "mean absolute error", "by least squares"],
        [
            ["always the median", "1", f"{middle:.3f}", ""],
            [
                f"{name} alone", str(one.count_params()),
                f"{mean_absolute_error(one, x[:, column], data.y):.3f}",
                f"{np.abs(x[:, [column]] @ best_one[:-1] + best_one[-1] - data.y).mean():.3f}",
            ],
            [
                "all columns", str(every.count_params()),
                f"{mean_absolute_error(every, x, data.y):.3f}",
                f"{np.abs(x @ best[:-1] + best[-1] - data.y).mean():.3f}",
            ],
        ],
    )  # fmt: skip
    telling.text(
        "Least squares is the formula that gives the weights of the smallest squared error at "
        "once. It exists for a linear unit, and for no deeper network. The errors are measured "
        "on the rows that were trained on."
    )
    telling.plot(
        "line", f"{data.target} against {name}: the unit before and after training.",
        lambda figure: plot_line(figure, data, column, before, _line(one)),
    )  # fmt: skip
    telling.plot(
        "loss", "The loss after each epoch. More inputs leave less error.",
        lambda figure: plot_loss(figure, one_loss, every_loss, name),
    )  # fmt: skip
    telling.plot(
        "weights",
        "The weights of the unit with all columns. Columns that say nearly the same share the "
        "credit as it happens: such weights are no ranking of causes.",
        lambda figure: plot_weights(figure, data, every.get_weights()[0][:, 0]),
        size=(8.4, 1.4 + 0.33 * len(data.columns)),
    )
    telling.close()


def _line(model: keras.Sequential) -> Array:
    kernel, bias = model.get_weights()
    return np.array([kernel[0, 0], bias[0]])


def _three(column: int, count: int) -> list[int]:
    """Return three columns, or as many as there are, and this one among them."""
    return sorted([column, *(i for i in range(count) if i != column)][:3])


def _count(inputs: int) -> str:
    return {1: "One input of the table", 2: "Two inputs"}.get(inputs, "Three inputs")


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line and run the lesson."""
    parser = command("single_neuron", __doc__)
    add_csv(parser, "diabetes")
    parser.add_argument(
        "--column", metavar="NAME",
        help="the column of the picture (default: the one that is nearest to a straight line)",
    )  # fmt: skip
    add_epochs(parser, EPOCHS)
    options = parser.parse_args(arguments)
    check_epochs(parser, options.epochs)
    data = table(parser, options.csv, diabetes)
    if options.column is None:
        column = clearest_column(data)
    elif options.column in data.columns:
        column = data.columns.index(options.column)
    else:
        parser.error(f"--column {options.column}: there are {', '.join(data.columns)}")
    return run(parser, options.out, lambda out: lesson(out, data, column, options.epochs))


if __name__ == "__main__":
    sys.exit(main())
