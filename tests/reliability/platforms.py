"""The tests on other Pythons, with the oldest and the newest numpy, and in awkward surroundings.

    python -m tests.reliability.platforms --python python3.10 python3.14
    python -m tests.reliability.platforms --ways bare optimized --tests tests/autograd

Each Python gets an environment of its own in a temporary folder, with the project, pytest and
hypothesis and none of the extras.  A way that a Python cannot go (numpy 2.0 has no wheel for
3.13) is said and left out; a Python that is not there is a failure.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OLDEST_NUMPY = "2.0.*"  # as setup.cfg has it


@dataclass(frozen=True)
class Way:
    """One manner of running the tests."""

    what: str
    flags: Sequence[str] = ()
    options: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    numpy: str = ""


WAYS = {
    "bare": Way("newest numpy, no extras, no display, no dot"),
    "oldest": Way(f"numpy {OLDEST_NUMPY}", numpy=OLDEST_NUMPY),
    "optimized": Way(
        "python -O",
        flags=["-O"],
        # asserts of the tests are statements of pytest's own, and stay
        options=["-W", "ignore:assertions not in test modules:pytest.PytestConfigWarning"],
    ),
    "warnings": Way("python -W error", flags=["-W", "error"]),
    "dev": Way("python -X dev", flags=["-X", "dev"]),
    "homeless": Way(
        "a home that cannot be written",
        environment={"HOME": os.devnull, "XDG_CONFIG_HOME": os.devnull, "MPLCONFIGDIR": ""},
    ),
    "ascii": Way(
        "a locale without UTF-8",
        environment={
            "LC_ALL": "C", "LANG": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0",
        },
    ),
}  # fmt: skip


class Environment:
    """A virtual environment of one Python with a copy of the project."""

    def __init__(self, python: str, folder: Path) -> None:
        folder.chmod(0o755)  # some tests become another user
        self.folder = folder
        self.tree = folder / "project"
        ignored = shutil.ignore_patterns(".git", ".venv*", "__pycache__", "*.egg-info", ".*_cache")
        shutil.copytree(ROOT, self.tree, ignore=ignored)
        subprocess.run([python, "-m", "venv", folder / "venv"], check=True)
        self.python = folder / "venv" / "bin" / "python"
        self.install("--editable", f"{self.tree}[test]")

    def install(self, *what: str) -> None:
        command = [self.python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*command, *what], check=True, stderr=subprocess.PIPE, text=True)

    def versions(self) -> str:
        ask = "import sys, numpy; print('%d.%d.%d' % sys.version_info[:3], numpy.__version__)"
        return "Python {}, numpy {}".format(*self.output("-c", ask).split())

    def output(self, *arguments: str) -> str:
        return subprocess.run(
            [self.python, *arguments], check=True, capture_output=True, text=True
        ).stdout

    def test(self, way: Way, tests: Sequence[str], log: Path) -> str:
        """Run tests one way; return what pytest said last."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "DISP"))}
        environment |= {"PATH": f"{self.python.parent}", **way.environment}
        with log.open("w", encoding="utf-8") as file:
            subprocess.run(
                [self.python, *way.flags, "-m", "pytest", "-q", "-p", "no:cacheprovider",
                 *way.options, *tests],
                cwd=self.tree, env=environment, stdout=file, stderr=subprocess.STDOUT, check=False,
            )  # fmt: skip
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        return lines[-1].strip("= ") if lines else "nothing was printed"


def passed(verdict: str) -> bool:
    """Tell whether pytest's last line tells of tests that passed and of none that did not.

    >>> passed("12 passed, 3 skipped in 1.5s"), passed("1 failed, 12 passed in 2s")
    (True, False)
    """
    return re.search(r"\d+ passed", verdict) is not None and not re.search(
        r"\d+ (failed|error)", verdict
    )


def run(
    python: str, ways: Sequence[str], tests: Sequence[str], logs: Path
) -> tuple[int, list[str]]:
    """Run all ways with one Python; return how many were gone, and those that failed."""
    gone, failed = 0, []
    with tempfile.TemporaryDirectory() as folder:
        try:
            environment = Environment(python, Path(folder))
        except (OSError, subprocess.CalledProcessError) as error:
            why = (getattr(error, "stderr", None) or str(error)).strip().splitlines()[-1]
            print(f"{python}: no environment can be made: {why}", flush=True)
            return 0, [python]
        for name in ways:
            way = WAYS[name]
            try:
                environment.install("--only-binary", "numpy", "--upgrade", f"numpy=={way.numpy}"
                                    if way.numpy else "numpy")  # fmt: skip
            except subprocess.CalledProcessError:
                print(f"{python}, {name}: left out, there is no numpy {way.numpy}", flush=True)
                continue
            log = logs / f"{Path(python).name}-{name}.log"
            verdict = environment.test(way, tests, log)
            gone += 1
            if not passed(verdict):
                failed.append(f"{Path(python).name} {name} (see {log})")
            print(f"{environment.versions()}, {name} ({way.what}): {verdict}", flush=True)
    return gone, failed


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.reliability.platforms")
    parser.add_argument("--python", nargs="+", default=[sys.executable], metavar="PYTHON")
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS), metavar="WAY")
    parser.add_argument("--tests", nargs="+", default=["tests"], metavar="PATH")
    parser.add_argument("--logs", type=Path, default=Path(tempfile.gettempdir()))
    options = parser.parse_args()
    gone, failed = 0, []
    for python in options.python:
        done, wrong = run(python, options.ways, options.tests, options.logs)
        gone, failed = gone + done, failed + wrong
    print(
        f"platforms: {gone} ways gone with {len(options.python)} Pythons, {len(failed)} failed"
        f"{': ' + '; '.join(failed) if failed else ''}"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
