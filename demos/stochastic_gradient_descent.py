"""Stochastic gradient descent: a line that is fitted batch by batch, animated; then a network.

    python -m demos.stochastic_gradient_descent [--out DIR] [--csv PATH] [--epochs N]

One step of training:

    1. take a few rows, a batch;
    2. predict, and measure the loss;
    3. move the weights against the gradient of the loss, learning rate × gradient far.

The learning rate and the size of the batch decide how a training goes; six settings are shown
side by side.  By default the diabetes data; the course has a table of cars and their fuel
economy, and any table of numbers is taken by --csv.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

import nn as keras
from autograd.atomic import replacing
from demos import _plots
from demos._data import Array, Table, diabetes, standardised
from demos._learning import add_csv, add_epochs, begin, check_epochs, listing, table
from demos._page import Lesson, command, run
from demos._plots import BLACK, BLUE, GREY, VERMILION, label_text, style
from nn import layers

EPOCHS = 200
STEPS = 40
SETTINGS = ((0.05, 32), (0.05, 2), (0.05, 128), (0.02, 32), (0.2, 32), (1.1, 32))
START = (-1.2, 1.5)  # weight and bias before the first step, far from any solution
SHOWN = (*range(13), *range(14, STEPS, 2), STEPS)  # the steps that are frames


@dataclass
class Fit:
    """The weight, the bias and the loss over all rows before each step and after the last."""

    rate: float
    size: int
    w: list[float]
    b: list[float]
    loss: list[float]
    batches: list[Array]  # the rows of each step
    best: float  # the loss of the best line

    @property
    def name(self) -> str:
        """What the pictures call it."""
        return f"rate {self.rate:g}, batch {self.size}"

    @property
    def verdict(self) -> str:
        """How it went, in a few words."""
        late = np.array(self.loss[-10:])
        if late[-1] > self.loss[0]:
            return "diverges"
        if late.mean() > 1.1 * self.best:
            return "not there yet"
        return "arrives, trembling" if np.ptp(late) > 0.02 * self.best else "arrives"


def batches(rows: int, size: int, seed: int = 0) -> Iterator[Array]:
    """Yield the numbers of the rows of each batch, in a new order in each epoch."""
    generator = np.random.default_rng(seed)
    while True:
        order = generator.permutation(rows)
        for start in range(0, rows - size + 1, size):
            yield order[start : start + size]


def fit_line(x: Array, y: Array, rate: float, size: int, steps: int = STEPS) -> Fit:
    """Fit y = w·x + b with `steps` steps, written as a loop of one's own."""
    model = keras.Sequential([layers.Dense(1, input_shape=[1])])
    model.compile(optimizer=keras.optimizers.SGD(learning_rate=rate), loss="mse")
    model.set_weights([np.array([[START[0]]]), np.array([START[1]])])
    size = min(size, len(x))
    drawn = list(islice(batches(len(x), size), steps))
    best = float(np.mean(y**2) - np.mean(x * y) ** 2)  # both standardised
    fit = Fit(rate, size, [], [], [], drawn, best)
    _record(fit, model, x, y)
    for rows in fit.batches:
        model.train_on_batch(x[rows], y[rows])
        _record(fit, model, x, y)
    return fit


def _record(fit: Fit, model: keras.Sequential, x: Array, y: Array) -> None:
    kernel, bias = model.get_weights()
    fit.w.append(float(kernel[0, 0]))
    fit.b.append(float(bias[0]))
    fit.loss.append(float(np.mean((y - fit.w[-1] * x - fit.b[-1]) ** 2)))


def network(columns: int) -> keras.Sequential:
    model = keras.Sequential([
        layers.Dense(128, activation="relu", input_shape=[columns]),
        layers.Dense(128, activation="relu"),
        layers.Dense(64, activation="relu"),
        layers.Dense(1),
    ])  # fmt: skip
    model.compile(optimizer="adam", loss="mae")
    return model


# --- pictures -------------------------------------------------------------------------------------


def _line_panels(figure: Any, x: Array, y: Array, fits: Sequence[Fit]) -> list[Any]:
    """Draw the data once for each setting, and return the axes."""
    cells = list(figure.subplots(2, 3, sharex=True, sharey=True).flat)
    for axes, fit in zip(cells, fits, strict=True):
        axes.scatter(x, y, s=7, color=GREY, alpha=0.45, linewidth=0)
        axes.set(xlim=(x.min() - 0.2, x.max() + 0.2), ylim=(-4.5, 5.0), title=fit.name)
        axes.title.set_fontsize(12)
    return cells


