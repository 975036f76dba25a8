"""The corners: what a function is where it has no derivative or leaves its domain.

Two tables, of functions of numbers and of functions of arrays, and every reader of the table of
primitives agrees with them, value and gradient alike: `Value`, `Tensor`, forward mode, the
compiled program, the arithmetic of the explorer page, and PyTorch in float64 where it is
installed.
"""

from __future__ import annotations

import json
import math
import re
import shutil
import subprocess
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd
import viz
from autograd import Tensor, Value, gradients, jvp, topological_order
from nn import losses
from tests.autograd.helpers import all_same
from tests.test_readme import CORNERS as PUBLISHED
from tests.viz.browser import chromium
from viz.webpage.contents import contents

INF, NAN = math.inf, math.nan
LOG2 = math.log(2.0)

# --- functions of numbers: expression, where its x, y and z are, value, gradient ----------------

NUMBERS: list[tuple[str, tuple[float, ...], float, tuple[float, ...]]] = [
    # a kink: which slope it has there
    ("relu(x)", (0.0,), 0.0, (0.0,)),
    ("relu(x)", (-0.0,), 0.0, (0.0,)),
    ("relu(x)", (NAN,), NAN, (1.0,)),
    ("abs(x)", (0.0,), 0.0, (0.0,)),
    ("abs(x)", (-0.0,), 0.0, (0.0,)),
    ("abs(x - y)", (2.0, 2.0), 0.0, (0.0, 0.0)),
    ("sign(x)", (0.0,), 0.0, (0.0,)),
    ("step(x)", (0.0,), 1.0, (0.0,)),
    ("step(x)", (-0.0,), 1.0, (0.0,)),
    ("leaky_relu(x, 0.1)", (0.0,), 0.0, (0.1,)),
    ("elu(x)", (0.0,), 0.0, (1.0,)),
    ("selu(x)", (0.0,), 0.0, (1.7580993408473766,)),
    ("clip(x, 0, 1)", (0.0,), 0.0, (1.0,)),
    ("clip(x, 0, 1)", (1.0,), 1.0, (1.0,)),
    ("clip(x, 0, 1)", (INF,), 1.0, (0.0,)),
    ("clip(x, 1, 0)", (0.5,), 0.0, (0.0,)),
    ("relu(x) - relu(-x)", (0.0,), 0.0, (0.0,)),
    ("sqrt(x * x)", (0.0,), 0.0, (NAN,)),
    # a tie: how it is shared
    ("maximum(x, y)", (2.0, 2.0), 2.0, (0.5, 0.5)),
    ("minimum(x, y)", (2.0, 2.0), 2.0, (0.5, 0.5)),
    ("maximum(x, y)", (0.0, -0.0), 0.0, (0.5, 0.5)),
    ("maximum(x, y)", (INF, INF), INF, (0.5, 0.5)),
    ("minimum(x, y)", (-INF, -INF), -INF, (0.5, 0.5)),
    ("maximum(x, x)", (3.0,), 3.0, (1.0,)),
    ("maximum(maximum(x, y), z)", (1.0, 1.0, 1.0), 1.0, (0.25, 0.25, 0.5)),
    ("maximum(x, y)", (NAN, 2.0), NAN, (1.0, 1.0)),
    ("minimum(x, y)", (2.0, NAN), NAN, (1.0, 1.0)),
    # the edge of the domain, and beyond it
    ("sqrt(x)", (0.0,), 0.0, (INF,)),
    ("sqrt(x)", (-1.0,), NAN, (NAN,)),
    ("sqrt(x)", (INF,), INF, (0.0,)),
    ("log(x)", (0.0,), -INF, (INF,)),
    ("log(x)", (-0.0,), -INF, (-INF,)),
    ("log(x)", (-1.0,), NAN, (-1.0,)),
    ("log(x)", (INF,), INF, (0.0,)),
    ("log1p(x)", (-1.0,), -INF, (INF,)),
    ("log2(x)", (0.0,), -INF, (INF,)),
    ("log10(x)", (-1.0,), NAN, (-1.0 / math.log(10.0),)),
    ("asin(x)", (1.0,), math.pi / 2, (INF,)),
    ("acos(x)", (1.0,), 0.0, (-INF,)),
    ("asin(x)", (2.0,), NAN, (NAN,)),
    ("atan(x)", (INF,), math.pi / 2, (0.0,)),
    ("atan2(y, x)", (0.0, 0.0), 0.0, (0.0, 0.0)),
    ("atan2(y, x)", (-1.0, -0.0), -math.pi, (0.0, -1.0)),
    ("sin(x)", (INF,), NAN, (NAN,)),
    ("sqrt(x * x + y * y)", (0.0, 0.0), 0.0, (NAN, NAN)),
    ("0 * sqrt(x)", (0.0,), 0.0, (NAN,)),
    ("x * log(x)", (0.0,), NAN, (NAN,)),
    # division by zero
    ("1 / x", (0.0,), INF, (-INF,)),
    ("1 / x", (-0.0,), -INF, (-INF,)),
    ("1 / x", (INF,), 0.0, (0.0,)),
    ("x / y", (0.0, 0.0), NAN, (INF, NAN)),
    ("x / y", (INF, INF), NAN, (0.0, NAN)),
    ("x / x", (0.0,), NAN, (NAN,)),
    ("x - x", (INF,), NAN, (0.0,)),
    ("x * y", (0.0, INF), NAN, (INF, 0.0)),
    ("1 / (1 / x)", (0.0,), 0.0, (NAN,)),
    # powers
    ("x ** y", (0.0, 0.0), 1.0, (0.0, 0.0)),
    ("x ** y", (0.0, 1.0), 0.0, (1.0, 0.0)),
    ("x ** y", (0.0, 0.5), 0.0, (INF, 0.0)),
    ("x ** y", (0.0, -1.0), INF, (-INF, -INF)),
    ("x ** y", (-8.0, 0.5), NAN, (NAN, NAN)),
    ("x ** y", (-2.0, 2.0), 4.0, (-4.0, NAN)),
    ("x ** y", (1.0, INF), 1.0, (INF, 0.0)),
    ("x ** y", (NAN, 0.0), 1.0, (0.0, NAN)),
    ("x ** 2", (0.0,), 0.0, (0.0,)),
    ("x ** 2", (-3.0,), 9.0, (-6.0,)),
    ("x ** 3", (0.0,), 0.0, (0.0,)),
    ("x ** 0.5", (0.0,), 0.0, (INF,)),
    ("x ** -1", (0.0,), INF, (-INF,)),
    ("x ** 0", (0.0,), 1.0, (0.0,)),
    ("x ** 0", (NAN,), 1.0, (0.0,)),
    ("0 ** x", (0.0,), 1.0, (0.0,)),
    ("0 ** x", (2.0,), 0.0, (0.0,)),
    ("(x ** 2) ** 0.5", (0.0,), 0.0, (NAN,)),
    # far out
    ("exp(x)", (1000.0,), INF, (INF,)),
    ("exp(x)", (-INF,), 0.0, (0.0,)),
    ("expm1(x)", (1000.0,), INF, (INF,)),
    ("expm1(x)", (1e-18,), 1e-18, (1.0,)),
    ("cosh(x)", (-1000.0,), INF, (-INF,)),
    ("tanh(x)", (1000.0,), 1.0, (0.0,)),
    ("erf(x)", (-INF,), -1.0, (0.0,)),
    ("sigmoid(x)", (1000.0,), 1.0, (0.0,)),
    ("sigmoid(x)", (-1000.0,), 0.0, (0.0,)),
    ("softplus(x)", (1000.0,), 1000.0, (1.0,)),
    ("softplus(x)", (-1000.0,), 0.0, (0.0,)),
    ("silu(x)", (-1000.0,), 0.0, (0.0,)),
    ("gelu(x)", (-1000.0,), 0.0, (0.0,)),
    ("elu(x)", (1000.0,), 1000.0, (1.0,)),
    ("selu(x)", (-1000.0,), -1.7580993408473766, (0.0,)),
    ("log(sigmoid(x))", (-1000.0,), -INF, (NAN,)),
    ("log(1 + exp(x))", (1000.0,), INF, (NAN,)),
    ("x * y", (1e200, 1e200), INF, (1e200, 1e200)),
    ("binary_crossentropy(1, x, from_logits=True)", (-1000.0,), 1000.0, (-1.0,)),
    ("binary_crossentropy(0, x, from_logits=True)", (1000.0,), 1000.0, (1.0,)),
    ("binary_crossentropy(1, x, from_logits=True)", (1000.0,), 0.0, (0.0,)),
    # the branch that was not chosen
    ("where(x > 0, log(x), y)", (-1.0, 2.0), 2.0, (0.0, 1.0)),
    ("where(x > 0, log(x), y)", (0.0, 2.0), 2.0, (0.0, 1.0)),
    ("where(x > 0, x ** y, x)", (-8.0, 0.5), -8.0, (1.0, 0.0)),
    ("where(x > 0, sqrt(x), 0)", (0.0,), 0.0, (0.0,)),
    ("where(x < 1, x, exp(1000 * x))", (0.5,), 0.5, (1.0,)),
    ("where(x > 0, where(x > 1, log(x - 1), 0), sqrt(-x))", (0.5,), 0.0, (0.0,)),
    # where an infinite gradient meets a derivative of zero
    ("1 / abs(x)", (0.0,), INF, (NAN,)),
    ("1 / relu(x)", (-1.0,), INF, (NAN,)),
    ("1 / clip(x, 0, 1)", (-1.0,), INF, (NAN,)),
    ("1 / maximum(x, 0)", (-1.0,), INF, (NAN,)),
]

