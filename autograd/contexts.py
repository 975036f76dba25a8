"""What is switched on around an operation: recording, anomaly detection.

A context holds for the thread or asyncio task that entered it and ends even when an
exception passes.  Reading a context variable at every operation would cost a tenth of
it, so `special` counts the open contexts, of any thread, that switch something away from
what it is by default: while it is 0, which is nearly always, an operation need not ask.

`autograd.compile` watches the function that it records: what the function learns about the
numbers is told to the watcher.  `watched` counts the watchers, for the same reason; and `new`,
which makes the node of every operation, notes it only while there are any.  `transforming` counts
the functions that are running for `grad` and its kin.
"""

from __future__ import annotations

import functools
import inspect
import os
import threading
from collections.abc import Callable, Iterable
from contextvars import ContextVar, copy_context
from types import TracebackType
from typing import Any, ParamSpec, Protocol, TypeVar, overload

from autograd.formatting import shown

__all__ = ["detect_anomaly", "detecting_anomaly", "enable_grad", "no_grad", "recording"]

Function = TypeVar("Function", bound=Callable[..., Any])
Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")
Made = TypeVar("Made")


class _Making(Protocol):
    def __call__(self, kind: type[Made], /) -> Made: ...


class _Lockable(Protocol):
    def acquire(self) -> bool: ...

    def release(self) -> None: ...


Lock = TypeVar("Lock", bound=_Lockable)

special = 0
watched = 0
transforming = 0
new: _Making = object.__new__


def kept_over_fork(lock: Lock) -> Lock:
    """Let a fork wait until the lock is free: in the child nobody else would ever release it."""
    if hasattr(os, "register_at_fork"):  # not on Windows, which does not fork
        acquire, release = lock.acquire, lock.release
        os.register_at_fork(before=acquire, after_in_parent=release, after_in_child=release)
    return lock


_lock = kept_over_fork(threading.RLock())


def alone(
    lock: Any,
    function: Callable[Arguments, Result],
    *args: Arguments.args,
    **kwargs: Arguments.kwargs,
) -> Result:
    """Call a function while no other thread is inside with the same lock, an RLock.

    From Python 3.14 on a Ctrl-C may come when a ``with`` block has its lock and has not begun.
    """
    mine = lock._is_owned()
    try:
        with lock:
            return function(*args, **kwargs)
    finally:
        if not mine and lock._is_owned():
            lock.release()


class Switch:
    """Something that contexts switch, with the state that it has outside of them all."""

    def __init__(self, name: str, default: bool) -> None:
        self.innermost: ContextVar[Context | None] = ContextVar(name, default=None)
        self.default = default

    def state(self) -> bool:
        """Return the state that the innermost open context gives it."""
        context = self.innermost.get()
        while context is not None and not context._open:
            context = context._outer
        return self.default if context is None else context._state


class Context:
    """One ``with`` block, or one call of a decorated function, that switches something.

    A task or thread that was started inside the block inherits it.  There it is over as
    soon as the block itself has ended, so that an expression is never half recorded.
    """

    def __init__(self, switch: Switch, state: bool) -> None:
        self._switch = switch
        self._state = state
        self._special = int(state != switch.default)
        self._open = False
        self._outer: Context | None = None

    def __enter__(self) -> None:
        global special
        if self._open:
            raise RuntimeError("this context is open already: make a new one, no_grad()")
        self._outer = self._switch.innermost.get()
        try:
            special += self._special  # without a lock: nobody can come in between
            self._open = True
            self._switch.innermost.set(self)
        except BaseException:  # a Ctrl-C: the block will not run, nor what ends it
            if self._open:
                self.__exit__()
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        global special
        self._open = False  # this first: a Ctrl-C may come at every call
        special -= self._special
        if self._switch.innermost.get() is self:  # else it was left in another task than entered
            self._switch.innermost.set(self._outer)

    def __call__(self, function: Function) -> Function:
        if not callable(function):
            raise TypeError(f"a context decorates a function, not {shown(function)}")
        if any(
            is_piecewise(function)
            for is_piecewise in (
                inspect.isgeneratorfunction,
                inspect.iscoroutinefunction,
                inspect.isasyncgenfunction,
            )
        ):
            raise TypeError(
                f"{function.__name__} runs piece by piece, which a decorator does not see: "
                "use a with block inside it"
            )

        @functools.wraps(function)
        def decorated(*args: Any, **kwargs: Any) -> Any:
            with Context(self._switch, self._state):
                return function(*args, **kwargs)

        return decorated  # type: ignore[return-value]


