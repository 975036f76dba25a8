"""What a loss is given: lists of numbers and Values, or arrays; and the formula carried out on it.

A flat list is one sample, and arrays are reduced over their last axis.  In the formulas the
prediction stands first (p - t, log(p) * t): it is the operand that decides how the operation
is carried out, and what it meets is mostly a plain array.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

import autograd
from autograd import Tensor, Value, contexts
from autograd import sum as sum_values
from autograd.formatting import shown
from autograd.graph import Node
from autograd.operands import as_array, as_operand
from nn.checks import refuse_mask

__all__ = [
    "Formula", "as_numbers", "axes", "each", "looked_at", "mean", "mean_of", "of_samples",
    "one_hot_wanted", "plain", "same_rank", "total",
]  # fmt: skip

Formula = Callable[[Any, Any], Any]


def of_samples(loss: str, y_true: Any, y_pred: Any, formula: Formula, labels: bool = False) -> Any:
    """Return the formula of targets and predictions, two lists or two arrays, that fit.

    With `labels` the targets are class numbers, and the formula gets them as one-hot rows.
    """
    if _is_list(y_pred) and (_is_list(y_true) or getattr(y_true, "ndim", 0) == 1):
        true, pred = _listed(y_true, f"{loss}, y_true,"), _listed(y_pred, f"{loss}, y_pred,")
        if labels:
            true = _one_hot_list(true, len(pred), loss)
        if len(true) != len(pred):
            raise ValueError(f"{loss}: {len(true)} targets and {len(pred)} predictions")
        if not true:
            raise ValueError(f"{loss}: there are no targets")
        return formula(true, pred)
    pred = as_numbers(y_pred, f"{loss}: y_pred")
    true = as_numbers(y_true, f"{loss}: y_true", getattr(pred, "dtype", None))
    if not axes(pred) or isinstance(true, Value):
        raise ValueError(
            f"{loss}: y_true of the shape {np.shape(y_true)} and y_pred of the shape "
            f"{np.shape(y_pred)} do not fit: a single number has a single target"
        )
    if not pred.size:
        raise ValueError(f"{loss}: there are no targets, predictions have the shape {pred.shape}")
    if labels:
        true = _one_hot(true, pred.shape[-1], pred.shape[:-1], loss)
    elif true.shape != pred.shape:
        true, pred = same_rank(true, pred)
        if true.shape != pred.shape:
            advice = one_hot_wanted(pred.shape[-1]) if loss.startswith("categorical") else ""
            raise ValueError(
                f"{loss}: targets of the shape {true.shape} do not fit predictions of the shape "
                f"{pred.shape}{advice}"
            )
    return formula(true, pred)


def _is_list(y: Any) -> bool:
    """Tell whether y is one number or a list of numbers and Values, rather than of rows."""
    if isinstance(y, (list, tuple)):
        return not y or not all(isinstance(row, (list, tuple)) or axes(row) for row in y)
    return not axes(y)


def axes(y: Any) -> int:
    """Return how many axes y has; a number and a list have none."""
    count: int = getattr(y, "ndim", 0)
    return count


def _listed(y: Any, where: str) -> list[Any]:
    if isinstance(y, Tensor) and not y.ndim:  # a number that has a gradient
        return [y]
    if isinstance(y, (bytes, set, frozenset, dict, np.ma.MaskedArray)):
        raise TypeError(f"{where} takes a list or an array of numbers, not {shown(y)}")
    if hasattr(y, "tolist"):  # an ndarray, a numpy scalar, a pandas Series
        y = y.tolist()
    if isinstance(y, (Node, str)) or not isinstance(y, Iterable):
        y = [y]
    return [as_operand(number, where) for number in y]


def as_numbers(y: Any, where: str, dtype: Any = None) -> Any:
    """Return a Tensor or an ndarray of the dtype; of its own, if it is a float, for None."""
    if isinstance(y, (list, tuple)) and _has_nodes(y):
        y = autograd.stack([as_numbers(row, where) for row in y])
    if isinstance(y, Tensor):
        return y if dtype is None else y.astype(dtype)
    if isinstance(y, Node):
        return y
    refuse_mask(y, where)
    array = as_array(y, where) if isinstance(y, (list, tuple)) else np.asarray(y)
    if array.dtype.kind not in "fiub":
        wrong = next((x for x in array.ravel().tolist() if not isinstance(x, (int, float))), array)
        raise TypeError(
            f"{where} is to hold numbers, and {shown(wrong)} is none: names of classes are "
            "numbered by np.unique(y, return_inverse=True)[1], other columns by .astype(float)"
        )
    if dtype is None:
        dtype = array.dtype if array.dtype in (np.float32, np.float64) else np.float64
    return array.astype(dtype, copy=False)


def _has_nodes(rows: Any) -> bool:
    return any(
        _has_nodes(row) if isinstance(row, (list, tuple)) else isinstance(row, Node) for row in rows
    )


def same_rank(x: Any, y: Any) -> tuple[Any, Any]:
    """Add or drop a last axis of length 1 that one of the arrays has and the other has not."""
    if x.ndim == y.ndim + 1 and x.shape[-1] == 1:
        return (x, y[..., None]) if y.ndim == 1 else (x[..., 0], y)
    if y.ndim == x.ndim + 1 and y.shape[-1] == 1:
        return (x[..., None], y) if x.ndim == 1 else (x, y[..., 0])
    return x, y


def each(function: Callable[..., Any], *ys: Any) -> Any:
    """Apply a function to the numbers of lists one by one, to arrays at once."""
    if isinstance(ys[0], list):
        return [function(*numbers) for numbers in zip(*ys, strict=True)]
    return function(*ys)


def mean(values: Any) -> Any:
    """Return the mean of a list, or over the last axis."""
    if isinstance(values, list):
        return sum_values(values) / float(len(values))
    return plain(autograd.mean(values, axis=-1))


def total(values: Any) -> Any:
    """Return the sum of a list, or over the last axis."""
    return sum_values(values) if isinstance(values, list) else plain(sum_values(values, axis=-1))


def plain(result: Any) -> Any:
    """Return an array without axes as a number."""
    return result[()] if isinstance(result, np.ndarray) else result


def mean_of(loss: str, y_true: Any, y_pred: Any, function: Formula) -> Any:
    """Return the mean of a function of target and prediction, for each sample."""
    return of_samples(
        loss, y_true, y_pred, lambda true, pred: mean(each(function, true, pred))
    )  # fmt: skip


def looked_at(y: Any, check: Callable[[Any], None]) -> None:
    """Have the numbers of a list or array checked; a program checks those of each replay."""
    if isinstance(y, Tensor):
        contexts.effect(check, y)
    else:  # what is found out about Values in a list are guards, which hold for good numbers
        check(y)


def one_hot_wanted(classes: int) -> str:
    """Return the advice for targets that are not one-hot."""
    return (
        f": it takes one-hot targets, nn.utils.to_categorical(y, {classes}); for class numbers "
        "there is sparse_categorical_crossentropy"
    )


def _one_hot_list(labels: list[Any], classes: int, loss: str) -> list[Any]:
    """Return the row of the one class number in a list."""
    label: Any = labels[0] if len(labels) == 1 else None
    is_node = isinstance(label, Node)
    if is_node and contexts.watcher() is not None:
        chosen = [autograd.where(label == float(i), 1.0, 0.0) for i in range(classes)]
        if sum_values(chosen) == 1.0:  # a guard, which holds for all class numbers
            return chosen
    row: list[Any] = _one_hot(np.array(labels, float), classes, (), loss).tolist()
    return row


def _one_hot(labels: Any, classes: int, shape: tuple[int, ...], loss: str) -> Any:
    """Return a row for each class number, in the dtype that the numbers have."""
    if isinstance(labels, Tensor) and contexts.watcher() is None:
        labels = labels.data
    if labels.shape == (*shape, 1):
        labels = labels[..., 0]
    if labels.shape != shape:
        advice = ""
        if labels.shape == (*shape, classes):
            advice = "; for one-hot targets there is categorical_crossentropy"
        raise ValueError(
            f"{loss}: targets of the shape {labels.shape} do not fit predictions of the shape "
            f"{(*shape, classes)}: it takes one class number for each sample{advice}"
        )

    def check(numbers: Any) -> None:
        wrong = (numbers != np.floor(numbers)) | (numbers < 0) | (numbers >= classes)
        if wrong.any():
            raise ValueError(
                f"{loss}: the label {numbers[wrong].ravel()[0]:g} is no class number from 0 to "
                f"{classes - 1}, one for each of the {classes} outputs: number the classes from "
                "0, or give the last layer more units"
            )

    looked_at(labels, check)
    if isinstance(labels, Tensor):
        one, zero = np.ones(1, labels.dtype), np.zeros(1, labels.dtype)
        return autograd.where(labels[..., None] == np.arange(float(classes)), one, zero)
    return np.eye(classes, dtype=labels.dtype)[labels.astype(np.intp)]
