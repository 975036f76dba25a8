"""`explain`: the chain rule for one derivative of an expression, in symbols and in numbers."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Literal

import numpy as np

from autograd import gradients
from autograd.formatting import shown
from autograd.scalars import scalars
from autograd.symbolic import latex_text
from viz.arguments import choice
from viz.explaining import (
    array_listing,
    array_paths,
    path_latex,
    path_listing,
    steps_listing,
    sums_listing,
)
from viz.explaining.factors import Factors, Path
from viz.explaining.legend import changes
from viz.explaining.path_listing import Found
from viz.explaining.paths import Sum, Ways
from viz.explaining.sheet import Block, Prose, aligned, html, plain
from viz.nodes import AnyNode, is_node, require_one_number
from viz.notation import Notation

__all__ = ["Explanation", "ExplanationError", "explain"]

Style = Literal["paths", "steps", "children"]

STYLES = ("paths", "steps", "children")

TOLERANCE = 1e-12


class ExplanationError(RuntimeError):
    """The sum over the paths is not the engine's gradient; the message holds both figures."""


def explain(
    root: AnyNode,
    wrt: AnyNode,
    style: Style = "paths",
    limit: int = 16,
    labels: Mapping[Any, str] | None = None,
) -> Explanation:
    """Explain d root / d wrt by the chain rule.

    The derivative is the sum, over all paths from `root` back to `wrt`, of the product of the
    local derivatives on the path.  Both slots of ``x * x`` are paths, and a part of the graph
    that is used twice is on two.  A branch that `where` did not choose is on none.

    Args:
        root: what is differentiated: a Value, or a Tensor of one element.
        wrt: the Value or Tensor to differentiate by; one that `root` was computed from.
        style: "paths" for the sum over paths; "steps" for the backward pass as a worked
            exercise, node by node; "children" for d root / d node of every node on the way, as
            the sum over those that use it.
        limit: the most paths that are listed, at least 1.  Of more, those that contribute most
            are told, and what the others add up to.
        labels: names that override `.label`.

    Returns:
        What ``print`` shows as text, and a notebook as formulas.

    Raises:
        TypeError: `root` or `wrt` is neither a Value nor a Tensor; several `wrt`.
        ValueError: `root` does not depend on `wrt`; an unknown style; a limit below 1.

    >>> from autograd import Value
    >>> x, w = Value(0.5, label="x"), Value(3.0, label="w")
    >>> z = w * x
    >>> a = z.sigmoid()
    >>> z.label, a.label = "z", "a"
    >>> print(explain(a, w))
    da/dw = da/dz · dz/dw
    <BLANKLINE>
      factor  formula    number   so far
      da/dz   a·(1 − a)  0.1491   0.1491  at most 0.25
      dz/dw   x          0.5000  0.07457
    <BLANKLINE>
    product 0.07457, the engine's gradient
    <BLANKLINE>
    shrunk most by da/dz = 0.1491 (10^-0.83), dz/dw = 0.5000 (10^-0.30); in all 10^-1.13
    """
    for name, node in (("root", root), ("wrt", wrt)):
        if is_node(node):
            continue
        if name == "wrt" and isinstance(node, (list, tuple, set, dict)):
            raise TypeError(
                f"explain takes one wrt, got a {type(node).__name__}: call it once for each"
            )
        raise TypeError(f"explain takes a Value or a Tensor as {name}, got {type(node).__name__}")
    choice(style, "style", STYLES)
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        raise ValueError(f"limit is the number of paths to list, at least 1, got {shown(limit)}")
    require_one_number(root, "explain tells the derivative of one number, and root")
    return Explanation(root, wrt, style, limit, labels)


