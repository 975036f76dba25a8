"""Classification with Keras: which digit was written here, and which are taken for which.

    python -m demos.classification [--mnist [PATH]] [--out DIR] [--epochs N]

A network looks at the pixels of a handwritten digit and gives a probability to each of the
ten digits.  By default these are scikit-learn's 1797 digits of 8 × 8 pixels; `--mnist` takes
the 70 000 of the lab, 28 × 28 pixels: Keras's mnist.npz, or a folder with the four IDX files.

The lesson: one accuracy hides which digits are taken for which.  And the weights of the first
layer can be looked at as pictures.
"""

from __future__ import annotations

import inspect
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import nn as keras
from demos._data import DataError, digits
from demos._page import Lesson, command, run, whole_number
from demos._plots import style
from nn.datasets import mnist
from nn.layers import Dense, Input
from nn.models import Sequential, load_model
from nn.naming import reset_names
from nn.utils import to_categorical

Array = np.ndarray[Any, Any]

FILE = "classification_model.keras"
CLASSES = 10
SHOWN = 20  # images of each kind

# the hidden layers that suit the pictures
HIDDEN = (64, 32)
HIDDEN_FOR_MNIST = (784, 100)
LONG = 1e9  # weights times training digits, from which on an epoch is worth waiting for with a line


# --- the lab's code -------------------------------------------------------------------------------


def classification_model(num_pixels: int, hidden: Sequence[int], num_classes: int) -> Sequential:
    # create model
    model = Sequential()
    model.add(Input(shape=(num_pixels,)))
    for units in hidden:
        model.add(Dense(units, activation="relu"))
    model.add(Dense(num_classes, activation="softmax"))

    # compile model
    model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    return model


IN_A_NOTEBOOK = """\
import nn as keras
from nn.layers import Dense, Input
from nn.models import Sequential, load_model
from nn.utils import to_categorical

{function}

y_train, y_test = to_categorical(y_train), to_categorical(y_test)
model = classification_model({pixels}, {hidden}, {classes})
model.fit(X_train, y_train, validation_data=(X_test, y_test), epochs={epochs}, verbose=2)
scores = model.evaluate(X_test, y_test, verbose=0)"""


# --- the data -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Images:
    """Pictures of digits, divided.

    Attributes:
        name: what they are called.
        x_train, x_test: one flat row of pixels from 0 to 1 for each picture.
        y_train, y_test: which digit it is.
        hidden: the sizes of the hidden layers that suit them.
        epochs: how long to train.
    """

    name: str
    x_train: Array
    y_train: Array
    x_test: Array
    y_test: Array
    hidden: tuple[int, ...]
    epochs: int

    @property
    def side(self) -> int:
        """Pixels in a row of a picture."""
        return int(self.x_train.shape[1] ** 0.5 + 0.5)


def small_digits() -> Images:
    """Return scikit-learn's digits, 80 % to train on, with as many of each digit in both."""
    table = digits()
    from sklearn.model_selection import train_test_split

    x_train, x_test, y_train, y_test = train_test_split(
        table.x / 16.0, table.y, test_size=0.2, random_state=0, stratify=table.y
    )
    return Images(
        f"scikit-learn's digits ({table.source.partition(',')[0]})",
        x_train, y_train, x_test, y_test, HIDDEN, 30,
    )  # fmt: skip


def mnist_digits(path: str | None = None) -> Images:
    """Return MNIST from a file or folder; without a path, where Keras keeps it.

    Raises:
        DataError: it is not there, or not MNIST.
    """
    try:
        if path is None:
            (x_train, y_train), (x_test, y_test) = mnist.load_data()
        elif not Path(path).expanduser().exists():
            raise DataError(f"{path}: no such file or folder")
        else:  # any file of that form; what is in it is never executed
            (x_train, y_train), (x_test, y_test) = mnist.load_data(path, sha256="")
    except (OSError, ValueError) as error:
        raise DataError(str(error).replace("to load_data", "after --mnist")) from None
    for part, found in (("training", y_train), ("test", y_test)):
        if len(found) < CLASSES:
            raise DataError(f"{path or 'MNIST'} has {len(found)} {part} digits: too few")
    return Images(
        "MNIST (LeCun, Cortes & Burges 1998)",
        x_train.reshape(len(x_train), -1).astype("float32") / 255.0, y_train,
        x_test.reshape(len(x_test), -1).astype("float32") / 255.0, y_test,
        HIDDEN_FOR_MNIST, 10,
    )  # fmt: skip


# --- what the network says ------------------------------------------------------------------------


