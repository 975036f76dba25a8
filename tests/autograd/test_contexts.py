"""no_grad, enable_grad and detect_anomaly: whom they bind, and that they always end."""

from __future__ import annotations

import asyncio
import contextvars
import math
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import autograd
from autograd import (
    AnomalyError,
    Value,
    contexts,
    detect_anomaly,
    enable_grad,
    grad,
    gradients,
    jvp,
    no_grad,
)

CONTEXTS = [no_grad, enable_grad, detect_anomaly]


@pytest.fixture(autouse=True)
def _nothing_stays_open() -> Any:
    yield
    assert contexts.special == 0
    assert contexts.recording()
    assert not contexts.detecting_anomaly()


def records() -> bool:
    """Whether every way to carry out an operation records; they must agree."""
    x = Value(2.0)
    found = {
        not node.is_leaf
        for node in (
            x * x, 2 - x, -x, x.exp(), autograd.exp(x), autograd.maximum(x, 1.0), x**2,
            autograd.where(True, x, x), autograd.sum([x, x]), autograd.dot([x], [x]), 1.0 * x,
        )
    }  # fmt: skip
    assert len(found) == 1
    return found.pop()


# --- recording --------------------------------------------------------------------------


def test_results_are_leaves_with_the_right_value() -> None:
    x = Value(3.0)
    with no_grad():
        y = x * x
    assert (y.data, y.operands, y.is_leaf) == (9.0, (), True)
    y.backward()
    assert x.grad is None


def test_no_grad_and_enable_grad_nest() -> None:
    assert records()
    with no_grad():
        assert not records()
        with enable_grad():
            assert records()
            with no_grad():
                assert not records()
            assert records()
        assert not records()
    assert records()


@pytest.mark.parametrize("context", CONTEXTS)
def test_state_is_restored_when_an_exception_passes(context: Callable[[], Any]) -> None:
    with pytest.raises(KeyError), context():
        raise KeyError
    with pytest.raises(KeyboardInterrupt), context():
        raise KeyboardInterrupt


@pytest.mark.parametrize("decorate", [no_grad, no_grad()], ids=["bare", "called"])
def test_no_grad_as_a_decorator(decorate: Any) -> None:
    @decorate
    def compute(x: Value, *, power: int = 2) -> Value:
        """Power of x."""
        assert not records()
        return x**power

    assert compute(Value(3.0), power=3).is_leaf
    assert compute(Value(3.0)).data == 9.0
    assert (compute.__name__, compute.__doc__) == ("compute", "Power of x.")
    assert records()


def test_decorator_restores_the_state_when_the_function_raises() -> None:
    @no_grad()
    def fail() -> None:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        fail()
    assert records()


def test_decorated_function_may_call_itself() -> None:
    @no_grad()
    def power(x: Value, n: int) -> Value:
        assert not records()
        return x if n == 1 else x * power(x, n - 1)

    assert power(Value(2.0), 5).data == 32.0


def test_decorator_refuses_what_it_could_not_cover() -> None:
    def generator() -> Any:
        yield 1

    async def coroutine() -> None: ...

    async def async_generator() -> Any:
        yield 1

    for function in (generator, coroutine, async_generator):
        with pytest.raises(TypeError, match=f"{function.__name__} .*use a with block inside it"):
            no_grad()(function)


def test_decorator_refuses_what_is_no_function() -> None:
    with pytest.raises(TypeError, match="decorates a function, not 3"):
        no_grad(3)  # type: ignore[call-overload]


def test_context_can_be_used_again_but_not_inside_itself() -> None:
    context = no_grad()
    for _ in range(2):
        with context:
            assert not records()
        assert records()
    with context, pytest.raises(RuntimeError, match="open already"), context:
        pass


# --- threads and tasks ------------------------------------------------------------------


