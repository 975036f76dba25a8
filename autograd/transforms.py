"""Derivatives of functions: grad, value_and_grad, vjp, jvp, jacobian, hessian.

Each takes a function written with ordinary arithmetic and the functions of `autograd`,
and gives another function.  The arguments are floats, Values, or (nested) lists and
tuples of them, and a derivative has the structure of the argument it belongs to.

A derivative is a float, or a list of floats, when all that it depends on is plain
numbers.  For an argument that was a Value it is a Value, and so it is if the function
uses or makes other Values: it can then be differentiated again.  This is what makes
``grad(grad(f))`` work to any order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from autograd import contexts, graph, primitives
from autograd.dual import Dual, new_level
from autograd.graph import topological_order
from autograd.operands import as_operand
from autograd.value import Value, apply

__all__ = ["grad", "gradients", "hessian", "jacobian", "jvp", "value_and_grad", "vjp"]

ArgNums = int | Sequence[int]


# --- structures: nested lists and tuples of numbers ------------------------------------------


def function_results(result: Any, where: str) -> list[Any]:
    """List the numbers that a function has returned; TypeError if there is none."""
    if result is None:
        raise TypeError(f"{where}: the function returned None; did it forget to return its result?")
    return flatten(result, f"{where}, of what the function returned,")


def flatten(structure: Any, where: str) -> list[Any]:
    """List the numbers of a nested list or tuple in order; TypeError if one is no number."""
    if isinstance(structure, (list, tuple)):
        return [leaf for part in structure for leaf in flatten(part, where)]
    return [as_operand(structure, where)]


def unflatten(structure: Any, leaves: Sequence[Any]) -> Any:
    """Return `leaves` in the lists and tuples of `structure`."""
    supply = iter(leaves)

    def build(part: Any) -> Any:
        if isinstance(part, (list, tuple)):
            parts = [build(p) for p in part]
            return parts if isinstance(part, list) else tuple(parts)
        return next(supply)

    return build(structure)


def _shape(structure: Any) -> Any:
    return [_shape(p) for p in structure] if isinstance(structure, (list, tuple)) else None


# --- the derivative of one result with respect to fresh variables ----------------------------


def _fresh(value: Any) -> Any:
    """Return a variable of its own with the value of `value`, differentiable through to it."""
    if isinstance(value, Dual):
        return Dual(_fresh(value.primal), value.tangent, value.level)
    if isinstance(value, Value):
        return apply(primitives.identity, value)
    return Value(value)


def _node(variable: Any) -> Any:
    while isinstance(variable, Dual):
        variable = variable.primal
    return variable


def _pull_back(root: Any, nodes: list[Any], seed: Any) -> list[Any]:
    """Return seed * d root / d node for each node, as Values where they depend on Values."""
    level = max((d.level for d in (root, seed) if isinstance(d, Dual)), default=0)
    if level:  # the derivative of a + a'ε, pulled back with s + s'ε
        (a, da), (s, ds) = _parts(root, level), _parts(seed, level)
        primals = _pull_back(a, nodes, s)
        tangents = [0.0] * len(nodes) if da is None else _pull_back(da, nodes, s)
        if ds is not None:
            more = _pull_back(a, nodes, ds)
            tangents = [t + m for t, m in zip(tangents, more, strict=True)]
        return [Dual(p, t, level) for p, t in zip(primals, tangents, strict=True)]
    if not isinstance(root, Value):
        return [0.0 for _ in nodes]
    ours = set(nodes)
    order = topological_order(root)
    depends = isinstance(seed, Value) or any(n.is_leaf and n not in ours for n in order)
    return graph.gradients(root, nodes, seed, create_graph=depends)


def _parts(value: Any, level: int) -> tuple[Any, Any]:
    if isinstance(value, Dual) and value.level == level:
        return value.primal, value.tangent
    return value, None  # not 0.0, which times an inf would be nan


def as_function(f: Any, where: str) -> Callable[..., Any]:
    """Return a function as it is; TypeError if it is none."""
    if not callable(f) or isinstance(f, Value):
        raise TypeError(f"{where} takes a function, not {f!r:.60}")
    return f  # type: ignore[no-any-return]


def _as_result(result: Any, where: str) -> Any:
    if isinstance(result, (list, tuple)):
        raise TypeError(
            f"{where} takes a function that returns one number, and it returned a "
            f"{type(result).__name__} of {len(result)}: use jacobian or vjp"
        )
    return function_results(result, where)[0]


def _selected(argnums: ArgNums, args: tuple[Any, ...], where: str) -> tuple[int, ...]:
    numbers = argnums if isinstance(argnums, (list, tuple)) else (argnums,)
    for number in numbers:
        if not isinstance(number, int) or not -len(args) <= number < len(args):
            raise ValueError(
                f"{where}: argnums={argnums!r}, but the function was called with "
                f"{len(args)} positional argument{'' if len(args) == 1 else 's'}"
            )
    selected = tuple(number % len(args) for number in numbers)
    if len(set(selected)) < len(selected):
        raise ValueError(f"{where}: argnums={argnums!r} names an argument twice")
    return selected


class _Trace:
    """One call of a function on fresh variables in place of the selected arguments."""

    def __init__(
        self, f: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any],
        selected: tuple[int, ...], where: str,
    ) -> None:  # fmt: skip
        self.structures = [args[number] for number in selected]
        with contexts.enable_grad():
            self.given = [flatten(structure, where) for structure in self.structures]
            self.variables = [[_fresh(v) for v in values] for values in self.given]
            call = list(args)
            for number, structure, leaves in zip(
                selected, self.structures, self.variables, strict=True
            ):
                call[number] = unflatten(structure, leaves)
            self.result = f(*call, **kwargs)
        self.nodes = [_node(v) for leaves in self.variables for v in leaves]

    def pull_back(self, root: Any, seed: Any = 1.0) -> list[Any]:
        """Return seed * d root / d argument in the structure of each selected argument."""
        with contexts.enable_grad():
            found = _pull_back(root, self.nodes, seed)
        supply = iter(found)
        return [
            unflatten(structure, [self._as_input(next(supply), value) for value in values])
            for structure, values in zip(self.structures, self.given, strict=True)
        ]

    @staticmethod
    def _as_input(gradient: Any, given: Any) -> Any:
        """Return the gradient as a Value for an argument that was one."""
        if isinstance(given, Value) and not isinstance(gradient, Value):
            return Value(gradient)
        return gradient

    def outside(self, result: Any) -> Any:
        """Return a result as the caller sees it: a number unless it depends on a Value."""
        if isinstance(result, Dual):
            return Dual(self.outside(result.primal), self.outside(result.tangent), result.level)
        if not isinstance(result, Value):
            return result
        ours = set(self.nodes)
        if any(node.is_leaf and node not in ours for node in topological_order(result)):
            return result
        return result._datum


def _one(argnums: ArgNums, parts: list[Any]) -> Any:
    return parts[0] if isinstance(argnums, int) else tuple(parts)


# --- reverse mode ----------------------------------------------------------------------------


def grad(f: Callable[..., Any], argnums: ArgNums = 0) -> Callable[..., Any]:
    """Return the function that computes the gradient of `f`, by reverse mode.

    Args:
        f: a function that returns one number.
        argnums: which positional argument to differentiate by, or several.

    Raises:
        TypeError: `f` does not return one number, or an argument holds something else.
        ValueError: `argnums` names an argument that is not there.

    >>> grad(lambda x: x**3)(2.0)
    12.0
    >>> grad(grad(grad(lambda x: x**3)))(2.0)
    6.0
    >>> grad(lambda w, x: w[0] * x + w[1])([2.0, 1.0], 5.0)
    [5.0, 1.0]
    """
    both = value_and_grad(as_function(f, "grad"), argnums)

    @wraps(f)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        return both(*args, **kwargs)[1]

    return gradient


def value_and_grad(f: Callable[..., Any], argnums: ArgNums = 0) -> Callable[..., Any]:
    """Return the function that computes ``(f(...), gradient of f)``; see `grad`.

    >>> value_and_grad(lambda x: x**3)(2.0)
    (8.0, 12.0)
    """
    as_function(f, "value_and_grad")

    def both(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        trace = _Trace(f, args, kwargs, _selected(argnums, args, "grad"), "grad")
        root = _as_result(trace.result, "grad")
        return trace.outside(root), _one(argnums, trace.pull_back(root))

    return both


def vjp(f: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """Return ``f(*primals)`` and the function that multiplies a cotangent by its Jacobian.

    Args:
        f: a function that returns a number or a (nested) list of numbers.
        primals: the arguments, all of which are differentiated by.

    Returns:
        The result, and a function from a cotangent of the result's structure to a tuple
        with cotangent · d f / d primal for each primal.

    >>> result, pull_back = vjp(lambda x, y: [x * y, x + y], 2.0, 3.0)
    >>> result, pull_back([1.0, 10.0])
    ([6.0, 5.0], (13.0, 12.0))
    """
    trace = _Trace(as_function(f, "vjp"), primals, {}, tuple(range(len(primals))), "vjp")
    roots = function_results(trace.result, "vjp")

    def pull_back(cotangent: Any) -> tuple[Any, ...]:
        seeds = flatten(cotangent, "a cotangent")
        if len(seeds) != len(roots):
            raise ValueError(
                f"the cotangent has {len(seeds)} numbers and the function's result {len(roots)}"
            )
        parts = [trace.pull_back(r, s) for r, s in zip(roots, seeds, strict=True)]
        if not parts:
            parts = [trace.pull_back(0.0)]
        return tuple(_add_structures(list(part)) for part in zip(*parts, strict=True))

    return unflatten(trace.result, [trace.outside(root) for root in roots]), pull_back


def _add_structures(structures: list[Any]) -> Any:
    flat = [flatten(structure, "vjp") for structure in structures]
    sums = [sum(leaves[1:], leaves[0]) for leaves in zip(*flat, strict=True)]
    return unflatten(structures[0], sums)


# --- forward mode ------------------------------------------------------------------------------


def jvp(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """Return ``f(*primals)`` and its derivative along `tangents`, by forward mode.

    One pass that computes with dual numbers: no graph is recorded, so memory does not
    grow with the length of the computation.

    Raises:
        ValueError: the tangents have not the structure of the primals.

    >>> jvp(lambda x, y: x * y, (2.0, 3.0), (1.0, 0.0))
    (6.0, 3.0)
    """
    if not isinstance(primals, (list, tuple)) or not isinstance(tangents, (list, tuple)):
        raise TypeError("jvp takes its primals and tangents as tuples: jvp(f, (x,), (1.0,))")
    as_function(f, "jvp")
    points = flatten(list(primals), "a primal of jvp")
    directions = flatten(list(tangents), "a tangent of jvp")
    if _shape(primals) != _shape(tangents):
        raise ValueError(f"the tangents {tangents!r:.60} have not the structure of the primals")
    level = new_level()
    duals = [Dual(p, t, level) for p, t in zip(points, directions, strict=True)]
    with contexts.dual_numbers():
        result = f(*unflatten(tuple(primals), duals))
    leaves = function_results(result, "jvp")
    varies = [isinstance(leaf, Dual) and leaf.level == level for leaf in leaves]
    return (
        unflatten(result, [o.primal if v else o for o, v in zip(leaves, varies, strict=True)]),
        unflatten(result, [o.tangent if v else 0.0 for o, v in zip(leaves, varies, strict=True)]),
    )


# --- whole matrices ------------------------------------------------------------------------------


def jacobian(f: Callable[..., Any], argnums: ArgNums = 0) -> Callable[..., Any]:
    """Return the function that computes every derivative of every result of `f`.

    The outer structure is that of the result and the inner one that of the argument: for
    lists of m results and n numbers, m lists of n.

    >>> jacobian(lambda x: [x[0] * x[1], x[0] + x[1]])([2.0, 3.0])
    [[3.0, 2.0], [1.0, 1.0]]
    """
    as_function(f, "jacobian")

    def matrix(*args: Any, **kwargs: Any) -> Any:
        trace = _Trace(f, args, kwargs, _selected(argnums, args, "jacobian"), "jacobian")
        roots = function_results(trace.result, "jacobian")
        rows = [trace.pull_back(root) for root in roots]
        parts = [
            unflatten(trace.result, [row[i] for row in rows]) for i in range(len(trace.structures))
        ]
        return _one(argnums, parts)

    return matrix


def hessian(f: Callable[..., Any], argnums: int = 0) -> Callable[..., Any]:
    """Return the function that computes the second derivatives of `f`.

    >>> hessian(lambda x: x[0] ** 2 * x[1])([2.0, 3.0])
    [[6.0, 4.0], [4.0, 0.0]]
    """
    if not isinstance(argnums, int):
        raise TypeError("hessian differentiates by one argument: put the variables in one list")
    return jacobian(grad(f, argnums), argnums)


# --- graphs that are there already ---------------------------------------------------------------


def gradients(root: Value, wrt: Any, create_graph: bool = False) -> Any:
    """Return d root / d value for each Value of `wrt`, without touching any `.grad`.

    Args:
        root: the Value to differentiate.
        wrt: a Value or a (nested) list or tuple of Values; one that the graph does not
            contain has the gradient 0.
        create_graph: return Values that can be differentiated again, instead of floats.

    >>> x = Value(3.0)
    >>> gradients(x**2, x), x.grad
    (6.0, None)
    >>> slope = gradients(x**3, x, create_graph=True)
    >>> gradients(slope, x)
    18.0
    """
    if not isinstance(root, Value):
        raise TypeError(f"gradients takes a Value to differentiate, not {root!r:.60}")
    nodes = flatten(wrt, "wrt")
    for node in nodes:
        if not isinstance(node, Value):
            raise TypeError(f"gradients differentiates by Values; {node!r} is a plain number")
    found = graph.gradients(root, nodes, 1.0, create_graph)
    if create_graph:
        found = [g if isinstance(g, Value) else Value(g) for g in found]
    return unflatten(wrt, found)
