"""viz.plots: the numbers that are drawn, what the axes say, where it is drawn, what is refused."""

from __future__ import annotations

import copy
import io
import math
import pickle
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from itertools import count, pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import nn
from autograd import Tensor, Value, exp, where
from nn import layers
from nn.callbacks import GradientMonitor, History, LambdaCallback
from viz import plots
from viz.plots import palette

pytest.importorskip("matplotlib")

from matplotlib.colors import to_hex, to_rgb
from matplotlib.contour import QuadContourSet
from matplotlib.figure import Figure

ROOT = Path(__file__).resolve().parents[2]
CURVES = {"loss": [4.0, 2.0, 1.0], "accuracy": [0.5, 0.6, 0.9], "val_loss": [5.0, 3.0, 2.5]}
BLOBS = np.array([[-1.0, -1.0], [-2.0, 0.0], [1.0, 1.0], [2.0, 0.0]])


def sequential(*kinds: str, inputs: int = 2, units: int = 4) -> nn.Sequential:
    nn.utils.set_random_seed(0)
    first, *rest = kinds
    return nn.Sequential([
        layers.Dense(units, activation=first, input_shape=[inputs], name="first"),
        *(layers.Dense(units, activation=kind, name=f"{kind}{i}") for i, kind in enumerate(rest)),
        layers.Dense(1, activation="sigmoid", name="last"),
    ])  # fmt: skip


def bowl(w: Any) -> Any:
    return w[0] ** 2 + 4.0 * w[1] ** 2


LINES = [(0.0, 0.0), (1.0, 0.5), (1.5, 0.75), (2.0, 1.0)]

# each plot with the number of its panels
CALLS: dict[str, tuple[Callable[..., Figure], int]] = {
    "history": (lambda **o: plots.history(CURVES, **o), 2),
    "gradient_norms": (lambda **o: plots.gradient_norms({"a": [1, 2], "b": [0.1, 0.2]}, **o), 1),
    "activations": (lambda **o: plots.activations(["sigmoid", "relu"], **o), 2),
    "depth": (lambda **o: plots.depth(neurons=5, **o), 1),
    "decision_boundary": (
        lambda **o: plots.decision_boundary(lambda p: p.sum(axis=1), BLOBS, [0, 0, 1, 1], **o), 1
    ),
    "loss_surface": (lambda **o: plots.loss_surface(bowl, path=[[2, 1], [1, 0], [0, 0]], **o), 1),
    "weight_histograms": (lambda **o: plots.weight_histograms(sequential("relu"), **o), 2),
    "activation_histograms": (
        lambda **o: plots.activation_histograms(sequential("relu"), BLOBS, **o), 2
    ),
    "line_fit": (lambda **o: plots.line_fit([0, 1, 2], [1, 3, 5], LINES, **o), 1),
}  # fmt: skip
everywhere = pytest.mark.parametrize("name", CALLS)


def main_axes(figure: Figure) -> list[Any]:
    """The axes without those of colour bars."""
    return [axes for axes in figure.axes if axes.get_label() != "<colorbar>"]


def data(line: Any) -> tuple[np.ndarray, np.ndarray]:
    """The points of a curve without its gaps."""
    x, y = np.asarray(line.get_xdata(), float), np.asarray(line.get_ydata(), float)
    return x[~np.isnan(y)], y[~np.isnan(y)]


def legend(axes: Any) -> list[str]:
    return [text.get_text() for text in axes.get_legend().get_texts()]


def drawn(figure: Figure) -> bytes:
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return file.getvalue()


class TestEveryPlot:
    @everywhere
    def test_axes_are_titled_and_labelled(self, name: str) -> None:
        call, panels = CALLS[name]
        figure = call()
        assert isinstance(figure, Figure)
        assert len(main_axes(figure)) == panels
        for axes in main_axes(figure):
            assert axes.get_title()
            assert axes.get_xlabel()
            assert axes.get_ylabel()
        assert drawn(figure).startswith(b"\x89PNG")  # and no warning, which would be an error

    @everywhere
    def test_slow_machine_gives_no_warning(
        self, name: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # matplotlib warns of a legend that was left to its default and took over a second
        clock = count(0.0, 2.0)
        monkeypatch.setattr(
            "matplotlib.legend.time", SimpleNamespace(perf_counter=lambda: next(clock))
        )
        assert drawn(CALLS[name][0]()).startswith(b"\x89PNG")
        assert drawn(CALLS[name][0](ax=Figure().subplots())).startswith(b"\x89PNG")

    @everywhere
    def test_one_axes_holds_everything(self, name: str) -> None:
        figure = Figure()
        other, axes = figure.subplots(1, 2)
        assert CALLS[name][0](ax=axes) is figure
        assert not other.lines
        assert not other.collections
        assert not other.get_title()
        assert main_axes(figure) == [other, axes]
        assert axes.lines or axes.patches or axes.collections
        assert axes.get_title()
        assert axes.get_legend() is not None
        drawn(figure)

    @everywhere
    def test_an_axes_for_each_panel(self, name: str) -> None:
        call, panels = CALLS[name]
        figure = Figure()
        given = figure.subplots(2, panels, squeeze=False)
        assert call(ax=given[0]) is figure
        assert [bool(axes.get_title()) for axes in given.flat] == [True] * panels + [False] * panels

    @everywhere
    def test_what_is_no_axes(self, name: str) -> None:
        call, _ = CALLS[name]
        for wrong in (Figure(), "axes", [], [None, None]):
            with pytest.raises(TypeError, match="ax is an Axes of matplotlib, or a list of them"):
                call(ax=wrong)
        with pytest.raises(ValueError, match=r"ax is one Axes, or \d, one for each of .*; not 7"):
            call(ax=list(Figure().subplots(1, 7)))

    @everywhere
    def test_neighbouring_curves_differ_in_colour_and_dash(self, name: str) -> None:
        figure = CALLS[name][0](ax=Figure().add_subplot())
        (axes,) = main_axes(figure)
        named = [line for line in axes.lines if not str(line.get_label()).startswith("_child")]
        named = [line for line in named if line.get_linestyle() != "None"]
        for one, other in pairwise(named):
            assert to_hex(one.get_color()) != to_hex(other.get_color())
            assert one._dash_pattern != other._dash_pattern  # what "--" is, whatever it is called

    @everywhere
    def test_twice_the_same(self, name: str) -> None:
        assert drawn(CALLS[name][0]()) == drawn(CALLS[name][0]())

    def test_a_part_of_a_figure(self) -> None:
        figure = Figure()
        part = figure.subfigures(1, 2)[0]
        assert plots.history(CURVES, ax=part.subplots()) is figure

    def test_no_global_state_is_touched(self) -> None:
        code = (
            "import sys; from viz import plots; import viz.plots.palette; "
            "assert not any(m.startswith('matplotlib') for m in sys.modules); "
            "figure = plots.history({'loss': [1, 2]}); figure._repr_png_(); "
            "plots.line_fit([0, 1], [0, 1], [(0, 0), (1, 0)], sys.argv[1]); "
            "print('matplotlib.pyplot' in sys.modules)"
        )
        done = self.run(code, "fit.gif")
        assert done.stdout.strip() == "False", done.stderr

    def test_without_matplotlib(self) -> None:
        code = (
            "import sys; sys.modules['matplotlib'] = None\n"
            "from viz import plots\n"
            "try: plots.history({'loss': [1, 2]})\n"
            "except ImportError as error: print(error)"
        )
        expected = "matplotlib is needed for this: pip install 'chainrule[plots]'"
        assert self.run(code).stdout.strip() == expected

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.folder = tmp_path

    def run(self, code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        paths = [str(ROOT), *(path for path in sys.path if path)]
        prelude = f"import sys; sys.path[:] = {paths!r}\n"
        return subprocess.run(
            [sys.executable, "-c", prelude + code, *arguments],
            capture_output=True, text=True, cwd=self.folder, check=False,
        )  # fmt: skip


class TestLook:
    def test_36_curves(self) -> None:
        looks = [palette.style(i, marker=True) for i in range(36)]
        assert len({(look["color"], look["linestyle"]) for look in looks}) == 36
        for one, other in pairwise(looks):
            for what in ("color", "linestyle", "marker"):
                assert one[what] != other[what]

    @pytest.mark.parametrize(
        "matrix",
        [  # Machado, Oliveira, Fernandes 2009, severity 1: linear RGB as each eye sees it
            [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
             [-0.003882, -0.048116, 1.051998]],
            [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
             [-0.011820, 0.042940, 0.968881]],
            [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
             [0.004733, 0.691367, 0.303900]],
        ],
        ids=["protanopia", "deuteranopia", "tritanopia"],
    )  # fmt: skip
    def test_neighbours_are_told_apart_by_every_eye(self, matrix: list[list[float]]) -> None:
        def seen(color: str) -> np.ndarray:
            rgb = np.array(to_rgb(color))
            linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
            xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722],
                            [0.0193, 0.1192, 0.9505]]) @ (np.array(matrix) @ linear)  # fmt: skip
            x, y, z = np.cbrt(np.clip(xyz / [0.9505, 1.0, 1.089], 0.008856, None))
            return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])  # CIE Lab

        for one, other in pairwise(palette.CYCLE):
            # 2.3 is a difference that can just be noticed
            assert np.linalg.norm(seen(one) - seen(other)) > 15

    def test_layers_go_from_dark_to_light(self) -> None:
        colors = [to_rgb(palette.ramp(i, 9)["color"]) for i in range(9)]
        light = [0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in colors]
        assert light == sorted(light)
        assert light[-1] < 0.75  # and stay visible on white

    def test_tint(self) -> None:
        assert palette.tint("#0072b2", 1.0) == "#0072b2"
        assert palette.tint("#0072b2", 0.0) == "#ffffff"

    def test_the_demos_have_the_same_colours(self) -> None:
        from demos import _plots

        assert _plots.CYCLE is palette.CYCLE
        assert _plots.style is palette.style


