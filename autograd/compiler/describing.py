"""What a program says of itself: names of variables and comments, from the user's own words.

A label names the variable, a scope ("layer 1 / neuron 3") tells whose the numbers are, and the
line of the user's source says what he wrote there.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from autograd.compiler.numbering import SUM, Numbering

__all__ = ["Descriptions"]

_SHOWN = 200
"""Of so many numbers of an array the scopes are looked at."""


class Descriptions:
    """Names and comments for symbols, by the nodes whose numbers they hold.

    Args:
        trace: gets them.
        numbering: has the nodes.
        lines: the line of the source on which nodes were made, if that is known.
    """

    def __init__(
        self, trace: Any, numbering: Numbering, lines: Mapping[Any, str] | None = None
    ) -> None:
        self.trace = trace
        self.numbering = numbering
        self.numbers: dict[Any, list[int]] = {}

    def describe(self, symbol: Any, numbers: Sequence[int]) -> None:
        """Give a symbol its name; remember whose numbers it holds."""
        if symbol.__class__ is float:
            return
        nodes = [self.numbering.nodes[int(number)] for number in numbers[:_SHOWN]]
        self.numbers[symbol] = [int(number) for number in numbers]
        labels = {node.label for node in nodes if node is not None}
        if len(labels) == 1 and (label := labels.pop()):
            self.trace.name(symbol, label)
        comment = self._scope(nodes, len(numbers))
        if comment:
            self.trace.note(symbol, comment)

    def _scope(self, nodes: Sequence[Any], count: int) -> str:
        scopes = [node.scope for node in nodes if node is not None and node.scope]
        if not scopes or self.numbering.code[0] == SUM:
            return ""
        common = _common(scopes)
        members = {scope for scope in scopes if scope != common}
        return common
    

def _common(scopes: Sequence[str]) -> str:
    """Return what all scopes begin with, in whole parts: "layer 1" of its neurons'."""
    parts = [scope.split(" / ") for scope in scopes]
    common = os.path.commonprefix(parts)
    return " / ".join(common)
