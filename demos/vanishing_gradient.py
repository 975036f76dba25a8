"""Why a sigmoid network forgets its first layer: two neurons, then many.

    python -m demos.vanishing_gradient [--out DIR] [--activation NAME] [--depth N] [--x X]

The network of the backpropagation lecture is one number wide and two neurons deep:

    z1 = w1·x + b1    a1 = φ(z1)    z2 = w2·a1 + b2    a2 = φ(z2)    E = ½(T − a2)²

The lesson in four parts: the numbers and the chain rule; the diagram; what happens with
depth; what that does to training.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import nn
from autograd import Value, gradients, name, topological_order
from autograd.formatting import significant
from demos import _page
from demos._page import Lesson, command, real_number, whole_number
from demos._plots import BLACK, BLUE, GREEN, GREY, PINK, VERMILION, write_figure

Activation = Callable[[Any], Any]

COMPARED = ("sigmoid", "tanh", "relu")
ACTIVATIONS = ("sigmoid", "tanh", "relu", "leaky_relu", "linear")
SYMBOL = {"sigmoid": "σ", "tanh": "tanh", "relu": "relu", "leaky_relu": "leaky", "linear": "id"}
RATE = 0.4
GOAL = 0.001


# --- part 1: two neurons --------------------------------------------------------------------


@dataclass
class TwoNeurons:
    """The network with every quantity of the lecture under its own name."""

    x: Value
    w1: Value
    b1: Value
    w2: Value
    b2: Value
    T: Value
    z1: Value
    a1: Value
    z2: Value
    a2: Value
    E: Value

    @property
    def weights(self) -> list[Value]:
        """The four parameters, last layer first, as a gradient reaches them."""
        return [self.w2, self.b2, self.w1, self.b1]


def two_neurons(
    activation: str,
    x: float = 0.1,
    w1: float = 0.15,
    b1: float = 0.4,
    w2: float = 0.45,
    b2: float = 0.65,
    target: float = 0.25,
) -> TwoNeurons:
    """Return the network, computed forward and labelled."""
    phi = nn.activations.get(activation)
    leaves = [Value(number) for number in (x, w1, b1, w2, b2, target)]
    x_, w1_, b1_, w2_, b2_, target_ = leaves
    z1 = w1_ * x_ + b1_
    a1 = phi(z1)
    z2 = w2_ * a1 + b2_
    a2 = phi(z2)
    error = nn.losses.squared_error(target_, a2)
    network = TwoNeurons(*leaves[:5], target_, z1, a1, z2, a2, error)
    if activation == "linear":  # φ is the identity: a1 is z1 itself
        name(vars(network) | {"a1": None, "a2": None})
    else:
        name(vars(network))
    return network


# each gradient as the product of named local derivatives, from E back
CHAINS = {
    "w2": ("E", "a2", "z2", "w2"),
    "b2": ("E", "a2", "z2", "b2"),
    "w1": ("E", "a2", "z2", "a1", "z1", "w1"),
    "b1": ("E", "a2", "z2", "a1", "z1", "b1"),
}


def local_derivatives(network: TwoNeurons, names: Sequence[str]) -> list[tuple[str, float]]:
    """Return ``("dE/da2", 0.465…)`` and so on along a chain of names."""
    return [
        (f"d{above}/d{below}", gradients(getattr(network, above), getattr(network, below)))
        for above, below in pairwise(names)
    ]


def chain_rule(network: TwoNeurons) -> str:
    """Write each gradient as the product of its local derivatives, with their numbers."""
    lines = []
    for parameter, names in CHAINS.items():
        factors = local_derivatives(network, names)
        gradient = getattr(network, parameter).grad
        symbols = " · ".join(symbol for symbol, _ in factors)
        numbers = " · ".join(significant(number) for _, number in factors)
        lines.append(f"dE/d{parameter} = {symbols}")
        lines.append(f"{'':7}= {numbers}")
        lines.append(f"{'':7}= {_ten_places(gradient)}")
    return "\n".join(lines)


def forward_values(network: TwoNeurons) -> str:
    """Write every intermediate value."""
    names = ("z1", "a1", "z2", "a2", "E")
    return "   ".join(f"{n} = {_ten_places(getattr(network, n).data)}" for n in names)


def _ten_places(number: float) -> str:
    return f"{number:.10f}" if abs(number) < 1e10 else significant(number, 10)


def shrinking_product(network: TwoNeurons) -> list[list[str]]:
    """Return a row for each step of the way from E to w1: factor, number, product so far."""
    rows, product = [], 1.0
    for symbol, number in local_derivatives(network, CHAINS["w1"]):
        product *= number
        rows.append([symbol, significant(number), significant(product)])
    return rows


# --- part 3: depth ----------------------------------------------------------------------------


def chain_gradients(activation: str, depth: int, x: float = 1.0) -> list[float]:
    """Return |d a_n / d w1| for chains of n = 2 … depth neurons, all weights 1, all biases 0."""
    phi = nn.activations.get(activation)
    found = []
    for n in range(2, depth + 1):
        first = Value(1.0)
        a = phi(first * x)
        for _ in range(n - 1):
            a = phi(a * 1.0)
        found.append(abs(gradients(a, first)))
    return found


def layer_gradients(activation: str, layers: int = 10, width: int = 16) -> list[float]:
    """Return the root mean square of dE/dw over the weights of each layer of an MLP."""
    net = nn.MLP(4, [width] * (layers - 1) + [1], activation, seed=0)
    samples = [[0.5, -0.2, 0.1, 0.9], [-0.7, 0.4, 0.3, -0.1], [0.2, 0.8, -0.6, -0.5]]
    targets = [1.0, -1.0, 0.5]
    nn.losses.mean_squared_error(targets, [net(sample) for sample in samples]).backward()
    sizes = []
    for layer in net.layers:
        squares = [w.grad**2 for neuron in layer.neurons for w in neuron.w]
        sizes.append((sum(squares) / len(squares)) ** 0.5)
    return sizes


# --- part 4: training ---------------------------------------------------------------------------


@dataclass
class Training:
    """E before each update, and the weights after the last one."""

    errors: list[float]
    w1: float
    w2: float
    reached: int | None
    """The first number of updates after which E is under GOAL; None if it never was."""

    def when(self) -> str:
        """Say when E first was under GOAL, and what it was then."""
        if self.reached is None:
            return "never"
        return f"{self.reached} updates ({self.errors[self.reached]:.10f})"


def train(activation: str, x: float, updates: int = 100) -> Training:
    """Repeat gradient descent on the two neurons' one sample."""
    numbers = {"w1": 0.15, "b1": 0.4, "w2": 0.45, "b2": 0.65}
    sgd = nn.SGD(learning_rate=RATE)
    errors, reached = [], None
    for update in range(updates + 1):
        network = two_neurons(activation, x, **numbers)
        errors.append(network.E.data)
        if reached is None and errors[-1] < GOAL:
            reached = update
        if update < updates:
            network.E.backward()
            sgd.step(network.weights)
            numbers = {n: getattr(network, n).data for n in numbers}
    return Training(errors, numbers["w1"], numbers["w2"], reached)


