"""Layer: what all layers have: a name, weights that are made when the input's size is known."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import wraps
from inspect import signature
from typing import Any, TypeAlias, TypeVar

import numpy as np

from autograd import Tensor, no_grad
from autograd.formatting import shown
from autograd.graph import Node
from nn import initializers, regularizers
from nn.checks import as_flag, as_name, as_whole, index_or_none
from nn.config import as_floatx, floatx
from nn.interruption import uncut
from nn.limits import count_weight, require_memory
from nn.module import Buffer, Module, assign, fitting
from nn.names import as_arguments
from nn.naming import auto_name
from nn.unknown import refuse_arguments

__all__ = ["Checked", "Layer", "Penalty", "Shape", "regularizer_of"]

Shape: TypeAlias = "tuple[int | None, ...]"
Made = TypeVar("Made", bound="Layer")


def _remembered(build: Callable[..., Any]) -> Callable[..., Any]:
    """Return a `build` that notes the shape, whether the layer or a user calls it."""

    @wraps(build)
    def remembering(self: Layer, input_shape: Any) -> None:
        shape = as_batch_shape(input_shape, f"{self.name}: build")
        build(self, shape)
        self._built_shape = (None, *shape[1:])
        self.built = True

    return remembering


_NO_SUCH_ARGUMENT = {
    "activity_regularizer": "kernel_regularizer",
    "batch_input_shape": "input_shape, which leaves the batch out",
    "kernel_constraint": "kernel_regularizer",
}
# methods and attributes of other versions of Keras
_NO_SUCH_ATTRIBUTE = {
    "evaluate_generator": "evaluate",
    "fit_generator": "fit",
    "predict_classes": "predict(x).argmax(axis=1), or predict(x) > 0.5 for a single sigmoid",
    "predict_generator": "predict",
    "predict_proba": "predict",
    "trainable_variables": "trainable_weights",
    "variables": "weights",
}


class Penalty:
    """A weight and its regularizer, in an object that the search for weights does not enter."""

    __slots__ = ("regularizer", "weight")

    def __init__(self, regularizer: Callable[[Any], Any], weight: Tensor) -> None:
        self.regularizer, self.weight = regularizer, weight


class Checked:
    """An attribute that is looked over when it is set, in ``__init__`` and later on alike.

    It lies among the others in ``vars(layer)``, so that reading it costs nothing.

    Args:
        check: called with the layer and what is assigned; returns what the attribute becomes.

    >>> class Shift(Layer):
    ...     by = Checked(lambda layer, given: float(given))
    >>> shift = Shift()
    >>> shift.by = "2"
    >>> shift.by
    2.0
    """

    def __init__(self, check: Callable[[Any, Any], Any]) -> None:
        self._check = check

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __set__(self, layer: Any, given: Any) -> None:
        vars(layer)[self._name] = self._check(layer, given)


def regularizer_of(weight: str) -> Checked:
    """Return the attribute for the regularizer of a weight: if set later on, it counts at once."""

    def check(layer: Any, given: Any) -> Any:
        regularizer = regularizers.get(given)
        if layer.built:
            layer._regularize(vars(layer).get(weight), regularizer)
        return regularizer

    return Checked(check)


class Layer(Module):
    """Turns a batch of samples into another; subclass it and write `call` (or `forward`).

    Weights are made in `build`, when the shape of the input is known: before the first call
    or, with `input_shape`, by the model.  A layer without weights needs no `build`.

    Args:
        name: what it is called; "dense", "dense_1", ... if not given.
        trainable: whether its weights are parameters, which training moves.
        dtype: "float32" or "float64" for its weights and results; `nn.config.floatx()` if not
            given.
        input_shape: the shape of one sample, for the first layer of a model.
        input_dim: the same for samples of one axis: the number of features.
        unknown: refused.

    Raises:
        ValueError: an argument that is not of this kind.
        TypeError: an argument that there is not.

    >>> class Scale(Layer):
    ...     def build(self, input_shape):
    ...         self.factor = self.add_weight(input_shape[-1:], "ones", name="factor")
    ...     def call(self, x):
    ...         return x * self.factor
    >>> scale = Scale(name="scale")
    >>> scale(np.array([[2.0, 3.0]]))
    Tensor([[2., 3.]], dtype=float32)
    >>> scale.name, scale.output_shape, scale.count_params()
    ('scale', (None, 2), 2)
    """

    built = False
    _trainable = True
    _built_shape: Shape | None = None
    _axis = -1  # the axis along which an input has a number of features that weights depend on
    _features: int | None = None
    _least_axes = 1
    _takes_training = False

    def __init__(
        self,
        *,
        name: str | None = None,
        trainable: bool = True,
        dtype: Any = None,
        input_shape: Sequence[int | None] | None = None,
        input_dim: int | None = None,
        **unknown: Any,
    ) -> None:
        refuse_arguments(type(self), unknown, _NO_SUCH_ARGUMENT)
        if name is not None and (not isinstance(name, str) or not name or "/" in name):
            raise ValueError(f"the name of a layer is a str without '/', not {shown(name)}")
        self.name = name or auto_name(type(self).__name__)
        self.trainable = trainable
        self.dtype = as_floatx(floatx() if dtype is None else dtype, f"{self.name}: dtype")
        self._dtype = np.dtype(self.dtype)
        if input_dim is not None:
            input_shape = (as_whole(input_dim, f"{self.name}: input_dim", 1),)
        if input_shape is None:
            self.given_input_shape: Shape | None = None
        else:
            self.given_input_shape = (None, *as_shape(input_shape, f"{self.name}: input_shape"))
        self._penalties: list[Penalty] = []

    @property
    def trainable(self) -> bool:
        """Whether its weights are parameters; setting it sets it for all layers inside as well."""
        return self._trainable

    @trainable.setter
    def trainable(self, trainable: bool) -> None:
        trainable = as_flag(trainable, f"{self.name}: trainable")
        for _, module, _ in self._walk():
            if isinstance(module, Layer):
                module._trainable = trainable

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "build" in vars(cls):
            cls.build = _remembered(cls.build)  # type: ignore[method-assign]
        if "forward" in vars(cls) and "call" not in vars(cls):
            cls.call = cls.forward  # type: ignore[attr-defined, method-assign]
        if "call" in vars(cls):
            cls._takes_training = "training" in signature(cls.call).parameters

    def __getattr__(self, name: str) -> Any:
        # only what is not there comes here, or a property in which something is not there
        if not name.startswith("__"):
            if "_penalties" not in vars(self):
                raise AttributeError(
                    f"{type(self).__name__} has no {name!r}: does its __init__ begin with "
                    "super().__init__()?"
                )
            if not self.built:
                raise AttributeError(
                    f"{self.name} has no {name!r}: it is not built, for the shape of its input is "
                    "not known; call it with data, or give input_shape"
                )
        if isinstance(getattr(type(self), name, None), property):
            return object.__getattribute__(self, name)  # names what is not there inside of it
        hint = f": use {_NO_SUCH_ATTRIBUTE[name]}" if name in _NO_SUCH_ATTRIBUTE else ""
        raise AttributeError(
            f"{type(self).__name__} has no attribute {name!r}{hint}", name=name, obj=self
        )  # a traceback adds the nearest name

    # --- weights -------------------------------------------------------------------------

    @_remembered
    def build(self, input_shape: Shape) -> None:
        """Make the weights for inputs of this shape, whose first axis, the batch, is None."""

    def add_weight(
        self,
        shape: Sequence[int] = (),
        initializer: Any = None,
        dtype: Any = None,
        trainable: bool = True,
        regularizer: Any = None,
        name: str = "",
    ) -> Tensor:
        """Return a new weight, to be assigned to an attribute.

        Args:
            shape: its shape.
            initializer: what `nn.initializers.get` takes; "glorot_uniform" for a matrix and
                "zeros" for anything else if not given.
            dtype: the layer's own if not given.
            trainable: if not, it is a `Buffer`.
            regularizer: what `nn.regularizers.get` takes; its penalty is among `losses`.
            name: what it is called.

        Raises:
            TypeError: `name` is no str.
            ValueError: `shape` is none, or more than the memory holds; another argument out of
                its range.
        """
        name = as_name(name, f"{self.name}: the name of a weight", "")
        try:
            shape = initializers.as_sizes(shape)
        except ValueError as error:
            raise ValueError(f"{self.name}, {name or 'a weight'}: {error}") from None
        if initializer is None:
            initializer = "glorot_uniform" if len(shape) > 1 else "zeros"
        dtype = as_floatx(self.dtype if dtype is None else dtype, f"{self.name}: dtype")
        trainable = as_flag(trainable, f"{self.name}: trainable")
        count_weight(shape)
        start = np.asarray(initializers.get(initializer)(shape, dtype=dtype))
        if start.shape != shape:
            raise ValueError(
                f"{self.name}: the initializer of {name or 'a weight'} gave an array of the shape "
                f"{start.shape}, not {shape}"
            )
        weight = (Tensor if trainable else Buffer)(start, label=name, dtype=dtype)
        weight.scope = self.name
        if regularizer is not None:
            self._penalties.append(Penalty(regularizers.get(regularizer), weight))
        return weight

    def _regularize(self, weight: Tensor | None, regularizer: Any) -> None:
        """Put the penalty of a weight in the place of the one it had."""
        self._penalties = [kept for kept in self._penalties if kept.weight is not weight]
        if weight is not None and regularizer is not None:
            self._penalties.append(Penalty(regularizer, weight))

    def _tensors(self, trainable: bool | None = None) -> list[Tensor]:
        return [
            weight
            for _, weight, moves in self._named_weights()
            if isinstance(weight, Tensor) and trainable in (None, moves)
        ]

    @property
    def trainable_weights(self) -> list[Tensor]:
        """The weights that training moves; none if `trainable` is False."""
        return self._tensors(trainable=True)

    @property
    def non_trainable_weights(self) -> list[Tensor]:
        """The weights that training leaves alone."""
        return self._tensors(trainable=False)

    @property
    def weights(self) -> list[Tensor]:
        """All weights, in the order in which they were assigned."""
        return self._tensors()

    @property
    def losses(self) -> list[Any]:
        """The penalties of the trainable weights that have a regularizer, each one number."""
        return [
            penalty.regularizer(penalty.weight)
            for _, module, trainable in self._walk()
            if trainable and isinstance(module, Layer)
            for penalty in module._penalties
        ]

    def get_weights(self) -> list[np.ndarray[Any, Any]]:
        """Return copies of the numbers of all weights."""
        return [weight.numpy() for weight in self.weights]

    @uncut
    def set_weights(self, weights: Sequence[Any]) -> None:
        """Set all weights to these arrays, in the order of `weights`.

        Raises:
            ValueError: another number of arrays, or an array of another shape.

        >>> from nn.layers import Dense
        >>> dense = Dense(1, input_shape=[2])
        >>> dense.build((None, 2))
        >>> dense.set_weights([[[1.0], [2.0]], [0.5]])
        >>> dense([[1.0, 1.0]])
        Tensor([[3.5]], dtype=float32)
        """
        own = self.weights
        if isinstance(weights, (str, bytes, Mapping, Node)) or not isinstance(weights, Iterable):
            raise TypeError(f"{self.name}: weights is a list of arrays, not {shown(weights)}")
        weights = list(weights)
        if len(weights) != len(own):
            unbuilt = "" if self.built else ", for it is not built"
            raise ValueError(
                f"{self.name} has {len(own)} weights{unbuilt}, and {len(weights)} arrays were given"
            )
        arrays = [
            fitting(weight, array, f"{self.name}: weight {i}, {weight.label!r},")
            for i, (weight, array) in enumerate(zip(own, weights, strict=True))
        ]
        assign(own, arrays)

    def count_params(self) -> int:
        """Return how many numbers the weights are made of.

        Raises:
            ValueError: the layer is not built.
        """
        if not self.built:
            raise ValueError(f"{self.name} is not built, and has no weights to count yet")
        return sum(weight.size for weight in self.weights)

    # --- from input to output --------------------------------------------------------------

    def call(self, x: Any) -> Any:
        """Return the result for a batch; a second argument `training` may be asked for."""
        raise NotImplementedError(f"{type(self).__name__} has no call(x)")

    def __call__(self, x: Any, training: bool = False) -> Any:
        """Return the result for a batch.

        Args:
            x: an ndarray, a Tensor, or what an ndarray can be made of; the first axis are the
                samples.
            training: whether the layer is being trained, which matters to Dropout and
                BatchNormalization.

        Raises:
            ValueError: an input of another shape than the layer is built for.
            TypeError: an input that is not made of numbers.
        """
        if (x.__class__ is not Tensor and x.__class__ is not np.ndarray) or x.dtype != self._dtype:
            x = self._numbers(x)
        if not self.built:
            self._require_axes(x.shape)
            self.build((None, *x.shape[1:]))
        shape = x.shape
        if self._features is not None or len(shape) < self._least_axes:
            self._check(shape)
        call: Callable[..., Any] = self.call
        result = call(x, training=training) if self._takes_training else call(x)
        if isinstance(result, Node) and not result.scope:
            self._put_in_scope(result, x)
        return result

    def _put_in_scope(self, result: Node, x: Any) -> None:
        """Let diagrams show what was computed from x as a part of this layer."""
        pending: list[Any] = [result]
        while pending:
            node = pending.pop()
            if isinstance(node, Node) and node is not x and not (node.scope or node.is_leaf):
                node.scope = self.name
                pending.extend(node.operands)

    def _numbers(self, x: Any) -> Any:
        """Return the input as an array or Tensor of the layer's dtype."""
        if isinstance(x, Tensor):
            return x.astype(self._dtype)
        if isinstance(x, Layer):
            raise TypeError(
                f"{self.name} was called with the layer {x.name}: layers are put together in "
                "Sequential([...]), or in the call of a Model of your own"
            )
        if isinstance(x, Node):
            raise TypeError(f"{self.name} takes arrays: make one of Values with autograd.stack")
        try:
            array = np.asarray(x)
        except ValueError as error:
            raise ValueError(f"{self.name} takes an array, not {shown(x)}: {error}") from None
        if array.dtype.kind not in "fiub":
            first = array.ravel()[0] if array.size else array.dtype
            raise TypeError(f"{self.name} takes arrays of numbers, and {shown(first)} is none")
        return array.astype(self._dtype, copy=False)

    def _require_axes(self, shape: tuple[int, ...]) -> None:
        if len(shape) < self._least_axes:
            wanted = ", ".join(["n", "features"][: self._least_axes])
            raise ValueError(
                f"{self.name} takes a batch of samples, of the shape ({wanted}), and the input "
                f"has the shape {shape}; a single sample is x[None], a single feature x[:, None]"
            )

    def _check(self, shape: tuple[int, ...]) -> None:
        self._require_axes(shape)
        if self._features is not None and shape[self._axis] != self._features:
            where = "" if self._axis == -1 else f" on axis {self._axis}"
            raise ValueError(
                f"{self.name} takes inputs of {self._features} features{where}, and this one has "
                f"{shape[self._axis]}: its shape is {shape}"
            )

    def compute_output_shape(self, input_shape: Any) -> Shape:
        """Return the shape of the result for inputs of this shape.

        Unless a layer says otherwise, this is found by calling it with zeros.
        """
        shape = as_batch_shape(input_shape, f"{self.name}: input_shape")
        zeros = zeros_of(shape, self.dtype)
        with no_grad():
            result = self(zeros)
        return (shape[0], *np.shape(getattr(result, "data", result))[1:])

    @property
    def input_shape(self) -> Shape | None:
        """The shape of the inputs, None standing for the batch; None if it is not known."""
        return self._built_shape if self.built else self.given_input_shape

    @property
    def output_shape(self) -> Shape | None:
        """The shape of the results; None if it is not known."""
        shape = self.input_shape
        return None if shape is None else self.compute_output_shape(shape)

    # --- as a config -----------------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this layer again, without its weights."""
        return {"name": self.name, "trainable": self.trainable, "dtype": self.dtype}

    @classmethod
    def from_config(cls: type[Made], config: Mapping[str, Any]) -> Made:
        """Return the layer that `get_config` describes, with new weights."""
        return cls(**as_arguments(config, cls))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}, {'built' if self.built else 'not built'}>"


