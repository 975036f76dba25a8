"""Mutation testing: whether a test fails when one operator or number of a file is wrong.

    python -m tests.reliability.mutation autograd/primitives.py
    python -m tests.reliability.mutation nn/losses/functions.py --sample 50 --seed 1

The mutations are cosmic-ray's.  Of the eleven that it has for every binary operator and the five
for every comparison only those are made that a slip of the pen would make (`x << y` for floats is
no test of a test), and three kinds are added: another operand in a formula, -= for +=, and a
statement left out.  Nothing on the disk is changed.  A mutant of a function runs in a fork of a
process that has collected the tests, with the function's code exchanged, and only the tests that
call the function are run, those that have killed the most mutants first; other mutants, and
survivors that were called during an import, run in a fork that imports everything anew.  PyTorch
is hidden: a mutant that only it would find counts as survived.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import difflib
import gc
import importlib.machinery
import importlib.util
import inspect
import io
import itertools
import json
import os
import random
import resource
import select
import signal
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any, ClassVar

import hypothesis
import hypothesis.stateful
import numpy as np  # noqa: F401 - imported once for all the processes
import pytest

from tests.reliability.equivalent import EQUIVALENT

try:
    from cosmic_ray.ast import ast_nodes, get_ast
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.operators.operator import Operator
    from cosmic_ray.operators.provider import OperatorProvider
except ImportError:
    advice = "mutation testing needs cosmic-ray: pip install 'chainrule[mutation]'"
    raise SystemExit(advice) from None

ROOT = Path(__file__).resolve().parents[2]

TESTS = {
    "autograd/primitives.py": (
        "tests/autograd/test_primitives.py",
        "tests/autograd/test_copying.py",
        "tests/autograd/test_custom.py",
        "tests/autograd/test_dtypes.py",
    ),
    "autograd/array_primitives.py": (
        "tests/autograd/test_array_primitives.py",
        "tests/autograd/test_tensor.py",
    ),
    "autograd/graph.py": (
        "tests/autograd/test_graph.py",
        "--deselect=tests/autograd/test_graph.py::test_chain_of_200_000_operations",
        "tests/autograd/test_value.py",
        "tests/autograd/test_checking.py",
        "tests/autograd/test_contexts.py",
        "tests/autograd/test_tensor.py",
    ),
    "nn/losses/": ("tests/nn/test_losses.py",),
    "nn/optimizers/schedules.py": ("tests/nn/test_schedules.py",),
    "nn/optimizers/": ("tests/nn/test_optimizers.py",),
}
"""The tests of a file or of a folder's files, the fastest first."""

_BINARY = {
    "Add": ["Sub"], "Sub": ["Add"], "Mul": ["Div"], "Div": ["Mul"], "FloorDiv": ["Mul"],
    "Mod": ["FloorDiv"], "Pow": ["Mul"], "BitOr": ["BitAnd"], "BitAnd": ["BitOr"],
}  # fmt: skip
_COMPARISON = {
    "Eq": ["NotEq"], "NotEq": ["Eq"], "Lt": ["LtE", "GtE"], "LtE": ["Lt", "Gt"],
    "Gt": ["GtE", "LtE"], "GtE": ["Gt", "Lt"], "Is": ["IsNot"], "IsNot": ["Is"],
}  # fmt: skip
_OTHERS = (
    "ReplaceUnaryOperator_USub_UAdd", "ReplaceUnaryOperator_Delete_Not", "AddNot",
    "ReplaceTrueWithFalse", "ReplaceFalseWithTrue", "ReplaceAndWithOr", "ReplaceOrWithAnd",
    "ReplaceBreakWithContinue", "ReplaceContinueWithBreak", "ExceptionReplacer",
    "NumberReplacer", "RemoveDecorator", "ZeroIterationForLoop",
)  # fmt: skip


