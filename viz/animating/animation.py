"""`animate`: the backward pass step by step, as an animated GIF or as SVG frames for slides.

Every frame is the same picture with other texts and colours, laid out once with the room that
each text needs in the frame where it is longest; so nothing moves but what the step is about.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from numbers import Real
from pathlib import Path
from typing import Any

from autograd import Value
from autograd.atomic import as_path, write_atomically
from autograd.formatting import shown, significant
from autograd.operands import as_flag
from viz.animating.captions import Captions
from viz.animating.raster import Rasterizer, size_of
from viz.colour import NO_GRADIENT, Scale, ink
from viz.diagram import (
    FUSED_LIMIT,
    GRADIENT_COLOUR,
    VALUE_COLOUR,
    Arrow,
    Box,
    Legend,
    Line,
    Operation,
    Picture,
    describe,
    gradient_legend,
)
from viz.filenames import require_folder, require_no_folder
from viz.gif import write_gif
from viz.nodes import AnyNode, leading_to
from viz.notation import Notation
from viz.steps import BackwardStep, backward_steps, require_value
from viz.svg import write_frames

__all__ = ["animate", "frames"]

HANDS_ON, RECEIVES, FLOW = "#e69f00", "#56b4e9", "#d55e00"
"""The bands around boxes and the colour of the arrows that carry; Okabe and Ito's palette."""

_THINNEST_FLOW = 2.2
_LAST_FRAME = 3.0  # times as long as the others
_SCALE, _SMALLEST_SCALE = 2.0, 0.75  # pixels to a point; with fewer nobody can read the texts
_WANTED_SIDE, _LONGEST_SIDE = 2400, 3840  # of a GIF, in pixels

_FRAME = re.compile(r"frame_\d{3,}\.svg")
_OWN = "<!-- a frame of viz.animate -->\n"


def animate(
    root: Value,
    path: os.PathLike[str] | str,
    *,
    wrt: AnyNode | Iterable[AnyNode] | None = None,
    forward: bool = False,
    seconds: float = 1.5,
    labels: Mapping[Any, str] | None = None,
    direction: str = "LR",
) -> Path:
    """Write the backward pass from `root`, one step a frame, and return the path.

    In each step one node hands its gradient on along all its arrows.  The frame shows which,
    what arrives and how it is added up, and under the picture the chain rule of the step with
    its numbers.  The gradients are those of this pass, which begins with 1 at the root; `.grad`
    is neither shown nor changed.

    Args:
        root: the Value to differentiate.
        path: ends in ``.gif`` for an animation that repeats for ever.  A name without an ending
            is a folder, made if there is none, that gets the frames as ``frame_000.svg`` and so
            on.  Frames of an earlier animation in it are replaced, and what that one had more
            of is deleted; no other file is touched.
        wrt: show only what lies on a path from `root` to this Value, or to one of several.
        forward: whether to show the forward pass first.
        seconds: how long each frame of a GIF is shown, 0.02 to 60; the last one three times
            as long.
        labels: names that override `.label` in these pictures.
        direction: "LR", "RL", "TB" or "BT": from where to where the computation runs.

    Raises:
        TypeError: `root` is not a Value, `path` neither a str nor a Path, `labels` or `wrt`
            not made of Values, or `forward` neither True nor False.
        ValueError: another ending, or an empty path; `seconds` out of range; an unknown
            direction; a `wrt` that `root` does not depend on; a graph of more than 400 values,
            or one too large to be read as a GIF.
        FileNotFoundError: the folder around `path` does not exist.
        ImportError: a GIF without matplotlib (the `plots` extra).

    >>> import tempfile
    >>> x = Value(3.0, label="x")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = animate(x * x, f"{folder}/square")
    ...     sorted(file.name for file in path.iterdir())
    ['frame_000.svg', 'frame_001.svg', 'frame_002.svg', 'frame_003.svg']
    """
    require_value(root, "animate(root, path)")
    path = as_path(path)
    forward = as_flag(forward, "forward")
    is_gif = path.suffix.lower() == ".gif"
    if not is_gif and path.suffix:
        raise ValueError(
            "the name of an animation ends in .gif, or has no ending and is a folder for SVG "
            f"frames, got {shown(path.name)}"
        )
    if isinstance(seconds, bool) or not isinstance(seconds, Real) or not 0.02 <= seconds <= 60:
        raise ValueError(f"seconds is how long a frame is shown, 0.02 to 60, got {shown(seconds)}")
    require_folder(path)
    if is_gif:
        require_no_folder(path)
    elif path.exists() and not path.is_dir():
        raise FileExistsError(
            f"{str(path)!r} is a file: name a folder for SVG frames, or a file that ends in .gif"
        )
    film = frames(root, wrt=wrt, forward=forward, labels=labels, direction=direction)
    drawn = write_frames(film)
    if is_gif:
        rasterize = Rasterizer(_scale(drawn[0]))
        times = [float(seconds)] * (len(drawn) - 1) + [_LAST_FRAME * float(seconds)]
        write_atomically(path, write_gif(map(rasterize, drawn), times))
    else:
        _write_folder(path, drawn)
    return path


