"""Every public function of viz, called with what nobody should give it.

A call gives a right result, or a TypeError or ValueError of our own that names the argument.
A function without a row in the table fails the test, so that a new one is not forgotten.
"""

import inspect
import math
import re
import traceback
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import autograd
import nn
import viz
from autograd import Tensor, Value
from tests.raising import endless, raising
from tests.viz.hostile import shown_raw
from viz import plots

PACKAGES = tuple(str(Path(package.__file__).parent) for package in (autograd, nn, viz))


class Escaping:
    """An object whose repr would turn the terminal red."""

    def __repr__(self):
        return "\x1b[31m\u202ered"


def hostile():
    """The objects by name, made anew: an iterator serves once."""
    return {
        "None": None,
        "True": True,
        "False": False,
        "zero": 0,
        "minus one": -1,
        "huge": 10**400,
        "half": 0.5,
        "nan": math.nan,
        "inf": math.inf,
        "minus inf": -math.inf,
        "complex": 1j,
        "Decimal": Decimal("sNaN"),
        "Fraction": Fraction(1, 3),
        "empty text": "",
        "text": "exe",
        "escape": "\x1b[31m\u202e",
        "nul": "a\0b",
        "surrogate": "\ud800",
        "long text": "x" * 100_000,
        "bytes": b"x",
        "empty list": [],
        "nested": [[1.0], [2.0, 3.0]],
        "Nones": [None, None],
        "texts": ["a", "b"],
        "nans": [math.nan, math.nan],
        "huge numbers": [10**400, 1],
        "empty dict": {},
        "dict": {"a": 1},
        "set": {1},
        "iterator": iter(()),
        "endless": endless(),
        "function": lambda: None,
        "class": Value,
        "module": math,
        "object": object(),
        "escaping": Escaping(),
        "empty array": np.zeros((0, 2)),
        "array": np.zeros((2, 3)),
        "text array": np.array(["a"]),
        "object array": np.array([None, {}], dtype=object),
        "node": Value(2.0, label="other"),
        "nan node": Value(math.nan) * 2.0,
        "tensor": Tensor([[1.0, 2.0], [3.0, 4.0]]) * 2.0,
        "empty tensor": Tensor(np.zeros((0, 3))) * 2.0,
        "raising repr": raising("__repr__"),
        "raising iter": raising("__iter__", "__len__"),
        "raising number": raising("__float__", "__index__", "__bool__", "__eq__", "__hash__"),
        "raising attributes": raising("__getattr__"),
    }


def graph():
    x, w = Value(2.0, label="x"), Value(3.0, label="w")
    y = (x * w).tanh()
    y.label = "y"
    y.backward()
    return y, w


def model():
    return nn.Sequential([nn.layers.Input(shape=(2,)), nn.layers.Dense(2, activation="tanh")])


def rows():
    """Right arguments for each public function, made anew."""
    y, w = graph()
    classifier = {"model": lambda p: 1.0 * (p[:, 0] > 0), "X": [[-1, 0], [1, 1]], "y": [0, 1]}
    bowl = {"loss": lambda p: p[0] ** 2 + p[1] ** 2, "at": [0, 0], "path": [[2, 1], [0, 0]]}
    return {
        "draw": {"root": y},
        "save": {"root": y, "path": "y.svg"},
        "tree": {"root": y},
        "explain": {"root": y, "wrt": w},
        "formula": {"root": y},
        "derivative": {"root": y, "wrt": w},
        "explorer": {"root": y, "path": "y.html"},
        "compare": {"before": y, "after": graph()[0]},
        "snapshot": {"root": y},
        "animate": {"root": y, "path": "frames"},
        "draw_model": {"model": model()},
        "plots.history": {"history": {"loss": [3.0, 2.0, 1.0]}},
        "plots.gradient_norms": {"monitor": {"dense": [1.0, 2.0]}},
        "plots.activations": {"functions": "relu"},
        "plots.depth": {"functions": "relu", "neurons": 3},
        "plots.decision_boundary": {**classifier, "resolution": 10},
        "plots.loss_surface": {**bowl, "resolution": 5},
        "plots.weight_histograms": {"model": model()},
        "plots.activation_histograms": {"model": model(), "inputs": np.ones((2, 2))},
        "plots.line_fit": {"x": [0.0, 1.0], "y": [1.0, 3.0], "lines": [(0.0, 0.0), (1.0, 1.0)]},
        "plots.style": {"i": 1},
    }


NO_FUNCTIONS = {"Diagram", "LayoutTimeoutError", "RenderError", "plots"}

