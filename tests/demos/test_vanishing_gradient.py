"""The lesson: its numbers, its pictures, its page, and what it does without helpers."""

from __future__ import annotations

import math
import os
import re
import struct
import subprocess
import sys
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from demos import vanishing_gradient as demo
from tests.demos.conftest import Teller, Told
from tests.demos.reading import Reader, printed_table
from tests.viz.examples import groups, parse, texts

ROOT = Path(__file__).resolve().parents[2]

FORWARD = {
    "z1": 0.415, "a1": 0.6022861769, "z2": 0.9210287796, "a2": 0.7152516803, "E": 0.1082295630,
}  # fmt: skip
GRADIENTS = {
    "w2": 0.0570703982, "b2": 0.0947562810, "w1": 0.0010213959, "b1": 0.0102139588,
}  # fmt: skip
# the lecture prints w2 = 0.4271718406; the number is 0.42717184072
AFTER_ONE_STEP = {
    "w2": 0.4271718407, "b2": 0.6120974876, "w1": 0.1495914416, "b1": 0.3959144165,
}  # fmt: skip

needs_plots = pytest.mark.skipif(find_spec("matplotlib") is None, reason="needs matplotlib")


def backward(activation: str = "sigmoid", **numbers: float) -> demo.TwoNeurons:
    network = demo.two_neurons(activation, **numbers)
    network.E.backward()
    return network


class TestTwoNeurons:
    def test_forward(self) -> None:
        network = demo.two_neurons("sigmoid")
        for name, expected in FORWARD.items():
            assert getattr(network, name).data == pytest.approx(expected, abs=1e-10)
            assert getattr(network, name).label == name

    def test_gradients(self) -> None:
        network = backward()
        for name, expected in GRADIENTS.items():
            assert getattr(network, name).grad == pytest.approx(expected, abs=1e-10)

    def test_one_step(self) -> None:
        assert demo.one_step("sigmoid", 0.1) == pytest.approx(AFTER_ONE_STEP, abs=1e-10)
        assert list(demo.one_step("sigmoid", 0.1)) == ["w2", "b2", "w1", "b1"]

    def test_81_updates(self) -> None:
        training = demo.train("sigmoid", 0.1)
        assert training.reached == 81
        assert training.errors[81] == pytest.approx(0.0009641351, abs=1e-10)
        assert training.errors[80] >= 0.001
        assert len(training.errors) == 101
        assert training.errors[0] == pytest.approx(FORWARD["E"], abs=1e-10)
        assert training.when() == "81 updates (0.0009641351)"

    def test_training_against_plain_arithmetic(self) -> None:
        x, w1, b1, w2, b2, target = 0.1, 0.15, 0.4, 0.45, 0.65, 0.25
        errors = []
        for update in range(101):
            a1 = 1 / (1 + math.exp(-(w1 * x + b1)))
            a2 = 1 / (1 + math.exp(-(w2 * a1 + b2)))
            errors.append(0.5 * (target - a2) ** 2)
            if update < 100:
                d2 = (a2 - target) * a2 * (1 - a2)
                d1 = d2 * w2 * a1 * (1 - a1)
                w2, b2 = w2 - 0.4 * d2 * a1, b2 - 0.4 * d2
                w1, b1 = w1 - 0.4 * d1 * x, b1 - 0.4 * d1
        training = demo.train("sigmoid", 0.1)
        assert training.errors == pytest.approx(errors, rel=1e-11)
        assert (training.w1, training.w2) == pytest.approx((w1, w2), rel=1e-11)

    def test_a_training_that_never_arrives(self) -> None:
        training = demo.train("sigmoid", 0.1, updates=80)
        assert (training.reached, training.when()) == (None, "never")

    @pytest.mark.parametrize("x", [0.1, 1.0, -3.0, 0.0])
    @pytest.mark.parametrize("w2", [0.45, -2.0])
    def test_the_ratio_is_exact(self, x: float, w2: float) -> None:
        n = backward(x=x, w2=w2)
        assert n.w1.grad / n.w2.grad == pytest.approx(w2 * x * (1 - n.a1.data), rel=1e-12)

    @pytest.mark.parametrize("activation", demo.ACTIVATIONS)
    def test_each_gradient_is_the_product_of_its_local_derivatives(self, activation: str) -> None:
        network = backward(activation, x=0.7)
        for parameter, names in demo.CHAINS.items():
            factors = demo.local_derivatives(network, names)
            product = math.prod(number for _, number in factors)
            assert getattr(network, parameter).grad == pytest.approx(product, rel=1e-13)

    def test_local_derivatives_by_name(self) -> None:
        found = dict(demo.local_derivatives(backward(), demo.CHAINS["w1"]))
        a1, a2 = FORWARD["a1"], FORWARD["a2"]
        assert found == pytest.approx(
            {
                "dE/da2": a2 - 0.25, "da2/dz2": a2 * (1 - a2), "dz2/da1": 0.45,
                "da1/dz1": a1 * (1 - a1), "dz1/dw1": 0.1,
            },
            rel=1e-9,
        )  # fmt: skip

    def test_against_pytorch(self) -> None:
        torch = pytest.importorskip("torch")
        for activation in ("sigmoid", "tanh", "relu"):
            phi = getattr(torch, activation)
            numbers = torch.tensor(
                [0.15, 0.4, 0.45, 0.65], dtype=torch.float64, requires_grad=True
            )
            w1, b1, w2, b2 = numbers
            error = 0.5 * (0.25 - phi(w2 * phi(w1 * 0.1 + b1) + b2)) ** 2
            error.backward()
            n = backward(activation)
            assert n.E.data == pytest.approx(error.item(), rel=1e-14)
            found = [n.w1.grad, n.b1.grad, n.w2.grad, n.b2.grad]
            assert found == pytest.approx(numbers.grad.tolist(), rel=1e-13)