# --- functions of an array of two: expression, what is in it, value, gradient -------------------

ARRAYS: list[tuple[str, tuple[float, float], float, tuple[float, float]]] = [
    ("max(x)", (3.0, 3.0), 3.0, (0.5, 0.5)),
    ("min(x)", (-INF, -INF), -INF, (0.5, 0.5)),
    ("max(x)", (NAN, 1.0), NAN, (1.0, 0.0)),
    ("norm(x)", (0.0, 0.0), 0.0, (0.0, 0.0)),
    ("norm(x)", (1e300, 0.0), INF, (0.0, 0.0)),
    ("std(x)", (2.0, 2.0), 0.0, (0.0, 0.0)),
    ("var(x)", (2.0, 2.0), 0.0, (0.0, 0.0)),
    ("prod(x)", (0.0, 0.0), 0.0, (0.0, 0.0)),
    ("prod(x)", (0.0, 5.0), 0.0, (5.0, 0.0)),
    ("mean(x)", (INF, -INF), NAN, (0.5, 0.5)),
    ("softmax(x)[0]", (1000.0, -1000.0), 1.0, (0.0, 0.0)),
    ("softmax(x)[0]", (-1000.0, -1000.0), 0.5, (0.25, -0.25)),
    ("softmax(x)[0]", (-INF, 0.0), 0.0, (0.0, 0.0)),
    ("log_softmax(x)[0]", (-1000.0, 1000.0), -2000.0, (1.0, -1.0)),
    ("logsumexp(x)", (1000.0, 1000.0), 1000.0 + LOG2, (0.5, 0.5)),
    ("logsumexp(x)", (-1000.0, -1000.0), -1000.0 + LOG2, (0.5, 0.5)),
    ("logsumexp(x)", (-INF, 0.0), 0.0, (0.0, 1.0)),
    ("logsumexp(x)", (-INF, -INF), -INF, (0.0, 0.0)),
    ("categorical_crossentropy([0, 1], x, from_logits=True)", (1e3, -1e3), 2000.0, (1.0, -1.0)),
    ("categorical_crossentropy([0, 1], x, from_logits=True)", (-1e3, 1e3), 0.0, (0.0, 0.0)),
    ("sparse_categorical_crossentropy(1, x, from_logits=True)", (1e3, -1e3), 2000.0, (1.0, -1.0)),
    ("binary_crossentropy([0, 1], x, from_logits=True)", (1000.0, -1000.0), 1000.0, (0.5, -0.5)),
    ("sum(where(x > 0, log(x), x))", (0.0, -1.0), -1.0, (1.0, 1.0)),
    ("sum(x[[0, 0, 1]] ** 2)", (0.0, -3.0), 9.0, (0.0, -6.0)),
    ("sum(clip(x, 0, 1))", (0.0, 1.0), 1.0, (1.0, 1.0)),
]  # fmt: skip

