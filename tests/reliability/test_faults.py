"""An exception in a function of the user's: it arrives as it is, and all is usable afterwards."""

from __future__ import annotations

import gc
import signal
import traceback
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor, Value, contexts, gradcheck, graph, primitive, vectorize
from nn import callbacks, initializers, layers, losses, metrics, models, optimizers, regularizers
from nn.optimizers import schedules


class UserError(Exception):
    """The user's own."""


def surroundings() -> tuple[Any, ...]:
    """What a call may change for its time, and has to put back."""
    return (
        contexts.special, contexts.watched, contexts.recording(), contexts.detecting_anomaly(),
        contexts.carrying_tangents(), autograd.default_dtype(), nn.config.floatx(),
        gc.isenabled(), signal.getsignal(signal.SIGINT), np.geterr(), list(callbacks.writers),
        graph._scratch._is_owned(),
    )  # fmt: skip


@pytest.fixture(autouse=True)
def nothing_is_left_changed() -> Iterator[None]:
    before = surroundings()
    yield
    assert surroundings() == before


def fails_in_user_code(*args, **kwargs):
    raise UserError("of the user")


def names_the_user(error):
    """Tell whether the traceback shows the user's function."""
    return any(f.name == "fails_in_user_code" for f in traceback.extract_tb(error.__traceback__))


def assert_as_before():
    assert (contexts.special, contexts.watched) == (0, 0)
    assert contexts.recording()
    assert not graph._scratch._is_owned()
    x = Value(3.0)
    (x * x).backward()
    assert x.grad == 6.0


def test_hook() -> None:
    x, t = Value(2.0), Tensor([1.0, 2.0])
    for leaf, root in ((x, x * x), (t, (t * t).sum())):
        with leaf.register_hook(fails_in_user_code), pytest.raises(UserError) as caught:
            root.backward()
        assert names_the_user(caught.value)
        assert leaf.grad is None
        assert root.grad is None
        root.backward()
        assert np.all(leaf.grad == 2.0 * leaf.data)
    assert_as_before()


@pytest.mark.parametrize("where", ["value", "partial"])
def test_primitive(where) -> None:
    failing = [True]

    def value(m, x):
        return fails_in_user_code() if failing and where == "value" else x * x

    def partial(m, out, x):
        return fails_in_user_code() if failing and where == "partial" else 2.0 * x

    square = primitive(partials=partial, name=f"faulty_square_{where}")(value)
    for x in (Value(3.0), Tensor([3.0])):
        with pytest.raises(UserError) as caught:
            square(x).sum().backward() if isinstance(x, Tensor) else square(x).backward()
        assert names_the_user(caught.value)
        assert x.grad is None
    assert_as_before()
    failing.clear()
    x = Value(3.0)
    square(x).backward()
    assert x.grad == 6.0


X = np.random.default_rng(0).normal(size=(24, 2)).astype("float32")
Y = (X.sum(1, keepdims=True) > 0).astype("float32")


class Faulty(layers.Layer):
    failing = False

    def call(self, x):
        return fails_in_user_code() if self.failing else x * 1.0


def model(run_eagerly, loss="mse", metrics=None):
    nn.utils.set_random_seed(1)
    made = models.Sequential(
        [layers.Input(shape=(2,)), layers.Dense(4, "tanh"), Faulty(), layers.Dense(1)]
    )
    made.compile("adam", loss, metrics=metrics, run_eagerly=run_eagerly)
    return made


def assert_usable(made):
    """The weights are finite, and training goes on."""
    assert_as_before()
    assert callbacks.writers == []
    history = made.fit(X, Y, epochs=2, batch_size=8, verbose=0)
    assert len(history.epoch) == 2
    assert np.isfinite(history.history["loss"]).all()


METHODS = [name for name in dir(callbacks.Callback) if name.startswith("on_")]


@pytest.mark.parametrize("name", [*METHODS, "on_gradients"])
@pytest.mark.parametrize("verbose", [0, 1])
def test_each_method_of_a_callback(name, verbose, capsys) -> None:
    made = model(False)
    faulty = type("Faulty", (callbacks.Callback,), {name: fails_in_user_code})()
    options = {"batch_size": 8, "verbose": verbose, "callbacks": [faulty]}
    with pytest.raises(UserError) as caught:  # noqa: PT012 - one of two calls
        if "predict" in name:
            made.predict(X, **options)
        else:
            made.fit(X, Y, validation_split=0.25, **options)
    assert names_the_user(caught.value)
    assert_usable(made)