class TestNotebook:
    def test_the_picture_of_a_figure(self) -> None:
        figure: Any = plots.history(CURVES)
        png, size = figure._repr_png_()
        width, height = figure.get_size_inches() * figure.dpi
        assert size == {"width": round(width), "height": round(height)}
        assert int.from_bytes(png[16:20], "big") == 2 * size["width"]  # sharp
        assert figure._repr_html_() is None

    def test_pickle_and_copy(self) -> None:
        figure = plots.history(CURVES)
        for other in (pickle.loads(pickle.dumps(figure)), copy.deepcopy(figure)):
            assert type(other) is type(figure)
            assert other is not figure
            assert drawn(other) == drawn(figure)

    @pytest.mark.skipif(
        find_spec("nbclient") is None or find_spec("ipykernel") is None,
        reason="needs nbclient and ipykernel",
    )
    def test_in_a_real_notebook(self, tmp_path: Path) -> None:
        import nbclient
        import nbformat

        cells = [
            f"import sys; sys.path.insert(0, {str(ROOT)!r}); from viz import plots",
            "plots.history({'loss': [3, 2, 1]})",
            "plots.line_fit([0, 1], [0, 1], [(0, 0), (1, 0)], 'fit.gif')",
            "%matplotlib inline\nplots.history({'loss': [3, 2, 1]})",
            "import matplotlib.pyplot as plt\nplots.history({'loss': [3]}, ax=plt.subplots()[1]);",
        ]
        book = nbformat.v4.new_notebook(cells=list(map(nbformat.v4.new_code_cell, cells)))
        resources = {"metadata": {"path": str(tmp_path)}}
        nbclient.NotebookClient(book, timeout=300, resources=resources).execute()
        shown = [[set(output["data"]) for output in cell.outputs] for cell in book.cells]
        still, moving = {"image/png", "text/plain"}, {"image/png", "text/plain", "text/html"}
        assert shown == [[], [still], [moving], [still], [still]]
        html = book.cells[2].outputs[0]["data"]["text/html"]
        assert html.startswith('<img alt="animation" src="data:image/gif;base64,R0lGODlh')


