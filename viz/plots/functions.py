"""Activation functions with their derivatives, and what those do to a gradient in a deep chain.

No derivative is written down here: the engine finds each of them in its table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

import autograd
from autograd import Value, gradients
from autograd.formatting import shown
from viz.arguments import items_of, number, whole
from viz.plots.canvas import Array, curve, finish, label_text, panels, ticks_at_integers
from viz.plots.palette import GREY, style
from viz.text import visible

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["activations", "depth"]

Function = Callable[[Any], Any]
Functions = str | Function | Iterable[str | Function] | Mapping[str, str | Function]

_POINTS = 501  # odd, so that the middle of the interval is one of them


def _linear(x: Any) -> Any:
    return x


_KNOWN: dict[str, Function] = {
    "elu": autograd.elu,
    "gelu": autograd.gelu,
    "leaky_relu": autograd.leaky_relu,
    "linear": _linear,
    "relu": autograd.relu,
    "selu": autograd.selu,
    "sigmoid": autograd.sigmoid,
    "silu": autograd.silu,
    "softplus": autograd.softplus,
    "step": autograd.step,
    "swish": autograd.silu,
    "tanh": autograd.tanh,
}


def activations(
    functions: Functions = ("sigmoid", "tanh", "relu"),
    xlim: tuple[float, float] = (-5.0, 5.0),
    *,
    ax: Axes | Sequence[Axes] | None = None,
) -> Figure:
    """Draw activation functions and their derivatives, which the engine computes.

    Where a function jumps, its curve has a gap.

    Args:
        functions: a name ("relu"), a function of one number that is written with the functions
            of `autograd`, several of them, or a dict of what each is to be called.  The slope
            of "leaky_relu" is 0.01; ``nn.activations.leaky_relu`` has Keras's 0.2.
        xlim: from which x to which.
        ax: an Axes, into which functions and derivatives go together, or two, one for each.  A
            new figure with two panels if not given.

    Raises:
        ValueError: an unknown name; an `xlim` that is no interval; nothing to draw.
        TypeError: something that is no function of one number.

    >>> figure = activations("sigmoid", (-1.0, 1.0))
    >>> value, derivative = (axes.lines[0].get_ydata() for axes in figure.axes)
    >>> round(float(value[250]), 4), round(float(derivative[250]), 4)  # at x = 0
    (0.5, 0.25)
    """
    named = _named(functions)
    low, high = _interval(xlim)
    xs = np.linspace(low, high, _POINTS)
    figure, axes = panels(ax, ["the functions", "their derivatives"], (5.2, 3.9))
    together = len(axes) == 1
    left, right = axes[0], axes[-1]
    for i, (name, function) in enumerate(named.items()):
        values, slopes = _evaluated(name, function, xs)
        look, slope_look = (style(2 * i), style(2 * i + 1)) if together else (style(i),) * 2
        label = label_text(name)
        width = _width(i, len(named))
        curve(left, xs, values, label, breaks=_jumps(values), linewidth=width, **look)
        curve(right, xs, slopes, f"{label}′", breaks=_jumps(slopes), linewidth=width, **slope_look)
    for here in axes:  # the axes of the coordinate system, behind the curves
        here.axhline(0.0, color=GREY, linewidth=0.8, zorder=0.5)
        if low <= 0.0 <= high:
            here.axvline(0.0, color=GREY, linewidth=0.8, zorder=0.5)
    if together:
        finish(left, "Activations and their derivatives", "x", "f(x) and f′(x)")
    else:
        finish(left, "Activation", "x", "f(x)")
        finish(right, "Its derivative" if len(named) == 1 else "Derivative", "x", "f′(x)")
    return figure


def depth(
    functions: Functions = ("sigmoid", "tanh", "relu"),
    neurons: int = 20,
    *,
    x: float = 1.0,
    weight: float = 1.0,
    bias: float = 0.0,
    ax: Axes | None = None,
) -> Figure:
    """Draw how the gradient of the first weight of a chain of neurons shrinks with its depth.

    The chain is a₁ = φ(w₁·x + b), aₙ = φ(w·aₙ₋₁ + b); for each n up to `neurons` the engine
    computes |∂aₙ/∂w₁|, and the scale is logarithmic: a straight line down is a factor a
    neuron.  A gradient of 0 is a gap, and the legend says so.  Source: S. Hochreiter,
    "Untersuchungen zu dynamischen neuronalen Netzen", 1991.

    Args:
        functions: the activations φ; as for `activations`.
        neurons: the depth of the longest chain, 2 to 1000.
        x: the input.
        weight: every weight.
        bias: every bias.
        ax: the Axes to draw in; a new figure if not given.

    Raises:
        ValueError: an unknown name; a depth that is not in its range; an `x`, `weight` or `bias`
            that is not finite; nothing to draw.
        TypeError: something that is no function of one number, or no number.

    >>> figure = depth(["sigmoid", "linear"], 3)
    >>> figure.axes[0].lines[1].get_ydata().tolist()
    [1.0, 1.0, 1.0]
    """
    named = _named(functions)
    whole(neurons, "neurons", 2, 1000)
    x, weight, bias = number(x, "x"), number(weight, "weight"), number(bias, "bias")
    figure, (axes,) = panels(ax, ["depth"], (7.6, 4.6))
    depths = np.arange(1, neurons + 1)
    axes.set_yscale("log")
    lines = []
    for i, (name, function) in enumerate(named.items()):
        sizes = _chain_gradients(name, function, neurons, x, weight, bias)
        width = _width(i, len(named))
        look = style(i, marker=neurons <= 40) | {"linewidth": width, "markersize": 3.0 + width}
        lines.append(curve(axes, depths, sizes, label_text(name), log=True, **look))
    ticks_at_integers(axes, lines)
    setting = f"x = {x:g}, weights {weight:g}, biases {bias:g}".replace("-", "−")
    finish(
        axes,
        f"Gradient of the first weight of a chain ({setting})",
        "depth n (neurons)",
        "|∂aₙ/∂w₁| (log scale)",
    )
    return figure


def _width(i: int, count: int) -> float:
    """Return the width of the i-th curve: what lies below another one is seen beside it."""
    return 1.7 + 0.5 * min(count - 1 - i, 5)


# --- from names to numbers ------------------------------------------------------------------------


def _named(functions: Functions) -> dict[str, Function]:
    """Return each function under the name that the legend shows."""
    if isinstance(functions, Mapping):
        pairs = list(functions.items())
    else:
        alone = isinstance(functions, str) or callable(functions)
        listed: list[Any] = [functions] if alone else _iterated(functions)
        pairs = [(_name_of(each), each) for each in listed]
    if not pairs:
        raise ValueError("functions holds no function to draw: name one, 'relu' for instance")
    named: dict[str, Function] = {}
    for name, each in pairs:
        name, number = str(name), 2
        while name in named:  # two lambdas
            name, number = f"{_name_of(each)} ({number})", number + 1
        named[name] = _function(each)
    return named


def _iterated(functions: Any) -> list[Any]:
    return [
        _checked(each)
        for each in items_of(functions, "functions are names or functions of one number")
    ]


def _name_of(function: Any) -> str:
    return str(getattr(function, "__name__", function)).replace("<lambda>", "function")


def _checked(given: Any) -> Any:
    if not isinstance(given, str) and not callable(given):
        raise TypeError(
            f"one of the functions is neither a name nor a function of one number: {shown(given)}"
        )
    return given


def _function(given: Any) -> Function:
    _checked(given)
    if isinstance(given, str):
        if given not in _KNOWN:
            raise ValueError(
                f"functions: there is no activation {shown(given)}; name one of "
                f"{', '.join(_KNOWN)}, or give a function of your own"
            )
        return _KNOWN[given]
    return given  # type: ignore[no-any-return]


def _interval(xlim: Any) -> tuple[float, float]:
    try:
        low, high = (float(end) for end in xlim)
    except Exception:  # whatever comes of what was given, it is no pair of numbers
        low = high = np.nan
    if not (np.isfinite(high - low) and low < high):
        raise ValueError(f"xlim is two numbers, from where to where: (-5, 5), not {shown(xlim)}")
    return low, high


def _evaluated(name: str, function: Function, xs: Array) -> tuple[Array, Array]:
    """Return the function and its derivative at all points, from the engine."""
    nodes = [Value(x) for x in xs.tolist()]
    results = [_applied(name, function, node) for node in nodes]
    slopes = [float(gradients(y, x)) for x, y in zip(nodes, results, strict=True)]
    return np.array([y.data for y in results]), np.array(slopes)


def _applied(name: str, function: Function, x: Value) -> Value:
    """Return f(x); TypeError if it is none that the engine can differentiate."""
    problem: Exception | None = None
    try:
        y = function(x)
        fault = f"it returned {shown(y)}"
    except (TypeError, AttributeError) as error:
        y, problem, fault = None, error, f"it fails with: {visible(str(error), 200)}"
    if not isinstance(y, Value):  # math.exp takes a Value as a float, and its slope is lost
        raise TypeError(
            f"{visible(name)} takes a Value and returns one, written with the functions of "
            f"autograd; {fault}"
        ) from problem
    return y


def _chain_gradients(
    name: str, function: Function, neurons: int, x: float, weight: float, bias: float
) -> list[float]:
    """Return |∂aₙ/∂w₁| for n = 1 … neurons."""
    first = Value(weight)
    a: Any = None
    found = []
    for n in range(neurons):
        z = first * x + bias if n == 0 else weight * a + bias
        a = _applied(name, function, z)
        found.append(abs(float(gradients(a, first))))
    return found


def _jumps(ys: Array) -> Array:
    """Return the places before which a sampled function jumps: a step is no steep line.

    There the next value is much further away than its neighbours are from theirs.
    """
    with np.errstate(invalid="ignore"):  # inf - inf
        distances = np.abs(np.diff(ys))
    finite = ys[np.isfinite(ys)]
    span = np.ptp(finite) if len(finite) else 0.0
    calmer = np.minimum(
        np.append(distances[1:], np.inf), np.insert(distances[:-1], 0, np.inf)
    )  # of the distances before and after
    return np.flatnonzero((distances > 0.02 * span) & (distances > 8.0 * calmer)) + 1
