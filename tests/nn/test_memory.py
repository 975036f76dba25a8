"""Freed memory is kept for the next step: measured in a process of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COUNT = """
import resource
import numpy as np
from nn import memory
told = memory.keep_freed_memory()
def step():
    return [np.ones(300_000) for _ in range(4)]
step(), step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    step()
print(told, (resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) // 10)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc's malloc")
def test_arrays_of_the_next_step_get_the_same_pages() -> None:
    done = subprocess.run(
        [sys.executable, "-c", COUNT], capture_output=True, text=True, cwd=ROOT, check=True
    )
    told, faults = done.stdout.split()
    if told == "False":
        pytest.skip("the C library is not glibc")
    assert int(faults) < 200  # of the 2344 pages that the four arrays have


def test_who_has_settled_it_by_the_environment_is_left_alone() -> None:
    code = "from nn import memory; print(memory.keep_freed_memory())"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True,
        env={"MALLOC_TRIM_THRESHOLD_": "131072", "PYTHONPATH": ""},
    )  # fmt: skip
    assert done.stdout.strip() == "False"