class TestHistory:
    def test_a_panel_for_each_metric(self) -> None:
        loss, accuracy = plots.history(CURVES).axes
        assert [data(line)[1].tolist() for line in loss.lines] == [[4, 2, 1], [5, 3, 2.5]]
        assert [data(line)[0].tolist() for line in loss.lines] == [[1, 2, 3]] * 2
        assert legend(loss) == ["training", "validation"]
        assert (loss.get_title(), loss.get_ylabel()) == ("Loss by epoch", "loss")
        assert data(accuracy.lines[0])[1].tolist() == CURVES["accuracy"]
        assert legend(accuracy) == ["training"]
        assert {axes.get_xlabel() for axes in (loss, accuracy)} == {"epoch"}
        assert [line.get_color() for line in loss.lines] == [palette.BLUE, palette.VERMILION]

    def test_one_axes(self) -> None:
        axes = Figure().add_subplot()
        plots.history(CURVES, ax=axes)
        assert legend(axes) == ["loss, training", "loss, validation", "accuracy, training"]
        assert axes.get_ylabel() == "loss, accuracy"

    def test_two_trainings_in_one_axes(self) -> None:
        axes = Figure().add_subplot()
        axes.plot(["a", "b"], [1, 2])  # whatever else is there
        for losses in ([3, 2], [4, 1]):
            plots.history({"loss": losses}, ax=axes)
        _, one, other = axes.lines
        assert [data(line)[1].tolist() for line in (one, other)] == [[3, 2], [4, 1]]
        assert one.get_color() != other.get_color()

    def test_some_metrics(self) -> None:
        assert [a.get_ylabel() for a in plots.history(CURVES, "accuracy").axes] == ["accuracy"]
        (axes,) = plots.history(CURVES, ["val_loss"]).axes
        assert data(axes.lines[0])[1].tolist() == CURVES["val_loss"]
        assert legend(axes) == ["validation"]
        with pytest.raises(ValueError, match="has no 'acc'; there are 'loss', 'accuracy', 'val_"):
            plots.history(CURVES, "acc")
        with pytest.raises(ValueError, match="metrics is empty"):
            plots.history(CURVES, [])

    def test_a_real_training(self) -> None:
        model = sequential("relu")
        with pytest.raises(ValueError, match="the model has no history yet: fit it first"):
            plots.history(model)
        model.compile("adam", "mse", metrics=["mae"])
        x, y = np.random.default_rng(0).normal(size=(2, 12, 2))
        found = model.fit(
            x, y[:, :1], epochs=7, initial_epoch=3, validation_split=0.5, verbose=0,
            callbacks=[nn.callbacks.LearningRateScheduler(lambda epoch: 0.1 / (epoch + 1))],
        )  # fmt: skip
        for given in (found, model):
            figure = plots.history(given)
            assert [a.get_ylabel() for a in figure.axes] == ["loss", "mae", "learning rate"]
            epochs, losses = data(figure.axes[0].lines[0])
            assert epochs.tolist() == [4, 5, 6, 7]
            assert losses.tolist() == found.history["loss"]
            assert data(figure.axes[1].lines[1])[1].tolist() == found.history["val_mae"]

    def test_validated_every_other_epoch(self) -> None:
        model = sequential("relu")
        model.compile("sgd", "mse")
        x = np.ones((4, 2))
        found = model.fit(
            x, x[:, :1], epochs=9, validation_data=(x, x[:, :1]), validation_freq=4, verbose=0
        )
        (axes,) = plots.history(found).axes
        assert data(axes.lines[1])[0].tolist() == [4, 8]
        assert legend(axes) == ["training", "validation (every 4 epochs)"]
        with pytest.raises(ValueError, match="'val_loss' has 1 numbers and there are 9 epochs"):
            plots.history({"loss": [1.0] * 9, "val_loss": [1.0]})
        with pytest.raises(ValueError, match="'loss' has 2 numbers and there are 3 epochs"):
            plots.history({"loss": [1.0] * 2, "mae": [1.0] * 3})

    def test_gaps(self) -> None:
        (axes,) = plots.history({"loss": [3, math.nan, 2, math.inf, 1, 0.5, 0]}, log=True).axes
        assert data(axes.lines[0])[0].tolist() == [1, 3, 5, 6]
        assert legend(axes) == ["training (not finite at 2 of 7, 0 at 1 of 7)"]
        assert axes.lines[0].get_markevery() == [0, 2]  # no line would show these
        assert (axes.get_yscale(), axes.get_ylabel()) == ("log", "loss (log scale)")
        (axes,) = plots.history({"loss": [-1, 1]}, log=True).axes
        assert legend(axes) == ["training (not above 0 at 1 of 2)"]
        figure = plots.history({"loss": [math.nan, math.nan]}, log=True)
        assert legend(figure.axes[0]) == ["training (not finite at all 2)"]
        assert figure.axes[0].get_xlim() == (0.5, 2.5)
        drawn(figure)

    def test_a_single_epoch_is_a_point(self) -> None:
        (line,) = plots.history({"loss": [3]}).axes[0].lines
        assert line.get_marker() == "o"

    @pytest.mark.parametrize("nothing", [{}, {"loss": []}, History()])
    def test_nothing_was_trained(self, nothing: Any) -> None:
        with pytest.raises(ValueError, match="the history has no epoch"):
            plots.history(nothing)

    @pytest.mark.parametrize("wrong", [None, [1.0, 2.0], "loss", 3, object()])
    def test_no_history(self, wrong: Any) -> None:
        with pytest.raises(TypeError, match="history draws the History that fit returns"):
            plots.history(wrong)

    @pytest.mark.parametrize("wrong", [["high"], 3.0, [[1.0], [2.0]], None])
    def test_no_numbers(self, wrong: Any) -> None:
        with pytest.raises(TypeError, match="'loss' is a list of numbers, one an epoch, not"):
            plots.history({"loss": wrong})

    @pytest.mark.parametrize("name", [r"$\frac{", "a$b$c", "_hidden", "a\nb", "\u202eevil"])
    def test_hostile_names(self, name: str) -> None:
        figure = plots.history({name: [1, 2]})
        drawn(figure)
        plots.gradient_norms({name: [1, 2], "b": [1, 2]})
        axes = Figure().add_subplot()
        drawn(plots.gradient_norms({name: [1, 2]}, ax=axes))
        assert len(legend(axes)) == 1
        assert "\n" not in legend(axes)[0]
        assert "\u202e" not in legend(axes)[0]


class TestGradientNorms:
    def test_a_real_training(self) -> None:
        model, monitor = sequential("sigmoid", "sigmoid"), GradientMonitor()
        model.compile("sgd", "mse")
        model.fit(BLOBS, [0, 0, 1, 1], epochs=3, batch_size=2, verbose=0, callbacks=[monitor])
        figure = plots.gradient_norms(monitor)
        (axes,) = figure.axes
        assert axes.get_yscale() == "log"
        assert axes.get_title() == "Gradient norm of each layer"
        assert axes.get_ylabel() == "norm of the gradient, √Σg² (log scale)"
        assert [line.get_label() for line in axes.lines] == list(monitor.norms)
        for line, norms in zip(axes.lines, monitor.norms.values(), strict=True):
            assert data(line)[0].tolist() == [1, 2, 3]
            assert data(line)[1].tolist() == norms
        (key,) = figure.legends
        assert [text.get_text() for text in key.get_texts()] == ["first", "sigmoid0", "last"]

    def test_gaps(self) -> None:
        axes = Figure().add_subplot()
        norms = {"dead": [0.0, 0.0], "b": [1e-200, 0.0], "c": [math.nan, 1e20]}
        figure = plots.gradient_norms(norms, ax=axes)
        assert legend(axes) == ["dead (0 at all 2)", "b (0 at 1 of 2)", "c (not finite at 1 of 2)"]
        assert [data(line)[1].tolist() for line in axes.lines] == [[], [1e-200], [1e20]]
        drawn(figure)

    def test_many_layers(self) -> None:
        figure = plots.gradient_norms({f"layer {i}": [10.0**-i] * 30 for i in range(12)})
        looks = [(line.get_color(), str(line._dash_pattern)) for line in figure.axes[0].lines]
        assert len(set(looks)) == 12
        drawn(figure)

    def test_wrong(self) -> None:
        with pytest.raises(ValueError, match="the monitor has seen no epoch"):
            plots.gradient_norms(GradientMonitor())
        with pytest.raises(TypeError, match="gradient_norms draws a GradientMonitor"):
            plots.gradient_norms([1.0, 2.0])
        with pytest.raises(ValueError, match=r"one norm an epoch .* \{'a': 1, 'b': 2\}"):
            plots.gradient_norms({"a": [1.0], "b": [1.0, 2.0]})


def _sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def _phi(x: Any) -> Any:
    return np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)


_erf = np.vectorize(math.erf)
_ALPHA, _SCALE = 1.6732632423543772, 1.0507009873554805
DERIVATIVES: dict[str, Callable[[Any], Any]] = {
    "elu": lambda x: np.where(x > 0, 1, np.exp(x)),
    "gelu": lambda x: (1 + _erf(x / np.sqrt(2))) / 2 + x * _phi(x),
    "leaky_relu": lambda x: np.where(x > 0, 1, 0.01),
    "linear": lambda x: np.ones_like(x),
    "relu": lambda x: np.where(x > 0, 1, 0),
    "selu": lambda x: _SCALE * np.where(x > 0, 1, _ALPHA * np.exp(x)),
    "sigmoid": lambda x: _sigmoid(x) * (1 - _sigmoid(x)),
    "silu": lambda x: _sigmoid(x) * (1 + x * (1 - _sigmoid(x))),
    "softplus": _sigmoid,
    "step": lambda x: np.zeros_like(x),
    "swish": lambda x: _sigmoid(x) * (1 + x * (1 - _sigmoid(x))),
    "tanh": lambda x: 1 / np.cosh(x) ** 2,
}


