"""A recording: one run of a function, as a program that can be run again on other numbers.

The function runs once on the ordinary engine, with stand-ins for its arguments.  From the
graph that it leaves come the symbols of the program (`numbering`, `finding`), from what was
watched come the guards, which tell whether another run would have taken the same way.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd import contexts
from autograd.anomaly import is_ours
from autograd.array_primitives import Applied, astype, stack
from autograd.compiler.adjoints import adjoints
from autograd.compiler.arguments import Arguments, Found, stand_ins
from autograd.compiler.arrays import Symbol, Trace, collector_paused
from autograd.compiler.describing import Descriptions
from autograd.compiler.finding import Finder
from autograd.compiler.inputs import Inputs
from autograd.compiler.numbering import Numbering
from autograd.compiler.outputs import nodes_of, refuse_what_may_hide_nodes, with_outputs
from autograd.compiler.running import Runner
from autograd.compiler.surroundings import Surroundings
from autograd.compiler.watching import COMPARISONS, Guard, Watcher
from autograd.compiler.writing import Source, write
from autograd.dtypes import default_dtype
from autograd.graph import Node
from autograd.value import Value

__all__ = ["Recording"]

DESCRIBED = 200_000
"""Up to so many nodes a program tells the lines of the source that it comes from."""

ALL = -1
"""Instead of one output: all of them, whose gradients are added."""

FIRST = -2
"""Instead of one output: the first, an array of one number, whose adjoint is 1."""

SMALL = 2000
"""Up to so many nodes a function is looked at twice, so that numbers may be floats."""

_COMPARED = frozenset(COMPARISONS.values())

_writing = contexts.kept_over_fork(threading.RLock())
"""Held by who writes a program, which adds to its trace."""


class Recording:
    """One way through a function, for arguments of one structure.

    Attributes:
        structure: of the arguments, see `Arguments.structure`.
        default_dtype: what the function's own Tensors are of.
        result: what the function returned, with an `Output` in the place of each node.
        outputs: the symbol, or the float, of each of them.
        kinds: the class of the node that each of them was.
        nodes: how many nodes the graph had.
        guards: how many things the function has learnt about its numbers.
        calls: how often the recording has been replayed.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        arguments: Arguments,
        names: Sequence[str],
    ) -> None:
        self.structure = arguments.structure
        self.default_dtype = default_dtype()
        self.calls = 0
        self._told_apart = [found.told_apart for found in arguments.found]
        self._name = getattr(function, "__name__", "program")
        self._sources: dict[Any, Runner] = {}
        watcher = Watcher()
        numbers: list[list[Any]] = []
        arrays: list[list[Any]] = []
        stood_in: list[Any] = []
        for name, argument in zip(names, [*args, *kwargs.values()], strict=True):
            numbers.append([])
            arrays.append([])
            stood_in.append(stand_ins(argument, watcher, numbers[-1], arrays[-1], name))
        named = dict(zip(kwargs, stood_in[len(args) :], strict=True))
        result = collector_paused(
            contexts.watching, watcher, function, *stood_in[: len(args)], **named
        )
        self.surroundings = Surroundings(function, *args, *kwargs.values())
        if result is None:
            raise TypeError(f"{self._name} returned None; did it forget to return its result?")
        found: list[Any] = []
        self.result = with_outputs(result, found)
        refuse_what_may_hide_nodes(self.result, self._name)
        laid_out = list(zip(names, numbers, arrays, arguments.found, strict=True))
        descriptions = collector_paused(self._record, found, watcher, laid_out, frozenset())
        if self.nodes <= SMALL:
            spread = self.inputs.only_single(_taken_singly(self.trace))
            if spread:
                descriptions = collector_paused(self._record, found, watcher, laid_out, spread)
        self._describe: Callable[[], None] | None = None
        if is_ours(function):
            descriptions.comment()
        elif self.nodes <= DESCRIBED:
            given = (stood_in[: len(args)], named)
            self._describe = functools.partial(
                self._locate, function, given, watcher, descriptions
            )
        self.differentiable = tuple(
            i for i, holder in enumerate(self.inputs.holders(arguments)) if holder is not None
        )

    # --- from the graph to symbols ------------------------------------------------------------

    def _record(
        self,
        found: Sequence[Any],
        watcher: Watcher,
        laid_out: Sequence[tuple[str, list[Any], list[Any], Found]],
        spread: frozenset[int],
    ) -> Descriptions:
        """Make the symbols of everything that the function has computed.

        Args:
            found: the nodes among its results.
            watcher: what was noted.
            laid_out: of each argument the name, the stand-ins, and what was found in it.
            spread: see `Inputs`.
        """
        self.trace = trace = Trace()
        self.inputs = inputs = Inputs(trace, spread)
        for argument in laid_out:
            inputs.add_argument(*argument)
        numbering = Numbering(inputs.places, watcher)
        looked_at = [guard.node for guard in watcher.guards]
        looked_at += [v for _, values in watcher.effects for v in values if isinstance(v, Node)]
        numbering.add([*found, *looked_at])
        leaves = [
            node
            for node in numbering.arrays
            if numbering.is_given(node)
            and not any(node in known for known in (inputs.arrays, watcher.constants,
                                                    watcher.sources, watcher.draws))
        ]  # fmt: skip
        inputs.add_captured([*numbering.captured, *leaves])
        for node, draw in watcher.draws.items():  # even if it is not used, to draw as often
            inputs.add_drawn(node, draw)
        for number, (which, place) in numbering.inputs.items():
            if which < 0:
                numbering.inputs[number] = inputs.places[numbering.captured[place]]
        inputs.note_used(list(numbering.inputs.values()), numbering.arrays)
        roots = [numbering.of[node] for node in [*found, *looked_at] if node in numbering.of]
        for node in numbering.arrays:
            if numbering.is_given(node):
                continue
            operands = [o for o in node.operands if isinstance(o, Node)]
            roots += [numbering.of[operand] for operand in operands if operand in numbering.of]
        self._has_arrays = not all(map(numbering.is_given, numbering.arrays))
        self.nodes = len(numbering.of) + len(numbering.arrays)
        numbering.find_sums(roots)
        self._looks = len(watcher.guards)
        descriptions = Descriptions(trace, numbering)
        finder = Finder(trace, numbering, inputs.symbols, descriptions.describe)
        finder.run()
        arrays = self._arrays(numbering, finder, watcher, descriptions)

        def symbol_of(node: Any) -> Any:
            return arrays[node] if node._is_array else finder.symbol(numbering.of[node])

        self.outputs = [symbol_of(node) for node in found]
        self.kinds = [node.__class__ for node in found]
        self._guard(watcher.guards, numbering, finder, arrays)
        self._effects: list[tuple[Callable[..., Any], list[Any]]] = []
        self.effect_outputs: list[Any] = []
        for function, values in watcher.effects:
            self._effects.append((function, [isinstance(value, Node) or value for value in values]))
            self.effect_outputs += [symbol_of(v) for v in values if isinstance(v, Node)]
        descriptions.let_go()
        return descriptions

    def _locate(
        self,
        function: Callable[..., Any],
        given: tuple[list[Any], dict[str, Any]],
        watcher: Watcher,
        descriptions: Descriptions,
    ) -> None:
        """Run the function once more, slowly, to learn which line of it made which node."""
        args, named = given

        def located() -> Any:
            with contexts.locate():
                return function(*args, **named)

        result = contexts.watching(watcher, located)
        numbering = Numbering(self.inputs.places, watcher)
        looked_at = [guard.node for guard in watcher.guards[: self._looks]]
        looked_at += [v for _, values in watcher.effects[: len(self._effects)] for v in values]
        numbering.add([*nodes_of(result), *(v for v in looked_at if isinstance(v, Node))])
        descriptions.comment(numbering)

    def _arrays(
        self,
        numbering: Numbering,
        finder: Finder,
        watcher: Watcher,
        descriptions: Descriptions,
    ) -> dict[Any, Any]:
        """Apply the rows that made the Tensors of the graph; return the symbol of each."""
        trace = self.trace
        symbols: dict[Any, Any] = dict(self.inputs.arrays)

        def symbol_of(operand: Any) -> Any:
            if not isinstance(operand, Node):
                return operand if operand.__class__ is float else trace.constant(operand)
            return symbols[operand] if operand._is_array else finder.symbol(numbering.of[operand])

        for node in numbering.arrays:
            if node in symbols:
                continue
            if node.is_leaf:
                source = watcher.sources.get(node)
                symbols[node] = (
                    trace.constant(node._datum) if source is None
                    else trace.stopped(symbol_of(source))
                )  # fmt: skip
                continue
            made_by, operands = node._primitive, node.operands
            if made_by in _COMPARED:
                symbol = trace.compare(made_by.name, *map(symbol_of, operands))
            elif isinstance(made_by, Applied):
                if made_by.row is stack and not any(
                    isinstance(o, np.ndarray) or getattr(o, "_is_array", False) for o in operands
                ):
                    symbol = finder.gathered(
                        [numbering.of[o] if isinstance(o, Node) else numbering.constant(o)
                         for o in operands], node._datum.dtype
                    )  # fmt: skip
                else:
                    symbol = trace.apply_array(
                        made_by.row, *map(symbol_of, operands), **made_by.parameters
                    )
                    dtype = node._datum.dtype
                    if made_by.row is stack and symbol.dtype != dtype:
                        # an array without axes, here of float32, is a number to the trace
                        symbol = trace.apply_array(astype, symbol, dtype=dtype)
            else:
                symbol = trace.apply(made_by, *map(symbol_of, operands))
            symbols[node] = symbol
            descriptions.describe_array(symbol, node)
        return symbols

    def _guard(
        self, guards: Sequence[Guard], numbering: Numbering, finder: Finder, arrays: dict[Any, Any]
    ) -> None:
        """Make the outputs that tell whether the guards hold, and what they are to be."""
        by_symbol: dict[tuple[Any, str], list[tuple[int, Any]]] = {}
        self.guards = 0
        for node, how, expected in guards:
            if node._is_array:
                symbol, place = arrays[node], 0
            else:
                symbol, place = finder.place(numbering.of[node])
            if not isinstance(symbol, Symbol) or symbol.operation == "constant":
                continue
            self.guards += 1
            by_symbol.setdefault((symbol, how), []).append((place, expected))
        self.checks: list[tuple[str, Any, Any]] = []
        self.guard_outputs: list[Symbol] = []
        for (symbol, how), seen in by_symbol.items():
            self.guard_outputs.append(symbol)
            if how == "array":
                self.checks.append((how, None, seen[0][1]))
            else:
                wanted = [place for place, _ in seen]
                self.checks.append(
                    (how, np.array(wanted), np.array([float(expected) for _, expected in seen]))
                )

    # --- running it ---------------------------------------------------------------------------

    @property
    def has_effects(self) -> bool:
        """Whether there are functions to be called at each replay."""
        return bool(self._effects)

    def take_effect(self, seen: Sequence[Any]) -> None:
        """Call the functions that the recorded one has called with what it had computed."""
        supply = iter(seen)
        for function, values in self._effects:
            function(*[next(supply) if value is True else value for value in values])

    def pull(
        self, source: Runner, output: int, kept: Any, values: Sequence[Any]
    ) -> Callable[[Any], Sequence[Any]]:
        """Return what takes the adjoint of an output to the gradients by the inputs."""

        def pull_back(seed: Any) -> Sequence[Any]:
            whole = source
            if len(self.outputs) == 1:
                ran, rest = kept
            else:
                whole = self.source(self.differentiable, output)
                _, (ran, rest) = whole.forward(values)
            return whole.backward(ran, rest, seed, values)

        return pull_back

    def holds(self, seen: Sequence[Any]) -> bool:
        """Tell whether what the guards look at is what was seen when it was recorded."""
        for (how, places, expected), value in zip(self.checks, seen, strict=True):
            array = np.asarray(value)
            if how == "array":
                if not _is_same(array, expected):
                    return False
                continue
            numbers = array.reshape(-1)[places]
            if how == "truth":
                numbers = numbers != 0
            elif how == "integer":
                numbers = np.trunc(numbers) + 0.0  # int(-0.5) is 0
            if not _is_same(numbers, expected):
                return False
        return True

    def source(self, wrt: tuple[int, ...], output: int | None) -> Runner:
        """Return the program that computes the gradient of one output by some inputs.

        Args:
            wrt: which inputs; none for a program that goes forward only.
            output: which output, ALL or FIRST; None if there are no gradients.
        """
        key = (wrt, output)
        source = self._sources.get(key)
        if source is None:
            source = contexts.alone(_writing, self._write_once, wrt, output)
        return source

    def _write_once(self, wrt: tuple[int, ...], output: int | None) -> Runner:
        source = self._sources.get((wrt, output))  # another thread may have written it meanwhile
        if source is None:
            source = Runner(collector_paused(self._written, wrt, output))
            self._sources[wrt, output] = source
        return source

    def _written(self, wrt: tuple[int, ...], output: int | None) -> Source:
        gradients: Any = None
        seed: Any = None
        if output is not None and wrt:
            roots = self.outputs if output == ALL else [self.outputs[max(output, 0)]]
            roots = [root for root in roots if isinstance(root, Symbol)]
            wanted = [self.inputs.slots[i].symbol for i in wrt]
            seed = 1.0
            if output >= 0 and roots and roots[0].shape:
                seed = self.trace.input("seed", roots[0].shape, roots[0].dtype)
            gradients = adjoints(
                self.trace,
                [(root, seed) for root in roots],
                wanted,
                of_numbers=not self._has_arrays,
            )
        return write(
            self.trace,
            self.inputs.symbols,
            [*self.outputs, *self.guard_outputs, *self.effect_outputs],
            gradients,
            seed=seed if isinstance(seed, Symbol) else None,
        )

    @property
    def program(self) -> str:
        """The source of the numpy program.

        When it is read for the first time the function runs once more on what it was recorded
        with, to learn its lines.
        """
        if self._describe is not None:
            describe, self._describe = self._describe, None
            describe()
        both_ways = [key for key in self._sources if key[1] is not None]
        if both_ways:
            key = both_ways[-1]
        elif self.differentiable and self.outputs:
            key = (self.differentiable, 0 if len(self.outputs) == 1 else ALL)
        else:
            key = ((), None)
        return self.source(*key).source.text

    def __repr__(self) -> str:
        return (
            f"<recording of {self._name}: {self.nodes} nodes, {self.guards} guards, "
            f"{self.calls} calls>"
        )


def _taken_singly(trace: Trace) -> set[int]:
    """Return the ids of the inputs of which only single elements are used."""
    inputs: dict[int, bool] = {}
    for symbol in trace.symbols():
        for operand in symbol.operands:
            if isinstance(operand, Symbol) and operand.operation == "input":
                single = symbol.operation == "element"
                inputs[id(operand)] = inputs.get(id(operand), True) and single
    return {symbol for symbol, single in inputs.items() if single}


def _is_same(array: Any, expected: Any) -> bool:
    """Tell whether an array has the same numbers as another, with their signs; nan is nan."""
    if array.dtype == expected.dtype and array.tobytes() == expected.tobytes():
        return bool(array.shape == expected.shape)
    if not np.array_equal(array, expected, equal_nan=expected.dtype.kind == "f"):
        return False
    if array.dtype.kind != "f" or expected.dtype.kind != "f":
        return True
    signs = np.signbit(array) == np.signbit(expected)
    return bool((signs | (array != 0.0)).all())


def is_number(kind: type[Any]) -> bool:
    """Tell whether an output is a Value."""
    return issubclass(kind, Value)
