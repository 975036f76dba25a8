"""Ratios, bars, tables, README and plot are what the numbers give."""

import json
from importlib.util import find_spec
from pathlib import Path

import pytest

from benchmarks import __main__ as entry_point
from benchmarks import bars, moons, plot, report, training
from benchmarks.__main__ import as_json, main
from benchmarks.summary import Spread, between, digits, ratio, seconds, spread
from benchmarks.worker import ROOT
from tests.benchmarks.numbers import contestant, race, results

JSON = ROOT / "docs" / "benchmarks.json"


def cells(table: str, first: str) -> list[str]:
    (row,) = [line for line in table.splitlines() if line.startswith(f"| {first} ")]
    return [cell.strip() for cell in row.strip("|").split("|")]


def test_a_spread_is_the_median_and_the_quartiles() -> None:
    assert spread([4.0, 1.0, 3.0, 2.0, 5.0]) == Spread(2.0, 3.0, 4.0)
    assert spread([7.0]) == Spread(7.0, 7.0, 7.0)


def test_a_ratio_is_taken_round_by_round() -> None:
    # the machine is ten times as slow in the third round, for both
    found = {"contestants": {"a": contestant([2.0, 4.0, 60.0]), "b": contestant([1.0, 1.0, 10.0])}}
    assert ratio(found, "a", "b") == Spread(3.0, 4.0, 5.0)
    assert ratio(found, "a", "b", times=2.0) == Spread(1.5, 2.0, 2.5)
    assert ratio(found, "a", "c") is None
    assert ratio(None, "a", "b") is None


def test_numbers_are_written_with_three_digits() -> None:
    assert [digits(x) for x in (0.0, 0.5, 0.9999, 9.996, 99.96, 5000.4)] == [
        "0", "0.500", "1.00", "10.0", "100", "5,000",
    ]  # fmt: skip
    assert [seconds(x) for x in (9.999e-4, 0.99951, 2e-9)] == ["1.00 ms", "1.00 s", "2.00 ns"]
    assert between(Spread(1e-3, 2e-3, 4e-3), seconds) == "1.00 ms to 4.00 ms"


def test_the_bars_are_judged_by_the_median_ratio() -> None:
    found = {v.bar.work: v for v in bars.verdicts(results())}
    micrograd = found["moons step, compiled: times faster than micrograd"]
    assert micrograd.met
    assert micrograd.bar.claim() == "at least 5,000x"
    assert micrograd.measured == "8,000x (8,000x to 8,000x)".replace("x to 8,000x", " to 8,000")
    assert found["moons step, nn.MLP: times faster than micrograd"].met is False
    assert found["fit, 8-50-50-1: of PyTorch's time"].measured == "0.400x (0.400 to 0.400)"
    assert found["fit, 784-784-100-10: of PyTorch's time"].met is False
    assert found["fit, 784-784-100-10: of the time of Keras on JAX"].met is None
    assert found["digits, recording and compiling"].measured == "31.0 s"
    assert found["digits, peak memory meanwhile"].measured == "3.00 GiB"
    assert found["digits, peak memory meanwhile"].bar.claim() == "at most 4 GiB"
    assert found["growth of compiling a node, collector on"].measured == "2.00x"
    assert found["growth of compiling a node, collector off"].met


def test_every_bar_is_unknown_without_numbers() -> None:
    assert {v.met for v in bars.verdicts({})} == {None}


def test_growth_is_against_any_smaller_graph() -> None:
    points = [{"nodes": n, "t": n * each} for n, each in ((1, 5.0), (10, 1.0), (100, 3.0))]
    assert bars.worst_growth(points, "t") == pytest.approx(3.0)  # that it fell before is no excuse
    assert bars.worst_growth(points[:1], "t") is None


def test_the_table_of_a_race() -> None:
    shown = report.RACES[0]
    table = report.race_table(results()[shown.key], shown)
    name, version, precision, threads, median, quartiles, faster, over, first = cells(
        table, "PyTorch, tensors"
    )
    assert (name, version, precision, threads) == ("PyTorch, tensors", "1.2.3", "float64", "2")
    assert (median, quartiles, first) == ("200 µs", "200 µs to 300 µs", "6.00 ms")
    assert faster == "2,000x (2,000 to 2,000)"
    assert over == "4.00 (4.00 to 4.00)"
    medians = [line.split("|")[5].strip() for line in table.splitlines()[2:]]
    assert medians == ["400 ms", "40.0 ms", "20.0 ms", "200 µs", "50.0 µs", "40.0 µs", "32.0 µs"]
    assert len({len(line) for line in table.splitlines()}) == 1


def test_a_table_without_the_reference_has_no_ratios() -> None:
    shown = report.RACES[0]
    table = report.race_table(race({moons.NUMPY: 4e-5, moons.PLAIN: 0.04}), shown)
    assert "times as fast" not in table
    assert "time over ours" not in table


def test_where_we_lose_and_who_was_not_there() -> None:
    lost = report.losses(results())
    assert lost[0] == "moons step: JAX, jit takes 32.0 µs, we take 1.56 times as long"
    assert "moons step: numpy by hand takes 40.0 µs, we take 1.25 times as long" in lost
    assert "moons step: the first one takes us 1.50 ms, JAX, jit 960 µs" in lost
    assert "digits step: numpy by hand takes 100 µs, we take 1.50 times as long" in lost
    assert len(lost) == 4
    assert report.left_out(results()) == ["MyGrad: mygrad is not installed"]


