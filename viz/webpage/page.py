"""`explorer`: a graph as one HTML file that can be stepped through and played with.

The file holds everything that it needs.  Its Content-Security-Policy lets the browser run this
one script and use this one style sheet, each by its hash, and load nothing.
"""

from __future__ import annotations

import html
import json
import os
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from autograd import Value
from autograd.atomic import as_path, write_atomically
from autograd.formatting import shown
from viz.filenames import require_folder, require_no_folder
from viz.nodes import AnyNode
from viz.webpage.contents import contents

__all__ = ["explorer"]

_FOLDER = Path(__file__).parent
_STYLES = ("explorer.css", "controls.css")
_SCRIPTS = (
    "writing.js",
    "model.js",
    "telling.js",
    "scale.js",
    "diagram.js",
    "view.js",
    "walk.js",
    "quiz.js",
    "panels.js",
    "explorer.js",
)


def explorer(
    root: Value,
    path: os.PathLike[str] | str,
    wrt: AnyNode | Iterable[AnyNode] | None = None,
) -> Path:
    """Write a page in which the graph of `root` can be explored, and return its path.

    The page is one file that works offline.  It shows the diagram, each box with its value
    above and d root/d box below its name; tells the forward and the backward pass step by
    step; recomputes everything while a leaf is dragged; puts one activation in the place of
    another; and asks for gradients.  It computes with the rows of the table written as
    JavaScript, from the numbers that the leaves hold now: if one of them was changed after the
    forward pass, the page shows what a new forward pass would give, not what `root` recorded.
    `.grad` is neither read nor changed.

    Args:
        root: the Value whose computation is explored; a Tensor's `.scalars()` are Values.
        path: ends in .html; its folder must exist.
        wrt: show only what lies on a path from `root` to this Value, or to one of several.
            All else keeps its number.

    Raises:
        TypeError: `root` is not a Value, `path` neither a str nor a Path, or `wrt` is not made
            of Values.
        ValueError: another ending; a `wrt` that `root` does not depend on; more than 600
            nodes, or more than 2,000 operands in all; a primitive of your own that cannot be
            written as JavaScript.
        FileNotFoundError: the folder does not exist.

    >>> import tempfile
    >>> from autograd import Value
    >>> x = Value(3.0, label="x")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     explorer(x * x, f"{folder}/square.html").name
    'square.html'
    """
    path = as_path(path)
    if path.suffix.lower() != ".html":
        raise ValueError(f"the name of an explorer page must end in .html, got {shown(path.name)}")
    require_folder(path)
    require_no_folder(path)
    write_atomically(path, _document(root, wrt).encode("utf-8"))
    return path


def _document(root: Value, wrt: AnyNode | Iterable[AnyNode] | None) -> str:
    """Return the whole page; the same graph gives the same text."""
    found = contents(root, wrt)
    style = "\n".join(map(_read, _STYLES))
    script = "\n".join(['"use strict";', _without_tags(found.script), *map(_read, _SCRIPTS)])
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    return _filled(
        _read("explorer.html"),
        {
            "policy": policy,
            "title": html.escape(found.title),
            "style": style,
            "data": _json(found.data),
            "script": script,
        },
    )


def _read(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def _filled(template: str, parts: Mapping[str, str]) -> str:
    """Put the parts in their places; what looks like a place in a part stays as it is."""
    return re.sub(r"\{\{(\w+)\}\}", lambda place: parts[place[1]], template)


def _json(data: Any) -> str:
    r"""Write data as JSON that is also safe inside an HTML script element.

    >>> _json({"</script>": 1})
    '{"\\u003c/script\\u003e":1}'
    """
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    # these stand in strings only, where JSON may write any character by its code
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _without_tags(script: str) -> str:
    r"""Return a script in which no text can end the element that holds it.

    >>> _without_tags('x0 < 1 ? "</script>" : "<!--"')
    'x0 < 1 ? "\\x3c/script>" : "\\x3c!--"'
    """
    return re.sub(r"<(?=[/!a-zA-Z])", r"\\x3c", script)


def _hash(text: str) -> str:
    """Return what the Content-Security-Policy calls a text by."""
    return f"sha256-{b64encode(sha256(text.encode('utf-8')).digest()).decode('ascii')}"
