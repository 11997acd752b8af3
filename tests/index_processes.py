"""Index work in processes of its own, to be killed, limited or run as another user; functions here run in the child.

The children fork from a server that has the heavy libraries loaded already, so that fifty of them start quickly.
"""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path

from fake_embedder import FakeEmbedder
from index_corpus import stages, write_corpus

from assistant.errors import AssistantError
from assistant.ingest import build
from assistant.lexical_index import LexicalIndex

NOBODY = 65_534


def context() -> ForkServerContext:
    forkserver = get_context("forkserver")
    forkserver.set_forkserver_preload(["__main__", "faiss", "tantivy", "numpy.random", "assistant.ingest"])
    return forkserver


def is_root() -> bool:
    return os.geteuid() == 0


def start_build(folder: Path, texts: dict[str, str]) -> ForkServerProcess:
    """Start a build in a child and return as soon as it has begun."""
    mine, its = context().Pipe()
    child = context().Process(target=_announced_build, args=(its, folder, texts))
    child.start()
    its.close()
    mine.recv()
    mine.close()
    return child


def in_child(limit: Callable[[], None], work: Callable[..., object], *arguments: object) -> object:
    """What `work(*arguments)` returns in a child under `limit`, or the message of the AssistantError it raises."""
    mine, its = context().Pipe()
    child = context().Process(target=_answer, args=(its, limit, work, arguments))
    child.start()
    its.close()
    answer: object = mine.recv()
    child.join()
    mine.close()
    return answer


def as_nobody() -> None:
    os.setgid(NOBODY)
    os.setuid(NOBODY)


def small_files_only() -> None:
    """Writing a file beyond 20 kB fails, as it would on a full disk."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))


def word_search_size(folder: Path) -> int:
    return LexicalIndex.open(folder).size


def build_corpus(folder: Path, texts: dict[str, str]) -> str | None:
    """Write the texts to folder/corpus and index them in folder/index."""
    return build(write_corpus(folder / "corpus", texts), folder / "index", FakeEmbedder(), stages()).snapshot


def _announced_build(pipe: Connection, folder: Path, texts: dict[str, str]) -> None:
    documents = write_corpus(folder / "corpus", texts)
    pipe.send("begun")
    build(documents, folder / "index", FakeEmbedder(), stages(), window=4)


def _answer(pipe: Connection, limit: Callable[[], None], work: Callable[..., object], arguments: tuple[object]) -> None:
    limit()
    try:
        pipe.send(work(*arguments))
    except AssistantError as error:
        pipe.send(str(error))
