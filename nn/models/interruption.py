"""Ctrl-C during training: the batch that is being computed is finished first."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType

__all__ = ["Interruption"]


class Interruption:
    """Keep Ctrl-C from cutting a step in half, which would leave some weights moved, some not.

    Inside the ``with`` block a Ctrl-C is only noted; the training loop looks at it between
    two batches (`check`).  A second one ends whatever runs at once, a slow callback for
    instance, unless it is a step (`in_step`).  Another handler than Python's own is left in
    place, and so is every handler outside of the main thread, which alone receives signals.
    """

    def __init__(self) -> None:
        self.requested = False
        self.in_step = False
        self._installed = False

    def __enter__(self) -> Interruption:
        if (
            threading.current_thread() is threading.main_thread()
            and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        ):
            signal.signal(signal.SIGINT, self._note)
            self._installed = True
        return self

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
        if again and not self.in_step:
            raise KeyboardInterrupt
