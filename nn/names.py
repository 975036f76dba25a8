"""What may be given by name: "adam", "Adam", {"class_name": "Adam", ...}, Adam and Adam()."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from inspect import signature
from typing import Any, TypeVar

from autograd.formatting import shown

__all__ = [
    "Configured", "Names", "as_arguments", "as_custom", "custom_names", "described", "nearest",
    "refuse_namesake", "some",
]  # fmt: skip

Made = TypeVar("Made", bound="Configured")

_custom: ContextVar[Mapping[str, Any]] = ContextVar("custom_names")


@contextmanager
def custom_names(custom_objects: Mapping[str, Any] | None) -> Iterator[None]:
    """Let every `Names` find these classes and functions of the user's inside the block.

    So a layer's config finds the activation in it, and a model's config the layer.

    >>> with custom_names({"wave": max}):
    ...     Names("function", {"area": min}).get("wave")
    <built-in function max>
    """
    token = _custom.set({**_custom.get({}), **as_custom(custom_objects)})
    try:
        yield
    finally:
        _custom.reset(token)


class Configured:
    """The base of all that a config, a dict of the arguments that make it again, describes.

    >>> class Circle(Configured):
    ...     def __init__(self, radius=1.0):
    ...         self.radius = radius
    ...     def get_config(self):
    ...         return {"radius": self.radius}
    >>> Circle.from_config({"radius": 2.0})
    Circle(radius=2.0)
    """

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this again."""
        return {}

    @classmethod
    def from_config(cls: type[Made], config: Mapping[str, Any]) -> Made:
        """Return what `get_config` describes."""
        return cls(**as_arguments(config, cls))

    def __repr__(self) -> str:
        listed = ", ".join(f"{name}={value!r}" for name, value in self.get_config().items())
        return f"{type(self).__name__}({listed})"


