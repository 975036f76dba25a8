"""A linear unit: by hand, by least squares, and its lesson."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import nn as keras
from demos import single_neuron as demo
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
    return tell(demo, tmp_path_factory.mktemp("lesson") / "out")


def test_the_shapes_of_the_lesson() -> None:
    for inputs in (1, 3, 11):
        w, b = demo.linear_unit(inputs).weights
        assert (w.shape, b.shape) == ((inputs, 1), (1,))


def test_training_finds_what_least_squares_finds() -> None:
    keras.utils.set_random_seed(0)
    x = np.random.default_rng(0).normal(size=(200, 2))
    y = x @ [2.0, -1.0] + 3.0
    model = demo.linear_unit(2)
    demo.train(model, x, y, 60)
    kernel, bias = model.get_weights()
    assert np.concatenate([kernel[:, 0], bias]) == pytest.approx(
        demo.least_squares(x, y), abs=5e-3
    )
    assert demo.mean_absolute_error(model, x, y) < 5e-3


class TestLesson:
    def test_terminal(self, told: Told) -> None:
        check_terminal(told)
        _, *rows = printed_table(told.printed, "input")
        total = sum(float(row[-1]) for row in rows)
        given = re.search(r"predict gives ([-+.\d]+)\.", " ".join(told.printed.split()))
        assert given is not None
        assert float(given[1]) == pytest.approx(total, abs=3e-4)
        assert "Weights (10, 1)" in told.printed

    def test_the_errors(self, told: Told) -> None:
        line = next(s for s in told.printed.split("\n") if s.startswith("all columns  "))
        *_, trained, best = line.split()
        assert float(trained) == pytest.approx(float(best), rel=0.02)

    def test_page(self, told: Told) -> None:
        check_page(told)

    @needs_plots
    def test_pictures(self, told: Told) -> None:
        check_pictures(told, "untrained", "neuron", "line", "loss", "weights")

    def test_twice_the_same(self, told: Told, tmp_path: Path) -> None:
        check_again(told, tell(demo, tmp_path / "again"))

    @pytest.mark.usefixtures("bare")
    def test_bare(self, told: Told, tmp_path: Path) -> None:
        check_bare(tell(demo, tmp_path / "out"), told, "neuron")


def test_a_table_of_ones_own_with_one_column(tmp_path: Path) -> None:
    file = tmp_path / "line.csv"
    file.write_text("a,b\n" + "\n".join(f"{i},{2 * i}" for i in range(25)), encoding="utf-8")
    told = tell(demo, tmp_path / "o", "--csv", str(file), "--epochs", "2")
    check_terminal(told)
    check_page(told)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--csv", "nothing.csv"], "--csv nothing.csv: No such file"),
        (["--column", "weight"], "--column weight: there are age, sex, bmi"),
        (["--epochs", "1"], "--epochs 1: 2 to 2000 epochs"),
    ],
)
def test_bad_arguments(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert message in refused(demo.main, arguments, capsys)


@pytest.mark.parametrize(
    ("rows", "message"), [(5, "5 rows; a lesson needs 20"), (25, "'b', is 1 in all")]
)
def test_tables_that_teach_nothing(
    rows: int, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "few.csv"
    file.write_text("a,b\n" + "\n".join(f"{i},1" for i in range(rows)), encoding="utf-8")
    assert message in refused(demo.main, ["--csv", str(file)], capsys)
