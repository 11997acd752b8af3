"""A standby takes over from a server that dies: processes find it by themselves, and nothing that was kept is lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from postgres_fixtures import create_database
from postgres_server import PASSWORD, PostgresServer
from record_processes import LEASE, settings_in

from assistant.errors import DatabaseError
from assistant.postgres import failures
from assistant.postgres.database import PostgresDatabase
from assistant.postgres.migrating import init_database
from assistant.records import Records, open_records

WRITERS = 4


@dataclass
class Pair:
    """A server and the one that can take over."""

    first: PostgresServer
    second: PostgresServer

    @property
    def url(self) -> str:
        return self.first.url("gedeeld").replace(
            f"127.0.0.1:{self.first.port}", f"127.0.0.1:{self.first.port},127.0.0.1:{self.second.port}"
        )


@pytest.fixture
def pair() -> Iterator[Pair]:
    first = PostgresServer.start()
    try:
        create_database(first, "gedeeld")
        init_database(PostgresDatabase(first.url("gedeeld"), "standaard"))
        second = first.standby()
        try:
            yield Pair(first, second)
        finally:
            second.remove()
    finally:
        first.remove()


def test_a_copy_can_be_read_and_says_that_it_cannot_be_written(pair: Pair, tmp_path: Path) -> None:
    with open_records(settings_in(tmp_path, pair.url)) as records:
        _, key = records.keys.create("naam", "beheerder")

    with PostgresDatabase(pair.second.url("gedeeld"), "standaard") as copy:
        _until_there(copy, key.id)
        with pytest.raises(DatabaseError) as caught, copy.writing() as connection:
            connection.execute("DELETE FROM keys")

    assert str(caught.value) == failures.READ_ONLY
    assert PASSWORD not in str(caught.value)


def _until_there(copy: PostgresDatabase, key_id: str) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with copy.reading() as connection:
            if connection.execute("SELECT FROM keys WHERE id = %s", (key_id,)).fetchone() is not None:
                return
        time.sleep(0.05)
    raise AssertionError("the copy does not follow")


def test_when_the_standby_takes_over_everything_goes_on_and_nothing_is_lost(pair: Pair, tmp_path: Path) -> None:
    given: list[str] = []
    refused: list[str] = []
    done = threading.Event()
    with open_records(settings_in(tmp_path, pair.url)) as records:
        task = records.tasks.create("soort", "iemand")
        taken = records.tasks.take(LEASE)
        assert taken is not None
        with ThreadPoolExecutor(WRITERS) as pool:
            writers = [pool.submit(_give, records, number, given, refused, done) for number in range(WRITERS)]
            _wait_for(given, 20)
            pair.first.stop("immediate")
            pair.second.promote()
            _wait_for(given, len(given) + 20)
            done.set()
            for each in writers:
                each.result()
        kept = {each.answer_id for each in records.feedback.list()}
        renewed = records.tasks.renew(taken, LEASE)
        ended = records.tasks.update(task.id, "klaar", 100, attempt=taken.attempts)

    assert set(given) <= kept
    assert len(kept) - len(given) <= len(refused)  # a commit whose answer was lost
    assert set(refused) <= {failures.GONE, failures.READ_ONLY, failures.NOT_READY, failures.UNREACHABLE}
    assert (renewed, ended) == (True, True)


def _give(records: Records, number: int, given: list[str], refused: list[str], done: threading.Event) -> None:
    turn = 0
    while not done.is_set():
        turn += 1
        try:
            records.feedback.add(f"{number}-{turn}", "goed")
            given.append(f"{number}-{turn}")
        except DatabaseError as error:
            refused.append(str(error))


def _wait_for(given: list[str], count: int) -> None:
    deadline = time.monotonic() + 60
    while len(given) < count:
        assert time.monotonic() < deadline, len(given)
        time.sleep(0.02)
