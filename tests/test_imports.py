"""Imports run one way: demos -> {nn, viz} -> autograd, and inside autograd without a circle."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = {"autograd": set(), "nn": {"autograd"}, "viz": {"autograd"}}
PACKAGES["demos"] = {"autograd", "nn", "viz"}
ENTRY_POINTS = {"autograd/__main__.py"}  # looks upwards, and only when it is run
# an optional dependency is imported where it is used
OPTIONAL = {
    "IPython", "PIL", "matplotlib", "onnx", "pandas", "pygraphviz", "readline", "safetensors",
    "sklearn", "tqdm", "traitlets",
}  # fmt: skip


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def imports(file: Path) -> Iterator[tuple[str, bool]]:
    """Yield each imported module and whether the import stands inside a function."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    inside = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef))
        for node in ast.walk(function)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, id(node) in inside
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                is_module = (ROOT / (name.replace(".", "/") + ".py")).exists()
                yield (name if is_module else str(node.module)), id(node) in inside


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_run_one_way(package: str) -> None:
    allowed = PACKAGES[package] | {package}
    for file in modules(package):
        if str(file.relative_to(ROOT).as_posix()) in ENTRY_POINTS:
            continue
        for module, _ in imports(file):
            top = module.split(".")[0]
            if top in PACKAGES or top == "tests":
                assert top in allowed, f"{file.name} imports {module}"


@pytest.mark.parametrize("package", PACKAGES)
def test_only_optional_dependencies_are_imported_inside_functions(package: str) -> None:
    for file in modules(package):
        for module, inside in imports(file):
            if inside:
                assert module.split(".")[0] in OPTIONAL, f"{file.name} imports {module} inside"


@pytest.mark.parametrize("package", PACKAGES)
def test_no_circle_of_files(package: str) -> None:
    files = {
        ".".join(f.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): f
        for f in modules(package)
    }
    edges = {
        name: {m for m, _ in imports(f) if m in files and m not in (name, package)}
        for name, f in files.items()
    }
    while edges:  # take away what imports nothing that is left
        free = {name for name, needed in edges.items() if not needed & edges.keys()}
        assert free, f"a circle of imports among {sorted(edges)}"
        edges = {name: needed for name, needed in edges.items() if name not in free}


def test_value_stands_on_graph_and_graph_on_primitives() -> None:
    def needs(name: str) -> set[str]:
        return {module for module, _ in imports(ROOT / "autograd" / f"{name}.py")}

    assert "autograd.graph" in needs("value")
    assert "autograd.primitives" in needs("graph")
    assert not {"autograd.value", "autograd.functions"} & needs("graph")
    assert not any(module.startswith("autograd") for module in needs("primitives"))


def test_importing_the_engine_brings_in_no_heavy_library() -> None:
    code = (
        "import sys, autograd; "
        "print([m for m in ('matplotlib', 'pygraphviz', 'graphviz', 'IPython', 'viz', 'nn') "
        "if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout.strip() == "[]"
