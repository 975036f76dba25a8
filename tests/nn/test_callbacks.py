"""Callbacks, driven by a stand-in for a model; decisions against those of Keras 3.15.1."""

from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from nn.callbacks import (
    Callback,
    CallbackList,
    CSVLogger,
    EarlyStopping,
    GradientMonitor,
    History,
    LambdaCallback,
    LearningRateScheduler,
    ModelCheckpoint,
    ReduceLROnPlateau,
    TerminateOnNaN,
)

NAN = math.nan


class Model:
    """Its one weight is the number of the epoch."""

    def __init__(self) -> None:
        self.stop_training = False
        self.optimizer = SimpleNamespace(learning_rate=1.0)
        self.history: Any = None
        self.weight = np.zeros(1)
        self.saved: list[str] = []

    def get_weights(self) -> list[Any]:
        return [self.weight]  # not a copy

    def set_weights(self, weights: list[Any]) -> None:
        self.weight = np.array(weights[0])

    def save(self, path: str) -> None:
        self.saved.append(path)

    def save_weights(self, path: str) -> None:
        self.saved.append("weights:" + path)


def run(callback: Callback, losses: list[float], key: str = "val_loss") -> tuple[Model, History]:
    """Train for as many epochs as there are losses, or fewer if the callback stops it."""
    model = Model()
    callbacks = CallbackList(callback, add_history=True, model=model, epochs=len(losses))
    callbacks.on_train_begin()
    for epoch, loss in enumerate(losses):
        callbacks.on_epoch_begin(epoch)
        for batch in range(3):
            callbacks.on_train_batch_end(batch, {"loss": loss})
        model.weight[:] = epoch
        callbacks.on_epoch_end(epoch, {key: loss})
        if model.stop_training:
            break
    callbacks.on_train_end()
    return model, model.history


# --- the list -----------------------------------------------------------------------------------


