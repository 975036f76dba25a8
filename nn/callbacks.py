"""Callbacks: what is done at the beginning and end of epochs and batches of a training.

>>> class Report(Callback):
...     def on_epoch_end(self, epoch, logs=None):
...         print(f"epoch {epoch + 1}: loss {logs['loss']:.2f}")
>>> callbacks = CallbackList([Report()], add_history=True)
>>> callbacks.on_train_begin()
>>> callbacks.on_epoch_end(0, {"loss": 0.5})
epoch 1: loss 0.50
>>> callbacks.history.history
{'loss': [0.5]}
"""

from __future__ import annotations

import csv
import inspect
import io
import math
import os
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from autograd.atomic import as_path, replacing
from autograd.formatting import shown
from nn.checks import as_flag, as_float, as_whole, is_number
from nn.metrics import direction_of
from nn.names import nearest
from nn.unknown import lacking

__all__ = [
    "CSVLogger", "Callback", "CallbackList", "EarlyStopping", "GradientMonitor", "History",
    "LambdaCallback", "LearningRateScheduler", "ModelCheckpoint", "ReduceLROnPlateau",
    "TerminateOnNaN",
]  # fmt: skip

Logs = dict[str, Any]

# While a progress bar is drawn its way of writing stands here, so that a message does not tear it.
writers: list[Callable[[str], None]] = []


def message(text: str) -> None:
    """Print a line, above the progress bar if one is drawn."""
    writers[-1](text) if writers else print(text)


class Callback:
    """The base: subclass it and write the methods that are wanted; these do nothing.

    Attributes:
        model: the model that is trained.
        params: {"verbose": ..., "epochs": ..., "steps": ...}.

    A method ``on_gradients(batch, gradients)``, if there is one, is called after the gradients of
    a training batch are known, with ``[(parameter's path, layer's name, ndarray)]``.
    """

    model: Any = None
    params: dict[str, Any]

    def __init__(self) -> None:
        self.params = {}

    def set_params(self, params: dict[str, Any]) -> None:
        """Take in what is known of the run."""
        self.params = params

    def set_model(self, model: Any) -> None:
        """Take in the model."""
        self.model = model

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Begin a fit."""

    def on_train_end(self, logs: Logs | None = None) -> None:
        """End a fit; the logs are those of its last epoch."""

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Begin an epoch, counted from 0."""

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """End an epoch; what is added to the logs goes into the History."""

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Begin a batch of a fit, counted from 0."""

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """End a batch of a fit; the logs are the means over the epoch so far."""

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """Begin an evaluation, that of the validation data in a fit included."""

    def on_test_end(self, logs: Logs | None = None) -> None:
        """End an evaluation."""

    def on_test_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Begin a batch of an evaluation."""

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """End a batch of an evaluation."""

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        """Begin a prediction."""

    def on_predict_end(self, logs: Logs | None = None) -> None:
        """End a prediction."""

    def on_predict_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Begin a batch of a prediction."""

    def on_predict_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """End a batch of a prediction."""


_HOOKS = [name for name in vars(Callback) if name.startswith("on_")]


class CallbackList(Callback):
    """Several callbacks as one: for a training loop of one's own.

    Args:
        callbacks: a callback or a list of them, or None.
        add_history: add a `History` if there is none among them.
        model: given to each of them.
        params: given to each of them.

    Raises:
        TypeError: something among them is no callback.
    """

    def __init__(
        self, callbacks: Any = None, add_history: bool = False, model: Any = None, **params: Any
    ) -> None:
        super().__init__()
        self.callbacks = as_callbacks(callbacks)
        add_history = as_flag(add_history, "add_history")
        self.history = next((c for c in self.callbacks if isinstance(c, History)), None)
        if self.history is None and add_history:
            self.history = History()
            self.callbacks.append(self.history)
        if model is not None:
            self.set_model(model)
        if params:
            self.set_params(params)
        for name in _HOOKS:
            setattr(self, name, _together(overriding(self.callbacks, name)))
        self._on_gradients = overriding(self.callbacks, "on_gradients")

    def close(self) -> None:
        """Close the files and bars that are open still, after an error for instance."""
        for callback in self.callbacks:
            close = getattr(callback, "_close", None)
            if close is not None:
                close()

    def on_gradients(self, batch: int, gradients: Sequence[tuple[str, str, Any]]) -> None:
        """Show each callback that looks at them the gradients of a batch."""
        for method in self._on_gradients:
            method(batch, gradients)

    def set_params(self, params: dict[str, Any]) -> None:
        """Give them to each callback."""
        self.params = params
        for callback in self.callbacks:
            callback.set_params(params)

    def set_model(self, model: Any) -> None:
        """Give it to each callback."""
        self.model = model
        for callback in self.callbacks:
            callback.set_model(model)


def as_callbacks(callbacks: Any) -> list[Callback]:
    """Return a callback, a list of callbacks (of lists) or None as a list.

    >>> as_callbacks([EarlyStopping])
    Traceback (most recent call last):
        ...
    TypeError: callbacks has the class EarlyStopping: write EarlyStopping(...)
    """
    if callbacks is None:
        return []
    if isinstance(callbacks, (list, tuple)):
        return [callback for part in callbacks for callback in as_callbacks(part)]
    if isinstance(callbacks, type):
        name = callbacks.__name__
        raise TypeError(f"callbacks has the class {name}: write {name}(...)")
    if not isinstance(callbacks, Callback):
        raise TypeError(f"callbacks is a list of nn.callbacks.Callback, not {shown(callbacks)}")
    return [callbacks]


def overriding(callbacks: Iterable[Any], name: str) -> list[Callable[..., None]]:
    """Return the methods of that name that do something: a batch costs the others nothing."""
    methods = [getattr(callback, name, None) for callback in callbacks]
    nothing = getattr(Callback, name, None)
    return [m for m in methods if m is not None and getattr(m, "__func__", m) is not nothing]


def _together(methods: list[Callable[..., None]]) -> Callable[..., None]:
    if not methods:
        return lambda *args, **kwargs: None

    def call(*args: Any, **kwargs: Any) -> None:
        if not kwargs and not (args and isinstance(args[-1], dict)):
            args = (*args, {})  # one dict for all: what a callback adds, the next one sees
        for method in methods:
            method(*args, **kwargs)

    return call


class History(Callback):
    """What was measured after each epoch; `fit` returns it.

    Attributes:
        history: {"loss": [one number an epoch], ...}.
        epoch: the numbers of the epochs, from 0.
    """

    def __init__(self) -> None:
        super().__init__()
        self.history: dict[str, list[Any]] = {}
        self.epoch: list[int] = []

    def set_model(self, model: Any) -> None:
        """Take in the model, whose `history` this is from now on."""
        super().set_model(model)
        if model is not None:
            try:
                model.history = self
            except (AttributeError, TypeError):
                raise TypeError(
                    f"model is what is trained, which gets a history, not {shown(model)}"
                ) from None

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Add what was measured."""
        self.epoch.append(epoch)
        for name, number in (logs or {}).items():
            self.history.setdefault(name, []).append(number)

    def __repr__(self) -> str:
        return f"<History of {len(self.epoch)} epochs: {', '.join(self.history) or 'nothing yet'}>"