def one_step(activation: str, x: float) -> dict[str, float]:
    """Return the four parameters after one update."""
    network = two_neurons(activation, x)
    network.E.backward()
    nn.SGD(learning_rate=RATE).step(network.weights)
    return {str(parameter.label): parameter.data for parameter in network.weights}


# --- plots ---------------------------------------------------------------------------------------

STYLES = {
    "sigmoid": {"color": BLUE, "marker": "o", "linestyle": "-"},
    "tanh": {"color": VERMILION, "marker": "s", "linestyle": "--"},
    "relu": {"color": GREEN, "marker": "^", "linestyle": "-."},
    "leaky_relu": {"color": PINK, "marker": "v", "linestyle": ":"},
    "linear": {"color": BLACK, "marker": "x", "linestyle": ":"},
}


def draw_curves(
    figure: Any,
    curves: dict[str, tuple[Sequence[float], Sequence[float]]],
    title: str,
    xlabel: str,
    ylabel: str,
    bound: tuple[str, Sequence[float], Sequence[float]] | None = None,
    markevery: int = 1,
) -> None:
    """Draw curves over a log scale."""
    from matplotlib.ticker import MaxNLocator

    axes = figure.add_subplot()
    for activation, (xs, ys) in curves.items():
        axes.plot(xs, ys, label=activation, markevery=markevery, **STYLES[activation])
    if bound is not None:
        label, xs, ys = bound
        axes.plot(xs, ys, label=label, color=GREY, linestyle=":", linewidth=1.5)
    axes.set_yscale("log")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set(title=title, xlabel=xlabel, ylabel=ylabel)
    axes.grid(alpha=0.3)
    axes.legend()


