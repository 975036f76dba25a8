"""Regression with Keras: from measurements to a number, and how far that can be trusted.

    python -m demos.regression [--csv PATH] [--out DIR] [--epochs N] [--repeats R]

A network of two hidden layers learns to predict a number from a row of measurements.  By
default the rows are scikit-learn's 442 diabetes patients; `--csv` takes the course's table of
concrete, or any other table of numbers whose last column is to be predicted.

The lesson: the code is the lab's, with other imports; and a measured error says little until
it has been measured more than once, on rows that the network has not seen, next to the error
of something simple.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import fill
from typing import Any

import numpy as np

import nn as keras
from demos._data import DataError, Table, diabetes, read_csv, shuffled, standardised
from demos._page import Lesson, command, run, whole_number
from demos._plots import BLACK, BLUE, GREEN, GREY, VERMILION, label_text, style
from nn.layers import Dense, Input
from nn.models import Sequential
from nn.naming import reset_names

Array = np.ndarray[Any, Any]

EPOCHS = 50  # and twice as many where the lab has 100
REPEATS = 5  # the lab has 50: the numbers stay the same, only steadier
HELD_OUT = 0.3
FEWEST = 40  # rows

CONCRETE = (1030, 8)  # the shape of the course's predictors
KERAS_ON_CONCRETE = (
    "This looks like the concrete table of the course. Keras 3.15 itself, over twelve seeds: the "
    "first loss 1645 and the last 35.9 with two layers, the last val_loss from 82 to 169, 131 in "
    "the mean; with five layers, over 28 seeds, 11.9 and 16.3. So much depends on the weights "
    "at the start."
)


# --- the lab's code -------------------------------------------------------------------------------


def regression_model(n_cols: int, hidden: Sequence[int] = (50, 50)) -> Sequential:
    # create model
    model = Sequential()
    model.add(Input(shape=(n_cols,)))
    for units in hidden:
        model.add(Dense(units, activation="relu"))
    model.add(Dense(1))

    # compile model
    model.compile(optimizer="adam", loss="mean_squared_error")
    return model


IN_A_NOTEBOOK = """\
import nn as keras
from nn.layers import Dense, Input
from nn.models import Sequential

{function}

model = regression_model(predictors_norm.shape[1])
model.fit(predictors_norm, target, validation_split=0.3, epochs={epochs}, verbose=2)"""


# --- measuring ------------------------------------------------------------------------------------


def mean_squared_error(y_true: Array, y_pred: Array) -> float:
    """Return the mean of the squared differences."""
    return float(np.mean((y_true.ravel() - y_pred.ravel()) ** 2))


def train_test_split(count: int, seed: int) -> tuple[Array, Array]:
    """Return the numbers of the rows to train on and of those to hold out, by chance."""
    order, held = shuffled(count, seed), max(1, round(HELD_OUT * count))
    return order[held:], order[:held]


@dataclass(frozen=True)
class Variant:
    """One of the networks that are compared."""

    letter: str
    what: str
    hidden: tuple[int, ...]
    normalised: bool
    epochs: int


def variants(epochs: int) -> list[Variant]:
    """Return the lab's four, each with one thing changed from an earlier one."""
    return [
        Variant("A", "baseline", (50, 50), False, epochs),
        Variant("B", "normalised", (50, 50), True, epochs),
        Variant("C", "B, twice the epochs", (50, 50), True, 2 * epochs),
        Variant("D", "B, three hidden layers", (50, 50, 50), True, epochs),
    ]


