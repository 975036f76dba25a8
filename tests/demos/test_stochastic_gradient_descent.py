"""SGD on a line: against plain numpy, what the settings do, and the lesson."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from demos import stochastic_gradient_descent as demo
from demos._data import diabetes, standardised
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

pytest.importorskip("sklearn")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(demo, "SHOWN", (0, 1, 2, demo.STEPS))
        return tell(demo, tmp_path_factory.mktemp("lesson") / "out", "--epochs", "3")


@pytest.fixture(scope="module")
def fits() -> list[demo.Fit]:
    data = diabetes()
    x, y = standardised(data.x)[:, 2], standardised(data.y)
    return [demo.fit_line(x, y, *setting) for setting in demo.SETTINGS]


def test_each_step_is_that_of_plain_numpy() -> None:
    data = diabetes()
    x, y = standardised(data.x)[:, 2], standardised(data.y)
    fit = demo.fit_line(x, y, 0.05, 32)
    w, b = demo.START
    for step, rows in enumerate(fit.batches):
        assert (fit.w[step], fit.b[step]) == pytest.approx((w, b), abs=1e-5)
        error = w * x[rows] + b - y[rows]
        w, b = w - 0.05 * 2 * (error * x[rows]).mean(), b - 0.05 * 2 * error.mean()


def test_an_epoch_takes_each_row_once() -> None:
    drawn = demo.batches(12, 4)
    first = [next(drawn) for _ in range(3)]
    assert sorted(np.concatenate(first)) == list(range(12))
    assert next(drawn).tolist() != first[0].tolist()


def test_what_the_settings_do(fits: list[demo.Fit]) -> None:
    by_name = {fit.name: fit.verdict for fit in fits}
    assert by_name["rate 0.02, batch 32"] == "not there yet"
    assert by_name["rate 1.1, batch 32"] == "diverges"
    assert by_name["rate 0.05, batch 128"].startswith("arrives")
    assert all(min(fit.loss) >= fit.best for fit in fits)

    def roughness(fit: demo.Fit) -> float:
        return float(np.abs(np.diff(fit.w, 2)).mean())

    assert roughness(fits[1]) > 2 * roughness(fits[0]) > 2 * roughness(fits[2])


class TestLesson:
    def test_terminal(self, told: Told) -> None:
        check_terminal(told)
        _, *rows = printed_table(told.printed, "learning rate")
        assert len(rows) == len(demo.SETTINGS)
        _, *rows = printed_table(told.printed, "batch")
        assert all(float(row[-1]) < float(row[2]) for row in rows)

    def test_page(self, told: Told) -> None:
        check_page(told)

    @needs_plots
    def test_pictures(self, told: Told) -> None:
        check_pictures(told, "line_fit", "line_fit", "loss", "paths", "network")

    @needs_plots
    def test_animation(self, told: Told) -> None:
        image = pytest.importorskip("PIL.Image")
        with image.open(told.out / "line_fit.gif") as gif:
            assert gif.n_frames == 4
            assert gif.size[0] >= 640
            assert gif.info["loop"] == 0

    @pytest.mark.usefixtures("bare")
    def test_bare_and_twice_the_same(self, told: Told, tmp_path: Path) -> None:
        bare = tell(demo, tmp_path / "out", "--epochs", "3")
        check_bare(bare, told)
        check_again(bare, tell(demo, tmp_path / "again", "--epochs", "3"))


@needs_plots
def test_the_animation_is_the_same_twice(
    fits: list[demo.Fit], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "SHOWN", (0, 1, demo.STEPS))
    data = diabetes()
    x, y = standardised(data.x)[:, 2], standardised(data.y)
    first, second = (
        demo.write_animation(tmp_path / name, x, y, fits, ("x", "y")).read_bytes()
        for name in ("a.gif", "b.gif")
    )
    assert first == second
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.gif", "b.gif"]


def test_a_wrong_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "words.csv"
    file.write_text("a,b\n1,red\n", encoding="utf-8")
    err = refused(demo.main, ["--csv", str(file)], capsys)
    assert "column 'b': 'red' is no number" in err
