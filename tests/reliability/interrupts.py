"""Ctrl-C at any moment: `python -m tests.reliability.interrupts --times 500 --seed 0`.

A KeyboardInterrupt is sent into what the library is doing, by a timer, by another thread, by
another process, and by the interpreter's own way of raising an exception in a thread.  It counts
if it arrived inside a call.  Afterwards the state has to be whole:

- every `.grad` of a graph is as before the pass or as after it, never some of them;
- the weights are those after a number of whole steps;
- a file is the old one or the new one, and no other file is left;
- contexts, the collector, locks and the handler of signals are as before;
- the same call gives the right result.

One gap is not ours, and is counted by itself: a ``with`` block whose `__exit__` is written in
Python, numpy's `errstate` too, stays open if the exception is raised before the first line of it.
"""

from __future__ import annotations

import _thread
import argparse
import collections
import ctypes
import gc
import itertools
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time

import numpy as np

import autograd
import nn
from autograd import Tensor, Value, contexts, graph, no_grad, topological_order
from autograd.dtypes import default_dtype
from nn import callbacks, layers, models, optimizers
from tests.arguments import count
from viz import draw, explain

ROOT = pathlib.Path(__file__).parents[2]
INSIDE = tuple(str(ROOT / package) + os.sep for package in ("autograd", "nn", "viz"))

# --- where an interrupt comes from --------------------------------------------------------------


class Timer:
    """A timer's signal, whose handler raises SIGINT."""

    def arm(self, delay):
        signal.signal(signal.SIGALRM, lambda number, frame: signal.raise_signal(signal.SIGINT))
        signal.setitimer(signal.ITIMER_REAL, delay)

    def settle(self):
        while signal.getitimer(signal.ITIMER_REAL)[0]:
            time.sleep(0.001)

    def close(self):
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)


class Thread:
    """Another thread, which does what Ctrl-C does."""

    def send(self):
        _thread.interrupt_main()

    def arm(self, delay):
        def work():
            time.sleep(delay)
            self.send()

        self.thread = threading.Thread(target=work)
        self.thread.start()

    def settle(self):
        while self.thread.is_alive():
            time.sleep(0.0005)

    def close(self):
        pass


class Raised(Thread):
    """Another thread, which has the exception raised between two instructions of this one."""

    def send(self):
        main = ctypes.c_ulong(threading.main_thread().ident)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(main, ctypes.py_object(KeyboardInterrupt))


