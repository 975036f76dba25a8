"""What a factor does to the gradient, in words: saturated, off, nearly 0.

What is said depends on the row of the table and on the argument slot, for the largest slope of
an activation says nothing of its parameters.  That slope is read from its row, at the place
where it is: no number of the table is written here again.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from autograd import primitives
from autograd.primitives import Primitive, evaluate
from viz.explaining.factors import Factor, Factors
from viz.explaining.paths import Arrow
from viz.nodes import is_node

__all__ = ["Badge", "badge", "remark", "steepest"]

_STEEPEST_AT_0 = frozenset({primitives.sigmoid, primitives.tanh, primitives.erf, primitives.atan})
"""S-shaped: steepest in the middle, flat on both sides."""

_SATURATED = 0.1
"""An S-shaped function counts as saturated where it has less than this of its largest slope."""

_NEARLY_FLAT = 0.05
_SMALL = 0.2
_LARGE = 5.0


class Badge(NamedTuple):
    """What is said of a factor; empty if there is nothing to say.

    Attributes:
        text: the words.
        about: the nodes that they name.
    """

    text: str = ""
    about: tuple[Any, ...] = ()


def steepest(primitive: Primitive) -> float | None:
    """Return the largest slope of an S-shaped primitive, read from its row; else None.

    >>> steepest(primitives.sigmoid), steepest(primitives.tanh), steepest(primitives.relu)
    (0.25, 1.0, None)
    """
    if primitive not in _STEEPEST_AT_0:
        return None
    middle = evaluate(primitive.value, 0.0)
    return float(evaluate(primitive.partials[0], middle, 0.0))


def badge(factor: Factor, naming: Factors) -> Badge:
    """Name what kills or starves a gradient at a factor; empty if nothing does.

    >>> from autograd import Value
    >>> from viz.explaining.paths import Ways
    >>> from viz.notation import Notation
    >>> z, x = Value(6.0, label="z"), Value(-1.0, label="x")
    >>> for root, wrt in ((z.sigmoid(), z), (x.relu(), x), (x * 0.0, x), (z.tanh(), z)):
    ...     ways = Ways(root, wrt)
    ...     naming = Factors(ways, Notation(root), single=True)
    ...     print(badge(naming.of_path(ways.largest(1)[0])[0], naming).text)
    saturated: σ′ = 0.0025
    ReLU is off: 0
    0 is a factor
    saturated: tanh′ = 2.5e-05
    """
    at = _Arrow(min(factor.arrows, key=_gravity), naming)
    said = _RULES.get(at.primitive, _any_other)(at)
    return Badge(said, tuple(at.named)) if said else Badge()


def remark(factor: Factor, naming: Factors) -> Badge:
    """Return the badge of a factor, or else the bound that its primitive sets to it."""
    found = badge(factor, naming)
    if found.text or len(factor.arrows) > 1:
        return found
    most = steepest(factor.consumer.primitive)
    return Badge() if most is None else Badge(f"at most {most:.4g}")


def _gravity(arrow: Arrow) -> tuple[bool, float]:
    """Sort what is not finite first, then the smallest."""
    size = abs(arrow.partial)
    return (math.isfinite(size), size if math.isfinite(size) else 0.0)


class _Arrow:
    """What a rule asks of an arrow; it notes which nodes are named."""

    def __init__(self, arrow: Arrow, naming: Factors) -> None:
        self.primitive: Primitive = arrow.consumer.primitive
        self.name = self.primitive.name
        self.slot = arrow.slot
        self.partial = float(arrow.partial)
        self.size = abs(self.partial)
        self.out = arrow.consumer._datum
        self.named: dict[Any, None] = {}
        self._arrow = arrow
        self._naming = naming

    def number(self, slot: int) -> float:
        """Return what an operand held; nan if that is not known any more."""
        operand = self._arrow.consumer.operands[slot]
        held = self._naming.number(operand) if is_node(operand) else operand
        return math.nan if held is None else float(held)

    def call(self, operand: Any) -> str:
        """Return the name of an operand; empty for a plain number."""
        if not is_node(operand):
            return ""
        self.named[operand] = None
        return self._naming.notation[operand].text

    def name_of(self, slot: int) -> str:
        """Return the name of the operand in a slot; empty for a plain number."""
        return self.call(self._arrow.consumer.operands[slot])

    def where(self) -> str:
        """Write where the operation was: ``x = 0, y = 2``."""
        words = []
        for operand in dict.fromkeys(filter(is_node, self._arrow.consumer.operands)):
            held = self._naming.number(operand)
            words.append(f"{self.call(operand)} = {'?' if held is None else f'{held:.4g}'}")
        return ", ".join(words)


# ---------------------------------------------------------------- a rule for each row


def _any_other(at: _Arrow) -> str:
    if math.isnan(at.partial):
        return f"not a number: {at.name} at {at.where()}"
    if at.size == math.inf:
        return f"infinite: {at.name} at {at.where()}"
    if at.size > 0.0:
        return ""
    if math.isnan(at.out):  # whatever the slope is, it is not that of a flat place
        return f"not a number: {at.name} at {at.where()}"
    return f"{at.name} is flat at {at.where()}: 0"


def _s_shaped(at: _Arrow) -> str:
    most = steepest(at.primitive)
    if most is None or not at.size < _SATURATED * most:
        return _any_other(at) if math.isnan(at.partial) else ""
    return f"saturated: {at.primitive.symbol}′ = {at.partial:.2g}"


def _relu(at: _Arrow) -> str:
    return "" if at.partial else "ReLU is off: 0"


def _nearly_flat(at: _Arrow) -> str:
    if at.slot == 1:
        return _parameter(at)
    if 0.0 < at.size < _NEARLY_FLAT:
        return f"{at.name} is nearly flat: {at.partial:.2g}"
    return _any_other(at)


def _leaky_relu(at: _Arrow) -> str:
    if at.slot == 1:
        return _parameter(at)
    return f"leaky ReLU lets {at.partial:.2g} through" if at.size < _SMALL else _any_other(at)


def _parameter(at: _Arrow) -> str:
    """Say that a parameter, which counts where the operand is negative, does not count."""
    if at.partial:
        return _any_other(at)
    if at.number(0) > 0.0:
        return f"{at.name_of(1)} is unused, as {at.name_of(0) or 'x'} > 0"
    return f"{at.name_of(0)} is 0" if at.number(0) == 0.0 and at.name_of(0) else _any_other(at)


def _product(at: _Arrow) -> str:
    if at.size >= _SMALL and at.size < math.inf:
        return ""
    other = at.call(_other_factor(at._arrow))
    if math.isnan(at.partial):
        return f"{other} is not a number" if other else "nan is a factor"
    if at.size == math.inf:
        return f"{other} is infinite" if other else "inf is a factor"
    if at.size == 0.0:
        return f"{other} is 0" if other else "0 is a factor"
    return f"{other} is small" if other else ""


def _other_factor(arrow: Arrow) -> Any:
    consumer, slot = arrow.consumer, arrow.slot
    if consumer.primitive is primitives.multiply:
        return consumer.operands[1 - slot]
    weights, inputs, *_ = consumer._groups
    if slot >= 2 * len(weights):  # the bias
        return None
    return inputs[slot] if slot < len(weights) else weights[slot - len(weights)]


def _quotient(at: _Arrow) -> str:
    if at.slot == 1:
        if at.size == 0.0 and at.number(0) == 0.0 and at.name_of(0):
            return f"{at.name_of(0)} is 0"
        return _any_other(at)
    if _SMALL <= at.size < math.inf:
        return ""
    divisor = at.name_of(1)
    if math.isnan(at.partial):
        return f"{divisor} is not a number" if divisor else "divided by nan"
    if at.size == math.inf:
        small = "is 0" if at.number(1) == 0.0 else "is nearly 0"
        return f"{divisor} {small}" if divisor else "divided by 0"
    if at.size == 0.0:
        return f"{divisor} is infinite" if divisor else "divided by inf"
    return f"{divisor} is large" if divisor else ""


def _flattening(at: _Arrow) -> str:
    if math.isnan(at.out) and not math.isnan(at.partial):
        return f"not a number: {at.name} at {at.where()}"
    if 0.0 < at.size < _SMALL and at.number(0) >= _LARGE:
        return f"{at.name_of(0)} is large"
    return _any_other(at)


def _larger_or_smaller(at: _Arrow) -> str:
    word = "larger" if at.primitive is primitives.maximum else "smaller"
    return {0.0: f"the other is {word}: 0", 0.5: "a tie: half each"}.get(at.partial, "")


def _clip(at: _Arrow) -> str:
    if at.partial:
        return ""
    if at.slot:
        return f"not clipped at {at.name_of(at.slot)}: 0"
    return _any_other(at) if math.isnan(at.out) else "clipped: 0"


def _jump(at: _Arrow) -> str:
    return _any_other(at) if math.isnan(at.out) else f"{at.name} is flat but for a jump: 0"


def _corner(at: _Arrow) -> str:
    if at.partial or math.isnan(at.out):
        return _any_other(at)
    return f"{at.name} has a corner at {at.where()}, taken as 0"


def _exp(at: _Arrow) -> str:
    return "exp is nearly 0" if at.size < _NEARLY_FLAT else _any_other(at)


def _jumping_at_0(at: _Arrow) -> str:
    """Tell the one point where atan2, and 0 to the power y, jump from a place that is flat."""
    jumps = at.number(0) == at.number(1) == 0.0
    if at.size == 0.0 and jumps and (at.slot == 1 or at.primitive is primitives.atan2):
        return f"{at.name} jumps at {at.where()}, taken as 0"
    return _any_other(at)


_RULES: dict[Primitive, Callable[[_Arrow], str]] = {
    **dict.fromkeys(_STEEPEST_AT_0, _s_shaped),
    primitives.relu: _relu,
    primitives.leaky_relu: _leaky_relu,
    primitives.softplus: _nearly_flat,
    primitives.silu: _nearly_flat,
    primitives.gelu: _nearly_flat,
    primitives.elu: _nearly_flat,
    primitives.selu: _nearly_flat,
    primitives.multiply: _product,
    primitives.dot: _product,
    primitives.divide: _quotient,
    primitives.log: _flattening,
    primitives.log1p: _flattening,
    primitives.log2: _flattening,
    primitives.log10: _flattening,
    primitives.sqrt: _flattening,
    primitives.maximum: _larger_or_smaller,
    primitives.minimum: _larger_or_smaller,
    primitives.clip: _clip,
    primitives.step: _jump,
    primitives.sign: _jump,
    primitives.absolute: _corner,
    primitives.exp: _exp,
    primitives.atan2: _jumping_at_0,
    primitives.power: _jumping_at_0,
}
"""By row, not by name: of a primitive of the user's own nothing is known but its number."""
