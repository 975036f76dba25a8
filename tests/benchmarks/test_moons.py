"""The contestants compute the same numbers; nothing here is timed."""

import pytest

from autograd import Value
from benchmarks.moons import PlainNetwork, contestants, mlp, moons, step


def test_the_data_are_two_balanced_half_circles() -> None:
    points, labels = moons(20)
    assert len(points) == 20
    assert sorted(labels) == [-1.0] * 10 + [1.0] * 10
    assert moons(20) == (points, labels)


def test_plain_code_and_mlp_have_equal_losses() -> None:
    points, labels = moons(10)
    plain, network = PlainNetwork(Value), mlp()
    losses = [step(plain, points, labels) for _ in range(3)]
    assert [step(network, points, labels) for _ in range(3)] == pytest.approx(losses, rel=1e-12)
    assert losses[2] < losses[0]
    assert len(plain.parameters()) == len(network.parameters()) == 337


def test_every_contestant_computes_the_same() -> None:
    points, labels = moons(10)
    made = contestants()
    assert {"chainrule, plain code", "chainrule, nn.MLP"} <= made.keys()
    losses = [step(make(), points, labels) for make in made.values()]
    assert losses == pytest.approx([losses[0]] * len(losses), rel=1e-12)
