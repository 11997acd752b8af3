"""A database that cannot be used: one clear sentence with the next step, nothing changed, and no secret told."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from postgres_fixtures import create_database, superuser
from postgres_server import PASSWORD, PostgresServer
from record_processes import settings_in

from assistant.errors import AssistantError, DatabaseError, SettingsError
from assistant.postgres import failures
from assistant.postgres.database import PostgresDatabase
from assistant.postgres.migrating import (
    MAY_NOT_INIT,
    NOT_OWNER,
    add_organisation,
    init_database,
    migrate_database,
    organisations,
    schema_state,
)
from assistant.postgres.schema import REVISIONS
from assistant.records import open_records

SECRETS = ("geheim", "wachtwoord/", "127.0.0.1", "localhost", "bestaat-niet.invalid", "indringer")


@pytest.fixture(scope="module")
def accounts(postgres_server: PostgresServer, postgres_template: str) -> Iterator[PostgresServer]:
    """The server with two more accounts: one that may do nothing, and one that may do what a process does."""
    superuser(postgres_server, f"CREATE ROLE niemand LOGIN PASSWORD '{PASSWORD}'")
    superuser(postgres_server, f"CREATE ROLE proces LOGIN PASSWORD '{PASSWORD}' IN ROLE beleidswijzer_app")
    yield postgres_server
    superuser(postgres_server, "DROP ROLE niemand")
    superuser(postgres_server, "DROP ROLE proces")


def name_of(url: str) -> str:
    return url.rpartition("/")[2]


def refusal(url: str, organisation: str = "standaard") -> str:
    """What a process reads that wants to use the database."""
    with pytest.raises(AssistantError) as caught, PostgresDatabase(url, organisation) as database:
        database.check()
    told = str(caught.value)
    assert not any(secret in told for secret in SECRETS)
    assert caught.value.__cause__ is None  # which a log would show
    return told


@pytest.mark.parametrize(
    "url",
    [
        "mysql://u:geheim@localhost/x",
        "host=localhost password=geheim",
        "",
        "postgresql://u:geheim@localhost/x?onzin=1",
        "postgresql://u:geheim%zz@localhost/x",
    ],
)
def test_an_address_of_the_wrong_form_is_refused(url: str) -> None:
    assert refusal(url) == failures.WRONG_URL


def test_what_cannot_be_connected_to_is_named(postgres_server: PostgresServer) -> None:
    right = postgres_server.url()
    port = f":{postgres_server.port}/"

    told = {
        "host": refusal(right.replace("127.0.0.1", "bestaat-niet.invalid")),
        "port": refusal(right.replace(port, ":1/")),
        "port that is none": refusal(right.replace(port, ":99999/")),
        "port in words": refusal(right.replace(port, ":poort/")),
        "user": refusal(postgres_server.url(user="indringer")),
        "password": refusal(postgres_server.url(password="geheim-maar-fout")),
        "database": refusal(postgres_server.url("bestaat_niet")),
        "socket": refusal("postgresql://postgres@/postgres?host=/bestaat/niet"),
        "tls": refusal(f"{right}?sslmode=require"),
    }

    assert told == {
        "host": failures.NO_HOST,
        "port": failures.UNREACHABLE,
        "port that is none": failures.NO_HOST,
        "port in words": failures.NO_HOST,
        "user": failures.ACCESS,
        "password": failures.ACCESS,
        "database": failures.NO_DATABASE,
        "socket": failures.UNREACHABLE,
        "tls": failures.NO_TLS,
    }


def test_a_wrong_name_of_an_organisation_is_refused(postgres_url: str) -> None:
    for name in ("", "Hoofd", "a b", "x'; DROP TABLE keys", "-a", "a" * 42, "é"):
        with pytest.raises(SettingsError, match="kleine letters, cijfers en streepjes"):
            PostgresDatabase(postgres_url, name)
        with pytest.raises(SettingsError, match="kleine letters, cijfers en streepjes"):
            add_organisation(PostgresDatabase(postgres_url, "standaard"), name)


def test_an_organisation_that_was_not_added_is_refused_until_it_is(postgres_url: str) -> None:
    assert refusal(postgres_url, "elders") == (
        "De database kent de organisatie 'elders' niet. Typ: beleidswijzer database organisation elders"
    )

    added = [add_organisation(PostgresDatabase(postgres_url, "standaard"), "elders") for _ in range(2)]

    assert added == [True, False]
    with PostgresDatabase(postgres_url, "elders") as database:
        database.check()


def test_an_empty_database_is_refused_and_stays_empty(postgres_server: PostgresServer, empty_url: str) -> None:
    before = postgres_server.dump(name_of(empty_url))

    assert refusal(empty_url).endswith("Typ: beleidswijzer database init")
    with pytest.raises(DatabaseError, match="Typ: beleidswijzer database init"):
        migrate_database(PostgresDatabase(empty_url, "standaard"))

    assert postgres_server.dump(name_of(empty_url)) == before


@pytest.mark.parametrize("until", REVISIONS[:-1])
def test_an_older_schema_is_refused_and_migrated(postgres_server: PostgresServer, empty_url: str, until: str) -> None:
    database = PostgresDatabase(empty_url, "standaard")
    init_database(database, until=until)
    superuser(
        postgres_server,
        "INSERT INTO beleidswijzer.organisations (organisation) VALUES ('standaard')",
        name_of(empty_url),
    )
    before = postgres_server.dump(name_of(empty_url))

    assert f"van een oudere versie ({until}; nodig is {REVISIONS[-1]})" in refusal(empty_url)
    assert refusal(empty_url).endswith("Maak een reservekopie en typ: beleidswijzer database migrate")
    assert postgres_server.dump(name_of(empty_url)) == before

    applied = migrate_database(database)
    assert applied == REVISIONS[REVISIONS.index(until) + 1 :]
    assert migrate_database(database) == ()
    with database:
        database.check()


def test_a_newer_schema_is_refused_by_every_command(postgres_server: PostgresServer, postgres_url: str) -> None:
    superuser(postgres_server, "UPDATE beleidswijzer.alembic_version SET version_num = '9999'", name_of(postgres_url))
    before = postgres_server.dump(name_of(postgres_url))
    database = PostgresDatabase(postgres_url, "standaard")

    assert "van een nieuwere versie van Beleidswijzer (9999)" in refusal(postgres_url)
    for change in (init_database, migrate_database):
        with pytest.raises(DatabaseError, match="Werk Beleidswijzer bij: pip install --upgrade"):
            change(database)
    with pytest.raises(DatabaseError, match="Werk Beleidswijzer bij"):
        add_organisation(database, "nieuw")

    assert postgres_server.dump(name_of(postgres_url)) == before


@pytest.mark.parametrize(
    ("damage", "missing"),
    [
        ("DROP TABLE beleidswijzer.feedback", "feedback"),
        ("DROP TABLE beleidswijzer.alembic_version", "alembic_version"),
        ("DELETE FROM beleidswijzer.schema_versions", "schema_versions"),
        ("DELETE FROM beleidswijzer.alembic_version", None),
        ("INSERT INTO beleidswijzer.alembic_version VALUES ('0001')", None),
    ],
)
def test_a_half_migrated_database_is_refused_by_every_command(
    postgres_server: PostgresServer, postgres_url: str, damage: str, missing: str | None
) -> None:
    superuser(postgres_server, damage, name_of(postgres_url))
    before = postgres_server.dump(name_of(postgres_url))
    database = PostgresDatabase(postgres_url, "standaard")

    told = refusal(postgres_url)
    assert told.startswith("De tabellen in de database zijn onvolledig")
    assert told.endswith("Typ voor de stand: beleidswijzer database status")
    assert (f"Wat ontbreekt: {missing}." in told) == (missing is not None)
    for change in (init_database, migrate_database):
        with pytest.raises(DatabaseError, match="Zet een reservekopie terug in een lege database"):
            change(database)

    assert postgres_server.dump(name_of(postgres_url)) == before


def test_a_table_that_disappears_meanwhile_gives_the_next_step(
    postgres_server: PostgresServer, postgres_url: str, tmp_path: Path
) -> None:
    with open_records(settings_in(tmp_path, postgres_url)) as records:
        superuser(postgres_server, "DROP TABLE beleidswijzer.feedback", name_of(postgres_url))

        with pytest.raises(DatabaseError, match="Typ: beleidswijzer database status"):
            records.feedback.list()


def test_a_database_without_the_extension_is_refused(postgres_server: PostgresServer, postgres_url: str) -> None:
    superuser(postgres_server, "DROP EXTENSION vector CASCADE", name_of(postgres_url))

    assert refusal(postgres_url).endswith("dit uitvoeren: CREATE EXTENSION vector")


def test_a_server_without_the_extension_is_refused_and_the_database_stays_empty() -> None:
    server = PostgresServer.start(without="vector")
    try:
        create_database(server, "leeg")
        before = server.dump("leeg")

        with pytest.raises(DatabaseError) as caught:
            init_database(PostgresDatabase(server.url("leeg"), "standaard"))

        assert str(caught.value) == failures.NO_EXTENSION
        assert server.dump("leeg") == before
    finally:
        server.remove()


def test_an_account_without_rights_is_told_which_it_needs(accounts: PostgresServer, postgres_url: str) -> None:
    before = accounts.dump(name_of(postgres_url))
    stranger = accounts.url(name_of(postgres_url), user="niemand")

    assert refusal(stranger) == failures.NO_RIGHTS
    for change in (init_database, migrate_database):
        with pytest.raises(DatabaseError) as caught:
            change(PostgresDatabase(stranger, "standaard"))
        assert str(caught.value) in (MAY_NOT_INIT, failures.NO_RIGHTS)

    assert accounts.dump(name_of(postgres_url)) == before


def test_an_account_without_rights_does_not_init_an_empty_database(accounts: PostgresServer, empty_url: str) -> None:
    before = accounts.dump(name_of(empty_url))

    with pytest.raises(DatabaseError) as caught:
        init_database(PostgresDatabase(accounts.url(name_of(empty_url), user="niemand"), "standaard"))

    assert str(caught.value) == MAY_NOT_INIT
    assert accounts.dump(name_of(empty_url)) == before


def test_the_account_of_a_process_uses_tables_but_makes_none(accounts: PostgresServer, postgres_url: str) -> None:
    with PostgresDatabase(accounts.url(name_of(postgres_url), user="proces"), "standaard") as process:
        process.check()
        assert schema_state(process).stage == "current"
        with pytest.raises(DatabaseError) as caught:
            add_organisation(process, "nog-een")
    assert str(caught.value) == NOT_OWNER


def test_an_owner_who_is_no_superuser_prepares_a_database_for_processes(
    accounts: PostgresServer, empty_url: str, tmp_path: Path
) -> None:
    name = name_of(empty_url)
    superuser(accounts, f"CREATE ROLE eigenaar LOGIN PASSWORD '{PASSWORD}' IN ROLE beleidswijzer_app")
    superuser(accounts, f"ALTER DATABASE {name} OWNER TO eigenaar")
    superuser(accounts, "CREATE EXTENSION vector", name)
    owner = PostgresDatabase(accounts.url(name, user="eigenaar"), "standaard")
    try:
        assert init_database(owner) == REVISIONS
        assert add_organisation(owner, "buren") is True
        assert organisations(owner) == ("buren", "standaard")
        for user in ("proces", "eigenaar"):
            with open_records(settings_in(tmp_path, accounts.url(name, user=user))) as records:
                records.feedback.add("antwoord", "goed", "opmerking", "vraag")
                assert records.feedback.purge(datetime.now(UTC) + timedelta(days=1)) == 1
        with PostgresDatabase(accounts.url(name, user="eigenaar"), "buren") as database, database.reading() as rows:
            assert rows.execute("SELECT * FROM feedback").fetchall() == []
    finally:
        superuser(accounts, "REASSIGN OWNED BY eigenaar TO postgres", name)
        superuser(accounts, "DROP OWNED BY eigenaar", name)
        superuser(accounts, "DROP ROLE eigenaar")


def test_the_command_tells_one_sentence_and_no_secret(postgres_server: PostgresServer, tmp_path: Path) -> None:
    wrong = postgres_server.url(password="geheim-maar-fout")
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "INDEX_URL": wrong}
    for arguments in (["database", "status"], ["database", "init"], ["keys", "list"], ["--debug", "keys", "list"]):
        done = subprocess.run(
            [sys.executable, "-c", "import sys; from assistant.cli import main; main()", *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
            env=environment | {"PYTHONPATH": str(Path(__file__).parents[1])},
        )

        assert (done.returncode, done.stdout, done.stderr) == (1, "", f"{failures.ACCESS}\n")
