"""Writing a trace as a program: numpy source that a person could have written.

From a trace to callables::

    trace = Trace()
    W, x = trace.input("W", (3, 2), "float64"), trace.input("x", (2,), "float64")
    z = trace.apply_array(ARRAY_TABLE["matmul"], W, x)
    loss = trace.apply_array(ARRAY_TABLE["sum"], z, axis=(0,), keepdims=False)
    gradients = adjoints(trace, [(loss, 1.0)], [W])

    source = write(trace, [W, x], [loss], gradients)
    source.text                               # the program, which runs with numpy alone
    results, kept = source.forward(W0, x0)
    gradients = source.backward(kept, 1.0)    # one for each of wrt; None where nothing flows
    results, gradients = source.step(W0, x0)  # both in one go

What is used once is written inside the expression that uses it while the line stays short;
what backward needs too gets a name in forward and is handed over in `kept`.

Python floats raise an exception where numpy gives inf or nan.  `Source.careful` is the same
program over numpy's floats, which never raise; it is the one that is printed.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from textwrap import wrap
from typing import Any, TypeAlias

import numpy as np

from autograd.compiler.arrays import Operand, Symbol, Trace, bare, collector_paused
from autograd.compiler.buffers import UFUNCS, Buffers, memory_of
from autograd.compiler.naming import Names

__all__ = ["Source", "write"]

WIDTH = 96
"""The most columns of a line."""

READABLE = 72
"""The most columns of an expression inside another."""

LONGEST = 2000
"""The most statements of one function: compiling a longer one takes more than its share."""

Text: TypeAlias = "tuple[str, int]"
"""An expression, and how firmly it binds."""

_CHOICE, _OR, _AND, _NOT, _COMPARISON, _BIT_OR, _BIT_AND, _SUM, _PRODUCT, _SIGN, _POWER, _ATOM = (
    range(12)
)

_BETWEEN = {
    "add": (" + ", _SUM, _SUM, _PRODUCT),
    "subtract": (" - ", _SUM, _SUM, _PRODUCT),
    "multiply": (" * ", _PRODUCT, _PRODUCT, _SIGN),
    "divide": (" / ", _PRODUCT, _PRODUCT, _SIGN),
    "matmul": (" @ ", _PRODUCT, _PRODUCT, _SIGN),
    "less": (" < ", _COMPARISON, _BIT_OR, _BIT_OR),
    "less_equal": (" <= ", _COMPARISON, _BIT_OR, _BIT_OR),
    "greater": (" > ", _COMPARISON, _BIT_OR, _BIT_OR),
    "greater_equal": (" >= ", _COMPARISON, _BIT_OR, _BIT_OR),
    "equal": (" == ", _COMPARISON, _BIT_OR, _BIT_OR),
    "not_equal": (" != ", _COMPARISON, _BIT_OR, _BIT_OR),
    "and": (" & ", _BIT_AND, _BIT_AND, _SIGN),
    "or": (" | ", _BIT_OR, _BIT_OR, _BIT_AND),
}
_BETWEEN_NUMBERS = _BETWEEN | {
    "and": (" and ", _AND, _AND, _NOT),
    "or": (" or ", _OR, _OR, _AND),
}

_OF_NUMBERS = frozenset({
    "exp", "expm1", "log", "log1p", "log2", "log10", "sqrt", "sin", "cos", "tan", "asin", "acos",
    "atan", "atan2", "sinh", "cosh", "tanh", "pow",
})  # fmt: skip
"""Functions that math and numpy both have, by the same name."""

_STATEMENTS = frozenset({"scatter", "placed"})
"""What takes more than one line."""

_VIEWS = frozenset({"transpose", "reshape", "broadcast_to", "full"})
"""What costs next to nothing: backward computes it again instead of having it kept."""

_ERF = '''
def erf(x):
    """Return the Gauss error function of every element."""
    x = np.asarray(x)
    return np.array([math.erf(v) for v in x.ravel().tolist()], x.dtype).reshape(x.shape)
'''

_POW = '''
def pow(x, y):
    """Return x to the power y; between arrays, for numpy takes the root of a number's -inf."""
    return np.power([x], [y])[0]
