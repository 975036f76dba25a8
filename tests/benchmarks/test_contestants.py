"""The contestants that are installed compute the same numbers; nothing here is timed."""

import contextlib
from importlib.util import find_spec

import numpy as np
import pytest

import autograd
from benchmarks import digits, moons, training
from benchmarks.contestants.base import MissingError
from benchmarks.data import CONCRETE, DIGITS_SIZES, MNIST, MOONS_SIZES, Task, initial_weights
from benchmarks.data import digits as digits_data
from benchmarks.data import moons as moons_data
from benchmarks.race import Entry, agree

COMPILER = hasattr(autograd, "compile")
# those that take seconds to import or to compile are compared by every run of the benchmarks
QUICK = ("micrograd", "numpy", "chainrule", "MyGrad", "PyTorch")
SMALL = [
    Task((8, 5, 1), 70, 32, CONCRETE.loss),
    Task((8, 6, 4), 70, 20, MNIST.loss),
]


def losses(entries: list[Entry], steps: int = 3, **arguments: object) -> dict[str, list[float]]:
    found = {}
    for entry in entries:
        if entry.home in ("here", "fresh") and entry.name.startswith(QUICK):
            here = Entry(entry.name, entry.made)
            with contextlib.suppress(MissingError):
                found[entry.name] = here.prepare(arguments).turn(steps)[0]
    return found


def test_the_data_are_two_balanced_half_circles() -> None:
    points, labels = moons_data(20)
    assert len(points) == 20
    assert sorted(labels) == [-1.0] * 10 + [1.0] * 10
    assert moons_data(20) == (points, labels)


def test_the_digits_are_images_and_one_hot_classes() -> None:
    images, classes = digits_data(30)
    assert images.shape == (30, 64)
    assert 0.0 <= images.min() < images.max() <= 1.0
    assert classes.shape == (30, 10)
    np.testing.assert_array_equal(classes.sum(axis=1), 1.0)


def test_the_measured_nets_are_those_of_the_issue() -> None:
    assert sum(w.size + b.size for w, b in initial_weights(MOONS_SIZES)) == 337
    assert DIGITS_SIZES == (64, 32, 10)
    assert CONCRETE.name == "8-50-50-1, 1,030 rows, batch 32"
    assert MNIST.name == "784-784-100-10, 4,000 rows, batch 200"


def test_every_contestant_takes_the_same_moons_steps() -> None:
    found = losses(moons.CONTESTANTS, samples=8)
    assert {moons.NUMPY, moons.PLAIN, moons.MLP} <= found.keys()
    assert (moons.MICROGRAD in found) == bool(find_spec("micrograd"))
    assert (moons.COMPILED in found) == COMPILER
    agree(found, dict.fromkeys(found, 1e-9))
    assert found[moons.NUMPY][2] < found[moons.NUMPY][0]


def test_the_first_calls_compute_the_same_loss() -> None:
    found = losses(moons.FIRST_CALL, steps=1, samples=4)
    agree(found, dict.fromkeys(found, 1e-9))


def test_every_contestant_takes_the_same_digits_steps() -> None:
    found = losses(digits.CONTESTANTS, samples=3)
    assert (digits.COMPILED in found) == COMPILER
    agree(found, dict.fromkeys(found, 1e-9))
    assert found[digits.NUMPY][2] < found[digits.NUMPY][0]


@pytest.mark.parametrize("task", SMALL, ids=lambda task: task.loss)
def test_every_contestant_has_the_same_losses_in_fit(task: Task) -> None:
    found = losses(training.CONTESTANTS, task=task)
    assert training.FIT in found
    agree({name: curve[:1] for name, curve in found.items()}, dict.fromkeys(found, 1e-4))
    agree(found, dict.fromkeys(found, 1e-3))
    assert found[training.FIT][2] < found[training.FIT][0]


def test_the_scalar_code_computes_what_numpy_by_hand_does() -> None:
    """The functions to be compiled are ordinary functions of Values."""
    from benchmarks.contestants import chainrule, numpy_by_hand

    def values(arrays: object) -> object:
        if isinstance(arrays, float):
            return autograd.Value(arrays)
        return [values(a.tolist() if isinstance(a, np.ndarray) else a) for a in arrays]

    small = (64, 3, 10)
    by_hand = numpy_by_hand.Digits(2, small)
    images, classes = (array.tolist() for array in digits_data(2))
    loss = chainrule.digits_loss(values(initial_weights(small)), images, classes)
    assert loss.data == pytest.approx(by_hand.step(), rel=1e-12)
    points, labels = moons_data(3)
    loss = chainrule.moons_loss(
        values(initial_weights(MOONS_SIZES)), values(points), values(labels)
    )
    assert loss.data == pytest.approx(numpy_by_hand.Moons(3).step(), rel=1e-12)
