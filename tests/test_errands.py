"""Errands: work that is offered to several processes is done once, in order, and not lost when one dies."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from record_engines import settings

from assistant.records import Errand, Records, open_records
from assistant.settings import Settings

__all__ = ["settings"]


class Clock:
    """Seconds that go by when a test says so."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def records(settings: Settings, clock: Clock) -> Iterator[Records]:
    with open_records(settings, clock) as opened:
        yield opened


def test_only_the_first_of_many_gets_the_work(records: Records) -> None:
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda _: records.errands.take("slack/C1/1", "slack/C1", {}, 30), range(40)))

    assert sorted(got, reverse=True) == [True] + [False] * 39


def test_work_of_a_process_that_died_is_taken_over_once_its_lease_has_run_out(records: Records, clock: Clock) -> None:
    records.errands.take("slack/C1/1", "slack/C1", {"ts": "1"}, 30)

    early = records.errands.abandoned("slack/", 30, 10)
    clock.now += 31
    taken = records.errands.abandoned("slack/", 30, 10)
    again = records.errands.abandoned("slack/", 30, 10)

    assert early == ()
    assert taken == (Errand("slack/C1/1", "slack/C1", {"ts": "1"}, attempts=2),)
    assert again == ()


def test_a_renewed_lease_keeps_the_work(records: Records, clock: Clock) -> None:
    records.errands.take("slack/C1/1", "slack/C1", {}, 30)
    clock.now += 29
    records.errands.renew(["slack/C1/1"], 30)
    clock.now += 29

    assert records.errands.abandoned("slack/", 30, 10) == ()


def test_finished_work_is_not_done_again_and_holds_no_details(records: Records, clock: Clock) -> None:
    records.errands.take("slack/C1/1", "slack/C1", {"ts": "1"}, 30)
    records.errands.finish("slack/C1/1")
    records.errands.renew(["slack/C1/1"], 30)  # by a heartbeat that was late
    clock.now += 3600

    assert records.errands.take("slack/C1/1", "slack/C1", {}, 30) is False
    assert records.errands.abandoned("slack/", 30, 10) == ()
    with records.database.reading() as connection:
        assert connection.execute("SELECT details FROM errands").fetchall() == [("{}",)]


def test_released_work_and_work_without_a_lease_wait_for_anybody(records: Records) -> None:
    records.errands.take("slack/C1/1", "slack/C1", {"ts": "1"}, 30)
    records.errands.take("slack/C1/2", "slack/C1", {"ts": "2"}, 0)
    records.errands.release(["slack/C1/1"])

    taken = records.errands.abandoned("slack/", 30, 10)

    assert [(each.key, each.attempts) for each in taken] == [("slack/C1/1", 2), ("slack/C1/2", 1)]


def test_who_takes_over_gets_the_latest_note(records: Records) -> None:
    records.errands.take("slack/C1/1", "slack/C1", {"ts": "1"}, 30)
    records.errands.note("slack/C1/1", {"ts": "1", "reply": "9"})
    records.errands.release(["slack/C1/1"])

    assert records.errands.abandoned("slack/", 30, 10)[0].details == {"ts": "1", "reply": "9"}


def test_other_doors_keep_their_own_work(records: Records) -> None:
    records.errands.take("mail/1", "mail", {}, 0)

    assert records.errands.abandoned("slack/", 30, 10) == ()


def test_work_on_a_topic_waits_for_what_came_before(records: Records) -> None:
    records.errands.take("slack/C1/1", "draad", {}, 30)
    records.errands.take("slack/C1/2", "draad", {}, 30)

    before = [records.errands.has_earlier("draad", key) for key in ("slack/C1/1", "slack/C1/2")]
    records.errands.finish("slack/C1/1")

    assert before == [False, True]
    assert records.errands.has_earlier("draad", "slack/C1/2") is False
    assert records.errands.has_earlier("andere draad", "slack/C1/2") is False


def test_everything_is_forgotten_after_a_day(records: Records, clock: Clock) -> None:
    records.errands.take("slack/C1/1", "slack/C1", {}, 30)
    records.errands.finish("slack/C1/1")
    clock.now += 24 * 3600 + 1

    assert records.errands.purge() == 1
    assert records.errands.take("slack/C1/1", "slack/C1", {}, 30) is True
