"""Regression with Keras: the lab on a small table, and the course's numbers if it is there."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from demos import regression as demo
from demos._data import Table, standardised
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

QUICK = ("--epochs", "4", "--repeats", "2")


@pytest.fixture(scope="module")
def csv(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A bent function of three columns, so that scikit-learn is not needed."""
    random = np.random.default_rng(0)
    x = random.uniform(0, 300, (60, 3))
    rows = np.column_stack([x, np.abs(x[:, 0] - 150) + x[:, 1] / 3 + 20])
    file = tmp_path_factory.mktemp("data") / "bent.csv"
    lines = [",".join(f"{n:.3f}" for n in row) for row in rows]
    file.write_text("\n".join(["cement,water,age,strength", *lines]) + "\n", encoding="utf-8")
    return str(file)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory, csv: str) -> Told:
    return tell(demo, tmp_path_factory.mktemp("lesson") / "out", "--csv", csv, *QUICK)


def found(
    errors: list[list[float]], training: float = 1.0
) -> list[tuple[demo.Variant, demo.Measured]]:
    return [
        (variant, demo.Measured(row, [training] * len(row)))
        for variant, row in zip(demo.variants(50), errors, strict=True)
    ]


class TestNumbers:
    def test_the_network_of_the_course(self) -> None:
        assert demo.regression_model(8).count_params() == 3051
        assert demo.regression_model(8, (50,) * 5).count_params() == 10701

    def test_a_division_loses_no_row_and_depends_on_the_seed(self) -> None:
        train, test = demo.train_test_split(1030, 0)
        assert (len(train), len(test)) == (721, 309)
        assert sorted([*train, *test]) == list(range(1030))
        assert demo.train_test_split(1030, 1)[1].tolist() != test.tolist()

    def test_simple_predictions(self) -> None:
        x = np.random.default_rng(1).normal(size=(50, 2))
        table = Table("t", x, 3 * x[:, 0] - x[:, 1] + 5, ("a", "b"), "c", "here")
        mean, plane = demo.measure_simple(table, 3)
        assert plane.mean == pytest.approx(0.0, abs=1e-20)
        train, test = demo.train_test_split(50, 0)
        expected = np.mean((table.y[test] - table.y[train].mean()) ** 2)
        assert mean.errors[0] == pytest.approx(expected)

    def test_a_network_learns_what_is_bent(self) -> None:
        x = np.random.default_rng(2).normal(size=(300, 2))
        table = Table("t", x, 20 * np.abs(x[:, 0]), ("a", "b"), "c", "here")
        _, plane = demo.measure_simple(table, 2)
        measured = demo.measure(table, demo.variants(30)[2], 2)
        assert measured.mean < 0.1 * plane.mean
        assert measured.errors[0] != measured.errors[1]


class TestVerdict:
    def test_a_network_that_is_better(self) -> None:
        said = demo.verdict(found([[9, 9.5], [5, 6], [4, 4.2], [6, 6]]), demo.Measured([8.0, 8.1]))
        assert "The best of the four is C" in said
        assert "Normalising lowers the error from 9.25 to 5.50." in said
        assert "C beats linear regression in 2 of 2 divisions: there is something bent" in said
        assert "by heart" in said

    def test_a_network_that_is_not(self) -> None:
        plane = demo.Measured([3.0, 5.0, 4.1])
        said = demo.verdict(found([[5] * 3, [4.5] * 3, [4.2] * 3, [4.1] * 3], 4.0), plane)
        assert "in 1 of 3 divisions, and not by more than chance" in said
        assert "by heart" not in said

    def test_normalising_that_needs_more_time(self) -> None:
        said = demo.verdict(found([[6, 6], [9, 9], [4, 4], [5, 5]]), demo.Measured([8.0, 8.0]))
        assert "raises the error from 6.00 to 9.00. That looks wrong" in said
        assert "With twice the epochs (C) the error is 4.00." in said

    def test_nothing_learnt(self) -> None:
        nothing = found([[float("nan")] * 2] * 4)
        assert "left the range" in demo.verdict(nothing, demo.Measured([8.0, 8.0]))