'''


class Source:
    """A program: its text, and what it defines.

    Attributes:
        text: the program; it runs with numpy alone and never raises for a number.
        forward: ``forward(*inputs)`` returns the outputs, and what backward needs.
        backward: ``backward(kept, seed)`` returns a gradient, or None, for each of wrt.
        step: ``step(*inputs)`` returns outputs and gradients.
        careful: the same over numpy's floats, if there are Python floats in it; they may
            be called after an ArithmeticError or a ValueError of the faster ones, begin
            again with its forward: what the other forward kept are Python floats.
        has_numbers: whether there are Python floats in it.
    """

    def __init__(self, make: Callable[[str, bool], _Program], has_numbers: bool) -> None:
        self._make = make
        self.has_numbers = has_numbers
        self._programs: dict[tuple[str, bool], _Program] = {}
        self._text: str | None = None

    def _program(self, kind: str, careful: bool = False) -> _Program:
        key = (kind, careful and self.has_numbers)
        if key not in self._programs:
            self._programs[key] = self._make(*key)
        return self._programs[key]

    @property
    def text(self) -> str:
        """The program as a person reads it."""
        if self._text is None:
            self._text = self._make("passes", self.has_numbers).text()
        return self._text

    @property
    def forward(self) -> Callable[..., Any]:
        """Computes the outputs, and what backward needs of it."""
        return self._program("passes").function("forward")

    @property
    def backward(self) -> Callable[..., Any]:
        """Computes the gradients of what forward has kept."""
        return self._program("passes").function("backward")

    @property
    def step(self) -> Callable[..., Any]:
        """Computes outputs and gradients."""
        return self._program("step").function("step")

    def buffered_step(self) -> Callable[..., Any]:
        """Return a step that keeps its large intermediate results in memory of its own.

        The gradients that it returns are valid until it is called again, and it may run in
        one thread at a time; each call of this method returns another one.
        """
        program = self._program("buffered")
        if not program.buffers.shapes:
            return self.step
        return program.function("make_step")()  # type: ignore[no-any-return]

    @property
    def careful(self) -> Source:
        """The same over numpy's floats."""
        if not self.has_numbers:
            return self
        return Source(lambda kind, careful: self._program(kind, True), False)


def write(
    trace: Trace,
    inputs: Sequence[Symbol],
    outputs: Sequence[Operand],
    gradients: Sequence[Operand | None] | None = None,
    *,
    seed: Symbol | None = None,
) -> Source:
    """Write a trace as a program.

    Args:
        trace: what has been applied.
        inputs: the arguments of `forward`, in order.
        outputs: what forward returns.
        gradients: what backward returns, as `adjoints` found it; None: there is no backward.
        seed: the symbol of the seed, if the gradients begin with one; otherwise they began
            with 1, and backward multiplies its results.

    Returns:
        The text, and three callables that are compiled when they are first asked for.
    """
    used = _needed([*outputs, *(gradients or ())], ())
    has_numbers = any(s.dtype is None and s.operation != "input" for s in used) or any(
        s.dtype is None for s in inputs
    )

    def make(kind: str, careful: bool) -> _Program:
        program = _Program(trace, inputs, outputs, gradients, seed, careful)
        with collector_paused():
            if kind == "passes":
                program.write_passes()
            else:
                program.write_step(kind == "buffered")
        return program

    return Source(make, has_numbers)


# --- which symbols a function computes ---------------------------------------------------


def _needed(wanted: Iterable[Any], given: Any) -> list[Symbol]:
    """List what has to be computed for some symbols, in order, without what is given."""
    found: set[Symbol] = set()
    stack = [bare(x) for x in wanted]
    while stack:
        symbol = stack.pop()
        if symbol.__class__ is not Symbol or symbol in found or symbol in given:
            continue
        found.add(symbol)
        for operand in symbol.operands:
            if operand.__class__ is Symbol:
                stack.append(operand if operand.operation != "alias" else bare(operand))
    return sorted(found, key=_number)


def _number(symbol: Symbol) -> int:
    return symbol.number


class _Program:
    """The functions of one program, as they are being written."""

    def __init__(
        self,
        trace: Trace,
        inputs: Sequence[Symbol],
        outputs: Sequence[Operand],
        gradients: Sequence[Operand | None] | None,
        seed: Symbol | None,
        careful: bool,
    ) -> None:
        self.trace = trace
        self.inputs = inputs
        self.outputs = [bare(output) for output in outputs]
        self.gradients = None if gradients is None else [bare(g) for g in gradients]
        self.seed = seed
        self.careful = careful
        self.buffers = Buffers((), (), ())
        self.constants: dict[str, Any] = {}
        self.functions: set[str] = set()  # of math, or of numpy
        self.uses_erf = self.uses_math = False
        self._globals: dict[str, Any] | None = None
        self._begin()

    def _begin(self) -> None:
        self.names = Names()
        self.name_of: dict[Symbol, str] = {}
        self.pieces: list[str] = []  # one function each
        for symbol in self.inputs:
            self.name_of[symbol] = self.names.new(self.trace.names.get(symbol, "x"))
        if self.seed is not None:
            self.name_of[self.seed] = "seed"

    # --- the functions --------------------------------------------------------------------

    def write_passes(self) -> None:
        """Write forward and backward."""
        computed = [s for s in _needed(self.outputs, self.name_of) if s.operation != "constant"]
        kept: list[Symbol] = []
        later: list[Symbol] = []
        if self.gradients is not None:
            kept, later = self._division(set(computed))
        results = _Section(self, "forward", self.inputs)
        results.compute(computed, [*self.outputs, *kept])
        results.finish(
            lambda section: (
                f"{_tuple_text(section.texts(self.outputs))}, "
                f"{_tuple_text(self.name_of[s] for s in kept)}"
            ),
            kept,
        )
        if self.gradients is None:
            return
        arguments = () if self.seed is None else (self.seed,)
        back = _Section(self, "backward", arguments, kept)
        back.compute(later, self.gradients)
        back.finish(lambda section: section.gradients_text(self.gradients or ()))

    def write_step(self, buffered: bool) -> None:
        """Write forward and backward as one function, or one that makes such functions."""
        gradients = self.gradients or ()
        wanted = [*self.outputs, *gradients]
        computed = [s for s in _needed(wanted, self.name_of) if s.operation != "constant"]
        section = _Section(
            self, "step", [*self.inputs, *(() if self.seed is None else (self.seed,))]
        )
        section.compute(computed, wanted)
        section.finish(_results_and(gradients))
        if not buffered:
            return
        lasting = [s for s in wanted if s.__class__ is Symbol]
        taken = [s for s in self.outputs if s.__class__ is Symbol]
        self.buffers = Buffers(computed, lasting, taken)
        if not self.buffers.shapes or len(section.statements) > LONGEST:
            self.buffers = Buffers((), (), ())
            return
        self._begin()  # the same once more, with what is known now
        section = _Section(self, "step", section.arguments)
        section.buffer_of = self.buffers.name_of
        section.compute(computed, wanted)
        section.finish(_results_and(gradients))
        made = [
            f"{name} = np.empty({_shape_text(shape)}{_dtype_text(dtype)})"
            for name, (shape, dtype) in self.buffers.shapes.items()
        ]
        step = self.pieces.pop().splitlines()
        body = [f"    {line}" for line in [*made, "", *step, "", "return step"]]
        self.pieces.append("\n".join(["def make_step():", *body]))

    def _division(self, forward: set[Symbol]) -> tuple[list[Symbol], list[Symbol]]:
        """Tell what forward keeps, and what backward computes."""
        kept: set[Symbol] = set()
        later: set[Symbol] = set()
        stack = list(self.gradients or ())
        while stack:
            symbol = bare(stack.pop())
            if symbol.__class__ is not Symbol or symbol in later or symbol in kept:
                continue
            operation = symbol.operation
            if operation == "constant" or symbol is self.seed:
                continue
            if operation == "input" or (symbol in forward and not self._is_recomputed(symbol)):
                kept.add(symbol)
            else:
                later.add(symbol)
                stack += symbol.operands
        return sorted(kept, key=_number), sorted(later, key=_number)

    def _is_recomputed(self, symbol: Symbol) -> bool:
        """Tell whether backward rather makes a view than have it kept."""
        if symbol.operation not in _VIEWS or symbol in self.trace.names:
            return False
        base = bare(symbol.operands[0])
        return base.__class__ is not Symbol or symbol.operation == "transpose" or (
            base.operation in ("input", "constant")
        )  # fmt: skip

    def new_name(self, symbol: Symbol) -> str:
        """Return the name of a variable, as it was wished for if it was."""
        wish = self.trace.names.get(symbol)
        if wish is not None:
            return self.names.new(wish)
        primal = self.trace.adjoint_of.get(symbol)
        if primal is not None:
            of = self.name_of.get(bare(primal)) or self.trace.names.get(primal)
            if of is not None:
                return self.names.new(f"d_{of}")
        if symbol.dtype is None:
            return self.names.counted("v")
        return self.names.counted("c" if symbol.is_truth else "t")

    def constant(self, array: Any, symbol: Symbol | None = None) -> str:
        """Return the name of an array that never changes."""
        key = (array.dtype, array.shape, array.tobytes())
        name = self._constant_names.get(key)
        if name is None:
            wish = self.trace.names.get(symbol) if symbol is not None else None
            name = self.names.new(wish) if wish else self.names.counted("C")
            self._constant_names[key] = name
            self.constants[name] = array
        return name

    @property
    def _constant_names(self) -> dict[Any, str]:
        return self.__dict__.setdefault("_names_of_constants", {})  # type: ignore[no-any-return]

    # --- as text and as functions ---------------------------------------------------------

    def _imports(self, careful: bool) -> list[str]:
        lines = ["import math"] if self.uses_math or self.uses_erf else []
        lines.append("import numpy as np")
        functions = self.functions - {"pow"} if careful else self.functions
        if functions:
            listed = ", ".join(sorted(functions))
            lines += _wrapped(f"from {'numpy' if careful else 'math'} import ", listed, "")
        return lines

    def _helpers(self) -> list[str]:
        needed = [_ERF] if self.uses_erf else []
        return [*needed, _POW] if self.careful and "pow" in self.functions else needed

    def text(self) -> str:
        """Return the whole program."""
        first: list[str] = []
        last: list[str] = []
        for name, array in self.constants.items():
            lines = _wrapped(f"{name} = ", _array_text(array), "")
            (first if len(lines) == 1 else last).extend(lines)
        parts = ["\n".join([*self._imports(self.careful), *([""] if first else []), *first])]
        parts += [helper.strip() for helper in self._helpers()]
        parts += self.pieces
        if last:
            parts.append("\n".join(last))
        return "\n\n\n".join(parts) + "\n"

    def function(self, name: str) -> Callable[..., Any]:
        """Return one of the functions, compiled."""
        if self._globals is None:
            namespace: dict[str, Any] = {"__name__": "program", **self.constants}
            parts = ["\n".join(self._imports(self.careful)), *self._helpers()]
            for part in [*parts, *self.pieces]:  # one after another: it takes less memory
                exec(compile(part, "<program>", "exec"), namespace)
            self._globals = namespace
        try:
            return self._globals[name]  # type: ignore[no-any-return]
        except KeyError:
            raise ValueError(
                f"this program has no {name}: it was written without gradients"
            ) from None


# --- one function ------------------------------------------------------------------------


def _results_and(gradients: Sequence[Any]) -> Callable[[_Section], str]:
    return lambda section: (
        f"{_tuple_text(section.texts(section.program.outputs))}, "
        f"{_tuple_text(section.fresh(gradients))}"
    )


class _Section:
    """The statements of one function."""

    def __init__(
        self, program: _Program, name: str, arguments: Sequence[Symbol], kept: Sequence[Symbol] = ()
    ) -> None:
        self.program = program
        self.name = name
        self.arguments = arguments
        self.kept = list(kept)
        self.named = {symbol: program.name_of[symbol] for symbol in [*arguments, *kept]}
        self.pending: dict[Symbol, tuple[str, int, tuple[Symbol, ...]]] = {}
        self.statements: list[tuple[Symbol, list[str], tuple[Symbol, ...]]] = []
        self.reads: list[Symbol] = []  # the variables of the expression that is being written
        self.buffer_of: dict[Symbol, str] = {}
        self.ending: list[str] = []  # lines before the return statement
        self.weakening = False  # whether numpy's numbers have to become Python's beside an array

    # --- which expressions stand on lines of their own ------------------------------------

    def compute(self, symbols: Sequence[Symbol], wanted: Sequence[Any]) -> None:
        """Write what computes some symbols, in order."""
        trace = self.program.trace
        uses: defaultdict[Any, int] = defaultdict(int)
        for symbol in symbols:
            for operand in symbol.operands:
                if operand.__class__ is Symbol:
                    uses[operand if operand.operation != "alias" else bare(operand)] += 1
        lasting = {x for x in wanted if x.__class__ is Symbol}
        names, notes = trace.names, trace.notes
        for symbol in symbols:
            self.reads = []
            if symbol.operation in _STATEMENTS:
                self.assign(symbol, self.lines(symbol))
                continue
            if symbol in self.buffer_of:
                self.assign(symbol, [self.into_buffer(symbol)])
                continue
            text, binds = self.expression(symbol)
            if self.buffer_of and self._reads_buffer(symbol):
                self.assign(symbol, [text])  # at once, before another array is written there
                continue
            if symbol not in lasting and symbol not in names and symbol not in notes:
                count = uses[symbol]
                short = len(text) <= (READABLE if count == 1 else 12)
                if short and (count == 1 or symbol.operation == "transpose"):
                    self.pending[symbol] = (text, binds, tuple(self.reads))
                    continue
            if len(text) > WIDTH - 12 and self._flushed(symbol):
                self.reads = []
                text, _ = self.expression(symbol)
            self.assign(symbol, [text])

    def into_buffer(self, symbol: Symbol) -> str:
        """Spell an operation whose result is written into a buffer."""
        self.inside = {}
        listed = ", ".join(self.operand(x)[0] for x in symbol.operands)
        return f"np.{UFUNCS[symbol.operation]}({listed}, out={self.buffer_of[symbol]})"

    def _reads_buffer(self, symbol: Symbol) -> bool:
        return symbol.operation != "transpose" and any(
            memory_of(read) in self.buffer_of for read in self.reads
        )

    def _flushed(self, symbol: Symbol) -> bool:
        """Give the operands of a long expression lines of their own."""
        waiting = [
            o for o in map(bare, symbol.operands) if o.__class__ is Symbol and o in self.inside
        ]
        for operand in waiting:
            text, _, reads = self.inside[operand]
            self.reads = list(reads)
            self.assign(operand, [text])
        return bool(waiting)

    def assign(self, symbol: Symbol, lines: list[str]) -> None:
        """Add the statement that gives a symbol a name; the first line is its expression."""
        name = self.program.name_of.get(symbol)
        if name is None:
            name = self.program.name_of[symbol] = self.program.new_name(symbol)
        self.named[symbol] = name
        lines = [line.replace("$", name) for line in lines] if len(lines) > 1 else lines
        lines[0] = f"{name} = {lines[0]}"
        note = self.program.trace.notes.get(symbol)
        if note:
            note = re.sub(r"\s+", " ", note)
            note = "".join(c for c in note if c.isprintable())
            if len(lines) == 1 and len(lines[0]) + len(note) + 8 <= WIDTH - 8:
                lines[0] += f"  # {note}"
            else:
                lines[:0] = wrap(f"# {note}", WIDTH - 6, subsequent_indent="# ")
        self.statements.append((symbol, lines, tuple(self.reads)))

    # --- how an operand and an operation are spelled --------------------------------------

    inside: dict[Symbol, tuple[str, int, tuple[Symbol, ...]]]
    """The expressions that stand inside the one being written."""

    def operand(self, x: Any) -> Text:
        """Spell an operand: a literal, a variable, or the expression itself."""
        if x.__class__ is not Symbol:
            return _literal(x)
        if x.operation == "alias":
            x = bare(x)
            if x.__class__ is not Symbol:
                return _literal(x)
        if self.weakening and x.dtype is None and not x.is_truth:
            self.weakening = False
            weak = f"float({self.operand(x)[0]})", _ATOM
            self.weakening = True
            return weak
        name = self.named.get(x)
        if name is not None:
            self.reads.append(x)
            return name, _ATOM
        waiting = self.pending.pop(x, None) or self.inside.get(x)
        if waiting is not None:
            self.inside[x] = waiting
            self.reads += waiting[2]
            if x.operation == "transpose":
                self.pending.setdefault(x, waiting)
            return waiting[0], waiting[1]
        if x.operation == "constant":
            return self.program.constant(x.parameters, x), _ATOM
        raise KeyError(f"{x!r} has not been computed")

    def at(self, x: Any, place: int) -> str:
        """Spell an operand for a place that asks for so much firmness."""
        text, binds = self.operand(x)
        return text if binds >= place else f"({text})"

    def texts(self, symbols: Iterable[Any]) -> list[str]:
        """Spell what is returned."""
        self.inside, self.weakening = {}, False
        return ["None" if x is None else self.operand(x)[0] for x in symbols]

    def expression(self, symbol: Symbol) -> Text:
        """Spell one operation."""
        self.inside = {}
        operation, operands = symbol.operation, symbol.operands
        is_number = symbol.dtype is None
        self.weakening = self.program.careful and not is_number and _in_single_precision(symbol)
        between = (_BETWEEN_NUMBERS if is_number else _BETWEEN).get(operation)
        if between is not None:
            sign, binds, left, right = between
            return f"{self.at(operands[0], left)}{sign}{self.at(operands[1], right)}", binds
        if operation == "negate":
            return f"-{self.at(operands[0], _SIGN)}", _SIGN
        if is_number:
            return self.of_numbers(symbol)
        if operation in _FUNCTIONS:
            listed = ", ".join(self.operand(x)[0] for x in operands)
            return f"np.{_FUNCTIONS[operation]}({listed})", _ATOM
        return getattr(self, f"spell_{operation}")(symbol, *operands)  # type: ignore[no-any-return]

    def of_numbers(self, symbol: Symbol) -> Text:
        """Spell an operation on Python floats."""
        operation, operands = symbol.operation, symbol.operands
        if operation in _OF_NUMBERS:
            self.program.functions.add(operation)
            return f"{operation}({', '.join(self.operand(x)[0] for x in operands)})", _ATOM
        if operation == "where":
            condition, x, y = operands
            chosen, other = self.branch(x, _OR), self.branch(y, _CHOICE)
            return f"{chosen} if {self.at(condition, _OR)} else {other}", _CHOICE
        if operation == "not":
            return f"not {self.at(operands[0], _NOT)}", _NOT
        if operation == "abs":
            return f"abs({self.operand(operands[0])[0]})", _ATOM
        if operation in ("maximum", "minimum"):
            one, other = map(self.single, operands)
            sign = ">" if operation == "maximum" else "<"
            unless_nan = f"{one} {sign} {other} or {one} != {one}"
            chosen, instead = self.branch(operands[0], _OR), self.branch(operands[1], _CHOICE)
            return f"{chosen} if {unless_nan} else {instead}", _CHOICE
        if operation == "element":
            return self.spell_element(symbol, operands[0])
        self.program.uses_math = True
        inner = f"math.{operation}({self.operand(operands[0])[0]})"
        return (f"np.float64({inner})" if self.program.careful else inner), _ATOM

    def branch(self, x: Any, place: int) -> str:
        """Spell what may be chosen; a literal would be a Python float, which may raise later."""
        text = self.at(x, place)
        return f"np.float64({text})" if self.program.careful and x.__class__ is float else text

    def single(self, x: Any) -> str:
        """Spell an operand that is written more than once: a name or a literal."""
        x = bare(x)
        text, _, reads = self.pending.pop(x, ("", 0, ())) if x.__class__ is Symbol else ("", 0, ())
        if text:
            before, self.reads = self.reads, list(reads)
            self.assign(x, [text])
            self.reads = before
        return self.at(x, _SIGN)

    def spell_element(self, symbol: Symbol, x: Any) -> Text:
        index = tuple(map(int, np.unravel_index(symbol.parameters, x.shape))) if x.shape else ()
        text = f"{self.at(x, _ATOM)}.item({', '.join(map(str, index))})"
        return (f"np.float64({text})" if self.program.careful else text), _ATOM

    def spell_not(self, symbol: Symbol, x: Any) -> Text:
        return f"~{self.at(x, _SIGN)}", _SIGN

    def spell_pow(self, symbol: Symbol, x: Any, y: Any) -> Text:
        if y.__class__ is float and y.is_integer() and 3.0 <= y <= 9.0:
            return f"{self.at(x, _ATOM)} ** {y!r}", _POWER
        return f"np.power({self.operand(x)[0]}, {self.operand(y)[0]})", _ATOM

    def spell_erf(self, symbol: Symbol, x: Any) -> Text:
        self.program.uses_erf = True
        return f"erf({self.operand(x)[0]})", _ATOM

    def spell_where(self, symbol: Symbol, condition: Any, x: Any, y: Any) -> Text:
        if symbol.parameters is not None and (x, y) == (1.0, 0.0):
            return f"{self.at(condition, _ATOM)}.astype(np.{symbol.dtype})", _ATOM
        listed = ", ".join(self.operand(o)[0] for o in (condition, x, y))
        cast = f".astype(np.{symbol.dtype})" if symbol.parameters is not None else ""
        return f"np.where({listed}){cast}", _ATOM

    def spell_full(self, symbol: Symbol, x: Any) -> Text:
        shape, dtype = symbol.parameters
        if not shape:
            return f"np.{'bool_' if dtype.kind == 'b' else dtype}({self.operand(x)[0]})", _ATOM
        said = _dtype_text(dtype)
        if x.__class__ is float and x in (0.0, 1.0) and math.copysign(1.0, x) > 0.0:
            return f"np.{'ones' if x else 'zeros'}({_shape_text(shape)}{said})", _ATOM
        return f"np.full({_shape_text(shape)}, {self.operand(x)[0]}{said})", _ATOM

    def spell_reshape(self, symbol: Symbol, x: Any) -> Text:
        shape = ", ".join(map(str, symbol.parameters)) or "()"
        return f"{self.at(x, _ATOM)}.reshape({shape})", _ATOM

    def spell_transpose(self, symbol: Symbol, x: Any) -> Text:
        axes = symbol.parameters
        if axes == tuple(reversed(range(len(axes)))):
            return f"{self.at(x, _ATOM)}.T", _ATOM
        return f"{self.at(x, _ATOM)}.transpose({', '.join(map(str, axes))})", _ATOM

    def spell_broadcast_to(self, symbol: Symbol, x: Any) -> Text:
        return f"np.broadcast_to({self.operand(x)[0]}, {_shape_text(symbol.parameters)})", _ATOM

    def spell_astype(self, symbol: Symbol, x: Any) -> Text:
        return f"{self.at(x, _ATOM)}.astype(np.{symbol.dtype})", _ATOM

    def spell_getitem(self, symbol: Symbol, x: Any) -> Text:
        return f"{self.at(x, _ATOM)}[{self.index(symbol.parameters)}]", _ATOM

    def spell_pad(self, symbol: Symbol, x: Any) -> Text:
        widths, constant = symbol.parameters
        number = _literal(constant)[0]
        return f"np.pad({self.operand(x)[0]}, {widths}, constant_values={number})", _ATOM

    def spell_concatenate(self, symbol: Symbol, *xs: Any) -> Text:
        listed = ", ".join(self.operand(x)[0] for x in xs)
        axis = f", axis={symbol.parameters}" if symbol.parameters else ""
        return f"np.{symbol.operation}([{listed}]{axis})", _ATOM

    spell_stack = spell_concatenate

    def spell_gathered(self, symbol: Symbol, *numbers: Any) -> Text:
        listed = ", ".join(self.operand(x)[0] for x in numbers)
        dtype = "" if symbol.dtype == np.float64 and numbers else _dtype_text(symbol.dtype)
        shape = symbol.shape
        if not shape:
            return f"np.{symbol.dtype}({listed})", _ATOM
        text = f"np.array([{listed}]{dtype})"
        if len(shape) != 1:
            text += f".reshape({', '.join(map(str, shape))})"
        return text, _ATOM

    def _reduction(self, symbol: Symbol, x: Any, name: str, more: str = "") -> Text:
        axis, keepdims = symbol.parameters
        said = []
        if keepdims or len(axis) != x.ndim:
            said.append(f"axis={axis[0] if len(axis) == 1 else axis}")
        if keepdims:
            said.append("keepdims=True")
        return f"{self.at(x, _ATOM)}.{name}({', '.join([*said, *([more] if more else [])])})", _ATOM

    def spell_sum(self, symbol: Symbol, x: Any) -> Text:
        return self._reduction(symbol, x, "sum")

    def spell_max(self, symbol: Symbol, x: Any) -> Text:
        return self._reduction(symbol, x, "max")

    def spell_min(self, symbol: Symbol, x: Any) -> Text:
        return self._reduction(symbol, x, "min")

    def spell_any(self, symbol: Symbol, x: Any) -> Text:
        return self._reduction(symbol, x, "any")

    def spell_peak(self, symbol: Symbol, x: Any) -> Text:
        return self._reduction(symbol, x, "max", "initial=-np.inf")

    def spell_cumsum(self, symbol: Symbol, x: Any) -> Text:
        return f"{self.at(x, _ATOM)}.cumsum({symbol.parameters})", _ATOM

    def spell_einsum(self, symbol: Symbol, *xs: Any) -> Text:
        listed = ", ".join(self.operand(x)[0] for x in xs)
        return f'np.einsum("{symbol.parameters}", {listed})', _ATOM

    # --- what takes several lines ---------------------------------------------------------

    def lines(self, symbol: Symbol) -> list[str]:
        """Return the statements that compute a symbol, whose name is written ``$``."""
        self.inside = {}
        lines = [f"np.zeros({_shape_text(symbol.shape)}{_dtype_text(symbol.dtype)})"]
        if symbol.operation == "placed":
            places, _ = symbol.parameters
            at = self.program.constant(np.array(places)) if len(places) > 8 else list(places)
            values = ", ".join(self.operand(x)[0] for x in symbol.operands)
            return [*lines, f"$.flat[{at}] = [{values}]"]
        indices, shape = symbol.parameters
        numbers = np.arange(math.prod(shape)).reshape(shape)
        seen = np.zeros(math.prod(shape), bool)
        for x, index in zip(symbol.operands, indices, strict=True):
            picked = numbers[index].ravel()
            once = isinstance(index, slice) or _picks_once(index, picked)
            text, said = self.operand(x)[0], self.index(index)
            if not once:
                lines.append(f"np.add.at($, {_index_tuple(index, said)}, {text})")
            else:
                lines.append(f"$[{said}] {'+=' if seen[picked].any() else '='} {text}")
            seen[picked] = True
        return lines

    def index(self, index: Any) -> str:
        """Spell an index."""
        if isinstance(index, tuple):
            if len(index) == 1 and not isinstance(index[0], (np.ndarray, list)):
                return self.index(index[0])
            return ", ".join(map(self.index, index)) + ("," if len(index) == 1 else "") or "()"
        if isinstance(index, slice):
            start, stop, step = (
                "" if i is None else str(i) for i in (index.start, index.stop, index.step)
            )
            if start == "0" and not step:
                start = ""
            return f"{start}:{stop}" + (f":{step}" if step else "")
        if isinstance(index, (np.ndarray, list)):
            return self.program.constant(np.asarray(index))
        if index is Ellipsis:
            return "..."
        return (
            "None"
            if index is None
            else str(int(index))
            if not isinstance(index, bool)
            else str(index)
        )

    # --- the function as a whole ----------------------------------------------------------

    def fresh(self, symbols: Sequence[Any]) -> list[str]:
        """Spell what is returned such that no two of them share memory, nor with an input."""
        taken: set[Symbol] = {bare(s) for s in [*self.arguments, *self.kept]}
        taken |= {o for o in self.program.outputs if o.__class__ is Symbol}
        texts = self.texts(symbols)
        for i, symbol in enumerate(symbols):
            if symbol.__class__ is not Symbol or symbol.dtype is None:
                continue
            owner = memory_of(symbol)
            repeated = symbol.operation == "broadcast_to"
            if owner in taken or repeated or owner.operation == "constant":
                texts[i] = f"np.array({texts[i]})"
            else:
                taken.add(owner)
        return texts

    def gradients_text(self, gradients: Sequence[Any]) -> str:
        """Spell what backward returns."""
        listed = _tuple_text(self.fresh(gradients))
        if self.program.seed is not None or not any(g is not None for g in gradients):
            return listed
        scaled = "tuple(g if g is None else seed * g for g in gradients)"
        self.ending = [f"gradients = {listed}"]
        return f"gradients if seed == 1.0 else {scaled}"

    def finish(self, returned: Callable[[_Section], str], kept: Sequence[Symbol] = ()) -> None:
        """Add the function to the program."""
        self.reads = []
        ending = returned(self)
        names = [self.named[symbol] for symbol in self.arguments]
        if self.name == "backward":
            names = ["kept", *names]
            if self.program.seed is None or self.program.seed.dtype is None:
                names = [*(n for n in names if n != "seed"), "seed=1.0"]
        head = "\n".join(_wrapped(f"def {self.name}(", ", ".join(names), "", "):"))
        body: list[str] = []
        if self.program.careful:
            for symbol in self.arguments:
                if symbol.dtype is None:
                    body.append(f"{self.named[symbol]} = np.float64({self.named[symbol]})")
        if len(self.statements) > LONGEST:
            body = self._in_parts(body, ending, kept)
        else:
            if self.kept:
                body[:0] = _unpacked([self.named[s] for s in self.kept], "kept")
            for _, statement, _ in self.statements:
                body += statement
            body += [*self.ending, f"return {ending}"]
        self.program.pieces.append("\n".join([head, *_indented(body)]))

    def _in_parts(self, body: list[str], ending: str, kept: Sequence[Symbol]) -> list[str]:
        """Divide a long function into several, which share a list of what crosses between them."""
        parts = [self.statements[i : i + LONGEST] for i in range(0, len(self.statements), LONGEST)]
        home = {symbol: which for which, part in enumerate(parts) for symbol, _, _ in part}
        place = {symbol: i for i, symbol in enumerate(kept or self.kept)}
        loaded: list[dict[Symbol, None]] = []  # for each part, in order
        for which, part in enumerate(parts):
            loads: dict[Symbol, None] = {}
            for _, _, reads in part:
                for symbol in reads:
                    if home.get(symbol) != which:
                        loads[symbol] = None
                        place.setdefault(symbol, len(place))
            loaded.append(loads)
        last = dict.fromkeys(symbol for symbol in self.reads if symbol in home)
        for symbol in last:
            place.setdefault(symbol, len(place))
        for which, part in enumerate(parts):
            lines = [f"{self.named[symbol]} = shared[{place[symbol]}]" for symbol in loaded[which]]
            for symbol, statement, _ in part:
                if symbol in place:
                    name = self.named[symbol]
                    lines += [
                        f"{name} = shared[{place[symbol]}]{line[len(name) :]}"
                        if line.startswith(f"{name} = ")
                        else line
                        for line in statement
                    ]
                else:
                    lines += statement
            head = f"def {self.name}_{which + 1}(shared):"
            self.program.pieces.append("\n".join([head, *_indented(lines)]))
        more = len(place) - len(self.kept)
        body.append(
            f"shared = [*kept, *[None] * {more}]" if self.kept else f"shared = [None] * {more}"
        )
        for symbol in self.arguments:
            if symbol in place:
                body.append(f"shared[{place[symbol]}] = {self.named[symbol]}")
        body += [f"{self.name}_{which + 1}(shared)" for which in range(len(parts))]
        body += [f"{self.named[symbol]} = shared[{place[symbol]}]" for symbol in last]
        if kept:
            before, _, _ = ending.rpartition(_tuple_text(self.named[s] for s in kept))
            ending = f"{before}shared[:{len(kept)}]"
        return [*body, *self.ending, f"return {ending}"]


def _indented(lines: Iterable[str]) -> Iterable[str]:
    for line in lines:
        if len(line) <= WIDTH - 4:
            yield f"    {line}"
        else:
            yield from (f"    {part}" for part in _broken(line))


def _broken(line: str) -> list[str]:
    """Break a long statement: what is computed is put into parentheses."""
    found = re.match(r"(?:return |[\w.]+(?:\[[^=]*?\])? \+?= (?:shared\[\d+\] = )?)", line)
    if found is None or line.startswith("#"):
        return _wrapped("", line, "    ")
    before, rest = found.group(), line[found.end() :]
    bracketed = _wrapped("", rest, "        ")
    return [f"{before}(", *(f"    {part.strip()}" for part in bracketed), ")"]


# --- literals ----------------------------------------------------------------------------

_FUNCTIONS = {name: name for name in (
    "exp", "expm1", "log", "log1p", "log2", "log10", "sqrt", "sin", "cos", "tan", "sinh", "cosh",
    "tanh", "abs", "maximum", "minimum", "isfinite",
)} | {"asin": "arcsin", "acos": "arccos", "atan": "arctan", "atan2": "arctan2"}  # fmt: skip


def _in_single_precision(symbol: Symbol) -> bool:
    """Tell whether a number would widen an array if it were numpy's and not Python's."""
    single = np.float32
    return bool(symbol.dtype == single) or any(
        o.__class__ is Symbol and o.dtype is not None and o.dtype == single for o in symbol.operands
    )


def _literal(x: Any) -> Text:
    if x.__class__ is bool:
        return repr(x), _ATOM
    if x != x:
        return "np.nan", _ATOM
    if x in (np.inf, -np.inf):
        return ("np.inf", _ATOM) if x > 0 else ("-np.inf", _SIGN)
    return repr(x), _SIGN if math.copysign(1.0, x) < 0.0 else _ATOM


def _shape_text(shape: Sequence[int]) -> str:
    return str(shape[0]) if len(shape) == 1 else repr(tuple(shape))


def _dtype_text(dtype: Any) -> str:
    return "" if dtype == np.float64 else f", {'bool' if dtype.kind == 'b' else f'np.{dtype}'}"


def _tuple_text(texts: Iterable[str]) -> str:
    texts = list(texts)
    return f"({texts[0]},)" if len(texts) == 1 else f"({', '.join(texts)})"


def _index_tuple(index: Any, said: str) -> str:
    if not isinstance(index, tuple):
        return said
    if any(isinstance(part, slice) or part is Ellipsis for part in index):
        return f"np.s_[{said}]"
    return f"({said})"


def _picks_once(index: Any, picked: Any) -> bool:
    parts = index if isinstance(index, tuple) else (index,)
    if not any(isinstance(part, (np.ndarray, list)) for part in parts):
        return True
    return bool(len(np.unique(picked)) == picked.size)


def _array_text(array: Any) -> str:
    """Spell an array that never changes."""
    kind = "bool" if array.dtype.kind == "b" else f"np.{array.dtype}"
    said = "" if array.dtype in (np.float64, np.int64) else f", {kind}"
    if array.dtype == np.int64 and array.ndim == 1 and array.size > 2:
        steps = np.unique(np.diff(array))
        if len(steps) == 1 and steps[0] > 0:
            first, step = int(array[0]), int(steps[0])
            begin = f"{first}, " if first or step != 1 else ""
            end = int(array[-1]) + step
            return f"np.arange({begin}{end}{f', {step}' if step != 1 else ''})"
    kind_of = array.dtype.kind
    if array.size > 2 and kind_of != "b" and (array == array.flat[0]).all():
        number = _literal(array.flat[0].item())[0]
        if number != "0.0" or not np.signbit(array).any():
            dtype = "" if array.dtype == np.float64 else f", {kind}"
            return f"np.full({_shape_text(array.shape)}, {number}{dtype})"
    numbers = repr(array.tolist()).replace("nan", "np.nan").replace("inf", "np.inf")
    if not array.size:
        return f"np.zeros({_shape_text(array.shape)}, {kind})"
    return f"np.array({numbers}{said})"


def _wrapped(before: str, listed: str, indent: str, after: str = "") -> list[str]:
    """Break a line at its spaces; the parts stay inside the brackets that are open there."""
    whole = before + listed + after
    if len(whole) + len(indent) <= WIDTH:
        return [whole]
    kept = before + listed + after.replace(" ", "\0")  # no bracket is open there
    lines = wrap(kept, WIDTH - len(indent) - 4, subsequent_indent="    ",
                 break_long_words=False, break_on_hyphens=False)  # fmt: skip
    return [line.replace("\0", " ") for line in lines]


def _unpacked(names: list[str], what: str) -> list[str]:
    if len(names) == 1:
        return [f"({names[0]},) = {what}"]
    listed = ", ".join(names)
    if len(listed) + len(what) + 3 <= WIDTH - 4:
        return [f"{listed} = {what}"]
    return _wrapped("(", listed, "    ", f") = {what}")
