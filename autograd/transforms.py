"""Derivatives of functions: grad, value_and_grad, vjp, jvp, jacobian, hessian.

Each takes a function written with ordinary arithmetic and the functions of `autograd`,
and gives another function.  The arguments are floats, ndarrays, Values, Tensors, or
(nested) lists, tuples and dicts of them, and a derivative has the structure of the argument
it belongs to.  A namedtuple stays one; other kinds of list, tuple and dict become plain ones.
What goes along with a structure, a tangent or a cotangent, has its keys and its nesting.

A derivative is a float or an ndarray when all that it depends on is plain numbers.  For an
argument that was a Value it is a Value, for a Tensor a Tensor, and so it is if the function
uses or makes other nodes: it can then be differentiated again.  This is what makes
``grad(grad(f))`` work to any order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from typing import Any

import numpy as np

from autograd import array_functions, contexts, graph, primitives
from autograd.dual import dual, is_dual, new_level, without_tangents
from autograd.formatting import shown
from autograd.graph import Node, topological_order
from autograd.operands import as_flag, as_operand
from autograd.operations import apply
from autograd.tensor import Tensor
from autograd.value import Value

__all__ = ["grad", "gradients", "hessian", "jacobian", "jvp", "value_and_grad", "vjp"]

ArgNums = int | Sequence[int]


# --- structures: nested lists, tuples and dicts of numbers and arrays --------------------------


def function_results(result: Any, where: str) -> list[Any]:
    """List the numbers that a function has returned; TypeError if there is none."""
    if result is None:
        raise TypeError(f"{where}: the function returned None; did it forget to return its result?")
    return flatten(result, f"{where}, of what the function returned,")


def flatten(structure: Any, where: str) -> list[Any]:
    """List the numbers and arrays of a structure in order.

    Raises:
        TypeError: a part of it is neither.
        ValueError: it is nested too deep, or contains itself.
    """
    try:
        return _flattened(structure, where)
    except RecursionError:
        raise ValueError(
            f"{where} takes lists and dicts that are not nested so deep, and do not contain "
            "themselves"
        ) from None


def _flattened(structure: Any, where: str) -> list[Any]:
    if isinstance(structure, (list, tuple)):
        return [leaf for part in structure for leaf in _flattened(part, where)]
    if isinstance(structure, dict):
        return [leaf for part in structure.values() for leaf in _flattened(part, where)]
    if structure.__class__ is np.ndarray and structure.dtype.kind in "fiub" and not structure.ndim:
        return [structure]
    return [as_operand(structure, where, arrays=True)]


def _matched(like: Any, part: Any) -> list[Any] | None:
    """List what stands in the places of the leaves of `like`, in their order: dicts go by key.

    None if the part has other keys, lengths or nesting.
    """
    if isinstance(like, dict):
        if not isinstance(part, dict) or part.keys() != like.keys():
            return None
        pairs = [(inner, part[key]) for key, inner in like.items()]
    elif isinstance(like, (list, tuple)):
        if not isinstance(part, (list, tuple)) or len(part) != len(like):
            return None
        pairs = list(zip(like, part, strict=True))
    else:
        return None if isinstance(part, (list, tuple, dict)) else [part]
    found: list[Any] = []
    for inner, beside in pairs:
        leaves = _matched(inner, beside)
        if leaves is None:
            return None
        found += leaves
    return found


def unflatten(structure: Any, leaves: Sequence[Any]) -> Any:
    """Return `leaves` in the lists, tuples and dicts of `structure`."""
    return _filled(structure, iter(leaves))


def _filled(part: Any, supply: Iterator[Any]) -> Any:
    # no function inside `unflatten`: one that calls itself would be a cycle, with the leaves in it
    if isinstance(part, dict):
        return {key: _filled(p, supply) for key, p in part.items()}
    if isinstance(part, (list, tuple)):
        parts = [_filled(p, supply) for p in part]
        if isinstance(part, tuple) and hasattr(part, "_make"):  # of a namedtuple
            return part._make(parts)
        return parts if isinstance(part, list) else tuple(parts)
    return next(supply)


def shape_of(leaf: Any) -> tuple[int, ...]:
    """Return the shape of a number, an array or a node."""
    return np.shape(getattr(leaf, "_datum", leaf))


# --- the derivative of one result with respect to fresh variables ----------------------------


def _fresh(value: Any) -> Any:
    """Return a variable of its own with the value of `value`, differentiable through to it."""
    if _carries(value):
        return dual(_fresh(value.primal), value.tangent, value.level)
    if isinstance(value, Node):
        return apply(primitives.identity, value)
    return Tensor(value) if isinstance(value, np.ndarray) else Value(value)


def _carries(value: Any) -> bool:
    return is_dual(value, getattr(value, "level", 0))


def _pull_back(root: Any, nodes: list[Any], seed: Any) -> list[Any]:
    """Return seed * d root / d node for each node, as nodes where they depend on nodes."""
    level = max((d.level for d in (root, seed) if _carries(d)), default=0)
    if level:  # the derivative of a + a'ε, pulled back with s + s'ε
        (a, da), (s, ds) = _parts(root, level), _parts(seed, level)
        primals = _pull_back(a, nodes, s)
        tangents = [_zero(node) for node in nodes] if da is None else _pull_back(da, nodes, s)
        if ds is not None:
            more = _pull_back(a, nodes, ds)
            tangents = [t + m for t, m in zip(tangents, more, strict=True)]
        return [dual(p, t, level) for p, t in zip(primals, tangents, strict=True)]
    if not isinstance(root, Node):
        return [_zero(node) for node in nodes]
    ours = set(nodes)
    order = topological_order(root)
    depends = isinstance(seed, Node) or any(n.is_leaf and n not in ours for n in order)
    if root._is_array and not isinstance(seed, Node):
        seed = np.broadcast_to(np.asarray(seed, root._datum.dtype), root._datum.shape)
    found = graph.gradients(root, nodes, seed, create_graph=depends)
    # numpy's: an adjoint may be an array that another node holds too
    return [np.array(g) if isinstance(g, (np.ndarray, np.generic)) else g for g in found]


def _zero(node: Any) -> Any:
    return node._nothing()


def _parts(value: Any, level: int) -> tuple[Any, Any]:
    if is_dual(value, level):
        return value.primal, value.tangent
    return value, None  # not 0.0, which times an inf would be nan


def as_function(f: Any, where: str) -> Callable[..., Any]:
    """Return a function as it is; TypeError if it is none."""
    if not callable(f) or isinstance(f, Node):
        raise TypeError(f"{where} takes a function, not {shown(f)}")
    return f  # type: ignore[no-any-return]


def _as_result(result: Any, where: str) -> Any:
    if isinstance(result, (list, tuple, dict)):
        raise TypeError(
            f"{where} takes a function that returns one number, and it returned a "
            f"{type(result).__name__} of {len(result)}: use jacobian or vjp"
        )
    root = function_results(result, where)[0]
    shape = shape_of(root)
    if any(n != 1 for n in shape):
        raise TypeError(
            f"{where} takes a function that returns one number, and it returned an array of "
            f"shape {shape}: take its .sum() or .mean(), or use jacobian or vjp"
        )
    return root


def selected(argnums: ArgNums, args: tuple[Any, ...], where: str) -> tuple[int, ...]:
    """Return the positions that `argnums` names; ValueError if there is no such argument."""
    numbers = argnums if isinstance(argnums, (list, tuple)) else (argnums,)
    for number in numbers:
        if not isinstance(number, int) or not -len(args) <= number < len(args):
            raise ValueError(
                f"{where}: argnums={shown(argnums)}, but the function was called with "
                f"{len(args)} positional argument{'' if len(args) == 1 else 's'}"
            )
    selected = tuple(number % len(args) for number in numbers)
    if len(set(selected)) < len(selected):
        raise ValueError(f"{where}: argnums={shown(argnums)} names an argument twice")
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
            self.nodes = [without_tangents(v) for leaves in self.variables for v in leaves]
            self.result = contexts.transformed(self.nodes, f, *call, **kwargs)

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
        """Return the gradient as a node for an argument that was one."""
        if isinstance(given, Node) and not isinstance(gradient, Node):
            return Tensor(gradient) if given._is_array else Value(gradient)
        return gradient

    def outside(self, result: Any) -> Any:
        """Return a result as the caller sees it: plain unless it depends on another node."""
        if _carries(result):
            return dual(self.outside(result.primal), self.outside(result.tangent), result.level)
        if not isinstance(result, Node):
            return result
        ours = set(self.nodes)
        if any(node.is_leaf and node not in ours for node in topological_order(result)):
            return result
        return result._datum.copy()[()] if result._is_array else result._datum


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
    >>> grad(lambda w: (w * w).sum())(np.array([1.0, 2.0]))
    array([2., 4.])
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
        trace = _Trace(f, args, kwargs, selected(argnums, args, "grad"), "grad")
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
        matched = _matched(trace.result, cotangent)
        if matched is None:
            raise ValueError(
                f"the cotangent {shown(cotangent)} has not the keys and the nesting of the "
                "function's result"
            )
        seeds = flatten(matched, "a cotangent")
        for seed, root in zip(seeds, roots, strict=True):
            if shape_of(seed) != shape_of(root):
                raise ValueError(
                    f"a cotangent of shape {shape_of(seed)} for a result of {shape_of(root)}"
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
    matched = _matched(primals, tangents)
    directions = flatten(list(tangents) if matched is None else matched, "a tangent of jvp")
    if matched is None or list(map(shape_of, points)) != list(map(shape_of, directions)):
        raise ValueError(f"the tangents {shown(tangents)} have not the structure of the primals")
    level = new_level()
    duals = [dual(p, _like(t, p), level) for p, t in zip(points, directions, strict=True)]
    with contexts.dual_numbers():
        result = f(*unflatten(tuple(primals), duals))
    leaves = function_results(result, "jvp")
    varies = [is_dual(leaf, level) for leaf in leaves]
    parts = [
        (_plain(_own(o.primal)), _own(o.tangent)) if v else (o, _no_tangent(o))
        for o, v in zip(leaves, varies, strict=True)
    ]
    return unflatten(result, [p for p, _ in parts]), unflatten(result, [t for _, t in parts])


def _own(part: Any) -> Any:
    """Return a part of a dual number that may be the caller's as another array or node."""
    if isinstance(part, np.ndarray):
        return part.copy()
    if isinstance(part, Node) and part.is_leaf and not _carries(part):
        return apply(primitives.identity, part)
    return part


