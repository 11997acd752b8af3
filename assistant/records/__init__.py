"""What is kept between requests and cannot be made again: keys, limits, feedback, tasks, errands, kill switch, trail.

All of it is in one SQLite file in `settings.data`, shared by every process on the machine.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Self

from assistant.records.database import DATABASE_FILE, Clock, Database
from assistant.records.errands import Errand, Errands
from assistant.records.feedback import Feedback, FeedbackBook, Verdict
from assistant.records.keys import Key, KeyRole, Keys
from assistant.records.limits import Limits
from assistant.records.retention import purge_old
from assistant.records.seen import Seen
from assistant.records.switch import Switch
from assistant.records.tasks import Task, Tasks, TaskState
from assistant.records.trail import Deed, Trail
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
    database: Database

    def close(self) -> None:
        """Let go of the file."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_records(settings: Settings, clock: Clock = time.time) -> Records:
    """The records of this installation, made if there are none yet.

    Args:
        clock: gives seconds since 1970.

    Raises:
        RecordsError: the file is damaged, made by a newer version, or cannot be written.
    """
    database = Database(settings.data / DATABASE_FILE)
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
