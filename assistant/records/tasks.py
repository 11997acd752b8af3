"""Work that goes on in the background after a request was answered, and how far it is.

A worker takes a task on a lease and keeps that alive while it works; when it dies the lease runs out, and another
worker takes the task over.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal
from uuid import uuid4

from assistant.records.leases import RUN_OUT, run_out_at
from assistant.records.transactions import Clock, RecordsDatabase

TaskState = Literal["wacht", "bezig", "klaar", "mislukt"]

_UPDATE = "UPDATE tasks SET state = ?, progress = ?, message = ?, outcome = ?, updated = ? WHERE id = ?"
_MINE = " AND attempts = ? AND state = 'bezig'"
# Without a lease: from before there were leases.
_TO_BE_DONE = f"(state = 'wacht' OR state = 'bezig' AND (leased_until IS NULL OR {RUN_OUT}))"
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

    def __init__(self, database: RecordsDatabase, clock: Clock) -> None:
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
        self,
        task_id: str,
        state: TaskState,
        progress: int,
        message: str = "",
        outcome: str | None = None,
        *,
        attempt: int | None = None,
    ) -> bool:
        """Note how far a task is, in per cent, a Dutch sentence about it, and the id of what came of it.

        Args:
            attempt: change nothing if the task was taken over since then (see `Task.attempts`), or has ended.

        Returns:
            Whether it was noted.
        """
        values: list[object] = [state, progress, message, outcome, self._clock(), task_id]
        mine = "" if attempt is None else _MINE
        values += [] if attempt is None else [attempt]
        # Progress may be lost in a power cut; that a task has ended may not.
        with self._database.writing(durable=state in ("klaar", "mislukt")) as connection:
            return connection.execute(_UPDATE + mine, values).rowcount == 1

    def take(self, lease_seconds: float) -> Task | None:
        """The task that has waited longest, now "bezig"; None if nothing waits. No task is handed out twice.

        Args:
            lease_seconds: how long it is ours without `renew`; after that, another may take it.
        """
        now = self._clock()
        chosen = f"SELECT id FROM tasks WHERE {_TO_BE_DONE} ORDER BY created, id LIMIT 1"
        with self._database.reading() as connection:  # asked every second: no lock while there is nothing
            if not connection.execute(chosen, run_out_at(now)).fetchone():
                return None
        with self._database.writing() as connection:
            row = connection.execute(
                "UPDATE tasks SET state = 'bezig', progress = 0, attempts = attempts + 1, updated = ?, "
                f"leased_until = ? WHERE id = ({chosen} {self._database.skip_locked}) RETURNING {_COLUMNS}",
                (now, now + lease_seconds, *run_out_at(now)),
            ).fetchone()
        return _task(row) if row else None

    def renew(self, task: Task, lease_seconds: float) -> bool:
        """Keep a task that was taken; False if it is ours no more."""
        return self._change("leased_until = ?", self._clock() + lease_seconds, task)

    def give_back(self, task: Task) -> bool:
        """Let a task that was taken wait again for any worker; False if it was not ours any more."""
        return self._change("state = 'wacht', progress = 0, leased_until = NULL, updated = ?", self._clock(), task)

    def _change(self, change: str, value: float, task: Task) -> bool:
        with self._database.writing() as connection:
            values = (value, task.id, task.attempts)
            return connection.execute(f"UPDATE tasks SET {change} WHERE id = ?{_MINE}", values).rowcount == 1

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
