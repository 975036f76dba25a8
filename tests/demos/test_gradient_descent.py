"""Learning rates: the course's numbers, what each rate does, and the limit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from autograd import value_and_grad
from demos import gradient_descent as demo
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


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    return tell(demo, tmp_path_factory.mktemp("lesson") / "out")


class TestNumbers:
    def test_the_four_steps_of_the_course(self) -> None:
        descent = demo.descend(demo.SHOWN, steps=4)
        assert [round(w, 3) for w in descent.w] == [0.0, 1.105, 1.600, 1.821, 1.920]
        assert descent.factor == pytest.approx(0.4475, abs=2e-4)

    def test_against_plain_numpy(self) -> None:
        x, w = np.linspace(-1, 1, 20), 0.0
        for rate in demo.RATES:
            descent, w = demo.descend(rate), 0.0
            for k in range(demo.STEPS + 1):
                assert descent.w[k] == pytest.approx(w, rel=1e-12, abs=1e-12)
                assert descent.E[k] == pytest.approx(((2 * x - w * x) ** 2).mean(), abs=1e-11)
                slope = (-2 * x * (2 * x - w * x)).mean()
                assert descent.slope[k] == pytest.approx(slope, rel=1e-9, abs=1e-11)
                w -= rate * slope

    def test_the_error_takes_numbers_and_values(self) -> None:
        e, slope = value_and_grad(demo.error)(1.0)
        assert e == pytest.approx(demo.error(1.0))
        assert slope == pytest.approx(-2 * np.mean(np.square(demo.X)))

    def test_curvature(self) -> None:
        assert demo.curvature() == pytest.approx(2 * np.mean(np.square(demo.X)), rel=1e-12)

    @pytest.mark.parametrize(
        ("rate", "verdict"),
        [
            (0.01, "too small: crawls"), (0.05, "too small: crawls"), (0.75, "right: arrives"),
            (2.5, "large: swings, arrives"), (3.0, "too large: diverges"),
        ],
    )  # fmt: skip
    def test_verdicts(self, rate: float, verdict: str) -> None:
        assert demo.descend(rate).verdict == verdict

    def test_the_two_special_rates(self) -> None:
        bend = demo.curvature()
        assert demo.descend(1 / bend).verdict == "the solution in one step"
        assert demo.descend(2 / bend).verdict == "never gets nearer"

    def test_too_large_diverges_and_too_small_crawls(self) -> None:
        distances = np.abs(np.array(demo.descend(3.0).w) - 2)
        assert (np.diff(distances) > 0).all()
        assert 0 < demo.descend(0.05).w[-1] < 0.7


class TestLesson:
    def test_terminal(self, told: Told) -> None:
        check_terminal(told)
        head, *rows = printed_table(told.printed, "rate  factor a step")
        assert head[2] == "w after 1"
        assert rows[1][:6] == ["0.75", "+0.4474", "1.105", "1.600", "1.821", "1.920"]
        assert [row[-1] for row in rows] == [demo.descend(rate).verdict for rate in demo.RATES]

    def test_the_factor_is_what_the_curvature_says(self, told: Told) -> None:
        _, *rows = printed_table(told.printed.split("4. Which")[1], "rate")
        assert len(rows) == 4
        assert all(predicted == measured for _, predicted, measured in rows)
        assert "2.7143" in told.printed

    def test_page(self, told: Told) -> None:
        check_page(told)

    @needs_plots
    def test_pictures(self, told: Told) -> None:
        check_pictures(told, "lines", "parabolas", "weights")
        for rate in demo.RATES:
            assert f"rate {rate:g}, {demo.descend(rate).verdict}" in told.svg("parabolas")
        assert "w = 1.105" in told.svg("lines")

    @needs_plots
    def test_an_odd_number_of_rates(self, tmp_path: Path) -> None:
        told = tell(demo, tmp_path / "o", "--rates", "0.1", "2.714286", "9", "--steps", "5")
        check_terminal(told)
        check_page(told)

    def test_twice_the_same(self, told: Told, tmp_path: Path) -> None:
        check_again(told, tell(demo, tmp_path / "again"))

    @pytest.mark.usefixtures("bare")
    def test_bare(self, told: Told, tmp_path: Path) -> None:
        check_bare(tell(demo, tmp_path / "out"), told)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--rates", "0"], "--rates 0: a learning rate is above 0, and here at most 100"),
        (["--rates", "nan"], "--rates nan: a learning rate is above 0"),
        (["--rates", *"1234567"], "--rates: six are compared at most, not 7"),
        (["--rates", "fast"], "--rates: invalid float value: 'fast'"),
        (["--steps", "4"], "--steps 4: 5 to 100 steps"),
        (["--out"], "--out: expected one argument"),
    ],
)
def test_bad_arguments(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    err = refused(demo.main, arguments, capsys)
    assert message in err
    assert "python -m demos.gradient_descent" in err


def test_a_file_in_the_place_of_the_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("mine")
    err = refused(demo.main, ["--out", str(tmp_path / "file")], capsys)
    assert f"--out {tmp_path / 'file'}: " in err
    assert (tmp_path / "file").read_text() == "mine"