class TestActivations:
    @pytest.mark.parametrize("name", DERIVATIVES)
    def test_derivatives_by_numpy(self, name: str) -> None:
        left, right = plots.activations(name, (-4.0, 4.0)).axes
        x, slopes = data(right.lines[0])
        assert len(x) == 501
        assert slopes == pytest.approx(DERIVATIVES[name](x), rel=1e-12, abs=1e-15)
        # and the function is what the derivative is the slope of
        x, values = data(left.lines[0])
        middle = (x[1:] + x[:-1]) / 2
        smooth = np.abs(middle) > 0.02
        climbed = np.diff(values) / np.diff(x)
        assert climbed[smooth] == pytest.approx(DERIVATIVES[name](middle)[smooth], abs=1e-4)

    def test_texts(self) -> None:
        left, right = plots.activations(["sigmoid", "relu"]).axes
        assert (left.get_title(), left.get_xlabel(), left.get_ylabel()) == (
            "Activation", "x", "f(x)",
        )  # fmt: skip
        assert (right.get_title(), right.get_ylabel()) == ("Derivative", "f′(x)")
        assert legend(left) == ["sigmoid", "relu"]
        assert legend(right) == ["sigmoid′", "relu′"]
        axes = Figure().add_subplot()
        plots.activations(["sigmoid", "relu"], ax=axes)
        assert legend(axes) == ["sigmoid", "sigmoid′", "relu", "relu′"]

    def test_a_jump_is_a_gap(self) -> None:
        left, right = plots.activations(["step", "relu", "tanh"]).axes
        gaps = [
            np.isnan(line.get_ydata()).sum() for axes in (left, right) for line in axes.lines[:3]
        ]
        assert gaps == [1, 0, 0, 0, 1, 0]  # step; relu′
        assert not any("finite" in text for text in legend(left) + legend(right))

    def test_functions_of_ones_own(self) -> None:
        def swish2(x: Any) -> Any:
            return x / (1.0 + exp(-2.0 * x))

        figure = plots.activations(
            [swish2, lambda x: where(x > 1.0, x, 0.5 * x), nn.activations.elu]
        )
        names = legend(figure.axes[0])
        assert names == ["swish2", "function", "elu"]
        x, slopes = data(figure.axes[1].lines[0])
        s = _sigmoid(2 * x)
        assert slopes == pytest.approx(s + 2 * x * s * (1 - s), rel=1e-11)
        x, slopes = data(figure.axes[1].lines[1])
        assert slopes.tolist() == np.where(x > 1, 1.0, 0.5).tolist()
        figure = plots.activations({"mine": swish2, "theirs": "silu"})
        assert legend(figure.axes[0]) == ["mine", "theirs"]
        figure = plots.activations([lambda x: x, lambda x: 2 * x])
        assert legend(figure.axes[0]) == ["function", "function (2)"]

    def test_where_it_is_not_finite(self) -> None:
        def inverse(x: Any) -> Any:
            return 1.0 / x

        figure = plots.activations(inverse, (-1.0, 1.0))
        assert legend(figure.axes[0]) == ["inverse (not finite at 1 of 501)"]
        drawn(figure)

    def test_wrong(self) -> None:
        with pytest.raises(ValueError, match="no activation 'rlu'; name one of elu, gelu"):
            plots.activations("rlu")
        with pytest.raises(ValueError, match="holds no function to draw"):
            plots.activations([])
        for wrong in (3, [3], {"three": 3}):
            with pytest.raises(TypeError, match=r"functions? of one number.* 3"):
                plots.activations(wrong)  # type: ignore[arg-type]
        for ends in ((1, 1), (2, 1), (0, math.inf), (0, math.nan), 5, (1, 2, 3), "ab"):
            with pytest.raises(ValueError, match="xlim is two numbers, from where to where"):
                plots.activations("relu", ends)  # type: ignore[arg-type]
        for f in (nn.activations.softmax, math.exp, lambda x: x.shape):
            with pytest.raises(TypeError, match="takes a Value and returns one, written with"):
                plots.activations(f)


class TestDepth:
    def test_by_hand(self) -> None:
        figure = plots.depth(["sigmoid", "tanh", "relu"], 12, x=0.5, weight=1.3, bias=-0.1)
        (axes,) = figure.axes
        for line, f, slope in zip(
            axes.lines,
            (_sigmoid, np.tanh, lambda z: np.maximum(z, 0)),
            (DERIVATIVES[name] for name in ("sigmoid", "tanh", "relu")),
            strict=True,
        ):
            a, expected, product = 0.5, [], 0.5  # d z1 / d w1 is x
            for n in range(12):
                z = 1.3 * a - 0.1
                product *= float(slope(z)) * (1.3 if n else 1.0)
                a = float(f(z))
                expected.append(abs(product))
            assert data(line)[0].tolist() == list(range(1, 13))
            assert data(line)[1] == pytest.approx(expected, rel=1e-12)
        assert axes.get_yscale() == "log"
        assert "(x = 0.5, weights 1.3, biases −0.1)" in axes.get_title()
        assert axes.get_xlabel() == "depth n (neurons)"
        assert axes.get_ylabel() == "|∂aₙ/∂w₁| (log scale)"

    def test_as_the_lesson_has_it(self) -> None:
        from demos.vanishing_gradient import chain_gradients

        (line,) = plots.depth("sigmoid", 20).axes[0].lines
        assert data(line)[1][1:] == pytest.approx(chain_gradients("sigmoid", 20), rel=1e-12)

    def test_nothing_is_left(self) -> None:
        axes = Figure().add_subplot()
        figure = plots.depth(["relu", "step"], 4, x=-1.0, ax=axes)
        assert legend(axes) == ["relu (0 at all 4)", "step (0 at all 4)"]
        assert axes.get_xlim() == (0.5, 4.5)
        drawn(figure)

    def test_wrong(self) -> None:
        for neurons in (1, 1001, 2.5, True, "five"):
            with pytest.raises(ValueError, match="neurons is a whole number from 2 to 1000, not"):
                plots.depth("relu", neurons)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="takes a Value and returns one"):
            plots.depth(math.exp)


def contour_points(axes: Any) -> np.ndarray:
    """The points of the lines on a map, its coloured fields aside."""
    lines = [c for c in axes.collections if isinstance(c, QuadContourSet) and not c.filled]
    return np.concatenate([path.vertices for c in lines for path in c.get_paths()])


