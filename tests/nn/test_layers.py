"""Layers against their formulas, against PyTorch, by differences, and in a plain loop."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import nn
from autograd import Tensor, Value, gradcheck, no_grad, topological_order
from nn import layers, losses
from nn.layers import Activation, BatchNormalization, Dense, Dropout, Flatten, Input, InputLayer
from nn.random import set_random_seed
from nn.regularizers import L1, L2
from tests.nn.helpers import float64

RNG = np.random.default_rng(3)
X = RNG.normal(size=(5, 4))
SMALL = X.astype(np.float32)


def built(layer: Any, features: int = 4) -> Any:
    layer.build((None, features))
    return layer


def with_weights(layer: Any, shape: tuple[int, ...] = (4,)) -> Any:
    """Built, and with weights at random: zeros and ones hide mistakes."""
    layer.build((None, *shape))
    rng = np.random.default_rng(9)
    layer.set_weights([rng.uniform(0.5, 2.0, w.shape) for w in layer.weights])
    return layer


class TestDense:
    def test_the_written_formula(self) -> None:
        dense = with_weights(Dense(3, "tanh", dtype="float64"))
        kernel, bias = dense.get_weights()
        np.testing.assert_allclose(dense(X).data, np.tanh(X @ kernel + bias), rtol=1e-15)

    def test_three_nodes(self) -> None:
        out = built(Dense(3, "relu"))(SMALL)
        made = [node for node in topological_order(out) if not node.is_leaf]
        assert [node.primitive.name for node in made] == ["matmul", "add", "relu"]
        assert {node.scope for node in topological_order(out)} == {out.scope} != {""}

    def test_without_activation_and_bias_it_is_a_product(self) -> None:
        dense = built(Dense(3, use_bias=False))
        assert [w.label for w in dense.weights] == ["kernel"]
        assert dense.bias is None
        assert dense.activation.__name__ == "linear"
        assert dense(SMALL).primitive.name == "matmul"

    def test_starting_weights(self) -> None:
        dense = built(Dense(50), 8)
        limit = np.sqrt(6 / 58)
        kernel, bias = dense.get_weights()
        assert kernel.shape == (8, 50)
        assert 0.9 * limit < np.abs(kernel).max() <= limit
        assert (bias == 0).all()
        assert kernel.dtype == bias.dtype == np.float32
        assert dense.count_params() == 450

    def test_set_random_seed(self) -> None:
        def kernel() -> Any:
            set_random_seed(4)
            return built(Dense(3)).get_weights()[0]

        np.testing.assert_array_equal(kernel(), kernel())

    def test_initializers(self) -> None:
        dense = built(Dense(3, kernel_initializer="ones", bias_initializer="ones"))
        assert (dense.get_weights()[0] == 1).all()
        assert (dense.get_weights()[1] == 1).all()
        made = built(Dense(3, kernel_initializer=lambda shape, dtype: np.full(shape, 2.0)))
        assert (made.kernel == 2.0).all()
        assert made.kernel.dtype == np.float32

    def test_an_initializer_of_another_shape(self) -> None:
        with pytest.raises(ValueError, match=r"kernel gave .* shape \(2,\), not \(4, 3\)"):
            built(Dense(3, kernel_initializer=lambda shape, dtype: np.zeros(2)))

    @pytest.mark.parametrize("shape", [(5, 4), (2, 3, 4)])
    def test_derivatives_by_differences(self, shape: tuple[int, ...]) -> None:
        dense = with_weights(Dense(3, "sigmoid", dtype="float64"))
        x = RNG.normal(size=shape)

        def call(x: Any, kernel: Any, bias: Any) -> Any:
            return nn.sigmoid(x @ kernel + bias)

        np.testing.assert_allclose(dense(x).data, call(x, *dense.get_weights()), rtol=1e-15)
        factors = RNG.normal(size=(*shape[:-1], 3))
        assert gradcheck(lambda x: (dense(x) * factors).sum(), (x,))

    def test_against_pytorch(self) -> None:
        torch = pytest.importorskip("torch")
        dense = with_weights(Dense(3, "relu", dtype="float64"))
        kernel, bias = (float64(torch, w.tolist(), True) for w in dense.get_weights())
        theirs = torch.relu(float64(torch, X.tolist()) @ kernel + bias)
        (theirs**2).sum().backward()
        ours = dense(X)
        (ours**2).sum().backward()
        np.testing.assert_allclose(ours.data, theirs.detach(), rtol=1e-14)
        np.testing.assert_allclose(dense.kernel.grad, kernel.grad, rtol=1e-13)
        np.testing.assert_allclose(dense.bias.grad, bias.grad, rtol=1e-13)

    def test_softmax_goes_over_the_outputs(self) -> None:
        np.testing.assert_allclose(Dense(3, "softmax")(SMALL).data.sum(axis=1), 1.0, rtol=1e-6)

    @pytest.mark.parametrize("units", [0, -1, 2.5, "a", None, True])
    def test_units(self, units: Any) -> None:
        with pytest.raises(ValueError, match="units is a whole number of at least 1, not "):
            Dense(units)

    def test_numpy_s_integers_are_units(self) -> None:
        assert Dense(np.int64(3)).units == 3

    def test_unknown_names(self) -> None:
        with pytest.raises(ValueError, match=r"unknown activation 'rleu'.* did you mean 'relu'"):
            Dense(3, "rleu")
        with pytest.raises(ValueError, match="unknown initializer 'zeroes': did you mean 'zeros'"):
            Dense(3, bias_initializer="zeroes")


class TestShapes:
    def test_a_wrong_number_of_features(self) -> None:
        dense = built(Dense(3, name="first"))
        message = r"first takes inputs of 4 features, and this one has 5: its shape is \(2, 5\)"
        for x in (np.ones((2, 5)), Tensor(np.ones((2, 5)), dtype="float32")):
            with pytest.raises(ValueError, match=message):
                dense(x)

    def test_a_single_sample_is_no_batch(self) -> None:
        for layer in (Dense(3), built(Dense(3))):
            with pytest.raises(ValueError, match=r"batch of samples.*\(4,\); .*x\[None\]"):
                layer(np.ones(4))

    def test_a_number_of_features_that_is_not_known(self) -> None:
        with pytest.raises(ValueError, match=r"needs to know the number of features.*Input"):
            Dense(3).build((None, None))

    def test_input_shape_and_output_shape(self) -> None:
        dense = Dense(3, input_shape=[4])
        assert not dense.built
        assert (dense.input_shape, dense.output_shape) == ((None, 4), (None, 3))
        assert Dense(3, input_dim=4).input_shape == (None, 4)
        assert (Dense(3).input_shape, Dense(3).output_shape) == (None, None)
        dense(np.ones((7, 4)))
        assert (dense.built, dense.input_shape) == (True, (None, 4))
        assert Flatten(input_shape=(28, 28)).output_shape == (None, 784)

    @pytest.mark.parametrize(
        ("shape", "message"),
        [
            (8, r"is a tuple, \(8,\) with a comma, not the number 8"),
            ("8", "is a tuple such as"), ((0,), "at least 1 or None, not 0"),
            ((2.5,), "not 2.5"), ((-1,), "not -1"),
            ((np.timedelta64(3, "s"),), "at least 1 or None, not np.timedelta64"),
        ],
    )  # fmt: skip
    def test_a_shape_that_is_none(self, shape: Any, message: str) -> None:
        for make in (lambda: Input(shape=shape), lambda: Dense(1, input_shape=shape)):
            with pytest.raises(ValueError, match=message):
                make()


class TestInputs:
    """Whatever comes in is computed with in the layer's own dtype."""

    def test_every_kind(self) -> None:
        dense = with_weights(Dense(2))
        expected = dense(SMALL).data
        for x in (SMALL.tolist(), SMALL.astype(float), Tensor(SMALL), Tensor(SMALL.astype(float))):
            out = dense(x)
            np.testing.assert_array_equal(out.data, expected)
            assert out.dtype == np.float32
        assert dense(np.ones((2, 4), int)).dtype == np.float32
        assert Dense(2, dtype="float64")(SMALL).dtype == np.float64

    def test_a_dataframe(self) -> None:
        pandas = pytest.importorskip("pandas")
        dense = with_weights(Dense(2))
        np.testing.assert_array_equal(dense(pandas.DataFrame(SMALL)).data, dense(SMALL).data)
        with pytest.raises(TypeError, match="arrays of numbers, and 'red' is none"):
            dense(pandas.DataFrame({"colour": ["red", "blue"]}))

    def test_gradients_reach_a_float64_input(self) -> None:
        x = Tensor(X)
        with_weights(Dense(1))(x).sum().backward()
        assert x.grad.dtype == np.float64
        assert (x.grad != 0).all()

    def test_a_layer_is_no_input(self) -> None:
        with pytest.raises(TypeError, match=r"called with the layer .*Sequential\(\[...\]\)"):
            Dense(1)(Input(shape=(4,)))

    def test_values(self) -> None:
        with pytest.raises(TypeError, match=r"autograd\.stack"):
            Dense(1)(Value(1.0))