Found = tuple[float, list[float]]  # the value and the gradient
NAMES = {**vars(autograd), **vars(losses)}


@cache
def function(expression: str) -> Callable[..., Any]:
    operands = sorted(set(re.findall(r"\b[xyz]\b", expression)))
    return eval(f"lambda {', '.join(operands)}: {expression}", NAMES)  # type: ignore[no-any-return]


def label(row: tuple[Any, ...]) -> str:
    return f"{row[0]} at {', '.join(map(str, row[1]))}"


# --- the readers --------------------------------------------------------------------------------


def collected(out: Any, leaves: list[Any]) -> Found:
    """Differentiate by what the leaves hold last; several copies of a number are added up."""
    (out.sum() if np.ndim(out.data) else out * np.size(leaves[0].data)).backward()
    slopes = [np.zeros(1) if x.grad is None else x.grad for x in leaves]
    return float(np.ravel(out.data)[-1]), [float(np.ravel(g)[-1]) for g in slopes]


def by_value(f: Callable[..., Any], at: tuple[float, ...]) -> Found:
    leaves = [Value(number) for number in at]
    return collected(f(*leaves), leaves)


def by_recorded_value(f: Callable[..., Any], at: tuple[float, ...]) -> Found:
    leaves = [Value(number) for number in at]
    out = f(*leaves)
    return out.data, [slope.data for slope in gradients(out, leaves, create_graph=True)]


