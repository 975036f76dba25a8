"""List the demos: ``python -m demos``; one site from all of them: ``python -m demos gallery``."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

from demos import _gallery
from viz.text import visible

ALSO = """\
python -m demos gallery --out DIR
    One site from all of them, with explorer pages.
demos/notebooks/
    Six notebooks to project, from one derivative to tensors (pip install 'chainrule[notebooks]').\
"""


def lessons(folder: Path = Path(__file__).parent) -> dict[str, str]:
    """Return the first line of the docstring of each demo by its module's name."""
    found = {}
    for file in sorted(folder.glob("*.py")):
        if not file.name.startswith("_"):
            doc = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
            found[file.stem] = doc.partition("\n")[0]
    return found


def main() -> int:
    """Print each demo with the command that runs it, or build the gallery."""
    known = lessons()
    if len(sys.argv) > 1 and sys.argv[1] == "gallery":
        return _gallery.main(sys.argv[2:], known)
    if len(sys.argv) > 1 and sys.argv[1] not in ("-h", "--help"):
        wanted = sys.argv[1]
        hint = f"python -m demos.{wanted}" if wanted in known else "python -m demos"
        print(f"{visible(wanted)}: a demo is run by its own name; try: {hint}", file=sys.stderr)
        return 2
    for name, line in known.items():
        print(f"python -m demos.{name}\n    {line}")
    print(f"\n{ALSO}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
