"""What went wrong at a chat model's provider, as one Dutch sentence with the next step.

Our own words only: a provider's message can hold the key or the text that was sent.
"""

from __future__ import annotations

from assistant.errors import ChatModelError

_BY_STATUS = {
    400: "weigert de aanvraag (400). Controleer [chat] context_tokens en answer_tokens, en de naam in CHAT_MODEL.",
    401: "weigert de sleutel (401). Zet de goede sleutel in CHAT_API_KEY.",
    402: "wil eerst betaald worden (402). Controleer het tegoed bij de aanbieder.",
    403: "geeft deze sleutel geen toegang (403). Controleer CHAT_API_KEY en de rechten bij de aanbieder.",
    404: "is er niet (404). Controleer de naam in CHAT_MODEL en het adres in CHAT_BASE_URL.",
    429: "krijgt te veel aanvragen (429). Wacht even, of verhoog de limiet bij de aanbieder.",
}
_UNREACHABLE = ("Connect", "Network", "Protocol", "ReadError", "WriteError")


def chat_failure(error: Exception, name: str, timeout_seconds: float) -> ChatModelError:
    """The error to raise for what the model `name` (or its provider's library) raised."""
    return ChatModelError(f"Het taalmodel {name} {_problem(error, timeout_seconds)}")


def _problem(error: Exception, timeout_seconds: float) -> str:
    # Every provider has its own errors; what they have in common is the status and how they are named.
    status = getattr(error, "status_code", None) or getattr(getattr(error, "response", None), "status_code", None)
    kinds = [kind.__name__ for kind in type(error).__mro__]
    if any("Timeout" in kind for kind in kinds):
        return (
            f"antwoordt niet binnen {timeout_seconds:g} seconden. Maak [chat] timeout_seconds groter, "
            "of kies een sneller model."
        )
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if isinstance(status, int) and status >= 500:
        return f"heeft een storing ({status}). Probeer het later opnieuw."
    if any(word in kind for kind in kinds for word in _UNREACHABLE):
        return "is niet te bereiken. Controleer CHAT_BASE_URL en de verbinding."
    return f"antwoordt niet zoals verwacht ({type(error).__name__}). Controleer CHAT_MODEL en CHAT_BASE_URL."