def as_shape(shape: Any, where: str) -> Shape:
    """Return the shape of one sample as a tuple of positive integers, None for any length.

    Raises:
        ValueError: it is none; the message begins with `where`.
    """
    if isinstance(shape, (int, np.integer)):
        given = shown(shape)
        raise ValueError(f"{where} is a tuple, ({given},) with a comma, not the number {given}")
    if not isinstance(shape, (tuple, list)):
        raise ValueError(f"{where} is a tuple such as (8,), not {shown(shape)}")
    for n in shape:
        if not _is_length(n, 1):
            raise ValueError(f"{where} holds numbers of at least 1 or None, not {shown(n)}")
    return tuple(None if n is None else int(n) for n in shape)


def as_batch_shape(shape: Any, where: str) -> Shape:
    """Return the shape of a batch as a tuple of numbers, None for any length.

    Raises:
        ValueError: it is none; the message begins with `where`.
    """
    good = isinstance(shape, (tuple, list)) and len(shape) > 0
    if not good or not all(_is_length(n, 0) for n in shape):
        raise ValueError(
            f"{where} takes the shape of a batch, (None, features), not {shown(shape)}"
        )
    return tuple(None if n is None else int(n) for n in shape)


def _is_length(n: Any, least: int) -> bool:
    length = least if n is None else index_or_none(n)
    return length is not None and length >= least


def zeros_of(shape: Shape, dtype: str) -> np.ndarray[Any, Any]:
    """Return a batch of zeros, of one sample if their number is not known.

    Raises:
        ValueError: it does not fit into the memory.
    """
    lengths = [1 if n is None else n for n in shape]
    require_memory(math.prod(lengths), f"a batch of the shape {shown(shape)}")
    return np.zeros(lengths, dtype)


def product(shape: Shape) -> int | None:
    """Return how many numbers a sample has; None if a length is not known."""
    known = [n for n in shape if n is not None]
    return math.prod(known) if len(known) == len(shape) else None
