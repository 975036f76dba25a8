"""The loss around a point: along two directions of the space of all weights.

Source: H. Li, Z. Xu, G. Taylor, C. Studer, T. Goldstein, "Visualizing the loss landscape of
neural nets", NeurIPS 2018, for random directions of the size of the weights and for the
principal directions of an optimizer's path.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd import no_grad
from autograd.formatting import printable, shown
from autograd.operands import as_flag
from viz.arguments import items_of, two_names, whole
from viz.plots.canvas import Array, as_array, finish, label_text, panels
from viz.plots.palette import BLACK, VERMILION

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["loss_surface"]

_LEVELS = 16
_MARGIN = 0.25  # around a path, as a part of its extent


def loss_surface(
    loss: Callable[[Any], Any],
    at: Any = None,
    directions: Sequence[Any] | None = None,
    *,
    path: Iterable[Any] | None = None,
    span: float | tuple[float, float] | None = None,
    resolution: int = 41,
    names: Sequence[str] | None = None,
    log: bool = False,
    seed: int = 0,
    ax: Axes | None = None,
) -> Figure:
    """Draw the loss on a plane through a point, with the way that an optimizer took.

    Weights are an array, a list of numbers, or a list of arrays as ``model.get_weights()``
    returns it.  White is where the loss is nan or infinite.  A path that leaves the plane is
    drawn by its projection; the legend then says how much of its way that is.

    Args:
        loss: a function of weights that returns one number.  It may set the weights of a model:
            the last ones that it is called with are `at`.
        at: the weights in the middle of the map; the end of the path if not given.
        directions: the two directions of the plane, each like `at`.  If not given: for two
            weights the weights themselves; with a path of three points or more its two
            principal directions; otherwise two random ones, of the size of the weights.
        path: the weights before the first step and after each.
        span: how far the map reaches on each side of `at`, in steps of the directions, one
            number or one for each; if not given, around the path, and 1 without a path.
        resolution: how many points the map is wide and high, 5 to 500; each is one loss.
        names: what the two axes are called.
        log: whether the colours follow the logarithm of the loss.
        seed: of the random directions.
        ax: the Axes to draw in; a new figure if not given.

    Raises:
        ValueError: neither `at` nor `path`; directions or points that do not fit `at`; two
            directions that are one; another argument out of its range; a loss that is nan
            everywhere.
        TypeError: `loss` is no function, or does not return one number; `log` is neither True
            nor False; `path` or `directions` is no list.

    >>> figure = loss_surface(lambda w: w[0]**2 + 4*w[1]**2, [0, 0], path=[[2, 1], [1, 0], [0, 0]])
    >>> figure.axes[0].get_xlabel(), figure.axes[0].lines[0].get_xydata().tolist()
    ('w₁', [[2.0, 1.0], [1.0, 0.0], [0.0, 0.0]])
    """
    if not callable(loss):
        raise TypeError(f"loss is a function of the weights, not {shown(loss)}")
    whole(resolution, "resolution", 5, 500)
    whole(seed, "seed", 0, sys.maxsize)
    log = as_flag(log, "log")
    steps = None if path is None else list(items_of(path, "path is a list of weights like `at`"))
    if at is None and not steps:
        raise ValueError("loss_surface draws the loss around a point: give at= or path=")
    try:
        weights = _Weights.of(_last_finite(steps) if at is None else at)
    except (TypeError, ValueError) as error:
        name, given = ("at", at) if at is not None else ("path", path)
        raise ValueError(
            f"{name}: {shown(given)} is not made of weights: {printable(str(error))}"
        ) from error
    track = None if not steps else np.array([weights.vector_of(each, "path") for each in steps])
    plane = _plane(weights, directions, track, seed)
    places = None if track is None else plane.places_of(track)
    reach = _reach(places, span)
    alphas, betas = (np.linspace(low, high, resolution) for low, high in reach)
    with no_grad():
        try:
            losses = np.array(
                [[_loss_at(loss, weights, plane.point(a, b)) for a in alphas] for b in betas]
            )
        finally:  # a loss that sets the weights of a model leaves it as it should be
            _loss_at(loss, weights, weights.vector)
    if log:
        losses = np.where(losses > 0.0, losses, np.nan)
    if np.isnan(losses).all():
        raise ValueError("the loss is nan or infinite everywhere on the plane around at=")
    xlabel, ylabel = _axis_names(names, plane.names)
    figure, (axes,) = panels(ax, ["loss surface"], (7.0, 5.2))
    x, y = plane.offset
    _draw_losses(axes, x + alphas, y + betas, losses, log)
    if places is not None:
        _draw_path(axes, places + plane.offset, plane.share(track))
    axes.set(xlim=(x + alphas[0], x + alphas[-1]), ylim=(y + betas[0], y + betas[-1]))
    finish(axes, "Loss surface", xlabel, ylabel, legend=places is not None, grid=False)
    return figure


# --- weights as one vector ------------------------------------------------------------------------


def _last_finite(steps: Any) -> Any:
    """Return the last point of a path at which nothing is nan: it may have diverged."""
    for step in reversed(steps):
        if np.isfinite(_Weights.of(step).vector).all():
            return step
    raise ValueError("every point of the path has nan or infinite weights")


@dataclass
class _Weights:
    """The numbers of all weights in one vector, and how the arrays are made of it again."""

    vector: Array
    shapes: list[tuple[int, ...]] | None  # None: the weights are one array
    shape: tuple[int, ...]

    @classmethod
    def of(cls, weights: Any) -> _Weights:
        if isinstance(weights, (list, tuple)) and any(np.ndim(part) for part in weights):
            arrays = [as_array(part) for part in weights]
            return cls(np.concatenate([a.ravel() for a in arrays]), [a.shape for a in arrays], ())
        array = as_array(weights)
        return cls(array.ravel(), None, array.shape)

    def vector_of(self, weights: Any, what: str) -> Array:
        """Return other weights of the same shapes as one vector."""
        try:
            other = _Weights.of(weights)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{what} has weights like `at`, not {shown(weights)}") from error
        if (other.shapes, other.shape) != (self.shapes, self.shape):
            raise ValueError(
                f"{what} has weights of the shapes {self.shapes or self.shape}, like `at`, not of "
                f"{other.shapes or other.shape}"
            )
        return other.vector

    def restored(self, vector: Array) -> Any:
        """Return the arrays that a vector stands for."""
        if self.shapes is None:
            return vector.reshape(self.shape)
        ends = np.cumsum([int(np.prod(shape)) for shape in self.shapes])[:-1]
        parts = np.split(vector, ends)
        return [part.reshape(shape) for part, shape in zip(parts, self.shapes, strict=True)]


# --- the plane ------------------------------------------------------------------------------------


@dataclass
class _Plane:
    """A plane in the space of the weights: a point, two directions, what its axes are called."""

    middle: Array
    directions: Array  # two rows
    names: tuple[str, str]
    offset: Array  # what the axes show in the middle

    def point(self, a: float, b: float) -> Array:
        found: Array = self.middle + a * self.directions[0] + b * self.directions[1]
        return found

    def places_of(self, track: Array) -> Array:
        """Return where the points are on the plane; of one off the plane the nearest place."""
        found: Array = np.linalg.lstsq(self.directions.T, (track - self.middle).T, rcond=None)[0].T
        return found

    def share(self, track: Any) -> float:
        """Return what part of the squared distances from the middle lies in the plane."""
        away = track - self.middle
        total = float((away**2).sum())
        return float(((self.places_of(track) @ self.directions) ** 2).sum()) / (total or 1.0)


def _plane(
    weights: _Weights, directions: Sequence[Any] | None, track: Array | None, seed: int
) -> _Plane:
    middle = weights.vector
    if len(middle) < 2:
        raise ValueError("a plane has two directions, and there is one weight alone")
    if directions is not None:
        two = list(islice(items_of(directions, "directions are two, each like `at`"), 3))
        if len(two) != 2:
            many = len(two) if len(two) < 3 else "more"
            raise ValueError(f"directions are two, each like `at`, not {many}")
        given = np.array([weights.vector_of(each, "one of the directions") for each in two])
        if np.linalg.matrix_rank(given) < 2:
            raise ValueError("the two directions are one: they have to span a plane")
        lengths = np.linalg.norm(given, axis=1)
        names = tuple(f"steps of direction {i + 1}, of length {lengths[i]:.3g}" for i in (0, 1))
        return _Plane(middle, given, names, np.zeros(2))  # type: ignore[arg-type]
    if len(middle) == 2:
        return _Plane(middle, np.eye(2), ("w₁", "w₂"), middle)
    if track is not None and len(track) >= 3:
        found = _principal(track, middle)
        if found is not None:
            return _Plane(middle, *found, np.zeros(2))
    return _Plane(
        middle,
        _random(weights, seed),
        ("random direction 1, in sizes of the weights", "random direction 2"),
        np.zeros(2),
    )


def _principal(track: Array, middle: Array) -> tuple[Array, tuple[str, str]] | None:
    """Return the two directions in which a path extends most; None if it is a straight line."""
    away = track - middle
    _, sizes, rows = np.linalg.svd(away[np.isfinite(away).all(axis=1)], full_matrices=False)
    if len(sizes) < 2 or sizes[1] <= 1e-9 * sizes[0]:
        return None
    shares = sizes**2 / (sizes**2).sum()
    names = tuple(f"principal direction {i + 1} ({shares[i]:.0%} of the path)" for i in (0, 1))
    return rows[:2], names  # type: ignore[return-value]


def _random(weights: _Weights, seed: int) -> Array:
    """Return two random directions, each array in them as large as that of the weights."""
    generator = np.random.default_rng(seed)
    found = []
    for _ in range(2):
        noise = _Weights.of(weights.restored(generator.normal(size=len(weights.vector))))
        parts, sizes = (
            each if isinstance(each, list) else [each]
            for each in (noise.restored(noise.vector), weights.restored(weights.vector))
        )
        scaled = [
            part * (np.linalg.norm(size) / (np.linalg.norm(part) or 1.0))
            for part, size in zip(parts, sizes, strict=True)
        ]
        found.append(np.concatenate([part.ravel() for part in scaled]))
    directions = np.array(found)
    if np.linalg.matrix_rank(directions) < 2:  # weights of 0 have no size
        directions = generator.normal(size=directions.shape)
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    return directions


def _reach(places: Array | None, span: Any) -> list[tuple[float, float]]:
    """Return from where to where the map goes, for each of the two directions."""
    if span is not None:
        try:
            spans = np.broadcast_to(as_array(span), (2,))
        except (TypeError, ValueError):
            spans = np.zeros(2)
        if not (np.isfinite(spans).all() and (spans > 0.0).all()):
            raise ValueError(f"span is a positive number, or two, not {shown(span)}")
        return [(-float(each), float(each)) for each in spans]
    finite = None if places is None else places[np.isfinite(places).all(axis=1)]
    if finite is None or not len(finite):
        return [(-1.0, 1.0)] * 2
    low, high = np.minimum(finite.min(axis=0), 0.0), np.maximum(finite.max(axis=0), 0.0)
    extent = np.maximum(high - low, 0.3 * (high - low).max()) + 1e-12
    if extent.max() < 1e-9:  # a path that never moved
        extent = np.ones(2)
    room = (extent - (high - low)) / 2 + _MARGIN * extent
    return [(float(a), float(b)) for a, b in zip(low - room, high + room, strict=True)]


def _loss_at(loss: Callable[[Any], Any], weights: _Weights, vector: Array) -> float:
    try:
        found = as_array(loss(weights.restored(vector)))
    except OverflowError:
        return np.nan
    if found.size != 1:
        raise TypeError(f"loss returns one number, and it returned {found.size}")
    number = found.item()
    return number if np.isfinite(number) else np.nan


def _axis_names(given: Sequence[str] | None, default: tuple[str, str]) -> list[str]:
    wanted = "names has a name for each of the two axes"
    return [label_text(name) for name in (default if given is None else two_names(given, wanted))]


# --- the picture ----------------------------------------------------------------------------------


def _draw_losses(axes: Any, xs: Array, ys: Array, losses: Array, log: bool) -> None:
    """Draw the loss as colours, with lines of equal loss that are nearer at the bottom."""
    from matplotlib.colors import LogNorm, PowerNorm

    low, high = float(np.nanmin(losses)), float(np.nanmax(losses))
    if not high > low:
        low, high = (low / 2, low * 2) if log else (low - 0.5, low + 0.5)
    norm: Any
    if log:
        levels, norm = np.geomspace(low, high, _LEVELS), LogNorm(low, high)
    else:
        levels = low + (high - low) * np.linspace(0.0, 1.0, _LEVELS) ** 2
        norm = PowerNorm(0.5, low, high)
    shown = np.ma.masked_invalid(np.clip(losses, levels[0], levels[-1]))
    map_ = axes.contourf(xs, ys, shown, levels=levels, norm=norm, cmap="cividis")
    axes.contour(xs, ys, shown, levels=levels, colors=[BLACK], linewidths=0.4, alpha=0.5)
    axes.figure.colorbar(map_, ax=axes, label="loss (log scale)" if log else "loss", format="%.3g")


def _draw_path(axes: Any, places: Array, share: float) -> None:
    """Draw the optimizer's way, its start and its end."""
    from matplotlib.patheffects import withStroke

    label = f"path of {len(places) - 1} steps"
    if share < 0.995:
        label += f", projected ({share:.0%} of it)"
    axes.plot(
        *places.T,
        color="white",
        linewidth=1.8,
        path_effects=[withStroke(linewidth=3.4, foreground=BLACK)],
        label=label,
    )
    if len(places) <= 60:
        axes.plot(
            *places.T, "o", color="white", markersize=5, markeredgecolor=BLACK, markeredgewidth=0.8
        )
    for place, marker, size, label in ((places[0], "s", 9, "start"), (places[-1], "*", 15, "end")):
        axes.plot(
            *place, color=VERMILION, marker=marker, markersize=size, markeredgecolor="white",
            linestyle="none", label=label,
        )  # fmt: skip
