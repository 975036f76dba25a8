"""The numbers as text: for the terminal, for ``docs/benchmarks.md`` and for the README."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from benchmarks import digits as digits_race
from benchmarks import moons, training
from benchmarks.bars import verdicts
from benchmarks.data import CONCRETE, MNIST
from benchmarks.race import OURS
from benchmarks.summary import BUSY, between, digits, ratio, seconds, spread

BEGIN, END = "<!-- benchmarks: begin -->", "<!-- benchmarks: end -->"
Results = Mapping[str, Any]


class Shown(NamedTuple):
    """How one race is shown: its key, name, heading, our entry, and whose time is the measure."""

    key: str
    name: str
    heading: str
    ours: str
    reference: str


RACES = [
    Shown("moons", "moons step", "One step of micrograd's moons net, 2-16-16-1, 100 samples",
          moons.COMPILED, moons.MICROGRAD),
    Shown("first_call", "moons, first call", "The same, first call: recording and compiling",
          moons.FIRST, moons.THREE_STEPS),
    Shown("digits", "digits step", "One step of digits, 64-32-10, 200 samples, as scalar neurons",
          digits_race.COMPILED, digits_race.NUMPY),
    Shown("concrete", "fit, 8-50-50-1", f"One epoch of fit, {CONCRETE.name}, Adam",
          training.FIT, training.PYTORCH),
    Shown("mnist", "fit, 784-784-100-10", f"One epoch of fit, {MNIST.name}, Adam",
          training.FIT, training.PYTORCH),
]  # fmt: skip


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table that can be read on a terminal, too."""
    lines = [list(header), *map(list, rows)]
    widths = [max(_width(line[i]) for line in lines) for i in range(len(header))]
    padded = [
        [cell + " " * (width - _width(cell)) for cell, width in zip(line, widths, strict=True)]
        for line in lines
    ]
    written = [f"| {' | '.join(line)} |" for line in padded]
    written.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(written)


def _width(text: str) -> int:
    return sum(not unicodedata.combining(character) for character in text)


def machine(results: Results) -> str:
    """Return where and when it was measured."""
    m = results["machine"]
    busy = f" The machine was busy, load average {m['load']:.1f}." if m["load"] > BUSY else ""
    memory = f"{m['memory_gib']:.0f} GiB, " if m["memory_gib"] else ""
    return (
        f"Measured on {m['date']}: {m['processor']}, {m['cores']} cores, {memory}{m['system']}, "
        f"Python {m['python']}, numpy {m['numpy']}, the garbage collector on.{busy}"
    )


def race_table(race: Results, shown: Shown) -> str:
    """Return a row for each contestant, the slowest first."""
    rows = []
    for name, found in _by_time(race):
        taken = spread(found["seconds"])
        faster = ratio(race, shown.reference, name)
        slower = ratio(race, name, shown.ours)
        rows.append(
            (
                f"**{name}**" if name == shown.ours else name,
                f"{found['version']}".split("+")[0],
                found["precision"],
                str(found["threads"]),
                seconds(taken.median),
                between(taken, seconds),
                f"{digits(faster.median)}x ({between(faster)})" if faster else "",
                f"{digits(slower.median)} ({between(slower)})" if slower else "",
                seconds(found["first"]),
            )
        )
    header = (
        "", "version", "precision", "threads", "median", "quartiles",
        f"times as fast as {shown.reference}", "time over ours", "first",
    )  # fmt: skip
    drop = [i for i in range(len(header)) if i > 0 and not any(row[i] for row in rows)]
    keep = [i for i in range(len(header)) if i not in drop]
    return table([header[i] for i in keep], ([row[i] for i in keep] for row in rows))


def _by_time(race: Results) -> list[tuple[str, Any]]:
    return sorted(race["contestants"].items(), key=lambda item: -spread(item[1]["seconds"]).median)


def left_out(results: Results) -> list[str]:
    """Return who was not there, and why, each once."""
    found: dict[str, str] = {}
    for shown in RACES:
        for name, reason in results.get(shown.key, {}).get("left_out", {}).items():
            found.setdefault(name, reason)
    if reason := results.get("growth", {}).get("left_out"):
        found["growth"] = reason
    return [f"{name}: {reason}" for name, reason in found.items()]


