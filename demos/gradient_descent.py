"""How large a step: gradient descent on z = 2x, with learning rates too small, right, too large.

    python -m demos.gradient_descent [--out DIR] [--rates R [R ...]] [--steps N]

Twenty points (x, z) lie on the line z = 2x.  The model is z = w·x, its error the mean of
(z − w·x)², a parabola in w with its lowest point at w = 2.  Gradient descent begins at w = 0
and repeats

    w ← w − rate · dE/dw

The lesson: the same four lines of code crawl, arrive, swing or explode, and the curvature of
the error says beforehand which.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import nn
from autograd import Value, grad, value_and_grad
from autograd.formatting import significant
from demos._page import Lesson, command, real_number, run, whole_number
from demos._plots import BLACK, GREY, MARKERS, style

RATES = (0.05, 0.75, 2.5, 3.0)
SHOWN = 0.75  # the rate that is followed step by step
STEPS = 10
SLOPE = 2.0  # the solution

X = [float(x) for x in np.linspace(-1.0, 1.0, 20)]
Z = [SLOPE * x for x in X]


def error(w: Any) -> Any:
    """Return E(w), the mean of (z − w·x)² over the data, for a number or a Value."""
    return nn.losses.mean_squared_error(Z, [w * x for x in X])


@dataclass
class Descent:
    """The weight, the error and the slope before each step, and after the last."""

    rate: float
    w: list[float]
    E: list[float]
    slope: list[float]

    @property
    def factor(self) -> float:
        """What a step does to the distance from the solution."""
        return (self.w[1] - SLOPE) / (self.w[0] - SLOPE)

    @property
    def verdict(self) -> str:
        """What this rate is, in a few words."""
        factor = self.factor
        if abs(abs(factor) - 1.0) < 1e-9:
            return "never gets nearer"
        if factor < -1.0:
            return "too large: diverges"
        if factor < -1e-9:
            return "large: swings, arrives"
        if factor <= 1e-9:
            return "the solution in one step"
        return "right: arrives" if factor < 0.9 else "too small: crawls"


def descend(rate: float, steps: int = STEPS, start: float = 0.0) -> Descent:
    """Take so many steps of gradient descent."""
    w, sgd = Value(start), nn.SGD(learning_rate=rate)
    descent = Descent(rate, [], [], [])
    for step in range(steps + 1):
        e = error(w)
        w.grad = None
        e.backward()
        descent.w.append(w.data)
        descent.E.append(e.data)
        descent.slope.append(w.grad)
        if step < steps:
            sgd.step([w])
    return descent


def curvature() -> float:
    """Return d²E/dw², which is the same at every w: the engine differentiates twice."""
    return grad(grad(error))(0.0)


# --- pictures -------------------------------------------------------------------------------------


def plot_lines(figure: Any, descent: Descent, steps: int = 4) -> None:
    """Draw the data and the model's line after each of the first steps."""
    axes = figure.add_subplot()
    axes.scatter(X, Z, color=BLACK, s=22, zorder=3, label="data, z = 2x")
    for k, w in enumerate(descent.w[: steps + 1]):
        axes.plot(
            [-1, 1], [-w, w], **style(k), linewidth=2, label=f"step {k}: w = {w:.3f}",
        )  # fmt: skip
    axes.set(title=f"The line after each step, rate {descent.rate:g}", xlabel="x", ylabel="z")
    axes.grid(alpha=0.3)
    axes.legend()


