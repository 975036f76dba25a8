"""Dropout and batch normalisation: the gap closes, plain SGD fails, and is rescued."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from demos import dropout_batchnorm as demo
from demos._data import Table, read_csv
from nn.utils import set_random_seed
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

CONCRETE = os.environ.get("CHAINRULE_CONCRETE_CSV")


@pytest.fixture(scope="module")
def rows() -> demo.Rows:
    pytest.importorskip("sklearn")
    return demo.Rows.of(demo.diabetes())


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    pytest.importorskip("sklearn")
    return tell(demo, tmp_path_factory.mktemp("lesson") / "out", "--epochs", "2")


@pytest.fixture(scope="module")
def found(rows: demo.Rows) -> list[demo.Descended]:
    return demo.descents(rows, 40)


def sized(tmp_path: Path, tame: bool) -> Path:
    """A table whose first column is large, or no larger than the second."""
    chance = np.random.default_rng(1)
    x = chance.normal(size=(60, 2))
    table = np.column_stack([x[:, 0] * (1.0 if tame else 1e4), x, x @ [1.0, 2.0]])
    path = tmp_path / "sizes.csv"
    np.savetxt(path, table, delimiter=",", header="big,a,b,target", comments="")
    return path


class TestDropout:
    def test_closes_the_gap(self, rows: demo.Rows) -> None:
        without, half = (demo.drop(rows.standard(target=True), rate, 50) for rate in (0.0, 0.3))
        assert without.gap > 0.3
        assert half.gap < 0.5 * without.gap
        assert half.validation < without.validation

    def test_the_errors_are_those_of_the_model(self, rows: demo.Rows) -> None:
        rows = rows.standard(target=True)
        found = demo.drop(rows, 0.3, 2)
        set_random_seed(0)
        model = demo.with_dropout(10, 0.3)
        model.fit(rows.x, rows.y, validation_data=(rows.x_valid, rows.y_valid), epochs=2, verbose=0)
        assert found.training == pytest.approx(model.evaluate(rows.x, rows.y, verbose=0), rel=1e-5)
        assert found.validation == pytest.approx(found.history["val_loss"][-1])
        assert found.lowest <= found.validation


class TestBatchNormalisation:
    def test_plain_sgd_fails(self, rows: demo.Rows, found: list[demo.Descended]) -> None:
        raw, squared, _, _ = found
        assert raw.first > 2 * rows.constant
        assert raw.last > 0.95 * rows.constant
        assert raw.spread == pytest.approx(0.0, abs=1e-3)
        assert demo.verdict(raw, rows.constant).startswith("fails")
        assert np.isnan(squared.last)
        assert demo.verdict(squared, rows.constant) == "fails: nan"

    def test_normalisation_rescues_it(self, rows: demo.Rows, found: list[demo.Descended]) -> None:
        for each in found[2:]:
            assert each.last < 0.75 * rows.constant
            assert demo.verdict(each, rows.constant) == "learns"

    def test_the_layer_learns_the_columns(
        self, rows: demo.Rows, found: list[demo.Descended]
    ) -> None:
        mean, variance = found[3].model.layers[0].get_weights()[2:]
        assert mean == pytest.approx(rows.x.mean(axis=0), rel=0.05)
        assert np.sqrt(variance) == pytest.approx(rows.x.std(axis=0), rel=0.1)

    @pytest.mark.skipif(CONCRETE is None, reason="CHAINRULE_CONCRETE_CSV names no table")
    def test_concrete(self) -> None:
        rows = demo.Rows.of(read_csv(str(CONCRETE)))
        raw, squared, _, batch = demo.descents(rows, demo.EPOCHS)
        assert raw.first > 100
        assert np.isnan(squared.last)
        assert 3.5 < min(batch.history["val_mae"]) < 5.0  # about 4, and it swings
        assert batch.last < 7.0


class TestRows:
    def test_every_row_once(self) -> None:
        data = Table("t", np.arange(60.0).reshape(30, 2), np.arange(30.0), ("a", "b"), "y", "here")
        rows = demo.Rows.of(data)
        assert (len(rows.x), len(rows.x_valid)) == (21, 9)
        assert sorted([*rows.y, *rows.y_valid]) == list(range(30))
        assert (rows.x[:, 0] == 2 * rows.y).all()

    def test_standardised_by_the_training_rows(self, rows: demo.Rows) -> None:
        both, columns = rows.standard(target=True), rows.standard(target=False)
        assert both.x.mean(axis=0) == pytest.approx(np.zeros(10), abs=1e-9)
        assert both.y.std() == pytest.approx(1.0)
        assert abs(both.x_valid.mean(axis=0)).max() > 1e-3
        assert (columns.y == rows.y).all()

    def test_constant(self) -> None:
        x, y, y_valid = np.zeros((3, 1)), np.array([1.0, 2.0, 9.0]), np.array([2.0, 4.0, 6.0])
        assert demo.Rows(x, y, x, y_valid).constant == 2.0


class TestLesson:
    def test_terminal(self, told: Told) -> None:
        check_terminal(told)
        head, *found = printed_table(told.printed, "rate")
        assert head[-1] == "lowest validation error"
        assert [row[0] for row in found] == [f"{rate:g}" for rate in demo.RATES]
        for _, training, validation, gap, _ in found:
            assert float(gap) == pytest.approx(float(validation) - float(training), abs=0.0011)
        assert "fails: nan" in told.printed
        assert "1.4286" in told.printed

    def test_page(self, told: Told) -> None:
        check_page(told)

    @needs_plots
    def test_pictures(self, told: Told) -> None:
        check_pictures(told, "gap", "descents")
        assert "Dropout(0.3)" in told.svg("gap")
        assert "the same, loss mse (nan from the first epoch)" in told.svg("descents")

    def test_twice_the_same(self, told: Told, tmp_path: Path) -> None:
        check_again(told, tell(demo, tmp_path / "again", "--epochs", "2"))

    @pytest.mark.usefixtures("bare")
    def test_bare(self, told: Told, tmp_path: Path) -> None:
        check_bare(tell(demo, tmp_path / "out", "--epochs", "2"), told)

    @pytest.mark.usefixtures("bare")  # plots take the longest
    def test_csv(self, tmp_path: Path) -> None:
        path = sized(tmp_path, tame=False)
        told = tell(demo, tmp_path / "out", "--csv", str(path), "--epochs", "2")
        check_terminal(told)
        check_page(told)

    @pytest.mark.parametrize("tame", [False, True])
    def test_what_is_said_is_what_happened(self, tmp_path: Path, tame: bool) -> None:
        rows = demo.Rows.of(read_csv(sized(tmp_path, tame)))
        raw, squared, _, batch = demo.descents(rows, 30)
        assert demo.verdict(raw, rows.constant).startswith("learns" if tame else "fails")
        said = demo._what_happened(raw, squared, batch, rows.constant)
        assert ("These columns are tame enough" in said) == tame
        assert ("overflow: nan" in said) == (not tame)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--epochs", "1"], "--epochs 1: 2 to 2000 epochs"),
        (["--csv", "nowhere.csv"], "--csv nowhere.csv: No such file or directory"),
        (["--csv", "."], "--csv . is a folder"),
    ],
)
def test_bad_arguments(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    err = refused(demo.main, arguments, capsys)
    assert message in err
    assert "python -m demos.dropout_batchnorm" in err
