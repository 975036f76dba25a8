"""`loss.program`: what a person would write, and it runs with numpy alone."""

from __future__ import annotations

import ast
import io
import json
import math
import os
import re
import subprocess
import sys
import tokenize
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor, Value, name
from tests.autograd.compiler.helpers import (
    SIZES,
    all_close,
    moons,
    moons_loss,
    moons_weights,
    numbers,
    outcome,
)
from tests.autograd.helpers import ROOT, all_same

# --- functions whose programs are looked at ---------------------------------------------------
#
# A number or an array given as an argument, or in a list, is a parameter of `forward`, in the
# order of the arguments; `backward` returns the gradients in the same order.


def two_numbers(x: Any, y: Any) -> Any:
    return (x * y + y.sin()) ** 2 / (1.0 + x.exp()) - autograd.maximum(x, y)


def several_results(x: Any, y: Any) -> Any:
    return [x * y, x.tanh() + y, (x - y).softplus()]


def dense(W: Any, b: Any, xs: Any) -> Any:  # noqa: N803
    hidden = (xs @ W + b).tanh()
    return (hidden.softmax() * hidden).sum(axis=1).mean() + autograd.erf(W).sum()


def one_by_one(W: Any, b: Any, xs: Any) -> Any:  # noqa: N803
    total = 0.0
    for x in xs:
        for i in range(3):
            z = b[i]
            for j in range(2):
                z = z + W[j, i] * x[j]
            total = total + z.tanh()
    return total


def irregular(t: Any) -> Any:
    a = t[0] * t[1].exp() - t[2]
    c = autograd.where(t[3] > 0, a.log(), t[4] ** 3)
    return (a * c + t[4].sigmoid() / (1.0 + t[0] * t[0])).gelu() + t[2].atan2(t[1])


def moons_by_elements(params: Any, xs: Any, ys: Any) -> Any:
    """The moons network in plain loops, its weights in arrays."""
    total = 0.0
    for point, y in zip(xs, ys, strict=True):
        x = list(point)
        for i, (W, b) in enumerate(zip(params[::2], params[1::2], strict=True), 1):  # noqa: N806
            x = [sum((w * v for w, v in zip(W[j], x, strict=True)), b[j]) for j in range(len(b))]
            if i < 3:
                x = [z.relu() for z in x]
        total = total + (1.0 - y * x[0]).relu()
    penalty = sum(w * w for p in params for w in (p if p.ndim == 1 else [v for r in p for v in r]))
    return total / len(ys) + 1e-4 * penalty


def moons_arrays(samples: int = 100) -> tuple[list[Any], Any, Any]:
    rng = np.random.default_rng(0)
    params = []
    for nin, nout in pairwise(SIZES):
        params += [rng.uniform(-1, 1, (nout, nin)), rng.uniform(-0.1, 0.1, nout)]
    points, labels = moons(samples)
    return params, np.array(points), np.array(labels)


_RNG = np.random.default_rng(3)
EXAMPLES: dict[str, tuple[Callable[..., Any], list[Any]]] = {
    "two numbers": (two_numbers, [0.5, -1.25]),
    "several results": (several_results, [0.5, -1.25]),
    "dense": (dense, [_RNG.normal(size=shape) for shape in [(2, 3), (3,), (5, 2)]]),
    "one by one": (one_by_one, [_RNG.normal(size=shape) for shape in [(2, 3), (3,), (5, 2)]]),
    "irregular": (irregular, [np.array([1.5, 0.5, -0.25, 1.0, -2.0])]),
    "moons": (moons_by_elements, list(moons_arrays(20))),
}


def leaf(argument: Any) -> Any:
    if isinstance(argument, list):
        return [leaf(part) for part in argument]
    return Tensor(argument) if isinstance(argument, np.ndarray) else Value(argument)


def called(f: Callable[..., Any], args: list[Any]) -> Any:
    """The compiled function after a call on leaves."""
    compiled = autograd.compile(f)
    compiled(*map(leaf, args))
    return compiled


def moons_program() -> str:
    return str(called(moons_by_elements, list(moons_arrays())).program)


def programs() -> str:
    """All of them, one after another."""
    texts = [called(f, args).program for f, args in EXAMPLES.values()]
    net = nn.MLP(2, [4, 1], "tanh", seed=0)
    mlp = autograd.compile(lambda xs: autograd.sum([net(x) for x in xs]))
    mlp([[0.5, 1.0], [-1.0, 2.0]])
    return "\n".join([*texts, mlp.program])


