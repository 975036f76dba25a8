"""Ctrl-C during training: the batch that is being computed is finished first."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from types import CodeType, FrameType, TracebackType
from typing import Any, TypeVar

from autograd.contexts import Context

__all__ = ["Interruption", "uncut"]

Function = TypeVar("Function", bound=Callable[..., Any])

_uncut: set[CodeType] = set()


def uncut(function: Function) -> Function:
    """Let no Ctrl-C end this function, or what it calls, before it is done.

    That holds inside an `Interruption`, that is during `fit`.
    """
    _uncut.add(function.__code__)
    return function


PAUSE = 0.5
"""Seconds after a Ctrl-C that ended something: a key held down is not to end the clean-up too."""


class Interruption:
    """Keep Ctrl-C from cutting a step in half, which would leave some weights moved, some not.

    Inside the ``with`` block a Ctrl-C is only noted; the training loop looks at it between
    two batches (`check`).  A second one ends whatever runs at once, a slow callback for
    instance, unless it is a function that is never cut in half (`uncut`), as a step is.
    Another handler than Python's own is left in place, and so is every handler outside of
    the main thread, which alone receives signals.
    """

    def __init__(self) -> None:
        self.requested = False
        self._installed = False
        self._raised = -PAUSE

    @uncut
    def __enter__(self) -> Interruption:
        if (
            threading.current_thread() is threading.main_thread()
            and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        ):
            signal.signal(signal.SIGINT, self._note)
            self._installed = True
        return self

    @uncut
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._installed:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def check(self) -> None:
        """Raise the KeyboardInterrupt that was held back, if there was one."""
        if self.requested:
            raise KeyboardInterrupt

    def _note(self, number: int, frame: FrameType | None) -> None:
        again, self.requested = self.requested, True
        while frame is not None:
            if frame.f_code in _uncut:
                return
            frame = frame.f_back
        if again and time.monotonic() - self._raised > PAUSE:
            self._raised = time.monotonic()
            raise KeyboardInterrupt


for _method in (Context.__enter__, Context.__exit__):
    uncut(_method)
