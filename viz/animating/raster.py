"""From one of our own SVG pictures to pixels, where there is neither a browser nor Graphviz.

`viz.svg` writes rectangles, ellipses, polygons, lines, paths and single lines of text, with
attributes for looks; this reads just these.  The pixels are made by Agg, which comes inside
matplotlib with the DejaVu fonts: the one wheel that has a renderer *and* letters of many
scripts, so that the same picture gives the same pixels on a machine without any font.  (A
renderer of SVG as such, resvg or Skia, writes no letter at all on such a machine.)

A text takes the room that the layout gave it: the layout reckons with Helvetica, and a wider
font is condensed to that.
"""

from __future__ import annotations

import re
import unicodedata
import warnings
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viz.fonts import text_width

__all__ = ["Rasterizer", "size_of"]

Pixels = NDArray[np.uint8]

_SVG = "{http://www.w3.org/2000/svg}"

_LEFT_TO_RIGHT = "\u200e"

_SHARE_OF_SIZE = 0.94
"""DejaVu's letters are larger than Helvetica's of the same size."""

_KAPPA = 0.5522847498  # a quarter of a circle as a Bézier curve
_COMMAND = re.compile(r"([MLCHV])([^MLCHV]*)")
_NUMBER = re.compile(r"-?[\d.]+(?:e-?\d+)?")
_MOVE, _LINE, _CURVE, _CLOSE = 1, 2, 4, 79  # matplotlib's codes

_Outline = tuple[list[tuple[float, float]], list[int]]


def size_of(svg: str) -> tuple[float, float]:
    """Return the width and height of a picture.

    >>> size_of('<svg xmlns="http://www.w3.org/2000/svg" viewBox="-5 0 30 20"/>')
    (30.0, 20.0)
    """
    return _view_box(ElementTree.fromstring(svg))[2:]


