"""`animate`: the frames tell the pass as it is, nothing moves, and the files are whole."""

import builtins
import math
import re

import numpy as np
import pytest

from autograd import Tensor, Value, gradients, topological_order
from tests.viz import examples
from viz.animating import animation
from viz.animating.animation import FLOW, HANDS_ON, RECEIVES, animate, frames
from viz.diagram import Box
from viz.svg import write_frames


def meeting():
    """Build y = x*x + tanh(x), where three contributions meet at x."""
    x = Value(3.0, label="x")
    a, b = x * x, x.tanh()
    a.label, b.label = "a", "b"
    y = a + b
    y.label = "y"
    return x, y


def box(frame, title):
    return next(i for i in frame.items if isinstance(i, Box) and i.title == title)


def line(frame, title, prefix):
    return next(line.text for line in box(frame, title).lines if line.prefix == prefix)


def column(film, title, prefix):
    return [line(frame, title, prefix) for frame in film]


class TestFrames:
    def test_one_frame_a_step(self):
        _, y = meeting()
        # the start, the seed, y, a and b hand on, the end
        assert len(frames(y)) == 6
        # the leaves and three operations in place of the start
        assert len(frames(y, forward=True)) == 5 + 4

    def test_contributions_add_up_where_arrows_meet(self):
        _, y = meeting()
        shown = column(frames(y), "x", "grad")
        slope = 1 - np.tanh(3.0) ** 2
        assert shown[:3] == ["—", "—", "—"]
        assert shown[3] == f"{slope:#.4g} + …"
        assert shown[4] == f"{slope:#.4g} += 3.000 += 3.000"
        assert shown[5] == "6.010"

    def test_captions_have_the_chain_rule_with_its_numbers(self):
        _, y = meeting()
        captions = [frame.caption for frame in frames(y)]
        assert captions[1] == ("The pass begins at the end: ∂y/∂y = 1",)
        assert captions[2] == (
            "Back 1 of 3: y hands on ∂y/∂y = 1.000",
            "∂y/∂a = ∂y/∂y · ∂y/∂a = 1.000 · 1.000 = 1.000",
            "∂y/∂b = ∂y/∂y · ∂y/∂b = 1.000 · 1.000 = 1.000",
        )
        assert captions[3][1] == (
            "∂y/∂x = ∂y/∂b · ∂b/∂x = 1.000 · (1 − b²) = 1.000 · 0.009866 = 0.009866"
        )
        assert captions[4][2].endswith("= 1.000 · 3.000 = 3.000, makes 6.010")
        assert captions[5] == ("Done: ∂y/∂x = 6.010",)

    def test_forward_captions_have_the_formula(self):
        w, x = Value(-2.0, label="w"), Value(3.0, label="x")
        y = w * x
        y.label = "y"
        film = frames(y, forward=True)
        assert film[1].caption == ("Forward 1 of 1: y = w·x = −2·3 = -6.000",)
        assert column(film, "y", "value") == ["—", *["-6.000"] * 4]

    def test_the_last_frame_has_the_gradients_of_the_engine(self):
        root = examples.two_neurons()
        last = frames(root)[-1]
        order = topological_order(root)
        slopes = gradients(root, order)
        for index, slope in enumerate(slopes):
            (item,) = [i for i in last.items if i.id == f"n{index}"]
            (shown,) = [line.text for line in item.lines if line.prefix == "grad"]
            assert float(shown) == pytest.approx(slope, rel=1e-3)

    def test_grad_is_neither_read_nor_changed(self):
        x, y = meeting()
        for _ in range(3):
            y.backward()
        held = [node.grad for node in topological_order(y)]
        assert line(frames(y)[-1], "x", "grad") == "6.010"
        assert [node.grad for node in topological_order(y)] == held
        fresh, root = meeting()
        frames(root)
        assert fresh.grad is None
        assert x.grad == pytest.approx(3 * (6 + 1 - np.tanh(3.0) ** 2))

    def test_who_hands_on_and_who_receives_is_marked(self):
        _, y = meeting()
        frame = frames(y)[4]
        assert (box(frame, "a").glow, box(frame, "x").glow) == (HANDS_ON, RECEIVES)
        assert (box(frame, "b").glow, box(frame, "y").glow) == ("", "")
        flowing = [(a.tail, a.head) for a in frame.arrows if a.colour == FLOW]
        ids = {title: box(frame, title).id for title in ("x", "a")}
        circle = f"op{ids['a'][1:]}"
        assert sorted(flowing) == sorted([(ids["x"], circle)] * 2 + [(circle, ids["a"])])
        assert all(a.against for a in frame.arrows if a.colour == FLOW)

    def test_the_colour_comes_when_the_gradient_is_complete(self):
        _, y = meeting()
        fills = [box(frame, "x").fill for frame in frames(y)]
        assert fills[0] == fills[3] == "#f0f0f0"  # none, and a part of it
        assert fills[4] == fills[5] != "#f0f0f0"

    def test_what_nothing_flows_to_ends_with_zero(self):
        from autograd import where

        x, c = Value(1.0, label="x"), Value(2.0, label="c")
        y = where(True, x * 1.0, c * 1.0)
        assert column(frames(y), "c", "grad")[-1] == "0.000"

    def test_wrt_shows_only_the_paths(self):
        root = examples.two_neurons()
        w1 = next(node for node in topological_order(root) if node.label == "w1")
        titles = {i.title for i in frames(root, wrt=w1)[0].items if isinstance(i, Box)}
        assert "w1" in titles
        assert not titles & {"x", "b1", "w2", "b2", "T"}
        assert frames(root, wrt=w1)[-1].caption == ("Done: ∂E/∂w1 = 0.001021",)

    def test_unnamed_nodes_have_the_names_that_captions_use(self):
        x = Value(2.0, label="x")
        film = frames((x * x).tanh())
        assert "n1 hands on" in film[3].caption[0]
        assert box(film[3], "n1").glow == HANDS_ON

    def test_many_operands_do_not_fill_the_page(self):
        from autograd import dot

        values = [Value(1.0 + i, label=f"v{i}") for i in range(12)]
        captions = [frame.caption for frame in frames(dot(values, values))]
        assert max(map(len, captions)) <= 5
        assert any("in the same way to" in text for lines in captions for text in lines)

    def test_a_larger_graph_is_fused(self):
        film = frames(examples.chain(100))
        assert len(film) == 2 + 99 + 1
        assert any(arrow.colour == FLOW for arrow in film[50].arrows)

    def test_a_primitive_that_has_no_formula_is_still_told(self):
        from autograd import primitive
        from autograd.primitives import TABLE

        # `math` takes numbers and no symbols
        @primitive(partials=lambda m, out, x: 2.0 * math.cosh(float(x)), name="pictures_twisted")
        def twisted(m, x):
            return 2.0 * math.sinh(float(x))

        TABLE.pop("pictures_twisted")
        x = Value(0.0, label="x")
        captions = [frame.caption for frame in frames(twisted(x), forward=True)]
        name = "pictures_twisted"
        assert captions[1] == (f"Forward 1 of 1: n1 = {name}(x) = {name}(0) = 0.000",)
        assert captions[3][1] == "∂n1/∂x = ∂n1/∂n1 · ∂n1/∂x = 1.000 · 2.000 = 2.000"


