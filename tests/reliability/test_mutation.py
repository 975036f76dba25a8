"""The list of equivalent mutants belongs to the files as they are, and the driver finds a hole."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.reliability.equivalent import EQUIVALENT

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("path", EQUIVALENT)
def test_every_equivalent_mutant_is_of_a_line_that_is_there(path: str) -> None:
    lines = " ".join((ROOT / path).read_text(encoding="utf-8").split())
    for before, after, reason in EQUIVALENT[path]:
        assert before in lines, (before, after)
        assert after != before
        assert reason


def test_mutants() -> None:
    pytest.importorskip("cosmic_ray")
    from tests.reliability.mutation import mutants

    source = "def f(x: int | None) -> None:\n    x.n += 1\n\n\ng = lambda m, a, b: a < b\n"
    assert [(m.line, m.operator, m.after) for m in mutants(source)] == [
        (2, "NumberReplacer", "x.n += 2"),
        (2, "NumberReplacer", "x.n += 0"),
        (2, "OtherAssignment", "x.n -= 1"),
        (2, "LeftOut", "pass"),
        (5, "ReplaceComparisonOperator_Lt_LtE", "g = lambda m, a, b: a <= b"),
        (5, "ReplaceComparisonOperator_Lt_GtE", "g = lambda m, a, b: a >= b"),
        (5, "OtherOperand", "g = lambda m, a, b: b < b"),
        (5, "OtherOperand", "g = lambda m, a, b: a < a"),
    ]
    assert all(m.source.count("\n") == source.count("\n") for m in mutants(source))
