"""Results as a run gives them, made up: round numbers whose ratios can be worked out by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks import digits, moons, training


def contestant(seconds: list[float], **more: Any) -> dict[str, Any]:
    return {
        "distribution": "some",
        "version": "1.2.3+cpu",
        "precision": "float64",
        "tolerance": 1e-9,
        "threads": 2,
        "first": 30.0 * seconds[0],
        "steps": 3,
        "seconds": seconds,
        **more,
    }


def race(middles: Mapping[str, float], **left_out: str) -> dict[str, Any]:
    """Two rounds of equal times and one in which the machine was half as fast."""
    return {
        "contestants": {name: contestant([t, t, 2.0 * t]) for name, t in middles.items()},
        "left_out": left_out,
    }


def results() -> dict[str, Any]:
    digits_race = race({digits.NUMPY: 1e-4, digits.COMPILED: 1.5e-4})
    digits_race["contestants"][digits.COMPILED] |= {"first": 31.0, "peak_bytes": 3 * 2**30}
    sizes = (1_000, 10_000, 100_000, 1_000_000)
    return {
        "machine": {
            "date": "2026-01-02",
            "system": "Linux x86_64",
            "processor": "Some CPU",
            "cores": 2,
            "load": 0.1,
            "memory_gib": 15.6,
            "python": "3.11.7",
            "numpy": "2.4.6",
        },
        "moons": race(
            {
                moons.MICROGRAD: 0.4,
                moons.PYTORCH: 2e-4,
                moons.JAX: 3.2e-5,
                moons.NUMPY: 4e-5,
                moons.PLAIN: 0.04,
                moons.MLP: 0.02,
                moons.COMPILED: 5e-5,
            },
            MyGrad="mygrad is not installed",
        ),
        "first_call": race({moons.THREE_STEPS: 1.2, moons.FIRST: 0.6}),
        "digits": digits_race,
        "concrete": race({training.FIT: 0.01, training.PYTORCH: 0.025, training.KERAS: 0.0125}),
        "mnist": race({training.FIT: 0.1, training.PYTORCH: 0.125}),
        "growth": {
            "series": [
                {
                    "graph": graph,
                    "collector": collector,
                    "points": [
                        {"nodes": n, "compile": n * each * (1.0 + i / 3.0), "step": 1e-5 + n * 1e-8}
                        for i, n in enumerate(sizes)
                    ],
                }
                for graph, each in (("moons net", 1e-5), ("chain", 2e-5))
                for collector in (True, False)
            ],
            "left_out": "",
        },
        "engine": {
            "times": [
                {"collector": c, "nodes": n, "build": 1e-6, "backward": 4e-7, "release": 1e-7}
                for c in (True, False)
                for n in (1_000, 1_000_000)
            ],
            "memory": {
                "built": 144.0,
                "differentiated": 168.0,
                "left": 0.0,
                "released": True,
                "unreachable": 0,
            },
            "import": 0.01,
        },
    }
