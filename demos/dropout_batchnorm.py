"""Dropout closes the gap to unseen rows, and batch normalisation lets plain SGD learn.

    python -m demos.dropout_batchnorm [--out DIR] [--csv PATH] [--epochs N]

Two layers without weights to speak of.  Dropout silences units at random while a network
trains, so that none can rely on another and the rows are not learnt by heart.  Batch
normalisation brings what flows between layers to mean 0 and deviation 1; plain gradient
descent fails on columns of very different sizes, and with it does not.

By default the rows are 442 diabetes patients; --csv takes the concrete of the course, or any
other table of numbers whose last column is to be predicted.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import nn as keras
from demos._data import Array, Table, diabetes, standardised
from demos._learning import add_csv, add_epochs, check_epochs, draw_curves, listing, split, table
from demos._page import Lesson, command, run
from demos._plots import BLACK, style
from nn import layers

EPOCHS = 60
RATES = (0.0, 0.3, 0.5)
SEEDS = (0, 1)


# --- the lesson's code ----------------------------------------------------------------------------


def with_dropout(inputs: int, rate: float) -> keras.Sequential:
    model = keras.Sequential([
        layers.Dense(64, activation="relu", input_shape=[inputs]),
        layers.Dropout(rate),
        layers.Dense(64, activation="relu"),
        layers.Dropout(rate),
        layers.Dense(64, activation="relu"),
        layers.Dropout(rate),
        layers.Dense(1),
    ])  # fmt: skip
    model.compile(optimizer="adam", loss="mae")
    return model


def plain(inputs: int, loss: str = "mae") -> keras.Sequential:
    model = keras.Sequential([
        layers.Dense(64, activation="relu", input_shape=[inputs]),
        layers.Dense(64, activation="relu"),
        layers.Dense(64, activation="relu"),
        layers.Dense(1),
    ])  # fmt: skip
    model.compile(optimizer="sgd", loss=loss, metrics=["mae"])
    return model


def normalised(inputs: int) -> keras.Sequential:
    model = keras.Sequential([
        layers.BatchNormalization(input_shape=[inputs]),
        layers.Dense(64, activation="relu"),
        layers.BatchNormalization(),
        layers.Dense(64, activation="relu"),
        layers.BatchNormalization(),
        layers.Dense(64, activation="relu"),
        layers.BatchNormalization(),
        layers.Dense(1),
    ])  # fmt: skip
    model.compile(optimizer="sgd", loss="mae", metrics=["mae"])
    return model


# --- measuring ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rows:
    """A table, divided.

    Attributes:
        x, y: the rows to train on, as they are in the table.
        x_valid, y_valid: the others.
    """

    x: Array
    y: Array
    x_valid: Array
    y_valid: Array

    @classmethod
    def of(cls, data: Table) -> Rows:
        """Divide a table, 70 % to train on."""
        train, valid = split(len(data))
        return cls(data.x[train], data.y[train], data.x[valid], data.y[valid])

    def standard(self, target: bool) -> Rows:
        """Standardise the columns, and the target or not, by the training rows."""
        return Rows(
            standardised(self.x), standardised(self.y) if target else self.y,
            standardised(self.x_valid, self.x),
            standardised(self.y_valid, self.y) if target else self.y_valid,
        )  # fmt: skip

    @property
    def constant(self) -> float:
        """The mean absolute error on the other rows of always saying the median."""
        return float(np.abs(self.y_valid - np.median(self.y)).mean())


def fit(model: keras.Sequential, rows: Rows, epochs: int) -> Any:
    """Train, and return the history; numbers that overflow are what the lesson is about."""
    with np.errstate(all="ignore"):
        return model.fit(
            rows.x, rows.y, validation_data=(rows.x_valid, rows.y_valid), epochs=epochs, verbose=0
        ).history


@dataclass(frozen=True)
class Dropped:
    """A network with dropout, trained.

    Attributes:
        rate: the share of units that were silenced, 0 to 1.
        training: the error at the end on the rows it learnt from, all units awake.
        validation: the error at the end on the others.
        lowest: the lowest error on the others after any epoch.
        history: the two losses by epoch.
    """

    rate: float
    training: float
    validation: float
    lowest: float
    history: Any

    @property
    def gap(self) -> float:
        """By how much it is worse on the others."""
        return self.validation - self.training


def drop(rows: Rows, rate: float, epochs: int, seed: int = 0) -> Dropped:
    """Train with a rate of dropout; rate 0 is the same network without."""
    keras.utils.set_random_seed(seed)
    model = with_dropout(rows.x.shape[1], rate)
    history = fit(model, rows, epochs)
    training = float(np.abs(model.predict(rows.x, verbose=0)[:, 0] - rows.y).mean())
    return Dropped(rate, training, history["val_loss"][-1], min(history["val_loss"]), history)


@dataclass(frozen=True)
class Descended:
    """A network trained with plain stochastic gradient descent.

    Attributes:
        name: which.
        first: the mean absolute error on the training rows during the first epoch.
        last: that on the other rows after the last.
        spread: the standard deviation of what it predicts for them.
        history: all errors by epoch.
        model: the network.
    """

    name: str
    first: float
    last: float
    spread: float
    history: Any
    model: keras.Sequential


def descend(name: str, model: keras.Sequential, rows: Rows, epochs: int) -> Descended:
    """Train it; the weights that it starts with were drawn when it was made."""
    history = fit(model, rows, epochs)
    with np.errstate(all="ignore"):
        spread = float(model.predict(rows.x_valid, verbose=0).std(dtype=float))
    return Descended(name, history["mae"][0], history["val_mae"][-1], spread, history, model)


def descents(rows: Rows, epochs: int) -> list[Descended]:
    """Train four times from the same seed: raw, raw with mse, standardised, normalised."""
    found = []
    for name, make, options, taken in (
        ("columns as they are", plain, {}, rows),
        ("the same, loss mse", plain, {"loss": "mse"}, rows),
        ("columns standardised", plain, {}, rows.standard(target=False)),
        ("as they are, batch norm.", normalised, {}, rows),
    ):
        keras.utils.set_random_seed(0)
        found.append(descend(name, make(rows.x.shape[1], **options), taken, epochs))
    return found


def verdict(found: Descended, constant: float) -> str:
    """Say in a few words how it went, next to always saying the median."""
    if not np.isfinite(found.last):
        return "fails: nan"
    if found.last >= 0.97 * constant:
        return "fails: one number for all" if found.spread < 0.01 * constant else "fails"
    return "learns"


# --- pictures -------------------------------------------------------------------------------------


def plot_gap(figure: Any, found: Sequence[Dropped]) -> None:
    """Draw the two curves without dropout and with it, side by side on one scale."""
    cells = figure.subplots(1, len(found), sharey=True)
    for axes, each in zip(cells, found, strict=True):
        title = f"Dropout({each.rate:g})" if each.rate else "no dropout"
        draw_curves(axes, each.history, title, "" if each.rate else "mean absolute error")
    cells[0].set_ylim(0, None)


def plot_descents(figure: Any, found: Sequence[Descended], constant: float) -> None:
    """Draw the error on the validation rows by epoch for each way."""
    axes, largest = figure.add_subplot(), constant
    for i, each in enumerate(found):
        errors = np.asarray(each.history["val_mae"])
        errors = np.where(np.isfinite(errors), errors, np.nan)
        largest = max(largest, *errors[np.isfinite(errors)], 0.0)
        lost = "" if np.isfinite(errors).any() else " (nan from the first epoch)"
        axes.plot(
            range(1, len(errors) + 1), errors, linewidth=2, **style(i), label=each.name + lost
        )
    axes.axhline(constant, color=BLACK, linewidth=1, label="always the median")
    axes.set(xlabel="epoch", ylabel="mean absolute error, validation rows")
    if largest > 10.0 * constant:  # it has leapt, and a linear scale would show nothing else
        axes.set(ylabel="mean absolute error, validation rows (log scale)", yscale="log")
    else:
        axes.set_ylim(0, None)
    axes.grid(alpha=0.3, which="both")
    figure.legend(loc="outside upper center", ncols=2, fontsize=11)


# --- the lesson -----------------------------------------------------------------------------------


def lesson(out: Path, data: Table, epochs: int = EPOCHS) -> None:
    """Tell the lesson and write its pictures and its page to `out`."""
    telling = Lesson(out, "Dropout and batch normalisation")
    rows = Rows.of(data)
    _tell_the_layer(telling)
    _tell_the_gap(telling, data, rows, epochs)
    _tell_the_failure(telling, data, rows)
    _tell_the_rescue(telling, data, rows, epochs)
    telling.close()


def _tell_the_layer(telling: Lesson) -> None:
    telling.heading("1. What dropout does")
    keras.utils.set_random_seed(0)
    layer, ones = layers.Dropout(0.3), np.ones((2, 8))
    telling.text(
        "A Dropout layer has no weights. In training it silences each number that reaches it "
        "with the given probability, anew for each batch, and multiplies the others by "
        "1 / (1 − rate), so that their sum stays the same on average. When the network predicts, "
        "it does nothing. On two rows of eight ones:"
    )
    telling.terminal(
        f"layer = layers.Dropout(0.3)\n\nlayer(ones, training=True)\n"
        f"{np.round(layer(ones, training=True).data, 4)}\n\n"
        f"layer(ones, training=False)\n{np.asarray(layer(ones, training=False))}"
    )


def _tell_the_gap(telling: Lesson, data: Table, rows: Rows, epochs: int) -> None:
    telling.heading("2. Dropout closes the gap")
    telling.text(
        f"{data.name}: {len(data)} rows, {len(data.columns)} columns to predict {data.target} "
        f"from ({data.source}). {len(rows.x)} rows, drawn, to train on, {len(rows.x_valid)} for "
        "validation. Here columns and target are standardised: the errors are in standard "
        "deviations of the target."
    )
    listing(telling, with_dropout)
    rows = rows.standard(target=True)
    runs = {rate: [drop(rows, rate, epochs, seed) for seed in SEEDS] for rate in RATES}
    telling.text(
        f"The network has {with_dropout(rows.x.shape[1], 0.3).count_params()} weights. Trained "
        f"for {epochs} epochs, the mean over {len(SEEDS)} seeds:"
    )
    telling.table(
        ["rate", "training error", "validation error", "gap", "lowest validation error"],
        [
            [
                f"{rate:g}",
                *(
                    f"{np.mean([getattr(each, name) for each in found]):.3f}"
                    for name in ("training", "validation", "gap", "lowest")
                ),
            ]
            for rate, found in runs.items()
        ],
    )
    gaps = [float(np.mean([each.gap for each in found])) for found in runs.values()]
    ends = [float(np.mean([each.validation for each in found])) for found in runs.values()]
    lows = [float(np.mean([each.lowest for each in found])) for found in runs.values()]
    telling.text(
        f"The gap goes from {gaps[0]:.3f} to {gaps[1]:.3f} with a rate of {RATES[1]:g}, and the "
        f"error on the rows that the network has not seen from {ends[0]:.3f} to {ends[1]:.3f} at "
        f"the end. (Both errors are measured with all units awake. The training curve below is "
        "measured during training, with units asleep, so that with dropout it may even lie above "
        "the other.)"
    )
    telling.text(
        f"A closed gap is not yet a better network. The lowest validation error on the way was "
        f"{lows[0]:.3f} without dropout and {lows[1]:.3f} with: who stops in time "
        + ("needs dropout less. " if lows[0] <= lows[1] + 0.01 else "still gains by dropout. ")
        + (
            f"And with a rate of {RATES[-1]:g} too little is left awake to learn well from."
            if ends[-1] > ends[1]
            else f"Here a rate of {RATES[-1]:g} does no worse."
        )
    )
    telling.plot(
        "gap",
        "The loss on training and validation rows by epoch: without dropout the curves part.",
        lambda figure: plot_gap(figure, [found[0] for found in runs.values()]),
        size=(11.2, 4.4),
    )  # fmt: skip


def _tell_the_failure(telling: Lesson, data: Table, rows: Rows) -> None:
    telling.heading("3. Columns as they are")
    telling.text("Now nothing is standardised. The columns are of very different sizes:")
    telling.table(
        ["column", "mean", "standard deviation", "least", "largest"],
        [
            [name, *(f"{n:.4g}" for n in (c.mean(), c.std(), c.min(), c.max()))]
            for name, c in zip([*data.columns, data.target], [*rows.x.T, rows.y], strict=True)
        ],
    )
    telling.text(
        "The gradient of a weight of the first layer is proportional to its input. One learning "
        "rate for all is then far too large for the columns of large numbers. Adam evens that "
        "out, weight by weight; plain stochastic gradient descent does not."
    )
    listing(telling, plain)


def _tell_the_rescue(telling: Lesson, data: Table, rows: Rows, epochs: int) -> None:
    telling.heading("4. Plain SGD fails, batch normalisation rescues it")
    telling.text(
        "Batch normalisation takes from each number the mean of its column in the batch and "
        "divides by the deviation, then stretches and shifts by two weights that are learnt. The "
        "same network with such a layer before each Dense layer, the very first included:"
    )
    listing(telling, normalised)
    found = descents(rows, epochs)
    raw, squared, by_hand, batch = found
    telling.text(
        f"{epochs} epochs with optimizer='sgd', its learning rate the default of 0.01. The "
        "spread is the standard deviation of what is predicted for the validation rows:"
    )
    telling.table(
        ["trained on", "mae, epoch 1", "validation mae", "spread", "it"],
        [
            ["(always the median)", "", f"{rows.constant:.4g}", "0", ""],
            *(
                [
                    each.name, f"{each.first:.4g}", f"{each.last:.4g}", f"{each.spread:.4g}",
                    verdict(each, rows.constant),
                ]
                for each in found
            ),
        ],
    )  # fmt: skip
    telling.text(_what_happened(raw, squared, batch, rows.constant))
    telling.plot(
        "descents",
        "The error on the validation rows after each epoch, for the same network and the same "
        "optimizer. A curve that is missing was nan.",
        lambda figure: plot_descents(figure, found, rows.constant),
        size=(9.2, 5.2),
    )
    telling.heading("5. What the first layer has learnt about the columns")
    telling.text(
        "While it trains, the layer keeps a moving average of the means and variances of its "
        "batches: with these it normalises when the network predicts, be it a single row. They "
        "are nearly those of the columns:"
    )
    moving_mean, moving_variance = batch.model.layers[0].get_weights()[2:]
    telling.table(
        ["column", "moving mean", "mean", "√ moving variance", "standard deviation"],
        [
            [name, *(f"{n:.4g}" for n in (m, c.mean(), v**0.5, c.std()))]
            for name, m, v, c in zip(
                data.columns, moving_mean, moving_variance, rows.x.T, strict=True
            )
        ],
    )
    telling.text(
        "Standardising the columns beforehand does the same for the first layer, and only for it: "
        f"that network ends at {by_hand.last:.4g}, the one with batch normalisation at "
        f"{batch.last:.4g} (lowest on the way {min(by_hand.history['val_mae']):.4g} and "
        f"{min(batch.history['val_mae']):.4g}). Batch normalisation is no cure for learning by "
        "heart, but it needs no preparation and lets nothing run away."
    )


def _what_happened(raw: Descended, squared: Descended, batch: Descended, constant: float) -> str:
    said = verdict(raw, constant)
    if said == "learns":
        text = "These columns are tame enough for plain SGD: it learns without help. "
    else:
        text = "On the columns as they are plain SGD does hardly better than the median, or worse. "
        if raw.first > 1.5 * batch.first:
            text += f"Its first steps are so large that the error leaps: {raw.first:.4g}. "
        if raw.spread < 0.01 * constant:
            text += (
                "Every relu of some layer is then off for every row: nothing but the last "
                "bias still learns, and the network says the same of all rows. "
            )
    if not np.isfinite(squared.last):
        text += (
            "With the squared error the steps grow with the error itself, until the numbers "
            "overflow: nan. "
        )
    if verdict(batch, constant) == "learns":
        text += (
            f"With batch normalisation the same optimizer learns: {batch.last:.4g}, where always "
            f"saying the median gives {constant:.4g}; it swings, and its lowest on the way was "
            f"{min(batch.history['val_mae']):.4g}."
        )
    return text.strip()


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line and run the lesson."""
    parser = command("dropout_batchnorm", __doc__)
    add_csv(parser, "diabetes")
    add_epochs(parser, EPOCHS)
    options = parser.parse_args(arguments)
    check_epochs(parser, options.epochs)
    data = table(parser, options.csv, diabetes)
    return run(parser, options.out, lambda out: lesson(out, data, options.epochs))


if __name__ == "__main__":
    sys.exit(main())
