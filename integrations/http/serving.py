"""`beleidswijzer serve`: checks, loads, binds and runs the HTTP door until it is told to stop."""

from __future__ import annotations

import ipaddress
import math
import os
import signal
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from assistant import AssistantError, Records, Settings, UsageError, open_assistant, open_records
from integrations.http.app import create_app
from integrations.http.connections import Patience, protocol_with
from integrations.http.metrics import Metrics, forget_process, share_figures
from integrations.http.problems import Problem
from integrations.http.processes import Processes, Ready, SharedListener, cores, share_heaps, suitable
from integrations.http.request_log import log_as_json

WORKER_SECONDS = 15  # for the background work to stop as well
STOP_SECONDS = 20  # for answers that are being given when the service is told to stop
BACKLOG = 512
_FIRST_SEARCH = "wijkteam"  # any word will do: the model loads its weights when it is first used

Announce = Callable[[str], None]


def serve(
    settings: Settings,
    host: str,
    port: int,
    *,
    is_open: bool,
    has_worker: bool = True,
    processes: int | None = None,
    announce: Announce,
) -> int:
    """Run until SIGTERM or Ctrl-C; answers that are being given are finished first. Returns the exit code.

    Args:
        is_open: ask for no key; only on an address that other computers cannot reach.
        has_worker: do background tasks too; without, a `worker` process must.
        processes: how many serve together; by default what the settings say, or what suits this machine.
        announce: is told in Dutch what happens and where the page is.

    Raises:
        UsageError: open to other computers, or nobody would have access.
        AssistantError: the index or the model is missing, or the address is not free.
    """
    addresses = resolve(host)
    if is_open and not all(map(_is_loopback, addresses)):
        raise UsageError(
            f"--open kan alleen op deze computer zelf, niet op {host!r}. "
            "Laat --host weg, of maak een sleutel met: beleidswijzer keys create NAAM"
        )
    count = processes or settings.http.processes or suitable()
    with bind(addresses[0], port) as listener:
        if not is_open:
            with open_records(settings) as records:
                check_access(settings, records)
        announce("Het model en de index worden geladen …")

        def ready() -> None:
            listener.listen(BACKLOG)  # who reads the next line can connect
            announce(f"Beleidswijzer staat klaar op {_address(listener)} — stoppen met Ctrl-C")
            log_as_json()

        door = _Door(settings, is_open, has_worker)
        if count == 1:
            door.run(listener, ready)
        else:
            door.run_in_processes(listener, ready, count)
    return 0


@dataclass(frozen=True)
class _Door:
    """What the processes of one service have in common."""

    settings: Settings
    is_open: bool
    has_worker: bool

    def run(self, listener: socket.socket, ready: Ready, metrics: Metrics | None = None) -> None:
        """Load, and serve in this process until it is told to stop; `ready` is called in between."""
        settings = self.settings
        share_heaps()
        with open_records(settings) as records:
            assistant = open_assistant(settings)
            assistant.search(_FIRST_SEARCH, limit=1)
            app = create_app(
                assistant, settings, records, is_open=self.is_open, has_worker=self.has_worker, metrics=metrics
            )
            ready()
            # Not waited for: without its chat model the service answers too. What is wrong is in the log.
            threading.Thread(target=assistant.check_chat_model, name="chat-model-check", daemon=True).start()
            Server(server_config(app, settings)).run(sockets=[listener])

    def run_in_processes(self, listener: socket.socket, ready: Ready, count: int) -> None:
        """Serve in `count` processes of their own, of which one does the background work."""
        http = self.settings.http
        # Together they use as much as one would: the cores, and the connections.
        shared = replace(
            self.settings,
            threads=self.settings.threads or max(1, cores() // count),
            http=http.model_copy(update={"max_connections": math.ceil(http.max_connections / count)}),
        )
        with tempfile.TemporaryDirectory(prefix="beleidswijzer-") as figures:

            def work(number: int, child_ready: Ready) -> None:
                log_as_json()
                share_figures(Path(figures), number)
                door = replace(self, settings=shared, has_worker=self.has_worker and number == 0)
                door.run(SharedListener(fileno=os.dup(listener.fileno())), child_ready, Metrics(Path(figures)))

            def ended(number: int) -> None:
                forget_process(Path(figures), number)

            Processes(count, work, ended, STOP_SECONDS + WORKER_SECONDS).run(ready)


def check_access(settings: Settings, records: Records) -> None:
    """Refuse to start a service that nobody could use; the alternative would be one without a lock."""
    if settings.http.oidc_issuer is None and all(key.revoked for key in records.keys.list()):
        raise UsageError(
            "Er is nog geen sleutel, dus niemand zou toegang hebben. Typ: beleidswijzer keys create NAAM "
            "(of gebruik --open, alleen op deze computer)."
        )


def server_config(app: ASGIApp, settings: Settings, patience: Patience | None = None) -> uvicorn.Config:
    """uvicorn with our limits, and with nothing that tells what it is."""
    http = settings.http
    patience = patience or Patience(waiting=http.max_connections)
    return uvicorn.Config(
        Gate(app, http.max_connections),
        loop="asyncio",
        http=protocol_with(patience),
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=bool(http.proxies),
        forwarded_allow_ips=list(http.proxies),
        server_header=False,
        timeout_keep_alive=patience.idle_seconds,
        timeout_graceful_shutdown=STOP_SECONDS,
        h11_max_incomplete_event_size=patience.head_bytes,
        backlog=BACKLOG,
    )


class Server(uvicorn.Server):
    """uvicorn's server, for which being told to stop is no failure."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        # uvicorn raises the signal again when it has stopped, so that the exit code would be that of a killed process.
        caught = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, self.handle_exit) for number in caught}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


class Gate:
    """ASGI wrapper that refuses a request before it costs anything: too many at once, or of two lengths."""

    # uvicorn's own limit counts connections too, so that silent ones could keep everybody out.
    def __init__(self, app: ASGIApp, most: int) -> None:
        self._app, self._most, self._present = app, most, 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 503 or 400."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if problem := self._problem(scope):
            await problem.response()(scope, receive, send)
            return
        self._present += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._present -= 1

    def _problem(self, scope: Scope) -> Problem | None:
        if self._present >= self._most:
            return _BUSY
        names = {name for name, _ in scope["headers"]}
        # A proxy in front could go by the other length and take the rest for a request of its own (smuggling).
        return _TWO_LENGTHS if {b"content-length", b"transfer-encoding"} <= names else None


_CLOSE = {"Connection": "close"}
_TWO_LENGTHS = Problem(
    400, "Geen geldig verzoek", "Stuur Content-Length of Transfer-Encoding, niet allebei.", (), _CLOSE
)
_BUSY = Problem(
    503, "Te druk", "Er zijn nu te veel vragen tegelijk. Probeer het zo opnieuw.", (), _CLOSE | {"Retry-After": "2"}
)


def resolve(host: str) -> list[str]:
    """The addresses that a host name stands for."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise UsageError(f"Het adres {host!r} bestaat niet. Geef bijvoorbeeld: --host 127.0.0.1") from error
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


@contextmanager
def bind(address: str, port: int) -> Iterator[socket.socket]:
    """A socket on the address, not yet listening: a port in use is told before seconds of loading."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((address, port))
        except OSError as error:
            raise AssistantError(
                f"Poort {port} op {address} is niet vrij of mag niet. Kies een andere, bijvoorbeeld: --port 8080"
            ) from error
        yield listener


def _is_loopback(address: str) -> bool:
    return ipaddress.ip_address(address.partition("%")[0]).is_loopback


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