class TestActivation:
    def test_is_the_function(self) -> None:
        x = Tensor(SMALL)
        for name in ("relu", "softmax", "linear", "gelu"):
            expected = nn.activations.get(name)(x).data
            np.testing.assert_array_equal(Activation(name)(x).data, expected)

    def test_has_no_weights(self) -> None:
        layer = built(Activation("relu"))
        assert (layer.weights, layer.count_params(), layer.output_shape) == ([], 0, (None, 4))

    def test_unknown_name(self) -> None:
        with pytest.raises(ValueError, match="unknown activation 'rleu'"):
            Activation("rleu")


class TestFlatten:
    @pytest.mark.parametrize(
        ("shape", "flat"),
        [((2, 3, 4), (2, 12)), ((2, 3), (2, 3)), ((2,), (2, 1)), ((0, 3, 4), (0, 12))],
    )  # fmt: skip
    def test_rows(self, shape: tuple[int, ...], flat: tuple[int, ...]) -> None:
        x = RNG.normal(size=shape).astype(np.float32)
        np.testing.assert_array_equal(Flatten()(x), x.reshape(flat))
        np.testing.assert_array_equal(Flatten()(Tensor(x)).data, x.reshape(flat))

    def test_a_length_that_is_not_known(self) -> None:
        assert Flatten().compute_output_shape((None, None, 3)) == (None, None)


