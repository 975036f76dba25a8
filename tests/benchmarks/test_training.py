"""The contestants train alike; nothing here is timed."""

import pytest

from benchmarks.training import CONCRETE, MNIST, Task, contestants

SMALL = [
    Task("small", (8, 5, 1), 70, 32, CONCRETE.loss),
    Task("small", (8, 6, 4), 70, 20, MNIST.loss),
]


@pytest.mark.parametrize("task", SMALL, ids=lambda task: task.loss)
def test_every_contestant_has_the_same_losses(task: Task) -> None:
    losses = [[epoch() for _ in range(3)] for epoch in contestants(task).values()]
    assert losses[0][2] < losses[0][0]
    for curve in losses[1:]:
        assert curve == pytest.approx(losses[0], rel=1e-3)


def test_the_measured_nets_are_those_of_the_course() -> None:
    assert CONCRETE.sizes == (8, 50, 50, 1)
    assert MNIST.sizes == (784, 784, 100, 10)
