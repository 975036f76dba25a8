"""Statements: the body of one function of a program.

What is used once is written inside the expression that uses it while the line stays short;
everything else gets a line and a name of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from textwrap import wrap
from typing import Any

from autograd.compiler.arrays import Trace
from autograd.compiler.buffers import UFUNCS, memory_of
from autograd.compiler.naming import Names
from autograd.compiler.prelude import WIDTH, Prelude, indented, tuple_text, unpacked, wrapped
from autograd.compiler.spelling import ATOM, SIGN, Spelling, Text, spelled
from autograd.compiler.symbols import Symbol, bare

__all__ = ["Function", "Variables"]

READABLE = 72
"""The most columns of an expression inside another."""

LONGEST = 2000
"""The most statements of one function: compiling a longer one takes more than its share."""

_STATEMENTS = frozenset({"scatter", "placed"})
"""What takes more than one line."""


class Variables:
    """The names of the symbols of a program.

    Attributes:
        trace: what has been applied.
        names: every name that is taken.
        name_of: the variable of a symbol.
    """

    def __init__(self, trace: Trace, inputs: Sequence[Symbol], seed: Symbol | None) -> None:
        self.trace = trace
        self.names = Names()
        self.name_of: dict[Symbol, str] = {}
        for symbol in inputs:
            self.name_of[symbol] = self.names.new(trace.names.get(symbol, "x"))
        if seed is not None:
            self.name_of[seed] = "seed"

    def of(self, symbol: Symbol) -> str:
        """Return the name of a symbol; one that has none yet gets it."""
        name = self.name_of.get(symbol)
        if name is None:
            name = self.name_of[symbol] = self._new(symbol)
        return name

    def _new(self, symbol: Symbol) -> str:
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


class Function(Spelling):
    """The statements of one function.

    Attributes:
        name: of the function.
        arguments: the symbols that it is given.
        kept: those that forward has left for it.
        statements: of each the symbol that it computes, its lines, and the variables it reads.
        ending: lines before the return statement.
        buffer_of: the buffer into which a symbol is computed.
    """

    def __init__(
        self,
        prelude: Prelude,
        variables: Variables,
        name: str,
        arguments: Sequence[Symbol],
        kept: Sequence[Symbol] = (),
    ) -> None:
        super().__init__(prelude)
        self.variables = variables
        self.name = name
        self.arguments = arguments
        self.kept = list(kept)
        self.statements: list[tuple[Symbol, list[str], tuple[Symbol, ...]]] = []
        self.ending: list[str] = []
        self.buffer_of: dict[Symbol, str] = {}
        self._named = {symbol: variables.name_of[symbol] for symbol in [*arguments, *kept]}
        self._pending: dict[Symbol, tuple[str, int, tuple[Symbol, ...]]] = {}
        # of the expression that is being written: the expressions inside it, the variables
        self._inside: dict[Symbol, tuple[str, int, tuple[Symbol, ...]]] = {}
        self._reads: list[Symbol] = []

    # --- which expressions stand on lines of their own ------------------------------------

    def compute(self, symbols: Sequence[Symbol], wanted: Sequence[Any]) -> None:
        """Write what computes some symbols, in order."""
        trace = self.variables.trace
        uses = [0] * trace.size  # of each symbol, by its number
        for symbol in symbols:
            for operand in symbol.operands:
                if operand.__class__ is Symbol:
                    if operand.operation == "alias":
                        operand = bare(operand)
                    uses[operand.number] += 1
        lasting = {x for x in wanted if x.__class__ is Symbol}
        names, notes = trace.names, trace.notes
        for symbol in symbols:
            self._reads = []
            if symbol.operation in _STATEMENTS:
                self._inside = {}
                self.assign(symbol, self.lines(symbol))
                continue
            if symbol in self.buffer_of:
                self.assign(symbol, [self.into_buffer(symbol)])
                continue
            self._inside = {}
            text, binds = self.expression(symbol)
            if self.buffer_of and self._reads_buffer(symbol):
                self.assign(symbol, [text])  # at once, before another array is written there
                continue
            if symbol not in lasting and symbol not in names and symbol not in notes:
                count = uses[symbol.number]
                short = len(text) <= (READABLE if count == 1 else 12)
                if short and (count == 1 or symbol.operation == "transpose"):
                    self._pending[symbol] = (text, binds, tuple(self._reads))
                    continue
            if len(text) > WIDTH - 12 and self._flushed(symbol):
                self._reads = []
                self._inside = {}
                text, _ = self.expression(symbol)
            self.assign(symbol, [text])

    def into_buffer(self, symbol: Symbol) -> str:
        """Spell an operation whose result is written into a buffer."""
        self._inside = {}
        listed = ", ".join(self.operand(x)[0] for x in symbol.operands)
        return f"np.{UFUNCS[symbol.operation]}({listed}, out={self.buffer_of[symbol]})"

    def _reads_buffer(self, symbol: Symbol) -> bool:
        return symbol.operation != "transpose" and any(
            memory_of(read) in self.buffer_of for read in self._reads
        )

    def _flushed(self, symbol: Symbol) -> bool:
        """Give the operands of a long expression lines of their own."""
        waiting = [
            o for o in map(bare, symbol.operands) if o.__class__ is Symbol and o in self._inside
        ]
        for operand in waiting:
            text, _, reads = self._inside[operand]
            self._reads = list(reads)
            self.assign(operand, [text])
        return bool(waiting)

    def assign(self, symbol: Symbol, lines: list[str]) -> None:
        """Add the statement that gives a symbol a name; the first line is its expression."""
        name = self._named[symbol] = self.variables.of(symbol)
        lines = [line.replace("$", name) for line in lines] if len(lines) > 1 else lines
        lines[0] = f"{name} = {lines[0]}"
        note = self.variables.trace.notes.get(symbol)
        if note:
            note = re.sub(r"\s+", " ", note)
            note = "".join(c for c in note if c.isprintable())
            if len(lines) == 1 and len(lines[0]) + len(note) + 8 <= WIDTH - 8:
                lines[0] += f"  # {note}"
            else:
                lines[:0] = wrap(f"# {note}", WIDTH - 6, subsequent_indent="# ")
        self.statements.append((symbol, lines, tuple(self._reads)))

    # --- what operands are called -------------------------------------------------------------

    def operand(self, x: Any) -> Text:
        """Spell an operand: a literal, a variable, or the expression itself."""
        if x.__class__ is not Symbol:
            return spelled(x)
        if x.operation == "alias":
            x = bare(x)
            if x.__class__ is not Symbol:
                return spelled(x)
        if self.weakening and x.dtype is None and not x.is_truth:
            self.weakening = False
            weak = f"float({self.operand(x)[0]})", ATOM
            self.weakening = True
            return weak
        name = self._named.get(x)
        if name is not None:
            self._reads.append(x)
            return name, ATOM
        waiting = self._pending.pop(x, None) or self._inside.get(x)
        if waiting is not None:
            self._inside[x] = waiting
            self._reads += waiting[2]
            if x.operation == "transpose":
                self._pending.setdefault(x, waiting)
            return waiting[0], waiting[1]
        if x.operation == "constant":
            return self.prelude.constant(x.parameters, self.variables.trace.names.get(x)), ATOM
        raise KeyError(f"{x!r} has not been computed")

    def single(self, x: Any) -> str:
        """Spell an operand that is written more than once: a name or a literal."""
        x = bare(x)
        text, _, reads = self._pending.pop(x, ("", 0, ())) if x.__class__ is Symbol else ("", 0, ())
        if text:
            before, self._reads = self._reads, list(reads)
            self.assign(x, [text])
            self._reads = before
        return self.at(x, SIGN)

    def texts(self, symbols: Iterable[Any]) -> list[str]:
        """Spell what is returned."""
        self._inside, self.weakening = {}, False
        return ["None" if x is None else self.operand(x)[0] for x in symbols]

    # --- the function as a whole ----------------------------------------------------------

    def fresh(self, symbols: Sequence[Any], outputs: Sequence[Any]) -> list[str]:
        """Spell what is returned such that no two share memory, nor with inputs or outputs."""
        taken = {s for s in map(bare, [*self.arguments, *self.kept, *outputs])
                 if s.__class__ is Symbol}  # fmt: skip
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

    def finish(
        self, returned: Callable[[Function], str], parameters: str, kept: Sequence[Symbol] = ()
    ) -> list[str]:
        """Return the source of the function, or of several if it is a long one.

        Args:
            returned: spells what it returns.
            parameters: between the parentheses of its head.
            kept: the symbols that are left for backward.
        """
        self._reads = []
        ending = returned(self)
        head = "\n".join(wrapped(f"def {self.name}(", parameters, "", "):"))
        body: list[str] = []
        parts: list[str] = []
        if self.prelude.careful:
            for symbol in self.arguments:
                if symbol.dtype is None:
                    body.append(f"{self._named[symbol]} = np.float64({self._named[symbol]})")
        if len(self.statements) > LONGEST:
            parts, body = self._in_parts(body, ending, kept)
        else:
            if self.kept:
                body[:0] = unpacked([self._named[s] for s in self.kept], "kept")
            for _, statement, _ in self.statements:
                body += statement
            body += [*self.ending, f"return {ending}"]
        return [*parts, "\n".join([head, *indented(body)])]

    def _in_parts(
        self, body: list[str], ending: str, kept: Sequence[Symbol]
    ) -> tuple[list[str], list[str]]:
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
        last = dict.fromkeys(symbol for symbol in self._reads if symbol in home)
        for symbol in last:
            place.setdefault(symbol, len(place))
        pieces: list[str] = []
        for which, part in enumerate(parts):
            lines = [f"{self._named[symbol]} = shared[{place[symbol]}]" for symbol in loaded[which]]
            for symbol, statement, _ in part:
                if symbol in place:
                    name = self._named[symbol]
                    lines += [
                        f"{name} = shared[{place[symbol]}]{line[len(name) :]}"
                        if line.startswith(f"{name} = ")
                        else line
                        for line in statement
                    ]
                else:
                    lines += statement
            head = f"def {self.name}_{which + 1}(shared):"
            pieces.append("\n".join([head, *indented(lines)]))
        more = len(place) - len(self.kept)
        body.append(
            f"shared = [*kept, *[None] * {more}]" if self.kept else f"shared = [None] * {more}"
        )
        for symbol in self.arguments:
            if symbol in place:
                body.append(f"shared[{place[symbol]}] = {self._named[symbol]}")
        body += [f"{self.name}_{which + 1}(shared)" for which in range(len(parts))]
        body += [f"{self._named[symbol]} = shared[{place[symbol]}]" for symbol in last]
        if kept:
            before, _, _ = ending.rpartition(tuple_text(self._named[s] for s in kept))
            ending = f"{before}shared[:{len(kept)}]"
        return pieces, [*body, *self.ending, f"return {ending}"]