class OtherOperand(Operator):
    """Replaces an operand in a formula, a lambda, by the next one."""

    def mutation_positions(self, node):
        if _other_operand(node) is not None:
            yield (node.start_pos, node.end_pos)

    def mutate(self, node, index):
        node.value = _other_operand(node)
        return node

    @classmethod
    def examples(cls):
        return ()


def _other_operand(node):
    if node.type != "name" or node.parent.type in ("param", "trailer"):
        return None
    if node.parent.type == "argument" and node.parent.children[0] is node:
        return None
    formula = node.parent
    while formula is not None and formula.type != "lambdef":
        formula = formula.parent
    if formula is None:
        return None
    names = [p.name.value for p in formula.get_params() if p.name.value != "m"]
    if node.value not in names or len(names) < 2:
        return None
    return names[(names.index(node.value) + 1) % len(names)]


class OtherAssignment(Operator):
    """Replaces += by -= and *= by /=, and the other way round."""

    others: ClassVar = {"+=": "-=", "-=": "+=", "*=": "/=", "/=": "*=", "|=": "&=", "&=": "|="}

    def mutation_positions(self, node):
        if node.type == "operator" and node.value in self.others:
            yield (node.start_pos, node.end_pos)

    def mutate(self, node, index):
        node.value = self.others[node.value]
        return node

    @classmethod
    def examples(cls):
        return ()


class LeftOut(Operator):
    """Leaves out a statement that is there for its effect: a call, or a change of an object."""

    def mutation_positions(self, node):
        if node.type == "simple_stmt" and _has_effect(node.children[0]):
            yield (node.start_pos, node.end_pos)

    def mutate(self, node, index):
        prefix, code = node.get_first_leaf().prefix, node.get_code()
        ends = code.count("\n") - prefix.count("\n")  # the lines below keep their numbers
        return get_ast(f"{prefix}pass" + "\n" * ends)

    @classmethod
    def examples(cls):
        return ()


def _has_effect(statement):
    scope = statement.parent
    while scope.type not in ("funcdef", "file_input", "classdef"):
        scope = scope.parent
    if scope.type != "funcdef":
        return False
    if statement.type == "expr_stmt":
        target, sign = statement.children[:2]
        return target.type == "atom_expr" or (sign.type == "operator" and sign.value != "=")
    return statement.type == "atom_expr"


def _operators() -> Iterator[tuple[str, Operator]]:
    provided = OperatorProvider()
    for kind, table in (("Binary", _BINARY), ("Comparison", _COMPARISON)):
        for before, afters in table.items():
            for after in afters:
                name = f"Replace{kind}Operator_{before}_{after}"
                yield name, provided[name]()
    for name in _OTHERS:
        yield name, provided[name]()
    yield "OtherOperand", OtherOperand()
    yield "OtherAssignment", OtherAssignment()
    yield "LeftOut", LeftOut()


@dataclass(frozen=True)
class Mutant:
    """A file with one mistake in it."""

    operator: str
    line: int
    before: str
    after: str
    source: str


class _WithoutAnnotations(ast.NodeTransformer):
    """Takes away what is never run, so that a mutant that differs there only is none."""

    def visit_arg(self, node):
        node.annotation = None
        return node

    def visit_FunctionDef(self, node):
        node.returns = None
        return self.generic_visit(node)

    def visit_AnnAssign(self, node):
        node.annotation = ast.Constant(None)
        return self.generic_visit(node)


def _meaning(source: str) -> str:
    return ast.dump(_WithoutAnnotations().visit(ast.parse(source)))


def mutants(source: str) -> list[Mutant]:
    """List the mutants of a file that compile and are another program, in order of the lines."""
    made, done = [], ""
    for statement in get_ast(source).children:  # one at a time: parsing is slow
        code = statement.get_code()
        rest = source[len(done) + len(code) :]
        for name, line, mutated in _mutations(code):
            before, after = _difference(code, mutated)
            line += done.count("\n")
            made.append(Mutant(name, line, before, after, f"{done}{mutated}{rest}"))
        done += code
    return sorted(made, key=lambda mutant: mutant.line)


