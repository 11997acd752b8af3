"""Slack's Web API as the bot uses it: calls that keep to Slack's pace, and errors in our own words.

The only module that imports slack_sdk.
"""

from __future__ import annotations

import json
import logging
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from assistant import AssistantError
from integrations.slack.pace import Pace

if TYPE_CHECKING:
    from slack_sdk import WebClient

logger = logging.getLogger(__name__)

PATIENCE_SECONDS = 90.0  # that one call may wait for its turn, all waits together
_TIMEOUT_SECONDS = 15
_PASSING_SECONDS = 0.5
_TOKEN_ERRORS = {"token_expired", "token_revoked", "invalid_auth", "account_inactive", "not_authed"}
_PASSING = {"internal_error", "fatal_error", "service_unavailable", "request_timeout"}
_HTTP_TOO_MANY, _HTTP_SERVER_ERROR = 429, 500


class SlackError(AssistantError):
    """Slack refused a call, or could not be reached."""

    def __init__(self, method: str, code: str, needed: str = "", retry_after: float = 0.0) -> None:
        super().__init__(_sentence(method, code, needed))
        self.method, self.code, self.needed, self.retry_after = method, code, needed, retry_after

    @property
    def is_about_access(self) -> bool:
        """Whether only an administrator can mend it."""
        return self.code in _TOKEN_ERRORS or self.code == "missing_scope"


class SlackCalls:
    """The Web API for one bot token; safe to use from several threads."""

    def __init__(self, client: WebClient, pace: Pace | None = None) -> None:
        self.client = client
        self.pace = pace or Pace()
        self._told: dict[str, float] = {}
        self._lock = threading.Lock()

    def __call__(self, method: str, **arguments: Any) -> dict[str, Any]:
        """Slack's answer to one call, made when its turn comes.

        Args:
            method: as Slack names it, "chat.postMessage".

        Raises:
            SlackError: Slack refused, or could not be reached.
        """
        return self._called(method, arguments, PATIENCE_SECONDS)

    def at_once(self, method: str, **arguments: Any) -> dict[str, Any]:
        """The same, for what is of no use later: `ratelimited` when Slack would have it wait."""
        return self._called(method, arguments, 0.0)

    def _called(self, method: str, arguments: Mapping[str, Any], patience_seconds: float) -> dict[str, Any]:
        channel = str(arguments.get("channel", ""))
        until = time.monotonic() + patience_seconds
        has_failed = False
        while True:
            wait = self.pace.reserve(method, channel, most_seconds=until - time.monotonic())
            if wait is None:
                raise SlackError(method, "ratelimited")
            time.sleep(wait)
            if self.pace.held(method, channel):  # another thread heard meanwhile that all must wait
                continue
            try:
                return self._with_headers(method, arguments)[0]
            except SlackError as error:
                if error.code == "ratelimited":
                    self.pace.refused(method, channel, error.retry_after)
                elif error.code in _PASSING and not has_failed:
                    has_failed = True
                    time.sleep(_PASSING_SECONDS)
                else:
                    self._tell(error)
                    raise

    def scopes(self) -> tuple[dict[str, Any], frozenset[str]]:
        """Who the bot is, and what its token allows.

        Raises:
            SlackError: the token does not work, or Slack cannot be reached.
        """
        answer, headers = self._with_headers("auth.test", {})
        given = next((str(value) for name, value in headers.items() if name.lower() == "x-oauth-scopes"), "")
        return answer, frozenset(scope.strip() for scope in given.split(",") if scope.strip())

    def _with_headers(self, method: str, arguments: Mapping[str, Any]) -> tuple[dict[str, Any], Mapping[str, str]]:
        with own_errors(method):
            answer = getattr(self.client, method.replace(".", "_"))(**arguments)
        content = answer.data if isinstance(answer.data, dict) else {}
        return content, answer.headers

    def _tell(self, error: SlackError) -> None:
        """Log what an administrator must mend, once a minute: every question runs into it."""
        now = time.monotonic()
        with self._lock:
            if not error.is_about_access or now - self._told.get(str(error), -60.0) < 60.0:
                return
            self._told[str(error)] = now
        logger.error("%s", error)


@contextmanager
def own_errors(method: str) -> Iterator[None]:
    """Turns the library's errors into a SlackError."""
    from slack_sdk.errors import SlackApiError, SlackClientError

    try:
        yield
    except SlackApiError as error:
        raise _refusal(method, error.response) from None
    except (SlackClientError, OSError) as error:
        raise SlackError(method, "unreachable") from error


def open_client(token: str, api_url: str) -> WebClient:
    """Slack's own client."""
    from slack_sdk import WebClient

    return WebClient(token, base_url=api_url, timeout=_TIMEOUT_SECONDS, logger=logging.getLogger("slack_sdk"))


def answer_at(response_url: str, content: Mapping[str, Any]) -> None:
    """Answer a command, shortcut or click at the address that came with it.

    Raises:
        SlackError: the address is no longer valid, or Slack cannot be reached.
    """
    body = json.dumps(dict(content)).encode()
    request = urllib.request.Request(response_url, body, {"Content-Type": "application/json; charset=utf-8"})
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS):
            pass
    except OSError as error:
        raise SlackError("response_url", f"http_{getattr(error, 'code', 'error')}") from error


def _refusal(method: str, response: Any) -> SlackError:
    status, headers = response.status_code, response.headers or {}
    if status == _HTTP_TOO_MANY:
        after = next((value for name, value in headers.items() if name.lower() == "retry-after"), "1")
        return SlackError(method, "ratelimited", retry_after=float(after))
    data = response.data if isinstance(response.data, dict) else {}
    code = str(data.get("error") or ("internal_error" if status >= _HTTP_SERVER_ERROR else "unknown"))
    return SlackError(method, code, str(data.get("needed") or ""))


def _sentence(method: str, code: str, needed: str) -> str:
    if code in _TOKEN_ERRORS:
        variable = "SLACK_APP_TOKEN" if method == "apps.connections.open" else "SLACK_BOT_TOKEN"
        return (
            f"Slack weigert het token ({code}): het is verlopen, ingetrokken of verkeerd. "
            f"Maak een nieuw token en zet het in {variable}; docs/slack.md zegt hoe."
        )
    if code == "missing_scope":
        return (
            f"De Slack-app mist het recht {needed or '(onbekend)'} voor {method}. "
            "Neem integrations/slack/manifest.yml over en installeer de app opnieuw; docs/slack.md zegt hoe."
        )
    if code == "unreachable":
        return "Slack is niet bereikbaar. Controleer de internetverbinding en de proxy."
    return f"Slack weigert {method} ({code})."