class Process:
    """Another process, which sends SIGINT."""

    CODE = """
import os, signal, sys, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
for line in sys.stdin:
    time.sleep(float(line))
    os.kill(int(sys.argv[1]), signal.SIGINT)
    print(flush=True)
"""

    def __init__(self):
        self.child = subprocess.Popen(
            [sys.executable, "-c", self.CODE, str(os.getpid())],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        self.asked = self.sent = 0
        self.reader = threading.Thread(target=self.count)  # which no interrupt can reach
        self.reader.start()

    def count(self):
        for _ in self.child.stdout:
            self.sent += 1

    def arm(self, delay):
        self.asked += 1
        os.write(self.child.stdin.fileno(), f"{delay}\n".encode())

    def settle(self):
        while self.sent < self.asked:
            time.sleep(0.0005)

    def close(self):
        self.child.stdin.close()
        self.child.wait(10)
        self.reader.join(10)
        self.child.stdout.close()


SOURCES = {"timer": Timer, "thread": Thread, "raised": Raised, "process": Process}


def settled(source):
    """Wait until the interrupt has been sent and has arrived."""
    source.settle()
    for _ in range(100):
        str(object())


# --- what is interrupted ------------------------------------------------------------------------


class Place:
    """Something that the library does, made anew for each interrupt.

    `act` is interrupted; `complaint` tells what is wrong afterwards, or "".
    """

    def __init__(self, folder):
        self.folder = folder

    def act(self):
        raise NotImplementedError

    def complaint(self):
        """Do it again and tell what is wrong with the result."""
        raise NotImplementedError

    def was_inside(self):
        """Tell, of a call that has returned, whether it noticed the interrupt."""
        return False


def numbers(count, seed=1):
    return np.random.default_rng(seed).normal(size=count)


def network(inputs, weights, tanh=autograd.tanh):
    """Return a small network, one number at a time."""
    for layer in weights:
        inputs = [tanh(sum(w * x for w, x in zip(row, inputs, strict=True))) for row in layer]
    return sum(inputs)


def rows(make, sizes=(6, 12, 12)):
    flat = iter(numbers(1000).tolist())
    return [[[make(next(flat)) for _ in range(a)] for _ in range(b)]
            for a, b in itertools.pairwise(sizes)]  # fmt: skip


POINT = numbers(6, 2).tolist()


def leaves(weights):
    return [w for layer in weights for row in layer for w in row]


class Forward(Place):
    """Values, recorded and not."""

    def __init__(self, folder):
        super().__init__(folder)
        self.weights = rows(Value)

    def act(self):
        self.found = network(POINT, self.weights).data
        with no_grad():
            self.unrecorded = network(POINT, self.weights)

    def complaint(self):
        self.act()
        if self.found != network(POINT, rows(float)) or self.unrecorded.operands:
            return f"{self.found}, {self.unrecorded.operands}"
        return ""


class ForwardOfArrays(Place):
    def __init__(self, folder):
        super().__init__(folder)
        self.a, self.b = (Tensor(numbers((20, 20), seed)) for seed in (1, 2))

    def act(self):
        x = self.a
        for _ in range(60):
            x = (x @ self.b).tanh() + autograd.where(x > 0.0, x, self.a[0])
        self.found = x.sum()

    def complaint(self):
        self.act()
        again, self.found = self.found, None
        self.act()
        return "" if again.data == self.found.data and again.operands else "another result"


class Backward(Place):
    """Every `.grad` is as before the pass or as after it."""

    def __init__(self, folder):
        super().__init__(folder)
        self.weights = rows(Value)
        self.root = self.made()
        self.nodes = topological_order(self.root)
        self.root.backward()  # so that there is something to add to
        self.once = [node._grad for node in self.nodes]

    def made(self):
        return network(POINT, self.weights)

    def act(self):
        self.root.backward()

    def grads(self):
        return [np.array(getattr(node._grad, "data", node._grad)) for node in self.nodes]

    def times(self):
        """Return how many passes the gradients are the sum of; None if of various numbers."""
        found = self.grads()
        for times in (1, 2, 3):
            wanted = [np.array(getattr(g, "data", g)) * times for g in self.once]
            if all(map(self.same, found, wanted)):
                return times
        return None

    def same(self, a, b):
        return np.allclose(a, b, 1e-12, 1e-15)

    def complaint(self):
        before = self.times()
        if before is None:
            return "some gradients are of one pass and some of two"
        self.root.backward()
        after = self.times()
        return "" if after == before + 1 else f"from {before} passes to {after}"


class BackwardOfArrays(Backward):
    def made(self):
        self.a, self.b = (Tensor(numbers((30, 30), seed)) for seed in (1, 2))
        x = self.a
        for _ in range(30):
            x = (x @ self.b).tanh() * self.a
        return x.sum()


class BackwardWithHook(Backward):
    """Through the pass that takes care of everything."""

    def made(self):
        root = network(POINT, self.weights)
        self.weights[0][0][0].register_hook(lambda gradient: 2.0 * gradient)
        return root


class BackwardCreateGraph(Backward):
    def made(self):
        self.weights = rows(Value, (6, 6, 6))
        return network(POINT, self.weights)

    def act(self):
        self.root.backward(create_graph=True)


class BackwardOfCompiled(Backward):
    """The program's backward half is in the leaves or is not."""

    def made(self):
        self.compiled = autograd.compile(lambda weights: network(POINT, weights))
        return self.compiled(self.weights)


class Gradients(Place):
    """`gradients` leaves every `.grad` alone, and gradients of gradients are right."""

    def __init__(self, folder):
        super().__init__(folder)
        self.weights = rows(Value, (6, 6, 6))
        self.wrt = leaves(self.weights)

    def act(self):
        first = autograd.gradients(network(POINT, self.weights), self.wrt, create_graph=True)
        self.found = autograd.gradients(sum(g * g for g in first), self.wrt)

    def complaint(self):
        if any(leaf.grad is not None for leaf in self.wrt):
            return "a .grad was set"
        self.act()
        again, self.found = self.found, None
        self.act()
        return "" if again == self.found and any(again) else "other gradients"


class ForwardMode(Place):
    def act(self):
        self.found = autograd.jvp(lambda *x: network(x, rows(float)), POINT, [1.0] * 6)

    def complaint(self):
        self.act()
        slopes = autograd.grad(lambda x: network(x, rows(float)))(POINT)
        return "" if np.isclose(float(self.found[1]), sum(slopes)) else f"{self.found}"


class Recording(Place):
    """The first call of a compiled function, its backward, its source and its gradient."""

    def __init__(self, folder):
        super().__init__(folder)
        self.weights = rows(Value, (6, 6, 6))
        self.compiled = autograd.compile(lambda weights: network(POINT, weights))

    def act(self):
        self.compiled(self.weights).backward()
        self.value, self.slopes = self.compiled.value_and_grad(self.weights)

    def complaint(self):
        for leaf in leaves(self.weights):
            leaf.grad = None
        self.act()
        root = network(POINT, self.weights)
        wanted = autograd.gradients(root, leaves(self.weights))
        found = [leaf.grad for leaf in leaves(self.weights)]
        if not np.allclose(found, wanted) or not np.allclose(leaves(self.slopes), wanted):
            return "other gradients"
        if not np.isclose(self.value, root.data) or len(self.compiled.recordings) != 1:
            return f"{self.value} after {len(self.compiled.recordings)} recordings"
        return "" if "def backward" in self.compiled.program else "no program"


class Replaying(Recording):
    """Later calls of a compiled function, one of which takes another way."""

    def __init__(self, folder):
        super().__init__(folder)
        self.compiled(self.weights).backward()

    def act(self):
        for _ in range(30):
            self.compiled(self.weights).backward()
        self.value, self.slopes = self.compiled.value_and_grad(self.weights)

    def complaint(self):
        self.act()  # sums over an unknown number of passes are not looked at
        super().act()
        for leaf in leaves(self.weights):
            leaf.grad = None
        self.compiled(self.weights).backward()
        wanted = autograd.gradients(network(POINT, self.weights), leaves(self.weights))
        found = [leaf.grad for leaf in leaves(self.weights)]
        return "" if np.allclose(found, wanted) else "other gradients"


X = np.random.default_rng(3).normal(size=(64, 4)).astype("float32")
Y = (X.sum(1, keepdims=True) > 0).astype("float32")


def model(run_eagerly):
    nn.utils.set_random_seed(5)
    made = models.Sequential(
        [layers.Input(shape=(4,)), layers.Dense(8, "relu"), layers.BatchNormalization(),
         layers.Dropout(0.2), layers.Dense(1, "sigmoid")]
    )  # fmt: skip
    made.compile(
        optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"], run_eagerly=run_eagerly
    )
    return made


def state(made):
    """Return the trainable weights as bytes."""
    return b"".join(weight.numpy().tobytes() for weight in made.trainable_weights)


class Steps(callbacks.Callback):
    def on_train_begin(self, logs=None):
        self.seen = [state(self.model)]

    def on_train_batch_end(self, batch, logs=None):
        self.seen.append(state(self.model))


class Fit(Place):
    """The weights are those after a number of whole steps."""

    EPOCHS = 4
    eagerly = False
    references: dict = {}  # noqa: RUF012

    def __init__(self, folder):
        super().__init__(folder)
        if self.eagerly not in self.references:
            steps = Steps()
            self.model = model(self.eagerly)
            self.fit([steps])
            self.references[self.eagerly] = steps.seen
        self.model = model(self.eagerly)
        self.history = None

    def fit(self, given=None):
        return self.model.fit(
            X, Y, batch_size=16, epochs=self.EPOCHS, verbose=0, callbacks=given,
            validation_data=(X[:8], Y[:8]),
        )  # fmt: skip

    def act(self):
        self.history = self.fit()

    def was_inside(self):
        return self.history is not None and len(self.history.epoch) < self.EPOCHS

    def complaint(self):
        seen = self.references[self.eagerly]
        if state(self.model) not in seen:
            return "the weights are not those after any step"
        if callbacks.writers:
            return "a progress bar is still being drawn"
        self.fit()
        self.model = model(self.eagerly)
        self.fit()
        return "" if state(self.model) == seen[-1] else "the training that follows is another one"


class FitEagerly(Fit):
    eagerly = True


class TrainOnBatch(Place):
    def __init__(self, folder):
        super().__init__(folder)
        self.model, other = model(False), model(False)
        self.seen = [state(other)]
        for _ in range(8):
            other.train_on_batch(X, Y)
            self.seen.append(state(other))
        nn.utils.set_random_seed(5)

    def act(self):
        nn.utils.set_random_seed(5)
        self.model = model(False)
        for _ in range(8):
            self.model.train_on_batch(X, Y)

    def complaint(self):
        if state(self.model) not in self.seen:
            return "the weights are not those after any step"
        self.act()
        return "" if state(self.model) == self.seen[-1] else "other weights"


class OwnLoop(Place):
    """A training loop of one's own: Values, `backward`, an optimizer."""

    def __init__(self, folder):
        super().__init__(folder)
        self.seen = []
        self.act()
        self.whole, self.seen = self.seen, []

    def act(self):
        self.weights = rows(Value, (6, 8, 8))
        self.parameters = leaves(self.weights)
        optimizer = optimizers.SGD(0.1)
        for _ in range(5):
            self.seen.append([p.data for p in self.parameters])
            loss = network(POINT, self.weights)
            loss.zero_grad()
            loss.backward()
            optimizer.step(self.parameters)
        self.seen.append([p.data for p in self.parameters])

    def complaint(self):
        if [p.data for p in self.parameters] not in self.whole:
            return "the weights are not those after any step"
        self.seen = []
        self.act()
        return "" if self.seen == self.whole else "other weights"


class Save(Place):
    """The file is the old one or the new one."""

    def __init__(self, folder):
        super().__init__(folder)
        self.old, self.new = model(False), model(False)
        self.new.set_weights([w + 1.0 for w in self.new.get_weights()])
        self.path = folder / "model.keras"
        self.write(self.old)

    def write(self, which):
        which.save(self.path)

    def read(self):
        return models.load_model(self.path)

    def act(self):
        self.write(self.new)

    def complaint(self):
        gc.collect()
        names = sorted(path.name for path in self.folder.iterdir())
        if names != [self.path.name]:
            return f"the folder has {names}"
        if state(self.read()) not in (state(self.old), state(self.new)):
            return "the file is neither the old nor the new one"
        self.act()
        return "" if state(self.read()) == state(self.new) else "the file is not the new one"


class SaveWeights(Save):
    def __init__(self, folder):
        (folder / "weights").mkdir(exist_ok=True)
        super().__init__(folder / "weights")

    def write(self, which):
        which.save_weights(self.path)

    def read(self):
        read = model(False)
        read.load_weights(self.path)
        return read


class Load(Save):
    """The model has the old weights or those of the file."""

    def __init__(self, folder):
        (folder / "load").mkdir(exist_ok=True)
        super().__init__(folder / "load")
        self.write(self.new)
        self.loaded = model(False)

    def act(self):
        self.read()
        self.loaded.load_weights(self.path)

    def complaint(self):
        if state(self.loaded) not in (state(self.old), state(self.new)):
            return "some weights are of the file and some are not"
        self.act()
        return "" if state(self.loaded) == state(self.read()) == state(self.new) else "not loaded"


class Draw(Place):
    """A picture is the same picture afterwards."""

    def __init__(self, folder):
        super().__init__(folder)
        self.root = network(POINT, rows(Value, (6, 3, 2)))
        self.root.backward()
        self.grads = [node.grad for node in topological_order(self.root)]

    def made(self):
        return draw(self.root).source

    def act(self):
        self.made()

    def complaint(self):
        if self.grads != [node.grad for node in topological_order(self.root)]:
            return "gradients have changed"
        return "" if self.made() == self.made() else "another picture"


class Explain(Draw):
    def made(self):
        return str(explain(self.root, self.root.operands[0]))


PLACES = [
    Forward, ForwardOfArrays, Backward, BackwardOfArrays, BackwardWithHook, BackwardCreateGraph,
    BackwardOfCompiled, Gradients, ForwardMode, Recording, Replaying, Fit, FitEagerly,
    TrainOnBatch, OwnLoop, Save, SaveWeights, Load, Draw, Explain,
]  # fmt: skip

# --- one interrupt ------------------------------------------------------------------------------


def surroundings():
    """Tell what is switched on, or held, around the library."""
    return {
        "recording": contexts.recording(),
        "anomaly": contexts.detecting_anomaly(),
        "duals": contexts.carrying_tangents(),
        "locating": contexts.locating(),
        "formula": contexts.reading_formula(),
        "special": contexts.special,
        "watched": contexts.watched,
        "watcher": contexts.watcher() is not None,
        "dtype": str(default_dtype()),
        "collector": gc.isenabled(),
        "handler": signal.getsignal(signal.SIGINT) is signal.default_int_handler,
        "floats": tuple(np.geterr().values()),
        "locks": (graph._scratch._is_owned(), contexts._lock._is_owned()),
    }


def mended():
    """Close what has been left open."""
    for switch in (contexts._recording, contexts._detecting, contexts._duals, contexts._locating,
                   contexts._reading):  # fmt: skip
        switch.innermost.set(None)
    contexts.special = 0
    np.seterr(divide="warn", over="warn", under="ignore", invalid="warn")


def frames(error):
    found = []
    traceback = error.__traceback__
    while traceback is not None:
        found.append((traceback.tb_frame.f_code, traceback.tb_lineno))
        traceback = traceback.tb_next
    return found


def is_gap(error):
    """Tell whether it came as an `__exit__` of Python was about to begin, or inside numpy's."""
    return error is not None and any(
        (code.co_name == "__exit__" and line == code.co_firstlineno)
        or code.co_filename.endswith("_ufunc_config.py")
        for code, line in frames(error)
    )


class Trial:
    """The outcome of one interrupt: "hit", "missed" or "gap", and a complaint."""

    def __init__(self, place, source, delay):
        before, error = surroundings(), None
        returned = False
        try:
            source.arm(delay)
            place.act()
            returned = True
        except KeyboardInterrupt as caught:
            error = caught
        try:
            settled(source)
        except KeyboardInterrupt:  # it has arrived in the middle of waiting for it
            settled(source)
        inside = error is not None and any(
            code.co_filename.startswith(INSIDE) for code, _ in frames(error)
        )
        self.outcome = "hit" if inside or (returned and place.was_inside()) else "missed"
        self.complaint, gap = "", is_gap(error)
        error = None
        after = surroundings()
        if after != before:
            wrong = {name: after[name] for name in after if after[name] != before[name]}
            if gap and wrong.keys() <= {"recording", "anomaly", "duals", "locating", "formula",
                                        "special", "floats"}:  # fmt: skip
                self.outcome = "gap"
                mended()
            else:
                self.complaint = f"left behind: {wrong}"
                mended()
                contexts.watched = 0
                gc.enable()
        try:
            self.complaint = self.complaint or place.complaint()
        except Exception as failed:
            self.complaint = f"{type(failed).__name__}: {failed}"


def run(times, seed, places=PLACES, say=print):
    """Interrupt each place until there are `times` hits in all; return counts and complaints."""
    chance = random.Random(seed)
    hits, gaps, complaints = collections.Counter(), 0, []
    sources = {name: make() for name, make in SOURCES.items()}
    by_source = collections.Counter()
    share = -(-times // len(places))
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with tempfile.TemporaryDirectory() as folder:
            for kind in places:
                below = pathlib.Path(folder) / kind.__name__
                below.mkdir()
                kind(below).act()  # what is done only once is done
                place = kind(below)
                start = time.perf_counter()
                place.act()
                duration = time.perf_counter() - start
                for attempt in range(20 * share):
                    if hits[kind.__name__] >= share:
                        break
                    name = list(sources)[attempt % len(sources)]
                    place = kind(below)
                    trial = Trial(place, sources[name], chance.uniform(0.0, duration) + 1e-5)
                    gaps += trial.outcome == "gap"
                    hits[kind.__name__] += trial.outcome != "missed"
                    by_source[name] += trial.outcome != "missed"
                    if trial.complaint:
                        complaints.append(f"{kind.__name__}, {name}: {trial.complaint}")
                        say(complaints[-1])
                say(f"{kind.__name__}: {hits[kind.__name__]} interrupts inside {duration:.4f} s")
    finally:
        for source in sources.values():
            source.close()
        signal.signal(signal.SIGINT, handler)
    return hits, by_source, gaps, complaints


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.reliability.interrupts")
    names = [kind.__name__ for kind in PLACES]
    parser.add_argument("--times", type=count, default=500, help="interrupts in all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--places", nargs="+", choices=names, metavar="PLACE", default=names,
        help=", ".join(names),
    )  # fmt: skip
    given = parser.parse_args()
    chosen = [kind for kind in PLACES if kind.__name__ in given.places]
    hits, by_source, gaps, complaints = run(given.times, given.seed, chosen)
    listed = ", ".join(f"{name} {count}" for name, count in by_source.items())
    print(
        f"interrupts: {sum(hits.values())} inside {len(chosen)} places ({listed}), "
        f"fewest {min(hits.values())}, {gaps} as a with block ended, seed {given.seed}, "
        f"{len(complaints)} complaints"
    )
    return 1 if complaints or min(hits.values()) == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
