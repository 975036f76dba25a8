"""A graph as one formula, and its derivative as another.

`formula` writes the expression that was computed; `derivative` multiplies and adds the local
derivatives of the table along the graph, with symbols where a backward pass has numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from autograd.array_primitives import Applied
from autograd.formatting import shown, significant
from autograd.graph import Node
from autograd.operands import as_flag, as_number
from autograd.symbolic import (
    NOTHING,
    Call,
    Expression,
    Name,
    Number,
    Simplifier,
    call,
    evaluate,
    fold,
    latex,
    replaced,
    text,
)
from viz.long_formulas import Definition, in_lines
from viz.nodes import AnyNode, leading_to, symbol
from viz.notation import Notation
from viz.steps import require_value

__all__ = ["Formula", "derivative", "formula"]


class Formula:
    """A formula of a graph, with the numbers that its leaves hold when it is made.

    ``str()`` writes it as text and a notebook shows it as LaTeX.

    Attributes:
        definitions: the lines; the last is what was asked for.
        value: its value at those numbers; of Tensors, the array that was computed.
    """

    def __init__(
        self,
        definitions: Sequence[Definition],
        graph: _Named | None,
        result: Expression | Any,
        show_numbers: bool = False,
    ) -> None:
        self.definitions = tuple(definitions)
        self._graph = graph  # None of Tensors,
        self._result = result  # whose result is an array; else an expression of named values
        self._show_numbers = show_numbers

    @property
    def expression(self) -> Expression:
        """What was asked for, as an expression of `autograd.symbolic`."""
        return self.definitions[-1].expression

    @cached_property
    def value(self) -> Any:
        """Its value at the numbers that the leaves held when it was made."""
        return self._result if self._graph is None else self.evaluate()

    def evaluate(self, numbers: Mapping[str, float] | None = None) -> float:
        """Return the value at other numbers.

        Args:
            numbers: by name, of leaves or of named values; a leaf that is left out keeps its
                number, and what follows from the leaves is computed again.

        Raises:
            ValueError: the formula has no such name.
            TypeError: it is a formula of Tensors; `numbers` is not a dict of numbers.

        >>> from autograd import Value
        >>> x, y = Value(3.0, label="x"), Value(2.0, label="y")
        >>> formula(x * x + y).evaluate({"x": 4.0})
        18.0
        """
        if self._graph is None:
            raise TypeError("a formula of Tensors is not evaluated: call the function again")
        if numbers is not None and not isinstance(numbers, Mapping):
            raise TypeError(f"evaluate takes a dict {{name: number}}, not {shown(numbers)}")
        given = {
            name: as_number(number, f"the number for {shown(name)}")
            for name, number in (numbers or {}).items()
        }
        return evaluate(self._result, self._graph.evaluated(given))

    def with_numbers(self) -> str:
        """Return the last line with the number of each name in its place, to 4 digits.

        Raises:
            TypeError: it is a formula of Tensors.

        >>> from autograd import Value
        >>> w, x = Value(3.0, label="w"), Value(-2.0, label="x")
        >>> formula((w * x).tanh()).with_numbers()
        'tanh(3·(−2))'
        """
        return text(self._substituted(), digits=4)

    def text(self, ascii: bool = False) -> str:
        """Return the lines of the formula.

        Args:
            ascii: whether to keep to ASCII, as far as the names do.
        """
        lines = [_equation(d.name, text(d.expression, ascii)) for d in self.definitions]
        if self._show_numbers:
            indent = " " * len(self.definitions[-1].name)
            lines.append(f"{indent} = {text(self._substituted(), ascii, digits=4)}")
            lines.append(f"{indent} = {significant(self.value)}")
        return "\n".join(lines)

    def latex(self) -> str:
        """Return the formula as LaTeX for math mode, several lines in an ``aligned``."""
        pairs = [(d.latex, latex(d.expression)) for d in self.definitions]
        if self._show_numbers:
            pairs += [("", latex(self._substituted(), digits=4))]
            pairs += [("", latex(Number(self.value), digits=4))]
        if len(pairs) == 1:
            return _equation(*pairs[0])
        lines = [f"{left} &= {right}" for left, right in pairs]
        return "\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}"

    def _substituted(self) -> Expression:
        if self._graph is None:
            raise TypeError("a formula of Tensors has no room for their numbers: see draw")
        known = self._graph.evaluated({})
        for definition in self.definitions[:-1]:  # of shared parts
            if definition.name not in known:
                known[definition.name] = evaluate(definition.expression, known)
        names: dict[Name, Expression] = {}

        def visit(part: Expression, _: list[None]) -> None:
            if isinstance(part, Name):
                names[part] = Number(known[part.text])

        fold(self.expression, visit)
        return replaced(self.expression, names)

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return f"<formula {self.text().splitlines()[-1]:.100}>"

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"


def formula(
    root: AnyNode, *, expand: bool = True, labels: Mapping[Any, str] | None = None
) -> Formula:
    r"""Return the expression that computed `root`, as a formula.

    Leaves stand by their labels, one without a label by the id that `tree` shows, ``n3``.  If
    the whole does not fit into one line, parts that it uses several times have lines of their
    own.

    Args:
        root: a Value or a Tensor.
        expand: whether to write labelled values out down to the leaves; otherwise each has a
            line of its own.
        labels: names that override `.label`.

    Raises:
        TypeError: `root` or `labels` is not made of Values and Tensors, or `expand` is neither
            True nor False.

    >>> from autograd import Value
    >>> x, w, b = Value(2.0, label="x"), Value(-3.0, label="w"), Value(6.88, label="b")
    >>> z = w * x + b
    >>> y = z.tanh()
    >>> y.label, z.label = "y", "z"
    >>> print(formula(y))
    y = tanh(w·x + b)
    >>> print(formula(y, expand=False))
    z = w·x + b
    y = tanh(z)
    >>> print(formula(y).latex())
    y = \tanh\left(w \cdot x + b\right)
    """
    names = Notation(root, labels)
    expand = as_flag(expand, "expand")
    graph = _Named(names)
    if not expand:
        lines = [
            Definition(names[node].text, latex(names[node]), graph.derived[names[node].text])
            for node in names.order
            if names[node].text in graph.derived
        ]
    if expand or not lines:
        name = (names[root].text, latex(names[root])) if names.is_labelled(root) else ("", "")
        lines = [Definition(*name, _written_out(names))]
    found = in_lines(names, lines)
    if any(node._is_array for node in names.order):
        return Formula(found, None, np.array(root._datum))
    return Formula(found, graph, names[root])


def derivative(
    root: AnyNode,
    wrt: AnyNode,
    *,
    expand: bool = False,
    numbers: bool = False,
    labels: Mapping[Any, str] | None = None,
) -> Formula:
    """Return the derivative of `root` by `wrt` as a formula.

    It is what a backward pass computes, with symbols for numbers, simplified lightly: 0·x,
    1·x, x + 0, −(−x) and their like.  Evaluated, it equals the gradient at the numbers that the
    leaves hold now, except that 0·x and x − x are 0 even where x is infinite.

    Args:
        root: a Value.
        wrt: a Value that `root` depends on.
        expand: whether to write labelled values out down to the leaves.
        numbers: whether to add the same with numbers for names.
        labels: names that override `.label`.

    Raises:
        TypeError: `root`, `wrt` or `labels` is not made of Values; of Tensors, take one number
            of `.scalars()`.  `expand` or `numbers` is neither True nor False.
        ValueError: `root` does not depend on `wrt`.
        NotSymbolicError: a primitive of the user's own cannot be read for symbols.

    >>> from autograd import Value
    >>> x = Value(3.0, label="x")
    >>> print(derivative(x * x + x.sin(), x))
    d/dx = 2·x + cos(x)
    >>> a = (2 * x).sigmoid()
    >>> a.label = "a"
    >>> print(derivative(a, x, numbers=True))
    da/dx = 2·a·(1 − a)
          = 2·0.9975·(1 − 0.9975)
          = 0.004933
    """
    require_value(root, "derivative(root, wrt)")
    require_value(wrt, "derivative(root, wrt)")
    expand, numbers = as_flag(expand, "expand"), as_flag(numbers, "numbers")
    names = Notation(root, labels)
    leading = leading_to(wrt, names.order)
    graph = _Named(names, wrt)
    result = written = _differentiated(names, leading, expand=False)
    if expand:
        written = _differentiated(names, leading, expand=True)
    line = Definition(_fraction(names, root, wrt), _latex_fraction(names, root, wrt), written)
    return Formula(in_lines(names, [line]), graph, result, show_numbers=numbers)


def _differentiated(names: Notation, leading: Sequence[Any], expand: bool) -> Expression:
    """Return d last / d first of the nodes `leading` from one to the other."""
    wrt, root = leading[0], leading[-1]
    leading_ids = {id(node) for node in leading}
    make = Simplifier()
    inline = _Inlined(names, make, expand=expand, keep=wrt)
    # what each node receives, the contribution of its last consumer first
    received: dict[int, list[Expression]] = {id(root): [make.number(1.0)]}
    for node in reversed(leading):
        terms = received.pop(id(node))
        adjoint = terms.pop()
        while terms:
            adjoint = make.call("add", adjoint, terms.pop())
        if node is wrt:
            break
        arrows = list(zip(node.operands, names.partials(node, make), strict=True))
        for operand, partial in reversed(arrows):
            if isinstance(operand, Node) and id(operand) in leading_ids:
                local = inline(_choosing(partial) if node.primitive.chooses else partial)
                term = make.call("multiply", adjoint, local)
                received.setdefault(id(operand), []).append(term)
    return adjoint


def _fraction(names: Notation, root: Node, wrt: Node) -> str:
    """Write ``dE/dw1``; ``d/dw1`` where the root has no name."""
    above = names[root].text if names.is_labelled(root) else ""
    return f"d{above}/d{names[wrt].text}"


def _latex_fraction(names: Notation, root: Node, wrt: Node) -> str:
    r"""Write ``\frac{\partial E}{\partial w_{1}}``."""
    above = latex(names[root]) if names.is_labelled(root) else ""
    return rf"\frac{{\partial {above}}}{{\partial {latex(names[wrt])}}}"


# ---------------------------------------------------------------- graphs as expressions


def _equation(left: str, right: str) -> str:
    return f"{left} = {right}" if left else right


def _applied(names: Notation, node: Node) -> Expression:
    """Return what a node computes from its operands, by name."""
    groups = names.groups(node)
    primitive = node.primitive
    if not isinstance(primitive, Applied):
        return call(primitive, groups)  # type: ignore[arg-type]
    parameters = symbol(node).removeprefix(primitive.symbol).strip()
    if primitive.name == "matmul":
        return Call("@", groups[0])
    if primitive.name == "getitem":
        return Call("[]", (*groups[0], Name(parameters.strip("[]") or "…")))
    extra = (Name(parameters),) if parameters else ()
    return Call(primitive.name, (*groups[0], *extra))


def _written_out(names: Notation) -> Expression:
    """Return the root as an expression of the leaves."""
    made: dict[int, Expression] = {}
    for node in names.order:
        if node.is_leaf:
            made[id(node)] = names[node]
            continue
        parts = {
            names[operand]: made[id(operand)]
            for operand in node.operands
            if isinstance(operand, Node)
        }
        made[id(node)] = replaced(_applied(names, node), parts)
    return made[id(names.order[-1])]


class _Named:
    """The named values of a graph, each in terms of leaves and earlier named values.

    Attributes:
        numbers: of the leaves, by name.
        derived: an expression for each labelled node that is no leaf, for the root and for `wrt`.
    """

    def __init__(self, names: Notation, wrt: Node | None = None) -> None:
        self.numbers: dict[str, Any] = {}
        self.derived: dict[str, Expression] = {}
        inner: dict[int, Expression] = {}
        for node in names.order:
            name = names[node].text
            if node.is_leaf:
                self.numbers[name] = node._datum
                continue
            parts = {
                names[operand]: inner[id(operand)]
                for operand in node.operands
                if id(operand) in inner
            }
            expression = replaced(_applied(names, node), parts)
            if names.is_labelled(node) or node is wrt or node is names.order[-1]:
                self.derived[name] = expression
            else:
                inner[id(node)] = expression

    def evaluated(self, given: Mapping[str, float]) -> dict[str, float]:
        """Return the number of each name, where those of some names are given."""
        for name in given:
            if name not in self.numbers and name not in self.derived:
                known = ", ".join([*self.numbers, *self.derived])
                raise ValueError(f"the formula has no {shown(name)}; it has {known:.200}")
        numbers = {**self.numbers, **given}
        for name, expression in self.derived.items():  # in order of evaluation
            if name not in given:
                numbers[name] = evaluate(expression, numbers)
        return numbers


class _Inlined:
    """Writes out, in an expression, the nodes that have no label, or all that are no leaves."""

    def __init__(self, names: Notation, make: Simplifier, expand: bool, keep: Node) -> None:
        self.make = make
        self.written: dict[int, Expression] = {}
        for node in names.order:
            stays = node.is_leaf or node is keep or (names.is_labelled(node) and not expand)
            if not stays:
                self.written[id(names[node])] = self(_applied(names, node))

    def __call__(self, expression: Expression) -> Expression:
        def visit(part: Expression, operands: list[Expression]) -> Expression:
            if isinstance(part, Call):
                return self.make.call(part.operation, *operands, row=part.row)
            if isinstance(part, Number) and part is not NOTHING:
                return self.make.number(part.value)
            return self.written.get(id(part), part)

        return fold(expression, visit)


def _choosing(partial: Expression) -> Expression:
    """Let what a choice does not reach be nothing at all, not even 0 times nan."""
    if isinstance(partial, Call) and partial.operation == "where":
        condition, *branches = partial.operands
        return Call("where", (condition, *map(_choosing, branches)))
    is_zero = isinstance(partial, Number) and partial.value == 0.0
    return NOTHING if is_zero else partial
