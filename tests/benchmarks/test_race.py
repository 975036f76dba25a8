"""Rounds, workers, and what happens to those who cannot take part."""

import gc
import sys
from pathlib import Path

import pytest

from benchmarks.contestants.base import MissingError
from benchmarks.race import Entry, fitting, interpreter, race
from benchmarks.timing import Local
from benchmarks.worker import Remote, Worker, WorkerDiedError, in_a_fresh_process, peak_bytes


class Faulty(Entry):
    """An entry of `tests.benchmarks.faulty`."""

    def prepare(self, arguments: object) -> Local | Remote:
        made = f"tests.benchmarks.faulty:{self.made}"
        return Local(made, {}) if self.home == "here" else Remote(made, {})


def entry(name: str, kind: str, home: str = "here") -> Entry:
    return Faulty(name, kind, home)


def run(*entries: Entry) -> dict[str, object]:
    return race(entries, {}, rounds=3, steps=2)


def test_contestants_take_turns_here_and_in_a_worker() -> None:
    found = run(entry("here", "Steady"), entry("there", "Steady", "worker"))
    assert found["left_out"] == {}
    here, there = found["contestants"]["here"], found["contestants"]["there"]
    for one in (here, there):
        assert len(one["seconds"]) == 3
        assert min(one["seconds"]) > 0.0
        assert one["first"] > 0.0
        assert one["threads"] == 1
        assert one["precision"] == "float64"
    assert there["peak_bytes"] > 2**20
    assert gc.get_freeze_count() == 0


def test_other_losses_are_an_error() -> None:
    with pytest.raises(RuntimeError, match=r"second computes other losses than first: \[1.001"):
        run(entry("first", "Steady"), entry("second", "Other"))


def test_a_worker_that_dies_is_left_out_and_said_so() -> None:
    said: list[str] = []
    found = race(
        [entry("steady", "Steady"), entry("mortal", "Dies", "worker")],
        {}, rounds=3, checked=1, steps=2, say=said.append,
    )  # fmt: skip
    assert found["contestants"].keys() == {"steady"}
    assert len(found["contestants"]["steady"]["seconds"]) == 3
    assert found["left_out"] == {"mortal": "its process ended with status 3: out of luck"}
    assert said == ["left out: mortal: its process ended with status 3: out of luck"]


def test_who_is_missing_is_named_with_the_reason() -> None:
    found = run(entry("steady", "Steady"), entry("a", "Absent"), entry("b", "Absent", "worker"))
    assert found["left_out"] == {"a": "it is on holiday", "b": "it is on holiday"}
    unknown = Entry("peer", "faulty")
    with pytest.raises(ModuleNotFoundError):  # a file of ours that is not there is a fault
        unknown.prepare({})


def test_a_peer_that_fails_is_left_out_but_ours_is_not() -> None:
    found = run(entry("steady", "Steady"), entry("peer", "Raises"))
    assert found["left_out"] == {"peer": "it fails here: ValueError: no clang here"}
    with pytest.raises(ValueError, match="no clang here"):
        run(entry("chainrule", "Raises"))
    with pytest.raises(RuntimeError, match="ValueError: no clang here"):
        run(entry("chainrule", "Raises", "worker"))


def test_environments_are_found_through_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAINRULE_BENCH_HIPS", "/some/python")
    assert interpreter("hips") == "/some/python"
    monkeypatch.delenv("CHAINRULE_BENCH_NOWHERE", raising=False)
    with pytest.raises(MissingError, match="CHAINRULE_BENCH_NOWHERE names its python"):
        interpreter("nowhere")
    monkeypatch.setenv("CHAINRULE_BENCH_HIPS", str(Path("no", "such", "python")))
    with pytest.raises(MissingError, match="cannot be run"):
        Entry("HIPS", "hips:Moons", home="hips").prepare({})


def test_another_interpreter_without_the_peer(monkeypatch: pytest.MonkeyPatch) -> None:
    """In this environment `autograd` is our engine, not HIPS's."""
    monkeypatch.setenv("CHAINRULE_BENCH_HIPS", sys.executable)
    with pytest.raises(MissingError, match="autograd is not installed"):
        Entry("HIPS", "hips:Moons", home="hips").prepare({})


def test_a_worker_answers_until_it_is_gone() -> None:
    given = {"a": [1, 2.5], "b": "ü"}
    assert in_a_fresh_process("tests.benchmarks.faulty:give_back", **given) == given
    with Worker() as worker:
        assert worker.ask("peak") > 2**20
        worker._process.kill()
        worker._process.wait()
        with pytest.raises(WorkerDiedError, match="ended by signal 9"):
            worker.ask("peak")


def test_turns_are_long_enough_and_not_too_long() -> None:
    assert fitting(1.0) == 3
    assert fitting(0.01) == 20
    assert fitting(1e-7) == 2000
    assert peak_bytes() > 2**20
