"""Model and Sequential: how they are put together, built, described and saved."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nn
from autograd import Tensor
from nn import layers
from nn.models import Model, Sequential, load_model, model_from_json

X = np.random.default_rng(0).normal(size=(12, 3)).astype(np.float32)


def stack() -> Sequential:
    return Sequential([layers.Input(shape=(3,)), layers.Dense(4, "relu"), layers.Dense(2)])


class Skip(Model):
    def __init__(self) -> None:
        super().__init__()
        self.hidden = layers.Dense(3, activation="tanh")
        self.drop = layers.Dropout(0.5)
        self.out = layers.Dense(1)

    def call(self, x: Any, training: bool = False) -> Any:
        return self.out(self.drop(self.hidden(x) + x, training=training))


class Sized(Model):
    def __init__(self, units: int, **options: Any) -> None:
        super().__init__(**options)
        self.out = layers.Dense(units)

    def call(self, x: Any) -> Any:
        return self.out(x)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "units": self.out.units}


def test_the_names_that_notebooks_import() -> None:
    import nn as keras
    from nn import callbacks, layers  # noqa: F401
    from nn.layers import Dense, Input  # noqa: F401
    from nn.models import Sequential, load_model  # noqa: F401
    from nn.utils import set_random_seed, to_categorical  # noqa: F401

    model = keras.Sequential([keras.Input(shape=(2,)), keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.Adam(), loss=keras.losses.MeanSquaredError())
    assert isinstance(model, keras.Model)
    assert keras.models.Sequential is keras.Sequential
    assert keras.saving.load_model is load_model
    assert keras.backend.epsilon() == 1e-7
    for name in ("activations", "initializers", "regularizers", "metrics", "datasets"):
        assert hasattr(keras, name)


class TestSequential:
    def test_three_ways_to_say_the_size_of_the_input(self) -> None:
        dense = {"kernel_initializer": "ones"}
        first = Sequential([layers.Input(shape=(3,)), layers.Dense(2, **dense)])
        second = Sequential([layers.Dense(2, input_shape=[3], **dense)])
        third = Sequential([layers.Dense(2, **dense)])
        assert first.built
        assert second.built
        assert not third.built
        assert third.weights == []
        expected = first.predict(X, verbose=0)
        for model in (second, third):
            np.testing.assert_array_equal(model.predict(X, verbose=0), expected)
        assert third.built
        assert first.input_shape == second.input_shape == third.input_shape == (None, 3)

    def test_add_builds_as_it_goes(self) -> None:
        model = Sequential()
        model.add(layers.Input(shape=(3,)))
        assert not model.built
        model.add(layers.Dense(4))
        assert len(model.weights) == 2
        kernel = model.weights[0]
        model.add(layers.Dense(5))
        assert model.output_shape == (None, 5)
        assert model.weights[0] is kernel

    def test_pop_and_add(self) -> None:
        model = stack()
        popped = model.pop()
        assert popped.name not in [layer.name for layer in model.layers]
        assert model.output_shape == (None, 4)
        assert model.predict(X, verbose=0).shape == (12, 4)
        model.add(layers.Dense(7))
        assert model.predict(X, verbose=0).shape == (12, 7)
        model.pop()
        model.pop()
        assert model.layers == []
        with pytest.raises(ValueError, match="has no layers to take off"):
            model.pop()

    def test_pop_all_and_start_anew_with_the_same_input(self) -> None:
        model = Sequential([layers.Dense(4, input_shape=[3])])
        model.pop()
        model.add(layers.Dense(2))
        assert model.output_shape == (None, 2)

    def test_layers_leave_the_input_out(self) -> None:
        model = stack()
        assert [type(layer).__name__ for layer in model.layers] == ["Dense", "Dense"]
        model.layers.clear()
        assert len(model.layers) == 2

    def test_weights_in_order(self) -> None:
        model = stack()
        assert [w.shape for w in model.get_weights()] == [(3, 4), (4,), (4, 2), (2,)]
        assert model.count_params() == 26
        weights = [np.full(w.shape, i, np.float32) for i, w in enumerate(model.get_weights())]
        model.set_weights(weights)
        for given, there in zip(weights, model.get_weights(), strict=True):
            np.testing.assert_array_equal(given, there)

    def test_called_with_arrays_and_tensors(self) -> None:
        model = stack()
        out = model(X)
        assert isinstance(out, Tensor)
        np.testing.assert_allclose(out.data, model.predict(X, verbose=0), rtol=1e-6)
        x = Tensor(X)
        model(x).sum().backward()
        assert x.grad.shape == X.shape
        assert all(w.grad is not None for w in model.trainable_weights)

    def test_a_model_in_a_model(self) -> None:
        inner = Sequential([layers.Dense(4, "relu"), layers.Dense(2)])
        model = Sequential([layers.Input(shape=(3,)), inner, layers.Dense(1)])
        assert len(model.weights) == 6
        assert model.predict(X, verbose=0).shape == (12, 1)
        outer = Sequential([stack(), layers.Dense(1)])
        assert outer.built
        assert outer.input_shape == (None, 3)

    def test_names(self) -> None:
        assert Sequential(name="net").name == "net"
        assert stack().get_layer(index=1).output_shape == (None, 2)
        model = Sequential([layers.Dense(1, name="a")])
        assert model.get_layer("a") is model.layers[0]
        with pytest.raises(ValueError, match="has no layer 'b': there are 'a'"):
            model.get_layer("b")
        with pytest.raises(ValueError, match="has 1 layers, and none at 1"):
            model.get_layer(index=1)
        with pytest.raises(ValueError, match="takes the name of a layer or its index"):
            model.get_layer()

    def test_scalars(self) -> None:
        model = Sequential([layers.Dense(1, "tanh", input_shape=[2])])
        values = model.scalars(np.array([[0.5, -1.0]]))
        assert float(values[0, 0]) == pytest.approx(model(np.array([[0.5, -1.0]])).item())

    def test_not_trainable(self) -> None:
        model = stack()
        model.layers[0].trainable = False
        assert len(model.trainable_weights) == 2
        assert len(model.non_trainable_weights) == 2
        before = model.get_weights()
        model.compile("sgd", "mse")
        model.fit(X, X[:, :2], verbose=0)
        after = model.get_weights()
        np.testing.assert_array_equal(before[0], after[0])
        assert (before[2] != after[2]).any()


class TestRefusals:
    def test_what_is_no_layer(self) -> None:
        with pytest.raises(TypeError, match=r"made of layers, and <class .*Dense'> is none: call"):
            Sequential([layers.Dense])
        with pytest.raises(TypeError, match="made of layers, and 3 is none"):
            Sequential([3])
        for wrong in (layers.Dense(1), 3):
            with pytest.raises(TypeError, match="Sequential takes the list of its layers"):
                Sequential(wrong)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match=r"list of its layers, Sequential\(\[\.\.\.\]\)"):
            Sequential(layers.Dense(1), layers.Dense(1))  # type: ignore[arg-type]

    def test_names_twice(self) -> None:
        with pytest.raises(ValueError, match="has a layer 'a' already"):
            Sequential([layers.Dense(1, name="a"), layers.Dense(1, name="a")])

    def test_an_input_too_late(self) -> None:
        with pytest.raises(ValueError, match="an Input comes first, and there is one"):
            stack().add(layers.Input(shape=(3,)))

    def test_nothing_in_it(self) -> None:
        for use in (
            lambda model: model.predict(X, verbose=0),
            lambda model: model.build((None, 3)),
            lambda model: model(X),
        ):
            with pytest.raises(ValueError, match="has no layers yet"):
                use(Sequential())

    def test_built_for_another_size(self) -> None:
        with pytest.raises(ValueError, match=r"takes inputs of the shape \(None, 3\), not"):
            stack().build((None, 4))
        with pytest.raises(ValueError, match="3 features, and this one has 4"):
            stack()(np.ones((2, 4)))

    def test_the_functional_way(self) -> None:
        for arguments, options in [((1, 2), {}), ((), {"inputs": 1, "outputs": 2})]:
            with pytest.raises(TypeError, match="Keras's functional way"):
                Model(*arguments, **options)

    def test_count_params_before_the_size_is_known(self) -> None:
        with pytest.raises(ValueError, match="is not built"):
            Sequential([layers.Dense(1)]).count_params()

    def test_weights_that_do_not_fit(self) -> None:
        with pytest.raises(ValueError, match="has 4 weights, and 1 arrays were given"):
            stack().set_weights([np.ones((3, 4))])
        weights = stack().get_weights()
        weights[0] = weights[0][:2]
        with pytest.raises(ValueError, match=r"\(2, 4\).*\(3, 4\)"):
            stack().set_weights(weights)


class TestSubclass:
    def test_layers_are_found(self) -> None:
        model = Skip()
        assert [layer.name for layer in model.layers] == [
            model.hidden.name, model.drop.name, model.out.name,
        ]  # fmt: skip
        assert not model.built
        assert model.predict(X, verbose=0).shape == (12, 1)
        assert model.built
        assert [w.label for w in model.weights] == ["kernel", "bias"] * 2
        assert model.output_shape == (None, 1)

    def test_training_is_told_to_call(self) -> None:
        nn.utils.set_random_seed(0)
        model = Skip()
        quiet = model(X)
        np.testing.assert_array_equal(quiet.data, model(X).data)
        assert (model(X, training=True).data != quiet.data).any()

    def test_learns(self) -> None:
        nn.utils.set_random_seed(0)
        model = Sized(1)
        model.compile(nn.optimizers.Adam(0.1), "mse")
        y = X @ [1.0, -2.0, 0.5]
        losses = model.fit(X, y, epochs=200, verbose=0).history["loss"]
        assert losses[-1] < 1e-2 * losses[0]

    def test_build(self) -> None:
        model = Skip()
        model.build((None, 3))
        assert model.count_params() == 3 * 3 + 3 + 3 + 1

    def test_without_call(self) -> None:
        class Empty(Model):
            pass

        with pytest.raises(NotImplementedError, match="Empty has no call"):
            Empty()(X)

    def test_without_super_init(self) -> None:
        class Careless(Model):
            def __init__(self) -> None:
                self.out = layers.Dense(1)

        with pytest.raises(AttributeError, match="super"):
            Careless()(X)

    def test_a_loop_of_ones_own(self) -> None:
        nn.utils.set_random_seed(0)
        model = Sized(1)
        y = (X @ [1.0, -2.0, 0.5])[:, None].astype(np.float32)
        model(X)
        optimizer, losses = nn.optimizers.SGD(0.1), []
        for _ in range(50):
            loss = nn.losses.MeanSquaredError()(y, model(X))
            model.zero_grad()
            loss.backward()
            optimizer.step(model.parameters())
            losses.append(loss.item())
        assert losses[-1] < 0.05 * losses[0]

    def test_fit_is_that_loop(self) -> None:
        y = (X @ [1.0, -2.0, 0.5])[:, None].astype(np.float32)
        by_hand, by_fit = Sized(1), Sized(1)
        by_hand(X), by_fit(X)
        by_fit.set_weights(by_hand.get_weights())
        optimizer = nn.optimizers.SGD(0.1)
        for _ in range(5):
            by_hand.zero_grad()
            nn.losses.MeanSquaredError()(y, by_hand(X)).backward()
            optimizer.step(by_hand.parameters())
        by_fit.compile(nn.optimizers.SGD(0.1), "mse")
        by_fit.fit(X, y, epochs=5, batch_size=12, shuffle=False, verbose=0)
        for one, other in zip(by_hand.get_weights(), by_fit.get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)


class TestDescriptions:
    def everything(self) -> Sequential:
        inner = Sequential([layers.Dense(2), layers.Activation("relu")], name="inner")
        return Sequential(
            [
                layers.Input(shape=(3, 1)),
                layers.Flatten(),
                layers.Dense(4, "selu", kernel_initializer="he_normal", kernel_regularizer="l2"),
                layers.BatchNormalization(momentum=0.9),
                layers.Dropout(0.2),
                inner,
                layers.Dense(1, use_bias=False),
            ],
            name="everything",
        )

    def test_config_and_back(self) -> None:
        model = self.everything()
        again = Sequential.from_config(model.get_config())
        assert again.get_config() == model.get_config()
        assert again.name == "everything"
        assert [w.shape for w in again.weights] == [w.shape for w in model.weights]

    def test_json_and_back(self) -> None:
        model = self.everything()
        text = model.to_json(indent=2)
        assert json.loads(text)["class_name"] == "Sequential"
        again = model_from_json(text)
        again.set_weights(model.get_weights())
        x = X[..., None]
        np.testing.assert_array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))

    @pytest.mark.parametrize("text", ["", "[]", "{}", '{"class_name": "Sequential"}'])
    def test_what_is_no_description(self, text: str) -> None:
        with pytest.raises(ValueError, match="this is not what to_json returns"):
            model_from_json(text)

    def test_unbuilt(self) -> None:
        model = Sequential([layers.Dense(3)])
        again = Sequential.from_config(model.get_config())
        assert not again.built
        built = Sequential([layers.Dense(3)])
        built.build((None, 2))
        assert Sequential.from_config(built.get_config()).count_params() == 9

    def test_layers_of_ones_own(self) -> None:
        class Double(layers.Layer):
            def call(self, x: Any) -> Any:
                return 2.0 * x

        model = Sequential([layers.Input(shape=(2,)), Double(), Sequential([Double()])])
        custom = {"Double": Double}
        again = Sequential.from_config(model.get_config(), custom_objects=custom)
        assert again(np.ones((1, 2))).tolist() == [[4.0, 4.0]]
        with pytest.raises(ValueError, match="unknown layer 'Double'"):
            Sequential.from_config(model.get_config())

    def test_models_of_ones_own(self) -> None:
        model = Sized(2, name="two")
        again = model_from_json(model.to_json(), {"Sized": Sized})
        assert (again.out.units, again.name) == (2, "two")
        assert type(Skip.from_config(Skip().get_config())) is Skip
        with pytest.raises(ValueError, match="unknown model 'Sized': give your own classes"):
            model_from_json(model.to_json())

    def test_arguments_that_no_config_tells(self) -> None:
        class Silent(Model):
            def __init__(self, units: int) -> None:
                super().__init__()

        with pytest.raises(TypeError, match="Silent is made with units: give it a method get_conf"):
            Silent(3).to_json()


class TestFiles:
    def test_a_model(self, tmp_path: Path) -> None:
        model = stack()
        model.compile("adam", "mse", metrics=["mae"])
        model.fit(X, X[:, :2], verbose=0)
        model.save(tmp_path / "m.keras")
        again = load_model(tmp_path / "m.keras")
        np.testing.assert_array_equal(again.predict(X, verbose=0), model.predict(X, verbose=0))
        assert again.evaluate(X, X[:, :2], verbose=0) == model.evaluate(X, X[:, :2], verbose=0)

    def test_weights(self, tmp_path: Path) -> None:
        model, other = stack(), stack()
        model.save_weights(tmp_path / "m.weights")
        other.load_weights(tmp_path / "m.weights")
        np.testing.assert_array_equal(other.predict(X, verbose=0), model.predict(X, verbose=0))
        with pytest.raises(FileExistsError):
            model.save_weights(tmp_path / "m.weights", overwrite=False)

    @pytest.mark.parametrize("optimizer", ["adam", "rmsprop", "adagrad", "sgd", "momentum"])
    def test_training_goes_on_to_the_same_numbers(self, optimizer: str, tmp_path: Path) -> None:
        made: Any = optimizer
        if optimizer == "momentum":
            made = nn.optimizers.SGD(0.01, momentum=0.9, nesterov=True)
        model = Sequential(
            [
                layers.Input(shape=(3,)),
                layers.Dense(8, "tanh"),
                layers.BatchNormalization(),
                layers.Dense(1),
            ]
        )
        model.compile(made, "mse")
        y = X.sum(axis=1)
        options: dict[str, Any] = {"batch_size": 5, "shuffle": False, "verbose": 0}
        model.fit(X, y, epochs=3, **options)
        model.save(tmp_path / "m.keras")
        there = model.fit(X, y, epochs=6, initial_epoch=3, **options).history
        again = load_model(tmp_path / "m.keras")
        here = again.fit(X, y, epochs=6, initial_epoch=3, **options).history
        assert here == there  # to the last bit
        for one, other in zip(model.get_weights(), again.get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)
        assert again.optimizer.iterations == model.optimizer.iterations == 18

    def test_with_shuffling_the_generator_has_to_go_on_too(self, tmp_path: Path) -> None:
        model = stack()
        model.compile("adam", "mse")
        model.fit(X, X[:, :2], epochs=2, batch_size=4, verbose=0)
        model.save(tmp_path / "m.keras")
        state = nn.random.generator().bit_generator.state
        there = model.fit(X, X[:, :2], epochs=3, batch_size=4, verbose=0).history
        again = load_model(tmp_path / "m.keras")
        nn.random.generator().bit_generator.state = state
        assert again.fit(X, X[:, :2], epochs=3, batch_size=4, verbose=0).history == there


class TestFreezing:
    def network(self) -> tuple[Sequential, Sequential]:
        base = Sequential([layers.Input(shape=(3,)), layers.Dense(3), layers.BatchNormalization()])
        model = Sequential([base, layers.Dense(1)])
        model.compile("sgd", "mse")
        return base, model

    def test_a_model_freezes_all_its_layers(self) -> None:
        """The running averages too, on which no optimizer has a say."""
        base, model = self.network()
        base.trainable = False
        assert not any(layer.trainable for layer in base.layers)
        before = base.get_weights()
        model.fit(X, X[:, 0], verbose=0)
        for a, b in zip(before, base.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)
        base.trainable = True
        assert all(layer.trainable for layer in base.layers)
        model.fit(X, X[:, 0], verbose=0)
        assert any((a != b).any() for a, b in zip(before, base.get_weights(), strict=True))

    def test_comes_back_from_a_file(self, tmp_path: Path) -> None:
        base, model = self.network()
        base.layers[0].trainable = False
        model.save(tmp_path / "m")
        again = load_model(tmp_path / "m")
        assert [layer.trainable for layer in again.layers[0].layers] == [False, True]
