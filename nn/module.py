"""Module: what has parameters, found by looking at its attributes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from autograd import Value
from autograd.operands import as_number

__all__ = ["Module"]


class Module:
    """A part of a model; assign Values, Modules or lists of them and they are its own.

    A Value attribute is a parameter if it is a leaf: what was computed is none.

    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.slope, self.offset = Value(2.0), Value(1.0)
    ...     def __call__(self, x):
    ...         return self.slope * x + self.offset
    >>> line = Line()
    >>> line(3.0)
    Value(7.000)
    >>> dict(line.named_parameters())
    {'slope': Value(2.000), 'offset': Value(1.000)}
    """

    def __setattr__(self, name: str, value: Any) -> None:
        before = self.__dict__.get(name)
        computed = isinstance(value, Value) and not value.is_leaf
        if computed and isinstance(before, Value) and before.is_leaf:
            raise TypeError(
                f"{name} is a parameter, and what takes its place is the result of a "
                f"computation, which no optimizer would move: assign to .{name}.data"
            )
        super().__setattr__(name, value)

    def named_parameters(self) -> Iterator[tuple[str, Value]]:
        """Yield each parameter once with its dotted name, ``"layers.0.neurons.2.w.1"``."""
        seen: set[int] = set()
        stack: list[tuple[str, Any]] = [("", self)]
        while stack:
            name, thing = stack.pop()
            if isinstance(thing, Value):
                if thing.is_leaf and id(thing) not in seen:
                    seen.add(id(thing))
                    yield name, thing
                continue
            if isinstance(thing, Module):
                parts: Any = vars(thing).items()
            elif isinstance(thing, dict):
                parts = thing.items()
            elif isinstance(thing, (list, tuple)):
                parts = enumerate(thing)
            else:
                continue
            if id(thing) in seen:
                continue
            seen.add(id(thing))
            prefix = f"{name}." if name else ""
            stack.extend(reversed([(f"{prefix}{key}", part) for key, part in parts]))

    def parameters(self) -> list[Value]:
        """Return every parameter once, in the order in which they were assigned."""
        return [parameter for _, parameter in self.named_parameters()]

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to None, as before the first backward pass."""
        for parameter in self.parameters():
            parameter.grad = None

    def state_dict(self) -> dict[str, float]:
        """Return the value of every parameter by its name.

        Raises:
            ValueError: two parameters have one name (``{1: a, "1": b}``).
        """
        return {name: parameter.data for name, parameter in self._by_name().items()}

    def _by_name(self) -> dict[str, Value]:
        found: dict[str, Value] = {}
        for name, parameter in self.named_parameters():
            if name in found:
                raise ValueError(f"two parameters of {type(self).__name__} are called {name!r}")
            found[name] = parameter
        return found

    def load_state_dict(self, state: Mapping[str, float]) -> None:
        """Set every parameter to the value that `state` gives for its name.

        Nothing is changed unless every name and every value fits.

        Raises:
            ValueError: a parameter is missing in `state`, or it has one too many.
            TypeError: `state` is not a mapping of names to numbers.

        >>> from nn import Neuron
        >>> neuron = Neuron(1)
        >>> neuron.load_state_dict({"w.0": 0.5, "b": -1.0})
        >>> neuron.state_dict()
        {'w.0': 0.5, 'b': -1.0}
        """
        if not isinstance(state, Mapping):
            raise TypeError(f"a state is a dict of names and numbers, not {state!r:.60}")
        own = self._by_name()
        missing, unexpected = own.keys() - state.keys(), state.keys() - own.keys()
        if missing or unexpected:
            raise ValueError(
                f"the state does not fit {type(self).__name__}: "
                f"missing {_some(missing)}; unexpected {_some(unexpected)}"
            )
        values = {name: as_number(state[name], f"the state of {name}") for name in own}
        for name, parameter in own.items():
            parameter.data = values[name]


def _some(names: set[str]) -> str:
    listed = sorted(map(str, names))
    more = f" and {len(listed) - 5} more" if len(listed) > 5 else ""
    return (", ".join(listed[:5]) or "none") + more