@dataclass
class Measured:
    """The errors of one way to predict, one for each division into training and test rows.

    Attributes:
        errors: the mean squared error on the rows held out.
        training: the same on the rows it learnt from.
        actual: the targets of the rows held out in the last division.
        predicted: what it said of them.
    """

    errors: list[float] = field(default_factory=list)
    training: list[float] = field(default_factory=list)
    actual: Array = field(default_factory=lambda: np.empty(0))
    predicted: Array = field(default_factory=lambda: np.empty(0))

    def add(self, table: Table, train: Array, test: Array, said: Array) -> None:
        """Take in what was predicted for every row."""
        self.errors.append(mean_squared_error(table.y[test], said[test]))
        self.training.append(mean_squared_error(table.y[train], said[train]))
        self.actual, self.predicted = table.y[test], said[test]

    @property
    def mean(self) -> float:
        """Of the errors on the rows held out."""
        return float(np.mean(self.errors))

    @property
    def std(self) -> float:
        """Of the same errors, the standard deviation."""
        return float(np.std(self.errors))


def measure(table: Table, variant: Variant, repeats: int) -> Measured:
    """Train the network anew for each division of the rows, and measure its error."""
    predictors = standardised(table.x, ddof=1) if variant.normalised else table.x
    measured = Measured()
    for seed in range(repeats):
        train, test = train_test_split(len(table), seed)
        keras.utils.set_random_seed(seed)
        model = regression_model(predictors.shape[1], variant.hidden)
        model.fit(predictors[train], table.y[train], epochs=variant.epochs, verbose=0)
        measured.add(table, train, test, model.predict(predictors, verbose=0).ravel())
    return measured


def measure_simple(table: Table, repeats: int) -> tuple[Measured, Measured]:
    """Measure, on the same divisions, the mean of the targets and the best flat plane."""
    mean, plane = Measured(), Measured()
    columns = np.column_stack([standardised(table.x), np.ones(len(table))])
    for seed in range(repeats):
        train, test = train_test_split(len(table), seed)
        mean.add(table, train, test, np.full(len(table), table.y[train].mean()))
        weights = np.linalg.lstsq(columns[train], table.y[train], rcond=None)[0]
        plane.add(table, train, test, columns @ weights)
    return mean, plane


def fit(table: Table, split: float, hidden: Sequence[int], epochs: int, seed: int = 0) -> Any:
    """Do the lab's fit, the last rows held back by validation_split, and return the history."""
    keras.utils.set_random_seed(seed)
    model = regression_model(table.x.shape[1], hidden)
    predictors_norm = standardised(table.x, ddof=1)
    done = model.fit(predictors_norm, table.y, validation_split=split, epochs=epochs, verbose=0)
    return done.history


# --- pictures -------------------------------------------------------------------------------------


def plot_curves(figure: Any, histories: Sequence[tuple[str, Any]]) -> None:
    """Draw the two losses of each fit against the epoch, side by side on one scale."""
    cells = figure.subplots(1, len(histories), sharey=True, squeeze=False).flat
    for axes, (title, history) in zip(cells, histories, strict=True):
        for i, (key, label) in enumerate(
            [("loss", "rows it learns from"), ("val_loss", "rows held back")]
        ):
            axes.plot(range(1, len(history[key]) + 1), history[key], label=label, **style(i))
        axes.set(title=title, xlabel="epoch", yscale="log")
        axes.title.set_fontsize(12)
        axes.grid(alpha=0.3, which="both")
    cells[0].set_ylabel("mean squared error (log scale)")
    cells[0].legend()


def plot_errors(
    figure: Any, found: Sequence[tuple[Variant, Measured]], mean: Measured, plane: Measured
) -> None:
    """Draw every measured error as a point, a column for each network."""
    axes = figure.add_subplot()
    axes.axhline(mean.mean, color=GREY, linestyle=":", linewidth=2, label="always the mean")
    axes.axhline(plane.mean, color=GREEN, linestyle="--", linewidth=2, label="linear regression")
    for i, (_, measured) in enumerate(found):
        count = len(measured.errors)
        spread = np.linspace(-0.12, 0.12, count) if count > 1 else [0.0]
        axes.plot(
            i + np.asarray(spread), measured.errors, "o", color=BLUE, alpha=0.7,
            label=None if i else "one division",
        )  # fmt: skip
        axes.errorbar(
            [i + 0.27], [measured.mean], [measured.std], fmt="s", color=VERMILION, capsize=5,
            label=None if i else "mean ± standard deviation",
        )  # fmt: skip
    axes.set_xticks(range(len(found)), [f"{v.letter}\n{fill(v.what, 14)}" for v, _ in found])
    axes.set(
        title="The error on rows that were held out", xlim=(-0.5, len(found) - 0.3),
        ylabel="mean squared error", ylim=(0, None),
    )  # fmt: skip
    axes.grid(alpha=0.3, axis="y")
    figure.legend(loc="outside lower center", ncols=2)