class TestDecisionBoundary:
    def test_the_line_of_a_linear_classifier(self) -> None:
        figure = plots.decision_boundary(
            lambda p: _sigmoid(2 * p[:, 0] - p[:, 1] + 0.5), BLOBS, [0, 0, 1, 1],
            feature_names=("length (cm)", "width (cm)"), class_names=["no", "yes"],
        )  # fmt: skip
        axes, bar = figure.axes
        x, y = contour_points(axes).T
        assert 2 * x - y + 0.5 == pytest.approx(np.zeros(len(x)), abs=1e-3)
        assert np.ptp(y) > 1
        assert (axes.get_xlabel(), axes.get_ylabel()) == ("length (cm)", "width (cm)")
        assert bar.get_ylabel() == "output (yes above 0.5)"
        assert bar.get_ylim() == (0.0, 1.0)
        assert legend(axes) == ["no", "yes"]
        no, yes = (c for c in axes.collections if not isinstance(c, QuadContourSet))
        assert no.get_offsets().tolist() == BLOBS[:2].tolist()
        assert yes.get_offsets().tolist() == BLOBS[2:].tolist()
        assert len(no.get_paths()[0].vertices) != len(yes.get_paths()[0].vertices)  # markers

    def test_a_real_model(self) -> None:
        model = sequential("tanh")
        model.compile("adam", "binary_crossentropy")
        figure = plots.decision_boundary(model, BLOBS, [0, 0, 1, 1], resolution=40)
        points = contour_points(figure.axes[0])
        assert model.predict(points, verbose=0)[:, 0] == pytest.approx(
            np.full(len(points), 0.5), abs=1e-3
        )
        with pytest.raises(ValueError, match=r"points of two inputs.* the network takes 3"):
            plots.decision_boundary(sequential("tanh", inputs=3), BLOBS)

    def test_scores(self) -> None:
        figure = plots.decision_boundary(lambda p: 3 * p[:, :1] - 1.5, BLOBS)
        assert contour_points(figure.axes[0])[:, 0] == pytest.approx(0.5)
        assert figure.axes[1].get_ylabel() == "output (class 1 above 0)"
        low, high = figure.axes[1].get_ylim()
        assert low == -high  # white is where it changes
        figure = plots.decision_boundary(lambda p: 3 * p[:, :1], BLOBS, threshold=1.5)
        assert contour_points(figure.axes[0])[:, 0] == pytest.approx(0.5)

    def test_three_classes(self) -> None:
        def scores(p: Any) -> Any:
            return np.stack([-p[:, 0], p[:, 0], p[:, 1] + 0.0 * p[:, 0]], axis=1)

        for y in ([0, 1, 2, 2], np.eye(3)[[0, 1, 2, 2]], [[0], [1], [2], [2]]):
            figure = plots.decision_boundary(scores, BLOBS, y)
            (axes,) = figure.axes
            assert legend(axes) == ["class 0", "class 1", "class 2"]
            x, y_ = contour_points(axes).T
            first, second = np.sort(scores(np.stack([x, y_], axis=1)), axis=1).T[:0:-1]
            assert first == pytest.approx(second, abs=0.02)  # a point of the map
            assert np.abs(first - second).mean() < 1e-3
            (field,) = (c for c in axes.collections if hasattr(c, "get_coordinates"))
            assert set(np.unique(field.get_array())) == {0, 1, 2}
            drawn(figure)

    def test_labels(self) -> None:
        axes = plots.decision_boundary(lambda p: p[:, 0], BLOBS, [-1, -1, 1, 1]).axes[0]
        assert legend(axes) == ["class -1", "class 1"]
        axes = plots.decision_boundary(lambda p: p[:, 0], BLOBS, ["b", "b", "a", "a"]).axes[0]
        assert legend(axes) == ["class a", "class b"]
        axes = plots.decision_boundary(lambda p: p[:, 0], BLOBS, [1, 1, 1, 1]).axes[0]
        assert legend(axes) == ["class 1"]
        axes = plots.decision_boundary(lambda p: p[:, 0], BLOBS).axes[0]
        assert axes.get_legend() is None

    def test_no_boundary(self) -> None:
        figure = plots.decision_boundary(lambda p: 0 * p[:, 0] + 0.9, BLOBS)
        assert figure.axes[0].get_title() == "No decision boundary here: class 1 everywhere"
        drawn(figure)
        figure = plots.decision_boundary(lambda p: np.tile([1.0, 0, 0], (len(p), 1)), BLOBS)
        assert figure.axes[0].get_title() == "No decision boundary here: class 0 everywhere"
        drawn(figure)

    def test_what_is_not_finite(self) -> None:
        def half(p: Any) -> Any:
            return np.where(p[:, 1] > 0.5, np.nan, p[:, 0])

        drawn(plots.decision_boundary(half, [*BLOBS.tolist(), [np.nan, 1.0]], [0, 0, 1, 1, 1]))
        drawn(plots.decision_boundary(lambda p: np.stack([half(p), -half(p)], axis=1), BLOBS))
        with pytest.raises(ValueError, match="nan or inf everywhere: has its training diverged"):
            plots.decision_boundary(lambda p: np.nan * p[:, 0], BLOBS)
        with pytest.raises(ValueError, match="all samples in X are nan or infinite"):
            plots.decision_boundary(half, [[np.nan, 1.0]])

    def test_tensors_and_one_sample(self) -> None:
        figure = plots.decision_boundary(lambda p: Tensor(p)[:, 0] - 1.0, Tensor([[1.0, 1.0]]), [1])
        assert contour_points(figure.axes[0])[:, 0] == pytest.approx(1.0, abs=1e-12)

    @pytest.mark.parametrize(
        ("arguments", "error", "message"),
        [
            ((3, BLOBS), TypeError, "takes a model with predict, or a function"),
            ((len, np.ones((4, 3))), ValueError, r"X has the shape \(samples, 2\).* \(4, 3\)"),
            ((len, [1.0, 2.0]), ValueError, r"X has the shape \(samples, 2\).* \(2,\)"),
            ((len, np.ones((0, 2))), ValueError, r"X has the shape \(samples, 2\)"),
            ((len, "two"), ValueError, r"X has the shape \(samples, 2\)"),
            ((len, BLOBS), ValueError, r"for 22500 points the model answers with the shape \(\)"),
            ((lambda p: p[:5, 0], BLOBS), ValueError, r"answers with the shape \(5, 1\)"),
            ((lambda p: p[:, 0], BLOBS, [0, 1]), ValueError, r"each of the 4 samples.* \(2,\)"),
            ((lambda p: p[:, 0], BLOBS, [0, 1, 2, 3]), ValueError, "y has 4 classes, 0, 1, 2, 3,"),
            ((lambda p: p[:, 0], BLOBS, [0, 1, 1, np.nan]), ValueError, "some are nan"),
        ],
    )
    def test_wrong(self, arguments: Any, error: type[Exception], message: str) -> None:
        with pytest.raises(error, match=message):
            plots.decision_boundary(*arguments)

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"resolution": 5}, "resolution is a whole number from 10 to 1000, not 5"),
            ({"feature_names": ["a"]}, "feature_names has a name for each of the two inputs"),
            ({"class_names": "ab"}, "class_names has a name for each of 2 classes"),
            ({"class_names": ["a"]}, "class_names has a name for each of 2 classes"),
        ],
    )
    def test_wrong_options(self, options: Any, message: str) -> None:
        with pytest.raises(ValueError, match=message):
            plots.decision_boundary(lambda p: p[:, 0], BLOBS, **options)


