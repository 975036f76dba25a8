"""Objects whose methods raise, which nobody should give a function; for every package's tests."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any


class BoomError(Exception):
    """What the objects below raise."""


def boom(*_args: Any, **_options: Any) -> Any:
    """A function of the user's that raises."""
    raise BoomError("boom")


@functools.cache
def raising_class(*names: str, base: type = object) -> type:
    """A class whose methods of these names raise; its objects have a hash all the same."""
    methods = {"__hash__": object.__hash__, **dict.fromkeys(names, boom)}
    return type(f"Raising{names[0].strip('_').title()}", (base,), methods)


def raising(*names: str) -> Any:
    """An object whose methods of these names raise."""
    return raising_class(*names)()


def endless() -> Iterator[int]:
    """Numbers without end, of which nobody should take more than a few."""
    yield from range(10_000)
    raise BoomError("never ends")
