"""The explorer page as a file: what is in it, and what is refused.

What it does in a browser is tested in the folder explorer.
"""

import json
import math
import re
import tracemalloc
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import pytest

import autograd
import nn
from autograd import Tensor, Value, primitive
from autograd.primitives import TABLE
from demos.vanishing_gradient import two_neurons
from tests.viz.explorer.graphs import neuron, repeated, scale_by
from tests.viz.hostile import HOSTILE, ids
from viz import colour, diagram
from viz.text import visible
from viz.webpage import contents as page_contents
from viz.webpage import page
from viz.webpage.contents import MOST_NODES, MOST_SLOTS, contents
from viz.webpage.page import explorer
from viz.webpage.placing import BOX, CONSTANT


class Parsed(HTMLParser):
    """The elements of a page, with their attributes and what stands directly in them."""

    def __init__(self, document):
        super().__init__(convert_charrefs=True)
        self.elements = []
        self.open = []
        self.feed(document)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append([tag, dict(attrs), ""])
        self.open.append(self.elements[-1])

    def handle_endtag(self, tag):
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        if self.open:
            self.open[-1][2] += data

    def all(self, tag):
        return [element for element in self.elements if element[0] == tag]


def written(root, tmp_path, **options):
    path = explorer(root, tmp_path / "page.html", **options)
    return path.read_text(encoding="utf-8")


def data_of(document):
    (script,) = (e for e in Parsed(document).all("script") if e[1].get("type"))
    return json.loads(script[2])


def square():
    x = Value(3.0, label="x")
    y = x * x
    y.label = "y"
    return x, y


# ---------------------------------------------------------------- the file


class TestTheFile:
    def test_its_path_is_returned(self, tmp_path):
        path = explorer(square()[1], str(tmp_path / "y.HTML"))
        assert path == tmp_path / "y.HTML"
        assert isinstance(path, Path)
        assert [each.name for each in tmp_path.iterdir()] == ["y.HTML"]

    @pytest.mark.parametrize("name", ["y.htm", "y.svg", "y", "html", ".html"])
    def test_another_ending_is_refused(self, tmp_path, name):
        with pytest.raises(ValueError, match=re.escape(f"must end in .html, got '{name}'")):
            explorer(square()[1], tmp_path / name)
        assert not list(tmp_path.iterdir())

    @pytest.mark.parametrize("path", [None, 3, b"y.html"])
    def test_what_is_no_path(self, path):
        with pytest.raises(TypeError, match=r"a path is a str or a pathlib\.Path, not"):
            explorer(square()[1], path)

    @pytest.mark.parametrize("name", ["y\0.html", "\0/y.html", "\ud800.html"])
    def test_what_no_file_can_be_called(self, tmp_path, name):
        with pytest.raises(ValueError, match=r"no file can be called .*: leave out the character"):
            explorer(square()[1], f"{tmp_path}/{name}")
        assert not list(tmp_path.iterdir())

    def test_an_empty_path(self):
        with pytest.raises(ValueError, match="the path is empty"):
            explorer(square()[1], "")

    def test_the_folder_must_exist(self, tmp_path):
        with pytest.raises(FileNotFoundError, match=r"nowhere.*create it first"):
            explorer(square()[1], tmp_path / "nowhere" / "y.html")

    def test_a_folder_is_no_file(self, tmp_path):
        (tmp_path / "y.html").mkdir()
        with pytest.raises(IsADirectoryError, match="is a folder"):
            explorer(square()[1], tmp_path / "y.html")

    def test_after_an_error_it_is_as_it_was(self, tmp_path, monkeypatch):
        path = tmp_path / "y.html"
        path.write_text("before")

        def fail(*paths):
            raise OSError("no room")

        monkeypatch.setattr("os.replace", fail)
        with pytest.raises(OSError, match="no room"):
            explorer(square()[1], path)
        assert path.read_text() == "before"
        assert [each.name for each in tmp_path.iterdir()] == ["y.html"]

    def test_the_two_neurons_need_less_than_100_kilobytes(self, tmp_path):
        path = explorer(two_neurons("sigmoid").E, tmp_path / "two.html")
        assert path.stat().st_size < 100_000

    def test_the_same_graph_gives_the_same_bytes(self, tmp_path):
        pages = [written(two_neurons("sigmoid").E, tmp_path) for _ in range(2)]
        assert pages[0] == pages[1]

    def test_grad_is_neither_read_nor_changed(self, tmp_path):
        x, y = square()
        before = written(y, tmp_path)
        y.backward()
        y.backward()
        assert written(y, tmp_path) == before
        assert x.grad == 12.0

    def test_every_part_of_the_page_is_used(self):
        folder = Path(page.__file__).parent
        parts = {each.name for each in folder.iterdir() if each.suffix in (".js", ".css", ".html")}
        assert parts == {*page._STYLES, *page._SCRIPTS, "explorer.html"}