class TestLossSurface:
    def test_two_weights(self) -> None:
        path = [[2.0, 1.0], [1.0, 0.2], [0.0, 0.0]]
        figure = plots.loss_surface(bowl, path=path, names=["w", "b"])
        axes, bar = figure.axes
        assert (axes.get_xlabel(), axes.get_ylabel()) == ("w", "b")
        assert (axes.get_title(), bar.get_ylabel()) == ("Loss surface", "loss")
        assert axes.lines[0].get_xydata().tolist() == path
        assert legend(axes) == ["path of 2 steps", "start", "end"]
        assert axes.lines[-2].get_xydata().tolist() == path[:1]
        assert axes.lines[-1].get_xydata().tolist() == path[-1:]
        low, high = axes.get_xlim()
        assert low < 0 < 2 < high
        self.check_levels(axes, lambda x, y: x**2 + 4 * y**2)

    def check_levels(self, axes: Any, loss: Callable[[Any, Any], Any]) -> None:
        """The lines of equal loss lie where the loss has that value."""
        (lines,) = (c for c in axes.collections if isinstance(c, QuadContourSet) and not c.filled)
        checked = 0
        for level, path in zip(lines.levels, lines.get_paths(), strict=True):
            if len(path.vertices) > 8 and level > 0.2:
                found = loss(*path.vertices.T)
                assert found == pytest.approx(np.full(len(found), level), rel=0.08)
                checked += 1
        assert checked > 4

    def test_directions(self) -> None:
        figure = plots.loss_surface(bowl, [1.0, 0.0], [[2.0, 0.0], [0.0, 1.0]], span=(1, 2))
        axes = figure.axes[0]
        assert axes.get_xlabel() == "steps of direction 1, of length 2"
        assert (axes.get_xlim(), axes.get_ylim()) == ((-1.0, 1.0), (-2.0, 2.0))
        assert axes.get_legend() is None
        self.check_levels(axes, lambda a, b: (1 + 2 * a) ** 2 + 4 * b**2)

    def test_the_directions_of_a_path(self) -> None:
        rng = np.random.default_rng(0)
        basis, _ = np.linalg.qr(rng.normal(size=(5, 5)))
        flat = np.stack([np.linspace(3, 0, 8), np.sin(np.arange(8.0))], axis=1)
        flat -= flat[-1]
        path = flat @ basis[:2] + 1.0
        figure = plots.loss_surface(lambda w: ((w - 1.0) ** 2).sum(), path=path)
        axes = figure.axes[0]
        found = axes.lines[0].get_xydata()
        # turned at most: the same distances, so the same losses
        assert np.linalg.norm(found, axis=1) == pytest.approx(np.linalg.norm(flat, axis=1))
        assert legend(axes)[0] == "path of 7 steps"
        shares = [int(axes.get_xlabel().split("(")[1].split("%")[0])]
        shares.append(int(axes.get_ylabel().split("(")[1].split("%")[0]))
        squares = np.linalg.svd(path - 1.0)[1] ** 2
        assert shares == pytest.approx(100 * squares[:2] / squares.sum(), abs=0.6)
        self.check_levels(axes, lambda a, b: a**2 + b**2)
        # a path that leaves the plane says how much of it is seen
        path[:, :] += 2.0 * np.outer([0, 1, 0, 1, 0, 1, 0, 0], basis[2])
        axes = plots.loss_surface(lambda w: (w**2).sum(), path=path).axes[0]
        assert "projected (" in legend(axes)[0]

    def test_a_real_model(self) -> None:
        model = sequential("tanh")
        model.compile(nn.optimizers.SGD(0.5), "mse")
        y, path = np.array([0.0, 0, 1, 1]), [model.get_weights()]
        model.fit(
            BLOBS, y, epochs=5, verbose=0,
            callbacks=[LambdaCallback(on_epoch_end=lambda *_: path.append(model.get_weights()))],
        )  # fmt: skip
        before = model.get_weights()
        seen = []

        def loss(weights: list[np.ndarray]) -> Any:
            seen.append([w.shape for w in weights])
            model.set_weights(weights)
            return model.evaluate(BLOBS, y, verbose=0)

        figure = plots.loss_surface(loss, path=path, resolution=7)
        assert len(seen) == 7 * 7 + 1
        assert all(shapes == [w.shape for w in before] for shapes in seen)
        for now, then in zip(model.get_weights(), before, strict=True):
            assert now.tolist() == then.tolist()  # the model is as it was
        drawn(figure)

    def test_random_directions(self) -> None:
        weights = [np.full((3, 2), 5.0), np.zeros(2)]
        seen: list[Any] = []

        def loss(w: Any) -> float:
            seen.append(w)
            return float(sum((part**2).sum() for part in w))

        figure = plots.loss_surface(loss, weights, span=1, resolution=5)
        assert "random direction 1" in figure.axes[0].get_xlabel()
        # one step along a direction: as large as the weights themselves, array by array
        for corner, center in ((seen[10], seen[12]), (seen[2], seen[12])):
            assert np.linalg.norm(corner[0] - center[0]) == pytest.approx(
                np.linalg.norm(weights[0])
            )
            assert not (corner[1] - center[1]).any()
        again = plots.loss_surface(loss, weights, span=1, resolution=5)
        assert drawn(figure) == drawn(again)
        other = plots.loss_surface(loss, weights, span=1, resolution=5, seed=1)
        assert drawn(figure) != drawn(other)
        drawn(plots.loss_surface(loss, [np.zeros(3)] * 2, resolution=5))  # which have no size

    def test_logarithm(self) -> None:
        figure = plots.loss_surface(bowl, [0.0, 0.0], log=True)  # 0 in the middle: a gap
        assert figure.axes[1].get_ylabel() == "loss (log scale)"
        drawn(figure)

    def test_what_is_not_finite(self) -> None:
        def loss(w: Any) -> float:
            return math.exp(1000.0 * w[0]) if w[0] < 0.9 else math.nan

        drawn(plots.loss_surface(loss, [0.0, 0.0]))
        drawn(plots.loss_surface(lambda w: 1.0, [0.0, 0.0]))
        drawn(plots.loss_surface(lambda w: 1.0, [0.0, 0.0], log=True))
        path = [[1.0, 1.0], [2.0, -3.0], [math.nan, math.inf]]
        drawn(plots.loss_surface(bowl, path=path))
        with pytest.raises(ValueError, match="nan or infinite everywhere"):
            plots.loss_surface(lambda w: math.nan, [0.0, 0.0])
        with pytest.raises(ValueError, match="every point of the path has nan or infinite"):
            plots.loss_surface(bowl, path=path[2:])

    def test_values_and_tensors(self) -> None:
        w = Value(1.0)
        for loss in (lambda p: w * p[0] ** 2 + p[1], lambda p: (Tensor(p) ** 2).sum()):
            drawn(plots.loss_surface(loss, [0.0, 0.0], resolution=5))
        drawn(plots.loss_surface(bowl, [Value(1.0), Value(0.0)], resolution=5))
        assert w.grad is None

    def test_a_path_that_never_moved(self) -> None:
        drawn(plots.loss_surface(bowl, path=[[1.0, 1.0]] * 3))
        drawn(plots.loss_surface(lambda w: (w**2).sum(), path=np.ones((3, 4))))

    @pytest.mark.parametrize(
        ("arguments", "options", "error", "message"),
        [
            ((3,), {"at": [0, 0]}, TypeError, "loss is a function of the weights"),
            ((bowl,), {}, ValueError, "give at= or path="),
            ((bowl,), {"path": []}, ValueError, "give at= or path="),
            ((bowl, [1.0]), {}, ValueError, "there is one weight alone"),
            ((bowl, [0, 0], [[1, 0]]), {}, ValueError, "directions are two"),
            ((bowl, [0, 0], [[1, 0], [2, 0]]), {}, ValueError, "the two directions are one"),
            ((bowl, [0, 0], [[1, 0], [2]]), {}, ValueError, "of the directions has weights"),
            ((bowl, [0, 0]), {"path": [[1, 2, 3]]}, ValueError, r"path has weights of the shapes"),
            ((bowl, [0, 0]), {"path": ["ab"]}, ValueError, "path has weights like `at`, not 'ab'"),
            ((bowl, [0, 0]), {"span": -1}, ValueError, "span is a positive number"),
            ((bowl, [0, 0]), {"resolution": 2.5}, ValueError, "resolution is a whole number"),
            ((bowl, [0, 0]), {"names": "ab"}, ValueError, "names has a name for each of the two"),
            ((lambda w: w, [0, 0]), {}, TypeError, "loss returns one number, and it returned 2"),
        ],
    )
    def test_wrong(
        self, arguments: Any, options: Any, error: type[Exception], message: str
    ) -> None:
        with pytest.raises(error, match=message):
            plots.loss_surface(*arguments, **options)


