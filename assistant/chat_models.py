"""The chat model behind `CHAT_MODEL=provider:model`: an instruction and a question in, text out, piece by piece."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import TYPE_CHECKING, Protocol

from assistant.chat_failures import chat_failure
from assistant.errors import ChatModelError
from assistant.langchain_models import untraced
from assistant.prompts import Message

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

logger = logging.getLogger(__name__)

WHOLE_ANSWER = 4  # how many times the time-out a whole answer may take
_Piece = str | Exception | None  # None: nothing more comes


class ChatModel(Protocol):
    """A chat model as the writer uses it; safe to use from several threads."""

    @property
    def name(self) -> str:
        """`provider:model`."""
        ...

    def stream(self, message: Message) -> Iterator[str]:
        """The answer in pieces; closing the iterator ends the call.

        Raises:
            ChatModelError: the model does not answer, not in time, or says nothing.
        """
        ...


class LangchainChatModel:
    """A langchain chat model with a time-out of our own: a provider's counts anew with every retry and every piece."""

    def __init__(self, model: BaseChatModel, name: str, timeout_seconds: float) -> None:
        self._model, self._name, self._timeout_seconds = model, name, timeout_seconds
        self._told: str | None = None  # the last failure that the log has

    @property
    def name(self) -> str:
        return self._name

    def stream(self, message: Message) -> Iterator[str]:
        call = _Call(lambda: self._pieces(message))
        try:
            yield from self._in_time(call)
        except Exception as error:  # every provider raises its own kinds
            failure = (
                error if isinstance(error, ChatModelError) else chat_failure(error, self._name, self._timeout_seconds)
            )
            self._tell(str(failure))
            raise failure from None
        finally:
            call.stop()
        self._told = None

    def _in_time(self, call: _Call) -> Iterator[str]:
        until = time.monotonic() + WHOLE_ANSWER * self._timeout_seconds
        says_something = False
        while (piece := call.next(min(self._timeout_seconds, until - time.monotonic()))) is not None:
            says_something = says_something or bool(piece.strip())
            yield piece
        if not says_something:
            raise ChatModelError(f"Het taalmodel {self._name} geeft een leeg antwoord. Kies een ander model.")

    def _pieces(self, message: Message) -> Iterator[str]:
        from langchain_core.messages import HumanMessage, SystemMessage

        try:
            with untraced():
                for chunk in self._model.stream([SystemMessage(message.system), HumanMessage(message.user)]):
                    yield chunk.text
        except ValueError as error:
            # How langchain says that a stream had no pieces at all; we call that an empty answer.
            if "No generation" not in str(error):
                raise

    def _tell(self, sentence: str) -> None:
        if sentence != self._told:
            self._told = sentence
            logger.warning("%s Tot dan zijn antwoorden letterlijke citaten.", sentence)


class _Call:
    """One call to a model, in a thread of its own so that nobody has to wait longer than the time-out."""

    def __init__(self, begin: Callable[[], Iterator[str]]) -> None:
        self._begin = begin
        self._queue: SimpleQueue[_Piece] = SimpleQueue()
        self._stopped = Event()
        Thread(target=self._run, name="chat-model", daemon=True).start()

    def next(self, seconds: float) -> str | None:
        """The next piece; None at the end. Raises what the call raised, or TimeoutError."""
        try:
            piece = self._queue.get(timeout=max(0.0, seconds))
        except Empty:
            raise TimeoutError from None
        if isinstance(piece, Exception):
            raise piece
        return piece

    def stop(self) -> None:
        """End the call at its next piece."""
        self._stopped.set()

    def _run(self) -> None:
        try:
            for piece in self._begin():
                if self._stopped.is_set():
                    return
                self._queue.put(piece)
            self._queue.put(None)
        except Exception as error:
            self._queue.put(error)


def try_out(model: ChatModel) -> None:
    """Ask the model for a word.

    Raises:
        ChatModelError: it does not answer; the message names the next step.
    """
    pieces = model.stream(Message("Antwoord met één woord.", "Zeg: ja"))
    for piece in pieces:
        if piece.strip():
            return
