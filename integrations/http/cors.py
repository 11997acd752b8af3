"""Which web pages of others may use the API (CORS): those in the settings; the OpenAPI document is for everybody."""

from __future__ import annotations

from collections.abc import Collection

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from integrations.http.problems import Problem

_REQUEST_HEADERS = "Accept, Authorization, Content-Type, Traceparent, X-Request-Id"
_EXPOSED_HEADERS = "API-Version, Content-Disposition, ETag, Retry-After, X-Request-Id"
_METHODS = "GET, POST, DELETE"
_KEEP_SECONDS = "600"


class Cors:
    """ASGI middleware: answers preflight requests, and lets allowed pages read the responses."""

    def __init__(self, app: ASGIApp, origins: Collection[str], public_paths: Collection[str]) -> None:
        """`public_paths` may be read by any page; they hold nothing that needs a key."""
        self._app, self._origins, self._public_paths = app, frozenset(origins), frozenset(public_paths)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        allowed = self._allowed(scope["path"], headers.get("origin"))

        async def send_with_origin(message: Message) -> None:
            if message["type"] == "http.response.start":
                answered = MutableHeaders(scope=message)
                if allowed:
                    answered["Access-Control-Allow-Origin"] = allowed
                    answered["Access-Control-Expose-Headers"] = _EXPOSED_HEADERS
                if allowed != "*":
                    answered.add_vary_header("Origin")
            await send(message)

        if scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            await _preflight(allowed)(scope, receive, send_with_origin)
        else:
            await self._app(scope, receive, send_with_origin)

    def _allowed(self, path: str, origin: str | None) -> str | None:
        if path in self._public_paths:
            return "*"
        return origin if origin in self._origins else None


def _preflight(allowed: str | None) -> Response:
    if allowed is None:
        detail = "Deze website staat niet op de lijst van websites die de API mogen gebruiken. Vraag de beheerder."
        return Problem(403, "Website niet toegestaan", detail).response()
    return Response(
        status_code=204,
        headers={
            "Access-Control-Allow-Methods": _METHODS,
            "Access-Control-Allow-Headers": _REQUEST_HEADERS,
            "Access-Control-Max-Age": _KEEP_SECONDS,
        },
    )