class TestDropout:
    def test_the_rest_grows(self) -> None:
        x = np.ones((200, 50), np.float32)
        out = Dropout(0.2, seed=0)(Tensor(x), training=True)
        assert set(np.unique(out.data)) == {np.float32(0.0), np.float32(1.25)}
        assert abs((out.data == 0).mean() - 0.2) < 0.02
        assert out.dtype == np.float32

    def test_nothing_is_done_outside_training_or_at_rate_0(self) -> None:
        assert Dropout(0.5)(SMALL) is SMALL
        assert Dropout(0.0)(SMALL, training=True) is SMALL

    def test_everything_goes_at_rate_1(self) -> None:
        assert (Dropout(1.0)(SMALL, training=True) == 0).all()

    def test_gradients_go_where_the_numbers_went(self) -> None:
        x = Tensor(SMALL)
        out = Dropout(0.5)(x, training=True)
        out.sum().backward()
        np.testing.assert_array_equal(x.grad, np.where(out.data == 0, 0, 2))

    def test_seeds(self) -> None:
        first, second = Dropout(0.5, seed=1), Dropout(0.5, seed=1)
        runs = [first(SMALL, training=True), first(SMALL, training=True)]
        np.testing.assert_array_equal(second(SMALL, training=True), runs[0])
        assert not np.array_equal(*runs)
        again = []
        for _ in range(2):
            set_random_seed(2)
            again.append(Dropout(0.5)(SMALL, training=True))
        np.testing.assert_array_equal(*again)

    def test_noise_shape(self) -> None:
        out = Dropout(0.5, noise_shape=(None, 1), seed=0)(np.ones((20, 6)), training=True)
        assert (out == out[:, :1]).all()
        assert len(np.unique(out)) == 2
        with pytest.raises(ValueError, match=r"noise_shape \(1,\) does not fit"):
            Dropout(0.5, noise_shape=(1,))(SMALL, training=True)

    @pytest.mark.parametrize(
        "rate", [-0.1, 1.1, "0.5", None, True, float("nan"), np.timedelta64(1, "s")]
    )
    def test_rate(self, rate: Any) -> None:
        with pytest.raises(ValueError, match="from 0 to 1, not "):
            Dropout(rate)
        dropout = Dropout(0.5)
        with pytest.raises(ValueError, match="from 0 to 1, not "):
            dropout.rate = rate
        assert dropout.rate == 0.5


