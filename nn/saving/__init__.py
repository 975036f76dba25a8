"""Models and weights as files.

The format is one of our own, one zip file of JSON and .npy arrays (docs/file_format.md);
weights are also written as safetensors, which PyTorch and Hugging Face tools read.

>>> import numpy as np
>>> from nn import layers, models
>>> model = models.Sequential([layers.Input(shape=(2,)), layers.Dense(1)])
>>> model.save("small.keras")
>>> again = load_model("small.keras")
>>> x = np.array([[1.0, 2.0]])
>>> bool((again.predict(x, verbose=0) == model.predict(x, verbose=0)).all())
True
"""

from nn.saving.safetensors import load_safetensors, save_safetensors
from nn.saving.weights import load_weights, save_weights
from nn.saving.whole import load_model, save_model

__all__ = [
    "load_model", "load_safetensors", "load_weights", "save_model", "save_safetensors",
    "save_weights",
]  # fmt: skip
