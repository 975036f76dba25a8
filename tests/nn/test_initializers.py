"""Initializers: spread, seeds, names and configs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from nn import config, initializers
from nn.random import set_random_seed

SHAPE = (300, 100)
VARIANCES = {
    "glorot_uniform": 2 / 400, "glorot_normal": 2 / 400,
    "he_uniform": 2 / 300, "he_normal": 2 / 300,
    "lecun_uniform": 1 / 300, "lecun_normal": 1 / 300,
    "random_normal": 0.05**2, "random_uniform": 0.1**2 / 12,
    "truncated_normal": (0.05 * initializers.TRUNCATED_DEVIATION) ** 2,
}  # fmt: skip
ALL = ["zeros", "ones", "constant", "variance_scaling", *VARIANCES]


@pytest.mark.parametrize(("name", "variance"), VARIANCES.items())
def test_mean_and_variance(name: str, variance: float) -> None:
    w = initializers.get({"class_name": name, "config": {"seed": 0}})(SHAPE, "float64")
    assert w.shape == SHAPE
    assert abs(w.mean()) < 4 * math.sqrt(variance / w.size)
    assert w.var() == pytest.approx(variance, rel=0.03)


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        ("glorot_uniform", math.sqrt(6 / 400)),
        ("he_uniform", math.sqrt(6 / 300)),
        ("lecun_uniform", math.sqrt(3 / 300)),
        ("random_uniform", 0.05),
        ("truncated_normal", 0.1),
        ("he_normal", 2 * math.sqrt(2 / 300) / initializers.TRUNCATED_DEVIATION),
    ],
)
def test_limits(name: str, limit: float) -> None:
    largest = np.abs(initializers.get(name)(SHAPE)).max()
    assert 0.99 * limit < largest <= limit * (1 + 1e-6)


def test_the_truncated_deviation() -> None:
    # of a standard normal number within ±2: 1 - 4 φ(2) / (Φ(2) - Φ(-2))
    density = math.exp(-2.0) / math.sqrt(2.0 * math.pi)
    variance = 1.0 - 4.0 * density / math.erf(math.sqrt(2.0))
    assert math.sqrt(variance) == pytest.approx(initializers.TRUNCATED_DEVIATION, rel=1e-12)


@pytest.mark.parametrize("name", ALL)
def test_shape_dtype_and_config(name: str) -> None:
    init = initializers.get(name)
    assert init((3, 2)).dtype == np.float32
    assert init((3, 2), dtype="float64").dtype == np.float64
    assert init(()).shape == ()
    assert init((0, 4)).shape == (0, 4)
    config = initializers.serialize(init)
    again = initializers.deserialize(config)
    assert type(again) is type(init)
    assert initializers.serialize(again) == config


def test_floatx_is_the_default_dtype() -> None:
    config.set_floatx("float64")
    try:
        assert initializers.Zeros()((1,)).dtype == np.float64
    finally:
        config.set_floatx("float32")


def test_numbers_that_do_not_depend_on_chance() -> None:
    assert initializers.zeros()((2,)).tolist() == [0.0, 0.0]
    assert initializers.ones()((2,)).tolist() == [1.0, 1.0]
    assert initializers.constant(0.25)((2,)).tolist() == [0.25, 0.25]


@pytest.mark.parametrize("name", VARIANCES)
def test_seeds(name: str) -> None:
    kind = type(initializers.get(name))
    seeded = kind(seed=3)
    assert (seeded(SHAPE) == seeded(SHAPE)).all()
    assert (seeded(SHAPE) == kind(seed=3)(SHAPE)).all()
    assert (seeded(SHAPE) != kind(seed=4)(SHAPE)).any()
    # float32 is float64, rounded
    assert (seeded(SHAPE) == seeded(SHAPE, "float64").astype("float32")).all()


def test_without_a_seed_layers_differ_and_set_random_seed_repeats() -> None:
    init = initializers.get("glorot_uniform")
    set_random_seed(0)
    first, second = init((4, 4)), init((4, 4))
    assert (first != second).all()
    set_random_seed(0)
    assert (initializers.GlorotUniform()((4, 4)) == first).all()


def test_fans() -> None:
    assert initializers.fans(()) == (1, 1)
    assert initializers.fans((7,)) == (7, 7)
    assert initializers.fans((8, 50)) == (8, 50)
    assert initializers.fans((3, 3, 8, 16)) == (72, 144)


@pytest.mark.parametrize("name", ["zero", "one", "normal", "uniform", "HeNormal", "GlorotUniform"])
def test_aliases(name: str) -> None:
    assert isinstance(initializers.get(name), initializers.Initializer)


def test_a_function_of_ones_own() -> None:
    def mine(shape: Any, dtype: Any = None) -> Any:
        return np.full(shape, 9.0, dtype)

    assert initializers.get(mine) is mine


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: initializers.get("he_norml"), r"did you mean 'he_normal'\?"),
        (lambda: initializers.Constant("a"), "value is a finite number, not 'a'"),
        (lambda: initializers.Constant(math.nan), "value is a finite number, not nan"),
        (lambda: initializers.RandomNormal(stddev=-1), "stddev is a number of at least 0"),
        (lambda: initializers.RandomUniform(1, 0), "minval 1 is larger than maxval 0"),
        (lambda: initializers.VarianceScaling(0), "scale is a positive number"),
        (lambda: initializers.VarianceScaling(mode="fan"), "mode is one of 'fan_in'"),
        (lambda: initializers.VarianceScaling(distribution="x"), "distribution is one of"),
        (lambda: initializers.Zeros()((2, -1)), r"a shape is a tuple of sizes .* not \(2, -1\)"),
        (lambda: initializers.Zeros()(5), "a shape is a tuple of sizes"),
        (lambda: initializers.Zeros()((2,), "int32"), "the dtype of weights is 'float32' or"),
    ],
)
def test_mistakes(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_a_seed_that_is_none() -> None:
    with pytest.raises(TypeError, match="a seed is an integer"):
        initializers.HeNormal(seed="0")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="initializer: a name such as"):
        initializers.get(3)


def test_repr_is_how_it_is_made() -> None:
    assert repr(initializers.HeNormal(seed=1)) == "HeNormal(seed=1)"
    assert repr(initializers.RandomUniform(0, 1)) == (
        "RandomUniform(minval=0.0, maxval=1.0, seed=None)"
    )
