"""Questions to a document that is not added yet, answered from that document alone.

An index of the document is made for the first question, in a folder of its own; the last few are kept, so that the next
question is quick. Questions and answers are not kept.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from threading import Lock

from assistant import Answer, AssistantError, Embedder, Examined, Trial, examine
from integrations.http.drafts import Draft
from integrations.http.problems import Problem

_KEPT = 2
_EXAMINED_KEPT = 8  # a maintainer pages through a draft
_WAIT_SECONDS = 60.0
_MOST_PASSAGES = 1_000  # about 700 pages; more take minutes


_TOO_LARGE = "Dit document is te groot om hier te proberen. Typ op de server: beleidswijzer corpus preview BESTAND"


class Trials:
    """Trials by the id of their draft; one is asked at a time."""

    def __init__(self, embedder: Callable[[], Embedder]) -> None:
        self._embedder, self._open = embedder, OrderedDict[str, Trial]()
        self._examined = OrderedDict[str, Examined]()
        self._lock, self._examined_lock = Lock(), Lock()

    def examined(self, draft: Draft) -> Examined:
        """What the assistant makes of the draft."""
        with self._examined_lock:
            if draft.id not in self._examined:
                while len(self._examined) >= _EXAMINED_KEPT:
                    self._examined.popitem(last=False)
                self._examined[draft.id] = examine(draft.source, draft.name)
            self._examined.move_to_end(draft.id)
            return self._examined[draft.id]

    def answers(self, draft: Draft, questions: Sequence[str]) -> list[Answer | str]:
        """The answer to each question, or why it is not answered, in Dutch.

        Raises:
            Problem: 503, others are asking for too long.
        """
        if not self._lock.acquire(timeout=_WAIT_SECONDS):
            detail = "Er worden nu te veel documenten geprobeerd. Probeer het over een minuut opnieuw."
            raise Problem(503, "Te druk", detail, headers={"Retry-After": "60"})
        try:
            if len(self.examined(draft).chunks) > _MOST_PASSAGES:
                return [_TOO_LARGE for _ in questions]
            trial = self._trial(draft.id, self.examined(draft))
            return [_answer(trial, question) for question in questions]
        finally:
            self._lock.release()

    def _trial(self, draft_id: str, examined: Examined) -> Trial:
        if draft_id not in self._open:
            while len(self._open) >= _KEPT:
                self._open.popitem(last=False)[1].close()
            self._open[draft_id] = Trial(examined, self._embedder())
        self._open.move_to_end(draft_id)
        return self._open[draft_id]


def _answer(trial: Trial, question: str) -> Answer | str:
    try:
        return trial.ask(question)
    except AssistantError as error:
        return str(error)
