"""The source of a module as a page: numbered lines that can be linked to, comments in grey."""

from __future__ import annotations

import inspect
import io
import keyword
import tokenize
from collections.abc import Callable
from html import escape
from typing import Any

STYLE = """\
pre.source { white-space: pre; }
pre.source span[id]::before { content: attr(data-line); display: inline-block; width: 2.5rem;
                              margin-right: 1.2rem; text-align: right; color: #767676; }
pre.source span[id]:target { background: #fff3b0; }
.comment { color: #5a5a5a; font-style: italic; }
.string { color: #00633f; font-style: normal; }
.keyword { color: #004a7c; font-style: normal; font-weight: 600; }
"""


def listing(source: str) -> str:
    """Return Python source as markup: a span with the id L1, L2 and so on for each line.

    >>> print(listing('x = 1  # one'))
    <pre class="source"><span id="L1" data-line="1">x = 1  <i class="comment"># one</i></span>
    </pre>
    """
    lines = source.split("\n")
    if lines[-1] == "":
        lines.pop()
    marked: list[list[tuple[int, int, str]]] = [[] for _ in lines]
    for kind, (first, start), (last, end) in _tokens(source):
        for row in range(first, last + 1):  # a docstring is marked line by line
            left = start if row == first else 0
            right = end if row == last else len(lines[row - 1])
            marked[row - 1].append((left, right, kind))
    numbered = (
        f'<span id="L{number}" data-line="{number}">{_marked(line, marks)}</span>'
        for number, (line, marks) in enumerate(zip(lines, marked, strict=True), start=1)
    )
    return '<pre class="source">' + "\n".join(numbered) + "\n</pre>"


def _tokens(source: str) -> list[tuple[str, tuple[int, int], tuple[int, int]]]:
    """Return what is set off from the rest: its kind, where it begins and where it ends."""
    found = []
    opened: list[tuple[int, int]] = []  # from Python 3.12 on an f-string is several tokens
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        name = tokenize.tok_name[token.type]
        if name == "COMMENT":
            found.append(("comment", token.start, token.end))
        elif name in ("FSTRING_START", "TSTRING_START"):
            opened.append(token.start)
        elif name in ("FSTRING_END", "TSTRING_END"):
            start = opened.pop()
            if not opened:
                found.append(("string", start, token.end))
        elif opened:
            continue
        elif name == "STRING":
            found.append(("string", token.start, token.end))
        elif name == "NAME" and keyword.iskeyword(token.string):
            found.append(("keyword", token.start, token.end))
    return found


def _marked(line: str, marks: list[tuple[int, int, str]]) -> str:
    parts, done = [], 0
    for left, right, kind in marks:
        parts.append(escape(line[done:left]))
        parts.append(f'<i class="{kind}">{escape(line[left:right])}</i>')
        done = right
    return "".join(parts) + escape(line[done:])


def first_line(function: Callable[..., Any]) -> int:
    """Return the line in its file on which a function begins."""
    return inspect.getsourcelines(function)[1]