def comments(text: str) -> list[str]:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return [token.string for token in tokens if token.type == tokenize.COMMENT]


# --- it runs alone ----------------------------------------------------------------------------

RUNNER = """
import json, runpy, sys
import numpy as np
sys.modules.update(autograd=None, nn=None, viz=None)  # not to be imported, even where installed
program = runpy.run_path(sys.argv[1])
given = json.load(open(sys.argv[2], encoding="utf-8"))
inputs = [np.array(x) if isinstance(x, list) else x for x in given["inputs"]]
def plain(x):
    return None if x is None else [float(v) for v in np.ravel(x)]
for scale in given["scales"]:
    results, kept = program["forward"](*[x * scale for x in inputs])
    gradients = program["backward"](kept, *given["seed"])
    print(json.dumps([[plain(r) for r in results], [plain(g) for g in gradients]]))
"""


def run_alone(
    text: str, inputs: list[Any], folder: Path, scales: tuple[float, ...] = (1.0,), seed: Any = ()
) -> list[Any]:
    """Save a program and run it in an interpreter that has nothing but numpy."""
    empty = folder / "empty"
    empty.mkdir(exist_ok=True)
    program, given = folder / "program.py", folder / "inputs.json"
    program.write_text(text, encoding="utf-8")
    plain = [x.tolist() if isinstance(x, np.ndarray) else x for x in inputs]
    given.write_text(
        json.dumps({"inputs": plain, "scales": scales, "seed": seed}), encoding="utf-8"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", RUNNER, str(program), str(given)],
        cwd=empty, capture_output=True, encoding="utf-8", errors="replace", timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, f"{done.stderr}\n{text}"
    return [json.loads(line) for line in done.stdout.splitlines()]


def flat(args: list[Any]) -> list[Any]:
    return [x for arg in args for x in (flat(arg) if isinstance(arg, list) else [arg])]


@pytest.mark.parametrize("example", EXAMPLES)
def test_saved_program_gives_the_same_numbers_with_numpy_alone(
    example: str, tmp_path: Path
) -> None:
    f, args = EXAMPLES[example]
    inputs = flat(args)
    scales = (1.0, 0.75, 1.0)
    found = run_alone(called(f, args).program, inputs, tmp_path, scales)
    for scale, (results, gradients) in zip(scales, found, strict=True):
        nodes = [leaf(x * scale) for x in inputs]
        supply = iter(nodes)
        given = [
            [next(supply) for _ in arg] if isinstance(arg, list) else next(supply) for arg in args
        ]
        expected = f(*given)
        assert all_close(numbers(results), numbers(expected))
        for result in expected if isinstance(expected, list) else [expected]:
            result.backward()
        assert len(gradients) == len(inputs)
        for gradient, node in zip(gradients, nodes, strict=True):
            assert all_close(gradient, numbers(node.grad))


def test_seed_of_the_saved_program(tmp_path: Path) -> None:
    text = called(two_numbers, [0.5, -1.25]).program
    ((_, once),) = run_alone(text, [0.5, -1.25], tmp_path)
    ((_, twice),) = run_alone(text, [0.5, -1.25], tmp_path, seed=[2.0])
    assert numbers(twice) == [2.0 * d for d in numbers(once)]


def test_saved_program_never_raises_for_a_number(tmp_path: Path) -> None:
    def f(x: Any, y: Any) -> Any:
        return [x.log(), 1.0 / y, y.sqrt(), (x * y).exp(), x**y, y.acos(), x.sinh() * y]

    text = called(f, [2.0, 0.5]).program
    for x, y in [(2.0, 0.5), (0.0, 0.0), (-1.0, -1.0), (1000.0, 1000.0)]:
        ((results, gradients),) = run_alone(text, [x, y], tmp_path)
        leaves = Value(x), Value(y)
        expected = f(*leaves)
        assert all_same(numbers(results), numbers(expected))
        for result in expected:
            result.backward()
        assert all_same(numbers(gradients), [v.grad for v in leaves])


def test_program_that_was_recorded_where_math_raises(tmp_path: Path) -> None:
    f = lambda x: x.log() * 2.0
    text = called(f, [0.0]).program
    ((results, gradients),) = run_alone(text, [0.0], tmp_path)
    assert numbers(results) == [-math.inf]
    assert numbers(gradients) == [math.inf]
    ((results, _),) = run_alone(text, [1.0], tmp_path)
    assert numbers(results) == [0.0]


# --- it reads well ----------------------------------------------------------------------------


@pytest.mark.parametrize("example", EXAMPLES)
def test_program_is_plain_numpy(example: str) -> None:
    text = called(*EXAMPLES[example]).program
    tree = ast.parse(text)
    imported = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in (
            node.names if isinstance(node, ast.Import) else [ast.alias(node.module or "")]
        )
    }
    assert imported <= {"numpy", "math"}
    functions = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert "forward" in functions
    assert "backward" in functions
    assert max(map(len, text.splitlines())) <= 100
    assert text.endswith("\n")
    assert text.isprintable() or not re.search(r"[\t\r\x00]| $", text, re.MULTILINE)