def plot_lines(figure: Any, x: Array, y: Array, fits: Sequence[Fit], names: Sequence[str]) -> None:
    """Draw the line of each setting after some of the steps."""
    ends = np.array([x.min(), x.max()])
    for axes, fit in zip(_line_panels(figure, x, y, fits), fits, strict=True):
        for i, step in enumerate((0, 2, 5, 10, STEPS)):
            axes.plot(
                ends, fit.w[step] * ends + fit.b[step], **style(i), linewidth=2,
                label=f"step {step}",
            )  # fmt: skip
    figure.supxlabel(f"{label_text(names[0])} (standardised)", fontsize=12)
    figure.supylabel(f"{label_text(names[1])} (standardised)", fontsize=12)
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=5, fontsize=11)


def write_animation(
    path: Path, x: Array, y: Array, fits: Sequence[Fit], names: Sequence[str]
) -> Path:
    """Write a GIF of the lines, step by step, with the rows of each step's batch."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from PIL import Image

    figure = Figure(figsize=(10.0, 6.2), dpi=80, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    cells = _line_panels(figure, x, y, fits)
    title = figure.suptitle("step 00", fontsize=13)
    figure.supxlabel(f"{label_text(names[0])} (standardised)", fontsize=12)
    figure.supylabel(f"{label_text(names[1])} (standardised)", fontsize=12)
    ends = np.array([x.min(), x.max()])
    moving = []
    for axes in cells:
        points = axes.scatter([], [], s=22, color=VERMILION, edgecolor="white", linewidth=0.4)
        (line,) = axes.plot([], [], color=BLUE, linewidth=3)
        text = axes.text(0.03, 0.95, "", transform=axes.transAxes, va="top", fontsize=11)
        moving.append((points, line, text))
    frames = []
    for step in SHOWN:
        title.set_text(f"step {step}: the line, and the rows that it was moved by")
        for fit, (points, line, text) in zip(fits, moving, strict=True):
            rows = fit.batches[step - 1] if step else []
            points.set_offsets(np.column_stack([x[rows], y[rows]]) if step else np.empty((0, 2)))
            line.set_data(ends, fit.w[step] * ends + fit.b[step])
            loss = fit.loss[step]
            text.set_text(f"loss {loss:.3f}" if loss < 1e4 else f"loss {loss:.1e}")
        canvas.draw()
        figure.set_layout_engine("none")  # where things stand is decided by the first frame
        image = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
        frames.append(image.quantize(64, dither=Image.Dither.NONE))
    times = [350 if step <= 12 else 200 for step in SHOWN]  # milliseconds
    times[0], times[-1] = 1200, 2500
    with replacing(path) as file:
        frames[0].save(
            file, format="GIF", save_all=True, append_images=frames[1:], duration=times, loop=0
        )
    return path


def plot_loss(figure: Any, fits: Sequence[Fit]) -> None:
    """Draw the loss over all rows by step."""
    axes = figure.add_subplot()
    for i, fit in enumerate(fits):
        axes.plot(fit.loss, linewidth=2, label=f"{fit.name}: {fit.verdict}", **style(i))
    lowest = min(min(fit.loss) for fit in fits)
    axes.set(
        xlabel="step", ylabel="loss: mean squared error", yscale="log",
        ylim=(0.8 * lowest, 10 * fits[0].loss[0]),
    )  # fmt: skip
    axes.grid(alpha=0.3, which="both")
    figure.legend(loc="outside right upper", fontsize=11)


def plot_paths(figure: Any, x: Array, y: Array, fits: Sequence[Fit]) -> None:
    """Draw the way of weight and bias over the map of the loss."""
    w, b = np.meshgrid(np.linspace(-3, 4, 71), np.linspace(-3, 3, 61))
    # columns are standardised: the mean of x², and of y², is 1, and the means are 0
    loss = 1 + w**2 + b**2 - 2 * w * float(np.mean(x * y))
    cells = figure.subplots(2, 3, sharex=True, sharey=True)
    for i, (axes, fit) in enumerate(zip(cells.flat, fits, strict=True)):
        axes.contour(w, b, loss, levels=[0.7, 1, 2, 4, 8, 14], colors=GREY, linewidths=0.8)
        look = style(i, marker=True) | {"linestyle": "-", "linewidth": 1, "markersize": 4}
        axes.plot(fit.w, fit.b, **look, clip_on=True)
        axes.plot([float(np.mean(x * y))], [0], marker="*", markersize=13, color=BLACK)
        axes.set(xlim=(-3, 4), ylim=(-3, 3), title=fit.name)
        axes.title.set_fontsize(12)
    figure.supxlabel("weight w", fontsize=12)
    figure.supylabel("bias b", fontsize=12)


def plot_network(figure: Any, histories: Mapping[int, Sequence[float]]) -> None:
    """Draw the loss of the network by epoch for each size of batch."""
    axes = figure.add_subplot()
    for i, (size, losses) in enumerate(histories.items()):
        axes.plot(
            range(1, len(losses) + 1), losses, linewidth=2, label=f"batch {size}", **style(i)
        )
    axes.set(xlabel="epoch", ylabel="loss: mean absolute error", yscale="log")
    axes.grid(alpha=0.3, which="both")
    axes.legend()


# --- the lesson -----------------------------------------------------------------------------------


def lesson(out: Path, data: Table, epochs: int = EPOCHS) -> None:
    """Tell the lesson and write its pictures and its page to `out`."""
    telling = begin(out, "Stochastic gradient descent")
    inputs, target = standardised(data.x), standardised(data.y)
    column = int(np.argmax(np.abs(inputs.T @ target)))
    x, names = inputs[:, column], (data.columns[column], data.target)
    fits = [fit_line(x, target, *setting) for setting in SETTINGS]

    telling.heading("1. A line, batch by batch")
    telling.text(
        f"{data.name}: {len(data)} rows ({data.source}). The line {names[1]} = w·{names[0]} + b, "
        "both columns standardised, begins at a bad place and is moved by "
        f"{STEPS} steps. The loop is a few lines of one's own:"
    )
    listing(telling, batches, fit_line)
    best = float(np.mean(x * target))
    telling.text(
        f"The best line, by least squares, has w = {best:.4f} and b = 0, and its mean squared "
        f"error is {1 - best**2:.4f}."
    )
    telling.table(
        ["learning rate", "batch", "w", "b", "loss", "so it"],
        [
            [
                f"{fit.rate:g}", str(fit.size), _short(fit.w[-1]), _short(fit.b[-1]),
                _short(fit.loss[-1]), fit.verdict,
            ]
            for fit in fits
        ],
    )  # fmt: skip
    telling.text(
        "A small batch is a noisy opinion about the slope: the line trembles. A large batch is a "
        "calm one, and costs more. A small learning rate needs many steps; one that is too large "
        "throws the line over the data, further each time. Noise and rate go together: halving "
        "the rate calms a small batch."
    )
    _animate(telling, x, target, fits, names)
    telling.plot(
        "loss", "The loss over all rows after each step. What diverges leaves the picture.",
        lambda figure: plot_loss(figure, fits), size=(10.0, 4.8),
    )  # fmt: skip
    telling.plot(
        "paths",
        "The same steps as ways over the map of the loss; the star is the best line. All begin "
        "at the upper left.",
        lambda figure: plot_paths(figure, x, target, fits), size=(10.0, 6.4),
    )  # fmt: skip

    telling.heading("2. The same for a network")
    telling.text(
        f"All {len(data.columns)} columns and three hidden layers. Adam is a gradient descent "
        "that sets the step of each weight by itself; the loss is the mean absolute error, the "
        f"target standardised. {epochs} epochs on all rows, with three sizes of batch:"
    )
    listing(telling, network)
    rows, histories = [], {}
    for size in (16, 128, len(data)):
        keras.utils.set_random_seed(0)
        model = network(len(data.columns))
        losses = model.fit(
            inputs, target, batch_size=size, epochs=epochs, verbose=0
        ).history["loss"]  # fmt: skip
        histories[size] = losses
        rows.append(
            [
                str(size), str(-(-len(data) // size)),
                *(f"{losses[min(i, epochs) - 1]:.4f}" for i in (1, 10, epochs)),
            ]
        )  # fmt: skip
    telling.table(
        ["batch", "steps an epoch", "loss, epoch 1", f"epoch {min(10, epochs)}", f"epoch {epochs}"],
        rows,
    )
    telling.text(
        "More steps an epoch, and the loss falls faster with each epoch, which is longer for it. "
        "All these losses are of the rows that are trained on; whether the network has learnt "
        "anything about others is the next lesson."
    )
    telling.plot(
        "network", "The loss of the network by epoch.",
        lambda figure: plot_network(figure, histories),
    )  # fmt: skip
    telling.close()


def _animate(
    telling: Lesson, x: Array, y: Array, fits: Sequence[Fit], names: Sequence[str]
) -> None:
    """Put the animation on the page, and a picture of some of its steps."""
    telling.plot(
        "line_fit", "The line before the first step, and after 2, 5, 10 and all steps.",
        lambda figure: plot_lines(figure, x, y, fits, names), size=(10.0, 6.4),
    )  # fmt: skip
    if _plots.available():
        gif = write_animation(telling.out / "line_fit.gif", x, y, fits, names)
        telling.written.append(gif)
        telling.page.pictures(
            (gif, "Animated: every line on its way, and in vermilion the batch that moved it last.")
        )


def _short(value: float) -> str:
    return f"{value:.4f}" if abs(value) < 1e4 else f"{value:.2e}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line and run the lesson."""
    parser = command("stochastic_gradient_descent", __doc__)
    add_csv(parser, "diabetes")
    add_epochs(parser, EPOCHS)
    options = parser.parse_args(arguments)
    check_epochs(parser, options.epochs)
    data = table(parser, options.csv, diabetes)
    return run(parser, options.out, lambda out: lesson(out, data, options.epochs))


if __name__ == "__main__":
    sys.exit(main())
