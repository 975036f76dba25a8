"""Value: operators, conversions, comparisons, what it refuses and how it says so."""

from __future__ import annotations

import math
import operator
import sys
from collections.abc import Callable
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Tensor, Value, gradients

# --- construction -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "number",
    [
        2, 2.0, True, Fraction(1, 4), np.float64(2), np.float32(2), np.float16(2), np.int64(2),
        np.uint8(2), np.bool_(True), np.array(2.0), np.array(2), np.array(True),
        10**300, math.inf, -0.0,
    ],
    ids=repr,
)  # fmt: skip
def test_real_numbers_become_floats(number: Any) -> None:
    for x in (Value(number), Value(1.0) * number, number * Value(1.0)):
        assert type(x.data) is float
        assert x.data == np.asarray(number, dtype=float).item()


REFUSED: list[tuple[Any, str]] = [
    ("3", r"the str '3'; use float\('3'\)"),
    (b"3", "bytes b'3'"),
    (None, "None; did a function forget to return"),
    (1 + 2j, r"the complex number \(1\+2j\); use its .real"),
    (np.complex64(1j), r"complex.*use its .real"),
    ([1.0, 2.0], "a list of 2; use one element at a time"),
    ((1.0,), "a tuple of 1; use one element at a time"),
    ({}, "a dict of 0"),
    (np.array("a"), r"an ndarray of shape \(\) and dtype <U1"),
    (object(), "object <object"),
    (math.sin, "builtin_function_or_method"),
]


@pytest.mark.parametrize(("wrong", "message"), REFUSED, ids=[repr(w)[:20] for w, _ in REFUSED])
def test_anything_else_is_refused_and_the_message_says_what_to_use(
    wrong: Any, message: str
) -> None:
    x = Value(2.0)
    with pytest.raises(TypeError, match="^Value takes .*" + message):
        Value(wrong)
    with pytest.raises(TypeError, match="^operand 2 of multiply takes .*" + message):
        x * wrong
    with pytest.raises(TypeError, match="^operand 1 of subtract takes .*" + message):
        wrong - x
    with pytest.raises(TypeError, match="^operand 2 of power takes .*" + message):
        x**wrong
    with pytest.raises(TypeError, match="^operand 2 of maximum takes .*" + message):
        x.maximum(wrong)
    with pytest.raises(TypeError, match="^operand 1 of exp takes .*" + message):
        autograd.exp(wrong)
    with pytest.raises(TypeError, match=message):
        x.data = wrong
    if wrong is not None:  # which clears it
        with pytest.raises(TypeError, match="^Value.grad takes .*" + message):
            x.grad = wrong
    assert (x.data, x.grad) == (2.0, None)


@pytest.mark.parametrize("huge", [10**400, -(10**400), Fraction(10**400)])
def test_number_too_large_for_a_float(huge: Any) -> None:
    x = Value(2.0)
    for make in (lambda: Value(huge), lambda: x + huge, lambda: huge + x, lambda: x**huge):
        with pytest.raises(ValueError, match=r"10000.*… is too large for a float"):
            make()


def test_value_of_a_value_is_refused_with_the_way_out() -> None:
    with pytest.raises(TypeError, match=r"is a Value already; .* \.detach\(\)"):
        Value(Value(1.0))  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", [3, b"x", ["x"]])
def test_label_is_a_str(wrong: Any) -> None:
    with pytest.raises(TypeError, match="a label is a str, not"):
        Value(1.0, label=wrong)
    x = Value(1.0, label="x")
    with pytest.raises(TypeError, match="a label is a str, not"):
        x.label = wrong
    assert x.label == "x"


def test_label_can_be_given_later_and_taken_away() -> None:
    x = Value(1.0)
    x.label = "weight"
    assert repr(x) == "Value(1.000, label='weight')"
    x.label = None  # type: ignore[assignment]
    assert x.label == ""


def test_data_does_not_take_a_value() -> None:
    x = Value(1.0)
    with pytest.raises(TypeError, match=r"Value.data takes a plain number; use .data of"):
        x.data = Value(2.0)  # type: ignore[assignment]


