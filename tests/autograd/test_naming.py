"""name() labels Values by the variables that hold them."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import pytest

from autograd import Value, name


def test_variables_lists_and_dicts() -> None:
    x, w, layer = Value(1.0), [Value(2.0), Value(3.0)], {"bias": Value(4.0), 0: (Value(5.0),)}
    name(locals())
    assert x.label == "x"
    assert [v.label for v in w] == ["w[0]", "w[1]"]
    assert layer["bias"].label == "layer['bias']"  # type: ignore[union-attr]
    assert layer[0][0].label == "layer[0][0]"  # type: ignore[index]


def test_keywords() -> None:
    a, b = Value(1.0), [[Value(2.0)]]
    name(first=a, rows=b)
    assert (a.label, b[0][0].label) == ("first", "rows[0][0]")


def test_mapping_and_keywords_together() -> None:
    x, y = Value(1.0), Value(2.0)
    name(MappingProxyType({"x": x}), y=y)
    assert (x.label, y.label) == ("x", "y")


def test_labels_given_before_are_replaced() -> None:
    x = Value(1.0, label="old")
    name(x=x)
    assert x.label == "x"


def test_first_of_several_names_holds() -> None:
    x = Value(1.0)
    name({"a": x, "b": x})
    assert x.label == "a"
    name({"parameters": [x], "weight": x})  # its own name comes before a place in a list
    assert x.label == "weight"


def test_other_things_and_private_names_are_passed_over() -> None:
    x = Value(1.0)
    name({"_": x, "__x": x, "n": 3, "text": "abc", "f": len, "nothing": None})
    assert x.label == ""


def test_operands_keep_their_own_labels() -> None:
    x = Value(1.0, label="x")
    y = x * 2
    name(y=y)
    assert (x.label, y.label) == ("x", "y")


def test_list_that_contains_itself() -> None:
    x = Value(1.0)
    loop: list[Any] = [x]
    loop.append(loop)
    name(loop=loop)
    assert x.label == "loop[0]"


def test_keys_that_are_no_names_are_passed_over() -> None:
    x, y = Value(1.0), Value(2.0)
    name({3: x, "y": y})  # type: ignore[dict-item]
    assert (x.label, y.label) == ("", "y")


@pytest.mark.parametrize("wrong", [Value(1.0), [Value(1.0)], "x", 3])
def test_wrong_use(wrong: Any) -> None:
    with pytest.raises(TypeError, match=r"name takes locals\(\) or keywords"):
        name(wrong)


def test_nothing_to_name_is_an_error() -> None:
    with pytest.raises(TypeError, match=r"name\(locals\(\)\)"):
        name()
    name({})  # an empty namespace is one
