"""Both places that records can be in, a file and PostgreSQL: the fixture `settings` gives a test each in turn."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from record_processes import settings_in

from assistant.settings import Settings

__all__ = ["settings"]

TABLES = ("keys", "limits", "feedback", "tasks", "closed_doors", "seen", "errands", "trail")


@pytest.fixture(params=["file", "postgres"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings for records that are empty still."""
    url = request.getfixturevalue("postgres_url") if request.param == "postgres" else ""
    return settings_in(tmp_path, url)


def contents(settings: Settings) -> bytes:
    """All that is kept: the bytes of the files, or every row that any organisation has."""
    if settings.secrets.index_url is None:
        return b"".join(path.read_bytes() for path in settings.data.iterdir())
    with psycopg.connect(settings.secrets.index_url) as connection:
        rows = [connection.execute(f"SELECT t::text FROM beleidswijzer.{each} AS t".encode()) for each in TABLES]
        return "\n".join(row[0] for each in rows for row in each).encode()
