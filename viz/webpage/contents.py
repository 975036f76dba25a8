"""What the explorer page knows of a graph: its nodes, its formulas, its arithmetic, its places.

The page computes for itself.  It gets no derivative written by hand: for each kind of
operation in the graph it gets the row of the table as JavaScript, to compute with, and as
text, to show.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from autograd import Value, primitives
from autograd.graph import Node, topological_order
from autograd.primitives import Primitive
from autograd.symbolic import (
    Expression,
    Name,
    NotSymbolicError,
    Number,
    Simplifier,
    call,
    javascript_kernel,
    javascript_runtime,
    partials_of,
    text,
)
from viz.colour import NOT_FINITE, ZERO, Scale, cividis, ink
from viz.fonts import text_width
from viz.nodes import AnyNode, leading_to, scope_of, short_constant
from viz.notation import Notation
from viz.steps import require_value
from viz.text import visible
from viz.webpage.placing import BOX, CONSTANT, MANY_ARROWS, Arrow, Box, is_dense, placed

__all__ = ["MOST_NODES", "MOST_SLOTS", "Contents", "contents"]

MOST_NODES = 600
"""A page of more is slow, and shows nothing that anyone could follow."""

MOST_SLOTS = 2000
"""More operands, those of all operations together, and a browser no longer keeps up."""

ACTIVATIONS = (primitives.sigmoid, primitives.tanh, primitives.relu)
"""What can be put in each other's place, to see what a gradient owes to it."""

# In the texts of formulas a character of Unicode's private use stands for each operand, and one
# for the result: the page puts names in their places, or numbers.
_OUT = "\ue0ff"
_FIRST_OPERAND = 0xE100

_MOST_TERMS = 8  # of a sum that is written out
_COLOURS = 256

_SYMBOL_SIZE, _NAME_SIZE = 12.0, 15.0
_LONGEST_SYMBOL, _LONGEST_WORD = 4, 10
_AIR = 12.0  # beside a name
_DENSE_WIDTH = 0.25  # of arrows, as a share of their usual width
_SHORTEST_NAME = 4


@dataclass
class Contents:
    """All that is peculiar to the page of one graph.

    Attributes:
        title: the name of the root.
        data: what goes into the page as JSON.
        script: the arithmetic of its primitives as JavaScript: `m` and `KERNELS`.
    """

    title: str
    data: dict[str, Any]
    script: str


def contents(root: Value, wrt: AnyNode | Iterable[AnyNode] | None = None) -> Contents:
    """Return what the page of `root` knows; `viz.explorer` documents arguments and errors.

    >>> x = Value(3.0, label="x")
    >>> found = contents(x * x)
    >>> print(found.script)
    const m = {};
    const KERNELS = [
    {value: (x0, x1) => (x0 * x1), partials: (out, x0, x1) => [x1, x0]}
    ];
    >>> [node["name"] for node in found.data["nodes"]]
    ['x', 'n1']
    """
    require_value(root, "explorer(root, path)")
    order: list[Any] = topological_order(root)
    nodes = order if wrt is None else leading_to(wrt, order)
    if len(nodes) > MOST_NODES:
        shown = "" if wrt is None else "on the paths to wrt= "
        raise ValueError(
            f"the graph has {len(nodes):,} nodes {shown}and an explorer page shows at most "
            f"{MOST_NODES}: show only the paths to some leaves with wrt=, or explore a smaller "
            "expression, such as the loss of one sample or a narrower layer"
        )
    reader = _Reader(root, nodes, constants=wrt is None)
    slots = sum(len(node.operands) for node in nodes if not reader.is_given(node))
    if slots > MOST_SLOTS:
        raise ValueError(
            f"the operations have {slots:,} operands in all and an explorer page takes at most "
            f"{MOST_SLOTS:,}: show only the paths to some leaves with wrt=, or explore a smaller "
            "expression, such as a neuron with fewer inputs or the loss of fewer samples"
        )
    return reader.read()


