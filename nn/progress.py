"""How far a training is: a bar in a terminal or notebook, plain lines everywhere else.

verbose 0 is silent, 1 is a bar that moves with the batches, 2 a line an epoch, "auto" is 1.
The bar is tqdm's.  When it has reached its end the line of verbose 2 takes its place: that is
never cut to the terminal's width, and a notebook with a hundred epochs has no hundred bars.
Without tqdm, and when nobody looks (a pipe, a file), 1 prints these lines only, and no control
characters.
"""

from __future__ import annotations

import shutil
import sys
import time
import warnings
from collections.abc import Mapping
from typing import Any

from autograd.formatting import shown
from nn.callbacks import Callback, writers

__all__ = ["ProgressBar", "as_verbose", "format_logs"]

INTERVAL = 0.05
"""Seconds between two drawings of the bar: more often nobody sees."""


def as_verbose(verbose: Any) -> int:
    """Return 0, 1 or 2 for what `fit` takes as verbose.

    Raises:
        ValueError: it is none of these, nor "auto".

    >>> as_verbose("auto")
    1
    """
    if isinstance(verbose, str) and verbose == "auto":
        return 1
    if isinstance(verbose, (int, bool)) and verbose in (0, 1, 2):
        return int(verbose)
    raise ValueError(f"verbose is 0, 1, 2 or 'auto', not {shown(verbose)}")


class ProgressBar(Callback):
    """The callback that `fit`, `evaluate` and `predict` add unless they are to be silent.

    It takes "verbose", "epochs" and "steps" from the params, and writes to `sys.stdout` as it
    is at that moment.
    """

    def __init__(self) -> None:
        super().__init__()
        self._verbose, self._epochs, self._steps = 1, 1, 0
        self._fitting = False
        self._bar: Any = None
        self._seen = 0
        self._start = self._drawn = 0.0

    def set_params(self, params: dict[str, Any]) -> None:
        """Take in what is known of the run."""
        super().set_params(params)
        self._verbose = as_verbose(params.get("verbose", "auto"))
        self._epochs, self._steps = params.get("epochs") or 1, params.get("steps") or 0

    # --- fit: a bar an epoch, in which the validation has no part of its own ------------------

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Begin a fit."""
        self._fitting = True

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Print which epoch it is, if there are several."""
        if self._verbose and self._epochs > 1:
            print(f"Epoch {epoch + 1}/{self._epochs}", flush=True)
        self._begin()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Move the bar."""
        self._move(batch + 1, logs)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """End the bar and print the line."""
        self._end(logs)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Close a bar that was broken off."""
        self._fitting = False
        self._close()

    # --- evaluate and predict -----------------------------------------------------------------

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Begin a bar, unless it is the validation of a fit."""
        if not self._fitting:
            self._begin()

    def on_test_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Move the bar."""
        if not self._fitting:
            self._move(batch + 1, logs)

    def on_test_end(self, logs: dict[str, Any] | None = None) -> None:
        """End the bar and print the line."""
        if not self._fitting:
            self._end(logs)

    def on_predict_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Begin a bar."""
        self._begin()

    def on_predict_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Move the bar; the logs of a prediction are arrays."""
        self._move(batch + 1, None)

    def on_predict_end(self, logs: dict[str, Any] | None = None) -> None:
        """End the bar and print the line."""
        self._end(None)

    # --- one bar or line ----------------------------------------------------------------------

    def _begin(self) -> None:
        self._close()
        self._seen, self._start, self._drawn = 0, time.perf_counter(), 0.0
        if self._verbose == 1 and _is_watched():
            self._bar = _bar(self._steps)
            if self._bar is not None:
                writers.append(self._write)

    def _write(self, text: str) -> None:
        self._bar.write(text, file=sys.stdout)

    def _move(self, seen: int, logs: Mapping[str, Any] | None) -> None:
        self._seen = seen
        if self._bar is None or time.perf_counter() - self._drawn < INTERVAL:
            return
        self._draw(logs)

    def _draw(self, logs: Mapping[str, Any] | None) -> None:
        self._bar.set_postfix_str(format_logs(logs or {}), refresh=False)
        self._bar.update(self._seen - self._bar.n)
        self._drawn = time.perf_counter()

    def _end(self, logs: Mapping[str, Any] | None) -> None:
        self._close()
        steps = self._steps or self._seen
        if self._verbose and steps:
            print(_line(steps, time.perf_counter() - self._start, logs or {}), flush=True)

    def _close(self) -> None:
        if self._bar is not None:
            writers.remove(self._write)
            self._bar.close()
            self._bar = None


def _is_watched() -> bool:
    """Tell whether what is printed goes to a terminal or into a notebook's cell."""
    if type(sys.stdout).__module__.partition(".")[0] == "ipykernel":
        return True
    isatty = getattr(sys.stdout, "isatty", None)
    return isatty is not None and bool(isatty())


def _bar(steps: int) -> Any:
    """Return tqdm's bar, None without tqdm: pip install 'chainrule[progress]'."""
    with warnings.catch_warnings():
        # in a notebook without widgets tqdm says so and draws a bar of text: good enough
        warnings.simplefilter("ignore")
        try:
            from tqdm.auto import tqdm
        except ImportError:
            return None
        # some terminals say that they have 0 columns, where tqdm would draw nothing; a
        # notebook's bar has the cell's width
        columns, lines = shutil.get_terminal_size() if sys.stdout.isatty() else (None, None)
        return tqdm(
            total=steps or None, unit="step", file=sys.stdout, ncols=columns, nrows=lines,
            leave=False, mininterval=0.0, miniters=1,
        )  # fmt: skip


def _line(steps: int, seconds: float, logs: Mapping[str, Any]) -> str:
    """Return the line that Keras prints for verbose=2.

    >>> _line(23, 0.161, {"loss": 37.1751, "val_loss": 127.145})
    '23/23 - 0s - 7ms/step - loss: 37.1751 - val_loss: 127.1450'
    """
    each = seconds / steps
    if each >= 1 or each == 0:
        pace = f"{each:.0f}s"
    elif each >= 1e-3:
        pace = f"{each * 1e3:.0f}ms"
    else:
        pace = f"{each * 1e6:.0f}us"
    parts = [f"{steps}/{steps}", f"{seconds:.0f}s", f"{pace}/step"]
    return " - ".join([*parts, format_logs(logs)] if logs else parts)


def format_logs(logs: Mapping[str, Any]) -> str:
    """Return the numbers of the logs as Keras writes them, and anything else as it is.

    >>> format_logs({"accuracy": 0.5, "loss": 0.0005})
    'accuracy: 0.5000 - loss: 5.0000e-04'
    """
    return " - ".join(f"{name}: {_written(number)}" for name, number in logs.items())


def _written(given: Any) -> str:
    try:
        number = float(given)
    except (TypeError, ValueError, OverflowError):  # what a callback has added
        return shown(given)
    return f"{number:.4f}" if number > 1e-3 else f"{number:.4e}"