def by_tensor(f: Callable[..., Any], at: tuple[float, ...], shape: tuple[int, ...]) -> Found:
    leaves = [Tensor(np.full(shape, number)) for number in at]
    return collected(f(*leaves), leaves)


def by_forward(f: Callable[..., Any], at: tuple[float, ...], shape: tuple[int, ...]) -> Found:
    """One operand moves at a time: with all of them 0 times nan would be added."""
    slopes = []
    for i, number in enumerate(at):
        fixed = [np.full(shape, n) if shape else n for n in at]
        moving = np.full(shape, number) if shape else number
        along = np.ones(shape) if shape else 1.0
        value, slope = jvp(lambda x, i=i, fixed=fixed: f(*fixed[:i], x, *fixed[i + 1 :]),
                           (moving,), (along,))  # fmt: skip
        slopes.append(float(np.ravel(slope)[-1]))
    return float(np.ravel(value)[-1]), slopes


def by_compiled(f: Callable[..., Any], at: tuple[float, ...], shape: tuple[int, ...]) -> Found:
    """Recorded at a harmless point, so that at the corner the program runs."""
    make = partial(np.full, shape)
    kind = Tensor if shape else Value
    compiled = autograd.compile(f)
    compiled(*[kind(make(0.25 + 0.5 * i) if shape else 0.25 + 0.5 * i) for i in range(len(at))])
    leaves = [kind(make(number) if shape else number) for number in at]
    found = collected(compiled(*leaves), leaves)
    assert len(compiled.recordings) == 1
    return found


def by_compiled_there(f: Callable[..., Any], at: tuple[float, ...]) -> Found:
    """Recorded at the corner itself, its gradient a program too."""
    compiled, numbers = autograd.compile(f), tuple(range(len(at)))
    for _ in range(2):
        value, slopes = compiled.value_and_grad(*map(Value, at), argnums=numbers)
    return value, [float(slope) for slope in slopes]


READERS: dict[str, Callable[[Callable[..., Any], tuple[float, ...]], Found]] = {
    "Value": by_value,
    "Value, its gradient a graph": by_recorded_value,
    "Tensor of one": partial(by_tensor, shape=()),
    "Tensor": partial(by_tensor, shape=(3,)),
    "forward mode": partial(by_forward, shape=()),
    "forward mode, arrays": partial(by_forward, shape=(3,)),
    "compiled": partial(by_compiled, shape=()),
    "compiled, recorded there": by_compiled_there,
    "compiled, arrays": partial(by_compiled, shape=(3,)),
}


OF_THREE = {"Tensor", "forward mode, arrays", "compiled, arrays"}


def test_every_published_corner_is_in_the_table() -> None:
    known = {label(row): row for row in NUMBERS}
    for expression, at, value, gradient in PUBLISHED:
        point = tuple(float(number) for number in re.findall(r"= ([^,]+)", at))
        _, _, mine, slopes = known[label((expression, point))]
        assert all_same([mine, *slopes], [float(n) for n in (value, *gradient.split(","))])


# a loss takes the mean of an array: those are among the functions of arrays
ASKED = [
    pytest.param(reader, row, id=f"{reader}-{label(row)}")
    for reader in READERS
    for row in NUMBERS
    if not (reader in OF_THREE and "crossentropy" in row[0])
]


@pytest.mark.parametrize(("reader", "row"), ASKED)
def test_a_function_of_numbers(reader: str, row: tuple[Any, ...]) -> None:
    expression, at, value, slopes = row
    ours, gradient = READERS[reader](function(expression), at)
    assert all_same([ours, *gradient], [value, *slopes]), (ours, gradient)


# --- arrays: what is not an array reads the expression spelled out in numbers ---------------------


def array_by_tensor(f: Callable[..., Any], at: tuple[float, ...]) -> Found:
    x = Tensor(at)
    out = f(x)
    out.backward()
    return out.item(), x.grad.tolist()  # type: ignore[union-attr]


