"""Seven activation functions and their slopes, and why one of them starves deep networks.

    python -m demos.activation_functions [--out DIR] [--slope S]

An activation decides what a neuron says once its inputs are added up.  Its derivative decides
what the neuron learns: a gradient on its way back through the network is multiplied by it, once
in every layer.  So each is shown with its derivative next to it.  No derivative is written down
here: the engine finds it, by one backward pass through the sum of all values, because
d(Σ f(xₖ))/dxₖ = f′(xₖ).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from autograd import (
    Tensor,
    Value,
    gradients,
    jacobian,
    leaky_relu,
    relu,
    sigmoid,
    softmax,
    stack,
    step,
    tanh,
)
from autograd.formatting import significant
from demos._page import Lesson, command, real_number, run
from demos._plots import BLACK, BLUE, GREEN, GREY, ORANGE, PINK, VERMILION, style

SLOPE = 0.1  # of leaky_relu, on the left

X = np.linspace(-10.0, 10.0, 400)
X_TANH = np.linspace(-5.0, 5.0, 100)  # where the lab draws tanh
OTHER_LOGITS = (1.0, 0.0)  # of the softmax whose first logit is varied
LOGITS = (2.0, 1.0, 0.1)


@dataclass
class Activation:
    """An activation with what is to be said of it."""

    name: str
    f: Callable[[Any], Any]
    formula: str
    derivative: str
    color: str
    remark: str


def activations(slope: float = SLOPE) -> list[Activation]:
    """Return the six that map one number to one number; softmax is the seventh."""
    return [
        Activation(
            "binary step", step, "0 if x < 0, else 1", "0", BLACK,
            "Yes or no. Its derivative is 0 wherever it has one: nothing comes back through it, "
            "so gradient descent cannot train the weights before it.",
        ),
        Activation(
            "linear", lambda x: x, "x", "1", GREY,
            "The sum as it is. It hands a gradient back whole, but layers of it add up to a "
            "single layer: no number of them can bend a line.",
        ),
        Activation(
            "sigmoid", sigmoid, "1/(1 + e⁻ˣ)", "σ(1 − σ)", BLUE,
            "A soft step from 0 to 1. Its derivative is ¼ at the most, at x = 0, and almost "
            "nothing beyond ±5: a neuron that is sure of itself no longer learns.",
        ),
        Activation(
            "tanh", tanh, "(eˣ − e⁻ˣ)/(eˣ + e⁻ˣ)", "1 − tanh²", VERMILION,
            "A sigmoid stretched to −1 … 1, around 0. Its derivative reaches 1, and falls off "
            "even faster to both sides.",
        ),
        Activation(
            "relu", relu, "max(0, x)", "0 if x ≤ 0, else 1", GREEN,
            "Nothing below 0, the sum itself above. Half of the line has derivative 1, however "
            "large x is; on the other half a neuron learns nothing.",
        ),
        Activation(
            "leaky_relu", lambda x: leaky_relu(x, slope), f"x if x > 0, else {slope:g}·x",
            f"1 if x > 0, else {slope:g}", PINK,
            f"A relu that never goes silent: on the left a slope of {slope:g} is left.",
        ),
    ]  # fmt: skip


def curve(f: Callable[[Any], Any], xs: np.ndarray = X) -> tuple[np.ndarray, np.ndarray]:
    """Return f and f′ at every x, the derivative from one backward pass."""
    x = Tensor(xs)
    y = f(x)
    y.sum().backward()
    return y.data, x.grad


def softmax_curves(xs: np.ndarray = X) -> tuple[np.ndarray, np.ndarray]:
    """Return the probabilities of softmax(x, 1, 0) and their derivatives by x, a row for each."""
    rest = [np.full_like(xs, logit) for logit in OTHER_LOGITS]
    values, derivatives = [], []
    for k in range(1 + len(rest)):
        x = Tensor(xs)
        p = softmax(stack([x, *rest]), axis=0)[k]
        p.sum().backward()
        values.append(p.data)
        derivatives.append(x.grad)
    return np.array(values), np.array(derivatives)


def left_after(f: Callable[[Any], Any], layers: int, z: float) -> float:
    """Return what is left of a gradient after so many layers, each of which gets the input z.

    One neuron a layer, its weight 1, its bias such that its sum is z whatever came before: the
    product of the activations' derivatives alone.
    """
    first = a = Value(z)
    for _ in range(layers):
        a = f(a + (z - a.data))
    return float(gradients(a, first))


DEPTHS = (1, 2, 3, 5, 10, 20)


def ways_down(slope: float = SLOPE) -> list[tuple[str, Callable[[Any], Any], float]]:
    """Return the activations and places that are followed through the layers."""
    return [
        ("sigmoid, x = 0", sigmoid, 0.0),
        ("sigmoid, x = 2", sigmoid, 2.0),
        ("tanh, x = 2", tanh, 2.0),
        ("relu, x = 2", relu, 2.0),
        ("leaky, x = −2", lambda x: leaky_relu(x, slope), -2.0),
    ]


# --- pictures -------------------------------------------------------------------------------------


def plot_pair(figure: Any, activation: Activation, xs: np.ndarray) -> None:
    """Draw an activation and its derivative side by side."""
    values, derivatives = curve(activation.f, xs)
    left, right = figure.subplots(1, 2)
    look = {"color": activation.color, "linewidth": 2.2}
    for axes, ys in ((left, values), (right, derivatives)):
        jumps = np.flatnonzero(np.abs(np.diff(ys)) > 0.5) + 1  # a step is no steep line
        axes.plot(np.insert(xs, jumps, np.nan), np.insert(ys, jumps, np.nan), **look)
        axes.axhline(0, color=GREY, linewidth=0.8)
        axes.axvline(0, color=GREY, linewidth=0.8)
        axes.grid(alpha=0.3)
    left.set(title=activation.name, xlabel="x", ylabel="f(x)")
    right.set(title=f"its derivative, {activation.derivative}", xlabel="x", ylabel="f′(x)")
    right.set_ylim(-0.1, 1.1)
    if activation.name == "sigmoid":
        right.axhline(0.25, color=VERMILION, linewidth=1.2, linestyle="--")
        right.text(10, 0.27, "¼", color=VERMILION, ha="right", va="bottom")


def plot_softmax(figure: Any) -> None:
    """Draw the three probabilities and their derivatives side by side."""
    values, derivatives = softmax_curves()
    left, right = figure.subplots(1, 2)
    for k in range(len(values)):
        look = style(k) | {"color": (ORANGE, BLUE, BLACK)[k], "linewidth": 2.2}
        left.plot(X, values[k], label=f"p{k + 1}", **look)
        right.plot(X, derivatives[k], label=f"dp{k + 1}/dx", **look)
    left.set(title="softmax of (x, 1, 0)", xlabel="x", ylabel="probability")
    right.set(title="its derivatives by x", xlabel="x", ylabel="dp/dx")
    for axes in (left, right):
        axes.axhline(0, color=GREY, linewidth=0.8)
        axes.grid(alpha=0.3)
        axes.legend()


def plot_layers(figure: Any, slope: float) -> None:
    """Draw what is left of a gradient against the number of layers."""
    axes = figure.add_subplot()
    depths = range(1, DEPTHS[-1] + 1)
    colors = (BLUE, BLUE, VERMILION, GREEN, PINK)  # of each function in its own picture
    for i, (label, f, z) in enumerate(ways_down(slope)):
        left = [left_after(f, n, z) for n in depths]
        look = style(i, marker=True) | {"color": colors[i]}
        axes.plot(depths, left, label=label, markersize=5, **look)
    axes.set_yscale("log")
    axes.set_xticks(DEPTHS)
    axes.set(
        title="What is left of a gradient", xlabel="layers on the way back",
        ylabel="product of the derivatives",
    )  # fmt: skip
    axes.grid(alpha=0.3)
    axes.legend()


# --- the lesson -----------------------------------------------------------------------------------


def lesson(out: Path, slope: float = SLOPE) -> None:
    """Tell the lesson and write its pictures and its page to `out`."""
    telling = Lesson(out, "Activation functions and their slopes")
    six = activations(slope)

    telling.heading("1. Six that map one number to one number")
    telling.table(
        ["name", "f(x)", "f′(x)"], [[a.name, a.formula, a.derivative] for a in six]
    )
    telling.text(
        f"At {len(X)} points from {X[0]:g} to {X[-1]:g}, with every derivative from the engine:"
    )
    rows = []
    for a in six:
        y, dy = curve(a.f)
        rows.append(
            [
                a.name, f"{y.min():.4f}", f"{y.max():.4f}", _seven_places(y.sum()),
                f"{dy.max():.7f}", f"{dy.sum():.7f}",
            ]
        )  # fmt: skip
    telling.table(["name", "min f", "max f", "Σ f", "max f′", "Σ f′"], rows)
    spacing = X[1] - X[0]
    _, sigmoid_slopes = curve(sigmoid)
    _, tanh_slopes = curve(tanh, X_TANH)
    telling.text(
        f"The sum of the sigmoid's slopes times the distance of the points, {spacing:.4f}, is "
        f"{sigmoid_slopes.sum() * spacing:.4f}: the area under f′ is how far f climbs. Its "
        f"largest slope is not quite ¼ here because no point lies at 0, where it is ¼ exactly. "
        f"On the {len(X_TANH)} points from {X_TANH[0]:g} to {X_TANH[-1]:g} of the lab the largest "
        f"slope of tanh is {tanh_slopes.max():.7f}, for the same reason not quite 1."
    )
    for a in six:
        xs = X_TANH if a.name == "tanh" else X
        telling.plot(
            a.name.replace(" ", "_"),
            f"{a.name}. {a.remark}",
            lambda figure, a=a, xs=xs: plot_pair(figure, a, xs),
            size=(9.4, 3.5),
        )

    telling.heading("2. One that maps a layer to probabilities: softmax")
    telling.text(
        "softmax(z)ᵢ = exp(zᵢ) / Σ exp(zⱼ). Every output depends on every input, so its "
        "derivative is a matrix, dpᵢ/dzⱼ = pᵢ·(1 if i = j, else 0) − pᵢ·pⱼ. For the logits "
        f"z = ({', '.join(f'{z:g}' for z in LOGITS)}):"
    )
    p = softmax(np.array(LOGITS))
    matrix = jacobian(softmax)(np.array(LOGITS))
    telling.table(
        ["i", "zᵢ", "pᵢ", "dpᵢ/dz1", "dpᵢ/dz2", "dpᵢ/dz3", "sum of the row"],
        [
            [
                str(i + 1), f"{z:g}", f"{p[i]:.6f}", *(f"{d:+.6f}" for d in matrix[i]),
                f"{abs(float(sum(matrix[i]))):.6f}",
            ]
            for i, z in enumerate(LOGITS)
        ],
    )  # fmt: skip
    telling.text(
        f"The probabilities sum to {float(p.sum()):.6f}. Each row sums to 0: raising all logits "
        "alike changes nothing; what one class gains, the others lose."
    )
    telling.plot(
        "softmax",
        "softmax. The first logit goes from −10 to 10 while the others stay at 1 and 0; what p1 "
        "gains p2 and p3 lose.",
        plot_softmax,
        size=(9.4, 3.5),
    )

    telling.heading("3. σ′ ≤ ¼, once in every layer")
    telling.text(
        "On its way back a gradient is multiplied by f′ in each layer (and by a weight; all are 1 "
        "here). How much of it is left after some layers, if every neuron's sum is x?"
    )
    telling.table(
        ["layers", *(label for label, _, _ in ways_down(slope))],
        [
            [str(n), *(significant(left_after(f, n, z)) for _, f, z in ways_down(slope))]
            for n in DEPTHS
        ],
    )
    telling.text(
        "The sigmoid's first column is the best that it can do: all neurons at x = 0, ¼ a layer. "
        "Already 5 layers leave less than a thousandth, and neurons that have made up their mind "
        "leave far less. tanh suffers in the same way as soon as its neurons leave 0. A relu "
        "that is on hands the gradient back whole, which is why deep networks use it."
    )
    telling.plot(
        "layers",
        "What is left of a gradient against the number of layers, on a logarithmic scale: a "
        "straight line down is a factor a layer.",
        lambda figure: plot_layers(figure, slope),
    )
    telling.text("How that starves training: python -m demos.vanishing_gradient")
    telling.close()


def _seven_places(number: float) -> str:
    return f"{round(float(number), 7) + 0.0:.7f}"  # never -0.0000000


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line and run the lesson."""
    parser = command("activation_functions", __doc__)
    parser.add_argument(
        "--slope", type=real_number, default=SLOPE, metavar="S",
        help="of leaky_relu on the left, above 0 and below 1 (default: %(default)s)",
    )  # fmt: skip
    options = parser.parse_args(arguments)
    if not 0.0 < options.slope < 1.0:
        parser.error(f"--slope {options.slope:g}: a leak is a number above 0 and below 1")
    return run(parser, options.out, lambda out: lesson(out, options.slope))


if __name__ == "__main__":
    sys.exit(main())