_recording = Switch("recording", default=True)
_detecting = Switch("detecting anomalies", default=False)
_duals = Switch("dual numbers", default=False)
_reading = Switch("reading a formula", default=False)
_locating = Switch("locating", default=False)


def watching(
    watcher: Any,
    function: Callable[Arguments, Result],
    *args: Arguments.args,
    **kwargs: Arguments.kwargs,
) -> Result:
    """Call a function, recording, that tells `watcher` what it does.

    It runs in a copy of the context, which ends with it whatever happens.  A ``with`` block
    that is left by a Ctrl-C at the very moment at which it ends may stay open.
    """
    global watched, new
    counted = 0

    def begin() -> set[int]:
        global watched, new, _made
        nonlocal counted
        if not watched:
            _made = set()
        watched += 1
        counted = 1
        new = _new_and_noted
        return _made

    def recorded() -> Result:
        _watcher.set(watcher)
        with enable_grad():
            return function(*args, **kwargs)

    try:
        made = alone(_lock, begin)
        result = copy_context().run(recorded)
        watcher.made |= made
        return result
    finally:
        watched -= counted  # without the lock, as above
        if not watched:
            new = object.__new__


def transformed(
    variables: Iterable[Any],
    function: Callable[Arguments, Result],
    *args: Arguments.args,
    **kwargs: Arguments.kwargs,
) -> Result:
    """Call a function whose result will be differentiated by some nodes."""
    global transforming
    around = _variables.get()
    counted = 0
    try:
        transforming += 1
        counted = 1
        _variables.set(around.union(variables))
        return function(*args, **kwargs)
    finally:
        transforming -= counted  # no other thread can come in between, as above
        _variables.set(around)


_variables: ContextVar[frozenset[Any]] = ContextVar("variables", default=frozenset())


def variables() -> frozenset[Any]:
    """Return the nodes by which `grad` and its kin, around this call, differentiate."""
    return _variables.get() if transforming else frozenset()


_watcher: ContextVar[Any] = ContextVar("watcher", default=None)


def watcher() -> Any:
    """Return who watches this thread, an `autograd.compiler.watching.Watcher`; mostly None."""
    return _watcher.get() if watched else None


_made: set[int] = set()  # the ids of the nodes that were made, by any thread, while watched


def _new_and_noted(kind: type[Made], /) -> Made:
    node = object.__new__(kind)
    _made.add(id(node))
    return node


def born(leaf: Any) -> None:
    """Tell the watcher of a leaf that was made of a plain number."""
    if (watching := watcher()) is not None:
        watching.born(leaf)


def read(node: Any, how: str) -> None:
    """Tell the watcher that the function looks at a number itself."""
    if (watching := watcher()) is not None:
        watching.read(node, how)


def plain(x: Any) -> Any:
    """Return the number or array of a node as it is, without a gradient, and tell of it."""
    if not hasattr(x, "_datum"):
        return x
    if watched:
        read(x, "array" if x._is_array else "value")
    return x._datum


def stopped(leaf: Any, source: Any) -> None:
    """Tell the watcher that a leaf has the number of another node."""
    if (watching := watcher()) is not None:
        watching.stopped(leaf, source)


def unrecorded(leaf: Any, carry_out: Callable[..., Any], *operation: Any) -> None:
    """Tell the watcher of a result that is a leaf, for nothing is being recorded."""
    if (watching := watcher()) is not None:
        with enable_grad():
            watching.stopped(leaf, carry_out(*operation))