@pytest.mark.parametrize("wrong", ["1", None, [1.0]])
def test_seed_is_a_number(wrong: Any) -> None:
    x = Value(1.0)
    with pytest.raises(TypeError, match=r"^seed takes"):
        x.backward(wrong)
    with pytest.raises(TypeError, match=r"seed takes a plain number; use \.data"):
        x.backward(Value(1.0))
    assert x.grad is None


# --- operators --------------------------------------------------------------------------

OPERATORS = [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow]


@pytest.mark.parametrize("apply", OPERATORS)
@pytest.mark.parametrize("kind", [float, int, Fraction, np.float64, np.int64, np.array, bool])
def test_operator_with_a_number_on_either_side(
    apply: Callable[[Any, Any], Any], kind: Callable[[int], Any]
) -> None:
    x = Value(3.0)
    left, right = apply(kind(1), x), apply(x, kind(1))
    assert type(left) is type(right) is Value
    assert (left.data, right.data) == (apply(1.0, 3.0), apply(3.0, 1.0))
    assert left.operands == (1.0, x)
    assert right.operands == (x, 1.0)


def test_unary_operators() -> None:
    x = Value(-3.0)
    assert ((-x).data, abs(x).data) == (3.0, 3.0)
    assert +x is x


def test_python_functions_on_values() -> None:
    x, y, z = Value(1.0), Value(3.0), Value(2.0)
    assert sum([x, y, z]).data == 6.0
    assert max(x, y, z) is y
    assert min([x, y, z]) is x
    assert sorted([x, y, z]) == [1.0, 2.0, 3.0]
    assert math.tanh(x) == math.tanh(1.0)
    assert pow(y, 2).data == 9.0
    total = Value(0.0)
    total += x
    total *= y
    assert gradients(total, [x, y]) == [3.0, 1.0]


@pytest.mark.parametrize(
    "use",
    [lambda x: x % 2, lambda x: 2 % x, lambda x: x // 2, lambda x: 2 // x, round,
     lambda x: round(x, 2), lambda x: x @ x],
)  # fmt: skip
def test_operation_without_a_rule_names_a_remedy(use: Callable[[Value], Any]) -> None:
    with pytest.raises(TypeError, match=r"a Value has no .*: .*use "):
        use(Value(2.0))


@pytest.mark.parametrize("method", ["exp", "tanh", "relu", "log"])
def test_method_with_too_many_arguments_names_itself(method: str) -> None:
    with pytest.raises(TypeError, match=rf"Value\.{method}\(\)|{method}"):
        getattr(Value(1.0), method)(2)


class Foreign:
    """A number of another library, which knows how to deal with Values itself."""

    def __radd__(self, other: object) -> str:
        return "its own sum"

    def __rpow__(self, other: object) -> str:
        return "its own power"


def test_foreign_number_may_answer_for_itself() -> None:
    assert Value(1.0) + Foreign() == "its own sum"
    assert Value(1.0) ** Foreign() == "its own power"


@pytest.mark.parametrize("use", ["add", "power", "maximum", "atan2", "leaky_relu", "elu", "dot"])
def test_method_with_a_foreign_number_raises(use: str) -> None:
    # not NotImplemented, which only an operator may return
    with pytest.raises(TypeError, match=r"operand 2 of \w+ takes a Value or a real number"):
        getattr(Value(1.0), use)(Foreign())


def test_operator_without_a_foreign_rule_raises() -> None:
    with pytest.raises(TypeError, match="operand 2 of multiply takes"):
        Value(1.0) * Foreign()


# --- numbers: comparing, converting, printing -------------------------------------------


@pytest.mark.parametrize(
    "two", [2, 2.0, np.float64(2), np.int32(2), np.array(2.0), Fraction(2), Value(2.0)], ids=repr
)
def test_comparisons_see_the_data_and_return_bool(two: Any) -> None:
    one, same, three = Value(1.0), Value(2.0), Value(3.0)
    results = [
        one < two, same <= two, three > two, same >= two, same == two, one != two,
        two > one, two >= same, two < three, two <= same, two == same, two != one,
    ]  # fmt: skip
    assert [type(result) for result in results] == [bool] * 12
    assert all(results)
    assert (one == two, same != two) == (False, False)


def test_comparison_with_a_huge_int_is_exact() -> None:
    assert Value(1e308) < 10**400
    assert Value(math.inf) > 10**400
    assert Value(2.0**53) != 2**53 + 1


