"""An OpenAI-compatible server on a real socket that follows a script and refuses a request that is not as it should be.

Every request gets the next step of the script. A step is what the server does with one request: say a text in pieces,
answer with a status, wait, hang up.
"""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from assistant.settings import Settings

KEY = "sk-script-0123456789"
MODEL = "script-1"
ANSWER_TOKENS = 700
PIECE = 9  # characters


@dataclass(frozen=True)
class Told:
    """What the model was told in one request."""

    system: str
    user: str


@dataclass(frozen=True)
class Say:
    """The text, or what is made of what the model is told, in pieces."""

    text: str | Callable[[Told], str]
    pause_seconds: float = 0.0  # before each piece
    first_seconds: float = 0.0  # before the first byte
    hang_up_after: int | None = None  # pieces


@dataclass(frozen=True)
class Fail:
    """An answer with a status and no text."""

    status: int
    retry_after: str | None = None


Step = Say | Fail


@dataclass
class ChatServer:
    """The running server: where it is, what it was asked, and what it will do."""

    url: str = ""
    script: list[Step] = field(default_factory=list)
    always: Step | None = None  # when the script is at its end
    bodies: list[dict[str, Any]] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)  # every byte that came in
    faults: list[str] = field(default_factory=list)  # what was wrong with a request
    stopped: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def will(self, *steps: Step, always: Step | None = None) -> None:
        """Set what it does with the next requests; forgets what it was asked before."""
        with self.lock:
            self.script, self.always = list(steps), always
            self.bodies.clear()
            self.raw.clear()

    def next_step(self, body: dict[str, Any], raw: bytes) -> Step:
        """The step for a request, which is written down."""
        with self.lock:
            self.bodies.append(body)
            self.raw.append(raw)
            if self.script:
                return self.script.pop(0)
            if self.always is None:
                self.faults.append("asked once more than the script is long")
                return Fail(500)
            return self.always


@contextmanager
def chat_server() -> Iterator[ChatServer]:
    """A server on a free port until the block ends; fails if a request was not as it should be."""
    scripted = ChatServer()

    class Handler(_Handler):
        chat = scripted

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that hangs up is no error of ours."""

    with Server(("127.0.0.1", 0), Handler) as server:
        scripted.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
        thread = threading.Thread(target=server.serve_forever, name="chat-server", daemon=True)
        thread.start()
        try:
            yield scripted
        finally:
            scripted.stopped.set()
            server.shutdown()
            thread.join(10)
    assert scripted.faults == []


class _Handler(BaseHTTPRequestHandler):
    chat: ChatServer
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path != "/v1/chat/completions":
            self._error(404, "invalid_request_error", "unknown path")
            return
        if self.headers.get("Authorization") != f"Bearer {KEY}":
            self._error(401, "invalid_api_key", f"Incorrect API key provided: {self.headers.get('Authorization')}")
            return
        body = json.loads(raw)
        if body.get("model") != MODEL:
            self._error(404, "model_not_found", f"The model {body.get('model')} does not exist")
            return
        faults = list(_faults(body))
        self.chat.faults.extend(faults)
        if faults:
            self._error(400, "invalid_request_error", "; ".join(faults))
            return
        step = self.chat.next_step(body, raw)
        if isinstance(step, Fail):
            self._error(step.status, "script", f"told to; you sent {raw.decode()[:200]}", step.retry_after)
        else:
            self._say(step, body)

    def _say(self, step: Say, body: dict[str, Any]) -> None:
        self.chat.stopped.wait(step.first_seconds)
        told = Told(*(message["content"] for message in body["messages"]))
        text = step.text if isinstance(step.text, str) else step.text(told)
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self._piece({"role": "assistant", "content": ""})
        for number, begin in enumerate(range(0, len(text), PIECE)):
            if step.hang_up_after is not None and number >= step.hang_up_after:
                # Without the last chunk: as when a process is killed.
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True
                return
            if step.pause_seconds:
                self.chat.stopped.wait(step.pause_seconds)
            self._piece({"content": text[begin : begin + PIECE]})
        self._piece({}, "stop")
        self._chunk(b"data: [DONE]\n\n")
        self._chunk(b"")

    def _piece(self, delta: dict[str, str], finish: str | None = None) -> None:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        piece = {
            "id": "chatcmpl-1",
            "object": "chat.completion.chunk",
            "created": int(time.time()),
            "model": MODEL,
            "choices": [choice],
        }
        self._chunk(f"data: {json.dumps(piece)}\n\n".encode())

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def _error(self, status: int, code: str, message: str, retry_after: str | None = None) -> None:
        content = json.dumps({"error": {"message": message, "type": code, "code": code, "param": None}}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        if retry_after is not None:
            self.send_header("Retry-After", retry_after)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        """Nothing: the tests read what came in."""


def _faults(body: dict[str, Any]) -> Iterator[str]:
    """What is wrong with a request, as a strict server would find."""
    known = {"model", "messages", "stream", "temperature", "max_completion_tokens"}
    if set(body) != known:
        yield f"fields are {sorted(body)}"
        return
    if body["stream"] is not True:
        yield "no stream"
    if body["temperature"] != 0:
        yield f"temperature is {body['temperature']}"
    if body["max_completion_tokens"] != ANSWER_TOKENS:
        yield f"max_completion_tokens is {body['max_completion_tokens']}"
    if [message["role"] for message in body["messages"]] != ["system", "user"]:
        yield "other roles than system and user"
    if not all(set(message) == {"role", "content"} and message["content"].strip() for message in body["messages"]):
        yield "a message without text"


def with_chat(settings: Settings, url: str, model: object = MODEL, key: object = KEY, **options: object) -> Settings:
    """The same settings with a chat model at an address; time-outs are short."""
    wanted = {"model": f"openai:{model}", "base_url": url, "timeout_seconds": 5.0, "max_retries": 2, **options}
    return replace(
        settings,
        chat=type(settings.chat).model_validate(wanted),
        secrets=replace(settings.secrets, chat_api_key=str(key)),
    )


def marker(told: Told, words: str) -> str:
    """The marker of the passage that holds these words."""
    before = told.user[: told.user.index(words)]
    numbers = re.findall(r'nummer="(\d+)"', before)
    return f"[{numbers[-1]}]"


def about_beds(claim: str) -> Say:
    """A step that says a claim with the marker of the passage about the beds."""
    return Say(lambda told: f"{claim} {marker(told, 'veertig bedden')}.")
