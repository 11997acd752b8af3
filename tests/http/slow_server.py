"""The HTTP door with a model that takes its time, run as a process of its own to be stopped while it answers."""

from __future__ import annotations

import sys
import time
from typing import Any

from assistant import Assistant, load_settings, open_records
from assistant.embeddings import Embedder, ModelDescription, Vector, open_embedder
from assistant.snapshot_follower import SnapshotFollower
from integrations.http import create_app
from integrations.http.serving import Server, bind, server_config

SECONDS = 1.5


class SlowEmbedder:
    """The real model, some time later."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    @property
    def description(self) -> ModelDescription:
        return self._embedder.description

    def embed_query(self, text: str) -> Vector:
        time.sleep(SECONDS)
        return self._embedder.embed_query(text)

    def embed_passages(self, *arguments: Any) -> Any:
        return self._embedder.embed_passages(*arguments)


def main() -> None:
    """Serves until it is told to stop."""
    settings = load_settings()
    embedder = SlowEmbedder(open_embedder("bundled", settings.cache))
    assistant = Assistant(SnapshotFollower(settings.index, embedder.description), embedder)
    with open_records(settings) as records, bind("127.0.0.1", 0) as listener:
        app = create_app(assistant, settings, records, is_open=True)
        print(f"http://127.0.0.1:{listener.getsockname()[1]}", file=sys.stderr, flush=True)
        Server(server_config(app, settings)).run(sockets=[listener])


if __name__ == "__main__":
    main()
