"""The picture in plain text, exactly."""

import pytest

import autograd
from autograd import Value
from tests.viz import examples
from viz import tree
from viz.terminal import DEEPEST_INDENT
from viz.text import columns


def shared():
    x, w = Value(2.0, label="x"), Value(-3.0, label="w")
    y = (w * x).tanh() + x
    y.label = "y"
    y.backward()
    return y


def test_unicode():
    assert tree(shared()).splitlines() == [
        "            id   value       grad",
        "y = +       n4   1.000      1.000",
        "├─ tanh     n3  -1.000      1.000",
        "│  └─ ×     n2  -6.000  2.458e-05",
        "│     ├─ w  n0  -3.000  4.915e-05",
        "│     └─ x  n1   2.000     0.9999",
        "└─ x → n1",
    ]


def test_ascii():
    assert tree(shared(), ascii=True).splitlines() == [
        "            id   value       grad",
        "y = +       n4   1.000      1.000",
        "|- tanh     n3  -1.000      1.000",
        "|  `- *     n2  -6.000  2.458e-05",
        "|     |- w  n0  -3.000  4.915e-05",
        "|     `- x  n1   2.000     0.9999",
        "`- x -> n1",
    ]


def test_constants_unnamed_values_and_missing_gradients():
    assert tree(2 * Value(1.5) ** 2).splitlines() == [
        "            id  value  grad",
        "×           n2  4.500     —",
        "├─ 2",
        "└─ ^        n1  2.250     —",
        "   ├─ leaf  n0  1.500     —",
        "   └─ 2",
    ]


def test_both_mentions_of_an_operand_used_twice():
    assert tree(examples.square()).splitlines() == [
        "           id  value   grad",
        "y = ×      n1  9.000  1.000",
        "├─ x       n0  3.000  6.000",
        "└─ x → n0",
    ]


def test_columns_can_be_left_out():
    assert tree(Value(2.0, label="x"), values=False, gradients=False) == "   id\nx  n0"


def test_labels_override_names():
    x = Value(2.0, label="x")
    assert tree(x, labels={x: "input"}).splitlines()[1].startswith("input")
    assert x.label == "x"


def test_ids_are_those_of_the_diagram():
    root = examples.two_neurons()
    for index, node in enumerate(autograd.graph.topological_order(root)):
        if node.label:
            line = next(
                line
                for line in tree(root).splitlines()
                if node.label in line.split() and "→" not in line
            )
            assert f"n{index}" in line.split()


def test_every_value_is_drawn_once():
    root = examples.network([3, 4, 2])
    count = len(autograd.graph.topological_order(root))
    drawn = [line.split()[-3] for line in tree(root).splitlines()[1:] if "→" not in line]
    assert sorted(drawn) == sorted(f"n{index}" for index in range(count))


def test_a_deep_graph_starts_again_at_the_margin():
    lines = tree(examples.chain(50)).splitlines()
    assert max(line.find("tanh") for line in lines) <= 3 * DEEPEST_INDENT
    references = [line.split()[-1] for line in lines if "→" in line]
    at_margin = [line.split()[-3] for line in lines[2:] if not line.startswith((" ", "└", "├"))]
    assert references == at_margin
    assert len(references) == 3


def test_a_very_deep_graph():
    lines = tree(examples.chain(100_000)).splitlines()
    assert max(map(len, lines)) < 100
    assert sum("→" not in line for line in lines) == 100_001


def test_wide_characters_keep_the_columns():
    x, y = Value(1.0, label="重み"), Value(2.0, label="e\u0301")
    lines = tree(x * y).splitlines()
    ends = {columns(line) for line in lines}
    assert len(ends) == 1


@pytest.mark.parametrize(
    "label", ["a\nb", "\x1b[2J", "\u202eevil", "\u2066x\u2069", "\r", "\0", "\udc80", "\x9b31m"]
)
@pytest.mark.parametrize("ascii", [False, True])
def test_labels_that_a_terminal_would_obey(label, ascii):
    text = tree(Value(1.0, label=label).tanh(), ascii=ascii)
    assert len(text.split("\n")) == 3
    assert label not in text
    assert all(character == "\n" or character.isprintable() for character in text)
    text.encode("ascii" if ascii else "utf-8")


def test_ascii_is_ascii():
    x = Value(1.0, label="σ′" * 40)
    tree(x.sigmoid() + x.relu(), ascii=True).encode("ascii")


@pytest.mark.parametrize("thing", [1.0, None, [Value(1.0)]])
def test_what_is_not_a_value(thing):
    with pytest.raises(TypeError, match="needs a Value or a Tensor"):
        tree(thing)


def test_labels_that_are_no_names():
    with pytest.raises(TypeError, match="labels="):
        tree(Value(1.0), labels={"x": "y"})


def test_a_note_says_which_leaves_were_changed_since():
    w, x = Value(3.0, label="w"), Value(2.0)
    y = (w * x).tanh()
    assert "since" not in tree(y)
    w.data = 5.0
    note = "w has been changed since: its number is that of now, all others are those of then"
    assert tree(y).endswith(f"\n\n{note}")
    assert "since" not in tree(y, values=False)
    x.data = 7.0
    assert "\nw, n1 have been changed since: their numbers are those of now" in tree(y)
