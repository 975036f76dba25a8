"""The notebooks: each runs without an error or a warning, and shows what its text says."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pytest

nbformat = pytest.importorskip("nbformat", reason="needs nbclient: pip install 'chainrule[dev]'")
nbclient = pytest.importorskip("nbclient", reason="needs nbclient: pip install 'chainrule[dev]'")
pytest.importorskip("ipykernel", reason="needs ipykernel: pip install 'chainrule[dev]'")
pytest.importorskip("matplotlib", reason="needs matplotlib: pip install 'chainrule[dev]'")

# the libraries that drive a kernel may warn as they like; inside the kernel a warning is an error
pytestmark = pytest.mark.filterwarnings("ignore")

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "demos" / "notebooks"
FILES = sorted(FOLDER.glob("*.ipynb"))
NAMES = [file.stem for file in FILES]

BEFORE = "import warnings\nwarnings.simplefilter('error')"
AFTER = "warnings.simplefilter('ignore')"
"""Run around the notebook: a warning is an error, but of the kernel's own leave-taking."""

_NUMBER = re.compile(r"(?<![\w.])[-−]?\d+(?:\.\d+)?")


@dataclass
class Run:
    """A notebook after all of its cells, in a folder of its own."""

    folder: Path
    cells: dict[str, Any]

    def outputs(self, cell: str, mime: str) -> list[str]:
        """What a cell showed in one form; "stream" is what it printed."""
        found = []
        for output in self.cells[cell]["outputs"]:
            if output["output_type"] == "stream" and mime == "stream":
                found.append(output["text"])
            elif mime in output.get("data", {}):
                found.append(output["data"][mime])
        return found

    def said(self, cell: str) -> str:
        """All that a cell showed as text."""
        parts = []
        for output in self.cells[cell]["outputs"]:
            if output["output_type"] == "stream":
                parts.append(output["text"])
            for mime, data in output.get("data", {}).items():
                if not mime.startswith("image/") or mime == "image/svg+xml":
                    parts.append(data if isinstance(data, str) else json.dumps(data))
        return "\n".join(parts)

    @cached_property
    def code(self) -> list[str]:
        return [name for name, cell in self.cells.items() if cell["cell_type"] == "code"]

    @property
    def everything(self) -> str:
        return "\n".join(self.cells[name]["source"] + "\n" + self.said(name) for name in self.code)


_runs: dict[str, Run] = {}