@pytest.mark.parametrize("run_eagerly", [False, True])
@pytest.mark.parametrize("what", ["loss", "metric", "layer", "second batch"])
def test_what_a_model_is_made_of(what, run_eagerly) -> None:
    failing: list[bool] = []
    calls: list[int] = []

    def loss(y_true, y_pred):
        calls.append(1)
        if failing and (what == "loss" or (what == "second batch" and len(calls) > 1)):
            fails_in_user_code()
        return (y_true - y_pred) ** 2

    def metric(y_true, y_pred):
        return fails_in_user_code() if failing and what == "metric" else (y_true - y_pred) ** 2

    made = model(run_eagerly, loss, [metric])
    failing.append(True)
    made.layers[1].failing = what == "layer"
    given = [X[:8], Y[:8]] if what != "second batch" else [X[:13], Y[:13]]
    with pytest.raises(UserError) as caught:
        made.fit(*given, batch_size=8, verbose=0)
    assert names_the_user(caught.value)
    failing.clear()
    made.layers[1].failing = False
    assert_usable(made)


# --- errors of any kind, wherever a function of the user's is called ------------------------------

KINDS = [
    Exception, ValueError, TypeError, AttributeError, KeyError, IndexError, ZeroDivisionError,
    OverflowError, RecursionError, NotImplementedError, MemoryError, OSError, BaseException,
]  # fmt: skip
"""What the engine itself catches somewhere is among them: of the user's it must not be caught."""
FEW = [Exception, ValueError, TypeError, AttributeError, RecursionError, BaseException]

failing: list[type[BaseException]] = []


def fails_when_told() -> None:
    if failing:
        fails_in_user_code_with(failing[0])


def fails_in_user_code_with(kind: type[BaseException]) -> None:
    raise kind("of the user")


def assert_arrives(
    call: Callable[[], Any],
    works: Callable[[], Any],
    kinds: Sequence[type[BaseException]] = KINDS,
) -> None:
    """An error of each kind comes through as it is, and the same thing works afterwards."""
    for base in kinds:
        kind = type("OfTheUser", (base,), {})
        failing[:] = [kind]
        before = surroundings()
        try:
            with pytest.raises(BaseException, match="of the user") as caught:
                call()
        finally:
            failing.clear()
        assert type(caught.value) is kind
        assert "in fails_in_user_code_with" in "".join(traceback.format_exception(caught.value))
        assert surroundings() == before
        assert works()


def cube(x: Any) -> Any:
    y = x * x
    fails_when_told()
    return y * x


def sum_of_cubes(x: Any) -> Any:
    return cube(x).sum()


AT = np.array([1.0, -2.0])
SLOPE = 3.0 * AT**2
same = np.array_equal

TRANSFORMS: dict[str, Callable[[], bool]] = {
    "grad": lambda: same(autograd.grad(sum_of_cubes)(AT), SLOPE),
    "grad of a number": lambda: autograd.grad(cube)(3.0) == 27.0,
    "grad of grad": lambda: autograd.grad(autograd.grad(cube))(3.0) == 18.0,
    "value_and_grad": lambda: same(autograd.value_and_grad(sum_of_cubes)(AT)[1], SLOPE),
    "vjp": lambda: same(autograd.vjp(cube, AT)[1](np.ones(2))[0], SLOPE),
    "jvp": lambda: same(autograd.jvp(cube, (AT,), (np.ones(2),))[1], SLOPE),
    "jacobian": lambda: same(autograd.jacobian(cube)(AT), np.diag(SLOPE)),
    "hessian": lambda: same(autograd.hessian(sum_of_cubes)(AT), np.diag(6.0 * AT)),
    "gradcheck": lambda: gradcheck(sum_of_cubes, [AT]),
    "no_grad": lambda: float(autograd.no_grad()(cube)(Value(2.0))) == 8.0,
    "detect_anomaly": lambda: float(autograd.detect_anomaly()(cube)(Value(2.0))) == 8.0,
    "vectorize": lambda: same(vectorize(cube)(AT).data, AT**3),
    "compile": lambda: float(autograd.compile(cube)(Value(2.0))) == 8.0,
}