def test_what_one_callback_logs_the_next_sees() -> None:
    class Add(Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            logs["twice"] = 2 * logs["loss"]

    callbacks = CallbackList([Add()], add_history=True)
    callbacks.on_epoch_end(0, {"loss": 2.0})
    callbacks.on_epoch_end(epoch=1, logs={"loss": 3.0})
    assert callbacks.history is not None
    assert callbacks.history.history == {"loss": [2.0, 3.0], "twice": [4.0, 6.0]}


def test_every_method_reaches_every_callback() -> None:
    called: list[str] = []

    class Record(Callback):
        pass

    hooks = [name for name in dir(Callback) if name.startswith("on_")]
    assert len(hooks) == 14
    for name in hooks:
        setattr(Record, name, lambda self, *args, name=name: called.append(name))
    callbacks = CallbackList([Record(), [Record()]], model=Model(), verbose=0)
    for name in hooks:
        getattr(callbacks, name)(*[0] * ("epoch" in name or "batch" in name))
    assert called == [name for name in hooks for _ in range(2)]
    assert all(c.params == {"verbose": 0} for c in callbacks.callbacks)
    assert all(c.model is callbacks.model for c in callbacks.callbacks)


def test_a_history_among_them_is_used() -> None:
    mine = History()
    callbacks = CallbackList([mine], add_history=True, model=(model := Model()))
    assert callbacks.callbacks == [mine]
    assert model.history is mine


@pytest.mark.parametrize(
    ("callbacks", "message"),
    [
        ([EarlyStopping], r"callbacks has the class EarlyStopping: write EarlyStopping\(...\)"),
        ("early", "callbacks is a list of nn.callbacks.Callback, not 'early'"),
        ([print], "callbacks is a list of nn.callbacks.Callback, not <built-in"),
    ],
)
def test_what_is_no_callback(callbacks: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        CallbackList(callbacks)


def test_lambda_callback() -> None:
    seen = []
    run(LambdaCallback(on_epoch_end=lambda e, logs: seen.append((e, logs["val_loss"]))), [3.0, 2.0])
    assert seen == [(0, 3.0), (1, 2.0)]
    with pytest.raises(TypeError, match=r"no method on_epoch_ends: did you mean on_epoch_end\?"):
        LambdaCallback(on_epoch_ends=print)


def test_history() -> None:
    _, history = run(Callback(), [3.0, 2.0], "loss")
    assert history.history == {"loss": [3.0, 2.0]}
    assert history.epoch == [0, 1]
    assert history.params == {"epochs": 2}
    assert repr(history) == "<History of 2 epochs: loss>"


# --- EarlyStopping ------------------------------------------------------------------------------

SERIES: list[list[float]] = [
    [5, 4, 3, 2, 1, 1, 1, 1], [1, 2, 3, 4, 5, 6], [3, 2, 2.5, 1.9, 2, 2, 2, 2], [NAN] * 6,
    [1, NAN, NAN, NAN], [5, 4.9, 4.8, 4.7, 4.6, 4.5],
]  # fmt: skip
ARGUMENTS: list[dict[str, Any]] = [
    {}, {"patience": 1}, {"patience": 2, "restore_best_weights": True},
    {"patience": 2, "min_delta": 0.15}, {"patience": 2, "baseline": 2.2},
    {"patience": 2, "start_from_epoch": 2, "restore_best_weights": True},
]  # fmt: skip
# epochs run, epoch whose weights were restored, best_epoch, stopped_epoch
STOPPED = [
    (6, None, 4, 5), (6, None, 4, 5), (7, 4, 4, 6), (7, None, 4, 6), (7, None, 4, 6), (7, 4, 4, 6),
    (2, None, 0, 1), (2, None, 0, 1), (3, 0, 0, 2), (3, None, 0, 2), (3, None, 0, 2), (5, 2, 2, 4),
    (3, None, 1, 2), (3, None, 1, 2), (6, 3, 3, 5), (4, None, 1, 3), (6, None, 3, 5), (6, 3, 3, 5),
    (2, None, 0, 1), (2, None, 0, 1), (3, 0, 0, 2), (3, None, 0, 2), (2, None, 0, 1), (5, 2, 2, 4),
    (2, None, 0, 1), (2, None, 0, 1), (3, 0, 0, 2), (3, None, 0, 2), (3, None, 0, 2), (4, 2, 2, 0),
    (6, None, 5, 0), (6, None, 5, 0), (6, 5, 5, 0), (6, None, 4, 0), (6, None, 5, 0), (6, 5, 5, 0),
]  # fmt: skip


@pytest.mark.parametrize("case", range(len(STOPPED)))
def test_early_stopping_against_keras(case: int) -> None:
    series, arguments = divmod(case, len(ARGUMENTS))
    stopping = EarlyStopping(**ARGUMENTS[arguments])
    model, history = run(stopping, SERIES[series])
    epochs, restored, best, stopped = STOPPED[case]
    assert len(history.epoch) == epochs
    assert model.weight.tolist() == [epochs - 1 if restored is None else restored]
    assert (stopping.best_epoch, stopping.stopped_epoch) == (best, stopped)


def test_a_second_training_starts_anew() -> None:
    stopping = EarlyStopping(patience=1)
    run(stopping, [1.0, 2.0, 3.0])
    assert len(run(stopping, [9.0, 8.0, 7.0])[1].epoch) == 3


def test_after_nan_a_number_is_better() -> None:
    stopping = EarlyStopping(patience=2)
    assert len(run(stopping, [NAN, NAN, 3.0, 2.0, 1.0])[1].epoch) == 5
    assert stopping.best == 1.0


def test_more_accuracy_is_better() -> None:
    for key in ("val_accuracy", "acc", "val_binary_accuracy"):
        stopping = EarlyStopping(key, patience=1)
        assert len(run(stopping, [0.5, 0.6, 0.7, 0.6], key)[1].epoch) == 4
        assert stopping.best == 0.7


@pytest.mark.parametrize("kind", [EarlyStopping, ReduceLROnPlateau])
@pytest.mark.parametrize("patience", ["3", -1, None, True, NAN])
def test_what_is_no_patience(kind: Any, patience: Any) -> None:
    with pytest.raises(ValueError, match=f"patience is a number of epochs, .*, not {patience!r}"):
        kind(patience=patience)


def test_the_models_own_metrics_know_which_way_is_better() -> None:
    stopping = EarlyStopping("val_profit")
    stopping.set_model(SimpleNamespace(metrics=[SimpleNamespace(name="profit", direction="max")]))
    stopping.on_epoch_end(0, {"val_profit": 1.0})
    stopping.on_epoch_end(1, {"val_profit": 2.0})
    assert stopping.best == 2.0


def test_neither_more_nor_less_is_known_to_be_better() -> None:
    with pytest.raises(ValueError, match="less or more of 'val_profit' is better: say mode='min'"):
        run(EarlyStopping("val_profit"), [1.0, 2.0], "val_profit")
    run(EarlyStopping("val_profit", mode="max"), [1.0, 2.0], "val_profit")
    with pytest.raises(ValueError, match="mode is 'auto', 'min' or 'max', not 'maximum'"):
        EarlyStopping(mode="maximum")


@pytest.mark.parametrize("kind", [EarlyStopping, ReduceLROnPlateau])
def test_a_number_that_is_not_measured_is_told_once(kind: Any) -> None:
    remedy = "there is .*'loss': give fit validation_data or validation_split"
    with pytest.warns(UserWarning, match=f"{kind.__name__} watches 'val_loss'.*{remedy}") as told:
        _, history = run(kind(), [1.0, 2.0, 3.0], "loss")
    assert len(told) == 1
    assert len(history.epoch) == 3
    with pytest.warns(UserWarning, match=r"did you mean 'val_loss'\?"):
        run(kind(monitor="val_los"), [1.0])


@pytest.mark.parametrize("kind", [EarlyStopping, ReduceLROnPlateau])
@pytest.mark.parametrize("wrong", ["high", None, [1.0, 2.0], 10**400])
def test_what_is_watched_is_no_number(kind: Any, wrong: Any) -> None:
    watching = kind("val_loss")
    watching.set_model(Model())
    watching.on_train_begin()
    with pytest.raises(ValueError, match=f"{kind.__name__} watches 'val_loss', which is no number"):
        watching.on_epoch_end(0, {"val_loss": wrong})


@pytest.mark.parametrize(
    "kind", [CSVLogger, ModelCheckpoint, lambda _: EarlyStopping("val_loss", mode="min")]
)
def test_keys_of_the_logs_are_names(kind: Any, tmp_path: Path) -> None:
    callback = kind(tmp_path / "file")
    callback.set_model(Model())
    callback.on_train_begin()
    with pytest.raises(TypeError, match="the logs have the key 3, and their keys are names"):
        callback.on_epoch_end(0, {"loss": 1.0, 3: None})
    assert not any(tmp_path.iterdir())


def test_early_stopping_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    run(EarlyStopping(verbose=1, restore_best_weights=True), [1.0, 2.0])
    assert capsys.readouterr().out == (
        "Epoch 2: early stopping\nThe weights are those of epoch 1, the best\n"
    )


# --- ReduceLROnPlateau and LearningRateScheduler --------------------------------------------------

REDUCED: list[tuple[dict[str, Any], list[list[float]]]] = [
    ({"patience": 2, "factor": 0.5}, [
        [1, 1, 1, 1, 1, 1, 0.5, 0.5], [1, 1, 0.5, 0.5, 0.25, 0.25],
        [1, 1, 1, 1, 1, 0.5, 0.5, 0.25], [1, 1, 0.5, 0.5, 0.25, 0.25], [1, 1, 0.5, 0.5], [1] * 6,
    ]),
    ({"patience": 1, "factor": 0.5, "cooldown": 2}, [
        [1, 1, 1, 1, 1, 0.5, 0.5, 0.25], [1, 0.5, 0.5, 0.25, 0.25, 0.125],
        [1, 1, 0.5, 0.5, 0.25, 0.25, 0.125, 0.125], [1, 0.5, 0.5, 0.25, 0.25, 0.125],
        [1, 0.5, 0.5, 0.25], [1] * 6,
    ]),
    ({"patience": 1, "factor": 0.1, "min_lr": 0.05}, [
        [1, 1, 1, 1, 1, 0.1, 0.05, 0.05], [1, 0.1, 0.05, 0.05, 0.05, 0.05],
        [1, 1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.05], [1, 0.1, 0.05, 0.05, 0.05, 0.05],
        [1, 0.1, 0.05, 0.05], [1] * 6,
    ]),
    ({"patience": 2, "min_delta": 0.2}, [
        [1, 1, 1, 1, 1, 1, 0.1, 0.1], [1, 1, 0.1, 0.1, 0.01, 0.01],
        [1, 1, 1, 0.1, 0.1, 0.01, 0.01, 0.001], [1, 1, 0.1, 0.1, 0.01, 0.01], [1, 1, 0.1, 0.1],
        [1, 1, 0.1, 0.1, 0.1, 0.01],
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "expected"), REDUCED)
def test_reduce_lr_against_keras(arguments: Any, expected: Any) -> None:
    for losses, rates in zip(SERIES, expected, strict=True):
        after = []
        reduce = ReduceLROnPlateau(**arguments)
        record = LambdaCallback(
            on_epoch_end=lambda e, logs, after=after, reduce=reduce: after.append(
                reduce.model.optimizer.learning_rate
            )
        )
        _, history = run(CallbackList([reduce, record]), losses)
        assert after == pytest.approx(rates)
        # what is logged is the rate that the epoch was trained with
        assert history.history["learning_rate"] == pytest.approx([1.0, *rates[:-1]])


def test_reduce_lr_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    run(ReduceLROnPlateau(patience=1, verbose=1), [1.0, 2.0])
    assert capsys.readouterr().out == "Epoch 2: learning rate 1 -> 0.1\n"


def test_learning_rate_scheduler() -> None:
    _, history = run(LearningRateScheduler(lambda epoch: 0.1 / (1 + epoch)), [3.0, 2.0])
    assert history.history["learning_rate"] == [0.1, 0.05]
    _, history = run(LearningRateScheduler(lambda epoch, rate: rate * 0.5), [3.0, 2.0])
    assert history.history["learning_rate"] == [0.5, 0.25]


def test_an_error_inside_the_schedule_is_not_hidden() -> None:
    def schedule(epoch: int, rate: float) -> float:
        return rate + "1"  # type: ignore[operator, no-any-return]

    with pytest.raises(TypeError, match="unsupported operand"):
        run(LearningRateScheduler(schedule), [1.0])


@pytest.mark.parametrize("rate", [None, "0.1", -1.0, NAN, math.inf, True, 10**400])
def test_what_is_no_learning_rate(rate: Any) -> None:
    with pytest.raises(ValueError, match=r"the schedule gave .* for epoch 0: a learning rate is"):
        run(LearningRateScheduler(lambda epoch: rate), [1.0])


def test_a_schedule_is_a_function() -> None:
    with pytest.raises(TypeError, match=r"schedule is a function of the epoch, not 0.1"):
        LearningRateScheduler(0.1)  # type: ignore[arg-type]


# --- ModelCheckpoint ------------------------------------------------------------------------------


def test_checkpoint_every_epoch(tmp_path: Path) -> None:
    name = str(tmp_path / "new" / "m-{epoch:02d}-{val_loss:.1f}.keras")
    model, _ = run(ModelCheckpoint(name), [3.0, 2.0])
    folder = tmp_path / "new"
    assert model.saved == [str(folder / "m-01-3.0.keras"), str(folder / "m-02-2.0.keras")]
    assert folder.is_dir()


def test_checkpoint_of_the_best(capsys: pytest.CaptureFixture[str]) -> None:
    checkpoint = ModelCheckpoint("m{epoch}", save_best_only=True, verbose=1)
    assert run(checkpoint, [3.0, 4.0, 2.0])[0].saved == ["m1", "m3"]
    assert capsys.readouterr().out.splitlines() == [
        "Epoch 1: val_loss 3.00000, the first: saved to m1",
        "Epoch 2: val_loss 4.00000, 3.00000 before: kept",
        "Epoch 3: val_loss 2.00000, 3.00000 before: saved to m3",
    ]
    checkpoint = ModelCheckpoint("m{epoch}", save_best_only=True, initial_value_threshold=2.5)
    assert run(checkpoint, [3.0, 4.0, 2.0])[0].saved == ["m3"]


def test_checkpoint_after_batches_and_of_weights() -> None:
    model, _ = run(ModelCheckpoint("m-{epoch}-{batch}", save_freq=4), [3.0, 2.0, 1.0])
    assert model.saved == ["m-2-1", "m-3-2"]
    model, _ = run(ModelCheckpoint(Path("w"), save_weights_only=True), [3.0])
    assert model.saved == ["weights:w"]


def test_checkpoint_mistakes() -> None:
    with pytest.raises(ValueError, match="save_freq is 'epoch' or a number of batches, not 'day'"):
        ModelCheckpoint("m", save_freq="day")
    with pytest.raises(ValueError, match=r"cannot be filled in .*'acc'.*there is 'epoch', 'val_"):
        run(ModelCheckpoint("m-{acc}"), [1.0])
    with pytest.warns(UserWarning, match="watches 'val_acc', .* saves after every epoch; there"):
        model, _ = run(ModelCheckpoint("m", monitor="val_acc", save_best_only=True), [1.0, 2.0])
    assert model.saved == ["m", "m"]


# --- TerminateOnNaN, CSVLogger, GradientMonitor ---------------------------------------------------


@pytest.mark.parametrize("loss", [NAN, math.inf])
def test_terminate_on_nan(loss: float, capsys: pytest.CaptureFixture[str]) -> None:
    _, history = run(TerminateOnNaN(), [1.0, loss, 1.0])
    assert len(history.epoch) == 2
    assert f"Training ends: the loss is {loss} after batch 0" in capsys.readouterr().out
    with pytest.raises(RuntimeError, match="the loss is"):
        run(TerminateOnNaN(raise_error=True), [1.0, loss])


def test_csv_logger(tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    run(CSVLogger(file), [3.0, 2.5])
    assert file.read_text() == "epoch,val_loss\n0,3.0\n1,2.5\n"
    run(CSVLogger(file, append=True), [1.0])
    assert file.read_text() == "epoch,val_loss\n0,3.0\n1,2.5\n0,1.0\n"
    run(CSVLogger(str(file), separator=";"), [1.0])
    assert file.read_text() == "epoch;val_loss\n0;1.0\n"
    assert [p.name for p in tmp_path.iterdir()] == ["log.csv"]


def test_csv_columns(tmp_path: Path) -> None:
    logger = CSVLogger(tmp_path / "log.csv")
    logger.on_train_begin()
    logger.on_epoch_end(0, {"loss": 1.0, "acc": 0.5})
    logger.on_epoch_end(1, {"loss": 2.0, "val_loss": 9.0})
    text = (tmp_path / "log.csv").read_text()  # it is on the disk before the training ends
    logger.on_train_end()
    assert text == "epoch,acc,loss\n0,0.5,1.0\n1,NA,2.0\n"
    with pytest.raises(ValueError, match="use append=False or another file"):
        run(CSVLogger(tmp_path / "log.csv", append=True), [1.0], "mae")
    assert (tmp_path / "log.csv").read_text() == text


def test_a_training_that_fails_leaves_the_old_log(tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    file.write_text("old")
    logger = CSVLogger(file)
    logger.on_train_begin()
    logger.on_train_end()
    assert file.read_text() == "old"


def test_appending_to_a_file_that_is_not_there_or_empty(tmp_path: Path) -> None:
    for name in ("new.csv", "empty.csv"):
        (tmp_path / "empty.csv").touch()
        run(CSVLogger(tmp_path / name, append=True), [1.0])
        assert (tmp_path / name).read_text() == "epoch,val_loss\n0,1.0\n"


def test_gradient_monitor() -> None:
    monitor = GradientMonitor()
    callbacks = CallbackList([monitor])
    callbacks.on_train_begin()
    for epoch in range(2):
        callbacks.on_epoch_begin(epoch)
        for batch in range(2):
            scale = 10.0**-epoch * (1 + 2 * batch)  # the mean over the batches is twice the first
            callbacks.on_gradients(batch, [
                ("layers.0.kernel", "first", np.full((2, 2), 1e-30 * scale, "float64")),
                ("layers.0.bias", "first", np.zeros(2, "float32")),
                ("layers.1.kernel", "second", np.array([3.0, 0.0], "float32") * scale),
                ("layers.1.bias", "second", np.array([4.0]) * scale),
                ("layers.2.kernel", "frozen", None),
            ])  # fmt: skip
        callbacks.on_epoch_end(epoch)
    assert list(monitor.norms) == ["first", "second", "frozen"]
    assert monitor.norms["first"] == pytest.approx([4e-30, 4e-31], rel=1e-6)
    assert monitor.norms["second"] == pytest.approx([10.0, 1.0], rel=1e-6)
    assert monitor.norms["frozen"] == [0.0, 0.0]
    assert monitor.epoch == [0, 1]
    callbacks.on_train_begin()
    assert monitor.norms == {}


def test_gradient_monitor_without_gradients_and_with_nan() -> None:
    monitor = GradientMonitor()
    run(monitor, [1.0])
    assert (monitor.norms, monitor.epoch) == ({}, [0])
    monitor.on_gradients(0, [("k", "a", np.array([NAN, 1.0]))])
    monitor.on_epoch_end(1)
    assert math.isnan(monitor.norms["a"][0])
