"""The two engines that an index can be in, as the contract tests meet them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Literal

import pytest
from fake_embedder import FakeEmbedder
from index_corpus import stages, write_corpus
from postgres_fixtures import ORGANISATION

from assistant.engine import Index
from assistant.file_index import FileIndex
from assistant.ingest import BuildReport, build
from assistant.postgres.database import PostgresDatabase
from assistant.postgres.index import PostgresIndex

Engine = Literal["files", "postgres"]
MakeIndex = Callable[..., Index]


@pytest.fixture(params=["files", "postgres"])
def make_index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MakeIndex]:
    """Makes the index of one engine, each call as another process would see it."""
    if request.param == "files":
        yield lambda: FileIndex(tmp_path / "index")
        return
    url: str = request.getfixturevalue("postgres_url")
    databases = [PostgresDatabase(url, ORGANISATION) for _ in range(8)]
    unused = iter(databases)
    yield lambda: PostgresIndex(next(unused), tmp_path / "scratch")
    for database in databases:
        database.close()


@pytest.fixture
def index(make_index: MakeIndex) -> Index:
    """The index of one engine, with nothing in it."""
    return make_index()


@pytest.fixture
def postgres_index(postgres_url: str, tmp_path: Path) -> Iterator[PostgresIndex]:
    """An index in PostgreSQL, with nothing in it."""
    with closing(PostgresDatabase(postgres_url, ORGANISATION)) as database:
        yield PostgresIndex(database, tmp_path / "scratch")


def build_texts(index: Index, folder: Path, texts: dict[str, str], fresh: bool = False) -> BuildReport:
    """Index a small corpus."""
    return build(write_corpus(folder, texts), index, FakeEmbedder(), stages(), fresh=fresh)
