"""Where weights start: zeros, ones, or chance with a spread that suits the layer's size.

With fan_in inputs and fan_out outputs of a layer, a weight's variance is 2/(fan_in + fan_out)
in Glorot's rule (Glorot and Bengio 2010, for tanh and softmax), 2/fan_in in He's (He et al.
2015, for relu) and 1/fan_in in LeCun's (LeCun et al. 1998, for selu).

>>> GlorotUniform(seed=0)((2, 2)).round(4)
array([[ 0.3355, -0.5639],
       [-1.1244, -1.1843]], dtype=float32)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd.formatting import shown
from nn.checks import as_float, as_whole
from nn.config import as_floatx, floatx
from nn.limits import require_memory
from nn.names import Configured, Names
from nn.random import as_seed, generator

__all__ = [
    "Constant", "GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "Initializer",
    "LecunNormal", "LecunUniform", "Ones", "RandomNormal", "RandomUniform", "TruncatedNormal",
    "VarianceScaling", "Zeros", "constant", "deserialize", "get", "glorot_normal",
    "glorot_uniform", "he_normal", "he_uniform", "lecun_normal", "lecun_uniform", "ones",
    "random_normal", "random_uniform", "serialize", "truncated_normal", "variance_scaling", "zeros",
]  # fmt: skip


TRUNCATED_DEVIATION = 0.87962566103423978
"""The standard deviation of a standard normal number that is cut off at -2 and 2."""


class Initializer(Configured):
    """Gives an array of starting weights when called with a shape; subclass and write __call__."""

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> NDArray[Any]:
        """Return the starting weights, of `nn.config.floatx()` if no dtype is given."""
        raise NotImplementedError(f"{type(self).__name__} has no __call__(shape, dtype=None)")


class Constant(Initializer):
    """Every weight is the same number.

    >>> Constant(0.5)((2,))
    array([0.5, 0.5], dtype=float32)
    """

    def __init__(self, value: float = 0.0) -> None:
        self.value = as_float(value, "value")

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> NDArray[Any]:
        """Return an array of that shape, filled with the number."""
        return np.full(as_sizes(shape), self.value, _dtype(dtype))

    def get_config(self) -> dict[str, Any]:
        """Return {"value": ...}."""
        return {"value": self.value}


class Zeros(Initializer):
    """Every weight is 0; right for biases, and for kernels it leaves all neurons alike."""

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> NDArray[Any]:
        """Return an array of zeros."""
        return np.zeros(as_sizes(shape), _dtype(dtype))


class Ones(Initializer):
    """Every weight is 1."""

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> NDArray[Any]:
        """Return an array of ones."""
        return np.ones(as_sizes(shape), _dtype(dtype))


class _Random(Initializer):
    """Draws from a generator of its own if it has a seed, otherwise from that of `nn.random`.

    With a seed every call gives the same numbers.  They are drawn in float64 and then rounded,
    so that a float32 and a float64 network start from the same weights.
    """

    def __init__(self, seed: int | None = None) -> None:
        self.seed = None if seed is None else as_seed(seed)

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> NDArray[Any]:
        """Return an array of numbers drawn at random."""
        rng = generator() if self.seed is None else np.random.default_rng(self.seed)
        return self._draw(rng, as_sizes(shape)).astype(_dtype(dtype))

    def _draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[Any]:
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """Return the arguments, the seed among them."""
        return {"seed": self.seed}


class RandomNormal(_Random):
    """Normal numbers.

    >>> RandomNormal(stddev=0.05, seed=0)((2,)).round(4)
    array([ 0.0063, -0.0066], dtype=float32)
    """

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None) -> None:
        super().__init__(seed)
        self.mean, self.stddev = as_float(mean, "mean"), as_float(stddev, "stddev", 0)

    def _draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[Any]:
        return rng.normal(self.mean, self.stddev, shape)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments, the seed among them."""
        return {"mean": self.mean, "stddev": self.stddev, "seed": self.seed}


class TruncatedNormal(RandomNormal):
    """Normal numbers, drawn again while they are further than 2 stddev from the mean.

    >>> bool(abs(TruncatedNormal(stddev=1.0, seed=0)((1000,))).max() < 2.0)
    True
    """

    def _draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[Any]:
        return self.mean + self.stddev * _truncated(rng, shape)


