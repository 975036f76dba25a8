"""A few hundred graphs of the fuzzer, and that it finds what is wrong."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

from autograd import primitives
from tests.fuzz.comparing import cannot_be_told_apart, compare, unequal
from tests.fuzz.operations import OPERATIONS
from tests.fuzz.programs import KINDS, Program, Step, draw
from tests.fuzz.running import described, examine

SEED, GRAPHS = 20, 50


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> None:
    pytest.importorskip("torch").set_num_threads(1)


@pytest.mark.parametrize("kind", KINDS)
def test_graphs_agree_in_every_way(kind: str) -> None:
    counts: Counter[str] = Counter()
    for index in range(GRAPHS):
        more, differences = examine(SEED, index, kind)
        counts += more
        assert not differences, "\n".join(described(d, SEED, index, kind) for d in differences)
    assert counts["graphs"] == GRAPHS
    assert counts["comparisons"] > 9 * GRAPHS
    assert counts["left to rounding"] < 0.05 * counts["comparisons"]


def test_every_operation_is_drawn_and_every_primitive_among_them() -> None:
    drawn = {step.name for index in range(700) for step in draw(SEED, index).steps}
    assert drawn == OPERATIONS.keys()
    for name in primitives.TABLE:
        spelt = {"sum": "sum of a list", "dot": "dot of lists"}.get(name, name)
        assert spelt in OPERATIONS or not hasattr(primitives, name)


def test_the_same_graph_is_drawn_again() -> None:
    for index in range(30):
        assert draw(3, index).text() == draw(3, index).text()
    assert draw(3, 0).text() != draw(4, 0).text()


def _wrong(monkeypatch: pytest.MonkeyPatch, partial: Any) -> None:
    monkeypatch.setattr(primitives.tanh, "partials", (partial,))


def test_a_wrong_derivative_is_found_and_reduced(monkeypatch: pytest.MonkeyPatch) -> None:
    _wrong(monkeypatch, lambda m, out, x: 1.0 - out * out * (1.0 + 1e-7))
    steps = (
        Step("sin", (0,)), Step("*", (2, 1)), Step("tanh", (3,)), Step("exp", (1,)),
        Step("+", (4, 5)), Step("sum", (6,), (None, False)),
    )  # fmt: skip
    program = Program("tensors", (np.array([0.3, -0.7]), np.array([[1.3], [0.2]])), steps)
    (found, *_) = [d for d in compare(program).differences if d.check == "gradient by PyTorch"]
    text = described(found, 0, 0, None)
    assert "ag.tanh" in text
    assert "gradient by PyTorch" in text
    assert len([line for line in text.splitlines() if " = " in line]) <= 4


def test_an_exception_is_a_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(m: Any, out: Any, x: Any) -> Any:
        raise ZeroDivisionError("by accident")

    _wrong(monkeypatch, fails)
    (found,) = compare(Program("tensors", (np.array([1.0]),), (Step("tanh", (0,)),))).differences
    assert "by accident" in str(found)


def test_what_pytorch_leaves_at_zero_without_memory_is_read_as_zero() -> None:
    leaves = (np.array([[0.21], [-0.572]]), np.array([[2.0], [1.675]]))
    steps = (Step("concatenate", (0, 1), (1,)), Step("norm", (2,), (np.inf, -2, True)))
    assert not compare(Program("tensors", leaves, steps)).differences


def test_nan_is_nan_and_inf_is_inf() -> None:
    inf, nan = np.inf, np.nan
    ours = np.array([nan, inf, -inf, inf, nan, 1.0, 1.0, 0.0])
    theirs = np.array([nan, inf, inf, 1e308, 0.0, 1.0 + 1e-11, 1.0 + 1e-9, -0.0])
    expected = [False, False, True, True, True, False, True, False]
    assert unequal(ours, theirs, 1e-10).tolist() == expected


def test_rounding_excuses_no_more_than_it_explains() -> None:
    ours, theirs = np.array([1.0, 1.0, 1.0, np.nan]), np.array([1.001, 1.001, np.inf, 1.0])
    samples = [np.array([1.0002, 1.00001, 2.0, np.nan])]
    assert cannot_be_told_apart(ours, theirs, samples).tolist() == [True, False, False, False]


def test_a_program_is_written_out() -> None:
    steps = (Step("clip between", (1,), (0.0, None)), Step("@", (1, 2)))
    program = Program("mixed", (2.0, np.array([1.0])), steps)
    assert program.text().splitlines()[:4] == [
        "x0 = Value(2.0)", "x1 = Tensor(np.array([1.0]))", "x2 = ag.clip(x1, 0.0, None)",
        "x3 = x1 @ x2",
    ]  # fmt: skip