class TestBatchNormalization:
    def test_training_and_the_running_averages(self) -> None:
        layer = with_weights(BatchNormalization(momentum=0.9, dtype="float64"))
        gamma, beta, mean, variance = layer.get_weights()
        out = layer(X, training=True)
        normal = (X - X.mean(0)) / np.sqrt(X.var(0) + 0.001)
        np.testing.assert_allclose(out.data, normal * gamma + beta, rtol=1e-12)
        np.testing.assert_allclose(layer.moving_mean.data, 0.9 * mean + 0.1 * X.mean(0))
        np.testing.assert_allclose(layer.moving_variance.data, 0.9 * variance + 0.1 * X.var(0))

    def test_outside_training_the_running_averages_count(self) -> None:
        layer = with_weights(BatchNormalization(epsilon=0.1, dtype="float64"))
        gamma, beta, mean, variance = layer.get_weights()
        expected = (X - mean) / np.sqrt(variance + 0.1) * gamma + beta
        np.testing.assert_allclose(layer(X).data, expected, rtol=1e-12)
        np.testing.assert_array_equal(layer.moving_mean.data, mean)
        np.testing.assert_allclose(layer(X[:1]).data, expected[:1], rtol=1e-12)

    @pytest.mark.parametrize("training", [True, False])
    def test_derivatives_by_differences(self, training: bool) -> None:
        layer = with_weights(BatchNormalization(dtype="float64"))
        factors = RNG.normal(size=X.shape)
        assert gradcheck(lambda x: (layer(x, training=training) * factors).sum(), (X,), rtol=1e-4)

    @pytest.mark.parametrize("training", [True, False])
    def test_against_pytorch(self, training: bool) -> None:
        torch = pytest.importorskip("torch")
        layer = with_weights(BatchNormalization(dtype="float64"))
        gamma, beta, mean, variance = (float64(torch, w.tolist()) for w in layer.get_weights())
        gamma.requires_grad = beta.requires_grad = True
        x = float64(torch, X.tolist(), requires_grad=True)
        theirs = torch.nn.functional.batch_norm(
            x, mean, variance, gamma, beta, training=training, eps=0.001
        )
        factors = RNG.normal(size=X.shape)
        (theirs * torch.tensor(factors)).sum().backward()
        ours_x = Tensor(X)
        ours = layer(ours_x, training=training)
        (ours * factors).sum().backward()
        np.testing.assert_allclose(ours.data, theirs.detach(), rtol=1e-12)
        np.testing.assert_allclose(ours_x.grad, x.grad, rtol=1e-9, atol=1e-14)
        np.testing.assert_allclose(layer.gamma.grad, gamma.grad, rtol=1e-12)
        np.testing.assert_allclose(layer.beta.grad, beta.grad, rtol=1e-12)

    def test_buffers_are_weights_and_no_parameters(self) -> None:
        layer = built(BatchNormalization())
        assert [w.label for w in layer.weights] == [
            "gamma", "beta", "moving_mean", "moving_variance",
        ]  # fmt: skip
        assert [w.label for w in layer.trainable_weights] == ["gamma", "beta"]
        assert [w.label for w in layer.non_trainable_weights] == ["moving_mean", "moving_variance"]
        assert layer.parameters() == [layer.gamma, layer.beta]
        assert list(layer.state_dict()) == ["gamma", "beta", "moving_mean", "moving_variance"]
        assert layer.count_params() == 16

    def test_frozen_it_uses_and_keeps_the_running_averages(self) -> None:
        layer = with_weights(BatchNormalization())
        layer.trainable = False
        before = layer.state_dict()
        np.testing.assert_array_equal(layer(SMALL, training=True).data, layer(SMALL).data)
        for name, array in layer.state_dict().items():
            np.testing.assert_array_equal(array, before[name])

    def test_without_center_and_scale(self) -> None:
        layer = built(BatchNormalization(center=False, scale=False))
        assert [w.label for w in layer.weights] == ["moving_mean", "moving_variance"]
        out = layer(SMALL, training=True)
        np.testing.assert_allclose(out.mean(axis=0), 0.0, atol=1e-6)

    @pytest.mark.parametrize("axis", [1, -1, 2])
    def test_axes(self, axis: int) -> None:
        x = RNG.normal(size=(3, 4, 5))
        layer = BatchNormalization(axis=axis, dtype="float64")
        out = layer(Tensor(x), training=True).data
        others = tuple(i for i in range(3) if i != axis % 3)
        assert layer.moving_mean.shape == (x.shape[axis],)
        np.testing.assert_allclose(out.mean(axis=others), 0.0, atol=1e-12)
        np.testing.assert_allclose(out.std(axis=others), 1.0, rtol=1e-2)
        assert layer(x).shape == x.shape
        with pytest.raises(ValueError, match="features"):
            layer(np.zeros((3, 7, 7)))

    def test_a_batch_of_one_is_explained(self) -> None:
        layer = BatchNormalization(name="normal")
        message = r"normal cannot be trained with one sample.*\(1, 4\).*another batch_size"
        with pytest.raises(ValueError, match=message):
            layer(SMALL[:1], training=True)
        assert (layer.moving_mean == 0).all()
        assert layer(SMALL[:1]).shape == (1, 4)

    def test_float32_stays(self) -> None:
        layer = BatchNormalization()
        assert layer(SMALL, training=True).dtype == layer(SMALL).dtype == np.float32
        assert layer.moving_mean.dtype == layer.moving_variance.dtype == np.float32

    def test_no_graph_grows_through_the_running_averages(self) -> None:
        layer = BatchNormalization()
        for _ in range(3):
            out = layer(SMALL, training=True)
        assert layer.moving_mean.is_leaf
        assert len(topological_order(out)) < 20

    def test_a_graph_made_before_keeps_what_it_saw(self) -> None:
        layer = with_weights(BatchNormalization(dtype="float64"))
        x = Tensor(X)
        out = layer(x).sum()
        layer(X, training=True)
        layer.set_weights([np.full(4, 7.0)] * 4)
        out.backward()
        gamma, variance = np.random.default_rng(9).uniform(0.5, 2.0, (4, 4))[[0, 3]]
        np.testing.assert_allclose(x.grad[0], gamma / np.sqrt(variance + 0.001), rtol=1e-12)

    @pytest.mark.parametrize(
        "options", [{"momentum": 1.5}, {"epsilon": -1.0}, {"momentum": "0.9"}, {"axis": 1.0}]
    )
    def test_refusals(self, options: dict[str, Any]) -> None:
        with pytest.raises(ValueError, match=f"{next(iter(options))} is a (whole )?number"):
            BatchNormalization(**options)
        with pytest.raises(ValueError, match="axis 3 of inputs"):
            built(BatchNormalization(axis=3))


