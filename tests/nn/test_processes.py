"""Models, graphs and compiled functions in other processes: forked, spawned, pickled."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
from collections.abc import Callable, Iterator
from multiprocessing.pool import Pool
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import AnomalyError, GradcheckError, Tensor, Value, detect_anomaly, gradcheck
from nn import callbacks, layers, models, regularizers

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")

METHODS = multiprocessing.get_all_start_methods()
LONG = 120  # seconds, after which a worker is taken to hang

X = np.random.default_rng(0).normal(size=(24, 2)).astype("float32")
Y = (X.sum(1, keepdims=True) > 0).astype("float32")
SGD = {"batch_size": 8, "epochs": 2, "shuffle": False, "verbose": 0}


@pytest.fixture(scope="module", params=["fork", "spawn"])
def pool(request: pytest.FixtureRequest) -> Iterator[Pool]:
    """One worker, which stays the same for all tests of a start method."""
    if request.param not in METHODS:
        pytest.skip(f"there is no {request.param} here")
    with multiprocessing.get_context(request.param).Pool(1) as workers:
        yield workers


def there(pool: Pool, work: Callable[..., Any], *given: Any) -> Any:
    """Return what a worker makes of what it is given."""
    return pool.apply_async(work, given).get(LONG)


# --- what is defined where each process can find it -----------------------------------------------


def softened(x: Any) -> Any:
    return x / (1.0 + abs(x))


def absolute_error(y_true: Any, y_pred: Any) -> Any:
    return abs(y_true - y_pred)


class Fourth(regularizers.Regularizer):
    def __call__(self, x: Any) -> Any:
        return 0.01 * (x**4).sum()


class Scale(layers.Layer):
    def build(self, input_shape: Any) -> None:
        self.scale = self.add_weight(name="scale", shape=(1,), initializer="ones")

    def call(self, x: Any) -> Any:
        return x * self.scale


class TwoWays(models.Model):
    """A model with a call of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.left, self.right = layers.Dense(3, activation="tanh"), layers.Dense(3)
        self.last = layers.Dense(1)

    def call(self, x: Any) -> Any:
        return self.last(self.left(x) * self.right(x))


def plain(run_eagerly: bool = False) -> models.Model:
    made = models.Sequential([layers.Dense(4, activation="tanh"), layers.Dense(1)])
    made.compile("adam", "mse", metrics=["mae"], run_eagerly=run_eagerly)
    return made


def of_every_kind() -> models.Model:
    made = models.Sequential([
        layers.Input(shape=(2,)), layers.Dense(4, kernel_regularizer="l2"),
        layers.BatchNormalization(), layers.Dropout(0.4, seed=7), layers.Activation("relu"),
        layers.Flatten(), layers.Dense(1, activation="sigmoid"),
    ])  # fmt: skip
    made.compile(
        nn.optimizers.SGD(nn.optimizers.schedules.ExponentialDecay(0.1, 3, 0.5), momentum=0.9),
        "binary_crossentropy", metrics=["accuracy"],
    )  # fmt: skip
    return made


def with_parts_of_ones_own() -> models.Model:
    made = models.Sequential([
        layers.Dense(4, activation=softened, kernel_regularizer=Fourth()), Scale(), layers.Dense(1),
    ])  # fmt: skip
    made.compile("rmsprop", absolute_error, metrics=[absolute_error])
    return made


def with_a_call_of_its_own() -> models.Model:
    made = TwoWays()
    made.compile("adam", "mse")
    return made


MODELS = {
    "plain": plain, "eagerly": lambda: plain(True), "of every kind": of_every_kind,
    "parts of one's own": with_parts_of_ones_own, "a call of its own": with_a_call_of_its_own,
}  # fmt: skip


def predicted_and_trained(model: Any) -> tuple[Any, Any, Any]:
    """Predict, go on training, and return the model itself."""
    predicted = model.predict(X, verbose=0)
    history = model.fit(X, Y, callbacks=[callbacks.EarlyStopping("loss", patience=5)], **SGD)
    return predicted, history, model


