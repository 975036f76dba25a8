"""Progress: Keras's lines, a bar for a terminal, and no control characters anywhere else."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from nn import progress
from nn.callbacks import CallbackList, EarlyStopping, writers
from nn.progress import ProgressBar, as_verbose, format_logs

ROOT = Path(__file__).resolve().parent.parent.parent


class Terminal(io.StringIO):
    encoding = "utf-8"  # type: ignore[assignment]

    def isatty(self) -> bool:
        return True


def fit(verbose: Any, epochs: int = 2, steps: int = 3, extra: Any = ()) -> None:
    bar = ProgressBar()
    callbacks = CallbackList([*extra, bar], verbose=verbose, epochs=epochs, steps=steps)
    callbacks.on_train_begin()
    for epoch in range(epochs):
        callbacks.on_epoch_begin(epoch)
        for batch in range(steps):
            callbacks.on_train_batch_end(batch, {"loss": 1.0})
        callbacks.on_test_begin()
        callbacks.on_test_batch_end(0, {"loss": 9.0})
        callbacks.on_test_end({"loss": 9.0})
        callbacks.on_epoch_end(epoch, {"loss": 0.5, "val_loss": 0.0005})
    callbacks.on_train_end()


LINE = r"3/3 - 0s - \d+[um]s/step - loss: 0\.5000 - val_loss: 5\.0000e-04\n"


@pytest.mark.parametrize("verbose", [2, 1, "auto", True])
def test_lines_in_a_pipe(verbose: Any, capsys: pytest.CaptureFixture[str]) -> None:
    fit(verbose)
    out, err = capsys.readouterr()
    assert re.fullmatch(f"Epoch 1/2\n{LINE}Epoch 2/2\n{LINE}", out)
    assert err == ""


def test_a_pipe_sees_no_control_characters() -> None:
    code = "from tests.nn.test_progress import fit; fit(1, epochs=1)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, cwd=ROOT, check=True)
    text = done.stdout.decode().replace("\r\n", "\n")
    assert re.fullmatch(LINE, text)
    assert done.stderr == b""


def test_one_epoch_has_no_heading_and_silence_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    fit(2, epochs=1)
    assert re.fullmatch(LINE, capsys.readouterr().out)
    fit(0)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("steps", "seconds", "line"),
    [
        (23, 0.161, "23/23 - 0s - 7ms/step"),
        (1, 1.6, "1/1 - 2s - 2s/step"),
        (10, 0.005, "10/10 - 0s - 500us/step"),
        (4, 0.0, "4/4 - 0s - 0s/step"),
        (1000, 61.2, "1000/1000 - 61s - 61ms/step"),
    ],
)
def test_the_line_of_keras(steps: int, seconds: float, line: str) -> None:
    assert progress._line(steps, seconds, {}) == line
    assert progress._line(steps, seconds, {"loss": 37.17512}) == f"{line} - loss: 37.1751"


@pytest.mark.parametrize(
    ("number", "text"),
    [(127.145, "127.1450"), (1e-3, "1.0000e-03"), (1.1e-3, "0.0011"), (0.0, "0.0000e+00"),
     (float("nan"), "nan"), (float("inf"), "inf"), (12345.6, "12345.6000"),
     ("high", "'high'"), (None, "None")],
)  # fmt: skip
def test_numbers(number: Any, text: str) -> None:
    assert format_logs({"loss": number}) == f"loss: {text}"


def test_evaluate_and_predict(capsys: pytest.CaptureFixture[str]) -> None:
    callbacks = CallbackList([ProgressBar()], verbose=2, epochs=1, steps=2)
    callbacks.on_test_begin()
    callbacks.on_test_batch_end(0, {"loss": 1.0})
    callbacks.on_test_end({"loss": 0.25})
    callbacks.on_predict_begin()
    callbacks.on_predict_batch_end(0, {"outputs": [[1.0]]})
    callbacks.on_predict_end()
    test, predict = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"2/2 - 0s - \d+[um]s/step - loss: 0\.2500", test)
    assert re.fullmatch(r"2/2 - 0s - \d+[um]s/step", predict)


def test_a_bar_in_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("tqdm")
    monkeypatch.setattr(sys, "stdout", terminal := Terminal())
    monkeypatch.setattr(progress, "INTERVAL", 0.0)
    fit(1)
    shown = re.split(r"[\r\n]", terminal.getvalue())
    bars = [text for text in shown if "%|" in text]
    for step in range(4):
        assert any(f" {step}/3 [" in bar for bar in bars)
    assert "loss: 1.0000" in bars[-1]
    assert all("loss: 9.0" not in bar for bar in bars)  # the validation has no part in it
    # what is left when the bars are gone
    lines = [text for text in shown if text.strip() and text not in bars]
    assert re.fullmatch(f"Epoch 1/2\n{LINE}Epoch 2/2\n{LINE}", "\n".join([*lines, ""]))
    assert writers == []


def test_a_bar_in_a_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("tqdm")

    class OutStream(io.StringIO):  # what a notebook's cell prints to is no terminal
        encoding = "utf-8"  # type: ignore[assignment]
        __module__ = "ipykernel.iostream"

    monkeypatch.setattr(sys, "stdout", cell := OutStream())
    fit(1, epochs=1)
    assert "%|" in cell.getvalue()
    assert re.search(LINE, cell.getvalue())


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
def test_a_bar_in_a_pseudo_terminal_that_does_not_know_its_width() -> None:
    pytest.importorskip("tqdm")
    import pty

    code = (
        "import nn.progress; nn.progress.INTERVAL = 0.0\n"
        "from tests.nn.test_progress import fit; fit(1, epochs=1)"
    )
    ours, theirs = pty.openpty()
    done = subprocess.Popen([sys.executable, "-c", code], stdout=theirs, cwd=ROOT)
    os.close(theirs)
    text = ""
    try:
        while piece := os.read(ours, 1024):
            text += piece.decode()
    except OSError:  # the other side is closed
        pass
    os.close(ours)
    assert done.wait() == 0
    assert " 2/3 [" in text
    assert re.search(LINE, text.replace("\r\n", "\n"))


def test_a_message_does_not_tear_the_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("tqdm")
    monkeypatch.setattr(sys, "stdout", terminal := Terminal())

    class Model:
        stop_training = False

    stopping = EarlyStopping(verbose=1)
    stopping.set_model(Model())
    callbacks = CallbackList([stopping, ProgressBar()], verbose=1, epochs=1, steps=2)
    callbacks.on_train_begin()
    callbacks.on_epoch_begin(0)
    stopping.stopped_epoch = 4
    stopping.on_train_end()  # while the bar is drawn
    callbacks.on_epoch_end(0, {"val_loss": 1.0})
    lines = re.split(r"[\r\n]", terminal.getvalue())
    assert "Epoch 5: early stopping" in [line.strip() for line in lines]


def test_a_bar_that_was_broken_off_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("tqdm")
    monkeypatch.setattr(sys, "stdout", terminal := Terminal())
    callbacks = CallbackList([ProgressBar()], verbose=1, epochs=1, steps=5)
    callbacks.on_train_begin()
    callbacks.on_epoch_begin(0)
    callbacks.on_train_batch_end(0, {"loss": 1.0})
    assert "%|" in terminal.getvalue()
    callbacks.on_train_end()
    assert terminal.getvalue().endswith("\r")  # nothing of it is left
    assert writers == []


def test_without_tqdm_there_are_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    monkeypatch.setattr(sys, "stdout", terminal := Terminal())
    fit(1, epochs=1)
    assert re.fullmatch(LINE, terminal.getvalue())


def test_many_batches_are_drawn_rarely(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("tqdm")
    monkeypatch.setattr(sys, "stdout", terminal := Terminal())
    start = time.perf_counter()
    fit(1, epochs=1, steps=2000)
    drawn = terminal.getvalue().count("\r")
    assert drawn <= 10 + (time.perf_counter() - start) / progress.INTERVAL


def test_a_stdout_that_is_none_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    class Plain:
        def __init__(self) -> None:
            self.text = ""

        def write(self, text: str) -> None:
            self.text += text

        def flush(self) -> None:
            pass

    monkeypatch.setattr(sys, "stdout", plain := Plain())
    fit(1, epochs=1)
    assert re.fullmatch(LINE, plain.text)


@pytest.mark.parametrize(("verbose", "number"), [("auto", 1), (0, 0), (True, 1), (False, 0)])
def test_verbose(verbose: Any, number: int) -> None:
    assert as_verbose(verbose) == number


@pytest.mark.parametrize("verbose", [3, -1, "yes", None, 1.5])
def test_what_is_no_verbose(verbose: Any) -> None:
    with pytest.raises(ValueError, match="verbose is 0, 1, 2 or 'auto', not"):
        as_verbose(verbose)