class TestInput:
    def test_shape(self) -> None:
        layer = Input(shape=(8,))
        assert isinstance(layer, InputLayer)
        assert (layer.shape, layer.output_shape, layer.weights) == ((None, 8), (None, 8), [])
        assert Input((28, 28), batch_size=5).shape == (5, 28, 28)

    def test_passes_on_and_checks(self) -> None:
        layer = Input(shape=(4,), name="data")
        assert layer(SMALL) is SMALL
        with pytest.raises(ValueError, match=r"data takes samples of the shape \(4,\).*\(5, 3\)"):
            layer(np.zeros((5, 3)))


class TestNames:
    def test_are_counted(self) -> None:
        class Counted(layers.Layer):
            def call(self, x: Any) -> Any:
                return x

        assert [Counted().name for _ in range(3)] == ["counted", "counted_1", "counted_2"]
        assert Counted(name="mine").name == "mine"
        assert Counted().name == "counted_3"

    @pytest.mark.parametrize("name", ["", 3, "a/b"])
    def test_that_are_none(self, name: Any) -> None:
        with pytest.raises(ValueError, match="the name of a layer is a str"):
            Dense(1, name=name)

    def test_weights_have_labels_and_scopes(self) -> None:
        dense = built(Dense(1, name="last"))
        assert [(w.label, w.scope) for w in dense.weights] == [("kernel", "last"), ("bias", "last")]