class Rasterizer:
    """Draws pictures at a common scale.

    Args:
        scale: pixels to the unit of the picture.

    Raises:
        ImportError: matplotlib is not installed.

    >>> square = '<rect x="1" y="1" width="2" height="2" rx="0" fill="#ff0000" stroke="none"/>'
    >>> pixels = Rasterizer(2.0)(
    ...     f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 4">{square}</svg>')
    >>> pixels.shape, pixels[4, 4].tolist(), pixels[0, 0].tolist()
    ((8, 8, 3), [255, 0, 0], [255, 255, 255])
    """

    def __init__(self, scale: float) -> None:
        try:
            from matplotlib.backends.backend_agg import RendererAgg
            from matplotlib.path import Path
            from matplotlib.transforms import Affine2D
        except ImportError as error:
            raise ImportError(
                "matplotlib is needed for this: pip install 'chainrule[plots]'"
            ) from error
        self.scale = scale
        self._new_canvas: Any = RendererAgg
        self._new_path: Any = Path
        self._new_affine: Any = Affine2D
        self._canvas: Any = None

    def __call__(self, svg: str) -> Pixels:
        """Return a picture as an array of the shape (height, width, 3)."""
        root = ElementTree.fromstring(svg)
        left, top, width, height = _view_box(root)
        columns, rows = round(self.scale * width), round(self.scale * height)
        self._canvas = self._new_canvas(columns, rows, 72.0)  # one point is one pixel
        # Agg counts upwards
        self._onto_page = (
            self._new_affine().translate(-left, -top).scale(self.scale, -self.scale)
        ).translate(0.0, rows)
        self._draw(root, {})
        pixels = np.asarray(self._canvas.buffer_rgba()).astype(np.uint16)
        alpha = pixels[..., 3:]  # what nothing was painted on is paper
        on_paper = (pixels[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255
        return on_paper.astype(np.uint8)

    def _draw(self, element: ElementTree.Element, inherited: dict[str, str]) -> None:
        name = element.tag.removeprefix(_SVG)
        attributes = {**inherited, **element.attrib}
        if name in ("svg", "g"):
            passed_on = ("stroke", "stroke-width", "stroke-linejoin", "paint-order")
            handed = {key: attributes[key] for key in passed_on if key in attributes}
            for child in element:
                self._draw(child, handed)
        elif name == "text":
            self._text("".join(element.itertext()), attributes)
        elif name in _OUTLINES:
            self._shape(_OUTLINES[name](attributes), attributes)

    def _shape(self, outline: _Outline, attributes: dict[str, str], transform: Any = None) -> None:
        path = self._new_path(*outline)
        onto_page = self._onto_page if transform is None else transform + self._onto_page
        fill = attributes.get("fill", "#000000")
        stroke = attributes.get("stroke", "none")
        if fill != "none":
            gc = self._pen(fill, 0.0, float(attributes.get("fill-opacity", 1.0)))
            self._canvas.draw_path(gc, path, onto_page, _rgba(fill))
        if stroke != "none":
            gc = self._pen(stroke, float(attributes.get("stroke-width", 1.0)), 1.0)
            if "stroke-dasharray" in attributes:
                dashes = [float(part) for part in attributes["stroke-dasharray"].split()]
                gc.set_dashes(0.0, [self.scale * part for part in dashes])
            gc.set_joinstyle(attributes.get("stroke-linejoin", "miter"))
            self._canvas.draw_path(gc, path, onto_page, None)

    def _pen(self, colour: str, width: float, opacity: float) -> Any:
        gc = self._canvas.new_gc()
        gc.set_foreground(_rgba(colour), isRGBA=True)
        gc.set_linewidth(self.scale * width)
        gc.set_alpha(opacity)
        gc.set_capstyle("butt")
        return gc

    def _text(self, text: str, attributes: dict[str, str]) -> None:
        size, bold = float(attributes["font-size"]), "font-weight" in attributes
        vertices, codes, width = _letters(text, bold)
        if not len(codes):
            return
        scale = _SHARE_OF_SIZE * size / _font_scale()
        room = text_width(text, size, bold)
        condensed = min(1.0, room / (scale * width)) if width else 1.0
        taken = condensed * scale * width
        before = {"start": 0.0, "middle": 0.5, "end": 1.0}[attributes.get("text-anchor", "start")]
        placed = self._new_affine().scale(condensed * scale, -scale)
        placed = placed.translate(float(attributes["x"]) - before * taken, float(attributes["y"]))
        letters: Any = (vertices, codes)
        if attributes.get("paint-order") == "stroke":  # a halo, and the letters upon it
            self._shape(letters, {**attributes, "fill": "none"}, placed)
        self._shape(letters, {"fill": attributes["fill"]}, placed)


def _view_box(root: ElementTree.Element) -> tuple[float, float, float, float]:
    left, top, width, height = map(float, root.attrib["viewBox"].split())
    return left, top, width, height


def _rgba(colour: str) -> tuple[float, float, float, float]:
    number = 0xFFFFFF if colour == "white" else int(colour[1:], 16)
    return (number >> 16) / 255, (number >> 8 & 0xFF) / 255, (number & 0xFF) / 255, 1.0


# ---------------------------------------------------------------- letters


@lru_cache(maxsize=4096)
def _letters(text: str, bold: bool) -> tuple[NDArray[np.float64], NDArray[np.uint8], float]:
    """Return the outlines of a line of text, at matplotlib's own size, and how wide it is."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    families = _families(text)
    if any(unicodedata.bidirectional(character) in ("R", "AL") for character in text):
        text = _LEFT_TO_RIGHT + text  # a formula runs so, whatever script its first name is in
    # what a machine has for other scripts mostly has no bold face
    weight = "bold" if bold and len(families) == 1 else "normal"
    properties = FontProperties(family=families, weight=weight, size=_font_scale())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a character that no font has is drawn as a box
        # not a TextPath, which would read what stands between two $ as mathematics
        vertices, codes = text_to_path.get_text_path(properties, text, ismath=False)
        width, _, _ = text_to_path.get_text_width_height_descent(text, properties, False)
    return np.asarray(vertices, float).reshape(-1, 2), np.asarray(codes, np.uint8), float(width)


def _font_scale() -> float:
    from matplotlib.textpath import text_to_path

    return float(text_to_path.FONT_SCALE)


def _families(text: str) -> list[str]:
    """Return DejaVu, and for characters that it lacks what this machine has for them."""
    others = (_family_with(character) for character in text if not character.isascii())
    return list(dict.fromkeys(["DejaVu Sans", *(family for family in others if family)]))


@lru_cache(maxsize=4096)
def _family_with(character: str) -> str | None:
    """Return the first installed family that has a character and is needed for it."""
    from matplotlib.font_manager import fontManager, get_font

    plain = [
        font
        for font in fontManager.ttflist
        if font.style == "normal"
        and font.weight == 400
        and font.stretch == "normal"
        and not font.name.startswith("Last Resort")  # has a box for every character
    ]
    plain.sort(key=lambda font: (font.name != "DejaVu Sans", font.name, font.fname))
    for font in plain:
        try:
            has_it = get_font(font.fname).get_char_index(ord(character)) != 0
        except (OSError, RuntimeError):  # a damaged font file on this machine
            continue
        if has_it:
            return None if font.name == "DejaVu Sans" else str(font.name)
    return None


# ---------------------------------------------------------------- outlines of shapes


def _rectangle(attributes: dict[str, str]) -> _Outline:
    x, y, width, height = (float(attributes[key]) for key in ("x", "y", "width", "height"))
    corner = min(float(attributes.get("rx", 0.0)), width / 2, height / 2)
    right, bottom = x + width, y + height
    if corner <= 0.0:
        corners = [(x, y), (right, y), (right, bottom), (x, bottom), (x, y)]
        return corners, [_MOVE, _LINE, _LINE, _LINE, _CLOSE]
    handle = corner * (1 - _KAPPA)
    points = [(x + corner, y)]
    codes = [_MOVE]
    for start, first, second, end in (
        ((right - corner, y), (right - handle, y), (right, y + handle), (right, y + corner)),
        (
            (right, bottom - corner),
            (right, bottom - handle),
            (right - handle, bottom),
            (right - corner, bottom),
        ),
        ((x + corner, bottom), (x + handle, bottom), (x, bottom - handle), (x, bottom - corner)),
        ((x, y + corner), (x, y + handle), (x + handle, y), (x + corner, y)),
    ):
        points += [start, first, second, end]
        codes += [_LINE, _CURVE, _CURVE, _CURVE]
    return [*points, points[0]], [*codes, _CLOSE]


def _ellipse(attributes: dict[str, str]) -> _Outline:
    x, y, rx, ry = (float(attributes[key]) for key in ("cx", "cy", "rx", "ry"))
    points = [(x + rx, y)]
    for (ax, ay), (bx, by) in (((1, 0), (0, 1)), ((0, 1), (-1, 0)), ((-1, 0), (0, -1)),
                               ((0, -1), (1, 0))):  # fmt: skip
        points += [
            (x + rx * (ax + _KAPPA * bx), y + ry * (ay + _KAPPA * by)),
            (x + rx * (bx + _KAPPA * ax), y + ry * (by + _KAPPA * ay)),
            (x + rx * bx, y + ry * by),
        ]
    return [*points, points[0]], [_MOVE, *[_CURVE] * 12, _CLOSE]


def _polygon(attributes: dict[str, str]) -> _Outline:
    points = list(_pairs(attributes["points"]))
    return [*points, points[0]], [_MOVE, *[_LINE] * (len(points) - 1), _CLOSE]


def _line(attributes: dict[str, str]) -> _Outline:
    x1, y1, x2, y2 = (float(attributes[key]) for key in ("x1", "y1", "x2", "y2"))
    return [(x1, y1), (x2, y2)], [_MOVE, _LINE]


def _path(attributes: dict[str, str]) -> _Outline:
    """Read the commands that we write: M, L, C, H and V, all absolute."""
    points: list[tuple[float, float]] = []
    codes: list[int] = []
    for command, numbers in _COMMAND.findall(attributes["d"]):
        if command in "HV":
            x, y = points[-1]
            number = float(numbers)
            found = [(number, y) if command == "H" else (x, number)]
        else:
            found = list(_pairs(numbers))
        points += found
        codes += [{"M": _MOVE, "C": _CURVE}.get(command, _LINE)] * len(found)
    return points, codes


def _pairs(text: str) -> Iterator[tuple[float, float]]:
    numbers = [float(number) for number in _NUMBER.findall(text)]
    return zip(numbers[::2], numbers[1::2], strict=True)


_OUTLINES = {
    "rect": _rectangle,
    "ellipse": _ellipse,
    "polygon": _polygon,
    "line": _line,
    "path": _path,
}
