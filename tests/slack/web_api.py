"""Slack's Web API over HTTP on 127.0.0.1. In: calls as slack_sdk makes them; out: Slack's answers, errors included."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

from slack import assistant_methods, chat_methods, lookup_methods, view_methods
from slack.arguments import Arguments, SlackFault
from slack.limits import Limits, Verdict
from slack.payloads import Payload
from slack.response_url import answer_at
from slack.scopes import ALL_SCOPES, needed_scopes
from slack.workspace import Workspace

Method = Callable[[Workspace, Arguments], Payload]

METHODS: dict[str, Method] = {
    "auth.test": lookup_methods.auth_test,
    "assistant.threads.setStatus": assistant_methods.set_status,
    "assistant.threads.setSuggestedPrompts": assistant_methods.set_prompts,
    "assistant.threads.setTitle": assistant_methods.set_title,
    "bots.info": lookup_methods.bot_info,
    "chat.appendStream": chat_methods.append_stream,
    "chat.delete": chat_methods.delete,
    "chat.getPermalink": chat_methods.permalink,
    "chat.postEphemeral": chat_methods.post_ephemeral,
    "chat.postMessage": chat_methods.post_message,
    "chat.startStream": chat_methods.start_stream,
    "chat.stopStream": chat_methods.stop_stream,
    "chat.update": chat_methods.update,
    "conversations.history": lookup_methods.history,
    "conversations.info": lookup_methods.conversation,
    "conversations.members": lookup_methods.members,
    "conversations.open": lookup_methods.open_conversation,
    "conversations.replies": lookup_methods.replies,
    "reactions.add": lookup_methods.add_reaction,
    "reactions.remove": lookup_methods.remove_reaction,
    "team.info": lookup_methods.team_info,
    "users.info": lookup_methods.user_info,
    "views.open": view_methods.open_view,
    "views.publish": view_methods.publish_view,
    "views.push": view_methods.push_view,
    "views.update": view_methods.update_view,
}


@dataclass(frozen=True)
class Call:
    """One call of the Web API, as it came in."""

    method: str
    arguments: Payload
    at: float  # monotonic
    answer: Payload


@dataclass
class Access:
    """The tokens of the installed app and what they allow."""

    bot_token: str = "xoxb-1234567890-beleidswijzer"
    app_token: str = "xapp-1-A0BELEID01-1234567890-beleidswijzer"
    signing_secret: str = "8f742231b10e8888abcd99yyyzzz85a5"
    scopes: set[str] = field(default_factory=lambda: set(ALL_SCOPES))
    bot_token_error: str | None = None  # "token_expired", "token_revoked", "account_inactive"


class WebApi:
    """The server; `url` is the base_url for a WebClient."""

    def __init__(
        self, workspace: Workspace, access: Access, limits: Limits, open_connection: Callable[[], str]
    ) -> None:
        self.workspace = workspace
        self.access = access
        self.limits = limits
        self.open_connection = open_connection
        self.files: dict[str, bytes] = {}
        self.calls: list[Call] = []
        self.slowness: dict[str, float] = {}  # seconds before a method answers
        self._server = _Server(("127.0.0.1", 0), _handler_for(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="fake-slack-web")
        self._thread.start()

    @property
    def origin(self) -> str:
        """The address without a path."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def url(self) -> str:
        """The base_url for a WebClient."""
        return f"{self.origin}/api/"

    def close(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, method: str, token: str, values: Payload) -> tuple[int, Payload, dict[str, str]]:
        """The status, the body and the headers with which one call is answered."""
        time.sleep(self.slowness.get(method, 0))
        headers: dict[str, str] = {}
        try:
            verdict = self._refusal(method, token, values)
            if verdict:
                body, status = verdict.body, verdict.status
                headers = {"Retry-After": str(verdict.retry_after)} if verdict.retry_after else {}
            else:
                body, status = {"ok": True} | self._carry_out(method, values), 200
        except SlackFault as fault:
            body, status = fault.answer, 200
        with self.workspace.lock:
            self.calls.append(Call(method, values, time.monotonic(), body))
        return status, body, headers | {"x-oauth-scopes": ",".join(sorted(self.access.scopes))}

    def _carry_out(self, method: str, values: Payload) -> Payload:
        if method == "apps.connections.open":
            return {"url": self.open_connection()}
        with self.workspace.lock:
            return cast(Payload, json.loads(json.dumps(METHODS[method](self.workspace, Arguments(values)))))

    def _refusal(self, method: str, token: str, values: Payload) -> Verdict | None:
        self._check_token(method, token)
        if method not in METHODS and method != "apps.connections.open":
            self.workspace.violate(f"{method}: no such method in this fake")
            raise SlackFault("unknown_method", req_method=method)
        self._check_scope(method, values)
        with self.workspace.lock:
            verdict = self.limits.verdict(method, str(values.get("channel", "")))
        if verdict and verdict.violation:
            self.workspace.violate(verdict.violation)
        return verdict

    def _check_token(self, method: str, token: str) -> None:
        if not token:
            raise SlackFault("not_authed")
        right = self.access.app_token if method == "apps.connections.open" else self.access.bot_token
        if token in (self.access.app_token, self.access.bot_token) and token != right:
            raise SlackFault("not_allowed_token_type")
        if token != right:
            raise SlackFault("invalid_auth")
        if token == self.access.bot_token and self.access.bot_token_error:
            raise SlackFault(self.access.bot_token_error)

    def _check_scope(self, method: str, values: Payload) -> None:
        channel = self.workspace.channels.get(str(values.get("channel", "")))
        needed = needed_scopes(method, channel.kind if channel else None)
        if needed and not self.access.scopes & set(needed):
            provided = ",".join(sorted(self.access.scopes))
            raise SlackFault("missing_scope", needed=needed[0], provided=provided)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256  # fifty questions at once, each with several calls

    def handle_error(self, request: Any, client_address: Any) -> None:
        """An app that was killed in the middle of a call is no error of ours."""