class TestWeights:
    def test_get_and_set(self) -> None:
        first, second = built(Dense(3)), built(Dense(3))
        second.set_weights(first.get_weights())
        np.testing.assert_array_equal(second(SMALL).data, first(SMALL).data)
        weights = first.get_weights()
        weights[0][:] = 0
        assert (first.kernel != 0).any()

    def test_what_does_not_fit_changes_nothing(self) -> None:
        dense = built(Dense(3))
        before = dense.get_weights()
        message = r"weight 1, 'bias', has the shape \(4,\), and the weight \(3,\)"
        with pytest.raises(ValueError, match=message):
            dense.set_weights([np.zeros((4, 3)), np.zeros(4)])
        with pytest.raises(ValueError, match="has 2 weights, and 1 arrays were given"):
            dense.set_weights([np.zeros((4, 3))])
        with pytest.raises(ValueError, match="has 0 weights, for it is not built, and 1"):
            Dense(3).set_weights([np.zeros((4, 3))])
        np.testing.assert_array_equal(dense.get_weights()[0], before[0])

    def test_a_frozen_layer_has_no_parameters_and_keeps_its_state(self) -> None:
        dense = built(Dense(3))
        state = dense.state_dict()
        dense.trainable = False
        assert dense.parameters() == dense.trainable_weights == []
        assert [w.label for w in dense.non_trainable_weights] == ["kernel", "bias"]
        assert dense.state_dict().keys() == state.keys()
        dense.trainable = True
        assert len(dense.parameters()) == 2

    def test_what_is_not_there_before_it_is_built(self) -> None:
        dense = Dense(3, name="first")
        with pytest.raises(AttributeError, match="first has no 'kernel': it is not built"):
            _ = dense.kernel
        with pytest.raises(ValueError, match="first is not built, and has no weights to count"):
            dense.count_params()
        with pytest.raises(AttributeError, match="Dense has no attribute 'colour'"):
            _ = built(dense).colour

    def test_penalties(self) -> None:
        dense = built(Dense(3, kernel_regularizer="l2", bias_regularizer=L1(0.5)))
        dense.set_weights([np.ones((4, 3)), [1.0, -2.0, 3.0]])
        assert [float(loss) for loss in dense.losses] == pytest.approx([0.12, 3.0])
        sum(dense.losses).backward()
        np.testing.assert_allclose(dense.kernel.grad, 0.02 * np.ones((4, 3)), rtol=1e-6)
        dense.trainable = False
        assert dense.losses == []
        assert built(Dense(3)).losses == []

    def test_penalties_of_a_copy_are_those_of_its_own_weights(self) -> None:
        dense = built(Dense(3, kernel_regularizer=L2(1.0)))
        twin = copy.deepcopy(dense)
        twin.kernel.data = np.zeros((4, 3))
        assert (float(twin.losses[0]), float(dense.losses[0]) > 0) == (0.0, True)


class TestOwnLayers:
    def test_weights_are_made_once(self) -> None:
        class Scale(layers.Layer):
            def build(self, input_shape: Any) -> None:
                self.factor = self.add_weight(
                    shape=(input_shape[-1],), initializer="ones", name="factor"
                )

            def call(self, inputs: Any) -> Any:
                return inputs * self.factor

        scale = Scale()
        first = scale(SMALL)
        factor = scale.factor
        scale(SMALL)
        assert scale.factor is factor
        np.testing.assert_array_equal(first.data, SMALL)
        assert (scale.built, scale.output_shape) == (True, (None, 4))
        assert first.scope == scale.name
        by_hand = Scale()
        by_hand.build([None, 4])
        factor = by_hand.factor
        by_hand(SMALL)
        assert by_hand.factor is factor

    def test_layers_of_layers(self) -> None:
        class Block(layers.Layer):
            def __init__(self, units: int) -> None:
                super().__init__()
                self.inner = [Dense(units, "relu", kernel_regularizer="l2"), Dropout(0.5)]
                self.last = Dense(1)

            def call(self, x: Any, training: bool = False) -> Any:
                for layer in self.inner:
                    x = layer(x, training=training)
                return self.last(x)

        block = Block(6)
        assert block.output_shape is None
        assert block.compute_output_shape((None, 4)) == (None, 1)
        assert block(SMALL).shape == (5, 1)
        assert [name for name, _ in block.named_parameters()] == [
            "inner.0.kernel", "inner.0.bias", "last.kernel", "last.bias",
        ]  # fmt: skip
        assert len(block.losses) == 1
        assert not np.array_equal(block(SMALL, training=True).data, block(SMALL).data)
        block.inner[0].trainable = False
        assert (len(block.trainable_weights), len(block.weights), block.losses) == (2, 4, [])

    def test_forward_is_another_name_of_call(self) -> None:
        class Noisy(layers.Layer):
            def forward(self, x: Any, training: bool = False) -> Any:
                return x + 1.0 if training else x

        np.testing.assert_array_equal(Noisy()(SMALL, training=True), SMALL + 1.0)
        assert Noisy()(SMALL) is SMALL

    def test_super_is_asked_for(self) -> None:
        class Forgetful(layers.Layer):
            def __init__(self) -> None:
                self.units = 3

            def call(self, x: Any) -> Any:
                return x

        with pytest.raises(AttributeError, match=r"Forgetful has no .*super\(\).__init__\(\)"):
            Forgetful()(SMALL)

    def test_call_is_asked_for(self) -> None:
        with pytest.raises(NotImplementedError, match="Layer has no call"):
            layers.Layer()(SMALL)

    def test_add_weight(self) -> None:
        layer = layers.Layer(dtype="float64")
        matrix, vector = layer.add_weight((2, 3)), layer.add_weight((3,))
        assert matrix.data.any()
        assert not vector.data.any()
        assert matrix.dtype == np.float64
        still = layer.add_weight((2,), "ones", trainable=False)
        assert isinstance(still, nn.Buffer)