def plot_parabolas(figure: Any, descents: Sequence[Descent]) -> None:
    """Draw the error as a function of w, once for each rate, with the steps on it."""
    cells = figure.subplots((len(descents) + 1) // 2, min(2, len(descents)), squeeze=False).flat
    for axes, (i, descent) in zip(cells, enumerate(descents), strict=False):
        # of a descent that leaves the picture, the steps up to the first far one
        near = [k for k, w in enumerate(descent.w) if abs(w - SLOPE) <= 4.0 * SLOPE]
        last = next((k for k, n in enumerate(near) if k != n), len(near))
        w = descent.w[:last]
        reach = max(2.4, *(1.15 * abs(each - SLOPE) for each in w))
        ws = np.linspace(SLOPE - reach, SLOPE + reach, 201)
        axes.plot(ws, [error(float(each)) for each in ws], color=GREY, linewidth=1.5)
        look = style(i) | {"linestyle": "-", "linewidth": 1.2}
        axes.plot(w, descent.E[:last], marker=MARKERS[i % len(MARKERS)], markersize=6, **look)
        axes.plot([SLOPE], [0.0], marker="*", color=BLACK, markersize=11, linestyle="none")
        axes.annotate(
            "start", (w[0], descent.E[0]), xytext=(-8, -2), textcoords="offset points",
            fontsize=10, ha="right", va="top",
        )  # fmt: skip
        axes.set(title=f"rate {descent.rate:g}, {descent.verdict}", xlabel="w", ylabel="E(w)")
        axes.title.set_fontsize(12)
        axes.grid(alpha=0.3)
    for axes in cells:  # an odd number of rates leaves one empty
        axes.set_axis_off()


def plot_weights(figure: Any, descents: Sequence[Descent]) -> None:
    """Draw w against the step."""
    axes = figure.add_subplot()
    axes.axhline(SLOPE, color=BLACK, linewidth=1, label="solution, w = 2")
    for i, descent in enumerate(descents):
        axes.plot(descent.w, label=f"rate {descent.rate:g}", markersize=5, **style(i, marker=True))
    axes.set(
        title="The weight on its way", xlabel="step", ylabel="w", ylim=(-3, 7), xlim=(-0.3, None)
    )
    axes.grid(alpha=0.3)
    figure.legend(loc="outside right upper")


# --- the lesson -----------------------------------------------------------------------------------


def lesson(out: Path, rates: Sequence[float] = RATES, steps: int = STEPS) -> None:
    """Tell the lesson and write its pictures and its page to `out`."""
    telling = Lesson(out, "How large a step: gradient descent on z = 2x")
    followed = descend(SHOWN, steps=4)

    telling.heading("1. The error and its slope")
    telling.text(
        f"The data: {len(X)} points from x = −1 to x = 1, with z = 2x. The model: z = w·x. The "
        "error E is the mean of (z − w·x)². The engine gives its value and its slope at any w."
    )
    telling.table(
        ["w", "E", "dE/dw", "so w must"],
        [
            [f"{w:g}", f"{e:.6f}", f"{slope:+.6f}", _direction(slope)]
            for w in (0.0, 1.0, 2.0, 3.0)
            for e, slope in [value_and_grad(error)(w)]
        ],
    )

    telling.heading(f"2. Four steps, rate {SHOWN:g}")
    telling.text("Each step goes against the slope: w ← w − rate · dE/dw, from w = 0.")
    telling.table(
        ["step", "w", "E", "dE/dw", "distance 2 − w", "of the one before"],
        [
            [
                str(k), f"{w:.3f}", f"{followed.E[k]:.6f}", f"{followed.slope[k]:+.6f}",
                f"{SLOPE - w:.4f}",
                f"{(SLOPE - w) / (SLOPE - followed.w[k - 1]):.4f}" if k else "",
            ]
            for k, w in enumerate(followed.w)
        ],
    )  # fmt: skip
    telling.text(
        "The steps become shorter by themselves, because the slope does: each leaves the same "
        f"fraction, {followed.factor:.4f}, of the distance."
    )
    telling.plot(
        "lines",
        "The line turns towards the data: half of the way and more with the first step, less "
        "and less with each after it.",
        lambda figure: plot_lines(figure, followed),
    )

    telling.heading("3. Too small, right, too large")
    descents = [descend(rate, steps) for rate in rates]
    telling.table(
        ["rate", "factor a step", "w after 1", "2", "3", "4", str(steps), "this rate is"],
        [
            [
                f"{d.rate:g}", f"{d.factor:+.4f}",
                *(f"{d.w[k]:.3f}" for k in (1, 2, 3, 4)), significant(d.w[-1]), d.verdict,
            ]
            for d in descents
        ],
    )  # fmt: skip
    telling.plot(
        "parabolas",
        "The error as a function of w, with the steps on it; the star is the solution. A step "
        "that is too long lands on the other side, higher up than it began.",
        lambda figure: plot_parabolas(figure, descents),
        size=(10.4, 4.2 * ((len(descents) + 1) // 2)),
    )
    telling.plot(
        "weights",
        "w against the step. What swings further with each step has left the picture.",
        lambda figure: plot_weights(figure, descents),
    )

    telling.heading("4. Which rate is too large?")
    bend = curvature()
    telling.text(
        f"The parabola's curvature answers. The engine differentiates E twice: d²E/dw² = "
        f"{bend:.6f}, the same at every w. A step multiplies the distance from the solution by "
        f"1 − rate · {bend:.4f}. At rate 1/{bend:.4f} = {1 / bend:.4f} that is 0: one step "
        f"arrives. Above 2/{bend:.4f} = {2 / bend:.4f} its size is over 1: every step leads "
        "further away, and no patience helps."
    )
    telling.table(
        ["rate", "1 − rate · d²E/dw²", "measured"],
        [[f"{d.rate:g}", f"{1 - d.rate * bend:+.6f}", f"{d.factor:+.6f}"] for d in descents],
    )
    telling.text(
        "A network has thousands of weights, and a curvature in every direction: the steepest "
        "one sets the limit for the rate, and the flattest then decides how long training takes."
    )
    telling.close()


def _direction(slope: float) -> str:
    if abs(slope) < 1e-12:
        return "stay: the lowest point"
    return "grow" if slope < 0 else "shrink"


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line and run the lesson."""
    parser = command("gradient_descent", __doc__)
    parser.add_argument(
        "--rates", type=real_number, nargs="+", default=list(RATES), metavar="R",
        help="learning rates to compare, one to six (default: 0.05 0.75 2.5 3)",
    )  # fmt: skip
    parser.add_argument(
        "--steps", type=whole_number, default=STEPS, metavar="N",
        help="steps with each rate, 5 to 100 (default: %(default)s)",
    )  # fmt: skip
    options = parser.parse_args(arguments)
    if len(options.rates) > 6:
        parser.error(f"--rates: six are compared at most, not {len(options.rates)}")
    for rate in options.rates:
        if not 0.0 < rate <= 100.0:
            parser.error(f"--rates {rate:g}: a learning rate is above 0, and here at most 100")
    if not 5 <= options.steps <= 100:
        parser.error(f"--steps {options.steps}: 5 to 100 steps")
    return run(parser, options.out, lambda out: lesson(out, options.rates, options.steps))


if __name__ == "__main__":
    sys.exit(main())
