"""Computational graphs as pictures.

- ``draw(root)``: a diagram, a `graphviz.Digraph` that renders with or without Graphviz
- ``save(root, "y.svg")``: the same in a file: .svg, .png, .pdf or .dot
- ``tree(root)``: a picture in plain text, for the terminal
- ``formula(root)``, ``derivative(root, wrt)``: the expression, and its derivative, as formulas
"""

try:
    from autograd._foreign import refuse_foreign_files
except ImportError as error:
    raise ImportError(
        "the package 'autograd' that Python finds is not chainrule's but another distribution of "
        "that name, probably HIPS autograd: use a virtual environment of its own for chainrule"
    ) from error

refuse_foreign_files()  # HIPS autograd may own the package's __init__ by now

from viz.drawing import draw as draw
from viz.drawing import save as save
from viz.formulas import derivative as derivative
from viz.formulas import formula as formula
from viz.render import Diagram as Diagram
from viz.render import LayoutTimeoutError as LayoutTimeoutError
from viz.render import RenderError as RenderError
from viz.terminal import tree as tree

__all__ = [
    "Diagram",
    "LayoutTimeoutError",
    "RenderError",
    "derivative",
    "draw",
    "formula",
    "save",
    "tree",
]