class TestLesson:
    def test_terminal(self, told: Told) -> None:
        check_terminal(told)
        head, *rows = printed_table(told.printed, "held out")
        assert head[1:4] == ["mean", "std", "root"]
        assert [row[0][:2] for row in rows] == ["al", "li", "A.", "B.", "C.", "D."]
        assert rows[0][4] == "100%"
        assert "A. baseline: 3-50-50-1, 4 epochs" in told.printed
        assert "C. B, twice the epochs: 3-50-50-1, 8 epochs" in told.printed
        assert "D. B, three hidden layers: 3-50-50-50-1, 4 epochs" in told.printed
        assert "model.fit(predictors_norm, target, validation_split=0.3, epochs=8" in told.printed

    def test_the_mean_and_the_deviation_are_those_of_the_errors(self, told: Told) -> None:
        part = told.printed.split("A. baseline: ")[1].split("\n")
        errors = [float(n) for n in part[1].split()[3:]]
        assert float(part[2].split()[-1]) == pytest.approx(np.mean(errors), abs=0.011)
        assert float(part[3].split()[-1]) == pytest.approx(np.std(errors), abs=0.011)

    def test_page(self, told: Told) -> None:
        check_page(told)

    @needs_plots
    def test_pictures(self, told: Told) -> None:
        check_pictures(told, "curves", "errors", "predictions")
        assert "strength, true" in told.svg("predictions")

    def test_twice_the_same(self, told: Told, tmp_path: Path, csv: str) -> None:
        check_again(told, tell(demo, tmp_path / "again", "--csv", csv, *QUICK))

    @pytest.mark.usefixtures("bare")
    def test_bare(self, told: Told, tmp_path: Path, csv: str) -> None:
        check_bare(tell(demo, tmp_path / "out", "--csv", csv, *QUICK), told)

    def test_numbers_too_large_for_a_network(self, tmp_path: Path) -> None:
        file = tmp_path / "large.csv"
        rows = "\n".join(f"{i},{i}e25" for i in range(60))
        file.write_text(f"a,b\n{rows}\n", encoding="utf-8")
        told = tell(demo, tmp_path / "out", "--csv", str(file), "--epochs", "1", "--repeats", "2")
        check_terminal(told)
        check_page(told)

    def test_the_data_of_scikit_learn(self) -> None:
        pytest.importorskip("sklearn")
        assert demo.read(None).x.shape == (442, 10)


@pytest.fixture(scope="module")
def concrete() -> Table:
    path = os.environ.get("CHAINRULE_CONCRETE_CSV")
    if not path:
        pytest.skip("CHAINRULE_CONCRETE_CSV does not name the course's concrete_data.csv")
    return demo.read(path)


class TestConcrete:
    """Keras 3.15.1 over 12 seeds: loss 1645, then 35.9; val_loss 131, from 82 to 169."""

    def test_two_layers(self, concrete: Table) -> None:
        runs = [demo.fit(concrete, 0.3, (50, 50), 100, seed) for seed in range(3)]
        assert np.mean([run["loss"][0] for run in runs]) == pytest.approx(1650, rel=0.04)
        assert np.mean([run["val_loss"][0] for run in runs]) == pytest.approx(1150, rel=0.05)
        assert 30 < np.mean([run["loss"][-1] for run in runs]) < 42
        assert 80 < np.mean([run["val_loss"][-1] for run in runs]) < 180

    def test_five_layers(self, concrete: Table) -> None:
        runs = [demo.fit(concrete, 0.1, (50,) * 5, 100, seed) for seed in range(2)]
        assert 9 < np.mean([run["loss"][-1] for run in runs]) < 16
        assert 10 < np.mean([run["val_loss"][-1] for run in runs]) < 27

    def test_normalised_with_the_deviation_of_a_sample(self, concrete: Table) -> None:
        x = standardised(concrete.x, ddof=1)
        assert x.std(axis=0, ddof=1) == pytest.approx(np.ones(8))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--epochs", "0"], "--epochs 0: 1 to 1000 epochs"),
        (["--repeats", "1"], "--repeats 1: 2 to 50 times"),
        (["--epochs", "many"], "--epochs: invalid int value: 'many'"),
        (["--csv", "no/such.csv"], "such.csv: No such file or directory"),
        (["--csv"], "--csv: expected one argument"),
    ],
)
def test_bad_arguments(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert message in refused(demo.main, arguments, capsys)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n3,4\n", "has 2 rows: at least 40 are needed here"),
        ("a;b\n1;2\n", "is no table"),
        ("a,b\n" + "1,7\n" * 50, "its last column, 'b', is 7 in every row"),
    ],
)
def test_a_table_that_cannot_be_learnt_from(
    text: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "table.csv"
    file.write_text(text, encoding="utf-8")
    err = refused(demo.main, ["--csv", str(file)], capsys)
    assert message in err
    assert f"--csv {file}" in err
