"""Every demo's command line: it works, or ends with status 2 and one line that says what to do."""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from demos import __main__ as listing
from demos import _gallery, _page
from demos._data import Table
from demos._page import Lesson, command, run
from tests.demos.lessons import check_page, check_terminal, needs_plots, refused, tell

LESSONS = listing.lessons()


@dataclass(frozen=True)
class Option:
    """A numeric option: the ends of its range as they are typed, what is beyond, the remedy."""

    name: str
    ends: tuple[str, ...]
    beyond: tuple[str, ...]
    remedy: str
    whole: bool = True


EPOCHS = Option("--epochs", ("2", "2000"), ("1", "0", "-1", "2001"), "2 to 2000 epochs")
MORE_EPOCHS = Option("--epochs", ("1", "1000"), ("0", "-1", "1001"), "1 to 1000 epochs")
SIZES = ("1", "200"), ("0", "-1", "201"), "a layer has 1 to 200 neurons"
NUMBERS = {
    "activation_functions": (
        Option("--slope", ("5e-324", "0.9999999999999999"), ("0", "-0.0", "1", "-1", "nan", "inf",
               "1e999"), "a leak is a number above 0 and below 1", whole=False),
    ),
    "backpropagation": (
        Option("--steps", ("1000", "10000000"), ("999", "-1", "10000001"),
               "1000 to 10000000 steps"),
    ),
    "binary_classification": (EPOCHS,),
    "classification": (MORE_EPOCHS,),
    "deep_network": (),
    "dropout_batchnorm": (EPOCHS,),
    "forward_propagation": (
        Option("--inputs", *SIZES), Option("--hidden", *SIZES), Option("--outputs", *SIZES),
        Option("--seed", ("0", "4294967295"), ("-1", "4294967296"),
               "a seed is a whole number from 0 to 4294967295"),
    ),
    "gradient_descent": (
        Option("--rates", ("5e-324", "100"), ("0", "-0.0", "-1", "100.1", "nan", "inf", "1e999"),
               "a learning rate is above 0, and here at most 100", whole=False),
        Option("--steps", ("5", "100"), ("4", "-1", "101"), "5 to 100 steps"),
    ),
    "overfitting": (EPOCHS,),
    "regression": (
        MORE_EPOCHS, Option("--repeats", ("2", "50"), ("1", "-1", "51"), "2 to 50 times"),
    ),
    "single_neuron": (EPOCHS,),
    "stochastic_gradient_descent": (EPOCHS,),
    "vanishing_gradient": (
        Option("--depth", ("2", "500"), ("1", "-1", "501"), "a chain has 2 to 500 neurons"),
        Option("--x", ("-1e308", "0", "5e-324", "1e308"), ("nan", "inf", "-inf", "1e999"),
               "the input is a finite number", whole=False),
    ),
}  # fmt: skip
HUGE = "9" * 5000
NO_NUMBERS = (
    "", "x", "0x10", "true", "1 2", "1,5", "a\nb", "\x1b[31m", "\u202e1", "\udcff", "\ud800",
    "x" * 5000,
)  # fmt: skip
NO_WHOLE_NUMBERS = ("1.5", "1e3", "-0.0", "nan", "inf", "1e999", HUGE)
WITH_TABLE = (
    "binary_classification", "deep_network", "dropout_batchnorm", "overfitting", "regression",
    "single_neuron", "stochastic_gradient_descent",
)  # fmt: skip

ROWS = "".join(f"{i},{i % 7},{i % 2}\n" for i in range(60))
UNWANTED = ("a\x1b[31mb", "a\nb", "a\x00b", "a\u202eb", "a\udcffb", "a\ud800b", "a" * 5000)
"""Names of files, columns, lessons and options, none of which may be printed as it is."""


@dataclass
class Demo:
    """A demo whose lesson is not told: what it would be told with is kept."""

    name: str
    module: ModuleType
    table: str
    calls: list[Any] = field(default_factory=list)

    def main(self, arguments: list[str]) -> int:
        return self.module.main(arguments)  # type: ignore[no-any-return]

    @property
    def data(self) -> list[str]:
        return ["--csv", self.table] if self.name in WITH_TABLE else []


