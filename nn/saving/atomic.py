"""Writing a file so that it is there whole or not at all, whatever happens meanwhile."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

__all__ = ["as_path", "replacing"]


def as_path(path: Any) -> Path:
    """Return a path given as a str or a Path.

    Raises:
        TypeError: it is neither.
    """
    if not isinstance(path, (str, os.PathLike)) or not isinstance(os.fspath(path), str):
        raise TypeError(f"a path is a str or a pathlib.Path, not {path!r:.60}")
    if not os.fspath(path):
        raise ValueError("the path is empty: a file name is wanted")
    return Path(os.fspath(path))


@contextmanager
def replacing(path: Any, overwrite: bool = True) -> Iterator[BinaryIO]:
    """Open a new file that takes the place of `path` when the block ends well.

    It is written under another name in the same folder, flushed to the disk and renamed; if
    anything goes wrong it is removed, and what was at `path` before stays as it was.

    Raises:
        FileExistsError: there is a file, and it is not to be overwritten.
        FileNotFoundError: the folder does not exist.
        IsADirectoryError: `path` is a folder.

    >>> with replacing("numbers.bin") as file:
    ...     written = file.write(bytes(3))
    >>> len(Path("numbers.bin").read_bytes())
    3
    """
    # through a symbolic link the file that it points to is replaced, not the link
    target = Path(os.path.realpath(as_path(path)))
    if target.is_dir():
        raise IsADirectoryError(f"{path} is a folder: give the name of a file in it")
    if not target.parent.is_dir():
        raise FileNotFoundError(f"cannot write {path}: there is no folder {target.parent}")
    if target.exists() and not overwrite:
        raise FileExistsError(f"{path} exists already: remove it, or say overwrite=True")
    temporary = target.parent / f".{secrets.token_hex(8)}.tmp"
    try:
        # opened by name and not by `tempfile`, so that it gets the user's usual permissions
        with open(temporary, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            with suppress(OSError):
                os.chmod(temporary, target.stat().st_mode & 0o7777)
        os.replace(temporary, target)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    _flush_folder(target.parent)


def _flush_folder(folder: Path) -> None:
    """Let the new name reach the disk; not every system opens folders, and none needs to."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