class Names:
    """The classes or functions of one kind, found by name.

    Capitals and underscores make no difference, so that snake_case and ClassName are one
    name, "glorot_uniform" and "GlorotUniform", unless names are to be `exact`.

    Args:
        kind: what they are, for messages: "optimizer".
        known: the names that a message lists, and what they stand for.
        aliases: more names, which it does not.
        base: what an object given as it is must be an instance of; any callable if None.
        exact: whether names are found only as they are written.

    >>> losses = Names("loss", {"mean_squared_error": max}, aliases={"mse": max})
    >>> losses.get("MSE")
    <built-in function max>
    >>> losses.get("mean_square_error")
    Traceback (most recent call last):
        ...
    ValueError: unknown loss 'mean_square_error': did you mean 'mean_squared_error'? There are
    'mean_squared_error'
    """

    def __init__(
        self,
        kind: str,
        known: Mapping[str, Any],
        aliases: Mapping[str, Any] | None = None,
        base: type | None = None,
        exact: bool = False,
    ) -> None:
        self.kind, self.known, self.base = kind, dict(known), base
        self._plain = str if exact else _plain
        self._shown: dict[str, str] = {}  # a name without capitals and underscores: as written
        self._found: dict[str, Any] = {}
        for name, thing in [*self.known.items(), *(aliases or {}).items()]:
            self._add(name, thing)
        for thing in self.known.values():
            self._add(thing.__name__, thing)

    def _add(self, name: str, thing: Any) -> None:
        self._shown.setdefault(self._plain(name), name)
        self._found.setdefault(self._plain(name), thing)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._plain(name) in self._found

    def find(self, name: str, custom_objects: Mapping[str, Any] | None = None) -> Any:
        """Return the class or function of that name; a name in `custom_objects` comes first.

        Raises:
            ValueError: there is none; the message has the nearest name and all of them.
        """
        for custom in (as_custom(custom_objects), _custom.get({})):
            if name in custom:
                return custom[name]
        plain = self._plain(name)
        if plain in self._found:
            return self._found[plain]
        close = nearest(_plain(name), self._shown)
        guess = f"did you mean {self._shown[close]!r}? There are" if close else "there are"
        listed = ", ".join(map(repr, sorted(self.known)))
        raise ValueError(f"unknown {self.kind} {shown(name)}: {guess} {listed}")

    def get(self, identifier: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
        """Return the object that a name, a config, a class or the object itself stands for.

        A config is ``{"class_name": ..., "config": {...}}``, as `serialize` makes it; a class
        is called without arguments; a function is returned as it is.

        Raises:
            ValueError: a name that is not known, or a config that does not fit its class.
            TypeError: something that is none of these.
        """
        as_custom(custom_objects)
        if isinstance(identifier, str):
            return _made(self.find(identifier, custom_objects))
        if isinstance(identifier, Mapping):
            return self._from_config(identifier, custom_objects)
        if isinstance(identifier, type):
            if self.base is None or issubclass(identifier, self.base):
                return self._of_class(identifier)
        elif callable(identifier) if self.base is None else isinstance(identifier, self.base):
            return identifier
        raise TypeError(
            f"{self.kind}: a name such as {min(self.known)!r}, a config or an object is wanted, "
            f"not {shown(identifier)}"
        )

    def _of_class(self, kind: type) -> Any:
        try:
            signature(kind).bind()
        except TypeError as error:
            raise TypeError(
                f"{self.kind}: {kind.__name__} cannot be made without arguments ({error}): give an "
                "object of it"
            ) from None
        except ValueError:  # a class that is written in C has no signature
            pass
        made = kind()
        if self.base is None and not callable(made):
            raise TypeError(f"{self.kind}: {shown(made)} is nothing to be called")
        return made

    def _from_config(self, config: Mapping[str, Any], custom: Mapping[str, Any] | None) -> Any:
        name, inner = config.get("class_name"), config.get("config", {})
        if name == "function" and isinstance(inner, str):
            return self.find(inner, custom)
        if not isinstance(name, str) or not isinstance(inner, Mapping):
            raise ValueError(
                f'a config of {self.kind} is {{"class_name": ..., "config": {{...}}}}, '
                f"not {shown(dict(config), 100)}"
            )
        found = self.find(name, custom)
        if not isinstance(found, type):
            return found
        try:
            with custom_names(custom):
                return found.from_config(dict(inner))  # type: ignore[attr-defined]
        except (TypeError, AttributeError) as error:
            raise ValueError(f"the config of {self.kind} {name!r} does not fit: {error}") from error

    def serialize(self, thing: Any) -> dict[str, Any] | str:
        """Return what `get` makes the thing from again: a config, or the name of a function.

        Raises:
            ValueError: a function without a name of its own, a lambda; something of the user's
                that is called as one of these is; or an object whose config lacks arguments.
            TypeError: neither a function nor an object.
        """
        good = callable(thing) if self.base is None else isinstance(thing, self.base)
        if isinstance(thing, type) or not (good or isinstance(thing, Configured)):
            raise TypeError(f"{self.kind}: an object or a function is wanted, not {shown(thing)}")
        if hasattr(thing, "get_config"):
            self._refuse_namesake(type(thing))
            return described(thing)
        for name, known in self.known.items():
            if known is thing:
                return name
        name = getattr(thing, "__name__", "<lambda>")
        if name.startswith("<"):
            raise ValueError(
                f"{self.kind}: {shown(thing)} has no name to be saved by: write it as a function "
                "with def, and give that as custom_objects when loading"
            )
        self._refuse_namesake(thing)
        return name

    def _refuse_namesake(self, thing: Any) -> None:
        refuse_namesake(thing, self._found.get(self._plain(thing.__name__)), self.kind)


def refuse_namesake(thing: Any, found: Any, kind: str) -> None:
    """Refuse to save by its name what would come back as another thing of that name.

    Args:
        thing: a class or function.
        found: what nn finds by its name; None if there is nothing.
        kind: what it is, for the message.

    Raises:
        ValueError: `thing` is the user's, and nn has `found`; unless `custom_names` tells, in
            a block around, what the name stands for.

    >>> refuse_namesake(max, None, "function")
    >>> refuse_namesake(max, min, "function")
    Traceback (most recent call last):
        ...
    ValueError: function: <built-in function max> is called as nn's own 'min' is, which would be
    loaded in its place: give it another name, or use nn's
    """
    if found is None or found is thing or _is_ours(thing):
        return
    if _custom.get({}).get(thing.__name__) is not thing:
        raise ValueError(
            f"{kind}: {shown(thing)} is called as nn's own {found.__name__!r} is, which would be "
            "loaded in its place: give it another name, or use nn's"
        )


def described(thing: Any) -> dict[str, Any]:
    """Return the config of an object, ``{"class_name": ..., "config": {...}}``.

    Raises:
        ValueError: the class is the user's, and is made with arguments that its `get_config`
            does not tell, so that the object would come back with other ones.

    >>> class Circle(Configured):
    ...     def __init__(self, radius=1.0):
    ...         self.radius = radius
    >>> Circle.__module__ = "yours"
    >>> described(Circle(2.0))
    Traceback (most recent call last):
        ...
    ValueError: Circle is made with radius, which its get_config() does not tell: give the class a
    method get_config that returns a dict of what it was made with, added to super().get_config(),
    or save the weights alone, with save_weights
    """
    kind = type(thing)
    config = as_arguments(thing.get_config(), kind)
    untold = [name for name in _own_arguments(kind) if name not in config]
    if untold:
        raise ValueError(
            f"{kind.__name__} is made with {', '.join(untold)}, which its get_config() does not "
            "tell: give the class a method get_config that returns a dict of what it was made "
            "with, added to super().get_config(), or save the weights alone, with save_weights"
        )
    return {"class_name": kind.__name__, "config": config}


def _own_arguments(kind: type) -> list[str]:
    """Return what a class of the user's is made with and the class of nn's below it is not.

    A class with a `from_config` of its own says itself what its config means.
    """
    theirs = [part for part in kind.__mro__ if not _is_ours(part)]
    if any("from_config" in vars(part) for part in theirs):
        return []
    own: list[str] = []
    for part in theirs:
        if part is not object and "__init__" in vars(part):
            names, passes_on = _arguments(part)
            own += [name for name in names if name not in own]
            if not passes_on:
                break
    ours = {name for part in kind.__mro__ if _is_ours(part) for name in _arguments(part)[0]}
    return [name for name in own if name not in ours]


def _arguments(kind: type) -> tuple[list[str], bool]:
    """Return the names of the arguments of a class, and whether it passes on any others."""
    try:
        parameters = list(signature(vars(kind)["__init__"]).parameters.values())[1:]
    except (KeyError, ValueError):  # it has no __init__ of its own, or one without a signature
        return [], True
    names = [p.name for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    return names, len(names) < len(parameters)


def _is_ours(thing: Any) -> bool:
    return (getattr(thing, "__module__", None) or "").partition(".")[0] == "nn"


def as_custom(custom_objects: Any) -> Mapping[str, Any]:
    """Return a dict of the user's classes and functions, an empty one for None.

    Raises:
        TypeError: something else.
    """
    if custom_objects is not None and not isinstance(custom_objects, Mapping):
        raise TypeError(
            "custom_objects is a dict of names and classes or functions, not "
            f"{shown(custom_objects)}"
        )
    return custom_objects or {}


def as_arguments(config: Any, kind: type) -> dict[str, Any]:
    """Return a config as keyword arguments.

    Raises:
        TypeError: no dict of names and values.
    """
    if not isinstance(config, Mapping) or not all(isinstance(name, str) for name in config):
        raise TypeError(
            f"the config of {kind.__name__} is a dict of its arguments, as get_config() returns "
            f"it, not {shown(config)}"
        )
    return dict(config)


def nearest(name: str, names: Iterable[str]) -> str | None:
    """Return the name that is most like this one, None if none is like it at all.

    >>> nearest("adma", ["sgd", "adam"])
    'adam'
    >>> nearest("xyz", ["sgd", "adam"]) is None
    True
    """
    close = difflib.get_close_matches(name, list(names), n=1)
    return close[0] if close else None


def some(names: Iterable[Any]) -> str:
    """Return the first five names in alphabetical order, and how many more there are.

    >>> some({"b", "a"}), some([]), some("gfedcba")
    ('a, b', 'none', 'a, b, c, d, e and 2 more')
    """
    listed = sorted(map(str, names))
    more = f" and {len(listed) - 5} more" if len(listed) > 5 else ""
    return (", ".join(listed[:5]) or "none") + more


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


def _made(found: Any) -> Any:
    return found() if isinstance(found, type) else found
