"""`draw_model`: layers, neurons and weights, and what is no model."""

import numpy as np
import pytest

import nn
from autograd import Value
from nn import layers, models
from tests.viz import examples
from viz.networks import MOST_NEURONS, NEGATIVE, POSITIVE, draw_model
from viz.svg import write_svg


def set_weights(layer, kernel, bias):
    layer.set_weights([np.array(kernel, float), np.array(bias, float)])


@pytest.fixture
def small():
    """Two inputs, two hidden neurons, one output, with weights that are easy to find again."""
    model = models.Sequential(
        [
            layers.Input(shape=(2,)),
            layers.Dense(2, activation="tanh", name="hidden"),
            layers.Dense(1, name="out"),
        ],
        name="small",
    )
    set_weights(model.layers[0], [[0.5, -1.0], [2.0, 0.25]], [0.1, -0.2])
    set_weights(model.layers[1], [[1.0], [-4.0]], [0.75])
    return model


@pytest.fixture
def mixed():
    """One layer of each kind."""
    return models.Sequential(
        [
            layers.Input(shape=(2, 4)),
            layers.Flatten(),
            layers.Dense(50, activation="relu", name="wide"),
            layers.BatchNormalization(name="norm"),
            layers.Dropout(0.2, name="drop"),
            layers.Dense(20, trainable=False, name="frozen"),
            layers.Activation("tanh", name="act"),
            layers.Dense(1, activation="sigmoid", name="last"),
        ],
        name="mixed",
    )


def boxes(diagram):
    return {box.title: box for box in diagram.picture.items}


def lines(box):
    return [f"{line.prefix} {line.text}".strip() for line in box.lines]


def drawn(diagram):
    """The arrows that can be seen, by the titles of what they connect."""
    titles = {item.id: (item.cluster, item.title) for item in diagram.picture.items}
    return {(titles[a.tail], titles[a.head]): a for a in diagram.picture.arrows if not a.hidden}


class TestLayers:
    def test_each_layer_tells_class_activation_shape_and_parameters(self, mixed):
        found = boxes(draw_model(mixed))
        assert lines(found["input"]) == ["shape (None, 2, 4)"]
        assert lines(found["wide"]) == ["Dense · relu", "output (None, 50)", "params 450"]
        assert lines(found["norm"]) == [
            "BatchNormalization", "output (None, 50)", "params 200 (100 not trained)",
        ]  # fmt: skip
        assert lines(found["drop"]) == ["Dropout · rate 0.2", "output (None, 50)", "params 0"]
        assert lines(found["frozen"]) == [
            "Dense", "output (None, 20)", "params 1,020 (not trained)",
        ]  # fmt: skip
        assert lines(found["act"]) == ["Activation · tanh", "output (None, 20)", "params 0"]
        assert lines(found["last"]) == ["Dense · sigmoid", "output (None, 1)", "params 21"]

    def test_the_parameters_are_those_that_the_model_counts(self, mixed):
        note = draw_model(mixed).picture.legend.notes[0]
        fixed = sum(weight.size for weight in mixed.non_trainable_weights)
        assert note == f"mixed: {mixed.count_params():,} parameters, {fixed:,} of them not trained"

    def test_one_arrow_from_each_layer_to_the_next(self, mixed):
        arrows = draw_model(mixed).picture.arrows
        assert [(a.tail, a.head) for a in arrows] == [(f"n{i}", f"n{i + 1}") for i in range(7)]

    def test_a_model_in_a_model_is_a_background(self):
        inner = models.Sequential([layers.Dense(4), layers.Dense(3)], name="inner")
        model = models.Sequential([layers.Input(shape=(2,)), inner, layers.Dense(1, name="end")])
        picture = draw_model(model).picture
        assert [cluster.title for cluster in picture.clusters] == ["inner"]
        assert [item.cluster for item in picture.items] == [None, 0, 0, None]
        assert picture.legend.notes[0].endswith(": 31 parameters")

    def test_a_layer_used_twice_is_counted_once(self):
        shared = layers.Dense(2, name="shared")
        model = models.Sequential([layers.Input(shape=(2,)), shared, shared], name="twice")
        assert draw_model(model).picture.legend.notes == ("twice: 6 parameters",)

    def test_by_gradient_shows_the_norm_of_each_layer(self, small):
        ((small(np.array([[1.0, 2.0]])) - 1.0) ** 2).mean().backward()
        found = boxes(draw_model(small, by="gradient"))
        for layer in small.layers:
            norm = np.sqrt(sum(float((w.grad**2).sum()) for w in layer.weights))
            shown = lines(found[layer.name])[-1].removeprefix("‖grad‖ ")
            assert float(shown) == pytest.approx(norm, rel=1e-3)

    @pytest.mark.parametrize("expand", [False, True])
    @pytest.mark.parametrize("direction", ["LR", "RL", "TB", "BT"])
    def test_every_direction_is_drawn_by_every_engine(self, mixed, engine, expand, direction):
        svg = draw_model(mixed, expand=expand, direction=direction).pipe("svg", encoding="utf-8")
        shown = " ".join(examples.texts(svg))
        assert "Dropout · rate 0.2" in shown
        assert "mixed: 1,691 parameters" in shown


