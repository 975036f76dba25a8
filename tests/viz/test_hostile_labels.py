"""A label is text: whatever it holds, it is shown, and it is never obeyed."""

import os
import re
import sys
import unicodedata
import warnings
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
import nn
import viz
from autograd import Value, primitive
from autograd.primitives import TABLE
from demos._page import Lesson, Page, lines
from tests.viz import examples
from tests.viz.hostile import HOSTILE, Parsed, ids, shown_raw
from viz import plots
from viz.animating.animation import frames
from viz.diagram import describe
from viz.plots.canvas import label_text
from viz.svg import write_frames, write_svg
from viz.text import LONGEST_LABEL, visible


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
    wanted = visible(label).replace("\xa0", " ")
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


# ---------------------------------------------------------------- texts
STYLES = ("paths", "steps", "children")

COMMANDS = {
    *("backslash", "lt", "gt", "begin", "end", "frac", "partial", "mathrm", "operatorname", "cdot"),
    *("tanh", "overline", "left", "right", "quad", "cdots", "vdots", "infty", "text"),
    *("mathrel", "qquad", "displaystyle"),
}
"""The LaTeX that explanations and formulas of these graphs are made of."""


def check_latex(latex):
    """Nothing is a command but what is ours, and every brace and environment is closed."""
    assert not shown_raw(latex)
    depth, place = 0, 0
    environments = []
    while place < len(latex):
        character = latex[place]
        if character == "\\":
            word = re.match(r"\\([a-zA-Z]+|.)", latex[place:], re.DOTALL)
            command = word[1]
            if command.isalpha():
                assert command in COMMANDS, command
                if command in ("begin", "end"):
                    name = re.match(r"\{(\w+)\}", latex[place + len(word[0]) :])[1]
                    if command == "begin":
                        environments.append(name)
                    else:
                        assert environments.pop() == name
            else:
                assert command in "\\{}$%&#_ ;,|", command
            place += len(word[0])
            continue
        assert character not in "$%#~<>", latex[place - 20 : place + 20]
        depth += {"{": 1, "}": -1}.get(character, 0)
        assert depth >= 0
        place += 1
    assert depth == 0
    assert environments == []


