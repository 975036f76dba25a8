"""A short run of `python -m tests.reliability.interrupts`, and the same at chosen moments."""

from __future__ import annotations

import gc
import linecache
import os
import sys
import threading

import numpy as np
import pytest

import autograd
from autograd import Tensor, Value, contexts, no_grad
from nn import optimizers
from tests.reliability import interrupts

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals are sent in the POSIX way")


# between open() and the block that closes it nobody holds a file: CPython closes it, and warns;
# one that comes in a finalizer is dropped with a message
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_interrupts_at_random_moments() -> None:
    chosen = [place for place in interrupts.PLACES if place is not interrupts.FitEagerly]
    hits, _, _, complaints = interrupts.run(2 * len(chosen), 0, chosen, say=lambda text: None)
    assert complaints == []
    assert sum(hits.values()) >= len(chosen)


ATOMIC = ("._grad", "with _", "self._open = True")
"""Lines before which CPython looks for no signal."""


def interrupted_after(count, codes, action):
    """Carry out an action with a KeyboardInterrupt at the count-th line of some functions.

    Returns:
        Whether it came to that.
    """
    left = count

    def at_line(frame, event, _):
        nonlocal left
        # a signal is looked for as a function begins, as a loop goes round, after a call
        line = linecache.getline(frame.f_code.co_filename, frame.f_lineno)
        if event == "line" and not any(part in line for part in ATOMIC):
            left -= 1
            if left < 0:
                raise KeyboardInterrupt
        return at_line

    def at_call(frame, event, _):
        return at_line if frame.f_code in codes and left >= 0 else None

    before = sys.gettrace()
    sys.settrace(at_call)
    try:
        action()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
    return False


def graphs():
    x, y = Value(2.0), Value(3.0)
    yield x * y * x + y
    yield autograd.compile(lambda a, b: a * b * a + b)(x, y)
    a = Tensor(np.arange(1.0, 5.0))
    yield (a * a * a).sum()
    yield autograd.compile(lambda a: (a * a * a).sum())(a)


@pytest.mark.parametrize("create_graph", [False, True])
def test_backward_is_whole_or_has_not_happened(create_graph) -> None:
    codes = {autograd.graph.backward.__code__, autograd.graph.propagate.__code__,
             autograd.graph._propagate.__code__, autograd.graph._propagate_floats.__code__,
             autograd.graph.topological_order.__code__}  # fmt: skip
    for kind in range(4):
        for count in range(0, 200, 7):
            root = list(graphs())[kind]
            root.backward()
            nodes = autograd.topological_order(root)
            once = [np.array(node.grad) for node in nodes]
            hit = interrupted_after(
                count, codes, lambda root=root: root.backward(create_graph=create_graph)
            )
            found = [np.array(getattr(node.grad, "data", node.grad)) for node in nodes]
            times = [(f / o).ravel() for f, o in zip(found, once, strict=True)]
            assert len({round(float(t), 9) for t in np.concatenate(times)}) == 1
            if not hit:
                break


def test_entering_a_context_is_whole_or_has_not_happened() -> None:
    entering = {contexts.Context.__enter__.__code__}
    for count in range(12):
        hit = interrupted_after(count, entering, lambda: no_grad().__enter__())
        if not hit:
            break
        assert contexts.recording()
        assert contexts.special == 0
    assert hit is False
    contexts._recording.innermost.get().__exit__()
    assert contexts.recording()


def test_a_compiled_function_after_an_interrupt_in_its_recording() -> None:
    def cut(a, b):
        if contexts.watched and not seen:
            seen.append(True)
            raise KeyboardInterrupt
        return a * b

    seen: list[bool] = []
    compiled = autograd.compile(cut)
    x, y = Value(2.0), Value(3.0)
    with pytest.raises(KeyboardInterrupt):
        compiled(x, y)
    assert contexts.watched == 0
    assert gc.isenabled()
    compiled(x, y).backward()
    assert (x.grad, y.grad, len(compiled.recordings)) == (3.0, 2.0, 1)


class Interrupting:
    """Data whose setter is interrupted once, in the middle of several."""

    def __init__(self, monkeypatch, kind, name):
        self.left, setter = 2, getattr(kind, name)

        def set_data(node, data):
            self.left -= 1
            if self.left == 0:
                raise KeyboardInterrupt
            setter(node, data)

        monkeypatch.setattr(kind, name, set_data)


def test_a_step_moves_all_weights_or_none(monkeypatch) -> None:
    weights = [Tensor([float(i)]) for i in range(4)]
    Interrupting(monkeypatch, Tensor, "_rebind")
    with pytest.raises(KeyboardInterrupt):
        optimizers.SGD(1.0).apply([np.ones(1)] * 4, weights)
    assert [float(w) for w in weights] == [-1.0, 0.0, 1.0, 2.0]


def test_locks_are_free_after_an_interrupt() -> None:
    x = Value(1.0)
    x.register_hook(self_interrupting)
    with pytest.raises(KeyboardInterrupt):
        (x * x).backward()
    other = Value(2.0)
    thread = threading.Thread(target=(other * other).backward)
    thread.start()
    thread.join(10)
    assert (x.grad, other.grad) == (None, 4.0)


def self_interrupting(gradient):
    raise KeyboardInterrupt
