"""What `compile` was given, made ready: the loss, and the metrics once shapes are known."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import Any

from autograd.formatting import shown
from nn import losses, metrics
from nn.checks import as_float

__all__ = ["CompiledLoss", "CompiledMetrics", "RunningMean"]


class CompiledLoss:
    """The loss of a batch as one number; None as the loss cannot be called, and waits.

    Args:
        loss: a name, a `Loss` or its class, or a function ``loss(y_true, y_pred)`` whose
            numbers, one for each sample, are averaged.
        factor: what the loss is multiplied with, if with anything.

    >>> import numpy as np
    >>> loss = CompiledLoss("mse")
    >>> float(loss(np.array([[1.0], [2.0]]), np.array([[1.0], [4.0]])))
    2.0
    >>> loss.kind
    'mean_squared_error'
    """

    def __init__(self, loss: Any, factor: float | None = None) -> None:
        if factor is not None:
            factor = as_float(factor, "loss_weights is the factor of the one loss; it")
        self.given, self.factor = loss, factor
        self.loss = None if loss is None else losses.as_loss(loss)

    @property
    def kind(self) -> str:
        """The name of nn's own loss function; "" for a loss of the user's."""
        return getattr(getattr(type(self.loss), "function", None), "__name__", "")

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Return the loss of a batch.

        Raises:
            ValueError: there is none, or it gave several numbers.
        """
        if self.loss is None:
            raise ValueError('there is no loss: model.compile(optimizer="adam", loss="mse")')
        loss = self.loss(y_true, y_pred, sample_weight)
        if getattr(loss, "size", 1) != 1:
            raise ValueError(
                f"the loss {shown(self.loss)} gave an array of the shape {loss.shape} for a batch, "
                "and a model is trained and measured by one number: compile it with a reduction, "
                "reduction='sum_over_batch_size' or 'sum'"
            )
        return loss if self.factor is None else self.factor * loss

    def serialize(self) -> Any:
        """Return what `compile` makes the loss from again."""
        return _serialized(self.given, losses)


class RunningMean:
    """The mean of the batches' losses, each counted as often as it has samples.

    >>> mean = RunningMean()
    >>> mean.update(1.0, samples=3)
    >>> mean.update(5.0, samples=1)
    >>> mean.result()
    2.0
    """

    __slots__ = ("_samples", "_total")

    def __init__(self) -> None:
        self.reset()

    def update(self, loss: float, samples: int) -> None:
        """Take in the loss of a batch."""
        self._total += loss * samples
        self._samples += samples

    def result(self) -> float:
        """Return the mean since the last reset."""
        return self._total / self._samples

    def reset(self) -> None:
        """Forget what was taken in."""
        self._total, self._samples = 0.0, 0


class CompiledMetrics:
    """The metrics of a model: those that ignore the samples' weights, and those that do not.

    What "accuracy" means depends on the shapes of targets and outputs, so the metrics
    themselves are made at the first batch, and anew when the shapes have become others after a
    reset; their names are known before.

    Args:
        unweighted: a list of names, metrics and functions.
        weighted: the same.

    Raises:
        ValueError: no list, a name that is not known, or one metric object in two places.

    >>> CompiledMetrics(["accuracy", "mae"], ["accuracy"]).names
    ['accuracy', 'mae', 'weighted_accuracy']
    >>> CompiledMetrics("accuracy")
    Traceback (most recent call last):
        ...
    ValueError: metrics is a list, metrics=['accuracy'], not 'accuracy'
    """

    def __init__(self, unweighted: Any = None, weighted: Any = None) -> None:
        self.given = _listed(unweighted, "metrics"), _listed(weighted, "weighted_metrics")
        _refuse_twice([*self.given[0], *self.given[1]])
        self._begins = True  # nothing was taken in since the last reset
        # a rehearsal with the shapes of one output finds wrong names now, not in fit
        self._make((1, 1), (1, 1))
        self.names = _names([m.name for m in self._unweighted], [m.name for m in self._weighted])
        self._shapes: Any = None  # what the metrics were made for; None after the rehearsal

    def update(self, y_true: Any, predictions: Any, sample_weight: Any = None) -> None:
        """Take in a batch of arrays; what they hold is read now, and nothing kept of them."""
        if self._begins:
            shapes = y_true.shape[1:], predictions.shape[1:]
            if self._shapes != shapes:
                self._make(y_true.shape, predictions.shape)
                self._shapes = shapes
            self._begins = False
        for metric in self._unweighted:
            metric.update_state(y_true, predictions)
        for metric in self._weighted:
            metric.update_state(y_true, predictions, sample_weight)

    def _make(self, y_true: Sequence[int], y_pred: Sequence[int]) -> None:
        unweighted, weighted = self.given
        self._unweighted = [metrics.for_output(metric, y_true, y_pred) for metric in unweighted]
        self._weighted = [metrics.for_output(metric, y_true, y_pred) for metric in weighted]
        self.metrics = [*self._unweighted, *self._weighted]
        self.reset()

    def results(self) -> dict[str, float]:
        """Return the metrics since the last reset by their names."""
        return {
            name: float(metric.result())
            for name, metric in zip(self.names, self.metrics, strict=True)
        }

    def reset(self) -> None:
        """Forget what was taken in."""
        self._begins = True
        for metric in self.metrics:
            metric.reset_state()

    def serialize(self) -> dict[str, Any]:
        """Return the arguments ``metrics`` and ``weighted_metrics`` of `compile`."""
        unweighted, weighted = (
            [_serialized(metric, metrics) for metric in group] for group in self.given
        )
        return {"metrics": unweighted or None, "weighted_metrics": weighted or None}


def _serialized(given: Any, kind: ModuleType) -> Any:
    """Return a name as it is, and the config of everything else."""
    if given is None or isinstance(given, str):
        return given
    return kind.serialize(given() if isinstance(given, type) else given)


def _listed(given: Any, argument: str) -> list[Any]:
    if given is None:
        return []
    if not isinstance(given, (list, tuple)):
        raise ValueError(
            f"{argument} is a list, {argument}=[{shown(given)}], not {shown(given)}"
        )
    if len(given) == 1 and isinstance(given[0], (list, tuple)):
        given = given[0]  # a list for each output, of which there is one
    return list(given)


def _refuse_twice(given: list[Any]) -> None:
    seen: set[int] = set()
    for metric in given:
        if isinstance(metric, metrics.Metric) and id(metric) in seen:
            raise ValueError(
                f"metrics and weighted_metrics have {metric!r} twice, and it would take in every "
                "batch twice: make an object for each place"
            )
        seen.add(id(metric))


def _names(unweighted: list[str], weighted: list[str]) -> list[str]:
    """Return the keys of the history: a name that comes again is told apart, as in Keras."""
    names: list[str] = []
    for i, name in enumerate([*unweighted, *weighted]):
        if name in names and i >= len(unweighted):
            name = f"weighted_{name}"
        number, key = 1, name
        while key in names or key == "loss":
            key, number = f"{name}_{number}", number + 1
        names.append(key)
    return names