def plot_predictions(figure: Any, variant: Variant, measured: Measured, target: str) -> None:
    """Draw what was predicted against what is true, for the rows of the last division."""
    axes = figure.add_subplot()
    target = label_text(target)
    both = np.concatenate([measured.actual, measured.predicted])
    both = both[np.isfinite(both)]
    low, high = float(both.min()), float(both.max())
    axes.plot([low, high], [low, high], color=BLACK, linewidth=1, label="right")
    axes.plot(
        measured.actual, measured.predicted, "o", color=BLUE, alpha=0.6, markersize=5,
        label="a row held out",
    )  # fmt: skip
    axes.set(
        title=f"Network {variant.letter} on rows it has not seen", xlabel=f"{target}, true",
        ylabel=f"{target}, predicted", aspect="equal",
    )  # fmt: skip
    axes.grid(alpha=0.3)
    axes.legend()


# --- the lesson -----------------------------------------------------------------------------------


def lesson(out: Path, table: Table, epochs: int = EPOCHS, repeats: int = REPEATS) -> None:
    """Tell the lesson and write its pictures and its page to `out`."""
    reset_names()  # dense, dense_1, … in the summary whatever was made before
    telling = Lesson(out, f"Regression with Keras: {table.target} from {table.x.shape[1]} columns")
    _tell_the_data(telling, table)
    _tell_the_network(telling, table, epochs)
    _tell_the_fit(telling, table, epochs)
    found = _tell_the_errors(telling, table, epochs, repeats)
    _tell_the_comparison(telling, table, found, repeats)
    telling.close()


def _tell_the_data(telling: Lesson, table: Table) -> None:
    telling.heading("1. The data")
    telling.text(
        f"{table.name}: {len(table)} rows ({table.source}). The last column, {table.target}, is "
        "to be predicted from the others."
    )
    telling.table(
        ["column", "mean", "std", "min", "max", "row 1", "row 2", "row 3"],
        [
            [name, *(f"{n:.6g}" for n in (
                column.mean(), column.std(ddof=1), column.min(), column.max(), *column[:3]
            ))]
            for name, column in zip(
                [*table.columns, table.target], [*table.x.T, table.y], strict=True
            )
        ],
    )  # fmt: skip


def _tell_the_network(telling: Lesson, table: Table, epochs: int) -> None:
    telling.heading("2. The network, in the words of the lab")
    telling.text(
        "Only the import lines differ from the notebook: keras and its parts come from nn. Two "
        "hidden layers of 50 neurons with relu, one output without an activation, so that it can "
        "be any number; adam; the mean squared error."
    )
    function = inspect.getsource(regression_model).rstrip()
    telling.terminal(IN_A_NOTEBOOK.format(function=function, epochs=2 * epochs))
    model = regression_model(table.x.shape[1])
    model.summary(line_length=64, print_fn=telling.terminal)


