"""The engines: which one draws, what happens without, in time or not at all."""

import os
import sys
import time

import graphviz
import pytest

import viz
from autograd import Value
from tests.viz import examples
from viz import render
from viz.render import Diagram, LayoutTimeoutError, RenderError

MAGIC = {"svg": b"<", "png": b"\x89PNG", "pdf": b"%PDF", "dot": b"digraph"}


def failing(source, format, time_limit):
    raise render._EngineError("this engine is broken")


def endless(pid_file):
    """Make an engine that never ends, and a child of it that does not either."""
    program = (
        "import os, subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"open({str(pid_file)!r}, 'w').write(f'{{os.getpid()}} {{child.pid}}')\n"
        "time.sleep(600)\n"
    )

    def engine(source, format, time_limit):
        return render._run("endless", [sys.executable, "-c", program], source, time_limit)

    return engine


def is_running(pid):
    """Whether a process is there and not just waiting to be collected."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0] not in ("Z", "X")
    except FileNotFoundError:
        return False


def assert_stopped(pids):
    """Check that an engine and what it started are gone, or go at once."""
    numbers = [int(number) for number in pids.read_text().split()]
    assert len(numbers) == 2
    until = time.monotonic() + 20
    while any(map(is_running, numbers)) and time.monotonic() < until:
        time.sleep(0.02)
    assert not any(map(is_running, numbers))


class TestEngines:
    def test_each_engine_draws_the_same_content(self, engine):
        svg = viz.draw(examples.two_neurons()).pipe("svg", encoding="utf-8")
        shown = [text.strip() for text in examples.texts(svg)]
        for text in ("w1", "a1", "0.6023", "0.001021", "0.2395", "σ", "E", "|grad|", "0.5"):
            assert text in shown
        assert len(examples.groups(svg, "leaf")) == 6
        assert len(examples.groups(svg, "operation")) == 9
        assert len(examples.groups(svg, "constant")) == 2
        assert len(examples.groups(svg, "root")) == 1

    def test_each_engine_gives_the_same_bytes_again(self, engine):
        root = examples.network([2, 3, 1])
        assert viz.draw(root).pipe("svg") == viz.draw(root).pipe("svg")

    def test_formats(self, engine, tmp_path):
        for suffix, magic in MAGIC.items():
            path = tmp_path / f"y.{suffix}"
            if engine == "built-in" and suffix in ("png", "pdf"):
                with pytest.raises(RenderError, match=r"pip install pygraphviz"):
                    viz.save(examples.square(), path)
                assert not path.exists()
            else:
                assert viz.save(examples.square(), path) == path
                assert path.read_bytes().startswith(magic)

    def test_the_best_engine_comes_first(self, monkeypatch):
        present = {"dot": "/some/where/dot"}
        monkeypatch.setattr(render.shutil, "which", present.get)
        monkeypatch.setattr(render.importlib.util, "find_spec", lambda name: object())
        assert render._engines() == [render._system_dot, render._bundled_dot]
        present.clear()
        assert render._engines() == [render._bundled_dot]
        monkeypatch.setattr(render.importlib.util, "find_spec", lambda name: None)
        assert render._engines() == []

    def test_one_hint_a_process(self, no_graphviz, capfd):
        for _ in range(3):
            viz.draw(Value(1.0)).pipe("svg")
        out, err = capfd.readouterr()
        assert out == ""
        assert err.count("\n") == 1
        assert 'pip install pygraphviz' in err

    def test_a_broken_engine_gives_way_to_the_next(self, no_graphviz, monkeypatch, capfd):
        monkeypatch.setattr(render, "_engines", lambda: [failing, failing])
        assert viz.draw(Value(1.0)).pipe("svg").startswith(b"<svg")
        assert "this engine is broken" in capfd.readouterr().err
        with pytest.raises(RenderError, match="this engine is broken"):
            viz.draw(Value(1.0)).pipe("pdf")

    def test_the_bundled_engine_ignores_files_in_the_current_folder(self, tmp_path, monkeypatch):
        pytest.importorskip("pygraphviz")
        for name in ("pygraphviz", "string", "random"):
            (tmp_path / f"{name}.py").write_text("raise SystemExit('the wrong file')")
        monkeypatch.chdir(tmp_path)
        source = viz.draw(examples.square()).source
        assert b"<svg" in render._bundled_dot(source, "svg", render.TIME_LIMIT)

    def test_what_engines_say_of_errors_is_passed_on(self):
        program = "import sys; sys.exit('out of paper')"
        with pytest.raises(render._EngineError, match="out of paper"):
            render._run("printer", [sys.executable, "-c", program], "", 10.0)
        with pytest.raises(render._EngineError, match="does not start"):
            render._run("nobody", ["/no/such/program"], "", 10.0)


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="reads /proc")
class TestTimeLimit:
    def test_svg_gets_the_built_in_layout_and_says_so(self, tmp_path, monkeypatch, capfd):
        pids = tmp_path / "pids"
        monkeypatch.setattr(render, "_engines", lambda: [endless(pids)])
        diagram = viz.draw(examples.square())
        diagram.time_limit = 3.0
        assert diagram.pipe("svg").startswith(b"<svg")
        said = capfd.readouterr().err
        assert "took longer than 3 s and was stopped" in said
        assert "built-in layout" in said
        assert_stopped(pids)

    def test_other_formats_raise(self, tmp_path, monkeypatch):
        monkeypatch.setattr(render, "_engines", lambda: [endless(tmp_path / "pids")])
        diagram = viz.draw(examples.square())
        diagram.time_limit = 0.1
        with pytest.raises(LayoutTimeoutError, match=r"0\.1 s and was stopped.*wrt=.*max_depth="):
            diagram.pipe("png")

    def test_the_limit_is_fifteen_seconds_unless_told_otherwise(self):
        assert viz.draw(Value(1.0)).time_limit == 15.0


class TestSave:
    def test_no_other_file_is_left(self, tmp_path, no_graphviz):
        path = viz.save(examples.square(), str(tmp_path / "y.svg"))
        assert [entry.name for entry in tmp_path.iterdir()] == ["y.svg"]
        assert path == tmp_path / "y.svg"

    def test_options_are_those_of_draw(self, tmp_path, no_graphviz):
        x = Value(2.0, label="x")
        path = viz.save(x * x, tmp_path / "y.SVG", values=False, labels={x: "input"})
        shown = examples.texts(path.read_text(encoding="utf-8"))
        assert "input" in shown
        assert "value" not in shown
        with pytest.raises(TypeError, match="name of the file"):
            viz.save(x, tmp_path / "z.svg", format="svg")

    @pytest.mark.parametrize("name", ["y.gif", "y", "svg", ".svg", "y.svg.", "y.svgz"])
    def test_other_endings(self, tmp_path, name):
        with pytest.raises(ValueError, match=r"\.svg, \.png, \.pdf, \.dot"):
            viz.save(Value(1.0), tmp_path / name)
        assert list(tmp_path.iterdir()) == []

    def test_a_missing_folder_is_not_made(self, tmp_path):
        with pytest.raises(FileNotFoundError, match="create it first"):
            viz.save(Value(1.0), tmp_path / "new" / "y.svg")
        assert list(tmp_path.iterdir()) == []

    def test_a_folder_is_no_file(self, tmp_path):
        (tmp_path / "y.svg").mkdir()
        with pytest.raises(IsADirectoryError):
            viz.save(Value(1.0), tmp_path / "y.svg")

    def test_an_error_leaves_the_old_file(self, tmp_path, no_graphviz, monkeypatch):
        path = tmp_path / "y.png"
        path.write_bytes(b"old")
        with pytest.raises(RenderError):
            viz.save(Value(1.0), path)
        monkeypatch.setattr(render.os, "replace", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            viz.save(Value(1.0), tmp_path / "z.svg")
        assert [entry.name for entry in tmp_path.iterdir()] == ["y.png"]
        assert path.read_bytes() == b"old"

    def test_a_file_in_the_current_folder(self, tmp_path, monkeypatch, no_graphviz):
        monkeypatch.chdir(tmp_path)
        viz.save(Value(1.0), "y.dot")
        assert (tmp_path / "y.dot").read_text(encoding="utf-8").startswith("digraph")


class TestDiagram:
    """What graphviz users know works, with and without Graphviz."""

    def test_it_is_a_digraph(self):
        diagram = viz.draw(examples.square())
        assert isinstance(diagram, graphviz.Digraph)
        assert isinstance(diagram, Diagram)
        assert str(diagram) == diagram.source
        assert diagram.format == "svg"

    def test_the_notebook_picture(self, engine):
        diagram = viz.draw(examples.square())
        bundle = diagram._repr_mimebundle_()
        assert list(bundle) == ["image/svg+xml"]
        assert "3.000" in examples.texts(bundle["image/svg+xml"])
        assert diagram._repr_image_svg_xml() == bundle["image/svg+xml"]

    def test_pipe(self, engine):
        diagram = viz.draw(examples.square())
        assert isinstance(diagram.pipe("svg"), bytes)
        assert diagram.pipe("svg", encoding="utf-8").encode() == diagram.pipe()
        assert diagram.pipe("dot", encoding="utf-8") == diagram.source

    def test_render_writes_source_and_picture(self, engine, tmp_path):
        diagram = viz.draw(examples.square())
        path = diagram.render(tmp_path / "y.gv")
        assert path == str(tmp_path / "y.gv.svg")
        assert sorted(entry.name for entry in tmp_path.iterdir()) == ["y.gv", "y.gv.svg"]
        assert (tmp_path / "y.gv").read_text(encoding="utf-8") == diagram.source

    def test_render_cleans_up(self, engine, tmp_path):
        viz.draw(examples.square()).render("y", directory=tmp_path, cleanup=True)
        assert [entry.name for entry in tmp_path.iterdir()] == ["y.svg"]

    def test_render_to_a_named_file(self, engine, tmp_path):
        diagram = viz.draw(examples.square())
        path = diagram.render(outfile=tmp_path / "picture.svg", cleanup=True)
        assert path == str(tmp_path / "picture.svg")
        assert [entry.name for entry in tmp_path.iterdir()] == ["picture.svg"]

    def test_a_copy_draws_the_same(self, engine):
        diagram = viz.draw(examples.square())
        assert diagram.copy().pipe("svg") == diagram.pipe("svg")

    def test_other_engines_of_graphviz_are_asked_for_by_name(self, monkeypatch):
        monkeypatch.setenv("PATH", "")
        with pytest.raises(graphviz.ExecutableNotFound):
            viz.draw(Value(1.0)).pipe("svg", engine="neato")


def test_a_pdf_is_the_same_whenever_it_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    dated = b"%PDF-1.5 ... /CreationDate (D:20261121033026Z) ..."
    later = dated.replace(b"033026", b"033027")
    assert viz.render._undated(dated) == viz.render._undated(later)
    assert len(viz.render._undated(dated)) == len(dated)
    assert viz.render._undated(b"<svg>/CreationDate (D:20261121033026Z)") == (
        b"<svg>/CreationDate (D:20261121033026Z)"
    )