def _mutations(code: str) -> Iterator[tuple[str, int, str]]:
    meaning, nodes = _meaning(code), list(ast_nodes(get_ast(code)))
    for name, operator in _operators():
        positions = [at for node in nodes for at in operator.mutation_positions(node)]
        for occurrence, ((line, _), _) in enumerate(positions):
            mutated = mutate_code(code, operator, occurrence)
            with contextlib.suppress(SyntaxError):
                if _meaning(mutated) != meaning:
                    yield name, line, mutated


def _difference(source: str, mutated: str) -> tuple[str, str]:
    lines = list(difflib.ndiff(source.splitlines(), mutated.splitlines()))
    return tuple(
        " ".join(" ".join(line[2:].split()) for line in lines if line[0] == sign) for sign in "-+"
    )


class _Loader(importlib.machinery.SourceFileLoader):
    """Loads a module from a source that does not stand in its file."""

    def __init__(self, name: str, path: str, source: str) -> None:
        super().__init__(name, path)
        self.source = source

    def get_code(self, fullname: str) -> CodeType:
        return compile(self.source, self.path, "exec", dont_inherit=True)


class _Finder:
    """Finds one module, the mutant, before Python looks into the files."""

    def __init__(self, path: Path, source: str) -> None:
        parts = path.with_suffix("").parts
        self.is_package = parts[-1] == "__init__"
        self.name = ".".join(parts[:-1] if self.is_package else parts)
        self.loader = _Loader(self.name, str(ROOT / path), source)

    def find_spec(self, name: str, path: object = None, target: ModuleType | None = None):
        if name != self.name:
            return None
        return importlib.util.spec_from_loader(name, self.loader, is_package=self.is_package)


_OPTIONS = [
    "-x", "-q", "-s", "--tb=no", "--no-header", "--assert=plain", "-p", "no:cacheprovider",
    "-p", "no:randomly", "--hypothesis-profile=mutation",
]  # fmt: skip


class _FirstFailure:
    """Keeps the name of the first test that failed."""

    def __init__(self) -> None:
        self.name = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and not self.name:
            self.name = report.nodeid


