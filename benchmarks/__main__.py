"""All measurements of speed, one after the other: `make bench`, or a few: `make bench ARGS="questions cold_start"`.

Each prints its figure beside a reference from the same run, and its budget (see README.md in this folder).
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time

MEASUREMENTS = (
    *("cold_start", "questions", "http", "embeddings", "index", "large_pdf", "loaders", "grounding", "slack"),
    "postgres",
)


def main() -> None:
    """Runs the named measurements, or all; ends with 1 if one of them failed."""
    chosen = sys.argv[1:] or MEASUREMENTS
    if unknown := set(chosen) - set(MEASUREMENTS):
        sys.exit(f"unknown: {', '.join(sorted(unknown))}; choose from {', '.join(MEASUREMENTS)}")
    cores = len(os.sched_getaffinity(0))
    print(f"Python {platform.python_version()}, {platform.machine()}, {cores} cores")
    failed = [name for name in chosen if not _ran(name)]
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


def _ran(name: str) -> bool:
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    print(f"\n== {name} (load of the machine over 1, 5, 15 minutes: {load})", flush=True)
    started = time.perf_counter()
    # A process each: none finds the machine, or its libraries' threads, as another left them.
    done = subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False)
    print(f"   ({time.perf_counter() - started:.0f} s)", flush=True)
    return done.returncode == 0


if __name__ == "__main__":
    main()
