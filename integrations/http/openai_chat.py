"""What a program for OpenAI's chat completions sends, and the question in it."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from assistant import Turn
from integrations.http.openai_reply import MODEL, size
from integrations.http.problems import Problem
from integrations.http.readable import SOURCES

MAX_TURNS = 20  # older ones are left out: these clients send the whole conversation again and again
MAX_TURN_CHARACTERS = 8_000
_SOURCES_BLOCK = re.compile(rf"\n\n(?:{'|'.join(SOURCES.values())})\n(?s:.*)$")


class _Sent(BaseModel):
    # Clients send many fields that mean nothing here, such as temperature; to refuse those is to refuse the clients.
    model_config = ConfigDict(extra="ignore")


class _Part(_Sent):
    type: str
    text: str | None = None


class _Message(_Sent):
    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[_Part] | None = None


class _StreamOptions(_Sent):
    include_usage: bool = False


class _ResponseFormat(_Sent):
    type: str


class ChatRequest(_Sent):
    """The body of a chat completion, as far as it means something here."""

    model: str
    messages: list[_Message] = Field(min_length=1, max_length=2_000)
    stream: bool | None = False
    stream_options: _StreamOptions | None = None
    n: int | None = 1
    tools: list[Any] | None = None
    functions: list[Any] | None = None
    response_format: _ResponseFormat | None = None


def conversation(sent: ChatRequest) -> tuple[str, list[Turn]]:
    """The question and what went before it; instructions to a model (`system`) have nobody to listen to them."""
    check_model(sent.model)
    if (sent.n or 1) != 1:
        raise _unsupported("Er is één antwoord per vraag. Laat 'n' weg.")
    if sent.tools or sent.functions:
        raise _unsupported("Deze dienst roept geen functies aan. Laat 'tools' en 'functions' weg.")
    if sent.response_format is not None and sent.response_format.type != "text":
        raise _unsupported("Het antwoord is altijd tekst. Laat 'response_format' weg.")
    turns = [(message.role, text_of(message)) for message in sent.messages if message.role in ("user", "assistant")]
    if not turns or turns[-1][0] != "user":
        raise _unsupported("Het laatste bericht moet van de gebruiker zijn (role: user).")
    *before, (_, question) = turns
    history = [
        Turn("user" if role == "user" else "assistant", _SOURCES_BLOCK.sub("", text)[:MAX_TURN_CHARACTERS])
        for role, text in before[-MAX_TURNS:]
        if text.strip()
    ]
    return question, history


def text_of(message: _Message) -> str:
    if message.content is None or isinstance(message.content, str):
        return message.content or ""
    if any(part.type not in ("text", "refusal") for part in message.content):
        raise _unsupported("Een bericht kan alleen tekst bevatten, geen beeld, geluid of bestand.")
    return "\n".join(part.text or "" for part in message.content)


def check_model(name: str) -> None:
    """Raise the 404 that these clients expect for another model."""
    if name != MODEL:
        raise Problem(404, "Model onbekend", f"Dit model bestaat niet. Gebruik: {MODEL}")


def _unsupported(detail: str) -> Problem:
    return Problem(400, "Niet ondersteund", detail)


def prompt_size(sent: ChatRequest) -> int:
    """How much text was sent."""
    return sum(size(text_of(message)) for message in sent.messages)
