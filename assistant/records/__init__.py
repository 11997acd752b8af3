"""What is kept between requests and cannot be made again: keys, limits, feedback, tasks, errands, kill switch, trail.

All of it is in one SQLite file in `settings.data`, shared by every process on the machine; or, with INDEX_URL, in one
PostgreSQL database, shared by every process on every machine.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Self

from assistant.records.database import DATABASE_FILE, Database
from assistant.records.errands import Errand, Errands
from assistant.records.feedback import Feedback, FeedbackBook, Verdict
from assistant.records.keys import Key, KeyRole, Keys
from assistant.records.limits import Limits
from assistant.records.retention import purge_old
from assistant.records.seen import Seen
from assistant.records.switch import Switch
from assistant.records.tasks import Task, Tasks, TaskState
from assistant.records.trail import Deed, Trail
from assistant.records.transactions import Clock, RecordsDatabase
from assistant.settings import Settings

__all__ = [
    "Deed",
    "Errand",
    "Feedback",
    "Key",
    "KeyRole",
    "Records",
    "Task",
    "TaskState",
    "Verdict",
    "open_records",
    "purge_old",
]


@dataclass(frozen=True)
class Records:
    """Everything that is kept, by subject; safe to use from several threads and processes."""

    keys: Keys
    limits: Limits
    feedback: FeedbackBook
    tasks: Tasks
    switch: Switch
    seen: Seen
    errands: Errands
    trail: Trail
    database: RecordsDatabase

    def close(self) -> None:
        """Let go of the file or the connections."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_records(settings: Settings, clock: Clock | None = None) -> Records:
    """The records of this installation; a file is made if there is none yet.

    Args:
        clock: gives seconds since 1970; None is the clock of this machine, or that of the database server.

    Raises:
        RecordsError: the file is damaged, of a newer version, or cannot be written; or the database cannot be used.
    """
    database, usual_clock = _opened(settings)
    clock = clock or usual_clock
    return Records(
        keys=Keys(database, clock),
        limits=Limits(database),
        feedback=FeedbackBook(database, clock),
        tasks=Tasks(database, clock),
        switch=Switch(database),
        seen=Seen(database, clock),
        errands=Errands(database, clock),
        trail=Trail(database, clock),
        database=database,
    )


def _opened(settings: Settings) -> tuple[RecordsDatabase, Clock]:
    if settings.secrets.index_url is None:
        return Database(settings.data / DATABASE_FILE), time.time
    from assistant.postgres.database import open_database
    from assistant.records.shared import SharedClock, SharedDatabase

    database = open_database(settings)
    database.check()
    return SharedDatabase(database), SharedClock(database)
