"""Mutants that compute what the file computes: no test can tell them apart.

For each file: what stands in the line, what stands there in the mutant, and why it makes no
difference.  The last of the three is for the reader; a mutant matches by the first two.
"""

from __future__ import annotations

__all__ = ["EQUIVALENT"]

_TIE = "where the two are equal, either may be taken"
_TIE_BEFORE = "a tie is caught by the condition before"
_SAME_SIGN = "the value has the sign of x, or both are nan"
_ONLY_GUARDS = "what it returns where x is positive is never used"
_OLD_PYTHON = "before Python 3.12 both ways of adding give the same digits; on 3.12 a test fails"
_CLIPPED = "out is high wherever this can matter: x ≥ low in it, or low > high"
_STRICT = "the two have the same length; strict only finds out if they had not"
_STORED = "only how the operands are stored, in the node or as a group, which `operands` hides"
_SLOWER = "a condition that only spares time"
_WORDING = "how much of a long value a message shows"
_HOW_MANY = "how many numbers are taken at a time makes no difference to any of them"
_GATHERED = "the weights are gathered again from the parameters, which are views of that line"
_VALUE_UNREAD = "only a product's derivative looks at a value, and a product is linear in two"
_WHERE_AROUND = "where out is 0 the other where takes its 0, and nothing comes through this one"
_INFINITE = "an infinite number stays what it is, with or without 1 added"
_ADD_AT = "np.add.at is always right, and only slower"
_NONE_KEPT = "a None is kept for a moment"
_LENGTH_1 = "the axis has the length 1"
_SET_BEFORE = "nothing reads it before a step has set it"

