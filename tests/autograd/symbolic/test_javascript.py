"""The JavaScript of every row computes what Python computes; run in Node where there is one."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
from typing import Any

import pytest

from autograd import primitive
from autograd.primitives import TABLE, Primitive, evaluate
from autograd.symbolic import javascript_kernel, javascript_runtime
from tests.autograd.helpers import same

ROWS = [row for row in TABLE.values() if row.partials]
LENGTHS = {"sum": (3,), "dot": (2, 2, 1)}
CORNERS = (
    -math.inf, -1e300, -1000.0, -40.0, -6.5, -3.0, -1.0, -0.3, -1e-12, -0.0, 0.0, 1e-12, 0.25, 1.0,
    1.5, 2.0, 4.0, 6.5, 40.0, 1000.0, 1e300, math.inf, math.nan,
)  # fmt: skip


def lengths(row: Primitive) -> tuple[int, ...]:
    return LENGTHS.get(row.name, (row.arity or 0,))


def points(row: Primitive) -> list[tuple[float, ...]]:
    count = sum(lengths(row))
    if count <= 2:
        return [(a, b)[:count] for a in CORNERS for b in (CORNERS if count == 2 else (0.0,))]
    n = len(CORNERS)
    return [tuple(CORNERS[(i + 5 * j + k) % n] for j in range(count))
            for i in range(n) for k in range(3)]  # fmt: skip


def by_python(row: Primitive, point: tuple[float, ...]) -> list[float]:
    if not row.variadic:
        value = evaluate(row.value, *point)
        return [value, *(evaluate(partial, value, *point) for partial in row.partials)]
    rest = iter(point)
    groups = [tuple(next(rest) for _ in range(length)) for length in lengths(row)]
    value = row.value(None, *groups)
    return [value, *(p for group in row.partials[0](None, value, *groups) for p in group)]


def run(program: str) -> Any:
    node = shutil.which("node")
    if node is None:
        pytest.skip("no Node.js here: the browser tests of the explorer run the same kernels")
    done = subprocess.run(
        [node, "-"], input=program, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout, parse_constant=float)


def decoded(numbers: list[Any]) -> list[float]:
    return [float(number) for number in numbers]


@pytest.fixture(scope="module")
def by_javascript() -> dict[str, list[list[float]]]:
    """Value and partials of every row at every point."""
    kernels = ",\n".join(f"{row.name!r}: {javascript_kernel(row, lengths(row))}" for row in ROWS)
    given = json.dumps({row.name: [[repr(n) for n in p] for p in points(row)] for row in ROWS})
    program = f"""
"use strict";
{javascript_runtime(ROWS)}
const kernels = {{{kernels}}};
const read = (s) => s === "inf" ? Infinity : s === "-inf" ? -Infinity : Number(s);
const found = {{}};
for (const [name, points] of Object.entries({given})) {{
  found[name] = points.map((point) => {{
    const x = point.map(read);
    const out = kernels[name].value(...x);
    return [out, ...kernels[name].partials(out, ...x)].map(String);
  }});
}}
console.log(JSON.stringify(found));
"""
    found = run(program)
    return {name: [decoded(numbers) for numbers in rows] for name, rows in found.items()}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_kernel_computes_what_the_row_computes(
    row: Primitive, by_javascript: dict[str, list[list[float]]]
) -> None:
    for point, found in zip(points(row), by_javascript[row.name], strict=True):
        expected = by_python(row, point)
        assert len(found) == len(expected)
        for ours, theirs in zip(found, expected, strict=True):
            # gelu at -6.5 is 1 + erf: nothing but the last digits of erf are left there
            absolute = 1e-15 if row.name == "gelu" else 1e-300
            assert same(ours, theirs, 1e-12, absolute), (point, found, expected)


def test_thousands_of_operands_and_any_name() -> None:
    @primitive(name='evil "name', partials=lambda m, out, x: 2.0 + 0.0 * x)
    def evil(m, x):  # type: ignore[no-untyped-def]
        return 2.0 * x

    @primitive(name="caller", partials=lambda m, out, x: getattr(m, 'evil "name')(x))
    def caller(m, x):  # type: ignore[no-untyped-def]
        return x * x

    try:
        row = TABLE["caller"]
        found = run(f"""
"use strict";
{javascript_runtime([row])}
const caller = {javascript_kernel(row, (1,))};
const sum = {javascript_kernel(TABLE["sum"], (3_000,))};
const dot = {javascript_kernel(TABLE["dot"], (1_000, 1_000, 1))};
const ones = (n) => new Array(n).fill(1);
console.log(JSON.stringify([
  caller.partials(9, 3)[0], sum.value(...ones(3000)), dot.value(...ones(2001)),
  dot.partials(0, ...ones(2001)).length]));
""")
        assert found == [6, 3000, 1001, 2001]
    finally:
        del TABLE['evil "name'], TABLE["caller"]