@pytest.mark.parametrize("name", TRANSFORMS)
def test_a_function_that_is_transformed(name: str) -> None:
    assert_arrives(TRANSFORMS[name], TRANSFORMS[name])


def differentiates(compiled: Any, at: Any) -> bool:
    x = Tensor(at)
    compiled(x).backward()
    value, slope = compiled.value_and_grad(at)
    return same(x.grad, 3.0 * at**2) and same(slope, x.grad) and np.isclose(value, (at**3).sum())


@pytest.mark.parametrize("recorded", [False, True], ids=["never recorded", "recorded before"])
@pytest.mark.parametrize("way", ["call", "value_and_grad"])
def test_a_compiled_function_at_its_first_and_at_a_later_recording(
    recorded: bool, way: str
) -> None:
    length = 2
    compiled = autograd.compile(sum_of_cubes)
    if recorded:
        compiled(Tensor(AT))

    def call() -> None:
        nonlocal length, compiled
        length += 1  # for which there is no program yet
        if not recorded:
            compiled = autograd.compile(sum_of_cubes)
        at = np.arange(float(length))
        compiled(Tensor(at)) if way == "call" else compiled.value_and_grad(at)

    assert_arrives(call, lambda: differentiates(compiled, AT))
    assert differentiates(compiled, np.arange(float(length)))


def test_a_vectorized_function_at_a_later_recording() -> None:
    rows, length = vectorize(cube), 2
    rows(AT)

    def call() -> None:
        nonlocal length
        length += 1
        rows(np.ones((4, length)))

    assert_arrives(call, lambda: same(rows(AT).data, AT**3))
    assert same(rows(np.full((4, length), 2.0)).data, np.full((4, length), 8.0))


@pytest.mark.parametrize("place", ["leaf", "middle", "root"])
@pytest.mark.parametrize("way", ["backward", "gradients", "create_graph"])
@pytest.mark.parametrize("make", [Value, lambda x: Tensor([x, x])], ids=["Value", "Tensor"])
def test_a_hook_of_any_node(place: str, way: str, make: Any) -> None:
    made: dict[str, Any] = {}

    def call() -> None:
        leaf = make(3.0)
        middle = leaf * leaf
        root = middle * 1.0 if isinstance(leaf, Value) else middle.sum()
        made.update(leaf=leaf, middle=middle, root=root)
        made[place].register_hook(lambda gradient: fails_when_told())
        if way == "backward":
            root.backward()
        else:
            autograd.gradients(root, [leaf], create_graph=way == "create_graph")

    def works() -> bool:
        assert [made[name].grad for name in ("leaf", "middle", "root")] == [None] * 3
        made["root"].backward()
        return bool(np.all(made["leaf"].grad == 6.0))

    assert_arrives(call, works)


def test_a_hook_of_the_leaf_of_a_compiled_function() -> None:
    compiled, x = autograd.compile(sum_of_cubes), Tensor(AT)
    x.register_hook(lambda gradient: fails_when_told())

    def works() -> bool:
        assert x.grad is None
        compiled(x).backward()
        found, x.grad = x.grad, None
        return same(found, SLOPE)

    assert works()
    assert_arrives(lambda: compiled(x).backward(), works)


# --- and in a model -------------------------------------------------------------------------------


def activation(x: Any) -> Any:
    fails_when_told()
    return x * x


def ones(shape: Any, dtype: Any = None) -> Any:
    fails_when_told()
    return np.ones(shape)


def sum_of_squares(weights: Any) -> Any:
    fails_when_told()
    return (weights * weights).sum()


def square_error(y_true: Any, y_pred: Any) -> Any:
    fails_when_told()
    return (y_true - y_pred) ** 2


class Ones(initializers.Initializer):
    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        return ones(shape)


class SumOfSquares(regularizers.Regularizer):
    def __call__(self, x: Any) -> Any:
        return sum_of_squares(x)


class SquareError(losses.Loss):
    def call(self, y_true: Any, y_pred: Any) -> Any:
        return square_error(y_true, y_pred)