class LambdaCallback(Callback):
    """A callback of functions: ``LambdaCallback(on_epoch_end=lambda epoch, logs: print(logs))``.

    Raises:
        TypeError: a keyword that is not one of `Callback`'s methods.
    """

    def __init__(self, **functions: Callable[..., Any] | None) -> None:
        super().__init__()
        for name, function in functions.items():
            if name not in _HOOKS:
                close = nearest(name, _HOOKS)
                guess = f": did you mean {close}?" if close else ""
                raise TypeError(f"a callback has no method {name}{guess}")
            if function is not None and not callable(function):
                raise TypeError(f"{name} is a function, not {shown(function)}")
            if function is not None:
                setattr(self, name, function)


class _Monitor(Callback):
    """What EarlyStopping, ModelCheckpoint and ReduceLROnPlateau share: a number that they watch."""

    _instead = "does nothing"  # if there is no such number

    def __init__(self, monitor: str, mode: str, min_delta: float) -> None:
        super().__init__()
        if not isinstance(monitor, str):
            raise TypeError(f"monitor is a key of the logs, 'val_loss', not {shown(monitor)}")
        if not isinstance(mode, str) or mode not in ("auto", "min", "max"):
            raise ValueError(f"mode is 'auto', 'min' or 'max', not {shown(mode)}")
        self.monitor, self.mode = monitor, mode
        self.min_delta = abs(as_float(min_delta, "min_delta"))
        self.best: float | None = None
        self._warned = False

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._warned = False

    def _current(self, logs: Mapping[str, Any]) -> float | None:
        """Return the number that is watched; if it is not in the logs, warn once a training."""
        if self.monitor in logs:
            try:
                return float(logs[self.monitor])
            except (TypeError, ValueError, OverflowError):
                raise ValueError(
                    f"{type(self).__name__} watches {self.monitor!r}, which is no number but "
                    f"{shown(logs[self.monitor])} in the logs: what callbacks add to them under "
                    "that name is one"
                ) from None
        if not self._warned:
            self._warned = True
            names = _keys(logs)
            listed = ", ".join(map(repr, names)) or "nothing"
            close = nearest(self.monitor, names)
            if self.monitor.startswith("val_") and not any(k.startswith("val_") for k in names):
                remedy = ": give fit validation_data or validation_split"
            else:
                remedy = f": did you mean {close!r}?" if close else ""
            warnings.warn(
                f"{type(self).__name__} watches {self.monitor!r}, which is not measured, and so "
                f"{self._instead}; there is {listed}{remedy}",
                stacklevel=2,
            )
        return None

    def _is_better(self, current: float, best: float | None) -> bool:
        if best is None or (math.isnan(best) and not math.isnan(current)):
            return True
        if self._direction() == "min":
            return current + self.min_delta < best
        return current - self.min_delta > best

    def _direction(self) -> str:
        if self.mode == "auto":
            direction = direction_of(self.monitor, getattr(self.model, "metrics", ()))
            if direction is None:
                raise ValueError(
                    f"{type(self).__name__} cannot know whether less or more of {self.monitor!r} "
                    "is better: say mode='min' or mode='max'"
                )
            self.mode = direction
        return self.mode