def plot(out: Path, file: str, *curves: Any, **drawing: Any) -> Path:
    """Write curves as SVG and PNG and return the path of the SVG; see `draw_curves`."""
    svg, _ = write_figure(
        out / f"{file}.svg", lambda figure: draw_curves(figure, *curves, **drawing)
    )
    return svg


# --- the lesson ----------------------------------------------------------------------------------


class Telling(Lesson):
    """A lesson whose diagrams share a scale, and whose plots are curves by activation."""

    def diagrams(self, *diagrams: tuple[Value, str, str], **options: Any) -> None:
        """Draw graphs side by side on one colour scale, each with file name and caption."""
        scale = gradient_range([root for root, _, _ in diagrams])
        super().diagrams(*diagrams, direction="TB", gradient_range=scale, **options)

    def curves(self, file: str, caption: str, **drawing: Any) -> None:
        """Plot curves; see the function `draw_curves`."""
        self.plot(file, caption, lambda figure: draw_curves(figure, **drawing))


def compared_with(activation: str) -> list[str]:
    """Return the activation that was asked for, followed by the others of the comparison."""
    return [activation, *(other for other in COMPARED if other != activation)]


def run(out: Path, activation: str, depth: int, x: float) -> None:
    """Tell the lesson and write its pictures and its page to `out`."""
    shown = compared_with(activation)
    lesson = Telling(out, "Why a sigmoid network forgets its first layer")
    phi = SYMBOL[activation]

    lesson.heading(f"1. Two neurons ({activation})")
    network = two_neurons(activation, x)
    network.E.backward()
    lesson.text(
        f"z1 = w1·x + b1, a1 = {phi}(z1), z2 = w2·a1 + b2, a2 = {phi}(z2), E = ½(T − a2)²; "
        f"x = {x:g}, w1 = 0.15, b1 = 0.4, w2 = 0.45, b2 = 0.65, T = 0.25."
    )
    lesson.terminal(forward_values(network) + "\n\n" + chain_rule(network))
    after = one_step(activation, x)
    lesson.terminal(
        f"after one step of gradient descent, rate {RATE:g}:\n"
        + "   ".join(f"{label} = {_ten_places(number)}" for label, number in after.items())
    )

    lesson.heading("2. The product, on its way back from E to w1")
    lesson.table(["from E to w1", "factor", "product so far"], shrinking_product(network))
    lesson.text(
        "Every box shows its value and dE/d(box), every arrow its local derivative. Follow the "
        "arrows back from E: the gradient of a box is the product of the numbers on the way."
    )
    lesson.diagrams(*(_diagram(other, x) for other in shown))

    lesson.heading("3. Is it the sigmoid?")
    _tell_the_cause(lesson, network, activation, x)
    depths = list(range(2, depth + 1))
    chains = {a: chain_gradients(a, depth) for a in shown}
    lesson.text(
        "To see it alone, take x = 1, every weight 1, every bias 0, and vary only the depth and "
        f"the activation: |d aₙ/d w₁| in a chain of n = 2 … {depth} neurons."
    )
    lesson.table(
        ["neurons", *shown],
        [
            [str(n), *(significant(chains[a][i]) for a in shown)]
            for i, n in enumerate(depths)
            if n in (2, 3, 4, 5, depth) or n % 5 == 0
        ],
    )
    lesson.curves(
        "depth",
        "The gradient of the first weight against depth. The sigmoid's falls below (1/4)ⁿ; "
        "relu hands the gradient back whole.",
        curves={a: (depths, _positive(chains[a])) for a in shown},
        title="Gradient of the first weight of a chain (weights 1, x = 1)",
        xlabel="depth n (neurons)",
        ylabel="|d aₙ / d w₁|",
        bound=("(1/4)ⁿ", depths, [0.25**n for n in depths]),
    )
    layers = {a: layer_gradients(a) for a in shown}
    lesson.text(
        "And in a network as one would build it, 4 inputs, nine layers of 16 neurons, one "
        "output, the root mean square of dE/dw in each layer. Look at the slope, not at the "
        "height: a gradient that vanishes shrinks from layer to layer."
    )
    lesson.table(
        ["layer", *shown],
        [
            [str(i + 1), *(significant(layers[a][i]) for a in shown)]
            for i in range(len(layers[activation]))
        ],
    )
    numbers = list(range(1, len(layers[activation]) + 1))
    lesson.curves(
        "layers",
        "Gradient size layer by layer in a 10-layer MLP: the first layers of the sigmoid "
        "network hardly hear of the error.",
        curves={a: (numbers, _positive(layers[a])) for a in shown},
        title="Gradient size by layer, 4-16×9-1 MLP",
        xlabel="layer (1 is next to the input)",
        ylabel="root mean square of dE/dw",
    )

    lesson.heading("4. What it does to training")
    runs = {a: train(a, x) for a in shown}
    lesson.table(
        ["100 updates", "E at the end", f"E < {GOAL:g} after", "w1 moved by", "w2 moved by"],
        [
            [
                a,
                significant(result.errors[-1]) if result.errors[-1] else "0",
                result.when(),
                significant(result.w1 - 0.15),
                significant(result.w2 - 0.45),
            ]
            for a, result in runs.items()
        ],
    )
    lesson.curves(
        "training",
        "E against updates, and how far each weight has moved: compare w1 with w2 in the table. "
        "What lies below 1e-8 is not shown.",
        curves={a: (range(len(r.errors)), _positive(r.errors, 1e-8)) for a, r in runs.items()},
        bound=(f"{GOAL:g}", [0, 100], [GOAL, GOAL]),
        title=f"Gradient descent on the two neurons, rate {RATE:g}",
        xlabel="updates",
        ylabel="E = ½(T − a₂)²",
        markevery=10,
    )
    lesson.close()


