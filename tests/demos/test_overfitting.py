"""Two curves: the gap of the large network, the stop, and the course's number on red wine."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

import nn as keras
from demos import overfitting as demo
from demos._data import read_csv
from demos._learning import split
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

RED_WINE = os.environ.get("CHAINRULE_RED_WINE_CSV", "")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    pytest.importorskip("sklearn")
    return tell(demo, tmp_path_factory.mktemp("lesson") / "out", "--epochs", "60")


def test_the_split_is_that_of_pandas() -> None:
    pandas = pytest.importorskip("pandas")
    for count in (20, 442, 1599):
        frame = pandas.DataFrame({"row": np.arange(count)})
        sample = frame.sample(frac=0.7, random_state=0)
        train, valid = split(count, 0.7, seed=0)
        assert train.tolist() == sample["row"].tolist()
        assert valid.tolist() == frame.drop(sample.index)["row"].tolist()
    assert len(split(1599)[0]) == 1119


class TestLesson:
    def test_terminal(self, told: Told) -> None:
        check_terminal(told)

    def test_the_large_network_overfits_and_the_small_one_does_not(self, told: Told) -> None:
        _, small, large = printed_table(told.printed, "network")
        assert float(large[2]) < 0.85 * float(small[2])  # loss
        assert float(large[4]) > 2.5 * abs(float(small[4]))  # gap
        assert float(large[3]) > 1.03 * float(large[5])  # val_loss turns
        assert int(large[6]) < 40

    def test_it_stops_early_and_keeps_its_best(self, told: Told) -> None:
        part = told.printed.split("callbacks=[early_stopping()]")[1]
        ran, least, kept = (
            next(line.split()[-2:] for line in part.split("\n") if line.startswith(name))
            for name in ("trained up to", "minimum validation loss", "the weights that are kept")
        )
        assert 20 < int(ran[0]) < demo.MOST
        assert int(kept[0]) == int(ran[0]) - 20  # the patience
        assert float(least[1]) <= float(kept[1]) <= float(least[1]) + 0.0011
        assert f"It stopped after {ran[0]} of 500 epochs" in told.printed

    def test_page(self, told: Told) -> None:
        check_page(told)

    @needs_plots
    def test_pictures(self, told: Told) -> None:
        check_pictures(told, "capacity", "early_stopping")


@pytest.mark.usefixtures("bare")
def test_bare_and_twice_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("sklearn")
    monkeypatch.setattr(demo, "MOST", 3)
    told = tell(demo, tmp_path / "one", "--epochs", "2")
    check_bare(told, told)
    assert "It had not stopped after 3 epochs." in " ".join(told.printed.split())
    check_again(told, tell(demo, tmp_path / "two", "--epochs", "2"))


@pytest.mark.skipif(not RED_WINE, reason="CHAINRULE_RED_WINE_CSV names no file")
def test_red_wine() -> None:
    parts = demo.prepare(read_csv(RED_WINE))
    assert len(parts[0]) == 1119
    keras.utils.set_random_seed(0)
    model = demo.large_network(11)
    history = demo.fit(model, parts, 256, demo.MOST, callbacks=[demo.early_stopping()])
    assert len(history["loss"]) < demo.MOST
    assert 0.088 < min(history["val_loss"]) < 0.097  # .093


def test_a_wrong_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert "No such file" in refused(demo.main, ["--csv", "nothing.csv"], capsys)
