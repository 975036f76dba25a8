"""The type of weights, and epsilon."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from nn import config


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    yield
    config.set_floatx("float32")


def test_defaults_are_those_of_keras() -> None:
    assert (config.floatx(), config.epsilon()) == ("float32", 1e-7)


@pytest.mark.parametrize("value", ["float64", np.float64, np.dtype("float64"), float])
def test_float64_in_any_spelling(value: Any) -> None:
    config.set_floatx(value)
    assert config.floatx() == "float64"


@pytest.mark.parametrize("value", ["float16", "int32", "double precision", None, 64])
def test_another_type_is_refused_and_changes_nothing(value: Any) -> None:
    with pytest.raises(ValueError, match="floatx is 'float32' or 'float64', not"):
        config.set_floatx(value)
    assert config.floatx() == "float32"