def _scale(svg: str) -> float:
    """Return how many pixels of a GIF a point becomes: two, or fewer if the picture is large."""
    side = max(size_of(svg))
    scale = min(_SCALE, max(_WANTED_SIDE / side, _SMALLEST_SCALE))
    if scale * side > _LONGEST_SIDE:
        raise ValueError(
            f"the picture is {side:,.0f} points long, and as a GIF of {_LONGEST_SIDE:,} pixels "
            "nobody could read it: write SVG frames (a path without an ending), or show only the "
            "paths to some values with wrt="
        )
    return scale


def _write_folder(folder: Path, drawn: Sequence[str]) -> None:
    """Write frames into a folder, and delete those that a longer animation left there."""
    folder.mkdir(exist_ok=True)
    for number, svg in enumerate(drawn):
        write_atomically(folder / f"frame_{number:03d}.svg", (svg + _OWN).encode("utf-8"))
    for file in folder.iterdir():
        if _FRAME.fullmatch(file.name) and int(file.stem[6:]) >= len(drawn) and _is_own(file):
            file.unlink()


def _is_own(file: Path) -> bool:
    return file.is_file() and file.read_bytes().endswith(_OWN.encode())


# ---------------------------------------------------------------- the film


def frames(
    root: Value,
    *,
    wrt: AnyNode | Iterable[AnyNode] | None = None,
    forward: bool = False,
    labels: Mapping[Any, str] | None = None,
    direction: str = "LR",
) -> list[Picture]:
    """Return the frames of an animation; `animate` documents the arguments.

    >>> x = Value(3.0, label="x")
    >>> y = x * x
    >>> y.label = "y"
    >>> for frame in frames(y):
    ...     print("|".join(frame.caption))
    The forward pass is done: y = 9.000. Now back, from y to x.
    The pass begins at the end: ∂y/∂y = 1
    Back 1 of 1: y hands on ∂y/∂y = 1.000|\
∂y/∂x = ∂y/∂y · ∂y/∂x (first operand) = 1.000 · x = 1.000 · 3.000 = 3.000|\
∂y/∂x += ∂y/∂y · ∂y/∂x (second operand) = 1.000 · x = 1.000 · 3.000 = 3.000, makes 6.000
    Done: ∂y/∂x = 6.000
    """
    return _Film(root, wrt, labels, direction).frames(forward)


