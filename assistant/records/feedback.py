"""What readers thought of an answer: a verdict, and a remark and the question only if they chose to send them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from uuid import uuid4

from assistant.records.transactions import Clock, RecordsDatabase
from assistant.settings_sections import Door

Verdict = Literal["goed", "fout"]


@dataclass(frozen=True)
class Feedback:
    """One reader's verdict on one answer."""

    id: str
    answer_id: str
    verdict: Verdict
    remark: str | None
    question: str | None  # only if the reader chose to send it; redacted by the caller
    door: Door
    created: datetime


class FeedbackBook:
    """All feedback."""

    def __init__(self, database: RecordsDatabase, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def add(
        self,
        answer_id: str,
        verdict: Verdict,
        remark: str | None = None,
        question: str | None = None,
        door: Door = "http",
    ) -> Feedback:
        """Keep a verdict. Texts must be free of client data already."""
        now = self._clock()
        given = Feedback(
            uuid4().hex, answer_id, verdict, remark or None, question or None, door, datetime.fromtimestamp(now, UTC)
        )
        row = (given.id, answer_id, verdict, given.remark, given.question, door, now)
        with self._database.writing() as connection:
            connection.execute(
                "INSERT INTO feedback (id, answer, verdict, remark, question, door, created) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                row,
            )
        return given

    def complete(self, feedback_id: str, remark: str | None, question: str | None = None) -> bool:
        """Add what a reader chose to send after the verdict; False if the verdict is not there.

        Texts must be free of client data already.
        """
        with self._database.writing() as connection:
            changed = connection.execute(
                "UPDATE feedback SET remark = ?, question = ? WHERE id = ?",
                (remark or None, question or None, feedback_id),
            )
            return changed.rowcount == 1

    def list(self) -> tuple[Feedback, ...]:
        """All feedback, oldest first."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT id, answer, verdict, remark, question, door, created FROM feedback ORDER BY created, id"
            ).fetchall()
        return tuple(
            Feedback(feedback_id, answer_id, verdict, remark, question, door, datetime.fromtimestamp(at, UTC))
            for feedback_id, answer_id, verdict, remark, question, door, at in rows
        )

    def purge(self, before: datetime) -> int:
        """Delete the questions and remarks that were given before a moment; the bare verdicts stay, to be counted.

        Returns how many pieces of feedback lost a text. Nothing of the texts is left on disk.
        """
        with self._database.writing() as connection:
            purged = connection.execute(
                "UPDATE feedback SET question = NULL, remark = NULL "
                "WHERE created < ? AND (question IS NOT NULL OR remark IS NOT NULL)",
                (before.timestamp(),),
            ).rowcount
        self._database.forget_deleted()
        return purged