class TestNothingMoves:
    @pytest.mark.parametrize("direction", ["LR", "TB"])
    def test_every_box_and_circle_stands_still(self, direction):
        drawn = write_frames(frames(examples.two_neurons(), forward=True, direction=direction))
        places = []
        for svg in drawn:
            found = {}
            for group in examples.parse(svg).iter(f"{examples.SVG}g"):
                if group.get("data-id"):
                    shape = next(iter(group))
                    keys = ("x", "y", "width", "height", "cx", "cy", "rx", "ry")
                    found[group.get("data-id")] = tuple(shape.get(key) for key in keys)
            places.append(found)
        assert len(places[0]) == 15 + 9 + 2
        assert all(found == places[0] for found in places)

    def test_all_frames_have_one_size(self):
        drawn = write_frames(frames(meeting()[1]))
        assert len({svg.partition(">")[0] for svg in drawn}) == 1

    def test_texts_stay_inside_the_page(self):
        for svg in write_frames(frames(meeting()[1])):
            root = examples.parse(svg)
            left, top, width, height = map(float, root.get("viewBox").split())
            for text in root.iter(f"{examples.SVG}text"):
                assert left <= float(text.get("x")) <= left + width
                assert top <= float(text.get("y")) <= top + height


class TestFolder:
    def test_frames_are_numbered_svg_files(self, tmp_path):
        path = animate(meeting()[1], tmp_path / "steps")
        assert path == tmp_path / "steps"
        files = sorted(path.iterdir())
        assert [file.name for file in files] == [f"frame_{i:03d}.svg" for i in range(6)]
        last = files[-1].read_text(encoding="utf-8")
        assert "Done: ∂y/∂x = 6.010" in examples.texts(last)

    def test_a_shorter_animation_replaces_a_longer_one_and_touches_nothing_else(self, tmp_path):
        folder = tmp_path / "steps"
        animate(examples.two_neurons(), folder)
        for name in ("notes.txt", "frame_999.svg", "frame_7.svg", "frame_010.png"):
            (folder / name).write_text("mine")
        animate(meeting()[1], folder)
        own = {f"frame_{i:03d}.svg" for i in range(6)}
        others = {"notes.txt", "frame_999.svg", "frame_7.svg", "frame_010.png"}
        assert {file.name for file in folder.iterdir()} == own | others
        assert all((folder / name).read_text() == "mine" for name in others)

    def test_the_same_graph_gives_the_same_bytes(self, tmp_path):
        for name in ("a", "b"):
            animate(meeting()[1], tmp_path / name)
        for file in (tmp_path / "a").iterdir():
            assert file.read_bytes() == (tmp_path / "b" / file.name).read_bytes()

    def test_hostile_names_stay_text(self, tmp_path):
        x = Value(1.0, label='<script>&"\x1b]]>-->')
        path = animate(x * x, tmp_path / "steps")
        for file in path.iterdir():
            svg = file.read_text(encoding="utf-8")
            examples.parse(svg)
            assert "<script" not in svg


