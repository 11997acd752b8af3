"""A chat model that says what a test tells it to say, in pieces, and remembers what it was told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from assistant.prompts import Message

Reply = str | Exception | Sequence[str | Exception] | Callable[[Message], str]


class ScriptedModel:
    """Gives its replies one by one, and refuses a call that no reply was written for.

    A reply is a text, an error to raise, a row of both, or a function that makes the text from what the model is told.
    """

    name = "script:een"

    def __init__(self, *replies: Reply, piece: int = 7) -> None:
        self._replies, self._piece = list(replies), piece
        self.messages: list[Message] = []
        self.given = 0  # pieces

    def stream(self, message: Message) -> Iterator[str]:
        self.messages.append(message)
        assert self._replies, "the model was asked once more than the test expects"
        reply = self._replies.pop(0)
        texts = reply(message) if callable(reply) else reply
        for text in [texts] if isinstance(texts, str | Exception) else texts:
            if isinstance(text, Exception):
                raise text
            for begin in range(0, len(text), self._piece):
                self.given += 1
                yield text[begin : begin + self._piece]

    @property
    def is_done(self) -> bool:
        """Whether every reply was asked for."""
        return not self._replies