def _plain(result: Any) -> Any:
    return result[()] if isinstance(result, np.ndarray) else result


def _like(tangent: Any, primal: Any) -> Any:
    """Return a tangent in the dtype of an array that is float32."""
    if isinstance(tangent, np.ndarray) and getattr(primal, "dtype", None) == np.float32:
        with np.errstate(over="ignore"):
            return tangent.astype(np.float32)
    return tangent


def _no_tangent(leaf: Any) -> Any:
    return np.zeros(shape_of(leaf)) if shape_of(leaf) else 0.0


# --- whole matrices ------------------------------------------------------------------------------


def jacobian(f: Callable[..., Any], argnums: ArgNums = 0) -> Callable[..., Any]:
    """Return the function that computes every derivative of every result of `f`.

    The outer structure is that of the result and the inner one that of the argument: for
    lists of m results and n numbers, m lists of n; for arrays an array of the result's
    shape and then the argument's.

    >>> jacobian(lambda x: [x[0] * x[1], x[0] + x[1]])([2.0, 3.0])
    [[3.0, 2.0], [1.0, 1.0]]
    >>> jacobian(lambda x: x * x)(np.array([2.0, 3.0]))
    array([[4., 0.],
           [0., 6.]])
    """
    as_function(f, "jacobian")

    def matrix(*args: Any, **kwargs: Any) -> Any:
        trace = _Trace(f, args, kwargs, selected(argnums, args, "jacobian"), "jacobian")
        roots = function_results(trace.result, "jacobian")
        rows = [_rows(trace, root) for root in roots]
        parts = [
            unflatten(trace.result, [row[i] for row in rows]) for i in range(len(trace.structures))
        ]
        return _one(argnums, parts)

    return matrix


