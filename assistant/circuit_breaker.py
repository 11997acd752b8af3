"""Leaves a chat model that keeps failing alone for a while, so that not every question waits for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from threading import Lock

from assistant.chat_models import ChatModel
from assistant.errors import ChatModelError
from assistant.prompts import Message

FAILURES_TO_REST = 3
REST_SECONDS = 60.0


class CircuitBreaker:
    """A chat model that rests a minute after three failures in a row; safe to use from several threads."""

    def __init__(self, model: ChatModel, clock: Callable[[], float] = time.monotonic) -> None:
        self._model, self._clock = model, clock
        self._lock = Lock()
        self._failures = 0
        self._rests_until = clock()

    @property
    def name(self) -> str:
        return self._model.name

    def stream(self, message: Message) -> Iterator[str]:
        """As the model's own, but refused at once while it rests."""
        with self._lock:
            if self._clock() < self._rests_until:
                raise ChatModelError(
                    f"Het taalmodel {self.name} antwoordt al een tijd niet. Probeer het over een minuut opnieuw."
                )
        try:
            yield from self._model.stream(message)
        except ChatModelError:
            self._failed()
            raise
        with self._lock:
            self._failures = 0

    def _failed(self) -> None:
        with self._lock:
            self._failures += 1
            if self._failures >= FAILURES_TO_REST:
                # One question more after the rest tells whether it works again.
                self._failures = FAILURES_TO_REST - 1
                self._rests_until = self._clock() + REST_SECONDS
