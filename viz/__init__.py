"""Computational graphs as pictures.

- ``draw(root)``: a diagram, a `graphviz.Digraph` that renders with or without Graphviz
- ``save(root, "y.svg")``: the same in a file: .svg, .png, .pdf or .dot
- ``tree(root)``: a picture in plain text, for the terminal
- ``explain(root, wrt)``: the chain rule for one derivative, path by path, with badges
- ``explorer(root, "page.html")``: a page to step through, to drag weights in, and to be quizzed by
- ``animate(root, "pass.gif")``: the backward pass, step by step
- ``compare(before, after)``: what changed between two passes of one graph; ``snapshot(root)``
  keeps the first as it was
- ``draw_model(model)``: a network as layers, or as neurons and weights
- ``viz.plots``: loss curves, gradient norms, activation functions, decision boundaries …
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

from viz import plots as plots
from viz.animating.animation import animate as animate
from viz.comparing.comparison import compare as compare
from viz.comparing.snapshots import snapshot as snapshot
from viz.drawing import draw as draw
from viz.drawing import save as save
from viz.explaining.explanation import explain as explain
from viz.formulas import derivative as derivative
from viz.formulas import formula as formula
from viz.networks import draw_model as draw_model
from viz.render import Diagram as Diagram
from viz.render import LayoutTimeoutError as LayoutTimeoutError
from viz.render import RenderError as RenderError
from viz.terminal import tree as tree
from viz.webpage.page import explorer as explorer

__all__ = [
    "Diagram",
    "LayoutTimeoutError",
    "RenderError",
    "animate",
    "compare",
    "derivative",
    "draw",
    "draw_model",
    "explain",
    "explorer",
    "formula",
    "plots",
    "save",
    "snapshot",
    "tree",
]
