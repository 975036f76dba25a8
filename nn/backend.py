"""What a Keras program asks its `backend` for: the float type, epsilon, a clean start."""

from nn.config import epsilon, floatx, set_floatx
from nn.utils import clear_session

__all__ = ["clear_session", "epsilon", "floatx", "set_floatx"]
