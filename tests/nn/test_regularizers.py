"""Penalties against their formulas, by name and as configs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from autograd import Tensor, gradcheck
from nn import regularizers
from nn.regularizers import L1, L1L2, L2

W = np.array([[1.0, -2.0], [0.5, 3.0]])

CASES = {
    "L1": (L1(0.1), 0.1 * 6.5, 0.1 * np.sign(W)),
    "L2": (L2(0.2), 0.2 * 14.25, 0.4 * W),
    "L1L2": (L1L2(0.1, 0.2), 0.1 * 6.5 + 0.2 * 14.25, 0.1 * np.sign(W) + 0.4 * W),
    "L1L2 without l1": (L1L2(l2=0.2), 0.2 * 14.25, 0.4 * W),
    "L1L2 without l2": (L1L2(l1=0.1), 0.1 * 6.5, 0.1 * np.sign(W)),
    "L1L2 of nothing": (L1L2(), 0.0, 0.0 * W),
}

cases = pytest.mark.parametrize("name", CASES)


@cases
def test_value_and_gradient(name: str) -> None:
    regularizer, value, gradient = CASES[name]
    w = Tensor(W)
    penalty = regularizer(w)
    assert penalty.shape == ()
    assert penalty.item() == pytest.approx(value, rel=1e-15)
    penalty.backward()
    np.testing.assert_allclose(w.grad, gradient, rtol=1e-15)
    assert float(regularizer(W)) == penalty.item()
    assert gradcheck(regularizer, (W,), order=1)


@cases
def test_float32_stays(name: str) -> None:
    assert CASES[name][0](Tensor(W, dtype="float32")).dtype == np.float32


@cases
def test_config_round_trip(name: str) -> None:
    regularizer = CASES[name][0]
    twin = regularizers.deserialize(regularizers.serialize(regularizer))
    assert repr(twin) == repr(regularizer)
    assert type(twin).from_config(twin.get_config()).get_config() == regularizer.get_config()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("l1", "L1(l1=0.01)"), ("L1", "L1(l1=0.01)"), ("l2", "L2(l2=0.01)"),
        ("l1_l2", "L1L2(l1=0.0, l2=0.0)"), ("L1L2", "L1L2(l1=0.0, l2=0.0)"),
    ],
)  # fmt: skip
def test_by_name(name: str, expected: str) -> None:
    assert repr(regularizers.get(name)) == expected


def test_what_get_leaves_as_it_is() -> None:
    def penalty(x: Any) -> Any:
        return x.sum()

    l2 = L2(0.5)
    assert regularizers.get(l2) is l2
    assert regularizers.get(penalty) is penalty
    assert regularizers.get(None) is regularizers.serialize(None) is None
    assert repr(regularizers.get(L1)) == "L1(l1=0.01)"


def test_names_of_keras() -> None:
    assert (regularizers.l1, regularizers.l2, regularizers.l1_l2) == (L1, L2, L1L2)


def test_a_regularizer_of_ones_own() -> None:
    class Largest(regularizers.Regularizer):
        def __call__(self, x: Any) -> Any:
            return abs(x).max()

    assert regularizers.get(Largest())(Tensor(W)).item() == 3.0
    assert regularizers.deserialize(
        regularizers.serialize(Largest()), {"Largest": Largest}
    )(Tensor(W)).item() == 3.0  # fmt: skip
    with pytest.raises(NotImplementedError, match="Regularizer has no __call__"):
        regularizers.Regularizer()(W)


@pytest.mark.parametrize("wrong", [-0.1, math.nan, math.inf, "0.1", None, True])
def test_refusals(wrong: Any) -> None:
    for make in (L1, L2, lambda x: L1L2(l1=x), lambda x: L1L2(l2=x)):
        with pytest.raises(ValueError, match="is a number of at least 0, not "):
            make(wrong)


def test_unknown_names_are_guessed() -> None:
    with pytest.raises(ValueError, match="unknown regularizer 'l1_l3': did you mean 'l1_l2'"):
        regularizers.get("l1_l3")
    with pytest.raises(TypeError, match="regularizer: a name such as 'l1'"):
        regularizers.get(0.01)