def test_no_grad_binds_the_thread_that_entered_it() -> None:
    inside, done = threading.Event(), threading.Event()
    found: dict[str, bool] = {}

    def other() -> None:
        inside.wait(10)
        found["other"] = records()
        done.set()

    thread = threading.Thread(target=other)
    thread.start()
    with no_grad():
        inside.set()
        done.wait(10)
        found["this"] = records()
    thread.join()
    assert found == {"other": True, "this": False}


def test_threads_that_differentiate_one_leaf_lose_nothing() -> None:
    x = Value(2.0)
    graphs = [x * float(i) for i in range(400)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(Value.backward, graphs))
    assert x.grad == sum(range(400))


def test_threads_that_differentiate_one_graph_do_not_mix_their_passes() -> None:
    x = Value(0.5)
    y = x
    for _ in range(200):
        y = y * 1.01 + x
    expected = gradients(y, x)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: gradients(y, x), range(200)))
    assert set(found) == {expected}


def test_tasks_have_contexts_of_their_own() -> None:
    async def work(name: str, turn: asyncio.Event, other: asyncio.Event) -> tuple[str, bool]:
        if name == "quiet":
            with no_grad():
                other.set()
                await turn.wait()
                return name, records()
        await turn.wait()
        found = records()
        other.set()
        return name, found

    async def both() -> list[tuple[str, bool]]:
        a, b = asyncio.Event(), asyncio.Event()
        return await asyncio.gather(work("quiet", a, b), work("loud", b, a))

    assert asyncio.run(both()) == [("quiet", False), ("loud", True)]


@pytest.mark.parametrize("context", CONTEXTS)
def test_task_that_outlives_the_block_it_was_started_in(context: Callable[[], Any]) -> None:
    async def child(go: asyncio.Event) -> tuple[bool, bool, float]:
        await go.wait()
        return records(), contexts.detecting_anomaly(), autograd.log(Value(0.0)).data

    async def parent() -> tuple[bool, bool, float]:
        go = asyncio.Event()
        with context():
            task = asyncio.create_task(child(go))
            await asyncio.sleep(0)
        go.set()
        return await task

    assert asyncio.run(parent()) == (True, False, -math.inf)


def test_copied_context_after_the_block_has_ended() -> None:
    with no_grad():
        with enable_grad():
            inner = contextvars.copy_context()
        outer = contextvars.copy_context()
        assert inner.run(records) is False
    assert inner.run(records) is True
    assert outer.run(records) is True
    with no_grad():  # somebody else's block
        assert outer.run(records) is True


def test_block_that_is_left_in_another_context_than_it_was_entered() -> None:
    def generator() -> Any:
        with no_grad():
            yield

    paused = generator()
    contextvars.copy_context().run(next, paused)
    assert records()
    paused.close()
    assert records()


def test_blocks_that_end_in_the_wrong_order() -> None:
    first, second = no_grad(), no_grad()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert not records()
    second.__exit__(None, None, None)
    assert records()


# --- anomalies --------------------------------------------------------------------------


def test_forward_anomaly_names_primitive_operands_and_line() -> None:
    p, q = Value(0.0, label="p"), Value(2.0)
    with pytest.raises(AnomalyError) as caught, detect_anomaly():
        q / p  # the culprit
    assert str(caught.value).splitlines()[:3] == [
        "divide gave inf", "  operand 1: 2.0", "  operand 2: p = 0.0",
    ]  # fmt: skip
    assert "test_contexts.py" in str(caught.value)
    assert str(caught.value).endswith("q / p  # the culprit")


@pytest.mark.parametrize(
    "compute",
    [
        lambda x: x / x, lambda x: x.log(), lambda x: autograd.log(x), lambda x: x**-1,
        lambda x: autograd.exp(x + 1000), lambda x: autograd.sum([x, math.inf]),
        lambda x: autograd.dot([x], [math.nan]), lambda x: autograd.maximum(math.nan, x),
        lambda x: grad(autograd.log)(0.0), lambda x: grad(autograd.log)(x),
    ],
)  # fmt: skip
def test_forward_anomaly_is_found_wherever_it_arises(compute: Callable[[Value], Any]) -> None:
    gave = r"gave -?(nan|inf)\n  operand 1: .*\n"
    with pytest.raises(AnomalyError, match=gave), detect_anomaly():
        compute(Value(0.0))


