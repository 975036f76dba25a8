"""What stands around the functions of a program: imports, helpers, constants; and literals."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from textwrap import wrap
from typing import Any

import numpy as np

from autograd.compiler.naming import Names

__all__ = ["Prelude"]

WIDTH = 96
"""The most columns of a line."""

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


class Prelude:
    """What the functions of a program need, gathered while they are written.

    Attributes:
        careful: whether the program computes with numpy's floats instead of Python's.
        constants: arrays that never change, by name.
        functions: those of math, or of numpy if the program is careful, that are called.
        uses_erf: whether the error function is.
        uses_math: whether something else of math is.
    """

    def __init__(self, names: Names, careful: bool) -> None:
        self.careful = careful
        self.constants: dict[str, Any] = {}
        self.functions: set[str] = set()
        self.uses_erf = self.uses_math = False
        self._names = names
        self._name_of: dict[Any, str] = {}

    def constant(self, array: Any, wish: str | None = None) -> str:
        """Return the name of an array that never changes."""
        key = (array.dtype, array.shape, array.tobytes())
        name = self._name_of.get(key)
        if name is None:
            name = self._names.new(wish) if wish else self._names.counted("C")
            self._name_of[key] = name
            self.constants[name] = array
        return name

    def imports(self) -> list[str]:
        """Return the import statements."""
        lines = ["import math"] if self.uses_math or self.uses_erf else []
        lines.append("import numpy as np")
        functions = self.functions - {"pow"} if self.careful else self.functions
        if functions:
            listed = ", ".join(sorted(functions))
            lines += wrapped(f"from {'numpy' if self.careful else 'math'} import ", listed, "")
        return lines

    def helpers(self) -> list[str]:
        """Return functions that numpy lacks."""
        needed = [_ERF] if self.uses_erf else []
        return [*needed, _POW] if self.careful and "pow" in self.functions else needed

    def around(self, pieces: Sequence[str]) -> str:
        """Return the whole program; constants that take many lines come last."""
        first: list[str] = []
        last: list[str] = []
        for name, array in self.constants.items():
            lines = wrapped(f"{name} = ", array_text(array), "")
            (first if len(lines) == 1 else last).extend(lines)
        parts = ["\n".join([*self.imports(), *([""] if first else []), *first])]
        parts += [helper.strip() for helper in self.helpers()]
        parts += pieces
        if last:
            parts.append("\n".join(last))
        return "\n\n\n".join(parts) + "\n"


# --- literals and lines ------------------------------------------------------------------


def literal(x: Any) -> str:
    """Spell a number."""
    if x.__class__ is not bool:
        if x != x:
            return "np.nan"
        if x in (np.inf, -np.inf):
            return "np.inf" if x > 0 else "-np.inf"
    return repr(x)


def shape_text(shape: Sequence[int]) -> str:
    """Spell a shape as an argument."""
    return str(shape[0]) if len(shape) == 1 else repr(tuple(shape))


def dtype_text(dtype: Any) -> str:
    """Spell a dtype as one more argument; float64 goes without saying."""
    return "" if dtype == np.float64 else f", {'bool' if dtype.kind == 'b' else f'np.{dtype}'}"


def tuple_text(texts: Iterable[str]) -> str:
    """Spell a tuple."""
    texts = list(texts)
    return f"({texts[0]},)" if len(texts) == 1 else f"({', '.join(texts)})"


def array_text(array: Any) -> str:
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
        number = literal(array.flat[0].item())
        if number != "0.0" or not np.signbit(array).any():
            dtype = "" if array.dtype == np.float64 else f", {kind}"
            return f"np.full({shape_text(array.shape)}, {number}{dtype})"
    numbers = repr(array.tolist()).replace("nan", "np.nan").replace("inf", "np.inf")
    if not array.size:
        return f"np.zeros({shape_text(array.shape)}, {kind})"
    return f"np.array({numbers}{said})"


def wrapped(before: str, listed: str, indent: str, after: str = "") -> list[str]:
    """Break a line at its spaces; the parts stay inside the brackets that are open there."""
    whole = before + listed + after
    if len(whole) + len(indent) <= WIDTH:
        return [whole]
    kept = before + listed + after.replace(" ", "\0")  # no bracket is open there
    lines = wrap(kept, WIDTH - len(indent) - 4, subsequent_indent="    ",
                 break_long_words=False, break_on_hyphens=False)  # fmt: skip
    return [line.replace("\0", " ") for line in lines]


def unpacked(names: list[str], what: str) -> list[str]:
    """Spell the statement that gives names to the parts of something."""
    if len(names) == 1:
        return [f"({names[0]},) = {what}"]
    listed = ", ".join(names)
    if len(listed) + len(what) + 3 <= WIDTH - 4:
        return [f"{listed} = {what}"]
    return wrapped("(", listed, "    ", f") = {what}")


def indented(lines: Iterable[str]) -> Iterable[str]:
    """Put statements into a body; long ones are broken."""
    for line in lines:
        if len(line) <= WIDTH - 4:
            yield f"    {line}"
        else:
            yield from (f"    {part}" for part in _broken(line))


def _broken(line: str) -> list[str]:
    """Break a long statement: what is computed is put into parentheses."""
    found = re.match(r"(?:return |[\w.]+(?:\[[^=]*?\])? \+?= (?:shared\[\d+\] = )?)", line)
    if found is None or line.startswith("#"):
        return wrapped("", line, "    ")
    before, rest = found.group(), line[found.end() :]
    bracketed = wrapped("", rest, "        ")
    return [f"{before}(", *(f"    {part.strip()}" for part in bracketed), ")"]
