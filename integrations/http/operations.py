"""/gezondheid/leeft, /gezondheid/klaar, /metrics and security.txt: what the machinery around the service asks."""

from __future__ import annotations

import ipaddress
import logging
import time
from collections.abc import Callable
from threading import Lock

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from assistant import Assistant
from integrations.http import security_txt
from integrations.http.access import require
from integrations.http.metrics import CONTENT_TYPE
from integrations.http.problems import Problem
from integrations.http.service import Service

logger = logging.getLogger(__name__)

_PROBE = "wijkteam"  # any word will do: it makes the model and the index work
_NOT_READY = Problem(
    503,
    "Nog niet klaar",
    "Het model of de index is niet bruikbaar. Controleer de index met: beleidswijzer index verify",
    headers={"Retry-After": "5"},
)


class Readiness:
    """Whether a question could be answered now: the model embeds and the index can be searched."""

    def __init__(
        self, assistant: Assistant, keep_seconds: float = 5.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """The answer is kept for a while, so that anybody may ask as often as they like."""
        self._assistant, self._keep_seconds, self._clock = assistant, keep_seconds, clock
        self._lock = Lock()
        self._known: tuple[float, bool] | None = None

    def is_ready(self) -> bool:
        """True if a search works; takes as long as a search."""
        with self._lock:
            if self._known is None or self._clock() - self._known[0] >= self._keep_seconds:
                self._known = self._clock(), self._try()
            return self._known[1]

    def _try(self) -> bool:
        try:
            self._assistant.search(_PROBE, limit=1)
        except Exception:  # whatever it is, no question can be answered
            logger.exception("not ready")
            return False
        return True


def router(service: Service) -> APIRouter:
    """The routes; health is open to everybody, figures to this machine or with a key of a beheerder."""
    routes = APIRouter(include_in_schema=False)
    routes.include_router(security_txt.router(service.settings))
    readiness = Readiness(service.assistant)
    maintainer = require(service, "beheerder", even_closed=True)

    @routes.get("/gezondheid/leeft")
    async def is_alive() -> JSONResponse:
        return JSONResponse({"status": "leeft"}, headers={"Cache-Control": "no-store"})

    @routes.get("/gezondheid/klaar")
    async def is_ready() -> JSONResponse:
        if not await run_in_threadpool(readiness.is_ready):
            return _NOT_READY.response()
        return JSONResponse({"status": "klaar"}, headers={"Cache-Control": "no-store"})

    @routes.get("/metrics")
    async def metrics(request: Request) -> Response:
        if not _is_local(request):
            await maintainer(request)
        text = await run_in_threadpool(service.metrics.exposition, service.assistant)
        return Response(text, media_type=CONTENT_TYPE, headers={"Cache-Control": "no-store"})

    return routes


def _is_local(request: Request) -> bool:
    """From this machine itself, and not passed on by a proxy on it."""
    if "x-forwarded-for" in request.headers or "forwarded" in request.headers:
        return False
    try:
        return ipaddress.ip_address(request.client.host if request.client else "").is_loopback
    except ValueError:
        return False
