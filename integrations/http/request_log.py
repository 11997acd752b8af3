"""What is written down of each request: one JSON line on standard output, and the figures of /metrics.

Never the question, an answer, a key, a header's value or a whole address.
"""

from __future__ import annotations

import ipaddress
import json
import logging
import re
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.routing import Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from integrations.http.metrics import Metrics

logger = logging.getLogger(__name__)

REQUEST_ID = "x-request-id"
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
# JSON lets these stand as they are; for some programs that show a log they end a line, or are an order.
_ESCAPED = {code: f"\\u{code:04x}" for code in (*range(0x7F, 0xA0), *range(0x2028, 0x202F), *range(0x2066, 0x206A))}
Outcome = Literal["gelukt", "geweigerd", "mislukt", "afgebroken"]


class JsonLines(logging.Formatter):
    """A log record as one line of JSON: time, level, action, and what was given as `extra={"fields": …}`."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
        }
        fields: Mapping[str, object] | None = getattr(record, "fields", None)
        line |= fields if fields is not None else {"logger": record.name, "message": record.getMessage()}
        if record.exc_info and record.exc_info[0] is not None:
            # The kind and the place of an error; its message could hold the question.
            line |= {"error": record.exc_info[0].__qualname__, "at": _place(record)}
        return json.dumps(line, ensure_ascii=False).translate(_ESCAPED)


def log_as_json() -> None:
    """Send every log line of this process to standard output as JSON; what libraries say from WARNING on."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logger.setLevel(logging.INFO)


class RequestLog:
    """ASGI middleware, the outermost: gives every request its id, and writes a line when it is over.

    Leaves in `scope["state"]`: `request_id`. Reads from it: `actor_id`, which access.py puts there.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        state = scope.setdefault("state", {})
        state["request_id"] = request_id = _known(_REQUEST_ID, headers.get(REQUEST_ID)) or uuid4().hex
        status, is_complete, has_left, started = 0, False, False, time.perf_counter()

        async def heard() -> Message:
            nonlocal has_left
            message = await receive()
            has_left = has_left or (message["type"] == "http.disconnect" and not is_complete)
            return message

        async def observed(message: Message) -> None:
            nonlocal status, is_complete
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[REQUEST_ID] = request_id
            await send(message)
            is_complete = message["type"] == "http.response.body" and not message.get("more_body", False)

        self._metrics.in_flight.inc()
        try:
            await self._app(scope, heard, observed)
        except BaseException:
            status = status or 500
            raise
        finally:
            self._metrics.in_flight.dec()
            seconds = time.perf_counter() - started
            method, route = _method(scope), route_of(scope)
            self._metrics.request(method, route, status, seconds)
            fields = {
                "action": f"{method} {route}",
                "result": _outcome(status, is_complete and not has_left),
                "status": status,
                "durationMs": round(seconds * 1000, 1),
                "actor": state.get("actor_id"),  # a pseudonym
                "origin": _network(scope),
                "requestId": request_id,
                "traceparent": _known(_TRACEPARENT, headers.get("traceparent")),
            }
            logger.info("request", extra={"fields": {name: value for name, value in fields.items() if value}})


def route_of(scope: Scope) -> str:
    """The template of the path, as "/v1/bronnen/{id}"; never the path itself, in which anything can stand."""
    route = scope.get("route")
    if route is None:
        return "onbekend"
    inner = getattr(route, "path", "")
    return f"{scope.get('root_path', '')}/…" if isinstance(route, Mount) else f"{scope.get('root_path', '')}{inner}"


def _method(scope: Scope) -> str:
    return scope["method"] if scope["method"] in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS") else "?"


def _outcome(status: int, is_complete: bool) -> Outcome:
    if status >= 500:
        return "mislukt"
    if not is_complete:
        return "afgebroken"
    return "geweigerd" if status >= 400 else "gelukt"


def _known(form: re.Pattern[str], value: str | None) -> str | None:
    return value if value is not None and form.fullmatch(value) else None


def _network(scope: Scope) -> str | None:
    """The client's network: enough to see where an attack comes from, too little to know whose computer it is."""
    try:
        address = ipaddress.ip_address((scope.get("client") or ("", 0))[0])
    except ValueError:
        return None
    return str(ipaddress.ip_network((address, 24 if address.version == 4 else 48), strict=False))


def _place(record: logging.LogRecord) -> str | None:
    frame = record.exc_info[2] if record.exc_info else None
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    return f"{frame.tb_frame.f_globals.get('__name__')}:{frame.tb_lineno}" if frame is not None else None
