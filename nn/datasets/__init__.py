"""Data sets by name: `mnist.load_data()`."""

from typing import TYPE_CHECKING

from nn.datasets import mnist
from nn.unknown import lacking

__all__ = ["mnist"]

if not TYPE_CHECKING:
    __getattr__ = lacking(__name__)
