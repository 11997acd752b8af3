"""How often a method may be called, and what happens to a call that comes too often or too early."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from math import ceil

from slack.payloads import Payload

Key = tuple[str, str]  # a method, and the channel where the limit is one a channel

TIERS = {2: 20, 3: 50, 4: 100}  # calls a minute
TIER_OF = {
    "chat.postEphemeral": 4,
    "chat.update": 3,
    "chat.delete": 3,
    "chat.startStream": 2,
    "chat.appendStream": 4,
    "chat.stopStream": 2,
    "conversations.history": 3,
    "conversations.replies": 3,
    "conversations.info": 3,
    "conversations.members": 4,
    "conversations.open": 3,
    "users.info": 4,
    "views.open": 4,
    "views.update": 4,
    "views.push": 4,
    "views.publish": 4,
    "reactions.add": 3,
    "reactions.remove": 2,
    "bots.info": 3,
    "team.info": 3,
}


@dataclass
class Limit:
    """A bucket that holds `burst` calls and fills at a rate; an empty one answers 429."""

    per_second: float
    burst: float
    retry_after: int
    per_channel: bool = False


@dataclass
class _Bucket:
    left: float
    at: float = field(default_factory=time.monotonic)


@dataclass
class _Refusal:
    """An answer that a test ordered for the next calls."""

    times: int
    status: int
    error: str
    retry_after: int | None = None


@dataclass(frozen=True)
class Verdict:
    """Why a call is not carried out."""

    status: int
    body: Payload
    retry_after: int | None = None
    violation: str | None = None


class Limits:
    """The rate limits of one workspace. The defaults are Slack's tiers; a full minute's worth may come at once."""

    def __init__(self, in_flight: float) -> None:
        self._in_flight = in_flight
        self._limits = {
            name: Limit(TIERS[tier] / 60, TIERS[tier], ceil(60 / TIERS[tier])) for name, tier in TIER_OF.items()
        }
        self._limits["chat.postMessage"] = Limit(1, 10, 1, per_channel=True)
        self._buckets: dict[Key, _Bucket] = {}
        self._waits: dict[Key, tuple[float, float]] = {}  # refused at, not before
        self._refusals: dict[str, list[_Refusal]] = {}
        self.refused: Counter[str] = Counter()

    def set(self, method: str, per_second: float, *, burst: float = 1, retry_after: int = 1,
            per_channel: bool = False) -> None:  # fmt: skip
        """Give a method another limit."""
        self._limits[method] = Limit(per_second, burst, retry_after, per_channel)
        self._buckets.clear()

    def off(self, *methods: str) -> None:
        """Lift the limits of these methods, or of all."""
        for method in methods or tuple(self._limits):
            self._limits.pop(method, None)

    def refuse(self, method: str, error: str, *, times: int = 1, status: int = 200,
               retry_after: int | None = None) -> None:  # fmt: skip
        """Answer the next calls of a method with an error; `ratelimited` also asks to wait."""
        wait = (retry_after or 1) if error == "ratelimited" else None
        refusal = _Refusal(times, 429 if wait else status, error, wait)
        self._refusals.setdefault(method, []).append(refusal)

    def verdict(self, method: str, channel: str) -> Verdict | None:
        """Why this call is not carried out now, or None."""
        limit = self._limits.get(method)
        key = (method, channel if limit and limit.per_channel else "")
        now = time.monotonic()
        since, until = self._waits.get(key, (0.0, 0.0))
        if now < until:
            early = f"{method}: called {until - now:.2f} s before the end of Retry-After"
            return self._too_often(key, until - now, early if now - since > self._in_flight else None)
        if ordered := self._ordered(method, key, now):
            return ordered
        if limit and not self._take(key, limit, now):
            self._waits[key] = (now, now + limit.retry_after)
            return self._too_often(key, limit.retry_after)
        return None

    def _ordered(self, method: str, key: Key, now: float) -> Verdict | None:
        waiting = self._refusals.get(method) or []
        if not waiting:
            return None
        refusal = waiting[0]
        refusal.times -= 1
        if not refusal.times:
            waiting.pop(0)
        if refusal.retry_after:
            self._waits[key] = (now, now + refusal.retry_after)
            return self._too_often(key, refusal.retry_after)
        return Verdict(refusal.status, {"ok": False, "error": refusal.error})

    def _too_often(self, key: Key, wait: float, violation: str | None = None) -> Verdict:
        self.refused[key[0]] += 1
        return Verdict(429, {"ok": False, "error": "ratelimited"}, max(1, round(wait + 0.49)), violation)

    def _take(self, key: Key, limit: Limit, now: float) -> bool:
        bucket = self._buckets.setdefault(key, _Bucket(limit.burst, now))
        bucket.left = min(limit.burst, bucket.left + (now - bucket.at) * limit.per_second)
        bucket.at = now
        if bucket.left < 1:
            return False
        bucket.left -= 1
        return True
