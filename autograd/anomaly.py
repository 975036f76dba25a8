"""The report of the first nan or inf, for `detect_anomaly`."""

from __future__ import annotations

import linecache
import math
import os
import sys
from collections.abc import Iterable
from typing import Any, NoReturn

__all__ = ["AnomalyError", "is_finite", "raise_anomaly", "source_line"]

_PROJECT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_OURS = tuple(os.path.join(_PROJECT, package, "") for package in ("autograd", "nn", "viz"))


class AnomalyError(FloatingPointError):
    """A nan or an inf came up inside `detect_anomaly`."""


def is_finite(number: Any) -> bool:
    """Tell whether a number or Value is neither nan nor inf."""
    return math.isfinite(float(number))


def source_line() -> str:
    """Return ``file:line: text`` of the innermost caller outside this project's packages."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_OURS):
        frame = frame.f_back
    file, line = frame.f_code.co_filename, frame.f_lineno
    text = linecache.getline(file, line).strip()
    return f"{file}:{line}" + (f": {text}" if text else "")


def raise_anomaly(
    what: str,
    operands: Iterable[tuple[str, float]],
    made_at: str | None,
    arrow: tuple[Any, ...] | None = None,
) -> NoReturn:
    """Raise the `AnomalyError` that shows an operation's operands and where it was made."""
    lines = [what]
    for position, (label, data) in enumerate(operands, 1):
        lines.append(f"  operand {position}: " + (f"{label} = {data!r}" if label else repr(data)))
    if arrow is not None:
        lines.append("  adjoint {!r} × local derivative {!r}".format(*arrow))
    lines.append(
        f"  made at {made_at}"
        if made_at
        else "  (build the graph inside detect_anomaly() to see the line that made it)"
    )
    raise AnomalyError("\n".join(lines))
