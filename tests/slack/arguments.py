"""The arguments of one call of the Web API, as a form or as JSON; asking for what is not there is Slack's own error."""

from __future__ import annotations

import json
from typing import Any

from slack.payloads import Payload

TRUE = (True, "true", "True", "1", 1)


class SlackFault(Exception):
    """An error that Slack answers with: its name and what else the answer holds."""

    def __init__(self, error: str, **more: Any) -> None:
        super().__init__(error)
        self.answer: Payload = {"ok": False, "error": error, **more}

    @classmethod
    def with_messages(cls, error: str, messages: list[str]) -> SlackFault:
        """An error with the explanations that Slack adds to it."""
        return cls(error, response_metadata={"messages": [f"[ERROR] {message}" for message in messages]})


class Arguments:
    """What the app sent with one call."""

    def __init__(self, values: Payload) -> None:
        self.values = values

    def needed(self, name: str) -> str:
        """A text that must be there."""
        value = self.values.get(name)
        if value in (None, ""):
            raise SlackFault.with_messages("invalid_arguments", [f"missing required field: {name}"])
        return str(value)

    def optional(self, name: str) -> str | None:
        """A text, or None."""
        value = self.values.get(name)
        return None if value in (None, "") else str(value)

    def number(self, name: str, default: int) -> int:
        """A whole number."""
        try:
            return int(self.values.get(name) or default)
        except ValueError:
            raise SlackFault("invalid_arguments") from None

    def flag(self, name: str) -> bool:
        """A switch, off when it is not there."""
        return self.values.get(name) in TRUE

    def structure(self, name: str, error: str = "invalid_arguments") -> Any:
        """A list or object, sent as itself or as a JSON text; None when it is not there."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value) if value else None
        except json.JSONDecodeError:
            raise SlackFault(error) from None
