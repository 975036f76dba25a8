"""Where the random generators of a training stand, so that it goes on as if never broken off."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from autograd.formatting import shown
from nn.module import Module
from nn.random import generator, set_state, state_of

__all__ = ["describe", "generators", "restore", "restore_layers"]


def describe(model: Module) -> dict[str, Any]:
    """Return the states of nn's generator and of those that layers have of their own.

    >>> from nn.layers import Dropout
    >>> described = describe(Dropout(0.5, seed=0))
    >>> sorted(described), described["layers"][0]["name"], described["layers"][0]["state"]["inc"]
    (['generator', 'layers'], '_generator', 87136372517582989555478159403783844777)
    """
    layers = [{"name": name, "state": state_of(found)} for name, found in generators(model)]
    return {"generator": state_of(generator()), "layers": layers}


def restore(described: Mapping[str, Any] | None) -> None:
    """Set nn's generator to where it stood.

    Raises:
        ValueError: nothing is described, or something that is no state.
    """
    if described is None:
        raise ValueError("there is no state of the random generator: the model was not compiled")
    set_state(generator(), described.get("generator"))


def restore_layers(model: Module, described: Mapping[str, Any] | None) -> None:
    """Set the generators that layers have of their own to where they stood.

    Raises:
        ValueError: the layers have other generators, or something is no state.
    """
    if described is None:
        return
    own = dict(generators(model))
    listed = described.get("layers", []) if isinstance(described, Mapping) else described
    if not isinstance(listed, list) or not all(
        isinstance(entry, dict) and isinstance(entry.get("name"), str) and "state" in entry
        for entry in listed
    ):
        raise ValueError(
            "the layers of the random state are a list of their names and states, not "
            f"{shown(listed)}"
        )
    states = {entry["name"]: entry["state"] for entry in listed}
    if own.keys() != states.keys():
        raise ValueError(
            f"its layers have the random generators {sorted(own)}, and the file has the states of "
            f"{sorted(states)}"
        )
    for name, found in own.items():
        set_state(found, states[name])


def generators(model: Module) -> Iterator[tuple[str, np.random.Generator]]:
    """Yield each generator that a part of the model holds once, with its dotted name."""
    seen: set[int] = set()
    for path, part, _ in model._walk():
        for name, found in vars(part).items() if isinstance(part, Module) else ():
            kept = isinstance(found, np.random.Generator) and id(found) not in seen
            if kept and isinstance(found.bit_generator, np.random.PCG64):
                seen.add(id(found))
                yield f"{path}.{name}" if path else name, found