def _keys(logs: Mapping[Any, Any]) -> list[str]:
    """Return the keys of the logs in alphabetical order.

    Raises:
        TypeError: one of them is no str.
    """
    for key in logs:
        if not isinstance(key, str):
            raise TypeError(f"the logs have the key {shown(key)}, and their keys are names, as str")
    return sorted(logs)


def _epochs(patience: Any) -> Any:
    if not is_number(patience) or not patience >= 0:
        raise ValueError(f"patience is a number of epochs, at least 0, not {shown(patience)}")
    return patience


def _verbosity(verbose: Any) -> int:
    if not isinstance(verbose, (int, np.bool_)) or verbose not in (0, 1, 2):
        raise ValueError(f"verbose is 0 or 1, not {shown(verbose)}")
    return int(verbose)


class EarlyStopping(_Monitor):
    """Ends the training when a number has not become better for some epochs.

    Args:
        monitor: the number's key in the logs.
        min_delta: a change up to this is none.
        patience: how many epochs without a better number are borne.
        verbose: 1 says when the training ended.
        mode: "min" or "max" is better; "auto" knows by the name.
        baseline: a number that has to be passed for the patience to start anew.
        restore_best_weights: end with the weights of the best epoch, even if all were run.
        start_from_epoch: do not look at epochs before this one.

    Attributes:
        best: the best number; best_epoch: when that was; stopped_epoch: when training was
            ended, 0 if it was not; best_weights: as `get_weights` gives them.

    Raises:
        TypeError: `monitor` is no str.
        ValueError: another argument out of its range, such as an unknown mode.

    >>> EarlyStopping(patience=5, mode="minimum")
    Traceback (most recent call last):
        ...
    ValueError: mode is 'auto', 'min' or 'max', not 'minimum'
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        super().__init__(monitor, mode, min_delta)
        self.patience, self.verbose = _epochs(patience), _verbosity(verbose)
        self.baseline = None if baseline is None else as_float(baseline, "baseline")
        self.restore_best_weights = as_flag(restore_best_weights, "restore_best_weights")
        self.start_from_epoch = as_whole(start_from_epoch, "start_from_epoch")
        self._start_anew()

    def _start_anew(self) -> None:
        self.wait = self.stopped_epoch = self.best_epoch = 0
        self.best = None
        self.best_weights: list[NDArray[Any]] | None = None

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Forget an earlier training."""
        super().on_train_begin(logs)
        self._start_anew()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Compare the epoch with the best so far."""
        current = self._current(logs or {})
        if current is None or epoch < self.start_from_epoch:
            return
        self.wait += 1
        better = self._is_better(current, self.best)
        if self.restore_best_weights and (better or self.best_weights is None):
            self.best_weights = [np.array(weight) for weight in self.model.get_weights()]
        if better:
            self.best, self.best_epoch = current, epoch
            if self.baseline is None or self._is_better(current, self.baseline):
                self.wait = 0
        elif self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Restore the best weights if that was asked for."""
        if self.stopped_epoch and self.verbose:
            message(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.best_weights is not None:
            self.model.set_weights(self.best_weights)
            if self.verbose:
                message(f"The weights are those of epoch {self.best_epoch + 1}, the best")


class ModelCheckpoint(_Monitor):
    """Saves the model after each epoch, or after those that are the best so far.

    Args:
        filepath: may have the epoch (from 1) and what is logged in it:
            ``"model-{epoch:02d}-{val_loss:.2f}.keras"``; folders are made.
        monitor: for `save_best_only`, the number's key in the logs.
        verbose: 1 says what is saved.
        save_best_only: save when the number is better than ever before.
        save_weights_only: call `model.save_weights` instead of `model.save`.
        mode: "min" or "max" is better; "auto" knows by the name.
        save_freq: "epoch", or after how many batches.
        initial_value_threshold: what the number has to be better than at first.

    Raises:
        TypeError: `filepath` is neither a str nor a Path, or `monitor` no str.
        ValueError: another argument out of its range, or the file's name asks for what is not
            logged.
    """

    _instead = "saves after every epoch"  # as in Keras: rather too often than never

    def __init__(
        self,
        filepath: str | os.PathLike[str],
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: int | str = "epoch",
        initial_value_threshold: float | None = None,
    ) -> None:
        super().__init__(monitor, mode, 0.0)
        good = isinstance(save_freq, int) and not isinstance(save_freq, bool) and save_freq > 0
        if not good and not (isinstance(save_freq, str) and save_freq == "epoch"):
            raise ValueError(f"save_freq is 'epoch' or a number of batches, not {shown(save_freq)}")
        as_path(filepath, "filepath")
        self.filepath, self.save_freq = os.fspath(filepath), save_freq
        self.verbose = _verbosity(verbose)
        self.save_best_only = as_flag(save_best_only, "save_best_only")
        self.save_weights_only = as_flag(save_weights_only, "save_weights_only")
        if initial_value_threshold is not None:
            self.best = as_float(initial_value_threshold, "initial_value_threshold")
        self._epoch = self._batches = 0

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Note which epoch it is."""
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Save after every `save_freq` batches."""
        if self.save_freq == "epoch":
            return
        self._batches += 1
        if self._batches % int(self.save_freq) == 0:
            self._save(self._epoch, {"batch": batch + 1, **(logs or {})})

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Save after the epoch."""
        if self.save_freq == "epoch":
            self._save(epoch, logs or {})

    def _save(self, epoch: int, logs: Mapping[str, Any]) -> None:
        best, why = self.best, ""
        if self.save_best_only:
            current = self._current(logs)
            if current is not None:
                before = "" if self.best is None else f"{self.best:.5f} before"
                if not self._is_better(current, self.best):
                    if self.verbose:
                        message(f"Epoch {epoch + 1}: {self.monitor} {current:.5f}, {before}: kept")
                    return
                best, why = current, f"{self.monitor} {current:.5f}, {before or 'the first'}: "
        path = self._path(epoch, logs)
        folder = os.path.dirname(path)
        if folder:
            os.makedirs(folder, exist_ok=True)
        (self.model.save_weights if self.save_weights_only else self.model.save)(path)
        self.best = best  # now that there is a file of it
        if self.verbose:
            message(f"Epoch {epoch + 1}: {why}saved to {path}")

    def _path(self, epoch: int, logs: Mapping[str, Any]) -> str:
        names = _keys({**logs, "epoch": epoch})
        try:
            return self.filepath.format(**{**logs, "epoch": epoch + 1})
        except (KeyError, IndexError, ValueError) as error:
            listed = ", ".join(map(repr, names))
            raise ValueError(
                f"the file name {self.filepath!r} cannot be filled in ({error}): there is {listed}"
            ) from None


class ReduceLROnPlateau(_Monitor):
    """Multiplies the learning rate when a number has not become better for some epochs.

    The rate is logged as "learning_rate".

    Args:
        monitor: the number's key in the logs.
        factor: below 1.
        patience: how many epochs without a better number are borne.
        verbose: 1 says when the rate changes.
        mode: "min" or "max" is better; "auto" knows by the name.
        min_delta: a change up to this is none.
        cooldown: how many epochs after a change are not counted.
        min_lr: the rate does not go below this.

    Raises:
        TypeError: `monitor` is no str.
        ValueError: another argument out of its range, such as a factor of 1 or more.

    >>> ReduceLROnPlateau(factor=2.0)
    Traceback (most recent call last):
        ...
    ValueError: factor makes the learning rate smaller: it lies between 0 and 1, and 2.0 does not
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
    ) -> None:
        super().__init__(monitor, mode, min_delta)
        if not is_number(factor) or not 0 <= factor < 1:
            raise ValueError(
                "factor makes the learning rate smaller: it lies between 0 and 1, and "
                f"{shown(factor)} does not"
            )
        self.factor, self.patience = float(factor), _epochs(patience)
        self.verbose, self.cooldown = _verbosity(verbose), as_whole(cooldown, "cooldown")
        self.min_lr = as_float(min_lr, "min_lr", 0)
        self.wait = self.cooldown_counter = 0

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Forget an earlier training."""
        super().on_train_begin(logs)
        self.best = None
        self.wait = self.cooldown_counter = 0

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Compare the epoch with the best so far."""
        logs = {} if logs is None else logs
        rate = _log_learning_rate(self.model, logs)
        current = self._current(logs)
        if current is None:
            return
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.wait = 0
        if self._is_better(current, self.best):
            self.best, self.wait = current, 0
        elif self.cooldown_counter == 0:
            self.wait += 1
            if self.wait >= self.patience and rate > self.min_lr:
                self.model.optimizer.learning_rate = max(rate * self.factor, self.min_lr)
                self.cooldown_counter, self.wait = self.cooldown, 0
                if self.verbose:
                    now = float(self.model.optimizer.learning_rate)
                    message(f"Epoch {epoch + 1}: learning rate {rate:.3g} -> {now:.3g}")


