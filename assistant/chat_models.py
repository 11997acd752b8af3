"""The chat model behind `CHAT_MODEL=provider:model`: an instruction and a question in, text out, piece by piece.

A model that keeps failing is left alone for a while (circuit breaker), so that every question does not wait for it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

from assistant.errors import ChatModelError
from assistant.langchain_models import open_chat, refusal, untraced
from assistant.prompts import Message
from assistant.settings_sections import ChatSettings

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

_FAILURES_TO_OPEN = 3
_REST_SECONDS = 60.0


class ChatModel(Protocol):
    """A chat model as the writer uses it; safe to use from several threads."""

    @property
    def name(self) -> str:
        """`provider:model`."""
        ...

    def stream(self, message: Message) -> Iterator[str]:
        """The answer in pieces; closing the iterator ends the call.

        Raises:
            ChatModelError: the model does not answer, or not in time.
        """
        ...


class LangchainChatModel:
    """A langchain chat model."""

    def __init__(self, model: BaseChatModel, name: str, timeout_seconds: float) -> None:
        self._model, self._name, self._timeout_seconds = model, name, timeout_seconds

    @property
    def name(self) -> str:
        return self._name

    def stream(self, message: Message) -> Iterator[str]:
        from langchain_core.messages import HumanMessage, SystemMessage

        messages = [SystemMessage(message.system), HumanMessage(message.user)]
        until = time.monotonic() + self._timeout_seconds
        try:
            with untraced():
                for chunk in self._model.stream(messages):
                    yield chunk.text
                    # The provider's own time-out is for one piece; a model that never stops gives pieces for ever.
                    if time.monotonic() > until:
                        raise TimeoutError
        except GeneratorExit:
            raise
        except Exception as error:  # every provider raises its own kinds
            raise ChatModelError(str(refusal(error, self._name, "antwoordt niet zoals verwacht"))) from None


class CircuitBreaker:
    """A chat model that is left alone for a minute after three failures in a row."""

    def __init__(self, model: ChatModel, clock: Callable[[], float] = time.monotonic) -> None:
        self._model, self._clock = model, clock
        self._lock = Lock()
        self._failures = 0
        self._closed_until = 0.0

    @property
    def name(self) -> str:
        return self._model.name

    def stream(self, message: Message) -> Iterator[str]:
        """As the model's own, but refused at once while it rests."""
        with self._lock:
            if self._clock() < self._closed_until:
                raise ChatModelError(
                    f"Het taalmodel {self.name} antwoordt al een tijd niet. Probeer het later opnieuw."
                )
        try:
            yield from self._model.stream(message)
        except ChatModelError:
            with self._lock:
                self._failures += 1
                if self._failures >= _FAILURES_TO_OPEN:
                    # One question more after the rest tells whether it works again.
                    self._failures = _FAILURES_TO_OPEN - 1
                    self._closed_until = self._clock() + _REST_SECONDS
            raise
        with self._lock:
            self._failures = 0


def open_chat_model(settings: ChatSettings, api_key: str | None = None) -> ChatModel:
    """The model that the settings name, with temperature 0, time-outs and retries with back-off.

    Raises:
        ModelError: the provider's package or key is missing; the message names the next step.
        SettingsError: the provider is unknown.
    """
    assert settings.model is not None
    options: dict[str, Any] = {"temperature": 0, **_options(settings, api_key)}
    model = open_chat(settings.model, "CHAT_MODEL", **options)
    return CircuitBreaker(LangchainChatModel(model, settings.model, settings.timeout_seconds))


def _options(settings: ChatSettings, api_key: str | None) -> dict[str, Any]:
    """The provider's own names for the same things."""
    provider = (settings.model or "").partition(":")[0]
    options: dict[str, Any] = {"base_url": settings.base_url} if settings.base_url else {}
    if api_key:
        options["api_key"] = api_key
    if provider == "ollama":
        return options | {
            "client_kwargs": {"timeout": settings.timeout_seconds},
            "num_predict": settings.answer_tokens,
            "num_ctx": settings.context_tokens,
        }
    if provider == "azure_openai":
        options["azure_endpoint"] = options.pop("base_url", None)
    return options | {
        "timeout": settings.timeout_seconds,
        "max_retries": settings.max_retries,
        "max_tokens": settings.answer_tokens,
    }