EQUIVALENT: dict[str, tuple[tuple[str, str, str], ...]] = {
    "autograd/primitives.py": (
        ("where(x >= 0.0, 1.0 / (1.0 + e)", "where(x > 0.0, 1.0 / (1.0 + e)", "both are ½ at 0"),
        ("where(x <= 0.0, x, 0.0)", "where(x <= 1.0, x, 0.0)", _ONLY_GUARDS),
        ("where(x <= 0.0, x, 0.0)", "where(x <= 0.0, x, 1.0)", _ONLY_GUARDS),
        ("where(x <= 0.0, x, 0.0)", "where(x <= 0.0, x, -1.0)", _ONLY_GUARDS),
        ("where(x <= 0.0, 0.0, 1.0)", "where(out <= 0.0, 0.0, 1.0)", _SAME_SIGN),
        ("x > 0.0, x, slope * x", "x >= 0.0, x, slope * x", "slope times 0 is 0"),
        ("x <= 0.0, alpha * m.expm1(", "x < 0.0, alpha * m.expm1(", "alpha times expm1(0) is 0"),
        ("x <= 0.0, m.expm1(", "x < 0.0, m.expm1(", "expm1(0) is 0"),
        ("x <= 0.0, m.expm1(", "x <= 1.0, m.expm1(", "what is positive is replaced by 0 in it"),
        ("x <= 0.0, SCALE", "out <= 0.0, SCALE", _SAME_SIGN),
        ("x >= 0.0, 1.0, m.where(x < 0.0,", "m.where(x <= 0.0, 0.0, x)", _TIE_BEFORE),
        ("x >= 0.0, 1.0, m.where(x < 0.0,", "m.where(x < 1.0, 0.0, x)", "what is ≥ 0 is before"),
        ("(x > y) | (x != x)", "(x >= y) | (x != x)", _TIE),
        ("(x < y) | (x != x)", "(x <= y) | (x != x)", _TIE),
        ("x if x > y or x != x", "x if x >= y or x != x", _TIE),
        ("x if x < y or x != x", "x if x <= y or x != x", _TIE),
        ("0.5, m.where(x < y,", "0.5, m.where(x <= y,", _TIE_BEFORE),
        ("0.5, m.where(x > y,", "0.5, m.where(x >= y,", _TIE_BEFORE),
        ("0.5, m.where(x < y,", "0.5, m.where(x < out,", "out is y where y is the larger or nan"),
        ("0.5, m.where(x > y,", "0.5, m.where(x > out,", "out is y where y is the smaller or nan"),
        ("(x >= low) & (x <= high)", "(x >= low) & (x <= out)", _CLIPPED),
        ("(x > high) | (low > high)", "(x > out) | (low > high)", _CLIPPED),
        ("(x > high) | (low > high)", "(x > high) | (low > out)", _CLIPPED),
        ("sys.version_info >= (3, 12)", "sys.version_info", _OLD_PYTHON),
    ),
    "autograd/array_primitives.py": (
        ("row.vjps[0](m,", "row.vjps[ -1](m,", "a variadic row has one"),
        ('"linear" and len(others) > 1', '"linear" and len(others) >= 1', _VALUE_UNREAD),
        ('"linear" and len(others) > 1', '"linear" and len(others) > 0', _VALUE_UNREAD),
        ('"linear" and len(others) > 1', '"linear" or len(others) > 1', _VALUE_UNREAD),
        ("strict=True", "strict=False", _STRICT),
        ("where(f, o, 0.0) for", "where(f, o, 1.0) for", "what replaces them meets only zeros"),
        ("where(f, o, 0.0) for", "where(f, o, -1.0) for", "what replaces them meets only zeros"),
        ("self.operands[0].shape", "self.operands[ -1].shape", "a reduction has one operand"),
        ("axis: Shape, keepdims: bool = False) -> Any", "= True) -> Any", "every caller gives it"),
        ("axis=axis, keepdims=False) if axis", "keepdims=True) if axis", "the reshape drops them"),
        ("where(out == 0.0, 1.0, out)", "where(out == -1.0, 1.0, out)", _WHERE_AROUND),
        ("where(out == 0.0, 1.0, out)", "where(out == 0.0, 2.0, out)", _WHERE_AROUND),
        ("where(out == 0.0, 1.0, out)", "where(out == 0.0, 0.0, out)", _WHERE_AROUND),
        ("== np.inf, 0.0, peak)", "== np.inf, 1.0, peak)", _INFINITE),
        ("== np.inf, 0.0, peak)", "== np.inf, -1.0, peak)", _INFINITE),
        ("where(out == -np.inf, 0.0, out)", "where(out == -np.inf, 1.0, out)", _INFINITE),
        ("where(out == -np.inf, 0.0, out)", "where(out == -np.inf, -1.0, out)", _INFINITE),
        ("or part is Ellipsis", "and part is Ellipsis", _ADD_AT),
        ("or isinstance(part, (slice", "and isinstance(part, (slice", _ADD_AT),
        ("or (isinstance(part, np.ndarray)", "and (isinstance(part, np.ndarray)", _ADD_AT),
    ),
    "autograd/graph.py": (
        ("strict=True", "strict=False", _STRICT),
        ("_precedence = 0", "_precedence = -1", "every class of nodes has one of its own or 0"),
        ("groups[0], partials[0]", "groups[ -1], partials[0]", "used where there is one group"),
        ("groups[0], partials[0]", "groups[0], partials[ -1]", "used where there is one group"),
        ("len(groups) == 1 and _fit_inline", "len(groups) == 0 and _fit_inline", _STORED),
        ("1 <= len(operands) <= 2", "1 < len(operands) <= 2", _STORED),
        ("1 <= len(operands) <= 2", "1 <= len(operands) < 2", _STORED),
        ("1 <= len(operands) <= 2", "1 > len(operands) <= 2", _STORED),
        ("1 <= len(operands) <= 2", "2 <= len(operands) <= 2", _STORED),
        ("1 <= len(operands) <= 2", "0 <= len(operands) <= 2", "no node has no operands"),
        ("1 <= len(operands) <= 2", "1 <= len(operands) <= 1", _STORED),
        ("or operand.__class__ is float", "or operand.__class__ is not float", _STORED),
        ("partial is not None or operand", "partial is None or operand", _STORED),
        ("partial is not None or operand", "partial is not None and operand", _STORED),
        ("used = False", "used = True", _SLOWER),
        ("(Handle.used and have_hooks(", "(Handle.used or have_hooks(", _SLOWER),
        ("(Mixed.used and any(", "(Mixed.used or any(", _SLOWER),
        ("finished_groups.update(map(id, left))", "pass", _SLOWER),
        ("stack += filterfalse(", "stack -= filterfalse(", "the TypeError has them all put on it"),
        ("grads.values()), maxlen=0)", "grads.values()), maxlen= 1)", _NONE_KEPT),
        ("repeat(None)), maxlen=0)", "repeat(None)), maxlen= 1)", _NONE_KEPT),
        ("_adjoint = seed + 0.0", "_adjoint = seed - 0.0", "both make another object of the seed"),
    ),
    "nn/losses/functions.py": (
        ("strict=True", "strict=False", _STRICT),
        ("len(squares) == 1", "len(squares) == 0", "the sum of one number is that number"),
        ("squares[0] if one", "squares[ -1] if one", "there is one"),
        ("where(e <= delta,", "where(e < delta,", "value and slope of the two are equal at delta"),
        ("y.min() < low or", "y.min() <= low or", "then one is looked for, and none is found"),
        ("y.max() > high", "y.max() >= high", "then one is looked for, and none is found"),
    ),
    "nn/losses/samples.py": (
        ('"ndim", 0) == 1', '"ndim", -1) == 1', "any number but 1 says that a list has no ndim"),
        ("else (x[..., 0], y)", "else (x[..., -1], y)", _LENGTH_1),
        ("else (x, y[..., 0])", "else (x, y[..., -1])", _LENGTH_1),
        ("isinstance(ys[0], list)", "isinstance(ys[ -1], list)", "all of them are lists, or none"),
        ("strict=True", "strict=False", _STRICT),
        ("labels[0] if len(labels) == 1", "labels[ -1] if len(labels) == 1", "there is one"),
        ("is_node and contexts", "is_node or contexts", "a row of numbers is the same either way"),
        ("labels = labels[..., 0]", "labels = labels[..., -1]", _LENGTH_1),
    ),
    "nn/losses/classes.py": (
        ("weight.ndim < values.ndim", "weight.ndim <= values.ndim", "then the shape stays"),
    ),
    "nn/optimizers/base.py": (
        ("_learning_rate: Any = 0.0", "_learning_rate: Any = 1.0", _SET_BEFORE),
        ("_learning_rate: Any = 0.0", "_learning_rate: Any = -1.0", _SET_BEFORE),
        ("_places: list[tuple[Flat, list[int | None]]] = []", "pass", _SET_BEFORE),
        ("_names: tuple[str, ...] = ()", "pass", _SET_BEFORE),
        ("_rate: Any = 0.0 # of", "_rate: Any = 1.0 # of", _SET_BEFORE),
        ("_rate: Any = 0.0 # of", "_rate: Any = -1.0 # of", _SET_BEFORE),
        ("_rate: Any = 0.0 # of", "pass", _SET_BEFORE),
        ("shown(rate, 40)", "shown(rate, 41)", _WORDING),
        ("shown(rate, 40)", "shown(rate, 39)", _WORDING),
        ("weight_decay or 0.0", "weight_decay or 1.0", "read only where there is a decay"),
        ("weight_decay or 0.0", "weight_decay or -1.0", "read only where there is a decay"),
        ("scale = 1.0", "scale = 2.0", "read only where global_clipnorm has set it"),
        ("scale = 1.0", "scale = 0.0", "read only where global_clipnorm has set it"),
        ("self._shrinking = 0.0", "pass", _SET_BEFORE),
        ("_shrinking = 0.0", "_shrinking = 1.0", _SET_BEFORE),
        ("_shrinking = 0.0", "_shrinking = -1.0", _SET_BEFORE),
    ),
    "nn/optimizers/flat.py": (
        ("BLOCK = 49152", "BLOCK = 49153", _HOW_MANY),
        ("BLOCK = 49152", "BLOCK = 49151", _HOW_MANY),
        ("super().__init__()", "pass", "a dict without items has nothing to set up"),
        ("strict=True", "strict=False", _STRICT),
        ("_views: list[Array] = [] # and these", "pass", _SET_BEFORE),
        ("astype(self.dtype, copy=False)", "astype(self.dtype, copy=True)", "only a copy more"),
        ("_current is not None and not all", "_current is not None or not all", _GATHERED),
        ("[first].reshape(-1)", "[first].reshape(- 2)", "numpy takes any negative number so"),
        ("first = last = -1", "first = last = - 2", "whatever is below 0 says that there is none"),
        ("first = -1", "first = - 2", "whatever is below 0 says that there is none"),
        ("lines = [np.empty(1)]", "lines = [np.empty( 2)]", "references, whatever to"),
        ("lines = [np.empty(1)]", "lines = [np.empty( 0)]", "references, whatever to"),
        ("return 0", "return 1", "for a type checker: the loop returns before"),
        ("return 0", "return -1", "for a type checker: the loop returns before"),
    ),
    "nn/optimizers/rules.py": (
        ('"velocity_hat": 0.0', '"velocity_hat": -1.0', "the maximum with a v that is at least 0"),
    ),
}