def demo_named(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Demo:
    """Return a demo that tells nothing, and needs no data but a small table."""
    module = import_module(f"demos.{name}")
    (tmp_path / "good.csv").write_text("a,b,c\n" + ROWS, encoding="utf-8")
    demo = Demo(name, module, str(tmp_path / "good.csv"))
    telling = "run" if name == "vanishing_gradient" else "lesson"
    monkeypatch.setattr(module, telling, lambda *arguments: demo.calls.append(arguments))
    if name == "classification":
        monkeypatch.setattr(module, "small_digits", lambda: None)
    monkeypatch.chdir(tmp_path)
    return demo


@pytest.fixture(params=LESSONS)
def demo(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Demo:
    return demo_named(request.param, tmp_path, monkeypatch)


@pytest.fixture(params=WITH_TABLE)
def with_table(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Demo:
    return demo_named(request.param, tmp_path, monkeypatch)


def gallery(arguments: list[str]) -> int:
    return _gallery.main(arguments, LESSONS)


def complaint(
    main: Callable[[list[str]], int], arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> str:
    """What is wrong with the arguments: one line that can be read, after the usage."""
    usage, command_line, said = refused(main, arguments, capsys).rpartition(": error: ")
    assert command_line
    assert usage.startswith("usage: python -m demos")
    assert said.endswith("\n")
    assert said[:-1].isprintable()
    assert len(said) < 600
    return said


# --- options --------------------------------------------------------------------------------------


def test_help_has_every_option_and_the_tables_above_have_them_too(
    demo: Demo, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit:
        demo.main(["--help"])
    assert exit.value.code == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert f"usage: python -m demos.{demo.name} " in out
    described = set(re.findall(r"^  (--\w+)", out, flags=re.MULTILINE))
    assert "--out" in described
    numeric = {option.name for option in NUMBERS[demo.name]}
    others = {"--out", "--csv", "--column", "--mnist", "--activation"}
    assert described - others == numeric
    assert ("--csv" in described) == (demo.name in WITH_TABLE)


def test_what_is_no_number(demo: Demo, capsys: pytest.CaptureFixture[str]) -> None:
    for option in NUMBERS[demo.name]:
        kind = "int" if option.whole else "float"
        for text in (*NO_NUMBERS, *(NO_WHOLE_NUMBERS if option.whole else ())):
            said = complaint(demo.main, [f"{option.name}={text}"], capsys)
            assert f"argument {option.name}: invalid {kind} value: {text!r:.40}; give a " in said
    assert demo.calls == []


def test_numbers_beyond_the_range_and_at_its_ends(
    demo: Demo, capsys: pytest.CaptureFixture[str]
) -> None:
    for option in NUMBERS[demo.name]:
        for text in (*option.beyond, *(() if option.name == "--x" else ("9" * 30, "-" + "9" * 30))):
            shown = text if option.whole else f"{float(text):g}"
            said = complaint(demo.main, [f"{option.name}={text}"], capsys)
            assert said == f"{option.name} {shown}: {option.remedy}\n"
        assert demo.calls == []
        for text in option.ends:
            assert demo.main([f"{option.name}={text}", *demo.data]) == 0
            given = demo.calls.pop()
            expected = int(text) if option.whole else float(text)
            assert expected in given or [expected] in given


def test_too_many_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    several = (("gradient_descent", "--rates", 6), ("forward_propagation", "--hidden", 10))
    for name, option, most in several:
        demo = demo_named(name, tmp_path, monkeypatch)
        said = complaint(demo.main, [option, *["1"] * 5000], capsys)
        assert said.startswith(f"{option}: ")
        assert "5000" in said
        assert demo.main([option, *["1"] * most]) == 0


def test_unknown_options_missing_values_and_what_is_left_over(
    demo: Demo, capsys: pytest.CaptureFixture[str]
) -> None:
    for text in ("--nothing", "nothing", *(f"--{text}" for text in UNWANTED), *UNWANTED):
        assert "unrecognized arguments: " in complaint(demo.main, [text], capsys)
    for option in ("--out", *(each.name for each in NUMBERS[demo.name])):
        said = complaint(demo.main, [option], capsys)
        assert said.startswith(f"argument {option}: expected ")
    assert demo.calls == []


@pytest.mark.parametrize("text", ["", "Sigmoid", "softmax", *UNWANTED])
def test_an_activation_that_is_not_there(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    demo = demo_named("vanishing_gradient", tmp_path, monkeypatch)
    said = complaint(demo.main, [f"--activation={text}"], capsys)
    assert said.startswith("argument --activation: invalid choice: ")
    if len(text) < 100:
        assert "sigmoid" in said


# --- where it goes --------------------------------------------------------------------------------


def assert_refused_places(
    main: Callable[[list[str]], int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "file"
    file.write_text("mine", encoding="utf-8")
    places = [str(file), str(file / "below"), "a\x00b", "a" * 5000]
    if os.name == "posix":
        os.symlink("loop", tmp_path / "loop")
        os.mkfifo(tmp_path / "pipe\x1b[31m")
        places += [str(tmp_path / "loop"), str(tmp_path / "pipe\x1b[31m"), "/dev/null", "a\ud800b"]
    if Path("/proc/self").exists():
        places.append("/proc/nothing")
    before = sorted(tmp_path.iterdir())
    for place in places:
        said = complaint(main, ["--out", place], capsys)
        if place.isprintable() and len(place) < 200:
            assert said.startswith(f"--out {place}: ")
        assert said.startswith("--out ")
        assert "None" not in said
        assert said.endswith("; give a folder that can be written to\n")
    assert sorted(tmp_path.iterdir()) == before
    assert file.read_text(encoding="utf-8") == "mine"


def test_places_where_no_folder_can_be(demo: Demo, capsys: pytest.CaptureFixture[str]) -> None:
    tmp_path = Path(demo.table).parent
    assert_refused_places(lambda some: demo.main([*some, *demo.data]), tmp_path, capsys)
    assert demo.calls == []


def test_places_where_no_gallery_can_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(_gallery, "build", lambda *_: pytest.fail("it is built"))
    monkeypatch.chdir(tmp_path)
    assert_refused_places(gallery, tmp_path, capsys)


def test_a_folder_that_may_not_be_written_to_is_found_out_before_the_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told: list[Path] = []
    monkeypatch.setattr(_page.os, "access", lambda place, mode: False)
    parser = command("name", "")
    said = complaint(lambda _: run(parser, tmp_path, told.append), [], capsys)
    assert f"--out {tmp_path}: Permission denied; give a folder that can be written to" in said
    assert told == []


def test_a_folder_without_rights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    demo = demo_named("gradient_descent", tmp_path, monkeypatch)
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    if os.access(closed, os.W_OK):
        pytest.skip("this user, or this system, writes everywhere")
    for place in (closed, closed / "below"):
        said = complaint(demo.main, ["--out", str(place)], capsys)
        assert "Permission denied; give a folder that can be written to" in said
    assert demo.calls == []


def test_a_disk_that_is_full_is_named_without_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(out: Path) -> None:
        raise OSError(28, "No space left on device")

    said = complaint(lambda _: run(command("name", ""), tmp_path, full), [], capsys)
    assert said.startswith(f"--out {tmp_path}: No space left on device; give a folder")


def short_lesson(out: Path) -> None:
    lesson = Lesson(out, "z = w·x − 1")
    lesson.text("A minus sign: −.")
    lesson.written.append(out / "picture.svg")
    lesson.close()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
@pytest.mark.parametrize("name", ["a\x1b[31mb", "a\nb", "a\u202eb", "a\udcffb", " ", "-", "$x^{"])
def test_a_folder_of_any_name_is_made_and_no_raw_character_of_it_is_printed(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        os.fsencode(name)
    except UnicodeEncodeError:
        pytest.skip("the locale has no such names")
    assert run(command("name", ""), tmp_path / name, short_lesson) == 0
    out = capsys.readouterr().out
    assert out.replace("\n", "").isprintable()
    assert (tmp_path / name / "index.html").is_file()
    assert len(out.splitlines()) == 7


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_a_terminal_that_has_not_all_characters_shows_their_codes(
    encoding: str, tmp_path: Path
) -> None:
    written = io.BytesIO()
    with io.TextIOWrapper(written, encoding=encoding) as terminal, redirect_stdout(terminal):
        assert run(command("name", ""), tmp_path, short_lesson) == 0
        assert terminal.errors == "strict"
        said = written.getvalue().decode(encoding)
    shown = "−".encode(encoding, "backslashreplace").decode(encoding)
    assert f"A minus sign: {shown}." in said
    assert "A minus sign: −." in (tmp_path / "index.html").read_text(encoding="utf-8")


# --- tables ---------------------------------------------------------------------------------------

NO_TABLES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "is no table: it needs a line of column names"),
    "blank": (b"\n \n,,\n", "is no table: it needs a line of column names"),
    "binary": (bytes(range(256)), "is no CSV file: it is not text in UTF-8"),
    "utf-16": (("a,b\n" + ROWS).encode("utf-16"), "is no CSV file: it is not text in UTF-8"),
    "latin-1": (("à,b,c\n" + ROWS).encode("latin-1"), "is no CSV file: it is not text in UTF-8"),
    "semicolons": (b"a;b\n1;2\n", "is no table: it needs a line of column names, separated by c"),
    "one column": (b"a\n1\n2\n", "is no table: it needs a line of column names"),
    "a quotation": (b'"a,b,c\n1,2,3\n', "is no table: it needs a line of column names"),
    "no names": (ROWS.encode(), "begins with numbers: its first line must name the columns"),
    "short row": (b"a,b,c\n1,2,3\n1,2\n", "row 2: 2 cells, and there are 3 columns"),
    "long row": (b"a,b,c\n1,2,3,4\n", "row 1: 4 cells, and there are 3 columns"),
    "nan": (b"a,b,c\n1,nan,3\n", "row 1, column 'b': 'nan' is no number; leave out the rows"),
    "a gap": (b"a,b,c\n1,,3\n", "row 1, column 'b': '' is no number; leave out the rows"),
    "an escape": (b"a,b,c\n1,\x1b[31m,3\n", r"row 1, column 'b': '\x1b[31m' is no number"),
    "a zero byte": (b"a,b,c\n1,\x00,3\n", "none.csv"),
    "a long cell": (b"a,b,c\n1," + b"x" * 9000 + b",3\n", "row 1, column 'b': 'xxxx"),
    "too large": (b"a,b,c\n1,2e30,3\n", "row 1, column 'b': '2e30' is more than 1e+30, too much "),
    "an escape in a name": (b"a\x1b[31m,b\n1,2\n", r"name of the column 'a\x1b[31m' cannot be pr"),
    "a name of two lines": (b'"a\nb",c\n1,2\n', r"name of the column 'a\nb' cannot be printed"),
    "a name from the right": ("\u202ea,b\n1,2\n".encode(), r"the column '\u202ea' cannot be pri"),
    "few": (b"a,b,c\n" + b"1,2,0\n" * 9, "9 rows"),
    "constant": (b"a,b,c\n" + b"1,2,1\n" * 60, "1 in "),
}


def test_what_is_no_table(with_table: Demo, capsys: pytest.CaptureFixture[str]) -> None:
    file = Path(with_table.table).parent / "none.csv"
    for content, message in NO_TABLES.values():
        file.write_bytes(content)
        said = complaint(with_table.main, ["--csv", str(file)], capsys)
        assert said.startswith(f"--csv {file}")
        assert message in said
    assert with_table.calls == []


def test_where_no_table_can_be(with_table: Demo, capsys: pytest.CaptureFixture[str]) -> None:
    folder = Path(with_table.table).parent
    places = {"nothing.csv": "No such file", ".": "is a folder", "": "is a folder"}
    if os.name == "posix":
        os.mkfifo(folder / "pipe")
        os.symlink("loop", folder / "loop")
        places |= {"pipe": "a pipe, not a file", "/dev/zero": "a device", "loop": "many levels"}
        places |= {"a\ud800b": "no file can have this name"}
    places |= dict.fromkeys(("a\nb", "a\x1b[31mb", "a\udcffb", "a" * 5000), "")
    places |= {"a\x00b": "no file can have this name"}
    for place, message in places.items():
        said = complaint(with_table.main, ["--csv", place], capsys)
        assert said.startswith("--csv ")
        assert message in said
    assert complaint(with_table.main, ["--csv"], capsys).startswith("argument --csv: expected one")
    assert with_table.calls == []


def test_tables_of_all_kinds_are_taken(with_table: Demo) -> None:
    file = Path(with_table.table).parent / "any.csv"
    for text in (
        "\ufeffa,b,c\r\n" + ROWS.replace("\n", "\r\n"),
        "a,b,c\n\n" + ROWS.rstrip("\n"),
        '"a","$x^{y$","<script>"\n' + ROWS,
        "a,a,a\n" + ROWS,
        "a" * 5000 + ",,\n" + ROWS,
        "a,b,c\n" + ROWS + "1e30,-1e30,1\n5e-324,-0.0,0\n",
    ):
        file.write_text(text, encoding="utf-8", newline="")
        assert with_table.main(["--csv", str(file)]) == 0
        table = next(each for each in with_table.calls.pop() if isinstance(each, Table))
        assert np.isfinite(table.x).all()
        assert len(table) >= 60


@pytest.mark.parametrize("text", ["", "d", *UNWANTED])
def test_a_column_that_is_not_there(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    demo = demo_named("single_neuron", tmp_path, monkeypatch)
    said = complaint(demo.main, [*demo.data, f"--column={text}"], capsys)
    assert said.startswith("--column ")
    assert said.endswith(": there are a, b\n")
    wide = tmp_path / "wide.csv"
    wide.write_text(",".join(f"c{i}" for i in range(3000)) + ",t\n" + ("1," * 3000 + "2\n") * 10
                    + ("1," * 3000 + "3\n") * 10, encoding="utf-8")  # fmt: skip
    complaint(demo.main, ["--csv", str(wide), f"--column={text}"], capsys)
    assert demo.calls == []


@pytest.mark.parametrize("text", ["nothing.npz", *UNWANTED])
def test_digits_that_are_not_there(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    demo = demo_named("classification", tmp_path, monkeypatch)
    said = complaint(demo.main, [f"--mnist={text}"], capsys)
    assert said.startswith("--mnist: ")
    assert demo.calls == []


NAMES = ("$x^{y$", "<script>alert(1)</script>", "&lt;b&gt;", "$\\frac{$")


@needs_plots
@pytest.mark.filterwarnings("error")
def test_names_of_columns_get_through_to_the_pictures_letter_by_letter(tmp_path: Path) -> None:
    file = tmp_path / "$x^{y$ & b.csv"
    rows = "".join(f"{i % 5},{i},{i % 7},{i % 2}\n" for i in range(40))
    file.write_text(",".join(NAMES) + "\n" + rows, encoding="utf-8")
    module = import_module("demos.binary_classification")
    told = tell(module, tmp_path / "out", "--csv", str(file), "--epochs", "2")
    check_terminal(told)
    check_page(told)
    assert "<script" not in told.page
    assert "<script" not in told.svg("map")
    for name in module.classes(Table("", np.empty(0), np.empty(0), (), NAMES[3], "")):
        assert name in told.svg("confusion")
    assert f"probability of {NAMES[3]} 1" in told.svg("map")


@needs_plots
@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "name", [" ".join(NAMES), "W" * 5000, "_hidden"], ids=["markup", "long", "underscore"]
)
def test_a_column_of_any_name_can_be_plotted(name: str) -> None:
    import matplotlib
    from matplotlib.figure import Figure

    neuron = import_module("demos.single_neuron")
    descent = import_module("demos.stochastic_gradient_descent")
    regression = import_module("demos.regression")
    x = np.arange(40.0).reshape(20, 2)
    data = Table("", x, x.sum(1), (name, "b"), name, "")
    weights = np.array([1.0, -2.0])
    measured = regression.Measured()
    measured.add(data, np.arange(10), np.arange(10, 20), x[:, 0])
    variant = regression.variants(1)[0]
    fit = descent.Fit(0.1, 8, [0.0] * 61, [0.0] * 61, [1.0] * 61, [], 0.0)
    for draw in (
        lambda figure: neuron.plot_weights(figure, data, weights),
        lambda figure: neuron.plot_line(figure, data, 0, weights, weights),
        lambda figure: neuron.plot_loss(figure, [2.0, 1.0], [1.0, 0.5], name),
        lambda figure: descent.plot_lines(figure, x[:, 0], x[:, 1], [fit] * 6, [name, name]),
        lambda figure: regression.plot_predictions(figure, variant, measured, name),
    ):
        figure, written = Figure(figsize=(8.4, 4.8), layout="constrained"), io.StringIO()
        draw(figure)
        with matplotlib.rc_context({"svg.fonttype": "none"}):
            figure.savefig(written, format="svg")
        shown = written.getvalue()
        assert "<script" not in shown
        assert ("$x^{y$ &lt;script&gt;" in shown) == name.startswith("$")


# --- the gallery, and the list --------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "nothing", "_page", "../demos/regression", *UNWANTED])
def test_a_lesson_that_is_not_there(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    said = complaint(gallery, ["--only", "regression", text], capsys)
    assert said.startswith("--only ")
    assert said.endswith(f"{list(LESSONS)[-1]}\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [["--nothing"], ["regression"], ["--only"], ["--out"]])
def test_what_the_gallery_does_not_take(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert "argument" in complaint(gallery, arguments, capsys)


@pytest.mark.parametrize("text", ["-h", "--help"])
def test_help_lists_the_demos(
    text: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["demos", text])
    assert listing.main() == 0
    out = capsys.readouterr().out
    assert all(f"python -m demos.{name}\n" in out for name in LESSONS)


@pytest.mark.parametrize("text", ["", *UNWANTED])
def test_a_name_that_no_demo_has(
    text: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["demos", text])
    assert listing.main() == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err[:-1].isprintable()
    assert err.endswith(": a demo is run by its own name; try: python -m demos\n")
    assert len(err) < 200
