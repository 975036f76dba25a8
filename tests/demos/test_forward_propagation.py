"""Forward propagation: the lab's numbers, any size, and a layer at once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from demos import forward_propagation as demo
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
from tests.viz.examples import groups, texts

LAB = {"z11": 0.947, "z12": 0.9485, "a11": 0.7205, "a12": 0.7208, "z2": 0.1753, "a2": 0.5437}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    return tell(demo, tmp_path_factory.mktemp("lesson") / "out")


class TestTwoTwoOne:
    def test_the_numbers_of_the_lab(self) -> None:
        network = demo.two_two_one()
        for name, expected in LAB.items():
            node = getattr(network, name)
            assert round(node.data, 4) == expected
            assert node.label == name

    def test_they_are_printed(self, told: Told) -> None:
        lines = told.printed.split("\n")
        for name, expected in LAB.items():
            line = next(line for line in lines if line.startswith(f"{name:3} ="))
            assert line.endswith(f"= {expected:.4f}")
        assert "z11 = w1·x1 + w2·x2 + b11 = 0.24·0.5 + 0.62·0.85 + 0.3" in told.printed

    def test_the_diagram_has_every_quantity(self, told: Told) -> None:
        shown = [text.strip() for text in texts(told.svg("graph"))]
        for name in vars(demo.two_two_one()):
            assert name in shown
        for number in ("0.9470", "0.9485", "0.7205", "0.7208", "0.1753", "0.5437"):
            assert number in shown
        assert len(groups(told.svg("graph"), "leaf")) == 11


class TestAnySize:
    def test_the_inputs_of_the_lab(self, told: Told) -> None:
        assert "The inputs to the network are [0.15, 0.74, 0.26, 0.53, 0.01]" in told.printed

    def test_sizes_and_weights(self) -> None:
        network = demo.initialize_network(5, [3, 2, 3], 1, np.random.RandomState(0))
        assert [len(layer) for layer in network] == [3, 2, 3, 1]
        assert [len(layer[0].weights) for layer in network] == [5, 3, 2, 3]
        for layer in network:
            for node in layer:
                for weight in (*node.weights, node.bias):
                    assert 0.0 <= weight.data <= 1.0
                    assert weight.data == round(weight.data, 2)
        assert network[0][1].weights[4].label == "w1[2,5]"
        assert network[0][1].bias.label == "b1[2]"

    def test_against_plain_numpy(self) -> None:
        random = np.random.RandomState(3)
        network = demo.initialize_network(4, [6, 2], 3, random)
        a = random.rand(4)
        layers = demo.forward_propagate(network, a.tolist())
        for layer, outputs in zip(network, layers, strict=True):
            w = np.array([[w.data for w in node.weights] for node in layer])
            b = np.array([node.bias.data for node in layer])
            a = 1 / (1 + np.exp(-(w @ a + b)))
            assert [value.data for value in outputs] == pytest.approx(a.tolist(), rel=1e-14)

    def test_the_lab_s_network_by_the_same_functions(self) -> None:
        w = [demo.Value(number) for number in demo.WEIGHTS]
        b = [demo.Value(number) for number in demo.BIASES]
        hidden = [demo.Node([w[0], w[1]], b[0]), demo.Node([w[2], w[3]], b[1])]
        network = [hidden, [demo.Node([w[4], w[5]], b[2])]]
        (a11, a12), (a2,) = demo.forward_propagate(network, demo.INPUTS)
        assert [round(a.data, 4) for a in (a11, a12, a2)] == [0.7205, 0.7208, 0.5437]

    def test_layer_by_layer(self) -> None:
        random = np.random.RandomState(1)
        network = demo.initialize_network(5, [4, 3], 2, random)
        x = random.rand(5)
        by_layers = demo.forward_by_layers(demo.matrices(network), x)
        by_neurons = demo.forward_propagate(network, x.tolist())[-1]
        assert by_layers.data.tolist() == pytest.approx([a.data for a in by_neurons], rel=1e-14)


class TestLesson:
    def test_terminal(self, told: Told) -> None:
        check_terminal(told)
        assert "2. Any size: 5-3-2-3-1" in told.printed
        assert told.printed.count("The outputs of the nodes in hidden layer number") == 3

    def test_page(self, told: Told) -> None:
        check_page(told)

    @needs_plots
    def test_pictures(self, told: Told) -> None:
        check_pictures(told, "two_two_one", "graph", "network")
        assert "0.24" in texts(told.svg("two_two_one"))

    def test_other_sizes(self, tmp_path: Path) -> None:
        for i, arguments in enumerate(
            ["--inputs 1 --hidden 1", "--inputs 20 --hidden 30 2 --outputs 12 --seed 0"]
        ):
            told = tell(demo, tmp_path / str(i), *arguments.split())
            check_terminal(told)
            check_page(told)
        assert "2. Any size: 20-30-2-12" in told.printed
        assert "left out: the drawing of a layer of more than 16 neurons" in told.printed

    def test_twice_the_same(self, told: Told, tmp_path: Path) -> None:
        check_again(told, tell(demo, tmp_path / "again"))

    @pytest.mark.usefixtures("bare")
    def test_bare(self, told: Told, tmp_path: Path) -> None:
        check_bare(tell(demo, tmp_path / "out"), told, "graph")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--inputs", "0"], "--inputs 0: a layer has 1 to 200 neurons"),
        (["--hidden", "3", "201"], "--hidden 201: a layer has 1 to 200 neurons"),
        (["--hidden", *"11111111111"], "--hidden: 11 layers; at most 10 are shown"),
        (["--outputs", "-1"], "--outputs -1: a layer has 1 to 200 neurons"),
        (["--outputs", "one"], "--outputs: invalid int value: 'one'"),
        (["--seed", "-1"], "--seed -1: a seed is a whole number from 0 to 4294967295"),
    ],
)
def test_bad_arguments(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    err = refused(demo.main, arguments, capsys)
    assert message in err
    assert "python -m demos.forward_propagation" in err