class TestWhatIsRefused:
    def test_a_tensor_is_told_the_way(self, tmp_path):
        with pytest.raises(TypeError, match=re.escape(".scalars()")):
            explorer(Tensor([1.0, 2.0]).sum(), tmp_path / "t.html")
        assert not list(tmp_path.iterdir())
        explorer(Tensor([1.0, 2.0], label="t").sum().scalars(), tmp_path / "t.html")

    @pytest.mark.parametrize("root", [3.0, None, "x", [Value(1.0)]])
    def test_what_is_no_value(self, tmp_path, root):
        with pytest.raises(TypeError, match=f"takes a Value, got {type(root).__name__}"):
            explorer(root, tmp_path / "t.html")

    def test_too_many_nodes_and_the_ways_out(self, tmp_path):
        leaves = [Value(float(i)) for i in range(MOST_NODES)]
        total = autograd.sum(leaves)
        with pytest.raises(ValueError, match=r"601 nodes .*wrt=.*smaller"):
            explorer(total, tmp_path / "t.html")
        data = data_of(written(total, tmp_path, wrt=leaves[:5]))
        assert len(data["nodes"]) == 6

    def test_as_many_as_there_may_be(self, tmp_path):
        total = autograd.sum([Value(float(i)) for i in range(MOST_NODES - 1)])
        assert len(data_of(written(total, tmp_path))["nodes"]) == MOST_NODES

    @pytest.mark.parametrize("make", [repeated, neuron], ids=["a sum", "a neuron"])
    def test_too_many_operands_and_the_ways_out(self, tmp_path, make):
        root, wrt = make(MOST_SLOTS + 2)
        with pytest.raises(ValueError, match=r"2,002 operands .* at most 2,000: .*wrt=.*smaller"):
            explorer(root, tmp_path / "t.html", wrt=wrt)
        assert not list(tmp_path.iterdir())

    def test_as_many_operands_as_there_may_be(self, tmp_path):
        for make in (repeated, neuron):
            root, wrt = make(MOST_SLOTS)
            document = written(root, tmp_path, wrt=wrt)
            assert len(data_of(document)["nodes"][-1]["operands"]) == MOST_SLOTS
            assert len(document) < 1_000_000

    def test_what_is_not_on_the_page_does_not_count(self, tmp_path):
        x = Value(2.0, label="x")
        root, _ = repeated(5000)
        assert len(data_of(written(root * x, tmp_path, wrt=x))["nodes"]) == 2

    @pytest.mark.parametrize("make", [repeated, neuron], ids=["a sum", "a neuron"])
    def test_a_sum_of_a_hundred_thousand_takes_little_memory(self, tmp_path, make):
        root, wrt = make(100_000)
        tracemalloc.start()
        try:
            with pytest.raises(ValueError, match="100,000 operands"):
                explorer(root, tmp_path / "t.html", wrt=wrt)
            assert tracemalloc.get_traced_memory()[1] < 200e6
        finally:
            tracemalloc.stop()

    def test_a_deep_graph_is_refused_at_once(self, tmp_path):
        x = Value(1.0)
        for _ in range(100_000):
            x = x * 1.0
        with pytest.raises(ValueError, match="100,001 nodes"):
            explorer(x, tmp_path / "t.html")

    def test_a_wrt_that_the_root_does_not_depend_on(self, tmp_path):
        with pytest.raises(ValueError, match="'other'"):
            explorer(square()[1], tmp_path / "t.html", wrt=Value(1.0, label="other"))
        with pytest.raises(TypeError, match="wrt="):
            explorer(square()[1], tmp_path / "t.html", wrt=[1.0])
        with pytest.raises(ValueError, match="empty"):
            explorer(square()[1], tmp_path / "t.html", wrt=[])

    def test_a_primitive_that_computes_with_math(self, tmp_path):
        @primitive(partials=lambda m, out, x: out, name="explorer_by_math")
        def by_math(m, x):
            return math.exp(x)

        try:
            with pytest.raises(ValueError, match=r"'explorer_by_math' cannot .* use m\.exp"):
                explorer(by_math(Value(1.0)), tmp_path / "t.html")
        finally:
            del TABLE["explorer_by_math"]

    def test_a_primitive_that_branches(self, tmp_path):
        @primitive(partials=lambda m, out, x: 1.0 if x > 0 else 0.0, name="explorer_branch")
        def branch(m, x):
            return m.maximum(x, 0.0)

        try:
            with pytest.raises(ValueError, match=r"'explorer_branch' cannot .*m\.where"):
                explorer(branch(Value(1.0)), tmp_path / "t.html")
        finally:
            del TABLE["explorer_branch"]


