"""gradcheck: the table and the chain rule against plain differences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.formatting import shown, significant
from autograd.graph import Node
from autograd.operands import as_number, is_whole
from autograd.tensor import Tensor
from autograd.transforms import (
    as_function,
    flatten,
    function_results,
    grad,
    jvp,
    shape_of,
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
        f: a function of numbers or arrays, or of lists of them.
        inputs: its arguments.
        order: how many times to differentiate, from 1 to 10.
        step: the h of (f(x + h) - f(x - h)) / 2h, relative to max(1, abs(x)).
        rtol: the difference allowed, relative to the numeric value.
        atol: the difference allowed on top of that.
        every_coordinate_up_to: with more inputs than this, random directions are used.
        directions: how many of them; with no more inputs than that, none are needed.
        seed: of the random directions and combinations.

    Returns:
        True; a difference raises.

    Raises:
        GradcheckError: with a table of input, analytic, numeric, difference.

    Source: central differences, e.g. Press et al., Numerical Recipes, section 5.7.

    >>> gradcheck(lambda x, y: (x * y).sin() + x**3, (0.5, 2.0))
    True
    """
    if not isinstance(order, int) or not 1 <= order <= _HIGHEST:
        raise ValueError(
            f"order is a whole number of at most {_HIGHEST} and at least 1, not {shown(order)}"
        )
    for name, count, least in (
        ("every_coordinate_up_to", every_coordinate_up_to, 0),
        ("directions", directions, 1),
        ("seed", seed, 0),
    ):
        if not is_whole(count) or count < least:
            raise ValueError(f"{name} is a whole number of at least {least}, not {shown(count)}")
    step, rtol, atol = (
        as_number(number, name)
        for name, number in (("step", step), ("rtol", rtol), ("atol", atol))
    )
    if not 0.0 < step < np.inf or not rtol >= 0.0 or not atol >= 0.0:
        raise ValueError(
            f"step is above 0, and rtol and atol are not below it: not {step}, {rtol} and {atol}"
        )
    if not isinstance(inputs, (list, tuple)):
        raise TypeError(f"inputs is the tuple of the arguments, (x,) for one, not {shown(inputs)}")
    as_function(f, "gradcheck")
    structure = list(inputs)
    point = [_plain(v) for v in flatten(structure, "an input of gradcheck")]
    rng = np.random.default_rng(seed)
    results = function_results(f(*unflatten(structure, _variables(point))), "gradcheck")
    if not results:
        raise TypeError("gradcheck: the function returned an empty structure, of no numbers")
    weights = [_random(rng, result) for result in results] if len(results) > 1 else [1.0]
    if len(results) == 1 and shape_of(results[0]):
        weights = [_random(rng, results[0])]

    def scalar(x: list[Any]) -> Any:
        leaves = function_results(f(*unflatten(structure, x)), "gradcheck")
        return _combined(weights, leaves)

    names, units = _coordinates(structure, point)
    if len(units) <= max(every_coordinate_up_to, directions):
        checked = list(zip(names, units, strict=True))
    else:
        checked = [
            (f"direction {i + 1}", [_normal(rng, x) for x in point]) for i in range(directions)
        ]
    for k in range(1, order + 1):
        with np.errstate(all="ignore"):  # a nan is reported in the table
            _check_once(scalar, point, checked, k, step, rtol, atol)
        scalar = _combined_gradient(scalar, [_random(rng, x) for x in point])
    return True


_HIGHEST = 10
"""Every order takes several times as long as the one before."""


def _plain(leaf: Any) -> Any:
    data = getattr(leaf, "_datum", leaf)
    return np.asarray(data, dtype=float) if isinstance(data, np.ndarray) else float(data)


def _variables(leaves: list[Any]) -> list[Value | Tensor]:
    return [Tensor(x) if isinstance(x, np.ndarray) else Value(x) for x in leaves]


def _random(rng: np.random.Generator, like: Any) -> Any:
    """Return numbers around 1 with the shape of `like`."""
    shape = shape_of(like)
    numbers = rng.uniform(0.5, 1.5, shape)
    return numbers if shape else float(numbers)


def _normal(rng: np.random.Generator, like: Any) -> Any:
    shape = shape_of(like)
    numbers = rng.standard_normal(shape)
    return numbers if shape else float(numbers)


def _combined(weights: list[Any], leaves: list[Any]) -> Any:
    """Return the sum over all the numbers of all the leaves, each times its weight."""
    total: Any = 0.0
    for weight, leaf in zip(weights, leaves, strict=True):
        product = weight * leaf
        total = total + (product.sum() if shape_of(product) else product)
    return total


def _combined_gradient(f: Callable[..., Any], weights: list[Any]) -> Callable[..., Any]:
    gradient = grad(f)

    def combined(x: list[Any]) -> Any:
        return _combined(weights, gradient(x))

    return combined


def _coordinates(structure: Any, point: list[Any]) -> tuple[list[str], list[list[Any]]]:
    """Return the name of each single number of the inputs, and the direction along it."""
    names, units = [], []
    for i, (name, x) in enumerate(zip(_names(structure), point, strict=True)):
        for place in np.ndindex(shape_of(x)):
            unit: list[Any] = [np.zeros_like(x) if shape_of(x) else 0.0 for x in point]
            if place:
                unit[i][place] = 1.0
            else:
                unit[i] = unit[i] + 1.0
            names.append(name + (f"[{','.join(map(str, place))}]" if place else ""))
            units.append(unit)
    return names, units


def _check_once(
    f: Callable[..., Any], point: list[Any], checked: list[tuple[str, list[Any]]],
    order: int, step: float, rtol: float, atol: float,
) -> None:  # fmt: skip
    _, gradient = value_and_grad(f)(point)
    rows, wrong = [], False
    for name, direction in checked:
        h = step * max(
            [1.0]
            + [
                float(np.abs(np.where(np.asarray(d) != 0.0, x, 0.0)).max(initial=0.0))
                for x, d in zip(point, direction, strict=True)
            ]
        )
        ahead, behind = (
            float(f(_variables([x + sign * h * d for x, d in zip(point, direction, strict=True)])))
            for sign in (1.0, -1.0)
        )
        numeric = (ahead - behind) / (2.0 * h)
        reverse = float(_combined(direction, gradient))
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
    return float(value._datum) if isinstance(value, Node) else value


def _digits(number: float) -> str:
    return significant(number, 8)


def _names(structure: Any, prefix: str = "input") -> list[str]:
    if isinstance(structure, (list, tuple)):
        return [n for i, part in enumerate(structure) for n in _names(part, f"{prefix}[{i}]")]
    if isinstance(structure, dict):
        return [n for key, part in structure.items() for n in _names(part, f"{prefix}[{key!r}]")]
    label = structure.label if isinstance(structure, Node) else ""
    return [label or prefix]