class TestDepth:
    def test_a_sigmoid_chain_is_bounded_by_a_quarter_a_neuron(self) -> None:
        found = demo.chain_gradients("sigmoid", 20)
        assert len(found) == 19
        for n, gradient in enumerate(found, 2):
            assert 0.0 < gradient <= 0.25**n

    @pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
    def test_it_shrinks_with_every_neuron(self, activation: str) -> None:
        found = demo.chain_gradients(activation, 20)
        assert all(later < earlier for earlier, later in pairwise(found))

    @pytest.mark.parametrize("activation", ["relu", "leaky_relu", "linear"])
    def test_others_hand_it_back_whole(self, activation: str) -> None:
        assert demo.chain_gradients(activation, 20) == [1.0] * 19

    @pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
    def test_against_plain_arithmetic(self, activation: str) -> None:
        a, product, expected = 1.0, 1.0, []
        for _ in range(20):
            a = 1 / (1 + math.exp(-a)) if activation == "sigmoid" else math.tanh(a)
            product *= a * (1 - a) if activation == "sigmoid" else 1 - a * a
            expected.append(product)
        assert demo.chain_gradients(activation, 20) == pytest.approx(expected[1:], rel=1e-10)

    def test_a_gradient_near_the_smallest_float(self) -> None:
        last = demo.chain_gradients("sigmoid", 500)[-1]
        assert 0.0 <= last < 0.25**500

    def test_layer_by_layer(self) -> None:
        found = demo.layer_gradients("sigmoid")
        assert len(found) == 10
        assert found[0] < 1e-4 * found[-1]
        for activation in ("tanh", "relu"):
            others = demo.layer_gradients(activation)
            assert min(others) > 0.05 * max(others)
        assert demo.layer_gradients("sigmoid") == found