# ---------------------------------------------------------------- what the page knows


class TestContents:
    def test_both_slots_of_a_square_are_arrows(self):
        data = contents(square()[1]).data
        assert data["views"]["arrows"] == [[0, 1, 0], [0, 1, 1]]
        assert data["nodes"][1]["operands"] == [0, 0]

    def test_a_constant_is_a_box_of_its_own(self):
        x = Value(3.0)
        data = contents(x**2 + 0.5).data
        assert data["views"]["constants"] == [[1, 1], [2, 1]]
        assert [data["nodes"][i]["operands"][1]["text"] for i in (1, 2)] == ["2", "0.5"]
        assert sorted(data["views"]["boxes"]) == [-2, -1, 0, 1, 2]

    def test_wrt_leaves_out_what_is_on_no_path(self):
        network = two_neurons("sigmoid")
        data = contents(network.E, wrt=network.w2).data
        assert [node["name"] for node in data["nodes"]] == [
            *("w2", "n8", "z2", "a2", "n12", "n13", "E"),
        ]
        product = data["nodes"][1]
        assert product["operands"][0] == 0
        assert product["operands"][1] == {"name": "a1", "value": network.a1.data}
        assert data["views"]["constants"] == []

    def test_wrt_an_intermediate_value_makes_it_a_leaf(self):
        network = two_neurons("sigmoid")
        data = contents(network.E, wrt=[network.z2]).data
        assert data["nodes"][0] == {"name": "z2", "value": network.z2.data}

    def test_two_rows_of_one_name_are_two(self):
        declared = [scale_by(2.0), scale_by(5.0)]
        try:
            x = Value(2.0, label="x")
            found = contents(declared[0](x) + declared[1](x))
            forms = found.data["forms"]
            assert [form["kernel"] for form in forms] == [0, 1, 2]
            assert [form["name"] for form in forms[:2]] == ["explorer_scale"] * 2
            assert [form["partials"] for form in forms[:2]] == [["2"], ["5"]]
            assert found.script.count("* x0") >= 2
        finally:
            del TABLE["explorer_scale"]

    def test_minus_zero_keeps_its_sign(self, tmp_path):
        document = written(-0.0 / Value(-0.0, label="x") + Value(0.0), tmp_path)
        data = data_of(document)
        (value,) = (node["value"] for node in data["nodes"] if node["name"] == "x")
        assert math.copysign(1.0, value) == -1.0
        constant = data["nodes"][1]["operands"][0]
        assert math.copysign(1.0, constant["value"]) == -1.0

    def test_nan_and_inf_survive_json(self, tmp_path):
        x, y, z = Value(math.nan), Value(math.inf), Value(-math.inf)
        data = data_of(written(x + y * z * math.inf, tmp_path))
        values = [node["value"] for node in data["nodes"] if "value" in node]
        assert sorted(values) == ["-inf", "inf", "nan"]
        operands = [operand for node in data["nodes"] for operand in node.get("operands", ())]
        constants = [operand for operand in operands if not isinstance(operand, int)]
        assert constants == [{"text": "inf", "value": "inf"}]

    def test_formulas_are_those_of_the_table(self):
        form = contents(two_neurons("sigmoid").a2).data["forms"][2]
        assert form["name"] == "sigmoid"
        assert form["value"] == "σ(\ue100)"
        assert form["partials"] == ["\ue0ff·(1 − \ue0ff)"]

    def test_a_long_sum_is_cut(self):
        names = [Value(1.0, label=f"x{i}") for i in range(30)]
        weights = [Value(1.0, label=f"w{i}") for i in range(30)]
        form = contents(autograd.dot(weights, names, Value(0.0, label="b"))).data["forms"][0]
        assert form["value"].endswith(f" + … (30 terms) + {chr(0xE100 + 60)}")
        assert form["value"].startswith("\ue100·\ue11e + ")
        assert len(form["partials"]) == 61

    def test_layers_are_those_of_the_model(self):
        net = nn.MLP(2, [3, 2, 1], "tanh", seed=0)
        layers = contents(net([0.5, -0.2])).data["layers"]
        assert [layer["name"] for layer in layers] == ["layer 1", "layer 2", "layer 3"]
        assert [len(layer["leaves"]) for layer in layers] == [9, 8, 3]

    def test_without_scopes_an_activation_ends_a_layer(self):
        data = contents(two_neurons("sigmoid").E).data
        names = [node["name"] for node in data["nodes"]]
        layers = {
            layer["name"]: {names[leaf] for leaf in layer["leaves"]} for layer in data["layers"]
        }
        assert layers == {
            "layer 1": {"x", "w1", "b1"},
            "layer 2": {"w2", "b2"},
            "after the last layer": {"T"},
        }

    def test_one_layer_is_none(self):
        assert contents(square()[1]).data["layers"] == []

    def test_without_an_activation_there_is_nothing_to_swap(self):
        assert contents(square()[1]).data["activations"] == []
        names = [each["name"] for each in contents(Value(1.0).relu()).data["activations"]]
        assert names == ["sigmoid", "tanh", "relu"]

    def test_colours_and_widths_are_those_of_the_diagrams(self):
        palette = contents(square()[1]).data["palette"]
        colours = ["#" + each for each in re.findall(".{6}", palette["colours"])]
        assert colours == [colour.cividis(i / 255) for i in range(256)]
        for index, each in enumerate(colours):
            assert (colour.ink(each) == "#000000") == (index >= palette["blackFrom"])
        assert palette["widths"] == [0.8, 4.8]
        assert palette["zero"][0] == colour.ZERO
        assert palette["notFinite"][0] == colour.NOT_FINITE
        style = (Path(page.__file__).parent / "explorer.css").read_text(encoding="utf-8")
        assert f"--value: {diagram.VALUE_COLOUR};" in style
        assert f"--gradient: {diagram.GRADIENT_COLOUR};" in style
        assert f"--none: {colour.NO_GRADIENT};" in style

    def test_a_leaf_alone_is_a_graph(self):
        data = contents(Value(2.0, label="x")).data
        assert data["nodes"] == [{"name": "x", "value": 2.0}]
        assert data["views"]["arrows"] == []

    def test_a_primitive_of_the_users_own(self):
        @primitive(
            partials=lambda m, out, x: 2.0 * x * out, name="</script> explorer", symbol="<b>"
        )
        def exp_square(m, x):
            return m.exp(x * x)

        try:
            found = contents(exp_square(Value(1.0)))
            assert "(x0) => m.exp((x0 * x0))" in found.script
            assert found.data["forms"][0]["partials"] == ["2·\ue100·\ue0ff"]
        finally:
            del TABLE["</script> explorer"]


