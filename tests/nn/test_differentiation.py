"""How the gradients of a batch are found, and that `fit` takes any way of finding them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd
import nn
from nn import callbacks, layers
from nn.models import Sequential
from nn.models.data import Batch
from nn.models.differentiation import Differentiated, Eager, as_plain

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 3)).astype(np.float32)
Y = (X @ [[1.0], [-2.0], [0.5]]).astype(np.float32)


class ByHand:
    """The derivative of a line's squared error written out, in buffers that are used again."""

    def __init__(self, kernel: Any, bias: Any) -> None:
        self.parameters = kernel, bias
        line = np.empty(kernel.size + bias.size, np.float32)
        self.gradients = [line[: kernel.size].reshape(kernel.shape), line[kernel.size :]]
        self.room = np.empty((40, 1), np.float32)
        self.batches = 0

    def __call__(self, batch: Batch) -> Differentiated:
        kernel, bias = (parameter.numpy() for parameter in self.parameters)
        predictions = self.room[: len(batch.x)]
        np.matmul(batch.x, kernel, out=predictions)
        predictions += bias
        error = predictions - batch.y
        np.matmul(batch.x.T, error, out=self.gradients[0])
        np.sum(error, axis=0, out=self.gradients[1])
        for gradient in self.gradients:
            gradient *= np.float32(2.0 / len(batch.x))
        self.batches += 1
        return Differentiated(predictions, float(np.mean(error**2)), self.gradients)


class Line(Sequential):
    """A model whose gradients are found by hand."""

    def _differentiation(self, parameters: Any) -> ByHand:
        if not hasattr(self, "found"):
            self.found = ByHand(*parameters)
        return self.found


def line(kind: type[Sequential]) -> Sequential:
    model = kind([layers.Dense(1, input_shape=[3])])
    model.set_weights([np.ones((3, 1)), [0.5]])
    model.compile("adam", "mse", metrics=["mae"], weighted_metrics=["mse"])
    return model


class Keep(callbacks.Callback):
    """Keeps the gradients of every batch."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Any] = []

    def on_gradients(self, batch: int, gradients: Any) -> None:
        self.seen.append([gradient for _, _, gradient in gradients])


@pytest.mark.parametrize("shuffle", [False, True])
def test_a_way_of_ones_own_trains_the_same_model(shuffle: bool) -> None:
    trained = []
    for kind in (Sequential, Line):
        nn.utils.set_random_seed(0)
        model, keep = line(kind), Keep()
        history = model.fit(
            X, Y, batch_size=16, epochs=3, shuffle=shuffle, verbose=0, callbacks=[keep]
        ).history
        trained.append((model, history, keep.seen))
    (eager, expected, theirs), (model, history, seen) = trained
    assert model.found.batches == 9
    assert history.keys() == expected.keys()
    for name, numbers in history.items():
        np.testing.assert_allclose(numbers, expected[name], rtol=1e-5)
    for ours, own in zip(model.get_weights(), eager.get_weights(), strict=True):
        np.testing.assert_allclose(ours, own, rtol=1e-5)
    # what callbacks were given is theirs to keep, whatever became of the buffers
    assert len(seen) == len(theirs) == 9
    for batch, others in zip(seen, theirs, strict=True):
        for ours, own in zip(batch, others, strict=True):
            np.testing.assert_allclose(ours, own, rtol=1e-4, atol=1e-6)


def test_a_single_batch_is_differentiated_the_same_way() -> None:
    model, eager = line(Line), line(Sequential)
    ours = model.train_on_batch(X, Y)
    assert model.found.batches == 1
    np.testing.assert_allclose(ours, eager.train_on_batch(X, Y), rtol=1e-6)


class TestEager:
    def test_the_graph_of_the_batch(self) -> None:
        model = line(Sequential)
        model.predict(X, verbose=0)
        parameters = model.trainable_weights
        found = Eager(model, model._loss_of, parameters)(Batch(X, Y, None))
        prediction = model(X)
        loss = nn.losses.MeanSquaredError()(Y, prediction)
        assert type(found.predictions) is np.ndarray
        np.testing.assert_array_equal(found.predictions, prediction.data)
        assert found.loss == float(loss)
        assert type(found.loss) is float
        expected = autograd.gradients(loss, parameters)
        for gradient, own in zip(found.gradients, expected, strict=True):
            assert type(gradient) is np.ndarray
            np.testing.assert_array_equal(gradient, own)
        assert all(parameter.grad is None for parameter in parameters)

    def test_nothing_to_differentiate_by(self) -> None:
        model = line(Sequential)
        assert Eager(model, model._loss_of, [])(Batch(X, Y, None)).gradients == []

    def test_outputs_as_arrays(self) -> None:
        array = np.ones(3)
        assert as_plain(array) is array
        assert as_plain([1.0]).tolist() == [1.0]
        assert as_plain(autograd.Tensor(array)).tolist() == [1.0, 1.0, 1.0]
