"""How numbers are written for people, in the prompt and in diagrams alike."""

from __future__ import annotations

__all__ = ["significant"]


def significant(number: float, digits: int = 4) -> str:
    """Write a number with that many significant digits, so that 1e-6 is never 0.0000.

    >>> significant(0.501), significant(1e-6), significant(1234.0), significant(float("nan"))
    ('0.5010', '1.000e-06', '1234', 'nan')
    """
    return f"{number:#.{digits}g}".rstrip(".")