class Latest(metrics.Metric):
    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        self.latest = square_error(y_true, y_pred).mean()

    def result(self) -> float:
        return float(self.latest)

    def reset_state(self) -> None:
        self.latest = 0.0


class Result(Latest):
    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        self.latest = 0.0

    def result(self) -> float:
        fails_when_told()
        return 0.0


class Step(schedules.LearningRateSchedule):
    def __call__(self, step: int) -> float:
        fails_when_told()
        return 0.01


class Called(layers.Layer):
    def call(self, x: Any) -> Any:
        fails_when_told()
        return x * 1.0


class Built(layers.Layer):
    def build(self, input_shape: Any) -> None:
        fails_when_told()

    def call(self, x: Any) -> Any:
        return x * 1.0


def put_together(
    run_eagerly: bool,
    dense: dict[str, Any] | None = None,
    layer: Callable[[], layers.Layer] = Called,
    optimizer: Any = "sgd",
    loss: Any = "mse",
    metric: Any = "mae",
) -> models.Sequential:
    nn.utils.set_random_seed(1)
    made = models.Sequential([layers.Dense(3, **(dense or {})), layer(), layers.Dense(1)])
    made.compile(optimizer, loss, metrics=[metric], run_eagerly=run_eagerly)
    return made


def trains(made: models.Sequential, like: models.Sequential) -> bool:
    """Training goes on as in a model of the same weights in which nothing has failed."""
    made.fit(X, Y, batch_size=8, verbose=0)
    like.build((None, 2))
    like.set_weights(made.get_weights())
    for model in (made, like):
        history = model.fit(X, Y, epochs=2, batch_size=8, shuffle=False, verbose=0)
        assert np.isfinite(history.history["loss"]).all()
    pairs = zip(made.get_weights(), like.get_weights(), strict=True)
    return all(np.allclose(one, other, rtol=1e-5, atol=1e-7) for one, other in pairs)


PARTS: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "activation": ({"dense": {"activation": activation}}, ("fit", "evaluate", "predict")),
    "layer": ({"layer": Called}, ("fit", "evaluate", "predict")),
    "build": ({"layer": Built}, ("new",)),
    "initializer": ({"dense": {"kernel_initializer": ones}}, ("new",)),
    "Initializer": ({"dense": {"bias_initializer": Ones()}}, ("new",)),
    "regularizer": ({"dense": {"kernel_regularizer": sum_of_squares}}, ("fit", "evaluate")),
    "Regularizer": ({"dense": {"bias_regularizer": SumOfSquares()}}, ("fit", "evaluate")),
    "schedule": ({"optimizer": lambda: optimizers.SGD(Step())}, ("fit",)),
    "loss": ({"loss": square_error}, ("fit", "evaluate")),
    "Loss": ({"loss": SquareError()}, ("fit", "evaluate")),
    "metric": ({"metric": square_error}, ("fit", "evaluate")),
    "Metric": ({"metric": Latest()}, ("fit", "evaluate")),
    "result": ({"metric": Result()}, ("fit", "evaluate")),
}
"""A part of a model that is the user's, and in what it is called."""


@pytest.mark.parametrize("run_eagerly", [False, True], ids=["compiled", "eagerly"])
@pytest.mark.parametrize("part", PARTS)
def test_each_part_of_a_model(part: str, run_eagerly: bool) -> None:
    given, ways = PARTS[part]
    made: list[models.Sequential] = []

    def anew() -> models.Sequential:
        options = {name: v() if name == "optimizer" else v for name, v in given.items()}
        return put_together(run_eagerly, **options)

    def call(way: str) -> None:
        told = failing.copy()
        failing.clear()
        made[:] = [anew()]
        if way == "later":  # a batch of another size is another program
            made[0].fit(X, Y, batch_size=8, verbose=0)
        elif way != "new":
            made[0].build((None, 2))
        failing[:] = told
        if way == "evaluate":
            made[0].evaluate(X, Y, verbose=0)
        elif way == "predict":
            made[0].predict(X, verbose=0)
        else:
            made[0].fit(X[:11], Y[:11], batch_size=11, verbose=0)

    for way in (*ways, "later") if "fit" in ways else ways:
        assert_arrives(lambda way=way: call(way), lambda: trains(made[0], anew()), FEW)