def array_by_forward(f: Callable[..., Any], at: tuple[float, ...]) -> Found:
    found = [jvp(f, (np.array(at),), (direction,)) for direction in np.eye(len(at))]
    return float(found[0][0]), [float(slope) for _, slope in found]


def array_by_compiled(f: Callable[..., Any], at: tuple[float, ...]) -> Found:
    compiled = autograd.compile(f)
    compiled.value_and_grad(Tensor(np.linspace(0.25, 0.75, len(at))))
    value, slope = compiled.value_and_grad(Tensor(at))
    assert len(compiled.recordings) == 1
    return value, slope.tolist()


def spelled_out(f: Callable[..., Any], at: tuple[float, ...]) -> tuple[Value, list[Value]]:
    x = Tensor(at)
    leaves: dict[Any, Any] = {}
    root: Any = f(x).scalars(leaves)
    return root, leaves[x].tolist()


def array_by_value(f: Callable[..., Any], at: tuple[float, ...]) -> Found:
    root, leaves = spelled_out(f, at)
    return root.data, gradients(root, leaves)


ARRAY_READERS = {
    "Tensor": array_by_tensor,
    "forward mode": array_by_forward,
    "compiled": array_by_compiled,
    "Value": array_by_value,
}

WRITTEN_OUT = "Values compute exp(-inf - -inf), which is nan"
NOT_SO = {("Value", "logsumexp(x) at -inf, -inf"): WRITTEN_OUT}
"""The rows that a reader does not have, and why; the page computes as Values do."""


@pytest.mark.parametrize("row", ARRAYS, ids=label)
@pytest.mark.parametrize("reader", ARRAY_READERS)
def test_a_function_of_arrays(reader: str, row: tuple[Any, ...]) -> None:
    expression, at, value, slopes = row
    ours, gradient = ARRAY_READERS[reader](function(expression), at)
    agrees = all_same([ours, *gradient], [value, *slopes])
    assert agrees == ((reader, label(row)) not in NOT_SO), (ours, gradient)


# --- the explorer page: all rows in one run of Node, or of a browser if there is none -----------

MODEL = (Path(viz.__file__).parent / "webpage" / "model.js").read_text(encoding="utf-8")


def page_program(root: Value, leaves: list[Value]) -> str:
    """What the page of a graph computes, as an expression: value and gradients, as texts."""
    found = contents(root)
    place = {id(node): i for i, node in enumerate(topological_order(root))}
    data = json.dumps({"nodes": found.data["nodes"], "forms": found.data["forms"]})
    return f"""(() => {{
{found.script}
{MODEL}
const graph = decoded({data});
const model = new Model(graph, graph.nodes.map((node) => node.value));
const slopes = {[place.get(id(x), -1) for x in leaves]}.map((i) => i < 0 ? 0 : model.gradients[i]);
return [model.values[model.root], ...slopes].map(String);
}})()"""


