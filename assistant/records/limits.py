"""How often someone may ask: a token bucket for each actor, shared by all processes."""

from __future__ import annotations

from assistant.records.database import Database

_MINUTE = 60.0


class Limits:
    """Rate limits."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(self, actor_id: str, per_minute: int, now: float) -> float:
        """Seconds to wait before the next request; 0 when this one is allowed, and then it counts.

        A full bucket holds a minute's worth, which may be used at once; after that it fills evenly.
        """
        cost = _MINUTE / per_minute
        # Undone by a power cut at worst; not worth a wait for the disk at every request.
        with self._database.writing(durable=False) as connection:
            row = connection.execute("SELECT spent_until FROM limits WHERE actor = ?", (actor_id,)).fetchone()
            # A time beyond the bucket means that the clock was set back: nobody waits longer than a full bucket.
            spent_until = max(now, min(row[0], now + _MINUTE)) if row else now
            wait = spent_until + cost - (now + _MINUTE)
            if wait > 1e-6:
                return wait
            connection.execute(
                "INSERT INTO limits (actor, spent_until) VALUES (?, ?) "
                "ON CONFLICT (actor) DO UPDATE SET spent_until = excluded.spent_until",
                (actor_id, spent_until + cost),
            )
        return 0.0

    def purge(self, now: float) -> int:
        """Forget who has a full bucket again; returns how many."""
        with self._database.writing(durable=False) as connection:
            return connection.execute("DELETE FROM limits WHERE spent_until <= ?", (now,)).rowcount
