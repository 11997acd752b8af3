"""The one door to langchain: opens an embedding model or a chat model by `provider:model`.

Nothing is traced: with LANGSMITH_TRACING set, langchain would send every text to LangSmith; so each call is made inside
`untraced()`.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, TypeVar

from assistant.errors import ModelError, SettingsError

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings
    from langchain_core.language_models import BaseChatModel

logger = logging.getLogger(__name__)

Model = TypeVar("Model")
_UNKNOWN_PROVIDER = re.compile(r"is not supported|[Uu]nable to infer model provider|[Uu]nsupported provider")
_CHAT_ADVICE = (
    "Zet de sleutel van de aanbieder in CHAT_API_KEY; bij Azure ook het adres in CHAT_BASE_URL en de versie in "
    "OPENAI_API_VERSION."
)
# At DEBUG these write down what is sent and received, and with OPENAI_LOG=debug they set that level themselves.
_TALKATIVE = (
    *("anthropic", "anthropic._base_client", "httpcore", "httpcore2", "httpx", "httpx2"),
    *("langchain", "langchain_core", "langsmith"),
    *("langchain_anthropic", "langchain_mistralai", "langchain_ollama", "langchain_openai", "ollama"),
    *("openai", "openai._base_client", "urllib3"),
)


def open_embeddings(name: str, variable: str) -> Embeddings:
    """The embedding model that langchain knows as `name`; `variable` is where its name was set."""
    from langchain.embeddings import init_embeddings

    embeddings: Embeddings = _opened(name, variable, lambda: init_embeddings(name))
    _silence()
    return embeddings


def open_chat(name: str, variable: str, **options: Any) -> BaseChatModel:
    """The chat model that langchain knows as `name`, with the provider's own options."""
    from langchain.chat_models import init_chat_model

    model: BaseChatModel = _opened(name, variable, lambda: init_chat_model(name, **options), _CHAT_ADVICE)
    _silence()
    return model


def untraced() -> AbstractContextManager[Any]:
    """Within it langchain tells nobody what it does."""
    from langsmith import tracing_context

    return tracing_context(enabled=False)


def refusal(error: Exception, name: str, problem: str, advice: str = "") -> ModelError:
    """Our own words only: a provider's message can hold a key or the text that was sent."""
    logger.warning("Model %s failed: %s", name, type(error).__name__)
    return ModelError(
        f"Het taalmodel {name} {problem} ({type(error).__name__}). "
        f"{advice or 'Controleer de sleutel van de aanbieder, de naam van het model en de internetverbinding.'}"
    )


def _silence() -> None:
    """Let the libraries log what went wrong and no more, so that no question or answer ends up in a log."""
    for library in _TALKATIVE:
        logging.getLogger(library).setLevel(logging.WARNING)


def _opened(name: str, variable: str, init: Callable[[], Model], advice: str = "") -> Model:
    provider = name.partition(":")[0]
    try:
        return init()
    except ImportError as error:
        found = re.search(r"pip install ([\w-]+)", str(error))
        package = found.group(1) if found else f"langchain-{provider}"
        raise ModelError(f"Voor {variable}={name} is het pakket {package} nodig. Typ: pip install {package}") from error
    except Exception as error:  # a missing key is an error of the provider's own kind
        if isinstance(error, ValueError) and _UNKNOWN_PROVIDER.search(str(error)):
            raise SettingsError(
                f"De aanbieder {provider} in {variable}={name} is niet bekend bij langchain. "
                f"Kies bijvoorbeeld openai, mistralai of ollama, of laat {variable} leeg."
            ) from None
        raise refusal(error, name, "kan niet worden geopend", advice) from None