class TestAttributesThatAreSetLater:
    @pytest.mark.parametrize("layer", [Dense(2), Activation("tanh")])
    def test_an_activation(self, layer: Any) -> None:
        layer.activation = "relu"
        assert layer.activation is nn.activations.relu
        assert (layer(SMALL).data >= 0).all() if isinstance(layer, Dense) else True
        layer.activation = None
        assert layer.activation is nn.activations.linear
        with pytest.raises(ValueError, match="unknown activation 'rleu'"):
            layer.activation = "rleu"

    @pytest.mark.parametrize("weight", ["kernel", "bias"])
    def test_a_regularizer(self, weight: str) -> None:
        layer = with_weights(Dense(2, **{f"{weight}_regularizer": "l1"}))
        at = [w.label for w in layer.weights].index(weight)
        for regularizer in (L2(1.0), L2(0.5)):
            setattr(layer, f"{weight}_regularizer", regularizer)
            right = regularizer.l2 * np.sum(layer.get_weights()[at] ** 2)
            assert [float(penalty) for penalty in layer.losses] == pytest.approx([right])
        setattr(layer, f"{weight}_regularizer", None)
        assert layer.losses == []
        with pytest.raises(ValueError, match="unknown regularizer 'l3'"):
            setattr(layer, f"{weight}_regularizer", "l3")

    def test_the_regularizers_of_a_normalization(self) -> None:
        layer = with_weights(BatchNormalization(center=False))
        layer.gamma_regularizer = L2(1.0)
        layer.beta_regularizer = L2(1.0)  # there is no beta
        right = np.sum(layer.get_weights()[0] ** 2)
        assert [float(penalty) for penalty in layer.losses] == pytest.approx([right])


class TestConfigs:
    LAYERS = (
        Dense(3, "relu", False, kernel_initializer="he_normal", kernel_regularizer=L2(0.5)),
        Activation("tanh"), Flatten(), Dropout(0.25, noise_shape=(None, 1), seed=3),
        BatchNormalization(axis=1, momentum=0.5, center=False, gamma_regularizer="l1"),
        Input(shape=(4,), batch_size=2, name="data"), Dense(2, dtype="float64", trainable=False),
    )  # fmt: skip

    @pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: type(layer).__name__)
    def test_round_trip(self, layer: Any) -> None:
        config = layers.serialize(layer)
        twin = layers.deserialize(config)
        assert type(twin) is type(layer)
        assert twin.get_config() == layer.get_config()
        assert type(layer).from_config(layer.get_config()).name == layer.name

    def test_is_plain_data(self) -> None:
        import json

        for layer in self.LAYERS:
            config = layers.serialize(layer)
            assert layers.deserialize(json.loads(json.dumps(config))).name == layer.name

    def test_a_layer_of_ones_own(self) -> None:
        class Mine(layers.Layer):
            def call(self, x: Any) -> Any:
                return x

        config = layers.serialize(Mine(name="m"))
        assert type(layers.deserialize(config, {"Mine": Mine})) is Mine
        with pytest.raises(ValueError, match="unknown layer 'Mine'"):
            layers.deserialize(config)

    def test_an_activation_without_a_name(self) -> None:
        with pytest.raises(ValueError, match="has no name to be saved by"):
            Dense(1, lambda x: x).get_config()


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_a_copy_computes_the_same_and_goes_its_own_way(duplicate: Any) -> None:
    for layer in (built(Dense(3, "relu")), built(BatchNormalization()), Dense(2)):
        twin = duplicate(layer)
        assert twin.get_config() == layer.get_config()
        assert twin.built == layer.built
        if layer.built:
            np.testing.assert_array_equal(twin(SMALL).data, layer(SMALL).data)
            twin.set_weights([w + 1 for w in twin.get_weights()])
            assert not np.array_equal(twin.get_weights()[0], layer.get_weights()[0])