def overlapping(boxes):
    for i, (x, y, w, h) in enumerate(boxes):
        for X, Y, W, H in boxes[:i]:  # noqa: N806
            if x < X + W and x + w > X and y < Y + H and y + h > Y:
                return (x, y), (X, Y)
    return None


@pytest.mark.parametrize("view", ["wide", "narrow"])
@pytest.mark.parametrize(
    "root",
    [
        two_neurons("sigmoid").E,
        square()[1],
        nn.losses.squared_error(1.0, autograd.sum(nn.Layer(3, 4, "tanh", seed=0)([1.0, 2.0, 3.0]))),
        Value(2.0),
    ],
    ids=["two neurons", "square", "layer", "leaf"],
)
def test_no_box_stands_on_another_and_all_are_inside(root, view):
    views = contents(root).data["views"]
    sizes = [CONSTANT if number < 0 else BOX for number in views["boxes"]]
    boxes = [(*place, *size) for place, size in zip(views[view]["boxes"], sizes, strict=True)]
    assert overlapping(boxes) is None
    x, y, width, height = views[view]["frame"]
    for left, top, w, h in boxes:
        assert x <= left
        assert y <= top
        assert left + w <= x + width
        assert top + h <= y + height
    assert len(views[view]["arrows"]) == len(views["arrows"])
    for _, _, *text in views[view]["arrows"]:
        assert len(text) in (0, 2)


