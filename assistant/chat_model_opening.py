"""Opens the chat model that the settings name, with each provider's own words for the same options."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from assistant.chat_models import ChatModel, LangchainChatModel
from assistant.circuit_breaker import CircuitBreaker
from assistant.langchain_models import open_chat
from assistant.settings_sections import ChatSettings

_Options = dict[str, Any]
# A server of your own often wants no key, but the library does. Better this than the key of another provider, which
# the library would take from its own variable.
_NO_KEY = "geen"


def open_chat_model(settings: ChatSettings, api_key: str | None = None) -> ChatModel:
    """The model that the settings name, with temperature 0, time-outs and retries with back-off.

    Raises:
        ModelError: the provider's package or key is missing; the message names the next step.
        SettingsError: the provider is unknown.
    """
    assert settings.model is not None
    provider = settings.model.partition(":")[0]
    options = _PROVIDERS.get(provider, _usual)(settings, api_key)
    model = open_chat(settings.model, "CHAT_MODEL", temperature=0, **options)
    return CircuitBreaker(LangchainChatModel(model, settings.model, settings.timeout_seconds))


def _usual(settings: ChatSettings, api_key: str | None) -> _Options:
    options = {
        "timeout": settings.timeout_seconds,
        "max_retries": settings.max_retries,
        "max_tokens": settings.answer_tokens,
        "base_url": settings.base_url,
        "api_key": api_key,
    }
    # Not None: the library then looks in its own variables.
    return {name: value for name, value in options.items() if value is not None}


def _openai(settings: ChatSettings, api_key: str | None) -> _Options:
    return _usual(settings, api_key or (_NO_KEY if settings.base_url else None))


def _azure(settings: ChatSettings, api_key: str | None) -> _Options:
    # The model's name is the name of the deployment; the version comes from OPENAI_API_VERSION.
    options = _usual(settings, api_key)
    return options | ({"azure_endpoint": options.pop("base_url")} if settings.base_url else {})


def _mistral(settings: ChatSettings, api_key: str | None) -> _Options:
    return _usual(settings, api_key) | {"timeout": math.ceil(settings.timeout_seconds)}  # takes whole seconds only


def _ollama(settings: ChatSettings, api_key: str | None) -> _Options:
    client: _Options = {"timeout": settings.timeout_seconds}
    if api_key:
        client["headers"] = {"Authorization": f"Bearer {api_key}"}
    options: _Options = {
        "client_kwargs": client,
        "num_predict": settings.answer_tokens,
        "num_ctx": settings.context_tokens,
        "reasoning": False,  # a model that thinks aloud first takes minutes, and the answer does not need it
    }
    return options | ({"base_url": settings.base_url} if settings.base_url else {})


_PROVIDERS: dict[str, Callable[[ChatSettings, str | None], _Options]] = {
    "azure_openai": _azure,
    "mistralai": _mistral,
    "ollama": _ollama,
    "openai": _openai,
}