@pytest.mark.parametrize(
    "make",
    [
        moons_program,
        lambda: autograd_program(moons_loss, moons_weights(), *moons()),
        lambda: autograd_program(moons_loss, moons_weights(), *map(np.array, moons())),
    ],
    ids=["weights in arrays", "weights in lists", "samples in arrays"],
)
def test_moons_network_fits_on_a_screen(make: Callable[[], str]) -> None:
    text = make()
    lines = text.splitlines()
    assert len(lines) <= 60, text
    assert max(map(len, lines)) <= 100
    tree = ast.parse(text)
    products = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult)
    ]
    assert len(products) >= 4, text  # forward and backward, of each hidden layer
    assert not [node for node in ast.walk(tree) if isinstance(node, (ast.For, ast.While))]
    assert comments(text)


def autograd_program(f: Callable[..., Any], *args: Any) -> str:
    compiled = autograd.compile(f)
    compiled(*args)
    return str(compiled.program)


def test_comments_name_the_scopes_of_a_network() -> None:
    net = nn.MLP(2, [16, 16, 1], seed=0)
    points, _ = moons(30)
    text = autograd_program(lambda net, xs: autograd.sum([net(x) for x in xs]), net, points)
    said = "\n".join(comments(text))
    assert "layer 1" in said, text
    assert "layer 2" in said, text
    assert "neuron 7" not in said, text  # the layer is one line, not sixteen
    assert "@" in text
    assert len(text.splitlines()) <= 60


def test_labels_are_found_again() -> None:
    slope, offset = Value(2.0), Value(1.0)
    name(slope=slope, offset=offset)
    text = autograd_program(lambda x: (slope * x + offset).tanh(), Value(0.5))
    assert re.search(r"\bslope\b", text), text
    assert re.search(r"\boffset\b", text), text

    def f(x: Any) -> Any:
        z = x * x
        z.label = "the square"
        return z.sin() * z

    assert re.search("the.square", autograd_program(f, Value(0.5)))


def test_parameters_are_called_as_the_function_calls_them() -> None:
    def f(weights: Any, sample: Any) -> Any:
        return (weights @ sample).sum()

    text = autograd_program(f, Tensor([[1.0, 2.0]]), Tensor([3.0, 4.0]))
    signature = re.search(r"def forward\((.*)\)", text)
    assert signature
    assert signature.group(1).split(", ") == ["weights", "sample"]


def test_names_that_python_does_not_allow() -> None:
    values = [Value(float(i)) for i in range(6)]
    names = ["lambda", "w[0]", "2x", "σ′", "np", "a b\n# c"]
    for value, text in zip(values, names, strict=True):
        value.label = text
    f = lambda xs: autograd.sum([(x * x).exp() * y for x, y in pairwise(xs)])
    text = autograd_program(f, values)
    ast.parse(text)
    compiled = autograd.compile(f)
    assert all_close(outcome(compiled, [values])[1], outcome(f, [values])[1])


def test_comments_tell_the_users_line() -> None:
    def f(xs: Any, w: Any) -> Any:
        hidden = [(w * x).tanh() for x in xs]  # the line in question
        return autograd.sum(hidden) * w.exp()

    text = autograd_program(f, [Value(0.1 * i) for i in range(10)], Value(0.5))
    said = [line for line in comments(text) if "hidden = " in line or "test_program.py" in line]
    assert said, text
    assert str(Path(__file__).parent) not in text  # a saved program names no folder


def test_program_is_the_same_in_every_process() -> None:
    script = "from tests.autograd.compiler.test_program import programs; print(programs())"
    texts = set()
    for seed in ("0", "1", "4242"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"}
        environment["PYTHONPATH"] = os.pathsep.join(sys.path)
        done = subprocess.run(
            [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True,
            timeout=300,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr.decode()
        texts.add(done.stdout.decode("utf-8"))
    assert len(texts) == 1
    assert texts.pop().strip() == programs().strip()


def test_program_is_the_same_when_recorded_again() -> None:
    assert programs() == programs()
