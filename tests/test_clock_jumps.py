"""The clock of a machine is set forward or back: nobody is shut out, nothing is stuck, nothing is done twice."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from record_engines import settings

from assistant.records import Records, open_records
from assistant.settings import Settings

__all__ = ["settings"]

DAY, YEAR = 86_400.0, 365 * 86_400.0
each_jump = pytest.mark.parametrize("jump", [-YEAR, -DAY, -7_200.0, DAY, YEAR])


class Clock:
    """A clock that can be set."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def records(settings: Settings, clock: Clock) -> Iterator[Records]:
    with open_records(settings, clock) as opened:
        yield opened


@each_jump
def test_nobody_waits_longer_than_a_minute_for_the_next_question(records: Records, clock: Clock, jump: float) -> None:
    while records.limits.take("sleutel", 5, clock.now) == 0:
        pass

    clock.now += jump

    assert records.limits.take("sleutel", 5, clock.now) <= 60.0


@pytest.mark.parametrize("jump", [-YEAR, -DAY, -7_200.0, 7_200.0, DAY - 60])
def test_a_question_of_a_process_that_died_is_taken_over_after_a_jump(
    records: Records, clock: Clock, jump: float
) -> None:
    # Of more than a day is not: a question that has waited so long is not answered any more.
    records.errands.take("slack/C1/1", "slack/C1", {}, 30)

    clock.now += jump

    assert [errand.key for errand in records.errands.abandoned("slack/", 30, 10)] == ["slack/C1/1"]


@each_jump
def test_a_task_of_a_process_that_died_is_taken_over_after_a_jump(records: Records, clock: Clock, jump: float) -> None:
    task = records.tasks.create("document", "beheerder")
    records.tasks.take(30)

    clock.now += jump

    taken = records.tasks.take(30)
    assert taken is not None
    assert (taken.id, taken.attempts) == (task.id, 2)


@each_jump
def test_who_is_still_at_work_keeps_it_after_renewing_by_the_new_clock(
    records: Records, clock: Clock, jump: float
) -> None:
    records.errands.take("slack/C1/1", "slack/C1", {}, 30)
    records.tasks.create("document", "beheerder")
    task = records.tasks.take(30)
    assert task is not None

    clock.now += jump
    records.errands.renew(["slack/C1/1"], 30)
    assert records.tasks.renew(task, 30)

    assert records.errands.abandoned("slack/", 30, 10) == ()
    assert records.tasks.take(30) is None


def test_work_that_was_taken_over_after_a_jump_is_not_finished_twice(records: Records, clock: Clock) -> None:
    records.tasks.create("document", "beheerder")
    first = records.tasks.take(30)
    clock.now += DAY
    second = records.tasks.take(30)
    assert first is not None
    assert second is not None

    late = records.tasks.update(first.id, "klaar", 100, attempt=first.attempts)
    right = records.tasks.update(second.id, "klaar", 100, attempt=second.attempts)

    assert (late, right) == (False, True)


@each_jump
def test_a_key_works_and_a_revoked_one_does_not(records: Records, clock: Clock, jump: float) -> None:
    secret, key = records.keys.create("wijkteam", "gebruiker")
    other, revoked = records.keys.create("gestopt", "gebruiker")
    records.keys.revoke(revoked.id)

    clock.now += jump

    found = records.keys.find(secret)
    assert found is not None
    assert found.id == key.id
    assert records.keys.find(other) is None


@pytest.mark.parametrize("jump", [-YEAR, -DAY, -1.0])
def test_an_event_that_was_handled_before_a_jump_back_is_not_handled_again(
    records: Records, clock: Clock, jump: float
) -> None:
    assert records.seen.first("Ev1", 3_600) is True

    clock.now += jump

    assert records.seen.first("Ev1", 3_600) is False
