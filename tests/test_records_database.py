"""The file with the records: private, whole after any interruption, shared by threads and processes."""

from __future__ import annotations

import random
import sqlite3
import threading
import time
from pathlib import Path

import pytest
from index_processes import as_nobody, context, in_child, is_root, small_files_only
from record_processes import (
    NOW,
    at_once,
    create_key,
    open_and_write,
    see_all,
    settings_in,
    take_often,
    take_tasks,
    write_until_killed,
)

from assistant.errors import RecordsError
from assistant.records import Records, open_records
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


def test_processes_that_make_the_file_at_once_all_get_their_key(settings: Settings) -> None:
    secrets = [secret for each in at_once(PROCESSES, create_key, settings) for secret in each]

    with open_records(settings, clock=lambda: NOW) as records:
        assert len({records.keys.find(secret).id for secret in secrets}) == PROCESSES  # type: ignore[union-attr]


def test_a_limit_holds_for_all_processes_together(settings: Settings) -> None:
    allowed = at_once(PROCESSES, take_often, settings)

    assert sum(map(len, allowed)) == 60


def test_of_all_processes_one_is_the_first(settings: Settings) -> None:
    firsts = [key for each in at_once(PROCESSES, see_all, settings) for key in each]

    assert sorted(firsts, key=int) == [str(number) for number in range(60)]


def test_no_task_is_taken_twice(settings: Settings) -> None:
    with open_records(settings) as records:
        created = [records.tasks.create("soort", "iemand").id for _ in range(40)]

    taken = [task for each in at_once(PROCESSES, take_tasks, settings) for task in each]

    assert sorted(taken) == sorted(created)


def test_a_limit_holds_for_all_threads_together(settings: Settings) -> None:
    allowed: list[str] = []
    with open_records(settings) as records:
        threads = [threading.Thread(target=lambda: allowed.extend(take_often(records))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert len(allowed) == 60


def test_nothing_that_was_kept_is_lost_by_a_kill(settings: Settings) -> None:
    delays, kept = random.Random(4), 0
    for _ in range(KILLS):
        mine, its = context().Pipe()
        child = context().Process(target=write_until_killed, args=(its, settings))
        child.start()
        its.close()
        mine.recv()
        time.sleep(delays.uniform(0, 0.1))
        child.kill()
        child.join()
        told = 1
        while mine.poll():
            try:
                told = mine.recv()
            except EOFError:
                break
        kept += told
        with open_records(settings) as records:
            found = len(records.feedback.list())
        # One more may have been kept than was told: killed in between.
        assert kept <= found <= kept + 1
        kept = found


def test_a_failing_transaction_leaves_nothing(settings: Settings) -> None:
    with open_records(settings) as records:
        with pytest.raises(ZeroDivisionError):
            _fail_halfway(records)

        assert records.switch.state("http") is None
        records.switch.close("http", "open en dicht")  # the lock was let go
        assert records.switch.state("http") == "open en dicht"


def _fail_halfway(records: Records) -> None:
    with records.database.writing() as connection:
        connection.execute("INSERT INTO closed_doors VALUES ('http', 'dicht')")
        raise ZeroDivisionError