class TestGif:
    @pytest.fixture(autouse=True)
    def _needs_matplotlib(self):
        pytest.importorskip("matplotlib")

    def read(self, path):
        from PIL import Image

        with Image.open(path) as image:
            found = []
            for number in range(image.n_frames):
                image.seek(number)
                found.append((np.asarray(image.convert("RGB")), image.info["duration"]))
            return found, image.info.get("loop")

    def test_frames_durations_and_loop(self, tmp_path):
        path = animate(meeting()[1], tmp_path / "y.gif", seconds=0.5)
        found, loop = self.read(path)
        assert [duration for _, duration in found] == [500] * 5 + [1500]
        assert loop == 0
        assert len({pixels.shape for pixels, _ in found}) == 1
        assert [file.name for file in tmp_path.iterdir()] == ["y.gif"]

    def test_pixels_are_those_of_the_frames(self, tmp_path):
        from viz.animating.raster import Rasterizer

        _, y = meeting()
        found, _ = self.read(animate(y, tmp_path / "y.gif"))
        rasterize = Rasterizer(2.0)
        for (pixels, _), svg in zip(found, write_frames(frames(y)), strict=True):
            error = np.abs(pixels.astype(int) - rasterize(svg)).max(axis=2)
            assert error.max() <= 48  # where an edge is smoothed
            assert (error > 16).mean() < 1e-3

    def test_the_colours_of_the_scale_are_exact(self, tmp_path):
        _, y = meeting()
        found, _ = self.read(animate(y, tmp_path / "y.gif"))
        shown = {tuple(colour) for colour in found[-1][0].reshape(-1, 3).tolist()}
        last = frames(y)[-1]
        fills = {i.fill for i in last.items if isinstance(i, Box) and i.kind != "constant"}
        fills |= {colour for colour, _ in last.legend.colours}
        for fill in fills:
            assert tuple(int(fill[i : i + 2], 16) for i in (1, 3, 5)) in shown

    def test_the_same_graph_gives_the_same_bytes(self, tmp_path):
        first, second = (animate(meeting()[1], tmp_path / name) for name in ("a.gif", "b.gif"))
        assert first.read_bytes() == second.read_bytes()

    def test_any_script_can_be_a_name(self, tmp_path):
        x = Value(1.0, label="重み $x^2$ \\frac שם 🙂")
        assert animate(x * x, tmp_path / "y.GIF").read_bytes().startswith(b"GIF89a")

    def test_a_failure_leaves_the_old_file(self, tmp_path, monkeypatch):
        path = tmp_path / "y.gif"
        path.write_bytes(b"old")

        def fail(frames, seconds):
            raise RuntimeError("out of ink")

        monkeypatch.setattr(animation, "write_gif", fail)
        with pytest.raises(RuntimeError, match="out of ink"):
            animate(meeting()[1], path)
        assert path.read_bytes() == b"old"
        assert [file.name for file in tmp_path.iterdir()] == ["y.gif"]


