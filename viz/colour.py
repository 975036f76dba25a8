"""How large a gradient is, as a colour and as the width of an arrow.

Gradients differ by powers of ten, so both follow log10|gradient|.  The colours are those of
cividis, which people with and without colour-vision deficiency read the same way and which
grows evenly in lightness, so that it survives a black-and-white printer.

Source: J. R. Nuñez, C. R. Anderton, R. S. Renslow, "Optimizing colormaps with consideration
for color vision deficiency to enable accurate interpretation of scientific data",
PLOS ONE 13(7), 2018.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["NOT_FINITE", "NO_GRADIENT", "ZERO", "Scale", "cividis", "contrast", "ink"]

# Points of the colour map at i/255; between them a straight line errs by 2.3 of 255 at most.
_CIVIDIS = (
    (0, 0x00224E),
    (21, 0x003170),
    (23, 0x013271),
    (28, 0x123570),
    (34, 0x1E3A6F),
    (52, 0x36466C),
    (84, 0x565C6D),
    (126, 0x7B7A78),
    (148, 0x908B78),
    (179, 0xAEA371),
    (205, 0xC9B965),
    (232, 0xE7D150),
    (251, 0xFDE334),
    (255, 0xFEE838),
)

NO_GRADIENT = "#f0f0f0"
"""The colour of a value that no backward pass has reached."""

ZERO = "#ffffff"
"""The colour of a gradient that is exactly 0, which no logarithm can place."""

NOT_FINITE = "#8b0038"
"""The colour of a gradient that is nan or infinite: a hue that cividis does not contain."""

_THINNEST, _THICKEST = 0.8, 4.8  # arrow widths in points

_SMALLEST_DECADE, _LARGEST_DECADE = -324, 308  # of a float64


def cividis(position: float) -> str:
    """Return the colour at `position` of the scale, 0 (dark blue) to 1 (yellow).

    >>> cividis(0.0), cividis(1.0)
    ('#00224e', '#fee838')
    """
    place = 255 * min(max(position, 0.0), 1.0)
    after = next(index for index in range(1, len(_CIVIDIS)) if place <= _CIVIDIS[index][0])
    (start, low), (end, high) = _CIVIDIS[after - 1], _CIVIDIS[after]
    share = (place - start) / (end - start)
    pairs = zip(_channels(low), _channels(high), strict=True)
    return "#" + "".join(f"{round(a + share * (b - a)):02x}" for a, b in pairs)


def contrast(first: str, second: str) -> float:
    """Return the contrast ratio of two colours, 1 (none) to 21 (black on white).

    The formula is that of WCAG 2.1, "relative luminance" and "contrast ratio".

    >>> round(contrast("#000000", "#ffffff"), 1)
    21.0
    """
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def ink(background: str) -> str:
    """Return black or white, whichever is easier to read on `background`.

    >>> ink("#00224e"), ink("#fee838")
    ('#ffffff', '#000000')
    """
    return max("#000000", "#ffffff", key=lambda colour: contrast(colour, background))


@dataclass(frozen=True)
class Scale:
    """Places gradients between two powers of ten, 10**low and 10**high."""

    low: int
    high: int

    @classmethod
    def of(cls, gradients: Iterable[float | None]) -> Scale | None:
        """Return the scale that holds all `gradients`, or None if there is not one.

        >>> Scale.of([0.5, -0.002, 0.0, None])
        Scale(low=-3, high=0)
        """
        known = [abs(gradient) for gradient in gradients if gradient is not None]
        if not known:
            return None
        logs = [math.log10(size) for size in known if size and math.isfinite(size)]
        if not logs:
            return cls(-1, 0)
        low = max(math.floor(min(logs)), _SMALLEST_DECADE)
        high = min(math.ceil(max(logs)), _LARGEST_DECADE)
        return cls(low, high) if low < high else cls(high - 1, high)

    def position(self, gradient: float) -> float:
        """Return where on the scale a finite, nonzero gradient stands, 0 to 1.

        >>> Scale(-4, 0).position(-0.01)
        0.5
        """
        share = (math.log10(abs(gradient)) - self.low) / (self.high - self.low)
        return min(max(share, 0.0), 1.0)

    def colour(self, gradient: float | None) -> str:
        """Return the colour of a gradient; 0, None and nan or inf have colours of their own.

        >>> Scale(-4, 0).colour(1.0), Scale(-4, 0).colour(None)
        ('#fee838', '#f0f0f0')
        """
        if gradient is None:
            return NO_GRADIENT
        if gradient == 0:
            return ZERO
        return cividis(self.position(gradient)) if math.isfinite(gradient) else NOT_FINITE

    def width(self, gradient: float | None) -> float:
        """Return the width in points of an arrow along which `gradient` flows back.

        >>> Scale(-4, 0).width(1.0), Scale(-4, 0).width(None)
        (4.8, 0.8)
        """
        if gradient is None or gradient == 0 or math.isnan(gradient):
            return _THINNEST
        if math.isinf(gradient):
            return _THICKEST
        return round(_THINNEST + (_THICKEST - _THINNEST) * self.position(gradient), 2)

    def samples(self) -> list[tuple[float, str]]:
        """Return up to five gradients from one end of the scale to the other, as written.

        >>> [text for _, text in Scale(-2, 0).samples()]
        ['0.01', '0.032', '0.1', '0.32', '1']
        >>> [text for _, text in Scale(-9, -1).samples()]
        ['1e-09', '1e-07', '1e-05', '0.001', '0.1']
        """
        decades = self.high - self.low
        steps = 4 if decades <= 2 else min(decades, 4)
        exponents = [self.low + decades * step / steps for step in range(steps + 1)]
        if decades > 4:  # whole decades only: they can be read, their fractions cannot
            exponents = [float(round(exponent)) for exponent in exponents]
        return [_power_of_ten(exponent) for exponent in exponents]


def _power_of_ten(exponent: float) -> tuple[float, str]:
    if exponent == round(exponent):
        # float("1e-3") is the nearest float to 0.001, which 10.0**-3 is not
        number = float(f"1e{round(exponent)}")
        small = abs(exponent) <= 3
        return number, f"{number:g}" if small else f"1e{round(exponent):+03d}"
    number = 10.0**exponent
    return number, f"{number:.2g}"


def _channels(rgb: int) -> tuple[int, int, int]:
    return rgb >> 16, rgb >> 8 & 0xFF, rgb & 0xFF


def _luminance(colour: str) -> float:
    linear = []
    for channel in _channels(int(colour[1:], 16)):
        share = channel / 255
        linear.append(share / 12.92 if share <= 0.03928 else ((share + 0.055) / 1.055) ** 2.4)
    red, green, blue = linear
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