def confusion_matrix(y_true: Array, y_said: Array, classes: int = CLASSES) -> Array:
    """Return how often a digit (row) was taken for a digit (column)."""
    counts = np.zeros((classes, classes), dtype=int)
    np.add.at(counts, (y_true.astype(int), y_said.astype(int)), 1)
    return counts


def most_confused(counts: Array, most: int = 5) -> list[tuple[int, int, int]]:
    """Return the true digit, what was said, and how often, the most frequent mistakes first."""
    mistakes = [
        (int(counts[i, j]), i, j)
        for i in range(len(counts)) for j in range(len(counts)) if i != j and counts[i, j]
    ]  # fmt: skip
    mistakes.sort(key=lambda each: (-each[0], each[1], each[2]))
    return [(i, j, count) for count, i, j in mistakes[:most]]


# --- pictures -------------------------------------------------------------------------------------


def plot_images(figure: Any, images: Array, titles: Sequence[str], across: int = 10) -> None:
    """Draw flat rows of pixels as pictures, black on white, each under its title."""
    side = round(images.shape[1] ** 0.5)
    cells = list(figure.subplots(-(-len(images) // across), across, squeeze=False).flat)
    for axes in cells:
        axes.set_axis_off()
    for axes, image, title in zip(cells, images, titles, strict=False):
        axes.imshow(
            image.reshape(side, side), cmap="gray_r", vmin=0.0, vmax=1.0, interpolation="nearest"
        )
        axes.set_title(title, fontsize=11)


def plot_curves(figure: Any, history: Any) -> None:
    """Draw loss and accuracy against the epoch."""
    for axes, key, label in zip(
        figure.subplots(1, 2), ("loss", "accuracy"), ("cross-entropy", "accuracy"), strict=True
    ):
        for i, (prefix, rows) in enumerate([("", "training digits"), ("val_", "test digits")]):
            numbers = history[prefix + key]
            axes.plot(range(1, len(numbers) + 1), numbers, label=rows, **style(i))
        axes.set(title=label.capitalize(), xlabel="epoch", ylabel=label)
        axes.grid(alpha=0.3)
    figure.axes[0].legend()


def plot_confusion(figure: Any, counts: Array) -> None:
    """Draw the confusion matrix: a number in each cell, the mistakes coloured by their number."""
    axes = figure.add_subplot()
    wrong = counts * (1 - np.eye(len(counts), dtype=int))
    most = max(1, int(wrong.max()))
    drawn = axes.imshow(wrong, cmap="Oranges", vmin=0, vmax=most)
    for i, row in enumerate(counts):
        for j, count in enumerate(row):
            if count:
                color = "white" if i != j and count > 0.6 * most else "black"
                axes.text(
                    j, i, str(count), ha="center", va="center", color=color, fontsize=11,
                    fontweight="bold" if i == j else "normal",
                )  # fmt: skip
    axes.set(
        xticks=range(len(counts)), yticks=range(len(counts)), xlabel="the network says",
        ylabel="the digit is", title="Confusion matrix of the test digits",
    )  # fmt: skip
    figure.colorbar(drawn, ax=axes, label="mistakes", shrink=0.8, ticks=_whole_steps(most))


def plot_weights(figure: Any, kernel: Array, across: int = 8) -> None:
    """Draw the weights of neurons as pictures of the pixels that they look at."""
    side = round(kernel.shape[0] ** 0.5)
    reach = float(np.abs(kernel).max()) or 1.0
    cells = figure.subplots(-(-kernel.shape[1] // across), across, squeeze=False)
    for axes in cells.flat:
        axes.set_axis_off()
    for axes, weights in zip(cells.flat, kernel.T, strict=False):
        drawn = axes.imshow(
            weights.reshape(side, side), cmap="RdBu", vmin=-reach, vmax=reach,
            interpolation="nearest",
        )  # fmt: skip
    figure.colorbar(drawn, ax=cells, label="weight (blue: for, red: against)", shrink=0.6)


def _whole_steps(most: int) -> list[int]:
    return sorted(set(np.linspace(0, most, min(most, 5) + 1).round().astype(int).tolist()))


# --- the lesson -----------------------------------------------------------------------------------


def lesson(out: Path, images: Images, epochs: int | None = None) -> None:
    """Tell the lesson and write its pictures, its page and the trained model to `out`."""
    reset_names()  # dense, dense_1, … in the summary whatever was made before
    epochs = epochs or images.epochs
    telling = Lesson(out, f"Classification with Keras: digits of {images.side} × {images.side}")
    _tell_the_data(telling, images)
    keras.utils.set_random_seed(0)
    model = _tell_the_network(telling, images, epochs)
    _tell_the_training(telling, images, model, epochs)
    said = model.predict(images.x_test, verbose=0)
    _tell_the_mistakes(telling, images, said)
    _tell_the_weights(telling, images, model)
    _tell_the_file(telling, images, model, said)
    telling.close()


def _tell_the_data(telling: Lesson, images: Images) -> None:
    telling.heading("1. The data")
    pixels = images.x_train.shape[1]
    telling.text(
        f"{images.name}: {len(images.x_train)} digits to train on and {len(images.x_test)} to "
        f"test with. A picture of {images.side} × {images.side} pixels becomes a row of {pixels} "
        "numbers from 0 (paper) to 1 (ink); which pixels are neighbours is lost with that."
    )
    telling.table(
        ["digit", *map(str, range(CLASSES))],
        [
            [part, *map(str, np.bincount(y, minlength=CLASSES))]
            for part, y in (("training", images.y_train), ("test", images.y_test))
        ],
    )
    telling.plot(
        "digits",
        "The first of the training digits, and what they are.",
        lambda figure: plot_images(
            figure, images.x_train[:SHOWN], [str(y) for y in images.y_train[:SHOWN]]
        ),
        size=(10.4, 2.9),
    )


def _tell_the_network(telling: Lesson, images: Images, epochs: int) -> Sequential:
    telling.heading("2. The network, in the words of the lab")
    telling.text(
        "Only the import lines differ from the notebook. Ten outputs with softmax: ten "
        "probabilities that add up to 1. to_categorical makes of the digit 3 the row 0 0 0 1 0 0 "
        "0 0 0 0, which is what they should be; categorical cross-entropy is minus the logarithm "
        "of the probability that the right digit was given."
    )
    telling.terminal(
        IN_A_NOTEBOOK.format(
            function=inspect.getsource(classification_model).rstrip(),
            pixels=images.x_train.shape[1], hidden=images.hidden, classes=CLASSES, epochs=epochs,
        )
    )  # fmt: skip
    model = classification_model(images.x_train.shape[1], images.hidden, CLASSES)
    model.summary(line_length=64, print_fn=telling.terminal)
    return model


def _tell_the_training(telling: Lesson, images: Images, model: Sequential, epochs: int) -> None:
    telling.heading(f"3. Training, {epochs} epochs")
    y_train, y_test = (to_categorical(y, CLASSES) for y in (images.y_train, images.y_test))
    slow = len(images.x_train) * model.count_params() > LONG
    if slow:  # the lines of Keras tell how far it is; they hold times and are not on the page
        print(f"{estimate(images)} s an epoch, more or less. Ctrl-C ends the training early.")
    done = model.fit(
        images.x_train, y_train, validation_data=(images.x_test, y_test), epochs=epochs,
        verbose=2 if slow else 0,
    )  # fmt: skip
    history = done.history
    if not history:
        raise KeyboardInterrupt("stopped in the first epoch: there is nothing to show yet")
    last = len(history["loss"])
    telling.table(
        ["epoch", "loss", "accuracy", "val_loss", "val_accuracy"],
        [
            [str(k), *(f"{history[key][k - 1]:.4f}" for key in (
                "loss", "accuracy", "val_loss", "val_accuracy"
            ))]
            for k in sorted({k for k in (1, 2, 3, 5, 10, 20, 30, last) if k <= last})
        ],
    )  # fmt: skip
    scores = model.evaluate(images.x_test, y_test, verbose=0)
    telling.terminal(f"Accuracy: {scores[1]:.4f}\nError:    {1.0 - scores[1]:.4f}")
    telling.text(
        f"Of the {len(y_test)} test digits {round((1.0 - scores[1]) * len(y_test))} are wrong. "
        "Other weights at the start give a few more or less: differences smaller than that say "
        "nothing about a network."
    )
    telling.plot(
        "curves",
        "After each epoch. Where the lines part, the network learns its training digits better "
        "than it learns digits.",
        lambda figure: plot_curves(figure, history),
        size=(10.4, 4.6),
    )


def estimate(images: Images) -> int:
    """Return about how many seconds an epoch will take, by timing a few batches."""
    model = classification_model(images.x_train.shape[1], images.hidden, CLASSES)
    some = images.x_train[:32], to_categorical(images.y_train[:32], CLASSES)
    model.train_on_batch(*some)
    start = time.perf_counter()
    for _ in range(5):
        model.train_on_batch(*some)
    return round((time.perf_counter() - start) / 5 * len(images.x_train) / len(some[0])) + 1


def _tell_the_mistakes(telling: Lesson, images: Images, said: Array) -> None:
    telling.heading("4. Which digits are taken for which")
    digit = said.argmax(axis=1)
    counts = confusion_matrix(images.y_test, digit)
    telling.table(
        ["digit is / says", *map(str, range(CLASSES)), "right"],
        [
            [
                str(i), *(str(n) if n else "." for n in row),
                f"{row[i] / row.sum():.1%}" if row.sum() else "",
            ]
            for i, row in enumerate(counts)
        ],
    )  # fmt: skip
    wrong = np.flatnonzero(digit != images.y_test)
    if not len(wrong):
        telling.text("Every one of the test digits is right.")
        return
    pairs = "; ".join(
        f"{true} taken for {told} ({count}×)" for true, told, count in most_confused(counts)
    )
    telling.text(f"The most frequent mistakes: {pairs}.")
    telling.plot(
        "confusion",
        "A row for each digit as it is, a column for each as the network says; what is right is "
        "on the diagonal.",
        lambda figure: plot_confusion(figure, counts),
        size=(7.6, 6.4),
    )
    sure = wrong[np.argsort(-said[wrong].max(axis=1), kind="stable")]
    shown = sure[:SHOWN]
    first = shown[0]
    telling.text(
        f"Softmax gives a probability with each answer. The surest of the wrong answers: "
        f"{images.y_test[first]} taken for {digit[first]}, with probability "
        f"{said[first].max():.3f}. To be sure is not to be right."
    )
    telling.plot(
        "wrong",
        "Digits that it got wrong, the surest answers first: the digit, what the network says, "
        "and with which probability. Some are hard for people as well.",
        lambda figure: plot_images(
            figure, images.x_test[shown],
            [f"{images.y_test[k]}, says {digit[k]}\n{said[k].max():.2f}" for k in shown],
            across=7,
        ),
        size=(10.4, 2.0 * -(-len(shown) // 7)),
    )  # fmt: skip


def _tell_the_weights(telling: Lesson, images: Images, model: Sequential) -> None:
    telling.heading("5. What the first layer looks at")
    kernel = model.layers[0].get_weights()[0]
    shown = min(32, kernel.shape[1])
    telling.text(
        f"Each neuron of the first layer has one weight for each of the {kernel.shape[0]} pixels. "
        "Drawn where the pixels are, they show what it waits for: ink on the blue pixels speaks "
        f"for it, ink on the red ones against. The root mean square of these {kernel.size} "
        f"weights is {np.sqrt(np.mean(kernel**2)):.3f}."
    )
    telling.plot(
        "weights",
        f"The weights of {shown} of the {kernel.shape[1]} neurons of the first layer. Hardly one "
        "looks like a digit: each waits for ink in some places and paper in others, and the next "
        "layers put that together. A pixel that is always paper keeps the weight that chance gave "
        "it at the start.",
        lambda figure: plot_weights(figure, kernel[:, :shown]),
        size=(10.4, 5.2),
    )


def _tell_the_file(telling: Lesson, images: Images, model: Sequential, said: Array) -> None:
    telling.heading("6. Saved, and read again")
    path = telling.out / FILE
    model.save(path)
    telling.written.append(path)
    pretrained_model = load_model(path)
    again = pretrained_model.predict(images.x_test, verbose=0)
    same = "the same, bit for bit" if np.array_equal(again, said) else "not the same"
    telling.terminal(f'model.save("{FILE}")\npretrained_model = load_model("{FILE}")')
    telling.text(
        f"The file has {path.stat().st_size // 1000} kB: the layers, the weights, and how far adam "
        f"had come, so that training can go on. The predictions of the model that was read are "
        f"{same}."
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line and run the lesson."""
    parser = command("classification", __doc__)
    parser.add_argument(
        "--mnist", nargs="?", const="", metavar="PATH",
        help="learn MNIST, about ten minutes: Keras's mnist.npz or a folder with the four IDX "
        "files; without PATH Keras's own copy, or a download (default: scikit-learn's digits)",
    )  # fmt: skip
    parser.add_argument(
        "--epochs", type=whole_number, metavar="N",
        help="1 to 1000 (default: 30, and 10 with --mnist)",
    )  # fmt: skip
    options = parser.parse_args(arguments)
    if options.epochs is not None and not 1 <= options.epochs <= 1000:
        parser.error(f"--epochs {options.epochs}: 1 to 1000 epochs")
    try:
        images = small_digits() if options.mnist is None else mnist_digits(options.mnist or None)
    except DataError as error:
        parser.error(str(error) if options.mnist is None else f"--mnist: {error}")
    try:
        return run(parser, options.out, lambda out: lesson(out, images, options.epochs))
    except KeyboardInterrupt as stop:
        print(stop or "stopped", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
