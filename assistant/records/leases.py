"""When a lease has run out: at its time, or when it lasts longer than any lease that is given out now.

The second happens after the clock was set back. Who is still at work renews its lease by the new clock within seconds.
"""

from __future__ import annotations

LONGEST_SECONDS = 3_600.0  # far beyond any lease that is asked for

RUN_OUT = "(leased_until <= ? OR leased_until > ?)"


def run_out_at(now: float) -> tuple[float, float]:
    """The values of the two question marks."""
    return now, now + LONGEST_SECONDS
