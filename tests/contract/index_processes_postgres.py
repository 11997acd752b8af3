"""Builds in processes of their own on PostgreSQL, to be killed; functions here run in the child."""

from __future__ import annotations

from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from fake_embedder import FakeEmbedder
from index_corpus import stages, write_corpus
from index_processes import context

from assistant.ingest import build
from assistant.postgres.database import PostgresDatabase
from assistant.postgres.index import PostgresIndex


def start_build(url: str, organisation: str, folder: Path, texts: dict[str, str]) -> ForkServerProcess:
    """Start a build in a child and return as soon as it has begun."""
    mine, its = context().Pipe()
    child = context().Process(target=_announced_build, args=(its, url, organisation, folder, texts))
    child.start()
    its.close()
    mine.recv()
    mine.close()
    return child


def _announced_build(pipe: Connection, url: str, organisation: str, folder: Path, texts: dict[str, str]) -> None:
    documents = write_corpus(folder / "corpus", texts)
    index = PostgresIndex(PostgresDatabase(url, organisation), folder / "scratch")
    pipe.send("begun")
    build(documents, index, FakeEmbedder(), stages(), window=4)