class RandomUniform(_Random):
    """Numbers between minval and maxval, each equally likely.

    Raises:
        ValueError: an end that is no finite number, or a minval above maxval.

    >>> RandomUniform(-1.0, 1.0, seed=0)((2,)).round(4)
    array([ 0.2739, -0.4604], dtype=float32)
    """

    def __init__(
        self, minval: float = -0.05, maxval: float = 0.05, seed: int | None = None
    ) -> None:
        super().__init__(seed)
        self.minval, self.maxval = as_float(minval, "minval"), as_float(maxval, "maxval")
        if self.minval > self.maxval:
            raise ValueError(f"minval {shown(minval)} is larger than maxval {shown(maxval)}")
        if not math.isfinite(self.maxval - self.minval):
            raise ValueError(f"from minval {self.minval} to maxval {self.maxval} is too far")

    def _draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[Any]:
        return rng.uniform(self.minval, self.maxval, shape)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments, the seed among them."""
        return {"minval": self.minval, "maxval": self.maxval, "seed": self.seed}


class VarianceScaling(_Random):
    """Chance of variance scale / fan: the rule of which Glorot's, He's and LeCun's are cases.

    Args:
        scale: a positive number.
        mode: "fan_in", "fan_out" or "fan_avg", the mean of both.
        distribution: "truncated_normal" ("normal" is the same), "untruncated_normal" or "uniform".
        seed: an integer, for the same numbers at every call.

    Raises:
        ValueError: an argument that is none of these.
    """

    _MODES = ("fan_in", "fan_out", "fan_avg")
    _DISTRIBUTIONS = ("truncated_normal", "untruncated_normal", "uniform")

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: int | None = None,
    ) -> None:
        super().__init__(seed)
        self.scale = as_float(scale, "scale")
        if not self.scale > 0.0:
            raise ValueError(f"scale is a positive number, not {shown(scale)}")
        self.mode = _one_of(mode, self._MODES, "mode")
        known = ("normal", *self._DISTRIBUTIONS)
        distribution = _one_of(distribution, known, "distribution")
        self.distribution = "truncated_normal" if distribution == "normal" else distribution

    def _draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[Any]:
        fan_in, fan_out = fans(shape)
        fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2.0}[self.mode]
        deviation = math.sqrt(self.scale / max(1.0, fan))
        if self.distribution == "uniform":
            limit = math.sqrt(3.0) * deviation  # a uniform number in ±limit has variance limit²/3
            return rng.uniform(-limit, limit, shape)
        if self.distribution == "untruncated_normal":
            return rng.normal(0.0, deviation, shape)
        return deviation / TRUNCATED_DEVIATION * _truncated(rng, shape)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments, the seed among them."""
        config = {"scale": self.scale, "mode": self.mode, "distribution": self.distribution}
        return {**config, "seed": self.seed}


class _Rule(VarianceScaling):
    _SCALE, _MODE, _DISTRIBUTION = 1.0, "fan_in", "truncated_normal"

    def __init__(self, seed: int | None = None) -> None:
        super().__init__(self._SCALE, self._MODE, self._DISTRIBUTION, seed)

    def get_config(self) -> dict[str, Any]:
        """Return {"seed": ...}."""
        return {"seed": self.seed}


class GlorotUniform(_Rule):
    """Uniform numbers in ±√(6 / (fan_in + fan_out)): the kernels of Dense start like this."""

    _MODE, _DISTRIBUTION = "fan_avg", "uniform"


class GlorotNormal(_Rule):
    """Truncated normal numbers of variance 2 / (fan_in + fan_out)."""

    _MODE = "fan_avg"


class HeUniform(_Rule):
    """Uniform numbers in ±√(6 / fan_in), for relu."""

    _SCALE, _DISTRIBUTION = 2.0, "uniform"


class HeNormal(_Rule):
    """Truncated normal numbers of variance 2 / fan_in, for relu."""

    _SCALE = 2.0


class LecunUniform(_Rule):
    """Uniform numbers in ±√(3 / fan_in)."""

    _DISTRIBUTION = "uniform"


class LecunNormal(_Rule):
    """Truncated normal numbers of variance 1 / fan_in, for selu."""


