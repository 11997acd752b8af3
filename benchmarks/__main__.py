"""All measurements of speed, one after the other: `make bench`, or a few: `make bench ARGS="questions cold_start"`.

Each prints its figure beside a reference from the same run, and its budget (see README.md in this folder).
"""

from __future__ import annotations

import itertools
import os
import platform
import subprocess
import sys
import time
from collections.abc import Sequence

MEASUREMENTS = (
    *("cold_start", "questions", "http", "embeddings", "index", "large_pdf", "loaders", "grounding", "slack"),
    "postgres",
)

LONG = ("batch", "load", "soak")  # only when named; these take options: `python -m benchmarks soak --minutes 30`


def main() -> None:
    """Runs the named measurements, or all; ends with 1 if one of them failed."""
    named = list(itertools.takewhile(lambda word: not word.startswith("-"), sys.argv[1:]))
    chosen, options = named or MEASUREMENTS, sys.argv[1 + len(named) :]
    known = MEASUREMENTS + LONG
    if unknown := set(chosen) - set(known):
        sys.exit(f"unknown: {', '.join(sorted(unknown))}; choose from {', '.join(known)}")
    if options and len(named) != 1:
        sys.exit("name one measurement that these options are for")
    cores = len(os.sched_getaffinity(0))
    print(f"Python {platform.python_version()}, {platform.machine()}, {cores} cores")
    failed = [name for name in chosen if not _ran(name, options)]
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


def _ran(name: str, options: Sequence[str]) -> bool:
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    print(f"\n== {name} (load of the machine over 1, 5, 15 minutes: {load})", flush=True)
    started = time.perf_counter()
    # A process each: none finds the machine, or its libraries' threads, as another left them.
    done = subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *options], check=False)
    print(f"   ({time.perf_counter() - started:.0f} s)", flush=True)
    return done.returncode == 0


if __name__ == "__main__":
    main()
