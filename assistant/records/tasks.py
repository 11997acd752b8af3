"""Work that goes on in the background after a request was answered, and how far it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal
from uuid import uuid4

from assistant.records.database import Clock, Database

TaskState = Literal["wacht", "bezig", "klaar", "mislukt"]

_COLUMNS = "id, kind, actor, details, state, progress, message, outcome, attempts, created, updated"


@dataclass(frozen=True)
class Task:
    """One piece of background work."""

    id: str
    kind: str
    actor: str  # id of who asked for it
    created: datetime
    updated: datetime
    details: Mapping[str, object] = field(default_factory=dict)  # what the worker needs to do it
    state: TaskState = "wacht"
    progress: int = 0  # per cent
    message: str = ""  # Dutch
    outcome: str | None = None  # id of what came of it
    attempts: int = 0  # how often a worker began


class Tasks:
    """All background work, done and to be done."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def create(self, kind: str, actor: str, details: Mapping[str, object] | None = None) -> Task:
        """New work, waiting for a worker."""
        now = self._clock()
        moment = datetime.fromtimestamp(now, UTC)
        task = Task(uuid4().hex, kind, actor, moment, moment, dict(details or {}))
        values = (task.id, kind, actor, json.dumps(task.details), task.state, 0, "", None, 0, now, now)
        with self._database.writing() as connection:
            connection.execute(f"INSERT INTO tasks ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
        return task

    def get(self, task_id: str) -> Task | None:
        """One task."""
        with self._database.reading() as connection:
            row = connection.execute(f"SELECT {_COLUMNS} FROM tasks WHERE id = ?", (task_id,)).fetchone()
        return _task(row) if row else None

    def update(
        self, task_id: str, state: TaskState, progress: int, message: str = "", outcome: str | None = None
    ) -> None:
        """Note how far a task is, in per cent, a Dutch sentence about it, and the id of what came of it."""
        # Progress may be lost in a power cut; that a task has ended may not.
        with self._database.writing(durable=state in ("klaar", "mislukt")) as connection:
            connection.execute(
                "UPDATE tasks SET state = ?, progress = ?, message = ?, outcome = ?, updated = ? WHERE id = ?",
                (state, progress, message, outcome, self._clock(), task_id),
            )

    def take(self) -> Task | None:
        """The task that has waited longest, now "bezig"; None if nothing waits. No task is handed out twice."""
        with self._database.reading() as connection:  # asked every second: no lock while there is nothing
            if not connection.execute("SELECT 1 FROM tasks WHERE state = 'wacht' LIMIT 1").fetchone():
                return None
        with self._database.writing() as connection:
            row = connection.execute(
                f"UPDATE tasks SET state = 'bezig', attempts = attempts + 1, updated = ? WHERE id = "
                "(SELECT id FROM tasks WHERE state = 'wacht' ORDER BY created, id LIMIT 1) AND state = 'wacht' "
                f"RETURNING {_COLUMNS}",
                (self._clock(),),
            ).fetchone()
        return _task(row) if row else None

    def put_back(self) -> int:
        """Let every unfinished task wait again, after its worker ended; returns how many.

        Only for a worker that knows that it is the only one.
        """
        with self._database.writing() as connection:
            return connection.execute(
                "UPDATE tasks SET state = 'wacht', progress = 0, updated = ? WHERE state = 'bezig'", (self._clock(),)
            ).rowcount

    def list(self, limit: int = 100) -> tuple[Task, ...]:
        """The newest tasks, newest first."""
        with self._database.reading() as connection:
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM tasks ORDER BY created DESC, id DESC LIMIT ?", (limit,)
            ).fetchall()
        return tuple(_task(row) for row in rows)


def _task(row: tuple[str, str, str, str, TaskState, int, str, str | None, int, float, float]) -> Task:
    task_id, kind, actor, details, state, progress, message, outcome, attempts, created, updated = row
    return Task(
        id=task_id,
        kind=kind,
        actor=actor,
        details=json.loads(details),
        state=state,
        progress=progress,
        message=message,
        outcome=outcome,
        attempts=attempts,
        created=datetime.fromtimestamp(created, UTC),
        updated=datetime.fromtimestamp(updated, UTC),
    )
