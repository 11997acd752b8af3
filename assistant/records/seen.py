"""What was handled before: of several processes that get the same event, one is the first."""

from __future__ import annotations

from assistant.records.transactions import Clock, RecordsDatabase


class Seen:
    """Keys that were seen, each for a while."""

    def __init__(self, database: RecordsDatabase, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def first(self, key: str, ttl_seconds: float) -> bool:
        """True for the first who asks within `ttl_seconds`, False for all others."""
        now = self._clock()
        # Durable: after a power cut the sender tries again, and must not get a second answer.
        with self._database.writing() as connection:
            old = f"SELECT key FROM seen WHERE until <= ? AND key <> ? {self._database.skip_locked}"
            connection.execute(f"DELETE FROM seen WHERE key IN ({old})", (now, key))
            added = connection.execute(
                "INSERT INTO seen (key, until) VALUES (?, ?) "
                "ON CONFLICT (key) DO UPDATE SET until = excluded.until WHERE seen.until <= ?",
                (key, now + ttl_seconds, now),
            )
            return added.rowcount == 1
