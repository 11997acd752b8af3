"""Organisations in one database: nothing of one can be seen, changed or used up by another, not in raw SQL either."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from postgres_fixtures import superuser
from postgres_server import PASSWORD, PostgresServer
from record_engines import TABLES
from record_processes import LEASE, NOW, settings_in

from assistant.postgres.database import PostgresDatabase
from assistant.postgres.migrating import add_organisation
from assistant.records import Records, open_records, purge_old

OURS, THEIRS = "standaard", "buren"
NOT_OF_ORGANISATIONS = {"alembic_version", "schema_versions"}


@pytest.fixture
def url(postgres_server: PostgresServer, postgres_url: str) -> Iterator[str]:
    """The database, as an account that is no superuser and owns nothing; with two organisations."""
    add_organisation(PostgresDatabase(postgres_url, OURS), THEIRS)
    superuser(postgres_server, f"CREATE ROLE proces LOGIN PASSWORD '{PASSWORD}' IN ROLE beleidswijzer_app")
    yield postgres_server.url(postgres_url.rpartition("/")[2], user="proces")
    superuser(postgres_server, "DROP ROLE proces")


@pytest.fixture
def ours(url: str, tmp_path: Path) -> Iterator[Records]:
    with open_records(settings_in(tmp_path, url, OURS), lambda: NOW) as records:
        yield records


@pytest.fixture
def theirs(url: str, tmp_path: Path) -> Iterator[Records]:
    with open_records(settings_in(tmp_path, url, THEIRS), lambda: NOW) as records:
        yield records


@pytest.fixture
def filled(ours: Records, theirs: Records) -> tuple[Records, Records]:
    """Both organisations with a row in every table."""
    for records in (ours, theirs):
        records.keys.create("naam", "beheerder")
        records.limits.take("iemand", 1, NOW)
        records.feedback.add("antwoord", "fout", "opmerking", "vraag")
        records.tasks.create("soort", "iemand")
        records.switch.close("http", "Gesloten.")
        records.seen.first("gebeurtenis", 60)
        records.errands.take("slack/1", "slack", {}, 0)
        records.trail.add("iemand", "deed", "iets", "gelukt")
    return ours, theirs


def test_a_key_opens_only_its_own_organisation(ours: Records, theirs: Records) -> None:
    secret, key = theirs.keys.create("naam", "beheerder")

    assert ours.keys.find(secret) is None
    assert ours.keys.list() == ()
    assert ours.keys.revoke(key.id) is False
    assert theirs.keys.find(secret) is not None


def test_who_asks_too_much_holds_up_only_their_own_organisation(ours: Records, theirs: Records) -> None:
    waits = [theirs.limits.take("iemand", 2, NOW) for _ in range(3)]

    assert waits == [0, 0, 30]
    assert [ours.limits.take("iemand", 2, NOW) for _ in range(3)] == [0, 0, 30]


def test_a_task_is_done_and_seen_only_by_its_own_organisation(ours: Records, theirs: Records) -> None:
    task = theirs.tasks.create("soort", "iemand", {"bestand": "a.md"})

    assert ours.tasks.take(LEASE) is None
    assert ours.tasks.get(task.id) is None
    assert ours.tasks.update(task.id, "klaar", 100) is False
    assert ours.tasks.list() == ()
    assert theirs.tasks.take(LEASE) is not None


def test_errands_and_what_was_seen_do_not_meet(ours: Records, theirs: Records) -> None:
    assert [each.seen.first("sleutel", 60) for each in (theirs, ours, ours)] == [True, True, False]
    assert [each.errands.take("slack/1", "slack", {"van": "hen"}, 0) for each in (theirs, ours)] == [True, True]
    ours.errands.finish("slack/1")

    assert ours.errands.abandoned("slack/", LEASE, 10) == ()
    assert ours.errands.has_earlier("slack", "slack/2") is False
    assert [each.key for each in theirs.errands.abandoned("slack/", LEASE, 10)] == ["slack/1"]


def test_a_closed_door_closes_only_their_own(ours: Records, theirs: Records) -> None:
    theirs.switch.close("http", "Gesloten.")
    ours.switch.reopen("http")

    assert (ours.switch.state("http"), theirs.switch.state("http")) == (None, "Gesloten.")


def test_a_purge_of_one_organisation_leaves_the_feedback_of_another(
    filled: tuple[Records, Records], url: str, tmp_path: Path
) -> None:
    ours, theirs = filled
    settings = settings_in(tmp_path, url)
    short = replace(settings, privacy=settings.privacy.model_copy(update={"retention_days": 1}))

    assert purge_old(ours, short, datetime.fromtimestamp(NOW + 3 * 24 * 3600, UTC)) == 1

    assert [each.question for each in ours.feedback.list()] == [None]
    assert [each.question for each in theirs.feedback.list()] == ["vraag"]
    assert len(ours.trail.list()) == len(theirs.trail.list()) == 1


@pytest.mark.parametrize("table", TABLES)
def test_raw_sql_sees_and_changes_only_rows_of_its_own(
    filled: tuple[Records, Records], postgres_server: PostgresServer, url: str, table: str
) -> None:
    name = url.rpartition("/")[2]
    of_all = f"SELECT organisation, t::text FROM beleidswijzer.{table} AS t ORDER BY 1, 2"
    before = superuser(postgres_server, of_all, name)
    assert {row[0] for row in before} == {OURS, THEIRS}

    with PostgresDatabase(url, OURS) as database:
        with database.reading() as connection:
            seen = connection.execute(f"SELECT DISTINCT organisation FROM {table}".encode()).fetchall()
            asked = f"SELECT count(*) FROM {table} WHERE organisation = '{THEIRS}' OR true IS NOT NULL".encode()
            counted = connection.execute(asked).fetchone()
        assert (seen, counted) == ([(OURS,)], (1,))
        for statement in (
            f"UPDATE {table} SET organisation = organisation WHERE organisation = '{THEIRS}'",
            f"DELETE FROM {table} WHERE organisation = '{THEIRS}'",
        ):
            assert _changed(database, statement) in (0, "42501")
        for statement in (
            f"UPDATE {table} SET organisation = '{THEIRS}'",
            f"TRUNCATE {table}",
            f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
            f"DROP POLICY own_organisation ON {table}",
            f"SELECT protect_table('{table}')",
        ):
            assert _changed(database, statement) == "42501"

    assert superuser(postgres_server, of_all, name) == before


def test_nobody_adds_a_row_for_another_organisation(ours: Records, url: str) -> None:
    with PostgresDatabase(url, OURS) as database:
        insert = "INSERT INTO seen (organisation, key, until) VALUES"

        assert _changed(database, f"{insert} ('{THEIRS}', 'a', 1)") == "42501"
        assert _changed(database, "INSERT INTO organisations (organisation) VALUES ('nieuw')") == "42501"


def test_no_one_rewrites_the_trail(filled: tuple[Records, Records], url: str) -> None:
    with PostgresDatabase(url, OURS) as database:
        assert _changed(database, "UPDATE trail SET result = 'anders'") == "42501"
        assert _changed(database, "DELETE FROM trail") == "42501"


def _changed(database: PostgresDatabase, statement: str) -> int | str:
    """How many rows a statement changed, or the code of the refusal."""
    with database.writing() as connection:
        connection.execute("SAVEPOINT voor")
        try:
            return connection.execute(statement.encode()).rowcount
        except psycopg.Error as error:
            connection.execute("ROLLBACK TO voor")
            return str(error.sqlstate)


def test_outside_our_transactions_there_is_nothing_to_see(filled: tuple[Records, Records], url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for table in (*TABLES, "organisations"):
            assert connection.execute(f"SELECT * FROM beleidswijzer.{table}".encode()).fetchall() == []
        with pytest.raises(psycopg.errors.UndefinedObject):  # no organisation is chosen
            connection.execute("INSERT INTO beleidswijzer.seen (key, until) VALUES ('a', 1)")


def test_every_table_that_organisations_share_keeps_their_rows_apart(
    postgres_server: PostgresServer, postgres_url: str
) -> None:
    rows = superuser(postgres_server, _PROTECTION, postgres_url.rpartition("/")[2])
    shared = {row[0]: row[2:] for row in rows if not row[1] and row[0] not in NOT_OF_ORGANISATIONS}
    partitions = {row[0]: row[-1] for row in rows if row[1]}

    assert {*TABLES, "organisations"} <= set(shared)
    # The owner of the tables lists all organisations; a process never acts as the owner.
    assert shared.pop("organisations") == (True, False, 1, "organisation", False, False, True)
    assert shared == dict.fromkeys(shared, (True, True, 1, "organisation", False, False, True))
    # A partition is reached through its table, which has the policy, and in no other way.
    assert partitions == dict.fromkeys(partitions, False)


_PROTECTION = """
SELECT relname, relispartition, relrowsecurity, relforcerowsecurity,
       (SELECT count(*) FROM pg_policy WHERE polrelid = c.oid),
       (SELECT attname FROM pg_attribute AS a JOIN pg_index AS i ON i.indrelid = c.oid AND i.indisprimary
        WHERE a.attrelid = c.oid AND a.attnum = i.indkey[0]),
       has_table_privilege('public', c.oid, 'SELECT'),
       has_table_privilege('beleidswijzer_app', c.oid, 'TRUNCATE'),
       has_table_privilege('beleidswijzer_app', c.oid, 'SELECT')
FROM pg_class AS c WHERE relnamespace = 'beleidswijzer'::regnamespace AND relkind IN ('r', 'p')
"""
