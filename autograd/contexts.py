"""What is switched on around an operation: recording, anomaly detection.

A context holds for the thread or asyncio task that entered it and ends even when an
exception passes.  Reading a context variable at every operation would cost a tenth of
it, so `special` counts the contexts that are open anywhere: while it is 0, which is
nearly always, an operation need not ask.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

__all__ = ["detect_anomaly", "detecting_anomaly", "enable_grad", "no_grad", "recording"]

special = 0
_lock = threading.Lock()
_recording: ContextVar[bool] = ContextVar("recording", default=True)
_detecting: ContextVar[bool] = ContextVar("detecting anomalies", default=False)
_duals: ContextVar[bool] = ContextVar("dual numbers", default=False)
_reading: ContextVar[bool] = ContextVar("reading a formula", default=False)


@contextmanager
def _set(variable: ContextVar[bool], state: bool) -> Iterator[None]:
    global special
    with _lock:
        special += 1
    token = variable.set(state)
    try:
        yield
    finally:
        variable.reset(token)
        with _lock:
            special -= 1


def recording() -> bool:
    """Tell whether operations are being recorded into a graph."""
    return _recording.get()


def detecting_anomaly() -> bool:
    """Tell whether the first nan or inf is to raise an error."""
    return _detecting.get()


@contextmanager
def dual_numbers() -> Iterator[None]:
    """Mark that Values which carry a tangent are about: the short ways do not know them."""
    with _set(_duals, True):
        yield


def reading_formula() -> bool:
    """Tell whether a partial of the table is being read for Values."""
    return _reading.get()


@contextmanager
def reading_a_formula() -> Iterator[None]:
    """Mark that a partial of the table is being read for Values."""
    with _set(_reading, True):
        yield


@contextmanager
def no_grad() -> Iterator[None]:
    """Compute without recording: results are leaves.  Also usable as a decorator.

    >>> from autograd import Value, no_grad
    >>> x = Value(3.0)
    >>> with no_grad():
    ...     y = x * x
    >>> y, y.operands
    (Value(9.000), ())
    """
    with _set(_recording, False):
        yield


@contextmanager
def enable_grad() -> Iterator[None]:
    """Record again inside `no_grad`.

    >>> from autograd import Value, enable_grad, no_grad
    >>> with no_grad(), enable_grad():
    ...     len((Value(3.0) * 2).operands)
    2
    """
    with _set(_recording, True):
        yield


@contextmanager
def detect_anomaly() -> Iterator[None]:
    """Raise an `AnomalyError` at the first nan or inf, forward or backward.

    The message names the primitive, the labels and values of its operands, and the line
    of your code that made the node.  It costs time: use it to look for a fault.

    >>> from autograd import Value, detect_anomaly, log
    >>> p = Value(0.0, label="p")
    >>> with detect_anomaly():  # doctest: +ELLIPSIS
    ...     log(p)
    Traceback (most recent call last):
        ...
    autograd.anomaly.AnomalyError: log gave -inf
      operand 1: p = 0.0
      made at ...:2: log(p)
    """
    with _set(_detecting, True):
        yield