def test_nan_equals_nothing() -> None:
    x = Value(math.nan)
    assert x != x
    assert [x < 1, x > 1, x == 1] == [False] * 3


@pytest.mark.parametrize("other", ["2", None, [2.0], 2j])
def test_other_things_are_unequal_and_have_no_order(other: Any) -> None:
    x = Value(2.0)
    assert (x == other) is False
    assert (x != other) is True
    with pytest.raises(TypeError, match="not supported between"):
        assert x < other


@pytest.mark.parametrize("compare", [operator.eq, operator.ne, operator.lt, operator.ge])
def test_comparison_with_an_array_is_an_array(compare: Callable[[Any, Any], Any]) -> None:
    array = np.array([1.0, 2.0])
    assert (compare(Value(1.0), array) == compare(1.0, array)).all()
    assert (compare(array, Value(1.0)) == compare(array, 1.0)).all()


@pytest.mark.parametrize("array", [np.array([1.0, 2.0]), np.array([])])
def test_a_value_is_no_array(array: Any) -> None:
    x = Value(1.0)
    with pytest.raises(TypeError, match=r"Value takes .*an ndarray of shape \(\d,\) and dtype"):
        Value(array)
    with pytest.raises(TypeError, match="an ndarray of shape"):
        x.data = array
    with pytest.raises(TypeError, match="an ndarray of shape"):
        x.grad = array


def test_an_array_makes_a_tensor_of_a_value() -> None:
    x = Value(2.0)
    for product in (x * np.array([1.0, 3.0]), np.array([1.0, 3.0]) * x):
        assert isinstance(product, autograd.Tensor)
        assert product.tolist() == [2.0, 6.0]
        x.grad = None
        product.sum().backward()
        assert x.grad == 4.0
        assert type(x.grad) is float


def test_hashing_is_by_identity() -> None:
    x, y = Value(1.0), Value(1.0)
    assert x == y
    assert len({x, y}) == 2
    table = {x: "x", y: "y"}
    assert (table[x], table[y]) == ("x", "y")
    before = hash(x)
    x.data = 5.0
    assert hash(x) == before


def test_conversions() -> None:
    x = Value(2.75)
    assert (float(x), int(x), bool(x), bool(Value(0.0)), complex(x)) == (2.75, 2, True, False, 2.75)
    assert type(float(x)) is float


def test_formatting() -> None:
    x = Value(1.5)
    assert f"{x:.3f}|{x:>6}|{x:e}" == "1.500|   1.5|1.500000e+00"
    assert f"{x}" == str(x) == repr(x) == "Value(1.500)"
    assert "%.2f" % x == "1.50"  # noqa: UP031


def test_repr_of_the_issue() -> None:
    x, w, b = Value(2.0, label="x"), Value(-3.0, label="w"), Value(6.88, label="b")
    y = (w * x + b).tanh()
    y.label = "y"
    assert repr(y) == "Value(0.7064, label='y')"
    y.backward(0.501)
    assert repr(y) == "Value(0.7064, grad=0.5010, label='y')"
    assert repr(x) == "Value(2.000, grad=-0.7530, label='x')"


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0.000"), (1e-6, "1.000e-06"), (-1e-300, "-1.000e-300"), (12345.678, "1.235e+04"),
        (1234.0, "1234"), (0.000123456, "0.0001235"), (math.inf, "inf"), (math.nan, "nan"),
        (0.99999, "1.000"), (1e6, "1.000e+06"),
    ],
)  # fmt: skip
def test_repr_has_significant_digits(number: float, text: str) -> None:
    assert repr(Value(number)) == f"Value({text})"


def test_repr_shows_a_gradient_that_is_a_graph() -> None:
    x = Value(3.0)
    (x**2).backward(create_graph=True)
    assert repr(x) == "Value(3.000, grad=6.000)"


def test_label_in_repr_is_quoted() -> None:
    assert repr(Value(1.0, label='it\'s "x"\n')) == "Value(1.000, label='it\\'s \"x\"\\n')"


def test_detach_cuts_the_graph() -> None:
    x = Value(3.0, label="x")
    leaf = (x * 2).detach()
    assert (leaf.data, leaf.is_leaf, leaf.grad, leaf.label) == (6.0, True, None, "")
    assert gradients(x * x.detach(), x) == 3.0


