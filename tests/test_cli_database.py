"""`database` and `doctor` on the command line, with a real server."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from postgres_fixtures import superuser
from postgres_server import PostgresServer

from assistant.cli import run

Command = Callable[..., tuple[int, str, str]]
USABLE = "De database is te gebruiken."


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs one command line on the database at `url`; gives exit code, output and errors."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BELEIDSWIJZER_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("BELEIDSWIJZER_ORGANISATION", raising=False)

    def call(url: str, *arguments: str) -> tuple[int, str, str]:
        monkeypatch.setenv("INDEX_URL", url)
        return run(arguments), *capsys.readouterr()

    return call


def test_an_empty_database_is_prepared_once(command: Command, empty_url: str) -> None:
    assert command(empty_url, "database", "status") == (
        1,
        "In deze database staat nog niets van Beleidswijzer. Typ: beleidswijzer database init\n",
        "",
    )

    first, second = command(empty_url, "database", "init"), command(empty_url, "database", "init")

    assert first == (0, "De database is ingericht.\nOrganisatie: standaard\n", "")
    assert second == (0, "De database was al ingericht.\nOrganisatie: standaard\n", "")
    assert command(empty_url, "database", "migrate") == (0, "De database was al bij.\n", "")
    assert command(empty_url, "database", "status") == (
        0,
        f"Stap van de tabellen: 0004\nOrganisaties: standaard\n{USABLE}\n",
        "",
    )


def test_an_organisation_is_added_and_then_works(
    command: Command, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BELEIDSWIJZER_ORGANISATION", "waterveen")
    refused = command(postgres_url, "keys", "list")

    added = command(postgres_url, "database", "organisation", "waterveen")
    again = command(postgres_url, "database", "organisation", "waterveen")

    assert refused == (
        1,
        "",
        "De database kent de organisatie 'waterveen' niet. Typ: beleidswijzer database organisation waterveen\n",
    )
    assert added == (
        0,
        "Organisatie waterveen is toegevoegd.\n"
        "Zet voor haar processen in de omgeving: BELEIDSWIJZER_ORGANISATION=waterveen\n",
        "",
    )
    assert again[1].startswith("Organisatie waterveen was er al.")
    assert command(postgres_url, "keys", "create", "lezer")[0] == 0
    monkeypatch.setenv("BELEIDSWIJZER_ORGANISATION", "standaard")
    assert command(postgres_url, "keys", "list")[1].startswith("Er zijn nog geen sleutels.")


def test_the_state_is_there_for_programs(command: Command, postgres_server: PostgresServer, postgres_url: str) -> None:
    whole = command(postgres_url, "database", "status", "--json")
    superuser(postgres_server, "DROP TABLE beleidswijzer.seen", postgres_url.rpartition("/")[2])
    half = command(postgres_url, "database", "status", "--json")

    assert (whole[0], json.loads(whole[1])) == (
        0,
        {"bruikbaar": True, "stap": "0004", "ontbreekt": [], "organisaties": ["standaard"], "melding": None},
    )
    told = json.loads(half[1])
    assert (half[0], told["bruikbaar"], told["ontbreekt"]) == (1, False, ["seen"])
    assert told["melding"].startswith("De tabellen in de database zijn onvolledig")


def test_without_an_address_the_commands_say_what_to_set(command: Command) -> None:
    for arguments in (["init"], ["migrate"], ["status"], ["organisation", "waterveen"]):
        code, out, err = command("", "database", *arguments)

        assert (code, out) == (2, "")
        assert err.startswith("Er is geen database ingesteld. Zet INDEX_URL=postgresql://")


def test_doctor_tells_how_the_database_is(
    command: Command, postgres_url: str, empty_url: str, model_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BELEIDSWIJZER_CACHE", str(model_cache))

    good, bad = command(postgres_url, "doctor"), command(empty_url, "doctor")

    assert "✓ Database: PostgreSQL 18.6, verbinding zonder versleuteling, organisatie standaard\n" in good[1]
    assert "✗ In deze database staat nog niets van Beleidswijzer." in bad[1]
    assert "Traceback" not in good[1] + good[2] + bad[1] + bad[2]
