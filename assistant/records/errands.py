"""Work that several processes may be offered at the same time, and that must be done once and not be lost.

Who claims a key first does the work, and keeps the claim alive while doing it. When that process dies, the lease runs
out and another one takes the work over. A finished claim is remembered for a day, so that nothing is done twice.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from assistant.records.leases import RUN_OUT, run_out_at
from assistant.records.transactions import Clock, RecordsDatabase, Transaction

_REMEMBERED_SECONDS = 24 * 3600.0
_ADD = (
    "INSERT INTO errands (key, topic, details, attempts, leased_until, forgotten) "
    "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING"
)


@dataclass(frozen=True)
class Errand:
    """A piece of work that is somebody's; `details` is what is needed to do it, and never a question or an answer."""

    key: str
    topic: str  # work on one topic is done in the order of the keys
    details: Mapping[str, str]
    attempts: int = 1  # how often a process began


@dataclass
class _Offer:
    """Work that a thread wants to claim."""

    values: tuple[str, str, str, int, float, float]
    is_written: bool = False
    is_first: bool = False


class Errands:
    """All errands, of every process."""

    def __init__(self, database: RecordsDatabase, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._turn = threading.Lock()
        self._offers: deque[_Offer] = deque()

    def take(self, key: str, topic: str, details: Mapping[str, str], lease_seconds: float) -> bool:
        """True for the first who asks; with a lease of 0 the work waits for anybody's `abandoned`."""
        now = self._clock()
        begun = int(lease_seconds > 0)
        values = (key, topic, json.dumps(dict(details)), begun, now + lease_seconds, now + _REMEMBERED_SECONDS)
        offer = _Offer(values)
        self._offers.append(offer)
        # Fifty questions at once: who gets the turn writes for all that wait, so that they share one wait for the disk.
        with self._turn:
            if not offer.is_written:
                self._write_offers(offer)
        return offer.is_first

    def note(self, key: str, details: Mapping[str, str]) -> None:
        """Replace what is needed to do the work, for who may have to finish it."""
        with self._writing(durable=False) as connection:
            connection.execute(
                "UPDATE errands SET details = ? WHERE key = ? AND leased_until IS NOT NULL",
                (json.dumps(dict(details)), key),
            )

    def renew(self, keys: Iterable[str], lease_seconds: float) -> None:
        """Keep claims alive."""
        until = self._clock() + lease_seconds
        with self._writing(durable=False) as connection:
            connection.executemany(
                "UPDATE errands SET leased_until = ? WHERE key = ? AND leased_until IS NOT NULL",
                [(until, key) for key in keys],
            )

    def finish(self, key: str) -> None:
        """The work is done; only that it was done is remembered."""
        with self._writing(durable=False) as connection:
            connection.execute("UPDATE errands SET leased_until = NULL, details = '{}' WHERE key = ?", (key,))

    def release(self, keys: Iterable[str]) -> None:
        """Leave unfinished work to others at once."""
        self.renew(keys, 0.0)

    def abandoned(self, prefix: str, lease_seconds: float, most: int) -> tuple[Errand, ...]:
        """Take over unfinished work whose lease has run out, oldest first."""
        now = self._clock()
        chosen = f"SELECT key FROM errands WHERE {RUN_OUT} AND key >= ? AND key < ? ORDER BY forgotten, key LIMIT ?"
        bounds = (*run_out_at(now), prefix, f"{prefix}\U0010ffff", most)
        with self._database.reading() as connection:  # asked often: no lock while there is nothing
            if not connection.execute(chosen, bounds).fetchone():
                return ()
        with self._writing() as connection:
            self._forget(connection, now)
            rows = connection.execute(
                # The rows are chosen once: PostgreSQL may carry out a plain subquery again for every row.
                f"WITH chosen AS ({chosen} {self._database.skip_locked}) "
                "UPDATE errands SET leased_until = ?, attempts = attempts + 1 WHERE key IN (SELECT key FROM chosen) "
                "RETURNING forgotten, key, topic, details, attempts",
                (*bounds, now + lease_seconds),
            ).fetchall()
        return tuple(Errand(key, topic, json.loads(details), count) for _, key, topic, details, count in sorted(rows))

    def has_earlier(self, topic: str, key: str) -> bool:
        """Whether unfinished work on this topic goes before this key."""
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT 1 FROM errands WHERE topic = ? AND key < ? AND leased_until IS NOT NULL LIMIT 1", (topic, key)
            ).fetchone()
        return row is not None

    def purge(self) -> int:
        """Forget what was claimed more than a day ago; returns how much."""
        now = self._clock()
        with self._writing(durable=False) as connection:
            return self._forget(connection, now)

    def _forget(self, connection: Transaction, now: float) -> int:
        old = f"SELECT key FROM errands WHERE forgotten <= ? {self._database.skip_locked}"
        return connection.execute(f"DELETE FROM errands WHERE key IN ({old})", (now,)).rowcount

    def _write_offers(self, own: _Offer) -> None:
        offers = [self._offers.popleft() for _ in range(len(self._offers))]
        try:
            # Durable: the sender hears that the work will be done, and does not offer it again.
            with self._database.writing() as connection:
                for offer in offers:
                    offer.is_first = connection.execute(_ADD, offer.values).rowcount == 1
        except BaseException:
            self._offers.extend(each for each in offers if each is not own)  # the others try for themselves
            raise
        for offer in offers:
            offer.is_written = True

    @contextmanager
    def _writing(self, durable: bool = True) -> Iterator[Transaction]:
        # A thread that waits for a lock goes on at once; one that waits for SQLite polls.
        with self._turn, self._database.writing(durable) as connection:
            yield connection
