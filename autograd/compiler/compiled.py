"""`compile`: a function that is recorded at the first call and replayed afterwards."""

from __future__ import annotations

import functools
import inspect
import sys
import threading
import types
from collections.abc import Callable, Sequence
from numbers import Real
from typing import Any, overload

import numpy as np

from autograd import contexts
from autograd.compiler.arguments import Arguments, Found, flat
from autograd.compiler.numbering import UnrecordableError
from autograd.compiler.outputs import Output, filled, nodes_of
from autograd.compiler.recording import FIRST, Recording, is_number
from autograd.compiler.results import Replay, replayed
from autograd.compiler.surroundings import unbound
from autograd.dtypes import default_dtype
from autograd.formatting import shown
from autograd.graph import Node, topological_order
from autograd.tensor import Tensor
from autograd.transforms import selected, value_and_grad

__all__ = ["Compiled", "compile"]

_ordering = contexts.kept_over_fork(threading.RLock())


class Compiled:
    """A function that runs as a numpy program; made by `autograd.compile`.

    The function itself is its `__wrapped__`.

    Attributes:
        recordings: the programs, the one that was used last first.
    """

    __wrapped__: Callable[..., Any]

    def __init__(self, function: Callable[..., Any], max_recordings: int = 8) -> None:
        if not callable(function) or isinstance(function, Node):
            raise TypeError(f"compile takes a function, not {shown(function)}")
        if any(test(function) for test in _PIECEWISE):
            raise TypeError(f"{shown(function)} runs piece by piece, which no program can repeat")
        if not isinstance(max_recordings, int) or max_recordings < 1:
            raise ValueError(f"max_recordings is at least 1, not {shown(max_recordings)}")
        functools.update_wrapper(self, function)
        self._function, self._bound, self._keywords = unbound(function)
        self._called = getattr(function, "__name__", None) or type(function).__name__
        self._max_recordings = max_recordings
        self._recordings: tuple[Recording, ...] = ()
        self._recent: Arguments | None = None

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else Method(self, instance)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return what the function returns; its nodes have the program's backward pass."""
        if self._bound or self._keywords:
            args, kwargs = (*self._bound, *args), {**self._keywords, **kwargs}
        if contexts.watched or (contexts.special and _must_see_every_node()):
            return self._function(*args, **kwargs)
        arguments = self._found(args, kwargs)
        found = self._run(arguments, args, kwargs, None)
        if found is None:
            return self._function(*args, **kwargs)
        recording, source, values, results, kept = found

        def again(output: int) -> Any:
            self._require_unchanged(recording, values, arguments, flat(args, kwargs))
            with contexts.enable_grad():
                return nodes_of(self._function(*args, **kwargs))[output]

        if len(recording.outputs) == 1 and recording.result.__class__ is Output:
            return self._node(recording, source, 0, results[0], kept, values, arguments, again)
        nodes = [
            self._node(recording, source, i, results[i], kept, values, arguments, again)
            for i in range(len(recording.outputs))
        ]
        return filled(recording.result, nodes)

    def value_and_grad(self, *args: Any, argnums: Any = 0, **kwargs: Any) -> tuple[Any, Any]:
        """Return the value and its gradient, plain numbers and arrays both.

        Args:
            *args: what the function is called with.
            argnums: by which argument, or by which ones; the first by default.
            **kwargs: the same by keyword.

        Returns:
            The value, a float, and the gradient in the structure of the argument: a float for
            each number and an ndarray for each array in it.  Inside `grad` and its kin, if they
            differentiate by what it is called with, it is what `autograd.value_and_grad` returns.

        Raises:
            TypeError: the function does not return one number.
        """
        if contexts.watched or (contexts.special and _must_see_every_node()):
            return self._uncompiled(argnums)(*args, **kwargs)  # type: ignore[no-any-return]
        chosen = selected(argnums, args, "value_and_grad")
        given, named = args, kwargs
        if self._bound or self._keywords:
            chosen = tuple(len(self._bound) + number for number in chosen)
            args, kwargs = (*self._bound, *args), {**self._keywords, **kwargs}
        arguments = self._found(args, kwargs)
        if _are_differentiated(arguments.found):
            return self._uncompiled(argnums)(*given, **named)  # type: ignore[no-any-return]
        found = self._run(arguments, args, kwargs, chosen)
        if found is None or _are_differentiated([found[0].inputs.captured]):
            return self._uncompiled(argnums)(*given, **named)  # type: ignore[no-any-return]
        recording, _, _, results, gradients = found
        value = results[0] if results else recording.result
        parts = recording.inputs.in_structure(chosen, gradients, args, arguments)
        if value.__class__ is np.ndarray:
            value = value.item()  # numpy has no float() of an array with axes
        return float(value), parts[0] if isinstance(argnums, int) else tuple(parts)

    def differentiate(
        self, leaves: Sequence[Any], *args: Any, **kwargs: Any
    ) -> tuple[Any, list[Any]] | None:
        """Return the results, plain, and the gradients of the first of them by captured Tensors.

        Args:
            leaves: Tensors that the function uses without being given them.
            *args: what the function is called with.
            **kwargs: the same by keyword.

        Returns:
            What the function returns, with floats and ndarrays in the place of nodes, and an
            ndarray for each leaf, None where nothing flows; they may be overwritten by the next
            call.  None if no program can repeat the function.

        Raises:
            TypeError: `leaves` is no list of Tensors, or the function uses what was computed from
                one of them before.
        """
        if not isinstance(leaves, (list, tuple)) or not all(isinstance(x, Tensor) for x in leaves):
            raise TypeError(f"leaves is a list of Tensors, not {shown(leaves)}")
        args, kwargs = (*self._bound, *args), {**self._keywords, **kwargs}
        found = self._run(self._found(args, kwargs), args, kwargs, list(leaves))
        if found is None:
            return None
        recording, _, _, results, gradients = found
        if len(gradients) < len(leaves):
            supply = iter(gradients)
            places = map(recording.inputs.of_leaf, leaves)
            gradients = [next(supply) if place >= 0 else None for place in places]
        return filled(recording.result, results), list(gradients)

    def grad(self, *args: Any, argnums: Any = 0, **kwargs: Any) -> Any:
        """Return the gradient alone; see `value_and_grad`."""
        return self.value_and_grad(*args, argnums=argnums, **kwargs)[1]

    @property
    def recordings(self) -> tuple[Recording, ...]:
        """The recordings, the one that was used last first."""
        return self._recordings

    @property
    def program(self) -> str:
        """The numpy program that ran last, as source.

        Raises:
            RuntimeError: the function has not been called yet.
        """
        if not self._recordings:
            raise RuntimeError(
                f"{self._called} has not been called yet: there is a program once it has been "
                "recorded"
            )
        return self._recordings[0].program

    def _uncompiled(self, argnums: Any) -> Callable[..., Any]:
        return value_and_grad(self.__wrapped__, argnums)

    def __copy__(self) -> Compiled:
        return self  # as of any function

    def __deepcopy__(self, memo: object) -> Compiled:
        return self

    def __reduce__(self) -> str:
        name = getattr(self, "__qualname__", self._called)
        found: Any = sys.modules.get(self.__module__)
        for part in name.split("."):
            found = getattr(found, part, None)
        if found is not self:
            raise TypeError(
                f"the compiled {self._called} is pickled by its name, and {self.__module__}.{name} "
                "is not what was compiled: put @autograd.compile above a function at the top of "
                "a module, or compile in each process"
            )
        return name

    def __repr__(self) -> str:
        count = len(self._recordings)
        return f"<compiled {self._called}, {count} recording{'' if count == 1 else 's'}>"

    def _found(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Arguments:
        """Look through the arguments; those of the last call need not be looked through again."""
        recent = self._recent
        if recent is None or kwargs or not recent.are(args):
            self._recent = recent = flat(args, kwargs)
        return recent

    # --- finding the program ------------------------------------------------------------------

    def _run(
        self,
        arguments: Arguments,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        chosen: Any,
    ) -> Any:
        """Run the recording whose guards hold, a new one if there is none.

        Args:
            arguments: what was found in them.
            args: the arguments of the call.
            kwargs: the same by keyword.
            chosen: the arguments, as a tuple of positions, or the captured Tensors, as a list,
                by which a gradient is wanted at once; None: there may be a backward pass later.

        Returns:
            The recording, its source, the inputs, the outputs, and what backward needs or the
            gradients; None if the function cannot be recorded.
        """
        default = default_dtype()
        for position, recording in enumerate(self._recordings):
            if (
                recording.structure == arguments.structure
                and recording.default_dtype is default
                and recording.surroundings.unchanged()
            ):
                found = self._replay(recording, arguments, chosen)
                if found is not None:
                    if position:
                        self._move_to_front(recording)
                    return found
        try:
            recording = Recording(
                self._function, args, kwargs, arguments, self._names(args, kwargs)
            )
        except UnrecordableError:
            return None
        found = self._replay(recording, arguments, chosen)
        self._move_to_front(recording)
        return found

    def _replay(self, recording: Recording, arguments: Arguments, chosen: Any) -> Any:
        with np.errstate(all="ignore"):
            return self._replay_quietly(recording, arguments, chosen)

    def _replay_quietly(self, recording: Recording, arguments: Arguments, chosen: Any) -> Any:
        values = recording.inputs.bind(arguments)
        count = len(recording.outputs)
        if chosen is not None:
            if isinstance(chosen, list):
                wrt = recording.inputs.of_leaves(chosen)
            else:
                self._require_one_number(recording)
                wrt = recording.inputs.of_arguments(chosen)
            if count:
                has_axes = bool(getattr(recording.outputs[0], "shape", ()))
                source = recording.source(wrt, FIRST if has_axes else 0)
                results, rest = source.step(values)
            else:
                source = recording.source((), None)
                results, rest = source.forward(values)[0], [None] * len(wrt)
        else:
            recorded = contexts.recording()
            wrt = recording.differentiable if recorded else ()
            source = recording.source(wrt, 0 if wrt and count == 1 else None)
            if wrt:
                values = recording.inputs.kept(values, arguments)
            results, rest = source.forward(values)
        seen = count + len(recording.checks)
        if recording.checks and not recording.holds(results[count:seen]):
            return None
        recording.calls += 1
        if recording.has_effects:
            recording.take_effect(results[seen:])
        return recording, source, values, results[:count], rest

    def _require_unchanged(
        self, recording: Recording, values: Sequence[Any], before: Arguments, now: Arguments
    ) -> None:
        """Raise a RuntimeError if the function, run again, would not compute the same."""
        if recording.inputs.draws:
            raise RuntimeError(
                f"the compiled {self._called} draws random numbers, and create_graph, for which it "
                "runs once more, would draw others: use the function itself, .__wrapped__"
            )
        if (
            before.structure != now.structure
            or not recording.surroundings.unchanged()
            or not recording.inputs.are_unchanged(values, before, now)
        ):
            raise RuntimeError(
                f"the data of an argument of the compiled {self._called}, or of something around "
                "it, was changed after the call; create_graph needs it as it was: call the "
                "function again"
            )

    def _require_one_number(self, recording: Recording) -> None:
        result, outputs = recording.result, recording.outputs
        if result.__class__ is Output:
            if getattr(outputs[0], "size", 1) == 1:
                return
            told = f"an array of shape {outputs[0].shape}"
        elif isinstance(result, (Real, np.generic)):
            return
        else:
            told = f"a {type(result).__name__}"
        raise TypeError(
            f"value_and_grad is for a function that returns one number, and {self._called} "
            f"returned {told}"
        )

    def _node(
        self,
        recording: Recording,
        source: Any,
        output: int,
        datum: Any,
        kept: Any,
        values: Sequence[Any],
        arguments: Arguments,
        again: Callable[[int], Any],
    ) -> Any:
        is_array = not is_number(recording.kinds[output])
        replay = None
        if contexts.recording() and recording.differentiable:
            replay = Replay(
                self._called,
                recording.pull(source, output, kept, values),
                recording.inputs.holders(arguments, recording.differentiable),
                functools.partial(again, output),
            )
        return replayed(datum, is_array, replay)

    def _move_to_front(self, recording: Recording) -> None:
        def reorder() -> None:
            others = [other for other in self._recordings if other is not recording]
            self._recordings = (recording, *others)[: self._max_recordings]

        contexts.alone(_ordering, reorder)

    def _names(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[str]:
        """Return a name for each argument: that of its parameter."""
        try:
            bound = inspect.signature(self._function).bind(*args, **kwargs)
        except (TypeError, ValueError):
            return [*(f"argument_{i}" for i in range(1, len(args) + 1)), *kwargs]
        names: list[str] = []
        for name, value in bound.arguments.items():
            kind = bound.signature.parameters[name].kind
            if kind is inspect.Parameter.VAR_POSITIONAL:
                names += [f"{name}_{i}" for i in range(len(value))]
            elif name not in kwargs and kind is not inspect.Parameter.VAR_KEYWORD:
                names.append(name)
        return [*names, *kwargs]


class Method(functools.partial[Any]):
    """A compiled function with the object whose method it is: its first argument."""

    __slots__ = ()

    def value_and_grad(self, *args: Any, argnums: Any = 0, **kwargs: Any) -> tuple[Any, Any]:
        """Return the value and its gradient; the object itself is no argument that counts."""
        chosen = tuple(1 + number for number in selected(argnums, args, "value_and_grad"))
        value, parts = self.__func__.value_and_grad(*self.args, *args, argnums=chosen, **kwargs)
        return value, parts[0] if isinstance(argnums, int) else parts

    def grad(self, *args: Any, argnums: Any = 0, **kwargs: Any) -> Any:
        """Return the gradient alone; see `value_and_grad`."""
        return self.value_and_grad(*args, argnums=argnums, **kwargs)[1]

    def differentiate(
        self, leaves: Sequence[Any], *args: Any, **kwargs: Any
    ) -> tuple[Any, list[Any]] | None:
        """See `Compiled.differentiate`."""
        return self.__func__.differentiate(leaves, *self.args, *args, **kwargs)  # type: ignore[no-any-return]

    @property
    def __self__(self) -> Any:
        return self.args[0]

    @property
    def __func__(self) -> Any:
        return self.func

    @property
    def __wrapped__(self) -> Any:
        return types.MethodType(self.__func__.__wrapped__, self.args[0])

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name not in ("__name__", "__qualname__"):
            raise AttributeError(name)  # how it is copied, say, is not how the function is
        return getattr(self.func, name)

    def __eq__(self, other: object) -> Any:
        if not isinstance(other, Method):
            return NotImplemented
        return self.func is other.func and self.args[0] is other.args[0]

    def __hash__(self) -> int:
        return hash((id(self.func), id(self.args[0])))

    def __repr__(self) -> str:
        return f"<{self.func!r} of {shown(self.args[0])}>"


_PIECEWISE = (
    inspect.isgeneratorfunction, inspect.iscoroutinefunction, inspect.isasyncgenfunction,
)  # fmt: skip


def _are_differentiated(found: Sequence[Found]) -> bool:
    """Tell whether `grad`, or its kin, around the call differentiates by what was found."""
    variables = contexts.variables()
    return bool(variables) and any(
        not variables.isdisjoint(topological_order(x))
        for part in found
        for x in (*part.numbers, *part.arrays, *part.owned_numbers, *part.owned_arrays)
        if isinstance(x, Node)
    )


def _must_see_every_node() -> bool:
    """Tell whether a context is open that has to see the engine at work."""
    return contexts.detecting_anomaly() or contexts.carrying_tangents()


@overload
def compile(*, max_recordings: int = 8) -> Callable[[Callable[..., Any]], Compiled]: ...
@overload
def compile(function: Callable[..., Any], /, *, max_recordings: int = 8) -> Compiled: ...
def compile(*function: Any, max_recordings: int = 8) -> Any:
    """Record a function once, find the arrays in it, and run it as a numpy program.

    The function may be written one number at a time.  At the first call it runs on the ordinary
    engine; in the graph that it leaves, sums of products become dot products, dot products
    over all pairs of two families of vectors become matrix products, and the same operation on
    many numbers becomes one on an array.  From then on that program runs instead.

    Every number in the arguments is an input of the program: Values, floats, ints, Tensors and
    ndarrays, by themselves, in lists, tuples and dicts, or as attributes of objects such as
    Modules.  So are the Values and Tensors that the function finds around it, results too, as
    what they are then.  Other lengths or shapes are recorded anew, as is a global name or a
    closed-over variable that stands for something else.  What the function asks of a number
    (``if v > 0``, ``max``, ``float(v)``, an int used as an index) is checked at every call, and
    another answer is recorded anew, so that the result is never that of another branch.

    While it is recorded the arguments are stand-ins: a float or an int is a Value, an ndarray a
    Tensor, and the same object given twice is two.  An array of ints or bools computes as
    float64, as does one without axes; one of float16 computes as float32.  An int beyond 2**53
    is refused where it has to be exact.  Of objects the attributes are looked at, with their
    slots and the attributes of their classes, but not what a class written in C, or one with a
    ``__reduce__``, keeps.  Not seen are attributes of objects around the function that are set
    to something else, numbers that are written into lists and arrays around it, what methods of
    objects and functions imported from other modules find around them, random numbers drawn
    inside it, and what it does beside computing, such as printing or appending to a list: that
    happens while it is recorded.  ``backward()`` inside it is refused.  Within `detect_anomaly`
    and in forward mode the function runs as it is; a `detect_anomaly` inside it looks at the
    run that is recorded, and not at those that follow.

    Args:
        function: takes and returns Values, Tensors, numbers and structures of them.
        max_recordings: how many programs are kept; the one that was used least recently goes.

    Returns:
        A `Compiled`: call it like the function, and what it returns has a backward pass; or
        call its ``value_and_grad``.  Its ``program`` is the numpy source, forward and backward.

    Raises:
        TypeError: `function` is no function.
        ValueError: `max_recordings` is below 1.

    >>> from autograd import Value
    >>> @compile
    ... def neuron(weights, inputs):
    ...     return sum(w * x for w, x in zip(weights, inputs)).tanh()
    >>> weights = [Value(0.1), Value(-0.2), Value(0.3), Value(0.0)]
    >>> y = neuron(weights, [1.0, 2.0, 3.0, 4.0])
    >>> y.backward(); y, weights[1]
    (Value(0.5370, grad=1.000), Value(-0.2000, grad=1.423))
    >>> value, slopes = neuron.value_and_grad(weights, [1.0, 0.0, 0.0, 0.0])
    >>> [round(slope, 6) for slope in slopes]
    [0.990066, 0.0, 0.0, 0.0]
    >>> print(neuron.program)  # doctest: +ELLIPSIS
    import numpy as np
    <BLANKLINE>
    <BLANKLINE>
    def forward(weights, inputs):
        t1 = weights @ inputs  # return sum(w * x for w, x in zip(weights, inputs)).tanh()
        t2 = np.tanh(t1)
    ...
    """
    if not function:
        return functools.partial(Compiled, max_recordings=max_recordings)
    if len(function) > 1:
        raise TypeError(f"compile takes one function, not {len(function)}")
    return Compiled(function[0], max_recordings)
