"""The HTTP door on a real socket: uvicorn in a thread, and clients that ask it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
import uvicorn
from starlette.types import ASGIApp


@dataclass(frozen=True)
class Served:
    """A server that runs."""

    url: str  # http://127.0.0.1:12345

    def client(self, key: str | None = None, **options: object) -> httpx.Client:
        """A client with the server's address, and with an API key if one is given."""
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return httpx.Client(base_url=self.url, headers=headers, timeout=60, **options)  # type: ignore[arg-type]


@contextmanager
def serve(app: ASGIApp) -> Iterator[Served]:
    """Run an application on a free port of this machine until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, lifespan="on", log_config=None, timeout_graceful_shutdown=5))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="server")
        thread.start()
        try:
            while not server.started and thread.is_alive():
                thread.join(0.01)
            assert server.started, "the server did not start"
            yield Served(f"http://127.0.0.1:{listener.getsockname()[1]}")
        finally:
            server.should_exit = True
            thread.join(20)