@autograd.compile
def energy(x: Any) -> Any:
    """Return the sum of the fourth powers."""
    return (x**4).sum()


@autograd.vectorize
def distance(x: Any, y: Any) -> Any:
    """Return the square of the distance."""
    return ((x - y) ** 2).sum()


def differentiated(f: Any, at: Any) -> tuple[Any, Any]:
    value, slope = autograd.value_and_grad(f)(at)
    return float(value), slope


def compiled_here(at: Any) -> Any:
    return autograd.compile(lambda x: (x * x).sum()).value_and_grad(at)


def through(root: Any) -> Any:
    """Return a graph after a backward pass through it."""
    root.backward()
    return root


# --- models ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MODELS)
def test_a_model_predicts_the_same_and_goes_on_training_in_the_same_way(
    name: str, pool: Pool
) -> None:
    nn.utils.set_random_seed(3)
    made = MODELS[name]()
    made.fit(X, Y, **SGD)
    expected = made.predict(X, verbose=0)
    predicted, history, back = there(pool, predicted_and_trained, made)
    assert np.array_equal(predicted, expected)
    assert np.array_equal(made.predict(X, verbose=0), expected)  # it stays as it was here
    _, here, _ = predicted_and_trained(made)
    assert history.history == here.history
    assert history.epoch == [0, 1]
    for one, other in zip(back.get_weights(), made.get_weights(), strict=True):
        assert np.array_equal(one, other)
    assert back.optimizer.iterations == made.optimizer.iterations == 12
    again = back.fit(X, Y, **SGD)  # and it goes on here
    assert again.history == made.fit(X, Y, **SGD).history


def test_a_model_that_is_not_built_yet(pool: Pool) -> None:
    predicted, history, back = there(pool, predicted_and_trained, plain())
    assert predicted.shape == (24, 1)
    assert len(history.epoch) == 2
    assert back.predict(X, verbose=0).shape == (24, 1)


def test_a_model_of_values(pool: Pool) -> None:
    net = nn.MLP(2, [3, 1])
    out = net([0.5, -0.25])
    root = there(pool, through, out[0] if isinstance(out, list) else out)
    expected = through(net([0.5, -0.25]))
    assert root.data == expected.data
    leaves = [
        sorted(node.grad for node in autograd.topological_order(each) if not node.operands)
        for each in (root, expected)
    ]
    assert leaves[0] == leaves[1]


@pytest.mark.skipif("fork" not in METHODS, reason="there is no fork here")
def test_what_no_pickle_holds_is_there_in_a_forked_child() -> None:
    nn.utils.set_random_seed(3)
    made = models.Sequential([layers.Dense(3, activation=lambda x: x * x), layers.Dense(1)])
    made.compile("sgd", lambda y_true, y_pred: (y_true - y_pred) ** 2)
    made.fit(X, Y, **SGD)
    square = autograd.compile(lambda x: (x * x).sum())
    x = Tensor([1.0, 2.0])
    root = square(x)
    context = multiprocessing.get_context("fork")
    here, child = context.Pipe()

    def work() -> None:
        root.backward()
        history = made.fit(X, Y, **SGD).history
        child.send((history, made.get_weights(), x.grad, float(square(Tensor([3.0])))))

    process = context.Process(target=work)
    process.start()
    assert here.poll(LONG)
    history, weights, grad, value = here.recv()
    process.join(LONG)
    assert process.exitcode == 0
    assert x.grad is None
    assert history == made.fit(X, Y, **SGD).history
    assert all(map(np.array_equal, weights, made.get_weights()))
    assert (grad.tolist(), value) == ([2.0, 4.0], 9.0)


# --- functions and graphs -------------------------------------------------------------------------


