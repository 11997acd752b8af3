"""What Slack sends to an app and how that went, the same over Socket Mode and over HTTP."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Literal

from slack.payloads import Payload, fresh_id

DeliveryKind = Literal["events_api", "slash_commands", "interactive"]


@dataclass
class Attempt:
    """One time that a payload was sent."""

    number: int  # 0 for the first
    reason: str  # why it was sent again
    sent: float  # monotonic
    acknowledged: float | None = None
    over: bool = False  # the time for it has passed, or the connection broke
    envelope: str = field(default_factory=lambda: fresh_id("envelope-"))

    @property
    def seconds(self) -> float | None:
        """How long the acknowledgement took; None when it never came."""
        return None if self.acknowledged is None else self.acknowledged - self.sent


@dataclass
class Delivery:
    """One payload on its way to the app."""

    kind: DeliveryKind
    payload: Payload
    attempts: list[Attempt] = field(default_factory=list)
    response: Payload | None = None  # what came with the acknowledgement
    answered: threading.Event = field(default_factory=threading.Event)

    @property
    def acknowledged(self) -> bool:
        """Whether any attempt was acknowledged in time."""
        return self.answered.is_set()

    @property
    def under_way(self) -> bool:
        """Whether an acknowledgement may still come."""
        return not self.attempts or any(each.acknowledged is None and not each.over for each in self.attempts)

    @property
    def name(self) -> str:
        """What it is, for a violation."""
        event = self.payload.get("event", {})
        return f"{self.kind} {event.get('type') or self.payload.get('command') or self.payload.get('type')}"

    def begin(self, number: int, reason: str) -> Attempt:
        """Note that it is sent now."""
        attempt = Attempt(number, reason, time.monotonic())
        self.attempts.append(attempt)
        return attempt

    def accept(self, attempt: Attempt, response: Payload | None) -> None:
        """Note that it was acknowledged."""
        attempt.acknowledged = time.monotonic()
        self.response = response
        self.answered.set()
