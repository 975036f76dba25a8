"""XOR: the chain rule by hand and by the engine, the lab's numbers, and the start that fails."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from autograd import topological_order
from demos import backpropagation as demo
from tests.demos.conftest import Told
from tests.demos.lessons import (
    check_again,
    check_bare,
    check_page,
    check_pictures,
    check_terminal,
    needs_plots,
    printed_table,
    refused,
    tell,
)
from tests.viz.examples import groups, texts

SHORT = ("--steps", "2000")
XOR = demo.TARGETS["XOR"]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    return tell(demo, tmp_path_factory.mktemp("lesson") / "out", *SHORT)


@pytest.fixture(scope="module")
def trained() -> tuple[demo.Training, demo.Training]:
    learns, stuck = demo.train([("XOR", 0), ("XOR", 9)], 10_000)
    return learns, stuck


def by_numpy(seeds: list[int], d: np.ndarray, steps: int) -> tuple[list[np.ndarray], np.ndarray]:
    """Train without the engine; return the weights, and the errors in the last step."""
    starts = []
    for seed in seeds:
        random = np.random.RandomState(seed)
        starts.append([random.rand(*s) * 2 - 1 for s in ((2, 2), (2, 1), (1, 2), (1, 1))])
    w1, b1, w2, b2 = (np.stack(each) for each in zip(*starts, strict=True))
    for _ in range(steps):
        a1 = 1 / (1 + np.exp(-(w1 @ demo.X + b1)))
        a2 = 1 / (1 + np.exp(-(w2 @ a1 + b2)))
        e = d - a2
        delta2 = -e * a2 * (1 - a2)
        delta1 = w2.mT @ delta2 * a1 * (1 - a1)
        w2, b2 = w2 - 0.1 * delta2 @ a1.mT, b2 - 0.1 * delta2.sum(2, keepdims=True)
        w1, b1 = w1 - 0.1 * delta1 @ demo.X.T, b1 - 0.1 * delta1.sum(2, keepdims=True)
    return [w1, b1, w2, b2], e


class TestOneStep:
    @pytest.mark.parametrize("seed", [0, 1, 9])
    @pytest.mark.parametrize("gate", demo.TARGETS)
    def test_by_hand_and_by_the_engine(self, gate: str, seed: int) -> None:
        parameters, d = demo.start(seed), demo.TARGETS[gate]
        by_hand = demo.gradients_by_hand(parameters, d)
        by_engine = demo.gradients_by_engine(parameters, d)
        for hand, engine, parameter in zip(by_hand, by_engine, parameters, strict=True):
            assert engine.shape == parameter.shape
            assert engine == pytest.approx(hand, rel=1e-13, abs=1e-15)

    def test_the_four_rows_one_by_one(self) -> None:
        parameters = demo.start(0)
        sums = dict.fromkeys(("W1[1,1]", "W1[2,2]", "b1[1]", "W2[2]", "b2"), 0.0)
        for x, d in zip(demo.X.T, XOR[0], strict=True):
            error = demo.one_row(parameters, x, d)
            error.backward()
            for node in topological_order(error):
                if node.label in sums:
                    sums[node.label] += node.grad
        w1, b1, w2, b2 = demo.gradients_by_engine(parameters, XOR)
        expected = [w1[0, 0], w1[1, 1], b1[0, 0], w2[0, 1], b2[0, 0]]
        assert list(sums.values()) == pytest.approx(expected, rel=1e-12)

    def test_weights_from_numpy_s_legacy_generator(self) -> None:
        w1, b1, w2, b2 = demo.start(0)
        assert w1.data[0].tolist() == pytest.approx([0.09762701, 0.43037873], abs=1e-8)
        assert b2.data.item() == pytest.approx(0.92732552, abs=1e-8)
        assert [p.label for p in (w1, b1, w2, b2)] == ["W1", "b1", "W2", "b2"]

    def test_it_is_printed(self, told: Told) -> None:
        head, *rows = printed_table(told.printed, "weight")
        assert head[2:] == ["dE/dw by hand", "dE/dw by the engine"]
        assert len(rows) == 9
        for _, _, hand, engine in rows:
            assert float(hand) == pytest.approx(float(engine), abs=1e-15)
            assert len(hand.partition(".")[2]) == 16


class TestTraining:
    @pytest.mark.parametrize(("gate", "seed"), [("XOR", 0), ("XOR", 9), ("AND", 0), ("OR", 0)])
    def test_against_plain_numpy(self, gate: str, seed: int) -> None:
        (training,) = demo.train([(gate, seed)], 1_000)
        weights, e = by_numpy([seed], demo.TARGETS[gate], 1_000)
        for found, expected in zip(training.parameters, weights, strict=True):
            assert found == pytest.approx(expected[0], rel=1e-10)
        assert training.errors[-1] == pytest.approx(np.abs(e).mean(), rel=1e-12)

    def test_side_by_side_or_alone(self) -> None:
        networks = [("XOR", 0), ("AND", 3), ("XOR", 9)]
        for together, (gate, seed) in zip(demo.train(networks, 300), networks, strict=True):
            (alone,) = demo.train([(gate, seed)], 300)
            assert (together.gate, together.seed) == (gate, seed)
            assert together.errors == pytest.approx(alone.errors, rel=1e-12)
            for one, other in zip(together.parameters, alone.parameters, strict=True):
                assert one == pytest.approx(other, rel=1e-11)

    def test_10_000_steps(self, trained: tuple[demo.Training, demo.Training]) -> None:
        learns, stuck = trained
        assert round(learns.error_at(10_000), 5) == 0.18099
        assert round(stuck.error_at(10_000), 5) == 0.28045
        assert learns.learned
        assert not stuck.learned
        assert sorted(map(str, demo.hidden_gates(learns))) == ["AND", "OR"]

    def test_curvatures(self, trained: tuple[demo.Training, demo.Training]) -> None:
        _, stuck = trained

        def slope(weights: np.ndarray) -> np.ndarray:
            cut = np.split(weights, [4, 6, 8])
            shaped = [w.reshape(s) for w, s in zip(cut, demo.SHAPES, strict=True)]
            found = demo.gradients_by_hand([demo.Tensor(w) for w in shaped], XOR)
            return np.concatenate([g.ravel() for g in found])

        weights = np.concatenate([p.ravel() for p in stuck.parameters])
        steps = 1e-5 * np.eye(9)
        second = np.array([slope(weights + s) - slope(weights - s) for s in steps]) / 2e-5
        expected = np.linalg.eigvalsh((second + second.T) / 2)
        assert stuck.curvatures() == pytest.approx(expected, abs=1e-8)

    def test_steps_that_are_noted(self) -> None:
        for steps in (1, 7, 1_000, 180_000):
            noted = demo.noted(steps)
            assert noted == sorted(set(noted))
            assert noted[0] == 1
            assert noted[-1] == steps
        assert {10_000, 180_000} <= set(demo.noted(180_000))


def test_180_000_steps() -> None:
    """The numbers of the lab; numpy takes the first 170 000 steps, which spares half a minute."""
    weights, _ = by_numpy([demo.LEARNS, demo.STUCK], XOR, demo.STEPS - 10_000)
    learns, stuck = demo.train(
        [("XOR", demo.LEARNS), ("XOR", demo.STUCK)], 10_000, [demo.Tensor(w) for w in weights]
    )
    assert demo.STEPS == 180_000
    assert round(learns.errors[-1], 5) == 0.00862
    expected = [0.0096552, 0.9917980, 0.9917961, 0.0084004]
    assert learns.outputs == pytest.approx(expected, abs=5.1e-8)
    assert round(stuck.errors[-1], 5) == 0.25396
    assert stuck.outputs[2:] == pytest.approx([0.5, 0.5], abs=1e-3)
    assert stuck.curvatures()[0] > 0.0  # it is the bottom of a valley


class TestLesson:
    def test_terminal(self, told: Told) -> None:
        check_terminal(told)
        _, *rows = printed_table(told.printed, "step  ")
        assert [row[0] for row in rows] == ["1", "100", "1 000", "2 000"]
        _, *rows = printed_table(told.printed, "gate")
        assert [row[0] for row in rows] == ["AND", "OR"]

    def test_what_the_hidden_neurons_have_become(
        self, trained: tuple[demo.Training, demo.Training], capsys: pytest.CaptureFixture[str],
        tmp_path: Path,
    ) -> None:  # fmt: skip
        lesson = demo.Lesson(tmp_path, "part")
        demo._tell_hidden(lesson, trained[0])
        demo._tell_why(lesson, *trained)
        flat = " ".join(capsys.readouterr().out.split())
        assert "h1 has become AND, and h2 OR" in flat
        assert "both hidden neurons say almost the same to 1 0 as to 1 1" in flat

    def test_page(self, told: Told) -> None:
        check_page(told)

    def test_diagram(self, told: Told) -> None:
        shown = [text.strip() for text in texts(told.svg("graph"))]
        for name in ("x1", "W1[1,2]", "b1[1]", "W2[2]", "z1[1]", "a1[2]", "a2", "e", "E"):
            assert name in shown
        assert len(groups(told.svg("graph"), "leaf")) == 12

    @needs_plots
    def test_pictures(self, told: Told) -> None:
        check_pictures(told, "graph", "errors", "networks", "maps")
        for title in ("XOR, seed 0", "XOR, seed 9", "AND, seed 0", "OR, seed 0"):
            assert title in told.svg("maps")

    def test_twice_the_same(self, told: Told, tmp_path: Path) -> None:
        check_again(told, tell(demo, tmp_path / "again", *SHORT))

    @pytest.mark.usefixtures("bare")
    def test_bare(self, told: Told, tmp_path: Path) -> None:
        check_bare(tell(demo, tmp_path / "out", *SHORT), told, "graph")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--steps", "999"], "--steps 999: 1000 to 10000000 steps"),
        (["--steps", "many"], "--steps: invalid int value: 'many'"),
    ],
)
def test_bad_arguments(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    err = refused(demo.main, arguments, capsys)
    assert message in err
    assert "python -m demos.backpropagation" in err