@pytest.fixture
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The notebook of this name, executed once for all tests."""
    name: str = request.param
    if name not in _runs:
        _runs[name] = execute(FOLDER / f"{name}.ipynb", tmp_path_factory.mktemp(name))
    return _runs[name]


def execute(file: Path, folder: Path) -> Run:
    notebook = nbformat.read(file, as_version=4)
    notebook.cells.insert(0, nbformat.v4.new_code_cell(BEFORE, id="before"))
    notebook.cells.append(nbformat.v4.new_code_cell(AFTER, id="after"))
    with pytest.MonkeyPatch.context() as patch:
        path = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        patch.setenv("PYTHONPATH", os.pathsep.join(path))  # of the kernel
        patch.setenv("PYTHONDONTWRITEBYTECODE", "1")
        patch.setenv("JUPYTER_PLATFORM_DIRS", "1")  # or jupyter_core warns
        patch.setenv("IPYTHONDIR", str(folder / "ipython"))
        patch.setenv("JUPYTER_DATA_DIR", str(folder / "jupyter"))  # no kernel of somebody else
        client = nbclient.NotebookClient(
            notebook, timeout=300, kernel_name="python3", allow_errors=True,
            resources={"metadata": {"path": str(folder)}},
        )  # fmt: skip
        client.execute()
    return Run(folder, {cell["id"]: cell for cell in notebook.cells[1:-1]})


def of(name: str) -> pytest.MarkDecorator:
    """Ask for one notebook, by the number that it begins with."""
    (found,) = [each for each in NAMES if each.startswith(f"{name}_")]
    return pytest.mark.parametrize("run", [found], indirect=True, ids=[found])


each_file = pytest.mark.parametrize("file", FILES, ids=NAMES)
each_run = pytest.mark.parametrize("run", NAMES, indirect=True, ids=NAMES)


# --- as they are committed ------------------------------------------------------------------------


def test_there_are_six_in_order() -> None:
    assert [name[:2] for name in NAMES] == [f"{i}_" for i in range(1, 7)]


@each_file
def test_it_is_valid_and_written_as_jupyter_writes_it(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    notebook = nbformat.read(file, as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert text == json.dumps(json.loads(text), ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    assert notebook.metadata.kernelspec.name == "python3"
    assert set(notebook.metadata) == {"kernelspec", "language_info"}


@each_file
def test_it_is_committed_without_output(file: Path) -> None:
    ids = []
    for cell in json.loads(file.read_text(encoding="utf-8"))["cells"]:
        ids.append(cell["id"])
        assert cell["metadata"] == {}
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            assert cell["execution_count"] is None
    assert len(set(ids)) == len(ids)


@each_file
def test_a_sentence_stands_before_each_cell_and_one_question_in_the_whole(file: Path) -> None:
    cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
    kinds = [cell["cell_type"] for cell in cells]
    assert kinds[:2] == ["markdown", "markdown"]
    assert kinds[1:] == ["markdown", "code"] * (len(kinds) // 2)
    texts = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
    assert texts[0].startswith(f"# {file.name[0]}. ")
    assert "**One idea.** " in texts[0]
    asked = [text for text in texts if "**Question for the class.** " in text]
    assert len(asked) == 1
    assert "?" in asked[0]
    for text in texts:
        assert len(text.split()) <= 75, "nobody reads more than that from a wall"
    for cell in cells:
        if cell["cell_type"] == "code":
            lines = "".join(cell["source"]).split("\n")
            assert len(lines) <= 24
            assert max(map(len, lines)) <= 88


def test_a_link_from_one_to_the_next_leads_there() -> None:
    for file in FILES:
        for cell in json.loads(file.read_text(encoding="utf-8"))["cells"]:
            for target in re.findall(r"\]\(([^)]+)\)", "".join(cell["source"])):
                if cell["cell_type"] == "markdown":
                    assert (FOLDER / target).is_file(), f"{file.name}: {target}"


# --- as they run ----------------------------------------------------------------------------------


@each_run
def test_no_cell_fails_or_warns(run: Run) -> None:
    for name in run.code:
        outputs = run.cells[name]["outputs"]
        assert outputs or run.cells[name]["source"].lstrip().startswith("def "), name
        for output in outputs:
            assert output["output_type"] != "error", f"{output['ename']}: {output['evalue']}"
            assert output.get("name") != "stderr", output


@each_run
def test_each_number_of_the_text_is_in_a_cell_or_in_what_it_shows(run: Run) -> None:
    shown = set(numbers(run.everything))
    for name, cell in run.cells.items():
        if cell["cell_type"] == "markdown":
            text = re.sub(r"^# \d\.|[Ll]esson \d", "", cell["source"])
            missing = [each for each in numbers(text) if each not in shown]
            assert not missing, f"{name} says {missing}"


def numbers(text: str) -> Iterator[str]:
    for found in _NUMBER.findall(text):
        yield found.lstrip("-−").rstrip("0").rstrip(".") if "." in found else found.lstrip("-−")


@each_run
def test_each_diagram_is_a_picture_and_each_formula_is_latex(run: Run) -> None:
    for name in run.code:
        source = run.cells[name]["source"]
        last = source.rsplit("\n", 1)[-1]
        if last.startswith(("draw(", "draw_model(")):
            (svg,) = run.outputs(name, "image/svg+xml")
            assert "<svg" in svg
        if last.startswith(("explain(", "display(formula")):
            found = run.outputs(name, "text/latex") + run.outputs(name, "text/html")
            assert found, name
        if last.startswith("viz.plots."):
            assert run.outputs(name, "image/png") or run.outputs(name, "text/html"), name


@each_run
def test_what_is_written_lies_in_the_folder_of_pictures(run: Run) -> None:
    names = {path.name for path in run.folder.iterdir()}
    assert names <= {"pictures", "ipython", "jupyter"}
    for name in run.code:
        for target in re.findall(r"href='(.+?)'", "".join(run.outputs(name, "text/html"))):
            if not target.startswith("#"):
                assert (run.folder / target).is_file()


# --- the numbers of each lesson -------------------------------------------------------------------


@of("1")
def test_the_derivative_of_one_operation(run: Run) -> None:
    assert re.findall(r"(\d\.\d{3}) times", run.said("push-cell")) == [
        "7.000", "6.100", "6.010", "6.001",
    ]  # fmt: skip
    assert run.outputs("backward-cell", "text/plain") == ["6.0"]
    of_y, of_x = run.outputs("rule-cell", "text/latex")
    assert "x^{2}" in of_y
    assert "2 \\cdot x" in of_x
    assert run.said("question-cell").split("by ")[1:][1::2] == ["-0.3\nb up ", "+0.2\n"]
    table = dict(re.findall(r"^(\w+|σ)\(.* (\S+)$", run.said("table-cell"), flags=re.MULTILINE))
    assert {name: float(n) for name, n in table.items()} == pytest.approx(
        {
            "exp": math.exp(2), "log": 0.5, "sin": math.cos(2), "tanh": 1 - math.tanh(2) ** 2,
            "σ": math.exp(-2) / (1 + math.exp(-2)) ** 2, "max": 1.0,
        },
        abs=5e-5,
    )  # fmt: skip


@of("2")
def test_the_chain_rule_on_a_graph(run: Run) -> None:
    said = run.said("explain-cell")
    assert "df/da, the sum over 2 paths" in said
    assert all(number in said for number in ("18.00", "-12.00", "6.000"))
    assert run.said("push-cell").strip() == "6.000"
    assert run.said("order-cell").split("\n")[:2] == ["f, v, u: 6.0", "f, u, v: -12.0"]
    assert "4.000 + (-6.000)" in run.said("steps-cell")
    (film,) = run.outputs("film-cell", "text/html")
    assert 'src="pictures/chain_rule.gif"' in film
    assert (run.folder / "pictures" / "chain_rule.gif").read_bytes().startswith(b"GIF89a")
    assert "27.00" in run.said("question-cell")
    assert run.said("many-cell") == ("nodes: 21\npaths: 1048576\ngradient: 1048576.0\n")


@of("3")
def test_a_neuron(run: Run) -> None:
    assert "\\tanh" in run.outputs("neuron-cell", "text/latex")[0]
    assert "1.002" in run.said("explain-cell")
    assert re.findall(r"to (\S+)", run.said("question-cell")) == ["0.8275", "0.7932", "0.7531"]
    assert "saturated" in run.said("saturated-cell")
    assert "slope of tanh 0.0013" in run.said("flat-cell")
    page = (run.folder / "pictures" / "neuron.html").read_text(encoding="utf-8")
    assert all(label in page for label in ('"w"', '"z"', '"y"'))


@of("4")
def test_two_neurons_and_a_gradient_that_vanishes(run: Run) -> None:
    said = run.said("numbers-cell")
    assert re.findall(r"= (\S+)", said) == ["0.1082295630", "0.0570703982", "0.0010213959"]
    assert "56 times as fast" in said
    assert "0.2037" in run.said("near-cell")
    assert "0.2395" in run.said("far-cell")
    rows = re.findall(r"(\w+) .*?(\d+) times", run.said("functions-cell"))
    assert rows == [("sigmoid", "56"), ("tanh", "10"), ("relu", "9")]
    rows = re.findall(r"^(\w+) +(\S+)", run.said("chain-cell"), flags=re.MULTILINE)
    assert rows == [("sigmoid", "9.139e-14"), ("tanh", "0.01611"), ("relu", "1")]
    assert "2.45 times as large" in run.said("question-cell")
    assert (run.folder / "pictures" / "two_neurons.html").is_file()


@of("5")
def test_training_by_gradient_descent(run: Run) -> None:
    assert "L = 2.5   dL/dw = -2   dL/db = -2\n" in run.said("loss-cell")
    assert "w = 0.7   b = 0.2   L = 1.767\n" in run.said("step-cell")
    w, b = re.findall(r"step 30 +w = (\S+) +b = (\S+)", run.said("descend-cell"))[0]
    # each step leaves 1 − rate · d²L/dw² of the distance, and likewise for b
    assert float(w) == pytest.approx(2 - 1.5 * (1 - 0.1 * 4 / 3) ** 30, abs=5e-5)
    assert float(b) == pytest.approx(1 - (1 - 0.1 * 2) ** 30, abs=5e-5)
    swings, explodes = (
        [float(number) for number in re.findall(r"-?\d+\.\d\d", row.partition("b:")[2])]
        for row in run.said("question-cell").strip().split("\n")
    )
    assert swings == [0, 2] * 4 + [0]
    assert explodes == pytest.approx([1 - (-1.2) ** k for k in range(9)], abs=5e-3)
    assert "d²L/db² = 2.0" in run.said("rates-cell")
    assert (run.folder / "pictures" / "line.gif").read_bytes().startswith(b"GIF89a")


@of("6")
def test_from_scalars_to_tensors(run: Run) -> None:
    rows = run.said("question-cell").splitlines()
    assert rows[0] == "W (2, 3)   dL/dW (2, 3)"
    assert rows[2] == "z (2,)   dL/dz (2,)"
    assert "outer(" in run.said("explain-cell")
    first, second = np.split(np.array(re.findall(r"-?\d+\.\d+", run.said("outer-cell"))), 2)
    assert len(first) == 6
    assert (first == second).all()
    one, other = re.findall(r"(\d\.\d{12})", run.said("scalars-cell"))
    assert one == other
    weights, neurons = 784 * 100 + 100 + 100 * 10 + 10, 2 * 100 + 10
    assert f"scalars: {weights + neurons}\n" in run.said("boxes-cell")
    assert "tensors: 9\n" in run.said("boxes-cell")
    answers = [float(n) for n in re.findall(r"\d?\.\d*|\d", run.said("training-cell"))]
    assert answers == pytest.approx([0, 1, 1, 0], abs=0.1)
