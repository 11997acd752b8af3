"""What is kept between requests: keys, limits, feedback, tasks, errands, switch, trail."""

from __future__ import annotations

from assistant.postgres.migrating import run

revision = "0003"
down_revision = "0002"

_SQL = """
"""


def upgrade() -> None:
    """Make the tables."""
    run(_SQL)
