"""ASGI middleware around every request: headers that browsers obey, a limit on bodies, HEAD, and no stray traceback.

Plain ASGI, so that streams pass through without being held up.
"""

from __future__ import annotations

import logging
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from integrations.http.problems import Problem, place_of, problem_of

logger = logging.getLogger(__name__)

_COMMON = {
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",  # browsers heed it over TLS only
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
API_HEADERS = _COMMON | {"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"}
PAGE_HEADERS = _COMMON | {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self' data:; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


_API_PATHS = ("/v1/", "/openai/", "/mcp", "/metrics", "/gezondheid/")


class DefaultHeaders:
    """Adds headers to every response that does not have them yet: those of the API, or those of the pages."""

    def __init__(self, app: ASGIApp, version: str) -> None:
        """`version` is what API-Version says under /v1."""
        self._app, self._version = app, version

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        defaults = API_HEADERS if path.startswith(_API_PATHS) else PAGE_HEADERS
        versioned = {"API-Version": self._version} if path.startswith("/v1/") else {}

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in (defaults | versioned).items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)


class BodyLimit:
    """Answers 413 to a body that is too large, as soon as that is known; never holds more of it than the limit."""

    def __init__(self, app: ASGIApp, most: int, uploads: tuple[str, ...] = (), most_upload: int = 0) -> None:
        """The limit in bytes; `uploads` are the paths where a POST may have `most_upload` bytes."""
        self._app, self._most, self._uploads, self._most_upload = app, most, uploads, most_upload

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_upload = scope["method"] == "POST" and scope["path"] in self._uploads
        most = self._most_upload if is_upload else self._most
        announced = Headers(scope=scope).get("content-length", "")
        if announced.isdecimal() and int(announced[:20]) > most:
            await _too_large(most).response()(scope, receive, send)
            return
        await self._counted(scope, receive, send, most)

    async def _counted(self, scope: Scope, receive: Receive, send: Send, most: int) -> None:
        received, is_started, is_over = 0, False, False

        async def counted() -> Message:
            nonlocal received, is_over
            message = await receive()
            if message["type"] == "http.request":
                received += len(message.get("body", b""))
                if received > most:
                    is_over = True
                    raise _too_large(most)
            return message

        async def send_unless_over(message: Message) -> None:
            nonlocal is_started
            if is_over and not is_started:
                return  # what the application makes of our exception; the answer is ours, below
            is_started = True
            await send(message)

        try:
            await self._app(scope, counted, send_unless_over)
        except Exception:
            if not is_over:
                raise
        if is_over and not is_started:
            await _too_large(most).response()(scope, receive, send)


class HeadAsGet:
    """Answers HEAD as GET without the body, on every path that knows GET."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def send_head(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        # A copy: the server must go on knowing that this is HEAD. What routing finds out is for the log.
        asked = {**scope, "method": "GET"}
        try:
            await self._app(asked, receive, send_head)
        finally:
            scope.update({name: asked[name] for name in ("route", "root_path") if name in asked})


class Faults:
    """Keeps an error that nobody caught away from the server's log, where its message could hold the question."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_started = False

        async def watched(message: Message) -> None:
            nonlocal is_started
            is_started = is_started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:
            if scope["type"] != "http":
                raise
            if is_started:
                logger.error("Failed after the response began: %s at %s", type(error).__name__, place_of(error))
            else:
                problem = problem_of(error, scope.get("state", {}).get("request_id"))
                await problem.response()(scope, receive, watched)


class OwnHost:
    """Refuses requests under a host name that is not ours, when no key is asked for.

    Any web site can let its own name point to 127.0.0.1, and would then be "the same site" as we (DNS rebinding).
    """

    def __init__(self, app: ASGIApp, base_url: str | None) -> None:
        self._app, self._hosts = app, {"127.0.0.1", "localhost", "::1"}
        self._hosts |= {urlsplit(base_url).hostname or ""} if base_url else set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _host(Headers(scope=scope).get("host", "")) not in self._hosts:
            await _OTHER_HOST.response()(scope, receive, send)
            return
        await self._app(scope, receive, send)


_OTHER_HOST = Problem(
    421, "Verkeerd adres", "Deze dienst heeft een ander adres. Gebruik http://127.0.0.1 met de poort."
)


def _host(written: str) -> str | None:
    try:
        return urlsplit(f"//{written}").hostname
    except ValueError:
        return None


def _too_large(most: int) -> Problem:
    detail = f"De inhoud van het verzoek mag hoogstens {most // 1024} kB zijn. Maak die kleiner."
    return Problem(413, "Verzoek te groot", detail, headers={"Connection": "close"})