def test_without_matplotlib_the_extra_is_named(tmp_path, monkeypatch):
    importing = builtins.__import__

    def without(name, *rest):
        if name.partition(".")[0] in ("matplotlib", "PIL"):
            raise ImportError(name)
        return importing(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match=r"pip install 'chainrule\[plots\]'"):
        animate(meeting()[1], tmp_path / "y.gif")
    assert not list(tmp_path.iterdir())
    assert len(list(animate(meeting()[1], tmp_path / "steps").iterdir())) == 6  # needs nothing


class TestRefusals:
    def test_other_endings(self, tmp_path):
        for name in ("y.svg", "y.mp4", "y.png"):
            with pytest.raises(ValueError, match=r"ends in \.gif, or has no ending.*" + name):
                animate(meeting()[1], tmp_path / name)

    def test_an_empty_path_is_not_the_current_folder(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        with pytest.raises(ValueError, match="the path is empty: a name is wanted"):
            animate(meeting()[1], "")
        assert not list(tmp_path.iterdir())
        animate(meeting()[1], ".")  # that is

    @pytest.mark.parametrize("path", [None, 3, b"y.gif"])
    def test_what_is_no_path(self, path):
        with pytest.raises(TypeError, match=r"a path is a str or a pathlib\.Path, not"):
            animate(meeting()[1], path)

    @pytest.mark.parametrize("name", ["y\0.gif", "y\0", "\ud800.gif"])
    def test_what_no_file_can_be_called(self, tmp_path, name):
        with pytest.raises(ValueError, match=r"no file can be called .*: leave out the character"):
            animate(meeting()[1], f"{tmp_path}/{name}")

    def test_the_folder_around_it_must_exist(self, tmp_path):
        with pytest.raises(FileNotFoundError, match="create it first"):
            animate(meeting()[1], tmp_path / "nowhere" / "y.gif")

    def test_a_file_where_a_folder_should_be_and_the_other_way(self, tmp_path):
        (tmp_path / "steps").write_text("mine")
        (tmp_path / "y.gif").mkdir()
        with pytest.raises(FileExistsError, match="is a file"):
            animate(meeting()[1], tmp_path / "steps")
        with pytest.raises(IsADirectoryError, match="is a folder"):
            animate(meeting()[1], tmp_path / "y.gif")

    @pytest.mark.parametrize("seconds", [0, 0.001, -1, 61, float("nan"), True, "1"])
    def test_seconds(self, tmp_path, seconds):
        with pytest.raises(ValueError, match="seconds is how long a frame is shown"):
            animate(meeting()[1], tmp_path / "y.gif", seconds=seconds)

    def test_what_is_no_value(self, tmp_path):
        with pytest.raises(TypeError, match=re.escape("call .scalars()")):
            animate(Tensor([1.0, 2.0]).sum(), tmp_path / "y.gif")
        with pytest.raises(TypeError, match=r"animate\(root, path\) takes a Value, got float"):
            animate(1.0, tmp_path / "y.gif")

    def test_too_many_boxes(self, tmp_path):
        with pytest.raises(ValueError, match=r"401 boxes, more than 400.*wrt="):
            animate(examples.chain(401), tmp_path / "steps")
        assert not list(tmp_path.iterdir())

    def test_a_gif_that_nobody_could_read(self, tmp_path):
        pytest.importorskip("matplotlib")
        with pytest.raises(ValueError, match=r"points long.*write SVG frames.*wrt="):
            animate(examples.chain(120), tmp_path / "y.gif")
        assert not list(tmp_path.iterdir())

    def test_direction_and_wrt(self, tmp_path):
        with pytest.raises(ValueError, match="direction must be one of"):
            animate(meeting()[1], tmp_path / "steps", direction="up")
        with pytest.raises(ValueError, match="not reachable"):
            animate(meeting()[1], tmp_path / "steps", wrt=Value(1.0, label="q"))