@pytest.mark.parametrize("label", HOSTILE, ids=ids)
class TestTexts:
    def test_on_the_terminal(self, label):
        root = named(label)
        leaf = root.operands[0]
        texts = [
            viz.tree(root),
            str(viz.formula(root)),
            repr(viz.formula(root)),
            str(viz.derivative(root, leaf, numbers=True)),
            str(viz.compare(root, named(label))),
            repr(viz.compare(root, named(label))),
            *(str(viz.explain(root, leaf, style)) for style in STYLES),
            repr(viz.explain(root, leaf).paths),
        ]
        for text in texts:
            assert not shown_raw(text)
            assert len(text) < 10_000
        for text in texts[:1] + texts[-4:-1]:
            words = visible(label, 40).rstrip("…").split()  # a line may be broken at a blank
            assert all(word in text for word in words)
        assert len(texts[0].splitlines()) == 4
        for text in (viz.tree(root, ascii=True), viz.explain(root, leaf).text(ascii=True)):
            assert text.isascii()
            assert not shown_raw(text)

    def test_in_latex(self, label):
        root = named(label)
        leaf = root.operands[0]
        for written in (
            viz.formula(root),
            viz.derivative(root, leaf, numbers=True),
            *(viz.explain(root, leaf, style) for style in STYLES),
        ):
            check_latex(written.latex())

    def test_in_html(self, label):
        root = named(label)
        compared = Parsed(viz.compare(root, named(label))._repr_html_())
        assert compared.tags <= {
            *("div", "table", "thead", "tbody", "tr", "th", "td", "p", "svg", "g", "title"),
            *("text", "rect", "ellipse", "path", "polygon", "polyline", "line"),
        }
        explained = [Parsed(viz.explain(root, root.operands[0], s)._repr_html_()) for s in STYLES]
        for page in explained:
            assert page.tags <= {"div", "table", "thead", "tbody", "tr", "th", "td", "p"}
        for page in (compared, *explained):
            assert not any(key.startswith("on") or key in ("href", "src") for key in page.keys)
            assert visible(label).strip() in "".join(page.texts)

    def test_in_the_frames_of_an_animation(self, label):
        pictures = write_frames(frames(named(label)))
        for svg in pictures:
            assert not shown_raw(svg)
            examples.parse(svg)
        captions = " ".join(examples.texts(pictures[-1]))
        assert visible(label).strip() in captions

    def test_in_an_error(self, label):
        root, other = named(label), Value(1.0, label=label)
        for call in (
            lambda: viz.draw(root, wrt=other),
            lambda: viz.compare(root, other),
            lambda: viz.formula(root).evaluate({f"{label}?": 1.0}),
            lambda: plots.history({"loss": [1.0]}, label),
            lambda: plots.activations(f"{label}?"),
        ):
            with pytest.raises(ValueError, match=r"\w") as caught:
                call()
            assert not shown_raw(str(caught.value))
            assert len(str(caught.value)) < 2_000

    def test_in_the_picture_and_the_table_of_a_model(self, label):
        name = f"a{label.replace('/', '')}"
        model = nn.Sequential(
            [nn.layers.Input(shape=(2,)), nn.layers.Dense(3, name=name)], name=name
        )
        for expand in (False, True):
            drawn = viz.draw_model(model, expand=expand)
            assert visible(name) in examples.texts(write_svg(drawn.picture))
            examples.dot_statements(drawn.source)
            assert not shown_raw(drawn.source.replace("\t", ""))
        printed = []
        model.summary(print_fn=printed.append)
        assert not shown_raw("\n".join(printed))
        assert len("\n".join(printed)) < 2_000

    def test_on_the_page_of_a_lesson(self, label, tmp_path, capsys):
        lesson = Lesson(tmp_path, label)
        lesson.heading(label)
        lesson.text(label)
        lesson.terminal(label)
        lesson.table([label], [[label]])
        lesson.close()
        document = (tmp_path / "index.html").read_bytes().decode("utf-8")
        page = Parsed(document)
        plain = Page("x")
        for add in (plain.heading, plain.text, plain.terminal):
            add("x")
        plain.table(["x"], [["x"]])
        plain.save(tmp_path / "plain.html")
        assert [tag for tag, _ in page.elements] == [
            tag for tag, _ in Parsed((tmp_path / "plain.html").read_text(encoding="utf-8")).elements
        ]
        assert "".join(page.texts).count(lines(label)) >= 7
        assert not shown_raw(document)
        assert not shown_raw(capsys.readouterr().out)


def test_a_label_in_a_plot_is_no_formula():
    pytest.importorskip("matplotlib")
    labels = [label for label in HOSTILE if label.strip()]
    figure = plots.gradient_norms({label: [1.0, 2.0] for label in labels})
    axes = plots.history({"loss": [1.0, 2.0]}, ax=figure.axes[0]).axes[0]
    axes.set_title(label_text("$x^{y$"))
    texts = [*figure.legends[0].get_texts(), axes.title]
    assert len(texts) == len(labels) + 1
    for text, label in zip(texts, [*labels, "$x^{y$"], strict=True):
        shown, formula = text._preprocess_math(text.get_text())
        assert not formula
        assert not shown_raw(shown)
        if not any(0x2400 <= ord(c) <= 0x2421 for c in visible(label)):
            assert shown.lstrip() == visible(label).lstrip()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph")  # the font that comes along has no emoji
        figure = plots.history({"loss": [1.0, 2.0]})
        for label in ("$x^2$", "\\$", "$", "x^{y", "100 % of $x_1 & #2 ~ ^ _ $"):
            figure.axes[0].set(title=label_text(label), xlabel=label_text(label))
            figure.draw_without_rendering()


