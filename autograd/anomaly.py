"""The report of the first nan or inf, for `detect_anomaly`."""

from __future__ import annotations

import linecache
import math
import os
import sys
from collections.abc import Callable, Iterable
from typing import Any, NoReturn

import numpy as np

__all__ = ["AnomalyError", "is_finite", "raise_anomaly", "source_line"]

_PROJECT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_OURS = tuple(os.path.join(_PROJECT, package, "") for package in ("autograd", "nn", "viz"))


class AnomalyError(FloatingPointError):
    """A nan or an inf came up inside `detect_anomaly`."""


def is_finite(data: Any) -> bool:
    """Tell whether a number, a node or every element of an array is neither nan nor inf."""
    data = getattr(data, "_datum", data)
    return bool(np.isfinite(data).all()) if isinstance(data, np.ndarray) else math.isfinite(data)


def described(data: Any) -> str:
    """Return a number as it is, and of an array how much of it is nan or inf."""
    data = getattr(data, "_datum", data)
    if not isinstance(data, np.ndarray):
        return repr(data)
    wrong = [
        f"{count} {name}"
        for name, count in (("nan", np.isnan(data).sum()), ("inf", np.isinf(data).sum()))
        if count
    ]
    if data.ndim == 0:
        return repr(float(data))
    return f"an array of shape {data.shape}" + (f" with {' and '.join(wrong)}" if wrong else "")


def is_ours(function: Callable[..., Any]) -> bool:
    """Tell whether a function is written in one of this project's packages."""
    code = getattr(function, "__code__", None)
    return code is not None and code.co_filename.startswith(_OURS)


def is_asked_by_us() -> bool:
    """Tell whether the caller was called by one of this project's packages."""
    return sys._getframe(2).f_code.co_filename.startswith(_OURS)


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
    operands: Iterable[tuple[str, Any]],
    made_at: str | None,
    arrow: tuple[Any, ...] | None = None,
) -> NoReturn:
    """Raise the `AnomalyError` that shows an operation's operands and where it was made."""
    lines = [what]
    for position, (label, data) in enumerate(operands, 1):
        lines.append(f"  operand {position}: " + (f"{label} = " if label else "") + described(data))
    if arrow is not None:
        lines.append("  adjoint {} × local derivative {}".format(*arrow))
    lines.append(
        f"  made at {made_at}"
        if made_at
        else "  (build the graph inside detect_anomaly() to see the line that made it)"
    )
    raise AnomalyError("\n".join(lines))
