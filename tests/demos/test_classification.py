"""Classification with Keras: digits, MNIST's two kinds of files, what is told of mistakes."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
import pytest

from demos import classification as demo
from demos._page import Lesson
from nn.models import Sequential, load_model
from tests.demos.conftest import Told
from tests.demos.lessons import (
    check_again,
    check_page,
    check_pictures,
    check_terminal,
    needs_plots,
    printed_table,
    refused,
    tell,
)

NAMES = (
    "train-images-idx3-ubyte", "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte",
)  # fmt: skip


def drawn(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Pictures of 28 × 28 pixels with a bright stripe whose place is the digit."""
    random = np.random.default_rng(seed)
    labels = (np.arange(count) % 10).astype(np.uint8)
    images = random.integers(0, 60, (count, 28, 28), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[2 * label : 2 * label + 4] += np.uint8(150)
    return images, labels


@pytest.fixture(scope="module", autouse=True)
def small() -> Iterator[None]:
    """A net that is quick to train in the place of the lab's 784-784-100-10."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(demo, "HIDDEN_FOR_MNIST", (32, 16))
        yield


@pytest.fixture(scope="module")
def npz(tmp_path_factory: pytest.TempPathFactory) -> str:
    file = tmp_path_factory.mktemp("data") / "mnist.npz"
    (x_train, y_train), (x_test, y_test) = drawn(60, 0), drawn(20, 1)
    np.savez(file, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)
    return str(file)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory, npz: str) -> Told:
    out = tmp_path_factory.mktemp("lesson") / "out"
    return tell(demo, out, "--mnist", npz, "--epochs", "1")


class TestNumbers:
    def test_the_networks_of_the_course(self) -> None:
        assert demo.classification_model(64, (64, 32), 10).count_params() == 6570
        assert demo.classification_model(784, (784, 100), 10).count_params() == 694950

    def test_confusion(self) -> None:
        counts = demo.confusion_matrix(
            np.array([0, 1, 1, 2, 2, 2]), np.array([0, 1, 2, 0, 0, 2]), 3
        )
        assert counts.tolist() == [[1, 0, 0], [0, 1, 1], [2, 0, 1]]
        assert demo.most_confused(counts) == [(2, 0, 2), (1, 2, 1)]
        assert demo.most_confused(counts, 1) == [(2, 0, 2)]

    def test_digits(self) -> None:
        pytest.importorskip("sklearn")
        images = demo.small_digits()
        assert (len(images.x_train), len(images.x_test), images.side) == (1437, 360, 8)
        assert (images.x_train.min(), images.x_train.max()) == (0.0, 1.0)
        counts = np.bincount(images.y_test)
        assert counts.max() - counts.min() <= 2

    def test_the_accuracy_of_the_reference(self, tmp_path: Path) -> None:
        pytest.importorskip("sklearn")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Lesson, "plot", lambda *_, **__: None)
            told = tell(demo, tmp_path / "out")
        accuracy = float(told.printed.split("Accuracy: ")[1].split()[0])
        assert 0.95 < accuracy < 0.985  # Keras: .964 to .969 over seeds
        wrong = round(360 * (1 - accuracy))
        assert f"Of the 360 test digits {wrong} are wrong." in told.printed


class TestLesson:
    def test_terminal(self, told: Told) -> None:
        check_terminal(told)
        assert "classification_model(784, (32, 16), 10)" in told.printed
        _, *rows = printed_table(told.printed, "digit is / says")
        assert [row[0] for row in rows] == list("0123456789")
        cells = [0 if cell == "." else int(cell) for row in rows for cell in row[1:11]]
        assert sum(cells) == 20
        right = float(told.printed.split("Accuracy: ")[1].split()[0])
        assert sum(cells[::11]) == pytest.approx(20 * right)

    def test_page(self, told: Told) -> None:
        check_page(told)

    @needs_plots
    def test_pictures(self, told: Told) -> None:
        check_pictures(told, "digits", "curves", "confusion", "wrong", "weights")

    def test_the_model_is_there(self, told: Told) -> None:
        model = load_model(told.out / demo.FILE)
        assert model.count_params() == demo.classification_model(784, (32, 16), 10).count_params()
        assert "the same, bit for bit" in " ".join(told.printed.split())

    def test_twice_the_same(self, told: Told, tmp_path: Path, npz: str) -> None:
        check_again(told, tell(demo, tmp_path / "again", "--mnist", npz, "--epochs", "1"))

    @pytest.mark.usefixtures("bare")
    def test_bare(self, told: Told, tmp_path: Path, npz: str) -> None:
        bare = tell(demo, tmp_path / "out", "--mnist", npz, "--epochs", "1")
        assert sorted(file.name for file in bare.out.iterdir()) == [demo.FILE, "index.html"]
        assert bare.printed.split("\nPictures\n")[0] == told.printed.split("\nPictures\n")[0]
        assert "plots (no matplotlib: pip install matplotlib)" in bare.page
        check_page(bare)

    def test_without_a_mistake(
        self, tmp_path: Path, npz: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Lesson, "plot", lambda *_, **__: None)
        told = tell(demo, tmp_path / "out", "--mnist", npz, "--epochs", "60")
        assert "Every one of the test digits is right." in told.printed
        check_page(told)
        check_terminal(told)

    def test_training_that_takes_long_says_how_far_it_is(self, npz: str) -> None:
        images = demo.mnist_digits(npz)
        model = demo.classification_model(784, images.hidden, 10)

        class Nothing:
            def __getattr__(self, name: str) -> object:
                return lambda *_, **__: None

        printed = io.StringIO()
        with redirect_stdout(printed), pytest.MonkeyPatch.context() as patch:
            patch.setattr(demo, "LONG", 0)
            demo._tell_the_training(Nothing(), images, model, 1)  # type: ignore[arg-type]
        first, *lines = printed.getvalue().splitlines()
        assert "s an epoch, more or less. Ctrl-C ends the training early." in first
        assert any(line.startswith("2/2 - ") and "val_accuracy" in line for line in lines)


def test_the_four_original_files(tmp_path: Path, npz: str) -> None:
    arrays = [*drawn(60, 0), *drawn(20, 1)]
    for name, array in zip(NAMES, arrays, strict=True):
        sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
        (tmp_path / name).write_bytes(bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes())
    images, same = demo.mnist_digits(str(tmp_path)), demo.mnist_digits(npz)
    assert (images.x_train == same.x_train).all()
    assert (images.y_test == same.y_test).all()
    assert images.x_train.max() <= 1.0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--epochs", "0"], "--epochs 0: 1 to 1000 epochs"),
        (["--mnist", "no/mnist.npz"], "--mnist: no/mnist.npz: no such file or folder"),
        (["--mnist", "mnsit.npz"], "--mnist: mnsit.npz: no such file or folder"),
    ],
)
def test_bad_arguments(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert message in refused(demo.main, arguments, capsys)


def test_stopped_in_the_first_epoch(
    tmp_path: Path, npz: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class History:
        history: dict[str, list[float]] = {}  # noqa: RUF012

    monkeypatch.setattr(Sequential, "fit", lambda *_, **__: History())
    assert demo.main(["--out", str(tmp_path / "out"), "--mnist", npz]) == 130
    assert "stopped in the first epoch: there is nothing to show yet" in capsys.readouterr().err


def test_files_that_are_not_mnist(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    err = refused(demo.main, ["--mnist", str(tmp_path)], capsys)
    assert "has no mnist.npz, and of the four IDX files train-images-idx3-ubyte" in err
    file = tmp_path / "digits.csv"
    file.write_text("a,b\n1,2\n")
    assert "is not an .npz file" in refused(demo.main, ["--mnist", str(file)], capsys)
    images, labels = drawn(5, 0)
    np.savez(tmp_path / "few.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
    err = refused(demo.main, ["--mnist", str(tmp_path / "few.npz")], capsys)
    assert "has 5 training digits: too few" in err