def fans(shape: Sequence[int]) -> tuple[int, int]:
    """Return how many inputs and outputs a kernel of that shape, (in, out), connects.

    >>> fans((8, 50))
    (8, 50)
    """
    if len(shape) < 2:
        return (1, 1) if not shape else (shape[0], shape[0])
    receptive = math.prod(shape[:-2])
    return shape[-2] * receptive, shape[-1] * receptive


def _truncated(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[Any]:
    z = rng.standard_normal(shape)
    far = np.abs(z) >= 2.0
    while far.any():
        z = np.where(far, rng.standard_normal(shape), z)
        far = np.abs(z) >= 2.0
    return z


def as_sizes(shape: Any) -> tuple[int, ...]:
    """Return the shape of an array of weights as a tuple of ints.

    Raises:
        ValueError: it is no shape, or the array would not fit into the memory.
    """
    good = isinstance(shape, (tuple, list)) or (isinstance(shape, np.ndarray) and shape.ndim == 1)
    try:
        sizes = tuple(as_whole(size, "a size") for size in shape) if good else ()
    except ValueError:
        good = False
    if not good:
        raise ValueError(f"a shape is a tuple of sizes such as (8, 50), not {shown(shape)}")
    require_memory(math.prod(sizes), f"an array of the shape {shown(sizes)}")
    return sizes


def _dtype(dtype: Any) -> str:
    return floatx() if dtype is None else as_floatx(dtype, "the dtype of weights")


def _one_of(choice: Any, choices: tuple[str, ...], name: str) -> str:
    if not isinstance(choice, str) or choice not in choices:
        listed = ", ".join(map(repr, choices))
        raise ValueError(f"{name} is one of {listed}, not {shown(choice)}")
    return str(choice)


# Keras users know the functions' spelling too: initializers.he_normal(seed=0)
zeros, ones, constant = Zeros, Ones, Constant
random_normal, random_uniform, truncated_normal = RandomNormal, RandomUniform, TruncatedNormal
glorot_uniform, glorot_normal = GlorotUniform, GlorotNormal
he_uniform, he_normal = HeUniform, HeNormal
lecun_uniform, lecun_normal = LecunUniform, LecunNormal
variance_scaling = VarianceScaling

_NAMES = Names(
    "initializer",
    {
        "zeros": Zeros,
        "ones": Ones,
        "constant": Constant,
        "random_normal": RandomNormal,
        "random_uniform": RandomUniform,
        "truncated_normal": TruncatedNormal,
        "variance_scaling": VarianceScaling,
        "glorot_uniform": GlorotUniform,
        "glorot_normal": GlorotNormal,
        "he_uniform": HeUniform,
        "he_normal": HeNormal,
        "lecun_uniform": LecunUniform,
        "lecun_normal": LecunNormal,
    },
    aliases={"zero": Zeros, "one": Ones, "normal": RandomNormal, "uniform": RandomUniform},
)


def get(
    initializer: Any, custom_objects: dict[str, Any] | None = None
) -> Callable[..., NDArray[Any]]:
    """Return the initializer of a name or config; a function of (shape, dtype) is taken as it is.

    Raises:
        ValueError: there is none of that name.
        TypeError: neither a name, a config nor something to call.

    >>> get("he_normal")
    HeNormal(seed=None)
    >>> get("glorot_unifrom")
    Traceback (most recent call last):
        ...
    ValueError: unknown initializer 'glorot_unifrom': did you mean 'glorot_uniform'? There are
    'constant', 'glorot_normal', 'glorot_uniform', 'he_normal', 'he_uniform', 'lecun_normal',
    'lecun_uniform', 'ones', 'random_normal', 'random_uniform', 'truncated_normal',
    'variance_scaling', 'zeros'
    """
    made: Callable[..., NDArray[Any]] = _NAMES.get(initializer, custom_objects)
    return made


def serialize(initializer: Any) -> dict[str, Any] | str:
    """Return what `deserialize` makes the initializer from again.

    >>> serialize(Constant(2.0))
    {'class_name': 'Constant', 'config': {'value': 2.0}}
    """
    return _NAMES.serialize(initializer)


def deserialize(
    config: Any, custom_objects: dict[str, Any] | None = None
) -> Callable[..., NDArray[Any]]:
    """Return the initializer that `serialize` described.

    >>> deserialize({"class_name": "Constant", "config": {"value": 2.0}})
    Constant(value=2.0)
    """
    return get(config, custom_objects)
