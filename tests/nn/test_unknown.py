"""What nn does not have: every message names what was asked for and what to write."""

from __future__ import annotations

import copy
import inspect
import pickle
from typing import Any

import pytest

import nn
from nn import callbacks, datasets, layers, losses, metrics, models, optimizers, utils
from nn.unknown import lacking, refuse_arguments


@pytest.mark.parametrize(
    ("module", "name", "message"),
    [
        (layers, "ReLU", r'nn\.layers has no \'ReLU\': use Activation\("relu"\)'),
        (layers, "Softmax", r'use Activation\("softmax"\)'),
        (layers, "LeakyReLU", r'use Activation\("leaky_relu"\)'),
        (layers, "Conv2D", r"nn\.layers has no 'Conv2D': there are Activation, BatchNormaliz"),
        (layers, "Dnese", "did you mean 'Dense'"),
        (layers, "batchNormalization", "did you mean 'BatchNormalization'"),
        (optimizers, "adam", "did you mean 'Adam'"),
        (optimizers, "Adadelta", "there are SGD, Adagrad, Adam, AdamW, Optimizer, RMSprop$"),
        (optimizers, "legacy", r"use the optimizers of nn\.optimizers"),
        (losses, "mse", r"nn\.losses has no 'mse': use mean_squared_error"),
        (losses, "BCE", "use binary_crossentropy"),
        (losses, "MeanSquareError", "did you mean 'MeanSquaredError'"),
        (metrics, "Precision", "there are Accuracy, "),
        (callbacks, "EarlyStoping", "did you mean 'EarlyStopping'"),
        (models, "Sequental", "did you mean 'Sequential'"),
        (models, "clone_model", r"use model\.from_config\(model\.get_config\(\)\)"),
        (datasets, "cifar10", "nn.datasets has no 'cifar10': there are mnist"),
        (utils, "np_utils", r"use nn\.utils\.to_categorical"),
        (utils, "plot_model", r"use model\.summary\(\)"),
        (nn, "sequential", "nn has no 'sequential': did you mean 'Sequential'"),
        (nn, "ops", "use numpy"),
    ],
)
def test_names_that_are_not_there(module: Any, name: str, message: str) -> None:
    with pytest.raises(AttributeError, match=message):
        getattr(module, name)


def test_only_existing_names_are_recommended() -> None:
    with pytest.raises(AttributeError) as caught:
        _ = layers.Nothing
    for name in str(caught.value).partition("there are ")[2].split(", "):
        assert hasattr(layers, name)


@pytest.mark.parametrize("module", [nn, layers, optimizers, metrics, callbacks, models, utils])
def test_python_may_still_ask(module: Any) -> None:
    assert not hasattr(module, "__wrapped__")
    assert not hasattr(module, "nothing")
    assert inspect.getmembers(module)
    with pytest.raises(ImportError, match="cannot import name 'nothing'"):
        exec(f"from {module.__name__} import nothing")


def test_a_module_without_names_of_the_kind() -> None:
    with pytest.raises(AttributeError, match="'Images': there are mnist"):
        lacking("nn.datasets")("Images")


class TestArguments:
    def test_none_left_over(self) -> None:
        assert refuse_arguments(layers.Dense, {}) is None
        assert layers.Dense(3).units == 3

    @pytest.mark.parametrize(
        ("make", "message"),
        [
            (
                lambda: optimizers.SGD(lr=0.1),
                r"SGD has no argument 'lr' \(=0.1\): use learning_rate",
            ),
            (lambda: optimizers.Adam(0.1, decay=1e-3), r"'decay' \(=0.001\): use a schedule"),
            (lambda: optimizers.Adam(learningrate=1), "did you mean 'learning_rate'"),
            (lambda: optimizers.SGD(momentun=1), "did you mean 'momentum'"),
            (lambda: optimizers.Adam(clip_norm=1.0), "did you mean 'clipnorm'"),
            (lambda: layers.Dense(3, inputshape=[3]), "Dense has no argument 'inputshape'.*'input"),
            (lambda: layers.Dense(3, activatoin="relu"), "did you mean 'activation'"),
            (lambda: layers.Dense(3, colour=1), r"\(=1\): there are units, activation, .*, name"),
            (lambda: layers.Dense(3, kernel_constraint=None), "use kernel_regularizer"),
            (lambda: layers.Dropout(0.5, training=True), "Dropout has no argument 'training'"),
            (lambda: layers.BatchNormalization(eps=1), "did you mean 'epsilon'|there are axis"),
            (lambda: nn.Model(nmae="a"), "did you mean 'name'"),
        ],
    )
    def test_that_a_class_does_not_take(self, make: Any, message: str) -> None:
        with pytest.raises(TypeError, match=message):
            make()


class TestOldNames:
    """Setting what is not there would do nothing, and say nothing."""

    def test_lr(self) -> None:
        sgd = optimizers.SGD(0.5)
        with pytest.raises(AttributeError, match="SGD has no lr: use learning_rate"):
            _ = sgd.lr
        with pytest.raises(AttributeError, match=r"no lr to set to 0\.1: set learning_rate"):
            sgd.lr = 0.1
        assert sgd.learning_rate == 0.5
        assert copy.deepcopy(sgd).learning_rate == 0.5

    @pytest.mark.parametrize("name", ["predict_classes", "predict_proba", "fit_generator"])
    def test_methods(self, name: str) -> None:
        model = nn.Sequential([layers.Dense(1, input_shape=[1])])
        method = name.partition("_")[0]
        with pytest.raises(AttributeError, match=f"no attribute '{name}': use {method}"):
            getattr(model, name)

    def test_a_traceback_can_find_the_nearest_attribute(self) -> None:
        model = nn.Sequential([layers.Dense(1, input_shape=[1])])
        with pytest.raises(AttributeError) as caught:
            _ = model.weight
        assert (caught.value.name, caught.value.obj) == ("weight", model)
        assert pickle.loads(pickle.dumps(model)).count_params() == 2
