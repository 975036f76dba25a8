"""Files that are there whole or not at all, whatever happens while they are written.

Everything that the library writes for its user goes through `replacing`.
"""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from autograd.formatting import printable, shown

__all__ = ["TEMPORARY", "as_path", "replacing", "write_atomically"]

TEMPORARY = ".chainrule-*.tmp"
"""What a file is called until it is whole; one is left behind by a process that was killed."""

_LONGEST = 1000  # characters of a path that are shown

# reported without a name by the system, or with the name of the file that is to be renamed
_OF_THE_DISK = {
    getattr(errno, name)
    for name in ("ENOSPC", "EDQUOT", "EFBIG", "EIO", "EROFS")
    if hasattr(errno, name)  # Windows has no quota
}


def as_path(path: Any, where: str = "") -> Path:
    r"""Return a path given as a str or a Path.

    Args:
        path: what was given.
        where: what it was given as, for the message.

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
        raise TypeError(f"{where or 'a path'} is a str or a pathlib.Path, not {shown(path)}")
    text = os.fspath(path)
    if not text:
        raise ValueError(f"{where or 'the path'} is empty: a name is wanted")
    refused = "\0" if "\0" in text else ""
    try:
        os.fsencode(text)
    except UnicodeEncodeError as error:  # half a surrogate pair
        refused = text[error.start]
    if refused:
        raise ValueError(
            f"no file can be called {shown(text)}: leave out the character {refused!r}"
        )
    return Path(text)


@contextmanager
def replacing(path: Any, overwrite: bool = True) -> Iterator[BinaryIO]:
    """Open a new file that takes the place of `path` when the block ends well.

    It is written under another name in the same folder, flushed to the disk and renamed; if
    anything goes wrong it is removed, and what was at `path` before stays as it was.

    Raises:
        FileExistsError: there is a file, and it is not to be overwritten; or what is there is
            no file but a device or a pipe.
        FileNotFoundError: the folder does not exist.
        IsADirectoryError: `path` is a folder.
        OSError: the folder may not be written to, or the disk is full; it names the file.

    >>> with replacing("numbers.bin") as file:
    ...     written = file.write(bytes(3))
    >>> len(Path("numbers.bin").read_bytes())
    3
    """
    # through a symbolic link the file that it points to is replaced, not the link
    target = Path(os.path.realpath(as_path(path)))
    given, parent = (printable(str(each), _LONGEST) for each in (path, target.parent))
    if target.is_dir():
        raise IsADirectoryError(f"{given} is a folder: give the name of a file in it")
    if not target.parent.is_dir():
        raise FileNotFoundError(f"cannot write {given}: there is no folder {parent}")
    if target.exists():
        if not overwrite:
            raise FileExistsError(f"{given} exists already: remove it, or say overwrite=True")
        if not target.is_file():  # renaming would do away with /dev/null itself
            raise FileExistsError(f"{given} is no file but a device, a pipe or a socket")
    # in the same folder, because a file can be renamed only inside one file system
    temporary = target.parent / TEMPORARY.replace("*", secrets.token_hex(8))
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
    except BaseException as error:
        with suppress(OSError):
            temporary.unlink()
        if isinstance(error, OSError) and _is_about(error, temporary):
            raise OSError(error.errno, error.strerror, str(path)) from error
        raise
    _flush_folder(target.parent)


def write_atomically(path: Any, data: bytes) -> None:
    """Write a file so that it is there in full or, if anything fails, as it was before.

    Raises:
        OSError: as in `replacing`.

    >>> write_atomically("numbers.bin", bytes(3))
    >>> len(Path("numbers.bin").read_bytes())
    3
    """
    with replacing(path) as file:
        file.write(data)


def _is_about(error: OSError, temporary: Path) -> bool:
    named = error.filename is not None
    return error.filename == str(temporary) if named else error.errno in _OF_THE_DISK


def _flush_folder(folder: Path) -> None:
    """Let the new name reach the disk; not every system opens folders, and none needs to."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
