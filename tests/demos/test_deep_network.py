"""Stacked layers: their parameters, what an activation is for, and the lesson."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from demos import deep_network as demo
from tests.demos.conftest import Told
from tests.demos.lessons import (
    check_again,
    check_bare,
    check_page,
    check_pictures,
    check_terminal,
    needs_plots,
    refused,
    tell,
)

pytest.importorskip("sklearn")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    return tell(demo, tmp_path_factory.mktemp("lesson") / "out")


def test_parameters() -> None:
    assert demo.small_network().count_params() == 12 + 15 + 4
    assert demo.large_network(8).count_params() == 8 * 512 + 512 + 2 * 512 * 513 + 513
    assert demo.apart(8).count_params() == demo.together(8).count_params()


def test_two_linear_layers_are_one_and_relu_bends() -> None:
    x = np.linspace(-2, 2, 50)
    linear, bent = (demo.two_layers(each) for each in (None, "relu"))
    w, b = demo.collapsed(linear)
    assert linear.predict(x, verbose=0)[:, 0] == pytest.approx(w * x + b, abs=1e-5)
    y = bent.predict(x, verbose=0)[:, 0]
    assert np.abs(np.polyval(np.polyfit(x, y, 1), x) - y).max() > 0.1


class TestLesson:
    def test_terminal(self, told: Told) -> None:
        check_terminal(told)
        assert "to 5 digits? Yes." in " ".join(told.printed.split())
        assert "their outputs over 442 rows is 0." in " ".join(told.printed.split())
        assert "Total params: 531,457" in told.printed

    def test_page(self, told: Told) -> None:
        check_page(told)

    @needs_plots
    def test_pictures(self, told: Told) -> None:
        check_pictures(told, "network", "stacks", "activations", "large")

    @pytest.mark.usefixtures("bare")
    def test_bare_and_twice_the_same(self, told: Told, tmp_path: Path) -> None:
        bare = tell(demo, tmp_path / "out")
        check_bare(bare, told, "large")
        check_again(bare, tell(demo, tmp_path / "again"))


def test_a_wrong_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    err = refused(demo.main, ["--csv", str(tmp_path)], capsys)
    assert f"--csv {tmp_path} is a folder" in err