# ---------------------------------------------------------------- safe as a document


class TestTheDocument:
    def test_the_policy_names_the_script_and_the_style_by_their_hashes(self, tmp_path):
        parsed = Parsed(written(two_neurons("sigmoid").E, tmp_path))
        (policy,) = (
            attributes["content"]
            for _, attributes, _ in parsed.all("meta")
            if attributes.get("http-equiv") == "Content-Security-Policy"
        )

        def source(text):
            return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"

        (script,) = (text for _, attributes, text in parsed.all("script") if not attributes)
        ((_, _, style),) = parsed.all("style")
        assert policy.split("; ") == [
            "default-src 'none'",
            f"script-src {source(script)}",
            f"style-src {source(style)}",
            "base-uri 'none'",
            "form-action 'none'",
        ]

    def test_nothing_is_loaded_from_anywhere(self, tmp_path):
        document = written(two_neurons("sigmoid").E, tmp_path)
        for _, attributes, _ in Parsed(document).elements:
            assert not {"src", "srcset", "data", "action", "style"} & set(attributes)
            assert not any(name.startswith("on") for name in attributes)
            assert attributes.get("href", "#").startswith("#")
        # the only address is the name of the SVG namespace
        assert set(re.findall(r"\w+://[^\s\"'`]*", document)) == {"http://www.w3.org/2000/svg"}
        assert not re.search(r"@import|url\(|\beval\b|innerHTML|new Function", document)

    def test_no_arithmetic_of_a_primitive_is_written_by_hand(self):
        folder = Path(page.__file__).parent
        used = {
            name
            for script in page._SCRIPTS
            for name in re.findall(r"Math\.(\w+)", (folder / script).read_text(encoding="utf-8"))
        }
        # for sizes on the screen and for the logarithmic scale; exp is a factor of zoom
        assert used == {"abs", "ceil", "exp", "floor", "hypot", "log10", "max", "min", "round"}
        model = (folder / "model.js").read_text(encoding="utf-8")
        assert "Math." not in model

    @pytest.mark.parametrize("label", HOSTILE, ids=ids)
    def test_a_hostile_label_is_text(self, tmp_path, label):
        x = Value(2.0, label=label)
        y = x * Value(3.0, label="{{script}}")
        y.label = label
        y.scope = x.scope = label
        document = written(y, tmp_path)
        parsed = Parsed(document)
        plain = Parsed(written(square()[1], tmp_path))
        assert [e[0] for e in parsed.elements] == [e[0] for e in plain.elements]
        names = [node["name"] for node in data_of(document)["nodes"]]
        assert "‘{{script}}’" in names
        wanted = visible(label).strip()
        if wanted:
            assert any(wanted in name for name in names)
            ((_, _, title),) = parsed.all("title")
            assert wanted.split("  ")[0] in " ".join(title.split("\n"))

    def test_a_hostile_primitive_is_text(self, tmp_path):
        @primitive(partials=lambda m, out, x: 1.0, name="</script><b>", symbol="<!--")
        def hostile(m, x):
            """</script><script>alert(1)</script>."""
            return x + 0.0

        try:
            document = written(hostile(Value(1.0)), tmp_path)
            assert len(Parsed(document).all("script")) == 2
            assert document.count("</script>") == 2
            assert data_of(document)["forms"][0]["name"] == "</script><b>"
        finally:
            del TABLE["</script><b>"]


def test_the_limit_is_that_of_the_documentation():
    said = re.sub(r"\s+", " ", explorer.__doc__)
    assert f"more than {MOST_NODES} nodes" in said
    assert f"more than {MOST_SLOTS:,} operands" in said
    assert page_contents.ACTIVATIONS[0].name == "sigmoid"