@dataclass
class _Reader:
    """Reads one graph; every table that the page gets is filled once."""

    root: Value
    nodes: list[Any]
    constants: bool
    notation: Notation = field(init=False)
    index: dict[int, int] = field(init=False)
    make: Simplifier = field(default_factory=Simplifier)
    forms: list[dict[str, Any]] = field(default_factory=list)
    form_index: dict[Any, int] = field(default_factory=dict)
    kernels: dict[Any, tuple[int, str]] = field(default_factory=dict)
    primitives: dict[Primitive, None] = field(default_factory=dict)  # in order, each once

    def __post_init__(self) -> None:
        self.notation = Notation(self.root)
        self.index = {id(node): index for index, node in enumerate(self.nodes)}

    def read(self) -> Contents:
        nodes = [self.node(node) for node in self.nodes]
        used = [primitive for primitive in ACTIVATIONS if primitive in self.primitives]
        choices = [self.choice(primitive) for primitive in ACTIVATIONS] if used else []
        data = {
            "nodes": nodes,
            "forms": self.forms,
            "activations": choices,
            "layers": self.layers(),
            "views": self.views(),
            "sizes": {"box": BOX, "constant": CONSTANT},
            "palette": _palette(),
        }
        kernels = ",\n".join(source for _, source in self.kernels.values())
        script = f"{javascript_runtime(self.primitives)}\nconst KERNELS = [\n{kernels}\n];"
        return Contents(self.notation[self.root].text, data, script)

    # ------------------------------------------------------------ nodes and their operations

    def is_given(self, node: Any) -> bool:
        """Tell whether the page takes a node's number as it is: nothing it depends on is drawn."""
        return not any(id(operand) in self.index for operand in node.operands)

    def node(self, node: Any) -> dict[str, Any]:
        found: dict[str, Any] = {"name": self.notation[node].text}
        if node.scope:
            found["scope"] = visible(node.scope)
        if not self.notation.is_labelled(node):
            found["unnamed"] = True
        if self.is_given(node):
            found["value"] = _number(node._datum)
        else:
            found["form"] = self.form(node.primitive, node._groups)
            found["operands"] = [self.operand(operand) for operand in node.operands]
        symbol = _symbol(node.primitive) if "form" in found else ""
        choices = map(_symbol, ACTIVATIONS if node.primitive in ACTIVATIONS else ())
        mark = max(text_width(each, _SYMBOL_SIZE) for each in [symbol, *choices])
        short = _shortened(found["name"], BOX[0] - _AIR - (mark + _AIR if symbol else 0.0))
        return found if short == found["name"] else found | {"short": short}

    def operand(self, operand: Any) -> int | dict[str, Any]:
        """Return the number of a node; of anything else what it is called and how large it is."""
        if not isinstance(operand, Node):
            return {"text": short_constant(operand), "value": _number(float(operand))}
        if id(operand) in self.index:
            return self.index[id(operand)]
        return {"name": self.notation[operand].text, "value": _number(operand._datum)}

    def form(self, primitive: Any, groups: Sequence[Sequence[Any]]) -> int:
        """Return the number of the form of an operation: a primitive, and its constants."""
        if not isinstance(primitive, Primitive) or any(_is_array(o) for g in groups for o in g):
            raise ValueError(
                f"the operation {getattr(primitive, 'name', primitive)} works on arrays: call "
                ".scalars() on the Tensor it belongs to, and explore what that returns"
            )
        known = tuple(
            tuple(None if isinstance(operand, Node) else repr(operand) for operand in group)
            for group in groups
        )
        key = (primitive, known)  # not its name: one of the user's own may be declared again
        if key not in self.form_index:
            try:
                form = self.read_form(primitive, groups)
            except NotSymbolicError as error:
                raise ValueError(
                    f"the page computes for itself, but the primitive {primitive.name!r} cannot "
                    f"be written as JavaScript: {error}"
                ) from error
            self.form_index[key] = len(self.forms)
            self.forms.append(form)
        return self.form_index[key]

    def read_form(self, primitive: Primitive, groups: Sequence[Sequence[Any]]) -> dict[str, Any]:
        lengths = tuple(map(len, groups))
        kernel = (primitive, lengths)
        if kernel not in self.kernels:
            self.kernels[kernel] = (len(self.kernels), javascript_kernel(primitive, lengths))
            self.primitives[primitive] = None
        operands = _placeholders(groups)
        partials = partials_of(primitive, Name(_OUT), operands)
        form: dict[str, Any] = {
            "kernel": self.kernels[kernel][0],
            "name": visible(primitive.name),
            "symbol": _symbol(primitive),
            "doc": visible(primitive.doc.strip(), longest=200),
            "value": _written(primitive, operands),
            "partials": [
                text(self.make.simplified(partial)) for group in partials for partial in group
            ],
        }
        if primitive.chooses:
            form["chooses"] = True
        if primitive in ACTIVATIONS:
            form["activation"] = ACTIVATIONS.index(primitive)
        return form

    def choice(self, primitive: Primitive) -> dict[str, Any]:
        """Return one of the activations that can be chosen, with the form of its operation."""
        form = self.form(primitive, [(self.root,)])
        return {"name": primitive.name, "form": form}

    # ------------------------------------------------------------ layers

    def layers(self) -> list[dict[str, Any]]:
        """Return the leaves layer by layer, from the input on; nothing if there is one layer.

        Models say in the scope of a leaf which layer it belongs to.  Elsewhere an activation
        ends a layer, and a leaf belongs to the layer that uses it first.
        """
        leaves = [node for node in self.nodes if self.is_given(node)]
        first_use: dict[int, int] = {}
        for index, node in enumerate(self.nodes):
            for operand in node.operands:
                first_use.setdefault(self.index.get(id(operand), -1), index)
        named: dict[str, list[int]] = {}
        for leaf in leaves:
            for part in scope_of(leaf)[:1]:
                named.setdefault(visible(part), []).append(self.index[id(leaf)])
        if len(named) < 2:
            named = self.layers_by_activations()
        if len(named) < 2:
            return []
        layers = sorted(named.items(), key=lambda layer: min(map(first_use.__getitem__, layer[1])))
        return [{"name": name, "leaves": members} for name, members in layers]

    def layers_by_activations(self) -> dict[str, list[int]]:
        ended = [0] * len(self.nodes)  # how many layers, up to and with each node
        first_use: dict[int, int] = {}
        for index, node in enumerate(self.nodes):
            operands = [self.index[id(o)] for o in node.operands if id(o) in self.index]
            before = max((ended[operand] for operand in operands), default=0)
            ended[index] = before + (node.primitive in ACTIVATIONS)
            for operand in operands:
                first_use[operand] = min(first_use.get(operand, before), before)
        last = ended[-1]
        found: dict[str, list[int]] = {}
        leaves = [index for index, node in enumerate(self.nodes) if self.is_given(node)]
        for layer in range(last + 1):
            name = f"layer {layer + 1}" if layer < last else "after the last layer"
            members = [leaf for leaf in leaves if first_use.get(leaf, 0) == layer]
            if members:
                found[name] = members
        return found

    # ------------------------------------------------------------ the diagram

    def views(self) -> dict[str, Any]:
        """Return the diagram for a wide and for a narrow screen."""
        boxes: list[Box] = []
        box_of: dict[int, int] = {}
        slots: list[tuple[int, int, int]] = []  # tail, head, and the slot
        shown = []  # of each constant: the node, and the slot
        for index, node in enumerate(self.nodes):
            tails = []
            for slot, operand in enumerate(() if self.is_given(node) else node.operands):
                if id(operand) in self.index:
                    tails.append((box_of[self.index[id(operand)]], slot))
                elif self.constants and not isinstance(operand, Node):
                    tails.append((len(boxes), slot))
                    boxes.append(Box(is_constant=True))
                    shown.append([index, slot])
            box_of[index] = len(boxes)
            boxes.append(Box())
            slots += [(tail, box_of[index], slot) for tail, slot in tails]
        texts = len(slots) <= MANY_ARROWS
        arrows = [
            Arrow(tail, head, texts and not boxes[tail].is_constant) for tail, head, _ in slots
        ]
        number = {box: index for index, box in box_of.items()}
        constant = iter(range(len(shown)))
        number_of = [
            -1 - next(constant) if box.is_constant else number[place]
            for place, box in enumerate(boxes)
        ]
        return {
            "thin": _DENSE_WIDTH if is_dense(boxes, arrows) else 1.0,
            # nodes by their number; the first constant is -1, the second -2
            "boxes": number_of,
            "constants": shown,
            "arrows": [[number_of[tail], number_of[head], slot] for tail, head, slot in slots],
            "wide": placed(boxes, arrows, "LR"),
            "narrow": placed(boxes, arrows, "TB"),
        }