def test_forward_mode_anomaly() -> None:
    with pytest.raises(AnomalyError, match="log"), detect_anomaly():
        jvp(autograd.log, (0.0,), (1.0,))


def test_backward_anomaly_names_the_arrow() -> None:
    with detect_anomaly():
        x = Value(0.0, label="x")
        y = x.sqrt()  # smooth forward, steep backward
        with pytest.raises(AnomalyError) as caught:
            (3 * y).backward()
    lines = str(caught.value).splitlines()
    assert lines[:3] == [
        "the gradient through sqrt is inf", "  operand 1: x = 0.0",
        "  adjoint 3.0 × local derivative inf",
    ]  # fmt: skip
    assert lines[3].endswith("y = x.sqrt()  # smooth forward, steep backward")
    assert (x.grad, y.grad) == (None, None)


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("factor", [1.0, 3.0])
def test_backward_anomaly_of_a_graph_built_outside(factor: float, create_graph: bool) -> None:
    x = Value(0.0, label="x")
    y = factor * x.sqrt()
    with pytest.raises(AnomalyError, match=r"through sqrt is inf\n.*x = 0.0"), detect_anomaly():
        y.backward(create_graph=create_graph)
    assert x.grad is None


def test_backward_anomaly_points_to_the_missing_line() -> None:
    y = Value(0.0).sqrt()
    remedy = r"build the graph inside detect_anomaly\(\)"
    with pytest.raises(AnomalyError, match=remedy), detect_anomaly():
        gradients(y, y.operands[0])


def test_branch_not_chosen_is_no_anomaly_backward() -> None:
    x = Value(-1.0)
    y = autograd.where(x > 0, x.log(), x)
    with detect_anomaly():
        y.backward()
    assert x.grad == 1.0


def test_contributions_that_overflow_together() -> None:
    x = Value(1.0)
    y = autograd.sum([x * 1e308, x * 1e308])
    with pytest.raises(AnomalyError, match="inf"), detect_anomaly():
        y.backward()


def test_finite_computation_is_left_alone() -> None:
    x = Value(2.0)
    with detect_anomaly():
        y = (x * x).tanh() / x
        y.backward()
        slope = gradients(y, x, create_graph=True)
    assert x.grad == slope.data
    assert math.isfinite(x.grad)


@pytest.mark.parametrize("decorate", [detect_anomaly, detect_anomaly()])
def test_detect_anomaly_as_a_decorator(decorate: Any) -> None:
    @decorate
    def fail() -> Value:
        return Value(0.0).log()

    with pytest.raises(AnomalyError, match="log gave -inf"):
        fail()
    assert Value(0.0).log().data == -math.inf


def test_anomaly_is_a_floating_point_error() -> None:
    assert issubclass(AnomalyError, FloatingPointError)


class Interrupted:
    """An RLock with a Ctrl-C between its being acquired and the block that it is for."""

    def __init__(self) -> None:
        self.lock: Any = threading.RLock()
        self.release, self._is_owned = self.lock.release, self.lock._is_owned

    def __enter__(self) -> None:
        self.lock.acquire()
        raise KeyboardInterrupt

    def __exit__(self, *error: object) -> None:
        pytest.fail("the block has not begun")


@pytest.mark.parametrize("is_held", [False, True])
def test_a_lock_is_given_back_if_the_block_never_began(is_held: bool) -> None:
    interrupted = Interrupted()
    if is_held:
        interrupted.lock.acquire()
    with pytest.raises(KeyboardInterrupt):
        contexts.alone(interrupted, print)
    assert interrupted._is_owned() == is_held
    assert contexts.alone(interrupted.lock, max, 1, 2) == 2
    assert interrupted._is_owned() == is_held