def drawn(draw: Callable[[], Any]) -> Any:
    """Return an array of random numbers, `draw()`; each replay of a program draws anew.

    While a function is being recorded it is a Tensor through which no gradient flows.
    """
    watching = watcher()
    return draw() if watching is None else watching.drawn(draw)


def effect(function: Callable[..., Any], *values: Any) -> None:
    """Call a function with the arrays of some nodes; each replay of a program does it again."""
    watching = watcher()
    if watching is not None:  # the first replay follows at once
        watching.effects.append((function, values))
    else:
        function(*[getattr(value, "_datum", value) for value in values])


def refuse(what: str) -> None:
    """Raise a TypeError if a watched function does what no program can repeat."""
    if watcher() is not None:
        raise TypeError(
            f"a compiled function only computes, and this one {what}: do that outside of it"
        )


def recording() -> bool:
    """Tell whether operations are being recorded into a graph."""
    return _recording.state()


def detecting_anomaly() -> bool:
    """Tell whether the first nan or inf is to raise an error."""
    return _detecting.state()


def carrying_tangents() -> bool:
    """Tell whether Values that carry a tangent are about."""
    return _duals.state()


def locating() -> bool:
    """Tell whether every node is to know the line of the source that made it."""
    return _locating.state()


def locate() -> Context:
    """Let every node know the line of the source that made it."""
    return Context(_locating, True)


def dual_numbers() -> Context:
    """Mark that Values which carry a tangent are about: the short ways do not know them."""
    return Context(_duals, True)


def reading_formula() -> bool:
    """Tell whether a formula of a primitive of the user's is being read for Values."""
    return _reading.state()


def reading_a_formula() -> Context:
    """Mark that a formula of a primitive of the user's is being read for Values."""
    return Context(_reading, True)


@overload
def no_grad() -> Context: ...
@overload
def no_grad(function: Function) -> Function: ...
def no_grad(function: Any = None) -> Any:
    """Compute without recording: results are leaves.  A context and a decorator.

    >>> from autograd import Value, no_grad
    >>> x = Value(3.0)
    >>> with no_grad():
    ...     y = x * x
    >>> y, y.operands
    (Value(9.000), ())
    """
    return _context(_recording, False, function)


@overload
def enable_grad() -> Context: ...
@overload
def enable_grad(function: Function) -> Function: ...
def enable_grad(function: Any = None) -> Any:
    """Record again inside `no_grad`.  A context and a decorator.

    >>> from autograd import Value, enable_grad, no_grad
    >>> with no_grad(), enable_grad():
    ...     len((Value(3.0) * 2).operands)
    2
    """
    return _context(_recording, True, function)


@overload
def detect_anomaly(function: None = None, *, state: bool = True) -> Context: ...
@overload
def detect_anomaly(function: Function) -> Function: ...
def detect_anomaly(function: Any = None, *, state: bool = True) -> Any:
    """Raise an `AnomalyError` at the first nan or inf, forward or backward.

    The message names the primitive, the labels and values of its operands, and the line
    of your code that made the node.  It costs time: use it to look for a fault.  With
    ``state=False`` it is switched off inside.

    Raises:
        TypeError: `state` is neither True nor False.

    >>> from autograd import Value, detect_anomaly, log
    >>> p = Value(0.0, label="p")
    >>> with detect_anomaly():  # doctest: +ELLIPSIS
    ...     log(p)
    Traceback (most recent call last):
        ...
    autograd.anomaly.AnomalyError: log gave -inf
      operand 1: p = 0.0
      made at ...:2: log(p)
    """
    if not isinstance(state, bool):
        raise TypeError(f"state is True or False, not {shown(state)}")
    return _context(_detecting, state, function)


def _context(switch: Switch, state: bool, function: Any) -> Any:
    context = Context(switch, state)
    return context if function is None else context(function)