class LearningRateScheduler(Callback):
    """Sets the learning rate at the beginning of each epoch, and logs it as "learning_rate".

    Args:
        schedule: a function of the epoch, from 0, or of the epoch and the rate so far.
        verbose: 1 says what the rate is.

    Raises:
        TypeError: `schedule` is no function.
        ValueError: the function gives something else than a number of at least 0.
    """

    def __init__(self, schedule: Callable[..., float], verbose: int = 0) -> None:
        super().__init__()
        if not callable(schedule):
            raise TypeError(f"schedule is a function of the epoch, not {shown(schedule)}")
        self.schedule, self.verbose = schedule, _verbosity(verbose)
        try:
            inspect.signature(schedule).bind(0, 0.0)
            self._takes_rate = True
        except TypeError:
            self._takes_rate = False

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Set the rate."""
        optimizer = self.model.optimizer
        before = (float(optimizer.learning_rate),) if self._takes_rate else ()
        rate = self.schedule(epoch, *before)
        try:
            good = not isinstance(rate, (str, bool)) and 0.0 <= float(rate) < math.inf
        except (TypeError, ValueError, OverflowError):  # 10**400
            good = False
        if not good:
            raise ValueError(
                f"the schedule gave {shown(rate)} for epoch {epoch}: a learning rate is a number "
                "of at least 0"
            )
        optimizer.learning_rate = float(rate)
        if self.verbose:
            message(f"Epoch {epoch + 1}: learning rate {float(rate):.3g}")

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Log the rate."""
        _log_learning_rate(self.model, {} if logs is None else logs)


