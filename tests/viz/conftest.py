"""Which layout engines a test sees."""

import importlib.util
import shutil

import pytest

from viz import render


@pytest.fixture
def no_graphviz(monkeypatch):
    """A machine with neither `dot` nor pygraphviz, on which nothing was hinted yet."""
    monkeypatch.setattr(render, "_engines", list)
    monkeypatch.setattr(render, "_hinted", False)


def _has(engine):
    if engine == "dot":
        return shutil.which("dot") is not None
    return importlib.util.find_spec("pygraphviz") is not None


@pytest.fixture(params=["dot", "pygraphviz", "built-in"])
def engine(request, monkeypatch):
    """Each engine in turn; those that are not installed are skipped."""
    chosen = {"dot": [render._system_dot], "pygraphviz": [render._bundled_dot], "built-in": []}
    if request.param != "built-in" and not _has(request.param):
        pytest.skip(f"{request.param} is not installed")
    monkeypatch.setattr(render, "_engines", lambda: chosen[request.param])
    return request.param
