"""Make a graph that differs smaller, for as long as it still differs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from tests.fuzz.programs import Program


def reduced(program: Program, differs: Callable[[Program], bool], tries: int = 400) -> Program:
    """Return a smaller program that `differs` as well."""
    while tries > 0:
        for smaller in _smaller(program):
            tries -= 1
            if tries <= 0:
                break
            if _does(differs, smaller):
                program = smaller
                break
        else:
            break
    return program


def _does(differs: Callable[[Program], bool], program: Program) -> bool:
    try:
        program.run(program.fresh())
    except Exception:  # what is left is no program
        return False
    return differs(program)


def _smaller(program: Program) -> Iterator[Program]:
    count = len(program.leaves)
    for length in range(1, len(program.steps)):
        yield _without_dead(replace(program, steps=program.steps[:length]))
    trimmed = _without_dead(program)
    if len(trimmed.steps) < len(program.steps):
        yield trimmed
    for i in reversed(range(len(program.steps))):
        for operand in dict.fromkeys(o for o in program.steps[i].operands if o.__class__ is int):
            yield _replaced(program, count + i, operand)
    if len(trimmed.leaves) < count:
        yield trimmed
    for i, leaf in enumerate(program.leaves):
        for simpler in _simpler(leaf):
            leaves = (*program.leaves[:i], simpler, *program.leaves[i + 1 :])
            yield replace(program, leaves=leaves)


def _replaced(program: Program, place: int, by: int) -> Program:
    """Let one result be an earlier one, and leave its step out."""
    count = len(program.leaves)
    steps = []
    for i, step in enumerate(program.steps, count):
        if i == place:
            continue
        operands = tuple(
            o if o.__class__ is not int else by if o == place else o - (o > place)
            for o in step.operands
        )
        steps.append(replace(step, operands=operands))
    return replace(program, steps=tuple(steps))


def _without_dead(program: Program) -> Program:
    """Leave out what the last result does not need, but for one leaf."""
    count = len(program.leaves)
    if not program.steps:
        return program
    needed = {count + len(program.steps) - 1}
    for i in reversed(range(len(program.steps))):
        if count + i in needed:
            needed |= {o for o in program.steps[i].operands if o.__class__ is int}
    places = {old: new for new, old in enumerate(sorted(needed))}
    leaves = tuple(x for i, x in enumerate(program.leaves) if i in needed)
    steps = tuple(
        replace(
            step, operands=tuple(places[o] if o.__class__ is int else o for o in step.operands)
        )
        for i, step in enumerate(program.steps, count)
        if i in needed
    )
    return replace(program, leaves=leaves, steps=steps)


def _simpler(leaf: Any) -> Iterator[Any]:
    if not isinstance(leaf, np.ndarray):
        if leaf != 1.0:
            yield 1.0
        if np.isfinite(leaf) and leaf != round(leaf, 1):
            yield round(leaf, 1)
        return
    for axis in range(leaf.ndim):
        if leaf.shape[axis] > 1:
            yield leaf.take([0], axis)
            yield leaf.take([-1], axis)
    if leaf.ndim:
        yield np.asarray(leaf[0]) if leaf.shape[0] else np.zeros(leaf.shape[1:], leaf.dtype)
    for place in np.ndindex(leaf.shape):
        if leaf[place] != 1.0:
            simpler = leaf.copy()
            simpler[place] = 1.0
            yield simpler