class TestHistograms:
    def test_weights(self) -> None:
        model = sequential("relu", units=50)
        rng = np.random.default_rng(0)
        model.set_weights([rng.normal(size=w.shape) for w in model.get_weights()])
        figure = plots.weight_histograms(model, bins=12)
        for axes, layer in zip(figure.axes, model.layers, strict=True):
            arrays = layer.get_weights()
            edges = np.histogram_bin_edges(np.concatenate([a.ravel() for a in arrays]), 12)
            drawn_ = [patch.get_data() for patch in axes.patches]
            for steps, array in zip(drawn_, arrays, strict=False):
                counts, _ = np.histogram(array, edges)
                assert steps.edges == pytest.approx(edges, abs=1e-6)
                assert steps.values == pytest.approx(100 * counts / array.size)
            assert axes.get_title() == layer.name
            assert axes.get_xlabel() == "weight"
            assert axes.get_ylabel() == "share of the weights (%)"
        assert legend(figure.axes[0]) == ["kernel (100)", "bias (50)"]
        assert len(figure.axes[1].patches) == 1  # its bias is a single number: a line
        assert legend(figure.axes[1])[1].startswith("bias (1), all ")

    def test_one_axes(self) -> None:
        axes, model = Figure().add_subplot(), sequential("relu", "relu")
        plots.weight_histograms(model, ax=axes)
        assert legend(axes) == ["first (12)", "relu0 (20)", "last (5)"]
        assert axes.get_title() == "Weights of each layer"
        for patch, layer in zip(axes.patches, model.layers, strict=True):
            pooled = np.concatenate([w.ravel() for w in layer.get_weights()])
            counts, _ = np.histogram(pooled, patch.get_data().edges)
            assert patch.get_data().values == pytest.approx(100 * counts / pooled.size)
        looks = {
            (to_hex(patch.get_edgecolor()), str(patch.get_linestyle())) for patch in axes.patches
        }
        assert len(looks) == 3

    def test_untrained_biases_are_a_line(self) -> None:
        axes = plots.weight_histograms(sequential("relu")).axes[0]
        assert legend(axes) == ["kernel (8)", "bias (4), all 0"]
        assert list(axes.lines[0].get_xdata()) == [0, 0]

    def test_layers_without_weights_are_left_out(self) -> None:
        model = nn.Sequential([
            layers.Dense(3, input_shape=[2], name="a"), layers.Dropout(0.5), layers.Flatten(),
            layers.BatchNormalization(name="b"),
        ])  # fmt: skip
        figure = plots.weight_histograms(model)
        assert [axes.get_title() for axes in figure.axes] == ["a", "b"]
        assert len(legend(figure.axes[1])) == 4

    def test_neuron_by_neuron(self) -> None:
        net = nn.MLP(2, [8, 1], "relu", seed=0)
        figure = plots.weight_histograms(net)
        assert legend(figure.axes[0]) == ["w (16)", "b (8), all 0"]
        weights = [w.data for neuron in net.layers[0].neurons for w in neuron.w]
        counts, _ = np.histogram(weights, 30)
        assert figure.axes[0].patches[0].get_data().values == pytest.approx(100 * counts / 16)
        figure = plots.activation_histograms(net, BLOBS, bins=5)
        outputs = [a.data for row in BLOBS for a in net.layers[0](row)]
        counts, _ = np.histogram(outputs, 5)
        assert figure.axes[0].patches[0].get_data().values == pytest.approx(100 * counts / 32)

    def test_activations(self) -> None:
        model = sequential("relu", "tanh", units=6)
        x = np.random.default_rng(1).normal(size=(40, 2))
        figure = plots.activation_histograms(model, x, bins=9)
        here: Any = x.astype(np.float32)
        kinds = ("relu", "tanh", "sigmoid")
        for axes, layer, kind in zip(figure.axes, model.layers, kinds, strict=True):
            kernel, bias = layer.get_weights()
            z = here @ kernel + bias
            here = {"relu": np.maximum(z, 0), "tanh": np.tanh(z), "sigmoid": _sigmoid(z)}[kind]
            counts, edges = np.histogram(here, 9)
            steps = axes.patches[0].get_data()
            assert steps.edges == pytest.approx(edges, rel=1e-5)
            assert steps.values == pytest.approx(100 * counts / here.size)
            title = f"{layer.name} ({kind})"
            if kind == "relu":
                title += f"\n{100 * np.mean(here == 0):.0f} % are 0"
            assert axes.get_title() == title
            assert axes.get_ylabel() == "share of the outputs (%)"
        assert model.layers[0].kernel.grad is None

    def test_layers_that_do_not_follow_one_another(self) -> None:
        class Skip(nn.Model):
            def __init__(self) -> None:
                super().__init__()
                self.a = layers.Dense(2)
                self.b = layers.Dense(2)

            def call(self, x: Any) -> Any:
                return self.b(x + self.a(x))

        with pytest.raises(TypeError, match="do not simply follow one another"):
            plots.activation_histograms(Skip(), BLOBS)

    def test_what_is_not_finite(self) -> None:
        weights = [np.array([1.0, math.nan, math.inf, 2.0]), np.array([math.nan])]
        layer = SimpleNamespace(name="$x", weights=weights)
        figure = plots.weight_histograms(SimpleNamespace(layers=[layer]))
        assert legend(figure.axes[0]) == [
            "weight 1 (4), 2 not finite", "weight 2 (1), 1 not finite",
        ]  # fmt: skip
        drawn(figure)

    def test_one_layer_in_two_places(self) -> None:
        again = layers.Activation("tanh", name="again")
        dense = layers.Dense(2, input_shape=[2], name="dense")
        model = nn.Sequential([dense, again, again])
        figure = plots.activation_histograms(model, BLOBS)
        assert [axes.get_title() for axes in figure.axes] == [
            "dense (linear)", "again (tanh)", "again (2) (tanh)",
        ]  # fmt: skip

    def test_wrong(self) -> None:
        with pytest.raises(TypeError, match="weight_histograms takes a model with layers, not 3"):
            plots.weight_histograms(3)
        with pytest.raises(TypeError, match="activation_histograms takes a model with layers"):
            plots.activation_histograms(lambda x: x, BLOBS)
        with pytest.raises(ValueError, match="the model has no layers yet"):
            plots.weight_histograms(nn.Sequential())
        with pytest.raises(ValueError, match="no layer has weights yet: build the model first"):
            plots.weight_histograms(nn.Sequential([layers.Dense(2)]))
        for inputs in ([], 3.0, ["a"], None):
            with pytest.raises(ValueError, match="inputs is a batch of numbers"):
                plots.activation_histograms(sequential("relu"), inputs)
        for bins in (0, 2.5, True):
            with pytest.raises(ValueError, match="bins is a whole number from 1 to 1000"):
                plots.weight_histograms(sequential("relu"), bins=bins)  # type: ignore[arg-type]


