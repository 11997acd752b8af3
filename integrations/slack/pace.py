"""How fast Slack may be called: turns for each method (and channel), and waits that Slack asks for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Limit:
    """So many calls at once, and then one each so many seconds."""

    burst: int
    seconds: float
    per_channel: bool = False


# Slack's own limits, a little inside them; what is not here goes at once until Slack says otherwise.
LIMITS: Mapping[str, Limit] = {
    "chat.postMessage": Limit(5, 1.0, per_channel=True),
    "chat.startStream": Limit(15, 3.5),  # Tier 2: 20 a minute
    "chat.update": Limit(30, 1.5),  # Tier 3: 50 a minute
}


class Pace:
    """Hands out turns; safe to use from several threads."""

    def __init__(self, limits: Mapping[str, Limit] = LIMITS, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits, self._clock = limits, clock
        self._full_at: dict[tuple[str, str], float] = {}  # when all of the burst is there again
        self._not_before: dict[tuple[str, str], float] = {}
        self._lock = threading.Lock()

    def reserve(self, method: str, channel: str = "", most_seconds: float = float("inf")) -> float | None:
        """Take the next turn: the seconds to wait for it; None, and no turn taken, when that is too long."""
        key = self._key(method, channel)
        limit = self._limits.get(method)
        with self._lock:
            now = self._clock()
            earliest = max(now, self._not_before.get(key, now))
            if limit is None:
                return earliest - now if earliest - now <= max(most_seconds, 0.0) else None
            full_at = max(self._full_at.get(key, now), now)
            turn = max(earliest, full_at - (limit.burst - 1) * limit.seconds)
            if turn - now > max(most_seconds, 0.0):
                return None
            self._full_at[key] = max(full_at, turn) + limit.seconds
            return turn - now

    def refused(self, method: str, channel: str, retry_after: float) -> None:
        """Slack said to wait: nobody calls before then."""
        key = self._key(method, channel)
        with self._lock:
            until = self._clock() + max(retry_after, 0.1) + 0.05  # its clock and ours differ a little
            self._not_before[key] = max(self._not_before.get(key, 0.0), until)

    def held(self, method: str, channel: str = "") -> bool:
        """Whether Slack has asked to wait."""
        with self._lock:
            return self._clock() < self._not_before.get(self._key(method, channel), 0.0)

    def _key(self, method: str, channel: str) -> tuple[str, str]:
        limit = self._limits.get(method)
        return (method, channel if limit and limit.per_channel else "")
