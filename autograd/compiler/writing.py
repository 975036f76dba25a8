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

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from autograd.compiler.arrays import Trace
from autograd.compiler.buffers import Buffers
from autograd.compiler.prelude import Prelude, dtype_text, shape_text, tuple_text
from autograd.compiler.statements import LONGEST, Function, Variables
from autograd.compiler.symbols import Operand, Symbol, bare, collector_paused

__all__ = ["Source", "write"]

_VIEWS = frozenset({"transpose", "reshape", "broadcast_to", "full"})
"""What costs next to nothing: backward computes it again instead of having it kept."""


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
    has_numbers = any(symbol.dtype is None for symbol in inputs) or any(
        symbol.dtype is None and symbol.operation != "input"
        for symbol in _needed([*outputs, *(gradients or ())], ())
    )

    def make(kind: str, careful: bool) -> _Program:
        program = _Program(trace, inputs, outputs, gradients, seed, careful)
        if kind == "passes":
            collector_paused(program.write_passes)
        else:
            collector_paused(program.write_step, kind == "buffered")
        return program

    return Source(make, has_numbers)


# --- which symbols a function computes ---------------------------------------------------


def _needed(wanted: Iterable[Any], given: Any) -> list[Symbol]:
    """List what has to be computed for some symbols, in order, without what is given."""
    found: list[Symbol] = []
    stack = [s for s in map(bare, wanted) if s.__class__ is Symbol]
    seen = bytearray(max((s.number for s in stack), default=-1) + 1)  # operands have lower numbers
    for symbol in given:
        if symbol.number < len(seen):
            seen[symbol.number] = True
    while stack:
        symbol = stack.pop()
        if seen[symbol.number]:
            continue
        seen[symbol.number] = True
        found.append(symbol)
        for operand in symbol.operands:
            if operand.__class__ is Symbol:
                stack.append(operand if operand.operation != "alias" else bare(operand))
    return sorted(found, key=_number)


def _number(symbol: Symbol) -> int:
    return symbol.number


# --- what each function does -------------------------------------------------------------


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
        self.pieces: list[str] = []  # one function each
        self._globals: dict[str, Any] | None = None
        self._begin()

    def _begin(self) -> None:
        self.variables = Variables(self.trace, self.inputs, self.seed)
        self.prelude = Prelude(self.variables.names, self.careful)

    def _parameters(self, symbols: Sequence[Symbol]) -> str:
        return ", ".join(self.variables.name_of[symbol] for symbol in symbols)

    def write_passes(self) -> None:
        """Write forward and backward."""
        name_of = self.variables.name_of
        computed = [s for s in _needed(self.outputs, name_of) if s.operation != "constant"]
        kept: list[Symbol] = []
        later: list[Symbol] = []
        if self.gradients is not None:
            kept, later = self._division(set(computed))
        forward = Function(self.prelude, self.variables, "forward", self.inputs)
        forward.compute(computed, [*self.outputs, *kept])
        self.pieces += forward.finish(
            lambda function: (
                f"{tuple_text(function.texts(self.outputs))}, "
                f"{tuple_text(name_of[s] for s in kept)}"
            ),
            self._parameters(self.inputs),
            kept,
        )
        if self.gradients is None:
            return
        arguments = () if self.seed is None else (self.seed,)
        backward = Function(self.prelude, self.variables, "backward", arguments, kept)
        backward.compute(later, self.gradients)
        has_default = self.seed is None or self.seed.dtype is None
        self.pieces += backward.finish(
            self._gradients_text, "kept, seed=1.0" if has_default else "kept, seed"
        )

    def _gradients_text(self, function: Function) -> str:
        """Spell what backward returns."""
        gradients = self.gradients or ()
        listed = tuple_text(function.fresh(gradients, self.outputs))
        if self.seed is not None or not any(g is not None for g in gradients):
            return listed
        scaled = "tuple(g if g is None else seed * g for g in gradients)"
        function.ending = [f"gradients = {listed}"]
        return f"gradients if seed == 1.0 else {scaled}"

    def write_step(self, buffered: bool) -> None:
        """Write forward and backward as one function, or one that makes such functions."""
        wanted = [*self.outputs, *(self.gradients or ())]
        computed = [s for s in _needed(wanted, self.variables.name_of) if s.operation != "constant"]
        step = self._step(computed, wanted)
        if not buffered:
            return
        lasting = [s for s in wanted if s.__class__ is Symbol]
        taken = [s for s in self.outputs if s.__class__ is Symbol]
        self.buffers = Buffers(computed, lasting, taken)
        if not self.buffers.shapes or len(step.statements) > LONGEST:
            self.buffers = Buffers((), (), ())
            return
        self._begin()  # the same once more, with what is known now
        self._step(computed, wanted)
        made = [
            f"{name} = np.empty({shape_text(shape)}{dtype_text(dtype)})"
            for name, (shape, dtype) in self.buffers.shapes.items()
        ]
        lines = self.pieces.pop().splitlines()
        body = [f"    {line}" for line in [*made, "", *lines, "", "return step"]]
        self.pieces = ["\n".join(["def make_step():", *body])]

    def _step(self, computed: Sequence[Symbol], wanted: Sequence[Any]) -> Function:
        arguments = [*self.inputs, *(() if self.seed is None else (self.seed,))]
        step = Function(self.prelude, self.variables, "step", arguments)
        step.buffer_of = self.buffers.name_of
        step.compute(computed, wanted)
        self.pieces = step.finish(
            lambda function: (
                f"{tuple_text(function.texts(self.outputs))}, "
                f"{tuple_text(function.fresh(self.gradients or (), self.outputs))}"
            ),
            self._parameters(arguments),
        )
        return step

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

    def text(self) -> str:
        """Return the whole program."""
        return self.prelude.around(self.pieces)

    def function(self, name: str) -> Callable[..., Any]:
        """Return one of the functions, compiled."""
        if self._globals is None:
            namespace: dict[str, Any] = {"__name__": "program", **self.prelude.constants}
            parts = ["\n".join(self.prelude.imports()), *self.prelude.helpers()]
            for part in [*parts, *self.pieces]:  # one after another: it takes less memory
                exec(compile(part, "<program>", "exec"), namespace)
            self._globals = namespace
        try:
            return self._globals[name]  # type: ignore[no-any-return]
        except KeyError:
            raise ValueError(
                f"this program has no {name}: it was written without gradients"
            ) from None