# ---------------------------------------------------------------- primitives
@pytest.mark.parametrize("label", HOSTILE, ids=ids)
def test_the_name_of_a_primitive_is_text_or_refused(label, tmp_path):
    def declare(**names):
        return primitive(partials=lambda m, out, x: 1.0, **names)(lambda m, x: x + 0.0)

    printable = label.isprintable() and len(label) <= 80
    if not printable:
        for names in ({"name": label}, {"name": "hostile", "symbol": label}):
            with pytest.raises(ValueError, match="of a primitive is a str of at most") as caught:
                declare(**names)
            assert not shown_raw(str(caught.value))
        return
    if label in ("<", ">", "&"):
        with pytest.raises(ValueError, match="in the table already"):
            declare(name=label)
        return
    try:
        x = Value(2.0, label="x")
        y = declare(name=label, symbol=label)(x)
        y.label = "y"
        svg = write_svg(describe(y))
        assert visible(label) in examples.texts(svg)
        examples.dot_statements(viz.draw(y).source)
        for text in (viz.tree(y), str(viz.formula(y)), str(viz.explain(y, x, "steps"))):
            assert not shown_raw(text)
            words = visible(label, 40).rstrip("…").split()  # a line may be broken at a blank
            assert all(word in text for word in words) or label in text
        check_latex(viz.formula(y).latex())
        check_latex(viz.explain(y, x, "steps").latex())
        page = viz.explorer(y, tmp_path / "page.html").read_text(encoding="utf-8")
        assert page.count("</script>") == 2
    finally:
        TABLE.pop(label, None)


# ---------------------------------------------------------------- names of files
NAMES = [
    "with spaces",
    " leading and trailing ",
    "-Tpng",
    "--help",
    '"; echo pwned; "',
    "$(echo pwned)",
    "`echo pwned`",
    "%s{0}${x}",
    "new\nline",
    "tab\tand\rreturn",
    "\x1b[31mred",
    "\u202eltr",
    "重み 😀",
    "e\u0301",
    "back\\slash",
    "a'b",
    "..",
    "...",
    ".hidden",
    "~",
    "*?[]",
    "con:aux|nul<>",
    "#fragment?query",
    "%2e%2e%2f",
    "x" * 246,
    "x" * 300,
    "é" * 140,
    "a\0b",
    "\udc80\ud83d",
    "\ud83d",
]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX file names")
@pytest.mark.parametrize("name", NAMES, ids=[ascii(name)[:30] for name in NAMES])
@pytest.mark.parametrize("ending", [".svg", ".dot", ".html"])
def test_a_file_is_written_at_exactly_that_path_or_refused_by_name(
    tmp_path, monkeypatch, no_graphviz, name, ending
):
    monkeypatch.chdir(tmp_path)
    write = viz.explorer if ending == ".html" else viz.save
    try:
        encoded = os.fsencode(name + ending)
        possible = "\0" not in name and len(encoded) <= 255
    except UnicodeEncodeError:
        possible = False
    if not possible:
        with pytest.raises(ValueError, match=r"no file can be called|too long") as caught:
            write(Value(1.0), name + ending)
        assert not shown_raw(str(caught.value))
        assert repr(name)[:20].rstrip("'") in str(caught.value)
        assert os.listdir(tmp_path) == []
        return
    if not Path(name + ending).suffix:  # for Python 3.14, dots alone are no name to end in .svg
        with pytest.raises(ValueError, match="end in"):
            write(Value(1.0), name + ending)
        return
    path = write(Value(1.0), name + ending)
    assert os.fspath(path) == name + ending
    assert os.listdir(os.fsencode(tmp_path)) == [encoded]
    assert os.path.getsize(encoded) > 100


def test_a_path_that_climbs_is_taken_as_it_is(tmp_path, no_graphviz):
    inner = tmp_path / "inner"
    inner.mkdir()
    viz.save(Value(1.0), f"{inner}/../up.svg")
    assert [entry.name for entry in sorted(tmp_path.iterdir())] == ["inner", "up.svg"]
    with pytest.raises(FileNotFoundError, match="does not exist"):
        viz.save(Value(1.0), f"{tmp_path}/missing/../up.svg")
