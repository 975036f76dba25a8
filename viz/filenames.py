"""A path as the user gives it, before anything is written there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

__all__ = ["as_path"]


def as_path(path: Any) -> Path:
    r"""Return a path given as a str or a Path.

    Raises:
        TypeError: it is neither.
        ValueError: it is empty, or no file can have such a name.

    >>> as_path("pages/y.html").name
    'y.html'
    >>> as_path("y\0.html")
    Traceback (most recent call last):
        ...
    ValueError: no file can be called 'y\x00.html': leave out the character '\x00'
    """
    if not isinstance(path, (str, os.PathLike)) or not isinstance(os.fspath(path), str):
        raise TypeError(f"a path is a str or a pathlib.Path, not {path!r:.60}")
    text = os.fspath(path)
    if not text:
        raise ValueError("the path is empty: a name is wanted")
    refused = "\0" if "\0" in text else ""
    try:
        os.fsencode(text)
    except UnicodeEncodeError as error:  # half a surrogate pair
        refused = text[error.start]
    if refused:
        raise ValueError(f"no file can be called {text!r:.60}: leave out the character {refused!r}")
    return Path(text)