class TestTerminal:
    def test_forward_values_and_gradients_to_ten_digits(self, told: Told) -> None:
        for name, number in FORWARD.items():
            assert f"{name} = {number:.10f}" in told.printed
        for name, number in GRADIENTS.items():
            section = told.printed.split(f"dE/d{name} = dE/da2", 1)[1]
            assert section.split("\n")[2] == f"       = {number:.10f}"
        for name, number in AFTER_ONE_STEP.items():
            assert f"{name} = {number:.10f}" in told.printed
        assert "81 updates (0.0009641351)" in told.printed

    def test_the_products_by_name_and_number(self, told: Told) -> None:
        assert (
            "dE/dw1 = dE/da2 · da2/dz2 · dz2/da1 · da1/dz1 · dz1/dw1\n"
            "       = 0.4653 · 0.2037 · 0.4500 · 0.2395 · 0.1000\n"
            "       = 0.0010213959\n"
        ) in told.printed

    def test_the_shrinking_product(self, told: Told) -> None:
        head, *rows = printed_table(told.printed, "from E to w1")
        assert head == ["from E to w1", "factor", "product so far"]
        products = np.cumprod([float(factor) for _, factor, _ in rows])
        assert [float(product) for *_, product in rows] == pytest.approx(products, rel=1e-3)
        assert rows[-1] == ["dz1/dw1", "0.1000", "0.001021"]

    def test_the_ratio(self, told: Told) -> None:
        flat = " ".join(told.printed.split())
        assert "dE/dw1 ÷ dE/dw2 = 0.0178971220, exactly w2·x·(1−a1) = 0.0178971220" in flat

    def test_the_table_of_depths(self, told: Told) -> None:
        head, *rows = printed_table(told.printed, "neurons")
        assert head == ["neurons", "sigmoid", "tanh", "relu"]
        assert [row[0] for row in rows] == ["2", "3", "4", "5", "10", "15", "20"]
        for n, sigmoid, tanh, relu in rows:
            assert float(sigmoid) <= 0.25 ** int(n)
            assert float(sigmoid) < float(tanh) < float(relu) == 1.0

    def test_no_line_is_wider_than_a_terminal_of_100(self, told: Told) -> None:
        for line in told.printed.split("\n"):
            assert len(line) <= 100 or str(told.out) in line

    def test_every_file_that_it_names_is_there_and_no_other(self, told: Told) -> None:
        named = {Path(line.strip()) for line in told.printed.split("\n") if line.startswith("  /")}
        if os.name == "posix":
            assert {*named, told.out / "index.html"} == set(told.out.iterdir())
        assert f"Open {(told.out / 'index.html').resolve().as_uri()}" in told.printed


class TestPage:
    def test_its_pictures_are_there(self, told: Told) -> None:
        found = Reader(told.page)
        names = [src for src, _ in found.pictures]
        assert names[:3] == [f"two_neurons_{a}.svg" for a in ("sigmoid", "tanh", "relu")]
        if find_spec("matplotlib"):
            assert names[3:] == ["depth.svg", "layers.svg", "training.svg"]
        for name, alternative in found.pictures:
            assert (told.out / name).is_file()
            parse(told.svg(Path(name).stem))
            assert len(alternative) > 20

    def test_captions_give_the_gradients(self, told: Told) -> None:
        captions = Reader(told.page).texts["figcaption"]
        assert captions[0] == "sigmoid: dE/dw1 = 0.001021, dE/dw2 = 0.05707"
        assert captions[1].startswith("tanh: ")
        assert captions[2].startswith("relu: ")

    def test_it_holds_what_the_terminal_shows(self, told: Told) -> None:
        found = Reader(told.page)
        for table, first in zip(
            found.tables, ("from E to w1", "neurons", "layer", "100 updates"), strict=True
        ):
            assert table == printed_table(told.printed, first)
        for text in found.texts["pre"]:
            assert text in told.printed
        flat = " ".join(told.printed.split())
        for text in found.texts["p"]:
            if not text.startswith("Left out here"):
                assert " ".join(text.split()) in flat
        assert found.texts["h1"] == found.texts["title"]
        assert [heading[:2] for heading in found.texts["h2"]] == ["1.", "2.", "3.", "4."]

    def test_it_needs_nothing_from_elsewhere(self, told: Told) -> None:
        assert "http" not in told.page
        assert {"script", "link", "iframe"}.isdisjoint(Reader(told.page).tags)


