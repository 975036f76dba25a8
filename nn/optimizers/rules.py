"""The rules by which parameters follow their gradients.

Each rule is written for a block of the flat line of parameters (see `nn.optimizers.flat`):
``w`` the weights, ``g`` their gradient, ``new`` where the new weights go.  Every operation
writes into an array that is there already, so that nothing is allocated and a block stays in
the cache; the formula that the lines compute stands in the class's docstring.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.checks import as_float
from nn.optimizers.base import Optimizer, Rate, yes_or_no
from nn.optimizers.flat import Block

__all__ = ["SGD", "Adagrad", "Adam", "AdamW", "RMSprop"]

Array = NDArray[Any]


class SGD(Optimizer):
    """Stochastic gradient descent, with momentum if asked for.

    With g the gradient, v = momentum * v - learning_rate * g is added to a parameter, or
    with Nesterov's variant momentum * v - learning_rate * g; without momentum both are
    plain descent.  Source: Sutskever et al. 2013, in the form that Keras uses.

    Args:
        learning_rate: at least 0, or a schedule.
        momentum: in [0, 1].
        nesterov: look ahead along the velocity.
        options: those of every optimizer, see `Optimizer`.

    Raises:
        ValueError: a number out of its range.

    >>> from autograd import Value
    >>> w = Value(1.0)
    >>> optimizer = SGD(learning_rate=0.1)
    >>> for _ in range(2):
    ...     w.grad = None
    ...     (w * w).backward()
    ...     optimizer.step([w])
    >>> round(w.data, 10)
    0.64
    """

    def __init__(
        self,
        learning_rate: Rate = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        name: str | None = None,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, name=name, **options)
        self.momentum = as_float(momentum, "momentum", 0, 1)
        self.nesterov = yes_or_no(nesterov, "nesterov")

    def _own_config(self) -> dict[str, Any]:
        return {"momentum": self.momentum, "nesterov": self.nesterov}

    def _slots(self) -> dict[str, float]:
        return {"momentum": 0.0} if self.momentum else {}

    def _rule(self, block: Block, w: Array, g: Array, new: Array) -> None:
        move = np.multiply(g, self._rate, out=block.scratch)
        if self.momentum:
            velocity, momentum = block.slots["momentum"], block.constants[self.momentum]
            velocity *= momentum
            velocity -= move
            if not self.nesterov:
                np.add(w, velocity, out=new)
                return
            move -= np.multiply(velocity, momentum, out=block.spare)
        np.subtract(w, move, out=new)


class Adam(Optimizer):
    """Adam: each parameter's step in units of the size of its recent gradients.

    With g the gradient and t the number of the step, counted from 1,

        m = m + (1 - beta_1) * (g - m)
        v = v + (1 - beta_2) * (g² - v)
        w = w - learning_rate * sqrt(1 - beta_2^t) / (1 - beta_1^t) * m / (sqrt(v) + epsilon)

    Source: Kingma and Ba 2015 in the form that stands before their section 2.1, which Keras
    uses: epsilon stands outside the correction of the bias, unlike in PyTorch.

    Args:
        learning_rate: at least 0, or a schedule.
        beta_1, beta_2: in [0, 1); how slowly m and v forget.
        epsilon: at least 0; keeps a step finite where gradients vanish.
        amsgrad: divide by the largest v so far (Reddi et al. 2018).
        options: those of every optimizer, see `Optimizer`.

    Raises:
        ValueError: a number out of its range.

    >>> from autograd import Value
    >>> w = Value(1.0)
    >>> w.grad = 123.0                    # whatever its size, the first step is the rate
    >>> Adam(learning_rate=0.25).step([w])
    >>> round(w.data, 6)
    0.75
    """

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        name: str | None = None,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, name=name, **options)
        self.beta_1 = as_float(beta_1, "beta_1", 0, 1, below=True)
        self.beta_2 = as_float(beta_2, "beta_2", 0, 1, below=True)
        self.epsilon = as_float(epsilon, "epsilon", 0)
        self.amsgrad = yes_or_no(amsgrad, "amsgrad")

    def _own_config(self) -> dict[str, Any]:
        names = ("beta_1", "beta_2", "epsilon", "amsgrad")
        return {name: getattr(self, name) for name in names}

    def _slots(self) -> dict[str, float]:
        slots = {"momentum": 0.0, "velocity": 0.0}
        return {**slots, "velocity_hat": 0.0} if self.amsgrad else slots

    def _step_size(self, dtype: np.dtype[Any], rate: float) -> Any:
        # in the parameters' own precision: with float32, 1 - beta_2^t of the first steps is
        # a little off, and so it is in Keras
        number = dtype.type
        t = number(self.iterations + 1)
        one = number(1)
        shrunk = np.sqrt(one - number(self.beta_2) ** t) / (one - number(self.beta_1) ** t)
        return number(rate) * shrunk

    def _rule(self, block: Block, w: Array, g: Array, new: Array) -> None:
        m, v, s = block.slots["momentum"], block.slots["velocity"], block.scratch
        np.subtract(g, m, out=s)
        s *= block.constants[1 - self.beta_1]
        m += s
        np.square(g, out=s)
        s -= v
        s *= block.constants[1 - self.beta_2]
        v += s
        if self.amsgrad:
            v = np.maximum(block.slots["velocity_hat"], v, out=block.slots["velocity_hat"])
        np.sqrt(v, out=s)
        s += block.constants[self.epsilon]
        np.divide(m, s, out=s)
        s *= self._rate
        np.subtract(w, s, out=new)


class AdamW(Adam):
    """Adam with weight decay: before each step, w = w - w * weight_decay * learning_rate.

    Source: Loshchilov and Hutter 2019.  `exclude_from_weight_decay` spares the biases.

    Args:
        learning_rate: at least 0, or a schedule.
        weight_decay: at least 0.
        beta_1, beta_2, epsilon, amsgrad: as in `Adam`.
        options: those of every optimizer, see `Optimizer`.

    Raises:
        ValueError: a number out of its range, or `weight_decay` is None.

    >>> AdamW().weight_decay
    0.004
    """

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        weight_decay: float = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        name: str | None = None,
        **options: Any,
    ) -> None:
        if weight_decay is None:
            raise ValueError("AdamW needs a weight_decay, a number at least 0: without, use Adam")
        super().__init__(
            learning_rate, beta_1, beta_2, epsilon, amsgrad, name,
            weight_decay=weight_decay, **options,
        )  # fmt: skip


class RMSprop(Optimizer):
    """RMSprop: the gradient divided by the root of the mean of its recent squares.

        v = rho * v + (1 - rho) * g²
        w = w - learning_rate * g / sqrt(v + epsilon)

    With `centered`, the square of the mean gradient is subtracted from v under the root;
    with `momentum`, the step is added to momentum times the step before.  Source: Hinton's
    lecture 6e (2012), with epsilon under the root as in Keras.

    Args:
        learning_rate: at least 0, or a schedule.
        rho: in [0, 1); how slowly the mean forgets.
        momentum: in [0, 1].
        epsilon: at least 0.
        centered: divide by the standard deviation of the gradients instead.
        options: those of every optimizer, see `Optimizer`.

    Raises:
        ValueError: a number out of its range.

    >>> from autograd import Value
    >>> w = Value(10.0)
    >>> (w**2 / 2.0).backward()
    >>> RMSprop(learning_rate=0.1).step([w])
    >>> round(w.data, 6)
    9.683772
    """

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        name: str | None = None,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, name=name, **options)
        self.rho = as_float(rho, "rho", 0, 1, below=True)
        self.momentum = as_float(momentum, "momentum", 0, 1)
        self.epsilon = as_float(epsilon, "epsilon", 0)
        self.centered = yes_or_no(centered, "centered")

    def _own_config(self) -> dict[str, Any]:
        names = ("rho", "momentum", "epsilon", "centered")
        return {name: getattr(self, name) for name in names}

    def _slots(self) -> dict[str, float]:
        wanted = {"velocity": True, "momentum": self.momentum, "average_gradient": self.centered}
        return {name: 0.0 for name, use in wanted.items() if use}

    def _rule(self, block: Block, w: Array, g: Array, new: Array) -> None:
        constants, slots, s = block.constants, block.slots, block.scratch
        rho, rest = constants[self.rho], constants[1 - self.rho]
        v = slots["velocity"]
        np.square(g, out=s)
        s *= rest
        v *= rho
        v += s
        if self.centered:
            mean = slots["average_gradient"]
            np.multiply(g, rest, out=s)
            mean *= rho
            mean += s
            np.square(mean, out=s)
            v = np.subtract(v, s, out=s)
        np.add(v, constants[self.epsilon], out=s)
        np.sqrt(s, out=s)
        move = np.multiply(g, self._rate, out=block.spare)
        move /= s
        if self.momentum:
            velocity = slots["momentum"]
            velocity *= constants[self.momentum]
            velocity += move
            move = velocity
        np.subtract(w, move, out=new)


class Adagrad(Optimizer):
    """Adagrad: the gradient divided by the root of the sum of all its squares so far.

        a = a + g²
        w = w - learning_rate * g / sqrt(a + epsilon)

    Source: Duchi et al. 2011, with a starting from `initial_accumulator_value` as in Keras.

    Args:
        learning_rate: at least 0, or a schedule; larger than for others, up to 1.
        initial_accumulator_value: at least 0.
        epsilon: at least 0.
        options: those of every optimizer, see `Optimizer`.

    Raises:
        ValueError: a number out of its range.

    >>> from autograd import Value
    >>> w = Value(1.0)
    >>> w.grad = 2.0
    >>> Adagrad(learning_rate=1.0, initial_accumulator_value=0.0).step([w])
    >>> round(w.data, 6)
    0.0
    """

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
        name: str | None = None,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, name=name, **options)
        self.initial_accumulator_value = as_float(
            initial_accumulator_value, "initial_accumulator_value", 0
        )
        self.epsilon = as_float(epsilon, "epsilon", 0)

    def _own_config(self) -> dict[str, Any]:
        names = ("initial_accumulator_value", "epsilon")
        return {name: getattr(self, name) for name in names}

    def _slots(self) -> dict[str, float]:
        return {"accumulator": self.initial_accumulator_value}

    def _rule(self, block: Block, w: Array, g: Array, new: Array) -> None:
        total, s = block.slots["accumulator"], block.scratch
        total += np.square(g, out=s)
        np.add(total, block.constants[self.epsilon], out=s)
        np.sqrt(s, out=s)
        move = np.multiply(g, self._rate, out=block.spare)
        move /= s
        np.subtract(w, move, out=new)
