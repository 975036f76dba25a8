"""What a contestant is, and how many threads it may use."""

from __future__ import annotations

import os


class MissingError(Exception):
    """A contestant cannot take part here; the message says why."""


class Contestant:
    """One way to do the work of a comparison: made ready in ``__init__``, done by `step`."""

    precision = "float64"
    tolerance = 1e-9
    """By how much its losses may differ from the reference's, relatively."""
    distribution = "chainrule"
    """The name under which its library is installed."""

    def step(self) -> float:
        """Do the work once, from where the last step ended, and return the loss before it."""
        raise NotImplementedError

    def threads(self) -> int:
        """Return how many threads it may use."""
        return 1


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def blas_threads() -> int:
    """Return how many threads numpy's matrix products may use."""
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        limits = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS")
        found = [os.environ[name] for name in limits if os.environ.get(name, "").isdigit()]
        return int(found[0]) if found else cores()
    pools = [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]
    return max(pools, default=cores())
