"""Threads, tasks and processes: what they share and what they do not."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor, Value, contexts, detect_anomaly, graph, no_grad
from autograd.compiler import recording

# --- threads ----------------------------------------------------------------------------------


def polynomial(x: Any, y: Any) -> Any:
    for i in range(30):
        x = x * y + float(i)
    return x.tanh() * y


def test_threads_build_and_differentiate_graphs_of_their_own() -> None:
    def work(seed: int) -> tuple[float, float]:
        for _ in range(30):
            x, y = Value(0.1 * seed), Value(0.01 * seed)
            polynomial(x, y).backward()
            assert x.grad is not None
            assert y.grad is not None
        return x.grad, y.grad

    alone = [work(seed) for seed in range(8)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(8))) == alone


def test_threads_that_share_an_array_lose_no_gradient() -> None:
    # adding arrays of this size lets other threads run, and so an addition may be overtaken
    x = Tensor(np.ones(100_000))
    x.grad = np.zeros(100_000)
    roots = [(x * float(i)).sum() for i in range(60)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda root: root.backward(), roots))
    assert np.array_equal(x.grad, np.full(100_000, sum(range(60))))


def test_threads_that_share_the_leaves_of_a_compiled_function_lose_no_gradient() -> None:
    x = Tensor(np.ones(100_000))
    x.grad = np.zeros(100_000)
    compiled = autograd.compile(lambda x, factor: (x * factor).sum())
    roots = [compiled(x, float(i)) for i in range(60)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda root: root.backward(), roots))
    assert np.array_equal(x.grad, np.full(100_000, sum(range(60))))


def test_a_reader_sees_a_pass_over_a_graph_whole() -> None:
    x = Value(1.0)
    y = x
    for _ in range(300):
        y = y + x
    nodes = autograd.topological_order(y)
    y.backward()
    once = [node._grad for node in nodes]
    done = threading.Event()
    torn: list[Any] = []

    def read() -> None:
        while not done.is_set():
            with graph._scratch:
                times = {node._grad / grad for node, grad in zip(nodes, once, strict=True)}
            if len(times) > 1:
                torn.append(times)

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(50):
        y.backward()
    done.set()
    reader.join(10)
    assert torn == []
    assert [node._grad for node in nodes] == [51 * grad for grad in once]


def test_anomaly_and_recording_of_one_thread_are_not_seen_by_another() -> None:
    inside, seen = threading.Barrier(2), threading.Barrier(2)
    found: list[Any] = []

    def other() -> None:
        inside.wait(10)
        x = Value(2.0)
        y = x * x
        y.backward()  # refused in a function that is being recorded
        found.append((contexts.detecting_anomaly(), contexts.recording(), x.grad, y.scope,
                      contexts.watcher(), autograd.log(Value(0.0)).data))  # fmt: skip
        seen.wait(10)

    def meets_the_other(x: Any) -> Any:
        if not found:
            inside.wait(10)
            seen.wait(10)
        return x * x

    thread = threading.Thread(target=other)
    thread.start()
    with detect_anomaly(), no_grad():
        inside.wait(10)
        seen.wait(10)
    thread.join(10)
    assert found == [(False, True, 4.0, "", None, -np.inf)]
    found.clear()
    thread = threading.Thread(target=other)
    thread.start()
    assert float(autograd.compile(meets_the_other)(Value(3.0))) == 9.0
    thread.join(10)
    assert found == [(False, True, 4.0, "", None, -np.inf)]
    assert (contexts.special, contexts.watched) == (0, 0)


def test_one_compiled_function_in_several_threads_from_the_first_call_on() -> None:
    def loss(weights: Any, x: Any) -> Any:
        return ((x @ weights).tanh() ** 2).mean()

    compiled = autograd.compile(loss)
    start = threading.Barrier(6)

    def work(seed: int) -> bool:
        rng = np.random.default_rng(seed)
        start.wait(10)
        for _ in range(10):
            x, w = rng.normal(size=(200, 60)), rng.normal(size=(60, 60))
            value, slope = compiled.value_and_grad(w, x)
            expected = autograd.value_and_grad(loss)(w, x)
            assert np.isclose(value, float(expected[0]))
            assert np.allclose(slope, expected[1])
        return True

    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(work, range(6)))
    assert 1 <= len(compiled.recordings) <= 6


# --- tasks ------------------------------------------------------------------------------------


def test_tasks_that_wait_inside_their_contexts() -> None:
    async def quiet(turns: int) -> bool:
        with no_grad():
            for _ in range(turns):
                await asyncio.sleep(0)
                if (Value(1.0) * 2.0).operands:
                    return False
        return bool((Value(1.0) * 2.0).operands)

    async def careful(turns: int) -> bool:
        with detect_anomaly():
            for _ in range(turns):
                await asyncio.sleep(0)
                if not contexts.detecting_anomaly():
                    return False
        return not contexts.detecting_anomaly()

    async def plain(turns: int) -> bool:
        for _ in range(turns):
            x = Value(3.0)
            y = x * x
            await asyncio.sleep(0)
            y.backward()
            if x.grad != 6.0 or contexts.detecting_anomaly():
                return False
        return True

    async def together() -> list[bool]:
        tasks = [task(turns) for turns in range(1, 8) for task in (quiet, careful, plain)]
        return await asyncio.gather(*tasks)

    assert all(asyncio.run(together()))
    assert contexts.special == 0


def test_a_task_that_is_cancelled_inside_leaves_its_context() -> None:
    async def stuck() -> None:
        with no_grad(), detect_anomaly():
            await asyncio.sleep(60)

    async def cancelled() -> bool:
        task = asyncio.create_task(stuck())
        await asyncio.sleep(0)
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            return contexts.recording() and contexts.special == 0
        return False

    assert asyncio.run(cancelled())


# --- processes --------------------------------------------------------------------------------


@autograd.compile
def square_sum(numbers: Any) -> Any:
    """Return the sum of the squares."""
    return sum(x * x for x in numbers)


class Line(nn.Module):
    def __init__(self) -> None:
        self.slope, self.offset = Value(2.0, label="slope"), Tensor([1.0, 2.0])

    def forward(self, x: Any) -> Any:
        return (self.offset * self.slope * x).sum()


def differentiated(given: Any) -> Any:
    """Differentiate in a worker and return the nodes themselves."""
    line, x, compiled = given
    root = line(x)
    root.backward()
    total = compiled([x, Value(3.0)])
    total.backward()
    return line, x, root.data, total.data, contexts.recording()


STARTS = multiprocessing.get_all_start_methods()


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_workers(method: str) -> None:
    if method not in STARTS:
        pytest.skip(f"there is no {method} here")
    square_sum([Value(1.0), Value(2.0)])  # the program is there when a worker is forked
    jobs = [(Line(), Value(float(i)), square_sum) for i in range(4)]
    with multiprocessing.get_context(method).Pool(2) as pool:
        found = pool.map_async(differentiated, jobs).get(120)
    for i, (line, x, root, total, recording_) in enumerate(found):
        assert (root, total, recording_) == (6.0 * i, i * i + 9.0, True)
        assert (line.slope.grad, line.offset.grad.tolist()) == (3.0 * i, [2.0 * i] * 2)
        assert (x.grad, line.slope.label) == (6.0 + 2.0 * i, "slope")
    assert (jobs[0][0].slope.grad, jobs[0][1].grad) == (None, None)


def test_a_compiled_function_is_pickled_by_its_name() -> None:
    assert pickle.loads(pickle.dumps(square_sum)) is square_sum


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize(
    "lock", [graph._scratch, contexts._lock, recording._writing], ids=["pass", "context", "program"]
)
def test_a_child_can_do_what_another_thread_was_doing_at_the_fork(lock: Any) -> None:
    held, let_go = threading.Event(), threading.Event()

    def holds() -> None:
        with lock:
            held.set()
            let_go.wait(0.2)  # the fork waits for this

    thread = threading.Thread(target=holds)
    thread.start()
    held.wait(10)
    child = os.fork()
    if child == 0:
        done = threading.Event()

        def work() -> None:
            x = Value(3.0)
            with no_grad():
                x * x
            (x * x).backward()
            autograd.compile(lambda x: x * x)(x).backward()
            if x.grad == 12.0:
                done.set()

        threading.Thread(target=work, daemon=True).start()
        os._exit(0 if done.wait(20) else 1)
    let_go.set()
    thread.join(10)
    assert os.waitpid(child, 0)[1] == 0
