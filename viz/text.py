"""A label as one safe, visible line of text: the only door for names into any picture.

A label may hold anything that a Python string may: a terminal escape, a newline, a mark
that reverses the reading direction, half a surrogate pair.  Every picture passes names
through `visible` first, so that no renderer has to know about any of this, and then only
escapes what its own syntax needs.
"""

from __future__ import annotations

import unicodedata

__all__ = ["LONGEST_LABEL", "columns", "visible"]

LONGEST_LABEL = 80
"""Labels with more characters are cut, so that one name cannot fill the picture."""

_SYMBOL_FOR_NUL = 0x2400  # U+2400 onwards draws one symbol for each C0 control character
_SYMBOL_FOR_DELETE = "\u2421"
_JOINERS = "\u200c\u200d"  # invisible, but Persian words and joined emoji need them
_BLANK = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"  # letters and marks without ink


def visible(text: str, longest: int = LONGEST_LABEL) -> str:
    r"""Return `text` as one line in which every character can be seen.

    Control characters become their symbols, invisible and direction-changing characters
    and lone surrogates become their escape codes, and all else stays as it is.

    Args:
        text: any string.
        longest: the number of characters, at least 1, from which the rest becomes an ellipsis.

    >>> visible("a\nb"), visible("\x1b[31m"), visible("\u202eevil"), visible("\udc80")
    ('a␊b', '␛[31m', '\\u202eevil', '\\udc80')
    >>> visible("abcdefgh", longest=5)
    'abcd…'
    """
    if len(text) > longest:
        text = text[: longest - 1] + "…"
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        character if _joins(character, text, place) else _visible_character(character)
        for place, character in enumerate(text)
    )


def _joins(character: str, text: str, place: int) -> bool:
    """Tell whether a character is a joiner, and has something to join on both sides."""
    if character not in _JOINERS:
        return False
    around = (text[place - 1 : place], text[place + 1 : place + 2])
    return all(side and unicodedata.category(side)[0] not in "CZ" for side in around)


def _visible_character(character: str) -> str:
    code = ord(character)
    if code < 0x20:
        return chr(_SYMBOL_FOR_NUL + code)
    if code == 0x7F:
        return _SYMBOL_FOR_DELETE
    # Cc the remaining controls, Cf formats (direction marks among them), Cs surrogates,
    # Zl and Zp line ends; and the noncharacters, some of which XML forbids.
    noncharacter = code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF
    unseen = noncharacter or character in _BLANK
    if unseen or unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp"):
        if code < 0x100:
            return f"\\x{code:02x}"
        return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
    return character


def columns(text: str) -> int:
    """Return how many columns a terminal gives to `text`.

    >>> columns("w[0]"), columns("重み"), columns("e\u0301")
    (4, 4, 1)
    """
    if text.isascii():
        return len(text)
    width = 0
    for character in text:
        if unicodedata.combining(character) or character in _JOINERS:
            continue
        width += 2 if unicodedata.east_asian_width(character) in "WF" else 1
    return width