@pytest.fixture(scope="module")
def on_the_page() -> dict[str, Found]:
    programs = []
    for row in NUMBERS:
        leaves = [Value(number) for number in row[1]]
        programs.append(page_program(function(row[0])(*leaves), leaves))
    programs += [page_program(*spelled_out(function(row[0]), row[1])) for row in ARRAYS]
    whole = f'"use strict";\nreturn JSON.stringify([{",".join(programs)}]);'
    node = shutil.which("node")
    if node is None:
        with chromium() as driver:
            answer = driver.execute_script(whole)
    else:
        done = subprocess.run(
            [node, "-"], input=f"console.log((() => {{{whole}}})())",
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        answer = done.stdout
    numbers = [[float(text) for text in texts] for texts in json.loads(answer)]
    labels = map(label, [*NUMBERS, *ARRAYS])
    return {name: (first, rest) for name, (first, *rest) in zip(labels, numbers, strict=True)}


@pytest.mark.parametrize("row", [*NUMBERS, *ARRAYS], ids=label)
def test_the_explorer_page(on_the_page: dict[str, Found], row: tuple[Any, ...]) -> None:
    ours, gradient = on_the_page[label(row)]
    agrees = all_same([ours, *gradient], [row[2], *row[3]])
    # the page computes with numbers only: of an array it has what Values have
    assert agrees == (("Value", label(row)) not in NOT_SO), (ours, gradient)


# --- PyTorch --------------------------------------------------------------------------------------


def torch_names() -> dict[str, Any]:
    torch = pytest.importorskip("torch")
    functional = torch.nn.functional

    def lifted(f: Callable[..., Any]) -> Callable[..., Any]:
        """A function of tensors that takes numbers too, as ours do."""
        return lambda *xs: f(*[torch.as_tensor(x, dtype=torch.float64) for x in xs])

    def binary_crossentropy(y: Any, x: Any, from_logits: bool) -> Any:
        y = torch.broadcast_to(torch.as_tensor(y, dtype=torch.float64), x.shape)
        return functional.binary_cross_entropy_with_logits(x, y)

    def categorical_crossentropy(y: Any, x: Any, from_logits: bool) -> Any:
        target = torch.tensor(y) if np.ndim(y) == 0 else torch.tensor(y, dtype=torch.float64)
        return functional.cross_entropy(x, target)

    names = {name: getattr(torch, name) for name in (
        "abs", "acos", "asin", "atan", "cos", "cosh", "erf", "exp", "expm1", "log", "log10",
        "log1p", "log2", "max", "mean", "min", "prod", "relu", "selu", "sigmoid", "sign", "sin",
        "sqrt", "sum", "tanh",
    )}  # fmt: skip
    return names | {
        "atan2": lifted(torch.atan2),
        "binary_crossentropy": binary_crossentropy,
        "categorical_crossentropy": categorical_crossentropy,
        "clip": lifted(torch.clamp),
        "elu": functional.elu,
        "gelu": functional.gelu,
        "leaky_relu": functional.leaky_relu,
        "log_softmax": partial(torch.log_softmax, dim=0),
        "logsumexp": partial(torch.logsumexp, dim=0),
        "max": torch.amax,
        "maximum": lifted(torch.maximum),
        "min": torch.amin,
        "minimum": lifted(torch.minimum),
        "norm": torch.linalg.vector_norm,
        "silu": functional.silu,
        "softmax": partial(torch.softmax, dim=0),
        "softplus": functional.softplus,
        "sparse_categorical_crossentropy": categorical_crossentropy,
        "std": partial(torch.std, correction=0),
        "step": lambda x: torch.heaviside(x.detach(), torch.ones_like(x)) + 0.0 * x,
        "var": partial(torch.var, correction=0),
        "where": lambda c, x, y: torch.where(
            c, *[torch.as_tensor(branch, dtype=torch.float64) for branch in (x, y)]
        ),
    }


NOT_CHOSEN = "PyTorch multiplies the derivative of the branch that where did not choose by 0"
MASKED = "PyTorch masks the gradient where relu, maximum and clip are flat, even an infinite one"
OTHERWISE = {
    "where(x > 0, log(x), y) at 0.0, 2.0": NOT_CHOSEN,
    "where(x > 0, x ** y, x) at -8.0, 0.5": NOT_CHOSEN,
    "where(x > 0, sqrt(x), 0) at 0.0": NOT_CHOSEN,
    "where(x > 0, where(x > 1, log(x - 1), 0), sqrt(-x)) at 0.5": NOT_CHOSEN,
    "sum(where(x > 0, log(x), x)) at 0.0, -1.0": NOT_CHOSEN,
    "max(x) at nan, 1.0": "PyTorch shares the gradient among no elements, for nan equals none",
    "logsumexp(x) at -inf, -inf": "nothing has a share in a sum of zeros; PyTorch says nan",
    "1 / relu(x) at -1.0": MASKED,
    "1 / clip(x, 0, 1) at -1.0": MASKED,
    "1 / maximum(x, 0) at -1.0": MASKED,
}
"""The rows in which PyTorch says something else, and why."""


def ask_torch(expression: str, xs: list[Any]) -> tuple[float, list[Any]]:
    f = function(expression)
    operands = ", ".join(f.__code__.co_varnames)
    out = eval(f"lambda {operands}: {expression}", torch_names())(*xs)
    out.backward()
    return out.item(), [np.zeros(()) if x.grad is None else x.grad for x in xs]


@pytest.mark.parametrize("row", [*NUMBERS, *ARRAYS], ids=label)
def test_pytorch(row: tuple[Any, ...]) -> None:
    torch = pytest.importorskip("torch")
    expression, at, value, slopes = row
    points = [at] if row in ARRAYS else list(at)
    xs = [torch.tensor(point, dtype=torch.float64, requires_grad=True) for point in points]
    theirs, gradient = ask_torch(expression, xs)
    flat = [float(slope) for each in gradient for slope in np.ravel(each)]
    agrees = all_same([theirs, *flat], [value, *slopes])
    assert agrees == (label(row) not in OTHERWISE), (theirs, flat)
