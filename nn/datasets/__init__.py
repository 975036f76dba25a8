"""Data sets by name: `mnist.load_data()`."""

from nn.datasets import mnist

__all__ = ["mnist"]
