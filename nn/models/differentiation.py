"""From a batch to the gradients of its loss: the part of a training step that has several ways.

The loop of `fit` does not look at how the gradients are found.  `Eager` finds them as the book
has it: the engine records a graph for each batch and goes back through it.  `Recorded` does so
for one batch and turns the graph into a numpy program, which serves all others.  Whatever else
fulfils `Differentiation` may stand in their place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

import autograd
from autograd import Tensor, contexts
from autograd.compiler.arguments import flat
from autograd.compiler.recording import Recording
from autograd.formatting import shown
from autograd.graph import Handle, Node, have_hooks
from nn.models.data import Batch
from nn.module import Module
from nn.random import Chance
from nn.saving.chance import generators

__all__ = ["Differentiated", "Differentiation", "Eager", "Recorded", "as_plain"]

Array = NDArray[Any]


class Differentiated(NamedTuple):
    """What is known of a batch once it has been predicted and differentiated.

    Attributes:
        predictions: an array with a row for each sample.
        loss: one number, the regularizers' penalties included.
        gradients: an array for each parameter, in its shape and dtype.

    The arrays are only to be read, and only until the next batch is differentiated: they may
    be views of buffers that each batch uses again.
    """

    predictions: Array
    loss: float
    gradients: Sequence[Array]


class Differentiation(Protocol):
    """Predicts a batch in training mode and finds the gradients of its loss."""

    def __call__(self, batch: Batch) -> Differentiated:
        """Return the predictions, the loss and the gradients; the parameters stay as they are."""


class Eager:
    """Differentiates by the graph that the engine records anew for each batch.

    Args:
        model: called as ``model(x, training=True)``.
        loss: called as ``loss(batch, predictions)``; gives one number, in the graph.
        parameters: what the loss is differentiated by; with none there are no gradients.

    >>> from nn import layers
    >>> dense = layers.Dense(1, kernel_initializer="ones", use_bias=False)
    >>> squares = lambda batch, predictions: ((predictions - batch.y) ** 2).mean()
    >>> batch = Batch(np.float32([[1.0, 2.0]]), np.float32([[1.0]]), None)
    >>> dense(batch.x)
    Tensor([[3.]], dtype=float32)
    >>> Eager(dense, squares, dense.trainable_weights)(batch).gradients
    [array([[4.],
           [8.]], dtype=float32)]
    """

    def __init__(
        self,
        model: Callable[..., Any],
        loss: Callable[[Batch, Any], Any],
        parameters: Sequence[Tensor],
    ) -> None:
        self.model, self.loss, self.parameters = model, loss, parameters

    def __call__(self, batch: Batch) -> Differentiated:
        """Return the predictions, the loss and the gradients."""
        predictions = self.model(batch.x, training=True)
        loss = self.loss(batch, predictions)
        gradients: Sequence[Array] = []
        if self.parameters:
            _require_a_graph(loss)
            gradients = autograd.gradients(loss, self.parameters, copy=False)
        return Differentiated(as_plain(predictions), float(loss), gradients)


class Recorded:
    """Differentiates by a numpy program, which one batch of each shape is recorded as.

    What no program can repeat is done by the engine, with the same results: a step that looks
    at the numbers themselves and goes another way each time, or that changes or reads what
    changes outside of it, see `nn.models.reading`.

    Args:
        model, loss, parameters: as for `Eager`.
        trusted: whether the step is known to do the same each time; otherwise it is recorded
            twice, to see whether it does.
        granted: what the programs take for granted, see `nn.models.assumptions`.
        reason: why there can be no program, if that is known.

    Attributes:
        reason: why the engine does it all, in a sentence; "" if there are programs.

    >>> from nn import layers
    >>> dense = layers.Dense(1, kernel_initializer="ones", use_bias=False)
    >>> squares = lambda batch, predictions: ((predictions - batch.y) ** 2).mean()
    >>> batch = Batch(np.float32([[1.0, 2.0]]), np.float32([[1.0]]), None)
    >>> dense(batch.x)
    Tensor([[3.]], dtype=float32)
    >>> recorded = Recorded(dense, squares, dense.trainable_weights)
    >>> recorded(batch).gradients
    [array([[4.],
           [8.]], dtype=float32)]
    >>> "x @ kernel" in recorded.program
    True
    """

    SHAPES = 8
    """Programs that are kept; each shape of a batch needs one."""
    WAYS = 3
    """A step that has been recorded so often for one shape goes another way each time."""
    RECORDINGS = 64
    """One that has been recorded so often, for all shapes together, is not worth it."""

    def __init__(
        self,
        model: Module,
        loss: Callable[[Batch, Any], Any],
        parameters: Sequence[Tensor],
        trusted: bool = True,
        granted: Any = None,
        reason: str = "",
    ) -> None:
        self.reason = reason
        self.granted = granted
        self._model = model
        self._eager = Eager(model, loss, parameters)
        self._trusted = trusted
        self._recorded: dict[Any, int] = {}  # how often, by shapes

        def step(x: Any, y: Any, weight: Any = None) -> tuple[Any, Any]:
            predictions = model(x, training=True)
            value = loss(Batch(x, y, weight), predictions)
            if parameters:
                _require_a_graph(value)
            return value, predictions

        self._step = step
        self._program = autograd.compile(step, max_recordings=self.SHAPES)

    def __call__(self, batch: Batch) -> Differentiated:
        """Return the predictions, the loss and the gradients."""
        if (
            self.reason
            or (contexts.special and _is_watched_closely())
            or (Handle.used and have_hooks(self._eager.parameters))
        ):
            return self._eager(batch)
        x, y, weight = batch
        arguments: tuple[Any, ...] = (x, y) if weight is None else (x, y, weight)
        shapes = tuple([array.shape for array in arguments])
        if shapes not in self._recorded:
            return self._first_of(shapes, arguments, batch)
        try:
            return self._replay(shapes, arguments)
        except Exception as error:
            return self._without_program(batch, error)

    def _first_of(self, shapes: Any, arguments: tuple[Any, ...], batch: Batch) -> Differentiated:
        before = _Before(self._model)
        try:
            if not self._trusted and not self._is_repeatable(arguments, before):
                raise TypeError("what it computes changes from one call to the next")
            self._recorded[shapes] = 0
            differentiated = self._replay(shapes, arguments)
        except Exception as error:
            before.restore()
            return self._without_program(batch, error)
        if self._program.recordings[0].guards and before.chance.has_moved():
            # when a guard fails, numbers have been drawn for nothing
            self.reason = "it draws random numbers, and looks at numbers to decide on its way"
        return differentiated

    def _replay(self, shapes: Any, arguments: tuple[Any, ...]) -> Differentiated:
        found = self._program.differentiate(self._eager.parameters, *arguments)
        if found is None:
            raise TypeError("it has an operation that no program can compute")
        (loss, predictions), gradients = found
        if gradients and all(gradient is None for gradient in gradients):
            raise TypeError("no gradient flows from its loss to a parameter")
        used = self._program.recordings[0]
        if used.calls == 1:
            self._note_recording(shapes, used.guards)
        for i, gradient in enumerate(gradients):
            if gradient is None:  # nothing flows there
                gradients[i] = np.zeros_like(self._eager.parameters[i].data)
        return Differentiated(as_plain(predictions), float(loss), gradients)

    def _note_recording(self, shapes: Any, guards: int) -> None:
        self._recorded[shapes] += 1
        if guards and self._recorded[shapes] >= self.WAYS:
            self.reason = "it looks at the numbers and goes another way each time"
        elif sum(self._recorded.values()) >= self.RECORDINGS:
            self.reason = f"the batches have had {len(self._recorded)} shapes so far"

    def _without_program(self, batch: Batch, error: Exception) -> Differentiated:
        """Have the engine do it, now and later, unless it meets an error itself: the user's."""
        differentiated = self._eager(batch)
        self.reason = f"{type(error).__name__}: {error}"
        return differentiated

    def _is_repeatable(self, arguments: tuple[Any, ...], before: _Before) -> bool:
        """Tell whether the step, recorded twice, is the same program."""
        names = ["x", "y", "weight"][: len(arguments)]
        texts = []
        for _ in range(2):
            recording = Recording(self._step, arguments, {}, flat(arguments, {}), names)
            texts.append(recording.program)
            before.chance.restore()
        before.restore()
        return texts[0] == texts[1]

    @property
    def program(self) -> str:
        """The program that was used most, or a sentence that says why there is none."""
        if self.reason:
            return f"# no program: the engine computes each batch, for {self.reason}"
        used = max(self._program.recordings, key=lambda recording: recording.calls, default=None)
        if used is None:
            return "# no program yet: no batch has been trained"
        before = _Before(self._model)
        text = used.program  # to learn its lines, the step may be run once more
        before.restore()
        places = map(used.inputs.of_leaf, self._eager.parameters)
        wrt = tuple(place for place in places if place >= 0)
        return used.source(wrt, 0).source.text if wrt else text  # the gradients of the loss alone

    def __reduce__(self) -> Any:
        return type(None), ()  # a copy, or what comes out of a file, records for itself


class _Before:
    """The random generators and the attributes of a model, to be put back after an attempt."""

    def __init__(self, model: Module) -> None:
        self.chance = Chance(found for _, found in generators(model))
        parts = [vars(part) for _, part, _ in model._walk() if isinstance(part, Module)]
        self._attributes = [(own, dict(own)) for own in parts]

    def restore(self) -> None:
        self.chance.restore()
        for own, before in self._attributes:
            own.clear()
            own.update(before)


def _require_a_graph(loss: Any) -> None:
    if not isinstance(loss, Node):
        raise TypeError(
            f"the loss given to compile returned {shown(loss)}, which has no gradient: compute it "
            "from y_pred with operators and functions of autograd, not of .numpy() or .data"
        )


def _is_watched_closely() -> bool:
    """Tell whether a context is open that has to see the engine at work."""
    return contexts.detecting_anomaly() or contexts.carrying_tangents()


def as_plain(outputs: Any) -> Array:
    """Return what a model has computed as an ndarray.

    >>> as_plain(Tensor([1.0, 2.0]))
    array([1., 2.])
    """
    return outputs.data if isinstance(outputs, Tensor) else np.asarray(outputs)