class TestLineFit:
    def frames(self, path: Path) -> tuple[list[np.ndarray], list[int]]:
        from PIL import Image

        images, times = [], []
        with Image.open(path) as gif:
            assert gif.format == "GIF"
            assert gif.info["loop"] == 0  # for ever
            for i in range(gif.n_frames):
                gif.seek(i)
                images.append(np.asarray(gif.convert("RGB")).astype(int))
                times.append(gif.info["duration"])
        return images, times

    def test_the_gif(self, tmp_path: Path) -> None:
        path = tmp_path / "fit.gif"
        x, y = np.linspace(0, 2, 9), np.linspace(1, 5, 9)
        figure: Any = plots.line_fit(x, y, LINES, path, milliseconds=120)
        images, times = self.frames(path)
        assert len(images) == len(LINES)
        assert times == [1000, 120, 120, 2500]
        assert list(tmp_path.iterdir()) == [path]
        for one, other in pairwise(images):
            assert (one != other).any(axis=-1).sum() > 300  # a line has moved
        assert all((image[:3] == 255).all() for image in images)  # nothing flickers
        height, width = images[0].shape[:2]
        assert (width, height) == tuple(figure.get_size_inches() * figure.dpi)
        blue = np.array([int(palette.BLUE[i : i + 2], 16) for i in (1, 3, 5)])
        places = []
        for image in images:  # the blue line rises, from frame to frame, at the right end
            edge = image[:, round(0.93 * width)]
            places.append(np.flatnonzero(np.abs(edge - blue).sum(axis=1) < 60).mean())
        assert places == sorted(places, reverse=True)
        assert figure.gif == path.read_bytes()
        again = tmp_path / "again.gif"
        plots.line_fit(x, y, LINES, again, milliseconds=120)
        assert again.read_bytes() == path.read_bytes()

    def test_the_still(self) -> None:
        (axes,) = plots.line_fit([0, 1, 2], [1, 3, 6], LINES, names=("t (s)", "s (m)")).axes
        ends = np.array(axes.get_xlim())
        first, fit, *between = axes.lines
        for line, (w, b) in zip((first, *between, fit), LINES, strict=True):
            assert line.get_xdata() == pytest.approx(ends)
            assert line.get_ydata() == pytest.approx(w * ends + b)
            assert line.get_visible()
        assert axes.collections[0].get_offsets().tolist() == [[0, 1], [1, 3], [2, 6]]
        error = np.mean([0.0, 0.0, 1.0])
        assert axes.get_title() == (
            f"Line fit y = w·x + b, step 3 of 3\nw = 2, b = 1, mean squared error {error:.3g}"
        )
        assert (axes.get_xlabel(), axes.get_ylabel()) == ("t (s)", "s (m)")
        assert legend(axes) == ["samples", "step 0", "fit"]

    def test_many_steps(self, tmp_path: Path) -> None:
        lines = [(2 * (1 - 0.99**k), 0.0) for k in range(1000)]
        path = tmp_path / "fit.gif"
        plots.line_fit([0, 1], [0, 2], lines, path, frames=10)
        assert len(self.frames(path)[0]) == 10

    def test_in_axes_of_ones_own(self, tmp_path: Path) -> None:
        figure = Figure(figsize=(4, 2), dpi=50)
        left, right = figure.subplots(1, 2)
        left.plot([1, 2])
        canvas = figure.canvas
        assert plots.line_fit([0, 1], [1, 3], LINES, tmp_path / "fit.gif", ax=right) is figure
        assert figure.canvas is canvas
        assert self.frames(tmp_path / "fit.gif")[0][0].shape == (100, 200, 3)

    def test_weights_of_a_model(self) -> None:
        nn.utils.set_random_seed(0)
        model = nn.Sequential([layers.Dense(1, input_shape=[1])])
        model.compile(nn.optimizers.SGD(0.1), "mse")
        x, lines = np.linspace(-1, 1, 20)[:, None], [model.get_weights()]
        model.fit(
            x, 2 * x + 1, epochs=150, verbose=0,
            callbacks=[LambdaCallback(on_epoch_end=lambda *_: lines.append(model.get_weights()))],
        )  # fmt: skip
        (axes,) = plots.line_fit(x, 2 * x + 1, lines).axes
        x0, x1 = axes.get_xlim()
        assert axes.lines[1].get_ydata() == pytest.approx([2 * x0 + 1, 2 * x1 + 1], abs=0.01)

    def test_a_fit_that_diverges(self, tmp_path: Path) -> None:
        lines = [(0.0, 0.0), (1e200, -1e200), (math.inf, 0.0), (math.nan, math.nan)]
        figure = plots.line_fit([0, 1], [1, math.nan], lines, tmp_path / "fit.gif")
        assert "mean squared error nan" in figure.axes[0].get_title()
        assert len(self.frames(tmp_path / "fit.gif")[0]) == 4

    def test_an_earlier_file_survives_an_error(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / "fit.gif"
        path.write_bytes(b"mine")
        monkeypatch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(OSError("full")))
        with pytest.raises(OSError, match="full"):
            plots.line_fit([0, 1], [1, 3], LINES, path)
        assert path.read_bytes() == b"mine"
        assert list(tmp_path.iterdir()) == [path]

    @pytest.mark.parametrize(
        ("x", "y", "lines", "message"),
        [
            ([0, 1], [1], LINES, r"the shapes are \(2,\) and \(1,\)"),
            ([], [], LINES, r"the shapes are \(0,\) and \(0,\)"),
            (np.ones((2, 2)), np.ones(4), LINES, r"the shapes are \(2, 2\)"),
            (["a"], [1], LINES, "x and y are lists of numbers"),
            ([math.nan], [1.0], LINES, "all samples, x and y, are nan or infinite"),
            ([0, 1], [1, 2], [], "lines is empty"),
            ([0, 1], [1, 2], [(1, 2, 3)], "one weight and one bias, and one of these lines has 3"),
            ([0, 1], [1, 2], [1.0, 2.0], "lines are pairs of weight and bias"),
            ([0, 1], [1, 2], 5, "lines are pairs of weight and bias"),
        ],
    )
    def test_wrong(self, x: Any, y: Any, lines: Any, message: str) -> None:
        with pytest.raises(ValueError, match=message):
            plots.line_fit(x, y, lines)

    def test_wrong_options(self, tmp_path: Path) -> None:
        def fit(path: Any = None, **options: Any) -> None:
            plots.line_fit([0, 1], [1, 3], LINES, path, **options)

        with pytest.raises(ValueError, match=r"must end in \.gif, got 'fit\.png'"):
            fit(tmp_path / "fit.png")
        with pytest.raises(FileNotFoundError, match="does not exist: create it first"):
            fit(tmp_path / "nowhere" / "fit.gif")
        (tmp_path / "folder.gif").mkdir()
        with pytest.raises(IsADirectoryError, match="is a folder: name a file in it"):
            fit(tmp_path / "folder.gif")
        with pytest.raises(ValueError, match="names are two"):
            fit(names="xy")
        with pytest.raises(ValueError, match="frames is a whole number from 2 to 500"):
            fit(frames=1)
        with pytest.raises(ValueError, match="milliseconds is a whole number from 20 to 10000"):
            fit(milliseconds=0)
