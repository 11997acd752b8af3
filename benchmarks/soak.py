"""Hours of a server's life in minutes: does its memory stay flat, and does it lose no file descriptor or thread?

    python -m benchmarks soak [--minutes 30] [--clients 8] [--pause 0.2] [--processes 2] [--slack 2]

The mix is that of `load`. After the first fifth, in which caches fill, a line is fitted through the means of half
minutes; it must not rise by more than 1 % of the memory over the time that was measured, with 95 % confidence. Ends
with 1 if memory or descriptors grow, or a request failed.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.load import Measured, arguments, measure, prepared, server, show, show_reference, show_use
from benchmarks.service import Use
from benchmarks.traffic import Visitors, visit

_BLOCK_SECONDS = 30.0
_WARM_FROM = 0.2  # of the whole time
_MOST_GROWTH = 0.01  # of the memory, over the time measured
_MOST_DESCRIPTORS = 20  # more at the end than after warming up: connections come and go
_STUDENT = {1: 12.7, 2: 4.3, 3: 3.18, 5: 2.57, 8: 2.31, 10: 2.23, 15: 2.13, 20: 2.09, 30: 2.04, 60: 2.0}  # from freedom


@dataclass(frozen=True)
class Trend:
    """A straight line through a series."""

    slope: float  # a minute
    margin: float  # of the slope, 95 % confidence
    mean: float
    minutes: float

    @property
    def least_growth(self) -> float:
        """What it grew by at least, with 95 % confidence."""
        return (self.slope - self.margin) * self.minutes


def main() -> None:
    """Prints the figures and the verdict."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30)
    arguments(parser, clients=8, pause=0.2)
    options = parser.parse_args()
    options.seconds = 60 * options.minutes
    settings, questions, embedding = prepared()
    before = embedding.measure()
    with server(settings, options.processes, options.slack) as (service, slack):
        visitors = Visitors.of(service.port, service.keys, questions)
        asyncio.run(visit(visitors, options.clients, 5.0))
        visitors.done.clear()
        measured = measure(service, visitors, slack, options, every=5.0)
    after = embedding.measure()
    show(measured, options.clients)
    show_reference(measured, before, after)
    show_use(measured)
    if problems := judged(measured):
        sys.exit("; ".join(problems))


def judged(measured: Measured) -> list[str]:
    """Prints the trends after warming up; returns what grows."""
    warm_at = measured.began + _WARM_FROM * (measured.ended - measured.began)
    warm = [use for use in measured.uses if use.at >= warm_at]
    problems = []
    memory = trend(warm, [use.memory for use in warm])
    print(
        f"memory after warming up: {memory.mean:.0f} MiB, {memory.slope:+.2f} ± {memory.margin:.2f} MiB a minute "
        f"(95 %) over {memory.minutes:.0f} minutes"
    )
    if memory.least_growth > _MOST_GROWTH * memory.mean:
        problems.append("memory grows")
    _show_processes(warm)
    for name, values in (
        ("file descriptors", [float(use.descriptors) for use in warm]),
        ("threads", [float(use.threads) for use in warm]),
    ):
        line = trend(warm, values)
        print(f"{name} after warming up: {line.mean:.0f}, {line.slope:+.2f} ± {line.margin:.2f} a minute")
        if line.least_growth > _MOST_DESCRIPTORS:
            problems.append(f"{name} grow")
    if failed := sum(bool(each.error) for each in measured.done):
        problems.append(f"{failed} requests failed")
    return problems


def _show_processes(warm: Sequence[Use]) -> None:
    """The memory of each process; the one that does the background work loads a second model now and then."""
    for process in warm[-1].memories:
        there = [use for use in warm if process in use.memories]
        if len(there) > len(warm) // 2:
            line = trend(there, [use.memories[process] for use in there])
            print(f"    process {process}: {line.mean:.0f} MiB, {line.slope:+.2f} ± {line.margin:.2f} MiB a minute")


def trend(uses: Sequence[Use], values: Sequence[float]) -> Trend:
    """The line through the means of half minutes, which depend on each other less than single values do."""
    minutes = (np.array([use.at for use in uses]) - uses[0].at) / 60
    blocks = (minutes // (_BLOCK_SECONDS / 60)).astype(int)
    numbers = np.unique(blocks)
    x = np.array([minutes[blocks == number].mean() for number in numbers])
    y = np.array([np.array(values)[blocks == number].mean() for number in numbers])
    freedom = len(x) - 2
    if freedom < 1:
        sys.exit("too short to tell a trend: at least two minutes")
    slope, start = np.polyfit(x, y, 1)
    left = y - (slope * x + start)
    error = np.sqrt((left**2).sum() / freedom / ((x - x.mean()) ** 2).sum())
    t = min(value for least, value in _STUDENT.items() if freedom >= least)
    return Trend(float(slope), float(t * error), float(y.mean()), float(minutes[-1]))


if __name__ == "__main__":
    main()