def _rows(trace: _Trace, root: Any) -> list[Any]:
    """Return d root / d argument in each argument's structure, the root's axes first."""
    shape = shape_of(root)
    if not shape:
        return trace.pull_back(root)
    rows = []
    for place in np.ndindex(shape):
        seed = np.zeros(shape)
        seed[place] = 1.0
        rows.append(trace.pull_back(root, seed))
    return [
        unflatten(
            structure,
            [
                _stacked([flatten(row[i], "jacobian")[j] for row in rows], shape + shape_of(given))
                for j, given in enumerate(trace.given[i])
            ],
        )
        for i, structure in enumerate(trace.structures)
    ]


def _stacked(parts: list[Any], shape: tuple[int, ...]) -> Any:
    if not parts:
        return np.zeros(shape)
    return array_functions.reshape(array_functions.stack(parts), shape)


def hessian(f: Callable[..., Any], argnums: int = 0) -> Callable[..., Any]:
    """Return the function that computes the second derivatives of `f`.

    >>> hessian(lambda x: x[0] ** 2 * x[1])([2.0, 3.0])
    [[6.0, 4.0], [4.0, 0.0]]
    """
    if not isinstance(argnums, int):
        raise TypeError("hessian differentiates by one argument: put the variables in one list")
    return jacobian(grad(f, argnums), argnums)


