"""Learning XOR by backpropagation: 2-2-1 sigmoid neurons, then the start that gets stuck.

    python -m demos.backpropagation [--out DIR] [--steps N]

XOR is 1 if exactly one of its two inputs is.  No single line parts its ones from its zeros, so
no single neuron can learn it; two hidden neurons and one on top can:

    a1 = σ(W1·X + b1)    a2 = σ(W2·a1 + b2)    e = d − a2    E = ½ Σ e²

The columns of X are the four rows of the truth table, taken together in every step, and the
learning rate is 0.1.  The lesson in four parts: the chain rule by hand, next to what the engine
finds; the training, and what the two hidden neurons have become; a start from which it fails;
AND and OR, which are easier.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from autograd import Tensor, Value, dot, hessian, name, sigmoid
from demos._page import Lesson, command, run, whole_number
from demos._plots import BLACK, GREY, draw_network, style

X = np.array([[0.0, 0.0, 1.0, 1.0], [0.0, 1.0, 0.0, 1.0]])  # a column for each row of the table
TARGETS = {
    "XOR": np.array([[0.0, 1.0, 1.0, 0.0]]),
    "AND": np.array([[0.0, 0.0, 0.0, 1.0]]),
    "OR": np.array([[0.0, 1.0, 1.0, 1.0]]),
}
RATE = 0.1
STEPS = 180_000
EASY_STEPS = 10_000  # enough for AND and OR
LEARNS, STUCK = 0, 9  # seeds

Parameters = list[Tensor]  # W1, b1, W2, b2

NAMES = ("W1", "b1", "W2", "b2")
SHAPES = ((2, 2), (2, 1), (1, 2), (1, 1))


def start(*seeds: int) -> Parameters:
    """Return random weights from −1 to 1; of several networks, one after the other in axis 0."""
    drawn = []
    for seed in seeds:
        random = np.random.RandomState(seed)
        drawn.append([random.rand(*shape) * 2 - 1 for shape in SHAPES])
    arrays = drawn[0] if len(seeds) == 1 else [np.stack(each) for each in zip(*drawn, strict=True)]
    return [Tensor(array, label=name) for name, array in zip(NAMES, arrays, strict=True)]


def forward(parameters: Sequence[Any], x: Any = X) -> tuple[Any, Any]:
    """Return what the hidden neurons and the output say: a1 and a2."""
    W1, b1, W2, b2 = parameters  # noqa: N806, the names of the field
    a1 = sigmoid(W1 @ x + b1)
    a2 = sigmoid(W2 @ a1 + b2)
    return a1, a2


# --- part 1: one step -----------------------------------------------------------------------------


def gradients_by_hand(parameters: Parameters, d: np.ndarray) -> list[np.ndarray]:
    """Return dE/dW1, dE/db1, dE/dW2, dE/db2, written out with the chain rule."""
    w2 = parameters[2].data
    a1, a2 = forward([p.data for p in parameters])
    e = d - a2
    delta2 = -e * a2 * (1 - a2)  # dE/dz2 = dE/da2 · da2/dz2
    delta1 = (w2.T @ delta2) * a1 * (1 - a1)  # dE/dz1: back through W2, and σ′ once more
    return [
        delta1 @ X.T,
        delta1.sum(axis=1, keepdims=True),
        delta2 @ a1.T,
        delta2.sum(axis=1, keepdims=True),
    ]


def gradients_by_engine(parameters: Parameters, d: np.ndarray) -> list[np.ndarray]:
    """Return the same four, from one backward pass."""
    _, a2 = forward(parameters)
    error = 0.5 * ((d - a2) ** 2).sum()
    error.backward()
    found = [p.grad for p in parameters]
    for p in parameters:
        p.grad = None
    return found


def one_row(parameters: Parameters, x: np.ndarray, d: float) -> Value:
    """Return E for one row of the truth table as a graph of single numbers, all labelled."""
    (w11, w12), (w21, w22) = ([Value(w) for w in row] for row in parameters[0].data)
    b11, b12 = (Value(b) for b in parameters[1].data[:, 0])
    v1, v2, b2 = (Value(w) for w in (*parameters[2].data[0], parameters[3].data[0, 0]))
    x1, x2, wanted = Value(x[0]), Value(x[1]), Value(d)
    z11, z12 = dot([w11, w12], [x1, x2], b11), dot([w21, w22], [x1, x2], b12)
    a11, a12 = sigmoid(z11), sigmoid(z12)
    z2 = dot([v1, v2], [a11, a12], b2)
    a2 = sigmoid(z2)
    e = wanted - a2
    error = 0.5 * e**2
    name(
        {
            "x1": x1, "x2": x2, "d": wanted, "W1[1,1]": w11, "W1[1,2]": w12, "W1[2,1]": w21,
            "W1[2,2]": w22, "b1[1]": b11, "b1[2]": b12, "W2[1]": v1, "W2[2]": v2, "b2": b2,
            "z1[1]": z11, "z1[2]": z12, "a1[1]": a11, "a1[2]": a12, "z2": z2, "a2": a2,
            "e": e, "E": error,
        }
    )  # fmt: skip
    return error


# --- part 2: training -----------------------------------------------------------------------------


@dataclass
class Training:
    """What became of one network."""

    gate: str
    seed: int
    steps: list[int]
    errors: list[float]
    """The mean of |e| over the four rows, as it was found in each of `steps`."""
    parameters: list[np.ndarray]
    gradients: list[np.ndarray]
    """The gradients in the last step."""

    def error_at(self, step: int) -> float:
        """Return the mean absolute error in a step that was noted."""
        return self.errors[self.steps.index(step)]

    @property
    def outputs(self) -> np.ndarray:
        """The outputs for the four rows."""
        return forward(self.parameters)[1][0]

    def curvatures(self) -> np.ndarray:
        """Return how the error bends, from the direction in which it bends least to the most.

        They are the eigenvalues of the matrix of second derivatives by the nine weights, which
        the engine finds by differentiating twice.
        """

        def error(weights: Any) -> Any:
            cut = (weights[0:4], weights[4:6], weights[6:8], weights[8:9])
            parameters = [w.reshape(shape) for w, shape in zip(cut, SHAPES, strict=True)]
            return 0.5 * ((TARGETS[self.gate] - forward(parameters)[1]) ** 2).sum()

        weights = np.concatenate([p.ravel() for p in self.parameters])
        return np.linalg.eigvalsh(hessian(error)(weights))

    @property
    def learned(self) -> bool:
        """Whether every row is on its side of ½, with something to spare."""
        return bool(np.abs(TARGETS[self.gate][0] - self.outputs).max() < 0.25)


def noted(steps: int) -> list[int]:
    """Return the steps whose error is kept: evenly spread on a logarithmic scale."""
    marks = [mark for mark in MARKS if mark <= steps]
    return sorted({*np.geomspace(1, steps, 300).astype(int).tolist(), *marks, steps})


MARKS = (1, 100, 1_000, 10_000, 50_000, 100_000, 180_000)


def train(
    networks: Sequence[tuple[str, int]], steps: int = STEPS, begin: Parameters | None = None
) -> list[Training]:
    """Train several networks at once, each a gate and a seed, by full-batch descent.

    They lie one after the other along the first axis of every array; the error is the sum of
    all their errors, and no weight of one touches another.  They begin with the weights of
    their seeds, or go on from those that are given.
    """
    parameters = begin or start(*(seed for _, seed in networks))
    d = np.stack([TARGETS[gate] for gate, _ in networks])
    if len(networks) == 1:
        d = d[0]
    keep = noted(steps)
    kept, errors = set(keep), []
    for step in range(1, steps + 1):
        _, a2 = forward(parameters)
        # dE/da2 = −e is known at sight: the backward pass may as well begin there
        e = d - a2.data
        a2.backward(-e)
        if step in kept:
            errors.append(np.abs(e).reshape(len(networks), -1).mean(axis=1))
        for p in parameters:
            gradient, p.grad = p.grad, None
            p.data = p.data - RATE * gradient
            if step == steps:
                p.grad = gradient
    one = len(networks) == 1
    return [
        Training(
            gate, seed, keep, [float(row[i]) for row in errors],
            [p.data if one else p.data[i] for p in parameters],
            [p.grad if one else p.grad[i] for p in parameters],
        )
        for i, (gate, seed) in enumerate(networks)
    ]  # fmt: skip


# --- pictures -------------------------------------------------------------------------------------


def plot_errors(figure: Any, trainings: Sequence[Training]) -> None:
    """Draw the mean absolute error against the step."""
    axes = figure.add_subplot()
    for i, training in enumerate(trainings):
        axes.plot(
            training.steps, training.errors, linewidth=2, label=f"seed {training.seed}", **style(i)
        )
    axes.axhline(0.25, color=GREY, linewidth=1, linestyle=":")
    axes.set_xscale("log")
    axes.set_ylim(0, 0.6)
    axes.set(
        title="XOR: error against training", xlabel="step (logarithmic)", ylabel="mean of |e|"
    )
    axes.grid(alpha=0.3)
    axes.legend()


def plot_maps(figure: Any, trainings: Sequence[Training]) -> None:
    """Draw what each network says everywhere in the plane, side by side on one scale."""
    side = np.linspace(-0.5, 1.5, 81)
    x1, x2 = np.meshgrid(side, side)
    points = np.stack([x1.ravel(), x2.ravel()])
    row = figure.subplots(1, len(trainings), squeeze=False, sharey=True)[0]
    for axes, training in zip(row, trainings, strict=True):
        said = forward(training.parameters, points)[1].reshape(x1.shape)
        colours = axes.contourf(x1, x2, said, np.linspace(0, 1, 11), cmap="PuOr_r")
        axes.contour(x1, x2, said, [0.5], colors=BLACK, linewidths=2)
        w, b, _, _ = training.parameters
        for k in range(len(w)):  # where a hidden neuron says ½
            z = w[k, 0] * x1 + w[k, 1] * x2 + b[k, 0]
            axes.contour(x1, x2, z, [0.0], colors=BLACK, linewidths=1, linestyles="dashed")
        for (p1, p2), target in zip(X.T, TARGETS[training.gate][0], strict=True):
            axes.plot(
                p1, p2, marker="s" if target else "o", markersize=11, markeredgewidth=2,
                markeredgecolor=BLACK, markerfacecolor="white" if target else BLACK,
            )  # fmt: skip
        axes.set(
            title=f"{training.gate}, seed {training.seed}", xlabel="x1", xticks=[0, 1],
            yticks=[0, 1],
        )  # fmt: skip
        axes.set_aspect("equal")
    row[0].set_ylabel("x2")
    figure.colorbar(colours, ax=list(row), label="output", ticks=[0, 0.5, 1], shrink=0.8)


def plot_networks(figure: Any, trainings: Sequence[Training]) -> None:
    """Draw the trained networks with their weights."""
    row = figure.subplots(1, len(trainings), squeeze=False)[0]
    for axes, training in zip(row, trainings, strict=True):
        w1, b1, w2, b2 = training.parameters
        draw_network(
            axes,
            [
                [("x1", ""), ("x2", "")],
                [(f"h{k + 1}", f"b = {b1[k, 0]:.3g}") for k in range(2)],
                [("out", f"b = {b2[0, 0]:.3g}")],
            ],
            [w1.tolist(), w2.tolist()],
        )
        axes.set_title(f"{training.gate}, seed {training.seed}")


# --- the lesson -----------------------------------------------------------------------------------


def lesson(out: Path, steps: int = STEPS) -> None:
    """Tell the lesson and write its pictures and its page to `out`."""
    telling = Lesson(out, "Learning XOR by backpropagation")
    _tell_one_step(telling)

    telling.heading(f"2. Training on XOR: {_spaced(steps)} steps")
    telling.text(
        "Each step: forward, backward, and every weight moves by −rate · gradient. Two networks "
        f"are trained side by side, from the seeds {LEARNS} and {STUCK}, in less than a minute."
    )
    learns, stuck = train([("XOR", LEARNS), ("XOR", STUCK)], steps)
    marks = [mark for mark in MARKS if mark < steps] + [steps]
    telling.text("The mean absolute error over the four rows:")
    telling.table(
        ["step", f"seed {LEARNS}", f"seed {STUCK}"],
        [
            [_spaced(mark), f"{learns.error_at(mark):.5f}", f"{stuck.error_at(mark):.5f}"]
            for mark in marks
        ],
    )
    telling.plot(
        "errors",
        "For more than a thousand steps nothing seems to happen: at 0.5 the network says ½ to "
        "everything. Then the hidden neurons begin to differ, and the error falls; or stays where "
        "it is.",
        lambda figure: plot_errors(figure, [learns, stuck]),
    )
    telling.text(f"What the network from seed {LEARNS} says, neuron by neuron:")
    _tell_outputs(telling, learns)
    if learns.learned:
        _tell_hidden(telling, learns)

    telling.heading(f"3. Seed {STUCK}: the same steps, and stuck")
    telling.text(f"What the network from seed {STUCK} says after as many steps:")
    _tell_outputs(telling, stuck)
    _tell_why(telling, learns, stuck)
    telling.plot(
        "networks",
        "The two networks after training. A solid blue arrow is a positive weight, a dashed one "
        "a negative.",
        lambda figure: plot_networks(figure, [learns, stuck]),
        size=(11.6, 3.7),
    )

    telling.heading(f"4. AND and OR: {_spaced(min(steps, EASY_STEPS))} steps")
    easy = train([("AND", LEARNS), ("OR", LEARNS)], min(steps, EASY_STEPS))
    telling.table(
        ["gate", *(f"{x1:g} {x2:g}" for x1, x2 in X.T), "mean of |e|"],
        [
            [training.gate, *(f"{a:.4f}" for a in training.outputs), f"{training.errors[-1]:.5f}"]
            for training in easy
        ],
    )
    telling.text(
        "One line parts the ones from the zeros here, so that a single neuron would do, and "
        "training has nothing to find out before it can begin."
    )
    telling.plot(
        "maps",
        "What each network says everywhere in the plane. White squares should be 1, black dots "
        "0; the solid line is where the output is ½, the dashed ones where a hidden neuron is.",
        lambda figure: plot_maps(figure, [learns, stuck, *easy]),
        size=(13.6, 4.0),
    )
    telling.close()


def _tell_one_step(telling: Lesson) -> None:
    telling.heading("1. One step, by hand and by the engine")
    telling.text(
        f"Weights from seed {LEARNS}. With the chain rule, from E back to the first weights, for "
        "all four rows at once (* is element by element, · the matrix product):"
    )
    telling.terminal(
        "dE/dz2 = δ2 = −e * a2 * (1 − a2)\n"
        "dE/dW2 = δ2·a1ᵀ                   dE/db2 = Σ δ2\n"
        "dE/dz1 = δ1 = W2ᵀ·δ2 * a1 * (1 − a1)\n"
        "dE/dW1 = δ1·Xᵀ                    dE/db1 = Σ δ1"
    )
    parameters, d = start(LEARNS), TARGETS["XOR"]
    by_hand, by_engine = gradients_by_hand(parameters, d), gradients_by_engine(parameters, d)
    rows = []
    for parameter, hand, engine in zip(parameters, by_hand, by_engine, strict=True):
        for i, j in np.ndindex(hand.shape):
            rows.append(
                [
                    f"{parameter.label}[{i + 1},{j + 1}]", f"{parameter.data[i, j]:+.6f}",
                    f"{hand[i, j]:+.16f}", f"{engine[i, j]:+.16f}",
                ]
            )  # fmt: skip
    telling.table(["weight", "at the start", "dE/dw by hand", "dE/dw by the engine"], rows)
    difference = max(
        float(np.abs(h - e).max()) for h, e in zip(by_hand, by_engine, strict=True)
    )
    telling.text(
        f"The largest difference is {difference:.1e}. The engine was given the forward pass "
        "only; it has the rest from the table of derivatives."
    )
    error = one_row(parameters, X[:, 1], d[0, 1])
    error.backward()
    caption = (
        "The row x = (0, 1) alone, number by number. On each arrow the local derivative, in each "
        "box dE/d(box): the product of the arrows between it and E, summed over all ways."
    )
    telling.diagrams((error, "graph", caption))


def _tell_outputs(telling: Lesson, training: Training) -> None:
    a1, a2 = forward(training.parameters)
    telling.table(
        ["x1 x2", "h1", "h2", "output", "wanted", "e"],
        [
            [
                f"{X[0, i]:g}  {X[1, i]:g}", f"{a1[0, i]:.4f}", f"{a1[1, i]:.4f}",
                f"{a2[0, i]:.7f}", f"{TARGETS[training.gate][0, i]:g}",
                f"{TARGETS[training.gate][0, i] - a2[0, i]:+.7f}",
            ]
            for i in range(X.shape[1])
        ],
    )  # fmt: skip


def hidden_gates(training: Training) -> list[str | None]:
    """Return the name of the gate that each hidden neuron has become, or None."""
    known = {
        (0, 0, 0, 1): "AND", (0, 1, 1, 1): "OR", (1, 1, 1, 0): "NAND", (1, 0, 0, 0): "NOR",
    }  # fmt: skip
    a1, _ = forward(training.parameters)
    return [known.get(tuple(int(a > 0.5) for a in neuron)) for neuron in a1]


def _tell_hidden(telling: Lesson, training: Training) -> None:
    gates = hidden_gates(training)
    if sorted(filter(None, gates)) == ["AND", "OR"]:
        w2, b2 = training.parameters[2][0], training.parameters[3][0, 0]
        telling.text(
            f"Nobody told them, but h{gates.index('AND') + 1} has become AND, and "
            f"h{gates.index('OR') + 1} OR. The output is σ({w2[0]:.2f}·h1 {w2[1]:+.2f}·h2 "
            f"{b2:+.2f}): OR, but not AND. That is what exclusive or means."
        )


def _tell_why(telling: Lesson, learns: Training, stuck: Training) -> None:
    a1, a2 = forward(stuck.parameters)
    e = TARGETS["XOR"] - a2
    same = np.abs(a1[:, 2] - a1[:, 3]).max()
    if same > 0.05 or stuck.learned:
        telling.text("With so few steps it is too early to say why.")
        return
    slopes = (a1 * (1 - a1))[:, 2:].max()
    telling.text(
        "Look at the last two rows: both hidden neurons say almost the same to 1 0 as to 1 1, "
        f"they differ by {same:.4f} at the most. So the output cannot tell these rows apart; one "
        "should be 1 and the other 0, and the best that it can do is to say ½ to both."
    )
    telling.text(
        f"And why does no gradient lead away? The errors of the two rows, {e[0, 2]:+.5f} and "
        f"{e[0, 3]:+.5f}, pull on the output's weights with equal force in opposite directions. "
        "Only the hidden neurons could part the rows, but theirs lie on the flat end of σ: its "
        f"slope there is {slopes:.5f} at the most, and every gradient on its way to W1 is "
        "multiplied by that."
    )
    rows = []
    for row, measure in {
        "mean of |e|": lambda t: f"{t.errors[-1]:.5f}",
        "largest |dE/dw|": lambda t: f"{max(np.abs(g).max() for g in t.gradients):.2e}",
        "least curvature": lambda t: f"{t.curvatures()[0]:+.2e}",
        "largest curvature": lambda t: f"{t.curvatures()[-1]:+.2e}",
    }.items():
        rows.append([row, measure(learns), measure(stuck)])
    telling.table(["in the last step", f"seed {learns.seed}", f"seed {stuck.seed}"], rows)
    if stuck.curvatures()[0] > 0.0 and stuck.errors[-1] > 4 * learns.errors[-1]:
        telling.text(
            f"The error is {stuck.errors[-1] / learns.errors[-1]:.0f} times as large, and yet "
            "there is hardly a slope left to follow, and the error bends upwards in every "
            "direction in which the nine weights can move: a local minimum. More steps only lead "
            "further into it; what helps is another start."
        )


def _spaced(number: int) -> str:
    return f"{number:,}".replace(",", " ")


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line and run the lesson."""
    parser = command("backpropagation", __doc__)
    parser.add_argument(
        "--steps", type=whole_number, default=STEPS, metavar="N",
        help="of training on XOR, 1000 to 10000000 (default: %(default)s, less than a minute)",
    )  # fmt: skip
    options = parser.parse_args(arguments)
    if not 1_000 <= options.steps <= 10_000_000:
        parser.error(f"--steps {options.steps}: 1000 to 10000000 steps")
    return run(parser, options.out, lambda out: lesson(out, options.steps))


if __name__ == "__main__":
    sys.exit(main())
