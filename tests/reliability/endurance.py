"""Memory over a long training: `python -m tests.reliability.endurance --steps 10000`.

With the garbage collector switched off, what is not released by its last reference stays.  After
a warm-up, neither what Python has allocated (`tracemalloc`) nor the memory of the process may
grow any more.  A recording that a compiled function drops, because it has had too many others
since, is the one thing that needs the collector: where this happens all the time, it is on.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import sys
import tracemalloc

import numpy as np

import autograd
import nn
from autograd import Value
from nn import layers, models, optimizers
from tests.arguments import count

PYTHON_BOUND = 64 * 1024
"""Bytes that Python may have allocated more at the end than after the warm-up."""
PROCESS_BOUND = 4 * 2**20
"""The same of the process, whose memory the allocator takes in large pieces."""

rng = np.random.default_rng(0)
X = rng.normal(size=(100, 2))
LABELS = np.where(X[:, 0] * X[:, 1] > 0.0, 1.0, -1.0)
ROWS, SIGNS = X.tolist(), LABELS.tolist()


def hinge(net, rows, labels):
    """Return the loss of micrograd's moons demo: the hinge and a little L2."""
    terms = [(1.0 - y * net(x)).relu() for x, y in zip(rows, labels, strict=True)]
    return sum(terms) / len(terms) + 1e-4 * sum(p * p for p in net.parameters())


def moons(loss_of):
    """Yield after each step of the moons network, 2-16-16-1 and 100 samples a step."""
    nn.utils.set_random_seed(0)
    net, optimizer = nn.MLP(2, [16, 16, 1]), optimizers.SGD(0.05)
    parameters = net.parameters()
    while True:
        loss = loss_of(net, ROWS, SIGNS)
        net.zero_grad()
        loss.backward()
        optimizer.step(parameters)
        yield


def moons_values():
    """The moons network of Values, one number at a time."""
    return moons(hinge)


def moons_compiled():
    """The same as a compiled function."""
    return moons(autograd.compile(hinge))


def alternating(structures, max_recordings):
    @autograd.compile(max_recordings=max_recordings)
    def product(numbers):
        return sum(a * b for a, b in itertools.pairwise(numbers)).tanh()

    for step in itertools.count():
        numbers = [Value(0.1 * i) for i in range(3 + step % structures)]
        product(numbers).backward()
        yield


def alternating_structures():
    """Yield after each call of a compiled function that has a program for each structure."""
    return alternating(6, 8)


def forgotten_structures():
    """Yield after each call of a compiled function that records anew at every call."""
    return alternating(4, 3)


def sequential(run_eagerly):
    nn.utils.set_random_seed(0)
    model = models.Sequential(
        [layers.Input(shape=(2,)), layers.Dense(8, "relu"), layers.BatchNormalization(),
         layers.Dropout(0.1), layers.Dense(1, "sigmoid")]
    )  # fmt: skip
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"], run_eagerly=run_eagerly)
    return model


TARGETS = (LABELS > 0.0).astype(float)


def fits(run_eagerly):
    """Yield after each step of one `fit` after the other, 20 steps each."""
    model = sequential(run_eagerly)
    while True:
        model.fit(X, TARGETS, batch_size=25, epochs=5, verbose=0)
        yield from range(20)


def fit_compiled():
    """The steps of `fit` as a program."""
    return fits(False)


def fit_eager():
    """The steps of `fit` on the engine."""
    return fits(True)


def train_on_batch():
    """Yield after each `train_on_batch`, of two shapes in turn."""
    model = sequential(False)
    for step in itertools.count():
        rows = slice(0, 16 + 8 * (step % 2))
        model.train_on_batch(X[rows], TARGETS[rows])
        yield


TRAININGS = [
    moons_values, moons_compiled, alternating_structures, forgotten_structures, fit_compiled,
    fit_eager, train_on_batch,
]  # fmt: skip
COLLECTED = (forgotten_structures,)


def process_memory():
    """Return the resident bytes of the process, 0 where the system does not tell."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * 4096
    except OSError:
        return 0


def growth(training, steps, warm_up):
    """Return by how much Python's memory and the process have grown after the warm-up.

    The two are measured in runs of their own: what `tracemalloc` notes of each allocation is
    memory of the process too.  The collector is asked at the end only, since it alone empties
    CPython's lists of spare objects; whatever it finds has not been released, and is counted.

    Returns:
        The bytes of Python, the bytes of the process, the number of objects that only the
        collector could release, and the lines that allocated most.
    """
    was = gc.isenabled()
    gc.collect()
    if training not in COLLECTED:
        gc.disable()
    try:
        running = training()
        advance(running, warm_up)
        gc.collect()  # what was recorded and written at first
        resident = process_memory()
        advance(running, steps - warm_up)
        resident = process_memory() - resident
        found = gc.collect()
        tracemalloc.start()
        # what was allocated before is not counted, and is released in the next steps
        advance(running, warm_up)
        found += gc.collect()
        first = tracemalloc.take_snapshot()
        counted = tracemalloc.get_traced_memory()[0]
        advance(running, steps - warm_up)
        found += gc.collect()
        held = tracemalloc.get_traced_memory()[0] - counted
        where = tracemalloc.take_snapshot().compare_to(first, "lineno")
        del first
    finally:
        tracemalloc.stop()
        if was:
            gc.enable()
    cyclic = 0 if training in COLLECTED else found
    return held, resident, cyclic, [str(line) for line in where[:3]]


def advance(running, steps):
    for _ in itertools.islice(running, steps):
        pass


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.reliability.endurance")
    names = [training.__name__ for training in TRAININGS]
    parser.add_argument("--steps", type=count, default=10_000, help="of each (%(default)s)")
    parser.add_argument("--warm-up", type=count, default=2_000, help="the first (%(default)s)")
    parser.add_argument(
        "--only", nargs="+", choices=names, metavar="TRAINING", default=names,
        help=", ".join(names),
    )  # fmt: skip
    given = parser.parse_args()
    failed, worst = 0, 0
    chosen = [training for training in TRAININGS if training.__name__ in given.only]
    for training in chosen:
        held, resident, cyclic, where = growth(training, given.steps, given.warm_up)
        worst = max(worst, held)
        grows = held > PYTHON_BOUND or resident > PROCESS_BOUND or cyclic > 0
        failed += grows
        print(
            f"{training.__name__}: {held / 1024:+.1f} KiB of Python, {resident / 1024:+.0f} KiB of "
            f"the process in the last {given.steps - given.warm_up} steps, "
            f"{cyclic} objects in cycles",
            flush=True,
        )
        if grows:
            print("  " + "\n  ".join(where))
    print(
        f"endurance: {len(chosen)} trainings of {given.steps} steps without the collector, "
        f"largest growth {worst / 1024:.1f} KiB (bound {PYTHON_BOUND // 1024} KiB), {failed} grow"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
