"""What a program says of itself: names of variables and comments, from the user's own words.

A label names the variable, a scope ("layer 1 / neuron 3") tells whose the numbers are, and the
line of the user's source says what he wrote there.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import Any

from autograd.compiler.numbering import SUM, Numbering

__all__ = ["Descriptions"]

_LOOKED_AT = 200
"""Of so many numbers of an array the labels and scopes are looked at."""

_WIDTH = 64
"""The most columns of a line of the user's source in a comment."""


class Descriptions:
    """Names and comments for symbols, by the nodes whose numbers they hold.

    Args:
        trace: gets them.
        numbering: has the nodes.
    """

    def __init__(self, trace: Any, numbering: Numbering) -> None:
        self._trace = trace
        self._numbering = numbering
        self._count = 0
        self._scopes: dict[Any, str] = {}
        self._members: list[tuple[Any, int]] = []
        self._arrays: list[Any] = []
        self._found = {"z": 0, "h": 0}

    def describe(self, symbol: Any, numbers: Sequence[int]) -> None:
        """Name a symbol after the nodes whose numbers it holds, and note whose they are."""
        if symbol.__class__ in (float, bool):
            return
        nodes = [self._numbering.nodes[int(number)] for number in numbers[:_LOOKED_AT]]
        nodes = [node for node in nodes if node is not None]
        labels = {node.label for node in nodes}
        if len(labels) == 1 and (label := labels.pop()):
            self._trace.name(symbol, label)
        elif len(numbers) > 1:
            self._name_of_a_layer(symbol, int(numbers[0]))
        self._scopes[symbol] = _told_scope([node.scope for node in nodes])
        self._members.append((symbol, int(numbers[0])))

    def _name_of_a_layer(self, symbol: Any, number: int) -> None:
        """Call weighted sums z and what becomes of them h, as books do."""
        code = self._numbering.code[number]
        if code == SUM:
            letter = "z"
            if not any(len(term) == 2 for term in self._numbering.operands[number][1:]):
                return
        elif self._numbering.rows[code] is not None and self._numbering.rows[code].name in _BENT:
            letter = "h"
        else:
            return
        self._found[letter] += 1
        self._trace.name(symbol, f"{letter}{self._found[letter]}")

    def describe_array(self, symbol: Any, node: Any) -> None:
        """Name the symbol of a Tensor."""
        if symbol.__class__ in (float, bool):
            return
        if node.label:
            self._trace.name(symbol, node.label)
        self._scopes[symbol] = _told_scope([node.scope])
        self._arrays.append(symbol)

    def let_go(self) -> None:
        """Forget the graph, once everything in it has been described."""
        self._count = len(self._numbering.nodes)
        del self._numbering

    def comment(self, located: Numbering | None = None) -> None:
        """Write comments that tell scopes and, if they are known, the lines of the source.

        Args:
            located: the same graph, whose nodes know their lines; another graph is ignored.
        """
        nodes = located.nodes if located is not None and self._count >= len(located.nodes) else []
        described = [
            (symbol, nodes[number] if number < len(nodes) else None)
            for symbol, number in self._members
        ]
        arrays = located.arrays if located is not None else []
        computed = [node for node in arrays if not node.is_leaf]
        if len(computed) == len(self._arrays):
            described += zip(self._arrays, computed, strict=True)
        else:
            described += [(symbol, None) for symbol in self._arrays]
        said = ""
        for symbol, node in sorted(described, key=lambda pair: pair[0].number):
            notes = node._notes if node is not None else None
            line = _told_line(notes.made_at) if notes is not None and notes.made_at else ""
            comment = ": ".join(part for part in (self._scopes[symbol], line) if part)
            if comment and comment != said:
                self._trace.note(symbol, comment)
                said = comment


_BENT = {"relu", "leaky_relu", "elu", "selu", "gelu", "silu", "sigmoid", "tanh", "softplus"}


def _told_scope(scopes: Sequence[str]) -> str:
    """Return what scopes have in common, and how many parts of it there are."""
    if not scopes or not all(scopes):
        return ""
    parts = [scope.split(" / ") for scope in scopes]
    common = []
    for several in zip(*parts, strict=False):
        if len(set(several)) > 1:
            break
        common.append(several[0])
    told = " / ".join(common)
    members = {tuple(part[len(common) : len(common) + 1]) for part in parts}
    if len(members) > 1:
        kind = re.sub(r"\W*\d*$", "", next(iter(sorted(members)))[0]) if () not in members else ""
        told += f"{', ' if told else ''}{len(members)} {kind}s" if kind else ""
    return told


def _told_line(made_at: str) -> str:
    """Return a line of the source, without the folder that it is in."""
    place, _, text = made_at.partition(": ")
    text = re.sub(r"\s+#.*$", "", text).strip()
    file, _, line = place.rpartition(":")
    where = f"{os.path.basename(file)}:{line}"
    if not text:
        return where
    return text if len(text) <= _WIDTH else text[: _WIDTH - 2] + " …"
