"""Run the comparisons, on a machine that does nothing else.

``python -m benchmarks`` runs all and writes docs/benchmarks.* and the README's part of them;
``python -m benchmarks moons digits`` runs some and only prints; ``python -m benchmarks --from
docs/benchmarks.json`` writes the documents of an earlier run again.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import re
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from autograd.atomic import write_atomically
from benchmarks import digits, growth, moons, plot, report, scale, training
from benchmarks.contestants.base import MissingError, cores
from benchmarks.summary import BUSY
from benchmarks.timing import version
from benchmarks.worker import ROOT

COMPARISONS: dict[str, Callable[..., dict[str, Any]]] = {
    "moons": moons.measure,
    "digits": digits.measure,
    "training": training.measure,
    "growth": growth.measure,
    "engine": scale.measure,
}


def machine() -> dict[str, Any]:
    """Return what the numbers depend on."""
    processor = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            models = [line.partition(":")[2].strip() for line in lines if "model name" in line]
        processor = models[0] if models else processor
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    except (OSError, ValueError, AttributeError):  # another system
        memory = 0.0
    return {
        "date": datetime.date.today().isoformat(),
        "system": f"{platform.system()} {platform.machine()}",
        "processor": processor,
        "cores": cores(),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0,
        "memory_gib": memory,
        "python": platform.python_version(),
        "numpy": version("numpy"),
    }


def as_json(results: dict[str, Any]) -> str:
    """Return the numbers as JSON, those of one contestant on one line."""
    text = json.dumps(results, indent=1, ensure_ascii=False)
    innermost = re.compile(r"\[\s+([^][{}]*?)\s+\]")
    return innermost.sub(lambda m: "[" + re.sub(r",\s+", ", ", m[1]) + "]", text) + "\n"


def write(results: dict[str, Any], root: Path) -> list[Path]:
    """Write numbers, tables and plot into ``docs``, and the README's part where it has markers."""
    docs = root / "docs"
    docs.mkdir(parents=True, exist_ok=True)
    written = [docs / "benchmarks.json", docs / "benchmarks.md"]
    write_atomically(written[0], as_json(results).encode())
    write_atomically(written[1], report.document(results).encode())
    try:
        svg = plot.svg(results)
    except MissingError as reason:
        print(f"no plot: {reason}", file=sys.stderr)
    else:
        written.append(docs / "benchmarks.svg")
        write_atomically(written[-1], svg.encode())
    readme = root / "README.md"
    if readme.exists() and report.BEGIN in (text := readme.read_text(encoding="utf-8")):
        part = report.with_part(text, report.readme_part(results))
        write_atomically(readme, part.encode())
        written.append(readme)
    return written


def measure(names: list[str]) -> tuple[dict[str, Any], list[str]]:
    """Return the results of some comparisons, and the names of those that failed."""

    def say(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    results: dict[str, Any] = {"machine": machine()}
    if results["machine"]["load"] > BUSY:
        say(f"the machine is busy (load average {results['machine']['load']:.1f}): libraries "
            "with threads of their own suffer most")  # fmt: skip
    failed = []
    for name in names:
        start = time.perf_counter()
        try:
            results |= COMPARISONS[name](say)
        except Exception:  # what the others took minutes to measure is shown all the same
            traceback.print_exc()
            failed.append(name)
        say(f"{name}: {time.perf_counter() - start:.0f} s")
    return results, failed


def main(arguments: list[str] | None = None) -> None:
    """Measure, print, and write."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Side-by-side timings against peers."
    )
    parser.add_argument(
        "comparison", nargs="*", help=f"some of {', '.join(COMPARISONS)}; printed only"
    )
    parser.add_argument("--from", dest="source", metavar="JSON", help="the numbers of a run")
    parser.add_argument("--out", default=ROOT, type=Path, help="the folder of docs/ and README.md")
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.comparison if name not in COMPARISONS]:
        parser.error(f"there is no comparison {unknown[0]!r}: one of {', '.join(COMPARISONS)}")
    if options.source:
        results = json.loads(Path(options.source).read_text(encoding="utf-8"))
    else:
        results, failed = measure(options.comparison or list(COMPARISONS))
        print(f"{report.machine(results)}\n\n{report.terminal(results)}")
        if failed:
            sys.exit(f"failed, and nothing is written: {', '.join(failed)}")
    if not options.comparison:
        for path in write(results, options.out):
            print(f"written: {path}")


if __name__ == "__main__":
    main()