def _tell_the_fit(telling: Lesson, table: Table, epochs: int) -> None:
    telling.heading(f"3. The lab's fit: normalised, {2 * epochs} epochs, and then five layers")
    telling.text(
        "Normalised: each predictor less its mean, divided by its standard deviation, so that "
        "all of them are numbers around 0 of about the same size. validation_split holds back "
        "the last rows of the table, 30 % of them, and 10 % for the deeper network, as in the lab."
    )
    two, five = fit(table, 0.3, (50, 50), 2 * epochs), fit(table, 0.1, (50,) * 5, 2 * epochs)
    last = 2 * epochs
    telling.table(
        ["epoch", "2 layers: loss", "val_loss", "5 layers: loss", "val_loss"],
        [
            [str(k), *(_number(h[key][k - 1]) for h in (two, five) for key in ("loss", "val_loss"))]
            for k in sorted({k for k in (1, 2, 5, 10, 20, 50, 100, last) if k <= last})
        ],
    )
    if table.x.shape == CONCRETE and epochs == EPOCHS:
        telling.text(KERAS_ON_CONCRETE)
    telling.plot(
        "curves",
        "The loss after each epoch. Where the dashed line turns up while the other still falls, "
        "the network has begun to learn its rows by heart.",
        lambda figure: plot_curves(figure, [
            ("2 hidden layers, the last 30 % held back", two),
            ("5 hidden layers, the last 10 % held back", five),
        ]),
        size=(10.4, 4.8),
    )  # fmt: skip
    telling.text(
        "Do not read the two columns of val_loss as a race between the networks: they are errors "
        "on different rows. And the last rows of a table need not be like the first. The next "
        "part holds rows out by chance."
    )


def _tell_the_errors(
    telling: Lesson, table: Table, epochs: int, repeats: int
) -> list[tuple[Variant, Measured]]:
    telling.heading(f"4. Measured {repeats} times: the mean and the standard deviation")
    telling.text(
        f"A baseline and three changes, one at a time. Each network is trained {repeats} times, "
        "from new weights, on 70 % of the rows taken by chance, and its error is measured on the "
        "other 30 %. All four are given the same divisions. (As in the lab, the mean and the "
        "deviation for normalising are those of all rows; strictly, only the training rows may be "
        "asked.)"
    )
    found = []
    for variant in variants(epochs):
        measured = measure(table, variant, repeats)
        found.append((variant, measured))
        layers = "-".join(map(str, [table.x.shape[1], *variant.hidden, 1]))
        telling.terminal(
            f"{variant.letter}. {variant.what}: {layers}, {variant.epochs} epochs\n"
            f"   mean squared errors         {_listed(measured.errors)}\n"
            f"   their mean                  {_number(measured.mean)}\n"
            f"   their standard deviation    {_number(measured.std)}"
        )
    return found


def _tell_the_comparison(
    telling: Lesson, table: Table, found: list[tuple[Variant, Measured]], repeats: int
) -> None:
    telling.heading("5. Is that good?")
    mean, plane = measure_simple(table, repeats)
    telling.text(
        "A mean squared error has no scale of its own. Two simple ways to predict give it one, "
        "on the same divisions: always to say the mean of the training rows, and linear "
        "regression, which is a network without a hidden layer. The root of the error is in the "
        f"units of {table.target}."
    )
    named = [("always the mean", mean), ("linear regression", plane)]
    named += [(f"{v.letter}. {v.what}", m) for v, m in found]
    telling.table(
        ["held out", "mean", "std", "root", "of the mean's", "on training rows"],
        [
            [
                what, _number(m.mean), _number(m.std), _number(m.mean**0.5),
                f"{m.mean / mean.mean:.0%}" if mean.mean else "",
                _number(float(np.mean(m.training))),
            ]
            for what, m in named
        ],
    )  # fmt: skip
    telling.text(verdict(found, plane))
    telling.plot(
        "errors",
        "Every measured error, and their mean and standard deviation beside them. One division "
        "alone could have told another story.",
        lambda figure: plot_errors(figure, found, mean, plane),
        size=(9.0, 5.6),
    )
    best, measured = min(found, key=lambda each: _for_ranking(each[1].mean))
    if np.isfinite(measured.predicted).any():
        telling.plot(
            "predictions",
            f"Network {best.letter} after the last division: on the line the prediction is right, "
            "above it too high, below it too low.",
            lambda figure: plot_predictions(figure, best, measured, table.target),
            size=(6.4, 6.0),
        )


