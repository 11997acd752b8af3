"""How long things are kept: what is past its term is deleted."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from assistant.settings import Settings

if TYPE_CHECKING:
    from assistant.records import Records


def purge_old(records: Records, settings: Settings, now: datetime) -> int:
    """Delete the questions and remarks in feedback that are past their term; returns how many.

    Meant to be run once a day. Who used which key how often is forgotten as well.
    """
    records.limits.purge(now.timestamp())
    records.errands.purge()
    return records.feedback.purge(now - timedelta(days=settings.privacy.retention_days))