class TestDiagrams:
    @pytest.mark.parametrize("activation", demo.COMPARED)
    def test_every_box_has_its_name_value_and_gradient(self, told: Told, activation: str) -> None:
        svg = told.svg(f"two_neurons_{activation}")
        network = backward(activation)
        boxes = [
            " ".join(group.itertext()).split()
            for kind in ("leaf", "value", "root")
            for group in groups(svg, kind)
        ]
        for name in ("x", "w1", "b1", "w2", "b2", "T", "z1", "a1", "z2", "a2", "E"):
            node = getattr(network, name)
            said = {name, demo.significant(node.data), demo.significant(node.grad)}
            assert any(said <= set(box) for box in boxes), f"{said} in {boxes}"
        assert len(groups(svg, "leaf")) == 6
        assert len(groups(svg, "root")) == 1

    def test_the_value_of_the_error_and_the_first_gradient(self, told: Told) -> None:
        shown = [text.strip() for text in texts(told.svg("two_neurons_sigmoid"))]
        for text in ("E", "0.1082", "0.001021", "0.05707", "0.2395", "0.2037", "w1", "σ"):
            assert text in shown

    @pytest.mark.parametrize(("activation", "sign"), [("tanh", "tanh"), ("relu", "max(0,·)")])
    def test_each_activation_is_in_its_own_picture(
        self, told: Told, activation: str, sign: str
    ) -> None:
        shown = [text.strip() for text in texts(told.svg(f"two_neurons_{activation}"))]
        assert shown.count(sign) == 2
        assert "σ" not in shown

    @pytest.mark.parametrize("activation", demo.COMPARED)
    def test_every_arrow_of_the_chain_has_its_local_derivative(
        self, told: Told, activation: str
    ) -> None:
        shown = " ".join(texts(told.svg(f"two_neurons_{activation}")))
        network = backward(activation)
        for names in demo.CHAINS.values():
            for _, number in demo.local_derivatives(network, names[1:]):
                assert demo.significant(number) in shown

    def test_png_files_are_pictures(self, told: Told) -> None:
        files = list(told.out.glob("*.png"))
        assert files or "left out: diagrams as PNG" in told.printed
        for file in files:
            data = file.read_bytes()
            assert data.startswith(b"\x89PNG\r\n\x1a\n")
            width, height = struct.unpack(">II", data[16:24])
            assert width > 400
            assert height > 300
            assert data.endswith(b"IEND\xaeB`\x82")

    def test_pictures_side_by_side_have_one_scale(self, bare: None, tell: Teller) -> None:
        told = tell()
        scales = []
        for activation in demo.COMPARED:
            shown = [text.strip() for text in texts(told.svg(f"two_neurons_{activation}"))]
            start = shown.index("|grad|")
            scales.append([text for text in shown[start:] if re.fullmatch(r"[\d.e-]+", text)])
        assert scales[0] == scales[1] == scales[2]


def curve(svg: str, colour: str) -> list[tuple[float, float]]:
    """The points of the longest line of that colour; y grows downwards."""
    lines = [
        [(float(x), float(y)) for x, y in re.findall(r"[ML] ([\d.]+) ([\d.]+)", path.get("d", ""))]
        for path in parse(svg).iter("{http://www.w3.org/2000/svg}path")
        if f"stroke: {colour}" in path.get("style", "")
    ]
    return max(lines, key=len)


@needs_plots
class TestPlots:
    def test_texts(self, told: Told) -> None:
        for file, expected in {
            "depth": ["depth n (neurons)", "(1/4)ⁿ", "sigmoid", "tanh", "relu"],
            "layers": ["layer (1 is next to the input)", "root mean square of dE/dw"],
            "training": ["updates", "Gradient descent on the two neurons, rate 0.4"],
        }.items():
            shown = [text.strip() for text in texts(told.svg(file))]
            for text in expected:
                assert text in shown

    def test_depth(self, told: Told) -> None:
        svg = told.svg("depth")
        sigmoid = curve(svg, demo.STYLES["sigmoid"]["color"])
        relu = curve(svg, demo.STYLES["relu"]["color"])
        assert len(sigmoid) == len(relu) == 19
        assert all(b[1] > a[1] for a, b in pairwise(sigmoid))  # it falls
        assert len({y for _, y in relu}) == 1  # it does not
        # the scale is logarithmic: heights are those of the logarithms
        logs = [math.log(g) for g in demo.chain_gradients("sigmoid", 20)]
        scaled = np.polyfit(logs, [y for _, y in sigmoid], 1)
        assert np.polyval(scaled, logs) == pytest.approx([y for _, y in sigmoid], abs=0.01)

    def test_training(self, told: Told) -> None:
        points = curve(told.svg("training"), demo.STYLES["sigmoid"]["color"])
        assert all(b[1] > a[1] for a, b in pairwise(points))
        errors = [math.log(e) for e in demo.train("sigmoid", 0.1).errors]
        slope = (points[-1][1] - points[0][1]) / (errors[-1] - errors[0])
        relu = curve(told.svg("training"), demo.STYLES["relu"]["color"])
        relu_errors = demo.train("relu", 0.1).errors
        assert (relu[1][1] - relu[0][1]) == pytest.approx(
            slope * math.log(relu_errors[1] / relu_errors[0]), rel=0.02
        )

    def test_the_same_bytes_again(self, tmp_path: Path) -> None:
        drawing: dict[str, Any] = {
            "curves": {"relu": ([1, 2], [1.0, 2.0])}, "title": "t", "xlabel": "x", "ylabel": "y",
        }  # fmt: skip
        pictures = []
        for folder in ("a", "b"):
            (tmp_path / folder).mkdir()
            pictures.append(demo.plot(tmp_path / folder, "p", **drawing).read_bytes())
        assert pictures[0] == pictures[1]
        assert sorted(p.name for p in (tmp_path / "a").iterdir()) == ["p.png", "p.svg"]

    def test_zeros_leave_a_gap(self, tmp_path: Path) -> None:
        assert demo._positive([1.0, 0.0])[0] == 1.0
        assert math.isnan(demo._positive([1.0, 0.0])[1])
        demo.plot(
            tmp_path, "p", {"relu": ([1, 2], demo._positive([0.0, 0.0]))}, "t", "x", "y"
        )  # no warning
        assert "relu" in texts((tmp_path / "p.svg").read_text(encoding="utf-8"))


