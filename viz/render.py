"""From a diagram to bytes, with the best layout engine that is at hand.

    1. `dot`, if Graphviz is installed on the system
    2. the Graphviz engine that comes inside the pygraphviz wheels (the `render` extra)
    3. the built-in layout, which needs nothing and writes SVG

The first two run in a process of their own, so that a layout which takes too long can be
stopped.  A picture that the built-in layout can draw is drawn in any case.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import graphviz

from autograd.atomic import write_atomically
from autograd.formatting import shown
from viz.diagram import Picture
from viz.dot import write_dot
from viz.svg import write_svg

__all__ = [
    "FORMATS",
    "TIME_LIMIT",
    "Diagram",
    "LayoutTimeoutError",
    "RenderError",
]

FORMATS = ("svg", "png", "pdf", "dot")
"""What `viz.save` writes."""

TIME_LIMIT = 15.0
"""Seconds that a layout may take."""

_FORMAT = re.compile(r"\w[\w.:+-]{0,40}", re.ASCII)  # png, png:cairo:gd

_INSTALL = "pip install pygraphviz"

_PIXELS_PER_INCH = "144"  # of a PNG: sharp on today's screens

# What the child process runs; the diagram comes on stdin and the picture leaves on stdout.
_BUNDLED_ENGINE = """
import sys
format, options = sys.argv[1:3]
sys.path[:] = sys.argv[3:]
import pygraphviz
graph = pygraphviz.AGraph(string=sys.stdin.buffer.read().decode("utf-8"))
sys.stdout.buffer.write(graph.draw(format=format, prog="dot", args=options))
"""


_Engine = Callable[[str, str, float], bytes]  # source, format, time limit


class RenderError(RuntimeError):
    """No engine at hand can make the picture."""


class LayoutTimeoutError(RenderError):
    """The layout was stopped because it took longer than the time limit."""


class _EngineError(Exception):
    """One engine could not do it; another may."""


class Diagram(graphviz.Digraph):  # type: ignore[misc]
    """A `graphviz.Digraph` of a graph that renders with or without Graphviz.

    `.source`, `.pipe`, `.render`, `.view` and the notebook picture are those of graphviz.
    What the built-in layout draws is the graph as it was when `viz.draw` was called; nodes
    added afterwards by hand are seen by Graphviz only.

    Attributes:
        picture: what the built-in layout draws; None if there is nothing that it could draw.
        time_limit: seconds that a layout may take.
    """

    def __init__(self, *args: Any, picture: Picture | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.picture = picture
        self.time_limit = TIME_LIMIT

    @classmethod
    def of(cls, picture: Picture, format: str | None = None) -> Diagram:
        """Return the diagram of a picture; `format` is what `.render()` writes by default."""
        diagram = cls("graph", format=format or "svg", picture=picture)
        write_dot(picture, diagram)
        return diagram

    def _copy_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        copied: dict[str, Any] = super()._copy_kwargs(**kwargs)
        return {**copied, "picture": self.picture}

    def pipe(
        self,
        format: str | None = None,
        renderer: str | None = None,
        formatter: str | None = None,
        neato_no_op: bool | int | None = None,
        quiet: bool = False,
        *,
        engine: str | None = None,
        encoding: str | None = None,
    ) -> bytes | str:
        """Return the rendered diagram, as bytes or, with `encoding`, as text.

        Args:
            format: "svg", "png", "pdf", "dot" or any other that Graphviz knows.
            renderer: handed to a system Graphviz, as are `formatter` and `neato_no_op`.
            formatter: see `renderer`.
            neato_no_op: see `renderer`.
            quiet: handed to a system Graphviz, where it hides warnings.
            engine: a layout engine of a system Graphviz other than `dot`.
            encoding: of the text to return; None for bytes.

        Raises:
            ValueError: `format` is no name.
            RenderError: no engine at hand can write this format.
            LayoutTimeoutError: it took too long, and the built-in layout cannot write this format.

        >>> from autograd import Value
        >>> from viz import draw
        >>> "</svg>" in draw(Value(2.0)).pipe("svg", encoding="utf-8")
        True
        """
        format = self.format if format is None else format
        if not isinstance(format, str) or not _FORMAT.fullmatch(format):
            raise ValueError(f"format is the name of one, svg for instance, not {shown(format)}")
        other_engine = (engine or self.engine) != "dot"
        if other_engine or renderer or formatter or neato_no_op is not None:
            return super().pipe(  # type: ignore[no-any-return]
                format,
                renderer=renderer,
                formatter=formatter,
                neato_no_op=neato_no_op,
                quiet=quiet,
                engine=engine,
                encoding=encoding,
            )
        data = _render(self.source, self.picture, format, self.time_limit)
        return data.decode(encoding) if encoding is not None else data

    def save(
        self,
        filename: os.PathLike[str] | str | None = None,
        directory: os.PathLike[str] | str | None = None,
        *,
        skip_existing: bool | None = False,
    ) -> str:
        """Save the DOT source, whole or not at all, and return its path.

        The arguments are those of `graphviz.Digraph.save`; a folder that is missing is made.
        """
        if filename is not None:
            self.filename = os.fspath(filename)
        if directory is not None:
            self.directory = os.fspath(directory)
        path = Path(self.filepath)
        if not (skip_existing and path.exists()):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, self.source.encode(self.encoding))
        return str(self.filepath)

    def render(
        self,
        filename: os.PathLike[str] | str | None = None,
        directory: os.PathLike[str] | str | None = None,
        view: bool = False,
        cleanup: bool = False,
        format: str | None = None,
        *,
        outfile: os.PathLike[str] | str | None = None,
        quiet_view: bool = False,
        **options: Any,
    ) -> str:
        """Save the DOT source and the picture beside it, and return the picture's path.

        The arguments are those of `graphviz.Digraph.render`; `viz.save` writes the picture
        alone.

        Raises:
            RenderError: no engine at hand can write this format.
        """
        if outfile is not None:
            outfile = Path(outfile) if directory is None else Path(directory) / outfile
            format = format or outfile.suffix.removeprefix(".")
            filename = filename or outfile.with_suffix(f".{self._default_extension}").name
            directory = directory or outfile.parent
        format = format or self.format
        data = self.pipe(format, **options)
        if isinstance(data, str):
            raise TypeError("render() writes bytes: leave encoding= out")
        source = self.save(filename, directory=directory, skip_existing=None)
        rendered = str(outfile) if outfile is not None else f"{source}.{format}"
        write_atomically(Path(rendered), data)
        if cleanup:
            os.remove(source)
        if view or quiet_view:
            self._view(rendered, format=format, quiet=quiet_view)
        return rendered


# ---------------------------------------------------------------- the engines


def _render(source: str, picture: Picture | None, format: str, time_limit: float) -> bytes:
    """Render with the first engine that can; see the top of this file."""
    if format == "dot":
        return source.encode("utf-8")
    drawable = picture is not None and format == "svg"
    problems = []
    for engine in _engines():
        try:
            return engine(source, format, time_limit)
        except LayoutTimeoutError as timeout:
            if picture is None or not drawable:
                raise
            _say(f"{timeout}; this picture has the built-in layout instead")
            return write_svg(picture).encode("utf-8")
        except _EngineError as failure:
            problems.append(str(failure))
    if picture is None or not drawable:
        why = "; ".join(problems) or "Graphviz is not installed"
        raise RenderError(
            f"cannot write {format}: {why}. Install the engine with {_INSTALL}, "
            "or write svg, which needs nothing"
        )
    _hint_once(problems)
    return write_svg(picture).encode("utf-8")


def _engines() -> list[_Engine]:
    """Return the Graphviz engines at hand, the best first."""
    engines: list[_Engine] = []
    if shutil.which("dot"):
        engines.append(_system_dot)
    if sys.executable and importlib.util.find_spec("pygraphviz"):
        engines.append(_bundled_dot)
    return engines


def _system_dot(source: str, format: str, time_limit: float) -> bytes:
    dot = shutil.which("dot") or "dot"
    return _run("dot", [dot, f"-T{format}", *_resolution(format)], source, time_limit)


def _bundled_dot(source: str, format: str, time_limit: float) -> bytes:
    # -I, and the path of this process: the child finds pygraphviz where this process does, and
    # no file that happens to lie in the current folder
    options = " ".join(_resolution(format))
    command = [sys.executable, "-I", "-c", _BUNDLED_ENGINE, format, options, *sys.path]
    return _run("pygraphviz", command, source, time_limit)


def _resolution(format: str) -> list[str]:
    return [f"-Gdpi={_PIXELS_PER_INCH}"] if format == "png" else []


def _run(name: str, command: list[str], source: str, time_limit: float) -> bytes:
    """Run a layout engine on `source` and return what it writes."""
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # so that whatever it starts is stopped with it
        )
    except OSError as error:
        raise _EngineError(f"{name} does not start ({error})") from error
    with process:
        try:
            output, errors = process.communicate(source.encode("utf-8"), timeout=time_limit)
        except subprocess.TimeoutExpired:
            raise LayoutTimeoutError(
                f"the Graphviz layout took longer than {time_limit:g} s and was stopped: draw "
                "less with wrt= or max_depth=, or raise .time_limit of the diagram"
            ) from None
        finally:
            _stop(process)
    if process.returncode != 0 or not output:
        lines = errors.decode("utf-8", "replace").strip().splitlines()
        raise _EngineError(f"{name} failed ({lines[-1] if lines else 'without a message'})")
    return _undated(output)


def _undated(data: bytes) -> bytes:
    """Set the date of a PDF to a fixed one as long, so that a graph always gives the same bytes."""
    if not data.startswith(b"%PDF"):
        return data
    return re.sub(rb"(/CreationDate \(D:)\d{14}", rb"\g<1>20000101000000", data)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Stop a process that is still running, with everything that it started."""
    if process.poll() is None:
        # it may end by itself between these lines; some systems call that a lack of permission
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if hasattr(os, "killpg"):
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()


# ---------------------------------------------------------------- a word to the user

_hinted = False


def _hint_once(problems: list[str]) -> None:
    global _hinted
    if not _hinted:
        _hinted = True
        because = f" ({'; '.join(problems)})" if problems else ""
        _say(f"drawn with the built-in layout{because}; {_INSTALL} brings that of Graphviz")


def _say(message: str) -> None:
    print(f"viz: {message}", file=sys.stderr)
