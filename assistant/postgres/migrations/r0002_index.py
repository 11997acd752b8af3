"""The index."""

from __future__ import annotations

from assistant.postgres.migrating import run

revision = "0002"
down_revision = "0001"

_SQL = """
"""


def upgrade() -> None:
    """Make the tables."""
    run(_SQL)