def test_without_recording_the_result_is_a_leaf() -> None:
    dense = built(Dense(3, "relu"))
    with no_grad():
        out = dense(SMALL)
    assert out.is_leaf
    assert dense.parameters() == dense.weights


def test_neuron_by_neuron() -> None:
    """A layer unrolled into Values has the same numbers and the same gradients."""
    dense = with_weights(Dense(2, "tanh", dtype="float64"))
    leaves: dict[Tensor, Any] = {}
    out = dense(X[:1])
    first, second = out.scalars(leaves)[0]
    assert [first.data, second.data] == pytest.approx(out.data[0], rel=1e-14)
    (first * second).backward()
    (out[0, 0] * out[0, 1]).backward()
    for weight in dense.weights:
        found = np.vectorize(lambda value: value.grad, otypes=[float])(leaves[weight])
        np.testing.assert_allclose(found, weight.grad, rtol=1e-12)
    assert dense.scalars(X[:1]).shape == (1, 2)
    assert first.scope == dense.name


@pytest.mark.parametrize(
    ("layer", "training"),
    [
        (Dense(3, "softmax", dtype="float64"), False), (Dense(2, "gelu", dtype="float64"), False),
        (BatchNormalization(dtype="float64"), True), (BatchNormalization(dtype="float64"), False),
        (Dropout(0.5, seed=0, dtype="float64"), True), (Activation("elu", dtype="float64"), False),
        (Flatten(dtype="float64"), False),
    ],
)  # fmt: skip
def test_every_layer_can_be_unrolled(layer: Any, training: bool) -> None:
    with_weights(layer)
    x = Tensor(X)
    out, leaves = layer(x, training=training), {}
    unrolled = out.scalars(leaves)
    factors = RNG.normal(size=out.shape)
    assert unrolled.shape == out.shape
    np.testing.assert_allclose(unrolled.astype(float), out.data, rtol=1e-12)
    (unrolled * factors).sum().backward()
    (out * factors).sum().backward()
    found = np.vectorize(lambda value: value.grad, otypes=[float])(leaves[x])
    np.testing.assert_allclose(found, x.grad, rtol=1e-9, atol=1e-12)


def test_a_plain_loop() -> None:
    set_random_seed(0)
    hidden, normal, last = Dense(8, "tanh"), BatchNormalization(momentum=0.8), Dense(1)
    x = RNG.normal(size=(64, 3)).astype(np.float32)
    y = np.sin(x.sum(axis=1, keepdims=True))
    loss, sgd = losses.MeanSquaredError(), nn.SGD(0.1, momentum=0.9)

    def net(x: Any, training: bool = False) -> Any:
        return last(normal(hidden(x), training=training))

    first = loss(y, net(x, training=True)).item()
    module = nn.Module()
    module.parts = [hidden, normal, last]
    for _ in range(100):
        module.zero_grad()
        error = loss(y, net(x, training=True))
        error.backward()
        sgd.step(module.parameters())
    assert error.item() < 0.1 * first
    assert loss(y, net(x)).item() < 0.3 * first
    assert {w.dtype for w in module.parameters()} == {np.dtype("float32")}


@pytest.mark.parametrize("shape", [3, None, "3", ()])
def test_build_takes_the_shape_of_a_batch(shape: Any) -> None:
    with pytest.raises(ValueError, match=r"build takes the shape of a batch, \(None, features\)"):
        Dense(1).build(shape)
