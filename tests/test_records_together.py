"""Records used by many threads and processes at once, and by ones that are killed; in a file and in PostgreSQL."""

from __future__ import annotations

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from index_processes import context
from record_engines import settings
from record_processes import (
    NOW,
    at_once,
    create_key,
    see_all,
    settings_in,
    take_often,
    take_tasks,
    write_until_killed,
)

from assistant.records import Records, open_records
from assistant.settings import Settings

__all__ = ["settings"]

KILLS = 12
PROCESSES = 4


def test_processes_that_open_the_records_at_once_all_get_their_key(settings: Settings) -> None:
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


def test_many_threads_that_need_the_time_at_once_all_get_it(settings: Settings) -> None:
    with open_records(settings) as records, ThreadPoolExecutor(40) as pool:
        for deed in [pool.submit(records.trail.add, "iemand", "deed", str(number), "gelukt") for number in range(80)]:
            deed.result()

        assert {deed.object for deed in records.trail.list()} == {str(number) for number in range(80)}


def test_the_database_server_tells_the_time(postgres_url: str, tmp_path: Path) -> None:
    with open_records(settings_in(tmp_path, postgres_url)) as records:
        created = records.tasks.create("soort", "iemand").created
        with psycopg.connect(postgres_url) as connection:
            row = connection.execute("SELECT clock_timestamp()").fetchone()

    assert row is not None
    assert timedelta(0) <= row[0] - created < timedelta(minutes=1)


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
        connection.execute("INSERT INTO closed_doors (door, message) VALUES ('http', 'dicht')")
        raise ZeroDivisionError
