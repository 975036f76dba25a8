"""Run every comparison: ``python -m benchmarks`` (on a machine that does nothing else)."""

import platform

from benchmarks import moons, scale, training


def main() -> None:
    """Print the machine and every comparison."""
    print(f"Python {platform.python_version()} on {platform.system()} {platform.machine()}")
    moons.report()
    training.report()
    scale.report_time()
    scale.report_memory()
    scale.report_import()


if __name__ == "__main__":
    main()
