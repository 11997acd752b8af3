"""What the index in PostgreSQL has to withstand: killed builders, a server that stops, damage, other organisations."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from engines import build_texts, postgres_index
from fake_embedder import FakeEmbedder
from index_corpus import TEXTS, stages, write_corpus
from index_processes_postgres import start_build
from postgres_fixtures import ORGANISATION, postgres_server, postgres_template, postgres_url
from postgres_server import PostgresServer

from assistant.embeddings import PassageText, PassageVectors
from assistant.engine import WeightedTerm
from assistant.errors import DatabaseError, IndexDamagedError, IndexMissingError, IndexStaleError
from assistant.ingest import build
from assistant.postgres.database import PostgresDatabase
from assistant.postgres.index import PostgresIndex
from assistant.postgres.index_pruning import prune
from assistant.postgres.migrating import add_organisation

if TYPE_CHECKING:
    from assistant.postgres.database import Connection

__all__ = ["postgres_index", "postgres_server", "postgres_template", "postgres_url"]

KILLS = 15
TABLES = {
    "index_chunks": 7,
    "index_documents": 3,
    "index_postings": 20,
    "index_segments": 1,
    "index_snapshots": 1,
    "index_state": 1,
    "index_synonyms": 20,
    "index_texts": 3,
    "index_vectors": 7,
}


def answer(index: PostgresIndex) -> tuple[Any, ...]:
    """What a question gets from every part of the index, after all of it was checked."""
    index.verify()
    snapshot = index.open(FakeEmbedder().description)
    ids, scores = snapshot.vectors.search(FakeEmbedder().embed_query("wie voert de regie"), 5)
    words = snapshot.lexical.search([WeightedTerm("exact", "gemeenten"), WeightedTerm("title", "ronde")], 5)
    return snapshot.id, ids.tolist(), scores.tolist(), words, snapshot.store.chunks(ids)


def texts_of(number: int) -> dict[str, str]:
    """A corpus that differs each round: one document changes, one comes and one goes."""
    return {**TEXTS, "ronde": f"Dit is ronde {number}.\nGemeenten tellen mee.", f"d{number}": f"Nieuw in {number}."}


def superuser(url: str, statement: str) -> list[tuple[Any, ...]]:
    """Run SQL for which row-level security does not hold."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET search_path = beleidswijzer, public")
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def test_a_build_killed_at_any_moment_leaves_the_index_whole(
    postgres_index: PostgresIndex, postgres_url: str, tmp_path: Path
) -> None:
    delays, finished = random.Random(20), 0
    build_texts(postgres_index, tmp_path / "corpus", texts_of(0))
    seconds = build_seconds(postgres_index, postgres_url, tmp_path)
    before = answer(postgres_index)

    for number in range(1, KILLS + 1):
        child = start_build(postgres_url, ORGANISATION, tmp_path, texts_of(number))
        time.sleep(delays.uniform(0, 1.5 * seconds))
        child.kill()
        child.join()
        after = answer(postgres_index)
        has_it = f"d{number}" in {document.id for document in postgres_index.open().store.documents()}
        assert has_it == (after[0] != before[0])
        assert has_it or after == before
        finished += has_it
        before = after

    assert 0 < finished < KILLS
    assert build_texts(postgres_index, tmp_path / "corpus", texts_of(99)).switched


def build_seconds(index: PostgresIndex, url: str, folder: Path) -> float:
    """How long it takes here and now from the beginning of a build to the switch."""
    serving = index.status().id
    child = start_build(url, ORGANISATION, folder, texts_of(1_000))
    begin = time.perf_counter()
    while index.status().id == serving:
        time.sleep(0.002)
    seconds = time.perf_counter() - begin
    child.join()
    return seconds


def test_of_builders_at_once_each_wins_or_is_told_to_wait(
    postgres_index: PostgresIndex, postgres_url: str, tmp_path: Path
) -> None:
    build_texts(postgres_index, tmp_path / "corpus", TEXTS)
    children: list[ForkServerProcess] = []
    for number in range(4):
        folder = tmp_path / str(number)
        folder.mkdir()
        children.append(start_build(postgres_url, ORGANISATION, folder, {**TEXTS, "ronde": f"Ronde {number}."}))

    for child in children:
        child.join()

    codes = sorted(child.exitcode or 0 for child in children)  # 1: IndexBusyError
    assert codes[0] == 0
    assert set(codes) <= {0, 1}
    assert postgres_index.verify().documents == 4


