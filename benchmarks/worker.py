"""Contestants in a process of their own: another interpreter, or a fresh heap.

The parent writes one JSON request a line to the worker's standard input and reads one JSON
reply a line.  The clock runs in the worker, around the steps alone, so the pipe costs nothing.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent

if __name__ == "__main__":
    # HIPS autograd goes by the name of our engine: what is installed comes before what lies here
    sys.path[:1] = []
    sys.path.append(str(ROOT))

from benchmarks.contestants.base import MissingError  # noqa: E402
from benchmarks.timing import Local, load  # noqa: E402


class WorkerDiedError(RuntimeError):
    """The worker's process ended in the middle of its work."""


class Worker:
    """A process that makes one contestant and takes its turns, or runs one function.

    Args:
        python: the interpreter.
        environment: variables to set besides those of this process.

    Raises:
        MissingError: there is no such interpreter, or what the contestant needs is not installed.
        WorkerDiedError: the process ended; the message has the last line that it wrote.
        RuntimeError: what it was asked to do raised an exception.
    """

    def __init__(
        self, python: str = sys.executable, environment: Mapping[str, str] | None = None
    ) -> None:
        path = {"PYTHONPATH": str(ROOT)} if python == sys.executable else {}
        inherited = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
        # a file rather than a pipe, which would fill up
        self._errors = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115
        try:
            self._process = subprocess.Popen(
                [python, str(Path(__file__).resolve())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                text=True,
                encoding="utf-8",
                env={**inherited, **path, **(environment or {})},
            )
        except OSError as error:
            self._errors.close()
            raise MissingError(f"{python} cannot be run: {error.strerror}") from None

    def ask(self, request: str, **arguments: Any) -> Any:
        """Return the worker's answer to one request."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps([request, arguments]) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except OSError:  # a broken pipe
            line = ""
        if not line:
            raise WorkerDiedError(self._last_words())
        outcome, answer = json.loads(line)
        if outcome == "missing":
            raise MissingError(answer)
        if outcome == "error":
            raise RuntimeError(answer)
        return answer

    def _last_words(self) -> str:
        code = self._process.wait()
        self._errors.seek(0)
        lines = [line.strip() for line in self._errors if line.strip()]
        ended = f"ended by signal {-code}" if code < 0 else f"ended with status {code}"
        return f"its process {ended}" + (f": {lines[-1]:.200}" if lines else "")

    def close(self) -> None:
        """End the process."""
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._errors.close()

    def __enter__(self) -> Worker:
        """Return the worker."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the process."""
        self.close()


class Remote:
    """A contestant that lives in a worker; asked like one that lives here (`timing.Local`)."""

    def __init__(
        self,
        made: str,
        arguments: Mapping[str, Any],
        python: str = sys.executable,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._worker = Worker(python, environment)
        try:
            self.about: dict[str, Any] = self._worker.ask("make", made=made, arguments=arguments)
        except BaseException:
            self._worker.close()
            raise

    def turn(self, steps: int) -> tuple[list[float], list[float]]:
        """Return the losses and the seconds of some steps."""
        losses, seconds = self._worker.ask("turn", steps=steps)
        return losses, seconds

    def settle(self) -> None:
        """Let the worker's collector forget what has been made so far."""
        self._worker.ask("settle")

    def peak_bytes(self) -> int:
        """Return the most memory that the worker has had."""
        return int(self._worker.ask("peak"))

    def close(self) -> None:
        """End the process."""
        self._worker.close()


def in_a_fresh_process(function: str, **arguments: Any) -> Any:
    """Return what ``module:function`` returns in an interpreter of its own."""
    with Worker() as worker:
        return worker.ask("call", function=function, arguments=arguments)


def peak_bytes() -> int:
    """Return the most memory that this process has had, in bytes."""
    with contextlib.suppress(OSError), open("/proc/self/status", encoding="ascii") as status:
        # getrusage begins with the parent's peak where the process was forked from it
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))
    import resource  # not on Windows

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak if sys.platform == "darwin" else peak * 1024)


def _answers(requests: Any) -> Any:
    contestant: Any = None
    for line in requests:
        request, arguments = json.loads(line)
        try:
            if request == "make":
                contestant = Local(**arguments)
                yield "ok", contestant.about
            elif request == "turn":
                yield "ok", contestant.turn(**arguments)
            elif request == "settle":
                yield "ok", contestant.settle()
            elif request == "peak":
                yield "ok", peak_bytes()
            elif request == "call":
                yield "ok", load(arguments["function"])(**arguments["arguments"])
        except MissingError as missing:
            yield "missing", str(missing)
        except Exception as error:  # the parent decides what it means
            last = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{Path(last.filename).name}, line {last.lineno}"
            yield "error", f"{type(error).__name__}: {error} ({place})"


if __name__ == "__main__":
    # what a library prints is not an answer
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answers:
        os.dup2(2, 1)
        for answer in _answers(sys.stdin):
            answers.write(json.dumps(answer) + "\n")
            answers.flush()