class TestNeurons:
    def test_each_arrow_carries_its_weight(self, small):
        found = {
            (tail[1], head[1]): arrow.text
            for (tail, head), arrow in drawn(draw_model(small, expand=True)).items()
            if head[0] == 1
        }
        assert found == {
            ("x1", "1"): "0.5", ("x1", "2"): "-1", ("x2", "1"): "2", ("x2", "2"): "0.25",
        }  # fmt: skip

    def test_width_follows_the_size_and_the_sign_is_not_told_by_colour_alone(self, small):
        arrows = drawn(draw_model(small, expand=True)).values()
        by_size = sorted(arrows, key=lambda arrow: abs(float(arrow.text)))
        widths = [arrow.width for arrow in by_size]
        assert widths == sorted(widths)
        assert widths[0] < 0.8
        assert widths[-1] == 4.8
        for arrow in by_size:
            negative = float(arrow.text) < 0
            assert arrow.dashed is negative
            assert arrow.colour == (NEGATIVE if negative else POSITIVE)
        svg = write_svg(draw_model(small, expand=True).picture)
        assert svg.count("stroke-dasharray") == 2

    def test_biases_stand_in_their_neurons(self, small):
        found = [
            (item.title, lines(item))
            for item in draw_model(small, expand=True).picture.items
            if item.kind == "value"
        ]
        assert found == [("1", ["bias 0.1"]), ("2", ["bias -0.2"]), ("1", ["bias 0.75"])]

    def test_by_gradient_uses_the_gradients(self, small):
        ((small(np.array([[1.0, 2.0]])) - 1.0) ** 2).mean().backward()
        arrows = drawn(draw_model(small, expand=True, by="gradient"))
        gradient = small.layers[0].kernel.grad
        for (tail, head), arrow in arrows.items():
            if head[0] == 1:
                wanted = gradient[int(tail[1][1:]) - 1, int(head[1]) - 1]
                assert float(arrow.text) == pytest.approx(wanted, rel=1e-3)
                assert arrow.dashed is bool(wanted < 0)

    def test_a_large_layer_is_cut_and_says_so(self, mixed):
        picture = draw_model(mixed, expand=True).picture
        wide = [item for item in picture.items if item.cluster == 2]
        titles = [item.title for item in wide if item.kind == "value"]
        assert titles == ["1", "2", "3", "4", "5", "6", "7", "8", "50"]
        assert [item.title for item in wide if item.id.startswith("e")] == ["⋮ 41 more"]
        (note,) = [note for note in picture.legend.notes if note.startswith("not drawn")]
        assert "41 of 50 in wide" in note
        assert "11 of 20 in frozen" in note

    def test_a_layer_just_small_enough_is_whole(self):
        model = models.Sequential([layers.Input(shape=(1,)), layers.Dense(MOST_NEURONS)])
        picture = draw_model(model, expand=True).picture
        assert sum(item.kind == "value" for item in picture.items) == MOST_NEURONS
        assert not any(note.startswith("not drawn") for note in picture.legend.notes)

    def test_neurons_stand_in_order_in_their_column(self, mixed):
        svg = write_svg(draw_model(mixed, expand=True).picture)
        places = {}
        for group in examples.groups(svg, "value") + examples.groups(svg, "leaf"):
            cluster, place = group.get("data-id")[1:].split("_")
            y = float(group.find(f"{examples.SVG}rect").get("y"))
            places.setdefault(cluster, []).append((int(place), y))
        assert len(places) == 8
        for column in places.values():
            assert [y for _, y in sorted(column)] == sorted(y for _, y in column)

    def test_layers_without_weights_lead_each_input_to_its_output(self, mixed):
        arrows = drawn(draw_model(mixed, expand=True))
        dropped = [(tail[1], head[1]) for tail, head in arrows if head[0] == 4]
        assert dropped == [(name, name) for name in ["1", "2", "3", "4", "5", "6", "7", "8", "50"]]

    def test_a_dense_layer_on_two_axes_repeats_its_kernel(self):
        model = models.Sequential([layers.Input(shape=(2, 3)), layers.Dense(2, name="d")])
        set_weights(model.layers[0], [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [0.0, 0.0])
        found = {
            (tail[1], head[1]): arrow.text
            for (tail, head), arrow in drawn(draw_model(model, expand=True)).items()
        }
        assert len(found) == 12
        assert found["x[1, 2]", "[1, 0]"] == found["x[0, 2]", "[0, 0]"] == "5"
        assert ("x[0, 0]", "[1, 0]") not in found

    def test_weights_that_are_not_finite_are_told(self, small):
        set_weights(small.layers[1], [[np.nan], [np.inf]], [0.0])
        diagram = draw_model(small, expand=True)
        assert "dark red line: nan or inf" in diagram.picture.legend.notes
        texts = [arrow.text for arrow in drawn(diagram).values()]
        assert {"nan", "inf"} <= set(texts)


class TestScalars:
    def test_an_mlp(self):
        net = nn.MLP(2, [3, 1], activation="tanh", seed=0)
        found = boxes(draw_model(net))
        assert lines(found["layer 1"]) == ["tanh", "output (3)", "params 9"]
        assert draw_model(net).picture.legend.notes == ("MLP: 13 parameters",)
        weights = {
            (int(tail[1][1:]), int(head[1])): arrow.text
            for (tail, head), arrow in drawn(draw_model(net, expand=True)).items()
            if head[0] == 1
        }
        for (i, j), text in weights.items():
            assert float(text) == pytest.approx(net.layers[0].neurons[j - 1].w[i - 1].data, 1e-3)

    def test_a_layer_and_a_neuron(self):
        assert len(drawn(draw_model(nn.Layer(2, 3, seed=0), expand=True))) == 6
        neuron = nn.Neuron(3, seed=0)
        neuron([1.0, 2.0, 3.0]).backward()
        assert len(drawn(draw_model(neuron, expand=True, by="gradient"))) == 3


class TestRefusals:
    @pytest.mark.parametrize("thing", [None, 3.0, [1, 2], Value(1.0), "model", np.zeros(3)])
    def test_what_is_no_model(self, thing):
        with pytest.raises(TypeError, match="draw_model takes a Sequential, an MLP"):
            draw_model(thing)

    def test_a_class_is_no_model(self):
        with pytest.raises(TypeError, match=r"not a class: Sequential\(\.\.\.\)"):
            draw_model(models.Sequential)

    def test_a_model_of_ones_own_is_python(self):
        class Skip(models.Model):
            def __init__(self):
                super().__init__(name="skip")
                self.inner = layers.Dense(2)

            def call(self, x):
                return self.inner(x) + x

        with pytest.raises(TypeError, match="skip uses its layers is Python"):
            draw_model(Skip())

    def test_an_unbuilt_model_says_how_to_build_it(self):
        model = models.Sequential([layers.Dense(2)], name="open")
        with pytest.raises(ValueError, match=r"open is not built.*Input\(shape=\(features,\)\)"):
            draw_model(model)
        model(np.zeros((1, 3)))
        assert "params 8" in lines(boxes(draw_model(model))[model.layers[0].name])

    def test_no_layers(self):
        with pytest.raises(ValueError, match="has no layers yet"):
            draw_model(models.Sequential(name="empty"))

    @pytest.mark.parametrize("expand", [False, True])
    def test_no_gradients_yet(self, small, expand):
        with pytest.raises(ValueError, match=r"small has no gradients yet: call backward\(\)"):
            draw_model(small, expand=expand, by="gradient")

    def test_options(self, small):
        with pytest.raises(ValueError, match="by must be one of weight, gradient, got 'size'"):
            draw_model(small, by="size")
        with pytest.raises(ValueError, match="direction must be one of"):
            draw_model(small, direction="up")
        with pytest.raises(ValueError, match="format must be one of"):
            draw_model(small, format="gif")


def test_hostile_names_stay_text(engine):
    name = "<b>&\"x'\\N ]]>\u202e"
    model = models.Sequential([layers.Input(shape=(1,)), layers.Dense(1, name=name)], name=name)
    for expand in (False, True):
        svg = draw_model(model, expand=expand).pipe("svg", encoding="utf-8")
        assert any("<b>&\"x'\\N ]]>\\u202e" in text for text in examples.texts(svg))


def test_the_same_model_gives_the_same_bytes(mixed):
    first, second = (write_svg(draw_model(mixed, expand=True).picture) for _ in range(2))
    assert first == second
