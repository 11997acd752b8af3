"""An assistant that says what a test tells it to say, when the test tells it to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from threading import Event as Signal

from assistant import Answer, AnswerFinished, Assistant, Citation, Document, Event, Filters, Length, TextAdded, Turn

ANSWER = Answer("Wat?", "Dat.", "complete", "extractive", "nl", id="0" * 32)


class ScriptedAssistant(Assistant):
    """Yields the pieces of its script; a piece that can be called is called first, and may raise."""

    def __init__(self, script: Sequence[Event | Callable[[], object]]) -> None:
        self.script = script
        self.begun = Signal()
        self.left = Signal()  # set when the work was stopped before its end

    def with_links(self, address: Callable[[Citation], str]) -> ScriptedAssistant:
        return self

    def documents(self) -> list[Document]:
        return []

    def stream(
        self,
        question: str,
        history: Sequence[Turn] = (),
        filters: Filters = Filters(),  # noqa: B008 — frozen
        length: Length = "normal",
        excluded: frozenset[int] = frozenset(),
    ) -> Iterator[Event]:
        self.begun.set()
        try:
            for piece in self.script:
                if callable(piece):
                    piece()
                else:
                    yield piece
        except GeneratorExit:
            self.left.set()
            raise


def short_script() -> list[Event | Callable[[], object]]:
    """A whole answer at once."""
    return [TextAdded("Dat."), AnswerFinished(ANSWER)]
