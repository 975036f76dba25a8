"""`draw` and `save`: a graph as a diagram, on the screen or in a file."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from autograd.atomic import as_path, write_atomically
from autograd.formatting import shown
from autograd.graph import topological_order
from viz.arguments import choice
from viz.changed_leaves import note_of_changes
from viz.comparing.comparison import Comparison
from viz.diagram import Legend, Picture, describe
from viz.filenames import require_folder, require_no_folder
from viz.nodes import AnyNode, is_node, names_by_id
from viz.render import FORMATS, Diagram
from viz.text import visible

__all__ = ["draw", "save"]


def draw(
    root: AnyNode,
    *,
    direction: str = "LR",
    values: bool = True,
    gradients: bool = True,
    local_derivatives: bool = True,
    labels: Mapping[Any, str] | None = None,
    wrt: AnyNode | Iterable[AnyNode] | None = None,
    format: str | None = None,
    max_depth: int | None = None,
    force: bool = False,
    gradient_range: tuple[float, float] | None = None,
    ids: bool = False,
) -> Diagram:
    """Return the diagram of the graph that computed `root`, as a `graphviz.Digraph`.

    One box a Value, with its name, its number and its gradient (``—`` until a backward pass
    has reached it); one circle a primitive; on each arrow the local derivative of the result
    by that operand, to 4 significant digits.  The colour of a box and the width of an arrow
    follow log10 of the gradient.  Graphs of more than 60 values are drawn with less detail.

    The box of a Tensor shows its shape, its dtype if it is not the default one, its norm, its
    smallest and its largest element, and up to 6 elements the numbers themselves; and the same
    of its gradient, whose norm decides colour and width.  Arrows show what fits on them: one
    local derivative or a few, the smallest and the largest of many, or, through a matrix
    product, the other factor.  A note says which leaves were changed after the graph was
    computed.

    Args:
        root: the Value or Tensor whose computation is drawn.
        direction: "LR", "RL", "TB" or "BT": from where to where the computation runs.
        values: whether to show the numbers.
        gradients: whether to show the gradients, as numbers, colours and widths.
        local_derivatives: whether to show a number on each arrow.
        labels: names that override `.label` in this picture.
        wrt: draw only what lies on a path from `root` to this Value or Tensor, or to one of
            several.
        format: what `.render()` writes by default: "svg", "png", "pdf" or "dot".
        max_depth: draw only what is at most so many operations before `root`.
        force: draw more than 3,000 boxes.
        gradient_range: the smallest and the largest |gradient| of the colour scale, so that
            several diagrams can share one; that of this graph if not given.
        ids: whether a value without a name shows its id, ``n3``, the one by which `tree`,
            `explain` and the others call it.

    Raises:
        TypeError: `root`, `labels` or `wrt` is not made of Values and Tensors; `values` or another
            switch is neither True nor False.
        ValueError: an unknown direction or format; a `wrt` that `root` does not depend on; a
            negative `max_depth`; a `gradient_range` that is none; more than 3,000 boxes
            without `force`.

    >>> from autograd import Value
    >>> x = Value(3.0, label="x")
    >>> y = x * x
    >>> draw(y).source.count("->")  # two arrows into the product, one out of it
    3
    """
    if format is not None:
        choice(format, "format", FORMATS)
    picture = describe(
        root,
        direction=direction,
        values=values,
        gradients=gradients,
        local_derivatives=local_derivatives,
        labels=labels,
        wrt=wrt,
        max_depth=max_depth,
        force=force,
        gradient_range=gradient_range,
        ids=ids,
    )
    return Diagram.of(_with_note(picture, root, labels) if values else picture, format)


def _with_note(picture: Picture, root: AnyNode, labels: Mapping[Any, str] | None) -> Picture:
    """Return a picture with a note on the leaves that were changed, if there are any."""
    names = names_by_id(labels)

    def name(leaf: Any) -> str:
        return visible(names.get(id(leaf), leaf.label))

    note = note_of_changes(topological_order(root), name)
    if not note:
        return picture
    legend = picture.legend or Legend()
    return replace(picture, legend=replace(legend, notes=(*legend.notes, note)))


def save(
    root: AnyNode | Diagram | Comparison, path: os.PathLike[str] | str, **options: Any
) -> Path:
    """Write the diagram of `root` to a file, and return its path.

    The file is complete or, after an error, as it was before; no other file is left.

    Args:
        root: the Value or Tensor whose computation is drawn; or what `draw`, `draw_model` or
            `compare` has drawn already.
        path: ends in .svg, .png, .pdf or .dot; its folder must exist.
        options: as for `draw`, but for `format`, which the name of the file tells.

    Raises:
        ValueError: another ending; and as for `draw`.
        FileNotFoundError: the folder does not exist.
        RenderError: .png or .pdf without a Graphviz engine (the `render` extra brings one).

    >>> import tempfile
    >>> from autograd import Value
    >>> x = Value(3.0, label="x")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(x * x, f"{folder}/y.svg").name
    'y.svg'
    """
    if isinstance(root, Comparison):
        root = root.diagram
    if not is_node(root) and not isinstance(root, Diagram):
        raise TypeError(
            "save(root, path) writes the diagram of a Value or a Tensor, or one that draw, "
            f"draw_model or compare has drawn, not of {shown(root)}"
        )
    path = as_path(path)
    format = path.suffix.lower().removeprefix(".")
    if format not in FORMATS:
        endings = ", ".join(f".{known}" for known in FORMATS)
        others = {"gif": "; animate(root, path) writes a .gif", "html": "; explorer(root, path) "
                  "writes a page"}  # fmt: skip
        raise ValueError(
            f"the name of a diagram must end in one of {endings}, got {shown(path.name)}"
            + others.get(format, "")
        )
    if "format" in options:
        raise TypeError("save() takes the format from the name of the file: leave format= out")
    require_folder(path)
    require_no_folder(path)
    if isinstance(root, Diagram):
        if options:
            raise TypeError("a diagram is drawn already: give the options to draw, not to save")
        diagram = root
    else:
        diagram = draw(root, **options)
    data = diagram.pipe(format)
    write_atomically(path, data if isinstance(data, bytes) else data.encode("utf-8"))
    return path
