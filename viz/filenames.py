"""A path as the user gives it, before anything is written there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

__all__ = ["as_path", "require_folder", "require_no_folder"]


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


def require_folder(path: Path) -> None:
    """Raise a FileNotFoundError if the folder that a path lies in does not exist."""
    if not path.parent.is_dir():
        raise FileNotFoundError(f"the folder {str(path.parent)!r} does not exist: create it first")


def require_no_folder(path: Path) -> None:
    """Raise an IsADirectoryError if there is a folder where a file is to be written."""
    if path.is_dir():
        raise IsADirectoryError(f"{str(path)!r} is a folder: name a file in it")