def losses(results: Results) -> list[str]:
    """Return where a peer is faster than we are, and by how much; the worst first."""
    found = []
    for shown in RACES:
        race = results.get(shown.key)
        if not race or shown.ours not in race["contestants"]:
            continue
        first = race["contestants"][shown.ours]["first"]
        for name, peer in race["contestants"].items():
            slower = ratio(race, shown.ours, name)
            if name.startswith(OURS) or slower is None:
                continue
            if slower.median > 1.0:
                taken = seconds(spread(peer["seconds"]).median)
                text = f"{name} takes {taken}, we take {digits(slower.median)} times as long"
                found.append((slower.median, f"{shown.name}: {text}"))
            if shown.key == "moons" and name == moons.JAX and first > peer["first"]:
                text = f"the first one takes us {seconds(first)}, {name} {seconds(peer['first'])}"
                found.append((1.0, f"{shown.name}: {text}"))
    return [text for _, text in sorted(found, key=lambda pair: -pair[0])]


def bars_table(results: Results) -> str:
    """Return every promise, what was measured and whether it was kept."""
    words = {True: "met", False: "**missed**", None: ""}
    return table(
        ("work", "bar", "measured (quartiles)", ""),
        [(v.bar.work, v.bar.claim(), v.measured, words[v.met]) for v in verdicts(results)],
    )


def obstacles(results: Results) -> list[str]:
    """Return what stands in the way of the bars that were missed."""
    return [
        f"{v.bar.work}: {v.measured}" + (f". {v.bar.obstacle}" if v.bar.obstacle else "")
        for v in verdicts(results)
        if v.met is False
    ]


def growth_table(growth: Results) -> str:
    """Return the time a node for each series and size."""
    rows = [
        (
            series["graph"],
            "on" if series["collector"] else "off",
            f"{point['nodes']:,}",
            seconds(point["compile"]),
            seconds(point["compile"] / point["nodes"]),
            seconds(point["step"]),
            seconds(point["step"] / point["nodes"]),
        )
        for series in growth["series"]
        for point in series["points"]
    ]
    return table(("graph", "collector", "nodes", "compiling", "a node", "step", "a node"), rows)


def engine_lines(engine: Results) -> list[str]:
    """Return what the uncompiled engine costs a node, and its import."""
    memory = engine["memory"]
    rows = []
    for row in engine["times"]:
        parts = [row[part] for part in ("build", "backward", "release")]
        rows.append(
            (
                "on" if row["collector"] else "off",
                f"{row['nodes']:,}",
                *map(seconds, parts),
                seconds(sum(parts)),
            )
        )
    return [
        "A chain of products and sums, the time a node:",
        table(("collector", "operations", "build", "backward", "release", "all"), rows),
        f"A node takes {memory['built']:.0f} bytes, {memory['differentiated']:.0f} after the "
        f"backward pass. The root gone and the collector off, {memory['left']:.2f} bytes a node "
        f"are left and the root is {'released' if memory['released'] else 'alive'}; the collector "
        f"then finds {memory['unreachable']} objects. `import autograd` takes "
        f"{seconds(engine['import'])} once numpy is there.",
    ]


def bullets(lines: Iterable[str]) -> str:
    """Return a list in Markdown."""
    return "\n".join(f"- {line}" for line in lines)


