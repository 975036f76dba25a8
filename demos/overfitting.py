"""Overfitting and underfitting: capacity, two learning curves, and stopping early.

    python -m demos.overfitting [--out DIR] [--csv PATH] [--epochs N]

A network with many parameters goes on getting better on the rows it is trained on after it
has begun to get worse on all others.  The validation curve shows when, and EarlyStopping
ends the training there.  By default the diabetes data; the course has red wine (--csv).
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import nn as keras
from demos._data import Array, Table, diabetes, scaled
from demos._learning import (
    add_csv,
    add_epochs,
    begin,
    check_epochs,
    draw_curves,
    listing,
    split,
    table,
)
from demos._page import command, run
from demos._plots import BLACK
from nn import layers
from nn.callbacks import EarlyStopping

EPOCHS = 100  # of the comparison, which never stops early
MOST = 500  # of the training that may stop early

Parts = tuple[Array, Array, Array, Array]  # x and y to train on, x and y to validate with
Curves = Mapping[str, Sequence[float]]


def small_network(columns: int) -> keras.Sequential:
    return keras.Sequential([
        layers.Dense(4, activation="relu", input_shape=[columns]),
        layers.Dense(1),
    ])  # fmt: skip


def large_network(columns: int) -> keras.Sequential:
    return keras.Sequential([
        layers.Dense(512, activation="relu", input_shape=[columns]),
        layers.Dense(512, activation="relu"),
        layers.Dense(512, activation="relu"),
        layers.Dense(1),
    ])  # fmt: skip


def early_stopping() -> EarlyStopping:
    return EarlyStopping(
        min_delta=0.001,  # what counts as better, at least
        patience=20,  # so many epochs may pass without
        restore_best_weights=True,
    )


def prepare(data: Table) -> Parts:
    """Return 70 % of the rows to train on and the rest, all scaled to [0, 1] by the former."""
    train, valid = split(len(data), 0.7, seed=0)
    x, y = scaled(data.x, data.x[train]), scaled(data.y, data.y[train])
    return x[train], y[train], x[valid], y[valid]


def fit(model: keras.Sequential, parts: Parts, batch: int, epochs: int, **options: Any) -> Curves:
    """Train with adam on the mean absolute error and return the history."""
    x_train, y_train, x_valid, y_valid = parts
    model.compile(optimizer="adam", loss="mae")
    history = model.fit(
        x_train, y_train,
        validation_data=(x_valid, y_valid),
        batch_size=batch,
        epochs=epochs,
        verbose=0,
        **options,
    )  # fmt: skip
    found: Curves = history.history
    return found


def plot_capacity(figure: Any, curves: Sequence[tuple[str, Curves]]) -> None:
    """Draw both curves of each network, on one scale."""
    cells = figure.subplots(1, len(curves), sharey=True)
    for axes, (name, history) in zip(cells, curves, strict=True):
        draw_curves(axes, history, name, "mean absolute error" if axes is cells[0] else "")
    cells[0].set_ylim(0, 1.15 * max(max(h["val_loss"][2:] or h["val_loss"]) for _, h in curves))


def plot_stopped(figure: Any, history: Curves, best: int) -> None:
    """Draw the curves of the training that stopped, and the epoch whose weights it keeps."""
    axes = figure.add_subplot()
    draw_curves(axes, history, "Training with EarlyStopping", "mean absolute error")
    axes.axvline(best + 1, color=BLACK, linestyle=":", label="weights restored from here")
    axes.plot([best + 1], [history["val_loss"][best]], marker="o", color=BLACK)
    axes.set_ylim(0, 1.2 * max(history["val_loss"][1:] or history["val_loss"]))
    axes.legend()


def lesson(out: Path, data: Table, epochs: int, most: int) -> None:
    """Tell the lesson and write its pictures and its page to `out`."""
    telling = begin(out, "Overfitting and underfitting")
    parts = prepare(data)
    columns = len(data.columns)

    telling.heading("1. Rows to learn from, rows to check with")
    telling.text(
        f"{data.name}: {len(data)} rows, {columns} columns to predict {data.target} from "
        f"({data.source}). {len(parts[0])} rows are for training and {len(parts[2])} for "
        "validation, drawn as pandas draws them with sample(frac=0.7, random_state=0). Every "
        "column, the target too, is scaled to [0, 1] by the training rows."
    )
    guess = float(np.abs(parts[3] - np.median(parts[1])).mean())
    telling.text(f"Always guessing the median is off by {guess:.4f} on the validation rows.")

    telling.heading("2. Capacity")
    telling.text(f"A small network and a large one, {epochs} epochs each, batches of 64:")
    listing(telling, small_network, large_network)
    rows, curves = [], []
    for name, make in (("small", small_network), ("large", large_network)):
        keras.utils.set_random_seed(0)
        model = make(columns)
        history = fit(model, parts, 64, epochs)
        best = int(np.argmin(history["val_loss"]))
        last, val = history["loss"][-1], history["val_loss"][-1]
        curves.append((f"{name}: {model.count_params():,} parameters", history))
        rows.append(
            [
                name, f"{model.count_params():,}", f"{last:.4f}", f"{val:.4f}", f"{val - last:.4f}",
                f"{history['val_loss'][best]:.4f}", str(best + 1),
            ]
        )  # fmt: skip
    telling.table(
        ["network", "parameters", "loss", "val_loss", "gap", "best val_loss", "in epoch"], rows
    )
    telling.text(
        "The gap is what was learnt about the training rows alone: noise. A network that is too "
        "small underfits, and both its curves stay high; one that is large overfits when it is "
        "trained for long: its training curve falls on while the validation curve turns."
    )
    telling.plot(
        "capacity",
        "The loss on the rows that are trained on and on the others, for both networks.",
        lambda figure: plot_capacity(figure, curves), size=(10.4, 4.6),
    )  # fmt: skip

    telling.heading("3. Early stopping")
    listing(telling, early_stopping)
    telling.text(
        f"The large network again, batches of 256, at most {most} epochs, with "
        "callbacks=[early_stopping()]:"
    )
    keras.utils.set_random_seed(0)
    model = large_network(columns)
    history = fit(model, parts, 256, most, callbacks=[early_stopping()])
    ran = len(history["loss"])
    kept = model.evaluate(parts[2], parts[3], verbose=0, batch_size=256)
    best = int(np.argmin(np.abs(np.subtract(history["val_loss"], kept))))
    telling.table(
        ["", "epoch", "val_loss"],
        [
            ["trained up to", str(ran), f"{history['val_loss'][-1]:.4f}"],
            ["minimum validation loss", str(int(np.argmin(history["val_loss"])) + 1),
             f"{min(history['val_loss']):.4f}"],
            ["the weights that are kept", str(best + 1), f"{kept:.4f}"],
        ],
    )  # fmt: skip
    telling.text(
        (f"It stopped after {ran} of {most} epochs. " if ran < most
         else f"It had not stopped after {most} epochs. ")
        + "What is kept may be a little above the minimum: an epoch that is better by less than "
        "min_delta does not count."
    )  # fmt: skip
    telling.plot(
        "early_stopping", "The training that ended by itself. The dotted line is the epoch whose "
        "weights the model has now.", lambda figure: plot_stopped(figure, history, best),
    )  # fmt: skip
    telling.close()


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line and run the lesson."""
    parser = command("overfitting", __doc__)
    add_csv(parser, "diabetes")
    add_epochs(parser, EPOCHS)
    options = parser.parse_args(arguments)
    check_epochs(parser, options.epochs)
    data = table(parser, options.csv, diabetes)
    return run(parser, options.out, lambda out: lesson(out, data, options.epochs, MOST))


if __name__ == "__main__":
    sys.exit(main())
