"""A web server for tests, on the loopback address; it remembers what it was asked."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGE = "<!doctype html><html lang='nl'><title>Nota</title><h1>Nota wijkteams</h1><p>Er zijn zes wijkteams.</p></html>"


class WebServer:
    """What the server answers a path with, and the headers that it was sent."""

    def __init__(self) -> None:
        self.answers: dict[str, Callable[[BaseHTTPRequestHandler], None]] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.port = 0

    def url(self, path: str, host: str = "documenten.example") -> str:
        return f"http://{host}:{self.port}{path}"

    def document(self, path: str, body: str | bytes = PAGE, kind: str = "text/html", **headers: str) -> None:
        """Answer `path` with a document."""
        self.answers[path] = lambda handler: send(handler, 200, body, {"Content-Type": kind, **headers})

    def redirect(self, path: str, to: str, status: int = 302) -> None:
        self.answers[path] = lambda handler: send(handler, status, b"", {"Location": to})


def send(handler: BaseHTTPRequestHandler, status: int, body: str | bytes, headers: dict[str, str]) -> None:
    content = body.encode() if isinstance(body, str) else body
    handler.send_response(status)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    for name, value in {"Content-Length": str(len(content)), **named}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(content)


def unknown(handler: BaseHTTPRequestHandler) -> None:
    send(handler, 404, b"", {})


def drip(handler: BaseHTTPRequestHandler) -> None:
    """A document that never ends: a byte now and then."""
    handler.send_response(200)
    handler.send_header("Content-Type", "text/plain")
    handler.end_headers()
    for _ in range(600):
        handler.wfile.write(b"a")
        handler.wfile.flush()
        time.sleep(0.1)


@contextmanager
def running() -> Iterator[WebServer]:
    site = WebServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked.append((self.path, dict(self.headers)))
            try:
                site.answers.get(self.path, unknown)(self)
            except OSError:
                self.close_connection = True  # the client had enough of it

        def log_message(self, format: str, *args: object) -> None:
            """Keep the output of the tests clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    site.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
