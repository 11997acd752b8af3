"""How often someone may ask: a token bucket for each actor, shared by all processes."""

from __future__ import annotations

from assistant.records.transactions import RecordsDatabase

_MINUTE = 60.0
_NOTHING = 1e-6
# What is spent of the bucket, between nothing (now) and all of it (now + 60). A time beyond it means that the clock was
# set back: nobody waits longer than for a full bucket.
_SPENT = "CASE WHEN limits.spent_until < ? THEN ? WHEN limits.spent_until > ? THEN ? ELSE limits.spent_until END"
_TAKE = (
    "INSERT INTO limits (actor, spent_until) VALUES (?, ?) "
    f"ON CONFLICT (actor) DO UPDATE SET spent_until = {_SPENT} + ? WHERE {_SPENT} <= ? RETURNING spent_until"
)


class Limits:
    """Rate limits."""

    def __init__(self, database: RecordsDatabase) -> None:
        self._database = database

    def take(self, actor_id: str, per_minute: int, now: float) -> float:
        """Seconds to wait before the next request; 0 when this one is allowed, and then it counts.

        A full bucket holds a minute's worth, which may be used at once; after that it fills evenly.
        """
        cost = _MINUTE / per_minute
        full = now + _MINUTE
        # Undone by a power cut at worst; not worth a wait for the disk at every request.
        with self._database.writing(durable=False) as connection:
            # One statement, so that of two requests at the same moment the second one counts on from the first.
            bucket = (now, now, full, full)
            values = (actor_id, now + cost, *bucket, cost, *bucket, full - cost + _NOTHING)
            if connection.execute(_TAKE, values).fetchone():
                return 0.0
            row = connection.execute("SELECT spent_until FROM limits WHERE actor = ?", (actor_id,)).fetchone()
        spent_until: float = row[0]
        return max(now, min(spent_until, full)) + cost - full

    def purge(self, now: float) -> int:
        """Forget who has a full bucket again; returns how many."""
        with self._database.writing(durable=False) as connection:
            old = f"SELECT actor FROM limits WHERE spent_until <= ? {self._database.skip_locked}"
            return connection.execute(f"DELETE FROM limits WHERE actor IN ({old})", (now,)).rowcount
