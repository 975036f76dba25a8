"""How numbers, texts and whatever was given are written for people, in messages and diagrams."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["printable", "shown", "significant"]


def shown(thing: Any, longest: int = 60) -> str:
    r"""Return the repr of something for a message: one line, cut, of what a terminal can show.

    >>> print(shown("a\x1bb"), shown([1.0, 2.0], longest=4))
    'a\x1bb' [1.0…
    """
    try:
        text = repr(thing)
    except Exception:  # the message is about what was given, and comes all the same
        text = f"<{type(thing).__name__} whose repr fails>"
    return printable(re.sub(r"\s*\n\s*", " ", text[: 4 * longest]), longest)


def printable(text: str, longest: int = 80) -> str:
    r"""Return a text as a terminal can show it: what is no letter by its code, and cut.

    >>> print(printable("dense\x1b[2J"), printable("dense", longest=3))
    dense\x1b[2J den…
    """
    text = "".join(c if c.isprintable() else repr(c)[1:-1] for c in text[: longest + 1])
    return text if len(text) <= longest else text[:longest] + "…"


def significant(number: float, digits: int = 4) -> str:
    """Write a number with that many significant digits, so that 1e-6 is never 0.0000.

    >>> significant(0.501), significant(1e-6), significant(1234.0), significant(float("nan"))
    ('0.5010', '1.000e-06', '1234', 'nan')
    """
    return f"{number:#.{digits}g}".rstrip(".")
