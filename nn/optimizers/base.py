"""Optimizer: what all optimizers share; `nn.optimizers.rules` has the formulas."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from operator import is_
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from autograd import Tensor, Value
from autograd.formatting import shown
from autograd.graph import Node
from nn.checks import as_float
from nn.names import Configured
from nn.naming import snake_case
from nn.optimizers import schedules
from nn.optimizers.flat import Block, Flat, ScalarFlat, described
from nn.unknown import refuse_arguments

__all__ = ["Optimizer", "Rate"]

Array = NDArray[Any]
Rate: TypeAlias = "float | schedules.LearningRateSchedule"


class Optimizer(Configured):
    """Moves parameters, Tensors and Values alike, along their gradients.

    A subclass gives the formula (`_rule`) and the names of its moments (`_slots`).

    Args:
        learning_rate: at least 0; or a schedule, a function of the number of steps taken.
        weight_decay: before each step, w = w - w * weight_decay * learning_rate.
        clipnorm: the largest norm of one parameter's gradient; a longer one is scaled down.
        clipvalue: gradients are clipped to [-clipvalue, clipvalue].
        global_clipnorm: the largest norm of all gradients taken together.
        name: what it is called, "adam" for an Adam if not given; nothing depends on it.
        unknown: refused.

    Raises:
        ValueError: a number out of its range, or more than one way of clipping.
        TypeError: an argument that there is not.

    >>> from autograd import Tensor
    >>> from nn.optimizers import SGD
    >>> w = Tensor([1.0, 2.0], label="w")
    >>> (w * w).sum().backward()
    >>> SGD(learning_rate=0.25).step([w])
    >>> w.data
    array([0.5, 1. ])
    """

    def __init__(
        self,
        learning_rate: Rate,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        name: str | None = None,
        **unknown: Any,
    ) -> None:
        refuse_arguments(type(self), unknown, _INSTEAD)
        name = snake_case(type(self).__name__) if name is None else name
        if not isinstance(name, str):
            raise ValueError(f"the name of an optimizer is a str, not {shown(name)}")
        self.name = name
        self.iterations = 0
        self._learning_rate: Any = 0.0
        self.learning_rate = learning_rate
        self.weight_decay = _unless_none(weight_decay, "weight_decay")
        self.clipnorm = _unless_none(clipnorm, "clipnorm")
        self.clipvalue = _unless_none(clipvalue, "clipvalue")
        self.global_clipnorm = _unless_none(global_clipnorm, "global_clipnorm")
        clipping = [key for key in _CLIPPING if getattr(self, key) is not None]
        if len(clipping) > 1:
            raise ValueError(f"one way of clipping at a time, not {' and '.join(clipping)}")
        self._undecayed: tuple[list[Any], list[str]] = ([], [])
        self._known: list[Any] = []  # every parameter that steps have met
        self._parameters: list[Any] = []  # as they were listed at the last step
        self._flats: list[Flat] = []
        self._places: list[tuple[Flat, list[int | None]]] = []
        self._names: tuple[str, ...] = ()
        self._waiting: dict[str, Array] = {}  # a state that was loaded before the first step
        self._rate: Any = 0.0  # of the step that is under way
        self._shrinking = 0.0

    # --- to be given by a subclass ----------------------------------------------------

    def _slots(self) -> dict[str, float]:
        """Return the name of each moment, and the number that it starts from."""
        return {}

    def _step_size(self, dtype: np.dtype[Any], rate: float) -> Any:
        """Return what `_rule` finds as `self._rate`: the learning rate, for most."""
        return rate

    def _rule(self, block: Block, w: Array, g: Array, new: Array) -> None:
        """Write into `new` what becomes of the weights w with the gradient g.

        w may be `new` itself; g must not be written to.
        """
        raise NotImplementedError(f"{type(self).__name__} has no rule")

    def _own_config(self) -> dict[str, Any]:
        """Return the arguments that only this kind of optimizer has."""
        return {}

    # --- the learning rate ------------------------------------------------------------

    @property
    def learning_rate(self) -> Any:
        """The rate of the next step; settable, unless it follows a schedule.

        Raises:
            ValueError: set to a number that is negative or nan, or the schedule gave one.
            TypeError: set to a number while it follows a schedule.

        >>> from nn.optimizers import Adam
        >>> adam = Adam()
        >>> adam.learning_rate = adam.learning_rate / 2
        >>> adam.learning_rate
        0.0005
        """
        rate = self._learning_rate
        if not callable(rate):
            return rate
        current = rate(self.iterations)
        try:
            return as_float(float(current), "the rate", 0)
        except (TypeError, ValueError, OverflowError):
            raise ValueError(
                f"the schedule {shown(rate)} gave {shown(current)} for step {self.iterations}: "
                "a learning rate is a number at least 0"
            ) from None

    @learning_rate.setter
    def learning_rate(self, rate: Any) -> None:
        if isinstance(rate, Mapping):
            rate = schedules.get(rate)
        follows = callable(self._learning_rate)
        if callable(rate) and not isinstance(rate, (type, Value, Tensor)):
            self._learning_rate = rate
        elif follows:
            raise TypeError(
                f"the learning rate of this {type(self).__name__} follows the schedule "
                f"{shown(self._learning_rate)} and cannot be set to {shown(rate)}: "
                "make the optimizer with a number, or set another schedule"
            )
        else:
            self._learning_rate = as_float(rate, "learning_rate", 0)

    @property
    def lr(self) -> Any:
        """What `learning_rate` was once called: refused, or setting it would do nothing."""
        raise AttributeError(f"{type(self).__name__} has no lr: use learning_rate")

    @lr.setter
    def lr(self, rate: Any) -> None:
        raise AttributeError(
            f"{type(self).__name__} has no lr to set to {shown(rate, 40)}: set learning_rate"
        )

    # --- steps ------------------------------------------------------------------------

    def step(self, parameters: Iterable[Any]) -> None:
        """Move each parameter once, along its `.grad`; one whose gradient is None stays.

        Raises:
            TypeError: not a list of Values and Tensors that are leaves.
            ValueError: no parameter has a gradient, one is listed twice, or a gradient does
                not have the shape of its parameter.
        """
        listed = self._listed(parameters)
        gradients = [parameter._grad for parameter in listed]
        if all(gradient is None for gradient in gradients):
            raise ValueError(
                f"{type(self).__name__}.step: "
                + (
                    f"none of the {len(listed)} parameters has a gradient; call loss.backward() "
                    "first (and zero_grad() after the step, not between the two)"
                    if listed
                    else "the list of parameters is empty (was it a generator, used up before?)"
                )
            )
        self._move(listed, gradients)

    def apply(self, grads: Sequence[Any], parameters: Iterable[Any]) -> None:
        """Move each parameter along the gradient that is given for it; None lets it stay.

        Args:
            grads: one for each parameter, arrays of their shapes (numbers for Values).
            parameters: Tensors and Values, which are leaves.

        Raises:
            TypeError: not a list of Values and Tensors that are leaves.
            ValueError: as many gradients as parameters are wanted, of their shapes.

        >>> from nn.optimizers import SGD
        >>> w = Tensor([1.0, 2.0])
        >>> SGD(learning_rate=1.0).apply([np.array([0.5, 0.5])], [w])
        >>> w.data
        array([0.5, 1.5])
        """
        listed = self._listed(parameters)
        if isinstance(grads, (str, bytes, Mapping, Node)) or not isinstance(grads, Iterable):
            raise TypeError(f"grads is a list of arrays, one a parameter, not {shown(grads)}")
        gradients = list(grads)
        if len(gradients) != len(listed):
            raise ValueError(
                f"{type(self).__name__}.apply: {len(gradients)} gradients "
                f"for {len(listed)} parameters"
            )
        if not listed:
            return
        if all(gradient is None for gradient in gradients):
            raise ValueError(
                f"{type(self).__name__}.apply: all {len(listed)} gradients are None: "
                "the loss does not depend on any of the parameters"
            )
        self._move(listed, gradients)

    def apply_gradients(self, grads_and_vars: Iterable[tuple[Any, Any]]) -> None:
        """Do what `apply` does with pairs, ``zip(gradients, parameters)``.

        Raises:
            TypeError: they are no pairs; and errors as in `apply`.

        >>> from nn.optimizers import SGD
        >>> w = Value(1.0)
        >>> SGD(learning_rate=1.0).apply_gradients(zip([0.25], [w]))
        >>> w.data
        0.75
        """
        if isinstance(grads_and_vars, Node) or not isinstance(grads_and_vars, Iterable):
            raise TypeError(
                "grads_and_vars is a list of pairs, zip(gradients, parameters), not "
                f"{shown(grads_and_vars)}"
            )
        pairs = list(grads_and_vars)
        if not all(isinstance(pair, (tuple, list)) and len(pair) == 2 for pair in pairs):
            raise TypeError("apply_gradients takes pairs: zip(gradients, parameters)")
        self.apply([gradient for gradient, _ in pairs], [parameter for _, parameter in pairs])

    def _listed(self, parameters: Any) -> list[Any]:
        wanted = "step takes the list of parameters, optimizer.step(net.parameters()), not a {}"
        if isinstance(parameters, (Value, Tensor)) or not isinstance(parameters, Iterable):
            raise TypeError(wanted.format(type(parameters).__name__))
        listed = parameters if parameters.__class__ is list else list(parameters)
        before = self._parameters
        if len(listed) == len(before) and all(map(is_, listed, before)):
            return before
        seen: set[int] = set()
        for parameter in listed:
            if not isinstance(parameter, (Value, Tensor)):
                raise TypeError(wanted.format(type(parameter).__name__))
            if not parameter.is_leaf:
                raise TypeError(
                    f"{described(parameter)} is no parameter but the result of a computation: "
                    "an optimizer moves leaves"
                )
            if id(parameter) in seen:
                raise ValueError(f"{described(parameter)} stands in the list twice")
            seen.add(id(parameter))
        return list(listed)

    def _move(self, listed: list[Any], gradients: list[Any]) -> None:
        slots = self._slots()
        if listed is not self._parameters or self._names != tuple(slots):
            self._arrange(listed, slots)
        given = [
            (flat, *flat.checked([None if i is None else gradients[i] for i in places]))
            for flat, places in self._places
        ]
        rate = self.learning_rate
        rule = self._decaying_rule if self.weight_decay else self._rule
        with np.errstate(all="ignore"):  # a training that diverges shows it by its loss
            if self.clipnorm or self.clipvalue or self.global_clipnorm:
                given = self._clipped(given)
            for flat, moving, arrays in given:
                if moving:
                    self._rate = np.asarray(self._step_size(flat.dtype, rate), flat.dtype)
                    self._shrinking = rate * (self.weight_decay or 0.0)
                    flat.move(moving, arrays, rule)
        self.iterations += 1

    # --- clipping and decay -----------------------------------------------------------

    def _clipped(self, given: list[Any]) -> list[Any]:
        """Return the gradients clipped, in fresh arrays: they belong to somebody else."""
        scale = 1.0
        if self.global_clipnorm:
            squares = [_square(g) for _, _, arrays in given for g in arrays if g is not None]
            norm = math.sqrt(sum(squares))
            scale = min(1.0, self.global_clipnorm / norm) if norm else 1.0
            if not math.isfinite(norm):  # what has gone wrong is to be seen, as in Keras
                scale = math.nan
        return [
            (flat, moving, [None if g is None else self._clip(g, scale) for g in arrays])
            for flat, moving, arrays in given
        ]

    def _clip(self, gradient: Any, scale: float) -> Any:
        if self.clipvalue:
            return np.clip(gradient, -self.clipvalue, self.clipvalue)
        if self.clipnorm:
            norm = math.sqrt(_square(gradient))
            return gradient * self.clipnorm / max(norm, self.clipnorm)
        return gradient * scale

    def exclude_from_weight_decay(
        self, var_list: Iterable[Any] | None = None, var_names: Iterable[str] | None = None
    ) -> None:
        """Let no weight decay act on these parameters.

        It is no part of the config, as in Keras: after loading a model, say it again.

        Args:
            var_list: parameters.
            var_names: parts of labels; ``["bias"]`` means every parameter whose label has
                "bias" in it.

        >>> from nn.optimizers import AdamW
        >>> AdamW().exclude_from_weight_decay(var_names=["bias"])
        """
        self._undecayed = (
            _all_of((Value, Tensor), var_list, "var_list is a list of parameters"),
            _all_of(str, var_names, "var_names is a list of parts of labels"),
        )
        self._parameters = []  # so that the next step arranges them anew

    def _decays(self, parameter: Any) -> bool:
        excluded, names = self._undecayed
        return not any(parameter is other for other in excluded) and not any(
            name in parameter.label for name in names
        )

    def _decaying_rule(self, block: Block, w: Array, g: Array, new: Array) -> None:
        shrinking = np.multiply(w, self._shrinking, out=block.scratch)
        if block.decays is not None:
            shrinking *= block.decays
        self._rule(block, np.subtract(w, shrinking, out=new), g, new)

    # --- where the parameters lie -----------------------------------------------------

    def _arrange(
        self,
        listed: list[Any],
        slots: dict[str, float],
        loaded: dict[int, dict[str, Array]] | None = None,
    ) -> None:
        """Lay out the parameters, those of earlier steps included, and keep their moments."""
        kept = loaded if loaded is not None else self._moments()
        if self._waiting:
            kept = self._match(self._waiting, listed)
        known = {id(parameter): parameter for parameter in [*self._known, *listed]}
        places = {id(parameter): i for i, parameter in enumerate(listed)}
        groups: dict[tuple[bool, str], list[Any]] = {}
        for parameter in known.values():
            scalar = isinstance(parameter, Value)
            dtype = "float64" if scalar else parameter._datum.dtype.name
            groups.setdefault((scalar, dtype), []).append(parameter)
        flats = []
        for (scalar, dtype), members in groups.items():
            flat = (ScalarFlat if scalar else Flat)(members, np.dtype(dtype), slots)
            if self._undecayed[0] or self._undecayed[1]:
                flat.let_decay([self._decays(parameter) for parameter in members])
            for i, parameter in enumerate(members):
                for name, array in kept.get(id(parameter), {}).items():
                    if name in slots:
                        _write(flat.slot_of(i, name), array, parameter)
            flats.append(flat)
        self._known, self._flats, self._waiting = list(known.values()), flats, {}
        self._places = [
            (flat, [places.get(id(parameter)) for parameter in flat.parameters]) for flat in flats
        ]
        self._parameters, self._names = list(listed), tuple(slots)

    def _moments(self) -> dict[int, dict[str, Array]]:
        return {
            id(parameter): {name: flat.slot_of(i, name) for name in flat.slots}
            for flat in self._flats
            for i, parameter in enumerate(flat.parameters)
        }

    # --- state ------------------------------------------------------------------------

    def state(self, parameters: Iterable[Any] | None = None) -> dict[str, Any]:
        """Return all that a training needs to go on later as if it had not stopped.

        Args:
            parameters: those whose order counts, in `load_state` again; by default the
                order in which steps have met them.

        Returns:
            ``"iterations"``, ``"learning_rate"`` unless there is a schedule, and a copy of
            each moment of parameter number i as ``"momentum/i"``.

        >>> from nn.optimizers import SGD
        >>> w = Tensor([1.0, 2.0])
        >>> sgd = SGD(learning_rate=0.5, momentum=0.9)
        >>> sgd.apply([np.array([1.0, 2.0])], [w])
        >>> sgd.state()
        {'iterations': 1, 'learning_rate': 0.5, 'momentum/0': array([-0.5, -1. ])}
        """
        state: dict[str, Any] = {"iterations": self.iterations}
        if not callable(self._learning_rate):
            state["learning_rate"] = self._learning_rate
        moments = self._moments()
        listed = self._known if parameters is None else self._listed(parameters)
        for i, parameter in enumerate(listed):
            for name, array in moments.get(id(parameter), {}).items():
                state[f"{name}/{i}"] = array.copy()
        return {**state, **self._waiting}

    def load_state(self, state: Mapping[str, Any], parameters: Iterable[Any] | None = None) -> None:
        """Take over what `state` returned, of an optimizer of the same kind.

        Nothing is changed unless all of it fits.

        Args:
            state: what is to be taken over.
            parameters: as in `state`; without, those of the earlier steps or, if there have
                been none, of the first step to come.

        Raises:
            ValueError: moments that this optimizer does not have or that are missing, a
                number out of its range, or an array that does not have its parameter's shape.
            TypeError: not a dict.
        """
        if not isinstance(state, Mapping) or not all(isinstance(key, str) for key in state):
            raise TypeError(f"a state is a dict, as state() returns it, not {shown(state)}")
        iterations = state.get("iterations")
        if not isinstance(iterations, (int, np.integer)) or iterations < 0:
            raise ValueError(f"the state: iterations is a number of steps, not {shown(iterations)}")
        rate = state.get("learning_rate")
        if rate is not None:
            rate = as_float(rate, "learning_rate", 0)
        numbers = ("iterations", "learning_rate")
        arrays = {key: np.asarray(a) for key, a in state.items() if key not in numbers}
        self._check_moments(arrays)
        arrays = {key: array.copy() for key, array in arrays.items()}
        listed = self._known if parameters is None else self._listed(parameters)
        if listed or parameters is not None:
            moments = self._match(arrays, listed, exactly=parameters is None)
            self._known, self._flats, self._waiting = [], [], {}
            held = [parameter for parameter in listed if id(parameter) in moments]
            self._arrange(held, self._slots(), moments)
        else:
            self._waiting = arrays
        self.iterations = int(iterations)
        if rate is not None and not callable(self._learning_rate):
            self._learning_rate = rate

    def _check_moments(self, arrays: Mapping[str, Array]) -> None:
        slots = self._slots()
        for key, array in arrays.items():
            name, _, number = key.rpartition("/")
            if name not in slots or not _NUMBER.fullmatch(number):
                wanted = ", ".join(f"'{slot}/0'" for slot in slots) or "no moments"
                raise ValueError(
                    f"the state has {shown(key)}, and {type(self).__name__} keeps {wanted}: "
                    "is it the state of another kind of optimizer?"
                )
            if array.dtype.kind != "f":
                raise ValueError(f"{key} is an array of floats, not of {array.dtype}")
            for slot in slots:
                if f"{slot}/{number}" not in arrays:
                    raise ValueError(f"the state has {shown(key)} but no '{slot}/{number}'")

    def _match(
        self, arrays: Mapping[str, Array], listed: list[Any], exactly: bool = True
    ) -> dict[int, dict[str, Array]]:
        """Return the moments by the parameters' identity, once their shapes are found to fit."""
        moments: dict[int, dict[str, Array]] = {}
        for key, array in arrays.items():
            name, _, number = key.rpartition("/")
            if int(number) >= len(listed):
                raise ValueError(
                    f"the state has {shown(key)}, and there are {len(listed)} parameters"
                )
            parameter = listed[int(number)]
            shape = np.shape(parameter._datum)
            if array.shape != shape:
                raise ValueError(
                    f"{key} has the shape {array.shape}, and {described(parameter)} {shape}"
                )
            moments.setdefault(id(parameter), {})[name] = array
        if exactly and arrays and len(moments) != len(listed):
            raise ValueError(
                f"the state is of {len(moments)} parameters, and there are {len(listed)}"
            )
        return moments

    # --- configuration ----------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this optimizer again, as JSON knows them.

        >>> from nn.optimizers import SGD
        >>> SGD(0.5, clipnorm=1.0).get_config()["clipnorm"]
        1.0
        """
        rate = self._learning_rate
        return {
            "name": self.name,
            "learning_rate": schedules.serialize(rate) if callable(rate) else rate,
            **{key: getattr(self, key) for key in ("weight_decay", *_CLIPPING)},
            **self._own_config(),
        }

    def __repr__(self) -> str:
        rate = self._learning_rate
        arguments = {"learning_rate": rate, **self._own_config()}
        arguments.update(
            (key, getattr(self, key))
            for key in ("weight_decay", *_CLIPPING)
            if getattr(self, key) is not None
        )
        listed = ", ".join(f"{key}={value!r}" for key, value in arguments.items())
        return f"{type(self).__name__}({listed})"


_NUMBER = re.compile("0|[1-9][0-9]{0,17}")  # of a parameter, as `state` writes it

_CLIPPING = ("clipnorm", "clipvalue", "global_clipnorm")

_INSTEAD = {
    "lr": "learning_rate",
    "decay": "a schedule: learning_rate=nn.optimizers.schedules.ExponentialDecay(...)",
}


def yes_or_no(answer: Any, name: str) -> bool:
    """Return True or False; ValueError for anything else, for 1 and 0 too."""
    if not isinstance(answer, bool):
        raise ValueError(f"{name} is True or False, not {shown(answer)}")
    return answer


def _all_of(kind: Any, given: Any, wanted: str) -> list[Any]:
    if given is None:
        return []
    if isinstance(given, (str, Node)) or not isinstance(given, Iterable):
        raise TypeError(f"{wanted}, not {shown(given)}")
    listed = list(given)
    for each in listed:
        if not isinstance(each, kind):
            raise TypeError(f"{wanted}, not of {shown(each)}")
    return listed


def _unless_none(number: Any, name: str) -> float | None:
    if number is None:
        return None
    number = as_float(number, name, 0)
    if not number and name in _CLIPPING:
        raise ValueError(f"{name} is a number above 0, or None for no clipping, not 0")
    return float(number)


def _square(gradient: Any) -> float:
    line = np.ravel(gradient._datum if isinstance(gradient, Node) else gradient)
    return float(np.dot(line, line))


def _write(place: Array, array: Array, parameter: Any) -> None:
    if array.shape != place.shape:
        raise ValueError(
            f"{described(parameter)} had the shape {array.shape} at the steps before, and now has "
            f"{place.shape}: make a new optimizer for it"
        )
    place[...] = array
