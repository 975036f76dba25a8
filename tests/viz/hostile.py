"""Names that nobody should have to expect: the one table for every picture, page and terminal.

`shown_raw` tells which characters of an output a terminal would obey rather than show.
"""

import unicodedata
from html.parser import HTMLParser

HOSTILE = [
    # quotes and backslashes
    '"',
    '"quoted"',
    "'",
    "‘already quoted’",
    "`x`",
    "\\",
    "\\\\",
    "ends in \\",
    '\\"',
    "\\n\\l\\r\\N\\G\\E\\T\\H\\L",
    # markup, and what ends it
    "<b>",
    "<b>bold</b>",
    "<",
    ">",
    "<>",
    "<<b>>",
    "{|}",
    "{a|{b|c}}",
    "&",
    "&lt;",
    "&#60;script&#62;",
    "&#x3c;b&#x3e;",
    "&#0;",
    "&nbsp;",
    "<!-- comment",
    "-->",
    "]]>",
    "<![CDATA[",
    "<?xml version='1.0'?>",
    "</text><script>alert(1)</script>",
    "</script><script>window.ran = 1</script>",
    "</title><a href='javascript:alert(1)'>x</a>",
    "javascript:alert(1)",
    "<img src=x onerror='window.ran = 1'>",
    "</style><style>*{display:none}",
    "x;} body { background: url(http://example.invalid/) } {",
    "</td></tr></table>>]; evil [label=<pwn>",
    "</pre></td></div>",
    # DOT
    "layer:1",
    "layer:1:n",
    "n0",
    "n1 -> n0",
    "x (n1)",
    "<x>]; evil [label=<pwn>",
    '<x> URL="javascript:alert(1)" tooltip=<y>',
    '"]; evil [label="pwn',
    "// comment",
    "/* comment",
    "# comment",
    "node",
    "digraph",
    "strict",
    # control characters, and what a terminal obeys
    "a\nb",
    "\r\n",
    "over\rwritten",
    "\t",
    "\0",
    "a\0b",
    "\b\b\bback",
    "\x1b[31mred",
    "\x1b[2J\x1b[H",
    "\x1b]0;title\x07",
    "\x1b]8;;http://example.invalid/\x1b\\link\x1b]8;;\x1b\\",
    "\x9b31mred",
    "\x7f",
    "\x85",
    # not a character, or half of one
    "\udc80",
    "\ud83d",
    "\ude00\ud83d",
    "\ufdd0",
    "\ufffe",
    "\uffff",
    "\U0010ffff",
    # invisible, or turning the line round
    "\u2028",
    "\u2029",
    "\u202eright to left",
    "\u2066isolated\u2069",
    "a\u200bb",
    "soft\xadhyphen",
    "\ufeff",
    "\u200d",
    "a\u200c \u200db",
    "\u3164",
    "x\u034fy",
    "\U000e0041",
    " ",
    "   ",
    " padded  twice ",
    "no\u00a0break",
    # LaTeX and mathtext
    "\\input{/etc/passwd}",
    "\\write18{ls}",
    "\\end{aligned}",
    "\\def\\x{\\x}\\x",
    "$",
    "$x^2$",
    "\\$",
    "100 % of $x_1 & #2 ~ ^ _",
    "{",
    "}",
    "}{",
    "x^{y",
    "_hidden",
    # templates and formats
    "%s %d %(x)s",
    "{0} {name!r} {x.__class__}",
    "${x}",
    "{{script}}",
    "\\1 \\g<0>",
    # what the page uses for itself
    "\ue0ff",
    "\ue100\ue101",
    "__proto__",
    "constructor",
    # just letters
    "重み",
    "ＷＩＤＥ",
    "σ′(z)",
    "😀",
    "👩\u200d👩\u200d👧",
    "e\u0301",
    "Z" + "\u0301\u0302\u0303\u0327" * 30,
    "\u0301first",
    "שלום",
    "مرحبا abc",
    # long
    "x" * 1_000_000,
    "<" * 1_000,
    "unbroken" * 40,
]

ids = [ascii(label)[:40] for label in HOSTILE]

_JOINERS = "\u200c\u200d"


def shown_raw(text):
    """The characters of a text that no terminal shows as they are, its line ends aside."""
    return {
        character
        for character in text
        if character not in _JOINERS
        and character != "\n"
        and unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")
    }


class Parsed(HTMLParser):
    """What a browser would make of a page: its elements with their attributes, and its texts."""

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.elements, self.texts = [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.texts.append(data)

    def handle_comment(self, data):
        raise AssertionError(f"a comment: {data[:40]!r}")

    handle_pi = unknown_decl = handle_comment

    def handle_decl(self, decl):
        assert decl == "doctype html", decl[:40]

    @property
    def tags(self):
        return {tag for tag, _ in self.elements}

    @property
    def keys(self):
        return {key for _, attributes in self.elements for key in attributes}
