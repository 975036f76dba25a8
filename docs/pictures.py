"""Draw the pictures of the README again: ``python docs/pictures.py``.

They are drawn by the built-in layout, which gives the same bytes on every machine.
"""

from pathlib import Path

from autograd import Tensor, Value
from autograd.atomic import write_atomically
from demos.vanishing_gradient import two_neurons
from viz import draw
from viz.svg import write_svg


def pictures() -> dict[str, str]:
    """Return the SVG of each picture by its file name."""
    x, w, b = Value(2.0, label="x"), Value(-3.0, label="w"), Value(6.88, label="b")
    y = (w * x + b).tanh()
    y.label = "y"
    y.backward()
    network = two_neurons("sigmoid")
    network.E.backward()
    W = Tensor([[0.5, -1.2, 0.3], [0.8, 0.1, -0.4]], label="W")  # noqa: N806
    v, c = Tensor([1.0, 2.0, 3.0], label="x"), Tensor([0.1, -0.2], label="b")
    z = W @ v + c
    total = z.tanh().sum()
    z.label, total.label = "z", "y"
    total.backward()
    return {
        "layer.svg": write_svg(draw(total).picture),
        "neuron.svg": write_svg(draw(y).picture),
        "two_neurons.svg": write_svg(draw(network.E).picture),
    }


if __name__ == "__main__":
    for name, svg in pictures().items():
        write_atomically(Path(__file__).with_name(name), svg.encode())
