"""Plots of networks and their training, with matplotlib (``pip install 'chainrule[plots]'``).

- ``history(history)``: loss and metrics by epoch
- ``gradient_norms(monitor)``: the gradient that each layer receives, by epoch
- ``activations(["sigmoid", "relu"])``: activation functions with their derivatives
- ``depth(["sigmoid", "relu"])``: what is left of a gradient after so many neurons
- ``decision_boundary(model, X, y)``: what a classifier of two inputs answers, and where it changes
- ``loss_surface(loss, at)``: the loss along two directions, with the optimizer's path
- ``weight_histograms(model)``, ``activation_histograms(model, inputs)``: a layer each
- ``line_fit(x, y, lines, "fit.gif")``: a neuron that fits a line, as an animation

Each returns a `matplotlib.figure.Figure`, which a notebook shows as the value of a cell, and
draws in the Axes of yours with ``ax=``.  ``figure.savefig("loss.png")`` writes it to a file.
"""

from viz.plots.functions import activations as activations
from viz.plots.functions import depth as depth
from viz.plots.histograms import activation_histograms as activation_histograms
from viz.plots.histograms import weight_histograms as weight_histograms
from viz.plots.linefit import line_fit as line_fit
from viz.plots.palette import style as style
from viz.plots.planes import decision_boundary as decision_boundary
from viz.plots.surface import loss_surface as loss_surface
from viz.plots.training import gradient_norms as gradient_norms
from viz.plots.training import history as history

__all__ = [
    "activation_histograms", "activations", "decision_boundary", "depth", "gradient_norms",
    "history", "line_fit", "loss_surface", "style", "weight_histograms",
]  # fmt: skip