def test_missed_bars_say_what_stands_in_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    bar = bars.Bar("everything", 1.0, lambda _: 2.0, obstacle="Light is slow.")
    monkeypatch.setattr(bars, "BARS", [bar])
    assert report.obstacles({}) == ["everything: 2.00x. Light is slow."]


def test_results_come_back_from_json_and_give_the_same_documents() -> None:
    text = as_json(results())
    again = json.loads(text)
    assert again == results()
    assert '"seconds": [0.4, 0.4, 0.8]' in text
    assert report.document(again) == report.document(results())
    assert report.readme_part(again) == report.readme_part(results())
    assert report.terminal(again) == report.terminal(results())


def test_the_document_has_every_table() -> None:
    text = report.document(results())
    for shown in report.RACES:
        assert f"## {shown.heading}\n" in text
    assert "Some CPU, 2 cores, 16 GiB, Linux x86_64, Python 3.11.7" in text
    assert "2026-01-02" in text
    assert "## Growth" in text
    assert "A node takes 144 bytes, 168 after" in text
    assert "**missed**" in text
    alone = report.document({"machine": {**results()["machine"], "memory_gib": 0.0}})
    assert "2 cores, Linux" in alone  # and no table
    assert "busy" not in alone
    busy = report.machine({"machine": {**results()["machine"], "load": 3.14}})
    assert busy.endswith("The machine was busy, load average 3.1.")


def test_the_readme_part_is_put_between_the_markers() -> None:
    part = report.readme_part(results())
    assert f"**{moons.COMPILED}**" in part
    assert f"**{training.FIT}**" in part
    assert "not installed" in part
    text = f"# A\n\n{report.BEGIN}\nold\n{report.END}\n\nmore\n"
    once = report.with_part(text, part)
    assert once == f"# A\n\n{report.BEGIN}\n\n{part}\n\n{report.END}\n\nmore\n"
    assert report.with_part(once, part) == once
    for wrong in ("none", report.BEGIN, report.END + report.BEGIN, text + text):
        with pytest.raises(ValueError, match="each once"):
            report.with_part(wrong, part)


def test_documents_are_written_from_the_numbers_of_a_run(tmp_path: Path) -> None:
    numbers = {key: results()[key] for key in ("machine", "first_call", "engine")}
    source = tmp_path / "numbers.json"
    source.write_text(as_json(numbers), encoding="utf-8")
    readme = tmp_path / "README.md"
    readme.write_text(f"{report.BEGIN}{report.END}", encoding="utf-8")
    main(["--from", str(source), "--out", str(tmp_path)])
    docs = tmp_path / "docs"
    assert json.loads((docs / "benchmarks.json").read_text(encoding="utf-8")) == numbers
    assert (docs / "benchmarks.md").read_text(encoding="utf-8") == report.document(numbers)
    assert report.readme_part(numbers) in readme.read_text(encoding="utf-8")
    assert (docs / "benchmarks.svg").exists() == bool(find_spec("matplotlib"))


def test_a_comparison_that_fails_does_not_lose_the_others(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def fails(_: object) -> dict[str, object]:
        raise RuntimeError("other losses")

    found = {"first_call": results()["first_call"]}
    monkeypatch.setattr(entry_point, "COMPARISONS", {"one": fails, "two": lambda _: found})
    with pytest.raises(SystemExit, match="nothing is written: one"):
        main(["--out", str(tmp_path)])
    printed = capsys.readouterr()
    assert "chainrule, compiled, first call" in printed.out
    assert "other losses" in printed.err
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_comparison_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["moon"])
    assert "no comparison 'moon': one of moons, digits" in capsys.readouterr().err


def test_the_plot_is_the_same_bytes_each_time_and_cuts_nothing_off() -> None:
    pytest.importorskip("matplotlib")
    few = {"first_call": results()["first_call"]}
    drawn = plot.svg(few)
    assert drawn == plot.svg(few)
    assert drawn.startswith("<?xml")
    assert "2026" not in drawn
    figure = plot.figure(results())
    figure.draw_without_rendering()
    width, height = figure.bbox.max
    for axes in figure.get_axes():
        box = axes.get_tightbbox()
        assert box.x0 >= 0.0
        assert box.y0 >= 0.0
        assert box.x1 <= width
        assert box.y1 <= height
        for text in axes.texts:  # the numbers stay within their panel
            assert text.get_window_extent().x1 <= axes.bbox.x1 + 1.0


def test_a_plot_of_nothing_is_empty() -> None:
    pytest.importorskip("matplotlib")
    assert plot.figure({}).get_axes() == []


@pytest.mark.skipif(not JSON.exists(), reason="the benchmarks have not been run for docs/ yet")
def test_docs_and_readme_are_what_the_numbers_give() -> None:
    measured = json.loads(JSON.read_text(encoding="utf-8"))
    written = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    assert written == report.document(measured)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert report.with_part(readme, report.readme_part(measured)) == readme
    assert (ROOT / "docs" / "benchmarks.svg").exists()