def test_the_database_stopping_in_a_build_leaves_the_index_whole(
    postgres_server: PostgresServer, postgres_index: PostgresIndex, tmp_path: Path
) -> None:
    build_texts(postgres_index, tmp_path / "corpus", TEXTS)
    before = answer(postgres_index)

    class Stopping(FakeEmbedder):
        def embed_passages(self, passages: Sequence[PassageText], progress: Any = None) -> list[PassageVectors]:
            postgres_server.stop("immediate")
            postgres_server.resume()
            return super().embed_passages(passages, progress)

    with pytest.raises(DatabaseError, match="verbinding met de database viel weg"):
        build(write_corpus(tmp_path / "corpus", texts_of(1)), postgres_index, Stopping(), stages())

    assert answer(postgres_index) == before
    assert build_texts(postgres_index, tmp_path / "corpus", texts_of(1)).switched


def test_what_is_written_beside_a_snapshot_is_there_with_it_or_not_at_all(
    postgres_index: PostgresIndex, tmp_path: Path
) -> None:
    def note(connection: Connection) -> None:
        connection.execute("INSERT INTO index_synonyms (name, names) VALUES ('zomaar', 'zomaar | iets')")

    def fail(connection: Connection) -> None:
        note(connection)
        raise ZeroDivisionError

    database = postgres_index.database
    with pytest.raises(ZeroDivisionError):
        build_texts(PostgresIndex(database, tmp_path / "scratch", fail), tmp_path / "corpus", TEXTS)
    with pytest.raises(IndexMissingError):
        postgres_index.open()
    assert _noted(database) == 0

    build_texts(PostgresIndex(database, tmp_path / "scratch", note), tmp_path / "corpus", TEXTS)

    assert (postgres_index.verify().documents, _noted(database)) == (3, 1)


def _noted(database: PostgresDatabase) -> int:
    with database.reading() as connection:
        rows = connection.execute("SELECT FROM index_synonyms WHERE name = 'zomaar'").fetchall()
    return len(rows)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE index_chunks SET body = replace(body, 'Gemeenten', 'Provincies')",
        "UPDATE index_chunks SET sentence_vectors = set_byte(sentence_vectors, 9, 77) WHERE chunk = 3",
        "DELETE FROM index_chunks WHERE chunk = 2",
        "DELETE FROM index_vectors WHERE chunk = 7",
        "UPDATE index_vectors SET exact = set_byte(exact, 20, get_byte(exact, 20) # 1) WHERE chunk = 1",
        "UPDATE index_texts SET source = source || '\\x00' WHERE number = 1",
        "UPDATE index_documents SET metadata = 'anders' WHERE id = 'jeugd'",
        "DELETE FROM index_documents WHERE id = 'jeugd'",
        "DELETE FROM index_postings WHERE token = 'exact:gemeenten'",
        "UPDATE index_postings SET counts = '\\x0900' WHERE token = 'exact:looptijd'",
        "UPDATE index_postings SET places = '\\xff00' WHERE token = 'exact:looptijd'",
        "DELETE FROM index_segments",
        "UPDATE index_snapshots SET chunks = 8",
        "UPDATE index_snapshots SET recipe = '{}'",
    ],
)
def test_damage_is_found(postgres_index: PostgresIndex, postgres_url: str, tmp_path: Path, damage: str) -> None:
    build_texts(postgres_index, tmp_path / "corpus", TEXTS)
    superuser(postgres_url, damage)

    with pytest.raises(IndexDamagedError, match="index rollback of beleidswijzer index build --opnieuw"):
        postgres_index.verify()

    assert build_texts(postgres_index, tmp_path / "corpus", TEXTS, fresh=True).added == tuple(TEXTS)
    assert postgres_index.verify().documents == 3


def test_rows_of_another_version_are_refused(postgres_index: PostgresIndex, postgres_url: str, tmp_path: Path) -> None:
    build_texts(postgres_index, tmp_path / "corpus", TEXTS)
    superuser(postgres_url, "UPDATE index_snapshots SET format = 99")

    with pytest.raises(IndexStaleError, match="andere versie van Beleidswijzer"):
        postgres_index.open()
    assert build_texts(postgres_index, tmp_path / "corpus", TEXTS).added == tuple(TEXTS)


def test_what_nobody_can_be_reading_is_removed(
    postgres_index: PostgresIndex, postgres_url: str, tmp_path: Path
) -> None:
    build_texts(postgres_index, tmp_path / "corpus", TEXTS)
    reader = postgres_index.open()
    for number in range(3):
        build_texts(postgres_index, tmp_path / "corpus", {"ronde": f"Ronde {number}.\nGemeenten.", **TEXTS})
    before = answer(postgres_index)

    with postgres_index.database.writing() as connection:
        prune(connection, reading_seconds=60.0)
    assert len(reader.store.chunks_of("jeugd")) == 3
    with postgres_index.database.writing() as connection:
        prune(connection, reading_seconds=0.0)

    rows = {table: superuser(postgres_url, f"SELECT count(*) FROM {table}")[0][0] for table in TABLES}
    assert (rows["index_snapshots"], rows["index_documents"], rows["index_texts"]) == (2, 5, 5)
    assert (rows["index_chunks"], rows["index_vectors"]) == (11, 11)
    assert answer(postgres_index) == before
    assert postgres_index.rollback().documents == 4
    orphans = "SELECT count(*) FROM index_postings WHERE segment NOT IN (SELECT number FROM index_segments)"
    assert superuser(postgres_url, orphans) == [(0,)]


