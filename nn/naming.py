"""The names that layers, models and losses get when they are given none: "dense", "dense_1"."""

from __future__ import annotations

import re
from collections import Counter

__all__ = ["auto_name", "reset_names", "snake_case"]

_taken: Counter[str] = Counter()


def snake_case(name: str) -> str:
    """Return a ClassName as class_name.

    >>> snake_case("BatchNormalization"), snake_case("HTTPLayer2D")
    ('batch_normalization', 'http_layer2d')
    """
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=\w)(?=[A-Z][a-z])", "_", name.lstrip("_"))
    return apart.lower()


def auto_name(class_name: str) -> str:
    """Return a name that nothing else was given: the class's own, and from then on numbered.

    >>> first, second = auto_name("Doctest"), auto_name("Doctest")
    >>> first, second
    ('doctest', 'doctest_1')
    """
    name = snake_case(class_name)
    number = _taken[name]
    _taken[name] += 1
    return f"{name}_{number}" if number else name


def reset_names() -> None:
    """Begin every count again, as Keras's `clear_session` does."""
    _taken.clear()
