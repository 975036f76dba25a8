"""The walks of `tests.reliability.scale`, on graphs of a size that a test run can afford."""

import pytest

from tests.reliability import scale


@pytest.mark.parametrize("name", scale.WALKS)
def test_walk(name: str) -> None:
    said: list[str] = []
    # more than Python would recurse, and more boxes than a diagram has
    assert scale.walk(5_000, [name], said.append) == [], said
    assert len(said) == 2


def test_nothing_is_left_of_a_graph() -> None:
    pytest.importorskip("resource")
    held, left = scale.measure(300_000)
    assert held < scale.BYTES_A_NODE
    assert left < 40