class Explanation:
    """What `explain` returns.

    Attributes:
        root, wrt: what is differentiated by what.
        style: "paths", "steps" or "children".
        value: the engine's gradient, as `autograd.gradients` returns it; hooks take part in it.
        count: the number of paths, however large.
        paths: the paths that are told, the one that contributes most first.
    """

    def __init__(
        self,
        root: AnyNode,
        wrt: AnyNode,
        style: Style,
        limit: int,
        labels: Mapping[Any, str] | None,
    ) -> None:
        self.root, self.wrt, self.style, self.limit = root, wrt, style, limit
        self._notation = Notation(root, labels)
        self._ways = Ways(root, wrt)
        self.count = self._ways.count()
        self.value: Any = gradients(root, wrt)
        self._factors = Factors(self._ways, self._notation, single=self.count == 1)
        self._of_arrays = array_paths.is_about_arrays(self._ways)

    @cached_property
    def paths(self) -> tuple[Path, ...]:
        """The paths that are told."""
        if self._of_arrays:
            return tuple(array_paths.largest(self._ways, self.limit, self._factors))
        return tuple(Path(self._factors, arrows) for arrows in self._ways.largest(self.limit))

    # the figures

    def check(self) -> bool:
        """Add up the paths again, without the engine, and compare.

        If all paths are listed their products are added; otherwise d node / d wrt is summed up
        in the order of evaluation, the other way round than the engine does.  The two may
        differ by 1e-12 of the sum of the magnitudes of the paths, which is the gradient itself
        unless paths cancel, or by the rounding of one operation an arrow if that is more.
        Where a product on the way leaves the range of a float, the order of multiplication
        decides whether it is 0, inf or nan; there the engine's order is used.  For Tensors the
        two may differ by 1e-12 (or the rounding of their dtype, for each node on the way) of
        the largest number met on the way.

        Returns:
            True.

        Raises:
            ExplanationError: the two differ; hooks on nodes of the graph are a reason.
        """
        if self._of_arrays:
            return self._check_arrays()
        engine = float(self.value)
        own = self._own_sum
        if _agree(engine, own):
            return True
        again = self._ways.backward()
        if not (own.in_range and again.in_range) and _agree(engine, again):
            return True
        raise ExplanationError(
            f"the paths add up to {own.total!r}, and the engine's gradient is {engine!r}"
            + (f": {self._hooks()} take part in it" if self._hooked else "")
        )

    def _check_arrays(self) -> bool:
        own, largest = array_paths.collected(self._ways)
        total = own.get(self.wrt, 0.0 * self.value)
        if self.count == len(self.paths):
            with np.errstate(all="ignore"):
                total = sum((path.product for path in self.paths), 0.0 * total)
        steps = len(self._ways.nodes)
        rounding = float(np.finfo(np.asarray(self.value).dtype).eps)
        tolerance = (
            max(TOLERANCE, steps * rounding) * largest * max(1.0, float(np.size(self.value)))
        )
        if np.allclose(self.value, total, rtol=tolerance, atol=tolerance, equal_nan=True):
            return True
        raise ExplanationError(
            f"the paths add up to norm {array_paths.size(total)!r}, and the engine's gradient has "
            f"norm {array_paths.size(self.value)!r}"
            + (f": {self._hooks()} take part in it" if self._hooked else "")
        )

    @cached_property
    def _own_sum(self) -> Sum:
        found = self._ways.forward()
        if self.count > len(self.paths):
            return found
        products = [path.product for path in self.paths]
        try:
            total = math.fsum(products)
        except (OverflowError, ValueError):  # of infinities that cancel, or beyond a float
            total = sum(products, 0.0)
        return Sum(total, sum(map(abs, products)), found.steps, found.in_range)

    @cached_property
    def _hooked(self) -> list[Any]:
        return [n for n in self._ways.nodes if n._notes is not None and n._notes.hooks]

    def _hooks(self) -> str:
        return "the hooks on " + ", ".join(self._notation[n].text for n in self._hooked[:3])

    # what is shown

    def text(self, ascii: bool = False) -> str:
        """Return the explanation for a terminal.

        Args:
            ascii: whether to use ASCII characters only.
        """
        return plain(self._blocks(ascii), ascii)

    def latex(self) -> str:
        """Return the explanation as LaTeX, an ``aligned`` environment for math mode."""
        if self._of_arrays:
            paths: Any = self.paths
            return array_listing.latex(self._factors, paths, self.count)
        if self.style == "steps" and self.count:
            lines = steps_listing.latex_lines(self._factors)
        elif self.style == "children" and self.count:
            lines = sums_listing.latex_lines(self._factors)
        else:
            lines = path_latex.lines(self._found)
        note = self._note
        return aligned([*lines, rf"& \;\; {latex_text(note)}"] if note else lines)

    def _blocks(self, ascii: bool = False) -> list[Block]:
        if self._of_arrays:
            return self._array_blocks(ascii)
        if self.style == "steps" and self.count:
            blocks = steps_listing.blocks(self._factors, ascii)
        elif self.style == "children" and self.count:
            blocks = sums_listing.blocks(self._factors, ascii)
        else:
            blocks = path_listing.blocks(self._found, ascii)
        note = self._note
        return [*blocks, Prose(), Prose(note)] if note else blocks

    @property
    def _note(self) -> str:
        return changes(self._factors.changed, self._notation)

    @cached_property
    def _found(self) -> Found:
        try:
            agrees = self.check()
        except ExplanationError:
            agrees = False
        return Found(
            self._factors, self.paths, self.count, self._own_sum, float(self.value), agrees,
            self._hooked, self._elsewhere,
        )  # fmt: skip

    @property
    def _elsewhere(self) -> str:
        names = [self._notation[node].text for node in (self.root, self.wrt)]
        call = ", ".join(names) if all(map(str.isidentifier, names)) else "root, wrt"
        return f'explain({call}, style="children")'

    def _array_blocks(self, ascii: bool) -> list[Block]:
        if self.style == "steps" and self.count:
            return array_listing.steps_blocks(self._factors, ascii)
        if self.style == "children" and self.count:
            return array_listing.children_blocks(self._factors, ascii)
        try:
            self.check()
            verdict = ", the engine's gradient"
        except ExplanationError:
            why = f": {self._hooks()} take part in it" if self._hooked else ": see .check()"
            verdict = f", not the sum of the paths{why}"
        paths: Any = self.paths
        return array_listing.paths_blocks(
            self._factors, paths, self.count, self.value, verdict, self._elsewhere, ascii
        )

    def scalars(self, *index: int) -> Explanation:
        """Return the explanation for one number of a Tensor, as a graph of Values.

        Args:
            index: which element of `wrt`, an integer for each axis.

        Raises:
            TypeError: there is no Tensor on the way: the numbers are told already.
            ValueError: `wrt` is not a leaf; it has no such element; a leaf was changed since.

        >>> from autograd import Tensor
        >>> w, x = Tensor([[1.0, 2.0]], label="w"), Tensor([3.0, 4.0], label="x")
        >>> explain((w @ x).sum(), w).scalars(0, 1).paths
        (<path dn5/dw[0,1] = 4.0>,)
        """
        if not self._of_arrays:
            raise TypeError("an explanation of Values tells every number: it has no scalars()")
        name = self._notation[self.wrt].text
        if self.wrt.primitive is not None:
            raise ValueError(
                f"scalars() goes down to the numbers of a leaf, and {name} was computed; "
                "explain a leaf, or the Values that root.scalars() returns"
            )
        shape = np.shape(self.wrt._datum)
        leaves: dict[Any, Any] = {}
        root = np.asarray(scalars(self.root, leaves), dtype=object).reshape(-1)
        try:
            wrt = np.asarray(leaves[self.wrt], dtype=object)[index] if shape else leaves[self.wrt]
        except IndexError:
            wrt = None
        if root.size != 1 or not is_node(wrt):
            raise ValueError(
                f"scalars() takes an index of one number of {name}, whose shape is {shape}: "
                f"got {index}"
            )
        now = float(root[0].data)
        then = float(np.reshape(self.root._datum, ()))
        if not math.isclose(now, then, rel_tol=1e-3) and not math.isnan(then):
            raise ValueError(
                f"scalars() computes again from the leaves, and one was changed since: "
                f"{self._notation[self.root].text} was {then:.4g} and is now {now:.4g}"
            )
        return explain(root[0], wrt, self.style, self.limit)

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__  # at the prompt, an explanation is there to be read

    def _repr_latex_(self) -> str:
        # a page that is made from a notebook may take < for the beginning of a tag
        formula = self.latex().replace("<", r"\lt ").replace(">", r"\gt ")
        return f"$\\displaystyle {formula}$"

    def _repr_html_(self) -> str:
        return html(self._blocks())

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": self.text(), "text/latex": self._repr_latex_()}

    def _ipython_display_(self) -> None:
        # IPython would add the HTML to whatever a bundle holds, and Jupyter prefers HTML: the
        # formulas would never be seen.  What is displayed here is all that is shown.
        from IPython.display import display

        display(self._repr_mimebundle_(), raw=True)  # type: ignore[no-untyped-call]


def _agree(engine: float, own: Sum) -> bool:
    if engine == own.total or (math.isnan(engine) and math.isnan(own.total)):
        return True
    tolerance = max(TOLERANCE, own.steps * sys.float_info.epsilon)
    return abs(engine - own.total) <= tolerance * own.scale  # false where one of them is nan