class _Film:
    """The frames of one backward pass, in the making."""

    def __init__(
        self,
        root: Value,
        wrt: AnyNode | Iterable[AnyNode] | None,
        labels: Mapping[Any, str] | None,
        direction: str,
    ) -> None:
        require_value(root, "animate(root, path)")
        self.root = root
        names = Notation(root, labels)
        whole = names.order
        self.nodes: list[Value] = whole if wrt is None else leading_to(wrt, whole)
        if len(self.nodes) > FUSED_LIMIT:
            raise ValueError(
                f"the frames would have {len(self.nodes):,} boxes, more than {FUSED_LIMIT}, which "
                "nobody could read: show only the paths to some values with wrt=, or animate a "
                "smaller expression of the same kind"
            )
        self.captions = Captions(root, names)
        # captions speak of every node, so every box has a name
        named = {node: self.captions.name(node) for node in self.nodes}
        self.picture = describe(
            root, direction=direction, values=False, gradients=False, labels=named, wrt=wrt
        )
        self.box = {id(node): f"n{index}" for index, node in enumerate(self.nodes)}
        self.steps = backward_steps(root, wrt)
        amounts = [c for step in self.steps for c in step.contributions]
        self.final = {id(root): 1.0, **{id(c.operand): c.after for c in amounts}}
        # what no arrow reaches has the gradient 0
        sizes = [self.final.get(id(node), 0.0) for node in self.nodes]
        self.scale = Scale.of(sizes) or Scale(-1, 0)
        self.missing: dict[int, int] = {}  # contributions that are still to come
        for contribution in amounts:
            operand = id(contribution.operand)
            self.missing[operand] = self.missing.get(operand, 0) + 1

        # what the next frame shows
        self.values = {id(node) for node in self.nodes}
        self.gradients: dict[int, str] = {}
        self.complete: set[int] = set()
        self.flows: dict[tuple[str, str, int | None], float] = {}  # what has flowed along arrows
        self.made: list[Picture] = []

    def frames(self, forward: bool) -> list[Picture]:
        if forward:
            self.show_forward()
        else:
            self.take(self.captions.start([node for node in self.nodes if node.is_leaf]))
        self.gradients[id(self.root)] = significant(1.0)
        self.complete.add(id(self.root))
        seed = f"The pass begins at the end: {self.captions.derivative(self.root)} = 1"
        self.take([seed], receives=[self.root])
        for number, step in enumerate(self.steps, start=1):
            self.show_backward(number, step)
        for node in self.nodes:
            self.gradients.setdefault(id(node), significant(0.0))
            self.complete.add(id(node))
        leaves = [node for node in self.nodes if node.is_leaf]
        self.take(self.captions.summary((leaf, self.final.get(id(leaf), 0.0)) for leaf in leaves))
        return self.made

    # ------------------------------------------------------------ steps

    def show_forward(self) -> None:
        computed = [node for node in self.nodes if not node.is_leaf]
        self.values = {id(node) for node in self.nodes if node.is_leaf}
        self.take(["The leaves are given; each operation computes one value from them."])
        for number, node in enumerate(computed, start=1):
            self.values.add(id(node))
            operands = [operand for operand in node.operands if id(operand) in self.box]
            self.take(
                [f"Forward {number} of {len(computed)}: {self.captions.computation(node)}"],
                hands_on=operands,
                receives=[node],
                active={self.arrow_in(node, slot): None for slot in range(len(node.operands))}
                | {self.arrow_out(node): None},
            )

    def show_backward(self, number: int, step: BackwardStep) -> None:
        node = step.node
        carried = {self.arrow_out(node): step.adjoint}
        carried |= {self.arrow_in(node, c.slot): c.amount for c in step.contributions}
        sums: dict[int, str] = {}
        for c in step.contributions:
            operand = id(c.operand)
            before = sums.get(operand) or (significant(c.before) if c.before is not None else "")
            amount = significant(c.amount)
            if before.count("+=") >= 2:  # the box need not hold twenty of them
                before = significant(c.before or 0.0)
            sums[operand] = f"{before} += {amount}" if before else amount
            self.missing[operand] -= 1
        for c in step.contributions:
            more = " + …" if self.missing[id(c.operand)] else ""
            self.gradients[id(c.operand)] = sums[id(c.operand)] + more
            if not more:
                self.complete.add(id(c.operand))
        self.take(
            self.captions.chain_rule(f"{number} of {len(self.steps)}", step),
            hands_on=[node],
            receives=[c.operand for c in step.contributions],
            active=carried,
        )
        self.flows |= carried
        for c in step.contributions:
            more = " + …" if self.missing[id(c.operand)] else ""
            self.gradients[id(c.operand)] = significant(c.after) + more

    def take(
        self,
        caption: Sequence[str],
        hands_on: Sequence[Value] = (),
        receives: Sequence[Value] = (),
        active: Mapping[tuple[str, str, int | None], float | None] | None = None,
    ) -> None:
        """Add a frame of what is known by now."""
        glow = {self.box[id(node)]: RECEIVES for node in receives}
        glow |= {self.box[id(node)]: HANDS_ON for node in hands_on}
        boxes = {self.box[id(node)]: node for node in self.nodes}
        items = tuple(
            self.shown(item, boxes[item.id], glow.get(item.id, ""))
            if isinstance(item, Box) and item.id in boxes
            else item
            for item in self.picture.items
        )
        active = active or {}
        arrows = tuple(self.arrow(arrow, active) for arrow in self.picture.arrows)
        picture = replace(
            self.picture,
            items=items,
            arrows=arrows,
            legend=self.legend(),
            caption=tuple(caption),
            title=" ".join(caption),
        )
        self.made.append(picture)

    def shown(self, box: Box, node: Value, glow: str) -> Box:
        value = significant(node.data) if id(node) in self.values else "—"
        gradient = self.gradients.get(id(node), "—")
        lines = (
            Line("value", value, VALUE_COLOUR),
            Line("grad", gradient, GRADIENT_COLOUR),
            *box.lines,
        )
        fill = NO_GRADIENT
        if id(node) in self.complete:
            fill = self.scale.colour(self.final.get(id(node), 0.0))
        return replace(box, lines=lines, fill=fill, ink=ink(fill), glow=glow)

    def arrow(
        self, arrow: Arrow, active: Mapping[tuple[str, str, int | None], float | None]
    ) -> Arrow:
        key = _key(arrow)
        if key in active:
            amount = active[key]
            width = _THINNEST_FLOW if amount is None else self.scale.width(amount)
            wide = max(width, _THINNEST_FLOW)
            return replace(arrow, width=wide, colour=FLOW, against=amount is not None)
        return replace(arrow, width=self.scale.width(self.flows.get(key)))

    def arrow_in(self, node: Value, slot: int) -> tuple[str, str, int | None]:
        """Return what tells the arrow of one argument slot from others."""
        head = self.box[id(node)]
        circle = f"op{head[1:]}"
        if any(isinstance(item, Operation) for item in self.picture.items):
            head = circle
        return ("", head, slot)

    def arrow_out(self, node: Value) -> tuple[str, str, int | None]:
        head = self.box[id(node)]
        return (f"op{head[1:]}", head, None)

    def legend(self) -> Legend:
        shown = [self.final.get(id(node), 0.0) for node in self.nodes]
        own = self.picture.legend.notes if self.picture.legend else ()
        notes = (
            "number on an arrow: local derivative of its result by its operand",
            *own,
            "orange band: hands on; blue band: receives; + …: more is still to come",
        )
        return gradient_legend(self.scale, [*shown, None], notes)


def _key(arrow: Arrow) -> tuple[str, str, int | None]:
    return (arrow.tail if arrow.slot is None else "", arrow.head, arrow.slot)
