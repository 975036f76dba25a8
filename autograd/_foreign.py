"""A guard against two distributions that own one import name."""

from __future__ import annotations

import os

__all__ = ["refuse_foreign_files"]

# what only HIPS autograd, the other distribution that imports as `autograd`, brings along
_FOREIGN = ("tracer.py", "core.py", "wrap_util.py", "differential_operators.py", "numpy")


def refuse_foreign_files(folder: str = os.path.dirname(__file__)) -> None:
    """Raise an ImportError if HIPS autograd has been installed into this package's folder."""
    foreign = [name for name in _FOREIGN if os.path.exists(os.path.join(folder, name))]
    if foreign:
        raise ImportError(
            f"{folder} holds files of two distributions: chainrule and HIPS autograd "
            f"({', '.join(foreign)}) share the import name 'autograd' and have overwritten "
            "each other. Use a virtual environment of its own for chainrule, or mend this one: "
            "pip uninstall autograd chainrule, then install chainrule again"
        )