@pytest.mark.parametrize("run_eagerly", [False, True], ids=["compiled", "eagerly"])
def test_a_hook_of_a_weight(run_eagerly: bool) -> None:
    made = put_together(run_eagerly)
    made.fit(X, Y, verbose=0)  # by a program, which knows nothing of hooks
    seen: list[Any] = []
    kernel = made.layers[0].kernel
    with kernel.register_hook(lambda gradient: fails_when_told() or seen.append(gradient)):
        before = kernel.numpy().copy()
        assert_arrives(
            lambda: made.fit(X, Y, verbose=0),
            lambda: trains(made, put_together(run_eagerly)),
            FEW,
        )
        assert seen
        assert not np.array_equal(kernel.numpy(), before)
    seen.clear()
    assert trains(made, put_together(run_eagerly))
    assert seen == []


def test_a_schedule_of_a_callback() -> None:
    made = put_together(False)

    def rate(epoch: int, rate: float) -> float:
        fails_when_told()
        return rate

    scheduler = callbacks.LearningRateScheduler(rate)
    assert_arrives(
        lambda: made.fit(X, Y, verbose=0, callbacks=[scheduler]),
        lambda: trains(made, put_together(False)),
        FEW,
    )


# --- data -----------------------------------------------------------------------------------------


class Rows(Sequence):  # type: ignore[type-arg]
    """A sequence that numpy reads row by row."""

    def __init__(self, rows: Any) -> None:
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, row: Any) -> Any:
        if row == 5:
            fails_when_told()
        return self.rows[row]


class Frame:
    """What says itself how it is made an array."""

    def __init__(self, rows: Any) -> None:
        self.rows = rows

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        fails_when_told()
        return np.asarray(self.rows, dtype)


@pytest.mark.parametrize("name", ["x", "y", "sample_weight"])
def test_data_that_become_an_array(name: str) -> None:
    made = put_together(False)
    made.build((None, 2))
    given = {"x": X, "y": Y, "sample_weight": np.ones(24)}
    given[name] = Frame(given[name])
    before = made.get_weights()

    def untouched() -> bool:
        return all(map(np.array_equal, made.get_weights(), before))

    assert_arrives(lambda: made.fit(**given, verbose=0), untouched)
    if name == "x":
        assert_arrives(lambda: made.predict(given["x"], verbose=0), untouched)
    assert trains(made, put_together(False))
    assert len(made.fit(**given, verbose=0).epoch) == 1


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind is not BaseException])
def test_validation_data_that_become_an_array(kind: type[Exception]) -> None:
    made = put_together(False)
    failing[:] = [type("OfTheUser", (kind,), {})]
    with pytest.raises(kind, match="of the user") as caught:
        made.fit(X, Y, validation_data=(Frame(X), Y), verbose=0)
    failing.clear()
    # it may say beforehand which data they were
    assert "in fails_in_user_code_with" in "".join(traceback.format_exception(caught.value))
    assert trains(made, put_together(False))


def test_what_a_tensor_is_made_of() -> None:
    # IndexError ends a sequence, KeyError tells numpy that it is none, and a MemoryError is of
    # any size that was asked for
    kinds = [kind for kind in KINDS if kind not in (IndexError, KeyError, MemoryError)]
    for make in (Rows, Frame):
        assert_arrives(
            lambda make=make: Tensor(make(X)),
            lambda make=make: same(Tensor(make(X)).data, X),
            kinds,
        )


def rows_of(data: Any) -> Iterator[Any]:
    for row in data:
        fails_when_told()
        yield row


def test_a_generator_is_no_data_and_none_of_it_is_taken() -> None:
    made, given = put_together(False), rows_of(X)
    for call in (lambda: made.fit(given, Y, verbose=0), lambda: made.predict(given, verbose=0)):
        with pytest.raises(TypeError, match="x is an array, a list"):
            call()
    assert len(list(given)) == len(X)
    assert_arrives(
        lambda: made.fit(list(rows_of(X)), Y, verbose=0),
        lambda: trains(made, put_together(False)),
        FEW,
    )