def _handler_for(api: WebApi) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path = urlsplit(self.path)
            if path.path.startswith("/actions/"):
                self._send(*_with_no_headers(answer_at(api.workspace, path.path, body)))
                return
            try:
                values = _values(self.headers.get("Content-Type") or "", body)
            except ValueError:
                api.workspace.violate(f"{path.path}: a body that is neither a form nor JSON")
                self._send(200, {"ok": False, "error": "invalid_json"}, {})
                return
            values = dict(parse_qsl(path.query)) | values
            self._send(*api.answer(path.path.removeprefix("/api/"), self._token(values), values))

        def do_GET(self) -> None:
            content = api.files.get(urlsplit(self.path).path)
            if self.path.startswith("/api/"):
                values: Payload = dict(parse_qsl(urlsplit(self.path).query))
                method = urlsplit(self.path).path.removeprefix("/api/")
                self._send(*api.answer(method, self._token(values), values))
            elif content is None or self._token({}) != api.access.bot_token:
                self._send(404, {"ok": False, "error": "file_not_found"}, {})
            else:
                self._send_bytes(200, content, {"Content-Type": "application/octet-stream"})

        def _token(self, values: Payload) -> str:
            in_body = str(values.pop("token", ""))
            return (self.headers.get("Authorization") or "").removeprefix("Bearer ") or in_body

        def _send(self, status: int, body: Payload, headers: dict[str, str]) -> None:
            content = json.dumps(body).encode()
            self._send_bytes(status, content, headers | {"Content-Type": "application/json; charset=utf-8"})

        def _send_bytes(self, status: int, content: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in (headers | {"Content-Length": str(len(content))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *arguments: Any) -> None:
            """Nothing: the calls are kept instead."""

    return Handler


def _with_no_headers(answer: tuple[int, Payload]) -> tuple[int, Payload, dict[str, str]]:
    return (*answer, {})


def _values(content_type: str, body: bytes) -> Payload:
    text = body.decode()
    if "json" in content_type:
        values = json.loads(text or "{}")
        if not isinstance(values, dict):
            raise ValueError
        return values
    return dict(parse_qsl(text, keep_blank_values=True))