@pytest.fixture
def neighbours(postgres_index: PostgresIndex, postgres_url: str, tmp_path: Path) -> Iterator[PostgresIndex]:
    """The index of another organisation in the same database; both have something in them."""
    add_organisation(postgres_index.database, "buren")
    with ExitStack() as stack:
        database = stack.enter_context(PostgresDatabase(postgres_url, "buren"))
        theirs = PostgresIndex(database, tmp_path / "buren")
        build_texts(postgres_index, tmp_path / "corpus", TEXTS)
        build_texts(theirs, tmp_path / "hun-corpus", {"geheim": "Het geheim van de buren.\nGemeenten weten het niet."})
        yield theirs


def test_organisations_do_not_find_each_other(postgres_index: PostgresIndex, neighbours: PostgresIndex) -> None:
    mine, theirs = postgres_index.open(), neighbours.open()
    query = FakeEmbedder().embed_query("Het geheim van de buren.")

    assert [document.id for document in theirs.store.documents()] == ["geheim"]
    assert (mine.lexical.size, theirs.lexical.size) == (7, 2)
    assert len(mine.vectors.search(query, 100)[0]) == 7
    assert len(theirs.vectors.search(query, 100)[0]) == 2
    assert mine.lexical.document_frequency("exact", "gemeenten") == 2
    assert mine.lexical.search([WeightedTerm("exact", "geheim")], 5) == []
    # The ids of chunks are each organisation's own, so that the same number is another chunk.
    assert mine.store.chunks([1])[0].document_id == "perspectief"
    assert theirs.store.chunks([1])[0].document_id == "geheim"


@pytest.mark.parametrize("table", sorted(TABLES))
def test_sql_of_a_process_reaches_its_own_organisation_only(
    postgres_index: PostgresIndex, neighbours: PostgresIndex, postgres_url: str, table: str
) -> None:
    # Their own columns would do, were it not for the rows' security: nothing here names an organisation in its favour.
    with postgres_index.database.writing() as connection:
        seen = connection.execute(f"SELECT organisation FROM {table} WHERE organisation = 'buren' OR true".encode())
        assert {row[0] for row in seen} <= {ORGANISATION}
        connection.execute(f"UPDATE {table} SET organisation = organisation".encode())
        connection.execute(f"DELETE FROM {table} WHERE organisation = 'buren'".encode())
    with pytest.raises(DatabaseError, match="te weinig rechten"), postgres_index.database.writing() as connection:
        connection.execute(f"UPDATE {table} SET organisation = 'buren'".encode())
    others = ", ".join(_columns(postgres_url, table))
    with pytest.raises(DatabaseError, match="te weinig rechten"), postgres_index.database.writing() as connection:
        connection.execute(
            f"INSERT INTO {table} (organisation, {others}) SELECT 'buren', {others} FROM {table}".encode()
        )

    assert neighbours.verify().documents == 1
    assert postgres_index.verify().documents == 3
    for organisation, least in ((ORGANISATION, TABLES[table]), ("buren", 1)):
        counted = f"SELECT count(*) FROM {table} WHERE organisation = '{organisation}'"
        assert superuser(postgres_url, counted)[0][0] >= least


def _columns(url: str, table: str) -> list[str]:
    rows = superuser(url, f"SELECT attname FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attnum > 1")
    return [row[0] for row in rows]


def test_a_process_cannot_reach_around_the_table_of_another_organisation(
    postgres_index: PostgresIndex, neighbours: PostgresIndex
) -> None:
    for statement in (
        b"SELECT * FROM index_vectors_buren",
        b"DROP INDEX index_chunks_words",
        b"SELECT prepare_organisation('kraker')",
        b"ALTER TABLE index_chunks DISABLE ROW LEVEL SECURITY",
        b"SET row_security = off; SELECT * FROM index_chunks",
    ):
        with pytest.raises(DatabaseError), postgres_index.database.reading() as connection:
            connection.execute(statement)


def test_passages_can_be_found_with_sql(postgres_index: PostgresIndex, neighbours: PostgresIndex) -> None:
    with postgres_index.database.reading() as connection:
        stemmed = connection.execute("SELECT document, passage FROM find_passages('gemeente')").fetchall()
        synonym = connection.execute("SELECT document FROM find_passages('buurtteam')").fetchall()
        other = connection.execute("SELECT document FROM find_passages('geheim')").fetchall()

    assert {row[0] for row in stemmed} == {"perspectief", "jeugd"}
    assert "<b>Gemeenten</b> voeren de regie op de aanpak." in {row[1] for row in stemmed}
    assert synonym == [("leidraad",)]  # it says "wijkteams"
    assert other == []
