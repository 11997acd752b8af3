"""Doors that others add under our address, such as Slack's over HTTP: entry points of the group "beleidswijzer.mounts".

Each is a function of an assistant, the settings and the records; it gives a path, an ASGI application and what to call
at the end, or None when it is not set up.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import entry_points

from starlette.types import ASGIApp

from assistant import Assistant, AssistantError, Records, Settings

logger = logging.getLogger(__name__)

GROUP = "beleidswijzer.mounts"


@dataclass(frozen=True)
class Mounted:
    """A door of somebody else's."""

    path: str
    app: ASGIApp
    close: Callable[[], object]


def mounts(assistant: Assistant, settings: Settings, records: Records) -> list[Mounted]:
    """The doors that are set up; one that cannot open is logged, and does not keep the others closed."""
    found = []
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        try:
            made = entry.load()(assistant, settings, records)
        except AssistantError as error:
            logger.error("Not mounted: %s. %s", entry.name, error)
            continue
        if made is not None:
            found.append(Mounted(*made))
    return found
