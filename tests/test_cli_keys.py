"""`keys`, `service` and `privacy` on the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assistant.cli import run
from assistant.records import Records, open_records
from assistant.settings import load_settings

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs one command line; gives exit code, output and errors."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BELEIDSWIJZER_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("BELEIDSWIJZER_CACHE", str(tmp_path / "cache"))

    def call(*arguments: str) -> tuple[int, str, str]:
        return run(arguments), *capsys.readouterr()

    return call


def records_in(folder: Path) -> Records:
    return open_records(load_settings(environ={"BELEIDSWIJZER_DATA": str(folder / "data")}, cwd=folder))


def test_a_new_key_is_all_there_is_on_standard_output(command: Command, tmp_path: Path) -> None:
    code, out, err = command("keys", "create", "Afdeling zorg", "--rol", "beheerder")

    with records_in(tmp_path) as records:
        key = records.keys.find(out.removesuffix("\n"))
    assert key is not None
    assert (code, key.name, key.role) == (0, "Afdeling zorg", "beheerder")
    assert err.splitlines() == [
        "Bewaar deze sleutel nu op een veilige plek. Hij wordt maar één keer getoond.",
        f"Id: {key.id}. Naam: Afdeling zorg. Rol: beheerder.",
    ]


def test_a_key_is_for_a_user_unless_told_otherwise(command: Command, tmp_path: Path) -> None:
    command("keys", "create", "lezer")

    with records_in(tmp_path) as records:
        assert [key.role for key in records.keys.list()] == ["gebruiker"]


def test_the_list_shows_keys_without_their_secrets(command: Command) -> None:
    secret = command("keys", "create", "lezer")[1].strip()
    key_id, today = secret.split("_")[1], datetime.now(UTC).date().isoformat()
    command("keys", "create", "baas", "--rol", "beheerder")
    command("keys", "revoke", key_id)

    code, out, _ = command("keys", "list")
    listed = json.loads(command("keys", "list", "--json")[1])

    assert code == 0
    lines = out.splitlines()
    assert lines[0].split() == ["Id", "Rol", "Gemaakt", "Gebruikt", "Stand", "Naam"]
    assert lines[1].split() == [key_id, "gebruiker", today, "nooit", "ingetrokken", "lezer"]
    assert lines[2].split()[1:] == ["beheerder", today, "nooit", "geldig", "baas"]
    assert secret.split("_")[2] not in out
    assert (listed[0]["id"], listed[0]["naam"], listed[0]["ingetrokkenOp"] is None) == (key_id, "lezer", False)


def test_without_keys_the_list_says_what_to_type(command: Command) -> None:
    assert command("keys", "list") == (0, "Er zijn nog geen sleutels. Typ: beleidswijzer keys create NAAM\n", "")


def test_a_revoked_key_works_no_longer(command: Command, tmp_path: Path) -> None:
    secret = command("keys", "create", "lezer")[1].strip()

    code, out, _ = command("keys", "revoke", secret.split("_")[1])

    assert (code, out) == (0, f"Sleutel {secret.split('_')[1]} is ingetrokken.\n")
    with records_in(tmp_path) as records:
        assert records.keys.find(secret) is None


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("keys", "revoke", "onbekend"), "Er is geen geldige sleutel met id 'onbekend'. Typ: beleidswijzer keys list"),
        (("keys", "create", ""), "Geef de sleutel een naam van 1 tot 100 gewone tekens."),
        (("keys", "create", "x", "--rol", "baas"), "Kies uit: gebruiker, beheerder."),
        (("keys", "create"), "De waarde voor NAAM ontbreekt."),
        (("service", "close", "fax"), "'fax' kan niet. Kies uit: http, slack."),
        (("service", "close", "http", "--melding", ""), "Geef een melding van 1 tot 500 gewone tekens."),
    ],
)
def test_wrong_use_is_told_in_one_sentence(command: Command, arguments: tuple[str, ...], sentence: str) -> None:
    code, out, err = command(*arguments)

    assert (code, out) == (2, "")
    assert sentence in err


def test_a_door_is_closed_and_opened(command: Command, tmp_path: Path) -> None:
    command("service", "close", "http", "--melding", "Er is onderhoud.")
    closed = command("service", "status")[1].splitlines()
    command("service", "close", "slack")
    command("service", "open", "http")

    assert closed == ["Webpagina en API: gesloten. Melding: Er is onderhoud.", "Slack: open"]
    assert command("service", "status")[1].splitlines() == [
        "Webpagina en API: open",
        "Slack: gesloten. Melding: Deze dienst is tijdelijk gesloten. Probeer het later opnieuw.",
    ]
    with records_in(tmp_path) as records:
        deeds = [(deed.actor, deed.action, deed.object) for deed in records.trail.list()]
    assert deeds == [
        ("opdrachtregel", "dienst openen", "http"),
        ("opdrachtregel", "dienst sluiten", "slack"),
        ("opdrachtregel", "dienst sluiten", "http"),
    ]


def test_a_purge_deletes_what_is_past_its_term(command: Command, tmp_path: Path) -> None:
    settings = load_settings(environ={"BELEIDSWIJZER_DATA": str(tmp_path / "data")}, cwd=tmp_path)
    for days in (29, 31):
        moment = datetime.now(UTC).timestamp() - days * 24 * 3600
        with open_records(settings, lambda moment=moment: moment) as records:  # type: ignore[misc]
            records.feedback.add(f"a{days}", "fout", None, f"vraag van {days} dagen")

    code, out, _ = command("privacy", "purge")

    assert (code, out) == (0, "Verwijderd: 1. Bewaartermijn: 30 dagen.\n")
    with records_in(tmp_path) as records:
        kept = {each.answer_id: each.question for each in records.feedback.list()}
    assert kept == {"a31": None, "a29": "vraag van 29 dagen"}


def test_a_damaged_file_is_told_without_a_traceback(command: Command, tmp_path: Path) -> None:
    command("keys", "create", "lezer")
    (tmp_path / "data" / "beleidswijzer.sqlite").write_bytes(b"geen database" * 1000)
    for rest in (tmp_path / "data").glob("*-*"):
        rest.unlink()

    code, out, err = command("keys", "list")

    assert (code, out) == (1, "")
    assert "is beschadigd. Zet een reservekopie terug." in err


def test_a_help_page_loads_no_database(tmp_path: Path) -> None:
    program = "import sys; from assistant.cli import run; run(['keys', '--help']); print(*sys.modules, file=sys.stderr)"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=os.environ)

    assert not {"sqlite3", "pydantic", "assistant.records"} & set(done.stderr.split())
