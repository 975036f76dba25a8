"""How wide a text is, for the layout that has no font to ask.

The widths are those of Helvetica, which Arial shares, in thousandths of the font size
(source: Adobe Font Metrics, "Helvetica").  Other characters get a width that is rather too
large than too small: a box may have air in it, but its text must not leave it.
"""

from __future__ import annotations

from viz.text import columns

__all__ = ["text_width"]

_HELVETICA = (
    # space to slash, 0 to 9, colon to at
    (278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278),
    (556,) * 10,
    (278, 278, 584, 584, 584, 556, 1015),
    # A to Z, bracket to backquote
    (667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833),
    (722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611),
    (278, 278, 278, 469, 556, 333),
    # a to z, brace to tilde
    (556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833),
    (556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500),
    (334, 260, 334, 584),
)
_WIDTHS = dict(enumerate((width for row in _HELVETICA for width in row), start=0x20))

_OTHER = 800  # a column of any other script
_BOLD = 1.07  # Helvetica Bold, on average


def text_width(text: str, size: float, bold: bool = False) -> float:
    """Return the width of a line of text, in the unit of the font size.

    >>> text_width("0.5", size=10)
    13.9
    """
    thousandths = sum(_WIDTHS.get(ord(char)) or _OTHER * columns(char) for char in text)
    return round(thousandths / 1000 * size * (_BOLD if bold else 1.0), 2)