# --- graphs that are there already ---------------------------------------------------------------


def gradients(
    root: Value | Tensor, wrt: Any, create_graph: bool = False, *, copy: bool = True
) -> Any:
    """Return d root / d node for each Value or Tensor of `wrt`, without touching any `.grad`.

    Args:
        root: the Value, or Tensor of one element, to differentiate.
        wrt: a node or a (nested) list or tuple of nodes; one that the graph does not
            contain has the gradient 0.
        create_graph: return nodes that can be differentiated again, instead of floats and
            ndarrays.
        copy: return arrays that nobody else holds; without, they are only to be read.

    Raises:
        TypeError: `root`, or something in `wrt`, is no node; `create_graph` or `copy` is neither
            True nor False.
        ValueError: `root` is a Tensor of several elements.

    >>> x = Value(3.0)
    >>> gradients(x**2, x), x.grad
    (6.0, None)
    >>> slope = gradients(x**3, x, create_graph=True)
    >>> gradients(slope, x)
    18.0
    """
    if not isinstance(root, Node):
        raise TypeError(f"gradients takes a Value to differentiate, not {shown(root)}")
    nodes = flatten(wrt, "wrt")
    for node in nodes:
        if not isinstance(node, Node):
            raise TypeError(
                f"gradients differentiates by Values and Tensors; {shown(node)} is a plain number"
            )
    create_graph, copy = as_flag(create_graph, "create_graph"), as_flag(copy, "copy")
    seed = root._seed(None) if isinstance(root, Tensor) else 1.0
    found = graph.gradients(root, nodes, seed, create_graph)
    if create_graph:
        found = graph.as_nodes(nodes, found)
    elif contexts.watcher() is not None:  # nodes all the same, but no gradient flows on from them
        found = [g.detach() if isinstance(g, (Value, Tensor)) else g for g in found]
    elif copy:
        found = [np.array(g) if isinstance(g, np.ndarray) else g for g in found]
    return unflatten(wrt, found)