# ---------------------------------------------------------------- formulas


def _placeholders(groups: Sequence[Sequence[Any]]) -> list[tuple[Expression, ...]]:
    """Return what stands for the operands in texts: a constant is itself."""
    found: list[tuple[Expression, ...]] = []
    place = _FIRST_OPERAND
    for group in groups:
        operands: list[Expression] = []
        for operand in group:
            is_node = isinstance(operand, Node)
            operands.append(Name(chr(place)) if is_node else Number(float(operand)))
            place += 1
        found.append(tuple(operands))
    return found


def _written(primitive: Primitive, groups: Sequence[tuple[Expression, ...]]) -> str:
    """Write an operation as people do; of a long sum the first terms and the bias."""
    if not primitive.variadic or len(groups[0]) <= _MOST_TERMS:
        return text(call(primitive, groups))
    first = text(call(primitive, [group[: _MOST_TERMS - 2] for group in groups[:2]]))
    bias = "".join(f" + {text(operand)}" for group in groups[2:] for operand in group)
    return f"{first} + … ({len(groups[0])} terms){bias}"


def _is_array(operand: Any) -> bool:
    return getattr(getattr(operand, "_datum", operand), "ndim", 0) > 0


def _number(number: float) -> float | str:
    """Return a number as JSON can hold it, which has no nan and no inf."""
    number = float(number)
    return number if math.isfinite(number) else str(number)