def _diagram(activation: str, x: float) -> tuple[Value, str, str]:
    network = two_neurons(activation, x)
    network.E.backward()
    first, last = significant(network.w1.grad), significant(network.w2.grad)
    caption = f"{activation}: dE/dw1 = {first}, dE/dw2 = {last}"
    return network.E, f"two_neurons_{activation}", caption


def gradient_range(roots: Sequence[Value]) -> tuple[float, float] | None:
    """Return the smallest and the largest |gradient| of several graphs, zero aside."""
    sizes = [abs(node.grad) for root in roots for node in topological_order(root)]
    sizes = [size for size in sizes if 0.0 < size < float("inf")]
    return (min(sizes), max(sizes)) if sizes else None


def _tell_the_cause(lesson: Telling, network: TwoNeurons, activation: str, x: float) -> None:
    first, last = network.w1.grad, network.w2.grad
    if not first or not last:
        lesson.text(
            f"dE/dw1 = {significant(first)} and dE/dw2 = {significant(last)}: a factor on the way "
            "is 0, and nothing that lies behind it can learn."
        )
        return
    ratio = f"dE/dw1 ÷ dE/dw2 = {significant(first / last, 9)}"
    if activation == "sigmoid":
        predicted = network.w2.data * x * (1.0 - network.a1.data)
        ratio += f", exactly w2·x·(1−a1) = {significant(predicted, 9)}"
    starved = (
        f"That is small here partly because x is {x:g}: an input near 0 starves its weight "
        "whatever the activation. "
        if abs(x) < 0.5
        else f"x = {x:g} is a factor of it, and a large input can hide what the activation does. "
    )
    lesson.text(
        f"{ratio}. {starved}The dependable cause is another: σ′ = a(1−a) is at most ¼, and every "
        "layer of a sigmoid network multiplies by it once more."
    )


def _positive(numbers: Sequence[float], least: float = 0.0) -> list[float]:
    """Replace what a log scale cannot show, and what is not above `least`, by a gap (nan)."""
    return [n if n > least else float("nan") for n in numbers]


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line and run the lesson."""
    parser = command("vanishing_gradient", __doc__)
    parser.add_argument(
        "--activation", choices=ACTIVATIONS, default="sigmoid",
        help="of the two neurons (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--depth", type=whole_number, default=20, metavar="N",
        help="of the longest chain, 2 to 500 neurons (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--x", type=real_number, default=0.1, metavar="X",
        help="the input of the two neurons; a negative one as --x=-2 (default: %(default)s)",
    )  # fmt: skip
    options = parser.parse_args(arguments)
    if not 2 <= options.depth <= 500:
        parser.error(f"--depth {options.depth}: a chain has 2 to 500 neurons")
    if not abs(options.x) < float("inf"):
        parser.error(f"--x {options.x}: the input is a finite number")
    return _page.run(
        parser, options.out,
        lambda out: run(out, options.activation, options.depth, options.x),
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
