"""Slack's side of HTTP mode: signed posts of events, commands and interactions to the app's own address."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import time
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from slack.delivery import DeliveryKind
from slack.payloads import Payload


@dataclass(frozen=True)
class HttpAnswer:
    """What the app answered to a post."""

    status: int
    headers: dict[str, str]  # names in lower case
    text: str

    @property
    def payload(self) -> Payload | None:
        """What comes with the acknowledgement: JSON, or a text that becomes a message."""
        if not self.text:
            return None
        if "json" in self.headers.get("content-type", ""):
            body = json.loads(self.text)
            return body if isinstance(body, dict) and body else None
        return {"text": self.text}


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Slack's signature v0 of a request."""
    message = b"v0:" + timestamp.encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def encoded(kind: DeliveryKind, payload: Payload) -> tuple[bytes, str]:
    """The body and content type of a payload: JSON for events, a form for the others."""
    if kind == "events_api":
        return json.dumps(payload).encode(), "application/json"
    fields = payload if kind == "slash_commands" else {"payload": json.dumps(payload)}
    return urlencode(fields).encode(), "application/x-www-form-urlencoded"


def post(
    url: str,
    kind: DeliveryKind,
    payload: Payload,
    secret: str,
    *,
    age_seconds: float = 0,
    retry: tuple[int, str] | None = None,
    timeout_seconds: float = 3.0,
) -> HttpAnswer:
    """Post a payload as Slack does; another secret forges it, `age_seconds` makes its timestamp old.

    Raises:
        OSError: nothing answers there, or not in time.
    """
    body, content_type = encoded(kind, payload)
    timestamp = str(int(time.time() - age_seconds))
    headers = {
        "Content-Type": content_type,
        "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": signature(secret, timestamp, body),
    }
    if retry:
        headers |= {"X-Slack-Retry-Num": str(retry[0]), "X-Slack-Retry-Reason": retry[1]}
    return post_raw(url, body, headers, timeout_seconds)


def post_raw(url: str, body: bytes, headers: dict[str, str], timeout_seconds: float = 3.0) -> HttpAnswer:
    """Post these bytes with these headers."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout_seconds)
    try:
        connection.request("POST", parts.path or "/", body, headers)
        answer = connection.getresponse()
        names = {name.lower(): value for name, value in answer.getheaders()}
        return HttpAnswer(answer.status, names, answer.read().decode())
    finally:
        connection.close()