SAID = {
    "root": "root|a Value|one number at a time",
    "path": "path|the name of|no file can be called|is a folder",
    "history": "history|a list of numbers",
    "monitor": "gradient_norms|monitor|a list of numbers",
    "before": "before=|compare",
    "after": "after=|compare",
    "model": "model|layer|answers|takes",
    "loss": "loss|takes",
    "inputs": "inputs|input has",
    "lines": "lines?",
    "functions": "function",
}
"""What tells which argument is meant where it is not called by its name."""

CALLED = {"model", "loss", "functions"}
"""What is called: an error of a caller's own function is the caller's."""


def slots(name):
    found = [slot for slot in inspect.signature(function(name)).parameters if slot != "options"]
    if name == "save":
        found += [s for s in inspect.signature(viz.draw).parameters if s not in ("root", "format")]
    return found


def function(name):
    return getattr(plots, name.partition(".")[2]) if "." in name else getattr(viz, name)


def use(result):
    """Look at a result in every way that takes no drawing."""
    for way in ("text", "latex", "table", "_repr_html_"):
        if callable(getattr(result, way, None)) and not hasattr(result, "savefig"):
            getattr(result, way)()
    assert str(result) is not None
    if isinstance(result, viz.Diagram):
        assert result.source


def complaint(name, slot, given):
    """What is wrong with how a call was answered; empty if nothing is."""
    try:
        use(function(name)(**rows()[name] | {slot: given}))
    except (TypeError, ValueError, FileNotFoundError, IsADirectoryError) as error:
        message = str(error)
        where = traceback.extract_tb(error.__traceback__)[-1]
        if not where.filename.startswith(PACKAGES) or "raise" not in (where.line or ""):
            if slot in CALLED and callable(given):
                return ""
            return f"{type(error).__name__} from inside, {where.filename}: {message:.80}"
        if shown_raw(message) or "\n" in message or len(message) > 1_000:
            return f"a message that is none: {message[:80]!r}"
        if not re.search(SAID.get(slot, slot), message):
            return f"does not say which argument: {message:.80}"
    except Exception as error:
        return f"{type(error).__name__}: {error!s:.80}"
    return ""


def test_every_public_function_has_a_row():
    public = set(viz.__all__) - NO_FUNCTIONS
    assert set(rows()) == public | {f"plots.{name}" for name in plots.__all__}
    for name, arguments in rows().items():
        use(inspect.signature(function(name)).bind(**arguments))


@pytest.mark.parametrize("name", rows())
def test_whatever_is_given(name, tmp_path, monkeypatch, no_graphviz):
    if name.startswith("plots."):
        pytest.importorskip("matplotlib")
    monkeypatch.chdir(tmp_path)
    answers = {
        f"{slot}={kind}": complaint(name, slot, hostile()[kind])
        for slot in slots(name)
        for kind in hostile()
    }
    assert len(answers) >= 40 * len(slots(name))
    assert {call: answer for call, answer in answers.items() if answer} == {}


@pytest.mark.parametrize(
    "given", [kind for kind in hostile() if kind not in ("None", "escaping")]
)
def test_a_diagram_renders_in_a_format_that_there_is(given, no_graphviz):
    diagram = viz.draw(Value(1.0))
    with pytest.raises((TypeError, ValueError, viz.RenderError), match=r"format|cannot write"):
        diagram.pipe(hostile()[given])


@pytest.mark.parametrize(
    ("slot", "wrong"),
    [
        ("max_depth", -1),
        ("limit", 0),
        ("seconds", 0.0),
        ("seconds", 1e9),
        ("neurons", 1),
        ("neurons", 10**9),
        ("resolution", -5),
        ("resolution", 10**9),
        ("bins", 0),
        ("bins", 10**9),
        ("frames", 1),
        ("milliseconds", 0),
        ("format", "exe"),
        ("direction", "lr"),
        ("span", -1.0),
        ("seed", -1),
        ("gradient_range", (1.0, 0.5)),
        ("gradient_range", (0.0, math.nan)),
        ("xlim", (1.0, -1.0)),
        ("xlim", (-math.inf, math.inf)),
        ("threshold", math.inf),
    ],
)
def test_sizes_out_of_range(slot, wrong, tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    monkeypatch.chdir(tmp_path)
    found = [name for name in rows() if slot in inspect.signature(function(name)).parameters]
    assert found
    for name in found:
        with pytest.raises(ValueError, match=slot):
            function(name)(**rows()[name] | {slot: wrong})
