"""A Python prompt with the engine at hand: ``python -m autograd``.

IPython is used when it is installed.
"""

from __future__ import annotations

import code
import sys
from contextlib import suppress
from importlib.util import find_spec
from typing import Any

import numpy as np

import autograd
import nn
import viz

BANNER = """\
Value, grad and all of autograd are here; np, nn; draw, save, tree, explain …
    x = Value(2.0, label="x");  y = (3 * x).tanh();  y.backward();  x
    print(tree(y));  explain(y, x);  save(y, "y.svg");  help(Value)"""


def namespace() -> dict[str, Any]:
    """Return the names that the prompt starts with."""
    names = {name: getattr(autograd, name) for name in autograd.__all__}
    pictures = {name: getattr(viz, name) for name in viz.__all__}
    return {**names, **pictures, "autograd": autograd, "nn": nn, "np": np}


def main() -> None:
    """Open the prompt."""
    if find_spec("IPython") is None:
        with suppress(ImportError):
            import readline  # noqa: F401 - gives the prompt its arrow keys
        code.interact(banner=BANNER, local=namespace(), exitmsg="")
        return
    from IPython import start_ipython
    from traitlets.config import Config

    config = Config()
    config.TerminalInteractiveShell.banner1 = BANNER + "\n"
    start_ipython(argv=sys.argv[1:], user_ns=namespace(), config=config)


if __name__ == "__main__":
    main()
