"""A label is text: whatever it holds, it is shown, and it is never obeyed."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
import viz
from autograd import Value
from tests.viz import examples
from viz.diagram import describe
from viz.svg import write_svg
from viz.text import LONGEST_LABEL, visible

HOSTILE = [
    '"',
    '"quoted"',
    "'",
    "\\",
    "\\\\",
    '\\"',
    "\\n\\l\\r\\N\\G\\E\\T\\H\\L",
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
    "&nbsp;",
    "a\nb",
    "\r\n",
    "\t",
    "\0",
    "a\0b",
    "\x1b[31mred",
    "\x7f",
    "\x85",
    "\udc80",
    "\ud83d",
    "\ufffe",
    "\uffff",
    "\u2028",
    "\u202eright to left",
    "\ufeff",
    "layer:1",
    "layer:1:n",
    "n0",
    "n1 -> n0",
    "<x>]; evil [label=<pwn>",
    '<x> URL="javascript:alert(1)" tooltip=<y>',
    '"]; evil [label="pwn',
    "</td></tr></table>>]; evil [label=<pwn>",
    "<!-- comment",
    "-->",
    "]]>",
    "<![CDATA[",
    "</text><script>alert(1)</script>",
    "</title><a href='javascript:alert(1)'>x</a>",
    "// comment",
    "/* comment",
    "# comment",
    "node",
    "digraph",
    "strict",
    " ",
    "   ",
    " padded  twice ",
    "重み",
    "σ′(z)",
    "😀",
    "e\u0301",
    "שלום",
]

ids = [ascii(label)[:40] for label in HOSTILE]


def named(label):
    x, y = Value(2.0, label=label), Value(3.0, label="y")
    root = x * y
    root.label = label
    root.scope = f"{label} / inner"
    root.backward()
    return root


def check_svg(svg, label):
    """The three names are there; nothing but shapes and texts is."""
    root = examples.parse(svg)
    # Graphviz writes every second blank as a no-break space
    shown = [text.replace("\xa0", " ") for text in examples.texts(svg)]
    wanted = visible(label)
    if wanted.strip():  # Graphviz draws nothing for blanks
        assert shown.count(wanted) >= 2
    assert {element.tag.removeprefix(examples.SVG) for element in root.iter()} <= {
        *("svg", "g", "title", "text", "rect", "ellipse", "path", "polygon", "polyline", "line"),
    }
    for element in root.iter():
        for name, value in element.attrib.items():
            assert not name.lower().startswith("on")
            assert "href" not in name
            assert "javascript" not in value
        if element.tag == f"{examples.SVG}title":
            assert "javascript" not in (element.text or "")


class TestVisible:
    @given(st.text(alphabet=st.characters(codec=None)))
    def test_it_is_one_line_that_every_format_can_hold(self, text):
        line = visible(text)
        assert len(line.splitlines()) <= 1
        line.encode("utf-8")
        for character in line:
            assert unicodedata.category(character) not in ("Cc", "Cs", "Zl", "Zp")
        examples.parse(f"<a>{line.replace('&', '&amp;').replace('<', '&lt;')}</a>")

    @given(st.text(alphabet=st.characters(codec=None), min_size=1))
    def test_nothing_disappears(self, text):
        assert len(visible(text)) >= min(len(text), LONGEST_LABEL)

    def test_every_control_character_is_told_from_every_other(self):
        controls = [chr(code) for code in (*range(0x20), 0x7F, *range(0x80, 0xA0))]
        assert len({visible(control) for control in controls}) == len(controls)

    def test_long_labels_are_cut(self):
        assert visible("x" * 1000) == "x" * (LONGEST_LABEL - 1) + "…"
        assert visible("x" * LONGEST_LABEL) == "x" * LONGEST_LABEL

    def test_joined_letters_stay_joined(self):
        assert visible("می\u200cخواهم") == "می\u200cخواهم"


@pytest.mark.parametrize("label", HOSTILE, ids=ids)
class TestLabels:
    def test_in_the_built_in_svg(self, label):
        svg = write_svg(describe(named(label)))
        check_svg(svg, label)
        assert examples.texts(svg).count(visible(label)) == 3  # x, the root, the cluster
        assert len(examples.groups(svg, "leaf")) == 2

    def test_in_dot(self, label):
        source = viz.draw(named(label)).source
        source.encode("utf-8")
        nodes, edges, attributes = examples.dot_statements(source)
        assert sorted(node for node in nodes if not node.startswith("via")) == [
            *("n0", "n1", "n2", "op2"),
        ]
        assert {name for edge in edges for name in edge} <= {"n0", "n1", "n2", "op2"}
        assert not {"URL", "href", "tooltip", "evil"} & {key for each in attributes for key in each}
        labels = [each["label"] for each in attributes if "label" in each]
        texts = [t for kind, text in labels if kind == "html" for t in examples.html_text(text)]
        assert texts.count(visible(label)) >= 2


def test_in_the_picture_of_each_engine(engine):
    leaves = [Value(index, label=label) for index, label in enumerate(HOSTILE)]
    for leaf in leaves:
        leaf.scope = leaf.label
    svg = viz.draw(autograd.sum(leaves)).pipe("svg", encoding="utf-8")
    for label in HOSTILE:
        check_svg(svg, label)
    assert len(examples.groups(svg, "leaf")) == len(HOSTILE)
    assert len(examples.groups(svg, "value")) == 1


def test_labels_given_to_draw_are_text_too():
    x = Value(2.0)
    for label in HOSTILE:
        svg = write_svg(describe(x, labels={x: label}))
        assert visible(label) in examples.texts(svg)


def test_pygraphviz_reads_the_source_as_it_was_meant():
    pygraphviz = pytest.importorskip("pygraphviz")
    for label in HOSTILE:
        graph = pygraphviz.AGraph(string=viz.draw(named(label)).source)
        assert sorted(graph.nodes()) == ["n0", "n1", "n2", "op2"]
        assert len(graph.edges()) == 3


def test_a_hostile_scope_makes_one_cluster_a_part():
    x = Value(1.0)
    x.scope = 'a"]; evil [label=x / <b> / '
    picture = describe(x)
    assert [cluster.title for cluster in picture.clusters] == ['a"]; evil [label=x', "<b>"]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX file names")
def test_the_name_of_a_file_is_only_a_name(tmp_path, no_graphviz):
    path = viz.save(Value(1.0), tmp_path / '-Tpng "; echo.svg')
    assert [entry.name for entry in tmp_path.iterdir()] == ['-Tpng "; echo.svg']
    assert path.read_text(encoding="utf-8").startswith("<svg")
