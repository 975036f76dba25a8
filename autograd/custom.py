"""`primitive`: add a row of your own to the table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from inspect import signature
from typing import Any

import numpy as np

from autograd import contexts, primitives
from autograd.formatting import printable, shown
from autograd.graph import Node
from autograd.operands import as_operand
from autograd.operations import apply
from autograd.primitives import ARRAYS, FLOAT32_ARRAYS, FLOATS, TABLE, Formula, Primitive
from autograd.tensor import TENSORS
from autograd.value import VALUES

__all__ = ["primitive"]

_OPERATORS = frozenset({"|", "&", "<", "<=", ">", ">=", "==", "!=", "@", "[]"})  # of formulas
# the formulas of arrays call m.matmul and its like by name
_BUILT_IN = _OPERATORS | frozenset(TABLE) | frozenset(vars(FLOATS)) | frozenset(vars(TENSORS))

_OF_NUMBERS = (VALUES, TENSORS)  # other readers, of symbols, have other results


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
        raise TypeError(f"partials takes one function for each operand, not {shown(partials)}")

    for told, text in (("name", name), ("symbol", symbol)):
        if text is not None and not isinstance(text, str):
            raise TypeError(f"{told} of a primitive is a str, not {shown(text)}")

    def declare(value: Formula) -> Callable[..., Any]:
        if not callable(value):
            raise TypeError(f"a primitive's value is a function, not {shown(value)}")
        called = name or str(getattr(value, "__name__", "primitive"))
        for what, written in (("name", called), ("symbol", symbol or called)):
            if printable(written) != written:
                raise ValueError(
                    f"the {what} of a primitive is a str of at most 80 characters that can be "
                    f"printed, not {shown(written)}"
                )
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


def _as_plain(result: Any, given: tuple[Any, ...], what: str) -> Any:
    """Return what a formula computed as a float, or an array in the shape of its operands."""
    if result.__class__ is float and not any(x.__class__ is np.ndarray for x in given):
        return result
    if isinstance(result, Node):
        raise TypeError(f"{what} returned {shown(result)}, where plain numbers are computed")
    try:
        result = as_operand(result, what, arrays=True)
    except (TypeError, ValueError):
        raise TypeError(
            f"{what} returned {shown(result)}, not a real number: is a return missing?"
        ) from None
    shapes = {np.shape(x) for x in given}
    if np.shape(result) in shapes and shapes <= {np.shape(result), ()}:
        return result
    try:
        return np.broadcast_to(result, np.broadcast_shapes(*shapes))  # a constant, say
    except (ValueError, RuntimeError):  # the latter of more axes than numpy broadcasts
        raise ValueError(
            f"{what} returned an array of shape {np.shape(result)} for operands of shape "
            f"{' and '.join(map(str, sorted(shapes)))}"
        ) from None


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
        if m is FLOATS or m is ARRAYS or m is FLOAT32_ARRAYS:
            return _as_plain(result, given, what)
        if isinstance(result, (int, np.number)):
            return float(result)
        is_number = isinstance(result, (float, Node, np.ndarray))
        if not is_number and (result is None or any(m is reader for reader in _OF_NUMBERS)):
            raise TypeError(f"{what} returned {shown(result)}, not a number: is a return missing?")
        return result

    return checked
