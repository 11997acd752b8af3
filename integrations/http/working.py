"""`beleidswijzer worker`: does the work that requests leave behind, until it is told to stop."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from types import FrameType

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from assistant import Settings, open_embedder, open_records, open_uploads
from integrations.http.background import Worker
from integrations.http.problems import Problem
from integrations.http.request_log import log_as_json
from integrations.http.serving import bind, resolve

FINISH_SECONDS = 60.0  # for the task that is being done when the worker is told to stop
_HEADERS = {"Cache-Control": "no-store"}
_NOT_READY = Problem(
    503, "Nog niet klaar", "De taken zijn niet te bereiken. Controleer de database.", headers={"Retry-After": "5"}
)

Announce = Callable[[str], None]


def work(settings: Settings, host: str, port: int | None, announce: Announce) -> int:
    """Run until SIGTERM or Ctrl-C; a task is finished first, or given back when that takes too long.

    Args:
        port: where health is told; nowhere without one.
        announce: is told in Dutch what happens.

    Raises:
        AssistantError: the records or the model cannot be used, or the port is not free.
    """
    stopping, hurry = threading.Event(), threading.Event()

    def stop(_: int, __: FrameType | None) -> None:
        (hurry if stopping.is_set() else stopping).set()  # a second time: at once

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        embedder = open_embedder(settings.embedding_model, settings.cache, settings.threads)
        with open_records(settings) as records:
            worker = Worker(settings, records, open_uploads(settings), embedder)
            with _health(worker, host, port) if port is not None else nullcontext("") as address:
                worker.start()
                announce(f"De worker wacht op taken{address} — stoppen met Ctrl-C")
                log_as_json()
                stopping.wait()
                _stop(worker, hurry, announce)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return 0


def _stop(worker: Worker, hurry: threading.Event, announce: Announce) -> None:
    announce("De worker stopt …")
    stopper = threading.Thread(target=worker.stop, args=(FINISH_SECONDS,), name="stopper", daemon=True)
    stopper.start()
    while stopper.is_alive():
        stopper.join(0.2)
        if hurry.is_set():
            worker.stop()
            return


@contextmanager
def _health(worker: Worker, host: str, port: int) -> Iterator[str]:
    """Tell on an address whether the worker works; gives the words that name the address."""
    with bind(resolve(host)[0], port) as listener:
        server = uvicorn.Server(
            uvicorn.Config(health_app(worker), log_config=None, access_log=False, server_header=False, lifespan="off")
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="health", daemon=True)
        listener.listen()
        thread.start()
        try:
            yield f", gezondheid op http://{host}:{listener.getsockname()[1]}/gezondheid/klaar"
        finally:
            server.should_exit = True
            thread.join(5)


def health_app(worker: Worker) -> Starlette:
    """The two addresses that the machinery around the worker asks; they tell nothing that is secret."""

    async def is_alive(_: Request) -> Response:
        return JSONResponse({"status": "leeft"}, 200 if worker.is_alive() else 500, _HEADERS)

    async def is_ready(_: Request) -> Response:
        return JSONResponse({"status": "klaar"}, headers=_HEADERS) if worker.is_ready() else _NOT_READY.response()

    return Starlette(routes=[Route("/gezondheid/leeft", is_alive), Route("/gezondheid/klaar", is_ready)])