# --- numpy ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("numpys", "ours"),
    [
        (np.exp, "exp"), (np.expm1, "expm1"), (np.log, "log"), (np.log1p, "log1p"),
        (np.log2, "log2"), (np.log10, "log10"), (np.sqrt, "sqrt"), (np.sin, "sin"),
        (np.cos, "cos"), (np.tan, "tan"), (np.arcsin, "asin"), (np.arccos, "acos"),
        (np.arctan, "atan"), (np.sinh, "sinh"), (np.cosh, "cosh"), (np.tanh, "tanh"),
        (np.negative, "negate"), (np.absolute, "abs"), (np.sign, "sign"),
    ],
)  # fmt: skip
def test_numpy_function_of_a_value_is_a_value(numpys: Any, ours: str) -> None:
    x = Value(0.5)
    found, expected = numpys(x), getattr(autograd, ours)(x)
    assert type(found) is Value
    assert found.primitive is expected.primitive
    assert found.operands == (x,)
    assert found.data == expected.data


@pytest.mark.parametrize(
    ("numpys", "ours"),
    [
        (np.add, "add"), (np.subtract, "subtract"), (np.multiply, "multiply"),
        (np.divide, "divide"), (np.true_divide, "divide"), (np.power, "power"),
        (np.float_power, "power"), (np.maximum, "maximum"), (np.minimum, "minimum"),
        (np.arctan2, "atan2"),
    ],
)  # fmt: skip
def test_numpy_function_of_two_operands(numpys: Any, ours: str) -> None:
    x = Value(0.5)
    for left, right in ((x, np.float64(2)), (np.float64(2), x), (x, x), (np.array(2), x)):
        found = numpys(left, right)
        assert type(found) is Value
        assert found.data == getattr(autograd, ours)(float(left), float(right))


@pytest.mark.parametrize(
    "use",
    [
        lambda x: np.floor(x), lambda x: np.hypot(x, x),
        lambda x: np.add.reduce(x), lambda x: np.add.outer(x, x), lambda x: np.exp(x, where=True),
    ],
)  # fmt: skip
def test_numpy_function_without_a_rule_is_refused(use: Callable[[Value], Any]) -> None:
    with pytest.raises(TypeError, match=r"numpy\.[\w.]+ has no rule for a Value; .*\.data"):
        use(Value(1.0))


def test_array_updated_in_place_by_a_value_is_refused() -> None:
    array = np.array([1.0, 2.0])
    with pytest.raises(TypeError, match="cannot be written into an ndarray"):
        array += Value(1.0)  # type: ignore[arg-type]
    assert list(array) == [1.0, 2.0]


def test_numpy_sums_an_array_of_values() -> None:
    x, y = Value(1.0), Value(2.0)
    for total in (np.sum([x, y]), np.dot([x, y], [1.0, 1.0]), np.array([x, y]).sum()):
        assert type(total) is Value
        assert gradients(total, [x, y]) == [1.0, 1.0]


def test_loop_over_an_array_makes_values() -> None:
    total: Any = np.float64(0.0)
    w = Value(2.0)
    for number in np.arange(3):
        total += w * number
    assert (type(total), total.data, gradients(total, w)) == (Value, 6.0, 3.0)


def test_a_notebook_picture_that_cannot_be_made_leaves_the_text() -> None:
    x = Value(1.0)
    for _ in range(4000):
        x = x * 1.0
    bundle = x._repr_mimebundle_()
    assert list(bundle) == ["text/plain"]
    assert bundle["text/plain"].startswith("Value(1.000)\n(no diagram: ")


def test_a_terminal_gets_no_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    shell = SimpleNamespace(display_formatter=SimpleNamespace(active_types=["text/plain"]))
    ipython = SimpleNamespace(get_ipython=lambda: shell)
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    assert Value(2.0)._repr_mimebundle_() == {"text/plain": "Value(2.000)"}
    shell.display_formatter.active_types.append("image/svg+xml")
    assert "image/svg+xml" in Value(2.0)._repr_mimebundle_()


@pytest.mark.parametrize("x", [Value(2.0), Tensor([2.0])])
def test_a_power_is_not_written_with_a_circumflex(x: Any) -> None:
    for write in (lambda: x ^ 2, lambda: 2 ^ x):
        with pytest.raises(TypeError, match=r"x \*\* 2"):
            write()
