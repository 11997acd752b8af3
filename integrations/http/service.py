"""What every part of the HTTP door works with; made once by `create_app`."""

from __future__ import annotations

from dataclasses import dataclass, field

from assistant import Assistant, Records, Settings
from integrations.http.metrics import Metrics


@dataclass(frozen=True)
class Service:
    """The assistant (its links point to our own pages), the settings, and what is kept between requests."""

    assistant: Assistant
    settings: Settings
    records: Records
    is_open: bool = False  # --open: no key needed, everybody is "gebruiker"; loopback only
    metrics: Metrics = field(default_factory=Metrics)
