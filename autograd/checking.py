"""gradcheck: the table and the chain rule against plain differences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.formatting import significant
from autograd.transforms import (
    as_function,
    flatten,
    function_results,
    grad,
    jvp,
    unflatten,
    value_and_grad,
)
from autograd.value import Value

__all__ = ["GradcheckError", "gradcheck"]


class GradcheckError(RuntimeError):
    """A derivative differs from the difference quotient; the message holds the table."""


def gradcheck(
    f: Callable[..., Any],
    inputs: Sequence[Any],
    order: int = 2,
    *,
    step: float = 1e-5,
    rtol: float = 1e-5,
    atol: float = 1e-7,
    every_coordinate_up_to: int = 20,
    directions: int = 5,
    seed: int = 0,
) -> bool:
    """Compare reverse and forward mode with central differences, up to an order.

    A function of several results is checked through a random combination of them, and
    order k + 1 through a random combination of the derivatives of order k.  Choose inputs
    away from kinks: there a difference quotient means nothing.

    Args:
        f: a function of numbers, or of lists of them.
        inputs: its arguments.
        order: how many times to differentiate, at least 1.
        step: the h of (f(x + h) - f(x - h)) / 2h, relative to max(1, abs(x)).
        rtol: the difference allowed, relative to the numeric value.
        atol: the difference allowed on top of that.
        every_coordinate_up_to: with more inputs than this, random directions are used.
        directions: how many of them.
        seed: of the random directions and combinations.

    Returns:
        True; a difference raises.

    Raises:
        GradcheckError: with a table of input, analytic, numeric, difference.

    Source: central differences, e.g. Press et al., Numerical Recipes, section 5.7.

    >>> gradcheck(lambda x, y: (x * y).sin() + x**3, (0.5, 2.0))
    True
    """
    if not isinstance(order, int) or order < 1:
        raise ValueError(f"order is a whole number of at least 1, not {order!r}")
    if not isinstance(inputs, (list, tuple)):
        raise TypeError(f"inputs is the tuple of the arguments, (x,) for one, not {inputs!r:.60}")
    as_function(f, "gradcheck")
    structure = list(inputs)
    point = [float(v) for v in flatten(structure, "an input of gradcheck")]
    rng = np.random.default_rng(seed)
    names = _names(structure)
    results = function_results(f(*unflatten(structure, _values(point))), "gradcheck")
    weights = [1.0] if len(results) == 1 else list(map(float, rng.uniform(0.5, 1.5, len(results))))

    def scalar(x: list[Any]) -> Any:
        leaves = function_results(f(*unflatten(structure, x)), "gradcheck")
        return sum((w * leaf for w, leaf in zip(weights, leaves, strict=True)), 0.0)

    if len(point) <= every_coordinate_up_to:
        checked = [(name, _unit(i, len(point))) for i, name in enumerate(names)]
    else:
        checked = [
            (f"direction {i + 1}", list(map(float, rng.standard_normal(len(point)))))
            for i in range(directions)
        ]
    for k in range(1, order + 1):
        _check_once(scalar, point, checked, k, step, rtol, atol)
        scalar = _combined_gradient(scalar, list(map(float, rng.uniform(0.5, 1.5, len(point)))))
    return True


def _values(numbers: list[float]) -> list[Value]:
    return [Value(number) for number in numbers]


def _unit(i: int, n: int) -> list[float]:
    return [1.0 if j == i else 0.0 for j in range(n)]


def _combined_gradient(f: Callable[..., Any], weights: list[float]) -> Callable[..., Any]:
    gradient = grad(f)

    def combined(x: list[Any]) -> Any:
        return sum((w * g for w, g in zip(weights, gradient(x), strict=True)), 0.0)

    return combined


def _check_once(
    f: Callable[..., Any], point: list[float], checked: list[tuple[str, list[float]]],
    order: int, step: float, rtol: float, atol: float,
) -> None:  # fmt: skip
    _, gradient = value_and_grad(f)(point)
    rows, wrong = [], False
    for name, direction in checked:
        h = step * max([1.0] + [abs(x) for x, d in zip(point, direction, strict=True) if d])
        ahead, behind = (
            float(f(_values([x + sign * h * d for x, d in zip(point, direction, strict=True)])))
            for sign in (1.0, -1.0)
        )
        numeric = (ahead - behind) / (2.0 * h)
        reverse = float(sum(float(g) * d for g, d in zip(gradient, direction, strict=True)))
        forward = float(_number(jvp(f, (point,), (direction,))[1]))
        for mode, analytic in (("reverse", reverse), ("forward", forward)):
            difference = abs(analytic - numeric)
            good = difference <= atol + rtol * abs(numeric)  # False for nan
            wrong = wrong or not good
            rows.append(
                (name, mode, *map(_digits, (analytic, numeric, difference)), "" if good else "<--")
            )
    if wrong:
        rows.insert(0, ("input", "mode", "analytic", "numeric", "difference", ""))
        widths = [max(len(row[i]) for row in rows) for i in range(6)]
        table = "\n".join(
            "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip()
            for row in rows
        )
        raise GradcheckError(f"derivatives of order {order} differ\n{table}")


def _number(value: Any) -> float:
    return float(value.data) if isinstance(value, Value) else value


def _digits(number: float) -> str:
    return significant(number, 8)


def _names(structure: Any, prefix: str = "input") -> list[str]:
    if isinstance(structure, (list, tuple)):
        return [n for i, part in enumerate(structure) for n in _names(part, f"{prefix}[{i}]")]
    label = structure.label if isinstance(structure, Value) else ""
    return [label or prefix]
