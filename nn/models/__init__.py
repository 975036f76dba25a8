"""Models: layers that are trained and saved together.

>>> from nn.layers import Dense, Input
>>> model = Sequential([Input(shape=(8,)), Dense(50, activation="relu"), Dense(1)])
>>> model.count_params()
501
"""

from typing import TYPE_CHECKING

from nn.models.model import Model
from nn.models.sequential import Sequential, model_from_json
from nn.saving import load_model, save_model
from nn.unknown import lacking

__all__ = ["Model", "Sequential", "load_model", "model_from_json", "save_model"]

if not TYPE_CHECKING:
    __getattr__ = lacking(__name__, {"clone_model": "model.from_config(model.get_config())"})
