"""Binary classification: a sigmoid, cross-entropy, and what a threshold decides.

    python -m demos.binary_classification [--out DIR] [--csv PATH] [--epochs N]

Two classes, 0 and 1.  The network's one output is a probability; cross-entropy measures how
far it is off, accuracy only how often it is on the right side of a half.

By default the rows are measurements of 569 tumours, to be told malignant (0) or benign (1).
With --csv any table of numbers whose last column is 0 or 1.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import nn as keras
from demos._data import Array, DataError, Table, breast_cancer, standardised
from demos._learning import add_csv, add_epochs, check_epochs, draw_curves, listing, table
from demos._page import Lesson, command, run
from demos._plots import BLACK, BLUE, LONGEST_NAME, label_text, style
from nn import callbacks, layers
from nn.naming import reset_names
from viz import plots
from viz.text import visible

EPOCHS = 30
DIVISIONS = 4  # how often it is measured anew
TEST = 0.2  # of the rows of each class
FEWEST = 10  # rows of each class
THRESHOLDS = (0.1, 0.5, 0.9)


# --- the lesson's code ----------------------------------------------------------------------------


def classifier(inputs: int) -> keras.Sequential:
    model = keras.Sequential([
        layers.Dense(16, activation="relu", input_shape=[inputs]),
        layers.Dense(8, activation="relu"),
        layers.Dense(1, activation="sigmoid"),
    ])  # fmt: skip
    model.compile(
        optimizer="adam", loss="binary_crossentropy", metrics=["binary_accuracy"]
    )  # fmt: skip
    return model


def train(model: keras.Sequential, x: Array, y: Array, epochs: int) -> Any:
    early_stopping = callbacks.EarlyStopping(
        patience=10, min_delta=0.001, restore_best_weights=True
    )  # fmt: skip
    return model.fit(
        x, y, validation_split=0.2, epochs=epochs, callbacks=[early_stopping], verbose=0
    )  # fmt: skip


def one_neuron(inputs: int) -> keras.Sequential:
    model = keras.Sequential([layers.Dense(1, activation="sigmoid", input_shape=[inputs])])
    model.compile(
        optimizer=keras.optimizers.Adam(0.01), loss="binary_crossentropy",
        metrics=["binary_accuracy"],
    )  # fmt: skip
    return model


# --- measuring ------------------------------------------------------------------------------------


def divide(y: Array, seed: int = 0) -> tuple[Array, Array]:
    """Return the numbers of the rows to train on and of a fifth of each class, to test with."""
    chance, train_rows, test_rows = np.random.default_rng(seed), [], []
    for label in (0.0, 1.0):
        of_class = chance.permutation(np.flatnonzero(y == label))
        held = round(TEST * len(of_class))
        test_rows.append(of_class[:held])
        train_rows.append(of_class[held:])
    return chance.permutation(np.concatenate(train_rows)), np.sort(np.concatenate(test_rows))


def confusion(y: Array, probability: Array, threshold: float = 0.5) -> Array:
    """Return the counts, a row for each true class, a column for each class that is said.

    >>> confusion(np.array([0, 0, 1, 1, 1]), np.array([0.2, 0.6, 0.7, 0.9, 0.4]))
    array([[1, 1],
           [1, 2]])
    """
    counts = np.zeros((2, 2), dtype=int)
    np.add.at(counts, (y.astype(int), (probability > threshold).astype(int)), 1)
    return counts


@dataclass(frozen=True)
class Trained:
    """A classifier and the rows that it was kept from.

    Attributes:
        model: the network, with its best weights.
        history: the losses and accuracies by epoch.
        y_test: the true classes of the test rows.
        probability: what it says of them: how probable class 1 is.
        loss, accuracy: its cross-entropy and the share of right answers on them.
    """

    model: keras.Sequential
    history: Any
    y_test: Array
    probability: Array
    loss: float
    accuracy: float


def learn(data: Table, make: Any, epochs: int, seed: int = 0) -> Trained:
    """Divide, standardise by the training rows, train and test."""
    train_rows, test_rows = divide(data.y, seed)
    x = standardised(data.x, data.x[train_rows])
    keras.utils.set_random_seed(seed)
    model = make(x.shape[1])
    history = train(model, x[train_rows], data.y[train_rows], epochs).history
    loss, accuracy = model.evaluate(x[test_rows], data.y[test_rows], verbose=0)
    probability = model.predict(x[test_rows], verbose=0)[:, 0]
    return Trained(model, history, data.y[test_rows], probability, loss, accuracy)


def telling_pair(data: Table) -> list[int]:
    """Return the two columns from which a plane tells the class best, the best one first."""
    x, y = standardised(data.x), standardised(data.y)
    first = int(np.argmax(np.abs(x.T @ y)))
    left = [
        np.sum((y - pair @ np.linalg.lstsq(pair, y, rcond=None)[0]) ** 2)
        if i != first else np.inf
        for i in range(x.shape[1])
        for pair in [x[:, [first, i]]]
    ]  # fmt: skip
    return [first, int(np.argmin(left))]


def classes(data: Table) -> tuple[str, str]:
    """Return what class 0 and class 1 are called."""
    if data.target == "benign":
        return "malignant", "benign"
    name = visible(data.target, LONGEST_NAME - 2)  # where it is cut, the number stays
    return f"{name} 0", f"{name} 1"


def check_classes(data: Table) -> Table:
    """Return the table if its last column is 0 or 1, and each often enough."""
    for row, value in enumerate(data.y, start=1):
        if value not in (0.0, 1.0):
            raise DataError(
                f"{data.source}, row {row}: the last column, {data.target!r}, must be 0 or 1, "
                f"and is {value:g}"
            )
    fewest = min(np.sum(data.y == 0), np.sum(data.y == 1))
    if fewest < FEWEST:
        raise DataError(f"{data.source}: {fewest} rows of one class; {FEWEST} at least are needed")
    return data


# --- pictures -------------------------------------------------------------------------------------


def plot_sigmoid(figure: Any) -> None:
    """Draw the sigmoid, and what cross-entropy and accuracy make of a probability."""
    left, right = figure.subplots(1, 2)
    z = np.linspace(-6.0, 6.0, 241)
    left.plot(z, 1.0 / (1.0 + np.exp(-z)), color=BLUE, linewidth=2)
    left.axhline(0.5, color=BLACK, linewidth=1, linestyle=":")
    left.set(title="sigmoid", xlabel="weighted sum z", ylabel="probability p")
    p = np.linspace(0.005, 0.995, 199)
    right.plot(p, -np.log(p), **style(0), linewidth=2, label="true class 1: −log p")
    right.plot(p, -np.log(1.0 - p), **style(1), linewidth=2, label="true class 0: −log(1 − p)")
    right.plot([0, 0.5, 0.5, 1], [1, 1, 0, 0], **style(3), linewidth=2, label="class 1: 1 if wrong")
    right.set(title="loss of one row", xlabel="probability p", ylim=(0, 5.4))
    right.legend(loc="upper center", fontsize=10)
    for axes in (left, right):
        axes.grid(alpha=0.3)


def plot_curves(figure: Any, history: Any) -> None:
    """Draw loss and accuracy by epoch."""
    left, right = figure.subplots(1, 2)
    draw_curves(left, history, "loss", "binary cross-entropy")
    draw_curves(right, history, "accuracy", "share of right answers", key="binary_accuracy")


def plot_confusion(figure: Any, counts: Array, names: tuple[str, str]) -> None:
    """Draw the four counts as four fields."""
    axes = figure.add_subplot()
    axes.imshow(counts / counts.sum(axis=1, keepdims=True), cmap="Blues", vmin=0, vmax=1.4)
    for i in (0, 1):
        for j in (0, 1):
            what = "right" if i == j else "wrong"
            axes.text(j, i, f"{counts[i, j]}\n{what}", ha="center", va="center", fontsize=15)
    names = label_text(names[0]), label_text(names[1])
    axes.set_xticks([0, 1], names)
    axes.set_yticks([0, 1], names, rotation=90, va="center")
    axes.set(xlabel="the network says", ylabel="true")


def plot_map(figure: Any, data: Table, model: keras.Sequential) -> None:
    """Draw the probability that the network gives to each point of a plane of two columns."""
    by = data.x[divide(data.y)[0]]  # the rows by which the network's inputs were standardised
    plots.decision_boundary(
        lambda points: model.predict(standardised(points, by), batch_size=1000, verbose=0),
        data.x, data.y, ax=figure.add_subplot(),
        feature_names=data.columns, class_names=classes(data),
    )  # fmt: skip
    figure.axes[-1].set_ylabel(f"probability of {label_text(classes(data)[1])}")


# --- the lesson -----------------------------------------------------------------------------------


def lesson(out: Path, data: Table, epochs: int = EPOCHS) -> None:
    """Tell the lesson and write its pictures and its page to `out`."""
    reset_names()
    zero, one = classes(data)
    telling = Lesson(out, f"Binary classification: {zero} or {one}?")
    trained = _tell_the_training(telling, data, epochs)
    _tell_the_test(telling, data, trained)
    _tell_the_divisions(telling, data, epochs)
    if data.x.shape[1] >= 2:
        _tell_the_map(telling, data, epochs)
    telling.close()


def _tell_the_training(telling: Lesson, data: Table, epochs: int) -> Trained:
    zero, one = classes(data)
    ones, commonest = int(data.y.sum()), max(data.y.mean(), 1 - data.y.mean())
    telling.heading("1. A probability and its loss")
    telling.text(
        f"{data.name}: {len(data)} rows ({data.source}), {data.x.shape[1]} columns. "
        f"{len(data) - ones} are {zero} (0), {ones} are {one} (1); who always says the more "
        f"frequent is right in {commonest:.3f} of all."
    )
    telling.text(
        "The last neuron is a sigmoid, so that the output is a number between 0 and 1, the "
        "probability p of class 1. Accuracy cannot train it: it leaps where p crosses a half, "
        "and is flat elsewhere, without a slope to follow. Cross-entropy, the negative logarithm "
        "of the probability given to the truth, falls all the way."
    )
    telling.table(
        ["p", "loss if 1", "loss if 0"],
        [[f"{p:g}", f"{-np.log(p):.4f}", f"{-np.log(1 - p):.4f}"] for p in (0.01, 0.25, 0.5, 0.9)],
    )
    telling.plot(
        "sigmoid", "The sigmoid; and the loss of a row by the probability that was given.",
        plot_sigmoid, size=(10.4, 4.4),
    )  # fmt: skip
    telling.heading("2. Training")
    telling.text(
        f"A fifth of each class is put aside, to test with. The columns are standardised by the "
        f"other rows, of which fit in turn holds back a fifth for validation. At most {epochs} "
        "epochs:"
    )
    listing(telling, classifier, train)
    trained = learn(data, classifier, epochs)
    trained.model.summary(line_length=64, print_fn=telling.terminal)
    history = trained.history
    done, best = len(history["loss"]), int(np.argmin(history["val_loss"])) + 1
    telling.table(
        ["epoch", "loss", "binary_accuracy", "val_loss", "val_binary_accuracy"],
        [
            [str(k), *(
                f"{history[name][k - 1]:.4f}"
                for name in ("loss", "binary_accuracy", "val_loss", "val_binary_accuracy")
            )]
            for k in sorted({k for k in (1, 2, 5, 10, 20, 50, 100, done) if k <= done})
        ],
    )  # fmt: skip
    telling.text(
        f"Early stopping ended it after {done} epochs; the weights are those of the best."
        if done < epochs
        else f"The lowest val_loss came in epoch {best} of {done}: early stopping had no reason "
        f"to end it before. Best val_loss {min(history['val_loss']):.4f}, best validation "
        f"accuracy {max(history['val_binary_accuracy']):.4f}."
    )
    telling.plot(
        "curves", "Loss and accuracy after each epoch: the loss is smooth, the accuracy goes in "
        "steps of one row.", lambda figure: plot_curves(figure, history), size=(10.4, 4.4),
    )  # fmt: skip
    return trained


def _tell_the_test(telling: Lesson, data: Table, trained: Trained) -> None:
    zero, one = classes(data)
    telling.heading("3. The test rows: what is confused with what")
    counts = confusion(trained.y_test, trained.probability)
    telling.text(
        f"On the {len(trained.y_test)} test rows the loss is {trained.loss:.4f} and the accuracy "
        f"{trained.accuracy:.4f}: {counts[0, 0] + counts[1, 1]} right."
    )
    telling.table(
        ["true \\ said", zero, one],
        [[name, str(a), str(b)] for name, (a, b) in zip((zero, one), counts, strict=True)],
    )
    telling.plot(
        "confusion", "The confusion table: rows right on the diagonal, wrong beside it.",
        lambda figure: plot_confusion(figure, counts, (zero, one)), size=(5.2, 4.8),
    )  # fmt: skip
    telling.text(
        f"Nothing says that {one} must be said from one half on. A higher threshold says it "
        f"only when surer: fewer {zero} rows are taken for {one}, and more the other way round. "
        "Which mistake costs more is no question to the network."
    )
    telling.table(
        ["threshold", f"{zero} taken for {one}", f"{one} taken for {zero}", "accuracy"],
        [
            [f"{t:g}", str(c[0, 1]), str(c[1, 0]), f"{np.trace(c) / c.sum():.4f}"]
            for t in THRESHOLDS
            for c in [confusion(trained.y_test, trained.probability, t)]
        ],
    )


def _tell_the_divisions(telling: Lesson, data: Table, epochs: int) -> None:
    telling.heading("4. Other test rows, and a single neuron")
    found = {
        name: [learn(data, make, epochs, seed) for seed in range(DIVISIONS)]
        for name, make in (("the network", classifier), ("one neuron", one_neuron))
    }
    tests = len(found["the network"][0].y_test)
    telling.text(
        f"With {tests} test rows one row more or less is {1 / tests:.4f} of accuracy. Divided "
        "anew, from new weights; and beside it a single sigmoid neuron (logistic regression, "
        "trained at a rate of 0.01), which can only part the classes by a flat plane:"
    )
    telling.table(
        ["test accuracy", *(f"seed {seed}" for seed in range(DIVISIONS)), "mean"],
        [
            [name, *(f"{a:.4f}" for a in accuracies), f"{np.mean(accuracies):.4f}"]
            for name, each in found.items()
            for accuracies in [[one.accuracy for one in each]]
        ],
    )
    ours, plane = (np.mean([one.accuracy for one in each]) for each in found.values())
    telling.text(
        "The hidden layers gain something here."
        if ours > plane + 2 / tests
        else "The hidden layers gain next to nothing here: a plane is about as good. Always try "
        "the simple one first."
    )


def _tell_the_map(telling: Lesson, data: Table, epochs: int) -> None:
    pair = telling_pair(data)
    two = Table(
        data.name, data.x[:, pair], data.y, tuple(data.columns[i] for i in pair), data.target,
        data.source,
    )  # fmt: skip
    trained = learn(two, classifier, epochs)
    telling.heading("5. A map of two columns")
    telling.text(
        f"The same network with only {two.columns[0]} and {two.columns[1]} as inputs can be "
        f"looked at whole. Its accuracy on the test rows is {trained.accuracy:.4f}."
    )
    telling.plot(
        "map",
        "The probability by two columns. On the black line it is one half; all rows are shown, "
        "the test rows too.",
        lambda figure: plot_map(figure, two, trained.model), size=(8.4, 6.4),
    )  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line and run the lesson."""
    parser = command("binary_classification", __doc__)
    add_csv(parser, "breast cancer")
    add_epochs(parser, EPOCHS)
    options = parser.parse_args(arguments)
    check_epochs(parser, options.epochs)
    data = table(parser, options.csv, breast_cancer)
    try:
        check_classes(data)
    except DataError as error:
        parser.error(f"--csv {error}")
    return run(parser, options.out, lambda out: lesson(out, data, options.epochs))


if __name__ == "__main__":
    sys.exit(main())