def verdict(found: Sequence[tuple[Variant, Measured]], plane: Measured) -> str:
    """Say in words what the numbers say, for whatever table it was."""
    best, measured = min(found, key=lambda each: _for_ranking(each[1].mean))
    if not np.isfinite(measured.mean):
        return "No network learnt anything: the numbers left the range of float32."
    says = [f"The best of the four is {best.letter} ({best.what})."]
    by_letter = {variant.letter: m for variant, m in found}
    before, after = by_letter["A"].mean, by_letter["B"].mean
    if np.isfinite(before):
        change = "lowers" if after < before else "raises"
        says.append(f"Normalising {change} the error from {_number(before)} to {_number(after)}.")
        longer = by_letter["C"].mean
        if longer < before <= after:
            says.append(
                "That looks wrong, and is a matter of time: adam moves every weight by about the "
                "same small amount, which does more to the output when the inputs are numbers in "
                f"the hundreds. With twice the epochs (C) the error is {_number(longer)}."
            )
    difference = np.subtract(plane.errors, measured.errors)
    wins = int((difference > 0).sum())
    of = f"in {wins} of {len(difference)} divisions"
    if difference.mean() > difference.std() and wins > len(difference) / 2:
        says.append(
            f"{best.letter} beats linear regression {of}: there is something bent in "
            "these data, and the hidden layers find it."
        )
    else:
        says.append(
            f"{best.letter} beats linear regression {of}, and not by more than chance "
            "would: for these data a flat plane is enough, and a network of thousands of weights "
            "is not better for being larger. That is worth knowing before one builds it."
        )
    learnt = float(np.mean(measured.training))
    if learnt < 0.7 * measured.mean:
        says.append(
            f"On the rows that it learnt from its error is {_number(learnt)}, much less than on "
            "the others: it has begun to learn rows by heart, which the lesson on overfitting is "
            "about."
        )
    return " ".join(says)


def _for_ranking(error: float) -> float:
    return error if np.isfinite(error) else float("inf")


def _number(error: float) -> str:
    return f"{error:.4g}" if not 0.1 <= abs(error) < 1e6 else f"{error:.2f}"


def _listed(errors: Sequence[float]) -> str:
    shown = "  ".join(map(_number, errors[:6]))
    return shown if len(errors) <= 6 else f"{shown}  … ({len(errors)})"


def read(path: str | None) -> Table:
    """Return the table of a file, the diabetes patients if there is none.

    Raises:
        DataError: it cannot be had, or it is not enough to learn from.
    """
    table = diabetes() if path is None else read_csv(path)
    if len(table) < FEWEST:
        raise DataError(f"{path} has {len(table)} rows: at least {FEWEST} are needed here")
    if np.ptp(table.y) == 0.0:
        raise DataError(
            f"{path}: its last column, {table.target!r}, is {table.y[0]:g} in every row, and there "
            "is nothing to predict"
        )
    return table


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line and run the lesson."""
    parser = command("regression", __doc__)
    parser.add_argument(
        "--csv", metavar="PATH",
        help="a table of numbers with column names, the last column being the target, such as "
        "the course's concrete_data.csv (default: scikit-learn's diabetes)",
    )  # fmt: skip
    parser.add_argument(
        "--epochs", type=whole_number, default=EPOCHS, metavar="N",
        help="epochs of the baseline, 1 to 1000; where the lab has 100 it is twice as many "
        "(default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--repeats", type=whole_number, default=REPEATS, metavar="R",
        help="how often each network is trained and measured, 2 to 50; the lab has 50 "
        "(default: %(default)s)",
    )  # fmt: skip
    options = parser.parse_args(arguments)
    if not 1 <= options.epochs <= 1000:
        parser.error(f"--epochs {options.epochs}: 1 to 1000 epochs")
    if not 2 <= options.repeats <= 50:
        parser.error(f"--repeats {options.repeats}: 2 to 50 times")
    try:
        table = read(options.csv)
    except DataError as error:
        parser.error(str(error) if options.csv is None else f"--csv {error}")
    return run(parser, options.out, lambda out: lesson(out, table, options.epochs, options.repeats))


if __name__ == "__main__":
    sys.exit(main())
