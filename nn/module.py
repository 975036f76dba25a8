"""Module: what has parameters, found by looking at its attributes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from numbers import Real
from typing import Any, TypeAlias

import numpy as np

from autograd import Tensor, Value
from autograd.formatting import shown
from autograd.operands import as_array, as_number
from nn.names import some

__all__ = ["Buffer", "Module"]

Weight: TypeAlias = "Value | Tensor"


class Buffer(Tensor):
    """Numbers that belong to a module but that no gradient moves, such as running averages.

    It is no parameter, and it is in the `state_dict`.

    >>> module = Module()
    >>> module.mean = Buffer([0.0, 0.0])
    >>> module.parameters(), module.state_dict()
    ([], {'mean': array([0., 0.])})
    """

    __slots__ = ()


class Module:
    """A part of a model; assign Values, Tensors, Modules or lists of them and they are its own.

    Subclass it and write `forward` or `call`, which is what calling the module calls, or
    `__call__` itself.

    A Value or Tensor is a parameter if it is a leaf: what was computed is none.  A module
    whose attribute `trainable` is False keeps its weights, but they are no parameters.

    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.slope, self.offset = Value(2.0), Value(1.0)
    ...     def forward(self, x):
    ...         return self.slope * x + self.offset
    >>> line = Line()
    >>> line(3.0)
    Value(7.000)
    >>> dict(line.named_parameters())
    {'slope': Value(2.000), 'offset': Value(1.000)}
    """

    _of_training: frozenset[str] = frozenset()
    """The attributes that say how it is trained, and not what it computes."""

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, (Value, Tensor)) and not value.is_leaf:
            before = self.__dict__.get(name)
            if isinstance(before, (Value, Tensor)) and before.is_leaf:
                raise TypeError(
                    f"{name} is a parameter, and what takes its place is the result of a "
                    f"computation, which no optimizer would move: assign to .{name}.data"
                )
        elif isinstance(value, (np.ndarray, np.generic, Real, list, tuple)):
            before = self.__dict__.get(name)
            if isinstance(before, Tensor):
                raise TypeError(
                    f"{name} is a weight, and a {type(value).__name__} would be none: assign to "
                    f".{name}.data to set its numbers"
                )
        super().__setattr__(name, value)

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        """Return what the module's `forward`, or `call`, returns."""
        method = getattr(self, "forward", None) or getattr(self, "call", None)
        if method is None:
            raise NotImplementedError(f"{type(self).__name__} has no forward(x), which computes")
        return method(*inputs, **options)

    def _walk(self) -> Iterator[tuple[str, Any, bool]]:
        """Yield each leaf and module once: dotted name, itself, whether it is trainable."""
        seen: set[int] = set()
        stack: list[tuple[str, Any, bool]] = [("", self, True)]
        while stack:
            name, thing, trainable = stack.pop()
            if isinstance(thing, (Value, Tensor)):
                if thing.is_leaf and id(thing) not in seen:
                    seen.add(id(thing))
                    yield name, thing, trainable and not isinstance(thing, Buffer)
                continue
            if id(thing) in seen:
                continue
            seen.add(id(thing))
            parts: Any
            if isinstance(thing, Module):
                trainable = trainable and bool(getattr(thing, "trainable", True))
                yield name, thing, trainable
                parts = vars(thing).items()
            else:
                parts = thing.items() if isinstance(thing, dict) else enumerate(thing)
            prefix = f"{name}." if name else ""
            held = [(key, part) for key, part in parts if isinstance(part, _OF_USE)]
            stack.extend([(f"{prefix}{key}", part, trainable) for key, part in reversed(held)])

    def _named_weights(self) -> Iterator[tuple[str, Weight, bool]]:
        return (found for found in self._walk() if not isinstance(found[1], Module))

    def named_parameters(self) -> Iterator[tuple[str, Weight]]:
        """Yield each parameter once with its dotted name, ``"layers.0.neurons.2.w.1"``."""
        for name, weight, trainable in self._named_weights():
            if trainable:
                yield name, weight

    def parameters(self) -> list[Weight]:
        """Return every parameter once, in the order in which they were assigned."""
        return [parameter for _, parameter in self.named_parameters()]

    def zero_grad(self) -> None:
        """Set the gradient of every weight to None, as before the first backward pass."""
        for _, weight, _ in self._named_weights():
            weight.grad = None

    def scalars(self, *inputs: Any, **options: Any) -> Any:
        """Call the module and return the same computation as a graph of single Values.

        Args:
            *inputs: what the module is called with.
            **options: the same by keyword, such as ``training=True``.

        Returns:
            A Value, or an ndarray of Values in the shape of the result.

        Raises:
            TypeError: the module does not return a Tensor.

        >>> class Scale(Module):
        ...     def __init__(self):
        ...         self.factor = Tensor([2.0, 3.0], label="factor")
        ...     def forward(self, x):
        ...         return x * self.factor
        >>> first, second = Scale().scalars(np.array([5.0, 7.0]))
        >>> second, [operand for operand in second.operands if isinstance(operand, Value)]
        (Value(21.00), [Value(3.000, label='factor[1]')])
        """
        result = self(*inputs, **options)
        if not isinstance(result, Tensor):
            raise TypeError(
                f"scalars spells out a Tensor, and {type(self).__name__} returned "
                f"{type(result).__name__} {shown(result)}"
            )
        return result.scalars()

    def state_dict(self) -> dict[str, Any]:
        """Return copies of all weights by name: a float for a Value, an ndarray for a Tensor.

        Buffers and what is not trainable are among them.

        Raises:
            ValueError: two weights have one name (``{1: a, "1": b}``).
        """
        return {
            name: weight.numpy() if isinstance(weight, Tensor) else weight.data
            for name, weight in self._by_name().items()
        }

    def _by_name(self) -> dict[str, Weight]:
        found: dict[str, Weight] = {}
        for name, weight, _ in self._named_weights():
            if name in found:
                raise ValueError(f"two parameters of {type(self).__name__} are called {name!r}")
            found[name] = weight
        return found

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Set every weight to what `state` gives for its name.

        Nothing is changed unless every name, every shape and every value fits.

        Raises:
            ValueError: a weight is missing in `state`, it has one too many, or an array has
                another shape than the Tensor.
            TypeError: `state` is not a mapping of names to numbers and arrays.

        >>> from nn import Neuron
        >>> neuron = Neuron(1)
        >>> neuron.load_state_dict({"w.0": 0.5, "b": -1.0})
        >>> neuron.state_dict()
        {'w.0': 0.5, 'b': -1.0}
        """
        if not isinstance(state, Mapping):
            raise TypeError(f"a state is a dict of names and numbers, not {shown(state)}")
        own = self._by_name()
        missing, unexpected = own.keys() - state.keys(), state.keys() - own.keys()
        if missing or unexpected:
            raise ValueError(
                f"the state does not fit {type(self).__name__}: "
                f"missing {some(missing)}; unexpected {some(unexpected)}"
            )
        data = {
            name: fitting(weight, state[name], f"the state of {name}")
            for name, weight in own.items()
        }
        assign(own.values(), data.values())


_OF_USE = (Value, Tensor, Module, dict, list, tuple)  # what weights are, or may be found in


def assign(weights: Iterable[Weight], data: Iterable[Any]) -> None:
    """Set the numbers of weights; a Ctrl-C comes before or after all of them."""
    pairs = list(zip(weights, data, strict=True))
    try:
        for weight, numbers in pairs:
            weight.data = numbers
    except KeyboardInterrupt:
        for weight, numbers in pairs:
            weight.data = numbers
        raise


def fitting(weight: Weight, data: Any, where: str) -> Any:
    """Return the data as what the weight holds: a float, or an array of its shape and dtype.

    Raises:
        ValueError: an array of another shape; the message has both.
        TypeError: no number, or no array of numbers.
    """
    if isinstance(weight, Value):
        return as_number(data, where)
    array = as_array(data.data if isinstance(data, Tensor) else data, where)
    if array.shape != weight.shape:
        raise ValueError(f"{where} has the shape {array.shape}, and the weight {weight.shape}")
    return np.array(array, weight.dtype)
