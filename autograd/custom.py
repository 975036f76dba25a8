"""`primitive`: add a row of your own to the table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from inspect import signature
from typing import Any

import numpy as np

from autograd import contexts, primitives
from autograd.graph import Node
from autograd.operations import apply
from autograd.primitives import ARRAYS, FLOATS, TABLE, Formula, Primitive
from autograd.tensor import TENSORS
from autograd.value import VALUES

__all__ = ["primitive"]

# the formulas of arrays call m.matmul and its like by name
_BUILT_IN = frozenset(TABLE) | frozenset(vars(FLOATS)) | frozenset(vars(TENSORS))

_OF_NUMBERS = (FLOATS, ARRAYS, VALUES, TENSORS)  # other readers, of symbols, have other results


def primitive(
    value: None = None,
    /,
    *,
    partials: Formula | Sequence[Formula] = (),
    symbol: str | None = None,
    name: str | None = None,
) -> Callable[[Formula], Callable[..., Any]]:
    """Declare a function to be a primitive: one node, with the partials you give.

    The decorated function is the row's value formula and every formula takes the
    namespace `m` first (see `autograd.primitives`).  Write ``m.exp`` rather than
    ``math.exp`` in the partials, and they can be differentiated again.

    Args:
        value: nothing; it is there to explain a missing pair of parentheses.
        partials: a formula ``partial(m, out, *operands)`` for each operand.
        symbol: what diagrams draw; the name if not given.
        name: what messages say; the function's name if not given.

    Returns:
        A function of numbers and Values, like those of `autograd`; it works in backward,
        in forward mode, in higher orders and in diagrams.

    Raises:
        TypeError: a partial is not a function.
        ValueError: the name is one of the table's own.

    >>> @primitive(partials=lambda m, out, x: 2 * x * out, symbol="e^x²")
    ... def exp_square(m, x):
    ...     return m.exp(x * x)
    >>> from autograd import Value, grad
    >>> x = Value(1.0)
    >>> exp_square(x)
    Value(2.718)
    >>> round(grad(grad(exp_square))(1.0), 6)      # (2 + 4x²) exp(x²)
    16.309691
    """
    if value is not None:
        raise TypeError(
            "primitive needs to be told the partials: write "
            "@primitive(partials=lambda m, out, x: …) above the function"
        )
    formulas = partials if isinstance(partials, (list, tuple)) else (partials,)
    if not formulas or not all(callable(formula) for formula in formulas):
        raise TypeError(f"partials takes one function for each operand, not {partials!r:.60}")

    def declare(value: Formula) -> Callable[..., Any]:
        if not callable(value):
            raise TypeError(f"a primitive's value is a function, not {value!r:.60}")
        called = name or str(getattr(value, "__name__", "primitive"))
        if called in _BUILT_IN:
            raise ValueError(f"{called!r} is in the table already; give yours another name")
        row = Primitive(
            called,
            symbol or called,
            value.__doc__ or "",
            _checked(value, 1 + len(formulas), f"the value of primitive {called}"),
            *(
                _checked(formula, 2 + len(formulas), f"partial {i} of primitive {called}")
                for i, formula in enumerate(formulas, 1)
            ),
        )

        def function(*operands: Any) -> Any:
            if len(operands) != len(formulas):
                raise TypeError(
                    f"{called} has {len(formulas)} partials and so takes {len(formulas)} "
                    f"operands, not {len(operands)}"
                )
            return apply(row, *operands)

        function.__name__ = function.__qualname__ = called
        function.__doc__ = value.__doc__
        for recording in (VALUES, TENSORS):
            setattr(recording, called, function)
        for namespace in (FLOATS, ARRAYS):
            primitives.add_reading(namespace, row)
        return function

    return declare


def _checked(formula: Formula, arguments: int, what: str) -> Formula:
    """Return the formula with a check that it takes and returns what a formula does."""
    try:
        signature(formula).bind(*range(arguments))
    except TypeError:
        takes = "m, out and" if what.startswith("partial") else "m and"
        raise TypeError(
            f"{what} is called with {arguments} arguments ({takes} the operands), "
            f"which {getattr(formula, '__name__', formula)}{signature(formula)} does not take"
        ) from None

    def checked(m: Any, *given: Any) -> Any:
        if m is VALUES or m is TENSORS:
            with contexts.reading_a_formula():
                result = formula(m, *given)
        else:
            result = formula(m, *given)
        if isinstance(result, (int, np.number)):
            return float(result)
        is_number = isinstance(result, (float, Node, np.ndarray))
        if not is_number and (result is None or any(m is reader for reader in _OF_NUMBERS)):
            raise TypeError(f"{what} returned {result!r:.60}, not a number: is a return missing?")
        return result

    return checked