@pytest.mark.usefixtures("bare")
class TestBareMachine:
    def test_everything_else_is_given_and_the_rest_is_named(
        self, tell: Teller, capsys: pytest.CaptureFixture[str]
    ) -> None:
        told = tell()
        names = sorted(path.name for path in told.out.iterdir())
        assert names == ["index.html", *(f"two_neurons_{a}.svg" for a in sorted(demo.COMPARED))]
        left_out = [line for line in told.printed.split("\n") if line.startswith("left out: ")]
        assert len(left_out) == 2
        assert "pip install pygraphviz" in left_out[0]
        assert "pip install matplotlib" in left_out[1]
        for name, number in {**FORWARD, **AFTER_ONE_STEP}.items():
            assert f"{name} = {number:.10f}" in told.printed
        assert "81 updates (0.0009641351)" in told.printed
        found = Reader(told.page)
        assert len(found.tables) == 4
        assert [src for src, _ in found.pictures] == [f"two_neurons_{a}.svg" for a in demo.COMPARED]
        assert all((told.out / src).is_file() for src, _ in found.pictures)
        last = found.texts["p"][-1]
        assert last.startswith("Left out here: ")
        assert all(line.removeprefix("left out: ") in last for line in left_out)

    def test_the_pictures_have_the_same_content(self, tell: Teller) -> None:
        svg = tell().svg("two_neurons_sigmoid")
        shown = [text.strip() for text in texts(svg)]
        for text in ("E", "0.1082", "0.001021", "0.2395", "w1", "σ"):
            assert text in shown
        assert len(groups(svg, "leaf")) == 6

    def test_without_matplotlib_only(
        self, tell: Teller, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(demo._page.viz, "save", lambda root, path, **_: Path(path))
        told = tell()
        assert told.printed.count("left out: ") == 1
        assert "left out: plots (no matplotlib" in told.printed

    @pytest.mark.parametrize("activation", demo.ACTIVATIONS)
    def test_every_activation(self, tell: Teller, activation: str) -> None:
        told = tell("--activation", activation)
        shown = list(dict.fromkeys([activation, *demo.COMPARED]))
        assert printed_table(told.printed, "neurons")[0] == ["neurons", *shown]
        assert [row[0] for row in printed_table(told.printed, "100 updates")[1:]] == shown
        network = backward(activation)
        assert f"E = {network.E.data:.10f}" in told.printed
        assert f"       = {network.w1.grad:.10f}\n" in told.printed
        for other in shown:
            assert "E" in [t.strip() for t in texts(told.svg(f"two_neurons_{other}"))]
        assert Reader(told.page).texts["h2"][0] == f"1. Two neurons ({activation})"

    @pytest.mark.parametrize(("depth", "rows"), [(2, ["2"]), (6, ["2", "3", "4", "5", "6"])])
    def test_depth(self, tell: Teller, depth: int, rows: list[str]) -> None:
        told = tell("--depth", str(depth))
        assert [row[0] for row in printed_table(told.printed, "neurons")[1:]] == rows

    @pytest.mark.parametrize("x", ["0", "-2.5", "1e5", "1e308"])
    def test_any_finite_x(self, tell: Teller, x: str) -> None:
        told = tell(f"--x={x}")
        assert f"x = {float(x):g}," in told.printed
        a1 = 1 / (1 + math.exp(-min(0.15 * float(x) + 0.4, 700.0)))
        assert f"a1 = {a1:.10f}" in told.printed

    def test_an_input_of_100_is_not_said_to_be_near_0(self, tell: Teller) -> None:
        flat = " ".join(tell("--x=-100").printed.split())
        assert "-44.99" in flat  # the ratio
        assert "small here partly because x is -100" not in flat

    def test_twice_the_same(self, tell: Teller) -> None:
        first, second = tell(out="a"), tell(out="b")
        for path in first.out.iterdir():
            assert path.read_bytes() == (second.out / path.name).read_bytes()
        again = tell(out="a")  # over what is there
        assert again.printed == first.printed


class TestCommandLine:
    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["--depth", "1"], "--depth 1: a chain has 2 to 500 neurons"),
            (["--depth", "501"], "--depth 501: a chain has 2 to 500 neurons"),
            (["--depth", "deep"], "--depth: invalid int value: 'deep'"),
            (["--activation", "softmax"], "--activation: invalid choice: 'softmax'"),
            (["--x", "nan"], "--x nan: the input is a finite number"),
            (["--x=-inf"], "--x -inf: the input is a finite number"),
            (["--x", "one"], "--x: invalid float value: 'one'"),
            (["--out"], "--out: expected one argument"),
            (["--height", "3"], "unrecognized arguments: --height 3"),
        ],
    )
    def test_bad_arguments(
        self, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit) as exit:
            demo.main(arguments)
        assert exit.value.code == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert message in err
        assert "python -m demos.vanishing_gradient" in err

    def test_the_message_lists_the_activations(self, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit):
            demo.main(["--activation", "softmax"])
        err = capsys.readouterr().err
        assert all(name in err for name in demo.ACTIVATIONS)

    def test_a_file_in_the_place_of_the_folder(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "file").write_text("mine")
        for out in (tmp_path / "file", tmp_path / "file" / "below"):
            with pytest.raises(SystemExit) as exit:
                demo.main(["--out", str(out)])
            assert exit.value.code == 2
            assert f"--out {out}: " in capsys.readouterr().err
        assert (tmp_path / "file").read_text() == "mine"

    @pytest.mark.usefixtures("bare")
    @pytest.mark.parametrize("name", ["index.html", "two_neurons_tanh.svg"])
    def test_a_folder_in_the_place_of_a_file(
        self, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / name).mkdir()
        with pytest.raises(SystemExit) as exit:
            demo.main(["--out", str(tmp_path)])
        assert exit.value.code == 2
        assert "--out" in capsys.readouterr().err

    def test_help(self, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit) as exit:
            demo.main(["--help"])
        assert exit.value.code == 0
        out = capsys.readouterr().out
        for option in ("--out", "--activation", "--depth", "--x", "(default: 20)"):
            assert option in out

    def test_as_a_command_on_a_bare_machine(self, tmp_path: Path) -> None:
        code = (
            "import runpy, sys\n"
            "sys.modules['matplotlib'] = sys.modules['pygraphviz'] = None\n"
            f"sys.argv[1:] = ['--out', {str(tmp_path / 'o')!r}]\n"
            "runpy.run_module('demos.vanishing_gradient', run_name='__main__')"
        )
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", code], cwd=ROOT, capture_output=True,
            text=True, encoding="utf-8",
            env={**os.environ, "PATH": "", "DISPLAY": "", "PYTHONIOENCODING": "utf-8"},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert "w2 = 0.4271718407" in done.stdout
        assert done.stderr.count("\n") == 1  # one hint, on how to get better pictures
        assert 'pip install pygraphviz' in done.stderr
        assert (tmp_path / "o" / "index.html").is_file()