# ---------------------------------------------------------------- looks


def _palette() -> dict[str, Any]:
    """Return the colours and widths of gradients, as the diagrams of `viz.draw` have them."""
    colours = [cividis(index / (_COLOURS - 1)) for index in range(_COLOURS)]
    scale = Scale(0, 1)
    return {
        "colours": "".join(colour.removeprefix("#") for colour in colours),
        # from here on black is easier to read than white
        "blackFrom": [ink(colour) for colour in colours].index("#000000"),
        "widths": [scale.width(1.0), scale.width(10.0)],
        "zero": [ZERO, ink(ZERO)],
        "notFinite": [NOT_FINITE, ink(NOT_FINITE)],
    }


def _symbol(primitive: Primitive) -> str:
    """Return what stands beside a name in a box, where there is little room."""
    symbol = visible(primitive.symbol)
    return symbol if len(symbol) <= _LONGEST_SYMBOL else visible(primitive.ascii, _LONGEST_WORD)


def _shortened(name: str, width: float) -> str:
    """Cut a name to what fits; the page sets the rest closer if its font is a wide one."""
    if text_width(name, _NAME_SIZE, bold=True) <= width:
        return name
    while len(name) > _SHORTEST_NAME and text_width(name + "…", _NAME_SIZE, bold=True) > width:
        name = name[:-1]
    return name + "…"
