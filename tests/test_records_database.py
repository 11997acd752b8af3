"""The file with the records: private, whole after any interruption, shared by threads and processes."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from index_processes import as_nobody, in_child, is_root, small_files_only
from record_processes import (
    open_and_write,
    settings_in,
)

from assistant.errors import RecordsError
from assistant.records import open_records
from assistant.records.database import DATABASE_FILE
from assistant.settings import Settings

KILLS = 12
PROCESSES = 4


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_in(tmp_path)


@pytest.fixture
def file(settings: Settings) -> Path:
    return settings.data / DATABASE_FILE


def test_only_the_owner_may_look_into_folder_and_file(settings: Settings, file: Path) -> None:
    with open_records(settings) as records:
        records.keys.create("naam", "gebruiker")
        modes = {path.name: path.stat().st_mode & 0o777 for path in settings.data.iterdir()}

    assert settings.data.stat().st_mode & 0o777 == 0o700
    assert set(modes) == {file.name, f"{file.name}-wal", f"{file.name}-shm"}
    assert set(modes.values()) == {0o600}


def test_what_was_written_is_there_after_opening_again(settings: Settings) -> None:
    with open_records(settings) as records:
        secret, key = records.keys.create("naam", "beheerder")

    with open_records(settings) as records:
        assert records.keys.find(secret) is not None
        assert [each.id for each in records.keys.list()] == [key.id]


@pytest.mark.parametrize("place", [0, 100, 4096 + 8])
def test_a_damaged_file_is_refused_and_left_as_it_is(settings: Settings, file: Path, place: int) -> None:
    with open_records(settings) as records:
        records.keys.create("naam", "gebruiker")
        records.keys.find("bw_x_y")
    content = bytearray(file.read_bytes())
    content[place : place + 200] = b"\xff" * 200
    file.write_bytes(content)

    with (
        pytest.raises(RecordsError, match=r"is beschadigd\. Zet een reservekopie terug"),
        open_records(settings) as records,
    ):
        records.keys.list()

    assert file.read_bytes()[place : place + 200] == content[place : place + 200]


def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(settings: Settings, file: Path) -> None:
    settings.data.mkdir()
    file.write_text("Dit is een brief aan de gemeenteraad. " * 100)

    with pytest.raises(RecordsError, match="is beschadigd"):
        open_records(settings)

    assert file.read_text().startswith("Dit is een brief")


def test_a_file_of_a_newer_version_is_refused_and_left_as_it_is(settings: Settings, file: Path) -> None:
    open_records(settings).close()
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA user_version = 999")
    connection.close()

    with pytest.raises(RecordsError, match=r"nieuwere versie van Beleidswijzer\. Werk Beleidswijzer bij"):
        open_records(settings)

    connection = sqlite3.connect(file)
    assert connection.execute("PRAGMA user_version").fetchone() == (999,)
    connection.close()


def test_an_empty_file_becomes_a_database(settings: Settings, file: Path) -> None:
    settings.data.mkdir()
    file.touch()

    with open_records(settings) as records:
        assert records.keys.list() == ()


@pytest.mark.skipif(not is_root(), reason="only root can become another user")
def test_a_folder_without_rights_gives_the_next_step(settings: Settings) -> None:
    answer = in_child(as_nobody, open_and_write, settings)

    assert "Pas de rechten aan of kies een andere map met BELEIDSWIJZER_DATA." in str(answer)


def test_a_full_disk_gives_a_clear_sentence_and_keeps_what_was_there(settings: Settings) -> None:
    with open_records(settings) as records:
        key = records.keys.create("naam", "gebruiker")[1]

    answer = str(in_child(small_files_only, open_and_write, settings))

    assert answer.startswith(("De schijf met", "Lezen of schrijven van"))
    with open_records(settings) as records:
        assert [each.id for each in records.keys.list()] == [key.id]
