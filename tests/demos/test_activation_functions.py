"""The activations: their values and slopes on the lab's grids, softmax, and the layers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from demos import activation_functions as demo
from tests.demos.conftest import Told
from tests.demos.lessons import (
    check_bare,
    check_page,
    check_pictures,
    check_terminal,
    needs_plots,
    printed_table,
    refused,
    tell,
)

X = np.linspace(-10, 10, 400)
BY_NUMPY = {
    "binary step": (np.where(X < 0, 0.0, 1.0), np.zeros(400)),
    "linear": (X, np.ones(400)),
    "sigmoid": (1 / (1 + np.exp(-X)), np.exp(-X) / (1 + np.exp(-X)) ** 2),
    "tanh": (np.tanh(X), 1 / np.cosh(X) ** 2),
    "relu": (np.maximum(X, 0), np.where(X > 0, 1.0, 0.0)),
    "leaky_relu": (np.where(X > 0, X, 0.1 * X), np.where(X > 0, 1.0, 0.1)),
}
PLOTS = ("binary_step", "linear", "sigmoid", "tanh", "relu", "leaky_relu", "softmax", "layers")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    return tell(demo, tmp_path_factory.mktemp("lesson") / "out")


class TestNumbers:
    def test_the_numbers_of_the_lab(self) -> None:
        values, slopes = demo.curve(demo.sigmoid)
        assert round(float(slopes.max()), 7) == 0.2499607
        assert round(float(slopes.sum()), 7) == 19.9482336
        values, _ = demo.curve(demo.relu)
        assert round(float(values.sum()), 7) == 1002.5062657
        _, slopes = demo.curve(demo.tanh, demo.X_TANH)
        assert round(float(slopes.max()), 7) == 0.9974536
        assert np.array_equal(demo.X, X)
        assert np.array_equal(demo.X_TANH, np.linspace(-5, 5, 100))

    @pytest.mark.parametrize("activation", demo.activations(), ids=lambda a: a.name)
    def test_against_plain_numpy(self, activation: demo.Activation) -> None:
        values, slopes = demo.curve(activation.f)
        expected_values, expected_slopes = BY_NUMPY[activation.name]
        assert values == pytest.approx(expected_values, rel=1e-13, abs=1e-13)
        assert slopes == pytest.approx(expected_slopes, rel=1e-12, abs=1e-14)

    def test_softmax(self) -> None:
        values, slopes = demo.softmax_curves()
        z = np.stack([X, np.ones(400), np.zeros(400)])
        p = np.exp(z) / np.exp(z).sum(axis=0)
        assert values == pytest.approx(p, rel=1e-12)
        assert slopes[0] == pytest.approx(p[0] * (1 - p[0]), abs=1e-14)
        assert slopes[1:] == pytest.approx(-p[0] * p[1:], abs=1e-14)

    def test_layers(self) -> None:
        for n in demo.DEPTHS:
            assert demo.left_after(demo.sigmoid, n, 0.0) == 0.25**n  # the best it can do
            assert demo.left_after(demo.relu, n, 2.0) == 1.0
            assert demo.left_after(demo.relu, n, -2.0) == 0.0
            slope = 1 - np.tanh(2.0) ** 2
            assert demo.left_after(demo.tanh, n, 2.0) == pytest.approx(slope**n, rel=1e-10)
            assert demo.left_after(demo.sigmoid, n, 2.0) < 0.25**n


class TestLesson:
    def test_terminal(self, told: Told) -> None:
        check_terminal(told)
        head, *rows = printed_table(told.printed, "name  ")
        assert head == ["name", "f(x)", "f′(x)"]
        assert [row[0] for row in rows] == list(BY_NUMPY)
        for number in ("0.2499607", "19.9482336", "1002.5062657", "0.9974536"):
            assert number in told.printed
        assert "-0.0000000" not in told.printed

    def test_the_derivative_of_softmax(self, told: Told) -> None:
        _, *rows = printed_table(told.printed, "i ")
        p = np.exp(demo.LOGITS) / np.exp(demo.LOGITS).sum()
        expected = np.diag(p) - np.outer(p, p)
        found = np.array([[float(cell) for cell in row[3:6]] for row in rows])
        assert found == pytest.approx(expected, abs=1e-6)

    def test_the_table_of_layers(self, told: Told) -> None:
        _, *rows = printed_table(told.printed, "layers")
        assert [int(row[0]) for row in rows] == list(demo.DEPTHS)
        for row in rows:
            assert float(row[1]) == pytest.approx(0.25 ** int(row[0]), rel=1e-3)

    def test_page(self, told: Told) -> None:
        check_page(told)

    @needs_plots
    def test_pictures(self, told: Told) -> None:
        check_pictures(told, *PLOTS)
        for name in PLOTS[:7]:
            assert name.replace("_", " ").split()[0] in told.svg(name)
            assert ">x<" in told.svg(name)

    @pytest.mark.usefixtures("bare")
    def test_another_slope(self, tmp_path: Path) -> None:
        told = tell(demo, tmp_path / "out", "--slope", "0.01")
        check_terminal(told)
        assert "1 if x > 0, else 0.01" in told.printed

    @pytest.mark.usefixtures("bare")
    def test_bare(self, told: Told, tmp_path: Path) -> None:
        check_bare(tell(demo, tmp_path / "out"), told)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--slope", "0"], "--slope 0: a leak is a number above 0 and below 1"),
        (["--slope", "nan"], "--slope nan: a leak is a number above 0 and below 1"),
        (["--slope", "steep"], "--slope: invalid float value: 'steep'"),
    ],
)
def test_bad_arguments(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    err = refused(demo.main, arguments, capsys)
    assert message in err
    assert "python -m demos.activation_functions" in err