def _forked(work: Callable[[], str], seconds: int) -> str:
    """Return what `work` returns in a process of its own, or "timeout", or "died"."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setpgid(0, 0)
            os.close(reading)
            resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
            resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
            nowhere = os.open(os.devnull, os.O_RDWR)
            for descriptor in (0, 1, 2):
                os.dup2(nowhere, descriptor)
            with os.fdopen(writing, "w") as pipe:
                pipe.write(f"+{work()}")
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        patience = 60 * seconds  # for a mutant that waits: it uses no CPU time
        if not select.select([pipe], [], [], patience)[0]:
            os.killpg(child, signal.SIGKILL)
        result = pipe.read()
    _, status = os.waitpid(child, 0)
    if result[:1] == "+":
        return result[1:]
    return "timeout" if os.WIFSIGNALED(status) else "died"


def run_afresh(path: Path, source: str, tests: Sequence[str], seconds: int) -> str:
    """Import everything with this source in place of the file; return the test that fails."""

    def work() -> str:
        sys.meta_path.insert(0, _Finder(path, source))
        first = _FirstFailure()
        status = pytest.main([*_OPTIONS, *tests], plugins=[first])
        return first.name or ("" if status == 0 else "import")

    return _forked(work, seconds)


def _functions(code: CodeType) -> tuple[list[CodeType], list[Any]]:
    """Return the functions that a module and its classes define, and all the rest of it."""
    functions: list[CodeType] = []
    rest: list[Any] = [code.co_code, code.co_names]
    for constant in code.co_consts:
        if not isinstance(constant, CodeType):
            rest.append((type(constant), repr(constant)))
        elif constant.co_flags & inspect.CO_OPTIMIZED:
            functions.append(constant)
        else:  # the body of a class
            inner, inner_rest = _functions(constant)
            functions += inner
            rest.append(inner_rest)
    return functions, rest


def _inside(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _inside(constant)


class _InPlace:
    """Tries mutants of one function without importing anything anew.

    The code of the function is exchanged, in a fork of a process that has collected the tests,
    and the tests that call it are run.  What a module computed when it was imported is not
    computed again: a survivor that was called then is tried afresh, as are the mutants that
    are not inside a function.
    """

    def __init__(
        self, path: Path, source: str, mutants: Sequence[Mutant], screen: int
    ) -> None:  # fmt: skip
        self.screen = screen  # where progress is shown; the tests' own output is not
        self.file = str(ROOT / path)
        self.functions, self.rest = self._split(source)
        self.function_of = {
            code: index for index, outer in enumerate(self.functions) for code in _inside(outer)
        }
        self.mutants = mutants
        self.called: set[int] = set()
        self.verdicts: list[tuple[str, bool]] = []

    def _split(self, source: str) -> tuple[list[CodeType], list[Any]]:
        return _functions(compile(source, self.file, "exec", dont_inherit=True))

    def note(self, frame: FrameType, event: str, argument: object) -> None:
        if event == "call" and frame.f_code.co_filename == self.file:
            index = self.function_of.get(frame.f_code)
            if index is not None:
                self.called.add(index)

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        sys.setprofile(None)
        early, items = self.called, session.items
        first = _FirstFailure()
        session.config.pluginmanager.register(first)

        def run(items: Sequence[pytest.Item]) -> Iterator[pytest.Item]:
            for item, after in itertools.zip_longest(items, items[1:]):
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
                yield item

        def record() -> str:
            table, start = [], time.process_time()
            self.called = set()
            sys.setprofile(self.note)
            for _ in run(items):
                now = time.process_time()
                table.append((sorted(self.called), now - start))
                self.called.clear()
                start = now
            return json.dumps([first.name, table])

        answer = _forked(record, 1200)  # what the tests leave in caches does not stay here
        failed, table = json.loads(answer) if answer[:1] == "[" else (answer, [])
        if failed:
            self.verdicts = [(f"unmutated: {failed}", False)]
            return True
        live = defaultdict(list)
        for thing in gc.get_objects():
            if isinstance(thing, FunctionType) and thing.__code__.co_filename == self.file:
                live[thing.__code__].append(thing)
        killed: Counter[int] = Counter()
        for number, mutant in enumerate(self.mutants):
            if number and number % 100 == 0:
                os.write(self.screen, f"  {number} of {len(self.mutants)}\n".encode())
            functions, rest = self._split(mutant.source)
            changed = []
            if rest == self.rest and len(functions) == len(self.functions):
                pairs = zip(self.functions, functions, strict=True)
                changed = [i for i, (one, other) in enumerate(pairs) if one != other]
            if len(changed) != 1:
                self.verdicts.append(("", True))
                continue
            index = changed[0]
            calling = [i for i, (called, _) in enumerate(table) if index in called]
            calling.sort(key=lambda i: (-killed[i], table[i][1]))

            def try_it(index=index, functions=functions, calling=calling) -> str:
                for function in live[self.functions[index]]:
                    function.__code__ = functions[index]
                try:
                    for _ in run([items[i] for i in calling]):
                        if first.name:
                            break
                except BaseException as error:
                    return repr(error)
                return first.name

            seconds = int(10 + 4 * sum(table[i][1] for i in calling))
            failed = _forked(try_it, seconds)
            for i in calling:
                killed[i] += items[i].nodeid == failed
            self.verdicts.append((failed, not failed and index in early))
        return True


def run_in_place(
    path: Path, source: str, mutants: Sequence[Mutant], tests: Sequence[str]
) -> list[tuple[str, bool]]:
    """Return for each mutant the test that fails, and whether it is to be tried afresh."""
    screen = os.dup(1)

    def work() -> str:
        trial = _InPlace(path, source, mutants, screen)
        sys.setprofile(trial.note)
        pytest.main([*_OPTIONS, *tests], plugins=[trial])
        return json.dumps(trial.verdicts)

    return json.loads(_forked(work, 100_000))


def _equivalent(path: str, mutant: Mutant) -> str | None:
    for before, after, reason in EQUIVALENT.get(path, ()):
        if before in mutant.before and after in mutant.after:
            return reason
    return None


def _prepare() -> None:
    sys.modules["torch"] = None  # type: ignore[assignment]
    sys.pycache_prefix = tempfile.mkdtemp(prefix="mutation-")
    sys.dont_write_bytecode = False
    phases = [hypothesis.Phase.explicit, hypothesis.Phase.generate]
    hypothesis.settings.register_profile(
        "mutation", derandomize=True, max_examples=60, deadline=None, database=None,
        phases=phases, suppress_health_check=list(hypothesis.HealthCheck),
    )  # fmt: skip
    # so that no process need find and import the plugins of pytest for itself
    with contextlib.redirect_stdout(io.StringIO()):
        pytest.main([*_OPTIONS, "--collect-only", "tests/reliability/equivalent.py"])


def examine(path: str, sample: int, seed: int, log: Path | None) -> str:
    """Run the tests on the mutants of one file; print those that survive, return a summary."""
    source = (ROOT / path).read_text(encoding="utf-8")
    folder = f"{Path(path).parent}/"
    tests = TESTS.get(path) or TESTS.get(folder)
    if tests is None:
        raise SystemExit(f"which tests are those of {path}? Known: {', '.join(TESTS)}")
    every = mutants(source)
    counted = [mutant for mutant in every if _equivalent(path, mutant) is None]
    chosen = counted
    if sample and sample < len(counted):
        chosen = sorted(random.Random(seed).sample(counted, sample), key=lambda m: m.line)
    print(f"{path}: {len(chosen)} mutants", flush=True)
    verdicts = run_in_place(Path(path), source, chosen, tests)
    if len(verdicts) != len(chosen):
        raise SystemExit(f"{path} as it is fails: {verdicts}")
    afresh = sum(again for _, again in verdicts)
    print(f"{path}: {afresh} of them need everything imported anew", flush=True)
    results: Counter[str] = Counter()
    for mutant, (failed, again) in zip(chosen, verdicts, strict=True):
        if again:
            failed = run_afresh(Path(path), mutant.source, tests, 600)
        outcome = failed if failed == "timeout" else ("killed" if failed else "survived")
        results[outcome] += 1
        if outcome != "killed":
            print(f"{path}:{mutant.line}: {outcome}: {mutant.operator}\n"
                  f"  - {mutant.before}\n  + {mutant.after}", flush=True)  # fmt: skip
        if log is not None:
            with log.open("a") as file:
                file.write(json.dumps([path, mutant.line, mutant.operator, mutant.before,
                                       mutant.after, failed, again]) + "\n")  # fmt: skip
    caught = results["killed"] + results["timeout"]
    kind = "all" if chosen is counted else f"a sample, seed {seed}"
    return (
        f"{path}: {len(chosen)} mutants ({kind}), {results['killed']} killed, "
        f"{results['survived']} survived, {results['timeout']} timeouts, "
        f"{100 * caught / max(len(chosen), 1):.1f} %; "
        f"{len(every) - len(counted)} equivalent ones not counted"
    )


def main() -> int:
    """Read the command line, examine the files, print a line for each."""
    parser = argparse.ArgumentParser(prog="python -m tests.reliability.mutation")
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("--sample", type=int, default=0, metavar="N", help="N mutants of a file")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="of the sample")
    parser.add_argument("--log", type=Path, help="append a line of JSON for every mutant")
    options = parser.parse_args()
    os.chdir(ROOT)
    _prepare()
    lines = [examine(path, options.sample, options.seed, options.log) for path in options.files]
    print("\n".join(lines))
    return int(any(", 0 survived" not in line for line in lines))


if __name__ == "__main__":
    sys.exit(main())