def document(results: Results) -> str:
    """Return ``docs/benchmarks.md``."""
    parts = [
        "# Benchmarks",
        "Written by `make bench` from the numbers in `benchmarks.json`; "
        "`python -m benchmarks --from docs/benchmarks.json` writes it again.",
        machine(results),
        "Before the clock starts, all contestants of a table have computed the same losses. "
        "Then they take turns, round after round; the median step of each round counts. "
        "Times are the median of the rounds with quartiles, ratios those of the two in one round. "
        "HIPS autograd and Keras run in a process of their own, which keeps its own clock; "
        "`threads` is how many a contestant may use, and `first` its very first step.",
        "![the same numbers as a plot](benchmarks.svg)",
    ]
    parts += ["## Bars", bars_table(results)]
    if missed := obstacles(results):
        parts += ["Missed:", bullets(missed)]
    parts += ["## Where we lose", bullets(losses(results)) or "Nowhere in these tables."]
    for shown in RACES:
        if race := results.get(shown.key):
            parts += [f"## {shown.heading}"]
            parts += [race_table(race, shown) if race["contestants"] else "Nobody was there."]
    if results.get("growth", {}).get("series"):
        parts += ["## Growth of the compiled program", growth_table(results["growth"])]
    if engine := results.get("engine"):
        parts += ["## The uncompiled engine", *engine_lines(engine)]
    if out := left_out(results):
        parts += ["## Left out", bullets(out)]
    return "\n\n".join(parts) + "\n"


def readme_part(results: Results) -> str:
    """Return what stands between the two markers in the README."""
    parts = [machine(results)]
    if moons_race := results.get("moons"):
        shown = RACES[0]
        rows = []
        for name, found in _by_time(moons_race):
            faster = ratio(moons_race, shown.reference, name)
            rows.append(
                (
                    f"**{name}**" if name == shown.ours else name,
                    seconds(spread(found["seconds"]).median),
                    f"{digits(faster.median)}x" if faster else "",
                )
            )
        parts.append(table((shown.heading, "median", "times micrograd"), rows))
    against_ours: list[tuple[str, ...]] = []
    for shown in RACES[2:]:
        race = results.get(shown.key)
        for name, found in _by_time(race) if race else []:
            against = ratio(race, shown.ours, name)
            against_ours.append(
                (
                    shown.heading if not against_ours or against_ours[-1][-1] != shown.key else "",
                    f"**{name}**" if name == shown.ours else name,
                    seconds(spread(found["seconds"]).median),
                    f"{digits(against.median)}" if against and name != shown.ours else "",
                    shown.key,
                )
            )
    if against_ours:
        header = ("", "", "median", "we take, of its time")
        parts.append(table(header, (row[:-1] for row in against_ours)))
    judged = [v for v in verdicts(results) if v.met is not None]
    if judged:
        met = sum(bool(v.met) for v in judged)
        parts.append(
            f"{met} of {len(judged)} bars are met ([docs/benchmarks.md](docs/benchmarks.md) has "
            "them all, with versions, threads, quartiles and growth)."
        )
    if missed := obstacles(results):
        parts += ["Missed:", bullets(missed)]
    if lost := losses(results):
        parts += ["Where we lose:", bullets(lost)]
    if out := left_out(results):
        parts += ["Left out:", bullets(out)]
    parts.append("![the steps, the epochs and the growth as a plot](docs/benchmarks.svg)")
    return "\n\n".join(parts)


def with_part(text: str, part: str) -> str:
    """Return a document with what stands between its two markers replaced.

    Raises:
        ValueError: it does not have each marker once, in order.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end or BEGIN in rest or END in before + after:
        raise ValueError(f"the document needs {BEGIN} and then {END}, each once")
    return f"{before}{BEGIN}\n\n{part}\n\n{END}{after}"


def terminal(results: Results) -> str:
    """Return the tables of what was run, for the terminal."""
    parts = []
    for shown in RACES:
        if (race := results.get(shown.key)) and race["contestants"]:
            parts += [shown.heading, race_table(race, shown)]
    if results.get("growth", {}).get("series"):
        parts += ["Growth of the compiled program", growth_table(results["growth"])]
    if engine := results.get("engine"):
        parts += ["The uncompiled engine", *engine_lines(engine)]
    judged = [v for v in verdicts(results) if v.met is not None]
    if judged:
        parts += [
            "Bars",
            table(
                ("work", "bar", "measured (quartiles)", ""),
                [
                    (v.bar.work, v.bar.claim(), v.measured, "met" if v.met else "MISSED")
                    for v in judged
                ],
            ),
        ]
    if lost := losses(results):
        parts += ["Where we lose", bullets(lost)]
    if out := left_out(results):
        parts += ["Left out", bullets(out)]
    return "\n\n".join(parts)
