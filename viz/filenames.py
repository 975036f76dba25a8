"""What is at a path that the user gives, before anything is drawn to be written there."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from autograd.formatting import shown

__all__ = ["require_folder", "require_no_folder"]


def require_folder(path: Path) -> None:
    """Raise a FileNotFoundError if the folder that a path lies in does not exist.

    And a ValueError if the system knows no names as long as this path.
    """
    try:
        os.lstat(path)
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise ValueError(
                f"the path {shown(str(path))} is too long for this system: give a shorter name"
            ) from error
    if not path.parent.is_dir():
        raise FileNotFoundError(f"the folder {str(path.parent)!r} does not exist: create it first")


def require_no_folder(path: Path) -> None:
    """Raise an IsADirectoryError if there is a folder where a file is to be written."""
    if path.is_dir():
        raise IsADirectoryError(f"{str(path)!r} is a folder: name a file in it")
