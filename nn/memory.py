"""Keeping freed memory for the next training step, where glibc would give it back.

A step of a network with large layers makes and drops arrays of megabytes.  glibc's malloc
returns such memory to the system at once and gets it again, page by page, in the next step:
a fifth of the step's time.  Told to keep it, it hands out the same pages again.
"""

from __future__ import annotations

import ctypes
import os
import sys

__all__ = ["keep_freed_memory"]

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # the parameters' numbers in glibc's malloc.h
KEPT = 256 * 2**20
"""Bytes of freed memory at the end of the heap that are kept for reuse."""
LARGEST = 32 * 2**20 - 1
"""Arrays of more bytes go back to the system as before; the most that glibc takes here."""

_done = False


def keep_freed_memory() -> bool:
    """Tell glibc, once in a process, to keep up to 256 MiB of freed memory for reuse.

    Nothing happens on other systems, nor where one of the environment variables
    MALLOC_TRIM_THRESHOLD_ and MALLOC_MMAP_THRESHOLD_ has settled it already.

    Returns:
        Whether it has been told.

    >>> keep_freed_memory() == keep_freed_memory()
    True
    """
    global _done
    settled = {"MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_"} & os.environ.keys()
    if _done or settled or not sys.platform.startswith("linux"):
        return _done
    try:
        tell = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # another C library
        return False
    _done = bool(tell(_MMAP_THRESHOLD, LARGEST)) and bool(tell(_TRIM_THRESHOLD, KEPT))
    return _done