def test_compiled_and_vectorized_functions(pool: Pool) -> None:
    at = np.array([1.0, -2.0])
    energy(at)  # there is a program here, and may be none there
    assert there(pool, energy, at).data == 17.0
    value, slope = there(pool, differentiated, energy, at)
    assert (value, slope.tolist()) == (17.0, [4.0, -32.0])
    found = there(pool, distance, np.eye(3), np.zeros((3, 3)))
    assert found.data.tolist() == [1.0, 1.0, 1.0]
    value, slope = there(pool, compiled_here, at)
    assert (float(value), slope.tolist()) == (5.0, [2.0, -4.0])


def test_graphs_are_differentiated_in_a_worker_and_come_back(pool: Pool) -> None:
    x, t = Value(3.0), Tensor([1.0, 2.0])
    for root, leaf, slope in ((x * x * 2.0, x, 12.0), ((t * t).sum(), t, [2.0, 4.0])):
        back = there(pool, through, root)
        (found,) = {node for node in autograd.topological_order(back) if not node.operands
                    and np.array_equal(node.data, leaf.data)}  # fmt: skip
        assert np.array_equal(found.grad, slope)
        assert back.data == root.data
        assert leaf.grad is None


def test_the_result_of_a_compiled_function_is_given_without_its_graph(pool: Pool) -> None:
    root = energy(Tensor([1.0, 2.0]))
    with pytest.raises(TypeError, match=r"use \.detach\(\)"):
        there(pool, through, root)
    assert there(pool, abs, root.detach()).data == 17.0


def no_module_has_it() -> Any:
    def inside(x: Any) -> Any:
        return x * x

    return autograd.compile(inside)


class Square:
    def of(self, x: Any) -> Any:
        return x * x


renamed = autograd.compile(softened)


@pytest.mark.parametrize(
    "make",
    [
        lambda: autograd.compile(lambda x: x * x), no_module_has_it,
        lambda: autograd.compile(Square().of), lambda: autograd.vectorize(lambda x: x * x),
        lambda: renamed,
    ],
    ids=["lambda", "inside", "method", "vectorized", "renamed"],
)  # fmt: skip
def test_a_compiled_function_that_no_other_process_can_find(make: Any, pool: Pool) -> None:
    compiled = make()
    for call in (lambda: pickle.dumps(compiled), lambda: there(pool, through, compiled)):
        with pytest.raises(TypeError, match=r"the compiled .* is pickled by its name") as caught:
            call()
        assert "compile in each process" in str(caught.value)
    assert copy.copy(compiled) is copy.deepcopy(compiled) is compiled
    assert there(pool, abs, -1) == 1  # the pool works on


# --- errors on their way back ---------------------------------------------------------------------


def meets_an_anomaly() -> None:
    with detect_anomaly():
        autograd.log(Value(0.0, label="x") * 1.0)


def is_wrong(x: Any) -> Any:
    return autograd.primitive(partials=lambda m, out, x: 3.0 * x, name="wrong_square_there")(
        lambda m, x: x * x
    )(x)


def fails_its_check() -> None:
    gradcheck(is_wrong, [2.0])


def has_no_such_shape() -> None:
    plain().fit(X, Y[:5], **SGD)


def loads_nothing() -> None:
    models.load_model("no such.keras")


@pytest.mark.parametrize(
    ("work", "kind", "message"),
    [
        (meets_an_anomaly, AnomalyError, "log"),
        (fails_its_check, GradcheckError, "derivatives of order 1 differ"),
        (has_no_such_shape, ValueError, "24"),
        (loads_nothing, FileNotFoundError, "no such.keras"),
    ],
)
def test_an_error_comes_back_as_what_it_is(
    work: Callable[[], None], kind: type[Exception], message: str, pool: Pool
) -> None:
    with pytest.raises(kind, match=message) as caught:
        there(pool, work)
    assert type(caught.value) is kind
    assert there(pool, abs, -1) == 1
