"""Frames as an animated GIF, with one palette that holds their colours as they are.

A GIF has 256 colours.  Our pictures use few, and in between only what smooths the edges of
lines and letters; so the palette is made of the colours that the frames have most of, none of
them changed, and of some of the others, so that a pixel at an edge finds one like its own.
There is no dithering, and nothing bands.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["write_gif"]

Pixels = NDArray[np.uint8]

_COLOURS = 256
_FREQUENT = 128
"""So many colours of the palette are the most frequent ones; the others fill the gaps."""

_MOST_COMPARED = 2**14
"""Colours that are compared with the palette at once."""


def write_gif(frames: Iterable[Pixels], seconds: Sequence[float]) -> bytes:
    """Return frames as a GIF that repeats for ever; the same frames give the same bytes.

    Args:
        frames: arrays of one shape (height, width, 3).
        seconds: how long each is shown, in hundredths at the finest.

    Raises:
        ImportError: Pillow is not installed.

    >>> black, white = np.zeros((2, 3, 3), np.uint8), np.full((2, 3, 3), 255, np.uint8)
    >>> write_gif([black, white], [0.5, 1.0])[:6]
    b'GIF89a'
    """
    try:
        from PIL import Image
    except ImportError as error:
        raise ImportError("Pillow is needed for this: pip install 'chainrule[plots]'") from error
    counts: dict[int, int] = {}
    kept = []  # compressed: many large frames are a lot of memory, and hardly any information
    shape = (0, 0)
    for frame in frames:
        packed = _packed(frame)
        shape = packed.shape
        for colour, count in zip(*_counted(packed), strict=True):
            counts[colour] = counts.get(colour, 0) + count
        kept.append(zlib.compress(packed.tobytes(), 1))
    palette = _palette(counts)
    nearest = _nearest(np.array(sorted(counts), np.int32), palette)
    table = _channels(palette).astype(np.uint8).tobytes().ljust(3 * _COLOURS, b"\0")
    images = []
    for data in kept:
        packed = np.frombuffer(zlib.decompress(data), np.int32).reshape(shape)
        colours, places = np.unique(packed, return_inverse=True)
        indices = np.array([nearest[int(colour)] for colour in colours], np.uint8)
        image = Image.fromarray(indices[places.reshape(shape)])
        image.putpalette(table)
        images.append(image)
    file = io.BytesIO()
    images[0].save(
        file,
        format="GIF",
        save_all=True,
        append_images=images[1:],
        duration=[round(1000 * duration) for duration in seconds],
        loop=0,
        disposal=1,  # a frame stays, and the next one changes it where it differs
        optimize=False,
    )
    return file.getvalue()


def _packed(frame: Pixels) -> NDArray[np.int32]:
    """Return each colour as one number, 0xRRGGBB."""
    red, green, blue = (frame[..., channel].astype(np.int32) for channel in range(3))
    return red << 16 | green << 8 | blue


def _channels(colours: NDArray[np.int32]) -> NDArray[np.int32]:
    return np.stack([colours >> 16, colours >> 8 & 0xFF, colours & 0xFF], axis=-1)


def _counted(packed: NDArray[np.int32]) -> tuple[list[int], list[int]]:
    colours, counts = np.unique(packed, return_counts=True)
    return colours.tolist(), counts.tolist()


def _palette(counts: dict[int, int]) -> NDArray[np.int32]:
    """Return the colours that there is most of, and of the rest those farthest from any."""
    order = sorted(counts, key=lambda colour: (-counts[colour], colour))
    chosen = order[:_FREQUENT]
    rest = np.array(order[_FREQUENT:], np.int32)
    if len(rest):
        channels = _channels(rest)
        weights = np.sqrt([counts[colour] for colour in order[_FREQUENT:]])
        taken = _channels(np.array(chosen, np.int32))
        distances = np.full(len(rest), np.iinfo(np.int32).max)
        for colour in taken:
            distances = np.minimum(distances, ((channels - colour) ** 2).sum(axis=1))
        while len(chosen) < _COLOURS and distances.any():
            place = int((weights * distances).argmax())
            chosen.append(int(rest[place]))
            added = ((channels - channels[place]) ** 2).sum(axis=1)
            distances = np.minimum(distances, added)
    return np.array(chosen, np.int32)


def _nearest(colours: NDArray[np.int32], palette: NDArray[np.int32]) -> dict[int, int]:
    """Return for each colour the place in the palette of the one most like it."""
    wanted, offered = _channels(colours), _channels(palette)
    found: list[int] = []
    for start in range(0, len(wanted), _MOST_COMPARED):
        part = wanted[start : start + _MOST_COMPARED, None, :]
        distances = np.zeros((len(part), len(offered)), np.int32)
        for channel in range(3):
            distances += (part[..., channel] - offered[:, channel]) ** 2
        found += distances.argmin(axis=1).tolist()
    return dict(zip(colours.tolist(), found, strict=True))
