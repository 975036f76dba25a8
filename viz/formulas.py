"""A graph as one formula, and its derivative as another.

`formula` writes the expression that was computed; `derivative` multiplies and adds the local
derivatives of the table along the graph, with symbols where a backward pass has numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from autograd.array_primitives import Applied
from autograd.formatting import significant
from autograd.graph import Node
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
from viz.nodes import AnyNode, leading_to, symbol
from viz.notation import Notation
from viz.steps import require_value

__all__ = ["Definition", "Formula", "derivative", "formula", "fraction", "latex_fraction"]

LONGEST = 200
"""A formula of more symbols is written in several lines, its shared parts named."""

_WORTH_A_NAME = 4  # symbols of a shared part

_LETTERS = "tuvqrskcdefghij"  # t1, t2 … are the names of shared parts, if no label is like that


class Definition(NamedTuple):
    """One line of a formula: what it defines, in text and in LaTeX, and as what."""

    name: str
    latex: str
    expression: Expression


class Formula:
    """A formula of a graph, with the numbers that it was computed with.

    ``str()`` writes it as text and a notebook shows it as LaTeX.

    Attributes:
        definitions: the lines; the last is what was asked for.
        value: its value at the numbers of the graph; of Tensors the array.
    """

    def __init__(
        self,
        definitions: Sequence[Definition],
        numbers: Mapping[str, Any],
        derived: Mapping[str, Expression],
        value: Any,
        show_numbers: bool = False,
    ) -> None:
        self.definitions = tuple(definitions)
        self.value = value
        self._numbers = dict(numbers)  # of the leaves and of every named node
        self._derived = dict(derived)  # the named nodes that follow from the leaves
        self._show_numbers = show_numbers

    @property
    def expression(self) -> Expression:
        """What was asked for, as an expression of `autograd.symbolic`."""
        return self.definitions[-1].expression

    def evaluate(self, numbers: Mapping[str, float] | None = None) -> float:
        """Return the value at other numbers.

        Args:
            numbers: by name; a leaf that is left out keeps its number, and what follows from
                the leaves is computed again.

        Raises:
            ValueError: the formula has no such name.
            TypeError: it is a formula of Tensors.

        >>> from autograd import Value
        >>> x, y = Value(3.0, label="x"), Value(2.0, label="y")
        >>> formula(x * x + y).evaluate({"x": 4.0})
        18.0
        """
        if not self._numbers:
            raise TypeError("a formula of Tensors is not evaluated: call the function again")
        given = dict(numbers or {})
        for name in given:
            if name not in self._numbers:
                names = ", ".join(self._numbers)
                raise ValueError(f"the formula has no {name!r}; it has {names:.200}")
        known = {
            name: float(number)
            for name, number in (self._numbers | given).items()
            if name in given or name not in self._derived
        }
        for name, expression in self._derived.items():  # in order of evaluation
            if name not in given:
                known[name] = evaluate(expression, known)
        return evaluate(self.expression, self._with_shared_parts(known))

    def _with_shared_parts(self, numbers: Mapping[str, float]) -> dict[str, float]:
        known = dict(numbers)
        for definition in self.definitions[:-1]:
            if definition.name not in known:
                known[definition.name] = evaluate(definition.expression, known)
        return known

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
            pairs += [("", latex(self._substituted(), digits=4)), ("", significant(self.value))]
        if len(pairs) == 1:
            return _equation(*pairs[0])
        lines = [f"{left} &= {right}" for left, right in pairs]
        return "\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}"

    def _substituted(self) -> Expression:
        if not self._numbers:
            raise TypeError("a formula of Tensors has no room for their numbers: see draw")
        numbers = self._with_shared_parts(self._numbers)
        names: dict[Name, Expression] = {}

        def visit(part: Expression, _: list[None]) -> None:
            if isinstance(part, Name):
                names[part] = Number(numbers[part.text])

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

    Leaves stand by their labels, one without a label by the id that `draw` shows, ``n3``.  If
    the whole does not fit into one line, parts that it uses several times have lines of their
    own.

    Args:
        root: a Value or a Tensor.
        expand: whether to write labelled values out down to the leaves; otherwise each has a
            line of its own.
        labels: names that override `.label`.

    Raises:
        TypeError: `root` or `labels` is not made of Values and Tensors.

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
    derived = _derived(names, names.order, kept=names.is_labelled)
    numbers = _numbers(names, derived)
    value = root._datum if isinstance(root._datum, float) else root._datum.copy()
    if not expand:
        definitions = [
            Definition(names[node].text, latex(names[node]), derived[names[node].text])
            for node in names.order
            if names[node].text in derived
        ]
        return Formula(definitions, numbers, derived, value)
    whole = _written_out(names, names.order)
    is_named = names.is_labelled(root)
    name = (names[root].text, latex(names[root])) if is_named else ("", "")
    return Formula(_in_lines(names, *name, whole), numbers, derived, value)


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
    1·x, x + 0, −(−x) and their like.  Evaluated, it equals the gradient, except that 0·x is 0
    even where x is infinite.

    Args:
        root: a Value.
        wrt: a Value that `root` depends on.
        expand: whether to write labelled values out down to the leaves.
        numbers: whether to add the same with numbers for names.
        labels: names that override `.label`.

    Raises:
        TypeError: `root`, `wrt` or `labels` is not made of Values; of Tensors, take one number
            of `.scalars()`.
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
    require_value(root, "the derivative of a formula")
    require_value(wrt, "the derivative of a formula")
    names = Notation(root, labels)
    leading = leading_to(wrt, names.order)
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
    derived = _derived(names, names.order, kept=names.is_labelled)
    known = _numbers(names, derived)
    written = Definition(fraction(names, root, wrt), latex_fraction(names, root, wrt), adjoint)
    found = Formula(_in_lines(names, *written), known, derived, 0.0, show_numbers=numbers)
    found.value = found.evaluate()
    return found


def fraction(names: Notation, root: Node, wrt: Node) -> str:
    """Write ``dE/dw1``; ``d/dw1`` where the root has no name."""
    above = names[root].text if names.is_labelled(root) else ""
    return f"d{above}/d{names[wrt].text}"


def latex_fraction(names: Notation, root: Node, wrt: Node) -> str:
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
    if primitive.name == "getitem":
        parameters = parameters.strip("[]") or "…"
    extra = (Name(parameters),) if parameters else ()
    return Call(primitive.name, (*groups[0], *extra))


def _written_out(names: Notation, order: Sequence[Any]) -> Expression:
    """Return the last node of `order` as an expression of the leaves."""
    made: dict[int, Expression] = {}
    for node in order:
        if node.is_leaf:
            made[id(node)] = names[node]
            continue
        parts = {
            names[operand]: made[id(operand)]
            for operand in node.operands
            if isinstance(operand, Node)
        }
        made[id(node)] = replaced(_applied(names, node), parts)
    return made[id(order[-1])]


def _derived(names: Notation, order: Sequence[Any], kept: Any) -> dict[str, Expression]:
    """Return each kept node that is no leaf, and the root, in terms of kept nodes and leaves."""
    derived: dict[str, Expression] = {}
    inner: dict[int, Expression] = {}
    for node in order:
        if node.is_leaf:
            continue
        parts = {
            names[operand]: inner[id(operand)] for operand in node.operands if id(operand) in inner
        }
        expression = replaced(_applied(names, node), parts)
        if kept(node) or node is order[-1]:
            derived[names[node].text] = expression
        else:
            inner[id(node)] = expression
    return derived


def _numbers(names: Notation, derived: Mapping[str, Expression]) -> dict[str, float]:
    """Return the number of each leaf and of each node in `derived`; nothing of Tensors."""
    if any(node._is_array for node in names.order):
        return {}
    return {
        names[node].text: float(node._datum)
        for node in names.order
        if node.is_leaf or names[node].text in derived
    }


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
                return self.make.call(part.operation, *operands)
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


# ---------------------------------------------------------------- long formulas


def _in_lines(
    names: Notation, name: str, latex_of_name: str, whole: Expression
) -> list[Definition]:
    """Return one definition, or several if it is too long.

    Parts that are used more than once become definitions of their own, and so does what
    would make a line longer than `LONGEST` symbols.
    """
    sizes: dict[int, int] = {}
    uses: dict[int, int] = {}

    def measure(part: Expression, operands: list[int]) -> int:
        for operand in part.operands:
            uses[id(operand)] = uses.get(id(operand), 0) + 1
        sizes[id(part)] = 1 + sum(operands)
        return sizes[id(part)]

    if fold(whole, measure) <= LONGEST:
        return [Definition(name, latex_of_name, whole)]
    letter = next(letter for letter in _LETTERS if not names.has_label_like(letter))
    definitions: list[Definition] = []

    def shorten(part: Expression, operands: list[tuple[Expression, int]]) -> tuple[Expression, int]:
        if not isinstance(part, Call):
            return part, 1
        short = Call(part.operation, tuple(operand for operand, _ in operands))
        size = 1 + sum(size for _, size in operands)
        is_shared = uses.get(id(part), 0) > 1 and sizes[id(part)] >= _WORTH_A_NAME
        if part is whole or not (is_shared or size > LONGEST // 2):
            return short, size
        number = len(definitions) + 1
        common = Name(f"{letter}{number}", f"{letter}_{{{number}}}")
        definitions.append(Definition(common.text, common.latex or "", short))
        return common, 1

    short, _ = fold(whole, shorten)
    return [*definitions, Definition(name, latex_of_name, short)]