def _log_learning_rate(model: Any, logs: Logs) -> float:
    logs["learning_rate"] = float(model.optimizer.learning_rate)
    return float(logs["learning_rate"])


class TerminateOnNaN(Callback):
    """Ends the training when the loss is nan or infinite.

    Args:
        raise_error: raise a RuntimeError instead of ending it quietly.
    """

    def __init__(self, raise_error: bool = False) -> None:
        super().__init__()
        self.raise_error = as_flag(raise_error, "raise_error")

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Look at the loss."""
        loss = (logs or {}).get("loss")
        if loss is None or math.isfinite(loss):
            return
        found = f"the loss is {float(loss)} after batch {batch}: a smaller learning rate may help"
        if self.raise_error:
            raise RuntimeError(found)
        message(f"Training ends: {found}")
        self.model.stop_training = True


class CSVLogger(Callback):
    """Writes what is measured after each epoch into a CSV file, as a row.

    The file of an earlier training is replaced only when the first epoch is done, and a row is
    written at once and whole: if the disk is full, what was there before stays as it was.

    Args:
        filename: the file.
        separator: between columns.
        append: go on with a file that is there; its columns stay.

    Raises:
        TypeError: `filename` is neither a str nor a Path.
        ValueError: a separator that is none; the columns of the file to go on with do not fit
            what is measured, or it is no CSV file.
    """

    def __init__(
        self, filename: str | os.PathLike[str], separator: str = ",", append: bool = False
    ) -> None:
        super().__init__()
        if not isinstance(separator, str) or len(separator) != 1 or separator in '\r\n"':
            raise ValueError(f"separator is a single character, not {shown(separator)}")
        self.filename, self.separator = as_path(filename, "filename"), separator
        self.append = as_flag(append, "append")
        self._columns: list[str] = []

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Begin anew."""
        self._columns = []

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Write the row of the epoch; what is missing is NA."""
        row = {"epoch": epoch, **(logs or {})}
        if not self._columns:
            columns = ["epoch", *_keys(logs or {})]
            header = self._header(columns) if self.append else []
            if not header:
                with replacing(self.filename) as file:
                    file.write(self._line(columns) + self._line([row[key] for key in columns]))
                self._columns = columns
                return
            self._columns = header
        self._append(self._line([row.get(column, "NA") for column in self._columns]))

    def _line(self, cells: list[Any]) -> bytes:
        text = io.StringIO(newline="")
        csv.writer(text, delimiter=self.separator).writerow(cells)
        return text.getvalue().encode("utf-8")

    def _header(self, columns: list[str]) -> list[str]:
        """Return the columns of the file to go on with, none if there is nothing in it."""
        if not self.filename.exists():
            return []
        if not self.filename.is_file():
            raise ValueError(f"{self.filename} is no file but a folder, a device or a pipe")
        try:
            with open(self.filename, newline="", encoding="utf-8") as file:
                header = next(csv.reader(file, delimiter=self.separator), [])
        except (UnicodeDecodeError, csv.Error) as error:
            raise ValueError(f"{self.filename} is no CSV file to go on with: {error}") from None
        if header and not set(columns) <= set(header):
            raise ValueError(
                f"{self.filename} has the columns {header}, and what is measured is "
                f"{columns}: use append=False or another file"
            )
        return header

    def _append(self, line: bytes) -> None:
        with open(self.filename, "a+b", buffering=0) as file:
            before = file.seek(0, os.SEEK_END)
            file.seek(max(before - 1, 0))
            if file.read(1) not in (b"", b"\n"):  # by hand, or broken off
                line = b"\r\n" + line
            try:
                while line:
                    line = line[file.write(line) :]
            except BaseException as error:
                file.truncate(before)
                if isinstance(error, OSError):  # the system does not say which file
                    raise OSError(error.errno, error.strerror, str(self.filename)) from None
                raise


class GradientMonitor(Callback):
    """Records the norm of each layer's gradient: the picture of vanishing gradients.

    The norm is √Σ g² over all parameters of the layer, taken for each batch and averaged over
    the epoch.  From layer to layer towards the input it shrinks (or grows) where the
    derivatives of the activations multiply up (Hochreiter 1991).

    Attributes:
        norms: {layer's name: [one number an epoch]}, in the order of the layers.
        epoch: the numbers of the epochs, from 0.

    >>> monitor = GradientMonitor()
    >>> monitor.on_gradients(0, [("kernel", "dense", np.array([3.0]))])
    >>> monitor.on_gradients(1, [("kernel", "dense", np.array([5.0]))])
    >>> monitor.on_epoch_end(0)
    >>> monitor.norms
    {'dense': [4.0]}
    """

    def __init__(self) -> None:
        super().__init__()
        self.norms: dict[str, list[float]] = {}
        self.epoch: list[int] = []
        self._sums: dict[str, float] = {}
        self._batches = 0

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Forget an earlier training."""
        self.norms, self.epoch = {}, []

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Begin the sums over batches."""
        self._sums, self._batches = {}, 0

    def on_gradients(self, batch: int, gradients: Sequence[tuple[str, str, Any]]) -> None:
        """Take in the gradients of a batch; None is no gradient."""
        squares: dict[str, float] = {}
        for _, layer, gradient in gradients:
            # in float64: the square of 1e-25, a vanished gradient, is 0 in float32
            numbers = np.asarray(0.0 if gradient is None else gradient, dtype=float).ravel()
            squares[layer] = squares.get(layer, 0.0) + float(numbers @ numbers)
        for layer, square in squares.items():
            self._sums[layer] = self._sums.get(layer, 0.0) + math.sqrt(square)
        self._batches += 1

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Record the means of the epoch."""
        self.epoch.append(epoch)
        for layer, total in self._sums.items():
            self.norms.setdefault(layer, []).append(total / self._batches)
        self._sums, self._batches = {}, 0


if not TYPE_CHECKING:
    __getattr__ = lacking(__name__)
