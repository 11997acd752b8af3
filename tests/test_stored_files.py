"""Documents and uploads in the database: the same on every machine, by content, and of one organisation."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from assistant.errors import DocumentError
from assistant.postgres.database import PostgresDatabase
from assistant.postgres.migrating import add_organisation
from assistant.postgres.stored_files import StoredFiles, put_file, remove_unused
from assistant.postgres.uploaded_files import DatabaseUploads
from assistant.types import Block, Page, Source

CONTENT = os.urandom(2_500_000)  # three parts
SOURCE = Source("Kop\nTekst.", (Block("heading", 0, 3, 1), Block("paragraph", 4, 10)), (Page(None, 0, 10),))


@pytest.fixture
def database(postgres_url: str) -> Iterator[PostgresDatabase]:
    with PostgresDatabase(postgres_url, "standaard") as database:
        yield database


@pytest.fixture
def other(postgres_url: str, database: PostgresDatabase) -> Iterator[PostgresDatabase]:
    add_organisation(database, "oostveen")
    with PostgresDatabase(postgres_url, "oostveen") as theirs:
        yield theirs


def put(database: PostgresDatabase, content: bytes) -> str:
    with database.writing() as connection:
        return put_file(connection, io.BytesIO(content)).sha256


def uploads(database: PostgresDatabase, folder: Path) -> DatabaseUploads:
    return DatabaseUploads(database, StoredFiles(database, folder))


def test_a_stored_file_comes_back_to_the_byte_on_any_machine(database: PostgresDatabase, tmp_path: Path) -> None:
    digest = put(database, CONTENT)

    copies = [StoredFiles(database, tmp_path / machine).copy(digest, "nota.pdf") for machine in ("a", "b")]

    assert [copy.read_bytes() == CONTENT for copy in copies] == [True, True]
    assert [copy.name for copy in copies] == ["nota.pdf", "nota.pdf"]
    assert copies[0] != copies[1]
    assert copies[0].stat().st_mtime_ns == copies[1].stat().st_mtime_ns  # so that a browser gets the same ETag


def test_the_same_content_is_kept_once(database: PostgresDatabase) -> None:
    digests = {put(database, CONTENT), put(database, CONTENT)}

    with database.reading() as connection:
        parts = connection.execute("SELECT count(*) FROM file_parts").fetchone()
    assert len(digests) == 1
    assert parts == (3,)


def test_a_copy_that_was_changed_by_hand_is_fetched_again(database: PostgresDatabase, tmp_path: Path) -> None:
    files = StoredFiles(database, tmp_path)
    digest = put(database, CONTENT)
    files.copy(digest, "nota.pdf").write_bytes(b"anders")

    assert files.copy(digest, "nota.pdf").read_bytes() == CONTENT


def test_damaged_bytes_are_refused_and_leave_nothing(database: PostgresDatabase, tmp_path: Path) -> None:
    digest = put(database, CONTENT)
    with database.writing() as connection:
        connection.execute("UPDATE file_parts SET content = set_byte(content, 7, 0) WHERE part = 1")
        connection.execute("UPDATE file_parts SET content = set_byte(content, 8, 0) WHERE part = 1")
        connection.execute("UPDATE file_parts SET content = set_byte(content, 9, 0) WHERE part = 1")

    with pytest.raises(DocumentError, match="Een document in de database is beschadigd"):
        StoredFiles(database, tmp_path).copy(digest, "nota.pdf")

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_file_that_nothing_refers_to_goes_after_a_day(database: PostgresDatabase, tmp_path: Path) -> None:
    sent = uploads(database, tmp_path)
    kept, loose = sent.save("nota.md", io.BytesIO(b"nota")), put(database, b"los")
    with database.writing() as connection:
        fresh = remove_unused(connection)
        connection.execute("UPDATE files SET stored = now() - interval '2 days'")
        removed = remove_unused(connection)

    assert (fresh, removed) == (0, 1)
    assert sent.file(kept).read_bytes() == b"nota"
    with pytest.raises(DocumentError, match="niet meer in de database"):
        StoredFiles(database, tmp_path).copy(loose, "los.md")


def test_an_upload_is_read_on_another_machine_and_claimed_once(database: PostgresDatabase, tmp_path: Path) -> None:
    here, there = uploads(database, tmp_path / "hier"), uploads(database, tmp_path / "daar")
    place = here.save("nota.pdf", io.BytesIO(CONTENT))
    assert there.read_before(place) is None
    there.keep_read(place, SOURCE)

    assert there.file(place).read_bytes() == CONTENT
    assert there.file(place).name == "nota.pdf"
    assert here.read_before(place) == SOURCE
    assert [here.is_claimed(place), here.claim(place), there.claim(place), there.is_claimed(place)] == [
        False, True, False, True,
    ]  # fmt: skip

    here.discard(place)

    assert (there.read_before(place), there.is_claimed(place), there.claim(place)) == (None, True, False)
    with pytest.raises(DocumentError, match="Dit bestand is er niet meer"):
        there.file(place)


def test_an_upload_that_waits_too_long_is_thrown_away(database: PostgresDatabase, tmp_path: Path) -> None:
    sent = uploads(database, tmp_path)
    old, new = (sent.save("nota.md", io.BytesIO(content)) for content in (b"oud", b"nieuw"))
    with database.writing() as connection:
        connection.execute("UPDATE uploads SET sent = now() - interval '8 days' WHERE id = %s", (old.split("/")[0],))

    sent.remove_old(7 * 24 * 3600)

    assert [sent.is_claimed(place) for place in (old, new)] == [True, False]


def test_another_organisation_sees_no_files_and_no_uploads(
    database: PostgresDatabase, other: PostgresDatabase, tmp_path: Path
) -> None:
    place = uploads(database, tmp_path / "a").save("nota.md", io.BytesIO(CONTENT))
    digest = put(database, CONTENT)

    theirs = uploads(other, tmp_path / "b")
    with pytest.raises(DocumentError, match="Dit bestand is er niet meer"):
        theirs.file(place)
    with pytest.raises(DocumentError, match="niet meer in de database"):
        StoredFiles(other, tmp_path / "b").copy(digest, "nota.md")
    assert theirs.claim(place) is False
    theirs.discard(place)
    theirs.keep_read(place, SOURCE)
    with other.writing() as connection:
        assert connection.execute("DELETE FROM files").rowcount == 0
        assert connection.execute("SELECT count(*) FROM file_parts").fetchone() == (0,)
    assert uploads(database, tmp_path / "a").file(place).read_bytes() == CONTENT


def test_a_row_cannot_be_put_in_another_organisation(other: PostgresDatabase) -> None:
    with pytest.raises(Exception, match=r"row-level security|te weinig rechten"), other.writing() as connection:
        connection.execute("INSERT INTO files (organisation, sha256, size) VALUES ('standaard', %s, 1)", ("0" * 64,))


def test_a_file_of_another_organisation_cannot_be_referred_to(
    database: PostgresDatabase, other: PostgresDatabase
) -> None:
    digest = put(database, CONTENT)

    with pytest.raises(psycopg.errors.ForeignKeyViolation), other.writing() as connection:
        connection.execute("INSERT INTO uploads (id, name, sha256) VALUES ('x', 'x.md', %s)", (digest,))
