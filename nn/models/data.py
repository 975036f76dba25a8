"""What users hand to `fit`, made into arrays once and looked over before any training.

Arrays, lists, pandas DataFrames and Series, Tensors: everything becomes one contiguous array
of nn's floating-point type.  Whatever would spoil the training (a nan, a column of words, a
label that is no class) is reported here, with its place and the remedy.  pandas is never
imported: a DataFrame is known by its `columns`, a Series by its `iloc`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from autograd import Tensor
from autograd.formatting import shown
from autograd.operands import is_of_called_code
from nn import config, random
from nn.checks import is_number, refuse_mask

__all__ = [
    "Batch", "Dataset", "as_array", "check_targets", "class_weights", "fit_shape", "make_dataset",
    "named", "split_last_rows", "unpack_validation_data",
]  # fmt: skip

Array = NDArray[Any]


class Batch(NamedTuple):
    """Some rows of a `Dataset`."""

    x: Array
    y: Array | None
    weight: Array | None


@dataclass(frozen=True)
class Dataset:
    """Inputs, targets and the weights of the samples, row by row; all of one length."""

    x: Array
    y: Array | None = None
    weight: Array | None = None

    def __len__(self) -> int:
        return len(self.x)

    def whole(self) -> Batch:
        """Return all rows as one batch."""
        return Batch(self.x, self.y, self.weight)

    def rows(self, start: int, stop: int) -> Dataset:
        """Return the rows from `start` to just before `stop`, without copying them."""
        return Dataset(
            self.x[start:stop],
            None if self.y is None else self.y[start:stop],
            None if self.weight is None else self.weight[start:stop],
        )

    def batches(self, size: int, shuffle: bool = False) -> Iterator[Batch]:
        """Yield the rows in batches of `size`, the last of them smaller if they do not divide.

        Args:
            size: the rows of a batch.
            shuffle: take the rows in an order that `nn.random`'s generator draws anew.

        >>> data = Dataset(np.arange(5.0))
        >>> [batch.x.tolist() for batch in data.batches(2)]
        [[0.0, 1.0], [2.0, 3.0], [4.0]]
        """
        starts = range(0, len(self), size)
        if not shuffle:
            x, y, weight = self._shown()
            for start in starts:
                rows = slice(start, start + size)
                yield Batch(
                    x[rows],
                    None if y is None else y[rows],
                    None if weight is None else weight[rows],
                )
            return
        order = random.generator().permutation(len(self))
        for start in starts:
            chosen = order[start : start + size]
            yield Batch(
                _read_only(self.x.take(chosen, axis=0)),
                None if self.y is None else _read_only(self.y.take(chosen, axis=0)),
                None if self.weight is None else self.weight.take(chosen),
            )

    def _shown(self) -> Batch:
        """Return views of all rows; what is cut out of them is read-only as they are."""
        return Batch(
            _read_only(self.x[:]),
            None if self.y is None else _read_only(self.y[:]),
            self.weight,
        )


def _read_only(part: Array) -> Array:
    part.setflags(write=False)  # so that a graph need not keep a copy of it
    return part


def make_dataset(x: Any, y: Any = None, sample_weight: Any = None, finite: bool = True) -> Dataset:
    """Return what the user gave as a `Dataset` of contiguous arrays.

    Args:
        x: the inputs; the first axis counts the samples.
        y: the targets, if there are any.
        sample_weight: one weight for each sample, if they have any.
        finite: refuse nan and infinity.

    Raises:
        ValueError: no samples, different numbers of them, nan, infinity or words.
        TypeError: something that is no array.

    >>> data = make_dataset([[1, 2], [3, 4]], [0, 1])
    >>> data.x.shape, data.x.dtype, len(data)
    ((2, 2), dtype('float32'), 2)
    """
    data = Dataset(
        as_array(x, "x", finite),
        None if y is None else as_array(y, "y", finite),
        None if sample_weight is None else _weights(sample_weight, finite),
    )
    if len(data) == 0:
        raise ValueError("x is empty: there are no samples")
    for name, part in (("y", data.y), ("sample_weight", data.weight)):
        if part is not None and len(part) != len(data):
            raise ValueError(
                f"x has {len(data)} samples and {name} has {len(part)}: "
                "each row of the one belongs to the same row of the other"
            )
    return data


# --- arrays from anything ------------------------------------------------------------------


def as_array(data: Any, name: str = "x", finite: bool = True) -> Array:
    """Return `data` as a contiguous array of `nn.config.floatx()`.

    Args:
        data: an ndarray, a list of numbers or of rows, a DataFrame, a Series or a Tensor.
        name: what messages call it.
        finite: refuse nan and infinity.

    Raises:
        ValueError: rows of different lengths, words, nan or infinity.
        TypeError: no array at all.

    >>> as_array([1, 2, 3])
    array([1., 2., 3.], dtype=float32)
    >>> as_array([[1.0, 2.0], [3.0, float("nan")]])
    Traceback (most recent call last):
        ...
    ValueError: x has nan in column 1 (first in row 1; 1 of 2 values): drop or fill such rows
    """
    if data is None:
        raise TypeError(f"{name} is missing: it is an array of numbers, not None")
    columns = _column_names(data)
    raw = _numbers_of_frame(data, name) if columns is not None else _raw_array(data, name)
    if raw.ndim == 0:
        raise TypeError(
            f"{name} is an array whose first axis counts the samples, not the one number "
            f"{shown(data)}"
        )
    with np.errstate(over="ignore"):  # a number too large becomes inf, and is reported below
        array = np.ascontiguousarray(raw, dtype=config.floatx())
    if finite and not np.isfinite(array).all():
        raise ValueError(_describe_not_finite(array, raw, name, columns))
    return array


def _column_names(data: Any) -> list[Any] | None:
    """Return the names of the columns of a DataFrame; None for everything else."""
    columns = getattr(data, "columns", None)
    if columns is None or not hasattr(data, "iloc"):
        return None
    return list(columns)


def _numbers_of_frame(frame: Any, name: str) -> Array:
    raw = frame.to_numpy()
    if raw.dtype.kind in "biuf":
        return np.asarray(raw)
    # columns of several types: each is made numbers by itself, and a bad one can be named
    columns = [frame.iloc[:, i] for i in range(len(frame.columns))]
    bad = [(column.name, what) for column in columns if (what := _not_numbers(column)) is not None]
    if bad:
        listed = "; ".join(f"column {column!r} holds {what}" for column, what in bad[:3])
        more = f"; and {len(bad) - 3} more columns" if len(bad) > 3 else ""
        raise ValueError(
            f"a network takes numbers, and in {name} {listed}{more}. Turn words into columns of 0 "
            "and 1 with pandas.get_dummies(...), numbers written as text into numbers with "
            f"pandas.to_numeric(...), or leave them out: .drop(columns={[c for c, _ in bad[:3]]})"
        )
    numbers = [column.to_numpy(dtype="float64", na_value=math.nan) for column in columns]
    return np.stack(numbers, axis=1) if numbers else np.empty((len(frame), 0))


def _not_numbers(column: Any) -> str | None:
    """Tell what a column or array holds in place of numbers; None if it holds numbers."""
    values = np.asarray(column)
    if values.dtype.kind in "biuf":
        return None
    if values.dtype.kind in "mM":
        return "dates or times"
    for value in values.ravel().tolist():
        if isinstance(value, str):
            return f"strings ({shown(value, 40)})"
        if not isinstance(value, Real) and not _is_missing(value):
            return f"{type(value).__name__} objects"
    return None


def _is_missing(value: Any) -> bool:
    return value is None or type(value).__name__ == "NAType"


def _raw_array(data: Any, name: str) -> Array:
    if isinstance(data, Tensor):
        return np.asarray(data.data)
    refuse_mask(data, name)
    if isinstance(data, (str, bytes, Mapping, set)) or (
        not hasattr(data, "__array__") and not isinstance(data, (list, tuple, range, Real))
    ):
        if hasattr(data, "toarray"):
            raise TypeError(f"{name} is a sparse {type(data).__name__}: give {name}.toarray()")
        raise TypeError(
            f"{name} is an array, a list, a DataFrame or a Series of numbers, "
            f"not {type(data).__name__} {shown(data)}"
        )
    if isinstance(data, (list, tuple)) and any(isinstance(item, Tensor) for item in data):
        data = [item.data if isinstance(item, Tensor) else item for item in data]
    try:
        raw = np.asarray(data)
    except ValueError as error:
        if is_of_called_code(error):
            raise
        raise ValueError(
            f"{name} is a list whose rows have different lengths ({_lengths(data)}): "
            "every sample has the same number of features"
        ) from None
    what = _not_numbers(raw)
    if what is not None:
        remedy = (
            "number the classes, classes, y = np.unique(y, return_inverse=True)"
            if name == "y"
            else "turn words into numbers first, for instance with pandas.get_dummies(...)"
        )
        raise ValueError(f"a network takes numbers, and {name} holds {what}: {remedy}")
    if raw.dtype.kind == "O":
        numbers = [math.nan if _is_missing(v) else _as_float(v, name) for v in raw.flat]
        raw = np.array(numbers).reshape(raw.shape)
    return raw


def _as_float(number: Any, name: str) -> float:
    try:
        return float(number)
    except OverflowError:
        raise ValueError(f"{name} holds a number too large for a float: {shown(number)}") from None


def _lengths(rows: Any) -> str:
    lengths = list(dict.fromkeys(len(row) if hasattr(row, "__len__") else 1 for row in rows))
    return ", ".join(map(str, lengths[:4])) + (", …" if len(lengths) > 4 else "")


def _describe_not_finite(array: Array, raw: Array, name: str, columns: list[Any] | None) -> str:
    bad = ~np.isfinite(array)
    first = int(np.flatnonzero(bad)[0])
    at = np.unravel_index(first, array.shape)
    value = array.flat[first]
    what = "nan" if math.isnan(value) else f"{raw.flat[first]!s:.20} (infinite as {array.dtype})"
    remedy = "drop or fill such rows"
    if columns is not None:
        remedy += ", frame.dropna() or frame.fillna(...)"
    if array.ndim == 1:
        return f"{name} has {what} in row {at[0]} ({bad.sum()} of {array.size} values): {remedy}"
    column = repr(columns[at[1]]) if columns is not None else ", ".join(str(i) for i in at[1:])
    in_column = bad.reshape(len(bad), -1)[:, first % bad[0].size]
    others = ""
    if array.ndim == 2 and (count := int(bad.any(axis=0).sum()) - 1):
        others = f", and in {count} other column{'s' if count > 1 else ''}"
    return (
        f"{name} has {what} in column {column} (first in row {at[0]}; "
        f"{in_column.sum()} of {len(array)} values){others}: {remedy}"
    )


# --- the parts of a training set -----------------------------------------------------------


def _weights(sample_weight: Any, finite: bool) -> Array:
    weight = as_array(sample_weight, "sample_weight", finite)
    if weight.ndim == 2 and weight.shape[1] == 1:
        weight = weight[:, 0]
    if weight.ndim != 1:
        raise ValueError(
            f"sample_weight has one weight for each sample, shape (n,), not {weight.shape}"
        )
    return weight


def class_weights(y: Array, class_weight: Mapping[int, float]) -> Array:
    """Return the weight of each sample: that of its class, or 1 for a class without one.

    Args:
        y: class numbers, shape (n,) or (n, 1), or one-hot rows, shape (n, classes).
        class_weight: the weight by the class's number.

    Raises:
        TypeError: no dict of class numbers and weights.
        ValueError: a weight that is not finite, or targets with several classes a sample.

    >>> class_weights(np.array([0.0, 1.0, 1.0]), {1: 3.0})
    array([1., 3., 3.], dtype=float32)
    """
    if not isinstance(class_weight, Mapping) or not all(
        isinstance(key, Integral) and isinstance(value, Real) and value == value
        for key, value in class_weight.items()
    ):
        raise TypeError(
            "class_weight is a dict of class numbers and weights, {0: 1.0, 1: 5.0}, "
            f"not {shown(class_weight)}"
        )
    if y.ndim > 2 and y.size > len(y):
        raise ValueError(
            f"class_weight is for one class a sample, and y has the shape {y.shape}: give "
            "sample_weight"
        )
    classes = y.argmax(axis=-1) if y.ndim > 1 and y.shape[-1] > 1 else y.reshape(len(y))
    weight = np.ones(len(y), dtype=config.floatx())
    for number, value in class_weight.items():
        with np.errstate(over="ignore"), suppress(OverflowError):  # 10**400
            weight[np.round(classes) == float(number)] = float(value)
            if math.isfinite(weight.dtype.type(value)):
                continue
        raise ValueError(
            f"class_weight has the weight {shown(value)} for the class {shown(number)}, and both "
            f"are finite numbers, as {weight.dtype} holds them"
        )
    return weight


def split_last_rows(data: Dataset, fraction: float) -> tuple[Dataset, Dataset]:
    """Return the first rows, to train on, and the last `fraction` of them, to validate.

    The split comes before any shuffling, at floor(n (1 - fraction)), as in Keras.

    Raises:
        ValueError: a fraction outside [0, 1), or one that leaves a part empty.

    >>> train, validation = split_last_rows(Dataset(np.arange(10.0)), 0.25)
    >>> len(train), len(validation)
    (7, 3)
    """
    if not is_number(fraction) or not 0 < fraction < 1:
        raise ValueError(
            f"validation_split is a number from 0 to just under 1, not {shown(fraction)}"
        )
    at = math.floor(len(data) * (1 - fraction))
    if at in (0, len(data)):
        raise ValueError(
            f"validation_split={shown(fraction)} of {len(data)} samples leaves {at} to train on "
            f"and {len(data) - at} to validate: give more data or another fraction"
        )
    return data.rows(0, at), data.rows(at, len(data))


def unpack_validation_data(validation_data: Any) -> tuple[Any, Any, Any]:
    """Return x, y and the sample weights or None of ``(x, y)`` or ``(x, y, sample_weight)``.

    >>> unpack_validation_data(([[1.0]], [2.0]))
    ([[1.0]], [2.0], None)
    """
    if not isinstance(validation_data, (tuple, list)) or len(validation_data) not in (2, 3):
        raise ValueError(
            "validation_data is (x_val, y_val) or (x_val, y_val, sample_weight), "
            f"not {type(validation_data).__name__}"
            + (f" of {len(validation_data)}" if hasattr(validation_data, "__len__") else "")
        )
    x, y, *weight = validation_data
    if y is None:
        raise ValueError("validation_data is (x_val, y_val), and the targets, y_val, are None")
    return x, y, weight[0] if weight else None


@contextmanager
def named(part: str) -> Iterator[None]:
    """Begin the messages about the data in the block with the name of the argument.

    >>> with named("validation_data"):
    ...     as_array(None)
    Traceback (most recent call last):
        ...
    TypeError: validation_data: x is missing: it is an array of numbers, not None
    """
    try:
        yield
    except (TypeError, ValueError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"{part}: {error}") from error


# --- do they fit the network? --------------------------------------------------------------


def fit_shape(x: Array, expected: tuple[int | None, ...] | None) -> Array:
    """Return the inputs in the shape that the network takes.

    A 1-D x is one feature: a column of it is made.

    Args:
        x: the inputs.
        expected: the network's input shape, None for the batch; None if it has none yet.

    Raises:
        ValueError: another number of features than the network has.

    >>> fit_shape(np.zeros(3), (None, 1)).shape
    (3, 1)
    >>> fit_shape(np.zeros((3, 5)), (None, 8))
    Traceback (most recent call last):
        ...
    ValueError: x has 5 features (shape (3, 5)), and the network takes 8
    """
    if expected is None:
        return x[:, None] if x.ndim == 1 else x
    if x.ndim == 1 and len(expected) == 2:
        if expected[1] == 1:
            return x[:, None]
        if len(x) == expected[1]:
            raise ValueError(
                f"x has shape {x.shape}, one sample without a batch axis: "
                "give a batch of one, x[None, :] or [x]"
            )
        x = x[:, None]
    if len(x.shape) == len(expected) and all(
        want is None or have == want for have, want in zip(x.shape, expected, strict=True)
    ):
        return x
    if x.ndim == len(expected) == 2:
        raise ValueError(
            f"x has {x.shape[1]} feature{'' if x.shape[1] == 1 else 's'} (shape {x.shape}), "
            f"and the network takes {expected[1]}"
        )
    hint = ""
    if len(expected) == 2 and math.prod(x.shape[1:]) == expected[1]:
        hint = ": flatten each sample, x.reshape(len(x), -1), or begin with a Flatten layer"
    raise ValueError(
        f"x has shape {x.shape}, and the network takes {tuple(expected)}, None for the batch{hint}"
    )


def check_targets(y: Array, output: tuple[int, ...], loss: str) -> Array:
    """Return the targets in the shape that the loss takes, when they are ones it can take.

    Args:
        y: the targets.
        output: the shape of the network's output for them.
        loss: the loss's name; of an unknown one nothing is asked but the targets' number.

    Raises:
        ValueError: targets of a shape, or labels, that the loss cannot take.

    >>> check_targets(np.array([1.0, 2.0]), (2, 1), "mean_squared_error").shape
    (2, 1)
    >>> check_targets(np.array([0.0, 3.0]), (2, 3), "sparse_categorical_crossentropy")
    Traceback (most recent call last):
        ...
    ValueError: y has the label 3 in row 1, and the network's 3 outputs are the classes 0 to 2
    """
    if loss == "sparse_categorical_crossentropy":
        return _check_class_numbers(y, output)
    if y.ndim == 1 and len(output) == 2 and output[1] == 1:
        y = y[:, None]  # once here, or (n,) - (n, 1) would be an n by n table
    if loss == "categorical_crossentropy" and y.shape != output:
        raise ValueError(_not_one_hot(y, output))
    if loss in _SAME_SHAPE and y.shape != output:
        raise ValueError(
            f"y has shape {y.shape}, and the network's output has {output}: {loss} compares "
            "them number by number; the last layer has as many units as y has columns"
        )
    if loss == "binary_crossentropy":
        _check_probabilities(y)
    return y


_SAME_SHAPE = {
    "mean_squared_error", "mean_absolute_error", "mean_absolute_percentage_error",
    "mean_squared_logarithmic_error", "huber", "hinge", "binary_crossentropy", "kl_divergence",
}  # fmt: skip


def _check_class_numbers(y: Array, output: tuple[int, ...]) -> Array:
    classes = output[-1]
    if y.shape == output and classes > 1:
        raise ValueError(
            f"y has shape {y.shape}, a column for each class, and sparse_categorical_crossentropy "
            "takes the numbers of the classes: use categorical_crossentropy, or y.argmax(axis=1)"
        )
    if y.shape == (*output[:-1], 1):
        y = y[..., 0]
    if y.shape != output[:-1]:
        raise ValueError(
            f"y has shape {y.shape}, and sparse_categorical_crossentropy takes one class number "
            f"for each sample, shape {output[:-1]}"
        )
    wrong = (y < 0) | (y >= classes) | (y != np.floor(y))
    if wrong.any():
        row = int(np.flatnonzero(wrong.ravel())[0])
        label = y.ravel()[row]
        hint = ""
        if y.min() >= 1 and y.max() == classes and not (y != np.floor(y)).any():
            hint = ": they begin at 0, so train on y - 1"
        elif classes == 1:
            hint = ": for two classes and one output use sigmoid and binary_crossentropy"
        raise ValueError(
            f"y has the label {label:g} in row {row}, and the network's {classes} outputs are "
            f"the classes 0 to {classes - 1}{hint}"
        )
    return y


def _not_one_hot(y: Array, output: tuple[int, ...]) -> str:
    if y.ndim == 1 or y.shape[-1] == 1:
        return (
            f"y has shape {y.shape}, and categorical_crossentropy takes one-hot labels, "
            f"shape {output}: make them with nn.utils.to_categorical(y, {output[-1]}), or keep "
            "the class numbers and use sparse_categorical_crossentropy"
        )
    return (
        f"y has {y.shape[-1]} columns (shape {y.shape}), and the network has {output[-1]} "
        f"outputs (shape {output}): the last layer has one unit for each class"
    )


def _check_probabilities(y: Array) -> None:
    wrong = (y < 0) | (y > 1)
    if not wrong.any():
        return
    row = int(np.flatnonzero(wrong.ravel())[0])
    labels = np.unique(y)
    hint = ""
    if len(labels) == 2:
        hint = f": with the labels {labels[0]:g} and {labels[1]:g}, train on y == {labels[1]:g}"
    elif len(labels) > 2 and not (labels != np.floor(labels)).any():
        hint = (
            f": for {len(labels)} classes use sparse_categorical_crossentropy and as many "
            "outputs with softmax"
        )
    raise ValueError(
        f"y has the label {y.ravel()[row]:g} in row {row // math.prod(y.shape[1:])}, and "
        f"binary_crossentropy takes labels from 0 to 1{hint}"
    )
