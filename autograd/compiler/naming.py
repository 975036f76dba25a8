"""Names for the variables of a program: identifiers, each given once."""

from __future__ import annotations

import keyword
import re

__all__ = ["Names", "identifier"]

_FUNCTIONS = (
    "exp expm1 log log1p log2 log10 sqrt sin cos tan asin acos atan atan2 sinh cosh tanh pow erf"
)

RESERVED = frozenset(
    (_FUNCTIONS + " np math abs float bool int tuple list range max min sum len forward backward"
     " step kept seed gradients shared g").split()
)  # fmt: skip
"""What the programs use themselves."""


def identifier(wish: str) -> str:
    """Return a name that Python allows and that is close to the wish.

    >>> identifier("W[0,1]"), identifier("layer 2"), identifier("2x"), identifier("lambda")
    ('W_0_1', 'layer_2', 'v2x', 'lambda_')
    """
    name = re.sub(r"\W+", "_", wish).strip("_")
    if not name.isidentifier():
        name = re.sub(r"\W", "", f"v{name}")
    if keyword.iskeyword(name) or keyword.issoftkeyword(name) or name in RESERVED:
        name += "_"
    return name


class Names:
    """Gives names, and none of them twice.

    >>> names = Names()
    >>> names.new("x"), names.new("x"), names.new("x"), names.counted("t"), names.counted("t")
    ('x', 'x_2', 'x_3', 't1', 't2')
    """

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._next: dict[str, int] = {}

    def new(self, wish: str) -> str:
        """Return an identifier close to the wish that nothing else is called."""
        base = identifier(wish)
        name, n = base, self._next.get(base, 2)
        while name in self._taken:
            name, n = f"{base}_{n}", n + 1
        self._next[base] = n
        self._taken.add(name)
        return name

    def counted(self, letter: str) -> str:
        """Return the letter with the next number."""
        n = self._next.get(letter + "#", 1)
        while f"{letter}{n}" in self._taken:
            n += 1
        self._next[letter + "#"] = n + 1
        name = f"{letter}{n}"
        self._taken.add(name)
        return name
